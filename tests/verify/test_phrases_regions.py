"""Who can, read back from the sentences: they hold of a request that can be made iff it is allowed."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

import pytest

from tests.verify.callers_reader import about
from tests.verify.phrases_reader import holds, number_holds, set_holds
from tests.verify.test_phrases import random_estates
from tests.verify.test_phrases_parts import fact_holds
from verifier.model.results.access import Limit, LimitKind, Region
from verifier.model.symbols import SymbolName
from verifier.problem.classes.domains import is_date
from verifier.problem.classes.tables import LineTable
from verifier.problem.diagrams.diagram import NOTHING, DiagramNode
from verifier.problem.diagrams.finite import Finite
from verifier.problem.diagrams.joint import Joint, join
from verifier.problem.rules import QuestionSide
from verifier.problem.space import Space
from verifier.verify.phrases import caller_text as phrases_caller_text
from verifier.verify.phrases.symbols import SymbolPhrases, subject
from verifier.verify.regions import Describer

POINTS = 60
"""Requests of each key that the sentences are read for."""


@dataclass(frozen=True)
class Reader:
    """Reads regions for requests, given as a class of each attribute and a value of each symbol."""

    space: Space
    finite: Finite

    def holds(self, region: Region, point: Mapping[str, int]) -> bool:
        caller, action = (self.finite.tables[name].members(point[name], 1)[0] for name in ("principal", "action"))
        return (
            about(region.callers.text, caller, self.space.target.account)
            and action in {name.lower() for name in region.actions.names}
            and any(all(self.meets(limit, point) for limit in alternative) for alternative in region.when)
        )

    def meets(self, limit: Limit, point: Mapping[str, int]) -> bool:
        if limit.kind is not LimitKind.CONDITION or limit.subject == "the request":
            return self._symbol(limit, point)
        if limit.subject.startswith(("the key", "kms:Key", "kms:MultiRegion")):
            row = self.finite.tables["facts"].members(point["facts"], 1)[0].split("|")
            return fact_holds(limit, row)
        name = next(name for name in self.space.attributes if subject(self.space, name) == limit.subject)
        if name in self.finite.held:
            return set_holds(limit.text, frozenset(self._held(name, point)))
        table = self.finite.tables[name]
        value = table.members(point[name], 1)[0] if point[name] < table.size else None
        if not isinstance(table, LineTable) or value is None or limit.text in ("is absent", "is present"):
            return holds(limit.text, value)
        text = limit.text.removeprefix("is absent, or ").removeprefix("is present, and ")
        return number_holds(text, Decimal(value), name == "time" or is_date(name))

    def _held(self, name: str, point: Mapping[str, int]) -> Iterator[str]:
        for index, symbol in enumerate(self.finite.held[name]):
            if point.get(symbol, 0):
                yield self.finite.tables[name].members(index, 1)[0]

    def _symbol(self, limit: Limit, point: Mapping[str, int]) -> bool:
        words = SymbolPhrases(self.space, self.finite)
        for name, value in point.items():
            if isinstance(name, SymbolName):
                for said in (False, True):
                    own = words.limit(name, said, {})
                    if own == limit or (own.text.startswith(f"{limit.text}, or ") and own.text.endswith(" is absent")):
                        return bool(value) == said
        raise AssertionError(f"what is meant by {limit!r}?")


def _points(dice: random.Random, joint: Joint, node: DiagramNode, care: DiagramNode) -> Iterator[dict[str, int]]:
    """Requests that can be made, half of them in the set."""
    diagrams = joint.diagrams
    full = {name: (1 << width) - 1 for name, width in diagrams.widths.items()}

    def choose(_: str, possible: int) -> int:
        return dice.choice([at for at in range(possible.bit_length()) if possible >> at & 1])

    known = diagrams.both(care, joint.known_action)
    for wanted in (diagrams.both(known, node), known):
        for _ in range(POINTS // 2 if wanted != NOTHING else 0):
            point = diagrams.walk(wanted, choose)
            yield {**{name: choose(name, possible) for name, possible in full.items()}, **point}


@pytest.mark.parametrize("part", range(3))
def test_the_sentences_hold_of_the_allowed_requests(part: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(phrases_caller_text, "_FEW", 10_000)
    dice, read = random.Random(part), [0, 0]
    for estate, target in random_estates(part, 12):
        joint = join([QuestionSide(estate, target)])
        side = joint.sides[0]
        node = joint.diagrams.both(side.allowed, joint.known_action)
        found = Describer(joint, 0).describe(node)
        if not found.exact or found.undecided or joint.finite.lazy:
            continue
        reader, care = Reader(side.question.space, joint.finite), joint.care(0, node).care
        for point in _points(dice, joint, node, care):
            allowed = joint.diagrams.contains(node, point)
            read[allowed] += 1
            said = [region.region for region in found.found if reader.holds(region.region, point)]
            assert len(said) == allowed, (said, {name: point[name] for name in joint.diagrams.support(node)})
    assert min(read) > 150
