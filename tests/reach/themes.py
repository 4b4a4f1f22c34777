"""Estates in which one kind of step is in question: the caller may take it, under a condition or none, and it is of
use.

In: a random estate. Out: the same, with what the theme adds.
Guarantee: every kind of step of W2 that `sample` makes has a theme; whether the step gets the caller anywhere is left
to chance.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any

from tests.reach import estates as menus
from tests.reach.estates import GROUP, HOME, KEYS, LAMBDA, ROLES, USER, Question, Statement, document
from verifier.model.estate import Account, Group, Identity, ManagedPolicy, Workload
from verifier.model.policy import PolicyKind
from verifier.model.request import Caller, CallerKind

ONCE = 0.4
"""How often an estate has a theme, and how often a condition is added to what a theme allows."""
DELEGATES = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{HOME}:root"}, "Action": "kms:*"}


def themed(seed: int, question: Question) -> Question:
    """The question with a theme, now and then. What came later is drawn apart, so that most seeds keep their
    estates."""
    random, later = Random(f"theme {seed}"), Random(f"later theme {seed}")
    if random.random() >= ONCE:
        return question
    name = random.choice(sorted(EARLIER))
    if later.random() < len(LATER) / len(THEMES):
        random, name = later, later.choice(sorted(LATER))
    return replace(THEMES[name](Theme(random, question)).question, theme=name)


class Theme:
    """A question to which a theme adds."""

    def __init__(self, random: Random, question: Question) -> None:
        self._random = random
        self.question = question

    def allow(self, action: Any, *conditions: dict[str, Any], resource: Any = "*") -> Statement:
        """A statement, under one of some conditions or none."""
        chosen = {"Condition": self._random.choice(conditions)} if conditions and self._random.random() < ONCE else {}
        return {"Effect": "Allow", "Action": action, "Resource": resource, **chosen}

    def one(self, *options: Any) -> Any:
        """One of some options."""
        return self._random.choice(options)

    def give(self, arn: str, *statements: Statement, **facts: Any) -> Theme:
        """A user or role has one policy more."""

        def given(found: Identity) -> Identity:
            policy = document(list(statements), PolicyKind.IDENTITY, f"{arn}#theme{len(found.policies)}")
            return replace(found, policies=(*found.policies, policy), **facts)

        return self.identity(arn, given)

    def mine(self, *statements: Statement) -> Theme:
        """The caller has one policy more."""
        return self.give(self.question.caller.principal_arn, *statements)

    def identity(self, arn: str, change: Callable[[Identity], Identity]) -> Theme:
        """A user or role is changed."""

        def of(members: tuple[Identity, ...]) -> tuple[Identity, ...]:
            return tuple(change(found) if found.arn == arn else found for found in members)

        return self._accounts(lambda account: replace(account, users=of(account.users), roles=of(account.roles)))

    def _accounts(self, change: Callable[[Account], Account]) -> Theme:
        estate = self.question.estate
        self.question = replace(self.question, estate=replace(estate, accounts=tuple(map(change, estate.accounts))))
        return self

    def _home(self, change: Callable[[Account], Account], of: str = GROUP) -> Theme:
        """The account of what an ARN names is changed: the first one, if it is not told."""
        return self._accounts(lambda account: change(account) if account.id == of.split(":")[4] else account)

    @property
    def edge(self) -> str:
        """The managed policy of the caller's account."""
        return f"arn:aws:iam::{self.question.caller.account}:policy/edge"

    def managed(self, *documents: list[Statement]) -> Theme:
        """That policy has these versions, of which the first is in force wherever it is attached."""
        read = [document(one, PolicyKind.IDENTITY, self.edge, "edge") for one in documents]
        bounding = document(documents[0], PolicyKind.BOUNDARY, f"{self.edge}#boundary", "edge")

        def now(found: Identity) -> Identity:
            policies = tuple(read[0] if one.identity == self.edge else one for one in found.policies)
            bounded = found.boundary is not None and found.boundary.identity == bounding.identity
            return replace(found, policies=policies, boundary=bounding if bounded else found.boundary)

        return self._home(
            lambda account: replace(
                account,
                users=tuple(map(now, account.users)),
                roles=tuple(map(now, account.roles)),
                managed=(
                    ManagedPolicy(self.edge, tuple((f"v{number}", one) for number, one in enumerate(read, 1)), "v1"),
                ),
            ),
            self.edge,
        )

    def attach(self) -> Theme:
        """The caller has it attached."""
        (managed,) = next(
            account.managed for account in self.question.estate.accounts if account.id == self.question.caller.account
        )
        attached = {one.identity: one for _, one in managed.versions[:1]}
        return self.identity(
            self.question.caller.principal_arn,
            lambda found: replace(
                found, policies=tuple(({one.identity: one for one in found.policies} | attached).values())
            ),
        )

    def group(self, *statements: Statement) -> Theme:
        """There is a group with these statements."""
        group = Group(GROUP, (document(list(statements), PolicyKind.IDENTITY, f"{GROUP}#own"),))

        def now(found: Identity) -> Identity:
            policies = {one.identity: one for one in (*found.policies, *group.policies)}
            return replace(found, policies=tuple(policies.values())) if GROUP in found.groups else found

        return self._home(lambda account: replace(account, groups=(group,), users=tuple(map(now, account.users))))

    def key(self, *statements: Statement, **facts: Any) -> Theme:
        """The first key lets its account decide, and has these statements and facts."""
        first, *others = self.question.estate.keys
        found = [DELEGATES, *({**one, "Principal": {"AWS": self.question.caller.principal_arn}} for one in statements)]
        arn = facts.pop("arn", first.arn)
        policy = document([{**one, "Resource": "*"} for one in found], PolicyKind.KEY, f"{arn}#default")
        self.question = replace(
            self.question,
            estate=replace(self.question.estate, keys=(replace(first, arn=arn, policies=(policy,), **facts), *others)),
        )
        return self


