"""Policies that limit requests whoever makes them: service and resource control policies (D6, D7), VPC endpoint
policies (V).

In: a space. Out: O and V as expressions; the policies with the requests that each is asked about, and what they deny.
Guarantee: a policy is read once, however many levels and accounts it is attached to; the levels of an account are
intersected, the policies of one level united. Only a listed endpoint restricts, and only the requests that come through
it; a service principal is restricted by none but under the reading D6.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

from verifier.model.organization import Controls, Level
from verifier.model.policy import Effect, Policy, PolicyKind, Statement
from verifier.model.readings import D6, D9_RCP, R4, V_ACCOUNT
from verifier.model.unmodelled import ANY_ENDPOINT
from verifier.problem.classes.predicates import exactly
from verifier.problem.expression import FALSE, TRUE, Expression, Symbol, Test, conjunction, disjunction, implies
from verifier.problem.semantics.callers import allow_reach, deny_reach
from verifier.problem.semantics.possible_changes import FRAME, without
from verifier.problem.semantics.statements import applies, as_statement, each_statement
from verifier.problem.semantics.targets import TargetKind
from verifier.problem.space import Space, acts


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
    for policy, accounts in _each(_service(space)):
        yield policy, _bound(space, accounts)


def resource_policies(space: Space) -> Iterator[tuple[Policy, Expression]]:
    """Each RCP over the target's account, with the requests that it binds, those of service principals too; without a
    key perhaps over the caller's (D9). `RCPFullAWSAccess` is attached everywhere, so that only Denies matter."""
    keyless, account, bound = space.target.kind is TargetKind.NONE, space.target.account, _resource_bound(space)
    over = {one.account: one.resource or () for one in _given(space) if keyless or one.account == account}
    for policy, accounts in _each(over) if bound is not FALSE else ():
        yield policy, bound & (_bound(space, accounts) if keyless else TRUE)


def _service(space: Space) -> dict[str, tuple[Level, ...]]:
    """The levels of SCPs over each account that has any."""
    return {one.account: one.service for one in _given(space) if one.service is not None}


def _given(space: Space) -> Iterator[Controls]:
    """What binds in each account: nothing in the management account (D7)."""
    organization = space.decision_input.estate.organization
    if organization is not None:
        yield from (one for one in organization.controls if one.account != organization.management_account)


def _each(over: Mapping[str, tuple[Level, ...]]) -> Iterator[tuple[Policy, list[str]]]:
    """The policies of all levels, each once, with the accounts that it is over."""
    policies: dict[str, Policy] = {}
    accounts: dict[str, dict[str, None]] = {}
    for account, levels in over.items():
        for policy in chain.from_iterable(level.policies for level in levels):
            policies[policy.identity] = policy
            accounts.setdefault(policy.identity, {})[account] = None
    yield from ((policy, [*accounts[name]]) for name, policy in policies.items())


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
        case TargetKind.NONE:
            return Symbol(D9_RCP)
        case TargetKind.ROLE:
            # Of IAM and STS, only STS heeds them, and only roles are its resources [Organizations:
            # orgs_manage_policies_rcps].
            return ~space.is_service_linked & acts(name for name in space.known_actions if name.startswith("sts:"))
        case _:
            return FALSE


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
