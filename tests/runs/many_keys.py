"""Snapshots of several keys with different policies, some of whose invariants are refuted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from verifier.inputs import load_estate
from verifier.language.invariants.files import read_invariants
from verifier.model.estate import Estate
from verifier.model.invariant_file import AnyInvariant
from verifier.model.results.verdict import Report, Verdict
from verifier.syntax.source import Source

HOME, PARTNER = "111122223333", "444455556666"


def key_arn(number: int) -> str:
    return f"arn:aws:kms:us-west-2:{HOME}:key/{number:08x}-12ab-34cd-56ef-1234567890ab"


def policy(number: int) -> dict[str, Any]:
    statements: list[dict[str, Any]] = [
        {
            "Sid": "Ours",
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{HOME}:root"},
            "Action": "kms:*",
            "Resource": "*",
        },
        {"Sid": "Theirs", "Effect": "Allow", "Principal": {"AWS": PARTNER}, "Action": "kms:Decrypt", "Resource": "*"},
    ]
    if number % 3:
        condition = {"StringNotEquals": {"aws:PrincipalAccount": HOME}}
        statements.append(
            {"Sid": f"Only{number}", "Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*"}
        )
        statements[-1]["Condition"] = condition
    return {"Version": "2012-10-17", "Statement": statements}


def snapshot(
    folder: Path, count: int, *, indent: int | None = None, changed: dict[int, dict[str, Any]] | None = None
) -> Estate:
    """An estate read from a file, laid out with an indent, the policies of some keys changed."""
    policies = {number: policy(number) for number in range(count)} | (changed or {})
    keys = [{"arn": key_arn(number), "name": f"key{number}", "policy": text} for number, text in policies.items()]
    path = folder / "snapshot.json"
    path.write_text(json.dumps({"keys": keys}, indent=indent), encoding="utf-8")
    return load_estate([path])


INVARIANTS: tuple[AnyInvariant, ...] = read_invariants(
    Source(
        "many.inv",
        f"""account prod = {HOME}
invariant "no partner decrypts":
  no caller outside prod can kms:Decrypt
invariant "no service manages":
  no service can kms:PutKeyPolicy
""",
    )
).invariants


def told(report: Report) -> list[Verdict]:
    """The verdicts without what may differ from run to run."""
    from dataclasses import replace

    return [replace(verdict, elapsed=0.0, cached=False) for verdict in report.verdicts]
