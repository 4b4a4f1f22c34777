"""The tables of the parsers: `python tools/generate_parsers.py` after a change to a grammar, or for a new version of
Lark."""

from __future__ import annotations

import json
from pathlib import Path

from verifier.syntax import invariants, policy
from verifier.syntax.parsers import made, origin, tables_of

DATA = Path(__file__).resolve().parent.parent / "verifier" / "syntax" / "data"
GRAMMARS = ((policy.GRAMMAR, policy.START, False), (invariants.GRAMMAR, invariants.START, True))


def main() -> None:
    """Writes the files of the grammars that have changed: those of another run have their members in another order."""
    DATA.mkdir(exist_ok=True)
    for name, start, placeholders in GRAMMARS:
        file = DATA / f"{name}.parser.json"
        if not file.exists() or json.loads(file.read_text(encoding="utf-8"))["from"] != origin(name):
            file.write_text(tables_of(name, made(name, start, placeholders=placeholders)), encoding="utf-8")


if __name__ == "__main__":
    main()
