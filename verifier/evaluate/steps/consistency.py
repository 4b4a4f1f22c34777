"""What the requests of a chain agree on: time goes forward (W4); a session keeps the source identity that it was given,
or has none (E2); a key stays of the spec, usage and origin that it has, also where the input does not give them (F8).

In: the moves of a chain, its last request. Out: what contradicts that, if anything does.
Guarantee: only instants that requests give are compared, and of a session that is held at first only source identities
that they give; one that is not given may be any.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from verifier.evaluate.fill import given_context
from verifier.evaluate.statements.values import instant
from verifier.evaluate.steps.forms_keys import kind_of
from verifier.evaluate.steps.move_requests import RequestContext
from verifier.evaluate.suited import fitting_facts
from verifier.model.estate import Estate
from verifier.model.reference import KeyFacts
from verifier.model.request import Caller, CallerKind, Request
from verifier.model.step_kinds import StepKind
from verifier.model.steps.chains import Became, KeyReplicated, Move

NOW, ISSUED = ("aws:currenttime", "aws:epochtime"), "aws:tokenissuetime"


@dataclass
class _Session:
    """A session that a step made: its credentials are not issued before; once for all, if `once`, and then before what
    is asked next."""

    since: Decimal | None
    once: bool
    until: Decimal | None = None
    issued: Decimal | None = None


def time_of(request: Request, *keys: str) -> Decimal | None:
    """The instant that a request gives for one of some condition keys, in seconds since 1970."""
    texts = (RequestContext(request).text(key) for key in keys)
    return next((instant(text) for text in texts if text is not None), None)


def against_time(moves: Sequence[Move], access: Request | None = None) -> str | None:
    """What is out of order in a chain; `None` iff each request may come after those before it: at no earlier instant,
    and with credentials that were issued when a step gave them or, where a service renews them (code that runs as a
    role), later. [IAM: reference_policies_condition-keys, aws:CurrentTime, aws:TokenIssueTime]"""
    latest: Decimal | None = None
    sessions: dict[Caller, _Session] = {}
    last = () if access is None else ((None, (access,)),)
    for move, requests in (*((move, move.requests) for move in moves), *last):
        for request in requests:
            now, issued = time_of(request, *NOW), time_of(request, ISSUED)
            if now is not None and latest is not None and now < latest:
                return f"{request.action} would be asked for before what comes earlier in the chain"
            latest = latest if now is None else now
            for one in sessions.values():
                one.until = now if one.until is None else one.until
            session = sessions.get(request.caller)
            if session is not None and issued is not None and not _fits(session, issued):
                other = "credentials that were not issued in the step that gave them"
                return f"{request.action} would be asked for with {other}"
        if move is not None and isinstance(move.change, Became):
            sessions.setdefault(move.change.caller, _Session(latest, move.kind is StepKind.ASSUME_ROLE))
    return None


def _fits(session: _Session, issued: Decimal) -> bool:
    if session.since is not None and issued < session.since:
        return False
    if not session.once:
        return True
    if session.until is not None and issued > session.until or session.issued not in (None, issued):
        return False
    session.issued = issued
    return True


SOURCE, SET_SOURCE = "aws:sourceidentity", "sts:sourceidentity"


def against_sources(moves: Sequence[Move], access: Request | None = None) -> str | None:
    """The first request whose session has another source identity than the call that made the session set, or than an
    earlier request of it has; `None` iff there is none. It cannot be changed, and no other step sets one. [IAM:
    id_credentials_temp_control-access_monitor]"""
    given: dict[Caller, set[str | None]] = {}
    last = () if access is None else ((None, (access,)),)
    for move, requests in (*((move, move.requests) for move in moves), *last):
        for request in requests:
            source = RequestContext(request).text(SOURCE)
            if request.caller in given and source not in given[request.caller]:
                other = "a session with another aws:SourceIdentity than it was given"
                return f"{request.action} would be asked for by {other}"
            if request.caller.kind is CallerKind.ROLE and source is not None:
                given.setdefault(request.caller, {source})
        if move is not None and isinstance(move.change, Became) and move.kind is not StepKind.OWN_IDENTITY:
            said = RequestContext(move.requests[0]).text(SET_SOURCE) if move.kind is StepKind.ASSUME_ROLE else None
            given.setdefault(move.change.caller, set()).add(said)
    return None


def facts_left(estate: Estate, moves: Sequence[Move], access: Request | None = None) -> dict[str, frozenset[KeyFacts]]:
    """What each key of the estate can be, by its ARN, if all these requests can be sent; keys of which nothing is ruled
    out may be missing. [KMS: conditions-kms, kms:KeySpec, kms:KeyUsage, kms:KeyOrigin]"""
    left: dict[str, frozenset[KeyFacts]] = {}
    for request in (*(request for move in moves for request in move.requests), *(() if access is None else (access,))):
        key = None if request.resource is None else estate.key(request.resource)
        fitting = None if key is None else fitting_facts(key, request.action, given_context(request))
        if key is not None and fitting is not None:
            left[key.arn] = left.get(key.arn, fitting) & fitting
    pairs = [pair for move in moves for pair in _alike(estate, move)]
    for one, other, wholly in pairs * len(pairs):
        for here, there in ((one, other), (other, one)) if one in left and other in left else ():
            found = {_shared(facts, wholly) for facts in left[there]}
            left[here] = frozenset(facts for facts in left[here] if _shared(facts, wholly) in found)
    return left


def against_facts(estate: Estate, moves: Sequence[Move], access: Request | None = None) -> str | None:
    """A key that would have to be of several specs, usages or origins at once; `None` iff there is none."""
    arn = next((arn for arn, facts in facts_left(estate, moves, access).items() if not facts), None)
    return None if arn is None else f"{arn} would have to be a key of several specs, usages or origins"


def _alike(estate: Estate, move: Move) -> Iterator[tuple[str, str, bool]]:
    """Pairs of keys that are alike if a step is taken: in all facts (true), or in their usage and type alone
    (false)."""
    if isinstance(move.change, KeyReplicated):
        yield move.change.key, move.change.replica.arn, True
    if move.kind is StepKind.UPDATE_ALIAS:
        named = (request.resource for request in move.requests if request.resource)
        one, other = (resource for resource in named if estate.key(resource) is not None)
        yield one, other, False


def _shared(facts: KeyFacts, wholly: bool) -> tuple[str, ...]:
    return (facts.spec, facts.usage, facts.origin) if wholly else (kind_of(facts.spec), facts.usage)
