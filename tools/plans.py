"""Random Terraform plans against the estates that they were written for.

    python tools/plans.py [--samples 5000] [--first 0]

In, out and exit code are those of `tools/templates.py`. `tests/inputs/plan_estates.py` says what is asked.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.inputs.plan_estates import plan_disagreements
from tools.templates import run

if __name__ == "__main__":
    sys.exit(run("plans", plan_disagreements))
