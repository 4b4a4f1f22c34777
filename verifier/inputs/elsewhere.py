"""What a plan or template does to users, groups and roles that it does not make, or of which it does not tell enough to list them.

In: drafts of what is attached to others, by name. Out: the entries of a snapshot as they are then. Guarantee: a policy that is attached to
an identity of the snapshot counts; one that is taken away from it does not; an identity of which the plan changes what is not known is not
listed (U1). Names of users, groups and roles are unique in an account, whatever their paths.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from verifier.inputs.agreement import agreed, same_node, which
from verifier.inputs.drafts import BOUNDARY, NAMES, TAGS, TRUST, Draft, managed_policy, membership
from verifier.inputs.nodes import Node, Remarks, entries, member, text_at, text_of
from verifier.inputs.unknown import Unknown, names_in
from verifier.model.estate import Influence, Unmodelled
from verifier.syntax.source import Span
from verifier.syntax.text import printable

Name = tuple[str, str]
"""A kind (`role`, `user`, `group`) and the name of one of that kind."""

_OF_PERMISSION_SETS = "AWSReservedSSO_"
"""How the names of the roles begin that IAM Identity Center makes in accounts, in all of them."""


@dataclass
class Elsewhere:
    """Of one account: `drafts` are what is attached to others, `policies` the managed policies that may be among it; `detached` are the
    names of inline policies, the ARNs of managed ones, and the memberships, that are taken away; who is `gone` is deleted. `left_out` are
    those that are changed, or made, in a way that is not known (`None` for a name that is not known either), and those that are `renamed`,
    under their old name, to one that is not known; else they get the ARN that they are renamed to. Left out too is one of the snapshot with
    a part of its name in `perhaps`, which may be one that the template makes under a name that CloudFormation made up, and with
    `permission_sets`, the address of what changes some, a role of IAM Identity Center."""

    untold: bool = False
    """Whether the account is not known, so that what is done may be done in another one."""
    drafts: dict[Name, Draft] = field(default_factory=dict)
    detached: dict[Name, set[str]] = field(default_factory=dict)
    gone: set[Name] = field(default_factory=set)
    left_out: set[tuple[str, str | None]] = field(default_factory=set)
    renamed: dict[Name, str | None] = field(default_factory=dict)
    perhaps: set[Name] = field(default_factory=set)
    permission_sets: str = ""
    policies: list[Node] = field(default_factory=list)

    def draft(self, kind: str, name: str, place: Node) -> Draft:
        """What is attached to one of them; of its ARN no more than the name is known."""
        return self.drafts.setdefault((kind, name), Draft(kind, name, place))

    @property
    def leaves_principals_out(self) -> bool:
        """Whether there are users or roles that no list has."""
        return bool(self.permission_sets) or any(kind != "group" for kind, _ in self.left_out)

    def may_be(self, name: Name) -> bool:
        """Whether one of those that are changed or made in a way that is not known may have this name."""
        kind, own = name
        return bool({name, (kind, None)} & self.left_out) or any(kind == other and part in own for other, part in self.perhaps)

    def leaves_out(self, name: Name, made: bool) -> str:
        """What makes or changes one of the snapshot, or one that another plan or template has `made`, if it is not listed any more."""
        if self.permission_sets and name[0] == "role" and name[1].startswith(_OF_PERMISSION_SETS) and not made:
            return f"{self.permission_sets} changes"
        perhaps = any(kind == name[0] and part in name[1] for kind, part in self.perhaps)
        is_open = name in self.left_out or (not made and (perhaps or self.renamed.get(name, "") is None))
        return "a plan or template makes or changes" if is_open else ""


def as_changed(lists: Mapping[str, Sequence[Node]], changes: Iterable[Elsewhere], *, made: bool = False) -> dict[str, list[Node]]:
    """The entries of a snapshot's lists (`RoleDetailList` …), without those that are left out, and with what is attached to the others. Of
    those that a plan or template has `made` nothing is taken away: they are as they will be. Groups are never left out: who is in one may
    do what its policies allow, and others may join it."""
    found = {name: list(listed) for name, listed in lists.items()}
    for change in changes:
        for kind, title in NAMES.items():
            name = f"{title}DetailList"
            named = [(node, (kind, text_of(node, f"{title}Name") or "")) for node in found.get(name, ())]
            kept = [(node, own) for node, own in named if kind == "group" or not change.leaves_out(own, made)]
            found[name] = [_changed(node, own, change, made) for node, own in kept]
            if change.renamed and not made:
                found[name] = [_renamed(node, own, change.renamed) for (_, own), node in zip(kept, found[name], strict=True)]
    return found


def without_gone(lists: Mapping[str, Sequence[Node]], changes: Sequence[Elsewhere]) -> dict[str, list[Node]]:
    """The entries of a snapshot's lists without those that plans delete: by their names, as IAM does."""
    gone = {name for change in changes for name in change.gone if not change.untold}
    groups = {membership(name) for kind, name in gone if kind == "group"}
    found = {name: list(listed) for name, listed in lists.items()}
    for kind, title in NAMES.items() if gone else ():
        name = f"{title}DetailList"
        found[name] = [entry for entry in found[name] if (kind, text_of(entry, f"{title}Name")) not in gone]
    for index, user in enumerate(found["UserDetailList"]) if groups else ():
        draft = Draft.of("user", user)
        if draft is not None and groups & draft.contents().keys():
            draft.without(groups)
            found["UserDetailList"][index] = draft.node()
    return found


