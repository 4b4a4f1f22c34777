"""Sentences about grants (G1–G6) and `and its replicas` (L9): what they are lowered to, and what is wrong with
others."""

from __future__ import annotations

import pytest

from verifier.language.invariants.files import read_invariants
from verifier.model.invariant import (
    AnyCaller,
    CallersAnd,
    CallersNot,
    ConditionAnd,
    ConditionNot,
    Expectation,
    Holds,
    InAccount,
    Invariant,
    KeyAlias,
    KeyArn,
    KeyFamily,
    OfKind,
    PrincipalLike,
)
from verifier.model.invariant_file import GrantInvariant, GrantRole
from verifier.model.request import CallerKind
from verifier.syntax.diagnostic import InputError
from verifier.syntax.source import Source

LEDGER = "arn:aws:kms:us-west-2:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab"
PRELUDE = f"""\
account prod = 111122223333
key ledger = {LEDGER}
key logs = alias/logs
key payments = arn:aws:kms:us-west-2:111122223333:key/1234
callers red = roles in prod with tag team = "red"
actions reading = kms:Decrypt, kms:ReEncryptFrom
"""
PROD = InAccount("111122223333")
OUTSIDE = CallersNot(PROD)


def listed(sentence: str) -> GrantInvariant:
    (found,) = read_invariants(Source("f", f'{PRELUDE}invariant "x": {sentence}')).invariants
    assert isinstance(found, GrantInvariant)
    return found


def creation(sentence: str) -> Invariant:
    (found,) = read_invariants(Source("f", f'{PRELUDE}invariant "x": {sentence}')).invariants
    assert isinstance(found, Invariant)
    return found


def complaint(sentence: str) -> str:
    """The errors as `COLUMNS MESSAGE [HINT]`; the columns are those of the sentence."""
    start = len('invariant "x": ')
    with pytest.raises(InputError) as caught:
        read_invariants(Source("f", f'{PRELUDE}invariant "x": {sentence}'))
    told = []
    for diagnostic in caught.value.diagnostics:
        assert diagnostic.span is not None and diagnostic.span.line == PRELUDE.count("\n") + 1
        hint = f" [{diagnostic.hint}]" if diagnostic.hint else ""
        told.append(f"{diagnostic.span.column - start}-{diagnostic.span.end_column - start} {diagnostic.message}{hint}")
    return "; ".join(told)


# --- listed grants ---


@pytest.mark.parametrize(
    ("role", "roles"),
    [
        ("", (GrantRole.GRANTEE, GrantRole.RETIRING)),
        (" as grantee", (GrantRole.GRANTEE,)),
        (" as retiring principal", (GrantRole.RETIRING,)),
    ],
)
def test_g2_listed_grants_are_asked_for_grantee_or_retiring_principal(role: str, roles: tuple[GrantRole, ...]) -> None:
    found = listed(f"no grant on logs names a caller outside prod{role}")
    assert (found.callers, found.roles, found.keys) == (OUTSIDE, roles, (KeyAlias("alias/logs"),))
    assert [operation.value for operation in found.operations] == ["kms:*"]
    assert (found.name, found.text) == ("x", f"no grant on logs names a caller outside prod{role}")


def test_g1_listed_grants_may_be_narrowed_to_operations() -> None:
    found = listed("no grant that allows reading, kms:generatedatakey* names role/x in prod")
    assert [operation.value for operation in found.operations] == [
        "kms:Decrypt",
        "kms:ReEncryptFrom",
        "kms:generatedatakey*",
    ]
    assert found.keys is None and isinstance(found.callers, PrincipalLike)
    assert found.callers.pattern.value == "arn:*:iam::111122223333:role/x"


# --- the grant in a request ---


def test_creating_a_grant_is_create_grant() -> None:
    found = creation("no caller outside prod can create a grant on logs")
    assert ([action.value for action in found.actions], found.callers, found.keys) == (
        ["kms:CreateGrant"],
        OUTSIDE,
        (KeyAlias("alias/logs"),),
    )
    assert (found.when, found.grantees, found.retiring) == (ConditionAnd(()), None, None)


def test_g6_operations_are_a_condition_on_grant_operations() -> None:
    when = creation("no caller can create a grant that allows reading, kms:REENCRYPT*").when
    assert isinstance(when, Holds)
    assert (str(when.condition.operator), when.condition.key.value) == (
        "ForAnyValue:StringEquals",
        "kms:GrantOperations",
    )
    assert [value.value for value in when.condition.values] == ["Decrypt", "ReEncryptFrom", "ReEncryptTo"]


