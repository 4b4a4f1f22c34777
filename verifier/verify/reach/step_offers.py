"""The offers of roles, users, groups and managed policies to whoever calls for them.

In: an estate, readings that are held. Out: `StepOffers`.
Guarantee: as of `offers`: none that could be made is missing. Targets that every policy treats alike share one question.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain, product

from verifier.model.estate import Estate, Identity, ManagedPolicy
from verifier.model.invariant import CallerSet
from verifier.model.policy import Effect, Policy
from verifier.model.reach import StepKind
from verifier.model.step_actions import COMPUTE
from verifier.problem.expression import Expression
from verifier.problem.powers import ALWAYS, RESOURCE_POLICY, attach, joined
from verifier.problem.predicates import Predicate, exactly, like
from verifier.problem.space import TARGET, Space
from verifier.problem.steps.permissions import StepPermissions, step_permissions
from verifier.problem.targets import TargetKind, step_target
from verifier.verify.reach.cubes import ANYONE, CALLER, Cube, cubes_over, outside
from verifier.verify.reach.facts import Fact, FactKind, Offer
from verifier.verify.reach.narrowed import for_steps, says_of_keys, says_of_steps

POLICY_ARN, PASSED_TO = "iam:policyarn", "iam:passedtoservice"
BY_PROVIDERS = ("sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML")
SHARING = ("ram:CreateResourceShare", "ram:AssociateResourceShare")


def administrator(partition: str) -> str:
    """AWS's managed policy that allows everything."""
    return f"arn:{partition}:iam::aws:policy/AdministratorAccess"


@dataclass(frozen=True)
class Allowed:
    """Some targets on which a principal can do an action, given a cube: `targets` is a mask over those of the group."""

    targets: int
    cube: Cube


@dataclass(frozen=True, eq=False)
class Group:
    """The targets of one account and kind, and what was found of them so far."""

    permissions: StepPermissions
    _allowed: dict[tuple[str, int, tuple[str, ...]], list[Allowed]] = field(default_factory=dict)

    @cached_property
    def arns(self) -> tuple[str, ...]:
        """The targets' ARNs."""
        return tuple(str(target.resource) for target in self.permissions.targets)

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {arn: number for number, arn in enumerate(self.arns)}

    def bit(self, arn: str) -> int:
        """A target as a mask; 0 for one of another group."""
        number = self._numbers.get(arn)
        return 0 if number is None else 1 << number

    @property
    def questions(self) -> Iterable[Predicate]:
        """What is asked about callers."""
        return self.permissions.joint.sides[0].question.space.questions.get(CALLER, {})

    def allowed(self, action: str, principal: str, *further: str) -> list[Allowed]:
        """Where a principal can do an action; the cubes tell which values of `further` attributes that takes."""
        number = self.permissions.class_of(principal)
        if number is None:
            return []
        key = action, number, further
        if key not in self._allowed:
            self._allowed[key] = self._of_class(action, number, further)
        return self._allowed[key]

    def _of_class(self, action: str, number: int, further: tuple[str, ...]) -> list[Allowed]:
        diagrams = self.permissions.joint.diagrams
        node = diagrams.restrict(self.permissions.allowed(action, further), {CALLER: number})
        every = (1 << len(self.permissions.targets)) - 1
        return [Allowed(mask & every, cube) for mask, cube in cubes_over(diagrams, node, self.permissions.powers, TARGET)]

    def mask(self, attribute: str, predicate: Predicate) -> int | None:
        """The classes of an attribute that satisfy one of the predicates asked for; `None` where no policy asks for the attribute."""
        table = self.permissions.joint.finite.tables.get(attribute)
        return None if table is None else table.mask(predicate)

    def class_of(self, attribute: str, value: str) -> int | None:
        """The class of a value."""
        return self.permissions.joint.finite.tables[attribute].class_of(value)

    def only_known(self, attribute: str, mask: int, known: frozenset[str]) -> bool:
        """Whether the classes of a mask have no members but known ones."""
        table = self.permissions.joint.finite.tables[attribute]
        classes = (number for number in range(table.size) if mask >> number & 1)
        return all(set(table.members(number, len(known) + 1)) <= known for number in classes)

    def each(self, targets: int) -> Iterator[str]:
        """The ARNs of some targets."""
        while targets:
            low = targets & -targets
            yield self.arns[low.bit_length() - 1]
            targets ^= low


