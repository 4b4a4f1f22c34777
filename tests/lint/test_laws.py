"""The laws of the linter, on random policies: what it says of a policy holds of sampled requests, whatever surrounds
the policy.

`evaluate`, the other reading of the rules, decides; a request that could not be sent proves nothing and is left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.agreement.runner import assignment
from tests.examples import many
from tests.lint.world import SURROUNDINGS, Json, policies, read, requests, surrounded
from verifier.evaluate import evaluate
from verifier.language.policies.documents import read_policy
from verifier.model import lint_rules as rules
from verifier.model.edits import RemoveStatement, apply_all, with_key_policy
from verifier.model.estate import Estate
from verifier.model.policy import Policy, PolicyKind, StatementRef
from verifier.model.request import Decision, Outcome, Request
from verifier.model.results.lint import Finding, LintRule, RewriteClaim
from verifier.model.symbol_texts import read_values
from verifier.syntax.source import Source
from verifier.verify.lint.linting import lint

NEVER = {rules.NEVER_MATCHES, rules.INEFFECTIVE, rules.ALWAYS_TLS}
NO_CHANGE = {rules.REDUNDANT, rules.DENY_WITHOUT_EFFECT, rules.ALLOW_WITHOUT_EFFECT, rules.ALWAYS_DENIED}

Check = Callable[[Estate, Finding, Sequence[Request], int], int]


@dataclass(frozen=True)
class Sampled:
    """A request under an assignment of every reading and free fact, decided."""

    request: Request
    symbols: dict[str, bool]
    decision: Decision


def sampled(found: Estate, asked: Sequence[Request], seed: int) -> Iterator[Sampled]:
    """The requests that could be sent."""
    for number, request in enumerate(asked):
        symbols = assignment(found, seed + number)
        decision = evaluate(found, request, symbols)
        if not decision.warnings:
            yield Sampled(request, symbols, decision)


def matched(decision: Decision, wanted: StatementRef | None) -> bool:
    """Whether a statement matched, by the trace."""
    assert wanted is not None
    steps = (step.statement for step in decision.trace if step.depth == 1 and step.holds and step.statement is not None)
    return any((step.policy, step.index) == (wanted.policy, wanted.index) for step in steps)


def rewritten(found: Estate, finding: Finding) -> Estate:
    """The estate with the statement rewritten as the finding says."""
    import json

    assert finding.rewrite is not None and finding.statement is not None
    (policy,) = found.keys[0].policies or ()
    text = json.dumps({"Version": "2012-10-17", "Statement": finding.rewrite.statement})
    (new,) = read_policy(
        Source("rewrite.json", text), PolicyKind.KEY, identity=policy.identity, name="default"
    ).statements
    changed = [
        replace(new, index=old.index) if old.index == finding.statement.index else old for old in policy.statements
    ]
    return with_policy(found, replace(policy, statements=tuple(changed)))


def with_policy(found: Estate, policy: Policy) -> Estate:
    return with_key_policy(found, found.keys[0].arn, policy)


def left_out(found: Estate, indices: Sequence[int]) -> Estate:
    """The estate without some statements of the key policy."""
    (policy,) = found.keys[0].policies or ()
    if len(policy.statements) == len(indices):
        return with_policy(found, replace(policy, statements=()))
    return with_policy(found, apply_all(policy, [RemoveStatement(index) for index in sorted(indices, reverse=True)]))


# --- the laws ---------------------------------------------------------------------------------------------------------


def never(found: Estate, finding: Finding, asked: Sequence[Request], seed: int) -> int:
    """A statement that never matches matches no request."""
    if finding.rule is rules.ALWAYS_TLS and "never" not in finding.message:
        return 0
    seen = list(sampled(found, asked, seed))
    assert not any(matched(one.decision, finding.statement) for one in seen), finding.message
    return len(seen)


def no_change(found: Estate, finding: Finding, asked: Sequence[Request], seed: int) -> int:
    """A statement that changes nothing may go."""
    assert finding.statement is not None
    return same_outcomes(found, left_out(found, [finding.statement.index]), asked, seed, finding)


def same_outcomes(found: Estate, other: Estate, asked: Sequence[Request], seed: int, told: object) -> int:
    seen = list(sampled(found, asked, seed))
    for one in seen:
        assert evaluate(other, one.request, one.symbols).outcome is one.decision.outcome, (told, one.request)
    return len(seen)


def rewrites(found: Estate, finding: Finding, asked: Sequence[Request], seed: int) -> int:
    """An equivalent rewrite decides alike, a tighter one allows nothing more."""
    if finding.rewrite is None:
        return 0
    other = rewritten(found, finding)
    held = finding.rewrite.readings
    checked = 0
    for one in sampled(found, asked, seed):
        symbols = {**read_values(one.symbols), **dict(held)}
        before, after = (evaluate(side, one.request, symbols) for side in (found, other))
        if finding.rewrite.claim is RewriteClaim.EQUIVALENT:
            assert before.outcome is after.outcome, (finding, one.request)
            assert matched(before, finding.statement) == matched(after, finding.statement), (finding, one.request)
        else:
            assert (before.outcome, after.outcome) != (Outcome.DENY, Outcome.ALLOW), (finding, one.request)
        checked += 1
    return checked


def idle_condition(found: Estate, finding: Finding, asked: Sequence[Request], seed: int) -> int:
    """A condition without effect holds whenever the rest of its statement does."""
    (policy,) = found.keys[0].policies or ()
    assert finding.statement is not None
    statement = policy.statements[finding.statement.index]
    kept = tuple(condition for condition in statement.conditions if condition.span != finding.span)
    changed = tuple(replace(one, conditions=kept) if one is statement else one for one in policy.statements)
    other, seen = with_policy(found, replace(policy, statements=changed)), list(sampled(found, asked, seed))
    for one in seen:
        without = evaluate(other, one.request, one.symbols)
        assert matched(without, finding.statement) == matched(one.decision, finding.statement), (finding, one.request)
    return len(seen)


LAWS: tuple[tuple[set[LintRule] | None, Check], ...] = (
    (NEVER, never),
    (NO_CHANGE, no_change),
    ({rules.WITHOUT_EFFECT}, idle_condition),
    (None, rewrites),
)
"""Each law with the rules that it is about; `None` is every rule."""


def test_the_laws_of_the_linter() -> None:
    exercised: Counter[str] = Counter()

    @settings(max_examples=many(32), phases=[Phase.generate])
    @given(policies, st.lists(requests(), min_size=12, max_size=12), st.integers(0, 10**6))
    def run(policy: list[Json], asked: list[Json], seed: int) -> None:
        check(policy, asked, seed, exercised)

    run()
    for law in ("never", "no_change", "idle_condition", "rewrites", "together"):
        assert exercised[law] >= 50, exercised


def check(policy: list[Json], asked: list[Json], seed: int, exercised: Counter[str]) -> None:
    """Lints the policy where nothing else is known, and holds what was found against requests in every surrounding."""
    alone = surrounded(policy, SURROUNDINGS[0])
    report = lint(alone)
    for around in SURROUNDINGS:
        found = surrounded(policy, around)
        told = [read(found, one) for one in asked]
        for finding in report.findings:
            for about, law in LAWS:
                if about is None or finding.rule in about:
                    exercised[law.__name__] += law(found, finding, told, seed)
        redundant = [
            one.statement.index for one in report.findings if one.rule in NO_CHANGE and one.statement is not None
        ]
        if redundant:
            exercised["together"] += same_outcomes(found, left_out(found, redundant), told, seed, redundant)
