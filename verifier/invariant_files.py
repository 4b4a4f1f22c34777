"""Files of invariants: found, read, hashed.

In: paths. Out: the invariants, what the files declare, and the digest of each file.
Guarantee: what cannot be read is an `InputError` that names the file; the errors of all files are told together.
"""

from __future__ import annotations

from collections.abc import Iterable
from os import PathLike
from pathlib import Path

from verifier.inputs.text.files import Files
from verifier.language.invariants.files import read_invariants
from verifier.model.invariant_file import InvariantFile, InvariantFiles
from verifier.syntax.diagnostic import Diagnostic, InputError, collected

SUFFIX = ".inv"
MOST_CHARACTERS = 1 << 20


def beside(paths: Iterable[Path]) -> tuple[Path, ...]:
    """What is called `*.inv` in the folders among `paths`, and in the folders of the files among them, in order of name. Reading it tells
    whether it is a file: a link to nothing is not an invariant less (S3)."""
    folders = dict.fromkeys(path if path.is_dir() else path.parent for path in paths)
    return tuple(file for folder in folders for file in sorted(folder.glob(f"*{SUFFIX}")))


def read_files(paths: Iterable[str | PathLike[str]]) -> InvariantFiles:
    """Reads every file once. Raises one `InputError` with the errors of all of them."""
    reader = Files()
    files: list[InvariantFile] = []
    errors: list[Diagnostic] = []
    for path in dict.fromkeys(map(Path, paths)):
        with collected(errors):
            files.append(_read_file(reader, path))
    if errors:
        raise InputError(errors)
    return InvariantFiles(
        invariants=tuple(invariant for file in files for invariant in file.invariants),
        key_arns=tuple(dict.fromkeys(arn for file in files for _, arn in file.key_arns)),
        inputs=tuple(reader.digests.items()),
        allowances=tuple(allowance for file in files for allowance in file.allowances),
        suppositions=tuple(supposition for file in files for supposition in file.suppositions),
    )


def _read_file(reader: Files, path: Path) -> InvariantFile:
    source = reader.source(path)
    if len(source.text) > MOST_CHARACTERS:
        raise InputError.of(f"`{source.name}` is over 1 MiB; a file of invariants is not")
    return read_invariants(source)
