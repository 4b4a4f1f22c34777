"""The forms of texts that are numbers, dates or addresses, as patterns (C3).

In: nothing. Out: patterns. Guarantee: every text that is one matches one of its patterns; of numbers, no other text does.
"""

from __future__ import annotations

from collections.abc import Iterator

from verifier.problem.classes.predicates import Characters, Compares, Token, Tokens, literal_tokens

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
"""What letters of a form stand for: a digit, digits, a sign, parts of addresses, `T` and `Z` in any case, the end of a date."""


def _of(*forms: str) -> tuple[Tokens, ...]:
    return tuple(Tokens(tuple(_SETS.get(c, (False, Characters(frozenset(c)))) for c in form)) for form in forms)


def _numbers() -> Iterator[str]:
    for number in ("dn", "dn.n", ".dn"):
        yield from (number, f"s{number}")


NUMBERS = _of(*_numbers())
"""The texts that are numbers (C3)."""
DIGITS = _of("dn", "dn.dn")
"""The texts that numbers have in a request: those without a sign."""
YEAR = _of("dddd")
DATES = _of("dddd-ddr", "dddd-dd-ddTdd:ddr")
"""The texts that are dates and no numbers, and others."""
MOMENTS = _of("dddd-dd-ddTdd:dd:ddZ", "dddd-dd-ddTdd:dd:dd.dnZ")
"""The texts that instants have in a request, and others."""
MOMENTS_IN_ANY_CASE = _of("dddd-dd-ddtdd:dd:ddz", "dddd-dd-ddtdd:dd:dd.dnz")
"""The same, and what equals them without regard to case."""
IPV4, IPV6 = _of("dn.dn.dn.dn", "h:h:h")
"""The texts that are addresses, and others."""

_LENGTH = 12


def twelve_digits(asked: Compares) -> Iterator[Tokens]:
    """The texts of twelve digits that a comparison holds of as numbers."""
    whole = int(asked.bound.to_integral_value("ROUND_FLOOR"))
    above = whole + (asked.sign in ("<=", ">") or asked.bound != whole)  # the least number that is not below, or is above
    if asked.sign == "=":
        if asked.bound == whole and 0 <= whole < 10**_LENGTH:
            yield Tokens(literal_tokens(f"{whole:0{_LENGTH}}"))
        return
    upwards = asked.sign in (">", ">=")
    if not 0 < above < 10**_LENGTH:
        if upwards == (above <= 0):
            yield Tokens(((False, _DIGIT),) * _LENGTH)
        return
    digits = f"{above:0{_LENGTH}}"
    for at, digit in enumerate(digits):
        others = frozenset(c for c in "0123456789" if (c > digit if upwards else c < digit))
        if others:
            yield Tokens((*literal_tokens(digits[:at]), (False, Characters(others)), *((False, _DIGIT),) * (_LENGTH - at - 1)))
    if upwards:
        yield Tokens(literal_tokens(digits))
