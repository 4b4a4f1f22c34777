"""What the callers of one key can do with it, and bring about by it, given what they have brought about before.

In: an estate, one of its keys, the goals that are asked about. Out: `KeyRules`.
Guarantee: every request that is allowed after some steps is allowed by a rule whose premises those steps made true
(E0): a rule may allow more than that, never less.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from dataclasses import replace
from functools import cached_property

from verifier.model.estate import Estate, Key
from verifier.model.invariant import AnyCaller, CallerSet, Invariant
from verifier.model.policy import arn_account, arn_kind
from verifier.model.reference import action as known_action
from verifier.model.reference import actions, matching
from verifier.model.steps.actions import GRANT_TO_ROLES
from verifier.model.steps.catalogue import OF_KEYS
from verifier.model.symbols import PossibleChange, SymbolValues
from verifier.problem.classes.predicates import Predicate, exactly, like_arn
from verifier.problem.diagrams.diagram import NOTHING, DiagramNode
from verifier.problem.diagrams.joint import join
from verifier.problem.expression import FALSE, Expression, Present, Some, conjunction
from verifier.problem.facts.operations import TAG_KEYS
from verifier.problem.facts.shared import made_by_service
from verifier.problem.question import scope
from verifier.problem.rules import QuestionSide
from verifier.problem.semantics.caller_sets import callers, not_ruled_out
from verifier.problem.semantics.grants import RETIRE
from verifier.problem.semantics.possible_changes import RESOURCE_TAG
from verifier.problem.semantics.targets import key_target
from verifier.problem.space import CALLER, Space, acts
from verifier.problem.steps.doubtful import doubtful_on_keys
from verifier.verify.reach.alias_names import ALIAS_NAMES, NONE, REQUEST_ALIAS, SOME, AliasNames
from verifier.verify.reach.cubes import Cube, cubes, projected, sessions_outside
from verifier.verify.reach.distinctions import goal_actions
from verifier.verify.reach.narrowed import unknown_actions
from verifier.verify.reach.offers.step_requests import (
    REPLICA_REGION,
    about_contexts,
    all_names,
    in_any_case,
    of_step,
    requested,
    tag_name,
    twice,
)

_OPERATIONS, GRANTEE, RETIRING_PRINCIPAL = "kms:grantoperations", "kms:granteeprincipal", "kms:retiringprincipal"
_SESSIONS, _USERS = like_arn("arn:*:sts::*:assumed-role/*"), like_arn("arn:*:iam::*:user/*")
"""By which other grantees a grant may be to a role, and to a federated session: a session, its user (G2)."""

BY_MATERIAL = (
    "kms:Decrypt",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
    "kms:ImportKeyMaterial",
    "kms:GetParametersForImport",
)
"""What reaches the plain text by another way than the access itself."""
DELETING = "kms:ScheduleKeyDeletion"
"""What deletes a key after some days, with its aliases, which are free then. [API: ScheduleKeyDeletion]"""
_STEPS = (*(names[0] for names in OF_KEYS.values() if names[0] not in BY_MATERIAL), DELETING)
"""The actions of the other steps on the key."""
UPDATE_PRIMARY = "kms:UpdatePrimaryRegion"
_CRYPTOGRAPHIC = frozenset(
    action.name
    for action in actions()
    if action.grant_operation
    and action.name not in ("kms:CreateGrant", "kms:RetireGrant", "kms:DescribeKey", "kms:GetPublicKey")
)
"""The operations that use a key's material."""


