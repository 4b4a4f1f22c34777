"""Nested stacks of a cloud assembly are read from their assets: what they hold is what one template with all of it
holds."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from verifier.inputs import load_estate
from verifier.inputs.supplied import Supplied
from verifier.language.builtins.catalogue import builtin
from verifier.model.estate import Estate
from verifier.model.policy_text import policy_document
from verifier.model.results.verdict import Status
from verifier.syntax.diagnostic import InputError
from verifier.verify.comparison.compare import compare
from verifier.verify.proving import prove

Json = dict[str, Any]
ACCOUNT = "111122223333"
ROOT = {"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:root"}
TRUST = {"Statement": {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}}


def key(*principals: object, action: str = "kms:Decrypt") -> Json:
    """A key of which the root user may do all, and others an action."""
    statements = [{"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "kms:*", "Resource": "*"}]
    statements += [
        {"Effect": "Allow", "Principal": {"AWS": one}, "Action": action, "Resource": "*"} for one in principals
    ]
    return {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": {"Version": "2012-10-17", "Statement": statements}}}


def role(name: str, key_arn: object) -> Json:
    allow = {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": key_arn}
    policy = {"PolicyName": "p", "PolicyDocument": {"Version": "2012-10-17", "Statement": allow}}
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {"RoleName": name, "AssumeRolePolicyDocument": TRUST, "Policies": [policy]},
    }


def nested(file: str, **properties: Any) -> Json:
    url = {
        "Fn::Sub": "https://s3.${AWS::Region}.${AWS::URLSuffix}/cdk-assets-${AWS::AccountId}-${AWS::Region}/"
        + "ab" * 32
        + ".json"
    }
    metadata = {"aws:cdk:path": "Outer/Inner", "aws:asset:path": file, "aws:asset:property": "TemplateURL"}
    return {
        "Type": "AWS::CloudFormation::Stack",
        "Properties": {"TemplateURL": url, **properties},
        "Metadata": metadata,
    }


INNER: Json = {
    "Parameters": {
        "KeyArn": {"Type": "String"},
        "Partner": {"Type": "String", "Default": "arn:aws:iam::444455556666:root"},
    },
    "Resources": {"Reader": role("reader", {"Ref": "KeyArn"}), "Inside": key({"Ref": "Partner"})},
    "Outputs": {"ReaderArn": {"Value": {"Fn::GetAtt": ["Reader", "Arn"]}}},
}
OUTER: Json = {
    "Resources": {
        "Outside": key({"Fn::GetAtt": ["Inner", "Outputs.ReaderArn"]}, action="kms:Encrypt"),
        "Other": key(),
        "Inner": nested("Inner.nested.template.json", Parameters={"KeyArn": {"Fn::GetAtt": ["Other", "Arn"]}}),
    }
}
FLAT: Json = {
    "Resources": {
        "Outside": key({"Fn::GetAtt": ["Reader", "Arn"]}, action="kms:Encrypt"),
        "Other": key(),
        "Reader": role("reader", {"Fn::GetAtt": ["Other", "Arn"]}),
        "Inside": key("arn:aws:iam::444455556666:root"),
    }
}


def assembly(folder: Path, outer: Json, environment: str = f"aws://{ACCOUNT}/us-west-2", **templates: Json) -> Path:
    folder.mkdir(exist_ok=True)
    properties = {"templateFile": "Outer.template.json", "stackName": "outer"}
    artifact = {"type": "aws:cloudformation:stack", "environment": environment, "properties": properties}
    (folder / "manifest.json").write_text(
        json.dumps({"version": "36.0.0", "artifacts": {"Outer": artifact}}), encoding="utf-8"
    )
    for name, template in {"Outer": outer, **templates}.items():
        ending = ".template.json" if name == "Outer" else ".nested.template.json"
        (folder / f"{name}{ending}").write_text(json.dumps(template), encoding="utf-8")
    return folder


def told(estate: Estate) -> tuple[Any, ...]:
    """What an estate says, but for places and for which file a key is of."""
    keys = sorted(
        (one.arn, str(one.name).rpartition("#")[2], [policy_document(p) for p in one.policies or ()])
        for one in estate.keys
    )
    roles = sorted((one.arn, [policy_document(policy) for policy in one.policies]) for one in estate.identities)
    return keys, roles, sorted(thing.name for thing in estate.unmodelled)


def test_it_holds_what_one_template_with_all_of_it_holds(tmp_path: Path) -> None:
    (tmp_path / "flat.json").write_text(json.dumps(FLAT), encoding="utf-8")
    flat = load_estate([tmp_path / "flat.json"], supplied=Supplied(ACCOUNT, "us-west-2"))
    found = load_estate([assembly(tmp_path / "cdk.out", OUTER, Inner=INNER)])
    assert (
        told(found) == told(flat)
        and len(found.keys) == 3
        and [one.arn for one in found.identities] == [f"arn:aws:iam::{ACCOUNT}:role/reader"]
    )
    report = prove(found, (builtin("no-external-access"),))
    names = {found.key(verdict.target).name: verdict.status for verdict in report.verdicts}  # type: ignore[union-attr]
    assert names == {"Outside": Status.PROVED, "Other": Status.PROVED, "Inside": Status.REFUTED}


def test_neither_account_nor_region_need_be_told(tmp_path: Path) -> None:
    found = load_estate([assembly(tmp_path / "cdk.out", OUTER, "aws://unknown-account/unknown-region", Inner=INNER)])
    assert len({one.account for one in found.keys}) == 1 and len(found.keys) == 3


def test_the_account_is_concluded_of_all_of_it(tmp_path: Path) -> None:
    """The input is read twice then (S4)."""
    text = json.dumps(OUTER).replace(json.dumps(ROOT), f'"arn:aws:iam::{ACCOUNT}:root"')
    found = load_estate(
        [assembly(tmp_path / "cdk.out", json.loads(text), "aws://unknown-account/unknown-region", Inner=INNER)]
    )
    assert {one.account for one in found.keys} == {ACCOUNT} and len(found.keys) == 3


def test_stacks_may_be_in_each_other_and_a_template_is_known_by_the_asset_in_its_url(tmp_path: Path) -> None:
    middle: Json = {
        "Parameters": {"Arn": {"Type": "String"}},
        "Resources": {"In": nested("", Parameters={"KeyArn": {"Ref": "Arn"}, "Partner": {"Ref": "AWS::NoValue"}})},
        "Outputs": {"ReaderArn": {"Value": {"Fn::GetAtt": ["In", "Outputs.ReaderArn"]}}},
    }
    del middle["Resources"]["In"]["Metadata"]
    outer = deepcopy(OUTER)
    outer["Resources"]["Inner"] = nested(
        "Middle.nested.template.json", Parameters={"Arn": {"Fn::GetAtt": ["Other", "Arn"]}}
    )
    folder = assembly(tmp_path / "cdk.out", outer, Middle=middle, Inner=INNER)
    assets = {
        "version": "36.0.0",
        "files": {"ab" * 32: {"source": {"path": "Inner.nested.template.json", "packaging": "file"}}},
    }
    (folder / "Outer.assets.json").write_text(json.dumps(assets), encoding="utf-8")
    assert told(load_estate([folder])) == told(load_estate([assembly(tmp_path / "plain", OUTER, Inner=INNER)]))


def test_what_others_make_in_it_may_change_the_key_that_is_handed_to_it(tmp_path: Path) -> None:
    inner = deepcopy(INNER)
    inner["Resources"]["Own"] = {
        "Type": "Custom::Thing",
        "Properties": {"ServiceToken": "arn:aws:lambda:us-west-2:111122223333:function:f"},
    }
    found = load_estate([assembly(tmp_path / "cdk.out", OUTER, Inner=inner)])
    report = prove(found, (builtin("no-external-access"),))
    status = {found.key(verdict.target).name: verdict.status for verdict in report.verdicts}  # type: ignore[union-attr]
    assert len(found.keys) == 3 and status["Inside"] is Status.REFUTED
    assert any("`Inner` holds what others make" in thing.description for thing in found.unmodelled)
    assert not any(
        "holds what others make" in thing.description
        for thing in load_estate([assembly(tmp_path / "b", OUTER, Inner=INNER)]).unmodelled
    )


@pytest.mark.parametrize("why", ["condition", "tags", "another", "absent", "outside"])
def test_one_that_may_not_be_as_it_is_written_stays_what_others_make(tmp_path: Path, why: str) -> None:
    outer = deepcopy(OUTER)
    stack = outer["Resources"]["Inner"]
    if why == "condition":
        outer["Conditions"] = {"Sometimes": {"Fn::Equals": [{"Ref": "AWS::StackId"}, "x"]}}
        stack["Condition"] = "Sometimes"
    if why == "tags":
        stack["Properties"]["Tags"] = [{"Key": "team", "Value": "red"}]
    if why == "another":
        outer["Resources"]["Second"] = stack
    if why in ("absent", "outside"):
        stack["Metadata"]["aws:asset:path"] = {"absent": "None.json", "outside": "../Inner.nested.template.json"}[why]
    folder = assembly(tmp_path / "cdk.out", outer, Inner=INNER)
    (tmp_path / "Inner.nested.template.json").write_text(json.dumps(INNER), encoding="utf-8")
    found = load_estate([folder])
    assert len(found.keys) == (3 if why == "another" else 2)
    assert any("has resources of its own, which are not read" in thing.description for thing in found.unmodelled)


def test_nobody_but_the_stack_above_gives_it_parameters(tmp_path: Path) -> None:
    folder = assembly(tmp_path / "cdk.out", OUTER, Inner=INNER)
    with pytest.raises(InputError, match="no parameter `Partner`"):
        load_estate([folder], supplied=Supplied(parameters={"Partner": "arn:aws:iam::111122223333:root"}))


@pytest.mark.parametrize(("handed", "is_certain"), [("1.5", False), ('"1.5"', True), ("15", True), ("true", True)])
def test_a_value_that_is_handed_to_it_is_the_text_that_is_made_of_it(
    tmp_path: Path, handed: str, is_certain: bool
) -> None:
    """As everywhere in templates, that of a number need not be as it is written. [docs/cloudformation.md]"""
    inner: Json = {"Parameters": {"P": {"Type": "String"}}, "Resources": {"K": key()}}
    context = {"StringEquals": {"kms:EncryptionContext:a": {"Ref": "P"}}}
    inner["Resources"]["K"]["Properties"]["KeyPolicy"]["Statement"][0]["Condition"] = context
    outer = {"Resources": {"Inner": nested("Inner.nested.template.json", Parameters={"P": "@"})}}
    folder = assembly(tmp_path / "cdk.out", outer, Inner=inner)
    file = folder / "Outer.template.json"
    file.write_text(file.read_text(encoding="utf-8").replace('"@"', handed), encoding="utf-8")
    (policy,) = load_estate([folder]).keys[0].policies or ()
    assert (policy.statements[0].only_if is None) is is_certain


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"handed"', '"other"'),
        ('"Ref": "A"', '"Ref": "B"'),
        ('"Default": "one"', '"Default": "two"'),
        ('"told"', '"other"'),
    ],
)
def test_what_is_not_read_in_it_or_beside_it_is_another_where_it_is_handed_something_else(
    tmp_path: Path, old: str, new: str
) -> None:
    """S1: parameters of a nested stack are what the one above hands to it, and its outputs what they say."""
    inner, outer = deepcopy(INNER), deepcopy(OUTER)
    inner["Parameters"] |= {"P": {"Type": "String"}, "Q": {"Type": "String"}}
    inner["Outputs"]["O"] = {"Value": "told"}
    unread = {"Type": "AWS::IAM::Something"}
    outer["Parameters"] = {
        name: {"Type": "String", "Default": default} for name, default in (("A", "one"), ("B", "one"))
    }
    outer["Resources"]["Inner"]["Properties"]["Parameters"] |= {"P": "handed", "Q": {"Ref": "A"}}
    if old == '"told"':
        outer["Resources"]["S"] = unread | {"Properties": {"X": {"Fn::GetAtt": ["Inner", "Outputs.O"]}}}
    else:
        inner["Resources"]["S"] = unread | {"Properties": {"X": {"Ref": "P"}, "Y": {"Ref": "Q"}}}

    def version(folder: str, said: str) -> Estate:
        found = json.loads(json.dumps([outer, inner]).replace(old, said))
        return load_estate([assembly(tmp_path / folder, found[0], Inner=found[1])])

    before = version("old", old)
    assert {one.relation.value for one in compare(before, version("same", old)).targets} == {"equivalent"}
    assert "unknown" in {one.relation.value for one in compare(before, version("new", new)).targets}
