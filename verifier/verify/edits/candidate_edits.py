"""Edits of a key policy that could change how it answers one request (docs/suggest.md).

In: a policy, and a request with what policies read in it. Out: edits, those that concern the fewest other requests
first.
Guarantee: candidates only: whether one changes the decision is for `evaluate` to say. A policy with one is still one
that AWS takes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from verifier.frozen import Frozen
from verifier.model import edits
from verifier.model.estate import Key
from verifier.model.operators import ORDERS, WITH_WILDCARDS
from verifier.model.policy import (
    Condition,
    Effect,
    Operator,
    Policy,
    Principal,
    PrincipalType,
    Statement,
    Text,
    principal_named,
)
from verifier.model.request import Caller, CallerKind, Request, Value, strings_of
from verifier.problem.classes.predicates import like

EVERYBODY = (PrincipalType.ANYONE, PrincipalType.ANY_AWS)
_EQUALS, NOT_EQUALS = Operator("StringEquals", None, False), Operator("StringNotEquals", None, False)
ARN_NOT_EQUALS, NULL = Operator("ArnNotEquals", None, False), Operator("Null", None, False)


class RequestWithValues(Frozen):
    """A request, and the values that policies read in it by condition key in lower case."""

    request: Request
    values: Mapping[str, Value]
    key: Key

    @property
    def caller(self) -> Caller:
        return self.request.caller


def caller_principals(caller: Caller) -> tuple[Principal, ...]:
    """How a policy names the caller itself (P2–P4): for a session of a role the role, then the session."""
    if caller.kind is CallerKind.SERVICE:
        return (Principal(PrincipalType.SERVICE, caller.principal_arn),)
    found = (principal_named(arn) for arn in dict.fromkeys((caller.principal_arn, caller.arn)))
    return tuple(principal for principal in found if isinstance(principal, Principal))


def new_statement(
    effect: Effect, principals: tuple[Principal, ...], actions: tuple[str, ...], *conditions: Condition
) -> Statement:
    """A statement about the key itself, without a name."""
    listed = tuple(Text(action) for action in actions)
    return Statement(effect, 0, None, principals, False, listed, False, (Text("*"),), False, conditions)


def condition(operator: Operator, key: str, *values: str) -> Condition:
    """A condition that no text holds yet."""
    return Condition(operator, Text(key), tuple(Text(value) for value in values))


# --- so that the policy allows ----------------------------------------------------------------------------------------


def allowing_edits(policy: Policy, subject: RequestWithValues) -> Iterator[edits.Edit]:
    """Edits after which an Allow statement could match the request: one that misses it by one element, or a new one."""
    allows = policy.allows
    conditions = [(statement.index, found) for statement in allows for found in statement.conditions]
    for index, found in conditions:
        yield from _turned(policy, index, found, subject, holds=True)
    itself, *session = caller_principals(subject.caller)
    yield from _named(allows, subject, itself)
    for index, found in conditions:
        yield edits.RemoveCondition(index, found.operator, found.key.value)
    for statement in allows:
        yield from _wider(statement, subject)
    for principal in session:
        yield from _named(allows, subject, principal)


def _named(allows: Sequence[Statement], subject: RequestWithValues, principal: Principal) -> Iterator[edits.Edit]:
    """A new statement for a principal, or the principal beside those of a statement."""
    yield edits.AddStatement(new_statement(Effect.ALLOW, (principal,), (subject.request.action,)))
    for statement in allows:
        if statement.principals is not None and not statement.not_principal:
            yield edits.ReplacePrincipals(statement.index, (*statement.principals, principal))


def _wider(statement: Statement, subject: RequestWithValues) -> Iterator[edits.Edit]:
    actions = tuple(text.value for text in statement.actions)
    if actions and not statement.not_action:
        yield edits.ReplaceActions(statement.index, (*actions, subject.request.action))
    if statement.resources is not None and not statement.not_resource:
        yield edits.ReplaceResources(statement.index, ("*",))


def _turned(
    policy: Policy, index: int, found: Condition, subject: RequestWithValues, *, holds: bool
) -> Iterator[edits.Edit]:
    """Edits after which a condition of a statement holds of the request, or fails for it."""
    operator, key, listed = found.operator, found.key.value, tuple(text.value for text in found.values)
    value = subject.values.get(key.lower())
    if operator.row.type is None:
        return
    if value is None:
        if operator.if_exists is not holds and (holds or not operator.row.negated):
            yield edits.ReplaceCondition(index, operator, key, replace(operator, if_exists=holds), listed)
        if not holds:
            yield edits.AddCondition(index, condition(NULL, key, "false"))
    for text in strings_of(value):
        written = _written(text, operator, policy.variables)
        if written is not None and operator.row.negated is not holds:
            yield edits.ReplaceCondition(index, operator, key, operator, (*listed, written))
        kept = tuple(other for other in listed if other != text)
        if operator.row.negated is holds and kept and kept != listed:
            yield edits.ReplaceCondition(index, operator, key, operator, kept)


# --- so that a statement no longer matches ----------------------------------------------------------------------------


def sparing(policy: Policy, statement: Statement, subject: RequestWithValues) -> Iterator[edits.Edit]:
    """Edits after which a statement that matches the request could be without it."""
    index = statement.index
    for found in statement.conditions:
        yield from _turned(policy, index, found, subject, holds=False)
    yield from _other_principals(statement, subject)
    actions = tuple(text.value for text in statement.actions)
    if statement.not_action:
        yield edits.ReplaceActions(index, (*actions, subject.request.action))
    else:
        kept = tuple(pattern for pattern in actions if not like(pattern, fold=True).matches(subject.request.action))
        if kept and kept != actions:
            yield edits.ReplaceActions(index, kept)
    yield from _but_the_caller(statement, subject.caller)
    yield edits.RemoveStatement(index)


def _other_principals(statement: Statement, subject: RequestWithValues) -> Iterator[edits.Edit]:
    """Fewer principals, or those of the key's account in place of everybody; more, where they are spared."""
    listed = statement.principals or ()
    own = caller_principals(subject.caller)
    if statement.not_principal:
        yield edits.ReplacePrincipals(statement.index, (*listed, *_not_spared(listed, subject.caller)))
        return
    names = {principal.value for principal in own} | {subject.caller.account, f"{_iam(subject.caller)}:root"}
    kept = tuple(principal for principal in listed if principal.value not in names and principal.type not in EVERYBODY)
    if kept and kept != listed:
        yield edits.ReplacePrincipals(statement.index, kept)
    if any(principal.type in EVERYBODY for principal in listed):
        account = principal_named(subject.key.account)
        if isinstance(account, Principal):
            yield edits.ReplacePrincipals(statement.index, (account,))


