"""What ends a collection before its end, or before it begins: exit code 2, a message that says what to do, nothing
lost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import verifier
from tests.cli.conftest import Run
from tests.collect.conftest import ACCOUNT, OTHER, REGION, TOKEN, Calls, Live

ROLE = f"arn:aws:iam::{OTHER}:role/audit"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "no Region: give --region"),
        (("--region", "mars"), "'mars' is not a Region"),
        (("--region", REGION, "--profile", "no\x1b[31m"), "there is no profile"),
        (("--region", REGION, "--assume-role", "audit"), "is not the ARN of a role"),
        (("--region", REGION, "--only-assumed"), "give --assume-role"),
        (("--region", REGION, "--assume-role", ROLE, "--assume-role", ROLE), f"account {OTHER} would be read twice"),
    ],
)
def test_usage(run: Run, aws: None, tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    result = run("snapshot", str(tmp_path / "live"), *arguments)
    assert (result.code, result.out) == (2, "")
    assert message in result.err
    assert "\x1b" not in result.err
    assert not (tmp_path / "live").exists()


def test_no_credentials(run: Run, aws: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name)
    result = run("snapshot", str(tmp_path / "live"), "--region", REGION)
    assert result.code == 2
    assert "there are no credentials: give --profile" in result.err


def test_a_role_that_may_not_be_assumed(run: Run, aws: None, calls: Calls, tmp_path: Path) -> None:
    calls.deny("sts:AssumeRole", "AccessDenied")
    result = run("snapshot", str(tmp_path / "live"), "--region", REGION, "--assume-role", ROLE)
    assert result.code == 2
    assert f"cannot act as {ROLE}" in result.err and "AccessDenied" in result.err
    assert TOKEN not in result.err


def test_without_boto3(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("verifier.cli.snapshot.find_spec", lambda name: None)
    result = run("snapshot", str(tmp_path / "live"), "--region", REGION)
    assert result.code == 2
    assert "pip install 'kms-verifier[aws]'" in result.err


def test_credentials_that_expire_on_the_way(run: Run, live: Live, calls: Calls, tmp_path: Path) -> None:
    calls.deny("kms:ListResourceTags", "ExpiredTokenException")
    result = run("snapshot", str(tmp_path / "live"), "--region", REGION, "--concurrency", "1")
    assert result.code == 2
    assert "does not accept the credentials: kms:ListResourceTags: ExpiredTokenException" in result.err
    assert TOKEN not in result.err
    assert "kms:ListGrants" in [name for name, _ in calls.made]
    calls.answers.clear()
    calls.made.clear()
    assert run("snapshot", str(tmp_path / "live"), "--region", REGION).code == 0
    assert [name for name, _ in calls.made if name.startswith("kms:")] == ["kms:ListResourceTags"]


def test_folders_of_something_else_are_left_alone(run: Run, live: Live, tmp_path: Path) -> None:
    def refused(folder: Path, region: str = REGION) -> str:
        before = sorted(path.read_bytes() for path in folder.rglob("*") if path.is_file())
        result = run("snapshot", str(folder), "--region", region)
        assert result.code == 2
        assert before == sorted(path.read_bytes() for path in folder.rglob("*") if path.is_file())
        return result.err

    other = tmp_path / "other"
    other.mkdir()
    (other / "notes.txt").write_text("mine", encoding="utf-8")
    assert "is not empty" in refused(other)
    for content in (
        "[1]",
        "{}",
        "{",
        "[" * 100_000,
        '{"format": "kms-verifier/collection", "format_version": 1, "scope": 3}',
    ):
        (other / "manifest.json").write_text(content, encoding="utf-8")
        assert "give a new folder" in refused(other)
    assert run("snapshot", str(tmp_path / "live"), "--region", REGION).code == 0
    assert f"holds a collection of {ACCOUNT} in {REGION}" in refused(tmp_path / "live", "eu-west-1")


def test_a_name_that_leads_out_of_the_folder(run: Run, live: Live, calls: Calls, tmp_path: Path) -> None:
    organization = {
        "Id": "o-a1b2c3d4e5",
        "MasterAccountId": ACCOUNT,
        "FeatureSet": "ALL",
        "Arn": "arn",
        "MasterAccountArn": "arn",
    }
    answers: dict[str, Any] = {
        "DescribeOrganization": {"Organization": organization},
        "ListAccounts": {"Accounts": [{"Id": ACCOUNT}]},
        "ListRoots": {"Roots": [{"Id": "../../../out"}]},
        "ListPolicies": {"Policies": []},
        "ListOrganizationalUnitsForParent": {"OrganizationalUnits": []},
    }
    for name, answer in answers.items():
        calls.answers[f"organizations:{name}"] = lambda parameters, answer=answer: answer  # type: ignore[misc]
    result = run("snapshot", str(tmp_path / "a" / "b" / "live"), "--region", REGION)
    assert result.code == 2
    assert "a name that is none of a file" in result.err
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def organization_of(calls: Calls, *identifiers: str) -> None:
    """Answers for an organization of both accounts; each account in turn asks which one it is in."""
    answers = iter(identifiers)

    def describe(parameters: dict[str, Any]) -> Any:
        return {"Organization": {"Id": next(answers), "MasterAccountId": ACCOUNT}}

    calls.answers["organizations:DescribeOrganization"] = describe
    for name, answer in {
        "ListAccounts": {"Accounts": [{"Id": account} for account in (ACCOUNT, OTHER)]},
        "ListRoots": {"Roots": []},
        "ListPolicies": {"Policies": []},
        "ListParents": {"Parents": [{"Id": "r-ab12", "Type": "ROOT"}]},
    }.items():
        calls.answers[f"organizations:{name}"] = lambda parameters, answer=answer: answer  # type: ignore[misc]


BOTH = ("--region", REGION, "--assume-role", ROLE, "--concurrency", "1", "--output", "json")


def test_of_another_organization_nothing_is_known(run: Run, live: Live, calls: Calls, tmp_path: Path) -> None:
    """Two accounts of two organizations: one is read, and what is over the account of the other is not known."""
    organization_of(calls, "o-a1b2c3d4e5", "o-zzzzzzzzzz")
    result = run("snapshot", str(tmp_path / "live"), *BOTH)
    assert result.code == 3
    assert [(entry["part"], entry["account"]) for entry in json.loads(result.out)["not_read"]] == [
        ("organization", OTHER)
    ]
    estate = verifier.load(tmp_path / "live")
    assert estate.organization is not None and estate.organization.id == "o-a1b2c3d4e5"
    assert OTHER in {thing.account for thing in estate.unmodelled}


def test_policies_that_may_not_be_listed_are_unknown_over_every_account(
    run: Run, live: Live, calls: Calls, tmp_path: Path
) -> None:
    organization_of(calls, "o-a1b2c3d4e5", "o-a1b2c3d4e5")
    listed = calls.answers["organizations:ListPolicies"]
    calls.deny("organizations:ListPolicies")
    assert run("snapshot", str(tmp_path / "live"), *BOTH).code == 3
    estate = verifier.load(tmp_path / "live")
    over = {(thing.account, thing.owner) for thing in estate.unmodelled}
    assert over == {(ACCOUNT, None), (OTHER, None), (None, ACCOUNT), (None, OTHER)}
    calls.answers["organizations:ListPolicies"] = listed
    assert run("snapshot", str(tmp_path / "live"), *BOTH).code == 0
    assert json.loads((tmp_path / "live" / "not-read.json").read_text(encoding="utf-8")) == {
        "complete": True,
        "parts": [],
    }
