"""`verifier.check`: what a configuration asks for, proved and excused.

In: the path of a configuration. Out: a `Report`. Guarantee: as of `verifier.checking`.
"""

from __future__ import annotations

from dataclasses import replace
from os import PathLike
from pathlib import Path

from verifier.checking import excused, question_options, today
from verifier.configuration.reading import find_configuration, read_configuration
from verifier.invariant_files import files_of_question
from verifier.model.results.verdict import Report
from verifier.question import read_question
from verifier.verify.proving import prove


def check(config: str | PathLike[str] | None = None) -> Report:
    """Proves what a configuration asks for; without `config` that of the working folder (`verifier.toml`, or
    `[tool.verifier]` in `pyproject.toml`). What its waivers and baseline excuse has an `Excuse`; what of them is stale
    is among the warnings.

    `exit_code(verdict.counts_as for verdict in report.verdicts)` is the exit code of `verifier
    check`, which with `fail-on = "stale"` fails for such a warning too. Raises `InputError`.
    """
    found = read_configuration(Path(config) if config is not None else find_configuration(Path()))
    day, question = today(), read_question(question_options(found), files_of_question)
    report = prove(
        question.estate, question.invariants, timeout=found.timeout, readings=found.readings, steps=found.steps
    )
    report = replace(report, inputs=(*question.inputs_with(report.inputs), *found.digest))
    return excused(report, question.estate, found, day)[0]