def _not_spared(listed: Sequence[Principal], caller: Caller) -> Iterator[Principal]:
    """What a `NotPrincipal` lacks that spares the caller for certain: its account and all that names itself (P5)."""
    values = {principal.value for principal in listed}
    account = principal_named(f"{_iam(caller)}:root") if caller.account else None
    if isinstance(account, Principal) and not values & {account.value, account.account}:
        yield account
    yield from (principal for principal in caller_principals(caller) if principal.value not in values)


def _iam(caller: Caller) -> str:
    partition = caller.principal_arn.split(":")[1] if caller.principal_arn.startswith("arn:") else "aws"
    return f"arn:{partition}:iam::{caller.account}"


def _but_the_caller(statement: Statement, caller: Caller) -> Iterator[edits.Edit]:
    """A condition that the caller alone does not meet, where there is none of the kind (`_turned` adds to one)."""
    service = caller.kind is CallerKind.SERVICE
    operator, key = (NOT_EQUALS, "aws:PrincipalServiceName") if service else (ARN_NOT_EQUALS, "aws:PrincipalArn")
    if not any(edits.is_on(found, operator, key) for found in statement.conditions):
        yield edits.AddCondition(statement.index, condition(operator, key, caller.principal_arn))


# --- values -----------------------------------------------------------------------------------------------------------


def _written(value: str, operator: Operator, variables: bool) -> str | None:
    """A value as a condition lists it, so that it stands for itself (L6, L7); `None` where it cannot be written so."""
    row = operator.row
    if not row.is_text:
        return None if row.sign in ORDERS else value
    special = "$*?" if row.sign in WITH_WILDCARDS else "$"
    if not any(character in value for character in special):
        return value
    if not variables:
        return value if special == "$" else None
    return "".join(f"${{{character}}}" if character in special else character for character in value)
