"""Class tables of attributes that are asked for what they are not: text as a number, an instant as text (C3).

In: an attribute, and the predicates put to it. Out: a `Refined` table.
Guarantee: every value that the attribute can have is in exactly one class, and the members of a class answer every
predicate alike. A class of which no member was found, and not shown to be empty either, is listed without members.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import reduce
from itertools import chain, islice, product
from operator import and_, or_

from verifier.frozen import Frozen
from verifier.problem.classes.attributes import Attribute
from verifier.problem.classes.intervals import as_bounds, as_networks
from verifier.problem.classes.predicates import InNetwork, Less, OneOf, Predicate, Tokens, exactly
from verifier.problem.classes.readable import DIGIT_TEXTS, IPV4, IPV6, Kind, Moments, Read, form_texts, parse_instant
from verifier.problem.classes.tables import (
    AddressTable,
    Line,
    LineTable,
    OverBudget,
    Table,
    WordTable,
    instant_text,
    number_text,
)
from verifier.problem.classes.words import Domain, fill, graft

_Held = Mapping[Predicate, bool]
"""Which of some predicates hold."""
_Answers = tuple[bool, ...]
"""Which of the predicates hold of a value, in their order."""

MOST_CLASSES = 4000
_FEW = 300
"""So many members are tried of a class that may have no more."""

_LINE = Line(-(10**18), (0, 1, 5, 7, 30, 100, 1767225600, 1798761600))


NUMBERS = form_texts(*(sign + number for number in ("dn", "dn.n", ".dn") for sign in ("", "s")))
"""The texts that are numbers (C3)."""
YEAR = form_texts("dddd")
DATES = form_texts("dddd-ddr", "dddd-dd-ddTdd:ddr")
"""The texts that are dates and no numbers, and others."""
MOMENTS = form_texts("dddd-dd-ddTdd:dd:ddZ", "dddd-dd-ddTdd:dd:dd.dnZ")
"""The texts that instants have in a request, and others."""


def predicate_parts(predicate: Predicate) -> Iterator[Predicate]:
    """The predicates, each with words of its own, that one is built of: itself, where it is not built of others."""
    if isinstance(predicate, OneOf):
        yield from map(exactly, sorted(predicate.values))
    elif isinstance(predicate, Less):
        yield from (predicate.whole, *predicate.without)
    elif isinstance(predicate, Moments):
        yield from map(Moments, predicate_parts(predicate.test))
    else:
        yield predicate


class Refined(Table):
    """The values of an attribute, by what they answer. `members` of a class may be none."""

    exhaustive = False

    def __init__(self, predicates: Sequence[Predicate], possible: Iterable[_Answers], known: Iterable[str]) -> None:
        """`known` are values, plausible ones first; `possible` are the answers that there may be."""
        self._predicates = list(dict.fromkeys(predicates))
        found: dict[_Answers, list[str]] = {}
        for value in known:
            found.setdefault(self._answers(value), []).append(value)
        for answers in possible:
            found.setdefault(answers, [])
            if len(found) > MOST_CLASSES:
                raise OverBudget("")
        self._members = [tuple(dict.fromkeys(members)) for members in found.values()]
        self._index = {answers: index for index, answers in enumerate(found)}
        self.size = len(found)

    def _answers(self, value: str) -> _Answers:
        return tuple(predicate.matches(value) for predicate in self._predicates)

    def mask(self, predicate: Predicate) -> int:
        at = self._predicates.index(predicate)
        return sum(1 << index for answers, index in self._index.items() if answers[at])

    def members(self, index: int, limit: int = 8) -> tuple[str, ...]:
        """Up to `limit` of those that were found."""
        return self._members[index][:limit]

    def pick(self, mask: int) -> tuple[int, str]:
        """Raises `OverBudget` where no member is known of any of the classes."""
        for index, members in enumerate(self._members):
            if mask >> index & 1 and members:
                return index, members[0]
        raise OverBudget("")

    def class_of(self, value: str) -> int | None:
        try:
            return self._index.get(self._answers(value))
        except (ArithmeticError, ValueError):
            return None


def refined_table(attribute: Attribute, predicates: Sequence[Predicate], budget: int) -> Refined:
    """The table of an attribute that is asked for what it is not, by the predicates and their parts. Raises
    `OverBudget` where the classes are too many to list."""
    predicates = [*predicates, *(part for predicate in predicates for part in predicate_parts(predicate))]
    if attribute.domain is not None:
        return _refined_text(attribute.domain, predicates, budget)
    if attribute.line is not None:
        return _refined_line(attribute.line, predicates, budget)
    return _refined_addresses(predicates, budget)


# -- text that is read as something else --


def _refined_text(domain: Domain, predicates: Sequence[Predicate], budget: int) -> Refined:
    """The table of an attribute of text."""
    plain = [p for p in predicates if not isinstance(p, Read)]
    forms = [*NUMBERS, *YEAR, *DATES, IPV4, IPV6]
    words = WordTable(domain, [*plain, *forms], budget)
    scales = _scales([p for p in predicates if isinstance(p, Read)])
    texts = dict.fromkeys(chain.from_iterable(scale.texts for scale in scales))
    patterns = [part for p in plain for part in _patterns(p)]
    grown = (word for text in texts for pattern in patterns for word in (fill(pattern, text), graft(pattern, text)))
    listed = chain.from_iterable(words.members(index) for index in range(words.size))
    tried = dict.fromkeys((*domain.seeds, *listed, *texts, *islice(grown, MOST_CLASSES)))
    known = [value for value in tried if words.class_of(value) is not None]
    return Refined(predicates, _possible_texts(words, predicates, scales), known)


class _Scale:
    """What the texts of one form can answer to the predicates that read them, and some such texts."""

    def __init__(self, forms: Sequence[Tokens], answers: Iterable[_Held], texts: Iterable[str], exact: bool) -> None:
        self.forms = forms
        self.answers = list(answers) + ([] if exact else [{}])
        self.texts = list(texts)


def _scales(predicates: Sequence[Read]) -> list[_Scale]:
    scales = []
    by_kind = {kind: [p for p in predicates if p.kind is kind] for kind in Kind}
    if by_kind[Kind.NUMBER]:
        scales.append(_compared(by_kind[Kind.NUMBER], NUMBERS, exact=True))
    if by_kind[Kind.INSTANT]:
        scales += [_compared(by_kind[Kind.INSTANT], forms, exact=forms is NUMBERS) for forms in (NUMBERS, DATES)]
    for form, version in ((IPV4, 4), (IPV6, 6)):
        if by_kind[Kind.ADDRESS]:
            scales.append(_located(by_kind[Kind.ADDRESS], form, version))
    return scales


def _compared(predicates: Sequence[Read], forms: Sequence[Tokens], *, exact: bool) -> _Scale:
    line = LineTable(_LINE, [p.test for p in predicates])
    held = {p: line.mask(p.test) for p in predicates}
    answers: Iterator[_Held] = ({p: bool(mask >> index & 1) for p, mask in held.items()} for index in range(line.size))
    numbers = [text for index in range(line.size) for text in line.members(index, 3)]
    spelled = (form for number in numbers for form in _spelled(number))
    return _Scale(forms, answers, (*spelled, *([] if exact else _dated(numbers))), exact)


def _spelled(number: str) -> Iterator[str]:
    yield number
    sign, digits = (number[0], number[1:]) if number[0] == "-" else ("", number)
    yield f"{sign}0{digits}"
    yield f"{number}0" if "." in number else f"{number}.0"


def _dated(numbers: Iterable[str]) -> Iterator[str]:
    for number in numbers:
        try:
            text = instant_text(number)
        except (ValueError, OverflowError, OSError):
            continue
        yield from (text, text.replace("Z", "+00:00"), *([text[:10]] if text.endswith("T00:00:00Z") else []))


def _located(predicates: Sequence[Read], form: Tokens, version: int) -> _Scale:
    blocks = {p: p.test for p in predicates if isinstance(p.test, InNetwork)}
    table = AddressTable(list(blocks.values()))
    of_version = [index for index in range(table.size) if table.range(index)[0] == version]
    answers: Iterator[_Held] = (
        {p: bool(table.mask(block) >> index & 1) for p, block in blocks.items()} for index in of_version
    )
    return _Scale((form,), answers, (text for index in of_version for text in table.members(index)), exact=False)


def _possible_texts(words: WordTable, predicates: Sequence[Predicate], scales: Sequence[_Scale]) -> Iterator[_Answers]:
    plain = {p: words.mask(p) for p in predicates if not isinstance(p, Read)}
    forms = [reduce(or_, map(words.mask, scale.forms)) for scale in scales]
    for index in range(words.size):
        if len(words.members(index, 2)) < 2:
            continue  # its only member is among those that are known
        base: _Held = {p: bool(mask >> index & 1) for p, mask in plain.items()}
        ways: list[Sequence[_Held]] = [
            scale.answers if form >> index & 1 else [{}] for scale, form in zip(scales, forms, strict=True)
        ]
        yield from _merged(predicates, base, ways)


def _merged(predicates: Sequence[Predicate], base: _Held, ways: Sequence[Sequence[_Held]]) -> Iterator[_Answers]:
    order = list(dict.fromkeys(predicates))
    for combination in product(*ways):
        held = {**base, **{p: value for answers in combination for p, value in answers.items()}}
        yield tuple(held.get(p, False) for p in order)


def _patterns(predicate: Predicate) -> Iterator[Tokens]:
    if isinstance(predicate, Tokens):
        yield predicate
    elif isinstance(predicate, Less):
        yield predicate.whole
    elif isinstance(predicate, OneOf):
        yield from map(exactly, predicate.values)


# -- numbers, instants and addresses as text --


def _refined_line(line: Line, predicates: Sequence[Predicate], budget: int) -> Refined:
    """The table of numbers, or of instants in seconds since 1970."""
    exact = {p: found for p in predicates if (found := as_bounds(p)) is not None}
    numbers = LineTable(line, [bound for bounds in exact.values() for bound in bounds])
    rest = [p for p in predicates if p not in exact]
    digits, dates = _texts(DIGIT_TEXTS, rest, budget, Tokens), _texts(MOMENTS, rest, budget, Moments)
    suggested = [*digits.words, *(str(read) for text in dates.words if (read := parse_instant(text)) is not None)]
    own = [text for index in range(numbers.size) for text in numbers.members(index)]
    known = [
        t for t in dict.fromkeys((*own, *suggested)) if numbers.class_of(t) is not None and number_text(Decimal(t)) == t
    ]
    held = {p: _all(numbers, bounds) for p, bounds in exact.items()}
    classes = [index for index in range(numbers.size) if len(numbers.members(index, 2)) > 1]
    return Refined(predicates, _possible(classes, held, predicates, (digits, dates)), known)


def _refined_addresses(predicates: Sequence[Predicate], budget: int) -> Refined:
    """The table of addresses."""
    exact = {p: found for p in predicates if (found := as_networks(p)) is not None}
    addresses = AddressTable([block for blocks in exact.values() for block in blocks])
    rest = [p for p in predicates if p not in exact]
    spelled = _texts((IPV4, IPV6), rest, budget, Tokens)
    own = [text for index in range(addresses.size) for text in addresses.members(index, _FEW)]
    patterns = [part for p in rest for part in _patterns(p)]
    grown = [fill(pattern, end) for pattern in patterns for end in _ENDS]
    grown += [graft(pattern, text) for pattern in patterns for text in own[:8]]
    known = [text for text in dict.fromkeys((*own, *spelled.words, *grown)) if addresses.class_of(text) is not None]
    held = {p: _all(addresses, blocks) for p, blocks in exact.items()}
    classes = [index for index in range(addresses.size) if len(addresses.members(index, _FEW)) == _FEW]
    return Refined(predicates, _possible(classes, held, predicates, (spelled,)), known)


_ENDS = (
    *(".5", ".0.5", ".0.0.5", "5", "0.5", "0.0.5", "10", ""),
    *(":5", "::5", "1:2:3:4:5:6:7:8", "2001:db8:1:2:3:4:5:6"),
)


def _all(table: Table, parts: Sequence[Predicate]) -> int:
    """The classes of which every part holds; none, without parts."""
    return reduce(and_, map(table.mask, parts)) if parts else 0


class _Texts(Frozen):
    """The texts of some forms, told apart by predicates: what the values of a table may answer to these."""

    answers: list[_Held]
    words: list[str]


def _texts(
    base: tuple[Tokens, ...], predicates: Sequence[Predicate], budget: int, kind: type[Tokens] | type[Moments]
) -> _Texts:
    """By those predicates that are about these texts."""
    tests = {
        p: p.test if isinstance(p, Moments) else p for p in predicates if isinstance(p, Moments) == (kind is Moments)
    }
    table = WordTable(Domain("text", base, _SEEDS), list(tests.values()), budget)
    masks = {p: table.mask(text) for p, text in tests.items()}
    # A text that is alone in its class is among those that are tried.
    several = [index for index in range(table.size) if len(table.members(index, 2)) > 1]
    answers: list[_Held] = [{p: bool(mask >> index & 1) for p, mask in masks.items()} for index in several]
    return _Texts(answers, [text for i in range(table.size) for text in (table.pick(1 << i)[1], *table.members(i))])


_SEEDS = ("2026-06-15T12:30:00Z", "2027-01-01T00:00:00Z", "30", "365", "1767225600", "203.0.113.10", "10.0.0.5")


def _possible(
    classes: Iterable[int], held: Mapping[Predicate, int], predicates: Sequence[Predicate], texts: Sequence[_Texts]
) -> Iterator[_Answers]:
    """What the values of some classes of a table, and their texts, may answer together."""
    for index in classes:
        base: _Held = {p: bool(mask >> index & 1) for p, mask in held.items()}
        yield from _merged(predicates, base, [found.answers for found in texts])
