"""The whole input.

In: paths of snapshots, folders and policy files. Out: an `Estate`. Guarantee: every error of every file is told in one `InputError`;
an estate holds at least one key, and no key twice.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from os import PathLike
from pathlib import Path

from verifier.inputs.both_sides import Side, with_each_others
from verifier.inputs.files import Files
from verifier.inputs.key_metadata import is_key_arn
from verifier.inputs.loader import Loader
from verifier.inputs.own_account import with_own_account
from verifier.inputs.parts import Parts
from verifier.inputs.policy_file import check_key_arn
from verifier.inputs.supplied import NOTHING, Supplied
from verifier.model.estate import Estate
from verifier.syntax.diagnostic import InputError
from verifier.syntax.text import printable


def load_estate(
    paths: Sequence[str | PathLike[str]],
    *,
    key_arn: str | None = None,
    declared_key_arn: str | None = None,
    other_version: str | None = None,
    root: Path | None = None,
    supplied: Supplied = NOTHING,
    steps: bool = True,
    tags: bool = True,
) -> Estate:
    """Reads snapshots, folders, Terraform plans and states, and single policy files; what a file is, its content decides.

    `key_arn` is the ARN of the key that the one policy file belongs to. Where it is left out, `declared_key_arn` (the only one that
    the invariants declare) stands for it if the input is one file, or `other_version`, the ARN found for another version of the policy;
    `Estate.concluded` says what was concluded of an account that nothing tells. Files in the folder `root` are called by their path
    from there.
    `supplied` is what the user says about a plan or template that it does not say itself. Without `steps` the documents that only steps
    turn on (managed policies that nobody has, versions that are not in force) are not read: nothing may be asked about steps then.
    Without `steps` and `tags` trust policies are not read either, unless the input itself mentions tags of callers (F3): then nothing may
    be asked about these.
    Raises `InputError` with every error found, also where there is no key at all (S3).
    """
    return load_with_parts(
        paths,
        key_arn=key_arn,
        declared_key_arn=declared_key_arn,
        other_version=other_version,
        root=root,
        supplied=supplied,
        steps=steps,
        tags=tags,
    )[0]


def load_with_parts(
    paths: Sequence[str | PathLike[str]],
    *,
    key_arn: str | None = None,
    declared_key_arn: str | None = None,
    other_version: str | None = None,
    root: Path | None = None,
    supplied: Supplied = NOTHING,
    steps: bool = True,
    tags: bool = True,
) -> tuple[Estate, Parts]:
    """`load_estate`, with the parts that the estate was read from."""
    if key_arn is not None:
        check_key_arn(key_arn)
    with _collection_paused():
        declared = declared_key_arn if len(paths) == 1 and is_key_arn(declared_key_arn or "") else None
        files = Files(root)

        def read(known: Supplied) -> tuple[Side, ...]:
            loader = Loader(files, known, key_arn, declared, other_version, steps=steps, tags=tags)
            for path in paths:
                loader.remarks.keep(lambda path=Path(path): loader.add(path))  # type: ignore[misc]
            return ((loader.estate(), loader.parts),)

        return with_own_account(read, supplied)[0]


def load_plan_sides(path: str | PathLike[str], supplied: Supplied = NOTHING, *, root: Path | None = None) -> tuple[Estate, Estate]:
    """The estate before a Terraform plan, and the one after it. One that has no keys (all are new, or all go) is an `Estate` without keys;
    a user or role that is on one side only can do nothing on the other by policies of its own.

    Raises `InputError` where the file is no plan, where it cannot be read, and where neither side has a key.
    """
    with _collection_paused():
        files = Files(root)

        def read(known: Supplied) -> tuple[Side, ...]:
            loaders = [Loader(files, known), Loader(files, known)]
            for loader, before in zip(loaders, (True, False), strict=True):
                loader.add_plan(Path(path), before=before)
            if not any(loader.parts.keys for loader in loaders):
                raise InputError.of(f"`{printable(str(path))}` holds no key before or after, so there is nothing to compare", rule="S3")
            return tuple((loader.estate(empty=True), loader.parts) for loader in loaders)

        before, after = with_own_account(read, supplied)
        return with_each_others(before, after)


@contextmanager
def _collection_paused() -> Iterator[None]:
    """Without the search for cyclic garbage, which takes longer than reading does: a tree of nodes is large and has no cycles."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
