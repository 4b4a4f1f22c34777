"""Comparisons, for `verifier compare` and the check that nothing new is allowed."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from verifier.cli.bodies.sides import Sides, SidesOptions, read_sides
from verifier.cli.run import progress_line
from verifier.inputs.own_region import OpenPlaceError
from verifier.model.invariant_file import InvariantFiles
from verifier.model.results.comparison import Comparison
from verifier.runs.compared_in_each_place import compared_in_each
from verifier.runs.each_place import places_of, sentence_of
from verifier.syntax.diagnostic import Diagnostic, InputError
from verifier.syntax.text import printable


def compared(
    options: SidesOptions, readings: Mapping[str, bool], allow: Sequence[Path] = (), *, timeout: float | None = None
) -> Comparison:
    """What two sides allow; `allow` are files of what may be gained. Raises `InputError`."""
    files = _allowances(allow)

    def ask(sides: Sides) -> Comparison:
        from verifier.verify.comparison.compare import compare

        with progress_line() as progress:
            return compare(
                sides.old,
                sides.new,
                allow=files.allowances,
                readings=readings,
                labels=sides.labels,
                timeout=timeout,
                progress=progress,
            )

    try:
        return ask(read_sides(options, files))
    except OpenPlaceError as error:
        return _compared_in_each_place(options, files, ask, error)


def _compared_in_each_place(
    options: SidesOptions, files: InvariantFiles, ask: Callable[[Sides], Comparison], error: OpenPlaceError
) -> Comparison:
    """The same of sides whose keys may be in several Regions. Raises the error where that cannot be answered."""
    scopes = [allowance.scope for allowance in files.allowances]
    try:
        in_each = [read_sides(dataclasses.replace(options, supplied=place), files) for place in places_of(error)]
        said = {sentence_of(estate, scopes, error) for sides in in_each for estate in (sides.old, sides.new)}
    except InputError:
        raise error from None
    taken = [({*sides.old.regions_taken}, {*sides.new.regions_taken}) for sides in in_each]
    if any(old and new and old != new for old, new in taken):
        raise error  # the two may be in different Regions
    return compared_in_each([ask(_saying(sides, said)) for sides in in_each], error)


def _saying(sides: Sides, said: Iterable[str]) -> Sides:
    old, new = (dataclasses.replace(estate, concluded=(*estate.concluded, *said)) for estate in (sides.old, sides.new))
    return Sides(old, new, sides.labels)


def _allowances(paths: Sequence[Path]) -> InvariantFiles:
    if not paths:
        return InvariantFiles()
    from verifier.invariant_files import read_files

    files = read_files(paths)
    if not files.allowances:
        example = 'allow "the report job reads": role/reports in 111122223333 can kms:Decrypt'
        message = f"{' and '.join(printable(str(path)) for path in paths)} allows nothing"
        raise InputError.of(message, hint=f"what may be gained is written: {example}", rule="S3")
    return files


def remarks(comparison: Comparison) -> list[Diagnostic]:
    """The remarks on both inputs, those that are on both once."""
    both = (*comparison.old.warnings, *comparison.new.warnings)
    warnings = {(warning.message, str(warning.span)): warning for warning in both}
    return list(warnings.values())
