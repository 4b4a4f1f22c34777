"""Types of resources that change who may use a key: each is read, is harmless for a reason, or is in doubt with its
address (S1).

The types are those of the schemas that packages carry (`tools/generate_resource_types.py`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pytest

import verifier
from tests.agreement.symbolic import decide_symbolically
from tests.inputs.plans import ACCOUNT, Planned, caller_identity, new_key, plan, write
from tests.inputs.test_cloudformation import KEY, text
from tests.inputs.test_controls import PARENTS, full
from tests.inputs.test_elsewhere import DECRYPT, ENCRYPT, SHARED, attached, named, planned, policies, snapshot
from tests.inputs.test_organization import control, organization, targets
from tests.inputs.test_terraform_plan import key_policy
from tools import generate_resource_types
from verifier.evaluate import evaluate, request_from_json
from verifier.inputs import load_estate
from verifier.inputs.cloudformation.template import PROPERTIES, StackTemplate
from verifier.inputs.resource_types import HARMLESS, READ, Family, UnknownResource, unknown_family, with_unknown
from verifier.inputs.supplied import Supplied
from verifier.inputs.terraform.resolver import Resolver
from verifier.inputs.text.definitions import Definitions
from verifier.language.invariants.files import read_invariants
from verifier.model.estate import Estate
from verifier.syntax.source import NOWHERE, Source

ROOT = Path(__file__).resolve().parents[2]
TYPES = json.loads((ROOT / "tests/inputs/resource_types.json").read_text(encoding="utf-8"))
ALL = sorted({*TYPES["terraform"], *TYPES["cloudformation"]})
PERMISSION_SETS = ("aws_ssoadmin_", "AWS::SSO::")
"""Each leaves the roles of permission sets open (tests/inputs/test_elsewhere.py)."""


def test_the_types_are_those_of_the_packages() -> None:
    try:
        version(generate_resource_types.CLOUDFORMATION)
    except PackageNotFoundError:
        pytest.skip("cfn-lint is not installed, so the types cannot be compared with it")
    found = json.loads(generate_resource_types.generate())
    assert all(found[key] == TYPES[key] for key in ("terraform", "cloudformation")), (
        "run `python tools/generate_resource_types.py`"
    )


@pytest.mark.parametrize("type_", ALL)
def test_every_type_is_read_harmless_or_in_doubt(type_: str) -> None:
    is_harmless = any(type_ in types for types in HARMLESS.values())
    heads = [type_ in READ, is_harmless, unknown_family(type_) is not None, type_.startswith(PERMISSION_SETS)]
    assert heads.count(True) == 1


def test_the_properties_of_every_type_that_is_read_are_listed() -> None:
    """A property that is misspelt is told from one that is left out."""
    assert PROPERTIES.keys() == {type_ for type_ in READ if "::" in type_}
    try:
        version(generate_resource_types.CLOUDFORMATION)
    except PackageNotFoundError:
        pytest.skip("cfn-lint is not installed, so the properties cannot be compared with it")
    found = generate_resource_types.properties()
    assert {type_: {*listed.split()} for type_, listed in PROPERTIES.items()} == {
        type_: found[type_] for type_ in PROPERTIES
    }


def test_no_type_is_listed_that_there_is_not() -> None:
    listed = {*READ, *(type_ for types in HARMLESS.values() for type_ in types)}
    newer = {"aws_iam_outbound_web_identity_federation"}  # of later versions of the provider
    assert {type_ for type_ in listed if not type_.startswith("awscc_")} - {*ALL} == newer


def test_what_is_listed_as_read_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: set[str] = set()

    def recording(own: Any) -> Any:
        def of_type(self: Any, *types: str, **more: Any) -> Any:
            asked.update(types)
            return own(self, *types, **more)

        return of_type

    monkeypatch.setattr(Resolver, "of_type", recording(Resolver.of_type))
    monkeypatch.setattr(Resolver, "done", recording(Resolver.done))
    monkeypatch.setattr(StackTemplate, "of_type", recording(StackTemplate.of_type))
    whole = {
        "id": "o-a1b2c3d4e5",
        "master_account_id": ACCOUNT,
        "accounts": [{"id": ACCOUNT}],
        "roots": [{"id": "r-ab12"}],
    }
    organization = Planned("aws_organizations_organization", "o", whole, before=whole)
    policy = Planned("aws_organizations_policy", "p", {"content": "{}", "type": "SERVICE_CONTROL_POLICY"}, {"id": True})
    load_estate([write(tmp_path, plan(caller_identity(), new_key("k", key_policy()), organization, policy))])
    (tmp_path / "template.yaml").write_text(text(KEY), encoding="utf-8")
    load_estate([tmp_path / "template.yaml"], supplied=Supplied(ACCOUNT, "us-west-2"))
    made = {"aws_iam_service_linked_role", "AWS::IAM::ServiceLinkedRole"}  # makes roles that no list has
    # `code` goes through all types
    assert READ - asked == made | {"aws_iam_instance_profile", "AWS::IAM::InstanceProfile"}


# -- what is unknown --

ALLOWED = f'account prod = {ACCOUNT}\ninvariant "nobody decrypts":\n  no users in prod, roles in prod can kms:Decrypt\n'
ALLOWED += 'invariant "nobody outside decrypts":\n  no caller outside prod can kms:Decrypt\n'
STILL = f'account prod = {ACCOUNT}\ninvariant "the role can":\n  role/path/old in prod can always kms:Encrypt\n'
DENIED = {"Version": "2012-10-17", "Statement": [*ENCRYPT["Statement"], *DECRYPT["Statement"]]}
DENIED["Statement"] = [*DENIED["Statement"], {"Effect": "Deny", "Action": "kms:Decrypt", "Resource": "*"}]


def statuses(estate: Estate, invariants: str) -> dict[str, str]:
    read = read_invariants(Source("invariants", invariants))
    return {
        verdict.invariant.name: verdict.status.value for verdict in verifier.prove(estate, read.invariants).verdicts
    }


def beside_snapshot(folder: Path, type_: str, *, denied: bool = False, gone: bool = False) -> Estate:
    """A key whose account has a role that may encrypt, and not decrypt; a resource of a type."""
    path = snapshot(folder)
    if denied:
        data = json.loads(path.read_text())
        (role,) = data["accounts"][ACCOUNT]["authorization_details"]["RoleDetailList"]
        role["RolePolicyList"] = [named("own", DENIED)]
        path.write_text(json.dumps(data))
    if "::" in type_:
        template = folder / "template.yaml"
        template.write_text(text(f"{KEY}  X: {{Type: {type_}, Properties: {{Name: x}}}}\n"), encoding="utf-8")
        return load_estate([template, path], supplied=Supplied(ACCOUNT, "us-west-2"))
    resource = attached(type_, gone, name="x")
    return load_estate([write(folder, plan(caller_identity(), new_key("k", key_policy()), resource)), path])


@pytest.mark.parametrize(
    "type_", ["aws_s3_bucket", "aws_iam_access_key", "aws_vpc_endpoint_service", "AWS::IAM::InstanceProfile"]
)
def test_what_changes_nothing_leaves_the_proofs(tmp_path: Path, type_: str) -> None:
    estate = beside_snapshot(tmp_path, type_)
    assert estate.unmodelled == ()
    assert set(statuses(estate, ALLOWED + STILL.split("\n", 1)[1]).values()) == {"proved"}


OTHER_LETTERS = ["AWS::kms::key", "AWS::iam::Role", "AWS::IAM::role", "AWS::Ram::resourceShare"]


@pytest.mark.parametrize("type_", [*OTHER_LETTERS, "AWS::sso::Assignment", "AWS::Cloudformation::Stack"])
def test_a_type_in_other_letters_is_not_passed_over(tmp_path: Path, type_: str) -> None:
    """No page says whether CloudFormation takes it for the type."""
    assert statuses(beside_snapshot(tmp_path, type_), ALLOWED)["nobody decrypts"] != "proved"


@pytest.mark.parametrize(
    ("type_", "family"),
    [
        (" AWS::KMS::Alias", Family.KEYS),
        ("AWS::IAM::role", Family.IDENTITIES),
        ("AWS::Organizations::POLICY", Family.CONTROLS),
        ("AWS::Ram::permission", Family.SHARED),
        ("AWS::Ram::ResourceShare", Family.SHARES),
        ("AWS::EC2::VpcEndpoint", Family.ENDPOINTS),
    ],
)
def test_a_type_in_other_letters_is_of_the_same_family(type_: str, family: Family) -> None:
    assert unknown_family(type_) is family


MADE_UP = ("aws_iam_role_something_exclusive", "awscc_iam_role_policy", "AWS::IAM::Something")
EVERYWHERE = ("aws_kms_something", "AWS::KMS::Something")


@pytest.mark.parametrize("type_", [*MADE_UP, *EVERYWHERE, "aws_ram_something", "AWS::RAM::Something"])
def test_s1_what_may_allow_makes_a_proof_of_refusal_unknown(tmp_path: Path, type_: str) -> None:
    estate = beside_snapshot(tmp_path, type_)
    outside = "proved" if type_ in MADE_UP and type_ != "awscc_iam_role_policy" else "unknown"
    assert statuses(estate, ALLOWED) == {"nobody decrypts": "unknown", "nobody outside decrypts": outside}
    (named_in,) = {thing.name for thing in estate.unmodelled if not thing.of_statement}
    assert named_in.rpartition(" ")[0] == (f"{type_} `X`" if "::" in type_ else f"{type_}.x")


@pytest.mark.parametrize("gone", [False, True])
@pytest.mark.parametrize("type_", MADE_UP[:2])
def test_s1_a_deny_may_be_taken_away(tmp_path: Path, type_: str, gone: bool) -> None:
    """The role's own Deny is all that stops it: no request is proved to be refused by what an unknown resource may
    detach."""
    assert statuses(beside_snapshot(tmp_path, "aws_s3_bucket", denied=True), ALLOWED)["nobody decrypts"] == "proved"
    estate = beside_snapshot(tmp_path, type_, denied=True, gone=gone)
    (deny,) = [
        s for role in estate.accounts[0].roles for p in role.policies for s in p.statements if s.effect.value == "Deny"
    ]
    assert deny.only_if is not None and deny.only_if.endswith(":refuse")
    assert statuses(estate, ALLOWED)["nobody decrypts"] == "unknown"


CONTROLS = (
    "aws_organizations_something",
    "AWS::Organizations::Account",
    "aws_controltower_control",
    "awscc_controltower_enabled_control",
    "AWS::ControlTower::EnabledControl",
)


@pytest.mark.parametrize("type_", [*MADE_UP, *EVERYWHERE, *CONTROLS])
def test_s1_what_may_refuse_makes_a_guarantee_unknown(tmp_path: Path, type_: str) -> None:
    assert statuses(beside_snapshot(tmp_path, "aws_s3_bucket"), STILL) == {"the role can": "proved"}
    assert statuses(beside_snapshot(tmp_path, type_), STILL) == {"the role can": "unknown"}


@pytest.mark.parametrize("type_", ["aws_budgets_budget_action", "AWS::Budgets::BudgetsAction"])
def test_s1_an_action_of_a_budget_may_attach_a_policy_or_a_control_policy(tmp_path: Path, type_: str) -> None:
    """Of users, groups and roles of its account. [AWS Cost Management User Guide: budgets-controls]"""
    estate = beside_snapshot(tmp_path, type_)
    assert statuses(estate, ALLOWED) == {"nobody decrypts": "unknown", "nobody outside decrypts": "proved"}
    assert statuses(estate, STILL) == {"the role can": "unknown"}
    added = [thing for thing in estate.unmodelled if not thing.of_statement]
    assert [(thing.label, thing.account) for thing in added] == [("U3", ACCOUNT), ("D7", None)]


def test_what_may_change_the_same_is_one_doubt() -> None:
    """Identities of another account, and another key, are others."""
    key = "arn:aws:kms:us-west-2:111122223333:key/one"
    made = [
        *(
            UnknownResource(Family.IDENTITIES, f"i{number}", account, NOWHERE)
            for number, account in enumerate([ACCOUNT, "444455556666", ACCOUNT])
        ),
        *(
            UnknownResource(Family.KEYS, f"k{number}", account, NOWHERE, of)
            for number, (account, of) in enumerate([(ACCOUNT, key), (None, key), (None, None)])
        ),
    ]
    things = with_unknown(Estate(()), Definitions(), [*made, *made]).unmodelled
    assert [(thing.name.split()[0], thing.account, thing.key) for thing in things] == [
        ("i0", ACCOUNT, None),
        ("i1", "444455556666", None),
        ("k0", None, key),
        ("k2", None, None),
    ]
    others = [thing.description.partition("; so may ")[2].partition(":")[0] for thing in things]
    assert others == ["i2", "", "k1", ""]


def test_s1_control_policies_may_be_detached(tmp_path: Path) -> None:
    """A service control policy of the snapshot denies decryption, and a resource that is not read may take it away."""
    deny = json.dumps({"Statement": [{"Effect": "Deny", "Action": "kms:Decrypt", "Resource": "*"}]})
    parts = organization(parents=PARENTS, policies=[full(), control("p-deny", deny, targets=targets(ACCOUNT))])
    (tmp_path / "organization.json").write_text(json.dumps({"keys": [], "organization": parts}), encoding="utf-8")
    for type_, status in (("aws_s3_bucket", "proved"), ("aws_organizations_something", "unknown")):
        path = write(tmp_path, plan(caller_identity(), new_key("k", key_policy()), attached(type_, name="x")))
        estate = load_estate([path, tmp_path / "organization.json"])
        asked = ALLOWED.replace(", roles in prod", "")  # control policies do not restrict service-linked roles (D6)
        assert statuses(estate, asked)["nobody decrypts"] == status, type_


def test_l5a_who_has_a_share_of_a_key_may_change(tmp_path: Path) -> None:
    """Only where a key is shared already: principals of other shares have nothing to do with keys."""
    assert unknown_family("aws_ram_principal_association") is Family.SHARED
    assert beside_snapshot(tmp_path, "aws_ram_principal_association").unmodelled == ()
    listing = json.loads(snapshot(tmp_path).read_text())
    arn = f"arn:aws:kms:us-west-2:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    own = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "kms:*", "Resource": "*"}],
    }
    shared = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "kms:Sign", "Resource": "*"}],
    }
    listing["keys"] = [{"metadata": {"KeyMetadata": {"Arn": arn}}, "policies": {"default": own, "AWS_RAM": shared}}]
    (tmp_path / "shared.json").write_text(json.dumps(listing), encoding="utf-8")
    association = attached("aws_ram_principal_association", principal="x")
    estate = load_estate([write(tmp_path, plan(caller_identity(), association)), tmp_path / "shared.json"])
    assert {(thing.label, thing.key) for thing in estate.unmodelled} == {("L5a", arn)}


def test_endpoints_that_are_not_read_may_refuse_what_comes_through_one(tmp_path: Path) -> None:
    estate = beside_snapshot(tmp_path, "aws_vpc_endpoint_something")
    assert [(thing.label, thing.endpoint) for thing in estate.unmodelled] == [("V", "vpce-*")]
    assert statuses(estate, ALLOWED)["nobody decrypts"] == "proved"


def test_a_data_source_changes_nothing(tmp_path: Path) -> None:
    source = Planned("aws_iam_something", "x", {"name": "x"}, data=True)
    assert load_estate([write(tmp_path, plan(caller_identity(), new_key("k", key_policy()), source))]).unmodelled == ()


ARN = f"arn:aws:iam::{ACCOUNT}"
CALLERS = (
    *(f"arn:aws:sts::{ACCOUNT}:assumed-role/old/s", f"{ARN}:user/alice", f"{ARN}:user/unlisted", f"{ARN}:root"),
    *("arn:aws:iam::444455556666:user/eve", "s3.amazonaws.com"),
)


@pytest.mark.parametrize(
    "type_", [*MADE_UP, *EVERYWHERE, "aws_ram_something", "aws_organizations_something", "aws_vpc_endpoint_something"]
)
def test_both_rooms_decide_alike_under_what_is_not_read(tmp_path: Path, type_: str) -> None:
    estate = beside_snapshot(tmp_path, type_, denied=True)
    for principal in CALLERS:
        for action in ("kms:Decrypt", "kms:Encrypt"):
            for context in ({}, {"aws:SourceVpce": "vpce-0a1b2c3d", "aws:SourceVpc": "vpc-0a1b2c3d"}):
                asked = {"principal": principal, "action": action, "resource": estate.keys[0].arn, "context": context}
                request = request_from_json(estate, asked)
                found = evaluate(estate, request).outcome.value
                assert decide_symbolically(estate, request).value == found, (principal, action, context)


# -- nothing else than what is listed --


def only(kind: str, what: str, values: Iterable[str], owner: str) -> Planned:
    attribute = "policy_arns" if what == "policy_attachments" else "policy_names"
    given: dict[str, Any] = {f"{kind}_name": owner, attribute: list(values)}
    return attached(f"aws_iam_{kind}_{what}_exclusive", **given)


OWN, OF_ALL = "own kms:Encrypt", "shared kms:Encrypt"


@pytest.mark.parametrize(
    ("resources", "who", "expected"),
    [
        ([only("role", "policies", [], "old")], "old", [OF_ALL]),
        ([only("role", "policies", ["own"], "old")], "old", [OWN, OF_ALL]),
        ([only("role", "policies", ["other"], "old")], "old", [OF_ALL]),
        ([only("role", "policy_attachments", [], "old")], "old", [OWN]),
        ([only("role", "policy_attachments", [SHARED], "old")], "old", [OWN, OF_ALL]),
        ([only("role", "policy_attachments", [], "old"), only("role", "policies", [], "old")], "old", []),
        ([only("user", "policy_attachments", [SHARED], "alice")], "alice", [OF_ALL]),
        ([only("user", "policies", [], "alice")], "alice", []),
        ([only("group", "policy_attachments", [SHARED], "dev")], "alice", [OF_ALL]),
        ([only("group", "policies", [], "dev")], "alice", []),
        (
            [
                attached("aws_iam_role_policy", name="new", role="old", policy=json.dumps(DECRYPT)),
                only("role", "policies", ["new"], "old"),
            ],
            "old",
            ["new kms:Decrypt", OF_ALL],
        ),
        (
            [
                attached("aws_iam_group_policy", name="new", group="dev", policy=json.dumps(DECRYPT)),
                only("group", "policies", [], "dev"),
            ],
            "alice",
            [],
        ),
        (
            [
                attached("aws_iam_user_policy_attachment", user="alice", policy_arn=SHARED),
                only("user", "policy_attachments", [], "alice"),
            ],
            "alice",
            [],
        ),
    ],
)
def test_exclusive_resources_leave_what_they_list(
    tmp_path: Path, resources: list[Planned], who: str, expected: list[str]
) -> None:
    """[Terraform AWS provider: aws_iam_role_policies_exclusive, aws_iam_role_policy_attachments_exclusive …]"""
    for number, resource in enumerate(resources):
        resource.name = f"x{number}"
    found = planned(tmp_path, *resources)
    assert found.complete and policies(found)[who] == expected
    assert not any(
        s.only_if for identity in (*found.users, *found.roles) for p in identity.policies for s in p.statements
    )


def test_exclusive_resources_prove_and_refute(tmp_path: Path) -> None:
    """What they take away is refused, and what was kept from somebody by a Deny that goes is open."""
    path = snapshot(tmp_path)
    for resource, encrypts in (
        (only("role", "policies", [], "old"), "proved"),
        (only("role", "policies", ["own"], "old"), "refuted"),
    ):
        detached = only("role", "policy_attachments", [], "old")
        estate = load_estate(
            [write(tmp_path, plan(caller_identity(), new_key("k", key_policy()), resource, detached)), path]
        )
        asked = ALLOWED + 'invariant "the role does not encrypt":\n  no role/path/old in prod can kms:Encrypt\n'
        assert statuses(estate, asked)["the role does not encrypt"] == encrypts
    data = json.loads(path.read_text())
    (role,) = data["accounts"][ACCOUNT]["authorization_details"]["RoleDetailList"]
    role["RolePolicyList"] = [named("own", DECRYPT), named("guard", {"Statement": [DENIED["Statement"][-1]]})]
    path.write_text(json.dumps(data))
    for kept, decrypts in ((["own", "guard"], "proved"), (["own"], "refuted")):
        resource = only("role", "policies", kept, "old")
        estate = load_estate([write(tmp_path, plan(caller_identity(), new_key("k", key_policy()), resource)), path])
        assert statuses(estate, ALLOWED)["nobody decrypts"] == decrypts


def test_an_exclusive_resource_whose_list_is_not_known_is_in_doubt(tmp_path: Path) -> None:
    resource = Planned("aws_iam_role_policies_exclusive", "x", {"role_name": "old"}, {"policy_names": True})
    estate = load_estate(
        [write(tmp_path, plan(caller_identity(), new_key("k", key_policy()), resource)), snapshot(tmp_path)]
    )
    assert statuses(estate, ALLOWED + STILL.split("\n", 1)[1]) == {
        "nobody decrypts": "unknown",
        "nobody outside decrypts": "proved",
        "the role can": "unknown",
    }
    assert {thing.name.split()[0] for thing in estate.unmodelled} == {"aws_iam_role_policies_exclusive.x"}
