"""What requests within an account are about (E3): the ARN of what they name or make, which the request itself says.

In: a space whose target is an account. Out: an expression, true iff a `Resource` pattern covers the request; facts about the ARN.
Guarantee: exact; where an action has no resource, only `*` covers it.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from verifier.model.step_actions import StepResource, step_action, step_actions
from verifier.problem.domains import LOWER, NAME, Attribute, some, words
from verifier.problem.expression import Expression, Present, Test, implies, negation, same
from verifier.problem.predicates import ANY, COLON, Characters, Token, Tokens, literal_tokens, within
from verifier.problem.relations import relate
from verifier.problem.space import MADE, Space, acts
from verifier.problem.targets import Target
from verifier.problem.values import ARN, Template

_LAST = Characters(NAME.listed | {"/", ":"})


def covers_made(space: Space, pieces: Template) -> Expression:
    """Whether a pattern covers what the request names or makes."""
    assert space.target.account is not None
    space.attributes.setdefault(MADE, _attribute(space.target.partition, space.target.account))
    return relate(space, space.attribute_view(MADE), ARN, pieces, False)


def resource_facts(space: Space) -> Iterator[Expression]:
    """The ARN suits the action, and lies in the Region that is asked."""
    if MADE not in space.attributes:
        return
    for name, tokens in _forms(space.target.partition, space.target.account or ""):
        about = negation(Present(MADE)) if tokens is None else Test(MADE, Tokens(tokens))
        yield implies(acts({name}), about)
    if "region" in space.attributes:
        start = (*literal_tokens(f"arn:{space.target.partition}:"), (True, ANY.without(COLON)), *literal_tokens(":"))
        for predicate in [p for p in space.questions.get("region", {}) if isinstance(p, Tokens)]:
            narrow = within(predicate.tokens, COLON)
            if narrow is not None:
                lies = Tokens((*start, *narrow, *literal_tokens(f":{space.target.account}:"), (True, ANY)))
                yield implies(Present(MADE), same(Test("region", predicate), Test(MADE, lies)))


@cache
def _attribute(partition: str, account: str) -> Attribute:
    found = _forms(partition, account)
    last = ("lambda:us-east-1:{}:function:example", "ec2:us-east-1:{}:instance/i-0a1b2c3d4e5f")
    seeds = [f"arn:{partition}:{text.format(account)}" for text in last]
    return words(MADE, *(tokens for _, tokens in found if tokens is not None), seeds=seeds)


@cache
def _forms(partition: str, account: str) -> tuple[tuple[str, tuple[Token, ...] | None], ...]:
    """For each action the ARNs that it can be about."""
    return tuple((a.name, _form(a.resource, partition, account)) for a in step_actions() if a.on is StepResource.ACCOUNT)


def _form(pattern: str | None, partition: str, account: str) -> tuple[Token, ...] | None:
    if pattern is None:
        return None
    _, _, service, _, _, last = pattern.split(":", 5)
    start = (*literal_tokens(f"arn:{partition}:{service}:"), *some(LOWER, 2), *literal_tokens(f":{account}:"))
    return (*start, *literal_tokens(last.removesuffix("*")), *some(_LAST))


def plausible_resource(target: Target, action: str, region: str) -> str | None:
    """An ARN that a request for the action can be about, where nothing is asked of it; `None` for an action without resource."""
    found = step_action(action)
    if found is None or found.resource is None:
        return None
    _, _, service, _, _, last = found.resource.split(":", 5)
    return f"arn:{target.partition}:{service}:{region}:{target.account}:{last.removesuffix('*')}example"
