"""`verifier check`: reads the configuration, proves, excuses what is waived or in the baseline, writes the reports."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from verifier.checking import excused, question_options, today
from verifier.cli.bodies.prove import ProveOptions, proved, question_of, write_report
from verifier.cli.options import kept_in
from verifier.cli.outputs import Ending, Sink, check_no_input, exit_code_of, sinks, write_file
from verifier.configuration.reading import FILE_NAMES, ConfigurationError, find_configuration, read_configuration
from verifier.configuration.settings import CheckFailOn, Configuration
from verifier.model.choices import FORMATS
from verifier.model.invariant import Invariant
from verifier.model.results.verdict import Report, Status, Verdict
from verifier.question import LoadedQuestion, QuestionOptions
from verifier.report.exit_codes import ExitCode
from verifier.report.words.verdicts import report_exit_code
from verifier.syntax.diagnostic import InputError
from verifier.syntax.source import Span
from verifier.syntax.text import printable


def check_command(
    config: Path | None,
    output: Sequence[str],
    write_baseline: Path | None,
    cache: bool,
    processes: int | None,
    steps: int | None,
    allow_empty: bool,
    only: frozenset[Status],
    quiet: bool,
) -> int:
    """Writes the reports to stdout and files, warnings to stderr; returns the exit code."""
    outputs = sinks(output, FORMATS, quiet=quiet) if output else ()
    check_no_input(
        (*(sink.path for sink in outputs), write_baseline), map(Path, FILE_NAMES) if config is None else [config]
    )
    ending = Ending("report", outputs, allow_empty)

    def take_outputs(configuration: Configuration) -> None:
        ending.sinks = ()  # those that are refused are not written to
        found = _sinks(output, configuration, quiet)
        inputs = (configuration.path, *configuration.inputs, *configuration.invariants)
        check_no_input([write_baseline], inputs)
        check_no_input((sink.path for sink in found), filter(None, (*inputs, configuration.baseline)))
        ending.sinks = found

    def body() -> int:
        try:
            configuration = read_configuration(config if config is not None else find_configuration(Path()))
        except ConfigurationError as error:
            with suppress(InputError):
                take_outputs(error.read)
            raise
        take_outputs(configuration)
        ending.allow_empty = allow_empty or configuration.allow_empty
        asking = dataclasses.replace(
            question_options(configuration), cache=kept_in(cache), allow_empty=ending.allow_empty
        )
        return _checked(configuration, asking, ending.sinks, write_baseline, processes, steps, only)

    return exit_code_of(body, ending)


def _checked(
    configuration: Configuration,
    asking: QuestionOptions,
    outputs: tuple[Sink, ...],
    write_baseline: Path | None,
    processes: int | None,
    steps: int | None,
    only: frozenset[Status],
) -> int:
    day = today()
    question = question_of(asking)
    steps = steps if steps is not None else configuration.steps
    prove_options = ProveOptions(
        asking, outputs, configuration.timeout, configuration.readings, processes=processes, steps=steps
    )
    report = proved(prove_options, question)
    report = dataclasses.replace(report, inputs=(*report.inputs, *configuration.digest))
    if write_baseline is not None:
        _write_baseline(write_baseline, report, question, configuration)
    report, stale = excused(report, question.estate, configuration, day, write_baseline)
    write_report(report, outputs, question.estate, only)
    code = report_exit_code(report)
    if stale and configuration.fail_on is CheckFailOn.STALE and code is not ExitCode.INPUT_ERROR:
        return ExitCode.REFUTED
    return code


def _sinks(output: Sequence[str], configuration: Configuration, quiet: bool) -> tuple[Sink, ...]:
    if output:
        return sinks(output, FORMATS, quiet=quiet)
    try:
        return sinks(configuration.outputs, FORMATS, configuration.path.parent, quiet=quiet)
    except ValueError as error:
        raise InputError.of(f"outputs: {error}", Span(printable(str(configuration.path)), 0, 0, 0, 0)) from None


def _write_baseline(path: Path, report: Report, question: LoadedQuestion, configuration: Configuration) -> None:
    from verifier.runs.baseline import render_baseline

    def regions(verdict: Verdict) -> list[dict[str, object]]:
        return _regions(verdict, question, configuration)

    write_file(path, render_baseline(question.estate, report.verdicts, regions))


def _regions(verdict: Verdict, question: LoadedQuestion, configuration: Configuration) -> list[dict[str, object]]:
    """What breaks an invariant, in words."""
    from verifier.report.words.access import when_text
    from verifier.verify.excuses import beyond
    from verifier.verify.preparation import held_readings

    key = question.estate.key(verdict.target)
    if key is None or not isinstance(verdict.invariant, Invariant) or verdict.invariant.eventually:
        return []
    held, timeout = held_readings(configuration.readings), configuration.timeout
    found = beyond(question.estate, key, verdict.invariant, held=held, timeout=timeout).regions
    return [{"callers": r.callers.text, "actions": r.actions.text, "when": when_text(r, in_full=True)} for r in found]
