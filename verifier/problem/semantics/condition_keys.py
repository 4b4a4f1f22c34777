"""Condition keys that follow from the caller, the key or the moment, and those that do not (F1, F2, F8).

In: a space and a condition key in lower case. Out: its view.
Guarantee: a key that follows from something else is never an attribute of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from verifier.model.reference import key_facts
from verifier.problem.classes.attributes import Attribute
from verifier.problem.classes.domains import context_attribute, is_written
from verifier.problem.classes.kinds import on_values, text_forms
from verifier.problem.classes.predicates import ANY, Field, Predicate, Tokens
from verifier.problem.classes.tables import instant_text
from verifier.problem.expression import FALSE, TRUE, Expression, Symbol, Test, both, constant, either, negation
from verifier.problem.semantics.caller_keys import (
    account,
    is_aws_service,
    principal_arn,
    principal_type_view,
    service_name,
    user_id,
    user_name,
)
from verifier.problem.semantics.targets import FACT_FIELDS, TargetKind, facts_text
from verifier.problem.space import Space, acts
from verifier.problem.views import SetView, Values, View, fixed_view


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
    found = account(space, "kms:calleraccount")
    if space.target.kind is TargetKind.KEY:
        return found
    without = space.known_actions - KEY_STORE_ACTIONS - {"kms:CreateKey"}
    return _carried(found, either(acts(KEY_STORE_ACTIONS), both(Symbol("F1-keyless"), negation(acts(without)))))


def resource_account(space: Space) -> View:
    if space.target.kind in (TargetKind.KEY, TargetKind.ALIAS):
        return fixed_view("aws:resourceaccount", space.target.account)
    return _carried(account(space, "aws:resourceaccount"), Symbol("F1-keyless"))


def requested_region(space: Space) -> View:
    if space.target.region is not None:
        return fixed_view("aws:requestedregion", space.target.region)
    space.attributes.setdefault("region", _required(context_attribute("region", space.target.partition, None)))
    return space.attribute_view("region")


def moment(space: Space, name: str, text: Callable[[str], str]) -> View:
    space.attributes.setdefault(
        "time", _required(context_attribute("aws:epochtime", space.target.partition, None), "time")
    )

    def test(predicate: Predicate) -> Expression:
        of_time = on_values(space.attributes["time"], predicate, iso=is_written(name))
        return FALSE if of_time is None else Test("time", of_time)

    def value(values: Values) -> str | None:
        seconds = values.get("time")
        return text(seconds) if isinstance(seconds, str) else None

    return View(name, TRUE, test, value, ("time",), forms=text_forms(space.attributes["time"], iso=is_written(name)))


def fact(space: Space, name: str) -> View:
    if space.target.kind is TargetKind.ALIAS:
        return fixed_view(name, None)
    if "facts" not in space.attributes:
        space.attributes["facts"] = Attribute("facts", values=tuple(facts_text(f) for f in key_facts()))
    index = FACT_FIELDS[name]

    def value(values: Values) -> str | None:
        facts = values.get("facts")
        return (facts.split("|")[index] or None) if isinstance(facts, str) else None

    present = Test("facts", Field(index, Tokens(((True, ANY),))))
    return View(name, present, lambda predicate: Test("facts", Field(index, predicate)), value, ("facts",))


def resource_tag(space: Space, name: str) -> View:
    key = space.target.key
    if key is None:
        return fixed_view(name, None)
    if key.tags is None:
        return space.attribute_view(name)
    wanted = name.removeprefix("aws:resourcetag/")
    return fixed_view(name, next((value for tag, value in key.tags if tag.lower() == wanted), None))


def resource_aliases(space: Space) -> SetView:
    key = space.target.key
    if key is not None and key.aliases is None:
        return space.set_view("kms:resourcealiases")
    aliases = key.aliases if key is not None and key.aliases else ()

    def some(predicates: frozenset[Predicate], inside: bool) -> Expression:
        return constant(any(any(p.matches(a) for p in predicates) == inside for a in aliases))

    return SetView("kms:resourcealiases", constant(bool(aliases)), some)


KEY_STORE_ACTIONS = frozenset(
    f"kms:{verb}CustomKeyStore{plural}"
    for verb, plural in (
        ("Connect", ""),
        ("Create", ""),
        ("Delete", ""),
        ("Describe", "s"),
        ("Disconnect", ""),
        ("Update", ""),
    )
)
"""Operations on custom key stores, which carry `kms:CallerAccount` (F1)."""


def _carried(view: View, where: Expression) -> View:
    """A key that is there only in some requests."""
    return View(view.name, both(where, view.present), lambda p: both(where, view.test(p)), view.value, view.bases)


def _required(attribute: Attribute, name: str | None = None) -> Attribute:
    return replace(attribute, name=name or attribute.name, optional=False)


DERIVED: dict[str, Callable[[Space], View | SetView]] = {
    "aws:principalarn": principal_arn,
    "aws:principalaccount": lambda space: account(space, "aws:principalaccount"),
    "kms:calleraccount": caller_account_key,
    "aws:principaltype": principal_type_view,
    "aws:username": user_name,
    "aws:userid": user_id,
    "aws:principalisawsservice": is_aws_service,
    "aws:principalservicename": service_name,
    "aws:resourceaccount": resource_account,
    "aws:requestedregion": requested_region,
    "aws:securetransport": lambda space: fixed_view("aws:securetransport", "true"),
    "aws:currenttime": lambda space: moment(space, "aws:currenttime", instant_text),
    "aws:epochtime": lambda space: moment(space, "aws:epochtime", lambda seconds: seconds),
}
"""The condition keys that follow from the caller, the key or the moment (F1, F2, F5)."""
