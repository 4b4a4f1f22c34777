"""The rules put together: the space of requests with all of them, and what is asked about it.

In: the estate, a target, and the invariants that speak of it. Out: `Formula`; `Question`, its finite form for an engine.
Guarantee: every question is made here, so that none is about fewer rules than another.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from verifier.model.estate import Estate
from verifier.model.invariant import Expectation, Invariant
from verifier.model.policy import Effect
from verifier.problem.classes.kinds import overlapping
from verifier.problem.diagrams.finite import In, Reduction
from verifier.problem.expression import FALSE, TRUE, And, Constant, Expression, Symbol, both, negation
from verifier.problem.facts.requests import all_facts
from verifier.problem.question import Claim, Formula, Question, formula_over, scope
from verifier.problem.relevance import Relevance, relevance_of
from verifier.problem.semantics.callers import callers
from verifier.problem.semantics.condition_keys import key_view
from verifier.problem.semantics.decision import allowed
from verifier.problem.semantics.targets import Target
from verifier.problem.space import Space
from verifier.problem.steps.decision import step_allowed
from verifier.problem.steps.facts import step_facts
from verifier.problem.steps.keys import step_view
from verifier.problem.views import SetView, View, readable_under


class RuledSpace(Space):
    """The space of requests for one target, with the rules: those for steps where the target is what a step changes."""

    def key_view(self, name: str, narrowed: bool) -> View | SetView:
        if self.target.of_step:
            return step_view(self, name, narrowed)
        return readable_under(key_view(self, name), Symbol("F8")) if narrowed and name[:4] != "iam:" else key_view(self, name)

    def allowed(self) -> Expression:
        return step_allowed(self) if self.target.of_step else allowed(self)

    def facts(self) -> list[Expression]:
        return step_facts(self) if self.target.of_step else all_facts(self)

    def sessions(self, target: Target) -> QuestionSide:
        return QuestionSide(self.estate, target, inner=True)


@dataclass(frozen=True)
class QuestionSide:
    """One side of a question about several, as it is given; `powers` are what a caller may have brought about there
    (`problem.semantics.powers`)."""

    estate: Estate
    target: Target
    powers: frozenset[str] = frozenset()
    inner: bool = False
    """As in `Space`."""

    def space(self, pair_names: Mapping[str, tuple[str, ...]]) -> Space:
        return RuledSpace(self.estate, self.target, pair_names=pair_names, powers=self.powers, inner=self.inner)


def formulate(estate: Estate, target: Target, invariants: Sequence[Invariant], relevance: Relevance | None = None) -> Formula:
    """What is asked about one target, for all invariants at once. With a `relevance` statements about other actions are left out: `allowed`
    is then the decision on the requests that the invariants speak of, and on no others."""
    space = RuledSpace(estate, target, relevance)
    decision = space.allowed()
    scopes = [scope(space, invariant) for invariant in invariants]
    violations = [
        both(s, negation(decision) if i.expectation is Expectation.ALLOWED else decision) for s, i in zip(scopes, invariants, strict=True)
    ]
    return formula_over(space, decision, scopes, violations)


def _needed(space: Space, invariants: Sequence[Invariant]) -> frozenset[int]:
    """The statements that a proof can rest on though they match nothing in a scope: that an Allow does not reach a caller who must be
    refused, that a Deny spares one who must be allowed."""
    guaranteed = any(invariant.expectation is Expectation.ALLOWED for invariant in invariants)
    return frozenset(number for number, owner in enumerate(space.owners) if guaranteed or owner.effect is Effect.ALLOW)


def _bystanders(reduction: Reduction, claim_scope: Expression, owner_actions: Sequence[Expression]) -> Iterator[int]:
    """The owners that are about other actions than a scope."""
    parts = claim_scope.operands if isinstance(claim_scope, And) else (claim_scope,)
    wanted = [part for part in parts if isinstance(part, In) and part.attribute == "action"]
    for owner, actions in enumerate(owner_actions):
        if claim_scope is FALSE or reduction.conjunction([*wanted, actions]) is FALSE:
            yield owner


def _relevance(estate: Estate, target: Target, invariants: Sequence[Invariant]) -> Relevance:
    space = RuledSpace(estate, target)
    return relevance_of(invariants, [callers(space, invariant.callers) for invariant in invariants])


def ask(estate: Estate, target: Target, invariants: Sequence[Invariant], *, beyond: bool = False, quick: bool = False) -> Question:
    """The same in finite form: one partition of each attribute for all invariants. Without invariants it is about every request; with them
    too where it goes `beyond` what they speak of. A `quick` question leaves attributes whose tests overlap without a table (`Lazy`)."""
    narrowed = bool(invariants) and not beyond
    formula = formulate(estate, target, invariants, _relevance(estate, target, invariants) if narrowed else None)
    left = {name: 0 for name, predicates in formula.space.questions.items() if quick and overlapping(predicates)}
    reduction = Reduction(formula.space.attributes, formula.space.questions, left)
    finite, reduce = reduction.finite, reduction.reduce
    supposed: list[Expression] = []
    if narrowed:
        supposed = reduction.suppose([reduce(scope) for scope in formula.scopes], _needed(formula.space, invariants))
    finite.facts = [*supposed, *(fact for fact in map(reduce, formula.facts) if fact is not TRUE)]
    parts = zip(invariants, formula.scopes, formula.violations, strict=True)
    about = [reduce(actions) for actions in formula.space.owner_actions]
    claims = tuple(Claim(i, reduce(s), reduce(v), frozenset(_bystanders(reduction, reduce(s), about))) for i, s, v in parts)
    hopes = tuple(hope for hope in map(reduce, formula.wishes) if not isinstance(hope, Constant))
    known = reduce(formula.known_action)
    return Question(formula.space, formula, finite, reduce(formula.allowed), claims, known, hopes, frozenset(left))
