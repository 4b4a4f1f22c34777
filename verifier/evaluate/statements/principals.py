"""Which callers a `Principal` or `NotPrincipal` element names, and in which way (P1–P6, L8).

In: the element, the caller. Out: the truth of each way in which it names the caller.
Guarantee: what D2–D4 must tell apart (anyone, by name, by role or issuer, by account) stays apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from functools import partial

from verifier.evaluate.callers import Standing, may_be_of_provider
from verifier.evaluate.symbols import Symbols, Truth, all_of, any_of, negation
from verifier.model.policy import Effect, PolicyKind, Principal, PrincipalType, Statement
from verifier.model.readings import P1, P3, P5, P5_ACCOUNT, P5_ALLOW, P5_BOUNDARY, P5_NAMED, P5_NAMED_ROLE, P5_ROLE, P6
from verifier.model.request import Caller, CallerKind
from verifier.model.symbols import ProviderFact, Reading


class NamedBy(Enum):
    """How a statement names a caller.

    `NAME` (user, session, service, the account of its root user) is not limited by a boundary or session policy, `ROLE`
    is (D4); by `ISSUER` a federated session is named through its user (P3, U2); `ACCOUNT` delegates (P2).
    """

    ANYONE = "as anyone"
    NAME = "by name"
    ROLE = "by its role"
    ISSUER = "by the user that issued the session"
    ACCOUNT = "by its account"


Ways = Mapping[NamedBy, Truth]


def ways_named(
    statement: Statement, standing: Standing, partition: str | None, symbols: Symbols, kind: PolicyKind
) -> Ways:
    """The ways in which a statement of a policy of this kind names the caller. `partition` is the target's (R7)."""
    principals = statement.principals or ()
    if statement.not_principal:
        return {NamedBy.ANYONE: _not_named(statement, standing, partition, symbols, kind)}
    truths: dict[NamedBy, list[Truth]] = {}
    for principal in principals:
        for way, truth in _ways(principal, statement.effect, standing.caller, partition, symbols).items():
            truths.setdefault(way, []).append(truth)
    truths.setdefault(NamedBy.NAME, []).append(_by_provider(principals, standing, symbols, kind))
    return {way: any_of(found) for way, found in truths.items()}


def _by_provider(principals: tuple[Principal, ...], standing: Standing, symbols: Symbols, kind: PolicyKind) -> Truth:
    """True iff a provider is named that the caller came from, and this names its session: no page says it (P6)."""
    providers = [
        one.value
        for one in principals
        if one.type is PrincipalType.FEDERATED and kind in P6 and may_be_of_provider(standing, one.value)
    ]
    return any_of(all_of(map(symbols.value, (P6[kind], ProviderFact(one)))) for one in providers)


def _ways(principal: Principal, effect: Effect, caller: Caller, partition: str | None, symbols: Symbols) -> Ways:
    if principal.type is PrincipalType.ANYONE:
        return {NamedBy.ANYONE: True}
    if principal.type is PrincipalType.ANY_AWS:
        return {NamedBy.ANYONE: _any_aws(caller, symbols)}
    if principal.type is PrincipalType.ACCOUNT and _names_account(principal, caller, partition):
        # The root user is given access by P2 itself; everyone else also needs what the account's own policies say.
        return {NamedBy.ACCOUNT: True, NamedBy.NAME: caller.kind is CallerKind.ROOT}
    if principal.type is PrincipalType.ROLE and _names_role(principal, caller):
        return {NamedBy.ROLE: True}
    if _names_itself(principal, caller):
        return {NamedBy.NAME: True}
    if _names_issuer(principal, caller):
        return {NamedBy.ISSUER: symbols.value(P3) if effect is Effect.DENY else True}
    return {}


def _any_aws(caller: Caller, symbols: Symbols) -> Truth:
    return symbols.value(P1) if caller.account is None else True


def _names_account(principal: Principal, caller: Caller, partition: str | None) -> bool:
    same = caller.account is not None and principal.account == caller.account
    return same and principal.partition in (None, partition)


