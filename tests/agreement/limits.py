"""Generated documents that only limit: boundaries, session policies, SCPs, RCPs, policies of VPC endpoints (D4, D7, U2,
V).

In: choices, a world, a theme. Out: documents, to be dumped and read by the parser.
"""

from __future__ import annotations

from tests.agreement.documents import EVERYTHING, Document
from tests.agreement.elements import an_effect, conditional, document, identity_statement
from tests.agreement.principals import listed_principals
from tests.agreement.themes import Focus, Theme
from tests.agreement.world import HOME, PARTNER, Dice, iam

FULL_ACCESS: Document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
"""`FullAWSAccess`."""
FULL_RESOURCE_ACCESS: Document = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}],
}
"""`RCPFullAWSAccess`."""


def boundary(dice: Dice, theme: Theme) -> Document:
    """A permissions boundary."""
    return _limit(dice, theme, theme.focus is Focus.BOUNDARY)


def session_policy(dice: Dice, theme: Theme) -> Document:
    """A session policy."""
    return _limit(dice, theme, dice.chance(50))


def service_control(dice: Dice, theme: Theme) -> Document:
    """An SCP beside `FullAWSAccess`, or in its place: a Deny, or a list of what is allowed."""
    return document(dice, [identity_statement(dice, theme, an_effect(dice, 60)) for _ in range(_length(dice, theme))])


def resource_control(dice: Dice, theme: Theme) -> Document:
    """A customer's RCP: Deny only, for everybody, and without `NotAction` (P7)."""
    return document(dice, [_resource_statement(dice, theme) for _ in range(_length(dice, theme))])


def _resource_statement(dice: Dice, theme: Theme) -> Document:
    statement = {**identity_statement(dice, theme, "Deny"), "Principal": "*"}
    if "NotAction" in statement:
        statement["Action"] = statement.pop("NotAction")
    return statement if "Condition" in statement else conditional(dice, theme, statement, "Deny")


def endpoint_policy(dice: Dice, theme: Theme) -> Document:
    """The policy of a VPC endpoint: everything for everybody, mostly with more."""
    statements = [] if dice.chance(50) else [{**EVERYTHING, "Principal": "*"}]
    if not statements or dice.chance(75):
        effect = "Allow" if not statements else an_effect(dice, 60)
        statements.append({**identity_statement(dice, theme, effect), **_endpoint_principal(dice, theme)})
    return document(dice, statements)


def _endpoint_principal(dice: Dice, theme: Theme) -> Document:
    if dice.chance(35):
        return {"Principal": dice.one(("*", "*", {"AWS": "*"}))}
    if dice.chance(45):
        return {"Principal": {"AWS": dice.one((HOME, iam(theme.world.partition, HOME, "root"), PARTNER))}}
    return {"NotPrincipal" if dice.chance(4) else "Principal": listed_principals(dice, theme.world)}


def _limit(dice: Dice, theme: Theme, alone: bool) -> Document:
    """One statement, or everything with a few more."""
    if alone:
        return document(dice, [identity_statement(dice, theme, "Allow")])
    statements = [EVERYTHING] if dice.chance(75) else []
    extra = dice.count(0, 2)
    return document(
        dice, statements + [identity_statement(dice, theme, an_effect(dice, 40)) for _ in range(extra)] or [EVERYTHING]
    )


def _length(dice: Dice, theme: Theme) -> int:
    return 1 if theme.focused else dice.count(1, 2)
