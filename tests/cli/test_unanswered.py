"""No answer: the errors in every format, and inputs without keys that may pass."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from jsonschema import Draft202012Validator

import verifier
from tests.cli.conftest import Result, Run
from verifier.cli.run import OutputError
from verifier.model.choices import FORMATS

KEY = "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
NONE = "Resources:\n  Topic:\n    Type: AWS::SNS::Topic\n"
BROKEN = (
    '{"Version": "2012-10-17",\n "Statement": [{"Effect": "allow", "Principal": "*", "Action": "kms:*", '
    '"Resource": "*"}]}'
)
COMMANDS: dict[str, Any] = {
    "prove input --builtin no-public-access": "report",
    "check-no-public-access input": "check",
    "check-access-not-granted input --action kms:Decrypt": "check",
    "who-can kms:Decrypt input": "who-can",
    "reach --to kms:Decrypt input": "reach",
    "findings input": "findings",
    "lint input": "lint",
    "suggest input --builtin no-public-access": "suggestions",
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("question", COMMANDS)
def test_without_a_key(run: Run, folder: Path, question: str) -> None:
    (folder / "none.yaml").write_text(NONE)
    arguments = question.replace("input", "none.yaml").split()
    result = run(*arguments)
    assert (result.code, result.out) == (2, "") and "holds no key" in result.err and "--allow-empty" in result.err
    allowed = run(*arguments, "--allow-empty")
    assert allowed.code == 0 and "what was read: none.yaml" in allowed.out and allowed.err == ""
    schema = Draft202012Validator(verifier.schema(COMMANDS[question]))
    for options, code, errors in (((), 2, 1), (("--allow-empty",), 0, 0)):
        result = run(*arguments, *options, "--output", "json")
        document = json.loads(result.out)
        schema.validate(document)
        assert (result.code, document["exit_code"], len(document["errors"])) == (code, code, errors)
        assert ("verdicts" in document or COMMANDS[question] != "report") or code == 2
    assert "verdicts" not in json.loads(run(*arguments, "--output", "json").out), (
        "an error is no report without findings"
    )


@pytest.mark.parametrize(
    "question", [*COMMANDS, "compare input input", "explain input --principal 111122223333 --action kms:Decrypt"]
)
def test_an_error_in_the_input_stays_one(run: Run, folder: Path, question: str) -> None:
    (folder / "broken.json").write_text(BROKEN)
    arguments = [*question.replace("input", "broken.json").split(), "--key-arn", KEY, "--output", "json"]
    options = [] if question.startswith(("compare", "explain")) else ["--allow-empty"]
    result = run(*arguments, *options)
    (error,) = json.loads(result.out)["errors"]
    assert result.code == 2 and "allow" in result.err
    assert (error["place"]["file"], error["place"]["line"], error["severity"]) == ("broken.json", 2, "error")


def test_every_format_has_the_errors(run: Run, folder: Path) -> None:
    (folder / "broken.json").write_text(BROKEN)
    outputs = [part for name in FORMATS for part in ("--output", f"{name}=out.{name}")]
    result = run("prove", "broken.json", "--builtin", "no-public-access", *outputs)
    assert (result.code, result.out) == (2, "") and "nothing was checked" in result.err
    texts = {name: (folder / f"out.{name}").read_text() for name in FORMATS}
    assert all("broken.json" in text and "allow" in text for text in texts.values())
    (log,) = json.loads(texts["sarif"])["runs"]
    assert log["invocations"][0] | {"executionSuccessful": False, "exitCode": 2} == log["invocations"][0]
    assert log["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] == 2
    assert ElementTree.fromstring(texts["junit"]).attrib["errors"] == "1"
    assert json.loads(texts["gitlab"])[0]["location"] == {"path": "broken.json", "lines": {"begin": 2}}
    assert "error" in texts["csv"] and "broken.json,2" in texts["csv"]
    assert texts["github"].splitlines()[1].startswith("::error file=broken.json,line=2")


def test_a_fault_of_the_verifier_is_written_too(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fault(*_: object, **__: object) -> None:
        raise RuntimeError("a fault")

    (folder / "none.yaml").write_text(NONE)
    monkeypatch.setattr("verifier.cli.bodies.listed.load_estate", fault)
    result = run("findings", "none.yaml", "--allow-empty", "--output", "json")
    assert (
        result.code == 4
        and json.loads(result.out)["exit_code"] == 4
        and "a fault" in json.loads(result.out)["errors"][0]["message"]
    )


def test_a_fault_of_the_verifier_stays_one_where_it_cannot_be_written(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fault(*_: object, **__: object) -> None:
        raise RuntimeError("a fault")

    def full(path: Path, _: str) -> None:
        raise OutputError(str(path)) from OSError(28, "No space left on device")

    (folder / "none.yaml").write_text(NONE)
    monkeypatch.setattr("verifier.cli.bodies.listed.load_estate", fault)
    monkeypatch.setattr("verifier.cli.outputs.write_file", full)
    result = run("findings", "none.yaml", "--output", "json=found.json")
    assert result.code == 4 and "RuntimeError: a fault" in result.err


def test_what_is_not_read_may_hold_keys(run: Run, folder: Path) -> None:
    """A stack inside: that there is no key is not known, and nothing passes."""
    (folder / "nested.yaml").write_text(
        "Resources:\n  Inner: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: x}}\n"
    )
    for question in (
        "lint nested.yaml --allow-empty",
        "prove nested.yaml --builtin no-public-access --allow-empty",
        "compare nested.yaml nested.yaml",
    ):
        result = run(*question.split())
        assert result.code == 2 and "may hold some" in result.err and "`Inner`" in result.err


def test_what_is_about_no_key_is_asked_all_the_same(run: Run, folder: Path) -> None:
    """Who may make keys is a question about an input without keys too, and is not passed over."""
    makes = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "kms:CreateKey", "Resource": "*"}]}
    role = {
        "RoleName": "a",
        "Arn": "arn:aws:iam::111122223333:role/a",
        "RolePolicyList": [{"PolicyName": "p", "PolicyDocument": makes}],
    }
    details = {"UserDetailList": [], "RoleDetailList": [role]}
    (folder / "roles.json").write_text(
        json.dumps({"keys": [], "accounts": {"111122223333": {"authorization_details": details}}})
    )
    actions = ("kms:Decrypt", "kms:CreateKey")
    (folder / "rules.inv").write_text(
        "".join(f'invariant "{each}": no role/a in 111122223333 can {each}\n' for each in actions)
    )
    result = run("prove", "roles.json", "--invariants", "rules.inv", "--allow-empty")
    assert (
        result.code == 1
        and "holds no key" in result.err
        and "refuted" in result.out
        and "kms:Decrypt" not in result.out
    )
    asked = ("check-access-not-granted", "roles.json", "--action", "kms:CreateKey")
    assert run(*asked).code == 1 and run(*asked, "--allow-empty").code == 1


def test_a_configuration(run: Run, folder: Path) -> None:
    (folder / "none.yaml").write_text(NONE)
    start = 'inputs = ["none.yaml"]\nbuiltins = ["no-public-access"]\noutputs = ["json=out.json"]\n'
    (folder / "verifier.toml").write_text(start)
    assert run("check").code == 2 and len(json.loads((folder / "out.json").read_text())["errors"]) == 1
    assert run("check", "--allow-empty").code == 0
    (folder / "verifier.toml").write_text(f"{start}allow-empty = true\n")
    assert run("check").code == 0 and json.loads((folder / "out.json").read_text())["errors"] == []
    for wrong in ("allow-empty = 1", "alow-empty = true"):
        (folder / "verifier.toml").write_text(f"{start}{wrong}\n")
        assert run("check").code == 2
        (error,) = json.loads((folder / "out.json").read_text())["errors"]
        assert (error["place"]["file"], error["place"]["line"]) == ("verifier.toml", 4)


# -- where an input comes from --


PLAIN = (
    '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": {"AWS": "%s"}, "Action": "kms:*", '
    '"Resource": "*"}}'
)
POLICY = PLAIN % "arn:aws:iam::111122223333:root"


def test_standard_input(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "old.json").write_text(POLICY)

    def given(text: str, *arguments: str) -> Result:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
        return run(*arguments)

    proved = given(POLICY, "prove", "-", "--builtin", "no-public-access")
    assert proved.code == 0 and "standard input:1" in proved.out
    assert given(POLICY, "compare", "old.json", "-").code == 0 and given(POLICY, "compare", "-", "old.json").code == 0
    assert given(POLICY, "lint", "-").code == 0
    assert given(BROKEN, "lint", "-", "--key-arn", KEY).code == 2 and given("", "lint", "-").code == 2
    assert given(NONE, "lint", "-").code == 2 and given(NONE, "lint", "-", "--allow-empty").code == 0
    asked = given(POLICY, "prove", "-")
    assert asked.code == 2 and "no invariants: none were given [S3]" in asked.err
    (folder / "verifier.toml").write_text('inputs = ["old.json"]\n')
    assert "in verifier.toml `invariants`" in run("check").err  # which has neither option


def test_parameter_files(run: Run, folder: Path) -> None:
    policy = json.loads(POLICY)
    policy["Statement"]["Principal"] = {"AWS": {"Fn::Sub": "arn:aws:iam::${Owner}:root"}}
    key = {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": policy}}
    (folder / "t.json").write_text(json.dumps({"Parameters": {"Owner": {"Type": "String"}}, "Resources": {"Key": key}}))
    asked = ("check-no-public-access", "t.json", "--account", "111122223333")
    assert run(*asked).code in (2, 3)
    (folder / "cli.json").write_text('[{"ParameterKey": "Owner", "ParameterValue": "111122223333"}]')
    (folder / "pipeline.json").write_text('{"Parameters": {"Owner": "111122223333"}, "Tags": {}}')
    for name in ("cli.json", "pipeline.json"):
        assert run(*asked, "--parameters", name).code == 0
    assert run(*asked, "--parameters", "cli.json", "--parameter", "Owner=444455556666").code == 0
    for wrong in (
        '{"Owner": "1"}',
        '[{"ParameterKey": "Owner", "UsePreviousValue": true}]',
        '{"Parameters": {"Owner": []}}',
        '{"Parameters": {}, "Tags": [{"Key": "team", "Value": "pay"}]}',
        "1",
    ):
        (folder / "wrong.json").write_text(wrong)
        result = run(*asked, "--parameters", "wrong.json", "--output", "json")
        assert result.code == 2 and json.loads(result.out)["errors"][0]["place"]["file"] == "wrong.json"


def test_tags_of_a_parameter_file_may_be_those_of_a_role(run: Run, folder: Path) -> None:
    """CodePipeline makes the stack with them, and CloudFormation puts them on roles too, which may give themselves none
    [User Guide: CodePipeline artifacts, template configuration files; aws-properties-resource-tags]."""
    policy = json.loads(POLICY)
    policy["Statement"]["Condition"] = {"StringEquals": {"aws:PrincipalTag/team": "pay"}}
    key = {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": policy}}
    trusted = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = {"RoleName": "app", "AssumeRolePolicyDocument": {"Statement": trusted}}
    resources = {"Key": key, "App": {"Type": "AWS::IAM::Role", "Properties": role}}
    (folder / "t.json").write_text(json.dumps({"Resources": resources}))
    (folder / "q.inv").write_text('account own = 111122223333\ninvariant "q":\n  no role/app in own can kms:Decrypt\n')
    for tags, code in (("{}", 0), ('{"owner": "x"}', 0), ('{"team": "pay"}', 3)):
        (folder / "pipeline.json").write_text(f'{{"Parameters": {{}}, "Tags": {tags}}}')
        asked = ("prove", "t.json", "--invariants", "q.inv", "--account", "111122223333")
        assert run(*asked, "--parameters", "pipeline.json").code == code


def test_a_builtin_that_does_not_exist_has_its_line(run: Run, folder: Path) -> None:
    (folder / "verifier.toml").write_text(
        'inputs = ["a.json"]\noutputs = ["json=out.json"]\nbuiltins = ["no-publik-access"]\n'
    )
    result = run("check")
    assert result.code == 2 and result.err.startswith(
        "verifier.toml:3:1: error: there is no built-in `no-publik-access`"
    )
    assert json.loads((folder / "out.json").read_text())["errors"][0]["place"]["line"] == 3


def test_patterns_in_a_configuration(run: Run, folder: Path) -> None:
    for name in ("keys/a.json", "keys/in/b.json"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(POLICY)
    (folder / "verifier.toml").write_text('inputs = ["keys/**/*.json"]\nbuiltins = ["no-public-access"]\n')
    result = run("check")
    assert result.code == 0 and "keys/in/b" in result.out and "2 verdicts" in result.out
    (folder / "verifier.toml").write_text(
        'inputs = ["kys/*.json"]\nbuiltins = ["no-public-access"]\nallow-empty = true\n'
    )
    assert run("check").code == 2
