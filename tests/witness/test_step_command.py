"""The commands of steps are commands that the AWS CLI has: its operations and options are those of botocore's
models."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from dataclasses import replace

import pytest
from botocore import xform_name
from botocore.session import Session

from tests.report.samples import PAYMENTS
from tests.report.stories import ASSUMED, CHANGES, HOME, IMPORTED, KEY_ADMIN, OPS, SESSION, allowing, made
from verifier.model.policy import PolicyKind
from verifier.model.request import Caller, CallerKind, Request
from verifier.model.steps.actions import in_ways_to_run
from verifier.model.steps.chains import Became, Move, PolicyAdded, ReEncrypted
from verifier.model.steps.descriptions import StepKind
from verifier.model.steps.workloads import KINDS
from verifier.model.symbols import ThingEffect
from verifier.witness.command import step_commands

ALICE = f"arn:aws:iam::{HOME}:user/team/Alice"
GROUP = f"arn:aws:iam::{HOME}:group/team/admins"
WEB = Caller(CallerKind.WEB, f"arn:aws:iam::{HOME}:oidc-provider/example.com")
OF_THE_CLI = {"--cli-input-json", "--zip-file"}
"""Options that the CLI adds to those of the API. [AWS CLI: lambda create-function]"""
BY_THE_CLI = {"--min-count", "--max-count", "--code"}
"""What the CLI fills in: `--count` is 1 unless said, the code is that of `--zip-file`. [AWS CLI: ec2 run-instances]"""
ROLE = Caller(CallerKind.ROLE, KEY_ADMIN, HOME, "example")
USER = CHANGES[StepKind.BECOME_USER]


def asking(action: str, caller: Caller = SESSION, **context: str) -> tuple[Request, ...]:
    return (Request(caller, action, None, tuple((key.replace("_", ":"), value) for key, value in context.items())),)


def passing(action: str) -> tuple[Request, ...]:
    return (Request(SESSION, "iam:PassRole", KEY_ADMIN), Request(SESSION, action, None))


def moves() -> Iterator[Move]:
    requests = {StepKind.ASSUME_ROLE: ASSUMED.requests, StepKind.IMPORT_MATERIAL: IMPORTED.requests}
    requests |= {StepKind.FEDERATE: asking("sts:GetFederationToken")}
    yield from (Move(kind, requests.get(kind, ()), change) for kind, change in CHANGES.items())
    for action in ("iam:CreateAccessKey", "iam:CreateLoginProfile", "iam:UpdateLoginProfile"):
        yield Move(StepKind.BECOME_USER, asking(action), USER)
    for action in ("iam:CreateSAMLProvider", "iam:UpdateSAMLProvider"):
        yield Move(StepKind.PROVIDER, asking(action), CHANGES[StepKind.PROVIDER])
    for action in ("sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML"):
        yield Move(StepKind.ASSUME_ROLE, asking(action, WEB), Became(ROLE))
    yield Move(StepKind.ASSUME_ROLE, asking("sts:AssumeRole", sts_ExternalId="x", sts_SourceIdentity="y"), Became(ROLE))
    yield from (Move(StepKind.PASS_ROLE, passing(action), Became(ROLE)) for action in sorted(in_ways_to_run()))
    changing = sorted({action for kind in KINDS.values() for way in kind.ways for action, _ in way})
    yield from (Move(StepKind.CHANGE_CODE, asking(action), Became(ROLE)) for action in changing)
    session = Caller(
        CallerKind.FEDERATED,
        f"arn:aws:sts::{HOME}:federated-user/fay",
        HOME,
        issuer=ALICE,
        session_tags=(("team", "red"),),
    )
    yield Move(StepKind.FEDERATE, asking("sts:GetFederationToken"), Became(session))
    for owner in (ALICE, GROUP):
        inline = made(PolicyKind.IDENTITY, f"{owner}#extra", allowing(None, "*"))
        yield Move(StepKind.PUT_POLICY, (), PolicyAdded(owner, inline))
        yield Move(
            StepKind.ATTACH_POLICY,
            (),
            PolicyAdded(owner, replace(inline, identity="arn:aws:iam::aws:policy/AdministratorAccess")),
        )
    bypassing = asking("kms:PutKeyPolicy", kms_BypassPolicyLockoutSafetyCheck="true")
    yield Move(StepKind.PUT_KEY_POLICY, bypassing, CHANGES[StepKind.PUT_KEY_POLICY])
    yield Move(StepKind.REPLICATE, bypassing, CHANGES[StepKind.REPLICATE])
    pair = (("kms:EncryptionContext:tenant", "acme"),)
    both = tuple(Request(SESSION, action, PAYMENTS, pair) for action in ("kms:ReEncryptFrom", "kms:ReEncryptTo"))
    yield Move(StepKind.RE_ENCRYPT, both, ReEncrypted(PAYMENTS, PAYMENTS))


@pytest.fixture(scope="module")
def session() -> Session:
    return Session()


COMMANDS = [command for move in moves() for command in step_commands(move)]


@pytest.mark.parametrize("command", COMMANDS)
def test_the_cli_has_the_operation_and_its_options(session: Session, command: str) -> None:
    aws, service, operation, *words = shlex.split(command)
    assert aws == "aws"
    model = session.get_service_model(service)
    name = next(name for name in model.operation_names if xform_name(name, "-") == operation)
    shape = model.operation_model(name).input_shape
    known = {f"--{xform_name(member, '-')}" for member in shape.members}
    given = {word for word in words if word.startswith("--")}
    assert given <= known | OF_THE_CLI
    needed = {f"--{xform_name(member, '-')}" for member in shape.required_members}
    assert needed - BY_THE_CLI <= given or "--cli-input-json" in given


def test_every_way_has_its_command() -> None:
    without = (StepKind.BECOME_USER, StepKind.PASS_ROLE, StepKind.OWN_IDENTITY, StepKind.CHANGE_CODE, StepKind.PROVIDER)
    lacking = {request.action for move in moves() if not step_commands(move) for request in move.requests}
    assert lacking == {"bedrock-agentcore:InvokeAgentRuntimeCommandShell"}  # a WebSocket
    assert all(step_commands(move) for move in moves() if not move.requests and move.kind not in without)
    told = {" ".join(shlex.split(command)[1:3]) for command in COMMANDS}
    assert len(told) >= 33, told


def test_what_the_request_asks_for_is_there() -> None:
    (command,) = step_commands(Move(StepKind.ASSUME_ROLE, asking("sts:AssumeRole", sts_ExternalId="x y"), Became(ROLE)))
    assert command.endswith("--external-id 'x y'")
    tagged = step_commands(Move(StepKind.ASSUME_ROLE, ASSUMED.requests, CHANGES[StepKind.ASSUME_ROLE]))[0]
    assert json.loads(shlex.split(tagged)[-1]) == [{"Key": "team", "Value": "red"}]
    assert any(command.endswith("--bypass-policy-lockout-safety-check") for command in COMMANDS)
    assert any("""--source-encryption-context '{"tenant": "acme"}'""" in command for command in COMMANDS)


def test_a_long_or_unknown_document_is_a_file() -> None:
    many = made(PolicyKind.IDENTITY, f"{OPS}#extra", *[allowing(None, "kms:Decrypt")] * 20)
    assert step_commands(Move(StepKind.PUT_POLICY, (), PolicyAdded(OPS, many)))[0].endswith(
        "--policy-document file://policy.json"
    )
    (statement,) = made(PolicyKind.IDENTITY, f"{OPS}#extra", allowing(None, "kms:Decrypt")).statements
    doubted = replace(many, statements=(replace(statement, only_if=ThingEffect("x", "allow")),))
    assert step_commands(Move(StepKind.PUT_POLICY, (), PolicyAdded(OPS, doubted)))[0].endswith("file://policy.json")