def _tag(theme: Theme) -> Theme:
    wanted = theme.one(
        {"StringEquals": {"aws:ResourceTag/team": "blue"}}, {"StringNotEquals": {"aws:ResourceTag/team": "red"}}
    )
    theme.key(
        {"Effect": "Allow", "Action": "kms:Decrypt", "Condition": wanted},
        tags=theme.one((("team", "red"),), (("team", "green"),)),
    )
    return theme.mine(theme.allow("kms:TagResource", *menus.TAG_CONDITIONS))


def _untag(theme: Theme) -> Theme:
    wanted = {"Null": {"aws:ResourceTag/team": "true"}}
    theme.key(
        {"Effect": "Allow", "Action": "kms:Decrypt", "Condition": wanted}, tags=(("team", theme.one("red", "blue")),)
    )
    return theme.mine(theme.allow("kms:UntagResource", *menus.TAG_CONDITIONS[1:3]))


def _alias(theme: Theme) -> Theme:
    wanted, (held, there) = (
        theme.one(*menus.BY_ALIAS),
        theme.one(((), None), ((menus.ALIAS,), ()), ((), (menus.ALIAS,))),
    )
    theme.key({"Effect": "Allow", "Action": "kms:Decrypt", "Condition": wanted}, aliases=held)
    if there is not None:
        estate = theme.question.estate
        theme.question = replace(
            theme.question, estate=replace(estate, keys=(estate.keys[0], replace(estate.keys[1], aliases=there)))
        )
    actions = [f"kms:{theme.one('Create', 'Update', '*')}Alias", "kms:DeleteAlias"]
    key, alias = "arn:aws:kms:*:*:key/*", f"arn:aws:kms:*:*:{menus.ALIAS}"
    others = (
        [key, f"{alias}-*"],
        [key, "arn:aws:kms:eu-*:*:alias/*"],
        [key, "arn:aws:kms:*:*:alias/${aws:username, 'open'}"],
    )
    resource = theme.one("*", "*", [key], [alias], [key, alias], *others)
    return theme.mine(theme.allow(actions, *menus.BY_ALIAS, resource=resource))


def _replicate(theme: Theme) -> Theme:
    arn = theme.question.estate.keys[0].arn.replace("key/1", "key/mrk-1")
    theme.key(arn=arn, multi_region=True, multi_region_type=theme.one("PRIMARY", "PRIMARY", "REPLICA"))
    into, there = (
        tuple({"StringEquals": {key: region}} for region in (menus.REPLICA_REGION, "us-west-2"))
        for key in ("kms:ReplicaRegion", "aws:RequestedRegion")
    )
    return theme.mine(theme.allow("kms:ReplicateKey", *into), theme.allow("kms:CreateKey", *there))


