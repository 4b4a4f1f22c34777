"""S4: a proof or refutation without the account or the Region holds wherever the keys may be; else the verdict says on
what it hangs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run
from tests.inputs.test_several_regions import DATA, DENY, PLAIN, VARIABLES
from verifier.cli.bodies import prove

OWN, PARTNER = "111122223333", "444455556666"
TAG = "aws:PrincipalTag/a"


def allow(principal: Any, action: str = "kms:Decrypt", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": "*", **more}


def root(account: str) -> dict[str, str]:
    return {"AWS": f"arn:aws:iam::{account}:root"}


def write(path: Path, *statements: dict[str, Any]) -> Path:
    path.write_text(json.dumps({"Version": "2012-10-17", "Statement": statements}), encoding="utf-8")
    return path


def plan_of(*statements: dict[str, Any]) -> dict[str, Any]:
    """A plan that makes a key."""
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    resource = {"address": "aws_kms_key.k", "mode": "managed", "type": "aws_kms_key", "name": "k"}
    unknown = {"arn": True, "id": True, "key_id": True}
    change = {"actions": ["create"], "before": None, "after": {"policy": policy}, "after_unknown": unknown}
    configured = {**resource, "provider_config_key": "aws", "expressions": {"policy": {"constant_value": policy}}}
    return {
        "format_version": "1.2",
        "terraform_version": "1.9.0",
        "planned_values": {"root_module": {"resources": [{**resource, "values": {"policy": policy}}]}},
        "resource_changes": [{**resource, "provider_name": "registry.terraform.io/hashicorp/aws", "change": change}],
        "configuration": {"provider_config": {"aws": {"name": "aws"}}, "root_module": {"resources": [configured]}},
    }


def answer(run: Run, path: Path, *options: str) -> int:
    return run("prove", str(path), "--builtin", "no-external-access", "--no-cache", *options).code


def test_two_versions_are_compared_wherever_the_key_is(run: Run, tmp_path: Path) -> None:
    """S4: of which account the key is tells neither version, and it is all the same."""
    both = [allow({"AWS": f"arn:aws:iam::{number}:role/app"}) for number in (OWN, PARTNER)]
    old, new = write(tmp_path / "old.json", both[0]), write(tmp_path / "new.json", *both)
    same = write(tmp_path / "same.json", both[0] | {"Sid": "Same"})
    assert run("compare", str(old), str(same)).code == 0
    found = run("compare", str(old), str(new))
    assert found.code == 1
    assert f"so was each that it names ({OWN}, {PARTNER})" in " ".join(found.out.split())


OF_ROLE = allow({"AWS": f"arn:aws:iam::{OWN}:role/app"})
OF_SERVICE = allow({"Service": "s3.amazonaws.com"}, Condition={"StringEquals": {"aws:SourceAccount": PARTNER}})


def test_lists_that_are_the_same_wherever_the_key_is_ask_for_nothing(run: Run, tmp_path: Path) -> None:
    """S4: nobody but a service can, in whichever account the key is; of roles it depends on that."""
    path, roles = (write(tmp_path / f"{number}.json", one) for number, one in enumerate([OF_SERVICE, OF_ROLE]))
    for words in (["who-can", "kms:Decrypt"], ["findings"]):
        found = run(*words, str(path))
        assert found.code == 0
        assert f"so was each that it names ({PARTNER})" in " ".join(found.out.split())
        assert run(*words, str(roles)).code == 2
    assert run("who-can", "kms:Decrypt", "--except", OWN, str(path)).code == 2
    assert run("findings", "--trust", OWN, str(path)).code == 2


def asks(run: Run, option: str, *words: str) -> bool:
    """Whether a command ends with the error that an option is missing."""
    found = run(*words)
    return found.code == 2 and option in found.err and "[S4]" in found.err


POLICIES = {
    "a service": ([allow({"Service": "s3.amazonaws.com"})], 0),
    "one account": ([allow(root(OWN))], 3),
    "two accounts": ([allow(root(OWN)), allow(root(PARTNER))], 1),
    "one account of two in a condition": (
        [allow({"AWS": "*"}, Condition={"StringEquals": {"aws:PrincipalAccount": [OWN, PARTNER]}})],
        1,
    ),
    "one account through a service": ([allow({"AWS": "*"}, Condition={"StringEquals": {"kms:CallerAccount": OWN}})], 3),
    "an account that is not denied": ([allow({"AWS": "*"}), allow(root(OWN)) | {"Effect": "Deny"}], 1),
    "digits that hold an account": (
        [
            allow({"AWS": "*"}, Condition={"StringEquals": {TAG: "1${aws:ResourceAccount}"}}),
            allow({"AWS": "*"}, Condition={"StringEquals": {TAG: f"1{PARTNER}"}}) | {"Effect": "Deny"},
        ],
        3,
    ),
    "a pattern of accounts": ([allow({"AWS": "*"}, Condition={"StringLike": {"aws:PrincipalAccount": "1111*"}})], 2),
}


@pytest.mark.parametrize("name", POLICIES)
def test_a_verdict_without_the_account_holds_in_each(run: Run, tmp_path: Path, name: str) -> None:
    statements, expected = POLICIES[name]
    path = write(tmp_path / "policy.json", *statements)
    assert answer(run, path) == expected
    if expected != 2:
        given = {answer(run, path, "--account", account) for account in (OWN, PARTNER, "777788889999", "000000000000")}
        assert given == ({0, 1} if expected == 3 else {expected})


def test_a_policy_that_names_no_account_says_what_was_looked_at(run: Run, tmp_path: Path) -> None:
    path = write(tmp_path / "policy.json", allow({"Service": "s3.amazonaws.com"}))
    found = run("prove", str(path), "--builtin", "no-external-access", "--no-cache")
    assert "the account of the keys is not given: 000000000001 was looked at for any" in " ".join(found.out.split())


def test_an_invariant_that_names_an_account_asks_for_it(run: Run, tmp_path: Path) -> None:
    path, invariants = write(tmp_path / "policy.json", allow(root(OWN))), tmp_path / "it.inv"
    for sentence in (
        "no caller outside own can kms:Decrypt",
        'no caller can kms:Decrypt when kms:CallerAccount like "1111*"',
    ):
        invariants.write_text(f'account own = {OWN}\ninvariant "i": {sentence}\n', encoding="utf-8")
        assert asks(run, "--account", "prove", str(path), "--invariants", str(invariants))


TWO = (allow(root(OWN)), allow(root(PARTNER)))
BUILTIN = ("--builtin", "no-external-access", "--no-cache")


@pytest.mark.parametrize("options", [("--certificate", "c.json"), ("--suppose", "nobody calls kms:Sign")])
def test_what_is_no_answer_of_each_account_asks_for_it(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "two.json", *TWO)
    assert asks(run, "--account", "prove", "two.json", *BUILTIN, *options)


def test_only_one_file_of_few_accounts_is_looked_at_in_each(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    two = str(write(folder / "two.json", *TWO))
    assert run("prove", two, *BUILTIN).code == 1
    assert asks(run, "--account", "prove", str(folder), *BUILTIN)
    assert asks(run, "--account", "prove", two, str(write(tmp_path / "one.json", allow(root(OWN)))), *BUILTIN)
    eight = [allow(root(f"{number}" * 12)) for number in range(1, 9)]
    assert run("prove", str(write(tmp_path / "seven.json", *eight[1:])), *BUILTIN).code == 1
    read = [prove.question_of]
    monkeypatch.setattr(prove, "question_of", lambda asked: read.pop()(asked))  # once: no place is read in vain
    assert asks(run, "--account", "prove", str(write(tmp_path / "eight.json", *eight)), *BUILTIN)


@pytest.mark.parametrize("account", [PARTNER, "000000000001", "000000000002"])
def test_an_account_in_an_escape_is_looked_at(run: Run, tmp_path: Path, account: str) -> None:
    """Also where it is one that could stand for any which the policy does not name."""
    path = write(tmp_path / "policy.json", allow(root(account)))
    path.write_text(path.read_text("utf-8").replace(account, f"{account[:-1]}\\u003{account[-1]}"), encoding="utf-8")
    assert answer(run, path) == 3


def test_a_policy_that_allows_nothing_is_no_key_policy_in_any_account(run: Run, tmp_path: Path) -> None:
    found = run("prove", str(write(tmp_path / "policy.json", allow(root(OWN)) | {"Effect": "Deny"})), *BUILTIN)
    assert found.code == 2 and "[S3]" in found.err


def test_what_refers_to_the_own_account_is_not_looked_at_in_each(run: Run, tmp_path: Path) -> None:
    key = {
        "Type": "AWS::KMS::Key",
        "Properties": {"KeyPolicy": {"Statement": TWO}, "Description": {"Ref": "AWS::AccountId"}},
    }
    template, plan = tmp_path / "template.json", tmp_path / "plan.json"
    template.write_text(json.dumps({"Resources": {"K": key}}), encoding="utf-8")
    plan.write_text(json.dumps(plan_of(*TWO)), encoding="utf-8")
    for path in (template, plan):
        assert asks(run, "--account", "prove", str(path), *BUILTIN, "--region", "eu-west-1")


REGION = {"Ref": "AWS::Region"}
EAST, WEST = ({"Fn::Equals": [REGION, region]} for region in ("us-east-1", "us-west-2"))
CONDITIONS = {"East": EAST, "Elsewhere": {"Fn::Not": [EAST]}, "NotWest": {"Fn::Not": [WEST]}}
KEYS: dict[str, dict[str, str | None]] = {
    "only there": {"A": "East"},
    "also there": {"A": "East", "B": None},
    "others elsewhere": {"A": "East", "B": "Elsewhere"},
    "anywhere but there": {"A": "NotWest"},
}


def template(folder: Path, keys: dict[str, str | None], *statements: dict[str, Any]) -> str:
    """A template of keys, each with the condition under which it is there."""
    owner = allow({"AWS": {"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:root"}}, "kms:*")
    key = {
        "Type": "AWS::KMS::Key",
        "Properties": {"KeyPolicy": {"Version": "2012-10-17", "Statement": [owner, *statements]}},
    }
    resources = {name: key | ({"Condition": condition} if condition else {}) for name, condition in keys.items()}
    path = folder / "template.json"
    document = {"Mappings": {"M": {"us-west-2": {"A": PARTNER}}}, "Conditions": CONDITIONS, "Resources": resources}
    path.write_text(json.dumps(document), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("name", KEYS)
def test_keys_of_some_regions_alone_ask_for_it(run: Run, tmp_path: Path, name: str) -> None:
    path = template(tmp_path, KEYS[name])
    assert asks(run, "--region", "prove", path, *BUILTIN)
    assert asks(run, "--region", "compare", path, path)


def test_a_comparison_that_cannot_be_read_in_each_region_asks_for_it(run: Run, tmp_path: Path) -> None:
    """A table without an entry is an error of the template where the Region is given, and no answer about all
    Regions."""
    path = template(tmp_path, {"A": None}, allow({"AWS": {"Fn::FindInMap": ["M", REGION, "A"]}}))
    assert asks(run, "--region", "compare", path, path)
    assert run("compare", path, path, "--region", "us-west-2").code == 0


def test_an_input_without_a_key_may_be_of_any_account(run: Run, tmp_path: Path) -> None:
    """What is asked is about no key, and a role of the own account may do it; a pattern of accounts still asks for
    it."""
    path, invariants = tmp_path / "roles.json", tmp_path / "it.inv"
    policy = {
        "PolicyName": "p",
        "PolicyDocument": {"Statement": {"Effect": "Allow", "Action": "kms:CreateKey", "Resource": "*"}},
    }
    trust = {"Statement": allow({"AWS": {"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:root"}}, "sts:AssumeRole")}
    del trust["Statement"]["Resource"]
    role = {
        "Type": "AWS::IAM::Role",
        "Properties": {"RoleName": "x", "AssumeRolePolicyDocument": trust, "Policies": [policy]},
    }
    path.write_text(json.dumps({"Resources": {"R": role}}), encoding="utf-8")
    for condition, expected in (("", 1), (' when aws:PrincipalAccount like "1111*"', 2)):
        invariants.write_text(f'invariant "i": no caller can kms:CreateKey{condition}\n', encoding="utf-8")
        assert run("prove", str(path), "--invariants", str(invariants), "--allow-empty", "--no-cache").code == expected


FOLDER = VARIABLES.replace("var.b", '"us-west-2"') + DATA + DENY + PLAIN.replace('"k"', '"own"')


def test_a_key_of_a_named_region_beside_one_of_any(run: Run, tmp_path: Path) -> None:
    """The Deny is in force for the key in us-west-2 only where the other provider configuration is there too."""
    (tmp_path / "main.tf").write_text(FOLDER, encoding="utf-8")
    found = run("prove", str(tmp_path), "--builtin", "no-external-access", "--output", "json")
    verdicts = {verdict["target"].split(":")[3]: verdict for verdict in json.loads(found.out)["verdicts"]}
    assert verdicts.pop("us-west-2")["status"] == "unknown"
    assert [verdict["status"] for verdict in verdicts.values()] == ["proved"]
    assert answer(run, tmp_path, "--parameter", "a=us-west-2") == 0
    assert answer(run, tmp_path, "--parameter", "a=eu-west-1") == 1


def test_a_pattern_of_regions_asks_for_it(run: Run, tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(
        FOLDER.replace("StringEquals", "StringLike").replace("data.aws_region.here.name", '"us-*"'), encoding="utf-8"
    )
    assert answer(run, tmp_path) == 2


OWNED = allow(root(OWN), "kms:*")
VIA = {"kms:ViaService": "s3.us-east-1.amazonaws.com"}
WITHIN = allow(root(PARTNER), Condition={"StringEquals": VIA})
ANYWHERE = allow(
    root(PARTNER), Condition={"StringLike": {"kms:ViaService": [VIA["kms:ViaService"], "s3.*.amazonaws.com"]}}
)
PATTERN = allow(
    root(PARTNER), Condition={"StringLike": {"kms:ViaService": [VIA["kms:ViaService"], "s3.us-*.amazonaws.com"]}}
)
COMPARED = {
    "in one Region alone": ([OWNED], [OWNED, WITHIN], 3),
    "in each": ([OWNED], [OWNED, ANYWHERE], 1),
    "in each but one": ([OWNED, WITHIN], [OWNED, ANYWHERE], 3),
    "nothing": ([OWNED, WITHIN], [OWNED, WITHIN], 0),
    "by a pattern": ([OWNED], [OWNED, PATTERN], 2),
}


@pytest.mark.parametrize("name", COMPARED)
def test_a_comparison_without_the_region_holds_in_each(run: Run, tmp_path: Path, name: str) -> None:
    old, new, expected = COMPARED[name]
    paths = [write(tmp_path / "old.json", *old), write(tmp_path / "new.json", *new)]
    assert run("compare", *map(str, paths)).code == expected
    if expected != 2:
        given = {
            run("compare", *map(str, paths), "--region", region).code
            for region in ("us-east-1", "eu-west-1", "us-west-2")
        }
        assert given == ({0, 1} if expected == 3 else {expected})


def test_an_allowance_that_names_a_region_asks_for_it(run: Run, tmp_path: Path) -> None:
    paths, allowed = (
        [write(tmp_path / "old.json", OWNED), write(tmp_path / "new.json", OWNED, ANYWHERE)],
        tmp_path / "allow.inv",
    )
    sentence = f'account partner = {PARTNER}\nallow "x": any caller in partner can kms:Decrypt'
    allowed.write_text(sentence + "\n", encoding="utf-8")
    assert run("compare", *map(str, paths), "--allow", str(allowed)).code == 0
    for condition in (f'= "{VIA["kms:ViaService"]}"', 'like "s3.us-*.amazonaws.com"'):
        allowed.write_text(f"{sentence} when kms:ViaService {condition}\n", encoding="utf-8")
        assert asks(run, "--region", "compare", *map(str, paths), "--allow", str(allowed))


@pytest.mark.parametrize("owner", [OWN, f"arn:aws:iam::{OWN}:root"])
def test_a_region_of_a_partition_that_nothing_else_tells_of_asks_for_it(run: Run, tmp_path: Path, owner: str) -> None:
    there = allow({"AWS": PARTNER}, Condition={"StringEquals": {"aws:RequestedRegion": "cn-north-1"}})
    path = write(tmp_path / "policy.json", allow({"AWS": owner}, "kms:*"), there)
    assert asks(run, "--region", "prove", str(path), *BUILTIN)


@pytest.mark.parametrize("owner", [OWN, f"arn:aws-cn:iam::{OWN}:root"])
def test_versions_that_name_regions_of_two_partitions_ask_for_it(run: Run, tmp_path: Path, owner: str) -> None:
    """Of the second version it is asked in any case: nothing, or nothing but its principal, tells that it is in
    China."""
    paths = []
    for region, principal in (("us-east-1", OWN), ("cn-north-1", owner)):
        there = allow({"AWS": PARTNER}, Condition={"StringEquals": {"aws:RequestedRegion": region}})
        paths.append(str(write(tmp_path / f"{region}.json", allow({"AWS": principal}, "kms:*"), there)))
    assert asks(run, "--region", "compare", *paths)


@pytest.mark.parametrize(("statement", "expected"), [(WITHIN, 3), (ANYWHERE, 1), (PATTERN, 2)])
def test_a_plan_without_the_region_is_compared_in_each(
    run: Run, tmp_path: Path, statement: dict[str, Any], expected: int
) -> None:
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(plan_of(OWNED, statement)), encoding="utf-8")
    assert run("compare", "--plan", str(path)).code == expected
    assert run("compare", "--plan", str(path), "--region", "us-east-1").code == 1


THROUGH = """variable "a" {}
variable "b" {}
provider "aws" {
  region = "us-west-2"
}
provider "aws" {
  alias  = "other"
  region = SAID
}
data "aws_region" "there" {
  provider = aws.other
}
resource "aws_kms_key" "k" {
  policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Principal = { AWS = "arn:aws:iam::111122223333:root" }, Action = "kms:*", Resource = "*" },
    { Effect = "Allow", Principal = { AWS = "*" }, Action = "kms:Decrypt", Resource = "*",
      Condition = { StringEquals = { "kms:ViaService" = "s3.${data.aws_region.there.name}.amazonaws.com" } } },
  ] })
}
"""


@pytest.mark.parametrize(("region", "expected"), [("var.a", 0), ("var.b", 2), ("local.r", 2), ('"us-west-2"', 3)])
def test_versions_that_take_a_region_from_different_places_ask_for_it(
    run: Run, tmp_path: Path, region: str, expected: int
) -> None:
    """One may be the key's own Region and the other not, so that they are not equivalent."""
    for name, said in (("old", "var.a"), ("new", region)):
        (tmp_path / name).mkdir()
        text = THROUGH.replace("SAID", said) + "locals {\n  r = var.b\n}\n"
        (tmp_path / name / "main.tf").write_text(text, encoding="utf-8")
    paths = [str(tmp_path / "old"), str(tmp_path / "new"), "--account", OWN]
    assert run("compare", *paths).code == expected
    assert run("compare", *paths, "--region", "us-west-2").code == 0


