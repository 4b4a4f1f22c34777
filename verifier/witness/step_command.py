"""A step → the AWS CLI commands that take it.

In: a `Move`. Out: command lines, to be run with the credentials of the caller of its requests; none where there is no
command.
Guarantee: quoted for a POSIX shell; what the step does not determine is a placeholder in `<…>` or a file name.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from verifier.model.grant import Grant
from verifier.model.policy import Policy, PrincipalType
from verifier.model.policy_text import policy_document
from verifier.model.request import Caller, Request
from verifier.model.steps.descriptions import MEMBER, StepKind, present, way_taken, with_parts
from verifier.witness.command import CommandWords, request_command, single_values

if TYPE_CHECKING:
    from verifier.model.steps.chains import Move

_LONGEST_DOCUMENT = 700
"""Characters of a document that stands in the command itself; a longer one is a file."""
_ALL = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}'
"""A session policy that takes nothing away."""


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
        yield from _grant(value)
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


def _grant(grant: Grant) -> CommandWords:
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
