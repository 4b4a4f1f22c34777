"""`verifier snapshot --workloads`: what runs as which role, read from AWS's answers (E5)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from boto3 import Session
from botocore.exceptions import UnknownServiceError

import verifier
from tests.cli.conftest import Run
from tests.collect.conftest import ACCOUNT, OTHER, REGION, SECRET, Calls, Live
from verifier.collect.workloads import LISTINGS

ROLE = f"arn:aws:iam::{ACCOUNT}:role/batch"


def arn(service: str, rest: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{rest}"


VARIABLES = {"Environment": {"Variables": {"PASSWORD": SECRET}}}
ANSWERS: dict[str, Any] = {
    "ec2:DescribeRegions": {"Regions": [{"RegionName": REGION, "OptInStatus": "opt-in-not-required"}]},
    "lambda:ListFunctions": {"Functions": [{"FunctionArn": arn("lambda", "function:a"), "Role": ROLE, **VARIABLES}]},
    "ec2:DescribeInstances": {"Reservations": [{"Instances": [{"InstanceId": "i-1"}]}]},
    "ec2:DescribeLaunchTemplateVersions": {
        "LaunchTemplateVersions": [{"LaunchTemplateId": "lt-1", "LaunchTemplateData": {"UserData": SECRET}}]
    },
    "ssm:DescribeInstanceInformation": {"InstanceInformationList": [{"InstanceId": "mi-1", "IamRole": "batch"}]},
    "codebuild:ListProjects": {"projects": ["a"]},
    "codebuild:BatchGetProjects": {
        "projects": [{"arn": arn("codebuild", "project/a"), "serviceRole": ROLE, "environment": SECRET}]
    },
    "glue:GetJobs": {"Jobs": [{"Name": "a", "Role": "batch", "DefaultArguments": {"--password": SECRET}}]},
    "glue:GetDevEndpoints": {"DevEndpoints": []},
    "sagemaker:ListNotebookInstances": {"NotebookInstances": [{"NotebookInstanceName": "a"}]},
    "sagemaker:DescribeNotebookInstance": {
        "NotebookInstanceArn": arn("sagemaker", "notebook-instance/a"),
        "RoleArn": ROLE,
    },
    "cloudformation:DescribeStacks": {
        "Stacks": [{"StackId": arn("cloudformation", "stack/a/1"), "RoleARN": ROLE, "Parameters": [SECRET]}]
    },
    "cloudformation:ListStackSets": {
        "Summaries": [{"StackSetName": name, "StackSetId": f"{name}:1"} for name in "abc"]
    },
    "cloudformation:ListStackInstances": {},
    "batch:DescribeJobDefinitions": {"jobDefinitions": []},
    "stepfunctions:ListStateMachines": {"stateMachines": [{"stateMachineArn": arn("states", "stateMachine:a")}]},
    "stepfunctions:DescribeStateMachine": {
        "stateMachineArn": arn("states", "stateMachine:a"),
        "roleArn": ROLE,
        "definition": SECRET,
    },
    "scheduler:ListSchedules": {"Schedules": [{"Name": "a", "GroupName": "default"}]},
    "scheduler:GetSchedule": {
        "Arn": arn("scheduler", "schedule/default/a"),
        "Target": {"RoleArn": ROLE, "Input": SECRET},
    },
    "ecs:ListTaskDefinitions": {"taskDefinitionArns": [arn("ecs", "task-definition/a:1")]},
    "ecs:DescribeTaskDefinition": {
        "taskDefinition": {"taskDefinitionArn": arn("ecs", "task-definition/a:1"), "taskRoleArn": ROLE}
    },
    "bedrock-agentcore-control:ListCodeInterpreters": {"codeInterpreterSummaries": []},
    "bedrock-agentcore-control:ListAgentRuntimes": {"agentRuntimes": [{"agentRuntimeId": "a"}]},
    "bedrock-agentcore-control:GetAgentRuntime": {
        "agentRuntimeArn": arn("bedrock-agentcore", "runtime/a"),
        "roleArn": ROLE,
    },
}
RUNS = {
    *(
        "functions",
        "managed_instances",
        "codebuild_projects",
        "glue_jobs",
        "sagemaker_notebooks",
        "stacks",
        "state_machines",
    ),
    *("agent_runtimes", "schedules"),
}
LOST = {
    "lambda:ListFunctions": "functions",
    "codebuild:BatchGetProjects": "codebuild_projects",
    "cloudformation:ListStackInstances": "stack_instances",
}
"""What is not known where one of these is refused."""


@pytest.fixture
def running(live: Live, calls: Calls) -> Calls:
    """The account, and what runs in it."""
    for name, answer in ANSWERS.items():
        calls.answers[name] = lambda parameters, answer=answer: answer  # type: ignore[misc]
    calls.answers["cloudformation:ListStackInstances"] = stack_instances
    return calls


def stack_instances(parameters: dict[str, Any]) -> Any:
    """Those of `a` stand on two pages, this account's on the second; `b` has none in this account, and `c` none."""
    name, own = parameters["StackSetName"], "NextToken" in parameters
    entry = {"StackSetId": f"{name}:1", "Account": ACCOUNT if own else OTHER, "StatusReason": SECRET}
    return {"Summaries": [entry] * (name != "c"), **({"NextToken": "2"} if name == "a" and not own else {})}


