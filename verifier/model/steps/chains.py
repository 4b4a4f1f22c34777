"""Steps that change what later requests may do, and chains of them (W2, E0–E5; docs/reach.md).

In: nothing (plain data). Out: frozen dataclasses shared by `evaluate`, `verify` and `report`.
Guarantee: a `Move` says all that its step changes; nothing is left to whoever applies it.
"""

from __future__ import annotations

from dataclasses import dataclass

from verifier.model.estate import Estate, Group, Identity, Key, ManagedPolicy
from verifier.model.grant import Grant, Pairs
from verifier.model.policy import Policy
from verifier.model.request import Caller, Request
from verifier.model.step_kinds import StepKind

# --- what a step changes ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class KeyPolicyPut:
    """The key policy `default` of a key (an ARN) is now `policy`."""

    key: str
    policy: Policy


@dataclass(frozen=True)
class GrantCreated:
    """A key has one grant more."""

    key: str
    grant: Grant


@dataclass(frozen=True)
class KeyTagged:
    """Tags of a key are set (`tags`) or taken away (`removed`, tag names). Tag names are case-sensitive here."""

    key: str
    tags: Pairs = ()
    removed: tuple[str, ...] = ()


@dataclass(frozen=True)
class AliasMoved:
    """An alias (`alias/payments`) of an account and Region now belongs to `key`; to none where that is `None`
    (deleted)."""

    alias_arn: str
    key: str | None


@dataclass(frozen=True)
class KeyReplicated:
    """A multi-Region key has the replica `replica`: same account, key ID and material, its own policy."""

    key: str
    replica: Key


@dataclass(frozen=True)
class ReEncrypted:
    """What `key` encrypted can be decrypted under `onto` (both ARNs)."""

    key: str
    onto: str


@dataclass(frozen=True)
class MaterialImported:
    """The caller may have chosen, and so may know, the material of a key."""

    key: str


@dataclass(frozen=True)
class KeyShared:
    """A key is in a resource share: who may use it then is not documented (E3)."""

    key: str


@dataclass(frozen=True)
class PolicyAdded:
    """A user, role or group (`owner`, an ARN) has `policy` attached. One of the same `identity` gives way: an
    inline policy is `OWNER_ARN#NAME`. `known` is false where the document is one of AWS's that the input does not hold:
    then `policy` has no statements, and what it allows is an `Unmodelled` (may allow)."""

    owner: str
    policy: Policy
    known: bool = True


@dataclass(frozen=True)
class Created:
    """There is a user or role without policies, a role with its trust policy; a group; or a managed policy."""

    made: Identity | Group | ManagedPolicy


@dataclass(frozen=True)
class PolicyRemoved:
    """A user, role or group (`owner`, an ARN) has lost its policy of this `identity`: an inline one, or a managed one
    that was attached."""

    owner: str
    identity: str


@dataclass(frozen=True)
class IdentityTagged:
    """Tags of a user or role (`owner`, an ARN) are set (`tags`) or taken away (`removed`, tag names)."""

    owner: str
    tags: Pairs = ()
    removed: tuple[str, ...] = ()


@dataclass(frozen=True)
class BoundaryPut:
    """The permissions boundary of a user or role (`owner`, an ARN) is `policy`; `None`: it has none. `known` is false
    where the document is not in the input: then it may refuse anything."""

    owner: str
    policy: Policy | None
    known: bool = True


@dataclass(frozen=True)
class VersionSet:
    """The document in force of a customer managed policy is `policy`, wherever it is attached: as identity policy and
    as boundary."""

    arn: str
    policy: Policy


@dataclass(frozen=True)
class TrustPut:
    """The trust policy of a role is `policy`."""

    role: str
    policy: Policy


@dataclass(frozen=True)
class GroupJoined:
    """A user is in one group more."""

    user: str
    group: str


@dataclass(frozen=True)
class GroupLeft:
    """A user is in one group less."""

    user: str
    group: str


@dataclass(frozen=True)
class Became:
    """The caller holds one more user or session."""

    caller: Caller


Change = (
    KeyPolicyPut
    | GrantCreated
    | KeyTagged
    | AliasMoved
    | KeyReplicated
    | ReEncrypted
    | MaterialImported
    | KeyShared
    | PolicyAdded
    | VersionSet
    | TrustPut
    | Created
    | PolicyRemoved
    | IdentityTagged
    | BoundaryPut
    | GroupJoined
    | GroupLeft
    | Became
)


@dataclass(frozen=True)
class Move:
    """One step: the requests that it takes, in order, and what it changes. All requests must be allowed in the state
    before it, and be made by one caller, who is held then; an import may be by two. To use an identity of one's own in
    an account that the input does not name takes no request of this estate."""

    kind: StepKind
    requests: tuple[Request, ...]
    change: Change


@dataclass(frozen=True)
class State:
    """The estate as it is, and what is held: users, root users, exact sessions, identities of providers (E0).

    `equal` pairs a key with another one under which what it encrypted can be decrypted or used (replicas,
    re-encryption); `known` are the keys whose material the caller may know.
    """

    estate: Estate
    held: tuple[Caller, ...]
    equal: frozenset[tuple[str, str]] = frozenset()
    known: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Chain:
    """How a caller brings something about: the steps in order, then the request itself; `access` is `None` where the
    steps alone do it (the material of the key is known, or a key of the caller's own decrypts what it encrypted)."""

    caller: Caller
    moves: tuple[Move, ...]
    access: Request | None
