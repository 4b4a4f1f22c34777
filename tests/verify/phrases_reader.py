"""A reader of phrases: says of concrete values whether a sentence holds of them. Written from the sentences, not from
the code that writes them: it splits text, and knows nothing of classes or masks."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from ipaddress import ip_address, ip_network

from verifier.problem.classes.readable import parse_instant, parse_number

_TOKEN = re.compile(r'"((?:[^"\\]|\\.)*)"|([^\s,;"()]+)|\(([^)]*)\)|([,;])')
_VERBS = (
    *(
        "is none of",
        "is one of",
        "is in none of",
        "is not in",
        "is in",
        "is not between",
        "is between none of",
        "is between",
        "is neither",
    ),
    *("is not", "is", "matches none of", "does not match", "matches"),
)


def holds(text: str, value: str | None) -> bool:
    """Whether `KEY TEXT` holds of a request in which the key has a value, or is absent."""
    if text == "is absent":
        return value is None
    if text == "is present":
        return value is not None
    if text.startswith("is absent, or "):
        return value is None or holds(text.removeprefix("is absent, or "), value)
    return any(_block(block, value) for block in text.split("; or "))


def _block(text: str, value: str | None) -> bool:
    """What is denied holds of an absent key too, unless the block says that it is present."""
    positive, but, outside = text.removeprefix("is present, and ").partition(", but ")
    if value is None:
        return not but and not text.startswith("is present, and ") and _is_denial(positive)
    return _clauses(positive, value) and (not but or _clauses(outside, value))


def _is_denial(text: str) -> bool:
    return all({"not", "none", "neither"} & set(verb.split()) for _, verb, _ in _split(text))


def _clauses(text: str, value: str) -> bool:
    """Clauses with verbs, joined by `, and`, by `, or`, or by commas before one of them."""
    parts = list(_split(text))
    joints = {joint for joint, _, _ in parts[1:] if joint in (", and ", ", or ")}
    assert len(joints) < 2, text
    found = [_said(verb, rest, value) for _, verb, rest in parts]
    return any(found) if joints == {", or "} else all(found)


def _split(text: str) -> Iterator[tuple[str, str, str]]:
    """(what is before it, verb, objects) for each clause."""
    verbs = "|".join(map(re.escape, _VERBS))
    starts = list(re.finditer(rf"(^|, and |, or |, )({verbs}) ", _masked(text)))
    for at, start in enumerate(starts):
        end = starts[at + 1].start() if at + 1 < len(starts) else len(text)
        yield start[1], start[2], text[start.end() : end]


def _masked(text: str) -> str:
    """The text with what is quoted made unreadable, place for place."""
    return re.sub(r'"(?:[^"\\]|\\.)*"', lambda found: "_" * len(found[0]), text)


def _said(verb: str, objects: str, value: str) -> bool:
    in_any_case = objects.endswith(" in any case")
    objects = objects.removesuffix(" in any case")
    negative = any(word in verb.split() for word in ("not", "none", "neither"))
    if "between" in verb:
        found = any(_between(first, last, value) for first, last in re.findall(r"(\S+) and ([^\s,]+)", objects))
    elif _FAMILY.match(objects):
        found = any(
            _of_family(text, value) for text in re.split(rf", (?={_FAMILY.pattern})| or (?={_FAMILY.pattern})", objects)
        )
    else:
        listed = list(_objects(objects))
        assert listed, objects
        found = any(_meets(verb, text, note, value, in_any_case) for text, note in listed)
    return found != negative


_FAMILY = re.compile("an IPv[46] address|a number (?=[a-z])|a date (?=[a-z])|an address in ")
_LESS, _MOST, _LEAST, _MORE = (
    ("less than", "before"),
    ("of at most", "not after"),
    ("of at least", "not before"),
    ("greater than", "after"),
)
_COMPARED: dict[str, Callable[[Decimal, Decimal], bool]] = {
    **dict.fromkeys(_LESS, operator.lt),
    **dict.fromkeys(_MOST, operator.le),
    "equal to": operator.eq,
    **dict.fromkeys(_LEAST, operator.ge),
    **dict.fromkeys(_MORE, operator.gt),
}


def _of_family(text: str, value: str) -> bool:
    """Whether a value reads as `a number less than 5`, `a date not before 2026-01-01T00:00:00Z`,
    `an address in 10.0.0.0/8`."""
    if text in ("an IPv4 address", "an IPv6 address"):
        return ip_address(value).version == int(text[6])
    if text.startswith("an address in "):
        try:
            return ip_address(value) in ip_network(text.removeprefix("an address in "))
        except ValueError:
            return False
    _, kind, rest = text.split(" ", 2)
    compared, _, bound = rest.rpartition(" ")
    found = parse_instant(value) if kind == "date" else parse_number(value)
    return found is not None and _COMPARED[compared](found, _number(bound, kind == "date"))


def _between(first: str, last: str, value: str) -> bool:
    low, high, own = ip_address(first), ip_address(last), ip_address(value)
    return low.version == own.version and int(low) <= int(own) <= int(high)


def _objects(text: str) -> Iterator[tuple[str, str]]:
    """The values that are listed, each with its note."""
    value: str | None = None
    for quoted, bare, note, _ in _TOKEN.findall(text):
        if note:
            assert value is not None
            yield value, note
            value = None
            continue
        if bare in ("or", "and"):
            continue
        if value is not None:
            yield value, ""
            value = None
        if bare or quoted or not _:
            value = bare or re.sub(r"\\(.)", r"\1", quoted)
    if value is not None:
        yield value, ""


def _meets(verb: str, text: str, note: str, value: str, in_any_case: bool) -> bool:
    if verb.split()[0] == "is" and "in" in verb.split():
        return ip_address(value) in ip_network(text)
    if "match" in verb:
        return _matches(text, note, value, in_any_case)
    return text.lower() == value.lower() if in_any_case else text == value


def _matches(pattern: str, note: str, value: str, in_any_case: bool) -> bool:
    as_arn = note.startswith("as an ARN") or (
        pattern.startswith("arn:") and pattern.count(":") >= 5 and note != "as text"
    )
    if not as_arn:
        return bool(re.fullmatch(_regular(pattern, "."), value, re.DOTALL | (re.IGNORECASE if in_any_case else 0)))
    fields = pattern.split(":", 5)
    head, slash, last = fields.pop().rpartition("/") if len(fields) == 6 else ("", "", "")
    resource = _regular(head, ".") + slash + _regular(last, "[^/]" if "in the last part of a path" in note else ".")
    expression = ":".join([*(_regular(field, "[^:]") for field in fields), *([resource] if len(fields) == 5 else [])])
    return bool(re.fullmatch(expression, value, re.DOTALL | (re.IGNORECASE if in_any_case else 0)))


def _regular(pattern: str, wild: str) -> str:
    """The pattern as a regular expression. Brackets hold a set of characters; a star behind them stands for any number
    of these."""
    parts: list[tuple[str, str, str, str]] = re.findall(r"\$\{([*?$])\}|(\[[^\]]+\]\*?)|([*?])|(.)", pattern, re.DOTALL)
    return "".join(_piece(*part, wild=wild) for part in parts)


def _piece(literal: str, several: str, star: str, plain: str, *, wild: str) -> str:
    if several:
        return f"[{re.escape(several.strip('[]*'))}]" + "*" * several.endswith("*")
    return wild + "*" * (star == "*") if star else re.escape(literal or plain)


# -- numbers and instants --


def number_holds(text: str, number: Decimal, date: bool) -> bool:
    """The same for a number, or an instant in seconds since 1970."""
    text = text.removeprefix("is ")
    if text.startswith("not "):
        return all(_number(point, date) != number for point in re.split(r", | or ", text.removeprefix("not ")))
    return any(all(_side(side, number, date) for side in part.split(" and ")) for part in re.split(r", or |, ", text))


_SIDES: tuple[tuple[str, Callable[[Decimal, Decimal], bool]], ...] = (
    (r"at least (.+)|at (.+) or later", operator.ge),
    (r"more than (.+)|after (.+)", operator.gt),
    (r"at most (.+)|at (.+) or earlier", operator.le),
    (r"less than (.+)|before (.+)", operator.lt),
    (r"(.+)", operator.eq),
)


def _side(text: str, number: Decimal, date: bool) -> bool:
    found, compare = next((found, compare) for pattern, compare in _SIDES if (found := re.fullmatch(pattern, text)))
    return compare(number, _number(next(filter(None, found.groups())), date))


def _number(text: str, date: bool) -> Decimal:
    found = parse_instant(text) if date else Decimal(text)
    assert found is not None
    return found


# -- multi-valued keys --


def set_holds(text: str, values: frozenset[str]) -> bool:
    """The same for a multi-valued key, which is absent when it has no values."""
    if text.startswith("is absent, or "):
        return not values or set_holds(text.removeprefix("is absent, or "), values)
    return all(_on_set(part, values) for part in re.split(r", (?:and )?(?=has |is present)", text))


_ON_SETS: tuple[tuple[str, Callable[[str, frozenset[str]], bool]], ...] = (
    ("has no value but one that ", lambda rest, values: all(holds(rest, value) for value in values)),
    ("has no value but ", lambda rest, values: values <= _named(rest)),
    ("has no value that ", lambda rest, values: not any(holds(rest, value) for value in values)),
    ("has no value ", lambda rest, values: values.isdisjoint(_named(rest))),
    ("has a value that ", lambda rest, values: any(holds(rest, value) for value in values)),
    ("has the value ", lambda rest, values: not values.isdisjoint(_named(rest))),
    ("is present", lambda rest, values: bool(values)),
    ("is absent", lambda rest, values: not values),
)


def _on_set(text: str, values: frozenset[str]) -> bool:
    start, judge = next((start, judge) for start, judge in _ON_SETS if text.startswith(start))
    return judge(text.removeprefix(start), values)


def _named(text: str) -> set[str]:
    return {value for value, _ in _objects(text)}
