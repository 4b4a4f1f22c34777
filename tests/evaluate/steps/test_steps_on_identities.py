"""Steps on users, roles, groups and managed policies, each open, and shut by one condition (W2). Pages are of the IAM
User Guide."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.evaluate.estates import ALICE, HOME, KEY, Statement, aws, identity, level, organization, own, policy
from tests.evaluate.reaching import GITHUB, LAMBDA, OTHER, TARGET, admits, caller, trusting
from tests.evaluate.steps.ways import ALWAYS_HANDED, ASSUMED_BY, ENTERED_BY, HANDED_BY, HANDED_THROUGH, NAMED_BESIDES
from tests.evaluate.steps.worlds import ADMINS, BASE, BOB, BY, document, found, state, with_account
from tests.reach import moves
from verifier.evaluate import evaluate
from verifier.evaluate.steps import state_after
from verifier.model.estate import Group, Identity, ManagedPolicy, Workload
from verifier.model.organization import Controls
from verifier.model.policy import Policy, PolicyKind
from verifier.model.request import Caller
from verifier.model.steps.chains import Became, State
from verifier.model.steps.descriptions import StepKind
from verifier.model.steps.workloads import KINDS
from verifier.syntax.diagnostic import InputError

FUNCTION = f"arn:aws:lambda:us-west-2:{HOME}:function:intake"
USES = own("kms:Decrypt", KEY)
EVERYONE = trusting(admits({"AWS": "*"}), own=(USES,))


def can(at: State, who: str | Caller = ALICE, **context: Any) -> str:
    """Whether somebody can decrypt."""
    by = caller(who) if isinstance(who, str) else who
    return evaluate(at.estate, moves.request(by, "kms:Decrypt", KEY, context)).outcome.value


# --- assuming roles ---------------------------------------------------------------------------------------------------


def test_assume_role_open_and_shut() -> None:
    role = trusting(
        admits(aws(f"arn:aws:iam::{HOME}:root"), Condition={"StringEquals": {"sts:ExternalId": "x"}}), own=(USES,)
    )
    before = state(own("sts:AssumeRole", TARGET), others=(role,))
    move = moves.assume(BY, TARGET, context={"sts:ExternalId": "x"})
    assert found(before, move) == "allow"
    assert state_after(before, move).held == (BY, moves.session(TARGET))
    assert can(before, moves.session(TARGET)) == "allow"
    assert found(before, moves.assume(BY, TARGET)) == "deny"
    assert found(state(others=(role,)), move) == "deny"


def test_session_tags_need_a_permission_in_the_trust_policy_and_count_in_the_session() -> None:
    # id_session-tags, Permissions required to add session tags.
    tagged = own("kms:Decrypt", Condition={"StringEquals": {"aws:PrincipalTag/team": "blue"}})
    shut = trusting(admits(aws(ALICE)), own=(tagged,), tags=(("team", "red"),))
    given = trusting(
        admits(aws(ALICE)),
        admits(aws(ALICE), "sts:TagSession", Condition={"StringEquals": {"aws:RequestTag/team": ["blue", "green"]}}),
        own=(tagged,),
        tags=(("team", "red"),),
    )
    blue = moves.assume(BY, TARGET, (("team", "blue"),))
    assert found(state(others=(shut,)), blue) == "deny"
    before = state(others=(given,))
    assert found(before, blue) == "allow"
    assert found(before, moves.assume(BY, TARGET, (("team", "black"),))) == "deny"
    later = state_after(state_after(before, blue), moves.assume(BY, TARGET, name="plain"))
    assert [can(later, who) for who in later.held] == ["deny", "allow", "deny"]


def test_a_federated_session_has_its_name_its_tags_and_no_more_than_its_issuer() -> None:
    # id_credentials_temp_control-access_getfederationtoken; id_session-tags, Passing session tags using
    # GetFederationToken.
    fay = f"arn:aws:sts::{HOME}:federated-user/fay"
    tagged = own("kms:Decrypt", Condition={"StringEquals": {"aws:PrincipalTag/team": "blue"}})
    asks = own(
        ["sts:GetFederationToken", "sts:TagSession"], fay, Condition={"StringEquals": {"aws:RequestTag/team": "blue"}}
    )
    before = state(asks, own("sts:TagSession"), tagged)
    blue = moves.federate(BY, "fay", (("team", "blue"),))
    assert found(before, blue) == "allow"
    assert found(before, moves.federate(BY, "fay", (("team", "red"),))) == "deny"
    assert found(before, moves.federate(BY, "fay")) == "deny"
    assert found(before, moves.federate(BY, "guest", (("team", "blue"),))) == "deny"
    assert found(state(own("sts:*", TARGET)), moves.federate(BY, "fay")) == "deny"
    later = state_after(before, blue)
    session = later.held[-1]
    asked = moves.request(session, "kms:Decrypt", KEY)
    assert [evaluate(later.estate, one).outcome.value for one in (asked, replace(asked, session_policies=None))] == [
        "allow",
        "deny",
    ]
    assert found(later, moves.federate(session, "fay")) == "deny"
    with pytest.raises(InputError, match="federated session that its caller issues"):
        found(before, replace(blue, change=Became(replace(session, issuer=f"arn:aws:iam::{HOME}:root"))))


def test_an_identity_of_a_provider_assumes_the_role_that_names_it() -> None:
    by, sub = caller(GITHUB), "token.actions.githubusercontent.com:sub"
    web = "sts:AssumeRoleWithWebIdentity"
    role = trusting(admits({"Federated": GITHUB}, web, Condition={"StringLike": {sub: "repo:octo/*"}}), own=(USES,))
    before = state(others=(role,), held=(by,))
    assert found(before, moves.assume(by, TARGET, action=web, context={sub: "repo:octo/x"})) == "allow"
    assert found(before, moves.assume(by, TARGET, action=web, context={sub: "repo:evil/x"})) == "deny"
    assert found(before, moves.assume(by, TARGET, action=web)).startswith("depends U3:token")


# --- policies of identities -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("owner", "other"), [(ALICE, ()), (TARGET, (identity(TARGET),))])
def test_put_policy_open_and_shut(owner: str, other: tuple[Identity, ...]) -> None:
    action = f"iam:Put{'User' if owner == ALICE else 'Role'}Policy"
    move = moves.put_policy(BY, owner, document(USES, arn=f"{owner}#new"))
    before = state(own(action, owner), others=other)
    assert (can(before, owner), found(before, move), can(state_after(before, move), owner)) == (
        "deny",
        "allow",
        "allow",
    )
    # access_policies_boundaries, Delegating responsibility to others using permissions boundaries.
    bounded = own(action, Condition={"StringEquals": {"iam:PermissionsBoundary": BASE}})
    assert found(state(bounded, others=other), move) == "deny"


def test_an_inline_policy_of_the_same_name_gives_way() -> None:
    mine = document(own(["iam:*", "kms:Encrypt"]), arn=f"{ALICE}#inline")
    later = state_after(state(own("*")), moves.put_policy(BY, ALICE, mine))
    assert can(later) == "deny"
    assert later.estate.accounts[0].users[0].policies == (mine,)


def test_a_boundary_and_control_policies_hold_after_a_step() -> None:
    # access_policies_boundaries: the boundary still limits what the new policy allows.
    edge = policy(own(["iam:*"]), kind=PolicyKind.BOUNDARY, identity=f"{BASE}#boundary")
    move = moves.put_policy(BY, ALICE, document(USES, arn=f"{ALICE}#new"))
    before = state(own("iam:*"), alice={"bounded": True, "boundary": edge})
    assert (found(before, move), can(state_after(before, move))) == ("allow", "deny")
    controls = organization(Controls(HOME, service=(level(HOME, own("iam:*")),)))
    restricted = state(own("iam:*"), organization=controls)
    assert (found(restricted, move), can(state_after(restricted, move))) == ("allow", "deny")


def group_world(*statements: Any) -> State:
    """Alice, Bob of the group, and the group."""
    return state(*statements, others=(identity(BOB, groups=(ADMINS,)),), groups=(Group(ADMINS),))


def test_policies_of_a_group_are_those_of_its_members() -> None:
    move = moves.put_policy(BY, ADMINS, document(USES, arn=f"{ADMINS}#new"))
    before = group_world(own("iam:PutGroupPolicy", ADMINS))
    later = state_after(before, move)
    assert found(before, move) == "allow"
    assert (can(before, BOB), can(later, BOB), can(later)) == ("deny", "allow", "deny")
    assert found(group_world(own("iam:PutGroupPolicy", ADMINS + "2")), move) == "deny"


def test_join_group_open_and_shut() -> None:
    groups = (Group(ADMINS, (document(USES, arn=f"{ADMINS}#uses"),)),)
    before = state(own("iam:AddUserToGroup", ADMINS), groups=groups)
    move = moves.join(BY, ALICE, ADMINS)
    assert (can(before), found(before, move), can(state_after(before, move))) == ("deny", "allow", "allow")
    assert state_after(before, move).estate.accounts[0].users[0].groups == (ADMINS,)
    assert found(state(own("iam:AddUserToGroup", ALICE), groups=groups), move) == "deny"
    assert state_after(state_after(before, move), move) == state_after(before, move)
    (both,) = groups[0].policies
    attached = with_account(before, users=(replace(identity(ALICE), policies=(both,)),))
    assert state_after(attached, move).estate.accounts[0].users[0].policies == (both,)


MINE = ManagedPolicy(BASE, (("v1", document(own("kms:Encrypt"), arn=BASE)), ("v2", document(USES, arn=BASE))), "v1")


def test_attach_policy_open_and_shut() -> None:
    admin = "arn:aws:iam::aws:policy/AdministratorAccess"
    move = moves.attach(BY, ALICE, document(own("*"), arn=admin))
    before = state(own("iam:AttachUserPolicy"))
    assert (can(before), found(before, move), can(state_after(before, move))) == ("deny", "allow", "allow")
    # reference_policies_iam-condition-keys, iam:PolicyARN; access_controlling, Controlling access to policies.
    narrow = state(own("iam:AttachUserPolicy", Condition={"ArnEquals": {"iam:PolicyARN": BASE}}), managed=(MINE,))
    assert found(narrow, move) == "deny"
    base = moves.attach(BY, ALICE, MINE.versions[0][1])
    assert found(narrow, base) == "allow"
    assert can(state_after(narrow, base)) == "deny"


def test_a_managed_policy_whose_document_is_missing_may_allow_and_deny() -> None:
    poweruser = Policy(PolicyKind.IDENTITY, "arn:aws:iam::aws:policy/PowerUserAccess", "PowerUserAccess", True, ())
    before = group_world(own("iam:Attach*"))
    later = state_after(before, moves.attach(BY, ADMINS, poweruser, known=False))
    assert (can(later, BOB), can(later)) == ("depends", "deny")
    assert can(state_after(later, moves.join(BY, ALICE, ADMINS))) == "depends"
    assert can(state_after(before, moves.attach(BY, ALICE, poweruser, known=False))) == "depends"


@pytest.mark.parametrize("step", [moves.new_version, moves.set_version])
def test_another_version_open_and_shut(step: Any) -> None:
    action = "iam:CreatePolicyVersion" if step is moves.new_version else "iam:SetDefaultPolicyVersion"
    move = step(BY, MINE.versions[1][1])
    alice = replace(identity(ALICE), policies=(document(own(action, BASE), arn=f"{ALICE}#own"), MINE.versions[0][1]))
    before = with_account(state(managed=(MINE,)), users=(alice,))
    later = state_after(before, move)
    assert (can(before), found(before, move), can(later)) == ("deny", "allow", "allow")
    assert later.estate.accounts[0].managed[0].default == "v2"
    shut = with_account(
        before, users=(replace(identity(ALICE), policies=(document(own(action, BASE + "x"), arn=f"{ALICE}#own"),)),)
    )
    assert found(shut, move) == "deny"


def test_a_new_version_is_in_force_as_a_boundary_and_in_groups_too() -> None:
    edge = replace(MINE.versions[0][1], kind=PolicyKind.BOUNDARY, identity=f"{BASE}#boundary")
    alice = identity(ALICE, own("*"), bounded=True, boundary=edge)
    bob = replace(identity(BOB, groups=(ADMINS,)), policies=(MINE.versions[0][1],))
    before = with_account(state(managed=(MINE,), groups=(Group(ADMINS, (MINE.versions[0][1],)),)), users=(alice, bob))
    later = state_after(before, moves.new_version(BY, document(USES, arn=BASE)))
    assert ((can(before), can(before, BOB)), (can(later), can(later, BOB))) == (("deny", "deny"), ("allow", "allow"))
    (account,) = later.estate.accounts
    assert account.users[0].boundary is not None
    assert account.users[0].boundary.kind is PolicyKind.BOUNDARY
    assert account.groups[0].policies == (document(USES, arn=BASE),)


def test_put_trust_open_and_shut() -> None:
    # roles-managingrole-editing-cli, Modifying a role trust policy.
    opened = policy(admits(aws(ALICE)), kind=PolicyKind.TRUST, identity=f"{TARGET}#trust")
    role = trusting(admits({"Service": LAMBDA}), own=(USES,))
    before = state(own("iam:UpdateAssumeRolePolicy", TARGET), others=(role,))
    move, assume = moves.put_trust(BY, TARGET, opened), moves.assume(BY, TARGET)
    assert (found(before, assume), found(before, move), found(state_after(before, move), assume)) == (
        "deny",
        "allow",
        "allow",
    )
    assert found(state(own("iam:Update*", OTHER), others=(role,)), move) == "deny"


@pytest.mark.parametrize("action", ["iam:CreateAccessKey", "iam:CreateLoginProfile", "iam:UpdateLoginProfile"])
def test_become_user_open_and_shut(action: str) -> None:
    before = state(own(action, BOB), others=(identity(BOB, USES),))
    move = moves.become(BY, BOB, action)
    assert found(before, move) == "allow"
    assert state_after(before, move).held == (BY, caller(BOB))
    assert found(state(own(action, BOB + "x"), others=(identity(BOB),)), move) == "deny"


def test_pass_role_open_and_shut() -> None:
    # id_roles_use_passrole: a trust policy that lets the service assume the role, iam:PassRole of the user, and the
    # service's own action.
    role = trusting(admits({"Service": LAMBDA}), own=(USES,))
    passes = own("iam:PassRole", TARGET, Condition={"StringEquals": {"iam:PassedToService": LAMBDA}})
    before = state(passes, own(list(moves.TO_LAMBDA)), others=(role,))
    move = moves.pass_role(BY, TARGET)
    assert found(before, move) == "allow"
    # nothing starts what was made
    assert found(state(passes, own("lambda:CreateFunction"), others=(role,)), move) == "deny"
    assert can(state_after(before, move), state_after(before, move).held[-1]) == "allow"
    assert found(state(passes, others=(role,)), move) == "deny"
    assert found(state(own("lambda:*"), others=(role,)), move) == "deny"
    assert found(state(passes, own("lambda:*"), others=(EVERYONE,)), move) == "depends P1"
    other = moves.pass_role(BY, TARGET, "ec2.amazonaws.com", ("ec2:RunInstances",))
    assert found(state(passes, own("ec2:*"), others=(role,)), other) == "deny"
    assert found(state(own("*"), others=(role,)), other) == "deny"
    deputy = trusting(admits({"Service": LAMBDA}, Condition={"StringEquals": {"aws:SourceAccount": HOME}}))
    assert found(state(own("*"), others=(deputy,)), move).startswith("depends U3:aws:sourceaccount")
    barred = trusting(admits({"Service": LAMBDA}), {"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole"})
    assert found(state(own("*"), others=(barred,)), move) == "deny"


# --- code that runs ---------------------------------------------------------------------------------------------------

INSTANCE = f"arn:aws:ec2:us-west-2:{HOME}:instance/i-1"
DOCUMENT = "arn:aws:ssm:us-west-2::document/AWS-RunShellScript"
JOB, GLUE = f"arn:aws:glue:us-west-2:{HOME}:job/nightly", "glue.amazonaws.com"
GLUE_JOB = "glue:UpdateJob", GLUE


def running(
    *mine: Statement, kind: str = "functions", arn: str = FUNCTION, service: str = LAMBDA, **facts: Any
) -> State:
    """Alice, and code that runs as the target, which a service may assume."""
    before = state(
        *mine, others=(trusting(admits({"Service": service}), own=(USES,)), trusting(admits(aws(ALICE)), arn=OTHER))
    )
    return with_account(before, workloads=(Workload(kind, arn, (TARGET,), **facts),))


def test_change_code_open_and_shut() -> None:
    # Lambda guide, lambda-intro-execution-role; Service Authorization Reference, AWS Lambda: UpdateFunctionCode is on a
    # function.
    move = moves.change_code(BY, FUNCTION, TARGET, "lambda:UpdateFunctionCode")
    mine = own("lambda:UpdateFunctionCode", FUNCTION)
    assert found(running(mine), move) == "allow"
    assert can(state_after(running(mine), move), moves.session(TARGET)) == "allow"
    assert found(running(own("lambda:UpdateFunctionCode", f"{FUNCTION}-other")), move) == "deny"
    assert found(running({**mine, "Condition": {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}}), move) == "deny"
    assert found(running(mine, service="ec2.amazonaws.com"), move) == "deny"  # Lambda cannot assume the role


def test_change_code_heeds_the_tags_of_what_runs() -> None:
    mine = own("ssm:StartSession", Condition={"StringEquals": {"ssm:resourceTag/team": "red"}})
    move = moves.change_code(BY, INSTANCE, TARGET, "ssm:StartSession")
    tagged = {"kind": "instances", "arn": INSTANCE, "service": "ec2.amazonaws.com"}
    assert found(running(mine, **tagged, tags=(("team", "red"),)), move) == "allow"
    assert found(running(mine, **tagged, tags=()), move) == "deny"
    assert found(running(mine, **tagged), move).startswith("depends U3:ssm:resourcetag/team ")


def test_run_command_takes_the_document_as_well() -> None:
    # Systems Manager guide, run-command-setting-up: a policy covers instances and documents.
    before = running(own("ssm:SendCommand", INSTANCE), kind="instances", arn=INSTANCE, service="ec2.amazonaws.com")
    move = moves.change_code(BY, INSTANCE, TARGET, "ssm:SendCommand", besides=[("ssm:SendCommand", DOCUMENT)])
    assert found(before, move) == "deny"
    both = running(
        own("ssm:SendCommand", [INSTANCE, DOCUMENT]), kind="instances", arn=INSTANCE, service="ec2.amazonaws.com"
    )
    assert found(both, move) == "allow"
    with pytest.raises(InputError, match="besides"):
        found(both, moves.change_code(BY, INSTANCE, TARGET, "ssm:SendCommand"))


def test_code_is_given_a_role_that_its_service_may_assume_and_the_caller_pass() -> None:
    # Glue API, UpdateJob (JobUpdate, Role); IAM: id_roles_use_passrole.
    plain = {"kind": "glue_jobs", "arn": JOB, "service": GLUE}
    before = running(own("glue:UpdateJob", JOB), own("iam:PassRole", OTHER), **plain)
    admits_glue = trusting(admits({"Service": GLUE}), arn=OTHER, own=(USES,))
    open_ = with_account(
        before, roles=tuple(admits_glue if one.arn == OTHER else one for one in before.estate.accounts[0].roles)
    )
    assert found(open_, moves.hand(BY, JOB, OTHER, *GLUE_JOB)) == "allow"
    assert found(before, moves.hand(BY, JOB, OTHER, *GLUE_JOB)) == "deny"  # Glue cannot assume the role
    assert found(running(own("glue:UpdateJob", JOB), **plain), moves.hand(BY, JOB, TARGET, *GLUE_JOB)) == "deny"
    assert found(running(own("iam:PassRole"), **plain), moves.hand(BY, JOB, TARGET, *GLUE_JOB)) == "deny"
    for how in (("glue:StartJobRun", GLUE), ("glue:UpdateJob", LAMBDA)):
        with pytest.raises(InputError, match="gives glue_jobs no other role"):
            found(open_, moves.hand(BY, JOB, OTHER, *how))


def test_an_instance_that_is_given_a_profile_takes_pass_role() -> None:
    # EC2 API, AssociateIamInstanceProfile: permission for iam:PassRole on the role of the profile.
    giving = ("ec2:AssociateIamInstanceProfile", "ec2-instance-connect:SendSSHPublicKey")
    before = running(own([*giving]), kind="instances", arn=INSTANCE, service="ec2.amazonaws.com")
    with pytest.raises(InputError, match="take the role that they run as"):
        found(before, moves.change_code(BY, INSTANCE, TARGET, *giving))


SETS = f"arn:aws:cloudformation:us-west-2:{HOME}:stackset/base:1"
MAKES_SETS = ("cloudformation:CreateStackSet", "cloudformation:CreateStackInstances")


def stack_set(*mine: Statement, assumes: str = TARGET, trusts: str = "cloudformation.amazonaws.com") -> State:
    """Alice, a stack set with a stack here, and an administration role for stack sets, which may assume a role that
    admits it by name."""
    before = running(*mine, kind="stack_instances", arn=SETS)
    administers = trusting(admits({"Service": trusts}), arn=OTHER, own=(own("sts:AssumeRole", assumes),))
    target = trusting(admits({"AWS": f"arn:aws:iam::{HOME}:root"}), own=(USES,))
    workloads = (Workload("stack_instances", SETS, (), None),)
    return with_account(before, roles=(administers, target), workloads=workloads)


@pytest.mark.parametrize("existing", [True, False])
def test_a_stack_set_acts_as_what_the_role_that_is_passed_may_assume(existing: bool) -> None:
    # CloudFormation User Guide: stacksets-prereqs-self-managed.
    actions = ("cloudformation:UpdateStackSet",) if existing else MAKES_SETS
    passing = moves.request(BY, "iam:PassRole", OTHER, {"iam:PassedToService": "cloudformation.amazonaws.com"})
    on = [moves.request(BY, action, None if action.endswith("CreateStackSet") else SETS) for action in actions]
    move = replace(moves.pass_role(BY, TARGET), requests=(passing, *on))
    move = replace(move, kind=StepKind.CHANGE_CODE) if existing else move
    mine = [own("iam:PassRole", OTHER), *(own(action) for action in actions)]
    assert found(stack_set(*mine), move) == "allow"
    assert found(stack_set(*mine, assumes=f"{TARGET}-other"), move) == "deny"
    assert found(stack_set(*mine, trusts=LAMBDA), move) == "deny"
    assert found(stack_set(*mine[1:]), move) == "deny"
    assert found(stack_set(mine[0], *mine[2:]), move) == "deny"
    with pytest.raises(InputError, match="takes? .*"):
        found(stack_set(*mine), replace(move, requests=tuple(on) if existing else (passing, on[0])))


@pytest.mark.parametrize(
    ("code", "role", "actions", "says"),
    [
        (f"{FUNCTION}-other", TARGET, ("lambda:UpdateFunctionCode",), "of which the input says that it runs"),
        (FUNCTION, OTHER, ("lambda:UpdateFunctionCode",), "of which the input says that it runs"),
        (FUNCTION, TARGET, ("lambda:AddPermission",), "no way to change or enter functions"),
        (FUNCTION, TARGET, ("ssm:StartSession",), "no way to change or enter functions"),
    ],
)
def test_another_change_of_code_is_an_error(code: str, role: str, actions: tuple[str, ...], says: str) -> None:
    with pytest.raises(InputError, match=says):
        found(running(own("*")), moves.change_code(BY, code, role, *actions))


def test_the_ways_into_code_are_those_that_were_written_a_second_time() -> None:
    kinds = [kind for kind in KINDS.values() if kind.ways or kind.placing]
    assert {
        kind.name: {tuple(a for a, on in way if not on) for way in (*kind.ways, *kind.placing)} for kind in kinds
    } == {name: set(ways) for name, ways in ENTERED_BY.items()}
    assert {kind.name: kind.services for kind in kinds} == ASSUMED_BY
    assert {
        kind.name: tuple(dict.fromkeys(way[0][0] for way in kind.handing)) for kind in kinds if kind.handing
    } == HANDED_BY
    assert {kind.name for kind in kinds if kind.through} == HANDED_THROUGH
    assert {kind.name for kind in kinds if kind.through or not kind.ways} == ALWAYS_HANDED
    besides = {way[0][0]: (action, on) for kind in kinds for way in kind.ways for action, on in way if on}
    assert {first: action for first, (action, _) in besides.items()} == {
        first: action for first, (action, _) in NAMED_BESIDES.items()
    }
    assert all(on.endswith(NAMED_BESIDES[first][1]) for first, (_, on) in besides.items())