def _import(theme: Theme) -> Theme:
    theme.key(origin=theme.one("EXTERNAL", "EXTERNAL", "AWS_KMS"))
    asked = theme.one(["kms:GetParametersForImport", "kms:ImportKeyMaterial"], "kms:Import*", "kms:*Import*")
    theme.mine(theme.allow(asked, *menus.ABAC))
    if asked != "kms:Import*" or theme.one(True, False):
        return theme
    role = theme.one(*ROLES[:2])  # which gets the parameters
    admitting = {
        "Effect": "Allow",
        "Principal": {"AWS": theme.question.caller.principal_arn},
        "Action": "sts:AssumeRole",
    }
    trust = document([admitting], PolicyKind.TRUST, f"{role}#trust")
    return theme.give(role, theme.allow("kms:GetParametersForImport", *menus.ABAC), trust=trust)


def _pass(theme: Theme) -> Theme:
    role = theme.one(*ROLES[:2])
    theme.key().give(role, theme.allow("kms:Decrypt"))
    trust = document(
        [
            {
                "Effect": "Allow",
                "Principal": {"Service": theme.one(LAMBDA, "ec2.amazonaws.com")},
                "Action": "sts:AssumeRole",
            }
        ],
        PolicyKind.TRUST,
        f"{role}#trust",
    )
    theme.give(role, theme.allow("s3:*"), trust=trust)
    return theme.mine(
        theme.allow("iam:PassRole", *menus.PASSES),
        theme.allow(theme.one("lambda:*eFunction", "ec2:RunInstances", "lambda:*")),
    )


def _provider(theme: Theme) -> Theme:
    """A role is for a SAML provider, which there may be or not."""
    role, providers = theme.one(*ROLES[:2]), theme.one((), (menus.SAML,))
    admitting = {"Effect": "Allow", "Principal": {"Federated": menus.SAML}, "Action": "sts:AssumeRoleWithSAML"}
    theme.key().give(role, theme.allow("kms:Decrypt"), trust=document([admitting], PolicyKind.TRUST, f"{role}#trust"))
    theme._home(lambda account: replace(account, providers=providers))
    asked = theme.one(
        "iam:UpdateSAMLProvider", "iam:CreateSAMLProvider", ["iam:UpdateSAMLProvider", "iam:CreateSAMLProvider"]
    )
    return theme.mine(
        theme.allow(asked, *menus.WRITES[-2:], resource=theme.one("*", menus.SAML, f"{menus.SAML}-other"))
    )


def _code(theme: Theme) -> Theme:
    """A function runs as a role, perhaps one that Lambda may not assume, or as none; who changes it, or gives it the
    role, is told by its name, or by what its tags are."""
    role, tags = theme.one(*ROLES[:2]), theme.one((("team", "red"),), ())
    code = Workload(
        "functions", f"arn:aws:lambda:us-west-2:{HOME}:function:intake", theme.one((role,), (role,), ()), tags
    )
    admitting = {
        "Effect": "Allow",
        "Principal": {"Service": theme.one(LAMBDA, LAMBDA, "ec2.amazonaws.com")},
        "Action": "sts:AssumeRole",
    }
    theme.key().give(role, theme.allow("kms:Decrypt"), trust=document([admitting], PolicyKind.TRUST, f"{role}#trust"))
    theme._home(lambda account: replace(account, workloads=(code,), all_workloads=("functions",)))
    asked = theme.one(
        "lambda:UpdateFunctionCode", "lambda:UpdateFunction*", ["iam:PassRole", "lambda:UpdateFunctionConfiguration"]
    )
    return theme.mine(theme.allow(asked, *menus.ABAC, resource=theme.one("*", code.arn, f"{code.arn}-other")))


def _join(theme: Theme) -> Theme:
    theme.key().group(theme.allow(theme.one("kms:Decrypt", "kms:PutKeyPolicy", "kms:Encrypt")))
    return theme.mine(
        theme.allow(theme.one("iam:AddUserToGroup", "iam:AddUserToGroup", "iam:PutGroupPolicy"), menus.WRITES[-1])
    )


def _version(theme: Theme) -> Theme:
    theme.key().managed([theme.allow("s3:*")], [theme.allow(theme.one("kms:*", "kms:Encrypt"))]).attach()
    return theme.mine(
        theme.allow(
            theme.one("iam:SetDefaultPolicyVersion", "iam:CreatePolicyVersion"),
            {"Bool": {"aws:SecureTransport": "false"}},
        )
    )


