"""What nothing tells, and decisions may rest on: what an estate holds, or refers to, and the verifier does not model
(S1); and free facts, which the input does not give (F1, U1, U2, U3, E2, E4).

In: what a fact is about. Out: `Unmodelled`, which says the way it could change a decision, and of which requests; the
symbol of a free fact. Guarantee: `evaluate` and `problem` use the same names with the meanings stated here.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from verifier.model.policy import arn_kind
from verifier.syntax.source import NOWHERE, Span

ANY_ENDPOINT = "vpce-*"
"""Stands for every VPC endpoint, where which there are is not known."""


class Influence(Enum):
    """Which way something that is not modelled could change a decision."""

    MAY_ALLOW = "may allow"
    MAY_REFUSE = "may refuse"
    EITHER = "may allow or refuse"


@dataclass(frozen=True)
class Unmodelled:
    """Something that the input holds, or refers to, and that the verifier does not model.

    It makes every verdict that it could change Unknown. Its scope is narrowed by `key` (a key ARN), `account`
    (of the caller) and `principal` (a user or role ARN; it includes the sessions); `None` means any.
    `endpoint` narrows it to requests through that VPC endpoint (`vpce-…`), or through any (`ANY_ENDPOINT`). `owner`
    (twelve digits) narrows it to requests on the keys and aliases of that account, AWS managed keys and aliases of
    AWS's own aside: what a resource control policy could restrict (D7, R4). `label` is the rule, `description` names
    the thing and where it stands, in one line. One `of_statement` bears on nothing but the statements whose `doubt` is
    its symbol: an Allow where it may allow, a Deny where it may refuse. One `of_identities` is about identity policies:
    they bind no root user and no service principal (D5, D6).
    """

    name: str
    label: str
    influence: Influence
    description: str
    key: str | None = None
    account: str | None = None
    principal: str | None = None
    endpoint: str | None = None
    span: Span = NOWHERE
    owner: str | None = None
    of_statement: bool = False
    of_identities: bool = False
    actions: tuple[str, ...] = ()
    """Of a policy that is not followed: the actions that it may let callers do, none of which is on a key (W1)."""

    @property
    def allow_symbol(self) -> str:
        """The symbol that says whether it allows the request (for influence MAY_ALLOW and EITHER)."""
        return f"{self.name}:allow"

    @property
    def refuse_symbol(self) -> str:
        """The symbol that says whether it refuses the request (for influence MAY_REFUSE and EITHER)."""
        return f"{self.name}:refuse"

    @property
    def only_of_steps(self) -> bool:
        """Whether it bears on no request on a key, but on steps (W2): a trust policy that is not known (E2), a group or
        policy that is not listed (E0), what a group misses and gives to those who join it, the policy of a bucket or
        function (W1)."""
        return self.of_statement and (self.label in ("E0", "E2", "W1") or arn_kind(self.principal or "") == "group")


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
