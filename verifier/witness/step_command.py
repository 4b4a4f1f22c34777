"""A step → the AWS CLI commands that take it.

In: a `Move`. Out: command lines, to be run with the credentials of the caller of its requests; none where there is no
command.
Guarantee: quoted for a POSIX shell; what the step does not determine is a placeholder in `<…>` or a file name.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping

from verifier.model.estate import Group, Identity, ManagedPolicy
from verifier.model.grant import Grant, Pairs
from verifier.model.policy import Policy, PrincipalType
from verifier.model.policy_text import policy_document
from verifier.model.step_kinds import StepKind
from verifier.model.steps.chains import (
    AliasMoved,
    Became,
    BoundaryPut,
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
    Move,
    PolicyAdded,
    PolicyRemoved,
    ReEncrypted,
    TrustPut,
    VersionSet,
)
from verifier.witness.command import Words, command, name_of, single_values
from verifier.witness.credential_command import credential_words

_LONGEST_DOCUMENT = 700
"""Characters of a document that stands in the command itself; a longer one is a file."""
_FLAGS = {"role": "--role-name", "user": "--user-name", "group": "--group-name"}


def step_commands(move: Move) -> tuple[str, ...]:
    """The commands of a step, in the order in which they are run."""
    if move.kind in (StepKind.PASS_ROLE, StepKind.CHANGE_CODE):
        return tuple(dict.fromkeys(_of_services(move)))
    words = tuple(_words(move))
    if words:
        return (*_making_room(move), shlex.join(words))
    # two calls, one after the other
    found = map(command, move.requests) if isinstance(move.change, MaterialImported) else ()
    return tuple(dict.fromkeys(filter(None, found)))


def _making_room(move: Move) -> Words:
    """What takes an old version away where a managed policy has as many as it can have."""
    if isinstance(move.change, VersionSet) and any(
        request.action == "iam:DeletePolicyVersion" for request in move.requests
    ):
        yield shlex.join(
            ("aws", "iam", "delete-policy-version", "--policy-arn", move.change.arn, "--version-id", "<version>")
        )


def _words(move: Move) -> Words:
    match move.change:
        case Became():
            yield from credential_words(move, move.change.caller)
        case PolicyAdded():
            yield from _added(move.change)
        case VersionSet():
            yield from _version(move.kind, move.change)
        case TrustPut():
            own = ("--role-name", name_of(move.change.role), "--policy-document", _document(move.change.policy))
            yield from ("aws", "iam", "update-assume-role-policy", *own)
        case GroupJoined():
            own = ("--user-name", name_of(move.change.user), "--group-name", name_of(move.change.group))
            yield from ("aws", "iam", "add-user-to-group", *own)
        case GroupLeft():
            own = ("--user-name", name_of(move.change.user), "--group-name", name_of(move.change.group))
            yield from ("aws", "iam", "remove-user-from-group", *own)
        case Created(made):
            yield from _created(made)
        case PolicyRemoved(owner, identity):
            yield from _removed(owner, identity)
        case IdentityTagged(owner, tags, removed):
            yield from _identity_tags(owner, tags, removed)
        case BoundaryPut(owner, policy):
            yield from _bounded(owner, policy)
        case KeyShared():
            yield from ("aws", "ram", "create-resource-share", "--name", "<name>", "--resource-arns", move.change.key)
            yield from ("--principals", "<principal>")
        case _:
            yield from _on_key(move)


# --- keys -------------------------------------------------------------------------------------------------------------


def _on_key(move: Move) -> Words:
    match move.change:
        case KeyPolicyPut(key, policy):
            yield from (
                "aws",
                "kms",
                "put-key-policy",
                "--key-id",
                key,
                "--policy-name",
                "default",
                "--policy",
                _document(policy),
            )
            yield from _bypass(move)
        case GrantCreated(key, grant):
            yield from ("aws", "kms", "create-grant", "--key-id", key, *_grant(grant))
        case KeyTagged(key, tags, removed):
            yield from _tags(key, tags, removed)
        case AliasMoved(alias, key):
            operation = {StepKind.CREATE_ALIAS: "create-alias", StepKind.DELETE_ALIAS: "delete-alias"}.get(
                move.kind, "update-alias"
            )
            yield from ("aws", "kms", operation, "--alias-name", alias.rsplit(":", 1)[-1])
            yield from ("--target-key-id", key) if key is not None else ()
        case KeyReplicated(key, replica):
            own = next(iter(replica.policies or ()), None)
            yield from ("aws", "kms", "replicate-key", "--key-id", key, "--replica-region", replica.region)
            yield from ("--policy", _document(own), "--bypass-policy-lockout-safety-check") if own is not None else ()
        case ReEncrypted(key, onto):
            yield from ("aws", "kms", "re-encrypt", "--ciphertext-blob", "fileb://ciphertext", "--source-key-id", key)
            yield from ("--destination-key-id", onto)
            for side, request in zip(("source", "destination"), move.requests, strict=False):
                pairs = {
                    k.split(":", 2)[2]: v for k, v in request.context if k.lower().startswith("kms:encryptioncontext:")
                }
                yield from (f"--{side}-encryption-context", json.dumps(pairs)) if pairs else ()


def _bypass(move: Move) -> Words:
    if any(single_values(request).get("kms:bypasspolicylockoutsafetycheck") == "true" for request in move.requests):
        yield "--bypass-policy-lockout-safety-check"


def _grant(grant: Grant) -> Words:
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
    yield from ("--constraints", json.dumps(both)) if both else ()


def _tags(key: str, tags: Pairs, removed: tuple[str, ...]) -> Words:
    if tags:
        yield from ("aws", "kms", "tag-resource", "--key-id", key, "--tags")
        yield json.dumps([{"TagKey": name, "TagValue": value} for name, value in tags])
    elif removed:
        yield from ("aws", "kms", "untag-resource", "--key-id", key, "--tag-keys", *removed)


# --- identities -------------------------------------------------------------------------------------------------------


def _added(change: PolicyAdded) -> Words:
    kind = change.owner.split(":", 5)[-1].split("/")[0]
    if kind not in _FLAGS:
        return
    name = change.policy.identity.removeprefix(f"{change.owner}#")
    if name == change.policy.identity:
        yield from ("aws", "iam", f"attach-{kind}-policy", _FLAGS[kind], name_of(change.owner), "--policy-arn", name)
    else:
        yield from ("aws", "iam", f"put-{kind}-policy", _FLAGS[kind], name_of(change.owner), "--policy-name", name)
        yield from ("--policy-document", _document(change.policy))


def _created(made: Identity | Group | ManagedPolicy) -> Words:
    kind = made.arn.split(":", 5)[5].split("/", 1)[0]
    path = "/".join(made.arn.split("/")[1:-1])
    yield from ("aws", "iam", f"create-{kind}", f"--{kind}-name", name_of(made.arn))
    yield from ("--path", f"/{path}/") if path else ()
    if isinstance(made, ManagedPolicy):
        yield from ("--policy-document", _document(made.versions[0][1]))
    if isinstance(made, Identity) and made.trust is not None:
        yield from ("--assume-role-policy-document", _document(made.trust))
    if isinstance(made, Identity) and made.boundary is not None:
        yield from ("--permissions-boundary", made.boundary.identity.removesuffix("#boundary"))


def _identity_tags(owner: str, tags: Pairs, removed: tuple[str, ...]) -> Words:
    kind = owner.split(":", 5)[-1].split("/")[0]
    if kind in _FLAGS:
        yield from ("aws", "iam", f"{'tag' if tags else 'untag'}-{kind}", _FLAGS[kind], name_of(owner))
        yield from (
            ("--tags", json.dumps([{"Key": name, "Value": value} for name, value in tags]))
            if tags
            else ("--tag-keys", *removed)
        )


def _removed(owner: str, identity: str) -> Words:
    kind = owner.split(":", 5)[-1].split("/")[0]
    if kind in _FLAGS:
        name = identity.removeprefix(f"{owner}#")
        inline = name != identity
        yield from ("aws", "iam", f"{'delete' if inline else 'detach'}-{kind}-policy", _FLAGS[kind], name_of(owner))
        yield from ("--policy-name" if inline else "--policy-arn", name)


def _bounded(owner: str, policy: Policy | None) -> Words:
    kind = owner.split(":", 5)[-1].split("/")[0]
    if kind in _FLAGS:
        yield from (
            "aws",
            "iam",
            f"{'delete' if policy is None else 'put'}-{kind}-permissions-boundary",
            _FLAGS[kind],
            name_of(owner),
        )
        yield from () if policy is None else ("--permissions-boundary", policy.identity.removesuffix("#boundary"))


def _version(kind: StepKind, change: VersionSet) -> Words:
    if kind is StepKind.SET_VERSION:
        yield from ("aws", "iam", "set-default-policy-version", "--policy-arn", change.arn, "--version-id", "<version>")
    else:
        yield from (
            "aws",
            "iam",
            "create-policy-version",
            "--policy-arn",
            change.arn,
            "--policy-document",
            _document(change.policy),
        )
        yield "--set-as-default"


_PASSING: Mapping[str, tuple[str, ...]] = {
    "cloudformation:CreateStack": (
        "--stack-name",
        "<name>",
        "--template-body",
        "file://template.yaml",
        "--role-arn",
        "ROLE",
    ),
    "codebuild:CreateProject": ("--cli-input-json", "file://project.json", "--service-role", "ROLE"),
    "ec2:RunInstances": (
        "--image-id",
        "<image>",
        "--iam-instance-profile",
        "Name=<profile of the role>",
        "--user-data",
        "file://code",
    ),
    "codebuild:StartBuild": ("--project-name", "<name>"),
    "ecs:RegisterTaskDefinition": (
        "--family",
        "<task>",
        "--task-role-arn",
        "ROLE",
        "--container-definitions",
        "file://containers.json",
    ),
    "ecs:RunTask": ("--task-definition", "<task>"),
    "iam:CreateInstanceProfile": ("--instance-profile-name", "<profile>"),
    "iam:RemoveRoleFromInstanceProfile": ("--instance-profile-name", "<profile>", "--role-name", "<its role>"),
    "iam:AddRoleToInstanceProfile": ("--instance-profile-name", "<profile>", "--role-name", "NAME"),
    "glue:CreateJob": ("--name", "<name>", "--role", "ROLE", "--command", "file://command.json"),
    "lambda:CreateFunction": (
        *("--function-name", "<name>", "--role", "ROLE", "--runtime", "python3.13"),
        *("--handler", "<handler>", "--zip-file", "fileb://code.zip"),
    ),
    "lambda:InvokeFunction": ("--function-name", "<name>", "out.json"),
    "glue:StartJobRun": ("--job-name", "<name>"),
    "sagemaker:CreateNotebookInstance": (
        *("--notebook-instance-name", "<name>", "--instance-type", "ml.t3.medium"),
        *("--role-arn", "ROLE"),
    ),
    "states:StartExecution": ("--state-machine-arn", "<state machine>"),
    "states:CreateStateMachine": ("--name", "<name>", "--definition", "file://definition.json", "--role-arn", "ROLE"),
}
_CALLED = {
    **{
        f"bedrock-agentcore:Create{made}": f"bedrock-agentcore-control:Create{made}"
        for made in ("AgentRuntime", "CodeInterpreter")
    },
    **{
        f"states:{name}": f"stepfunctions:{name}"
        for name in ("CreateStateMachine", "UpdateStateMachine", "StartExecution", "TestState")
    },
    "lambda:InvokeFunction": "lambda:Invoke",
}
"""The operations that the CLI calls otherwise than IAM does."""
_WITHOUT_COMMAND = frozenset({"iam:PassRole", "bedrock-agentcore:InvokeAgentRuntimeCommandShell"})
"""A permission of other calls, and a WebSocket that the CLI does not open."""


def _of_services(move: Move) -> Iterator[str]:
    """The calls by which a service comes to run code as a role, or by which that code is changed or entered."""
    assert isinstance(move.change, Became)
    role = move.change.caller.principal_arn
    for action in (request.action for request in move.requests if request.action not in _WITHOUT_COMMAND):
        service, operation = _CALLED.get(action, action).split(":")
        hyphenated = re.sub("(?<=[a-z])(?=[A-Z])|(?=[A-Z][a-z])", "-", operation).strip("-").lower()
        words = _PASSING.get(action, ("--cli-input-json", f"file://{hyphenated}.json"))
        yield shlex.join(
            ["aws", service, hyphenated, *(word.replace("ROLE", role).replace("NAME", name_of(role)) for word in words)]
        )


# --- parts ------------------------------------------------------------------------------------------------------------


def _document(policy: Policy) -> str:
    try:
        text = json.dumps(policy_document(policy))
    except ValueError:  # parts of it are not known
        return "file://policy.json"
    return text if len(text) <= _LONGEST_DOCUMENT else "file://policy.json"
