"""The tables of the parsers: `python tools/generate_parsers.py` after a change to a grammar, or for a new version of
Lark."""

from __future__ import annotations

from pathlib import Path

from verifier.syntax import invariants, policy
from verifier.syntax.parsers import made, tables_of

DATA = Path(__file__).resolve().parent.parent / "verifier" / "syntax" / "data"
GRAMMARS = ((policy.GRAMMAR, policy.START, False), (invariants.GRAMMAR, invariants.START, True))


def main() -> None:
    """Writes the files."""
    DATA.mkdir(exist_ok=True)
    for name, start, placeholders in GRAMMARS:
        (DATA / f"{name}.parser.json").write_text(
            tables_of(name, made(name, start, placeholders=placeholders)), encoding="utf-8"
        )


if __name__ == "__main__":
    main()
