"""The replicas that a caller could make of a key: one for each Region that policies tell apart (R8).

In: an estate, a key. Out: keys as they are when they were just made, with any tags and aliases; `None` where the
Regions cannot be listed.
Guarantee: a Region that is not named here is decided alike with the one that stands for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from verifier.model.choices import REGION
from verifier.model.estate import Estate, Key
from verifier.model.policy import Policy
from verifier.verify.reach.documents import key_policy
from verifier.verify.reach.narrowed import of_callers, says_of_keys

_REGION = re.compile(REGION)
OTHER_REGIONS = ("us-east-1", "us-west-2", "eu-west-1", "ap-southeast-2")
OF_REGIONS = ("aws:requestedregion", "kms:viaservice", "kms:primaryregion", "kms:replicaregion")
"""Condition keys whose values say which Region it is."""


def replica(key: Key, region: str, principals: Iterable[str]) -> Key:
    """A replica in another Region, whose policy serves some principals: it has no tags, aliases and grants yet."""
    fields = key.arn.split(":")
    arn = ":".join((*fields[:3], region, *fields[4:]))
    policy = key_policy(arn, principals)
    return replace(
        key,
        arn=arn,
        name=None,
        policies=(policy,),
        multi_region=True,
        multi_region_type="REPLICA",
        aliases=(),
        tags=(),
        grants=(),
    )


def replicas(estate: Estate, key: Key) -> tuple[Key, ...] | None:
    """One in each Region that a policy names, and one in a Region that none does. Their tags and aliases are free:
    whoever makes a replica may give it some."""
    named: set[str] = set()
    for policy in of_callers(estate, says_of_keys):
        for text in _texts(policy):
            if not _whole_regions(text):
                return None
            named.update(found.group() for found in _REGION.finditer(text))
    other = next((region for region in OTHER_REGIONS if region not in named and region != key.region), None)
    if other is None:
        return None
    return tuple(
        replace(replica(key, region, ()), tags=None, aliases=None) for region in sorted({*named, other} - {key.region})
    )


def _texts(policy: Policy) -> Iterator[str]:
    """What a policy says of Regions."""
    for statement in policy.statements:
        yield from (text.value for text in statement.resources or ())
    for condition in policy.conditions:
        if condition.key.value.lower() in OF_REGIONS:
            yield from (text.value for text in condition.values)


def _whole_regions(text: str) -> bool:
    """True iff a pattern names whole Regions, or every one."""
    text = text.lower()
    if text.startswith("arn:"):
        return all(not _wild(field) or field == "*" for field in text.split(":")[1:5])
    return not _wild(text) or "*" in (text, *text.split("."))


def _wild(text: str) -> bool:
    return any(sign in text for sign in ("*", "?", "${"))
