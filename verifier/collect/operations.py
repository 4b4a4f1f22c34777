"""The operations that a collection may call. All of them read; `AssumeRole` only makes the credentials to read with.

In: nothing (plain data). Out: `ALLOWED`. Guarantee: `reading.Service` refuses any other, and docs/live.md lists the
same.
"""

from __future__ import annotations

ALLOWED: dict[str, dict[str, tuple[str, ...]]] = {
    "sts": {"GetCallerIdentity": ("Account",), "AssumeRole": ()},
    "kms": {
        "ListKeys": ("Keys.KeyArn",),
        "ListAliases": ("Aliases.AliasName",),
        "DescribeKey": ("KeyMetadata.Arn",),
        "ListKeyPolicies": ("PolicyNames",),
        "GetKeyPolicy": ("Policy",),
        "ListGrants": ("Grants.GrantId",),
        "ListResourceTags": ("Tags.TagKey",),
    },
    "iam": {
        "GetAccountAuthorizationDetails": (
            "UserDetailList.Arn",
            "GroupDetailList.Arn",
            "RoleDetailList.Arn",
            "Policies.Arn",
        ),
        "ListOpenIDConnectProviders": ("OpenIDConnectProviderList.Arn",),
        "ListSAMLProviders": ("SAMLProviderList.Arn",),
    },
    "ec2": {
        "DescribeVpcEndpoints": ("VpcEndpoints.VpcEndpointId",),
        "DescribeRegions": ("Regions.RegionName",),
        "DescribeInstances": ("Reservations.Instances.InstanceId",),
        "DescribeLaunchTemplateVersions": ("LaunchTemplateVersions.LaunchTemplateId",),
    },
    "lambda": {"ListFunctions": ("Functions.FunctionArn", "Functions.Role")},
    "ssm": {"DescribeInstanceInformation": ("InstanceInformationList.InstanceId",)},
    "codebuild": {"ListProjects": ("projects",), "BatchGetProjects": ("projects.arn", "projects.serviceRole")},
    "glue": {
        "GetJobs": ("Jobs.Name", "Jobs.Role"),
        "GetDevEndpoints": ("DevEndpoints.EndpointName", "DevEndpoints.RoleArn"),
    },
    "sagemaker": {
        "ListNotebookInstances": ("NotebookInstances.NotebookInstanceName",),
        "DescribeNotebookInstance": ("NotebookInstanceArn", "RoleArn"),
    },
    "cloudformation": {
        "DescribeStacks": ("Stacks.StackId",),
        "ListStackSets": ("Summaries.StackSetName",),
        "ListStackInstances": ("Summaries.StackSetId", "Summaries.Account"),
    },
    "batch": {"DescribeJobDefinitions": ("jobDefinitions.jobDefinitionArn",)},
    "stepfunctions": {
        "ListStateMachines": ("stateMachines.stateMachineArn",),
        "DescribeStateMachine": ("stateMachineArn", "roleArn"),
    },
    "scheduler": {"ListSchedules": ("Schedules.GroupName", "Schedules.Name"), "GetSchedule": ("Arn", "Target.RoleArn")},
    "ecs": {
        "ListTaskDefinitions": ("taskDefinitionArns",),
        "DescribeTaskDefinition": ("taskDefinition.taskDefinitionArn",),
    },
    "bedrock-agentcore-control": {
        "ListCodeInterpreters": ("codeInterpreterSummaries.codeInterpreterId",),
        "GetCodeInterpreter": ("codeInterpreterArn",),
        "ListAgentRuntimes": ("agentRuntimes.agentRuntimeId",),
        "GetAgentRuntime": ("agentRuntimeArn", "roleArn"),
    },
    "organizations": {
        "DescribeOrganization": ("Organization.Id",),
        "ListAccounts": ("Accounts.Id",),
        "ListRoots": ("Roots.Id",),
        "ListOrganizationalUnitsForParent": ("OrganizationalUnits.Id",),
        "ListParents": ("Parents.Id",),
        "ListPolicies": ("Policies.Id",),
        "DescribePolicy": ("Policy.Content",),
        "ListTargetsForPolicy": ("Targets.TargetId",),
    },
}
"""Operations by service, as the API and IAM's actions name them, with the members that every answer (of a listing,
every page) has: after the point what each entry of a list has, or the structure. An empty list is there, and empty: an
answer without it is none of AWS's. [API references: *Response Elements*]"""
