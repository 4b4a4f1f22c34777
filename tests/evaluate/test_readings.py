"""S2: each reading of `verifier/model/data/readings.json` decides some request, and the free facts do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.evaluate.estates import (
    ALIAS,
    ALICE,
    HOME,
    KEY,
    REPORTS,
    REPORTS_SESSION,
    ROOT,
    S3,
    SAM,
    allow,
    aws,
    bounded,
    decide,
    deny,
    endpoint,
    estate,
    grant,
    home,
    identity,
    level,
    organization,
    own,
)
from tests.evaluate.reaching import TARGET, admits, trusting
from verifier.model.estate import Estate
from verifier.model.organization import Controls
from verifier.model.policy import PolicyKind
from verifier.model.readings import READINGS

ALICE_MAY = (home(identity(ALICE, own("kms:*"))),)
Request = dict[str, Any]


def under(key: str, operator: str = "StringEquals", value: Any = "x", **rest: Any) -> dict[str, Any]:
    """An Allow of the key policy for everyone, on a condition."""
    return allow("*", Condition={operator: {key: value}}, **rest)


def _rcp(request: Request, aliases: tuple[str, ...] = (), **rest: Any) -> tuple[Estate, Request]:
    controls = Controls(HOME, resource=(level("r-ab12", deny("*", **rest), kind=PolicyKind.RCP),))
    found = replace(estate(allow("*"), accounts=ALICE_MAY, aliases=aliases), organization=organization(controls))
    return found, request


def _endpoint(*statements: Any, aliases: tuple[str, ...] = (), **rest: Any) -> tuple[Estate, Request]:
    found = replace(estate(allow("*"), accounts=ALICE_MAY, aliases=aliases), endpoints=(endpoint(*statements),))
    return found, {"context": {"aws:SourceVpce": "vpce-1"}, **rest}


def _by_function() -> Request:
    return {"context": {FUNCTION: f"arn:aws:lambda:us-west-2:{HOME}:function:f"}}


NO_VALUE: dict[str, Any] = {"ArnLike": {"aws:PrincipalArn": []}}


def _creating(key: str) -> tuple[Estate, Request]:
    mine = own(Condition={"StringEquals": {key: HOME}})
    return estate(allow("*"), accounts=(home(identity(ALICE, mine)),)), {"action": "kms:CreateKey", "resource": None}


def _organized(key: str) -> tuple[Estate, Request]:
    mine = own(Condition={"Null": {key: False}})
    found = estate(allow("*"), accounts=(home(identity(ALICE, mine)),))
    return replace(found, organization=organization()), {"action": "kms:ListKeys", "resource": None}


def _passing(key: str) -> tuple[Estate, Request]:
    mine = identity(ALICE, own("iam:PassRole", Condition={"Null": {key: "true"}}))
    found = estate(allow("*"), accounts=(home(mine, identity(REPORTS, tags=(("team", "red"),))),))
    return found, {"action": "iam:PassRole", "resource": REPORTS}


def _granted(*operations: str, action: str = "kms:Decrypt", rest: Any = None, **facts: Any) -> tuple[Estate, Request]:
    return estate(allow(aws(REPORTS)), grants=(grant(ALICE, *operations, **facts),)), {"action": action, **(rest or {})}


def _listed(operator: str, listed: Any, value: str) -> tuple[Estate, Request]:
    return estate(allow("*", Condition={operator: {PAIR: listed}})), {"context": {PAIR: value}}


def _bounded(statement: dict[str, Any], **facts: Any) -> tuple[Estate, Request]:
    return estate(statement, accounts=(home(bounded(ALICE, own("s3:*"))),), **facts), {}


def _deny_unless_flagged() -> dict[str, Any]:
    return deny("*", Condition={"Bool": {PAIR: ["${aws:PrincipalTag/team}", "false"]}})


def _sparing(*listed: str) -> dict[str, Any]:
    return {"Effect": "Deny", "NotPrincipal": aws(*listed), "Action": "kms:*", "Resource": "*"}


ALLOWING = {**_sparing(REPORTS), "Effect": "Allow"}
OKTA = f"arn:aws:iam::{HOME}:saml-provider/okta"
NAMED = {"ForAnyValue:StringLike": {"kms:ResourceAliases": "*"}}
UNTAGGED = {"Null": {"aws:ResourceTag/team": True}}
VARIABLE = "${aws:PrincipalTag/team}"
PAIR = "kms:EncryptionContext:a"
FUNCTION = "lambda:SourceFunctionArn"
CASES: dict[str, Callable[[], tuple[Estate, Request]]] = {
    "R4": lambda: _rcp({"action": "kms:DeleteAlias", "resource": ALIAS}),
    "L4": lambda: (estate(allow("*"), deny("*", Condition={})), {}),
    "L4-list": lambda: (estate(allow("*", Condition=NO_VALUE)), {}),
    "L4-list-deny": lambda: (estate(allow("*"), deny("*", Condition=NO_VALUE)), {}),
    "L7-wildcards": lambda: (
        estate(under(PAIR, "StringLike", VARIABLE)),
        {"context": {"aws:PrincipalTag/team": "*", PAIR: "b"}},
    ),
    "L7-wildcards-arn": lambda: (
        estate(under("aws:PrincipalArn", "ArnLike", f"arn:aws:iam::{HOME}:user/{VARIABLE}")),
        {"context": {"aws:PrincipalTag/team": "*"}},
    ),
    "L7-wildcards-resource": lambda: (
        estate(
            allow(aws(ROOT)),
            accounts=(home(identity(ALICE, own("kms:Decrypt", f"arn:aws:kms:*:{HOME}:key/{VARIABLE}"))),),
        ),
        {"context": {"aws:PrincipalTag/team": "*"}},
    ),
    "L7-empty": lambda: (
        estate(under(PAIR, "StringEquals", VARIABLE)),
        {"context": {"aws:PrincipalTag/team": "", PAIR: ""}},
    ),
    "L7-username": lambda: (
        estate(allow("*"), deny("*", Condition={"StringNotEquals": {PAIR: "${aws:username}"}})),
        {"principal": ROOT, "context": {PAIR: "b"}},
    ),
    "P1": lambda: (estate(allow(aws("*"))), {"principal": S3}),
    "P3": lambda: (estate(allow(aws(SAM)), deny(aws(ALICE))), {"principal": SAM, "issuer": ALICE}),
    "P5": lambda: (estate(allow("*"), _sparing(ROOT)), {}),
    "P5-account": lambda: (estate(allow("*"), _sparing(ALICE)), {}),
    "P5-role": lambda: (estate(allow(aws(SAM)), _sparing(SAM, ROOT)), {"principal": SAM, "issuer": ALICE}),
    "P5-boundary": lambda: (
        estate(allow(aws(SAM)), _sparing(SAM, ALICE, ROOT), accounts=(home(bounded(ALICE, own())),)),
        {"principal": SAM, "issuer": ALICE},
    ),
    "P5-allow": lambda: (estate(ALLOWING), {}),
    "P5-named": lambda: (
        estate({**ALLOWING, "NotPrincipal": aws(ROOT)}),
        {"readings": {"P5-allow": True}},
    ),
    "P5-named-role": lambda: (
        estate({**ALLOWING, "NotPrincipal": aws(REPORTS)}, accounts=(home(identity(REPORTS, own())),)),
        {"principal": REPORTS_SESSION, "readings": {"P5-allow": True}},
    ),
    "P6": lambda: (
        estate(allow({"Federated": OKTA})),
        {"principal": f"arn:aws:sts::{HOME}:assumed-role/Reports/one", "readings": {f"F6:provider:{OKTA}": True}},
    ),
    "P6-endpoint": lambda: _endpoint(
        allow({"Federated": OKTA}),
        principal=REPORTS_SESSION,
        readings={f"F6:provider:{OKTA}": True, "D4": False},
    ),
    "C1": lambda: (estate(under("kms:EncryptionContextKeys", "ForAnyValue:StringEqualsIfExists")), {}),
    "C2": lambda: (estate(under("kms:EncryptionContextKeys", value="a")), {"context": {PAIR: "b"}}),
    "C2-not": lambda: (
        estate(under("kms:EncryptionContextKeys", "StringNotEquals", "b")),
        {"context": {PAIR: "b"}, "readings": {"C2-negation": False}},
    ),
    "C2-negation": lambda: (
        estate(under("kms:EncryptionContextKeys", "StringNotEquals", "a")),
        {"context": {PAIR: "b"}, "readings": {"C2-not": False}},
    ),
    "C3-number": lambda: _listed("NumericNotEquals", "ten", "10"),
    "C3-date": lambda: _listed("DateNotEquals", "2026-13-01", "2026-01-01"),
    "C3-address": lambda: _listed("NotIpAddress", "10.0.0.0/33", "10.0.0.5"),
    "C3-truth": lambda: _listed("Bool", ["yes", "true"], "true"),
    "C3-bytes": lambda: _listed("BinaryEquals", ["YQ=", "YQ=="], "YQ=="),
    "L6-arn": lambda: _listed("ArnNotLike", "arn:aws:s3*", "arn:aws:s3:::bucket"),
    "L6": lambda: (
        estate(allow(aws(ROOT)), accounts=(home(identity(ALICE, own("kms:Decrypt", "arn:aws:kms:*:key/*"))),)),
        {},
    ),
    "C3-year": lambda: (
        estate(allow("*", Condition={"DateGreaterThan": {"aws:CurrentTime": "2030"}})),
        {"context": {"aws:CurrentTime": "2026-07-01T00:00:00Z"}},
    ),
    "C3-zone": lambda: (
        estate(allow("*", Condition={"DateLessThan": {"aws:CurrentTime": "2026-07-02T00:00:00"}})),
        {"context": {"aws:CurrentTime": "2026-07-01T00:00:00Z"}},
    ),
    "C3-offset": lambda: (
        estate(allow("*", Condition={"DateLessThan": {"aws:CurrentTime": "2026-07-02T00:00:00+0900"}})),
        {"context": {"aws:CurrentTime": "2026-07-01T00:00:00Z"}},
    ),
    "C3-prefix": lambda: (
        estate(allow("*", Condition={"IpAddress": {"aws:SourceIp": "2001:db8::1"}})),
        {"context": {"aws:SourceIp": "2001:db8::2"}},
    ),
    "C3-bool": lambda: (
        estate(allow("*"), _deny_unless_flagged()),
        {"context": {PAIR: "true", "aws:PrincipalTag/team": "TRUE"}},
    ),
    "D4": lambda: _bounded(allow("*", ["kms:Decrypt"])),
    "D6": lambda: _endpoint(allow(aws(ALICE)), principal=S3),
    "V-account": lambda: _endpoint(allow(aws(ROOT))),
    "D9": lambda: (
        estate(allow("*"), accounts=(home(identity(ALICE, own("kms:ListKeys", KEY.split("/")[0] + "/*"))),)),
        {"action": "kms:ListKeys", "resource": None, "context": {"aws:RequestedRegion": "us-west-2"}},
    ),
    "D9-alias": lambda: (
        estate(allow("*"), accounts=(home(identity(ALICE, own("kms:ListKeys", f"{KEY.split(':key/')[0]}:alias/*"))),)),
        {"action": "kms:ListKeys", "resource": None, "context": {"aws:RequestedRegion": "us-west-2"}},
    ),
    "D9-rcp": lambda: _rcp({"action": "kms:ListKeys", "resource": None}),
    "U2": lambda: (estate(allow(aws(ALICE)), accounts=ALICE_MAY), {"principal": SAM, "issuer": ALICE}),
    "G2": lambda: (estate(allow(aws(REPORTS)), grants=(grant(S3, "Decrypt", grantee_hidden=True),)), {}),
    "G2-federated": lambda: (
        estate(allow(aws(REPORTS)), grants=(grant(ALICE, "Decrypt"),)),
        {"principal": SAM, "issuer": ALICE, "readings": {"G4-role": False}},
    ),
    "G3-names": lambda: _granted("Decrypt", context_equals=(("A", "b"),), rest={"context": {PAIR: "b"}}),
    "G3-source": lambda: _granted("Decrypt", source_arn="arn:aws:s3:::bucket"),
    "G3-describe": lambda: (
        estate(allow(aws(REPORTS)), grants=(grant(S3, "DescribeKey", source_arn="arn:aws:s3:::bucket"),)),
        {"principal": S3, "action": "kms:DescribeKey"},
    ),
    "G3-asymmetric": lambda: (
        estate(
            allow(aws(REPORTS)),
            grants=(grant(ALICE, "Decrypt", context_subset=(("a", "b"),)),),
            spec="RSA_2048",
        ),
        {"action": "kms:Decrypt"},
    ),
    "G4": lambda: _bounded(allow(aws(REPORTS)), grants=(grant(ALICE, "Decrypt"),)),
    "G4-role": lambda: (
        estate(allow(aws(ALICE)), grants=(grant(REPORTS, "Decrypt"),), accounts=(home(bounded(REPORTS, own("s3:*"))),)),
        {"principal": REPORTS_SESSION},
    ),
    "G5-federated": lambda: (
        estate(allow(aws(REPORTS)), grants=(grant(REPORTS, "Decrypt", retiring=ALICE),)),
        {"principal": SAM, "issuer": ALICE, "action": "kms:RetireGrant", "readings": {"G4-role": False}},
    ),
    "G5": lambda: (
        estate(deny(aws(ALICE), "kms:RetireGrant"), grants=(grant(ALICE, "RetireGrant"),)),
        {"action": "kms:RetireGrant"},
    ),
    "G6": lambda: (
        estate(
            allow(aws(REPORTS)),
            grants=(grant(S3, "CreateGrant", "Decrypt", source_arn="arn:aws:s3:us-west-2:111122223333:*"),),
        ),
        {
            "principal": S3,
            "action": "kms:CreateGrant",
            "context": {
                "aws:SourceArn": "arn:aws:s3:us-west-2:111122223333:bucket",
                "kms:GrantOperations": ["Decrypt"],
                "kms:GrantConstraintSourceArn": "arn:aws:s3:us-west-2:111122223333:bucket",
            },
        },
    ),
    "G6-type": lambda: (
        estate(allow(aws(REPORTS)), grants=(grant(ALICE, "CreateGrant", "Decrypt", context_equals=(("a", "b"),)),)),
        {
            "action": "kms:CreateGrant",
            "context": {
                "kms:GrantOperations": ["Decrypt"],
                "kms:GrantConstraintType": "SourceArn",
                "kms:GrantConstraintSourceArn": "arn:aws:s3:::bucket",
                "kms:EncryptionContext:a": "b",
            },
        },
    ),
    "C1-null": lambda: (
        estate(allow(aws(ALICE), Condition={"Null": {PAIR: False}})),
        {"context": {PAIR: ""}},
    ),
    "F1-keyless": lambda: _creating("kms:CallerAccount"),
    "F1-resource": lambda: _creating("aws:ResourceAccount"),
    "F1-resource-org": lambda: _organized("aws:ResourceOrgID"),
    "F1-resource-paths": lambda: _organized("aws:ResourceOrgPaths"),
    "F7": lambda: (estate(under(PAIR, value="b")), {"context": {"kms:EncryptionContext:A": "b", PAIR: "c"}}),
    "F3-lambda": lambda: (estate(allow("*", Condition={"Null": {FUNCTION: False}})), _by_function()),
    "F3-lambda-rcp": lambda: _rcp(_by_function(), Condition={"Null": {FUNCTION: True}}),
    "F8": lambda: (estate(under("aws:ResourceTag/team", value="red")), {}),
    "F8-aliases": lambda: (estate(allow("*", Condition=NAMED), aliases=("alias/a",)), {}),
    "F8-aliases-endpoint": lambda: _endpoint(allow("*", Condition=NAMED), aliases=("alias/a",)),
    "F8-rcp": lambda: _rcp({}, Condition=UNTAGGED),
    "F8-aliases-rcp": lambda: _rcp({}, ("alias/a",), Condition={"Null": {"kms:ResourceAliases": True}}),
    "F8-endpoint": lambda: _endpoint(allow("*", Condition={"StringEquals": {"aws:ResourceTag/team": "red"}})),
    "F8-create": lambda: (
        estate(
            allow("*"),
            accounts=(
                home(identity(ALICE, own("kms:*", Condition={"StringEquals": {"aws:ResourceTag/team": "red"}}))),
            ),
        ),
        {"action": "kms:CreateKey", "resource": None, "context": {"aws:RequestTag/team": "red"}},
    ),
    "F8-retire": lambda: (
        estate(
            allow(aws(ROOT)),
            accounts=(home(identity(ALICE, own("kms:*", Condition={"Null": {"kms:KeySpec": False}}))),),
        ),
        {"action": "kms:RetireGrant"},
    ),
    "F8-quota": lambda: (
        estate(
            allow(aws(ROOT)),
            accounts=(home(identity(ALICE, own(Condition={"ForAnyValue:StringLike": {"kms:ResourceAliases": "*"}}))),),
            aliases=tuple(f"alias/{number}" for number in range(51)),
        ),
        {},
    ),
    "E2": lambda: (
        estate(
            allow("*"),
            accounts=(
                home(
                    identity(
                        REPORTS, own("sts:AssumeRole", Condition={"StringEquals": {"aws:ResourceTag/team": "red"}})
                    ),
                    trusting(admits(aws(ROOT)), tags=(("team", "red"),)),
                ),
            ),
        ),
        {
            "principal": f"arn:aws:sts::{HOME}:assumed-role/reports/s",
            "action": "sts:AssumeRole",
            "resource": TARGET,
            "context": {"sts:RoleSessionName": "s"},
            "session_tags": {"team": "blue"},
            "transitive": ["team"],
        },
    ),
    "E4": lambda: _passing("aws:ResourceTag/team"),
    "E4-iam": lambda: _passing("iam:ResourceTag/team"),
    "U1:allow": lambda: (estate(allow(aws(ROOT)), accounts=()), {"readings": {"U1:deny": False}}),
    "U1:deny": lambda: (estate(allow(aws(ALICE)), accounts=()), {}),
}
SETTLED_BY_THE_REQUEST = {
    "E2-transitive",
    "F1-service",
    "F3",
    "F4",
    "F4-console",
    "F5",
    "F5-role",
    "F5-via",
    "F6",
    "F6-replicate",
    "F6-replicate-keys",
    "F6-untag",
}
"""Readings of which keys a request carries: a request as it is given says that itself (F1–F9)."""


@pytest.mark.parametrize("symbol", CASES)
def test_s2_a_reading_turns_a_decision(symbol: str) -> None:
    found, request = CASES[symbol]()
    given = request.pop("readings", {})
    assert decide(found, **request, readings=given).depends_on == (symbol,)
    outcomes = {decide(found, **request, readings={**given, symbol: value}).outcome.value for value in (True, False)}
    assert outcomes == {"allow", "deny"}


def test_s2_every_reading_is_tried() -> None:
    labels = {reading.label for reading in READINGS}
    assert labels == {symbol for symbol in CASES if symbol in labels} | SETTLED_BY_THE_REQUEST


MEANINGS = [
    ("R4", False),
    ("D9-rcp", False),
    ("D6", False),
    ("V-account", True),
    ("G2", True),
    ("G2-federated", True),
    ("G3-names", True),
    ("G3-source", False),
    ("G3-describe", False),
    ("G3-asymmetric", True),
    ("G4", False),
    ("G4-role", False),
    ("G5", False),
    ("G5-federated", True),
    ("G6", True),
    ("G6-type", True),
    ("U2", True),
    ("D4", False),
    ("P1", True),
    ("L4", False),
    ("L4-list", True),
    ("L4-list-deny", False),
    ("P5", True),
    ("P5-account", True),
    ("P5-role", True),
    ("P5-boundary", True),
    ("P5-allow", True),
    ("P5-named", False),
    ("P5-named-role", False),
    ("P6", True),
    ("P6-endpoint", True),
    ("F3-lambda", True),
    ("F3-lambda-rcp", True),
    ("F8", True),
    ("F8-endpoint", True),
    ("F8-rcp", True),
    ("F8-aliases", True),
    ("F8-aliases-endpoint", True),
    ("F8-aliases-rcp", True),
    ("F1-resource", True),
    ("F1-resource-org", True),
    ("F1-resource-paths", True),
    ("F8-retire", True),
]


@pytest.mark.parametrize(("symbol", "allowing"), MEANINGS)
def test_s2_the_meanings_of_yes_and_no(symbol: str, allowing: bool) -> None:
    # As `Reading.yes` and `Reading.no` say.
    found, request = CASES[symbol]()
    given = request.pop("readings", {})
    assert decide(found, **request, readings={**given, symbol: allowing}).outcome.value == "allow"


@pytest.mark.parametrize(
    ("asked", "has", "is_warned", "is_impossible"),
    [
        (None, "red", True, False),
        ("red", "red", False, False),
        ("red", "blue", True, True),
        ("red", None, False, False),
    ],
)
def test_f8_a_key_that_is_made_has_the_tags_that_it_is_given_or_none(
    asked: str | None, has: str | None, is_warned: bool, is_impossible: bool
) -> None:
    given = {"aws:RequestTag/team": asked, "aws:ResourceTag/team": has}
    context = {name: value for name, value in given.items() if value is not None}
    found = decide(estate(allow("*"), accounts=ALICE_MAY), action="kms:CreateKey", resource=None, context=context)
    warnings = [warning for warning in found.warnings if warning.startswith("F8")]
    assert (bool(warnings), any(one.startswith("F8") for one in found.impossible)) == (is_warned, is_impossible)
