"""Any operator on any key is valid (C3, L4): both rooms, and the commands that ask them, give an answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest

import verifier
from tests.report.rendered import render_findings, render_who_can
from verifier.model.estate import Estate
from verifier.model.operators import OPERATORS
from verifier.model.reference import condition_keys

KEY_ARN = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
ALICE = "arn:aws:iam::111122223333:user/Alice"
VALUES = {
    "Numeric": ("5", "1767225600", "nonsense"),
    "Date": ("2026-06-15T12:30:00Z", "2026", "nonsense"),
    "Bool": ("true", "${aws:PrincipalTag/flag, 'true'}", "nonsense"),
    "Null": ("true", "false"),
    "Ip": ("10.0.0.0/8", "::/0", "10.0.0.0/40"),
    "Binary": ("AAEC", "NQ==", "?"),
    "Arn": ("arn:aws:iam::111122223333:role/*", "${aws:PrincipalTag/arn}", "${aws:PrincipalTag/arn, 'arn:aws:s3:::x'}"),
    "String": ("5", "2026-*", "${aws:username}", "x${aws:PrincipalTag/other, 'none'}"),
}
"""Listed values, by what the names of operators hold: with policy variables, and some that do not parse."""
TYPICAL = (
    *(
        "aws:PrincipalArn",
        "aws:PrincipalAccount",
        "aws:PrincipalType",
        "aws:userid",
        "aws:username",
        "aws:PrincipalTag/team",
    ),
    *(
        "aws:CurrentTime",
        "aws:EpochTime",
        "aws:TokenIssueTime",
        "aws:MultiFactorAuthAge",
        "aws:SourceIp",
        "aws:SecureTransport",
    ),
    *(
        "kms:KeySpec",
        "kms:ResourceAliases",
        "kms:EncryptionContext:app",
        "kms:EncryptionContextKeys",
        "kms:GrantOperations",
        "kms:FutureKey",
    ),
)
"""A key of each type, and of each way in which its value comes about."""


def values_of(operator: str) -> tuple[str, ...]:
    return next(values for kind, values in VALUES.items() if kind in operator)


def variants() -> Iterator[tuple[str, str]]:
    """Every operator with every prefix and ending, each with every value."""
    for base in OPERATORS:
        forms = [base]
        if base != "Null":
            forms += [
                f"{prefix}{base}{suffix}"
                for prefix in ("", "ForAnyValue:", "ForAllValues:")
                for suffix in ("", "IfExists")
            ][1:]
        yield from ((form, value) for form in forms for value in values_of(base))


def loaded(folder: Path, *conditions: dict[str, Any]) -> Estate:
    allow = {"Effect": "Allow", "Principal": {"AWS": ALICE}, "Action": "kms:Decrypt", "Resource": "*"}
    statements = [{**allow, "Condition": condition} for condition in conditions]
    path = folder / "policy.json"
    path.write_text(json.dumps({"Version": "2012-10-17", "Statement": statements}), encoding="utf-8")
    return verifier.load(path, key_arn=KEY_ARN)


EVERY_KEY = tuple(key.name if key.prefix is None else f"{key.prefix}Team" for key in condition_keys())
CONTEXT = ("5", "2026-06-15T12:30:00Z", "10.1.2.3", "arn:aws:iam::111122223333:role/x", "true", "AAEC", "", "x")


def test_evaluate_answers_for_every_key(tmp_path: Path) -> None:
    """Every key of the data, under every operator, with values of every type: the policies decide, also where it cannot
    be sent (F2)."""
    texts, listed = cycle(CONTEXT), list(variants())
    for number, key in enumerate((*EVERY_KEY, "kms:FutureKey", "example:Key")):
        estate = loaded(tmp_path, *({operator: {key: value}} for operator, value in listed[number % 13 :: 13]))
        request = {"principal": ALICE, "action": "kms:Decrypt", "resource": KEY_ARN, "context": {key: next(texts)}}
        decision = verifier.decide(estate, request)
        assert (decision.policies or decision.outcome).value in ("allow", "deny", "depends")


INVARIANTS = """account home = 111122223333
invariant "never": no user/Alice in home can kms:Decrypt
invariant "always": user/Alice in home can always kms:Decrypt
"""


@pytest.mark.parametrize("key", TYPICAL)
def test_the_commands_answer(key: str, tmp_path: Path) -> None:
    """A proof or a refutation, but for what `_not_modelled` says; `who-can` and `findings` come to an end, and say it
    in words."""
    path = tmp_path / "two.inv"
    path.write_text(INVARIANTS, encoding="utf-8")
    invariants = verifier.invariants(path)
    listed = list(variants())
    for number, operator in enumerate(OPERATORS):
        chosen = [variant for variant in listed if variant[0].split(":")[-1].removesuffix("IfExists") == operator]
        form, value = chosen[(number * 7 + TYPICAL.index(key) * 3) % len(chosen)]
        estate = loaded(tmp_path, {form: {key: value}})
        report = verifier.prove(estate, invariants)
        found = {verdict.status.value for verdict in report.verdicts}
        assert "unknown" not in found or _not_modelled(key, form, value), (
            form,
            value,
            [verdict.reason for verdict in report.verdicts],
        )
        assert verifier.render_text(report, colour=False)
        assert render_who_can(verifier.who_can(estate, "kms:Decrypt"))
        assert render_findings(verifier.findings(estate))


@pytest.mark.parametrize("key", ["aws:UserAgent", "aws:CurrentTime", "kms:EncryptionContextKeys"])
@pytest.mark.parametrize("operator", ["NumericLessThan", "DateLessThan", "StringLike"])
def test_a_value_with_several_spellings_beside_another_operator(key: str, operator: str, tmp_path: Path) -> None:
    """Bytes that base64 can spell in several ways are a union of texts, each of which has words of its own (C3)."""
    other = {operator: {key: "2*" if operator == "StringLike" else "7"}}
    estate = loaded(tmp_path, {"BinaryEquals": {key: "NQ=="}, **other}, other)
    assert render_who_can(verifier.who_can(estate, "kms:Decrypt"))


SETS = ("kms:ResourceAliases", "kms:EncryptionContextKeys", "kms:GrantOperations")


def _not_modelled(key: str, form: str, value: str) -> bool:
    """A user name as a number, a date or an address, or against a unique ID; a policy variable beside a multi-valued
    key; how a request spells a date."""
    typed = any(kind in form for kind in ("Numeric", "Date", "Ip"))
    return (
        (key == "aws:username" and typed)
        or (key == "aws:userid" and "username" in value)
        or (key in SETS and "${" in value)
        or (key in ("aws:CurrentTime", "aws:TokenIssueTime") and "Date" not in form)
    )
