"""A large input as it was read before, so that its policies need not be parsed again.

In: paths and what else reading takes. Out: the `Estate` that `load_estate` gives.
Guarantee: what is remembered is used only where every byte of every file, every file's name and the version of the
verifier are the same; it is data (MessagePack, checked against the types), never code. An estate is kept only if the
bytes that it was parsed from are those that the digest was taken of, in every file. What is kept is sealed by a digest,
checked at every read: a file that is damaged is read anew.
"""

from __future__ import annotations

import dataclasses
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

from verifier.frozen import Frozen
from verifier.inputs.text.files import SUFFIXES
from verifier.model.estate import Estate
from verifier.model.policy import Policy
from verifier.model.symbol_texts import decoded, encoded
from verifier.runs.sealed import sealed, unsealed
from verifier.runs.version import rules_version

LEAST_BYTES = 256 * 1024
"""Smaller inputs are read anew: that takes no longer."""
_MOST_BYTES = 512 * 1024 * 1024
_MOST_FILES = 20
"""Estates that are kept; the ones that were used last."""
_FOLDER = "estates"


class _Stored(Frozen):
    """An estate whose policies are numbers (`_without_policies`), and the policies: one attached to many is kept
    once."""

    estate: Estate
    policies: tuple[Policy, ...]


def cached_estate(
    paths: Sequence[Path], options: Sequence[object], folder: Path | None, load: Callable[[], Estate]
) -> Estate:
    """The estate of some paths: from the folder if it is known, else by `load`, and then kept. `options` are what else
    it depends on.

    Raises what `load` raises; a folder that cannot be used is the same as none.
    """
    depends = _digest(paths, options) if folder is not None else None
    if folder is None or depends is None:
        return load()
    path = folder / _FOLDER / f"{depends.name}.msgpack"
    found = _read(path)
    if found is None:
        found = load()
        if dict(found.inputs) == depends.files:
            _keep(path, found)
    return found


class _Depends(Frozen):
    """What an estate depends on: a digest of it, and the SHA-256 of each file that the estate must have been parsed
    from.

    These are the JSON and YAML files: a folder that holds one that is no part of the snapshot is not remembered. Where
    a file is changed, added or taken away between this and the parsing, the estate has another list.
    """

    name: str
    files: dict[str, str]


def _digest(paths: Sequence[Path], options: Sequence[object]) -> _Depends | None:
    """`None` where it is not worth remembering, or where it depends on more than the files named."""
    named = repr((rules_version(), [str(path) for path in paths], options))
    digest, size = sha256(named.encode("utf-8", "surrogatepass")), 0
    files: dict[str, str] = {}
    try:
        for path in (found for given in paths for found in _below(given)):
            if not path.is_dir() and not path.is_file():
                return None  # a pipe, which may have no end
            data = b"" if path.is_dir() else path.read_bytes()
            size += len(data)
            if path.suffix == ".tf" or (path in paths and b'"format_version"' in data):
                # of Terraform: what it depends on is in other `.tf` files too, of which there may be more tomorrow
                return None
            own = sha256(data)
            digest.update(repr((str(path), path.is_dir(), len(data))).encode("utf-8", "surrogatepass") + own.digest())
            if not path.is_dir() and (path in paths or path.suffix.lower() in SUFFIXES):
                files[str(path)] = own.hexdigest()
            if size > _MOST_BYTES:
                return None
    except OSError:
        return None  # reading it tells what is wrong
    return _Depends(digest.hexdigest(), files) if size >= LEAST_BYTES else None


def _below(path: Path) -> Iterator[Path]:
    """A file; a folder with all files and folders in it."""
    yield from sorted(path.rglob("*")) if path.is_dir() else [path]


def _read(path: Path) -> Estate | None:
    try:
        data = unsealed(path.name.encode(), path.read_bytes())
        if data is None:
            return None
        stored = msgspec.msgpack.decode(data, type=_Stored, dec_hook=decoded)
        os.utime(path)
    except (OSError, msgspec.MsgspecError):
        return None
    found: Estate = _changed(stored.estate, lambda policy: stored.policies[int(policy.name)])
    return found


def _keep(path: Path, estate: Estate) -> None:
    """Writes the file in one go, and takes the oldest ones away."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            file.write(sealed(path.name.encode(), msgspec.msgpack.encode(_without_policies(estate), enc_hook=encoded)))
        os.replace(file.name, path)
        kept = sorted(path.parent.glob("*.msgpack"), key=lambda file: file.stat().st_mtime, reverse=True)
        for old in kept[_MOST_FILES:]:
            old.unlink(missing_ok=True)
    except OSError:
        return


def _without_policies(estate: Estate) -> _Stored:
    """Each policy is replaced by an empty one whose name is its number."""
    numbers: dict[int, int] = {}
    policies: list[Policy] = []

    def number(policy: Policy) -> Policy:
        if id(policy) not in numbers:
            numbers[id(policy)] = len(policies)
            policies.append(policy)
        return Policy(policy.kind, "", str(numbers[id(policy)]), False, ())

    return _Stored(_changed(estate, number), tuple(policies))


def _changed(value: Any, change: Callable[[Policy], Policy]) -> Any:
    """A part of an estate with every policy changed."""
    if isinstance(value, Policy):
        return change(value)
    if isinstance(value, tuple):
        # The last part tells for all: parts are alike, or a version ID and its policy.
        return tuple([_changed(part, change) for part in value]) if value and _may_hold(value[-1]) else value
    if not dataclasses.is_dataclass(value):
        return value
    members = ((field.name, getattr(value, field.name)) for field in dataclasses.fields(value))
    new = {name: _changed(member, change) for name, member in members if _may_hold(member)}
    return dataclasses.replace(value, **new) if new else value  # type: ignore[type-var]


def _may_hold(value: Any) -> bool:
    return isinstance(value, tuple) or dataclasses.is_dataclass(value)
