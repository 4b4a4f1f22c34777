"""The allowed requests of a key → rows: callers by name, the others as regions, each with conditions and ways in.

In: one side of a `Joint`, a set of its requests. Out: `FoundRows`.
Guarantee: the rows are disjoint and together the set, among the requests that can be made and that are settled; checked
before they are handed out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from verifier.ask.answers import InternalDisagreement
from verifier.ask.diagrams import Sample, sample
from verifier.deadline import look
from verifier.frozen import Frozen
from verifier.model.estate import Estate, Key
from verifier.model.policy import Principal, PrincipalType, StatementRef
from verifier.model.request import CallerKind
from verifier.model.results.access import Access, Callers, Region
from verifier.model.results.verdict import Counterexample, Reason
from verifier.problem.classes.tables import Table, numbers_in
from verifier.problem.diagrams.diagram import NOTHING, DiagramNode
from verifier.problem.diagrams.joint import Joint
from verifier.problem.diagrams.provenance import lets_in
from verifier.verify.access.ways import AccessWays, RowDraft
from verifier.verify.partition import Partitioner, RequestPartition
from verifier.verify.phrases.caller_sets import principal_account
from verifier.verify.phrases.caller_text import CallerText
from verifier.verify.regions import Describer

ROW_BUDGET = 5_000
"""Descriptions of one answer, before callers are no longer told apart by their actions."""
_FEW = 8
"""So many members of a class that has no more are named, whoever asks for it."""
_OWN_NAME = (PrincipalType.USER, PrincipalType.ROLE, PrincipalType.FEDERATED_USER, PrincipalType.SERVICE)


class FoundRows(Frozen):
    """The rows, why some requests are in none, and whether all conditions are exact. `nodes`: those of each row."""

    rows: tuple[Access, ...]
    reasons: tuple[Reason, ...] = ()
    exact: bool = True
    nodes: tuple[DiagramNode, ...] = ()


class Rows:
    """Makes rows on one side of a `Joint`."""

    def __init__(self, joint: Joint, estate: Estate, key: Key, witnesses: bool = False) -> None:
        self._joint, self._key, self._witnesses = joint, key, witnesses
        self._describer = Describer(joint, 0)
        self._known = _KnownCallers(estate, key, joint.finite.tables["principal"])

    def found(self, node: DiagramNode) -> FoundRows:
        """The rows of a set. Raises `TooLarge` and `Impossible`."""
        partition = Partitioner(self._joint, 0, budget=ROW_BUDGET).partition(node)
        self._check(node, partition)
        drafts = self._drafts(partition)
        witnesses = self._sampled(partition, drafts) if self._witnesses else {}
        conditions = [self._describer.when(part) for part in partition.parts]
        by_name = _named(drafts)
        rows = list[tuple[Access, RowDraft]]()
        for number, draft in enumerate(drafts):
            look()
            callers, besides = self._who(draft, by_name)
            actions = self._describer.phrases.actions(draft.actions, draft.part.sendable)
            through, exact = self._through(draft), draft.part.cubes is not None
            region = Region(callers, actions, conditions[draft.alike], witnesses.get(number), through, exact)
            rows.append((Access(region, draft.ways, besides, draft.alike), draft))
        rows.sort(key=lambda row: self._order(row[0]))
        nodes = tuple(self._node(draft) for _, draft in rows)
        return FoundRows(tuple(row for row, _ in rows), partition.undecided, partition.exact, nodes)

    def _check(self, node: DiagramNode, partition: RequestPartition) -> None:
        """Together the parts are the set."""
        if partition.undecided:
            return
        diagrams = self._joint.diagrams
        node = diagrams.both(node, self._joint.known_action)
        missed = diagrams.minus(node, diagrams.any_of(part.node for part in partition.parts))
        if diagrams.both(missed, self._joint.care(0, node).care) != NOTHING:
            raise InternalDisagreement("the parts of an answer are not all of it; please report this")

    # -- who --

    def _drafts(self, partition: RequestPartition) -> list[RowDraft]:
        """By name first, so that regions can be named as all others; each with the actions that the same ways allow."""
        found, rests = list[RowDraft](), list[RowDraft]()
        for number, part in enumerate(partition.parts):
            split = self._known.split(part.callers)
            nodes = {index: self._of(1 << index, part.node) for index, _ in split.named}
            found += [RowDraft(part, number, 1 << at, part.actions, nodes[at], name) for at, name in split.named]
            for rest in self._describer.phrases.apart(split.rest) if split.rest else ():
                rests.append(RowDraft(part, number, rest, part.actions, self._of(rest, part.node)))
        ways = AccessWays(self._joint, self._key)
        return [draft for whole in (*found, *rests) for draft in ways.by_action(whole)]

    def _node(self, draft: RowDraft) -> DiagramNode:
        within = self._joint.diagrams.literal("action", draft.actions)
        return self._joint.diagrams.both(within, self._of(draft.classes, draft.part.node))

    def _of(self, classes: int, node: DiagramNode) -> DiagramNode:
        return self._joint.diagrams.both(self._joint.diagrams.literal("principal", classes), node)

    def _through(self, draft: RowDraft) -> tuple[StatementRef, ...]:
        """The statements of the ways; where these are not known, those that say something of some request."""
        if draft.ways is not None:
            return tuple(dict.fromkeys(statement for way in draft.ways for statement in way))
        side = self._joint.sides[0]
        node = self._node(draft)
        numbered = enumerate(side.question.space.owners)
        return tuple(
            owner
            for n, owner in numbered
            if lets_in(owner) and self._joint.diagrams.both(side.parts.get(n, NOTHING), node)
        )

    def _who(self, draft: RowDraft, by_name: Mapping[int, list[str]]) -> tuple[Callers, tuple[str, ...]]:
        """The callers of a row, and those that have rows of their own though its words are about them."""
        if draft.name is not None:
            return self._known.callers(draft.name), ()
        plain = (index for index, names in by_name.items() if _kind_of(names[0]) in (CallerKind.ROLE, CallerKind.USER))
        named = sum(1 << index for index in plain if not self._known.split(1 << index).rest)
        callers, about = self._others(draft.classes, named)
        return callers, tuple(name for index, names in by_name.items() if about >> index & 1 for name in names)

    def _others(self, classes: int, named: int) -> tuple[Callers, int]:
        """A region in words, and the classes that they are about: `every other role`, for all but the `named` ones."""
        phrases = self._describer.phrases
        whole = next(part for part in phrases.apart(classes | named) if part & classes)
        callers = phrases.callers(classes)
        wider = phrases.callers(whole) if whole != classes and not classes & ~whole else callers
        shown, about = (wider, whole) if len(wider.text) < len(callers.text) else (callers, classes)
        if about == classes and not self._known.split(classes).named:
            return callers, classes
        return replace(
            callers, text=shown.text.replace("every ", "every other "), excluded=shown.excluded, named=shown.named
        ), about

    def _order(self, row: Access) -> tuple[object, ...]:
        """By name before regions, the key's account first, services last."""
        callers = row.region.callers
        account = callers.accounts[0] if callers.names and callers.accounts else ""
        services = callers.kinds == (CallerKind.SERVICE,)
        federated = callers.kinds == (CallerKind.FEDERATED,)
        return (services, not callers.names, federated, account != self._key.account, account, callers.names, row.alike)

    # -- requests --

    def _sampled(self, partition: RequestPartition, drafts: list[RowDraft]) -> dict[int, Counterexample]:
        """A request for each row, by its number; of rows that no class tells apart, for that of the caller."""
        found: dict[int, Counterexample] = {}
        alike: dict[tuple[int, int, int], list[int]] = {}
        for number, draft in enumerate(drafts):
            alike.setdefault((draft.alike, draft.classes, draft.actions), []).append(number)
        for numbers in alike.values():
            look()
            node = self._node(drafts[numbers[0]])
            assert partition.sampling is not None, "parts without facts to sample with"
            sampled = sample(self._joint, 0, partition.sampling, node)
            if isinstance(sampled, Sample):
                arn = sampled.request.caller.principal_arn
                found |= {number: sampled.counterexample for number in numbers if drafts[number].name in (arn, None)}
        return found


