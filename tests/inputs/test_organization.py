"""The organization of a snapshot: its accounts and where they are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.inputs.samples import ACCOUNT, errors, key, load, place
from verifier.model.estate import Estate

MANAGEMENT = "999988887777"
PARTNER = "444455556666"
ORGANIZATION = "o-a1b2c3d4e5"
PATH = f"{ORGANIZATION}/r-ab12/ou-ab12-11111111/"
DESCRIBED: dict[str, Any] = {"Organization": {"Id": ORGANIZATION, "MasterAccountId": MANAGEMENT, "FeatureSet": "ALL"}}
ROOT, UNIT, INNER = "r-ab12", "ou-ab12-11111111", "ou-ab12-22222222"
DENY = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "kms:ScheduleKeyDeletion", "Resource": "*"}]}
)


def organization(*accounts: str, **parts: Any) -> dict[str, Any]:
    listed = [{"Id": account, "Status": "ACTIVE"} for account in accounts or (MANAGEMENT, ACCOUNT, PARTNER)]
    return {"describe_organization": DESCRIBED, "accounts": {"Accounts": listed}} | parts


def parent(identifier: str) -> dict[str, Any]:
    """The output of list-parents."""
    return {"Parents": [{"Id": identifier, "Type": "ROOT" if identifier.startswith("r-") else "ORGANIZATIONAL_UNIT"}]}


def targets(*identifiers: str) -> dict[str, Any]:
    """The output of list-targets-for-policy."""
    return {"Targets": [{"TargetId": identifier} for identifier in identifiers]}


def described(identifier: str = "p-deny", content: Any = DENY, type_: str = "SERVICE_CONTROL_POLICY") -> dict[str, Any]:
    """The output of describe-policy; without a document where `content` is `None`."""
    policy = {"PolicySummary": {"Id": identifier, "Name": identifier.removeprefix("p-").title(), "Type": type_}}
    return {"Policy": policy | ({} if content is None else {"Content": content})}


def control(
    identifier: str = "p-deny", content: Any = DENY, type_: str = "SERVICE_CONTROL_POLICY", **parts: Any
) -> dict[str, Any]:
    """A policy with its targets, as `policies` has it."""
    return {"policy": described(identifier, content, type_)} | parts


def read(folder: Path, organization: Any, **parts: Any) -> Estate:
    return load(folder, {"keys": [key(name="payments")], "organization": organization} | parts)


def refused(folder: Path, organization: Any) -> Any:
    return errors(folder, {"keys": [key()], "organization": organization})


def paths(folder: Path, organization: Any) -> dict[str, str | None]:
    found = read(folder, organization).organization
    assert found is not None
    return dict(found.accounts)


def test_f2_members_and_paths(tmp_path: Path) -> None:
    found = read(tmp_path, organization(paths={ACCOUNT: PATH, MANAGEMENT: f"{ORGANIZATION}/r-ab12"})).organization
    assert found is not None
    assert (found.id, found.management_account) == (ORGANIZATION, MANAGEMENT)
    assert found.accounts == ((MANAGEMENT, f"{ORGANIZATION}/r-ab12/"), (ACCOUNT, PATH), (PARTNER, None))


def test_f2_list_accounts_may_give_the_paths(tmp_path: Path) -> None:
    listed = [{"Id": MANAGEMENT}, {"Id": ACCOUNT, "Paths": [PATH]}]
    found = read(tmp_path, {"describe_organization": DESCRIBED["Organization"], "accounts": listed}).organization
    assert found is not None
    assert dict(found.accounts) == {MANAGEMENT: None, ACCOUNT: PATH}


def test_f2_a_path_may_end_with_its_account(tmp_path: Path) -> None:
    listed = [
        {"Id": MANAGEMENT, "Paths": [f"{ORGANIZATION}/{ROOT}/{MANAGEMENT}/"]},
        {"Id": ACCOUNT, "Paths": [f"{PATH}{ACCOUNT}/"]},
    ]
    assert paths(tmp_path, organization(accounts=listed)) == {MANAGEMENT: f"{ORGANIZATION}/{ROOT}/", ACCOUNT: PATH}


def test_f2_parents_tell_the_paths(tmp_path: Path) -> None:
    given = {
        ACCOUNT: parent(INNER),
        INNER: parent(UNIT),
        UNIT: parent(ROOT),
        MANAGEMENT: parent(ROOT),
        PARTNER: parent("ou-ab12-99999999"),
    }
    nested = f"{PATH}{INNER}/"
    assert paths(tmp_path, organization(parents=given)) == {
        MANAGEMENT: f"{ORGANIZATION}/{ROOT}/",
        ACCOUNT: nested,
        PARTNER: None,
    }


def test_f2_organizational_units_tell_their_parents(tmp_path: Path) -> None:
    accounts = {ACCOUNT: parent(INNER), PARTNER: parent(UNIT)}
    units = {ROOT: {"OrganizationalUnits": [{"Id": UNIT}]}, UNIT: {"OrganizationalUnits": [{"Id": INNER}]}}
    with_paths = [
        {"OrganizationalUnits": [{"Id": UNIT, "Path": PATH}], "NextToken": "x"},
        {"OrganizationalUnits": [{"Id": INNER, "Path": f"{PATH}{INNER}/"}]},
    ]
    for given in (units, with_paths):
        found = paths(tmp_path, organization(parents=accounts, organizational_units=given))
        assert found == {MANAGEMENT: None, ACCOUNT: f"{PATH}{INNER}/", PARTNER: PATH}


def test_f2_sources_that_agree_are_one(tmp_path: Path) -> None:
    listed = [{"Id": MANAGEMENT}, {"Id": ACCOUNT, "Paths": [PATH]}]
    given = organization(accounts=listed, paths={ACCOUNT: PATH}, parents={ACCOUNT: parent(UNIT), UNIT: parent(ROOT)})
    assert paths(tmp_path, given) == {MANAGEMENT: None, ACCOUNT: PATH}


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"describe_organization": DESCRIBED}, "the organization has no `accounts`"),
        ({"accounts": []}, "the organization has no `describe_organization`"),
        (organization(ACCOUNT), f"the management account {MANAGEMENT} is not among the accounts"),
        (organization(MANAGEMENT, ACCOUNT, ACCOUNT), f"duplicate account {ACCOUNT}"),
        (organization(MANAGEMENT, "1"), "`1` is not an account of twelve digits"),
        (organization(accounts={"Accounts": [{"Id": MANAGEMENT}], "NextToken": "x"}), "truncated"),
        (
            organization(describe_organization={"Organization": {"Id": "acme", "MasterAccountId": MANAGEMENT}}),
            "`acme` is not an organization ID",
        ),
        (organization(describe_organization={"Organization": {"Id": ORGANIZATION}}), "`MasterAccountId` is missing"),
        (organization(paths={ACCOUNT: "r-ab12"}), "expected an organization path"),
        (organization(paths={ACCOUNT: "o-9999999999/r-ab12/"}), "is not in the organization"),
        (organization(paths={ACCOUNT: f"{PATH}{PARTNER}/"}), "expected an organization path"),
        (organization(paths={ACCOUNT: 1}), "expected an organization path"),
        (organization(paths=[]), "`paths` must be an object"),
        (
            organization(paths={ACCOUNT: PATH, PARTNER: f"{ORGANIZATION}/r-cd34/"}),
            "one root, here are r-ab12 and r-cd34",
        ),
        (
            organization(paths={ACCOUNT: PATH}, parents={ACCOUNT: parent(ROOT)}),
            f"{ACCOUNT} has two parents: r-ab12 and {UNIT}",
        ),
        (organization(parents={ACCOUNT: {"Parents": []}}), "has 0 parents, expected one"),
        (organization(parents={ACCOUNT: {"Parents": [{"Id": ROOT}, {"Id": UNIT}]}}), "has 2 parents, expected one"),
        (organization(parents={ACCOUNT: parent("acme")}), "the parent has no `Id` of a root or OU"),
        (organization(parents={"acme": parent(ROOT)}), "`acme` is neither an account nor an OU"),
        (organization(parents={ACCOUNT: parent(UNIT), UNIT: parent(INNER), INNER: parent(UNIT)}), "is above itself"),
        (organization(parents={UNIT: parent(UNIT), ACCOUNT: parent(UNIT)}), "is above itself"),
        (organization(parents={ACCOUNT: 3}), "the output of list-parents must be an object, found `3`"),
        (
            organization(organizational_units={"acme": {"OrganizationalUnits": []}}),
            "`acme` is neither a root nor an OU",
        ),
        (
            organization(organizational_units={ROOT: {"OrganizationalUnits": [{}]}}),
            "the organizational unit has no `Id`",
        ),
        (organization(roots={"Roots": [{"Id": "root"}]}), "the root has no `Id`"),
        (organization(roots={"Roots": [{"Id": ROOT}, {"Id": "r-cd34"}]}), "one root"),
        (organization(roots={"Roots": [{"Id": ROOT, "PolicyTypes": "all"}]}), "`PolicyTypes` must be a list"),
        (organization(paths={"123456789012": PATH}), "which is not among the accounts"),
        (organization(polices=[]), "unknown member `polices`"),
        (organization(policies=[{}]), "has no `policy`"),
        (
            organization(policies=[{"policy": {"Policy": {"PolicySummary": {}}}}]),
            "the policy of the organization has no `Id`",
        ),
        (organization(policies=[control(targets={"Targets": [], "NextToken": "x"})]), "truncated"),
    ],
)
def test_f2_an_organization_that_is_not_whole_is_an_error(tmp_path: Path, given: Any, says: str) -> None:
    found = refused(tmp_path, given)
    assert any(says in error.message for error in found), [error.message for error in found]
    assert all(place(error) > (1, 1) for error in found)


def test_one_organization(tmp_path: Path) -> None:
    from verifier.inputs import load_estate
    from verifier.syntax.diagnostic import InputError

    paths = []
    for name in ("a.json", "b.json"):
        paths.append(tmp_path / name)
        paths[-1].write_text(json.dumps({"organization": organization()}))
    with pytest.raises(InputError, match="a second organization"):
        load_estate(paths)
