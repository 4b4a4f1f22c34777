"""Files, folders, and what hostile ones do."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.inputs.samples import (
    ACCOUNT,
    KEY,
    POLICY,
    assert_only,
    details,
    errors,
    grant,
    key,
    load,
    metadata,
    place,
    role,
)
from tests.inputs.test_organization import DESCRIBED, MANAGEMENT, ROOT, UNIT, described, parent, targets
from verifier.inputs import load_estate
from verifier.inputs.text import files
from verifier.syntax.diagnostic import Diagnostic, InputError

KEEPING = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*", "Resource": "*"}


def lay(folder: Path, contents: Mapping[str, Any]) -> Path:
    """Writes files, given as data, text or bytes."""
    for name, content in contents.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        data = (
            content
            if isinstance(content, bytes)
            else (content if isinstance(content, str) else json.dumps(content)).encode()
        )
        path.write_bytes(data)
    return folder


def refused(*paths: Path) -> tuple[Diagnostic, ...]:
    with pytest.raises(InputError) as error:
        load_estate(paths)
    return error.value.diagnostics


def test_a_snapshot_names_files_beside_it(tmp_path: Path) -> None:
    snapshot = "keys:\n- metadata: describe.json\n  policy: policies/key.yaml\n  tags: tags.JSON\n"
    snapshot += f"accounts:\n  {ACCOUNT}:\n    authorization_details: [one.json, two.json]\n"
    lay(
        tmp_path,
        {
            "snapshot.yaml": snapshot, "describe.json": metadata(), "policies/key.yaml": POLICY,
            "tags.JSON": {"Tags": []},
            "one.json": details(RoleDetailList=[role("a")], IsTruncated=True),
            "two.json": details(RoleDetailList=[role("b")]),
        },
    )  # fmt: skip
    estate = load_estate([tmp_path / "snapshot.yaml"])
    assert estate.keys[0].tags == ()
    assert len(estate.accounts[0].roles) == 2
    policy = (estate.keys[0].policies or ())[0]
    assert policy.span.file.endswith("policies/key.yaml")
    assert {Path(name).name: digest for name, digest in estate.inputs} == {
        name: hashlib.sha256((tmp_path / path).read_bytes()).hexdigest()
        for path in ("snapshot.yaml", "describe.json", "policies/key.yaml", "tags.JSON", "one.json", "two.json")
        for name in [Path(path).name]
    }


@pytest.mark.parametrize("name", ["../outside.json", "/etc/outside.json", "sub/../../outside.json", "link.json"])
def test_a_snapshot_cannot_name_files_outside_its_folder(tmp_path: Path, name: str) -> None:
    (tmp_path / "outside.json").write_text(json.dumps(POLICY))
    folder = tmp_path / "snapshot"
    lay(folder, {"snapshot.json": {"keys": [{"arn": KEY, "policy": name}]}, "sub/x": ""})
    (folder / "link.json").symlink_to(tmp_path / "outside.json")
    found = assert_only(refused(folder / "snapshot.json"), "leads out of the folder")
    assert place(found)[0] == 1


def test_a_file_that_a_snapshot_names_must_exist(tmp_path: Path) -> None:
    assert_only(
        errors(tmp_path, {"keys": [{"arn": KEY, "policy": "key-polcy.json"}]}), "there is no file `key-polcy.json`"
    )
    assert_only(errors(tmp_path, {"keys": [{"arn": KEY, "policy": "key-polcy"}]}), "expected a policy document")
    assert_only(
        errors(tmp_path, {"keys": [key()], "accounts": {ACCOUNT: {"authorization_details": ["a.json"]}}}),
        "there is no file `a.json`",
    )
    assert_only(
        errors(tmp_path, {"keys": [key()], "accounts": {ACCOUNT: {"authorization_details": "a.json"}}}),
        "there is no file `a.json`",
    )


FOLDER: dict[str, Any] = {
    "keys/payments/metadata.json": metadata(),
    "keys/payments/policy.json": {"Policy": json.dumps(POLICY)},
    "keys/payments/grants.json": {"Grants": [grant()]},
    "keys/payments/aliases.yaml": "[alias/pay]",
    "keys/payments/tags.json": {"Tags": [{"TagKey": "a", "TagValue": "b"}]},
    f"accounts/{ACCOUNT}/authorization-details-1.json": details(RoleDetailList=[role("a")], IsTruncated=True),
    f"accounts/{ACCOUNT}/authorization-details-10.json": details(RoleDetailList=[role("c")]),
    f"accounts/{ACCOUNT}/authorization-details-2.json": details(RoleDetailList=[role("b")], IsTruncated=True),
    "organization/describe-organization.json": DESCRIBED,
    "organization/accounts.json": {"Accounts": [{"Id": MANAGEMENT}]},
    "vpc-endpoints.json": {"VpcEndpoints": []},
    "README.md": "notes",
    "payments.inv": "invariants",
}


def test_a_folder_is_a_snapshot(tmp_path: Path) -> None:
    estate = load_estate([lay(tmp_path, FOLDER)])
    (found,) = estate.keys
    assert (found.name, found.arn, found.aliases, found.tags) == ("payments", KEY, ("alias/pay",), (("a", "b"),))
    assert [identity.arn.rsplit("/", 1)[1] for identity in estate.accounts[0].roles] == ["a", "b", "c"]
    assert estate.organization is not None
    assert [given.id for given in found.grants or ()] == ["1"]
    assert estate.endpoints == ()
    assert estate.unmodelled == ()
    assert len(estate.inputs) == 11


ORGANIZATION: dict[str, Any] = {
    "organization/accounts.json": {"Accounts": [{"Id": MANAGEMENT}, {"Id": ACCOUNT}]},
    "organization/roots.json": {"Roots": [{"Id": ROOT}]},
    f"organization/parents/{ACCOUNT}.json": parent(UNIT),
    f"organization/parents/{UNIT}.yaml": f"Parents: [{{Id: {ROOT}}}]",
    "organization/list-policies/SERVICE_CONTROL_POLICY.json": {
        "Policies": [{"Id": name, "Type": "SERVICE_CONTROL_POLICY"} for name in ("p-FullAWSAccess", "p-deny")]
    },
    "organization/describe-policy/p-deny.json": described(),
    "organization/targets/p-deny.json": targets(UNIT),
    "organization/targets/p-FullAWSAccess.json": targets(ROOT, UNIT, ACCOUNT),
}


def test_d7_the_control_policies_of_a_folder(tmp_path: Path) -> None:
    estate = load_estate([lay(tmp_path, FOLDER | ORGANIZATION)])
    assert estate.organization is not None
    (_, controls) = estate.organization.controls
    levels = [(level.name, [policy.name for policy in level.policies]) for level in controls.service or ()]
    assert levels == [(ROOT, ["FullAWSAccess"]), (UNIT, ["FullAWSAccess", "Deny"]), (ACCOUNT, ["FullAWSAccess"])]
    assert (estate.unmodelled, len(estate.inputs)) == ((), 18)


def test_d7_a_folder_of_outputs_may_be_one_file(tmp_path: Path) -> None:
    folders = ("parents", "list-policies", "describe-policy", "targets")
    files: dict[str, Any] = {name: content for name, content in ORGANIZATION.items() if name.count("/") == 1}
    for folder in folders:
        inside = {path: content for path, content in ORGANIZATION.items() if path.startswith(f"organization/{folder}/")}
        found = {Path(path).stem: content for path, content in inside.items()}
        files[f"organization/{folder}.json"] = found | ({UNIT: parent(ROOT)} if folder == "parents" else {})
    estate = load_estate([lay(tmp_path, FOLDER | files)])
    assert estate.organization is not None and len(estate.organization.controls[1].service or ()) == 3


def test_d7_a_document_may_name_files_of_the_organization(tmp_path: Path) -> None:
    organization = {
        "describe_organization": "organization.json",
        "accounts": [{"Id": MANAGEMENT}, {"Id": ACCOUNT, "Paths": [f"o-a1b2c3d4e5/{ROOT}/"]}],
        "policies": [{"policy": "deny.json", "targets": "deny-targets.json"}],
        "targets": {"p-FullAWSAccess": "full.json"},
    }
    files = {
        "organization.json": DESCRIBED,
        "deny.json": described(),
        "deny-targets.json": targets(ROOT),
        "full.json": targets(ROOT, ACCOUNT),
    }
    estate = load_estate(
        [lay(tmp_path, {"snapshot.json": {"keys": [key()], "organization": organization}, **files}) / "snapshot.json"]
    )
    assert estate.organization is not None
    assert [len(level.policies) for level in estate.organization.controls[1].service or ()] == [2, 1]
    assert (len(estate.inputs), estate.unmodelled) == (5, ())
    assert_only(refused(lay(tmp_path, {"full.json": "["}) / "snapshot.json"), "expected a JSON value")


def test_l5a_the_shared_policy_of_a_folder(tmp_path: Path) -> None:
    estate = load_estate([lay(tmp_path, FOLDER | {"keys/payments/policy-AWS_RAM.json": POLICY})])
    assert [policy.name for policy in estate.keys[0].policies or ()] == ["default", "AWS_RAM"]


def test_a_folder_may_hold_a_document_and_more(tmp_path: Path) -> None:
    other = {"keys": [{"arn": KEY.replace("1234abcd", "99999999"), "policy": "policies/other.json"}]}
    estate = load_estate([lay(tmp_path, FOLDER | {"snapshot.json": other, "policies/other.json": POLICY})])
    assert len(estate.keys) == 2


@pytest.mark.parametrize(
    ("contents", "says"),
    [
        ({"keys/payments/polcy.json": POLICY}, "no place here"),
        ({"keys/policy.json": POLICY}, "no place here"),
        ({"accounts/111122223333/details.json": details()}, "no place here"),
        ({"organization/scp.json": []}, "no place here"),
        ({"organization/scps/p-deny.json": {}}, "no place here"),
        ({"organization/targets/p-deny.json": targets(), "organization/targets.json": {}}, "expected one of them"),
        (
            {"organization/targets/p-deny.json": targets(), "organization/targets/p-deny.yaml": "Targets: []"},
            "expected one of them",
        ),
        ({"keys/payments/policy.yaml": POLICY}, "expected one of them"),
        ({"accounts/prod/authorization-details.json": details()}, "`prod` is not an account"),
        ({"accounts/444455556666/notes.txt": ""}, "has no authorization-details.json"),
        ({"snapshot.json": {"accounts": {ACCOUNT: {"authorization_details": details()}}}}, "is given twice"),
    ],
)
def test_files_without_a_place_are_errors(tmp_path: Path, contents: dict[str, Any], says: str) -> None:
    found = refused(lay(tmp_path, FOLDER | contents))
    assert any(says in error.message for error in found), [error.message for error in found]


FULL = {
    "keys/a/metadata.json": metadata(), "keys/a/policy.json": POLICY, "keys/a/grants.json": {"Grants": []},
    f"accounts/{ACCOUNT}/authorization-details.json": details(), "vpc-endpoints.json": {"VpcEndpoints": []},
    "organization/describe-organization.json": described(), "organization/parents/x.json": {},
    "snapshot.yaml": "keys: []",
    "not-read.json": {"complete": True, "parts": []}, "notes.json": {},
}  # fmt: skip
"""What a folder may hold; of most of it that it is missing would be *not given*."""


@pytest.mark.parametrize("kind", ["link", "pipe", "folder"])
@pytest.mark.parametrize("name", FULL)
def test_s1_what_is_called_like_a_file_and_is_none_is_an_error(tmp_path: Path, name: str, kind: str) -> None:
    lay(tmp_path, FULL)
    path = tmp_path / name
    path.unlink()
    if kind == "link":
        path.symlink_to("nothing")
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.mkdir()
    what = {"link": "a link to nothing", "pipe": "a pipe, device or socket", "folder": "a folder"}[kind]
    assert any(
        f"{what} where a file is expected" in error.message and str(error.span).startswith(str(path))
        for error in refused(tmp_path)
    )


@pytest.mark.parametrize("kind", ["link", "pipe", "file"])
@pytest.mark.parametrize(
    "name", ["keys", "accounts", "organization", "keys/a", f"accounts/{ACCOUNT}", "organization/parents"]
)
def test_s1_what_is_called_like_a_folder_and_is_none_is_an_error(tmp_path: Path, name: str, kind: str) -> None:
    if kind == "file" and "/" in name:
        return  # a file beside the folders of keys may be a note
    lay(tmp_path, FULL)
    shutil.rmtree(tmp_path / name)
    path = tmp_path / name
    if kind == "link":
        path.symlink_to("nothing")
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.write_text("")
    assert any("where a folder is expected" in error.message for error in refused(tmp_path))


def test_what_an_editor_leaves_is_left_aside(tmp_path: Path) -> None:
    lay(tmp_path, {"keys/a/metadata.json": metadata(), "keys/a/policy.json": POLICY})
    (tmp_path / "keys/a/.#policy.json").symlink_to("me@host.1234")
    assert len(load_estate([tmp_path]).keys) == 1


def test_a_folder_cannot_link_out_of_itself(tmp_path: Path) -> None:
    lay(tmp_path / "outside", {"metadata.json": metadata()})
    folder = lay(tmp_path / "snapshot", FOLDER)
    (folder / "keys" / "other").symlink_to(tmp_path / "outside")
    assert_only(refused(folder), "leads out of the folder")


def test_s3_a_folder_without_a_snapshot(tmp_path: Path) -> None:
    folder = lay(tmp_path, {"notes.txt": ""})
    assert assert_only(refused(folder), "holds no snapshot").rule == "S3"
    policies = {
        f"{name}.json": {"Version": "2012-10-17", "Statement": [KEEPING]} for name in ("b", "in/a", ".hidden/c")
    }
    assert [key.name for key in load_estate([lay(folder, policies)]).keys] == ["b", "in/a"]
    assert_only(refused(lay(folder, {"package.json": {"x": [{"effect": "?"}]}})), "expected a policy")
    (folder / "package.json").unlink()
    (folder / "more").symlink_to(tmp_path.parent)
    assert_only(refused(folder), "a link to a folder")


def test_a_folder_with_terraform_below_it_alone_tells_where_that_is(tmp_path: Path) -> None:
    """All such folders, or those that make keys."""
    lay(tmp_path, {f"{name}/main.tf": "" for name in ("modules/keys", "live", ".terraform/x")} | {"README.md": ""})
    found = assert_only(refused(tmp_path), "holds no snapshot")
    assert found.hint == "give a folder of its .tf files (live, modules/keys)"
    lay(tmp_path, {"live/main.tf": 'resource "aws_kms_external_key" "this" {}'})
    assert assert_only(refused(tmp_path), "holds no snapshot").hint == "give a folder of its .tf files (live)"
    lay(tmp_path, {"key.template": "Resources:\n  Key:\n    Type: AWS::KMS::Key\n"})
    found = assert_only(refused(tmp_path), "holds no snapshot")
    assert found.hint == "give a template or a folder of .tf files (key.template, live)"


@pytest.mark.parametrize("name", ["accounts", "keys", "organization", "vpc_endpoints"])
def test_a_text_called_like_a_part_of_a_snapshot_says_nothing_of_access(tmp_path: Path, name: str) -> None:
    """As the texts of a web page are: an input has objects or lists there, or a file's name."""
    policy = {"Version": "2012-10-17", "Statement": [KEEPING]}
    estate = load_estate([lay(tmp_path, {"policy.json": policy, "en/texts.json": {name: "Accounts", "title": "x"}})])
    assert len(estate.keys) == 1 and any("en/texts.json" in remark.message for remark in estate.warnings)
    assert refused(lay(tmp_path, {"en/texts.json": {name: "other.json"}}))


