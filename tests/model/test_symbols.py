"""Names of symbols: texts outside, classes inside."""

from __future__ import annotations

import pickle

import pytest

from verifier.model import symbols
from verifier.model.readings import C1_NULL, P5, READINGS
from verifier.model.symbol_texts import decoded, encoded, read_symbol, read_values
from verifier.model.symbols import (
    OUTSIDE_ALLOW,
    OUTSIDE_DENY,
    SESSION_ALLOW,
    KeyFact,
    LazyTest,
    NotModelled,
    NotResourceStatement,
    PatternFact,
    ProviderFact,
    Reading,
    RequestFact,
    ResourceFact,
    SymbolName,
    ThingEffect,
    TrustFact,
    Unsupported,
)

ROLE = "arn:aws:iam::111122223333:role/app"
NAMES = (
    *(*READINGS, OUTSIDE_ALLOW, OUTSIDE_DENY, SESSION_ALLOW, KeyFact("aws:resourcetag/team"), TrustFact(ROLE)),
    *(KeyFact("kms:keyspec", "StringEquals:['x']"), PatternFact("region", "us-*"), ResourceFact("arn:aws:kms:*")),
    symbols.KeylessFact("arn:aws:kms:*:*:k*"),
    *(ProviderFact("accounts.google.com"), ThingEffect("policy ops", "allow"), ThingEffect("policy ops", "refuse")),
    *(NotResourceStatement("policy", "1"), Unsupported("x:y", "what it is"), RequestFact("through an endpoint")),
    *(LazyTest("sts:externalid"), LazyTest("sts:externalid", "some:3"), symbols.HeldClass("aws:calledvia", "2")),
    *(symbols.RelationTest("a:like:b"), symbols.PossibleChange("grant"), symbols.PolicyAttached(ROLE)),
    *(symbols.OlderVersion(ROLE), symbols.InGroup(ROLE), symbols.BoundaryReplaced(ROLE)),
)


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_read_from_its_text(name: SymbolName) -> None:
    found = read_symbol(str(name))
    assert type(str(name)) is str
    assert (found, type(found)) == (name, type(name))
    assert read_symbol(name) is name


@pytest.mark.parametrize("name", NAMES)
def test_a_name_in_another_process_is_the_same(name: SymbolName) -> None:
    found = pickle.loads(pickle.dumps(name))
    assert (found, type(found), found.about, found.detail) == (name, type(name), name.about, name.detail)


def test_every_kind_is_read() -> None:
    def below(kind: type[SymbolName]) -> set[type[SymbolName]]:
        return {kind}.union(*map(below, kind.__subclasses__()))

    own = {kind for kind in below(SymbolName) if kind.__module__ == symbols.__name__}
    assert own - set(map(type, NAMES)) == {SymbolName, symbols.FreeFact, NotModelled}


def test_what_is_not_modelled_is_of_one_kind() -> None:
    assert [name for name in NAMES if isinstance(name, NotModelled)] == [
        *(TrustFact(ROLE), ThingEffect("policy ops", "allow"), ThingEffect("policy ops", "refuse")),
        *(NotResourceStatement("policy", "1"), Unsupported("x:y")),
    ]


def test_a_symbol_has_the_label_of_its_rule() -> None:
    assert [name.rule for name in (C1_NULL, OUTSIDE_DENY, TrustFact(ROLE), ProviderFact("x"))] == [
        *("C1", "U1", "U3", "F6")
    ]


def test_values_come_from_outside_by_text() -> None:
    found = read_values({"P5": True, f"U3:trust:{ROLE}": False, "no such": True})
    assert found == {P5: True, TrustFact(ROLE): False, RequestFact("no such"): True}
    assert [type(name) for name in found] == [Reading, TrustFact, RequestFact]


def test_what_is_stored_is_a_text() -> None:
    assert type(encoded(P5)) is str and decoded(SymbolName, "P5") is P5
    with pytest.raises(TypeError):
        encoded(3)
    with pytest.raises(TypeError):
        decoded(int, "P5")
