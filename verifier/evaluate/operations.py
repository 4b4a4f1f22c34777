"""The operations beside those of KMS that steps take: of IAM, STS, RAM, and of services that start, change or enter
code (E1–E5).

In: an action. Out: what it is on, by which rule it is decided, which condition keys of its own a request for it
carries.
Guarantee: this is a reading of its own of AWS's pages; an operation that is not listed here is no operation of a step.
"""

from __future__ import annotations

from dataclasses import dataclass, field

IAM, ASSUME, FEDERATE, PROVIDER, SHARE, START = "E1", "E2", "E2f", "E2w", "E3", "E4"
"""The rules by which these operations are decided (docs/reach.md)."""

TAG_KEYS = frozenset({"aws:requesttag/", "aws:tagkeys"})
"""The tags that a request asks for."""


@dataclass(frozen=True)
class Operation:
    """One permission. `name` has its real spelling. `on` is what its resource is (`role`, `instance-profile` …, `code`
    that runs); `None` where that is not modelled. `carries` are the condition keys of its own that a request may have
    (lower case, templates by their prefix), `always` those of them that every request has. What it `creates` has the
    tags and the boundary that are asked for."""

    name: str
    rule: str
    on: str | None = None
    carries: frozenset[str] = field(default_factory=frozenset)
    always: frozenset[str] = field(default_factory=frozenset)
    creates: bool = False

    @property
    def service(self) -> str:
        """The prefix of its name, such as `iam`."""
        return self.name.split(":", 1)[0]


def _iam(name: str, on: str, *carries: str, always: tuple[str, ...] = ()) -> Operation:
    """A permission of IAM. [Service Authorization Reference, *Actions defined by AWS IAM*]"""
    return Operation(f"iam:{name}", IAM, on, frozenset(carries), frozenset(always))


def _creates(name: str, on: str, *carries: str) -> Operation:
    """A permission of IAM to make something, with tags unless it is a group. Its keys are of what is made."""
    return Operation(
        f"iam:{name}", IAM, on, frozenset(carries) | (frozenset() if on == "group" else TAG_KEYS), creates=True
    )


def _sts(name: str, rule: str, *carries: str, always: tuple[str, ...] = ()) -> Operation:
    """A permission of STS. [Service Authorization Reference, *Actions defined by AWS STS*]"""
    return Operation(f"sts:{name}", rule, "role", TAG_KEYS | frozenset(carries), frozenset(always))


_BOUNDARY, _POLICY, _TEMPLATE = "iam:permissionsboundary", "iam:policyarn", "iam:roletemplatearn"
_SESSION = ("sts:rolesessionname", "sts:sourceidentity", "sts:transitivetagkeys")
CHAINED = frozenset(
    {
        *("accounts.google.com:aud", "accounts.google.com:sub", "graph.facebook.com:app_id", "graph.facebook.com:id"),
        *("www.amazon.com:app_id", "www.amazon.com:user_id", "saml:namequalifier", "saml:sub", "saml:sub_type"),
        *(
            "cognito-identity.amazonaws.com:amr",
            "cognito-identity.amazonaws.com:aud",
            "cognito-identity.amazonaws.com:sub",
        ),
    }
)
"""Keys of an identity provider that sessions made by it carry into `sts:AssumeRole`. [IAM:
reference_policies_iam-condition-keys, *Cross-service … federation context keys*]"""

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

