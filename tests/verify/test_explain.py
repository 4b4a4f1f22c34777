"""Explain: the nearest request that is decided otherwise (R6), against brute force and on cases argued from the
rules."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import combinations, product
from typing import Any

import pytest

from tests.evaluate.estates import (
    ALICE,
    HOME,
    KEY,
    PARTNER_ROOT,
    PARTNER_SESSION,
    REPORTS,
    REPORTS_SESSION,
    ROOT,
    S3,
    allow,
    aws,
    deny,
    estate,
    home,
    identity,
    own,
    untagged,
)
from tests.verify.test_random_estates import CALLERS, EC, some_estate, some_request
from verifier.evaluate import evaluate, request_from_json
from verifier.model.estate import Estate
from verifier.model.organization import Organization
from verifier.model.request import CallerKind, Decision, Outcome, Request, Value
from verifier.model.results.explanation import ChangeKind, Explanation, Flip, NotFound, RequestChange
from verifier.model.unmodelled import Influence, Unmodelled
from verifier.verify.explanation.explain import changes, explain_request, folded
from verifier.verify.explanation.point import part_of

VIA = "kms:ViaService"
KNOWN = (home(identity(REPORTS)),)
"""An inventory with the role, so that its sessions are known to be of the role with its path (F1)."""


def explained(found: Estate, principal: str, action: str = "kms:Decrypt", **context: Any) -> Explanation:
    named = {name.replace("__", ":"): value for name, value in context.items()}
    return explain_request(
        found, request_from_json(found, {"principal": principal, "action": action, "resource": KEY, "context": named})
    )


def flips(explanation: Explanation) -> list[Flip]:
    return [flip for flip in explanation.flips if isinstance(flip, Flip)]


def told(flip: Flip, *kinds: ChangeKind) -> list[tuple[str, Value | None, Value | None]]:
    return [
        (change.subject, change.before, change.after) for change in flip.changes if not kinds or change.kind in kinds
    ]


# --- cases ------------------------------------------------------------------------------------------------------------


def test_an_absent_key_is_given() -> None:
    """C: `StringEquals` on an absent key is false."""
    found = estate(allow(aws(REPORTS), Condition={"StringEquals": {VIA: "s3.us-west-2.amazonaws.com"}}), accounts=KNOWN)
    explanation = explained(found, REPORTS_SESSION)
    assert explanation.decision.outcome is Outcome.DENY
    (flip,) = flips(explanation)
    assert told(flip) == [(VIA, None, "s3.us-west-2.amazonaws.com")]
    assert flip.count == 1
    assert flip.decision.outcome is Outcome.ALLOW


def test_a_key_that_ifexists_spares_is_given_another_value() -> None:
    """C: `IfExists` is true where the key is absent."""
    found = estate(allow(aws(REPORTS), Condition={"StringEqualsIfExists": {EC: "acme"}}), accounts=KNOWN)
    (flip,) = flips(explained(found, REPORTS_SESSION))
    (change,) = flip.changes
    assert (change.subject, change.before) == (EC, None)
    assert change.after != "acme"
    assert flip.decision.outcome is Outcome.DENY


def test_a_value_is_compared_with_the_tag_of_the_caller() -> None:
    """L7: the variable stands for the caller's own tag, which the inventory fixes (F3)."""
    red = untagged(REPORTS, tags=(("team", "red"),))
    found = estate(
        allow(aws(REPORTS), Condition={"StringEquals": {EC: "${aws:PrincipalTag/team}"}}), accounts=(home(red),)
    )
    (flip,) = flips(explained(found, REPORTS_SESSION, kms__EncryptionContext__tenant="blue"))
    assert told(flip) == [(EC, "blue", "red")]


def test_two_keys_are_needed_where_two_conditions_fail() -> None:
    conditions = {"StringEquals": {EC: "acme", VIA: "s3.us-west-2.amazonaws.com"}}
    explanation = explained(estate(allow(aws(REPORTS), Condition=conditions), accounts=KNOWN), REPORTS_SESSION)
    (flip,) = flips(explanation)
    assert flip.count == 2
    assert {change.subject for change in flip.changes} == {EC, VIA}


