"""Rules about a document as a whole (L4): its size, and statements with the same name. Rules about keys: aliases and
grants that AWS KMS would have refused to make, and what AWS advises about rotation and deletion.

In: a policy; an estate. Out: findings. Guarantee: each counts or compares what is written; a key whose aliases, grants
or spec are not known has none.
"""

from __future__ import annotations

from collections.abc import Iterator

from verifier.language.policies.checks import size_limit
from verifier.language.policies.reader import a_kind
from verifier.model import lint_rules as rules
from verifier.model.estate import Estate, Key
from verifier.model.grant import Grant, reference_to_grant
from verifier.model.policy import Policy, PolicyKind, StatementRef, Text, reference_to
from verifier.model.reference import SYMMETRIC, KeyFacts, action, suits
from verifier.model.results.lint import Finding, LintRule, Proof
from verifier.syntax.source import Span
from verifier.verify.lint.words import quoted_name

_DEFAULT_WINDOW = 30
"""Days. [API: ScheduleKeyDeletion]"""


def document_rules(policy: Policy, key: str | None) -> Iterator[Finding]:
    """All of them. `key` is the ARN of the key that a key policy governs."""
    yield from _size(policy, key)
    yield from _sids(policy, key)


def _finding(
    rule: LintRule,
    about: tuple[str, str, PolicyKind],
    key: str | None,
    message: str,
    proof: str,
    span: Span,
    statement: StatementRef | None = None,
) -> Finding:
    return Finding(rule, rule.severity, *about, message, span, statement, key, Proof(proof))


def _size(policy: Policy, key: str | None) -> Iterator[Finding]:
    limit = size_limit(policy.kind, policy.identity)
    if limit is not None and policy.size > limit:
        unit = "bytes" if policy.kind is PolicyKind.KEY else "characters, white space aside"
        message = f"has {policy.size:,} {unit}; AWS accepts {limit:,} in {a_kind(policy.kind)}"
        about = policy.identity, policy.name, policy.kind
        yield _finding(rules.SIZE, about, key, message, "counted as AWS counts", policy.span)


def _sids(policy: Policy, key: str | None) -> Iterator[Finding]:
    first: dict[str, Text] = {}
    for statement in policy.statements:
        sid = statement.sid
        if sid is None or not sid.value or first.setdefault(sid.value, sid) is sid:
            continue
        if statement.only_if is not None and str(sid.span) == str(first[sid.value].span):
            continue  # what the same one may say besides
        message = f"has the `Sid` {quoted_name(sid.value)} of an earlier statement (line {first[sid.value].span.line})"
        about, proof = (policy.identity, policy.name, policy.kind), "two statements have the same text as `Sid`"
        yield _finding(rules.DUPLICATE_SID, about, key, message, proof, sid.span, reference_to(policy, statement))


# -- keys --


def key_rules(estate: Estate) -> Iterator[Finding]:
    """Those about every key of the estate."""
    yield from _shared_aliases(estate)
    for key in estate.keys:
        yield from _life(key)
        for grant in key.grants or ():
            yield from _unsuited_grant(key, grant)


def _about_key(
    key: Key, rule: LintRule, message: str, proof: str, span: Span, statement: StatementRef | None = None
) -> Finding:
    policy, name = (key.policies[0].identity, key.policies[0].name) if key.policies else (key.arn, "default")
    return _finding(rule, (policy, name, PolicyKind.KEY), key.arn, message, proof, span, statement)


def _shared_aliases(estate: Estate) -> Iterator[Finding]:
    """An alias that two keys have. [KMS: alias-about, "An alias must be unique in an account and Region"]"""
    first: dict[tuple[str, str, str, str], Key] = {}
    for key in estate.keys:
        for alias in key.aliases or ():
            before = first.setdefault((key.partition, key.account, key.region, alias), key)
            if before.arn != key.arn:
                message = f"has the alias {quoted_name(alias)}, which {before.name or before.arn} has too"
                proof = "an alias is unique in an account and Region"
                yield _about_key(key, rules.SHARED_ALIAS, message, proof, key.span)


def _life(key: Key) -> Iterator[Finding]:
    """What AWS advises about a key's life. [KMS: rotate-keys, deleting-keys, "About the waiting period"]"""
    may_rotate = (key.spec, key.usage, key.origin) == (SYMMETRIC, "ENCRYPT_DECRYPT", "AWS_KMS")
    if key.rotates is False and may_rotate and key.multi_region_type != "REPLICA":
        message = "is of a key that is not rotated automatically"
        yield _about_key(key, rules.ROTATION_OFF, message, "rotation is off where nothing turns it on", key.span)
    if key.deletion_window is not None and key.deletion_window < _DEFAULT_WINDOW:
        message = f"is of a key that is deleted {key.deletion_window} days after it is removed here"
        proof = f"AWS KMS waits {_DEFAULT_WINDOW} days if nothing is said"
        yield _about_key(key, rules.SHORT_WINDOW, message, proof, key.span)


def _unsuited_grant(key: Key, grant: Grant) -> Iterator[Finding]:
    """A grant that `CreateGrant` refuses for a key of this spec. [KMS: grants; API: CreateGrant, GrantConstraints]"""
    if key.spec is None:
        return
    reference = reference_to_grant(key.arn, grant)
    if key.spec != SYMMETRIC and (grant.context_equals is not None or grant.context_subset is not None):
        message = f"has an encryption context constraint, which a grant on a key of spec {key.spec} cannot have"
        proof = "only symmetric encryption keys take an encryption context"
        yield _about_key(key, rules.UNSUITED_GRANT, message, proof, grant.span, reference)
    facts = None
    if key.usage is not None and key.origin is not None:
        facts = KeyFacts(key.spec, key.usage, key.origin, key.multi_region_type)
    for operation in grant.operations:
        if facts is not None and action(operation) is not None and not suits(operation, facts):
            message = f"allows {operation}, which AWS KMS does not support for the key"
            proof = f"the key has spec {key.spec} and usage {key.usage}"
            yield _about_key(key, rules.UNSUITED_GRANT, message, proof, grant.span, reference)
