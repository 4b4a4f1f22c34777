"""Class tables: each attribute's values, cut into the finitely many classes that the tests can tell apart.

In: a kind of attribute and the predicates that a problem uses on it. Out: a `Table`.
Guarantee: every value the attribute can have is in exactly one class, and the members of a class answer every predicate
alike. A predicate that does not suit the kind raises `Unsuitable`; a table that would exceed the budget raises
`OverBudget`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from decimal import Context, Decimal, localcontext
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address

from verifier.frozen import Frozen
from verifier.problem.classes.predicates import Compares, InNetwork, Less, OneOf, Predicate, Tokens
from verifier.problem.classes.words import Domain, Partition, partition

STATE_BUDGET = 4000
"""Automaton states for one attribute before its tests are left to lazy search."""


MORE_STATES = 20_000
"""The same where an attribute must have classes, since callers and actions are told apart by them."""


class Unsuitable(Exception):
    """A predicate of a kind that the attribute's table cannot partition by."""


class OverBudget(Exception):
    """The classes of an attribute are too many to list."""


class Table(ABC):
    """The classes of one attribute. A mask has bit *i* set for class *i*."""

    size: int
    exhaustive = True
    """Whether `members` gives fewer than asked for only where a class has no more."""

    @abstractmethod
    def mask(self, predicate: Predicate) -> int:
        """The classes whose members satisfy the predicate."""

    @abstractmethod
    def members(self, index: int, limit: int = 8) -> tuple[str, ...]:
        """Up to `limit` different members of a class, plausible ones first; fewer only if there are no more."""

    def pick(self, mask: int) -> tuple[int, str]:
        """One class of a mask that is not empty, and a member of it: the most plausible one (F9)."""
        index = (mask & -mask).bit_length() - 1
        return index, self.members(index, 1)[0]

    @abstractmethod
    def class_of(self, value: str) -> int | None:
        """The class of a value; `None` if the attribute cannot have it."""


class WordTable(Table):
    """Strings, by the patterns that match them."""

    def __init__(self, domain: Domain, predicates: Sequence[Predicate], budget: int = STATE_BUDGET) -> None:
        if any(not isinstance(p, Tokens | OneOf | Less) for p in predicates):
            raise Unsuitable(domain.name)
        found = partition(domain, predicates, budget)
        if found is None:
            raise OverBudget(domain.name)
        self._partition: Partition = found
        self.size = len(found.classes)

    def mask(self, predicate: Predicate) -> int:
        return self._partition.mask(predicate)

    def members(self, index: int, limit: int = 8) -> tuple[str, ...]:
        return self._partition.words(index, limit)

    def sample(self, index: int) -> str:
        """Some member of a class, found without a search."""
        return self._partition.classes[index].sample

    def pick(self, mask: int) -> tuple[int, str]:
        return self._partition.pick(mask)

    def class_of(self, value: str) -> int | None:
        return self._partition.class_of(value)


class ListTable(Table):
    """A listed set of values, each its own class."""

    def __init__(self, values: Sequence[str]) -> None:
        self.values = tuple(values)
        self.size = len(self.values)

    def mask(self, predicate: Predicate) -> int:
        try:
            return _listed(self.values, predicate)
        except (ArithmeticError, ValueError) as error:
            raise Unsuitable(str(predicate)) from error

    def members(self, index: int, limit: int = 8) -> tuple[str, ...]:
        return (self.values[index],)

    def class_of(self, value: str) -> int | None:
        return self.values.index(value) if value in self.values else None


@lru_cache(4096)
def _listed(values: tuple[str, ...], predicate: Predicate) -> int:
    """The values that satisfy a predicate, as bits: many lists are those of the reference data, and met in every
    question."""
    return sum(1 << i for i, value in enumerate(values) if predicate.matches(value))


class Line(Frozen):
    """A kind of number: its least value, values that people believe, and its greatest value, if it has one. `whole`:
    iff it has no fractions."""

    least: int
    plausible: tuple[int, ...]
    most: int | None = None
    whole: bool = False


_PRECISION = 20_000
"""Digits to compute with: more than a listed value can have in a policy of the sizes that AWS accepts (L4)."""


