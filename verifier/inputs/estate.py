"""The whole input.

In: paths of snapshots, folders and policy files. Out: an `Estate`. Guarantee: every error of every file is told in one `InputError`;
an estate holds at least one key, and no key twice.
"""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from os import PathLike
from pathlib import Path

from verifier.inputs.access import describe
from verifier.inputs.accounts import read_account
from verifier.inputs.files import Files
from verifier.inputs.folder import FolderReader
from verifier.inputs.key_metadata import is_key_arn
from verifier.inputs.keys import read_key
from verifier.inputs.multi_region import Relatives, check_related
from verifier.inputs.nodes import Node, Remarks
from verifier.inputs.organization import read_organization
from verifier.inputs.parts import DocumentReader, Parts, is_snapshot
from verifier.inputs.policy_file import check_key_arn, is_policy, read_policy_file
from verifier.inputs.unique_ids import with_known_ids
from verifier.inputs.vpc_endpoints import read_vpc_endpoints
from verifier.model.estate import Account, Estate, Key, Organization, Unmodelled
from verifier.syntax.diagnostic import Diagnostic, InputError, Severity
from verifier.syntax.text import printable


def load_estate(
    paths: Sequence[str | PathLike[str]],
    *,
    key_arn: str | None = None,
    accounts: Sequence[str] = (),
    declared_key_arn: str | None = None,
    other_version: str | None = None,
    root: Path | None = None,
) -> Estate:
    """Reads snapshot files, snapshot folders and single policy files; what a file is, its content decides.

    `key_arn` is the ARN of the key that the one policy file belongs to. Where it is left out, `declared_key_arn` (the only one that
    the invariants declare) stands for it if the input is one file, and `accounts` (those that they declare) help to find it; so does
    `other_version`, the ARN found for another version of the policy. Files in the folder `root` are called by their path from there.
    Raises `InputError` with every error found, also where there is no key at all (S3).
    """
    if key_arn is not None:
        check_key_arn(key_arn)
    with _collection_paused():
        declared = declared_key_arn if len(paths) == 1 and is_key_arn(declared_key_arn or "") else None
        loader = _Loader(key_arn, accounts, declared, other_version, Files(root))
        for path in paths:
            loader.remarks.keep(lambda path=Path(path): loader.add(path))  # type: ignore[misc]
        return loader.estate()


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


class _Loader:
    """Collects the parts of all paths, then reads them together, for the organization needs the keys."""

    def __init__(
        self, key_arn: str | None, accounts: Sequence[str], declared_key_arn: str | None, other_version: str | None, files: Files
    ) -> None:
        self.key_arn = key_arn
        self.declared_key_arn = declared_key_arn
        self.declared = accounts
        self.other_version = other_version
        self.remarks = Remarks()
        self.files = files
        self.parts = Parts()
        self.keys: list[Key] = []
        self.policy_files = 0

    def add(self, path: Path) -> None:
        """Adds one path. Raises `InputError`, or records errors in `remarks`."""
        if path.is_dir():
            FolderReader(self.remarks, self.files, self.parts, path).read()
            return
        node = self.files.node(path)
        if is_snapshot(node):
            DocumentReader(self.remarks, self.files, self.parts, path.parent).read(node)
        elif is_policy(node):
            self._add_policy(node, path)
        else:
            hint = "a policy has `Statement`; a snapshot `keys`, `accounts`, `organization` or `vpc_endpoints`"
            self.remarks.error(node, f"expected a policy or a snapshot, found {describe(node)} that is neither", hint=hint)

    def _add_policy(self, node: Node, path: Path) -> None:
        self.policy_files += 1
        if self.policy_files == 2 and self.key_arn is not None:
            self.remarks.error(node, "a second policy file, but --key-arn names one key", hint="describe several keys in a snapshot")
        key = read_policy_file(self.remarks, node, path, self.key_arn or self.declared_key_arn, self.declared, self.other_version)
        if key is not None:
            self.keys.append(key)

    def estate(self) -> Estate:
        """Reads all parts. Raises `InputError` with every error found."""
        unmodelled = self._read_keys()
        partial = self.parts.partial
        read = [read_account(self.remarks, name, details, complete=name not in partial) for name, details in self.parts.accounts.items()]
        unmodelled += [thing for _, things in read for thing in things]
        organization, controls = self._read_organization()
        endpoints, policies = read_vpc_endpoints(self.remarks, self.parts.vpc_endpoints)
        unmodelled += [*controls, *policies]
        self._check_keys()
        self.remarks.raise_errors()
        accounts = _by_id(account for account, _ in read)
        return Estate(
            keys=with_known_ids(self.keys, accounts),
            accounts=accounts,
            organization=organization,
            unmodelled=(*_distinct(unmodelled), *self.remarks.doubts.values()),
            warnings=self.remarks.told_warnings(),
            endpoints=endpoints,
            inputs=tuple(self.files.digests.items()),
        )

    def _read_keys(self) -> list[Unmodelled]:
        unmodelled: list[Unmodelled] = []
        relatives: list[tuple[Key, Relatives]] = []
        for part in self.parts.keys:
            read = read_key(self.remarks, part.place, part.members, part.name)
            if read is not None:
                self.keys.append(read.key)
                relatives.append((read.key, read.relatives))
                unmodelled += read.unmodelled
        check_related(self.remarks, relatives)
        return unmodelled

    def _read_organization(self) -> tuple[Organization | None, tuple[Unmodelled, ...]]:
        if self.parts.organization is None:
            return None, ()
        place, found = self.parts.organization
        return read_organization(self.remarks, place, found, self.keys)

    def _check_keys(self) -> None:
        """Records an error for each key that is given twice, for several partitions (R7), and for an input without keys (S3)."""
        seen: set[str] = set()
        for key in self.keys:
            if key.arn in seen:
                self._error(f"key {key.arn} is given twice", key)
            seen.add(key.arn)
        if len({key.partition for key in self.keys}) > 1:
            self._error("the keys are of several partitions; give one partition at a time", self.keys[-1], "R7")
        if self.key_arn is not None and not self.policy_files and not self.remarks.errors:
            self.remarks.errors.append(InputError.of("--key-arn goes with a policy file, and none is given").diagnostics[0])
        if not self.keys and not self.remarks.errors:
            hint = "give a key policy, or a snapshot with `keys`"
            self.remarks.errors.append(
                InputError.of("the input holds no key, so there is nothing to check", hint=hint, rule="S3").diagnostics[0]
            )

    def _error(self, message: str, key: Key, rule: str | None = None) -> None:
        self.remarks.errors.append(Diagnostic(Severity.ERROR, message, key.span, rule=rule))


def _by_id(accounts: Iterable[Account]) -> tuple[Account, ...]:
    return tuple(sorted(accounts, key=lambda account: account.id))


def _distinct(things: list[Unmodelled]) -> tuple[Unmodelled, ...]:
    """The things with names that are unique: a name that occurs again gets what sets it apart, or a number."""
    counts = Counter(thing.name for thing in things)
    used: set[str] = set()
    distinct = []
    for thing in things:
        scope = thing.key or thing.principal or thing.account
        name = printable(f"{thing.name} ({scope})" if counts[thing.name] > 1 and scope else thing.name)
        number = 1
        unique = name
        while unique in used:
            number += 1
            unique = f"{name} #{number}"
        used.add(unique)
        distinct.append(replace(thing, name=unique, description=printable(thing.description)))
    return tuple(distinct)