def test_another_caller_is_one_change_with_all_that_goes_with_it() -> None:
    """F2, F3: the account, the ARN and the tags go with the caller."""
    condition = {"StringEquals": {"aws:PrincipalAccount": HOME, "aws:PrincipalTag/team": "red"}}
    found = estate(allow("*", Condition=condition), accounts=(home(identity(ALICE, tags=(("team", "red"),))),))
    first = flips(explained(found, PARTNER_SESSION))[0]
    assert first.count == 1
    assert [change.subject for change in first.changes if change.kind is ChangeKind.NEEDED] == ["caller"]


def test_the_same_caller_and_action_are_looked_at_as_well() -> None:
    """Two keys for the same caller, or one other caller."""
    conditions = {"StringEquals": {EC: "acme", VIA: "s3.us-west-2.amazonaws.com"}}
    found = estate(
        allow(aws(REPORTS), Condition=conditions),
        allow(aws(ALICE)),
        accounts=(home(identity(ALICE), identity(REPORTS)),),
    )
    one, other = flips(explained(found, REPORTS_SESSION))
    assert (one.count, one.same_call, [change.subject for change in one.changes]) == (1, False, ["caller"])
    assert (other.count, other.same_call, {change.subject for change in other.changes}) == (2, True, {EC, VIA})


def test_where_the_same_caller_is_never_allowed_it_is_said() -> None:
    """P1, R6: only another caller is, so that a request of the same caller is what nobody need look for."""
    found = estate(allow(aws(ALICE)), accounts=(home(identity(ALICE), identity(REPORTS)),))
    other, nothing = explained(found, REPORTS_SESSION).flips
    assert isinstance(other, Flip)
    assert [change.subject for change in other.changes if change.kind is ChangeKind.NEEDED] == ["caller"]
    assert nothing == NotFound(
        Outcome.ALLOW, "R6", "no request on this resource by the same caller for the same action is allowed"
    )


def test_what_is_said_of_nobody_is_not_said_again_of_the_same_caller() -> None:
    """D1, G5: nobody is allowed for certain, the same caller among them, who is not allowed in any reading."""
    flips = explained(estate(deny(), accounts=(home(),)), REPORTS_SESSION).flips
    assert [found.text for found in flips if isinstance(found, NotFound)] == [
        "no request on this resource is allowed under every reading and whatever is not known",
        "no request on this resource by the same caller for the same action is allowed",
    ]


def test_where_the_other_account_decides_the_flip_depends() -> None:
    """D3, U1: what the policies of another account allow is not known."""
    found = estate(allow(aws(PARTNER_ROOT), Condition={"StringEquals": {EC: "acme"}}))
    explanation = explained(found, PARTNER_SESSION)
    assert explanation.decision.outcome is Outcome.DENY
    first, second = flips(explanation)[:2]
    assert told(first) == [(EC, None, "acme")]
    assert (first.decision.outcome, first.decision.depends_on) == (Outcome.DEPENDS, ("U1:allow", "U1:deny"))
    assert second.decision.outcome is Outcome.ALLOW
    assert second.count == 2, "and the root user of the account needs no policy (D5)"


def test_a_decision_that_depends_has_a_case_and_a_change_for_each_outcome() -> None:
    explanation = explained(estate(allow(aws(PARTNER_ROOT))), PARTNER_SESSION)
    assert explanation.decision.outcome is Outcome.DEPENDS
    cases = {outcome: dict(chosen) for outcome, chosen in explanation.cases}
    assert cases[Outcome.ALLOW] == {"U1:allow": True, "U1:deny": False}
    request = explanation.request
    for outcome, chosen in cases.items():
        assert evaluate(estate(allow(aws(PARTNER_ROOT))), request, chosen).outcome is outcome
    assert [flip.wanted for flip in flips(explanation)] == [Outcome.ALLOW, Outcome.DENY]


