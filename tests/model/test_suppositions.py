"""`suppose "…": …` (W3): what it is lowered to, and what is wrong with others."""

from __future__ import annotations

import pytest

from verifier.language.invariants.files import read_invariants
from verifier.model.invariant import AnyCaller, CallersAnd, CallersNot, InAccount, OfKind, PrincipalLike
from verifier.model.request import CallerKind
from verifier.model.steps.supposition import Supposition, SuppositionKind
from verifier.syntax.diagnostic import InputError
from verifier.syntax.source import Source


def supposed(text: str) -> Supposition:
    file = read_invariants(Source("a.inv", f'account prod = 111122223333\nsuppose "s": {text}'))
    (found,) = file.suppositions
    assert not file.invariants and not file.allowances
    assert found.text == text and found.name == "s" and found.span.line == 2
    return found


def test_w3_nobody_changes_what_runs_as_a_role() -> None:
    found = supposed("nobody changes what runs as role/batch in prod")
    assert (found.kind, found.actions) == (SuppositionKind.CODE, ())
    assert isinstance(found.callers, PrincipalLike)
    assert found.callers.pattern.value == "arn:*:iam::111122223333:role/batch"


def test_w3_no_key_is_shared() -> None:
    assert supposed("no key is shared through RAM").kind is SuppositionKind.SHARING


@pytest.mark.parametrize(
    "text, callers",
    [
        ("nobody calls sso:*, lambda:Update*", AnyCaller()),
        ("no users call sso:*, lambda:Update*", OfKind(CallerKind.USER)),
        ("no callers in prod call sso:*, lambda:Update*", InAccount("111122223333")),
        ("nobody in prod calls sso:*, lambda:Update*", InAccount("111122223333")),
        (
            "nobody except users in prod calls sso:*, lambda:Update*",
            CallersNot(CallersAnd((OfKind(CallerKind.USER), InAccount("111122223333")))),
        ),
    ],
)
def test_w3_callers_that_make_no_such_request(text: str, callers: object) -> None:
    found = supposed(text)
    assert (found.kind, found.callers) == (SuppositionKind.CALLS, callers)
    assert [action.value for action in found.actions] == ["sso:*", "lambda:Update*"]


@pytest.mark.parametrize("name", ["calls", "shared", "ram", "code", "what", "key-shared"])
def test_w3_its_words_can_be_names(name: str) -> None:
    text = (
        f'account {name} = 111122223333\nsuppose "s": nobody in {name} calls sso:*\ninvariant "i": no caller in '
        f"{name} can kms:Decrypt"
    )
    assert len(read_invariants(Source("a.inv", text)).suppositions) == 1


@pytest.mark.parametrize(
    "text, message, place",
    [
        ('suppose "s": nobody calls sso', "expected `SERVICE:ACTION`", (1, 27)),
        ('suppose "s": nobody calls *', "expected `SERVICE:ACTION`", (1, 27)),
        ('suppose "s": nobody changes what runs as users in 111122223333', "code runs as roles", (1, 42)),
        ('suppose "s": nobody can sso:*', "expected", (1, 21)),
        ('suppose "": no key is shared through RAM', "the name of the supposition is empty", (1, 9)),
        ('suppose "s": no key is shared', "expected", (1, 21)),
        ("suppose s: no key is shared through RAM", "expected text in double quotes", (1, 9)),
        (
            'suppose "s": no key is shared through RAM\nsuppose "s": no key is shared through RAM',
            "there is a supposition",
            (2, 9),
        ),
    ],
)
def test_what_is_no_supposition(text: str, message: str, place: tuple[int, int]) -> None:
    with pytest.raises(InputError, match=message) as caught:
        read_invariants(Source("a.inv", text))
    assert [(found.span.line, found.span.column) for found in caught.value.diagnostics if found.span is not None] == [
        place
    ]
