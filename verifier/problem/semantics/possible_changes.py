"""What a caller may have brought about before a request, as symbols of the decision (W2, docs/reach.md).

In: a space, with the changes that its question speaks of. Out: expressions. A change is about the caller of the
request, or about its target.
Guarantee: the decision is monotone in every change, and with one that is true it allows at least what it allows after
the step that gives it: what is not allowed with it is not allowed after the step.
"""

from __future__ import annotations

from collections.abc import Iterable

from verifier.model.estate import Identity
from verifier.model.policy import Policy, PolicyKind
from verifier.model.reference import actions
from verifier.model.symbols import BoundaryReplaced, InGroup, OlderVersion, PolicyAttached, PossibleChange
from verifier.problem.expression import FALSE, Expression, Symbol, disjunction
from verifier.problem.space import Space, acts

RESOURCE_POLICY = PossibleChange("resource policy")
"""The key policy of the target, or its trust policy, is whatever the caller wrote."""
GRANT = PossibleChange("grant")
"""A grant on the target gives the caller the operation of the request."""
SHARED = PossibleChange("shared")
"""The target, a key, is in a resource share, which allows what it likes to anybody (E3)."""
INLINE = PossibleChange("inline")
"""The caller's inline policies, or those of its groups, are whatever it wrote."""
ATTACHED = PossibleChange("attached")
"""A managed policy that allows everything is attached to the caller."""
VERSION = PossibleChange("version")
"""Managed policies that are attached to the caller have a document that it wrote."""
BOUNDARY = PossibleChange("boundary")
"""The caller's permissions boundary has a document that it wrote, or gave way to one that allows everything, or to
none."""
LOOSENED = PossibleChange("loosened")
"""As `BOUNDARY`, but that the boundary gave way to one of some managed policies of the input, each of which has a name
among the changes."""
INLINE_GONE, DETACHED = PossibleChange("inline gone"), PossibleChange("detached")
"""Inline policies of the caller, or of its groups, are gone; managed ones are detached: none of their Deny statements
bites."""
TARGET_BOUNDARY = PossibleChange("target boundary")
"""The target, a user or role, has another permissions boundary than at first, or none."""
TARGET_TAGS = PossibleChange("target tags")
"""The target, a user or role, has whatever tags the caller chose."""
SESSION_TAGS = PossibleChange("session tags")
"""The caller is a session, or a user or session of a role, whose tags it chose."""
ALWAYS_POSSIBLE = frozenset(
    one for one in tuple(globals().values()) if isinstance(one, PossibleChange) and one != LOOSENED
)
"""The changes that need no name of a policy or group."""
FRAME = PossibleChange("frame")
"""The caller's account has left its organization: no service control policy binds it."""


def possible(space: Space, name: PossibleChange) -> Expression:
    """True iff the change was made: a symbol; false where the question does not speak of it."""
    return Symbol(name) if name in space.possible_changes else FALSE


def without(space: Space, name: PossibleChange, refusal: Expression) -> Expression:
    """True iff the refusal is, and the change does not take it away."""
    return refusal & ~possible(space, name)


def refused_by(space: Space, policy: Policy, refusal: Expression) -> Expression:
    """True iff a Deny of a policy of the caller refuses, and the caller may not have written the document, or taken the
    policy away."""
    if policy.kind is PolicyKind.BOUNDARY:
        return without(space, LOOSENED, without(space, BOUNDARY, refusal))
    written, gone = (INLINE, INLINE_GONE) if is_inline(policy) else (VERSION, DETACHED)
    return without(space, gone, without(space, written, refusal))


_NOT_OF_CALLERS = frozenset({RESOURCE_POLICY, GRANT, TARGET_BOUNDARY, TARGET_TAGS, FRAME})


def changed(space: Space) -> Expression:
    """True iff steps may have changed what is attached to the caller or to its session's issuer, or their tags."""
    return disjunction(
        Symbol(name)
        for name in sorted(space.possible_changes - _NOT_OF_CALLERS)
        if not isinstance(name, BoundaryReplaced)
    )


def is_inline(policy: Policy) -> bool:
    """True iff an identity policy is an inline one of a user, role or group."""
    return "#" in policy.identity


def allows_everything(space: Space) -> Iterable[Expression]:
    """The changes with which the caller's identity policies allow everything."""
    return (possible(space, name) for name in (INLINE, ATTACHED, VERSION))


def possible_grant(space: Space) -> Expression:
    """True iff a grant could allow the request, with the change: none of a service principal, as which nobody calls."""
    if GRANT not in space.possible_changes:
        return FALSE
    return Symbol(GRANT) & ~space.is_service & acts(a.name for a in actions() if a.grant_operation)


def policies_to_attach(space: Space) -> list[tuple[PossibleChange, Policy]]:
    """The managed policies, their other versions, and the policies of groups that a change lets the caller have: with
    the name of the change."""
    found: list[tuple[PossibleChange, Policy]] = []
    for account in space.estate.accounts:
        for one in account.managed:
            found += [(PolicyAttached(one.arn), policy) for version, policy in one.versions if version == one.default]
            found += [(OlderVersion(one.arn), policy) for version, policy in one.versions if version != one.default]
        found += [(InGroup(group.arn), policy) for group in account.groups for policy in group.policies]
    return [(name, policy) for name, policy in found if name in space.possible_changes]


def boundaries_to_put(space: Space) -> Iterable[Policy]:
    """The documents that a change lets the caller have for a boundary."""
    for one in space.estate.managed:
        if one.in_force is not None and BoundaryReplaced(one.arn) in space.possible_changes:
            yield one.in_force


def managed_by(identity: Identity) -> frozenset[str]:
    """The ARNs of the managed policies that are attached to a user or role, as identity policies."""
    return frozenset(policy.identity for policy in identity.policies if not is_inline(policy))


RESOURCE_TAG, REQUEST_TAG = "aws:resourcetag/", "aws:requesttag/"
