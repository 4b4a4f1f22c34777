"""Statements with unknown parts, between a statement that says less and statements that say more.

In: a policy document in which values are `UnknownNode`. Out: a document without any, and which of its statements depend
on them.
Guarantee: whatever the unknown values are, the document says at least what its certain statements say, and at most what
those say together with the possible statements (S1: nothing is dropped, nothing is widened without a symbol for it).

A statement S becomes at most one certain statement, S with every unknown listed value taken in the way that matches
fewest requests, and possible statements that match all that S might. One symbol decides for all of these: for every
request and every value of the unknown parts some value of it decides as S does.

The narrow value of an element matches nothing that the element might not match; the wide one all that it might. An
unknown part of a text is a wildcard where an operator has a form with wildcards; elsewhere a condition is left out
(widely) or fails (narrowly). A wildcard of `StringLike` crosses colons, so it covers the Arn operators (L6).
"""

from __future__ import annotations

import re
from functools import partial

from verifier.frozen import Frozen
from verifier.inputs.text.nodes import Members, Node, Scalar, listing, member, text_at, values_of
from verifier.inputs.text.unknown import Pieces, ResolvedObject, UnknownNode, names_in, replaced, resolved
from verifier.model.operators import OPERATORS, WITHOUT_CASE, Sign, full_name, name_parts, operator_named
from verifier.model.policy import PolicyKind
from verifier.model.reference import ValueType

_LISTS = ("Action", "NotAction", "Resource", "NotResource")
_WITH_PRINCIPAL = (PolicyKind.KEY, PolicyKind.ENDPOINT, PolicyKind.RCP, PolicyKind.TRUST)
_Limit = tuple[tuple[str, ...], str, str]
"""A condition on whom an unknown principal might name: operators that can say it, the key, the value."""

_ACCOUNT = re.compile(r"arn:[^:]+:(?:iam|sts)::([0-9]{12}):")
_ROLE = re.compile(r"arn:[^:*?]+:iam::[0-9]{12}:role/")
_SERVICE = (("Bool",), "aws:PrincipalIsAWSService", "true")
_PROVIDER = "Federated"
_NOBODY = (_PROVIDER, "CanonicalUser")
"""Principals of these types name no caller of KMS; that of a provider, perhaps sessions that came from it (P6)."""


class PossibleStatement(Frozen):
    """The statement at `index` of the rewritten document stands for what the one at `original`, with this `sid`, might
    say. `names` say what is not known; `written` is that one."""

    index: int
    original: int
    sid: Scalar | None
    names: tuple[str, ...]
    written: Node


def without_unknowns(document: Members, kind: PolicyKind) -> tuple[Members, list[PossibleStatement]]:
    """The document without unknown parts, and its possible statements. A statement keeps its index if it can."""
    pairs: list[tuple[Scalar, Node]] = []
    depending: list[PossibleStatement] = []
    for key, value in document.pairs:
        if key.text == "Statement":
            statements, found = _statements(value, kind)
            depending += found
            pairs.append((key, listing(value, statements)))
        elif not isinstance(value, UnknownNode):
            pairs.append((key, value))
    return resolved(document, pairs), depending


def _statements(value: Node, kind: PolicyKind) -> tuple[list[Node], list[PossibleStatement]]:
    given = values_of(value)
    kept: list[Node] = []
    further: list[Node] = []
    depending: list[PossibleStatement] = []
    for index, statement in enumerate(given):
        names, named = names_in([statement]), member(statement, "Sid")
        sid = named if isinstance(named, Scalar) else None
        possible_at = partial(PossibleStatement, original=index, sid=sid, names=names, written=statement)
        certain, possible = _between(statement, kind) if names else (None, [])
        if certain is None and possible:
            certain = possible.pop(0)
            depending.append(possible_at(index))
        kept.append(certain if certain is not None else statement)
        for other in possible:
            depending.append(possible_at(len(given) + len(further)))
            further.append(replaced(other, "Sid", None))
    return [*kept, *further], depending


def _between(statement: Node, kind: PolicyKind) -> tuple[Members | None, list[Members]]:
    """A statement that certainly applies, if there is one, and those that together cover what might."""
    if isinstance(statement, UnknownNode) and statement.options is not None:
        options = [option for option in statement.options if isinstance(option, Members)]
        if len(options) == len(statement.options):
            said = [_between(option, kind) for option in options]
            return None, [found for certain, possible in said for found in (certain, *possible) if found is not None]
    if not isinstance(statement, Members):
        return None, [_anything(statement, effect, kind) for effect in _effects(kind)]
    statement = replaced(statement, "Sid", None) if isinstance(member(statement, "Sid"), UnknownNode) else statement
    effect = member(statement, "Effect")
    if not names_in([statement]):
        return statement, []
    if isinstance(effect, UnknownNode):
        either = [replaced(statement, "Effect", text_at(effect, each)) for each in _effects(kind)]
        return None, [possible for each in either for possible in _widened(each, kind, certain=False)]
    return _narrowed(statement, kind), _widened(statement, kind)


