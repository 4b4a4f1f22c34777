"""What refuses a request that something allows: an explicit Deny (D1); what a permissions boundary and session policies
leave of a caller's permissions (B, S; D4, U2).

In: a prepared request, the matcher of its policies. Out: the gate of D1; the truths of B and S with their gates.
Guarantee: every policy that applies to the request is searched, and none that does not (D6, D7). A caller without a
boundary, or a role session without session policies, is not limited and has no gate.
"""

from __future__ import annotations

from collections.abc import Iterator

from verifier.evaluate.controls import binds, level_name
from verifier.evaluate.findings import Gate, RuleFinding
from verifier.evaluate.matching import Matcher, applies, examined
from verifier.evaluate.prepared_request import PreparedRequest
from verifier.evaluate.statements.statement import StatementMatch
from verifier.evaluate.statements.targets import IF_CONTROLS, TargetKind
from verifier.evaluate.symbols import Symbols, Truth, all_of, any_of, negation
from verifier.frozen import Frozen
from verifier.model.readings import G5
from verifier.model.request import CallerKind
from verifier.model.symbols import OUTSIDE_DENY, SESSION_ALLOW, KeyFact, Reading


class _Search(Frozen):
    """The Deny statements of one place, such as the key policy, and whether one of them refuses."""

    place: str
    denied: Truth
    matches: tuple[StatementMatch, ...] = ()


def denial_gate(prepared: PreparedRequest, matcher: Matcher) -> Gate:
    """D1: an explicit Deny of any policy that applies refuses, whatever allows."""
    places = (_of_resource, _of_caller, _of_controls, _of_route)
    searches = [search for found in places for search in found(prepared, matcher)]
    denied = any_of([search.denied for search in searches])
    denying = [search.place for search in searches if search.denied is not False]
    text = f"an explicit Deny of {denying[0]} applies" if denied else "no explicit Deny applies"
    found = [matched.finding for search in searches for matched in search.matches]
    # Each statement once, though its policy be attached at several levels.
    once = {(one.reference.policy, one.reference.index, one.summary.text): one for one in found}
    return Gate(RuleFinding("D1", text, negation(denied)), tuple(once.values()))


def _search(place: str, matches: list[StatementMatch]) -> _Search:
    return _Search(place, applies(matches), tuple(matches))


def _of_resource(prepared: PreparedRequest, matcher: Matcher) -> Iterator[_Search]:
    """The key policy's, or the trust policy's. Whether a key policy stops RetireGrant is open (G5). That a trust policy
    which is not known denies is part of what it does not admit (E2)."""
    if prepared.resource_policy_unknown and prepared.target.kind is TargetKind.KEY:
        yield _Search("the key policy, which is not known,", matcher.symbols.value(KeyFact("policy", "deny")))
    search = _search(f"the {prepared.resource_policy}", matcher.denies(prepared.resource_policies))
    yield _open(search, G5 if prepared.retires else None, matcher.symbols)


def _open(search: _Search, reading: Reading | None, symbols: Symbols) -> _Search:
    """A search that counts under a reading only, if there is one."""
    if reading is None or search.denied is False:
        return search
    return _Search(search.place, all_of([search.denied, symbols.value(reading)]), search.matches)


def _of_caller(prepared: PreparedRequest, matcher: Matcher) -> Iterator[_Search]:
    """The caller's own: its identity policies (U1), boundary (for a federated session the issuing user's), session
    policies."""
    standing = prepared.standing
    yield _search("an identity policy", matcher.denies(standing.policies))
    if standing.outside:
        yield _Search("an identity policy outside the inventory", matcher.symbols.value(OUTSIDE_DENY))
    yield _search("the permissions boundary", matcher.denies(standing.boundaries))
    yield _search("a session policy", matcher.denies(prepared.session_policies or ()))


def _of_controls(prepared: PreparedRequest, matcher: Matcher) -> Iterator[_Search]:
    """The SCPs over the caller's account, and the RCPs over the resource's, if they restrict it (R4, D9)."""
    for level in prepared.service_controls.levels:
        yield _search(f"a service control policy of {level_name(level)}", matcher.denies(level.policies))
    for level in prepared.resource_controls.levels:
        search = _search(f"a resource control policy of {level_name(level)}", matcher.denies(level.policies))
        yield _open(search, IF_CONTROLS.get(prepared.target.kind), matcher.symbols)


def _of_route(prepared: PreparedRequest, matcher: Matcher) -> Iterator[_Search]:
    """The policy of the VPC endpoint."""
    denies = matcher.denies(prepared.route.policies)
    denied = binds(prepared.caller, matcher, applies(denies), otherwise=False)
    yield _Search(f"the policy of VPC endpoint {prepared.route.id}", denied, tuple(denies))


class Limits(Frozen):
    """B and S."""

    boundary: Truth
    session: Truth
    gates: tuple[Gate, ...]

    @property
    def hold(self) -> Truth:
        """True iff B ∧ S."""
        return all_of([self.boundary, self.session])


def limits_of(prepared: PreparedRequest, matcher: Matcher, spared: bool) -> Limits:
    """What limits a caller. With `spared` the gates say that a key policy which names the caller itself is not limited
    (D4)."""
    boundary, session = _boundary(prepared, matcher, spared), _session(prepared, matcher, spared)
    gates = tuple(gate for gate in (boundary, session) if gate is not None)
    return Limits(boundary.finding.holds if boundary else True, session.finding.holds if session else True, gates)


def _boundary(prepared: PreparedRequest, matcher: Matcher, spared: bool) -> Gate | None:
    """B: for a federated session it is the boundary of the user that issued it. Where the document is not known, an
    `Unmodelled` may refuse."""
    boundaries = prepared.standing.boundaries
    if not boundaries:
        return None
    allows = matcher.allows(boundaries)
    holds = applies(allows)
    says = f"{_says(holds, 'allows', 'does not allow')} {prepared.action}{_spared(holds, spared)}"
    return Gate(RuleFinding("D4", f"the permissions boundary {boundaries[0].name} {says}", holds), examined(allows))


def _session(prepared: PreparedRequest, matcher: Matcher, spared: bool) -> Gate | None:
    """S: some session policy must allow. A federated session can use nothing of its user's without one (U2); what one
    that the request does not show allows is for the assignment to say."""
    if prepared.session_policies is not None:
        allows = matcher.allows(prepared.session_policies)
        holds = applies(allows)
        text = f"the session policies {_says(holds, 'allow', 'do not allow')} {prepared.action}{_spared(holds, spared)}"
        return Gate(RuleFinding("D4", text, holds), examined(allows))
    if prepared.caller.kind is not CallerKind.FEDERATED:
        return None
    holds = matcher.symbols.given(SESSION_ALLOW)
    supposed = f"the session policy of the federated session is supposed to allow {prepared.action}"
    nothing = "a federated session without a session policy has nothing of its user's permissions"
    return Gate(RuleFinding("U2", supposed if holds else nothing, holds))


def _says(holds: Truth, yes: str, no: str) -> str:
    return no if holds is False else yes


def _spared(holds: Truth, spared: bool) -> str:
    return ", which does not limit what the key policy gives the caller by name" if spared and holds is False else ""
