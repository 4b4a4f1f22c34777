"""Steps that change what later requests may do, and the states between them (W2, E0–E5; docs/reach.md).

In: nothing (plain data). Out: frozen structs shared by `evaluate`, `verify` and `report`.
Guarantee: a `Move` says all that its step changes; nothing is left to whoever applies it.
"""

from __future__ import annotations

from verifier.frozen import Frozen
from verifier.model.estate import Estate, Group, Identity, Key, ManagedPolicy
from verifier.model.grant import Grant, Pairs
from verifier.model.policy import Policy
from verifier.model.request import Caller, CallerKind, Request
from verifier.model.steps.descriptions import StepKind

_OF_AWS = ("arn:aws:iam::aws:policy/", "arn:aws-cn:iam::aws:policy/", "arn:aws-us-gov:iam::aws:policy/")

# --- what a step changes ----------------------------------------------------------------------------------------------


def inline_name(owner: str, identity: str) -> str | None:
    """The name of an inline policy of a user, role or group; `None` for a managed one."""
    name = identity.removeprefix(f"{owner}#")
    return None if name == identity else name


class StepChange(Frozen):
    """What a step changes. Its members, and what follows from them, are what the words and commands of `descriptions`
    name."""

    @property
    def new_references(self) -> tuple[str, ...]:
        """The policies and grants that are new with it, as references to their statements call them."""
        return ()


class KeyPolicyPut(StepChange):
    """The key policy `default` of a key (an ARN) is now `policy`."""

    key: str
    policy: Policy

    @property
    def new_references(self) -> tuple[str, ...]:
        return (self.policy.identity,)


class GrantCreated(StepChange):
    """A key has one grant more."""

    key: str
    grant: Grant

    @property
    def new_references(self) -> tuple[str, ...]:
        return (f"{self.key}#grant:{self.grant.id}",)


class KeyTagged(StepChange):
    """Tags of a key are set (`tags`) or taken away (`removed`, tag names). Tag names are case-sensitive here."""

    key: str
    tags: Pairs = ()
    removed: tuple[str, ...] = ()


class AliasMoved(StepChange):
    """An alias (`alias/payments`) of an account and Region now belongs to `key`; to none where that is `None`
    (deleted)."""

    alias_arn: str
    key: str | None

    @property
    def alias(self) -> str:
        return self.alias_arn.rsplit(":", 1)[-1]


class KeyReplicated(StepChange):
    """A multi-Region key has the replica `replica`: same account, key ID and material, its own policy."""

    key: str
    replica: Key

    @property
    def new_references(self) -> tuple[str, ...]:
        return tuple(policy.identity for policy in self.replica.policies or ())

    @property
    def region(self) -> str:
        """Where the replica is."""
        return self.replica.region

    @property
    def policy(self) -> Policy | None:
        """The key policy of the replica."""
        return next(iter(self.replica.policies or ()), None)


class ReEncrypted(StepChange):
    """What `key` encrypted can be decrypted under `onto` (both ARNs)."""

    key: str
    onto: str


class MaterialImported(StepChange):
    """The caller may have chosen, and so may know, the material of a key."""

    key: str


class KeyShared(StepChange):
    """A key is in a resource share: who may use it then is not documented (E3)."""

    key: str


class PolicyAdded(StepChange):
    """A user, role or group (`owner`, an ARN) has `policy` attached. One of the same `identity` gives way: an
    inline policy is `OWNER_ARN#NAME`. `known` is false where the document is one of AWS's that the input does not hold:
    then `policy` has no statements, and what it allows is an `Unmodelled` (may allow)."""

    owner: str
    policy: Policy
    known: bool = True

    @property
    def new_references(self) -> tuple[str, ...]:
        return () if self.managed and not self.managed.startswith(_OF_AWS) else (self.policy.identity,)

    @property
    def inline(self) -> str | None:
        """The name of an inline policy; `None` for a managed one."""
        return inline_name(self.owner, self.policy.identity)

    @property
    def managed(self) -> str | None:
        """The ARN of a managed policy; `None` for an inline one."""
        return None if self.inline is not None else self.policy.identity

    @property
    def document(self) -> Policy | None:
        """What it says, as far as that is known."""
        return self.policy if self.known else None


