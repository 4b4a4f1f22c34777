"""Targets that are no keys, by account and kind: who can do what on which of them, and what follows.

In: the permissions of a group of targets. Out: masks of its targets, given cubes; `Bundle`s of offers. Who can create
keys, as a group of one target: a replica takes that, too (R8), and so does any key that a caller makes.
Guarantee: as of `StepPermissions`, and of `KeyRules`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property, lru_cache

from msgspec import field

from verifier.frozen import Frozen
from verifier.model.estate import Estate, Identity
from verifier.model.invariant import CallerSet
from verifier.model.policy import is_service_linked
from verifier.model.steps.descriptions import StepKind
from verifier.model.symbols import PossibleChange, SymbolValues
from verifier.problem.classes.kinds import fits, table_of
from verifier.problem.classes.predicates import Predicate
from verifier.problem.classes.tables import MORE_STATES, OverBudget, numbers_in
from verifier.problem.diagrams.diagram import TooLarge
from verifier.problem.expression import Expression
from verifier.problem.facts.operations import TAG_KEYS
from verifier.problem.semantics.possible_changes import REQUEST_TAG, RESOURCE_POLICY, TARGET_BOUNDARY, TARGET_TAGS
from verifier.problem.semantics.targets import Target, TargetKind
from verifier.problem.space import CALLER, TARGET, Space
from verifier.verify.reach.cubes import Cube, cubes_over, sessions_outside
from verifier.verify.reach.facts import Doubt, Fact, FactKind, Facts, Offer, Passed
from verifier.verify.reach.permissions import StepPermissions, step_permissions

CREATE_KEY, _REGION = "kms:CreateKey", "region"
EXISTS = PossibleChange("exists")
OF_TARGETS = {
    RESOURCE_POLICY: (FactKind.RESOURCE_POLICY, FactKind.MADE),
    TARGET_BOUNDARY: (FactKind.UNBOUNDED, FactKind.REBOUND),
    TARGET_TAGS: (FactKind.TAGGED,),
    EXISTS: (FactKind.MADE,),
}
"""The changes that are about the target of a step, each with the facts of which one gives it. That a target exists
which there was not at first is no change in a question."""


class TargetGroup(Frozen, eq=False, dict=True):
    """The targets of one account and kind, and what was found of them so far; if `plain`, without callers' changes."""

    permissions: StepPermissions
    plain: bool = False
    slots: dict[Gives, object] = field(default_factory=dict)
    """What tells apart what steps on its targets make true."""
    _allowed: dict[tuple[str, int, tuple[str, ...]], list[Cube]] = field(default_factory=dict)

    @cached_property
    def arns(self) -> tuple[str, ...]:
        return tuple(str(target.resource) for target in self.permissions.targets)

    @property
    def all(self) -> int:
        """All targets, as a mask."""
        return (1 << len(self.permissions.targets)) - 1

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {arn: number for number, arn in enumerate(self.arns)}

    def identity(self, arn: str) -> Identity | None:
        return self.permissions.targets[self._numbers[arn]].identity

    @cached_property
    def trusting(self) -> int:
        """The roles whose trust policies are given, as a mask."""
        given = (one.identity is not None and one.identity.trust is not None for one in self.permissions.targets)
        return sum(1 << number for number, one in enumerate(given) if one)

    @cached_property
    def unlinked(self) -> int:
        """The targets that are no service-linked roles, as a mask: as one of these runs what its service runs, nothing
        of a caller's."""
        return sum(1 << number for number, arn in enumerate(self.arns) if not is_service_linked(arn))

    @cached_property
    def kind(self) -> TargetKind:
        return self.permissions.targets[0].kind

    @cached_property
    def account(self) -> str:
        return str(self.permissions.targets[0].account)

    @cached_property
    def partition(self) -> str:
        return self.permissions.targets[0].partition

    @cached_property
    def root(self) -> str:
        return f"arn:{self.partition}:iam::{self.account}:root"

    def bit(self, arn: str) -> int:
        """A target as a mask; 0 for one of another group."""
        number = self._numbers.get(arn)
        return 0 if number is None else 1 << number

    def allowed(self, action: str, principal: str, *further: str) -> list[Cube]:
        """On which targets a principal can do an action, and which values of `further` attributes that takes."""
        number = self.permissions.representative(principal)
        if number is None:
            return []
        key = action, number, further
        if key not in self._allowed:
            self._allowed[key] = self._of_class(action, number, further)
        return self._allowed[key]

    def _of_class(self, action: str, number: int, further: tuple[str, ...]) -> list[Cube]:
        diagrams = self.permissions.joint.diagrams
        # What it takes of the target stays: that may not be what decides (`passed_roles`).
        without = dict.fromkeys(self.permissions.possible_changes.difference(OF_TARGETS), 0) if self.plain else {}
        node = diagrams.restrict(self.permissions.allowed(action, further), {CALLER: number} | without)
        found = cubes_over(diagrams, node, self.permissions.possible_changes, TARGET)
        return [replace(cube, members=cube.members & self.all) for cube in found]

    @cached_property
    def tags(self) -> tuple[str, ...]:
        """The variables that say which tags a request asks for, as far as policies ask for them."""
        finite = self.permissions.joint.finite
        request_tags = (name for name in finite.tables if name.startswith(REQUEST_TAG))
        return (*request_tags, *finite.held.get(TAG_KEYS, ()))

    def without(self, variable: str) -> int:
        """The values of one of `tags` for a request without that tag."""
        return 1 if variable not in self.permissions.joint.finite.tables else self.absent(variable)

    def mask(self, attribute: str, predicate: Predicate) -> int | None:
        """The classes of an attribute that satisfy one of the predicates asked for; `None` where no policy asks for the
        attribute. Raises `NotAsked` for another predicate: its values need not be told apart."""
        table = self.permissions.joint.finite.tables.get(attribute)
        return None if table is None else table.mask(predicate)

    def asks(self, attribute: str) -> bool:
        """True iff a policy asks for an attribute."""
        return attribute in self.permissions.joint.finite.tables or attribute in self.permissions.joint.finite.lazy

    def tells_apart(self, attribute: str) -> bool:
        """True iff an attribute has several classes."""
        return attribute in self.permissions.joint.finite.tables

    def absent(self, attribute: str) -> int:
        """The class of requests without an attribute that a policy asks for."""
        return 1 << self.permissions.joint.finite.tables[attribute].size

    def holds(self, attribute: str, mask: int, value: str) -> bool:
        """True iff a value is in one of the classes of a mask, or may be: of an impossible one nothing is known."""
        table = self.permissions.joint.finite.tables.get(attribute)
        number = None if table is None else table.class_of(value)
        return number is None or bool(mask >> number & 1)

    def only_known(self, attribute: str, mask: int, known: frozenset[str]) -> bool:
        """True iff the classes of a mask have no members but known ones."""
        table = self.permissions.joint.finite.tables.get(attribute)
        if table is None:
            return False
        numbers = numbers_in(mask & (1 << table.size) - 1)
        return all(set(table.members(number, len(known) + 1)) <= known for number in numbers)

    def each(self, targets: int) -> Iterator[str]:
        """The ARNs of some targets."""
        return (self.arns[number] for number in numbers_in(targets))


