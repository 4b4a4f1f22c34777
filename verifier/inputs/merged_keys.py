"""A key that a snapshot has and a plan changes, as one.

In: the key as either describes it. Out: the key as it will be. Guarantee: what the plan says counts; what it does not say (`None`), and
what it has no part in (grants and aliases that others made, the policy of a share), is as the snapshot has it.
"""

from __future__ import annotations

from dataclasses import replace

from verifier.inputs.agreement import agreed_grants, same_policies, which
from verifier.inputs.parts import KeyParts
from verifier.inputs.policies import DEFAULT
from verifier.model.estate import Key, Unmodelled

_FACTS = ("spec", "usage", "origin", "multi_region", "multi_region_type", "state", "tags")


def merged(known: Key, planned: Key, part: KeyParts) -> tuple[Key, tuple[Unmodelled, ...]]:
    """The key of a snapshot with what a plan makes of it; with `policy_alone` the plan says nothing else of it. Returned too are the grants
    of which it is not known whether they are there. A policy that the plan leaves as it is must be the one of the snapshot."""
    own, others = ([p for p in known.policies or () if (p.name == DEFAULT) is default] for default in (True, False))
    policies, unread = None if planned.policies is None else (*planned.policies, *others), planned.unread
    if own and planned.policies is not None and not part.writes and not same_policies(planned.policies, own):
        there = own[0].span if own[0].span.line else known.span
        policies, unread = None, f"the policy of {known.name or known.arn} is not known: {which(f'{part.file}#{part.name}', there)}"
    grants, open_ = agreed_grants(known.arn, part.kept, known.span, planned.grants or (), known.grants)
    aliases = tuple(dict.fromkeys((*(known.aliases or ()), *(planned.aliases or ()))))
    facts = {name: getattr(planned, name) if getattr(planned, name) is not None else getattr(known, name) for name in _FACTS}
    base = known if part.policy_alone else replace(planned, manager=known.manager, **facts)
    key = replace(
        base,
        policies=policies,
        grants=None if known.grants is None and planned.grants is None else grants,
        aliases=None if known.aliases is None else aliases,
        unread=unread,
        supposed=(*known.supposed, *planned.supposed),
    )
    return key, open_
