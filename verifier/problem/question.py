"""Questions about one target, put together: the verification conditions over one shared partition.

In: the estate, a target, and the invariants that speak of it. Out: `Question`: finite formulas for an engine.
Guarantee: an invariant holds of every realizable request iff `scope ∧ ¬expectation ∧ facts` is unsatisfiable, up to what
`Finite` leaves to be settled by concrete values.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from verifier.model.estate import Estate
from verifier.model.invariant import (
    ConditionAnd,
    ConditionExpression,
    ConditionNot,
    ConditionOr,
    Expectation,
    Holds,
    Invariant,
)
from verifier.model.policy import Effect
from verifier.model.readings import SESSION_ALLOW
from verifier.problem.classes.kinds import overlapping
from verifier.problem.classes.predicates import exactly
from verifier.problem.concern import Concern, concern_of
from verifier.problem.diagrams.finite import Finite, In, Reduction, questions
from verifier.problem.expression import (
    FALSE,
    NEVER,
    TRUE,
    And,
    Constant,
    Expression,
    Symbol,
    Test,
    both,
    conjunction,
    disjunction,
    negation,
    symbols_of,
)
from verifier.problem.facts.requests import all_facts
from verifier.problem.facts.shared import VIA
from verifier.problem.semantics.callers import callers
from verifier.problem.semantics.conditions import Reader
from verifier.problem.semantics.decision import allowed
from verifier.problem.semantics.relations import relation_facts, share_tests
from verifier.problem.semantics.statements import actions_match
from verifier.problem.semantics.targets import Target
from verifier.problem.space import Space, acts


@dataclass(frozen=True)
class Claim:
    """One invariant in finite form. `violation` is true iff the request is in the scope and the decision is the wrong one;
    `scope` iff it is in the scope at all; `known_action` iff the reference data knows its action (U4)."""

    invariant: Invariant
    scope: Expression
    violation: Expression
    bystanders: frozenset[int] = frozenset()
    """The statements that are about other actions than the claim, by number."""


@dataclass(frozen=True)
class Formula:
    """What is asked about one target, before classes: expressions over tests. `scopes` and `violations` go with the invariants."""

    space: Space
    facts: tuple[Expression, ...]
    allowed: Expression
    known_action: Expression
    scopes: tuple[Expression, ...]
    violations: tuple[Expression, ...]
    wishes: tuple[Expression, ...]


@dataclass(frozen=True)
class Question:
    """Everything that is asked about one target, in finite form. `formula` is what it was made from."""

    space: Space
    formula: Formula
    finite: Finite
    allowed: Expression
    claims: tuple[Claim, ...]
    known_action: Expression
    wishes: tuple[Expression, ...]
    """What people expect of a request, the most wanted first (F9)."""
    left: frozenset[str] = frozenset()
    """The attributes that a quick question leaves without a table."""

    def is_rough(self, claim: Claim) -> bool:
        """Whether the scope of a claim is about attributes without a table, so that it could be empty all the same."""
        return any(name.startswith(f"lazy:{attribute}") for attribute in self.left for name in symbols_of(claim.scope))


_COMMON_ACTIONS = ("kms:Decrypt", "kms:CreateGrant", "kms:PutKeyPolicy", "kms:DescribeKey")


def condition_holds(space: Space, expression: ConditionExpression) -> Expression:
    """A condition of an invariant, read as in a policy with variables that is not a key policy."""
    match expression:
        case Holds(condition):
            return Reader(space, True, False, of_policy=False).condition(condition)
        case ConditionNot(operand):
            return negation(condition_holds(space, operand))
        case ConditionAnd(operands):
            return conjunction(condition_holds(space, operand) for operand in operands)
        case ConditionOr(operands):
            return disjunction(condition_holds(space, operand) for operand in operands)


def scope(space: Space, invariant: Invariant) -> Expression:
    """The requests that an invariant speaks of. Grantees and retiring principals must be conditions already (`with_grantees`); of one that
    says `can eventually`, whoever knows of steps asks about its last request alone."""
    assert not invariant.eventually, "what steps lead to is no question about one request"
    assert invariant.grantees is None and invariant.retiring is None, "grantees and retiring principals must be settled first"
    actions = both(actions_match(invariant.actions), negation(actions_match(invariant.not_actions)))
    whom = callers(space, invariant.callers)
    when = condition_holds(space, invariant.when)
    if invariant.expectation is Expectation.ALLOWED:
        # U2: guarantees are about callers without a session policy.
        return both(actions, whom, when, negation(Symbol(SESSION_ALLOW)))
    return both(actions, whom, when)


def wishes(space: Space) -> list[Expression]:
    """What people expect of a request, the most wanted first (F9)."""
    wanted = [both(space.is_role, negation(space.is_service_linked)), space.is_user]
    wanted += [acts({name}) for name in _COMMON_ACTIONS]
    if VIA in space.attributes:
        wanted.append(Test(VIA, exactly("false")))
    return wanted


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


def formulate(estate: Estate, target: Target, invariants: Sequence[Invariant], concern: Concern | None = None) -> Formula:
    """What is asked about one target, for all invariants at once. With a `concern` statements about other actions are left out: `allowed`
    is then the decision on the requests that the invariants speak of, and on no others."""
    space = Space(estate, target, concern)
    decision = allowed(space)
    scopes = [scope(space, invariant) for invariant in invariants]
    violations = [
        both(s, negation(decision) if i.expectation is Expectation.ALLOWED else decision) for s, i in zip(scopes, invariants, strict=True)
    ]
    return formula_over(space, decision, scopes, violations)


def formula_over(space: Space, decision: Expression, scopes: Sequence[Expression], violations: Sequence[Expression]) -> Formula:
    """The same of expressions over a space: what holds of every request is added."""
    known = acts(space.known_actions)
    questions([decision, known, *scopes, *space.owner_actions], space.questions)
    share_tests(space)
    facts = all_facts(space)
    share_tests(space)
    facts += relation_facts(space)
    if space.silent is not None:
        facts.append(negation(NEVER))
    hoped = wishes(space)
    questions([*facts, *hoped], space.questions)
    return Formula(space, tuple(facts), decision, known, tuple(scopes), tuple(violations), tuple(hoped))


def _concern(estate: Estate, target: Target, invariants: Sequence[Invariant]) -> Concern:
    space = Space(estate, target)
    return concern_of(invariants, [callers(space, invariant.callers) for invariant in invariants])


def ask(estate: Estate, target: Target, invariants: Sequence[Invariant], *, beyond: bool = False, quick: bool = False) -> Question:
    """The same in finite form: one partition of each attribute for all invariants. Without invariants it is about every request; with them
    too where it goes `beyond` what they speak of. A `quick` question leaves attributes whose tests overlap without a table (`Lazy`)."""
    narrowed = bool(invariants) and not beyond
    formula = formulate(estate, target, invariants, _concern(estate, target, invariants) if narrowed else None)
    left = {name: 0 for name, asked in formula.space.questions.items() if quick and overlapping(asked)}
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
