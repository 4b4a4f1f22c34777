"""Powers: what a caller may have brought about before a request, as symbols of the decision (W2, docs/reach.md).

In: a space, with the powers that its question speaks of. Out: expressions. A power is about the caller of the request,
or about its target.
Guarantee: the decision is monotone in every power, and with one that is true it allows at least what it allows after
the step that gives it: what is not allowed with it is not allowed after the step. A space without powers has none of
these symbols.
"""

from __future__ import annotations

from collections.abc import Iterable

from verifier.model.estate import Identity
from verifier.model.policy import Policy, PolicyKind
from verifier.model.reference import actions
from verifier.problem.expression import FALSE, Expression, Symbol, both, disjunction, negation
from verifier.problem.space import Space, acts

RESOURCE_POLICY = "power:resource policy"
"""The key policy of the target, or its trust policy, is whatever the caller wrote."""
GRANT = "power:grant"
"""A grant on the target gives the caller the operation of the request."""
SHARED = "power:shared"
"""The target, a key, is in a resource share, which allows what it likes to anybody (E3)."""
INLINE = "power:inline"
"""The caller's inline policies, or those of its groups, are whatever it wrote."""
ATTACHED = "power:attached"
"""A managed policy that allows everything is attached to the caller."""
VERSION = "power:version"
"""Managed policies that are attached to the caller have a document that it wrote."""
BOUNDARY = "power:boundary"
"""The caller's permissions boundary has a document that it wrote, or gave way to one that allows everything, or to
none."""
LOOSENED = "power:loosened"
"""As `BOUNDARY`, but that the boundary gave way to one of some managed policies of the input, each of which has a name
among the powers."""
INLINE_GONE, DETACHED = "power:inline gone", "power:detached"
"""Inline policies of the caller, or of its groups, are gone; managed ones are detached: none of their Deny statements
bites."""
TARGET_BOUNDARY = "power:target boundary"
"""The target, a user or role, has another permissions boundary than at first, or none."""
TARGET_TAGS = "power:target tags"
"""The target, a user or role, has whatever tags the caller chose."""
SESSION_TAGS = "power:session tags"
"""The caller is a session, or a user or session of a role, whose tags it chose."""
_ATTACH, _GROUP, _OLDER = "power:attach:", "power:group:", "power:older:"
_BOUNDARY = "boundary of power:loosened:"


def attach(policy_arn: str) -> str:
    """A certain managed policy of the input is attached to the caller."""
    return f"{_ATTACH}{policy_arn}"


def older(policy_arn: str) -> str:
    """Another version of a certain managed policy of the input, which is attached to the caller, is in force."""
    return f"{_OLDER}{policy_arn}"


def loosened(policy_arn: str) -> str:
    """The name, no power of its own, of a managed policy of the input that the caller's boundary may have given way
    to."""
    return f"{_BOUNDARY}{policy_arn}"


def joined(group_arn: str) -> str:
    """The caller is in a certain group."""
    return f"{_GROUP}{group_arn}"


def attached_policy(name: str) -> str | None:
    """The managed policy that a power attaches; `None` for another power."""
    return name.removeprefix(_ATTACH) if name.startswith(_ATTACH) else None


def older_policy(name: str) -> str | None:
    """The managed policy of which a power puts another version in force; `None` for another power."""
    return name.removeprefix(_OLDER) if name.startswith(_OLDER) else None


def joined_group(name: str) -> str | None:
    """The group that a power joins; `None` for another power."""
    return name.removeprefix(_GROUP) if name.startswith(_GROUP) else None


ALWAYS = frozenset(
    {
        *(
            RESOURCE_POLICY,
            GRANT,
            INLINE,
            ATTACHED,
            VERSION,
            BOUNDARY,
            SESSION_TAGS,
            INLINE_GONE,
            DETACHED,
            TARGET_BOUNDARY,
        ),
        *(TARGET_TAGS, SHARED),
    }
)
"""The powers that need no name of a policy or group."""