class LineTable(Table):
    """Numbers (and instants), cut at the bounds of the comparisons: the bounds themselves and the stretches between
    them."""

    def __init__(self, line: Line, predicates: Sequence[Predicate]) -> None:
        bounds = set()
        for predicate in predicates:
            if not isinstance(predicate, Compares):
                raise Unsuitable("number")
            bounds.add(predicate.bound)
        self._line = line
        self._bounds = sorted(b for b in bounds if self._within(b))
        with localcontext(Context(prec=_PRECISION)):
            self._members = self._cut(line)
        self.size = len(self._members)

    def _cut(self, line: Line) -> list[tuple[Decimal, ...]]:
        """Members of each class, in ascending order of the classes. Values are whole, except where only a fraction lies
        between."""
        classes = []
        low: Decimal | None = None
        for bound in [*self._bounds, None]:
            between = self._between(line, low, bound)
            if between:
                classes.append(between)
            if bound is not None and self._is_one(bound):
                classes.append((bound,))
            low = bound
        return classes

    def _within(self, number: Decimal) -> bool:
        return number >= self._line.least and (self._line.most is None or number <= self._line.most)

    def _is_one(self, number: Decimal) -> bool:
        """True iff a number is one of the line."""
        return self._within(number) and not (self._line.whole and number != number.to_integral_value())

    def _between(self, line: Line, low: Decimal | None, high: Decimal | None) -> tuple[Decimal, ...]:
        start = Decimal(line.least) if low is None else low.to_integral_value(rounding="ROUND_FLOOR") + 1
        candidates = [Decimal(p) for p in line.plausible] + [start + step for step in range(10)]
        top = high if high is not None or line.most is None else Decimal(line.most)
        if top is not None:
            base = low if low is not None else Decimal(line.least)
            candidates += [base + (top - base) * step * Decimal("0.0625") for step in (8, *range(1, 17))]
        good = (c for c in candidates if self._is_one(c) and (low is None or c > low) and (high is None or c < high))
        return tuple(dict.fromkeys(good))

    def mask(self, predicate: Predicate) -> int:
        if not isinstance(predicate, Compares):
            raise Unsuitable("number")
        return sum(1 << i for i, members in enumerate(self._members) if predicate.holds(members[0]))

    def members(self, index: int, limit: int = 8) -> tuple[str, ...]:
        return tuple(number_text(n) for n in self._members[index][:limit])

    def class_of(self, value: str) -> int | None:
        try:
            number = Decimal(value)
        except ArithmeticError:
            return None
        if not number.is_finite() or not self._is_one(number):
            return None
        place = [number.compare(bound) for bound in self._bounds]
        return next(
            i
            for i, (member, *_) in enumerate(self._members)
            if [member.compare(bound) for bound in self._bounds] == place
        )


class AddressTable(Table):
    """IPv4 and IPv6 addresses, cut at the ends of the CIDR blocks."""

    _WHOLE = {4: (1 << 32) - 1, 6: (1 << 128) - 1}
    _PLAUSIBLE = {
        4: ("203.0.113.10", "198.51.100.7", "192.0.2.44", "3.5.140.2", "52.94.76.10", "10.0.0.5"),
        6: ("2001:db8::10", "2001:db8:1::7"),
    }

    def __init__(self, predicates: Sequence[Predicate]) -> None:
        self._ranges: list[tuple[int, int, int]] = []
        for version, top in self._WHOLE.items():
            starts = {0}
            for predicate in predicates:
                if not isinstance(predicate, InNetwork):
                    raise Unsuitable("address")
                if predicate.version == version:
                    starts |= {predicate.first, predicate.last + 1}
            cuts = [*sorted(s for s in starts if s <= top), top + 1]
            self._ranges += [(version, low, high - 1) for low, high in zip(cuts, cuts[1:], strict=False)]
        self.size = len(self._ranges)

    def mask(self, predicate: Predicate) -> int:
        if not isinstance(predicate, InNetwork):
            raise Unsuitable("address")
        return sum(
            1 << i
            for i, (version, low, high) in enumerate(self._ranges)
            if version == predicate.version and predicate.first <= low and high <= predicate.last
        )

    def range(self, index: int) -> tuple[int, int, int]:
        """The version, 4 or 6, of the addresses of a class, and the first and last of them as numbers."""
        return self._ranges[index]

    def members(self, index: int, limit: int = 8) -> tuple[str, ...]:
        version, low, high = self._ranges[index]
        kind = IPv4Address if version == 4 else IPv6Address
        plausible = [text for text in self._PLAUSIBLE[version] if low <= int(kind(text)) <= high]
        others = (*range(low + 1, min(low + limit, high) + 1), low)  # a network's own address last
        return tuple(dict.fromkeys((*plausible, *(str(kind(n)) for n in others))))[:limit]

    def class_of(self, value: str) -> int | None:
        version = 6 if ":" in value else 4
        try:
            number = int(IPv6Address(value) if version == 6 else IPv4Address(value))
        except ValueError:
            return None
        return next(i for i, (v, low, high) in enumerate(self._ranges) if v == version and low <= number <= high)


def number_text(number: Decimal) -> str:
    """The plain decimal text of a number, of however many digits."""
    whole, _, fraction = f"{number:f}".partition(".")
    text = f"{whole}.{fraction}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def instant_text(seconds: str) -> str:
    """ISO 8601 text of an instant given as seconds since 1970."""
    whole, _, fraction = seconds.partition(".")
    text = datetime.fromtimestamp(int(whole), UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text}.{fraction}Z" if fraction else f"{text}Z"


def numbers_in(mask: int) -> Iterator[int]:
    """The numbers of a mask, the lowest first: *n* is in one iff bit *n* is set."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def bits(mask: int) -> Iterator[int]:
    """The same, each as a mask of its own."""
    return (1 << number for number in numbers_in(mask))
