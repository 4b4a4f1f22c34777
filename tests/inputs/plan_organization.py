"""The organization of a random plan: control policies over its account, in each way in which a plan can have them."""

from __future__ import annotations

import json
import random

from tests.inputs.estate_organization import MANAGEMENT, ORGANIZATION, RESOURCE, ROOT, SERVICE
from tests.inputs.plan_parts import Json, Parts
from tests.inputs.plan_text import OPEN, Value
from tests.inputs.plans import ACCOUNT, constant, refers
from tests.inputs.template_estates import ACTIONS, Sample, filled, random_identity_policy

INVARIANTS = ("role/ROLE in own can always ACTION", "no role/ROLE in own can ACTION", "root of own can always ACTION")


def random_organization(rng: random.Random, made: Sample) -> None:
    """Gives an estate control policies, each with its type and target, and an invariant."""
    made.controls = [_control(rng) for _ in range(rng.randint(1, 2))]
    asked = (
        rng.choice(INVARIANTS).replace("ACTION", rng.choice(ACTIONS[:5])).replace("ROLE", rng.choice(made.roles).name)
    )
    made.invariants.append(asked)


def _control(rng: random.Random) -> tuple[str, str, Json]:
    document, type_ = random_identity_policy(rng), rng.choice([SERVICE, SERVICE, RESOURCE])
    if type_ == RESOURCE or rng.random() < 0.5:
        for statement in document["Statement"]:
            statement["Effect"] = "Deny"
            if type_ == RESOURCE:
                statement["Principal"] = "*"
    return type_, rng.choice([ROOT, ACCOUNT]), document


class OrganizationParts(Parts):
    """Writes the organization and its control policies."""

    def add_organization(self) -> None:
        """Writes all of it. A snapshot beside the plan has none of it, for one input alone may describe it."""
        values = {
            "id": ORGANIZATION,
            "master_account_id": MANAGEMENT,
            "accounts": [{"id": MANAGEMENT, "name": "management"}, {"id": ACCOUNT, "name": "prod"}],
            "roots": [{"id": ROOT, "policy_types": []}],
            "enabled_policy_types": [SERVICE, RESOURCE],
        }
        self.add("aws_organizations_organization", "o", values, values)
        account = {"id": ACCOUNT, "name": "prod", "arn": "x", "parent_id": ROOT}
        self.add("aws_organizations_account", "prod", account, account, {"parent_id": constant(ROOT)})
        for number, control in enumerate(self.made.controls):
            self._policy_of_control(number, *control)
        if self.rng.random() < 0.2:
            self._detached()

    def _policy_of_control(self, number: int, type_: str, target: str, document: Json) -> None:
        rng, name = self.rng, f"c{number}"
        new = self.new or rng.random() < 0.5
        way = "create" if new else rng.choice(["keep", "update", "forget", "left"])
        values: dict[str, Json] = {"name": name, "type": type_, "description": None} | (
            {} if new else {"id": f"p-{name}"}
        )
        written = (
            self.writer.policy(document)
            if way in ("create", "update")
            else Value(json.dumps(filled(document)), False, {})
        )
        after = {**values, **({} if written.unknown else {"content": written.value})}
        unknown = ({"id": True} if new else {}) | ({"content": True} if written.unknown else {})
        old = (
            None
            if new
            else {**values, "content": json.dumps(filled(_control(rng)[2] if way == "update" else document))}
        )
        if way == "update" and type_ == RESOURCE:
            everything = {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}
            old = {**values, "content": json.dumps({"Version": "2012-10-17", "Statement": [everything]})}
        expressions = {
            "name": constant(name),
            "type": constant(type_),
            **({"content": written.expression} if written.expression else {}),
        }
        gone = way == "forget"
        does = ["forget"] if gone else None
        self.add(
            "aws_organizations_policy",
            name,
            None if gone else after,
            old,
            expressions,
            unknown={} if gone else unknown,
            does=does,
            left=way == "left",
        )
        self._attachment(name, target, new=new, policy_gone=gone)

    def _attachment(self, name: str, target: str, *, new: bool, policy_gone: bool) -> None:
        way = (
            "create"
            if new
            else self.rng.choice(["forget", "left"] if policy_gone else ["create", "keep", "forget", "left"])
        )
        values: dict[str, Json] = {"target_id": target} | ({} if new else {"policy_id": f"p-{name}"})
        unknown: dict[str, Json] = {"policy_id": True, "id": True} if new else {}
        expressions = {"policy_id": refers(f"aws_organizations_policy.{name}.id"), "target_id": constant(target)}
        old = None if way == "create" else dict(values)
        if way == "create" and self.writer.leaves_open():
            values.pop("target_id")
            unknown["target_id"], expressions["target_id"] = True, refers(OPEN[0])
        after = None if way == "forget" else values
        does = ["forget"] if way == "forget" else None
        self.add("aws_organizations_policy_attachment", name, after, old, expressions,
            unknown=unknown if after else {}, does=does,
                  left=way == "left")  # fmt: skip

    def _detached(self) -> None:
        """A policy that refused everything, and is detached."""
        everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}
        values = {
            "name": "gone",
            "type": SERVICE,
            "description": None,
            "id": "p-gone",
            "content": json.dumps(everything),
        }
        self.add("aws_organizations_policy", "gone", values, values)
        self.add("aws_organizations_policy_attachment", "gone", None, {"target_id": ACCOUNT, "policy_id": "p-gone"})