_OPERATIONS = (
    _iam("PutRolePolicy", "role", _BOUNDARY, _TEMPLATE),
    _iam("PutUserPolicy", "user", _BOUNDARY),
    _iam("PutGroupPolicy", "group"),
    _iam("AttachRolePolicy", "role", _BOUNDARY, _POLICY, _TEMPLATE, always=(_POLICY,)),
    _iam("AttachUserPolicy", "user", _BOUNDARY, _POLICY, always=(_POLICY,)),
    _iam("AttachGroupPolicy", "group", _POLICY, always=(_POLICY,)),
    _creates("CreateRole", "role", _BOUNDARY, _TEMPLATE),
    _creates("CreateUser", "user", _BOUNDARY),
    _creates("CreateGroup", "group"),
    _creates("CreatePolicy", "policy"),
    _creates("CreateInstanceProfile", "instance-profile"),
    _creates("CreateSAMLProvider", "saml-provider"),
    _iam("UpdateSAMLProvider", "saml-provider"),
    *(_iam(f"{does}InstanceProfile", "instance-profile") for does in ("AddRoleTo", "RemoveRoleFrom")),
    *(_iam(f"Delete{owner}Policy", owner.lower(), _BOUNDARY) for owner in ("Role", "User")),
    *(_iam(f"Detach{owner}Policy", owner.lower(), _BOUNDARY, _POLICY, always=(_POLICY,)) for owner in ("Role", "User")),
    *(_iam(f"Delete{owner}PermissionsBoundary", owner.lower(), _BOUNDARY) for owner in ("Role", "User")),
    _iam("PutRolePermissionsBoundary", "role", _BOUNDARY, _TEMPLATE, always=(_BOUNDARY,)),
    _iam("PutUserPermissionsBoundary", "user", _BOUNDARY, always=(_BOUNDARY,)),
    *(_iam(f"Tag{owner}", owner.lower(), *TAG_KEYS, always=("aws:tagkeys",)) for owner in ("Role", "User")),
    *(_iam(f"Untag{owner}", owner.lower(), "aws:tagkeys", always=("aws:tagkeys",)) for owner in ("Role", "User")),
    _iam("DeleteGroupPolicy", "group"),
    _iam("DetachGroupPolicy", "group", _POLICY, always=(_POLICY,)),
    _iam("RemoveUserFromGroup", "group"),
    _iam("CreatePolicyVersion", "policy"),
    _iam("DeletePolicyVersion", "policy"),
    _iam("SetDefaultPolicyVersion", "policy"),
    _iam("UpdateAssumeRolePolicy", "role", _BOUNDARY),
    _iam("AddUserToGroup", "group"),
    _iam("CreateAccessKey", "user"),
    _iam("CreateLoginProfile", "user"),
    _iam("UpdateLoginProfile", "user"),
    # Some services do not support `iam:PassedToService`, so a request may lack it. [IAM:
    # reference_policies_iam-condition-keys]
    _iam("PassRole", "role", "iam:passedtoservice", "iam:associatedresourcearn"),
    _sts("AssumeRole", ASSUME, "sts:externalid", *_SESSION, always=("sts:rolesessionname",)),
    _sts("TagSession", ASSUME, "sts:externalid", *_SESSION),
    _sts("SetSourceIdentity", ASSUME, "sts:externalid", *_SESSION),
    Operation("sts:GetFederationToken", FEDERATE, "federated-user", TAG_KEYS),
    _sts("AssumeRoleWithWebIdentity", PROVIDER, *_SESSION, always=("sts:rolesessionname",)),
    _sts("AssumeRoleWithSAML", PROVIDER, *_SESSION, always=("sts:rolesessionname",)),
    Operation("ram:CreateResourceShare", SHARE),
    Operation("ram:AssociateResourceShare", SHARE),
    *(
        Operation(name, START)
        for name in sorted({name for ways in (*RUN_BY.values(), *RUN_THROUGH.values()) for way in ways for name in way})
    ),
)

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

ASSUMING = {"rolesanywhere": ("sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity")}
"""What a service does to assume a role, where that is not `sts:AssumeRole` alone. [IAM Roles Anywhere User Guide,
trust-model]"""

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

CALLED_BY_AGENT = {
    "ecs:ExecuteCommand": tuple(
        f"ssmmessages:{does}{which}Channel" for does in ("Create", "Open") for which in ("Control", "Data")
    ),
}
"""What the agent in the code calls as the role that this runs as, so that a request enters it. [Amazon ECS Developer
Guide: task-iam-roles, *ECS Exec permissions*]"""

OTHERS_OF_IAM_AND_STS = frozenset(
    {
        *(
            "iam:associatedresourcearn",
            "iam:awsservicename",
            "iam:organizationspolicyid",
            "iam:passedtoservice",
            "iam:permissionsboundary",
        ),
        *(
            "iam:policyarn",
            "iam:fido-certification",
            "iam:fido-fips-140-2-certification",
            "iam:fido-fips-140-3-certification",
        ),
        *(
            "iam:registersecuritykey",
            "iam:servicespecificcredentialagedays",
            "iam:servicespecificcredentialservicename",
        ),
        *(
            "iam:roletemplatearn",
            "sts:awsservicename",
            "sts:durationseconds",
            "sts:externalid",
            "sts:identitytokenaudience",
        ),
        *("sts:roleauthorizedbyidp", "sts:taskpolicyarn", *_SESSION),
    }
)
"""The documented keys of IAM and STS: one that an operation does not carry is absent. One that is not among them is not
known (U4)."""

_BY_NAME = {operation.name.lower(): operation for operation in _OPERATIONS}
_ON_CODE = {name for ways in ENTERED_BY.values() for way in ways for name in way} | {
    name for name, _ in NAMED_BESIDES.values()
}
_BY_NAME |= {name.lower(): Operation(name, START, "code") for name in _ON_CODE}
_BY_NAME |= {name.lower(): Operation(name, START) for names in CALLED_BY_AGENT.values() for name in names}


def operation(action: str) -> Operation | None:
    """The operation that an action names, whatever its case; `None` for one of KMS, and for one that no step takes."""
    return _BY_NAME.get(action.lower())
