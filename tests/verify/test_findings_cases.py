"""Findings on the examples and on small policies: zones, public access, services, what goes together, what makes them
incomplete."""

from __future__ import annotations

from typing import Any

import pytest

import verifier
from tests.verify.test_who_can_cases import HOME, PARTNER, allow, answer, estate, example, role
from verifier.model.choices import Zone
from verifier.model.estate import Account, Estate, Identity
from verifier.model.organization import Organization
from verifier.model.reference import actions
from verifier.model.results.access import ExternalAccess, KeyFindings
from verifier.model.unmodelled import Influence, Unmodelled
from verifier.problem.diagrams.diagram import TooLarge
from verifier.report.words.access import findings_exit_code
from verifier.syntax.diagnostic import InputError
from verifier.verify.access.findings import external_access

THIRD = "777788889999"


def deny(**rest: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*", **rest}


def found(estate_: Estate, **options: Any) -> KeyFindings:
    (key,) = external_access(estate_, **options).keys
    return key


def told(key: KeyFindings) -> set[tuple[bool, str, str]]:
    return {(finding.public, finding.region.callers.text, finding.region.actions.text) for finding in key.findings}


def sids(finding: ExternalAccess) -> set[str]:
    return {statement.sid or "" for way in finding.ways or () for statement in way}


def test_payments() -> None:
    report = external_access(example("payments"))
    by_key = {key.key.name: key for key in report.keys}
    (partner,) = by_key["payments"].findings
    assert (
        not partner.public
        and partner.region.callers.text == f"every caller of {PARTNER}"
        and sids(partner) == {"Partner"}
    )
    (public,) = by_key["logs"].findings
    assert public.public and sids(public) == {"Through S3"}
    services = [service.region.callers for service in by_key["logs"].services]
    # Any service may come through S3, if `{"AWS": "*"}` names services (P1, F5).
    assert [callers.names or callers.text for callers in services] == [
        ("cloudtrail.amazonaws.com",),
        "every AWS service",
    ]
    assert findings_exit_code(report) == 1 and all(key.complete for key in report.keys)


def test_what_is_trusted_is_no_finding() -> None:
    assert found(example("cross-account"), trusted=[PARTNER]).findings == ()
    assert len(found(example("cross-account"), trusted=[THIRD]).findings) == 2


def test_identity_policies_outside_the_zone_are_taken_to_allow() -> None:
    """The inventory of the partner says that nobody there may; that is the partner's to change."""
    partner = Account(PARTNER, roles=(Identity(role(PARTNER, "app")),))
    key = found(estate(allow({"AWS": PARTNER}), accounts=(Account(HOME), partner)))
    assert told(key) == {(False, f"every caller of {PARTNER}", "kms:Decrypt")}
    assert any("theirs to write" in assumption.text for assumption in key.assumptions)


def test_nobody_outside() -> None:
    report = external_access(estate(allow({"AWS": HOME}, "kms:*")))
    assert report.keys[0].findings == () and report.keys[0].complete and findings_exit_code(report) == 0


def test_statements_that_say_the_same_are_one_finding() -> None:
    statements = [allow({"AWS": PARTNER}, "kms:Decrypt", Sid="A"), allow({"AWS": PARTNER}, "kms:Encrypt", Sid="B")]
    narrower = allow({"AWS": role(PARTNER, "x")}, Sid="C", Condition={"Bool": {"aws:SecureTransport": "true"}})
    key = found(estate(*statements, narrower))
    assert told(key) == {(False, f"every caller of {PARTNER}", "kms:Decrypt, kms:Encrypt")}
    assert sids(key.findings[0]) == {"A", "B", "C"}


def test_accounts_are_told_apart_and_the_public_is_one() -> None:
    key = found(estate(allow({"AWS": [PARTNER, THIRD]}, "kms:Decrypt")))
    assert told(key) == {(False, f"every caller of {account}", "kms:Decrypt") for account in (PARTNER, THIRD)}
    key = found(estate(allow({"AWS": [PARTNER, "*"]}, "kms:Decrypt")))
    assert told(key) == {(True, "anyone outside the zone of trust", "kms:Decrypt")}


def test_a_condition_on_the_organization_names_it() -> None:
    """As the built-in `no-public-access` has it."""
    key = found(estate(allow({"AWS": "*"}, Condition={"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}})))
    (finding,) = key.findings
    assert not finding.public
    assert [limit.subject for case in finding.region.when for limit in case] == ["aws:PrincipalOrgID"]


def test_deny_statements_are_reasoned_through() -> None:
    spared = deny(Condition={"StringNotEquals": {"aws:PrincipalAccount": [HOME, PARTNER]}})
    assert told(found(estate(allow({"AWS": "*"}), spared))) == {(False, f"every caller of {PARTNER}", "kms:Decrypt")}
    assert (
        found(estate(allow({"AWS": "*"}), deny(Condition={"StringNotEquals": {"aws:PrincipalAccount": HOME}}))).findings
        == ()
    )


def test_services_are_told_apart_and_count_if_asked() -> None:
    found_ = estate(allow({"Service": "sns.amazonaws.com"}))
    report, counted = external_access(found_), external_access(found_, count_services=True)
    assert report.keys[0].findings == () and len(report.keys[0].services) == 1
    assert (findings_exit_code(report), findings_exit_code(counted)) == (0, 1)


def test_the_organization_as_zone() -> None:
    organization = Organization("o-a1b2c3d4e5", HOME, ((HOME, None), (PARTNER, None)))
    statements = estate(allow({"AWS": [PARTNER, THIRD]}), organization=organization)
    assert told(found(statements, zone=Zone.ORGANIZATION)) == {(False, f"every caller of {THIRD}", "kms:Decrypt")}
    assert found(statements, zone=Zone.ORGANIZATION, trusted=[THIRD]).findings == ()
    assert told(found(statements, trusted=["o-a1b2c3d4e5"])) == {(False, f"every caller of {THIRD}", "kms:Decrypt")}


def test_s3_an_organization_that_is_not_known() -> None:
    with pytest.raises(InputError, match="does not say which organization"):
        found(estate(allow({"AWS": PARTNER})), zone=Zone.ORGANIZATION)
    with pytest.raises(InputError, match="neither an account"):
        found(estate(allow({"AWS": PARTNER})), trusted=["44"])


def test_s1_what_is_not_modelled() -> None:
    thing = Unmodelled("SCPs", "D7", Influence.MAY_REFUSE, "SCPs are not in the input", account=PARTNER)
    report = external_access(estate(allow({"AWS": PARTNER}), unmodelled=(thing,)))
    assert report.keys[0].findings == () and [reason.rule for reason in report.keys[0].reasons] == ["D7"]
    assert findings_exit_code(report) == 3


def test_s1_a_policy_outside_the_zone_that_is_missing_decides_nothing() -> None:
    thing = Unmodelled("policy", "U3", Influence.EITHER, "a policy is missing", principal=role(PARTNER, "x"))
    assert found(estate(allow({"AWS": PARTNER}), unmodelled=(thing,))).complete


def test_s1_a_limit_that_is_met(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise TooLarge("more than 1 node")

    monkeypatch.setattr("verifier.verify.access.findings.join", refuse)
    assert [reason.rule for reason in found(estate(allow({"AWS": PARTNER}))).reasons] == ["budget"]


def test_conditions_that_are_too_many_are_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise TooLarge("more than 1 alternative")

    monkeypatch.setattr("verifier.verify.access.external.covering", refuse)
    key = found(estate(allow({"AWS": PARTNER}, Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})))
    assert not key.complete and not key.exact and [finding.region.exact for finding in key.findings] == [False]


def test_the_public_function() -> None:
    report = verifier.findings(example("cross-account"), trusted=[PARTNER], services=True)
    assert report.zone is Zone.ACCOUNT and report.trusted == (PARTNER,) and report.count_services


LISTED = [action.name for action in actions() if "key" in action.resources]


@pytest.mark.parametrize(
    ("statements", "complete"),
    [
        ([allow("*", "kms:DecryptBatch")], False),
        ([allow("*", "kms:*"), deny(Action=LISTED)], False),
        ([allow("*", NotAction=LISTED)], False),
        ([allow({"AWS": HOME}, ["kms:*", "kms:DecryptBatch"])], True),
        ([allow("*", ["kms:Decrypt*", "kms:DecryptBatch"])], True),
        ([allow("*", "kms:DecryptBatch"), deny()], True),
        ([allow("*", "kms:*", Condition={"Bool": {"kms:GrantIsForAWSResource": "true"}})], True),
    ],
)
def test_u4_what_the_data_does_not_know_may_let_somebody_in(statements: list[dict[str, Any]], complete: bool) -> None:
    """`prove` says that an action to come could break it, where no finding and no row is about whom it lets in."""
    for statement in statements:
        if "NotAction" in statement:
            del statement["Action"]
    estate_ = estate(*statements)
    for key in (found(estate_), answer(estate_, "kms:*", excluding=(HOME,))):
        assert key.complete is complete and [reason.rule for reason in key.reasons] == ([] if complete else ["U4"])
