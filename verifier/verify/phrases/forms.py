"""Sets of classes in named sets: the shortest combination of names that is exactly a given set.

In: the names that a set may be described by, each with the classes that it stands for, and a target set. Out: a `Form`.
Guarantee: `meaning(form)` is the target, class for class; what is written of a form is read off its blocks and nothing
else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import Enum, auto
from functools import reduce
from typing import TypeVar

from verifier.frozen import Frozen
from verifier.problem.classes.tables import bits

_Item = TypeVar("_Item")


class WordSort(Enum):
    """What a name says of a value."""

    IS = auto()
    IS_IN_ANY_CASE = auto()
    MATCHES = auto()
    MATCHES_IN_ANY_CASE = auto()
    FAMILY = auto()
    NETWORK = auto()
    ADDRESSES = auto()
    BOUND = auto()
    NAMED = auto()
    ACCOUNT = auto()
    FACT = auto()
    KIND = auto()
    KIND_OF_ACCOUNT = auto()


class Word(Frozen):
    """A named set: `mask` has a bit for each class in it. A word of higher `cost` is used where it saves that many
    others. `note` goes behind the text where that alone would say something else."""

    sort: WordSort
    text: str
    mask: int
    cost: float = 1.0
    note: str = ""


class WordConjunction(Frozen):
    """The classes in all of some words and in none of others; without words, every class."""

    all: tuple[Word, ...] = ()
    none: tuple[Word, ...] = ()

    @property
    def is_value(self) -> bool:
        """True iff it is one value, by a word that says just that."""
        return len(self.all) == 1 and not self.none and self.all[0].sort is WordSort.IS

    def mask(self, full: int) -> int:
        """The classes of the block, out of all that there are."""
        inside = reduce(lambda mask, word: mask & word.mask, self.all, full)
        return reduce(lambda mask, word: mask & ~word.mask, self.none, inside)

    @property
    def cost(self) -> float:
        """How long it is to say."""
        return sum(word.cost for word in self.all) + 1.25 * sum(word.cost for word in self.none) + 0.5


Form = tuple[WordConjunction, ...]
"""A union of blocks; without blocks, nothing."""


def form_classes(form: Form, full: int) -> int:
    """The classes that a form describes."""
    return reduce(lambda mask, block: mask | block.mask(full), form, 0)


MOST_BASES = 150
"""Words that are tried with exceptions; of more, only those that need none."""


class Vocabulary:
    """The words for the classes of one attribute. Of words that are the same set the cheapest counts."""

    def __init__(self, full: int, words: Iterable[Word], bases: Iterable[tuple[Word, ...]] = ()) -> None:
        self.full = full
        by_mask: dict[int, Word] = {}
        for word in words:
            if word.mask not in (0, full) and (word.mask not in by_mask or word.cost < by_mask[word.mask].cost):
                by_mask[word.mask] = word
        self.single = {mask: word for mask, word in by_mask.items() if not mask & (mask - 1)}
        self.broad = [word for mask, word in by_mask.items() if mask & (mask - 1)]
        self._known: dict[tuple[int, int], Form] = {}
        self._bases = [
            (),
            *((word,) for word in self.broad[:MOST_BASES]),
            *(base for base in bases if WordConjunction(base).mask(full)),
        ]

    def express(self, least: int, most: int | None = None) -> Form:
        """The shortest form found that has all of `least` and nothing outside `most` (exactly `least`, where `most` is
        not given). The words must tell the classes of `least` from those outside `most`."""
        most = least if most is None else most | least
        if (least, most) not in self._known:
            self._known[least, most] = self._expressed(least, most)
        return self._known[least, most]

    def _expressed(self, least: int, most: int) -> Form:
        if least == 0:
            return ()
        if most == self.full:
            return (WordConjunction(),)
        if most == least in self.single:
            return (WordConjunction((self.single[least],)),)
        found = [form for form in self._candidates(least, most) if form is not None]
        classes = [form_classes(form, self.full) for form in found]
        assert all(not least & ~own and not own & ~most for own in classes)
        return min(found, key=form_cost)

    def _candidates(self, least: int, most: int) -> Iterator[Form | None]:
        positive = self._cover(least, most, self.full)
        yield None if positive is None else tuple(WordConjunction((word,)) for word in positive)
        blocks = [block for base in self._bases if (block := self._block(base, least, most)) is not None]
        whole = [block for block in blocks if not least & ~block.mask(self.full)]
        if whole:
            yield (min(whole, key=lambda block: block.cost),)
        yield self._greedy(least, most, blocks)

    def _block(self, base: tuple[Word, ...], least: int, most: int) -> WordConjunction | None:
        """The base less what may not be covered, by exceptions."""
        mask = WordConjunction(base).mask(self.full)
        if not mask & least:
            return None
        exceptions = self._cover(mask & ~most, self.full & ~least, mask)
        return None if exceptions is None else WordConjunction(base, tuple(exceptions))

    def _cover(self, least: int, most: int, within: int) -> list[Word] | None:
        """Words that have all of `least` and nothing outside `most`, of the classes `within`; `None` if none do."""
        usable = [word for word in self.broad if word.mask & least and not word.mask & within & ~most]
        left, cover = least, list[Word]()
        while left and usable:
            best = max(usable, key=lambda word: (word.mask & left).bit_count() / word.cost)
            singly = [self.single[bit].cost for bit in bits(best.mask & left) if bit in self.single]
            if not best.mask & left or (best.cost > sum(singly) and len(singly) == (best.mask & left).bit_count()):
                break
            cover.append(best)
            left &= ~best.mask
        for bit in bits(left):
            word = self.single.get(bit) or next((word for word in usable if word.mask & bit), None)
            if word is None:
                return None
            if left & bit:
                cover.append(word)
                left &= ~word.mask
        return _needed(cover, least, lambda word: word.mask)

    def _greedy(self, least: int, most: int, blocks: Sequence[WordConjunction]) -> Form:
        """Blocks that cover what they must one after the other, the one that says most for its length first."""
        masks = [(block, block.mask(self.full)) for block in blocks]
        left, cover = least, list[WordConjunction]()
        while left:
            best, mask = max(
                masks, key=lambda item: (item[1] & left).bit_count() / item[0].cost, default=(WordConjunction(), 0)
            )
            if (mask & left).bit_count() < best.cost:
                break
            cover.append(best)
            left &= ~mask
        for bit in bits(left):
            if left & bit:
                block = WordConjunction((self.single[bit],)) if bit in self.single else self.around(bit, least, most)
                cover.append(block)
                left &= ~block.mask(self.full)
        return tuple(self._cheaper(_needed(cover, least, lambda block: block.mask(self.full)), least, masks))

    def _cheaper(
        self, cover: list[WordConjunction], least: int, masks: Sequence[tuple[WordConjunction, int]]
    ) -> list[WordConjunction]:
        """Each block once more: the cheapest that has what the others lack."""
        found = list(cover)
        for position, block in enumerate(cover if len(cover) < MOST_BASES else ()):
            others = (*found[:position], *found[position + 1 :])
            lacking = least & ~form_classes(others, self.full)
            fitting = (other for other, mask in masks if not lacking & ~mask)
            found[position] = min((block, *fitting), key=lambda block: block.cost)
        return found

    def around(self, bit: int, least: int, most: int) -> WordConjunction:
        """A block with one class in it and nothing outside `most`: tests that the class passes and fails, no more than
        are needed."""
        current, inside, outside = self.full, list[Word](), list[Word]()
        every = [*self.broad, *self.single.values()]
        while current & ~most:
            word = min(every, key=lambda word: _left(word, bit, current, least, most))
            step = word.mask if word.mask & bit else ~word.mask
            assert current & step != current, "the words do not tell the classes apart"
            current &= step
            (inside if word.mask & bit else outside).append(word)
        return WordConjunction(tuple(inside), tuple(outside))


def _left(word: Word, bit: int, current: int, least: int, most: int) -> tuple[int, int]:
    """What would still have to be excluded after a word, and how much of what must be covered would be kept by it."""
    after = current & (word.mask if word.mask & bit else ~word.mask)
    return (after & ~most).bit_count(), -(after & least).bit_count()


def _needed(cover: list[_Item], target: int, mask: Callable[[_Item], int]) -> list[_Item]:
    """A cover, without what the rest of it covers."""
    kept = list(cover)
    for item in cover if len(cover) < MOST_BASES else ():
        rest = reduce(lambda found, other: found | mask(other), (other for other in kept if other is not item), 0)
        if not target & ~rest:
            kept.remove(item)
    return kept


def form_cost(form: Form) -> float:
    """How long a form is to say."""
    return sum(block.cost for block in form)
