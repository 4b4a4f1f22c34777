"""Suggest: what is suggested is proved again here, with the other invariants and the requests that broke it; cases by
rule."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import Any

import pytest

from tests.agreement.library import policy_of_text
from tests.evaluate.estates import (
    ALICE,
    HOME,
    KEY,
    PARTNER,
    PARTNER_ROOT,
    REPORTS,
    ROOT,
    allow,
    aws,
    deny,
    estate,
    home,
    identity,
)
from tests.verify.proving import always, nobody
from tests.verify.test_random_estates import some_claim, some_estate
from verifier.evaluate import evaluate
from verifier.language.builtins.catalogue import builtin
from verifier.language.invariants.callers import read_caller_set
from verifier.model.edits import with_key_policy
from verifier.model.estate import Estate
from verifier.model.invariant import CallersNot, Expectation, InAccount, Invariant, PrincipalLike
from verifier.model.invariant_file import AnyInvariant
from verifier.model.policy import PolicyKind, Text
from verifier.model.request import Outcome
from verifier.model.results.comparison import Relation
from verifier.model.results.explanation import Advice, Suggestion
from verifier.model.results.verdict import Status
from verifier.model.unmodelled import Influence, Unmodelled
from verifier.verify.proving import prove
from verifier.verify.suggestion.search import EditSearch, _Node
from verifier.verify.suggestion.suggest import suggest

VIA, TENANT = "kms:ViaService", "kms:EncryptionContext:tenant"
KNOWN = (home(identity(REPORTS), identity(ALICE)),)
OUTSIDERS = CallersNot(InAccount(HOME))


def advice(found: Estate, *invariants: AnyInvariant) -> Advice:
    """What is suggested for the first of some invariants."""
    (only,) = suggest(found, invariants, to_mend=[0]).advice
    return only


def edited(found: Estate, suggestion: Suggestion) -> Estate:
    """The estate with the policy that a suggestion writes, read from its text."""
    (policy,) = found.keys[0].policies or ()
    return with_key_policy(found, KEY, policy_of_text(suggestion.policy, PolicyKind.KEY, policy.identity))


def statuses(found: Estate, *invariants: AnyInvariant) -> list[Status]:
    return [verdict.status for verdict in prove(found, invariants).verdicts]


def texts(found: Advice) -> list[str]:
    return [edit.text for suggestion in found.suggestions for edit in suggestion.edits]


# --- cases ------------------------------------------------------------------------------------------------------------


def test_fewer_edits_are_tried_before_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the order of the groups that mend the first counterexample."""
    sizes, tried = [1, 2, 2, 1, 2], list[int]()
    monkeypatch.setattr(
        EditSearch,
        "_children",
        lambda self, *_: [_Node(size, position, self.policy, ()) for position, size in enumerate(sizes)],
    )
    monkeypatch.setattr(EditSearch, "_follow", lambda _, node, *__: tried.append(node.size))
    advice(estate(allow("*"), accounts=KNOWN), nobody("kms:Decrypt"))
    assert tried == sorted(sizes)


def test_ifexists_is_the_first_thing_to_go() -> None:
    found = estate(
        allow(aws(REPORTS), "kms:Decrypt", Condition={"StringEqualsIfExists": {TENANT: "acme"}}), accounts=KNOWN
    )
    first = advice(found, builtin("encryption-context-required:tenant=acme")).suggestions[0]
    (edit,) = first.edits
    assert "[StringEqualsIfExists] → [StringEquals]" in edit.text
    assert first.comparison is not None
    assert (first.comparison.relation, bool(first.comparison.lost)) == (Relation.LESS, True)


def test_what_the_invariant_demands_is_put_into_a_condition() -> None:
    found = advice(estate(allow(aws(REPORTS)), accounts=KNOWN), builtin("only-via-service:s3"))
    assert any(f"add the condition StringLike {VIA} [s3.*.amazonaws.com]" in text for text in texts(found))


def test_a_deny_about_just_the_scope_loses_the_least() -> None:
    """It loses what the invariant forbids and nothing else, so it is never behind another of as many edits that loses
    more."""
    found = estate(allow("*", Sid="Everybody"), accounts=KNOWN)
    best = advice(found, builtin("no-external-access")).suggestions[0]
    assert best.comparison is not None
    regions = [change.region for change in best.comparison.lost]
    assert regions
    assert not any(HOME in region.callers.accounts for region in regions)


