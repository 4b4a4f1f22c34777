"""Small key policies, surroundings and requests from the same few words, so that findings are common and requests come
near them.

In: nothing. Out: strategies. Guarantee: every pair of a context belongs to the operation and caller that it is drawn
for, as far as cheap; what could not be sent all the same, `evaluate` warns of.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from tests.evaluate.estates import (
    ALICE,
    HOME,
    KEY,
    PARTNER,
    PARTNER_ROLE,
    PARTNER_SESSION,
    REPORTS,
    REPORTS_SESSION,
    bounded,
    estate,
    grant,
    home,
    identity,
    own,
)
from verifier.evaluate import request_from_json
from verifier.model.estate import Account, Estate
from verifier.model.request import Request

Json = dict[str, Any]

PRINCIPALS: tuple[Json, ...] = (
    {"Principal": "*"},
    {"Principal": {"AWS": "*"}},
    {"Principal": {"AWS": HOME}},
    {"Principal": {"AWS": [PARTNER, ALICE]}},
    {"Principal": {"AWS": REPORTS}},
    {"Principal": {"AWS": ALICE}},
    {"Principal": {"AWS": [PARTNER_ROLE, "AIDACKCEVSQ6C2EXAMPLE"]}},
    {"Principal": {"Service": "s3.amazonaws.com"}},
)
SPARED: tuple[Json, ...] = (
    {"NotPrincipal": {"AWS": [HOME, ALICE]}},
    {"NotPrincipal": {"AWS": [HOME, REPORTS, REPORTS_SESSION]}},
)
ACTIONS: tuple[Any, ...] = (
    *("kms:*", "kms:*", "kms:Decrypt", "kms:De*", "kms:CreateGrant", "kms:RetireGrant", "kms:PutKeyPolicy"),
    *(["kms:Decrypt", "kms:De*"], ["kms:Encrypt", "kms:DescribeKey"], ["kms:Encrypt", "kms:ListKeys", "kms:Sign"]),
)
CONDITIONS: tuple[Json, ...] = (
    {"StringEquals": {"kms:ViaService": "s3.us-west-2.amazonaws.com"}},
    {"StringEqualsIfExists": {"kms:ViaService": ["s3.us-west-2.amazonaws.com", "s3.eu-west-1.amazonaws.com"]}},
    {"StringNotEqualsIfExists": {"kms:ViaService": "s3.us-west-2.amazonaws.com"}},
    {"StringEquals": {"kms:CallerAccount": HOME}},
    {"StringNotEquals": {"aws:PrincipalAccount": [HOME, PARTNER]}},
    {"StringNotEquals": {"aws:PrincipalAccount": HOME}},
    {"StringEquals": {"kms:EncryptionContext:app": "a"}},
    {"StringLike": {"kms:EncryptionContext:app": ["a", "*"]}},
    {"StringEquals": {"kms:EncryptionContext:app": "${aws:username}"}},
    {"ForAllValues:StringEquals": {"kms:EncryptionContextKeys": ["app", "stage"]}},
    {"ForAnyValue:StringLike": {"kms:EncryptionContextKeys": "a*"}},
    {"StringEquals": {"kms:EncryptionContextKeys": "app"}},
    {"Null": {"kms:EncryptionContextKeys": "false"}},
    {"ForAllValues:StringEquals": {"kms:GrantOperations": ["Decrypt", "encrypt"]}},
    {"ForAnyValue:StringEquals": {"kms:ViaService": "s3.us-west-2.amazonaws.com"}},
    {"ArnLike": {"aws:PrincipalArn": ["arn:aws:iam::*:*", "vpc"]}},
    {"ArnEquals": {"aws:PrincipalArn": [REPORTS, REPORTS_SESSION]}},
    {"Bool": {"aws:SecureTransport": "false"}},
    {"Bool": {"aws:ViaAWSService": "false"}},
    {"BoolIfExists": {"aws:ViaAWSService": "true"}},
    {"StringEquals": {"aws:ResourceTag/team": "red"}},
)


@st.composite
def statements(draw: st.DrawFn) -> Json:
    """One statement."""
    effect = draw(st.sampled_from(("Allow", "Allow", "Deny")))
    whom = draw(st.sampled_from(PRINCIPALS + (SPARED if effect == "Deny" else ())))
    blocks = draw(st.lists(st.sampled_from(CONDITIONS), max_size=2))
    condition: Json = {}
    for block in blocks:
        for operator, tests in block.items():
            condition.setdefault(operator, {}).update(tests)
    found = {"Effect": effect, **whom, "Action": draw(st.sampled_from(ACTIONS)), "Resource": "*"}
    return found | ({"Condition": condition} if condition else {})


policies = st.lists(statements(), min_size=1, max_size=4)
"""The statements of a key policy."""

_ANY = own()
SURROUNDINGS: tuple[Mapping[str, Any], ...] = (
    {"accounts": ()},
    {"accounts": (home(identity(ALICE), identity(REPORTS)),)},
    {"accounts": (home(identity(ALICE, _ANY), identity(REPORTS, _ANY)),), "tags": None},
    {"accounts": (home(bounded(ALICE, own("kms:Encrypt")), bounded(REPORTS, own("kms:De*"))),)},
    {"accounts": (home(identity(ALICE, own("kms:Decrypt"))), Account(PARTNER)), "tags": (("team", "blue"),)},
    {
        "accounts": (),
        "grants": (grant(REPORTS, "Decrypt", "CreateGrant"), grant(PARTNER_ROLE, "Encrypt", "RetireGrant", id="g2")),
    },
)
"""What may stand beside the key policy: inventories with and without access, boundaries, grants."""


def surrounded(policy: list[Json], around: Mapping[str, Any]) -> Estate:
    """The estate of one key with this policy."""
    return estate(*policy, **around)


_CALLERS: tuple[Json, ...] = (
    *({"principal": caller} for caller in (ALICE, REPORTS_SESSION, PARTNER_SESSION, f"arn:aws:iam::{HOME}:root")),
    *(
        {"principal": caller}
        for caller in (f"arn:aws:iam::{PARTNER}:root", "arn:aws:iam::999988887777:user/Eve", "s3.amazonaws.com")
    ),
)
_ROLES = {REPORTS_SESSION: REPORTS, PARTNER_SESSION: PARTNER_ROLE}
_OPERATIONS = (
    "kms:Decrypt",
    "kms:Encrypt",
    "kms:DescribeKey",
    "kms:CreateGrant",
    "kms:PutKeyPolicy",
    "kms:RetireGrant",
)
_PAIRS: tuple[Json, ...] = (
    *(
        {},
        {"app": "a"},
        {"app": "b"},
        {"app": "Alice"},
        {"stage": "x"},
        {"app": "a", "stage": "x"},
        {"App": "a", "other": "y"},
    ),
)


@st.composite
def requests(draw: st.DrawFn) -> Json:
    """One request, as the JSON that `verifier evaluate` takes."""
    caller, operation = draw(st.sampled_from(_CALLERS)), draw(st.sampled_from(_OPERATIONS))
    service = caller["principal"] == "s3.amazonaws.com"
    context: Json = {}
    if not service and draw(st.booleans()):
        context["kms:ViaService"] = draw(st.sampled_from(("s3.us-west-2.amazonaws.com", "ec2.us-west-2.amazonaws.com")))
    if operation in ("kms:Decrypt", "kms:Encrypt"):
        context |= {f"kms:EncryptionContext:{name}": value for name, value in draw(st.sampled_from(_PAIRS)).items()}
    if operation == "kms:CreateGrant":
        context["kms:GrantOperations"] = draw(st.sampled_from((["Decrypt"], ["Decrypt", "Encrypt"], ["CreateGrant"])))
        context["kms:GranteePrincipal"] = f"arn:aws:iam::{PARTNER}:root"
    return {**caller, "action": operation, "resource": KEY, "context": context}


def read(found: Estate, told: Json) -> Request:
    """The request about the estate; a session's role has a path that its ARN does not tell."""
    return request_from_json(found, told)
