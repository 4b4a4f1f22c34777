"""Built-in invariants: what each demands, and what is wrong with a name or an argument."""

from __future__ import annotations

import pytest

from verifier.language.builtins.catalogue import BUILTINS, CRYPTOGRAPHIC
from verifier.language.builtins.catalogue import builtin as any_builtin
from verifier.language.invariants.files import read_invariants
from verifier.model.invariant import (
    AnyCaller,
    CallersAnd,
    CallersNot,
    CallersOr,
    ConditionAnd,
    ConditionExpression,
    ConditionNot,
    ConditionOr,
    Expectation,
    Holds,
    InAccount,
    InOrganization,
    Invariant,
    KeyAccount,
    KeyArn,
    NamedAccount,
    OfKind,
    PrincipalLike,
    SessionLike,
)
from verifier.model.policy import Text
from verifier.model.reference import actions, matching
from verifier.model.request import CallerKind
from verifier.syntax.diagnostic import InputError
from verifier.syntax.source import Source

SERVICES = OfKind(CallerKind.SERVICE)
KEYLESS = {action.name for action in actions() if "key" not in action.resources}


def builtin(spec: str) -> Invariant:
    """A built-in about requests."""
    found = any_builtin(spec)
    assert isinstance(found, Invariant)
    return found


def holds(condition: ConditionExpression) -> tuple[str, str, list[str]]:
    assert isinstance(condition, Holds)
    inner = condition.condition
    return str(inner.operator), inner.key.value, [value.value for value in inner.values]


def demanded(invariant: Invariant) -> list[tuple[str, str, list[str]]]:
    """The conditions of which one at least must fail for the invariant to be about a request."""
    assert isinstance(invariant.when, ConditionNot)
    inner = invariant.when.operand
    return [
        holds(operand) for operand in (inner.operands if isinstance(inner, ConditionAnd | ConditionOr) else (inner,))
    ]


def outside(*inside: object) -> object:
    return CallersAnd((CallersNot(CallersOr(inside)), CallersNot(SERVICES)))  # type: ignore[arg-type]


def test_no_external_access_is_about_everybody_else_but_services() -> None:
    plain = builtin("no-external-access")
    assert (plain.expectation, plain.keys, plain.callers) == (Expectation.REFUSED, None, outside(KeyAccount()))
    assert [action.value for action in plain.actions] == ["kms:*"]
    wider = builtin("no-external-access:444455556666, o-abc")
    assert wider.callers == outside(KeyAccount(), InAccount("444455556666"), InOrganization("o-abc"))


def test_operations_without_a_key_are_not_about_the_key_D9() -> None:
    assert {action.value for action in builtin("no-external-access").not_actions} == KEYLESS
    assert "kms:CreateKey" in KEYLESS and "kms:Decrypt" not in KEYLESS


def test_no_public_access_spares_accounts_that_are_named() -> None:
    assert builtin("no-public-access:o-abc").callers == outside(KeyAccount(), NamedAccount(), InOrganization("o-abc"))


def test_no_policy_lockout_is_about_the_root_user_of_the_keys_account_or_the_callers_named() -> None:
    plain = builtin("no-policy-lockout")
    assert (plain.expectation, plain.not_actions) == (Expectation.ALLOWED, ())
    assert [action.value for action in plain.actions] == ["kms:PutKeyPolicy"]
    assert plain.callers == CallersAnd((OfKind(CallerKind.ROOT), KeyAccount()))
    named = builtin(
        "no-policy-lockout:role/a/B,arn:aws:iam::111122223333:user/c,arn:aws:sts::111122223333:assumed-role/d/e"
    ).callers
    assert named == CallersOr(
        (
            CallersAnd((PrincipalLike(Text("arn:*:iam::*:role/a/B")), KeyAccount())),
            PrincipalLike(Text("arn:aws:iam::111122223333:user/c")),
            SessionLike(Text("arn:aws:sts::111122223333:assumed-role/d/e")),
        )
    )


def test_only_via_service_is_about_everybody_services_included() -> None:
    invariant = builtin("only-via-service:s3,ec2.us-west-2.amazonaws.com")
    assert invariant.callers == AnyCaller()
    assert demanded(invariant) == [
        ("StringLike", "kms:ViaService", ["s3.*.amazonaws.com", "ec2.us-west-2.amazonaws.com"])
    ]
    assert "kms:DescribeKey" not in {action.value for action in invariant.actions}


def test_every_cryptographic_operation_is_one_that_KMS_has() -> None:
    covered = set().union(*(matching(pattern) for pattern in CRYPTOGRAPHIC))
    assert all(matching(pattern) for pattern in CRYPTOGRAPHIC)
    # What a grant can give, save what only looks at the key or makes and ends grants, is cryptographic.
    administrative = {"kms:CreateGrant", "kms:RetireGrant", "kms:DescribeKey", "kms:GetPublicKey"}
    assert {action.name for action in actions() if action.grant_operation} - administrative <= covered


