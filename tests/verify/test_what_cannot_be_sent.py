"""`evaluate` says of a request that it cannot be sent iff `problem` holds no request to be like it (R6).

What a request does not say is open on both sides: a request that lacks what every real one has can still be completed.
"""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

import verifier
from tests.agreement.symbolic import constraints
from verifier.evaluate import evaluate, request_from_json
from verifier.model.choices import Engine
from verifier.model.estate import Estate
from verifier.model.reference import ConditionKey, ValueType, actions, condition_keys, key_values
from verifier.model.request import CallerKind, Request, Value
from verifier.problem.asking import ask
from verifier.problem.question import Question
from verifier.problem.subjects import target_of
from verifier.problem.views import View
from verifier.solve.engines import open_session
from verifier.solve.session import Unsat
from verifier.verify.explanation.symbolic_values import Undetermined, concrete_values

HOME = "111122223333"
KEY_ARN = f"arn:aws:kms:us-east-1:{HOME}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
CALLERS = (
    f"arn:aws:iam::{HOME}:user/alice",
    f"arn:aws:sts::{HOME}:assumed-role/r/s",
    f"arn:aws:iam::{HOME}:root",
    "s3.amazonaws.com",
)
TEXTS = (
    "example",
    HOME,
    "o-exampleorg",
    "s3.us-east-1.amazonaws.com",
    "s3.amazonaws.com",
    "alias/x",
    "us-west-2",
    "vpc-0a1b",
)
VALUES = {
    ValueType.STRING: TEXTS,
    ValueType.BOOL: ("true", "false"),
    ValueType.NUMERIC: ("0", "7", "100", "5000", "many"),
    ValueType.DATE: ("2026-06-15T12:30:00Z", "1767225600", "1767225600.5", "soon"),
    ValueType.IP: ("10.0.0.5", "10.0.0.0/8", "2001:db8::5"),
    ValueType.ARN: ("arn:aws:s3:::x", f"arn:aws:iam::{HOME}:role/r", "arn:aws-cn:s3:::x", "x"),
    ValueType.BINARY: ("AAEC",),
}
FACTS = {
    "KeySpec": ("SYMMETRIC_DEFAULT", "HMAC_256", "RSA_2048"),
    "KeyUsage": ("ENCRYPT_DECRYPT", "SIGN_VERIFY"),
    "KeyOrigin": ("AWS_KMS", "EXTERNAL"),
}
LIST = "aws:PrincipalServiceNamesList"
KEPT = frozenset({"principal", "action", "userid", "session", "issuer"})
"""What a question knows of a request by who makes it and what it asks."""


def policy_on(folder: Path, keys: list[str]) -> Estate:
    """A key policy that tests some condition keys."""
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "kms:*",
        "Resource": "*",
        "Condition": {"Null": dict.fromkeys(keys, "false")},
    }
    if LIST in keys:  # `problem` tells names of services apart where a policy asks for them
        statement["Condition"] = {**statement["Condition"], "ForAnyValue:StringEquals": {LIST: "s3.amazonaws.com"}}
    path = folder / "policy.json"
    path.write_text(json.dumps({"Version": "2012-10-17", "Statement": [statement]}), encoding="utf-8")
    return verifier.load(path, key_arn=KEY_ARN)


def is_impossible(question: Question, request: Request) -> bool:
    """Whether no request of the problem has the caller, the action and the values of this one."""
    given = {name.lower(): value for name, value in request.context}
    try:
        values = {
            name: value for name, value in concrete_values(question, request).items() if _is_said(name, value, given)
        }
        known = list(constraints(question, request, values))
    except Undetermined:
        return True
    for (name, _), view in list(question.space.views.items()):
        follows = isinstance(view, View) and name not in question.space.attributes and "facts" not in view.bases
        told = name != "aws:userid" or request.caller.kind is CallerKind.ROOT
        if follows and told and isinstance(view, View) and name in given and view.value(values) != given[name]:
            return True
    session = open_session(Engine.Z3, question.finite, [*question.finite.facts, *known], [question.allowed])
    return isinstance(session.check([]), Unsat)


def _is_said(name: str, value: object, given: dict[str, Value]) -> bool:
    if name == "time":
        return "aws:currenttime" in given or "aws:epochtime" in given
    return name in KEPT or name in given or name.endswith("#service") or (name == "facts" and value is not None)


def values_of(key: ConditionKey) -> list[str | list[str]]:
    listed = FACTS.get(key.name.removeprefix("kms:").replace("CustomerMaster", "")) or key_values(key.name)
    texts = listed[:3] if listed else VALUES[key.type]  # of others than those listed the data says nothing (U4)
    return [[text] for text in texts] if key.multivalued else list(texts)


def actions_with(key: ConditionKey) -> list[str]:
    """A few actions, one that carries the key among them."""
    carrying = [
        action.name for action in actions() if "key" in action.resources and key.name.lower() in action.condition_keys
    ]
    return list(dict.fromkeys(("kms:Decrypt", "kms:CreateGrant", "kms:ReplicateKey", *carrying[:1])))


KEYS = [key for key in condition_keys() if key.prefix is None and ("PCR" not in key.name or key.name.endswith("PCR0"))]


@pytest.mark.parametrize("key", KEYS, ids=lambda key: str(key.name))
def test_one_key(key: ConditionKey, tmp_path: Path) -> None:
    estate = policy_on(tmp_path, [key.name])
    question: Question | None = None
    for number, value in enumerate(values_of(key)):
        for caller in CALLERS:
            for action in actions_with(key):
                request = request_from_json(
                    estate, {"principal": caller, "action": action, "resource": KEY_ARN, "context": {key.name: value}}
                )
                question = question or ask(estate, target_of(estate, request), ())
                said = evaluate(estate, request).impossible
                assert bool(said) == is_impossible(question, request), (number, caller, action, value, said)


@pytest.mark.parametrize("seed", range(30))
def test_several_keys(seed: int, tmp_path: Path) -> None:
    """Random requests whose values hang together, or do not."""
    dice = random.Random(seed)
    keys = dice.sample([key for key in KEYS if key.name.startswith("aws:") or key.name in OF_KEYS], 3)
    estate = policy_on(tmp_path, [key.name for key in keys])
    for _ in range(20):
        caller, action = (
            dice.choice(CALLERS),
            dice.choice(["kms:Decrypt", "kms:CreateGrant", "kms:ListGrants", "kms:Sign"]),
        )
        context = {key.name: dice.choice(values_of(key)) for key in keys}
        request = request_from_json(
            estate, {"principal": caller, "action": action, "resource": KEY_ARN, "context": context}
        )
        said = evaluate(estate, request).impossible
        assert bool(said) == is_impossible(ask(estate, target_of(estate, request), ()), request), (
            caller,
            action,
            context,
            said,
        )


OF_KEYS = (
    "kms:KeySpec",
    "kms:KeyUsage",
    "kms:KeyOrigin",
    "kms:ViaService",
    "kms:GrantIsForAWSResource",
    "kms:CallerAccount",
    "kms:RequestAlias",
)
