"""Questions about one target, put together: the verification conditions over one shared partition.

In: the estate, a target, and the invariants that speak of it. Out: `Question`: finite formulas for an engine.
Guarantee: an invariant holds of every realizable request iff `scope ∧ ¬expectation ∧ facts` is unsatisfiable, up to
what `Finite` leaves to be settled by concrete values.
"""

from __future__ import annotations

from collections.abc import Sequence

from verifier.frozen import Frozen
from verifier.model import invariant as model
from verifier.model.symbols import SESSION_ALLOW, LazyTest
from verifier.problem.classes.predicates import Predicate, exactly
from verifier.problem.diagrams.finite import Finite, questions
from verifier.problem.expression import Expression, Symbol, Test, conjunction, disjunction, symbols_of
from verifier.problem.facts.shared import ADDRESS, PRIVATE_ADDRESS, VIA
from verifier.problem.semantics.caller_sets import callers
from verifier.problem.semantics.conditions import Mode
from verifier.problem.semantics.relation_facts import relation_facts
from verifier.problem.semantics.statements import actions_match
from verifier.problem.space import Space, acts


class Claim(Frozen):
    """One invariant in finite form. `violation` is true iff the request is in the scope and the decision is the wrong
    one; `scope` iff it is in the scope at all; `known_action` iff the reference data knows its action (U4)."""

    invariant: model.Invariant
    scope: Expression
    violation: Expression
    bystanders: frozenset[int] = frozenset()
    """The statements that are about other actions than the claim, by number."""


class Formula(Frozen):
    """What is asked about one target, before classes: expressions over tests. `scopes` and `violations` go with the
    invariants."""

    space: Space
    facts: tuple[Expression, ...]
    allowed: Expression
    known_action: Expression
    scopes: tuple[Expression, ...]
    violations: tuple[Expression, ...]
    wishes: tuple[Expression, ...]


class Question(Frozen):
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
        """True iff the scope of a claim is about attributes without a table, so that it could be empty all the same."""
        return any(isinstance(name, LazyTest) and name.about in self.left for name in symbols_of(claim.scope))


_COMMON_ACTIONS = ("kms:Decrypt", "kms:CreateGrant", "kms:PutKeyPolicy", "kms:DescribeKey")


def condition_holds(space: Space, expression: model.ConditionExpression) -> Expression:
    """True iff a condition of an invariant holds, read as in a policy with variables that is not a key policy."""
    match expression:
        case model.Holds(condition):
            return Mode(space, True, None, of_policy=False).condition(condition)
        case model.ConditionNot(operand):
            return ~condition_holds(space, operand)
        case model.ConditionAnd(operands):
            return conjunction(condition_holds(space, operand) for operand in operands)
        case model.ConditionOr(operands):
            return disjunction(condition_holds(space, operand) for operand in operands)


def scope(space: Space, invariant: model.Invariant) -> Expression:
    """True iff an invariant speaks of the request. Grantees and retiring principals must be conditions already
    (`with_grantees`); of one that says `can eventually`, whoever knows of steps asks about its last request alone."""
    assert not invariant.eventually, "what steps lead to is no question about one request"
    assert invariant.grantees is None and invariant.retiring is None, (
        "grantees and retiring principals must be settled first"
    )
    actions = actions_match(invariant.actions) & ~actions_match(invariant.not_actions)
    found = actions & callers(space, invariant.callers) & condition_holds(space, invariant.when)
    # U2: guarantees are about callers without a session policy.
    return found & ~Symbol(SESSION_ALLOW) if invariant.expectation is model.Expectation.ALLOWED else found


def wishes(space: Space) -> list[Expression]:
    """What people expect of a request, the most wanted first (F9)."""
    wanted = [~PRIVATE_ADDRESS] if ADDRESS in space.attributes else []
    wanted += [space.is_role & ~space.is_service_linked, space.is_user]
    wanted += [acts({name}) for name in _COMMON_ACTIONS]
    if VIA in space.attributes:
        wanted.append(Test(VIA, exactly("false")))
    return wanted


def facts_about(space: Space) -> list[Expression]:
    """What holds of every request, in the vocabulary of all that has been asked: nothing is added to it."""
    space.freeze()
    facts, tests = space.facts(), dict[str, dict[Predicate, None]]()
    if space.relations or space.partly_known:
        questions(facts, tests)
        facts += relation_facts(space, tests)
    return facts


def formula_over(
    space: Space, decision: Expression, scopes: Sequence[Expression], violations: Sequence[Expression]
) -> Formula:
    """What is asked by expressions over a space, before classes: what holds of every request is added."""
    known = acts(space.known_actions)
    questions([decision, known, *scopes, *space.owner_actions], space.questions)
    facts, hoped = facts_about(space), wishes(space)
    questions([*facts, *hoped], space.questions)
    return Formula(space, tuple(facts), decision, known, tuple(scopes), tuple(violations), tuple(hoped))
