"""`verifier suggest`: which invariants, formats, writing the policy, exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

import verifier
from tests.cli.conftest import Run

PAYMENTS = "examples/payments"
NAME = "decrypting takes the tenant's own context"
ONE = ("suggest", PAYMENTS, "--invariant", NAME)


def test_one_invariant_by_name_or_number(run: Run) -> None:
    by_name, by_number = run(*ONE), run("suggest", PAYMENTS, "--invariant", "3")
    assert by_name.code == by_number.code == 0
    assert by_name.out == by_number.out
    assert "[StringEqualsIfExists] → [StringEquals]" in by_name.out
    assert "lost     kms:Decrypt by role/reports" in by_name.out


def test_the_json_is_as_the_schema_says(run: Run) -> None:
    document = json.loads(run(*ONE, "--output", "json").out)
    jsonschema.validate(document, verifier.schema("suggestions"))
    assert {entry["file"] for entry in document["inputs"]} >= {"examples/payments/payments.inv"}


def test_markdown(run: Run) -> None:
    assert "```diff" in run(*ONE, "--output", "markdown").out


def test_the_written_policy_proves_the_invariant(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "policy.json"
    result = run(*ONE, "--write", str(path))
    assert result.code == 0
    assert "wrote" in result.err
    key = "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    written = verifier.load(path, key_arn=key)
    statements = (written.keys[0].policies or ())[0].statements
    assert len(statements) == 7
    assert str(statements[3].conditions[0].operator) == "StringEquals"


TEMPLATE = """Resources:
  # The key.
  Key:
    Type: AWS::KMS::Key
    Properties:
      KeyPolicy:
        Version: "2012-10-17"
        Statement:
          - {Effect: Allow, Principal: {AWS: !Sub "arn:aws:iam::${AWS::AccountId}:root"}, Action: "kms:*", Resource: "*"}
          - Effect: Allow   # a partner
            Principal: {AWS: "arn:aws:iam::444455556666:root"}
            Action: kms:Decrypt
            Resource: "*"
"""  # noqa: E501


def test_a_template_is_edited_where_the_policy_stands_in_it(run: Run, tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text(TEMPLATE, encoding="utf-8")
    asked = (
        str(tmp_path / "template.yaml"),
        "--builtin",
        "no-external-access",
        "--account",
        "111122223333",
        "--region",
        "us-west-2",
    )
    result = run("suggest", *asked, "--quiet", "--write", str(tmp_path / "tighter.yaml"))
    assert result.code == 0 and "template.yaml with the edits" in result.err
    added = (
        "            Condition:\n              StringEquals:\n                aws:PrincipalAccount: '111122223333'\n"
    )
    assert (tmp_path / "tighter.yaml").read_text(encoding="utf-8") == TEMPLATE + added
    assert run("prove", str(tmp_path / "tighter.yaml"), *asked[1:]).code == 0
    alone = run("suggest", *asked, "--quiet", "--write", str(tmp_path / "tighter.json"))
    assert "tighter.json: the policy as JSON" in alone.err and '"Statement"' in (tmp_path / "tighter.json").read_text(
        encoding="utf-8"
    )


def test_what_stands_for_an_account_that_is_not_given_is_never_written(run: Run, tmp_path: Path) -> None:
    """S4: `000000000000` stands for the own account; a Deny of all others would be for everybody."""
    (tmp_path / "template.yaml").write_text(TEMPLATE, encoding="utf-8")
    asked = ("suggest", str(tmp_path / "template.yaml"), "--builtin", "no-external-access")
    result = run(*asked)
    assert result.code == 0 and '"000000000000"' not in result.out
    assert "besides: edits that name the key's own account or Region are left out" in " ".join(result.out.split())
    refused = run(*asked, "--write", str(tmp_path / "tighter.json"))
    assert refused.code == 2 and "would hold 000000000000" in refused.err
    assert not (tmp_path / "tighter.json").exists()


def test_no_file_is_overwritten(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "policy.json"
    path.write_text("mine")
    result = run(*ONE, "--write", str(path))
    assert (result.code, result.out) == (2, "")
    assert "exists" in result.err
    assert path.read_text() == "mine"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("--invariant", "decrypting takes the tenant's own contxt"),
            "did you mean `decrypting takes the tenant's own context`",
        ),
        (("--invariant", "99"), "there is no invariant '99' among 10"),
        (("--write", "nowhere/policy.json"), "choose one with --invariant"),
        (("--invariant", "3", "--choice", "9", "--write", "x.json"), "there is no suggestion 9"),
        (("--invariant", "3", "--write", "no/such/folder.json"), "cannot write no/such/folder.json"),
        (("--invariant", "1", "--write", "x.json"), "there is no suggestion to write"),
    ],
)
def test_what_cannot_be_done_says_what_to_do(run: Run, arguments: tuple[str, ...], said: str) -> None:
    result = run("suggest", PAYMENTS, *arguments)
    assert (result.code, result.out) == (2, "")
    assert said in result.err


def test_nothing_to_mend_is_no_failure(run: Run) -> None:
    result = run("suggest", PAYMENTS, "--invariant", "1")
    assert result.code == 0
    assert "1 proved as things are" in result.out


def test_the_library_suggests_as_well() -> None:
    found = verifier.suggest(verifier.load(PAYMENTS), verifier.invariants(f"{PAYMENTS}/payments.inv"), to_mend=[2])
    assert len(found.advice) == 1
    assert found.advice[0].suggestions[0].comparison is not None
