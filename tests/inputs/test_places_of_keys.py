"""Keys in a folder that no command reads: somebody is told of each (S1), whatever the folder is."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.inputs.plans import new_key, plan
from verifier.inputs import load_estate
from verifier.inputs.supplied import Supplied
from verifier.inputs.text import key_places
from verifier.syntax.diagnostic import InputError

ACCOUNT = "111122223333"
KEY = f"arn:aws:kms:us-west-2:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "kms:*", "Resource": "*"}],
    }
)
KEY_OF_TERRAFORM = 'resource "aws_kms_key" "k" {\n  description = "k"\n}\n'
BASES = {
    "configuration": {"main.tf": KEY_OF_TERRAFORM},
    "snapshot": {"snapshot.json": json.dumps({"keys": [{"arn": KEY, "policy": json.loads(POLICY)}]})},
}
TEMPLATE = "Resources:\n  K:\n    Type: AWS::KMS::Key\n"
KEY_ARN = f"arn:aws:kms:us-west-2:{ACCOUNT}:key/0987dcba-09fe-87dc-65ba-ab0987654321"
OBJECT = "apiVersion: {}\nkind: Key\nmetadata:\n  name: k\n"
MODULES = {"module": {"a": {"source": "./a"}, "b": {"source": "terraform-aws-modules/kms/aws"}}}
STATE = {"version": 4, "resources": [{"mode": "managed", "type": "aws_kms_key", "name": "k"}]}
TERRAGRUNT = {"terraform": {"source": "tfr:///terraform-aws-modules/kms/aws?version=4.0.0"}}
KEYS: dict[str, str | bytes] = {
    "ack.yaml": OBJECT.format("kms.services.k8s.aws/v1alpha1"),
    "several.yaml": "apiVersion: v1\nkind: ConfigMap\n---\n" + OBJECT.format("kms.services.k8s.aws/v1alpha1"),
    "crossplane.yaml": OBJECT.format("kms.aws.crossplane.io/v1alpha1"),
    "upbound.yml": OBJECT.format("kms.aws.upbound.io/v1beta1"),
    "namespaced.yml": OBJECT.format("kms.aws.m.upbound.io/v1beta1"),
    "play.yml": "- hosts: localhost\n  tasks:\n  - amazon.aws.kms_key:\n      alias: k\n",
    "tasks.yml": "- name: k\n  kms_key:\n    alias: k\n",
    "Pulumi.yaml": "name: x\nruntime: yaml\nresources:\n  k:\n    type: aws:kms:Key\n",
    "stack.json": json.dumps({"deployment": {"resources": [{"type": "aws:kms/key:Key"}]}}),
    "serverless.yml": f"service: x\nresources:\n  {TEMPLATE.replace(chr(10), chr(10) + '  ')}",
    "inline.yml": "- hosts: x\n  tasks:\n  - kms_key: alias=k\n",
    "commented.yml": "- name: k\n  aws_kms:\n    # mine\n    alias: k\n",
    "action.yml": "- local_action: aws_kms alias=k\n",
    "spread.json": '{"Resources": {"K": {"Type"\n:\n"AWS::KMS::Key"}}}',
    "cloud-control.json": '{"TypeName": "AWS::KMS::Key", "DesiredState": "{}"}',
    "more/policy.tf": 'resource "aws_kms_key_policy" "k" {\n  key_id = "x"\n}\n',
    "more/stack.tf": 'resource "aws_cloudformation_stack" "s" {\n  template_url = "https://example.com/t.json"\n}\n',
    "in-a-map.yaml": 'apiVersion: v1\nkind: ConfigMap\ndata:\n  main.tf: |\n    resource "aws_kms_key" "k" {\n    }\n',
    "template.txt": TEMPLATE,
    "environment.config": TEMPLATE,
    "grants.txt": json.dumps({"Grants": [{"KeyId": KEY_ARN, "GranteePrincipal": f"arn:aws:iam::{ACCOUNT}:root"}]}),
    "list-keys.jsonl": json.dumps({"KeyId": KEY_ARN[-36:], "KeyArn": KEY_ARN}),
    "more/described.yaml": f"KeyMetadata:\n  Arn: {KEY_ARN}\n",
    "template.yaml.j2": TEMPLATE,
    "terraform.tfstate": json.dumps(STATE),
    "utf-16.yaml": TEMPLATE.encode("utf-16"),
    "long.yaml": TEMPLATE + "#" * (1 << 20),
    "more/long.tf": '#{}\nresource "aws_kms_key" "k" {{\n}}\n'.format("x" * (1 << 20)),
    "more/main.tf": 'module "m" {\n  source = "terraform-aws-modules/kms/aws"\n}\n',
    "more/out.tf": 'module "m" {\n  source = "../../elsewhere"\n}\n',
    "more/open.tofu": 'module "m" {\n  source = var.source\n}\n',
    "more/main.tf.json": json.dumps(MODULES),
    "more/terragrunt.hcl.json": json.dumps(TERRAGRUNT),
    "more/terragrunt.stack.hcl": 'unit "k" {\n  source = "tfr:///terraform-aws-modules/kms/aws"\n}\n',
}
"""Files that make keys, or list them."""
HIDDEN = (
    *(".github/k.yaml", ".ebextensions/k.config", "more/.k.yaml"),
    ".serverless/cloudformation-template-update-stack.json",
)


def _told(folder: Path) -> list[str]:
    """What loading a folder says, errors and warnings."""
    try:
        found = load_estate([folder], supplied=Supplied(account=ACCOUNT, region="us-west-2")).warnings
    except InputError as error:
        found = error.diagnostics
    return [diagnostic.message for diagnostic in found]


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("name", KEYS)
def test_s1_keys_of_other_tools_beside_what_is_read_are_told(tmp_path: Path, base: str, name: str) -> None:
    folder = _folder(tmp_path, base, name, KEYS[name])
    shown = f"{folder}/more" if name.startswith("more/") else f"{folder}/{name}"
    assert [message for message in _told(folder) if f" {shown}" in message]


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("name", HIDDEN)
def test_s1_so_are_those_that_are_hidden(tmp_path: Path, base: str, name: str) -> None:
    folder = _folder(tmp_path, base, name, TEMPLATE)
    assert f"keys may be described in {folder}/{name}, which are hidden and not looked at" in _told(folder)


@pytest.mark.parametrize("name", [".terraform/modules/m/main.tf", ".git/k.yaml"])
def test_what_tools_keep_for_themselves_is_not(tmp_path: Path, name: str) -> None:
    assert _told(_folder(tmp_path, "snapshot", name, TEMPLATE)) == []


@pytest.mark.parametrize("base", BASES)
def test_s1_so_is_a_link_to_a_folder_elsewhere(tmp_path: Path, base: str) -> None:
    folder = _written(tmp_path / "given", **BASES[base])
    (folder / "link").symlink_to(_written(tmp_path / "away", **{"k.yaml": TEMPLATE}))
    assert [message for message in _told(folder) if f" {folder}/link" in message]


@pytest.mark.parametrize(
    "name", ["old/policy.json", "policy.json", "policy.json.tpl", "policy", "key.policy", "all.jsonl"]
)
@pytest.mark.parametrize("base", BASES)
def test_s1_so_are_key_policies_and_snapshots(tmp_path: Path, base: str, name: str) -> None:
    folder = _written(tmp_path, **BASES[base], **{name: POLICY})
    assert [message for message in _told(folder) if f"{folder}/{name}" in message]


@pytest.mark.parametrize(
    ("name", "value", "is_told"),
    [
        ("vpc_endpoints.json", {"VpcEndpoints": [{"VpcEndpointId": "vpce-0123456789abcdef0"}]}, True),
        ("organization.yaml", {"describe_organization": {"Organization": {"Id": "o-a1b2c3d4e5"}}}, True),
        ("list-roots.json", {"roots": {"Roots": []}}, True),
        ("package.json", {"name": "x", "dependencies": {}}, False),
        ("manifest.json", {"files": {}}, False),
        ("report.json", {"format": "kms-verifier/report", "verifier": "0.1.0", "keys": [], "accounts": []}, False),
        (".vpc_endpoints.json", {"VpcEndpoints": []}, False),
    ],
)
def test_s1_so_is_what_has_no_place_in_a_snapshot(tmp_path: Path, name: str, value: Any, is_told: bool) -> None:
    """What refuses requests, and is called otherwise than the parts of a snapshot are."""
    told = _told(_folder(tmp_path, "snapshot", name, json.dumps(value)))
    text = f"{tmp_path}/{name}, which may be meant as parts of this snapshot, are not read with it"
    assert told == ([text] if is_told else [])


def test_what_an_assembly_holds_besides_is_told(tmp_path: Path) -> None:
    properties = {"templateFile": "S.template.json"}
    stack = {"type": "aws:cloudformation:stack", "environment": f"aws://{ACCOUNT}/us-west-2", "properties": properties}
    listed = json.dumps({"version": "36.0.0", "artifacts": {"S": stack}})
    key = {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": json.loads(POLICY)}}
    template = json.dumps({"Resources": {"K": key}})
    files = {"manifest.json": listed, "S.template.json": template, "old/T.template.json": template}
    folder = _written(tmp_path, **files)
    named = f"keys may be made in {folder}/old/T.template.json, which are not read with this folder"
    assert [message for message in _told(folder) if message == named]
    assert not [message for message in _told(folder) if "S.template" in message]


def test_a_hidden_module_that_was_read_is_not_told(tmp_path: Path) -> None:
    call = 'module "m" {\n  source = "./.m"\n}\n'
    folder = _written(tmp_path, **{"main.tf": call, ".m/main.tf": KEY_OF_TERRAFORM})
    assert not [message for message in _told(folder) if "hidden" in message]


def test_what_is_in_no_key_policy_is_not(tmp_path: Path) -> None:
    identity = {"Statement": [{"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"}]}
    assert _told(_written(tmp_path, **BASES["snapshot"], **{"identity.json": json.dumps(identity)})) == []


@pytest.mark.parametrize("name", ["more/main.tf", "more/terragrunt.stack.hcl", "template.txt", "terraform.tfstate"])
def test_s1_so_are_keys_beside_a_configuration_with_its_plan(tmp_path: Path, name: str) -> None:
    planned = json.dumps(plan(new_key("k")))
    folder = _written(tmp_path, **BASES["configuration"], **{"plan.json": planned, name: KEYS[name]})
    shown = f"{folder}/more" if name.startswith("more/") else f"{folder}/{name}"
    told = [message for message in _told(folder) if "inputs that it does not read" in message]
    assert told == [f"beside its .tf files this folder holds inputs that it does not read: {shown}"]


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        (KEY_OF_TERRAFORM, None),
        ("# " + KEY_OF_TERRAFORM.replace('"k"', '"more"'), None),
        (KEY_OF_TERRAFORM.replace('"k"', '"more"'), "aws_kms_key.more"),
        ("resource aws_kms_key_policy k {\n}\n", "aws_kms_key_policy.k"),
    ],
)
def test_s1_keys_that_the_plan_of_a_configuration_does_not_have_are_told(
    tmp_path: Path, text: str, missing: str | None
) -> None:
    folder = _written(tmp_path, **{"plan.json": json.dumps(plan(new_key("k"))), "main.tf": text})
    shown = f"the plan does not have {missing}, which the .tf files beside it make"
    assert [message for message in _told(folder) if "the plan" in message] == ([shown] if missing else [])


def test_a_snapshot_below_a_configuration_is_told(tmp_path: Path) -> None:
    below = json.dumps({"keys": [{"arn": KEY, "policy": "default"}]})
    folder = _written(tmp_path, **BASES["configuration"], **{"live/snapshot.json": below})
    assert [message for message in _told(folder) if f"{folder}/live/snapshot.json" in message]


def test_objects_of_kubernetes_that_hold_a_configuration_are_about_access(tmp_path: Path) -> None:
    folder = _written(tmp_path, **{"policy.json": POLICY, "map.yaml": KEYS["in-a-map.yaml"]})
    assert [message for message in _told(folder) if "expected a policy" in message]


def test_a_file_in_json_is_looked_into_however_deep_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Python 3.12 and later read JSON that is deeper than its own functions may call each other."""
    deep: Any = {"source": "terraform-aws-modules/kms/aws"}
    for _ in range(5000):
        deep = [deep]
    monkeypatch.setattr(key_places, "json", SimpleNamespace(loads=lambda _: {"module": deep}, dumps=json.dumps))
    folder = _written(tmp_path, **BASES["configuration"], **{"more/main.tf.json": "{}"})
    assert [message for message in _told(folder) if message.endswith(f"{folder}/more")]


def _folder(tmp_path: Path, base: str, name: str, text: str | bytes) -> Path:
    return _written(tmp_path, **BASES[base], **{name: text})


def _written(folder: Path, **files: str | bytes) -> Path:
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder
