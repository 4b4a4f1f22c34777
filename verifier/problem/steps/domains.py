"""Which values the condition keys of steps can have (C5, E1, E2).

In: the name of a condition key, in lower case. Out: an `Attribute` with its domain.
Guarantee: a domain holds at least every value that a real request can carry.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from verifier.model.steps.actions import running_services, step_key
from verifier.problem.classes.domains import (
    DIGITS,
    LOWER,
    NAME,
    PATH,
    PLAUSIBLE_ACCOUNTS,
    Attribute,
    attribute_of_type,
    context_attribute,
    some,
    words,
)
from verifier.problem.classes.predicates import Characters, literal_tokens

_EXTERNAL_ID = Characters(NAME.listed | {"/", ":"})
"""[IAM: reference_policies_iam-condition-keys, sts:ExternalId]"""


@lru_cache(4096)
def step_attribute(name: str, partition: str) -> Attribute:
    """The attribute for a condition key (lower case) that nothing else determines."""
    special = _SPECIAL.get(name)
    if special is not None:
        return special(name, partition)
    known = step_key(name)
    if known is None:
        return context_attribute(name, partition, None)
    return attribute_of_type(name, known.type, known.multivalued, partition)


def _session_name(name: str, partition: str) -> Attribute:
    """2 to 64 characters [API: AssumeRole, RoleSessionName, SourceIdentity]."""
    return words(name, some(NAME, 2), seeds=("example", "another"))


def _external_id(name: str, partition: str) -> Attribute:
    return words(name, some(_EXTERNAL_ID, 2))


def _service(name: str, partition: str) -> Attribute:
    return words(name, some(Characters(LOWER.listed | {"."})), seeds=running_services())


def _policy(name: str, partition: str) -> Attribute:
    """A managed policy, of an account or of AWS."""
    start = literal_tokens(f"arn:{partition}:iam::")
    owners = (((False, DIGITS),) * 12, literal_tokens("aws"))
    ends = (some(NAME), (*some(PATH), *literal_tokens("/"), *some(NAME)))
    base = [(*start, *owner, *literal_tokens(":policy/"), *end) for owner in owners for end in ends]
    seeds = (f"arn:{partition}:iam::aws:policy/AdministratorAccess", f"arn:{partition}:iam::{PLAUSIBLE_ACCOUNTS[0]}:policy/example")
    return words(name, *base, seeds=seeds)


_SPECIAL: dict[str, Callable[[str, str], Attribute]] = {
    "sts:rolesessionname": _session_name,
    "sts:sourceidentity": _session_name,
    "sts:externalid": _external_id,
    "iam:passedtoservice": _service,
    "iam:policyarn": _policy,
    "iam:permissionsboundary": _policy,
}
