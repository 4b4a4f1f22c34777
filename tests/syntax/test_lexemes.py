"""The tokens of policies: those that Lark's own lexer finds, without their lines."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from lark import Lark, UnexpectedInput

from verifier.syntax.diagnostic import SyntaxFault
from verifier.syntax.policy import policy_parser
from verifier.syntax.policy_errors import policy_error
from verifier.syntax.policy_tree import PolicyNode

NAMES = [
    "Version",
    "Statement",
    "Id",
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "Resource",
    "Condition",
    "AWS",
    "Other",
    "",
]
SCALARS: list[Any] = [
    "2012-10-17",
    "*",
    "",
    "kms:*",
    1,
    -0.5,
    1e5,
    True,
    False,
    None,
    "é",
    "a\\b",
    'q"',
    "\n",
    "\U0001f511",
]
PIECES = [
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    " ",
    "\n",
    "\t",
    '"',
    "\\",
    "1",
    "01",
    "-",
    "true",
    "null",
    '"Statement":',
    '"x"',
    "\x0c",
    "é",
]


OURS, LARKS = policy_parser(), policy_parser(None)


def read(by: Lark, text: str) -> PolicyNode | SyntaxFault:
    """What a parser makes of a text: its tree, or what is said of it."""
    try:
        found = by.parse(text)
    except UnexpectedInput as error:
        return policy_error(text, error)
    except SyntaxFault as fault:
        return fault
    assert isinstance(found, PolicyNode)
    return found


def some_value(dice: random.Random, depth: int) -> Any:
    kind = dice.random()
    if depth == 0 or kind < 0.4:
        return dice.choice(SCALARS)
    if kind < 0.6:
        return [some_value(dice, depth - 1) for _ in range(dice.randint(0, 3))]
    return {dice.choice(NAMES): some_value(dice, depth - 1) for _ in range(dice.randint(0, 4))}


def some_policy(dice: random.Random) -> Any:
    if dice.random() < 0.3:
        return some_value(dice, 4)
    condition = {
        "StringLike": {"aws:a": dice.choice(["*", ["x", "y"], True])},
        "Bool": dice.choice([{}, {"k": "true"}, []]),
    }
    statement = {
        "Sid": "one",
        "Effect": "Allow",
        dice.choice(["Principal", "NotPrincipal"]): dice.choice(["*", {"AWS": ["a", "b"], "Service": "s"}, {}, ["*"]]),
        "Action": dice.choice(["kms:*", [], ["kms:Decrypt", "kms:Encrypt"]]),
        "Condition": dice.choice([condition, {}, "none"]),
        dice.choice(NAMES): some_value(dice, 2),
    }
    return {
        "Version": "2012-10-17",
        "Statement": dice.choice([statement, [statement, statement], [], [statement, "x"]]),
    }


def damaged(dice: random.Random, text: str) -> str:
    for _ in range(dice.randint(0, 2)):
        at = dice.randint(0, len(text))
        end = at + dice.choice([0, 0, 1, 3])
        text = text[:at] + dice.choice(["", *PIECES]) + text[end:]
    return text


@pytest.mark.parametrize("first", range(0, 1200, 100))
def test_the_tokens_of_a_text_and_what_is_said_of_it_are_those_of_lark(first: int) -> None:
    policies = 0
    for seed in range(first, first + 100):
        dice = random.Random(seed)
        written = json.dumps(some_policy(dice), indent=dice.choice([None, 1]), ensure_ascii=dice.random() < 0.3)
        text = damaged(dice, written) if dice.random() < 0.5 else written
        found, larks = read(OURS, text), read(LARKS, text)
        assert type(found) is type(larks)
        assert found == larks if isinstance(larks, PolicyNode) else vars(found) == vars(larks), text
        policies += isinstance(found, PolicyNode)
    assert 10 < policies < 90
