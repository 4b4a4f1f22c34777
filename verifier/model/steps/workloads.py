"""What runs as which role: the kinds of code that the input can list, a row each, and the requests that change or enter
it (W2, E5).

In: nothing (plain data). Out: `KINDS`.
Guarantee: each way is one that AWS's pages tell; an action that is in no row changes or enters nothing that the input
can list.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from verifier.model.steps.workload_kind import PASSING_BY_AUTOMATION, RequestsOfWay, WorkloadKind

_SESSIONS = ("ssm:ResumeSession", "ssm:GetAccessToken", "ssm:StartAccessRequest")
"""What goes on with a session, or asks for one: it leads nowhere else."""
_NEXT_TASK = "arn:{partition}:ecs:{region}:{account}:task/{parent}/00000000000000000000000000000000"
_LIFECYCLE = "arn:{partition}:sagemaker:{region}:{account}:notebook-instance-lifecycle-config/escalation"
_ON_STACKS = ("cloudformation:ContinueUpdateRollback", "cloudformation:DeleteStack", "cloudformation:RollbackStack")
_ENDPOINT = "{arn}/runtime-endpoint/DEFAULT"
_IN_AGENTS = ("bedrock-agentcore:InvokeAgentRuntimeCommand", "bedrock-agentcore:InvokeAgentRuntimeCommandShell")


def _on_it(*actions: str) -> RequestsOfWay:
    return tuple((action, "") for action in actions)


_INSTANCE = "arn:{partition}:ec2:{region}:{account}:instance/{InstanceId}"
_RUN_SHELL_SCRIPT = "arn:{partition}:ssm:{region}::document/AWS-RunShellScript"
_BY_SYSTEMS_MANAGER: tuple[RequestsOfWay, ...] = (
    (("ssm:SendCommand", ""), ("ssm:SendCommand", _RUN_SHELL_SCRIPT)),
    _on_it("ssm:StartSession"),
    (("ssm:CreateAssociation", ""), ("ssm:CreateAssociation", _RUN_SHELL_SCRIPT)),
)

_STARTING_INSTANCES = (
    *("ec2:*Tags", "ec2:Run*", "ec2:*Fleet*", "ec2:RequestSpot*", "ec2:Import*", "ec2:*LaunchTemplate*", "tag:*"),
    *("autoscaling*:*", "application-autoscaling:*", "imagebuilder:*", "eks:*", "elasticmapreduce:*", "batch:*"),
    *("ecs:*", "elasticbeanstalk:*", "cloudformation:*", "servicecatalog:*", "codedeploy:*", "codepipeline:*"),
    *("gamelift:*", "opsworks*:*", "datapipeline:*", "cloud9:*", "pcs:*", "mgn:*", "drs:*", "backup:*"),
    *("ssm:StartAutomation*", "ssm:StartChangeRequest*", "proton:*"),
)

WITH_ROLE = frozenset(
    {
        *("functions", "codebuild_projects", "glue_jobs", "glue_dev_endpoints", "sagemaker_notebooks"),
        *("state_machines", "agent_runtimes", "schedules"),
    }
)
"""The kinds of which no code is without a role. [the API references of the operations that make it]"""

KINDS: Mapping[str, WorkloadKind] = {
    kind.name: kind
    for kind in (
        WorkloadKind(
            name="functions",
            command="lambda list-functions",
            entries="Functions",
            arn="FunctionArn",
            roles=("Role",),
            services=("lambda", "edgelambda"),
            ways=(
                _on_it("lambda:UpdateFunctionCode"),
                _on_it("lambda:UpdateFunctionConfiguration"),
                _on_it("lambda:AddPermission", "lambda:UpdateFunctionCode"),
                _on_it("lambda:PutResourcePolicy", "lambda:UpdateFunctionCode"),
            ),
            passing=("lambda:UpdateFunctionConfiguration",),
        ),
        WorkloadKind(
            name="instances",
            command="ec2 describe-instances",
            entries="Reservations Instances",
            arn=_INSTANCE,
            roles=("IamInstanceProfile Arn",),
            services=("ec2",),
            ways=(
                *_BY_SYSTEMS_MANAGER,
                _on_it("ec2-instance-connect:SendSSHPublicKey"),
                _on_it("ec2-instance-connect:SendSerialConsoleSSHPublicKey"),
                _on_it("ec2:ModifyInstanceAttribute", "ec2:StopInstances", "ec2:StartInstances"),
                _on_it("ec2:CreateReplaceRootVolumeTask"),
                _on_it("ec2:AttachVolume", "ec2:DetachVolume", "ec2:StopInstances", "ec2:StartInstances"),
            ),
            tags="Tags",
            passing=PASSING_BY_AUTOMATION,
            placing=(
                _on_it("ec2:AssociateIamInstanceProfile", "ec2-instance-connect:SendSSHPublicKey"),
                _on_it("ec2:AssociateIamInstanceProfile", "ec2-instance-connect:SendSerialConsoleSSHPublicKey"),
            ),
            bounds=(*_SESSIONS, "ec2-instance-connect:OpenTunnel"),
            opens=_STARTING_INSTANCES,
            gone={"State Name": "terminated"},
        ),
        WorkloadKind(
            name="launch_templates",
            command="ec2 describe-launch-template-versions",
            entries="LaunchTemplateVersions",
            arn="arn:{partition}:ec2:{region}:{account}:launch-template/{LaunchTemplateId}",
            roles=("LaunchTemplateData IamInstanceProfile Arn", "LaunchTemplateData IamInstanceProfile Name"),
            services=("ec2",),
            ways=(_on_it("ec2:CreateLaunchTemplateVersion", "ec2:ModifyLaunchTemplate"),),
            # a new version may have any profile, whoever makes it [EC2: permissions-for-launch-templates]
            closes=False,
        ),
        WorkloadKind(
            name="managed_instances",
            command="ssm describe-instance-information",
            entries="InstanceInformationList",
            arn={"i-": _INSTANCE, "mi-": "arn:{partition}:ssm:{region}:{account}:managed-instance/{InstanceId}"},
            roles=("IamRole",),
            services=("ssm",),
            ways=_BY_SYSTEMS_MANAGER,
            passing=PASSING_BY_AUTOMATION,
            closes=False,  # by Default Host Management Configuration an instance has a role that no output names
        ),
        WorkloadKind(
            name="ecs_task_definitions",
            command="ecs describe-task-definition",
            entries="taskDefinition",
            arn="taskDefinitionArn",
            roles=("taskRoleArn",),
            services=("ecs-tasks",),
            ways=(),
            closes=False,
        ),
        WorkloadKind(
            name="ecs_tasks",
            command="ecs describe-tasks",
            entries="tasks",
            arn="taskArn",
            roles=("taskDefinitionArn",),
            services=("ecs-tasks",),
            ways=(_on_it("ecs:ExecuteCommand"),),
            tags="tags",
            closes=False,
            gone={"enableExecuteCommand": "false", "lastStatus": "STOPPED"},
            overriding="overrides taskRoleArn",
        ),
        WorkloadKind(
            name="ecs_services",
            command="ecs describe-services",
            entries="services",
            arn="serviceArn",
            roles=("taskDefinition",),
            services=("ecs-tasks",),
            ways=((("ecs:UpdateService", ""), ("ecs:ExecuteCommand", _NEXT_TASK)),),
            tags="tags",
            closes=False,
            gone={"status": "INACTIVE"},
        ),
        WorkloadKind(
            name="codebuild_projects",
            command="codebuild batch-get-projects",
            entries="projects",
            arn="arn",
            roles=("serviceRole", "buildBatchConfig serviceRole"),
            services=("codebuild",),
            ways=(
                _on_it("codebuild:StartBuild"),
                _on_it("codebuild:StartBuildBatch"),
                _on_it("codebuild:UpdateProject"),
            ),
            tags="tags",
            passing=("codebuild:StartBuild", "codebuild:StartBuildBatch", "codebuild:UpdateProject"),
            # A sandbox that goes on may have another role, that of its project when it was started. [CodeBuild API:
            # Sandbox, serviceRole]
            bounds=("codebuild:StartSandbox", "codebuild:CreateWebhook", "codebuild:UpdateWebhook"),
        ),
        WorkloadKind(
            name="glue_jobs",
            command="glue get-jobs",
            entries="Jobs",
            arn="arn:{partition}:glue:{region}:{account}:job/{Name}",
            roles=("Role",),
            services=("glue",),
            ways=(_on_it("glue:UpdateJob"), _on_it("glue:StartJobRun")),
            passing=("glue:UpdateJob",),
            bounds=("glue:CreateTrigger", "glue:UpdateTrigger"),
        ),
        WorkloadKind(
            name="glue_dev_endpoints",
            command="glue get-dev-endpoints",
            entries="DevEndpoints",
            arn="arn:{partition}:glue:{region}:{account}:devEndpoint/{EndpointName}",
            roles=("RoleArn",),
            services=("glue",),
            ways=(_on_it("glue:UpdateDevEndpoint"),),
        ),
        WorkloadKind(
            name="sagemaker_notebooks",
            command="sagemaker describe-notebook-instance",
            entries="",
            arn="NotebookInstanceArn",
            roles=("RoleArn",),
            services=("sagemaker",),
            ways=(
                _on_it("sagemaker:CreatePresignedNotebookInstanceUrl"),
                (
                    *_on_it(
                        "sagemaker:UpdateNotebookInstance",
                        "sagemaker:StopNotebookInstance",
                        "sagemaker:StartNotebookInstance",
                    ),
                    ("sagemaker:CreateNotebookInstanceLifecycleConfig", _LIFECYCLE),
                ),
            ),
            passing=("sagemaker:UpdateNotebookInstance",),
            bounds=(
                "sagemaker:UpdateNotebookInstanceLifecycleConfig",
                "sagemaker:CreateNotebookInstanceLifecycleConfig",
            ),
        ),
        WorkloadKind(
            name="stacks",
            command="cloudformation describe-stacks",
            entries="Stacks",
            arn="StackId",
            roles=("RoleARN",),
            services=("cloudformation",),
            ways=(
                _on_it("cloudformation:UpdateStack"),
                _on_it("cloudformation:CreateChangeSet", "cloudformation:ExecuteChangeSet"),
            ),
            tags="Tags",
            passing=("cloudformation:UpdateStack", "cloudformation:CreateChangeSet", *_ON_STACKS),
            # A change set that waits may have another role, which the stack has after it. [CloudFormation API:
            # CreateChangeSet, RoleARN]
            bounds=_ON_STACKS,
            gone={"StackStatus": "DELETE_COMPLETE"},
        ),
        WorkloadKind(
            name="stack_instances",
            command="cloudformation list-stack-instances",
            entries="Summaries",
            arn="arn:{partition}:cloudformation:{region}:{account}:stackset/{StackSetId}",
            roles=(),
            services=("cloudformation",),
            ways=(_on_it("cloudformation:UpdateStackSet"),),
            passing=("cloudformation:UpdateStackSet",),
            closes=False,
            through=True,
        ),
        WorkloadKind(
            name="apprunner_services",
            command="apprunner describe-service",
            entries="Service",
            arn="ServiceArn",
            roles=(
                "InstanceConfiguration InstanceRoleArn",
                "SourceConfiguration AuthenticationConfiguration AccessRoleArn",
            ),
            services=("apprunner", "tasks.apprunner", "build.apprunner"),
            ways=(_on_it("apprunner:UpdateService"),),
            passing=("apprunner:UpdateService",),
            gone={"Status": "DELETED"},
        ),
        WorkloadKind(
            name="batch_job_definitions",
            command="batch describe-job-definitions",
            entries="jobDefinitions",
            arn="jobDefinitionArn",
            roles=(
                *("containerProperties jobRoleArn", "ecsProperties taskProperties taskRoleArn"),
                "nodeProperties nodeRangeProperties container jobRoleArn",
                "nodeProperties nodeRangeProperties ecsProperties taskProperties taskRoleArn",
            ),
            services=("ecs-tasks",),
            ways=(_on_it("batch:SubmitJob"),),
            tags="tags",
            closes=False,
            bounds=("batch:SubmitJob",),
            gone={"status": "INACTIVE"},
        ),
        WorkloadKind(
            name="state_machines",
            command="stepfunctions describe-state-machine",
            entries="",
            arn="stateMachineArn",
            roles=("roleArn",),
            services=("states",),
            ways=(_on_it("states:UpdateStateMachine"),),
            passing=("states:UpdateStateMachine",),
        ),
        WorkloadKind(
            name="schedules",
            command="scheduler get-schedule",
            entries="",
            arn="Arn",
            roles=("Target RoleArn",),
            services=("scheduler",),
            ways=(),  # each update names the role anew
            placing=(_on_it("scheduler:UpdateSchedule"),),
        ),
        WorkloadKind(
            name="code_interpreters",
            command="bedrock-agentcore-control get-code-interpreter",
            entries="",
            arn="codeInterpreterArn",
            roles=("executionRoleArn",),
            services=("bedrock-agentcore",),
            ways=(_on_it("bedrock-agentcore:StartCodeInterpreterSession", "bedrock-agentcore:InvokeCodeInterpreter"),),
            bounds=("bedrock-agentcore:InvokeCodeInterpreter",),
        ),
        WorkloadKind(
            name="agent_runtimes",
            command="bedrock-agentcore-control get-agent-runtime",
            entries="",
            arn="agentRuntimeArn",
            roles=("roleArn",),
            services=("bedrock-agentcore",),
            ways=tuple(((action, ""), (action, _ENDPOINT)) for action in _IN_AGENTS),
            bounds=("bedrock-agentcore:UpdateAgentRuntime",),
            passing=("bedrock-agentcore:UpdateAgentRuntime",),
            closes=False,  # an endpoint may point to an older version, with another role
        ),
    )
}
"""The kinds, by their names. [the services' own guides; Service Authorization Reference, for the resources of each
action]"""


@cache
def kinds_about(action: str) -> tuple[WorkloadKind, ...]:
    """The kinds of code of which the list says something about an action."""
    return tuple(kind for kind in KINDS.values() if action in kind.listed_actions)
