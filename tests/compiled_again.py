"""Every question compiled a second time, in the vocabulary of the first: nothing may be added to it, and the formula is
the same.

In: whatever a suite asks while `compiled_again` lasts. Out: how many questions there were. Raises what the frozen
vocabulary raises (`NotInVocabulary`), or `AssertionError`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from verifier.model.invariant import Invariant
from verifier.problem import question, rules
from verifier.problem.classes.attributes import Freezable
from verifier.problem.diagrams import joint
from verifier.problem.expression import Expression
from verifier.problem.rules import RuledSpace
from verifier.problem.space import Space
from verifier.recheck.formula import Described

_PARTS = ("attributes", "relations", "partly_known", "notes", "view_predicates")


def in_the_same_vocabulary(space: Space) -> RuledSpace:
    """A space like another, with the vocabulary of that one, frozen, and nothing compiled in it."""
    again = RuledSpace(
        space.estate,
        space.target,
        space.narrowed,
        pair_names=space.pair_names,
        inner=space.inner,
        possible_changes=space.possible_changes,
    )
    for name in _PARTS:
        part: Freezable[object, object] = getattr(again, name)
        part.update(getattr(space, name))
        part.frozen = True
    return again


@contextmanager
def compiled_again() -> Iterator[Counter[str]]:
    """Whatever is asked meanwhile is compiled again as soon as its vocabulary is frozen."""
    compiled: dict[int, list[tuple[Invariant | None, Expression]]] = {}
    count = Counter[str]()
    allowed, scope, freeze = RuledSpace.allowed, question.scope, RuledSpace.freeze

    def first_allowed(space: RuledSpace) -> Expression:
        found = allowed(space)
        compiled[id(space)] = [(None, found)]
        return found

    def first_scope(space: Space, invariant: Invariant) -> Expression:
        found = scope(space, invariant)
        compiled.setdefault(id(space), []).append((invariant, found))
        return found

    def freeze_and_compare(space: RuledSpace) -> None:
        freeze(space)
        again = in_the_same_vocabulary(space)
        found = compiled.pop(id(space), [])
        second = [allowed(again) if asked is None else scope(again, asked) for asked, _ in found]
        again.extend()
        assert again.views.keys() <= space.views.keys()
        assert Described(second).as_json() == Described([one for _, one in found]).as_json()
        count["compiled again"] += 1

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RuledSpace, "allowed", first_allowed)
        patch.setattr(RuledSpace, "freeze", freeze_and_compare)
        patch.setattr(rules, "scope", first_scope)
        patch.setattr(joint, "scope", first_scope)
        yield count
