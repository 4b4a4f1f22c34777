"""Edits of statements in the text that holds them: what changes, and that nothing else does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from verifier.inputs.text.nodes import Members, nodes_in
from verifier.lsp.documents import tree_of
from verifier.lsp.edits import NoEdit, Replacement, policy_edit, statement_edit
from verifier.model.results.explanation import EditShown

JSON = """{
  "Version": "2012-10-17",
  "Statement": [
    { "Sid": "One", "Effect": "Allow",
      "Principal": {"AWS": ["111122223333", "444455556666"]},
      "Action": ["kms:Decrypt",   "kms:Encrypt"], "Resource": "*" },
    { "Sid": "Two", "Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*" }
  ]
}
"""
YAML = """Version: "2012-10-17"
Statement:
  - Sid: One   # the first
    Effect: Allow
    Principal:
      AWS:
        - "111122223333"
        - "444455556666"
    Action:
      - kms:Decrypt
      - kms:Encrypt

    Resource: "*"
  # the second
  - {Sid: Two, Effect: Deny, Principal: "*", Action: "kms:*", Resource: "*"}
"""
ONE = {
    "Sid": "One",
    "Effect": "Allow",
    "Principal": {"AWS": ["111122223333", "444455556666"]},
    "Action": ["kms:Decrypt", "kms:Encrypt"],
    "Resource": "*",
}
TWO = {"Sid": "Two", "Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*"}
TEXTS = pytest.mark.parametrize(("name", "text"), [("a.json", JSON), ("a.yaml", YAML)])
CONDITION = {"StringEquals": {"kms:ViaService": "s3.us-west-2.amazonaws.com"}}


def statements(name: str, text: str) -> list[Members]:
    tree = tree_of(Path("/") / name, text)
    assert tree is not None
    return [node for node in nodes_in(tree) if isinstance(node, Members) and node.has("Effect")]


def after(text: str, replacements: tuple[Replacement, ...]) -> str:
    for one in sorted(replacements, key=lambda one: one.start, reverse=True):
        text = text[: one.start] + one.text + text[one.end :]
    return text


def parsed(name: str, text: str) -> Any:
    return json.loads(text) if name.endswith("json") else yaml.safe_load(text)


@TEXTS
@pytest.mark.parametrize(
    "new",
    [
        ONE | {"Action": "kms:Decrypt"},
        ONE | {"Principal": "*", "Resource": ["a", "b"]},
        ONE | {"Condition": CONDITION},
        {name: value for name, value in ONE.items() if name != "Sid"},
        {name: value for name, value in ONE.items() if name != "Resource"},
    ],
)
def test_a_statement_becomes_another(name: str, text: str, new: dict[str, Any]) -> None:
    tree = tree_of(Path("/") / name, text)
    assert tree is not None
    changed = after(text, statement_edit(tree, statements(name, text)[0].span, ONE, new))
    assert parsed(name, changed)["Statement"] == [new, TWO]
    assert changed.endswith(text[-20:]) and changed.startswith(text[:25])


def test_what_is_not_changed_keeps_its_characters() -> None:
    tree = tree_of(Path("/a.json"), JSON)
    assert tree is not None
    changed = after(JSON, statement_edit(tree, statements("a.json", JSON)[0].span, ONE, ONE | {"Principal": {"AWS": "111122223333"}}))
    assert changed == JSON.replace('{"AWS": ["111122223333", "444455556666"]}', '{"AWS": "111122223333"}')


@TEXTS
def test_statements_come_and_go(name: str, text: str) -> None:
    tree = tree_of(Path("/") / name, text)
    assert tree is not None
    first, second = statements(name, text)
    three = TWO | {"Sid": "Three"}
    change = EditShown("", json.dumps(TWO), json.dumps(TWO | {"Effect": "Allow"}), second.span)
    again = EditShown("", change.after, json.dumps(TWO | {"Effect": "Allow", "Condition": CONDITION}), second.span)
    edits = [EditShown("", json.dumps(ONE), None, first.span), change, again, EditShown("", None, json.dumps(three))]
    changed = parsed(name, after(text, policy_edit(tree, edits)))
    assert changed["Statement"] == [TWO | {"Effect": "Allow", "Condition": CONDITION}, three]
    removed = EditShown("", json.dumps(TWO), None, second.span)
    assert parsed(name, after(text, policy_edit(tree, [removed])))["Statement"] == [ONE]


def test_what_the_text_does_not_say_literally_is_not_edited() -> None:
    text = YAML.replace('- "111122223333"', '- {"Fn::Sub": "${AWS::AccountId}"}')
    tree = tree_of(Path("/a.yaml"), text)
    assert tree is not None
    span = statements("a.yaml", text)[0].span
    with pytest.raises(NoEdit):
        statement_edit(tree, span, ONE, ONE | {"Principal": "*"})
    assert statement_edit(tree, span, ONE, ONE | {"Action": "kms:Decrypt"})
    with pytest.raises(NoEdit):
        statement_edit(tree, tree.span, {"Version": "x"}, {"Version": "2012-10-17"})
