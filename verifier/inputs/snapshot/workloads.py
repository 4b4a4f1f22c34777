"""What runs as which role in one account.

In: the output of `describe-regions`; by Region, what `KINDS` tells of each kind of code; roles and their instance
profiles; what plans and templates do to code. Out: `Workload`s, and of which kinds they are all that there is; instance
profiles.
Guarantee: a kind is said to be listed whole only where it is given for every Region that the account has enabled, all
its roles are known, and whatever plans and templates may add to it is. Where an entry of a role does not list its
instance profiles, or one that a plan makes is not known, those of the account are not known (E4).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from verifier.frozen import Frozen
from verifier.inputs.drafts import Draft
from verifier.inputs.own_region import region_partition
from verifier.inputs.resources.code_types import PROFILES
from verifier.inputs.resources.resource import Verb
from verifier.inputs.text.access import Record, check_complete, describe_node, keys_differ, listed_records, members
from verifier.inputs.text.nodes import Items, Members, Node, Remarks, Scalar, member, text_of
from verifier.model.choices import REGION_PATTERN
from verifier.model.estate import InstanceProfile, Pairs, Workload
from verifier.model.policy import arn_kind
from verifier.model.steps.workload_kind import WorkloadKind
from verifier.model.steps.workloads import KINDS, WITH_ROLE

IN_PROFILE = ":instance-profile/"
"""What stands before the name of an instance profile."""
DEFINITIONS = "ecs_task_definitions"

_Found = dict[tuple[str, str], Workload]
"""By kind and ARN."""
_ORDER = (Verb.TAKES, Verb.MAKES, Verb.CHANGES, Verb.KEEPS)
"""What goes, goes first; what is only told is last, for it must agree with what is written."""
_REGION = re.compile(REGION_PATTERN)
_ARN = re.compile(r"arn:(?:aws|aws-cn|aws-us-gov):[a-z0-9-]+:([a-z0-9-]*):([0-9]{12}|aws):[!-~]+")


class Deed(Frozen):
    """What a plan or template does, at an address, to code of an account (an empty one: of any) or to an instance
    profile. The roles of the code are their names or ARNs, or instance profiles; an empty kind stands for any. A change
    that leaves the roles as they are keeps them; `tags` says whether it writes the tags. With `more` AWS chooses
    another ARN."""

    by: str
    account: str
    code: Workload
    verb: Verb = Verb.MAKES
    known: bool = False
    more: bool = False
    tags: bool = True

    def after(self, now: Workload, old: Workload | None) -> Workload:
        """The code after it, of which a snapshot lists `old`. Tags that it leaves must be told alike by both."""
        if old is None:
            return now
        same = now.tags is None or old.tags is None or sorted(now.tags) == sorted(old.tags)
        return replace(
            old if self.verb is Verb.KEEPS else now, tags=now.tags if self.tags else old.tags if same else None
        )


class Roles(Frozen):
    """The roles of an account by their names, and by the ARNs and names of their instance profiles and the ARNs of task
    definitions; whether these are all, and all profiles known."""

    names: Mapping[str, str]
    profiles: dict[str, str]
    complete: bool

    def named(self, text: str) -> str | None:
        """The ARN of the role that a name, an ARN, or what stands for an instance profile or task definition stands
        for; empty where there is none, `None` where that is not known."""
        if ":task-definition/" in text:
            return self.profiles.get(text)
        found = self.profiles.get(text) if IN_PROFILE in text else self.names.get(text.rsplit("/", 1)[-1])
        if arn_kind(text) == "role" and found != text:
            found = None if self.complete else text
        return found or ("" if self.complete else None)

    @property
    def listed(self) -> tuple[InstanceProfile, ...] | None:
        """The profiles that hold a role; `None` where they are not known."""
        found = (
            (arn, role) for arn, role in sorted(self.profiles.items()) if arn.startswith("arn:") and IN_PROFILE in arn
        )
        return tuple(InstanceProfile(arn, role) for arn, role in found) if self.complete else None


def roles_of(drafts: Iterable[Draft], complete: bool, deeds: Sequence[Deed] = ()) -> Roles:
    """The roles of an account, with their instance profiles."""
    roles = [draft for draft in drafts if draft.kind == "role"]
    found: _Found = {
        (PROFILES, arn): Workload(PROFILES, arn, (role.arn,)) for role in roles for arn in role.profiles or ()
    }
    listed = all(role.profiles is not None and "" not in role.profiles for role in roles)
    names = {role.name: role.arn for role in roles}
    own = [one for one in deeds if one.code.kind in ("", PROFILES)]
    opened = _done(found, {PROFILES} if listed else (), Roles(names, {}, complete), own)
    by_arn = {arn: profile.roles[0] for (_, arn), profile in found.items() if profile.roles}
    by_name = {IN_PROFILE + arn.rsplit("/", 1)[-1]: role for arn, role in by_arn.items()}
    return Roles(names, by_name | by_arn, complete and listed and not opened)


def _done(found: _Found, whole: Collection[str], roles: Roles, deeds: Iterable[Deed]) -> Mapping[str, str]:
    """Puts what plans and templates do into what is found. Returns the kinds of which that may not be all, each with
    what may make more. Of what they only tell a list that is `whole` must say the same."""
    opened: dict[str, str] = {}
    written: _Found = {}
    for deed in sorted(deeds, key=lambda one: (one.code.kind != DEFINITIONS, _ORDER.index(one.verb))):
        at, keeps = (deed.code.kind, deed.code.arn), deed.verb is Verb.KEEPS
        own = list(map(roles.named, deed.code.roles))
        now = replace(deed.code, roles=tuple(filter(None, own)))
        listed = (found if keeps else written).get(at, Workload(*at, ()) if keeps and at[0] in whole else now)
        known = deed.known and None not in own and now.roles == listed.roles
        if known and deed.verb is not Verb.TAKES:
            found[at] = written[at] = deed.after(now, found.get(at))
            if at[0] == DEFINITIONS:
                roles.profiles[at[1]] = next(iter(now.roles), "")
        else:
            for gone in list(found) if at == (PROFILES, "") else [at]:  # that may be any profile
                found.pop(gone, None)
        if deed.verb is not Verb.TAKES and (deed.more or not known):
            opened[at[0]] = deed.by
    return dict.fromkeys((*KINDS, PROFILES), opened[""]) | opened if "" in opened else opened


def read_workloads(
    remarks: Remarks, account: str, given: Mapping[str, Node], roles: Roles, deeds: Sequence[Deed]
) -> tuple[tuple[Workload, ...], tuple[str, ...], tuple[tuple[str, str], ...]]:
    """What runs; the kinds that are listed whole; those that would be, each with what may add to it."""
    found: _Found = {}
    listed: dict[str, set[str]] = {}
    regions = members(remarks, given["workloads"], "`workloads`") if "workloads" in given else {}
    for region, node in regions.items():
        if not _REGION.fullmatch(region):
            remarks.error(node, f"`{region}` is not a Region, such as us-west-2", rule="E5")
        sections = members(remarks, node, "what runs in a Region", KINDS)
        for name in filter(sections.__contains__, KINDS):  # task definitions are before what runs them
            whole = True
            for entry in _entries(remarks, KINDS[name], sections[name]):
                if (entry.text("Account") or account) != account or _is_gone(entry, KINDS[name]):
                    continue  # or a stack of a stack set in another account
                workload = _workload(entry, KINDS[name], account, region, roles)
                whole &= workload is not None
                if workload is not None:
                    roles.profiles[workload.arn] = next(iter(workload.roles), "")
                    others = found[at].roles if (at := (name, workload.arn)) in found else ()  # of other versions
                    found[at] = replace(workload, roles=tuple(dict.fromkeys((*others, *workload.roles))))
            listed.setdefault(name, set()).update({region} if whole else ())
    enabled = _enabled(remarks, given["regions"]) if "regions" in given else frozenset()
    all_of = sorted(name for name, own in listed.items() if enabled and enabled <= own)
    opened = _done(found, all_of, roles, [one for one in deeds if one.code.kind != PROFILES])
    running = tuple(
        one if keys_differ(one.tags or ()) else replace(one, tags=None)
        for one in found.values()
        if one.roles or KINDS[one.kind].handing
    )
    closed = tuple(one for one in all_of if one not in opened)
    return running, closed, tuple((one, opened[one]) for one in all_of if one in opened)


def _enabled(remarks: Remarks, node: Node) -> frozenset[str]:
    """The Regions that the account has enabled. [EC2 API: DescribeRegions]"""
    found = listed_records(remarks, node, "Regions", "the output of describe-regions", "a Region")
    return frozenset(
        name for one in found if one.text("OptInStatus") != "not-opted-in" and (name := one.text("RegionName"))
    )


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
        message = f"{what} has no `{name}`" if isinstance(node, Members) else f"{what} is {describe_node(node)}"
        remarks.error(node, message, hint=hint, rule="E5")
        return ()
    return inner.items if isinstance(inner, Items) else (inner,)


def _workload(entry: Record, kind: WorkloadKind, account: str, region: str, roles: Roles) -> Workload | None:
    """What an entry is about, without roles where it has none; `None` where they are not known, and for errors."""
    arn = _arn(entry, kind, account, region)
    if arn is None:
        return None
    own = []
    paths = [kind.overriding] if _texts(entry.place, kind.overriding) else kind.roles
    texts = [
        IN_PROFILE * path.endswith("IamInstanceProfile Name") + text
        for path in paths
        for text in _texts(entry.place, path)
    ]
    if not texts and kind.name in WITH_ROLE:
        entry.error(f"an entry of {kind.command} has no `{kind.roles[0]}`", rule="E5")
    for text in texts:
        role = roles.named(text)
        if role is None:
            message = (
                f"which role {text} stands for is not in the inventory of {account}, so not all that runs is known"
            )
            entry.remarks.warning(entry.place, message, rule="E5")
            return None
        if role:
            own.append(role)
    tags = _tags(entry.get(kind.tags)) if kind.tags else None
    return Workload(kind.name, arn, tuple(dict.fromkeys(own)), tags)


def _is_gone(entry: Record, kind: WorkloadKind) -> bool:
    """True iff nobody can change or enter it any more. [EC2 User Guide: ec2-instance-lifecycle; ECS API: Task]"""
    return any(text.lower() == value.lower() for path, value in kind.gone.items() for text in _texts(entry.place, path))


def _arn(entry: Record, kind: WorkloadKind, account: str, region: str) -> str | None:
    pattern: str | None = kind.arn if isinstance(kind.arn, str) else None
    if not isinstance(kind.arn, str):
        pattern = next(
            (own for start, own in kind.arn.items() if (entry.text("InstanceId") or "").startswith(start)), None
        )
    if pattern is None or "{" not in pattern:
        arn = entry.text(pattern or "Arn")
    else:
        texts = {name: entry.text(name) for name in re.findall(r"\{([A-Z]\w*)\}", pattern)}
        known = None not in texts.values()
        partition = region_partition(region) if known else ""
        arn = pattern.format(partition=partition, region=region, account=account, **texts) if known else None
    # AWS has code interpreters, which have no role
    match, owners = _ARN.fullmatch(arn or ""), ((region, account), (region, "aws"))
    if match is None:
        entry.error(
            f"an entry of {kind.command} does not say what it is about: no `{pattern or 'InstanceId'}`", rule="E5"
        )
    elif match.groups() not in owners:
        entry.error(f"{arn} is not of {account} in {region}, under which it is listed", rule="E5")
    return arn if match is not None and match.groups() in owners else None


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
    pairs = (
        (text_of(one, "Key") or text_of(one, "key"), text_of(one, "Value") or text_of(one, "value")) for one in found
    )
    return tuple((name, value or "") for name, value in pairs if name)
