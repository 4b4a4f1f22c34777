"""What CHANGELOG.md says of one version, for the notes of a release.

usage: python tools/changelog.py 1.2.3
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

PAGE = Path(__file__).resolve().parents[1] / "CHANGELOG.md"


def notes(text: str, version: str) -> str:
    """The section of a version, without its heading. Raises `ValueError` where it has none, or one without a day."""
    sections = re.split(r"^## ", text, flags=re.MULTILINE)[1:]
    found = [section for section in sections if section.split(",")[0].strip() == version]
    if len(found) != 1:
        raise ValueError(f"CHANGELOG.md has {len(found)} sections `## {version}, DAY`")
    heading, _, body = found[0].partition("\n")
    if not re.fullmatch(rf"{re.escape(version)}, \d{{4}}-\d{{2}}-\d{{2}}", heading.strip()):
        raise ValueError(
            f"CHANGELOG.md has `## {heading.strip()}`: expected the day of the release, `## {version}, 2027-01-31`"
        )
    return body.strip() + "\n"


def main() -> None:
    """Prints the section; ends with an error where there is none."""
    try:
        print(notes(PAGE.read_text(encoding="utf-8"), sys.argv[1].removeprefix("v")), end="")
    except ValueError as error:
        raise SystemExit(str(error)) from None


if __name__ == "__main__":
    main()
