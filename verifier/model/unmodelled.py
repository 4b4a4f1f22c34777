"""What an estate holds, or refers to, and the verifier does not model (S1).

In: what a thing is about. Out: `Unmodelled`, which says the way it could change a decision, and of which requests.
Guarantee: `evaluate` and `problem` use the same symbols with the meanings stated here.
"""

from __future__ import annotations

from enum import Enum

from verifier.frozen import Frozen
from verifier.model.policy import arn_kind
from verifier.model.symbols import ThingEffect
from verifier.syntax.source import NOWHERE, Span

ANY_ENDPOINT = "vpce-*"
"""Stands for every VPC endpoint, where which there are is not known."""


class Influence(Enum):
    """Which way something that is not modelled could change a decision."""

    MAY_ALLOW = "may allow"
    MAY_REFUSE = "may refuse"
    EITHER = "may allow or refuse"


class Unmodelled(Frozen):
    """Something that the input holds, or refers to, and that the verifier does not model.

    It makes every verdict that it could change Unknown. Its scope is narrowed by `key` (a key ARN), `account`
    (of the caller) and `principal` (a user or role ARN; it includes the sessions); `None` means any.
    `endpoint` narrows it to requests through that VPC endpoint (`vpce-…`), or through any (`ANY_ENDPOINT`). `owner`
    (twelve digits) narrows it to requests on the keys and aliases of that account, AWS managed keys and aliases of
    AWS's own aside: what a resource control policy could restrict (D7, R4). `label` is the rule, `description` names
    the thing and where it stands, in one line. One `of_statement` bears on nothing but the statements whose `only_if`
    is its symbol: an Allow where it may allow, a Deny where it may refuse. One `of_identities` is about identity
    policies: they bind no root user and no service principal (D5, D6).
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
    def allow_symbol(self) -> ThingEffect:
        """The symbol that says whether it allows the request (for influence MAY_ALLOW and EITHER)."""
        return ThingEffect(self.name, "allow")

    @property
    def refuse_symbol(self) -> ThingEffect:
        """The symbol that says whether it refuses the request (for influence MAY_REFUSE and EITHER)."""
        return ThingEffect(self.name, "refuse")

    @property
    def only_of_steps(self) -> bool:
        """True iff it bears on no request on a key, but on steps (W2): a trust policy that is not known (E2), a group
        or policy that is not listed (E0), what a group misses and gives to those who join it, the policy of a bucket or
        function (W1)."""
        return self.of_statement and (self.label in ("E0", "E2", "W1") or arn_kind(self.principal or "") == "group")
