"""Numbers and instants in words: `is at least 30`, `is before 2026-01-01T00:00:00Z`.

In: a table of numbers, the bounds of the comparisons put to it, and a mask. Out: a form over comparisons, and its text.
Guarantee: exact: classes are points and the stretches between them, in ascending order, so that a run of them has two
ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from verifier.problem.classes.predicates import Compares
from verifier.problem.classes.tables import LineTable, instant_text, number_text
from verifier.verify.phrases.forms import Block, Form, Sort, Word
from verifier.verify.phrases.lists import clauses, listed


@dataclass(frozen=True)
class Interval:
    """The numbers from `low` to `high`; `None` where it has no such end. The ends are in it where they are `closed`."""

    low: Compares | None
    high: Compares | None

    @property
    def point(self) -> Decimal | None:
        """The only number in it."""
        if self.low is None or self.high is None or self.low.bound != self.high.bound:
            return None
        return self.low.bound


_NUMBERS = {">=": "at least {}", ">": "more than {}", "<=": "at most {}", "<": "less than {}"}
_DATES = {">=": "at {} or later", ">": "after {}", "<=": "at {} or earlier", "<": "before {}"}


class Ranges:
    """The words for the values of an attribute that is a number, or seconds since 1970."""

    def __init__(self, table: LineTable, bounds: Iterable[Decimal], date: bool) -> None:
        self._table = table
        self._bounds = sorted({*bounds})
        self._full = (1 << table.size) - 1
        self._date = date

    def form(self, least: int, most: int) -> Form:
        """A union of intervals that has all of `least` and nothing outside `most`."""
        mask = self._between(least, most)
        return tuple(
            Block(tuple(self._word(end) for end in (i.low, i.high) if end is not None)) for i in self._intervals(mask)
        )

    def _word(self, comparison: Compares) -> Word:
        return Word(Sort.BOUND, self._comparison(comparison), self._table.mask(comparison))

    def _comparison(self, comparison: Compares) -> str:
        return (_DATES if self._date else _NUMBERS)[comparison.sign].format(self._number(comparison.bound))

    def _number(self, number: Decimal) -> str:
        return instant_text(number_text(number)) if self._date else number_text(number)

    def _intervals(self, mask: int) -> Iterator[Interval]:
        for first, last in _runs(mask, self._table.size):
            yield Interval(self._end(first, -1), self._end(last, 1))

    def _end(self, index: int, side: int) -> Compares | None:
        """The end of an interval that begins (`side` -1) or ends (1) with a class; `None` where nothing lies beyond
        it."""
        if index == (0 if side < 0 else self._table.size - 1):
            return None
        member = Decimal(self._table.members(index, 1)[0])
        if member in self._bounds:
            return Compares(">=" if side < 0 else "<=", member)
        beyond = [bound for bound in self._bounds if (bound > member) == (side > 0)]
        return Compares(">", max(beyond)) if side < 0 else Compares("<", min(beyond))

    def _between(self, least: int, most: int) -> int:
        """The runs of `most` that have something of `least`: they have the fewest ends."""
        runs = list(_runs(most, self._table.size))
        return sum(
            (1 << last + 1) - (1 << first) for first, last in runs if least >> first & (1 << last - first + 1) - 1
        )

    def text(self, least: int, most: int) -> str:
        """The same in words that go behind the name of the attribute."""
        mask = self._between(least, most)
        holes = [interval.point for interval in self._intervals(self._full & ~mask)]
        points = [point for point in holes if point is not None]
        if points and len(points) == len(holes):
            return f"is not {listed([self._number(point) for point in points], 'or')}"
        return "is " + clauses([self._interval_text(interval) for interval in self._intervals(mask)], "or")

    def _interval_text(self, interval: Interval) -> str:
        if interval.point is not None:
            return self._number(interval.point)
        ends = [self._comparison(end) for end in (interval.low, interval.high) if end is not None]
        return " and ".join(ends)


def _runs(mask: int, size: int) -> Iterator[tuple[int, int]]:
    """The first and last class of each run of neighbours in a mask."""
    start: int | None = None
    for index in range(size + 1):
        inside = index < size and mask >> index & 1
        if inside and start is None:
            start = index
        elif not inside and start is not None:
            yield start, index - 1
            start = None
