"""What a live collection is to read, what it read, and what it could not read.

In: nothing (plain data). Out: `Wanted`, `SnapshotPart`, `NotRead`, `Collection`. Guarantee: each part says what is not
known where it was not read, so that reports and the reader of the snapshot say the same.
"""

from __future__ import annotations

from enum import Enum
from pathlib import Path

from verifier.frozen import Frozen


class Wanted(Frozen):
    """What to read, and into which folder. `roles` are role ARNs, or several of them with commas: a chain. `own` is
    whether to read the profile's own account besides. `workers` is the most that is asked at a time."""

    folder: Path
    regions: tuple[str, ...]
    profile: str | None = None
    roles: tuple[str, ...] = ()
    own: bool = True
    workers: int = 4
    workloads: bool = False
    """Whether to read what runs as which role, in every Region that an account has enabled."""


class SnapshotPart(Enum):
    """A part of a snapshot: its name in `not-read.json`, and what follows where it was not read."""

    KEYS = "keys", "the keys there are not in the snapshot: what is asked of every key is unknown of them"
    METADATA = (
        "metadata",
        "what kind of key it is and who manages it is not known: verdicts that this could change are unknown",
    )
    POLICY = "policy", "every verdict about the key is unknown"
    OTHER_POLICIES = (
        "other-policies",
        "the key may have a second policy, AWS_RAM: verdicts that it could change are unknown",
    )
    GRANTS = "grants", "the key may have any grants: verdicts that they could change are unknown"
    ALIASES = "aliases", "the aliases are free: whether an invariant about an alias is about such a key is unknown"
    TAGS = "tags", "the tags are free: whether an invariant about keys with a tag is about the key is unknown"
    IDENTITIES = "authorization-details", "the policies of the account's users and roles are free"
    PROVIDERS = (
        "identity-providers",
        "who may have identities at them is not known: what steps lead to may be unknown (`can eventually`)",
    )
    WORKLOADS = (
        "workloads",
        "what runs there as which role is not known: what steps lead to may be unknown (`can eventually`)",
    )
    ORGANIZATION = (
        "organization",
        "service and resource control policies are not known: verdicts that they could change are unknown",
    )
    SERVICE_CONTROL = "service-control-policies", "verdicts that they could change are unknown"
    RESOURCE_CONTROL = "resource-control-policies", "verdicts that they could change are unknown"
    ORGANIZATION_DETAIL = "organization-detail", "verdicts that the control policies concerned could change are unknown"
    VPC_ENDPOINTS = "vpc-endpoints", "any endpoint may have any policy: verdicts that it could change are unknown"

    def __init__(self, label: str, consequence: str) -> None:
        self.label = label
        self.consequence = consequence


PARTS = {part.label: part for part in SnapshotPart}
"""The parts by their names."""


class NotRead(Frozen):
    """A part that was not read. `account` is twelve digits, `key` an ARN; `region` and `key` are `None` where the part
    is of neither. `operation` is the call, as `kms:ListGrants`, and `code` why it failed, as AWS names it."""

    part: SnapshotPart
    account: str
    operation: str
    code: str
    region: str | None = None
    key: str | None = None

    @property
    def reason(self) -> str:
        """The call and why it failed, as `kms:ListGrants: AccessDeniedException`."""
        return f"{self.operation}: {self.code}"

    @property
    def place(self) -> str:
        """The key, or the account and Region."""
        return self.key or " ".join(filter(None, (self.account, self.region)))


class Collection(Frozen):
    """A collection that came to its end. `reused` is how many of its `steps` an earlier run had done, `keys` how many
    keys it holds."""

    folder: str
    accounts: tuple[str, ...]
    regions: tuple[str, ...]
    keys: int
    steps: int
    reused: int
    organization: str | None = None
    not_read: tuple[NotRead, ...] = ()