def _names_role(principal: Principal, caller: Caller) -> bool:
    return caller.kind is CallerKind.ROLE and principal.value == caller.principal_arn


OWN_TYPE = {
    CallerKind.USER: PrincipalType.USER,
    CallerKind.ROLE: PrincipalType.SESSION,
    CallerKind.FEDERATED: PrincipalType.FEDERATED_USER,
    CallerKind.SERVICE: PrincipalType.SERVICE,
    CallerKind.WEB: PrincipalType.FEDERATED,
}
"""The principals that are a caller itself: a session, not its role; no root user, for it goes by its account (P2)."""


def _names_itself(principal: Principal, caller: Caller) -> bool:
    if caller.kind is CallerKind.WEB and principal.type is PrincipalType.FEDERATED and principal.value == "*":
        return True
    return principal.type is OWN_TYPE.get(caller.kind) and principal.value == caller.arn


def _names_issuer(principal: Principal, caller: Caller) -> bool:
    issued_by_user = caller.kind is CallerKind.FEDERATED and principal.type is PrincipalType.USER
    return issued_by_user and principal.value == caller.issuer


def _not_named(
    statement: Statement, standing: Standing, partition: str | None, symbols: Symbols, kind: PolicyKind
) -> Truth:
    """True iff the statement, which has `NotPrincipal`, applies to the caller (P5)."""
    listed = _listed_names(statement.principals or (), standing, partition, symbols, kind)
    some = any_of(listed.values())
    if statement.effect is Effect.ALLOW:
        itself, others = listed.get(P5, listed.get(P5_ACCOUNT, False)), {P5_ACCOUNT: P5_NAMED, P5_ROLE: P5_NAMED_ROLE}
        open_ = [others[name] for name, found in listed.items() if name in others and found and not itself]
        return symbols.choose(P5_ALLOW, lambda: negation(any_of([itself, *map(symbols.value, open_)])), lambda: False)
    federated = standing.caller.kind is CallerKind.FEDERATED
    if some is False or (standing.bounded and not federated):
        return True
    lacking = [reading for reading, found in listed.items() if found is not True]
    open_ = [*lacking, P5_BOUNDARY] if standing.bounded else lacking
    known = {P5_BOUNDARY: False, **listed}
    return negation(all_of([some, *(symbols.choose(one, lambda: True, partial(known.get, one)) for one in open_)]))


def _listed_names(
    principals: tuple[Principal, ...], standing: Standing, partition: str | None, symbols: Symbols, kind: PolicyKind
) -> dict[Reading, Truth]:
    """For each ARN (or service name) that names the caller, whether it is listed, by the reading that says whether it
    has to be. The root user's is the account's."""
    caller = standing.caller
    everyone: list[Truth] = [True for principal in principals if principal.type is PrincipalType.ANYONE]
    everyone += [_any_aws(caller, symbols) for principal in principals if principal.type is PrincipalType.ANY_AWS]
    names: dict[Reading, Truth] = {}
    if caller.kind in OWN_TYPE:
        itself = any(_names_itself(principal, caller) for principal in principals)
        names[P5] = any_of([itself, _by_provider(principals, standing, symbols, kind)])
    if caller.account is not None:
        accounts = [principal for principal in principals if principal.type is PrincipalType.ACCOUNT]
        names[P5_ACCOUNT] = any(_names_account(principal, caller, partition) for principal in accounts)
    if caller.kind is CallerKind.ROLE:
        roles = [principal for principal in principals if principal.type is PrincipalType.ROLE]
        names[P5_ROLE] = any(_names_role(principal, caller) for principal in roles)
    if caller.kind is CallerKind.FEDERATED and caller.issuer and not caller.issuer.endswith(":root"):
        names[P5_ROLE] = any(_names_issuer(principal, caller) for principal in principals)
    return {reading: any_of([name, *everyone]) for reading, name in names.items()}
