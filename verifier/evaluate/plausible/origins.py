"""What a request says of how the session of a role was made, and no session of that role can say (F3).

In: the estate, a prepared request, the given context. Out: warnings.
Guarantee: a warning says that no caller whom the trust policies name could have made such a session, whatever their
conditions. [IAM: reference_policies_condition-keys, *Properties of a role session*; id_roles_use_switch-role-ec2;
id_credentials_mfa_configure-api-require; API: AssumeRole, SerialNumber]
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from verifier.evaluate.operations import DELIVERED, OF_SERVICES
from verifier.evaluate.plausible.session import is_of_provider
from verifier.evaluate.prepared_request import PreparedRequest
from verifier.evaluate.sessions.assumers import Assumer, assumers, is_about
from verifier.evaluate.statements.values import truth
from verifier.model.estate import Estate, Identity
from verifier.model.policy import Effect, PrincipalType, Statement
from verifier.model.request import CallerKind, Value
from verifier.model.unmodelled import Influence

_FACTOR, _AGE = "aws:MultiFactorAuthPresent", "aws:MultiFactorAuthAge"


def origin_warnings(estate: Estate, prepared: PreparedRequest, given: Mapping[str, Value]) -> Iterator[str]:
    """Warnings about a session of a listed role whose trust policy is given."""
    role = prepared.standing.identity
    if prepared.caller.kind is not CallerKind.ROLE or role is None or role.trust is None or _in_doubt(estate):
        return
    for key in (key for key in OF_SERVICES if key.lower() in given):
        if not any(key in _delivered(one) for one in _makers(estate, role)):
            yield f"F3: no session of {role.arn} has {key}: its trust policy admits no service that delivers one"
    shown = truth(str(given.get(_FACTOR.lower(), "false")))
    if (shown or _AGE.lower() in given) and not _comes_from(CallerKind.USER, estate, role):
        factor = f"{_FACTOR} = true" if shown else _AGE
        yield f"F3: no session of {role.arn} has {factor}: no user comes to assume it"
    for key in (key for key in given if is_of_provider(key)):
        if not _comes_from(CallerKind.WEB, estate, role):
            yield f"F6: no session of {role.arn} has {key}: no identity of a provider comes to assume it"


def may_be_of_service(estate: Estate, prepared: PreparedRequest) -> bool:
    """False only if the caller is no session of a role that a service may come to assume, and to use for somebody."""
    role = prepared.standing.identity
    if prepared.caller.kind is not CallerKind.ROLE or role is None or role.trust is None or _in_doubt(estate):
        return prepared.caller.kind is CallerKind.ROLE
    return _comes_from(CallerKind.SERVICE, estate, role)


def _in_doubt(estate: Estate) -> bool:
    """True iff something that is not modelled may let somebody assume any role."""
    return any(
        thing.principal is None and thing.key is None and thing.influence is not Influence.MAY_REFUSE
        for thing in estate.unmodelled
    )


def _makers(estate: Estate, role: Identity) -> tuple[Assumer, ...]:
    """Those whom the trust policy of a role may let call `sts:AssumeRole`."""
    assert role.trust is not None
    stated = tuple(statement for statement in role.trust.statements if is_about(statement, "sts:assumerole"))
    refused = {
        principal.value
        for statement in filter(_refuses, stated)
        for principal in statement.principals or ()
        if principal.type in (PrincipalType.SERVICE, PrincipalType.ANYONE)
    }
    found = assumers(estate, replace(role, trust=replace(role.trust, statements=stated)))
    named = (maker for maker in found if maker.stranger or maker.caller.principal_arn not in refused)
    return tuple(named) if "*" not in refused else ()


def _refuses(statement: Statement) -> bool:
    """True iff a statement is a Deny of those whom it names, whatever they ask."""
    limited = statement.conditions or statement.resources or statement.not_principal or statement.only_if is not None
    return statement.effect is Effect.DENY and not limited and not statement.empty_condition


def _delivered(one: Assumer) -> tuple[str, ...]:
    """The keys of a session that a caller makes, if it is a service."""
    if one.caller.kind is not CallerKind.SERVICE:
        return ()
    return OF_SERVICES if one.stranger else DELIVERED.get(one.caller.principal_arn.partition(".")[0], ())


def _comes_from(kind: CallerKind, estate: Estate, role: Identity) -> bool:
    """False only if no caller of a kind comes to act as a role, by sessions that assume roles one after another."""
    roles = {one.arn: one for one in (*estate.roles, role)}
    reached = found = {role.arn}
    while found:
        by_trust = {one.trust.meaning: one for arn in found if (one := roles[arn]).trust is not None}
        made_by = assumers if kind is CallerKind.WEB else _makers  # these assume roles by calls of their own
        makers = {maker for one in by_trust.values() for maker in made_by(estate, one)}
        if any(_may_be_from(kind, maker, roles) for maker in makers):
            return True
        found = {maker.caller.principal_arn for maker in makers} & roles.keys() - reached
        reached = reached | found
    return False


def _may_be_from(kind: CallerKind, maker: Assumer, roles: Mapping[str, Identity]) -> bool:
    """True iff a caller is of a kind, or a session of a role of which it is not known who comes to assume it."""
    caller = maker.caller
    if caller.kind is not CallerKind.ROLE:
        return caller.kind is kind
    if maker.stranger or caller.principal_arn not in roles:
        return True
    return roles[caller.principal_arn].trust is None