@dataclass(frozen=True)
class Gives:
    """The fact that a step on a target makes true: about the target, or about `subject` alone."""

    kind: FactKind
    details: tuple[str, ...] = ()
    subject: str | None = None

    def of(self, target: str) -> Fact:
        """The fact."""
        return Fact(self.kind, self.subject or target, self.details)


@dataclass(frozen=True, eq=False)
class Bundle:
    """One step on many targets, all of which need the same of the caller. `cubes` are those of the requests that it takes, that for
    `action` first; `start` is, for a role that is passed, the account and the action with which the service starts code."""

    step: StepKind
    action: str
    group: Group
    targets: int
    cubes: tuple[Cube, ...]
    gives: Gives
    start: tuple[str, str] | None = None

    @cached_property
    def needs(self) -> frozenset[str]:
        """The powers that it needs of the caller, whatever the target."""
        return frozenset[str]().union(*(cube.powers for cube in self.cubes)) - {RESOURCE_POLICY}

    @cached_property
    def needs_policy(self) -> bool:
        """Whether the target's own policy must be in hand."""
        return any(RESOURCE_POLICY in cube.powers for cube in self.cubes)

    @property
    def slot(self) -> object:
        """The same for bundles that make the same true on a target."""
        return self.group, self.gives

    def offers(self, targets: int) -> Iterator[Offer]:
        """An offer for each of some targets."""
        for arn in self.group.each(targets):
            yield Offer(self.step, self.action, arn, self.cubes[0], self.gives.of(arn), self._also(arn))

    def _also(self, arn: str) -> tuple[tuple[str, str, Cube], ...]:
        if len(self.cubes) == 2:
            return ((arn, "sts:AssumeRole", self.cubes[1]),)
        return ((arn, "trust", self.cubes[1]), (*self.start, self.cubes[2])) if self.start is not None else ()


