"""VPC endpoint policies (V).

In: a space. Out: V as an expression, and where a statement of an endpoint's policy denies.
Guarantee: only a listed endpoint restricts, and only the requests that come through it; a service principal is restricted by none but
under the reading D6.
"""

from __future__ import annotations

from collections.abc import Iterator

from verifier.model.estate import Endpoint
from verifier.model.policy import Effect, Policy, Statement
from verifier.model.unmodelled import ANY_ENDPOINT
from verifier.problem.classes.predicates import exactly
from verifier.problem.expression import Expression, Symbol, both, conjunction, disjunction, either, negation
from verifier.problem.owners import said, silent
from verifier.problem.semantics.callers import allow_reach, deny_reach
from verifier.problem.semantics.statements import applies
from verifier.problem.space import Space


def endpoints_allow(space: Space) -> Expression:
    """V: the request comes through no listed endpoint, or the endpoint's policy allows it."""
    return conjunction(either(negation(_restricted(space, endpoint)), _allows(space, policy)) for endpoint, policy in _with_policy(space))


def endpoint_denies(space: Space) -> Iterator[Expression]:
    """The Deny statements of the policies of the endpoints."""
    for endpoint, policy in _with_policy(space):
        for statement in policy.statements:
            if statement.effect is Effect.DENY and space.concerns(statement):
                whom = both(_restricted(space, endpoint), deny_reach(space, statement))
                yield said(space, policy, statement, both(whom, applies(space, policy, statement)))


def through(space: Space, endpoint: str) -> Expression:
    """The requests that come through the endpoint with this ID, or through any."""
    if endpoint == ANY_ENDPOINT:
        return space.attribute_view("aws:sourcevpce").present
    return space.ask(space.attribute_view("aws:sourcevpce"), exactly(endpoint))


def endpoint_policies(space: Space) -> Iterator[tuple[Policy, Expression]]:
    """The policy of each endpoint, with the requests that it is asked about."""
    for endpoint, policy in _with_policy(space):
        yield policy, _restricted(space, endpoint)


def _with_policy(space: Space) -> Iterator[tuple[Endpoint, Policy]]:
    for endpoint in space.estate.endpoints or ():
        if endpoint.policy is not None:
            yield endpoint, endpoint.policy


def _restricted(space: Space, endpoint: Endpoint) -> Expression:
    """The requests that the endpoint's policy is asked about."""
    return both(through(space, endpoint.id), either(negation(space.is_service), Symbol("D6")))


def _allows(space: Space, policy: Policy) -> Expression:
    found = []
    for statement in policy.statements:
        if statement.effect is Effect.ALLOW and not space.concerns(statement):
            found.append(silent(space, policy, statement))
        elif statement.effect is Effect.ALLOW:
            found.append(said(space, policy, statement, both(reached(space, statement), applies(space, policy, statement))))
    return disjunction(found)


def reached(space: Space, statement: Statement) -> Expression:
    """Whom the principals of an Allow of an endpoint's policy reach: whether an account stands for all of its callers is open."""
    reach = allow_reach(space, statement)
    return either(reach.strong, reach.weak, reach.anyone, both(reach.account, Symbol("V-account")))
