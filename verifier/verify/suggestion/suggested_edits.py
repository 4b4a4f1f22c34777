"""Edits of a key policy that could make an invariant hold (docs/suggest.md).

In: a policy, an invariant (settled), a request that breaks it with its decision.
Out: groups of edits, those that leave most of the policy as it is first.
Guarantee: candidates only: that the invariant holds with them is for a proof to say.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from verifier.frozen import Frozen
from verifier.model.edits import AddCondition, AddStatement, Edit, RemoveStatement, ReplaceCondition
from verifier.model.estate import Estate, Key
from verifier.model.invariant import AnyCaller, CallersOr, Expectation, Invariant, PrincipalLike
from verifier.model.policy import Condition, Effect, Policy, Principal, Statement, principal_named
from verifier.model.reference import action
from verifier.model.request import CallerKind, Decision
from verifier.model.results.verdict import Reason
from verifier.verify.edits.candidate_edits import RequestWithValues, allowing_edits, new_statement, sparing
from verifier.verify.edits.policy_change import ANY_PRINCIPAL, matched
from verifier.verify.suggestion.scope_conditions import Conjunction, in_partition, inside_scope, outside_scope

_EVERY_ACTION = ("*", "kms:*")
OWN_PLACE_NOT_GIVEN = Reason(
    "S4", "edits that name the key's own account or Region are left out, since it is not given (--account, --region)"
)


class Broken(Frozen):
    """An invariant that a request breaks under a policy."""

    invariant: Invariant
    subject: RequestWithValues
    policy: Policy
    decision: Decision

    @property
    def refusing(self) -> bool:
        """True iff the invariant demands that requests be refused."""
        return self.invariant.expectation is Expectation.REFUSED


def groups(broken: Broken) -> Iterator[tuple[Edit, ...]]:
    """Groups of edits each of which may mend what the request breaks."""
    effect = Effect.ALLOW if broken.refusing else Effect.DENY
    guilty = list(matched(broken.policy, broken.decision, effect))
    for statement in guilty:
        yield from _tighter(broken, statement)
    if broken.refusing or not guilty:
        yield from _new_statements(broken)
    for statement in guilty:
        yield (RemoveStatement(statement.index),)
    if not broken.refusing and not guilty:
        wider = allowing_edits(broken.policy, broken.subject)
        yield from ((edit,) for edit in wider if not isinstance(edit, AddStatement))


def _tighter(broken: Broken, statement: Statement) -> Iterator[tuple[Edit, ...]]:
    """Edits after which a statement that matches the request does not match what the invariant speaks of."""
    for edit in sparing(broken.policy, statement, broken.subject):
        adds_null = isinstance(edit, AddCondition) and edit.condition.operator.row.type is None
        if adds_null or isinstance(edit, ReplaceCondition):
            yield (edit,)
    for conjunction in _outside(broken):
        yield tuple(_with_condition(statement, condition) for condition in conjunction)
    for edit in sparing(broken.policy, statement, broken.subject):
        if not isinstance(edit, ReplaceCondition | AddCondition | RemoveStatement):
            yield (edit,)


def _outside(broken: Broken) -> Iterator[Conjunction]:
    """Conditions of requests outside the scope; those about the caller also as ones that a service, which has no such
    key, meets."""
    for conjunction in outside_scope(broken.invariant, broken.subject.key):
        yield conjunction
        if len(conjunction) == 1 and _is_lenient(conjunction[0]):
            only = conjunction[0]
            yield (replace(only, operator=replace(only.operator, if_exists=True)),)


def _is_lenient(condition: Condition) -> bool:
    about_caller = condition.key.value.lower() in ("aws:principalaccount", "aws:principalarn", "aws:principaltype")
    return about_caller and not condition.operator.row.negated and condition.operator.set_operator is None


def _with_condition(statement: Statement, condition: Condition) -> Edit:
    """The condition added; where the statement has one with that operator and key, the values that both list."""
    name = (str(condition.operator), condition.key.value.lower())
    alike = (found for found in statement.conditions if (str(found.operator), found.key.value.lower()) == name)
    before = next(alike, None)
    if before is None:
        return AddCondition(statement.index, condition)
    old, new = ([value.value for value in found.values] for found in (before, condition))
    both = tuple(value for value in old if value in new)
    values = (*old, *(one for one in new if one not in old)) if condition.operator.row.negated else both or tuple(new)
    return ReplaceCondition(statement.index, before.operator, before.key.value, before.operator, values)


# --- new statements ---------------------------------------------------------------------------------------------------


def _new_statements(broken: Broken) -> Iterator[tuple[Edit, ...]]:
    """New statements about just what the invariant speaks of: a Deny if it must be refused, an Allow if allowed."""
    effect = Effect.DENY if broken.refusing else Effect.ALLOW
    named = () if broken.refusing else _principals(broken.invariant, broken.subject)
    anyone = replace(broken.invariant, callers=AnyCaller())
    for conditions in dict.fromkeys((*(inside_scope(anyone, broken.subject.key) or ()), ())) if named else ():
        yield (_about(broken, effect, named, conditions),)
    alternatives = inside_scope(broken.invariant, broken.subject.key)
    if alternatives:
        yield tuple(_about(broken, effect, (ANY_PRINCIPAL,), conditions) for conditions in alternatives)


def _about(broken: Broken, effect: Effect, principals: tuple[Principal, ...], conditions: Conjunction) -> AddStatement:
    """A statement about the actions of the invariant."""
    actions = tuple(text.value for text in broken.invariant.actions)
    spared = tuple(text.value for text in broken.invariant.not_actions)
    if spared and actions[0] in _EVERY_ACTION and not _keyless_only(spared):
        statement = new_statement(effect, principals, spared, *conditions)
        return AddStatement(replace(statement, not_action=True))
    return AddStatement(new_statement(effect, principals, actions, *conditions))


def _keyless_only(actions: tuple[str, ...]) -> bool:
    """True iff these are operations without a key alone, which a key policy does not decide (D9)."""
    known = [action(name) for name in actions]
    return all(found is not None and "key" not in found.resources for found in known)


def _principals(invariant: Invariant, subject: RequestWithValues) -> tuple[Principal, ...]:
    """The callers of an invariant as principals, where they are named one by one, or are the key's root user."""
    callers = invariant.callers
    listed = callers.operands if isinstance(callers, CallersOr) else (callers,)
    arns = [in_partition(one.pattern.value, subject.key) if isinstance(one, PrincipalLike) else "" for one in listed]
    named = [principal_named(arn) for arn in arns]
    if not all(isinstance(principal, Principal) for principal in named):
        named = [principal_named(subject.caller.principal_arn)] if subject.caller.kind is CallerKind.ROOT else []
    return tuple(principal for principal in named if isinstance(principal, Principal))


# -- stand-ins --


def stand_ins_of(estate: Estate, key: Key) -> tuple[str, ...]:
    """What stands for the account and the Region of a key where nothing tells them (S4). A statement that refers to its
    own account (`AWS::AccountId`) holds it as it is; written out it would be another account's number."""
    return (*([key.account] if estate.open_account else []), *([key.region] if estate.open_region else []))


def writes_stand_in(estate: Estate, key: Key, before: str, after: str) -> bool:
    """True iff an edited policy names one of them more often than before."""
    return any(after.count(name) > before.count(name) for name in stand_ins_of(estate, key))
