"""What a kind of code is that runs as a role: where the input lists it, and the requests that change or enter it (W2,
E5).

In: nothing (plain data). Out: `WorkloadKind`, of which `workloads` has one a row.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import field

from verifier.frozen import Frozen
from verifier.model.grant import Pairs as Pairs

Ask = tuple[str, str]
"""An action, and the resource that its permission must cover: empty for the code itself, else a pattern of an ARN by
the fields of the code's own (`parent` is what stands between the first two `/` of that)."""
RequestsOfWay = tuple[Ask, ...]
"""The requests of one way to change or enter what runs, the decisive one first, which is on the code itself. One that
starts what was changed is not among them (E4)."""

PASSING_BY_AUTOMATION = ("ssm:CreateAssociation",)
"""An association may run an Automation document, as a role that is passed."""


class WorkloadKind(Frozen):
    """One kind of code. `name` is the member of a snapshot, `command` the AWS CLI command whose output that holds,
    `entries` the members that lead to one (lists are gone through). `arn` is the member with the ARN, or a pattern of
    it by the members; or such patterns by how the `InstanceId` begins. `roles` are members that hold the ARN or name of
    a role, or the ARN of an instance profile. `services` are those that the role admits, without `.amazonaws.com`;
    `passing` the actions that can give it another role. `bounds` are further actions, for which no way is known: as
    other roles than those that such code has they do not act. It `closes` unless there may be, or soon come, more of it
    than is listed, or code of it may run as another role. `opens` are patterns
    of actions by which more of it starts as it is, or other tags come on it: what it closes is open where somebody may
    do one. It runs `through` the role that is passed, as one which that may assume. `placing` are the ways by which
    code without a role, or of which each change names the role, comes to run as one that is passed. An entry of which a
    member of `gone` says so nobody changes or enters, and of an `overriding` member it has the role instead of those of
    `roles`."""

    name: str
    command: str
    entries: str
    arn: str | Mapping[str, str]
    roles: tuple[str, ...]
    services: tuple[str, ...]
    ways: tuple[RequestsOfWay, ...]
    tags: str = ""
    passing: tuple[str, ...] = ()
    bounds: tuple[str, ...] = ()
    closes: bool = True
    opens: tuple[str, ...] = ()
    through: bool = False
    placing: tuple[RequestsOfWay, ...] = ()
    gone: Mapping[str, str] = field(default_factory=dict)
    overriding: str = ""

    @property
    def actions(self) -> tuple[str, ...]:
        """The actions that change or enter such code."""
        return tuple(dict.fromkeys(way[0][0] for way in self.ways))

    @property
    def handing(self) -> tuple[RequestsOfWay, ...]:
        """The ways by which such code comes to run as another role, which their caller passes besides (`{role}`)."""
        ways = () if self.passing is PASSING_BY_AUTOMATION else (way for way in self.ways if way[0][0] in self.passing)
        return tuple((*way, ("iam:PassRole", "{role}")) for way in (*ways, *self.placing))

    @property
    def listed_actions(self) -> tuple[str, ...]:
        """The actions of which the list of such code says something."""
        return (*(self.actions if self.closes else ()), *self.bounds)
