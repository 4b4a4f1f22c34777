"""A question's vocabulary is frozen before facts are made: whatever it does not hold is refused.

That every question of the cited cases, of conformance and of agreement is compiled in it a second time is asked there
(`tests/compiled_again.py`).
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.compiled_again import compiled_again
from tests.evaluate.estates import ALICE, allow, aws, estate
from tests.verify.proving import nobody
from verifier.problem import rules
from verifier.problem.classes.attributes import NotInVocabulary
from verifier.problem.classes.predicates import exactly
from verifier.problem.diagrams.finite import Reduction, questions
from verifier.problem.expression import Expression, Present, Test
from verifier.problem.facts.requests import FACTS
from verifier.problem.rules import RuledSpace, formulate
from verifier.problem.semantics.targets import key_target
from verifier.problem.space import Space

ASKED = estate(allow(aws(ALICE), "kms:Decrypt", Condition={"StringEquals": {"aws:SourceVpc": "vpc-1"}}))
TARGET = key_target(ASKED.keys[0])
AGENT = "aws:useragent"


def space() -> RuledSpace:
    found = RuledSpace(ASKED, TARGET)
    found.allowed()
    return found


ADDED: dict[str, Callable[[Space], object]] = {
    "attribute": lambda space: space.known(AGENT),
    "view": lambda space: space.view("aws:SecureTransport"),
    "unknown key": lambda space: space.note("aws:NoSuchKey"),
    "test": lambda space: space.ask(space.attribute_view("aws:sourcevpc"), exactly("vpc-2")),
    "test on another view": lambda space: space.tests_on(AGENT),
}


@pytest.mark.parametrize("name", ADDED)
def test_a_frozen_space_refuses(name: str) -> None:
    frozen = space()
    frozen.freeze()

    with pytest.raises(NotInVocabulary):
        ADDED[name](frozen)
    ADDED[name](space())  # one that is not frozen does not


@pytest.mark.parametrize("part", ["attributes", "relations", "partly_known", "notes", "views", "view_predicates"])
def test_each_part_of_the_vocabulary_is_frozen(part: str) -> None:
    frozen = space()
    frozen.freeze()

    with pytest.raises(NotInVocabulary):
        getattr(frozen, part)["new"] = None


def test_what_is_there_may_be_asked_again() -> None:
    frozen = space()
    frozen.freeze()

    assert frozen.known("aws:sourcevpc") == "aws:sourcevpc"
    frozen.ask(frozen.attribute_view("aws:sourcevpc"), exactly("vpc-1"))


def test_a_fact_that_adds_an_attribute_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "FACTS", (*FACTS, lambda space: iter([Present(space.known(AGENT))])))

    with pytest.raises(NotInVocabulary, match=AGENT):
        formulate(ASKED, TARGET, [nobody()])


def test_a_test_on_an_attribute_that_is_not_there_is_an_error() -> None:
    formula = formulate(ASKED, TARGET, [nobody()])
    questions([Test(AGENT, exactly("curl"))], formula.space.questions)

    with pytest.raises(NotInVocabulary, match=AGENT):
        Reduction(formula.space.attributes, formula.space.questions)


@pytest.fixture
def late(monkeypatch: pytest.MonkeyPatch) -> None:
    """Decisions that mention more when they are compiled for the second time."""
    first, compiled = RuledSpace.allowed, list[Space]()

    def allowed(space: RuledSpace) -> Expression:
        compiled.append(space)
        if len(compiled) > 1:
            space.known(AGENT)
        return first(space)

    monkeypatch.setattr(RuledSpace, "allowed", allowed)


def test_compiling_again_is_compared() -> None:
    with compiled_again() as count:
        formulate(ASKED, TARGET, [nobody()])

    assert count.total() == 1


@pytest.mark.usefixtures("late")
def test_what_is_added_later_is_found() -> None:
    with compiled_again(), pytest.raises(NotInVocabulary, match=AGENT):
        formulate(ASKED, TARGET, [nobody()])
