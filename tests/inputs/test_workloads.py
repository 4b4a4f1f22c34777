"""What runs as which role, read from AWS CLI output (E5)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.inputs.samples import ACCOUNT, details, errors, key, load, place, role
from verifier.inputs import load_estate
from verifier.model.estate import Account
from verifier.model.steps.workloads import KINDS

HERE = "us-west-2"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/runs"
PROFILE = f"arn:aws:iam::{ACCOUNT}:instance-profile/hosts"
INVENTORY = details(
    RoleDetailList=[role("runs", InstanceProfileList=[{"InstanceProfileName": "hosts", "Arn": PROFILE, "Roles": []}])]
)
REGIONS = {"Regions": [{"RegionName": HERE}, {"RegionName": "me-south-1", "OptInStatus": "not-opted-in"}]}
FUNCTION = {"FunctionArn": f"arn:aws:lambda:{HERE}:{ACCOUNT}:function:a", "Role": ROLE}
INSTANCE = {"InstanceId": "i-1", "IamInstanceProfile": {"Arn": PROFILE}, "Tags": [{"Key": "team", "Value": "red"}]}


def arn(service: str, rest: str) -> str:
    return f"arn:aws:{service}:{HERE}:{ACCOUNT}:{rest}"


ENTRIES: dict[str, tuple[Any, str, Any]] = {
    "functions": ({"Functions": [FUNCTION]}, FUNCTION["FunctionArn"], None),
    "instances": (
        {"Reservations": [{"Instances": [INSTANCE]}]},
        f"arn:aws:ec2:{HERE}:{ACCOUNT}:instance/i-1",
        (("team", "red"),),
    ),
    "launch_templates": (
        {
            "LaunchTemplateVersions": [
                {"LaunchTemplateId": "lt-1", "LaunchTemplateData": {"IamInstanceProfile": {"Name": "hosts"}}},
                {"LaunchTemplateId": "lt-1", "LaunchTemplateData": {}},
            ]
        },
        f"arn:aws:ec2:{HERE}:{ACCOUNT}:launch-template/lt-1",
        None,
    ),
    "managed_instances": (
        {"InstanceInformationList": [{"InstanceId": "mi-1", "IamRole": "runs"}, {"InstanceId": "i-1"}]},
        f"arn:aws:ssm:{HERE}:{ACCOUNT}:managed-instance/mi-1",
        None,
    ),
    "ecs_task_definitions": (
        [{"taskDefinition": {"taskDefinitionArn": arn("ecs", "task-definition/a:1"), "taskRoleArn": ROLE}}],
    )
    + (arn("ecs", "task-definition/a:1"), None),
    "ecs_tasks": (
        {"tasks": [{"taskArn": arn("ecs", "task/c/1"), "overrides": {"taskRoleArn": ROLE}}]},
        arn("ecs", "task/c/1"),
        (),
    ),
    "ecs_services": (
        {"services": [{"serviceArn": arn("ecs", "service/c/a"), "taskDefinition": ROLE}]},
        arn("ecs", "service/c/a"),
        (),
    ),
    "codebuild_projects": (
        {
            "projects": [
                {"arn": arn("codebuild", "project/a"), "serviceRole": ROLE, "tags": [{"key": "team", "value": "red"}]}
            ]
        },
        arn("codebuild", "project/a"),
        (("team", "red"),),
    ),
    "glue_jobs": ({"Jobs": [{"Name": "a", "Role": "runs"}]}, arn("glue", "job/a"), None),
    "glue_dev_endpoints": (
        {"DevEndpoints": [{"EndpointName": "a", "RoleArn": ROLE}]},
        arn("glue", "devEndpoint/a"),
        None,
    ),
    "sagemaker_notebooks": (
        [{"NotebookInstanceArn": arn("sagemaker", "notebook-instance/a"), "RoleArn": ROLE}],
        arn("sagemaker", "notebook-instance/a"),
        None,
    ),
    "stacks": (
        {"Stacks": [{"StackId": arn("cloudformation", "stack/a/1"), "RoleARN": ROLE}]},
        arn("cloudformation", "stack/a/1"),
        (),
    ),
    "stack_instances": (
        {"Summaries": [{"StackSetId": "a:1", "Account": ACCOUNT}, {"StackSetId": "b:1", "Account": "444455556666"}]},
        arn("cloudformation", "stackset/a:1"),
        None,
    ),
    "apprunner_services": (
        {
            "Service": {
                "ServiceArn": arn("apprunner", "service/a/1"),
                "InstanceConfiguration": {"InstanceRoleArn": ROLE},
            }
        },
        arn("apprunner", "service/a/1"),
        None,
    ),
    "batch_job_definitions": (
        {
            "jobDefinitions": [
                {
                    "jobDefinitionArn": arn("batch", "job-definition/a:1"),
                    "ecsProperties": {"taskProperties": [{"taskRoleArn": ROLE}]},
                    "tags": {"team": "red"},
                }
            ]
        },
        arn("batch", "job-definition/a:1"),
        (("team", "red"),),
    ),
    "schedules": (
        {"Arn": arn("scheduler", "schedule/default/a"), "Target": {"RoleArn": ROLE}},
        arn("scheduler", "schedule/default/a"),
        None,
    ),
    "state_machines": (
        {"stateMachineArn": arn("states", "stateMachine:a"), "roleArn": ROLE},
        arn("states", "stateMachine:a"),
        None,
    ),
    "code_interpreters": (
        [{"codeInterpreterArn": arn("bedrock-agentcore", "code-interpreter-custom/a"), "executionRoleArn": ROLE}],
        arn("bedrock-agentcore", "code-interpreter-custom/a"),
        None,
    ),
    "agent_runtimes": (
        [{"agentRuntimeArn": arn("bedrock-agentcore", "runtime/a"), "roleArn": ROLE}],
        arn("bedrock-agentcore", "runtime/a"),
        None,
    ),
}
"""An output of each kind, what runs by it as the role, and its tags."""


def snapshot(listed: Any, regions: Any = REGIONS, inventory: Any = INVENTORY) -> dict[str, Any]:
    account = {
        "authorization_details": inventory,
        "workloads": listed,
        **({"regions": regions} if regions is not None else {}),
    }
    return {"keys": [key()], "accounts": {ACCOUNT: account}}


def account(folder: Path, listed: Any, regions: Any = REGIONS, inventory: Any = INVENTORY) -> Account:
    (found,) = load(folder, snapshot(listed, regions, inventory)).accounts
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_e5_each_kind_is_read_from_the_output_of_its_command(tmp_path: Path, kind: str) -> None:
    output, arn, tags = ENTRIES[kind]
    found = account(tmp_path, {HERE: {kind: output}})
    assert [(one.kind, one.arn, one.roles, one.tags) for one in found.workloads] == [
        (kind, arn, () if KINDS[kind].through else (ROLE,), tags)
    ]
    assert found.all_workloads == (kind,)


def test_e5_what_is_aws_s_own_runs_as_no_role(tmp_path: Path) -> None:
    own = [{"codeInterpreterArn": f"arn:aws:bedrock-agentcore:{HERE}:aws:code-interpreter/aws.codeinterpreter.v1"}]
    found = account(tmp_path, {HERE: {"code_interpreters": own}})
    assert (found.workloads, found.all_workloads) == ((), ("code_interpreters",))


def test_e5_what_always_has_a_role_is_not_taken_to_have_none(tmp_path: Path) -> None:
    found = errors(
        tmp_path, snapshot({HERE: {"functions": {"Functions": [{"FunctionArn": arn("lambda", "function:a")}]}}})
    )
    assert [one.message for one in found] == ["an entry of lambda list-functions has no `Role`"]


def test_e5_the_page_tells_each_kind_and_how_it_is_changed() -> None:
    page = (Path(__file__).parents[2] / "docs" / "reach.md").read_text(encoding="utf-8")
    for kind in KINDS.values():
        assert f"`{kind.name}`" in page and all(action.rpartition(":")[2] in page for action in kind.actions), kind.name


def test_e5_pages_and_the_list_alone_are_read_alike(tmp_path: Path) -> None:
    pages = [{"Functions": [], "NextMarker": "more"}, {"Functions": [FUNCTION]}]
    for listed in (pages, [FUNCTION]):
        assert [one.roles for one in account(tmp_path, {HERE: {"functions": listed}}).workloads] == [(ROLE,)]


def test_e5_what_a_task_runs_as_is_told_by_its_task_definition(tmp_path: Path) -> None:
    task = {"tasks": [{"taskArn": arn("ecs", "task/c/1"), "taskDefinitionArn": arn("ecs", "task-definition/a:1")}]}
    found = account(tmp_path, {HERE: {"ecs_tasks": task, "ecs_task_definitions": ENTRIES["ecs_task_definitions"][0]}})
    assert {one.kind: one.roles for one in found.workloads} == {"ecs_task_definitions": (ROLE,), "ecs_tasks": (ROLE,)}
    assert account(tmp_path, {HERE: {"ecs_tasks": task}}).all_workloads == ()


@pytest.mark.parametrize(
    ("listed", "regions"),
    [
        ({HERE: {"functions": []}}, None),  # in which Regions code may run is not told
        ({HERE: {"functions": []}}, {"Regions": [{"RegionName": HERE}, {"RegionName": "eu-west-1"}]}),
        (
            {HERE: {"functions": []}, "eu-west-1": {"instances": []}},
            {"Regions": [{"RegionName": HERE}, {"RegionName": "eu-west-1"}]},
        ),
        ({HERE: {"functions": []}}, {"Regions": []}),
    ],
)
def test_e5_what_is_not_listed_for_each_region_is_not_known(tmp_path: Path, listed: Any, regions: Any) -> None:
    assert account(tmp_path, listed, regions).all_workloads == ()


def test_e5_a_profile_whose_role_is_not_known_leaves_the_kind_unknown(tmp_path: Path) -> None:
    listed = {HERE: {"instances": [{"Instances": [INSTANCE]}], "functions": []}}
    without = details(RoleDetailList=[role("runs")])
    found = load(tmp_path, snapshot(listed, inventory=without))
    assert found.accounts[0].all_workloads == ("functions",)
    assert [one.message for one in found.warnings if one.rule == "E5"]
    other = details(RoleDetailList=[role("runs", InstanceProfileList=[])])  # no role has the profile any more
    assert account(tmp_path, listed, inventory=other).all_workloads == ("functions", "instances")


@pytest.mark.parametrize(
    ("listed", "says"),
    [
        ({HERE: {"functions": {}}}, "the output of lambda list-functions has no `Functions`"),
        ({HERE: {"functions": {"Functions": [{}]}}}, "does not say what it is about: no `FunctionArn`"),
        ({HERE: {"functions": {"Functions": [], "NextMarker": "more"}}}, "is truncated"),
        ({"eu-west-1": {"functions": [FUNCTION]}}, "is not of 111122223333 in eu-west-1, under which it is listed"),
        ({HERE: {"instances": {"Reservations": [{}]}}}, "has no `Instances`"),
        ({HERE: {"functons": []}}, "unknown member `functons`"),
        ({"west": {}}, "`west` is not a Region"),
        ([], "`workloads` must be an object"),
    ],
)
def test_e5_what_is_wrong_is_an_error_at_its_place(tmp_path: Path, listed: Any, says: str) -> None:
    found = errors(tmp_path, snapshot(listed))
    assert any(says in error.message for error in found), [error.message for error in found]
    assert all(place(error) > (1, 1) for error in found)


def test_e5_files_and_folders_hold_the_same(tmp_path: Path) -> None:
    (tmp_path / "functions.json").write_text(json.dumps(ENTRIES["functions"][0]), encoding="utf-8")
    named = account(tmp_path, {HERE: {"functions": "functions.json"}})
    home = tmp_path / "folder" / "accounts" / ACCOUNT
    (home / "workloads" / HERE).mkdir(parents=True)
    (tmp_path / "folder" / "snapshot.json").write_text(json.dumps({"keys": [key()]}), encoding="utf-8")
    (home / "authorization-details.json").write_text(json.dumps(INVENTORY), encoding="utf-8")
    (home / "regions.json").write_text(json.dumps(REGIONS), encoding="utf-8")
    (home / "workloads" / HERE / "functions.json").write_text(json.dumps(ENTRIES["functions"][0]), encoding="utf-8")
    (found,) = load_estate([tmp_path / "folder"]).accounts
    assert [one.arn for one in found.workloads] == [one.arn for one in named.workloads] == [FUNCTION["FunctionArn"]]
    assert found.all_workloads == named.all_workloads == ("functions",)
