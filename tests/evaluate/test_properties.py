"""What holds of every decision: determinism under an assignment, Deny over Allow, and depends exactly where readings
differ (S2, D1)."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.evaluate.estates import (
    ALICE,
    HOME,
    PARTNER_ROOT,
    PARTNER_SESSION,
    REPORTS,
    REPORTS_SESSION,
    ROOT,
    S3,
    SAM,
    allow,
    aws,
    decide,
    deny,
    estate,
    home,
    identity,
    own,
)
from tests.examples import many
from verifier.evaluate import evaluate, request_from_json
from verifier.model.estate import Estate
from verifier.model.request import Outcome
from verifier.model.unmodelled import Influence, Unmodelled

PAIR = "kms:EncryptionContext:App"
PRINCIPALS = st.sampled_from(
    [
        "*",
        {"AWS": "*"},
        {"Service": S3},
        *(aws(arn) for arn in (ROOT, ALICE, REPORTS, REPORTS_SESSION, SAM, PARTNER_ROOT)),
    ]
)
CONDITIONS = st.sampled_from(
    [
        {"StringEquals": {PAIR: "x"}},
        {"StringNotLike": {PAIR: "${aws:PrincipalTag/team}"}},
        {"ForAnyValue:StringEqualsIfExists": {"aws:CalledVia": S3}},
        {"StringEquals": {"aws:CalledVia": S3}},
        {"StringEquals": {"kms:KeySpec": "RSA_2048"}},
        {"StringEquals": {"aws:ResourceTag/team": "red"}},
        {"Null": {"kms:ViaService": "true"}},
    ]
)


@st.composite
def statements(draw: st.DrawFn) -> dict[str, Any]:
    statement = draw(st.sampled_from([allow, deny]))(
        draw(PRINCIPALS), draw(st.sampled_from(["kms:*", "kms:Decrypt", "kms:Enc*"]))
    )
    if draw(st.integers(0, 4)) == 0:
        statement["NotPrincipal"] = aws(
            *draw(st.lists(st.sampled_from([ROOT, ALICE, REPORTS, REPORTS_SESSION]), min_size=1, unique=True))
        )
        del statement["Principal"]
    return {**statement, "Condition": draw(CONDITIONS)} if draw(st.booleans()) else statement


@st.composite
def estates(draw: st.DrawFn) -> Estate:
    mine = draw(st.lists(st.sampled_from([own(), own("kms:Decrypt"), own("kms:Decrypt", effect="Deny")]), max_size=2))
    people = home(identity(ALICE, *mine, tags=(("team", "x*"),)), identity(REPORTS, *mine))
    things = (
        Unmodelled("grants", "G1", Influence.MAY_ALLOW, "grants"),
        Unmodelled("scp", "D7", Influence.MAY_REFUSE, "scp", account=HOME),
    )
    facts: dict[str, Any] = {
        "spec": draw(st.sampled_from([None, "RSA_2048"])),
        "tags": draw(st.sampled_from([None, (("team", "red"),)])),
    }
    return estate(
        *draw(st.lists(statements(), min_size=1, max_size=5)),
        accounts=draw(st.sampled_from([(people,), ()])),
        unmodelled=draw(st.sampled_from([(), things])),
        **facts,
    )


REQUESTS = st.fixed_dictionaries(
    {
        "principal": st.sampled_from([ALICE, REPORTS_SESSION, ROOT, SAM, S3, PARTNER_ROOT, PARTNER_SESSION]),
        "action": st.sampled_from(["kms:Decrypt", "kms:Encrypt", "kms:TagResource"]),
        "context": st.sampled_from([{}, {PAIR: "x"}, {PAIR: "x", PAIR.upper(): "y"}, {"aws:CalledVia": [S3]}]),
    }
)


@settings(max_examples=many(400))
@given(estates(), REQUESTS)
def test_s2_depends_exactly_where_the_named_symbols_turn_the_outcome(found: Estate, data: dict[str, Any]) -> None:
    decision = decide(found, **data)
    if decision.outcome is not Outcome.DEPENDS:
        assert decision.depends_on == ()
        return
    assert decision.depends_on
    if data["principal"] == SAM or len(decision.depends_on) > 6:
        return  # The issuer that is not said is no symbol; and two to the seventh is enough.
    request = request_from_json(found, {**data, "resource": found.keys[0].arn})
    assignments = [
        dict(zip(decision.depends_on, values, strict=True))
        for values in product((False, True), repeat=len(decision.depends_on))
    ]
    settled = {evaluate(found, request, assignment).outcome for assignment in assignments}
    assert settled == {Outcome.ALLOW, Outcome.DENY}


@settings(max_examples=many(300))
@given(estates(), REQUESTS)
def test_d1_a_deny_of_everything_refuses_everything(found: Estate, data: dict[str, Any]) -> None:
    key = found.keys[0]
    denied = estate(deny("*", "*")).keys[0].policies or ()
    refused = replace(
        found, keys=(replace(key, policies=(*(key.policies or ()), replace(denied[0], identity="deny"))),)
    )
    assert decide(refused, **data).outcome is Outcome.DENY


@settings(max_examples=many(300))
@given(estates(), REQUESTS)
def test_the_trace_agrees_with_the_outcome(found: Estate, data: dict[str, Any]) -> None:
    decision = decide(found, **data)
    gates = [step for step in decision.trace if step.depth == 0]
    again = decide(found, **data, readings=dict(decision.assignment))
    if decision.outcome is not Outcome.DEPENDS or data["principal"] != SAM:
        assert again.outcome is (Outcome.ALLOW if gates[-1].holds and not _refused(decision.trace) else Outcome.DENY)


def _refused(trace: Any) -> bool:
    """Whether a gate that every request must pass did not hold: those before the key policy's."""
    refusing = ("R5", "R7", "D8", "D1", "D7")
    return any(step.depth == 0 and step.rule in refusing and not step.holds for step in trace)
