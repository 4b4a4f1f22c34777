"""Condition keys in the requests of steps (E1–E3).

In: a space whose target is a role, user, group, managed policy or account, and a condition key in lower case. Out: its view.
Guarantee: a key that follows from the caller or the target is never an attribute of its own; one that the data does not know may be
absent or have any value.
"""

from __future__ import annotations

from verifier.model.step_actions import step_actions
from verifier.problem.condition_keys import DERIVED
from verifier.problem.expression import FALSE, Expression, both
from verifier.problem.predicates import Predicate
from verifier.problem.space import Space, acts
from verifier.problem.steps.domains import step_attribute
from verifier.problem.targets import TargetKind
from verifier.problem.views import SetView, Values, View, fixed_view

BOUNDARY = "iam:permissionsboundary"
_TAGS = ("aws:resourcetag/", "iam:resourcetag/")


def step_view(space: Space, name: str) -> View | SetView:
    """The view of a condition key."""
    if name.startswith("kms:"):
        return fixed_view(name, None)
    if name == "aws:resourceaccount":
        return fixed_view(name, space.target.account)
    if name.startswith(_TAGS):
        return _tag(space, name)
    if name == BOUNDARY:
        return _boundary(space)
    builder = DERIVED.get(name)
    if builder is not None:
        return builder(space)
    return _own(space, name)


def _own(space: Space, name: str) -> View | SetView:
    space.attributes.setdefault(name, step_attribute(name, space.target.partition))
    return space.own_view(name)


def _tag(space: Space, name: str) -> View | SetView:
    """A tag of the role or user, under either name of the key [IAM: reference_policies_iam-condition-keys, iam:ResourceTag]."""
    wanted = name.partition("/")[2]
    identity, kind = space.target.identity, space.target.kind
    if identity is not None:
        return fixed_view(name, next((value for tag, value in identity.tags if tag.lower() == wanted), None))
    # Groups have no tags, and of the others that the model knows nothing of only `aws:ResourceTag` tells.
    if kind is TargetKind.GROUP or name.startswith("iam:") and kind not in (TargetKind.ROLE, TargetKind.USER):
        return fixed_view(name, None)
    return _own(space, f"aws:resourcetag/{wanted}")


def written_to(space: Space) -> Expression:
    """The requests that carry `iam:PermissionsBoundary`: those that write to the role or user."""
    return acts(_written_to(space))


def _written_to(space: Space) -> frozenset[str]:
    return frozenset(action.name for action in step_actions() if BOUNDARY in action.condition_keys and action.name in space.known_actions)


def _boundary(space: Space) -> View | SetView:
    """The ARN of the boundary of the role or user that is written to (E1)."""
    identity, names = space.target.identity, _written_to(space)
    if not names or identity is not None and not identity.bounded:
        return fixed_view(BOUNDARY, None)
    if identity is None or identity.boundary is None:
        return _own(space, BOUNDARY)
    arn, where = identity.boundary.identity.partition("#")[0], acts(names)
    fixed, carrying = fixed_view(BOUNDARY, arn), frozenset(name.lower() for name in names)

    def test(predicate: Predicate) -> Expression:
        found = fixed.test(predicate)
        return FALSE if found is FALSE else both(where, found)

    def value(values: Values) -> str | None:
        return arn if values.get("action") in carrying else None

    return View(BOUNDARY, where, test, value, ("action",))
