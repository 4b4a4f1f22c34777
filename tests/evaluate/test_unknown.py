"""S2, U1–U4 and what is not modelled: which symbols a decision rests on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.evaluate.estates import (
    ALIAS,
    ALICE,
    HOME,
    KEY,
    PARTNER,
    PARTNER_ROLE,
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
    labels,
    outcome,
    own,
    without_policy,
)
from verifier.evaluate.symbols import Symbols, any_of, explore, outcomes, sensitive
from verifier.model.symbols import OUTSIDE_DENY, RequestFact
from verifier.model.unmodelled import Influence, Unmodelled


def test_s2_an_assignment_settles_a_reading_and_others_stay_open() -> None:
    # S2: the evaluator takes readings as input; without them it decides under each.
    found = estate(
        allow({"AWS": "*"}),
        {"Effect": "Deny", "NotPrincipal": {"AWS": ALICE}, "Action": "*", "Resource": "*"},
        accounts=(),
    )
    assert outcome(found) == "depends P5-account U1:deny"
    assert outcome(found, readings={"P5-account": True}) == "depends U1:deny"
    assert outcome(found, readings={"P5-account": False}) == "deny"
    assert outcome(found, readings={"P5-account": True, "U1:deny": False}) == "allow"


def test_u1_outside_identity_policies_are_free() -> None:
    # Another account's administrator can write any policy.
    assert outcome(estate(allow(aws(PARTNER_ROOT))), PARTNER_SESSION) == "depends U1:allow U1:deny"
    assert outcome(estate(allow(aws(ROOT))), PARTNER_SESSION) == "deny"
    assert outcome(estate(allow(aws(PARTNER_ROOT))), PARTNER_ROOT) == "allow"


def test_u1_without_an_inventory_of_the_keys_account() -> None:
    # Its identity policies are free as well: they may deny what the key policy allows.
    assert outcome(estate(allow(aws(ALICE)), accounts=())) == "depends U1:deny"
    assert outcome(estate(allow(aws(ROOT)), accounts=())) == "depends U1:allow U1:deny"
    assert outcome(estate(allow(aws(ROOT)), accounts=()), readings={"U1:allow": True, "U1:deny": False}) == "allow"


def test_u1_a_caller_that_the_inventory_does_not_list_has_no_policies() -> None:
    # Inside the inventory policies are exactly what is given.
    assert outcome(estate(allow(aws(ROOT)), accounts=(home(identity(REPORTS, own())),))) == "deny"


def test_u2_sessions() -> None:
    # getfederationtoken: without a session policy the session has no permissions but those of resource policies that
    # name it.
    found = estate(allow(aws(ROOT)), accounts=(home(identity(ALICE, own()), identity(REPORTS, own())),))
    assert outcome(found, REPORTS_SESSION) == "allow"
    assert outcome(found, SAM, issuer=ALICE) == "deny"
    assert outcome(found, SAM, issuer=ALICE, readings={"U2:session": True}) == "allow"


def test_u3_a_policy_that_is_not_known() -> None:
    # U3: no verdict but Unknown; what refuses anyway still refuses.
    found = without_policy(estate(allow("*")))
    assert outcome(found) == "depends U3:policy:allow U3:policy:deny"
    denied = without_policy(estate(allow("*"), accounts=(home(identity(ALICE, own(effect="Deny"))),)))
    assert outcome(denied) == "deny"


@pytest.mark.parametrize(
    ("condition", "facts"),
    [
        ({"StringEquals": {"kms:KeySpec": "RSA_2048"}}, {"spec": None}),
        ({"StringNotEquals": {"kms:KeyOrigin": "AWS_KMS"}}, {"origin": None}),
    ],
)
def test_u3_facts_that_are_not_given_are_free(condition: dict[str, Any], facts: dict[str, Any]) -> None:
    # U3: free when not given, exactly what is given otherwise.
    assert outcome(estate(allow(Condition=condition), **facts)).startswith("depends U3:kms:")
    assert outcome(estate(allow(Condition=condition))) in ("allow", "deny")


def test_l9_the_id_tells_whether_a_key_is_a_multi_region_key() -> None:
    # No fact that is free: the ID of a multi-Region key begins with `mrk-`. [multi-region-keys-overview]
    assert outcome(estate(allow(Condition={"Bool": {"kms:MultiRegion": "true"}}), multi_region=None)) == "deny"
    assert outcome(estate(allow(Condition={"Null": {"kms:MultiRegionKeyType": "true"}}), multi_region=None)) == "allow"


def test_u3_a_fact_that_every_key_has_is_present() -> None:
    # F8: every key has a spec.
    assert outcome(estate(allow(Condition={"Null": {"kms:KeySpec": "false"}}), spec=None)) == "allow"


def test_u3_the_request_may_say_the_fact() -> None:
    # The decision is on the context as given; kms:CustomerMasterKeySpec is kms:KeySpec.
    found = estate(allow(Condition={"StringEquals": {"kms:CustomerMasterKeySpec": "RSA_2048"}}), spec=None, usage=None)
    assert outcome(found, context={"kms:KeySpec": "RSA_2048"}) == "allow"


def test_u3_one_fact_is_one_fact_in_all_statements() -> None:
    # Allow and Deny on the same test cannot both miss.
    spec = {"StringEquals": {"kms:KeySpec": "RSA_2048"}}
    unless = {"StringNotEquals": {"kms:KeySpec": "RSA_2048"}}
    assert outcome(estate(allow(Condition=spec), allow(Condition=unless), spec=None)) == "allow"


@pytest.mark.parametrize(
    ("condition", "facts"),
    [
        ({"StringEquals": {"aws:ResourceTag/team": "red"}}, {"tags": None}),
        ({"ForAnyValue:StringLike": {"kms:ResourceAliases": "alias/pay*"}}, {"aliases": None}),
    ],
)
def test_u3_tags_and_aliases_that_are_not_given_are_free(condition: dict[str, Any], facts: dict[str, Any]) -> None:
    # ABAC belongs in identity policies (F8).
    accounts = (home(identity(ALICE, own(Condition=condition))),)
    found = outcome(estate(allow(aws(ROOT)), accounts=accounts, **facts))
    assert found.startswith("depends ") and " U3:" in found
    assert outcome(estate(allow(aws(ROOT)), accounts=accounts)) == "allow"


def test_u4_an_action_that_the_data_does_not_know() -> None:
    # A pattern such as kms:* also covers it.
    found = estate(allow(action="kms:*"))
    assert outcome(found, action="kms:FutureOperation") == "allow"
    assert labels(found, action="kms:FutureOperation") == ["U4"]


def grants(key: str | None = KEY) -> Unmodelled:
    return Unmodelled("grants of payments", "G1", Influence.MAY_ALLOW, "2 grants", key=key)


def test_s1_grants_may_allow_but_not_past_a_deny() -> None:
    # D1: a grant never outweighs a Deny; R5 still holds.
    assert outcome(estate(allow(aws(ROOT)), unmodelled=(grants(),))) == "depends grants of payments:allow"
    assert outcome(estate(deny("*"), unmodelled=(grants(),))) == "deny"
    assert outcome(estate(allow(aws(ALICE)), unmodelled=(grants(),))) == "allow"
    assert outcome(estate(allow("*"), unmodelled=(grants(),)), PARTNER_SESSION, "kms:TagResource") == "deny"
    assert outcome(estate(allow(aws(ROOT)), unmodelled=(grants("another key"),))) == "deny"


def test_s1_a_service_control_policy_may_refuse_the_callers_of_its_account() -> None:
    # D7: a document that the input does not hold.
    thing = Unmodelled("service control policies", "D7", Influence.MAY_REFUSE, "SCPs", account=HOME)
    found = estate(
        allow("*"), accounts=(home(), home(identity(PARTNER_ROLE, own()), account="444455556666")), unmodelled=(thing,)
    )
    assert outcome(found) == "depends service control policies:refuse"
    assert outcome(found, PARTNER_SESSION) == "allow"
    assert outcome(found, S3) == "allow"


RCPS = Unmodelled("RCPs of home", "D7", Influence.MAY_REFUSE, "RCPs", owner=HOME)


@pytest.mark.parametrize(
    ("principal", "request_", "expected"),
    [
        (ALICE, {}, "depends RCPs of home:refuse"),
        (PARTNER_SESSION, {}, "depends RCPs of home:refuse"),
        (S3, {}, "depends RCPs of home:refuse"),
        (ALICE, {"action": "kms:DeleteAlias", "resource": ALIAS}, "depends R4 RCPs of home:refuse"),
        (ALICE, {"action": "kms:DeleteAlias", "resource": ALIAS, "readings": {"R4": False}}, "allow"),
        (
            ALICE,
            {"action": "kms:DeleteAlias", "resource": ALIAS, "readings": {"R4": True}},
            "depends RCPs of home:refuse",
        ),
        (ALICE, {"action": "kms:ListKeys", "resource": None}, "depends D9-rcp RCPs of home:refuse"),
        (ALICE, {"action": "kms:ListRetirableGrants", "resource": ALICE}, "depends D9-rcp RCPs of home:refuse"),
        (ALICE, {"action": "kms:ListKeys", "resource": None, "readings": {"D9-rcp": False}}, "allow"),
    ],
)
def test_s1_what_is_not_known_of_the_owners_account(principal: str, request_: dict[str, Any], expected: str) -> None:
    # D7: a missing RCP may restrict the keys of the account whoever calls, its aliases under R4, and under D9-rcp what
    # its callers do without a key.
    accounts = (home(identity(ALICE, own())), home(identity(PARTNER_ROLE, own()), account=PARTNER))
    assert outcome(estate(allow("*"), accounts=accounts, unmodelled=(RCPS,)), principal, **request_) == expected
    elsewhere = replace(RCPS, owner=PARTNER)
    assert outcome(estate(allow("*"), accounts=accounts, unmodelled=(elsewhere,)), principal, **request_) == "allow"


def test_s1_nothing_is_missing_for_an_aws_managed_key() -> None:
    # D7: RCPs do not restrict AWS managed keys.
    assert outcome(estate(allow("*"), unmodelled=(RCPS,), manager="AWS")) == "allow"
    found = decide(
        estate(allow("*"), unmodelled=(RCPS,)), action="kms:DeleteAlias", resource=ALIAS.replace("payments", "aws/s3")
    )
    assert (found.outcome.value, any(step.rule == "D7" for step in found.trace)) == ("deny", False)


def test_s1_an_identity_policy_that_is_missing_may_do_either() -> None:
    # U3: an attached policy whose document is missing is unknown, never empty.
    thing = Unmodelled("policy ops of user/Alice", "U3", Influence.EITHER, "ops", principal=ALICE)
    assert (
        outcome(estate(allow(aws(ROOT)), unmodelled=(thing,)))
        == "depends policy ops of user/Alice:allow policy ops of user/Alice:refuse"
    )
    assert outcome(estate(allow(aws(ALICE)), unmodelled=(thing,))) == "depends policy ops of user/Alice:refuse"
    assert outcome(estate(allow(aws(REPORTS)), unmodelled=(thing,))) == "deny"
    assert (
        outcome(estate(allow(aws(SAM)), unmodelled=(thing,)), SAM, issuer=ALICE)
        == "depends policy ops of user/Alice:refuse"
    )


def test_the_symbols_that_matter_are_those_that_change_the_outcome() -> None:
    # A symbol that is asked for but never turns the outcome is not named.
    def decides(symbols: Symbols) -> bool | None:
        first, second = symbols.value(RequestFact("first")), symbols.value(RequestFact("second"))
        return None if first is None or second is None else first

    tree = explore(decides, {})
    assert (outcomes(tree), sensitive(tree)) == ({True, False}, {"first"})


def test_the_search_stops_at_its_limit() -> None:
    # Beyond the limit the answer is *depends* with what was seen.
    def parity(symbols: Symbols) -> bool | None:
        values = [symbols.value(RequestFact(f"s{index}")) for index in range(20)]
        return None if None in values else sum(value is True for value in values) % 2 == 0

    tree = explore(parity, {}, limit=8)
    assert None in outcomes(tree)
    assert {f"s{index}" for index in range(20)} <= sensitive(tree)


def test_a_long_chain_of_symbols_is_cut_off() -> None:
    # As many free tests as a large policy may hold are answered, not a crash of Python's stack.
    names = {f"s{number}" for number in range(2000)}
    tree = explore(lambda symbols: any_of([symbols.value(RequestFact(name)) for name in names]), {})
    assert outcomes(tree) == {True, None}
    assert sensitive(tree) == names


def test_a_chain_that_is_cut_off_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    # What lies beyond the limit counts as mattering: the decision depends on all of it.
    monkeypatch.setattr("verifier.evaluate.symbols.DEPTH_LIMIT", 10)
    tests = [own(Condition={"StringEquals": {"kms:KeySpec": f"SPEC_{number}"}}) for number in range(20)]
    decision = decide(estate(allow(aws(ROOT)), accounts=(home(identity(ALICE, *tests)),), spec=None))
    assert decision.outcome.value == "depends"
    assert len(decision.depends_on) == 20


def test_the_trace_tells_the_assignment_that_it_was_made_under() -> None:
    decision = decide(estate(allow(aws(ALICE)), accounts=()), readings={"U1:deny": True})
    assert dict(decision.assignment)[OUTSIDE_DENY] is True
    assert decision.outcome.value == "deny"
