"""Condition blocks → expressions (C).

In: the conditions of a statement, or of an invariant. Out: an expression that is true iff they hold.
Guarantee: exact for single-valued keys; a comparison that no class table can hold becomes a symbol listed in
`Space.unsupported`, whose verdicts are settled by replay or Unknown, never by dropping it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from verifier.model.policy import Condition, Operator, Text
from verifier.problem.classes.domains import Attribute
from verifier.problem.classes.predicates import Predicate, exactly
from verifier.problem.classes.tables import Unsuitable
from verifier.problem.expression import FALSE, TRUE, Expression, Present, Symbol, both, disjunction, either, negation
from verifier.problem.semantics.relations import relate, variable_view
from verifier.problem.semantics.values import (
    ARN,
    EQUALS,
    EQUALS_FOLD,
    LIKE,
    Fixed,
    Template,
    Variable,
    plain_predicate,
    template,
    text_predicate,
    typed_predicate,
)
from verifier.problem.space import Space
from verifier.problem.views import PartlyKnown, SetView, View

_TEXT_MODES = {
    "StringEquals": EQUALS,
    "StringEqualsIgnoreCase": EQUALS_FOLD,
    "StringLike": LIKE,
    "ArnEquals": ARN,
    "ArnLike": ARN,
}


@dataclass(frozen=True)
class Reader:
    """How the policy at hand is read: with variables or without (L1), as a key policy or not (F8)."""

    space: Space
    variables: bool
    in_key_policy: bool
    of_policy: bool = True
    """Whether a policy asks, not an invariant, for which a key with an empty value is present."""

    def condition(self, condition: Condition) -> Expression:
        """One operator on one key. Conditions that mean the same, wherever they stand, are read once."""
        operator, listed = condition.operator, tuple([value.value for value in condition.values])
        how = operator.base, operator.set_operator, operator.if_exists
        meaning = (condition.key.value, how, listed, self.variables, self.in_key_policy, self.of_policy)
        found = self.space.conditions.get(meaning)
        if found is None:
            found = self.space.conditions[meaning] = self._condition(condition)
        return found

    def _condition(self, condition: Condition) -> Expression:
        key, operator = condition.key.value, condition.operator
        self.space.note(key)
        view = self.space.view(key, self.in_key_policy)
        if operator.base == "Null":
            return disjunction(self._null(view, value.value.lower() == "true") for value in condition.values)
        if isinstance(view, SetView):
            return self._on_set(view, operator, condition)
        satisfied = self._satisfied(view, operator, condition)
        if operator.set_operator == "ForAnyValue" and operator.if_exists:
            return either(satisfied, both(self._null(view, True), Symbol("C1")))
        return self._on_single(view, operator, satisfied)

    def _null(self, view: View | SetView, wanted: bool) -> Expression:
        """The key is null, or is not (`wanted`): absent, or its value is an empty string and that counts as absent (C1)."""
        null = negation(view.present)
        if isinstance(view, View) and self.of_policy:
            null = either(null, both(self._empty(view), Symbol("C1-null")))
        return null if wanted else negation(null)

    def _empty(self, view: View) -> Expression:
        """The value is an empty string: a null data set for the set operators (C1)."""
        if not view.bases or any(_may_be_empty(self.space.attributes[base]) for base in view.bases):
            return self.space.ask(view, exactly(""))
        return FALSE

    def _satisfied(self, view: View, operator: Operator, condition: Condition) -> Expression:
        """The key is present and its value satisfies the operator."""
        base, negated = positive(operator.base)
        met = disjunction(self._matches(view, base, value, condition) for value in condition.values)
        satisfied = both(view.present, negation(met)) if negated else met
        if operator.set_operator == "ForAllValues":
            return either(satisfied, self._empty(view))
        return both(satisfied, negation(self._empty(view))) if operator.set_operator else satisfied

    def _on_single(self, view: View, operator: Operator, satisfied: Expression) -> Expression:
        if operator.set_operator == "ForAllValues":
            return either(negation(view.present), satisfied)
        if operator.set_operator == "ForAnyValue":
            return satisfied
        if operator.if_exists or positive(operator.base)[1]:
            return either(negation(view.present), satisfied)
        return satisfied

    def _matches(self, view: View, base: str, value: Text, condition: Condition) -> Expression:
        """Whether the value of a present key satisfies the positive operator with one listed value."""
        mode = _TEXT_MODES.get(base)
        try:
            if base == "Bool" and self.variables and "${" in value.value:
                return both(Symbol("C3-bool"), self._bool(view, value.value))
            if mode is None:
                predicate = typed_predicate(base, value.value)
                return FALSE if predicate is None else self.space.ask(view, predicate)
            if "${" not in value.value:
                predicate = plain_predicate(mode, value.value)
                return FALSE if predicate is None else self.space.ask(view, predicate)
            pieces = template(value.value, self.variables)
            if any(isinstance(piece, Variable) for piece in pieces):
                return relate(self.space, view, mode, pieces, self.in_key_policy)
            return self._text(view, mode, pieces)
        except Unsuitable:
            return self._unsupported(condition, view, (value,))

    def _bool(self, view: View, text: str) -> Expression:
        """A `Bool` with policy variables that work (the reading C3-bool): both are true, or both are false, in any case."""
        pieces = template(text, True)
        truths = (typed_predicate("Bool", word) for word in ("true", "false"))
        is_truth = disjunction([self.space.ask(view, predicate) for predicate in truths if predicate is not None])
        if any(isinstance(piece, Variable) for piece in pieces):
            return both(is_truth, relate(self.space, view, EQUALS_FOLD, pieces, self.in_key_policy))
        return both(is_truth, self._text(view, EQUALS_FOLD, pieces))

    def _text(self, view: View, mode: str, pieces: Template) -> Expression:
        predicate = text_predicate(mode, [piece for piece in pieces if isinstance(piece, Fixed)])
        return FALSE if predicate is None else self.space.ask(view, predicate)

    def _unsupported(self, condition: Condition, view: View | SetView, values: Sequence[Text]) -> Symbol:
        """A symbol for the comparison. Its name holds all that the comparison depends on: two that differ must not share one."""
        meaning = (view.name, [value.value for value in values], self.variables, self.in_key_policy)
        name = f"unsupported:{condition.operator}:{meaning}"
        self.space.unsupported[name] = f"`{condition.operator}` on `{condition.key.value}` ({condition.span})"
        return Symbol(name)

    def _on_set(self, view: SetView, operator: Operator, condition: Condition) -> Expression:
        base = positive(operator.base)[0]
        try:
            predicates = self._set_predicates(base, condition, {})
        except Unsuitable:
            return self._with_variables(view, operator, condition)
        return self._on_predicates(view, operator, predicates)

    def _with_variables(self, view: SetView, operator: Operator, condition: Condition) -> Expression:
        """A symbol, whose meaning is known where the values of the variables are (`problem.semantics.relations`)."""
        symbol = self._unsupported(condition, view, condition.values)
        base = positive(operator.base)[0]
        pieces = [piece for value in condition.values for piece in template(value.value, self.variables)]
        variables = list(dict.fromkeys(piece for piece in pieces if isinstance(piece, Variable)))
        sources = [variable_view(self.space, variable, self.in_key_policy) for variable in variables]
        found = tuple(source for source in sources if source is not None)
        if base in _TEXT_MODES and isinstance(view.present, Present) and len(found) == len(sources):

            def meaning(values: Sequence[str]) -> Expression:
                known = dict(zip(variables, values, strict=True))
                return self._on_predicates(view, operator, self._set_predicates(base, condition, known))

            self.space.partly_known[symbol.name] = PartlyKnown(found, meaning)
        return symbol

    def _on_predicates(self, view: SetView, operator: Operator, predicates: frozenset[Predicate]) -> Expression:
        negated = positive(operator.base)[1]
        # A value satisfies a negated operator iff it matches none of those listed (C1).
        some_satisfies = view.some(predicates, not negated)
        if operator.set_operator == "ForAllValues":
            return negation(view.some(predicates, negated))
        if operator.set_operator == "ForAnyValue":
            absent = Symbol("C1") if operator.if_exists else FALSE
            return either(some_satisfies, both(negation(view.present), absent))
        absent = TRUE if operator.if_exists or negated else FALSE
        return either(both(view.present, Symbol("C2"), some_satisfies), both(negation(view.present), absent))

    def _set_predicates(self, base: str, condition: Condition, known: Mapping[Variable, str]) -> frozenset[Predicate]:
        """The predicates of the listed values, with the `known` values of variables in their place. Raises `Unsuitable` for others."""
        mode = _TEXT_MODES.get(base)
        found: set[Predicate] = set()
        for value in condition.values:
            if mode is None:
                if base == "Bool" and self.variables and "${" in value.value:
                    raise Unsuitable("a policy variable beside a multi-valued key")
                predicate = typed_predicate(base, value.value)
            else:
                pieces = [
                    Fixed(known[piece], False) if isinstance(piece, Variable) and piece in known else piece
                    for piece in template(value.value, self.variables)
                ]
                if any(isinstance(piece, Variable) for piece in pieces):
                    raise Unsuitable("a policy variable beside a multi-valued key")
                predicate = text_predicate(mode, [piece for piece in pieces if isinstance(piece, Fixed)])
            if predicate is not None:
                found.add(predicate)
        return frozenset(found)


@cache
def positive(base: str) -> tuple[str, bool]:
    """The positive form of an operator, and whether it was negated."""
    if base == "NotIpAddress":
        return "IpAddress", True
    for kind in ("String", "Arn", "Numeric", "Date"):
        if base.startswith(kind + "Not"):
            return kind + base[len(kind) + 3 :], True
    return base, False


def _may_be_empty(attribute: Attribute) -> bool:
    """Whether an attribute can have an empty string for its value."""
    return attribute.domain is not None and any(form.matches("") for form in attribute.domain.base)
