"""Whether `problem` holds requests to be impossible: the facts F1 to F9, asserted beside all that a request says (R6).

In: an estate, requests on one target, the context that each is decided with. Out: for each whether no reading admits
it.
Guarantee: no policy of the estate matters. A key that the context does not have is absent where it is among those that
are tested, and open otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from tests.evaluate.estates import own, policy
from verifier.model import reference
from verifier.model.choices import Engine
from verifier.model.estate import Estate
from verifier.model.invariant import (
    CallersAnd,
    CallerSet,
    ConditionAnd,
    Expectation,
    Holds,
    Invariant,
    IssuedBy,
    OfKind,
    PrincipalLike,
    ServiceLike,
    SessionLike,
)
from verifier.model.policy import PolicyKind, Text
from verifier.model.reference import ValueType
from verifier.model.request import CallerKind, Request, Value
from verifier.model.symbols import Unsupported
from verifier.problem.diagrams.finite import Reduction, questions
from verifier.problem.expression import TRUE, symbols_of
from verifier.problem.question import facts_about, scope
from verifier.problem.rules import RuledSpace
from verifier.problem.subjects import target_of
from verifier.solve.engines import open_session
from verifier.solve.session import Undecided, Unsat

Entries = Mapping[str, Value | None]
"""What a request has, by condition key; `None` says that it has none."""

_OPERATORS = {
    ValueType.NUMERIC: "NumericEquals",
    ValueType.DATE: "DateEquals",
    ValueType.BOOL: "Bool",
    ValueType.IP: "IpAddress",
}


def impossible(estate: Estate, asked: Sequence[tuple[Request, Entries]]) -> list[bool]:
    """For each request, all on one target, whether the facts leave no reading in which it could be sent."""
    target = target_of(estate, asked[0][0])
    scopes = [_invariant(request, entries) for request, entries in asked]
    space = RuledSpace(estate, target)
    said = [scope(space, invariant) for invariant in scopes]
    questions(said, space.questions)
    facts = facts_about(space)
    questions(facts, space.questions)
    reduction = Reduction(space.attributes, space.questions)
    known = [fact for fact in map(reduction.reduce, facts) if fact is not TRUE]
    reduced = [reduction.reduce(one) for one in said]
    assert not any(isinstance(name, Unsupported) for name in symbols_of(*known, *reduced))
    session = open_session(Engine.Z3, reduction.finite, known, reduced)
    found = [session.check([one]) for one in reduced]
    assert not any(isinstance(one, Undecided) for one in found)
    return [isinstance(one, Unsat) for one in found]


def _invariant(request: Request, entries: Entries) -> Invariant:
    """The one request, as the scope of an invariant."""
    when = ConditionAnd(tuple(held for key, value in entries.items() for held in _conditions(key, value)))
    return Invariant("request", Expectation.REFUSED, _caller(request), (Text(request.action),), None, when)


def _caller(request: Request) -> CallerSet:
    caller = request.caller
    name = Text(caller.principal_arn)
    if caller.kind is CallerKind.SERVICE:
        return ServiceLike(name)
    issuer = (IssuedBy(PrincipalLike(Text(caller.issuer))),) if caller.issuer is not None else ()
    session = (SessionLike(Text(caller.arn)),) if caller.kind is CallerKind.ROLE else ()
    return CallersAnd((PrincipalLike(name), OfKind(caller.kind), *issuer, *session))


def _conditions(key: str, value: Value | None) -> Iterator[Holds]:
    """Conditions that together hold of exactly the requests with this value."""
    if value is None:
        yield _holds("Null", key, ("true",))
    elif isinstance(value, tuple):
        yield _holds("ForAllValues:StringEquals", key, value)
        yield from (_holds("ForAnyValue:StringEquals", key, (one,)) for one in value)
    else:
        known = reference.condition_key(key)
        yield _holds(_OPERATORS.get(known.type, "StringEquals") if known else "StringEquals", key, (value,))


@cache
def _holds(operator: str, key: str, values: tuple[str, ...]) -> Holds:
    block = {operator: {key: list(values)}}
    return Holds(
        policy(own(Condition=block), kind=PolicyKind.IDENTITY, identity="request#context").statements[0].conditions[0]
    )
