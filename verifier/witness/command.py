"""A request → the AWS CLI command that would send it.

In: an estate and a request. Out: a command line, or `None` where a caller has no command of its own (a service principal).
Guarantee: quoted for a POSIX shell; what the request does not determine is a placeholder in `<…>` or a file name.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

from verifier.model.estate import Estate
from verifier.model.reference import action
from verifier.model.request import CallerKind, Request

_ARGUMENTS: dict[str, tuple[str, ...]] = {
    "Decrypt": ("--ciphertext-blob", "fileb://ciphertext"),
    "Encrypt": ("--plaintext", "fileb://plaintext"),
    "ReEncrypt": ("--ciphertext-blob", "fileb://ciphertext"),
    "GenerateDataKey": ("--key-spec", "AES_256"),
    "GenerateDataKeyWithoutPlaintext": ("--key-spec", "AES_256"),
    "GenerateDataKeyPair": ("--key-pair-spec", "RSA_2048"),
    "GenerateDataKeyPairWithoutPlaintext": ("--key-pair-spec", "RSA_2048"),
    "Sign": ("--message", "fileb://message", "--signing-algorithm", "<algorithm>"),
    "Verify": ("--message", "fileb://message", "--signature", "fileb://signature", "--signing-algorithm", "<algorithm>"),
    "GenerateMac": ("--message", "fileb://message", "--mac-algorithm", "<algorithm>"),
    "VerifyMac": ("--message", "fileb://message", "--mac", "fileb://mac", "--mac-algorithm", "<algorithm>"),
    "PutKeyPolicy": ("--policy", "file://policy.json"),
    "UpdateKeyDescription": ("--description", "<description>"),
    "RevokeGrant": ("--grant-id", "<grant>"),
    "RetireGrant": ("--grant-id", "<grant>"),
    "ReplicateKey": ("--replica-region", "<region>"),
    "UpdatePrimaryRegion": ("--primary-region", "<region>"),
    "TagResource": ("--tags", "TagKey=<key>,TagValue=<value>"),
    "UntagResource": ("--tag-keys", "<key>"),
    "CreateAlias": ("--alias-name", "<alias>"),
    "UpdateAlias": ("--alias-name", "<alias>"),
    "DeriveSharedSecret": ("--public-key", "fileb://public-key", "--key-agreement-algorithm", "ECDH"),
    "ImportKeyMaterial": ("--import-token", "fileb://token", "--encrypted-key-material", "fileb://material"),
    "GetParametersForImport": ("--wrapping-algorithm", "<algorithm>", "--wrapping-key-spec", "RSA_4096"),
}
_WITHOUT_KEY_ARGUMENT = frozenset({"CreateKey", "ListKeys", "ListAliases", "GenerateRandom", "DescribeCustomKeyStores", "DeleteAlias"})


def command(estate: Estate, request: Request) -> str | None:
    """The command that sends the request; to be run with the caller's credentials."""
    if request.caller.kind is CallerKind.SERVICE or any(key == "kms:ViaService" for key, _ in request.context):
        return None
    known = action(request.action)
    if known is None or not known.operations:
        return None
    operation = known.operations[0]
    words = ["aws", "kms", _kebab(operation)]
    if request.resource is not None and operation not in _WITHOUT_KEY_ARGUMENT:
        flag = {"kms:ReEncryptFrom": "--source-key-id", "kms:ReEncryptTo": "--destination-key-id"}.get(request.action, "--key-id")
        if operation in ("CreateAlias", "UpdateAlias"):
            flag = "--target-key-id"
        words += [flag, request.resource]
    words += _ARGUMENTS.get(operation, ())
    words += _from_context(operation, request)
    return shlex.join(words)


def _from_context(operation: str, request: Request) -> Iterator[str]:
    pairs = {k.split(":", 2)[2]: v for k, v in request.context if k.lower().startswith("kms:encryptioncontext:") and isinstance(v, str)}
    context = dict(request.context)
    text = ",".join(f"{_quoted(name)}={_quoted(value)}" for name, value in pairs.items())
    if operation == "CreateGrant":
        operations = context.get("kms:GrantOperations", ("Decrypt",))
        yield from ("--grantee-principal", str(context.get("kms:GranteePrincipal", request.caller.arn)))
        yield from ("--operations", *(operations if isinstance(operations, tuple) else (operations,)))
        if pairs:
            yield from ("--constraints", f"EncryptionContextSubset={{{text}}}")
    elif pairs and operation == "ReEncrypt":
        side = "--source-encryption-context" if request.action == "kms:ReEncryptFrom" else "--destination-encryption-context"
        yield from (side, text)
    elif pairs:
        yield from ("--encryption-context", text)
    days = context.get("kms:ScheduleKeyDeletionPendingWindowInDays")
    if isinstance(days, str) and operation == "ScheduleKeyDeletion":
        yield from ("--pending-window-in-days", days)
    if context.get("kms:BypassPolicyLockoutSafetyCheck") == "true":
        yield "--bypass-policy-lockout-safety-check"


def _quoted(text: str) -> str:
    return text if re.fullmatch(r"[\w./:@+-]+", text) else '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _kebab(operation: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", operation).lower()
