"""Generated `Condition` blocks: every operator, set prefix and `IfExists`, over keys of every type (C).

In: choices, a world, the keys that the case is about. Out: JSON.
"""

from __future__ import annotations

from typing import Any

from tests.agreement.keys import ARN, BINARY, BOOL, DATE, IP, NUMERIC, SINGLE, STRING, TestedKey
from tests.agreement.themes import Theme, any_key
from tests.agreement.world import NAMES, Dice, World

OPERATORS: dict[str, tuple[str, ...]] = {
    STRING: (
        *("StringEquals", "StringLike") * 3,
        *("StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "StringNotLike"),
    ),
    ARN: ("ArnLike", "ArnEquals", "ArnNotLike", "ArnNotEquals", "StringLike", "StringEquals", "StringNotLike"),
    BOOL: ("Bool",),
    DATE: (
        *(
            "DateLessThan",
            "DateLessThanEquals",
            "DateGreaterThan",
            "DateGreaterThanEquals",
            "DateEquals",
            "DateNotEquals",
        ),
        "NumericGreaterThan",
    ),
    NUMERIC: tuple(
        f"Numeric{name}"
        for name in ("LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals", "Equals", "NotEquals")
    ),
    IP: ("IpAddress", "IpAddress", "NotIpAddress"),
    BINARY: ("BinaryEquals",),
}
ALL_OPERATORS = tuple(dict.fromkeys(operator for operators in OPERATORS.values() for operator in operators))
PERCENT_MIXED = 12
"""Of a hundred tests, how many have any operator on any key."""
UNREADABLE = ("nonsense", "12x", "2026-13-01", "10.0.0.0/40", "")
VARIABLES = (
    *(
        "${aws:username}",
        "${aws:PrincipalTag/team}",
        "${aws:PrincipalTag/Project}",
        "${aws:PrincipalAccount}",
        "${aws:userid}",
    ),
    *(
        "${aws:username, 'blue'}",
        "${aws:PrincipalTag/team, 'acme'}",
        "${AWS:UserName}",
        "${kms:EncryptionContext:app}",
        "${aws:SourceAccount}",
        "${aws:ResourceTag/team, 'blue'}",
    ),
)
ESCAPES = ("${*}", "${?}", "${$}")
PERCENT_OF_THEME = 88


def conditions(dice: Dice, theme: Theme, most: int = 2) -> dict[str, Any]:
    """A condition block of one to `most` tests."""
    block: dict[str, dict[str, Any]] = {}
    for _ in range(1 if theme.focused and dice.chance(70) else dice.count(1, most)):
        key = dice.one(theme.keys) if dice.chance(PERCENT_OF_THEME) else any_key(dice)
        operator, values = _test(dice, theme, key)
        tests = block.setdefault(operator, {})
        if key.name.lower() not in (name.lower() for name in tests):
            tests[_spelled(dice, key.name)] = values
    return block


def _test(dice: Dice, theme: Theme, key: TestedKey) -> tuple[str, Any]:
    if dice.chance(40 if set(theme.values(key)) <= set(NAMES) else 10):
        return "Null", dice.one(("true", "false", True, ["false"], ["true", "false"]))
    mixed = dice.chance(PERCENT_MIXED)
    base = dice.one(ALL_OPERATORS) if mixed else dice.one(OPERATORS[key.kind])
    operator = _set_operator(dice, key) + base + ("IfExists" if dice.chance(20) else "")
    if "Not" not in base and dice.chance(4):
        return operator, []
    values = [_listed(dice, theme, key, base, mixed) for _ in range(dice.count(1, 2))]
    return operator, _loosely(dice, values)


OF_KIND = {
    "Numeric": ("5", "300", "1767225600", "7.5", "111122223333", "-1", *UNREADABLE[:2]),
    "Date": ("2026-06-15T12:30:00Z", "1767225600", "2026", "2026-06-15", "300", *UNREADABLE[1:3]),
    "Bool": (
        "true",
        "false",
        "True",
        "${aws:MultiFactorAuthPresent}",
        "${aws:PrincipalTag/team, 'true'}",
        *UNREADABLE[:1],
    ),
    "Ip": ("10.0.0.0/8", "203.0.113.10", "::/0", "10.1.2.3/32", *UNREADABLE[3:]),
    "Binary": ("AAEC", "/+8=", "NQ==", "true", *UNREADABLE[:1]),
}
"""Values for an operator on a key of any kind, by what its name holds; a few do not parse (C3)."""


def _set_operator(dice: Dice, key: TestedKey) -> str:
    if not dice.chance(55 if key.multivalued else 12):
        return ""
    return dice.one(("ForAnyValue:", "ForAllValues:"))


def _loosely(dice: Dice, values: list[str]) -> Any:
    """One value bare or in a list; numbers and truth values sometimes as JSON has them (L2)."""
    loose = [_json(value) if dice.chance(15) else value for value in values]
    return loose[0] if len(loose) == 1 and dice.chance(60) else loose


def _json(value: str) -> Any:
    if value in ("true", "false"):
        return value == "true"
    return int(value) if value.isdigit() and len(value) < 12 else value


def _spelled(dice: Dice, name: str) -> str:
    """The name of a key, sometimes in another case (L3)."""
    if not dice.chance(20):
        return name
    return dice.one((name.lower(), name.upper(), name.swapcase()))


def _listed(dice: Dice, theme: Theme, key: TestedKey, base: str, mixed: bool) -> str:
    pool = theme.values(key)
    value = pool[0] if dice.chance(35) else dice.one(pool)
    if mixed and not base.startswith(("String", "Arn")) and dice.chance(80):
        return dice.one(OF_KIND[next(kind for kind in OF_KIND if kind in base)])
    if base.startswith("String"):
        return _text(dice, theme, value, key)
    if base.startswith("Arn"):
        return _arn(dice, theme.world, value)
    if dice.chance(5):
        return dice.one(("", "nonsense", "12x", "2026-13-01", "10.0.0.0/40", "TRUE ish"))
    return _typed(dice, key.kind, value)


def _text(dice: Dice, theme: Theme, value: str, key: TestedKey) -> str:
    match dice.count(0, 11):
        case 0 | 1 | 2 | 3 | 4:
            return value
        case 5:
            return "*"
        case 6:
            return value[: len(value) // 2] + "*"
        case 7:
            return "*" + value[len(value) // 2 :] if len(value) > 2 else value + "?"
        case 8:
            return value.swapcase()
        case 9:
            return value[:1] + "?" + value[2:]
        case _:
            # A policy variable beside a multi-valued key is left open by `problem`: such a case says little.
            return value if key.multivalued and not dice.chance(4) else _with_variable(dice, theme, value)


def _with_variable(dice: Dice, theme: Theme, value: str) -> str:
    """A listed value with a policy variable, a default, or an escape (L7)."""
    variable = dice.one(VARIABLES) if dice.chance(60) else _variable(dice, theme, value)
    match dice.count(0, 6):
        case 0 | 1 | 2:
            return variable
        case 3:
            return variable + "*"
        case 4:
            return value[:2] + variable
        case 5:
            return f"{variable}-{dice.one(VARIABLES[:5])}" if dice.chance(30) else "*" + variable
        case _:
            return value[: len(value) - 1] + dice.one(ESCAPES)


def _variable(dice: Dice, theme: Theme, value: str) -> str:
    """A key of the theme, or of the resource, as a variable; the default, if it has one, is a value that matches, or a
    pattern of it."""
    name = "aws:ResourceTag/team" if dice.chance(15) else dice.one(_singles(theme))
    default = value if dice.chance(60) else dice.one((f"{value[:2]}*", "*", f"?{value[1:]}"))
    return f"${{{name}, '{default}'}}" if dice.chance(40) else f"${{{name}}}"


def _singles(theme: Theme) -> tuple[str, ...]:
    found = tuple(key.name for key in theme.keys if not key.multivalued and key.kind in (STRING, ARN))
    return found or tuple(key.name for key in SINGLE[:2])


def _arn(dice: Dice, world: World, value: str) -> str:
    fields = value.split(":", 5)
    if len(fields) < 6:  # a key that holds no ARN
        return dice.one((value, "*", "*:*:*:*:*:*", f"arn:{world.partition}:iam::111122223333:role/Admin"))
    match dice.count(0, 10):
        case 0 | 1 | 2:
            return value
        case 3 | 4:
            return ":".join((*fields[:5], fields[5][: len(fields[5]) // 2] + "*"))
        case 5:
            return ":".join((*fields[:4], "*", fields[5]))
        case 6:
            return f"arn:*:{fields[2]}::{fields[4]}:*" if not fields[3] else f"arn:*:*:*:{fields[4]}:*"
        case 7:
            return ":".join(
                (
                    *fields[:5],
                    dice.one(("*${aws:username}", "*${aws:PrincipalTag/team}", "role/${aws:username, 'Admin'}")),
                )
            )
        case 8 | 9:
            return dice.one(
                (f"arn:*{fields[5]}", "*", f"*:{fields[5]}", "arn:*", ":".join(fields[:5]), "arn:*:iam:*:role/Admin")
            )
        case _:
            return ":".join((*fields[:5], "?" + fields[5][1:]))


def _typed(dice: Dice, kind: str, value: str) -> str:
    match kind:
        case "Bool":
            return dice.one((value, value, value.upper(), value.title(), *OF_KIND["Bool"][3:5]))
        case "Date":
            return dice.one(
                (
                    value,
                    value,
                    value,
                    value,
                    "2026-06-15",
                    "1781526600",
                    "2026-06-15T12:30:00+02:00",
                    "2026-06-15T12:30:00.5Z",
                )
            )
        case "Numeric":
            return dice.one(
                (
                    value,
                    value,
                    value,
                    value,
                    f"{float(value) + 1:g}",
                    f"{float(value)}",
                    f"{float(value) - 0.5:g}",
                    "-1",
                )
            )
        case "IpAddress":
            return dice.one((value, value, *_BLOCKS))
    return value


_BLOCKS = ("10.0.0.0/8", "203.0.113.0/24", "2001:db8::/32", "0.0.0.0/0", "::/0", "10.1.2.3/32")
