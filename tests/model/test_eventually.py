"""E0: `can eventually` in the language, and the built-ins about what callers can bring about."""

from __future__ import annotations

from dataclasses import replace

import pytest

from verifier.language.builtins.catalogue import builtin
from verifier.language.invariants.files import read_invariants
from verifier.model.invariant import (
    ALWAYS,
    AnyCaller,
    CallersAnd,
    CallersNot,
    CallersOr,
    ConditionAnd,
    ConditionNot,
    ConditionOr,
    Expectation,
    Holds,
    Invariant,
    IssuedBy,
    KeyAccount,
    OfKind,
    PrincipalLike,
)
from verifier.model.invariant_file import is_eventual
from verifier.model.policy import Text
from verifier.model.request import CallerKind
from verifier.syntax.diagnostic import InputError
from verifier.syntax.source import Source
from verifier.verify.meaning import meaning
from verifier.verify.preparation import check_direct

HEAD = "account prod = 111122223333\nkey payments = alias/payments\n"


def read(sentence: str) -> Invariant:
    (found,) = read_invariants(Source("a.inv", f'{HEAD}invariant "x": {sentence}')).invariants
    assert isinstance(found, Invariant)
    return found


def told(text: str) -> list[str]:
    with pytest.raises(InputError) as refused:
        read_invariants(Source("a.inv", HEAD + text))
    return [
        f"{d.span.line}:{d.span.column} {d.message} [{d.hint}]" for d in refused.value.diagnostics if d.span is not None
    ]


@pytest.mark.parametrize(
    ("sentence", "without"),
    [
        (
            "no caller outside prod can eventually kms:Decrypt on payments",
            "no caller outside prod can kms:Decrypt on payments",
        ),
        (
            "only role/KeyAdmin in prod can eventually kms:PutKeyPolicy",
            "only role/KeyAdmin in prod can kms:PutKeyPolicy",
        ),
        ("nobody except role/a in prod can eventually kms:Sign", "nobody except role/a in prod can kms:Sign"),
        (
            "nobody can eventually kms:Decrypt when kms:ViaService is absent",
            "nobody can kms:Decrypt when kms:ViaService is absent",
        ),
        ("callers in prod can eventually kms:Decrypt only when kms:ViaService is present",) * 2,
        (
            "no user can eventually create a grant to a grantee outside prod",
            "no user can create a grant to a grantee outside prod",
        ),
    ],
)
def test_e0_the_word_changes_nothing_but_when(sentence: str, without: str) -> None:
    found, direct = read(sentence), read(without.replace("eventually ", ""))
    assert (found.eventually, found.unless_directly, found.expectation) == (True, False, Expectation.REFUSED)
    assert meaning(replace(found, eventually=False, text=direct.text)) == meaning(direct)
    assert not direct.eventually and found.text == sentence
    assert is_eventual(found) and not is_eventual(direct)


def test_the_word_is_reserved_only_where_it_can_stand() -> None:
    text = f'{HEAD}actions eventual = kms:Decrypt\ninvariant "eventually": '
    sentence = "no caller with tag eventually can eventually eventual when kms:EncryptionContext:eventually is present"
    (found,) = read_invariants(Source("a.inv", text + sentence)).invariants
    assert is_eventual(found)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            'invariant "x": role/a in prod can always eventually kms:Decrypt',
            "3:42 `can always` takes no `eventually`: that callers can bring something about in whatever "
            "circumstances is not modelled [write `no … can eventually` or `only … can eventually`]",
        ),
        ('invariant "x": role/a in prod can eventually kms:Decrypt', "3:16 the sentence does not say what must hold"),
        (
            'invariant "x": role/a in prod can eventually always kms:Decrypt',
            "`no … can`, `only … can` and `allow` take no `always`",
        ),
        ('allow "x": role/a in prod can eventually kms:Decrypt', "`allow` takes no `eventually`"),
        ('invariant "x": nobody can eventually eventually kms:Decrypt', "`eventually` no second word"),
        ('invariant "x": nobody can eventualy kms:Decrypt', "found `kms:Decrypt` [did you mean `eventually`?]"),
        ('invariant "x": nobody can Eventually kms:Decrypt', "found `kms:Decrypt` [did you mean `eventually`?]"),
        ('invariant "x": role/a in prod can alway kms:Decrypt', "[did you mean `always`?]"),
    ],
)
def test_where_it_cannot_stand(text: str, says: str) -> None:
    (error,) = told(text)
    assert says in error


def test_without_an_action_nothing_is_said_of_the_word() -> None:
    (error,) = told('invariant "x": nobody can eventually')
    assert error.endswith(
        "expected an action, such as `kms:Decrypt`, text in double quotes or `create`, found the end of the file [None]"
    )


