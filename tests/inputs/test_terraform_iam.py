"""IAM resources of plans: who has which policies, and what of that is not known."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.inputs.plans import ACCOUNT, Json, Planned, caller_identity, constant, new_key, new_role, plan, refers, write
from tests.inputs.samples import READ, key
from tests.inputs.test_terraform_plan import load
from verifier.inputs import load_estate
from verifier.model.estate import Estate, Identity

TEXT = json.dumps(READ)
AWS_MANAGED = "arn:aws:iam::aws:policy/ReadOnlyAccess"


def identity(estate: Estate, name: str) -> Identity:
    """A user or role by its name."""
    (account,) = estate.accounts
    return next(found for found in (*account.users, *account.roles) if found.arn.endswith(f"/{name}"))


def names(found: Identity) -> list[str]:
    """The names of the policies."""
    return sorted(policy.name for policy in found.policies)


def role_policy(role: str, name: str = "inline", policy: Any = TEXT) -> Planned:
    """An `aws_iam_role_policy` of a role of the plan."""
    after = {"name": name, "name_prefix": None} | ({"policy": policy} if isinstance(policy, str) else {})
    unknown = {"id": True, "role": True} | ({} if isinstance(policy, str) else {"policy": True})
    expressions = {
        "role": refers(f"aws_iam_role.{role}.name"),
        "policy": constant(policy) if isinstance(policy, str) else policy,
    }
    return Planned("aws_iam_role_policy", name, after, unknown, expressions)


def managed(name: str = "shared", policy: Any = TEXT) -> Planned:
    """An `aws_iam_policy`."""
    after: Json = {"name": name, "path": "/team/", "description": None, "tags": None} | (
        {"policy": policy} if isinstance(policy, str) else {}
    )
    unknown: Json = {"arn": True, "id": True, "policy_id": True, "tags_all": True} | (
        {} if isinstance(policy, str) else {"policy": True}
    )
    expressions = {
        "name": constant(name),
        "path": constant("/team/"),
        "policy": constant(policy) if isinstance(policy, str) else policy,
    }
    return Planned("aws_iam_policy", name, after, unknown, expressions)


def attachment(kind: str, owner: str, policy: str, name: str = "a") -> Planned:
    """An attachment to a role, user or group of the plan, of a policy of the plan or of an ARN."""
    known = policy.startswith("arn:")
    after = {"policy_arn": policy} if known else {}
    unknown = {"id": True, kind: True} | ({} if known else {"policy_arn": True})
    expressions = {
        kind: refers(f"aws_iam_{kind}.{owner}.name"),
        "policy_arn": constant(policy) if known else refers(f"{policy}.arn"),
    }
    return Planned(f"aws_iam_{kind}_policy_attachment", name, after, unknown, expressions)


def user(name: str) -> Planned:
    """An `aws_iam_user`."""
    after = {"name": name, "path": "/", "permissions_boundary": None, "tags": None}
    return Planned(
        "aws_iam_user",
        name,
        after,
        {"arn": True, "id": True, "unique_id": True, "tags_all": True},
        {"name": constant(name)},
    )


def group(name: str) -> Planned:
    """An `aws_iam_group`."""
    return Planned(
        "aws_iam_group",
        name,
        {"name": name, "path": "/"},
        {"arn": True, "id": True, "unique_id": True},
        {"name": constant(name)},
    )


def estate(folder: Path, *resources: Planned) -> Estate:
    """The estate of a key and these resources."""
    return load(folder, plan(caller_identity(), new_key("k"), *resources))


def test_u1_the_inventory_is_not_complete(tmp_path: Path) -> None:
    (account,) = estate(tmp_path, new_role("app")).accounts
    assert (account.id, account.complete, [role.arn for role in account.roles]) == (
        ACCOUNT,
        False,
        [f"arn:aws:iam::{ACCOUNT}:role/app"],
    )


def test_inline_and_managed_policies_of_a_role(tmp_path: Path) -> None:
    found = estate(
        tmp_path, new_role("app"), role_policy("app"), managed(), attachment("role", "app", "aws_iam_policy.shared")
    )
    assert names(identity(found, "app")) == ["inline", "shared"]
    assert {p.identity for p in identity(found, "app").policies} == {
        f"arn:aws:iam::{ACCOUNT}:role/app#inline",
        f"arn:aws:iam::{ACCOUNT}:policy/team/shared",
    }
    assert found.unmodelled == ()
    (made,) = found.accounts[0].managed
    assert ([version for version, _ in made.versions], made.default, made.complete) == (["v1"], "v1", True)


def test_policies_in_the_block_of_a_role(tmp_path: Path) -> None:
    blocks = {"inline_policy": [{"name": "own", "policy": TEXT}], "managed_policy_arns": [AWS_MANAGED]}
    role = new_role(
        "app", after=blocks, expressions={"inline_policy": [{}], "managed_policy_arns": constant([AWS_MANAGED])}
    )
    found = estate(tmp_path, role)
    assert names(identity(found, "app")) == ["own"]
    assert [thing.description for thing in found.unmodelled] == [
        f"policy {AWS_MANAGED} is attached to arn:aws:iam::{ACCOUNT}:role/app, its document is not in the input; "
        "give a snapshot that lists it under `Policies`"
    ]


def test_what_the_plan_takes_away_is_gone(tmp_path: Path) -> None:
    before = {
        **(new_role("app").after or {}),
        "arn": f"arn:aws:iam::{ACCOUNT}:role/app",
        "tags_all": {},
        "unique_id": "AROAEXAMPLE",
    }
    before |= {
        "inline_policy": [{"name": "old", "policy": TEXT}, {"name": "kept", "policy": TEXT}],
        "managed_policy_arns": [AWS_MANAGED],
    }
    expressions = {"assume_role_policy": constant("{}"), "name": constant("app")}
    role = Planned("aws_iam_role", "app", before, {}, expressions, before)
    gone = [
        Planned("aws_iam_role_policy", "old", None, {}, {}, {"name": "old", "role": "app", "policy": TEXT}),
        Planned("aws_iam_role_policy_attachment", "a", None, {}, {}, {"policy_arn": AWS_MANAGED, "role": "app"}),
    ]
    found = estate(tmp_path, role, *gone)
    assert names(identity(found, "app")) == ["kept"] and found.unmodelled == ()
    assert identity(found, "app").unique_id == "AROAEXAMPLE"


def test_a_document_from_a_data_source_and_one_that_is_not_known(tmp_path: Path) -> None:
    found = estate(
        tmp_path,
        new_role("app"),
        role_policy("app", "open", refers("local.x")),
        managed("m", refers("local.y")),
        attachment("role", "app", "aws_iam_policy.m"),
    )
    assert identity(found, "app").policies == ()
    assert [(thing.influence.value, thing.principal) for thing in found.unmodelled] == [
        ("may allow or refuse", f"arn:aws:iam::{ACCOUNT}:role/app")
    ] * 2
    assert ["local.x" in found.unmodelled[0].description, "local.y" in found.unmodelled[1].description] == [True, True]


def test_a_policy_whose_arn_is_not_known_may_do_anything_to_its_role(tmp_path: Path) -> None:
    loose = attachment("role", "app", "aws_iam_policy.x")
    loose.expressions["policy_arn"] = refers("module.other.arn")
    (thing,) = estate(tmp_path, new_role("app"), loose).unmodelled
    assert (thing.influence.value, thing.principal) == ("may allow or refuse", f"arn:aws:iam::{ACCOUNT}:role/app")


def test_a_policy_whose_role_is_not_known_may_do_anything_to_anyone(tmp_path: Path) -> None:
    loose = role_policy("app")
    loose.expressions["role"] = refers("random_shuffle.which.result")
    (thing,) = estate(tmp_path, new_role("app"), loose).unmodelled
    assert (thing.influence.value, thing.principal, thing.account) == ("may allow or refuse", None, ACCOUNT)


def test_what_is_attached_to_a_role_elsewhere_changes_nothing(tmp_path: Path) -> None:
    elsewhere = role_policy("app")
    elsewhere.after = {**(elsewhere.after or {}), "role": "somewhere-else"}
    elsewhere.unknown.pop("role")
    found = estate(tmp_path, new_role("app"), elsewhere)
    assert identity(found, "app").policies == () and found.unmodelled == ()


def test_a_role_whose_name_is_not_known_is_left_out(tmp_path: Path) -> None:
    role = new_role(
        "app", after={"name": None}, unknown={"name": True}, expressions={"name": refers("terraform_data.x.output")}
    )
    found = estate(tmp_path, role, role_policy("app"))
    assert found.accounts == () and found.unmodelled == ()


def test_f3_a_role_whose_tags_are_not_known_is_left_out(tmp_path: Path) -> None:
    role = new_role(
        "app",
        unknown={"tags": {"id": True}},
        after={"tags": {"team": "pay"}},
        expressions={"tags": refers("random_id.x.hex")},
    )
    found = estate(tmp_path, role)
    assert found.accounts == () and [thing.principal for thing in found.unmodelled] == [
        f"arn:aws:iam::{ACCOUNT}:role/app"
    ]


def test_users_groups_and_memberships(tmp_path: Path) -> None:
    inline = Planned(
        "aws_iam_group_policy",
        "g",
        {"name": "of-group", "policy": TEXT},
        {"group": True},
        {"group": refers("aws_iam_group.dev.name")},
    )
    members = [
        Planned("aws_iam_group_membership", "m", {"name": "m", "users": ["alice"], "group": "dev"}, {"id": True}),
        Planned("aws_iam_user_group_membership", "n", {"user": "bob", "groups": ["dev", "elsewhere"]}, {"id": True}),
    ]
    found = estate(tmp_path, user("alice"), user("bob"), group("dev"), inline, *members)
    assert [names(identity(found, who)) for who in ("alice", "bob")] == [["of-group"], ["of-group"]]
    assert [thing.name for thing in found.unmodelled] == ["group elsewhere of user/bob"]


def test_a_policy_attachment_of_many(tmp_path: Path) -> None:
    many = Planned(
        "aws_iam_policy_attachment",
        "many",
        {"name": "many", "users": ["alice"], "groups": []},
        {"id": True, "policy_arn": True, "roles": [True]},
        {"policy_arn": refers("aws_iam_policy.shared.arn"), "roles": refers("aws_iam_role.app.name")},
    )
    assert many.after is not None
    many.after["roles"] = [None]
    found = estate(tmp_path, user("alice"), new_role("app"), managed(), many)
    assert [names(identity(found, who)) for who in ("alice", "app")] == [["shared"], ["shared"]]


def test_d4_boundaries(tmp_path: Path) -> None:
    known = new_role(
        "app",
        expressions={"permissions_boundary": refers("aws_iam_policy.shared.arn")},
        unknown={"permissions_boundary": True},
    )
    found = identity(estate(tmp_path, known, managed()), "app")
    assert found.bounded and found.boundary is not None
    known.expressions["permissions_boundary"] = refers("local.boundary")
    open_ = estate(tmp_path, known, managed())
    assert identity(open_, "app").bounded and identity(open_, "app").boundary is None
    assert [thing.influence.value for thing in open_.unmodelled] == [
        "may refuse"
    ] and "local.boundary" in open_.unmodelled[0].description


@pytest.mark.parametrize("tags_all", [{"team": "pay"}, None])
def test_f3_tags(tmp_path: Path, tags_all: Any) -> None:
    role = new_role(
        "app", after={"tags": {"team": "pay"}, "tags_all": tags_all}, expressions={"tags": constant({"team": "pay"})}
    )
    assert identity(estate(tmp_path, role), "app").tags == (("team", "pay"),)


def test_data_sources_give_documents_of_policies_elsewhere(tmp_path: Path) -> None:
    values = {"arn": AWS_MANAGED, "name": "ReadOnlyAccess", "policy": TEXT, "id": AWS_MANAGED}
    found = estate(
        tmp_path,
        new_role("app"),
        attachment("role", "app", AWS_MANAGED),
        Planned("aws_iam_policy", "ro", values, {}, {}, values, data=True),
    )
    assert names(identity(found, "app")) == ["ReadOnlyAccess"] and found.unmodelled == ()


# -- trust and identity providers (E2, E2w) --


GITHUB = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"


def trusting(name: str, policy: Any) -> Planned:
    """A role whose trust policy is a text, or an expression that is known after apply."""
    role = new_role(name)
    if isinstance(policy, str):
        role.after = {**(role.after or {}), "assume_role_policy": policy}
        role.expressions["assume_role_policy"] = constant(policy)
        return role
    role.after = {key: value for key, value in (role.after or {}).items() if key != "assume_role_policy"}
    role.unknown["assume_role_policy"] = True
    role.expressions["assume_role_policy"] = policy
    return role


def provider(address: str = "gh", **known: Any) -> Planned:
    """An `aws_iam_openid_connect_provider`, or `aws_iam_saml_provider` where it has a name."""
    kind = "aws_iam_saml_provider" if "name" in known else "aws_iam_openid_connect_provider"
    unknown = {"arn": True, "id": True} | ({} if known else {"url": True})
    expressions = {key: constant(value) for key, value in known.items()} or {"url": refers("data.external.x.result")}
    return Planned(kind, address, known, unknown, expressions)


def federated(*identifiers: Any) -> Planned:
    """An `aws_iam_policy_document` that trusts an identity provider, read during apply."""
    statement = {"effect": "Allow", "actions": ["sts:AssumeRoleWithWebIdentity"], "principals": [{"type": "Federated"}]}
    unknown = {"json": True, "id": True, "statement": [{"principals": [{"identifiers": True}]}]}
    block: Json = {"actions": constant(["sts:AssumeRoleWithWebIdentity"])}
    block |= {"principals": [{"type": constant("Federated"), "identifiers": refers(*identifiers)}]}
    return Planned(
        "aws_iam_policy_document", "trust", {"statement": [statement]}, unknown, {"statement": [block]}, data=True
    )


def principals(found: Identity) -> list[tuple[list[str], bool]]:
    """For each statement of the trust policy its principals, and whether it is in doubt."""
    assert found.trust is not None
    return [([p.value for p in s.principals or ()], s.only_if is not None) for s in found.trust.statements]


def test_e2_the_trust_policy_of_a_role(tmp_path: Path) -> None:
    found = identity(estate(tmp_path, new_role("app")), "app")
    assert principals(found) == [(["ec2.amazonaws.com"], False)]
    assert found.trust is not None and found.trust.identity == f"{found.arn}#trust"


def test_e2_a_trust_policy_that_is_known_after_apply_is_not_known_and_named(tmp_path: Path) -> None:
    found = estate(tmp_path, trusting("app", refers("data.external.trust.result")))
    assert identity(found, "app").trust is None
    (thing,) = found.unmodelled
    assert (thing.label, thing.influence.value, thing.principal) == (
        "E2",
        "may allow",
        f"arn:aws:iam::{ACCOUNT}:role/app",
    )
    assert thing.only_of_steps and "data.external.trust.result" in thing.description


def test_e2w_a_provider_of_the_plan_has_the_arn_that_its_url_tells(tmp_path: Path) -> None:
    gh = provider(url="https://token.actions.githubusercontent.com")
    document = federated("aws_iam_openid_connect_provider.gh.arn")
    found = estate(tmp_path, gh, document, trusting("ci", refers("data.aws_iam_policy_document.trust.json")))
    assert principals(identity(found, "ci")) == [([GITHUB], False)] and found.unmodelled == ()


def test_e2w_a_provider_that_is_not_known_may_be_any(tmp_path: Path) -> None:
    document = federated("data.external.x.result")
    found = estate(tmp_path, document, trusting("ci", refers("data.aws_iam_policy_document.trust.json")))
    assert principals(identity(found, "ci")) == [(["*"], True)]
    (thing,) = found.unmodelled
    assert thing.label == "E2" and thing.only_of_steps and "data.external.x.result" in thing.description


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        ([], ()),
        ([provider(url="https://token.actions.githubusercontent.com")], (GITHUB,)),
        ([provider("sso", name="sso")], (f"arn:aws:iam::{ACCOUNT}:saml-provider/sso",)),
        ([provider()], None),
    ],
)
def test_e2w_providers_of_the_plan_join_those_of_the_snapshot(
    tmp_path: Path, made: list[Planned], expected: Any
) -> None:
    details: Json = {"UserDetailList": [], "RoleDetailList": []}
    given = {"authorization_details": details, "open_id_connect_providers": [], "saml_providers": []}
    snapshot = tmp_path / "accounts.json"
    snapshot.write_text(json.dumps({"accounts": {ACCOUNT: given}}))
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(plan(caller_identity(), new_key("k"), *made)))
    assert load_estate([path, snapshot]).accounts[0].providers == expected


def test_e2w_a_provider_of_an_account_that_nothing_tells_may_be_of_any(tmp_path: Path) -> None:
    details: Json = {"UserDetailList": [], "RoleDetailList": []}
    given = {"authorization_details": details, "open_id_connect_providers": [], "saml_providers": []}
    snapshot = tmp_path / "accounts.json"
    snapshot.write_text(json.dumps({"keys": [key()], "accounts": {ACCOUNT: given}}))
    path = write(tmp_path, plan(provider(url="https://token.actions.githubusercontent.com")))
    assert load_estate([path, snapshot]).accounts[0].providers is None


def test_e2w_without_a_snapshot_the_providers_of_the_account_are_not_known(tmp_path: Path) -> None:
    (account,) = estate(tmp_path, new_role("app"), provider(url="https://a.example")).accounts
    assert account.providers is None


def test_f6_what_providers_of_the_plan_are_is_known_by_their_arns(tmp_path: Path) -> None:
    """Their audiences in whatever order, and their metadata; not how they are reached. [IAM User Guide:
    id_roles_providers_create_oidc, id_roles_providers_create_saml]"""

    def contents(*made: Planned) -> Any:
        (account,) = estate(tmp_path, new_role("app"), *made).accounts
        return dict(account.provider_contents)

    url, saml = "https://token.actions.githubusercontent.com", f"arn:aws:iam::{ACCOUNT}:saml-provider/sso"
    first, turned, other = (provider(url=url, client_id_list=list(ids)) for ids in ("ab", "ba", "ac"))
    assert contents(first).keys() == {GITHUB} and contents(first) == contents(turned) != contents(other)
    assert contents(first) == contents(provider(url=url, client_id_list=["a", "b"], thumbprint_list=["0" * 40]))
    one, two = (provider("sso", name="sso", saml_metadata_document=text) for text in ("<a/>", "<b/>"))
    assert contents(one).keys() == {saml} and contents(one) != contents(two)
    assert contents(provider()) == {} and contents(provider(url=url)).keys() == {GITHUB}


def test_groups_of_the_plan_are_those_of_users(tmp_path: Path) -> None:
    joined = Planned(
        "aws_iam_group_membership",
        "m",
        {"group": "ops", "name": "m", "users": ["alice"]},
        {},
        {"group": constant("ops")},
    )
    (account,) = estate(tmp_path, user("alice"), group("ops"), joined).accounts
    assert [found.arn for found in account.groups] == [f"arn:aws:iam::{ACCOUNT}:group/ops"]
    assert account.users[0].groups == (account.groups[0].arn,)


def test_what_a_role_of_a_plan_has_besides_is_not_its_name(tmp_path: Path) -> None:
    """What is attached by something else of it may be anybody's."""
    policy = role_policy("app")
    for named, given in (("name", True), ("unique_id", False)):
        policy.expressions["role"] = refers(f"aws_iam_role.app.{named}")
        estate = load(tmp_path, plan(new_key("k"), new_role("app"), caller_identity(), policy))
        assert names(identity(estate, "app")) == (["inline"] if given else [])
        assert any("attached to a role" in thing.description for thing in estate.unmodelled) is not given