BUILD = """version: 0.2
env: {variables: {PREFIX: "arn:aws:s3:::bucket"}}
phases: {build: {commands: ["aws s3 cp a s3://b", "|"]}}
"""


POD = """apiVersion: v1
kind: Pod
spec:
  tolerations: [{key: gpu, effect: NoSchedule}]
  containers: [{name: a, resources: {limits: {cpu: 1}}}]
"""


@pytest.mark.parametrize(
    ("content", "is_aside"),
    [
        (BUILD, True),
        ({"name": "site", "dependencies": {"x": "^1"}, "files": ["a"], "n": 1, "t": True, "z": None}, True),
        ([], True),
        ({"apiVersion": "v1", "kind": "Service", "spec": {"ports": [{"port": 80}]}}, True),
        ({"module": "commonjs", "author": {"organization": True}, "engines": {"yarn": "4"}}, True),
        ({"deploy": {"provider": "pages"}}, True),
        # what JSON and YAML have elsewhere: comments, commas, tags, merge keys, several documents, none
        ('{ // of a compiler\n "files": ["//a", "/*"], /* b */ "strict": true, }', True),
        ("a: !reference [.x, y]\nb: !vault |\n  x", True),
        ("a: &a {b: c}\nd: {<<: *a}", True),
        ("a: b\n---\nc: d\n", True),
        ("a: !reference [.x, y]\nb: 'x {{ c }}'\n", False),  # a template: what it makes is not known
        ("# nothing\n", True),
        ("\n", False),
        # objects of Kubernetes itself
        (POD, True),
        (f"{POD}---\n{POD}", True),
        ({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "rules": [{"resources": ["pods"]}]}, True),
        # the same with a policy in it, and objects of others, which may be of AWS
        ('{ // a\n "Statement": [], }', False),
        ('{ // a\n "rules": [{"\\u0045ffect": "Allow"}], }', False),
        ("a: b\n---\nStatement: []\n", False),
        ("a: !x {KeyMetadata: {}}", False),
        (f"{POD}---\nGrants: []\n", False),
        (f"{POD}---\n{POD.replace('v1', 'kms.services.k8s.aws/v1alpha1')}", False),
        (f'{POD}data: {{a: " {{}}"}}\n', False),
        (f"{POD}data: {{a: 'Type: AWS::KMS::Key'}}\n", False),
        (f"{POD}data: {{a: 'Statement: []'}}\n", False),
        (f'{POD}data: {{a: "\\u0053tatement: []"}}\n', False),
        (f"{POD}data: }}\n", False),
        ("apiVersion: kro.run/v1alpha1\nkind: ResourceGraphDefinition\nspec: {resources: []}\n", False),
        # a policy, a part of one, or one whose names are misspelt
        ({"Statment": [{"Effect": "Allow"}]}, False),
        ({"rules": [{"\u0045ffect": "Allow"}]}, False),
        ('{"rules": [{"\\u0045ffect": "Allow"}]}', False),
        ('rules: [{"\\x45ffect": Allow}]', False),
        ({"policy": '{"Version": "2012-10-17"}'}, False),
        ({"x": " {}"}, False),
        # outputs of the AWS CLI, and parts of a snapshot
        ({"Grants": []}, False),
        ({"a": {"KeyMetadata": {}}}, False),
        ({"Tags": [{"TagKey": "a", "TagValue": "b"}]}, False),
        ({"list": [{"AliasArn": "x"}]}, False),
        ({"a": [{"keys": []}]}, False),
        # fragments and parameters of templates, Terraform in JSON, plans
        ({"Any": {"Type": "AWS::KMS::Key"}}, False),
        ({"Any": {"Fn::Transform": "x"}}, False),
        ([{"ParameterKey": "a", "ParameterValue": "b"}], False),
        ({"resource": {"aws_kms_key": {}}}, False),
        ({"module": {"keys": {"source": "./keys"}}}, False),
        ({"organization": "organization.json"}, False),
        ({"x": {"resource_changes": []}}, False),
        ("{", False),
    ],
)
def test_what_is_about_something_else_is_left_aside(tmp_path: Path, content: Any, is_aside: bool) -> None:
    """In a folder of policies; a document that may hold a part of one is an error, and so is a file by itself."""
    name = "a.yml" if isinstance(content, str) and not content.startswith("{") else "a.json"
    folder = lay(tmp_path, {"b.json": {"Version": "2012-10-17", "Statement": [KEEPING]}, f"in/{name}": content})
    if is_aside:
        assert [found.message for found in load_estate([folder]).warnings] == [
            f"files in this folder that say nothing of access are left aside ({folder / 'in' / name})"
        ]
    else:
        refused(folder)
    refused(folder / "in" / name)


