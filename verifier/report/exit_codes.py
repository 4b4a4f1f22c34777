"""The exit code of a run, computed in one place from what happened."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from verifier.model.results.verdict import Report, Status


class ExitCode(IntEnum):
    """What the command's exit status says (docs/exit-codes.md)."""

    PROVED = 0
    REFUTED = 1
    INPUT_ERROR = 2
    UNKNOWN = 3
    INTERNAL_ERROR = 4


def report_exit_code(report: Report) -> ExitCode:
    """That of the verdicts of a report."""
    return exit_code(verdict.counts_as for verdict in report.verdicts)


def exit_code(statuses: Iterable[Status], *, input_error: bool = False, internal_error: bool = False) -> ExitCode:
    """The first of 4, 2, 1, 3 that holds; 0 only when there is at least one verdict and every one is Proved.

    No verdict at all is an input error (S3). Unknown is never 0 (S1).
    """
    from verifier.model.results.verdict import Status  # every command imports this module

    found = set(statuses)
    if internal_error:
        return ExitCode.INTERNAL_ERROR
    if input_error or not found:
        return ExitCode.INPUT_ERROR
    if Status.REFUTED in found:
        return ExitCode.REFUTED
    return ExitCode.PROVED if found == {Status.PROVED} else ExitCode.UNKNOWN
