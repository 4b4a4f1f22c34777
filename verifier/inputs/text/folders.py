"""What files and folders hold: their names, and digests of what is not read but told from that of another version.

In: a path. Out: what is below it; a text that is another one where that is other. Guarantee: no link below it is
followed, and nothing but files is read. What is too much to look at, or a folder that may not be listed, is an
`OSError`, or like nothing elsewhere; `Path.glob` and `Path.rglob` would pass over such a folder.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from hashlib import sha256
from itertools import takewhile
from pathlib import Path

_MOST, _BLOCK = 256 << 20, 4096
"""Bytes of all files that are looked at, and those that a file has at least."""
_OF_TOOLS = {".git", ".hg", ".svn", ".terraform", ".terragrunt-cache", ".venv", ".tox", ".nox", ".cache", ".npm"}
"""Hidden folders of what tools keep for themselves: other versions, modules that were fetched, programs."""


def shown_below(folder: Path) -> list[Path]:
    """What is below a folder, by path, but for what is hidden. Raises `OSError` for a folder that may not be listed."""
    found: list[Path] = []
    for above, folders, names in os.walk(folder, onerror=_raised):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [Path(above, name) for name in (*folders, *names) if not name.startswith(".")]
    return sorted(found)


def hidden_below(folder: Path) -> list[Path]:
    """The files below a folder that are hidden, or in what is, by path; but for those that tools keep for themselves.
    Raises `OSError` for a folder that may not be listed."""
    found: list[Path] = []
    for above, folders, names in os.walk(folder, onerror=_raised):
        folders[:] = sorted({*folders} - _OF_TOOLS)
        is_hidden = any(part.startswith(".") for part in Path(above).relative_to(folder).parts)
        found += [Path(above, name) for name in names if is_hidden or name.startswith(".")]
    return sorted(found)


def not_listed(folder: Path, pattern: str) -> list[OSError]:
    """What is wrong with folders in which `glob` looks for a pattern and which may not be listed."""
    parts, errors = Path(pattern).parts, list[OSError]()
    fixed = [*takewhile(lambda part: not set("*?[") & set(part), parts)]
    start = folder.joinpath(*fixed)
    for above, folders, _ in os.walk(start, onerror=errors.append):
        at_end = "**" not in parts and len(Path(above).parts) - len(start.parts) >= len(parts) - len(fixed) - 1
        folders[:] = [] if at_end else [name for name in folders if not name.startswith(".")]
    return [error for error in errors if not isinstance(error, FileNotFoundError | NotADirectoryError)]


def files_below(folder: Path) -> Iterator[tuple[Path, bytes, bool]]:
    """The files below a folder by their paths, with their content, or where they lead if they are links."""
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


def lies_in(path: Path, folder: Path) -> bool:
    """True iff a path is one below a folder, or it, as they are written: links are not followed."""
    return Path(os.path.abspath(path)).is_relative_to(os.path.abspath(folder))


def held(path: Path) -> str:
    """A digest of a file or folder; its place, where there is nothing to look at, too much, or links."""
    try:
        is_file = path.is_file() and path.stat().st_size <= _MOST
        files = [(Path(), path.read_bytes(), False)] if is_file else files_below(path)
        found = [(str(below), sha256(data).digest(), is_link) for below, data, is_link in files]
    except OSError:
        found = []
    is_read = found and not any(is_link for _, _, is_link in found)
    return sha256(repr(found).encode()).hexdigest() if is_read else os.path.realpath(path)


def _raised(error: OSError) -> None:
    raise error
