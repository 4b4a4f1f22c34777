"""The condition operators, one row each: whatever distinguishes them is read from here (C, C1, C3, C4, L7).

In: nothing. Out: `OPERATORS`, the rows by name, and the parts of an operator's full name.
Guarantee: the rows are those of the IAM User Guide, "Condition operators". What a `Sign` means of values is not said
here: `evaluate` and `problem` each have a comparison of their own.
"""

from __future__ import annotations

import re
from dataclasses import replace
from enum import StrEnum
from functools import cache

from verifier.frozen import Frozen
from verifier.model.reference import ValueType

FOR_ALL, FOR_ANY = "ForAllValues", "ForAnyValue"
SET_OPERATORS = (FOR_ALL, FOR_ANY)


class Sign(StrEnum):
    """How a value is compared with a listed one. The texts are those of the invariant language, where it has the
    sign."""

    EQUAL = "="
    EQUAL_BUT_CASE = "= without case"
    LIKE = "like"
    LIKE_ARN = "like, field by field"
    WITHIN = "in cidr"
    LESS = "<"
    AT_MOST = "<="
    GREATER = ">"
    AT_LEAST = ">="
    ABSENT = "is absent"


ORDERS = (Sign.LESS, Sign.AT_MOST, Sign.GREATER, Sign.AT_LEAST)
WITH_WILDCARDS = (Sign.LIKE, Sign.LIKE_ARN)
WITHOUT_CASE = (Sign.EQUAL_BUT_CASE,)


class OperatorRow(Frozen, eq=False):
    """What there is to know of an operator besides its comparison. `type` is how it reads both values; `None` for one
    that reads none and has neither set operator nor `IfExists`. A `negated` one holds iff the comparison holds with no
    listed value, and so of an absent key. `inverse` is the operator that holds of a value iff this one does not."""

    name: str
    type: ValueType | None
    sign: Sign
    inverse: str | None = None
    negated: bool = False

    @property
    def is_text(self) -> bool:
        """True iff every text can be listed, and policy variables work in it (L6, L7)."""
        return self.type in (ValueType.STRING, ValueType.ARN)

    @property
    def is_typed(self) -> bool:
        """True iff a text must parse to be compared (C3)."""
        return self.type is not None and not self.is_text

    @property
    def is_exact(self) -> bool:
        """True iff texts are compared character by character."""
        return self.type is ValueType.STRING and self.sign is Sign.EQUAL


_ROWS = (
    OperatorRow("StringEquals", ValueType.STRING, Sign.EQUAL, "StringNotEquals"),
    OperatorRow("StringEqualsIgnoreCase", ValueType.STRING, Sign.EQUAL_BUT_CASE, "StringNotEqualsIgnoreCase"),
    OperatorRow("StringLike", ValueType.STRING, Sign.LIKE, "StringNotLike"),
    OperatorRow("NumericEquals", ValueType.NUMERIC, Sign.EQUAL, "NumericNotEquals"),
    OperatorRow("NumericLessThan", ValueType.NUMERIC, Sign.LESS, "NumericGreaterThanEquals"),
    OperatorRow("NumericLessThanEquals", ValueType.NUMERIC, Sign.AT_MOST, "NumericGreaterThan"),
    OperatorRow("NumericGreaterThan", ValueType.NUMERIC, Sign.GREATER, "NumericLessThanEquals"),
    OperatorRow("NumericGreaterThanEquals", ValueType.NUMERIC, Sign.AT_LEAST, "NumericLessThan"),
    OperatorRow("DateEquals", ValueType.DATE, Sign.EQUAL, "DateNotEquals"),
    OperatorRow("DateLessThan", ValueType.DATE, Sign.LESS, "DateGreaterThanEquals"),
    OperatorRow("DateLessThanEquals", ValueType.DATE, Sign.AT_MOST, "DateGreaterThan"),
    OperatorRow("DateGreaterThan", ValueType.DATE, Sign.GREATER, "DateLessThanEquals"),
    OperatorRow("DateGreaterThanEquals", ValueType.DATE, Sign.AT_LEAST, "DateLessThan"),
    OperatorRow("Bool", ValueType.BOOL, Sign.EQUAL),
    OperatorRow("BinaryEquals", ValueType.BINARY, Sign.EQUAL),
    OperatorRow("IpAddress", ValueType.IP, Sign.WITHIN, "NotIpAddress"),
    OperatorRow("ArnEquals", ValueType.ARN, Sign.LIKE_ARN, "ArnNotEquals"),
    OperatorRow("ArnLike", ValueType.ARN, Sign.LIKE_ARN, "ArnNotLike"),
    OperatorRow("Null", None, Sign.ABSENT),
)
_NEGATED = (
    replace(row, name=row.inverse, inverse=row.name, negated=True)
    for row in _ROWS
    if row.inverse is not None and row.sign not in ORDERS
)
OPERATORS = {row.name: row for row in (*_ROWS, *_NEGATED)}
"""Every operator by its name without set operator and `IfExists`."""


@cache
def operator_named(type_: ValueType | None, sign: Sign, *, negated: bool = False) -> str:
    """The first operator that compares so."""
    return next(name for name, row in OPERATORS.items() if (row.type, row.sign, row.negated) == (type_, sign, negated))


_FULL_NAME = re.compile(rf"(?:({'|'.join(SET_OPERATORS)}):)?({'|'.join(OPERATORS)})(IfExists)?")


def name_parts(text: str) -> tuple[str | None, str, bool] | None:
    """Set operator, name and whether `IfExists` follows, of an operator as policies write it; `None` of what is none
    (L4)."""
    found = _FULL_NAME.fullmatch(text)
    return None if found is None else (found[1], found[2], found[3] is not None)


def full_name(set_operator: str | None, name: str, if_exists: bool) -> str:
    """An operator as policies write it."""
    return (f"{set_operator}:" if set_operator else "") + name + ("IfExists" if if_exists else "")
