"""The roles of a random plan, with their policies, in each way in which a plan can have them."""

from __future__ import annotations

import copy
import json

from tests.inputs.people import Group, Person
from tests.inputs.plan_parts import EVERYTHING, REPLACED, Json, Parts
from tests.inputs.plan_text import OPEN, Value
from tests.inputs.plans import ACCOUNT, Planned, constant, new_role, refers
from tests.inputs.template_estates import Role, filled, policy_arn, random_identity_policy

Owner = Role | Person | Group


class RoleParts(Parts):
    """Writes the roles."""

    def add_role(self, role: Role) -> None:
        """A role: of the snapshot alone, of the plan, or left by it; each of its policies in one way or another."""
        own = f"aws_iam_role.{role.name}"
        before = Role(role.name, {}, {}, role.tags, None, True)
        how = "snapshot" if role.before else self.rng.choice(["new", "kept", "left"] if not role.boundary else ["new"])
        reference = constant(role.name) if role.before else refers(f"{own}.name")
        opened = self.writer.left_open
        arn = f"arn:aws:iam::{ACCOUNT}:role/{role.name}"
        in_block = how == "new" and self.rng.random() < 0.3 and bool(role.inline)
        one = new_role(role.name, provider=self.provider)
        one.after = {**(one.after or {}), "tags": role.tags or None}
        if how == "new":
            self.writer.fresh[arn] = own
            self._new_role(one, role, in_block=in_block)
        elif how in ("kept", "left"):
            known = {
                "arn": arn,
                "id": role.name,
                "tags_all": role.tags,
                "unique_id": f"AROA{role.name.upper()}",
                "managed_policy_arns": [],
            }
            one.after |= known
            one.unknown = {}
            one.before, one.left = copy.deepcopy(one.after), how == "left"
            tags = {"team": "blue"}
            if self.may_differ(
                lambda other: setattr(other.owner("role", role.name), "tags", tags),
                lambda: setattr(before, "tags", tags),
            ):
                role.open = True  # U1
        if how != "snapshot":
            self.resources.append(one)
        if how != "new":
            self.roles_before.append(before)
        if not in_block:
            for name, document in role.inline.items():
                self.inline("role", role, name, document, reference, before, new=how == "new")
        for name, document in role.managed.items():
            self._managed(role, name, document, reference, before, new=how == "new")
        if how in ("kept", "left"):
            told = [{"name": name, "policy": json.dumps(filled(document))} for name, document in before.inline.items()]
            one.before["inline_policy"] = one.after["inline_policy"] = told  # type: ignore[index]
            arns = [policy_arn(name) for name in before.managed]
            one.before["managed_policy_arns"] = one.after["managed_policy_arns"] = arns  # type: ignore[index]
        role.open = role.open or self.writer.left_open > opened

    def _new_role(self, one: Planned, role: Role, *, in_block: bool) -> None:
        after = one.after or {}
        if role.tags and self.writer.leaves_open():
            after["tags"], one.unknown["tags"] = {}, {"team": True}
            one.expressions["tags"] = refers(OPEN[0])
        if self.writer.leaves_open():
            after["name"], one.unknown["name"] = None, True
            one.expressions["name"] = refers(OPEN[0])
        if role.boundary is not None:
            one.expressions["permissions_boundary"] = refers(f"aws_iam_policy.{role.name}.arn")
            after.pop("permissions_boundary")
            one.unknown["permissions_boundary"] = True
        if in_block and any("KEY" in json.dumps(document) and self.new for document in role.inline.values()):
            after.pop("inline_policy")
            one.unknown["inline_policy"] = True  # of `dynamic` blocks
            self.writer.left_open += 1
        elif in_block:
            after["inline_policy"] = [
                {"name": name, "policy": json.dumps(filled(document))} for name, document in role.inline.items()
            ]
            one.expressions["inline_policy"] = [{"name": constant(name)} for name in role.inline]
        elif not role.inline and self.writer.leaves_open():
            after.pop("inline_policy")
            one.unknown["inline_policy"] = True

    def inline(
        self, kind: str, owner: Owner, name: str, document: Json, reference: Json, before: Owner, *, new: bool
    ) -> None:
        """An inline policy of a role, user or group, which is `before` the plan; `new` if it is not there then."""
        way = "create" if new else self.rng.choice(["create", "keep", "update", "left", "forget", "replace"])
        if "KEY" in json.dumps(document) and self.new and way != "create":
            way = "create"
        values: dict[str, Json] = {"name": name, kind: owner.name}
        wrong = random_identity_policy(self.rng)
        old_document = {"update": wrong, "replace": wrong}.get(way, document)
        if self.new and "KEY" in json.dumps(old_document):
            old_document = EVERYTHING
        if way != "create":
            before.inline[name] = old_document
        if way in ("keep", "left", "forget"):
            other = self.rng.choice([wrong, EVERYTHING, None])
            self.may_differ(
                lambda made: _told(made.owner(kind, owner.name).inline, name, other),
                lambda: _told(before.inline, name, other),
            )
        written = (
            self.writer.policy(document)
            if way in ("create", "update", "replace")
            else Value(json.dumps(filled(document)), False, {})
        )
        after = None if way == "forget" else {**values, **({} if written.unknown else {"policy": written.value})}
        old = None if way == "create" else {**values, "policy": json.dumps(filled(old_document))}
        unknown = {"policy": True} if written.unknown else {}
        expressions = {
            "name": constant(name),
            kind: reference,
            **({"policy": written.expression} if written.expression else {}),
        }
        does = {"forget": ["forget"], "replace": REPLACED}.get(way)
        self.add(
            f"aws_iam_{kind}_policy",
            f"{owner.name}_{name}",
            after,
            old,
            expressions,
            unknown=unknown,
            does=does,
            left=way == "left",
        )

    def _managed(self, role: Role, name: str, document: Json, reference: Json, before: Role, *, new: bool) -> None:
        arn, made = policy_arn(name), new or self.rng.random() < 0.5
        made = made or (self.new and "KEY" in json.dumps(document))
        values: dict[str, Json] = {"name": name, "path": "/", "tags": None}
        if made:
            written = self.writer.policy(document)
            after = {**values, **({} if written.unknown else {"policy": written.value})}
            unknown = {"arn": True, "id": True, "tags_all": True, **({"policy": True} if written.unknown else {})}
            expressions = {"name": constant(name), **({"policy": written.expression} if written.expression else {})}
            self.add("aws_iam_policy", role.name, after, None, expressions, unknown=unknown)
        else:
            values |= {"arn": arn, "id": arn, "tags_all": {}, "policy": json.dumps(filled(document))}
            self.add(
                "aws_iam_policy", role.name, values, values, {"name": constant(name)}, left=self.rng.random() < 0.2
            )
        way = "create" if made else self.rng.choice(["create", "keep", "left", "forget"])
        known = {"role": role.name, **({} if made else {"policy_arn": arn})}
        if way != "create":
            before.managed[name] = document
            self.may_differ(
                lambda other: other.owner("role", role.name).managed.pop(name), lambda: before.managed.pop(name)
            )
        expressions = {"role": reference, "policy_arn": refers(f"aws_iam_policy.{role.name}.arn")}
        old: Json = None if way == "create" else {"role": role.name, "policy_arn": arn}
        later = None if way == "forget" else known
        self.add("aws_iam_role_policy_attachment", role.name, later, old, expressions,
            unknown={"policy_arn": True} if made else {},
                  does=["forget"] if way == "forget" else None, left=way == "left")  # fmt: skip


def _told(policies: dict[str, Json], name: str, document: Json) -> None:
    """Puts a document, or its absence, in the place of a policy."""
    policies.pop(name)
    if document is not None:
        policies[name] = document
