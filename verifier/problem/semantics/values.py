"""Listed values of conditions and resources → predicates (L6, L7, C3).

In: the text of a listed value, and whether the policy has variables (L1). Out: templates, predicates.
Guarantee: a value that does not parse becomes `None`, which matches nothing (C3).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from verifier.frozen import Frozen
from verifier.model.operators import WITH_WILDCARDS, WITHOUT_CASE, OperatorRow, Sign
from verifier.model.reference import ValueType
from verifier.problem.classes.predicates import (
    ANY,
    COLON,
    Compares,
    OneOf,
    Predicate,
    Token,
    Tokens,
    exactly,
    like,
    like_tokens,
    literal_tokens,
)
from verifier.problem.classes.readable import Kind, Read, parse_instant, parse_network, parse_number


class Fixed(Frozen):
    """Text of a template; `wild` says whether its `*` and `?` are wildcards."""

    text: str
    wild: bool


class Variable(Frozen):
    """A policy variable: the request's value of `key`, or `default` (L7)."""

    key: str
    default: str | None


Template = tuple[Fixed | Variable, ...]

_VARIABLE = re.compile(r"\$\{([^{}]*)\}")
_WITH_DEFAULT = re.compile(r"\s*([^,']+?)\s*,\s*'([^']*)'\s*\Z")


def template(text: str, variables: bool) -> Template:
    """Takes a listed value apart. Without `variables` (L1) every `${…}` is literal text; its wildcards are still
    wildcards."""
    if not variables or "${" not in text:
        return (Fixed(text, True),)
    pieces: list[Fixed | Variable] = []
    at = 0
    for found in _VARIABLE.finditer(text):
        if found.start() > at:
            pieces.append(Fixed(text[at : found.start()], True))
        pieces.append(_reference(found.group(1)))
        at = found.end()
    if at < len(text):
        pieces.append(Fixed(text[at:], True))
    return tuple(pieces)


def _reference(inside: str) -> Fixed | Variable:
    if inside in ("*", "?", "$"):
        return Fixed(inside, False)
    with_default = _WITH_DEFAULT.match(inside)
    if with_default:
        return Variable(with_default.group(1), with_default.group(2))
    return Variable(inside.strip(), None)


def text_predicate(mode: Sign, pieces: Sequence[Fixed]) -> Predicate | None:
    """The strings that match a template without variables; `None` for an ARN pattern of fewer than six fields (L6)."""
    if mode not in WITH_WILDCARDS:
        return Tokens(literal_tokens("".join(p.text for p in pieces), fold=mode in WITHOUT_CASE))
    if mode == Sign.LIKE:
        if len(pieces) == 1 and pieces[0].wild:
            return like(pieces[0].text)
        return _joined([like_tokens(p.text) if p.wild else literal_tokens(p.text) for p in pieces])
    return arn_predicate(tuple(pieces))


@lru_cache(1 << 14)
def plain_predicate(mode: Sign, text: str) -> Predicate | None:
    """The same for a listed value without variables."""
    return text_predicate(mode, (Fixed(text, True),))


def shape(mode: Sign, pieces: Template) -> Tokens:
    """The strings that a template can match, whatever its variables stand for; of an ARN pattern, those and more."""
    runs: list[tuple[Token, ...]] = []
    for piece in pieces:
        if isinstance(piece, Variable):
            runs.append(((True, ANY),))
        elif mode not in WITH_WILDCARDS or not piece.wild:
            runs.append(literal_tokens(piece.text, fold=mode in WITHOUT_CASE))
        else:
            runs.append(like_tokens(piece.text))
    return _joined(runs)


@lru_cache(1 << 13)
def arn_predicate(pieces: tuple[Fixed, ...]) -> Tokens | None:
    """The strings that match an ARN pattern field by field (L6); `None` for one of fewer than six fields."""
    fields = split_fields(pieces)
    if len(fields) < 6:
        return None
    runs = []
    for number, field in enumerate(fields):
        excluded = COLON if number < 5 else frozenset[str]()
        parts = [like_tokens(p.text, excluded=excluded) if p.wild else literal_tokens(p.text) for p in field]
        runs.append(_joined(parts).tokens)
    tokens = list(runs[0])
    for run in runs[1:]:
        tokens += [*literal_tokens(":"), *run]
    return Tokens(tuple(tokens))


