"""Generated trust policies of roles, and the providers of an account (F3, E2, E2w).

In: choices, a world, an account. Out: documents, to be dumped and read by the parser; ARNs of SAML and OIDC providers.
They decide no request to KMS by themselves: they say which tags a session of the role can have.
"""

from __future__ import annotations

from typing import Any

from tests.agreement.world import NAMES, PARTNER, SERVICES, Dice, World, iam

Document = dict[str, Any]

ISSUER = "idp.example.com"


def providers(dice: Dice, world: World, account: str) -> tuple[str, ...] | None:
    """The identity providers of an account; `None` where they are not listed."""
    if dice.chance(40):
        return None
    names = (f"oidc-provider/{ISSUER}", "saml-provider/Corp")
    return tuple(iam(world.partition, account, name) for name in names if dice.chance(70))


def trust_policy(dice: Dice, world: World, account: str) -> Document:
    """A trust policy: who may assume the role, and with which tags."""
    return {"Version": "2012-10-17", "Statement": [_statement(dice, world, account) for _ in range(dice.count(1, 2))]}


def _statement(dice: Dice, world: World, account: str) -> Document:
    match dice.count(0, 4):
        case 0:
            return {"Effect": "Allow", "Principal": {"Service": dice.one(SERVICES)}, "Action": "sts:AssumeRole"}
        case 1:
            saml = iam(world.partition, account, "saml-provider/Corp")
            return _tagged(
                dice, {"Federated": saml}, "sts:AssumeRoleWithSAML", {"SAML:aud": "https://signin.aws.amazon.com/saml"}
            )
        case 2:
            oidc = iam(world.partition, account, f"oidc-provider/{ISSUER}")
            return _tagged(
                dice, {"Federated": oidc}, "sts:AssumeRoleWithWebIdentity", {f"{ISSUER}:aud": "sts.amazonaws.com"}
            )
        case _:
            somebody = dice.one((account, PARTNER, iam(world.partition, account, "user/Alice")))
            return _tagged(dice, {"AWS": somebody}, "sts:AssumeRole", {})


def _tagged(dice: Dice, principal: Document, action: str, fixed: dict[str, str]) -> Document:
    """A statement that lets somebody pass session tags, or not, and says which."""
    tags = dice.chance(60)
    tests = dict(fixed)
    if tags and dice.chance(60):
        tests[f"aws:RequestTag/{dice.one(('team', 'Team', 'Project'))}"] = dice.one(NAMES)
    statement: Document = {
        "Effect": "Allow",
        "Principal": principal,
        "Action": [action, "sts:TagSession"] if tags else action,
    }
    if tests:
        statement["Condition"] = {"StringEquals": tests}
    if tags and dice.chance(30):
        statement.setdefault("Condition", {})["ForAllValues:StringEquals"] = {"aws:TagKeys": ["team"]}
    return statement
