"""Warnings that leave a request possible.

In: a sentence. Out: the same. Guarantee: every other warning says why the request cannot be sent, or is always refused (R3, R6).
"""

from __future__ import annotations


class Aside(str):
    """A warning that says what a real request has besides, or what is not known of this one."""

    __slots__ = ()