def test_services_keep_what_the_invariant_does_not_forbid() -> None:
    """P1: `*` names services too; the built-in excepts them."""
    found = estate(allow("*"), accounts=KNOWN)
    service_can = always("kms:Decrypt", callers=PrincipalLike(Text("arn:aws:iam::111122223333:root")))
    mended = advice(found, builtin("no-external-access"), service_can)
    assert mended.suggestions
    for suggestion in mended.suggestions:
        assert statuses(edited(found, suggestion), service_can) == statuses(found, service_can)


def test_two_statements_take_two_edits_or_one_deny() -> None:
    found = estate(allow(aws(REPORTS)), allow(aws(ALICE)), accounts=KNOWN)
    mended = advice(found, builtin("only-via-service:s3"))
    assert {len(suggestion.edits) for suggestion in mended.suggestions} == {1}
    assert all("add a statement: Deny" in text for text in texts(mended))


def test_a_guarantee_is_mended_by_widening() -> None:
    """D2: a key policy that does not allow the caller directly gives nothing by itself."""
    found = estate(allow(aws(ROOT), "kms:Put*"), accounts=KNOWN)
    mended = advice(found, always("kms:Decrypt", callers=PrincipalLike(Text(REPORTS))))
    assert "add a statement: Allow [kms:Decrypt] for [arn:aws:iam::111122223333:role/app/reports]" in texts(mended)
    first = mended.suggestions[0].comparison
    assert first is not None and first.relation is Relation.MORE


def test_a_deny_that_stops_a_guarantee_spares_those_it_is_about() -> None:
    """D1."""
    found = estate(allow(aws(REPORTS, ROOT)), deny("*", "kms:Decrypt"), accounts=KNOWN)
    mended = advice(found, always("kms:Decrypt", callers=PrincipalLike(Text(REPORTS))))
    assert any("add the condition ArnNotLike aws:PrincipalArn" in text and "in Deny" in text for text in texts(mended))


def test_no_suggestion_breaks_another_invariant() -> None:
    """The one edit that would do takes from the partner what another invariant guarantees."""
    found = estate(allow(aws(PARTNER_ROOT), "kms:Decrypt", Condition={"StringEqualsIfExists": {TENANT: "acme"}}))
    mended = nobody("kms:Decrypt", callers=InAccount(PARTNER))
    kept = always("kms:Decrypt", callers=PrincipalLike(Text(PARTNER_ROOT)))
    before = statuses(found, mended, kept)
    assert before[0] is Status.REFUTED
    answer = advice(found, mended, kept)
    for suggestion in answer.suggestions:
        assert statuses(edited(found, suggestion), mended, kept)[1] in (before[1], Status.PROVED)


def test_contradictory_invariants_have_no_suggestion() -> None:
    found = estate(allow(aws(ROOT)), accounts=KNOWN)
    guarantee = always("kms:Decrypt", callers=PrincipalLike(Text(ROOT)))
    forbidden = nobody("kms:Decrypt", callers=PrincipalLike(Text(ROOT)))
    assert statuses(found, forbidden, guarantee) == [Status.REFUTED, Status.PROVED]
    answer = advice(found, forbidden, guarantee)
    assert answer.suggestions == ()
    assert answer.reason is not None and answer.reason.rule == "bound"
    assert "changes the verdict" in answer.reason.text


def test_no_suggestion_locks_everybody_out() -> None:
    """A condition on the account's own statement that no caller of the account meets would do, and the key be lost.
    [API: PutKeyPolicy, BypassPolicyLockoutSafetyCheck]"""
    found = estate(allow(aws(ROOT)))
    callers = read_caller_set(f"callers in {HOME} except root of {HOME}", "callers")
    suggestions = advice(found, nobody(callers=callers)).suggestions
    assert suggestions
    for suggestion in suggestions:
        assert statuses(edited(found, suggestion), nobody("kms:PutKeyPolicy")) == [Status.REFUTED]


def test_where_nobody_may_change_the_policy_there_is_no_suggestion() -> None:
    answer = advice(estate(allow(aws(ROOT))), nobody("kms:PutKeyPolicy"))
    assert answer.suggestions == ()
    assert answer.reason is not None and "could change the key policy" in answer.reason.text


def test_a_policy_that_nobody_can_change_as_it_is_may_be_mended() -> None:
    found = estate(allow(aws(PARTNER_ROOT), "kms:Decrypt"))
    assert advice(found, nobody(callers=OUTSIDERS)).suggestions


def test_no_edit_of_several_is_idle() -> None:
    """Where an invariant excepts a caller by two tests, one of the two new statements could match nothing."""
    found = estate(allow(aws(ROOT)))
    callers = read_caller_set(f"callers in {HOME} except root of {HOME}", "callers")
    assert {len(suggestion.edits) for suggestion in advice(found, nobody(callers=callers)).suggestions} == {1}


