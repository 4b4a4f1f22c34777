"""Comparisons, for `verifier compare` and the check that nothing new is allowed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from verifier.cli.bodies.sides import SidesOptions, read_sides
from verifier.cli.progress import shown
from verifier.model.invariant_file import InvariantFiles
from verifier.model.results.comparison import Comparison
from verifier.syntax.diagnostic import Diagnostic, InputError
from verifier.syntax.text import printable


def compared(asked: SidesOptions, readings: Mapping[str, bool], allow: Sequence[Path] = ()) -> Comparison:
    """What two sides allow; `allow` are files of what may be gained. Raises `InputError`."""
    files = _allowances(allow)
    sides = read_sides(asked, files)
    from verifier.verify.comparison.compare import compare

    with shown() as progress:
        return compare(sides.old, sides.new, allow=files.allowances, readings=readings, labels=sides.labels, progress=progress)


def _allowances(paths: Sequence[Path]) -> InvariantFiles:
    if not paths:
        return InvariantFiles()
    from verifier.invariant_files import read_files

    files = read_files(paths)
    if not files.allowances:
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
