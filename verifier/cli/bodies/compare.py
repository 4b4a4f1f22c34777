"""Comparisons, for `verifier compare` and the check that nothing new is allowed.

In: two paths; or paths and two revisions in git; or a Terraform plan, with snapshots beside it or without. Out:
`Sides`; a `Comparison`. Guarantee: the errors of both sides are reported together; temporary folders are gone
afterwards.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from verifier.cli.run import progress_line
from verifier.frozen import Frozen
from verifier.inputs.estate import Version, load_versions
from verifier.inputs.own_region import OpenPlaceError
from verifier.inputs.revisions import Repository, Revision, repository_of, revisions
from verifier.inputs.supplied import NOTHING_SUPPLIED, Supplied
from verifier.inputs.text.files import SUFFIXES
from verifier.model.estate import Estate
from verifier.model.invariant_file import InvariantFiles
from verifier.model.results.comparison import Comparison
from verifier.runs.each_place import compared_in_each, places_of, sentence_of
from verifier.syntax.diagnostic import Diagnostic, InputError
from verifier.syntax.text import counted, printable


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


class SidesOptions(Frozen):
    """What the command line names. `git` is `BASE..HEAD`, `BASE...HEAD` or `BASE`; `plan` a plan as JSON."""

    paths: tuple[Path, ...] = ()
    git: str | None = None
    plan: Path | None = None
    key_arn: str | None = None
    supplied: Supplied = NOTHING_SUPPLIED


class Sides(Frozen):
    """Both sides as read, and what people call them."""

    old: Estate
    new: Estate
    labels: tuple[str, str]


def read_sides(options: SidesOptions, files: InvariantFiles) -> Sides:
    """Reads both sides; what `files` declare helps to find whose key a policy is on. Raises `InputError`."""
    if options.plan is not None:
        return _of_plan(options, options.plan, files)
    if options.git is not None:
        return _in_git(options, options.git, files)
    if len(options.paths) != 2:
        message = f"expected OLD and NEW, found {counted(len(options.paths), 'path')}"
        raise InputError.of(message, hint="give two paths, or --git BASE..HEAD PATH, or --plan plan.json")
    old, new = options.paths
    return Sides(
        *_versions(options, Version((old,)), Version((new,)), files), (printable(str(old)), printable(str(new)))
    )


def _of_plan(options: SidesOptions, plan: Path, files: InvariantFiles) -> Sides:
    """Before and after a plan: the snapshots beside it, without it and with it; without any, what it says itself."""
    from verifier.inputs import load_plan_sides

    if options.git is not None or options.key_arn is not None:
        raise InputError.of("--plan is both sides by itself, or with snapshots", hint="leave out --git and --key-arn")
    if options.paths:
        with_plan = Version((*options.paths, plan))
        return Sides(*_versions(options, Version(options.paths), with_plan, files), ("as it is", "after the plan"))
    before, after = load_plan_sides(plan, options.supplied)
    return Sides(before, after, ("before the plan", "after it"))


def _in_git(options: SidesOptions, revisions: str, files: InvariantFiles) -> Sides:
    from verifier.cli.bodies.compare import at_revisions

    if not options.paths:
        raise InputError.of("--git needs a path: a policy, a snapshot or a folder in the repository")
    with at_revisions(revisions, options.paths) as (old, new, labels):
        return Sides(*_versions(options, old, new, files), labels)


def _versions(options: SidesOptions, old: Version, new: Version, files: InvariantFiles) -> tuple[Estate, Estate]:
    declared = files.key_arns[0] if len(files.key_arns) == 1 else None
    return load_versions(old, new, key_arn=options.key_arn, declared_key_arn=declared, supplied=options.supplied)


WORK_TREE = "work tree"


@contextmanager
def at_revisions(text: str, paths: Sequence[Path]) -> Iterator[tuple[Version, Version, tuple[str, str]]]:
    """The paths that there are at each revision. Raises `InputError`, also for one that neither has."""
    repository = repository_of(paths[0])
    old, new = revisions(text, repository)
    with TemporaryDirectory(prefix="verifier-") as folder:
        before = _at(repository, old, paths, Path(folder, "old"))
        after = _in_work_tree(repository, paths) if new is None else _at(repository, new, paths, Path(folder, "new"))
        names = old.name, WORK_TREE if new is None else new.name
        for path, *found in zip(paths, before, after, strict=True):
            if found == [None, None]:
                raise InputError.of(
                    f"`{printable(str(path))}` is neither in {printable(names[0])} nor in {printable(names[1])}"
                )
        tops = Path(folder, "old"), repository.top if new is None else Path(folder, "new")
        sides = zip((before, after), tops, strict=True)
        first, second = (Version(tuple(filter(None, found)), top, len(paths) > 1) for found, top in sides)
        yield first, second, names


def _at(repository: Repository, revision: Revision, paths: Sequence[Path], folder: Path) -> list[Path | None]:
    (folder / ".git").mkdir(parents=True)  # Terraform configurations refer to files of their repository
    return [_holding(repository.extract(revision, path, folder)) for path in paths]


def _in_work_tree(repository: Repository, paths: Sequence[Path]) -> list[Path | None]:
    return [_holding(repository.top / repository.below_top(path)) for path in paths]


def _holding(path: Path | None) -> Path | None:
    """A path; `None` where there is nothing, or a folder that holds no file that is read."""
    if path is None or not os.path.lexists(path):
        return None
    has_inputs = not path.is_dir() or any(found.suffix.lower() in (*SUFFIXES, ".tf") for found in path.rglob("*"))
    return path if has_inputs else None
