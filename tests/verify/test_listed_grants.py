"""Invariants about listed grants: proved, refuted with the grants, or Unknown with the rule (S1, G1, G2, F2, F3)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.evaluate.estates import (
    ALICE,
    HOME,
    PARTNER,
    PARTNER_ROLE,
    PARTNER_ROOT,
    REPORTS,
    REPORTS_SESSION,
    allow,
    estate,
    home,
    identity,
    named,
)
from verifier.language.builtins.catalogue import builtin
from verifier.language.invariants.files import read_invariants
from verifier.model.caller_sets import named_callers
from verifier.model.estate import Estate
from verifier.model.grant import Grant
from verifier.model.invariant import CallersOr, InAccount
from verifier.model.organization import Organization
from verifier.model.results.verdict import Verdict
from verifier.model.unmodelled import Influence, Unmodelled
from verifier.syntax.diagnostic import InputError
from verifier.syntax.source import Source, Span
from verifier.verify.proving import prove

PLACE = Span("grants.json", 7, 3, 9, 4)
ACME = Organization("o-acme", HOME, ((HOME, None),))


def grant(grantee: str, *operations: str, retiring: str | None = None, **rest: Any) -> Grant:
    retires = named(retiring) if retiring else None
    return Grant("g-1", named(grantee), operations or ("kms:Decrypt",), retires, span=PLACE, **rest)


def granted(*grants: Grant, **facts: Any) -> Estate:
    plain = estate(allow(), **facts)
    return replace(plain, keys=(replace(plain.keys[0], grants=grants),))


def verdict(found: Estate, sentence: str, **options: Any) -> Verdict:
    text = f'account prod = {HOME}\naccount partner = {PARTNER}\ninvariant "x": {sentence}'
    (only,) = prove(found, read_invariants(Source("x.inv", text)).invariants, **options).verdicts
    assert only.counterexample is None
    return only


def outcome(found: Estate, sentence: str, **options: Any) -> str:
    """`proved`, `refuted: as what …`, or `unknown: rule`."""
    only = verdict(found, sentence, **options)
    if only.grants:
        return f"{only.status.value}: {', '.join(named.role.value for named in only.grants)}"
    return f"{only.status.value}: {only.reason.rule}" if only.reason else only.status.value


OUTSIDE = "no grant names a caller outside prod"


@pytest.mark.parametrize(
    ("grants", "expected"),
    [
        ((), "proved"),
        ((grant(REPORTS),), "proved"),
        ((grant(REPORTS), grant(PARTNER_ROLE)), "refuted: grantee"),
        ((grant(REPORTS, retiring=PARTNER_ROOT),), "refuted: retiring principal"),
        ((grant(PARTNER_ROLE, retiring=PARTNER_ROOT),), "refuted: grantee, retiring principal"),
        ((grant("s3.amazonaws.com"),), "refuted: grantee"),
        ((grant("AIDAEXAMPLEEXAMPLEEXA"),), "proved"),
    ],
)
def test_s1_grants_decide_an_invariant_about_them(grants: tuple[Grant, ...], expected: str) -> None:
    assert outcome(granted(*grants), OUTSIDE) == expected


def test_g1_without_a_list_of_grants_the_verdict_is_unknown() -> None:
    only = verdict(estate(allow()), OUTSIDE)
    assert only.reason is not None and only.reason.rule == "G1" and "are not in the input" in only.reason.text


def test_g1_only_grants_that_allow_one_of_the_operations_count() -> None:
    found = granted(grant(PARTNER_ROLE, "kms:Encrypt", "kms:DescribeKey"))
    assert outcome(found, "no grant that allows kms:Decrypt, kms:Sign names a caller outside prod") == "proved"
    assert (
        outcome(found, "no grant that allows kms:Decrypt, kms:describe* names a caller outside prod")
        == "refuted: grantee"
    )


def test_as_grantee_and_as_retiring_principal() -> None:
    found = granted(grant(REPORTS, retiring=PARTNER_ROOT))
    assert outcome(found, f"{OUTSIDE} as grantee") == "proved"
    assert outcome(found, f"{OUTSIDE} as retiring principal") == "refuted: retiring principal"


@pytest.mark.parametrize("readings", [{}, {"G2": True}])
def test_g2_a_hidden_grantee_leaves_it_open(readings: dict[str, bool]) -> None:
    found = granted(grant("s3.amazonaws.com", grantee_hidden=True))
    only = verdict(found, f"{OUTSIDE} except services", readings=readings)
    assert only.status.value == "unknown" and only.reason is not None
    assert (only.reason.rule, only.reason.span) == ("G2", PLACE)


def test_g2_a_hidden_grantee_is_no_service_and_under_the_other_reading_nobody() -> None:
    found = granted(grant("s3.amazonaws.com", grantee_hidden=True))
    assert outcome(found, f"{OUTSIDE} except services", readings={"G2": False}) == "proved"
    assert outcome(found, "no grant names service rds.amazonaws.com") == "proved"
    assert outcome(found, OUTSIDE) == "refuted: grantee"
    assert outcome(found, f"{OUTSIDE} except services as retiring principal") == "proved"


def test_s1_a_grant_that_breaks_it_outweighs_one_that_is_not_known() -> None:
    found = granted(grant("s3.amazonaws.com", grantee_hidden=True), grant(PARTNER_ROLE))
    assert outcome(found, f"{OUTSIDE} except services") == "refuted: grantee"


@pytest.mark.parametrize(
    ("label", "facts", "sentence", "expected"),
    [
        ("G3", {}, OUTSIDE, "unknown: G3"),
        ("G1", {"key": None}, OUTSIDE, "unknown: G1"),
        ("G3", {"key": "arn:aws:kms:us-west-2:111122223333:key/other"}, OUTSIDE, "proved"),
        ("G3", {"influence": Influence.MAY_REFUSE}, OUTSIDE, "proved"),
        ("U4", {}, OUTSIDE, "proved"),
        ("U4", {}, "no grant that allows kms:Decrypt names a caller outside prod", "unknown: U4"),
        ("L5", {}, OUTSIDE, "proved"),
    ],
)
def test_s1_a_grant_that_could_not_be_read_whole_is_never_a_pass(
    label: str, facts: dict[str, Any], sentence: str, expected: str
) -> None:
    found = granted(grant(REPORTS))
    thing = Unmodelled(
        "grants", label, Influence.MAY_ALLOW, "a grant that is not known whole", key=found.keys[0].arn, span=PLACE
    )
    assert outcome(replace(found, unmodelled=(replace(thing, **facts),)), sentence) == expected


def test_u4_a_grant_without_a_known_operation_counts_where_any_operation_does() -> None:
    found = granted(replace(grant(PARTNER_ROLE), operations=()))
    assert outcome(found, OUTSIDE) == "refuted: grantee"
    assert outcome(found, "no grant that allows kms:Decrypt names a caller outside prod") == "proved"


def test_f2_members_of_an_organization_are_those_listed() -> None:
    sentence = "no grant names a caller outside o-acme"
    assert outcome(granted(grant(REPORTS)), sentence) == "unknown: F2"
    assert outcome(replace(granted(grant(REPORTS)), organization=ACME), sentence) == "proved"
    assert outcome(replace(granted(grant(PARTNER_ROLE)), organization=ACME), sentence) == "refuted: grantee"
    other = replace(granted(grant(PARTNER_ROLE)), organization=ACME)
    assert outcome(other, "no grant names a caller in o-other") == "unknown: F2"


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ('with tag team = "red"', "refuted: grantee"),
        ('with tag Team = "blue"', "proved"),
        ('with tag team != "red"', "proved"),
        ("without tag team", "proved"),
        ("with tag other", "proved"),
        ('with tag other != "x"', "refuted: grantee"),
        ('with tag team like "r*"', "refuted: grantee"),
        ('with tag team StringEqualsIgnoreCase "RED"', "refuted: grantee"),
        ('with tag other StringEqualsIfExists "x"', "refuted: grantee"),
        ("with tag team < 3", "unknown: C3"),
        ('with tag team = "${aws:username}"', "unknown: C3"),
    ],
)
def test_f3_tags_of_the_inventory_decide(tag: str, expected: str) -> None:
    found = replace(granted(grant(REPORTS)), accounts=(home(identity(REPORTS, tags=(("team", "red"),))),))
    assert outcome(found, f"no grant names roles {tag}") == expected
    session = replace(found, keys=(replace(found.keys[0], grants=(grant(REPORTS_SESSION),)),))
    assert outcome(session, f"no grant names roles {tag}") == expected


def test_f3_tags_that_are_not_known_are_never_a_pass() -> None:
    assert outcome(granted(grant(PARTNER_ROLE)), "no grant names roles with tag team") == "unknown: F3"
    assert outcome(granted(grant("s3.amazonaws.com")), "no grant names callers with tag team") == "proved"
    assert outcome(granted(grant("s3.amazonaws.com")), "no grant names callers without tag team") == "refuted: grantee"


def test_g2_an_account_is_all_its_callers() -> None:
    found = granted(grant(PARTNER_ROOT))
    for callers in (
        "role/batch in partner",
        "users in partner",
        "root of partner",
        "callers in partner",
        "users, roles outside prod",
    ):
        assert outcome(found, f"no grant names {callers}") == "refuted: grantee"
    for callers in ("user/Alice in prod", "services", "callers in prod"):
        assert outcome(found, f"no grant names {callers}") == "proved"
    assert outcome(found, f"{OUTSIDE} except root of partner") == "refuted: grantee"
    assert outcome(found, f"{OUTSIDE} except callers in partner") == "proved"


def test_f1_a_session_shows_no_path_of_its_role() -> None:
    bare = replace(granted(grant(REPORTS_SESSION)), accounts=())
    assert outcome(bare, "no grant names role/reports in prod") == "unknown: F1"
    assert outcome(bare, "no grant names role/batch in prod") == "proved"
    assert outcome(bare, "no grant names assumed-role/reports/* in prod") == "refuted: grantee"
    listed = replace(bare, accounts=(home(identity(REPORTS)),))
    with pytest.raises(InputError, match="there is no `role/reports` in the inventory"):  # S3
        outcome(listed, "no grant names role/reports in prod")
    assert outcome(listed, "no grant names role/app/reports in prod") == "refuted: grantee"


def test_s3_no_key_is_an_error() -> None:
    with pytest.raises(InputError, match="speaks of a key that the input does not hold"):
        verdict(granted(), "no grant on alias/none names a caller outside prod")


def test_the_builtin_is_about_the_account_of_the_key() -> None:
    for found, expected in (
        (granted(grant(ALICE), grant("s3.amazonaws.com")), "proved"),
        (granted(grant(PARTNER_ROLE)), "refuted"),
    ):
        (only,) = prove(found, [builtin("grants-stay-inside")]).verdicts
        assert only.status.value == expected
    (only,) = prove(granted(grant(PARTNER_ROLE)), [builtin(f"grants-stay-inside:{PARTNER}")]).verdicts
    assert only.status.value == "proved"


def test_a_grant_names_its_account_for_no_public_access() -> None:
    found = granted(grant(PARTNER_ROLE))
    callers = named_callers(found, found.keys[0])
    assert isinstance(callers, CallersOr) and InAccount(PARTNER) in callers.operands
