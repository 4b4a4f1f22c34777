"""What one statement means: whom it reaches and by which way, and what each of its elements demands of a request.

In: a statement of a policy, in a space. Out: `Meaning`; single conditions and listed values as expressions. Guarantee:
two statements with the same effect whose meanings are the same expression, way by way, are decided alike in every
surrounding.

`in_any_surroundings`, of the meanings of a key policy's statements, each as a `Part` of its owner, is the decision as
far as the policy makes it. It covers every identity policy, boundary, session policy and grant that could stand beside
it. SCPs, RCPs and endpoint policies can only refuse besides, alike with and without a statement. So two versions of a
key policy for which the expression is the same are decided alike in all surroundings.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property

from verifier.frozen import Frozen
from verifier.model.operators import FOR_ANY
from verifier.model.policy import Condition, Effect, Operator, Policy, PolicyKind, Statement, Text
from verifier.model.reference import actions, condition_key
from verifier.model.symbols import RequestFact
from verifier.problem.expression import TRUE, Expression, Symbol, disjunction
from verifier.problem.semantics.callers import Reach, allow_reach, covers, deny_reach, reached_by_any
from verifier.problem.semantics.conditions import Mode
from verifier.problem.semantics.controls import reached
from verifier.problem.semantics.decision import key_policy_deny_counts, somebody_allows
from verifier.problem.semantics.permissions import Permissions
from verifier.problem.semantics.statements import READABLE_BY, Elements, elements, owned
from verifier.problem.space import Space, acts

_RETIRE = "kms:RetireGrant"


class Meaning(Frozen, dict=True):
    """`whom` are the callers that it reaches: for an Allow of a key policy as in `Reach`, otherwise in one."""

    effect: Effect
    whom: tuple[Expression, ...]
    elements: Elements

    @cached_property
    def reach(self) -> Expression:
        """True iff it reaches the caller in some way."""
        return disjunction(self.whom)

    @cached_property
    def ways(self) -> tuple[Expression, ...]:
        """The requests that it matches, by the way in which it reaches their callers."""
        return tuple(way & self.elements.whole for way in self.whom)

    @cached_property
    def matches(self) -> Expression:
        """True iff it matches the request, in some way."""
        return self.reach & self.elements.whole

    @cached_property
    def parts(self) -> tuple[Expression, ...]:
        """Principal, action, resource, each condition, the validity of its variables, its certainty: `matches` is their
        conjunction."""
        own = self.elements
        return (self.reach, own.action, own.resource, *own.conditions, own.valid, own.certain)


def statement_meaning(space: Space, policy: Policy, statement: Statement, held: Expression) -> Meaning:
    """The meaning of a statement of a policy that follows, or is asked about, the callers and requests `held`."""
    if policy.kind is PolicyKind.KEY and statement.effect is Effect.ALLOW:
        whom = tuple(held & way for way in allow_reach(space, statement, policy.kind))
    else:
        whom = (held & _names(space, statement, policy.kind),)
    return Meaning(statement.effect, whom, elements(space, policy, statement))


def _names(space: Space, statement: Statement, kind: PolicyKind) -> Expression:
    """True iff the principals name the caller, or there are none."""
    if statement.principals is None:
        return TRUE
    return deny_reach(space, statement, kind) if statement.effect is Effect.DENY else reached(space, statement)


def details(space: Space, policy: Policy, statement: Statement) -> Iterator[Expression]:
    """What may be asked of the statement besides its meaning: whom each principal names, which requests each resource
    of a key policy covers and have each listed value."""
    for resource in (statement.resources or ()) if policy.kind is PolicyKind.KEY else ():
        yield elements(space, policy, replace(statement, resources=(resource,))).resource
    for principal in statement.principals or ():
        yield covers(space, principal, policy.kind)
    for condition in statement.conditions:
        if condition.operator.row.type is not None:
            yield is_absent(space, policy, condition.key)
            yield from (has_value(space, policy, condition, value) for value in condition.values)


def _holds(space: Space, policy: Policy, condition: Condition) -> Expression:
    """True iff a condition holds, read as one of the policy."""
    return Mode(space, policy.variables, READABLE_BY.get(policy.kind)).condition(condition)


def is_absent(space: Space, policy: Policy, key: Text) -> Expression:
    """True iff the request does not have the key."""
    return ~_holds(space, policy, has_key(key))


def has_key(key: Text) -> Condition:
    """The condition that a request has a key."""
    return Condition(Operator("Null", None, False), key, (Text("false"),))


def has_value(space: Space, policy: Policy, condition: Condition, value: Text) -> Expression:
    """True iff the request has the key of the condition, and its value (of several, one) matches one of the policy."""
    known = condition_key(condition.key.value)
    row = condition.operator.row
    base = row.inverse if row.negated and row.inverse else row.name
    operator = Operator(base, FOR_ANY if known is not None and known.multivalued else None, False)
    return _holds(space, policy, replace(condition, operator=operator, values=(value,)))


def different(left: Meaning, right: Meaning) -> Expression:
    """True iff the statements, of one effect, do not match alike: in some way the one and not the other."""
    pairs = zip(left.ways, right.ways, strict=True)
    return disjunction((one & ~other) | (other & ~one) for one, other in pairs)


def exceeds(left: Meaning, right: Meaning) -> Expression:
    """True iff the first matches in some way, and the second not in that way."""
    return disjunction(one & ~other for one, other in zip(left.ways, right.ways, strict=True))


def retires() -> Expression:
    """True iff the request retires a grant, for which other rules hold (G5)."""
    return acts({_RETIRE})


def denied_by_policy(said: Iterable[tuple[int, Meaning]]) -> Expression:
    """True iff some Deny of the key policy refuses. `said` are the meanings with the numbers of their owners."""
    denies = ((number, deny) for number, deny in said if deny.effect is Effect.DENY)
    return disjunction(owned(number, deny.matches & key_policy_deny_counts()) for number, deny in denies)


def gives(meaning: Meaning) -> Expression:
    """True iff an Allow of the key policy can be of use to the request: it gives nothing for RetireGrant (G5)."""
    return meaning.matches & ~retires()


def in_any_surroundings(space: Space, said: Sequence[tuple[int, Meaning]]) -> Expression:
    """True iff the request is allowed, the callers' own policies and the grants being free."""
    allows = ((number, allow) for number, allow in said if allow.effect is Effect.ALLOW)
    reach = reached_by_any(Reach(*(owned(number, way) for way in allow.ways)) for number, allow in allows)
    own, bounds, of_session, grants = (Symbol(RequestFact(f"any surroundings: {gate}")) for gate in "IBSG")
    permissions = Permissions(*(space.is_root | gate for gate in (own, bounds, of_session)))  # (D5)
    # only operations that a grant can name, and to retire one (G1, G5)
    grantable = acts({found.name for found in actions() if found.grant_operation} | {_RETIRE})
    return ~denied_by_policy(said) & somebody_allows(space, reach, permissions, grants & grantable)
