"""Patterns on the text of numbers, instants and addresses that are intervals of them (C3).

In: predicates. Out: comparisons, or blocks, that hold of exactly the same values, where there are such.
Guarantee: exact for the text that a value has in a request: `2026-06-15T12:30:00Z`, `300`, `10.0.0.5`.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from ipaddress import ip_address

from verifier.problem.classes.predicates import ANY, Compares, InNetwork, Predicate, Tokens
from verifier.problem.classes.readable import Moments, parse_instant, parse_network, parse_number
from verifier.problem.classes.tables import instant_text, number_text

_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2})(?:T(\d{2})(?::(\d{2})(?::(\d{2}))?)?)?)?)?\D?\Z", re.ASCII)
_OCTETS = re.compile(r"(?:\d{1,3}\.){1,3}\Z", re.ASCII)


def as_bounds(predicate: Predicate) -> tuple[Compares, ...] | None:
    """A predicate on numbers, or on instants in seconds since 1970, as comparisons that hold together; `()` where
    nothing satisfies it."""
    if isinstance(predicate, Compares):
        return (predicate,)
    if isinstance(predicate, Tokens) and predicate.literal is not None:
        number = parse_number(predicate.literal)
        return (Compares("=", number),) if number is not None and number_text(number) == predicate.literal else ()
    if not isinstance(predicate, Moments) or not isinstance(predicate.test, Tokens):
        return None
    if predicate.test.literal is not None:
        return _moment(predicate.test.literal)
    prefix = _prefix(predicate.test)
    return None if prefix is None else _stretch(prefix)


def _prefix(pattern: Tokens) -> str | None:
    """The text of a pattern `text*`; `None` for another."""
    start = Tokens(pattern.tokens[:-1])
    return start.literal if pattern.tokens and pattern.tokens[-1] == (True, ANY) else None


def _moment(text: str) -> tuple[Compares, ...]:
    seconds = parse_instant(text)
    try:
        canonical = None if seconds is None else instant_text(number_text(seconds))
    except (ValueError, OverflowError, OSError):
        canonical = None
    return (Compares("=", seconds),) if seconds is not None and canonical == text else ()


def _stretch(prefix: str) -> tuple[Compares, ...] | None:
    """The instants whose text begins so; `None` where the beginning is no whole year, month, day, hour, minute or
    second."""
    found = _DATE.match(prefix)
    if found is None:
        return None
    fields = [int(field) for field in found.groups() if field is not None]
    try:
        year, month, day, hour, minute, second = (*fields, *(1, 1, 1, 0, 0, 0)[len(fields) :])
        start = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
        end = _next(start, len(fields))
    except (ValueError, OverflowError):
        return None
    if not instant_text(str(int(start.timestamp()))).startswith(prefix):
        return None
    return Compares(">=", Decimal(int(start.timestamp()))), Compares("<", Decimal(int(end.timestamp())))


def _next(start: datetime, precision: int) -> datetime:
    if precision == 1:
        return start.replace(year=start.year + 1)
    if precision == 2:
        return (start + timedelta(days=31)).replace(day=1)
    return start + timedelta(**{("days", "hours", "minutes", "seconds")[precision - 3]: 1})


def as_networks(predicate: Predicate) -> tuple[InNetwork, ...] | None:
    """A predicate on addresses as a block; `()` where no address satisfies it."""
    if isinstance(predicate, InNetwork):
        return (predicate,)
    if not isinstance(predicate, Tokens):
        return None
    if predicate.literal is not None:
        return _host(predicate.literal)
    prefix = _prefix(predicate)
    if prefix is None or not _OCTETS.match(prefix):
        return None
    octets = prefix.count(".")
    block = parse_network(f"{prefix}{'.'.join(['0'] * (4 - octets))}/{8 * octets}")
    return () if block is None else (block,)


def _host(text: str) -> tuple[InNetwork, ...]:
    block = parse_network(text)
    if block is None or "/" in text or str(ip_address(text)) != text:
        return ()
    return (block,)
