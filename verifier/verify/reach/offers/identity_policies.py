"""Policies that are written for users, roles and groups, attached to them or taken away, memberships, and permissions
boundaries, as offers (docs/reach.md).

In: an estate, what of it has to be made, the changes that it leaves room for; groups of targets, a principal. Out:
bundles.
Guarantee: as of `offers`: a boundary that may allow more than the one before counts as one that allows everything.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from verifier.model.estate import Estate, Identity, ManagedPolicy
from verifier.model.policy import arn_account, arn_kind
from verifier.model.steps.descriptions import StepKind
from verifier.model.symbols import BoundaryReplaced, OlderVersion, PolicyAttached, PossibleChange
from verifier.problem.classes.predicates import Predicate, like
from verifier.problem.semantics.possible_changes import DETACHED, INLINE_GONE, LOOSENED
from verifier.verify.reach.documents import administrator
from verifier.verify.reach.facts import Fact, FactKind
from verifier.verify.reach.narrowed import Says, of_any, of_no_doubt
from verifier.verify.reach.needs import Identities
from verifier.verify.reach.step_groups import Bundle, Gives, TargetGroup

EVERY = -1
"""All targets, as a mask."""
POLICY_ARN, BOUNDARY_ARN = "iam:policyarn", "iam:permissionsboundary"
OF_AWS = like("arn:*:iam::aws:policy/*")
"""AWS's own managed policies."""


def policies_of_account(account: str) -> Predicate:
    return like(f"arn:*:iam::{account}:policy/*")


def denying(estate: Estate) -> Mapping[str, Sequence[str]]:
    """The policies that deny something, by their owners: users, roles and groups; those of a user's groups aside."""
    identities = Identities(estate)
    owners = [*(one.arn for one in estate.identities), *(one.arn for one in estate.groups)]
    return {owner: found for owner in owners if (found := identities.denying(owner))}


def needless(denying: Mapping[str, Sequence[str]]) -> frozenset[PossibleChange]:
    """The changes to take away what denies something, where nothing does."""
    gone = [policy for found in denying.values() for policy in found]
    useful = {INLINE_GONE: any("#" in one for one in gone), DETACHED: any("#" not in one for one in gone)}
    return frozenset(change for change, needed in useful.items() if not needed)


def bounded(identities: Iterable[Identity]) -> Mapping[str, str | None]:
    """The users and roles with a permissions boundary, each with the ARN of that; `None` if it is not known."""
    return {
        found.arn: found.boundary.identity.removesuffix("#boundary") if found.boundary else None
        for found in identities
        if found.bounded
    }


def single(
    group: TargetGroup, by: str, action: str, step: StepKind, gives: Gives, targets: int = EVERY
) -> Iterator[Bundle]:
    """What one request on a target gives, on some of them."""
    for allowed in group.allowed(action, by):
        yield Bundle(step, action, group, allowed.members & targets, (allowed,), gives)


def changes_by(managed: ManagedPolicy, says: Says) -> Iterator[PossibleChange]:
    """The changes that a managed policy leaves room for, of which the version in force is known: by that one, and by
    the others. `says` is true of statements that matter for a chain."""
    known = managed.versions if managed.in_force is not None else ()
    found = {version for version, policy in known if any(map(says, policy.allows))}
    if managed.default in found:
        yield PolicyAttached(managed.arn)
    if found - {managed.default}:
        yield OlderVersion(managed.arn)