def test_the_name_of_a_role_is_that_of_another_one_in_another_account(tmp_path: Path) -> None:
    """What is attached by it there is not attached to the role that it refers to."""
    role = new_role(
        "app", after={"name": None}, unknown={"name": True}, expressions={"name": refers("random_pet.p.id")}
    )
    session = [{"role_arn": constant("arn:aws:iam::444455556666:role/deploy")}]
    region = {"region": constant("us-west-2")}
    providers = {
        "aws": {"name": "aws", "expressions": region},
        "aws.b": {"name": "aws", "alias": "b", "expressions": {**region, "assume_role": session}},
    }
    for provider, elsewhere in (("aws", False), ("aws.b", True)):
        policy = role_policy("app")
        policy.provider = provider
        found = load(tmp_path, plan(new_key("k"), role, caller_identity(), policy, providers=providers)).unmodelled
        assert [thing.account for thing in found if "attached to a role" in thing.description] == (
            ["444455556666"] if elsewhere else []
        )


@pytest.mark.parametrize(
    ("references", "entries", "told"),
    [
        (refers("aws_iam_user.u.name"), 1, True),
        (refers("aws_iam_user.u.name"), 2, False),
        (refers("aws_iam_user.u"), 1, False),
    ],
)
def test_a_list_that_refers_to_one_user_names_it_alone(
    tmp_path: Path, references: Json, entries: int, told: bool
) -> None:
    """Of two entries one is something else, and what refers to no attribute may be any (`[for u in …: u.tags.of]`)."""
    made = user("u")
    made.after = {**(made.after or {}), "name": None}
    made.unknown["name"], made.expressions["name"] = True, refers("random_pet.p.id")
    users = {"name": "a", "policy_arn": AWS_MANAGED, "users": [None] * entries, "roles": None, "groups": None}
    expressions = {"users": references, "policy_arn": constant(AWS_MANAGED)}
    given = Planned("aws_iam_policy_attachment", "a", users, {"id": True, "users": [True] * entries}, expressions)
    found = estate(tmp_path, made, given).unmodelled
    assert any("attached to a user" in thing.description for thing in found) is not told
