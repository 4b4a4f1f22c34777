"""The VPC endpoint of a random plan, with its policy, in each way in which a plan can have it."""

from __future__ import annotations

import json
import random

from tests.inputs.plan_parts import Json, Parts
from tests.inputs.plan_text import OPEN, Value
from tests.inputs.plans import ACCOUNT, constant, refers
from tests.inputs.template_estates import ACTIONS, ENDPOINT, Sample, random_statement
from tests.inputs.template_text import REGION

FULL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]}
THROUGH = f'role/ROLE in own can ACTION only when aws:SourceVpce != "{ENDPOINT}"'


def random_endpoint(rng: random.Random, made: Sample) -> None:
    """Gives an estate an endpoint, and an invariant about what comes through it."""
    made.endpoint = _policy(rng, made)
    role = rng.choice(made.roles).name
    made.invariants.append(THROUGH.replace("ACTION", rng.choice(ACTIONS[:5])).replace("ROLE", role))


def _policy(rng: random.Random, made: Sample) -> Json:
    first = [*FULL["Statement"]] if rng.random() < 0.3 else []
    names = [role.name for role in made.roles]
    return {
        "Version": "2012-10-17",
        "Statement": [*first, *(random_statement(rng, names) for _ in range(rng.randint(1, 2)))],
    }


class EndpointParts(Parts):
    """Writes the endpoint. Where a way has one outcome alone, that becomes the policy of the estate."""

    def add_endpoint(self) -> None:
        """Writes the endpoint, in the plan or in the snapshot alone, and its separate policy."""
        rng, wrong = self.rng, _policy(self.rng, self.made)
        way = rng.choice(["own", "own written", "kept", "left", "forgotten", "made", "written", "reset"])
        if way == "reset":
            self.made.endpoint = FULL
        right = self.made.endpoint
        before = wrong if way in ("own written", "made", "written", "reset") else right
        self.endpoint_before = before
        in_plan = not self.made.beside or rng.random() < 0.6 or way.startswith("own")
        if in_plan:
            self._endpoint(before, right if way == "own written" else before)
        if not way.startswith("own"):
            self._endpoint_policy(way, before, right)
        if way in ("own", "kept", "left", "forgotten"):
            self.may_differ(
                lambda other: setattr(other, "endpoint", wrong), lambda: setattr(self, "endpoint_before", wrong)
            )
        if rng.random() < self.writer.open_rate:
            values, expressions = {"policy": json.dumps(wrong)}, {"vpc_endpoint_id": refers(OPEN[0])}
            self.add("aws_vpc_endpoint_policy", "loose", values, None, expressions, unknown={"vpc_endpoint_id": True})
            if rng.random() < 0.5:
                self.made.endpoint = wrong

    def _endpoint(self, before: Json, after: Json) -> None:
        values = {
            "id": ENDPOINT,
            "service_name": f"com.amazonaws.{REGION}.kms",
            "vpc_id": "vpc-01234567",
            "owner_id": ACCOUNT,
        }
        written = self.writer.policy(after) if after is not before else Value(json.dumps(after), False, {})
        new = {**values, **({} if written.unknown else {"policy": written.value})}
        old = {**values, "policy": json.dumps(before)}
        expressions = {"policy": written.expression} if written.expression else {}
        self.add("aws_vpc_endpoint", "e", new, old, expressions, unknown={"policy": True} if written.unknown else {})

    def _endpoint_policy(self, way: str, before: Json, after: Json) -> None:
        values = {"vpc_endpoint_id": ENDPOINT}
        old = None if way == "made" else {**values, "policy": json.dumps(before)}
        written = self.writer.policy(after) if way in ("made", "written") else Value(json.dumps(after), False, {})
        gone = way in ("forgotten", "reset")
        new = None if gone else {**values, **({} if written.unknown else {"policy": written.value})}
        expressions = {
            "vpc_endpoint_id": constant(ENDPOINT),
            **({"policy": written.expression} if written.expression else {}),
        }
        does = ["forget"] if way == "forgotten" else None
        unknown = {"policy": True} if written.unknown and not gone else {}
        self.add("aws_vpc_endpoint_policy", "p", new, old, expressions, unknown=unknown, does=does, left=way == "left")
