"""What requests are about that name or make something (E3, E4), or ask for a federated session (F3), which the request
itself says.

In: a space whose target is an account, or its federated users. Out: an expression, true iff a `Resource` pattern covers
the request; facts.
Guarantee: service, Region and account of the ARN follow from the action, the Region that is asked, and the target; only
the last field is an attribute. Where an action has no resource, what a pattern other than `*` covers is a free fact.
The resource of `sts:GetFederationToken` is the federated user [IAM: id_credentials_temp_control-access_enable-create];
what that of `sts:TagSession` is no page says, so that any pattern may cover it.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from verifier.model.operators import Sign
from verifier.model.readings import WILDCARDS_RESOURCE
from verifier.model.steps.actions import StepAction, StepResource, known_step_keys, step_actions
from verifier.model.symbols import ResourceFact
from verifier.problem.classes.attributes import NAME, Attribute, some, words
from verifier.problem.classes.predicates import Characters, Token, Tokens, like, sequence
from verifier.problem.expression import FALSE, Expression, Present, Symbol, Test, implies
from verifier.problem.semantics.relations import constant_matches, relate
from verifier.problem.semantics.values import Template, arn_fields
from verifier.problem.space import MADE, PAIR_PREFIX, Space, acts

_LAST = Characters(NAME.listed | {"/", ":"})


def covers_made(space: Space, pieces: Template, name: str) -> Expression:
    """True iff a pattern covers what the request names or makes; a fact about it has its `name`."""
    found = arn_fields(pieces)
    if found is None:
        return FALSE
    (kind, partition, service, region, account), last = found
    if not (like(kind).matches("arn") and like(partition).matches(space.target.partition)):
        return FALSE
    about = acts(action.name for action in _made() if like(service).matches(fields_of(action)[0]))
    unlisted = acts(_without_resource()) & Symbol(ResourceFact(name))
    if not like(account).matches(str(space.target.account)):
        return unlisted
    space.attributes.setdefault(MADE, _attribute())
    covered = relate(space, space.attribute_view(MADE), Sign.LIKE, last, None, WILDCARDS_RESOURCE) if last else FALSE
    return (about & space.ask_key("aws:RequestedRegion", like(region)) & covered) | unlisted


def resource_facts(space: Space) -> Iterator[Expression]:
    """What is named or made suits the action."""
    if MADE in space.attributes:
        yield implies(acts(_without_resource()), ~Present(MADE))
        for action in _made():
            yield implies(acts({action.name}), Test(MADE, Tokens(_form(action))))


@cache
def _made() -> tuple[StepAction, ...]:
    in_accounts = (action for action in step_actions() if action.on is StepResource.ACCOUNT)
    return tuple(action for action in in_accounts if action.resource is not None)


@cache
def _without_resource() -> frozenset[str]:
    in_accounts = (action for action in step_actions() if action.on is StepResource.ACCOUNT)
    return frozenset(action.name for action in in_accounts if action.resource is None)


def fields_of(action: StepAction) -> tuple[str, str]:
    """The service, and the beginning of the last field, of the ARNs that an action can be about."""
    _, _, service, _, _, last = str(action.resource).split(":", 5)
    return service, last.removesuffix("*")


def most_colons(pattern: str) -> int:
    """So many colons at most, but for those in names, has an ARN that a pattern may be of."""
    fields = pattern.split(":")
    service = like(fields[2] if len(fields) > 5 else "*")
    return 5 + max((start.count(":") for own, start in map(fields_of, _made()) if service.matches(own)), default=0)


def _form(action: StepAction) -> tuple[Token, ...]:
    return sequence(fields_of(action)[1], some(_LAST))


@cache
def _attribute() -> Attribute:
    seeds = tuple(dict.fromkeys(f"{fields_of(action)[1]}example" for action in _made()))
    return words(MADE, *dict.fromkeys(_form(action) for action in _made()), seeds=seeds)


# -- requests for federated sessions (F3) --

_FEDERATED = "federated-user/"
_SESSION = words(MADE, sequence(_FEDERATED, some(NAME, 2)), seeds=(f"{_FEDERATED}example", f"{_FEDERATED}another"))
_TAGS = ("aws:requesttag/", "aws:tagkeys")
_TEMPORARY = ("aws:tokenissuetime", "aws:multifactorauthpresent", "aws:multifactorauthage")
"""What requests with temporary credentials have, by which nobody calls `GetFederationToken` [API:
GetFederationToken]."""


def covers_session(space: Space, pieces: Template, name: str) -> Expression:
    """True iff a pattern covers the session that is asked for; a fact about it has its `name`."""
    of_user = acts({"sts:GetFederationToken"}) & _names_session(space, pieces)
    return of_user | (acts({"sts:TagSession"}) & Symbol(ResourceFact(name)))


def _names_session(space: Space, pieces: Template) -> Expression:
    """True iff a pattern matches the ARN of the session: the target's, or whichever the request names."""
    if space.target.resource is not None:
        return constant_matches(space, space.target.resource, Sign.LIKE_ARN, pieces, None)
    before, last = arn_fields(pieces) or ([], ())
    own = ("arn", space.target.partition, "sts", "", str(space.target.account))
    if not last or not all(like(pattern).matches(value) for pattern, value in zip(before, own, strict=True)):
        return FALSE
    space.attributes.setdefault(MADE, _SESSION)
    return relate(space, space.attribute_view(MADE), Sign.LIKE, last, None, WILDCARDS_RESOURCE)


def federating(space: Space) -> Iterator[Expression]:
    """F3, F6: a user or root user asks, with credentials of its own; of the keys of STS a request has the tags
    alone."""
    yield space.is_user | space.is_root
    for name in space.attributes:
        of_step = name in known_step_keys() or name.startswith(PAIR_PREFIX)
        if name in _TEMPORARY or (of_step and not name.startswith(_TAGS)):
            yield ~Present(name)
    if MADE in space.attributes:
        yield Present(MADE)
    if "aws:tagkeys" in space.attributes:
        yield implies(acts({"sts:TagSession"}), Present("aws:tagkeys"))
