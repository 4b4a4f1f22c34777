"""A request → the AWS CLI command that would send it.

In: a request, and what decides it. Out: a command line, or `None` where a caller has no command of its own (a service
sends it).
Guarantee: quoted for a POSIX shell; what the request does not determine is a placeholder in `<…>` or a file name.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence

from verifier.model.grant import grant_id
from verifier.model.policy import StatementRef
from verifier.model.reference import action
from verifier.model.request import CallerKind, Request, Value

_ARGUMENTS: dict[str, tuple[str, ...]] = {
    "Decrypt": ("--ciphertext-blob", "fileb://ciphertext"),
    "Encrypt": ("--plaintext", "fileb://plaintext"),
    "ReEncrypt": ("--ciphertext-blob", "fileb://ciphertext"),
    "GenerateDataKey": ("--key-spec", "AES_256"),
    "GenerateDataKeyWithoutPlaintext": ("--key-spec", "AES_256"),
    "GenerateDataKeyPair": ("--key-pair-spec", "RSA_2048"),
    "GenerateDataKeyPairWithoutPlaintext": ("--key-pair-spec", "RSA_2048"),
    "Sign": ("--message", "fileb://message", "--signing-algorithm", "<algorithm>"),
    "Verify": (
        "--message",
        "fileb://message",
        "--signature",
        "fileb://signature",
        "--signing-algorithm",
        "<algorithm>",
    ),
    "GenerateMac": ("--message", "fileb://message", "--mac-algorithm", "<algorithm>"),
    "VerifyMac": ("--message", "fileb://message", "--mac", "fileb://mac", "--mac-algorithm", "<algorithm>"),
    "PutKeyPolicy": ("--policy", "file://policy.json"),
    "UpdateKeyDescription": ("--description", "<description>"),
    "RevokeGrant": ("--grant-id", "<grant>"),
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
_WITHOUT_KEY_ARGUMENT = frozenset(
    {"CreateKey", "ListKeys", "ListAliases", "GenerateRandom", "DescribeCustomKeyStores", "DeleteAlias"}
)


def request_command(request: Request, statements: Sequence[StatementRef] = ()) -> str | None:
    """The command that sends the request; to be run with the caller's credentials, so none where a service sends it.
    A grant to be retired is one of those in `statements`."""
    by_service = (_of_service(key.lower(), value) for key, value in request.context)
    if request.caller.kind is CallerKind.SERVICE or any(by_service):
        return None
    known = action(request.action)
    if known is None or not known.operations:
        return None
    own = known.name.removeprefix("kms:")
    operation = own if own in known.operations else known.operations[0]
    words = ["aws", "kms", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", operation).lower()]
    if operation == "ListRetirableGrants":
        words += ["--retiring-principal", request.resource or request.caller.arn]
    elif request.resource is not None and operation not in _WITHOUT_KEY_ARGUMENT:
        flag = {"kms:ReEncryptFrom": "--source-key-id", "kms:ReEncryptTo": "--destination-key-id"}.get(
            request.action, "--key-id"
        )
        if operation in ("CreateAlias", "UpdateAlias"):
            flag = "--target-key-id"
        words += [flag, request.resource]
    words += _retired(statements) if operation == "RetireGrant" else _ARGUMENTS.get(operation, ())
    words += _from_context(operation, request)
    return shlex.join(words)


def _of_service(key: str, value: Value) -> bool:
    """True iff a value of a condition key says that a service makes the request on somebody's behalf (F5)."""
    if key in ("aws:viaawsservice", "kms:grantisforawsresource"):
        return str(value).lower() == "true"
    return key == "kms:viaservice" or key.startswith("aws:calledvia")


def _retired(statements: Sequence[StatementRef]) -> tuple[str, ...]:
    """Which grant to retire: the one that lets the caller do so, if the decision names one."""
    return "--grant-id", next(filter(None, map(grant_id, statements)), "<grant>")


def _from_context(operation: str, request: Request) -> Iterator[str]:
    pairs = {
        k.split(":", 2)[2]: v
        for k, v in request.context
        if k.lower().startswith("kms:encryptioncontext:") and isinstance(v, str)
    }
    context = dict(request.context)
    text = ",".join(f"{_quoted(name)}={_quoted(value)}" for name, value in pairs.items())
    if operation == "CreateGrant":
        yield from _grant(context, request, text)
    elif pairs and operation == "ReEncrypt":
        side = "source" if request.action == "kms:ReEncryptFrom" else "destination"
        yield from (f"--{side}-encryption-context", text)
    elif pairs:
        yield from ("--encryption-context", text)
    days = context.get("kms:ScheduleKeyDeletionPendingWindowInDays")
    if isinstance(days, str) and operation == "ScheduleKeyDeletion":
        yield from ("--pending-window-in-days", days)
    if context.get("kms:BypassPolicyLockoutSafetyCheck") == "true":
        yield "--bypass-policy-lockout-safety-check"
    if context.get("kms:PolicyName") == "AWS_RAM":
        yield from ("--policy-name", "AWS_RAM")


def _grant(context: Mapping[str, Value], request: Request, pairs: str) -> Iterator[str]:
    """The parameters of a new grant, as far as condition keys show them."""
    service, source = context.get("kms:GranteeServicePrincipal"), context.get("kms:GrantConstraintSourceArn")
    if service is not None:
        yield from ("--grantee-service-principal", str(service))
    else:
        yield from ("--grantee-principal", str(context.get("kms:GranteePrincipal", request.caller.arn)))
    retiring, by_service = context.get("kms:RetiringPrincipal"), context.get("kms:RetiringServicePrincipal")
    if by_service is not None:
        yield from ("--retiring-service-principal", str(by_service))
    elif retiring is not None or service is not None:
        yield from ("--retiring-principal", str(retiring or request.caller.arn))
    operations = context.get("kms:GrantOperations", ("Decrypt",))
    yield from ("--operations", *(operations if isinstance(operations, tuple) else (operations,)))
    kind = context.get("kms:GrantConstraintType")  # Of two constraints it names one: Equals is the stricter for pairs.
    own = kind if kind == "EncryptionContextSubset" else "EncryptionContextEquals"
    constraints = [f"{own}={{{pairs}}}"] if pairs or kind == own else []
    if source is not None:
        constraints.append(f"SourceArn={source}")
    if constraints:
        yield from ("--constraints", ",".join(constraints))


def _quoted(text: str) -> str:
    return text if re.fullmatch(r"[\w./:@+-]+", text) else '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


CommandWords = Iterator[str]


def single_values(request: Request) -> dict[str, str]:
    """The condition keys that have one value, by their names in lower case."""
    return {key.lower(): value for key, value in request.context if isinstance(value, str)}
