"""What a permissions boundary and session policies leave of a caller's permissions (B, S; D4, U2).

In: a prepared request. Out: the truths of B and S with their gates.
Guarantee: a caller without a boundary, or a role session without session policies, is not limited and has no gate.
"""

from __future__ import annotations

from verifier.evaluate.findings import Gate, RuleFinding
from verifier.evaluate.matching import Matcher, applies, examined
from verifier.evaluate.prepared_request import PreparedRequest
from verifier.evaluate.symbols import Truth, all_of
from verifier.frozen import Frozen
from verifier.model.request import CallerKind
from verifier.model.symbols import SESSION_ALLOW


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
