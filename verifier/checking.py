"""What a configuration asks for, and what of it is excused.

In: a configuration, the report on what it asks. Out: the question; the report with its excuses. Guarantee: as of
`runs.excusing`.
"""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from pathlib import Path

from verifier.configuration.settings import Configuration
from verifier.inputs.supplied import Supplied
from verifier.inputs.text.files import Files
from verifier.model.estate import Estate
from verifier.model.results.verdict import Report
from verifier.question import QuestionOptions
from verifier.runs.baseline import read_baseline
from verifier.runs.excusing import Excuser
from verifier.syntax.diagnostic import InputError
from verifier.syntax.text import printable
from verifier.verify.preparation import held_readings

TODAY = "VERIFIER_TODAY"
"""The environment variable that gives the day (2027-01-31) instead of the clock, so that a run can be repeated."""


def question_options(configuration: Configuration) -> QuestionOptions:
    """What a configuration names."""
    return QuestionOptions(
        configuration.inputs,
        configuration.invariants,
        configuration.builtins,
        configuration.key_arn,
        Supplied(
            configuration.account,
            configuration.region,
            configuration.parameters,
            of_paths=configuration.of_inputs,
            harmless=configuration.harmless,
        ),
        suppose=configuration.suppose,
        allow_empty=configuration.allow_empty,
    )


def today() -> date:
    """The day on which waivers are looked at. Raises `InputError` where `TODAY` is none."""
    given = os.environ.get(TODAY)
    if not given:
        return datetime.now(UTC).date()
    try:
        return date.fromisoformat(given)
    except ValueError:
        raise InputError.of(f"{TODAY} is {printable(given)!r}, expected a day such as 2027-01-31") from None


def excused(
    report: Report, estate: Estate, configuration: Configuration, day: date, written: Path | None = None
) -> tuple[Report, bool]:
    """The report with its excuses, and whether a waiver or the baseline is stale; `written` is the baseline instead of
    the configured one. Raises `InputError`."""
    path = written or configuration.baseline
    if path is None and not configuration.waivers:
        return report, False
    baseline = None
    if path is not None:
        if not path.exists():
            hint = f"write it: verifier check --write-baseline {printable(str(path))}"
            raise InputError.of(f"there is no baseline `{printable(str(path))}`", hint=hint)
        source = Files().source(path)
        baseline = read_baseline(source.text, source.name)
    excuser = Excuser(
        estate, configuration.waivers, baseline, day, held_readings(configuration.readings), configuration.timeout
    )
    found = excuser.excused(report)
    return found, bool(excuser.stale)
