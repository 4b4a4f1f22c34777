"""Condition keys that follow from the caller, the key or the moment, and those that do not (F1, F2, F3, F5, F8).

In: a space and a condition key in lower case. Out: its view.
Guarantee: a key that follows from something else is never an attribute of its own. What follows from the caller is read
off its ARN (attributes `principal`, `userid`, `session`, `issuer`), so that they cannot disagree.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import inf

from verifier.model.policy import arn_account, arn_kind
from verifier.model.readings import F1_KEYLESS, F1_RESOURCE, F8_CREATE, F8_RETIRE
from verifier.model.reference import actions, key_facts
from verifier.problem.classes.attributes import WEB_PREFIX, Attribute
from verifier.problem.classes.domains import LONGEST_NAME, context_attribute, is_written
from verifier.problem.classes.kinds import text_forms
from verifier.problem.classes.predicates import (
    ANY,
    COLON,
    Compares,
    Field,
    Predicate,
    Tokens,
    least_length,
    like_tokens,
    sequence,
    split_tokens,
    within,
)
from verifier.problem.classes.readable import Read, twelve_digits
from verifier.problem.classes.tables import instant_text
from verifier.problem.expression import FALSE, TRUE, Expression, Symbol, Test, constant, disjunction
from verifier.problem.semantics.keyless import LIST_RETIRABLE
from verifier.problem.semantics.targets import FACT_FIELDS, TargetKind, facts_text
from verifier.problem.space import Space, acts
from verifier.problem.views import SetView, Values, View, as_tokens, fixed_view, matches_text, only_where, tested


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
    perhaps = Symbol(F1_KEYLESS) & ~acts({LIST_RETIRABLE})
    return only_where(found, acts(KEY_STORE_ACTIONS) | perhaps)


def resource_account(space: Space) -> View:
    if space.target.kind in (TargetKind.KEY, TargetKind.ALIAS):
        return fixed_view("aws:resourceaccount", space.target.account)
    return only_where(account(space, "aws:resourceaccount"), Symbol(F1_RESOURCE))


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


def principal_type(arn: str) -> str:
    """The value of `aws:PrincipalType` for a principal ARN (F1)."""
    kinds = {"root": "Account", "user": "User", "role": "AssumedRole", "federated-user": "FederatedUser"}
    return kinds[arn_kind(arn)]


def principal_arn(space: Space) -> View:
    def test(predicate: Predicate) -> Expression:
        return FALSE if isinstance(predicate, Read) else space.principal(predicate)

    return caller_view(space, "aws:principalarn", test, lambda arn: arn)


def account(space: Space, name: str) -> View:
    def test(predicate: Predicate) -> Expression:
        return disjunction(space.account_matching(tokens) for tokens in _of_accounts(predicate, name))

    return caller_view(space, name, test, arn_account)


def _of_accounts(predicate: Predicate, name: str) -> tuple[Tokens, ...]:
    """A predicate on account IDs, which may be read as numbers (C3), as a union of patterns."""
    if not isinstance(predicate, Read):
        return as_tokens(predicate, name)
    return tuple(twelve_digits(predicate.test)) if isinstance(predicate.test, Compares) else ()


def caller_view(space: Space, name: str, test: Callable[[Predicate], Expression], read: Callable[[str], str]) -> View:
    """A key that every caller but a service principal carries, and a service principal by the reading F1-service."""
    service = space.attribute_view(name + "#service")

    def whole(predicate: Predicate) -> Expression:
        of_service = space.has_service_value & service.test(predicate)
        return (space.is_principal & test(predicate)) | of_service

    def value(values: Values) -> str | None:
        caller = values.get("principal")
        assert isinstance(caller, str)
        return read(caller) if caller.startswith("arn:") else service.value(values)

    present = space.is_principal | (space.has_service_value & service.present)
    return View(name, present, whole, value, ("principal", service.name))


def principal_type_view(space: Space) -> View:
    kinds = {"Account": space.is_root, "User": space.is_user, "AssumedRole": space.is_role}
    kinds["FederatedUser"] = space.is_federated

    def test(predicate: Predicate) -> Expression:
        return disjunction(kind for name, kind in kinds.items() if matches_text(predicate, name))

    return caller_view(space, "aws:principaltype", test, principal_type)


def user_name(space: Space) -> View:
    def test(predicate: Predicate) -> Expression:
        account = like_tokens("*", excluded=COLON)
        return disjunction(
            space.last_component("user/", account, tokens.tokens) for tokens in as_tokens(predicate, "aws:username")
        )

    def value(values: Values) -> str | None:
        caller = values.get("principal")
        assert isinstance(caller, str)
        return caller.rsplit("/", 1)[1] if arn_kind(caller) == "user" else None

    return View("aws:username", space.is_user, test, value, ("principal",))


def user_id(space: Space) -> View:
    own, session = space.attribute_view("userid"), space.attribute_view("session")
    # A role that AWS owns, which has no path, has an ID of its account and name. [KMS Guide: ct-ec2two]
    start, name_of_any = f"arn:{space.target.partition}:iam::", like_tokens("*", excluded=COLON | {"/"})
    of_aws = space.principal(Tokens(sequence(start, name_of_any, ":role/aws:", name_of_any)))

    def test(predicate: Predicate) -> Expression:
        parts = [space.is_root & space.account_matching(tokens) for tokens in _of_accounts(predicate, "aws:userid")]
        if isinstance(predicate, Read):
            return disjunction(parts)  # the others begin with letters, or hold a colon
        parts.append(space.is_user & own.test(predicate))
        for tokens in as_tokens(predicate, "aws:userid"):
            for left, right in split_tokens(tokens.tokens, ":"):
                federated = sequence(f"arn:{space.target.partition}:sts::", left, ":federated-user/", right)
                parts.append(space.principal(Tokens(federated)))
                parts.append(space.is_role & ~of_aws & own.test(Tokens(left)) & session.test(Tokens(right)))
                for prefix, rest in split_tokens(right, ":"):
                    for name, last in split_tokens(rest, ":"):
                        role = space.principal(Tokens(sequence(start, left, ":role/", prefix, ":", name)))
                        parts.append(of_aws & role & session.test(Tokens(last)))
        return disjunction(parts)

    view = caller_view(space, "aws:userid", test, lambda arn: arn)

    def with_a_name(predicate: Predicate) -> Expression:
        possible = isinstance(predicate, Read) or any(map(_leaves_a_name, as_tokens(predicate, "aws:userid")))
        return view.test(predicate) if possible else FALSE

    def value(values: Values) -> str | None:
        caller = str(values.get("principal"))
        if not caller.startswith("arn:"):
            return view.value(values)
        kind, by_name = arn_kind(caller), ":".join((arn_account(caller), *caller.rsplit("/", 1)[1:]))
        if kind in ("root", "federated-user"):
            return by_name
        identity = by_name if ":aws:" in by_name else own.value(values) or ""
        return f"{identity}:{session.value(values)}" if kind == "role" else identity

    return View("aws:userid", view.present, with_a_name, value, ("principal", "userid", "session", *view.bases))


def _leaves_a_name(tokens: Tokens) -> bool:
    """True iff some text of a pattern has no colon, or behind one of the first three no more characters than the name
    of a session can have."""
    ends = [tokens.tokens]
    for _ in range(3):
        ends += [right for end in ends for _, right in split_tokens(end, ":")]
    short = any(least_length(Tokens(end)) <= LONGEST_NAME for end in ends[1:])
    return short or within(tokens.tokens, COLON) is not None


def is_aws_service(space: Space) -> View:
    def test(predicate: Predicate) -> Expression:
        cases = (("true", space.is_service), ("false", ~space.is_service))
        return disjunction(kind for text, kind in cases if matches_text(predicate, text))

    def value(values: Values) -> str | None:
        return "false" if str(values.get("principal")).startswith(("arn:", WEB_PREFIX)) else "true"

    return View("aws:principalisawsservice", TRUE, test, value, ("principal",))


def service_principal(space: Space) -> View:
    def test(predicate: Predicate) -> Expression:
        return FALSE if isinstance(predicate, Read) else space.is_service & space.principal(predicate)

    def value(values: Values) -> str | None:
        caller = str(values.get("principal"))
        return None if caller.startswith(("arn:", WEB_PREFIX)) else caller

    return View("aws:principalservicename", space.is_service, test, value, ("principal",))


DERIVED: dict[str, Callable[[Space], View | SetView]] = {
    "aws:principalarn": principal_arn,
    "aws:principalaccount": lambda space: account(space, "aws:principalaccount"),
    "kms:calleraccount": caller_account_key,
    "aws:principaltype": principal_type_view,
    "aws:username": user_name,
    "aws:userid": user_id,
    "aws:principalisawsservice": is_aws_service,
    "aws:principalservicename": service_principal,
    "aws:resourceaccount": resource_account,
    "aws:requestedregion": requested_region,
    "aws:securetransport": lambda space: fixed_view("aws:securetransport", "true"),
    "aws:currenttime": lambda space: moment(space, "aws:currenttime", instant_text),
    "aws:epochtime": lambda space: moment(space, "aws:epochtime", lambda seconds: seconds),
}
"""The condition keys that follow from the caller, the key or the moment (F1, F2, F5)."""
