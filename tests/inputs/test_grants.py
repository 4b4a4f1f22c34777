"""The grants of a key, from list-grants."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.inputs.samples import (
    ACCOUNT,
    KEY,
    KEY_ID,
    MULTI_REGION_KEY,
    assert_only,
    details,
    errors,
    grant,
    key,
    load,
    metadata,
    place,
    role,
    user,
)
from verifier.model.estate import Estate
from verifier.model.grant import Grant
from verifier.model.policy import PrincipalType
from verifier.model.reference import actions
from verifier.model.unmodelled import Influence
from verifier.syntax.diagnostic import InputError

OTHER = f"arn:aws:kms:us-west-2:{ACCOUNT}:key/99999999-12ab-34cd-56ef-1234567890ab"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/app"
SERVICE = {"GranteePrincipal": None, "GranteeServicePrincipal": "rds.amazonaws.com"}
SOURCE = "arn:aws:rds:us-west-2:111122223333:db:*"


def estate(folder: Path, *grants: Any) -> Estate:
    return load(folder, {"keys": [key(grants={"Grants": list(grants), "Truncated": False}, name="payments")]})


def read(folder: Path, **members: Any) -> Grant:
    """The one grant of a key, with these members."""
    (found,) = estate(folder, grant(**members)).keys[0].grants or ()
    return found


def refused(folder: Path, *grants: Any) -> Any:
    return errors(folder, {"keys": [key(grants={"Grants": list(grants)})]})


def test_g1_a_grant_as_kms_lists_it(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        KeyId=KEY,
        Name="volumes",
        CreationDate="2026-01-31T10:00:00+00:00",
        IssuingAccount=f"arn:aws:iam::{ACCOUNT}:root",
        RetiringPrincipal=f"arn:aws:iam::{ACCOUNT}:role/admin",
        Operations=["Decrypt", "CreateGrant", "Decrypt"],
        Constraints={"EncryptionContextSubset": {"aws:ebs:id": "vol-1", "Aws:ebs:id": "vol-2"}},
    )
    assert (found.id, found.name, found.created, found.issuing_account) == (
        "1",
        "volumes",
        "2026-01-31T10:00:00+00:00",
        ACCOUNT,
    )
    assert (found.grantee.type, found.grantee.value, found.grantee.account) == (PrincipalType.ROLE, ROLE, ACCOUNT)
    assert found.retiring is not None and found.retiring.value == f"arn:aws:iam::{ACCOUNT}:role/admin"
    assert found.operations == ("kms:Decrypt", "kms:CreateGrant")
    assert (found.context_equals, found.context_subset) == (None, (("aws:ebs:id", "vol-1"), ("Aws:ebs:id", "vol-2")))
    assert (found.source_arn, found.grantee_hidden) == (None, False)
    assert found.grantee.span.line > found.span.line > 1


def test_g1_not_listed_is_not_none_listed(tmp_path: Path) -> None:
    assert load(tmp_path, {"keys": [key()]}).keys[0].grants is None
    assert estate(tmp_path).keys[0].grants == ()
    assert load(tmp_path, {"keys": [key(grants=[])]}).keys[0].grants == ()


def test_g1_forms_of_a_listing(tmp_path: Path) -> None:
    listings: list[Any] = [
        [grant(), grant(GrantId="2")],
        {"Grants": [grant(), grant(GrantId="2")]},
        [
            {"Grants": [grant()], "Truncated": True, "NextMarker": "x"},
            {"Grants": [grant(GrantId="2")], "Truncated": False},
        ],
    ]
    for listing in listings:
        assert [found.id for found in load(tmp_path, {"keys": [key(grants=listing)]}).keys[0].grants or ()] == [
            "1",
            "2",
        ]


@pytest.mark.parametrize(
    ("text", "type_", "account"),
    [
        (f"arn:aws:iam::{ACCOUNT}:root", PrincipalType.ACCOUNT, ACCOUNT),
        (ACCOUNT, PrincipalType.ACCOUNT, ACCOUNT),
        ("arn:aws:iam::444455556666:user/division/Alice", PrincipalType.USER, "444455556666"),
        ("arn:aws:iam::444455556666:role/app", PrincipalType.ROLE, "444455556666"),
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/app/run", PrincipalType.SESSION, ACCOUNT),
        (
            f"arn:aws:sts::{ACCOUNT}:assumed-role/aws:ec2-infrastructure/i-0123456789abcdef0",
            PrincipalType.SESSION,
            ACCOUNT,
        ),
        (f"arn:aws:sts::{ACCOUNT}:federated-user/Bob", PrincipalType.FEDERATED_USER, ACCOUNT),
        ("AROADBQP57FF2AEXAMPLE", PrincipalType.UNIQUE_ID, None),
        ("dynamodb.us-west-2.amazonaws.com", PrincipalType.SERVICE, None),
    ],
)
def test_g2_grantees_and_retiring_principals(
    tmp_path: Path, text: str, type_: PrincipalType, account: str | None
) -> None:
    found = read(tmp_path, GranteePrincipal=text, RetiringPrincipal=text)
    assert found.retiring is not None
    assert [(p.type, p.account) for p in (found.grantee, found.retiring)] == [(type_, account)] * 2
    expected = f"arn:aws:iam::{ACCOUNT}:root" if text == ACCOUNT else text
    assert found.grantee.value == expected


def test_g2_a_service_in_the_place_of_a_principal_may_hide_one(tmp_path: Path) -> None:
    assert read(tmp_path, GranteePrincipal="rds.amazonaws.com").grantee_hidden
    found = read(tmp_path, **SERVICE, Constraints={"SourceArn": SOURCE}, RetiringServicePrincipal="rds.amazonaws.com")
    assert (found.grantee.type, found.grantee.value, found.grantee_hidden) == (
        PrincipalType.SERVICE,
        "rds.amazonaws.com",
        False,
    )
    assert (found.source_arn, found.retiring and found.retiring.type) == (SOURCE, PrincipalType.SERVICE)
    both = read(tmp_path, GranteePrincipal="rds.amazonaws.com", GranteeServicePrincipal="rds.amazonaws.com")
    assert not both.grantee_hidden


def test_g2_a_service_without_source_is_remarked(tmp_path: Path) -> None:
    assert assert_only(estate(tmp_path, grant(**SERVICE)).warnings, "no `SourceArn`").rule == "G2"
    assert estate(tmp_path, grant(**SERVICE, Constraints={"SourceArn": SOURCE})).warnings == ()


def test_l8_unique_ids_of_the_inventory_are_resolved(tmp_path: Path) -> None:
    grants = [grant(GranteePrincipal="AROAEXAMPLEEXAMPLE"), grant(GrantId="2", RetiringPrincipal="AIDAEXAMPLEEXAMPLE")]
    inventory = details(
        RoleDetailList=[role("app", RoleId="AROAEXAMPLEEXAMPLE")],
        UserDetailList=[user("al", UserId="AIDAEXAMPLEEXAMPLE")],
    )
    snapshot = {"keys": [key(grants=grants)], "accounts": {ACCOUNT: {"authorization_details": inventory}}}
    first, second = load(tmp_path, snapshot).keys[0].grants or ()
    assert (first.grantee.type, first.grantee.value, first.grantee.account) == (PrincipalType.ROLE, ROLE, ACCOUNT)
    assert second.retiring is not None
    assert (second.retiring.type, second.retiring.value) == (PrincipalType.USER, f"arn:aws:iam::{ACCOUNT}:user/al")


def test_l8_an_unknown_unique_id_is_remarked(tmp_path: Path) -> None:
    found = estate(tmp_path, grant(GranteePrincipal="AROAEXAMPLEEXAMPLE"))
    assert assert_only(found.warnings, "is a unique ID").rule == "L8"


@pytest.mark.parametrize(
    ("constraints", "equals", "subset", "source"),
    [
        (None, None, None, None),
        ({}, None, None, None),
        ({"EncryptionContextEquals": {}}, (), None, None),
        ({"EncryptionContextEquals": {"a": "1"}, "SourceArn": SOURCE}, (("a", "1"),), None, SOURCE),
        ({"EncryptionContextSubset": {"a": "", "b": "2"}}, None, (("a", ""), ("b", "2")), None),
        ({"EncryptionContextSubset": None, "SourceArn": None}, None, None, None),
    ],
)
def test_g3_constraints(tmp_path: Path, constraints: Any, equals: Any, subset: Any, source: Any) -> None:
    found = read(tmp_path, Constraints=constraints)
    assert (found.context_equals, found.context_subset, found.source_arn) == (equals, subset, source)


def test_g1_every_grant_operation_is_known(tmp_path: Path) -> None:
    names = [action.name for action in actions() if action.grant_operation]
    found = read(tmp_path, Operations=[name.removeprefix("kms:") for name in names])
    assert found.operations == tuple(names) and len(names) == 19


def test_g1_a_grant_allows_no_operation_that_is_known_to_be_none_of_grants(tmp_path: Path) -> None:
    found = estate(tmp_path, grant(Operations=["Decrypt", "ScheduleKeyDeletion"]))
    assert (found.keys[0].grants or ())[0].operations == ("kms:Decrypt",) and found.unmodelled == ()
    assert assert_only(found.warnings, "ScheduleKeyDeletion").rule == "G1"
    for wrong in ("decrypt", "kms:Decrypt", "Decrypt "):
        with pytest.raises(InputError, match="is no grant operation"):
            estate(tmp_path, grant(Operations=[wrong]))


def test_u4_an_unknown_operation_may_allow_what_the_data_does_not_know(tmp_path: Path) -> None:
    found = estate(tmp_path, grant(Operations=["Decrypt", "Teleport"]), grant(GrantId="2", Operations=["Ascend"]))
    assert [kept.operations for kept in found.keys[0].grants or ()] == [("kms:Decrypt",), ()]
    (thing,) = found.unmodelled
    assert (thing.label, thing.influence, thing.key) == ("U4", Influence.MAY_ALLOW, KEY)
    assert "2 grants, 1, 2: unknown operations `Teleport`, `Ascend`" in thing.description
    assert assert_only(found.warnings, "Teleport").rule == "U4"


@pytest.mark.parametrize(
    ("members", "label"),
    [
        ({"Constraints": {"EncryptionContextSubset": {"a": "1"}, "SourceVpc": "vpc-1"}}, "G3"),
        ({"ExpirationDate": "2027-01-01"}, "G1"),
    ],
)
def test_g3_a_grant_with_something_unknown_is_kept_out(tmp_path: Path, members: Any, label: str) -> None:
    found = estate(tmp_path, grant(**members), grant(GrantId="2"))
    assert [kept.id for kept in found.keys[0].grants or ()] == ["2"]
    (thing,) = found.unmodelled
    assert (thing.label, thing.influence, thing.key, thing.principal) == (label, Influence.MAY_ALLOW, KEY, None)
    assert assert_only(found.warnings, "grant 1: unknown").rule == label
    assert thing.span.line > 1


def test_g1_things_that_are_not_known_are_one_symbol_for_a_key(tmp_path: Path) -> None:
    found = estate(tmp_path, *(grant(GrantId=str(number), Constraints={"Moon": "full"}) for number in range(50)))
    assert len(found.unmodelled) == len(found.warnings) == 1
    assert "50 grants, 0, 1, 2 …" in found.unmodelled[0].description


@pytest.mark.parametrize(
    ("members", "says"),
    [
        ({"KeyId": OTHER}, "but these are the grants of"),
        ({"KeyId": KEY.replace("us-west-2", "eu-west-1")}, "but these are the grants of"),
        ({"GrantId": None}, "the grant has no `GrantId`"),
        ({"GrantId": ["1"]}, "`GrantId` must be a string"),
        ({"GranteePrincipal": None}, "the grant has no `GranteePrincipal`"),
        ({"GranteePrincipal": "*"}, "is not a principal of a grant"),
        ({"GranteePrincipal": f"arn:aws:iam::{ACCOUNT}:role/*"}, "is not a principal of a grant"),
        ({"GranteePrincipal": f"arn:aws:iam::{ACCOUNT}:group/ops"}, "is not a principal of a grant"),
        ({"GranteePrincipal": {}}, "`GranteePrincipal` must be a string, found an object"),
        ({"GranteeServicePrincipal": "rds.amazonaws.com"}, "`GranteePrincipal` names another than"),
        ({"GranteeServicePrincipal": ROLE}, "`GranteeServicePrincipal` \"arn:aws"),
        ({"RetiringPrincipal": "nobody"}, "`RetiringPrincipal` \"nobody\" is not a principal"),
        ({"RetiringPrincipal": ROLE, "RetiringServicePrincipal": "rds.amazonaws.com"}, "names another than"),
        ({"IssuingAccount": ROLE}, "is not an account"),
        ({"Operations": None}, "`Operations` must be a list, found null"),
        ({"Operations": "Decrypt"}, "`Operations` must be a list, found a string"),
        ({"Operations": [{}]}, "an operation must be a string, found an object"),
        ({"Constraints": []}, "`Constraints` must be an object, found a list"),
        ({"Constraints": {"EncryptionContextEquals": {}, "EncryptionContextSubset": {}}}, "has either"),
        ({"Constraints": {"EncryptionContextEquals": "a"}}, "must be an object, found a string"),
        ({"Constraints": {"EncryptionContextEquals": {"a": ["b"]}}}, "must be a string, found a list"),
        ({"Constraints": {"SourceArn": "db"}}, "is not an ARN"),
    ],
)  # fmt: skip
def test_g1_what_is_wrong_is_an_error_at_its_place(tmp_path: Path, members: Any, says: str) -> None:
    found = refused(tmp_path, grant(**members))
    assert any(says in error.message for error in found), [error.message for error in found]
    assert all(place(error) > (1, 1) for error in found)


def test_g1_members_that_are_missing(tmp_path: Path) -> None:
    assert sorted(error.message for error in refused(tmp_path, {})) == [
        "the grant has no `GrantId`",
        "the grant has no `GranteePrincipal`",
        "the grant has no `Operations`",
    ]
    assert_only(refused(tmp_path, grant(), grant()), "duplicate grant 1")
    assert "a grant must be an object, found a string" in [error.message for error in refused(tmp_path, "x")]


def test_l4_a_pair_twice_is_an_error_at_its_place(tmp_path: Path) -> None:
    entry = f'{{"GrantId": "1", "GranteePrincipal": "{ROLE}", "Operations": [],\n'
    entry += ' "Constraints": {"EncryptionContextEquals": {"a": "1", "a": "2"}}}'
    text = f'{{"keys": [{{"arn": "{KEY}", "policy": "default", "grants": [\n{entry}]}}]}}'
    found = assert_only(errors(tmp_path, text), "duplicate member `a`")
    assert (place(found), found.rule) == ((3, 56), "L4")


@pytest.mark.parametrize("key_id", [KEY, KEY_ID, f"key/{KEY_ID}"])
def test_g1_the_key_of_a_grant(tmp_path: Path, key_id: str) -> None:
    assert read(tmp_path, KeyId=key_id).id == "1"


def test_l9_grants_of_related_keys_are_not_shared(tmp_path: Path) -> None:
    replica = MULTI_REGION_KEY.replace("us-west-2", "eu-west-1")
    keys = [
        key(metadata=metadata(arn), grants=[grant(GrantId=arn.split(":")[3], KeyId=arn)])
        for arn in (MULTI_REGION_KEY, replica)
    ]
    assert [[found.id for found in read.grants or ()] for read in load(tmp_path, {"keys": keys}).keys] == [
        ["us-west-2"],
        ["eu-west-1"],
    ]
    swapped = [key(metadata=metadata(MULTI_REGION_KEY), grants=[grant(KeyId=replica)])]
    assert_only(errors(tmp_path, {"keys": swapped}), "but these are the grants of")


def test_g1_a_listing_of_many_grants_is_read(tmp_path: Path) -> None:
    found = estate(tmp_path, *(grant(GrantId=str(number)) for number in range(5_000))).keys[0].grants or ()
    assert len(found) == 5_000
    assert found[-1].span.line > found[0].span.line
