"""Edits of a policy: a closed set of small changes, each of which a person makes in one place (docs/suggest.md).

In: a policy and edits. Out: a new policy; one line that says what an edit does, and where.
Guarantee: what an edit does not name stays as it was, places included; statements are counted anew. An edit that does
not fit the policy (no such statement, a condition that is not there, nothing left of an element) raises `EditError`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from verifier.model.estate import Estate
from verifier.model.policy import (
    Condition,
    Effect,
    Operator,
    Policy,
    PolicyKind,
    Principal,
    PrincipalType,
    Statement,
    Text,
)
from verifier.model.policy_text import in_groups
from verifier.syntax.source import Span
from verifier.syntax.text import brief, first_few, printable


class EditError(ValueError):
    """The edit does not fit the policy in which it is to be made."""


class Edit(ABC):
    """One change of a policy."""

    @abstractmethod
    def apply(self, policy: Policy) -> Policy:
        """The policy with the change. Raises `EditError`."""

    @abstractmethod
    def describe(self, policy: Policy) -> str:
        """What it does to this policy, in one line, with the place. Raises `EditError` where it does not fit."""


@dataclass(frozen=True)
class AddStatement(Edit):
    """Puts a statement behind the others; its `index` does not matter."""

    statement: Statement

    def apply(self, policy: Policy) -> Policy:
        return renumbered(policy, (*policy.statements, self.statement))

    def describe(self, policy: Policy) -> str:
        return f"add a statement: {effect_on(self.statement)}"


@dataclass(frozen=True)
class RemoveStatement(Edit):
    """Takes a statement away. The last one stays, since a policy needs one (L4)."""

    index: int

    def apply(self, policy: Policy) -> Policy:
        gone = _statement(policy, self.index)
        if len(policy.statements) == 1:
            raise EditError("a policy needs a statement")
        return renumbered(policy, (statement for statement in policy.statements if statement is not gone))

    def describe(self, policy: Policy) -> str:
        return f"remove {_statement_name(_statement(policy, self.index))}"


@dataclass(frozen=True)
class StatementEdit(Edit):
    """A change inside the statement of an index."""

    index: int

    @abstractmethod
    def change(self, statement: Statement) -> Statement:
        """The statement with the change. Raises `EditError`."""

    @abstractmethod
    def in_words(self, statement: Statement) -> str:
        """What changes in the statement. Raises `EditError`."""

    def apply(self, policy: Policy) -> Policy:
        old = _statement(policy, self.index)
        new = self.change(old)
        return replace(
            policy, statements=tuple(new if statement is old else statement for statement in policy.statements)
        )

    def describe(self, policy: Policy) -> str:
        statement = _statement(policy, self.index)
        return f"in {_statement_name(statement)}: {self.in_words(statement)}"


@dataclass(frozen=True)
class AddCondition(StatementEdit):
    """Adds a condition, beside those with the same operator."""

    condition: Condition

    def change(self, statement: Statement) -> Statement:
        return replace(statement, conditions=_beside(statement.conditions, self.condition), empty_condition=False)

    def in_words(self, statement: Statement) -> str:
        return f"add the condition {_condition_name(self.condition)}"


@dataclass(frozen=True)
class RemoveCondition(StatementEdit):
    """Takes a condition away; its operator and its key name it."""

    operator: Operator
    key: str

    def change(self, statement: Statement) -> Statement:
        gone = _condition(statement, self.operator, self.key)
        return replace(statement, conditions=_without(statement.conditions, gone))

    def in_words(self, statement: Statement) -> str:
        gone = _condition(statement, self.operator, self.key)
        return f"remove the condition {_condition_name(gone)}{_place(gone.span)}"


@dataclass(frozen=True)
class ReplaceCondition(StatementEdit):
    """Puts another operator before a condition's key, or other values behind it, or both. The key is the same."""

    operator: Operator
    key: str
    new_operator: Operator
    values: tuple[str, ...]

    def change(self, statement: Statement) -> Statement:
        if not self.values:
            raise EditError("a condition needs a value")
        old = _condition(statement, self.operator, self.key)
        kept = {value.value: value for value in old.values}
        values = tuple(kept.get(value, Text(value)) for value in self.values)
        new = replace(old, operator=replace(self.new_operator, span=old.operator.span), values=values)
        if str(self.new_operator) == str(self.operator):
            return replace(
                statement, conditions=tuple(new if found is old else found for found in statement.conditions)
            )
        return replace(statement, conditions=_beside(_without(statement.conditions, old), new))

    def in_words(self, statement: Statement) -> str:
        old = _condition(statement, self.operator, self.key)
        operators = _differences([str(self.operator)], [str(self.new_operator)])
        values = _differences([value.value for value in old.values], self.values)
        changes = ", ".join(filter(None, (operators, values))) or "no change"
        return f"the condition {_condition_name(old)}{_place(old.span)}: {changes}"


