"""Addresses in words: networks as policies write them, and ranges for what no network is.

In: the ends of ranges as numbers. Out: text. Guarantee: exactly the addresses of the range.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, summarize_address_range


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
