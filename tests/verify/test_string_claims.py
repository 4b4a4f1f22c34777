"""String engines as main engines, and as second ones: contradictions, limits, and what their formula leaves open
(S1)."""

from __future__ import annotations

import pickle
from collections.abc import Callable

import pytest

from benchmarks.families import overlap_problems, speed_problem
from tests.evaluate.estates import ALICE, allow, aws, deny, estate, home, identity, without_policy
from tests.verify.proving import conditioned, nobody, verdict
from verifier.bench.families import overlapping_queries
from verifier.encode.string_theory import script
from verifier.model.choices import Engine
from verifier.model.estate import Estate
from verifier.model.invariant import PrincipalLike
from verifier.model.policy import Text
from verifier.model.request import Outcome
from verifier.model.results.verdict import Agreement, Status
from verifier.problem.classes.predicates import exactly
from verifier.problem.expression import Test
from verifier.problem.rules import formulate
from verifier.problem.semantics.targets import key_target
from verifier.solve import string_solvers
from verifier.solve.session import Result, Sat, Undecided, Unsat
from verifier.verify import Contradiction, string_claims
from verifier.verify.proving import prove

STRINGS = (Engine.Z3_STRINGS, Engine.CVC5_STRINGS)
ALONE = (home(identity(ALICE)),)
CAN, CANNOT = estate(allow(aws(ALICE), "kms:Decrypt"), accounts=ALONE), estate(deny(), accounts=ALONE)
OPEN = conditioned({"StringEqualsIgnoreCase": {"aws:UserAgent": "${aws:Referer}"}, "Null": {"aws:UserAgent": "false"}})
"""A comparison of two attributes without regard to case, which the formula over strings leaves open."""

Answering = Callable[[Result], None]


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Answering:
    """Makes the string solver give one answer to everything."""

    def always(said: Result) -> None:
        monkeypatch.setattr(string_claims, "solver_answer", lambda *_: said)

    return always


@pytest.mark.parametrize("engine", STRINGS)
def test_a_string_engine_proves(engine: Engine) -> None:
    assert verdict(CANNOT, engine=engine, timeout=20).status is Status.PROVED


@pytest.mark.parametrize(
    ("engine", "found"), [(Engine.CVC5_STRINGS, CAN), (Engine.Z3_STRINGS, overlap_problems(6)[0].estate)]
)
def test_a_string_engine_refutes_with_a_request(engine: Engine, found: Estate) -> None:
    refuted = verdict(found, engine=engine, timeout=20)
    assert refuted.status is Status.REFUTED and refuted.counterexample is not None
    assert refuted.counterexample.decision.outcome is Outcome.ALLOW


def scripts_asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    asked: list[str] = []

    def answer(engine: Engine, text: str, timeout: float | None) -> Result:
        asked.append(text)
        return string_solvers.solver_answer(engine, text, timeout)

    monkeypatch.setattr(string_claims, "solver_answer", answer)
    return asked


