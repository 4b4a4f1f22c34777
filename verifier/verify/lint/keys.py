"""Rules about keys: aliases and grants that AWS KMS would have refused to make, and what AWS advises about rotation and
deletion.

In: an estate. Out: findings. Guarantee: only what the input gives is compared; a key whose aliases, grants or spec are
not known has none.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from verifier.model import lint_rules as rules
from verifier.model.estate import Estate, Key
from verifier.model.grant import Grant, reference_to_grant
from verifier.model.policy import PolicyKind, StatementRef
from verifier.model.reference import SYMMETRIC, KeyFacts, action, suits
from verifier.model.results.lint import Finding, LintRule, Proof
from verifier.syntax.source import Span
from verifier.verify.lint.words import quoted_name

_DEFAULT_WINDOW = 30
"""Days. [API: ScheduleKeyDeletion]"""


def key_rules(estate: Estate) -> Iterator[Finding]:
    """Those about every key of the estate."""
    yield from _shared_aliases(estate)
    for key in estate.keys:
        yield from _life(key)
        for grant in key.grants or ():
            yield from _unsuited_grant(key, grant)


def _finding(
    key: Key, rule: LintRule, message: str, proof: str, span: Span, statement: StatementRef | None = None
) -> Finding:
    policy, name = (key.policies[0].identity, key.policies[0].name) if key.policies else (key.arn, "default")
    about: dict[str, Any] = {"span": span, "statement": statement, "key": key.arn, "proof": Proof(proof)}
    return Finding(rule, rule.severity, policy, name, PolicyKind.KEY, message, **about)


def _shared_aliases(estate: Estate) -> Iterator[Finding]:
    """An alias that two keys of one account and Region have. [KMS: alias-about, "An alias must be unique in an account
    and Region"]"""
    first: dict[tuple[str, str, str, str], Key] = {}
    for key in estate.keys:
        for alias in key.aliases or ():
            before = first.setdefault((key.partition, key.account, key.region, alias), key)
            if before.arn != key.arn:
                message = f"has the alias {quoted_name(alias)}, which {before.name or before.arn} has too"
                yield _finding(
                    key, rules.SHARED_ALIAS, message, "an alias is unique in an account and Region", key.span
                )


def _life(key: Key) -> Iterator[Finding]:
    """What AWS advises about a key's life. [KMS: rotate-keys, deleting-keys, "About the waiting period"]"""
    may_rotate = (key.spec, key.usage, key.origin) == (SYMMETRIC, "ENCRYPT_DECRYPT", "AWS_KMS")
    if key.rotates is False and may_rotate and key.multi_region_type != "REPLICA":
        message = "is of a key that is not rotated automatically"
        yield _finding(key, rules.ROTATION_OFF, message, "rotation is off where nothing turns it on", key.span)
    if key.deletion_window is not None and key.deletion_window < _DEFAULT_WINDOW:
        message = f"is of a key that is deleted {key.deletion_window} days after it is removed here"
        yield _finding(
            key, rules.SHORT_WINDOW, message, f"AWS KMS waits {_DEFAULT_WINDOW} days if nothing is said", key.span
        )


def _unsuited_grant(key: Key, grant: Grant) -> Iterator[Finding]:
    """A grant that `CreateGrant` refuses for a key of this spec. [KMS: grants; API: CreateGrant, GrantConstraints]"""
    if key.spec is None:
        return
    reference = reference_to_grant(key.arn, grant)
    if key.spec != SYMMETRIC and (grant.context_equals is not None or grant.context_subset is not None):
        message = f"has an encryption context constraint, which a grant on a key of spec {key.spec} cannot have"
        proof = "only symmetric encryption keys take an encryption context"
        yield _finding(key, rules.UNSUITED_GRANT, message, proof, grant.span, reference)
    facts = None
    if key.usage is not None and key.origin is not None:
        facts = KeyFacts(key.spec, key.usage, key.origin, key.multi_region_type)
    for operation in grant.operations:
        if facts is not None and action(operation) is not None and not suits(operation, facts):
            message = f"allows {operation}, which AWS KMS does not support for the key"
            proof = f"the key has spec {key.spec} and usage {key.usage}"
            yield _finding(key, rules.UNSUITED_GRANT, message, proof, grant.span, reference)
