"""The key of a random plan, with its policies, aliases and grants, in each way in which a plan can have them."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable

from tests.inputs.plan_parts import DEFAULT, MADE_FIRST, REPLACED, Json, Parts
from tests.inputs.plan_text import OPEN, Value
from tests.inputs.plans import Planned, constant, new_key, refers
from tests.inputs.samples import KEY_ID
from tests.inputs.template_estates import KEY_ARN, PARTNER, Sample


class KeyParts(Parts):
    """Writes the key. Where a way has one outcome alone, that becomes the policy of the estate."""

    def add_key(self) -> None:
        rng, wrong = self.rng, self.wrong()
        ways = ["own", "separate", "over own"] if self.new else [
            "own", "own written", "separate kept", "separate written", "separate made", "separate left", "forgotten",
            "bypass", "replaced",
            "deleted", "made first", "both", "differ",
        ]  # fmt: skip
        way = rng.choice(ways)
        if way in ("deleted", "made first"):
            self.made.policy = copy.deepcopy(DEFAULT)
        right = self.made.policy
        own: dict[str, Json] = {
            "own": right, "over own": wrong, "own written": right, "separate kept": right, "separate left": right,
            "forgotten": right,
            "bypass": right, "deleted": wrong, "made first": wrong, "replaced": wrong, "separate made": wrong,
            "separate written": wrong,
            "both": rng.choice([right, wrong]), "differ": wrong,
        }  # fmt: skip
        self.key_before["policy"] = (
            wrong if own.get(way) is wrong else self.rng.choice([right, wrong]) if way == "own written" else right
        )
        before = self.key_before["policy"] if way != "both" else own[way]
        self.key_before["policy"] = before
        if way == "differ" and rng.random() < 0.5:
            self.key_before["policy"] = right
        written = (
            self.writer.policy(own[way], self.module)
            if way in ("own", "over own", "own written") and (self.new or way != "own")
            else None
        )
        if way != "separate":
            written = written or Value(json.dumps(own[way]), False, rng.choice([{}, constant(json.dumps(own[way]))]))
        self._key_itself(written, None if self.new else before)
        if way in ("own", "separate kept", "separate left", "forgotten"):
            self.may_differ(_policy(right, wrong), lambda: self.key_before.update(policy=wrong), key=True)
        self._separate(way, right, wrong)
        if rng.random() < self.writer.open_rate:
            loose = Planned(
                "aws_kms_key_policy",
                "loose",
                {"policy": json.dumps(wrong)},
                {"key_id": True},
                {"key_id": refers(OPEN[0])},
            )
            loose.provider = self.provider
            self.resources.append(loose)
            if rng.random() < 0.5:
                self.made.policy = wrong

    def _key_itself(self, written: Value | None, before: Json) -> None:
        one = new_key("k", module=self.module, provider=self.provider)
        one.after = {**(one.after or {}), "tags": self.made.tags or None, "multi_region": False}
        one.unknown.pop("multi_region")
        one.unknown.pop("policy")
        if written is None:
            one.unknown["policy"] = True
        elif written.unknown:
            one.unknown["policy"] = True
            one.expressions["policy"] = written.expression
        else:
            one.after["policy"] = written.value
            one.expressions |= {"policy": written.expression} if written.expression else {}
        if self.made.tags and self.writer.leaves_open():
            one.after["tags"], one.unknown["tags"] = {}, {"env": True}
            self.made.open_facts.add("tags")
        if before is not None:
            known = {"arn": KEY_ARN, "key_id": KEY_ID, "id": KEY_ID, "tags_all": self.made.tags}
            for name in known:
                one.unknown.pop(name, None)
            one.unknown.pop("rotation_period_in_days")
            if "tags" in one.unknown:
                one.unknown["tags_all"] = {"env": True}
                known["tags_all"] = {}
            one.after |= known
            one.before = {**one.after, "policy": json.dumps(before), "tags_all": self.made.tags, "tags": self.made.tags}
            if self.rng.random() < 0.1 and one.before == one.after:
                one.left = True
        self.resources.append(one)

    def _separate(self, way: str, right: Json, wrong: Json) -> None:
        if way in ("own", "own written"):
            return
        kinds = {
            "separate kept": "keep",
            "separate written": "update",
            "separate left": "left",
            "forgotten": "forget",
            "bypass": "bypass",
        }
        kinds |= {"deleted": "delete", "replaced": "replace", "made first": "first", "differ": "keep"}
        name = kinds.get(way, "create")
        before = None if name == "create" else wrong if name in ("update", "delete", "replace", "first") else right
        after = None if name in ("forget", "bypass", "delete") else wrong if name == "first" else right
        sides = before, after
        one = self._policy_of_key("p", name, *sides)
        if way == "both":
            self._policy_of_key("q", "create", None, wrong)
        if self.rng.random() < 0.1 and name in ("keep", "update"):
            one.entry = {"previous_address": "aws_kms_key_policy.old"}

    def _policy_of_key(self, label: str, kind: str, before: Json, after: Json) -> Planned:
        head: dict[str, Json] = {"bypass_policy_lockout_safety_check": kind == "bypass"}
        target = {} if self.new else {"key_id": KEY_ID}
        unknown: dict[str, Json] = {"id": True, "key_id": True} if self.new else {}
        expressions: dict[str, Json] = {"key_id": refers("aws_kms_key.k.key_id")}
        new: Json = None
        if after is not None:
            written = self.writer.policy(after, self.module) if kind in ("create", "update", "replace") else None
            written = written or Value(json.dumps(after), False, constant(json.dumps(after)))
            new = {**head, **target, **({} if written.unknown else {"policy": written.value})}
            unknown |= {"policy": True} if written.unknown else {}
            expressions |= {"policy": written.expression} if written.expression else {}
        old = None if before is None else {**head, **target, "policy": json.dumps(before)}
        does = {"forget": ["forget"], "replace": REPLACED, "first": MADE_FIRST, "left": None}.get(kind)
        return self.add(
            "aws_kms_key_policy",
            label,
            new,
            old,
            expressions,
            unknown=unknown,
            does=does,
            left=kind == "left",
            module=self.module,
        )

    # -- what is of the key --

    def _target(self) -> tuple[Json, Json, Json]:
        """The ID of the key: known members, flags, expression."""
        return ({}, {"target_key_id": True}, {}) if self.new else ({"target_key_id": KEY_ID}, {}, {})

    def add_alias(self, name: str, number: int) -> None:
        way = self.rng.choice(["create", "create", "keep", "left", "moved", "forget"]) if not self.new else "create"
        known, unknown, _ = self._target()
        values = {"name": name, **known}
        expressions = {"name": constant(name), "target_key_id": refers("aws_kms_key.k.key_id")}
        before = None if way == "create" else {**values, "target_key_id": KEY_ID}
        if way == "moved":
            before = {**values, "target_key_id": "99999999-12ab-34cd-56ef-1234567890ab"}
        elif before is not None:
            told = self.key_before["aliases"]
            told.append(name)
            if self.may_differ(lambda other: other.aliases.remove(name), lambda: told.remove(name), key=True):
                self.made.open_facts.add("aliases")
        if way == "create" and self.writer.leaves_open():
            values.pop("target_key_id", None)
            unknown, expressions["target_key_id"] = {"target_key_id": True}, refers(OPEN[0])
            self.made.open_facts.add("aliases")
        does = ["forget"] if way == "forget" else None
        after = None if way == "forget" else values
        self.add(
            "aws_kms_alias",
            f"a{number}",
            after,
            before,
            expressions,
            unknown=unknown,
            does=does,
            left=way == "left",
            module=self.module,
        )

    def add_grant(self, grant: Json) -> None:
        way = (
            self.rng.choice(["create", "keep", "left", "forget", "replace", "kept deposed"])
            if not self.new
            else "create"
        )
        operations = {
            "operations": grant["Operations"],
            "grantee_principal": grant["GranteePrincipal"],
            "retiring_principal": None,
        }
        context = grant.get("Constraints", {}).get("EncryptionContextSubset")
        constraints = [{"encryption_context_subset": context, "encryption_context_equals": {}}] if context else []
        values = {**operations, "name": None, "constraints": constraints, "retire_on_delete": False}
        old = {**values, "key_id": KEY_ID, "grant_id": grant["GrantId"]}
        unknown: dict[str, Json] = {"grant_id": True, "id": True, **({"key_id": True} if self.new else {})}
        new = {**values, **({} if self.new else {"key_id": KEY_ID})}
        expressions: dict[str, Json] = {"key_id": refers("aws_kms_key.k.key_id")}
        if way == "create" and self.writer.leaves_open():
            part = self.rng.choice(["grantee_principal", "operations", "key_id"])
            new.pop(part, None)
            unknown[part], expressions[part] = True, refers(OPEN[0])
        if way == "replace":
            former = {
                **old,
                "operations": ["Decrypt"],
                "grantee_principal": f"arn:aws:iam::{PARTNER}:root",
                "grant_id": "former",
            }
            self.key_before["grants"].append(
                {"GrantId": "former", "GranteePrincipal": former["grantee_principal"], "Operations": ["Decrypt"]}
            )
            self.add("aws_kms_grant", grant["GrantId"], new, former, expressions, unknown=unknown,
                      does=self.rng.choice([REPLACED, MADE_FIRST]), module=self.module)  # fmt: skip
            return
        if way == "create":
            self.add("aws_kms_grant", grant["GrantId"], new, None, expressions, unknown=unknown, module=self.module)
            return
        told = self.key_before["grants"]
        told.append(grant)
        self.may_differ(lambda other: other.grants.remove(grant), lambda: told.remove(grant), key=True)
        after, does = (None, ["forget"]) if way == "forget" else (old, None)
        left = way in ("left", "kept deposed")
        self.add("aws_kms_grant", grant["GrantId"], after, old, expressions, does=does, left=left, module=self.module)


def _policy(told: Json, other: Json) -> Callable[[Sample], None]:
    """Gives a sample another key policy, unless something else wrote that already."""

    def change(made: Sample) -> None:
        made.policy = other if made.policy == told else made.policy

    return change
