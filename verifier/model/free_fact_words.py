"""What free facts say, in words.

In: a symbol, with a value. Out: a sentence. Guarantee: every free fact has one.
"""

from __future__ import annotations

from verifier.model.unmodelled import OF_PROVIDER, OF_RESOURCE, OF_TRUST, OUTSIDE_ALLOW, OUTSIDE_DENY, SESSION_ALLOW

_FREE_FACTS = {
    (OUTSIDE_ALLOW, True): "its own account's policies allow it",
    (OUTSIDE_ALLOW, False): "its own account's policies do not allow it",
    (OUTSIDE_DENY, True): "its own account's policies deny it",
    (OUTSIDE_DENY, False): "its own account's policies do not deny it",
    (SESSION_ALLOW, True): "its session policy allows it",
    (SESSION_ALLOW, False): "its session policy does not allow it",
}


def free_fact(symbol: str, value: bool) -> str:
    """What a free fact with a value says of a request and its caller, as a sentence."""
    if symbol.startswith(OF_TRUST):
        return (
            f"the trust policy of {symbol.removeprefix(OF_TRUST)}, which the input does not give, "
            f"{'admits' if value else 'refuses'} it"
        )
    if symbol.startswith(OF_RESOURCE):
        return (
            f"`Resource` {symbol.removeprefix(OF_RESOURCE)} {'covers' if value else 'does not cover'} a request "
            "without a resource"
        )
    if symbol.startswith(OF_PROVIDER):
        return (
            f"the session {'comes' if value else 'does not come'} from an identity of "
            f"{symbol.removeprefix(OF_PROVIDER)}"
        )
    if symbol.startswith("U3:") and not value:
        name = symbol.removeprefix("U3:")
        of_key = name.startswith(("kms:", "aws:resourcetag/")) or ":" not in name
        return f"the key has no {name}, which the input does not say" if of_key else f"the request has no {name}"
    return _FREE_FACTS.get((symbol, value), f"{symbol} is {'true' if value else 'false'}")


def is_free_fact(symbol: str) -> bool:
    """Whether a symbol is a free fact (F1, F6, U1, U2, U3)."""
    return (symbol, True) in _FREE_FACTS or symbol.startswith(("U3:", OF_RESOURCE, OF_PROVIDER))
