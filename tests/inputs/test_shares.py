"""What a plan or a template does to keys beside their policies: shares through AWS RAM (L5a), and what is not read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import verifier
from tests.inputs import test_cloudformation as cloudformation
from tests.inputs.plans import ACCOUNT, Planned, caller_identity, new_key, plan, refers, write
from tests.inputs.samples import KEY as SNAPSHOT_KEY
from tests.inputs.samples import key
from tests.inputs.test_cloudformation import KEY, PARAMETERS, text
from tests.inputs.test_terraform_plan import key_policy
from verifier.inputs import load_estate
from verifier.inputs.supplied import Supplied
from verifier.language.builtins.catalogue import builtin
from verifier.model.estate import Estate

EC2 = f"arn:aws:ec2:us-west-2:{ACCOUNT}:subnet/subnet-0123456789abcdef0"


def association(arn: Any, **unknown: Any) -> Planned:
    """An association of a share with a thing; a reference is known after apply."""
    share = "arn:aws:ram:us-west-2:111122223333:resource-share/1234abcd-12ab-34cd-56ef-1234567890ab"
    after: dict[str, Any] = {"resource_share_arn": share}
    if isinstance(arn, dict):
        return Planned(
            "aws_ram_resource_association", "a", after, {"resource_arn": True, "id": True}, {"resource_arn": arn}
        )
    return Planned("aws_ram_resource_association", "a", {**after, "resource_arn": arn}, {"id": True})


def shared_by_plan(folder: Path, arn: Any, *others: Planned) -> Estate:
    return load_estate([write(folder, plan(caller_identity(), new_key("k", key_policy()), *others, association(arn)))])


def found(estate: Estate) -> list[tuple[str, str, str | None]]:
    """Label, influence and key of what may be shared."""
    return [(thing.label, thing.influence.value, thing.key) for thing in estate.unmodelled]


def test_l5a_a_plan_that_shares_its_key(tmp_path: Path) -> None:
    estate = shared_by_plan(tmp_path, refers("aws_kms_key.k.arn"))
    (key,) = estate.keys
    assert found(estate) == [("L5a", "may allow", key.arn)]
    (verdict,) = verifier.prove(estate, [builtin("no-external-access")]).verdicts
    assert (
        verdict.status.value == "unknown"
        and verdict.reason is not None
        and "aws_ram_resource_association.a" in verdict.reason.text
    )
    assert not any("not shared through AWS RAM" in assumption.text for assumption in verdict.assumptions)


def test_l5a_what_is_shared_may_be_any_key(tmp_path: Path) -> None:
    assert found(shared_by_plan(tmp_path, refers("data.aws_ssm_parameter.arn.value"))) == [("L5a", "may allow", None)]


def test_l5a_a_plan_that_shares_a_key_of_a_snapshot(tmp_path: Path) -> None:
    (tmp_path / "snapshot.json").write_text(json.dumps({"keys": [key(policy=key_policy())]}), encoding="utf-8")
    shares = write(tmp_path, plan(caller_identity(), association(SNAPSHOT_KEY)))
    estate = load_estate([tmp_path / "snapshot.json", shares])
    assert found(estate) == [("L5a", "may allow", SNAPSHOT_KEY)]
    (verdict,) = verifier.prove(estate, [builtin("no-external-access")]).verdicts
    assert verdict.status.value == "unknown"


def test_other_things_that_are_shared_are_none_of_it(tmp_path: Path) -> None:
    subnet = Planned("aws_subnet", "s", {"vpc_id": "x"}, {"arn": True, "id": True})
    assert found(shared_by_plan(tmp_path, EC2)) == []
    assert found(shared_by_plan(tmp_path, refers("aws_subnet.s.arn"), subnet)) == []


def _owner(type_: str, attribute: str) -> tuple[Any, Planned]:
    return refers(f"{type_}.p.{attribute}"), Planned(type_, "p", {"name": "x"}, {attribute: True})


@pytest.mark.parametrize(
    ("owner", "may"),
    [
        (_owner("aws_ssm_parameter", "value"), True),
        (_owner("aws_ssm_parameter", "arn"), False),
        (_owner("aws_cloudformation_stack", "outputs"), True),
        (_owner("aws_cloudcontrolapi_resource", "id"), True),
        (_owner("terraform_data", "output"), True),
        (_owner("terraform_data", "id"), True),
        (_owner("aws_secretsmanager_secret", "kms_key_id"), True),
        (_owner("aws_ec2_transit_gateway", "arn"), False),
        (_owner("awscc_ec2_transit_gateway", "transit_gateway_arn"), False),
        (_owner("awscc_rds_db_cluster", "kms_key_arn"), True),
        (_owner("aws_ebs_default_kms_key", "id"), True),
        (_owner("awscc_shield_protection", "resource_arn"), True),
    ],
    ids=str,
)
def test_l5a_what_is_shared_is_told_by_the_attribute(tmp_path: Path, owner: tuple[Any, Planned], may: bool) -> None:
    """Only the ARN of a thing of another service is certainly not that of a key."""
    reference, resource = owner
    assert [key for label, _, key in found(shared_by_plan(tmp_path, reference, resource)) if label == "L5a"] == [
        None
    ] * may


def test_l5a_a_key_of_the_provider_awscc_that_is_shared(tmp_path: Path) -> None:
    estate = shared_by_plan(tmp_path, *_owner("awscc_kms_key", "arn"))
    assert [key for _, _, key in found(estate)] == [key.arn for key in estate.keys if key.name == "awscc_kms_key.p"]


def _already_shared(folder: Path) -> Path:
    statement = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "kms:Sign", "Resource": "*"}
    shared = {"Version": "2012-10-17", "Statement": [statement]}
    entry = {
        "metadata": {"KeyMetadata": {"Arn": SNAPSHOT_KEY}},
        "policies": {"default": key_policy(), "AWS_RAM": shared},
    }
    (folder / "shared.json").write_text(json.dumps({"keys": [entry]}), encoding="utf-8")
    return folder / "shared.json"


_SHARE_NOW = {"arn": "x", "id": "x", "permission_arns": ["a"]}


@pytest.mark.parametrize(
    ("change", "open_"),
    [
        (Planned("aws_ram_resource_association", "a", None, {}, {}, {"resource_arn": SNAPSHOT_KEY, "id": "x"}), True),
        (Planned("aws_ram_resource_association", "a", None, {}, {}, {"resource_arn": EC2, "id": "x"}), False),
        (Planned("aws_ram_resource_share", "s", None, {}, {}, _SHARE_NOW), True),
        (Planned("aws_ram_resource_share", "s", {**_SHARE_NOW, "permission_arns": ["b"]}, {}, {}, _SHARE_NOW), True),
        (Planned("aws_ram_resource_share", "s", {**_SHARE_NOW, "tags": {"a": "b"}}, {}, {}, _SHARE_NOW), False),
        (Planned("aws_ram_resource_share", "s", {"name": "x"}, {"id": True}), False),
    ],
    ids=str,
)
def test_l5a_a_share_that_goes_or_changes_takes_away_what_it_allowed(
    tmp_path: Path, change: Planned, open_: bool
) -> None:
    estate = load_estate([_already_shared(tmp_path), write(tmp_path, plan(caller_identity(), change))])
    assert {key for _, _, key in found(estate)} == ({SNAPSHOT_KEY} if open_ else set())
    (shared,) = (policy for policy in estate.keys[0].policies or () if policy.name == "AWS_RAM")
    assert (shared.statements[0].only_if is not None) is open_


def test_l5a_a_share_of_a_template_may_be_there_already(tmp_path: Path) -> None:
    template = tmp_path / "template.yaml"
    template.write_text(text(KEY + SHARE % f"[{SNAPSHOT_KEY}]"), encoding="utf-8")
    estate = load_estate([_already_shared(tmp_path), template], supplied=Supplied(ACCOUNT, "us-west-2"))
    assert [influence for _, influence, _ in found(estate)] == ["may allow", "may allow", "may allow or refuse"]


@pytest.mark.parametrize(
    "type_",
    [
        "aws_cloudformation_stack",
        "aws_cloudformation_stack_set",
        "aws_serverlessapplicationrepository_cloudformation_stack",
    ],
)
def test_s1_what_is_not_read_of_a_plan_is_named(tmp_path: Path, type_: str) -> None:
    estate = load_estate(
        [write(tmp_path, plan(caller_identity(), new_key("k", key_policy()), Planned(type_, "x", {"name": "x"})))]
    )
    things = [(thing.label, thing.influence.value, thing.account) for thing in estate.unmodelled]
    assert things == [("U3", "may allow or refuse", ACCOUNT)]
    (told,) = [warning.message for warning in estate.warnings if f"{type_}.x" in warning.message]
    assert "no key in it is checked" in told


@pytest.mark.parametrize("type_", ["awscc_kms_key", "awscc_kms_replica_key"])
def test_u3_a_key_that_is_not_read_is_one_of_which_nothing_is_known(tmp_path: Path, type_: str) -> None:
    arn = f"arn:aws:kms:us-west-2:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    new, there = (
        Planned(type_, "x", {"key_policy": "{}"}, {"arn": True}),
        Planned(type_, "x", {"arn": arn}, before={"arn": arn}),
    )
    for resource in (new, there):
        estate = load_estate([write(tmp_path, plan(caller_identity(), new_key("k", key_policy()), resource))])
        (key,) = [key for key in estate.keys if key.name == f"{type_}.x"]
        assert (key.policies, key.grants, key.aliases) == (None, None, None)
        assert "the provider awscc, whose keys are not read" in (key.unread or "")
        assert (key.arn == arn) is (resource is there) and estate.unmodelled == ()
    report = verifier.prove(estate, [builtin("no-external-access")])
    assert [verdict.status.value for verdict in report.verdicts] == ["proved", "unknown"]


def test_what_does_not_matter_here_is_no_remark(tmp_path: Path) -> None:
    others = [
        Planned(type_, "x", {"name": "x"}) for type_ in ("awscc_s3_bucket", "aws_s3_bucket", "aws_cloudformation_type")
    ]
    estate = load_estate([write(tmp_path, plan(caller_identity(), new_key("k", key_policy()), *others))])
    assert not estate.unmodelled and not estate.warnings


SHARE = "  Share: {Type: AWS::RAM::ResourceShare, Properties: {Name: s, ResourceArns: %s}}\n"


@pytest.mark.parametrize(
    ("arns", "keys"),
    [
        ("[!GetAtt Key.Arn]", ["Key"]),
        ('[!Sub "arn:aws:kms:${AWS::Region}:${AWS::AccountId}:key/${Key}"]', ["Key"]),
        ("[!GetAtt Subnet.Arn, !GetAtt Key.Arn]", ["Key"]),
        ("[!Ref Open]", [None]),
        ("!Ref Open", [None]),
        ("[!If [IsOpen, !GetAtt Key.Arn, !Ref AWS::NoValue]]", [None]),
        ('[!Sub "arn:aws:kms:us-west-2:111122223333:key/${Open}"]', [None]),
        ('[!Sub "arn:aws:ec2:us-west-2:111122223333:subnet/${Open}"]', []),
        ("[!GetAtt Subnet.Arn]", []),
        ("[!GetAtt Subnet.SubnetArn]", []),
        ("[!GetAtt Parameter.Value]", [None]),
        ("[!GetAtt [Parameter, Value]]", [None]),
        ("[!GetAtt Application.Outputs.Arn]", [None]),
        ("[!GetAtt Registered.Arn]", [None]),
        (f"[{EC2}]", []),
        ("[]", []),
    ],
)
def test_l5a_a_template_that_shares_its_key(tmp_path: Path, arns: str, keys: list[str | None]) -> None:
    types = {
        "Subnet": "AWS::EC2::Subnet",
        "Parameter": "AWS::SSM::Parameter",
        "Application": "AWS::Serverless::Application",
    }
    others = [
        f"  {name}: {{Type: '{types.get(name, 'Mine::Own::Thing')}'}}\n"
        for name in (*types, "Registered")
        if name in arns
    ]
    estate = cloudformation.load(tmp_path, text(KEY + "".join(others) + SHARE % arns, PARAMETERS))
    names = {key.arn: key.name for key in estate.keys}
    assert [None if key is None else names[key] for label, _, key in found(estate) if label == "L5a"] == keys


def test_a_share_that_is_not_made_shares_nothing(tmp_path: Path) -> None:
    share = (SHARE % "[!GetAtt Key.Arn]").replace("Properties", "Condition: No, Properties")
    assert found(cloudformation.load(tmp_path, text(KEY + share, "Conditions: {No: !Equals [a, b]}\n"))) == []


@pytest.mark.parametrize(("arn", "keys"), [("!GetAtt Key.Arn", 1), (EC2, 0), ("!Ref Open", 1)])
def test_l5a_the_association_of_a_share_with_a_key(tmp_path: Path, arn: str, keys: int) -> None:
    share = f"  A: {{Type: AWS::RAM::ResourceAssociation, Properties: {{ResourceShareArn: x, ResourceArn: {arn}}}}}\n"
    assert [label for label, _, _ in found(cloudformation.load(tmp_path, text(KEY + share, PARAMETERS)))] == [
        "L5a"
    ] * keys
