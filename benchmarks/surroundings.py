"""Generated estates around a key: grants, control policies by level, a boundary. In: a seed, sizes. Out: problems.

Guarantee: the same problems for the same arguments.
"""

from __future__ import annotations

import json
import random
from typing import Any

from benchmarks.families import ACCOUNT, INVARIANTS, KEY, PARTNERS, Problem, policy_of, random_policy
from verifier.language.invariants.files import read_invariants
from verifier.language.policies.documents import read_policy
from verifier.model.estate import Account, Estate, Identity, Key
from verifier.model.grant import Grant
from verifier.model.organization import Controls, Level, Organization
from verifier.model.policy import Policy, PolicyKind, Principal, PrincipalType
from verifier.syntax.source import Source

LEVELS = ("r-ab12", "ou-ab12-11111111", "ou-ab12-22222222", ACCOUNT)
"""The levels above the key's account, the root first."""
MANAGEMENT = "999999999999"
OPERATIONS = ("kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:DescribeKey", "kms:CreateGrant")


def _read(document: dict[str, Any], kind: PolicyKind, identity: str) -> Policy:
    return read_policy(
        Source(f"{kind.value}.json", json.dumps(document)), kind, identity=identity, name=identity.rsplit("#", 1)[-1]
    )


def _role(account: str, name: str) -> str:
    return f"arn:aws:iam::{account}:role/{name}"


def grants(count: int, seed: int = 1) -> tuple[Grant, ...]:
    """Grants for as many roles, half with an encryption context of their own, as a service makes them for a volume."""
    source = random.Random(seed)
    found = []
    for number in range(count):
        account = ACCOUNT if number % 4 else source.choice(PARTNERS)
        role = _role(account, f"worker-{number}")
        context = (("aws:ebs:id", f"vol-{number:08x}"),) if number % 2 else None
        operations = tuple(sorted(source.sample(OPERATIONS, source.randint(1, 3))))
        grantee = Principal(PrincipalType.ROLE, role, account, "aws")
        found.append(Grant(f"{number:064x}", grantee, operations, issuing_account=ACCOUNT, context_subset=context))
    return tuple(found)


def _guard(kind: PolicyKind, level: int) -> Policy:
    """What an organization puts on one level: full access in an SCP, and a few things that nobody may do."""
    principal = {"Principal": "*"} if kind is PolicyKind.RCP else {}
    denies: list[dict[str, Any]] = [
        {
            "Action": "kms:*",
            "Resource": "*",
            "Condition": {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-exampleorg"}},
        },
        {
            "Action": "kms:ScheduleKeyDeletion",
            "Resource": "*",
            "Condition": {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/admin"}},
        },
        {
            "Action": ["kms:Put*", "kms:Replicate*"],
            "Resource": "*",
            "Condition": {"StringNotLike": {"aws:PrincipalTag/team": f"{level}*"}},
        },
    ]
    statements = [{"Effect": "Deny", **principal, **deny} for deny in (denies[level % 3], denies[(level + 1) % 3])]
    if kind is PolicyKind.SCP:
        statements.insert(0, {"Effect": "Allow", "Action": "*", "Resource": "*"})
    return _read(policy_of(statements), kind, f"{kind.name}-{level}")


def _organization() -> Organization:
    service = tuple(Level(name, (_guard(PolicyKind.SCP, level),)) for level, name in enumerate(LEVELS))
    resource = tuple(Level(name, (_guard(PolicyKind.RCP, level),)) for level, name in enumerate(LEVELS))
    path = "o-exampleorg/" + "/".join(LEVELS[:3]) + "/"
    accounts = ((ACCOUNT, path), (PARTNERS[0], path), (MANAGEMENT, "o-exampleorg/r-ab12/"))
    return Organization(
        "o-exampleorg",
        MANAGEMENT,
        accounts,
        tuple(Controls(account, service, resource) for account in (ACCOUNT, PARTNERS[0])),
    )


def _inventory() -> Account:
    allow = _read(policy_of([{"Effect": "Allow", "Action": "kms:*", "Resource": "*"}]), PolicyKind.IDENTITY, "shared")
    limit = _read(
        policy_of([{"Effect": "Allow", "Action": ["kms:Decrypt", "kms:Describe*"], "Resource": "*"}]),
        PolicyKind.BOUNDARY,
        "limit",
    )
    roles = (
        Identity(_role(ACCOUNT, "app"), (allow,), bounded=True, boundary=limit),
        Identity(_role(ACCOUNT, "admin"), (allow,)),
        Identity(_role(ACCOUNT, "batch"), (allow,)),
    )
    return Account(ACCOUNT, roles=roles)


def surrounded_problem(seed: int) -> Problem:
    """The random policy of the speed measure with grants, four levels of SCPs and RCPs, an inventory and a boundary."""
    policy = _read(random_policy(seed, 32), PolicyKind.KEY, f"{KEY}#default")
    estate = Estate((Key(KEY, policies=(policy,), grants=grants(20, seed)),), (_inventory(),), _organization())
    return Problem(f"surrounded-{seed}", estate, _invariants())


def granted_problem(count: int) -> Problem:
    """A key whose policy only delegates to its account, with many grants."""
    root = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*", "Resource": "*"}
    policy = _read(policy_of([root]), PolicyKind.KEY, f"{KEY}#default")
    return Problem(
        f"granted-{count}",
        Estate((Key(KEY, policies=(policy,), grants=grants(count)),), (_inventory(),)),
        _invariants(),
    )


def _invariants() -> tuple[Any, ...]:
    return tuple(read_invariants(Source("speed.inv", INVARIANTS)).invariants)
