"""Edits of a policy: each does what it says, leaves the rest, and gives a policy that a document can say."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.agreement.library import policy_of_text
from tests.evaluate.estates import ALICE, KEY, PARTNER_ROOT, ROOT, S3, allow, aws, deny, estate, policy
from tests.examples import many
from tests.model.bare import without_places
from tests.model.test_policy_text import a_policy
from verifier.model.edits import (
    AddCondition,
    AddStatement,
    Edit,
    EditError,
    RemoveCondition,
    RemoveStatement,
    ReplaceActions,
    ReplaceCondition,
    ReplacePrincipals,
    ReplaceResources,
    apply_all,
    with_key_policy,
)
from verifier.model.policy import Condition, Operator, Policy, Principal, PrincipalType, Statement, Text
from verifier.model.policy_text import policy_text, statement_document

VIA, TENANT = "kms:ViaService", "kms:EncryptionContext:tenant"
EQUALS, IF_EXISTS = Operator("StringEquals", None, False), Operator("StringEquals", None, True)
SERVICE = Principal(PrincipalType.SERVICE, S3)


def condition(operator: Operator, key: str, *values: str) -> Condition:
    return Condition(operator, Text(key), tuple(Text(value) for value in values))


PARTNER_STATEMENT = allow(
    aws(ROOT, PARTNER_ROOT),
    ["kms:Decrypt", "kms:Encrypt"],
    Sid="Partner",
    Condition={"StringEqualsIfExists": {TENANT: "a"}},
)
TWO = policy(PARTNER_STATEMENT, deny())


def changed(edit: Edit, before: Policy = TWO) -> Statement:
    """The first statement after the edit; the second is as it was."""
    after = edit.apply(before)
    assert after.statements[1:] == before.statements[1:]
    return after.statements[0]


def test_a_condition_is_added_beside_those_with_its_operator() -> None:
    before = policy(allow(Condition={"StringEquals": {VIA: "x"}, "Null": {TENANT: "false"}}))
    after = AddCondition(0, condition(EQUALS, "aws:PrincipalOrgID", "o-1")).apply(before)
    assert statement_document(after.statements[0])["Condition"] == {
        "StringEquals": {VIA: "x", "aws:PrincipalOrgID": "o-1"},
        "Null": {TENANT: "false"},
    }
    with pytest.raises(EditError, match="already"):
        AddCondition(0, condition(EQUALS, VIA.upper(), "y")).apply(before)


def test_a_condition_is_removed() -> None:
    assert changed(RemoveCondition(0, IF_EXISTS, TENANT.lower())).conditions == ()
    with pytest.raises(EditError, match="no condition"):
        RemoveCondition(0, EQUALS, TENANT).apply(TWO)


def test_an_operator_and_values_are_replaced() -> None:
    after = changed(ReplaceCondition(0, IF_EXISTS, TENANT, EQUALS, ("a", "b")))
    assert statement_document(after)["Condition"] == {"StringEquals": {TENANT: ["a", "b"]}}
    assert after.conditions[0].span == TWO.statements[0].conditions[0].span
    both = policy(allow(Condition={"StringEqualsIfExists": {TENANT: "a"}, "StringEquals": {TENANT: "b"}}))
    with pytest.raises(EditError, match="already"):
        ReplaceCondition(0, IF_EXISTS, TENANT, EQUALS, ("a",)).apply(both)
    with pytest.raises(EditError, match="needs a value"):
        ReplaceCondition(0, IF_EXISTS, TENANT, EQUALS, ()).apply(TWO)


def test_principals_actions_and_resources_are_replaced() -> None:
    kept = TWO.statements[0].principals or ()
    assert changed(ReplacePrincipals(0, (*kept, SERVICE))).principals == (*kept, SERVICE)
    assert statement_document(changed(ReplaceActions(0, ("kms:Decrypt",))))["Action"] == "kms:Decrypt"
    assert statement_document(changed(ReplaceResources(0, (KEY,))))["Resource"] == KEY
    for nothing in (ReplacePrincipals(0, ()), ReplaceActions(0, ()), ReplaceResources(0, ())):
        with pytest.raises(EditError):
            nothing.apply(TWO)
    with pytest.raises(EditError, match="alone"):
        ReplacePrincipals(0, (Principal(PrincipalType.ANYONE, "*"), SERVICE)).apply(TWO)


def test_statements_are_added_and_removed_and_counted_anew() -> None:
    added = AddStatement(TWO.statements[0]).apply(TWO)
    assert [statement.index for statement in added.statements] == [0, 1, 2]
    assert added.statements[2].sid == TWO.statements[0].sid
    removed = RemoveStatement(0).apply(added)
    assert [statement.index for statement in removed.statements] == [0, 1]
    assert removed.statements[0].effect is TWO.statements[1].effect
    with pytest.raises(EditError, match="needs a statement"):
        RemoveStatement(0).apply(policy(allow()))
    with pytest.raises(EditError, match="no statement 3"):
        RemoveStatement(2).apply(TWO)


def test_edits_follow_one_another() -> None:
    after = apply_all(TWO, [RemoveStatement(1), AddCondition(0, condition(EQUALS, VIA, "s3.us-west-2.amazonaws.com"))])
    assert len(after.statements) == 1
    assert len(after.statements[0].conditions) == 2


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (RemoveStatement(1), "remove Deny statement 2 (policy.json:1:"),
        (AddStatement(TWO.statements[1]), "add a statement: Deny [kms:*] to [*]"),
        (AddCondition(0, condition(EQUALS, VIA, "s3")), ": add the condition StringEquals kms:ViaService [s3]"),
        (
            RemoveCondition(0, IF_EXISTS, TENANT),
            f": remove the condition StringEqualsIfExists {TENANT} [a] (policy.json:1:",
        ),
        (ReplaceCondition(0, IF_EXISTS, TENANT, EQUALS, ("a",)), ": [StringEqualsIfExists] → [StringEquals]"),
        (ReplaceCondition(0, IF_EXISTS, TENANT, IF_EXISTS, ("a", "b")), ": add [b]"),
        (ReplacePrincipals(0, (TWO.statements[0].principals or ())[:1]), f": Principal: remove [{PARTNER_ROOT}]"),
        (ReplacePrincipals(0, (SERVICE,)), f": Principal: [{ROOT}, {PARTNER_ROOT}] → [{S3}]"),
        (ReplaceActions(0, ("kms:Decrypt", "kms:Encrypt", "kms:Sign")), ": Action: add [kms:Sign]"),
        (ReplaceResources(0, (KEY,)), f": Resource: [*] → [{KEY}]"),
    ],
)
def test_an_edit_says_what_it_does_and_where(edit: Edit, told: str) -> None:
    line = edit.describe(TWO)
    assert told in line
    assert "\n" not in line
    assert isinstance(edit, AddStatement) or "(policy.json:1:" in line


def test_a_description_holds_no_escape_of_the_input() -> None:
    hostile = policy(allow(Sid="\x1b[31mred\n"))
    assert RemoveStatement(0).describe(hostile).isprintable()


def test_the_estate_with_an_edited_policy() -> None:
    before = estate(allow(aws(ALICE)), deny())
    old = (before.keys[0].policies or ())[0]
    after = with_key_policy(before, KEY, RemoveStatement(1).apply(old))
    assert [len(found.statements) for found in after.keys[0].policies or ()] == [1]
    assert [len(found.statements) for found in before.keys[0].policies or ()] == [2]
    with pytest.raises(EditError):
        with_key_policy(before, KEY[:-1], old)


@settings(max_examples=many(150))
@given(st.binary(min_size=16, max_size=16), st.integers(0, 10**6))
def test_an_edited_policy_is_one_that_a_document_can_say(tape: bytes, seed: int) -> None:
    before = a_policy(tape)
    for edit in some_edits(before, seed):
        try:
            after = edit.apply(before)
        except EditError:
            continue
        assert [statement.index for statement in after.statements] == list(range(len(after.statements)))
        again = policy_of_text(policy_text(after), after.kind, after.identity)
        assert without_places(again) == without_places(after)
        assert edit.describe(before).isprintable()


def some_edits(before: Policy, seed: int) -> list[Edit]:
    """One edit of each kind, of a statement that the seed picks."""
    index = seed % len(before.statements)
    statement = before.statements[index]
    edits: list[Edit] = [
        RemoveStatement(index),
        AddStatement(statement),
        AddCondition(index, condition(EQUALS, VIA, "s3")),
    ]
    for found in statement.conditions:
        values = tuple(value.value for value in found.values)
        edits.append(RemoveCondition(index, found.operator, found.key.value))
        edits.append(ReplaceCondition(index, found.operator, found.key.value, IF_EXISTS, values))
    actions = tuple(text.value for text in statement.actions or ())
    return [
        *edits,
        ReplacePrincipals(index, (*(statement.principals or ()), SERVICE)),
        ReplaceActions(index, (*actions, "kms:Sign")),
    ]
