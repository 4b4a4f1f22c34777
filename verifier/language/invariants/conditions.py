"""Conditions of an invariant: tree → `ConditionExpression`.

In: the condition of a sentence, or the comparison of a tag. Out: IAM conditions; errors go to the findings.
Guarantee: each comparison is exactly one IAM operator, by its sign and the type of the key, or written out. Where IAM
itself has a trap (C2: several values without a set operator, or the other way round; a listed value that can match
nothing), the readable forms refuse it; the operator written out is taken as it stands.
"""

from __future__ import annotations

import re

from verifier.language.invariants.names import DeclaredNames
from verifier.language.policies.condition_checks import check_condition, is_multivalued_key, operator_hint
from verifier.language.policies.reader import Reader
from verifier.model.invariant import ConditionAnd, ConditionExpression, ConditionNot, ConditionOr, Holds
from verifier.model.operators import FOR_ALL, FOR_ANY, OPERATORS, Sign, name_parts, operator_named
from verifier.model.policy import Condition, Operator, PolicyKind, Text
from verifier.model.reference import ValueType, condition_key
from verifier.syntax.findings import Findings
from verifier.syntax.invariants import keywords
from verifier.syntax.invariants_tree import ConditionNode, ConditionTest, Joined, KeyComparison, Negated, WrittenWord
from verifier.syntax.policy_tree import Atom, ListNode, Member, ScalarKind
from verifier.syntax.text import brief

_EQUALITIES = {"=": False, "!=": True, "in": False, "not in": True}
"""Signs that compare by the type of the key, and whether they are negated."""

_CONSTANTS = {"is present": "false", "is absent": "true", "is true": "true", "is false": "false"}
_QUANTIFIERS = {None: None, "any of": FOR_ANY, "all of": FOR_ALL}
_TOLERATED = frozenset({"C2", "U4"})
"""Warnings about an operator written out, and about a condition key that the data does not know."""
_VARIABLE = re.compile(r"\$\{[^}]*\}")
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?", re.ASCII)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T.*)?", re.ASCII)


def read_condition(node: ConditionNode, names: DeclaredNames) -> ConditionExpression:
    """The condition that a node says. What is in error stands for a condition that nobody will use."""
    match node:
        case Joined():
            operands = tuple(read_condition(operand, names) for operand in node.operands)
            return ConditionAnd(operands) if node.every else ConditionOr(operands)
        case Negated():
            return ConditionNot(read_condition(node.operand, names))
        case ConditionTest():
            condition = read_comparison(node.quantifier, node.key, node.comparison, names)
            return Holds(condition) if condition else ConditionOr(())


def read_comparison(
    quantifier: str | None, key: WrittenWord, comparison: KeyComparison, names: DeclaredNames
) -> Condition | None:
    """The one IAM condition that a comparison is; `None` if it is in error."""
    _check_key(key, names)
    if comparison.explicit:
        operator = _read_written_out(quantifier, comparison, names)
    else:
        operator = _read_readable(quantifier, key, comparison, names)
    if operator is None:
        return None
    values = _values(comparison, names)
    _check_values(operator, key, comparison, names)
    span = names.findings.source.span(min(key.start, comparison.start), comparison.end)
    return Condition(operator, names.text(key), values, span)


def _read_written_out(quantifier: str | None, comparison: KeyComparison, names: DeclaredNames) -> Operator | None:
    """An IAM operator by its name (L4, C1)."""
    word = comparison.operator
    parts = name_parts(word.value)
    if parts is None:
        names.error(word, f"unknown condition operator `{brief(word.value)}`", operator_hint(word.value), "L4")
        return None
    prefix, base, if_exists = parts
    if OPERATORS[base].type is None and (prefix or if_exists or quantifier):
        names.error(
            word, f"`{base}` takes neither a set operator nor `IfExists`", "write `is present` or `is absent`", "C1"
        )
        return None
    if prefix and quantifier:
        names.error(word, f"`{quantifier}` and `{prefix}` say it twice", f"leave out `{quantifier}`", "C1")
        return None
    return Operator(base, prefix or _QUANTIFIERS[quantifier], if_exists, names.text(word).span)


def _read_readable(
    quantifier: str | None, key: WrittenWord, comparison: KeyComparison, names: DeclaredNames
) -> Operator | None:
    """The IAM operator of a sign or phrase, by the type of the key where that matters."""
    word = comparison.operator
    if word.value in ("is present", "is absent"):
        if quantifier:
            names.error(word, f"`{word.value}` takes no `{quantifier}`", f"write `{key.value} {word.value}`", "C1")
            return None
        return Operator(operator_named(None, Sign.ABSENT), None, False, names.text(word).span)
    _check_quantifier(quantifier, key, names)
    base = _readable_base(key, comparison, names)
    return None if base is None else Operator(base, _QUANTIFIERS[quantifier], False, names.text(word).span)


