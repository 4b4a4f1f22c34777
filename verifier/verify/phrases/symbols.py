"""Symbols in words: readings, free facts, comparisons by a policy variable, what is not modelled; facts of the key (F8,
U3): `kms:KeyUsage is SIGN_VERIFY`; and what attributes are called in sentences.

In: a space, its finite form, and a symbol with its value; a mask of the combinations of facts that a key can have; the
name of an attribute. Out: a `Limit`, a whole sentence; the condition key as the policies spell it, or words of our own.
Guarantee: every symbol but those of lazy and multi-valued attributes has words; different symbols have different words,
and so have different attributes of one space. A combination of facts meets all limits iff it is in the mask.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from verifier.model import symbols
from verifier.model.estate import Estate
from verifier.model.operators import WITH_WILDCARDS, WITHOUT_CASE
from verifier.model.results.access import Limit, LimitKind
from verifier.model.symbol_texts import free_fact
from verifier.problem.classes.predicates import Field, Predicate
from verifier.problem.classes.tables import ListTable
from verifier.problem.diagrams.finite import Finite
from verifier.problem.expression import TRUE
from verifier.problem.facts.shared import THROUGH_ENDPOINT
from verifier.problem.semantics.targets import TargetKind
from verifier.problem.semantics.values import Fixed, Variable
from verifier.problem.space import EXACT_NAME, OTHER_NAME, PAIR_PREFIX, Space
from verifier.problem.views import ValueRelation, View
from verifier.verify.phrases.forms import Vocabulary, Word, WordSort
from verifier.verify.phrases.lists import listed
from verifier.verify.phrases.values import ValueWords, form_text
from verifier.witness.pairs import spelled_key

_INTERNAL = {
    "principal": "the caller",
    "action": "the action",
    "userid": "the caller's unique ID",
    "session": "the role session's name",
    "issuer": "the issuer of the federated-user session",
    "retiring": "the principal whose grants are listed",
    "facts": "the key",
}
"""The attributes that are no condition keys (`problem.space.INTERNAL`), but for those shown as they are."""
_SERVICE = "#service"
_PAIR = "kms:EncryptionContext:"
_NAMES = ("kms:KeySpec", "kms:KeyUsage", "kms:KeyOrigin", "kms:MultiRegionKeyType")
"""The condition keys of the fields, but for the last, `kms:MultiRegion`, which says whether there is a type."""


def subject(space: Space, name: str) -> str:
    """The name of an attribute in a sentence."""
    if name in _INTERNAL:
        return _INTERNAL[name]
    if name == "time":
        only_epoch = "aws:currenttime" not in space.spellings and "aws:epochtime" in space.spellings
        return "aws:EpochTime" if only_epoch else "aws:CurrentTime"
    if name == "region":
        return "aws:RequestedRegion"
    if name.endswith(_SERVICE):
        return f"{spelled_key(space, name.removesuffix(_SERVICE))} of the AWS service"
    if name.endswith(OTHER_NAME):
        return f"{_PAIR}{space.pair_names[name.removesuffix(OTHER_NAME)][0]}, spelled in another case,"
    if name.endswith(EXACT_NAME):
        own = name.removesuffix(EXACT_NAME)
        # Beside what conditions read under the name, the pair has to be told from it.
        return _PAIR + own[len(PAIR_PREFIX) :] + (", spelled so," if own.lower() in space.attributes else "")
    return spelled_key(space, name)


class SymbolPhrases:
    """The words for the symbols of one space."""

    def __init__(self, space: Space, finite: Finite, estates: Sequence[Estate] = ()) -> None:
        self._space = space
        self._finite = finite
        self._things = {thing.name: thing for estate in (space.estate, *estates) for thing in estate.unmodelled}

    def limit(self, symbol: symbols.SymbolName, value: bool, masks: Mapping[str, int]) -> Limit:
        """What the symbol's value says of a request whose attributes are in `masks`."""
        if isinstance(symbol, symbols.Reading):
            answer = symbol.yes if value else symbol.no
            text = f'the answer to "{symbol.question}" is "{answer}"'
            return Limit(LimitKind.READING, symbol.label, text, rule=symbol.rule)
        if isinstance(symbol, symbols.FreeFact):
            return Limit(LimitKind.FREE, str(symbol), free_fact(symbol, value), rule=symbol.rule)
        if symbol == THROUGH_ENDPOINT:
            text = "comes through a VPC endpoint" if value else "does not come through a VPC endpoint"
            return Limit(LimitKind.CONDITION, "the request", text)
        if isinstance(symbol, symbols.RelationTest):
            relation = self._space.relations[symbol]
            return Limit(LimitKind.RELATION, self._view(relation.views[0]), self._relation(relation, value, masks))
        return self._unmodelled(symbol, value)

    # -- what is not modelled --

    def _unmodelled(self, symbol: symbols.SymbolName, value: bool) -> Limit:
        name, holds, rule = str(symbol), _does(value, "hold", "holds"), None
        text = f"{name} {holds}"
        match symbol:
            case symbols.ThingEffect() if symbol.about in self._things:
                thing = self._things[symbol.about]
                name, rule, verb = thing.name, thing.label, _does(value, symbol.detail, f"{symbol.detail}s")
                text = f"what is not modelled {verb} it: {thing.description}"
            case symbols.NotResourceStatement():
                applies = _does(value, "apply", "applies")
                text = f"{name}, a `NotResource`, which is not documented in a key policy, {applies}"
                rule = "L5"
            case symbols.Unsupported():
                text, rule = f"what is not modelled {holds}: {symbol.detail}", "C3"
        return Limit(LimitKind.UNMODELLED, name, text, rule=rule)

    # -- comparisons by a policy variable --

    def _relation(self, relation: ValueRelation, value: bool, masks: Mapping[str, int]) -> str:
        left = self._view(relation.views[0])
        right = "".join(map(_piece, relation.pieces)) if relation.pieces else self._view(relation.views[1])
        verbs = ("matches", "does not match") if relation.mode in WITH_WILDCARDS else ("=", "is not")
        text = f"{left} {verbs[0 if value else 1]} {right}{' in any case' * (relation.mode in WITHOUT_CASE)}"
        absent = dict.fromkeys(self._view(view) for view in relation.views if not self._is_present(view, masks))
        return f"{text}, or {listed(list(absent), 'or')} is absent" if absent and not value else text

    def false_by_absence(self, masks: Mapping[str, int]) -> dict[symbols.SymbolName, bool]:
        """The comparisons that do not hold of a request with attributes in `masks`, since a side of them is absent."""
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
        return subject(self._space, view.name.partition("#F8")[0])