@dataclass(eq=False)
class WrittenPolicies:
    """The managed policies of an estate, and what may be attached; `made` is what is there only once it was made."""

    estate: Estate
    made: frozenset[str]
    possible_changes: frozenset[PossibleChange]

    def writes(self, group: TargetGroup, by: str, owner: str) -> Iterator[Bundle]:
        """Inline policies of users, roles or groups (`owner`: `Role` …), and managed ones: AWS's that allows
        everything, another one that the input does not hold, of AWS, listed, or of an account of which it does not
        have all, one that it does."""
        attaching = f"iam:Attach{owner}Policy"
        yield from single(group, by, f"iam:Put{owner}Policy", StepKind.PUT_POLICY, Gives(FactKind.INLINE))
        for allowed in group.allowed(attaching, by, POLICY_ARN):
            mask = dict(allowed.values).get(POLICY_ARN, -1)
            unknown = self._not_listed(group, POLICY_ARN, mask)
            without_document = (arn for arn, managed in self.managed.items() if managed.in_force is None)
            doubtful = any(group.holds(POLICY_ARN, mask, arn) for arn in without_document)
            given = [Gives(FactKind.ATTACHED)] if unknown or doubtful else []
            everything = unknown and group.holds(POLICY_ARN, mask, administrator(group.partition))
            attachable = self._attachable(group, everything=everything)
            given += [Gives(FactKind.ATTACH, (arn,)) for arn in attachable if group.holds(POLICY_ARN, mask, arn)]
            request = StepKind.ATTACH_POLICY, attaching, group, allowed.members, (allowed,)
            attached = Bundle(*request, Gives(FactKind.ATTACHED))
            yield from (replace(attached, gives=gives) for gives in given)
            for arn in self._new_policies if not everything else ():
                if arn_account(arn) == group.account and group.holds(POLICY_ARN, mask, arn):
                    yield replace(attached, after=(Fact(FactKind.MADE, arn),))

    def boundaries(
        self, group: TargetGroup, by: str, owner: str, bounded: Mapping[str, str | None]
    ) -> Iterator[Bundle]:
        """Boundaries of users or roles (`owner`: `Role`, `User`) that are deleted, or that give way to another one: one
        that the input does not hold, one that it does, or one that has another document first. `bounded` are
        those with a boundary, by its ARN."""
        having = {arn: group.bit(arn) for arn in bounded if group.bit(arn)}
        every = sum(having.values())
        action, unbounded = f"iam:Put{owner}PermissionsBoundary", Gives(FactKind.UNBOUNDED)
        if every:
            delete = f"iam:Delete{owner}PermissionsBoundary"
            yield from single(group, by, delete, StepKind.DELETE_BOUNDARY, unbounded, every)
        for allowed in group.allowed(action, by, BOUNDARY_ARN):
            mask, cube = dict(allowed.values).get(BOUNDARY_ARN, -1), replace(allowed, values=())
            put = Bundle(StepKind.PUT_BOUNDARY, action, group, allowed.members & every, (cube,), unbounded)
            unknown = self._not_listed(group, BOUNDARY_ARN, mask)
            everything = unknown and group.holds(BOUNDARY_ARN, mask, administrator(group.partition))
            known = () if everything else (*self.managed, *self._new_policies)
            own = [arn for arn in known if arn_account(arn) in ("aws", group.account)]
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
                yield replace(put, targets=allowed.members, gives=Gives(FactKind.REBOUND))

    @cached_property
    def _putable(self) -> Mapping[FactKind, frozenset[str]]:
        """The managed policies of the input that may give something as boundaries, and what they make true: by their
        documents, or without one; those that give what is in doubt alone last."""
        known = {arn: managed.in_force for arn, managed in self.managed.items()}
        ways = ((FactKind.UNBOUNDED, of_no_doubt), (FactKind.LOOSENED, of_any(self.estate)))
        return {
            kind: frozenset(arn for arn, one in known.items() if one is None or any(map(says, one.allows)))
            for kind, says in ways
        }

    @cached_property
    def loosening(self) -> frozenset[PossibleChange]:
        """The changes besides that requests in doubt need: by boundaries that give what is in doubt alone."""
        others = self._putable[FactKind.LOOSENED] - self._putable[FactKind.UNBOUNDED]
        return frozenset((LOOSENED, *map(BoundaryReplaced, others)) if others else ())

    def _not_listed(self, group: TargetGroup, attribute: str, mask: int) -> bool:
        """True iff some classes of an attribute hold managed policies of AWS that are not in the input, or others of an
        account of which it does not have all."""
        account = self.estate.account(group.account)
        partly = account is not None and not account.complete
        owners = [OF_AWS, *([policies_of_account(group.account)] if partly else [])]
        return any(self._some_not_listed(group, attribute, mask, owner) for owner in owners)

    def _some_not_listed(self, group: TargetGroup, attribute: str, mask: int, owner: Predicate) -> bool:
        own = group.mask(attribute, owner)
        if own is None:
            return True
        return bool(mask & own) and not group.only_known(attribute, mask & own, frozenset(self.managed))

    def _attachable(self, group: TargetGroup, everything: bool) -> Iterator[str]:
        """The managed policies of the input that it is of use to attach: what gives something and, unless everything
        can be had by one of AWS's, what gives nothing and may be given another document afterwards. A policy is
        attached within its account."""
        for arn in self.managed:
            owner = arn_account(arn)
            of_use = PolicyAttached(arn) in self.possible_changes or not (everything or owner == "aws")
            if of_use and owner in ("aws", group.account):
                yield arn

    @cached_property
    def managed(self) -> dict[str, ManagedPolicy]:
        return {managed.arn: managed for managed in self.estate.managed if managed.arn not in self.made}

    @cached_property
    def _new_policies(self) -> tuple[str, ...]:
        """The managed policies that could be made: they allow everything."""
        return tuple(sorted(arn for arn in self.made if arn_kind(arn) == "policy"))

    def versions(self, group: TargetGroup, by: str) -> Iterator[Bundle]:
        """Another document of managed policies: written anew, or another version, which may be any if not known."""
        yield from single(group, by, "iam:CreatePolicyVersion", StepKind.NEW_VERSION, Gives(FactKind.VERSION))
        listed = [managed for arn in group.arns if (managed := self.managed.get(arn)) is not None]
        unknown = [one for one in listed if not one.complete or (one.in_force is None and len(one.versions) > 1)]
        known = [one for one in listed if one not in unknown and len(one.versions) > 1]
        for kind, having in ((FactKind.VERSION, unknown), (FactKind.OLDER, known)):
            targets = sum(group.bit(one.arn) for one in having)
            yield from single(group, by, "iam:SetDefaultPolicyVersion", StepKind.SET_VERSION, Gives(kind), targets)


def taken_away(group: TargetGroup, by: str, owner: str, denying: Mapping[str, Sequence[str]]) -> Iterator[Bundle]:
    """Policies of users, roles or groups (`owner`: `Role` …) that deny something, by their owners; memberships in such
    groups."""
    having: dict[str, int] = {}
    for arn, policies in denying.items():
        for policy in policies if group.bit(arn) else ():
            having[policy] = having.get(policy, 0) | group.bit(arn)
    detaching = f"iam:Detach{owner}Policy"
    for policy, targets in having.items():
        gives = Gives(FactKind.GONE, (policy,))
        if "#" in policy:
            yield from single(group, by, f"iam:Delete{owner}Policy", StepKind.REMOVE_POLICY, gives, targets)
            continue
        for allowed in group.allowed(detaching, by, POLICY_ARN):
            if group.holds(POLICY_ARN, dict(allowed.values).get(POLICY_ARN, -1), policy):
                own = replace(allowed, values=())
                yield Bundle(StepKind.REMOVE_POLICY, detaching, group, allowed.members & targets, (own,), gives)
    if owner == "Group" and having:
        yield from single(group, by, "iam:RemoveUserFromGroup", StepKind.LEAVE_GROUP, Gives(FactKind.LEFT))