def _readable_base(key: WrittenWord, comparison: KeyComparison, names: DeclaredNames) -> str | None:
    """The IAM operator of a sign or phrase that reads values; `None` if it cannot compare the key."""
    sign = comparison.operator.value
    if sign in _CONSTANTS:
        return operator_named(ValueType.BOOL, Sign.EQUAL)
    if sign in _EQUALITIES:
        type_ = _equality_type(key)
        if type_ is ValueType.STRING:
            _check_exact(comparison, names)
        return operator_named(type_, Sign.EQUAL, negated=_EQUALITIES[sign])
    positive = Sign(sign.removeprefix("not "))
    if positive in (Sign.LIKE, Sign.WITHIN):
        type_ = ValueType.STRING if positive is Sign.LIKE else ValueType.IP
        return operator_named(type_, positive, negated=sign.startswith("not "))
    ordered = _ordered_type(key, comparison, names)
    return None if ordered is None else operator_named(ordered, positive)


def _check_quantifier(quantifier: str | None, key: WrittenWord, names: DeclaredNames) -> None:
    """C2: a readable comparison says `any of` or `all of` exactly where the key holds several values."""
    multivalued = is_multivalued_key(key.value)
    if multivalued and quantifier is None:
        message = f"`{brief(key.value)}` holds several values; say which must compare"
        names.error(key, message, "write `any of …` or `all of …` before it", "C2")
    if multivalued is False and quantifier is not None:
        message = f"`{brief(key.value)}` holds one value; `{quantifier}` is for keys that hold several"
        names.error(key, message, f"leave out `{quantifier}`", "C2")


def _equality_type(key: WrittenWord) -> ValueType:
    known = condition_key(key.value)
    return known.type if known and known.type in (ValueType.NUMERIC, ValueType.DATE) else ValueType.STRING


def _ordered_type(key: WrittenWord, comparison: KeyComparison, names: DeclaredNames) -> ValueType | None:
    """A number or a date: by the key's type; for tags, other free names and unknown keys by the look of the value."""
    known = condition_key(key.value)
    if len(comparison.values) > 1:
        names.error(comparison.operator, f"`{comparison.operator.value}` compares with one value")
        return None
    value = comparison.values[0]
    if known and known.type in (ValueType.NUMERIC, ValueType.DATE):
        return _equality_type(key)
    if known and known.prefix is None:
        own = f"`{brief(key.value)}` is of type {known.type.value}"
        names.error(key, f"`{comparison.operator.value}` compares numbers and dates; {own}")
        return None
    if _NUMBER.fullmatch(value.value):
        return ValueType.NUMERIC
    if _DATE.fullmatch(value.value):
        return ValueType.DATE
    names.error(
        value, f'"{brief(value.value)}" is neither a number nor a date', "a date is written 2026-01-31T00:00:00Z"
    )
    return None


def _check_exact(comparison: KeyComparison, names: DeclaredNames) -> None:
    """`=` compares character by character; a wildcard there is most likely meant for `like`."""
    for value in comparison.values:
        if set(_VARIABLE.sub("", value.value)) & set("*?"):
            sign = comparison.operator.value
            readable = "not like" if sign in ("!=", "not in") else "like"
            hint = f"write `{readable}` for a pattern; for the character itself write the operator `StringEquals` out"
            names.error(value, f"`{sign}` takes `*` and `?` literally", hint, "L6")


def _values(comparison: KeyComparison, names: DeclaredNames) -> tuple[Text, ...]:
    constant = _CONSTANTS.get(comparison.operator.value)
    if constant and not comparison.explicit:
        return (Text(constant, names.text(comparison.operator).span),)
    for value in comparison.values:
        if value.value in keywords() - {"true", "false"} and not value.quoted:
            message = f"expected a value, found the word `{value.value}`"
            names.error(value, message, f'write "{value.value}" if that is the value')
    return tuple(names.text(value) for value in comparison.values)


def _check_key(key: WrittenWord, names: DeclaredNames) -> None:
    prefix, colon, rest = key.value.partition(":")
    if not (prefix and colon and rest) or key.value.endswith((":", "/")):
        message = f"`{brief(key.value)}` is not a condition key; expected a name with a prefix, such as `aws:SourceIp`"
        names.error(key, message, rule="L4")


def _check_values(operator: Operator, key: WrittenWord, comparison: KeyComparison, names: DeclaredNames) -> None:
    """What is wrong with the listed values (C1, C3, L6, L7): also what is only a warning in a policy, which its author
    may not own."""
    scalars = tuple(Atom(ScalarKind.STRING, value.value, value.start, value.end) for value in comparison.values)
    member = Member(key.value, key.start, key.end, ListNode(scalars, key.start, comparison.end))
    check_condition(Reader(_Strict(names.findings), PolicyKind.IDENTITY, variables=True), operator, member, scalars)


class _Strict(Findings):
    """Hands every remark on as an error, except those of `_TOLERATED` rules."""

    def __init__(self, findings: Findings) -> None:
        super().__init__(findings.source)
        self._findings = findings

    def error(self, start: int, end: int, message: str, *, hint: str | None = None, rule: str | None = None) -> None:
        self._findings.error(start, end, message, hint=hint, rule=rule)

    def warning(self, start: int, end: int, message: str, *, hint: str | None = None, rule: str | None = None) -> None:
        if rule not in _TOLERATED:
            self._findings.error(start, end, message, hint=hint, rule=rule)
