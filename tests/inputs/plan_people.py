"""The users and groups of a random plan, with policies and memberships, in each way in which a plan can have them."""

from __future__ import annotations

import copy
import random

from tests.inputs.people import Group, Person
from tests.inputs.plan_parts import Json
from tests.inputs.plan_roles import RoleParts
from tests.inputs.plan_text import OPEN
from tests.inputs.plans import ACCOUNT, constant, refers
from tests.inputs.template_estates import ACTIONS, Sample, random_identity_policy

INVARIANTS = (
    "no user/USER in own can ACTION",
    "user/USER in own can always ACTION",
    "only root of own, user/USER in own can ACTION",
    "no user/USER in own can ACTION",
)


def random_people(rng: random.Random, made: Sample) -> None:
    """Gives an estate users and groups, and invariants about a user."""
    made.groups = [Group(name, _inline(rng)) for name in rng.sample(["ops", "dev"], rng.choice([0, 1, 1, 2]))]
    names = [group.name for group in made.groups]
    for name in rng.sample(["ann", "bob"], rng.randint(1, 2)):
        made.users.append(Person(name, _inline(rng), rng.sample(names, rng.randint(0, len(names)))))
    for user in made.users:
        joined = [group for group in made.groups if group.name in user.groups]
        named = [
            action for action in ACTIONS[:5] if f'"{action}"' in str([one.inline for one in joined]).replace("'", '"')
        ]
        asked = rng.choice(INVARIANTS).replace("ACTION", rng.choice(named or ACTIONS[:5])).replace("USER", user.name)
        made.invariants.append(asked)


def _inline(rng: random.Random) -> dict[str, Json]:
    return {name: random_identity_policy(rng) for name in rng.sample(["own", "guard"], rng.choice([0, 1, 1, 2]))}


class PeopleParts(RoleParts):
    """Writes users and groups."""

    def add_people(self) -> None:
        """Writes all of them."""
        before = {group.name: self._group(group) for group in self.made.groups}
        for user in self.made.users:
            self._user(user, before)

    def _group(self, group: Group) -> bool:
        """Whether the group is there before the plan."""
        how, before, opened = self._how(), Group(group.name, {}), self.writer.left_open
        if how != "new":
            self.groups_before.append(before)
        reference = self._itself("group", group.name, how)
        for name, document in group.inline.items():
            self.inline("group", group, name, document, reference, before, new=how == "new")
        for user in self.made.users:
            user.open |= group.name in user.groups and self.writer.left_open > opened
        return how != "new"

    def _user(self, user: Person, groups: dict[str, bool]) -> None:
        how, before, opened = self._how(), Person(user.name, {}), self.writer.left_open
        if how != "new":
            self.users_before.append(before)
        reference = self._itself("user", user.name, how)
        for name, document in user.inline.items():
            self.inline("user", user, name, document, reference, before, new=how == "new")
        for group, was_there in groups.items():
            if group in user.groups:
                self._membership(user, group, before, new=how == "new" or not was_there)
            elif how != "new" and was_there and self.rng.random() < 0.3:
                before.groups.append(group)
                self.add(
                    "aws_iam_user_group_membership",
                    f"{user.name}_{group}",
                    None,
                    {"user": user.name, "groups": [group]},
                )
        user.open |= self.writer.left_open > opened

    def _how(self) -> str:
        return self.rng.choice(["new", "kept", "left", *(["snapshot"] if self.made.beside else [])])

    def _itself(self, kind: str, name: str, how: str) -> Json:
        """Adds the user or group, and refers to it."""
        if how == "snapshot":
            return constant(name)
        after: dict[str, Json] = {"name": name, "path": "/"} | (
            {"permissions_boundary": None, "tags": None} if kind == "user" else {}
        )
        arn = f"arn:aws:iam::{ACCOUNT}:{kind}/{name}"
        known: dict[str, Json] = {"arn": arn, "id": name, "unique_id": name.upper()} | (
            {"tags_all": {}} if kind == "user" else {}
        )
        unknown = dict.fromkeys(known, True) if how == "new" else {}
        after |= {} if how == "new" else known
        before = None if how == "new" else copy.deepcopy(after)
        self.add(f"aws_iam_{kind}", name, after, before, {"name": constant(name)}, unknown=unknown, left=how == "left")
        return refers(f"aws_iam_{kind}.{name}.name")

    def _membership(self, user: Person, group: str, before: Person, *, new: bool) -> None:
        way = (
            "create"
            if new
            else self.rng.choice(["create", "keep", "left", "forget", *(["snapshot"] if self.made.beside else [])])
        )
        if way != "create":
            before.groups.append(group)
        if way == "snapshot":
            return
        alone = sum(group in one.groups for one in self.made.users) == 1
        if alone and self.rng.random() < 0.5:
            type_, part = "aws_iam_group_membership", "users"
            values: dict[str, Json] = {"name": "m", "group": group, "users": [user.name]}
        else:
            type_, part = "aws_iam_user_group_membership", "groups"
            values = {"user": user.name, "groups": [group]}
        old = None if way == "create" else dict(values)
        expressions = {name: constant(value) for name, value in values.items()}
        unknown: dict[str, Json] = {"id": True} if way == "create" else {}
        if way == "create" and self.writer.leaves_open():
            part = self.rng.choice([part, "user" if part == "groups" else "group"])
            values.pop(part)
            unknown[part], expressions[part] = True, refers(OPEN[0])
            for other in self.made.users:
                other.open = True
        if way in ("keep", "left", "forget"):
            self.may_differ(
                lambda other: other.owner("user", user.name).groups.remove(group), lambda: before.groups.remove(group)
            )
        after, does = (None, ["forget"]) if way == "forget" else (values, None)
        self.add(type_, f"{user.name}_{group}", after, old, expressions, unknown=unknown, does=does, left=way == "left")
