"""The `Condition` element (C).

In: the element's value. Out: `Condition`s in the order of the text; errors go to the findings.
Guarantee: every operator is one that AWS documents, and no key is there twice (L3, L4, C1).
"""

from __future__ import annotations

from verifier.language.policies.condition_checks import check_condition, check_key, operator_hint
from verifier.language.policies.reader import Reader, unique_members
from verifier.model.operators import OPERATORS, name_parts
from verifier.model.policy import Condition, Operator, Text
from verifier.syntax.policy_tree import Atom, ListNode, MapNode, Member, ScalarKind, describe
from verifier.syntax.text import brief


def read_conditions(reader: Reader, member: Member) -> tuple[Condition, ...]:
    """The conditions of a statement, one for each operator and key: none of an empty block (L4)."""
    block = _map(reader, member, "an object of condition operators")
    if block is None:
        return ()
    conditions: list[Condition] = []
    for name, operator_member in unique_members(reader, block.members, "`Condition`").items():
        operator = read_operator(reader, operator_member)
        tests = _map(reader, operator_member, "an object of condition keys")
        if tests is not None and not tests.members:
            reader.error(tests, f"`{brief(name)}` is empty; expected an object of condition keys", rule="L4")
        if operator is not None and tests is not None:
            conditions += _read_tests(reader, name, operator, tests)
    return tuple(conditions)


def is_empty_condition(member: Member) -> bool:
    """True iff a `Condition` is an empty object: an Allow with it is one without, of a Deny pages differ (L4)."""
    return isinstance(member.value, MapNode) and not member.value.members


def read_operator(reader: Reader, member: Member) -> Operator | None:
    """A condition operator, taken apart (C1)."""
    parts = name_parts(member.name)
    if parts is None:
        hint = operator_hint(member.name)
        reader.error(member, f"unknown condition operator `{brief(member.name)}`", hint=hint, rule="L4")
        return None
    set_operator, base, if_exists = parts
    if OPERATORS[base].type is None and (set_operator or if_exists):
        message = f"`{member.name}`: `{base}` takes no {'set operator' if set_operator else '`IfExists`'}"
        reader.error(member, message, hint=f"write `{base}`", rule="C1")
        return None
    return Operator(base, set_operator, if_exists, reader.span(member.start, member.end))


def _map(reader: Reader, member: Member, expected: str) -> MapNode | None:
    """The object that a member must have for its value."""
    value = member.value
    if not isinstance(value, MapNode):
        reader.error(value, f"`{brief(member.name)}` must be {expected}, found {describe(value)}", rule="L4")
        return None
    return value


def _read_tests(reader: Reader, operator_name: str, operator: Operator, tests: MapNode) -> list[Condition]:
    conditions = []
    seen: dict[str, Member] = {}
    for name, member in unique_members(reader, tests.members, f"`{operator_name}`").items():
        first = seen.setdefault(name.lower(), member)
        if first is not member:
            message = (
                f"`{brief(name)}` and `{brief(first.name)}` under `{operator_name}` are the same condition key: "
                "case does not matter"
            )
            reader.error(member, message, rule="L3")
        if not _is_key(name):
            message = f"`{brief(name)}` is not a condition key; expected a name with a prefix, such as `aws:SourceIp`"
            reader.error(member, message, rule="L4")
        else:
            check_key(reader, member)
        values = _read_values(reader, member, operator)
        check_condition(reader, operator, member, values)
        key = Text(name, reader.span(member.start, member.end))
        span = reader.span(member.start, member.value.end)
        conditions.append(Condition(operator, key, tuple(map(reader.text, values)), span))
    return conditions


def _is_key(name: str) -> bool:
    prefix, colon, rest = name.partition(":")
    return bool(prefix and colon and rest) and not any(character.isspace() for character in prefix)


def _read_values(reader: Reader, member: Member, operator: Operator) -> tuple[Atom, ...]:
    """The listed values: strings (the empty one as well), numbers and Booleans (L2); none of an empty list (L4)."""
    expected = "a string, a number, a Boolean or a list of these"
    found = []
    compares = operator.row.type is not None and not operator.row.negated
    if compares and isinstance(member.value, ListNode) and not member.value.items:
        reader.warning(member.value, f"`{brief(member.name)}` is an empty list, which no value matches", rule="L4")
        return ()
    for value in reader.items(member, expected):
        if isinstance(value, Atom) and value.kind not in (ScalarKind.NULL, ScalarKind.AMBIGUOUS):
            found.append(value)
        else:
            reader.wrong_type(member, expected, value)
    return tuple(found)
