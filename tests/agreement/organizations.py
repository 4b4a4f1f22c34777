"""Generated organizations: members, the management account, SCPs and RCPs by level (F2, D7).

In: choices, a theme, a library that reads policies. Out: `Organization`s.
"""

from __future__ import annotations

from tests.agreement.library import Library
from tests.agreement.limits import FULL_ACCESS, FULL_RESOURCE_ACCESS, resource_control, service_control
from tests.agreement.themes import Focus, Theme
from tests.agreement.world import HOME, ORGANIZATION, OTHER_ORGANIZATION, PARTNER, PATHS, STRANGER, Dice
from verifier.model.organization import Controls, Level, Organization
from verifier.model.policy import Policy, PolicyKind

Levels = tuple[Level, ...]

ELSEWHERE = "999999999999"
"""A management account from which nobody calls."""
_FULL = {
    PolicyKind.SCP: ("arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess", FULL_ACCESS),
    PolicyKind.RCP: (
        "arn:aws:organizations::aws:policy/resource_control_policy/p-RCPFullAWSAccess",
        FULL_RESOURCE_ACCESS,
    ),
}
_FOCUS = {Focus.SERVICE_CONTROL: PolicyKind.SCP, Focus.RESOURCE_CONTROL: PolicyKind.RCP}


def organization(dice: Dice, theme: Theme, library: Library) -> Organization | None:
    """An organization, or none."""
    turning = theme.focus in _FOCUS
    if not turning and not dice.chance(40):
        return None
    members = [
        account for account, percent in ((HOME, 85), (PARTNER, 50), (STRANGER, 30)) if turning or dice.chance(percent)
    ]
    identifier = dice.one((ORGANIZATION, ORGANIZATION, OTHER_ORGANIZATION))
    own = [path for path in PATHS if path.startswith(identifier)]
    accounts = tuple((account, dice.one(own) if dice.chance(75) else None) for account in members)
    management = members[0] if members and dice.chance(20 if turning else 35) else ELSEWHERE
    listed = accounts if management in members else (*accounts, (management, own[0]))
    controls = _Attachments(dice, theme, library).controls(members) if turning or dice.chance(60) else ()
    return Organization(identifier, management, listed, controls)


class _Attachments:
    """The control policies of one organization; the root, with what is attached to it, is above every account."""

    def __init__(self, dice: Dice, theme: Theme, library: Library) -> None:
        self._dice = dice
        self._theme = theme
        self._library = library
        self._number = 0
        self._roots = {kind: self._level("r-ab12", kind) for kind in _FULL}

    def controls(self, accounts: list[str]) -> tuple[Controls, ...]:
        """The control policies over each account; some accounts have none given."""
        found = [
            Controls(account, self._levels(account, PolicyKind.SCP), self._levels(account, PolicyKind.RCP))
            for account in accounts
        ]
        return tuple(control for control in found if control.service is not None or control.resource is not None)

    def _levels(self, account: str, kind: PolicyKind) -> Levels | None:
        turning = _FOCUS.get(self._theme.focus)
        if turning is not kind and self._dice.chance(60 if turning else 30):
            return None
        names = [
            name for name, percent in ((f"ou-ab12-{account[:8]}", 60), (account, 75)) if self._dice.chance(percent)
        ]
        return (self._roots[kind], *(self._level(name, kind) for name in names))

    def _level(self, name: str, kind: PolicyKind) -> Level:
        turning = _FOCUS.get(self._theme.focus)
        more = turning is kind or (turning is None and not self._theme.focused) or self._dice.chance(15)
        policies = [self._full(kind)] if self._dice.chance(80 if kind is PolicyKind.SCP else 20) else []
        for _ in range(self._dice.one((0, 0, 1, 1, 2)) if more else 0):
            policies.append(self._customer(kind))
        # A level without an SCP allows nothing: rare, since it hides everything else.
        if kind is PolicyKind.SCP and not policies and not self._dice.chance(4):
            policies.append(self._full(kind))
        return Level(name, tuple(policies))

    def _full(self, kind: PolicyKind) -> Policy:
        identity, document = _FULL[kind]
        return self._library.read(document, kind, identity)

    def _customer(self, kind: PolicyKind) -> Policy:
        write = service_control if kind is PolicyKind.SCP else resource_control
        folder = "service_control_policy" if kind is PolicyKind.SCP else "resource_control_policy"
        self._number += 1
        identity = f"arn:aws:organizations::{ELSEWHERE}:policy/o-exampleorg/{folder}/p-{self._number:08}"
        return self._library.read(write(self._dice, self._theme), kind, identity)
