"""What runs as which role: the Regions that an account has enabled, and the code in each (E5).

In: an `AccountReader`. Out: `CollectionStep`s. Guarantee: a kind of code that was not read in a Region has no file
there, so that it is not known; of what AWS answers only the names, roles and tags are kept (environment variables,
parameters and definitions may hold secrets).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from importlib.resources import files
from typing import Any

import msgspec

from verifier.collect.folder import CollectionStep, Folder
from verifier.collect.reading import Service
from verifier.collect.sessions import AccountReader
from verifier.frozen import Frozen
from verifier.model.results.collection import SnapshotPart
from verifier.model.steps.workload_kind import WorkloadKind
from verifier.model.steps.workloads import KINDS


class _Listing(Frozen):
    """How all code of one kind in a Region is read: an operation that lists it, with the parameters `asking`, and the
    member that holds the entries. Where that says too little, each entry is described: by an operation with parameters,
    whose values are members of the entry (none: the entry itself); by one that takes several, with `at_once` of them;
    by one that lists its own entries, under `inner`."""

    service: str
    operation: str
    member: str
    describe: tuple[str, str, str] | None = None
    at_once: int = 0
    inner: str = ""
    asking: tuple[tuple[str, str | Sequence[str]], ...] = ()

    def read(self, service: Service) -> Any:
        """What the AWS CLI would print, as one output or a list of them."""
        found = service.listed(self.operation, self.member, **dict(self.asking))
        if self.describe is None:
            return found
        operation, parameters, members = self.describe
        names = [[entry[member] for member in members.split()] or [entry] for entry in found[self.member]]
        requests: list[dict[str, Any]] = [dict(zip(parameters.split(), values, strict=True)) for values in names]
        if self.inner:
            return [service.listed(operation, self.inner, **one) for one in requests]
        if self.at_once:
            starts = range(0, len(names), self.at_once)
            requests = [{parameters: [name for (name,) in names[start : start + self.at_once]]} for start in starts]
        return [service.read(operation, **one) for one in requests]


LISTINGS = msgspec.json.decode(
    (files("verifier.collect") / "data" / "listings.json").read_bytes(), type=dict[str, _Listing]
)
"""The kinds of `model.steps.workloads` that a collection reads; containers come and go."""


def regions_step(folder: Folder, identity: AccountReader, region: str) -> CollectionStep:
    """The Regions that the account has enabled; `region` says where to ask."""
    ec2, account = identity.service("ec2", region), identity.account

    def work() -> None:
        answer = ec2.read("DescribeRegions")
        folder.write(f"accounts/{account}/regions.json", answer)
        folder.keep(_regions(account), [entry["RegionName"] for entry in answer["Regions"]])

    return CollectionStep(_regions(account), SnapshotPart.WORKLOADS, account, work)


def _regions(account: str) -> str:
    return f"regions/{account}"


def code_steps(folder: Folder, identity: AccountReader) -> Iterator[CollectionStep]:
    """The code of each kind in each Region that is enabled. It is asked for also where botocore knows no endpoint of
    the service: that may be older than the service there."""
    for region in folder.values.get(_regions(identity.account), ()):
        for kind, listing in LISTINGS.items():
            yield _step(folder, identity, region, kind, listing)


def _step(folder: Folder, identity: AccountReader, region: str, kind: str, listing: _Listing) -> CollectionStep:
    name = f"accounts/{identity.account}/workloads/{region}/{kind.replace('_', '-')}.json"

    def work() -> None:
        folder.write(name, _kept(KINDS[kind], listing.read(identity.service(listing.service, region))))

    return CollectionStep(
        f"workloads/{identity.account}/{region}/{kind}", SnapshotPart.WORKLOADS, identity.account, work, region
    )


def _kept(kind: WorkloadKind, answer: Any) -> Any:
    """Of outputs, what says as which role what runs."""
    patterns = (kind.arn,) if isinstance(kind.arn, str) else tuple(kind.arn.values())
    named = [name for pattern in patterns for name in re.findall(r"{([A-Z]\w*)}", pattern) or (pattern,)]
    members = [
        *named,
        *kind.roles,
        *kind.gone,
        *filter(None, (kind.overriding, kind.tags)),
        *(("Account",) if kind.through else ()),
    ]
    return _only(answer, [[*kind.entries.split(), *path.split()] for path in members])


def _only(value: Any, paths: Sequence[Sequence[str]]) -> Any:
    if isinstance(value, list):
        return [_only(one, paths) for one in value]
    if not isinstance(value, dict) or any(not path for path in paths):
        return value
    inner = {name: [path[1:] for path in paths if path[0] == name] for name in value}
    return {name: _only(value[name], own) for name, own in inner.items() if own}
