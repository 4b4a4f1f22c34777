"""The session tags that somebody can pass (F3): a question about the requests for `sts:TagSession` on roles, whose answer is a fact.

In: an estate, the names of tags. Out: for each role, which values its sessions' tags can have, as an expression over `aws:PrincipalTag/…`.
Guarantee: values are told for a role iff some caller can make a request to assume it, and one for `sts:TagSession` with the same context,
that pass them, under the same readings (E2, E2w); what is not modelled is supposed to allow them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from verifier.model.estate import Estate
from verifier.model.readings import is_reading
from verifier.problem.diagram import NOTHING, Node, TooLarge
from verifier.problem.elimination import project
from verifier.problem.expression import (
    FALSE,
    TRUE,
    Expression,
    Present,
    Some,
    Symbol,
    both,
    disjunction,
    either,
    negation,
)
from verifier.problem.joint import Given, join
from verifier.problem.powers import REQUEST_TAG
from verifier.problem.predicates import Predicate, Tokens, literal_tokens
from verifier.problem.session_tags import PRINCIPAL_TAG, has_tag
from verifier.problem.space import TARGET, Space
from verifier.problem.steps.many import together
from verifier.problem.steps.permissions import CALLER
from verifier.problem.tag_sets import TagSets
from verifier.problem.targets import Target, step_target
from verifier.problem.trusting import Trusting

INHERITED = Symbol("F3")
_ASSUMING = ("sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity")
_TAGGING, _TRANSITIVE = "sts:TagSession", "sts:transitivetagkeys"


@dataclass(frozen=True)
class Told:
    """What can be passed to the sessions of one role: `passed` by one request, as a set over the tags of requests; by earlier sessions:
    anything, or what the sessions of `earlier` roles pass on. `untagged` says under which readings a request can pass no tag at all."""

    group: int
    passed: Node
    untagged: Node
    anything: bool
    earlier: frozenset[str]


_Callers = tuple[int, Node]
"""The callers who can assume a role: a group, and a set of its."""


class PassedTags:
    """The session tags of the roles of an estate."""

    def __init__(self, estate: Estate, found: Trusting, names: Sequence[str], sessions: int) -> None:
        self._estate, self._found, self._names = estate, found, tuple(names)
        self._carrying = sorted(found.changing)
        self._known: dict[_Callers, tuple[bool, frozenset[str]]] = {}
        self._groups: list[_Group | None] = []
        self._group_of: dict[str, int] = {}
        by_owner: dict[tuple[str, str], list[Target]] = {}
        for arn in sorted(found.tagged | found.reached):
            by_owner.setdefault((arn.split(":")[1], arn.split(":")[4]), []).append(step_target(estate, arn))
        for targets in by_owner.values():
            self._group_of |= {str(target.resource): len(self._groups) for target in targets}
            self._groups.append(_group(estate, targets, self._names, sessions))

    def told(self, arn: str) -> Told | None:
        """What can be passed to sessions of a role of `tagged` or `reached`; `None`: anything."""
        number = self._group_of[arn]
        group = self._groups[number]
        if group is None:
            return None
        anything, earlier = self._earlier(arn)
        return Told(number, group.passed(arn) if arn in self._found.tagged else NOTHING, group.untagged(arn), anything, earlier)

    def expression(self, told: Told, own: Mapping[str, str | None]) -> Expression:
        """What the tags of a session can be, as those of the role are its `own`."""
        otherwise = {name: either(has_tag(name, value), both(INHERITED, self._inherited(told, name))) for name, value in own.items()}
        group = self._groups[told.group]
        assert group is not None
        # A role that nobody can assume, as far as is known, is supposed to have sessions all the same.
        untagged = group.expression(told.untagged, {}) if told.passed != NOTHING else TRUE
        return either(both(untagged, *otherwise.values()), group.expression(told.passed, otherwise))

    def predicates(self, name: str) -> Iterator[Predicate]:
        """What requests to pass a tag are asked about its value."""
        for group in self._groups:
            yield from group.predicates(name) if group is not None else ()

    def _inherited(self, told: Told, name: str) -> Expression:
        if told.anything:
            return Present(PRINCIPAL_TAG + name)
        return disjunction(self._passed_on(arn, name) for arn in sorted(told.earlier))

    def _passed_on(self, arn: str, name: str) -> Expression:
        group = self._groups[self._group_of[arn]]
        return Present(PRINCIPAL_TAG + name) if group is None else group.expression(group.transitive(arn, name), {name: FALSE})

    def _earlier(self, arn: str) -> tuple[bool, frozenset[str]]:
        """The sessions from which transitive tags can come on, directly or through others: anything, or those of which roles."""
        first = self._callers_of(arn)
        if first not in self._known:
            self._known[first] = self._before(first)
        return self._known[first]

    def _callers_of(self, arn: str) -> _Callers:
        number = self._group_of[arn]
        group = self._groups[number]
        return number, NOTHING if group is None or arn not in self._found.reached else group.assumed(arn)

    def _before(self, first: _Callers) -> tuple[bool, frozenset[str]]:
        todo, seen, roles = [first], {first}, set[str]()
        while todo:
            number, node = todo.pop()
            group = self._groups[number]
            if group is None or group.admits_others(node):
                return True, frozenset()
            new = group.callers(node, self._carrying) - roles
            if new & self._found.unknown:
                return True, frozenset()
            roles |= new
            further = {self._callers_of(role) for role in new & self._found.reached} - seen
            seen |= further
            todo += sorted(further)
        return False, frozenset(roles & self._found.tagged)


def _group(estate: Estate, targets: Sequence[Target], names: tuple[str, ...], sessions: int) -> _Group | None:
    """The question about some roles; `None` where it is too large."""
    try:
        return _Group(estate, targets, names, sessions)
    except TooLarge:
        return None


class _Group(TagSets):
    """The requests to assume the roles of one account."""

    def __init__(self, estate: Estate, targets: Sequence[Target], names: tuple[str, ...], sessions: int) -> None:
        self._names = names
        self._listed = frozenset(role.arn for account in estate.accounts for role in account.roles)
        self._complete = [account.id for account in estate.accounts if account.complete]
        super().__init__(join([Given(estate, together(targets), sessions=sessions)], (), self._further))
        self._number = {str(target.resource): number for number, target in enumerate(targets)}
        self._kept = frozenset(
            name for name in self._diagrams.level if name == TARGET or is_reading(name) or name in {REQUEST_TAG + n for n in names}
        )
        readings = frozenset(name for name in self._kept if not name.startswith(REQUEST_TAG))
        self._tagging = self._requests(_TAGGING)
        self._by_way = [[*self._requests(action), *self._tagging] for action in _ASSUMING]
        self._passed = self._diagrams.any_of(project(self._diagrams, way, self._kept).care for way in self._by_way)
        bare = [project(self._diagrams, [*self._requests(action), self._joint.scopes[1]], readings).care for action in _ASSUMING]
        self._untagged = self._diagrams.any_of(bare)
        self._assumed = project(self._diagrams, self._requests(_ASSUMING[0]), frozenset((CALLER, TARGET))).care
        self._passed_on: dict[str, Node] = {}
        self._in_set: dict[Node, frozenset[str]] = {}

    def _further(self, space: Space) -> Sequence[Expression]:
        for name in self._names:
            space.view(REQUEST_TAG + name)
        space.view("aws:TagKeys")
        space.view("sts:TransitiveTagKeys")
        others = both(
            space.is_role, negation(space.one_of(self._listed)), *(negation(space.in_account(account)) for account in self._complete)
        )
        named = [frozenset[Predicate]({Tokens(literal_tokens(name, fold=True))}) for name in self._names]
        return [others, negation(Present("aws:tagkeys")), *(Some(_TRANSITIVE, name, True) for name in named)]

    def _on(self, node: Node, arn: str) -> Node:
        if TARGET not in self._diagrams.level:
            return node
        return self._diagrams.restrict(node, {TARGET: self._number[arn]})

    def passed(self, arn: str) -> Node:
        """The tags that can be passed to a session of a role."""
        return self._on(self._passed, arn)

    def untagged(self, arn: str) -> Node:
        """The readings under which a session of a role can be made without session tags."""
        return self._on(self._untagged, arn)

    def transitive(self, arn: str, name: str) -> Node:
        """The values of one tag that can be passed to a session of a role for it to pass on."""
        if name not in self._passed_on:
            wanted = self._joint.scopes[2 + self._names.index(name)]
            kept = self._kept - {REQUEST_TAG + other for other in self._names if other != name}
            found = (project(self._diagrams, [*way, wanted], kept).care for way in self._by_way)
            self._passed_on[name] = self._diagrams.any_of(found)
        return self._on(self._passed_on[name], arn)

    def assumed(self, arn: str) -> Node:
        """Who can assume a role, as a set of callers."""
        return self._on(self._assumed, arn)

    def callers(self, node: Node, roles: Sequence[str]) -> frozenset[str]:
        """Those of some roles whose sessions are in a set of callers."""
        if node not in self._in_set:
            table, mask = self._joint.finite.tables[CALLER], self._diagrams.values(node, CALLER)
            numbers = ((role, table.class_of(role)) for role in roles)
            self._in_set[node] = frozenset(role for role, number in numbers if number is not None and mask >> number & 1)
        return self._in_set[node]

    def admits_others(self, node: Node) -> bool:
        """Whether a session of a role that is not listed is in a set of callers."""
        return self._diagrams.meets(node, self._joint.scopes[0])


_REMEMBERED = 16
_known: dict[tuple[object, ...], tuple[object, PassedTags]] = {}


def passed_tags(space: Space, found: Trusting, names: Sequence[str]) -> PassedTags:
    """The session tags of the roles of a space's estate, asked once for a list of names."""
    estate = space.estate
    parts = (estate.accounts, estate.organization, estate.unmodelled, estate.endpoints)
    name = (*map(id, parts), space.sessions, tuple(names))
    if name not in _known:
        while len(_known) >= _REMEMBERED:
            del _known[next(iter(_known))]
        _known[name] = parts, PassedTags(estate, found, names, space.sessions - 1)  # the parts are kept, so that their ids stay their own
    return _known[name][1]


def forget_passed_tags() -> None:
    """Drops what is remembered."""
    _known.clear()
