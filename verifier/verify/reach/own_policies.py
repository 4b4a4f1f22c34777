"""What the policies of users and roles say, so far as it tells them apart.

In: an estate. Out: what is said of each identity, as a value; the estate without what is the same for whoever has the
same policies; what targets ask about callers of that estate.
Guarantee: of two users, or two roles, of one account of whom the same is said, and whom no target of the bare estate
tells apart, every target decides alike.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import chain

from verifier.model.estate import Account, Estate, Identity
from verifier.model.invariant import Invariant
from verifier.model.organization import Level
from verifier.model.policy import Policy, Statement, Text
from verifier.model.steps.catalogue import Judgement, catalogue_entries, entry
from verifier.model.symbols import PossibleChange
from verifier.problem.classes.predicates import Predicate
from verifier.problem.diagrams.finite import questions
from verifier.problem.expression import Expression
from verifier.problem.question import facts_about, scope
from verifier.problem.rules import RuledSpace
from verifier.problem.semantics.caller_sets import callers, not_ruled_out
from verifier.problem.semantics.possible_changes import is_inline, managed_by
from verifier.problem.semantics.targets import Target
from verifier.problem.space import CALLER
from verifier.verify.meaning import in_policy
from verifier.verify.reach.key_rules import GRANTEE
from verifier.verify.reach.narrowed import Says, of_any, of_policies, texts

ABOUT_CALLERS = ("aws:principal", "aws:user", "kms:calleraccount", "kms:granteeprincipal")
"""How the condition keys begin that tell callers apart who have the same policies."""


def tests_of_callers(
    estate: Estate, target: Target, possible_changes: frozenset[PossibleChange], goals: Sequence[Invariant] = ()
) -> tuple[Predicate, ...]:
    """What the decision on a target asks about callers and, if they can be such, about grantees; what goals ask."""
    space = RuledSpace(estate, target, possible_changes=possible_changes)
    wanted: list[Expression] = [
        space.allowed(),
        *(callers(space, goal.callers) for goal in goals),
        *(scope(space, goal) for goal in goals),
    ]
    wanted.append(not_ruled_out(space))
    questions(wanted, space.questions)
    questions(facts_about(space), space.questions)
    return tuple({**space.questions.get(CALLER, {}), **space.questions.get(GRANTEE, {})})


def allowed_actions(policies: Iterable[Policy]) -> frozenset[Judgement]:
    """The actions of the catalogue that Allow statements name, whatever they are about and under which conditions."""
    statements = chain.from_iterable(policy.allows for policy in policies)
    said = {(statement.not_action, tuple(text.value.lower() for text in statement.actions)) for statement in statements}
    found = (frozenset[Judgement]().union(*map(_matched, patterns)) for _, patterns in said)
    every = frozenset(catalogue_entries()) if any(negated for negated, _ in said) else frozenset[Judgement]()
    return frozenset[Judgement]().union(
        *(every - one if negated else one for (negated, _), one in zip(said, found, strict=True))
    )


@lru_cache(1 << 12)
def _matched(pattern: str) -> frozenset[Judgement]:
    exact = not set("*?[") & set(pattern)
    return frozenset([entry(pattern)] if exact else catalogue_entries(pattern))


def bare(estate: Estate) -> Estate:
    """The estate without tags, and policies that ask nothing about callers: what matters of these is said of each."""

    def without(one: Identity) -> Identity:
        return replace(one, policies=tuple(filter(_asks, one.policies)), tags=())

    return replace(estate, accounts=_changed(estate.accounts, without))


def _changed(accounts: Iterable[Account], change: Callable[[Identity], Identity]) -> tuple[Account, ...]:
    return tuple(
        replace(one, users=tuple(map(change, one.users)), roles=tuple(map(change, one.roles))) for one in accounts
    )


def of_any_resource(estate: Estate) -> Estate:
    """The estate with policies of callers of which every statement is about all resources: on one it asks what they ask
    on any."""

    def widened(policy: Policy) -> Policy:
        statements = (replace(one, resources=(Text("*"),), not_resource=False) for one in policy.statements)
        return replace(policy, statements=tuple(statements))

    def identity(one: Identity) -> Identity:
        boundary = None if one.boundary is None else widened(one.boundary)
        return replace(one, policies=tuple(map(widened, one.policies)), boundary=boundary)

    def levels(some: tuple[Level, ...] | None) -> tuple[Level, ...] | None:
        return None if some is None else tuple(replace(one, policies=tuple(map(widened, one.policies))) for one in some)

    organization = estate.organization
    if organization is not None:
        given = organization.controls
        controls = (replace(one, service=levels(one.service), resource=levels(one.resource)) for one in given)
        organization = replace(organization, controls=tuple(controls))
    return replace(estate, accounts=_changed(estate.accounts, identity), organization=organization)


def said_of(estate: Estate) -> dict[str, Hashable]:
    """What is said of each listed identity: `None` of one of whom nothing is."""
    in_doubt = {thing.principal for thing in estate.unmodelled if thing.principal is not None}
    says = of_any(estate)
    return {one.arn: one.arn if one.arn in in_doubt else _said(one, says) for one in estate.identities}


def _said(identity: Identity, says: Says) -> Hashable:
    policies = of_policies(identity, says)
    boundary = () if identity.boundary is None else (identity.boundary,)
    if any(map(_asks, (*policies, *boundary))):
        return identity.arn
    said = (
        frozenset(map(_meaning, policies)),
        managed_by(identity),
        frozenset(identity.groups),
        identity.bounded,
        tuple(policy.identity for policy in boundary),
        tuple(sorted(identity.tags)),
    )
    return said if any(said) else None


def _asks(policy: Policy) -> bool:
    """False only if a policy does not tell apart callers who have it."""
    return any(_asks_of_caller(statement) for statement in policy.statements)


def _asks_of_caller(statement: Statement) -> bool:
    if statement.only_if is not None:
        return True
    if any(condition.key.value.lower().startswith(ABOUT_CALLERS) for condition in statement.conditions):
        return True
    return any("${" in text.value for text in texts(statement))


def _meaning(policy: Policy) -> Hashable:
    """What a policy says, wherever it is written."""
    return is_inline(policy), frozenset(in_policy(policy, statement) for statement in policy.statements)
