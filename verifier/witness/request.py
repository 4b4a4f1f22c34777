"""Concrete values → a request that people can read, with nothing in its context that it does not need.

In: a question and the values of its attributes. Out: `Request`.
Guarantee: the request has exactly those values; keys that follow from the caller and the key (F1, F2, F8) are left to be filled in.
"""

from __future__ import annotations

from collections.abc import Iterator

from verifier.model.reference import action as reference_action
from verifier.model.reference import condition_key
from verifier.model.request import Caller, CallerKind, Request, Value
from verifier.model.step_actions import step_action, step_key
from verifier.problem.domains import EPOCH_VALUED, ORDINARY_SESSION, WEB_PREFIX, is_date
from verifier.problem.facts_shared import VIA
from verifier.problem.keyless import LIST_RETIRABLE, RETIRING, service_of
from verifier.problem.question import Question
from verifier.problem.space import INTERNAL, MADE, OTHER_SPELLING, PAIR_PREFIX, Space
from verifier.problem.steps.resources import made_resource
from verifier.problem.tables import instant_text
from verifier.problem.targets import FACT_FIELDS, TargetKind
from verifier.problem.views import View
from verifier.witness.values import Concrete


def build(question: Question, values: Concrete) -> Request:
    """The request with these values."""
    action = values["action"]
    assert isinstance(action, str)
    known = reference_action(action) or step_action(action)
    who, name = caller(values), known.name if known is not None else action
    return Request(who, name, _resource(question, who, name, values), tuple(_context(question, values)))


def _resource(question: Question, who: Caller, name: str, values: Concrete) -> str | None:
    """What the request is about: the target, but for what it says itself (D9, E3)."""
    if name == LIST_RETIRABLE:
        return _retiring_principal(who, values)
    target = question.space.target
    if target.kind is not TargetKind.ACCOUNT:
        return target.resource
    made, region = values.get(MADE), values.get("region")
    return made_resource(target, name, made if isinstance(made, str) else None, region if isinstance(region, str) else "us-east-1")


def _retiring_principal(who: Caller, values: Concrete) -> str:
    """Whom the request asks about (D9): if nothing is asked of it, the caller itself."""
    last = values.get(RETIRING)
    if not isinstance(last, str):
        return who.arn
    return f"arn:{who.arn.split(':')[1]}:{service_of(last)}::{who.account}:{last}"


def absent_facts(question: Question, values: Concrete) -> Iterator[str]:
    """The facts that the input does not give of the key and that the values say it lacks (U3): a context cannot say so. Of a
    request of a step, the condition keys that it lacks (E2, E4)."""
    of_step = question.space.target.of_step
    for name in question.space.attributes:
        if of_step and name not in INTERNAL and values.get(name) is None:
            yield name
            continue
        if (name == "kms:resourcealiases" or name.startswith("aws:resourcetag/")) and values.get(name) is None:
            yield name
    facts = values.get("facts")
    if isinstance(facts, str) and not facts.split("|")[FACT_FIELDS["kms:multiregionkeytype"]]:
        yield "kms:multiregionkeytype"


def caller(values: Concrete) -> Caller:
    """Who makes the request."""
    arn = values["principal"]
    assert isinstance(arn, str)
    if arn.startswith(WEB_PREFIX):
        return Caller(CallerKind.WEB, arn.removeprefix(WEB_PREFIX))
    if not arn.startswith("arn:"):
        return Caller(CallerKind.SERVICE, arn)
    account, resource = arn.split(":", 5)[4:]
    if resource == "root":
        return Caller(CallerKind.ROOT, arn, account)
    kind = resource.split("/", 1)[0]
    if kind == "user":
        return Caller(CallerKind.USER, arn, account)
    if kind == "federated-user":
        issuer = values.get("issuer")
        return Caller(CallerKind.FEDERATED, arn, account, issuer=f"arn:{arn.split(':')[1]}:iam::{account}:{issuer or 'root'}")
    session = values.get("session")
    return Caller(CallerKind.ROLE, arn, account, session=session if isinstance(session, str) else ORDINARY_SESSION)


