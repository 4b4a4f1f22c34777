"""What plans and templates do to users, groups and roles that a snapshot beside them lists: it counts, in both
directions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import verifier
from tests.inputs.plans import ACCOUNT, Json, Planned, caller_identity, constant, new_key, new_role, plan, refers, write
from tests.inputs.test_cloudformation import KEY, PARAMETERS, READ, ROLE, text
from tests.inputs.test_terraform_plan import existing, key_policy
from verifier.inputs import load_estate
from verifier.inputs.supplied import Supplied
from verifier.model.estate import Account, Key
from verifier.syntax.diagnostic import InputError

DECRYPT: Json = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"}]}
ENCRYPT: Json = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "kms:Encrypt", "Resource": "*"}]}
SHARED = f"arn:aws:iam::{ACCOUNT}:policy/shared"
KEY_ARN = f"arn:aws:kms:us-west-2:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def snapshot(folder: Path) -> Path:
    """A whole inventory: a user in a group, a role with an inline policy and a managed one."""
    arn = f"arn:aws:iam::{ACCOUNT}"
    role = {
        "RoleName": "old",
        "RoleId": "AROAOLD",
        "Arn": f"{arn}:role/path/old",
        "RolePolicyList": [named("own", ENCRYPT)],
    }
    role |= {"AttachedManagedPolicies": [{"PolicyName": "shared", "PolicyArn": SHARED}]}
    user = {"UserName": "alice", "UserId": "AIDAALICE", "Arn": f"{arn}:user/alice", "GroupList": ["dev"]}
    group = {
        "GroupName": "dev",
        "GroupId": "AGPADEV",
        "Arn": f"{arn}:group/dev",
        "GroupPolicyList": [],
        "AttachedManagedPolicies": [],
    }
    version = {"VersionId": "v1", "IsDefaultVersion": True, "Document": ENCRYPT}
    policy = {"PolicyName": "shared", "Arn": SHARED, "PolicyVersionList": [version]}
    details = {"UserDetailList": [user], "GroupDetailList": [group], "RoleDetailList": [role], "Policies": [policy]}
    path = folder / "snapshot.json"
    path.write_text(json.dumps({"accounts": {ACCOUNT: {"authorization_details": details}}}), encoding="utf-8")
    return path


def named(name: str, document: Json) -> Json:
    return {"PolicyName": name, "PolicyDocument": document}


def policies(account: Account) -> dict[str, list[str]]:
    """For each user and role by name the names of its policies, each with the first action that it allows."""
    found = {}
    for identity in (*account.users, *account.roles):
        told = [f"{p.name} {p.statements[0].actions[0].value}" for p in identity.policies if p.statements[0].actions]
        found[identity.arn.rsplit("/", 1)[1]] = sorted(told)
    return found


def planned(folder: Path, *resources: Planned) -> Account:
    path = write(folder, plan(caller_identity(), new_key("k", key_policy()), *resources))
    (account,) = load_estate([path, snapshot(folder)]).accounts
    return account


def attached(type_: str, before: bool = False, **values: Any) -> Planned:
    """A resource that the plan makes, or takes away."""
    expressions = {name: constant(value) for name, value in values.items()}
    if before:
        return Planned(type_, "x", None, before={**values, "id": "x"}, expressions=expressions)
    return Planned(type_, "x", values, {"id": True}, expressions)


OLD = ["own kms:Encrypt", "shared kms:Encrypt"]


@pytest.mark.parametrize(
    ("resource", "who", "expected"),
    [
        (
            attached("aws_iam_role_policy", name="new", role="old", policy=json.dumps(DECRYPT)),
            "old",
            ["new kms:Decrypt", *OLD],
        ),
        (
            attached("aws_iam_role_policy", name="own", role="old", policy=json.dumps(DECRYPT)),
            "old",
            ["own kms:Decrypt", OLD[1]],
        ),
        (attached("aws_iam_role_policy", True, name="own", role="old", policy=json.dumps(ENCRYPT)), "old", [OLD[1]]),
        (attached("aws_iam_role_policy_attachment", True, role="old", policy_arn=SHARED), "old", [OLD[0]]),
        (attached("aws_iam_policy_attachment", True, roles=["old"], name="x", policy_arn=SHARED), "old", [OLD[0]]),
        (attached("aws_iam_role_policy_attachment", role="old", policy_arn=SHARED), "old", OLD),
        (
            attached("aws_iam_role_policy", name="new", role="OLD", policy=json.dumps(DECRYPT)),
            "old",
            ["new kms:Decrypt", *OLD],
        ),
        (attached("aws_iam_role_policy_attachment", True, role="Old", policy_arn=SHARED), "old", [OLD[0]]),
        (attached("aws_iam_policy_attachment", users=["Alice"], name="x", policy_arn=SHARED), "alice", [OLD[1]]),
        (attached("aws_iam_group_policy_attachment", group="Dev", policy_arn=SHARED), "alice", [OLD[1]]),
        (Planned("aws_iam_role", "r", None, before={"name": "OLD", "path": "/path/"}), "old", None),
        (
            attached("aws_iam_user_policy", name="new", user="alice", policy=json.dumps(DECRYPT)),
            "alice",
            ["new kms:Decrypt"],
        ),
        (attached("aws_iam_user_policy_attachment", user="alice", policy_arn=SHARED), "alice", [OLD[1]]),
        (
            attached("aws_iam_group_policy", name="new", group="dev", policy=json.dumps(DECRYPT)),
            "alice",
            ["new kms:Decrypt"],
        ),
        (attached("aws_iam_group_policy_attachment", group="dev", policy_arn=SHARED), "alice", [OLD[1]]),
    ],
)
def test_a_plan_attaches_to_what_the_snapshot_lists(
    tmp_path: Path, resource: Planned, who: str, expected: list[str] | None
) -> None:
    """IAM does not distinguish names by case (R2)."""
    found = planned(tmp_path, resource)
    assert found.complete and policies(found).get(who) == expected
    assert set(policies(found)) == {"old", "alice"} - ({who} if expected is None else set())


@pytest.mark.parametrize("before", [False, True])
def test_u1_a_group_is_listed_where_the_inventory_is_complete(tmp_path: Path, before: bool) -> None:
    """Where it is not, there may be others in the group."""
    told = json.loads(snapshot(tmp_path).read_text(encoding="utf-8"))
    for group, complete in (("dev", True), ("dev", False), ("DEV", True), ("ops", True)):
        policy = attached("aws_iam_group_policy", before, name="new", group=group, policy=json.dumps(DECRYPT))
        path = write(tmp_path, plan(caller_identity(), new_key("k", key_policy()), policy))
        told["accounts"][ACCOUNT]["complete"] = complete
        (tmp_path / "snapshot.json").write_text(json.dumps(told), encoding="utf-8")
        assert bool(load_estate([path, tmp_path / "snapshot.json"]).left_open) is (group == "ops" or not complete)


def replaced(type_: str, before: Json, after: Json) -> Planned:
    """A resource that the plan changes, or replaces."""
    expressions = {name: constant(value) for name, value in after.items()}
    return Planned(type_, "x", {**after, "id": "x"}, {}, expressions, before={**before, "id": "x"})


def forgotten(resource: Planned) -> Json:
    """A plan in which Terraform lets go of a resource without destroying it."""
    data = plan(caller_identity(), new_key("k", key_policy()), resource)
    (change,) = [entry for entry in data["resource_changes"] if entry["address"] == resource.address]
    change["change"]["actions"] = ["forget"]
    return data


@pytest.mark.parametrize(
    ("resource", "who", "expected"),
    [
        (
            replaced(
                "aws_iam_role_policy_attachment",
                {"role": "old", "policy_arn": SHARED},
                {"role": "new", "policy_arn": SHARED},
            ),
            "old",
            [OLD[0]],
        ),
        (
            replaced(
                "aws_iam_policy_attachment",
                {"roles": ["old", "a"], "policy_arn": SHARED},
                {"roles": ["a"], "policy_arn": SHARED},
            ),
            "old",
            [OLD[0]],
        ),
        (
            replaced(
                "aws_iam_role_policy",
                {"role": "old", "name": "own", "policy": json.dumps(ENCRYPT)},
                {"role": "old", "name": "other", "policy": json.dumps(DECRYPT)},
            ),
            "old",
            ["other kms:Decrypt", OLD[1]],
        ),
    ],
)
def test_what_a_plan_replaces_is_not_there_any_more(
    tmp_path: Path, resource: Planned, who: str, expected: list[str]
) -> None:
    assert policies(planned(tmp_path, resource))[who] == expected


def test_what_a_plan_replaces_on_its_own_role_is_not_there_any_more(tmp_path: Path) -> None:
    """AWS told both before the plan: they are attributes of the role that the configuration does not have."""
    other = f"arn:aws:iam::{ACCOUNT}:policy/other"
    inline = [{"name": "own", "policy": json.dumps(ENCRYPT)}]
    told: Json = {
        "name": "r",
        "path": "/",
        "arn": f"arn:aws:iam::{ACCOUNT}:role/r",
        "managed_policy_arns": [SHARED],
        "inline_policy": inline,
    }
    told |= {"tags": {}, "tags_all": {}, "permissions_boundary": "", "unique_id": "AROAR"}
    role = Planned("aws_iam_role", "r", told, {}, {"name": constant("r")}, before={**told, "tags": {"old": "1"}})
    changed = replaced(
        "aws_iam_role_policy_attachment", {"role": "r", "policy_arn": SHARED}, {"role": "r", "policy_arn": other}
    )
    renamed = replaced(
        "aws_iam_role_policy",
        {"role": "r", "name": "own", "policy": json.dumps(ENCRYPT)},
        {"role": "r", "name": "new", "policy": json.dumps(DECRYPT)},
    )
    assert policies(planned(tmp_path, role))["r"] == ["own kms:Encrypt", "shared kms:Encrypt"]
    assert policies(planned(tmp_path, role, changed))["r"] == ["own kms:Encrypt"], (
        "the document of the other one is not in the input"
    )
    assert policies(planned(tmp_path, role, renamed))["r"] == ["new kms:Decrypt", "shared kms:Encrypt"]


@pytest.mark.parametrize(
    "resource",
    [
        attached("aws_iam_user_group_membership", True, user="alice", groups=["dev"]),
        attached("aws_iam_group_membership", True, group="dev", users=["alice"]),
        replaced(
            "aws_iam_user_group_membership",
            {"user": "alice", "groups": ["dev", "x"]},
            {"user": "alice", "groups": ["x"]},
        ),
    ],
)
def test_a_user_of_the_snapshot_leaves_a_group(tmp_path: Path, resource: Planned) -> None:
    policy = attached("aws_iam_group_policy", name="new", group="dev", policy=json.dumps(DECRYPT))
    policy.name = "y"
    assert policies(planned(tmp_path, policy))["alice"] == ["new kms:Decrypt"]
    assert policies(planned(tmp_path, policy, resource))["alice"] == []


def test_what_terraform_forgets_stays(tmp_path: Path) -> None:
    attachment = attached("aws_iam_role_policy_attachment", True, role="old", policy_arn=SHARED)
    (account,) = load_estate([write(tmp_path, forgotten(attachment)), snapshot(tmp_path)]).accounts
    assert policies(account)["old"] == OLD
    policy = attached(
        "aws_kms_key_policy", True, key_id=KEY_ARN, policy=json.dumps(key_policy("arn:aws:iam::444455556666:root"))
    )
    keys = load_estate([write(tmp_path, forgotten(policy))]).keys
    (found,) = [key for key in keys if key.arn == KEY_ARN]
    assert len((found.policies or ())[0].statements) == 2


def test_a_managed_policy_of_the_plan_on_a_role_of_the_snapshot(tmp_path: Path) -> None:
    arn = f"arn:aws:iam::{ACCOUNT}:policy/made"
    values = {"name": "made", "path": "/", "arn": arn, "policy": json.dumps(DECRYPT)}
    made = Planned("aws_iam_policy", "made", values, {"id": True}, {"policy": constant(values["policy"])})
    found = planned(tmp_path, made, attached("aws_iam_role_policy_attachment", role="old", policy_arn=arn))
    assert policies(found)["old"] == ["made kms:Decrypt", *OLD]


def test_a_managed_policy_of_a_role_of_the_snapshot_that_the_plan_changes(tmp_path: Path) -> None:
    """The plan has nothing else of the account."""
    before = {"name": "shared", "path": "/", "arn": SHARED, "policy": json.dumps(ENCRYPT)}
    after = {**before, "policy": json.dumps(DECRYPT)}
    found = planned(
        tmp_path, Planned("aws_iam_policy", "shared", after, {}, {"policy": constant(after["policy"])}, before=before)
    )
    assert policies(found)["old"] == ["own kms:Encrypt", "shared kms:Decrypt"]


def test_a_user_of_the_snapshot_joins_a_group_of_the_plan(tmp_path: Path) -> None:
    group = Planned(
        "aws_iam_group", "ops", {"name": "ops", "path": "/"}, {"arn": True, "id": True}, {"name": constant("ops")}
    )
    policy = attached("aws_iam_group_policy", name="new", group="ops", policy=json.dumps(DECRYPT))
    member = Planned("aws_iam_user_group_membership", "m", {"user": "alice", "groups": ["ops"]}, {"id": True})
    found = planned(tmp_path, group, policy, member, new_role("r"))
    assert policies(found)["alice"] == ["new kms:Decrypt"]


def test_u1_a_role_of_which_the_plan_does_not_tell_enough_is_not_listed(tmp_path: Path) -> None:
    """Neither as the snapshot has it, nor as one that there is not."""
    role = new_role(
        "old",
        after={"tags": {}, "tags_all": None},
        unknown={"tags": True, "tags_all": True},
        expressions={"tags": {"references": ["var.x"]}},
    )
    found = planned(tmp_path, role)
    assert not found.complete and "old" not in policies(found) and "alice" in policies(found)


def test_u3_what_a_role_of_the_plan_has_besides_may_stay_or_go(tmp_path: Path) -> None:
    """The snapshot has two policies of the role; the plan knows one, and takes the other away or does not."""
    after: Json = {"path": "/path/", "inline_policy": [], "managed_policy_arns": []}
    role = new_role("old", after=after, before={"name": "old", "path": "/path/", "tags": {}})
    own = attached("aws_iam_role_policy", name="own", role="old", policy=json.dumps(DECRYPT))
    detached = attached("aws_iam_role_policy_attachment", True, role="old", policy_arn=SHARED)
    cases: list[tuple[list[Planned], list[str]]] = [([], [f"policy {SHARED} of role/path/old"]), ([detached], [])]
    for more, left in cases:
        path = write(tmp_path, plan(caller_identity(), new_key("k", key_policy()), role, own, *more))
        estate = load_estate([path, snapshot(tmp_path)])
        assert policies(estate.accounts[0])["old"] == ["own kms:Decrypt"]
        assert [thing.name.rsplit(" (", 1)[0] for thing in estate.unmodelled] == left
        assert {thing.principal for thing in estate.unmodelled} <= {f"arn:aws:iam::{ACCOUNT}:role/path/old"}


def test_u1_a_new_role_leaves_the_inventory_open_only_if_it_is_not_known(tmp_path: Path) -> None:
    assert planned(tmp_path, new_role("new")).complete


def test_the_verdict_is_that_of_the_account_as_it_will_be(tmp_path: Path) -> None:
    """A proof that would hold of the snapshot alone."""
    rules = tmp_path / "a.inv"
    rules.write_text(f'invariant "the old role cannot decrypt":\n  no role/path/old in {ACCOUNT} can kms:Decrypt\n')
    for resource, status in (
        (None, "proved"),
        (attached("aws_iam_role_policy", name="n", role="old", policy=json.dumps(DECRYPT)), "refuted"),
    ):
        resources = [] if resource is None else [resource]
        path = write(tmp_path, plan(caller_identity(), new_key("k", key_policy()), *resources))
        estate = load_estate([path, snapshot(tmp_path)])
        (verdict,) = verifier.prove(estate, verifier.invariants(rules)).verdicts
        assert verdict.status.value == status


# -- keys of a snapshot --

OTHER = f"arn:aws:iam::{ACCOUNT}:role/batch"


def with_key(folder: Path, *resources: Planned, grants: Any = None, aliases: Any = None) -> Key:
    """A key of a snapshot, beside a plan."""
    key = {"arn": KEY_ARN, "policy": key_policy(), "grants": grants, "aliases": aliases}
    path = folder / "keys.json"
    path.write_text(
        json.dumps({"keys": [{name: part for name, part in key.items() if part is not None}]}), encoding="utf-8"
    )
    made = write(folder, plan(caller_identity(), new_key("k", key_policy()), *resources))
    return next(key for key in load_estate([made, path]).keys if key.arn == KEY_ARN)


def listed_grant(name: str) -> Json:
    issuer = f"arn:aws:iam::{ACCOUNT}:root"
    return {
        "KeyId": KEY_ARN,
        "GrantId": name,
        "GranteePrincipal": OTHER,
        "Operations": ["Encrypt"],
        "IssuingAccount": issuer,
    }


GRANT = attached("aws_kms_grant", key_id=KEY_ARN, grantee_principal=OTHER, operations=["Decrypt"])
SAME = attached("aws_kms_grant", key_id=KEY_ARN, grant_id="a", grantee_principal=OTHER, operations=["Decrypt"])
BY_ID = attached("aws_kms_grant", key_id=KEY_ARN.rsplit("/", 1)[1], grantee_principal=OTHER, operations=["Decrypt"])
REVOKED = attached("aws_kms_grant", True, key_id=KEY_ARN, grant_id="a", grantee_principal=OTHER, operations=["Encrypt"])


@pytest.mark.parametrize("form", ["pages", "page", "list"])
@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        (GRANT, ["a kms:Encrypt", "aws_kms_grant.x kms:Decrypt", "b kms:Encrypt"]),
        (BY_ID, ["a kms:Encrypt", "aws_kms_grant.x kms:Decrypt", "b kms:Encrypt"]),
        (SAME, ["a kms:Decrypt", "b kms:Encrypt"]),
        (REVOKED, ["b kms:Encrypt"]),
    ],
)
def test_g1_a_grant_on_a_key_of_the_snapshot(tmp_path: Path, form: str, resource: Planned, expected: list[str]) -> None:
    listed = [listed_grant("a"), listed_grant("b")]
    grants = {
        "pages": [{"Grants": listed[:1], "Truncated": True}, {"Grants": listed[1:]}],
        "page": {"Grants": listed},
        "list": listed,
    }[form]
    found = with_key(tmp_path, resource, grants=grants).grants or ()
    assert sorted(f"{grant.id} {grant.operations[0]}" for grant in found) == expected


def test_g1_a_grant_on_a_key_whose_grants_are_not_given(tmp_path: Path) -> None:
    assert [grant.id for grant in with_key(tmp_path, GRANT).grants or ()] == ["aws_kms_grant.x"]
    assert with_key(tmp_path, REVOKED).grants is None


def test_u3_a_policy_that_a_plan_takes_from_a_key_of_the_snapshot(tmp_path: Path) -> None:
    """The default policy takes its place, which delegates everything to the account."""
    gone = attached("aws_kms_key_policy", True, key_id=KEY_ARN, policy=json.dumps(key_policy()))
    (read,) = with_key(tmp_path, gone, grants={"Grants": [listed_grant("a")]}).policies or ()
    assert [statement.sid and statement.sid.value for statement in read.statements] == ["Enable IAM User Permissions"]
    deleted = existing(new_key("gone", key_policy()), arn=KEY_ARN)
    deleted.after = None
    keys = load_estate([write(tmp_path, plan(caller_identity(), new_key("k", key_policy()), deleted, gone))]).keys
    assert KEY_ARN not in [key.arn for key in keys], "a key that goes with its policy is not there"


def test_a_truncated_listing_stays_one(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="truncated"):
        with_key(tmp_path, GRANT, grants={"Grants": [], "Truncated": True})


def test_an_alias_of_a_key_of_the_snapshot(tmp_path: Path) -> None:
    alias = attached("aws_kms_alias", name="alias/new", target_key_id=KEY_ARN)
    given = {"Aliases": [{"AliasName": "alias/old", "TargetKeyId": KEY_ARN.rsplit("/", 1)[1]}]}
    assert sorted(with_key(tmp_path, alias, aliases=given).aliases or ()) == ["alias/new", "alias/old"]
    assert sorted(with_key(tmp_path, alias, aliases=["alias/old", "alias/new"]).aliases or ()) == [
        "alias/new",
        "alias/old",
    ]
    assert with_key(tmp_path, alias).aliases is None


def test_u3_an_alias_of_a_key_that_is_not_known_may_be_of_any(tmp_path: Path) -> None:
    unknown = {"target_key_id": True, "id": True}
    alias = Planned(
        "aws_kms_alias", "x", {"name": "alias/new"}, unknown, {"target_key_id": refers("random_shuffle.x.result")}
    )
    (key,) = load_estate([write(tmp_path, plan(caller_identity(), new_key("k", key_policy()), alias))]).keys
    assert key.aliases is None


def test_u3_a_policy_that_a_plan_puts_on_a_key_of_the_snapshot(tmp_path: Path) -> None:
    """It takes the place of the one there, and nothing else is lost."""
    opened = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"}],
    }
    policy = attached("aws_kms_key_policy", key_id=KEY_ARN, policy=json.dumps(opened))
    for resources in ([policy], [policy, GRANT]):
        found = with_key(tmp_path, *resources, grants={"Grants": [listed_grant("a")]}, aliases=["alias/old"])
        (read,) = found.policies or ()
        assert [p.value for p in read.statements[0].principals or ()] == ["*"] and found.aliases == ("alias/old",)
        assert {grant.id for grant in found.grants or ()} == {*["a", "aws_kms_grant.x"][: len(resources)]}
    shared = {"arn": KEY_ARN, "policies": {"default": key_policy(), "AWS_RAM": key_policy()}}
    (tmp_path / "shared.json").write_text(json.dumps({"keys": [shared]}), encoding="utf-8")
    made = write(tmp_path, plan(caller_identity(), policy))
    (key,) = load_estate([made, tmp_path / "shared.json"]).keys
    assert sorted(read.name for read in key.policies or ()) == ["AWS_RAM", "default"], "the policy of a share stays"


def test_a_key_of_the_snapshot_that_the_plan_changes(tmp_path: Path) -> None:
    """The plan's policy and facts; the snapshot's grants and aliases, and what the plan does not tell."""
    tags: Json = {"tags": {"env": "prod"}, "tags_all": {"env": "prod"}}
    planned_key = existing(new_key("k", key_policy("arn:aws:iam::444455556666:root")), **{"arn": KEY_ARN, **tags})
    planned_key.before = {**(planned_key.before or {}), "policy": json.dumps(key_policy())}
    snapshot_key: Json = {
        "arn": KEY_ARN,
        "policies": {"default": key_policy(), "AWS_RAM": key_policy()},
        "aliases": ["alias/old"],
    }
    snapshot_key |= {"grants": [listed_grant("a")], "tags": [{"TagKey": "env", "TagValue": "dev"}]}
    (tmp_path / "keys.json").write_text(json.dumps({"keys": [snapshot_key]}), encoding="utf-8")
    made = write(tmp_path, plan(caller_identity(), planned_key, GRANT))
    for paths in ([made, tmp_path / "keys.json"], [tmp_path / "keys.json", made]):
        (key,) = load_estate(paths).keys
        named = {policy.name: policy for policy in key.policies or ()}
        assert set(named) == {"default", "AWS_RAM"}
        assert [p.value for s in named["default"].statements for p in s.principals or ()][
            -1
        ] == "arn:aws:iam::444455556666:root"
        assert (key.name, key.aliases, key.tags) == ("aws_kms_key.k", ("alias/old",), (("env", "prod"),))
        assert sorted(grant.id for grant in key.grants or ()) == ["a", "aws_kms_grant.x"]


def test_a_key_that_two_plans_have_is_an_error(tmp_path: Path) -> None:
    planned_key = existing(new_key("k", key_policy()), arn=KEY_ARN)
    paths = [write(tmp_path, plan(caller_identity(), planned_key), name) for name in ("a.json", "b.json")]
    with pytest.raises(InputError, match="is given twice"):
        load_estate(paths)


ENDPOINT = "vpce-0123456789abcdef0"


def of_everybody(document: Json) -> str:
    """A policy as one of an endpoint."""
    (statement,) = document["Statement"]
    return json.dumps({**document, "Statement": [{**statement, "Principal": "*"}]})


def with_endpoint(folder: Path) -> Path:
    entry = {"VpcEndpointId": ENDPOINT, "ServiceName": "com.amazonaws.us-west-2.kms", "OwnerId": ACCOUNT}
    path = folder / "endpoints.json"
    listing = {"VpcEndpoints": [{**entry, "PolicyDocument": of_everybody(ENCRYPT)}]}
    path.write_text(json.dumps({"vpc_endpoints": listing}), encoding="utf-8")
    return path


UNKNOWN_POLICY = Planned(
    "aws_vpc_endpoint_policy", "x", {"vpc_endpoint_id": ENDPOINT}, {"policy": True}, {"policy": refers("random.x.y")}
)


@pytest.mark.parametrize(
    ("resource", "actions"),
    [
        ([], ["kms:Encrypt"]),
        (
            [attached("aws_vpc_endpoint_policy", vpc_endpoint_id=ENDPOINT, policy=of_everybody(DECRYPT))],
            ["kms:Decrypt"],
        ),
        ([UNKNOWN_POLICY], None),
    ],
)
def test_v_a_policy_of_a_plan_on_an_endpoint_of_the_snapshot(
    tmp_path: Path, resource: list[Planned], actions: list[str] | None
) -> None:
    made = write(tmp_path, plan(caller_identity(), new_key("k", key_policy()), *resource))
    (found,) = load_estate([made, with_endpoint(tmp_path)]).endpoints or ()
    assert (None if found.policy is None else [a.value for a in found.policy.statements[0].actions or ()]) == actions


def test_v_an_endpoint_that_the_plan_and_the_snapshot_have_is_the_plans(tmp_path: Path) -> None:
    document = of_everybody(DECRYPT)
    values = {
        "id": ENDPOINT,
        "service_name": "com.amazonaws.us-west-2.kms",
        "vpc_id": "vpc-0123456789abcdef0",
        "policy": document,
    }
    before = {**values, "policy": of_everybody(ENCRYPT)}
    endpoint = Planned("aws_vpc_endpoint", "e", values, {}, {"policy": constant(document)}, before=before)
    made = write(tmp_path, plan(caller_identity(), new_key("k", key_policy()), endpoint))
    (found,) = load_estate([with_endpoint(tmp_path), made]).endpoints or ()
    assert found.policy is not None and [a.value for a in found.policy.statements[0].actions or ()] == ["kms:Decrypt"]


ORGANIZATION = {
    "describe_organization": {"Id": "o-a1b2c3d4e5", "MasterAccountId": "999999999999"},
    "accounts": [{"Id": ACCOUNT}, {"Id": "999999999999"}],
}
SCP = {"name": "p", "type": "SERVICE_CONTROL_POLICY", "content": json.dumps(DECRYPT), "id": "p-12345678"}


@pytest.mark.parametrize(
    ("resource", "refused"),
    [
        (Planned("aws_organizations_policy", "x", SCP, {}), True),
        (Planned("aws_organizations_policy", "x", {**SCP, "content": json.dumps(ENCRYPT)}, {}, before=SCP), True),
        (attached("aws_organizations_policy_attachment", True, policy_id="p-12345678", target_id=ACCOUNT), True),
        (Planned("aws_organizations_policy", "x", SCP, {}, before=SCP), False),
        (Planned("aws_organizations_delegated_administrator", "x", {"account_id": ACCOUNT}, {}), False),
    ],
)
def test_d7_what_changes_the_organization_of_a_snapshot_is_an_error(
    tmp_path: Path, resource: Planned, refused: bool
) -> None:
    """What the snapshot says of it would not be so any more."""
    (tmp_path / "organization.json").write_text(json.dumps({"organization": ORGANIZATION}), encoding="utf-8")
    made = write(tmp_path, plan(caller_identity(), new_key("k", key_policy()), resource))
    assert load_estate([made]).keys
    for paths in ([made, tmp_path / "organization.json"], [tmp_path / "organization.json", made]):
        if not refused:
            assert load_estate(paths).organization is not None
            continue
        with pytest.raises(InputError, match="changes an organization that another input describes") as caught:
            load_estate(paths)
        assert f"{resource.type}.x" in caught.value.diagnostics[0].message


# -- templates --


def templated(folder: Path, resources: str, **parameters: str) -> Account:
    path = folder / "template.yaml"
    path.write_text(text(KEY + resources, PARAMETERS), encoding="utf-8")
    (account,) = load_estate([path, snapshot(folder)], supplied=Supplied(ACCOUNT, "us-west-2", parameters)).accounts
    return account


@pytest.mark.parametrize(
    ("type_", "properties", "who", "expected"),
    [
        ("Policy", "PolicyName: new, Roles: [old]", "old", ["new kms:Decrypt", *OLD]),
        ("RolePolicy", "PolicyName: own, RoleName: old", "old", ["own kms:Decrypt", OLD[1]]),
        ("Policy", "PolicyName: new, Groups: [dev]", "alice", ["new kms:Decrypt"]),
        ("ManagedPolicy", "ManagedPolicyName: new, Users: [alice]", "alice", ["new kms:Decrypt"]),
    ],
)
def test_a_template_attaches_to_what_the_snapshot_lists(
    tmp_path: Path, type_: str, properties: str, who: str, expected: list[str]
) -> None:
    found = templated(
        tmp_path, f"  X: {{Type: AWS::IAM::{type_}, Properties: {{{properties}, PolicyDocument: {READ}}}}}\n"
    )
    assert found.complete and policies(found)[who] == expected


def test_a_template_attaches_to_what_another_template_makes(tmp_path: Path) -> None:
    (tmp_path / "role.yaml").write_text(text(ROLE + KEY), encoding="utf-8")
    policy = f"  P: {{Type: AWS::IAM::Policy, Properties: {{PolicyName: new, PolicyDocument: {READ}, Roles: [app]}}}}\n"
    (tmp_path / "policy.yaml").write_text(text(policy), encoding="utf-8")
    for names in (["role.yaml", "policy.yaml"], ["policy.yaml", "role.yaml"]):
        (account,) = load_estate([tmp_path / name for name in names], supplied=Supplied(ACCOUNT, "us-west-2")).accounts
        assert policies(account) == {"app": ["new kms:Decrypt"]}


def test_a_policy_that_moves_from_one_resource_to_another_may_go(tmp_path: Path) -> None:
    """The plan removes it under one address, and makes it under another: which comes last, no dependency says."""
    gone = attached("aws_iam_role_policy", True, name="p", role="r", policy=json.dumps(ENCRYPT))
    new = attached("aws_iam_role_policy", name="p", role="r", policy=json.dumps(DECRYPT))
    new.name = "y"
    assert policies(planned(tmp_path, new_role("r"), gone, new))["r"] == []
    gone, new = (
        attached("aws_iam_role_policy", before, name="own", role="old", policy=json.dumps(DECRYPT))
        for before in (True, False)
    )
    new.name = "y"
    assert policies(planned(tmp_path, gone, new))["old"] == [OLD[1]]


@pytest.mark.parametrize(
    ("resources", "transform", "complete"),
    [
        ("  S: {Type: AWS::IAM::ServiceLinkedRole, Properties: {AWSServiceName: x.amazonaws.com}}\n", "", False),
        ("  S: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: x}}\n", "", False),
        ("  S: {Type: AWS::CloudFormation::Stack, Condition: Never, Properties: {TemplateURL: x}}\n", "", True),
        ("  S: {Type: AWS::Serverless::Function, Properties: {}}\n", "Transform: AWS::Serverless-2016-10-31\n", False),
        ("  S: {Type: AWS::S3::Bucket}\n", "Transform: AWS::LanguageExtensions\n", True),
    ],
)
def test_u1_roles_that_a_template_makes_in_other_ways(
    tmp_path: Path, resources: str, transform: str, complete: bool
) -> None:
    """They are not listed, so the inventory is not whole any more."""
    path = tmp_path / "template.yaml"
    never = "Conditions: {Never: !Equals [a, b]}\n"
    path.write_text(text(KEY + resources, transform + never), encoding="utf-8")
    (account,) = load_estate([path, snapshot(tmp_path)], supplied=Supplied(ACCOUNT, "us-west-2")).accounts
    assert account.complete is complete


@pytest.mark.parametrize(
    ("resource", "complete"),
    [
        (attached("aws_iam_service_linked_role", aws_service_name="x.amazonaws.com"), False),
        (Planned("aws_iam_service_linked_role", "x", {"id": "x"}, {}, before={"id": "x"}), True),
        (attached("aws_ssoadmin_account_assignment", target_id=ACCOUNT), False),
        (attached("aws_cloudformation_stack", name="x"), False),
        (attached("aws_controltower_landing_zone", version="3.3"), False),
        (attached("aws_datazone_environment", name="x"), False),
        (attached("awscc_iam_role", role_name="x"), False),
        (attached("aws_s3_bucket", bucket="x"), True),
    ],
)
def test_u1_roles_that_a_plan_makes_in_other_ways(tmp_path: Path, resource: Planned, complete: bool) -> None:
    assert planned(tmp_path, resource).complete is complete


def test_u1_roles_of_permission_sets_that_change_are_not_listed(tmp_path: Path) -> None:
    """Those of permission sets that stay as they are are listed."""
    name = "AWSReservedSSO_Admin_0123456789abcdef"
    listing = json.loads(snapshot(tmp_path).read_text())
    roles = listing["accounts"][ACCOUNT]["authorization_details"]["RoleDetailList"]
    arn = f"arn:aws:iam::{ACCOUNT}:role/aws-reserved/sso.amazonaws.com/{name}"
    roles.append({"RoleName": name, "RoleId": "AROASSO", "Arn": arn, "RolePolicyList": [named("x", ENCRYPT)]})
    (tmp_path / "sso.json").write_text(json.dumps(listing), encoding="utf-8")
    values = {"inline_policy": "{}"}
    for before, listed in ((None, False), ({"inline_policy": "[]"}, False), (values, True)):
        changed = Planned("aws_ssoadmin_permission_set_inline_policy", "x", values, {}, before=before)
        made = write(tmp_path, plan(caller_identity(), new_key("k", key_policy()), changed))
        (account,) = load_estate([made, tmp_path / "sso.json"]).accounts
        assert (account.complete, name in policies(account), "old" in policies(account)) == (listed, listed, True)
    (tmp_path / "template.yaml").write_text(
        text(KEY + "  S: {Type: AWS::SSO::PermissionSet, Properties: {Name: x}}\n"), encoding="utf-8"
    )
    (account,) = load_estate(
        [tmp_path / "template.yaml", tmp_path / "sso.json"], supplied=Supplied(ACCOUNT, "us-west-2")
    ).accounts
    assert (account.complete, name in policies(account)) == (False, False)


def test_a_managed_policy_of_the_snapshot_that_a_template_changes(tmp_path: Path) -> None:
    policy = (
        f"  P: {{Type: AWS::IAM::ManagedPolicy, Properties: {{ManagedPolicyName: shared, PolicyDocument: {READ}}}}}\n"
    )
    assert policies(templated(tmp_path, policy))["old"] == ["own kms:Encrypt", "shared kms:Decrypt"]


def test_u1_a_role_that_may_be_that_of_the_template_is_not_listed(tmp_path: Path) -> None:
    """Its name may have been made up of the logical ID when the stack was made."""
    listing = json.loads(snapshot(tmp_path).read_text())
    names = ("prod-App-1ABCDEFGHIJK", "prod-Other-1ABCDEFGHIJK", "App")
    roles = [
        {"RoleName": n, "RoleId": f"AROA{k}", "Arn": f"arn:aws:iam::{ACCOUNT}:role/{n}"} for k, n in enumerate(names)
    ]
    listing["accounts"][ACCOUNT]["authorization_details"]["RoleDetailList"] = roles
    (tmp_path / "roles.json").write_text(json.dumps(listing), encoding="utf-8")
    for role, complete in ((ROLE.replace("      RoleName: app\n", ""), False), (ROLE, True)):
        (tmp_path / "template.yaml").write_text(text(KEY + role), encoding="utf-8")
        (account,) = load_estate(
            [tmp_path / "template.yaml", tmp_path / "roles.json"], supplied=Supplied(ACCOUNT, "us-west-2")
        ).accounts
        assert account.complete is complete and (names[0] in policies(account)) is complete
        others = names[1:2] if complete else names[1:]  # the template's `app` takes the place of `App` (R2)
        assert {*others} <= set(policies(account))


def test_u1_a_role_that_a_template_may_make_is_not_listed(tmp_path: Path) -> None:
    role = ROLE.replace("RoleName: app", "RoleName: old") + "    Condition: IsOpen\n"
    found = templated(tmp_path, role)
    assert not found.complete and "old" not in policies(found)
    assert templated(tmp_path, role, Open="no").complete


def test_a_template_makes_an_alias_of_a_key_of_the_snapshot(tmp_path: Path) -> None:
    path = tmp_path / "template.yaml"
    keys = tmp_path / "keys.json"
    keys.write_text(
        json.dumps({"keys": [{"arn": KEY_ARN, "policy": key_policy(), "aliases": ["alias/old"]}]}), encoding="utf-8"
    )
    alias = (
        "  Alias: {Type: AWS::KMS::Alias, CONDITIONProperties: {AliasName: alias/new, TargetKeyId: "
        "1234abcd-12ab-34cd-56ef-1234567890ab}}\n"
    )
    for condition, expected in (("", ("alias/new", "alias/old")), ("Condition: IsOpen, ", None)):
        path.write_text(text(KEY + alias.replace("CONDITION", condition), PARAMETERS), encoding="utf-8")
        estate = load_estate([path, keys], supplied=Supplied(ACCOUNT, "us-west-2"))
        assert next(key.aliases for key in estate.keys if key.arn == KEY_ARN) == expected


@pytest.mark.parametrize(
    ("name", "path", "is_other"),
    [("shared", "/", False), ("Shared", "/", True), ("shared", "/p/", True), ("other", "/", False)],
)
def test_u3_a_managed_policy_whose_name_a_listed_one_has_otherwise(
    tmp_path: Path, name: str, path: str, is_other: bool
) -> None:
    """Names of an account differ by more than path and case, so the listed one goes first, or is the same. [IAM API:
    CreatePolicy]"""
    arn = f"arn:aws:iam::{ACCOUNT}:policy{path}{name}"
    values = {"name": name, "path": path, "arn": arn, "policy": json.dumps(DECRYPT)}
    made = Planned("aws_iam_policy", "made", values, {"id": True}, {"policy": constant(values["policy"])})
    estate = load_estate(
        [write(tmp_path, plan(caller_identity(), new_key("k", key_policy()), made)), snapshot(tmp_path)]
    )
    told = ["shared kms:Decrypt"] if arn == SHARED else [] if is_other else ["shared kms:Encrypt"]
    assert policies(estate.accounts[0])["old"] == ["own kms:Encrypt", *told]
    why = f"whether {SHARED} stays as it is listed"
    assert any(why in thing.description for thing in estate.unmodelled) is is_other


@pytest.mark.parametrize(("name", "is_open"), [("!Ref Name", True), ("!Sub '${Name}-x'", False)])
def test_u3_a_managed_policy_of_an_unknown_name_may_be_a_listed_one(tmp_path: Path, name: str, is_open: bool) -> None:
    properties = f"{{ManagedPolicyName: {name}, PolicyDocument: {json.dumps(DECRYPT)}}}"
    policy = f"  P: {{Type: AWS::IAM::ManagedPolicy, Properties: {properties}}}\n"
    template = tmp_path / "template.yaml"
    template.write_text(text(KEY + policy, "Parameters: {Name: {Type: String}}\n"), encoding="utf-8")
    (account,) = load_estate([template, snapshot(tmp_path)], supplied=Supplied(ACCOUNT, "us-west-2")).accounts
    assert policies(account)["old"] == OLD[: 1 if is_open else 2]


def test_u3_policies_of_aws_are_none_of_an_unknown_name(tmp_path: Path) -> None:
    policy = f"  P: {{Type: AWS::IAM::ManagedPolicy, Properties: {{PolicyDocument: {json.dumps(DECRYPT)}}}}}\n"
    template = tmp_path / "template.yaml"
    template.write_text(text(KEY + policy), encoding="utf-8")
    path = snapshot(tmp_path)
    path.write_text(path.read_text().replace(SHARED, "arn:aws:iam::aws:policy/shared-Policy-p-x"), encoding="utf-8")
    (account,) = load_estate([template, path], supplied=Supplied(ACCOUNT, "us-west-2")).accounts
    assert policies(account)["old"] == ["own kms:Encrypt", "shared-Policy-p-x kms:Encrypt"]


def test_what_terraform_makes_under_an_unknown_name_is_not_there_before(tmp_path: Path) -> None:
    values, unknown = {"path": "/", "policy": json.dumps(DECRYPT)}, {"id": True, "arn": True, "name": True}
    made = Planned("aws_iam_policy", "made", values, unknown, {"name": refers("random_id.a.hex")})
    assert policies(planned(tmp_path, made))["old"] == OLD


@pytest.mark.parametrize(("name", "is_open"), [({}, False), ({"name": None}, True), ({"name_prefix": "own"}, False)])
def test_u3_an_inline_policy_put_under_an_unknown_name_may_be_a_listed_one(
    tmp_path: Path, name: Json, is_open: bool
) -> None:
    """One that Terraform makes up is none of those that are there."""
    values = {"role": "old", "policy": json.dumps(DECRYPT)} | {n: text for n, text in name.items() if text}
    expressions = {n: constant(text) for n, text in values.items()} | (
        {"name": refers("random_id.a.hex")} if is_open else {}
    )
    put = Planned("aws_iam_role_policy", "p", values, {"id": True, "name": True}, expressions)
    assert policies(planned(tmp_path, put))["old"] == ["aws_iam_role_policy.p kms:Decrypt", *OLD[is_open:]]


@pytest.mark.parametrize("name", ["name", "arn"])
def test_a_data_source_whose_policy_is_not_known_changes_none(tmp_path: Path, name: str) -> None:
    unknown = {"id": True, "arn": True, "name": True, "policy": True}
    read = Planned("aws_iam_policy", "d", {}, unknown, {name: refers("random_id.a.hex")}, data=True)
    assert policies(planned(tmp_path, read))["old"] == OLD