def _effects(kind: PolicyKind) -> tuple[str, ...]:
    return ("Deny",) if kind is PolicyKind.RCP else ("Allow", "Deny")


def _anything(place: Node, effect: str, kind: PolicyKind) -> Members:
    """A statement about everything and everyone, in the place of one of which nothing is known."""
    elements = {"Effect": effect, **({"Principal": "*"} if kind in _WITH_PRINCIPAL else {}), "Action": "*"}
    if kind is not PolicyKind.TRUST:
        elements["Resource"] = "*"
    return resolved(place, [(text_at(place, name), text_at(place, value)) for name, value in elements.items()])


def _element(key: Scalar, value: Node, kind: PolicyKind, *, wide: bool) -> tuple[Scalar, Node] | None:
    """An element of a statement, so that it matches most requests if `wide`, else fewest; `None` where it is left out,
    or matches none. Whom an unknown principal might name is for `_widened` to say."""
    found: Node | None = value
    if key.text in _LISTS:
        return _changed_list(key, value, wide=wide)
    if key.text == "Condition":
        found = _changed_conditions(value, wide=wide)
    elif key.text == "Principal" and not wide:
        found, _ = _principals_of(value, kind)
    elif key.text == "NotPrincipal" and (wide or names_in([value])):
        found = _principals_of(value, kind)[0] if wide else None
        if wide and found is None:
            return text_at(key, "Principal"), text_at(value, "*")
    return None if found is None else (key, found)


def _narrowed(statement: Members, kind: PolicyKind) -> Members | None:
    """The statement with unknown values taken so that it matches fewest requests; `None` where that is none."""
    pairs = [_element(key, value, kind, wide=False) for key, value in statement.pairs]
    return None if None in pairs else resolved(statement, filter(None, pairs))


def _widened(statement: Members, kind: PolicyKind, *, certain: bool = True) -> list[Members]:
    """Statements that together match whatever the statement might match; what is `certain` anyway may be left out."""
    pairs = filter(None, (_element(key, value, kind, wide=True) for key, value in statement.pairs))
    whole, named = resolved(statement, pairs), member(statement, "Principal")
    if named is None:
        return [whole]
    (sure, limits), everyone = _principals_of(named, kind), replaced(whole, "Principal", text_at(named, "*"))
    # The principals that are known are in the certain statement if nothing else of it is unknown.
    is_certain = certain and not names_in([value for key, value in statement.pairs if key.text != "Principal"])
    known = [] if sure is None or is_certain else [replaced(whole, "Principal", sure)]
    limited = kind in (PolicyKind.KEY, PolicyKind.ENDPOINT, PolicyKind.TRUST)
    distinct = dict.fromkeys(limits)
    return [*known, *(with_condition(everyone, one) if one and limited else everyone for one in distinct)]


def _split(value: Node) -> tuple[list[Node], list[UnknownNode]]:
    """The listed values that are known, and those that are not."""
    listed = values_of(value)
    return [node for node in listed if not isinstance(node, UnknownNode)], [
        node for node in listed if isinstance(node, UnknownNode)
    ]


def _changed_list(key: Scalar, value: Node, *, wide: bool) -> tuple[Scalar, Node] | None:
    """`Action`, `Resource` and their negations, so that they match most requests if `wide`, else fewest; `None` where
    that is none at all. More values make a negated element match fewer."""
    known, unknown = _split(value)
    negated = key.text.startswith("Not")
    if not unknown:
        return key, value
    if wide is not negated:
        patterns = [_pattern(key.text, node) for node in unknown]
        return (
            None if negated and "*" in patterns else (key, listing(value, [*known, *map(text_at, unknown, patterns)]))
        )
    if known:
        return key, listing(value, known)
    return (text_at(key, key.text.removeprefix("Not")), text_at(value, "*")) if wide else None


def _wildcards(node: UnknownNode) -> str:
    """The text with `*` for each part that is not known."""
    return "".join("*" if piece is None else piece for piece in node.pieces)


def _pattern(name: str, node: UnknownNode) -> str:
    """A pattern that matches whatever the text might: in a `Resource` `*` if unknown before the sixth field (L6)."""
    head = node.pieces[0] or ""
    text = _wildcards(node)
    if name.endswith("Action"):
        return text if ":" in head else "*"
    return text if head.count(":") >= 5 and "${" not in text and not _is_part_of_variable(node.pieces) else "*"


def _is_part_of_variable(pieces: Pieces) -> bool:
    """True iff a part that is not known may begin in a policy variable, or end in one."""
    before = any(piece is not None and re.search(r"\$(?:\{[^}]*)?$", piece) for piece in pieces[:-1])
    return before or any(piece is not None and re.match(r"[^{]*\}", piece) for piece in pieces[1:])


