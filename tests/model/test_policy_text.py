"""Writing a policy and reading it again gives the same policy (L1–L4)."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.agreement.documents import identity_policy, key_policy
from tests.agreement.library import policy_from, policy_of_text
from tests.agreement.themes import a_theme
from tests.agreement.world import Dice, a_world
from tests.evaluate.estates import ALICE, ROOT, S3, allow
from tests.evaluate.estates import policy as key_policy_of
from tests.examples import many
from tests.model.bare import without_places
from verifier.model.policy import Policy, PolicyKind, Principal, PrincipalType
from verifier.model.policy_text import policy_document, policy_text, statement_document


def a_policy(tape: bytes) -> Policy:
    """A random key policy or identity policy, read from text."""
    dice = Dice(tape)
    theme = a_theme(dice, a_world(dice))
    if dice.chance(25):
        return policy_from(identity_policy(dice, theme), PolicyKind.IDENTITY, "arn#name")
    return policy_from(key_policy(dice, theme, theme.world.keys[0]), PolicyKind.KEY, "arn#name")


@settings(max_examples=many(300))
@given(st.binary(min_size=16, max_size=16))
def test_what_is_written_reads_back_as_the_same_policy(tape: bytes) -> None:
    policy = a_policy(tape)
    text = policy_text(policy)
    again = policy_of_text(text, policy.kind, policy.identity)
    assert without_places(again) == without_places(policy)
    assert policy_text(again) == text


def round_trip(**elements: Any) -> dict[str, Any]:
    return statement_document(
        key_policy_of({"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*", **elements}).statements[
            0
        ]
    )


def test_one_value_stands_alone_and_several_in_a_list() -> None:
    found = round_trip(Action=["kms:Decrypt"], Resource=["*"], Condition={"Bool": {"aws:SecureTransport": True}})
    assert (found["Action"], found["Resource"]) == ("kms:Decrypt", "*")
    assert found["Condition"] == {"Bool": {"aws:SecureTransport": "true"}}
    assert round_trip(Action=["kms:Encrypt", "kms:Decrypt"])["Action"] == ["kms:Encrypt", "kms:Decrypt"]


def test_principals_are_grouped_by_their_type() -> None:
    listed = {"Service": S3, "AWS": [ROOT, ALICE, "*"]}
    assert round_trip(Principal=listed)["Principal"] == listed
    assert round_trip(Principal="*")["Principal"] == "*"
    assert round_trip(Principal={"AWS": ["*"]})["Principal"] == {"AWS": "*"}
    spared = {"Effect": "Deny", "NotPrincipal": {"AWS": ROOT}, "Action": "kms:*", "Resource": "*"}
    assert statement_document(key_policy_of(spared).statements[0]) == spared


def test_elements_come_in_one_order() -> None:
    written = round_trip(Condition={"Null": {"kms:ViaService": "true"}}, Sid="S")
    assert list(written) == ["Sid", "Effect", "Principal", "Action", "Resource", "Condition"]


def test_the_id_and_the_version_are_kept() -> None:
    document = {"Version": "2008-10-17", "Id": "key-default-1", "Statement": [allow()]}
    policy = policy_from(document, PolicyKind.KEY, "arn#default")
    assert json.loads(policy_text(policy)) == document
    assert (
        policy_document(policy_from({"Statement": allow()}, PolicyKind.KEY, "arn#default"))["Version"] == "2008-10-17"
    )


def test_other_characters_are_written_as_they_are() -> None:
    policy = policy_from({"Statement": allow(Sid='Größe "é" \x1b')}, PolicyKind.KEY, "arn#default")
    assert "Größe" in policy_text(policy)
    assert "\x1b" not in policy_text(policy)
    assert json.loads(policy_text(policy))["Statement"][0]["Sid"] == 'Größe "é" \x1b'


def test_what_no_document_can_say_is_refused() -> None:
    statement = key_policy_of(allow()).statements[0]
    both = (Principal(PrincipalType.ANYONE, "*"), Principal(PrincipalType.SERVICE, S3))
    with pytest.raises(ValueError, match="stands alone"):
        statement_document(replace(statement, principals=both))
    twice = key_policy_of(allow(Condition={"Bool": {"aws:SecureTransport": "true"}})).statements[0]
    with pytest.raises(ValueError, match="twice"):
        statement_document(replace(twice, conditions=twice.conditions * 2))
