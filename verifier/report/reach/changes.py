"""What a step changes, in one plain line.

In: a `Change`, names. Out: a text that continues `which …`: `creates a grant on payments to role/ops of …`.
Guarantee: every change has one; safe for a terminal.
"""

from __future__ import annotations

from collections.abc import Sequence

from verifier.model.estate import Group, Identity, ManagedPolicy
from verifier.model.grant import Grant, Pairs
from verifier.model.policy import Condition, Policy, PolicyKind, Statement, Text
from verifier.model.request import Caller, CallerKind
from verifier.model.steps import chains
from verifier.report.reach.names import Names, first
from verifier.syntax.text import printable


def change_words(change: chains.Change, names: Names) -> str:
    """What is so after the step."""
    match change:
        case chains.PolicyAdded():
            return _added(change, names)
        case chains.VersionSet():
            return f"makes {names.of(change.arn)} say, wherever it is attached: {policy_words(change.policy, names)}"
        case chains.TrustPut():
            return f"writes the trust policy of {names.of(change.role)}: {policy_words(change.policy, names)}"
        case chains.Created(made):
            return _created(made, names)
        case chains.PolicyRemoved():
            return _removed(change, names)
        case chains.IdentityTagged():
            return _tagged(change, names.of(change.owner))
        case chains.BoundaryPut():
            return _bounded(change, names)
        case chains.GroupJoined():
            return f"puts {names.of(change.user)} into {names.of(change.group)}"
        case chains.GroupLeft():
            return f"takes {names.of(change.user)} out of {names.of(change.group)}"
        case chains.Became():
            return _became(change.caller, names)
        case chains.AliasMoved():
            alias = printable(change.alias_arn.rsplit(":", 1)[-1])
            return f"deletes {alias}" if change.key is None else f"makes {alias} an alias of {names.of(change.key)}"
        case _:
            return _of_key(change, names.of(change.key), names)


def _of_key(
    change: chains.KeyPolicyPut
    | chains.GrantCreated
    | chains.KeyTagged
    | chains.KeyReplicated
    | chains.ReEncrypted
    | chains.MaterialImported
    | chains.KeyShared,
    key: str,
    names: Names,
) -> str:
    match change:
        case chains.KeyPolicyPut():
            return f"writes the key policy of {key}: {policy_words(change.policy, names)}"
        case chains.GrantCreated():
            return f"creates a grant on {key} {_grant(change.grant, names)}"
        case chains.KeyTagged():
            return _tagged(change, key)
        case chains.KeyReplicated():
            policy = next(iter(change.replica.policies or ()), None)
            written = f", with a key policy of its own: {policy_words(policy, names)}" if policy is not None else ""
            return f"replicates {key} to {printable(change.replica.region)}{written}"
        case chains.ReEncrypted():
            return f"puts under {names.of(change.onto)} what {key} encrypted"
        case chains.MaterialImported():
            return f"imports into {key} key material that the caller may know"
        case chains.KeyShared():
            return f"shares {key} through AWS RAM; what that lets others do is not documented"


def _grant(grant: Grant, names: Names) -> str:
    text = f"to {names.principal(grant.grantee)} for {first(grant.operations)}"
    if grant.context_equals is not None:
        text += f" with the encryption context {_pairs(grant.context_equals)} alone"
    if grant.context_subset is not None:
        text += f" with an encryption context that has {_pairs(grant.context_subset)}"
    if grant.source_arn is not None:
        text += f" for {printable(grant.source_arn)}"
    return text + (f", to be retired by {names.principal(grant.retiring)}" if grant.retiring is not None else "")


def _pairs(pairs: Pairs) -> str:
    return "{" + ", ".join(printable(f"{name} = {value}") for name, value in pairs) + "}"


def _tagged(change: chains.KeyTagged | chains.IdentityTagged, key: str) -> str:
    parts = [f"tags {key} with {_pairs(change.tags)}"] if change.tags else []
    parts += (
        [f"takes from {key} the tag{'' if len(change.removed) == 1 else 's'} {first(change.removed)}"]
        if change.removed
        else []
    )
    return " and ".join(parts) or f"changes no tag of {key}"


