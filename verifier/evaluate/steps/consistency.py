"""What the requests of a chain agree on: time goes forward (W4); a session keeps the source identity that it was given,
or has none (E2), and has of MFA and of the keys of services and providers what the move gave it that made it (F3); a
key stays of the spec, usage and origin that it has, also where the input does not give them (F8).

In: the moves of a chain, its last request. Out: what contradicts that, if anything does.
Guarantee: only instants that requests give are compared, and of a session that is held at first only source identities
that they give; one that is not given may be any.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from verifier.evaluate.fill import given_context
from verifier.evaluate.fill_step_requests import OF_SOURCES
from verifier.evaluate.operations import DELIVERED, OF_SERVICES
from verifier.evaluate.sessions.passing import SET_SOURCE, SOURCE_IDENTITY
from verifier.evaluate.statements.values import instant, truth
from verifier.evaluate.steps.forms_code import passed_to, service_of
from verifier.evaluate.steps.forms_keys import key_type
from verifier.evaluate.steps.move_requests import RequestContext
from verifier.evaluate.suited import fitting_facts
from verifier.model.estate import Estate
from verifier.model.reference import KeyFacts
from verifier.model.request import Caller, CallerKind, Request
from verifier.model.steps.chains import Became, KeyReplicated, Move
from verifier.model.steps.descriptions import StepKind

_NOW, _ISSUED = ("aws:currenttime", "aws:epochtime"), "aws:tokenissuetime"
_FACTOR, _PROVIDER = "aws:MultiFactorAuthPresent", "aws:FederatedProvider"
_MFA = frozenset({_FACTOR, "aws:MultiFactorAuthAge"})
_ORIGINS = _MFA.union(OF_SERVICES, OF_SOURCES, {_PROVIDER})
"""What tells how a session was made; the provider's own claims do so too."""


def broken_rule(estate: Estate, moves: Sequence[Move], access: Request | None = None) -> tuple[str, str] | None:
    """The first of these rules that a chain breaks, and how; `None` iff it breaks none. `estate` is that of its end."""
    found = (
        ("W4", against_time(moves, access)),
        ("E2", _against_sources(moves, access)),
        ("F3", _against_origins(moves, access)),
        ("F8", _against_facts(estate, moves, access)),
    )
    return next(((rule, how) for rule, how in found if how is not None), None)


def _in_order(moves: Sequence[Move], access: Request | None) -> Iterator[tuple[Move | None, tuple[Request, ...]]]:
    """Each move with its requests, and the last request."""
    yield from ((move, move.requests) for move in moves)
    if access is not None:
        yield None, (access,)


@dataclass
class _Session:
    """A session that a step made: its credentials are not issued before; once for all, if `once`, and then before what
    is asked next."""

    since: Decimal | None
    once: bool
    until: Decimal | None = None
    issued: Decimal | None = None


def _time_of(request: Request, *keys: str) -> Decimal | None:
    """The instant that a request gives for one of some condition keys, in seconds since 1970."""
    texts = (RequestContext(request).text(key) for key in keys)
    return next((instant(text) for text in texts if text is not None), None)


def against_time(moves: Sequence[Move], access: Request | None = None) -> str | None:
    """What is out of order in a chain; `None` iff each request may come after those before it: at no earlier instant,
    and with credentials that were issued when a step gave them or, where a service renews them (code that runs as a
    role), later. [IAM: reference_policies_condition-keys, aws:CurrentTime, aws:TokenIssueTime]"""
    latest: Decimal | None = None
    sessions: dict[Caller, _Session] = {}
    for move, requests in _in_order(moves, access):
        for request in requests:
            now, issued = _time_of(request, *_NOW), _time_of(request, _ISSUED)
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
    if (session.until is not None and issued > session.until) or session.issued not in (None, issued):
        return False
    session.issued = issued
    return True


def _against_sources(moves: Sequence[Move], access: Request | None) -> str | None:
    """The first request whose session has another source identity than the call that made the session set, or than an
    earlier request of it has; `None` iff there is none. It cannot be changed, and no other step sets one. [IAM:
    id_credentials_temp_control-access_monitor]"""
    given: dict[Caller, set[str | None]] = {}
    for move, requests in _in_order(moves, access):
        for request in requests:
            source = RequestContext(request).text(SOURCE_IDENTITY)
            if request.caller in given and source not in given[request.caller]:
                return f"{request.action} would be asked for by a session with another aws:SourceIdentity than it got"
            if request.caller.kind is CallerKind.ROLE and source is not None:
                given.setdefault(request.caller, {source})
        if move is not None and isinstance(move.change, Became) and move.kind is not StepKind.OWN_IDENTITY:
            said = RequestContext(move.requests[0]).text(SET_SOURCE) if move.kind is StepKind.ASSUME_ROLE else None
            given.setdefault(move.change.caller, set()).add(said)
    return None


def _against_origins(moves: Sequence[Move], access: Request | None) -> str | None:
    """The first request that contradicts the move by which its session was made; `None` iff there is none."""
    given: dict[Caller, frozenset[str]] = {}
    for move, requests in _in_order(moves, access):
        for request in requests:
            said = given_context(request)
            by_claim = any("." in key.partition(":")[0] or key.startswith("saml:") for key in said)
            telling = _ORIGINS if truth(str(said.get(_FACTOR.lower()))) else _ORIGINS - {_FACTOR}
            beyond = telling - given.get(request.caller, _ORIGINS)
            other = min((key for key in beyond if key.lower() in said or (by_claim and key == _PROVIDER)), default=None)
            if other is not None:
                return f"{request.action} would be asked for by a session with {other}, which it was not given"
        if move is not None and isinstance(move.change, Became) and move.kind is not StepKind.OWN_IDENTITY:
            given[move.change.caller] = _ORIGINS if move.kind is StepKind.PROVIDER else _origins(move, given)
    return None


def _origins(move: Move, given: Mapping[Caller, frozenset[str]]) -> frozenset[str]:
    """What the requests of a session can say of how a move made it. Made by a service it has no MFA, and the keys of no
    other service. Made by a call to assume a role it has no such keys, a provider only if an identity of one calls, and
    MFA only if the caller is a user, or a session that may have it. [API: AssumeRole, SerialNumber; IAM:
    id_roles_use_switch-role-ec2, id_credentials_mfa_configure-api-require, aws:FederatedProvider]"""
    caller = move.requests[0].caller
    match move.kind:
        case StepKind.CHANGE_CODE:
            return frozenset((*OF_SERVICES, *OF_SOURCES))  # which service runs it, only the input says
        case StepKind.PASS_ROLE:
            return frozenset(OF_SOURCES).union(DELIVERED.get(service_of(passed_to(move)), ()))
        case StepKind.ASSUME_ROLE if caller.kind is CallerKind.ROLE:
            return given.get(caller, _MFA) & _MFA
        case StepKind.ASSUME_ROLE if caller.kind is not CallerKind.USER:
            return frozenset({_PROVIDER} if caller.kind is CallerKind.WEB else ())
    return _MFA  # of a user, or a federated user


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


def _against_facts(estate: Estate, moves: Sequence[Move], access: Request | None) -> str | None:
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
    return (facts.spec, facts.usage, facts.origin) if wholly else (key_type(facts.spec), facts.usage)
