"""Symbols in words: readings, free facts, comparisons by a policy variable, what is not modelled.

In: a space, its finite form, and a symbol with its value. Out: a `Limit`, a whole sentence.
Guarantee: every symbol but those of lazy and multi-valued attributes has words, and different symbols have different
words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from verifier.model.estate import Estate
from verifier.model.free_fact_words import free_fact
from verifier.model.operators import WITH_WILDCARDS, WITHOUT_CASE
from verifier.model.results.region import Limit, LimitKind
from verifier.model.symbols import (
    FreeFact,
    NotResourceStatement,
    Reading,
    RelationTest,
    SymbolName,
    ThingEffect,
    Unsupported,
)
from verifier.model.unmodelled import Unmodelled
from verifier.problem.diagrams.finite import Finite
from verifier.problem.expression import TRUE
from verifier.problem.facts.shared import THROUGH_ENDPOINT
from verifier.problem.semantics.targets import TargetKind
from verifier.problem.semantics.values import Fixed, Variable
from verifier.problem.space import Space
from verifier.problem.views import Relation, View
from verifier.verify.phrases.lists import listed
from verifier.verify.phrases.subjects import subject


class SymbolPhrases:
    """The words for the symbols of one space."""

    def __init__(self, space: Space, finite: Finite, estates: Sequence[Estate] = ()) -> None:
        self._space = space
        self._finite = finite
        self._things = {thing.name: thing for estate in (space.estate, *estates) for thing in estate.unmodelled}

    def limit(self, symbol: SymbolName, value: bool, masks: Mapping[str, int]) -> Limit:
        """What the symbol's value says of a request whose attributes are in `masks`."""
        if isinstance(symbol, Reading):
            answer = symbol.yes if value else symbol.no
            text = f'only if the answer to "{symbol.question}" is "{answer}"'
            return Limit(LimitKind.READING, symbol.label, text, rule=symbol.rule)
        if isinstance(symbol, FreeFact):
            return Limit(LimitKind.FREE, str(symbol), free_fact(symbol, value), rule=symbol.rule)
        if symbol == THROUGH_ENDPOINT:
            text = "comes through a VPC endpoint" if value else "does not come through a VPC endpoint"
            return Limit(LimitKind.CONDITION, "the request", text)
        if isinstance(symbol, RelationTest):
            relation = self._space.relations[symbol]
            return Limit(LimitKind.RELATION, self._view(relation.views[0]), self._relation(relation, value, masks))
        return self._unmodelled(symbol, value)

    # -- what is not modelled --

    def _unmodelled(self, symbol: SymbolName, value: bool) -> Limit:
        name, holds, rule = str(symbol), _does(value, "hold", "holds"), None
        text = f"{name} {holds}"
        match symbol:
            case ThingEffect() if symbol.about in self._things:
                thing = self._things[symbol.about]
                name, text, rule = thing.name, _thing_text(thing, symbol.detail, value), thing.label
            case NotResourceStatement():
                applies = _does(value, "apply", "applies")
                text = f"statement {name} with `NotResource`, which is not documented in a key policy, {applies}"
                rule = "L5"
            case Unsupported():
                text, rule = f"what is not modelled {holds}: {symbol.detail}", "C3"
        return Limit(LimitKind.UNMODELLED, name, text, rule=rule)

    # -- comparisons by a policy variable --

    def _relation(self, relation: Relation, value: bool, masks: Mapping[str, int]) -> str:
        left = self._view(relation.views[0])
        right = "".join(map(_piece, relation.pieces)) if relation.pieces else self._view(relation.views[1])
        verbs = ("matches", "does not match") if relation.mode in WITH_WILDCARDS else ("=", "is not")
        text = f"{left} {verbs[0 if value else 1]} {right}{' in any case' * (relation.mode in WITHOUT_CASE)}"
        absent = dict.fromkeys(self._view(view) for view in relation.views if not self._is_present(view, masks))
        return f"{text}, or {listed(list(absent), 'or')} is absent" if absent and not value else text

    def false_by_absence(self, masks: Mapping[str, int]) -> dict[SymbolName, bool]:
        """The comparisons that do not hold of a request whose attributes are in `masks`, since a side of them is
        absent."""
        tables = self._finite.tables
        absent = {name for name, mask in masks.items() if name in tables and mask == 1 << tables[name].size}
        return {
            symbol: False
            for symbol, relation in self._space.relations.items()
            if any(len(view.bases) == 1 and view.bases[0] in absent for view in relation.views)
        }

    def _is_present(self, view: View, masks: Mapping[str, int]) -> bool:
        if view.present is TRUE:
            return True
        if len(view.bases) != 1 or view.bases[0] not in masks or view.bases[0] not in self._finite.tables:
            return False
        name = view.bases[0]
        return not masks[name] >> self._finite.tables[name].size & 1

    def _view(self, view: View) -> str:
        if view.name.startswith("text "):
            return _RESOURCES[self._space.target.kind]
        return subject(self._space, view.name.removesuffix("#F8"))


_RESOURCES = {TargetKind.KEY: "the key's ARN", TargetKind.ALIAS: "the alias's ARN", TargetKind.NONE: "the resource `*`"}
"""What a fixed text is that is compared with a pattern: the resource of the requests
(`problem.semantics.relations.constant_matches`)."""


def _piece(piece: Fixed | Variable) -> str:
    if isinstance(piece, Variable):
        return f"${{{piece.key}}}" if piece.default is None else f"${{{piece.key}, '{piece.default}'}}"
    if piece.wild:
        return piece.text
    return "".join(f"${{{character}}}" if character in "*?" else character for character in piece.text)


def _thing_text(thing: Unmodelled, effect: str, value: bool) -> str:
    verb = _does(value, effect, f"{effect}s")
    return f"what is not modelled {verb} it: {thing.description}"


def _does(value: bool, plain: str, third: str) -> str:
    return third if value else f"does not {plain}"
