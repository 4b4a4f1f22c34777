"""Inline and managed policies that are written for users, roles and groups, as offers.

In: an estate, what of it has to be made, the powers that it leaves room for; groups of targets. Out: bundles.
Guarantee: as of `offers`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from verifier.model.estate import Estate, ManagedPolicy
from verifier.model.reach import StepKind
from verifier.problem.powers import attach
from verifier.verify.reach.facts import Fact, FactKind
from verifier.verify.reach.step_groups import Bundle, Gives, Group
from verifier.verify.reach.taken_away import OF_AWS, gives_something

POLICY_ARN = "iam:policyarn"


def plain(group: Group, by: str, action: str, step: StepKind, gives: Gives) -> Iterator[Bundle]:
    """What one request on a target gives."""
    for allowed in group.allowed(action, by):
        yield Bundle(step, action, group, allowed.targets, (allowed.cube,), gives)


def useful(managed: ManagedPolicy) -> bool:
    """Whether the document of a managed policy that is in force is known, and gives something."""
    default = dict(managed.versions).get(managed.default or "")
    return default is not None and gives_something(default)


class WrittenPolicies:
    """The managed policies of an estate, and what may be attached; `made` is what is there only once it was made."""

    def __init__(self, estate: Estate, made: frozenset[str], powers: frozenset[str]) -> None:
        self._estate = estate
        self._made = made
        self._powers = powers

    def writes(self, group: Group, by: str, put: str, attaching: str) -> Iterator[Bundle]:
        """Inline policies, and managed ones: AWS's that allows everything, another one of AWS's, or a listed one, that the input does not
        hold, one that it does."""
        yield from plain(group, by, put, StepKind.PUT_POLICY, Gives(FactKind.INLINE))
        of_aws = group.mask(POLICY_ARN, OF_AWS)
        known = frozenset(self.managed)
        for allowed in group.allowed(attaching, by, POLICY_ARN):
            mask = dict(allowed.cube.values).get(POLICY_ARN, -1)
            unknown = of_aws is None or bool(mask & of_aws) and not group.only_known(POLICY_ARN, mask & of_aws, known)
            doubtful = any(group.holds(POLICY_ARN, mask, arn) for arn in self._without_document)
            given = [Gives(FactKind.ATTACHED)] if unknown or doubtful else []
            attachable = self._attachable(group, everything=unknown)
            given += [Gives(FactKind.ATTACH, (arn,)) for arn in attachable if group.holds(POLICY_ARN, mask, arn)]
            for gives in given:
                yield Bundle(StepKind.ATTACH_POLICY, attaching, group, allowed.targets, (allowed.cube,), gives)
            for arn in self._new_policies if not unknown else ():
                if arn.split(":")[4] == group.account and group.holds(POLICY_ARN, mask, arn):
                    gives, after = Gives(FactKind.ATTACHED), (Fact(FactKind.MADE, arn),)
                    yield Bundle(StepKind.ATTACH_POLICY, attaching, group, allowed.targets, (allowed.cube,), gives, after=after)

    @cached_property
    def _without_document(self) -> tuple[str, ...]:
        """Managed policies that are listed, and whose document in force the input does not hold."""
        return tuple(arn for arn, managed in self.managed.items() if managed.default not in dict(managed.versions))

    def _attachable(self, group: Group, everything: bool) -> Iterator[str]:
        """The managed policies of the input that it is of use to attach: what gives something and, unless everything can be had by one of
        AWS's, what gives nothing and may be given another document afterwards. A policy is attached within its account."""
        for arn in self.managed:
            owner = arn.split(":")[4]
            if owner in ("aws", group.account) and (attach(arn) in self._powers or not (everything or owner == "aws")):
                yield arn

    @cached_property
    def managed(self) -> dict[str, ManagedPolicy]:
        """The managed policies of the input."""
        found = (managed for account in self._estate.accounts for managed in account.managed)
        return {managed.arn: managed for managed in found if managed.arn not in self._made}

    @cached_property
    def _new_policies(self) -> tuple[str, ...]:
        """The managed policies that could be made: they allow everything."""
        return tuple(sorted(arn for arn in self._made if ":policy/" in arn))

    def has_others(self, arn: str) -> bool:
        """Whether a managed policy may have versions besides the one in force."""
        managed = self.managed.get(arn)
        return managed is not None and (len(managed.versions) > 1 or not managed.complete)