@pytest.mark.parametrize(
    ("place", "text", "is_aside"),
    [
        (
            "chart/templates/a.yaml",
            "{{- if .Values.a }}\napiVersion: v1\nkind: Service\nmetadata: {{ .b }}\n{{ end }}",
            True,
        ),
        (
            "chart/templates/in/a.yaml",
            "apiVersion: apps/v1\nkind: {{ .kind }}\nresources: {{ .Values.resources }}",
            True,
        ),
        ("templates/a.yaml", "apiVersion: v1\nkind: Service\nmetadata: {{ .b }}", False),
        ("chart/templates/a.yaml", "apiVersion: v1\nkind: ConfigMap\nStatement: {{ .b }}", False),
        ("chart/templates/a.yaml", "apiVersion: kms.aws.upbound.io/v1\nkind: Key\nspec: {{ .b }}", False),
        ("chart/templates/a.yaml", "{{ .Values.policy }}", False),
    ],
)
def test_templates_of_charts_make_objects_of_kubernetes(tmp_path: Path, place: str, text: str, is_aside: bool) -> None:
    chart = "apiVersion: v2\nname: site\n"
    policy = {"Version": "2012-10-17", "Statement": [KEEPING]}
    folder = lay(tmp_path, {"policy.json": policy, "chart/Chart.yaml": chart, place: text})
    if is_aside:
        assert len(load_estate([folder]).keys) == 1
    else:
        assert_only(refused(folder), "expected")


