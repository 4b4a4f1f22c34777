"""Concrete values → a request that people can read, with nothing in its context that it does not need.

In: a question and the values of its attributes. Out: `Request`.
Guarantee: the request has exactly those values; keys that follow from the caller and the key (F1, F2, F8) are left to be filled in.
"""

from __future__ import annotations

from collections.abc import Iterator

from verifier.model.reference import condition_key
from verifier.model.request import Caller, CallerKind, Request, Value
from verifier.problem.question import Question
from verifier.problem.space import FACT_FIELDS, Space, TargetKind, View
from verifier.problem.tables import instant_text
from verifier.witness.values import Concrete

_INTERNAL = frozenset({"principal", "userid", "issuer", "action", "facts", "region", "time"})
_SESSION = "example"


def build(question: Question, values: Concrete) -> Request:
    """The request with these values."""
    space = question.space
    action = values["action"]
    assert isinstance(action, str)
    return Request(caller(values), action, space.target.resource, tuple(_context(question, values)))


def caller(values: Concrete) -> Caller:
    """Who makes the request."""
    arn = values["principal"]
    assert isinstance(arn, str)
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
        root = f"arn:{arn.split(':')[1]}:iam::{account}:root"
        return Caller(CallerKind.FEDERATED, arn, account, issuer=_issuer(issuer, account, root))
    user_id = values.get("userid")
    session = user_id.split(":", 1)[1] if isinstance(user_id, str) and ":" in user_id else _SESSION
    return Caller(CallerKind.ROLE, arn, account, session=session)


def _issuer(issuer: str | tuple[str, ...] | None, account: str, root: str) -> str:
    """The issuer in the caller's own account: a sample from elsewhere stands for any issuer of its kind."""
    if not isinstance(issuer, str):
        return root
    fields = issuer.split(":")
    return ":".join((*fields[:4], account, *fields[5:]))


def _context(question: Question, values: Concrete) -> Iterator[tuple[str, Value]]:
    space = question.space
    names = _pair_names(space, question, values)
    for name in space.attributes:
        value = values.get(name)
        if name in _INTERNAL or value is None or "#" in name or name in ("kms:encryptioncontextkeys", "aws:tagkeys"):
            continue
        if name.startswith(("kms:encryptioncontext:", "aws:requesttag/")):
            yield names[name], value
        elif condition_key(name) is not None and _is_date(name) and isinstance(value, str):
            yield spelled(space, name), instant_text(value)
        else:
            yield spelled(space, name), value
    yield from _other_pairs(question, values, names)
    yield from _derived(space, values)


def _is_date(name: str) -> bool:
    known = condition_key(name)
    return known is not None and known.type.value == "Date"


def spelled(space: Space, name: str) -> str:
    """A condition key as the policies spell it, or as the documentation does."""
    known = condition_key(name)
    if known is None or known.prefix is not None:
        return space.spellings.get(name, name)
    return known.name


def _derived(space: Space, values: Concrete) -> Iterator[tuple[str, Value]]:
    """Keys that are computed from attributes and that nothing else tells: key facts that are not given, the moment, the Region, user IDs."""
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

_SETS = {"kms:encryptioncontext:": "kms:encryptioncontextkeys", "aws:requesttag/": "aws:tagkeys"}


def _pair_names(space: Space, question: Question, values: Concrete) -> dict[str, str]:
    """How each pair's name is spelled: as a name that the set of names holds, where something asks for it (F7)."""
    found = {}
    for prefix, names in _SETS.items():
        held = values.get(names)
        for attribute in space.attributes:
            if attribute.startswith(prefix) and values.get(attribute) is not None:
                wanted = attribute.removeprefix(prefix)
                spelling = space.spellings.get(attribute, attribute)
                own = spelling[len(prefix) :]
                choices = dict.fromkeys((own, wanted, wanted.upper(), wanted.capitalize()))
                if isinstance(held, tuple):
                    own = next((c for c in choices if _is_held(question, names, c, held)), own)
                found[attribute] = spelling[: len(prefix)] + own
    return found


def _is_held(question: Question, names: str, name: str, held: tuple[str, ...]) -> bool:
    table = question.finite.tables.get(names)
    if table is None:
        return name in held
    return any(table.class_of(name) == table.class_of(member) for member in held)


def _other_pairs(question: Question, values: Concrete, named: dict[str, str]) -> Iterator[tuple[str, Value]]:
    """The names that are held beside those of the pairs above, each with some value, and the set of names itself."""
    space = question.space
    for prefix, names in _SETS.items():
        held = values.get(names)
        if not isinstance(held, tuple):
            continue
        own = [spelling[len(prefix) :] for attribute, spelling in named.items() if attribute.startswith(prefix)]
        table = question.finite.tables.get(names)
        classes = {table.class_of(name) for name in own} if table is not None else set()
        others = [name for name in held if (table.class_of(name) not in classes if table is not None else name not in own)]
        shown = "kms:EncryptionContext:" if prefix.startswith("kms") else "aws:RequestTag/"
        yield from ((shown + name, "example") for name in others)
        yield spelled(space, names), tuple(dict.fromkeys((*own, *others)))
