"""Inline and managed policies that are written for users, roles and groups, and permissions boundaries, as offers.

In: an estate, what of it has to be made, the changes that it leaves room for; groups of targets. Out: bundles.
Guarantee: as of `offers`: a boundary that may allow more than the one before counts as one that allows everything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property

from verifier.model.estate import Estate, ManagedPolicy
from verifier.model.policy import arn_kind
from verifier.model.step_kinds import StepKind
from verifier.model.symbols import BoundaryPut, OlderVersion, PolicyAttached, PossibleChange
from verifier.problem.classes.predicates import Predicate
from verifier.problem.semantics.possible_changes import LOOSENED
from verifier.verify.reach.facts import Fact, FactKind
from verifier.verify.reach.narrowed import of_any, of_no_doubt
from verifier.verify.reach.offers.taken_away import (
    BOUNDARY_ARN,
    OF_AWS,
    POLICY_ARN,
    gives_something,
    policies_of_account,
)
from verifier.verify.reach.step_groups import Bundle, Gives, Group
from verifier.verify.reach.stories.scene import administrator


def plain(group: Group, by: str, action: str, step: StepKind, gives: Gives) -> Iterator[Bundle]:
    """What one request on a target gives."""
    for allowed in group.allowed(action, by):
        yield Bundle(step, action, group, allowed.targets, (allowed.cube,), gives)


def gives(managed: ManagedPolicy) -> Iterator[PossibleChange]:
    """The changes that a managed policy leaves room for, of which the version in force is known: by that one, and by
    the others."""
    found = (
        {version for version, policy in managed.versions if gives_something(policy)}
        if managed.in_force is not None
        else set()
    )
    yield from [PolicyAttached(managed.arn)] if managed.default in found else []
    yield from [OlderVersion(managed.arn)] if found - {managed.default} else []


class WrittenPolicies:
    """The managed policies of an estate, and what may be attached; `made` is what is there only once it was made."""

    def __init__(self, estate: Estate, made: frozenset[str], possible_changes: frozenset[PossibleChange]) -> None:
        self._estate = estate
        self._made = made
        self._possible_changes = possible_changes

    def writes(self, group: Group, by: str, put: str, attaching: str) -> Iterator[Bundle]:
        """Inline policies, and managed ones: AWS's that allows everything, another one that the input does not hold, of
        AWS, listed, or of an account of which it does not have all, one that it does."""
        yield from plain(group, by, put, StepKind.PUT_POLICY, Gives(FactKind.INLINE))
        for allowed in group.allowed(attaching, by, POLICY_ARN):
            mask = dict(allowed.cube.values).get(POLICY_ARN, -1)
            unknown = self._not_listed(group, POLICY_ARN, mask)
            doubtful = any(group.holds(POLICY_ARN, mask, arn) for arn in self._without_document)
            given = [Gives(FactKind.ATTACHED)] if unknown or doubtful else []
            everything = unknown and group.holds(POLICY_ARN, mask, administrator(group.partition))
            attachable = self._attachable(group, everything=everything)
            given += [Gives(FactKind.ATTACH, (arn,)) for arn in attachable if group.holds(POLICY_ARN, mask, arn)]
            for gives in given:
                yield Bundle(StepKind.ATTACH_POLICY, attaching, group, allowed.targets, (allowed.cube,), gives)
            for arn in self._new_policies if not everything else ():
                if arn.split(":")[4] == group.account and group.holds(POLICY_ARN, mask, arn):
                    gives, after = Gives(FactKind.ATTACHED), (Fact(FactKind.MADE, arn),)
                    yield Bundle(
                        StepKind.ATTACH_POLICY, attaching, group, allowed.targets, (allowed.cube,), gives, after=after
                    )

    def boundaries(self, group: Group, by: str, owner: str, bounded: Mapping[str, str | None]) -> Iterator[Bundle]:
        """Boundaries of users or roles (`owner`: `Role`, `User`) that are deleted, or that give way to another one: one
        that the input does not hold, one that it does, or one that has another document first. `bounded` are
        those with a boundary, by its ARN."""
        having = {arn: group.bit(arn) for arn in bounded if group.bit(arn)}
        every = sum(having.values())
        action = f"iam:Delete{owner}PermissionsBoundary"
        for allowed in group.allowed(action, by) if every else ():
            targets, gives = allowed.targets & every, Gives(FactKind.UNBOUNDED)
            yield Bundle(StepKind.DELETE_BOUNDARY, action, group, targets, (allowed.cube,), gives)
        action = f"iam:Put{owner}PermissionsBoundary"
        for allowed in group.allowed(action, by, BOUNDARY_ARN):
            mask, cube = dict(allowed.cube.values).get(BOUNDARY_ARN, -1), replace(allowed.cube, values=())
            put = Bundle(
                StepKind.PUT_BOUNDARY, action, group, allowed.targets & every, (cube,), Gives(FactKind.UNBOUNDED)
            )
            unknown = self._not_listed(group, BOUNDARY_ARN, mask)
            everything = unknown and group.holds(BOUNDARY_ARN, mask, administrator(group.partition))
            known = () if everything else (*self.managed, *self._new_policies)
            own = [arn for arn in known if arn.split(":")[4] in ("aws", group.account)]
            others = [arn for arn in own if group.holds(BOUNDARY_ARN, mask, arn)]
            done = 0
            for kind, putable in self._putable.items():
                wider = sum(
                    b
                    for arn, b in having.items()
                    if unknown or any(one != bounded[arn] and one in putable for one in others)
                )
                yield replace(put, targets=put.targets & wider & ~done, gives=Gives(kind))
                done |= wider
            for arn in others:
                for kind in (FactKind.VERSION, FactKind.OLDER) if arn in self.managed else (FactKind.MADE,):
                    yield replace(put, after=(Fact(kind, arn),))
            if group.asks(BOUNDARY_ARN):
                yield replace(put, targets=allowed.targets, gives=Gives(FactKind.REBOUND))

    @cached_property
    def _putable(self) -> Mapping[FactKind, frozenset[str]]:
        """The managed policies of the input that may give something as boundaries, and what they make true: by their
        documents, or without one; those that give what is in doubt alone last."""
        known = {arn: managed.in_force for arn, managed in self.managed.items()}
        ways = ((FactKind.UNBOUNDED, of_no_doubt), (FactKind.LOOSENED, of_any))
        return {
            kind: frozenset(arn for arn, one in known.items() if one is None or gives_something(one, says))
            for kind, says in ways
        }

    @cached_property
    def loosening(self) -> frozenset[PossibleChange]:
        """The changes besides that requests in doubt need: by boundaries that give what is in doubt alone."""
        others = self._putable[FactKind.LOOSENED] - self._putable[FactKind.UNBOUNDED]
        return frozenset((LOOSENED, *map(BoundaryPut, others)) if others else ())

    def _not_listed(self, group: Group, attribute: str, mask: int) -> bool:
        """True iff some classes of an attribute hold managed policies of AWS that are not in the input, or others of an
        account of which it does not have all."""
        owners = [OF_AWS, *([policies_of_account(group.account)] if group.account in self._partly_listed else [])]
        return any(self._some_not_listed(group, attribute, mask, owner) for owner in owners)

    def _some_not_listed(self, group: Group, attribute: str, mask: int, owner: Predicate) -> bool:
        own = group.mask(attribute, owner)
        if own is None:
            return True
        return bool(mask & own) and not group.only_known(attribute, mask & own, frozenset(self.managed))

    @cached_property
    def _partly_listed(self) -> frozenset[str]:
        return frozenset(account.id for account in self._estate.accounts if not account.complete)

    @cached_property
    def _without_document(self) -> tuple[str, ...]:
        """Managed policies that are listed, and whose document in force the input does not hold."""
        return tuple(arn for arn, managed in self.managed.items() if managed.in_force is None)

    def _attachable(self, group: Group, everything: bool) -> Iterator[str]:
        """The managed policies of the input that it is of use to attach: what gives something and, unless everything
        can be had by one of AWS's, what gives nothing and may be given another document afterwards. A policy is
        attached within its account."""
        for arn in self.managed:
            owner = arn.split(":")[4]
            if owner in ("aws", group.account) and (
                PolicyAttached(arn) in self._possible_changes or not (everything or owner == "aws")
            ):
                yield arn

    @cached_property
    def managed(self) -> dict[str, ManagedPolicy]:
        found = (managed for account in self._estate.accounts for managed in account.managed)
        return {managed.arn: managed for managed in found if managed.arn not in self._made}

    @cached_property
    def _new_policies(self) -> tuple[str, ...]:
        """The managed policies that could be made: they allow everything."""
        return tuple(sorted(arn for arn in self._made if arn_kind(arn) == "policy"))

    def versions(self, group: Group, by: str) -> Iterator[Bundle]:
        """Another document of managed policies: one that is written, or another version; one that the input does not
        hold may be any."""
        yield from plain(group, by, "iam:CreatePolicyVersion", StepKind.NEW_VERSION, Gives(FactKind.VERSION))
        listed = [managed for arn in group.arns if (managed := self.managed.get(arn)) is not None]
        unknown = [one for one in listed if not one.complete or one.in_force is None and len(one.versions) > 1]
        known = [one for one in listed if one not in unknown and len(one.versions) > 1]
        for kind, having in ((FactKind.VERSION, unknown), (FactKind.OLDER, known)):
            for bundle in plain(group, by, "iam:SetDefaultPolicyVersion", StepKind.SET_VERSION, Gives(kind)):
                yield replace(bundle, targets=bundle.targets & sum(group.bit(one.arn) for one in having))
