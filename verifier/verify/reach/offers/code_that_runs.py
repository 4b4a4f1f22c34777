"""Code that runs as a role already: who changes or enters it, as offers; what doubt it leaves (E5, W2).

In: the groups of code and of roles, a principal. Out: `Bundle`s; doubtful actions as far as they are still in doubt.
Guarantee: as of `offers`: of each way its decisive request is asked for. What else the way takes is for the move
(`stories.passed`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from itertools import product

from verifier.model.estate import Estate, Workload
from verifier.model.steps.actions import service_name, ways_to_run
from verifier.model.steps.catalogue import ActionEffect, Judgement, catalogue_entries
from verifier.model.steps.descriptions import StepKind
from verifier.model.steps.workload_kind import WorkloadKind
from verifier.model.steps.workloads import KINDS, kinds_about
from verifier.problem.diagrams.diagram import EVERYTHING
from verifier.problem.space import CALLER
from verifier.verify.reach.cubes import Cube
from verifier.verify.reach.facts import FactKind, Passed
from verifier.verify.reach.offers.passed_roles import passable, roles_through, tagged_bundles, trusting_roles
from verifier.verify.reach.permissions import StepPermissions
from verifier.verify.reach.step_groups import Bundle, Gives, TargetGroup


def left_in_doubt(entry: Judgement, listed: Collection[str]) -> Judgement | None:
    """What is in doubt of a doubtful action where all code of the kinds `listed` is known: the roles of services of
    which it can change or enter other kinds, or those that listed code has (`BOUNDED`); and where it can give what runs
    another role, those that its caller may pass. `None`: nothing."""
    kinds = kinds_about(entry.name)
    if entry.effect is not ActionEffect.RUN or not any(kind.name in listed for kind in kinds):
        return entry
    services = tuple(filter(None, (_left(service, entry.name, kinds, listed) for service in entry.services)))
    if any(entry.name in kind.passing for kind in kinds):
        if services and not all(kind.closes for kind in kinds):
            return entry
        return replace(entry, effect=ActionEffect.PASS, running=services)
    return replace(entry, services=services) if services else None


@lru_cache(16)
def leaving(listed: frozenset[str]) -> Callable[[Judgement], Judgement | None]:
    """The same of any action; the same object for the same kinds."""
    return partial(left_in_doubt, listed=listed)


BOUNDED = "!"
"""What ends the name of a service of which only the roles of listed code are in doubt."""


def _left(service: str, action: str, kinds: Sequence[WorkloadKind], listed: Collection[str]) -> str:
    own = [kind for kind in kinds if service in kind.services]
    if not own or any(kind.name not in listed for kind in own):
        return service
    return service + BOUNDED if any(action in kind.bounds for kind in own) else ""


@lru_cache
def writes_among(patterns: tuple[str, ...]) -> frozenset[str]:
    """The actions that some patterns match; those that read are none."""
    names = (one.name for pattern in patterns for one in catalogue_entries(pattern))
    return frozenset(name for name in names if not name.split(":")[1].startswith(("Describe", "Get", "List")))


def roles_running(estate: Estate, account: str, service: str) -> frozenset[str]:
    """The roles as which code runs that a service runs."""
    code = (one for found in estate.accounts if found.id == account for one in found.workloads)
    return frozenset(role for one in code if service in KINDS[one.kind].services for role in one.roles)


def reviewed(permissions: StepPermissions, first: int, roles: Iterable[str]) -> int:
    """The roles, as a mask, of which it is supposed that nobody changes what runs as them (W3): those in one of the
    sets of callers that were put aside, from the `first` on."""
    found = 0
    for number, role in enumerate(roles):
        known, diagrams = permissions.class_of(role), permissions.joint.diagrams
        if known is not None:
            inside = (diagrams.restrict(aside, {CALLER: known}) == EVERYTHING for aside in permissions.aside[first:])
            found |= any(inside) << number
    return found


def entered(
    group: TargetGroup,
    by: str,
    roles: TargetGroup,
    running: Mapping[str, Sequence[Workload]],
    services: Iterable[str],
    free: int,
) -> Iterator[Bundle]:
    """The roles, of those that are `free`, as which code of a group runs that a principal can change or enter, or which
    it may pass to such code, and which a service that runs it may assume; `services` are those that trust policies
    name."""
    gives = Gives(FactKind.HOLDS)
    for kind in KINDS.values():
        names = [service for service in services if service_name(service) in kind.services]
        admitting = [(service, one) for service in names for one in trusting_roles(roles, service)]
        for action in kind.actions if admitting else ():
            for allowed in group.allowed(action, by):
                found: dict[str, str] = {}
                for arn in group.each(allowed.members):
                    for role in (role for code in running[arn] if code.kind == kind.name for role in code.roles):
                        found.setdefault(role, arn)
                for role, arn in found.items():
                    for service, one in admitting:
                        targets, cubes = roles.bit(role) & one.members & free, (allowed, one)
                        held = Bundle(StepKind.CHANGE_CODE, action, roles, targets, cubes, gives, code=arn)
                        yield from tagged_bundles(held, service)
        for action, service in product(dict.fromkeys(way[0][0] for way in kind.handing), filter(ways_to_run, names)):
            for allowed in group.allowed(action, by):
                named = (one for arn in group.each(allowed.members) for one in running[arn] if one.kind == kind.name)
                code = next((one.arn for one in named if not (kind.ways and kind.placing and one.roles)), None)
                for on, passing, middle in _handed(roles, by, service, kind) if code is not None else ():
                    how, needs = Passed(service, roles.root, (), through=middle), (allowed, *passing)
                    held = Bundle(StepKind.CHANGE_CODE, action, roles, on & free, needs, gives, how, code=code)
                    yield from tagged_bundles(held, service) if middle is None else (held,)


def _handed(
    roles: TargetGroup, by: str, service: str, kind: WorkloadKind
) -> Iterator[tuple[int, tuple[Cube, ...], str | None]]:
    """The roles that a principal may pass to a service for code of a kind, or that these may assume for it."""
    if kind.through:
        through = roles_through(roles, by, service, [roles])
        yield from ((one.members, cubes, middle) for _, one, cubes, middle in through)
        return
    for one, two in product(passable(roles, by, (service,), known=True), trusting_roles(roles, service)):
        yield one.members & two.members, (one, two), None


def running_by_arn(estate: Estate, partition: str) -> dict[str, list[Workload]]:
    """The code of which the input says that it runs as some role, in one partition."""
    found: dict[str, list[Workload]] = {}
    for one in estate.workloads:
        if one.arn.split(":")[1] == partition:
            found.setdefault(one.arn, []).append(one)
    return found
