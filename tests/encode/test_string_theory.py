"""The string-theory translation says what the classes say: Z3 and cvc5 read its text, small formulas are checked
against the predicates."""

from __future__ import annotations

import cvc5
import pytest

from benchmarks.engines import cvc5_strings, text_of
from benchmarks.families import speed_problem
from verifier.encode.sorts import Inexpressible, quoted, term_predicate
from verifier.encode.string_theory import script
from verifier.model.estate import Estate
from verifier.model.symbols import RelationTest
from verifier.problem.classes.attributes import Attribute
from verifier.problem.classes.predicates import Less, OneOf, Predicate, Tokens, exactly, like, like_tokens
from verifier.problem.expression import Expression, Present, Some, Symbol
from verifier.problem.expression import Test as Asks
from verifier.problem.question import Formula
from verifier.problem.rules import RuledSpace
from verifier.problem.semantics.targets import Target, TargetKind
from verifier.problem.views import ValueRelation
from verifier.verify.proving import prove


def answer(text: str) -> str:
    """What cvc5 says of a script."""
    solver = cvc5.Solver(cvc5.TermManager())
    solver.setOption("tlimit-per", "5000")
    parser = cvc5.InputParser(solver)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, text, "test")
    said = ""
    while not (command := parser.nextCommand()).isNull():
        said = str(command.invoke(solver, parser.getSymbolManager())) or said
    return said.strip()


def satisfiable(goal: Expression, *relations: ValueRelation) -> bool:
    """Whether the script of a goal has a model, over attributes for the tests below."""
    space = RuledSpace(Estate(()), Target(TargetKind.NONE, "aws"))
    for name in ("aws:useragent", "aws:referer", "kms:requestalias"):
        space.attribute_view(name)
    space.attributes["set"] = Attribute("set", values=("red", "green"), multivalued=True)
    space.relations.update({relation.symbol: relation for relation in relations})
    said = answer(script(Formula(space, (), goal, goal, (), (), ()), goal).text)
    assert said in ("sat", "unsat")
    return said == "sat"


@pytest.mark.parametrize(
    "predicate",
    [
        like("a*b?"),
        like("aB*", fold=True),
        exactly('say "hi" \\u{41}'),
        OneOf(frozenset({"a", "ab"})),
        OneOf(frozenset()),
        like("*"),
        like(""),
    ]
    + [Tokens(like_tokens("*x*", excluded=frozenset(":"))), Less(like("a?"), (exactly("ab"), exactly("aB")))],
)
def test_l6_a_predicate_and_its_text_agree(predicate: Predicate) -> None:
    words = ["", "a", "ab", "aB", "ABC", "a:x", "axb", "axbc", "axxbé", "x", 'say "hi" \\u{41}', "AB\n"]
    claims = [
        term_predicate(quoted(w), predicate)
        if predicate.matches(w)
        else f"(not {term_predicate(quoted(w), predicate)})"
        for w in words
    ]
    assert answer("(set-logic ALL)\n" + "".join(f"(assert {claim})\n" for claim in claims) + "(check-sat)") == "sat"


def test_a_character_that_smt_lib_lacks_is_refused() -> None:
    with pytest.raises(Inexpressible):
        quoted("\U000e0041")


def test_c1_a_test_on_an_absent_attribute_is_false() -> None:
    assert not satisfiable(~Present("aws:referer") & Asks("aws:referer", like("*")))
    assert satisfiable(Asks("aws:referer", like("*")))


def test_f8_a_value_outside_the_domain_does_not_count() -> None:
    assert not satisfiable(Asks("kms:requestalias", like("nothing/*")))


def test_c2_some_value_of_a_set() -> None:
    red, green = exactly("red"), exactly("green")
    inside, outside = Some("set", frozenset({red}), True), Some("set", frozenset({red}), False)
    assert satisfiable(inside & outside)
    assert satisfiable(inside & ~outside)
    assert not satisfiable(Present("set") & ~inside & ~outside)
    assert not satisfiable(outside & ~Some("set", frozenset({green}), True))
    assert not satisfiable(~Present("set") & inside)


def test_l7_equality_of_two_attributes() -> None:
    space = RuledSpace(Estate(()), Target(TargetKind.NONE, "aws"))
    views = space.attribute_view("aws:useragent"), space.attribute_view("aws:referer")
    equal = ValueRelation(RelationTest("equal"), views, lambda values, _: False, views)
    apart = Asks("aws:useragent", like("a*")) & Asks("aws:referer", like("b*"))
    assert not satisfiable(apart & Symbol(RelationTest("equal")), equal)
    assert satisfiable(apart & ~Symbol(RelationTest("equal")), equal)


@pytest.mark.parametrize("seed", range(3))
def test_the_two_translations_agree_on_a_small_policy(seed: int) -> None:
    problem = speed_problem(seed, 8)
    for number, invariant in enumerate(problem.invariants):
        (verdict,) = prove(problem.estate, [invariant]).verdicts
        assert cvc5_strings(problem, number, 5).verdict in (verdict.status.value, "unknown")


def test_the_text_is_the_same_from_run_to_run() -> None:
    assert text_of(speed_problem(1, 6), 1) == text_of(speed_problem(1, 6), 1)