def unlisted(step: str, why: str, account: str | None, span: Span) -> Unmodelled:
    """A step with a group or managed policy that a plan or template makes, or attaches to, and no list has: nobody can tell who may join
    or attach it, and what they may do then (E0)."""
    description = f"who could {step} is not known: {why}"
    return Unmodelled(printable(step), "E0", Influence.MAY_ALLOW, printable(description), account=account, span=span, of_statement=True)


def untagged(arn: str, why: str, span: Span) -> Unmodelled:
    """A user or role whose tags are not known. It is not listed, so nothing is proved by its policies (U1); these may refuse still."""
    description = f"the tags of {arn} are not known, and so not what it may do: {why}"
    return Unmodelled(printable(f"tags of {arn}"), "U3", Influence.MAY_REFUSE, printable(description), principal=arn, span=span)


def as_told(remarks: Remarks, entry: Node, known: Node | None, whole: Node | None) -> Node | None:
    """An entry of a plan or template, in which what nothing writes is not known if the entry of the snapshot has it otherwise, nor whether
    that stays which this has besides. `None`, and so one of which nothing is known (U1), where its tags are not known, or it is only told
    and a `whole` listing has it not."""
    kind = next((kind for kind, title in NAMES.items() if member(entry, f"{title}Name") is not None), "")
    draft, other = (Draft.of(kind, node) if kind and node is not None else None for node in (entry, known))
    if draft is None or (known is not None and other is None):
        own, theirs = _in_force(entry), _in_force(known)
        document = None if own is None or theirs is None or known is None else agreed(own, theirs, known)
        return managed_policy(entry, text_of(entry, "Arn") or "", document) if isinstance(document, Unknown) else entry
    found: dict[str, Node] = {}
    if known is not None and other is not None:
        mine, others = draft.contents(), other.contents()
        found = {what: agreed(mine[what], others.get(what), known) for what in mine if what != TRUST or what in others}
        why = f"whether it stays, which {known.span} has and {entry.span} has not,"
        found |= {what: Unknown(entry, [why]) for what in others if what not in {TRUST, BOUNDARY, TAGS, *mine}}
        draft.profiles = other.profiles  # which other resources put it in
        open_ = names_in([found[TAGS]] if TAGS in found else [])
    else:
        tags = draft.tags
        open_ = (which(tags.told, whole.span),) if whole is not None and tags is not None and tags.told else ()
    if open_:
        remarks.warning(known or entry, f"{draft.arn} is not listed: it depends on {open_[0]}", rule="U1")
        return None
    draft.open(found)
    return draft.node()


def _in_force(policy: Node | None) -> Node | None:
    """The document of the version of a managed policy that is in force."""
    default = member(policy, "DefaultVersionId")
    for version in entries(member(policy, "PolicyVersionList")):
        is_default = text_of(version, "IsDefaultVersion")
        if is_default == "true" or (is_default is None and default is not None and same_node(member(version, "VersionId"), default)):
            return member(version, "Document")
    return None


def _changed(entry: Node, name: Name, change: Elsewhere, made: bool) -> Node:
    draft, taken = change.drafts.get(name), change.detached.get(name, set())
    after = Draft.of(name[0], entry) if draft is not None or name in change.detached else None
    if after is None:
        return entry
    draft, before = draft or Draft(name[0], "", entry), after.contents()
    own = {*draft.inline, *draft.managed}
    # What one plan attaches, and another attaches too or takes away: which comes last is not known.
    twice = before.keys() & {*draft.inline, *taken} if made else set[str]()
    open_ = {what: f"which of two plans has the last word about {what}" for what in twice}
    dropped = {} if made else {what: by for what, by in draft.dropped(before).items() if what not in own}
    open_ |= {what: which(by, entry.span) for what, by in dropped.items() if by}
    after.without({*open_, *dropped, *own, *map(membership, draft.groups), *(() if made else taken)})
    after.inline |= {what: node for what, node in draft.inline.items() if what not in open_}
    after.managed |= draft.managed
    after.groups |= draft.groups
    after.open({what: Unknown(entry, [why]) for what, why in sorted(open_.items())})
    if not made and not change.untold:
        after.open({what: agreed(node, before.get(what), entry) for what, node in after.contents().items()})
    elif not made:
        now, why = after.contents(), f"which account {draft.place.span} is of, for nothing tells it (see --account)"
        differ = [what for what in before | now if not same_node(before.get(what), now.get(what))]
        after.open({what: Unknown(draft.place, [why]) for what in differ})
    return after.node()


def _renamed(entry: Node, name: Name, renamed: Mapping[Name, str | None]) -> Node:
    """An entry of a snapshot under the name that it will have, and with the names that its groups will have."""
    draft = Draft.of(name[0], entry)
    groups = {group: renamed.get(("group", group)) for group in draft.groups} if draft is not None else {}
    if draft is None or not any((renamed.get(name), *groups.values())):
        return entry
    draft.arn = renamed.get(name) or draft.arn
    draft.groups = {
        (own := arn.rsplit("/", 1)[-1] if arn else group): text_at(entry, own)
        for group, arn in sorted(groups.items(), key=lambda found: bool(found[1]))
    }
    return draft.node()
