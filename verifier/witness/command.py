"""A request, or a step → the AWS CLI commands that would send it, or take it.

In: a request, and what decides it; a `Move`. Out: command lines, to be run with the credentials of the caller; none
where there is no command, or a caller has none of its own (a service sends the request).
Guarantee: quoted for a POSIX shell; what the request or step does not determine is a placeholder in `<…>` or a file
name.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from verifier.model.grant import Grant, grant_id
from verifier.model.policy import Policy, PrincipalType, StatementRef
from verifier.model.policy_text import policy_document
from verifier.model.reference import action
from verifier.model.request import Caller, CallerKind, Request, Value
from verifier.model.steps.descriptions import MEMBER, StepKind, present, way_taken, with_parts

if TYPE_CHECKING:
    from verifier.model.steps.chains import Move


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

_LONGEST_DOCUMENT = 700
"""Characters of a document that stands in the command itself; a longer one is a file."""
_ALL = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}'
"""A session policy that takes nothing away."""


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


def step_commands(move: Move) -> tuple[str, ...]:
    """The commands of a step, in the order in which they are run."""
    if move.kind in (StepKind.PASS_ROLE, StepKind.CHANGE_CODE):
        actions = (request.action for request in move.requests if request.action not in _WITHOUT_COMMAND)
        return tuple(dict.fromkeys(_command(move, action, _OF_SERVICES.get(action)) for action in actions))
    if move.kind is StepKind.IMPORT_MATERIAL:  # two calls, one after the other
        return tuple(dict.fromkeys(filter(None, map(request_command, move.requests))))
    own = way_taken(move)
    action = own.action(move.change)
    room = [request.action for request in move.requests if request.action == "iam:DeletePolicyVersion"]
    found = [_command(move, one, "--policy-arn {arn} --version-id <version>") for one in room]
    return (*found, _command(move, action, own.options)) if action else ()


def _command(move: Move, action: str, options: str | None) -> str:
    """The call of an action, with options as `Description` has them; all of them in a file, where it has none."""
    service, operation = _CALLED.get(action, action).split(":")
    hyphenated = re.sub("(?<=[a-z])(?=[A-Z])|(?=[A-Z][a-z])", "-", operation).strip("-").lower()
    text = f"--cli-input-json file://{hyphenated}.json" if options is None else present(options, partial(_member, move))
    return shlex.join(["aws", service, hyphenated, *(one for word in shlex.split(text) for one in _words(move, word))])


def _words(move: Move, word: str) -> CommandWords:
    """A word of options; the words of a member that stands alone."""
    found = MEMBER.fullmatch(word)
    value = _member(move, found[1]) if found is not None else None
    if isinstance(value, Policy):
        yield _document(value)
    elif isinstance(value, Grant):
        yield from _created_grant(value)
    elif isinstance(value, tuple) and value and isinstance(value[0], tuple):
        prefix = (found and found[2]) or ""
        yield json.dumps([{f"{prefix}Key": name, f"{prefix}Value": text} for name, text in value])
    elif isinstance(value, tuple):
        yield from value
    else:
        yield value if isinstance(value, str) and found is not None and not found[2] else with_parts(word, move.change)


def _member(move: Move, name: str) -> object:
    """A member of the change, or what the requests say besides."""
    match name:
        case "context":
            return tuple(_context_options(move.requests))
        case "everything":
            return _ALL
        case "provider":
            return move.requests[0].caller.principal_arn
        case "given" | "lasting":
            own, inherited = _member(move, "caller"), move.requests[0].caller.passed_on
            assert isinstance(own, Caller)
            if name == "given":
                return tuple(tag for tag in own.session_tags if tag not in inherited)
            return tuple(one for one in own.transitive if one not in dict(inherited))
    return getattr(move.change, name)


def _context_options(requests: Sequence[Request]) -> CommandWords:
    """Options for condition keys of the requests."""
    context = single_values(requests[0]) if requests else {}
    yield from (word for key, flag in _FLAGS.items() if key in context for word in (flag, context[key]))
    if context.get("kms:bypasspolicylockoutsafetycheck") == "true":
        yield "--bypass-policy-lockout-safety-check"
    for side, request in zip(("source", "destination"), requests, strict=False):
        pairs = {
            key.split(":", 2)[2]: value
            for key, value in request.context
            if key.lower().startswith("kms:encryptioncontext:")
        }
        if pairs:
            yield from (f"--{side}-encryption-context", json.dumps(pairs))


_FLAGS = {"sts:externalid": "--external-id", "sts:sourceidentity": "--source-identity"}


def _created_grant(grant: Grant) -> CommandWords:
    service = "-service" if grant.grantee.type is PrincipalType.SERVICE else ""
    yield from (f"--grantee{service}-principal", grant.grantee.value)
    if grant.retiring is not None:
        service = "-service" if grant.retiring.type is PrincipalType.SERVICE else ""
        yield from (f"--retiring{service}-principal", grant.retiring.value)
    yield from ("--operations", *(operation.removeprefix("kms:") for operation in grant.operations))
    constraints = {
        name: dict(pairs)
        for name, pairs in (
            ("EncryptionContextEquals", grant.context_equals),
            ("EncryptionContextSubset", grant.context_subset),
        )
        if pairs is not None
    }
    both = constraints | ({"SourceArn": grant.source_arn} if grant.source_arn is not None else {})
    if both:
        yield from ("--constraints", json.dumps(both))


def _document(policy: Policy) -> str:
    try:
        text = json.dumps(policy_document(policy))
    except ValueError:  # parts of it are not known
        return "file://policy.json"
    return text if len(text) <= _LONGEST_DOCUMENT else "file://policy.json"


_OF_SERVICES: Mapping[str, str] = {
    "cloudformation:CreateStack": "--stack-name <name> --template-body file://template.yaml --role-arn {arn}",
    "codebuild:CreateProject": "--cli-input-json file://project.json --service-role {arn}",
    "ec2:RunInstances": (
        "--image-id <image> --iam-instance-profile 'Name=<profile of the role>' --user-data file://code"
    ),
    "codebuild:StartBuild": "--project-name <name>",
    "ecs:RegisterTaskDefinition": (
        "--family <task> --task-role-arn {arn} --container-definitions file://containers.json"
    ),
    "ecs:RunTask": "--task-definition <task>",
    "iam:CreateInstanceProfile": "--instance-profile-name <profile>",
    "iam:RemoveRoleFromInstanceProfile": "--instance-profile-name <profile> --role-name '<its role>'",
    "iam:AddRoleToInstanceProfile": "--instance-profile-name <profile> --role-name {arn:name}",
    "glue:CreateJob": "--name <name> --role {arn} --command file://command.json",
    "lambda:CreateFunction": (
        "--function-name <name> --role {arn} --runtime python3.13 --handler <handler> --zip-file fileb://code.zip"
    ),
    "lambda:InvokeFunction": "--function-name <name> out.json",
    "glue:StartJobRun": "--job-name <name>",
    "sagemaker:CreateNotebookInstance": "--notebook-instance-name <name> --instance-type ml.t3.medium --role-arn {arn}",
    "states:StartExecution": "--state-machine-arn '<state machine>'",
    "states:CreateStateMachine": "--name <name> --definition file://definition.json --role-arn {arn}",
}
"""The options by which a service comes to run code as a role."""
_CALLED = {
    **{
        f"bedrock-agentcore:Create{made}": f"bedrock-agentcore-control:Create{made}"
        for made in ("AgentRuntime", "CodeInterpreter")
    },
    **{
        f"states:{name}": f"stepfunctions:{name}"
        for name in ("CreateStateMachine", "UpdateStateMachine", "StartExecution", "TestState")
    },
    "kms:ReEncryptFrom": "kms:ReEncrypt",
    "lambda:InvokeFunction": "lambda:Invoke",
}
"""The operations that the CLI calls otherwise than IAM does."""
_WITHOUT_COMMAND = frozenset({"iam:PassRole", "bedrock-agentcore:InvokeAgentRuntimeCommandShell"})
"""A permission of other calls, and a WebSocket that the CLI does not open."""