class Created(StepChange):
    """There is a user or role without policies, a role with its trust policy; a group; or a managed policy."""

    made: Identity | Group | ManagedPolicy

    @property
    def arn(self) -> str:
        """What it is called."""
        return self.made.arn

    @property
    def path(self) -> str | None:
        path = "/".join(self.arn.split("/")[1:-1])
        return f"/{path}/" if path else None

    @property
    def document(self) -> Policy | None:
        """What a managed policy says."""
        return self.made.versions[0][1] if isinstance(self.made, ManagedPolicy) else None

    @property
    def trust(self) -> Policy | None:
        return self.made.trust if isinstance(self.made, Identity) else None

    @property
    def boundary(self) -> str | None:
        """The ARN of the permissions boundary of a user or role."""
        boundary = self.made.boundary if isinstance(self.made, Identity) else None
        return None if boundary is None else boundary.identity.removesuffix("#boundary")


class PolicyRemoved(StepChange):
    """A user, role or group (`owner`, an ARN) has lost its policy of this `identity`: an inline one, or a managed one
    that was attached."""

    owner: str
    identity: str

    @property
    def inline(self) -> str | None:
        """The name of an inline policy; `None` for a managed one."""
        return inline_name(self.owner, self.identity)

    @property
    def managed(self) -> str | None:
        """The ARN of a managed policy; `None` for an inline one."""
        return None if self.inline is not None else self.identity


class IdentityTagged(StepChange):
    """Tags of a user or role (`owner`, an ARN) are set (`tags`) or taken away (`removed`, tag names)."""

    owner: str
    tags: Pairs = ()
    removed: tuple[str, ...] = ()


class BoundaryPut(StepChange):
    """The permissions boundary of a user or role (`owner`, an ARN) is `policy`; `None`: it has none. `known` is false
    where the document is not in the input: then it may refuse anything."""

    owner: str
    policy: Policy | None
    known: bool = True

    @property
    def managed(self) -> str | None:
        """The ARN of the managed policy that is the boundary; `None` where the boundary is taken away."""
        return None if self.policy is None else self.policy.identity.removesuffix("#boundary")

    @property
    def document(self) -> Policy | None:
        """What it says, as far as that is known."""
        return self.policy if self.known else None


class VersionSet(StepChange):
    """The document in force of a customer managed policy is `policy`, wherever it is attached: as identity policy and
    as boundary."""

    arn: str
    policy: Policy

    @property
    def new_references(self) -> tuple[str, ...]:
        return (self.arn,)


class TrustPut(StepChange):
    """The trust policy of a role is `policy`."""

    role: str
    policy: Policy

    @property
    def new_references(self) -> tuple[str, ...]:
        return (self.policy.identity,)


class GroupJoined(StepChange):
    """A user is in one group more."""

    user: str
    group: str


class GroupLeft(StepChange):
    """A user is in one group less."""

    user: str
    group: str


class Became(StepChange):
    """The caller holds one more user or session."""

    caller: Caller

    @property
    def arn(self) -> str:
        """The user, role or provider."""
        return self.caller.principal_arn

    @property
    def held(self) -> str:
        """What is held of it."""
        return "a session" if self.caller.kind in (CallerKind.ROLE, CallerKind.FEDERATED) else "credentials"

    @property
    def session(self) -> str:
        return self.caller.session or "<session>"

    @property
    def session_tags(self) -> Pairs:
        return self.caller.session_tags

    @property
    def transitive(self) -> str:
        """The names of those that it passes on."""
        return ", ".join(self.caller.transitive)


class Move(Frozen):
    """One step: the requests that it takes, in order, and what it changes. All requests must be allowed in the state
    before it, and be made by one caller, who is held then; an import may be by two. To use an identity of one's own in
    an account that the input does not name takes no request of this estate."""

    kind: StepKind
    requests: tuple[Request, ...]
    change: StepChange


class State(Frozen):
    """The estate as it is, and what is held: users, root users, exact sessions, identities of providers (E0).

    `equal` pairs a key with another one under which what it encrypted can be decrypted or used (replicas,
    re-encryption); `known` are the keys whose material the caller may know.
    """

    estate: Estate
    held: tuple[Caller, ...]
    equal: frozenset[tuple[str, str]] = frozenset()
    known: frozenset[str] = frozenset()
