"""What modules are written with: resources that are made or not, one of several expressions, generated blocks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.inputs.plans import ACCOUNT, Json, Planned, caller_identity, constant, new_key, new_role, plan, refers
from tests.inputs.test_terraform_documents import APP, aws, data, statement
from tests.inputs.test_terraform_files import ROLE, a_statement, load, principals
from tests.inputs.test_terraform_files import key as key_block
from tests.inputs.test_terraform_keys import alias, grant
from tests.inputs.test_terraform_plan import key_policy
from tests.inputs.test_terraform_plan import load as load_alone
from verifier.model.estate import Key

EITHER = ("aws_kms_key.this[0].arn", "aws_kms_external_key.this[0].arn")
"""The ARN of whichever of two kinds of key the module makes: `try(aws_kms_key.this[0].arn,
aws_kms_external_key.this[0].arn)`."""


def with_counts(made: Json, *blocks: str, by: str = "count_expression") -> Json:
    """The plan, where these blocks have `count` (or `for_each`); those that are not in the configuration are added to
    it."""
    listed = made["configuration"]["root_module"]["resources"]
    for address in blocks:
        found = next((block for block in listed if block["address"] == address), None)
        if found is None:
            type_, name = address.removeprefix("data.").split(".")
            mode = "data" if address.startswith("data.") else "managed"
            found = {
                "address": address,
                "mode": mode,
                "type": type_,
                "name": name,
                "expressions": {},
                "provider_config_key": "aws",
            }
            listed.append(found)
        found[by] = refers("var.create")
    return made


def keys_of(folder: Path, *resources: Planned, counts: tuple[str, ...] = (), **plan_: Any) -> list[Key]:
    """The keys of a plan without `.tf` files."""
    both = ("aws_kms_key.this", "aws_kms_external_key.this", *counts)
    return list(load_alone(folder, with_counts(plan(caller_identity(), *resources, **plan_), *both)).keys)


# -- without the files --


def test_a_reference_to_an_instance_that_is_not_made_is_none(tmp_path: Path) -> None:
    granted, named = grant("x"), alias("x")
    granted.expressions["key_id"] = named.expressions["target_key_id"] = refers(
        *(text.replace("arn", "key_id") for text in EITHER)
    )
    (key,) = keys_of(tmp_path, new_key("this", key_policy(), index=0), granted, named)
    assert key.grants is not None and len(key.grants) == 1 and key.aliases == ("alias/payments",)


def test_two_that_are_made_leave_it_open(tmp_path: Path) -> None:
    granted = grant("x")
    granted.expressions["key_id"] = refers("aws_kms_key.this[0].key_id", "aws_kms_key.this[1].key_id")
    keys = keys_of(tmp_path, *(new_key("this", key_policy(), index=n) for n in (0, 1)), granted)
    assert [key.grants for key in keys] == [(), ()]
    estate = load_alone(
        tmp_path,
        with_counts(plan(caller_identity(), new_key("this", key_policy(), index=0), granted), "aws_kms_key.this"),
    )
    assert [len(key.grants or ()) for key in estate.keys] == [1]


def test_a_resource_without_count_is_not_taken_for_one_that_is_not_made(tmp_path: Path) -> None:
    """What the plan does not record otherwise may be there."""
    granted = grant("x")
    granted.expressions["key_id"] = refers("aws_kms_key.this[0].key_id", "aws_kms_external_key.other[0].key_id")
    (key,) = keys_of(tmp_path, new_key("this", key_policy(), index=0), granted)
    assert key.grants == ()


def test_l9_the_primary_key_of_a_replica_through_one_of_several(tmp_path: Path) -> None:
    primary = new_key(
        "this", key_policy(), index=0, after={"multi_region": True}, expressions={"multi_region": constant(True)}
    )
    replica = Planned(
        "aws_kms_replica_key",
        "r",
        {"region": "eu-west-1"},
        {"arn": True, "key_id": True, "primary_key_arn": True, "policy": True},
    )
    replica.expressions["primary_key_arn"] = refers(*EITHER)
    keys = keys_of(tmp_path, primary, replica)
    assert [key.multi_region_type for key in keys] == ["PRIMARY", "REPLICA"] and len(
        {key.arn.rsplit("/", 1)[1] for key in keys}
    ) == 1
    replica.expressions["primary_key_arn"] = refers("data.remote.x.arn")
    ids = {key.arn.rsplit("/", 1)[1] for key in keys_of(tmp_path, primary, replica)}
    assert len(ids) == 2 and all(found.startswith("mrk-") for found in ids)


@pytest.mark.parametrize(
    ("value", "found"),
    [(None, True), ("", True), (False, False), (True, False), ("true", False), ("x", False), (["x"], False)],
)
def test_a_variable_without_a_text_is_not_the_policy(tmp_path: Path, value: Any, found: bool) -> None:
    """`coalesce(var.policy, data.aws_iam_policy_document.d.json)`."""
    key = new_key("k", refers("var.policy", "data.aws_iam_policy_document.d.json"))
    (read,) = load_alone(
        tmp_path, plan(caller_identity(), key, one_statement(), new_role("app"), variables={"policy": value})
    ).keys
    assert (read.policies is not None) is found
    if found:
        assert any(
            "aws_kms_key.k.policy is data.aws_iam_policy_document.d.json" in sentence for sentence in read.supposed
        )


# -- with them --


def one_statement(sid: str = "Users") -> Planned:
    """A data source that is read during apply, with a statement from a `dynamic` block, of which the plan records no
    expression."""
    return data([statement(sid=sid, principals=aws(None))], [{"principals": [{"identifiers": [True]}]}], [])


def block(*statements: str) -> str:
    """The data source as HCL."""
    return f'data "aws_iam_policy_document" "d" {{\n{"".join(statements)}}}\n'


def generated(each: str, sid: str, who: str) -> str:
    """A `dynamic "statement"`."""
    users = f'principals {{\n type = "AWS"\n identifiers = {who}\n }}'
    inner = f'sid = {sid}\n      actions = ["kms:Decrypt"]\n      resources = ["*"]\n      {users}'
    return f'  dynamic "statement" {{\n    for_each = {each}\n    content {{\n      {inner}\n    }}\n  }}\n'


def recovered(folder: Path, *statements: str, sid: str = "Users") -> list[tuple[list[str], bool]]:
    """The principals of a key whose policy is the data source, with the file."""
    text = (
        ROLE
        + 'variable "users" {}\nvariable "none" {}\n'
        + block(*statements)
        + 'resource "aws_kms_key" "k" {\n  policy = coalesce(var.policy, data.aws_iam_policy_document.d.json)\n}\n'
    )
    key = new_key("k", refers("var.policy", "data.aws_iam_policy_document.d.json"))
    made = plan(
        caller_identity(),
        key,
        one_statement(sid),
        new_role("app"),
        variables={"policy": None, "users": ["x"], "none": []},
    )
    (read,) = load(folder, made, main=text).keys
    return principals(read)


OPEN = [(["*"], True)]
USERS = generated("length(var.users) > 0 ? [1] : []", '"Users"', "[aws_iam_role.app.arn]")


def test_a_generated_statement_is_found_by_its_sid(tmp_path: Path) -> None:
    others = generated("var.users", "statement.value.sid", "statement.value.who")
    assert recovered(tmp_path, USERS) == [([APP], False)]
    assert recovered(tmp_path, generated("[1]", '"Others"', '["111122223333"]'), others, USERS) == [([APP], False)]


def test_a_block_that_makes_no_statement_is_not_the_one_with_its_sid(tmp_path: Path) -> None:
    others = generated('[{ sid = "Users" }]', "statement.value.sid", '["*"]')
    for each in ("length(var.none) > 0 ? [1] : []", "var.unknown", "aws_x.y", "[1, aws_x.y]"):
        assert recovered(tmp_path, USERS.replace("length(var.users) > 0 ? [1] : []", each), others) == OPEN


def test_another_sid_is_another_statement(tmp_path: Path) -> None:
    assert recovered(tmp_path, USERS, sid="Admins") == OPEN
    assert recovered(tmp_path, USERS.replace('"Users"', "var.none"), sid="Users") == OPEN


def test_try_takes_what_does_not_fail(tmp_path: Path) -> None:
    who = 'try(aws_iam_role.b[0].arn, "${aws_iam_role.b[0].arn}/x", aws_iam_role.app[0].arn)'
    text = ROLE.replace("{\n", "{\n  count = 1\n", 1) + 'resource "aws_iam_role" "b" {\n  count = 0\n}\n'
    text += key_block(f'jsonencode({{ Version = "2012-10-17", Statement = [{a_statement(who)}] }})', "this")
    key = new_key("this", refers("aws_iam_role.b[0].arn", "aws_iam_role.app[0].arn"))
    made = with_counts(plan(caller_identity(), key, new_role("app", index=0)), "aws_iam_role.app", "aws_iam_role.b")
    (read,) = load(tmp_path, made, main=text).keys
    assert principals(read) == [([f"arn:aws:iam::{ACCOUNT}:role/app"], False)]
