"""Texts that are read as numbers, instants or addresses, and instants that are written as text (C3).

In: texts. Out: values, exact, or `None` where the text does not parse; predicates that compare by what a text is read as.
Guarantee: a predicate here holds of no text that does not parse.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from ipaddress import ip_address, ip_network

from verifier.problem.classes.predicates import Compares, InNetwork, Less, OneOf, Predicate, exactly
from verifier.problem.classes.tables import instant_text


class Kind(Enum):
    """What a text is read as."""

    NUMBER = "a number"
    INSTANT = "a date"
    ADDRESS = "an address"


_DECIMAL = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)\Z", re.ASCII)
_YEAR = re.compile(r"\d{4}\Z", re.ASCII)


def parse_number(text: str) -> Decimal | None:
    """A decimal number, or `None`."""
    return Decimal(text) if _DECIMAL.match(text) else None


def parse_instant(text: str) -> Decimal | None:
    """Seconds since 1970 of an ISO 8601 or epoch value (C3), or `None`; four digits alone are a year."""
    if _YEAR.match(text):
        text += "-01"
    number = parse_number(text)
    return number if number is not None else _calendar(text)


_DAY = re.compile(r"\d{4}-\d{2}(-\d{2})?\Z", re.ASCII)
_TIME = re.compile(r"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2})(?:(:\d{2})(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?\Z", re.ASCII)


def _calendar(text: str) -> Decimal | None:
    fraction = ""
    if day := _DAY.match(text):
        text += "" if day.group(1) else "-01"
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


@dataclass(frozen=True)
class Read:
    """The texts that are read as a value of some kind of which a predicate holds (C3)."""

    kind: Kind
    asked: Compares | InNetwork

    def matches(self, value: str) -> bool:
        """False for a text that does not parse."""
        if isinstance(self.asked, InNetwork):
            return _address(value, self.asked)
        read = parse_number(value) if self.kind is Kind.NUMBER else parse_instant(value)
        return read is not None and self.asked.holds(read)


@dataclass(frozen=True)
class Written:
    """The instants, in seconds since 1970, whose text in a request satisfies a predicate on text (C3)."""

    asked: Predicate

    def matches(self, value: str) -> bool:
        """Asks the text of the instant."""
        return self.asked.matches(instant_text(value))


def parts_of(predicate: Predicate) -> Iterator[Predicate]:
    """The predicates, each with words of its own, that one is built of: itself, where it is not built of others."""
    if isinstance(predicate, OneOf):
        yield from map(exactly, sorted(predicate.values))
    elif isinstance(predicate, Less):
        yield from (predicate.whole, *predicate.without)
    elif isinstance(predicate, Written):
        yield from map(Written, parts_of(predicate.asked))
    else:
        yield predicate
