"""Concrete values → a request that people can read, with nothing in its context that it does not need.

In: a question and the values of its attributes. Out: `Request`.
Guarantee: the request has exactly those values; keys that follow from the caller and the key (F1, F2, F8) are left to
be filled in.
"""

from __future__ import annotations

from collections.abc import Iterator

from verifier.model.readings import WHICH_PAIR
from verifier.model.reference import action as reference_action
from verifier.model.request import Caller, CallerKind, Request, Value
from verifier.model.steps.actions import step_action
from verifier.model.symbols import SymbolValues
from verifier.problem.classes.attributes import ORDINARY_SESSION, WEB_PREFIX
from verifier.problem.classes.domains import EPOCH_VALUED, is_date
from verifier.problem.classes.tables import instant_text
from verifier.problem.facts.shared import FOR_RESOURCE, VIA
from verifier.problem.question import Question
from verifier.problem.semantics.keyless import LIST_RETIRABLE, RETIRING, service_of
from verifier.problem.semantics.targets import FACT_FIELDS, Target, TargetKind
from verifier.problem.space import EXACT_NAME, INTERNAL, MADE, OTHER_NAME, Space
from verifier.problem.steps.resources import fields_of
from verifier.problem.views import View
from verifier.witness.pairs import SET_OF_NAMES, PairsWithPrefix, spelled_key
from verifier.witness.untabled import Concrete


def pair_key(attribute: str) -> str:
    """The condition key, in lower case, that an attribute is a pair of."""
    return attribute.removesuffix(EXACT_NAME).removesuffix(OTHER_NAME).lower()


def build(question: Question, values: Concrete, symbols: SymbolValues) -> Request:
    """The request with these values, for readings as `symbols` have them; those that are not there are at no."""
    action = values["action"]
    assert isinstance(action, str)
    known = reference_action(action) or step_action(action)
    spellings = {one.lower(): one for one in question.space.known_actions}
    who, name = caller(values), known.name if known is not None else spellings.get(action, action)
    return Request(
        who,
        name,
        _resource(question, who, name, values),
        tuple(_context(question, values, symbols.get(WHICH_PAIR, False))),
    )


def _resource(question: Question, who: Caller, name: str, values: Concrete) -> str | None:
    """What the request is about: the target, but for what it says itself (D9, E3)."""
    if name == LIST_RETIRABLE:
        return _retiring_principal(who, values)
    target = question.space.target
    if target.kind is TargetKind.FEDERATED:
        return target.resource if name == "sts:GetFederationToken" else None
    if target.kind is not TargetKind.ACCOUNT:
        return target.resource
    made, region = values.get(MADE), values.get("region")
    return _made(
        target, name, made if isinstance(made, str) else None, region if isinstance(region, str) else "us-east-1"
    )


def _made(target: Target, action: str, last: str | None, region: str) -> str | None:
    """The ARN that a request is about, by its last field; one that people believe where nothing is asked of that.
    `None` for an action without resource."""
    found = step_action(action)
    if found is None or found.resource is None:
        return None
    service, start = fields_of(found)
    return f"arn:{target.partition}:{service}:{region}:{target.account}:{last or start + 'example'}"


def _retiring_principal(who: Caller, values: Concrete) -> str:
    """Whom the request asks about (D9): if nothing is asked of it, the caller itself."""
    last = values.get(RETIRING)
    if not isinstance(last, str):
        return who.arn
    return f"arn:{who.arn.split(':')[1]}:{service_of(last)}::{who.account}:{last}"


def absent_facts(question: Question, values: Concrete) -> Iterator[str]:
    """The facts that the input does not give of the key and that the values say it lacks (U3): a context cannot say so.
    Of a request of a step, the condition keys that it lacks (E2, E4)."""
    of_step = question.space.target.of_step
    for name in question.space.attributes:
        if of_step and name not in INTERNAL and values.get(name) is None:
            yield name
            if name.startswith("aws:resourcetag/"):
                yield f"iam{name.removeprefix('aws')}"  # the same tag under its other name (E1)
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
        return Caller(
            CallerKind.FEDERATED, arn, account, issuer=f"arn:{arn.split(':')[1]}:iam::{account}:{issuer or 'root'}"
        )
    session = values.get("session")
    return Caller(CallerKind.ROLE, arn, account, session=session if isinstance(session, str) else ORDINARY_SESSION)


def _context(question: Question, values: Concrete, last: bool) -> Iterator[tuple[str, Value]]:
    space = question.space
    pairs = {prefix: PairsWithPrefix(question, values, prefix) for prefix in SET_OF_NAMES}
    shown = set[str]()
    for name in space.attributes:
        value = values.get(name)
        if name in INTERNAL or value is None or name in SET_OF_NAMES.values() or name.endswith("#service"):
            continue
        said = values.get("kms:viaservice") is not None or values.get(FOR_RESOURCE) == "true"
        forwarded = said and str(values.get("principal")).startswith("arn:")
        if name == VIA and value == ("true" if forwarded else "false"):
            continue  # what evaluation supposes of a request that does not say it (F5)
        prefix = next((p for p in SET_OF_NAMES if name.startswith(p)), None)
        if prefix is not None:
            key = pair_key(name)
            if key not in shown:
                yield from pairs[prefix].of(key, last)
            shown.add(key)
        elif is_date(name) and name not in EPOCH_VALUED and isinstance(value, str):
            yield spelled_key(space, name), instant_text(value)
        else:
            yield spelled_key(space, name), value
    for found in pairs.values():
        yield from found.others()
    yield from _derived(space, values)


def _derived(space: Space, values: Concrete) -> Iterator[tuple[str, Value]]:
    """Keys that are computed from attributes: key facts that are not given, the moment, the Region, user IDs."""
    facts_free = len(space.attributes["facts"].values or ()) > 1 if "facts" in space.attributes else False
    for (name, _), view in list(space.views.items()):
        if not isinstance(view, View):
            continue
        computed = (name in FACT_FIELDS and facts_free) or name in ("aws:currenttime", "aws:epochtime", "aws:userid")
        computed |= name == "aws:requestedregion" and space.target.kind is not TargetKind.KEY
        service = any(base.endswith("#service") for base in view.bases) and not str(values["principal"]).startswith(
            "arn:"
        )
        if computed or service:
            value = view.value(values)
            if value is not None:
                yield spelled_key(space, name), value
