"""Whether a session could have the tags that a request shows, and how it came by them (F3): never a change of the
decision.

In: the estate, a prepared request. Out: `SessionTags`.
Guarantee: a warning says that nobody can pass such tags, whatever the request does not say: every caller that the
role's trust policy could admit is refused `sts:TagSession`, or the call that assumes the role; of a federated session,
the policies of who issued it, or the SCPs over its account, refuse `sts:GetFederationToken` or `sts:TagSession`. What
is open (◇) or not known gives none. [IAM: id_session-tags, Passing session tags using GetFederationToken; API:
GetFederationToken]
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from verifier.evaluate.callers import standing
from verifier.evaluate.context import Context, Entry
from verifier.evaluate.controls import Restriction, Route, service_controls
from verifier.evaluate.decision import may_be_allowed
from verifier.evaluate.fill import derived, given_context
from verifier.evaluate.grants.index import Candidates
from verifier.evaluate.prepared_request import PreparedRequest
from verifier.evaluate.sessions.passing import (
    SESSION_NAME,
    SOURCE_IDENTITY,
    Passing,
    Tags,
    spelled,
    tag_entries,
    with_source,
)
from verifier.evaluate.sessions.tag_conditions import PRINCIPAL_TAG, REQUEST_TAG, TAG_KEYS, listed_tags
from verifier.evaluate.statements.targets import Target, TargetKind
from verifier.evaluate.statements.values import instant
from verifier.evaluate.unmodelled import in_scope
from verifier.evaluate.who_may_call import OF_TEMPORARY
from verifier.frozen import Frozen
from verifier.model.estate import Estate, Identity
from verifier.model.policy import PrincipalType
from verifier.model.request import Caller, CallerKind, Request

_CALL, _TAGGING = "sts:GetFederationToken", "sts:TagSession"


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


def tags_of_session(estate: Estate, prepared: PreparedRequest) -> SessionTags:
    """F3: what `session_tags` says, and of a federated session which tags it cannot have, or by which request it has
    them."""
    caller, identity = prepared.caller, prepared.standing.identity
    issued = caller.kind is CallerKind.FEDERATED and caller.issuer is not None
    if not issued or (identity is None and not prepared.standing.acts_as_root):
        return session_tags(estate, prepared)
    own = {name.lower(): value for name, value in identity.tags} if identity is not None else {}
    shown = shown_tags(prepared)
    other = {name: value for name, value in shown.items() if own.get(name) != value}
    session = _Session(estate, caller)
    if not other:
        warning = f"F3: no session that {caller.issuer} issues is without further session tags: a call has to pass them"
        given = identity is not None and identity.exact_tags
        return SessionTags((warning,) if not given and session.needs_tags() else ())
    tag_list = in_words(other)
    if session.passes(caller.arn, other, {**own, **shown}):
        origin = f"the session was given {tag_list} by {_CALL} with {_TAGGING}, called by {caller.issuer}"
        return SessionTags(origin=origin)
    warning = f"F3: no session that {caller.issuer} issues as {caller.arn} has {tag_list}: it cannot pass them"
    return SessionTags((warning,))


class _Session(Frozen):
    """A federated session, and the requests that its issuer could make for it."""

    estate: Estate
    caller: Caller

    def needs_tags(self) -> bool:
        """True iff the issuer can make no session without session tags, and some with."""
        prepared = self._request(_CALL, "", {})
        if not any(key == TAG_KEYS or key.startswith(REQUEST_TAG) for key in _tested_keys(prepared)):
            return False
        return not self._allowed("", {}, (_CALL,)) and self.passes("", {}, None)

    def passes(self, arn: str, tags: Tags, shown: Tags | None) -> bool:
        """True iff the issuer may pass the tags, by themselves or with all others that policies list; `shown` are those
        that the session has, if that is said."""
        found = [listed_tags(self._request(action, arn, {})) for action in (_CALL, _TAGGING)]
        texts = frozenset[str]().union(*(listed.texts for listed in found))
        names = [name for listed in found for name in listed.names if name not in tags and self._may_have(name, shown)]
        further = {name: (shown or {}).get(name) for name in names}
        for all_tags in ({**tags}, {**further, **tags}):
            for spelling in spelled(all_tags, texts):
                if self._allowed(arn, tag_entries(all_tags, spelling), (_CALL, _TAGGING)):
                    return True
        return False

    def _may_have(self, name: str, shown: Tags | None) -> bool:
        """True iff the session may have a tag: one that is tested is absent unless it is shown."""
        return shown is None or name in shown or f"{PRINCIPAL_TAG}{name}" not in self.estate.tested_keys

    def _allowed(self, arn: str, entries: Mapping[str, Entry], actions: tuple[str, ...]) -> bool:
        """False only if the issuer may not make all of the requests, with the same context."""
        return may_be_allowed([self._request(action, arn, entries) for action in actions])

    def _request(self, action: str, arn: str, entries: Mapping[str, Entry]) -> PreparedRequest:
        """A request of the issuer, of which whatever is not said is not known. The resource of the call is the
        federated user, where it is said; what that of `sts:TagSession` is, no page says."""
        issuer = str(self.caller.issuer)
        kind = CallerKind.ROOT if issuer.endswith(":root") else CallerKind.USER
        asking = standing(self.estate, Caller(kind, issuer, self.caller.account))
        target = Target(
            TargetKind.OTHER_SERVICE, arn if action == _CALL else "", issuer.split(":")[1], None, self.caller.account
        )
        known = derived(self.estate, asking, target, _CALL, {})
        return PreparedRequest(
            standing=asking,
            action=action,
            resource=target.arn or None,
            target=target,
            context=Context({**known, **entries}, {}, True, _free),
            unmodelled=in_scope(self.estate, asking.caller, target, action, None),
            service_controls=service_controls(self.estate, asking),
            resource_controls=Restriction(),
            route=Route(),
            grants=Candidates(),
            session_policies=None,
        )


def _free(name: str) -> bool:
    """True iff a request for a session may have a key that nothing says."""
    is_known = name in OF_TEMPORARY or name == TAG_KEYS
    return not is_known and not name.startswith((REQUEST_TAG, PRINCIPAL_TAG, "sts:", "kms:"))


def _tested_keys(prepared: PreparedRequest) -> frozenset[str]:
    levels = prepared.service_controls.levels
    controls = (policy for level in levels for policy in level.policies)
    return frozenset[str]().union(
        *(policy.tested_keys for policy in (*prepared.standing.policies, *prepared.standing.boundaries, *controls))
    )
