"""What the grants of a key allow a caller (G1–G6).

In: the grants that concern the caller, what the request shows, what the caller's own policies and its limits give. Out:
a gate.
Guarantee: a grant only ever allows; a trace shows the grants that name the caller, at most `SHOWN` of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from verifier.evaluate.denial import Limits
from verifier.evaluate.findings import Gate, RuleFinding, StatementFinding
from verifier.evaluate.grants.constraints import GrantRequest, constraint_findings, grantable
from verifier.evaluate.grants.index import CallerGrant, Candidates, Naming
from verifier.evaluate.matching import Memo, memoized
from verifier.evaluate.symbols import Symbols, Truth, all_of, any_of
from verifier.frozen import Frozen
from verifier.model import reference
from verifier.model.estate import Key
from verifier.model.grant import reference_to_grant
from verifier.model.readings import G2, G2_FEDERATED, G4, G4_ROLE, G5_FEDERATED

SHOWN = 20
"""How many grants one gate of a trace shows; those that allow come first."""


class Grants(Frozen):
    """The grants of one key before one request. `own` and `limits` are what a caller has besides: whether its own
    policies allow the request (I), and its boundary and session policies (B, S)."""

    key: Key
    candidates: Candidates
    request: GrantRequest
    own: Truth
    limits: Limits
    symbols: Symbols
    memo: Memo


def grants_gate(grants: Grants) -> Gate | None:
    """G: whether a grant allows the request; `None` where it is none that a grant can allow, or where the key has no
    grants (G1)."""
    if not grantable(grants.request.action) or grants.candidates.listed == 0:
        return None
    return _gate("G1", _as_grantees(grants), "names the caller as grantee", grants)


def retiring_gate(grants: Grants) -> Gate:
    """G5: whether a grant lets the caller retire it: as its retiring principal, or as its grantee if that is among the
    operations."""
    found = [_as_retiring(candidate, grants) for candidate in grants.candidates.as_retiring]
    return _gate("G5", [*found, *_as_grantees(grants)], "names the caller", grants)


def _as_grantees(grants: Grants) -> list[StatementFinding]:
    """The grants to the caller: all that have the operation, and others as far as a trace has room for them."""
    having = [candidate for candidate in grants.candidates.as_grantee if _has(candidate, grants.request.action)]
    room = max(0, SHOWN - len(having))
    lacking = (candidate for candidate in grants.candidates.as_grantee if not _has(candidate, grants.request.action))
    return [_as_grantee(candidate, grants) for candidate in (*having, *islice(lacking, room))]


def _has(candidate: CallerGrant, action: str) -> bool:
    known = reference.action(action)
    return known is not None and known.name in candidate.grant.operations


# --- one grant --------------------------------------------------------------------------------------------------------


def _as_grantee(candidate: CallerGrant, grants: Grants) -> StatementFinding:
    action, has = grants.request.action, _has(candidate, grants.request.action)
    elements = [RuleFinding("G1", f"Action: {action} is {'' if has else 'not '}among the grant's operations", has)]
    if has:
        elements += [_principal("G2", candidate, grants), *_constraints(candidate, grants), *_needs(candidate, grants)]
    return _finding(candidate, grants, elements, f"allows {action}", f"does not allow {action}")


def _as_retiring(candidate: CallerGrant, grants: Grants) -> StatementFinding:
    """No constraint binds a retiring principal; what limits a grantee's grant limits it too (G4)."""
    elements = [_principal("G5", candidate, grants, " as the retiring principal"), *_needs(candidate, grants)]
    return _finding(candidate, grants, elements, "may be retired by the caller", "may not be retired by the caller")


def _finding(candidate: CallerGrant, grants: Grants, found: list[RuleFinding], yes: str, no: str) -> StatementFinding:
    holds = all_of([element.holds for element in found])
    failed = next((element for element in found if element.holds is False), None)
    text = f"grant {candidate.grant.id} {no}: {failed.text}" if failed else f"grant {candidate.grant.id} {yes}"
    summary = RuleFinding(failed.rule if failed else found[0].rule, text, holds)
    reference = reference_to_grant(grants.key.arn, candidate.grant)
    return StatementFinding(reference, summary, tuple(found), found[0].holds is True)


def _principal(rule: str, candidate: CallerGrant, grants: Grants, role: str = "") -> RuleFinding:
    text = f"Principal names {grants.request.caller.arn} {candidate.naming.value}{role}"
    reading = {Naming.HIDDEN: G2, Naming.ISSUER: G5_FEDERATED if rule == "G5" else G2_FEDERATED}.get(candidate.naming)
    return RuleFinding(rule, text, True if reading is None else grants.symbols.value(reading))


def _constraints(candidate: CallerGrant, grants: Grants) -> Iterable[RuleFinding]:
    """The constraints, examined once for a request if they turn on no symbol."""
    grant, memo, symbols = candidate.grant, grants.memo.grants, grants.symbols
    return memoized(memo, grant.id, symbols, lambda: tuple(constraint_findings(grant, grants.request, symbols)))


def _needs(candidate: CallerGrant, grants: Grants) -> Iterator[RuleFinding]:
    """What the caller must have besides: named by its account, its own policies and limits (G2); else its limits, if
    those count (G4)."""
    if candidate.naming is Naming.ACCOUNT:
        holds = all_of([grants.own, grants.limits.hold])
        verb = "allow" if holds is not False else "do not allow"
        yield RuleFinding("G2", f"the caller's own policies {verb} it", holds)
    elif grants.limits.gates:
        reading = G4_ROLE if candidate.naming in (Naming.ROLE, Naming.ISSUER) else G4
        holds = grants.symbols.choose(reading, lambda: grants.limits.hold, lambda: True)
        text = "the caller's permissions boundary and session policies do not limit the grant"
        yield RuleFinding("G4", text if holds is not False else text.replace("do not limit", "limit"), holds)


# --- all of them ------------------------------------------------------------------------------------------------------


def _gate(rule: str, found: list[StatementFinding], role: str, grants: Grants) -> Gate:
    if grants.candidates.listed is None:
        text = f"the grants of {grants.key.name or 'the key'} are not given, so none are supposed"
        return Gate(RuleFinding("G1", text, False))
    holds = any_of([finding.summary.holds for finding in found])
    order = {True: 0, None: 1, False: 2}
    shown = sorted(found, key=lambda finding: order[finding.summary.holds])[:SHOWN]
    if holds is not False:
        text = f"{shown[0].reference.policy_name} allows {grants.request.action}"
    else:
        text = f"no grant that {role} allows {grants.request.action}" if found else f"no grant {role}"
    text += _not_shown(len({finding.reference.policy for finding in shown}), grants)
    return Gate(RuleFinding(rule, text, holds), tuple(shown))


def _not_shown(shown: int, grants: Grants) -> str:
    """How many grants the trace leaves out: to the caller, and to others."""
    candidates = grants.candidates
    named = len({candidate.grant.id for candidate in (*candidates.as_grantee, *candidates.as_retiring)})
    others = (candidates.listed or 0) - named
    more = named - shown
    notes = f"; {more} more that {'name' if more > 1 else 'names'} the caller not shown" if more > 0 else ""
    return notes + (f"; {others} {'grants name' if others > 1 else 'grant names'} others" if others > 0 else "")
