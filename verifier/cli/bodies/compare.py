"""`verifier compare`: reads both sides, compares, writes the comparison."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from verifier.cli.bodies.exhibits import texts_of
from verifier.cli.bodies.sides import SidesAsked, read_sides
from verifier.cli.outputs import Sink, rendering, write
from verifier.cli.progress import shown
from verifier.invariant_files import InvariantFiles, read_files
from verifier.model.results.comparison import Comparison, FailOn
from verifier.report.words.comparison import comparison_exit_code
from verifier.syntax.diagnostic import Diagnostic, InputError
from verifier.syntax.text import printable


@dataclass(frozen=True)
class CompareOptions:
    """What the command line asked for."""

    asked: SidesAsked
    allow: tuple[Path, ...] = ()
    fail_on: FailOn = FailOn.MORE
    readings: Mapping[str, bool] = field(default_factory=dict)
    sinks: tuple[Sink, ...] = (Sink("text"),)
    verbose: bool = False


def compare_command(options: CompareOptions) -> int:
    """Writes the comparison to stdout and warnings to stderr; returns the exit code."""
    comparison = compared(options)
    from verifier.report.notices.comparison import notices_of_comparison
    from verifier.report.pages.comparison import comparison_document
    from verifier.report.wire.comparison import comparison_to_json

    texts = texts_of((*comparison.old.inputs, *comparison.new.inputs)) if any(sink.format == "html" for sink in options.sinks) else {}
    document = partial(comparison_document, comparison, options.fail_on, texts, in_full=options.verbose)
    parts = document, partial(comparison_to_json, comparison, options.fail_on), partial(notices_of_comparison, comparison, options.fail_on)
    write(options.sinks, rendering(*parts), remarks(comparison))
    return comparison_exit_code(comparison, options.fail_on)


def compared(options: CompareOptions) -> Comparison:
    """The comparison that the options ask for. Raises `InputError`."""
    files = _allowances(options.allow)
    sides = read_sides(options.asked, files)
    from verifier.verify.comparison.compare import compare

    with shown() as progress:
        return compare(sides.old, sides.new, allow=files.allowances, readings=options.readings, labels=sides.labels, progress=progress)


def _allowances(paths: tuple[Path, ...]) -> InvariantFiles:
    files = read_files(paths)
    if paths and not files.allowances:
        raise InputError.of(
            f"{' and '.join(printable(str(path)) for path in paths)} allows nothing",
            hint='what may be gained is written: allow "the report job reads": role/reports in 111122223333 can kms:Decrypt',
            rule="S3",
        )
    return files


def remarks(comparison: Comparison) -> list[Diagnostic]:
    """The remarks on both inputs, those that are on both once."""
    told = {(warning.message, str(warning.span)): warning for side in (comparison.old, comparison.new) for warning in side.warnings}
    return list(told.values())
