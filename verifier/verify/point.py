"""One request as a point of its question: what may change in it, and what counts as one change.

In: an estate and a request. Out: `Point`: a question whose classes tell the request's own values from all others, and its parts.
Guarantee: a part is unchanged iff what it stands for has the very value that the request gives (up to texts of numbers, dates and
addresses that no policy tells apart). What the request leaves open is part of nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from verifier.model.estate import Estate
from verifier.model.invariant import (
    CallersAnd,
    CallerSet,
    ConditionAnd,
    Expectation,
    Holds,
    Invariant,
    PrincipalLike,
    ServiceLike,
    SessionLike,
)
from verifier.model.policy import Condition, Operator, Text
from verifier.model.reference import ValueType, condition_key
from verifier.model.request import CallerKind, Request, Value
from verifier.problem.expression import FALSE, Expression, Symbol, conjunction, disjunction, negation
from verifier.problem.facts_shared import VIA
from verifier.problem.finite import In
from verifier.problem.question import Question, ask
from verifier.problem.space import OTHER_SPELLING, PAIR_PREFIX
from verifier.verify.symbolic import target_of
from verifier.verify.symbolic_constraints import has_value
from verifier.verify.symbolic_values import concrete_values
from verifier.witness.values import Concrete

CALLER, ACTION = "caller", "action"

_OF_CALLER = ("principal", "session", "issuer", "userid")
"""The attributes that say who calls."""
_ABOUT_CALLER = ("aws:principal", "aws:multifactorauth", "aws:tokenissuetime", "aws:username", "aws:userid", "kms:calleraccount")
"""How the keys begin that go with the caller: where the caller changes, what becomes of them is no change of its own."""
_NAMES = {PAIR_PREFIX: "kms:encryptioncontextkeys", "aws:requesttag/": "aws:tagkeys"}
"""The sets of names that follow from pairs."""
_TEXTS = (ValueType.STRING, ValueType.ARN)
"""The types of keys whose values can be told apart by `StringEquals`; other types keep the kinds of comparison that policies make."""


@dataclass(frozen=True)
class Part:
    """What counts as one change: its name, and whether it has changed."""

    name: str
    changed: Expression


@dataclass(frozen=True)
class Point:
    """A request in its question. `values` are those of its attributes, without the ones that it leaves open."""

    question: Question
    request: Request
    values: Concrete
    parts: tuple[Part, ...]


def point_of(estate: Estate, request: Request) -> Point:
    """The point of a request. Raises `Undetermined` for one that the problem cannot hold, such as one with session policies."""
    question = ask(estate, target_of(estate, request), [_itself(request)])
    values = concrete_values(question, request)
    return Point(question, request, values, tuple(_parts(question, values)))


# -- the classes --


def _itself(request: Request) -> Invariant:
    """An invariant that speaks of this very request, so that its values become classes of their own. It is never decided."""
    arn, caller = request.caller.principal_arn, request.caller
    named: list[CallerSet] = [ServiceLike(Text(arn)) if caller.kind is CallerKind.SERVICE else PrincipalLike(Text(arn))]
    named += [SessionLike(Text(caller.arn))] if caller.kind is CallerKind.ROLE else []
    conditions = tuple(Holds(_test(key, value)) for key, value in request.context)
    return Invariant("", Expectation.REFUSED, CallersAnd(tuple(named)), (Text(request.action),), None, ConditionAnd(conditions))


def _test(key: str, value: Value) -> Condition:
    known = condition_key(key)
    if known is not None and known.type not in _TEXTS:
        return Condition(Operator("Null", None, False), Text(key), (Text("false"),))
    return _equals(key, *((value,) if isinstance(value, str) else value))


def _equals(key: str, *values: str) -> Condition:
    known = condition_key(key)
    several = len(values) != 1 or (known is not None and known.multivalued)
    escaped = tuple(Text(value.replace("$", "${$}")) for value in values)
    return Condition(Operator("StringEquals", "ForAnyValue" if several else None, False), Text(key), escaped)


# -- the parts --


def follows_caller(key: str) -> bool:
    """Whether a condition key, whatever its case, tells something of the caller."""
    return key.lower().startswith(_ABOUT_CALLER)


def _parts(question: Question, values: Concrete) -> Iterator[Part]:
    """Each attribute is a part, but for those of the caller, which are one together, and those that follow from others."""
    changed = {name: _changed(question, values, name) for name in values}
    caller = disjunction(changed[name] for name in _OF_CALLER if name in changed)
    yield Part(CALLER, caller)
    for name, own in changed.items():
        if name in _OF_CALLER or name == "facts":
            continue
        if name in _NAMES.values():
            yield from _other_names(question, values, name, changed)
        elif name == VIA:
            yield Part(name, _not_as_supposed(question, values))
        elif follows_caller(name) or name.endswith("#service"):
            yield Part(name, conjunction([own, negation(caller)]))
        else:
            yield Part(name, own)


def _changed(question: Question, values: Concrete, name: str) -> Expression:
    return negation(conjunction(has_value(question, name, values[name])))


def _not_as_supposed(question: Question, values: Concrete) -> Expression:
    """Whether `aws:ViaAWSService` changes beyond what follows from `kms:ViaService` (F5): a request need not say what follows."""
    changed = _changed(question, values, VIA)
    through = values.get("kms:viaservice") is not None
    table = question.finite.tables.get("kms:viaservice")
    if table is None or "kms:viaservice" not in values or (values[VIA] == "true") != through:
        return changed
    present = In("kms:viaservice", (1 << table.size) - 1)
    follows = negation(present) if through else present
    return conjunction([changed, negation(follows)])


def _other_names(question: Question, values: Concrete, names: str, changed: dict[str, Expression]) -> Iterator[Part]:
    """A name that no pair of the question has, added or taken away: one part for each class of such names. Those of pairs follow."""
    if names not in question.finite.held:
        yield Part(names, changed[names])
        return
    prefix = next(prefix for prefix, found in _NAMES.items() if found == names)
    table, held = question.finite.tables[names], values[names] or ()
    pairs: dict[int | None, list[Expression]] = {}
    for attribute, expression in changed.items():
        if attribute.startswith(prefix) and not attribute.endswith(OTHER_SPELLING):
            pairs.setdefault(table.class_of(attribute[len(prefix) :]), []).append(expression)
    kept = {table.class_of(name) for name in held}
    for index, symbol in enumerate(question.finite.held[names]):
        yield Part(f"{names} {index}", conjunction([_flipped(symbol, index in kept), negation(disjunction(pairs.get(index, [FALSE])))]))


def _flipped(symbol: str, held: bool) -> Expression:
    return negation(Symbol(symbol)) if held else Symbol(symbol)