IN_REGION = """variable "a" {}
variable "b" {}
locals {
  r = LOCAL
}
provider "aws" {
  region = "us-west-2"
}
resource "aws_kms_key" "k" {
  region = SAID
  policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Principal = { AWS = "*" }, Action = "kms:Decrypt", Resource = "*",
      Condition = { StringEquals = { "aws:RequestedRegion" = "eu-west-1" } } },
  ] })
}
"""


@pytest.mark.parametrize(
    ("said", "other", "local", "expected"),
    [
        ("var.a", "var.a", "1", 0),
        ("var.a", "var.b", "1", 2),
        ('["us-west-2", "eu-west-1"][var.a]', '["us-west-2", "eu-west-2"][var.a]', "1", 2),
        ("local.r", "local.r", '["us-west-2", "eu-west-2"][var.a]', 2),
    ],
)
def test_versions_that_take_the_region_of_a_key_from_different_places(
    run: Run, tmp_path: Path, said: str, other: str, local: str, expected: int
) -> None:
    """The key's own Region goes before that of its provider."""
    for name, region, value in (("old", said, '["us-west-2", "eu-west-1"][var.a]'), ("new", other, local)):
        (tmp_path / name).mkdir()
        text = IN_REGION.replace("SAID", region).replace("LOCAL", value)
        (tmp_path / name / "main.tf").write_text(text, encoding="utf-8")
    paths = [str(tmp_path / "old"), str(tmp_path / "new"), "--account", OWN]
    assert run("compare", *paths).code == expected
    assert run("compare", *paths, "--region", "us-west-2").code == 0
    given = run("compare", *paths, "--region", "us-west-2", "--verbose").out
    assert "the Region of aws_kms_key.k is taken from var." in " ".join(given.split())
