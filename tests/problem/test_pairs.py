"""Names of the encryption context that differ in case alone, as `problem` reads them in conditions and in policy
variables (F7, L7)."""

from __future__ import annotations

import pytest

from tests.evaluate.estates import ALICE, KEY, allow, aws, deny, estate, home, identity, own
from tests.problem.deciding import decided, open_readings
from verifier.model.estate import Estate
from verifier.problem.rules import RuledSpace
from verifier.problem.semantics.targets import key_target
from verifier.problem.space import exact_pair, other_pair

TWO = {"kms:EncryptionContext:tenant": "Alice", "kms:EncryptionContext:Tenant": "blue"}
VARIABLE = "${kms:EncryptionContext:Tenant}"
NAMES = ("Tenant", "tenant", "TENANT")


def named(variable: str, operator: str = "StringEquals") -> Estate:
    """An estate whose key policy compares the user's name with a pair."""
    return estate(allow(aws(ALICE), Condition={operator: {"aws:username": variable}}))


@pytest.mark.parametrize("name", NAMES)
def test_f7_the_first_pair_is_read_or_the_last_whatever_the_policy_writes(name: str) -> None:
    for found, first, last in (
        (
            estate(allow(aws(ALICE), Condition={"StringEquals": {f"kms:EncryptionContext:{name}": "Alice"}})),
            "allow",
            "deny",
        ),
        (named(f"${{kms:EncryptionContext:{name}}}"), "allow", "deny"),
        (named(f"${{kms:EncryptionContext:{name}}}", "StringNotEquals"), "deny", "allow"),
    ):
        assert [decided(found, ALICE, context=TWO, F7=value) for value in (False, True)] == [first, last]
        assert open_readings(found, ALICE, context=TWO) == "depends"


def test_f7_a_spelling_that_nothing_else_writes_is_read() -> None:
    assert decided(named(VARIABLE), ALICE, context={"kms:EncryptionContext:TENANT": "Alice"}) == "allow"
    assert decided(named(VARIABLE), ALICE, context={"kms:EncryptionContext:Other": "Alice"}, F7=True) == "deny"


def test_l7_the_default_counts_where_no_spelling_is_in_the_request() -> None:
    found = named("${kms:EncryptionContext:Tenant, 'Alice'}")
    assert decided(found, ALICE) == "allow"
    assert decided(found, ALICE, context={"kms:EncryptionContext:tenant": "blue"}, F7=True) == "deny"


def test_f7_all_that_a_condition_writes_reads_one_pair() -> None:
    itself = {"StringNotEquals": {"kms:EncryptionContext:tenant": VARIABLE}}
    found = estate(allow(aws(ALICE)), deny(aws(ALICE), Condition=itself))
    assert decided(found, ALICE, context=TWO) == decided(found, ALICE, context=TWO, F7=True) == "allow"


def test_f7_a_variable_in_a_resource_reads_the_same_pair() -> None:
    where = KEY.replace("1234abcd", VARIABLE)
    found = estate(
        allow(aws(ALICE.replace("user/Alice", "root"))), accounts=(home(identity(ALICE, own("kms:*", where))),)
    )
    pairs = {"kms:EncryptionContext:tenant": "1234abcd", "kms:EncryptionContext:Tenant": "blue"}
    assert [decided(found, ALICE, context=pairs, F7=value) for value in (False, True)] == ["allow", "deny"]


def test_no_condition_key_is_the_attribute_of_a_pair_with_its_very_name() -> None:
    found = estate(allow())
    space = RuledSpace(found, key_target(found.keys[0]))
    attributes = {exact_pair("a"), other_pair("a"), exact_pair("A")}
    for name in attributes:
        space.view(name)
    assert not attributes & set(space.attributes)
