"""One concrete request, decided by `problem`: the other reading of the rules, held against `evaluate` by the tests.

In: an estate and a request. Out: `Outcome`. Guarantee: the request's values are fixed and the problem is solved as for a proof; the facts
of section 6 are not asserted, since a context that could not be sent is decided all the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from verifier.model.estate import Estate, Identity
from verifier.model.readings import SESSION_ALLOW
from verifier.model.reference import condition_key
from verifier.model.request import CallerKind, Outcome, Request, Value
from verifier.problem.domains import Attribute
from verifier.problem.expression import Expression, Symbol, disjunction, implies, negation
from verifier.problem.finite import In
from verifier.problem.question import Question, ask
from verifier.problem.space import OTHER_SPELLING, PAIR_PREFIX
from verifier.problem.targets import FACT_FIELDS, Target, TargetKind, key_target
from verifier.problem.values import parse_instant
from verifier.solve.z3_solver import Result, Sat, Session, Undecided
from verifier.syntax.diagnostic import InputError
from verifier.witness.values import Concrete


class Undetermined(Exception):
    """The request has a value that the problem cannot represent, or the solver gave up."""


def decide_symbolically(estate: Estate, request: Request, assignment: Mapping[str, bool] | None = None) -> Outcome:
    """The outcome for one request: allowed in every reading, refused in every reading, or it depends.

    `assignment` fixes symbols, as for `evaluate`. Raises `Undetermined` where the problem cannot hold the request.
    """
    return Decider(estate).decide(request, assignment)


class Decider:
    """Decides requests against one estate; those on one target share its question."""

    def __init__(self, estate: Estate) -> None:
        self._estate = estate
        self._questions: dict[Target, Question] = {}
        self._sessions: dict[Request, list[tuple[bool, Session]]] = {}

    def decide(self, request: Request, assignment: Mapping[str, bool] | None = None) -> Outcome:
        """As `decide_symbolically`."""
        question = self._question(request)
        held = {SESSION_ALLOW: False, **(assignment or {})}
        fixed = [Symbol(name) if value else negation(Symbol(name)) for name, value in held.items()]
        solvers = self._solvers(question, request)
        # Of several, one for each value of a reading, those count whose value is not ruled out.
        sessions = [session for carried, session in solvers if len(solvers) == 1 or held.get(KEYLESS, carried) == carried]
        allow = any(_possible(session.check([question.allowed, *fixed])) for session in sessions)
        refuse = any(_possible(session.check([negation(question.allowed), *fixed])) for session in sessions)
        if allow and refuse:
            _refuse_unsupported(question)
            return Outcome.DEPENDS
        return Outcome.ALLOW if allow else Outcome.DENY

    def _question(self, request: Request) -> Question:
        """The question about the request's target."""
        target = target_of(self._estate, request)
        if target not in self._questions:
            self._questions[target] = ask(self._estate, target, ())
        return self._questions[target]

    def _solvers(self, question: Question, request: Request) -> list[tuple[bool, Session]]:
        """Solvers that know the request: without a key one for each value of the reading F1-keyless, which decides what it carries."""
        if request not in self._sessions:
            readings = (True,) if question.space.target.kind is TargetKind.KEY else (True, False)
            self._sessions = {request: [(carried, _solver(question, request, carried)) for carried in readings]}
        return self._sessions[request]


KEYLESS = "F1-keyless"


def _solver(question: Question, request: Request, carried: bool) -> Session:
    values = concrete_values(question, request)
    given = {name.lower() for name, _ in request.context}
    if not carried:
        values |= {name: None for name in _RESOURCE_ORGANIZATION if name in question.space.attributes and name not in given}
    constraints = [*_constraints(question, values), *_open_facts(question, request, values)]
    if question.space.target.kind is not TargetKind.KEY:
        constraints.append(Symbol(KEYLESS) if carried else negation(Symbol(KEYLESS)))
    return Session(question.finite, constraints, [question.allowed])


def _refuse_unsupported(question: Question) -> None:
    """A comparison that the problem leaves open is not a reading that the outcome may depend on."""
    for reason in (*question.space.unsupported.values(), *question.finite.unsupported.values()):
        raise Undetermined(reason)


def _possible(result: Result) -> bool:
    if isinstance(result, Undecided):
        raise Undetermined(result.reason)
    return isinstance(result, Sat)


def target_of(estate: Estate, request: Request) -> Target:
    """The target that a request is about."""
    resource = request.resource
    if resource is None:
        return Target(TargetKind.NONE, estate.keys[0].partition if estate.keys else "aws")
    key = next((key for key in estate.keys if key.arn == resource), None)
    if key is not None:
        return key_target(key)
    if ":alias/" in resource:
        _, partition, _, region, account, _ = resource.split(":", 5)
        return Target(TargetKind.ALIAS, partition, account, region, resource)
    raise InputError.of(f"{resource} is not a key of the input")


