"""What a `Resource` pattern covers where no key is the resource (D9). `kms:ListRetirableGrants` is about a
principal."""

from __future__ import annotations

import pytest

from tests.evaluate.estates import ALICE, HOME, PARTNER, ROOT, allow, aws, estate, home, identity, own
from tests.problem.deciding import decided
from tests.verify.proving import nobody, status, verdict
from verifier.model.estate import Estate
from verifier.model.invariant import PrincipalLike
from verifier.model.policy import Text
from verifier.model.results.verdict import Counterexample
from verifier.verify.explanation.symbolic_values import Undetermined

LIST = "kms:ListRetirableGrants"
ONLY_ALICE = PrincipalLike(Text(ALICE))
WHERE = {"aws:RequestedRegion": "us-west-2"}


def over(*resources: str, **statement: str) -> Estate:
    """An estate in which Alice may list retirable grants, and keys, of some resources."""
    return estate(
        allow(aws(ROOT)), accounts=(home(identity(ALICE, own(["kms:ListKeys", LIST], list(resources), **statement))),)
    )


def witness(found: Estate) -> Counterexample:
    """Alice, who can list retirable grants."""
    shown = verdict(found, nobody(LIST, callers=ONLY_ALICE)).counterexample
    assert shown is not None
    return shown


@pytest.mark.parametrize(
    ("pattern", "root", "role", "session", "federated"),
    [
        ("*", True, True, True, True),
        (f"arn:aws:iam::{HOME}:*", True, True, False, False),
        (f"arn:aws:sts::{HOME}:*", False, False, True, True),
        (f"arn:*:iam:*:{HOME}:*", True, True, False, False),
        (f"arn:aws:iam::{HOME}:role/*", False, True, False, False),
        ("arn:aws:sts::*:assumed-role/Auditor/*", False, False, True, False),
        (f"arn:aws:iam::{HOME}:${{aws:PrincipalType}}*", False, False, False, False),
        (f"arn:aws:iam::{PARTNER}:*", False, False, False, False),
        (f"arn:aws-cn:iam::{HOME}:*", False, False, False, False),
        (f"arn:aws:iam:us-west-2:{HOME}:*", False, False, False, False),
        (f"arn:aws:kms:us-west-2:{HOME}:*", False, False, False, False),
    ],
)
def test_d9_the_resource_of_list_retirable_grants_is_a_principal(
    pattern: str, root: bool, role: bool, session: bool, federated: bool
) -> None:
    principals = {
        f"arn:aws:iam::{HOME}:root": root,
        f"arn:aws:iam::{HOME}:role/app/Auditor": role,
        f"arn:aws:sts::{HOME}:assumed-role/Auditor/night": session,
        f"arn:aws:sts::{HOME}:federated-user/Sam": federated,
    }
    for resource, covered in principals.items():
        assert decided(over(pattern), ALICE, LIST, WHERE, resource=resource) == ("allow" if covered else "deny"), (
            resource
        )


def test_d9_other_operations_without_a_key_are_about_the_region_and_no_principal() -> None:
    assert decided(over(f"arn:aws:iam::{HOME}:*"), ALICE, "kms:ListKeys", WHERE, resource=None) == "deny"
    assert decided(over(f"arn:aws:kms:us-west-2:{HOME}:*"), ALICE, "kms:ListKeys", WHERE, resource=None) == "allow"


def test_d9_a_principal_of_another_account_is_no_resource() -> None:
    with pytest.raises(Undetermined):
        decided(over(f"arn:aws:iam::{HOME}:*"), ALICE, LIST, WHERE, resource=f"arn:aws:iam::{PARTNER}:root")


def test_d9_allow_and_deny_are_read_against_one_principal() -> None:
    """No retiring principal is both a role and no role."""
    inside = own(LIST, f"arn:aws:iam::{HOME}:role/*")
    never = estate(
        allow(aws(ROOT)), accounts=(home(identity(ALICE, inside, own(LIST, f"arn:aws:iam::{HOME}:*", "Deny"))),)
    )
    assert status(never, nobody(LIST, callers=ONLY_ALICE)) == "proved"
    apart = estate(
        allow(aws(ROOT)), accounts=(home(identity(ALICE, inside, own(LIST, f"arn:aws:iam::{HOME}:role/a*", "Deny"))),)
    )
    assert decided(apart, ALICE, LIST, WHERE, resource=f"arn:aws:iam::{HOME}:role/app") == "deny"
    assert decided(apart, ALICE, LIST, WHERE, resource=f"arn:aws:iam::{HOME}:role/example") == "allow"


def test_r4_a_counterexample_shows_the_retiring_principal_and_its_command() -> None:
    found = witness(over(f"arn:aws:sts::{HOME}:*"))
    assert found.request.resource is not None and found.request.resource.startswith(f"arn:aws:sts::{HOME}:")
    assert found.command == f"aws kms list-retirable-grants --retiring-principal {found.request.resource}"


def test_r4_without_a_question_about_it_the_caller_asks_about_itself() -> None:
    assert witness(over("*")).request.resource == ALICE
