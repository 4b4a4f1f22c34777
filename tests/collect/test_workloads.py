"""`verifier snapshot --workloads`: what runs as which role, read from AWS's answers (E5)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import verifier
from tests.cli.conftest import Run
from tests.collect.conftest import ACCOUNT, REGION, SECRET, Calls, Live

ROLE = f"arn:aws:iam::{ACCOUNT}:role/batch"


def arn(service: str, rest: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{rest}"


VARIABLES = {"Environment": {"Variables": {"PASSWORD": SECRET}}}
ANSWERS: dict[str, Any] = {
    "ec2:DescribeRegions": {"Regions": [{"RegionName": REGION, "OptInStatus": "opt-in-not-required"}]},
    "lambda:ListFunctions": {"Functions": [{"FunctionArn": arn("lambda", "function:a"), "Role": ROLE, **VARIABLES}]},
    "ec2:DescribeInstances": {"Reservations": [{"Instances": [{"InstanceId": "i-1"}]}]},
    "ssm:DescribeInstanceInformation": {"InstanceInformationList": [{"InstanceId": "mi-1", "IamRole": "batch"}]},
    "codebuild:ListProjects": {"projects": ["a"]},
    "codebuild:BatchGetProjects": {"projects": [{"arn": arn("codebuild", "project/a"), "serviceRole": ROLE, "environment": SECRET}]},
    "glue:GetJobs": {"Jobs": [{"Name": "a", "Role": "batch", "DefaultArguments": {"--password": SECRET}}]},
    "glue:GetDevEndpoints": {"DevEndpoints": []},
    "sagemaker:ListNotebookInstances": {"NotebookInstances": [{"NotebookInstanceName": "a"}]},
    "sagemaker:DescribeNotebookInstance": {"NotebookInstanceArn": arn("sagemaker", "notebook-instance/a"), "RoleArn": ROLE},
    "cloudformation:DescribeStacks": {"Stacks": [{"StackId": arn("cloudformation", "stack/a/1"), "RoleARN": ROLE, "Parameters": [SECRET]}]},
    "batch:DescribeJobDefinitions": {"jobDefinitions": []},
    "stepfunctions:ListStateMachines": {"stateMachines": [{"stateMachineArn": arn("states", "stateMachine:a")}]},
    "stepfunctions:DescribeStateMachine": {"stateMachineArn": arn("states", "stateMachine:a"), "roleArn": ROLE, "definition": SECRET},
    "ecs:ListTaskDefinitions": {"taskDefinitionArns": [arn("ecs", "task-definition/a:1")]},
    "ecs:DescribeTaskDefinition": {"taskDefinition": {"taskDefinitionArn": arn("ecs", "task-definition/a:1"), "taskRoleArn": ROLE}},
    "bedrock-agentcore-control:ListCodeInterpreters": {"codeInterpreterSummaries": []},
    "bedrock-agentcore-control:ListAgentRuntimes": {"agentRuntimes": []},
}
RUNS = {"functions", "managed_instances", "codebuild_projects", "glue_jobs", "sagemaker_notebooks", "stacks", "state_machines"}


@pytest.fixture
def running(live: Live, calls: Calls) -> Calls:
    """The account, and what runs in it."""
    for name, answer in ANSWERS.items():
        calls.answers[name] = lambda parameters, answer=answer: answer  # type: ignore[misc]
    return calls


def collect(run: Run, folder: Path) -> int:
    return run("snapshot", str(folder), "--region", REGION, "--workloads").code


def test_e5_what_runs_is_read_and_no_secrets_are_kept(run: Run, running: Calls, tmp_path: Path) -> None:
    assert collect(run, tmp_path / "live") == 0
    (account,) = verifier.load(tmp_path / "live").accounts
    assert {one.kind for one in account.workloads} == {*RUNS, "ecs_task_definitions"}
    assert {role for one in account.workloads for role in one.roles} == {ROLE}
    from verifier.collect.workloads import LISTINGS

    assert set(account.all_workloads) == set(LISTINGS)
    assert not [path for path in (tmp_path / "live").rglob("*.json") if SECRET in path.read_text(encoding="utf-8")]


@pytest.mark.parametrize("operation", ["lambda:ListFunctions", "codebuild:BatchGetProjects", "ec2:DescribeRegions"])
def test_e5_what_may_not_be_read_is_not_known(run: Run, running: Calls, tmp_path: Path, operation: str) -> None:
    running.deny(operation)
    result = run("snapshot", str(tmp_path / "live"), "--region", REGION, "--workloads", "--output", "json")
    assert result.code == 3
    assert {(one["part"], one["operation"]) for one in json.loads(result.out)["not_read"]} == {("workloads", operation)}
    (account,) = verifier.load(tmp_path / "live").accounts
    lost = {"lambda:ListFunctions": "functions", "codebuild:BatchGetProjects": "codebuild_projects"}.get(operation)
    assert lost not in account.all_workloads and bool(account.all_workloads) == (lost is not None)


def test_e5_nothing_of_it_is_asked_for_unless_one_says_so(run: Run, running: Calls, tmp_path: Path) -> None:
    assert run("snapshot", str(tmp_path / "live"), "--region", REGION).code == 0
    assert not {name for name, _ in running.made} & set(ANSWERS)