def test_a_folder_without_keys_tells_where_some_are_made(tmp_path: Path) -> None:
    """Of folders of `.tf` files those that are no module of another, and have keys, be it in modules of theirs."""
    key, other = 'resource "aws_kms_key" "this" {}', 'resource "aws_kms_custom_key_store" "this" {}'
    files = {
        "live/main.tf": 'module "keys" { source = "../modules/keys" }',
        "modules/keys/main.tf": key,
        "network/main.tf": f'{other}\ndata "aws_kms_key" "that" {{}}',
        "stack/key.yaml": "Resources:\n  Key:\n    Type: AWS::KMS::Key\n",
        "stack/note.yaml": "example:\n  Type: AWS::KMS::Key\n",
        "stack/bad.yaml": "Resources: {Key: {Type: AWS::SNS::Topic}}",
    }
    lay(tmp_path, {"main.tf": other, **files})
    found = assert_only(refused(tmp_path), "holds no key")
    assert (found.hint or "").startswith(f"keys are made in {tmp_path / 'live'}, {tmp_path / 'stack/key.yaml'}: give")
    (tmp_path / "main.tf").unlink()
    (tmp_path / "stack/key.yaml").unlink()
    (tmp_path / "stack/note.yaml").unlink()
    found = assert_only(refused(tmp_path), "may hold some")
    assert (found.hint or "").endswith(f"beside it; keys are made in {tmp_path / 'live'}: give that")
    lay(tmp_path, {"build.json": {"resources": []}})
    found = assert_only(refused(tmp_path), "none of these")
    assert (found.hint or "").endswith(f"; keys are made in {tmp_path / 'live'}: give that")
    made = assert_only(refused(lay(tmp_path / "none", {"main.tf": key.replace("{}", "{ count = 0 }")})), "holds no key")
    assert "keys are made" not in (made.hint or "")


