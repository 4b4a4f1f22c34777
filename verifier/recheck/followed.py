"""What the checker of certificates about steps follows of estates, invariants and the catalogue, and what it does not.

In: an estate, a target, an invariant. Out: why no set of facts can prove it; steps and accounts that it takes for lost.
Guarantee: none beyond its types.
"""

from __future__ import annotations

from verifier.model.estate import Estate
from verifier.model.invariant import Expectation, Invariant, Tagged, parts_of
from verifier.model.steps.actions import STACK_SETS, StepResource, step_actions
from verifier.problem.semantics.targets import Target
from verifier.recheck.closed_set import given_by

MAKES = ("iam:CreateRole", "iam:CreateUser", "iam:CreateGroup")
"""What there was not is in no set: nobody who is held may make it."""
SHARING = ("ram:CreateResourceShare", "ram:AssociateResourceShare")
NO_MORE = ("iam:CreatePolicy", "iam:DeletePolicyVersion", "sts:SetSourceIdentity")
"""Steps that give nothing by themselves: a managed policy that was made has to be attached, which counts as the most
that can be; a version that is not in force makes room for another one; a session with a source identity is one of the
role's."""


def why_not(estate: Estate, target: Target, invariant: Invariant) -> str | None:
    """Why no set of facts can prove an invariant: what the checker does not follow."""
    key = target.key
    if key is None or key.policies is None:
        return "the policy of the key is not known"
    if not invariant.eventually or invariant.expectation is not Expectation.REFUSED or invariant.unless_directly:
        return "it is about callers who need a step, which a set of facts does not tell from others"
    if any(isinstance(part, Tagged) for part in parts_of(invariant.callers)):
        return "it is about callers by their tags, which steps may change"
    if key.account in partly_listed(estate) or estate.account(key.account) is None:
        return f"there is no complete inventory of {key.account}"
    if any(thing.only_of_steps and thing.label != "E2" for thing in estate.unmodelled):
        left = "a group or managed policy is not listed, or a policy of a bucket or function not followed"
        return f"{left}, which may let callers do more"
    if any(account.all_workloads for account in estate.accounts):
        return "it may rest on what runs as which role, which the checker does not read"
    return None


def further_steps() -> list[str]:
    """The steps of the catalogue of which the checker does not know what they give: nobody who is held may take one."""
    # those are in doubt, of any code
    names = {action.name for action in step_actions() if action.on is not StepResource.WORKLOAD}
    followed = {*MAKES, *SHARING, *NO_MORE, *STACK_SETS}
    return sorted(name for name in names - followed if given_by(name) is None)


def partly_listed(estate: Estate) -> list[str]:
    """The accounts in which there may be what their inventories do not list."""
    return [account.id for account in estate.accounts if not account.complete or account.unlisted]
