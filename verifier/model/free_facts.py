"""Facts that the input does not give, and on which a decision may rest: symbols that are free (F1, U1, U2, U3, E2, E4).

In: what a fact is about. Out: its symbol.
Guarantee: `evaluate` and `problem` use the same names with the meanings stated here.
"""

from __future__ import annotations

OUTSIDE_ALLOW = "U1:allow"
"""Whether the identity policies of a caller outside the inventory allow this request (U1)."""
OUTSIDE_DENY = "U1:deny"
"""Whether the identity policies of a caller outside the inventory deny this request (U1)."""

SESSION_ALLOW = "U2:session"
"""Whether the session policy of a federated session allows this request (U2). Free in proofs that access is impossible;
false where a request says nothing of a session policy."""

OF_TRUST, OF_RESOURCE, OF_PROVIDER = "U3:trust:", "F1:resource:", "F6:provider:"
"""How the symbols of facts about something that they name begin."""


def fact_symbol(key: str) -> str:
    """The symbol that says whether a key has a fact that the input does not give (U3): a tag, an alias, a multi-Region
    type."""
    return f"U3:{key.lower()}"


def trust_symbol(role: str) -> str:
    """The symbol that says whether a role (its ARN) whose trust policy is not known admits the callers of a question
    (E2)."""
    return f"{OF_TRUST}{role}"


def resource_symbol(pattern: str) -> str:
    """The symbol that says whether a `Resource` pattern covers a request that is about no resource, or does not say
    about which (E4)."""
    return f"{OF_RESOURCE}{pattern}"


def provider_symbol(provider: str) -> str:
    """The symbol that says whether the session that asks was assumed by an identity of a provider, its ARN or host name
    (P6, F6)."""
    return f"{OF_PROVIDER}{provider}"


def not_resource_symbol(policy: str, index: int) -> str:
    """The symbol that says whether a key-policy statement with `NotResource` applies (L5: Unknown)."""
    return f"L5:{policy}:{index}"
