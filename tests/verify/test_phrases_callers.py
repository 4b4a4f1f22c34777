"""Sentences about callers, for blocks of words that no estate is needed for: read back by `callers_reader`."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial

import pytest

from tests.verify.callers_reader import KINDS, about
from verifier.verify.phrases import caller_text as phrases_caller_text
from verifier.verify.phrases.caller_text import CallerText
from verifier.verify.phrases.forms import Word, WordConjunction, WordSort

HOME, OTHER, THIRD = "111122223333", "444455556666", "777788889999"
CALLERS = [
    f"arn:aws:iam::{account}:{last}"
    for account in (HOME, OTHER, THIRD)
    for last in ("role/a", "role/app-b", "user/a", "root")
]
CALLERS += [f"arn:aws:iam::{account}:role/aws-service-role/x.amazonaws.com/a" for account in (HOME, OTHER, THIRD)]
CALLERS += [f"arn:aws:sts::{account}:federated-user/a" for account in (HOME, OTHER, THIRD)]
CALLERS += ["s3.amazonaws.com", "ec2.amazonaws.com"]
NAMES = [
    "arn:aws:iam::111122223333:role/a",
    "arn:aws:iam::444455556666:user/a",
    "arn:aws:iam::444455556666:root",
    "s3.amazonaws.com",
]
NAMES += ["arn:aws:iam::444455556666:role/aws-service-role/x.amazonaws.com/a"]

Test = Callable[[str], bool]


def _of(account: str) -> Test:
    return lambda arn: arn.startswith("arn:") and arn.split(":")[4] == account


def _of_other(test: Test, arn: str) -> bool:
    return test(arn) and _of(OTHER)(arn)


def _is(name: str) -> Test:
    return lambda arn: arn == name


def _words() -> list[tuple[Word, Test]]:
    found: list[tuple[Word, Test]] = [(Word(WordSort.ACCOUNT, account, 0), _of(account)) for account in (HOME, OTHER)]
    for kind, test in KINDS.items():
        if kind != "caller":
            found.append((Word(WordSort.KIND, kind, 0), test))
            found.append((Word(WordSort.KIND_OF_ACCOUNT, f"{kind} of {OTHER}", 0), partial(_of_other, test)))
    found.append((Word(WordSort.KIND, "principal", 0), lambda arn: arn.startswith("arn:")))
    found.append((Word(WordSort.KIND, "role and user", 0), lambda arn: ":role/" in arn or ":user/" in arn))
    found.append((Word(WordSort.MATCHES, "arn:aws:iam::*:role/app-*", 0), lambda arn: ":role/app-" in arn))
    found.append((Word(WordSort.MATCHES, "*a", 0), lambda arn: arn.endswith("a")))
    return found + [(Word(WordSort.IS, name, 0), _is(name)) for name in NAMES]


@pytest.mark.parametrize("number", range(20))
def test_a_sentence_about_callers_says_what_its_blocks_do(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(phrases_caller_text, "_FEW", 100)
    dice, words = random.Random(number), _words()
    for _ in range(60):
        blocks = [_block(dice, words) for _ in range(dice.randint(1, 4))]
        tests = [test for _, test in blocks]
        inside = [sum(map(test, CALLERS)) for test in tests]
        if all(inside):
            text = CallerText(HOME).text(tuple(block for block, _ in blocks))
            for arn in CALLERS:
                assert about(text, arn, HOME) == any(test(arn) for test in tests), (text, arn)


def _block(dice: random.Random, words: list[tuple[Word, Test]]) -> tuple[WordConjunction, Test]:
    chosen = dice.sample(words, dice.choice((0, 1, 1, 2)))
    without = dice.sample(words, dice.choice((0, 0, 1, 2, 3)))
    if any(word.sort is WordSort.IS for word, _ in chosen):
        chosen, without = chosen[:1], []  # a name stands alone
    return WordConjunction(
        tuple(word for word, _ in chosen), tuple(word for word, _ in without)
    ), lambda arn: all(test(arn) for _, test in chosen) and not any(test(arn) for _, test in without)


def _kind(text: str) -> Word:
    return Word(WordSort.KIND, text, 0)


HERE = Word(WordSort.ACCOUNT, HOME, 0)


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        (
            (WordConjunction((_kind("role"),), (Word(WordSort.IS, NAMES[1], 0),)), WordConjunction((_kind("user"),))),
            "every role except user/a of 444455556666; and every user",
        ),
        (
            (WordConjunction((_kind("role"),), (Word(WordSort.IS, NAMES[0], 0),)), WordConjunction((_kind("user"),))),
            "every role and user except role/a",
        ),
        (
            (
                WordConjunction(
                    (HERE,), tuple(map(_kind, ("service-linked role", "root user", "federated-user session")))
                ),
            ),
            f"every role and user of {HOME} except service-linked roles",
        ),
        ((WordConjunction((HERE,), (_kind("root user"),)),), f"every caller of {HOME} except root users"),
        ((WordConjunction((_kind("principal"),)),), "every caller except AWS services"),
        ((WordConjunction((_kind("principal"),), (HERE,)),), f"every caller of an account other than {HOME}"),
        ((WordConjunction((), (HERE,)),), f"every caller except those of {HOME}"),
        ((WordConjunction((_kind("root user"), HERE)),), f"root of {HOME}"),
        (
            (WordConjunction((_kind("role"),), (Word(WordSort.KIND_OF_ACCOUNT, f"role of {OTHER}", 0),)),),
            f"every role except roles of {OTHER}",
        ),
    ],
)
def test_sentences_about_callers(form: tuple[WordConjunction, ...], expected: str) -> None:
    assert CallerText(HOME).text(form) == expected
