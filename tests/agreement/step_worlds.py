"""Generated estates for requests of steps: users and roles with policies, boundaries, tags and trust policies; control
policies (E1–E3); code that runs, with its tags (E5).

In: a tape of choices. Out: an `Estate`, and the condition keys that its policies and the requests share.
"""

from __future__ import annotations

from typing import Any

from tests.agreement.library import Library
from tests.agreement.step_conditions import StepKey, block, some_keys
from tests.agreement.world import HOME, PARTNER, ROLES, USERS, Dice, iam, unique_id
from verifier.model.estate import Account, Estate, Identity, Workload
from verifier.model.organization import Controls, Level, Organization
from verifier.model.policy import Policy, PolicyKind
from verifier.model.unmodelled import Influence, Unmodelled

PROVIDERS = ("oidc-provider/token.actions.githubusercontent.com", "saml-provider/corporate")
_SESSION = f"arn:aws:sts::{HOME}:assumed-role/Admin/nightly"
MANAGEMENT = "999988887777"
Document = dict[str, Any]
EVERYTHING: Document = {"Effect": "Allow", "Action": "*", "Resource": "*"}
ACTIONS = (
    *(
        "*",
        "iam:*",
        "sts:*",
        "iam:P*Role*",
        "iam:Attach*",
        "iam:PassRole",
        "sts:AssumeRole",
        "sts:AssumeRole*",
        "STS:assumerole",
    ),
    *(
        "sts:TagSession",
        "iam:PutUserPolicy",
        "iam:CreateAccessKey",
        "iam:*Group*",
        "iam:*Policy*",
        "lambda:*",
        "ram:*",
        "ec2:RunInstances",
    ),
    *("*", "ec2:*", "ssm:*", "iam:*InstanceProfile"),
)
RESOURCES = (
    *(
        "*",
        "*",
        "*",
        "role/*",
        "role/app/*",
        "role/Admin",
        "user/*",
        "user/${aws:username}",
        "user/dev/Bob",
        "group/*",
        "policy/keys",
    ),
    *("role/app/${aws:PrincipalTag/team}*", "role/${aws:username, 'Admin'}"),
    "instance-profile/app/*",
)


CODE = ("i-1", "i-2")
"""Instances: the first is listed, or may be."""


def code(account: str, name: str) -> str:
    """The ARN of an instance."""
    return f"arn:aws:ec2:us-east-1:{account}:instance/{name}"


def arn(account: str, name: str) -> str:
    """An ARN of IAM."""
    return iam("aws", account, name)


def estate(dice: Dice) -> tuple[Estate, tuple[StepKey, ...]]:
    """An estate with two inventories, and what the policies test."""
    library, keys = Library(), some_keys(dice)
    accounts = tuple(_account(dice, library, keys, account) for account in (HOME, PARTNER))
    things = tuple(_unmodelled(dice, number) for number in range(dice.one((0, 0, 0, 0, 1, 1, 2))))
    return Estate((), accounts, _organization(dice, library, keys), things), keys


def _account(dice: Dice, library: Library, keys: tuple[StepKey, ...], account: str) -> Account:
    shared = library.read(_own(dice, keys), PolicyKind.IDENTITY, arn(account, "policy/shared"))
    limit = library.read(_own(dice, keys), PolicyKind.BOUNDARY, f"{arn(account, 'policy/edge')}#boundary")
    names = [name for name in (*USERS, *ROLES) if name in (USERS[0], ROLES[0]) or not dice.chance(8)]
    found = [_identity(dice, library, keys, arn(account, name), (shared, limit)) for name in names]
    users, roles = ([known for known in found if kind in known.arn] for kind in (":user/", ":role/"))
    providers = tuple(arn(account, name) for name in PROVIDERS[: dice.count(0, 2)]) if dice.chance(30) else None
    complete = not dice.chance(15)
    return Account(
        account, tuple(users), tuple(roles), complete, providers=providers, workloads=_running(dice.aside, account)
    )


def _running(dice: Dice, account: str) -> tuple[Workload, ...]:
    tags = dice.one((None, (), (("team", "red"),), (("Team", "Alice"),)))
    return (Workload("instances", code(account, CODE[0]), (arn(account, ROLES[0]),), tags),) if dice.chance(75) else ()


def _identity(
    dice: Dice, library: Library, keys: tuple[StepKey, ...], name: str, shared: tuple[Policy, Policy]
) -> Identity:
    policies = [library.read(_own(dice, keys), PolicyKind.IDENTITY, f"{name}#inline")] if dice.chance(70) else []
    policies += [shared[0]] if dice.chance(40) else []
    bounded = dice.chance(20)
    tags = ((dice.one(("team", "Team")), dice.one(("red", "blue", "Alice"))),) if dice.chance(60) else ()
    trust = (
        library.read(_trust(dice, keys), PolicyKind.TRUST, f"{name}#trust")
        if ":role/" in name and dice.chance(90)
        else None
    )
    known = unique_id(name) if dice.chance(60) else None
    return Identity(
        name, tuple(policies), tags, known, bounded, shared[1] if bounded and dice.chance(90) else None, trust=trust
    )


