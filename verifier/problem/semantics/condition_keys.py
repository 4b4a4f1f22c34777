"""Condition keys that follow from the caller, the key or the moment, and those that do not (F1, F2, F8).

In: a space and a condition key in lower case. Out: its view.
Guarantee: a key that follows from something else is never an attribute of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import inf

from verifier.model.readings import F1_KEYLESS, F1_RESOURCE, F8_CREATE, F8_RETIRE
from verifier.model.reference import actions, key_facts
from verifier.problem.classes.attributes import Attribute
from verifier.problem.classes.domains import context_attribute, is_written
from verifier.problem.classes.kinds import text_forms
from verifier.problem.classes.predicates import ANY, Field, Predicate, Tokens
from verifier.problem.classes.tables import instant_text
from verifier.problem.expression import TRUE, Expression, Symbol, Test, constant
from verifier.problem.semantics import caller_keys
from verifier.problem.semantics.keyless import LIST_RETIRABLE
from verifier.problem.semantics.targets import FACT_FIELDS, TargetKind, facts_text
from verifier.problem.space import Space, acts
from verifier.problem.views import SetView, Values, View, fixed_view, only_where, tested


def key_view(space: Space, name: str) -> View | SetView:
    """The view of a condition key in requests that are about no step."""
    builder = DERIVED.get(name)
    if builder is not None:
        return builder(space)
    if name in FACT_FIELDS:
        return fact(space, name)
    if name.startswith("aws:resourcetag/"):
        return resource_tag(space, name)
    if name == "kms:resourcealiases":
        return resource_aliases(space)
    return space.own_view(name)


def caller_account_key(space: Space) -> View:
    found = caller_keys.account(space, "kms:calleraccount")
    if space.target.kind is TargetKind.KEY:
        return found
    perhaps = Symbol(F1_KEYLESS) & ~acts({LIST_RETIRABLE})
    return only_where(found, acts(KEY_STORE_ACTIONS) | perhaps)


def resource_account(space: Space) -> View:
    if space.target.kind in (TargetKind.KEY, TargetKind.ALIAS):
        return fixed_view("aws:resourceaccount", space.target.account)
    return only_where(caller_keys.account(space, "aws:resourceaccount"), Symbol(F1_RESOURCE))


def requested_region(space: Space) -> View:
    if space.target.region is not None:
        return fixed_view("aws:requestedregion", space.target.region)
    space.attributes.setdefault("region", _required(context_attribute("region", space.target.partition, None)))
    return space.attribute_view("region")


def moment(space: Space, name: str, text: Callable[[str], str]) -> View:
    seconds = context_attribute("aws:epochtime", space.target.partition, None)
    space.attributes.setdefault("time", _required(seconds, "time"))

    def test(predicate: Predicate) -> Expression:
        return tested("time", space.attributes["time"], predicate, iso=is_written(name), longest=inf)

    def value(values: Values) -> str | None:
        seconds = values.get("time")
        return text(seconds) if isinstance(seconds, str) else None

    return View(name, TRUE, test, value, ("time",), forms=text_forms(space.attributes["time"], iso=is_written(name)))


def fact(space: Space, name: str) -> View:
    if space.target.kind is TargetKind.ALIAS:
        return fixed_view(name, None)
    if "facts" not in space.attributes:
        space.attributes["facts"] = Attribute("facts", values=tuple(map(facts_text, key_facts(space.target.partition))))
    index = FACT_FIELDS[name]

    def value(values: Values) -> str | None:
        facts = values.get("facts")
        return (facts.split("|")[index] or None) if isinstance(facts, str) else None

    present = Test("facts", Field(index, Tokens(((True, ANY),))))
    found = View(name, present, lambda predicate: Test("facts", Field(index, predicate)), value, ("facts",))
    return only_where(found, Symbol(F8_RETIRE) | ~acts({"kms:RetireGrant"}))


def resource_tag(space: Space, name: str) -> View:
    wanted, key = name.removeprefix("aws:resourcetag/"), space.target.key
    if key is None:
        return _tag_of_new_key(space, name, wanted)
    if key.tags is None:
        return space.attribute_view(name)
    return fixed_view(name, next((value for tag, value in key.tags if tag.lower() == wanted), None))


def _tag_of_new_key(space: Space, name: str, wanted: str) -> View:
    """A tag that the request gives to the key that it creates (F8-create)."""
    if space.target.kind is not TargetKind.NONE:
        return fixed_view(name, None)
    creates = ~acts(space.known_actions - {"kms:CreateKey"})
    given = space.attribute_view(f"aws:requesttag/{wanted}")
    return replace(only_where(given, Symbol(F8_CREATE) & creates), name=name)


def resource_aliases(space: Space) -> SetView:
    key = space.target.key
    if key is not None and key.aliases is None:
        return space.set_view("kms:resourcealiases")
    aliases = key.aliases if key is not None and key.aliases else ()

    def some(predicates: frozenset[Predicate], inside: bool) -> Expression:
        return constant(any(any(p.matches(a) for p in predicates) == inside for a in aliases))

    return SetView(f"kms:resourcealiases={sorted(aliases)}", constant(bool(aliases)), some)


KEY_STORE_ACTIONS = frozenset(action.name for action in actions() if "CustomKeyStore" in action.name)
"""Operations on custom key stores, which carry `kms:CallerAccount` (F1)."""


def _required(attribute: Attribute, name: str | None = None) -> Attribute:
    return replace(attribute, name=name or attribute.name, optional=False)


DERIVED: dict[str, Callable[[Space], View | SetView]] = {
    "aws:principalarn": caller_keys.principal_arn,
    "aws:principalaccount": lambda space: caller_keys.account(space, "aws:principalaccount"),
    "kms:calleraccount": caller_account_key,
    "aws:principaltype": caller_keys.principal_type_view,
    "aws:username": caller_keys.user_name,
    "aws:userid": caller_keys.user_id,
    "aws:principalisawsservice": caller_keys.is_aws_service,
    "aws:principalservicename": caller_keys.service_principal,
    "aws:resourceaccount": resource_account,
    "aws:requestedregion": requested_region,
    "aws:securetransport": lambda space: fixed_view("aws:securetransport", "true"),
    "aws:currenttime": lambda space: moment(space, "aws:currenttime", instant_text),
    "aws:epochtime": lambda space: moment(space, "aws:epochtime", lambda seconds: seconds),
}
"""The condition keys that follow from the caller, the key or the moment (F1, F2, F5)."""
