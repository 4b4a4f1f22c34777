"""Paths at two revisions in git, for the time of a `with` block.

In: `BASE..HEAD` or `BASE`, and paths. Out: two versions and what people call them. Guarantee: temporary folders are
gone afterwards.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from verifier.inputs.estate import Version
from verifier.inputs.revisions import Repository, Revision, repository_of, revisions
from verifier.inputs.text.files import SUFFIXES
from verifier.syntax.diagnostic import InputError
from verifier.syntax.text import printable

WORK_TREE = "work tree"


@contextmanager
def at_revisions(text: str, paths: Sequence[Path]) -> Iterator[tuple[Version, Version, tuple[str, str]]]:
    """The paths at both revisions, each without those that it does not have. Raises `InputError`, also for one that
    neither has."""
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