_RESOURCES = {TargetKind.KEY: "the key's ARN", TargetKind.ALIAS: "the alias's ARN", TargetKind.NONE: "the resource `*`"}
"""What a fixed text is that is compared with a pattern: the resource of the requests
(`problem.semantics.relations.constant_matches`)."""


def _piece(piece: Fixed | Variable) -> str:
    if isinstance(piece, Variable):
        return f"${{{piece.key}}}" if piece.default is None else f"${{{piece.key}, '{piece.default}'}}"
    if piece.wild:
        return piece.text
    return "".join(f"${{{character}}}" if character in "*?" else character for character in piece.text)


def _does(value: bool, plain: str, third: str) -> str:
    return third if value else f"does not {plain}"


class FactPhrases:
    """The words for the facts of a key."""

    def __init__(self, table: ListTable, predicates: Iterable[Predicate]) -> None:
        self._rows = [value.split("|")[: len(_NAMES)] for value in table.values]
        self._full = (1 << table.size) - 1
        fields = [p for p in predicates if isinstance(p, Field)]
        self._fields = [self._field(index, fields) for index in range(len(_NAMES))]

    def _field(self, index: int, fields: Sequence[Field]) -> tuple[ListTable, ValueWords]:
        table = ListTable(tuple(dict.fromkeys(row[index] for row in self._rows)))
        return table, ValueWords(table, [field.predicate for field in fields if field.index == index])

    def limits(self, mask: int, possible: int = -1) -> list[Limit]:
        """The limits that say which of the `possible` combinations are in the mask; none where all are."""
        possible &= self._full
        mask &= possible
        kept = {index: self._shadow(mask, index) for index in range(len(_NAMES))}
        if self._product(kept) & possible != mask:
            form = self._vocabulary().express(mask, mask | (self._full & ~possible))
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
        def is_in(row: Sequence[str]) -> bool:
            places = ((values, self._fields[index][0].class_of(row[index]) or 0) for index, values in kept.items())
            return all(values >> place & 1 for values, place in places)

        return sum(1 << position for position, row in enumerate(self._rows) if is_in(row))

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
        lacking = bool(values & absent)
        return Limit(LimitKind.CONDITION, name, f"is absent, or {text}" if lacking else text, lacking)

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
                WordSort.FACT,
                f"{name}={value}" if value else "kms:MultiRegion=false",
                self._product({index: 1 << place}),
            )
