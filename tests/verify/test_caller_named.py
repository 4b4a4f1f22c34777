"""S3: one caller, as people name it."""

from __future__ import annotations

import pytest

from tests.evaluate.estates import ALICE, HOME, KEY, PARTNER, REPORTS, identity
from tests.evaluate.reaching import GITHUB, inventory
from verifier.model.estate import Account, Estate, Key
from verifier.syntax.diagnostic import InputError
from verifier.verify.named import caller_named

OTHER_REPORTS = f"arn:aws:iam::{HOME}:role/other/reports"
API = f"arn:aws:iam::{HOME}:role/api"
PARTIAL = Account(PARTNER, (), (identity(f"arn:aws:iam::{PARTNER}:role/batch"),), complete=False)
KEYS = (Key(KEY, "payments"),)


def chosen(text: str, *arns: str, accounts: tuple[Account, ...] = (PARTIAL,)) -> str:
    estate = Estate(KEYS, (inventory(HOME, *map(identity, arns or (ALICE, REPORTS, API))), *accounts))
    return caller_named(estate, text, KEYS)


@pytest.mark.parametrize(
    ("text", "arn"),
    [
        ("role/api", API),
        ("  role/api ", API),
        ("role/reports", REPORTS),
        ("role/app/reports", REPORTS),
        ("user/Alice", ALICE),
        (f"role/api in {HOME}", API),
        (f"role/api of {HOME}", API),
        (API, API),
        (f"arn:aws:sts::{HOME}:assumed-role/reports/x", REPORTS),
        (HOME, f"arn:aws:iam::{HOME}:root"),
        (f"arn:aws:iam::{HOME}:root", f"arn:aws:iam::{HOME}:root"),
        (f"arn:aws:sts::{HOME}:federated-user/Sam", f"arn:aws:sts::{HOME}:federated-user/Sam"),
        (GITHUB, GITHUB),
        (f"role/batch in {PARTNER}", f"arn:aws:iam::{PARTNER}:role/batch"),
        (f"role/unlisted in {PARTNER}", f"arn:aws:iam::{PARTNER}:role/unlisted"),
        ("role/x in 999988887777", "arn:aws:iam::999988887777:role/x"),
        ("arn:aws:iam::999988887777:user/x", "arn:aws:iam::999988887777:user/x"),
    ],
)
def test_a_caller(text: str, arn: str) -> None:
    assert chosen(text) == arn


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("role/apo", "there is no role/apo in the inventory of 111122223333"),
        ("user/api", "there is no user/api"),
        ("role/pp/reports", "there is no role/pp/reports"),
        (f"arn:aws:iam::{HOME}:role/nobody", "there is no arn:aws:iam::111122223333:role/nobody"),
        (f"arn:aws:sts::{HOME}:assumed-role/nobody/x", "no role of the name 'nobody'"),
        (f"arn:aws:sts::{PARTNER}:assumed-role/unlisted/x", "no role of the name 'unlisted'"),
        ("AROAEXAMPLEEXAMPLEEX", "is not the ARN of a caller"),
        ("s3.amazonaws.com", "names no caller"),
        ("role/*", "names no caller"),
        ("", "names no caller"),
        ("role/a in 12", "names no caller"),
    ],
)
def test_s3_what_names_nobody(text: str, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        chosen(text)


def test_s3_a_near_miss_is_named() -> None:
    with pytest.raises(InputError) as error:
        chosen("role/apo")
    assert error.value.diagnostics[0].hint is not None and "role/api" in error.value.diagnostics[0].hint


def test_s3_a_name_that_several_have() -> None:
    with pytest.raises(InputError, match="several callers are called 'role/reports'"):
        chosen("role/reports", REPORTS, OTHER_REPORTS)
    with pytest.raises(InputError, match="several roles of the name 'reports'"):
        chosen(f"arn:aws:sts::{HOME}:assumed-role/reports/x", REPORTS, OTHER_REPORTS)
    assert chosen("role/other/reports", REPORTS, OTHER_REPORTS) == OTHER_REPORTS


def test_an_account_without_inventory_is_taken_at_its_word() -> None:
    assert caller_named(Estate(KEYS), "role/x", KEYS) == f"arn:aws:iam::{HOME}:role/x"


def test_e2w_a_provider_that_its_account_does_not_list() -> None:
    estate = Estate(KEYS, (inventory(HOME, identity(API), providers=(GITHUB,)),))
    assert caller_named(estate, f" {GITHUB} ", KEYS) == GITHUB
    with pytest.raises(InputError, match="among the identity providers of 111122223333"):
        caller_named(estate, GITHUB.replace("github", "gitlab"), KEYS)
    elsewhere = GITHUB.replace(HOME, PARTNER)
    assert caller_named(estate, elsewhere, KEYS) == elsewhere
