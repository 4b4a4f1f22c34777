"""Whether a session could have the tags that a request shows, and how it came by them (F3): never a change of the decision.

In: the estate, a case. Out: `SessionTags`.
Guarantee: a warning says that nobody can pass such tags: every caller that the role's trust policy could admit is refused `sts:TagSession`,
or the call that assumes the role, whatever the request does not say. What is open (◇) or not known gives none.
"""

from __future__ import annotations

from dataclasses import dataclass

from verifier.evaluate.case import Case
from verifier.evaluate.passing import PRINCIPAL_TAG, REQUEST_TAG, TAG_KEYS, Passing, Tags
from verifier.model.estate import Estate, Identity
from verifier.model.request import CallerKind


@dataclass(frozen=True)
class SessionTags:
    """What there is to say of the tags of a caller: warnings of those that it cannot have, and how it came by its session tags, a sentence;
    `None` where it has none."""

    warnings: tuple[str, ...] = ()
    origin: str | None = None


def session_tags(estate: Estate, case: Case) -> SessionTags:
    """F3: tags that no session of the role, or of the user, can have, or that a user or root user does not have; by which request it has
    those that it can."""
    caller, identity = case.standing.caller, case.standing.identity
    shown = {key.removeprefix(PRINCIPAL_TAG): str(value) for key, value in case.context.entries.items() if key.startswith(PRINCIPAL_TAG)}
    if caller.kind is CallerKind.ROOT:
        return SessionTags(tuple(f"F3: a root user has no aws:PrincipalTag/{name}" for name in shown))
    if identity is None or identity.settled:
        return SessionTags()
    own = {name.lower(): value for name, value in identity.tags}
    other = {name: value for name, value in shown.items() if own.get(name) != value}
    told = ", ".join(f"aws:PrincipalTag/{name} = {value}" for name, value in other.items())
    if not other:
        needed = caller.kind is CallerKind.ROLE and _without_tags(estate, identity, own)
        return SessionTags(
            (f"F3: no session of {identity.arn} is without further session tags: a call has to pass them",) if needed else ()
        )
    if caller.kind is CallerKind.USER:
        return SessionTags((f"F3: no request of {identity.arn} has {told}: a user has its own tags",))
    way = Passing(estate, own | shown).way(identity, other)
    if way is None:
        return SessionTags((f"F3: no session of {identity.arn} has {told}: they are not its own, and nobody can pass them",))
    return SessionTags(origin=None if caller.session_tags else f"the session was given {told} {way}")


def _without_tags(estate: Estate, role: Identity, own: Tags) -> bool:
    """Whether a role's sessions have session tags, all of them, that are not the role's own: who assumes it has to pass some."""
    keys = role.trust.tested_keys if role.trust is not None else frozenset()
    if not any(key == TAG_KEYS or key.startswith(REQUEST_TAG) for key in keys):
        return False
    passing = Passing(estate, own)
    return not passing.untagged(role) and passing.passed(role, {}) is None and Passing(estate, {}, whole=False).passed(role, {}) is not None
