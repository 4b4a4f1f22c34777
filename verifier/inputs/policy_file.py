"""A single policy file, taken as a key of which nothing else is known.

In: the policy, and what tells whose key it is on: an ARN, or the accounts that the invariants declare. Out: a `Key`.
Guarantee: an account or Region is assumed only where the policy and the invariants leave no choice, and a warning says so.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from verifier.inputs.document_text import document_source
from verifier.inputs.key_metadata import arn_multi_region, is_key_arn
from verifier.inputs.nodes import Members, Node, Remarks, Scalar, diagnostic
from verifier.inputs.policies import DEFAULT, key_policy_document, with_key_warnings
from verifier.model.documents import read_policy
from verifier.model.estate import Key
from verifier.model.policy import Effect, Policy, PolicyKind, PrincipalType
from verifier.syntax.diagnostic import InputError, Severity
from verifier.syntax.source import Source
from verifier.syntax.text import printable

PLACEHOLDER_ID = "00000000-0000-0000-0000-000000000000"
"""The key ID that stands for the unknown one."""

REGION = re.compile(
    r"(?<![a-z0-9-])(?:af|ap|ca|cn|eu|il|me|mx|sa|us|us-gov)-(?:central|north|south|east|west|(?:north|south)(?:east|west))-[0-9]+(?![a-z0-9])"
)
DEFAULT_REGIONS = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}
_HINT = "give the ARN of the key with --key-arn"


def is_policy(node: Node) -> bool:
    """Whether a document is a policy (or would be, but for its `Statement`), or the output of `get-key-policy`."""
    if not isinstance(node, Members):
        return False
    return node.has("Statement", "Version", "Id") or any(key.text == "Policy" and _holds_object(value) for key, value in node.pairs)


def _holds_object(value: Node) -> bool:
    """Whether the value of `Policy` can be a policy: an object as text, as the AWS CLI prints it, or the object itself."""
    return value.text.lstrip().startswith("{") if isinstance(value, Scalar) else isinstance(value, Members) and value.has("Statement")


def read_policy_file(
    remarks: Remarks, node: Node, path: Path, key_arn: str | None, accounts: Sequence[str], other_version: str | None = None
) -> Key | None:
    """The key that a policy file belongs to; `None` after recording the errors of the policy.

    Without `key_arn` its account is the one that the policy delegates to, or else the only one of `accounts`; its Region is the only
    one that the policy names, or else the partition's first. Where that leaves a choice, it is as in the ARN that was found for another
    version of the policy. Raises `InputError` where a choice is left.
    """
    document = key_policy_document(remarks, node, DEFAULT)
    if document is None:
        return None
    source = document_source(document)
    policy = read_policy(source, PolicyKind.KEY, identity="", name=DEFAULT)
    arn = key_arn or _assumed_arn(remarks, document, source, policy, _Known(accounts, other_version))
    policy = with_key_warnings(remarks, replace(policy, identity=f"{arn}#{DEFAULT}"), arn)
    multi_region = arn_multi_region(arn) if key_arn else None
    return Key(arn, printable(path.stem), (policy,), multi_region=multi_region, span=document.span)


def check_key_arn(key_arn: str) -> None:
    """Raises `InputError` unless this is the ARN of a KMS key."""
    if not is_key_arn(key_arn):
        raise InputError.of(f"`{printable(key_arn)}` is not the ARN of a KMS key", hint="expected arn:aws:kms:REGION:ACCOUNT:key/KEY_ID")


@dataclass(frozen=True)
class _Known:
    """What tells whose key a policy is on, besides the policy: accounts that the invariants declare, the ARN of another version."""

    accounts: Sequence[str]
    other_version: str | None

    @property
    def partition(self) -> str:
        """That of the other version."""
        return self.other_version.split(":")[1] if self.other_version is not None else "aws"

    @property
    def region(self) -> str | None:
        """That of the other version."""
        return self.other_version.split(":")[3] if self.other_version is not None else None

    @property
    def account(self) -> str | None:
        """That of the other version."""
        return self.other_version.split(":")[4] if self.other_version is not None else None


def _assumed_arn(remarks: Remarks, document: Node, source: Source, policy: Policy, known: _Known) -> str:
    _check_resources(document, policy)
    partition, account, reason = _account(document, policy, known)
    region, region_reason = _region(document, source, partition, known)
    remarks.warning(
        document,
        f"the key's ARN is not given; assumed account {account} ({reason}) and Region {region} ({region_reason})",
        hint=_HINT,
    )
    return f"arn:{partition}:kms:{region}:{account}:key/{PLACEHOLDER_ID}"


def _check_resources(document: Node, policy: Policy) -> None:
    """Raises `InputError` where a statement names its resource, for whether that is this key cannot be told (L5)."""
    for statement in policy.statements:
        for resource in statement.resources or ():
            if resource.value != "*":
                raise _error(document, f"the policy names the resource `{resource.value}`, and which key it is on is not given", "L5")


def _account(document: Node, policy: Policy, known: _Known) -> tuple[str, str, str]:
    """The partition and the account of the key, and how they are known (P2)."""
    delegated = {
        (principal.partition or "aws", principal.account)
        for statement in policy.statements
        if statement.effect is Effect.ALLOW and not statement.not_principal
        for principal in statement.principals or ()
        if principal.type is PrincipalType.ACCOUNT and principal.account is not None
    }
    declared = set(known.accounts)
    if len(delegated) == 1:
        ((partition, account),) = delegated
        if len(declared) != 1 or account in declared:
            return partition, account, "the only one that the policy delegates to"
        raise _error(document, f"the policy delegates to account {account}, the invariants declare {min(declared)}; whose key is it?")
    if len(declared) == 1:
        partitions = {partition for partition, _ in delegated} or {"aws"}
        return min(partitions), min(declared), "the only one that the invariants declare"
    if known.account is not None and (not delegated or known.account in {account for _, account in delegated}):
        return known.partition, known.account, "that of the other version"
    raise _error(document, "which account the key belongs to is not given, and the policy and the invariants do not tell")


def _region(document: Node, source: Source, partition: str, known: _Known) -> tuple[str, str]:
    """The Region of the key, and how it is known. It matters: a service's requests come from the key's Region (F5)."""
    named = sorted(set(REGION.findall(source.text)))
    if known.region is not None and len(named) != 1 and (not named or known.region in named):
        return known.region, "that of the other version"
    if len(named) > 1:
        raise _error(document, f"the policy names the Regions {', '.join(named)}, and which one the key is in is not given", "F5")
    if named:
        return named[0], "the only one that the policy names"
    return DEFAULT_REGIONS[partition], "the policy names none"


def _error(document: Node, message: str, rule: str | None = None) -> InputError:
    return InputError([diagnostic(Severity.ERROR, document, message, hint=_HINT, rule=rule)])
