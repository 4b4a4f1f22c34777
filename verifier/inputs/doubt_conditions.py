"""Conditions with unknown values, taken narrowly and widely.

In: the value of a `Condition` element. Out: conditions that hold for fewest requests, and conditions that hold for most.
Guarantee: as in `doubt_elements`. An unknown part of a text is a wildcard where the operator has a form with wildcards; elsewhere the
condition is left out (widely) or fails (narrowly). A wildcard of `StringLike` crosses colons, so it covers the Arn operators (L6).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from verifier.inputs.doubt_elements import Limit, is_part_of_variable, listed, split, wildcards
from verifier.inputs.nodes import Members, Node, Scalar, text_at
from verifier.inputs.unknown import Resolved, Unknown, names_in

_OPERATOR = re.compile(r"((?:ForAllValues|ForAnyValue):)?([A-Za-z]+?)(IfExists)?")
_LIKE = {
    **dict.fromkeys(("StringEquals", "StringLike", "ArnEquals", "ArnLike"), "StringLike"),
    **dict.fromkeys(("StringNotEquals", "StringNotLike", "ArnNotEquals", "ArnNotLike"), "StringNotLike"),
}
"""For an operator the one with wildcards that matches at least what it matches."""

_Test = tuple[Scalar, Scalar, Node]
"""Operator, condition key, values."""


class _Impossible(Exception):
    """A test that must be kept cannot be said: narrowly it fails, widely it is left out."""


def narrowed_conditions(value: Node) -> Node | None:
    """The conditions, so that they hold for fewest requests; `None` where that is none."""
    if isinstance(value, Unknown):
        return None
    try:
        return _rebuilt(value, lossy=False)
    except _Impossible:
        return None


def widened_conditions(value: Node) -> Node | None:
    """The conditions, so that they hold for most requests; `None` where nothing is left of them."""
    if isinstance(value, Unknown):
        return None
    rebuilt = _rebuilt(value, lossy=True)
    return None if isinstance(rebuilt, Members) and not rebuilt.pairs else rebuilt


def _rebuilt(value: Node, *, lossy: bool) -> Node:
    """The conditions with every test that has unknown values changed. What cannot be said is left out if `lossy`, else `_Impossible`."""
    if not isinstance(value, Members):
        return value
    whole: list[tuple[Scalar, Node]] = []
    for operator, block in value.pairs:
        if isinstance(block, Members) or not names_in([block]):
            whole.append((operator, block))
        elif not lossy:
            raise _Impossible
    pairs = [(operator, block) for operator, block in whole if not names_in([block])]
    for test in _tests(whole):
        try:
            _add(pairs, _changed(*test, wide=lossy) if names_in([test[2]]) else test)
        except _Impossible:
            if not lossy:
                raise
    return Resolved(value.source, value.start, value.end, pairs)


def _tests(pairs: Sequence[tuple[Scalar, Node]]) -> Iterator[_Test]:
    """The tests of the operators under which something is unknown."""
    for operator, block in pairs:
        if isinstance(block, Members) and names_in([block]):
            yield from ((operator, key, values) for key, values in block.pairs)


def _add(pairs: list[tuple[Scalar, Node]], test: _Test) -> None:
    """Adds a test. Where its operator has the key already (L4) it cannot be said."""
    operator, key, values = test
    at = next((n for n, (given, block) in enumerate(pairs) if given.text == operator.text and isinstance(block, Members)), None)
    inner = pairs[at][1] if at is not None else None
    given = inner.pairs if isinstance(inner, Members) else []
    if any(other.text.lower() == key.text.lower() for other, _ in given):
        raise _Impossible
    block = Resolved(key.source, key.start, values.end, [*given, (key, values)])
    if at is None:
        pairs.append((operator, block))
    else:
        pairs[at] = (pairs[at][0], block)


def _changed(operator: Scalar, key: Scalar, values: Node, *, wide: bool) -> _Test:
    """The test, so that it holds for most requests if `wide`, else for fewest. More values make a negated operator hold for fewer."""
    known, unknown = split(values)
    base = _parts(operator)[1]
    if not wide and not base.startswith(("String", "Arn", "Null")):
        raise _Impossible  # a value that does not parse may make the statement match nothing (the reading C3)
    if wide is not ("Not" in base):
        return _with_wildcards(operator, key, values, known, unknown)
    if not known:
        raise _Impossible
    return operator, key, listed(values, known)


def _with_wildcards(operator: Scalar, key: Scalar, values: Node, known: list[Node], unknown: list[Unknown]) -> _Test:
    """The test with a wildcard for each unknown part, which matches at least what it matches (so do `*` and `?` that were literal). Raises
    `_Impossible` where its operator has no form with wildcards, or a text cannot be a pattern."""
    prefix, base, suffix = _parts(operator)
    like = _LIKE.get(base)
    if like is None or any(not node.is_text for node in unknown):
        raise _Impossible
    if any(is_part_of_variable(node.pieces) for node in unknown):
        raise _Impossible
    return text_at(operator, prefix + like + suffix), key, listed(values, [*known, *(text_at(node, wildcards(node)) for node in unknown)])


def _parts(operator: Scalar) -> tuple[str, str, str]:
    match = _OPERATOR.fullmatch(operator.text)
    return (match.group(1) or "", match.group(2), match.group(3) or "") if match else ("", operator.text, "")


def with_condition(pairs: Sequence[tuple[Scalar, Node]], statement: Members, limit: Limit) -> list[tuple[Scalar, Node]]:
    """The elements with one condition more; as they are where every operator that could say it has its key already."""
    assert limit is not None
    operators, key, value = limit
    condition = next((node for name, node in pairs if name.text == "Condition"), None)
    blocks = {name.text: block for name, block in condition.pairs} if isinstance(condition, Members) else {}
    free = [name for name in operators if name not in blocks]
    if not free:
        return list(pairs)
    test = Resolved(statement.source, statement.start, statement.end, [(text_at(statement, key), text_at(statement, value))])
    given = condition.pairs if isinstance(condition, Members) else []
    place = condition or statement
    whole = Resolved(place.source, place.start, place.end, [*given, (text_at(statement, free[0]), test)])
    return [*((name, node) for name, node in pairs if name.text != "Condition"), (text_at(statement, "Condition"), whole)]
