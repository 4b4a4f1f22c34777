"""One request as a point of its question: what may change in it, and what counts as one change.

In: an estate and a request. Out: `Point`: a question whose classes tell the request's own values from all others, and
its parts.
Guarantee: a part is unchanged iff what it stands for has the very value that the request gives (up to texts of numbers,
dates and addresses that no policy tells apart). What the request leaves open is part of nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from verifier.frozen import Frozen
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
from verifier.model.operators import FOR_ANY
from verifier.model.policy import Condition, Operator, Text
from verifier.model.reference import ValueType, condition_key
from verifier.model.request import CallerKind, Request, Value, strings_of
from verifier.problem.asking import ask
from verifier.problem.diagrams.finite import In
from verifier.problem.expression import FALSE, TRUE, Expression, Symbol, conjunction, disjunction, literal, same
from verifier.problem.facts.shared import VIA
from verifier.problem.question import Question
from verifier.problem.semantics.keyless import RETIRING
from verifier.problem.semantics.targets import FACT_FIELDS, TargetKind
from verifier.problem.space import PAIR_PREFIX
from verifier.problem.subjects import target_of
from verifier.verify.explanation.symbolic_values import Undetermined, concrete_values, fact_combinations, lowered
from verifier.witness.pairs import SET_OF_NAMES
from verifier.witness.request import pair_key
from verifier.witness.untabled import Concrete

_Found = str | tuple[str, ...] | None
"""The value of one attribute; `None` is absent."""
CALLER_CHANGE, ACTION_CHANGE, NETWORK_CHANGE = "caller", "action", "network"

_OF_CALLER = ("principal", "session", "issuer", "userid")
"""The attributes that say who calls."""
_ABOUT_CALLER = (
    "aws:principal",
    "aws:multifactorauth",
    "aws:tokenissuetime",
    "aws:username",
    "aws:userid",
    "kms:calleraccount",
)
"""How the keys begin that go with the caller: where that changes, what becomes of them is no change of its own."""
_ABOUT_NETWORK = ("aws:sourceip", "aws:sourcevpc", "aws:vpce", "aws:vpcsourceip")
"""How the keys begin that say where a request comes from (F4): with the VPC endpoint most of them change."""
_PART_OF = dict.fromkeys(FACT_FIELDS, "facts") | dict.fromkeys(("aws:currenttime", "aws:epochtime"), "time")
_PART_OF |= {"aws:requestedregion": "region", "resource": RETIRING}
"""The parts that have other names than the condition keys that show them."""
_TEXTS = (ValueType.STRING, ValueType.ARN)
"""The types of keys whose values can be told apart by `StringEquals`; others keep the comparisons of policies."""


class CountedChange(Frozen):
    """What counts as one change: its name, and whether it has changed."""

    name: str
    changed: Expression


class Point(Frozen):
    """A request in its question. `values` are those of its attributes, without the ones that it leaves open."""

    question: Question
    request: Request
    values: Concrete
    parts: tuple[CountedChange, ...]
    same_key: Expression
    """The facts of the key are among those that fit what the request says of them: the key stays the same."""


def point_of(estate: Estate, request: Request) -> Point:
    """The point of a request. Raises `Undetermined` for one that it cannot hold, such as one with session policies."""
    question = ask(estate, target_of(estate, request), [_itself(request)], beyond=True)
    values = concrete_values(question, request)
    parts = tuple(_parts(question, values, lowered(request)))
    return Point(question, request, values, parts, _same_key(question, request, values))


# -- the classes --


def _itself(request: Request) -> Invariant:
    """An invariant about this very request, so that its values become classes of their own. It is never decided."""
    arn, caller = request.caller.principal_arn, request.caller
    named: list[CallerSet] = [ServiceLike(Text(arn)) if caller.kind is CallerKind.SERVICE else PrincipalLike(Text(arn))]
    if caller.kind is CallerKind.ROLE:
        named.append(SessionLike(Text(caller.arn)))
    conditions = tuple(Holds(_test(key, value)) for key, value in request.context)
    return Invariant(
        "", Expectation.REFUSED, CallersAnd(tuple(named)), (Text(request.action),), None, ConditionAnd(conditions)
    )


def _test(key: str, value: Value) -> Condition:
    known = condition_key(key)
    if known is not None and known.type not in _TEXTS:
        return Condition(Operator("Null", None, False), Text(key), (Text("false"),))
    values = strings_of(value)
    several = len(values) != 1 or (known is not None and known.multivalued)
    escaped = tuple(Text(value.replace("$", "${$}")) for value in values)
    return Condition(Operator("StringEquals", FOR_ANY if several else None, False), Text(key), escaped)


# -- the parts --


def follows_caller(key: str) -> bool:
    """True iff a condition key, whatever its case, tells something of the caller."""
    return key.lower().startswith(_ABOUT_CALLER)


def part_of(key: str) -> str:
    """The name of the part that an attribute or a condition key, in lower case, belongs to: a pair is one part."""
    if key.startswith(PAIR_PREFIX):
        return pair_key(key)
    return NETWORK_CHANGE if key.startswith(_ABOUT_NETWORK) else _PART_OF.get(key, key)


def _parts(question: Question, values: Concrete, given: Collection[str]) -> Iterator[CountedChange]:
    """Each attribute is a part; those of the caller are one, and so are those of the network. What follows is none."""
    changed = {name: ~conjunction(having_value(question, name, value)) for name, value in values.items()}
    caller = disjunction(changed[name] for name in _OF_CALLER if name in changed)
    yield CountedChange(CALLER_CHANGE, caller)
    network = disjunction(own for name, own in changed.items() if part_of(name) == NETWORK_CHANGE)
    yield CountedChange(NETWORK_CHANGE, network)
    for name, own in _by_pair(changed).items():
        of_key = name == "facts" and question.space.target.kind is TargetKind.KEY
        if name in _OF_CALLER or part_of(name) == NETWORK_CHANGE or of_key:
            continue
        if name in SET_OF_NAMES.values():
            yield CountedChange(name, _other_names(question, values, name, changed))
        elif name == VIA and VIA not in given:
            yield CountedChange(name, _not_as_supposed(question))
        elif follows_caller(name) or name.endswith("#service"):
            yield CountedChange(name, conjunction([own, ~caller]))
        else:
            yield CountedChange(name, own)


def is_about_names(part: str, key: str) -> bool:
    """True iff a part is about the names of pairs, and a key is such a pair or lists them."""
    return any(
        part == names and (key.lower().startswith(prefix) or key.lower() == names)
        for prefix, names in SET_OF_NAMES.items()
    )


def names_pair(names: str, key: str) -> bool:
    """True iff a condition key is a pair of those whose names another one lists, whatever their case."""
    return any(listing == names.lower() and key.lower().startswith(prefix) for prefix, listing in SET_OF_NAMES.items())


def lists_names(key: str) -> bool:
    """True iff a condition key, whatever its case, lists the names of pairs."""
    return key.lower() in SET_OF_NAMES.values()


def _same_key(question: Question, request: Request, values: Concrete) -> Expression:
    if question.space.target.kind is not TargetKind.KEY:
        return TRUE
    if "facts" in values:
        return conjunction(having_value(question, "facts", values["facts"]))
    return conjunction(fitting(question, request))


def _not_as_supposed(question: Question) -> Expression:
    """True iff `aws:ViaAWSService` is other than what follows from the keys that only a service's request has (F5). A
    request that does not give it has what follows."""
    finite = question.finite
    signs: list[Expression] = [Symbol(held) for held in finite.held.get("aws:calledvia", ())]
    for name, value in (("kms:viaservice", None), ("kms:grantisforawsresource", "true")):
        table = finite.tables.get(name)
        if table is not None:
            number = table.class_of(value) if value is not None else None
            signs.append(In(name, (1 << table.size) - 1 if value is None else 0 if number is None else 1 << number))
    table = finite.tables[VIA]
    true = table.class_of("true")
    by_caller = question.space.is_principal  # a service's own request is forwarded for nobody
    of_caller = In(by_caller.attribute, finite.tables[by_caller.attribute].mask(by_caller.predicate))
    forwarded = disjunction(signs) & of_caller
    return FALSE if true is None else ~same(In(VIA, 1 << true), forwarded)


def _other_names(question: Question, values: Concrete, names: str, changed: dict[str, Expression]) -> Expression:
    """True iff names that no pair of the question has are added or taken away. What becomes of the names of its pairs
    follows from these."""
    if names not in question.finite.held:
        return changed[names]
    prefix = next(prefix for prefix, found in SET_OF_NAMES.items() if found == names)
    table = question.finite.tables[names]
    pairs = _by_pair(changed)
    held = {table.class_of(name) for name in values[names] or ()}
    return disjunction(
        conjunction(
            [
                literal(symbol, index not in held),
                ~disjunction(pairs.get(prefix + name.lower(), FALSE) for name in table.members(index, 1)),
            ]
        )
        for index, symbol in enumerate(question.finite.held[names])
    )


def _by_pair(changed: Mapping[str, Expression]) -> dict[str, Expression]:
    """What has changed, with all that is said of one pair together."""
    found: dict[str, list[Expression]] = {}
    for name, expression in changed.items():
        found.setdefault(pair_key(name) if name.startswith(PAIR_PREFIX) else name, []).append(expression)
    return {name: disjunction(expressions) for name, expressions in found.items()}


# -- values in the finite problem --


def having_value(question: Question, name: str, value: _Found) -> Iterator[Expression]:
    """Together they say that an attribute has a value, or one that no test tells from it. Raises `Undetermined`."""
    if name in question.finite.lazy:
        yield from _lazy(question, name, value)
    elif name in question.finite.held:
        yield from _set(question, name, value)
    elif name in question.finite.tables:
        yield from _single(question, name, value)


def _single(question: Question, name: str, value: _Found) -> Iterator[Expression]:
    finite = question.finite
    table = finite.tables[name]
    number = table.size if value is None else table.class_of(str(value))
    if number is None or (value is None and not finite.optional[name]):
        raise Undetermined(f"{name} = {value!r}")
    if finite.width(name) > 1:
        yield In(name, 1 << number)


def _set(question: Question, name: str, value: _Found) -> Iterator[Expression]:
    held = {question.finite.tables[name].class_of(v) for v in (value or ())}
    if None in held:
        raise Undetermined(f"{name} = {value!r}")
    for index, symbol in enumerate(question.finite.held[name]):
        yield Symbol(symbol) if index in held else ~Symbol(symbol)


def _lazy(question: Question, name: str, value: _Found) -> Iterator[Expression]:
    lazy = question.finite.lazy[name]
    if name in question.finite.lazy_sets:
        for some, symbol in question.finite.lazy_sets[name].items():
            holds = any(any(p.matches(v) for p in some.predicates) == some.inside for v in value or ())
            yield Symbol(symbol) if holds else ~Symbol(symbol)
        return
    if lazy.present is not None:
        yield Symbol(lazy.present) if value is not None else ~Symbol(lazy.present)
    for predicate, symbol in lazy.symbols.items():
        yield Symbol(symbol) if isinstance(value, str) and predicate.matches(value) else ~Symbol(symbol)


def fitting(question: Question, request: Request) -> Iterator[Expression]:
    """The facts of the key are among those that fit what the request says (U3). Raises `Undetermined` where none do."""
    found = fact_combinations(question, lowered(request))
    if not found:
        raise Undetermined("facts of the key that do not go together")
    if question.finite.width("facts") > 1:
        listed = question.space.attributes["facts"].values or ()
        yield In("facts", sum(1 << index for index, text in enumerate(listed) if text in found))
