"""`verifier prove`: reads the estate and the invariants, proves, writes the report."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from verifier.cli.progress import Progress
from verifier.cli.run import colours, emit
from verifier.invariant_files import InvariantFiles, beside, read_files
from verifier.model.builtins import builtin
from verifier.model.engine import Engine
from verifier.model.estate import Estate
from verifier.model.invariant import AnyInvariant
from verifier.model.verdict import Report
from verifier.report.diagnostics import render_diagnostics
from verifier.report.exit_codes import exit_code
from verifier.syntax.diagnostic import Diagnostic, InputError


@dataclasses.dataclass(frozen=True)
class ProveOptions:
    """What the command line asked for; `timeout` is in seconds for each query."""

    paths: tuple[Path, ...]
    invariants: tuple[Path, ...] = ()
    builtins: tuple[str, ...] = ()
    key_arn: str | None = None
    json: bool = False
    timeout: float | None = None
    readings: Mapping[str, bool] = dataclasses.field(default_factory=dict)
    engine: Engine = Engine.Z3
    cross_check: bool = False


def prove_command(options: ProveOptions) -> int:
    """Writes the report to stdout and warnings to stderr; returns the exit code."""
    files, asked, estate = _read(options)
    report = _prove(options, asked, estate, files)
    report = dataclasses.replace(report, inputs=_inputs(report.inputs, files))
    if report.warnings and not options.json:
        print(render_diagnostics(report.warnings, colour=colours(sys.stderr)), file=sys.stderr)
    if options.json:
        from verifier.report.json_report import render_json

        emit(render_json(report) + "\n")
    else:
        from verifier.report.text import render_text

        emit(render_text(report, colours(sys.stdout)))
    return exit_code(verdict.status for verdict in report.verdicts)


def _prove(options: ProveOptions, asked: tuple[AnyInvariant, ...], estate: Estate, files: InvariantFiles) -> Report:
    from verifier.verify import Contradiction, prove  # after the input has been accepted: importing a solver takes a while

    progress = Progress() if sys.stderr is not None and sys.stderr.isatty() else None
    try:
        return prove(
            estate,
            asked,
            engine=options.engine,
            timeout=options.timeout,
            readings=options.readings,
            cross_check=options.cross_check,
            progress=progress,
        )
    except Contradiction as error:
        from verifier.cli.reproducer import write_reproducer

        folder = write_reproducer(error, _inputs(estate.inputs, files))
        print(f"verifier: two engines contradict each other; what reproduces it is in {folder}", file=sys.stderr)
        raise
    finally:
        if progress:
            progress.clear()


def _inputs(read: tuple[tuple[str, str], ...], files: InvariantFiles) -> tuple[tuple[str, str], ...]:
    """The files that were read, each once, with their SHA-256."""
    return tuple(dict.fromkeys((*read, *files.inputs)))


def _read(options: ProveOptions) -> tuple[InvariantFiles, tuple[AnyInvariant, ...], Estate]:
    """Reads everything, and tells the errors of the invariants and of the estate together."""
    from verifier.inputs import load_estate

    errors: list[Diagnostic] = []
    files = InvariantFiles()
    named: list[AnyInvariant] = []
    estate = Estate(keys=())
    try:
        files = read_files(_invariant_paths(options))
    except InputError as error:
        errors += error.diagnostics
    for spec in options.builtins:
        try:
            named.append(builtin(spec))
        except InputError as error:
            errors += error.diagnostics
    try:
        estate = load_estate(options.paths, key_arn=options.key_arn, accounts=files.accounts, declared_key_arn=_only(files.key_arns))
    except InputError as error:
        errors += error.diagnostics
    if errors:
        raise InputError(errors)
    return files, (*files.invariants, *named), estate


def _only(arns: Sequence[str]) -> str | None:
    return arns[0] if len(arns) == 1 else None


def _invariant_paths(options: ProveOptions) -> tuple[Path, ...]:
    """The files given; those beside the input when neither a file nor a built-in is given. None at all is an error (S3)."""
    if options.invariants or options.builtins:
        return options.invariants
    found = beside(options.paths)
    if not found:
        where = " or ".join(str(path) for path in options.paths)
        raise InputError.of(
            f"no invariants: none were given, and there is no *.inv file beside {where}",
            hint="name a file with --invariants FILE, or a built-in with --builtin no-external-access",
            rule="S3",
        )
    return found
