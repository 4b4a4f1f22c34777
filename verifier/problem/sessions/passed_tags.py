"""Which tags a role session can have (F3): its role's own, session tags that somebody can pass, transitive tags of a
session before it. And which name, where policies say how sessions are to be called. What those who assume a role can
pass is a question of its own, about the requests for `sts:AssumeRole`, `sts:TagSession` and their kind, whose answer is
a fact.

In: a space, the attributes in question. Out: for each role, which values these can have in its sessions, as facts.
Guarantee: values are told for a role iff some caller can make a request to assume it, and one for `sts:TagSession` with
the same context, that pass them, under the same readings (E2, E2w); a caller that is a session has itself only what is
told of its role. What is not modelled is supposed to allow them. What comes on from earlier sessions is told attribute
by attribute.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

from verifier.frozen import Frozen
from verifier.model.estate import Identity
from verifier.model.policy import arn_account
from verifier.model.readings import F3
from verifier.problem.classes.predicates import Predicate
from verifier.problem.diagrams.diagram import NOTHING, DiagramNode, TooLarge
from verifier.problem.expression import TRUE, Expression, Present, Symbol, conjunction, implies
from verifier.problem.facts.shared import ObjectCache
from verifier.problem.semantics.targets import Target, step_target
from verifier.problem.sessions.assuming import Assuming
from verifier.problem.sessions.session_tags import (
    PRINCIPAL_TAG,
    SESSION_NAME,
    SOURCE_IDENTITY,
    has_tag,
    holder,
    own_tag,
    own_tags,
    reserved,
)
from verifier.problem.sessions.tag_sets import GivenTo, Sessions
from verifier.problem.sessions.trusting import Trusting, trusting
from verifier.problem.space import Space

_MOST_ROUNDS = 64
"""So many sessions one after another are followed; past that, one that makes another may have been given anything."""

_MOST_PARTITIONS = 4
"""So many times each account is asked to tell apart what another one does; past that, what one says of sessions is
widened for another."""


class GivenTags(Frozen):
    """What can be given to the sessions of one role of a group: by one request, and from earlier sessions."""

    group: int
    passed: DiagramNode
    inherited: tuple[DiagramNode, ...]


class PassedTags:
    """What the sessions of the roles of an estate are given; `exact` iff it was followed to the end."""

    def __init__(self, space: Space, found: Trusting, predicates: Mapping[str, Mapping[Predicate, None]]) -> None:
        estate = space.estate
        self._roles = {role.arn: role for role in estate.roles}
        by_owner: dict[tuple[str, str], list[Target]] = {}
        for arn in sorted(
            found.admitted if {SESSION_NAME, SOURCE_IDENTITY} & predicates.keys() else found.tagged | found.reached
        ):
            by_owner.setdefault((arn.split(":")[1], arn_account(arn)), []).append(step_target(estate, arn))
        self._members = [tuple(str(target.resource) for target in targets) for targets in by_owner.values()]
        self._group_of = {arn: number for number, arns in enumerate(self._members) for arn in arns}
        self._groups, self.exact = _groups(space, list(by_owner.values()), predicates, found.unknown)
        self._given = self._given_at_the_end()

    def of_role(self, arn: str) -> GivenTags | None:
        """What can be given to sessions of a role of `tagged` or `reached`, or, where names are asked for, of `known`;
        `None`: anything."""
        given = self._given[arn]
        return None if given is None else GivenTags(self._group_of[arn], given.passed, given.inherited)

    def expression(self, given: GivenTags, own: Mapping[str, Expression]) -> Expression:
        """True iff attributes of a session can be so; `own` says of each what it is where nothing gives it."""
        group = self._groups[given.group]
        assert group is not None
        parts = [(part, node) for part, node in zip(group.parts, given.inherited, strict=True) if part.session in own]
        inherited = {part.session: Symbol(F3) & group.of_sessions(node, {}) for part, node in parts}
        otherwise = {name: own[name] | passed_on for name, passed_on in inherited.items()}
        # A role that nobody can assume, as far as is known, is supposed to have sessions all the same.
        if given.passed == NOTHING:
            return conjunction(otherwise.values())
        sources = {p.session: group.of_sessions(node, own) for p, node in parts if p.session == SOURCE_IDENTITY}
        return group.of_sessions(given.passed, {**otherwise, **sources})

    @property
    def compares(self) -> bool:
        """True iff a policy compares what requests say with each other: then more values are told apart than policies
        list."""
        return any(group.compares for group in self._groups if group is not None)

    # -- which sessions there can be --

    def _given_at_the_end(self) -> dict[str, GivenTo | None]:
        """What is given to the sessions of each role: such that no request that one of these sessions makes gives
        more."""
        known: dict[str, GivenTo | None] = self._next(dict.fromkeys(self._group_of, _NONE))
        for _ in range(_MOST_ROUNDS):
            before, known = known, self._next({arn: self._sessions(arn, given) for arn, given in known.items()})
            if known == before:
                return known
        self.exact = False
        return self._next(dict.fromkeys(self._group_of))

    def _sessions(self, arn: str, given: GivenTo | None) -> Sessions | None:
        group = self._groups[self._group_of[arn]]
        return None if group is None or given is None else group.sessions(self._roles[arn], given)

    def _next(self, sessions: Mapping[str, Sessions | None]) -> dict[str, GivenTo | None]:
        found: dict[str, GivenTo | None] = {}
        for number, group in enumerate(self._groups):
            if group is None:
                found |= dict.fromkeys(self._members[number])
            else:
                found |= group.given(self._here(group, sessions))
        return found

    def _here(self, group: Assuming, sessions: Mapping[str, Sessions | None]) -> dict[str, Sessions | None]:
        """The sessions of all roles, as one group tells them apart."""
        here: dict[str, Sessions | None] = {}
        for arn, one in sessions.items():
            own = self._groups[self._group_of[arn]]
            here[arn] = one if one is None or own is None or own is group else group.carried(one, own)
        return here

    @property
    def tagged(self) -> frozenset[str]:
        """The roles of which some session may have other tags than its role's, of the names that were asked for."""
        sessions = {arn: self._sessions(arn, given) for arn, given in self._given.items()}
        members = zip(self._groups, self._members, strict=True)
        found = (
            arns if group is None else group.tagged(self._here(group, sessions), self._given) for group, arns in members
        )
        return frozenset(chain.from_iterable(found))


