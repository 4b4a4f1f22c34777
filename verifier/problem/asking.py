"""Questions in finite form, for an engine.

In: the estate, a target, and the invariants that speak of it. Out: `Question`: the formula of `rules` over one
partition of each attribute.
Guarantee: passes are applied here alone, and leave every verdict and proof what it is; `recheck` makes the whole
formula anew. What a quick question leaves without a table can cost it an answer, but makes none wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from verifier.model.estate import Estate
from verifier.model.invariant import Expectation, Invariant
from verifier.model.policy import Effect
from verifier.model.symbols import SymbolName, TrustFact
from verifier.problem.classes.kinds import overlapping
from verifier.problem.diagrams.finite import In, Reduction
from verifier.problem.expression import FALSE, TRUE, And, Constant, Expression
from verifier.problem.passes import UncompiledQuestion, apply_passes
from verifier.problem.question import Claim, Question
from verifier.problem.rules import RuledSpace, formulate
from verifier.problem.semantics.caller_sets import callers
from verifier.problem.semantics.targets import Target, TargetKind
from verifier.problem.semantics.unmodelled import may_allow, may_refuse
from verifier.problem.space import DecisionInput, Space


def _needed(space: Space, invariants: Sequence[Invariant]) -> frozenset[int]:
    """The statements that a proof can rest on though they match nothing in a scope: that an Allow does not reach a
    caller who must be refused, that a Deny spares one who must be allowed."""
    guaranteed = any(invariant.expectation is Expectation.ALLOWED for invariant in invariants)
    return frozenset(number for number, owner in enumerate(space.owners) if guaranteed or owner.effect is Effect.ALLOW)


def _bystanders(reduction: Reduction, claim_scope: Expression, owner_actions: Sequence[Expression]) -> Iterator[int]:
    """The owners that are about other actions than a scope."""
    parts = claim_scope.operands if isinstance(claim_scope, And) else (claim_scope,)
    wanted = [part for part in parts if isinstance(part, In) and part.attribute == "action"]
    for owner, actions in enumerate(owner_actions):
        if claim_scope is FALSE or reduction.conjunction([*wanted, actions]) is FALSE:
            yield owner


def uncompiled(estate: Estate, target: Target, invariants: Sequence[Invariant]) -> UncompiledQuestion:
    """What is asked, before any pass."""
    space = RuledSpace(estate, target)
    whom = tuple(callers(space, invariant.callers) for invariant in invariants)
    return UncompiledQuestion(tuple(invariants), whom, target, DecisionInput(estate, target.key))


def ask(
    estate: Estate, target: Target, invariants: Sequence[Invariant], *, beyond: bool = False, quick: bool = False
) -> Question:
    """The same in finite form: one partition of each attribute for all invariants. Without invariants it is about every
    request; with them too where it goes `beyond` what they speak of. A `quick` question leaves attributes whose tests
    overlap without a table (`Lazy`)."""
    smaller = apply_passes(uncompiled(estate, target, invariants)) if invariants and not beyond else None
    formula = formulate(estate, target, invariants, None if smaller is None else smaller.input)
    left = {name: 0 for name, predicates in formula.space.questions.items() if quick and overlapping(predicates)}
    reduction = Reduction(formula.space.attributes, formula.space.questions, left)
    finite, reduce = reduction.finite, reduction.reduce
    supposed: list[Expression] = []
    if smaller is not None and smaller.confined:
        supposed = reduction.suppose([reduce(scope) for scope in formula.scopes], _needed(formula.space, invariants))
    finite.facts = [*supposed, *(fact for fact in map(reduce, formula.facts) if fact is not TRUE)]
    parts = zip(invariants, formula.scopes, formula.violations, strict=True)
    about = [reduce(actions) for actions in formula.space.owner_actions]
    claims = tuple(
        Claim(i, reduce(s), reduce(v), frozenset(_bystanders(reduction, reduce(s), about))) for i, s, v in parts
    )
    hopes = tuple(hope for hope in map(reduce, formula.wishes) if not isinstance(hope, Constant))
    known = reduce(formula.known_action)
    return Question(formula.space, formula, finite, reduce(formula.allowed), claims, known, hopes, frozenset(left))


def pessimism(space: Space) -> dict[SymbolName, bool]:
    """For each unmodelled symbol, the value that makes a request hardest to allow; with the other one it is hardest to
    refuse."""
    every = space.estate.unmodelled
    refused: dict[SymbolName, bool] = {thing.allow_symbol: False for thing in every if may_allow(thing)}
    refused |= {thing.refuse_symbol: True for thing in every if may_refuse(thing)}
    if space.target.kind is TargetKind.ROLE and space.target.resource is not None:
        refused[TrustFact(space.target.resource)] = False
    return refused
