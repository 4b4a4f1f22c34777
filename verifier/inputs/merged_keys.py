"""A key that a snapshot has and a plan changes, as one.

In: the key as either describes it. Out: the key as it will be. Guarantee: what the plan says counts; what it does not say (`None`), and
what it has no part in (grants and aliases that others made, the policy of a share), is as the snapshot has it.
"""

from __future__ import annotations

from dataclasses import replace

from verifier.inputs.policies import DEFAULT
from verifier.model.estate import Key

_FACTS = ("spec", "usage", "origin", "multi_region", "multi_region_type", "state", "tags")


def merged(known: Key, planned: Key, *, policy_alone: bool) -> Key:
    """The key of a snapshot with what a plan makes of it; with `policy_alone` the plan says nothing else of it."""
    others = tuple(policy for policy in known.policies or () if policy.name != DEFAULT)
    policies = None if planned.policies is None else (*planned.policies, *others)
    own = {grant.id for grant in planned.grants or ()}
    grants = (*(grant for grant in known.grants or () if grant.id not in own), *(planned.grants or ()))
    aliases = tuple(dict.fromkeys((*(known.aliases or ()), *(planned.aliases or ()))))
    facts = {name: getattr(planned, name) if getattr(planned, name) is not None else getattr(known, name) for name in _FACTS}
    base = known if policy_alone else replace(planned, manager=known.manager, **facts)
    return replace(
        base,
        policies=policies,
        grants=None if known.grants is None and planned.grants is None else grants,
        aliases=None if known.aliases is None else aliases,
        unread=planned.unread,
        supposed=(*known.supposed, *planned.supposed),
    )
