"""`verifier prove`: reads the estate and the invariants, proves, writes the report."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import field

from verifier.cli.outputs import Sink, check_no_input, write, write_text
from verifier.cli.run import progress_line, tell
from verifier.frozen import Frozen
from verifier.inputs.own_region import OpenPlaceError
from verifier.model.choices import SUMMARY, Engine
from verifier.model.estate import Estate
from verifier.model.invariant_file import InvariantFiles
from verifier.model.results.verdict import Report, Status
from verifier.question import LoadedQuestion, QuestionOptions, read_question
from verifier.report.evidence import NEEDING_EVIDENCE, NO_EVIDENCE
from verifier.report.pages.prove import report_document
from verifier.report.words.verdicts import report_exit_code
from verifier.runs.each_place import in_each, places_of, sentence_of
from verifier.syntax.diagnostic import InputError
from verifier.syntax.text import printable

if TYPE_CHECKING:
    from verifier.runs.many import Answers, TargetTask, Work

_FEW = 24
"""So many targets are decided in this process: starting others takes longer."""


class ProveOptions(Frozen):
    """What the command line asked for; `timeout` is in seconds for each question."""

    question: QuestionOptions
    sinks: tuple[Sink, ...] = (Sink("text"),)
    timeout: float | None = None
    readings: Mapping[str, bool] = field(default_factory=dict)
    engine: Engine = Engine.Z3
    cross_check: bool = False
    processes: int | None = None
    cluster: str | None = None
    certificate: Path | None = None
    steps: int | None = None
    only: frozenset[Status] = frozenset(Status)


def question_of(options: QuestionOptions) -> LoadedQuestion:
    """What the options name, a large input as it was read before if there is a cache. Raises `InputError`."""
    for path in options.paths:
        if not path.exists():
            _refuse_built_in(str(path))
    if options.cache is None:
        return read_question(options, _read_files)
    from verifier.runs.estates import cached_estate

    return read_question(options, _read_files, cached_estate)


def _refuse_built_in(path: str) -> None:
    """Raises `InputError` for a path that is the name of a built-in."""
    from verifier.language.builtins.catalogue import BUILTINS

    if path.partition(":")[0] in {one.name for one in BUILTINS}:
        raise InputError.of(f"`{path}` is a built-in invariant, and no file or folder", hint=f"--builtin {path}")


def _read_files(
    paths: Sequence[Path], inputs: Sequence[Path] | None, suppose: Sequence[str], texts: Mapping[Path, str]
) -> InvariantFiles:
    from verifier.invariant_files import files_of_question  # built-ins need no parser of invariants

    return files_of_question(paths, inputs, suppose, texts)


def prove_command(options: ProveOptions) -> int:
    """Writes the report to stdout and warnings to stderr; returns the exit code."""
    check_no_input([options.certificate], (*options.question.paths, *options.question.invariants))
    try:
        question = question_of(options.question)
    except OpenPlaceError as error:
        if options.certificate is not None:
            raise
        return _prove_in_each_place(options, error)
    if options.certificate is not None:
        from verifier.solve.engines import require_solver

        require_solver(Engine.SAT)  # before the proofs, which may take long
    report = proved(options, question)
    if options.certificate is not None:
        _certify(options, question, report, options.certificate)
    write_report(report, options.sinks, question.estate, options.only)
    return report_exit_code(report)


def _prove_in_each_place(options: ProveOptions, error: OpenPlaceError) -> int:
    """As `prove_command`, of keys that may be in several accounts or Regions. Raises the error if that cannot be
    told."""
    try:
        questions = [question_of(dataclasses.replace(options.question, supplied=place)) for place in places_of(error)]
        said = sentence_of(questions[0].estate, questions[0].invariants, error)
    except InputError:
        raise error from None
    found = []
    for each in questions:
        estate = dataclasses.replace(each.estate, concluded=(*each.estate.concluded, said))
        found.append(proved(options, dataclasses.replace(each, estate=estate)))
    report = in_each(found, error)
    write_report(report, options.sinks, questions[0].estate, options.only)
    return report_exit_code(report)


def write_report(report: Report, sinks: Sequence[Sink], estate: Estate, only: frozenset[Status]) -> None:
    """Writes a report in all formats asked for, with the verdicts of `only` these kinds for people, and its warnings to
    stderr. Raises `OutputError`."""
    report, formats = dataclasses.replace(report, only=only), {sink.format for sink in sinks}
    if formats <= {"text", SUMMARY}:  # which need nothing of what other formats import
        write_text(sinks, report_document(report, NO_EVIDENCE), report.warnings)
        return
    from verifier.report.pages.verdicts import report_forms

    evidence = NO_EVIDENCE
    if not NEEDING_EVIDENCE.isdisjoint(formats):
        from verifier.report.pictured import evidence_for

        evidence = evidence_for(formats, report, estate)
    write(sinks, report_forms(report, evidence), report.warnings)


def _certify(options: ProveOptions, question: LoadedQuestion, report: Report, path: Path) -> None:
    """Writes the certificate; says on stderr which proofs it lacks. Raises `InputError` where it cannot be written."""
    from verifier.verify.certificate import certificate

    found = certificate(question.estate, question.invariants, report, options.readings)
    for entry in found["without_proof"]:
        if entry["status"] == Status.PROVED.value:
            tell(printable(f"no certificate for {entry['invariant']!r} on {entry['target']}: {entry['reason']}"))
    try:
        path.write_text(json.dumps(found, separators=(",", ":")) + "\n", encoding="utf-8")
    except OSError as error:
        raise InputError.of(f"cannot write `{path}`: {(error.strerror or str(error)).lower()}") from None


def proved(options: ProveOptions, question: LoadedQuestion) -> Report:
    """The report on what was read. Raises as `verifier.verify.prove` does."""
    report = _prove(options, question)
    return dataclasses.replace(report, inputs=question.inputs_with(report.inputs))


def _decide(options: ProveOptions, work: Work, tasks: Sequence[TargetTask]) -> Answers:
    """The verdicts of all tasks, on the cluster if there is one, or in processes where these save time."""
    if options.cluster is not None:
        from verifier.runs.cluster import on_cluster

        return on_cluster(work, tasks, options.cluster)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    processes = options.processes or cores
    if processes > 1 and len(tasks) > _FEW:
        from verifier.runs.processes import in_processes

        return in_processes(work, tasks, processes)
    from verifier.runs.many import here

    return here(work, tasks)


def _prove(options: ProveOptions, question: LoadedQuestion) -> Report:
    from verifier.cli.deciders import CALLED_LATE
    from verifier.runs import Where, prove_many  # after the input has been accepted: importing all this takes a while
    from verifier.verify import Contradiction

    where = Where(partial(_decide, options))
    if options.question.cache is not None:
        from verifier.runs.earlier import Earlier

        where = dataclasses.replace(where, earlier=partial(Earlier, folder=options.question.cache))
    with progress_line() as progress:
        try:
            report, trouble = prove_many(
                question.estate,
                question.invariants,
                where,
                CALLED_LATE,
                engine=options.engine,
                timeout=options.timeout,
                readings=options.readings,
                cross_check=options.cross_check,
                steps=options.steps,
                progress=progress,
            )
            if trouble is not None:
                tell(f"warning: {printable(trouble)}")
            return report
        except Contradiction as error:
            from verifier.cli.bodies.reproducer import write_reproducer

            folder = write_reproducer(error, question.inputs_with(question.estate.inputs))
            tell(f"verifier: two engines contradict each other; what reproduces it is in {folder}")
            raise
