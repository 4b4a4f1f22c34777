"""From assignments to concrete values: conflicts hold of every request, and what is not found is not claimed."""

from __future__ import annotations

import pytest

from tests.evaluate.estates import ALICE, allow, aws, deny, estate
from tests.verify.proving import conditioned, nobody, status, verdict
from verifier.model.request import CallerKind
from verifier.problem.asking import ask
from verifier.problem.classes import search
from verifier.problem.semantics.targets import key_target
from verifier.witness import values as witness
from verifier.witness.request import caller
from verifier.witness.untabled import Conflict
from verifier.witness.values import AgreeingValues, Search, Stuck

LETTERS = "abcdefghijklmnopqrst"
X, Y = "aws:PrincipalTag/x", "aws:PrincipalTag/y"


def test_a_search_past_its_budget_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    key = "aws:PrincipalTag/x"
    found = estate(
        allow(aws(ALICE), "kms:Decrypt"), *(deny(Condition={"StringNotLike": {key: f"*{c}*"}}) for c in LETTERS)
    )
    assert status(found) == "refuted"
    monkeypatch.setattr(search, "SEARCH_BUDGET", 10)
    answer = verdict(found)
    assert answer.status.value == "unknown" and answer.reason is not None and answer.reason.rule == "budget"


def test_a_class_with_more_members_than_were_tried_is_no_conflict(monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight spellings, pairwise different: more than one is needed, so a search among one must not claim that there are
    none."""
    tags = [f"aws:PrincipalTag/t{number}" for number in range(3)]
    different = {tags[0]: [f"${{{tags[1]}}}", f"${{{tags[2]}}}"], tags[1]: f"${{{tags[2]}}}"}
    found = conditioned(
        {
            "StringEqualsIgnoreCase": dict.fromkeys(tags, "abc"),
            "StringNotEquals": different,
            "Null": dict.fromkeys(tags, "false"),
        }
    )
    assert status(found) == "refuted"
    monkeypatch.setattr(witness, "POOL", 1)
    assert status(found) == "unknown"


def question_about(*conditions: dict[str, object]) -> Search:
    found = estate(*(allow(aws(ALICE), "kms:Decrypt", Condition=block) for block in conditions))
    question = ask(found, key_target(found.keys[0]), [nobody()])
    (relation,) = question.space.relations
    table = question.finite.tables[X.lower()]
    classes = {
        name.lower(): 1 << (question.finite.tables[name.lower()].class_of(text) or 0)
        for name, text in ((X, "a"), (Y, "b"))
    }
    assert table.class_of("a") is not None
    return Search(question, classes, {relation: True})


def test_known_values_that_differ_are_a_conflict() -> None:
    result = question_about({"StringEquals": {X: "a", Y: "b"}}, {"StringEquals": {X: f"${{{Y}}}"}}).run()
    assert isinstance(result, Conflict)


def test_values_that_agree_are_chosen() -> None:
    found = question_about({"StringEquals": {X: "a", Y: "b"}}, {"StringEquals": {X: f"${{{Y}}}"}})
    found._symbols = dict.fromkeys(found._symbols, False)
    result = found.run()
    assert isinstance(result, AgreeingValues) and (result.values[X.lower()], result.values[Y.lower()]) == ("a", "b")


def test_what_is_open_is_not_a_conflict() -> None:
    found = question_about({"StringEquals": {X: "a", Y: "b"}}, {"StringEquals": {X: f"${{{Y}}}"}})
    table = found._finite.tables[Y.lower()]
    found._classes[Y.lower()] = ((1 << table.size) - 1) & ~(1 << (table.class_of("a") or 0))
    assert isinstance(found.run(), Stuck)


@pytest.mark.parametrize(
    ("principal", "kind"),
    [
        ("arn:aws:iam::111122223333:root", CallerKind.ROOT),
        ("arn:aws:iam::111122223333:user/a/B", CallerKind.USER),
        ("arn:aws:sts::111122223333:federated-user/S", CallerKind.FEDERATED),
    ],
)
def test_r2_callers(principal: str, kind: CallerKind) -> None:
    found = caller({"principal": principal, "session": "job"})
    assert (found.kind, found.arn, found.account) == (kind, principal, "111122223333")


def test_r2_a_role_calls_by_a_session() -> None:
    found = caller({"principal": "arn:aws:iam::111122223333:role/a/R", "session": "job"})
    assert (found.kind, found.account) == (CallerKind.ROLE, "111122223333")
    assert found.arn == "arn:aws:sts::111122223333:assumed-role/R/job"


def test_r2_a_service_is_of_no_account() -> None:
    found = caller({"principal": "s3.amazonaws.com", "session": "job"})
    assert (found.kind, found.arn, found.account) == (CallerKind.SERVICE, "s3.amazonaws.com", None)


def test_r2_the_root_user_issues_a_federated_session_of_which_no_issuer_is_told() -> None:
    found = caller({"principal": "arn:aws:sts::111122223333:federated-user/S"})
    assert found.issuer == "arn:aws:iam::111122223333:root"
