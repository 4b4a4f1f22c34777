"""Random pieces of plans for values that are given: documents of policies, with the expressions that they come from.

In: a value, and how often a part of it is to be left open. Out: attributes of a resource as a plan has them: the value,
what of it is known after apply, the expression. Guarantee: the value is one that the plan may stand for; where nothing
is left open it is the only one.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from typing import Any

from tests.inputs.plan_hcl import Deferred
from tests.inputs.plans import ACCOUNT, Planned, constant, refers
from tests.inputs.template_estates import KEY_ARN, filled
from tests.inputs.test_terraform_documents import data
from tests.inputs.test_terraform_documents import statement as block

Json = Any
OPEN = (
    "terraform_data.x.output",
    "data.aws_ssm_parameter.p.value",
    "random_pet.p.id",
    "local.more",
    "aws_s3_bucket.b.hosted_zone_id",
)
"""References to what only the apply tells."""


@dataclass
class Value:
    """An attribute: its value if it is known, whether it is known after apply, its expression."""

    value: Json
    unknown: bool
    expression: Json


@dataclass
class PlanWriter:
    """Writes attributes, and collects the resources and variables that they refer to. `open_rate` is how often a leaf
    is left open."""

    rng: random.Random
    open_rate: float
    module: str = ""
    """The module that the key is in."""
    new_key: bool = False
    fresh: dict[str, str] = field(default_factory=dict)
    """Of ARNs that only the apply tells, the addresses of their resources in the root module."""
    resources: list[Planned] = field(default_factory=list)
    variables: dict[str, Json] = field(default_factory=dict)
    hcl: bool = False
    """Whether the `.tf` file lies beside the plan."""
    passed: dict[str, Json] = field(default_factory=dict)
    """What the root module gives to variables of the module."""
    left_open: int = 0
    documents: int = 0

    def leaves_open(self) -> bool:
        """Whether a part is to be left open."""
        found = self.rng.random() < self.open_rate
        self.left_open += found
        return found

    def policy(self, document: Json, module: str = "") -> Value:
        """The text of a policy, of a resource in a module."""
        text = json.dumps(filled(document))
        new = any(arn in text for arn in self.fresh) or (self.new_key and KEY_ARN in text)
        pick = self.rng.random()
        if self.rng.random() < self.open_rate / 2:
            self.left_open += 1
            return Value(
                None, True, refers(*self.rng.choice([OPEN[:1], OPEN[3:4], (OPEN[0], "aws_iam_role.none.arn")]))
            )
        if self.hcl and (new or pick < 0.35):
            return self._deferred(json.loads(text))
        if new or pick < 0.35:
            return Value(None, True, refers(f"data.aws_iam_policy_document.{self._document(document, module)}.json"))
        if pick < 0.5 and not module:
            name = self._variable(text)
            return Value(text, False, refers(f"var.{name}"))
        return Value(text, False, self.rng.choice([constant(text), refers("local.policy"), {}]))

    def _deferred(self, document: Json) -> Value:
        """A policy that is written with `jsonencode`."""
        known = {arn: f"{address}.arn" for arn, address in self.fresh.items()} | (
            {KEY_ARN: "aws_kms_key.k.arn"} if self.new_key else {}
        )
        writer = Deferred(self.rng, known, OPEN, self.open_rate)
        expression = writer.expression(document)
        self.left_open += writer.left_open
        later = "references" in expression
        return Value(None if later else json.dumps(document), later, expression)

    def _variable(self, value: Json) -> str:
        name = f"v{len(self.variables)}"
        self.variables[name] = value
        return name

    def _document(self, document: Json, module: str) -> str:
        """A data source that is read during apply."""
        name = f"d{self.documents}"
        self.documents += 1
        blocks, flags, expressions = [], [], []
        for statement in document["Statement"]:
            found, unknown, written = self._block(statement, module)
            blocks.append(found)
            flags.append(unknown)
            if self.rng.random() >= self.open_rate:  # else of a `dynamic` block, which the configuration does not have
                expressions.append(written)
        made = data(blocks, flags, expressions, name, version=document["Version"])
        made.module = module
        if self.rng.random() < self.open_rate / 2:
            self.left_open += 1
            made.after = {key: value for key, value in (made.after or {}).items() if key != "statement"}
            made.unknown["statement"] = True
        self.resources.append(made)
        return name

    def _block(self, statement: Json, module: str) -> tuple[Json, Json, Json]:
        found = block(effect=statement["Effect"])
        unknown: Json = {}
        written: Json = {"effect": constant(statement["Effect"])}
        for name, member in (("actions", "Action"), ("resources", "Resource")):
            self._listed(name, filled(statement[member]), module, found, unknown, written)
        if "Principal" in statement:
            who = statement["Principal"]
            kinds = [("*", ["*"])] if who == "*" else list(who.items())
            self._blocks(
                "principals",
                [({"type": kind}, "identifiers", named) for kind, named in kinds],
                module,
                found,
                unknown,
                written,
            )
        rows = [
            ({"test": test, "variable": key}, "values", values)
            for test, keys in statement.get("Condition", {}).items()
            for key, values in keys.items()
        ]
        if rows:
            self._blocks("condition", rows, module, found, unknown, written)
        return found, unknown, written

    def _blocks(self, name: str, rows: list[Json], module: str, found: Json, unknown: Json, written: Json) -> None:
        found[name], unknown[name], written[name] = [], [], []
        for head, member, values in rows:
            inner: list[Json] = [dict(head), {}, {key: constant(value) for key, value in head.items()}]
            self._listed(member, values, module, *inner)
            for side, part in zip((found, unknown, written), inner, strict=True):
                side[name].append(part)

    def _listed(self, name: str, values: Json, module: str, found: Json, unknown: Json, written: Json) -> None:
        """A list of texts, each known, recovered by a reference, or left open."""
        entries, flags, references = [], [], []
        for value in [values] if isinstance(values, str) else values:
            told, flag, reference = value, False, None
            if self.leaves_open():
                told, flag, reference = None, True, self.rng.choice(OPEN)
            elif value in self.fresh or (value == KEY_ARN and self.new_key):
                told, flag = None, True
                reference = self._at(value, module)
            elif value == ACCOUNT and not module:
                reference = "data.aws_caller_identity.current.account_id"
            elif self.rng.random() < 0.1 and not module:
                reference = f"var.{self._variable(value)}"
            entries.append(told)
            flags.append(flag)
            references += [] if reference is None else [reference]
        if references and all(flags) and self.rng.random() < self.open_rate:
            found[name], unknown[name] = None, True  # the number is not known either
        else:
            found[name], unknown[name] = entries, flags
        written[name] = refers(*references) if references else constant(entries)

    def _at(self, arn: str, module: str) -> str:
        """The reference to an ARN that only the apply tells, in the root module or that of the key."""
        if arn == KEY_ARN:
            return "module.m.key_arn" if self.module and not module else "aws_kms_key.k.arn"
        if not module:
            return f"{self.fresh[arn]}.arn"
        name = "arn_" + arn.rsplit("/", 1)[1]
        self.passed[name] = refers(f"{self.fresh[arn]}.arn")
        return f"var.{name}"
