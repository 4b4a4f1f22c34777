"""Who can on the examples and on small policies: who is named, under which conditions, through what, and what makes a
list incomplete."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

import verifier
from benchmarks.families import policy_of, problem
from benchmarks.surroundings import granted_problem
from tests.project.shown import ROOT
from verifier.model.estate import Account, Estate, Identity
from verifier.model.policy import Principal, PrincipalType
from verifier.model.results.access import Access, KeyAccess
from verifier.model.unmodelled import Influence, Unmodelled
from verifier.problem.diagrams import provenance
from verifier.problem.diagrams.diagram import TooLarge
from verifier.problem.semantics.statements import NAMED_ONE_BY_ONE
from verifier.syntax.diagnostic import InputError
from verifier.verify.access.who_can import list_who_can
from verifier.verify.named import actions_named, keys_named

HOME, PARTNER = "111122223333", "444455556666"


def example(name: str) -> Estate:
    return verifier.load(ROOT / "examples" / name)


def estate(*statements: dict[str, Any], **parts: Any) -> Estate:
    """A key of HOME with a policy, and whatever else."""
    return replace(
        problem("p", policy_of(list(statements)), 'invariant "i": no caller can kms:Decrypt').estate, **parts
    )


def allow(principal: Any, actions: Any = "kms:Decrypt", **rest: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": principal, "Action": actions, "Resource": "*", **rest}


def answer(found: Estate, *actions: str, **options: Any) -> KeyAccess:
    (key,) = list_who_can(found, actions or ("kms:Decrypt",), **options).keys
    return key


def by_name(key: KeyAccess) -> dict[str, Access]:
    return {row.region.callers.names[0]: row for row in key.rows if row.region.callers.names}


def ways(row: Access) -> set[frozenset[str]]:
    assert row.ways is not None
    return {frozenset(statement.sid or statement.policy_name for statement in way) for way in row.ways}


def role(account: str, name: str) -> str:
    return f"arn:aws:iam::{account}:role/{name}"


def test_payments() -> None:
    key = answer(example("payments"), keys=["payments"])
    named = by_name(key)
    assert key.complete and set(named) == {role(HOME, "api"), role(HOME, "reports")}
    assert ways(named[role(HOME, "reports")]) == {frozenset({"Reports"})}
    assert ways(named[role(HOME, "api")]) == {frozenset({"Tenants", "use-payments-key"})}
    assert all(row.region.callers.known for row in named.values())


def test_ways_are_told_action_by_action() -> None:
    rows = [
        row
        for row in answer(example("payments"), "kms:*", keys=["payments"]).rows
        if row.region.callers.names == (role(HOME, "KeyAdmin"),)
    ]
    found = {name: ways(row) for row in rows for name in row.region.actions.names}
    assert found["kms:PutKeyPolicy"] == {frozenset({"Key administrators"})}
    assert found["kms:DisableKey"] == {frozenset({"Delegate upkeep to IAM", "administer-keys"})}
    assert found["kms:DescribeKey"] == found["kms:PutKeyPolicy"] | found["kms:DisableKey"]
    assert all(row.region.always for row in rows)


def test_grants_are_ways_and_their_grantees_are_named() -> None:
    named = by_name(answer(example("grants")))
    (way,) = named[role(PARTNER, "reader")].ways or ()
    assert [statement.sid for statement in way] == ["laboratory"] and way[0].kind is None
    assert role(HOME, "aws:ec2-infrastructure") in named


def test_outside_callers_are_regions_and_the_others_are_told_as_others() -> None:
    found = estate(
        allow({"AWS": [PARTNER, HOME]}), allow({"AWS": "*"}, Condition={"StringEquals": {"aws:PrincipalAccount": HOME}})
    )
    account = Account(HOME, roles=(Identity(role(HOME, "app")), Identity(role(HOME, "batch"))))
    key = answer(replace(found, accounts=(account,)))
    texts = [row.region.callers.text for row in key.rows]
    assert {role(HOME, "app"), role(HOME, "batch")} <= set(by_name(key))
    assert "every other role and user of 111122223333" in texts and "every role and user of 444455556666" in texts
    other = key.rows[texts.index("every other role and user of 111122223333")]
    assert set(other.besides) >= {role(HOME, "app"), role(HOME, "batch")} and not other.region.callers.known


def test_services_come_last_and_are_named() -> None:
    key = answer(estate(allow({"Service": "sns.amazonaws.com"}), allow({"AWS": role(PARTNER, "x")})))
    assert key.rows[-1].region.callers.names == ("sns.amazonaws.com",)


def test_nobody_is_a_complete_answer() -> None:
    key = answer(estate(allow({"AWS": role(HOME, "app")}, "kms:Encrypt")))
    assert key.complete and key.rows == ()


def test_the_empty_way_is_that_of_the_account_alone() -> None:
    """G5: RetireGrant needs no statement of the key policy."""
    (row,) = (
        row for row in answer(estate(allow({"AWS": HOME}, "kms:*")), "kms:RetireGrant").rows if row.region.callers.names
    )
    assert row.region.callers.names == (f"arn:aws:iam::{HOME}:root",) and row.ways == ((),)


def test_except_leaves_callers_out() -> None:
    found = example("cross-account")
    assert by_name(answer(found, excluding=["callers in 444455556666", f"root of {HOME}"])) == {}
    assert {role(PARTNER, "analyst")} == set(by_name(answer(found, excluding=[f"root of {PARTNER}", HOME])))


@pytest.mark.parametrize(
    ("caller", "names"),
    [
        (f"role/analyst in {PARTNER}", {"kms:Decrypt", "kms:DescribeKey"}),
        (role(PARTNER, "intern"), {"kms:DescribeKey"}),
        ("role/analyst", set()),  # of the key's account
        ("s3.amazonaws.com", set()),
    ],
)
def test_transposed(caller: str, names: set[str]) -> None:
    key = answer(example("cross-account"), "kms:*", caller=caller)
    assert {name for row in key.rows for name in row.region.actions.names} == names and key.complete


def test_a_reading_that_is_held_is_no_condition() -> None:
    """P5: a `NotPrincipal` that lists the account and the role, and not its session."""
    deny = {"Effect": "Deny", "NotPrincipal": {"AWS": [HOME, role(HOME, "app")]}, "Action": "kms:*", "Resource": "*"}
    found = estate(
        allow({"AWS": role(HOME, "app")}), deny, accounts=(Account(HOME, roles=(Identity(role(HOME, "app")),)),)
    )
    (row,) = answer(found).rows
    assert [limit.subject for case in row.region.when for limit in case] == ["P5"]
    assert [row.region.always for row in answer(found, readings={"P5": True}).rows] == [True]
    assert answer(found, readings={"P5": False}).rows == ()


def test_s1_what_is_not_modelled_makes_the_list_incomplete() -> None:
    thing = Unmodelled("SCPs", "D7", Influence.MAY_REFUSE, "SCPs of 111122223333 are not in the input", account=HOME)
    key = answer(estate(allow({"AWS": [role(HOME, "app"), role(PARTNER, "x")]}), unmodelled=(thing,)))
    assert not key.complete and [reason.rule for reason in key.reasons] == ["D7"]
    assert set(by_name(key)) == {role(PARTNER, "x")}


def test_u3_a_policy_that_is_not_known() -> None:
    found = estate(allow({"AWS": HOME}))
    key = answer(replace(found, keys=(replace(found.keys[0], policies=None),)))
    assert not key.complete and [reason.rule for reason in key.reasons] == ["U3"] and key.rows == ()


def test_s1_a_limit_that_is_met_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise TooLarge("more than 1 node")

    monkeypatch.setattr("verifier.verify.access.who_can.join", refuse)
    key = answer(estate(allow({"AWS": HOME})))
    assert not key.complete and [reason.rule for reason in key.reasons] == ["budget"]


def test_ways_that_are_too_many_leave_the_statements(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: object) -> None:
        raise TooLarge("more than 1 node")

    monkeypatch.setattr(provenance.Provenance, "__post_init__", refuse)
    row = by_name(answer(example("payments"), keys=["payments"]))[role(HOME, "reports")]
    assert row.ways is None and "Reports" in {statement.sid for statement in row.region.through}


def test_witnesses_are_of_their_rows() -> None:
    key = answer(example("payments"), "kms:*", keys=["payments"], witnesses=True)
    assert all(row.region.witness is not None for row in key.rows)
    for name, row in by_name(key).items():
        assert row.region.witness is not None and row.region.witness.request.caller.principal_arn == name


# -- what is asked about --


def test_keys_by_any_of_their_names() -> None:
    found = example("payments")
    payments = next(key for key in found.keys if key.name == "payments")
    for name in ("payments", "alias/payments", payments.arn, payments.arn.rsplit("/", 1)[1]):
        assert keys_named(found, [name]) == (payments,)
    assert keys_named(found, []) == found.keys


@pytest.mark.parametrize("name", ["paymens", "alias/nothing", ""])
def test_s3_a_key_that_is_not_there(name: str) -> None:
    with pytest.raises(InputError, match="holds no key named"):
        keys_named(example("payments"), [name])


def test_s3_no_keys_at_all() -> None:
    with pytest.raises(InputError, match="holds no key"):
        keys_named(Estate(()), [])


def test_actions_by_pattern() -> None:
    assert actions_named(["kms:reencrypt*"]) == ("kms:ReEncryptFrom", "kms:ReEncryptTo")
    with pytest.raises(InputError, match="no action 'kms:Decryp'"):
        actions_named(["kms:Decryp"])
    with pytest.raises(InputError, match="kms:CreateKey is no action on a key"):
        actions_named(["kms:CreateKey"])


def test_s3_callers_that_there_are_none_of() -> None:
    with pytest.raises(InputError):
        answer(example("payments"), caller="nobody at all")
    with pytest.raises(InputError, match="no caller is left"):
        answer(example("payments"), excluding=["anyone"])
    with pytest.raises(InputError, match="no caller is left"):
        answer(example("payments"), caller="s3.amazonaws.com", excluding=["services"])


def test_the_public_function_takes_names() -> None:
    found = verifier.who_can(example("payments"), "kms:Decrypt", keys=["payments"])
    assert found.complete and found.actions == ("kms:Decrypt",) and [key.key.name for key in found.keys] == ["payments"]


def test_a_grant_of_many_is_named_where_it_is_the_only_one() -> None:
    """Grants beyond 64 of one key count as one where their operations are the same; `worker-1` is the grantee of
    one."""
    found = granted_problem(NAMED_ONE_BY_ONE + 40).estate
    (grants,) = (key.grants for key in found.keys)
    grant = next(grant for grant in grants or () if grant.grantee.value.endswith("worker-1"))
    (row, *_) = (
        row for row in answer(found, *grant.operations[:1]).rows if row.region.callers.names == (grant.grantee.value,)
    )
    assert [[statement.policy_name for statement in way] for way in row.ways or ()] == [[f"grant {grant.id}"]]


def test_grants_of_many_to_one_caller_stay_together() -> None:
    found = granted_problem(NAMED_ONE_BY_ONE + 40).estate
    one = role(PARTNER, "same")
    grants = tuple(
        replace(grant, grantee=Principal(PrincipalType.ROLE, one, PARTNER, "aws"))
        for grant in found.keys[0].grants or ()
    )
    rows = answer(replace(found, keys=(replace(found.keys[0], grants=grants),)), "kms:Decrypt").rows
    (row, *_) = (row for row in rows if row.region.callers.names == (one,))
    assert row.ways and all(
        "more of the same operations" in statement.policy_name for way in row.ways for statement in way
    )


def test_s1_what_is_not_modelled_is_no_way() -> None:
    """Whether there are further grants is not known; the role can without them."""
    thing = Unmodelled("grants", "G1", Influence.MAY_ALLOW, "the grants are not in the input")
    key = answer(estate(allow({"AWS": role(HOME, "app")}, Sid="App"), unmodelled=(thing,)))
    assert not key.complete and ways(by_name(key)[role(HOME, "app")]) == {frozenset({"App"})}
