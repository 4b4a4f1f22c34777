"""Statements → expressions: action, resource and conditions (L5, L6, L7, D9).

In: a statement of a policy, and the target of the requests. Out: an expression, true iff the statement applies to the request,
its `Principal` left aside. Guarantee: exact, or a symbol that makes the verdict Unknown.
"""

from __future__ import annotations

from collections.abc import Sequence

from verifier.model.policy import Policy, Statement, Text
from verifier.model.readings import not_resource_symbol
from verifier.problem.conditions import Reader
from verifier.problem.expression import FALSE, TRUE, Expression, Symbol, Test, both, disjunction, negation
from verifier.problem.predicates import like
from verifier.problem.relations import absent_variables, constant_matches
from verifier.problem.space import Space
from verifier.problem.targets import TargetKind
from verifier.problem.values import ARN, LIKE, Fixed, Template, Variable, split_fields, template
from verifier.problem.views import View


def actions_match(actions: Sequence[Text]) -> Expression:
    """The action matches one of the patterns, without regard to case (L3, L6)."""
    return disjunction(Test("action", like(action.value.lower())) for action in actions)


def action_matches(statement: Statement) -> Expression:
    """The action of the request is one that the statement is about; none, for a key-policy statement without `Action` (L5)."""
    if statement.actions is None:
        return FALSE
    matched = actions_match(statement.actions)
    return negation(matched) if statement.not_action else matched


def applies(space: Space, policy: Policy, statement: Statement, in_key_policy: bool) -> Expression:
    """Whether a statement's action, resource and conditions match the request (its principals are for `callers`)."""
    action = action_matches(statement)
    resource = _key_policy_resource(space, policy, statement) if in_key_policy else _resource(space, policy, statement)
    conditions = Reader(space, policy.variables, in_key_policy).conditions(statement.conditions)
    return both(action, resource, conditions, _valid(space, policy, statement, in_key_policy))


def _valid(space: Space, policy: Policy, statement: Statement, in_key_policy: bool) -> Expression:
    """Under the reading L7-absent a variable without a value makes the whole statement invalid."""
    texts = [value for condition in statement.conditions for value in condition.values if _takes_variables(condition.operator.base)]
    texts += [] if statement.resources is None else list(statement.resources)
    templates = [template(text.value, policy.variables) for text in texts if "${" in text.value]
    missing = absent_variables(space, templates, in_key_policy)
    return negation(both(Symbol("L7-absent"), missing)) if missing is not FALSE else TRUE


def _takes_variables(base: str) -> bool:
    return base.startswith(("String", "Arn"))


def _key_policy_resource(space: Space, policy: Policy, statement: Statement) -> Expression:
    """In a key policy: `*` is this key, and so is its ARN (L5)."""
    if statement.resources is None:
        return FALSE
    if statement.not_resource:
        return Symbol(not_resource_symbol(policy.identity, statement.index))
    return disjunction(_matches_target(space, policy, text, True) for text in statement.resources)


def _resource(space: Space, policy: Policy, statement: Statement) -> Expression:
    if statement.resources is None:
        return FALSE
    matched = disjunction(_matches_target(space, policy, text, False) for text in statement.resources)
    return negation(matched) if statement.not_resource else matched


def _matches_target(space: Space, policy: Policy, text: Text, in_key_policy: bool) -> Expression:
    """One `Resource` pattern against the target (L6, L9)."""
    if text.value == "*":
        return TRUE
    pieces = _late_variables(text.value, policy.variables)
    if not in_key_policy:
        pieces = _filled(pieces)
    if space.target.kind is TargetKind.NONE:
        return _covers_keyless(space, pieces)
    assert space.target.resource is not None
    return constant_matches(space, space.target.resource, ARN, pieces, in_key_policy)


def _late_variables(text: str, variables: bool) -> Template:
    """The template of a `Resource`: variables count after the fifth colon only, elsewhere they are literal (L7)."""
    fields = _colons(text, 5)
    if fields is None:
        return (Fixed(text, True),)
    return (Fixed(text[:fields], True), *template(text[fields:], variables))


def _colons(text: str, count: int) -> int | None:
    """The position after so many colons that stand outside `${…}`; `None` if there are fewer."""
    depth = found = 0
    for at, character in enumerate(text):
        if text.startswith("${", at):
            depth += 1
        elif character == "}" and depth:
            depth -= 1
        elif character == ":" and not depth:
            found += 1
            if found == count:
                return at + 1
    return None


def _filled(pieces: Template) -> Template:
    """An identity policy's pattern with fewer than six fields is filled up with `*` (L6)."""
    if any(isinstance(piece, Variable) for piece in pieces):
        return pieces
    fixed = [piece for piece in pieces if isinstance(piece, Fixed)]
    missing = 6 - len(split_fields(fixed))
    return (Fixed("".join(piece.text for piece in fixed) + ":*" * missing, True),) if missing > 0 else pieces


def _covers_keyless(space: Space, pieces: Template) -> Expression:
    """Whether a pattern covers operations without a key: `arn:P:kms:REGION:CALLER_ACCOUNT:*` (D9)."""
    before = "".join(piece.text for piece in pieces[:1] if isinstance(piece, Fixed))
    fields = before.split(":", 5)
    if len(fields) < 6:
        return FALSE
    partition, service, region, account, rest = fields[1:]
    if not (like(fields[0]).matches("arn") and like(partition).matches(space.target.partition) and like(service).matches("kms")):
        return FALSE
    view = space.view("aws:RequestedRegion")
    assert isinstance(view, View)
    place = both(space.ask(view, like(region)), space.account_matching(like(account)))
    last = (Fixed(rest, True), *pieces[1:]) if rest else pieces[1:]
    if last and isinstance(last[0], Fixed) and last[0].text.startswith(("key/", "alias/")):
        return both(place, Symbol("D9"))
    return both(place, constant_matches(space, "*", LIKE, last, False)) if last else FALSE
