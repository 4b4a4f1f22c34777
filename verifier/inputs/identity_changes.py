"""What a plan or template does to users, groups and roles that it does not make, or of which it does not tell enough to
list them.

Guarantee: a policy that is attached to an identity of the snapshot counts; one that is taken away from it does not; an
identity of which the plan changes what is not known is not listed (U1). Names of users, groups and roles are unique in
an account, whatever their paths.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from verifier.inputs.agreement import agreed, same_node, which
from verifier.inputs.drafts import BOUNDS, TAGS, TRUST, Details, Draft, Managed, Name, id_of, inline_of, membership
from verifier.inputs.text.nodes import Node, Remarks, text_at
from verifier.inputs.text.unknown import Pieces, UnknownNode, may_be, names_in
from verifier.model.unmodelled import Influence, Unmodelled
from verifier.syntax.source import Span
from verifier.syntax.text import printable

_OF_PERMISSION_SETS = "awsreservedsso_"
"""How the names of the roles begin that IAM Identity Center makes in accounts, in all of them, in small letters."""


@dataclass
class IdentityChanges:
    """Of one account: `drafts` are what is attached to others, `policies` the managed policies that may be among it;
    `detached` are the names of inline policies, the ARNs of managed ones, and the memberships, that are taken away; who
    is `gone` is deleted. `left_out` are those that are changed, or made, in a way that is not known (`None` for a name
    that is not known either), and those that are `renamed`, under their old name, to one that is not known; else they
    get the ARN that they are renamed to. `users` has the ends of the ARNs of those that may be there already, `None`
    for one that is not known. `perhaps` has what is known of names that are not known whole: of users, groups, roles
    and managed policies that may be there already, and of inline policies that are put. One of the snapshot that may
    have such a name is left out. So is, with `permission_sets`, the address of what changes some, a role of IAM
    Identity Center."""

    account_unknown: bool = False
    """Whether the account is not known, so that what is done may be done in another one."""
    drafts: dict[Name, Draft] = field(default_factory=dict)
    detached: dict[Name, set[str]] = field(default_factory=dict)
    gone: set[Name] = field(default_factory=set)
    left_out: set[tuple[str, str | None]] = field(default_factory=set)
    renamed: dict[Name, str | None] = field(default_factory=dict)
    users: dict[Name, str | None] = field(default_factory=dict)
    perhaps: set[tuple[str, Pieces]] = field(default_factory=set)
    permission_sets: str = ""
    policies: list[Managed] = field(default_factory=list)
    left_out_drafts: list[tuple[str, object, object, object, Draft]] = field(default_factory=list)
    """Those made and left out: what messages call each, what tells it from others, tags, trust policy, what it has."""

    def draft(self, kind: str, name: str, place: Node) -> Draft:
        """What is attached to one of them; of its ARN no more than the name is known."""
        return self.drafts.setdefault(id_of(kind, name), Draft(kind, name, place))

    def may_be(self, name: Name) -> bool:
        """True iff one of those that are changed or made in a way that is not known may have this name."""
        return bool({name, (name[0], None)} & self.left_out) or self.is_perhaps(name)

    def is_perhaps(self, name: Name) -> bool:
        """True iff one of those in `perhaps` may have this name."""
        return any(name[0] == kind and may_be(pieces, name[1]) for kind, pieces in self.perhaps)

    def leaves_out(self, name: Name, made: bool) -> str:
        """What makes or changes one of the snapshot, or one that another plan has `made`, so that it is not listed."""
        if self.permission_sets and name[0] == "role" and name[1].startswith(_OF_PERMISSION_SETS) and not made:
            return f"{self.permission_sets} changes"
        is_perhaps = not made and (self.is_perhaps(name) or self.renamed.get(name, "") is None)
        return "a plan or template makes or changes" if is_perhaps or name in self.left_out else ""


def as_changed(details: Details, changes: Sequence[IdentityChanges], *, made: bool = False) -> Details:
    """Those of a snapshot, without those that are left out, and with what is attached to the others. What others do to
    those that a plan or template has `made` is put in, or not known where these have it otherwise. Groups are never
    left out: who is in one may do what its policies allow, and others may join it."""
    drafts = details.drafts
    certain = [change for change in changes if not change.account_unknown]
    for together in (certain, *([change] for change in changes if change.account_unknown)):
        others = [  # what a plan does to those that it makes is in them
            change
            for change in together
            if not made or change.account_unknown or change.policies is not details.policies
        ]
        drafts = [
            _changed(draft, others, made)
            for draft in drafts
            if draft.kind == "group" or not any(change.leaves_out(draft.id, made) for change in together)
        ]
        for change in together if not made else ():
            drafts = [_renamed(draft, change.renamed) for draft in drafts]
    return replace(details, drafts=drafts)


def without_gone(details: Details, changes: Sequence[IdentityChanges]) -> Details:
    """Those of a snapshot without those that plans delete: by their names, as IAM does."""
    gone = {name for change in changes for name in change.gone if not change.account_unknown}
    groups = {membership(name) for kind, name in gone if kind == "group"}
    return replace(details, drafts=[draft.without(groups) for draft in details.drafts if draft.id not in gone])


def unlisted_step(step: str, why: str, account: str | None, span: Span) -> Unmodelled:
    """A step with a group or managed policy that a plan or template makes, or attaches to, and no list has: nobody can
    tell who may join or attach it, and what they may do then (E0)."""
    description = f"who could {step} is not known: {why}"
    said = printable(step), "E0", Influence.MAY_ALLOW, printable(description)
    return Unmodelled(*said, account=account, span=span, of_statement=True)


def untagged(arn: str, why: str, span: Span) -> Unmodelled:
    """A user or role whose tags are not known: it is not listed (U1), and its policies may refuse still."""
    description = f"the tags of {arn} are not known, and so not what it may do: {why}"
    return Unmodelled(
        printable(f"tags of {arn}"), "U3", Influence.MAY_REFUSE, printable(description), principal=arn, span=span
    )


def as_reported(remarks: Remarks, made: Draft, known: Draft | None, whole: Node | None) -> Draft | None:
    """One that a plan or template makes, of which what nothing writes is not known if the snapshot has it otherwise,
    nor whether that stays which this has besides. `None`, and so one of which nothing is known (U1), where its tags are
    not known, or it is only told and a `whole` listing has it not."""
    found: dict[str, Node] = {}
    if known is not None:
        mine, others = made.has, known.has
        found = {
            what: agreed(mine[what], others.get(what), known.place) for what in mine if what != TRUST or what in others
        }
        why = f"whether it stays, which {known.place.span} has and {made.place.span} has not,"
        found |= {what: UnknownNode(made.place, [why]) for what in others if what not in {TRUST, BOUNDS, TAGS, *mine}}
        open_ = names_in([found[TAGS]] if TAGS in found else [])
    else:
        by = TAGS in made.has and made.has[TAGS].reported_by
        open_ = (which(by, whole.span),) if whole is not None and by else ()
    if open_:
        remarks.warning((known or made).place, f"{made.arn} is not listed: it depends on {open_[0]}", rule="U1")
        return None
    draft = made.without(())
    draft.open(found)
    if known is not None:
        draft.profiles = known.profiles  # which other resources put it in
        draft.unique_id = draft.unique_id or (None if made.new else known.unique_id)
    return draft


def policy_as_reported(made: Managed, known: Managed | None) -> Managed:
    """A managed policy whose document is not known if it is only told and the snapshot has it otherwise."""
    if known is None or made.document is None or known.document is None:
        return made
    document = agreed(made.document, known.document, known.place)
    return Managed.made(made.arn, made.place, document) if isinstance(document, UnknownNode) else made


def either_policy(one: Managed, other: Managed) -> Managed:
    """A managed policy that two plans or templates have, of which the first writes it if any does."""
    document, second = one.document, other.document
    stands = document is None or second is None or (second.reported_by and not document.reported_by)
    if one is other or stands or same_node(document, second):
        return one
    return Managed.made(
        one.arn, one.place, UnknownNode(one.place, [f"which of two plans has the last word about {one.arn}"])
    )


def _changed(entry: Draft, changes: Sequence[IdentityChanges], made: bool) -> Draft:
    """One as it is after what is done to it by all together. What they only tell counts where none writes it; which of
    several comes last is not known, so that what they say of a thing otherwise is not."""
    if not any(entry.id in change.drafts or entry.id in change.detached for change in changes):
        return entry
    before, nobody = entry.has, Draft(entry.kind, "", entry.place)
    drafts = [(change, change.drafts.get(entry.id, nobody)) for change in changes]
    there = entry.without(())
    for _, draft in drafts:
        there.has |= draft.has
    said: defaultdict[str, list[tuple[Node | None, str]]] = defaultdict(list)
    open_: dict[str, str] = {}
    for change, draft in drafts:
        words: dict[str, tuple[Node | None, str]] = {what: (None, by) for what, by in draft.dropped(there.has).items()}
        words |= dict.fromkeys(change.detached.get(entry.id, ()), (None, ""))
        words |= {what: (node, node.reported_by) for what, node in draft.has.items()}
        for what, word in words.items():
            said[what].append(word)
        alike = [
            what for what in there.inline if what not in draft.has and change.is_perhaps((inline_of(entry.id), what))
        ]
        open_ |= {what: f"whether {what} stays, for {draft.place.span} may put one of its name" for what in alike}
    after = entry.without(())
    for what, all_said in said.items():
        counts = [word for word in all_said if not word[1]] or all_said
        node, by = counts[0]
        others = [other for other, _ in counts[1:]] + ([before[what]] if made and what in before else [])
        if not all(same_node(node, other) for other in others):
            open_[what] = f"which of two plans has the last word about {what}"
        elif entry.new and by:
            open_[what] = f"whether {what}, which {by} tells, outlives the one that is replaced"
        elif node is not None:
            after.has[what] = node if made else agreed(node, before.get(what), entry.place)
        elif by and what in before:
            open_[what] = which(by, entry.place.span)
        else:
            after.has.pop(what, None)
    after.open({what: UnknownNode(entry.place, [why]) for what, why in sorted(open_.items())})
    for change, draft in drafts:
        if change.account_unknown:
            now, why = after.has, f"which account {draft.place.span} is of, for nothing tells it (see --account)"
            differ = [what for what in before | now if not same_node(before.get(what), now.get(what))]
            after.open({what: UnknownNode(draft.place, [why]) for what in differ})
    return after


def _renamed(entry: Draft, renamed: Mapping[Name, str | None]) -> Draft:
    """One of a snapshot under the name that it will have, and with the names that its groups will have."""
    groups = {node.text: renamed.get(id_of("group", group)) for group, node in entry.groups.items()}
    if not any((renamed.get(entry.id), *groups.values())):
        return entry
    draft = entry.without({*map(membership, groups)})
    draft.arn = renamed.get(entry.id) or entry.arn
    unknown_first = sorted(groups.items(), key=lambda found: bool(found[1]))
    names = [arn.rsplit("/", 1)[-1] if arn else group for group, arn in unknown_first]
    draft.has |= {membership(name): text_at(entry.place, name) for name in names}
    return draft
