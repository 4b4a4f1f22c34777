"""Each step of W2 on users, roles, groups and managed policies, asked as an invariant: refuted with a story that
replays, and proved once one condition shuts it. Pages are of the IAM User Guide.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.evaluate.estates import ALICE, HOME, KEY, PARTNER, Statement, allow, aws, grant, identity, own
from tests.evaluate.reaching import GITHUB, LAMBDA, OKTA, PARTNER_TARGET, TARGET, admits, bars, caller, trusting
from tests.evaluate.steps.worlds import ADMINS, BASE, BOB, document, state, with_account
from tests.reach.telling import PROVED, told
from tests.reach.test_suppositions import supposing
from verifier.model.choices import Engine
from verifier.model.estate import Account, Group, Identity, InstanceProfile, ManagedPolicy
from verifier.model.invariant import ALWAYS, Expectation, Invariant, IssuedBy, PrincipalLike
from verifier.model.policy import Policy, PolicyKind, Text
from verifier.model.request import Caller, CallerKind
from verifier.model.results.verdict import Status
from verifier.model.steps.actions import running_services, ways_to_run
from verifier.model.steps.chains import State
from verifier.verify.proving import prove

NO_GRANTS: dict[str, Any] = {"facts": {"grants": ()}}
USES = own("kms:Decrypt", KEY)
TEAM = (("team", "red"),)
DOCUMENT = document(USES, arn=BASE)
OLD = document(own("s3:*"), arn=BASE)
MANAGED = ManagedPolicy(BASE, (("v1", OLD), ("v2", DOCUMENT)), "v1")
EC2 = {"Service": "ec2.amazonaws.com"}
ACCOUNT = aws(f"arn:aws:iam::{HOME}:root")
BLUE = {"StringEquals": {"aws:ResourceTag/team": "blue"}}
RED = {"StringEquals": {"iam:ResourceTag/team": "red"}}


def home(
    *mine: Statement, bob: Identity | None = None, role: Identity | None = None, group: Group | None = None, **more: Any
) -> State:
    """Alice; Bob, a role and a group, none of whom is of use unless said otherwise; a managed policy."""
    others = (bob or identity(BOB, tags=TEAM), role or trusting(admits(EC2), tags=TEAM))
    return state(*mine, others=others, groups=(group or Group(ADMINS),), managed=(MANAGED,), **NO_GRANTS, **more)


def attached(policies: tuple[Any, ...], *mine: Statement, **facts: Any) -> State:
    """The same, Alice having these managed policies as well."""
    before = home(*mine)
    (account,) = before.estate.accounts
    alice, bob = account.users
    return with_account(before, users=(replace(alice, policies=(*alice.policies, *policies), **facts), bob))


# Open: what Alice has, and who may decrypt. Shut: the first of her statements under each of the conditions.
NAMES_ACCOUNT = trusting(admits(ACCOUNT), own=(USES,), tags=TEAM)
BY_LAMBDA = trusting(admits({"Service": LAMBDA}), own=(USES,), tags=TEAM)
BOB_USES = identity(BOB, USES, tags=TEAM)
CASES: dict[str, tuple[tuple[str, ...], tuple[Statement, ...], dict[str, Any], tuple[dict[str, Any], ...]]] = {
    "assume role": (
        ("assume role",),
        (own("sts:AssumeRole", TARGET),),
        {"role": NAMES_ACCOUNT},
        (BLUE, {"Null": {"sts:RoleSessionName": "true"}}),
    ),
    "put user policy": (
        ("put inline policy",),
        (own("iam:PutUserPolicy"),),
        {},
        ({"StringEquals": {"iam:PermissionsBoundary": BASE}}, BLUE),
    ),
    "put role policy": (
        ("put inline policy", "assume role"),
        (own("iam:PutRolePolicy"),),
        {"role": trusting(admits(aws(ALICE)), tags=TEAM)},
        ({"StringEquals": {"iam:PermissionsBoundary": BASE}}, BLUE),
    ),
    "put group policy": (
        ("put inline policy", "add user to group"),
        (own("iam:PutGroupPolicy"), own("iam:AddUserToGroup")),
        {},
        (RED, {"Bool": {"aws:SecureTransport": "false"}}),
    ),
    "attach user policy": (
        ("attach policy",),
        (own("iam:AttachUserPolicy"),),
        {},
        ({"ArnEquals": {"iam:PolicyARN": BASE}}, {"StringEquals": {"iam:PermissionsBoundary": BASE}}, BLUE),
    ),
    "attach role policy": (
        ("attach policy", "assume role"),
        (own("iam:AttachRolePolicy"),),
        {"role": trusting(admits(aws(ALICE)), tags=TEAM)},
        ({"ArnEquals": {"iam:PolicyARN": BASE}}, BLUE),
    ),
    "attach group policy": (
        ("attach policy", "add user to group"),
        (own("iam:AttachGroupPolicy"), own("iam:AddUserToGroup")),
        {},
        ({"ArnEquals": {"iam:PolicyARN": BASE}}, RED),
    ),
    "add user to group": (
        ("add user to group",),
        (own("iam:AddUserToGroup", ADMINS),),
        {"group": Group(ADMINS, (document(USES, arn=f"{ADMINS}#uses"),))},
        (RED, {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}),
    ),
    "update trust policy": (
        ("update trust policy", "assume role"),
        (own("iam:UpdateAssumeRolePolicy"),),
        {"role": trusting(admits(EC2), own=(USES,), tags=TEAM)},
        (BLUE, {"StringEquals": {"iam:PermissionsBoundary": BASE}}),
    ),
    "create access key": (("new credentials of a user",), (own("iam:CreateAccessKey"),), {"bob": BOB_USES}, (BLUE,)),
    "create login profile": (
        ("new credentials of a user",),
        (own("iam:CreateLoginProfile"),),
        {"bob": BOB_USES},
        (BLUE,),
    ),
    "update login profile": (
        ("new credentials of a user",),
        (own("iam:UpdateLoginProfile"),),
        {"bob": BOB_USES},
        (BLUE,),
    ),
    "pass role": (
        ("pass role",),
        (own("iam:PassRole"), own("lambda:*eFunction")),
        {"role": BY_LAMBDA},
        ({"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}},),
    ),
    "start code": (
        ("pass role",),
        (own("lambda:*eFunction"), own("iam:PassRole")),
        {"role": BY_LAMBDA},
        ({"StringEquals": {"aws:PrincipalAccount": PARTNER}},),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_open(name: str) -> None:
    steps, mine, world, _ = CASES[name]
    assert sorted(told(home(*mine, **world))) == sorted(steps)


@pytest.mark.parametrize(
    ("name", "number"), [(name, number) for name, case in CASES.items() for number in range(len(case[3]) + 1)]
)
def test_shut_by_one_condition(name: str, number: int) -> None:
    _, (first, *rest), world, conditions = CASES[name]
    mine = (*rest,) if number == len(conditions) else ({**first, "Condition": conditions[number]}, *rest)
    assert told(home(*(mine or (own("s3:Get*"),)), **world)) == PROVED


WAYS = [(service, way) for service in running_services() for way in ways_to_run(service)]


@pytest.mark.parametrize(("service", "way"), WAYS, ids=[way[-1] for _, way in WAYS])
def test_a_role_is_passed_to_each_service_that_runs_code(service: str, way: tuple[str, ...]) -> None:
    # id_roles_use_passrole: the trust policy admits the service, and the caller may use all actions of the way.
    role = trusting(
        admits({"Service": service}, ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]), own=(USES,)
    )
    to_service = own("iam:PassRole", Condition={"StringLike": {"iam:PassedToService": service.replace(".com", ".*")}})
    assert told(home(to_service, own(list(way)), role=role)) == ("pass role",)
    # Without what starts it, something else may; without the action that takes the role, nothing has it.
    assert told(home(to_service, own(list(way[:-1]) or "sns:Publish"), role=role))[0] != "pass role"


def test_a_role_is_passed_to_a_service_of_which_nothing_is_known() -> None:
    # What makes another service use a role is not known, but that the caller must be allowed to pass it there is.
    other = trusting(admits({"Service": "example.amazonaws.com"}), own=(USES,))
    assert told(home(own("iam:PassRole"), own("lambda:*eFunction"), role=other)) == ("unknown", "E4")
    to_lambda = own("iam:PassRole", Condition={"StringLike": {"iam:PassedToService": "lambda.*"}})
    assert told(home(to_lambda, own("lambda:*eFunction"), role=other)) == PROVED


@pytest.mark.parametrize(
    ("made", "started", "expected"),
    [
        ("app-*", "app-?", ("pass role",)),
        ("app-x", "*", ("pass role",)),
        ("*", "app-x", ("pass role",)),
        ("app-*", "web-*", ("unknown", "E4")),
    ],
)
def test_what_is_started_is_what_was_made(made: str, started: str, expected: tuple[str, ...]) -> None:
    function = f"arn:aws:lambda:*:{HOME}:function:"
    mine = (
        own("lambda:CreateFunction", function + made),
        own("lambda:InvokeFunction", function + started),
        own("iam:PassRole"),
    )
    assert told(home(*mine, role=BY_LAMBDA)) == expected


PROFILE = f"arn:aws:iam::{HOME}:instance-profile/web"
BY_EC2 = trusting(admits(EC2), own=(USES,))
WEB = trusting(admits(EC2), arn=f"arn:aws:iam::{HOME}:role/web")
RUNS, PASSES = own("ec2:RunInstances"), own("iam:PassRole", TARGET)
MAKES, ADDS, REMOVES = (own(f"iam:{name}InstanceProfile") for name in ("Create", "AddRoleTo", "RemoveRoleFrom"))
NEW = f"arn:aws:iam::{HOME}:instance-profile/app-*"


@pytest.mark.parametrize(
    ("holding", "mine", "expected"),
    [
        (TARGET, (RUNS, PASSES), ("pass role",)),
        # id_roles_use_switch-role-ec2_instance-profiles: an instance has a role by a profile alone
        (None, (RUNS, PASSES), PROVED),
        (WEB.arn, (RUNS, PASSES), PROVED),
        (None, (RUNS, PASSES, MAKES, ADDS), ("pass role",)),
        (None, (RUNS, MAKES, ADDS), PROVED),  # AddRoleToInstanceProfile needs iam:PassRole
        (None, (RUNS, PASSES, MAKES), PROVED),
        (None, (RUNS, PASSES, ADDS), ("unknown", "W1")),  # a profile without a role is in no listing
        (WEB.arn, (RUNS, PASSES, ADDS, REMOVES), ("pass role",)),  # a profile holds one role
        (
            None,
            (RUNS, PASSES, own("iam:CreateInstanceProfile", NEW), own("iam:AddRoleToInstanceProfile", NEW)),
            ("pass role",),
        ),
        (
            None,
            (RUNS, PASSES, own("iam:CreateInstanceProfile", NEW), own("iam:AddRoleToInstanceProfile", PROFILE)),
            ("unknown", "W1"),
        ),
        (TARGET, ({**RUNS, "Condition": {"ArnEquals": {"ec2:InstanceProfile": PROFILE}}}, PASSES), ("pass role",)),
        (
            TARGET,
            ({**RUNS, "Condition": {"ArnEquals": {"ec2:InstanceProfile": f"{PROFILE}2"}}}, PASSES),
            ("unknown", "E0"),
        ),
    ],
)
def test_a_role_is_given_to_an_instance_by_a_profile(
    holding: str | None, mine: tuple[Statement, ...], expected: tuple[str, ...]
) -> None:
    before = home(*mine, role=BY_EC2)
    (account,) = before.estate.accounts
    profiles = () if holding is None else (InstanceProfile(PROFILE, holding),)
    assert told(with_account(before, roles=(*account.roles, WEB), profiles=profiles)) == expected


# --- versions ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "step"),
    [("iam:CreatePolicyVersion", "new policy version"), ("iam:SetDefaultPolicyVersion", "set default policy version")],
)
def test_another_version(action: str, step: str) -> None:
    # access_policies_managed-versioning. It counts where the policy is attached.
    assert told(attached((OLD,), own(action, BASE))) == (step,)
    assert told(attached((OLD,), own(action, f"{BASE}2"))) == PROVED
    assert (
        told(attached((OLD,), own(action, BASE, Condition={"StringEquals": {"aws:RequestedRegion": "eu-west-1"}})))
        == PROVED
    )
    assert told(home(own(action, BASE))) == PROVED


SETS = own("iam:SetDefaultPolicyVersion")
DENIES = document(own("kms:Decrypt", Effect="Deny"), arn=BASE)


@pytest.mark.parametrize(
    ("now", "older", "mine", "expected"),
    [
        (OLD, (own("kms:Decrypt"),), (), ("set default policy version",)),
        (OLD, (own("iam:AttachUserPolicy"),), (), ("set default policy version", "attach policy")),
        (OLD, (own("s3:Get*"),), (), PROVED),
        (OLD, (own("kms:Encrypt"), own("sts:AssumeRole")), (), PROVED),
        (OLD, None, (), PROVED),
        (DENIES, (own("s3:*"),), (own("kms:Decrypt"),), ("set default policy version",)),
        (DENIES, (own("s3:*"),), (), PROVED),
        (OLD, (own("sso:CreateAccountAssignment"),), (), ("unknown", "W1")),
    ],
)
def test_an_older_version_gives_what_it_says(
    now: Policy, older: tuple[Statement, ...] | None, mine: tuple[Statement, ...], expected: tuple[str, ...]
) -> None:
    # access_policies_managed-versioning: the default version is the one in effect.
    others = (("v2", document(*older, arn=BASE)),) if older is not None else ()
    before = attached((now,), SETS, *mine)
    assert told(with_account(before, managed=(replace(MANAGED, versions=(("v1", now), *others)),))) == expected


FILLING, JOINING = document(own("iam:PutGroupPolicy"), arn=BASE), document(own("iam:AddUserToGroup"), arn=BASE)


@pytest.mark.parametrize(
    ("documents", "facts"),
    [
        ((FILLING, JOINING), {}),
        ((OLD, FILLING, JOINING), {}),
        ((OLD, OLD), {"complete": False}),
        ((OLD, OLD), {"default": "v3"}),
    ],
)
def test_versions_in_turn(documents: tuple[Policy, ...], facts: dict[str, Any]) -> None:
    # What versions give in turn is not proved out of reach, the default one among them; nor what one gives that is not
    # in the input.
    versions = tuple((f"v{number}", one) for number, one in enumerate(documents, 1))
    managed = replace(MANAGED, versions=versions, **facts)
    assert told(with_account(attached(documents[:1], SETS), managed=(managed,)), steps=None)[0] == "unknown"


def test_a_managed_policy_that_is_attached_gives_what_may_be_in_doubt() -> None:
    # W1: what the policy allows can bring about anything; one that allows what is harmless gives nothing.
    attaches = own("iam:AttachUserPolicy", Condition={"ArnEquals": {"iam:PolicyARN": BASE}})

    def holding(action: str) -> State:
        return with_account(
            home(attaches), managed=(replace(MANAGED, versions=(("v1", document(own(action), arn=BASE)),)),)
        )

    assert told(holding("sso:CreateAccountAssignment")) == ("unknown", "W1")
    assert told(holding("sso:ListInstances")) == PROVED


@pytest.mark.parametrize(
    ("may", "put", "expected"),
    [
        ("sso:CreateAccountAssignment", "sso:*", ("unknown", "W1")),
        ("sso:CreateAccountAssignment", "sso:List*", PROVED),
        ("sso:ListInstances", "sso:*", PROVED),
        ("sts:GetFederationToken", "sts:Get*", PROVED),
    ],
)
def test_a_boundary_that_allows_what_is_in_doubt_alone(may: str, put: str, expected: tuple[str, ...]) -> None:
    # access_policies_boundaries: what is allowed is what the policies of the user and its boundary both allow.
    edge = replace(document(own("iam:*"), arn=f"{BASE}2"), kind=PolicyKind.BOUNDARY, identity=f"{BASE}2#boundary")
    puts = own("iam:PutUserPermissionsBoundary", Condition={"ArnEquals": {"iam:PermissionsBoundary": BASE}})
    before = attached((), puts, own([may, "kms:Decrypt"]), bounded=True, boundary=edge)
    assert (
        told(with_account(before, managed=(replace(MANAGED, versions=(("v1", document(own(put), arn=BASE)),)),)))
        == expected
    )


def test_a_boundary_that_is_a_managed_policy_can_be_given_another_document() -> None:
    # access_policies_boundaries: the boundary limits what the new inline policy allows, until it has another document.
    put, version = "iam:PutUserPolicy", "iam:CreatePolicyVersion"

    def within(*actions: str) -> State:
        edge = replace(document(own([*actions]), arn=BASE), kind=PolicyKind.BOUNDARY, identity=f"{BASE}#boundary")
        return attached((), own(put), bounded=True, boundary=edge)

    assert told(within(put)) == PROVED
    assert sorted(told(within(put, version))) == ["new policy version", "put inline policy"]
    sets, wide = "iam:SetDefaultPolicyVersion", ("v2", document(own("*"), arn=BASE))
    found = {
        told(with_account(within(put, sets), managed=(replace(MANAGED, versions=versions),)))
        for versions in ((("v1", document(own([put, sets]), arn=BASE)), wide), (("v1", OLD),))
    }
    assert found == {("put inline policy", "set default policy version"), PROVED}


def test_what_the_input_holds_does_what_administrators_policy_may_not() -> None:
    # Managed policies of AWS whose documents the input does not hold may be used as well: what one of them gives is not
    # known.
    def other(key: str) -> dict[str, Any]:
        return {"Condition": {"ArnNotLike": {key: "arn:aws:iam::aws:policy/Admin*"}}}

    attaches = own("iam:AttachUserPolicy", **other("iam:PolicyARN"))
    assert told(home(attaches)) == ("unknown", "U3")
    assert told(home(attaches, own("iam:CreatePolicy"))) == ("make an identity or policy", "attach policy")
    edge = replace(document(own("iam:*"), arn=f"{BASE}2"), kind=PolicyKind.BOUNDARY, identity=f"{BASE}2#boundary")
    before = attached(
        (), own("iam:PutUserPermissionsBoundary", **other("iam:PermissionsBoundary")), USES, bounded=True, boundary=edge
    )
    assert told(before)[0] == "unknown"
    wide = replace(MANAGED, versions=(("v1", document(own("*"), arn=BASE)),))
    assert told(with_account(before, managed=(wide,))) == ("put permissions boundary",)


def test_a_boundary_that_a_write_demands() -> None:
    # access_policies_boundaries, Delegating responsibility: only roles within the boundary may be written to, and the
    # boundary stays.
    edge = replace(document(own("s3:*"), arn=BASE), kind=PolicyKind.BOUNDARY, identity=f"{BASE}#boundary")
    demands = own("iam:PutRolePolicy", Condition={"StringEquals": {"iam:PermissionsBoundary": BASE}})
    within = replace(trusting(admits(aws(ALICE))), bounded=True, boundary=edge)
    assert told(home(demands, role=within)) == PROVED
    wide = replace(edge, statements=document(own("*"), arn=BASE).statements)
    assert sorted(told(home(demands, role=replace(within, boundary=wide)))) == ["assume role", "put inline policy"]


# --- assuming roles ---------------------------------------------------------------------------------------------------

FAY = f"arn:aws:sts::{HOME}:federated-user/fay"
WITHIN = own("iam:CreateUser", Condition={"ArnLike": {"iam:PermissionsBoundary": BASE}})
WRITES = own("iam:CreatePolicyVersion")


@pytest.mark.parametrize(
    ("mine", "expected"),
    [
        ((WRITES,), PROVED),
        ((own("sts:TagSession"),), ("get federation token",)),
        ((WRITES, WITHIN), ("unknown", "E0")),
    ],
)
def test_no_session_is_of_a_user_that_nobody_makes(mine: tuple[Statement, ...], expected: tuple[str, ...]) -> None:
    # API: GetFederationToken. The role, which nobody assumes, could make a user whose boundary Alice may write.
    key = allow(aws(FAY), "kms:Decrypt", Condition={"StringEquals": {"aws:PrincipalTag/team": "blue"}})
    role = trusting(admits(EC2), own=(WITHIN,))
    assert (
        told(state(own("sts:GetFederationToken"), *mine, key=key, others=(role,), managed=(MANAGED,), **NO_GRANTS))
        == expected
    )


EXTERNAL = {"StringEquals": {"sts:ExternalId": "x1"}}


@pytest.mark.parametrize(
    ("trust", "steps"),
    [
        ((admits(aws(ALICE)),), ("assume role",)),
        ((admits(aws(ALICE), Condition=EXTERNAL),), ("assume role",)),
        ((admits(aws(BOB)),), PROVED),
        ((admits(ACCOUNT),), PROVED),
        ((admits("*"),), ("assume role",)),
        ((admits(aws(ALICE), Condition={"StringEquals": {"aws:PrincipalTag/team": "blue"}}),), PROVED),
        ((admits(aws(ALICE), Condition={"StringEquals": {"aws:ResourceTag/team": "red"}}),), ("assume role",)),
        ((admits(aws(ALICE)), bars(ACCOUNT)), PROVED),
        (
            (admits(aws(ALICE)), bars(ACCOUNT, Condition={"StringNotEquals": {"sts:ExternalId": "x1"}})),
            ("assume role",),
        ),
        ((admits(aws(ALICE), "sts:TagSession"),), PROVED),
        ((admits(aws(ALICE), Condition={"Null": {"sts:SourceIdentity": "false"}}),), PROVED),
    ],
)
def test_a_role_only_if_its_trust_policy_admits_the_caller(
    trust: tuple[Statement, ...], steps: tuple[str, ...]
) -> None:
    assert told(home(role=trusting(*trust, own=(USES,), tags=TEAM))) == steps


TAGGED = own("kms:Decrypt", Condition={"StringEquals": {"aws:PrincipalTag/team": "blue"}})


@pytest.mark.parametrize(
    ("trust", "steps"),
    [
        ((admits(aws(ALICE), "sts:*"),), ("assume role",)),
        ((admits(aws(ALICE)),), PROVED),
        ((admits(aws(ALICE)), admits(aws(ALICE), "sts:TagSession")), ("assume role",)),
        ((admits(aws(ALICE)), admits(aws(BOB), "sts:TagSession")), PROVED),
        ((admits(aws(ALICE), "sts:*", Condition={"StringEquals": {"aws:RequestTag/team": "blue"}}),), ("assume role",)),
        (
            (admits(aws(ALICE), "sts:*", Condition={"ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}}),),
            ("assume role",),
        ),
        ((admits(aws(ALICE), "sts:*"), bars(aws(ALICE), "sts:TagSession")), PROVED),
    ],
)
def test_session_tags_within_the_trust_policy(trust: tuple[Statement, ...], steps: tuple[str, ...]) -> None:
    # id_session-tags, Permissions required to add session tags.
    assert told(home(role=trusting(*trust, own=(TAGGED,), tags=TEAM))) == steps


def test_session_tags_that_a_later_step_takes() -> None:
    # The session is tagged so that it may write to Bob, not to decrypt.
    writes = own("iam:CreateAccessKey", Condition={"StringEquals": {"aws:PrincipalTag/team": "blue"}})
    role = trusting(admits(aws(ALICE), "sts:*"), own=(writes,))
    assert told(home(bob=BOB_USES, role=role)) == ("assume role", "new credentials of a user")
    assert told(home(bob=BOB_USES, role=trusting(admits(aws(ALICE)), own=(writes,)))) == PROVED


SUB = {"StringLike": {"token.actions.githubusercontent.com:sub": "repo:octo/*"}}


@pytest.mark.parametrize(
    ("condition", "steps"),
    [
        (SUB, ("assume role",)),
        ({"StringEquals": {"aws:PrincipalTag/team": "x"}}, PROVED),
        ({**SUB, **EXTERNAL}, PROVED),
    ],
)
def test_an_identity_of_a_provider(condition: dict[str, Any], steps: tuple[str, ...]) -> None:
    web = "sts:AssumeRoleWithWebIdentity"
    role = trusting(admits({"Federated": GITHUB}, web, Condition=condition), own=(USES,))
    before = state(others=(role,), held=(caller(GITHUB),), **NO_GRANTS)
    assert told(with_account(before, providers=(GITHUB,))) == steps
    other = GITHUB.replace("token.actions", "other.actions")
    elsewhere = state(others=(role,), held=(caller(other),), **NO_GRANTS)
    assert told(with_account(elsewhere, providers=(GITHUB, other))) == PROVED


UNSURE = ("unknown", "W1")
GOVERNED = ("write identity provider", "assume role")
ELSEWHERE = {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}


@pytest.mark.parametrize(
    ("mine", "providers", "steps"),
    [
        (own("iam:UpdateSAMLProvider", OKTA), (OKTA,), GOVERNED),
        (own("iam:UpdateSAMLProvider", OKTA), None, GOVERNED),
        (own("iam:UpdateSAMLProvider", OKTA), (), PROVED),
        (own("iam:UpdateSAMLProvider", OKTA, Condition=ELSEWHERE), (OKTA,), PROVED),
        (own("iam:UpdateSAMLProvider", OKTA + "2"), (OKTA,), PROVED),
        (own("iam:CreateSAMLProvider", OKTA), (), GOVERNED),
        (own("iam:CreateSAMLProvider", OKTA), (OKTA,), PROVED),
        (own("iam:CreateSAMLProvider", OKTA), None, ("unknown", "E0")),
        (own("iam:CreateSAMLProvider", Condition=ELSEWHERE), (), PROVED),
        (own("iam:CreateSAMLProvider", Condition={"Null": {"aws:RequestTag/team": "true"}}), (), GOVERNED),
        (own(["iam:DeleteSAMLProvider", "iam:CreateSAMLProvider"]), (OKTA,), UNSURE),
        (own("iam:DeleteSAMLProvider"), (), PROVED),
        (own("iam:TagSAMLProvider"), (OKTA,), UNSURE),
        (own("iam:TagSAMLProvider"), (OKTA + "2",), PROVED),
        (own("iam:DeleteSAMLProvider", Condition=ELSEWHERE), (OKTA,), PROVED),
    ],
)
def test_who_writes_a_provider_makes_its_assertions(
    mine: Statement, providers: tuple[str, ...] | None, steps: tuple[str, ...]
) -> None:
    # id_roles_providers_saml: the metadata document has the keys by which IAM validates assertions.
    condition = {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}}
    role = trusting(admits({"Federated": OKTA}, "sts:AssumeRoleWithSAML", Condition=condition), own=(USES,))
    assert told(with_account(home(mine, role=role), providers=providers)) == steps


@pytest.mark.parametrize(
    ("action", "providers", "steps"),
    [
        ("AddClientIDToOpenIDConnectProvider", (GITHUB,), UNSURE),
        ("UpdateOpenIDConnectProviderThumbprint", (GITHUB,), UNSURE),
        ("CreateOpenIDConnectProvider", (), UNSURE),
        ("DeleteOpenIDConnectProvider", (GITHUB,), UNSURE),
        ("TagOpenIDConnectProvider", (GITHUB,), UNSURE),
    ],
)
def test_whether_callers_have_tokens_of_a_provider_is_not_known(
    action: str, providers: tuple[str, ...], steps: tuple[str, ...]
) -> None:
    # id_roles_providers_create_oidc: tokens are signed by keys that the provider itself publishes.
    role = trusting(admits({"Federated": GITHUB}, "sts:AssumeRoleWithWebIdentity"), own=(USES,))
    assert told(with_account(home(own(f"iam:{action}"), role=role), providers=providers)) == steps
    assert told(with_account(home(own(f"iam:{action}", Condition=ELSEWHERE), role=role), providers=providers)) == PROVED
    other = trusting(admits({"Federated": OKTA}, "sts:AssumeRoleWithSAML"), own=(USES,))
    assert told(with_account(home(own(f"iam:{action}"), role=other), providers=(*providers, OKTA))) == PROVED


@pytest.mark.parametrize("anyone", ["*", aws("*")])
def test_a_role_that_any_provider_may_assume(anyone: Any) -> None:
    # docs/decisions.md: no page says that `*` leaves identities of providers out.
    role = trusting(admits(anyone, "sts:AssumeRoleWithSAML"), own=(USES,))
    assert told(with_account(home(own("iam:CreateSAMLProvider"), role=role), providers=())) == GOVERNED
    assert (
        told(
            with_account(
                home(own("iam:CreateSAMLProvider", f"arn:aws:iam::{HOME}:saml-provider/team-*"), role=role),
                providers=(),
            )
        )
        == GOVERNED
    )
    assert told(with_account(home(own("iam:CreateSAMLProvider"), role=role), providers=None)) == ("unknown", "E0")
    assert told(with_account(home(own("iam:CreateOpenIDConnectProvider"), role=role), providers=())) == PROVED
    assert told(with_account(home(own("iam:UpdateSAMLProvider"), role=role), providers=(OKTA,))) == GOVERNED
    assert told(with_account(home(own("iam:UpdateSAMLProvider"), role=role), providers=())) == PROVED
    web = trusting(admits(anyone, "sts:AssumeRoleWithWebIdentity"), own=(USES,))
    assert told(with_account(home(own("iam:CreateOpenIDConnectProvider"), role=web), providers=())) == UNSURE
    before = with_account(state(others=(role,), held=(caller(OKTA),), **NO_GRANTS), providers=(OKTA,))
    assert told(before) == ("assume role",)


def test_a_role_of_another_account_takes_both_accounts() -> None:
    # reference_policies_evaluation-logic-cross-account: the trust policy and Alice's own policies.
    statement = {"Effect": "Allow", "Principal": aws(PARTNER_TARGET), "Action": "kms:Decrypt", "Resource": "*"}
    role = trusting(admits(aws(ALICE)), arn=PARTNER_TARGET, own=(USES,))

    def asked(*mine: Statement) -> tuple[str, ...]:
        before = home(*mine, key=statement)
        accounts = (*before.estate.accounts, Account(PARTNER, (), (role,), providers=()))
        return told(replace(before, estate=replace(before.estate, accounts=accounts)))

    assert asked(own("sts:AssumeRole", PARTNER_TARGET)) == ("assume role",)
    assert asked(own("s3:*")) == PROVED
    assert (
        asked(own("sts:AssumeRole", PARTNER_TARGET, Condition={"StringEquals": {"aws:ResourceAccount": HOME}}))
        == PROVED
    )


def test_a_role_without_a_trust_policy_in_the_input() -> None:
    before = home(own("sts:AssumeRole"), role=identity(TARGET, USES))
    assert told(before) == ("unknown", "E2")


FAY = f"arn:aws:sts::{HOME}:federated-user/fay"
GET, TAG = "sts:GetFederationToken", "sts:TagSession"
NO_USER = own("kms:Decrypt", effect="Deny", Condition={"StringEquals": {"aws:PrincipalType": "User"}})
FEDERATES = ("get federation token",)


@pytest.mark.parametrize(
    ("mine", "named", "expected"),
    [
        ((own(GET),), "kms:Decrypt", FEDERATES),
        ((own(GET, FAY[:-1] + "*"),), "kms:Decrypt", FEDERATES),
        ((own(GET, f"{FAY}2"),), "kms:Decrypt", PROVED),
        # and Alice may not tag sessions
        ((own(GET, Condition={"Null": {"aws:TagKeys": "false"}}),), "kms:Decrypt", PROVED),
        # of temporary credentials alone
        ((own(GET, Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}),), "kms:Decrypt", PROVED),
        ((own(GET), own(GET, effect="Deny", Condition=ELSEWHERE)), "kms:Decrypt", FEDERATES),
        ((own(GET), own("sts:*", FAY, effect="Deny")), "kms:Decrypt", PROVED),
        ((own(GET),), "kms:PutKeyPolicy", (*FEDERATES, "put key policy")),
        # no key of the closure compares the names
        ((own(GET, FAY.replace("fay", "${aws:username}")),), "kms:Decrypt", ("unknown", "E0")),
        ((own([GET, "kms:Decrypt"]), NO_USER), None, FEDERATES),  # the session's policy intersects with the user's
        ((own(GET), NO_USER), None, PROVED),
        ((own([GET, TAG]), TAGGED), None, FEDERATES),
        ((own(GET, FAY, Condition={"Null": {"aws:TagKeys": "true"}}), own(TAG), TAGGED), None, PROVED),
        ((own(GET), TAGGED), None, PROVED),
        ((own(GET), own(TAG, Condition={"StringEquals": {"aws:RequestTag/team": "blue"}}), TAGGED), None, FEDERATES),
        ((own(GET), own(TAG, Condition={"StringEquals": {"aws:RequestTag/team": "red"}}), TAGGED), None, PROVED),
        # A call has to pass a tag, for which nothing else asks.
        ((own([GET, TAG], Condition={"StringEquals": {"aws:RequestTag/team": "blue"}}),), "kms:Decrypt", FEDERATES),
        (
            (own([GET, TAG], Condition={"StringEquals": {"aws:RequestTag/team": "blue"}}),),
            "kms:PutKeyPolicy",
            (*FEDERATES, "put key policy"),
        ),
    ],
)
def test_a_federated_session_of_a_name_and_tags(
    mine: tuple[Statement, ...], named: str | None, expected: tuple[str, ...]
) -> None:
    # id_credentials_temp_control-access_getfederationtoken; reference_policies_elements_principal, AWS STS federated
    # user sessions.
    key: dict[str, Any] = {} if named is None else {"key": allow(aws(FAY), named)}
    assert told(home(*mine, **key)) == expected


@pytest.mark.parametrize(("length", "expected"), [(1, PROVED), (2, FEDERATES), (32, FEDERATES), (33, PROVED)])
def test_names_of_federated_sessions_have_2_to_32_characters(length: int, expected: tuple[str, ...]) -> None:
    # API: GetFederationToken, Name.
    assert told(home(own(GET), key=allow(aws(FAY.replace("fay", "f" * length)), "kms:Decrypt"))) == expected


def test_a_federated_session_of_a_name_that_is_compared_with_its_users() -> None:
    # reference_policies_variables: Alice may ask for fay-Alice, which the closure does not look at.
    admits_all = allow("*", "kms:Decrypt", Condition={"ArnLike": {"aws:PrincipalArn": FAY.replace("fay", "*")}})
    assert told(home(own(GET, FAY + "-${aws:username}"), key=admits_all)) == ("unknown", "E0")
    assert told(home(own(GET, FAY + "-?"), key=admits_all)) == FEDERATES


@pytest.mark.parametrize(("named", "expected"), [("kms:Decrypt", FEDERATES), ("kms:Encrypt", PROVED)])
def test_a_federated_session_of_the_root_user(named: str, expected: tuple[str, ...]) -> None:
    # reference_policies_elements_principal, AWS STS federated user sessions: a policy names the session, whoever issued
    # it.
    root = Caller(CallerKind.ROOT, f"arn:aws:iam::{HOME}:root", HOME)
    before = replace(home(own("s3:Get*"), key=allow(aws(FAY), named), role=trusting(admits(aws(ALICE)))), held=(root,))
    assert told(supposing(before, "no key is shared through RAM")) == expected


@pytest.mark.parametrize(
    ("mine", "retiring", "expected"),
    [
        ((own(GET),), FAY, FEDERATES),
        ((own(GET, f"{FAY}2"),), FAY, PROVED),
        ((own("sts:AssumeRole", TARGET),), f"arn:aws:sts::{HOME}:assumed-role/target/night", ("assume role",)),
        (
            (own(["iam:CreateRole", "sts:AssumeRole"]),),
            f"arn:aws:iam::{HOME}:role/retires",
            ("make an identity or policy", "assume role"),
        ),
        (
            (own(["iam:CreateRole", "sts:AssumeRole"], f"arn:aws:iam::{HOME}:role/other"),),
            f"arn:aws:iam::{HOME}:role/retires",
            PROVED,
        ),
    ],
)
def test_whoever_comes_to_be_the_retiring_principal_of_a_grant(
    mine: tuple[Statement, ...], retiring: str, expected: tuple[str, ...]
) -> None:
    # API: CreateGrant, RetiringPrincipal: users, roles, federated users and assumed role users; grant-manage.
    given = grant(NOBODY, "Decrypt", retiring=retiring)
    before = state(*mine, others=(trusting(admits(aws(ALICE))),), facts={"grants": (given,)})
    assert told(before, "kms:RetireGrant") == expected


NOBODY = f"arn:aws:iam::{HOME}:user/Nobody"


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"Bool": {"aws:SecureTransport": "true"}}, ("create grant",)),
        ({"ForAllValues:StringEquals": {"kms:GrantOperations": "Decrypt"}}, ("create grant",)),
        ({"StringEquals": {"kms:GranteePrincipal": NOBODY}}, ("create grant",)),
        ({"StringEquals": {"kms:RetiringPrincipal": NOBODY, "kms:GranteePrincipal": NOBODY}}, ("unknown", "E0")),
        ({"Null": {"kms:RetiringPrincipal": "true"}, "StringEquals": {"kms:GranteePrincipal": NOBODY}}, PROVED),
        ({"Bool": {"kms:GrantIsForAWSResource": "true"}}, PROVED),
    ],
)
def test_whoever_creates_a_grant_may_retire_it(condition: dict[str, Any], expected: tuple[str, ...]) -> None:
    # grant-manage, Retiring and revoking grants: its retiring principal may, whom the request for the grant names.
    before = state(own("kms:CreateGrant", KEY, Condition=condition), facts={"grants": ()})
    assert told(before, "kms:RetireGrant") == expected


@pytest.mark.parametrize(
    ("mine", "account", "expected"),
    [((), HOME, PROVED), ((own(GET),), HOME, ("unknown", "E0")), ((), PARTNER, ("unknown", "E0"))],
)
def test_a_grant_to_a_user_is_none_to_sessions_of_users_of_other_accounts(
    mine: tuple[Statement, ...], account: str, expected: tuple[str, ...]
) -> None:
    # G2: a federated session may have been issued by any user of its account; those of the caller's own users are of
    # accounts outside.
    condition = {"StringEquals": {"kms:GranteePrincipal": NOBODY.replace(HOME, account)}}
    assert told(state(own("kms:CreateGrant", KEY, Condition=condition), *mine, facts={"grants": ()})) == expected


@pytest.mark.parametrize("operations", [["Decrypt", "CreateGrant"], ["Decrypt"]])
def test_whoever_is_granted_the_creation_of_grants_may_retire_a_child_grant(operations: list[str]) -> None:
    # grants, Grants for CreateGrant: a child grant is as strict as its parent, whose retiring principal it need not
    # share.
    condition = {
        "Null": {"kms:RetiringPrincipal": "true"},
        "ForAllValues:StringEquals": {"kms:GrantOperations": operations},
    }
    before = state(own("kms:CreateGrant", KEY, Condition=condition), facts={"grants": ()})
    assert told(before, "kms:RetireGrant") == (
        ("create grant", "create grant") if "CreateGrant" in operations else PROVED
    )


def test_a_federated_session_is_one_of_whoever_asks_for_it() -> None:
    # Bob's sessions may decrypt; those of Alice may not.
    bob = identity(BOB, own(["kms:Decrypt", GET]), NO_USER)
    assert told(home(own(GET), NO_USER, bob=bob)) == PROVED
    assert told(home(own(GET), own("iam:CreateAccessKey", BOB), NO_USER, bob=bob)) == (
        "new credentials of a user",
        *FEDERATES,
    )
    # A session of it writes to IAM in a console session, and calls STS nowhere (id_credentials_temp_request).
    by_type = {"StringEquals": {"aws:PrincipalType": "FederatedUser"}}
    assert told(home(own(GET), own("iam:PutUserPolicy", ALICE, Condition=by_type))) == (*FEDERATES, "put inline policy")
    admitted = trusting(admits(aws(FAY)), own=(USES,))
    assert told(home(own([GET, "sts:AssumeRole"]), role=admitted)) == PROVED
    # Neither a role nor a federated session asks for one.
    of_role = trusting(admits(aws(ALICE)), own=(own(GET),))
    assert told(home(role=of_role, key=allow(aws(FAY)))) == PROVED


@pytest.mark.parametrize("condition", [{}, {"StringEquals": {"iam:PermissionsBoundary": BASE}}], ids=["open", "shut"])
def test_a_federated_session_has_what_is_attached_to_its_issuer_in_the_meantime(condition: dict[str, Any]) -> None:
    # id_credentials_temp_request, Comparing the AWS STS API operations: a console session of it may call IAM; the
    # user's policies count.
    before = home({**own("iam:PutUserPolicy", ALICE), **({"Condition": condition} if condition else {})})
    asked = Invariant(
        "",
        Expectation.REFUSED,
        IssuedBy(PrincipalLike(Text(ALICE))),
        (Text("kms:Decrypt"),),
        None,
        ALWAYS,
        eventually=True,
    )
    (found,) = prove(before.estate, [asked], engine=Engine.SAT, steps=3).verdicts
    assert found.status is (Status.PROVED if condition else Status.REFUTED)


@pytest.mark.parametrize(
    ("pattern", "found"),
    [("ec2:*:*:instance/*", "unknown"), ("lambda:*:*:function:*", "pass role"), ("*:*:*:*", "pass role")],
)
def test_what_a_role_is_passed_for_is_of_the_service_that_is_given_it(pattern: str, found: str) -> None:
    # reference_policies_iam-condition-keys, iam:AssociatedResourceArn: the resource belongs to the service to which the
    # role is passed.
    passes = own("iam:PassRole", Condition={"ArnLike": {"iam:AssociatedResourceArn": f"arn:aws:{pattern}"}})
    assert told(home(passes, own("lambda:*eFunction"), role=BY_LAMBDA))[0] == found
