"""Users and roles that an invariant names and that a complete inventory does not list (S3)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.evaluate.estates import ALICE, HOME, PARTNER, REPORTS, allow, aws, estate, home, identity
from verifier.language.invariants.absent_callers import absent_in_invariants, check_callers
from verifier.language.invariants.callers import read_caller_set
from verifier.language.invariants.files import read_invariants
from verifier.model.estate import Estate
from verifier.syntax.diagnostic import Diagnostic, InputError
from verifier.syntax.source import Source
from verifier.verify.access.who_can import list_who_can
from verifier.verify.comparison.compare import compare
from verifier.verify.proving import prove

LISTED = estate(allow(aws(HOME)), accounts=(home(identity(ALICE), identity(REPORTS)),))
START = f"account prod = {HOME}\naccount partner = {PARTNER}\n"


def told(sentence: str, found: Estate = LISTED) -> tuple[Diagnostic, ...]:
    """What is told of an invariant: errors, or warnings where there is no error."""
    invariants = read_invariants(Source("rules.inv", f'{START}invariant "x": {sentence}')).invariants
    try:
        check_callers(found, invariants)
    except InputError as error:
        return error.diagnostics
    return absent_in_invariants(found, invariants)


@pytest.mark.parametrize(
    ("callers", "hint"),
    [
        ("role/reports in prod", "did you mean `role/app/reports`?"),
        ("role/other/reports in prod", "did you mean `role/app/reports`?"),
        ("role/app/Reports in prod", "did you mean `role/app/reports`?"),
        ("role/app/report in prod", "did you mean `role/app/reports`?"),
        ("user/Alise in prod", "did you mean `user/Alice`?"),
        ("user/reports in prod", None),
        ("role/x-* in prod", None),
        (f'"arn:aws:iam::{HOME}:user/Alise"', "did you mean `user/Alice`?"),
        ("assumed-role/report/s1 in prod", "did you mean `assumed-role/reports`?"),
        ("role/app/reports in prod with tag a = b except role/x in prod", "warning"),
        ("role/x in prod, callers in partner", "warning"),
        ("role/x in prod, user/Alise in prod", "did you mean `user/Alice`?"),
    ],
)
def test_s3_a_name_that_is_not_listed_is_told_with_its_place(callers: str, hint: str | None) -> None:
    found = told(f"no {callers} can kms:Decrypt")
    place = 'invariant "x": no '
    assert found and all(str(diagnostic.span).startswith("rules.inv:3:") for diagnostic in found)
    if hint == "warning":
        assert [diagnostic.severity.value for diagnostic in found] == ["warning"]
    else:
        assert found[-1].severity.value == "error" and found[-1].hint == hint
        assert str(found[0].span) == f"rules.inv:3:{len(place) + 1}"


@pytest.mark.parametrize(
    "callers",
    [
        "role/app/reports in prod",
        "role/app/* in prod",
        "user/Ali?e in prod",
        "assumed-role/reports/s1 in prod",
        "assumed-role/aws:ec2-infrastructure/i-1 in prod",
        "role/aws:ec2-infrastructure in prod",
        "federated-user/Sam in prod",
        "role/x in partner",
        '"arn:aws:iam::*:role/x" in {prod, partner}',
        '"arn:aws:iam::*:role/x"',
        "root of prod",
        "service s3.amazonaws.com",
        "roles in prod",
    ],
)
def test_s3_what_is_listed_or_open_is_not_told(callers: str) -> None:
    assert told(f"no {callers} can kms:Decrypt") == ()


def test_s3_an_account_that_is_not_listed_completely_may_have_it() -> None:
    assert (
        told(
            "no role/x in prod can kms:Decrypt",
            replace(LISTED, accounts=(replace(LISTED.accounts[0], complete=False),)),
        )
        == ()
    )
    assert told("no role/x in prod can kms:Decrypt", replace(LISTED, accounts=())) == ()


def test_s3_an_only_that_lists_nobody_is_warned_of_once() -> None:
    (warning,) = told("only role/x in prod can kms:Decrypt")
    assert warning.severity.value == "warning" and warning.rule == "S3"


def test_s3_the_warning_is_in_the_report() -> None:
    invariants = read_invariants(
        Source("rules.inv", f'{START}invariant "x": only role/app/report in prod can kms:Decrypt')
    ).invariants
    (warning,) = prove(LISTED, invariants).warnings
    assert "role/app/report" in warning.message and warning.hint == "did you mean `role/app/reports`?"


def test_s3_who_can_tells_of_its_callers() -> None:
    found = list_who_can(LISTED, ["kms:Decrypt"], excluding=["role/report"])
    assert ["role/report" in warning.message for warning in found.warnings] == [True]


def test_s3_a_role_of_the_keys_account_is_looked_for_there() -> None:
    (warning,) = list_who_can(LISTED, ["kms:Decrypt"], caller="role/reports, callers in 444455556666").warnings
    assert warning.hint == "did you mean `role/app/reports`?"
    assert read_caller_set("role/app/reports", "--except") is not None


def test_s3_an_allowance_to_nobody_is_warned_of() -> None:
    allowances = read_invariants(
        Source("rules.inv", f'{START}allow "x": role/app/report in prod can kms:Decrypt')
    ).allowances
    (warning,) = compare(LISTED, LISTED, allow=allowances).new.warnings
    assert warning.hint == "did you mean `role/app/reports`?"