@pytest.mark.parametrize(
    ("content", "hint"),
    [
        ([{"ParameterKey": "a", "ParameterValue": "b"}], "--parameters FILE"),
        ({"Parameters": {"a": "b"}}, "--parameters FILE"),
        ({"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"}, "in `Statement`"),
        ('{"Statement": [%{ if open }{"Effect": "Allow"}%{ endif }]}', "a template of another tool"),
        ('{"Statement": [{"Effect": "Allow", "Resource": ${arns}}]}', "a template of another tool"),
        ('{"Statement": [{"Resource": "arn:aws:kms:${AWS::Region}:${AWS::AccountId}:key/*"}', None),
        ('{"Statement": [}', None),
    ],
)
def test_what_is_no_input_is_told_what_it_looks_like(tmp_path: Path, content: Any, hint: str | None) -> None:
    found = assert_only(refused(lay(tmp_path, {"x.json": content}) / "x.json"), "expected")
    assert found.hint is hint or (hint is not None and hint in (found.hint or ""))


def test_a_configuration_that_is_written_in_json_is_no_input(tmp_path: Path) -> None:
    given = lay(tmp_path, {"main.tf.json": {"resource": {"aws_kms_key": {"a": {}}}}})
    for path in (given, given / "main.tf.json"):
        assert "terraform show -json" in (assert_only(refused(path), "none of these").hint or "")


