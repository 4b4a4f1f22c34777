"""Calls one operation of AWS, all pages of it.

In: a client of botocore, an operation, its parameters. Out: what the AWS CLI would print. Guarantee: what failed is
`Refused` with AWS's code for it, or `CollectError` where the credentials do not work; an answer without what every
answer has (`ALLOWED`) has failed, whatever its status, and no other operation is called; no message of AWS or of a
connection is passed on, for it can hold more than a name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from importlib.resources import files
from typing import Any

import msgspec
from botocore import xform_name
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    NoCredentialsError,
    PartialCredentialsError,
    SSOError,
    TokenRetrievalError,
)
from botocore.parsers import ResponseParserError

from verifier.frozen import Frozen

ALLOWED = msgspec.json.decode(
    (files("verifier.collect") / "data" / "operations.json").read_bytes(), type=dict[str, dict[str, tuple[str, ...]]]
)
"""The operations that a collection may call, by service, as the API and IAM's actions name them; docs/live.md lists the
same. All of them read; `AssumeRole` only makes the credentials to read with. Each with the members that every answer
(of a listing, every page) has: after the point what each entry of a list has, or the structure. An empty list is there,
and empty: an answer without it is none of AWS's. [API references: *Response Elements*]"""

CREDENTIALS = frozenset(
    (
        "ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException",
        "SignatureDoesNotMatch",
        "InvalidSignatureException", "IncompleteSignature", "AuthFailure", "RequestExpired",
        "MissingAuthenticationToken",
        "InvalidAccessKeyId", "OptInRequired",
    )
)  # fmt: skip
"""Codes that say that the credentials are wrong, not that they may not do something. [API: Common Errors]"""

NO_CREDENTIALS = (NoCredentialsError, PartialCredentialsError, CredentialRetrievalError, TokenRetrievalError, SSOError)

PAGE_SIZES = {"ListKeys": 1000, "ListAliases": 100, "ListGrants": 100, "GetAccountAuthorizationDetails": 1000}
"""Entries of a page, where the default is small and the operation lets one choose. [API: Limit, MaxItems]"""


class CollectError(Exception):
    """The collection cannot begin, or go on: wrong credentials, no such profile, a folder of something else."""


class Refused(Exception):
    """AWS did not answer a call: `operation` (`kms:ListGrants`) and `code`, as AWS or botocore names what happened."""

    def __init__(self, operation: str, code: str) -> None:
        super().__init__(f"{operation}: {code}")
        self.operation = operation
        self.code = code


class Service(Frozen):
    """A client of one service, in one account and Region."""

    name: str
    client: Any

    def read(self, operation: str, **parameters: Any) -> dict[str, Any]:
        """The answer to a call that has no pages. Raises `Refused`, `CollectError`."""
        self._check(operation)
        with translated(f"{self.name}:{operation}"):
            answer = getattr(self.client, xform_name(operation))(**parameters)
        return self._whole(operation, answer)

    def pages(self, operation: str, **parameters: Any) -> Iterator[dict[str, Any]]:
        """The answers to a call, page by page. Raises `Refused`, `CollectError`."""
        self._check(operation)
        size = {"PageSize": PAGE_SIZES[operation]} if operation in PAGE_SIZES else {}
        with translated(f"{self.name}:{operation}"):
            for page in self.client.get_paginator(xform_name(operation)).paginate(PaginationConfig=size, **parameters):
                yield self._whole(operation, page)

    def listed(self, operation: str, member: str, **parameters: Any) -> dict[str, list[Any]]:
        """All entries of a listing, under the name that they have in its pages. Raises `Refused`, `CollectError`."""
        return {member: [entry for page in self.pages(operation, **parameters) for entry in page[member]]}

    def _whole(self, operation: str, answer: Mapping[str, Any]) -> dict[str, Any]:
        """The answer, if it has what each answer to the operation has. Raises `Refused`."""
        for path in ALLOWED[self.name][operation]:
            if not _has(answer, path.split(".")):
                raise Refused(f"{self.name}:{operation}", f"the answer has no {path}")
        goes_on = answer.get("Truncated") or answer.get("IsTruncated")
        if goes_on and not (answer.get("NextMarker") or answer.get("Marker")):
            raise Refused(f"{self.name}:{operation}", "the answer does not say where the next page begins")
        return _plain(answer)

    def _check(self, operation: str) -> None:
        if operation not in ALLOWED.get(self.name, ()):
            raise AssertionError(f"{self.name}:{operation} is not an operation that a collection may call")


@contextmanager
def translated(operation: str) -> Iterator[None]:
    """Turns the errors of botocore into those of this room."""
    try:
        yield
    except NO_CREDENTIALS as error:
        raise CollectError(f"there are no usable credentials ({type(error).__name__})") from None
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", "unknown error"))[:100]
        if code in CREDENTIALS:
            why = "they are wrong or expired, or the Region is not enabled for the account"
            raise CollectError(f"AWS does not accept the credentials: {operation}: {code}: {why}") from None
        raise Refused(operation, code) from None
    except (BotoCoreError, ResponseParserError, LookupError, TypeError, ValueError, AttributeError) as error:
        # The last four: what botocore does with bodies such as `null`.
        raise Refused(operation, type(error).__name__) from None


def _has(value: Any, path: Sequence[str]) -> bool:
    """True iff a member is there; of a list, in each entry."""
    if not path:
        return True
    if isinstance(value, list):
        return all(_has(entry, path) for entry in value)
    return isinstance(value, Mapping) and value.get(path[0]) is not None and _has(value[path[0]], path[1:])


def _plain(answer: Mapping[str, Any]) -> dict[str, Any]:
    """As the AWS CLI prints it: without what belongs to the transport, times as text."""
    return {name: _value(value) for name, value in answer.items() if name != "ResponseMetadata"}


def _value(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _value(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_value(inner) for inner in value]
    return value.isoformat() if isinstance(value, datetime) else value
