"""`verifier reach`: callers and paths, what the rooms behind it are asked, outputs, exit codes, errors."""

from __future__ import annotations

import json
import sys
from copy import deepcopy
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import verifier
from tests.cli.conftest import Run
from tests.project.shown import ROOT
from tests.report.reaches import FROM, TO, UNSURE
from verifier.model.results.reach_report import ReachReport

PAYMENTS = str(ROOT / "examples" / "payments")
API = "arn:aws:iam::111122223333:role/api"


class Asked:
    """Stands for `verifier.verify.reach.reach`: what it was asked, and what it answers."""

    def __init__(self) -> None:
        self.who: Any = None
        self.rest: tuple[Any, ...] = ()
        self.from_caller, self.to_action = FROM, TO

    def reach_from(self, estate: Any, caller: str, *rest: Any) -> ReachReport:
        self.who, self.rest = caller, rest
        return self.from_caller

    def reach_to(self, estate: Any, actions: tuple[str, ...], *rest: Any) -> ReachReport:
        self.who, self.rest = actions, rest
        return self.to_action


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    found = Asked()
    module = ModuleType("verifier.verify.reach.reach")
    vars(module).update(reach_from=found.reach_from, reach_to=found.reach_to)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return found


def test_a_caller_is_the_first_word(run: Run, asked: Asked) -> None:
    found = run("reach", "role/api", PAYMENTS, "--key", "payments", "--reading", "P5=no")
    assert found.code == 0, found
    assert (asked.who, asked.rest[:3]) == (API, (("payments",), None, {"P5": False}))
    assert found.out.startswith("what role/ops of 111122223333 can bring about") and found.err == ""


def test_to_takes_all_words_as_paths(run: Run, asked: Asked) -> None:
    found = run("reach", "--to", "kms:Decrypt", "--to", "kms:Sign", "--steps", "2", PAYMENTS)
    assert found.code == 0, found
    assert (asked.who, asked.rest[:3]) == (("kms:Decrypt", "kms:Sign"), ((), 2, {}))
    assert found.out.startswith("who can eventually kms:Decrypt")


def test_verbose_tells_why(run: Run, asked: Asked) -> None:
    assert "to do it" not in run("reach", "role/api", PAYMENTS).out
    assert "to do it" in run("reach", "role/api", PAYMENTS, "--verbose").out


def test_s1_an_answer_that_is_not_complete_ends_in_3(run: Run, asked: Asked) -> None:
    asked.from_caller = UNSURE
    found = run("reach", "role/api", PAYMENTS)
    assert found.code == 3 and "not proved" in found.out


def test_several_outputs(run: Run, asked: Asked, tmp_path: Path) -> None:
    markdown = tmp_path / "reach.md"
    found = run("reach", "--to", "kms:Decrypt", PAYMENTS, "--output", "json", "--output", f"markdown={markdown}")
    assert json.loads(found.out)["format"] == "kms-verifier/reach"
    assert markdown.read_text(encoding="utf-8").startswith("## Who can eventually")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((PAYMENTS,), "no caller to ask about"),
        (("role/api",), "no input"),
        ((API,), "no input"),
        (("role/apo", PAYMENTS), "did you mean `role/api`"),
        (("role/\x1b[31m", PAYMENTS), "names no caller"),
        (("role/api", "--to", "kms:Decrypt", PAYMENTS), "not both"),
        (("role/api", PAYMENTS, "--key", "paymnts"), "did you mean `payments`"),
        (("role/api", PAYMENTS, "--steps", "9"), "--steps"),
        (("role/api", PAYMENTS, "--output", "sarf"), "is no format; did you mean `sarif`?"),
        (("role/api", PAYMENTS, "--output", "json", "--output", "text"), "only one output"),
        (("role/api", PAYMENTS, "--reading", "P5"), "expected P5=yes"),
        ((), "Missing argument"),
    ],
)
def test_input_errors(run: Run, asked: Asked, arguments: tuple[str, ...], message: str) -> None:
    found = run("reach", *arguments)
    assert found.code == 2 and message in found.err and found.out == "" and "\x1b" not in found.err, found
    assert asked.who is None


def test_the_help_teaches_with_examples(run: Run) -> None:
    found = run("reach", "--help")
    assert found.code == 0 and found.out.count("verifier reach ") >= 5


def test_the_schema_is_printed(run: Run) -> None:
    assert json.loads(run("schema", "reach").out)["title"] == "kms-verifier reach"