def test_every_form_can_speak_of_creation() -> None:
    assert creation("nobody outside prod can create grants").callers == OUTSIDE
    assert isinstance(creation("only red can create a grant").callers, CallersNot)
    assert creation("root of prod can always create a grant").expectation is Expectation.ALLOWED
    only_when = creation(
        "callers in prod can create a grant that allows kms:Decrypt only when kms:ViaService is present"
    )
    assert only_when.expectation is Expectation.REFUSED
    assert isinstance(only_when.when, ConditionAnd) and isinstance(only_when.when.operands[1], ConditionNot)


def test_grantees_and_retiring_principals_are_callers() -> None:
    found = creation(
        "no caller can create a grant to a grantee outside prod except services with a retiring principal in prod on "
        "logs when a:b = c"
    )
    assert found.grantees == CallersAnd((OUTSIDE, CallersNot(OfKind(CallerKind.SERVICE))))
    assert found.retiring == PROD and isinstance(found.when, Holds)
    bare = creation("no caller can create a grant with retiring principal outside prod except services")
    assert bare.retiring == found.grantees and bare.grantees is None
    assert creation("no caller can create a grant to anyone").grantees == AnyCaller()


def test_with_tag_and_with_retiring_principal_do_not_get_mixed_up() -> None:
    found = complaint(
        "no caller can create a grant to roles in prod with tag team with retiring principal outside prod"
    )
    assert found.startswith("33-60 a request to create a grant does not show the tags")


# --- replicas ---


def test_l9_a_key_and_its_replicas() -> None:
    assert creation("nobody can kms:Decrypt on ledger and its replicas, payments").keys == (
        KeyFamily(KeyArn(LEDGER)),
        KeyArn("arn:aws:kms:us-west-2:111122223333:key/1234"),
    )
    assert listed("no grant on logs and its replicas names services").keys == (KeyFamily(KeyAlias("alias/logs")),)


# --- errors ---


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("no grant", "9-9 expected `names`, `on` or `that`, found the end of the file"),
        (
            "no grant names",
            "15-15 expected `a` or callers, such as `callers in prod` or `role/NAME in prod`, found the end of the "
            "file",
        ),
        ("no grant names callers as owner", "27-32 expected `grantee` or `retiring`, found `owner`"),
        (
            "no grant names prod",
            "16-20 `prod` is an account, not a caller [write `callers in prod`; several after `in` or `outside` go "
            "in braces, `{a, b}`]",
        ),
        (
            "no grant that allows kms:PutKeyPolicy names callers in prod",
            "22-38 no grant can allow `kms:PutKeyPolicy` [grants allow kms:CreateGrant,",
        ),
        (
            "no grant that allows kms:Decrpt names callers in prod",
            "22-32 KMS has no action that `kms:Decrpt` matches [did you mean `kms:Decrypt`?]",
        ),
        ("no grant that allows Decrypt names callers in prod", "22-29 `Decrypt` is not declared;"),
        ("no grant names users in prod except callers", "16-44 there is no such caller"),
        ("no caller can create a grant that allows kms:Tag*", "42-50 no grant can allow `kms:Tag*`"),
        (
            "no caller can create a grant to",
            "32-32 expected grantees, such as `a grantee outside prod` or `role/NAME in prod`, found the end of the "
            "file",
        ),
        (
            "no caller can create a grant to red",
            "33-36 a request to create a grant does not show the tags of the grantee or retiring principal [name "
            "roles,",
        ),
        (
            "no caller can create a grant with retiring principal with tag a",
            "54-64 a request to create a grant does not show the tags",
        ),
        ("no caller can create a grant to users except callers", "33-53 there is no such caller"),
        ("no caller can create a grant to role/x", "33-39 `role/x` of which account?"),
        ("callers in prod can create a grant", "1-35 the sentence does not say what must hold"),
        (
            "nobody can kms:Decrypt on payments and its replicas",
            "27-52 `payments` is no multi-Region key, so it has no replicas [the ID of a multi-Region key begins",
        ),
        ("nobody can kms:Decrypt on payments and its", "43-43 expected `replicas`, found the end of the file"),
    ],
)
def test_an_error_names_its_place_and_a_remedy(sentence: str, expected: str) -> None:
    assert complaint(sentence).startswith(expected)
