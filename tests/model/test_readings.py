"""What free facts are called in reports."""

from __future__ import annotations

import pytest

from verifier.model.symbol_texts import free_fact
from verifier.model.symbols import OUTSIDE_ALLOW, KeyFact, SymbolName, TrustFact

ROLE = "arn:aws:iam::111122223333:role/app"


@pytest.mark.parametrize(
    ("symbol", "value", "text"),
    [
        (OUTSIDE_ALLOW, True, "its own account's policies allow it"),
        (
            KeyFact("aws:resourcetag/team"),
            False,
            "the key has no aws:resourcetag/team, which the input does not say",
        ),
        (
            KeyFact("token.actions.githubusercontent.com:sub"),
            False,
            "the request has no token.actions.githubusercontent.com:sub",
        ),
        (TrustFact(ROLE), True, f"the trust policy of {ROLE}, which the input does not give, admits it"),
        (TrustFact(ROLE), False, f"the trust policy of {ROLE}, which the input does not give, refuses it"),
    ],
)
def test_a_free_fact_is_a_sentence(symbol: SymbolName, value: bool, text: str) -> None:
    assert free_fact(symbol, value) == text
