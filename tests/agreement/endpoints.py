"""Generated VPC endpoints of KMS (V, F4).

In: choices, a theme, a library that reads policies. Out: `Endpoint`s, and what of them is not modelled.
"""

from __future__ import annotations

from tests.agreement.library import Library
from tests.agreement.limits import endpoint_policy
from tests.agreement.themes import Focus, Theme
from tests.agreement.world import ENDPOINTS, HOME, PARTNER, VPCS, Dice
from verifier.model.estate import Endpoint
from verifier.model.policy import PolicyKind
from verifier.model.unmodelled import Influence, Unmodelled


def endpoints(dice: Dice, theme: Theme, library: Library) -> tuple[Endpoint, ...] | None:
    """The endpoints of a case; `None` where none are given."""
    if theme.focus is Focus.ENDPOINT:
        return tuple(_endpoint(dice, theme, library, name) for name in ENDPOINTS[: dice.count(1, 2)])
    if not dice.chance(30):
        return None
    return tuple(_endpoint(dice, theme, library, name) for name in ENDPOINTS[: dice.count(0, 2)])


def _endpoint(dice: Dice, theme: Theme, library: Library, name: str) -> Endpoint:
    region = theme.world.region if dice.chance(80) else theme.world.regions[2]
    account = dice.one((HOME, HOME, PARTNER)) if dice.chance(60) else None
    identity = f"arn:{theme.world.partition}:ec2:{region}:{account or HOME}:vpc-endpoint/{name}#policy"
    known = theme.focus is Focus.ENDPOINT or dice.chance(80)
    policy = library.read(endpoint_policy(dice, theme), PolicyKind.ENDPOINT, identity) if known else None
    return Endpoint(name, region, dice.one(VPCS) if dice.chance(70) else None, account, policy)


def missing_policies(found: tuple[Endpoint, ...]) -> tuple[Unmodelled, ...]:
    """What is not known of endpoints whose policy is not in the input: it may refuse."""
    missing = [endpoint.id for endpoint in found if endpoint.policy is None]
    return tuple(
        Unmodelled(f"policy of {name}", "V", Influence.MAY_REFUSE, f"the policy of {name}", endpoint=name)
        for name in missing
    )
