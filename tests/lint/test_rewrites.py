"""Rewrites are offered only where their claim is proved; other things that the cases cannot say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.evaluate.estates import (
    ALICE,
    KEY,
    PARTNER_ROLE,
    REPORTS,
    ROOT,
    allow,
    aws,
    bounded,
    deny,
    estate,
    home,
    identity,
    own,
    policy,
)
from verifier.model.edits import AddCondition, RemoveCondition, ReplaceActions, ReplacePrincipals, StatementEdit
from verifier.model.estate import Account, Estate, Identity
from verifier.model.lint_rules import NEVER_MATCHES
from verifier.model.policy import Condition, Fault, Operator, PolicyKind, Text, principal_named
from verifier.model.results.lint import RewriteClaim
from verifier.model.unmodelled import Influence as Way
from verifier.model.unmodelled import Unmodelled
from verifier.verify.lint.decisions import key_policy_case
from verifier.verify.lint.linting import lint
from verifier.verify.lint.others import other_policies, subjects
from verifier.verify.lint.rewrites import proved_rewrite
from verifier.verify.lint.subjects import Subject

EQUALS, LIKE = Operator("StringEquals", None, False), Operator("StringLike", None, False)


def subject(found: Estate, index: int = 0) -> Subject:
    """A statement of the key policy, ready to be asked about."""
    case = key_policy_case(found, found.keys[0], None)
    return next(one for one in case.subjects.values() if one.statement.index == index)


def condition(operator: Operator, key: str, *values: str) -> Condition:
    return Condition(operator, Text(key), tuple(Text(value) for value in values))


def principals(*arns: str) -> ReplacePrincipals:
    found = [principal_named(arn) for arn in arns]
    return ReplacePrincipals(0, tuple(one for one in found if not isinstance(one, Fault)))


VIA = {"StringEquals": {"kms:ViaService": "s3.us-west-2.amazonaws.com"}}
TLS = {"StringEquals": {"aws:SecureTransport": "true"}}
ANY_ARN = {"StringLike": {"aws:PrincipalArn": "arn:*"}}
KNOWN = allow(
    aws(REPORTS, ALICE, PARTNER_ROLE),
    ["kms:A*", "kms:De*"],
    Condition={"StringEquals": {"kms:EncryptionContext:app": "a"}},
)
"""Another statement, so that the questions about the policy tell apart what the rewrites do."""
NARROWER = AddCondition(0, condition(EQUALS, "kms:EncryptionContext:app", "a"))


@pytest.mark.parametrize(
    ("statement", "edit", "equivalent", "tighter"),
    [
        (allow(Condition=TLS), RemoveCondition(0, EQUALS, "aws:SecureTransport"), True, False),
        (allow(Condition=VIA), RemoveCondition(0, EQUALS, "kms:ViaService"), False, False),
        (allow(action="kms:Decrypt"), NARROWER, False, True),
        (allow(action="kms:DescribeKey", principal=aws(ALICE)), NARROWER, False, True),
        (deny(action="kms:Decrypt"), NARROWER, False, False),
        (deny(action="kms:Decrypt", Condition=VIA), RemoveCondition(0, EQUALS, "kms:ViaService"), False, True),
        (allow(action=["kms:Decrypt", "kms:De*"]), ReplaceActions(0, ("kms:De*",)), True, False),
        (allow(action=["kms:Decrypt", "kms:De*"]), ReplaceActions(0, ("kms:Decrypt",)), False, True),
        (allow(action="kms:*"), ReplaceActions(0, ("kms:A*", "kms:*")), True, False),
        (allow(aws(REPORTS, ALICE)), principals(REPORTS), False, True),
        (allow(aws(REPORTS)), principals(REPORTS, ALICE), False, False),
        (allow(aws(REPORTS)), principals(PARTNER_ROLE), False, False),
        # The account stands for all of its callers, but only delegates; the user that it names needs no identity policy
        # (P2, D2).
        (allow(aws(ROOT, ALICE)), principals(ROOT), False, True),
        # It restricts no user or role, but one that it chooses by its ARN is not limited by a boundary without an Allow
        # (D4).
        (allow(aws(ALICE), Condition=ANY_ARN), RemoveCondition(0, LIKE, "aws:PrincipalArn"), True, False),
        (allow({"AWS": "*"}, Condition=ANY_ARN), RemoveCondition(0, LIKE, "aws:PrincipalArn"), False, False),
    ],
)
def test_a_rewrite_is_offered_iff_its_claim_holds(
    statement: dict[str, object], edit: StatementEdit, equivalent: bool, tighter: bool
) -> None:
    found = subject(estate(statement, KNOWN, accounts=()))
    assert (proved_rewrite(found, edit, RewriteClaim.EQUIVALENT) is not None) == equivalent
    assert (proved_rewrite(found, edit, RewriteClaim.TIGHTER) is not None) == tighter


@pytest.mark.parametrize("edit", [NARROWER, principals(REPORTS, ALICE), ReplaceActions(0, ("kms:A*", "kms:*"))])
def test_a_rewrite_that_the_questions_do_not_tell_apart_is_not_offered(edit: StatementEdit) -> None:
    found = subject(estate(allow(aws(REPORTS), "kms:*"), accounts=()))
    assert proved_rewrite(found, edit, RewriteClaim.EQUIVALENT) is None
    assert proved_rewrite(found, edit, RewriteClaim.TIGHTER) is None


def test_an_edit_that_does_not_fit_is_no_rewrite() -> None:
    found = subject(estate(allow(), accounts=()))
    assert proved_rewrite(found, RemoveCondition(0, EQUALS, "kms:ViaService"), RewriteClaim.EQUIVALENT) is None


def test_nothing_is_claimed_of_statements_that_other_services_read() -> None:
    both = own(["kms:Decrypt", "s3:GetObject"], Condition=TLS)
    found = estate(allow(), accounts=(home(identity(REPORTS, both, own("kms:Decrypt", Condition=TLS))),))
    mixed, alone = subjects(found, other_policies(found), None)
    edit = RemoveCondition(0, EQUALS, "aws:SecureTransport")
    assert proved_rewrite(mixed, edit, RewriteClaim.EQUIVALENT) is None
    assert proved_rewrite(alone, replace(edit, index=1), RewriteClaim.EQUIVALENT) is not None


# --- which policies ---------------------------------------------------------------------------------------------------

USER_NAME = own("kms:Decrypt", Condition={"StringEquals": {"kms:EncryptionContext:user": "${aws:username}"}})


def test_policies_of_aws_are_not_looked_at() -> None:
    managed = policy(USER_NAME, kind=PolicyKind.IDENTITY, identity="arn:aws:iam::aws:policy/SomeAccess")
    custom = policy(USER_NAME, kind=PolicyKind.IDENTITY, identity="arn:aws:iam::111122223333:policy/SomeAccess")
    report = lint(estate(allow(aws(REPORTS)), accounts=(home(Identity(REPORTS, (managed, custom))),)))
    assert [one.policy for one in report.policies] == [f"{KEY}#default", custom.identity]
    assert [(one.rule, one.policy) for one in report.findings] == [(NEVER_MATCHES, custom.identity)]


def test_a_boundary_is_looked_at() -> None:
    report = lint(estate(allow(action="kms:De*"), accounts=(home(bounded(REPORTS, USER_NAME)),)))
    assert [(one.rule, one.policy_kind) for one in report.findings] == [(NEVER_MATCHES, PolicyKind.BOUNDARY)]


def test_a_policy_is_looked_at_once_however_often_it_is_attached() -> None:
    shared = policy(USER_NAME, kind=PolicyKind.IDENTITY, identity="arn:aws:iam::111122223333:policy/shared")
    roles = [Identity(f"arn:aws:iam::111122223333:role/r{number}", (shared,)) for number in range(3)]
    assert len(lint(estate(allow(aws(REPORTS)), accounts=(home(*roles),))).findings) == 1
    # With a user among those that it follows it can match.
    everyone = (home(*roles, Identity(ALICE, (shared,))), Account("444455556666"))
    assert lint(estate(allow(aws(REPORTS)), accounts=everyone)).findings == ()


# --- what is not known ------------------------------------------------------------------------------------------------


def test_a_key_whose_policy_is_not_known_is_undecided() -> None:
    found = estate(allow())
    report = lint(replace(found, keys=(replace(found.keys[0], policies=None),)))
    assert [(one.rule, one.subject, one.label) for one in report.undecided] == [(None, KEY, "U3")]


def test_what_is_not_modelled_does_not_make_a_finding() -> None:
    unknown = Unmodelled("grants", "G1", Way.MAY_ALLOW, "grants that were not read", key=KEY)
    twice = (allow(aws(PARTNER_ROLE), "kms:Decrypt"), allow(aws(PARTNER_ROLE), "kms:De*"))
    report = lint(estate(*twice, unmodelled=(unknown,), accounts=()))
    assert [one.rule.id for one in report.findings] == ["redundant-statement"]
    assert report.undecided == ()