def _document(statements: list[Document], dice: Dice) -> Document:
    return {"Version": "2012-10-17" if dice.chance(92) else "2008-10-17", "Statement": statements}


def _own(dice: Dice, keys: tuple[StepKey, ...]) -> Document:
    """An identity policy, a boundary or an SCP; many begin with a broad Allow, so that a good part of the requests is
    allowed."""
    statements = [EVERYTHING] if dice.chance(55) else []
    for _ in range(dice.count(0 if statements else 1, 2)):
        statement: Document = {"Effect": "Deny" if statements and dice.chance(60) else "Allow"}
        statement["NotAction" if dice.chance(8) else "Action"] = dice.some(ACTIONS, 1, 2)
        statement["NotResource" if dice.chance(8) else "Resource"] = [_resource(dice) for _ in range(dice.count(1, 2))]
        statements.append(statement | block(dice, keys))
    return _document(statements, dice)


def _resource(dice: Dice) -> str:
    name = dice.one(RESOURCES)
    if name == "*":
        return name
    if dice.chance(10):
        return f"arn:aws:iam:*:{name}"
    return f"arn:{dice.one(('aws', 'aws', '*'))}:iam::{dice.one((HOME, HOME, '*', PARTNER))}:{name}"


def _trust(dice: Dice, keys: tuple[StepKey, ...]) -> Document:
    principals: tuple[Any, ...] = (
        *(
            "*",
            {"AWS": "*"},
            {"AWS": arn(HOME, "root")},
            {"AWS": HOME},
            {"AWS": [HOME, PARTNER]},
            {"AWS": arn(HOME, USERS[0])},
        ),
        *({"AWS": arn(HOME, name)} for name in (*USERS, *ROLES[:2])),
        *(
            {"AWS": arn(PARTNER, "role/Admin")},
            {"Service": "lambda.amazonaws.com"},
            {"AWS": _SESSION},
        ),
        *({"Federated": arn(HOME, name)} for name in PROVIDERS),
        *(
            {"Federated": "cognito-identity.amazonaws.com"},
            {"Federated": "*"},
            {"AWS": f"arn:aws:sts::{HOME}:federated-user/Sam"},
        ),
    )
    actions = (
        "sts:AssumeRole",
        "sts:*",
        "*",
        "sts:AssumeRoleWith*",
        "sts:TagSession",
        ["sts:AssumeRole", "sts:TagSession"],
        "sts:Set*",
    )
    statements = (
        [{"Effect": "Allow", "Principal": {"AWS": [HOME, PARTNER]}, "Action": "sts:*"}] if dice.chance(45) else []
    )
    for number in range(len(statements), dice.count(1, 3)):
        effect = "Deny" if number and dice.chance(40) else "Allow"
        statements.append(
            {"Effect": effect, "Principal": dice.one(principals), "Action": dice.one(actions), **block(dice, keys)}
        )
    return _document(statements, dice)


def _organization(dice: Dice, library: Library, keys: tuple[StepKey, ...]) -> Organization | None:
    if dice.chance(60):
        return None
    service = tuple(
        Level(f"s{n}", (library.read(_own(dice, keys), PolicyKind.SCP, f"p-{n}"),)) for n in range(dice.count(1, 2))
    )
    asked = dice.some(("sts:*", "*", "iam:*", "sts:AssumeRole"), 1, 2)
    limit = {"Effect": "Deny", "Principal": "*", "Action": asked, "Resource": _resource(dice)}
    resource = (Level("r", (library.read(_document([limit | block(dice, keys)], dice), PolicyKind.RCP, "p-r"),)),)
    over = Controls(HOME, service if dice.chance(70) else None, resource if dice.chance(60) else None)
    management = HOME if dice.chance(10) else MANAGEMENT
    return Organization("o-exampleorg", management, ((HOME, None), (MANAGEMENT, None)), (over,))


def _unmodelled(dice: Dice, number: int) -> Unmodelled:
    """What is not known: a policy of somebody, of an account, or a control policy over it (U3, D7)."""
    name, text = f"thing {number}", "something that is not modelled"
    match dice.count(0, 4):
        case 0:
            return Unmodelled(name, "U3", Influence.EITHER, text, principal=arn(HOME, dice.one((*USERS, *ROLES))))
        case 1:
            return Unmodelled(name, "D4", Influence.MAY_REFUSE, text, principal=arn(HOME, dice.one((*USERS, *ROLES))))
        case 2:
            return Unmodelled(name, "U3", Influence.EITHER, text, account=dice.one((HOME, None)))
        case 3:
            return Unmodelled(name, "D7", Influence.MAY_REFUSE, text, account=HOME)
        case _:
            return Unmodelled(name, "D7", Influence.MAY_REFUSE, text, owner=HOME)
