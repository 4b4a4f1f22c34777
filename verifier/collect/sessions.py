"""Credentials: a profile, and roles assumed from it.

In: names from the command line. Out: an `AccountReader` for each account. Guarantee: no two are of the same account; a
role's session has a generic name; credentials stay in botocore, which renews those of a role before they expire.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials
from botocore.exceptions import BotoCoreError, ProfileNotFound

from verifier import __version__
from verifier.collect.reading import CollectError, Refused, Service, translated
from verifier.syntax.text import printable

_SESSION_NAME = "kms-verifier"
"""The name of a role's session: it says who reads, and nothing else."""

_ROLE = re.compile(r"arn:(?:aws|aws-cn|aws-us-gov):iam::[0-9]{12}:role/[\x21-\x7e]+")
_ATTEMPTS = 8


@dataclass
class AccountReader:
    """Who reads in one account. `account` is twelve digits."""

    session: Any
    account: str
    workers: int
    _clients: dict[tuple[str, str], Service] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def service(self, name: str, region: str) -> Service:
        """The client of a service in a Region. botocore's clients may be used by several threads, but not be made by
        them. Raises `Refused` for a service that the installed botocore does not know."""
        with self._lock, translated(name):
            if (name, region) not in self._clients:
                self._clients[name, region] = Service(
                    name, self.session.client(name, region_name=region, config=_config(self.workers))
                )
            return self._clients[name, region]


def identities(
    profile: str | None, roles: Sequence[str], region: str, workers: int, *, own: bool = True
) -> tuple[AccountReader, ...]:
    """The profile's own account (if `own`), then that of each chain of roles (`ARN,ARN`). Raises `CollectError`."""
    base = _base(profile, region)
    found = [_identity(base, "the profile" if profile else "the credentials", region, workers)] if own else []
    for chain in roles:
        session = base
        for arn in chain.split(","):
            session = _assumed(session, arn.strip(), region, workers)
        found.append(_identity(session, printable(chain), region, workers))
    accounts = [identity.account for identity in found]
    twice = next((account for account in accounts if accounts.count(account) > 1), None)
    if twice is not None:
        raise CollectError(f"account {twice} would be read twice: leave out one of the roles, or --only-assumed")
    return tuple(found)


def _base(profile: str | None, region: str) -> Any:
    try:
        session = boto3.Session(profile_name=profile, region_name=region)
        credentials = session.get_credentials()
    except ProfileNotFound:
        raise CollectError(
            f"there is no profile {printable(profile or '')!r}: `aws configure list-profiles` lists them"
        ) from None
    except BotoCoreError as error:
        raise CollectError(f"the credentials cannot be read ({type(error).__name__})") from None
    if credentials is None:
        raise CollectError("there are no credentials: give --profile, or log in as for the AWS CLI")
    return session


def _assumed(source: Any, arn: str, region: str, workers: int) -> Any:
    """A session with the credentials of a role, made when they are first needed and again before they expire."""
    if not _ROLE.fullmatch(arn):
        raise CollectError(f"{printable(arn)!r} is not the ARN of a role: expected arn:aws:iam::ACCOUNT:role/NAME")
    inner = botocore.session.Session()

    def client(name: str, **settings: Any) -> Any:
        return inner.create_client(name, region_name=region, config=_config(workers), **settings)

    fetcher = AssumeRoleCredentialFetcher(
        client, source.get_credentials(), arn, extra_args={"RoleSessionName": _SESSION_NAME}
    )
    assumed = botocore.session.Session()
    assumed._credentials = DeferredRefreshableCredentials(method="assume-role", refresh_using=fetcher.fetch_credentials)
    return boto3.Session(botocore_session=assumed, region_name=region)


def _identity(session: Any, what: str, region: str, workers: int) -> AccountReader:
    try:
        identity = AccountReader(session, "", workers)
        identity.account = str(identity.service("sts", region).read("GetCallerIdentity")["Account"])
    except Refused as error:
        raise CollectError(f"cannot act as {what}: {error.operation}: {error.code}") from None
    return identity


def _config(workers: int) -> Config:
    """Adaptive retries slow down when AWS says so. [boto3 guide: Retries, *Adaptive retry mode*]"""
    return Config(
        retries={"mode": "adaptive", "total_max_attempts": _ATTEMPTS},
        max_pool_connections=max(workers, 1),
        connect_timeout=10,
        read_timeout=60,
        user_agent_extra=f"kms-verifier/{__version__}",
    )
