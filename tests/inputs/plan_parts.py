"""What all writers of a part of a plan have: the sample, what there is before it, resources.

In: a `Sample` of an estate. Out: resources of a plan, and the parts of the snapshot of what was there before.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.inputs.people import Group, Person
from tests.inputs.plan_text import PlanWriter
from tests.inputs.plans import ACCOUNT, Planned
from tests.inputs.template_estates import Role, Sample, random_statement

Json = Any
REPLACED, MADE_FIRST = ["delete", "create"], ["create", "delete"]
DEFAULT = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*", "Resource": "*"}
    ],
}
EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


@dataclass
class PlanSample:
    """An estate with the plan that makes it, and the snapshot of what was there before."""

    made: Sample
    plan: Json = None
    before: Json = None
    resources: list[Planned] = field(default_factory=list)
    more: dict[str, Json] = field(default_factory=dict)
    """Further members of the plan."""
    hcl: bool = False
    """Whether the `.tf` file lies beside the plan."""
    other: Sample | None = None
    """The estate if not the plan is right but the snapshot, about what the plan only tells."""


class Parts:
    """Writes the plan of a sample. What there is before it is collected for the snapshot."""

    def __init__(self, rng: random.Random, found: PlanSample) -> None:
        self.rng, self.found, self.made = rng, found, found.made
        self.new = rng.random() < 0.4
        self.module = "module.m" if rng.random() < 0.25 else ""
        self.writer = PlanWriter(rng, rng.choice([0, 0, 0.02, 0.06, 0.15]), self.module, self.new)
        self.writer.hcl = not self.module and rng.random() < 0.25
        self.provider = rng.choice(["aws", "aws", "aws.b"])
        self.listed = not self.new and self.made.beside and rng.random() < 0.6
        self.key_before: dict[str, Json] = {
            "policy": self.made.policy,
            "aliases": [],
            "tags": self.made.tags,
            "grants": [],
        }
        self.roles_before: list[Role] = []
        self.users_before: list[Person] = []
        self.groups_before: list[Group] = []
        self.endpoint_before: Json = None
        self.resources = found.resources
        self._differences: list[tuple[Callable[[Sample], object], Callable[[], object]]] = []

    def add(
        self, type_: str, name: str, after: Json, before: Json = None, expressions: Json = None, **more: Any
    ) -> Planned:
        more.setdefault("module", "")
        one = Planned(
            type_, name, after, more.pop("unknown", {}), expressions or {}, before, provider=self.provider, **more
        )
        self.resources.append(one)
        return one

    def may_differ(
        self, estate: Callable[[Sample], object], snapshot: Callable[[], object], *, key: bool = False
    ) -> bool:
        """Perhaps has the snapshot tell something else of a thing (of the key), which the plan tells and does not
        write.

        `estate` and `snapshot` change one and the other to that, once all is written.
        """
        found = (self.listed if key else self.made.beside) and self.rng.random() < 0.4
        if found:
            self._differences.append((estate, snapshot))
        return found

    def tell_differently(self) -> None:
        """Changes the snapshot, and makes the other estate."""
        if self._differences:
            self.found.other = other = copy.deepcopy(self.made)
            for estate, snapshot in self._differences:
                estate(other)
                snapshot()

    def wrong(self) -> Json:
        """Another policy of the key."""
        return {
            "Version": "2012-10-17",
            "Statement": [*DEFAULT["Statement"], random_statement(self.rng, [r.name for r in self.made.roles])],
        }
