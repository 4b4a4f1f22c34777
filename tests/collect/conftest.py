"""A live account, played by moto's server on 127.0.0.1, and the calls that reach it."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.request import Request, urlopen

import boto3
import botocore.session
import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError
from moto.server import ThreadedMotoServer

from tests.cli.conftest import run as run

ACCOUNT = "123456789012"
OTHER = "444455556666"
REGION = "us-east-1"
SECRET = "wJalrXUtnFEMI-THE-SECRET"
TOKEN = "FwoGZXIvYXdzE-THE-TOKEN"


@pytest.fixture(autouse=True, scope="session")
def _models_read_once() -> Iterator[None]:
    """botocore reads the descriptions of services anew for each session, which takes longer than what is tested."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("botocore.session.create_loader", cache(botocore.session.create_loader))
        yield


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The address of the server."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    moto.start()
    host, port = moto.get_host_and_port()
    yield f"http://{host}:{port}"
    moto.stop()


@pytest.fixture
def aws(server: str, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """An empty account, and credentials for it and nothing else."""
    urlopen(Request(f"{server}/moto-api/reset", method="POST"), timeout=10).read()
    nowhere = tmp_path_factory.mktemp("aws")
    for name, value in {
        "AWS_ENDPOINT_URL": server,
        "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_SESSION_TOKEN": TOKEN,
        "AWS_CONFIG_FILE": str(nowhere / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(nowhere / "credentials"),
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_PROFILE", "AWS_DEFAULT_REGION", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)


def statement(actions: str | list[str], **more: Any) -> dict[str, Any]:
    """A policy of one Allow."""
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*", **more}]}


TRUST = statement("sts:AssumeRole", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"})
del TRUST["Statement"][0]["Resource"]
KEY_POLICY = statement("kms:*", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"})
READ = statement("kms:Decrypt")


def make_key(alias: str, region: str = REGION, client: Any = None) -> str:
    """A key with a policy that delegates to the account; its ARN."""
    kms = client or boto3.client("kms", region)
    key = kms.create_key(Policy=json.dumps(KEY_POLICY), Tags=[{"TagKey": "team", "TagValue": "pay"}])["KeyMetadata"]
    kms.create_alias(AliasName=f"alias/{alias}", TargetKeyId=key["KeyId"])
    return str(key["Arn"])


@dataclass(frozen=True)
class Live:
    """What there is in the account."""

    key: str
    grant: str
    endpoint: str


@pytest.fixture
def live(aws: None) -> Live:
    """A key with a grant to role/batch; role/reports, which may decrypt; a VPC endpoint of KMS."""
    arn = make_key("payments")
    iam = boto3.client("iam", REGION)
    for name in ("reports", "batch"):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))
    iam.put_role_policy(RoleName="reports", PolicyName="read", PolicyDocument=json.dumps(READ))
    grant = boto3.client("kms", REGION).create_grant(
        KeyId=arn, GranteePrincipal=f"arn:aws:iam::{ACCOUNT}:role/batch", Operations=["Encrypt"]
    )
    ec2 = boto3.client("ec2", REGION)
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    made = ec2.create_vpc_endpoint(VpcId=vpc, ServiceName=f"com.amazonaws.{REGION}.kms", VpcEndpointType="Interface")
    return Live(arn, grant["GrantId"], made["VpcEndpoint"]["VpcEndpointId"])


@dataclass
class Calls:
    """The calls made, as `kms:ListGrants`, with the key that they are about. `answers` stand in for AWS's."""

    made: list[tuple[str, str | None]] = field(default_factory=list)
    answers: dict[str, Callable[[dict[str, Any]], Any]] = field(default_factory=dict)

    def deny(self, operation: str, code: str = "AccessDeniedException") -> None:
        """Has AWS refuse an operation. The message holds what must not be shown."""

        def refuse(parameters: dict[str, Any]) -> Any:
            raise ClientError({"Error": {"Code": code, "Message": f"no \x1b[31m {TOKEN}"}}, operation.split(":")[1])

        self.answers[operation] = refuse


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Calls:
    """Notes each call; answers some of them itself."""
    found = Calls()
    real = BaseClient._make_api_call

    def call(self: Any, operation: str, parameters: dict[str, Any]) -> Any:
        name = f"{self.meta.service_model.service_name}:{operation}"
        found.made.append((name, parameters.get("KeyId")))
        answer = found.answers.get(name)
        replaced = answer(parameters) if answer else None
        return real(self, operation, parameters) if replaced is None else replaced

    monkeypatch.setattr(BaseClient, "_make_api_call", call)
    return found