def concrete_values(question: Question, request: Request) -> Concrete:
    """The value of each attribute in a request; attributes that the request leaves open are missing."""
    context = _lowered(request)
    values: Concrete = {}
    for name, attribute in question.space.attributes.items():
        found = _value(question, request, context, name, attribute)
        if found is not _OPEN:
            values[name] = found  # type: ignore[assignment]
    return values


def _lowered(request: Request) -> dict[str, Value]:
    """The context by lower-case key, but for the names of the encryption context, which differ by case (F7)."""
    context: dict[str, Value] = {}
    for name, value in request.context:
        lowered = name.lower()
        if lowered.startswith(PAIR_PREFIX):
            lowered = PAIR_PREFIX + name[len(PAIR_PREFIX) :]
        context[lowered] = value
    return context


_OPEN = object()
"""The value of an attribute that the request leaves open."""


def _value(question: Question, request: Request, context: Mapping[str, Value], name: str, attribute: Attribute) -> object:
    caller = request.caller
    match name:
        case "principal":
            return caller.principal_arn
        case "action":
            return request.action.lower()
        case "issuer":
            if caller.kind is not CallerKind.FEDERATED:
                return None
            return caller.issuer.split(":", 5)[5] if caller.issuer is not None else _OPEN
        case "userid":
            return _user_id(question, request, context)
        case "facts":
            return _facts(question, context)
        case "time":
            moment = context.get("aws:epochtime", context.get("aws:currenttime"))
            return str(parse_instant(moment)) if isinstance(moment, str) else _OPEN
        case "region":
            return context.get("aws:requestedregion", _OPEN)
    if name.endswith("#service"):
        return context.get(name.removesuffix("#service")) if caller.kind is CallerKind.SERVICE else None
    if name.endswith(OTHER_SPELLING):
        return _other_spelling(question, context, name.removesuffix(OTHER_SPELLING))
    value = context.get(name)
    if value is None and name in ("kms:encryptioncontextkeys", "aws:tagkeys"):
        prefix = PAIR_PREFIX if name.startswith("kms") else "aws:requesttag/"
        return tuple(key[len(prefix) :] for key, _ in request.context if key.lower().startswith(prefix)) or None
    if value is None and name == "aws:principalservicenameslist" and caller.kind is CallerKind.SERVICE:
        return (caller.principal_arn,)  # it follows from the caller (F5)
    if value is None and name in _ORGANIZATION_KEYS:
        return _organization(question, request, context, name)
    if value is None and name in ("aws:calledviafirst", "aws:calledvialast"):
        chain = context.get("aws:calledvia")
        return chain[0 if name.endswith("first") else -1] if isinstance(chain, tuple) and chain else chain
    if value is None and name == "aws:viaawsservice":
        return "true" if caller.kind is not CallerKind.SERVICE and _called_by_service(context) else "false"
    if value is None and name.startswith("aws:principaltag/"):
        return _tag(question, request, name.removeprefix("aws:principaltag/"))
    if value is None and _unknown_fact(question, name):
        return _OPEN
    if attribute.multivalued:
        return (value,) if isinstance(value, str) else value or None
    return _as_number(name, value)


def _unknown_fact(question: Question, name: str) -> bool:
    """Whether this is about tags or aliases of the key that the input does not give (U3)."""
    key = question.space.target.key
    return key is not None and (
        (key.tags is None and name.startswith("aws:resourcetag/")) or (key.aliases is None and name == "kms:resourcealiases")
    )


def _called_by_service(context: Mapping[str, Value]) -> bool:
    """F5: what only a service that calls on the caller's behalf sends."""
    return "kms:viaservice" in context or bool(context.get("aws:calledvia")) or context.get("kms:grantisforawsresource") == "true"


def _other_spelling(question: Question, context: Mapping[str, Value], name: str) -> object:
    """The value of a pair whose name differs only in case from those that policies ask for."""
    used = question.space.pair_names.get(name, ())
    found = [value for key, value in context.items() if key.lower() == name and key not in used]
    if len(set(found)) > 1:
        raise Undetermined(f"several spellings of {name}")
    return found[0] if found else None


_ORGANIZATION_KEYS = {
    "aws:principalorgid": "principal",
    "aws:principalorgpaths": "principal",
    "aws:resourceorgid": "resource",
    "aws:resourceorgpaths": "resource",
    "aws:sourceorgid": "aws:sourceaccount",
    "aws:sourceorgpaths": "aws:sourceaccount",
    "aws:vpceorgid": "aws:vpceaccount",
    "aws:vpceorgpaths": "aws:vpceaccount",
}


_RESOURCE_ORGANIZATION = ("aws:resourceorgid", "aws:resourceorgpaths")


def _organization(question: Question, request: Request, context: Mapping[str, Value], name: str) -> object:
    """F2: a function of the account, where the organization is given."""
    organization = question.space.estate.organization
    owner = _ORGANIZATION_KEYS[name]
    account = request.caller.account if owner == "principal" else context.get(owner)
    if owner == "resource":
        account = _resource_account(question, request)
    paths = dict(organization.accounts) if organization is not None else {}
    if organization is None or account not in paths:
        return None
    if name.endswith("id"):
        return organization.id
    path = paths[str(account)]
    return (path,) if path is not None else _OPEN


