"""What requests are about: a key, an alias, or no resource (R4); for steps, what they change (E1–E5). Which facts a key
can have (U3).

In: keys, roles, users … of the estate. Out: targets; key facts as values of the attribute `facts`.
Guarantee: a target's facts are every combination that agrees with what is given.
"""

from __future__ import annotations

import re
from enum import Enum
from functools import cache, lru_cache

from verifier.frozen import Frozen
from verifier.model.estate import Estate, Identity, Key, Pairs
from verifier.model.reference import KeyFacts, actions, key_facts
from verifier.model.steps.actions import step_actions


class TargetKind(Enum):
    """What a request is about (R4)."""

    KEY = "key"
    ALIAS = "alias"
    NONE = "operations without a key"
    ROLE = "role"
    USER = "user"
    GROUP = "group"
    POLICY = "managed policy"
    """A customer managed policy."""
    INSTANCE_PROFILE = "instance profile"
    SAML_PROVIDER = "SAML provider"
    ACCOUNT = "account"
    """Something that the request itself names or makes in an account: a function, a resource share (E3)."""
    WORKLOAD = "code that runs"
    """Code that runs, or something else that the request which changes it names (E5)."""
    FEDERATED = "federated user"
    """A session of `GetFederationToken` that the request asks for in an account (F3)."""
    DOUBT = "doubt"
    """Something in an account that is in doubt: what it is, nothing but the action and the account says (W1)."""


STEP_KINDS = frozenset(TargetKind) - {TargetKind.KEY, TargetKind.ALIAS, TargetKind.NONE}
"""What the requests of steps are about, beside keys and aliases (docs/reach.md)."""
FEDERATING = frozenset({"sts:GetFederationToken", "sts:TagSession"})
"""What a user or root user asks for to make a federated session with tags [IAM: id_session-tags]."""


@cache
def actions_on(kind: TargetKind) -> frozenset[str]:
    """The known actions for a kind of target."""
    if kind is TargetKind.FEDERATED:
        return FEDERATING
    if kind in STEP_KINDS:
        return frozenset(a.name for a in step_actions() if a.on.name == kind.name)
    fits = {TargetKind.KEY: "key", TargetKind.ALIAS: "alias"}
    return frozenset(a.name for a in actions() if (fits[kind] in a.resources if kind in fits else not a.resources))


class Target(Frozen):
    """The resource of the requests in question. `account` and `region` are `None` where the request decides them (D9).
    `identity` is the role or user, `None` where the input does not have it, or for another kind of target. `members`,
    where there are any, are targets of one kind and account that are asked about together: then which of them a request
    is on is an attribute of it (`problem.steps.many`). `actions` are those that are asked about, where these are not
    all of its kind. `tags` are those of code that runs (`None`: not known)."""

    kind: TargetKind
    partition: str
    account: str | None = None
    region: str | None = None
    resource: str | None = None
    key: Key | None = None
    identity: Identity | None = None
    members: tuple[Target, ...] = ()
    actions: frozenset[str] = frozenset()
    tags: Pairs | None = None

    @property
    def of_step(self) -> bool:
        """True iff this is what a step changes, neither a key nor an alias."""
        return self.kind in STEP_KINDS


def key_target(key: Key) -> Target:
    return Target(TargetKind.KEY, key.partition, key.account, key.region, key.arn, key)


def step_target(estate: Estate, arn: str) -> Target:
    """The requests on a role, user, group, customer managed policy, instance profile or SAML provider with this ARN, or
    in the account whose root user it names (`arn:aws:iam::111122223333:root`). Raises `ValueError` for another ARN."""
    fields = arn.split(":", 5)
    kind = _KINDS.get(fields[5].split("/", 1)[0]) if len(fields) == 6 and fields[2] == "iam" else None
    if kind is None:
        raise ValueError(f"{arn} is no role, user, group, managed policy, instance profile, SAML provider or account")
    return Target(kind, fields[1], fields[4], None, arn, identity=estate.identity(arn))


_KINDS = {
    "role": TargetKind.ROLE,
    "user": TargetKind.USER,
    "group": TargetKind.GROUP,
    "policy": TargetKind.POLICY,
    "instance-profile": TargetKind.INSTANCE_PROFILE,
    "saml-provider": TargetKind.SAML_PROVIDER,
    "root": TargetKind.ACCOUNT,
}


FACT_FIELDS = {
    "kms:keyspec": 0,
    "kms:customermasterkeyspec": 0,
    "kms:keyusage": 1,
    "kms:customermasterkeyusage": 1,
    "kms:keyorigin": 2,
    "kms:multiregionkeytype": 3,
    "kms:multiregion": 4,
}
"""Condition keys that are facts of the key (F8), by their place in a value of the attribute `facts`."""


def facts_text(facts: KeyFacts) -> str:
    """Key facts as one value of the attribute `facts` (see `FACT_FIELDS`)."""
    kind = facts.multi_region_type
    return "|".join((facts.spec, facts.usage, facts.origin, kind or "", "true" if kind else "false"))


def facts_of_text(text: str) -> KeyFacts:
    """The key facts that a value of the attribute `facts` stands for."""
    spec, usage, origin, kind, _ = text.split("|")
    return KeyFacts(spec, usage, origin, kind or None)


_ID = re.compile(r":key/(?:mrk-|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$)")


def consistent(key: Key) -> tuple[KeyFacts, ...]:
    """The combinations of facts that agree with what is given of a key (U3). The ID of a key that is made tells whether
    it is multi-Region (L9)."""
    multi_region = key.multi_region
    if multi_region is None and _ID.search(key.arn):
        multi_region = ":key/mrk-" in key.arn
    return _consistent(key.partition, key.spec, key.usage, key.origin, multi_region, key.multi_region_type)


@lru_cache(256)
def _consistent(partition: str, *stated: str | bool | None) -> tuple[KeyFacts, ...]:
    def listed(one: KeyFacts) -> tuple[str | bool | None, ...]:
        return one.spec, one.usage, one.origin, one.multi_region_type is not None, one.multi_region_type

    def agrees(one: KeyFacts) -> bool:
        return all(said in (None, fact) for said, fact in zip(stated, listed(one), strict=True))

    return tuple(filter(agrees, key_facts(partition)))
