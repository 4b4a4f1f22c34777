"""`verifier lint`: exit codes, streams, options."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run
from tests.project.shown import ROOT

HOME = {"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:*", "Resource": "*"}
TWICE = {**HOME, "Action": ["kms:Decrypt", "kms:De*"], "Principal": {"AWS": "444455556666"}}
NEVER = {**HOME, "Condition": {"StringEquals": {"aws:PrincipalAccount": "444455556666"}}}
EVERYTHING = {**HOME, "Effect": "Deny", "Principal": "*"}
OPEN = {**{name: value for name, value in HOME.items() if name != "Resource"}, "NotResource": "*"}
KEY = "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def policy(folder: Path, *statements: object) -> str:
    path = folder / "key-policy.json"
    path.write_text(json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, indent=1))
    return str(path)


@pytest.mark.parametrize(
    ("statements", "options", "code"),
    [
        ((HOME,), (), 0),
        ((HOME, TWICE), (), 0),
        ((HOME, TWICE), ("--fail-on", "note"), 1),
        ((HOME, NEVER), (), 1),
        ((HOME, NEVER), ("--fail-on", "error"), 0),
        ((HOME, EVERYTHING), ("--fail-on", "error"), 1),
        ((HOME, EVERYTHING), ("--fail-on", "never"), 0),
        ((HOME, OPEN), ("--fail-on", "error"), 3),
        ((HOME, OPEN), ("--fail-on", "never"), 3),
        ((HOME, OPEN), (), 1),
    ],
)
def test_exit_codes(
    run: Run, tmp_path: Path, statements: tuple[object, ...], options: tuple[str, ...], code: int
) -> None:
    result = run("lint", policy(tmp_path, *statements), "--key-arn", KEY, *options)
    assert result.code == code
    assert f"exit {code}" in result.out


@pytest.mark.parametrize("options", [("no-such-file.json",), ("--fail-on", "fatal"), (), ("--output", "xml")])
def test_wrong_usage_and_input_end_in_2(run: Run, tmp_path: Path, options: tuple[str, ...]) -> None:
    assert run("lint", *options).code == 2


def test_an_input_without_a_policy_to_change_is_an_error(run: Run, tmp_path: Path) -> None:
    key = {
        "metadata": {"KeyMetadata": {"Arn": KEY, "KeyManager": "AWS"}},
        "policy": {"Version": "2012-10-17", "Statement": [HOME]},
    }
    path = tmp_path / "snapshot.json"
    path.write_text(json.dumps({"keys": [key]}))
    result = run("lint", str(path))
    assert result.code == 2
    assert result.out == ""
    assert "nothing to look at" in result.err


def test_each_output_is_written_to_stdout_alone(run: Run, tmp_path: Path) -> None:
    path = policy(tmp_path, HOME, NEVER)
    results = {
        output: run("lint", path, "--key-arn", KEY, "--output", output) for output in ("text", "markdown", "json")
    }
    assert all(result.err == "" for result in results.values())
    assert json.loads(results["json"].out)["summary"]["findings"]["warning"] == 1
    assert "never-matches" in results["text"].out and "never-matches" in results["markdown"].out


def test_warnings_that_a_finding_tells_are_not_told_twice(run: Run, tmp_path: Path) -> None:
    misspelt = {**HOME, "Action": "kms:Decript"}
    assert (
        "no action"
        in run("prove", policy(tmp_path, HOME, misspelt), "--key-arn", KEY, "--builtin", "no-external-access").err
    )
    result = run("lint", policy(tmp_path, HOME, misspelt), "--key-arn", KEY)
    assert "unknown-action" in result.out
    assert "no action" not in result.err


def test_verbose_shows_the_rewritten_statement(run: Run, tmp_path: Path) -> None:
    path = policy(tmp_path, HOME, TWICE)
    assert '"Action": "kms:De*"' in run("lint", path, "--key-arn", KEY, "--all", "--verbose").out
    assert '"Action"' not in run("lint", path, "--key-arn", KEY, "--all").out


def test_notes_are_listed_with_all_and_counted_without(run: Run, tmp_path: Path) -> None:
    twice = {**HOME, "Action": "kms:Decrypt"}
    path = policy(tmp_path, HOME, NEVER, TWICE, twice)
    rules = ["never-matches", "redundant-action", "redundant-statement"]
    told = {
        name: run("lint", path, "--key-arn", KEY, "--output", name).out
        for name in ("text", "markdown", "sarif", "csv", "json")
    }
    assert all("never-matches" in text and "2 notes" in text for name, text in told.items() if name != "json")
    document = json.loads(told["json"])
    assert [found["rule"] for found in document["findings"]] == rules[:1] and document["summary"]["not_listed"] == 2
    assert not any('"redundant' in run("lint", path, "--key-arn", KEY, "--output", "text").out for _ in told)
    for option in (("--all",), ("--fail-on", "note")):
        found = json.loads(run("lint", path, "--key-arn", KEY, *option, "--output", "json").out)
        assert sorted(one["rule"] for one in found["findings"]) == rules and "not_listed" not in found["summary"]
    alone = run("lint", policy(tmp_path, HOME, twice), "--key-arn", KEY)
    assert (
        alone.code == 0
        and alone.out == "1 policy: nothing found, everything decided; 1 note not listed (--all)      exit 0\n"
    )


@pytest.mark.parametrize(
    ("properties", "rules"),
    [
        ({}, ["rotation-off"]),
        ({"EnableKeyRotation": "true", "PendingWindowInDays": 30}, []),
        ({"EnableKeyRotation": True, "PendingWindowInDays": "7"}, ["short-deletion-window"]),
        ({"EnableKeyRotation": {"Ref": "Rotates"}}, []),
        ({"KeySpec": "RSA_2048", "KeyUsage": "SIGN_VERIFY"}, []),
    ],
)
def test_what_a_template_says_of_a_keys_life(
    run: Run, tmp_path: Path, properties: dict[str, Any], rules: list[str]
) -> None:
    owner = {**HOME, "Principal": {"AWS": "arn:aws:iam::111122223333:root"}}
    key = {
        "Type": "AWS::KMS::Key",
        "Properties": {"KeyPolicy": {"Version": "2012-10-17", "Statement": owner}, **properties},
    }
    path = tmp_path / "t.json"
    path.write_text(json.dumps({"Parameters": {"Rotates": {"Type": "String"}}, "Resources": {"Key": key}}))
    found = json.loads(run("lint", str(path), "--all", "--output", "json").out)["findings"]
    assert [one["rule"] for one in found] == rules


def test_an_annotation_is_a_sentence_about_a_named_policy(run: Run, tmp_path: Path) -> None:
    """Where it is read there is no report around it: it names the policy, the statement and the request."""
    statements = [
        {"Sid": f"S{n}", **HOME, "Principal": {"AWS": f"arn:aws:iam::{account}:root"}}
        for n, account in enumerate(("111122223333", "444455556666"))
    ]
    key = {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": {"Version": "2012-10-17", "Statement": statements}}}
    (tmp_path / "t.json").write_text(json.dumps({"Resources": {"Key": key}}))
    told = run("lint", str(tmp_path / "t.json"), "--account", "111122223333", "--output", "github").out
    assert "rotation-off%3A Key::the policy is of a key that is not rotated automatically;" in told
    assert 'wildcard-for-outsiders%3A Key::"S1" allows `kms:*`' in told and " calls kms:Decrypt: allowed" in told
    assert "::1 policy: 2 warnings; exit code 1" in told


def test_what_a_plan_says_of_a_keys_life(run: Run, tmp_path: Path) -> None:
    text = (ROOT / "examples" / "eight-policies" / "8-separate-policy.plan.json").read_text(encoding="utf-8")
    for value, rules in ((": true", []), (": false", ["rotation-off"])):
        path = tmp_path / "plan.json"
        path.write_text(text.replace('"enable_key_rotation": true', f'"enable_key_rotation"{value}'))
        found = json.loads(run("lint", str(path), "--account", "111122223333", "--output", "json").out)["findings"]
        assert [one["rule"] for one in found] == rules


def test_the_schema_is_printed(run: Run) -> None:
    assert json.loads(run("schema", "lint").out)["title"] == "kms-verifier lint"


def test_policies_that_do_not_tell_where_their_key_is(run: Run, tmp_path: Path) -> None:
    """What is wrong whichever account and Region it is of is told, and nothing else: no option is needed (S4)."""
    via = {"StringEquals": {"kms:ViaService": "s3.us-west-2.amazonaws.com"}}
    anyone = {"Effect": "Allow", "Principal": "*", "Action": "kms:D*", "Resource": "*"}
    partner = {**anyone, "Principal": {"AWS": "arn:aws:iam::444455556666:root"}, "Condition": via}
    never = {**anyone, "Action": "kms:Sign", "Condition": {"StringEquals": {"kms:ViaService": "nonsense"}}}
    two = {**HOME, "Principal": {"AWS": ["arn:aws:iam::444455556666:root", "arn:aws:iam::777788889999:root"]}}
    policies = {
        "fine": ([partner], 0),
        "never": ([{**anyone, "Action": "kms:Put*"}, never], 1),
        "either": ([anyone, partner], 3),
    }
    policies["one of two is an outsider, whichever that is"] = ([two], 3)
    for name, (statements, code) in policies.items():
        (tmp_path / f"{name}.json").write_text(json.dumps({"Version": "2012-10-17", "Statement": statements}))
        result = run("lint", str(tmp_path / f"{name}.json"), "--fail-on", "note", "--output", "json")
        document = json.loads(result.out)
        assert result.code == code and "S4" in {assumption["rule"] for assumption in document["assumptions"]}, (
            name,
            result.out,
        )
    told = (tmp_path / "one of two is an outsider, whichever that is.json").read_text()
    (tmp_path / "escaped.json").write_text(told.replace("56666:", "5666\\u0036:").replace("89999:", "8999\\u0039:"))
    assert run("lint", str(tmp_path / "escaped.json")).code == 2
    about = {**partner, "Condition": {"StringEquals": {"kms:EncryptionContext:id": f"{KEY[-36:-12]}000000000123"}}}
    named = json.dumps({"Version": "2012-10-17", "Statement": [partner, about]}).replace("000123", "00012\\u0033")
    (tmp_path / "named.json").write_text(named)
    assert run("lint", str(tmp_path / "named.json")).code == 0  # the end of an ID is no account
    both = run("lint", str(tmp_path / "never.json"), str(tmp_path / "fine.json"))
    assert both.code == 1 and "whichever they are" in both.out


@pytest.mark.parametrize(
    ("condition", "asked"),
    [
        ({"StringLike": {"aws:RequestedRegion": "us-*"}}, "--region"),
        ({"StringNotLike": {"kms:ViaService": "s3.us-????-1.amazonaws.com"}}, "--region"),
        ({"StringEquals": {"aws:RequestedRegion": "${aws:PrincipalTag/region}"}}, "--region"),
        ({"StringLike": {"kms:CallerAccount": "1111*"}}, "--account"),
        ({"StringEquals": {"aws:RequestedRegion": "us-east-1"}}, None),
        ({"StringEquals": {"aws:RequestedRegion": "US-EAST-1"}}, None),  # it is looked at in the Region of that name
    ],
)
def test_s4_patterns_that_tell_places_apart_ask_for_the_place(
    run: Run, tmp_path: Path, condition: dict[str, Any], asked: str | None
) -> None:
    """A place that the policy does not name stands for the others only where nothing tells them apart: `us-*` restricts
    nothing in us-east-1, and keeps every request away in eu-west-1."""
    anyone = {"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"}
    statements = [anyone, {**anyone, "Action": "kms:Sign", "Condition": condition}]
    (tmp_path / "p.json").write_text(json.dumps({"Version": "2012-10-17", "Statement": statements}))
    result = run("lint", str(tmp_path / "p.json"))
    assert (result.code, "S4" in result.err) == (2, True) if asked else result.code != 2
    assert asked is None or asked in result.err


def test_s4_a_pattern_of_other_partitions_is_looked_at_in_them(run: Run, tmp_path: Path) -> None:
    """In `aws` alone the statement never matches."""
    anyone = {"Effect": "Allow", "Principal": {"AWS": "444455556666"}, "Action": "kms:Decrypt", "Resource": "*"}
    pattern = {**anyone, "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws-*:iam::444455556666:role/x"}}}
    (tmp_path / "p.json").write_text(json.dumps({"Version": "2012-10-17", "Statement": [pattern]}))
    codes = [
        run("lint", str(tmp_path / "p.json"), *given).code
        for given in ((), ("--region", "us-east-1"), ("--region", "cn-north-1"))
    ]
    assert codes == [0, 1, 0]


@pytest.mark.parametrize(("hyphen", "code"), [("-", 1), ("\\u002d", 2)])
def test_s4_principals_tell_in_which_partition_it_is_looked_at(
    run: Run, tmp_path: Path, hyphen: str, code: int
) -> None:
    """In China the outsider may do everything; of a policy whose text does not show where it is, the Region is asked
    for."""
    there = [
        {**HOME, "Principal": {"AWS": f"arn:aws-cn:iam::{account}:root"}}
        for account in ("111122223333", "444455556666")
    ]
    there.append({**there[1], "Condition": {"StringEquals": {"aws:RequestedRegion": "cn-north-1"}}})
    text = json.dumps({"Version": "2012-10-17", "Statement": there if hyphen == "-" else there[:2]})
    (tmp_path / "p.json").write_text(text.replace("aws-cn", f"aws{hyphen}cn"))
    given = ("--account", "111122223333") if hyphen == "-" else ()
    assert run("lint", str(tmp_path / "p.json"), *given).code == code
