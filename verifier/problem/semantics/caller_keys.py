"""Condition keys about the caller (F1, F2, F3, F5): read off the caller itself, so that they cannot disagree with it.

In: a space. Out: views on its attributes `principal`, `userid`, `session` and `issuer`.
Guarantee: exact: a test on such a key is a test on the caller's ARN.
"""

from __future__ import annotations

from collections.abc import Callable

from verifier.model.policy import arn_account, arn_kind
from verifier.problem.classes.attributes import WEB_PREFIX
from verifier.problem.classes.domains import LONGEST_NAME
from verifier.problem.classes.predicates import (
    COLON,
    Compares,
    Predicate,
    Tokens,
    least_length,
    like_tokens,
    sequence,
    split_tokens,
    within,
)
from verifier.problem.classes.readable import Read, twelve_digits
from verifier.problem.expression import FALSE, TRUE, Expression, disjunction
from verifier.problem.space import Space
from verifier.problem.views import Values, View, as_tokens, matches_text


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
