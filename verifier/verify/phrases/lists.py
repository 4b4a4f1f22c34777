"""Lists, values and addresses in sentences. In: texts; the ends of ranges of addresses as numbers. Out: text.
Guarantee: every text is in it, as it is; exactly the addresses of a range."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, summarize_address_range


def listed(texts: Sequence[str], last: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`."""
    return "".join(texts) if len(texts) < 2 else f"{', '.join(texts[:-1])} {last} {texts[-1]}"


def clauses(texts: Sequence[str], last: str = "and") -> str:
    """The same for longer parts, or parts with lists in them: `a, and b`."""
    return f", {last} ".join((", ".join(texts[:-1]), texts[-1])) if len(texts) > 1 else "".join(texts)


_WORDS = "absent and any between but case has in is matches none not of one or present that"
_OWN_WORDS = frozenset(_WORDS.split())
"""Words of the sentences themselves."""


def shown(value: str, note: str = "", *, quoted: bool = False) -> str:
    """A value in a sentence: as it is, in quotes where a reader would not see where it begins and ends, or if it is to
    be `quoted`. `note` goes behind it."""
    if quoted or not value or value in _OWN_WORDS or any(character in ' ,;"()' for character in value):
        value = '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f"{value} ({note})" if note else value


def _address(version: int, number: int) -> IPv4Address | IPv6Address:
    return IPv4Address(number) if version == 4 else IPv6Address(number)


def network_text(version: int, first: int, last: int) -> str:
    """`10.0.0.0/8`; an address alone for a network of one."""
    if first == last:
        return str(_address(version, first))
    (network,) = summarize_address_range(_address(version, first), _address(version, last))
    return str(network)


def range_text(version: int, first: int, last: int) -> str:
    """`192.0.2.3 and 192.0.2.17`, for what lies between the two, both ends included."""
    return f"{_address(version, first)} and {_address(version, last)}"
