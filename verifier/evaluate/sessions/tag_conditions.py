"""What the policies that bear on a request ask of tags and accounts, and which values are tried of the tags of who
assumes a role (F3).

In: a prepared request. Out: conditions, and what they compare values with; for each tag, values.
Guarantee: pure; two values that no policy tells apart are one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from verifier.evaluate.prepared_request import PreparedRequest
from verifier.frozen import Frozen
from verifier.model.policy import Condition, Policy

REQUEST_TAG, TAG_KEYS, TRANSITIVE = "aws:requesttag/", "aws:tagkeys", "sts:transitivetagkeys"
MOST_SESSION_TAGS = 50
"""[IAM: id_session-tags; reference_iam-quotas]"""


def conditions(prepared: PreparedRequest) -> list[Condition]:
    """The conditions of all policies that bear on a request."""
    return [condition for policy in _policies(prepared) for condition in policy.conditions]


def _policies(prepared: PreparedRequest) -> list[Policy]:
    levels = (*prepared.service_controls.levels, *prepared.resource_controls.levels)
    return [
        *prepared.resource_policies,
        *prepared.standing.policies,
        *prepared.standing.boundaries,
        *(policy for level in levels for policy in level.policies),
    ]


def compared_alone(prepared: PreparedRequest, key: str, listed: frozenset[str]) -> bool:
    """True only if the policies that bear on a request ask of a key just whether it is among listed values, or none of
    them."""
    if any(f"${{{key}" in text.replace(" ", "") for policy in _policies(prepared) for text in policy.texts):
        return False
    found = [condition for condition in conditions(prepared) if condition.key.value.lower() == key]
    if not all(condition.operator.row.is_exact and condition.operator.is_plain for condition in found):
        return False
    return all(text.value in listed for condition in found for text in condition.values)


class ListedTags(Frozen):
    """What the policies that bear on a request say of tags: names in `aws:RequestTag/…`, in lower case, and the texts
    that they compare `aws:TagKeys` and `sts:TransitiveTagKeys` with."""

    names: frozenset[str]
    texts: frozenset[str]


def listed_tags(prepared: PreparedRequest) -> ListedTags:
    """What the policies that bear on a request say of tags."""
    found = conditions(prepared)
    keys = (c.key.value.lower() for c in found)
    names = (key.removeprefix(REQUEST_TAG) for key in keys if key.startswith(REQUEST_TAG))
    texts = (text.value for c in found if c.key.value.lower() in (TAG_KEYS, TRANSITIVE) for text in c.values)
    return ListedTags(frozenset(names), frozenset(texts))


PRINCIPAL_TAG = "aws:principaltag/"
_OTHER = "another value"
"""A value of a tag that no policy lists."""
_VARIABLE = re.compile(r"\$\{\s*aws:principaltag/([^},]*?)\s*[},]", re.IGNORECASE)


def values_of_tags(
    prepared: PreparedRequest, shown: Mapping[str, str], tags: Iterable[tuple[str, str]]
) -> dict[str, tuple[str | None, ...]] | None:
    """The values of each tag of the caller that the policies that bear on a request tell apart, absent and a further
    one among them; `None` where they are not compared with listed values alone."""
    stated = [(c.key.value.lower(), c.operator.row, [text.value for text in c.values]) for c in conditions(prepared)]
    own = [(row, "".join(texts)) for key, row, texts in stated if key.startswith(PRINCIPAL_TAG)]
    if any("${" in text or not (row.is_exact or row.type is None) for row, text in own):
        return None
    of_tags = ((key, texts) for key, row, texts in stated if row.type is not None)
    compared = [(key, texts) for key, texts in of_tags if key.startswith((PRINCIPAL_TAG, REQUEST_TAG))]
    known: list[tuple[str, str]] = [(name.lower(), value) for name, value in (*shown.items(), *tags)]
    known += [(key.partition("/")[2], text) for key, texts in compared for text in texts]
    found: dict[str, dict[str | None, None]] = {}
    for key, _, texts in stated:
        if key.startswith(PRINCIPAL_TAG):
            name = key.removeprefix(PRINCIPAL_TAG)
            found.setdefault(name, {}).update(dict.fromkeys(value for other, value in known if other == name))
        for name in (name.lower() for text in texts for name in _VARIABLE.findall(text)):
            found.setdefault(name, {}).update(dict.fromkeys(value for _, value in known))
    return {name: (*values, None, _OTHER) for name, values in found.items()}