def test_what_no_key_policy_mends_says_why() -> None:
    """D8: AWS managed keys."""
    managed = estate(allow("*"), accounts=KNOWN, manager="AWS")
    answer = advice(managed, nobody("kms:Decrypt", callers=InAccount(HOME)))
    assert (answer.suggestions, answer.reason and answer.reason.rule) == ((), "D8")


def test_retiring_grants_is_beyond_any_key_policy() -> None:
    """G5: a key policy gives nothing for it, and whether its Deny stops it is open."""
    found = advice(estate(allow("*"), accounts=()), nobody("kms:RetireGrant", callers=InAccount(HOME)))
    assert found.suggestions == ()
    assert found.reason is not None and found.reason.rule == "G5"
    assert found.reason.text.startswith("kms:RetireGrant by ")


def test_a_verdict_that_would_be_unknown_is_no_suggestion() -> None:
    """S1: what is not known may let others in whom the Allow does not name; a Deny stops them as well (D1)."""
    thing = Unmodelled(
        "grants", "G1", Influence.MAY_ALLOW, "grants that are not in the input", key=KEY, account=PARTNER
    )
    found = estate(allow(aws("arn:aws:iam::777788889999:root"), "kms:Decrypt"), unmodelled=(thing,))
    answer = advice(found, nobody("kms:Decrypt", callers=OUTSIDERS))
    assert answer.suggestions
    assert all("add a statement: Deny" in text for text in texts(answer))


def test_what_is_proved_needs_no_suggestion() -> None:
    answer = advice(estate(deny()), builtin("no-external-access"))
    assert (answer.status, answer.suggestions, answer.reason) == (Status.PROVED, (), None)


def test_numbers_and_targets_are_those_of_the_invariants() -> None:
    found = estate(allow("*"), accounts=KNOWN)
    everything = suggest(
        found, [builtin("no-external-access"), builtin("no-policy-lockout"), builtin("no-public-access")]
    )
    assert [item.number for item in everything.advice] == [1, 2, 3]
    assert {item.target for item in everything.advice} == {KEY}


# --- laws -------------------------------------------------------------------------------------------------------------


def another_claim(dice: random.Random, name: str) -> Invariant:
    return replace(some_claim(dice), name=name)


@pytest.mark.parametrize("seed", range(14))
def test_each_suggestion_is_proved_again_and_keeps_the_others(seed: int) -> None:
    dice = random.Random(seed)
    found = some_estate(dice)
    invariants = [another_claim(dice, str(number)) for number in range(3)]
    before = statuses(found, *invariants)
    for item in suggest(found, invariants).advice:
        assert item.status is before[item.number - 1]
        assert len({len(suggestion.edits) for suggestion in item.suggestions}) <= 1
        assert item.status is not Status.REFUTED or item.suggestions or item.reason is not None
        for suggestion in item.suggestions:
            after = statuses(edited(found, suggestion), *invariants)
            assert after[item.number - 1] is Status.PROVED
            assert all(new in (old, Status.PROVED) for old, new in zip(before, after, strict=True))


@pytest.mark.parametrize("seed", range(14))
def test_the_request_that_broke_it_is_decided_as_demanded(seed: int) -> None:
    dice = random.Random(1000 + seed)
    found, claim = some_estate(dice), another_claim(dice, "claim")
    (verdict,) = prove(found, [claim]).verdicts
    if verdict.counterexample is None:
        return
    wanted = Outcome.DENY if claim.expectation is Expectation.REFUSED else Outcome.ALLOW
    for suggestion in advice(found, claim).suggestions:
        request: Any = verdict.counterexample.request
        held = dict((*verdict.counterexample.readings, *verdict.counterexample.free))
        assert evaluate(edited(found, suggestion), request, held).outcome is wanted


def test_access_changes_in_one_direction_only() -> None:
    """What must be refused is mended by taking away, and what must be allowed by giving."""
    seen = set()
    for seed in range(14):
        dice = random.Random(seed)
        found, claim = some_estate(dice), another_claim(dice, "claim")
        for suggestion in advice(found, claim).suggestions:
            assert suggestion.comparison is not None
            relation = suggestion.comparison.relation
            unwanted = Relation.MORE if claim.expectation is Expectation.REFUSED else Relation.LESS
            assert relation not in (unwanted, Relation.EQUIVALENT), (seed, json.loads(suggestion.policy))
            seen.add(relation)
    assert Relation.LESS in seen
