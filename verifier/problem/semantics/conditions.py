"""Condition blocks → expressions (C).

In: the conditions of a statement, or of an invariant. Out: an expression that is true iff they hold.
Guarantee: exact for single-valued keys; a comparison that no class table can hold becomes a symbol, `Unsupported`: a
verdict that rests on it is settled by a replay, or unknown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from verifier.frozen import Frozen
from verifier.model.operators import FOR_ALL, FOR_ANY, OperatorRow, Sign
from verifier.model.policy import Condition, Operator, Policy, Statement, Text
from verifier.model.readings import (
    C1,
    C1_NULL,
    C2,
    C2_NEGATION,
    C2_NOT,
    C3,
    C3_BOOL,
    C3_OFFSET,
    C3_PREFIX,
    C3_YEAR,
    C3_ZONE,
    L4,
    L6_ARN,
)
from verifier.model.reference import ValueType
from verifier.model.symbols import Reading, Unsupported
from verifier.problem.classes.predicates import Predicate
from verifier.problem.classes.tables import Unsuitable
from verifier.problem.expression import FALSE, TRUE, Expression, Present, Symbol, choose, conjunction, disjunction
from verifier.problem.facts.shared import empty
from verifier.problem.semantics.relations import relate
from verifier.problem.semantics.values import (
    Fixed,
    Variable,
    plain_predicate,
    running_on,
    template,
    text_predicate,
    typed_predicate,
)
from verifier.problem.space import Space
from verifier.problem.views import PartlyKnown, SetView, View


class Mode(Frozen):
    """How the policy at hand is read: with variables or without (L1), as a key policy or not (F8)."""

    space: Space
    variables: bool
    readable_by: Reading | None
    of_policy: bool = True
    """Whether a policy asks, not an invariant, for which a key with an empty value is present."""

    def condition(self, condition: Condition) -> Expression:
        """True iff one operator on one key holds. Conditions that mean the same, wherever they stand, are read once."""
        operator, listed = condition.operator, tuple([value.value for value in condition.values])
        how = operator.base, operator.set_operator, operator.if_exists
        meaning = (condition.key.value, how, listed, self.variables, self.readable_by, self.of_policy)
        found = self.space.conditions.get(meaning)
        if found is None:
            found = self.space.conditions[meaning] = self._condition(condition)
        return found

    def _condition(self, condition: Condition) -> Expression:
        key, operator = condition.key.value, condition.operator
        self.space.note(key)
        view = self.space.view(key, self.readable_by)
        if operator.row.type is None:
            return disjunction(self._null(view, value.value.lower() == "true") for value in condition.values)
        if isinstance(view, SetView):
            try:
                return self._on_values(view, operator, condition, {})
            except Unsuitable:
                return self._with_variables(view, operator, condition)
        satisfied = self._satisfied(view, operator, condition)
        if operator.set_operator and key in self.space.notes:  # it may have several values (C2)
            says = f"{view.name}:{operator}:{[value.value for value in condition.values]}:{self.variables}"
            names = (Unsupported(f"several:{one}", f"several values of `{key}`") for one in (view.name, says))
            several, met = map(Symbol, names)
            satisfied = choose(several, view.present & met, satisfied)
        if operator.set_operator == FOR_ANY:
            return satisfied | (self._null(view, True) & Symbol(C1)) if operator.if_exists else satisfied
        may_lack = operator.set_operator == FOR_ALL or operator.if_exists or operator.row.negated
        return ~view.present | satisfied if may_lack else satisfied

    def _null(self, view: View | SetView, wanted: bool) -> Expression:
        """True iff the key is null, or is not (`wanted`): absent, or an empty string that counts as absent (C1)."""
        null = ~view.present
        if isinstance(view, View) and self.of_policy:
            null = null | (empty(self.space, view) & Symbol(C1_NULL))
        return null if wanted else ~null

    def _satisfied(self, view: View, operator: Operator, condition: Condition) -> Expression:
        """True iff the key is present and its value satisfies the operator."""
        met = disjunction(self._matches(view, operator.row, value, condition) for value in condition.values)
        satisfied = view.present & ~met if operator.row.negated else met
        if operator.set_operator == FOR_ALL:
            return satisfied | empty(self.space, view)
        return satisfied & ~empty(self.space, view) if operator.set_operator else satisfied

    def _matches(self, view: View, row: OperatorRow, value: Text, condition: Condition) -> Expression:
        """True iff the value of a present key compares with one listed value as the operator says."""
        written = self._as_written(view, row, value, condition)
        other = self._otherwise(row, value)
        if other == [value]:
            return written
        otherwise = disjunction([self._as_written(view, row, text, condition) for text in other])
        return choose(_reading(row), otherwise, written)

    def _otherwise(self, row: OperatorRow, value: Text) -> list[Text]:
        """What a listed value means by the other reading: an asterisk of an ARN pattern stands for the fields that it
        lacks (L6-arn), a date of four digits is seconds (C3-year), an IPv6 address has the prefix 32 (C3-prefix)."""
        if row.type is ValueType.ARN:
            return [value, *(replace(value, value=longer) for longer in running_on(value.value, 5))]
        if self.of_policy and row.type in _READ_OTHERWISE:
            pattern, suffix, _ = _READ_OTHERWISE[row.type]
            if pattern.fullmatch(value.value) and typed_predicate(row, value.value) is not None:
                return [replace(value, value=value.value + suffix)]
        return [value]

    def _as_written(self, view: View, row: OperatorRow, value: Text, condition: Condition) -> Expression:
        try:
            if self.variables and _is_replaced(row, value):
                return Symbol(C3_BOOL) & self._bool(view, row, value.value)
            if not row.is_text:
                predicate = typed_predicate(row, value.value)
                holds = FALSE if predicate is None else self.space.ask(view, predicate)
                reading = _zone_reading(row, value) if self.of_policy else None
                return holds & Symbol(reading) if reading else holds
            if "${" not in value.value:
                predicate = plain_predicate(row.sign, value.value)
                return FALSE if predicate is None else self.space.ask(view, predicate)
            return relate(self.space, view, row.sign, template(value.value, self.variables), self.readable_by)
        except Unsuitable:
            return self._unsupported(condition, (value,), view)

    def _bool(self, view: View, row: OperatorRow, text: str) -> Expression:
        """True iff `Bool` holds with variables that work (reading C3-bool): both true, or both false, in any case."""
        truths = (typed_predicate(row, word) for word in ("true", "false"))
        is_truth = disjunction([self.space.ask(view, predicate) for predicate in truths if predicate is not None])
        return is_truth & relate(self.space, view, Sign.EQUAL_BUT_CASE, template(text, True), self.readable_by)

    def _unsupported(self, condition: Condition, values: Sequence[Text], *views: View | SetView | None) -> Symbol:
        """A symbol for the comparison. Its name holds all that the comparison depends on: two that differ must not
        share one."""
        known = [(view.name, view.fixed if isinstance(view, View) else None) for view in views if view is not None]
        meaning = (known, [value.value for value in values], self.variables, self.readable_by)
        text = f"`{condition.operator}` on `{condition.key.value}` ({condition.span})"
        return Symbol(Unsupported(f"{condition.operator}:{meaning}", text))

    def _on_values(
        self, view: SetView, operator: Operator, condition: Condition, known: Mapping[Variable, str]
    ) -> Expression:
        """True iff an operator on a set holds, with the `known` values of variables in their place. Raises `Unsuitable`
        for others."""
        row = operator.row
        listed = self._set_predicates(condition, condition.values, known)
        texts = [text for value in condition.values for text in self._otherwise(row, value)]
        other = self._set_predicates(condition, texts, known)
        written = self._on_predicates(view, operator, listed)
        if other == listed:
            return written
        return choose(_reading(row), self._on_predicates(view, operator, other), written)

    def _with_variables(self, view: SetView, operator: Operator, condition: Condition) -> Expression:
        """True iff an operator on a set with variables holds: a symbol, whose meaning is known where their values are
        (`problem.semantics.relations`)."""
        pieces = [piece for value in condition.values for piece in template(value.value, self.variables)]
        variables = list(dict.fromkeys(piece for piece in pieces if isinstance(piece, Variable)))
        sources = [self.space.single(variable.key, self.readable_by) for variable in variables]
        symbol = self._unsupported(condition, condition.values, view, *sources)
        found = tuple(source for source in sources if source is not None)
        if operator.row.is_text and isinstance(view.present, Present) and len(found) == len(sources):

            def meaning(values: Sequence[str]) -> Expression:
                known = dict(zip(variables, values, strict=True))
                return self._on_values(view, operator, condition, known)

            self.space.partly_known[symbol.name] = PartlyKnown(found, meaning)
        return symbol

    def _on_predicates(self, view: SetView, operator: Operator, predicates: frozenset[Predicate]) -> Expression:
        negated = operator.row.negated
        # A value satisfies a negated operator iff it matches none of those listed (C1).
        some_satisfies = view.some(predicates, not negated)
        if operator.set_operator == FOR_ALL:
            return ~view.some(predicates, negated)
        if operator.set_operator == FOR_ANY:
            absent = Symbol(C1) if operator.if_exists else FALSE
            return some_satisfies | (~view.present & absent)
        absent = TRUE if operator.if_exists or negated else FALSE
        present = Symbol(C2) & some_satisfies
        if negated:
            whole = ~(Symbol(C2_NOT) & view.some(predicates, True))
            present = choose(Symbol(C2_NEGATION), whole, Symbol(C2_NOT) & some_satisfies)
        return (view.present & present) | (~view.present & absent)

    def _set_predicates(
        self, condition: Condition, values: Iterable[Text], known: Mapping[Variable, str]
    ) -> frozenset[Predicate]:
        """The predicates of some values under the operator of a condition."""
        row = condition.operator.row
        found: set[Predicate] = set()
        for value in values:
            if not row.is_text:
                if self.variables and _is_replaced(row, value):
                    raise Unsuitable("a policy variable beside a multi-valued key")
                if _zone_reading(row, value):
                    raise Unsuitable("a date without a zone beside a multi-valued key")
                predicate = typed_predicate(row, value.value)
            else:
                pieces = [
                    Fixed(known[piece], False) if isinstance(piece, Variable) and piece in known else piece
                    for piece in template(value.value, self.variables)
                ]
                if any(isinstance(piece, Variable) for piece in pieces):
                    raise Unsuitable("a policy variable beside a multi-valued key")
                predicate = text_predicate(row.sign, [piece for piece in pieces if isinstance(piece, Fixed)])
            if predicate is not None:
                found.add(predicate)
        return frozenset(found)


_READ_OTHERWISE: Mapping[ValueType | None, tuple[re.Pattern[str], str, Reading]] = {
    ValueType.DATE: (re.compile("[0-9]{4}"), ".0", C3_YEAR),
    ValueType.IP: (re.compile("[^/]*:[^/]*"), "/32", C3_PREFIX),
}
"""By type, which listed values may mean something else: what is added to them then, and the reading by which it is."""
_ODD_ZONE = re.compile(r"[-0-9]+T[0-9:.]+([-+][0-9]{4})?\Z")


def _reading(row: OperatorRow) -> Symbol:
    """The reading by which a value listed under an operator means what `Reader._otherwise` says."""
    return Symbol(_READ_OTHERWISE[row.type][2] if row.type in _READ_OTHERWISE else L6_ARN)


def _zone_reading(row: OperatorRow, value: Text) -> Reading | None:
    """The reading by which a listed date with a time can be read, if it has no zone as the W3C writes it."""
    found = _ODD_ZONE.match(value.value) if row.type is ValueType.DATE else None
    return (C3_OFFSET if found[1] else C3_ZONE) if found and typed_predicate(row, value.value) is not None else None


# -- values that cannot be read (C3) --


def readable(policy: Policy, statement: Statement) -> Expression:
    """True iff a statement is not void for a listed value that its operator cannot read (the readings C3-…), or for an
    empty `Condition` of a Deny (the reading L4)."""
    kept: list[Expression] = [Symbol(L4)] if statement.empty_condition else []
    kept += [~Symbol(C3[one.operator.row.type]) for one, _ in unread(policy, statement)]
    for row, value in ((one.operator.row, value) for one in statement.conditions for value in one.values):
        reading = C3_BOOL if policy.variables and _is_replaced(row, value) else _zone_reading(row, value)
        if reading:
            kept.append(Symbol(reading) | ~Symbol(C3[row.type]))
    return conjunction(dict.fromkeys(kept))


def unread(policy: Policy, statement: Statement) -> Iterator[tuple[Condition, Text]]:
    """The listed values that do not parse, but for those that are not read before their variables are replaced."""
    for condition in statement.conditions:
        row = condition.operator.row
        for value in condition.values if row.is_typed else ():
            if typed_predicate(row, value.value) is None and not (policy.variables and _is_replaced(row, value)):
                yield condition, value


def _is_replaced(row: OperatorRow, value: Text) -> bool:
    """True iff a listed value has policy variables under `Bool`, where they work by the reading C3-bool."""
    return row.type is ValueType.BOOL and "${" in value.value
