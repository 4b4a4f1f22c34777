"""Names of users and roles are unique in an account, whatever their path and case (R2): in every question, and in every
witness."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.evaluate.estates import ALICE, HOME, PARTNER, ROOT, SAM, allow, aws, deny, estate, home, identity, labels
from tests.verify.proving import nobody, status, verdict
from verifier.model.estate import Estate
from verifier.model.invariant import CallersAnd, CallersNot, InAccount, IssuedBy, OfKind, PrincipalLike
from verifier.model.policy import Text
from verifier.model.request import CallerKind
from verifier.problem.facts.organizations import may_exist
from verifier.verify.access.who_can import list_who_can
from verifier.verify.comparison.compare import compare

LISTED, OTHER_PATH, OTHER_CASE = (f"arn:aws:iam::{HOME}:role/{name}" for name in ("a/app", "b/app", "a/App"))
ROLES = CallersAnd((OfKind(CallerKind.ROLE), InAccount(HOME)))
OTHERS = CallersAnd((ROLES, CallersNot(PrincipalLike(Text(LISTED)))))


def of(*statements: dict[str, object], complete: bool = True, roles: tuple[str, ...] = (LISTED,)) -> Estate:
    account = replace(home(*map(identity, roles)), complete=complete)
    return estate(*statements, accounts=(account,))


def to_those(*patterns: str, operator: str = "ArnLike") -> dict[str, object]:
    return allow("*", Condition={operator: {"aws:PrincipalArn": list(patterns)}})


@pytest.mark.parametrize("complete", [True, False])
@pytest.mark.parametrize(
    "statement",
    [
        allow(aws(OTHER_PATH)),
        allow(aws(OTHER_CASE)),
        allow(aws(f"arn:aws:sts::{HOME}:assumed-role/APP/s1")),
        to_those(OTHER_PATH, OTHER_CASE),
        to_those(OTHER_PATH, operator="StringEquals"),
        to_those(
            LISTED.upper().replace("ARN:AWS:IAM", "arn:aws:iam").replace("ROLE/", "role/"), operator="StringEquals"
        ),
        to_those(f"arn:aws:iam::{HOME}:role/b/*/app"),
        to_those("arn:aws:iam::*:role/b/*/app"),
        to_those("arn:*:role/b/?pp", "arn:*:role/b/APP", operator="StringLike"),
    ],
)
def test_r2_nobody_has_the_name_of_a_listed_role(statement: dict[str, object], complete: bool) -> None:
    if "?" in str(statement):  # other names match as well
        assert status(of(statement, complete=complete), nobody(callers=OTHERS)) == "refuted"
    else:
        assert status(of(statement, complete=complete), nobody(callers=ROLES)) == "proved"
    assert status(of(statement, roles=()), nobody(callers=ROLES)) == "refuted"


def test_r2_the_listed_role_is_who_a_pattern_and_a_session_name() -> None:
    for statement in (to_those("arn:aws:iam::*:role/*/app"), allow(aws(f"arn:aws:sts::{HOME}:assumed-role/app/s1"))):
        assert status(of(statement), nobody(callers=ROLES)) == "refuted"
        assert status(of(statement), nobody(callers=OTHERS)) == "proved"


def test_r2_a_user_and_a_role_of_another_account_may_have_it() -> None:
    for other in (f"arn:aws:iam::{HOME}:user/b/app", f"arn:aws:iam::{PARTNER}:role/b/app"):
        assert status(of(allow(aws(other)))) == "refuted"


def test_r2_a_witness_has_a_name_that_is_free() -> None:
    """The plausible names are those of listed roles with another path."""
    taken = tuple(f"arn:aws:iam::{HOME}:role/x/{name}" for name in ("example", "other", "Example-1"))
    found = of(to_those(f"arn:aws:iam::{HOME}:role/*"), roles=taken)
    listed = CallersNot(PrincipalLike(Text(f"arn:aws:iam::{HOME}:role/x/*")))
    answer = verdict(found, nobody(callers=CallersAnd((ROLES, listed))))
    assert answer.counterexample is not None
    caller = answer.counterexample.request.caller.principal_arn
    assert may_exist(found, caller) and caller.rsplit("/", 1)[-1] not in ("example", "other")
    assert [warning for warning in answer.counterexample.decision.warnings if warning.startswith("R2")] == []


def test_r2_a_class_of_taken_names_alone_is_empty() -> None:
    """Each of the names that the pattern leaves is taken: found when a witness is looked for."""
    roles = tuple(f"arn:aws:iam::{HOME}:role/x/{letter}" for letter in "abcdefghijklmnopqrstuvwxyz0123456789_+=,.@-")
    statement = to_those(f"arn:aws:iam::{HOME}:role/y/?")
    assert status(of(statement, roles=roles), nobody(callers=ROLES)) == "proved"
    assert status(of(statement, roles=roles[1:]), nobody(callers=ROLES)) == "refuted"


def test_r2_a_witness_is_a_session_of_a_user_that_may_be() -> None:
    taken = tuple(identity(f"arn:aws:iam::{HOME}:user/x/{name}") for name in ("example", "other"))
    found = estate(
        allow(aws("arn:aws:sts::111122223333:federated-user/Sam")), accounts=(replace(home(*taken), complete=False),)
    )
    listed = IssuedBy(PrincipalLike(Text("*:user/x/*")))
    issued = CallersAnd((IssuedBy(PrincipalLike(Text(f"arn:aws:iam::{HOME}:user/*"))), CallersNot(listed)))
    answer = verdict(found, nobody(callers=issued))
    assert answer.counterexample is not None and answer.counterexample.request.caller.issuer is not None
    assert may_exist(found, answer.counterexample.request.caller.issuer)


def test_r2_evaluate_says_that_it_cannot_be() -> None:
    found = of(allow())
    assert "R2" in labels(found, f"arn:aws:sts::{HOME}:assumed-role/App/s1")
    assert "R2" not in labels(found, f"arn:aws:sts::{HOME}:assumed-role/app/s1")
    people = estate(allow())
    assert "R2" in labels(people, SAM, issuer=ALICE.replace("Alice", "alice"))
    assert "R2" not in labels(people, SAM, issuer=ALICE)


def test_r2_who_can_and_compare_know_it() -> None:
    found = of(allow(aws(OTHER_PATH), "kms:Decrypt"))
    assert [row for key in list_who_can(found, ["kms:Decrypt"]).keys for row in key.rows] == []
    before = allow(aws(LISTED), "kms:Encrypt")
    target = compare(of(before), of(before, allow(aws(OTHER_PATH), "kms:Decrypt"))).targets[0]
    assert target.gained == () and target.lost == ()


def test_r2_a_grantee_is_somebody() -> None:
    created = {"StringEquals": {"kms:GranteePrincipal": OTHER_PATH}}
    assert status(of(allow(aws(ROOT), "kms:CreateGrant", Condition=created)), nobody("kms:CreateGrant")) == "proved"
    created = {"StringEquals": {"kms:GranteePrincipal": LISTED}}
    assert status(of(allow(aws(ROOT), "kms:CreateGrant", Condition=created)), nobody("kms:CreateGrant")) == "refuted"


def test_r2_a_deny_that_names_another_path_bites_nobody() -> None:
    found = of(allow(aws(LISTED)), deny(aws(OTHER_PATH)))
    assert status(found, nobody(callers=PrincipalLike(Text(LISTED)))) == "refuted"