SNAPSHOT: dict[str, Any] = {
    "keys": [
        {
            "arn": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
            "name": "payments",
            "metadata": {
                "KeySpec": "SYMMETRIC_DEFAULT",
                "KeyUsage": "ENCRYPT_DECRYPT",
                "Origin": "AWS_KMS",
                "MultiRegion": False,
            },
            "policy": {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Sid": "Grants",
                        "Effect": "Allow",
                        "Principal": {"AWS": "arn:aws:iam::111122223333:role/api"},
                        "Action": "kms:CreateGrant",
                        "Resource": "*",
                    }
                ],
            },
            "grants": [],
            "aliases": [],
            "tags": [],
        }
    ],
    "accounts": {
        "111122223333": {
            "authorization_details": {
                "UserDetailList": [],
                "GroupDetailList": [],
                "Policies": [],
                "RoleDetailList": [
                    {
                        "Path": "/",
                        "RoleName": name,
                        "RoleId": f"AROA{name.upper():X<16}",
                        "Arn": f"arn:aws:iam::111122223333:role/{name}",
                        "AssumeRolePolicyDocument": {
                            "Version": "2012-10-17",
                            "Statement": [
                                {
                                    "Effect": "Allow",
                                    "Principal": {"Service": "ec2.amazonaws.com"},
                                    "Action": "sts:AssumeRole",
                                }
                            ],
                        },
                        "RolePolicyList": [],
                        "AttachedManagedPolicies": [],
                        "InstanceProfileList": [],
                        "Tags": [],
                    }
                    for name in ("api", "idle")
                ],
            },
            "open_id_connect_providers": [],
            "saml_providers": [],
        }
    },
}


def test_all_of_it_from_a_snapshot(run: Run, tmp_path: Path) -> None:
    """With the rooms behind it: a role that may create a grant can decrypt one step later, another one cannot."""
    path = tmp_path / "snapshot.json"
    path.write_text(json.dumps(SNAPSHOT), encoding="utf-8")
    found = run("reach", "role/api", str(path), "--output", "json")
    assert found.code == 0, found
    document = json.loads(found.out)
    Draft202012Validator(verifier.schema("reach")).validate(document)
    (key,) = document["keys"]
    rows = {action: row for row in key["rows"] for action in row["actions"]}
    assert rows["kms:CreateGrant"]["steps"] == 0 and rows["kms:Decrypt"]["steps"] == 1
    assert rows["kms:Decrypt"]["story"]["steps"][0]["kind"] == "create grant"
    assert "kms:PutKeyPolicy" in key["beyond"] and key["bound"]["every_length"]
    who = run("reach", "--to", "kms:Decrypt", str(path))
    assert who.code == 0 and "creates a grant on payments to role/api" in " ".join(who.out.split())
    assert "out of reach  role/idle" in who.out


def test_callers_that_nothing_tells_apart_are_all_named(run: Run, tmp_path: Path) -> None:
    """S1: `nobody else gets there` would not be true of a role that another stands for."""
    found = deepcopy(SNAPSHOT)
    (statement,) = found["keys"][0]["policy"]["Statement"]
    anyone = {
        "Principal": "*",
        "Action": "kms:Decrypt",
        "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/*"}},
    }
    statement.update(anyone)
    path = tmp_path / "snapshot.json"
    path.write_text(json.dumps(found), encoding="utf-8")
    (key,) = json.loads(run("reach", "--to", "kms:Decrypt", str(path), "--output", "json").out)["keys"]
    directly = next(row for row in key["rows"] if row["steps"] == 0)
    assert {"arn:aws:iam::111122223333:role/api", "arn:aws:iam::111122223333:role/idle"} <= set(directly["callers"])


def test_the_api_asks_the_same(tmp_path: Path) -> None:
    path = tmp_path / "snapshot.json"
    path.write_text(json.dumps(SNAPSHOT), encoding="utf-8")
    estate = verifier.load(path)
    assert verifier.reach(estate, "role/api", steps=0).keys[0].rows[0].actions == ("kms:CreateGrant",)
    (key,) = verifier.reach(estate, to=["kms:Decrypt"], keys=["payments"]).keys
    assert key.rows[0].callers == ("arn:aws:iam::111122223333:role/api",) and key.complete
    for caller, to in ((None, ()), ("role/api", ("kms:Decrypt",))):
        with pytest.raises(verifier.InputError, match="one of them"):
            verifier.reach(estate, caller, to=to)
