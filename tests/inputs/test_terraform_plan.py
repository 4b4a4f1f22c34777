"""The format of plans and states: what is read, and what is refused with the resource's address."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from tests.inputs.plans import (
    ACCOUNT,
    Planned,
    caller_identity,
    constant,
    new_key,
    new_role,
    plan,
    refers,
    state,
    write,
)
from tests.inputs.samples import KEY, KEY_ID, POLICY, details, key, metadata
from tests.inputs.test_organization import organization
from verifier.inputs import load_estate, load_plan_sides
from verifier.inputs.supplied import Supplied
from verifier.inputs.terraform.plan_values import module_path
from verifier.model.estate import Estate, Key
from verifier.syntax.diagnostic import Diagnostic, InputError

PARTNER_ROLE = "arn:aws:iam::444455556666:role/partner"


def key_policy(*principals: str) -> dict[str, Any]:
    """A key policy that delegates to the account, and lets some principals decrypt."""
    statements = copy.deepcopy(POLICY["Statement"])
    statements += [
        {"Sid": f"S{n}", "Effect": "Allow", "Principal": {"AWS": p}, "Action": "kms:Decrypt", "Resource": "*"}
        for n, p in enumerate(principals)
    ]
    return {"Version": "2012-10-17", "Statement": statements}


def existing(key: Planned, identifier: str = "1234abcd-12ab-34cd-56ef-1234567890ab", **members: Any) -> Planned:
    """The same key, as it is when AWS has it; the plan changes nothing, but for `members` of it."""
    assert key.after is not None
    arn = f"arn:aws:kms:us-west-2:{ACCOUNT}:key/{identifier}"
    before = {**key.after, "arn": arn, "key_id": identifier, "id": identifier, "multi_region": False, "tags_all": {}}
    return Planned(key.type, key.name, {**before, **members}, {}, key.expressions, before)


LOGS = "arn:aws:logs:us-west-2:444455556666:log-group:g"


def load(folder: Path, data: Any, **supplied: Any) -> Estate:
    """The estate of a plan."""
    return load_estate([write(folder, data)], supplied=Supplied(**supplied))


def refused(folder: Path, data: Any, **supplied: Any) -> tuple[Diagnostic, ...]:
    """The errors of a plan."""
    with pytest.raises(InputError) as caught:
        load(folder, data, **supplied)
    return caught.value.diagnostics


def only_key(estate: Estate) -> Key:
    """The key of an estate that has one."""
    (key,) = estate.keys
    return key


# -- the format --


@pytest.mark.parametrize("version", ["0.1", "0.2", "1.0", "1.2", "1.99"])
def test_versions_that_are_known(tmp_path: Path, version: str) -> None:
    assert load(tmp_path, {**plan(caller_identity(), new_key("k")), "format_version": version}).keys


@pytest.mark.parametrize("version", ["2.0", "10.1", 1, None, "1", "x", ["1.2"]])
def test_versions_that_are_not(tmp_path: Path, version: Any) -> None:
    (error,) = refused(tmp_path, {**plan(caller_identity(), new_key("k")), "format_version": version})
    assert "version" in error.message and str(error.span).endswith("plan.json")


def test_a_plan_that_failed_is_refused(tmp_path: Path) -> None:
    (error,) = refused(tmp_path, plan(caller_identity(), new_key("k"), errored=True))
    assert "could not finish" in error.message


def test_changes_that_are_put_off_leave_every_verdict_open(tmp_path: Path) -> None:
    put_off = [{"reason": "instance_count_unknown", "resource_change": {"address": "aws_kms_grant.g", "change": {}}}]
    (thing,) = load(
        tmp_path, plan(caller_identity(), new_key("k"), complete=False, deferred_changes=put_off)
    ).unmodelled
    assert thing.label == "U3" and "aws_kms_grant.g" in thing.description
    assert load(tmp_path, plan(caller_identity(), new_key("k"), complete=False)).unmodelled == ()  # made with -target


def test_a_raw_state_and_a_plan_file_are_told_apart(tmp_path: Path) -> None:
    raw = {"version": 4, "terraform_version": "1.9.8", "lineage": "x", "resources": []}
    (error,) = refused(tmp_path, raw)
    assert "raw state" in error.message and error.hint and "terraform show -json" in error.hint
    (tmp_path / "plan.out").write_bytes(b"PK\x03\x04\x14\x00")
    with pytest.raises(InputError) as caught:
        load_estate([tmp_path / "plan.out"])
    assert "terraform show -json" in (caught.value.diagnostics[0].hint or "")


def test_s3_a_plan_without_keys_is_refused(tmp_path: Path) -> None:
    (error,) = refused(tmp_path, plan(caller_identity(), new_role("app")))
    assert "holds no key" in error.message
    (error,) = refused(tmp_path, {"format_version": "1.0", "terraform_version": "1.9.8"})  # an empty state
    assert "holds no key" in error.message


@pytest.mark.parametrize(
    ("data", "path"),
    [
        (plan(caller_identity(), new_key("k")), ("resource_changes",)),
        (plan(caller_identity(), new_key("k")), ("planned_values", "root_module", "resources")),
        (plan(caller_identity(), new_role("r")), ("prior_state", "values", "root_module", "resources")),
        (state(caller_identity()), ("values", "root_module", "resources")),
    ],
)
def test_a_plan_has_no_address_twice(tmp_path: Path, data: Any, path: tuple[str, ...]) -> None:
    """Of two plans that were put into one file neither is passed over."""
    listed: Any = data
    for step in path:
        listed = listed[step]
    listed += listed
    (error,) = refused(tmp_path, data)
    assert f"`{path[0]}` has {listed[0]['address']} twice" in error.message


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        (("resource_changes",), {}, "`resource_changes`: expected a list, found an object"),
        (("resource_changes", 1, "change"), [], "aws_kms_key.k: `change`: expected an object, found a list"),
        (("resource_changes", 1, "change", "after"), "x", "aws_kms_key.k: `after`: expected an object"),
        (("resource_changes", 1, "change", "actions"), "create", "aws_kms_key.k: `actions`: expected a list"),
        *(
            (("resource_changes", 1, "change", "actions"), actions, "aws_kms_key.k: `actions`: expected of create, ")
            for actions in ([], ["rename"], ["CreateThenForget"])
        ),
        (("deferred_action_invocations",), {}, "`deferred_action_invocations`: expected a list"),
        (("resource_changes", 1, "address"), 3, "the address of an entry of `resource_changes`: expected a string"),
        (("resource_changes", 1, "index"), {}, "aws_kms_key.k: `index`"),
        (("resource_changes", 1, "module_address"), "nonsense", "is not the address of a module"),
        (("planned_values", "root_module"), 3, "`planned_values`: `root_module`: expected an object"),
        (("planned_values", "root_module", "resources"), 3, "`resources`: expected a list"),
        (
            ("planned_values", "root_module", "child_modules"),
            [3],
            "an entry of `planned_values`: `child_modules`: expected an object",
        ),
        (("configuration",), [], "`configuration`: expected an object"),
        (("configuration", "root_module", "module_calls"), [], "`module_calls`: expected an object"),
        (("prior_state",), 3, "`prior_state`: expected an object"),
        (("variables",), [], "`variables`: expected an object"),
    ],
)
def test_a_malformed_plan_names_what_is_wrong(tmp_path: Path, path: tuple[Any, ...], value: Any, says: str) -> None:
    data = plan(caller_identity(), new_role("r"), new_key("k"))
    inner: Any = data
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    error, *_ = refused(tmp_path, data)
    assert says in error.message and str(error.span).endswith("plan.json")


@pytest.mark.parametrize("text", ["[" * 100_000, "[" * 300_000, '{"a":' * 50_000, '{"Statement": [' + "1," * 100_000])
def test_a_policy_that_is_nested_without_end_is_an_error_and_not_a_hang(tmp_path: Path, text: str) -> None:
    error, *_ = refused(tmp_path, plan(caller_identity(), existing(new_key("k", key_policy()), policy=text)))
    assert "aws_kms_key.k" in str(error.span)


@pytest.mark.parametrize("name", ["policy", "key_usage", "multi_region", "tags_all", "arn", "customer_master_key_spec"])
@pytest.mark.parametrize("value", [3, [], {}, [None], {"a": [1]}, True, "\u001b[31m", "x" * 5000])
def test_an_attribute_of_another_type_is_an_error_or_is_read(tmp_path: Path, name: str, value: Any) -> None:
    key = existing(new_key("k", key_policy()), **{name: value})
    try:
        load(tmp_path, plan(caller_identity(), key))
    except InputError as error:
        assert all("aws_kms_key.k" in str(found.span) for found in error.diagnostics)


def test_text_that_is_not_json_and_deep_nesting_are_errors(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    for text in (
        '{"format_version": "1.2", ',
        '{"format_version": "1.2", "terraform_version": NaN}',
        '{"format_version": "1.2"} x',
    ):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(InputError) as caught:
            load_estate([path])
        assert str(caught.value.diagnostics[0].span).startswith(str(path))
    for depth in (200, 100_000):
        path.write_text('{"format_version": "1.2", "values": ' + "[" * depth + "]" * depth + "}", encoding="utf-8")
        with pytest.raises(InputError) as caught:
            load_estate([path])
        assert "nested too deeply" in str(caught.value)


def test_duplicate_members_and_half_characters_are_errors(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text('{"format_version": "1.2", "values": {"a": 1, "a": 2}}', encoding="utf-8")
    with pytest.raises(InputError, match="duplicate member `a`"):
        load_estate([path])
    path.write_text('{"format_version": "1.2", "values": {"a": "\\ud800"}}', encoding="utf-8")
    with pytest.raises(InputError, match="half of a surrogate pair"):
        load_estate([path])


def test_modules_with_keys() -> None:
    assert module_path('module.a[0].module.b["x.y[1]"].module.c') == (("a", 0), ("b", "x.y[1]"), ("c", None))


# -- states, and the sides of a plan --


def test_a_state_is_read_as_it_stands(tmp_path: Path) -> None:
    key = existing(new_key("k", key_policy(PARTNER_ROLE)))
    found = only_key(load(tmp_path, state(key)))
    assert found.arn == key.before["arn"] if key.before else False
    assert found.policies is not None and len(found.policies[0].statements) == 2
    assert found.grants is None and found.aliases is None


def test_what_goes_is_gone_after_and_there_before(tmp_path: Path) -> None:
    gone = existing(new_key("gone"), "00000000-12ab-34cd-56ef-1234567890ab")
    kept = existing(new_key("kept", key_policy()), policy=json.dumps(key_policy(PARTNER_ROLE)))
    data = plan(caller_identity(), Planned(gone.type, gone.name, None, {}, {}, gone.before), kept, new_key("fresh"))
    before, after = load_plan_sides(write(tmp_path, data))
    assert [key.name for key in before.keys] == ["aws_kms_key.gone", "aws_kms_key.kept"]
    assert [key.name for key in after.keys] == ["aws_kms_key.kept", "aws_kms_key.fresh"]
    assert [len(key.policies[0].statements) for key in (before.keys[1], after.keys[0]) if key.policies] == [1, 2]


def test_sides_may_be_empty(tmp_path: Path) -> None:
    before, after = load_plan_sides(write(tmp_path, plan(caller_identity(), new_key("k"))))
    assert (len(before.keys), len(after.keys)) == (0, 1)
    assert not any(side.keys for side in load_plan_sides(write(tmp_path, plan(caller_identity(), new_role("r")))))


def test_sides_are_those_of_a_plan(tmp_path: Path) -> None:
    others: tuple[Any, ...] = (state(existing(new_key("k"))), {"keys": []}, [])
    for data in others:
        with pytest.raises(InputError, match="not a plan|no Terraform plan"):
            load_plan_sides(write(tmp_path, data))


# -- where things are --


def test_the_account_and_region_of_a_new_key(tmp_path: Path) -> None:
    key = only_key(load(tmp_path, plan(caller_identity("444455556666"), new_key("k"), region="eu-central-1")))
    assert (key.account, key.region, key.partition) == ("444455556666", "eu-central-1", "aws")
    assert (
        key.arn
        == only_key(load(tmp_path, plan(caller_identity("444455556666"), new_key("k"), region="eu-central-1"))).arn
    )


def test_s4_the_own_account_that_nothing_tells_is_unlike_any_literal(tmp_path: Path) -> None:
    data = plan(new_key("k"))
    estate = load(tmp_path, data)
    assert only_key(estate).account == "000000000000" and "unlike every account" in estate.concluded[0]
    assert only_key(load(tmp_path, data, account=ACCOUNT)).account == ACCOUNT


def test_s4_the_account_that_nothing_tells_is_asked_for(tmp_path: Path) -> None:
    policy = key_policy()
    policy["Statement"][0]["Principal"] = {"AWS": [ACCOUNT, "444455556666"]}
    (error,) = refused(tmp_path, plan(new_key("k", policy)))
    assert error.span is not None and str(error.span).endswith("plan.json#aws_kms_key.k")
    assert error.hint and "--account" in error.hint


def test_s4_the_account_is_not_that_of_a_policy_that_anybody_could_keep(tmp_path: Path) -> None:
    policy = key_policy()
    policy["Statement"].append({"Effect": "Allow", "Principal": "*", "Action": "kms:PutKeyPolicy", "Resource": "*"})
    (error,) = refused(tmp_path, plan(new_key("k", policy)))
    assert error.hint and "--account" in error.hint


BESIDE: dict[str, dict[str, Any]] = {
    "an inventory": {"accounts": {ACCOUNT: {"authorization_details": details()}}},
    "an organization": {"organization": organization()},
    "a key": {"keys": [key()]},
}


@pytest.mark.parametrize("beside", BESIDE)
def test_s4_what_stands_beside_a_plan_may_be_of_its_account(tmp_path: Path, beside: str) -> None:
    snapshot = tmp_path / "snapshot.json"
    snapshot.write_text(json.dumps(BESIDE[beside]), encoding="utf-8")
    with pytest.raises(InputError, match="account") as caught:
        load_estate([write(tmp_path, plan(new_key("k"))), snapshot])
    assert any(error.hint and "--account" in error.hint for error in caught.value.diagnostics)


def test_s4_an_id_of_a_key_tells_the_account_where_one_key_alone_has_it(tmp_path: Path) -> None:
    named = {"name": constant("alias/payments"), "target_key_id": constant(KEY_ID)}
    alias = Planned("aws_kms_alias", "a", {"name": "alias/payments", "target_key_id": KEY_ID}, {"id": True}, named)
    ours, theirs = (key(metadata=metadata(KEY.replace(ACCOUNT, account))) for account in (ACCOUNT, "444455556666"))
    paths = [write(tmp_path, plan(alias)), tmp_path / "snapshot.json"]
    paths[1].write_text(json.dumps({"keys": [ours]}), encoding="utf-8")
    assert any(f"the own account is {ACCOUNT}" in sentence for sentence in load_estate(paths).concluded)
    paths[1].write_text(json.dumps({"keys": [ours, theirs]}), encoding="utf-8")
    with pytest.raises(InputError, match="does not tell in which account"):
        load_estate(paths)


def test_s4_the_account_of_the_caller_that_is_known_after_apply(tmp_path: Path) -> None:
    """`data.aws_caller_identity.current.account_id` is the own account, unlike the partner that the policy names."""
    root = "arn:aws:iam::${data.aws_caller_identity.current.account_id}:root"
    text = f"""
