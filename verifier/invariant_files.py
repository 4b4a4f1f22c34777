"""Files of invariants: found, read, hashed.

In: paths. Out: the invariants, what the files declare, and the digest of each file.
Guarantee: what cannot be read is an `InputError` that names the file; the errors of all files are reported together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from os import PathLike
from pathlib import Path

from verifier.inputs.text.files import STDIN, Files, texts_given
from verifier.language.invariants.files import read_invariants, read_supposition
from verifier.model.invariant_file import Allowance, AnyInvariant, InvariantFile, InvariantFiles
from verifier.model.steps.supposition import Supposition
from verifier.syntax.diagnostic import Diagnostic, InputError, collected

SUFFIX = ".inv"
_MOST_CHARACTERS = 1 << 20


def beside(paths: Iterable[Path]) -> tuple[Path, ...]:
    """What is called `*.inv` in the folders among `paths`, and in the folders of the files among them, in order of
    name. Reading it tells whether it is a file: a link to nothing is not an invariant less (S3)."""
    folders = dict.fromkeys(path if path.is_dir() else path.parent for path in paths)
    return tuple(file for folder in folders for file in sorted(folder.glob(f"*{SUFFIX}")))


def read_files(paths: Iterable[str | PathLike[str]], texts: Mapping[Path, str] | None = None) -> InvariantFiles:
    """Reads every file once; `texts` are those of paths that are no files, and those in the place of what files hold.
    Raises one `InputError` with the errors of all of them."""
    reader = Files(given=texts or {})
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


def files_of_question(
    paths: Sequence[Path], inputs: Sequence[Path] | None, suppose: Sequence[str], texts: Mapping[Path, str]
) -> InvariantFiles:
    """What files say, those beside the `inputs` if these are given, and what sentences `suppose`. None at all beside
    the inputs is an error (S3). Raises `InputError` with every error found."""
    files, supposed = InvariantFiles(), list[Supposition]()
    errors: list[Diagnostic] = []
    with collected(errors):
        files = read_files(paths if inputs is None else _beside_all(inputs), texts)
    for sentence in suppose:
        with collected(errors):
            supposed.append(read_supposition(sentence, "--suppose"))
    if errors:
        raise InputError(errors)
    return replace(files, suppositions=(*files.suppositions, *supposed))


def _beside_all(inputs: Sequence[Path]) -> tuple[Path, ...]:
    paths = [path for path in inputs if path != STDIN]
    found = beside(paths)
    if not found and all(path.exists() for path in paths):  # of others the reader of inputs says more
        besides = f", and there is no *.inv file beside {' or '.join(map(str, paths))}" if paths else ""
        hint = "give --invariants FILE or --builtin no-external-access; in verifier.toml `invariants` or `builtins`"
        raise InputError.of(f"no invariants: none were given{besides}", hint=hint, rule="S3")
    return found


def invariants(*paths: str | PathLike[str]) -> tuple[AnyInvariant, ...]:
    """Reads files of invariants, in order. Raises `InputError`."""
    return read_files(paths).invariants


def allowances(*paths: str | PathLike[str]) -> tuple[Allowance, ...]:
    """Reads what a change may add (`allow` sentences) from files, for `compare`. Raises `InputError`."""
    return read_files(paths).allowances


def invariants_from(*sources: str | Mapping[str, str]) -> tuple[AnyInvariant, ...]:
    """Reads invariants from texts of files of invariants, and from dictionaries of names and sentences, in order.
    Errors call a source `<text>`, or `<text 2>` where there are several. Raises `InputError`."""
    return _from(sources).invariants


def allowances_from(*sources: str) -> tuple[Allowance, ...]:
    """Reads what a change may add (`allow` sentences) from texts of files of invariants, for `compare`. Raises
    `InputError`."""
    return _from(sources).allowances


def _from(sources: Sequence[str | Mapping[str, str]]) -> InvariantFiles:
    texts = texts_given([source if isinstance(source, str) else _as_text(source) for source in sources])
    return read_files(texts, texts)


def _as_text(sentences: Mapping[str, str]) -> str:
    quoted = ((name.replace("\\", "\\\\").replace('"', '\\"'), sentence) for name, sentence in sentences.items())
    return "".join(f'invariant "{name}":\n  {sentence}\n' for name, sentence in quoted)


def _read_file(reader: Files, path: Path) -> InvariantFile:
    source = reader.source(path)
    if len(source.text) > _MOST_CHARACTERS:
        raise InputError.of(f"`{source.name}` is over 1 MiB; a file of invariants is not")
    return read_invariants(source)
