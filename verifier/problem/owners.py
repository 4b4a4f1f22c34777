"""Who says what: the statements and grants that an expression is a part of.

In: expressions, and the statement or grant that they come from. Out: `Part`s, numbered in `Space.owners`.
Guarantee: a proof that needs an expression names the statement, or the grant, that it stands in.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from verifier.model.policy import Effect, Policy, Statement, StatementRef, reference_to
from verifier.problem.expression import FALSE, NEVER, Expression, Part, both, disjunction
from verifier.problem.semantics.statements import action_matches, applies, applies_to_target
from verifier.problem.space import Space


def owner(space: Space, reference: StatementRef, about: Expression) -> int:
    """A new owner, `about` some actions, by its number."""
    space.owners.append(reference)
    space.owner_actions.append(about)
    return len(space.owners) - 1


def owned(number: int, expression: Expression) -> Expression:
    """The expression as what an owner says."""
    return expression if expression is FALSE else Part(number, expression)


def silent(space: Space, policy: Policy, statement: Statement) -> Expression:
    """The Allow statements of no concern, as one owner that says nothing: a proof by the Deny statements alone must do without them."""
    if space.silent is None:
        number = owner(space, reference_to(policy, statement), FALSE)
        space.silent = Part(number, NEVER)
    return space.silent


NAMED_ONE_BY_ONE = 64
"""So many grants of one key, or statements of the policies of identities, are told apart in proofs."""


def owner_of_many(space: Space, policies: Sequence[Policy], effect: Effect) -> int | None:
    """One owner for all statements with this effect, if they are too many to be told apart in a proof: a list of thousands explains
    nothing, and that each of them is needed takes as many calls of a solver to tell. `None` where they are few, or nothing is proved."""
    concerned = [(p, s) for p in policies for s in p.statements if s.effect is effect and space.concern is not None]
    if len(concerned) <= NAMED_ONE_BY_ONE:
        return None
    policy, statement = concerned[0]
    first = reference_to(policy, statement)
    about = disjunction(dict.fromkeys(action_matches(statement) for _, statement in concerned))
    return owner(space, replace(first, policy_name=f"{first.policy_name} and {len(concerned) - 1} more of users and roles"), about)


def statement_owner(space: Space, policy: Policy, statement: Statement) -> int:
    """A new owner for a statement of a policy."""
    return owner(space, reference_to(policy, statement), action_matches(statement))


def said(space: Space, policy: Policy, statement: Statement, expression: Expression, together: int | None = None) -> Expression:
    """An expression as what one statement says, or many `together`."""
    return owned(statement_owner(space, policy, statement) if together is None else together, expression)


def said_to(space: Space, whom: Expression, policy: Policy, effect: Effect, together: int | None = None) -> Iterator[Expression]:
    """What each Allow, or each Deny, of a policy says to the callers `whom` that it follows: it names no principals of its own (P7). Its
    owner is the statement, or one for many statements `together`."""
    for statement in policy.statements:
        if statement.effect is effect and not space.says_nothing(statement):
            if not space.concerns(statement):
                if effect is Effect.ALLOW:
                    yield silent(space, policy, statement)
            elif space.reaches(statement, whom):
                yield said(space, policy, statement, both(whom, applies(space, policy, statement)), together)
            else:
                yield said_to_nobody(space, policy, statement, together)


def said_to_nobody(space: Space, policy: Policy, statement: Statement, together: int | None = None) -> Expression:
    """What a statement says that reaches none of the callers in question: nothing, on which a proof may rest (`Concern.guarantees`)."""
    assert space.concern is not None
    if statement.effect is Effect.DENY and not space.concern.guarantees or not applies_to_target(space, policy, statement):
        return FALSE
    return said(space, policy, statement, NEVER, together)
