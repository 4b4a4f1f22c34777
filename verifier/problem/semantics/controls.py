"""Policies that limit requests whoever makes them: service and resource control policies (D6, D7), VPC endpoint
policies (V).

In: a space. Out: O and V as expressions; the policies with the requests that each is asked about, and what they deny.
Guarantee: a policy is read once, however many levels and accounts it is attached to; the levels of an account are
intersected, the policies of one level united. Only a listed endpoint restricts, and only the requests that come through
it; a service principal is restricted by none but under the reading D6.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from verifier.model.estate import Estate
from verifier.model.organization import Controls, Level
from verifier.model.policy import Effect, Policy, PolicyKind, Statement
from verifier.model.readings import D6, R4, V_ACCOUNT
from verifier.model.unmodelled import ANY_ENDPOINT
from verifier.problem.classes.predicates import exactly
from verifier.problem.expression import FALSE, TRUE, Expression, Symbol, Test, conjunction, disjunction, implies
from verifier.problem.semantics.callers import allow_reach, deny_reach
from verifier.problem.semantics.possible_changes import FRAME, without
from verifier.problem.semantics.statements import applies, as_statement, each_statement
from verifier.problem.semantics.targets import TargetKind
from verifier.problem.space import Space, acts


def controls_of(estate: Estate, account: str) -> Controls | None:
    """The control policies over an account, `None` where none were given."""
    given = estate.organization.controls if estate.organization is not None else ()
    return next((controls for controls in given if controls.account == account), None)


def _denies(space: Space, policies: Iterable[tuple[Policy, Expression]]) -> Iterator[Expression]:
    """What the Deny statements of policies refuse, each with the requests that the policy is asked about (D1)."""
    for policy, where in policies:
        for statement in policy.denies:
            if not space.is_silent(statement):
                whom = TRUE if statement.principals is None else deny_reach(space, statement, policy.kind)
                yield as_statement(space, policy, statement, where & whom & applies(space, policy, statement))


def control_denies(space: Space) -> Iterator[Expression]:
    """What SCPs and RCPs refuse."""
    return _denies(space, chain(service_policies(space), resource_policies(space)))


def service_controls_allow(space: Space) -> Expression:
    """True iff O: every level of the SCPs of the caller's account allows, or no SCP binds the caller (D6, D7)."""
    accounts: dict[tuple[str, ...], list[str]] = {}
    levels: dict[tuple[str, ...], Level] = {}
    for account, over in _service(space).items():
        for level in over:
            names = tuple(sorted({policy.identity for policy in level.policies}))
            accounts.setdefault(names, []).append(account)
            levels[names] = level
    allows: dict[str, Expression] = {}
    return conjunction(
        implies(_bound(space, accounts[names]), _level_allows(space, level, allows)) for names, level in levels.items()
    )


def _level_allows(space: Space, level: Level, known: dict[str, Expression]) -> Expression:
    """True iff some policy of the level allows; a level without policies allows nothing."""
    for policy in level.policies:
        if policy.identity not in known:
            known[policy.identity] = disjunction(each_statement(space, TRUE, policy, Effect.ALLOW))
    return disjunction(known[policy.identity] for policy in level.policies)


def service_policies(space: Space) -> Iterator[tuple[Policy, Expression]]:
    """Each SCP, with the callers that it binds."""
    accounts: dict[str, list[str]] = {}
    policies: dict[str, Policy] = {}
    for account, over in _service(space).items():
        for policy in _policies(over):
            accounts.setdefault(policy.identity, []).append(account)
            policies[policy.identity] = policy
    for name, policy in policies.items():
        yield policy, _bound(space, accounts[name])


def resource_policies(space: Space) -> Iterator[tuple[Policy, Expression]]:
    """Each RCP over the target's account, with the requests that it binds, those of service principals too.
    `RCPFullAWSAccess` is attached everywhere, so that only Deny statements matter."""
    bound = _resource_bound(space)
    if bound is not FALSE:
        yield from ((policy, bound) for policy in _policies(_resource(space)))


def _service(space: Space) -> dict[str, tuple[Level, ...]]:
    """The levels of SCPs over each account that has any: never the management account (D7)."""
    organization = space.decision_input.estate.organization
    if organization is None:
        return {}
    given = (one for one in organization.controls if one.account != organization.management_account)
    return {controls.account: controls.service for controls in given if controls.service is not None}


def _resource(space: Space) -> tuple[Level, ...]:
    """The levels of RCPs over the account of the target; none in the management account (D7)."""
    organization, account = space.decision_input.estate.organization, space.target.account
    if organization is None or account == organization.management_account:
        return ()
    own = controls_of(space.decision_input.estate, account) if account is not None else None
    return () if own is None else own.resource or ()


def _bound(space: Space, accounts: list[str]) -> Expression:
    """True iff the caller is of these accounts and SCPs bind it: not a service-linked role (D6), or a service
    principal, which is in no account. None binds an account that has left (W1)."""
    return without(space, FRAME, disjunction(map(space.in_account, accounts)) & ~space.is_service_linked)


def _resource_bound(space: Space) -> Expression:
    """True iff RCPs bind it: no request of a service-linked role, on an AWS managed key, to retire a grant (D6, D7)."""
    exempt = space.is_service_linked | acts({"kms:RetireGrant"})
    match space.target.kind:
        case TargetKind.KEY:
            assert space.target.key is not None
            return FALSE if space.target.key.manager == "AWS" else ~exempt
        case TargetKind.ALIAS:
            return ~exempt & Symbol(R4)
        case TargetKind.ROLE:
            # Of IAM and STS, only STS heeds them, and only roles are its resources [Organizations:
            # orgs_manage_policies_rcps].
            return ~space.is_service_linked & acts(name for name in space.known_actions if name.startswith("sts:"))
        case _:
            return FALSE


def _policies(levels: tuple[Level, ...]) -> list[Policy]:
    """The policies of all levels, each once."""
    return list({policy.identity: policy for level in levels for policy in level.policies}.values())


# -- VPC endpoint policies (V) --


def endpoints_allow(space: Space) -> Expression:
    """True iff V: the request comes through no listed endpoint, or the endpoint's policy allows it."""
    return conjunction(implies(where, _allows(space, policy)) for policy, where in endpoint_policies(space))


def endpoint_denies(space: Space) -> Iterator[Expression]:
    """What the policies of endpoints refuse."""
    return _denies(space, endpoint_policies(space))


def through(space: Space, endpoint: str) -> Expression:
    """True iff the request comes through the endpoint with this ID, or through any."""
    if endpoint == ANY_ENDPOINT:
        return space.attribute_view("aws:sourcevpce").present
    return Test(space.known("aws:sourcevpce"), exactly(endpoint))


def endpoint_policies(space: Space) -> Iterator[tuple[Policy, Expression]]:
    """The policy of each endpoint, with the requests that it is asked about."""
    for endpoint in space.decision_input.estate.endpoints or ():
        if endpoint.policy is not None:
            yield endpoint.policy, through(space, endpoint.id) & (~space.is_service | Symbol(D6))


def _allows(space: Space, policy: Policy) -> Expression:
    return disjunction(
        as_statement(space, policy, statement, reached(space, statement) & applies(space, policy, statement))
        for statement in policy.allows
    )


def reached(space: Space, statement: Statement) -> Expression:
    """True iff the principals of an Allow of an endpoint's policy reach the caller: whether an account stands for all
    of its callers is open."""
    reach = allow_reach(space, statement, PolicyKind.ENDPOINT)
    return reach.strong | reach.weak | reach.anyone | (reach.account & Symbol(V_ACCOUNT))