def test_what_every_request_has_is_supposed_and_not_counted() -> None:
    """F4: a user's direct request has an address; the request as given says none."""
    only = {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
    found = estate(allow(aws(ALICE), Condition=only), accounts=(home(identity(ALICE)),))
    (flip,) = flips(explained(found, ALICE))
    assert flip.count == 0
    (change,) = flip.changes
    assert (change.subject, change.kind) == ("aws:SourceIp", ChangeKind.SUPPOSED)


def test_what_only_the_sending_needs_is_told_apart() -> None:
    """F4: a request through an endpoint has no `aws:SourceIp`, and has `aws:SourceVpc`."""
    conditions = {"StringEquals": {"aws:SourceVpce": "vpce-1"}, "Null": {"aws:SourceIp": "true"}}
    stray = deny(aws(ALICE), Condition={"StringEquals": {"aws:SourceVpc": "vpc-1"}})
    found = estate(allow(aws(REPORTS), Condition={**conditions}), stray, accounts=KNOWN)
    (flip,) = flips(explained(found, REPORTS_SESSION, aws__SourceIp="10.1.2.3"))
    assert flip.count == 1, "the network is one part"
    kinds = {change.subject: change.kind for change in flip.changes}
    assert {subject for subject, kind in kinds.items() if kind is ChangeKind.NEEDED} == {
        "aws:SourceVpce",
        "aws:SourceIp",
    }
    sendable = {subject for subject, kind in kinds.items() if kind is ChangeKind.SENDABLE}
    assert sendable == {"aws:SourceVpc", "aws:SourceVpcArn", "aws:VpceAccount", "aws:VpcSourceIp"}


def test_nobody_is_allowed_where_nothing_allows() -> None:
    """An explicit Deny of everything to everybody (D1, P1); it does not stop `kms:RetireGrant` for certain (G5)."""
    found = explained(estate(deny(), accounts=(home(),)), REPORTS_SESSION).flips[-1]
    assert isinstance(found, NotFound)
    assert found.rule == "R6"


def test_s1_a_request_that_rests_on_what_is_not_modelled_is_not_said_not_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests are set aside that `evaluate` refuses, and that are allowed if something that is not modelled allows
    them."""
    unknown = Unmodelled("policy ops", "U3", Influence.MAY_ALLOW, "the document of ops is missing", principal=REPORTS)
    delegated = allow({"AWS": HOME}, Condition={"ArnEquals": {"aws:PrincipalArn": REPORTS}})
    found = estate(delegated, accounts=KNOWN, unmodelled=(unknown,))
    monkeypatch.setattr("verifier.verify.explanation.nearest.evaluate", lambda *_: Decision(Outcome.DENY))
    flips = explained(found, REPORTS_SESSION).flips
    assert [flip.rule for flip in flips if isinstance(flip, NotFound) and flip.wanted is Outcome.ALLOW] == ["U3"], flips


def test_a_request_with_session_policies_says_why_nothing_is_looked_for() -> None:
    found = estate(allow(aws(REPORTS)))
    policies = {"Version": "2012-10-17", "Statement": [own()]}
    request = request_from_json(
        found, {"principal": REPORTS_SESSION, "action": "kms:Decrypt", "resource": KEY, "session_policy": policies}
    )
    (nothing,) = explain_request(found, request).flips
    assert isinstance(nothing, NotFound)
    assert nothing.rule == "U2"


def test_a_request_that_no_key_of_this_partition_gets_says_so() -> None:
    """R7."""
    found = estate(allow("*"))
    (nothing,) = explained(found, "arn:aws-cn:iam::111122223333:user/Alice").flips
    assert isinstance(nothing, NotFound)
    assert nothing.rule == "R1"
    assert "no request that could be sent has principal" in nothing.text


def test_readings_that_are_held_are_no_longer_open() -> None:
    """C1: `ForAnyValue:…IfExists` on an absent key is open."""
    found = estate(
        allow(aws(REPORTS), Condition={"ForAnyValue:StringEqualsIfExists": {"aws:CalledVia": S3}}), accounts=KNOWN
    )
    request = request_from_json(found, {"principal": REPORTS_SESSION, "action": "kms:Decrypt", "resource": KEY})
    assert explain_request(found, request).decision.outcome is Outcome.DEPENDS
    assert explain_request(found, request, readings={"C1": True}).decision.outcome is Outcome.ALLOW


# --- laws -------------------------------------------------------------------------------------------------------------

POOL: dict[str, tuple[Value | None, ...]] = {
    EC: (None, "acme", "red", "redder", "other"),
    "aws:SourceIp": (None, "10.1.2.3", "203.0.113.10"),
    VIA: (None, "s3.us-west-2.amazonaws.com", "rds.us-west-2.amazonaws.com"),
    "aws:CurrentTime": (None, "2029-01-01T00:00:00Z", "2031-01-01T00:00:00Z"),
    "aws:PrincipalTag/team": (None, "red", "green"),
}


def neighbours(found: Estate, given: dict[str, Any]) -> list[Request]:
    """Every request of the pool that differs in at most two of caller, action and keys."""
    axes: dict[str, tuple[Any, ...]] = {
        "principal": CALLERS,
        "action": ("kms:Decrypt", "kms:Encrypt", "kms:DescribeKey"),
        **POOL,
    }
    requests = []
    for chosen in combinations(axes, 2):
        for values in product(*(axes[name] for name in chosen)):
            moved = {**given, "context": dict(given["context"])}
            for name, value in zip(chosen, values, strict=True):
                if name in given:
                    moved[name] = value
                elif value is None:
                    moved["context"].pop(name, None)
                else:
                    moved["context"][name] = value
            requests.append(request_from_json(found, moved))
    return [request for request in dict.fromkeys(requests) if not _tagged_root(request)]


def _tagged_root(request: Request) -> bool:
    """A root user has no tags, of which the warnings of a request do not speak."""
    return request.caller.kind is CallerKind.ROOT and any("PrincipalTag" in key for key, _ in request.context)


def counted(found: tuple[RequestChange, ...]) -> int:
    """How many parts changed: what is supposed and what follows is not counted, and the keys of one part are one."""
    kinds = (ChangeKind.NEEDED, ChangeKind.SENDABLE)
    return len({part_of(folded(change.subject)) for change in found if change.kind in kinds})


@pytest.mark.parametrize("seed", range(36))
def test_no_request_with_fewer_changes_is_decided_otherwise(seed: int) -> None:
    dice = random.Random(seed)
    found = some_estate(dice)
    given = some_request(dice, "kms:Decrypt")
    request = request_from_json(found, given)
    explanation = explain_request(found, request)
    best = {flip.wanted: flip for flip in reversed(flips(explanation))}  # the first of each outcome is the nearest
    for flip in flips(explanation):
        assert flip.count == counted(flip.changes)
        assert evaluate(found, flip.request).outcome in (flip.wanted, Outcome.DEPENDS)
        assert not [
            warning
            for warning in flip.decision.warnings
            if " comes with " not in warning and not warning.startswith(("G5", "F6"))
        ]
    if explanation.decision.outcome is Outcome.DEPENDS:
        return
    supposed = {
        change.subject.lower()
        for flip in flips(explanation)
        for change in flip.changes
        if change.kind is ChangeKind.SUPPOSED
    }
    for other in neighbours(found, given):
        decision = evaluate(found, other)
        if decision.warnings == () and decision.outcome is not explanation.decision.outcome:
            (wanted,) = {Outcome.ALLOW, Outcome.DENY} - {explanation.decision.outcome}
            assert wanted in best, (given, other)
            distance = counted(changes(found, request, other, {}, supposed))
            assert best[wanted].count <= distance, (given, other, best[wanted])


def test_a_root_user_needs_no_more() -> None:
    """D5, P2."""
    (flip,) = flips(explained(estate(allow(aws(ROOT))), ROOT))
    assert flip.wanted is Outcome.DENY


def test_f1_a_change_says_that_a_request_without_a_key_must_carry_what_it_has_of_an_organization() -> None:
    """Not that it must carry the paths, which the change leaves out."""
    conditions = {"StringEquals": {"aws:ResourceOrgID": "o-exampleorg"}}
    other = {"ForAnyValue:StringLike": {"aws:ResourceOrgPaths": "o-exampleorg/*"}}
    alice = identity(ALICE, own("kms:CreateKey", Condition=conditions), own("kms:ListKeys", Condition=other))
    organization = Organization("o-exampleorg", HOME, ((HOME, "o-exampleorg/r-ab12/"),))
    known = replace(estate(allow(), accounts=(home(alice),)), organization=organization)
    asked: dict[str, Any] = {"principal": ALICE, "action": "kms:CreateKey", "resource": None, "context": {}}
    explanation = explain_request(known, request_from_json(known, asked))
    allowing = [flip for flip in flips(explanation) if flip.wanted is Outcome.ALLOW]
    assert [(str(label), value) for flip in allowing for label, value in flip.readings] == [("F1-resource-org", True)]
