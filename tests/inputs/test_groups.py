"""Groups that a plan or template makes: they are listed, so that users are members of them and others can join them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import verifier
from tests.inputs.plans import ACCOUNT, Json, Planned, caller_identity, constant, new_key, plan, refers, write
from tests.inputs.test_both_sides import of_key, sides, versions
from tests.inputs.test_cloudformation import KEY, PARAMETERS, READ, text
from tests.inputs.test_elsewhere import DECRYPT, SHARED, attached, named, policies
from tests.inputs.test_terraform_plan import key_policy
from verifier.inputs import load_estate
from verifier.inputs.estate import Version, load_versions
from verifier.inputs.supplied import Supplied
from verifier.model.estate import Account, Estate
from verifier.verify.comparison.compare import compare

ARN = f"arn:aws:iam::{ACCOUNT}"
JOINS: Json = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "iam:AddUserToGroup", "Resource": "*"}],
}
PUTS: Json = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iam:*Group*", "Resource": "*"}]}
HERE = Supplied(ACCOUNT, "us-west-2")


def snapshot(folder: Path, *own: Json, groups: Any = (), member_of: Any = (), **members: Any) -> Path:
    """A whole inventory of the user alice, with inline policies."""
    inline = [named(f"p{number}", document) for number, document in enumerate(own)]
    user = {
        "UserName": "alice",
        "UserId": "AIDAALICE",
        "Arn": f"{ARN}:user/alice",
        "UserPolicyList": inline,
        "GroupList": list(member_of),
    }
    version = {"VersionId": "v1", "IsDefaultVersion": True, "Document": DECRYPT}
    shared = {"PolicyName": "shared", "Arn": SHARED, "PolicyVersionList": [version]}
    details = {"UserDetailList": [user], "GroupDetailList": list(groups), "RoleDetailList": [], "Policies": [shared]}
    providers: Json = {
        "open_id_connect_providers": {"OpenIDConnectProviderList": []},
        "saml_providers": {"SAMLProviderList": []},
    }
    path = folder / "snapshot.json"
    path.write_text(
        json.dumps({"accounts": {ACCOUNT: {"authorization_details": details, **providers, **members}}}),
        encoding="utf-8",
    )
    return path


def listed_group(name: str, *own: Json, path: str = "/") -> Json:
    """A group of a snapshot."""
    inline = [named(f"g{number}", document) for number, document in enumerate(own)]
    return {
        "GroupName": name,
        "GroupId": f"AGPA{name.upper()}",
        "Arn": f"{ARN}:group{path}{name}",
        "GroupPolicyList": inline,
    }


def group(name: str | None = "ops", before: Json | None = None, **after: Any) -> Planned:
    """A group of a plan, new or not; without a name it is known after apply."""
    values: Json = {"path": "/", **after} | ({} if name is None else {"name": name})
    unknown: Json = {} if before else {"arn": True, "id": True} | ({"name": True} if name is None else {})
    expressions = {"name": refers("random_pet.p.id") if name is None else constant(name)}
    return Planned("aws_iam_group", "g", values, unknown, expressions, before=before)


def existing_group(name: str = "ops") -> Planned:
    """A group that the plan leaves as it is."""
    values = {"name": name, "path": "/", "arn": f"{ARN}:group/{name}", "id": name}
    return Planned("aws_iam_group", "g", values, {}, {"name": constant(name)}, before=values)


INLINE = attached("aws_iam_group_policy", name="own", group="ops", policy=json.dumps(DECRYPT))
MANAGED = attached("aws_iam_group_policy_attachment", group="ops", policy_arn=SHARED)
MANAGED_TOO = attached("aws_iam_policy_attachment", groups=["ops"], users=[], roles=[], name="x", policy_arn=SHARED)
HIDDEN = Planned(
    "aws_iam_group_policy",
    "x",
    {"name": "own", "group": "ops"},
    {"policy": True},
    {"policy": refers("random_pet.p.id")},
)


def planned(folder: Path, beside: Path | None, *resources: Planned) -> Estate:
    made = write(folder, plan(caller_identity(), new_key("k", key_policy()), *resources))
    return load_estate([made] if beside is None else [made, beside])


def templated(folder: Path, beside: Path | None, resources: str, **parameters: str) -> Estate:
    path = folder / "template.yaml"
    path.write_text(text(KEY + resources, PARAMETERS), encoding="utf-8")
    return load_estate(
        [path] if beside is None else [path, beside], supplied=Supplied(ACCOUNT, "us-west-2", parameters)
    )


def made(type_: str, properties: str, more: str = "") -> str:
    """A resource of a template."""
    return f"  {type_}: {{Type: AWS::IAM::{type_}, {more}Properties: {{{properties}}}}}\n"


def of_groups(account: Account) -> dict[str, list[str]]:
    """For each group by its ARN the names of its policies, each with the first action that it allows."""
    return {g.arn: [f"{p.name} {(p.statements[0].actions or ())[0].value}" for p in g.policies] for g in account.groups}


def verdicts(folder: Path, estate: Estate, *sentences: str) -> list[str]:
    """The first letters of the verdicts on sentences about alice."""
    path = folder / "a.inv"
    path.write_text(
        "".join(f'invariant "{number}": no user/alice in {ACCOUNT} {s}\n' for number, s in enumerate(sentences))
    )
    return [verdict.status.value for verdict in verifier.prove(estate, verifier.invariants(path)).verdicts]


EVENTUALLY, NOW = "can eventually kms:Decrypt", "can kms:Decrypt"


@pytest.mark.parametrize("resources", [[INLINE], [MANAGED], [MANAGED_TOO]])
def test_e0_who_may_join_a_new_group_of_a_plan_has_its_policies(tmp_path: Path, resources: list[Planned]) -> None:
    estate = planned(tmp_path, snapshot(tmp_path, JOINS), group(path="/team/"), *resources)
    (account,) = estate.accounts
    (arn,) = of_groups(account)
    assert account.complete and arn == f"{ARN}:group/team/ops" and of_groups(account)[arn][0].endswith("kms:Decrypt")
    assert verdicts(tmp_path, estate, EVENTUALLY, NOW) == ["refuted", "proved"]
    estate = planned(tmp_path, snapshot(tmp_path), group(), *resources)
    assert verdicts(tmp_path, estate, EVENTUALLY) == ["proved"], "who may not join it"


def test_e0_who_may_write_the_policies_of_a_new_group_and_join_it(tmp_path: Path) -> None:
    assert verdicts(tmp_path, planned(tmp_path, snapshot(tmp_path, PUTS), group()), EVENTUALLY) == ["refuted"]
    assert verdicts(tmp_path, planned(tmp_path, snapshot(tmp_path, JOINS), group()), EVENTUALLY) == ["proved"]


def test_u3_a_new_group_whose_policy_is_not_known(tmp_path: Path) -> None:
    estate = planned(tmp_path, snapshot(tmp_path, JOINS), group(), HIDDEN)
    assert [thing.principal for thing in estate.unmodelled if thing.only_of_steps] == [f"{ARN}:group/ops"]
    assert verdicts(tmp_path, estate, EVENTUALLY, NOW) == ["unknown", "proved"]
    assert verdicts(tmp_path, planned(tmp_path, snapshot(tmp_path), group(), HIDDEN), EVENTUALLY) == ["proved"]


@pytest.mark.parametrize(
    "member",
    [
        attached("aws_iam_user_group_membership", user="alice", groups=["ops"]),
        attached("aws_iam_group_membership", name="m", group="ops", users=["alice"]),
    ],
)
def test_a_user_of_the_snapshot_in_a_new_group_of_a_plan(tmp_path: Path, member: Planned) -> None:
    """The plan has no user and no role."""
    estate = planned(tmp_path, snapshot(tmp_path), group(), INLINE, member)
    assert policies(estate.accounts[0])["alice"] == ["own kms:Decrypt"] and estate.unmodelled == ()
    assert estate.accounts[0].users[0].groups == (f"{ARN}:group/ops",)
    assert verdicts(tmp_path, estate, EVENTUALLY, NOW) == ["refuted", "refuted"]
    assert verdicts(tmp_path, planned(tmp_path, snapshot(tmp_path), group(), member), EVENTUALLY, NOW) == [
        "proved",
        "proved",
    ]
    assert verdicts(tmp_path, planned(tmp_path, snapshot(tmp_path), group(), HIDDEN, member), EVENTUALLY, NOW) == [
        "unknown",
        "unknown",
    ]


@pytest.mark.parametrize("name", ["GroupName: ops", ""])
@pytest.mark.parametrize(
    "policy", [f"Policies: [{{PolicyName: own, PolicyDocument: {READ}}}]", f"ManagedPolicyArns: ['{SHARED}']"]
)
def test_e0_who_may_join_a_group_of_a_template_has_its_policies(tmp_path: Path, name: str, policy: str) -> None:
    resource = made("Group", ", ".join(filter(None, (name, policy))))
    estate = templated(tmp_path, snapshot(tmp_path, JOINS), resource)
    assert estate.accounts[0].complete and len(estate.accounts[0].groups) == 1
    assert verdicts(tmp_path, estate, EVENTUALLY, NOW) == ["refuted", "proved"]
    assert verdicts(tmp_path, templated(tmp_path, snapshot(tmp_path), resource), EVENTUALLY) == ["proved"]


def test_a_user_of_the_snapshot_in_a_group_of_a_template(tmp_path: Path) -> None:
    policy = f"Policies: [{{PolicyName: own, PolicyDocument: {READ}}}]"
    addition = made("UserToGroupAddition", "GroupName: !Ref Group, Users: [alice]")
    for name in ("GroupName: ops, ", ""):
        estate = templated(tmp_path, snapshot(tmp_path), made("Group", name + policy) + addition)
        assert policies(estate.accounts[0])["alice"] == ["own kms:Decrypt"]
        assert verdicts(tmp_path, estate, EVENTUALLY, NOW) == ["refuted", "refuted"]


def test_u3_a_group_that_a_template_makes_perhaps(tmp_path: Path) -> None:
    policy = f"GroupName: ops, Policies: [{{PolicyName: own, PolicyDocument: {READ}}}]"
    resource = made("Group", policy, "Condition: IsOpen, ")
    for own, member_of, expected in (
        ((JOINS,), (), ["unknown", "proved"]),
        ((), ("ops",), ["unknown", "unknown"]),
        ((), (), ["proved"] * 2),
    ):
        estate = templated(tmp_path, snapshot(tmp_path, *own, member_of=member_of), resource)
        assert estate.accounts[0].complete
        assert verdicts(tmp_path, estate, EVENTUALLY, NOW) == expected
    assert verdicts(tmp_path, templated(tmp_path, snapshot(tmp_path, JOINS), resource, Open="x"), EVENTUALLY) == [
        "refuted"
    ]
    assert verdicts(tmp_path, templated(tmp_path, snapshot(tmp_path, JOINS), resource, Open="no"), EVENTUALLY) == [
        "proved"
    ]


def test_e0_a_new_group_whose_name_is_not_known(tmp_path: Path) -> None:
    """Who may join it cannot be told: requests as things are do not turn on it."""
    for own in ((JOINS,), ()):
        estate = planned(tmp_path, snapshot(tmp_path, *own), group(None), INLINE)
        assert estate.accounts[0].complete
        assert [thing.description for thing in estate.unmodelled if thing.label == "E0"] == [
            "who could join aws_iam_group.g is not known: its name or path depends on random_pet.p.id (known after "
            "apply)"
        ]
        assert verdicts(tmp_path, estate, EVENTUALLY, NOW) == ["unknown", "proved"]
    found = verifier.reach(estate, to=["kms:Decrypt"])
    assert not found.complete and not found.keys[0].bound.complete and found.keys[0].reasons[0].rule == "E0"
    estate = templated(tmp_path, snapshot(tmp_path), made("Group", "GroupName: !Ref Open"))
    assert verdicts(tmp_path, estate, EVENTUALLY, NOW) == ["unknown", "proved"]


def test_a_plan_adds_a_policy_to_a_group_that_it_and_the_snapshot_have(tmp_path: Path) -> None:
    beside = snapshot(tmp_path, groups=[listed_group("ops")], member_of=["ops"])
    estate = planned(tmp_path, beside, existing_group(), INLINE)
    assert estate.unmodelled == () and verdicts(tmp_path, estate, NOW) == ["refuted"]
    assert verdicts(tmp_path, planned(tmp_path, beside, existing_group()), NOW) == ["proved"]


def test_u3_what_a_group_of_the_plan_has_besides_may_stay_or_go(tmp_path: Path) -> None:
    """It bears on members, and on those who join."""
    cases: list[tuple[tuple[Json, ...], tuple[str, ...], list[str]]] = [
        ((), ("ops",), ["unknown", "unknown"]),
        ((JOINS,), (), ["unknown", "proved"]),
        ((), (), ["proved", "proved"]),
    ]
    for own, member_of, expected in cases:
        beside = snapshot(tmp_path, *own, groups=[listed_group("ops", DECRYPT)], member_of=member_of)
        assert verdicts(tmp_path, planned(tmp_path, beside, existing_group()), EVENTUALLY, NOW) == expected
    gone = attached("aws_iam_group_policy", True, name="g0", group="ops", policy=json.dumps(DECRYPT))
    beside = snapshot(tmp_path, groups=[listed_group("ops", DECRYPT)], member_of=["ops"])
    assert verdicts(tmp_path, planned(tmp_path, beside, existing_group(), gone), EVENTUALLY, NOW) == [
        "proved",
        "proved",
    ]


@pytest.mark.parametrize("before", ["/", "/team/"])
def test_a_group_of_the_snapshot_that_the_plan_moves_to_another_path(tmp_path: Path, before: str) -> None:
    """No two groups of an account have one name."""
    beside = snapshot(tmp_path, groups=[listed_group("ops", path=before)], member_of=["ops"])
    was = {"name": "ops", "path": before, "arn": f"{ARN}:group{before}ops"}
    estate = planned(tmp_path, beside, group(before=was, path="/moved/", arn=was["arn"]), INLINE)
    assert of_groups(estate.accounts[0]) == {f"{ARN}:group/moved/ops": ["own kms:Decrypt"]}
    assert verdicts(tmp_path, estate, NOW) == ["refuted"]


def test_members_of_a_group_of_the_snapshot_that_the_plan_renames(tmp_path: Path) -> None:
    """They stay members, and what is attached under the new name is theirs."""
    beside = snapshot(tmp_path, groups=[listed_group("dev"), listed_group("other")], member_of=["dev", "other"])
    renamed = group(before={"name": "dev", "path": "/", "arn": f"{ARN}:group/dev"}, arn=f"{ARN}:group/dev")
    estate = planned(tmp_path, beside, renamed, INLINE)
    assert of_groups(estate.accounts[0]) == {f"{ARN}:group/other": [], f"{ARN}:group/ops": ["own kms:Decrypt"]}
    assert estate.accounts[0].users[0].groups == (f"{ARN}:group/other", f"{ARN}:group/ops") and estate.unmodelled == ()
    assert verdicts(tmp_path, estate, NOW) == ["refuted"]
    unknown = Planned(
        "aws_iam_group", "g", {"path": "/"}, {"name": True}, {"name": refers("random_pet.p.id")}, before=renamed.before
    )
    estate = planned(tmp_path, beside, unknown, INLINE)
    assert estate.accounts[0].complete and verdicts(tmp_path, estate, NOW) == ["unknown"]


@pytest.mark.parametrize("path", ["/", "/moved/"])
def test_u3_a_user_of_the_snapshot_that_the_plan_renames_or_moves(tmp_path: Path, path: str) -> None:
    """The policies that the snapshot has of it may stay."""
    before = {"name": "alice", "path": "/", "arn": f"{ARN}:user/alice", "tags": {}, "tags_all": {}}
    for own, expected in (((DECRYPT,), "unknown"), ((), "proved")):
        for name in ("alice", "alicia"):
            changed = Planned(
                "aws_iam_user", "a", {**before, "name": name, "path": path}, {}, {"name": constant(name)}, before=before
            )
            estate = planned(tmp_path, snapshot(tmp_path, *own), changed)
            assert [found.arn for found in estate.accounts[0].users] == [f"{ARN}:user{path}{name}"]
            (tmp_path / "u.inv").write_text(f'invariant "u": no user{path}{name} in {ACCOUNT} can kms:Decrypt\n')
            (verdict,) = verifier.prove(estate, verifier.invariants(tmp_path / "u.inv")).verdicts
            assert verdict.status.value == expected


def test_u1_groups_of_a_plan_or_template_alone(tmp_path: Path) -> None:
    """Users that nobody lists may join them."""
    policy = f"GroupName: ops, Policies: [{{PolicyName: own, PolicyDocument: {READ}}}]"
    for estate in (planned(tmp_path, None, group(), INLINE), templated(tmp_path, None, made("Group", policy))):
        (account,) = estate.accounts
        assert not account.complete and of_groups(account) == {f"{ARN}:group/ops": ["own kms:Decrypt"]}
        assert verdicts(tmp_path, estate, EVENTUALLY) == ["refuted"]


def test_a_group_of_one_plan_with_a_policy_and_a_member_by_another(tmp_path: Path) -> None:
    member = attached("aws_iam_user_group_membership", user="alice", groups=["ops"])
    one = write(tmp_path, plan(caller_identity(), new_key("k", key_policy()), group()), "one.json")
    two = write(tmp_path, plan(caller_identity(), INLINE, member), "two.json")
    for paths in ([one, two], [two, one]):
        assert verdicts(tmp_path, load_estate([*paths, snapshot(tmp_path)]), EVENTUALLY, NOW) == ["refuted", "refuted"]


def user(name: str = "bob") -> Planned:
    values = {
        "name": name,
        "path": "/",
        "arn": f"{ARN}:user/{name}",
        "id": name,
        "tags": {},
        "tags_all": {},
        "unique_id": "AIDABOB",
    }
    return Planned("aws_iam_user", name, values, {}, {"name": constant(name)}, before=values)


def test_a_plan_that_makes_a_group_and_puts_a_user_into_it_on_both_sides(tmp_path: Path) -> None:
    member = attached("aws_iam_user_group_membership", user="bob", groups=["ops"])
    gained, lost, _ = of_key(*sides(tmp_path, user(), group(), INLINE, member))
    assert (gained[:1], lost) == (["kms:Decrypt by user/bob"], [])
    _, _, same = of_key(*sides(tmp_path, user(), group(), INLINE))
    assert same.relation.value == "equivalent", "it has no members"


def test_a_plan_that_takes_a_group_away_on_both_sides(tmp_path: Path) -> None:
    values = {"name": "ops", "path": "/", "arn": f"{ARN}:group/ops", "id": "ops"}
    gone = Planned("aws_iam_group", "g", None, {}, {}, values)
    policy = attached("aws_iam_group_policy", True, name="own", group="ops", policy=json.dumps(DECRYPT))
    member = attached("aws_iam_user_group_membership", True, user="bob", groups=["ops"])
    gained, lost, _ = of_key(*sides(tmp_path, user(), gone, policy, member))
    assert (gained, lost[:1]) == ([], ["kms:Decrypt by user/bob"])


def test_groups_of_templates_on_both_sides(tmp_path: Path) -> None:
    bob, policy = (
        made("User", "UserName: bob, Groups: [!Ref Group]"),
        f"Policies: [{{PolicyName: x, PolicyDocument: {READ}}}]",
    )
    without, within = (text(KEY + made("Group", f"GroupName: ops{more}") + bob) for more in ("", f", {policy}"))
    gained, lost, _ = of_key(*versions(tmp_path, without, within))
    assert (gained[:1], lost) == (["kms:Decrypt by user/bob"], [])


def test_a_plan_with_a_new_group_in_the_account_of_a_snapshot_on_both_sides(tmp_path: Path) -> None:
    """As `compare --plan plan.json snapshot.json` reads it."""
    member = attached("aws_iam_user_group_membership", user="alice", groups=["ops"])
    data = json.loads(snapshot(tmp_path).read_text())
    arn = f"arn:aws:kms:us-west-2:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    beside = tmp_path / "account.json"
    beside.write_text(json.dumps({**data, "keys": [{"arn": arn, "policy": key_policy()}]}), encoding="utf-8")
    for more, gained in (([member], ["kms:Decrypt by user/alice"]), ([], [])):
        made = write(tmp_path, plan(caller_identity(), group(), INLINE, *more))
        old, new = load_versions(Version((beside,)), Version((beside, made)))
        target = compare(old, new).targets[0]
        assert [f"{c.region.actions.text} by {c.region.callers.text}" for c in target.gained][
            :1
        ] == gained and target.lost == ()


def test_e0_a_policy_on_a_group_that_no_input_lists(tmp_path: Path) -> None:
    estate = planned(tmp_path, snapshot(tmp_path, JOINS), INLINE)
    assert estate.accounts[0].complete and verdicts(tmp_path, estate, EVENTUALLY, NOW) == ["unknown", "proved"]
    assert [thing.description for thing in estate.unmodelled] == [
        "who could join group ops is not known: the input does not list it"
    ]


@pytest.mark.parametrize("kind", ["role", "user"])
def test_u1_a_policy_on_a_role_or_user_that_no_input_lists(tmp_path: Path, kind: str) -> None:
    """There is one that the snapshot does not have."""
    values: Json = {"name": "p", kind: "ghost", "policy": json.dumps(DECRYPT)}
    policy = attached(f"aws_iam_{kind}_policy", **values)
    assert not planned(tmp_path, snapshot(tmp_path), policy).accounts[0].complete
    assert planned(tmp_path, snapshot(tmp_path)).accounts[0].complete


ATTACHES: Json = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "iam:AttachUserPolicy",
            "Resource": "*",
            "Condition": {"ArnLike": {"iam:PolicyARN": f"{ARN}:policy/team-*"}},
        }
    ],
}


def test_e0_a_managed_policy_that_is_made_under_a_name_that_is_not_known(tmp_path: Path) -> None:
    """It may have a name with which it can be attached."""
    beside = snapshot(tmp_path, ATTACHES)
    values = {"path": "/", "policy": json.dumps(DECRYPT)}
    expressions = {"name": refers("random_pet.p.id"), "policy": constant(values["policy"])}
    policy = Planned("aws_iam_policy", "p", values, {"arn": True, "id": True, "name": True}, expressions)
    assert verdicts(tmp_path, planned(tmp_path, beside), EVENTUALLY) == ["proved"]
    assert verdicts(tmp_path, planned(tmp_path, beside, policy), EVENTUALLY, NOW) == ["unknown", "proved"]
    cases = [
        ("!Ref Open", "", "", "unknown"),
        ("team-x", "Condition: IsOpen, ", "", "unknown"),
        ("team-x", "Condition: IsOpen, ", "x", "refuted"),
    ]
    for name, condition, given, expected in cases:
        resource = made("ManagedPolicy", f"ManagedPolicyName: {name}, PolicyDocument: {READ}", condition)
        estate = templated(tmp_path, beside, resource, **({"Open": given} if given else {}))
        assert verdicts(tmp_path, estate, EVENTUALLY, NOW) == [expected, "proved"]