def test_files_that_are_no_input_for_one_reason_are_one_error(tmp_path: Path) -> None:
    """The folder of a repository holds hundreds: each is counted, and the first ones are named."""
    parameters = {f"parameters/{name}.json": [{"ParameterKey": "a", "ParameterValue": "b"}] for name in "abcdef"}
    events = {f"tests/{name}.json": {"Records": [], "resource": "/"} for name in "xy"}
    charts = {f"chart/{name}.yaml": "{{- if .Values.open }}\nStatement: []" for name in "pqr"}
    first, second, third = refused(
        lay(tmp_path, {"policy.json": {"Statement": [KEEPING]}, **parameters, **events, **charts})
    )
    assert "none of these; the same goes for 5 more files" in first.message and "b.json" in first.message
    assert "--parameters FILE" in (first.hint or "") and "name the policies" in (first.hint or "")
    assert "found an object that is none of these; the same goes for 1 more file" in second.message
    assert "the same goes for 2 more files" in third.message and "q.yaml" in third.message
    assert "a template of another tool" in (third.hint or "") and "name the policies" in (third.hint or "")


@pytest.mark.parametrize(
    "content",
    [
        {"accounts": {"dev": {"x": "a"}, "prod": {"x": "b"}}},
        {"accounts": ["dev", "prod"]},
        {"Id": "a", "SchemaVersion": "2018-10-08", "ProductArn": "arn:aws:x", "Title": "b"},
    ],
)
def test_what_has_one_member_of_an_input_is_none_among_the_files_of_a_folder(tmp_path: Path, content: Any) -> None:
    policy = {"Version": "2012-10-17", "Statement": [KEEPING]}
    found = refused(lay(tmp_path, {"policy.json": policy, "a.json": content, "in/b.json": content}))
    assert len(found) == 1 and "the same goes for 1 more file" in found[0].message