def _user(theme: Theme) -> Theme:
    theme.key().give(USER, theme.allow("kms:Decrypt"))
    return theme.mine(
        theme.allow(
            theme.one("iam:CreateAccessKey", "iam:*LoginProfile"), *menus.WRITES[-2:], resource=theme.one("*", USER)
        )
    )


def _federate(theme: Theme) -> Theme:
    """The user asks for federated sessions: the key names one, or a condition tells them from the user."""
    theme.question = replace(theme.question, caller=Caller(CallerKind.USER, USER, HOME))
    fay, tagged = (
        f"arn:aws:sts::{HOME}:federated-user/fay",
        {"StringEquals": {f"aws:PrincipalTag/{menus.TEAM}": "blue"}},
    )
    theme.key()
    first, *others = theme.question.estate.keys
    own = theme.allow("kms:Decrypt", tagged, {"Null": {"aws:username": "true"}})
    if theme.one(True, False):
        named = {**theme.allow(theme.one("kms:Decrypt", "kms:PutKeyPolicy"), tagged), "Principal": {"AWS": fay}}
        policy = document([{**DELEGATES, "Resource": "*"}, named], PolicyKind.KEY, f"{first.arn}#default")
        keys, own = (replace(first, policies=(policy,)), *others), theme.allow("s3:*")
        theme.question = replace(theme.question, estate=replace(theme.question.estate, keys=keys))
    passes = theme.allow(
        "sts:TagSession", *({"StringEquals": {f"aws:RequestTag/{menus.TEAM}": colour}} for colour in menus.COLOURS)
    )
    asking = ({"Null": {"aws:TagKeys": "true"}}, {"StringEquals": {f"aws:RequestTag/{menus.TEAM}": "blue"}})
    asks = theme.allow("sts:GetFederationToken", *asking, resource=theme.one("*", fay, f"{fay}2"))
    return theme.mine(asks, own, *theme.one((), (passes,)))


def _grant(theme: Theme) -> Theme:
    return theme.key().mine(theme.allow("kms:CreateGrant", *menus.GRANT_CONDITIONS))


def _taken_away(theme: Theme) -> Theme:
    mine = theme.question.caller.principal_arn
    kind = "User" if ":user/" in mine else "Role"
    theme.key().give(
        mine, {"Effect": "Deny", "Action": theme.one("kms:Decrypt", "kms:*", "kms:Encrypt"), "Resource": "*"}
    )
    return theme.mine(
        theme.allow(theme.one("kms:Decrypt", "kms:Decrypt", "kms:Encrypt")),
        theme.allow(f"iam:{theme.one('Delete', 'Delete', 'Detach')}{kind}Policy", *menus.WRITES),
    )


def _boundary(theme: Theme) -> Theme:
    mine = theme.question.caller.principal_arn
    kind = "User" if ":user/" in mine else "Role"
    narrow = [{"Effect": "Allow", "Action": "iam:*", "Resource": "*"}]
    boundary = document(narrow, PolicyKind.BOUNDARY, f"{theme.edge}#boundary", "edge")
    theme.key().managed(narrow).give(mine, theme.allow("kms:Decrypt"), bounded=True, boundary=boundary)
    return theme.mine(theme.allow(f"iam:{theme.one('Delete', 'Put')}{kind}PermissionsBoundary", *menus.WRITES))


def _made(theme: Theme) -> Theme:
    theme.key()
    kind, further = theme.one(("Role", []), ("User", ["iam:CreateAccessKey"]))
    writes = theme.one(
        [f"iam:Put{kind}Policy"], [f"iam:Attach{kind}Policy"], [f"iam:Attach{kind}Policy", "iam:CreatePolicy"]
    )
    return theme.mine(
        theme.allow(f"iam:Create{kind}", *menus.WRITES[:-2]), theme.allow([*writes, *further], *menus._ATTACHES[-5:])
    )


