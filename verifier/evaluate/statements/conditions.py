"""Whether one condition of a statement holds (C, C1–C4, L7).

In: a condition, the request's context, the symbols. Out: a finding: its truth and what the request had.
Guarantee: an absent key follows rule C; a key or variable that is not known is a symbol, never a guess.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from verifier.evaluate.context import Context, Either, Entry, Free, Resolved, is_multivalued, resolve
from verifier.evaluate.findings import RuleFinding
from verifier.evaluate.statements.patterns import (
    Tokens,
    Variable,
    arn_matches,
    literal_text,
    matches,
    parse,
    run_on,
    substitute,
    variables_of,
)
from verifier.evaluate.statements.values import other_meaning, truth, value_matches, without_case, zone_reading
from verifier.evaluate.symbols import Symbols, Truth, all_of, any_of, negation
from verifier.evaluate.words.statements import deciding_rule, sentence
from verifier.frozen import Frozen
from verifier.model import reference
from verifier.model.operators import FOR_ALL, FOR_ANY, OperatorRow, Sign, operator_named
from verifier.model.policy import Condition, Operator, PolicyKind
from verifier.model.readings import (
    C1,
    C1_NULL,
    C2,
    C2_NEGATION,
    C2_NOT,
    C3_BOOL,
    EMPTY,
    L6_ARN,
    WILDCARDS,
    WILDCARDS_ARN,
)
from verifier.model.reference import ValueType
from verifier.model.request import strings_of
from verifier.model.symbols import KeyFact, Reading

_Values = Mapping[str, Resolved]


class Mode(Frozen):
    """What it takes to read conditions of a policy: its kind, whether it has variables (L1), context and symbols."""

    kind: PolicyKind
    variables: bool
    context: Context
    symbols: Symbols

    def entries(self, keys: list[str]) -> dict[str, Entry]:
        """What the policy reads for each key, by lower-case key."""
        return {name: self._as_supposed(name, self.context.lookup(name, self.kind)) for name in map(str.lower, keys)}

    def _as_supposed(self, name: str, entry: Entry) -> Entry:
        """A fact of the key that is not known is absent where its symbol says so (U3)."""
        if isinstance(entry, Either):
            return Either(entry.symbol, self._as_supposed(name, entry.yes), self._as_supposed(name, entry.no))
        if isinstance(entry, Free) and not entry.present and not self.symbols.given(KeyFact(name), True):
            return None
        return entry


def condition_variables(condition: Condition, variables: bool) -> list[Variable]:
    """The policy variables in a condition's values."""
    enabled = variables and (condition.operator.row.is_text or condition.operator.row.type is ValueType.BOOL)
    return [found for value in condition.values for found in variables_of(value.value, enabled)]


def condition_finding(condition: Condition, reader: Mode) -> RuleFinding:
    """Holds iff a condition does, with a sentence that says what the request had."""
    variables = condition_variables(condition, reader.variables)
    entries = reader.entries([condition.key.value, *(variable.key for variable in variables)])
    holds = resolve(entries, reader.symbols, lambda values: _holds(condition, values, reader))
    return RuleFinding(deciding_rule(condition, entries), sentence(condition, variables, entries), holds)


def _holds(condition: Condition, values: _Values, reader: Mode) -> Truth:
    value = values[condition.key.value.lower()]
    if condition.operator.row.type is None:
        return _null(condition, value, reader)
    if isinstance(value, Free):
        present = True if value.present else reader.symbols.value(KeyFact(condition.key.value.lower()))
        absent = _when_absent(condition.operator, reader.symbols)
        return any_of([all_of([present, _free(condition, value, values, reader)]), all_of([negation(present), absent])])
    if value is None or value == ():
        return _when_absent(condition.operator, reader.symbols)
    if any(isinstance(other, Free) for other in values.values()):
        return _free(condition, value, values, reader)
    return _when_present(condition, value, values, reader)


