"""The requests by which services run code as a role, or by which that code is changed or entered, written a second time
from AWS's pages.

`verifier/model/steps/workloads.py` and `tools/action_judgements.toml` say them once for the program; tests hold the two
writings against each other.
"""

from __future__ import annotations

RUN_BY: dict[str, tuple[frozenset[str], ...]] = {
    "tasks.apprunner": (frozenset({"apprunner:CreateService"}),),
    "bedrock-agentcore": (
        frozenset(
            {
                *("bedrock-agentcore:CreateCodeInterpreter", "bedrock-agentcore:StartCodeInterpreterSession"),
                "bedrock-agentcore:InvokeCodeInterpreter",
            }
        ),
        frozenset({"bedrock-agentcore:CreateAgentRuntime", "bedrock-agentcore:InvokeAgentRuntime"}),
    ),
    "cloudformation": (
        frozenset({"cloudformation:CreateStack"}),
        frozenset({"cloudformation:CreateChangeSet", "cloudformation:ExecuteChangeSet"}),
    ),
    "codebuild": tuple(
        frozenset({"codebuild:CreateProject", f"codebuild:{start}"}) for start in ("StartBuild", "StartBuildBatch")
    ),
    "datapipeline": (
        frozenset({f"datapipeline:{name}" for name in ("CreatePipeline", "PutPipelineDefinition", "ActivatePipeline")}),
    ),
    "ec2": (frozenset({"ec2:RunInstances"}), frozenset({"ec2:RequestSpotInstances"})),
    "ecs-tasks": (
        *(
            frozenset({"ecs:RegisterTaskDefinition", f"ecs:{start}"})
            for start in ("RunTask", "StartTask", "CreateService")
        ),
        frozenset({"batch:RegisterJobDefinition", "batch:SubmitJob"}),
    ),
    "emr-serverless": (frozenset({"emr-serverless:CreateApplication", "emr-serverless:StartJobRun"}),),
    "glue": (
        *(frozenset({"glue:CreateJob", f"glue:{start}"}) for start in ("StartJobRun", "CreateTrigger")),
        frozenset({"glue:CreateSession", "glue:RunStatement"}),
        frozenset({"glue:CreateDevEndpoint"}),
    ),
    "lambda": tuple(
        frozenset({"lambda:CreateFunction", f"lambda:{start}"})
        for start in ("InvokeFunction", "AddPermission", "CreateEventSourceMapping")
    ),
    "rolesanywhere": (frozenset({"rolesanywhere:CreateTrustAnchor", "rolesanywhere:CreateProfile"}),),
    "sagemaker": tuple(
        frozenset({f"sagemaker:{name}"})
        for name in ("CreateNotebookInstance", "CreateTrainingJob", "CreateProcessingJob")
    ),
    "scheduler": (frozenset({"scheduler:CreateSchedule"}),),
    "ssm": (frozenset({"ssm:CreateDocument", "ssm:StartAutomationExecution"}),),
    "states": (frozenset({"states:CreateStateMachine", "states:StartExecution"}), frozenset({"states:TestState"})),
}
"""The services that run code of the caller's, or make the requests that it says, as a role that is passed to them, by
the name of the principal that the role has to trust. All actions of one of the sets are needed: those that make
something with the role, and those that start it. [the services' own guides and API references, on execution roles,
service roles and task roles]"""

RUN_THROUGH: dict[str, tuple[frozenset[str], ...]] = {
    "cloudformation": (frozenset({"cloudformation:CreateStackSet", "cloudformation:CreateStackInstances"}),)
}
"""The same of services that as the role which is passed assume another one, and act as that: a stack set has an
administration role and an execution role. [CloudFormation User Guide, stacksets-prereqs-self-managed]"""