def power(space: Space, name: str) -> Expression:
    """The power as a symbol; false where the question does not speak of it."""
    return Symbol(name) if name in space.powers else FALSE


def without(space: Space, name: str, refusal: Expression) -> Expression:
    """A refusal that the power takes away."""
    return both(refusal, negation(power(space, name)))


def refused_by(space: Space, policy: Policy, refusal: Expression) -> Expression:
    """What a Deny of a policy of the caller refuses: nothing where the caller may have written the document, or taken
    the policy away."""
    if policy.kind is PolicyKind.BOUNDARY:
        return without(space, LOOSENED, without(space, BOUNDARY, refusal))
    written, gone = (INLINE, INLINE_GONE) if is_inline(policy) else (VERSION, DETACHED)
    return without(space, gone, without(space, written, refusal))


_OF_TARGETS = frozenset({RESOURCE_POLICY, GRANT, TARGET_BOUNDARY, TARGET_TAGS})


def changed(space: Space) -> Expression:
    """Whether steps may have changed what is attached to the caller, or to the user who issued its session, or their
    tags."""
    return disjunction(Symbol(name) for name in sorted(space.powers - _OF_TARGETS) if not name.startswith(_BOUNDARY))


def is_inline(policy: Policy) -> bool:
    """Whether an identity policy is an inline one of a user, role or group."""
    return "#" in policy.identity


def allows_everything(space: Space) -> Iterable[Expression]:
    """The powers with which the caller's identity policies allow everything."""
    return (power(space, name) for name in (INLINE, ATTACHED, VERSION))


def granted_power(space: Space) -> Expression:
    """The requests that a grant could allow, with the power: those of a service principal aside, which nobody calls
    as."""
    if GRANT not in space.powers:
        return FALSE
    return both(Symbol(GRANT), negation(space.is_service), acts(a.name for a in actions() if a.grant_operation))


def policies_to_attach(space: Space) -> list[tuple[str, Policy]]:
    """The managed policies, their other versions, and the policies of groups that a power lets the caller have: with
    the name of the power."""
    found: list[tuple[str, Policy]] = []
    for account in space.estate.accounts:
        for managed in account.managed:
            if attach(managed.arn) in space.powers:
                found += [
                    (attach(managed.arn), policy) for version, policy in managed.versions if version == managed.default
                ]
            if older(managed.arn) in space.powers:
                found += [
                    (older(managed.arn), policy) for version, policy in managed.versions if version != managed.default
                ]
        for group in account.groups:
            if joined(group.arn) in space.powers:
                found += [(joined(group.arn), policy) for policy in group.policies]
    return found


def boundaries_to_put(space: Space) -> Iterable[Policy]:
    """The documents that a power lets the caller have for a boundary."""
    managed = (one for account in space.estate.accounts for one in account.managed if loosened(one.arn) in space.powers)
    return (one.in_force for one in managed if one.in_force is not None)


def managed_by(identity: Identity) -> frozenset[str]:
    """The ARNs of the managed policies that are attached to a user or role, as identity policies."""
    return frozenset(policy.identity for policy in identity.policies if not is_inline(policy))


RESOURCE_TAG, REQUEST_TAG = "aws:resourcetag/", "aws:requesttag/"


def share_tests_of(space: Space, pairs: Iterable[tuple[str, str]]) -> None:
    """What a request could make of an attribute is told apart as the attribute itself is: a class of one is a class of
    the other."""
    for name, other in pairs:
        if name in space.attributes and other in space.attributes:
            both_ask = {**space.questions.get(name, {}), **space.questions.get(other, {})}
            space.questions[name], space.questions[other] = dict(both_ask), dict(both_ask)


def share_tag_tests(space: Space) -> None:
    """The same for tags, where the caller may have set them."""
    if space.powers:
        names = [name for name in space.attributes if name.startswith(RESOURCE_TAG)]
        share_tests_of(space, [(name, REQUEST_TAG + name.removeprefix(RESOURCE_TAG)) for name in names])
