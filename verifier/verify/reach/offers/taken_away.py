"""What takes policies and memberships away, as offers (docs/reach.md).

In: a group of targets, a principal. Out: bundles.
Guarantee: as of `offers`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from verifier.model.estate import Estate, Identity
from verifier.model.policy import Effect, Policy, Statement
from verifier.model.step_kinds import StepKind
from verifier.model.symbols import PossibleChange
from verifier.problem.classes.predicates import Predicate, like
from verifier.problem.semantics.possible_changes import DETACHED, INLINE_GONE
from verifier.verify.reach.facts import FactKind
from verifier.verify.reach.narrowed import of_any
from verifier.verify.reach.needs import Identities
from verifier.verify.reach.step_groups import Bundle, Gives, Group

POLICY_ARN, BOUNDARY_ARN = "iam:policyarn", "iam:permissionsboundary"
OF_AWS = like("arn:*:iam::aws:policy/*")
"""AWS's own managed policies."""


def policies_of_account(account: str) -> Predicate:
    return like(f"arn:*:iam::{account}:policy/*")


def gives_something(policy: Policy, says: Callable[[Statement], bool] = of_any) -> bool:
    """True iff a policy allows something that matters for a chain."""
    return any(map(says, (statement for statement in policy.statements if statement.effect is Effect.ALLOW)))


def denying(estate: Estate) -> Mapping[str, Sequence[str]]:
    """The policies that deny something, by their owners: users, roles and groups; those of a user's groups aside."""
    identities = Identities(estate)
    groups = (group.arn for account in estate.accounts for group in account.groups)
    owners = [*(one.arn for one in estate.identities), *groups]
    return {owner: found for owner in owners if (found := identities.denying(owner))}


def needless(denying: Mapping[str, Sequence[str]]) -> frozenset[PossibleChange]:
    """The changes to take away what denies something, where nothing does."""
    gone = [policy for found in denying.values() for policy in found]
    useful = {INLINE_GONE: any("#" in one for one in gone), DETACHED: any("#" not in one for one in gone)}
    return frozenset(change for change, needed in useful.items() if not needed)


def bounded(identities: Iterable[Identity]) -> Mapping[str, str | None]:
    """The users and roles with a permissions boundary, each with the ARN of that; `None` where its document is not
    known."""
    return {
        found.arn: found.boundary.identity.removesuffix("#boundary") if found.boundary else None
        for found in identities
        if found.bounded
    }


def taken_away(group: Group, by: str, owner: str, denying: Mapping[str, Sequence[str]]) -> Iterator[Bundle]:
    """Policies of users, roles or groups (`owner`: `Role` …) that deny something, by their owners; memberships in such
    groups."""
    having: dict[str, int] = {}
    for arn, policies in denying.items():
        for policy in policies if group.bit(arn) else ():
            having[policy] = having.get(policy, 0) | group.bit(arn)
    action = f"iam:Delete{owner}Policy"
    for policy, targets in having.items():
        gives = Gives(FactKind.GONE, (policy,))
        if "#" in policy:
            for allowed in group.allowed(action, by):
                yield Bundle(StepKind.REMOVE_POLICY, action, group, allowed.targets & targets, (allowed.cube,), gives)
            continue
        for allowed in group.allowed(f"iam:Detach{owner}Policy", by, POLICY_ARN):
            if group.holds(POLICY_ARN, dict(allowed.cube.values).get(POLICY_ARN, -1), policy):
                own = replace(allowed.cube, values=())
                yield Bundle(
                    StepKind.REMOVE_POLICY, f"iam:Detach{owner}Policy", group, allowed.targets & targets, (own,), gives
                )
    if owner == "Group" and having:
        for allowed in group.allowed("iam:RemoveUserFromGroup", by):
            action, cubes, gives = "iam:RemoveUserFromGroup", (allowed.cube,), Gives(FactKind.LEFT)
            yield Bundle(StepKind.LEAVE_GROUP, action, group, allowed.targets, cubes, gives)