_NONE = Sessions(NOTHING, {})
"""No session."""


def _groups(
    space: Space,
    targets: Sequence[Sequence[Target]],
    predicates: Mapping[str, Mapping[Predicate, None]],
    unknown: frozenset[str],
) -> tuple[list[Assuming | None], bool]:
    """The requests to assume the roles of each account, which tell the same values apart, unless policies that compare
    requests with each other tell more apart in each round; `None` where that is too much; whether nothing was."""
    for _ in range(_MOST_PARTITIONS):
        groups = [_group(space, found, predicates, unknown) for found in targets]
        more: dict[str, dict[Predicate, None]] = {}
        for group in groups:
            for name, tests in group.tests_on_sessions.items() if group is not None else ():
                more.setdefault(name, {}).update(tests)
        if len(groups) < 2 or all(more[name].keys() <= predicates.get(name, {}).keys() for name in more):
            return groups, None not in groups
        predicates = {name: {**predicates.get(name, {}), **more.get(name, {})} for name in (*predicates, *more)}
    return groups, False


def _group(
    space: Space, targets: Sequence[Target], predicates: Mapping[str, Mapping[Predicate, None]], unknown: frozenset[str]
) -> Assuming | None:
    try:
        return Assuming(space, targets, predicates, unknown)
    except TooLarge:
        return None


_known = ObjectCache[PassedTags](16)


def passed_tags(space: Space, found: Trusting, names: Sequence[str]) -> PassedTags:
    """What the sessions of the roles of a space's estate are given, asked once for a list of attributes of theirs."""
    predicates: dict[str, Mapping[Predicate, None]] = {name: {} for name in names}
    plain = _cached(space, found, predicates)
    return _cached(space, found, {name: space.questions.get(name, {}) for name in names}) if plain.compares else plain


def _cached(space: Space, found: Trusting, predicates: Mapping[str, Mapping[Predicate, None]]) -> PassedTags:
    estate = space.estate
    things = estate.accounts, estate.organization, estate.unmodelled, estate.endpoints
    tests = ((attribute, frozenset(of_it)) for attribute, of_it in predicates.items())
    return _known.of(things, *tests, find=lambda: PassedTags(space, found, predicates))


# -- what that makes of the roles in question --

_NOT_SAID = {SESSION_NAME: TRUE, SOURCE_IDENTITY: ~Present(SOURCE_IDENTITY)}
"""What they are in a session of which nothing says it."""


def role_tags(
    space: Space, roles: Sequence[Identity], names: Sequence[str], further: Sequence[str]
) -> Iterator[Expression]:
    """F3: what `aws:PrincipalTag/…` of sessions of listed roles can be; `names` are the tags that the question
    mentions, in lower case, and `further` what else it asks of sessions (`asked_of_sessions`)."""
    found = trusting(space.estate)
    changing = {role.arn for role in roles} if further else found.changing
    plain = [role for role in roles if role.exact_tags or role.arn not in changing]
    yield from own_tags(space, plain, names)
    yield from own_tags(space, roles, [name for name in names if reserved(name)])
    others = [role for role in roles if not role.exact_tags and role.arn in changing]
    for holding, own, passed in _others(space, others, names, further, found):
        having = (name for name, value in own.items() if value is not None)
        yield implies(holding, conjunction(Present(PRINCIPAL_TAG + name) for name in having))
        yield implies(holding, passed)


def _others(
    space: Space, roles: Sequence[Identity], names: Sequence[str], further: Sequence[str], found: Trusting
) -> Iterator[tuple[Expression, Mapping[str, str | None], Expression]]:
    """Roles of one kind together: their sessions, the own tags, what the tags of sessions are."""
    alike: dict[object, list[Identity]] = {}
    exact = None
    if not space.inner and any(role.arn not in found.unknown for role in roles):
        exact = passed_tags(space, found, [*(PRINCIPAL_TAG + name for name in names), *further])
        space.followed = space.followed and exact.exact
    given = {
        role.arn: exact.of_role(role.arn) if exact is not None and role.arn not in found.unknown else None
        for role in roles
    }
    for role in roles:
        alike.setdefault((tuple(own_tag(role, name) for name in names), given[role.arn]), []).append(role)
    for held in alike.values():
        tags_given = given[held[0].arn]
        own = {name: own_tag(held[0], name) for name in names}
        passed: Expression = TRUE
        if tags_given is not None and exact is not None:
            tags = {PRINCIPAL_TAG + name: has_tag(name, value) for name, value in own.items()}
            passed = exact.expression(tags_given, {**tags, **{name: _NOT_SAID[name] for name in further}})
        yield holder(space, [role.arn for role in held]), own, passed
