"""What a plan does not say (docs/terraform.md): resources that are not read, which provider a resource has, policies of
others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import verifier
from tests.inputs.plans import ACCOUNT, AWS, Json, Planned, caller_identity, constant, new_key, plan, refers, write
from tests.inputs.samples import KEY_ID, key
from tests.inputs.test_terraform_effects import (
    APP,
    CLOSED,
    FULL,
    NOBODY_OUTSIDE,
    NONE,
    OPEN,
    PROVED,
    READS,
    REFUTED,
    THROUGH,
    UNKNOWN,
    WRITES,
    alone,
    an_endpoint,
    an_endpoint_listed,
    app,
    attached,
    inline,
    its_policy,
    separate,
    the_key,
    verdicts,
)
from tests.inputs.test_terraform_plan import load, refused
from tests.inputs.test_terraform_surroundings import attachment, organization, policy
from verifier.inputs import load_estate
from verifier.inputs.estate import load_plan_sides
from verifier.inputs.terraform.configuration import read_providers
from verifier.model.results.verdict import Status
from verifier.syntax.diagnostic import InputError

# -- what is not read --


def other(type_: str, before: Json | None = None, after: Json | None = None, **unknown: Any) -> Planned:
    """A resource of another type."""
    return Planned(
        type_, "x", after if after is not None else before if before is not None else {}, unknown, {}, before
    )


CLOUD = "aws_cloudcontrolapi_resource"
NOT_READ: dict[str, tuple[Planned, Status]] = {
    "Cloud Control: a key": (other(CLOUD, after={"type_name": "AWS::KMS::Key", "desired_state": "{}"}), UNKNOWN),
    "Cloud Control: a role's policy": (other(CLOUD, after={"type_name": "AWS::IAM::RolePolicy"}), UNKNOWN),
    "Cloud Control: a bucket": (other(CLOUD, after={"type_name": "AWS::S3::Bucket"}), PROVED),
    "Cloud Control: a type that is not known": (other(CLOUD, after={}, type_name=True), UNKNOWN),
    "Cloud Control: a stack": (other(CLOUD, after={"type_name": "AWS::CloudFormation::Stack"}), UNKNOWN),
    "awscc: a role": (other("awscc_iam_role", after={}), UNKNOWN),
    "awscc: a bucket": (other("awscc_s3_bucket", after={}), PROVED),
    "a stack": (other("aws_cloudformation_stack", after={}), UNKNOWN),
    "a set of stacks": (other("aws_cloudformation_stack_set", after={}), UNKNOWN),
    "a product": (other("aws_servicecatalog_provisioned_product", after={}), UNKNOWN),
    "awscc: a product": (other("awscc_servicecatalog_cloudformation_provisioned_product", after={}), UNKNOWN),
    "an environment of a bundle": (other("aws_elastic_beanstalk_environment", after={}), UNKNOWN),
    "a bucket": (other("aws_s3_bucket", after={}), PROVED),
}


@pytest.mark.parametrize("case", NOT_READ)
def test_what_is_not_read_may_change_the_policies_of_a_role(tmp_path: Path, case: str) -> None:
    resource, expected = NOT_READ[case]
    assert verdicts(tmp_path, [the_key(CLOSED), app(), resource], invariant=APP) == [expected]


def provisioned(
    type_: str, *commands: Any, before: Json | None = None, after: Json | None = None, **further: Any
) -> Json:
    """A plan with a resource that has `local-exec` provisioners."""
    found = Planned(type_, "x", after if after is not None else {}, {}, {}, before)
    data = plan(caller_identity(), the_key(CLOSED), app(), found)
    (block,) = (b for b in data["configuration"]["root_module"]["resources"] if b["type"] == type_)
    block["provisioners"] = [
        {"type": "local-exec", "expressions": {"command": command, **further}} for command in commands
    ]
    return data


PUT = constant("aws kms put-key-policy --key-id x --policy-name default --policy file://p.json")
PROVISIONERS: dict[str, tuple[Json, Status]] = {
    "the AWS CLI": (provisioned("null_resource", PUT), UNKNOWN),
    "of another resource": (provisioned("aws_s3_bucket", PUT), UNKNOWN),
    "a script": (provisioned("terraform_data", constant("./deploy.sh")), UNKNOWN),
    "a command that is not known": (provisioned("terraform_data", refers("var.command")), UNKNOWN),
    "one that calls nothing": (
        provisioned("terraform_data", constant("sleep 30"), constant("echo done && mkdir -p build")),
        PROVED,
    ),
    "one that hides a call": (provisioned("terraform_data", constant("echo $(aws kms create-grant)")), UNKNOWN),
    "one that packs": (provisioned("terraform_data", constant("zip -r code.zip code")), PROVED),
    "one that packs, and tests by a command": (
        provisioned("terraform_data", constant("zip a.zip b -T -TT 'aws kms create-grant'")),
        UNKNOWN,
    ),
    "one in a folder": (provisioned("terraform_data", constant("sleep 30"), working_dir=constant("build")), PROVED),
    "an interpreter": (
        provisioned("terraform_data", constant("sleep 1"), interpreter=constant(["aws", "kms", "put-key-policy"])),
        UNKNOWN,
    ),
    "an interpreter that is not known": (
        provisioned("terraform_data", constant("sleep 1"), interpreter=refers("var.by")),
        UNKNOWN,
    ),
    "another search path": (
        provisioned("terraform_data", constant("sleep 1"), environment=constant({"PATH": "./bin"})),
        UNKNOWN,
    ),
    "it has run": (provisioned("null_resource", PUT, before={"id": "1"}, after={"id": "1"}), PROVED),
    "it goes": (provisioned("null_resource", PUT, before={"id": "1"}), UNKNOWN),
}


@pytest.mark.parametrize("case", PROVISIONERS)
def test_commands_that_terraform_runs(tmp_path: Path, case: str) -> None:
    data, expected = PROVISIONERS[case]
    if case == "it goes":
        (change,) = (entry["change"] for entry in data["resource_changes"] if entry["type"] == "null_resource")
        change["actions"], change["after"] = ["delete"], None
    (tmp_path / "i.inv").write_text(NOBODY_OUTSIDE, encoding="utf-8")
    assert proved(tmp_path, [write(tmp_path, data)]) == [expected]


def test_that_what_others_run_leaves_keys_alone_is_supposed(tmp_path: Path) -> None:
    """A stack, a function or a command is told of the key by its attributes; what it does with that no plan says."""
    running = ("aws_cloudformation_stack", "aws_lambda_invocation", "aws_config_remediation_configuration")
    for type_, number in {**dict.fromkeys(running, 1), "aws_s3_bucket": 0}.items():
        estate = verifier.load(
            write(tmp_path, plan(caller_identity(), the_key(CLOSED), Planned(type_, "x", {}, {}, {}, None)))
        )
        (found,) = estate.keys
        assert sum(f"{type_}.x has run changes no key" in sentence for sentence in found.supposed) == number


def test_that_a_function_which_a_data_source_invokes_leaves_keys_alone_is_supposed(tmp_path: Path) -> None:
    invoked = Planned("aws_lambda_invocation", "x", {"function_name": "f"}, {"result": True}, data=True)
    (found,) = load(tmp_path, plan(caller_identity(), the_key(CLOSED), invoked)).keys
    assert "what data.aws_lambda_invocation.x starts changes no key and makes no grant" in found.supposed


def proved(folder: Path, paths: list[Path]) -> list[Status]:
    """The verdicts on the files, by the invariant that is in the folder."""
    return [
        found.status for found in verifier.prove(verifier.load(*paths), verifier.invariants(folder / "i.inv")).verdicts
    ]


@pytest.mark.parametrize("put_off", [False, True])
@pytest.mark.parametrize(
    ("type_", "expected"),
    [("local_command", UNKNOWN), ("aws_kms_put_key_policy", UNKNOWN), ("aws_sns_publish", PROVED)],
)
def test_actions_that_terraform_runs(tmp_path: Path, type_: str, expected: Status, put_off: bool) -> None:
    """Of what those of AWS start it is supposed that it changes no key; not of those for KMS."""
    action = {"address": f"action.{type_}.x", "type": type_, "name": "x", "provider_name": AWS}
    later = {"deferred_action_invocations": [{"reason": "x", "action_invocation": action}]}
    invoked = later if put_off else {"action_invocations": [action]}
    assert verdicts(tmp_path, [the_key(CLOSED)], **invoked) == [expected]
    (found,) = load(tmp_path, plan(caller_identity(), the_key(CLOSED), **invoked)).keys
    assert (f"what action.{type_}.x starts changes no key and makes no grant" in found.supposed) is (expected is PROVED)


@pytest.mark.parametrize(
    ("source", "is_aws"),
    [
        ("registry.terraform.io/hashicorp/aws", True),
        ("registry.opentofu.org/hashicorp/aws", True),
        ("registry.terraform.io/-/aws", True),
        ("aws", True),
        ("registry.terraform.io/example/aws", False),
        ("example.com/hashicorp/aws", False),
        ("example.com/x/xaws", False),
    ],
)
@pytest.mark.parametrize("of", ["resource_changes", "action_invocations"])
def test_that_another_provider_does_what_that_of_aws_does_is_supposed(
    tmp_path: Path, of: str, source: str, is_aws: bool
) -> None:
    action = {"address": "action.aws_sns_publish.x", "type": "aws_sns_publish", "provider_name": AWS}
    data = plan(caller_identity(), the_key(CLOSED), action_invocations=[action])
    for one in data[of]:
        one["provider_name"] = source
    (found,) = load(tmp_path, data).keys
    assert (f"the provider {source} does what hashicorp/aws does" in found.supposed) is not is_aws


@pytest.mark.parametrize(
    ("type_", "provider"), [("acme_kms_key_policy", "acme"), ("random_id", None), ("aws_s3_bucket", None)]
)
def test_that_other_providers_change_nobodys_access_is_supposed(
    tmp_path: Path, type_: str, provider: str | None
) -> None:
    data = plan(caller_identity(), the_key(CLOSED), Planned(type_, "x", {}, {}, {}, None))
    (found,) = load(tmp_path, data).keys
    said = [one for one in found.supposed if one.endswith("does changes nobody's access to a key")]
    assert [one.split()[3] for one in said] == ([] if provider is None else [provider])


def test_what_is_open_for_the_run_alone_changes_nothing(tmp_path: Path) -> None:
    """Ephemeral resources, which OpenTofu lists."""
    data = plan(caller_identity(), the_key(CLOSED))
    opened = {"address": "ephemeral.aws_kms_secrets.s", "mode": "ephemeral", "type": "aws_kms_secrets", "name": "s"}
    data["resource_changes"].append({**opened, "change": {"actions": ["open"]}})
    assert load(tmp_path, data).unmodelled == ()


def test_a_stack_that_changes_may_change_a_key_that_a_snapshot_has(tmp_path: Path) -> None:
    """A new one has keys of its own."""
    snapshot = {"keys": [key(policy=json.loads(CLOSED))]}
    changed = other("aws_cloudformation_stack", {"template_body": "a"}, {"template_body": "b"})
    for resource, expected in (
        (changed, UNKNOWN),
        (other("aws_cloudformation_stack", after={"template_body": "b"}), PROVED),
    ):
        assert verdicts(tmp_path, [resource], snapshot) == [expected]


@pytest.mark.parametrize(("put_off", "expected"), [(True, UNKNOWN), (False, PROVED)])
def test_what_is_put_off_is_not_known_and_what_is_left_is(tmp_path: Path, put_off: bool, expected: Status) -> None:
    deferred = [{"reason": "provider_config_unknown", "resource_change": {"address": "aws_kms_key_policy.p"}}]
    members: Json = {"complete": False, "applyable": True} | ({"deferred_changes": deferred} if put_off else {})
    assert verdicts(tmp_path, [the_key(CLOSED)], **members) == [expected]


def test_what_has_drifted_is_as_the_prior_state_has_it(tmp_path: Path) -> None:
    """`resource_drift` tells what changed outside of Terraform; a plan that only refreshes changes nothing more."""
    drift = [
        {
            "address": "aws_kms_key.k",
            "mode": "managed",
            "type": "aws_kms_key",
            "name": "k",
            "change": {"actions": ["update"]},
        }
    ]
    assert verdicts(tmp_path, [the_key(OPEN)], resource_drift=drift) == [REFUTED]
    assert verdicts(tmp_path, [the_key(CLOSED)], resource_drift=drift) == [PROVED]


# -- providers --


def configuration(*, module: str | None = None, **expressions: Any) -> Json:
    """An entry of `provider_config`."""
    return {"name": "aws", "full_name": "registry.terraform.io/hashicorp/aws", "expressions": expressions} | (
        {"module_address": module} if module else {}
    )


WEST, EU = configuration(region=constant("us-west-2")), configuration(region=constant("eu-west-1"))


def test_a_module_whose_provider_old_terraform_names_after_it(tmp_path: Path) -> None:
    """`kms:aws` is the only configuration of the provider; of two it may be either, by `providers = {…}`."""
    inner = new_key("k", json.loads(CLOSED), module="module.kms", provider="kms:aws")
    data = plan(caller_identity(), inner, modules={"kms": {}}, providers={"aws": EU})
    assert [(k.account, k.region) for k in load(tmp_path, data).keys] == [(ACCOUNT, "eu-west-1")]
    two = plan(caller_identity(), inner, modules={"kms": {}}, providers={"aws": EU, "aws.west": WEST})
    for given in ({}, {"region": "us-west-2"}):
        (error,) = refused(tmp_path, two, **given)
        assert "which account module.kms.aws_kms_key.k" in error.message and error.hint and "--account" in error.hint


@pytest.mark.parametrize("own", [True, False])
@pytest.mark.parametrize("address", ["module.kms", "kms"])
def test_the_variables_of_a_modules_provider_are_those_of_the_module(tmp_path: Path, own: bool, address: str) -> None:
    """The module is `module.kms`, or `kms` as Terraform 0.12 wrote it."""
    inner = new_key("k", json.loads(CLOSED), module="module.kms", provider=f"{address}:aws")
    providers = {"aws": WEST, f"{address}:aws": configuration(module=address, region=refers("var.region"))}
    call = (
        {"expressions": {"region": refers("var.second")}}
        if own
        else {"module": {"variables": {"region": {"default": "eu-west-1"}}}}
    )
    data = plan(
        caller_identity(),
        inner,
        modules={"kms": call},
        providers=providers,
        variables={"region": "us-west-2", "second": "eu-west-1"},
    )
    assert [k.region for k in load(tmp_path, data).keys] == ["eu-west-1"]


def test_the_address_of_a_module_inside_a_module() -> None:
    for address in ("a.b", "module.a.module.b"):
        found = read_providers({"provider_config": {"p": configuration(module=address)}})
        assert found["p"].module == (("a", None), ("b", None))
    with pytest.raises(InputError, match="is not the address of a module"):
        read_providers({"provider_config": {"p": configuration(module="module.")}})


def test_addresses_of_a_state_as_terraform_0_12_wrote_them(tmp_path: Path) -> None:
    """They lack the module and the key, which stand beside them."""
    arns = [f"arn:aws:kms:us-west-2:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-12345678900{n}" for n in range(3)]
    values = [{"arn": arn, "policy": CLOSED, "tags_all": {}} for arn in arns]
    places = [("", 0), ("", 1), ("module.m", 1)]
    keys = [
        Planned("aws_kms_key", "k", {**own, "description": "new"}, {}, {}, own, index=index, module=module)
        for own, (module, index) in zip(values, places, strict=True)
    ]
    data = plan(*keys)
    prior = data["prior_state"]["values"]["root_module"]
    for found in (*prior["resources"], *prior["child_modules"][0]["resources"]):
        found["address"] = "aws_kms_key.k"
    estate = load(tmp_path, data)
    assert {key.name: key.arn for key in estate.keys} == {key.address: arn for key, arn in zip(keys, arns, strict=True)}


@pytest.mark.parametrize(
    "name",
    [
        *("shared_config_files", "shared_credentials_file", "secret_key", "token", "profile"),
        "ec2_metadata_service_endpoint",  # credentials are from there too [provider aws: Authentication]
    ],
)
def test_a_provider_with_credentials_of_its_own_has_another_login(tmp_path: Path, name: str) -> None:
    other: Json = configuration(region=constant("us-west-2"))
    other["expressions"][name] = constant("x")
    providers = {"aws": WEST, "aws.other": other}
    (error,) = refused(tmp_path, plan(caller_identity(), new_key("k", provider="aws.other"), providers=providers))
    assert "which account aws_kms_key.k" in error.message


@pytest.mark.parametrize(
    "bounds",
    [{"forbidden_account_ids": constant([ACCOUNT])}, {"endpoints": [{"sts": constant("http://localhost:4566")}]}],
)
def test_two_providers_are_one_login_only_if_they_say_the_same_of_accounts_and_endpoints(
    tmp_path: Path, bounds: Json
) -> None:
    bound = configuration(region=constant("us-west-2"), **bounds)
    key = new_key("k", json.loads(CLOSED), provider="aws.b")
    (error,) = refused(tmp_path, plan(caller_identity(), key, providers={"aws": WEST, "aws.b": bound}))
    assert "which account aws_kms_key.k" in error.message
    (read,) = load(tmp_path, plan(caller_identity(), key, providers={"aws": bound, "aws.b": bound})).keys
    assert read.account == ACCOUNT


@pytest.mark.parametrize("type_", ["aws_kms_key_policy", "aws_kms_grant", "aws_kms_alias"])
def test_a_key_by_its_id_in_an_account_that_is_not_told(tmp_path: Path, type_: str) -> None:
    login = configuration(region=constant("us-west-2"), assume_role=[{"role_arn": refers("var.role")}])
    values = {"policy": CLOSED, "name": "alias/x", "grantee_principal": ACCOUNT, "operations": ["Decrypt"]}
    named = Planned(type_, "x", {**values, "key_id": KEY_ID, "target_key_id": KEY_ID}, {}, {}, provider="aws.b")
    data = plan(caller_identity(), new_key("k", json.loads(CLOSED)), named, providers={"aws": WEST, "aws.b": login})
    (error,) = refused(tmp_path, data)
    assert f"in which account {type_}.x names a key" in error.message and error.hint and "--account" in error.hint


def test_what_a_removed_block_runs_is_not_in_the_plan_and_that_is_told(tmp_path: Path) -> None:
    """Terraform language, Remove a resource from state: a `removed` block may have a provisioner with `when = destroy`.
    A plan has the configuration of resources alone, and of what it deletes none."""
    data = plan(caller_identity(), new_key("k"), Planned("null_resource", "old", None, {}, {}, {"id": "1"}))
    configured = data["configuration"]["root_module"]["resources"]
    for kept, expected in ((configured, False), ([block for block in configured if block["name"] != "old"], True)):
        data["configuration"]["root_module"]["resources"] = kept
        (key,) = load(tmp_path, data).keys
        assert (
            any("no command runs when null_resource.old is deleted" in sentence for sentence in key.supposed)
            is expected
        )


def test_the_role_of_a_web_identity_tells_the_account(tmp_path: Path) -> None:
    """Provider aws, Assuming an IAM Role Using A Web Identity. A role of `assume_role` is assumed with that one's
    credentials."""
    roles = [{"role_arn": constant(f"arn:aws:iam::{number}:role/tf")} for number in ("444455556666", "777788889999")]
    both: Json = {"assume_role_with_web_identity": roles[1:], "assume_role": roles[:1]}
    only: Json = {"assume_role_with_web_identity": roles[:1]}
    for blocks in (only, both):
        login = configuration(region=constant("us-west-2"), **blocks)
        data = plan(caller_identity(), new_key("k", provider="aws.b"), providers={"aws": WEST, "aws.b": login})
        assert [key.account for key in load(tmp_path, data).keys] == ["444455556666"]


def test_a_region_by_a_reference_is_supposed_to_be_that_and_this_is_told(tmp_path: Path) -> None:
    """A plan records what an expression refers to, not what it does with it."""
    providers = {"aws": configuration(region=refers("var.primary"))}
    estate = load(
        tmp_path, plan(caller_identity(), new_key("k"), providers=providers, variables={"primary": "eu-west-1"})
    )
    assert [key.region for key in estate.keys] == ["eu-west-1"]
    assert any(
        "`region` of provider aws is var.primary, and nothing is done to that" in found for found in estate.concluded
    )
    told = load(tmp_path, plan(caller_identity(), new_key("k"), providers={"aws": WEST}))
    assert not any("var." in found for found in told.concluded)


def test_two_providers_without_credentials_have_one_login_and_that_is_told(tmp_path: Path) -> None:
    providers = {"aws": WEST, "aws.eu": EU}
    data = plan(caller_identity(), new_key("k", provider="aws.eu"), providers=providers)
    estate = load(tmp_path, data)
    assert [(k.account, k.region) for k in estate.keys] == [(ACCOUNT, "eu-west-1")]
    assert any("provider aws.eu logs in as aws does" in sentence for sentence in estate.concluded)
    generated = 'dynamic "assume_role" {\n    for_each = var.r\n    content {\n      role_arn = "x"\n    }\n  }'
    text = f'provider "aws" {{\n  alias = "eu"\n  {generated}\n}}\n'
    (tmp_path / "main.tf").write_text(text, encoding="utf-8")
    (error,) = refused(tmp_path, data)
    assert "which account aws_kms_key.k" in error.message


@pytest.mark.parametrize(
    ("tail", "account", "region"), [("two", "999988887777", "eu-west-1"), ("one", ACCOUNT, "us-west-2")]
)
def test_an_expression_of_a_provider_is_what_the_tf_file_makes_of_it(
    tmp_path: Path, tail: str, account: str, region: str
) -> None:
    role = configuration(region=refers("var.region"), assume_role=[{"role_arn": refers("var.role")}])
    variables = {"role": f"arn:aws:iam::{ACCOUNT}:role/{tail}", "region": "us-west-2"}
    data = plan(
        caller_identity(), new_key("k", provider="aws.b"), providers={"aws": WEST, "aws.b": role}, variables=variables
    )
    arn = f'var.role == "arn:aws:iam::{ACCOUNT}:role/two" ? "arn:aws:iam::999988887777:role/x" : var.role'
    eu = f'var.region == "us-west-2" ? "{region}" : var.region'
    text = f'provider "aws" {{\n  alias  = "b"\n  region = {eu}\n  assume_role {{\n    role_arn = {arn}\n  }}\n}}\n'
    (tmp_path / "main.tf").write_text(f'provider "aws" {{\n  region = "us-west-2"\n}}\n{text}', encoding="utf-8")
    assert [(k.account, k.region) for k in load(tmp_path, data).keys] == [(account, region)]


def test_accounts_by_alias(tmp_path: Path) -> None:
    role = configuration(region=constant("us-west-2"), assume_role=[{"role_arn": refers("var.role")}])
    keys = [new_key("a"), new_key("b", provider="aws.other")]
    variables = {"role": "arn:aws:iam::999988887777:role/deploy"}
    data = plan(caller_identity(), *keys, providers={"aws": WEST, "aws.other": role}, variables=variables)
    assert [k.account for k in load(tmp_path, data).keys] == [ACCOUNT, "999988887777"]


# -- organizations --

ALWAYS = f'account prod = {ACCOUNT}\ninvariant "i": role/app in prod can always kms:DescribeKey'
LETS_APP = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/app"},
                "Action": "kms:DescribeKey",
                "Resource": "*",
            }
        ],
    }
)
SPARES_KMS = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}]}


@pytest.mark.parametrize(("data", "expected"), [(True, UNKNOWN), (False, PROVED)])
def test_d7_an_organization_that_is_read_has_policies_that_the_plan_does_not_hold(
    tmp_path: Path, data: bool, expected: Status
) -> None:
    resources = [the_key(LETS_APP), app(), organization(data=data), policy("p", SPARES_KMS), attachment("p", ACCOUNT)]
    assert verdicts(tmp_path, resources, invariant=ALWAYS) == [expected]


@pytest.mark.parametrize(("skips", "expected"), [(True, REFUTED), (False, PROVED)])
def test_d7_an_attachment_that_only_goes_from_the_state_stays(tmp_path: Path, skips: bool, expected: Status) -> None:
    """`skip_destroy` [aws_organizations_policy_attachment]."""
    gone = attachment("p", ACCOUNT)
    values = {**(gone.after or {}), "policy_id": "p-12345678", "skip_destroy": skips}
    gone.before, gone.after = values, None
    denies = policy("p", {**SPARES_KMS, "Statement": [{"Effect": "Deny", "Action": "kms:*", "Resource": "*"}]})
    denies.before = denies.after = {**(denies.after or {}), "id": "p-12345678"}
    denies.unknown = {}
    assert verdicts(tmp_path, [the_key(LETS_APP), app(), organization(), denies, gone], invariant=ALWAYS) == [expected]


@pytest.mark.parametrize(("identifier", "expected"), [("p-12345678", UNKNOWN), ("p-FullAWSAccess", PROVED)])
def test_d7_an_attachment_of_a_policy_that_the_plan_does_not_hold_may_refuse(
    tmp_path: Path, identifier: str, expected: Status
) -> None:
    values = {"policy_id": identifier, "target_id": ACCOUNT}
    attached = Planned("aws_organizations_policy_attachment", "a", values, {}, {}, values)
    assert verdicts(tmp_path, [the_key(LETS_APP), app(), organization(), attached], invariant=ALWAYS) == [expected]


def test_f3_default_tags_of_a_dynamic_block_are_not_known(tmp_path: Path) -> None:
    text = (
        'provider "aws" {\n  dynamic "default_tags" {\n    for_each = var.t\n    content {\n      tags = {}\n    '
        "}\n  }\n}\n"
    )
    path = write(tmp_path, plan(caller_identity(), new_key("k")))
    assert load_estate([path]).keys[0].tags == ()
    (tmp_path / "main.tf").write_text(text, encoding="utf-8")
    assert load_estate([path]).keys[0].tags is None


# -- two plans --


def on_key(before: str | None, after: str | None, **members: Any) -> Planned:
    """An `aws_kms_key_policy` that names the key by its ID."""
    return separate(before, after, refers=constant(KEY_ID), **members)


TWO_PLANS: dict[str, tuple[list[Planned], list[Planned], Status]] = {
    "the one that writes": ([the_key(OPEN)], [on_key(OPEN, CLOSED)], PROVED),
    "the one that writes, the other way round": ([the_key(CLOSED, OPEN)], [on_key(CLOSED, CLOSED)], REFUTED),
    "both write": ([the_key(CLOSED, OPEN)], [on_key(None, CLOSED)], UNKNOWN),
    "both write the same": ([the_key(OPEN, CLOSED)], [on_key(None, CLOSED)], PROVED),
    "neither writes, and they differ": ([the_key(CLOSED)], [on_key(OPEN, OPEN)], UNKNOWN),
    "neither writes": ([the_key(CLOSED)], [on_key(CLOSED, CLOSED)], PROVED),
    "two write a key of neither": ([on_key(None, CLOSED)], [on_key(None, OPEN)], UNKNOWN),
}


@pytest.mark.parametrize("case", TWO_PLANS)
@pytest.mark.parametrize("turned", [False, True])
def test_the_policy_of_a_key_in_two_plans(tmp_path: Path, case: str, turned: bool) -> None:
    one, two, expected = TWO_PLANS[case]
    first, second = (two, one) if turned else (one, two)
    assert set(verdicts(tmp_path, first, plan(caller_identity(), *second))) == {expected}


@pytest.mark.parametrize(
    ("one", "two", "expected"),
    [
        ([an_endpoint(NONE, NONE)], [], PROVED),
        ([an_endpoint(NONE, NONE)], [its_policy(None, FULL)], UNKNOWN),
        ([its_policy(None, NONE)], [its_policy(None, FULL)], UNKNOWN),
    ],
)
def test_the_policy_of_an_endpoint_in_two_plans(
    tmp_path: Path, one: list[Planned], two: list[Planned], expected: Status
) -> None:
    (tmp_path / "i.inv").write_text(THROUGH, encoding="utf-8")
    plans = [
        write(tmp_path, plan(caller_identity(), alone(), *one)),
        write(tmp_path, plan(caller_identity(), *two), "two.json"),
    ]
    listed = write(tmp_path, {"vpc_endpoints": an_endpoint_listed(NONE)}, "snapshot.json")
    assert proved(tmp_path, [*plans, listed]) == [expected]
    assert proved(tmp_path, [*plans[::-1], listed]) == [expected]


def test_v_the_policy_of_an_endpoint_that_nothing_lists_may_be_of_kms(tmp_path: Path) -> None:
    """Nothing tells its service; a list of all endpoints of KMS without it does."""
    always = f'account prod = {ACCOUNT}\ninvariant "i": root of prod can always kms:Decrypt'
    for listed, expected in ((None, UNKNOWN), ({"vpc_endpoints": {"VpcEndpoints": []}}, PROVED)):
        assert verdicts(tmp_path, [the_key(OPEN), its_policy(None, NONE)], listed, always) == [expected]
    path = write(tmp_path, plan(caller_identity(), the_key(OPEN, OPEN), its_policy(NONE, None)))
    old, new = load_plan_sides(path)
    assert old.endpoints is new.endpoints is None  # there may be others
    targets = verifier.compare(old, new).targets
    assert {target.relation.value for target in targets} == {"unknown"}


@pytest.mark.parametrize(
    ("other_plan", "expected"),
    [
        (inline(None, READS), UNKNOWN),  # of the same name
        (inline(None, READS, label="z"), REFUTED),
        (inline(WRITES, None), UNKNOWN),
        (attached(True, False), REFUTED),
    ],
)
def test_the_policies_of_a_role_in_two_plans(tmp_path: Path, other_plan: Planned, expected: Status) -> None:
    other_plan.expressions["role"] = constant("app")
    one = [the_key(CLOSED), app(), inline(None, WRITES)]
    assert verdicts(tmp_path, one, plan(caller_identity(), other_plan), APP) == [expected]
    assert verdicts(tmp_path, [other_plan], plan(caller_identity(), *one), APP) == [expected]