_SHELL_SCRIPT = ":document/AWS-RunShellScript"
_IN_AGENTS = ("InvokeAgentRuntimeCommand", "InvokeAgentRuntimeCommandShell")
_OF_SYSTEMS_MANAGER = (("ssm:SendCommand",), ("ssm:StartSession",), ("ssm:CreateAssociation",))
ENTERED_BY: dict[str, tuple[tuple[str, ...], ...]] = {
    "functions": (
        ("lambda:UpdateFunctionCode",),
        ("lambda:UpdateFunctionConfiguration",),
        ("lambda:AddPermission", "lambda:UpdateFunctionCode"),
        ("lambda:PutResourcePolicy", "lambda:UpdateFunctionCode"),
    ),
    "instances": (
        *_OF_SYSTEMS_MANAGER,
        ("ec2-instance-connect:SendSSHPublicKey",),
        ("ec2-instance-connect:SendSerialConsoleSSHPublicKey",),
        ("ec2:ModifyInstanceAttribute", "ec2:StopInstances", "ec2:StartInstances"),
        ("ec2:CreateReplaceRootVolumeTask",),
        ("ec2:AssociateIamInstanceProfile", "ec2-instance-connect:SendSSHPublicKey"),
        ("ec2:AssociateIamInstanceProfile", "ec2-instance-connect:SendSerialConsoleSSHPublicKey"),
        ("ec2:AttachVolume", "ec2:DetachVolume", "ec2:StopInstances", "ec2:StartInstances"),
    ),
    "launch_templates": (("ec2:CreateLaunchTemplateVersion", "ec2:ModifyLaunchTemplate"),),
    "managed_instances": _OF_SYSTEMS_MANAGER,
    "ecs_tasks": (("ecs:ExecuteCommand",),),
    "ecs_services": (("ecs:UpdateService",),),
    "codebuild_projects": (("codebuild:StartBuild",), ("codebuild:StartBuildBatch",), ("codebuild:UpdateProject",)),
    "glue_jobs": (("glue:UpdateJob",), ("glue:StartJobRun",)),
    "glue_dev_endpoints": (("glue:UpdateDevEndpoint",),),
    "sagemaker_notebooks": (
        ("sagemaker:CreatePresignedNotebookInstanceUrl",),
        ("sagemaker:UpdateNotebookInstance", "sagemaker:StopNotebookInstance", "sagemaker:StartNotebookInstance"),
    ),
    "stacks": (("cloudformation:UpdateStack",), ("cloudformation:CreateChangeSet", "cloudformation:ExecuteChangeSet")),
    "stack_instances": (("cloudformation:UpdateStackSet",),),
    "apprunner_services": (("apprunner:UpdateService",),),
    "batch_job_definitions": (("batch:SubmitJob",),),
    "state_machines": (("states:UpdateStateMachine",),),
    "schedules": (("scheduler:UpdateSchedule",),),
    "code_interpreters": (
        ("bedrock-agentcore:StartCodeInterpreterSession", "bedrock-agentcore:InvokeCodeInterpreter"),
    ),
    "agent_runtimes": (
        ("bedrock-agentcore:InvokeAgentRuntimeCommand",),
        ("bedrock-agentcore:InvokeAgentRuntimeCommandShell",),
    ),
}
"""By which requests, all of them on it, code of each kind is changed or entered: each of these ways is enough. [Lambda
guide, on updating functions; Systems Manager guide, on Run Command, Session Manager and State Manager; EC2 guide, on
user data, root volumes and Instance Connect; the API references of the others. Another task definition, job queue or
version that a request names is supposed to be permitted.]"""

HANDED_BY = {
    "functions": ("lambda:UpdateFunctionConfiguration",),
    "instances": ("ec2:AssociateIamInstanceProfile",),
    "codebuild_projects": ("codebuild:StartBuild", "codebuild:StartBuildBatch", "codebuild:UpdateProject"),
    "glue_jobs": ("glue:UpdateJob",),
    "sagemaker_notebooks": ("sagemaker:UpdateNotebookInstance",),
    "stacks": ("cloudformation:UpdateStack", "cloudformation:CreateChangeSet"),
    "stack_instances": ("cloudformation:UpdateStackSet",),
    "apprunner_services": ("apprunner:UpdateService",),
    "state_machines": ("states:UpdateStateMachine",),
    "schedules": ("scheduler:UpdateSchedule",),
}
"""Of those requests, the ones that can name another role, which `iam:PassRole` must allow. [the API references: Role,
RoleARN, roleArn, serviceRole, serviceRoleOverride, InstanceRoleArn]"""

HANDED_THROUGH = frozenset({"stack_instances"})
"""The kinds of code that are passed a role which assumes the one that they run as."""
ALWAYS_HANDED = HANDED_THROUGH | {"schedules"}
"""The kinds of code of which each change names the role and needs `iam:PassRole` for it."""

ASSUMED_BY = {
    "functions": ("lambda", "edgelambda"),
    "instances": ("ec2",),
    "launch_templates": ("ec2",),
    "managed_instances": ("ssm",),
    "ecs_tasks": ("ecs-tasks",),
    "ecs_services": ("ecs-tasks",),
    "codebuild_projects": ("codebuild",),
    "glue_jobs": ("glue",),
    "glue_dev_endpoints": ("glue",),
    "sagemaker_notebooks": ("sagemaker",),
    "stacks": ("cloudformation",),
    "stack_instances": ("cloudformation",),
    "apprunner_services": ("apprunner", "tasks.apprunner", "build.apprunner"),
    "batch_job_definitions": ("ecs-tasks",),
    "state_machines": ("states",),
    "schedules": ("scheduler",),
    "code_interpreters": ("bedrock-agentcore",),
    "agent_runtimes": ("bedrock-agentcore",),
}
"""The services, without `.amazonaws.com`, as which code of each kind is run: one of them has to be able to assume the
role."""

NAMED_BESIDES = {
    **{name: (name, _SHELL_SCRIPT) for name in ("ssm:SendCommand", "ssm:CreateAssociation")},
    "ecs:UpdateService": ("ecs:ExecuteCommand", "/00000000000000000000000000000000"),
    "sagemaker:UpdateNotebookInstance": (
        *("sagemaker:CreateNotebookInstanceLifecycleConfig", ":notebook-instance-lifecycle-config/escalation"),
    ),
    **{f"bedrock-agentcore:{name}": (f"bedrock-agentcore:{name}", "/runtime-endpoint/DEFAULT") for name in _IN_AGENTS},
}
"""What besides the request for an action must be allowed: an action, and how the ARN of its resource ends. [Service
Authorization Reference, AWS Systems Manager, Amazon ECS, Amazon SageMaker, Amazon Bedrock AgentCore]"""
