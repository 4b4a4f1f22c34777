"""What files and folders hold, where they are not read but told from those of another version.

In: a path. Out: the files and links below it; a text that is another one where they are others. Guarantee: no link below it is followed,
nothing but files is read, and what is too much to look at is an `OSError`, or like nothing elsewhere.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

_MOST, _BLOCK = 256 << 20, 4096
"""Bytes of all files that are looked at, and those that a file has at least."""


def files_below(folder: Path) -> Iterator[tuple[Path, bytes, bool]]:
    """The files below a folder by their paths there, with what each holds, or where it leads if it is a link, and whether it is one."""
    left, whole = _MOST, folder.resolve()
    for above, folders, names in os.walk(folder, onerror=_raised):
        folders[:] = sorted({*folders} - {".git", "providers" if above.endswith(".terraform") else ""})
        for path in (Path(above, name) for name in (*folders, *sorted(names))):
            if path.is_symlink():
                yield path.relative_to(folder), os.fsencode(os.path.relpath(os.path.realpath(path), whole)), True
            elif path.is_file():
                left -= max(path.stat().st_size, _BLOCK)
                if left < 0:
                    raise OSError
                yield path.relative_to(folder), path.read_bytes(), False


def held(path: Path) -> str:
    """What tells a file or folder from another of its name: a digest of what it holds; its place, where there is nothing to look at, too
    much, or links."""
    try:
        is_file = path.is_file() and path.stat().st_size <= _MOST
        files = [(Path(), path.read_bytes(), False)] if is_file else files_below(path)
        found = [(str(below), sha256(data).digest(), is_link) for below, data, is_link in files]
    except OSError:
        found = []
    is_told = found and not any(is_link for _, _, is_link in found)
    return sha256(repr(found).encode()).hexdigest() if is_told else os.path.realpath(path)


def _raised(error: OSError) -> None:
    raise error
