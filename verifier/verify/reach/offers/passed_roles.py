"""Roles that are passed to services, as offers (E4; docs/reach.md).

In: the groups of roles and accounts, a principal. Out: which services a role could be passed to, and by what the caller
may do so.
Guarantee: as of `offers`. Every service that a trust policy of the estate names is among them; of one of which it is
not known how it comes to run code the offer has no actions, and no story is told of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, product

from verifier.frozen import Frozen
from verifier.model.estate import Estate
from verifier.model.policy import Policy, PrincipalType
from verifier.model.steps.actions import IN_PROFILES, STACK_SETS, running_services, service_name, ways_to_run
from verifier.model.steps.descriptions import StepKind
from verifier.model.symbols import PossibleChange
from verifier.problem.classes.predicates import Predicate, exactly
from verifier.problem.semantics.possible_changes import RESOURCE_POLICY, TARGET_TAGS
from verifier.verify.reach.cubes import Cube
from verifier.verify.reach.facts import FactKind, Passed
from verifier.verify.reach.step_groups import OF_TARGETS, Bundle, Gives, TargetGroup

PASSED_TO = "iam:passedtoservice"


def passable_services(estate: Estate) -> tuple[str, ...]:
    """The services that a role could be passed to: those of which it is known how they come to run code first."""
    named = sorted({service for trust in estate.trust_policies() for service in _named_by(trust)})
    return tuple(sorted(dict.fromkeys((*running_services(), *named)), key=lambda service: not ways_to_run(service)))


def _named_by(trust: Policy) -> frozenset[str]:
    """The services that a trust policy may let in."""
    principals = (one for statement in trust.allows for one in statement.principals or ())
    return frozenset(one.value for one in principals if one.type is PrincipalType.SERVICE)


def service_values(service: str) -> tuple[Predicate, ...]:
    """The values of `iam:PassedToService` that may mean a service: its name as a trust policy has it, and the usual
    forms [IAM: reference_policies_iam-condition-keys, iam:PassedToService]."""
    names = (service, *(service_name(service) + ending for ending in (".amazonaws.com", ".amazonaws.com.cn")))
    return tuple(map(exactly, dict.fromkeys(names)))


class Profiles(Frozen):
    """The instance profiles of an account, by the roles that they hold (`None` where they are not known), and as
    targets; those that are `new` have to be made."""

    holding: frozenset[str] | None
    targets: TargetGroup | None = None
    new: int = 0

    def ways(self, group: TargetGroup, by: str) -> Iterator[tuple[int, tuple[Cube, ...], tuple[str, ...], str | None]]:
        """The roles that are in a profile; those that come into one, which is made or which held another role. Each
        with what that takes. Where profiles are not known, that one holds the role is supposed (E4)."""
        held = group.all if self.holding is None else sum(map(group.bit, self.holding))
        yield held, (), (), None
        if self.targets is None or held == group.all:
            return
        for action, among in (
            ("iam:CreateInstanceProfile", self.new),
            ("iam:RemoveRoleFromInstanceProfile", ~self.new),
        ):
            requests = self.targets.allowed(action, by), self.targets.allowed(ADDS, by)
            for on, cubes in jointly(among & self.targets.all, *requests):
                yield group.all & ~held, cubes, (action, ADDS), next(self.targets.each(on))


ADDS = "iam:AddRoleToInstanceProfile"


def passed(
    group: TargetGroup, by: str, accounts: TargetGroup, services: tuple[str, ...], profiles: Profiles
) -> Iterator[Bundle]:
    """`iam:PassRole` to one of the `services`, which the role trusts and which the caller can make run its code.
    `accounts` has the account of the roles, `profiles` its instance profiles."""
    for service in services:
        ways = ways_to_run(service)
        passing = passable(group, by, (service,), known=bool(ways))
        admitting = trusting_roles(group, service) if passing else []
        for way in ways or ((),) if admitting else ():
            within = profiles.ways(group, by) if IN_PROFILES.intersection(way) else iter([(-1, (), (), None)])
            for targets, added, into, profile in within:
                how = Passed(service, group.root, way, into, profile)
                starting = (wherever(accounts.allowed(action, by)) for action in way)
                for on, cubes in jointly(targets, passing, admitting, *starting):
                    needs = (*cubes, *added)
                    held = Bundle(StepKind.PASS_ROLE, "iam:PassRole", group, on, needs, Gives(FactKind.HOLDS), how)
                    yield from tagged_bundles(held, service)


def in_stack_sets(
    group: TargetGroup, by: str, accounts: TargetGroup, services: tuple[str, ...], others: Sequence[TargetGroup]
) -> Iterator[Bundle]:
    """`iam:PassRole` of an administration role for a stack set that is made: the roles that it may assume."""
    making = [wherever(accounts.allowed(action, by)) for action in STACK_SETS]
    for service in (one for one in services if service_name(one) == "cloudformation" and all(making)):
        for roles, one, cubes, middle in roles_through(group, by, service, others):
            how = Passed(service, group.root, STACK_SETS, through=middle)
            for on, making_it in jointly(one.members, *making):
                needs = (*cubes, *making_it)
                yield Bundle(StepKind.PASS_ROLE, "iam:PassRole", roles, on, needs, Gives(FactKind.HOLDS), how)


def roles_through(
    group: TargetGroup, by: str, service: str, others: Iterable[TargetGroup]
) -> Iterator[tuple[TargetGroup, Cube, tuple[Cube, ...], str]]:
    """The roles, group by group, that one which a principal may pass to a service may assume, with what passing takes,
    and that one. What takes other policies than there are of that one is left to doubt."""
    for one, two in product(passable(group, by, (service,), known=True), trusting_roles(group, service)):
        if not two.needs and one.needs.isdisjoint(OF_TARGETS):
            for middle, roles in product(group.each(one.members & two.members & group.all), others):
                for three in roles.allowed("sts:AssumeRole", middle):
                    if three.needs <= {RESOURCE_POLICY}:
                        yield roles, three, (one, two, three), middle


def passable(group: TargetGroup, by: str, to: Iterable[str], *, known: bool) -> list[Cube]:
    """The roles that a principal may pass to one of some services, for what it runs there. Some services do not support
    `iam:PassedToService` [IAM: reference_policies_iam-condition-keys]: not those that are `known`. Tags of the role do
    not limit who may pass it [IAM: id_roles_use_passrole]: they may read as any, or as absent. The replay reads them as
    they are, or as absent (`E4`); what rests on others is Unknown."""
    values = -1 if not group.tells_apart(PASSED_TO) else 0 if known else group.absent(PASSED_TO)
    for predicate in chain.from_iterable(map(service_values, to)):
        values |= group.mask(PASSED_TO, predicate) or 0
    passing = group.allowed("iam:PassRole", by, PASSED_TO)
    return [
        replace(one, members=one.members & group.unlinked, needs=one.needs - {TARGET_TAGS})
        for one in passing
        if dict(one.values).get(PASSED_TO, -1) & values
    ]


def wherever(found: Iterable[Cube]) -> list[Cube]:
    """The same about an account as about every role of it."""
    return [replace(one, members=-1) for one in found]


def jointly(targets: int, *requests: Iterable[Cube]) -> Iterator[tuple[int, tuple[Cube, ...]]]:
    """The targets on which a request of each kind can be made, with a cube of each: once for the changes that these
    need together, and not for more changes than others need on the same targets."""
    found: dict[frozenset[PossibleChange], tuple[int, tuple[Cube, ...]]] = {frozenset(): (targets, ())}
    for some in requests:
        more: dict[frozenset[PossibleChange], tuple[int, tuple[Cube, ...]]] = {}
        for (before, (on, cubes)), one in product(found.items(), some):
            here, needs = on & one.members, before | one.needs
            if here:
                others, same = more.get(needs, (0, (*cubes, one)))
                more[needs] = others | here, same
        found = {}
        for needs, (here, cubes) in sorted(more.items(), key=lambda each: len(each[0])):
            for fewer, (on, _) in found.items():
                here &= ~on if fewer <= needs else -1
            if here:
                found[needs] = here, cubes
    yield from found.values()


def tagged_bundles(bundle: Bundle, by: str) -> Iterator[Bundle]:
    """What gives sessions of roles; and the same with session tags, where the trust policy lets the service or the
    identity of a provider that assumes the role pass any: which ones it passes is not known (F3)."""
    yield bundle
    for targets, cubes in jointly(bundle.targets, trusting_roles(bundle.group, by, "sts:TagSession")):
        yield replace(bundle, targets=targets, cubes=(*bundle.cubes, *cubes), gives=Gives(FactKind.SESSION_TAGS))


def trusting_roles(group: TargetGroup, service: str, action: str = "sts:AssumeRole") -> list[Cube]:
    """The roles that a service may assume; of one that no caller is called as, those whose trust policies name it."""
    if group.permissions.class_of(service) is not None:
        return group.allowed(action, service)
    targets = 0
    for number, target in enumerate(group.permissions.targets):
        trust = target.identity.trust if target.identity is not None else None
        targets |= (trust is not None and service in _named_by(trust)) << number
    return [Cube(targets, frozenset())] if targets else []