def _named(drafts: list[RowDraft]) -> dict[int, list[str]]:
    """Who has rows by name, by class."""
    found: dict[int, dict[str, None]] = {}
    for draft in drafts:
        if draft.name is not None:
            found.setdefault(draft.classes.bit_length() - 1, {})[draft.name] = None
    return {index: list(names) for index, names in found.items()}


class Split(Frozen):
    """Some classes of callers: (class, principal) for each known by name, and the classes that have others."""

    named: tuple[tuple[int, str], ...]
    rest: int


class _KnownCallers:
    """Who is known by name, by class: whom the inventory lists, and whom a key's policy and grants name. A caller that
    is split off by name is in the class that it is said to be in; a class without a rest has no other members."""

    def __init__(self, estate: Estate, key: Key, table: Table) -> None:
        self._table = table
        self._listed = {identity.arn for identity in estate.identities}
        self._text = CallerText(key.account)
        self._of_class: dict[int, list[str]] = {}
        for name in dict.fromkeys(_known(estate, key)):
            index = table.class_of(name)
            if index is not None:
                self._of_class.setdefault(index, []).append(name)

    def split(self, mask: int) -> Split:
        """Takes classes apart into callers by name and the rest."""
        named, rest = list[tuple[int, str]](), 0
        for index in numbers_in(mask & (1 << self._table.size) - 1):
            known = self._of_class.get(index, [])
            found = self._table.members(index, max(_FEW, len(known)) + 1)
            if len(found) <= max(_FEW, len(known)):
                known = [*known, *(member for member in found if member not in known)]
            else:
                rest |= 1 << index
            named += [(index, name) for name in known]
        return Split(tuple(named), rest)

    def callers(self, name: str) -> Callers:
        """One principal in words."""
        account = principal_account(name)
        accounts = (account,) if account is not None else ()
        return Callers(self._text.short(name), (name,), accounts, (_kind_of(name),), name in self._listed)


def _kind_of(name: str) -> CallerKind:
    """The kind of a caller by its principal ARN, or a service's name (R2)."""
    if not name.startswith("arn:"):
        return CallerKind.SERVICE
    last = name.split(":", 5)[5].partition("/")[0]
    kinds = {"root": CallerKind.ROOT, "user": CallerKind.USER, "federated-user": CallerKind.FEDERATED}
    return kinds.get(last, CallerKind.ROLE)


def _known(estate: Estate, key: Key) -> Iterator[str]:
    """The inventory with its root users, then whom the key's policies and grants name."""
    accounts = {key.account: None}
    for account in estate.accounts:
        accounts[account.id] = None
        yield from (identity.arn for identity in account.identities)
    for principal in _principals(key):
        if principal.partition not in (None, key.partition):
            continue  # R7
        if principal.type in _OWN_NAME:
            yield principal.value
        elif principal.account is not None:
            accounts[principal.account] = None
    yield from (f"arn:{key.partition}:iam::{account}:root" for account in accounts)


def _principals(key: Key) -> Iterator[Principal]:
    for policy in key.policies or ():
        for statement in policy.statements:
            yield from statement.principals or ()
    for grant in key.grants or ():
        yield from grant.principals
