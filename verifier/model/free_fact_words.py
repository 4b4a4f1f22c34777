"""What free facts say, in words.

In: a symbol, with a value. Out: a sentence. Guarantee: every free fact has one.
"""

from __future__ import annotations

from verifier.model import symbols

_FREE_FACTS: dict[tuple[symbols.SymbolName, bool], str] = {
    (symbols.OUTSIDE_ALLOW, True): "its own account's policies allow it",
    (symbols.OUTSIDE_ALLOW, False): "its own account's policies do not allow it",
    (symbols.OUTSIDE_DENY, True): "its own account's policies deny it",
    (symbols.OUTSIDE_DENY, False): "its own account's policies do not deny it",
    (symbols.SESSION_ALLOW, True): "its session policy allows it",
    (symbols.SESSION_ALLOW, False): "its session policy does not allow it",
}


def free_fact(symbol: symbols.SymbolName, value: bool) -> str:
    """What a free fact with a value says of a request and its caller, as a sentence."""
    about = symbol.about
    match symbol:
        case symbols.TrustFact():
            return f"the trust policy of {about}, which the input does not give, {'admits' if value else 'refuses'} it"
        case symbols.ResourceFact():
            return f"`Resource` {about} {'covers' if value else 'does not cover'} a request without a resource"
        case symbols.ProviderFact():
            return f"the session {'comes' if value else 'does not come'} from an identity of {about}"
        case symbols.KeyFact() if not value:
            name = f"{about}:{symbol.detail}" if symbol.detail else about
            of_key = name.startswith(("kms:", "aws:resourcetag/")) or ":" not in name
            return f"the key has no {name}, which the input does not say" if of_key else f"the request has no {name}"
    return _FREE_FACTS.get((symbol, value), f"{symbol} is {'true' if value else 'false'}")
