"""The requests that assume the roles of one account, and what they give to sessions (F3, E2, E2w).

In: an estate, roles of one account, what sessions carry that is in question; which sessions there can be. Out: for each
role, what a request can give to its session, and what comes on from the session that makes the request.
Guarantee: exact for each request, as far as callers are told apart and unless a comparison by a policy variable leaves
something open; what is said in another partition of values is widened.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import product

from verifier.model.estate import Identity
from verifier.model.readings import E2_TRANSITIVE, F3
from verifier.model.symbols import Reading
from verifier.problem.classes.predicates import Predicate, Tokens, exactly, literal_tokens
from verifier.problem.diagrams.diagram import EVERYTHING, NOTHING, DiagramNode
from verifier.problem.diagrams.elimination import project
from verifier.problem.diagrams.joint import join
from verifier.problem.expression import FALSE, Expression, Present, Some, Symbol, conjunction, literal
from verifier.problem.semantics.relation_facts import COMBINATIONS
from verifier.problem.semantics.targets import Target
from verifier.problem.sessions.session_tags import (
    PRINCIPAL_TAG,
    SESSION_NAME,
    SOURCE_IDENTITY,
    Carried,
    is_transitive,
    own_tag,
    see,
    share_tests,
)
from verifier.problem.sessions.tag_sets import GivenTo, Sessions, TagSets, as_expression, rebuilt
from verifier.problem.space import CALLER, TARGET, Space
from verifier.problem.steps.decision import BY_CALLERS, BY_IDENTITIES
from verifier.problem.steps.many import together

_CALLS = ("sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity")
_TAG_KEYS, _TRANSITIVE = "aws:tagkeys", "sts:transitivetagkeys"


class Assuming(TagSets):
    """The requests to assume the roles of one account. Raises `TooLarge`."""

    def __init__(
        self,
        space: Space,
        targets: Sequence[Target],
        predicates: Mapping[str, Mapping[Predicate, None]],
        unknown: frozenset[str],
    ) -> None:
        estate = space.estate
        self._wanted, self._unknown = predicates, unknown
        self._listed = frozenset(role.arn for role in estate.roles)
        self._complete = [account.id for account in estate.accounts if account.complete]
        self.parts = self._tags = tuple[Carried, ...]()
        # Statements about other actions on the roles say nothing of requests for sessions.
        roles = replace(together(targets), actions=BY_CALLERS | BY_IDENTITIES)
        super().__init__(join([space.sessions(roles)], (), self._further))
        self._number = {str(target.resource): number for number, target in enumerate(targets)}
        self._said = self._variables(part.request for part in self.parts)
        self._sessions = self._variables(part.session for part in self.parts)
        self._symbols = frozenset(name for name in self._level if isinstance(name, Reading))
        overrides = (is_transitive(str(part.tag)) for part in self.parts)
        self._all = self._said | self._sessions | self._symbols | self._variables((CALLER, TARGET, *overrides))
        self._any = self._projected(bare=True)
        transitive = dict(zip(self._tags, self._joint.scopes[3:], strict=False))
        self._passing_on = tuple(self._projected([transitive[p]]) if p.tag else NOTHING for p in self.parts)

    def _variables(self, names: Iterable[str]) -> frozenset[str]:
        return frozenset(name for name in names if name in self._level)

    def _further(self, space: Space) -> Sequence[Expression]:
        for name, predicates in self._wanted.items():
            share_tests(space, Carried(name), predicates)
        self.parts = tuple(Carried(name) for name in sorted(space.attributes) if name.startswith(PRINCIPAL_TAG))
        self._tags = self.parts
        if {SESSION_NAME, Carried(SESSION_NAME).request} <= space.attributes.keys():
            self.parts = (*self.parts, Carried(SESSION_NAME))
            share_tests(space, Carried(SESSION_NAME), _users(space))
        if {SOURCE_IDENTITY, Carried(SOURCE_IDENTITY).request} & space.attributes.keys():
            see(space, SOURCE_IDENTITY)
            self.parts = (*self.parts, Carried(SOURCE_IDENTITY))
        for part in self.parts:
            see(space, part.request)
        space.view("aws:TagKeys")
        space.view("sts:TransitiveTagKeys")
        others = conjunction(
            (space.is_role, ~space.one_of(self._listed), *(~space.in_account(account) for account in self._complete))
        )
        other = space.is_role & Symbol(E2_TRANSITIVE)  # the key of a session's call need not be what it passes
        named = [frozenset[Predicate]({Tokens(literal_tokens(str(part.tag), fold=True))}) for part in self._tags]
        return [others, ~Present(_TAG_KEYS), Symbol(F3), *(Some(_TRANSITIVE, name, True) | other for name in named)]

    # -- requests that are allowed and can be made --

    def _projected(self, further: Sequence[DiagramNode] = (), *, bare: bool = False) -> DiagramNode:
        """The requests to assume a role with tags, and those without if `bare`; with a source identity, and without: as
        a set over what is kept."""
        tags = [self._requests("sts:TagSession")]
        tags += [[self._joint.scopes[1], *(self._absent(part.request) for part in self._tags)]] if bare else []
        sources: list[list[DiagramNode]] = [[]]
        if Carried(SOURCE_IDENTITY) in self.parts:
            # One that the caller has persists, and is set again: whether the key says it, two sentences of the page see
            # differently.
            sources = [
                self._requests("sts:SetSourceIdentity"),
                [self._absent(Carried(SOURCE_IDENTITY).request), self._absent(SOURCE_IDENTITY)],
            ]
        calls = [found for action in _CALLS if NOTHING not in (found := self._requests(action))]
        ways = ([*call, *tag, *source, *further] for call, tag, source in product(calls, tags, sources))
        return self._diagrams.any_of(project(self._diagrams, way, self._all).care for way in ways if NOTHING not in way)

    # -- what they give, as there can be certain sessions --

    def given(self, sessions: Mapping[str, Sessions | None]) -> dict[str, GivenTo]:
        """What is given to sessions of the roles, where sessions of those of `sessions` can be no others (`None`:
        any)."""
        diagrams = self._diagrams
        onward = tuple(self._onward(part, sessions) for part in self.parts)
        callers = self._asking(sessions, onward)
        requests = diagrams.both(self._any, callers)
        passed = self._only(requests, self._said)
        inherited, further = [], []
        for part, found, passing_on in zip(self.parts, onward, self._passing_on, strict=True):
            carrying = diagrams.all_of((requests, found, self._absent(part.request), self._override(part, 2)))
            inherited.append(self._only(carrying, frozenset({part.session})))
            set_by = self._only(
                diagrams.all_of((passing_on, callers, self._present(part.request))), frozenset({part.request})
            )
            further.append(diagrams.either(inherited[-1], self._moved(set_by, {part.request: part.session})))
        return {
            arn: GivenTo(
                self._on(passed, arn),
                tuple(self._on(n, arn) for n in inherited),
                tuple(self._on(n, arn) for n in further),
            )
            for arn in self._number
        }

    def _asking(self, sessions: Mapping[str, Sessions | None], onward: Sequence[DiagramNode]) -> DiagramNode:
        """The requests of sessions that there can be. A transitive tag overrides the role's before the trust policy is
        evaluated, and who passes one of its key fails [API: AssumeRole]."""
        overridden = (
            self._diagrams.either(self._override(part, 1), self._diagrams.both(found, self._absent(part.request)))
            for part, found in zip(self.parts, onward, strict=True)
            if is_transitive(str(part.tag)) in self._level
        )
        return self._diagrams.all_of([*self._callers(sessions), *overridden])

    def tagged(self, sessions: Mapping[str, Sessions | None], given: Mapping[str, GivenTo | None]) -> Iterator[str]:
        """The roles to a session of which some request passes a tag, or to which one comes on; arguments as of `given`,
        and its answer."""
        passing = self._diagrams.any_of(self._present(part.request) for part in self._tags)
        asking = self._asking(sessions, tuple(self._onward(part, sessions) for part in self.parts))
        requests = self._only(self._diagrams.both(self._projected([passing]), asking), frozenset())
        for arn in self._number:
            one = given[arn]
            nodes = zip(self.parts, one.inherited, strict=True) if one is not None else ()
            inherited = (node for part, node in nodes if part.tag)
            if one is None or self._on(requests, arn) != NOTHING or any(node != NOTHING for node in inherited):
                yield arn

    def _override(self, part: Carried, mask: int) -> DiagramNode:
        """That the caller's tag is transitive (2), or not (1), where a policy reads the tag of the role; otherwise
        everything."""
        name = is_transitive(str(part.tag))
        return self._diagrams.literal(name, mask) if name in self._level else EVERYTHING

    def _only(self, node: DiagramNode, kept: frozenset[str]) -> DiagramNode:
        return self._diagrams.exists(node, self._diagrams.support(node) - kept - self._symbols - {TARGET})

    def _on(self, node: DiagramNode, arn: str) -> DiagramNode:
        return self._diagrams.restrict(node, {TARGET: self._number[arn]}) if TARGET in self._level else node

    @cached_property
    def _by_class(self) -> dict[int, list[str]]:
        """The listed roles of each class of callers. Those of one class are alike to all policies."""
        found: dict[int, list[str]] = {}
        for role in sorted(self._listed):
            number = self._table(CALLER).class_of(role)
            if number is not None:
                found.setdefault(number, []).append(role)
        return found

    def _callers(self, sessions: Mapping[str, Sessions | None]) -> Iterator[DiagramNode]:
        """That callers are sessions that there can be."""
        masks: dict[DiagramNode, int] = {}
        for number, roles in self._by_class.items():
            found = [sessions.get(role) for role in roles]
            node = self._diagrams.any_of(EVERYTHING if one is None else one.whole for one in found)
            masks[node] = masks.get(node, 0) | 1 << number
        for node, mask in masks.items():
            if node != EVERYTHING:
                yield self._diagrams.either(self._diagrams.complement(self._diagrams.literal(CALLER, mask)), node)

    def _onward(self, part: Carried, sessions: Mapping[str, Sessions | None]) -> DiagramNode:
        """The callers that pass on a tag, with the values that they do; all that there can be pass on a source
        identity, or none."""
        diagrams, present = self._diagrams, self._present(part.session)
        if not part.tag:
            return NOTHING if part.session == SESSION_NAME else EVERYTHING
        masks: dict[DiagramNode, int] = {}
        for number, roles in self._by_class.items():
            found = [_passed_on(sessions, role, part, present) for role in roles if role in sessions]
            node = diagrams.any_of([*found, *(present for role in roles if role in self._unknown)])
            masks[node] = masks.get(node, 0) | 1 << number
        others = diagrams.both(self._joint.scopes[0], present)
        return diagrams.any_of(
            [others, *(diagrams.both(diagrams.literal(CALLER, mask), node) for node, mask in masks.items())]
        )

    def sessions(self, role: Identity, given: GivenTo) -> Sessions:
        """The sessions of a role that is given this."""
        diagrams = self._diagrams
        inherits = diagrams.literal(F3, 2) if F3 in self._level else EVERYTHING
        otherwise = dict[str, DiagramNode]()
        for part, inherited in zip(self.parts, given.inherited, strict=True):
            if part.session != SOURCE_IDENTITY or given.passed == NOTHING:
                inherited = diagrams.either(self._own(role, part), diagrams.both(inherits, inherited))
            otherwise[part.request] = inherited
        if given.passed == NOTHING:
            whole = diagrams.all_of(otherwise.values())
        else:
            whole = self._moved(given.passed, {part.request: part.session for part in self.parts}, otherwise)
        return Sessions(whole, {part.session: node for part, node in zip(self.parts, given.onward, strict=True)})

    def _own(self, role: Identity, part: Carried) -> DiagramNode:
        if part.session == SESSION_NAME:
            return EVERYTHING
        value = own_tag(role, part.tag) if part.tag else None
        if part.session not in self._level or value is None:
            return self._absent(part.session)
        number = self._table(part.session).class_of(value)
        return EVERYTHING if number is None else self._diagrams.literal(part.session, 1 << number)

    # -- in another partition of values --

    def _moved(
        self, node: DiagramNode, names: Mapping[str, str], otherwise: Mapping[str, DiagramNode] | None = None
    ) -> DiagramNode:
        """A set over some attributes as one over others that have their values; `otherwise` says what is where one is
        absent."""

        def literal(variable: str, mask: int) -> DiagramNode:
            other = names.get(variable)
            if other is None:
                return self._diagrams.literal(variable, mask)
            size, absent = self._table(variable).size, NOTHING
            if mask >> size & 1:
                absent = self._absent(other) if otherwise is None else otherwise[variable]
            return self._diagrams.either(self._values_of(self, variable, mask & (1 << size) - 1, other), absent)

        return rebuilt(self._diagrams, node, literal)

    def carried(self, found: Sessions, source: Assuming) -> Sessions:
        """What the roles of another account are told of sessions, as it is here."""
        return Sessions(
            self._carry(found.whole, source), {name: self._carry(node, source) for name, node in found.onward.items()}
        )

    def _carry(self, node: DiagramNode, source: Assuming) -> DiagramNode:
        def literal(variable: str, mask: int) -> DiagramNode:
            if variable not in self._level:
                return EVERYTHING
            if variable in self._symbols:
                return self._diagrams.literal(variable, mask)
            size = source._table(variable).size
            absent = self._absent(variable) if mask >> size & 1 else NOTHING
            return self._diagrams.either(self._values_of(source, variable, mask & (1 << size) - 1, variable), absent)

        return rebuilt(source._diagrams, node, literal, self._diagrams)

    def _values_of(self, source: Assuming, variable: str, mask: int, attribute: str) -> DiagramNode:
        """The classes of an attribute that hold values of classes of another one: of all that are alike to the
        predicates of both."""
        if attribute not in self._level:
            return EVERYTHING
        own, theirs = self._masks(attribute), source._masks(variable)
        common = sorted(own.keys() & theirs.keys(), key=repr)
        alike = {
            tuple(theirs[p] >> number & 1 for p in common)
            for number in range(source._table(variable).size)
            if mask >> number & 1
        }
        size = self._table(attribute).size
        fitting = (number for number in range(size) if tuple(own[p] >> number & 1 for p in common) in alike)
        return self._diagrams.literal(attribute, sum(1 << number for number in fitting))

    # -- as expressions --

    @property
    def tests_on_sessions(self) -> dict[str, dict[Predicate, None]]:
        """The tests on each attribute of sessions, and on that of requests which gives it."""
        return {
            part.session: dict.fromkeys((*self.predicates(part.session), *self.predicates(part.request)))
            for part in self.parts
            if part.request in self._joint.finite.tables and part.session in self._joint.finite.tables
        }

    def of_sessions(self, node: DiagramNode, wanted: Mapping[str, Expression]) -> Expression:
        """True iff the attributes of a caller are in a set over what requests say, or over them. `wanted` are the
        attributes that it may speak of, with what is where a request does not say one."""
        kept = {part.request for part in self.parts if part.session in wanted} | {part.session for part in self.parts}
        names = {name: part.session for part in self.parts for name in (part.request, part.session)}

        def value(variable: str, mask: int) -> Expression:
            if isinstance(variable, Reading):
                return literal(variable, mask != 1)
            attribute, absent = names[variable], mask >> self._table(variable).size & 1
            among = self._among(variable, mask, attribute)
            return among | (wanted.get(attribute, FALSE) if absent else FALSE)

        return as_expression(self._diagrams, self._only(node, frozenset(kept)), value)


def _users(space: Space) -> Mapping[Predicate, None]:
    """The names of users, where a policy compares the name that a session is given with these."""
    users = [user.arn.rsplit("/", 1)[1] for user in space.estate.users]
    name, related = Carried(SESSION_NAME).request, space.relations.values()
    compared = any(name in view.bases for one in related for view in one.views) and len(users) <= COMBINATIONS
    return dict.fromkeys(map(exactly, users if compared else ()))


def _passed_on(sessions: Mapping[str, Sessions | None], role: str, part: Carried, present: DiagramNode) -> DiagramNode:
    found = sessions[role]
    return present if found is None else NOTHING if found.whole == NOTHING else found.onward.get(part.session, present)