class Gives(Frozen):
    """The fact that a step on a target makes true: about the target, or about `subject` alone."""

    kind: FactKind
    details: tuple[str, ...] = ()
    subject: str | None = None

    def of(self, target: str) -> Fact:
        return Fact(self.kind, self.subject or target, self.details)


@lru_cache(1 << 12)
def _of_caller(needs: frozenset[frozenset[PossibleChange]]) -> frozenset[PossibleChange]:
    return frozenset[PossibleChange]().union(*needs).difference(OF_TARGETS)


class Bundle(Frozen, eq=False, dict=True):
    """One step on many targets, all of which need the same of the caller. `cubes` are those of the requests that it
    takes, that for `action` first; `passed` is how a role is passed, `doubt` what may bring it about where no step
    does. `made` are targets that must have been made first; `after` must be true besides; `code` is what runs as the
    target and is changed or entered; `asker` is a role whose request it takes as well, with the changes that this needs
    of it."""

    step: StepKind
    action: str
    group: TargetGroup
    targets: int
    cubes: tuple[Cube, ...]
    gives: Gives
    passed: Passed | None = None
    made: bool = False
    after: tuple[Fact, ...] = ()
    doubt: Doubt | None = None
    code: str | None = None
    asker: tuple[str, frozenset[PossibleChange]] | None = None

    @cached_property
    def needs(self) -> frozenset[PossibleChange]:
        """The changes that it needs of the caller, whatever the target."""
        return _of_caller(frozenset(cube.needs for cube in self.cubes))

    @cached_property
    def needs_of_target(self) -> tuple[PossibleChange, ...]:
        """The changes that it needs of the target: its own policy in hand, another boundary."""
        needed = frozenset[PossibleChange]().union(*(cube.needs for cube in self.cubes))
        return tuple(change for change in OF_TARGETS if change in needed or (change == EXISTS and self.made))

    def giving(self, target: str, facts: Facts) -> tuple[Fact, ...] | None:
        """The facts that give the changes of a target that it needs; `None` where one is lacking."""
        found = []
        for change in self.needs_of_target:
            fact = next((fact for kind in OF_TARGETS[change] if (fact := Fact(kind, target)) in facts), None)
            if fact is None:
                return None
            found.append(fact)
        return tuple(found)

    @cached_property
    def slot(self) -> object:
        """The same for bundles that make the same true on a target."""
        return self.group.slots.setdefault(self.gives, object())

    def offers(self, targets: int) -> Iterator[Offer]:
        """An offer for each of some targets."""
        for arn in self.group.each(targets):
            made = self.group.identity(arn) if self.step is StepKind.CREATE else None
            request = self.step, self.action, arn, self.cubes[0], self.gives.of(arn)
            yield Offer(*request, passed=self.passed, identity=made, doubt=self.doubt, code=self.code)


