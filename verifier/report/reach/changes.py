"""What a step changes, in one plain line.

In: a `Change`, names. Out: a text that continues `which …`: `creates a grant on payments to role/ops of …`.
Guarantee: every change has one; safe for a terminal.
"""

from __future__ import annotations

from verifier.model.estate import Group, Identity, ManagedPolicy
from verifier.model.grant import Grant, Pairs
from verifier.model.request import Caller, CallerKind
from verifier.model.steps.chains import (
    AliasMoved,
    Became,
    BoundaryPut,
    Change,
    Created,
    GrantCreated,
    GroupJoined,
    GroupLeft,
    IdentityTagged,
    KeyPolicyPut,
    KeyReplicated,
    KeyShared,
    KeyTagged,
    MaterialImported,
    PolicyAdded,
    PolicyRemoved,
    ReEncrypted,
    TrustPut,
    VersionSet,
)
from verifier.report.reach.names import Names, first
from verifier.report.reach.policy_words import policy_words
from verifier.syntax.text import printable


def change_words(change: Change, names: Names) -> str:
    """What is so after the step."""
    match change:
        case PolicyAdded():
            return _added(change, names)
        case VersionSet():
            return f"makes {names.of(change.arn)} say, wherever it is attached: {policy_words(change.policy, names)}"
        case TrustPut():
            return f"writes the trust policy of {names.of(change.role)}: {policy_words(change.policy, names)}"
        case Created(made):
            return _created(made, names)
        case PolicyRemoved():
            return _removed(change, names)
        case IdentityTagged():
            return _tagged(change, names.of(change.owner))
        case BoundaryPut():
            return _bounded(change, names)
        case GroupJoined():
            return f"puts {names.of(change.user)} into {names.of(change.group)}"
        case GroupLeft():
            return f"takes {names.of(change.user)} out of {names.of(change.group)}"
        case Became():
            return _became(change.caller, names)
        case AliasMoved():
            alias = printable(change.alias_arn.rsplit(":", 1)[-1])
            return f"deletes {alias}" if change.key is None else f"makes {alias} an alias of {names.of(change.key)}"
        case _:
            return _of_key(change, names.of(change.key), names)


def _of_key(
    change: KeyPolicyPut | GrantCreated | KeyTagged | KeyReplicated | ReEncrypted | MaterialImported | KeyShared, key: str, names: Names
) -> str:
    match change:
        case KeyPolicyPut():
            return f"writes the key policy of {key}: {policy_words(change.policy, names)}"
        case GrantCreated():
            return f"creates a grant on {key} {_grant(change.grant, names)}"
        case KeyTagged():
            return _tagged(change, key)
        case KeyReplicated():
            policy = next(iter(change.replica.policies or ()), None)
            written = f", with a key policy of its own: {policy_words(policy, names)}" if policy is not None else ""
            return f"replicates {key} to {printable(change.replica.region)}{written}"
        case ReEncrypted():
            return f"puts under {names.of(change.onto)} what {key} encrypted"
        case MaterialImported():
            return f"imports into {key} key material that the caller may know"
        case KeyShared():
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


def _tagged(change: KeyTagged | IdentityTagged, key: str) -> str:
    parts = [f"tags {key} with {_pairs(change.tags)}"] if change.tags else []
    parts += [f"takes from {key} the tag{'' if len(change.removed) == 1 else 's'} {first(change.removed)}"] if change.removed else []
    return " and ".join(parts) or f"changes no tag of {key}"


def _added(change: PolicyAdded, names: Names) -> str:
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
    trusted = f", with the trust policy: {policy_words(made.trust, names)}" if isinstance(made, Identity) and made.trust else ""
    return f"makes {name}{bounded}{trusted}"


def _removed(change: PolicyRemoved, names: Names) -> str:
    name = change.identity.removeprefix(f"{change.owner}#")
    if name != change.identity:
        return f"deletes the inline policy {printable(name)} of {names.of(change.owner)}"
    return f"detaches {names.of(name)} from {names.of(change.owner)}"


def _bounded(change: BoundaryPut, names: Names) -> str:
    if change.policy is None:
        return f"deletes the permissions boundary of {names.of(change.owner)}"
    name = names.of(change.policy.identity.removesuffix("#boundary"))
    said = policy_words(change.policy, names) if change.known else "what that policy says is not in the input"
    return f"makes {name} the permissions boundary of {names.of(change.owner)}: {said}"


def _became(caller: Caller, names: Names) -> str:
    tags = f" with the session tags {_pairs(caller.session_tags)}" if caller.session_tags else ""
    if caller.kind is CallerKind.WEB:
        return f"lets it speak for {names.caller(caller)}"
    held = "a session" if caller.kind in (CallerKind.ROLE, CallerKind.FEDERATED) else "credentials"
    return f"gives it {held} of {names.caller(caller)}{tags}"
