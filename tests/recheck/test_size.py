"""The checker stays small enough to be read at one sitting, and what is beside it for steps at another."""

from __future__ import annotations

from pathlib import Path

import verifier.recheck

OF_STEPS = {"closed_set.py", "eventually.py"}


def test_the_checker_has_fewer_than_450_lines_and_what_is_for_steps_fewer_than_580() -> None:
    lines = {
        file.name: len(file.read_text().splitlines()) for file in Path(verifier.recheck.__file__).parent.glob("*.py")
    }
    assert sum(number for name, number in lines.items() if name not in OF_STEPS) < 450
    assert sum(lines[name] for name in OF_STEPS) < 580
