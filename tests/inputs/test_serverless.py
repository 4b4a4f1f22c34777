"""What AWS SAM makes of a template, by its own translator: our rules about it hold (docs/cloudformation.md)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from verifier.inputs.cloudformation.functions import SERVERLESS_ROLES
from verifier.inputs.cloudformation.surroundings import _NOT_ABOUT_KEYS
from verifier.inputs.resources.resource_policies import BY_CONNECTORS
from verifier.model.steps.catalogue import catalogue_entries

samtranslator = pytest.importorskip("samtranslator")

DECLARED: dict[str, Any] = {
    "Key": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": {"Version": "2012-10-17", "Statement": []}}},
    "App": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "app", "AssumeRolePolicyDocument": {}}},
    "Read": {
        "Type": "AWS::IAM::Policy",
        "Properties": {"PolicyName": "read", "Roles": [{"Ref": "App"}], "PolicyDocument": {}},
    },
}
CODE = {"Handler": "a.b", "Runtime": "python3.12", "InlineCode": "x"}
FLOW = {"Definition": {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}}
GLOBALS = {"Function": {"Tags": {"team": "red"}, "PermissionsBoundary": "arn:aws:iam::111122223333:policy/limit"}}


def translated(**resources: Any) -> dict[str, Any]:
    """The resources of the template that AWS SAM makes."""
    from samtranslator.parser.parser import Parser
    from samtranslator.translator.translator import Translator

    template = {"Transform": "AWS::Serverless-2016-10-31", "Globals": GLOBALS, "Resources": {**DECLARED, **resources}}
    managed = {"AWSLambdaBasicExecutionRole": "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"}
    made = Translator(managed, Parser()).translate(json.loads(json.dumps(template)), {})["Resources"]
    assert isinstance(made, dict)
    return made


@pytest.fixture(autouse=True)
def region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-west-2")


def roles(made: dict[str, Any]) -> set[str]:
    return {name for name, resource in made.items() if resource["Type"] == "AWS::IAM::Role"} - {"App"}


@pytest.mark.parametrize(
    ("type_", "properties"), [("AWS::Serverless::Function", CODE), ("AWS::Serverless::StateMachine", FLOW)]
)
def test_a_function_or_state_machine_without_a_role_gets_one_of_its_name(
    type_: str, properties: dict[str, Any]
) -> None:
    assert type_ in SERVERLESS_ROLES
    made = translated(Own={"Type": type_, "Properties": properties})
    assert "OwnRole" in roles(made)
    given = {**properties, "Role": {"Fn::GetAtt": ["App", "Arn"]}}
    assert not roles(translated(Own={"Type": type_, "Properties": given}))


EVENTS = {
    "Api": {"Type": "Api", "Properties": {"Path": "/", "Method": "get"}},
    "Daily": {"Type": "ScheduleV2", "Properties": {"ScheduleExpression": "rate(1 day)"}},
    "Queue": {"Type": "SQS", "Properties": {"Queue": "arn:aws:sqs:us-west-2:111122223333:q"}},
}
OTHERS = {
    "Fn": {
        "Type": "AWS::Serverless::Function",
        "Properties": {**CODE, "Policies": [{"KMSDecryptPolicy": {"KeyId": "k"}}], "Events": EVENTS},
    },
    "Given": {
        "Type": "AWS::Serverless::Function",
        "Properties": {**CODE, "Role": {"Fn::GetAtt": ["App", "Arn"]}, "Events": {"Queue": EVENTS["Queue"]}},
    },
    "Table": {"Type": "AWS::Serverless::SimpleTable"},
    "Layer": {"Type": "AWS::Serverless::LayerVersion", "Properties": {"ContentUri": "s3://b/k"}},
    "Flow": {"Type": "AWS::Serverless::StateMachine", "Properties": FLOW},
}


def test_what_the_template_has_stays_as_it_is() -> None:
    made = translated(**OTHERS)
    assert {name: made[name] for name in DECLARED} == DECLARED
    assert not [name for name, resource in made.items() if resource["Type"].startswith("AWS::KMS::") and name != "Key"]


def test_nothing_is_attached_to_roles_that_the_template_has() -> None:
    made = translated(**OTHERS)
    attached = [
        name for name, resource in made.items() if resource["Type"] in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy")
    ]
    assert attached == ["Read"]


def test_a_connector_attaches_policies_that_say_nothing_of_keys() -> None:
    connector = {"Source": {"Id": "Given"}, "Destination": {"Id": "Table"}, "Permissions": ["Read", "Write"]}
    made = translated(**OTHERS, Link={"Type": "AWS::Serverless::Connector", "Properties": connector})
    assert [name for name, resource in made.items() if resource["Type"] == "AWS::IAM::ManagedPolicy"]
    profiles = Path(samtranslator.__file__).parent / "model" / "connector_profiles" / "profiles.json"
    allowed = actions(json.loads(profiles.read_text(encoding="utf-8")))
    assert {action.split(":")[0] for action in allowed}.isdisjoint({"kms", "*"})
    assert {action for action in allowed for one in catalogue_entries(action) if one.doubtful} == {*BY_CONNECTORS}


def test_the_names_of_templates_of_policies_tell_which_are_about_keys() -> None:
    path = Path(samtranslator.__file__).parent / "policy_templates_data" / "policy_templates.json"
    templates = json.loads(path.read_text(encoding="utf-8"))["Templates"]
    services = {name: {action.split(":")[0] for action in actions(one)} for name, one in templates.items()}
    about_keys = {name for name, found in services.items() if found & {"kms", "*"}}
    assert about_keys == {name for name in templates if not _NOT_ABOUT_KEYS.fullmatch(name)}


def actions(node: Any) -> list[str]:
    """All actions of the policies in a tree."""
    if isinstance(node, list):
        return [action for item in node for action in actions(item)]
    if not isinstance(node, dict):
        return []
    own = node.get("Action", [])
    return [
        *([own] if isinstance(own, str) else own),
        *(action for value in node.values() for action in actions(value)),
    ]
