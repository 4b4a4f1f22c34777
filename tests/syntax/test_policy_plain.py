"""Plain policies: the same trees as the parser of the grammar gives, and no tree where it gives none."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from lark import UnexpectedInput

from verifier.syntax.fault import SyntaxFault
from verifier.syntax.policy_parser import policy_parser
from verifier.syntax.policy_plain import plain_policy
from verifier.syntax.policy_tree import PolicyNode

NAMES = ["Version", "Statement", "Id", "Sid", "Effect", "Principal", "NotPrincipal", "Action", "Resource", "Condition", "AWS", "Other", ""]
SCALARS: list[Any] = ["2012-10-17", "*", "", "kms:*", 1, -0.5, 1e5, True, False, None, "é", "a\\b", 'q"', "\n", "\U0001f511"]
PIECES = ["{", "}", "[", "]", ",", ":", " ", "\n", "\t", '"', "\\", "1", "01", "-", "true", "null", '"Statement":', '"x"', "\x0c", "é"]


def parsed(text: str) -> PolicyNode | None:
    try:
        found = policy_parser().parse(text)
    except (UnexpectedInput, SyntaxFault):
        return None
    except Exception as error:  # Lark wraps what a transformer raises
        assert isinstance(error.__context__, SyntaxFault) or isinstance(getattr(error, "orig_exc", None), SyntaxFault), error
        return None
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
    condition = {"StringLike": {"aws:a": dice.choice(["*", ["x", "y"], True])}, "Bool": dice.choice([{}, {"k": "true"}, []])}
    statement = {
        "Sid": "one",
        "Effect": "Allow",
        dice.choice(["Principal", "NotPrincipal"]): dice.choice(["*", {"AWS": ["a", "b"], "Service": "s"}, {}, ["*"]]),
        "Action": dice.choice(["kms:*", [], ["kms:Decrypt", "kms:Encrypt"]]),
        "Condition": dice.choice([condition, {}, "none"]),
        dice.choice(NAMES): some_value(dice, 2),
    }
    return {"Version": "2012-10-17", "Statement": dice.choice([statement, [statement, statement], [], [statement, "x"]])}


def damaged(dice: random.Random, text: str) -> str:
    for _ in range(dice.randint(0, 2)):
        at = dice.randint(0, len(text))
        end = at + dice.choice([0, 0, 1, 3])
        text = text[:at] + dice.choice(["", *PIECES]) + text[end:]
    return text


@pytest.mark.parametrize("first", range(0, 1200, 100))
def test_a_plain_policy_has_the_tree_of_the_grammar(first: int) -> None:
    plain = 0
    for seed in range(first, first + 100):
        dice = random.Random(seed)
        written = json.dumps(some_policy(dice), indent=dice.choice([None, 1]), ensure_ascii=dice.random() < 0.3)
        text = damaged(dice, written) if dice.random() < 0.5 else written
        found = plain_policy(text)
        assert found is None or found == parsed(text), text
        plain += found is not None
    assert plain > 10


CORPUS = Path(__file__).resolve().parents[2].parent / "shared" / "corpus"


@pytest.mark.skipif(not CORPUS.exists(), reason="the corpus ../shared/corpus is not here")
def test_real_policies_have_the_tree_of_the_grammar() -> None:
    seen = 0
    for path in sorted(CORPUS.glob("scp-rcp/**/*.json")):
        text = path.read_text(encoding="utf-8")
        found = plain_policy(text)
        assert found is None or found == parsed(text), path
        seen += found is not None
    assert seen > 0
