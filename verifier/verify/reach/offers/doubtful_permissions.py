"""Who may do which doubtful actions in one account (W1).

In: an estate, an account, the changes that a caller may have brought about. Out: `DoubtfulPermissions`.
Guarantee: an action that a caller can do by some request is among those that it may do (`problem.steps.doubtful`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from verifier.model.estate import Account, Estate
from verifier.model.invariant import CallerSet
from verifier.model.policy import Effect as Says
from verifier.model.policy import PolicyKind, StatementRef, arn_account, is_service_linked
from verifier.model.steps.catalogue import ActionEffect, Head, Judgement, entry
from verifier.model.steps.supposition import SuppositionKind
from verifier.model.steps.workloads import KINDS
from verifier.model.symbols import PossibleChange, SymbolValues
from verifier.problem.classes.predicates import Predicate
from verifier.problem.diagrams.diagram import NOTHING, DiagramNode
from verifier.problem.expression import Expression
from verifier.problem.semantics.caller_sets import callers
from verifier.problem.semantics.targets import Target, TargetKind
from verifier.problem.semantics.values import Fixed, arn_predicate
from verifier.problem.space import ACTION, CALLER, MADE, Space
from verifier.problem.steps.doubtful import Alike, alike, rank
from verifier.problem.steps.many import together
from verifier.verify.reach.cubes import Cube, needs_of, projected, sessions_outside
from verifier.verify.reach.facts import Doubt
from verifier.verify.reach.narrowed import for_doubts, of_callers, unknown_actions
from verifier.verify.reach.offers.code_that_runs import leaving, reviewed, writes_among
from verifier.verify.reach.own_policies import bare, tests_of_callers
from verifier.verify.reach.permissions import StepPermissions, step_permissions
from verifier.verify.reach.step_groups import TargetGroup

JOINING = Judgement("iam:AddUserToGroup", Head.DOUBT, "the input does not list all groups", ActionEffect.ACCOUNT)
_Found = tuple[Alike, frozenset[PossibleChange]]
"""Actions, and the changes that they need."""
_Kind = tuple[ActionEffect | None, tuple[str, ...], tuple[str, ...], bool, frozenset[PossibleChange]]


@dataclass(eq=False)
class DoubtfulPermissions:
    """The requests in doubt in the account whose `root` user is given; of federated sessions those `issued` by a set of
    callers. All its questions are put when the first is asked; where `opening` are given, without regard to what lists
    of code settle. Raises `TooLarge`."""

    whole: Estate
    root: str
    possible_changes: frozenset[PossibleChange]
    held: SymbolValues
    issued: CallerSet
    opening: frozenset[str] = frozenset()
    _doubts: dict[int, tuple[tuple[Doubt, Cube], ...]] = field(default_factory=dict, init=False)

    @property
    def account(self) -> str:
        return arn_account(self.root)

    @cached_property
    def _estate(self) -> Estate:
        """As far as it bears on callers of the account: no others can do anything in it (E1)."""
        named = self.opening.union(one.name for one in self._further)
        return for_doubts(replace(self.whole, accounts=self._own), named)

    @cached_property
    def _own(self) -> tuple[Account, ...]:
        return tuple(account for account in self.whole.accounts if account.id == self.account)

    @cached_property
    def _further(self) -> tuple[Judgement, ...]:
        """Steps in doubt, since they are on what the input does not list; and actions that no data knows (U4)."""
        joining = () if all(account.complete for account in self._own) else (JOINING,)
        return (*joining, *map(entry, sorted(unknown_actions(self.whole))))

    @cached_property
    def _listed(self) -> frozenset[str]:
        """The kinds of code whose lists settle something: nobody may start more of it as it is, or change its tags, but
        who may bring about anything in the account."""
        if self.opening:
            return frozenset()
        listed = {kind for account in self._estate.accounts for kind in account.all_workloads}
        return frozenset(kind for kind in listed if not self._opened(writes_among(KINDS[kind].opens)))

    def _opened(self, actions: frozenset[str]) -> bool:
        if not actions:
            return False
        wide = replace(self, opening=actions)
        callers = (one.arn for account in self._own for one in account.identities if not is_service_linked(one.arn))
        return not all(account.complete for account in self._own) or any(
            map(wide._opens, dict.fromkeys(map(wide.representative, callers)))
        )

    def _opens(self, number: int | None) -> bool:
        """True iff callers of a class may do one of the actions `opening` with changes that do not bring about anything
        in the account."""
        if number is None:
            return True
        classes = self._permissions.joint.finite.tables[ACTION].class_of
        mask = sum({1 << place for name in self.opening if (place := classes(name.lower())) is not None})
        diagrams = self._permissions.joint.diagrams
        paths = diagrams.paths(diagrams.restrict(self._allowed, {CALLER: number}))
        found = [needs_of(path, self.possible_changes) for path in paths if path.get(ACTION, -1) & mask]
        everything = [needs for one, needs in self._of_class(number) if one[0].effect is ActionEffect.ACCOUNT]
        return any(not any(fewer <= needs for fewer in everything) for needs in found)

    @cached_property
    def _alike(self) -> Mapping[str, Alike]:
        supposed = [one for one in self._estate.suppositions if one.kind is SuppositionKind.CALLS]
        found = alike(of_callers(self._estate), supposed, leaving(self._listed), self._further)
        return {one[0].name.lower(): one for one in found}

    @cached_property
    def _target(self) -> Target:
        names = self.opening.union(found[0].name for found in self._alike.values())
        return Target(TargetKind.DOUBT, self.root.split(":")[1], self.account, None, self.root, actions=names)

    @cached_property
    def _permissions(self) -> StepPermissions:
        (found,) = step_permissions(self._estate, [self._target], self.possible_changes, self.held, None, self._aside)
        return found.without(0)

    def _aside(self, space: Space) -> Sequence[Expression]:
        supposed = [one.callers for one in self.whole.suppositions if one.kind is SuppositionKind.CODE]
        return [sessions_outside(space, self.issued), *(callers(space, whom) for whom in supposed if whom is not None)]

    @cached_property
    def caller_tests(self) -> tuple[Predicate, ...]:
        """What is asked about callers, whatever their own policies say, and about federated sessions by name."""
        statements = (one for policy in of_callers(self._estate) for one in policy.statements)
        named = (text.value for one in statements for text in one.resources or ())
        names = (name for name in dict.fromkeys(named) if ":sts:" in name and "${" not in name)
        sessions = filter(None, (arn_predicate((Fixed(name, True),)) for name in names))
        return (*tests_of_callers(bare(self._estate), together([self._target]), self.possible_changes), *sessions)

    @cached_property
    def _federating(self) -> TargetGroup:
        target = Target(TargetKind.FEDERATED, self.root.split(":")[1], self.account)
        return TargetGroup(next(step_permissions(self._estate, [target], self.possible_changes, self.held)))

    def federating(self, principal: str) -> int | None:
        """The first class that no request for a federated session tells from the class of a caller."""
        return self._federating.permissions.representative(principal)

    def sessions(self, principal: str, sessions: Sequence[str]) -> Iterator[tuple[Cube, tuple[str, ...]]]:
        """Which of some federated sessions a principal can get from `sts:GetFederationToken`, by what it takes: their
        names are told apart as by `caller_tests`."""
        group = self._federating
        # A name that is compared with what the request says of its caller may be any: of the classes of names one is
        # looked at.
        compared = bool(group.permissions.joint.sides[0].question.space.relations)
        for allowed in group.allowed("sts:GetFederationToken", principal, MADE, *group.tags):
            values = dict(allowed.values)
            mask = -1 if compared else values.pop(MADE, -1)
            untagged = all(own & group.without(name) for name, own in values.items() if name != MADE)
            tagging = [frozenset[PossibleChange]()]
            if not untagged:
                tagging = [one.needs for one in group.allowed("sts:TagSession", principal)]
            names = tuple(one for one in sessions if group.holds(MADE, mask, one.split(":", 5)[5]))
            yield from ((Cube(0, allowed.needs | needs), names) for needs in tagging)

    def representative(self, principal: str) -> int | None:
        """The first class that no request tells from that of a caller."""
        return self._permissions.representative(principal)

    def doubts(self, principal: str) -> tuple[tuple[Doubt, Cube], ...]:
        """What a principal may do, with the changes that it needs: of actions with the same effect one, and how many
        others there are."""
        number = self.representative(principal)
        if number is None:
            return ()
        if number not in self._doubts:
            found: dict[_Kind, list[_Found]] = {}
            for one, needs in self._of_class(number):
                kind = one[0].effect, one[0].services, one[0].running, one[0].named, needs
                found.setdefault(kind, []).append((one, needs))
            self._doubts[number] = tuple(self._merged(same) for same in _without_less(found))
        return self._doubts[number]

    def _merged(self, same: Sequence[_Found]) -> tuple[Doubt, Cube]:
        (first, *_), needs = min(same, key=lambda found: rank(found[0][0]))
        names = dict.fromkeys((first.name, *(entry.name for one, _ in same for entry in one)))
        return Doubt(first, tuple(names), self.account), Cube(0, needs)

    def entries(self, principals: Iterable[str]) -> Iterator[Judgement]:
        """The actions that some principals may do without having brought about anything."""
        for number in dict.fromkeys(map(self.representative, principals)):
            for one, needs in () if number is None else self._of_class(number):
                if not needs:
                    yield from one

    def _of_class(self, number: int) -> Iterator[_Found]:
        joint = self._permissions.joint
        node = joint.diagrams.restrict(self._allowed, {CALLER: number})
        for path in joint.diagrams.paths(node):
            needs = needs_of(path, self.possible_changes)
            actions = path.get(ACTION, -1)
            yield from ((found, needs) for place, found in self._by_class.items() if actions >> place & 1)

    @cached_property
    def _by_class(self) -> Mapping[int, Alike]:
        """The actions by their classes in the question; those that are supposed to share nothing left out."""
        classes = self._permissions.joint.finite.tables[ACTION].class_of
        sharing = any(one.kind is SuppositionKind.SHARING for one in self.whole.suppositions)
        found = {classes(name): one for name, one in self._alike.items() if not (sharing and name.startswith("ram:"))}
        return {number: one for number, one in found.items() if number is not None}

    @cached_property
    def _allowed(self) -> DiagramNode:
        joint = self._permissions.joint
        return projected(joint, joint.sides[0].allowed, (CALLER, ACTION, *self.possible_changes))

    def places(self, principal: str, action: str) -> tuple[StatementRef, ...]:
        """The statements of its policies that may allow a principal an action; none for a root user, or where the
        changes do. A boundary or control policy gives nothing."""
        side, diagrams = self._permissions.joint.sides[0], self._permissions.joint.diagrams
        of_action = self._permissions.joint.finite.tables[ACTION].class_of(action.lower())
        point = {CALLER: self._permissions.class_of(principal), ACTION: of_action}
        known = {name: number for name, number in point.items() if number is not None}
        owners = side.question.space.owners
        said = (owners[number] for number, node in side.parts.items() if diagrams.restrict(node, known) != NOTHING)
        return tuple(dict.fromkeys(one for one in said if one.effect is Says.ALLOW and one.kind is PolicyKind.IDENTITY))

    def reviewed(self, roles: Iterable[str]) -> int:
        """The roles, as a mask, of which it is supposed that nobody changes what runs as them (W3)."""
        return reviewed(self._permissions, 1, roles)


_LESS = (ActionEffect.RUN, ActionEffect.PASS, ActionEffect.KEYS, ActionEffect.USERS, ActionEffect.NAMES)
"""What cannot bring about more in an account than `Effect.ACCOUNT` does."""


def _without_less(found: Mapping[_Kind, Sequence[_Found]]) -> Iterator[Sequence[_Found]]:
    """Without what brings about less, where no fewer changes bring about anything in the account."""
    everything = [needs for effect, *_, needs in found if effect is ActionEffect.ACCOUNT]
    for (effect, *_, needs), same in found.items():
        if effect not in _LESS or not any(fewer <= needs for fewer in everything):
            yield same
