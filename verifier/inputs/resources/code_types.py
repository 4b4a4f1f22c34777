"""The types of resources of Terraform, CloudFormation and SAM that are code which runs as a role, and instance profiles
(E5, E4).

Guarantee: of each type every attribute that names a role which its code has is listed, or is one that leaves open which
role that is. [Terraform AWS provider: schemas; CloudFormation Template Reference; SAM specification; Service
Authorization Reference, for the ARNs]
"""

from __future__ import annotations

from collections.abc import Mapping

from verifier.frozen import Frozen

PROFILES = "instance profiles"
"""What stands for them among the names of kinds."""


class CodeType(Frozen):
    """What resources of a type are: a `kind` of code, or `PROFILES`. `arn` is their ARN after the partition, by
    attributes; `{hex:N}` is as many characters that AWS chooses, `{digits:N}` as many digits. `roles` are attributes,
    those inside others after a dot: they hold names or ARNs of roles or instance profiles, or the ARN of a task
    definition. `others` may give it another role."""

    kind: str
    arn: str
    roles: tuple[str, ...]
    others: tuple[str, ...] = ()

    @property
    def attributes(self) -> tuple[str, ...]:
        """The attributes that say as which role it runs, without those inside them."""
        return tuple(dict.fromkeys(path.split(".")[0] for path in (*self.roles, *self.others)))


_TASKS = "taskProperties.taskRoleArn"
_JOBS_JSON = (
    *(
        "container_properties.jobRoleArn",
        f"ecs_properties.{_TASKS}",
        "node_properties.nodeRangeProperties.container.jobRoleArn",
    ),
    f"node_properties.nodeRangeProperties.ecsProperties.{_TASKS}",
)
_JOBS = (
    *("container_properties.job_role_arn", "ecs_properties.task_properties.task_role_arn"),
    "node_properties.node_range_properties.container.job_role_arn",
    "node_properties.node_range_properties.ecs_properties.task_properties.task_role_arn",
)
_BATCHES = ("service_role", "build_batch_config.service_role")
_IN_SERVICE = (
    "instance_configuration.instance_role_arn",
    "source_configuration.authentication_configuration.access_role_arn",
)
_OF_TEMPLATE = ("iam_instance_profile.arn", "iam_instance_profile.name")

_FUNCTION, _INSTANCE = "lambda:{region}:{account}:function:{function_name}", "ec2:{region}:{account}:instance/{id}"
_BUILD, _JOB = "codebuild:{region}:{account}:project/", "glue:{region}:{account}:job/"
_ENDPOINT, _NOTEBOOK = "glue:{region}:{account}:devEndpoint/", "sagemaker:{region}:{account}:notebook-instance/"
_MACHINE, _TEMPLATE = "states:{region}:{account}:stateMachine:", "ec2:{region}:{account}:launch-template/{id}"
_DEFINITION = "ecs:{region}:{account}:task-definition/{family}:{digits:9}"
_SERVICE = "ecs:{region}:{account}:service/{cluster}/"
_BATCH = "batch:{region}:{account}:job-definition/{name}:{digits:9}"
_APP = "apprunner:{region}:{account}:service/{service_name}/{hex:32}"
_AGENT = "bedrock-agentcore:{region}:{account}:runtime/{agent_runtime_name}-{hex:10}"
_INTERPRETER = "bedrock-agentcore:{region}:{account}:code-interpreter-custom/"
_SCHEDULE = "scheduler:{region}:{account}:schedule/"
_STACK = "cloudformation:{region}:{account}:stack/{name}/{hex:8}-0000-4000-8000-{hex:12}"
_PROFILE = "iam::{account}:instance-profile{path}{name}"

_TABLE = (
    (
        ("aws_lambda_function", "AWS::Lambda::Function", "AWS::Serverless::Function"),
        CodeType("functions", _FUNCTION, ("role",)),
    ),
    (
        ("aws_instance", "AWS::EC2::Instance"),
        CodeType("instances", _INSTANCE, ("iam_instance_profile",), ("launch_template",)),
    ),
    (("aws_launch_template",), CodeType("launch_templates", _TEMPLATE, _OF_TEMPLATE)),
    (
        ("AWS::EC2::LaunchTemplate",),
        CodeType("launch_templates", _TEMPLATE, tuple(f"launch_template_data.{one}" for one in _OF_TEMPLATE)),
    ),
    (
        ("aws_ecs_task_definition", "AWS::ECS::TaskDefinition"),
        CodeType("ecs_task_definitions", _DEFINITION, ("task_role_arn",)),
    ),
    (("aws_ecs_service", "AWS::ECS::Service"), CodeType("ecs_services", f"{_SERVICE}{{name}}", ("task_definition",))),
    (
        ("aws_codebuild_project", "AWS::CodeBuild::Project"),
        CodeType("codebuild_projects", f"{_BUILD}{{name}}", _BATCHES),
    ),
    (("aws_glue_job",), CodeType("glue_jobs", f"{_JOB}{{name}}", ("role_arn",))),
    (("AWS::Glue::Job",), CodeType("glue_jobs", f"{_JOB}{{name}}", ("role",))),
    (
        ("aws_glue_dev_endpoint", "AWS::Glue::DevEndpoint"),
        CodeType("glue_dev_endpoints", f"{_ENDPOINT}{{name}}", ("role_arn",)),
    ),
    (
        ("aws_sagemaker_notebook_instance", "AWS::SageMaker::NotebookInstance"),
        CodeType("sagemaker_notebooks", f"{_NOTEBOOK}{{name}}", ("role_arn",)),
    ),
    (("aws_cloudformation_stack",), CodeType("stacks", _STACK, ("iam_role_arn",))),
    (("aws_apprunner_service", "AWS::AppRunner::Service"), CodeType("apprunner_services", _APP, _IN_SERVICE)),
    (("aws_batch_job_definition",), CodeType("batch_job_definitions", _BATCH, _JOBS_JSON)),
    (("AWS::Batch::JobDefinition",), CodeType("batch_job_definitions", _BATCH, _JOBS)),
    (
        ("aws_sfn_state_machine", "AWS::StepFunctions::StateMachine"),
        CodeType("state_machines", f"{_MACHINE}{{name}}", ("role_arn",)),
    ),
    (("AWS::Serverless::StateMachine",), CodeType("state_machines", f"{_MACHINE}{{name}}", ("role",))),
    (
        ("aws_scheduler_schedule", "AWS::Scheduler::Schedule"),
        CodeType("schedules", f"{_SCHEDULE}{{group_name}}/{{name}}", ("target.role_arn",)),
    ),
    (
        ("aws_bedrockagentcore_code_interpreter", "AWS::BedrockAgentCore::CodeInterpreterCustom"),
        CodeType("code_interpreters", f"{_INTERPRETER}{{name}}-{{hex:10}}", ("execution_role_arn",)),
    ),
    (
        ("aws_bedrockagentcore_agent_runtime", "AWS::BedrockAgentCore::Runtime"),
        CodeType("agent_runtimes", _AGENT, ("role_arn",)),
    ),
    (("aws_iam_instance_profile",), CodeType(PROFILES, _PROFILE, ("role",))),
    (("AWS::IAM::InstanceProfile",), CodeType(PROFILES, _PROFILE, ("roles",))),
)
CODE: Mapping[str, CodeType] = {type_: code for types, code in _TABLE for type_ in types}
