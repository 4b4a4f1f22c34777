"""Explain: the smallest edits of the key policy that decide a request otherwise, each verified and none superfluous."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.agreement.library import policy_of_text
from tests.evaluate.estates import (
    ALICE,
    HOME,
    KEY,
    MANAGEMENT,
    PARTNER_ROOT,
    PARTNER_SESSION,
    REPORTS,
    REPORTS_SESSION,
    ROOT,
    S3,
    allow,
    aws,
    deny,
    estate,
    home,
    identity,
    level,
    organization,
    own,
)
from tests.verify.test_random_estates import some_estate, some_request
from verifier.evaluate import evaluate, request_from_json, values_read
from verifier.model.edits import AddStatement, Edit, EditError, with_key_policy
from verifier.model.estate import Estate
from verifier.model.organization import Controls
from verifier.model.policy import Effect, PolicyKind
from verifier.model.policy_text import policy_document
from verifier.model.request import Outcome, Request
from verifier.model.results.explanation import NotFound, PolicyChange
from verifier.verify.edits.candidate_edits import (
    RequestWithValues,
    allowing_edits,
    caller_principals,
    new_statement,
    sparing,
)
from verifier.verify.edits.policy_change import policy_changes

KNOWN = (home(identity(REPORTS), identity(ALICE)),)


def request_to(found: Estate, principal: str, action: str = "kms:Decrypt", **context: Any) -> Request:
    named = {name.replace("__", ":"): value for name, value in context.items()}
    return request_from_json(found, {"principal": principal, "action": action, "resource": KEY, "context": named})


def sought(found: Estate, request: Request, wanted: Outcome) -> list[PolicyChange]:
    return [change for change in policy_changes(found, request, wanted, {}) if isinstance(change, PolicyChange)]


def why_not(found: Estate, request: Request, wanted: Outcome) -> str:
    (reason,) = policy_changes(found, request, wanted, {})
    assert isinstance(reason, NotFound)
    return reason.rule


# --- cases ------------------------------------------------------------------------------------------------------------


def test_a_value_is_listed_that_a_condition_lacks() -> None:
    found = estate(
        allow(aws(REPORTS), Condition={"StringEquals": {"kms:ViaService": "rds.us-west-2.amazonaws.com"}}),
        accounts=KNOWN,
    )
    first = sought(
        found, request_to(found, REPORTS_SESSION, kms__ViaService="s3.us-west-2.amazonaws.com"), Outcome.ALLOW
    )[0]
    (edit,) = first.edits
    assert "add [s3.us-west-2.amazonaws.com]" in edit.text
    assert edit.before is not None and edit.after is not None
    assert edit.span.file == "policy.json"


def test_ifexists_is_added_where_the_key_is_absent_and_taken_away_where_it_lets_through() -> None:
    """C: the operator alone is false for an absent key, with `IfExists` true."""
    plain = estate(allow(aws(REPORTS), Condition={"StringEquals": {"kms:ViaService": "s3"}}), accounts=KNOWN)
    assert (
        "[StringEquals] → [StringEqualsIfExists]"
        in sought(plain, request_to(plain, REPORTS_SESSION), Outcome.ALLOW)[0].edits[0].text
    )
    lax = estate(allow(aws(REPORTS), Condition={"StringEqualsIfExists": {"kms:ViaService": "s3"}}), accounts=KNOWN)
    assert (
        "[StringEqualsIfExists] → [StringEquals]"
        in sought(lax, request_to(lax, REPORTS_SESSION), Outcome.DENY)[0].edits[0].text
    )


def test_each_deny_that_matches_takes_an_edit() -> None:
    """D1: two Denies and no Allow need three edits."""
    found = estate(deny("*", "kms:Decrypt"), deny(aws(REPORTS)), allow(aws(ROOT), "kms:Encrypt"), accounts=KNOWN)
    changes = sought(found, request_to(found, REPORTS_SESSION), Outcome.ALLOW)
    assert [len(change.edits) for change in changes] == [3, 3, 3]
    four = estate(*[deny()] * 4, accounts=KNOWN)
    assert why_not(four, request_to(four, REPORTS_SESSION), Outcome.ALLOW) == "bound"


def test_a_notprincipal_gets_every_arn_that_names_the_caller() -> None:
    """P5: a session is spared where session, role and account are listed."""
    spared = {"Effect": "Deny", "NotPrincipal": aws(REPORTS), "Action": "kms:*", "Resource": "*"}
    found = estate(allow(aws(REPORTS)), spared, accounts=KNOWN)
    texts = [change.edits[0].text for change in sought(found, request_to(found, REPORTS_SESSION), Outcome.ALLOW)]
    assert any("NotPrincipal: add" in text and ROOT in text and REPORTS_SESSION in text for text in texts)


def test_what_a_key_policy_cannot_do_is_said_with_the_rule() -> None:
    """D7: an SCP that does not allow; D8: AWS managed keys; D9: operations without a key."""
    controls = organization(Controls(HOME, (level("r-1", own("s3:*")),)))
    assert controls.accounts[0][0] == MANAGEMENT
    limited = replace(estate(allow(aws(REPORTS)), accounts=KNOWN), organization=controls)
    assert why_not(limited, request_to(limited, REPORTS_SESSION), Outcome.ALLOW) == "D7"
    managed = estate(allow(), accounts=KNOWN, manager="AWS")
    assert why_not(managed, request_to(managed, REPORTS_SESSION), Outcome.DENY) == "D8"
    keyless = estate(allow(), accounts=KNOWN)
    listing = request_from_json(keyless, {"principal": ALICE, "action": "kms:ListKeys", "resource": None})
    assert why_not(keyless, listing, Outcome.ALLOW) == "D9"


def test_the_key_policy_does_its_part_where_another_account_decides_the_rest() -> None:
    """D3, U1."""
    found = estate(allow(aws(ROOT)))
    request = request_to(found, PARTNER_SESSION)
    changes = sought(found, request, Outcome.ALLOW)
    assert {len(change.edits) for change in changes} == {1}
    assert all(
        (change.decision.outcome, change.decision.depends_on) == (Outcome.DEPENDS, ("U1:allow", "U1:deny"))
        for change in changes
    )
    given = estate(allow(aws(PARTNER_ROOT)))
    assert why_not(given, request_to(given, PARTNER_SESSION), Outcome.ALLOW) == "S2"


def test_a_service_is_named_as_a_service() -> None:
    """P4."""
    found = estate(allow(aws(ROOT)))
    added = sought(found, request_to(found, S3), Outcome.ALLOW)[0].edits[0]
    assert added.before is None
    assert '"Service": "s3.amazonaws.com"' in (added.after or "")


def test_a_value_that_looks_like_a_variable_stands_for_itself() -> None:
    """L7: `${$}` is the character."""
    found = estate(allow(aws(REPORTS), Condition={"StringLike": {"kms:EncryptionContext:a": "x"}}), accounts=KNOWN)
    change = sought(
        found, request_to(found, REPORTS_SESSION, kms__EncryptionContext__a="${aws:username}*"), Outcome.ALLOW
    )[0]
    assert "${$}{aws:username}${*}" in (change.edits[0].after or "")


# --- laws -------------------------------------------------------------------------------------------------------------


def every_edit(found: Estate, request: Request) -> Iterator[Edit]:
    """Every candidate about any statement, and new ones."""
    (policy,) = found.keys[0].policies or ()
    subject = RequestWithValues(request, values_read(found, request), found.keys[0])
    yield from allowing_edits(policy, subject)
    for statement in policy.statements:
        yield from sparing(policy, statement, subject)
    yield AddStatement(new_statement(Effect.DENY, caller_principals(request.caller)[:1], (request.action,)))


def flipped_by_one(found: Estate, request: Request, wanted: Outcome) -> bool:
    (policy,) = found.keys[0].policies or ()
    for edit in every_edit(found, request):
        try:
            edited = with_key_policy(found, KEY, edit.apply(policy))
        except EditError:
            continue
        if evaluate(edited, request).outcome is wanted:
            return True
    return False


@pytest.mark.parametrize("seed", range(50))
def test_each_change_is_verified_and_no_smaller_one_does_it(seed: int) -> None:
    dice = random.Random(seed)
    found = some_estate(dice)
    request = request_from_json(found, some_request(dice, "kms:Decrypt"))
    outcome = evaluate(found, request).outcome
    for wanted in {Outcome.ALLOW, Outcome.DENY} - {outcome}:
        changes = sought(found, request, wanted)
        for change in changes:
            assert change.decision.outcome in (wanted, Outcome.DEPENDS)
            assert len(change.edits) == len(changes[0].edits)
        if any(change.decision.outcome is wanted for change in changes):
            smaller = flipped_by_one(found, request, wanted)
            assert smaller == (len(changes[0].edits) == 1), (seed, wanted)


@pytest.mark.parametrize("seed", range(15))
def test_the_statements_shown_are_those_of_the_edited_policy(seed: int) -> None:
    """What the edits show, put together by hand, decides the request as they say."""
    dice = random.Random(seed)
    found = some_estate(dice)
    request = request_from_json(found, some_request(dice, "kms:Decrypt"))
    (policy,) = found.keys[0].policies or ()
    for wanted in (Outcome.ALLOW, Outcome.DENY):
        for change in sought(found, request, wanted):
            document = policy_document(policy)
            for edit in change.edits:
                before, after = (json.loads(text) if text else None for text in (edit.before, edit.after))
                statements = document["Statement"]
                if before is None:
                    statements.append(after)
                else:
                    at = statements.index(before)
                    statements[at : at + 1] = [after] if after is not None else []
            edited = policy_of_text(json.dumps(document), PolicyKind.KEY, policy.identity)
            assert evaluate(with_key_policy(found, KEY, edited), request).outcome is change.decision.outcome