def test_organization_only_does_not_except_the_keys_account() -> None:
    assert builtin("organization-only:o-abc,o-xyz").callers == outside(InOrganization("o-abc"), InOrganization("o-xyz"))


def test_encryption_context_required_F6() -> None:
    plain = builtin("encryption-context-required")
    assert demanded(plain) == [("Null", "kms:EncryptionContextKeys", ["false"])]
    names = {action.value for action in plain.actions}
    assert {"kms:Decrypt", "kms:ReEncryptFrom", "kms:GenerateDataKeyPair"} <= names
    assert not names & {"kms:CreateGrant", "kms:RetireGrant", "kms:Sign"}
    assert demanded(builtin("encryption-context-required:tenant=a=b,app")) == [
        ("StringEquals", "kms:EncryptionContext:tenant", ["a=b"]),
        ("Null", "kms:EncryptionContext:app", ["false"]),
    ]


def test_no_confused_deputy_is_about_services_that_do_not_say_for_whom() -> None:
    plain = builtin("no-confused-deputy")
    assert plain.callers == SERVICES
    assert isinstance(plain.when, ConditionAnd)
    assert [holds(operand) for operand in plain.when.operands] == [
        ("Null", key, ["true"])
        for key in ("aws:SourceArn", "aws:SourceAccount", "aws:SourceOrgID", "aws:SourceOrgPaths")
    ]


def test_no_confused_deputy_with_arguments_says_for_whom() -> None:
    invariant = builtin("no-confused-deputy:111122223333,o-abc")
    assert isinstance(invariant.when, ConditionNot) and isinstance(invariant.when.operand, ConditionOr)
    assert demanded(invariant) == [
        ("StringEquals", "aws:SourceAccount", ["111122223333"]),
        ("ArnLike", "aws:SourceArn", ["arn:*:*:*:111122223333:*"]),
        ("StringEquals", "aws:SourceOrgID", ["o-abc"]),
        ("ForAnyValue:StringLike", "aws:SourceOrgPaths", ["o-abc/*"]),
    ]


@pytest.mark.parametrize("found", BUILTINS, ids=lambda found: found.name)
def test_every_built_in_says_what_it_demands(found: object) -> None:
    from verifier.language.builtins.catalogue import Builtin

    assert isinstance(found, Builtin)
    assert len(found.help) > 80 and found.help.endswith(".")
    argument = {
        "SERVICE,…": ":s3",
        "ORGANIZATION,…": ":o-abc",
        "OPERATION|CONSTRAINT,…": ":Decrypt",
        "CALLER,…": ":root",
    }.get(found.parameters, "")
    invariant = any_builtin(found.name + argument)
    assert invariant.name == found.name + argument and invariant.text


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("no-extrnal-access", "there is no built-in `no-extrnal-access` [did you mean `no-external-access`?]"),
        ("zzz", "[the built-ins are `no-external-access`,"),
        ("", "there is no built-in ``"),
        (
            "no-external-access:",
            "an argument of `no-external-access` is empty [write `no-external-access[:ACCOUNT|ORGANIZATION,…]`]",
        ),
        ("no-external-access:o-a,,o-b", "is empty"),
        ("no-external-access:11112222333", "`11112222333` is neither an account nor an organization"),
        ("no-policy-lockout:KeyAdmin", "`KeyAdmin` is not a caller [write an ARN, or `role/NAME`"),
        ("no-policy-lockout:arn:aws:iam::111122223333:root", "is not a caller"),
        ("only-via-service", "`only-via-service` needs an argument [write `only-via-service:SERVICE,…`]"),
        ("only-via-service:s3.amazonaws.com", "`s3.amazonaws.com` is not a service"),
        ("organization-only:111122223333", "`111122223333` is not an organization"),
        ("encryption-context-required:=x", "`=x` has no name"),
        ("no-confused-deputy:\x1b", "`\\x1b` is neither"),
    ],
)
def test_a_name_or_argument_that_is_not_understood_is_an_error(spec: str, expected: str) -> None:
    with pytest.raises(InputError) as caught:
        builtin(spec)
    (diagnostic,) = caught.value.diagnostics
    assert expected in f"{diagnostic.message} [{diagnostic.hint}]"


def test_a_built_in_in_a_file() -> None:
    text = """
    account partner = 444455556666
    key k = arn:aws:kms:us-west-2:111122223333:key/1
    invariant "ours": builtin no-external-access(partner, "o-abc") on k
    invariant "all": builtin no-policy-lockout
    """
    ours, everything = read_invariants(Source("file", text)).invariants
    assert ours.callers == builtin("no-external-access:444455556666,o-abc").callers
    assert (ours.name, ours.text) == ("ours", 'builtin no-external-access(partner, "o-abc") on k')
    assert ours.keys == (KeyArn("arn:aws:kms:us-west-2:111122223333:key/1"),)
    assert ours.span.line == 4
    assert everything.keys is None