class StepOffers:
    """Everything that is not a key, for one partition; of federated sessions it is about those in `issued` alone. Raises `TooLarge`."""

    def __init__(self, estate: Estate, partition: str, held: Mapping[str, bool], issued: CallerSet = ANYONE) -> None:
        self._estate = estate
        self._narrow = for_steps(estate)
        self._partition = partition
        self._held = held
        self._issued = issued
        self._groups: list[Group] = []
        self._known: set[str] = set()
        self._bundles: dict[tuple[int | None, ...], Mapping[frozenset[str], Sequence[Bundle]]] = {}
        self.take_in(self._listed())

    def take_in(self, arns: Iterable[str]) -> bool:
        """Roles, users and accounts that are met besides: policies name them and no inventory lists them. Returns whether any is new."""
        new = [arn for arn in dict.fromkeys(arns) if arn not in self._known and arn.split(":")[1] == self._partition]
        roots = (f"arn:{self._partition}:iam::{arn.split(':')[4]}:root" for arn in new)
        new += [arn for arn in dict.fromkeys(roots) if arn not in self._known and arn not in new]
        if not new:
            return False
        self._known |= set(new)
        self._bundles.clear()
        targets = [replace(step_target(self._narrow, arn), identity=self._identities.get(arn)) for arn in new]
        asked = {POLICY_ARN: (exactly(administrator(self._partition)), like("arn:*:iam::aws:policy/*"))}
        for found in step_permissions(self._narrow, targets, self.powers, self._held, asked, self._aside):
            self._groups.append(Group(found))
        return True

    def _aside(self, space: Space) -> Expression:
        return outside(space, self._issued)

    def _listed(self) -> Iterator[str]:
        for account in self._estate.accounts:
            yield from (identity.arn for identity in (*account.roles, *account.users))
            yield from (group.arn for group in account.groups)
            yield from (managed.arn for managed in account.managed if managed.arn.split(":")[4] == account.id)
            yield f"arn:{self._partition}:iam::{account.id}:root"
        yield from (f"arn:{self._partition}:iam::{key.account}:root" for key in self._estate.keys)

    @cached_property
    def _identities(self) -> dict[str, Identity]:
        return {identity.arn: identity for account in self._estate.accounts for identity in (*account.users, *account.roles)}

    @property
    def groups(self) -> Sequence[Group]:
        """The targets, by account and kind."""
        return self._groups

    def bundles(self, principal: str) -> Mapping[frozenset[str], Sequence[Bundle]]:
        """What a principal can bring about, by the powers that it takes; the same for principals that no target tells apart."""
        classes = tuple(group.permissions.class_of(principal) for group in self._groups)
        if classes not in self._bundles:
            found: dict[frozenset[str], list[Bundle]] = {}
            for bundle in chain.from_iterable(self._offered(group, principal) for group in self._groups):
                if bundle.targets:
                    found.setdefault(bundle.needs, []).append(bundle)
            self._bundles[classes] = found
        return self._bundles[classes]

    def questions(self) -> Iterator[Iterable[Predicate]]:
        """What each group of targets asks about callers."""
        return (group.questions for group in self._groups)

    @cached_property
    def powers(self) -> frozenset[str]:
        """The powers that the input leaves room for."""
        found = set(ALWAYS)
        for account in self._estate.accounts:
            found |= {attach(managed.arn) for managed in account.managed if managed.default is not None and self._useful(managed)}
            found |= {joined(group.arn) for group in account.groups if group.policies}
        return frozenset(found)

    @staticmethod
    def _useful(managed: ManagedPolicy) -> bool:
        default = dict(managed.versions).get(managed.default or "")
        return default is not None and gives_something(default)

    # -- offers --

    def _offered(self, group: Group, by: str) -> Iterator[Bundle]:
        return _OFFERED[group.permissions.targets[0].kind](self, group, by)

    def _plain(self, group: Group, by: str, action: str, step: StepKind, gives: Gives) -> Iterator[Bundle]:
        for allowed in group.allowed(action, by):
            yield Bundle(step, action, group, allowed.targets, (allowed.cube,), gives)

    def _on_role(self, group: Group, by: str) -> Iterator[Bundle]:
        yield from self._writes(group, by, "iam:PutRolePolicy", "iam:AttachRolePolicy")
        yield from self._plain(group, by, "iam:UpdateAssumeRolePolicy", StepKind.PUT_TRUST, Gives(FactKind.RESOURCE_POLICY))
        for action in ("sts:AssumeRole", *BY_PROVIDERS):
            yield from self._plain(group, by, action, StepKind.ASSUME_ROLE, Gives(FactKind.HOLDS))
        yield from self._tagged(group, by)
        yield from self._passed(group, by)

    def _tagged(self, group: Group, by: str) -> Iterator[Bundle]:
        """A session with tags takes two permissions (E2)."""
        tagging = group.allowed("sts:TagSession", by)
        for assuming in group.allowed("sts:AssumeRole", by) if tagging else ():
            for allowed in tagging:
                targets, needs = assuming.targets & allowed.targets, (allowed.cube, assuming.cube)
                yield Bundle(StepKind.ASSUME_ROLE, "sts:TagSession", group, targets, needs, Gives(FactKind.SESSION_TAGS))

    def _passed(self, group: Group, by: str) -> Iterator[Bundle]:
        """`iam:PassRole` to a service that the role trusts, and that the caller can make start something."""
        passing = group.allowed("iam:PassRole", by, PASSED_TO)
        root = f"arn:{self._partition}:iam::{group.permissions.targets[0].account}:root"
        starts = next((found for found in self._groups if root in found.arns), None) if passing else None
        if starts is None:
            return
        for service, action in COMPUTE.items():
            to_service = group.mask(PASSED_TO, exactly(service))
            trusting, starting = group.allowed("sts:AssumeRole", service), starts.allowed(action, by)
            for one, two, three in product(passing, trusting, starting):
                mask = dict(one.cube.values).get(PASSED_TO, -1)
                if to_service is None or mask & to_service:
                    needs = (one.cube, two.cube, three.cube)
                    targets = one.targets & two.targets
                    yield Bundle(StepKind.PASS_ROLE, "iam:PassRole", group, targets, needs, Gives(FactKind.HOLDS), (root, action))

    def _on_user(self, group: Group, by: str) -> Iterator[Bundle]:
        yield from self._writes(group, by, "iam:PutUserPolicy", "iam:AttachUserPolicy")
        for action in ("iam:CreateAccessKey", "iam:CreateLoginProfile", "iam:UpdateLoginProfile"):
            yield from self._plain(group, by, action, StepKind.BECOME_USER, Gives(FactKind.HOLDS))

    def _on_group(self, group: Group, by: str) -> Iterator[Bundle]:
        yield from self._writes(group, by, "iam:PutGroupPolicy", "iam:AttachGroupPolicy")
        yield from self._plain(group, by, "iam:AddUserToGroup", StepKind.JOIN_GROUP, Gives(FactKind.JOINED))

    def _on_policy(self, group: Group, by: str) -> Iterator[Bundle]:
        yield from self._plain(group, by, "iam:CreatePolicyVersion", StepKind.NEW_VERSION, Gives(FactKind.VERSION))
        several = sum(1 << number for number, arn in enumerate(group.arns) if self._has_others(arn))
        for bundle in self._plain(group, by, "iam:SetDefaultPolicyVersion", StepKind.SET_VERSION, Gives(FactKind.VERSION)):
            yield replace(bundle, targets=bundle.targets & several)

    def _has_others(self, arn: str) -> bool:
        """Whether a managed policy may have versions besides the one in force."""
        managed = self._managed[arn]
        return len(managed.versions) > 1 or not managed.complete

    def _on_account(self, group: Group, by: str) -> Iterator[Bundle]:
        for key in self._estate.keys:
            own = group.bit(f"arn:{key.partition}:iam::{key.account}:root")
            for action in SHARING if own else ():
                for bundle in self._plain(group, by, action, StepKind.SHARE, Gives(FactKind.SHARED, subject=key.arn)):
                    yield replace(bundle, targets=bundle.targets & own)

    @cached_property
    def _managed(self) -> dict[str, ManagedPolicy]:
        return {managed.arn: managed for account in self._estate.accounts for managed in account.managed}

    def _writes(self, group: Group, by: str, put: str, attaching: str) -> Iterator[Bundle]:
        """Inline policies, and managed ones: AWS's that allows everything, another one of AWS's, or a listed one, that the input does not
        hold, one that it does."""
        yield from self._plain(group, by, put, StepKind.PUT_POLICY, Gives(FactKind.INLINE))
        of_aws = group.mask(POLICY_ARN, like("arn:*:iam::aws:policy/*"))
        known = frozenset(self._managed)
        for allowed in group.allowed(attaching, by, POLICY_ARN):
            mask = dict(allowed.cube.values).get(POLICY_ARN, -1)
            unknown = of_aws is None or bool(mask & of_aws) and not group.only_known(POLICY_ARN, mask & of_aws, known)
            doubtful = any(_attaches(group, mask, arn) for arn in self._without_document)
            given = [Gives(FactKind.ATTACHED)] if unknown or doubtful else []
            given += [Gives(FactKind.ATTACH, (arn,)) for arn in self._attachable(group, everything=unknown) if _attaches(group, mask, arn)]
            for gives in given:
                yield Bundle(StepKind.ATTACH_POLICY, attaching, group, allowed.targets, (allowed.cube,), gives)

    @cached_property
    def _without_document(self) -> tuple[str, ...]:
        """Managed policies that are listed, and whose document in force the input does not hold."""
        return tuple(arn for arn, managed in self._managed.items() if managed.default not in dict(managed.versions))

    def _attachable(self, group: Group, everything: bool) -> Iterator[str]:
        """The managed policies of the input that it is of use to attach: what gives something and, unless everything can be had by one of
        AWS's, what gives nothing and may be given another document afterwards. A policy is attached within its account."""
        for arn in self._managed:
            of_aws, of_account = arn.split(":")[4] == "aws", arn.split(":")[4] == group.permissions.targets[0].account
            if (of_aws or of_account) and (attach(arn) in self.powers or not (everything or of_aws)):
                yield arn


def _attaches(group: Group, mask: int, arn: str) -> bool:
    """Whether a policy is among those of a mask; every one is where nothing asks which it is."""
    if group.mask(POLICY_ARN, like("arn:*:iam::aws:policy/*")) is None:
        return True
    number = group.class_of(POLICY_ARN, arn)
    return number is not None and bool(mask >> number & 1)


_OFFERED: Mapping[TargetKind, Callable[[StepOffers, Group, str], Iterator[Bundle]]] = {
    TargetKind.ROLE: StepOffers._on_role,
    TargetKind.USER: StepOffers._on_user,
    TargetKind.GROUP: StepOffers._on_group,
    TargetKind.POLICY: StepOffers._on_policy,
    TargetKind.ACCOUNT: StepOffers._on_account,
}


def gives_something(policy: Policy) -> bool:
    """Whether a policy allows something that matters for a chain: about keys or steps."""
    allows = replace(policy, statements=tuple(statement for statement in policy.statements if statement.effect is Effect.ALLOW))
    return says_of_keys(allows) or says_of_steps(allows)
