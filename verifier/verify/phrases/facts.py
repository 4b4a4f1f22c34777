"""Facts of the key in words (F8, U3): `kms:KeyUsage is SIGN_VERIFY`.

In: the combinations of facts that a key can have, and a mask of them. Out: `Limit`s, one for each fact where that is
exact.
Guarantee: a combination meets all limits iff it is in the mask.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from verifier.model.results.region import Limit, LimitKind
from verifier.problem.classes.predicates import Field, Predicate
from verifier.problem.classes.tables import ListTable
from verifier.verify.phrases.forms import Sort, Vocabulary, Word
from verifier.verify.phrases.values import Values, form_text

_NAMES = ("kms:KeySpec", "kms:KeyUsage", "kms:KeyOrigin", "kms:MultiRegionKeyType")
"""The condition keys of the fields, but for the last, `kms:MultiRegion`, which says whether there is a type."""


class FactPhrases:
    """The words for the facts of a key."""

    def __init__(self, table: ListTable, predicates: Iterable[Predicate]) -> None:
        self._rows = [value.split("|")[: len(_NAMES)] for value in table.values]
        self._full = (1 << table.size) - 1
        fields = [p for p in predicates if isinstance(p, Field)]
        self._fields = [self._field(index, fields) for index in range(len(_NAMES))]

    def _field(self, index: int, fields: Sequence[Field]) -> tuple[ListTable, Values]:
        table = ListTable(tuple(dict.fromkeys(row[index] for row in self._rows)))
        return table, Values(table, [field.predicate for field in fields if field.index == index])

    def limits(self, mask: int, possible: int = -1) -> list[Limit]:
        """The limits that say which of the `possible` combinations are in the mask; none where all are."""
        possible &= self._full
        mask &= possible
        kept = {index: self._shadow(mask, index) for index in range(len(_NAMES))}
        if self._product(kept) & possible != mask:
            form = self._vocabulary().express(mask, mask | self._full & ~possible)
            return [Limit(LimitKind.CONDITION, "the key", form_text(form))]
        for index in range(len(_NAMES)):
            rest = {other: values for other, values in kept.items() if other != index}
            if self._product(rest) & possible == mask:
                kept = rest
        return [self._limit(index, values) for index, values in kept.items()]

    def _shadow(self, mask: int, index: int) -> int:
        """The values of one fact among the combinations of a mask."""
        table = self._fields[index][0]
        places = {table.class_of(row[index]) for position, row in enumerate(self._rows) if mask >> position & 1}
        return sum(1 << place for place in places if place is not None)

    def _product(self, kept: dict[int, int]) -> int:
        return sum(
            1 << position
            for position, row in enumerate(self._rows)
            if all(self._in(row, i, v) for i, v in kept.items())
        )

    def _in(self, row: Sequence[str], index: int, values: int) -> bool:
        return bool(values >> (self._fields[index][0].class_of(row[index]) or 0) & 1)

    def _limit(self, index: int, values: int) -> Limit:
        table, words = self._fields[index]
        absent = 1 << table.values.index("") if "" in table.values else 0
        present = words.full & ~absent
        name = _NAMES[index]
        if index == len(_NAMES) - 1 and values in (absent, present):
            return Limit(LimitKind.CONDITION, "kms:MultiRegion", f"is {'false' if values == absent else 'true'}", False)
        if not absent:
            return Limit(LimitKind.CONDITION, name, words.text(values), False)
        text = words.text(values & ~absent)
        return Limit(
            LimitKind.CONDITION, name, f"is absent, or {text}" if values & absent else text, bool(values & absent)
        )

    def _vocabulary(self) -> Vocabulary:
        words, bases = list[Word](), list[tuple[Word, ...]]()
        for index, name in enumerate(_NAMES):
            of_field = list(self._words(index, name))
            bases += [(one, other) for one in words for other in of_field]
            words += of_field
        return Vocabulary(self._full, words, bases)

    def _words(self, index: int, name: str) -> Iterator[Word]:
        for place, value in enumerate(self._fields[index][0].values):
            yield Word(
                Sort.FACT, f"{name}={value}" if value else "kms:MultiRegion=false", self._product({index: 1 << place})
            )
