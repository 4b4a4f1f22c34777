"""Statements → expressions: action, resource and conditions (L5, L6, L7, D9).

In: a statement of a policy, and the target of the requests. Out: an expression, true iff the statement applies to the
request, its `Principal` left aside. Guarantee: exact, or a symbol that makes the verdict Unknown.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

from verifier.frozen import Frozen
from verifier.model.operators import Sign
from verifier.model.policy import Condition, Effect, Policy, PolicyKind, Statement, StatementRef, Text, reference_to
from verifier.model.readings import F8_QUOTA, L4_LIST, L4_LIST_DENY, L6, L7_USERNAME, READ_BY
from verifier.model.reference import ALIAS_QUOTA
from verifier.model.symbols import NotResourceStatement, pattern_name
from verifier.problem.classes.predicates import like
from verifier.problem.expression import FALSE, TRUE, Expression, Part, Symbol, Test, conjunction, constant, disjunction
from verifier.problem.semantics.conditions import Mode, readable
from verifier.problem.semantics.keyless import LIST_RETIRABLE, covers_keyless
from verifier.problem.semantics.relations import constant_matches
from verifier.problem.semantics.targets import Target, TargetKind
from verifier.problem.semantics.values import (
    Fixed,
    Template,
    Variable,
    after_colons,
    running_on,
    split_fields,
    template,
)
from verifier.problem.space import Space
from verifier.problem.steps.doubtful import doubtful_resource, may_hold, of_every_request
from verifier.problem.steps.many import covers_members
from verifier.problem.steps.resources import covers_made, covers_session, most_colons


def actions_match(actions: Sequence[Text]) -> Expression:
    """True iff the action matches one of the patterns, without regard to case (L3, L6)."""
    return acts_like(tuple([action.value.lower() for action in actions]))


@lru_cache(1 << 12)
def acts_like(patterns: tuple[str, ...]) -> Expression:
    """True iff the action matches one of the patterns, which are in lower case."""
    return disjunction([_acts_like(pattern) for pattern in patterns])


@lru_cache(1 << 12)
def _acts_like(pattern: str) -> Expression:
    return Test("action", like(pattern))


def action_matches(statement: Statement) -> Expression:
    """True iff the action of the request is one that the statement is about."""
    matched = actions_match(statement.actions)
    return ~matched if statement.not_action else matched


READABLE_BY = {kind: tags for kind, (tags, _, _) in READ_BY.items()}
"""The readings by which policies of some kinds read the tags and aliases of a key, and the tags of a role."""


class Elements(Frozen):
    """What the elements of one statement demand, its principals left aside. `valid` is false where the whole statement
    is void: for a listed value that does not parse (the readings C3-…), an empty `Condition` (L4) or a user name that
    the caller lacks (L7-username); or where too many aliases refuse whom it would let in (F8-quota). `certain` is the
    symbol of a statement in doubt."""

    action: Expression
    resource: Expression
    conditions: tuple[Expression, ...]
    valid: Expression
    certain: Expression = TRUE

    @property
    def whole(self) -> Expression:
        """True iff the statement stands, and each element matches."""
        return self.action & self.resource & conjunction(self.conditions) & self.valid & self.certain


def elements(space: Space, policy: Policy, statement: Statement) -> Elements:
    """Each element of a statement by itself; `conditions` are in the order of the statement."""
    resource = _resource_element(space, policy, statement)
    reader = Mode(space, policy.variables, READABLE_BY.get(policy.kind))
    conditions = tuple(_condition_element(space, reader, statement, condition) for condition in statement.conditions)
    valid = readable(policy, statement) & _below_alias_quota(space, statement)
    valid &= _valid_by_user_name(space, policy, statement)
    space.statements_read.append((policy, statement))
    certain = TRUE if statement.only_if is None else Symbol(statement.only_if)
    return Elements(action_matches(statement), resource, conditions, valid, certain)


def _condition_element(space: Space, reader: Mode, statement: Statement, condition: Condition) -> Expression:
    """True iff a condition holds; a plain one without values by a reading (L4), in a doubtful request perhaps (E1)."""
    if condition.operator.is_plain and not condition.values:
        return Symbol(L4_LIST if statement.effect is Effect.ALLOW else L4_LIST_DENY)
    if space.target.kind is TargetKind.DOUBT and not of_every_request(condition):
        return may_hold(space, condition, reader.variables) if statement.effect is Effect.ALLOW else FALSE
    return reader.condition(condition)


def applies(space: Space, policy: Policy, statement: Statement) -> Expression:
    """True iff a statement stands, and its action, resource and conditions match (its principals are for `callers`)."""
    return elements(space, policy, statement).whole


def _below_alias_quota(space: Space, statement: Statement) -> Expression:
    """True iff the quota of aliases does not stop whom a condition on them would let in: the key is known to have no
    more of them, or the quota was raised (F8)."""
    key = space.target.key
    if key is None or statement.effect is Effect.DENY or (key.aliases is not None and len(key.aliases) <= ALIAS_QUOTA):
        return TRUE
    tested = any(condition.key.value.lower() == "kms:resourcealiases" for condition in statement.conditions)
    return ~Symbol(F8_QUOTA) if tested else TRUE


def _valid_by_user_name(space: Space, policy: Policy, statement: Statement) -> Expression:
    """True iff `${aws:username}` does not void a statement for callers without a user name (reading L7-username)."""
    listed = [text for one in statement.conditions if one.operator.row.is_text for text in one.values]
    texts = [text.value for text in (*listed, *(statement.resources or ())) if "${" in text.value]
    pieces = [piece for text in texts for piece in template(text, policy.variables) if isinstance(piece, Variable)]
    if not any(piece.key.lower() == "aws:username" and piece.default is None for piece in pieces):
        return TRUE
    name = space.single("aws:username", None)
    return ~Symbol(L7_USERNAME) | (FALSE if name is None else name.present)


_EVERYTHING: Template = (Fixed("*", True),)
_FILLED = frozenset({PolicyKind.IDENTITY, PolicyKind.BOUNDARY, PolicyKind.SESSION})
"""The policies of identities, whose short `Resource` patterns are filled up (L6)."""


def _resource_element(space: Space, policy: Policy, statement: Statement) -> Expression:
    """True iff the resource matches: statements of a trust policy have none, and are about their role (E2). In a key
    policy `*` is this key, and so is its ARN (L5)."""
    if policy.kind is PolicyKind.TRUST:
        return TRUE
    if space.target.kind is TargetKind.DOUBT:
        return doubtful_resource(space, statement)
    if statement.resources is None:
        return FALSE
    if policy.kind is PolicyKind.KEY and statement.not_resource:
        return Symbol(NotResourceStatement(policy.identity, policy.listed(statement)))
    if len(statement.resources) == 1 and statement.resources[0].value == "*":
        return constant(not statement.not_resource)
    texts = [text.value for text in statement.resources]
    matched = disjunction(_matches_target(space, policy, statement, text) for text in texts)
    return ~matched if statement.not_resource else matched


def _matches_target(space: Space, policy: Policy, statement: Statement, text: str) -> Expression:
    """True iff one `Resource` pattern, written as `text`, matches the target (L6, L9). What it covers only where an
    asterisk runs on past the end of its segment is the reading L6."""
    pieces, name = _late_variables(text, policy.variables), pattern_name(text, policy.variables)
    if pieces == _EVERYTHING:
        return TRUE
    if policy.kind in _FILLED:
        pieces = _filled(pieces)
    further = disjunction(
        _covers(space, policy, statement, _late_variables(longer, policy.variables), name)
        for longer in running_on(text, _colons(space.target, text))
    )
    return _covers(space, policy, statement, pieces, name) | (further & Symbol(L6))


def _colons(target: Target, text: str) -> int:
    """No ARN of the target that a pattern may be asked to match has more colons."""
    arns = [target.resource] if target.resource is not None else [member.resource for member in target.members]
    made = most_colons(text) if target.kind is TargetKind.ACCOUNT else 5
    return max([made, *(arn.count(":") for arn in arns if arn is not None)])


def _covers(space: Space, policy: Policy, statement: Statement, pieces: Template, name: str) -> Expression:
    """True iff a pattern of six fields, or of fewer, covers the target; facts about it have a `name`."""
    if space.target.kind is TargetKind.NONE:
        return covers_keyless(space, pieces, name, names_action(statement, LIST_RETIRABLE))
    if space.target.kind is TargetKind.ACCOUNT:
        return covers_made(space, pieces, name)
    if space.target.kind is TargetKind.FEDERATED:
        return covers_session(space, pieces, name)
    if space.target.members:
        return covers_members(space, pieces)
    assert space.target.resource is not None
    return constant_matches(space, space.target.resource, Sign.LIKE_ARN, pieces, READABLE_BY.get(policy.kind))


def names_action(statement: Statement, action: str) -> bool:
    """True iff a statement is about an action."""
    return any(like(text.value.lower()).matches(action.lower()) for text in statement.actions) != statement.not_action


@lru_cache(1 << 13)
def _late_variables(text: str, variables: bool) -> Template:
    """The template of a `Resource`: variables count after the fifth colon only, elsewhere they are literal (L7)."""
    fields = after_colons(text, 5)
    if fields is None:
        return (Fixed(text, True),)
    return (Fixed(text[:fields], True), *template(text[fields:], variables))


@lru_cache(1 << 13)
def _filled(pieces: Template) -> Template:
    """A pattern with fewer than six fields is filled up with `*` (L6)."""
    if any(isinstance(piece, Variable) for piece in pieces):
        return pieces
    fixed = [piece for piece in pieces if isinstance(piece, Fixed)]
    missing = 6 - len(split_fields(fixed))
    return (Fixed("".join(piece.text for piece in fixed) + ":*" * missing, True),) if missing > 0 else pieces


# -- which statement an expression is of --


def owner(space: Space, reference: StatementRef, about: Expression) -> int:
    """A new owner, `about` some actions, by its number."""
    space.owners.append(reference)
    space.owner_actions.append(about)
    return len(space.owners) - 1


def owned(number: int, expression: Expression) -> Expression:
    """True iff the expression is, as what an owner says."""
    return expression if expression is FALSE else Part(number, expression)


NAMED_ONE_BY_ONE = 64
"""So many grants of one key, or statements of the policies of identities, are told apart in proofs."""


def owner_of_many(space: Space, policies: Sequence[Policy], effect: Effect) -> int | None:
    """One owner for all statements with this effect, if they are too many to be told apart in a proof: a list of
    thousands explains nothing, and that each of them is needed takes as many calls of a solver to tell. `None` where
    they are few, or each is told apart."""
    listed = [(p, s) for p in policies for s in p.statements if s.effect is effect]
    if len(listed) <= NAMED_ONE_BY_ONE or not space.decision_input.many_as_one:
        return None
    policy, statement = listed[0]
    first = reference_to(policy, statement)
    about = disjunction(dict.fromkeys(action_matches(statement) for _, statement in listed))
    name = f"{first.policy_name} and {len(listed) - 1} more of users and roles"
    return owner(space, replace(first, policy_name=name), about)


def statement_owner(space: Space, policy: Policy, statement: Statement) -> int:
    """A new owner for a statement of a policy."""
    return owner(space, reference_to(policy, statement), action_matches(statement))


def as_statement(
    space: Space, policy: Policy, statement: Statement, expression: Expression, together: int | None = None
) -> Expression:
    """True iff the expression is, as what one statement says, or many `together`."""
    return owned(statement_owner(space, policy, statement) if together is None else together, expression)


def each_statement(
    space: Space, whom: Expression, policy: Policy, effect: Effect, together: int | None = None
) -> Iterator[Expression]:
    """What each Allow, or each Deny, of a policy says to the callers `whom` that it follows: it names no principals of
    its own (P7). Its owner is the statement, or one for many statements `together`."""
    for statement in policy.statements:
        if statement.effect is effect and not space.is_silent(statement):
            yield as_statement(space, policy, statement, whom & applies(space, policy, statement), together)
