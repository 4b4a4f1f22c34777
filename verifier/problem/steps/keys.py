"""Condition keys in the requests of steps, and the values that they can have (C5, E1–E5).

In: a space whose target is a role, user, group, managed policy or account, and a condition key in lower case. Out: its
view.
Guarantee: a key that follows from the caller or the target is never an attribute of its own; one that the data does not
know may be absent or have any value; a domain holds at least every value that a real request can carry.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache

from verifier.model.readings import E2, E4, E4_IAM, F1_RESOURCE
from verifier.model.steps.actions import running_services, step_actions, step_key
from verifier.problem.classes.attributes import (
    ACCOUNT_DIGITS,
    LOWER,
    NAME,
    PLAUSIBLE_ACCOUNTS,
    POLICY_PATH,
    Attribute,
    some,
    words,
)
from verifier.problem.classes.domains import SAID_OF_SESSIONS, attribute_of_type, context_attribute, with_tag_values
from verifier.problem.classes.predicates import Characters, Predicate, exactly, literal_tokens, sequence
from verifier.problem.expression import FALSE, TRUE, Expression, Present, Symbol, Test, implies
from verifier.problem.semantics.condition_keys import DERIVED
from verifier.problem.semantics.possible_changes import TARGET_BOUNDARY, TARGET_TAGS, possible
from verifier.problem.semantics.targets import Target, TargetKind
from verifier.problem.sessions.session_tags import PRINCIPAL_TAG, carriers, is_transitive
from verifier.problem.space import Space, acts
from verifier.problem.steps.many import known_or_free, of_target
from verifier.problem.views import SetView, Values, View, fixed_view, only_where

_OF_BEARER_TOKENS = frozenset({"sts:awsservicename", "sts:durationseconds"})
"""Keys of requests for bearer tokens alone, which no step makes. [IAM: reference_policies_iam-condition-keys,
sts:DurationSeconds]"""
_EXTERNAL_ID = Characters(NAME.listed | {"/", ":"})
"""[IAM: reference_policies_iam-condition-keys, sts:ExternalId]"""


@lru_cache(4096)
def step_attribute(name: str, partition: str) -> Attribute:
    """The attribute for a condition key (lower case) that nothing else determines."""
    special = _SPECIAL.get(name)
    if special is not None:
        return special(name, partition)
    known = step_key(name)
    if known is None or name in SAID_OF_SESSIONS:
        return context_attribute(name, partition, None)
    return attribute_of_type(name, known.type, known.multivalued, partition)


def _policy(name: str, partition: str) -> Attribute:
    """A managed policy, of an account or of AWS."""
    ends = (some(NAME), sequence(some(POLICY_PATH), "/", some(NAME)))
    start, owners = f"arn:{partition}:iam::", (ACCOUNT_DIGITS, literal_tokens("aws"))
    base = [sequence(start, owner, ":policy/", end) for owner in owners for end in ends]
    seeds = (
        f"arn:{partition}:iam::aws:policy/AdministratorAccess",
        f"arn:{partition}:iam::{PLAUSIBLE_ACCOUNTS[0]}:policy/example",
    )
    return words(name, *base, seeds=seeds)


_SPECIAL: dict[str, Callable[[str, str], Attribute]] = {
    "sts:externalid": lambda name, _: words(name, some(_EXTERNAL_ID, 2)),
    "iam:passedtoservice": lambda name, _: words(
        name, some(Characters(LOWER.listed | {"."})), seeds=running_services()
    ),
    "iam:policyarn": _policy,
    "iam:permissionsboundary": _policy,
}


BOUNDARY_KEY = "iam:permissionsboundary"
_TAGS = ("aws:resourcetag/", "iam:resourcetag/")
_TAGS_OF_CODE = ("aws:resourcetag/", "ec2:resourcetag/", "ssm:resourcetag/")


def step_view(space: Space, name: str, of_trust: bool) -> View | SetView:
    """The view of a condition key; `of_trust`: as the trust policy of a role reads it."""
    # Those of IAM are about users, roles and policies [IAM: reference_policies_iam-condition-keys].
    others = ("kms:", "iam:") if space.target.kind in (TargetKind.ACCOUNT, TargetKind.WORKLOAD) else "kms:"
    if name.startswith(others) or name in _OF_BEARER_TOKENS:
        return fixed_view(name, None)
    if name == "aws:resourceaccount":
        # Whether a request that makes something carries it is open, as it is for KMS (F1).
        is_open = space.target.kind in (TargetKind.ACCOUNT, TargetKind.WORKLOAD, TargetKind.FEDERATED)
        view = fixed_view(name, space.target.account)
        return only_where(view, Symbol(F1_RESOURCE)) if is_open else view
    if space.target.kind is TargetKind.WORKLOAD and name.startswith(_TAGS_OF_CODE):
        return _tag_of_code(space, name)
    if name.startswith(_TAGS):
        return _tag(space, name, TRUE if of_trust else Symbol(E2))
    if name == BOUNDARY_KEY:
        return _boundary(space)
    builder = DERIVED.get(name)
    if builder is not None:
        return builder(space)
    return _own(space, name)


def _own(space: Space, name: str) -> View | SetView:
    attribute = step_attribute(name, space.target.partition)
    space.attributes.setdefault(name, with_tag_values(attribute, space.given_tags(name)))
    return space.own_view(name)


def _tag(space: Space, name: str, overridden: Expression) -> View | SetView:
    """A tag of what the request is on, under either name of the key [IAM: reference_policies_iam-condition-keys,
    iam:ResourceTag]."""
    wanted = name.partition("/")[2]

    def value_of(target: Target) -> str | None:
        tags = target.identity.tags if target.identity is not None else ()
        return next((value for tag, value in tags if tag.lower() == wanted), None)

    kind = space.target.kind
    tagged = possible(space, TARGET_TAGS) if kind in (TargetKind.ROLE, TargetKind.USER) else FALSE
    # Groups have no tags; those of what the model knows nothing more of are free, whatever page lists which name of the
    # key for it.
    free = FALSE if kind is TargetKind.GROUP else tagged | space.requests_where(lambda target: target.identity is None)
    own = _known_or_free(space, f"aws:resourcetag/{wanted}", value_of, free)
    if isinstance(own, View) and space.known_actions & CREATES:
        own = _only_where(own, space.known_actions - CREATES)
    passing = {"iam:PassRole"} & space.known_actions
    if passing and kind is TargetKind.ROLE and isinstance(own, View):
        carried = Symbol(E4_IAM if name.startswith("iam:") else E4)
        own = replace(only_where(own, ~acts(passing) | carried), name=name)  # two keys, which may differ
    return _or_transitive(space, own, wanted, overridden) if kind is TargetKind.ROLE else own


def _tag_of_code(space: Space, name: str) -> View | SetView:
    """A tag of code that runs, under each name of the key; free where its tags are not known (E5)."""
    wanted = name.partition("/")[2]

    def value_of(target: Target) -> str | None:
        return next((value for tag, value in target.tags or () if tag.lower() == wanted), None)

    return _known_or_free(space, name, value_of, space.requests_where(lambda target: target.tags is None))


def _or_transitive(space: Space, own: View | SetView, wanted: str, overridden: Expression) -> View | SetView:
    """A tag of the role to assume: a transitive tag of the calling session, which is among the session's own, overrides
    the role's before the trust policy is evaluated, for other policies perhaps [IAM: id_session-tags, Chaining roles
    with session tags]: requests of IAM read the role's. Where a request is asked about by itself, it says nothing of
    transitive tags."""
    assuming = acts(name for name in space.known_actions if name.startswith("sts:"))
    carrying = carriers(space) & assuming
    if carrying is FALSE:
        return own
    passed = space.view(PRINCIPAL_TAG + wanted)
    assert isinstance(own, View) and isinstance(passed, View)
    over = carrying & Symbol(is_transitive(wanted)) & passed.present & overridden
    name = f"{own.name} of the role" if overridden is TRUE else f"{own.name} of the role, perhaps"

    def test(predicate: Predicate) -> Expression:
        return (over & passed.test(predicate)) | (~over & own.test(predicate))

    return View(name, over | own.present, test, own.value, (*own.bases, *passed.bases), given=own.given)


def _known_or_free(
    space: Space, name: str, value_of: Callable[[Target], str | None], free: Expression
) -> View | SetView:
    """A key that follows from the target where that is known, and is otherwise an attribute of its own."""
    if free is TRUE:
        return _own(space, name)
    if not space.target.members:
        return fixed_view(name, value_of(space.target))
    known = of_target(space, name, value_of)
    if free is FALSE:
        return known
    own = _own(space, name)
    assert isinstance(own, View)
    return known_or_free(free, known, own)


PUTS_BOUNDARY = frozenset({"iam:PutRolePermissionsBoundary", "iam:PutUserPermissionsBoundary"})
"""The actions of which the key is the boundary that they put."""
CREATES = frozenset(
    {"iam:CreateRole", "iam:CreateUser", "iam:CreateGroup", "iam:CreatePolicy", "iam:CreateSAMLProvider"}
)
"""The actions whose target has no tags yet."""
CREATES_BOUNDED = frozenset({"iam:CreateRole", "iam:CreateUser"})
"""The actions of which the key is the boundary of what they make."""


def written_to(space: Space) -> Expression:
    """True iff the request carries `iam:PermissionsBoundary`: it puts one, or writes to a role or user that has one."""
    having = space.requests_where(lambda target: target.identity is not None and target.identity.bounded)
    writes = acts(_written_to(space) - PUTS_BOUNDARY) & ~possible(space, TARGET_BOUNDARY)
    return acts(_written_to(space) & PUTS_BOUNDARY) | (having & writes)


def made_with(space: Space) -> Iterator[Expression]:
    """What is made has the boundary that the request for it says; with the change it may have another one."""
    creates = acts(_written_to(space) & CREATES_BOUNDED) & ~possible(space, TARGET_BOUNDARY)
    for arn, having in space.requests_by(_boundary_of).items():
        if arn is not None:
            yield implies(creates & having, Test(BOUNDARY_KEY, exactly(arn)))
    unbounded = space.requests_where(lambda target: target.identity is not None and not target.identity.bounded)
    yield implies(creates & unbounded, ~Present(BOUNDARY_KEY))


def _boundary_of(target: Target) -> str | None:
    boundary = target.identity.boundary if target.identity is not None else None
    return None if boundary is None else boundary.identity.partition("#")[0]


def _written_to(space: Space) -> frozenset[str]:
    with_boundary = (action.name for action in step_actions() if BOUNDARY_KEY in action.condition_keys)
    return space.known_actions.intersection(with_boundary)


def _boundary(space: Space) -> View | SetView:
    """The ARN of the boundary of the role or user that is written to, or of the one that is put (E1)."""
    names = _written_to(space)
    if not names:
        return fixed_view(BOUNDARY_KEY, None)
    unknown = space.requests_where(
        lambda target: target.identity is None or (target.identity.bounded and target.identity.boundary is None)
    )
    puts = names & (PUTS_BOUNDARY | CREATES_BOUNDED)
    free = acts(puts) | possible(space, TARGET_BOUNDARY) | unknown
    own = _own(space, BOUNDARY_KEY)
    assert isinstance(own, View)
    target = space.target
    one = None if target.members else fixed_view(BOUNDARY_KEY, _boundary_of(target))
    known = of_target(space, BOUNDARY_KEY, _boundary_of) if one is None else one
    found = known_or_free(free, known, own, {"action": frozenset(name.lower() for name in puts)})
    return _only_where(found, names)


def _only_where(view: View, names: frozenset[str]) -> View:
    """A key that only some actions carry."""
    carrying = frozenset(name.lower() for name in names)

    def value(values: Values) -> str | None:
        return view.value(values) if values.get("action") in carrying else None

    return replace(only_where(view, acts(names)), value=value, bases=("action", *view.bases))
