"""The time of a question (`verifier.deadline`): whenever it is over, the answer is the whole one or says that it is
not, and nothing that was half found is remembered."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest

import verifier
from tests.evaluate.estates import (
    ALICE,
    HOME,
    KEY,
    PARTNER_ROLE,
    PARTNER_ROOT,
    allow,
    aws,
    deny,
    estate,
    home,
    identity,
    own,
)
from tests.evaluate.reaching import admits, trusting
from tests.evaluate.steps.worlds import state
from tests.verify.proving import nobody
from tests.verify.test_excuses import waiver
from verifier.ask.answers import OUT_OF_TIME, Impossible, Unknown
from verifier.ask.loop import refined
from verifier.deadline import TimeIsOver, after, until
from verifier.language.policies.documents import read_policy
from verifier.model.estate import Estate
from verifier.model.invariant import PrincipalLike
from verifier.model.policy import PolicyKind, Text
from verifier.model.results.verdict import Status
from verifier.problem.diagrams.diagram import TooLarge
from verifier.problem.expression import TRUE
from verifier.report.plain import Renderable, to_dict
from verifier.syntax.source import Source
from verifier.verify.comparison import limited
from verifier.verify.excuses import beyond
from verifier.verify.prove import decide_target
from verifier.verify.reach import common
from verifier.verify.reach.permissions import step_permissions
from verifier.verify.regions import Regions

IN_TIME, JUMP = 1000.0, 2000.0


@dataclass
class Clock:
    """A clock that stands still, until it was looked at so many times; `seen` are the functions that looked."""

    left: float = float("inf")
    now: float = 0.0
    seen: list[str] = field(default_factory=list)

    def monotonic(self) -> float:
        frame = sys._getframe(1)
        while frame.f_globals["__name__"] == "verifier.deadline":
            assert frame.f_back is not None
            frame = frame.f_back
        self.seen.append(f"{frame.f_globals['__name__'].removeprefix('verifier.')}.{frame.f_code.co_name}")
        self.left -= 1
        if self.left == 0:
            self.now += JUMP
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr("verifier.deadline.time.monotonic", made.monotonic)
    monkeypatch.setattr("verifier.problem.diagrams.diagram._BETWEEN_LOOKS", 1)
    monkeypatch.setattr("verifier.verify.suggestion.search._PATIENCE", float("inf"))
    return made


# -- every command --

ROLES = [f"arn:aws:iam::{HOME}:role/r{at}" for at in range(2)]
WITHIN = allow(aws(f"arn:aws:iam::{HOME}:root"), "kms:Decrypt", Condition={"StringEquals": {"aws:PrincipalTag/a": "b"}})
OPEN = estate(WITHIN, allow(aws(PARTNER_ROOT), ["kms:Decrypt", "kms:Encrypt"]), deny(aws(ALICE), "kms:Encrypt"))
SHUT = estate(WITHIN)
CHAIN = state(
    own("sts:AssumeRole", ROLES[0]),
    others=(
        trusting(admits(aws(ALICE)), arn=ROLES[0], own=(own("sts:AssumeRole", ROLES[1]),)),
        trusting(admits(aws(ROLES[0])), arn=ROLES[1], own=(own("kms:Decrypt", KEY),)),
    ),
    facts={"grants": ()},
).estate


def eventually(found: Estate, action: str, timeout: float | None) -> Renderable:
    asked = replace(nobody(action, callers=PrincipalLike(Text(ALICE))), eventually=True)
    return verifier.prove(found, [asked], timeout=timeout)


Ask = Callable[[float | None], Renderable]
QUESTIONS: dict[str, Ask] = {
    "prove, refuted": lambda timeout: verifier.prove(OPEN, [nobody()], timeout=timeout),
    "prove, proved": lambda timeout: verifier.prove(SHUT, [nobody("kms:Encrypt")], timeout=timeout),
    "can eventually, refuted": partial(eventually, CHAIN, "kms:Decrypt"),
    "can eventually, proved": partial(eventually, CHAIN, "kms:Encrypt"),
    "can eventually, supposed": partial(eventually, verifier.suppose(CHAIN, "nobody calls sso:*"), "kms:Encrypt"),
    "who-can": lambda timeout: verifier.who_can(OPEN, "kms:Decrypt", timeout=timeout),
    "who-can --verbose": lambda timeout: verifier.who_can(OPEN, "kms:Decrypt", timeout=timeout, witnesses=True),
    "findings": lambda timeout: verifier.findings(OPEN, timeout=timeout),
    "reach": lambda timeout: verifier.reach(CHAIN, ALICE, timeout=timeout),
    "reach --to": lambda timeout: verifier.reach(CHAIN, to=["kms:Decrypt"], timeout=timeout),
    "compare, gained": lambda timeout: verifier.compare(SHUT, OPEN, timeout=timeout),
    "compare, lost": lambda timeout: verifier.compare(OPEN, SHUT, timeout=timeout),
    "lint": lambda timeout: verifier.lint(OPEN, timeout=timeout),
}


POINTS = 10
"""Where there are many looks at the clock, so many of them, evenly spread, find the time over."""


def said(result: Renderable) -> tuple[int, Any]:
    """The exit code; and the result as data, without times, counts and the requests that are shown."""
    left_out = ("elapsed", "elapsed_ms", "statistics", "witness", "counterexample")

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: plain(one) for name, one in value.items() if name not in left_out}
        return [plain(one) for one in value] if isinstance(value, list) else value

    found: Any = to_dict(result)
    return found["summary"]["exit_code"], plain(found)


def ends(looks: int) -> range:
    return range(2, looks, 1 if looks < 100 else looks // POINTS)


@pytest.mark.parametrize("name", QUESTIONS)
def test_s1_whenever_the_time_is_over_an_answer_is_whole_or_says_so(name: str, clock: Clock) -> None:
    """And asked again it is whole: what was half found is not remembered. Of what is refuted another request may be
    shown."""
    ask = QUESTIONS[name]
    whole = said(ask(IN_TIME))
    late = 0
    for last in ends(len(clock.seen)):
        clock.left = last
        code, found = said(ask(IN_TIME))
        if (code, found) != whole:
            assert code == 3 or code == whole[0] == 1, last
            assert "timeout" in str(found) or name == "prove, refuted", last
            late += 1
        assert said(ask(None)) == whole, last
    assert late


def test_s1_suggested_edits_are_proved_whenever_the_time_is_over(clock: Clock) -> None:
    asked = verifier.builtin("no-external-access")
    whole, mended, late = verifier.suggest(OPEN, [asked], timeout=IN_TIME), dict[str, Status](), 0
    for last in ends(len(clock.seen)):
        clock.left = last
        (found,) = verifier.suggest(OPEN, [asked], timeout=IN_TIME).advice
        late += "timeout" in str(found) and "timeout" not in str(whole)
        assert found.suggestions or found.reason is not None
        for one in found.suggestions:
            policy = read_policy(Source("", one.policy), PolicyKind.KEY, identity=f"{KEY}#default", name="default")
            edited = replace(OPEN, keys=(replace(OPEN.keys[0], policies=(policy,)),))
            if one.policy not in mended:
                mended[one.policy] = verifier.prove(edited, [asked]).verdicts[0].status
    assert late and {*mended.values()} == {Status.PROVED}


LOOKING = {
    "prove, refuted": {"ask.loop.refined", "verify.deciding.answer"},
    "can eventually, refuted": {
        "verify.limits.within_limits",
        "verify.reach.stories.stories._after",
        "verify.reach.stories.stories.found",
    },
    "can eventually, proved": {
        "problem.diagrams.diagram._make",
        "problem.diagrams.joint.join",
        "verify.reach.closure._goals",
        "verify.reach.closure._round",
        "verify.reach.step_closure._round",
        "verify.reach.step_closure.new",
    },
    "who-can": {"ask.loop.refined", "verify.access.access_rows.found", "verify.partition._parts"},
    "who-can --verbose": {"verify.access.access_rows._sampled"},
    "findings": {"ask.loop.refined", "verify.access.external._findings"},
    "reach": {"verify.limits.within_limits", "verify.reach.closure._round"},
    "reach --to": {"verify.limits.within_limits", "verify.reach.step_closure.new"},
    "compare, gained": {"problem.diagrams.joint.join", "verify.partition._parts", "verify.regions._regions"},
    "lint": {"ask.loop.refined", "verify.lint.bench.ask"},
}


@pytest.mark.parametrize("name", LOOKING)
def test_what_goes_on_for_long_looks_at_the_time(name: str, clock: Clock) -> None:
    QUESTIONS[name](IN_TIME)
    assert LOOKING[name] <= {*clock.seen}


# -- the loop, and what is told of what was not decided --


def test_the_loop_ends_whatever_is_found(clock: Clock) -> None:
    class Oracle:
        def learn(self, clause: object) -> None:
            clock.now += 1

    def attempt() -> None:
        raise Impossible(TRUE)

    with until(after(7)):
        found = refined(Oracle(), attempt)
    assert isinstance(found, Unknown) and found.reason.rule == "timeout" and clock.now == 7


def test_an_earlier_deadline_holds_within_a_later_one(clock: Clock) -> None:
    with until(after(1)), until(after(5)):
        clock.now = 2
        assert isinstance(refined(Nothing(), lambda: 1), Unknown)
    assert refined(Nothing(), lambda: 1) == 1


class Nothing:
    def learn(self, clause: object) -> None:
        """Nothing is learnt."""


def test_an_explanation_says_what_it_had_no_time_for(clock: Clock) -> None:
    request = {"action": "kms:Decrypt", "resource": KEY, "principal": ALICE}
    whole = verifier.explain(OPEN, request, timeout=IN_TIME)
    clock.left = len(clock.seen) - 1
    found = verifier.explain(OPEN, request, timeout=IN_TIME)
    assert found.decision == whole.decision and "timeout" in {getattr(one, "rule", None) for one in found.flips}
    assert "ask.loop.refined" in clock.seen


@pytest.mark.parametrize("end", [TimeIsOver(), TooLarge("too much")])
@pytest.mark.parametrize("call", range(1, 4))
def test_what_was_half_taken_in_is_not_remembered(
    monkeypatch: pytest.MonkeyPatch, call: int, end: TimeIsOver | TooLarge
) -> None:
    """A role that no inventory lists is taken in while a closure is made. Of one that was half made it would be proved
    that nobody comes to assume it."""
    partner = estate(
        allow(aws(PARTNER_ROLE), "kms:Decrypt"),
        accounts=(home(identity(ALICE, own("sts:AssumeRole", PARTNER_ROLE))),),
        grants=(),
    )
    calls = [0]

    def late(*arguments: Any) -> Any:
        calls[0] += 1
        if calls[0] == call:
            raise end
        return step_permissions(*arguments)

    monkeypatch.setattr("verifier.verify.reach.offers.step_offers.step_permissions", late)
    asked: dict[str, Callable[[], int]] = {
        "prove": lambda: said(eventually(partner, "kms:Decrypt", None))[0],
        "reach": lambda: said(verifier.reach(partner, ALICE))[0],
    }
    for ask in asked.values():
        common._commons.clear()
        calls[0] = 0
        assert [ask() for _ in range(3)] == [3, 3, 3] and calls[0] > call


def test_what_was_not_decided_is_not_told_to_cover_nothing(clock: Clock) -> None:
    """Of a waiver, an allowance, a supposition."""
    clock.left = 2
    waived = waiver(f"callers in {HOME} can kms:Decrypt")
    found = beyond(OPEN, OPEN.keys[0], nobody(), [waived], timeout=IN_TIME)
    assert not found.nothing and found.used == (True,)
    clock.left = 2
    compared = verifier.compare(SHUT, OPEN, allow=[waived], timeout=IN_TIME)
    assert compared.allowances[0].used
    clock.left = 2
    supposed = verifier.suppose(CHAIN, "nobody calls sso:*")
    assert verifier.reach(supposed, ALICE, timeout=IN_TIME).warnings == CHAIN.warnings


def test_edits_that_were_not_decided_in_time_are_told_beside_others(monkeypatch: pytest.MonkeyPatch) -> None:
    proofs = [0]

    def late(*arguments: Any) -> Any:
        proofs[0] += 1
        found = list(decide_target(*arguments))
        return [replace(one, status=Status.UNKNOWN, reason=OUT_OF_TIME) for one in found] if proofs[0] == 1 else found

    monkeypatch.setattr("verifier.verify.suggestion.search.decide_target", late)
    (found,) = verifier.suggest(OPEN, [verifier.builtin("no-external-access")]).advice
    assert found.suggestions and found.reason is not None and found.reason.rule == "timeout"


def test_what_sessions_gain_is_unknown_where_it_was_not_decided(monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = SimpleNamespace(gained=SimpleNamespace(regions=Regions((), (OUT_OF_TIME,), False)))
    monkeypatch.setattr(limited, "difference", lambda *_, **__: nothing)
    named = estate(WITHIN, allow(aws(ALICE), "kms:Decrypt"))
    found = limited.gained_by_limited(SHUT, named, SHUT.keys[0], named.keys[0], {}, same_surroundings=True, verb="gain")
    assert found == OUT_OF_TIME
