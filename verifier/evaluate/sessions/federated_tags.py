"""Whether a federated session could have the tags that a request shows, and how it came by them (F3): never a change of
the decision.

In: the estate, a prepared request. Out: `SessionTags`.
Guarantee: a warning says that who issued the session cannot pass such tags: its policies, or the SCPs over its account,
refuse `sts:GetFederationToken` or `sts:TagSession` for them, whatever the request does not say. What is open (◇) or not
known gives none. [IAM: id_session-tags, Passing session tags using GetFederationToken; API: GetFederationToken]
"""

from __future__ import annotations

from collections.abc import Mapping

from verifier.evaluate.callers import standing
from verifier.evaluate.context import Context, Entry
from verifier.evaluate.controls import Restriction, Route, service_controls
from verifier.evaluate.decision import may_be_allowed
from verifier.evaluate.fill import derived
from verifier.evaluate.grants.index import Candidates
from verifier.evaluate.prepared_request import PreparedRequest
from verifier.evaluate.sessions.passing import Tags, spelled, tag_entries
from verifier.evaluate.sessions.session_tags import SessionTags, in_words, session_tags, shown_tags
from verifier.evaluate.sessions.tag_conditions import PRINCIPAL_TAG, REQUEST_TAG, TAG_KEYS, listed_tags
from verifier.evaluate.statements.targets import Target, TargetKind
from verifier.evaluate.unmodelled import in_scope
from verifier.evaluate.who_may_call import OF_TEMPORARY
from verifier.frozen import Frozen
from verifier.model.estate import Estate
from verifier.model.request import Caller, CallerKind

_CALL, _TAGGING = "sts:GetFederationToken", "sts:TagSession"


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
