"""The exit codes of the command; each is computed in one place from what happened (`report/words`)."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What the command's exit status says (docs/exit-codes.md)."""

    PROVED = 0
    REFUTED = 1
    INPUT_ERROR = 2
    UNKNOWN = 3
    INTERNAL_ERROR = 4
