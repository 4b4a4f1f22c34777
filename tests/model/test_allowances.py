"""`allow "…": CALLERS can …`: what it is lowered to, what is wrong with others, and that doubt does not count (G2)."""

from __future__ import annotations

import pytest

from tests.evaluate.estates import KEY
from verifier.language.invariants.files import read_invariants
from verifier.language.invariants.grantees import with_grantees
from verifier.model.estate import Estate
from verifier.model.invariant import AnyCaller, CallersOr, ConditionNot, Holds, InAccount, IssuedBy, KeyArn
from verifier.model.invariant_file import InvariantFile
from verifier.syntax.diagnostic import InputError
from verifier.syntax.source import Source

PRELUDE = f"account prod = 111122223333\nkey payments = {KEY}\n"
PROD = InAccount("111122223333")


def read(text: str) -> InvariantFile:
    return read_invariants(Source("f", PRELUDE + text))


def complaint(text: str) -> str:
    with pytest.raises(InputError) as caught:
        read(text)
    (only,) = caught.value.diagnostics
    return f"{only.message} [{only.hint}]" if only.hint else only.message


def test_it_says_who_may_gain_what() -> None:
    (found,) = read(
        'allow "a b":\n  callers in prod can kms:Decrypt, kms:Get* except kms:GetKeyPolicy on payments'
    ).allowances
    assert (found.name, found.span.line) == ("a b", 3)
    scope = found.scope
    assert scope.callers == CallersOr((PROD, IssuedBy(PROD)))
    assert [action.value for action in scope.actions] == ["kms:Decrypt", "kms:Get*"]
    assert [action.value for action in scope.not_actions] == ["kms:GetKeyPolicy"]
    assert scope.keys == (KeyArn(KEY),)
    assert scope.text == "callers in prod can kms:Decrypt, kms:Get* except kms:GetKeyPolicy on payments"


def test_when_and_unless_narrow_it() -> None:
    condition = "kms:ViaService is present"
    first, second = read(
        f'allow "a": callers can kms:Decrypt when {condition}\nallow "b": callers can kms:Decrypt unless {condition}'
    ).allowances
    assert first.scope.callers == CallersOr((AnyCaller(), IssuedBy(AnyCaller())))
    assert isinstance(first.scope.when, Holds)
    assert isinstance(second.scope.when, ConditionNot) and isinstance(second.scope.when.operand, Holds)


def test_it_is_no_invariant() -> None:
    file = read('allow "a": callers in prod can kms:Decrypt\ninvariant "a": no caller in prod can kms:Decrypt')
    assert [allowance.name for allowance in file.allowances] == ["a"]
    assert [invariant.name for invariant in file.invariants] == ["a"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('allow "a": users except users can kms:Decrypt', "there is no such caller"),
        ('allow "a": users can kms:Foo', "KMS has no action that `kms:Foo` matches"),
        ('allow "": users can kms:Decrypt', "the name of the allowance is empty"),
        (
            'allow "a": users can kms:Decrypt\nallow "a": users can kms:Encrypt',
            "there is an allowance of the name 'a' already, on line 3",
        ),
        ("allow a: users can kms:Decrypt", 'put the name of the allowance in quotes: allow "…": …'),
        ('alow "a": users can kms:Decrypt', "did you mean `allow`?"),
        ('allow "a": users can always kms:Decrypt', "`allow` take no `always`"),
        ('allow "a": users can kms:Decrypt only when kms:ViaService is present', "expected `unless`, `when`"),
        ('invariant "a": users can kms:Decrypt', "the sentence does not say what must hold"),
    ],
)
def test_an_error_says_what_to_do(text: str, expected: str) -> None:
    assert expected in complaint(text)


def test_in_doubt_a_grantee_does_not_count() -> None:
    """G2: a session's ARN does not show the path of its role, so it may be another role's."""
    sentence = "callers can create a grant to role/ops/loader in prod"
    (allowance,) = read(f'allow "a": {sentence}').allowances
    (invariant,) = read(f'invariant "a": no {sentence}').about_requests
    sure = with_grantees(allowance.scope, None, Estate(()), certainly=True)
    doubtful = with_grantees(invariant, None, Estate(()))
    assert "assumed-role/loader/*" in repr(doubtful.when)
    assert "assumed-role/loader/*" not in repr(sure.when)
    assert "role/ops/loader" in repr(sure.when)


def test_in_doubt_a_grantee_does_not_count_outside_either() -> None:
    (allowance,) = read('allow "a": callers can create a grant to a grantee outside prod except users').allowances
    sure = with_grantees(allowance.scope, None, Estate(()), certainly=True)
    assert ":root" in repr(sure.when), "an account has users, which are excepted"
