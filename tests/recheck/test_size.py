"""The checker stays small enough to be read at one sitting."""

from __future__ import annotations

from pathlib import Path

import verifier.recheck


def test_the_checker_has_fewer_than_400_lines() -> None:
    files = Path(verifier.recheck.__file__).parent.glob("*.py")
    assert sum(len(file.read_text().splitlines()) for file in files) < 400
