"""Attributes without a table in words: their predicates are symbols, and are said one by one.

In: a lazy attribute, and values of its symbols. Out: text that goes behind its name, and whether an absent attribute
meets it.
Guarantee: the text says exactly what the symbols do: a predicate is false of an absent attribute.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from verifier.model.symbols import LazyTest
from verifier.problem.classes.predicates import Less, Predicate
from verifier.problem.classes.refined import predicate_parts
from verifier.problem.diagrams.finite import Finite, Lazy
from verifier.problem.expression import Some
from verifier.verify.phrases.forms import Word
from verifier.verify.phrases.lists import clauses
from verifier.verify.phrases.patterns import predicate_words
from verifier.verify.phrases.values import denied, one_of_words


class LazyPhrases:
    """The words for one lazy attribute."""

    def __init__(self, finite: Finite, name: str) -> None:
        self._lazy: Lazy = finite.lazy[name]
        self._sets = {symbol: some for some, symbol in finite.lazy_sets.get(name, {}).items()}
        self._predicates = {symbol: predicate for predicate, symbol in self._lazy.symbols.items()}
        parts = list(dict.fromkeys(part for predicate in self._all() for part in predicate_parts(predicate)))
        numbered = {part: 1 << position for position, part in enumerate(parts)}
        self._words = {word.mask: word for word in predicate_words(parts, lambda part: numbered[part])}
        self._numbered = numbered

    def _all(self) -> Iterator[Predicate]:
        yield from self._predicates.values()
        for some in self._sets.values():
            yield from sorted(some.predicates, key=repr)

    def text(self, values: Mapping[LazyTest, bool]) -> tuple[str, bool | None]:
        """What some symbols with their values say; whether an absent attribute meets it (`None`: it cannot be so)."""
        present = values.get(self._lazy.present) if self._lazy.present is not None else True
        some = [self._some(self._sets[symbol], value) for symbol, value in values.items() if symbol in self._sets]
        meet = [self._predicates[symbol] for symbol, value in values.items() if value and symbol in self._predicates]
        avoid = [self._predicates[one] for one, value in values.items() if not value and one in self._predicates]
        if self._sets or self._lazy.attribute.multivalued:
            return "; and ".join(some), None
        if present is False:
            return "is absent", True
        required = present or bool(meet)
        text = "; and ".join([*map(self._said, meet), *self._denied(avoid)]) or "is present"
        if self._lazy.present is None:
            return text, None
        if required:
            return text if meet or not avoid else f"is present, and {text}", False
        return f"is absent, or {text}", True

    def _some(self, some: Some, value: bool) -> str:
        predicates = sorted(some.predicates, key=repr)
        if not predicates:
            return "is present" if value != some.inside else "is absent"
        if some.inside:
            return f"{'has a value' if value else 'has no value'} that {self._said(*predicates)}"
        if value:
            return f"has a value that {'; and '.join(self._denied(predicates))}"
        return f"has no value but one that {self._said(*predicates)}"

    def _said(self, *predicates: Predicate) -> str:
        """The value satisfies one of the predicates."""
        plain = [word for p in predicates if not isinstance(p, Less) for word in self._parts(p)]
        less = [p for p in predicates if isinstance(p, Less)]
        texts = [one_of_words(plain)] if plain else []
        texts += [f"{one_of_words(self._parts(p.whole))}, but {denied(self._without(p))}" for p in less]
        return clauses(texts, "or")

    def _denied(self, predicates: Sequence[Predicate]) -> Iterator[str]:
        """The value satisfies none of the predicates."""
        plain = [word for p in predicates if not isinstance(p, Less) for word in self._parts(p)]
        if plain:
            yield denied(plain)
        for less in predicates:
            if isinstance(less, Less):
                yield f"{denied(self._parts(less.whole))} unless it {one_of_words(self._without(less))}"

    def _parts(self, predicate: Predicate) -> list[Word]:
        return [self._words[self._numbered[part]] for part in predicate_parts(predicate)]

    def _without(self, predicate: Less) -> list[Word]:
        return [word for other in predicate.without for word in self._parts(other)]
