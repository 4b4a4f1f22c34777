"""What a permissions boundary and session policies leave of a caller's permissions (B, S; D4, U2).

In: the caller's standing, its session policies. Out: the truths of B and S with their gates.
Guarantee: a caller without a boundary, or a role session without session policies, is not limited and has no gate.
"""

from __future__ import annotations

from dataclasses import dataclass

from verifier.evaluate.callers import Standing
from verifier.evaluate.findings import Finding, Gate
from verifier.evaluate.judge import Judge, applies, findings
from verifier.evaluate.symbols import Truth, all_of
from verifier.model.policy import Policy
from verifier.model.readings import SESSION_ALLOW
from verifier.model.request import CallerKind


@dataclass(frozen=True)
class Limits:
    """B and S. `session_policies` says whether the request gives any: for a federated session it makes a difference (U2)."""

    boundary: Truth
    session: Truth
    session_policies: bool
    gates: tuple[Gate, ...]

    @property
    def hold(self) -> Truth:
        """B ∧ S."""
        return all_of([self.boundary, self.session])


def limits_of(standing: Standing, session_policies: tuple[Policy, ...] | None, action: str, judge: Judge, spared: bool) -> Limits:
    """What limits a caller. With `spared` the gates say that a key policy which names the caller itself is not limited (D4)."""
    boundary = _boundary(standing, action, judge, spared)
    session = _session(standing, session_policies, action, judge, spared)
    gates = tuple(gate for gate in (boundary, session) if gate is not None)
    return Limits(
        boundary.finding.holds if boundary else True,
        session.finding.holds if session else True,
        session_policies is not None,
        gates,
    )


def _boundary(standing: Standing, action: str, judge: Judge, spared: bool) -> Gate | None:
    """B: for a federated session it is the boundary of the user that issued it. Where the document is not known, an `Unmodelled`
    may refuse."""
    if not standing.boundaries:
        return None
    allows = judge.allows(standing.boundaries)
    holds = applies(allows)
    name = standing.boundaries[0].name
    text = f"the permissions boundary {name} {_says(holds, 'allows', 'does not allow')} {action}{_spared(holds, spared)}"
    return Gate(Finding("D4", text, holds), findings(allows))


def _session(standing: Standing, policies: tuple[Policy, ...] | None, action: str, judge: Judge, spared: bool) -> Gate | None:
    """S: some session policy must allow. A federated session can use nothing of its user's without one (U2); what one that
    the request does not show allows is for the assignment to say."""
    if policies is not None:
        allows = judge.allows(policies)
        holds = applies(allows)
        text = f"the session policies {_says(holds, 'allow', 'do not allow')} {action}{_spared(holds, spared)}"
        return Gate(Finding("D4", text, holds), findings(allows))
    if standing.caller.kind is not CallerKind.FEDERATED:
        return None
    holds = judge.symbols.given(SESSION_ALLOW)
    text = "the session policy of the federated session is supposed to allow" if holds else "a federated session without a session policy"
    return Gate(Finding("U2", f"{text} {action}" if holds else f"{text} has nothing of its user's permissions", holds))


def _says(holds: Truth, yes: str, no: str) -> str:
    return no if holds is False else yes


def _spared(holds: Truth, spared: bool) -> str:
    return ", which does not limit what the key policy gives the caller by name" if spared and holds is False else ""