def _null(condition: Condition, value: Resolved, reader: Mode) -> Truth:
    """True iff the key is as one of the values of `Null` says: a list is a disjunction (C1)."""
    if isinstance(value, Free):
        absent = False if value.present else negation(reader.symbols.value(KeyFact(condition.key.value.lower())))
    elif value is not None and value != () and not _nonempty(value):
        absent = reader.symbols.value(C1_NULL)
    else:
        absent = value is None or value == ()
    wanted = [truth(listed.value) for listed in condition.values]
    return any_of([absent if want else negation(absent) for want in wanted if want is not None])


def _when_absent(operator: Operator, symbols: Symbols) -> Truth:
    """True iff the column *key absent* of C, or C1, says that the condition holds."""
    if operator.set_operator == FOR_ALL:
        return True
    if operator.set_operator == FOR_ANY:
        return symbols.value(C1) if operator.if_exists else False
    return operator.if_exists or operator.row.negated


def _free(condition: Condition, value: Resolved, values: _Values, reader: Mode) -> Truth:
    """True iff a test on something that is not known holds (U3): a symbol of its own, shared by equal tests. Nothing
    matches a text whose variable has no value (L7), nor an empty list (L4)."""
    operator, key = condition.operator, condition.key.value
    if not condition.values and (operator.set_operator != FOR_ALL or is_multivalued(key, value)):
        return False  # a single text may be empty, which ForAllValues takes for none
    listed = sorted(text.value for text in condition.values)
    if operator.set_operator or is_multivalued(key, value):
        name = f"{operator.set_operator or 'AnyValue'}:{operator.base}"
        found = reader.symbols.value(KeyFact(key.lower(), f"{name}:{listed}"))
        if operator.set_operator:
            return found
        matched = KeyFact(key.lower(), f"AnyValue:{operator_named(operator.row.type, operator.row.sign)}:{listed}")
        return _of_several(operator, reader.symbols, found, negation(reader.symbols.value(matched)))
    if operator.row.is_text and all(_lacks_a_value(text, values, reader) for text in listed):
        return operator.row.negated
    compared = operator_named(operator.row.type, operator.row.sign)
    found = reader.symbols.value(KeyFact(key.lower(), f"{compared}:{listed}"))
    return negation(found) if operator.row.negated else found


def _lacks_a_value(text: str, values: _Values, reader: Mode) -> bool:
    """True iff a listed text has a variable without default that is known to have no value."""
    found = variables_of(text, reader.variables)
    return any(variable.default is None and values[variable.key.lower()] in (None, ()) for variable in found)


def _when_present(condition: Condition, value: str | tuple[str, ...], values: _Values, reader: Mode) -> Truth:
    held = strings_of(value)
    if condition.operator.set_operator:
        held = _nonempty(value)
        if not held:
            return _of_empty_string(condition.operator, reader.symbols)
    singles = [_satisfies(condition, single, values, reader) for single in held]
    if condition.operator.set_operator == FOR_ALL:
        return all_of(singles)
    if condition.operator.set_operator == FOR_ANY:
        return any_of(singles)
    if is_multivalued(condition.key.value, value):
        return _of_several(condition.operator, reader.symbols, any_of(singles), all_of(singles))
    return singles[0]


def _of_several(operator: Operator, symbols: Symbols, some: Truth, every: Truth) -> Truth:
    """True iff an operator without set operator holds of a set, of which some value satisfies it, or every one (C2)."""
    if not operator.row.negated:
        return symbols.choose(C2, lambda: some, lambda: False)
    return symbols.choose(
        C2_NEGATION,
        lambda: symbols.choose(C2_NOT, lambda: every, lambda: True),
        lambda: symbols.choose(C2_NOT, lambda: some, lambda: False),
    )


def _nonempty(value: str | tuple[str, ...]) -> tuple[str, ...]:
    """The values that are no null data set, as an empty string is (C1)."""
    return tuple(filter(None, strings_of(value)))


def _of_empty_string(operator: Operator, symbols: Symbols) -> Truth:
    """True iff a set operator holds of an empty string, whatever is listed (C1). With `IfExists` it is absent as far as
    it is for `Null`."""
    if operator.set_operator == FOR_ALL or not operator.if_exists:
        return operator.set_operator == FOR_ALL
    return symbols.choose(C1_NULL, lambda: _when_absent(operator, symbols), lambda: False)