def collect(run: Run, folder: Path) -> int:
    return run("snapshot", str(folder), "--region", REGION, "--workloads").code


def test_e5_what_runs_is_read_and_no_secrets_are_kept(run: Run, running: Calls, tmp_path: Path) -> None:
    assert collect(run, tmp_path / "live") == 0
    (account,) = verifier.load(tmp_path / "live").accounts
    assert {one.kind for one in account.workloads if one.roles} == {*RUNS, "ecs_task_definitions"}
    assert {role for one in account.workloads for role in one.roles} == {ROLE}
    assert set(account.all_workloads) == set(LISTINGS)
    assert [one.arn for one in account.workloads if one.kind == "stack_instances"] == [
        arn("cloudformation", "stackset/a:1")
    ]
    assert not [path for path in (tmp_path / "live").rglob("*.json") if SECRET in path.read_text(encoding="utf-8")]


@pytest.mark.parametrize("operation", [*LOST, "ec2:DescribeRegions"])
def test_e5_what_may_not_be_read_is_not_known(run: Run, running: Calls, tmp_path: Path, operation: str) -> None:
    running.deny(operation)
    result = run("snapshot", str(tmp_path / "live"), "--region", REGION, "--workloads", "--output", "json")
    assert result.code == 3
    assert {(one["part"], one["operation"]) for one in json.loads(result.out)["not_read"]} == {("workloads", operation)}
    (account,) = verifier.load(tmp_path / "live").accounts
    lost = LOST.get(operation)
    assert lost not in account.all_workloads and bool(account.all_workloads) == (lost is not None)


@pytest.mark.parametrize("service", ["bedrock-agentcore-control", "lambda"])
def test_e5_a_service_without_a_known_endpoint_is_not_taken_to_run_nothing(
    run: Run, running: Calls, tmp_path: Path, service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = Session.client

    def client(self: Session, name: str, **settings: Any) -> Any:
        if name == service:
            raise UnknownServiceError(service_name=name, known_service_names="")
        return known(self, name, **settings)

    monkeypatch.setattr(Session, "client", client)
    assert collect(run, tmp_path / "live") == 3
    (account,) = verifier.load(tmp_path / "live").accounts
    lost = {name for name, listing in LISTINGS.items() if listing.service == service}
    assert lost and set(account.all_workloads) == set(LISTINGS) - lost


def test_e5_what_runs_in_other_partitions_is_read(run: Run, running: Calls, tmp_path: Path) -> None:
    regions = {"Regions": [{"RegionName": "us-gov-west-1", "OptInStatus": "opt-in-not-required"}]}
    running.answers["ec2:DescribeRegions"] = lambda parameters: regions
    assert collect(run, tmp_path / "live") == 0
    assert {name for name in ANSWERS if "Describe" not in name} <= {name for name, _ in running.made}


def test_e5_nothing_of_it_is_asked_for_unless_one_says_so(run: Run, running: Calls, tmp_path: Path) -> None:
    assert run("snapshot", str(tmp_path / "live"), "--region", REGION).code == 0
    assert not {name for name, _ in running.made} & set(ANSWERS)
