"""The manifest of a live collection (`manifest.json`): whether the folder is as the collection left it.

In: the folder of a snapshot. Out: errors, one for each file. Guarantee: a file that `verifier snapshot` wrote, and that is not there or is
another one, is an error that names it (S1). A file that somebody put there besides is not the manifest's concern.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from verifier.inputs.files import Files
from verifier.inputs.nodes import Remarks

MANIFEST = "manifest.json"
_FORMAT, _FORMAT_VERSION = "kms-verifier/collection", 2
_HINT = "collect the account anew, into a new folder: verifier snapshot"


def check_manifest(remarks: Remarks, files: Files, folder: Path, inside: Callable[[Path], bool], *, collected: bool) -> None:
    """Records an error for each file that is not as the manifest says. `collected` is whether the folder must have one (it has a
    `not-read.json`, which nothing else writes); `inside` records one for a path that leads out of the folder. Raises `InputError`."""
    path = folder / MANIFEST
    if not path.is_file() or not inside(path):
        if collected:
            remarks.error(files.place(path), "the manifest of this collection is not there", hint=_HINT, rule="S1")
        return
    listed = _listed(files, path)
    if listed is None:
        if collected:
            remarks.error(files.place(path), "this is no manifest of a collection that can be checked", hint=_HINT, rule="S1")
        return
    for name, digest in listed.items():
        file = folder / name
        if not file.is_file():
            remarks.error(files.place(file), "the collection wrote this file, and it is not there", hint=_HINT, rule="S1")
        elif inside(file) and files.digest(file) != digest:
            remarks.error(files.place(file), "this file is not as the collection wrote it", hint=_HINT, rule="S1")


def _listed(files: Files, path: Path) -> dict[str, Any] | None:
    """The digests by file; `None` where the file is something else, or of another version of the format."""
    try:
        content = json.loads(files.source(path).text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(content, dict) or (content.get("format"), content.get("format_version")) != (_FORMAT, _FORMAT_VERSION):
        return None
    listed = content.get("files")
    return listed if isinstance(listed, dict) else None
