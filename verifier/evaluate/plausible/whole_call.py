"""What else a whole API call needs than the permission that a request is about (R8, R4).

In: a prepared request. Out: a line for the trace. Guarantee: it informs, and no decision has it.
"""

from __future__ import annotations

from collections.abc import Iterator

from verifier.evaluate.prepared_request import PreparedRequest
from verifier.evaluate.statements.targets import ALIAS_ACTIONS, TargetKind
from verifier.model.request import Step


def further_permissions(prepared: PreparedRequest) -> tuple[Step, ...]:
    """The line, if the call needs more."""
    needs = list(_needs(prepared))
    return (Step("R8", f"the whole call also needs {', and '.join(needs)}", True),) if needs else ()


def _needs(prepared: PreparedRequest) -> Iterator[str]:
    """[API: CreateKey, ReplicateKey, UpdatePrimaryRegion, ReEncrypt, CreateAlias, UpdateAlias, DeleteAlias]"""
    action = prepared.action.lower()
    if action == "kms:replicatekey":
        region = _named(prepared, "kms:replicaregion", "the replica's Region")
        yield f"kms:CreateKey by an identity policy in {region}"
        yield from _tagging(prepared, f" in {region}")
    elif action == "kms:createkey":
        yield from _tagging(prepared, "")
    elif action == "kms:updateprimaryregion":
        region = _named(prepared, "kms:primaryregion", "the other Region")
        both = "the present primary key and the replica both have to allow it"
        yield f"{prepared.action} on the related key in {region}: {both}"
    elif action == "kms:reencryptfrom":
        yield "kms:ReEncryptTo on the key that it encrypts under"
    elif action == "kms:reencryptto":
        yield "kms:ReEncryptFrom on the key that it decrypts under"
    elif action in ALIAS_ACTIONS:
        yield _alias(prepared, moves=action == "kms:updatealias")


def _named(prepared: PreparedRequest, key: str, otherwise: str) -> str:
    value = prepared.context.entries.get(key)
    return value if isinstance(value, str) else otherwise


def _tagging(prepared: PreparedRequest, place: str) -> Iterator[str]:
    if any(key == "aws:tagkeys" or key.startswith("aws:requesttag/") for key in prepared.context.entries):
        yield f"kms:TagResource by an identity policy{place}, since it has tags"


def _alias(prepared: PreparedRequest, moves: bool) -> str:
    """The other permissions of an operation on an alias, which may move it from one key to another."""
    if prepared.target.kind is TargetKind.ALIAS:
        return f"{prepared.action} on {'each of the two keys' if moves else 'the key'}"
    return f"{prepared.action} on the alias, by an identity policy" + (", and on the other key" if moves else "")
