"""Queries: one invariant about one key, and the families and sets that they come in.

In: sizes and seeds. Out: `Query`s. Guarantee: the same queries for the same arguments, on every machine.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from verifier.frozen import Frozen
from verifier.language.invariants.files import read_invariants
from verifier.language.policies.documents import read_policy
from verifier.model.estate import Account, Estate, Identity, Key
from verifier.model.invariant import Invariant
from verifier.model.policy import PolicyKind
from verifier.syntax.source import Source

EXAMPLE_ACCOUNT = "111122223333"
EXAMPLE_KEY = f"arn:aws:kms:us-west-2:{EXAMPLE_ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
PARTNERS = ("444455556666", "777788889999", "222233334444")

Json = dict[str, Any]


class Query(Frozen):
    """A question for engines. `size` is what grows in the family; `name` is unique in a run."""

    name: str
    family: str
    size: int
    estate: Estate
    invariant: Invariant
    key: int = 0
    """The number of the key among those of the estate."""


def policy_of(statements: Sequence[Json]) -> Json:
    """A policy document."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def estate_of(policy: Json, accounts: Sequence[Account] = (), **facts: Any) -> Estate:
    """An estate with one key that has this policy."""
    read = read_policy(
        Source("policy.json", json.dumps(policy)), PolicyKind.KEY, identity=f"{EXAMPLE_KEY}#default", name="default"
    )
    return Estate((Key(EXAMPLE_KEY, policies=(read,), **facts),), tuple(accounts))


def role_with(policy: Json, name: str) -> Identity:
    """A role of the key's account with one identity policy."""
    arn = f"arn:aws:iam::{EXAMPLE_ACCOUNT}:role/{name}"
    source = Source(f"{name}.json", json.dumps(policy))
    return Identity(arn, policies=(read_policy(source, PolicyKind.IDENTITY, identity=f"{arn}#policy", name="policy"),))


def invariant_of(text: str) -> Invariant:
    """The one invariant of a text in which `prod` is the key's account."""
    found = read_invariants(
        Source("query.inv", f'account prod = {EXAMPLE_ACCOUNT}\ninvariant "query":\n  {text}\n')
    ).about_requests
    return found[0]


ALLOW_ALL = {
    "Effect": "Allow",
    "Principal": {"AWS": f"arn:aws:iam::{EXAMPLE_ACCOUNT}:root"},
    "Action": "kms:*",
    "Resource": "*",
}
"""The default key policy's statement."""


def allow(action: str | Sequence[str], principal: Any, condition: Json | None = None) -> Json:
    """An Allow statement."""
    return _statement("Allow", action, principal, condition)


def deny(action: str | Sequence[str], principal: Any, condition: Json | None = None) -> Json:
    """A Deny statement."""
    return _statement("Deny", action, principal, condition)


def _statement(effect: str, action: str | Sequence[str], principal: Any, condition: Json | None) -> Json:
    found: Json = {"Effect": effect, "Principal": principal, "Action": action, "Resource": "*"}
    return {**found, "Condition": condition} if condition else found
