"""`verifier evaluate`: JSON requests in, JSON answers out."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.evaluate.estates import (
    ALICE,
    HOME,
    KEY,
    REPORTS,
    REPORTS_SESSION,
    ROOT,
    SAM,
    allow,
    answer,
    aws,
    estate,
    home,
    identity,
)
from verifier.evaluate import evaluate, request_from_json
from verifier.model.request import CallerKind
from verifier.syntax.diagnostic import InputError

FOUND = estate(allow(aws(ROOT, REPORTS)), accounts=(home(identity(ALICE), identity(REPORTS)),))
PLAIN: dict[str, Any] = {"principal": ALICE, "action": "kms:Decrypt", "resource": KEY, "context": {}}


def test_answers_are_json() -> None:
    found = answer(FOUND, {**PLAIN, "principal": REPORTS_SESSION})
    assert found == {"decision": "allow", "depends_on": [], "warnings": []}
    traced = json.loads(json.dumps(answer(FOUND, PLAIN, trace=True)))
    assert traced["decision"] == "deny"
    assert {"rule", "text", "holds", "depth"} <= set(traced["trace"][0])
    assert any(step.get("statement", {}).get("effect") == "Allow" for step in traced["trace"])


def test_depends_names_rules_not_symbols() -> None:
    # S2: `depends` with the rules' labels.
    found = estate(
        allow(aws(ALICE)), {"Effect": "Deny", "NotPrincipal": aws(ALICE), "Action": "*", "Resource": "*"}, accounts=()
    )
    assert answer(found, PLAIN)["depends_on"] == ["P5", "U1"]
    assert answer(found, PLAIN, trace=True)["assignment"]["P5-account"] is False


@pytest.mark.parametrize(
    ("principal", "kind", "arn"),
    [
        (ALICE, CallerKind.USER, ALICE),
        (REPORTS_SESSION, CallerKind.ROLE, REPORTS),
        (f"arn:aws:sts::{HOME}:assumed-role/other/x", CallerKind.ROLE, f"arn:aws:iam::{HOME}:role/other"),
        (REPORTS, CallerKind.ROLE, REPORTS),
        (ROOT, CallerKind.ROOT, ROOT),
        (HOME, CallerKind.ROOT, ROOT),
        (SAM, CallerKind.FEDERATED, SAM),
        ("delivery.logs.amazonaws.com", CallerKind.SERVICE, "delivery.logs.amazonaws.com"),
    ],
)
def test_r2_principals(principal: str, kind: CallerKind, arn: str) -> None:
    caller = request_from_json(FOUND, {**PLAIN, "principal": principal}).caller
    assert (caller.kind, caller.principal_arn) == (kind, arn)


def test_r2_the_path_of_a_role_may_come_from_the_context() -> None:
    # F1: aws:PrincipalArn is the role ARN with its path.
    session = f"arn:aws:sts::{HOME}:assumed-role/other/x"
    for given, expected in (
        (f"arn:aws:iam::{HOME}:role/team/other", "role/team/other"),
        (f"arn:aws:iam::{HOME}:role/unlike", "role/other"),
    ):
        caller = request_from_json(
            FOUND, {**PLAIN, "principal": session, "context": {"AWS:principalarn": given}}
        ).caller
        assert caller.principal_arn.endswith(expected)
        assert caller.session == "x"


@pytest.mark.parametrize(
    ("given", "read"),
    [(True, "true"), (False, "false"), (5, "5"), (1.5, "1.5"), ("x", "x"), (["a", True], ("a", "true")), ([], ())],
)
def test_l2_context_values(given: object, read: object) -> None:
    assert dict(request_from_json(FOUND, {**PLAIN, "context": {"example:key": given}}).context) == {"example:key": read}


def test_the_action_is_spelt_as_the_data_has_it() -> None:
    assert request_from_json(FOUND, {**PLAIN, "action": "KMS:generatedatakey"}).action == "kms:GenerateDataKey"
    assert request_from_json(FOUND, {**PLAIN, "action": "kms:ListKeys", "resource": "*"}).resource is None


@pytest.mark.parametrize(
    "change",
    [
        {"principal": None},
        {"principal": "Alice"},
        {"principal": ""},
        {"principal": ["x"]},
        {"principal": f"arn:aws:iam::{HOME}:group/staff"},
        {"principal": "arn:aws:iam::1234:user/Alice"},
        {"principal": f"arn:aws:sts::{HOME}:assumed-role/reports"},
        {"principal": "example.com"},
        {"principal": f"arn:aws:iam::{HOME}:role/App*"},
        {"principal": f"arn:aws:iam::{HOME}:user/?"},
        {"action": "s3:GetObject"},
        {"action": "Decrypt"},
        {"action": "kms:*"},
        {"action": 7},
        {"resource": None},
        {"resource": "*"},
        {"resource": "arn:aws:s3:::bucket"},
        {"resource": {}},
        {"context": []},
        {"context": {"a": None}},
        {"context": {"a": {"b": "c"}}},
        {"context": {"a": [["b"]]}},
        {"context": {"aws:SourceIp": "1.2.3.4", "AWS:sourceip": "1.2.3.4"}},
        {"context": {"": "x"}},
        {"context": {5: "x"}},
        {"context": {"a": float("nan")}},
        {"context": {"kms:EncryptionContext:a": ["b", "c"]}},
        {"issuer": ALICE},
        {"principal": SAM, "issuer": "arn:aws:iam::444455556666:user/Bob"},
        {"principal": SAM, "issuer": REPORTS},
        {"readings": {"P99": True}},
        {"readings": {"P5": "yes"}},
        {"readings": ["P5"]},
        {"conditions": {}},
    ],
)
def test_what_is_not_understood_is_an_error(change: dict[str, Any]) -> None:
    with pytest.raises(InputError) as raised:
        request_from_json(FOUND, {**PLAIN, **change})
    assert raised.value.diagnostics[0].message


@pytest.mark.parametrize("principal", ["app", f"arn:aws:iam::{HOME}:rol/app"])
def test_r2_what_is_no_caller_is_told_what_one_is(principal: str) -> None:
    with pytest.raises(InputError) as raised:
        request_from_json(FOUND, {**PLAIN, "principal": principal})
    assert "assumed-role" in (raised.value.diagnostics[0].hint or "")


@pytest.mark.parametrize("member", ["principal", "action", "resource"])
def test_a_missing_member_is_named(member: str) -> None:
    with pytest.raises(InputError, match=f"`{member}` is missing"):
        request_from_json(FOUND, {name: value for name, value in PLAIN.items() if name != member})


def test_names_of_the_encryption_context_may_differ_in_case() -> None:
    # F7: other keys must not.
    context = {"kms:EncryptionContext:a": "x", "kms:EncryptionContext:A": "y"}
    assert len(request_from_json(FOUND, {**PLAIN, "context": context}).context) == 2


def test_the_issuer_of_a_federated_session() -> None:
    assert request_from_json(FOUND, {**PLAIN, "principal": SAM, "issuer": ROOT}).caller.issuer == ROOT


def test_the_warnings_of_a_decision_are_plain_texts() -> None:
    """Results are remembered with them, and what stores them takes plain texts alone."""
    found = estate(allow("*", Condition={"DateGreaterThan": {"aws:CurrentTime": "2026-01-01"}}))
    told = evaluate(found, request_from_json(found, {"principal": ALICE, "action": "kms:Encrypt", "resource": KEY}))
    assert told.warnings and all(type(warning) is str for warning in told.warnings)