def test_accounts_by_number_or_in_a_file_are_of_a_snapshot(tmp_path: Path) -> None:
    given: tuple[Any, ...] = ({"1234": {}, "a": {}}, "accounts.json")
    for accounts in given:
        assert "none of these" not in refused(lay(tmp_path, {"in/a.json": {"accounts": accounts}}))[0].message
    assert "account dev" in refused(lay(tmp_path, {"b.json": {"accounts": {"dev": {}}}}) / "b.json")[0].message


def test_several_paths_are_one_input(tmp_path: Path) -> None:
    folder = lay(tmp_path / "a", FOLDER)
    other = {"arn": KEY.replace("1234abcd", "99999999"), "policy": "default"}
    lay(tmp_path, {"b.json": {"keys": [other]}})
    assert len(load_estate([folder, tmp_path / "b.json"]).keys) == 2


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    assert_only(refused(tmp_path / "absent.json"), "cannot read")
    assert_only(refused(Path("a\0b.json")), "cannot read")
    assert len(refused(tmp_path / "absent.json", tmp_path / "missing.json")) == 2


@pytest.mark.parametrize(
    ("data", "says", "at"),
    [
        ('{"keys": []}'.encode("utf-16"), "UTF-16", (1, 1)),
        (b'{"keys":\n ["\xff"]}', "not UTF-8", (2, 4)),
        (b'{"keys": [NaN]}', "expected a JSON value, found `NaN`", (1, 11)),
        (b"[" * 1000, "nested too deeply", (1, 101)),
        (b'{"keys": ' * 50_000, "nested too deeply", (1, 901)),
        (b"", "expected a JSON value, found the end of the file", (1, 1)),
    ],
)
def test_hostile_bytes_are_errors_with_a_place(tmp_path: Path, data: bytes, says: str, at: tuple[int, int]) -> None:
    lay(tmp_path, {"x.json": data})
    assert place(assert_only(refused(tmp_path / "x.json"), says)) == at


