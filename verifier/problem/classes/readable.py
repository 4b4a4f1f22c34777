"""Texts that are read as numbers, instants or addresses, and instants that are written as text (C3).

In: texts. Out: values, exact, or `None` where the text does not parse; predicates that compare by what a text is read
as.
Guarantee: a predicate here holds of no text that does not parse.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from ipaddress import ip_address, ip_network

from verifier.frozen import Frozen
from verifier.problem.classes.predicates import (
    Characters,
    Compares,
    InNetwork,
    Predicate,
    Token,
    Tokens,
    literal_tokens,
)
from verifier.problem.classes.tables import instant_text


class Kind(Enum):
    """What a text is read as."""

    NUMBER = "a number"
    INSTANT = "a date"
    ADDRESS = "an address"


_DECIMAL = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)\Z", re.ASCII)
_YEAR = re.compile(r"\d{4}\Z", re.ASCII)


def parse_number(text: str) -> Decimal | None:
    return Decimal(text) if _DECIMAL.match(text) else None


def parse_instant(text: str) -> Decimal | None:
    """Seconds since 1970 of an ISO 8601 or epoch value (C3), or `None`; four digits alone are a year."""
    if _YEAR.match(text):
        text += "-01"
    number = parse_number(text)
    return number if number is not None else _calendar(text)


_DAY = re.compile(r"\d{4}-\d{2}(-\d{2})?\Z", re.ASCII)
_TIME = re.compile(r"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2})(?:(:\d{2})(\.\d+)?)?(Z|[+-]\d{2}:?[0-5]\d)?\Z", re.ASCII)


def _calendar(text: str) -> Decimal | None:
    fraction = ""
    if day := _DAY.match(text):
        if not day.group(1):
            text += "-01"
    elif moment := _TIME.match(text):
        start, seconds, fraction, zone = (part or "" for part in moment.groups())
        text = start + seconds + zone
    else:
        return None
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        return None
    if parsed.tzinfo is None:
        parsed = parsed.replace(tzinfo=UTC)
    return Decimal(int(parsed.timestamp())) + Decimal("0" + fraction)


def parse_network(text: str) -> InNetwork | None:
    """A CIDR block, or an address as a block of one (C3), or `None`."""
    if "%" in text or "." in text.partition("/")[2]:  # a scope, or a net mask, is not CIDR
        return None
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        return None
    return InNetwork(network.version, int(network.network_address), int(network.broadcast_address))


def _address(text: str, within: InNetwork) -> bool:
    try:
        address = ip_address(text)
    except ValueError:
        return False
    return address.version == within.version and within.first <= int(address) <= within.last and "%" not in text


class Read(Frozen):
    """The texts that are read as a value of some kind of which a predicate holds (C3)."""

    kind: Kind
    test: Compares | InNetwork

    def matches(self, value: str) -> bool:
        """True iff a text parses, and the predicate holds of what it is read as."""
        if isinstance(self.test, InNetwork):
            return _address(value, self.test)
        read = parse_number(value) if self.kind is Kind.NUMBER else parse_instant(value)
        return read is not None and self.test.holds(read)


class Moments(Frozen):
    """The instants, in seconds since 1970, whose text in a request satisfies a predicate on text (C3)."""

    test: Predicate

    def matches(self, value: str) -> bool:
        """True iff the text of an instant matches."""
        return self.test.matches(instant_text(value))


_DIGIT, _SIGN = Characters(frozenset("0123456789")), Characters(frozenset("+-"))
_SETS: dict[str, Token] = {
    "d": (False, _DIGIT),
    "n": (True, _DIGIT),
    "s": (False, _SIGN),
    "h": (True, Characters(frozenset("0123456789abcdefABCDEF:."))),
    "t": (False, Characters(frozenset("Tt"))),
    "z": (False, Characters(frozenset("Zz"))),
    "r": (True, Characters(frozenset("0123456789:.Z+-"))),
}
"""What letters of a form stand for: a digit, digits, a sign, parts of addresses, `T` and `Z` in any case, the end of a
date."""


def form_texts(*forms: str) -> tuple[Tokens, ...]:
    """The texts of some forms."""
    return tuple(Tokens(tuple(_SETS.get(c, (False, Characters(frozenset(c)))) for c in form)) for form in forms)


DIGIT_TEXTS = form_texts("dn", "dn.dn")
"""The texts that numbers have in a request: those without a sign."""
MOMENTS_IN_ANY_CASE = form_texts("dddd-dd-ddtdd:dd:ddz", "dddd-dd-ddtdd:dd:dd.dnz")
"""The texts that instants have in a request, and others, in any case."""
IPV4, IPV6 = form_texts("dn.dn.dn.dn", "h:h:h")
"""The texts that are addresses, and others."""

_LENGTH = 12


def twelve_digits(comparison: Compares) -> Iterator[Tokens]:
    """The texts of twelve digits that a comparison holds of as numbers."""
    whole = int(comparison.bound.to_integral_value("ROUND_FLOOR"))
    # the least number that is not below, or is above
    above = whole + (comparison.sign in ("<=", ">") or comparison.bound != whole)
    if comparison.sign == "=":
        if comparison.bound == whole and 0 <= whole < 10**_LENGTH:
            yield Tokens(literal_tokens(f"{whole:0{_LENGTH}}"))
        return
    upwards = comparison.sign in (">", ">=")
    if not 0 < above < 10**_LENGTH:
        if upwards == (above <= 0):
            yield Tokens(((False, _DIGIT),) * _LENGTH)
        return
    digits = f"{above:0{_LENGTH}}"
    for at, digit in enumerate(digits):
        others = frozenset(c for c in "0123456789" if (c > digit if upwards else c < digit))
        if others:
            yield Tokens(
                (*literal_tokens(digits[:at]), (False, Characters(others)), *((False, _DIGIT),) * (_LENGTH - at - 1))
            )
    if upwards:
        yield Tokens(literal_tokens(digits))