def _context(question: Question, values: Concrete) -> Iterator[tuple[str, Value]]:
    space = question.space
    names = _pair_names(question, values)
    for name in space.attributes:
        value = values.get(name)
        if name in INTERNAL or value is None or name in _SETS.values() or name.endswith("#service"):
            continue
        if name == VIA and value == ("true" if values.get("kms:viaservice") is not None else "false"):
            continue  # what evaluation supposes of a request that does not say it (F5)
        prefix = next((p for p in _SETS if name.startswith(p)), None)
        if prefix is not None:
            yield _SHOWN[prefix] + names[name], value
        elif is_date(name) and name not in EPOCH_VALUED and isinstance(value, str):
            yield spelled(space, name), instant_text(value)
        else:
            yield spelled(space, name), value
    yield from _other_pairs(question, values, names)
    yield from _derived(space, values)


def spelled(space: Space, name: str) -> str:
    """A condition key as the policies spell it, or as the documentation does."""
    known = condition_key(name) or step_key(name)
    if known is None or known.prefix is not None:
        return space.spellings.get(name, name)
    return known.name


def _derived(space: Space, values: Concrete) -> Iterator[tuple[str, Value]]:
    """Keys that are computed from attributes: key facts that are not given, the moment, the Region, user IDs."""
    facts_free = len(space.attributes["facts"].values or ()) > 1 if "facts" in space.attributes else False
    for (name, _), view in list(space.views()):
        if not isinstance(view, View):
            continue
        computed = name in FACT_FIELDS and facts_free or name in ("aws:currenttime", "aws:epochtime", "aws:userid")
        computed |= name == "aws:requestedregion" and space.target.kind is not TargetKind.KEY
        service = any(base.endswith("#service") for base in view.bases) and not str(values["principal"]).startswith("arn:")
        if computed or service:
            value = view.value(values)
            if value is not None:
                yield spelled(space, name), value


# -- the encryption context, and request tags --

_SETS = {PAIR_PREFIX: "kms:encryptioncontextkeys", "aws:requesttag/": "aws:tagkeys"}
_SHOWN = {PAIR_PREFIX: "kms:EncryptionContext:", "aws:requesttag/": "aws:RequestTag/"}


def _pair_names(question: Question, values: Concrete) -> dict[str, str]:
    """The name of each pair that is present: as its attribute says, or else as the set of names holds it (F7)."""
    found = {}
    for prefix, names in _SETS.items():
        held = values.get(names)
        for attribute in question.space.attributes:
            if attribute.startswith(prefix) and values.get(attribute) is not None:
                choices = list(_spellings(question, attribute, prefix))
                own = choices[0]
                if isinstance(held, tuple):
                    own = next((choice for choice in choices if _is_held(question, names, choice, held)), own)
                found[attribute] = own
    return found


def _spellings(question: Question, attribute: str, prefix: str) -> Iterator[str]:
    """The spellings that the name of a pair may have."""
    space = question.space
    name = attribute.removesuffix(OTHER_SPELLING)[len(prefix) :]
    if prefix == PAIR_PREFIX and not attribute.endswith(OTHER_SPELLING):
        yield name
        return
    used = {spelling[len(prefix) :] for spelling in space.pair_names.get(prefix + name, ())}
    own = space.spellings.get(attribute, prefix + name)[len(prefix) :]
    variants = [own, name, name.upper(), name.capitalize(), name[:-1] + name[-1:].upper(), name.swapcase(), name.title()]
    yield from dict.fromkeys(v for v in variants if v not in used and v.lower() == name)


def _is_held(question: Question, names: str, name: str, held: tuple[str, ...]) -> bool:
    table = question.finite.tables.get(names)
    if table is None:
        return name in held
    return any(table.class_of(name) == table.class_of(member) for member in held)


def _other_pairs(question: Question, values: Concrete, named: dict[str, str]) -> Iterator[tuple[str, Value]]:
    """The names that are held beside those of the pairs above, each with some value, and the set of names itself."""
    for prefix, names in _SETS.items():
        held = values.get(names)
        if not isinstance(held, tuple):
            continue
        own = [name for attribute, name in named.items() if attribute.startswith(prefix)]
        table = question.finite.tables.get(names)
        classes = {table.class_of(name) for name in own} if table is not None else set()
        others = [name for name in held if (table.class_of(name) not in classes if table is not None else name not in own)]
        yield from ((_SHOWN[prefix] + name, "example") for name in others)
        yield spelled(question.space, names), tuple(dict.fromkeys((*own, *others)))
