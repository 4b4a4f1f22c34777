"""Regions in words: masks over classes and cubes over symbols → callers, actions and limits.

In: the space and the finite form of a question, and parts of a decision diagram over it. Out: the plain data of
`model.results.region`.
Guarantee: the words say exactly the set that they are made from. Texts are raw: `report` makes them safe to print.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache, cached_property, partial

from verifier.frozen import Frozen
from verifier.model.estate import Estate
from verifier.model.results.access import Actions, Alternative, Callers, Limit, LimitKind
from verifier.model.symbols import LazyTest, SymbolName, SymbolValues
from verifier.problem.classes.domains import is_date
from verifier.problem.classes.tables import ListTable
from verifier.problem.diagrams.finite import Finite
from verifier.problem.space import Space
from verifier.verify.phrases.actions import ActionPhrases
from verifier.verify.phrases.callers import CallerPhrases
from verifier.verify.phrases.cubes import AttributeCube, shorter
from verifier.verify.phrases.forms import Form, WordConjunction, form_cost
from verifier.verify.phrases.lazy import LazyPhrases
from verifier.verify.phrases.lists import clauses, listed
from verifier.verify.phrases.symbols import FactPhrases, SymbolPhrases, subject
from verifier.verify.phrases.values import ValueWords, form_text, word_text
from verifier.witness.pairs import SET_OF_NAMES

_EVERYTHING: Mapping[str, int] = {}
"""Attributes of which every class is possible."""


class Phrases:
    """The words for the regions of one question. `estates` are further ones that it is about."""

    def __init__(self, space: Space, finite: Finite, estates: Sequence[Estate] = ()) -> None:
        self._space = space
        self._finite = finite
        self._estates = estates
        self._values: dict[str, ValueWords] = {}
        self._lazily = cache(partial(LazyPhrases, finite))
        self._held: dict[SymbolName, tuple[str, int]] = {
            symbol: (name, 1 << index) for name, held in finite.held.items() for index, symbol in enumerate(held)
        }
        self._symbols = SymbolPhrases(space, finite, estates)

    @cached_property
    def _callers(self) -> CallerPhrases:
        return CallerPhrases(self._space, self._finite.tables["principal"], self._estates)

    @cached_property
    def _actions(self) -> ActionPhrases:
        return ActionPhrases(self._space, self._finite.tables["action"])

    @cached_property
    def _facts(self) -> FactPhrases:
        table = self._finite.tables["facts"]
        assert isinstance(table, ListTable)
        return FactPhrases(table, self._space.questions.get("facts", {}))

    def values(self, attribute: str) -> ValueWords:
        """The words for the values of an attribute that has a table."""
        if attribute not in self._values:
            predicates = self._space.questions.get(attribute, {})
            date = attribute == "time" or is_date(attribute)
            familiar = ("root",) if attribute == "issuer" else ()
            self._values[attribute] = ValueWords(self._finite.tables[attribute], predicates, date, familiar)
        return self._values[attribute]

    # -- parts of a region --

    def callers(self, mask: int) -> Callers:
        """The callers of a mask that is not empty."""
        return self._callers.callers(mask)

    def apart(self, mask: int) -> tuple[int, ...]:
        """A mask of callers in parts that are named more plainly one by one."""
        return self._callers.apart(mask)

    def actions(self, mask: int, possible: int | None = None) -> Actions:
        """The actions of a mask that is not empty. The text need not tell them from actions that are not `possible`."""
        return self._actions.actions(mask, possible)

    def alternatives(
        self,
        cubes: Sequence[tuple[Mapping[str, int], SymbolValues]],
        possible: Mapping[str, int] = _EVERYTHING,
        within: Callable[[Mapping[str, int]], Mapping[str, int]] = lambda masks: masks,
    ) -> tuple[Alternative, ...]:
        """What the union of cubes says of requests whose attributes are in `possible`, the shortest alternative first.
        A cube has for each attribute a mask of classes (those that some value may be in, where it is multi-valued),
        with the bit after the last where it may be absent. An attribute that it lacks is open. `within` tells of the
        masks of a cube which classes its requests have."""
        full = {name: (1 << self._finite.width(name)) - 1 for name in self._finite.tables}
        found = self._without_absence(shorter([self._cube(*cube) for cube in cubes], full))
        said = dict.fromkeys(self._alternative(cube, possible, within(cube.masks)) for cube in found)
        return tuple(sorted(said, key=lambda limits: (len(limits), sum(len(limit.text) for limit in limits))))

    # -- cubes --

    def _cube(self, masks: Mapping[str, int], symbols: SymbolValues) -> AttributeCube:
        somes, nones, others = set[tuple[str, int]](), dict[str, int](), dict[SymbolName, bool]()
        for symbol, value in symbols.items():
            if symbol not in self._held:
                others[symbol] = value
                continue
            name, bit = self._held[symbol]
            if value:
                somes.add((name, bit))
            else:
                nones[name] = nones.get(name, 0) | bit
        full = {name: (1 << self._finite.width(name)) - 1 for name in masks}
        own = {n: m & full[n] for n, m in masks.items() if full[n] & ~m}
        return AttributeCube(own, others, frozenset(somes), nones)

    def _without_absence(self, cubes: Sequence[AttributeCube]) -> list[AttributeCube]:
        """The cubes without those that say of an absent key what another says with a comparison that does not hold."""
        kept = list(cubes)
        for cube in cubes:
            absent = replace(cube, symbols={**self._symbols.false_by_absence(cube.masks), **cube.symbols})
            if any(absent.within(other) for other in kept if other is not cube):
                kept.remove(cube)
        return kept

    def _alternative(self, cube: AttributeCube, possible: Mapping[str, int], within: Mapping[str, int]) -> Alternative:
        limits = [
            limit
            for name in self._space.attributes
            for limit in self._of_attribute(name, cube, possible.get(name, -1), within.get(name, -1))
        ]
        limits += [
            self._symbols.limit(name, value, cube.masks)
            for name, value in cube.symbols.items()
            if not isinstance(name, LazyTest)
        ]
        limits.sort(key=lambda one: (_ORDER.index(one.kind), one.kind is LimitKind.FREE and one.subject))
        return tuple(limits)

    def _of_attribute(self, name: str, cube: AttributeCube, possible: int, within: int) -> Iterator[Limit]:
        if name in cube.masks:
            yield from self._conditions(name, cube.masks[name], possible, within)
        somes = [mask for own, mask in sorted(cube.somes) if own == name]
        if somes or name in cube.nones:
            yield from self._of_set(name, somes, cube.nones.get(name, 0), possible, cube)
        if name in self._finite.lazy:
            own = {s: v for s, v in cube.symbols.items() if isinstance(s, LazyTest) and s.about == name}
            if own:
                text, absent = self._lazily(name).text(own)
                yield Limit(LimitKind.CONDITION, subject(self._space, name), text, absent)

    def _of_set(
        self, name: str, somes: Sequence[int], none: int, possible: int, cube: AttributeCube
    ) -> Iterator[Limit]:
        size = self._finite.tables[name].size
        optional = bool(possible >> size & 1) and not self._has_a_name(name, cube)
        text = Held(somes, none, possible & (1 << size) - 1, optional).text(self.values(name))
        if text is not None:
            yield Limit(LimitKind.CONDITION, subject(self._space, name), text, not somes)

    def _has_a_name(self, name: str, cube: AttributeCube) -> bool:
        """True iff the cube requires a pair whose name the key then holds (F7)."""
        prefixes = tuple(prefix for prefix, names in SET_OF_NAMES.items() if names == name)
        return any(
            own.startswith(prefixes) and not mask >> self._finite.tables[own].size & 1
            for own, mask in cube.masks.items()
        )

    # -- single attributes --

    def _conditions(self, name: str, mask: int, possible: int, within: int) -> list[Limit]:
        full = (1 << self._finite.width(name)) - 1
        possible &= full
        if not mask & possible:
            possible = full  # it says nothing of any request; what it says otherwise is still to be seen
        if not possible & ~mask:
            return []
        called = subject(self._space, name)
        if name == "principal":
            return [Limit(LimitKind.CONDITION, called, f"is {self.callers(mask).text}", False)]
        if name == "action":
            return [Limit(LimitKind.CONDITION, called, f"is {self.actions(mask, possible).text}", False)]
        if name == "facts":
            return self._of_facts(mask & full, possible)
        present = (1 << self._finite.tables[name].size) - 1
        needed = mask & possible & within or mask & possible  # a value that no request of the cube has may go unsaid
        text = self._text(name, needed, possible & ~mask, present)
        absent = bool(mask & full & ~present) if self._finite.optional[name] else None
        return [Limit(LimitKind.CONDITION, called, text, absent)]

    def _of_facts(self, mask: int, possible: int) -> list[Limit]:
        """The facts of the key, or of the one that a request creates."""
        present = (1 << self._finite.tables["facts"].size) - 1
        if not possible & ~present:
            return self._facts.limits(mask, possible)
        if not mask & possible & present:
            return [Limit(LimitKind.CONDITION, "the request", "creates no key")]
        limits = self._facts.limits(mask & present, possible & present)
        if not mask & ~present:
            return limits or [Limit(LimitKind.CONDITION, "the request", "creates a key")]
        text = " and whose ".join(f"{limit.subject} {limit.text}" for limit in limits)
        return [Limit(LimitKind.CONDITION, "the request", f"creates no key, or one whose {text}")]

    def _text(self, name: str, least: int, excluded: int, present: int) -> str:
        """The words for a value that is, or may be absent, as in `least`, not as in `excluded`; neither is empty."""
        if not least & present:
            return "is absent"
        if not excluded & present:
            return "is present"
        text = self.values(name).text(least & present, present & ~excluded, maybe_absent=bool(excluded & ~present))
        return f"is absent, or {text}" if least & ~present else text


_ORDER = (LimitKind.CONDITION, LimitKind.RELATION, LimitKind.FREE, LimitKind.READING, LimitKind.UNMODELLED)


# -- sets of sets --


class Held(Frozen):
    """What a multi-valued key must hold, as in `has no value but tenant and env`: some value in each of `somes`, none
    in `none`. `possible` are the classes that it can have values in; `optional` says whether it can be absent."""

    somes: Sequence[int]
    none: int
    possible: int
    optional: bool = True

    def text(self, values: ValueWords) -> str | None:
        """The words that go behind the name of the key; `None` where they would say nothing."""
        none = self.none & self.possible
        if none == self.possible:
            return "is absent"
        limits = [self._has_no(values, none)] if none else []
        if not limits and not self.somes:
            return None
        if not self.somes:
            return limits[0] if not self.optional or not limits[0].startswith(_ONLY) else f"is absent, or {limits[0]}"
        left = self.possible & ~none
        masks = [mask & left for mask in self.somes if left & ~mask]
        present = [_has(values.form(mask, mask | (~left & values.full))) for mask in masks]
        if not present and self.optional:
            present = ["is present"]
        return clauses([*present, *limits]) or None

    def _has_no(self, values: ValueWords, none: int) -> str:
        """No value in some classes, or no value outside the others, whichever is shorter; what is not possible may be
        in either."""
        left = self.possible & ~none
        excluded = values.form(none, values.full & ~left)
        allowed = values.form(left, values.full & ~none)
        if _is_complement(excluded):
            allowed, only = _complement(excluded), True
        elif _is_complement(allowed):
            excluded, only = _complement(allowed), False
        else:
            only = form_cost(allowed) <= form_cost(excluded)
        if only:
            return _ONLY + (_nouns(allowed) if _is_plain(allowed) else f"one that {form_text(allowed)}")
        return f"has no value {_nouns(excluded, 'or') if _is_plain(excluded) else f'that {form_text(excluded)}'}"


_ONLY = "has no value but "


def _is_complement(form: Form) -> bool:
    """True iff a form is said by what it is not."""
    return len(form) == 1 and not form[0].all


def _complement(form: Form) -> Form:
    return tuple(WordConjunction((word,)) for word in form[0].none)


def _has(form: Form) -> str:
    if _is_plain(form) and len(form) == 1:
        return f"has the value {_nouns(form)}"
    return f"has a value that {form_text(form)}"


def _is_plain(form: Form) -> bool:
    return all(block.is_value for block in form)


def _nouns(form: Form, last: str = "and") -> str:
    return listed([word_text(block.all[0]) for block in form], last)
