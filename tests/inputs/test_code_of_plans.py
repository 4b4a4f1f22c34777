"""What plans and templates say of what runs as which role, alone and beside a snapshot that lists it (E5).

A list of what runs settles what changing it leads to, as far as no plan or template adds to it [Lambda API:
CreateFunction, Role; EC2 API: RunInstances, IamInstanceProfile; Lambda Developer Guide: lambda-intro-execution-role].
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import verifier
from tests.inputs.plans import Planned, caller_identity, new_key, new_role, plan, refers, write
from tests.inputs.samples import ACCOUNT, details, key, role, user
from verifier.inputs import load_estate
from verifier.inputs.resources.code_types import CODE, PROFILES
from verifier.inputs.supplied import Supplied
from verifier.language.invariants.files import read_invariants
from verifier.model.digest import digest
from verifier.model.estate import Account, Estate
from verifier.syntax.source import Source
from verifier.verify import meaning

HERE = "us-west-2"
TARGET, PLAIN = (f"arn:aws:iam::{ACCOUNT}:role/{name}" for name in ("Target", "Plain"))
PROFILE = f"arn:aws:iam::{ACCOUNT}:instance-profile/hosts"
FUNCTION = f"arn:aws:lambda:{HERE}:{ACCOUNT}:function:intake"
SERVICES = [f"{name}.amazonaws.com" for name in ("lambda", "ec2", "codebuild", "glue", "sagemaker", "states")]
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": SERVICES}, "Action": "sts:AssumeRole"}],
}
KEY_POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"AWS": TARGET}, "Action": "kms:*", "Resource": "*"}],
}
EMPTY: dict[str, Any] = {
    "functions": [],
    "instances": [{"Instances": []}],
    "codebuild_projects": {"projects": []},
    "glue_jobs": [],
    "glue_dev_endpoints": [],
    "sagemaker_notebooks": [],
    "schedules": [],
    "state_machines": [],
}
Json = dict[str, Any]


def snapshot(*actions: str, listed: Json, roles: Json) -> Json:
    """A key that Target alone may use; a user who may do some actions; what runs, and all roles with their instance
    profiles."""
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}]}
    found = [
        role(name, AssumeRolePolicyDocument=TRUST, InstanceProfileList=[{"Arn": arn} for arn in profiles])
        for name, profiles in roles.items()
    ]
    whole = details(
        RoleDetailList=found, UserDetailList=[user("x", UserPolicyList=[{"PolicyName": "p", "PolicyDocument": policy}])]
    )
    running = {"regions": {"Regions": [{"RegionName": HERE}]}, "workloads": {HERE: listed}}
    accounts = {ACCOUNT: {"authorization_details": whole, **running}}
    return {
        "keys": [key(policy={"Policy": KEY_POLICY}, grants={"Grants": []}, aliases=[], tags=[])],
        "accounts": accounts,
    }


def estate(folder: Path, beside: Json | None, *actions: str, listed: Json = EMPTY, roles: Json | None = None) -> Estate:
    """A snapshot, with a plan or template beside it."""
    paths = [
        write(folder, snapshot(*actions, listed=listed, roles=roles or {"Target": [], "Plain": []}), "snapshot.json")
    ]
    paths += [write(folder, beside)] if beside is not None else []
    return load_estate(
        paths, supplied=Supplied(ACCOUNT, HERE) if beside is not None and "Resources" in beside else Supplied()
    )


def verdict(folder: Path, beside: Json | None, *actions: str, **given: Any) -> str:
    """Whether the user comes to decrypt."""
    return reason(folder, beside, *actions, **given)[0]


def reason(folder: Path, beside: Json | None, *actions: str, **given: Any) -> tuple[str, str]:
    """The same, with what is said of it."""
    text = f'account home = {ACCOUNT}\ninvariant "x": no user/x in home can eventually kms:Decrypt'
    found = verifier.prove(
        estate(folder, beside, *actions, **given), read_invariants(Source("it.inv", text)).invariants
    ).verdicts
    return found[0].status.value, found[0].reason.text if found[0].reason is not None else ""


def terraform(*resources: Planned, **members: Any) -> Json:
    return plan(caller_identity(), *resources, **members)


def made(type_: str, before: Json | None = None, unknown: Json | None = None, **after: Any) -> Planned:
    return Planned(
        type_,
        "it",
        after,
        {"arn": True, "id": True, **(unknown or {})} if before is None else unknown or {},
        before=before,
    )


FUNCTIONS = made("aws_lambda_function", function_name="intake", role=TARGET)
UPDATES = "lambda:UpdateFunctionCode"


@pytest.fixture
def for_functions(monkeypatch: pytest.MonkeyPatch) -> None:
    """The roles are for functions alone: other services act on what these answer, which no list tells."""
    monkeypatch.setitem(TRUST["Statement"][0]["Principal"], "Service", "lambda.amazonaws.com")  # type: ignore[index]


@pytest.mark.usefixtures("for_functions")
def test_e5_a_function_that_a_plan_makes_is_one_that_a_complete_list_has_not(tmp_path: Path) -> None:
    assert verdict(tmp_path, None, UPDATES) == "proved"
    assert verdict(tmp_path, terraform(FUNCTIONS), UPDATES) == "refuted"
    assert (
        verdict(tmp_path, terraform(made("aws_lambda_function", function_name="intake", role=PLAIN)), UPDATES)
        == "proved"
    )


def test_e5_code_that_is_not_known_leaves_its_list_open_and_the_reason_names_it(tmp_path: Path) -> None:
    status, why = reason(tmp_path, terraform(made("aws_synthetics_canary", name="c")), UPDATES)
    assert (
        status == "unknown"
        and "what runs as which role is not known: aws_synthetics_canary.it may add to what the snapshot lists" in why
    )


def test_e4_a_role_that_a_plan_puts_into_an_instance_profile_is_in_one(tmp_path: Path) -> None:
    actions = ("iam:PassRole", "ec2:RunInstances")
    assert verdict(tmp_path, None, *actions) == "proved"
    assert (
        verdict(tmp_path, terraform(made("aws_iam_instance_profile", name="hosts", path="/", role="Target")), *actions)
        == "refuted"
    )


def whole(folder: Path, beside: Json, **given: Any) -> Account:
    """What is known of the account."""
    (found,) = estate(folder, beside, "kms:Decrypt", **given).accounts
    return found


MAKES: list[tuple[str, str, Json, str]] = [
    (
        "functions",
        "aws_lambda_function",
        {"function_name": "it", "role": TARGET},
        f"lambda:{HERE}:{ACCOUNT}:function:it",
    ),
    (
        "codebuild_projects",
        "aws_codebuild_project",
        {"name": "it", "service_role": TARGET},
        f"codebuild:{HERE}:{ACCOUNT}:project/it",
    ),
    ("glue_jobs", "aws_glue_job", {"name": "it", "role_arn": TARGET}, f"glue:{HERE}:{ACCOUNT}:job/it"),
    (
        "glue_dev_endpoints",
        "aws_glue_dev_endpoint",
        {"name": "it", "role_arn": TARGET},
        f"glue:{HERE}:{ACCOUNT}:devEndpoint/it",
    ),
    (
        "sagemaker_notebooks",
        "aws_sagemaker_notebook_instance",
        {"name": "it", "role_arn": TARGET},
        f"sagemaker:{HERE}:{ACCOUNT}:notebook-instance/it",
    ),
    (
        "state_machines",
        "aws_sfn_state_machine",
        {"name": "it", "role_arn": TARGET},
        f"states:{HERE}:{ACCOUNT}:stateMachine:it",
    ),
    (
        "schedules",
        "aws_scheduler_schedule",
        {"name": "it", "group_name": "default", "target": [{"arn": "x", "role_arn": TARGET}]},
    )
    + (f"scheduler:{HERE}:{ACCOUNT}:schedule/default/it",),
    (
        "schedules",
        "AWS::Scheduler::Schedule",
        {"Name": "it", "GroupName": "default", "Target": {"Arn": "x", "RoleArn": TARGET}},
        f"scheduler:{HERE}:{ACCOUNT}:schedule/default/it",
    ),
    (
        "functions",
        "AWS::Lambda::Function",
        {"FunctionName": "it", "Role": TARGET},
        f"lambda:{HERE}:{ACCOUNT}:function:it",
    ),
    (
        "functions",
        "AWS::Serverless::Function",
        {"FunctionName": "it", "Role": TARGET},
        f"lambda:{HERE}:{ACCOUNT}:function:it",
    ),
    (
        "codebuild_projects",
        "AWS::CodeBuild::Project",
        {"Name": "it", "ServiceRole": TARGET},
        f"codebuild:{HERE}:{ACCOUNT}:project/it",
    ),
    ("glue_jobs", "AWS::Glue::Job", {"Name": "it", "Role": "Target"}, f"glue:{HERE}:{ACCOUNT}:job/it"),
    (
        "glue_dev_endpoints",
        "AWS::Glue::DevEndpoint",
        {"EndpointName": "it", "RoleArn": TARGET},
        f"glue:{HERE}:{ACCOUNT}:devEndpoint/it",
    ),
    (
        "sagemaker_notebooks",
        "AWS::SageMaker::NotebookInstance",
        {"NotebookInstanceName": "it", "RoleArn": TARGET},
        f"sagemaker:{HERE}:{ACCOUNT}:notebook-instance/it",
    ),
    (
        "state_machines",
        "AWS::StepFunctions::StateMachine",
        {"StateMachineName": "it", "RoleArn": TARGET},
        f"states:{HERE}:{ACCOUNT}:stateMachine:it",
    ),
    (
        "state_machines",
        "AWS::Serverless::StateMachine",
        {"Name": "it", "Role": TARGET},
        f"states:{HERE}:{ACCOUNT}:stateMachine:it",
    ),
]
"""A resource of each type that is read, and what runs by it."""
_OF_TASKS = {"taskProperties": [{"taskRoleArn": TARGET, "containers": []}]}
_OF_SERVICE = {"AuthenticationConfiguration": {"AccessRoleArn": TARGET}}
CHOSEN: list[tuple[str, str, Json, str]] = [
    ("instances", "aws_instance", {"iam_instance_profile": "hosts"}, f"ec2:{HERE}:{ACCOUNT}:instance/i-0"),
    ("instances", "AWS::EC2::Instance", {"IamInstanceProfile": "hosts"}, f"ec2:{HERE}:{ACCOUNT}:instance/i-0"),
    (
        "launch_templates",
        "aws_launch_template",
        {"iam_instance_profile": [{"name": "hosts"}]},
        f"ec2:{HERE}:{ACCOUNT}:launch-template/lt-0",
    ),
    ("launch_templates", "aws_launch_template", {"iam_instance_profile": [{"arn": PROFILE, "name": None}]}, "ec2:"),
    (
        "launch_templates",
        "AWS::EC2::LaunchTemplate",
        {"LaunchTemplateData": {"IamInstanceProfile": {"Arn": PROFILE}}},
        "ec2:",
    ),
    (
        "ecs_task_definitions",
        "aws_ecs_task_definition",
        {"family": "f", "task_role_arn": TARGET},
        f"ecs:{HERE}:{ACCOUNT}:task-definition/f:",
    ),
    (
        "ecs_task_definitions",
        "AWS::ECS::TaskDefinition",
        {"Family": "f", "TaskRoleArn": TARGET},
        f"ecs:{HERE}:{ACCOUNT}:task-definition/f:",
    ),
    (
        "stacks",
        "aws_cloudformation_stack",
        {"name": "s", "iam_role_arn": TARGET},
        f"cloudformation:{HERE}:{ACCOUNT}:stack/s/",
    ),
    (
        "apprunner_services",
        "aws_apprunner_service",
        {"service_name": "s", "instance_configuration": [{"instance_role_arn": TARGET}]},
    )
    + (f"apprunner:{HERE}:{ACCOUNT}:service/s/",),
    (
        "apprunner_services",
        "AWS::AppRunner::Service",
        {"ServiceName": "s", "SourceConfiguration": _OF_SERVICE},
        "apprunner:",
    ),
    (
        "batch_job_definitions",
        "aws_batch_job_definition",
        {"name": "j", "container_properties": json.dumps({"jobRoleArn": TARGET})},
    )
    + (f"batch:{HERE}:{ACCOUNT}:job-definition/j:",),
    (
        "batch_job_definitions",
        "aws_batch_job_definition",
        {"name": "j", "ecs_properties": json.dumps(_OF_TASKS)},
        "batch:",
    ),
    ("batch_job_definitions", "aws_batch_job_definition")
    + ({"name": "j", "node_properties": json.dumps({"nodeRangeProperties": [{"ecsProperties": _OF_TASKS}]})}, "batch:"),
    ("batch_job_definitions", "AWS::Batch::JobDefinition")
    + (
        {"JobDefinitionName": "j", "NodeProperties": {"NodeRangeProperties": [{"Container": {"JobRoleArn": TARGET}}]}},
        "batch:",
    ),
    ("code_interpreters", "aws_bedrockagentcore_code_interpreter", {"name": "c", "execution_role_arn": TARGET})
    + (f"bedrock-agentcore:{HERE}:{ACCOUNT}:code-interpreter-custom/c-",),
    (
        "code_interpreters",
        "AWS::BedrockAgentCore::CodeInterpreterCustom",
        {"Name": "c", "ExecutionRoleArn": TARGET},
        "bedrock-agentcore:",
    ),
    ("agent_runtimes", "aws_bedrockagentcore_agent_runtime", {"agent_runtime_name": "a", "role_arn": TARGET})
    + (f"bedrock-agentcore:{HERE}:{ACCOUNT}:runtime/a-",),
    (
        "agent_runtimes",
        "AWS::BedrockAgentCore::Runtime",
        {"AgentRuntimeName": "a", "RoleArn": TARGET},
        "bedrock-agentcore:",
    ),
]
"""The same of types of which AWS chooses a part of the ARN."""


def test_e5_each_type_of_the_table_has_a_resource() -> None:
    profiles = {type_ for type_, code in CODE.items() if code.kind == PROFILES}
    assert CODE.keys() - profiles == {type_ for _, type_, _, _ in (*MAKES, *CHOSEN)} | {
        "aws_ecs_service",
        "AWS::ECS::Service",
    }


@pytest.mark.parametrize(("kind", "type_", "given", "arn"), MAKES)
def test_e5_code_of_a_plan_or_template_is_beside_what_is_listed(
    tmp_path: Path, kind: str, type_: str, given: Json, arn: str
) -> None:
    template = {"Resources": {"It": {"Type": type_, "Properties": given}}}
    found = whole(tmp_path, template if "::" in type_ else terraform(made(type_, **given)))
    assert [(one.kind, one.arn, one.roles, one.tags is None) for one in found.workloads] == [
        (kind, f"arn:aws:{arn}", (TARGET,), kind != "codebuild_projects" or "::" in type_)
    ]
    assert set(found.all_workloads) == set(EMPTY)


@pytest.mark.parametrize(("kind", "type_", "given", "begins"), CHOSEN)
def test_e5_code_whose_arn_aws_generates_runs_as_its_role_and_leaves_the_list_open(
    tmp_path: Path, kind: str, type_: str, given: Json, begins: str
) -> None:
    template = {"Resources": {"It": {"Type": type_, "Properties": given}}}
    found = whole(
        tmp_path,
        template if "::" in type_ else terraform(made(type_, **given)),
        roles=HELD | {"Target": [PROFILE], "Plain": []},
    )
    (code,) = found.workloads
    assert (code.kind, code.roles, code.arn.startswith(f"arn:aws:{begins}")) == (kind, (TARGET,), True)
    assert kind not in found.all_workloads


@pytest.mark.parametrize(("kind", "type_", "given", "begins"), [row for row in (*MAKES, *CHOSEN) if "::" not in row[1]])
def test_e5_code_that_is_there_has_the_arn_that_the_plan_knows(
    tmp_path: Path, kind: str, type_: str, given: Json, begins: str
) -> None:
    own = {
        "bedrockagentcore_code": "code_interpreter_arn",
        "bedrockagentcore_agent": "agent_runtime_arn",
        "cloudformation": "id",
    }
    name = next((name for part, name in own.items() if part in type_), "arn")
    values = given | {name: f"arn:aws:x:{HERE}:{ACCOUNT}:it"}
    found = whole(
        tmp_path, terraform(Planned(type_, "it", values, before=values)), roles={"Target": [PROFILE], "Plain": []}
    )
    assert [(one.kind, one.arn, one.roles) for one in found.workloads] in (
        [],
        [(kind, f"arn:aws:x:{HERE}:{ACCOUNT}:it", (TARGET,))],
    )
    assert found.workloads or kind in EMPTY  # a list that is whole has another word


def test_e5_a_build_runs_as_the_role_of_its_batches_too(tmp_path: Path) -> None:
    project = made("aws_codebuild_project", name="p", service_role=PLAIN, build_batch_config=[{"service_role": TARGET}])
    found = whole(tmp_path, terraform(project))
    assert [one.roles for one in found.workloads] == [(PLAIN, TARGET)] and "codebuild_projects" in found.all_workloads


SERVICE = Planned(
    "aws_ecs_service",
    "it",
    {"name": "web", "cluster": "main"},
    {"task_definition": True},
    {"task_definition": refers("aws_ecs_task_definition.it.arn")},
)
DEFINITION = made("aws_ecs_task_definition", family="web", task_role_arn=TARGET, execution_role_arn=PLAIN)
OF_CLUSTER = f"arn:aws:ecs:{HERE}:{ACCOUNT}:service/main/web"


def test_e5_a_service_runs_as_the_role_of_its_task_definition(tmp_path: Path) -> None:
    """The execution role is the agent's, and no container has its credentials [Amazon ECS Developer Guide:
    task_execution_IAM_role]."""
    found = whole(tmp_path, terraform(SERVICE, DEFINITION))
    assert [one.roles for one in found.workloads if one.arn == OF_CLUSTER] == [(TARGET,)]
    cluster = {"Type": "AWS::ECS::Cluster", "Properties": {"ClusterName": "main"}}
    definition = {"Type": "AWS::ECS::TaskDefinition", "Properties": {"Family": "web", "TaskRoleArn": TARGET}}
    own = {"ServiceName": "web", "Cluster": {"Ref": "C"}, "TaskDefinition": {"Ref": "D"}}
    resources = {"S": {"Type": "AWS::ECS::Service", "Properties": own}, "C": cluster, "D": definition}
    found = whole(tmp_path, {"Resources": resources})
    assert [one.roles for one in found.workloads if one.arn == OF_CLUSTER] == [(TARGET,)]


@pytest.mark.parametrize(
    "named",
    [
        {"task_definition": "web"},
        {"task_definition": "Target"},
        {"task_definition": f"arn:aws:ecs:{HERE}:{ACCOUNT}:task-definition/web:3"},
    ],
)
def test_e5_a_service_of_a_task_definition_that_is_not_told_runs_as_no_role_that_is_known(
    tmp_path: Path, named: Json
) -> None:
    found = whole(tmp_path, terraform(made("aws_ecs_service", name="web", cluster="main", **named), DEFINITION))
    assert [one for one in found.workloads if one.kind == "ecs_services"] == []


@pytest.mark.parametrize(
    ("actions", "status"),
    [(("ecs:UpdateService", "ecs:ExecuteCommand"), "refuted"), (("ecs:UpdateService",), "unknown")],
)
def test_e5_who_may_update_a_service_of_a_plan_and_enter_its_tasks_has_its_role(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, actions: tuple[str, ...], status: str
) -> None:
    monkeypatch.setitem(TRUST["Statement"][0]["Principal"], "Service", [*SERVICES, "ecs-tasks.amazonaws.com"])  # type: ignore[index]
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ssmmessages:*", "Resource": "*"}]}
    agents = made("aws_iam_role_policy", name="agents", role="Target", policy=json.dumps(document))
    assert verdict(tmp_path, terraform(SERVICE, DEFINITION, agents), *actions) == status
    assert verdict(tmp_path, terraform(SERVICE, DEFINITION), *actions) == "unknown"


FOLDER = """
resource "aws_kms_key" "k" {}
resource "aws_iam_role" "r" { name = "R" }
resource "aws_iam_instance_profile" "p" {
  name = "P"
  role = aws_iam_role.r.name
}
resource "aws_instance" "i" { iam_instance_profile = aws_iam_instance_profile.p.name }
resource "aws_launch_template" "t" {
  iam_instance_profile { arn = aws_iam_instance_profile.p.arn }
}
resource "aws_ecs_cluster" "c" { name = "main" }
resource "aws_ecs_task_definition" "d" {
  family        = "web"
  task_role_arn = aws_iam_role.r.arn
}
resource "aws_ecs_service" "s" {
  name            = "web"
  cluster         = aws_ecs_cluster.c.id
  task_definition = aws_ecs_task_definition.d.arn
}
resource "aws_apprunner_service" "a" {
  service_name = "a"
  source_configuration {
    authentication_configuration { access_role_arn = aws_iam_role.r.arn }
  }
}
resource "aws_batch_job_definition" "b" {
  name                 = "b"
  type                 = "container"
  container_properties = jsonencode({ image = "x", jobRoleArn = aws_iam_role.r.arn })
}
resource "aws_codebuild_project" "n" {
  name         = "n"
  service_role = aws_iam_role.r.arn
}
"""


def test_e5_a_folder_says_what_runs_as_which_role(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(FOLDER, encoding="utf-8")
    (found,) = load_estate([tmp_path], supplied=Supplied(ACCOUNT, HERE)).accounts
    kinds = {code.kind for code in CODE.values()} & {
        one.kind for one in found.workloads if one.roles == (f"arn:aws:iam::{ACCOUNT}:role/R",)
    }
    of_folder = {
        "instances",
        "launch_templates",
        "ecs_task_definitions",
        "ecs_services",
        "apprunner_services",
        "batch_job_definitions",
    }
    assert kinds == of_folder | {"codebuild_projects"} and len(found.workloads) == len(kinds)


@pytest.mark.parametrize("nested", ["", "{arn_prefix}"])
def test_e5_a_plan_tells_a_role_inside_a_block_by_its_expression(tmp_path: Path, nested: str) -> None:
    inside = {"instance_configuration": [{"instance_role_arn": refers("aws_iam_role.Target.arn")}]}
    expressions = inside if not nested else {"instance_configuration": [{}]}
    after = {"service_name": "s", "instance_configuration": [{}]}
    service = Planned(
        "aws_apprunner_service",
        "it",
        after,
        {"arn": True, "instance_configuration": [{"instance_role_arn": True}]},
        expressions,
    )
    role_ = Planned("aws_iam_role", "Target", {"name": "Target"}, {"arn": True})
    found = whole(tmp_path, terraform(role_, service), roles={"Plain": []})
    assert [one.roles for one in found.workloads] == ([] if nested else [(TARGET,)])


INSTANCE = {"InstanceId": "i-1", "IamInstanceProfile": {"Arn": PROFILE}, "Tags": []}
LISTED = EMPTY | {"functions": [{"FunctionArn": FUNCTION, "Role": PLAIN}], "instances": [{"Instances": [INSTANCE]}]}
HELD: Json = {"Target": [], "Plain": [PROFILE]}
FORMER = {"function_name": "intake", "role": PLAIN}
OF_PROFILE: Json = {"name": "hosts", "path": "/", "role": "Plain"}
BOTH = {FUNCTION: PLAIN, f"arn:aws:ec2:{HERE}:{ACCOUNT}:instance/i-1": PLAIN}


@pytest.mark.parametrize(
    ("beside", "runs", "opened"),
    [
        (terraform(FUNCTIONS), {FUNCTION: TARGET}, ()),
        (
            terraform(Planned("aws_lambda_function", "it", {**FORMER, "role": TARGET}, before=FORMER)),
            {FUNCTION: TARGET},
            (),
        ),
        (terraform(Planned("aws_lambda_function", "it", FORMER, before=FORMER)), {}, ()),
        (terraform(Planned("aws_lambda_function", "it", FORMER | {"role": TARGET}, before=FORMER | {"role": TARGET})),)
        + ({FUNCTION: None}, ("functions",)),
        (
            terraform(
                Planned(
                    "aws_lambda_function", "it", FORMER | {"function_name": "b"}, before=FORMER | {"function_name": "b"}
                )
            ),
        )
        + ({}, ("functions",)),
        (terraform(Planned("aws_lambda_function", "it", None, before=FORMER)), {FUNCTION: None}, ()),
        (terraform(Planned("aws_lambda_function", "it", FORMER, before=FORMER, does=["delete", "create"])), {}, ()),
        (terraform(Planned("aws_lambda_function", "it", FORMER, before=FORMER, does=["create", "delete"])), {}, ()),
        (
            terraform(made("aws_lambda_function", function_name="intake", unknown={"role": True})),
            {FUNCTION: None},
            ("functions",),
        ),
        (terraform(made("aws_lambda_function", unknown={"function_name": True}, role=TARGET)), {}, ("functions",)),
        (terraform(made("aws_iam_instance_profile", **OF_PROFILE)), {}, ()),
        (terraform(Planned("aws_iam_instance_profile", "it", {**OF_PROFILE, "role": "Target"}, before=OF_PROFILE)),)
        + ({f"arn:aws:ec2:{HERE}:{ACCOUNT}:instance/i-1": TARGET}, ()),
        (terraform(Planned("aws_iam_instance_profile", "it", None, before=OF_PROFILE)),)
        + ({f"arn:aws:ec2:{HERE}:{ACCOUNT}:instance/i-1": None}, ()),
        (terraform(Planned("aws_iam_instance_profile", "it", OF_PROFILE, {"role": True}, before=OF_PROFILE)),)
        + ({f"arn:aws:ec2:{HERE}:{ACCOUNT}:instance/i-1": None}, ("instances",)),
        (terraform(made("aws_codebuild_project", unknown={"build_batch_config": True}, name="p", service_role=PLAIN)),)
        + ({}, ("codebuild_projects",)),
        (
            {"Resources": {"It": {"Type": "AWS::EC2::Instance", "Properties": {"LaunchTemplate": {"Version": "1"}}}}},
            {},
            ("instances",),
        ),
        ({"Resources": {"It": {"Type": "AWS::EC2::Instance"}}}, {}, ()),
        (terraform(made("awscc_lambda_function", function_name="b", role=TARGET)), {}, ("functions",)),
        (terraform(made("aws_glue_trigger", name="t")), {}, ("glue_jobs", "glue_dev_endpoints")),
        (
            terraform(made("aws_ecs_service", name="s"), made("aws_apprunner_service", service_name="s")),
            {},
            ("instances",),
        ),
        (terraform(made("aws_synthetics_canary", name="c")), {}, tuple(EMPTY)),
        (terraform(made("aws_cloudcontrolapi_resource", type_name="AWS::Lambda::Function")), {}, tuple(EMPTY)),
        (terraform(made("kubernetes_pod", name="x")), {}, tuple(EMPTY)),
        ({"Resources": {"It": {"Type": "AWS::AutoScaling::AutoScalingGroup", "Properties": {}}}}, {}, ("instances",)),
        ({"Resources": {"It": {"Type": "AWS::Events::Rule", "Properties": {}}}}, {}, tuple(EMPTY)),
        ({"Resources": {"It": {"Type": "AWS::Lambda::Function", "Properties": {"Role": TARGET}}}}, {}, ("functions",)),
        (
            terraform(made("aws_s3_bucket", bucket="b"), made("aws_lambda_permission", action="lambda:InvokeFunction")),
            {},
            (),
        ),
        (terraform(Planned("aws_synthetics_canary", "it", None, before={"name": "c"})), {}, ()),
        (terraform(Planned("aws_synthetics_canary", "it", {"name": "c"}, before={"name": "c"})), {}, ()),
        ({"Resources": {"It": {"Type": "AWS::S3::Bucket"}, "Log": {"Type": "AWS::Logs::LogGroup"}}}, {}, ()),
    ],
)
def test_e5_what_is_listed_is_as_a_plan_or_template_leaves_it(
    tmp_path: Path, beside: Json, runs: Json, opened: tuple[str, ...]
) -> None:
    found = whole(tmp_path, beside, listed=LISTED, roles=HELD)
    left = {arn: role for arn, role in (BOTH | runs).items() if role is not None}
    assert {one.arn: one.roles[0] for one in found.workloads if one.roles} == left
    assert set(found.all_workloads) == set(EMPTY) - set(opened)


@pytest.mark.parametrize(("kind", "type_", "given", "arn"), [row for row in MAKES if "::" not in row[1]])
def test_e5_an_update_of_something_else_only_tells_the_role(
    tmp_path: Path, kind: str, type_: str, given: Json, arn: str
) -> None:
    # Providers send what changes: of aws_lambda_function `if d.HasChange("role")`.
    after, before = {**given, "description": "new"}, json.loads(json.dumps(given).replace(TARGET, PLAIN))
    written = whole(tmp_path, terraform(Planned(type_, "it", after, before=before)))
    assert [one.arn for one in written.workloads] == [f"arn:aws:{arn}"] and set(written.all_workloads) == set(EMPTY)
    told = whole(tmp_path, terraform(Planned(type_, "it", after, before=given)))
    assert told.workloads == () and set(told.all_workloads) == set(EMPTY) - {kind}


@pytest.mark.parametrize(
    ("before", "after", "known"),
    [(PLAIN, PLAIN, True), (TARGET, TARGET, False), (PLAIN, TARGET, True)],
)
def test_e5_of_a_function_the_update_writes_the_role_that_changes(
    tmp_path: Path, before: str, after: str, known: bool
) -> None:
    was, now = (
        {"function_name": "intake", "role": role_, "memory_size": size} for role_, size in ((before, 1), (after, 2))
    )
    found = whole(tmp_path, terraform(Planned("aws_lambda_function", "it", now, before=was)), listed=LISTED, roles=HELD)
    assert [one.roles[0] for one in found.workloads if one.kind == "functions"] == [after] * known
    assert ("functions" in found.all_workloads) is known


@pytest.mark.parametrize(
    ("before", "after", "tags"),
    [
        ({}, {"team": "red"}, (("team", "red"),)),
        ({"team": "red"}, {"team": "red"}, None),
        ({}, {}, ()),
    ],
)
def test_e5_of_an_instance_the_update_writes_the_tags_that_change(
    tmp_path: Path, before: Json, after: Json, tags: object
) -> None:
    was, now = ({"id": "i-1", "iam_instance_profile": "hosts", "tags": one, "tags_all": one} for one in (before, after))
    change = terraform(Planned("aws_instance", "it", now | {"instance_type": "b"}, before=was | {"instance_type": "a"}))
    found = whole(tmp_path, change, listed=LISTED, roles=HELD)
    assert [one.tags for one in found.workloads if one.kind == "instances"] == [
        tags
    ] and "instances" in found.all_workloads


def test_e5_a_plan_alone_says_what_runs_and_closes_nothing(tmp_path: Path) -> None:
    trust = {"assume_role_policy": json.dumps(TRUST), "arn": None}
    unknown = {"role": True, "id": True}
    profile = Planned(
        "aws_iam_instance_profile", "h", {"name": "hosts", "path": "/"}, unknown, {"role": refers("aws_iam_role.R.id")}
    )
    tags = {"tags": {"team": "red"}, "tags_all": {"team": "red"}}
    host = Planned(
        "aws_instance",
        "h",
        tags,
        {"id": True, "iam_instance_profile": True},
        {"iam_instance_profile": refers(f"{profile.address}.id")},
    )
    function = Planned(
        "aws_lambda_function", "f", {"function_name": "f"}, {"role": True}, {"role": refers("aws_iam_role.R.arn")}
    )
    data = terraform(new_key("k", KEY_POLICY), new_role("R", after=trust), profile, host, function)
    (found,) = load_estate([write(tmp_path, data)]).accounts
    assert [(one.kind, one.roles, one.tags) for one in found.workloads] == [
        ("instances", (f"arn:aws:iam::{ACCOUNT}:role/R",), (("team", "red"),)),
        ("functions", (f"arn:aws:iam::{ACCOUNT}:role/R",), None),
    ]
    assert found.workloads[0].arn.startswith(f"arn:aws:ec2:{HERE}:{ACCOUNT}:instance/i-0") and found.all_workloads == ()


@pytest.mark.parametrize(
    ("resource", "more"),
    [
        (
            {"Type": "AWS::Serverless::Function", "Properties": {"FunctionName": "it"}},
            {"Transform": "AWS::Serverless-2016-10-31"},
        ),
        (
            {
                "Type": "AWS::Lambda::Function",
                "Condition": "Often",
                "Properties": {"FunctionName": "it", "Role": TARGET},
            },
            {"Parameters": {"P": {"Type": "String"}}, "Conditions": {"Often": {"Fn::Equals": [{"Ref": "P"}, "x"]}}},
        ),
        ({"Type": "AWS::Lambda::Function", "Properties": {"FunctionName": "it", "Role": {"Fn::ImportValue": "r"}}}, {}),
        (
            {
                "Type": "AWS::Lambda::Function",
                "Properties": {"FunctionName": "it", "Role": PLAIN, "Fn::Transform": {"Name": "M"}},
            },
            {},
        ),
    ],
)
def test_e5_a_function_that_may_be_made_or_whose_role_is_not_told_is_none_and_leaves_the_list_open(
    tmp_path: Path, resource: Json, more: Json
) -> None:
    found = whole(tmp_path, {"Resources": {"It": resource}, **more})
    assert found.workloads == () and "functions" not in found.all_workloads


def test_e5_a_role_that_the_plan_knows_is_not_the_one_that_its_expression_refers_to(tmp_path: Path) -> None:
    """`replace(aws_iam_role.Plain.arn, "Plain", "Target")`, of which a plan has the reference alone."""
    plain = Planned("aws_iam_role", "Plain", {"name": "Plain", "arn": PLAIN}, before={"name": "Plain", "arn": PLAIN})
    other = Planned(
        FUNCTIONS.type, "it", {"function_name": "it", "role": TARGET}, {}, {"role": refers("aws_iam_role.Plain.arn")}
    )
    assert [one.roles for one in whole(tmp_path, terraform(plain, other)).workloads] == [(TARGET,)]


def test_e5_a_plan_of_an_account_that_is_not_told_adds_to_each(tmp_path: Path) -> None:
    found = whole(tmp_path, plan(FUNCTIONS))
    assert found.workloads == () and dict(found.opened) == {"functions": "aws_lambda_function.it"}


@pytest.mark.parametrize("before", [None, {"function_name": "intake", "role": PLAIN}])
def test_e5_of_two_plans_that_give_a_function_two_roles_none_is_known(tmp_path: Path, before: Json | None) -> None:
    estate(tmp_path, terraform(FUNCTIONS), "kms:Decrypt")
    write(tmp_path, terraform(made("aws_lambda_function", before, function_name="intake", role=PLAIN)), "other.json")
    for names in (("snapshot.json", "plan.json", "other.json"), ("other.json", "plan.json", "snapshot.json")):
        (found,) = load_estate([tmp_path / name for name in names]).accounts
        assert found.workloads == () and [kind for kind, _ in found.opened] == ["functions"]


@pytest.mark.parametrize(
    "beside",
    [
        terraform(made("aws_instance", unknown={"id": True}, iam_instance_profile="hosts")),
        {"Resources": {"It": {"Type": "AWS::EC2::Instance", "Properties": {"IamInstanceProfile": "hosts"}}}},
    ],
)
def test_e5_an_instance_that_is_made_runs_under_an_id_that_is_not_known_yet(tmp_path: Path, beside: Json) -> None:
    found = whole(tmp_path, beside, listed=LISTED, roles=HELD)
    assert [
        (one.arn.startswith(f"arn:aws:ec2:{HERE}:{ACCOUNT}:instance/i-0"), one.roles) for one in found.workloads[2:]
    ] == [(True, (PLAIN,))]
    assert "instances" not in found.all_workloads


@pytest.mark.usefixtures("for_functions")
@pytest.mark.parametrize(("which", "status"), [("F.Arn", "refuted"), ("G.Arn", "proved")])
def test_e5_a_policy_names_a_function_of_the_template_by_its_arn(tmp_path: Path, which: str, status: str) -> None:
    allows = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": UPDATES, "Resource": {"Fn::GetAtt": which}}],
    }
    resources = {
        "K": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": KEY_POLICY}},
        "F": {"Type": "AWS::Lambda::Function", "Properties": {"FunctionName": "f", "Role": {"Fn::GetAtt": "R.Arn"}}},
        "G": {"Type": "AWS::Lambda::Function", "Properties": {"FunctionName": "g", "Role": PLAIN}},
        "R": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "Target", "AssumeRolePolicyDocument": TRUST}},
        "U": {
            "Type": "AWS::IAM::UserPolicy",
            "Properties": {"UserName": "x", "PolicyName": "q", "PolicyDocument": allows},
        },
    }
    assert verdict(tmp_path, {"Resources": resources}, "kms:ListKeys", roles={"Plain": []}) == status


def test_e5_what_a_plan_makes_is_part_of_what_a_remembered_verdict_is_about(tmp_path: Path) -> None:
    makes = [
        FUNCTIONS,
        made("aws_lambda_function", function_name="intake", role=PLAIN),
        made("aws_synthetics_canary", name="c"),
    ]
    estates = [estate(tmp_path, beside, UPDATES) for beside in (None, *map(terraform, makes))]
    assert len({digest(meaning.whole(each)) for each in estates}) == 4
