"""Random estates, and for each a Terraform plan that would make it: *plan → verdict* against *estate → verdict*.

In: a number. Out: a `Sample` (`template_estates.py`), which was there first; a plan that Terraform and the provider
make it of (docs/terraform.md), perhaps with a snapshot of what was there before; the comparison. Nothing of the estate
comes from the reader.

The snapshot may tell something that the plan leaves as it is differently. Then there are two estates, and what is said
holds of both.

Where a plan leaves things open, the estate is one of those that it may make; what holds then is as for templates.
"""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from pathlib import Path

from tests.inputs.plan_endpoints import EndpointParts, random_endpoint
from tests.inputs.plan_hcl import main_tf, without_text
from tests.inputs.plan_keys import KeyParts
from tests.inputs.plan_organization import OrganizationParts, random_organization
from tests.inputs.plan_parts import EVERYTHING, Json, PlanSample
from tests.inputs.plan_people import PeopleParts, random_people
from tests.inputs.plans import ACCOUNT, AWS, caller_identity, constant, plan, refers, write
from tests.inputs.samples import KEY_ID
from tests.inputs.template_estates import (
    KEY_ARN,
    PARTNER,
    Counts,
    Sample,
    account_details,
    against_the_estate,
    endpoints,
    random_estate,
    rewrite,
    snapshot,
)

REGION = KEY_ARN.split(":")[3]


def plan_sample(number: int) -> PlanSample:
    """The sample of a number."""
    rng = random.Random(f"plan {number}")
    made = random_estate(rng)
    made.grants = [_grant(rng, made, n) for n in range(rng.choice([0, 0, 1, 1, 2]))]
    if rng.random() < 0.4:
        random_people(rng, made)
    if rng.random() < 0.3:
        random_endpoint(rng, made)
    if rng.random() < 0.25:
        random_organization(rng, made)
    found = PlanSample(made)
    Plan(rng, found).write()
    return found


def _grant(rng: random.Random, made: Sample, number: int) -> Json:
    role = f"arn:aws:iam::{ACCOUNT}:role/{rng.choice(made.roles).name}"
    grant = {
        "GrantId": f"g{number}",
        "GranteePrincipal": rng.choice([role, f"arn:aws:iam::{PARTNER}:role/loader"]),
        "Operations": rng.sample(["Decrypt", "Encrypt", "GenerateDataKey", "CreateGrant"], rng.randint(1, 2)),
    }
    return grant | ({"Constraints": {"EncryptionContextSubset": {"app": "true"}}} if rng.random() < 0.3 else {})


