"""Small random estates for the agreement of the closure with an exhaustive search: three roles, a user, two keys, two
accounts.

In: a seed. Out: an estate, and a caller to ask about.
Guarantee: the same seed gives the same estate. All inventories are complete; every policy, tag and grant is known, so
that what is left open are AWS's own ambiguities (S2). Conditions come from the menus below: `sample` has a request for
every value that one of them asks for.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import lru_cache
from random import Random
from typing import Any

from tests.evaluate.estates import FACTS
from tests.reach.moves import session
from verifier.language.policies.documents import read_policy
from verifier.model.estate import Account, Estate, Group, Identity, Key, ManagedPolicy
from verifier.model.grant import Grant
from verifier.model.organization import Controls, Level, Organization
from verifier.model.policy import Policy, PolicyKind, Principal, principal_named
from verifier.model.request import Caller, CallerKind
from verifier.model.steps.descriptions import OWN_KEYS
from verifier.syntax.source import Source

HOME, PARTNER = "111122223333", "444455556666"
USER = f"arn:aws:iam::{HOME}:user/Ann"
GROUP = f"arn:aws:iam::{HOME}:group/ops"
ROLES = (f"arn:aws:iam::{HOME}:role/app", f"arn:aws:iam::{HOME}:role/ops/deploy", f"arn:aws:iam::{PARTNER}:role/batch")
KEYS = tuple(
    f"arn:aws:kms:us-west-2:{account}:key/{number}234abcd-12ab-34cd-56ef-1234567890ab"
    for account, number in ((HOME, 1), (HOME, 2))
)
ACROSS = f"arn:aws:kms:us-west-2:{PARTNER}:key/3234abcd-12ab-34cd-56ef-1234567890ab"
STRANGER = "arn:aws:iam::777788889999:role/example"
"""A role of an account that has no inventory."""
SAML = f"arn:aws:iam::{HOME}:saml-provider/corp"
EDGE = f"arn:aws:iam::{HOME}:policy/edge"
PARTNERS_EDGE = f"arn:aws:iam::{PARTNER}:policy/edge"
TEAM, COLOURS, EXTERNAL_ID, LAMBDA = "team", ("red", "blue"), "x1", "lambda.amazonaws.com"
ALIAS, REPLICA_REGION = "alias/open", "eu-west-1"

Statement = dict[str, Any]


@dataclass(frozen=True)
class Question:
    """An estate, and whom to ask about."""

    estate: Estate
    caller: Caller
    theme: str | None = None
    """The kind of step that it turns on, if there is one (`themes`)."""


def document(statements: list[Statement], kind: PolicyKind, identity: str, name: str | None = None) -> Policy:
    """A policy of these statements."""
    return _read(
        json.dumps({"Version": "2012-10-17", "Statement": statements}),
        kind,
        identity,
        name or identity.rsplit("#", 1)[-1],
    )


@lru_cache(maxsize=4096)
def _read(text: str, kind: PolicyKind, identity: str, name: str) -> Policy:
    return read_policy(Source("policy.json", text), kind, identity=identity, name=name)


def own_key(*grantees: str) -> Key:
    """A key of the caller's own, in an account that nobody else knows, which lets principals encrypt under it by grants
    (W2)."""
    arn = f"arn:aws:kms:us-west-2:666655554444:key/{OWN_KEYS[0]}"
    policy = document(
        [{"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"}], PolicyKind.KEY, f"{arn}#default"
    )
    named = [found for found in map(principal_named, grantees) if isinstance(found, Principal)]
    grants = tuple(
        Grant(f"own-{number}", found, ("kms:ReEncryptTo",), issuing_account="666655554444")
        for number, found in enumerate(named)
    )
    return Key(arn, None, (policy,), **{**FACTS, "aliases": (), "tags": (), "grants": grants})


def random_question(seed: int) -> Question:
    """The estate of a seed, and a caller of it."""
    from tests.reach.places import placed
    from tests.reach.themes import themed

    return placed(seed, themed(seed, _Maker(Random(seed)).question()))


class _Maker:
    """Draws the parts of one estate."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._aliased = False
        first = KEYS[0].replace("key/1", "key/mrk-1") if self._chance(0.15) else KEYS[0]
        self._keys = (first, self._one(KEYS[1], KEYS[1], ACROSS))

    # -- drawing --

    def _chance(self, probability: float) -> bool:
        return self._random.random() < probability

    def _one(self, *options: Any) -> Any:
        return self._random.choice(options)

    def _some(self, *options: str) -> list[str]:
        return self._random.sample(options, self._random.randint(1, min(2, len(options))))

    def _condition(self, menu: tuple[dict[str, Any], ...], probability: float = 0.4) -> dict[str, Any]:
        return {"Condition": self._random.choice(menu)} if self._chance(probability) else {}

    # -- statements --

    def _about_keys(self) -> Statement:
        """What an identity policy, or a boundary, says of keys."""
        action, menu = self._one(*_KEY_ACTIONS)
        return {"Action": action, "Resource": self._one("*", *self._keys), **self._condition(menu)}

    def _about_identities(self) -> Statement:
        action, on, menu = self._one(*_IAM_ACTIONS)
        return {"Action": action, "Resource": self._one("*", *on), **self._condition(menu)}

    def _own(self, owner: str) -> list[Statement]:
        """The statements of an identity policy."""
        found = [{"Effect": "Allow", **self._about_keys()}] if self._chance(0.35) else []
        found += [{"Effect": "Allow", **self._about_identities()} for _ in range(self._one(0, 1, 1, 2))]
        if self._chance(0.25):
            found.append({"Effect": "Deny", **self._one(self._about_keys, self._about_identities)()})
        if any(one["Action"] == "iam:PassRole" for one in found):
            found.append(
                {"Effect": "Allow", "Action": self._some("lambda:CreateFunction", "ec2:RunInstances"), "Resource": "*"}
            )
        if self._chance(0.5):
            found.append({"Effect": "Allow", "Action": "sts:*", "Resource": self._one("*", *ROLES)})
        return found or [{"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}]

    def _trust(self, role: str) -> Policy:
        found: list[Statement] = [
            {
                "Effect": "Allow",
                "Principal": self._principal(0.1),
                "Action": self._one("sts:AssumeRole", "sts:*", "sts:*"),
            }
        ]
        found[0] |= self._condition(_TRUST_CONDITIONS, 0.4)
        if self._chance(0.25):
            found.append(
                {
                    "Effect": "Allow",
                    "Principal": {"Service": self._one(LAMBDA, "ec2.amazonaws.com")},
                    "Action": "sts:AssumeRole",
                }
            )
        if self._chance(0.15):
            found.append(
                {
                    "Effect": "Deny",
                    "Principal": self._principal(0.3),
                    "Action": "sts:*",
                    **self._condition(_TRUST_CONDITIONS, 0.7),
                }
            )
        return document(found, PolicyKind.TRUST, f"{role}#trust")

    def _principal(self, everyone: float) -> Any:
        if self._chance(everyone):
            return self._one("*", {"AWS": "*"})
        return {"AWS": self._some(USER, *ROLES, f"arn:aws:iam::{HOME}:root", f"arn:aws:iam::{PARTNER}:root")}

    def _key_policy(self, key: str) -> Policy:
        found: list[Statement] = []
        if self._chance(0.5):
            found.append(
                {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{key.split(':')[4]}:root"}, "Action": "kms:*"}
            )
        for _ in range(self._one(0, 1, 1, 2)):
            action, menu = self._one(*_KEY_ACTIONS)
            found.append(
                {"Effect": "Allow", "Principal": self._principal(0.1), "Action": action, **self._condition(menu, 0.5)}
            )
        if self._chance(0.2):
            action, menu = self._one(*_KEY_ACTIONS)
            found.append(
                {"Effect": "Deny", "Principal": self._principal(0.4), "Action": action, **self._condition(menu, 0.6)}
            )
        found = found or [
            {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{HOME}:root"}, "Action": "kms:Describe*"}
        ]
        return document([{**one, "Resource": "*"} for one in found], PolicyKind.KEY, f"{key}#default")

    # -- parts --

    def _tags(self, probability: float) -> tuple[tuple[str, str], ...]:
        return ((TEAM, self._one(*COLOURS)),) if self._chance(probability) else ()

    def _identity(self, arn: str) -> Identity:
        bounded = self._chance(0.2)
        home = arn.split(":")[4] == HOME
        edge = self._edge("#boundary", PolicyKind.BOUNDARY, EDGE if home else PARTNERS_EDGE) if bounded else None
        policies = [document(self._own(arn), PolicyKind.IDENTITY, f"{arn}#own")]
        if home and self._chance(0.15):
            policies.append(self._edge("", PolicyKind.IDENTITY))
        trust = self._trust(arn) if ":role/" in arn else None
        return Identity(arn, tuple(policies), self._tags(0.4), bounded=bounded, boundary=edge, trust=trust)

    def _edge(self, suffix: str, kind: PolicyKind, arn: str = EDGE) -> Policy:
        """The one managed policy of each account: the same document wherever it is attached."""
        if not hasattr(self, "_edge_statements"):
            self._edge_statements = [
                {
                    "Effect": "Allow",
                    "Action": self._one("*", ["kms:*"], ["kms:*", "sts:*"], ["iam:*", "sts:*"]),
                    "Resource": "*",
                }
            ]
            if self._chance(0.3):
                self._edge_statements.append(
                    {
                        "Effect": "Deny",
                        "Action": self._one("kms:Decrypt", "iam:Put*", "kms:CreateGrant"),
                        "Resource": "*",
                    }
                )
        return document(self._edge_statements, kind, f"{arn}{suffix}", "edge")

    def _grants(self, key: str) -> tuple[Grant, ...]:
        if not self._chance(0.25):
            return ()
        grantee = principal_named(self._one(USER, *ROLES))
        assert not hasattr(grantee, "message")
        subset = (("app", "x"),) if self._chance(0.3) else None
        operations = tuple(f"kms:{name}" for name in self._some("Decrypt", "CreateGrant", "Encrypt"))
        return (Grant("g1", grantee, operations, issuing_account=key.split(":")[4], context_subset=subset),)

    def _key(self, arn: str) -> Key:
        facts = {**FACTS, "tags": self._tags(0.6), "grants": self._grants(arn)}
        facts["origin"] = "EXTERNAL" if self._chance(0.15) else "AWS_KMS"
        facts["aliases"] = (ALIAS,) if self._chance(0.2) and not self._aliased else ()
        self._aliased = self._aliased or bool(facts["aliases"])
        if "key/mrk-" in arn:
            facts |= {"multi_region": True, "multi_region_type": "PRIMARY"}
        return Key(arn, None, (self._key_policy(arn),), **facts)

    def _organization(self) -> Organization | None:
        if not self._chance(0.4):
            return None
        full = document([{"Effect": "Allow", "Action": "*", "Resource": "*"}], PolicyKind.SCP, "FullAWSAccess")
        controls = []
        for account in (HOME, PARTNER):
            scps = [full]
            if self._chance(0.5):
                action, condition = self._one(*_SCP_DENIES)
                denied = {"Effect": "Deny", "Action": action, "Resource": "*", **condition}
                scps.append(document([denied], PolicyKind.SCP, f"p-{account}"))
            rcps: tuple[Level, ...] = ()
            if self._chance(0.2):
                bars = {
                    "Effect": "Deny",
                    "Principal": "*",
                    "Action": self._one("kms:Decrypt", "sts:AssumeRole"),
                    "Resource": "*",
                }
                bars["Condition"] = {"StringNotEquals": {"aws:PrincipalAccount": account}}
                rcps = (Level(account, (document([bars], PolicyKind.RCP, f"rcp-{account}"),)),)
            controls.append(Controls(account, (Level("r-ab12", (full,)), Level(account, tuple(scps))), rcps))
        return Organization("o-a1b2c3d4e5", "999988887777", ((HOME, None), (PARTNER, None)), tuple(controls))

    def question(self) -> Question:
        """Draws the whole."""
        user, roles = self._identity(USER), [self._identity(role) for role in ROLES]
        group = Group(GROUP, (document(self._own(GROUP), PolicyKind.IDENTITY, f"{GROUP}#own"),))
        groups = (group,) if self._chance(0.3) else ()
        if groups and self._chance(0.4):
            user = replace(user, policies=(*user.policies, *group.policies), groups=(GROUP,))
        versions = [("v1", self._edge("", PolicyKind.IDENTITY))]
        if self._chance(0.3):
            versions.append(
                (
                    "v2",
                    document(
                        [{"Effect": "Allow", "Action": self._one("*", "kms:*"), "Resource": "*"}],
                        PolicyKind.IDENTITY,
                        EDGE,
                        "edge",
                    ),
                )
            )
        managed = (ManagedPolicy(EDGE, tuple(versions), "v1"),)
        home = Account(HOME, (user,), tuple(roles[:2]), groups=groups, managed=managed, providers=())
        theirs = (ManagedPolicy(PARTNERS_EDGE, (("v1", self._edge("", PolicyKind.IDENTITY, PARTNERS_EDGE)),), "v1"),)
        partner = Account(PARTNER, (), (roles[2],), managed=theirs, providers=())
        keys = tuple(self._key(arn) for arn in self._keys)
        estate = Estate(keys, (home, partner), self._organization())
        caller: Caller = self._one(Caller(CallerKind.USER, USER, HOME), *(session(role) for role in ROLES))
        return Question(estate, caller)


# --- menus ------------------------------------------------------------------------------------------------------------

ABAC = (
    {"StringEquals": {"aws:ResourceTag/team": "blue"}},
    {"StringNotEquals": {"aws:ResourceTag/team": "red"}},
    {"StringEquals": {"aws:PrincipalTag/team": "blue"}},
    {"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}},
    {"Null": {"aws:ResourceTag/team": "true"}},
)
BY_ALIAS = ({"ForAnyValue:StringEquals": {"kms:ResourceAliases": ALIAS}}, {"Null": {"kms:ResourceAliases": "true"}})
TAG_CONDITIONS: tuple[dict[str, Any], ...] = (
    {"StringEquals": {"aws:RequestTag/team": "blue"}},
    {"ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}},
    {"StringLike": {"aws:RequestTag/team": "b*"}},
    {"StringNotLikeIfExists": {"aws:RequestTag/team": ["r?d", "g*"]}},
    {"StringNotEqualsIgnoreCase": {"aws:RequestTag/team": "RED"}},
    {"ForAnyValue:StringLike": {"aws:TagKeys": "te*"}},
    {"ForAllValues:StringNotLike": {"aws:TagKeys": "Team?"}},
    {"Null": {"aws:RequestTag/team": "true"}},
    {"StringEquals": {"aws:ResourceTag/team": "red"}},
)
GRANT_CONDITIONS: tuple[dict[str, Any], ...] = (
    {"ForAllValues:StringEquals": {"kms:GrantOperations": ["Decrypt", "DescribeKey"]}},
    {"ForAllValues:StringEquals": {"kms:GrantOperations": ["Encrypt"]}},
    {"ArnLike": {"kms:GranteePrincipal": ROLES[1]}},
    {"StringEquals": {"kms:GrantConstraintType": "EncryptionContextSubset"}},
    *ABAC,
)
_KEY_ACTIONS: tuple[tuple[Any, tuple[dict[str, Any], ...]], ...] = (
    ("kms:*", ABAC),
    ("kms:Decrypt", (*ABAC, *BY_ALIAS, {"StringEquals": {"kms:EncryptionContext:app": "x"}})),
    (["kms:CreateAlias", "kms:UpdateAlias", "kms:DeleteAlias"], BY_ALIAS),
    (["kms:GetParametersForImport", "kms:ImportKeyMaterial"], ABAC),
    (["kms:ReplicateKey", "kms:CreateKey"], ({"StringEquals": {"kms:ReplicaRegion": REPLICA_REGION}}, *ABAC)),
    ("kms:PutKeyPolicy", (*ABAC, {"Null": {"kms:BypassPolicyLockoutSafetyCheck": "true"}})),
    (["kms:TagResource", "kms:UntagResource"], TAG_CONDITIONS),
    ("kms:CreateGrant", GRANT_CONDITIONS),
    (["kms:ReEncrypt*", "kms:Encrypt"], ABAC),
)  # fmt: skip
_BOUNDARIES: tuple[dict[str, Any], ...] = (
    {"StringEquals": {"iam:PermissionsBoundary": EDGE}},
    {"ArnLike": {"iam:PermissionsBoundary": "arn:aws:iam::*:policy/e*"}},
    {"StringNotLike": {"iam:PermissionsBoundary": "*/edge"}},
    {"ForAnyValue:StringEqualsIgnoreCase": {"iam:PermissionsBoundary": EDGE.upper()}},
    {"ArnNotEqualsIfExists": {"iam:PermissionsBoundary": EDGE}},
    {"Null": {"iam:PermissionsBoundary": "true"}},
)
WRITES = (
    *_BOUNDARIES,
    {"StringEquals": {"aws:ResourceTag/team": "blue"}},
    {"StringEquals": {"iam:ResourceTag/team": "${aws:PrincipalTag/team}"}},
)
_OPEN = WRITES[-2:]
"""What may be asked of anything that is written to."""
_ATTACHES: tuple[dict[str, Any], ...] = (
    *WRITES,
    {"ArnEquals": {"iam:PolicyARN": EDGE}},
    {"ArnNotLike": {"iam:PolicyARN": "arn:aws:iam::aws:policy/Admin*"}},
    {"StringLike": {"iam:PolicyARN": "*:policy/Administrator*"}},
    {"ForAnyValue:ArnLike": {"iam:PolicyARN": ["arn:aws:iam::*:policy/edge?", "arn:aws:iam::1*:policy/e*"]}},
    {"StringNotEqualsIgnoreCaseIfExists": {"iam:PolicyARN": EDGE.upper()}},
)
PASSES: tuple[dict[str, Any], ...] = (
    {"StringEquals": {"iam:PassedToService": LAMBDA}},
    {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}},
    {"StringLike": {"iam:PassedToService": "ec2.*"}},
    {"StringLike": {"iam:PassedToService": ["*a.amazonaws.com", "ec2.amazonaws.com.cn"]}},
    {"ForAnyValue:StringLike": {"iam:PassedToService": ["e?2.*", "glue.*"]}},
    {"StringLikeIfExists": {"iam:PassedToService": "lamb*"}},
    {"StringNotLike": {"iam:PassedToService": ["lambda*", "glue*"]}},
    {"StringNotEqualsIgnoreCase": {"iam:PassedToService": "EC2.amazonaws.com"}},
    {"ForAllValues:StringEquals": {"iam:PassedToService": [LAMBDA, "glue.amazonaws.com"]}},
    {"Null": {"iam:PassedToService": "false"}},
)
_IAM_ACTIONS: tuple[tuple[Any, tuple[str, ...], tuple[dict[str, Any], ...]], ...] = (
    ("iam:PutRolePolicy", ROLES, WRITES),
    ("iam:AttachRolePolicy", ROLES, _ATTACHES),
    ("iam:UpdateAssumeRolePolicy", ROLES, WRITES),
    (["iam:PutUserPolicy", "iam:AttachUserPolicy"], (USER,), _ATTACHES),
    (["iam:DeleteRolePolicy", "iam:DetachRolePolicy"], ROLES, _ATTACHES),
    (["iam:DeleteUserPolicy", "iam:DetachUserPolicy", "iam:RemoveUserFromGroup"], (USER, GROUP), _ATTACHES),
    (["iam:DeleteRolePermissionsBoundary", "iam:DeleteUserPermissionsBoundary"], (USER, *ROLES), WRITES),
    (["iam:PutRolePermissionsBoundary", "iam:PutUserPermissionsBoundary"], (USER, *ROLES), WRITES),
    ("iam:CreateAccessKey", (USER,), _OPEN),
    (["iam:CreateRole", "iam:CreateUser", "iam:PutRolePolicy"], (), WRITES[:-2]),
    (["iam:CreatePolicy", "iam:AttachRolePolicy"], (), _ATTACHES[-5:]),
    (["iam:TagUser", "iam:TagRole", "iam:UntagRole"], (USER, *ROLES), TAG_CONDITIONS),
    (["iam:AddUserToGroup", "iam:PutGroupPolicy"], (GROUP,), _OPEN[1:]),
    ("iam:CreatePolicyVersion", (EDGE,), ({"Bool": {"aws:ViaAWSService": "false"}},)),
    ("iam:SetDefaultPolicyVersion", (EDGE,), ({"Bool": {"aws:ViaAWSService": "false"}},)),
    ("iam:PassRole", ROLES, PASSES),
    ("iam:PassRole", ROLES, PASSES),
    ("iam:*", (), WRITES),
)
_TRUST_CONDITIONS: tuple[dict[str, Any], ...] = (
    {"StringEquals": {"sts:ExternalId": EXTERNAL_ID}},
    {"StringEquals": {"aws:PrincipalTag/team": "blue"}},
    {"StringEquals": {"aws:RequestTag/team": "blue"}},
    {"StringEqualsIfExists": {"aws:RequestTag/team": "${aws:PrincipalTag/team}"}},
    {"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}},
    {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/*"}},
)
_SCP_DENIES: tuple[tuple[Any, dict[str, Any]], ...] = (
    ("iam:*", {}),
    (["kms:PutKeyPolicy", "kms:TagResource"], {}),
    ("sts:AssumeRole", {"Condition": {"StringNotEquals": {"aws:PrincipalTag/team": "blue"}}}),
    ("kms:CreateGrant", {"Condition": {"ForAnyValue:StringEquals": {"kms:GrantOperations": ["Decrypt"]}}}),
    ("*", {"Condition": {"ArnLike": {"aws:PrincipalArn": ROLES[0]}}}),
)