def test_whoever_knows_of_requests_alone_refuses_it() -> None:
    direct, eventual = read("nobody can kms:Decrypt"), read("nobody can eventually kms:Decrypt")
    check_direct([direct])
    with pytest.raises(InputError) as refused:
        check_direct([direct, eventual])
    assert [found.message for found in refused.value.diagnostics] == [
        "`suggest` takes no invariant that says `can eventually`: 'x'"
    ]


# --- the built-ins ---


def asked(spec: str) -> Invariant:
    found = builtin(spec)
    assert isinstance(found, Invariant) and found.expectation is Expectation.REFUSED
    return found


def operators(condition: object) -> list[tuple[str, str, tuple[str, ...]]]:
    """The conditions inside an expression, in order."""
    match condition:
        case Holds(inner):
            return [(str(inner.operator), inner.key.value, tuple(value.value for value in inner.values))]
        case ConditionNot(operand):
            return operators(operand)
        case ConditionAnd(operands) | ConditionOr(operands):
            return [found for operand in operands for found in operators(operand)]
    raise AssertionError(condition)


ROOT = CallersAnd((OfKind(CallerKind.ROOT), KeyAccount()))
ADMIN = CallersAnd((PrincipalLike(Text("arn:*:iam::*:role/KeyAdmin")), KeyAccount()))


def but(*callers: object) -> CallersNot:
    named = CallersOr(callers)  # type: ignore[arg-type]
    return CallersNot(CallersOr((named, IssuedBy(named))))


def test_no_escalation_to_decrypt_is_about_those_who_cannot_decrypt_directly() -> None:
    found = asked("no-escalation-to-decrypt")
    assert (found.eventually, found.unless_directly, found.callers, found.when) == (True, True, AnyCaller(), ALWAYS)
    assert [action.value for action in found.actions] == ["kms:Decrypt"]
    assert asked("no-escalation-to-decrypt:root,role/KeyAdmin").callers == but(ROOT, ADMIN)


def test_no_self_grant_names_the_caller_its_account_and_sessions_of_it() -> None:
    found = asked("no-self-grant:root")
    assert (found.eventually, found.unless_directly, found.callers) == (True, False, but(ROOT))
    assert [action.value for action in found.actions] == ["kms:CreateGrant"]
    assert operators(found.when) == [
        ("StringEquals", "kms:GranteePrincipal", ("${aws:PrincipalArn}",)),
        (
            "ArnLike",
            "kms:GranteePrincipal",
            (
                "arn:*:iam::${aws:PrincipalAccount}:root",
                "arn:*:sts::${aws:PrincipalAccount}:assumed-role/*",
                "arn:*:sts::${aws:PrincipalAccount}:federated-user/*",
            ),
        ),
        ("Bool", "kms:GrantIsForAWSResource", ("true",)),
        ("Bool", "aws:PrincipalIsAWSService", ("false",)),
    ]


def test_grant_creation_is_bounded_by_operations_and_constraints() -> None:
    found = asked("grant-creation-is-bounded:Decrypt,EncryptionContextEquals,GenerateDataKey")
    assert (found.eventually, found.callers) == (False, AnyCaller())
    assert isinstance(found.when, ConditionNot)
    assert operators(found.when) == [
        ("Bool", "kms:GrantIsForAWSResource", ("true",)),
        ("ForAllValues:StringEquals", "kms:GrantOperations", ("Decrypt", "GenerateDataKey")),
        ("StringEquals", "kms:GrantConstraintType", ("EncryptionContextEquals",)),
    ]


def test_no_policy_takeover_is_about_all_that_hands_out_the_key() -> None:
    found = asked("no-policy-takeover:role/KeyAdmin")
    assert (found.eventually, found.unless_directly, found.callers) == (True, False, but(ADMIN))
    assert [action.value for action in found.actions] == ["kms:PutKeyPolicy", "kms:ReplicateKey", "kms:CreateGrant"]
    assert operators(found.when) == [("Bool", "kms:GrantIsForAWSResource", ("true",))]


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("no-policy-takeover", "`no-policy-takeover` needs an argument"),
        ("grant-creation-is-bounded", "`grant-creation-is-bounded` needs an argument"),
        ("grant-creation-is-bounded:Decrpt", "`Decrpt` is neither a grant operation nor a type of grant constraint"),
        ("grant-creation-is-bounded:kms:Decrypt", "`kms:Decrypt` is neither"),
        ("no-self-grant:KeyAdmin", "`KeyAdmin` is not a caller"),
    ],
)
def test_arguments_that_are_not_understood(spec: str, says: str) -> None:
    with pytest.raises(InputError) as refused:
        builtin(spec)
    assert says in refused.value.diagnostics[0].message
