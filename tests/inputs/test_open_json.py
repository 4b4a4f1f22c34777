"""JSON texts with parts that are not known: whatever these are, the text holds the tree read, or is no JSON."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from verifier.inputs.text.nodes import Items, Members, Node, Scalar, text_at
from verifier.inputs.text.open_json import read_open_json
from verifier.inputs.text.unknown import EncodedJson, JoinedTexts, OpenReference, UnknownNode
from verifier.syntax.source import Source

PLACE = Node(Source("a.tf", ""), 0, 0)
WORDS = [
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    '"',
    '"',
    '"',
    "\\",
    "\\u004",
    "a",
    "1",
    "null",
    " ",
    '"Statement":',
    '"b":"',
    '":"',
]
VALUES = ["", "x", "*", "{", "]", ",", "u0041", "n", "1", "null", "${aws:username}", "a:b", "🔑"]
ENCODED: list[Any] = ["x", ["x", 'a"b'], {"AWS": "\\"}, 7, None, []]


def reference(name: str = "var.a") -> OpenReference:
    return OpenReference(PLACE, [name])


def encoded() -> EncodedJson:
    return EncodedJson(PLACE, reference("var.list"))


def listed() -> JoinedTexts:
    return JoinedTexts(PLACE, ["var.more"])


def says(node: Node, value: Any) -> bool:
    """True iff a tree may hold a value."""
    if isinstance(node, UnknownNode):
        if node.pieces == (None,):
            return True
        assert isinstance(value, str)
        begins, ends = node.pieces[0] or "", node.pieces[-1] or ""
        return value.startswith(begins) and value.endswith(ends)
    if isinstance(node, Members):
        named = [key.text for key, _ in node.pairs]
        return (
            isinstance(value, list)
            and [name for name, _ in value] == named
            and all(says(own, inner) for (_, own), (_, inner) in zip(node.pairs, value, strict=True))
        )
    if isinstance(node, Items):
        at = next((n for n, item in enumerate(node.items) if isinstance(item, JoinedTexts)), None)
        if at is not None:
            assert isinstance(value, list)
            last = len(value) - (len(node.items) - at - 1)
            return at < last and all(map(says, node.items, [*value[: at + 1], *value[last:]]))
        return len(node.items) == len(value) and all(map(says, node.items, value))
    assert isinstance(node, Scalar)
    return node.text == ("" if value is None else value)


def pairs(text: str) -> Any:
    """The value of a text: objects as their members in order, numbers as they are written."""
    return json.loads(text, object_pairs_hook=lambda found: found, parse_int=str, parse_float=str)


def made(chance: random.Random) -> list[Node]:
    """Parts that are JSON more often than not."""
    if chance.random() < 0.3:
        words: list[Node] = [text_at(PLACE, word) for word in chance.choices(WORDS, k=chance.randint(1, 8))]
    else:
        text = json.dumps({"Statement": [{"a": "xy", "b": ["z", "w"], "c": {"d": "1"}}]})
        cuts = sorted(chance.sample(range(len(text)), 2))
        words = [text_at(PLACE, part) for part in (text[: cuts[0]], text[cuts[0] : cuts[1]], text[cuts[1] :])]
    for _ in range(chance.randint(1, 2)):
        words.insert(chance.randint(0, len(words)), chance.choice((reference(), encoded(), listed())))
    return words


def test_whatever_is_not_known_the_text_holds_the_tree() -> None:
    chance, read = random.Random(20261203), 0
    for _ in range(20_000):
        parts = made(chance)
        found = read_open_json(PLACE, parts)
        if found is None:
            continue
        read += 1
        for _ in range(4):
            filled = ""
            for part in parts:
                known = part.text if isinstance(part, Scalar) else chance.choice(VALUES)
                if isinstance(part, JoinedTexts):
                    known = '","'.join(chance.choices(VALUES, k=chance.randint(0, 3)))
                filled += json.dumps(chance.choice(ENCODED)) if isinstance(part, EncodedJson) else known
            try:
                value = pairs(filled)
            except ValueError:
                continue
            assert says(found[0], value), filled
    assert read > 200


@pytest.mark.parametrize(
    "parts",
    [
        ['{"AWS": ', reference(), "}"],
        ['{"AWS": [', reference(), "]}"],
        ['{"', reference(), '": "x"}'],
        ['{"AWS": "a\\', reference(), '"}'],
        ['{"AWS": "\\u00', reference(), '"}'],
        ['{"AWS": "', encoded(), '"}'],
        ['{"AWS": ', encoded(), encoded(), "}"],
        ['{"AWS": "', UnknownNode(PLACE, ["join(…)"]), '"}'],
        ['{"AWS": "\ue000', reference(), '"}'],
        ['{"AWS": "', reference()],
        ['{"AWS": "\\uE000', reference(), '"}'],
        ['{"AWS": "', listed(), '"}'],
        ['{"AWS": ["x', listed(), '"]}'],
        ["{", listed(), "}"],
    ],
)
def test_what_may_decide_how_a_text_is_read_is_not_read(parts: list[Any]) -> None:
    assert read_open_json(PLACE, [text_at(PLACE, part) if isinstance(part, str) else part for part in parts]) is None


def test_each_part_has_its_own_names() -> None:
    parts: list[Any] = ['{"a": "', reference("var.a"), '", "b": "x-', reference("var.b"), '", "c": ', encoded(), "}"]
    found = read_open_json(PLACE, [text_at(PLACE, part) if isinstance(part, str) else part for part in parts])
    assert found is not None and isinstance(found[0], Members)
    assert [one.names for one in found[1]] == [("var.a",), ("var.b",)]
    held = [value for _, value in found[0].pairs if isinstance(value, UnknownNode)]
    assert [(value.names, value.pieces) for value in held] == [
        (("var.a",), (None,)),
        (("var.b",), ("x-", None)),
        (("var.list",), (None,)),
    ]