class Plan(KeyParts, PeopleParts, EndpointParts, OrganizationParts):
    """Writes the whole plan."""

    def write(self) -> None:
        """Writes everything."""
        for role in self.made.roles:
            self.add_role(role)
        self.add_people()
        if self.made.endpoint is not None:
            self.add_endpoint()
        if self.made.controls:
            self.add_organization()
        self.add_key()
        for number, name in enumerate(self.made.aliases):
            self.add_alias(name, number)
        if not self.new and not self.listed and not self.made.aliases:
            self.made.open_facts.add("aliases")  # a plan does not tell which there are besides
        for grant in self.made.grants:
            self.add_grant(grant)
        self._gone()
        self._others()
        listed = [*self.resources, *self.writer.resources]
        self.rng.shuffle(listed)
        self.found.plan = plan(
            caller_identity(),
            *listed,
            region=None,
            variables=self.writer.variables | {"region": REGION},
            providers=self._providers(),
            modules=self._modules(),
            **self.found.more,
        )
        self.found.hcl = self.writer.hcl
        self.tell_differently()
        if self.made.beside:
            self.found.before = {
                "accounts": {
                    ACCOUNT: {
                        "authorization_details": account_details(
                            self.roles_before, self.users_before, self.groups_before
                        )
                    }
                }
            }
            self.found.before |= endpoints(self.endpoint_before)
            if self.listed:
                told = Sample(
                    self.key_before["policy"], [], self.key_before["aliases"], self.key_before["tags"], [], True
                )
                told.grants = self.key_before["grants"]
                self.found.before["keys"] = snapshot(told, without_open=False)["keys"]

    def _providers(self) -> Json:
        region = self.rng.choice([constant(REGION), refers("var.region")])
        other = constant("eu-west-1") if self.provider == "aws.b" else region
        entry = {"name": "aws", "full_name": AWS}
        return {
            "aws": {**entry, "expressions": {"region": other}},
            "aws.b": {**entry, "alias": "b", "expressions": {"region": region}},
        }

    def _modules(self) -> Json:
        if not self.module:
            return {}
        inner = {
            "outputs": {"key_arn": {"expression": refers("aws_kms_key.k.arn")}},
            "variables": {name: {} for name in self.writer.passed},
        }
        return {"m": {"expressions": self.writer.passed, "module": inner}}

    def _gone(self) -> None:
        """What is there before the plan and not after it."""
        rng, role = self.rng, self.rng.choice(self.made.roles)
        known = next((found for found in self.roles_before if found.name == role.name), None)
        if known is not None and rng.random() < 0.4:
            known.inline["gone"] = EVERYTHING
            values = {"name": "gone", "role": role.name, "policy": json.dumps(EVERYTHING)}
            self.add("aws_iam_role_policy", "gone", None, values, {})
            for one in self.resources:
                if (one.type, one.name) == ("aws_iam_role", role.name):
                    told = {"name": "gone", "policy": json.dumps(EVERYTHING)}
                    one.before["inline_policy"] = [*one.before["inline_policy"], told]  # type: ignore[index]
                    one.after["inline_policy"] = [*one.after["inline_policy"], told]  # type: ignore[index]
        if self.new:
            return
        if rng.random() < 0.3:
            self.key_before["aliases"].append("alias/gone")
            self.add("aws_kms_alias", "gone", None, {"name": "alias/gone", "target_key_id": KEY_ID}, module=self.module)
        if rng.random() < 0.3:
            grant: Json = {
                "GrantId": "gone",
                "GranteePrincipal": f"arn:aws:iam::{PARTNER}:role/loader",
                "Operations": ["Decrypt", "Encrypt"],
            }
            self.key_before["grants"].append(grant)
            granted: Json = {
                "operations": grant["Operations"],
                "grantee_principal": grant["GranteePrincipal"],
                "constraints": [],
            }
            more: dict[str, Json] = rng.choice([{}, {"entry": {"deposed": "ab12cd34"}}])
            self.add(
                "aws_kms_grant",
                "gone",
                None,
                {**granted, "key_id": KEY_ID, "grant_id": "gone"},
                module=self.module,
                **more,
            )

    def _others(self) -> None:
        rng = self.rng
        if rng.random() < 0.2:
            self.add("aws_s3_bucket", "b", {"bucket": "b"}, None, {}, unknown={"hosted_zone_id": True})
        if rng.random() >= self.writer.open_rate * 2:
            return
        way = rng.choice(["stack", "stack changes", "exec", "control", "deferred"])
        if way.startswith("stack"):
            before = {"name": "s", "template_body": "{}"} if way == "stack changes" else None
            self.add("aws_cloudformation_stack", "s", {"name": "s", "template_body": "{ }"}, before, {})
        elif way == "control":
            values = {"type_name": rng.choice(["AWS::IAM::RolePolicy", "AWS::IAM::Policy"])}
            self.add(
                "aws_cloudcontrolapi_resource",
                "c",
                values,
                None,
                {"type_name": constant(values["type_name"])},
                unknown={"desired_state": True},
            )
        elif way == "exec":
            self.found.more["_exec"] = True
            self.add("null_resource", "n", {}, None, {}, unknown={"id": True})
        else:
            change: Json = {"actions": ["create"], "before": None, "after": {}, "after_unknown": {}}
            later = {
                "address": "aws_iam_role_policy.later",
                "mode": "managed",
                "type": "aws_iam_role_policy",
                "name": "later",
            }
            deferred = {"reason": "instance_count_unknown", "resource_change": {**later, "change": change}}
            self.found.more["deferred_changes"] = [deferred]
        self.made.more_roles = True
        if rng.random() < 0.5:
            effect = rng.choice(["Allow", "Deny"])
            document = {"Version": "2012-10-17", "Statement": [{"Effect": effect, "Action": "kms:*", "Resource": "*"}]}
            self.made.roles[0].inline["made"] = document
            self.made.roles[0].open = True
        if way in ("stack changes", "exec") and rng.random() < 0.5:
            self.made.policy = copy.deepcopy(self.made.policy)  # what was there before keeps its own
            rewrite(rng, self.made)


def paths_of(folder: Path, found: PlanSample) -> list[Path]:
    """The files of a sample."""
    data = dict(found.plan)
    if data.pop("_exec", False):
        for resource in data["configuration"]["root_module"]["resources"]:
            if resource["type"] == "null_resource":
                resource["provisioners"] = [
                    {"type": "local-exec", "expressions": {"command": constant("aws kms put-key-policy")}}
                ]
    (folder / "main.tf").unlink(missing_ok=True)
    if found.hcl:
        (folder / "main.tf").write_text(main_tf(data), encoding="utf-8")
    paths = [write(folder, without_text(data))]
    if found.before is not None:
        paths.append(write(folder, found.before, "before.json"))
    return paths


def plan_disagreements(folder: Path, number: int, counts: Counts) -> Iterator[str]:
    """Where the verdict about a plan is not one about its estate, or about the one that its snapshot tells."""
    found = plan_sample(number)
    for made in filter(None, (found.made, found.other)):
        yield from against_the_estate(folder, made, number, paths_of(folder, found), counts)