@dataclass(frozen=True)
class ReplacePrincipals(StatementEdit):
    """Lists other principals in the `Principal` or `NotPrincipal` that a statement has: adds some, removes some, or
    both."""

    principals: tuple[Principal, ...]

    def change(self, statement: Statement) -> Statement:
        types = {principal.type for principal in self.principals}
        if statement.principals is None or not types or (PrincipalType.ANYONE in types and len(self.principals) > 1):
            raise EditError(
                "a statement needs `*` alone or a list of other principals, in a policy that has principals"
            )
        return replace(statement, principals=in_groups(self.principals))

    def in_words(self, statement: Statement) -> str:
        before, after = ([found.value for found in listed] for listed in (statement.principals or (), self.principals))
        change = _differences(before, after) or "no change"
        return f"{'NotPrincipal' if statement.not_principal else 'Principal'}: {change}"


@dataclass(frozen=True)
class ReplaceActions(StatementEdit):
    """Lists other patterns in the `Action` or `NotAction` that a statement has."""

    actions: tuple[str, ...]

    def change(self, statement: Statement) -> Statement:
        return replace(statement, actions=_texts(statement.actions, self.actions))

    def in_words(self, statement: Statement) -> str:
        change = _differences([text.value for text in statement.actions], self.actions)
        return f"{'NotAction' if statement.not_action else 'Action'}: {change or 'no change'}"


@dataclass(frozen=True)
class ReplaceResources(StatementEdit):
    """Lists other patterns in the `Resource` or `NotResource` that a statement has."""

    resources: tuple[str, ...]

    def change(self, statement: Statement) -> Statement:
        return replace(statement, resources=_texts(statement.resources, self.resources))

    def in_words(self, statement: Statement) -> str:
        change = _differences([text.value for text in statement.resources or ()], self.resources)
        return f"{'NotResource' if statement.not_resource else 'Resource'}: {change or 'no change'}"


def apply_all(policy: Policy, edits: Iterable[Edit]) -> Policy:
    """The policy with the edits made one after the other: each is about the policy that those before it left. Raises
    `EditError`."""
    for edit in edits:
        policy = edit.apply(policy)
    return policy


def with_key_policy(estate: Estate, key_arn: str, policy: Policy) -> Estate:
    """The estate in which a key has this policy in place of the one with the same identity (L5a: a key may have a
    second one).

    Raises `EditError` where the key is not in the estate or has no policy of that identity.
    """
    key = estate.key(key_arn)
    known = {old.identity for old in key.policies or ()} if key is not None else set()
    if key is None or policy.kind is not PolicyKind.KEY or policy.identity not in known:
        raise EditError(f"{key_arn} has no policy {policy.identity}")
    edited = replace(
        key, policies=tuple(policy if old.identity == policy.identity else old for old in key.policies or ())
    )
    return replace(estate, keys=tuple(edited if found is key else found for found in estate.keys))


# --- parts ------------------------------------------------------------------------------------------------------------


def renumbered(policy: Policy, statements: Iterable[Statement]) -> Policy:
    """The policy with these statements, numbered in their order."""
    return replace(
        policy, statements=tuple(replace(statement, index=index) for index, statement in enumerate(statements))
    )