def _satisfies(condition: Condition, value: str, values: _Values, reader: Mode) -> Truth:
    """True iff one value of the request satisfies the operator: it matches a listed value, or none if negated."""
    matched = any_of([_matches(condition, value, listed.value, values, reader) for listed in condition.values])
    return negation(matched) if condition.operator.row.negated else matched


def _matches(condition: Condition, value: str, listed: str, values: _Values, reader: Mode) -> Truth:
    """True iff a value matches a listed text. An asterisk of an ARN may stand for the fields that it lacks (L6-arn)."""
    found = _as_written(condition, value, listed, values, reader)
    if found is True or condition.operator.row.type is not ValueType.ARN:
        return found
    further = any_of([_as_written(condition, value, longer, values, reader) for longer in run_on(listed, 5)])
    return found if further is False else any_of([found, all_of([further, reader.symbols.value(L6_ARN)])])


def _as_written(condition: Condition, value: str, listed: str, values: _Values, reader: Mode) -> Truth:
    row = condition.operator.row
    if reader.variables and replaced_under_bool(row, listed):
        return reader.symbols.choose(
            C3_BOOL, lambda: _truth_matches(row, value, listed, values, reader.symbols), lambda: False
        )
    if not row.is_text:
        compared = partial(value_matches, row, value, counts=_counts(condition.key.value))
        if reading := zone_reading(row, listed):
            return reader.symbols.choose(reading, lambda: compared(listed), lambda: False)
        if other := other_meaning(row, listed):
            return reader.symbols.choose(other[0], partial(compared, other[1]), partial(compared, listed))
        return compared(listed)
    parts = parse(listed, reader.variables)
    if all(isinstance(part, str) for part in parts):
        return _TEXT_MATCHES[row.sign](substitute(parts, {}, wild=False) or (), value)
    texts = single_texts(values)

    def compare(wild: bool, null: bool) -> bool:
        tokens = substitute(parts, texts, wild, null)
        return tokens is not None and _TEXT_MATCHES[row.sign](tokens, value)

    return under_readings(reader.symbols, WILDCARDS_ARN if row.type is ValueType.ARN else WILDCARDS, compare)


def replaced_under_bool(row: OperatorRow, listed: str) -> bool:
    """True iff a listed value has policy variables under `Bool`, where two pages differ on whether they work (C3)."""
    return row.type is ValueType.BOOL and "${" in listed


def under_readings(symbols: Symbols, wildcards: Reading, compare: Callable[[bool, bool], bool]) -> Truth:
    """True iff a comparison with variables holds, as their wildcards count (a reading of its own for each kind of
    element) and an empty value is none (L7)."""
    both = [
        partial(symbols.choose, EMPTY, partial(compare, wild, True), partial(compare, wild, False))
        for wild in (True, False)
    ]
    return symbols.choose(wildcards, *both)


def _truth_matches(row: OperatorRow, value: str, listed: str, values: _Values, symbols: Symbols) -> Truth:
    """True iff two texts are the same truth value, once the variables of one of them are replaced."""

    def compare(null: bool) -> bool:
        tokens = substitute(parse(listed, True), single_texts(values), wild=False, null=null)
        return tokens is not None and value_matches(row, value, literal_text(tokens))

    return symbols.choose(EMPTY, partial(compare, True), partial(compare, False))


def _counts(key: str) -> bool:
    """True iff the request's value of a key is a number, or an instant as one (C3, C5)."""
    known = reference.condition_key(key)
    return key.lower() in ("aws:epochtime", "kms:validto") or (known is not None and known.type is ValueType.NUMERIC)


def single_texts(values: _Values) -> dict[str, str | None]:
    """The single value of each key, for policy variables; a set gives nothing to substitute (L7)."""
    return {key: value if isinstance(value, str) else None for key, value in values.items()}


_TEXT_MATCHES: Mapping[Sign, Callable[[Tokens, str], bool]] = {
    Sign.EQUAL: lambda tokens, value: literal_text(tokens) == value,
    Sign.EQUAL_BUT_CASE: lambda tokens, value: without_case(literal_text(tokens)) == without_case(value),
    Sign.LIKE: matches,
    Sign.LIKE_ARN: arn_matches,
}
"""Whether a value matches the tokens of a listed text, by the sign of the operator."""
