"""A session keeps the source identity that it was given, or has none (E2).

In: the moves of a chain, its last request. Out: what contradicts that, if anything does.
Guarantee: of a session that is held at first, only values that requests give are compared.
"""

from __future__ import annotations

from collections.abc import Sequence

from verifier.evaluate.steps.asked import Asked
from verifier.model.request import Caller, CallerKind, Request
from verifier.model.step_kinds import StepKind
from verifier.model.steps.chains import Became, Move

SOURCE, SET_SOURCE = "aws:sourceidentity", "sts:sourceidentity"


def against_sources(moves: Sequence[Move], access: Request | None = None) -> str | None:
    """The first request whose session has another source identity than the call that made the session set, or than an earlier request of
    it has; `None` iff there is none. It cannot be changed, and no other step sets one. [IAM: id_credentials_temp_control-access_monitor]"""
    given: dict[Caller, set[str | None]] = {}
    last = () if access is None else ((None, (access,)),)
    for move, requests in (*((move, move.requests) for move in moves), *last):
        for request in requests:
            source = Asked(request).text(SOURCE)
            if request.caller in given and source not in given[request.caller]:
                return f"{request.action} would be asked for by a session with another aws:SourceIdentity than it was given"
            if request.caller.kind is CallerKind.ROLE and source is not None:
                given.setdefault(request.caller, {source})
        if move is not None and isinstance(move.change, Became) and move.kind is not StepKind.OWN_IDENTITY:
            said = Asked(move.requests[0]).text(SET_SOURCE) if move.kind is StepKind.ASSUME_ROLE else None
            given.setdefault(move.change.caller, set()).add(said)
    return None