def _statement(policy: Policy, index: int) -> Statement:
    if not 0 <= index < len(policy.statements):
        raise EditError(f"the policy has no statement {index + 1}")
    return policy.statements[index]


def is_on(condition: Condition, operator: Operator, key: str) -> bool:
    """True iff a condition has this operator and key."""
    return str(condition.operator) == str(operator) and condition.key.value.lower() == key.lower()


def _condition(statement: Statement, operator: Operator, key: str) -> Condition:
    found = next((condition for condition in statement.conditions if is_on(condition, operator, key)), None)
    if found is None:
        raise EditError(f"the statement has no condition `{operator}` of `{key}`")
    return found


def _without(conditions: tuple[Condition, ...], gone: Condition) -> tuple[Condition, ...]:
    return tuple(condition for condition in conditions if condition is not gone)


def _beside(conditions: tuple[Condition, ...], new: Condition) -> tuple[Condition, ...]:
    """The conditions with one more, behind the last that has its operator: as a document groups them. An operator takes
    a key once (L4)."""
    if any(is_on(condition, new.operator, new.key.value) for condition in conditions):
        raise EditError(f"`{new.operator}` has the key `{new.key.value}` already")
    places = [index for index, condition in enumerate(conditions) if str(condition.operator) == str(new.operator)]
    after = places[-1] + 1 if places else len(conditions)
    return (*conditions[:after], new, *conditions[after:])


def _texts(before: tuple[Text, ...] | None, values: tuple[str, ...]) -> tuple[Text, ...]:
    """The values as texts; those that were there keep their places."""
    if before is None or not values:
        raise EditError("the statement does not have the element, or nothing would be left of it")
    kept = {text.value: text for text in before}
    return tuple(kept.get(value, Text(value)) for value in values)


# -- how edits speak of a policy's parts --


def _place(span: Span) -> str:
    """` (file:line:column)`, or nothing for what no file holds."""
    return f" ({printable(str(span))})" if span.file else ""


def _statement_name(statement: Statement) -> str:
    """`Allow "Reports" (key-policy.json:32:5)`; without a `Sid`, its number."""
    sid = statement.sid.value if statement.sid is not None else ""
    name = f'"{_shown(sid)}"' if sid else f"statement {statement.index + 1}"
    return f"{statement.effect.value} {name}{_place(statement.span)}"


def _condition_name(condition: Condition) -> str:
    """`StringEquals kms:ViaService [s3.us-west-2.amazonaws.com]`."""
    return f"{condition.operator} {_shown(condition.key.value)} {_listed([value.value for value in condition.values])}"


def effect_on(statement: Statement) -> str:
    """A statement in a few words: `Deny [kms:Decrypt] to [*] if StringNotEquals aws:PrincipalAccount
    [111122223333]`."""
    actions = ("all but " if statement.not_action else "") + _listed([text.value for text in statement.actions])
    principals = ("all but " if statement.not_principal else "") + _listed(
        [found.value for found in statement.principals or ()]
    )
    conditions = " and ".join(_condition_name(condition) for condition in statement.conditions)
    joined = "to" if statement.effect is Effect.DENY else "for"
    return f"{statement.effect.value} {actions} {joined} {principals}" + (f" if {conditions}" if conditions else "")


def _differences(before: Sequence[str], after: Sequence[str]) -> str:
    """What changes from one list to the other: `remove [a]`, `add [b]`, or `[a] → [b]`; empty where nothing does."""
    gone = [value for value in before if value not in after]
    new = [value for value in after if value not in before]
    if gone and new:
        return f"{_listed(gone)} → {_listed(new)}"
    return f"remove {_listed(gone)}" if gone else f"add {_listed(new)}" if new else ""


def _listed(values: Sequence[str]) -> str:
    return f"[{first_few([_shown(value) for value in values])}]"


def _shown(text: str) -> str:
    return brief(printable(text))
