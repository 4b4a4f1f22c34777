"""The estate as far as it bears on steps that are not on a key: policies that are about none of them are left out.

In: an estate. Out: a smaller one. Guarantee: every request of such a step is decided alike in both.
"""

from __future__ import annotations

from dataclasses import replace

from verifier.model.estate import Account, Estate, Identity
from verifier.model.policy import Policy, Statement
from verifier.model.step_actions import step_actions
from verifier.problem.predicates import like


def for_steps(estate: Estate) -> Estate:
    """The estate without identity policies, and identities, that say nothing of steps."""
    tags = any(key.startswith(("aws:principaltag/", "aws:userid")) for key in _tested(estate))
    named = {thing.principal for thing in estate.unmodelled if thing.principal is not None}
    return replace(estate, keys=(), accounts=tuple(_account(account, named, keep=tags) for account in estate.accounts))


def _tested(estate: Estate) -> frozenset[str]:
    found = set(estate.tested_keys)
    for account in estate.accounts:
        for role in account.roles:
            found |= role.trust.tested_keys if role.trust is not None else set()
    for controls in estate.organization.controls if estate.organization is not None else ():
        for level in (*(controls.service or ()), *(controls.resource or ())):
            for policy in level.policies:
                found |= policy.tested_keys
    return frozenset(found)


def _account(account: Account, named: set[str], *, keep: bool) -> Account:
    """In an inventory that is complete, one who is not listed is one without policies."""

    def narrowed(members: tuple[Identity, ...]) -> tuple[Identity, ...]:
        small = [replace(member, policies=tuple(filter(says_something, member.policies)), trust=None) for member in members]
        stay = keep or not account.complete
        return tuple(one for one in small if stay or one.policies or one.bounded or one.arn in named)

    return replace(account, users=narrowed(account.users), roles=narrowed(account.roles))


def says_something(policy: Policy) -> bool:
    """Whether a policy has a statement about some step."""
    return any(is_about_steps(statement) for statement in policy.statements)


_NAMES = tuple(action.name.lower() for action in step_actions())


def is_about_steps(statement: Statement) -> bool:
    """Whether a statement can be about some step that is not on a key."""
    if statement.actions is None or statement.not_action:
        return statement.not_action
    return any(like(text.value.lower()).matches(name) for text in statement.actions for name in _NAMES)
