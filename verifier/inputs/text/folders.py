"""What a folder holds, where it is not read but told from that of another version.

In: a folder. Out: the files and links below it. Guarantee: no link is followed, and what is too much to look at is an `OSError`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
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


def _raised(error: OSError) -> None:
    raise error