data "aws_caller_identity" "current" {{}}
resource "aws_kms_key" "k" {{
  policy = jsonencode({{Statement = [
    {{Effect = "Allow", Principal = {{AWS = "{root}"}}, Action = "kms:*", Resource = "*"}},
    {{Effect = "Allow", Principal = {{AWS = "444455556666"}}, Action = "kms:*", Resource = "*"}}]}})
}}
"""
    (tmp_path / "main.tf").write_text(text, encoding="utf-8")
    later = Planned("aws_caller_identity", "current", after={}, unknown={"account_id": True, "id": True}, data=True)
    estate = load(tmp_path, plan(later, new_key("k", refers("data.aws_caller_identity.current.account_id"))))
    found = only_key(estate)
    assert found.account == "000000000000" and found.policies is not None
    assert [p.account for s in found.policies[0].statements for p in s.principals or ()] == [
        "000000000000",
        "444455556666",
    ]


def test_the_account_is_that_which_aws_told_whatever_is_supplied(tmp_path: Path) -> None:
    assert only_key(load(tmp_path, plan(caller_identity(), new_key("k")), account="999988887777")).account == ACCOUNT


def test_the_account_by_what_exists_already_and_by_what_is_delegated(tmp_path: Path) -> None:
    old = existing(new_key("old"))
    assert {key.account for key in load(tmp_path, plan(old, new_key("k"))).keys} == {ACCOUNT}
    estate = load(tmp_path, plan(new_key("k", key_policy())))
    assert only_key(estate).account == ACCOUNT
    assert any("of account 111122223333" in sentence for sentence in estate.concluded)


@pytest.mark.parametrize(
    ("type_", "arn"),
    [
        ("aws_sns_topic_subscription", "arn:aws:sns:us-west-2:777788889999:topic:0a1b"),
        ("aws_sns_topic_policy", "arn:aws:sns:us-west-2:777788889999:topic"),
        ("aws_secretsmanager_secret_version", "arn:aws:secretsmanager:us-west-2:777788889999:secret:s-AbCdEf"),
        ("aws_cloudwatch_event_target", "arn:aws:sqs:us-west-2:777788889999:q"),
        ("aws_lambda_alias", "arn:aws:lambda:us-west-2:777788889999:function:f:live"),
        ("aws_ec2_transit_gateway_vpc_attachment_accepter", "arn:aws:ec2:us-west-2:777788889999:x/tgw-attach-1"),
        ("aws_subnet", "arn:aws:ec2:us-west-2:777788889999:subnet/subnet-1"),
        ("aws_vpc", "arn:aws:ec2:us-west-2:777788889999:vpc/vpc-1"),
        ("aws_ec2_managed_prefix_list", "arn:aws:ec2:us-west-2:777788889999:prefix-list/pl-1"),
        ("aws_sqs_queue", "arn:aws:sqs:us-west-2:777788889999:q"),
        ("aws_sns_topic", "arn:aws:sns:us-west-2:777788889999:t"),
        ("aws_lambda_layer_version", "arn:aws:lambda:us-west-2:777788889999:layer:l:1"),
        ("aws_lambda_function", "arn:aws:lambda:us-west-2:777788889999:function:f"),
        ("aws_dynamodb_table", "arn:aws:dynamodb:us-west-2:777788889999:table/t"),
        ("aws_secretsmanager_secret", "arn:aws:secretsmanager:us-west-2:777788889999:secret:s-AbCdEf"),
        ("aws_ssm_parameter", "arn:aws:ssm:us-west-2:777788889999:parameter/a"),
        ("aws_rds_cluster", "arn:aws:rds:us-west-2:777788889999:cluster:c"),
    ],
)
def test_s4_what_may_be_of_another_account_does_not_tell_the_account(tmp_path: Path, type_: str, arn: str) -> None:
    """A subnet is shared, a queue lets others manage it, the topic of a subscription may be another account's. [RAM
    User Guide: shareable; SQS Developer Guide: Amazon SQS policies; terraform-provider-aws: aws_sns_topic_subscription]
    """
    made = Planned(type_, "x", before={"arn": arn}, after={"arn": arn})
    assert only_key(load(tmp_path, plan(made, new_key("k")), account=ACCOUNT)).account == ACCOUNT
    logs = Planned("aws_cloudwatch_log_group", "g", before={"arn": LOGS}, after={"arn": LOGS})
    assert only_key(load(tmp_path, plan(logs, made, new_key("k")))).account == "444455556666"


def test_s4_an_arn_that_is_an_argument_does_not_tell_the_account(tmp_path: Path) -> None:
    """What is not made yet has no ARN from AWS. [terraform-provider-aws: aws_ssm_parameter, `arn`]"""
    arn = "arn:aws:ssm:us-west-2:777788889999:parameter/a"
    for before in (None, {"arn": arn.replace("777788889999", ACCOUNT)}):
        made = Planned("aws_ssm_parameter", "x", before=before, after={"arn": arn})
        assert only_key(load(tmp_path, plan(made, new_key("k")), account=ACCOUNT)).account == ACCOUNT


def test_s4_the_account_that_a_provider_is_restricted_to_goes_before_what_there_is(tmp_path: Path) -> None:
    """The provider refuses any other one. [terraform-provider-aws: allowed_account_ids]"""
    logs = Planned("aws_cloudwatch_log_group", "g", before={"arn": LOGS}, after={"arn": LOGS})
    only = {"region": constant("us-west-2"), "allowed_account_ids": constant([ACCOUNT])}
    providers = {"aws": {"name": "aws", "expressions": only}}
    assert only_key(load(tmp_path, plan(logs, new_key("k"), providers=providers))).account == ACCOUNT


def test_the_account_of_a_provider_that_assumes_a_role(tmp_path: Path) -> None:
    role = {
        "assume_role": [{"role_arn": constant("arn:aws:iam::999988887777:role/deploy")}],
        "region": constant("us-west-2"),
    }
    providers = {
        "aws": {"name": "aws", "expressions": {"region": constant("us-west-2")}},
        "aws.other": {"name": "aws", "expressions": role},
    }
    estate = load(
        tmp_path, plan(caller_identity(), new_key("a"), new_key("b", provider="aws.other"), providers=providers)
    )
    assert [key.account for key in estate.keys] == [ACCOUNT, "999988887777"]
    unknown = {**role, "assume_role": [{"role_arn": refers("var.role")}]}
    providers["aws.other"] = {"name": "aws", "expressions": unknown}
    (error,) = refused(
        tmp_path, plan(caller_identity(), new_key("a"), new_key("b", provider="aws.other"), providers=providers)
    )
    assert "aws_kms_key.b" in error.message


def test_another_region_with_the_same_login(tmp_path: Path) -> None:
    providers = {
        "aws": {"name": "aws", "expressions": {"region": constant("us-west-2")}},
        "aws.eu": {"name": "aws", "alias": "eu", "expressions": {"region": refers("var.second")}},
    }
    data = plan(
        caller_identity(),
        new_key("a"),
        new_key("b", provider="aws.eu"),
        providers=providers,
        variables={"second": "eu-west-1"},
    )
    assert [(key.account, key.region) for key in load(tmp_path, data).keys] == [
        (ACCOUNT, "us-west-2"),
        (ACCOUNT, "eu-west-1"),
    ]


def test_s4_a_region_that_nothing_tells(tmp_path: Path) -> None:
    estate = load(tmp_path, plan(caller_identity(), new_key("k"), region=None))
    assert only_key(estate).region == "us-east-1"
    (sentence,) = estate.concluded
    assert "us-east-1 stands for them" in sentence
    assert (
        only_key(load(tmp_path, plan(caller_identity(), new_key("k"), region=None), region="sa-east-1")).region
        == "sa-east-1"
    )
    policy = key_policy()
    policy["Statement"][0]["Condition"] = {"StringLike": {"kms:ViaService": "s3.us-*.amazonaws.com"}}
    (error,) = refused(tmp_path, plan(caller_identity(), new_key("k", policy), region=None))
    assert error.rule == "S4" and error.hint and "--region" in error.hint


def test_the_region_of_a_resource_of_its_own(tmp_path: Path) -> None:
    key = new_key("k", after={"region": "ap-south-1"})
    assert only_key(load(tmp_path, plan(caller_identity(), key))).region == "ap-south-1"
