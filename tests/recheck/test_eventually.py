"""Certificates of `can eventually`: those of the examples are accepted; no other set, query, step, catalogue or estate
is."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from tests.evaluate.estates import ALICE, HOME, KEY, allow, aws, deny, identity, own, policy
from tests.evaluate.reaching import TARGET, admits, trusting
from tests.evaluate.steps.worlds import ADMINS, BASE, BOB, document, state
from tests.examples import RANDOM
from tests.project.shown import ROOT
from tests.reach.test_open_and_shut_identities import CASES, home
from verifier import invariants, load
from verifier.language.invariants.files import suppose
from verifier.model.estate import Estate, Group, Identity, ManagedPolicy
from verifier.model.invariant import ALWAYS, Expectation, Invariant, PrincipalLike
from verifier.model.policy import PolicyKind, Text
from verifier.model.steps.chains import State
from verifier.model.unmodelled import Influence, Unmodelled
from verifier.problem.semantics.targets import Target, key_target
from verifier.problem.subjects import targets_of
from verifier.recheck import closed_set
from verifier.recheck.eventually import Reaching, check_eventual
from verifier.recheck.tables import Rejected
from verifier.verify.certificate import eventual_entry
from verifier.verify.certifying import Satisfied, attempt

Json = Any
PLACE = ROOT / "examples" / "escalation"
PROVED = {
    "developers of tasks do not come to decrypt": 2,
    "the pipeline does not come to decrypt": 0,
    "support does not break the glass": 2,
    "outsiders do not come to the tickets": 2,
    "a clerk does not open the archive": 0,
}
"""The proofs of the examples, each with how many facts its set has."""
SAM = "support does not break the glass"


@cache
def asked() -> tuple[Estate, dict[str, tuple[Target, Invariant]]]:
    """The example, and what it says of steps by name."""
    estate, found = load(PLACE), invariants(PLACE / "escalation.inv")
    by_name = ((found[number], target) for target, numbers in targets_of(estate, found) for number in numbers)
    return estate, {one.name: (target, one) for one, target in by_name if isinstance(one, Invariant) and one.eventually}


@cache
def _made(name: str) -> str:
    estate, by_name = asked()
    return json.dumps(eventual_entry(estate, *by_name[name], {}))


def made(name: str) -> Json:
    """The entry of an invariant, as it comes back from a file; why there is none."""
    return json.loads(_made(name))


def check(entry: Json, name: str, estate: Estate | None = None) -> None:
    own, by_name = asked()
    check_eventual(entry, estate or own, *by_name[name], {})


@pytest.mark.parametrize("name", PROVED)
def test_each_proof_of_the_examples_is_accepted(name: str) -> None:
    entry = made(name)
    check(entry, name)
    assert len(entry["facts"]) == PROVED[name]


@pytest.mark.parametrize("name", sorted({"the glass cannot be broken", "a curator does not open the archive"}))
def test_what_is_refuted_has_no_set(name: str) -> None:
    assert isinstance(made(name), str)


@pytest.mark.parametrize("number", range(2))
def test_a_set_without_one_of_its_facts_is_rejected(number: int) -> None:
    entry = made(SAM)
    del entry["facts"][number]
    with pytest.raises(Rejected, match="steps on each role"):
        check(entry, SAM)


def test_a_set_with_another_fact_is_rejected() -> None:
    """What it says is another question, though one that may have a proof."""
    entry = made(SAM)
    entry["facts"].append(["inline", "arn:aws:iam::111122223333:role/api"])
    with pytest.raises(Rejected):
        check(entry, SAM)


def weakened(entry: Json, query: Json) -> None:
    """A part of what must not be possible is left out: what is left has a proof as well."""
    query["nodes"][query["roots"][-1]] = ["constant", False]


CHANGES: dict[str, Callable[[Json, Json], object]] = {
    "a step left out": lambda entry, query: entry["queries"].remove(query),
    "another order": lambda entry, query: entry["queries"].reverse(),
    "weakened": weakened,
    "half of the proof": lambda entry, query: query.update(proof=query["proof"][:-1]),
    "no queries": lambda entry, query: entry["queries"].clear(),
    "catalogue": lambda entry, query: entry.update(catalogue="another one"),
    "supposed": lambda entry, query: entry.update(supposed=["nobody calls sts:AssumeRole"]),
    "verdict": lambda entry, query: entry.update(verdict="refuted"),
    "everything given up": lambda entry, query: entry.update(facts=[["account", "111122223333"]]),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_rejected(change: str) -> None:
    entry = made(SAM)
    CHANGES[change](entry, entry["queries"][0])
    with pytest.raises(Rejected):
        check(entry, SAM)


def test_another_estate_is_rejected() -> None:
    """The user may write to a role that the set does not have."""
    estate, _ = asked()
    (account,) = estate.accounts
    dana, *others = account.users
    freed = replace(others[2], policies=(*others[2].policies, *dana.policies))
    assert freed.arn.endswith("user/sam")
    users = (dana, others[0], others[1], freed, *others[3:])
    with pytest.raises(Rejected):
        check(made(SAM), SAM, replace(estate, accounts=(replace(account, users=users),)))


# -- every step: what Alice may do leads to the key, and no set is short of it --

NO_GRANTS = {"facts": {"grants": ()}}
PROVIDER = f"arn:aws:iam::{HOME}:oidc-provider/idp.example.com"
OPEN = (
    *(
        "iam:PutUserPolicy",
        "iam:AttachUserPolicy",
        "iam:CreateRole",
        "ram:CreateResourceShare",
        "sso:CreateAccountAssignment",
    ),
    *("kms:Decrypt", "kms:ReEncryptFrom", "kms:PutKeyPolicy", "kms:CreateGrant", "sts:GetFederationToken"),
)


def entry_of(*mine: dict[str, Json], supposed: Sequence[str] = (), others: Sequence[Identity] = ()) -> Json:
    """The entry of what Alice comes to, or why there is none."""
    before = state(*mine, groups=(Group(ADMINS),), others=(identity(BOB), *others), **NO_GRANTS)  # type: ignore[arg-type]
    return entry_from(replace(before, estate=suppose(before.estate, *supposed)))


def nobody() -> Invariant:
    whom = PrincipalLike(Text(ALICE))
    return Invariant(
        "", Expectation.REFUSED, whom, (Text("kms:Decrypt"),), None, ALWAYS, (), "no escalation", eventually=True
    )


def entry_from(before: State) -> Json:
    return eventual_entry(before.estate, key_target(before.estate.keys[0]), nobody(), {})


@pytest.mark.parametrize("action", OPEN)
def test_a_step_that_leads_there_leaves_every_set(action: str) -> None:
    assert isinstance(entry_of(own(action)), str)


@pytest.mark.parametrize(
    ("step", "condition"),
    [
        ("kms:CreateAlias", {"StringEquals": {"kms:RequestAlias": "alias/open"}}),
        ("kms:DeleteAlias", {"Null": {"kms:ResourceAliases": "true"}}),
        ("kms:TagResource", {"StringEquals": {"aws:ResourceTag/Team": "green"}}),
        ("iam:TagUser", {"StringEquals": {"aws:PrincipalTag/team": "red"}}),
    ],
)
def test_what_a_condition_asks_for_may_have_been_changed(step: str, condition: Json) -> None:
    uses = own("kms:Decrypt", Condition=condition)
    assert isinstance(entry_of(uses, own(step)), str) and isinstance(entry_of(uses), dict)


@pytest.mark.parametrize(("kind", "other"), [("PRIMARY", "REPLICA"), ("REPLICA", "PRIMARY")])
def test_w1_who_may_update_the_primary_region_by_the_key_policy_alone_leaves_every_set(kind: str, other: str) -> None:
    """What the key is open to as a replica, or as the primary key, it may be open to then [UpdatePrimaryRegion]."""
    as_other = allow(aws(ALICE), "kms:Decrypt", Condition={"StringEquals": {"kms:MultiRegionKeyType": other}})
    key = {"arn": KEY.replace("key/", "key/mrk-"), "multi_region": True, "multi_region_type": kind, "grants": ()}
    for action, proved in ("kms:UpdatePrimaryRegion", False), ("kms:SynchronizeMultiRegionKey", True):
        before = state(facts={**key, "policies": (policy(as_other, allow(aws(ALICE), action)),)})
        assert isinstance(entry_from(before), dict) == proved


def test_u4_who_may_do_an_action_of_kms_that_no_data_knows_leaves_every_set() -> None:
    """Whichever policy lets it, unless it is supposed that nobody calls it [reference_policies_elements_action]."""
    by_key_policy = {"facts": {"policies": (policy(allow(aws(ALICE), "kms:FrobKey")),), "grants": ()}}
    for before in state(**by_key_policy), state(own("kms:FrobKey"), **NO_GRANTS):  # type: ignore[arg-type]
        assert isinstance(entry_from(before), str)
        supposed = replace(before, estate=suppose(before.estate, "nobody calls kms:Frob*"))
        assert isinstance(entry_from(supposed), dict)


@pytest.mark.parametrize(
    "opened",
    [
        allow(aws(TARGET), "kms:Decrypt", Condition={"Null": {"aws:FederatedProvider": "false"}}),
        allow({"Federated": PROVIDER}, "kms:Decrypt", Condition={"StringEquals": {"aws:PrincipalAccount": HOME}}),
    ],
)
def test_f6_a_trust_policy_that_is_written_admits_whom_the_first_one_did_not(opened: Json) -> None:
    """Identities of a provider, with whose sessions the key policy is content."""
    role = trusting(admits({"Service": "backup.amazonaws.com"}))
    for action, proved in ("iam:UpdateAssumeRolePolicy", False), ("iam:UpdateRole", True):
        before = state(own(action), key=opened, others=(role,), **NO_GRANTS)  # type: ignore[arg-type]
        assert isinstance(entry_from(before), dict) == proved


@pytest.mark.parametrize("label", ["E0", "W1"])
def test_what_the_checker_does_not_follow_has_no_set(label: str) -> None:
    before = state(own("s3:ListBucket"), **NO_GRANTS)  # type: ignore[arg-type]
    assert isinstance(entry_from(before), dict)
    thing = Unmodelled("a policy", label, Influence.MAY_ALLOW, "it is not followed", of_statement=True)
    assert "not followed" in entry_from(replace(before, estate=replace(before.estate, unmodelled=(thing,))))


def test_w3_what_runs_as_a_role_is_followed_unless_it_is_supposed_that_nobody_changes_it() -> None:
    action, uses = "cloudformation:UpdateStack", (own("kms:Decrypt"),)
    roles = [trusting(admits({"Service": f"{name}.amazonaws.com"}), own=uses) for name in ("lambda", "cloudformation")]
    assert [isinstance(entry_of(own(action), others=(role,)), str) for role in roles] == [False, True]
    sentence = f"nobody changes what runs as {TARGET.split(':')[-1]} in {HOME}"
    assert isinstance(entry_of(own(action), others=roles[1:], supposed=[sentence]), dict)


def test_w1_what_takes_a_role_may_run_code_as_another_one() -> None:
    """A fleet as the role that every instance has for Systems Manager; a function, which must name a role, as those for
    which its answers speak."""
    uses = (own("kms:Decrypt"),)
    by_ssm, by_transfer = (
        trusting(admits({"Service": f"{name}.amazonaws.com"}), own=uses) for name in ("ssm", "transfer")
    )
    of_function = trusting(admits({"Service": "lambda.amazonaws.com"}), arn=f"{TARGET}-2")
    assert isinstance(entry_of(own("ec2:CreateFleet"), others=(by_ssm,)), str)
    assert isinstance(entry_of(own("ec2:CreateFleet"), others=(by_transfer,)), dict)
    makes, passes = own("lambda:CreateFunction"), own("iam:PassRole", of_function.arn)
    assert isinstance(entry_of(makes, others=(by_transfer, of_function)), dict)
    assert isinstance(entry_of(makes, passes, others=(by_transfer, of_function)), str)


@pytest.mark.parametrize(("service", "reached"), [("states", True), ("lambda", False)])
def test_w1_whom_the_role_of_a_state_machine_may_assume_is_followed(service: str, reached: bool) -> None:
    """As the input says that starts it [Step Functions: state-task, Credentials]."""
    machine, runs = f"arn:aws:iam::{HOME}:role/machine", admits({"Service": f"{service}.amazonaws.com"})
    target = trusting(admits(aws(machine)), own=(own("kms:Decrypt"),))
    roles = trusting(runs, arn=machine, own=(own("sts:AssumeRole"),)), target
    assert isinstance(entry_of(own("states:StartExecution"), others=roles), str) == reached


NOWHERE: tuple[tuple[str | list[str], str], ...] = (
    *((f"iam:{does}UserPolicy", BOB) for does in ("Put", "Attach", "Delete", "Detach")),
    *((f"iam:{does}GroupPolicy", ADMINS) for does in ("Put", "Attach", "Delete", "Detach")),
    *((f"iam:{does}UserPermissionsBoundary", BOB) for does in ("Put", "Delete")),
    *((name, BOB) for name in ("iam:TagUser", "iam:CreateAccessKey", "iam:UpdateLoginProfile")),
    *((name, ADMINS) for name in ("iam:AddUserToGroup", "iam:RemoveUserFromGroup")),
    *((name, TARGET) for name in ("iam:UpdateAssumeRolePolicy", "iam:TagRole", "iam:PassRole", "iam:PutRolePolicy")),
    *((name, "*") for name in ("lambda:InvokeFunction", "glue:StartJobRun", "ec2:RunInstances")),
    *((["sts:AssumeRole", *more], "*") for more in ((), ("iam:PutGroupPolicy", "iam:PassRole", "iam:TagUser"))),
)
"""Steps, each with what it is on, that lead nowhere: nobody who is held has what they give, or comes to use it."""


@pytest.mark.parametrize(("action", "on"), NOWHERE)
def test_no_fact_of_a_set_can_be_left_out(action: str | list[str], on: str) -> None:
    """Somebody may take the step that gives it: a query has a solution then."""
    by_backup, by_alice = (
        trusting(admits({"Service": "backup.amazonaws.com"})),
        trusting(admits(aws(ALICE)), arn=f"{TARGET}-2"),
    )
    before = state(own(action, on), groups=(Group(ADMINS),), others=(identity(BOB), by_backup, by_alice), **NO_GRANTS)  # type: ignore[arg-type]
    facts, question = entry_from(before)["facts"], (before.estate, key_target(before.estate.keys[0]), nobody())
    assert facts
    for fact in facts:
        fewer = Reaching.of(*question, [one for one in facts if one != fact])
        assert any(isinstance(attempt(query(), {}), Satisfied) for _, query in fewer.queries()), fact


BY_EC2 = trusting(admits({"Service": "ec2.amazonaws.com"}), own=(own("kms:Decrypt"),), tags=(("team", "red"),))
PASSES = own("iam:PassRole", Condition={"StringEquals": {"aws:ResourceTag/team": "blue"}})
STARTS = own("ec2:RunInstances")


def test_a_role_that_is_passed_is_held_once_a_service_can_be_made_to_run_code_as_it() -> None:
    """Whatever the tags of the role [IAM: id_roles_use_passrole]."""
    assert isinstance(entry_of(PASSES, STARTS, others=(BY_EC2,)), str)
    passed, started = entry_of(PASSES, others=(BY_EC2,)), entry_of(STARTS, others=(BY_EC2,))
    assert [fact[:2] for fact in passed["facts"]] == [["passed", BY_EC2.arn]]
    assert {fact[0] for fact in started["facts"]} == {"starts"}


BY_LAMBDA = trusting(admits({"Service": "lambda.amazonaws.com"}), admits(aws(ALICE)))
GRANTS = own("kms:CreateGrant", Condition={"StringEquals": {"kms:ViaService": "lambda.us-west-2.amazonaws.com"}})
ASSUMES = own("sts:AssumeRole")


def test_w1_a_role_of_a_function_that_is_held_may_have_a_grant_that_lambda_makes() -> None:
    others, by_ec2 = (BY_LAMBDA,), {"StringEquals": {"kms:ViaService": "ec2.us-west-2.amazonaws.com"}}
    assert isinstance(entry_of(GRANTS, ASSUMES, others=others), str)
    assert isinstance(entry_of(GRANTS, others=(trusting(admits({"Service": "lambda.amazonaws.com"})),)), dict)
    assert isinstance(entry_of(GRANTS, ASSUMES, others=(trusting(admits(aws(ALICE))),)), dict)
    assert isinstance(entry_of(own("kms:CreateGrant", Condition=by_ec2), ASSUMES, others=others), dict)
    by_eks = {"StringLike": {"kms:ViaService": "eks.*"}}
    assert isinstance(entry_of(own("kms:CreateGrant", Condition=by_eks), ASSUMES, others=others), dict)


def test_w1_a_set_that_leaves_out_what_lambda_grants_is_rejected() -> None:
    one, other = (
        state(ASSUMES, *more, others=(BY_LAMBDA,), **NO_GRANTS)  # type: ignore[arg-type]
        for more in ((), (GRANTS,))
    )
    entry = entry_from(one)
    check_eventual(entry, one.estate, key_target(one.estate.keys[0]), nobody(), {})
    with pytest.raises(Rejected, match="the key"):
        check_eventual(entry, other.estate, key_target(other.estate.keys[0]), nobody(), {})


def test_tags_may_be_passed_on_once_something_was_changed() -> None:
    """Sessions of a role have the tags that somebody can pass to it at first (F3), until a caller changes who can do
    what."""
    role = trusting(
        admits(aws(ALICE)), own=(own("kms:Decrypt", Condition={"StringEquals": {"aws:PrincipalTag/team": "red"}}),)
    )
    entry = entry_of(own("sts:AssumeRole"), others=(role,))
    assert entry["facts"] == [["holds", role.arn]]
    assert isinstance(entry_of(own("sts:AssumeRole"), own("iam:PutGroupPolicy"), others=(role,)), str)


OPEN_STATES = [name for number, name in enumerate(CASES) if RANDOM or number % 4 == 0]
"""Some of the steps on identities, each of which leads there; `VERIFIER_RANDOM_TESTS=1` takes all."""


@pytest.mark.parametrize("name", OPEN_STATES)
def test_what_is_refuted_by_each_step_has_no_set(name: str) -> None:
    _, mine, world, _ = CASES[name]
    assert isinstance(entry_from(home(*mine, **world)), str)


RUNS = own(["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"])
RED = {"StringEquals": {"aws:PrincipalTag/team": "red"}}
NO_TOKEN = {"Null": {"aws:TokenIssueTime": "true"}}


def of_lambda(action: str | list[str], condition: dict[str, Any]) -> Identity:
    """A role that Lambda may do this on, and that decrypts under a condition."""
    trust = admits({"Service": "lambda.amazonaws.com"}, action)
    return trusting(trust, own=(own("kms:Decrypt", Condition=condition),))


@pytest.mark.parametrize("condition", [NO_TOKEN, RED])
def test_e4_a_role_as_which_code_comes_to_run_is_held_before_doubts_are_asked_about(condition: dict[str, Any]) -> None:
    """What doubtful actions may have run as it is in the set then."""
    before = state(RUNS, others=(of_lambda("sts:AssumeRole", condition),), **NO_GRANTS)  # type: ignore[arg-type]
    entry = entry_from(before)
    assert ["holds", TARGET] in entry["facts"]
    check_eventual(entry, before.estate, key_target(before.estate.keys[0]), nobody(), {})


def test_f3_code_that_comes_to_run_changes_nothing_of_which_tags_sessions_have() -> None:
    both_actions, writes = ["sts:AssumeRole", "sts:TagSession"], own("iam:PutUserPolicy", Resource=BOB)
    assert isinstance(entry_of(RUNS, others=[of_lambda(both_actions, NO_TOKEN)]), dict)
    assert isinstance(entry_of(RUNS, others=[of_lambda(both_actions, RED)]), str)
    assert isinstance(entry_of(RUNS, writes, others=[of_lambda("sts:AssumeRole", RED)]), str)


def test_what_a_share_may_allow_is_in_the_set_and_ends_where_the_key_policy_denies() -> None:
    shares, rest = own("ram:CreateResourceShare"), {"grants": (), "tags": (), "aliases": ()}
    assert isinstance(entry_from(state(shares, facts=rest)), str)
    before = state(shares, facts={**rest, "policies": (policy(deny()),)})
    entry = entry_from(before)
    assert entry["facts"] == [["shared", before.estate.keys[0].arn]]
    check_eventual(entry, before.estate, key_target(before.estate.keys[0]), nobody(), {})
    entry["facts"] = []
    with pytest.raises(Rejected, match="steps on each account"):
        check_eventual(entry, before.estate, key_target(before.estate.keys[0]), nobody(), {})


def test_a_set_without_a_boundary_that_may_be_put_is_rejected() -> None:
    """Whatever it says: it may have been given another document first."""
    edge = document(own("iam:*"), arn=f"{BASE}-edge#boundary", kind=PolicyKind.BOUNDARY)
    puts = own("iam:PutUserPermissionsBoundary", Condition={"ArnEquals": {"iam:PermissionsBoundary": BASE}})
    managed = (ManagedPolicy(BASE, (("v1", document(own("s3:*"), arn=BASE)),), "v1"),)
    one, other = (
        state(
            own("kms:Decrypt"),
            own("iam:CreatePolicyVersion"),
            *more,
            managed=managed,
            alice={"boundary": edge},
            facts={"grants": ()},
        )
        for more in ((), (puts,))
    )
    entry = entry_from(one)
    check_eventual(entry, one.estate, key_target(one.estate.keys[0]), nobody(), {})
    with pytest.raises(Rejected, match="steps on each user"):
        check_eventual(entry, other.estate, key_target(other.estate.keys[0]), nobody(), {})
    assert isinstance(entry_from(other), str)


def test_a_set_has_what_leads_nowhere() -> None:
    entry = entry_of(own("iam:PutGroupPolicy"), own("iam:TagUser"))
    assert ["inline", ADMINS] in entry["facts"] and ["tags", ALICE] in entry["facts"]
    assert isinstance(entry_of(own("iam:PutGroupPolicy"), own("iam:AddUserToGroup")), str)


def test_a_step_of_which_it_is_not_known_what_it_gives_may_not_be_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = made(SAM)
    assert isinstance(entry_of(own("iam:AddUserToGroup")), dict)
    fewer = {name: kind for name, kind in closed_set.GIVES.items() if name != "iam:AddUserToGroup"}
    monkeypatch.setattr(closed_set, "GIVES", fewer)
    assert "further steps" in entry_of(own("iam:AddUserToGroup"))
    with pytest.raises(Rejected):
        check(entry, SAM)
