"""Sets of values of one attribute in words: `is one of a, b, c`, `matches team-*, but is not team-x`, `is at least 30`.

In: the table of an attribute, the predicates put to it, and masks: what must be in the set, and what may be. Out: a
form, and its text.
Guarantee: the text says exactly the form, which has all that must be in the set and nothing that may not
(`forms`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from verifier.frozen import Frozen
from verifier.problem.classes.predicates import Compares, Field, InNetwork, Predicate
from verifier.problem.classes.readable import Kind
from verifier.problem.classes.tables import (
    AddressTable,
    LineTable,
    ListTable,
    Table,
    Unsuitable,
    instant_text,
    number_text,
)
from verifier.verify.phrases.forms import Form, Vocabulary, Word, WordConjunction, WordSort
from verifier.verify.phrases.lists import clauses, listed, range_text, shown
from verifier.verify.phrases.patterns import predicate_words, read_text

_UNMENTIONED = 1.6
"""The cost of a value that no policy names."""


class ValueWords:
    """The words for the values of one attribute."""

    def __init__(
        self, table: Table, predicates: Iterable[Predicate], date: bool = False, familiar: Sequence[str] = ()
    ) -> None:
        """`date` says that numbers are instants; `familiar` are values that may be named anyway."""
        self.full = (1 << table.size) - 1
        self._ranges: Ranges | None = None
        if isinstance(table, LineTable):
            self._ranges = Ranges(table, [p.bound for p in predicates if isinstance(p, Compares)], date)
        else:
            words = [*_words(table, list(predicates), date), *_familiar(table, familiar)]
            self._vocabulary = Vocabulary(self.full, words)

    def form(self, least: int, most: int | None = None) -> Form:
        """A form that has all of `least` and nothing outside `most`; exactly `least`, where `most` is not given."""
        most = least if most is None else most
        return self._vocabulary.express(least, most) if self._ranges is None else self._ranges.form(least, most)

    def text(self, least: int, most: int | None = None, *, maybe_absent: bool = False) -> str:
        """The same in words that go behind the name of the attribute: of a value that is present, which they say where
        they would hold of an absent one too and it is `maybe_absent`."""
        most = least if most is None else most
        if self._ranges is None:
            return form_text(self.form(least, most), maybe_absent=maybe_absent)
        text = self._ranges.text(least, most)
        return f"{PRESENT}{text}" if maybe_absent and text.startswith("is not ") else text


def _words(table: Table, predicates: Sequence[Predicate], date: bool) -> list[Word]:
    found = predicate_words((p for p in predicates if not isinstance(p, Compares | Field)), lambda p: _mask(table, p))
    kind = Kind.INSTANT if date else Kind.NUMBER
    found += [Word(WordSort.FAMILY, read_text(p, kind), _mask(table, p)) for p in predicates if isinstance(p, Compares)]
    if isinstance(table, ListTable):
        found = [*_listed(table, found), *(word for word in found if word.mask.bit_count() != 1)]
    if isinstance(table, AddressTable):
        found += _addresses(table)
    return found


def _listed(table: ListTable, found: Sequence[Word]) -> Iterator[Word]:
    """The values by name, those that policies do not name at a higher cost, unless there are only two."""
    mentioned = {word.mask for word in found}
    for index, value in enumerate(table.values):
        yield Word(WordSort.IS, value, 1 << index, 1.0 if table.size == 2 or 1 << index in mentioned else _UNMENTIONED)


def _addresses(table: AddressTable) -> Iterator[Word]:
    for version, length in ((4, 32), (6, 128)):
        yield Word(WordSort.FAMILY, f"an IPv{version} address", table.mask(InNetwork(version, 0, (1 << length) - 1)))
    for index in range(table.size):
        yield Word(WordSort.ADDRESSES, range_text(*table.range(index)), 1 << index, 2.0)


def _familiar(table: Table, values: Sequence[str]) -> Iterator[Word]:
    """The values that are alone in their class."""
    for value in values:
        index = table.class_of(value)
        if index is not None and table.members(index, 2) == (value,):
            yield Word(WordSort.IS, value, 1 << index)


def _mask(table: Table, predicate: Predicate) -> int:
    """The classes of a predicate; none, for one that the table does not suit, which is a symbol of its own."""
    try:
        return table.mask(predicate)
    except Unsuitable:
        return 0


# -- text --


PRESENT = "is present, and "


def form_text(form: Form, *, maybe_absent: bool = False) -> str:
    """A form that is neither nothing nor everything, behind the name of the attribute."""
    plain = [block for block in form if len(block.all) == 1 and not block.none]
    rest = [block for block in form if block not in plain]
    texts = [one_of_words([block.all[0] for block in plain])] if plain else []
    texts += [(PRESENT if maybe_absent and not block.all else "") + _block_text(block) for block in rest]
    return "; or ".join(texts)


def _block_text(block: WordConjunction) -> str:
    inside = clauses([one_of_words([word]) for word in block.all])
    outside = denied(block.none)
    return f"{inside}, but {outside}" if inside and outside else inside or outside


_SAID = {
    WordSort.IS: ("is {}", "is not {}", "is none of {}"),
    WordSort.IS_IN_ANY_CASE: ("is {} in any case", "is not {} in any case", "is none of {} in any case"),
    WordSort.FAMILY: ("is {}", "is not {}", "is neither {}"),
    WordSort.FACT: ("has {}", "does not have {}", "has none of {}"),
    WordSort.MATCHES: ("matches {}", "does not match {}", "matches none of {}"),
    WordSort.MATCHES_IN_ANY_CASE: (
        "matches {} in any case",
        "does not match {} in any case",
        "matches none of {} in any case",
    ),
    WordSort.NETWORK: ("is in {}", "is not in {}", "is in none of {}"),
    WordSort.ADDRESSES: ("is between {}", "is not between {}", "is between none of {}"),
}


def _texts(found: Sequence[Word], sort: WordSort) -> list[str]:
    return sorted(word_text(word) for word in found if word.sort is sort)


def word_text(word: Word) -> str:
    """A word in a sentence. A value with `*` or `?` is in quotes: it is no pattern."""
    if word.sort in (WordSort.FAMILY, WordSort.ADDRESSES):
        return word.text
    quoted = word.sort in (WordSort.IS, WordSort.IS_IN_ANY_CASE) and not {"*", "?"}.isdisjoint(word.text)
    return shown(word.text, word.note, quoted=quoted)


def one_of_words(found: Sequence[Word]) -> str:
    """The value is in one of the words."""
    texts = []
    for sort, (positive, _, _) in _SAID.items():
        values = _texts(found, sort)
        if values:
            few = len(values) < 3 or sort is not WordSort.IS
            texts.append(positive.format(listed(values, "or") if few else f"one of {', '.join(values)}"))
    return clauses(texts, "or")


def denied(found: Sequence[Word]) -> str:
    """The value is in none of the words."""
    texts = []
    for sort, (_, one, several) in _SAID.items():
        values = _texts(found, sort)
        if values:
            texts.append(one.format(values[0]) if len(values) == 1 else several.format(", ".join(values)))
    return clauses(texts)


class _Interval(Frozen):
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
    """The words for the values of an attribute that is a number, or seconds since 1970. Exact: classes are points and
    the stretches between them, in ascending order, so that a run of them has two ends."""

    def __init__(self, table: LineTable, bounds: Iterable[Decimal], date: bool) -> None:
        self._table = table
        self._bounds = sorted({*bounds})
        self._full = (1 << table.size) - 1
        self._date = date

    def form(self, least: int, most: int) -> Form:
        """A union of intervals that has all of `least` and nothing outside `most`."""
        mask = self._between(least, most)
        return tuple(
            WordConjunction(tuple(self._word(end) for end in (i.low, i.high) if end is not None))
            for i in self._intervals(mask)
        )

    def _word(self, comparison: Compares) -> Word:
        return Word(WordSort.BOUND, self._comparison(comparison), self._table.mask(comparison))

    def _comparison(self, comparison: Compares) -> str:
        return (_DATES if self._date else _NUMBERS)[comparison.sign].format(self._number(comparison.bound))

    def _number(self, number: Decimal) -> str:
        return instant_text(number_text(number)) if self._date else number_text(number)

    def _intervals(self, mask: int) -> Iterator[_Interval]:
        for first, last in _runs(mask, self._table.size):
            yield _Interval(self._end(first, -1), self._end(last, 1))

    def _end(self, index: int, side: int) -> Compares | None:
        """The end of an interval that begins (`side` -1) or ends (1) with a class; `None` if nothing lies beyond."""
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
        masks = ((1 << last + 1) - (1 << first) for first, last in runs)
        return sum(run for run in masks if least & run)

    def text(self, least: int, most: int) -> str:
        """The same in words that go behind the name of the attribute."""
        mask = self._between(least, most)
        holes = [interval.point for interval in self._intervals(self._full & ~mask)]
        points = [point for point in holes if point is not None]
        if points and len(points) == len(holes):
            return f"is not {listed([self._number(point) for point in points], 'or')}"
        return "is " + clauses([self._interval_text(interval) for interval in self._intervals(mask)], "or")

    def _interval_text(self, interval: _Interval) -> str:
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
