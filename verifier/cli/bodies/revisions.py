"""Paths at two revisions in git, for the time of a `with` block.

In: `BASE..HEAD` or `BASE`, and paths. Out: two versions and what people call them. Guarantee: temporary folders are gone afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from verifier.inputs.estate import Version
from verifier.inputs.revisions import Repository, Revision, repository_of, revisions
from verifier.syntax.diagnostic import InputError
from verifier.syntax.text import printable

WORK_TREE = "work tree"


@contextmanager
def at_revisions(text: str, paths: Sequence[Path]) -> Iterator[tuple[Version, Version, tuple[str, str]]]:
    """The paths at both revisions. Raises `InputError`."""
    repository = repository_of(paths[0])
    old, new = revisions(text, repository)
    with TemporaryDirectory(prefix="verifier-") as folder:
        first = _at(repository, old, paths, Path(folder, "old"))
        second = _in_work_tree(repository, paths) if new is None else _at(repository, new, paths, Path(folder, "new"))
        yield first, second, (old.name, WORK_TREE if new is None else new.name)


def _at(repository: Repository, revision: Revision, paths: Sequence[Path], folder: Path) -> Version:
    folder.mkdir()
    return Version(tuple(repository.extract(revision, path, folder) for path in paths), folder)


def _in_work_tree(repository: Repository, paths: Sequence[Path]) -> Version:
    found = tuple(repository.top / repository.below_top(path) for path in paths)
    for path, below in zip(paths, found, strict=True):
        if not below.exists():
            raise InputError.of(f"`{printable(str(path))}` is not in the work tree")
    return Version(found, repository.top)
