"""Commands that list what the program knows: rules, questions, built-ins, actions, schemas."""

from __future__ import annotations

from collections.abc import Callable

from verifier.cli.options import ListOutput


def listed(output: ListOutput, text: Callable[[], str], as_json: Callable[[], str]) -> str:
    """A list in the format asked for."""
    if output is ListOutput.TEXT:
        return text()
    if output is ListOutput.JSON:
        return as_json()
    from verifier.report.listings import as_csv

    return as_csv(as_json())