def _resource_account(question: Question, request: Request) -> str | None:
    """Who owns the resource; without a key the request carries it only by the reading F1-keyless, and it is the caller's account."""
    target = question.space.target
    return target.account if target.kind is not TargetKind.NONE else request.caller.account


def _as_number(name: str, value: Value | None) -> Value | None:
    known = condition_key(name)
    if known is not None and known.type.value == "Date" and isinstance(value, str):
        return str(parse_instant(value))
    return value


def _user_id(question: Question, request: Request, context: Mapping[str, Value]) -> object:
    caller = request.caller
    given = context.get("aws:userid")
    if caller.kind not in (CallerKind.USER, CallerKind.ROLE):
        return None
    if isinstance(given, str):
        return given
    known = next((i.unique_id for i in _identities(question) if i.arn == caller.principal_arn), None)
    start = known or ("AIDA" if caller.kind is CallerKind.USER else "AROA") + "NOTGIVEN"
    return start if caller.kind is CallerKind.USER else f"{start}:{caller.session}"


def _identities(question: Question) -> Iterator[Identity]:
    for account in question.space.estate.accounts:
        yield from account.users
        yield from account.roles


def _tag(question: Question, request: Request, wanted: str) -> str | None:
    for identity in _identities(question):
        if identity.arn == request.caller.principal_arn:
            return next((value for key, value in identity.tags if key.lower() == wanted), None)
    return None


def _facts(question: Question, context: Mapping[str, Value]) -> object:
    if question.space.target.kind is not TargetKind.KEY and not any(name in context for name in FACT_FIELDS):
        return None
    fitting = _fitting_facts(question, context)
    if question.space.target.kind is not TargetKind.KEY:
        return fitting[0] if fitting else None
    return fitting[0] if len(fitting) == 1 else _OPEN


def _fitting_facts(question: Question, context: Mapping[str, Value]) -> list[str]:
    """The combinations of key facts that have what the request says of them (U3)."""
    given = {index: context[name] for name, index in FACT_FIELDS.items() if name in context}
    listed = question.space.attributes["facts"].values or ()
    return [text for text in listed if all(text.split("|")[index] == value for index, value in given.items())]


def _open_facts(question: Question, request: Request, values: Concrete) -> Iterator[Expression]:
    """What holds of attributes that the request leaves open: a member of the organization has a path (F2), and the facts of a key are
    among those that fit what the request says of them."""
    for name in _ORGANIZATION_KEYS:
        if name in question.finite.held and name not in values:
            yield disjunction(Symbol(held) for held in question.finite.held[name])
    if "facts" in values or "facts" not in question.finite.tables:
        return
    fitting = _fitting_facts(question, _lowered(request))
    if not fitting:
        raise Undetermined("facts of the key that do not go together")
    if question.finite.width("facts") > 1:
        listed = question.space.attributes["facts"].values or ()
        yield In("facts", sum(1 << index for index, text in enumerate(listed) if text in fitting))


def _constraints(question: Question, values: Concrete) -> Iterator[Expression]:
    finite = question.finite
    for name, value in values.items():
        if name in finite.lazy:
            yield from _lazy(question, name, value)
        elif name in finite.held:
            table = finite.tables[name]
            held = {table.class_of(v) for v in (value or ())}
            if None in held:
                raise Undetermined(f"{name} = {value!r}")
            for index, symbol in enumerate(finite.held[name]):
                yield Symbol(symbol) if index in held else negation(Symbol(symbol))
        elif name in finite.tables:
            table = finite.tables[name]
            chosen = table.size if value is None else table.class_of(str(value))
            if chosen is None or (value is None and not finite.optional[name]):
                raise Undetermined(f"{name} = {value!r}")
            if finite.width(name) > 1:
                yield In(name, 1 << chosen)
    for symbol, relation in question.space.relations.items():
        if any(base in question.space.attributes and base not in values for view in relation.views for base in view.bases):
            continue  # a comparison with something that the request leaves open
        for wild in (False, True):
            reading = Symbol("L7-wildcards") if wild else negation(Symbol("L7-wildcards"))
            holds = relation.holds(values, {"L7-wildcards": wild})
            yield implies(reading, Symbol(symbol) if holds else negation(Symbol(symbol)))


def _lazy(question: Question, name: str, value: str | tuple[str, ...] | None) -> Iterator[Expression]:
    lazy = question.finite.lazy[name]
    if name in question.finite.lazy_sets:
        for some, symbol in question.finite.lazy_sets[name].items():
            holds = any(any(p.matches(v) for p in some.predicates) == some.inside for v in value or ())
            yield Symbol(symbol) if holds else negation(Symbol(symbol))
        return
    if lazy.present is not None:
        yield Symbol(lazy.present) if value is not None else negation(Symbol(lazy.present))
    for predicate, symbol in lazy.symbols.items():
        yield Symbol(symbol) if isinstance(value, str) and predicate.matches(value) else negation(Symbol(symbol))