def test_a_byte_order_mark_is_dropped(tmp_path: Path) -> None:
    lay(tmp_path, {"x.json": b"\xef\xbb\xbf" + json.dumps({"keys": [key()]}).encode()})
    assert len(load_estate([tmp_path / "x.json"]).keys) == 1


def test_terminal_escapes_are_not_shown(tmp_path: Path) -> None:
    found = assert_only(errors(tmp_path, '{"keys": [{"arn": "\\u001b[31m"}]}'), "is not the ARN")
    assert found.message.isprintable()
    found = assert_only(errors(tmp_path, 'keys: []\n"a\\e[31m": 1\n', "x.yaml"), "unknown member")
    assert found.message.isprintable()


def test_terminal_escapes_in_names_are_not_shown(tmp_path: Path) -> None:
    grants = {"Grants": [grant(GrantId="\x1b[31m", Name="\x1b[31m", Operations=["\x1b[31m"])]}
    details_ = details(RoleDetailList=[role("a", RolePolicyList=[{"PolicyName": "\x1b[31m"}])])
    snapshot = {
        "keys": [key(name="\x1b[31m", grants=grants)],
        "accounts": {ACCOUNT: {"authorization_details": details_}},
    }
    estate = load(tmp_path, snapshot)
    assert (estate.keys[0].name or "").isprintable()
    assert len(estate.unmodelled) == 2
    assert all(thing.name.isprintable() and thing.description.isprintable() for thing in estate.unmodelled)


def test_a_policy_over_1_mib_is_refused(tmp_path: Path) -> None:
    large = {"Statement": [POLICY["Statement"][0] | {"Sid": "x" * (1 << 20)}]}
    assert_only(errors(tmp_path, {"keys": [key(policy=large)]}), "over 1 MiB")
    lay(tmp_path, {"policy.json": large})
    with pytest.raises(InputError, match="over 1 MiB"):
        load_estate([tmp_path / "policy.json"], key_arn=KEY)


def test_a_large_snapshot_is_read(tmp_path: Path) -> None:
    roles = [role(f"r{number}", Tags=[{"Key": "k", "Value": "v" * 100}] * 1) for number in range(10_000)]
    estate = load(
        tmp_path, {"keys": [key()], "accounts": {ACCOUNT: {"authorization_details": details(RoleDetailList=roles)}}}
    )
    assert len(estate.accounts[0].roles) == 10_000


def test_a_file_over_the_limit_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAXIMUM_FILE", 1 << 20)
    lay(tmp_path, {"x.json": b" " * ((1 << 20) + 1)})
    assert_only(refused(tmp_path / "x.json"), "is over 1 MiB")


def test_many_errors_are_counted_not_told(tmp_path: Path) -> None:
    found = errors(tmp_path, {"keys": [3] * 1000})
    assert len(found) == 201
    assert "more like these" in found[-1].message


@pytest.mark.parametrize(
    ("name", "content", "hint"),
    [
        ("x.json", {"KeyMetadata": {}}, "`aws kms describe-key`, which is keys/NAME/metadata.json"),
        (
            "x.json",
            {"UserDetailList": []},
            "`aws iam get-account-authorization-details`, which is accounts/ACCOUNT/authorization-details.json",
        ),
        (
            "x.json",
            {"service": "x", "provider": {"name": "aws"}},
            "`serverless package` writes its template",
        ),
        ("x.json", {"TemplateBody": {"Resources": {}}}, "`aws cloudformation get-template`: give the template alone"),
        ("x.json", {"x": 1}, "a policy has `Statement`"),
        ("x.yaml", "- 1", "a policy has `Statement`"),
        ("main.tf", 'resource "aws_kms_key" "k" {}', "terraform show -json"),
        ("d/main.tofu", "", "terraform show -json"),
        ("d/notes.txt", "", "a folder keys/NAME with policy.json"),
    ],
)
def test_what_is_no_input_by_itself_is_told_what_to_do(tmp_path: Path, name: str, content: Any, hint: str) -> None:
    lay(tmp_path, {name: content})
    (error,) = refused(tmp_path / name.split("/")[0])
    assert hint in (error.hint or "")
