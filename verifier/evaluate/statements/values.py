"""Values of conditions: numbers, dates, addresses, truth values, bytes (C3).

In: the text of a listed value or of a request's value. Out: the value, or `None` where the text does not parse.
Guarantee: exact (no floating point), and no reading depends on the locale or on the clock.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from operator import eq, ge, gt, le, lt
from typing import Any

from verifier.model.operators import OperatorRow, Sign
from verifier.model.readings import C3_OFFSET, C3_PREFIX, C3_YEAR, C3_ZONE
from verifier.model.reference import ValueType
from verifier.model.symbols import Reading

_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)", re.ASCII)
_DATE = re.compile(
    r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2})(?:T([0-9]{2}):([0-9]{2})(?::([0-9]{2})(\.[0-9]+)?)?(Z|[+-][0-9]{2}:?[0-5][0-9])?)?)?)?",
    re.ASCII,
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def number(text: str) -> Decimal | None:
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def instant(text: str) -> Decimal | None:
    """Seconds since 1970, from ISO 8601 (four digits alone are a year; no zone means UTC) or epoch seconds."""
    found = _DATE.fullmatch(text)
    return _calendar(found) if found else number(text)


def other_meaning(row: OperatorRow, listed: str) -> tuple[Reading, str] | None:
    """The reading by which a listed value means something else, and what: a date of four digits a number that is no
    year (C3-year), an IPv6 address without a prefix a block (C3-prefix). `None` for what has one meaning."""
    if row.type is ValueType.DATE and re.fullmatch(r"[0-9]{4}", listed):
        return C3_YEAR, f"0{listed}"
    if row.type is ValueType.IP and "/" not in listed and isinstance(block(listed), IPv6Network):
        return C3_PREFIX, f"{listed}/32"
    return None


def zone_reading(row: OperatorRow, listed: str) -> Reading | None:
    """The reading by which a listed date with a time can be read whose zone is missing, or has no colon."""
    zone = listed.partition("T")[2].lstrip("0123456789:.")
    is_odd = row.type is ValueType.DATE and "T" in listed and zone != "Z" and ":" not in zone
    return (C3_OFFSET if zone else C3_ZONE) if is_odd and instant(listed) is not None else None


def _calendar(found: re.Match[str]) -> Decimal | None:
    *parts, fraction, zone = found.groups()
    year, month, day, hour, minute, second = (int(part or least) for part, least in zip(parts, "111000", strict=True))
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=_zone(zone))
    except ValueError:
        return None
    elapsed = moment - _EPOCH
    return Decimal(elapsed.days * 86400 + elapsed.seconds) + Decimal("0" + (fraction or ""))


def _zone(text: str | None) -> timezone:
    if text is None or text == "Z":
        return UTC
    offset = timedelta(hours=int(text[1:3]), minutes=int(text[-2:]))
    return timezone(-offset if text[0] == "-" else offset)


def truth(text: str) -> bool | None:
    """True iff a text is `true`, and false iff it is `false`, in any case."""
    return {"true": True, "false": False}.get(text.lower())


@lru_cache(maxsize=4096)
def block(text: str) -> IPv4Network | IPv6Network | None:
    """An address block; an address without a prefix length is a block of one (or not: C3-prefix)."""
    address, slash, prefix = text.partition("/")
    if "%" in address or (slash and not re.fullmatch(r"[0-9]{1,3}", prefix, re.ASCII)):
        return None
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None


def without_case(text: str) -> str:
    """A text whose case does not count: character by character, and none beyond ASCII is a letter of ASCII (L3)."""
    folds = ((one, one.casefold()) for one in text)
    return "".join(fold if len(fold) == 1 and fold.isascii() == one.isascii() else one for one, fold in folds)


def octets(text: str) -> bytes | None:
    """The bytes that a base64 text stands for."""
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return None


def parses(row: OperatorRow, listed: str) -> bool:
    """True iff an operator can compare with a listed value (C3); always so under a String or ARN operator (L6)."""
    return row.type not in _READ or _READ[row.type](listed) is not None


def in_block(address: str, listed: str) -> bool:
    """True iff an address lies in the listed block; never across IPv4 and IPv6."""
    inner, outer = block(address) if "/" not in address else None, block(listed)
    return inner is not None and outer is not None and inner.network_address in outer


def value_matches(row: OperatorRow, value: str, listed: str, *, counts: bool = False) -> bool:
    """True iff a request's value matches a listed one by the comparison of an operator that is not about strings or
    ARNs.

    What does not parse matches nothing, on either side (C3). With `counts` the value is a number, of which four digits
    are no year.
    """
    if row.sign is Sign.WITHIN:
        return in_block(value, listed)
    read = _READ[row.type]
    left, right = (number if counts and row.type is ValueType.DATE else read)(value), read(listed)
    return left is not None and right is not None and _COMPARISONS[row.sign](left, right)


_READ: Mapping[ValueType | None, Callable[[str], Any]] = {
    ValueType.NUMERIC: number,
    ValueType.DATE: instant,
    ValueType.BOOL: truth,
    ValueType.IP: block,
    ValueType.BINARY: octets,
}
_COMPARISONS: Mapping[Sign, Callable[[Any, Any], bool]] = {
    Sign.EQUAL: eq,
    Sign.LESS: lt,
    Sign.AT_MOST: le,
    Sign.GREATER: gt,
    Sign.AT_LEAST: ge,
}