def _named(theme: Theme) -> Theme:
    """The user makes another one, or a role, of a name that is told by a variable, a pattern or a condition."""
    theme.question = replace(theme.question, caller=Caller(CallerKind.USER, USER, HOME))
    theme.key()
    first, *others = theme.question.estate.keys
    kind, writes = theme.one(("user", ["iam:CreateAccessKey", "iam:AddUserToGroup"]), ("role", ["sts:AssumeRole"]))
    start = f"arn:aws:iam::{HOME}:{kind}/"
    made = theme.one(
        "w1", "w?", "a/*", "*", "${aws:username}-?", "${aws:username}", f"${{aws:PrincipalTag/{menus.TEAM}}}"
    )
    held = theme.one("*", "w1", "*/w1", "${aws:username}-x", "${aws:username}*", f"${{aws:PrincipalTag/{menus.TEAM}}}")
    names = ("w1", "Ann-x", "w?", "a/*", "*/w1", "${aws:username}-x")
    wanted: list[dict[str, Any]] = [{"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::*:{kind}/{theme.one(*names)}"}}]
    wanted += [
        {"StringEquals": {"aws:username": theme.one("w1", "Ann-x")}},
        {"StringLike": {"aws:username": theme.one("w*", "*-x", "?1")}},
    ]
    condition = theme.one(*wanted)
    condition = {**condition, "StringEquals": {**condition.get("StringEquals", {}), "aws:PrincipalAccount": HOME}}
    admits = {
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": "kms:Decrypt",
        "Resource": "*",
        "Condition": condition,
    }
    policy = document([{**DELEGATES, "Resource": "*"}, admits], PolicyKind.KEY, f"{first.arn}#default")
    theme.question = replace(
        theme.question, estate=replace(theme.question.estate, keys=(replace(first, policies=(policy,)), *others))
    )
    boundary = {"Condition": theme.one(*menus._BOUNDARIES)} if theme.one(True, False, False) else {}
    creates = {**theme.allow(f"iam:Create{kind.title()}", resource=start + made), **boundary}
    theme.identity(USER, lambda found: replace(found, policies=(), groups=()))
    return theme.mine(creates, theme.allow(writes, resource=theme.one("*", start + held)))


def _other_key(theme: Theme) -> Theme:
    """What the first key encrypted can come under the second one alone, by the caller or by a role that it assumes,
    once that is opened."""
    mine, role = theme.question.caller.principal_arn, theme.one(*ROLES[:2])
    opens, other = (
        theme.one("PutKeyPolicy", "PutKeyPolicy", "CreateGrant", "TagResource"),
        theme.question.estate.keys[1],
    )
    abroad = {"StringNotEquals": {"aws:ResourceAccount": HOME}}
    under = {"Effect": "Deny", "Action": "kms:ReEncryptTo", "Resource": "*", "Condition": abroad}
    uses = {"Effect": "Deny", "Action": ["kms:Decrypt", "kms:PutKeyPolicy", "kms:CreateGrant"], "Resource": KEYS[0]}
    admitting = {"Effect": "Allow", "Principal": {"AWS": mine}, "Action": "sts:AssumeRole"}
    holder = theme.one(mine, role, role)
    theme.key(aliases=()).give(mine, under, uses)
    if holder == role:
        trust = document([admitting], PolicyKind.TRUST, f"{role}#trust")
        theme.identity(role, lambda found: replace(found, policies=(), groups=())).give(role, under, uses, trust=trust)
    blue = {"StringEquals": {"aws:ResourceTag/team": "blue"}}
    own = theme.allow(["kms:ReEncryptTo", "kms:Decrypt"], resource=other.arn)
    further = ({**own, "Condition": blue},) if opens == "TagResource" else theme.one((), (own,))
    return theme.give(
        holder,
        theme.allow("kms:ReEncryptFrom", *menus.ABAC, resource=KEYS[0]),
        theme.allow(f"kms:{opens}", resource=other.arn),
        *further,
    )


EARLIER: dict[str, Callable[[Theme], Theme]] = {
    "tags": _tag,
    "untagging": _untag,
    "aliases": _alias,
    "replicas": _replicate,
    "imported material": _import,
    "passed roles": _pass,
    "code that runs": _code,
    "groups": _join,
    "identity providers": _provider,
    "versions": _version,
    "users": _user,
    "grants": _grant,
    "federated sessions": _federate,
    "policies taken away": _taken_away,
    "boundaries": _boundary,
    "what is made": _made,
}
LATER: dict[str, Callable[[Theme], Theme]] = {"names of what is made": _named, "other keys": _other_key}
THEMES = EARLIER | LATER
