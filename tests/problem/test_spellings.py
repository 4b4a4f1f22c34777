"""Names of the encryption context that differ in case alone, as `problem` reads them in policy variables (F7, L7)."""

from __future__ import annotations

from tests.evaluate.estates import ALICE, KEY, allow, aws, deny, estate, home, identity, own
from tests.problem.deciding import decided
from verifier.model.estate import Estate

TWO = {"kms:EncryptionContext:tenant": "Alice", "kms:EncryptionContext:Tenant": "blue"}
VARIABLE = "${kms:EncryptionContext:Tenant}"


def named(variable: str, operator: str = "StringEquals") -> Estate:
    """An estate whose key policy compares the user's name with a pair."""
    return estate(allow(aws(ALICE), Condition={operator: {"aws:username": variable}}))


def test_f7_a_variable_may_read_any_spelling_under_the_reading() -> None:
    found = named(VARIABLE)
    assert decided(found, ALICE, context=TWO) == "deny"
    assert decided(found, ALICE, context=TWO, F7=True) == "allow"


def test_f7_a_negated_comparison_with_a_variable_may_read_any_spelling_too() -> None:
    found = named("${kms:EncryptionContext:tenant}", "StringNotEquals")
    assert decided(found, ALICE, context=TWO) == "deny"
    assert decided(found, ALICE, context=TWO, F7=True) == "allow"


def test_f7_a_spelling_that_nothing_else_writes_is_read_where_the_own_one_is_missing() -> None:
    assert decided(named(VARIABLE), ALICE, context={"kms:EncryptionContext:TENANT": "Alice"}) == "allow"
    assert decided(named(VARIABLE), ALICE, context={"kms:EncryptionContext:Other": "Alice"}, F7=True) == "deny"


def test_l7_the_default_counts_where_no_spelling_is_in_the_request() -> None:
    found = named("${kms:EncryptionContext:Tenant, 'Alice'}")
    assert decided(found, ALICE) == "allow"
    assert decided(found, ALICE, context={"kms:EncryptionContext:tenant": "blue"}, F7=True) == "deny"


def test_f7_condition_key_and_variable_are_read_apart_where_they_are_spelled_apart() -> None:
    comparison = {"StringNotEquals": {"kms:EncryptionContext:tenant": VARIABLE}}
    found = estate(allow(aws(ALICE)), deny(aws(ALICE), Condition=comparison))
    both = {"kms:EncryptionContext:tenant": "Blue", "kms:EncryptionContext:Tenant": "blue"}
    assert decided(found, ALICE, context=both) == "deny"
    assert decided(found, ALICE, context=both, F7=True) == "deny"
    same = {"kms:EncryptionContext:tenant": "blue", "kms:EncryptionContext:Tenant": "blue"}
    assert decided(found, ALICE, context=same, F7=True) == "allow"


def test_f7_one_spelling_is_read_alike_throughout_a_condition() -> None:
    itself = {"StringNotEquals": {"kms:EncryptionContext:Tenant": VARIABLE}}
    found = estate(
        allow(aws(ALICE), Condition=itself), allow("*", "kms:Encrypt", Condition={"Null": {"kms:EncryptionContext:tenant": True}})
    )
    assert decided(found, ALICE, context=TWO, F7=True) == "deny"


def test_f7_a_variable_in_a_resource_may_read_any_spelling() -> None:
    where = KEY.replace("1234abcd", VARIABLE)
    found = estate(allow(aws(ALICE.replace("user/Alice", "root"))), accounts=(home(identity(ALICE, own("kms:*", where))),))
    pairs = {"kms:EncryptionContext:tenant": "1234abcd", "kms:EncryptionContext:Tenant": "blue"}
    assert decided(found, ALICE, context=pairs) == "deny"
    assert decided(found, ALICE, context=pairs, F7=True) == "allow"
