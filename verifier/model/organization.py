"""An organization and the control policies over its accounts.

In: nothing (plain data). Out: frozen structs made by `verifier.inputs`.
Guarantee: `None` always means *not given* (free, U1–U3), never *empty*.
"""

from __future__ import annotations

from collections.abc import Iterator

from verifier.frozen import Frozen
from verifier.model.policy import Policy


class Level(Frozen):
    """One level of control policies above an account: the root, an organizational unit, or the account itself. `name`
    is its ID (`r-…`, `ou-…`, twelve digits). `policies` are what is attached there, a union (D7), AWS's `FullAWSAccess`
    among them where it is attached."""

    name: str
    policies: tuple[Policy, ...]


class Controls(Frozen):
    """The control policies over one account, from the root down to the account (D7); `None` where that type was not
    given.

    They are as attached: that they do not restrict the management account, service-linked roles or AWS managed keys is
    for those who decide. `resource` levels hold customer RCPs only: `RCPFullAWSAccess` is attached everywhere (D7).
    Where the document of an attached policy is not in the input, its level has `FullAWSAccess` instead, and an
    `Unmodelled` of the estate may refuse.
    """

    account: str
    service: tuple[Level, ...] | None = None
    resource: tuple[Level, ...] | None = None


class Organization(Frozen):
    """An AWS organization (F2). `accounts` maps account → organization path (`o-…/r-…/ou-…/`), `None` where not given.
    `controls` has at most one entry for each account; one without an entry has no control policies given."""

    id: str
    management_account: str
    accounts: tuple[tuple[str, str | None], ...]
    controls: tuple[Controls, ...] = ()

    @property
    def members(self) -> frozenset[str]:
        """The accounts that are in it."""
        return frozenset(account for account, _ in self.accounts)

    def policies(self) -> Iterator[Policy]:
        """The control policies, at each level above each account."""
        levels = (level for one in self.controls for level in (*(one.service or ()), *(one.resource or ())))
        return (policy for level in levels for policy in level.policies)
