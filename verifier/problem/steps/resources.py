"""What requests within an account are about (E3, E4): what they name or make, which the request itself says.

In: a space whose target is an account. Out: an expression, true iff a `Resource` pattern covers the request; facts about its last field.
Guarantee: service, Region and account of the ARN follow from the action, the Region that is asked, and the target; only the last field is
an attribute. Where an action has no resource, what a pattern other than `*` covers is a free fact.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from verifier.model.readings import resource_symbol
from verifier.model.steps.actions import StepAction, StepResource, step_action, step_actions
from verifier.problem.classes.domains import NAME, Attribute, some, words
from verifier.problem.classes.predicates import Characters, Token, Tokens, like, literal_tokens
from verifier.problem.expression import FALSE, Expression, Present, Symbol, Test, both, either, implies, negation
from verifier.problem.semantics.relations import relate
from verifier.problem.semantics.targets import Target
from verifier.problem.semantics.values import LIKE, Fixed, Template
from verifier.problem.space import MADE, Space, acts
from verifier.problem.views import View

_LAST = Characters(NAME.listed | {"/", ":"})


def covers_made(space: Space, pieces: Template, text: str) -> Expression:
    """Whether a pattern, written as `text`, covers what the request names or makes."""
    unsaid = both(acts(_without_resource()), Symbol(resource_symbol(text)))
    before = pieces[0].text if isinstance(pieces[0], Fixed) else ""
    fields = before.split(":", 5)
    if len(fields) < 6:
        return unsaid
    kind, partition, service, region, account, rest = fields
    about = acts(action.name for action in _made() if like(service).matches(_fields(action)[0]))
    wanted = ((kind, "arn"), (partition, space.target.partition), (account, str(space.target.account)))
    if not all(like(own).matches(value) for own, value in wanted):
        return unsaid
    last = (Fixed(rest, True), *pieces[1:]) if rest else pieces[1:]
    view = space.view("aws:RequestedRegion")
    assert isinstance(view, View)
    space.attributes.setdefault(MADE, _attribute())
    covered = relate(space, space.attribute_view(MADE), LIKE, last, False) if last else FALSE
    return either(both(about, space.ask(view, like(region)), covered), unsaid)


def resource_facts(space: Space) -> Iterator[Expression]:
    """What is named or made suits the action."""
    if MADE in space.attributes:
        yield implies(acts(_without_resource()), negation(Present(MADE)))
        for action in _made():
            yield implies(acts({action.name}), Test(MADE, Tokens(_form(action))))


@cache
def _made() -> tuple[StepAction, ...]:
    """The actions with a resource."""
    return tuple(action for action in step_actions() if action.on is StepResource.ACCOUNT and action.resource is not None)


@cache
def _without_resource() -> frozenset[str]:
    return frozenset(action.name for action in step_actions() if action.on is StepResource.ACCOUNT and action.resource is None)


def _fields(action: StepAction) -> tuple[str, str]:
    """The service, and the beginning of the last field, of the ARNs that an action can be about."""
    _, _, service, _, _, last = str(action.resource).split(":", 5)
    return service, last.removesuffix("*")


def _form(action: StepAction) -> tuple[Token, ...]:
    return (*literal_tokens(_fields(action)[1]), *some(_LAST))


@cache
def _attribute() -> Attribute:
    seeds = tuple(dict.fromkeys(f"{_fields(action)[1]}example" for action in _made()))
    return words(MADE, *dict.fromkeys(_form(action) for action in _made()), seeds=seeds)


def made_resource(target: Target, action: str, last: str | None, region: str) -> str | None:
    """The ARN that a request is about, by its last field; one that people believe where nothing is asked of that. `None` for an action
    without resource."""
    found = step_action(action)
    if found is None or found.resource is None:
        return None
    service, start = _fields(found)
    return f"arn:{target.partition}:{service}:{region}:{target.account}:{last or start + 'example'}"