class KeyRules:
    """The rules of one key. Raises `TooLarge` where its policies tell apart too much."""

    def __init__(
        self,
        estate: Estate,
        key: Key,
        goals: Sequence[Invariant],
        possible_changes: frozenset[PossibleChange],
        held: SymbolValues,
        issued: Sequence[CallerSet],
    ) -> None:
        """`held` are readings at which the rules are held; `issued` are sets of federated sessions, for `of_issued`."""
        self.key = key
        self.possible_changes = possible_changes
        self._goals = goals
        self._issued = tuple(dict.fromkeys(issued))
        self._own_users = like_arn(f"arn:*:iam::{key.account}:user/*")
        self._names = list(map(goal_actions, goals))
        free = replace(key, tags=None, aliases=None)
        self.operations = self._grantable(goals)  # those that can be of use
        named = doubtful_on_keys(unknown_actions(estate))
        self.in_doubt = sorted(named - {UPDATE_PRIMARY} if key.multi_region is False else named)
        """The doubtful actions on the key (W1)."""
        changed = replace(estate, keys=tuple(free if known.arn == key.arn else known for known in estate.keys))
        self.joint = join([QuestionSide(changed, key_target(free), possible_changes)], (), self._sets_of_requests)
        self.joint.hold(held)
        self.aliases = AliasNames(self.joint)
        self._sets: Mapping[object, DiagramNode] = dict(zip(self._set_names, self.joint.scopes, strict=True))
        """Sets of requests by their names (`_sets_of_requests`): of each it is asked who can make one."""
        self.accesses = [self._sets["access", number] for number in range(len(goals))]
        self._created_under: dict[tuple[DiagramNode, ...], DiagramNode] = {}

    def _sets_of_requests(self, space: Space) -> list[Expression]:
        """The sets of requests that are told apart besides those that are allowed, by their names."""
        self._tags_read = sorted(name for name in space.attributes if name.startswith(RESOURCE_TAG))
        for name in self._tags_read:
            space.view(requested(name))
        space.set_view(_OPERATIONS)
        space.set_view(TAG_KEYS)
        if REQUEST_ALIAS in space.attributes:
            space.view(ALIAS_NAMES)  # by which alias a request calls the key turns on those that it has (F8)
        goals, operations, tags = list(enumerate(self._goals)), self.operations, self._tags_read
        sets: dict[object, Expression] = {("callers", number): callers(space, goal.callers) for number, goal in goals}
        sets |= {("access", number): scope(space, replace(goal, callers=AnyCaller())) for number, goal in goals}
        if GRANTEE in space.attributes:
            space.questions.setdefault(GRANTEE, {}).update(dict.fromkeys((_SESSIONS, _USERS, self._own_users)))
        sets["direct"] = ~made_by_service(space)
        sets |= {("through", service): made_by_service(space, service) for service in GRANT_TO_ROLES}
        for name in operations:
            sets["grants", name] = Some(_OPERATIONS, frozenset({exactly(name.removeprefix("kms:"))}), True)
        sets["lets retire"] = self._to_be_retired(space)
        sets |= {("names tag", tag): Some(TAG_KEYS, self._names_of(tag), True) for tag in tags}
        sets |= {("tags twice", tag): twice(space, tag) for tag in tags}
        sets |= {("uses", name): acts({name}) for name in operations}
        for name in (*_STEPS, *BY_MATERIAL, *all_names(self._goals), *self.in_doubt):
            action = acts({name.split(" ")[0]})
            said = of_step(space, name, self.key, self._goals)
            sets["step", name] = conjunction((action, said, not_ruled_out(space)))
        sets |= {("outside", whom): sessions_outside(space, whom) for whom in self._issued}
        self._set_names = tuple(sets)
        return list(sets.values())

    def _to_be_retired(self, space: Space) -> Expression:
        """True iff a goal is about retiring, and a grant that is asked for names a retiring principal, or another
        account issues it (G5)."""
        if RETIRE not in self.operations:
            return FALSE
        space.view(RETIRING_PRINCIPAL)
        return Present(RETIRING_PRINCIPAL) | ~space.in_account(self.key.account)

    def of_issued(self, whom: CallerSet) -> KeyRules:
        """The same rules, of federated sessions about those in one of the sets alone."""
        other = copy(self)
        of_whom = self.joint.diagrams.complement(self._sets["outside", whom])
        other.joint = replace(self.joint, definitions=[*self.joint.definitions, of_whom])
        return other

    def _names_of(self, attribute: str) -> frozenset[Predicate]:
        """The names by which a request takes a tag away: as the key has it, where its tags are given."""
        own = (exactly(name) for name, _ in self.key.tags or () if name.lower() == tag_name(attribute))
        return frozenset(own) or frozenset({in_any_case(attribute)})

    @staticmethod
    def _grantable(goals: Sequence[Invariant]) -> tuple[str, ...]:
        """The operations of grants that can be of use."""
        names = {"kms:CreateGrant", *BY_MATERIAL}
        for goal in goals:
            names |= frozenset[str]().union(*(matching(pattern.value) for pattern in goal.actions))
        return tuple(
            sorted(name for name in names if (found := known_action(name)) is not None and found.grant_operation)
        )

    def decrypts(self, goal: int) -> bool:
        """True iff a goal is about plain text, which re-encryption gives as well."""
        return "kms:Decrypt" in self._names[goal]

    def about_contexts(self, goal: int) -> bool:
        """True iff a goal is about plain text of ciphertexts of some encryption contexts."""
        return about_contexts(self._goals[goal])

    def uses_material(self, goal: int) -> bool:
        """True iff a goal is about what can be done with the key's material, wherever that is."""
        return not _CRYPTOGRAPHIC.isdisjoint(self._names[goal])

    # -- rules --

    def class_of(self, principal: str) -> int | None:
        """The class of a caller; `None` where no caller of this key can be so called."""
        return self.joint.finite.tables[CALLER].class_of(principal)

    def bit(self, principal: str) -> int:
        """The same as a mask; 0 where no caller can be so called."""
        number = self.class_of(principal)
        return 0 if number is None else 1 << number

    def starters(self, goal: int) -> int:
        """The callers, as a mask, whom a goal is about."""
        joint = self.joint
        return joint.diagrams.values(projected(joint, self._sets["callers", goal], (CALLER,)), CALLER)

    def has_requests(self, goal: int) -> bool:
        """True iff there is a last request of a goal at all, allowed or not."""
        return projected(self.joint, self.accesses[goal], (CALLER,)) != NOTHING

    @property
    def tags(self) -> tuple[str, ...]:
        """The attributes of the tags that policies ask for."""
        return tuple(name for name in self._tags_read if name in self.joint.finite.tables)

    def first_class_of(self, attribute: str) -> int | None:
        """The class that a tag's value is in at first; `None` where it is free (U3), or its values have no classes."""
        table = self.joint.finite.tables.get(attribute)
        if self.key.tags is None or table is None:
            return None
        value = next((value for name, value in self.key.tags if name.lower() == tag_name(attribute)), None)
        return table.size if value is None else table.class_of(value)

    def classes_of_tag(self, tag: str, of_request: int) -> Iterator[int]:
        """The classes of a tag's value that a request can give it, by the mask of what it asks for (-1: anything)."""
        table, of_requests = self.joint.finite.tables[tag], self.joint.finite.tables.get(requested(tag))
        for number in range(table.size):
            if of_requests is None or of_request == -1:
                yield number
            else:
                same = of_requests.class_of(table.pick(1 << number)[1])
                if same is not None and of_request >> same & 1:
                    yield number

    def absent(self, tag: str) -> int:
        """The class of a tag that the key does not have."""
        return self.joint.finite.tables[tag].size

    @cached_property
    def _kept(self) -> tuple[str, ...]:
        return (CALLER, *self.possible_changes, *self._tags_read, *self.aliases.symbols)

    def aliases_at_first(self) -> dict[str, int] | None:
        """Which classes of alias names the key has at first, by their symbols; `None` where that is free (U3)."""
        if self.key.aliases is None:
            return None
        has = set(map(self.aliases.of, self.key.aliases))
        return {symbol: SOME if symbol in has else NONE for symbol in self.aliases.symbols}

    def access(self, goal: int) -> tuple[Cube, ...]:
        """Who can make the last request of a goal."""
        return self._cubes(self.accesses[goal])

    def access_by(self, goal: int, operation: str) -> tuple[Cube, ...]:
        """The same for one operation of grants."""
        return self._cubes(self.joint.diagrams.both(self.accesses[goal], self._sets["uses", operation]))

    def doing(self, name: str) -> tuple[Cube, ...]:
        """Who can make a request of a step, by its name (`step_requests`)."""
        return self._cubes(self._sets.get(("step", name), NOTHING))

    def replicating(self) -> tuple[Cube, ...]:
        """Who can make replicas; the cubes tell in which Regions, where a policy asks for them."""
        return self._cubes(self._sets["step", "kms:ReplicateKey"], REPLICA_REGION)

    @property
    def replica_regions(self) -> tuple[Predicate, ...]:
        """What tells apart the Regions of replicas: what policies ask of them, and that it is not the key's own."""
        return (exactly(self.key.region), *self.joint.sides[0].question.space.questions.get(REPLICA_REGION, {}))

    def is_into(self, cube: Cube, region: str) -> bool:
        """False only if no replica that a cube is about is in a Region."""
        table, mask = self.joint.finite.tables.get(REPLICA_REGION), dict(cube.values).get(REPLICA_REGION)
        number = table.class_of(region) if table is not None else None
        return region != self.key.region and (mask is None or number is None or bool(mask >> number & 1))

    def granting(self, operation: str, service: str | None = None) -> tuple[Cube, ...]:
        """Who can create a grant of an operation, by itself or through a service that makes grants to roles on the
        caller's behalf; the cubes tell for which grantees, where a policy asks for them. One that may be retired counts
        as one of `kms:RetireGrant`, whoever its grantee is. A service says itself for whom a grant is."""
        requests = self._sets["direct" if service is None else ("through", service)]
        own = self.joint.diagrams.both(self._created(), requests)
        retired = self._within(own, self._sets["lets retire"]) if operation == RETIRE else ()
        return (*retired, *self._within(own, self._sets["grants", operation], GRANTEE))

    def _created(self) -> DiagramNode:
        """The requests that create a grant, on what `granting` keeps or asks about: projected once for all operations
        and services, for to ask first and then to project is the same."""
        known = tuple(self.joint.definitions)  # `of_issued` has others
        if known not in self._created_under:
            names = ("direct", "lets retire", *(("through", one) for one in GRANT_TO_ROLES))
            sets = (self._sets[one] for one in (*names, *(("grants", name) for name in self.operations)))
            further = frozenset[str]().union(*map(self.joint.diagrams.support, sets))
            self._created_under[known] = self._projected(self._sets["step", "kms:CreateGrant"], GRANTEE, *further)
        return self._created_under[known]

    def _within(self, projected: DiagramNode, requests: DiagramNode, *further: str) -> tuple[Cube, ...]:
        diagrams = self.joint.diagrams
        node = diagrams.both(projected, requests)
        rest = diagrams.support(node).difference(self._kept, further)
        return cubes(self.joint, diagrams.exists(node, rest), self.possible_changes)

    def tagging(self, tag: str) -> tuple[Cube, ...]:
        """Who can give a tag a value of which class."""
        return self._cubes(self._sets["step", "kms:TagResource"], requested(tag))

    def tagging_twice(self, tag: str) -> tuple[Cube, ...]:
        """Who can give a key two tags of a name, in different case."""
        sets = self._sets["step", "kms:TagResource"], self._sets["tags twice", tag]
        return self._cubes(self.joint.diagrams.both(*sets))

    def untagging(self, tag: str) -> tuple[Cube, ...]:
        sets = self._sets["step", "kms:UntagResource"], self._sets["names tag", tag]
        return self._cubes(self.joint.diagrams.both(*sets))

    def _cubes(self, requests: DiagramNode, *further: str) -> tuple[Cube, ...]:
        return cubes(self.joint, self._projected(requests, *further), self.possible_changes)

    def _projected(self, requests: DiagramNode, *further: str) -> DiagramNode:
        joint = self.joint
        node = joint.diagrams.both(joint.sides[0].allowed, requests)
        return projected(joint, node, (*self._kept, *further))

    def classes_of_grantee(self, principal: str) -> int | None:
        """The classes of grantees that may name a principal: itself; for a role some session, of whichever role; for a
        federated session some user of its account. `None` where every grantee is alike; all of them for these two where
        no policy asks who the grantee is."""
        table = self.joint.finite.tables.get(GRANTEE)
        if table is None:
            return None
        kind, number = arn_kind(principal), table.class_of(principal)
        itself = 0 if number is None else 1 << number
        if kind not in ("role", "federated-user"):
            return itself
        if _SESSIONS not in self.joint.sides[0].question.space.questions.get(GRANTEE, {}):
            return (1 << table.size) - 1
        users = table.mask(self._own_users)
        users = users if arn_account(principal) == self.key.account else table.mask(_USERS) & ~users
        return itself | (table.mask(_SESSIONS) if kind == "role" else users)
