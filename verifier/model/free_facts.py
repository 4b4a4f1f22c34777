"""Facts that the input does not give, and on which a decision may rest: symbols that are free (F1, U1, U2, U3, E2, E4).

In: what a fact is about. Out: its symbol; what a symbol with a value says, as a sentence.
Guarantee: `evaluate` and `problem` use the same names with the meanings stated here.
"""

from __future__ import annotations

OUTSIDE_ALLOW = "U1:allow"
"""Whether the identity policies of a caller outside the inventory allow this request (U1)."""
OUTSIDE_DENY = "U1:deny"
"""Whether the identity policies of a caller outside the inventory deny this request (U1)."""

SESSION_ALLOW = "U2:session"
"""Whether the session policy of a federated session allows this request (U2). Free in proofs that access is impossible; false where a
request says nothing of a session policy."""

_FREE_FACTS = {
    (OUTSIDE_ALLOW, True): "its own account's policies allow it",
    (OUTSIDE_ALLOW, False): "its own account's policies do not allow it",
    (OUTSIDE_DENY, True): "its own account's policies deny it",
    (OUTSIDE_DENY, False): "its own account's policies do not deny it",
    (SESSION_ALLOW, True): "its session policy allows it",
    (SESSION_ALLOW, False): "its session policy does not allow it",
}


_TRUST, _RESOURCE, _PROVIDER = "U3:trust:", "F1:resource:", "F6:provider:"


def free_fact(symbol: str, value: bool) -> str:
    """What a free fact with a value says of a request and its caller, as a sentence."""
    if symbol.startswith(_TRUST):
        return f"the trust policy of {symbol.removeprefix(_TRUST)}, which the input does not give, {'admits' if value else 'refuses'} it"
    if symbol.startswith(_RESOURCE):
        return f"`Resource` {symbol.removeprefix(_RESOURCE)} {'covers' if value else 'does not cover'} a request without a resource"
    if symbol.startswith(_PROVIDER):
        return f"the session {'comes' if value else 'does not come'} from an identity of {symbol.removeprefix(_PROVIDER)}"
    if symbol.startswith("U3:") and not value:
        name = symbol.removeprefix("U3:")
        of_key = name.startswith(("kms:", "aws:resourcetag/")) or ":" not in name
        return f"the key has no {name}, which the input does not say" if of_key else f"the request has no {name}"
    return _FREE_FACTS.get((symbol, value), f"{symbol} is {'true' if value else 'false'}")


def is_free_fact(symbol: str) -> bool:
    """Whether a symbol is a free fact (F1, F6, U1, U2, U3)."""
    return (symbol, True) in _FREE_FACTS or symbol.startswith(("U3:", _RESOURCE, _PROVIDER))


def fact_symbol(key: str) -> str:
    """The symbol that says whether a key has a fact that the input does not give (U3): a tag, an alias, a multi-Region type."""
    return f"U3:{key.lower()}"


def trust_symbol(role: str) -> str:
    """The symbol that says whether a role (its ARN) whose trust policy is not known admits the callers of a question (E2)."""
    return f"{_TRUST}{role}"


def trusting_role(symbol: str) -> str | None:
    """The role whose trust policy a symbol stands for (`trust_symbol`); `None` for another symbol."""
    return symbol.removeprefix(_TRUST) if symbol.startswith(_TRUST) else None


def resource_symbol(pattern: str) -> str:
    """The symbol that says whether a `Resource` pattern covers a request that is about no resource, or does not say about which (E4)."""
    return f"{_RESOURCE}{pattern}"


def provider_symbol(provider: str) -> str:
    """The symbol that says whether the session that asks was assumed by an identity of a provider, its ARN or host name (P6, F6)."""
    return f"{_PROVIDER}{provider}"


def is_named_fact(symbol: str) -> bool:
    """Whether a symbol is one of `resource_symbol` or `provider_symbol`."""
    return symbol.startswith((_RESOURCE, _PROVIDER))


def not_resource_symbol(policy: str, index: int) -> str:
    """The symbol that says whether a key-policy statement with `NotResource` applies (L5: Unknown)."""
    return f"L5:{policy}:{index}"