def _principals_of(value: Node, kind: PolicyKind) -> tuple[Node | None, list[_Limit | None]]:
    """The principals of a `Principal` or `NotPrincipal` element that are known, in a value of the same form (`None` for
    none), and for each of the others what limits whom it might name (`None` where it might name anyone). In a trust
    policy a `Federated` one names an identity provider, whose identities are callers (E2w)."""
    if isinstance(value, UnknownNode):
        return None, [_limit("AWS", value)]
    if not isinstance(value, Members):
        return value, []
    pairs: list[tuple[Scalar, Node]] = []
    limits: list[_Limit | None] = []
    for key, named in value.pairs:
        known, unknown = _split(named)
        if key.text in _NOBODY and not (kind is PolicyKind.TRUST and key.text == _PROVIDER):
            text = "*" if key.text == _PROVIDER else "unknown"
            known, unknown = [*known, *(text_at(node, text) for node in unknown)], []
            named = listing(named, known)
        if known or not unknown:
            pairs.append((key, listing(named, known) if unknown else named))
        limits += [_limit(key.text, node) for node in unknown]
    return resolved(value, pairs) if pairs or not value.pairs else None, limits


def _limit(type_: str, node: UnknownNode) -> _Limit | None:
    """What limits whom a principal might name: services, a role's ARN, an account; a provider's have none."""
    if type_ == "Service":
        return _SERVICE
    if type_ == _PROVIDER:
        return None
    limits = {_limit(type_, option) if isinstance(option, UnknownNode) else None for option in node.options or ()}
    if len(limits) == 1:
        return limits.pop()
    head = node.pieces[0] or ""
    found = _ACCOUNT.match(head)
    if found is None:
        return None
    if _ROLE.match(head):
        return ("ArnLike", "ArnEquals", "StringLike"), "aws:PrincipalArn", _wildcards(node)
    return ("StringEquals", "StringLike"), "aws:PrincipalAccount", found.group(1)


def _changed_conditions(value: Node, *, wide: bool) -> Node | None:
    """The conditions, so that they hold for most requests if `wide`, else for fewest; `None` where nothing is left of
    them, or they hold for none. Every test that has unknown values is changed; one that cannot be said is left out, or
    fails."""
    if isinstance(value, UnknownNode):
        return None
    if not isinstance(value, Members):
        return value
    pairs = [(operator, block) for operator, block in value.pairs if not names_in([block])]
    for operator, block in value.pairs:
        tests = block.pairs if isinstance(block, Members) and names_in([block]) else []
        said = [_say(pairs, *_changed(operator, key, values, wide=wide)) for key, values in tests]
        if not wide and (not all(said) or (names_in([block]) and not isinstance(block, Members))):
            return None
    return None if wide and not pairs else resolved(value, pairs)


def _say(pairs: list[tuple[Scalar, Node]], operator: Scalar, key: Scalar, values: Node | None) -> bool:
    """True iff a test can be said, which is added: it has values, and its operator has no such key (L4)."""
    blocks = ((n, given.text) for n, (given, block) in enumerate(pairs) if isinstance(block, Members))
    at = next((n for n, text in blocks if text == operator.text), None)
    inner = pairs[at][1] if at is not None else None
    given = inner.pairs if isinstance(inner, Members) else []
    if values is None or any(other.text.lower() == key.text.lower() for other, _ in given):
        return False
    block = ResolvedObject(key.source, key.start, values.end, [*given, (key, values)])
    if at is None:
        pairs.append((operator, block))
    else:
        pairs[at] = (pairs[at][0], block)
    return True


def _changed(operator: Scalar, key: Scalar, values: Node, *, wide: bool) -> tuple[Scalar, Scalar, Node | None]:
    """The test, so that it holds for most requests if `wide`, else for fewest; without values where that cannot be
    said. More values make a negated operator hold for fewer. A wildcard for each unknown part matches at least what it
    matches (so do `*` and `?` that were literal)."""
    known, unknown = _split(values)
    parts = name_parts(operator.text)
    if not names_in([values]):
        return operator, key, values
    if parts is None:
        return operator, key, None
    set_operator, base, if_exists = parts
    row = OPERATORS[base]
    if not wide and row.is_typed:
        return operator, key, None  # a value that does not parse may make the statement match nothing (the reading C3)
    if wide is row.negated:
        return operator, key, listing(values, known) if known else None
    can_be_pattern = row.is_text and row.sign not in WITHOUT_CASE
    if not can_be_pattern or any(not node.is_text or _is_part_of_variable(node.pieces) for node in unknown):
        return operator, key, None
    like = operator_named(ValueType.STRING, Sign.LIKE, negated=row.negated)
    wildcards = [text_at(node, _wildcards(node)) for node in unknown]
    return text_at(operator, full_name(set_operator, like, if_exists)), key, listing(values, [*known, *wildcards])


def with_condition(statement: Members, limit: _Limit) -> Members:
    """The statement with one condition more; as it is where every operator that could say it has its key already."""
    operators, key, value = limit
    condition = member(statement, "Condition")
    given = condition.pairs if isinstance(condition, Members) else []
    free = [name for name in operators if all(name != own.text for own, _ in given)]
    if not free:
        return statement
    test = resolved(statement, [(text_at(statement, key), text_at(statement, value))])
    whole = resolved(condition or statement, [*given, (text_at(statement, free[0]), test)])
    others = [pair for pair in statement.pairs if pair[0].text != "Condition"]
    return resolved(statement, [*others, (text_at(statement, "Condition"), whole)])
