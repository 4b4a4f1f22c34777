"""The offers of roles, users, groups and managed policies to whoever calls for them.

In: an estate, readings that are held. Out: `StepOffers`.
Guarantee: as of `offers`: none that could be made is missing. Targets that every policy treats alike share one
question.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import replace
from functools import cached_property, partial
from itertools import chain

from verifier.model.invariant import CallerSet
from verifier.model.policy import arn_account, arn_kind
from verifier.model.steps.descriptions import StepKind
from verifier.model.steps.supposition import SuppositionKind
from verifier.model.symbols import InGroup, PossibleChange, SymbolValues
from verifier.problem.classes.predicates import Predicate, exactly
from verifier.problem.expression import Expression
from verifier.problem.facts.operations import TAG_KEYS
from verifier.problem.semantics.caller_sets import callers
from verifier.problem.semantics.possible_changes import ALWAYS_POSSIBLE, FRAME, SESSION_TAGS, SHARED
from verifier.problem.semantics.targets import TargetKind, step_target
from verifier.problem.space import Space
from verifier.problem.steps.many import together
from verifier.problem.subjects import workload_target
from verifier.verify.reach.cubes import sessions_outside
from verifier.verify.reach.distinctions import policy_asks_for_tags, tags_read
from verifier.verify.reach.documents import administrator, policies_of
from verifier.verify.reach.facts import FactKind
from verifier.verify.reach.narrowed import for_steps, of_any
from verifier.verify.reach.offers import identities, identity_policies
from verifier.verify.reach.offers.code_that_runs import entered, reviewed, running_by_arn
from verifier.verify.reach.offers.identity_policies import BOUNDARY_ARN, POLICY_ARN, WrittenPolicies, single
from verifier.verify.reach.offers.newly_made import BY_PROVIDERS, Imagined, targets_of_steps
from verifier.verify.reach.offers.passed_roles import (
    PASSED_TO,
    Profiles,
    in_stack_sets,
    passable_services,
    passed,
    service_values,
)
from verifier.verify.reach.own_policies import bare, tests_of_callers
from verifier.verify.reach.permissions import step_permissions
from verifier.verify.reach.step_groups import Bundle, Gives, TargetGroup

_SHARING = ("ram:CreateResourceShare", "ram:AssociateResourceShare")


class StepOffers:
    """Everything that is not a key, for one partition; `issued` are sets of federated sessions, for `of_issued`; with
    `tags` tags of callers matter whatever policies ask for. Raises `TooLarge`."""

    def __init__(
        self, found: Imagined, partition: str, held: SymbolValues, issued: Sequence[CallerSet], tags: bool
    ) -> None:
        estate, made = found.estate, found.made
        self._estate = estate
        self.made = made
        self._free = found.free
        self._tags = tags
        self._narrow = for_steps(estate)
        self._bare = bare(self._narrow)
        self._partition = partition
        self._running = running_by_arn(estate, partition)
        self._services = passable_services(estate)
        self._read_tags = identities.ReadTags(policies_of(estate), tags_read(estate))
        self._denying = identity_policies.denying(estate)
        self._bounded = identity_policies.bounded(estate.identities)
        self._held = held
        self.issued = tuple(issued)
        self.groups: list[TargetGroup] = []
        """The targets, by account and kind."""
        self._known: set[str] = set()
        self._caller_tests: list[tuple[Predicate, ...]] = []
        self._forget()
        self.take_in(targets_of_steps(estate, partition, made))
        code = [workload_target(arn_account(arn), arn, known[0].tags) for arn, known in self._running.items()]
        of_code = step_permissions(self._narrow, code, self.possible_changes, held, None, self._aside)
        self.groups += map(TargetGroup, of_code)

    def _forget(self) -> None:
        self._plain_offers: StepOffers | None = None
        self._bundles: dict[tuple[int | None, ...], Mapping[frozenset[PossibleChange], Sequence[Bundle]]] = {}
        self._new: dict[TargetGroup, int] = {}
        self._own: dict[tuple[int | None, ...], tuple[Bundle, ...]] = {}

    def of_issued(self, whom: CallerSet) -> StepOffers:
        """The same, of federated sessions about those in one of the sets alone."""
        number = self.issued.index(whom)
        other = copy(self)
        other.groups = [TargetGroup(group.permissions.without(number)) for group in self.groups]
        other._forget()
        return other

    @property
    def plain(self) -> StepOffers:
        """The same of those who have brought about nothing but whom they hold: what needs no change."""
        if self._plain_offers is None:
            self._plain_offers = copy(self)
            self._plain_offers.groups = [TargetGroup(group.permissions, plain=True) for group in self.groups]
            self._plain_offers._forget()
        return self._plain_offers

    def take_in(self, arns: Iterable[str]) -> bool:
        """True iff some of these roles, users and accounts are new. They are met besides: policies name them and no
        inventory lists them."""
        new = [arn for arn in dict.fromkeys(arns) if arn not in self._known and arn.split(":")[1] == self._partition]
        roots = (f"arn:{self._partition}:iam::{arn_account(arn)}:root" for arn in new)
        new += [arn for arn in dict.fromkeys(roots) if arn not in self._known and arn not in new]
        if not new:
            return False
        self._known |= set(new)
        self._forget()
        targets = [replace(step_target(self._narrow, arn), identity=self._estate.identity(arn)) for arn in new]
        narrow, tests = self._narrow, self._put_to_values
        found = step_permissions(narrow, targets, self.possible_changes, self._held, tests, self._aside)
        self.groups += map(TargetGroup, found)
        return True

    @cached_property
    def _put_to_values(self) -> Mapping[str, Sequence[Predicate]]:
        """Which values of attributes matter, besides those that policies tell apart."""
        forms = tuple(chain.from_iterable(map(service_values, self._services)))
        partial_lists = (account.id for account in self._estate.accounts if not account.complete)
        own = map(identity_policies.policies_of_account, partial_lists)
        policies = (exactly(administrator(self._partition)), identity_policies.OF_AWS, *own)
        return {POLICY_ARN: policies, BOUNDARY_ARN: policies, PASSED_TO: forms, **self._read_tags.tests}

    def _aside(self, space: Space) -> Sequence[Expression]:
        if TAG_KEYS in space.attributes:
            for name in self._read_tags.tests:
                space.view(name)  # a tag that the request names is among them (F6)
        supposed = (one.callers for one in self._estate.suppositions if one.kind is SuppositionKind.CODE)
        of_code = (callers(space, whom) for whom in supposed if whom is not None)
        return [*(sessions_outside(space, whom) for whom in self.issued), *of_code]

    def bundles(self, principal: str) -> Mapping[frozenset[PossibleChange], Sequence[Bundle]]:
        """What a principal can bring about, by the changes that it needs; the same for those not told apart."""
        classes = self.classes(principal)
        if classes not in self._bundles:
            found: dict[frozenset[PossibleChange], list[Bundle]] = {}
            for number in range(len(self.groups)):
                for bundle in self._of_group(number, classes, principal):
                    found.setdefault(bundle.needs, []).append(bundle)
            self._bundles[classes] = found
        return self._bundles[classes]

    def classes(self, principal: str) -> tuple[int | None, ...]:
        """What each group of targets takes a principal for, and whether it carries tags: who has the same is alike."""
        return (*(group.permissions.representative(principal) for group in self.groups), self._carries(principal))

    def _carries(self, principal: str) -> int:
        """How it passes transitive tags on (F3): 2 iff it is a role that no inventory lists, whose sessions may
        have any; 1 iff it is one of which a fact says whether they may."""
        return 0 if arn_kind(principal) != "role" else 1 if self._estate.identity(principal) is not None else 2

    def _carrying(self, group: TargetGroup, by: str) -> frozenset[PossibleChange] | None:
        """The changes with which a principal passes on transitive tags that may help a group's roles; or `None`."""
        return _CARRYING.get(self._carries(by)) if self._tags_matter and self._read_tags.help(group, {}) else None

    def _of_group(self, number: int, classes: Sequence[int | None], principal: str) -> tuple[Bundle, ...]:
        """The same of one group: what its targets, and the account where a service starts code, say of the class."""
        group = self.groups[number]
        key = number, classes[number], *(classes[place] for place in self._further(group)), classes[-1]
        if key not in self._own:
            found = (part for bundle in _OFFERED[group.kind](self, group, principal) for part in self.apart(bundle))
            self._own[key] = tuple(bundle for bundle in found if bundle.targets)
        return self._own[key]

    def apart(self, bundle: Bundle) -> Iterator[Bundle]:
        """What is there at first, and what must have been made before."""
        new = bundle.targets & self._new_of(bundle.group)
        if bundle.step is StepKind.PROVIDER:
            yield bundle
        elif bundle.step is StepKind.CREATE:
            yield replace(bundle, targets=new)
        elif not new:
            yield bundle
        else:
            yield replace(bundle, targets=bundle.targets & ~new)
            yield replace(bundle, targets=new, made=True)

    def _new_of(self, group: TargetGroup) -> int:
        if group not in self._new:
            self._new[group] = sum(group.bit(arn) for arn in self.made)
        return self._new[group]

    def _further(self, group: TargetGroup) -> list[int]:
        """The places of the groups that passing a role takes as well: its account, and the profiles of that; changing
        code, the roles."""
        kinds = _FURTHER.get(group.kind, ())
        return [number for number, one in enumerate(self.groups) if one.kind in kinds and one.account == group.account]

    def caller_tests(self) -> Sequence[tuple[Predicate, ...]]:
        """What each group of targets asks about callers, whatever their own policies say."""
        for group in self.groups[len(self._caller_tests) :]:
            target = together(group.permissions.targets)
            self._caller_tests.append(tests_of_callers(self._bare, target, self.possible_changes))
        return self._caller_tests

    @cached_property
    def _policies(self) -> WrittenPolicies:
        return WrittenPolicies(self._estate, self.made, self.possible_changes)

    @cached_property
    def possible_changes(self) -> frozenset[PossibleChange]:
        """The changes that the input leaves room for."""
        no_sharing = {SHARED} if self._supposes_no_sharing else frozenset[PossibleChange]()
        found = ALWAYS_POSSIBLE - identity_policies.needless(self._denying) - no_sharing
        organization, says = self._estate.organization, of_any(self._estate)
        if organization is not None and any(one.service is not None for one in organization.controls):
            found |= {FRAME}
        for account in self._estate.accounts:
            known = (managed for managed in account.managed if managed.arn not in self.made)
            found |= {change for managed in known for change in identity_policies.changes_by(managed, says)}
            found |= {InGroup(group.arn) for group in account.groups if group.policies}
        return found

    @property
    def changes_in_doubt(self) -> frozenset[PossibleChange]:
        """The same for requests in doubt."""
        return self.possible_changes | (self._policies.loosening if self._bounded else frozenset())

    # -- offers --

    def _on_role(self, group: TargetGroup, by: str) -> Iterator[Bundle]:
        yield from self._written(group, by, "Role")
        yield from single(group, by, "iam:UpdateAssumeRolePolicy", StepKind.PUT_TRUST, Gives(FactKind.RESOURCE_POLICY))
        yield from identities.created(group, by, "Role", self._free)
        for action in ("sts:AssumeRole", *BY_PROVIDERS):
            yield from identities.untagged_sessions(group, by, action, partial(self._carrying, group, by))
            yield from identities.tagged_sessions(group, by, action, self._read_tags, self._tags)
        yield from self._passed(group, by)

    def _passed(self, group: TargetGroup, by: str) -> Iterator[Bundle]:
        further = {self.groups[place].kind: self.groups[place] for place in self._further(group)}
        account = self._estate.account(group.account)
        known = account.profiles if account is not None else None
        holding = None if known is None else frozenset(profile.role for profile in known if profile.role is not None)
        targets = further.get(TargetKind.INSTANCE_PROFILE)
        profiles = Profiles(holding, targets, 0 if targets is None else self._new_of(targets))
        if TargetKind.ACCOUNT in further:
            yield from passed(group, by, further[TargetKind.ACCOUNT], self._services, profiles)
            roles = [one for one in self.groups if one.kind is TargetKind.ROLE]
            yield from in_stack_sets(group, by, further[TargetKind.ACCOUNT], self._services, roles)

    def _on_code(self, group: TargetGroup, by: str) -> Iterator[Bundle]:
        for roles in self.groups:
            if roles.kind is TargetKind.ROLE and roles.account == group.account:
                free = roles.all & ~reviewed(group.permissions, len(self.issued), roles.arns)
                yield from entered(group, by, roles, self._running, self._services, free)

    def _on_user(self, group: TargetGroup, by: str) -> Iterator[Bundle]:
        yield from self._written(group, by, "User")
        yield from identities.created(group, by, "User", self._free)
        for action in ("iam:CreateAccessKey", "iam:CreateLoginProfile", "iam:UpdateLoginProfile"):
            yield from single(group, by, action, StepKind.BECOME_USER, Gives(FactKind.HOLDS))

    def _on_group(self, group: TargetGroup, by: str) -> Iterator[Bundle]:
        yield from self._written(group, by, "Group")
        yield from single(group, by, "iam:AddUserToGroup", StepKind.JOIN_GROUP, Gives(FactKind.JOINED))
        yield from single(group, by, "iam:CreateGroup", StepKind.CREATE, Gives(FactKind.MADE))

    def _on_policy(self, group: TargetGroup, by: str) -> Iterator[Bundle]:
        yield from single(group, by, "iam:CreatePolicy", StepKind.CREATE, Gives(FactKind.MADE))
        yield from self._policies.versions(group, by)

    @property
    def _supposes_no_sharing(self) -> bool:
        return any(one.kind is SuppositionKind.SHARING for one in self._estate.suppositions)

    def _on_account(self, group: TargetGroup, by: str) -> Iterator[Bundle]:
        for key in self._estate.keys if not self._supposes_no_sharing else ():
            own = group.bit(f"arn:{key.partition}:iam::{key.account}:root")
            for action in _SHARING if own else ():
                yield from single(group, by, action, StepKind.SHARE, Gives(FactKind.SHARED, subject=key.arn), own)

    def _written(self, group: TargetGroup, by: str, owner: str) -> Iterator[Bundle]:
        """What is written for users, roles or groups, and what is taken away: policies, boundaries, tags, and
        memberships in groups that deny something."""
        yield from self._policies.writes(group, by, owner)
        yield from identity_policies.taken_away(group, by, owner, self._denying)
        if owner != "Group":
            if self._tags_matter:
                yield from identities.tagged(group, by, owner, self._read_tags, self._tags)
            yield from self._policies.boundaries(group, by, owner, self._bounded)

    @cached_property
    def _tags_matter(self) -> bool:
        """True iff some policy asks for tags of callers, or of users and roles, or what is asked turns on them."""
        return self._tags or any(map(policy_asks_for_tags, policies_of(self._estate)))


_CARRYING: Mapping[int, frozenset[PossibleChange]] = {1: frozenset({SESSION_TAGS}), 2: frozenset()}
"""The changes with which a principal passes transitive tags on, by whether it carries any."""
_FURTHER = {TargetKind.ROLE: (TargetKind.ACCOUNT, TargetKind.INSTANCE_PROFILE), TargetKind.WORKLOAD: (TargetKind.ROLE,)}
_OFFERED: Mapping[TargetKind, Callable[[StepOffers, TargetGroup, str], Iterator[Bundle]]] = {
    TargetKind.ROLE: StepOffers._on_role,
    TargetKind.USER: StepOffers._on_user,
    TargetKind.GROUP: StepOffers._on_group,
    TargetKind.POLICY: StepOffers._on_policy,
    TargetKind.INSTANCE_PROFILE: lambda *_: iter(()),
    TargetKind.SAML_PROVIDER: lambda self, group, by: identities.providers(group, by, self._estate, self.made),
    TargetKind.ACCOUNT: StepOffers._on_account,
    TargetKind.WORKLOAD: StepOffers._on_code,
}
