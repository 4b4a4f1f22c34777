"""Whether a session could have the tags that a request shows, and how it came by them (F3): never a change of the
decision.

In: the estate, a prepared request. Out: `SessionTags`.
Guarantee: a warning says that nobody can pass such tags: every caller that the role's trust policy could admit is
refused `sts:TagSession`, or the call that assumes the role, whatever the request does not say. What is open (◇) or not
known gives none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from verifier.evaluate.context import Entry
from verifier.evaluate.fill import given_context
from verifier.evaluate.prepared_request import PreparedRequest
from verifier.evaluate.sessions.passing import SESSION_NAME, SOURCE_IDENTITY, Passing, Tags, with_source
from verifier.evaluate.sessions.tag_conditions import PRINCIPAL_TAG, REQUEST_TAG, TAG_KEYS
from verifier.evaluate.statements.values import instant
from verifier.frozen import Frozen
from verifier.model.estate import Estate, Identity
from verifier.model.policy import PrincipalType
from verifier.model.request import CallerKind, Request


class SessionTags(Frozen):
    """What there is to say of the tags of a caller: warnings of those that it cannot have, and how it came by its
    session tags, a sentence; `None` where it has none."""

    warnings: tuple[str, ...] = ()
    origin: str | None = None


def session_tags(estate: Estate, prepared: PreparedRequest) -> SessionTags:
    """F3: tags that no session of the role, or of the user, can have, or that a user or root user does not have; by
    which request it has those that it can."""
    caller, identity = prepared.caller, prepared.standing.identity
    shown = shown_tags(prepared)
    if caller.kind is CallerKind.ROOT:
        return SessionTags(tuple(f"F3: a root user has no aws:PrincipalTag/{name}" for name in shown))
    if identity is None or identity.exact_tags:
        return SessionTags()
    own = {name.lower(): value for name, value in identity.tags}
    other = {name: value for name, value in shown.items() if own.get(name) != value}
    tag_list = in_words(other)
    if not other:
        found = _without_tags(estate, identity, own, prepared) if caller.kind is CallerKind.ROLE else ()
        return SessionTags(tuple(found))
    if caller.kind is CallerKind.USER:
        return SessionTags((f"F3: no request of {identity.arn} has {tag_list}: a user has its own tags",))
    said = _said(estate, identity, prepared)
    way = next(filter(None, (one.way(identity, other) for one in said.ways(Passing(estate, {**own, **shown})))), None)
    if way is None:
        no_session = f"no session of {identity.arn}{said.text} has {tag_list}"
        return SessionTags((f"F3: {no_session}: they are not its own, and nobody can pass them",))
    return SessionTags(origin=None if caller.session_tags else f"the session was given {tag_list} {way}")


def shown_tags(prepared: PreparedRequest) -> Tags:
    """The tags of the caller that a request shows."""
    entries = prepared.context.entries.items()
    return {key.removeprefix(PRINCIPAL_TAG): str(value) for key, value in entries if key.startswith(PRINCIPAL_TAG)}


def in_words(tags: Tags) -> str:
    """Tags of a caller, as a list."""
    return ", ".join(f"aws:PrincipalTag/{name} = {value}" for name, value in tags.items())


def _without_tags(estate: Estate, role: Identity, own: Tags, prepared: PreparedRequest) -> Iterator[str]:
    """That a role has no sessions without session tags that are not its own, or none that is made so, though it has
    others."""
    keys = role.trust.tested_keys if role.trust is not None else frozenset()
    passing, anyhow, said = Passing(estate, own), Passing(estate, {}, whole=False), _said(estate, role, prepared)
    if any(key == TAG_KEYS or key.startswith(REQUEST_TAG) for key in keys) and not passing.assumable(role):
        if anyhow.passed(role, {}) is not None:
            yield f"F3: no session of {role.arn} is without further session tags: a call has to pass them"
    elif said.text and not any(one.assumable(role) for one in said.ways(passing)) and anyhow.assumable(role):
        yield f"F3: no session of {role.arn} can be one{said.text}: nobody can assume the role so"


def used_before_issued(request: Request) -> Iterator[str]:
    """F3: that the credentials of a request are issued after it, as far as it says when. [IAM:
    reference_policies_condition-keys, aws:TokenIssueTime]"""
    given = given_context(request)
    used = instant(str(given.get("aws:currenttime") or given.get("aws:epochtime")))
    issued = instant(str(given.get("aws:tokenissuetime")))
    if used is not None and issued is not None and issued > used:
        yield (
            "F3: credentials are issued no later than they are used: aws:TokenIssueTime is after the time of the "
            "request"
        )


class _Said(Frozen):
    """What the request that made a session said besides tags, as far as policies read it of the session and bind it:
    `named`, its name; `sourced`, its source identity, or that it has none."""

    named: str | None = None
    sourced: bool = False
    source: str | None = None

    @property
    def text(self) -> str:
        """In words, to follow *no session of …*."""
        named = f" called {self.named}" if self.named is not None else ""
        return named + (f" with aws:SourceIdentity {self.source or 'absent'}" if self.sourced else "")

    def ways(self, passing: Passing) -> Iterator[Passing]:
        named: dict[str, Entry] = {} if self.named is None else {SESSION_NAME: self.named}
        for said, besides in with_source(self.source) if self.sourced else [({}, ())]:
            yield replace(passing, fixed={**named, **said}, besides=besides, known={})


def _said(estate: Estate, role: Identity, prepared: PreparedRequest) -> _Said:
    if prepared.caller.kind is not CallerKind.ROLE or role.trust is None:
        return _Said()
    sourced = estate.reads_source_identities
    source = prepared.context.entries.get(SOURCE_IDENTITY)
    named = prepared.caller.session if estate.binds_session_names and _read(estate) else None
    return _Said(named, sourced, str(source) if sourced and source is not None else None)


def _read(estate: Estate) -> bool:
    """False only if no policy or grant tells the sessions of a role apart by their names."""
    policies = list(estate.deciding_policies())
    named = (principal for policy in policies for principal in policy.principals)
    if any(principal.type is PrincipalType.SESSION for principal in (*estate.grant_principals, *named)):
        return True
    return any("aws:userid" in text for policy in policies for text in policy.texts)