# -- requests on no key --


def keyless_rules(
    estate: Estate,
    partition: str,
    possible_changes: frozenset[PossibleChange],
    held: SymbolValues,
    issued: CallerSet,
) -> TargetGroup:
    """The rules of requests on no key; of federated sessions about those in `issued` alone. Raises `TooLarge`."""

    def aside(space: Space) -> Sequence[Expression]:
        space.view("aws:RequestedRegion")
        return [sessions_outside(space, issued)]

    target = Target(TargetKind.NONE, partition)
    (found,) = step_permissions(estate, [target], possible_changes, held, None, aside)
    return TargetGroup(found.without(0))


def region_of_each_class(rules: TargetGroup, further: Iterable[Predicate]) -> tuple[str, ...]:
    """A Region of each class that policies tell apart, or that some further predicates do. Raises `TooLarge`."""
    space = rules.permissions.joint.sides[0].question.space
    attribute = space.attributes[_REGION]
    wanted = filter(lambda one: fits(attribute, one), dict.fromkeys((*space.questions.get(_REGION, {}), *further)))
    try:
        table = table_of(attribute, list(wanted), MORE_STATES)
    except OverBudget as error:
        raise TooLarge("the policies tell apart too many Regions") from error
    return tuple(table.pick(1 << number)[1] for number in range(table.size))


def creating(rules: TargetGroup, principal: str, region: str) -> tuple[Cube, ...]:
    """What a principal needs to create a key in a Region."""
    found = rules.allowed(CREATE_KEY, principal, _REGION)
    here = (one for one in found if rules.holds(_REGION, dict(one.values).get(_REGION, -1), region))
    return tuple(dict.fromkeys(replace(one, values=()) for one in here))
