"""What runs as which role in one account.

In: the output of `describe-regions`; by Region, what `KINDS` tells of each kind of code; roles and their instance profiles.
Out: `Workload`s, and of which kinds they are all that there is.
Guarantee: a kind is said to be listed whole only where it is given for every Region that the account has enabled, and all its roles are
known.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from verifier.inputs.access import Record, check_complete, describe, listed_records, members
from verifier.inputs.nodes import Items, Members, Node, Remarks, Scalar, member, text_of
from verifier.model.estate import Pairs, Workload
from verifier.model.forms import REGION
from verifier.model.workloads import KINDS, WorkloadKind

RUNNING = ("regions", "workloads")
"""The members of an account in a snapshot document that say what runs there."""

_REGION = re.compile(REGION)
_ARN = re.compile(r"arn:(?:aws|aws-cn|aws-us-gov):[a-z0-9-]+:([a-z0-9-]*):([0-9]{12}):[!-~]+")


@dataclass(frozen=True)
class Roles:
    """The roles of an account by their names, and by the ARNs of their instance profiles and of task definitions; whether these are all,
    and all profiles known."""

    names: Mapping[str, str]
    profiles: dict[str, str]
    complete: bool

    def named(self, text: str) -> str | None:
        """The ARN of the role that a name, an ARN, or the ARN of an instance profile or task definition stands for; empty where there is
        none, `None` where that is not known."""
        if ":task-definition/" in text:
            return self.profiles.get(text)
        found = self.profiles.get(text) if ":instance-profile/" in text else self.names.get(text.rsplit("/", 1)[-1])
        if ":role/" in text and found != text:
            found = None if self.complete else text
        return found or ("" if self.complete else None)


def roles_of(entries: Sequence[Node], complete: bool) -> Roles:
    """The roles in `RoleDetailList`, with their instance profiles."""
    arns = {text_of(entry, "Arn") or "": member(entry, "InstanceProfileList") for entry in entries}
    profiles = {
        text_of(one, "Arn") or "": arn for arn, listed in arns.items() for one in (listed.items if isinstance(listed, Items) else ())
    }
    return Roles({arn.rsplit("/", 1)[-1]: arn for arn in arns}, profiles, complete and None not in arns.values())


def read_workloads(remarks: Remarks, account: str, given: Mapping[str, Node], roles: Roles) -> tuple[tuple[Workload, ...], tuple[str, ...]]:
    """What runs, and the kinds that are listed whole."""
    found: dict[tuple[str, str], Workload] = {}
    listed: dict[str, set[str]] = {}
    regions = members(remarks, given["workloads"], "`workloads`") if "workloads" in given else {}
    for region, node in regions.items():
        if not _REGION.fullmatch(region):
            remarks.error(node, f"`{region}` is not a Region, such as us-west-2", rule="E5")
        told = members(remarks, node, "what runs in a Region", KINDS)
        for name in filter(told.__contains__, KINDS):  # task definitions are before what runs them
            whole = True
            for entry in _entries(remarks, KINDS[name], told[name]):
                workload = _workload(entry, KINDS[name], account, region, roles)
                whole &= workload is not None
                if workload is not None:
                    roles.profiles[workload.arn] = next(iter(workload.roles), "")
                if workload is not None and workload.roles:
                    found.setdefault((name, workload.arn), workload)
            listed.setdefault(name, set()).update({region} if whole else ())
    enabled = _enabled(remarks, given["regions"]) if "regions" in given else frozenset()
    return tuple(found.values()), tuple(sorted(name for name, own in listed.items() if enabled and enabled <= own))


def _enabled(remarks: Remarks, node: Node) -> frozenset[str]:
    """The Regions that the account has enabled. [EC2 API: DescribeRegions]"""
    found = listed_records(remarks, node, "Regions", "the output of describe-regions", "a Region")
    return frozenset(name for one in found if one.text("OptInStatus") != "not-opted-in" and (name := one.text("RegionName")))


def _entries(remarks: Remarks, kind: WorkloadKind, node: Node) -> Iterator[Record]:
    what, names = f"the output of {kind.command}", kind.entries.split()
    found = node.items if isinstance(node, Items) else [node]
    check_complete(remarks, found, what)
    if isinstance(node, Items) and not any(isinstance(one, Members) and one.has(*names[:1]) for one in found):
        del names[:1]  # the list inside it
    for name in names:
        found = [inner for outer in found for inner in _inside(remarks, outer, name, what)]
    return (members(remarks, one, f"an entry of {what}") for one in found)


def _inside(remarks: Remarks, node: Node, name: str, what: str) -> Sequence[Node]:
    inner = member(node, name)
    if inner is None:
        hint = "an empty list says that there are none"
        remarks.error(node, f"{what} has no `{name}`" if isinstance(node, Members) else f"{what} is {describe(node)}", hint=hint, rule="E5")
        return ()
    return inner.items if isinstance(inner, Items) else (inner,)


def _workload(entry: Record, kind: WorkloadKind, account: str, region: str, roles: Roles) -> Workload | None:
    """What an entry is about, without roles where it runs as none; `None` where its roles are not known, and after an error."""
    arn = _arn(entry, kind, account, region)
    if arn is None:
        return None
    own = []
    for text in (text for path in kind.roles for text in _texts(entry.place, path)):
        role = roles.named(text)
        if role is None:
            message = f"which role {text} stands for is not in the inventory of {account}, so not all that runs is known"
            entry.remarks.warning(entry.place, message, rule="E5")
            return None
        own += [role] if role else []
    tags = _tags(entry.get(kind.tags)) if kind.tags else None
    return Workload(kind.name, arn, tuple(dict.fromkeys(own)), tags, entry.place.span)


def _arn(entry: Record, kind: WorkloadKind, account: str, region: str) -> str | None:
    pattern: str | None = kind.arn if isinstance(kind.arn, str) else None
    if not isinstance(kind.arn, str):
        named = entry.text("InstanceId") or ""
        pattern = next((own for start, own in kind.arn.items() if named.startswith(start)), None)
    if pattern is None or "{" not in pattern:
        arn = entry.text(pattern or "Arn")
    else:
        partition = {"cn": "aws-cn", "us-gov": "aws-us-gov"}.get(region.rsplit("-", 2)[0], "aws")
        texts = {name: entry.text(name) for name in re.findall(r"\{([A-Z]\w*)\}", pattern)}
        known = None not in texts.values()
        arn = pattern.format(partition=partition, region=region, account=account, **texts) if known else None
    match = _ARN.fullmatch(arn or "")
    if match is None:
        entry.error(f"an entry of {kind.command} does not say what it is about: no `{pattern or 'InstanceId'}`", rule="E5")
    elif match.groups() != (region, account):
        entry.error(f"{arn} is not of {account} in {region}, under which it is listed", rule="E5")
    return arn if match is not None and match.groups() == (region, account) else None


def _texts(node: Node, path: str) -> list[str]:
    """What the members of a path hold, lists gone through."""
    found = [node]
    for name in path.split():
        inner = [value for one in found if (value := member(one, name)) is not None]
        found = [one for value in inner for one in (value.items if isinstance(value, Items) else (value,))]
    return [one.text for one in found if isinstance(one, Scalar) and one.type != "null"]


def _tags(node: Node | None) -> Pairs:
    """Tags in any of the forms that outputs have: pairs as objects, or an object."""
    if isinstance(node, Members):
        return tuple((key.text, text_of(node, key.text) or "") for key, _ in node.pairs)
    found = node.items if isinstance(node, Items) else []
    pairs = ((text_of(one, "Key") or text_of(one, "key"), text_of(one, "Value") or text_of(one, "value")) for one in found)
    return tuple((name, value or "") for name, value in pairs if name)