def after_colons(text: str, count: int) -> int | None:
    """The position after so many colons that stand outside `${…}`; `None` if there are fewer."""
    depth = found = 0
    for at, character in enumerate(text):
        if text.startswith("${", at):
            depth += 1
        elif character == "}" and depth:
            depth -= 1
        elif character == ":" and not depth:
            found += 1
            if found == count:
                return at + 1
    return None


@lru_cache(1 << 13)
def running_on(text: str, most: int) -> tuple[str, ...]:
    """What a `Resource` pattern means besides where an asterisk at the end of one of its first five segments runs on
    past colons, for ARNs of at most so many colons: patterns of six fields or more (L6)."""
    found: dict[str, None] = {}
    pending = [text] if "*:" in text or text.endswith("*") else []
    for pattern in pending:
        if after_colons(pattern, most) is not None:
            continue
        for number in range(1, 6):
            start = after_colons(pattern, number)
            end = len(pattern) if start is None else start - 1
            if pattern[:end].endswith("*"):
                longer = f"{pattern[:end]}:*{pattern[end:]}"
                if longer not in found:
                    pending.append(longer)
                found[longer] = None
            if start is None:
                break
    return tuple(longer for longer in found if after_colons(longer, 5) is not None)


def arn_fields(pieces: Template) -> tuple[list[str], Template] | None:
    """The first five fields of an ARN pattern, and the last, in which alone variables count (L7); `None` for a pattern
    of fewer fields."""
    first = pieces[0].text.split(":", 5) if pieces and isinstance(pieces[0], Fixed) else []
    if len(first) < 6:
        return None
    return first[:5], (Fixed(first[5], True), *pieces[1:]) if first[5] else pieces[1:]


def split_fields(pieces: Sequence[Fixed]) -> list[list[Fixed]]:
    """The colon-separated fields of a pattern, six at most (the sixth may hold colons)."""
    fields: list[list[Fixed]] = [[]]
    for piece in pieces:
        parts = piece.text.split(":", 6 - len(fields))
        fields[-1].append(Fixed(parts[0], piece.wild))
        fields.extend([Fixed(part, piece.wild)] for part in parts[1:])
    return fields


def _joined(runs: Sequence[tuple[Token, ...]]) -> Tokens:
    tokens: list[Token] = []
    for run in runs:
        for token in run:
            if not (token[0] and tokens and tokens[-1] == token):
                tokens.append(token)
    return Tokens(tuple(tokens))


@lru_cache(1 << 12)
def typed_predicate(row: OperatorRow, text: str) -> Predicate | None:
    """The predicate of the comparison of a Numeric, Date, Bool, IpAddress or Binary operator with one listed value;
    `None` if the value does not parse (C3)."""
    match row.type:
        case ValueType.NUMERIC:
            number = parse_number(text)
            return None if number is None else Read(Kind.NUMBER, Compares(row.sign, number))
        case ValueType.DATE:
            instant = parse_instant(text)
            return None if instant is None else Read(Kind.INSTANT, Compares(row.sign, instant))
        case ValueType.BOOL:
            lowered = text.lower()
            return Tokens(literal_tokens(lowered, fold=True)) if lowered in ("true", "false") else None
        case ValueType.IP:
            network = parse_network(text)
            return None if network is None else Read(Kind.ADDRESS, network)
        case ValueType.BINARY:
            return _spellings(text)
    raise KeyError(row.name)


_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?\Z", re.ASCII)
_LAST = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def _spellings(text: str) -> Predicate | None:
    """The texts that stand in base64 for the same bytes as a text; `None` if that is not base64. The last character
    before a padding has bits that say nothing."""
    if not _BASE64.match(text):
        return None
    padding = text.count("=")
    if not padding:
        return exactly(text)
    start, idle = text[: -padding - 1], 4**padding
    at = _LAST.index(text[-padding - 1]) // idle * idle
    return OneOf(frozenset(start + last + "=" * padding for last in _LAST[at : at + idle]))
