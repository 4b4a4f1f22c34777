"""A verdict names the listed values that no request can have (C3, F2): in text and in JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import verifier

KEY_ARN = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
INVARIANTS = """account home = 111122223333
invariant "nobody": no user/Alice in home can kms:Decrypt
"""


def rules(folder: Path, condition: dict[str, Any], action: str = "kms:Decrypt") -> list[tuple[str, str]]:
    """Rules and sentences about values of a Deny with this condition, as text and JSON tell them."""
    allow = {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::111122223333:user/Alice"},
        "Action": "kms:Decrypt",
        "Resource": "*",
    }
    deny = {"Effect": "Deny", "Principal": "*", "Action": action, "Resource": "*", "Condition": condition}
    policy, questions = folder / "policy.json", folder / "questions.inv"
    policy.write_text(json.dumps({"Version": "2012-10-17", "Statement": [allow, deny]}), encoding="utf-8")
    questions.write_text(INVARIANTS, encoding="utf-8")
    report = verifier.prove(verifier.load(policy, key_arn=KEY_ARN), verifier.invariants(questions))
    found = [
        (a.rule, a.text) for a in report.verdicts[0].assumptions if a.rule in ("C3", "F2") and "reading" not in a.text
    ]
    assert all(text in json.dumps(json.loads(verifier.render_json(report)), ensure_ascii=False) for _, text in found)
    assert all(text.split(" ")[0] in verifier.render_text(report, colour=False) for _, text in found)
    return found


@pytest.mark.parametrize(
    ("condition", "rule", "value"),
    [
        ({"NotIpAddress": {"aws:SourceIp": ["10.0.0.0/33", "10.0.0.0/8"]}}, "C3", "10.0.0.0/33"),
        ({"DateLessThan": {"aws:CurrentTime": "tomorrow"}}, "C3", "tomorrow"),
        ({"StringNotEquals": {"aws:PrincipalOrgID": "o-123"}}, "F2", "o-123"),
        ({"StringNotEquals": {"aws:PrincipalOrgID": "exampleorgid"}}, "F2", "exampleorgid"),
        ({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "exampleorgid/r-ab12/*"}}, "F2", "exampleorgid/r-ab12/*"),
    ],
)
def test_it_is_said(condition: dict[str, Any], rule: str, value: str, tmp_path: Path) -> None:
    ((found, text),) = rules(tmp_path, condition)
    assert found == rule and f"`{value}`" in text


@pytest.mark.parametrize(
    "condition",
    [
        {"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}},
        {"StringNotEquals": {"aws:PrincipalOrgID": "o-exampleorg"}},
        {"StringNotLike": {"aws:PrincipalOrgID": "o-*"}},
        {"StringEquals": {"aws:PrincipalOrgID": "${aws:ResourceOrgID}"}},
        {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-exampleorg/r-ab12/*"}},
    ],
)
def test_nothing_is_said_of_what_there_can_be(condition: dict[str, Any], tmp_path: Path) -> None:
    assert rules(tmp_path, condition) == []


def test_nothing_is_said_of_statements_about_other_actions(tmp_path: Path) -> None:
    assert rules(tmp_path, {"NotIpAddress": {"aws:SourceIp": "10.0.0.0/33"}}, "kms:Encrypt") == []