def test_a_counterexample_is_seen_to_be_one_rather_than_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many overlapping patterns, for which the solver alone finds no request in time."""
    asked = scripts_asked(monkeypatch)
    (query,) = [query for query in overlapping_queries((8,)) if query.family == "overlapping-sat"]
    (found,) = prove(query.estate, [query.invariant], cross_check=True, timeout=5).verdicts
    assert found.status is Status.REFUTED and found.agreement is Agreement.AGREED and len(asked) == 1


def test_what_says_too_much_of_a_counterexample_is_no_contradiction(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = scripts_asked(monkeypatch)
    monkeypatch.setattr(string_claims.Strings, "_as_found", lambda *_: [Test("principal", exactly("nobody"))])
    (found,) = prove(CAN, [nobody()], cross_check=True).verdicts
    assert found.status is Status.REFUTED and found.agreement is Agreement.AGREED and len(asked) == 2


def test_a_proof_names_the_same_statements() -> None:
    found = estate(allow(), deny(aws(ALICE), "kms:Decrypt"), deny("*", "kms:Decrypt"))
    by_strings, by_classes = (verdict(found, engine=engine) for engine in (Engine.CVC5_STRINGS, Engine.Z3))
    assert by_strings.rests_on == by_classes.rests_on != ()


@pytest.mark.parametrize("seed", range(2))
def test_verdicts_are_those_of_the_classes(seed: int) -> None:
    problem = speed_problem(seed, 5)
    expected = [found.status for found in prove(problem.estate, problem.invariants).verdicts]
    assert [
        v.status for v in prove(problem.estate, problem.invariants, engine=Engine.CVC5_STRINGS, timeout=20).verdicts
    ] == expected
    checked = prove(problem.estate, problem.invariants, engine=Engine.SAT, cross_check=True)
    assert [v.status for v in checked.verdicts] == expected
    assert {v.agreement for v in checked.verdicts} == {
        Agreement.AGREED
    } and checked.second_engine is Engine.CVC5_STRINGS


def test_s1_no_answer_is_unknown_as_the_first_and_told_as_the_second(answering: Answering) -> None:
    answering(Undecided("timeout"))
    found = verdict(CAN, engine=Engine.Z3_STRINGS)
    assert found.status is Status.UNKNOWN and found.reason is not None and "timeout" in found.reason.text
    checked = verdict(CAN, cross_check=True)
    assert checked.status is Status.REFUTED and checked.agreement is Agreement.UNANSWERED


@pytest.mark.parametrize(("found", "said"), [(CAN, Unsat((), ())), (CANNOT, Sat())])
def test_a_contradiction_is_no_verdict(answering: Answering, found: Estate, said: Result) -> None:
    answering(said)
    for options in ({"engine": Engine.CVC5_STRINGS}, {"cross_check": True}):
        with pytest.raises(Contradiction) as raised:
            verdict(found, **options)
        assert raised.value.invariant.name == "nobody can" and raised.value.formula.startswith("(set-logic ALL)")
        assert {engine for engine, _ in raised.value.answers} == {"the engine on classes", "cvc5-strings"}
        from_elsewhere = pickle.loads(pickle.dumps(raised.value))
        assert str(from_elsewhere) == str(raised.value) and from_elsewhere.formula == raised.value.formula


def test_l7_what_the_formula_leaves_open_is_no_contradiction(answering: Answering) -> None:
    impossible = conditioned(
        {
            "StringEqualsIgnoreCase": {"aws:UserAgent": "${aws:Referer}"},
            "StringEquals": {"aws:UserAgent": "a", "aws:Referer": "b"},
        }
    )
    assert verdict(impossible, nobody("kms:Decrypt")).status is Status.PROVED
    answering(Sat())
    found = verdict(impossible, engine=Engine.CVC5_STRINGS)
    assert found.status is Status.UNKNOWN and found.reason is not None and "leaves open" in found.reason.text
    assert verdict(impossible, cross_check=True).agreement is Agreement.UNANSWERED


def test_l7_an_open_comparison_is_settled_by_replay() -> None:
    assert verdict(OPEN, nobody("kms:Decrypt"), engine=Engine.CVC5_STRINGS).status is Status.REFUTED


def test_an_unknown_verdict_has_nothing_to_check() -> None:
    unknown = verdict(without_policy(estate(deny())), cross_check=True)
    assert unknown.status is Status.UNKNOWN and unknown.agreement is Agreement.NOTHING_TO_CHECK
    assert verdict(CAN).agreement is None


def test_a_character_that_smt_lib_lacks_is_unanswered() -> None:
    found = conditioned({"StringEquals": {"aws:UserAgent": "\U000e0041"}})
    assert verdict(found, cross_check=True).agreement is Agreement.UNANSWERED
    assert verdict(found, engine=Engine.CVC5_STRINGS).status is Status.UNKNOWN


def test_u4_an_action_that_the_data_does_not_know_is_not_proved_away() -> None:
    known = ("C", "D", "E", "G", "I", "L", "P", "R", "S", "T", "U", "V")
    found = estate(allow(aws(ALICE), "kms:*"), deny(aws(ALICE), [f"kms:{letter}*" for letter in known]))
    answer = verdict(found, nobody("kms:*", callers=PrincipalLike(Text(ALICE))), engine=Engine.CVC5_STRINGS, timeout=20)
    assert answer.status is Status.UNKNOWN and answer.reason is not None and answer.reason.rule == "U4"


def test_u4_a_proof_is_checked_for_actions_that_the_data_does_not_know_too(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def answer(engine: Engine, text: str, timeout: float | None) -> Undecided:
        asked.append(text)
        return Undecided("later")

    monkeypatch.setattr(string_claims, "solver_answer", answer)
    verdict(CANNOT, cross_check=True)
    verdict(CAN, cross_check=True)
    formulas = [formulate(found, key_target(found.keys[0]), [nobody()]) for found in (CANNOT, CAN)]
    assert asked[0] == script(formulas[0], formulas[0].violations[0]).text
    # The second one was about the request of the counterexample alone.
    assert asked[2] == script(formulas[1], formulas[1].violations[0] & formulas[1].known_action).text