def _added(change: chains.PolicyAdded, names: Names) -> str:
    owner, name = names.of(change.owner), change.policy.identity.removeprefix(f"{change.owner}#")
    if not change.known:
        return f"attaches {names.of(name)} to {owner}; what that policy says is not in the input"
    if name != change.policy.identity:
        return f"gives {owner} the inline policy {printable(name)}: {policy_words(change.policy, names)}"
    return f"attaches {names.of(name)} to {owner}: {policy_words(change.policy, names)}"


def _created(made: Identity | Group | ManagedPolicy, names: Names) -> str:
    name = names.of(made.arn)
    if isinstance(made, ManagedPolicy):
        return f"makes {name}: {policy_words(made.versions[0][1], names)}"
    bounded = ""
    if isinstance(made, Identity) and made.boundary is not None:
        bounded = f", with the permissions boundary {names.of(made.boundary.identity.removesuffix('#boundary'))}"
    trusted = (
        f", with the trust policy: {policy_words(made.trust, names)}"
        if isinstance(made, Identity) and made.trust
        else ""
    )
    return f"makes {name}{bounded}{trusted}"


def _removed(change: chains.PolicyRemoved, names: Names) -> str:
    name = change.identity.removeprefix(f"{change.owner}#")
    if name != change.identity:
        return f"deletes the inline policy {printable(name)} of {names.of(change.owner)}"
    return f"detaches {names.of(name)} from {names.of(change.owner)}"


def _bounded(change: chains.BoundaryPut, names: Names) -> str:
    if change.policy is None:
        return f"deletes the permissions boundary of {names.of(change.owner)}"
    name = names.of(change.policy.identity.removesuffix("#boundary"))
    said = policy_words(change.policy, names) if change.known else "what that policy says is not in the input"
    return f"makes {name} the permissions boundary of {names.of(change.owner)}: {said}"


def _became(caller: Caller, names: Names) -> str:
    tags = f" with the session tags {_pairs(caller.session_tags)}" if caller.session_tags else ""
    tags += f" (transitive: {', '.join(map(printable, caller.transitive))})" if caller.transitive else ""
    if caller.kind is CallerKind.WEB:
        return f"lets it speak for {names.caller(caller)}"
    held = "a session" if caller.kind in (CallerKind.ROLE, CallerKind.FEDERATED) else "credentials"
    return f"gives it {held} of {names.caller(caller)}{tags}"


_MOST_STATEMENTS = 3
_WITHOUT_RESOURCE = (PolicyKind.KEY, PolicyKind.TRUST)
"""Policies of the resource that they are attached to: what their `Resource` says goes without saying."""


def policy_words(policy: Policy, names: Names) -> str:
    """`Allow kms:* to everyone; Deny …`."""
    statements = [statement_words(statement, policy.kind, names) for statement in policy.statements[:_MOST_STATEMENTS]]
    more = len(policy.statements) - len(statements)
    return (
        "; ".join([*statements, *([f"and {more} more statement{'' if more == 1 else 's'}"] if more else [])])
        or "no statement"
    )


def statement_words(statement: Statement, kind: PolicyKind, names: Names) -> str:
    """`Allow kms:Decrypt to role/ops of 111122223333 if kms:ViaService StringEquals s3.us-west-2.amazonaws.com`."""
    text = f"{statement.effect.value} {_elements(statement.actions, 'every action', statement.not_action)}"
    if kind not in _WITHOUT_RESOURCE and statement.resources is not None:
        text += f" on {_elements(statement.resources, 'everything', statement.not_resource)}"
    if statement.principals is not None:
        excepted = "everyone but " if statement.not_principal else ""
        text += f" to {excepted}{first([names.principal(principal) for principal in statement.principals])}"
    return text + (f" if {' and '.join(map(_condition, statement.conditions))}" if statement.conditions else "")


def _elements(values: Sequence[Text] | None, everything: str, negated: bool) -> str:
    texts = first([value.value for value in values or ()])
    return f"{everything} but {texts}" if negated else texts


def _condition(condition: Condition) -> str:
    return f"{printable(condition.key.value)} {condition.operator} {first([value.value for value in condition.values])}"
