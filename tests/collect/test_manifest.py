"""A collected folder is read as the collection left it, or not at all: the digests of its manifest."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

import verifier
from tests.cli.conftest import Run
from tests.collect.conftest import REGION, Calls, Live


@pytest.fixture
def collected(run: Run, live: Live, tmp_path: Path) -> Path:
    """A folder of a collection that read everything."""
    assert run("snapshot", str(tmp_path / "live"), "--region", REGION).code == 0
    return tmp_path / "live"


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def proved(run: Run, folder: Path) -> tuple[int, str]:
    result = run("prove", str(folder), "--builtin", "no-external-access", "--no-cache")
    return result.code, result.err


def test_every_file_of_a_collection_has_a_digest(collected: Path, run: Run) -> None:
    listed = json.loads((collected / "manifest.json").read_text(encoding="utf-8"))["files"]
    assert sorted([*listed, "manifest.json"]) == files(collected) and len(listed) > 8
    assert {"not-read.json", "vpc-endpoints.json", "keys/payments/grants.json"} <= listed.keys()
    assert proved(run, collected)[0] == 0
    estate = verifier.load(collected)
    assert {str(Path(file).relative_to(collected)) for file, _ in estate.inputs} == set(files(collected))


def test_a_file_that_is_not_there_or_is_another_is_named(collected: Path, run: Run, tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    shutil.copytree(collected, whole)
    for name in files(whole):
        for change in ("gone", "other"):
            shutil.rmtree(collected)
            shutil.copytree(whole, collected)
            path = collected / name
            if change == "gone":
                path.unlink()
            elif name == "manifest.json":
                path.write_text("{}", encoding="utf-8")
            else:
                path.write_bytes(path.read_bytes() + b" ")
            code, told = proved(run, collected)
            assert code == 2 and str(path) in told, (name, change, told)
            assert (
                "is not there"
                if change == "gone"
                else "as the collection wrote it"
                if path.name != "manifest.json"
                else "no manifest"
            ) in told


def test_an_emptied_listing_is_named(collected: Path, run: Run) -> None:
    (collected / "keys" / "payments" / "grants.json").write_text('{"Grants": []}', encoding="utf-8")
    code, told = proved(run, collected)
    assert code == 2 and "keys/payments/grants.json" in told and "as the collection wrote it" in told


def test_links_and_names_that_lead_out_are_not_followed(collected: Path, run: Run, tmp_path: Path) -> None:
    path = collected / "manifest.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    (tmp_path / "secret.json").write_text("{}", encoding="utf-8")
    path.write_text(
        json.dumps({**content, "files": {**content["files"], "../secret.json": "0" * 64}}), encoding="utf-8"
    )
    code, told = proved(run, collected)
    assert code == 2 and "leads out of the folder" in told


def test_a_manifest_of_something_else_is_nobodys_concern(tmp_path: Path, run: Run, collected: Path) -> None:
    """Beside a snapshot that no collection made."""
    for name in ("manifest.json", "not-read.json"):
        (collected / name).unlink()
    (collected / "manifest.json").write_text('{"name": "an application"}', encoding="utf-8")
    assert proved(run, collected)[0] == 0


@pytest.mark.parametrize("change", ["gone", "other"])
def test_a_later_run_does_not_go_on_with_what_it_did_not_write(
    run: Run, live: Live, calls: Calls, tmp_path: Path, change: str
) -> None:
    calls.deny("kms:ListResourceTags")
    arguments = ("snapshot", str(tmp_path / "live"), "--region", REGION)
    assert run(*arguments).code == 3
    grants = tmp_path / "live" / "keys" / "payments" / "grants.json"
    if change == "gone":
        grants.unlink()
    else:
        grants.write_text('{"Grants": []}', encoding="utf-8")
    calls.answers.clear()
    result = run(*arguments)
    assert (
        result.code == 2
        and "keys/payments/grants.json` is not as the collection wrote it: give a new folder" in result.err
    )


@pytest.mark.parametrize(
    "operation", ["kms:DescribeKey", "iam:GetAccountAuthorizationDetails", "ec2:DescribeVpcEndpoints"]
)
def test_a_later_run_that_reads_the_rest_leaves_a_whole_folder(
    run: Run, live: Live, calls: Calls, tmp_path: Path, operation: str
) -> None:
    calls.deny(operation)
    arguments = ("snapshot", str(tmp_path / "live"), "--region", REGION, "--region", "eu-west-1")
    assert run(*arguments).code == 3
    assert proved(run, tmp_path / "live")[0] != 2
    calls.answers.clear()
    assert run(*arguments).code == 0
    assert proved(run, tmp_path / "live")[0] == 0
