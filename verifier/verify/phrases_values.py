"""Sets of values of one attribute in words: `is one of a, b`, `matches team-*, but is not team-x`, `is absent, or is at least 30`.

In: the table of an attribute, the predicates put to it, and a mask. Out: `Values.form`, and its text.
Guarantee: the text says exactly the mask: it is written from a form that is (`phrases_forms`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from verifier.problem.predicates import Compares, Field, InNetwork, Predicate
from verifier.problem.tables import AddressTable, LineTable, ListTable, Table, Unsuitable
from verifier.verify.phrases_addresses import network_text
from verifier.verify.phrases_forms import Block, Form, Sort, Vocabulary, Word
from verifier.verify.phrases_lists import clauses, listed, shown
from verifier.verify.phrases_patterns import words
from verifier.verify.phrases_ranges import Ranges


class Values:
    """The words for the values of one attribute."""

    def __init__(self, table: Table, predicates: Iterable[Predicate], date: bool = False) -> None:
        self.full = (1 << table.size) - 1
        self._ranges: Ranges | None = None
        if isinstance(table, LineTable):
            self._ranges = Ranges(table, [p.bound for p in predicates if isinstance(p, Compares)], date)
        else:
            self.vocabulary = Vocabulary(self.full, _words(table, list(predicates)))

    def form(self, mask: int) -> Form:
        """A form that is exactly the mask."""
        return self.vocabulary.express(mask) if self._ranges is None else self._ranges.form(mask)

    def text(self, mask: int) -> str:
        """The mask in words that go behind the name of the attribute, whose value is supposed to be present."""
        return self._ranges.text(mask) if self._ranges is not None else form_text(self.form(mask))


def _words(table: Table, predicates: Sequence[Predicate]) -> list[Word]:
    found = words((p for p in predicates if not isinstance(p, Compares | Field)), lambda p: _mask(table, p))
    if isinstance(table, ListTable):
        found += [Word(Sort.IS, value, 1 << index) for index, value in enumerate(table.values)]
    if isinstance(table, AddressTable):
        found += [Word(Sort.NETWORK, f"IPv{version}", table.mask(_whole(version))) for version in (4, 6)]
        found += [Word(Sort.ADDRESSES, network_text(*table.range(index)), 1 << index, 2.0) for index in range(table.size)]
    return found


def _whole(version: int) -> InNetwork:
    return InNetwork(version, 0, (1 << (32 if version == 4 else 128)) - 1)


def _mask(table: Table, predicate: Predicate) -> int:
    """The classes of a predicate; none, for one that the table does not suit, which is a symbol of its own."""
    try:
        return table.mask(predicate)
    except Unsuitable:
        return 0


# -- text --


def form_text(form: Form) -> str:
    """A form that is neither nothing nor everything, behind the name of the attribute."""
    plain = [block for block in form if len(block.all) == 1 and not block.none]
    rest = [block for block in form if block not in plain]
    texts = [said([block.all[0] for block in plain])] if plain else []
    texts += [_block_text(block) for block in rest]
    return "; or ".join(texts) if rest and len(texts) > 1 else clauses(texts, "or")


def _block_text(block: Block) -> str:
    inside = clauses([said([word]) for word in block.all])
    outside = denied(block.none)
    return f"{inside}, but {outside}" if inside and outside else inside or outside


_SAID = {
    Sort.IS: ("is {}", "is not {}", "is none of {}"),
    Sort.IS_IN_ANY_CASE: ("is {} in any case", "is not {} in any case", "is none of {} in any case"),
    Sort.MATCHES: ("matches {}", "does not match {}", "matches none of {}"),
    Sort.MATCHES_IN_ANY_CASE: ("matches {} in any case", "does not match {} in any case", "matches none of {} in any case"),
    Sort.NETWORK: ("is in {}", "is not in {}", "is in none of {}"),
    Sort.ADDRESSES: ("is in {}", "is not in {}", "is in none of {}"),
    Sort.FACT: ("has {}", "does not have {}", "has none of {}"),
}


def said(found: Sequence[Word]) -> str:
    """The value is in one of the words."""
    texts = []
    for sort, (positive, _, _) in _SAID.items():
        values = [shown(word.text) for word in found if word.sort is sort]
        if values:
            texts.append(positive.format(listed(values, "or") if len(values) < 3 or sort is not Sort.IS else f"one of {', '.join(values)}"))
    return clauses(texts, "or")


def denied(found: Sequence[Word]) -> str:
    """The value is in none of the words."""
    texts = []
    for sort, (_, one, several) in _SAID.items():
        values = [shown(word.text) for word in found if word.sort is sort]
        if values:
            texts.append(one.format(values[0]) if len(values) == 1 else several.format(", ".join(values)))
    return clauses(texts)
