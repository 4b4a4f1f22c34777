"""What a trace tells: gates in the order of AWS's flow chart, and which one refused or allowed (IAM guide, evaluation
logic)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from unittest.mock import Mock

import pytest

from tests.evaluate.estates import (
    ALIAS,
    ALICE,
    HOME,
    KEY,
    PARTNER_SESSION,
    REPORTS,
    REPORTS_SESSION,
    ROOT,
    SAM,
    allow,
    aws,
    bounded,
    decide,
    deny,
    document,
    endpoint,
    estate,
    grant,
    home,
    identity,
    level,
    managing,
    organization,
    own,
)
from verifier.evaluate.grants import index as grant_index
from verifier.evaluate.grants import permission as grants
from verifier.model.estate import Estate
from verifier.model.grant import Grant
from verifier.model.organization import Controls
from verifier.model.policy import PolicyKind
from verifier.model.request import Decision, Step

NO_POLICY = "the key policy does not allow the caller"
NO_GRANT = "no grant names the caller as grantee; 1 grant names others"
OWN = "the caller's identity policies do not allow kms:Decrypt"
NEITHER = (
    "in the key's account the key policy (or a grant) has to allow the caller, or the key policy to delegate to the "
    "account while the caller's policies allow; neither is so"
)
UNIT = "ou-ab12-11111111"
DENY_SIGN = deny("*", "kms:Sign")


def everything(**changes: Any) -> Estate:
    """A key with every mechanism around it, all of which allow Alice and the role reports."""
    staff = home(bounded(ALICE, own("kms:*")), bounded(REPORTS, own("kms:*")))
    found = estate(
        changes.get("statement", allow(aws(ROOT))),
        accounts=(staff,),
        grants=(grant(ALICE, "Encrypt"), grant(ROOT, "Sign", id="g2")),
    )
    service = (level("r-ab12", own("*")), level(UNIT, *changes.get("unit", (own("kms:*"),))), level(HOME, own("*")))
    resource = (level("r-ab12", kind=PolicyKind.RCP), level(HOME, *changes.get("rcp", ()), kind=PolicyKind.RCP))
    return replace(
        found,
        organization=organization(Controls(HOME, service, resource)),
        endpoints=(endpoint(allow("*", changes.get("endpoint", "kms:*"))),),
    )


def gates(decision: Decision) -> list[Step]:
    return [step for step in decision.trace if step.depth == 0]


def refusals(found: Estate, **request: Any) -> list[str]:
    """The sentences of the gates that did not hold."""
    request = {"principal": REPORTS_SESSION, "context": {"aws:SourceVpce": "vpce-1"}, **request}
    return [step.text for step in gates(decide(found, **request)) if not step.holds]


def test_gates_come_in_the_order_of_the_flow_chart() -> None:
    decision = decide(
        everything(rcp=(DENY_SIGN,)),
        REPORTS_SESSION,
        context={"aws:SourceVpce": "vpce-1"},
        session_policy=document(own("kms:*")),
    )
    found = [(step.rule, step.text) for step in gates(decision)]
    assert decision.outcome.value == "allow"
    assert [rule for rule, _ in found] == ["D2", "D1", "D7", "D7", "D7", "D7", "V", "P2", "G1", "P7", "D4", "D4", "D2"]
    assert [text for rule, text in found if rule == "D7"] == [
        "service control policies of the root r-ab12 allow kms:Decrypt",
        f"service control policies of the organizational unit {UNIT} allow kms:Decrypt",
        f"service control policies of account {HOME} allow kms:Decrypt",
        "resource control policies allow what they do not deny: RCPFullAWSAccess is attached at every level",
    ]


@pytest.mark.parametrize(
    ("changes", "request_", "text"),
    [
        (
            {"unit": ()},
            {},
            f"service control policies of the organizational unit {UNIT} (none is attached) do not allow kms:Decrypt",
        ),
        (
            {"unit": (own("s3:*"),)},
            {},
            f"service control policies of the organizational unit {UNIT} do not allow kms:Decrypt",
        ),
        (
            {"unit": (own("*"), own("kms:Decrypt", effect="Deny"))},
            {},
            f"an explicit Deny of a service control policy of the organizational unit {UNIT} applies",
        ),
        (
            {"rcp": (DENY_SIGN,)},
            {"action": "kms:Sign"},
            f"an explicit Deny of a resource control policy of account {HOME} applies",
        ),
        ({"endpoint": "kms:Encrypt"}, {}, "the policy of VPC endpoint vpce-1 does not allow kms:Decrypt"),
    ],
)
def test_a_trace_names_what_refused(changes: dict[str, Any], request_: dict[str, Any], text: str) -> None:
    assert text in refusals(everything(**changes), **request_)


def test_a_trace_names_the_boundary_and_the_session_policies() -> None:
    found = estate(allow(aws(ROOT)), accounts=(home(bounded(ALICE, own("s3:*")), identity(REPORTS, own())),))
    assert "the permissions boundary edge does not allow kms:Decrypt" in [
        step.text for step in gates(decide(found)) if not step.holds
    ]
    assert "the session policies do not allow kms:Decrypt" in refusals(found, session_policy=document(own("s3:*")))
    named = replace(found, keys=estate(allow(aws(ALICE))).keys)
    told = next(step.text for step in gates(decide(named)) if "boundary" in step.text)
    assert told.endswith("which does not limit what the key policy gives the caller by name")


def test_a_trace_says_in_one_line_who_is_exempt() -> None:
    texts = [step.text for step in gates(decide(managing(everything())))]
    assert "the management account is not restricted by service control policies" in texts
    assert "the management account's resources are not restricted by resource control policies" in texts


def test_d7_a_trace_says_which_control_policies_are_not_given() -> None:
    # For a member only: no control policy of the organization is over another account.
    found = replace(estate(allow("*")), organization=organization(Controls(HOME, service=(level("r-ab12", own("*")),))))
    supposed = f"no resource control policies are given for account {HOME}, so none are supposed"
    for who, scps in (
        (ALICE, ["service control policies of the root r-ab12 allow kms:Decrypt"]),
        (PARTNER_SESSION, []),
    ):
        assert [step.text for step in gates(decide(found, who)) if step.rule == "D7"] == [*scps, supposed]


LINKED = f"arn:aws:iam::{HOME}:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX"


@pytest.mark.parametrize(
    ("facts", "request_", "expected"),
    [
        ({}, {}, []),
        ({"manager": "AWS"}, {}, ["an AWS managed key is not restricted by resource control policies"]),
        ({}, {"action": "kms:RetireGrant"}, ["resource control policies have no effect on kms:RetireGrant"]),
        (
            {},
            {"principal": f"arn:aws:sts::{HOME}:assumed-role/AWSServiceRoleForX/s"},
            [f"a service-linked role is not restricted by {kind} control policies" for kind in ("service", "resource")],
        ),
    ],
)
def test_a_trace_says_why_control_policies_do_not_apply(
    facts: dict[str, Any], request_: dict[str, Any], expected: list[str]
) -> None:
    changed = estate(allow("*"), accounts=(home(identity(ALICE, own()), identity(LINKED)),), grants=(), **facts)
    found = replace(changed, organization=everything(rcp=(DENY_SIGN,)).organization)
    told = [step.text for step in gates(decide(found, **request_)) if " control policies" in step.text]
    assert [text for text in told if "not restricted" in text or "no effect" in text] == expected


@pytest.mark.parametrize(
    ("statement", "grants", "expected"),
    [
        (allow(aws(ALICE)), (grant(REPORTS, "Decrypt"),), [f"{NO_GRANT} (not needed)", f"{OWN} (not needed)"]),
        (allow(aws(SAM)), (grant(ALICE, "Decrypt"),), [f"{NO_POLICY} (not needed)", f"{OWN} (not needed)"]),
        (allow(aws(SAM)), (grant(REPORTS, "Decrypt"),), [NO_POLICY, NO_GRANT, OWN, NEITHER]),
    ],
)
def test_what_an_allowed_request_does_not_need_is_no_refusal(
    statement: Any, grants: tuple[Grant, ...], expected: list[str]
) -> None:
    decision = decide(estate(statement, accounts=(home(identity(ALICE)),), grants=grants))
    assert [step.text for step in gates(decision) if not step.holds] == expected


def test_what_does_not_apply_is_not_shown() -> None:
    # No organization, endpoint, boundary, session policies or grants: none of their gates.
    decision = decide(estate(allow(aws(ALICE)), accounts=(home(identity(ALICE)),), grants=()))
    assert [step.rule for step in gates(decision)] == ["D2", "D1", "D4", "P7", "D2"]


def test_a_grant_shows_as_an_allow_with_its_elements() -> None:
    decision = decide(everything(), action="kms:Encrypt", readings={"G4": False})
    steps = [step for step in decision.trace if step.statement and step.statement.policy == f"{KEY}#grant:g1"]
    assert [step.depth for step in steps] == [1, *[2] * (len(steps) - 1)]
    assert steps[0].statement.policy_name == "grant g1" and steps[0].text == "grant g1 allows kms:Encrypt"  # type: ignore[union-attr]
    assert [step.text.split()[0] for step in steps[1:3]] == ["Action:", "Principal"]


@pytest.mark.parametrize("own_grants", [0, 3, 50])
def test_a_trace_shows_the_grants_of_the_caller_and_counts_the_others(own_grants: int) -> None:
    mine = tuple(
        grant(ALICE, "Decrypt", id=f"mine{number}", context_equals=(("n", str(number)),))
        for number in range(own_grants)
    )
    others = tuple(
        grant(f"arn:aws:iam::{HOME}:user/u{number}", "Decrypt", id=f"other{number}") for number in range(500)
    )
    found = estate(allow(aws(REPORTS)), accounts=(home(identity(ALICE)),), grants=(*mine, *others))
    decision = decide(found, context={"kms:EncryptionContext:n": str(own_grants - 1)})
    shown = [
        step for step in decision.trace if step.depth == 1 and step.statement and "#grant:" in step.statement.policy
    ]
    assert len(shown) == min(own_grants, 20)
    assert decision.outcome.value == ("allow" if own_grants else "deny")
    assert not own_grants or shown[0].holds
    gate = next(step.text for step in gates(decision) if step.rule == "G1")
    assert "500 grants name others" in gate
    assert ("30 more that name the caller not shown" in gate) == (own_grants == 50)


def test_the_grants_of_a_key_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    # 5,000 grants: whatever the number of requests, and none of the grants to others is looked at twice.
    names, examined = Mock(wraps=grant_index._name), Mock(wraps=grants._as_grantee)
    monkeypatch.setattr(grant_index, "_name", names)
    monkeypatch.setattr(grants, "_as_grantee", examined)
    others = tuple(
        grant(f"arn:aws:iam::{HOME}:user/u{number}", "Decrypt", id=f"other{number}") for number in range(5000)
    )
    found = estate(allow(aws(REPORTS)), accounts=(home(identity(ALICE)),), grants=(grant(ALICE, "Decrypt"), *others))
    for _ in range(5):
        assert decide(found).outcome.value == "allow"
    assert names.call_count == 5001
    assert 0 < examined.call_count <= 5 * 2


def test_a_federated_session_without_a_session_policy_is_told() -> None:
    texts = [step.text for step in gates(decide(everything(), SAM, issuer=ALICE))]
    assert "a federated session without a session policy has nothing of its user's permissions" in texts


@pytest.mark.parametrize(
    ("action", "context", "words"),
    [
        ("ReplicateKey", {"kms:ReplicaRegion": "eu-west-1"}, ["kms:CreateKey", "in eu-west-1"]),
        ("ReplicateKey", {"aws:RequestTag/team": "red"}, ["kms:CreateKey", "the replica's Region", "kms:TagResource"]),
        ("UpdatePrimaryRegion", {"kms:PrimaryRegion": "eu-west-1"}, ["kms:UpdatePrimaryRegion", "eu-west-1"]),
        ("ReEncryptFrom", {}, ["kms:ReEncryptTo"]),
        ("ReEncryptTo", {}, ["kms:ReEncryptFrom"]),
        ("CreateAlias", {}, ["kms:CreateAlias on the alias"]),
        ("UpdateAlias", {}, ["kms:UpdateAlias on the alias", "the other key"]),
    ],
)
def test_r8_what_else_the_whole_call_needs(action: str, context: dict[str, str], words: list[str]) -> None:
    # API: the *Required permissions* of each operation. It informs, and decides nothing.
    decision = decide(estate(allow(aws(ALICE))), action=f"kms:{action}", context=context)
    told = [step.text for step in gates(decision) if step.rule == "R8"]
    assert len(told) == 1 and all(word in told[0] for word in words)
    assert decision.outcome.value == "allow"


def test_r8_operations_that_need_one_permission() -> None:
    found = estate(allow("*"), accounts=(home(identity(ALICE, own())),))
    assert all(step.rule != "R8" for step in gates(decide(found)))
    made: dict[str, Any] = {"action": "kms:CreateKey", "resource": None}
    assert all(step.rule != "R8" for step in gates(decide(found, **made)))
    tagged = [
        step.text for step in gates(decide(found, **made, context={"aws:TagKeys": ["team"]})) if step.rule == "R8"
    ]
    assert tagged == ["the whole call also needs kms:TagResource by an identity policy, since it has tags"]
    on_alias = [
        step.text for step in gates(decide(found, action="kms:UpdateAlias", resource=ALIAS)) if step.rule == "R8"
    ]
    assert on_alias == ["the whole call also needs kms:UpdateAlias on each of the two keys"]
