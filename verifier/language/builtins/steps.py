"""The built-in invariants about what callers can bring about, and about the grants that they can create, one function
each.

In: the arguments of a built-in, none of them empty. Out: an `Invariant`, `eventually` where it is about steps
(docs/reach.md).
Guarantee: the docstring of each function is what people read, and states exactly what it demands.
"""

from __future__ import annotations

from dataclasses import replace

from verifier.language.builtins import parts
from verifier.model.invariant import AnyCaller, ConditionAnd, ConditionNot, ConditionOr, Holds, Invariant
from verifier.model.operators import FOR_ALL
from verifier.model.reference import actions as known_actions
from verifier.syntax.text import brief, did_you_mean


def no_escalation_to_decrypt(arguments: parts.Arguments) -> Invariant:
    """No caller that cannot decrypt with the key (`kms:Decrypt`) by itself, in any circumstances, can bring about that
    it can: by a grant, another key policy, tags or aliases, re-encryption, a role that it may assume, writes in IAM
    (docs/reach.md lists the steps). The callers listed are excepted; `root` is the root user of the key's account. What
    a caller holds that can decrypt is not in question for that caller, but another caller that can come to hold it
    is."""
    text = f"no caller{parts.but(arguments)} that cannot kms:Decrypt directly can eventually kms:Decrypt"
    refused = parts.refused(text, parts.others(arguments), actions=("kms:Decrypt",))
    return replace(refused, eventually=True, unless_directly=True)


def no_self_grant(arguments: parts.Arguments) -> Invariant:
    """No caller can create a grant whose grantee is itself, now or after steps that it can take: its user, the role of
    its session, its account with all callers, or some session of its account (which may be its own: AWS has no
    condition that tells). The callers listed, and federated sessions that they issue, are excepted; `root` is the root
    user of the key's account. Grants for an AWS resource (`kms:GrantIsForAWSResource` is true) are for whom the service
    says, and not meant; neither are service principals, which are of no account."""
    account = "${aws:PrincipalAccount}"
    itself = ConditionOr(
        (
            parts.holds("StringEquals", "kms:GranteePrincipal", "${aws:PrincipalArn}"),
            parts.holds(
                "ArnLike",
                "kms:GranteePrincipal",
                f"arn:*:iam::{account}:root",
                f"arn:*:sts::{account}:assumed-role/*",
                f"arn:*:sts::{account}:federated-user/*",
            ),
        )
    )
    text = f"no caller{parts.but(arguments)} can eventually create a grant to itself"
    when = ConditionAnd((itself, _NOT_FOR_RESOURCE, parts.holds("Bool", "aws:PrincipalIsAWSService", "false")))
    return replace(parts.refused(text, parts.others(arguments), when, ("kms:CreateGrant",)), eventually=True)


def grant_creation_is_bounded(arguments: parts.Arguments) -> Invariant:
    """Every request to create a grant that is allowed, by a policy or by a grant, and whoever makes it, is for an AWS
    resource (`kms:GrantIsForAWSResource` is true: a service asks, on the caller's behalf or for itself), or is for a
    grant within bounds: it allows operations among those listed only, as in `Decrypt,GenerateDataKey`; and, where
    `EncryptionContextEquals` or `EncryptionContextSubset` is listed too, it has such a constraint, of whatever
    pairs."""
    operations = tuple(a for index, a in enumerate(arguments) if not _is_constraint(index, a))
    constraints = tuple(argument for argument in arguments if argument not in operations)
    bounds: list[Holds | ConditionOr] = (
        [parts.holds("StringEquals", "kms:GrantOperations", *operations, of_set=FOR_ALL)] if operations else []
    )
    if constraints:
        of_type = parts.holds("StringEquals", "kms:GrantConstraintType", *constraints)
        has_pairs = parts.holds("Null", "kms:EncryptionContextKeys", "false")
        # The type may be that of a source ARN beside it (F6); then pairs tell that there is one of the two.
        bounds.append(ConditionOr((of_type, has_pairs)) if len({*constraints}) == len(_CONSTRAINTS) else of_type)
    bounded = ConditionOr((_FOR_RESOURCE, ConditionAnd(tuple(bounds))))
    with_constraint = f" with {parts.either_of(constraints)}" if constraints else ""
    allowed = f"that allows only {', '.join(operations)}" if operations else "that allows anything"
    text = f"callers can create a grant only for an AWS resource, or one {allowed}{with_constraint}"
    return parts.refused(text, AnyCaller(), ConditionNot(bounded), ("kms:CreateGrant",))


def no_policy_takeover(arguments: parts.Arguments) -> Invariant:
    """Nobody but the callers listed, and the federated sessions that they issue, can hand out the key, now or after
    steps that they can take: change the key policy (`kms:PutKeyPolicy`), replicate the key under a policy of their own
    (`kms:ReplicateKey`), or create a grant (`kms:CreateGrant`) other than for an AWS resource. `root` is the root user
    of the key's account, which the default key policy lets do so. Service principals are meant too."""
    text = (
        f"only {parts.either_of(arguments)} can eventually {', '.join(_HANDED_OUT)}, except a grant for an AWS resource"
    )
    return replace(parts.refused(text, parts.others(arguments), _NOT_FOR_RESOURCE, _HANDED_OUT), eventually=True)


_FOR_RESOURCE = parts.holds("Bool", "kms:GrantIsForAWSResource", "true")
_NOT_FOR_RESOURCE = ConditionNot(_FOR_RESOURCE)
_CONSTRAINTS = ("EncryptionContextEquals", "EncryptionContextSubset")
_HANDED_OUT = ("kms:PutKeyPolicy", "kms:ReplicateKey", "kms:CreateGrant")


def _is_constraint(index: int, argument: str) -> bool:
    """True iff an argument is a type of grant constraint, not a grant operation."""
    operations = [action.name.removeprefix("kms:") for action in known_actions() if action.grant_operation]
    if argument in _CONSTRAINTS or argument in operations:
        return argument in _CONSTRAINTS
    hint = did_you_mean(argument, (*operations, *_CONSTRAINTS))
    hint = hint or "write a grant operation such as `Decrypt`, or `EncryptionContextEquals`"
    raise parts.BuiltinError(
        f"`{brief(argument)}` is neither a grant operation nor a type of grant constraint", index, hint
    )
