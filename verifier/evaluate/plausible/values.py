"""Values that a condition key has in no request, by their form (C5, F1–F9, R6).

In: a prepared request, the given context. Out: warnings. Guarantee: pure; see `plausible`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal

from verifier.evaluate.findings import Aside
from verifier.evaluate.prepared_request import PreparedRequest
from verifier.evaluate.statements.values import block, instant, number, truth
from verifier.model import reference
from verifier.model.reference import ValueType
from verifier.model.request import CallerKind, Value, strings_of

_NAME = r"[A-Za-z0-9+=,.@_-]"
_ACCOUNT = (r"[0-9]{12}", "the twelve digits of an account")
CALLED_VIA = ("aws:calledvia", "aws:calledviafirst", "aws:calledvialast", "aws:calledviaawsmcp")
"""Keys of requests that a service makes on the caller's behalf, and of no others (F5)."""
_PRINCIPAL = (r"[a-z0-9.-]+\.amazonaws\.com(\.cn)?", "a service principal, such as s3.amazonaws.com")
_SERVICE = (r"[a-z0-9-]+(\.[a-z0-9-]+){2,}", _PRINCIPAL[1])
_ORGANIZATION = (r"o-[a-z0-9-]{4,}", "the ID of an organization, such as o-exampleorg")
_PATH = (
    r"o-[a-z0-9-]{4,}/r-[a-z0-9/-]{2,}/",
    "a path of an organization, such as o-exampleorg/r-ab12/ou-ab12-11111111/",
)
_ALIAS = (rf"alias/({_NAME}|[/:])+", "the name of an alias, such as alias/example")
_FORMS: Mapping[str, tuple[str, str]] = {
    **dict.fromkeys(("aws:principalorgid", "aws:resourceorgid", "aws:sourceorgid", "aws:vpceorgid"), _ORGANIZATION),
    **dict.fromkeys(("aws:principalorgpaths", "aws:resourceorgpaths", "aws:sourceorgpaths", "aws:vpceorgpaths"), _PATH),
    **dict.fromkeys(
        ("aws:principalaccount", "aws:sourceaccount", "aws:vpceaccount", "aws:viacustomerdomain", "kms:calleraccount"),
        _ACCOUNT,
    ),
    **dict.fromkeys(CALLED_VIA, _PRINCIPAL),
    **dict.fromkeys(("aws:principalservicename", "aws:principalservicenameslist"), _SERVICE),
    **dict.fromkeys(("kms:requestalias", "kms:resourcealiases"), _ALIAS),
    "aws:sourceidentity": (rf"{_NAME}{{2,}}", "letters, digits and the characters +=,.@_-"),
    "kms:grantconstrainttype": (
        r"EncryptionContext(Equals|Subset)|SourceArn",
        "EncryptionContextEquals, EncryptionContextSubset or SourceArn",
    ),
    "kms:policyname": (r"default|AWS_RAM", "default or AWS_RAM"),
    "aws:sourcevpc": (r"vpc-[a-z0-9-]+", "the ID of a VPC"),
    "aws:sourcevpce": (r"vpce-[a-z0-9-]+", "the ID of a VPC endpoint"),
    "aws:principaltype": (r"Account|AssumedRole|FederatedUser|User", "Account, AssumedRole, FederatedUser or User"),
}
"""By key a regular expression, and what it says. [IAM: reference_policies_condition-keys; KMS: conditions-kms; API
references]"""
_ARNS = {
    "aws:chatbotsourcearn": "chatbot:[a-z0-9-]*:[0-9]*:chat-configuration/.+",
    "aws:signinsessionarn": "signin:[a-z0-9-]*:[0-9]*:session/.+",
    "codebuild:buildarn": "codebuild:[a-z0-9-]*:[0-9]*:build/.+",
    "codebuild:projectarn": "codebuild:[a-z0-9-]*:[0-9]*:project/.+",
    "ec2:sourceinstancearn": "ec2:[a-z0-9-]*:[0-9]*:instance/.+",
    "aws:sourcevpcarn": "ec2:[a-z0-9-]+:[0-9]{12}:vpc/vpc-[a-z0-9-]+",
    "lambda:sourcefunctionarn": "lambda:[a-z0-9-]*:[0-9]*:function:.+",
    "aws:principalarn": (
        rf"iam::[0-9]{{12}}:(root|(user|role)/([!-~]+/|aws:)?{_NAME}+)|sts::[0-9]{{12}}:federated-user/{_NAME}{{2,32}}"
    ),
    "kms:grantconstraintsourcearn": "[a-z0-9-]+:[a-z0-9-]*:[0-9]{12}:.+",
}
"""What follows the partition in ARNs that are of one service, or name an account."""
_ANY_ARN = "[a-z0-9-]+:[a-z0-9-]*:[0-9]*:[^:].*"
"""The same of others."""
_PERIODS = {
    "kms:schedulekeydeletionpendingwindowindays": (7, 30),
    "kms:rotationperiodindays": (90, 2560),
}
"""The least and the greatest of the whole numbers that a request can name. [API: ScheduleKeyDeletion,
EnableKeyRotation; STS API: AssumeRole, GetFederationToken]"""
_LAST_INSTANT = Decimal(253402300799)
"""The end of the year 9999, the last that four digits name."""


def value_warnings(prepared: PreparedRequest, given: Mapping[str, Value]) -> Iterator[str]:
    """Warnings about the forms of values; of an encryption context and of tags any text is one."""
    for key, value in given.items():
        for text in strings_of(value):
            expected, listed = _expected(prepared, key, text), reference.key_values(key)
            if listed is not None and text not in listed:
                yield Aside(
                    f"U4: {documented(key)} is {text}, which the reference data does not know "
                    f"({reference.data_version()})"
                )
            elif text not in (reference.key_values(key, prepared.target.partition or "aws") or (text,)):
                where = "not in the Regions of China" if text.startswith("ML_KEM") else "in the Regions of China alone"
                yield f"R7: {documented(key)} is {text}, which is {where}"
            elif expected is not None:
                yield f"C5: {documented(key)} is {text}, and in a real request {expected}"


def _expected(prepared: PreparedRequest, key: str, text: str) -> str | None:
    """What the values of a key are, where a text is none of these."""
    form = _FORMS.get(key) or _user_id(prepared, key) or _region(prepared, key)
    if form is not None:
        return None if re.fullmatch(form[0], text, re.ASCII) else form[1]
    known = reference.condition_key(key)
    if known is None or known.prefix is not None:
        return None
    if known.type is ValueType.ARN:
        arn = rf"arn:{re.escape(prepared.target.partition or 'aws')}:({_ARNS.get(key, _ANY_ARN)})"
        return None if re.fullmatch(arn, text, re.ASCII | re.DOTALL) else "an ARN of that kind, of the key's partition"
    typed = _TYPED.get(known.type)
    return typed(key, text) if typed is not None else None


def _region(prepared: PreparedRequest, key: str) -> tuple[str, str] | None:
    """R7: a Region is of the partition that the request is made in."""
    if key not in ("aws:requestedregion", "kms:primaryregion", "kms:replicaregion"):
        return None
    own = {"aws-cn": "cn-", "aws-us-gov": "us-gov-"}.get(prepared.target.partition or "aws", "(?!cn-)[a-z]{2}-")
    direction = "(?:central|(?:north|south)(?:east|west)?|east|west)"
    return rf"{own}{direction}-[0-9]+", "a Region of the key's partition, such as us-east-1"


def _user_id(prepared: PreparedRequest, key: str) -> tuple[str, str] | None:
    """F1: the unique ID of a user, or of the role of a session with the session's name."""
    if key != "aws:userid":
        return None
    caller = prepared.caller
    if caller.kind is CallerKind.USER:
        return r"AIDA[A-Z0-9]+", "the unique ID of the user, AIDA…"
    if caller.kind is CallerKind.SERVICE:
        return rf"AIDA[A-Z0-9]+|AROA[A-Z0-9]+:{_NAME}+", "a unique ID, AIDA… or AROA… with the name of a session"
    if caller.kind is not CallerKind.ROLE:
        return None
    name = caller.principal_arn.rsplit("/", 1)[1]
    own = f"{caller.account}:{name}" if name.startswith("aws:") else None  # of a role that AWS owns
    form = re.escape(own) if own else "AROA[A-Z0-9]+"
    session = re.escape(caller.session or "")
    return rf"{form}:{session}", f"the unique ID of the role, {own or 'AROA…'}, and the session's name"


def _number(key: str, text: str) -> str | None:
    found = number(text)
    if key not in _PERIODS:
        return None if found is not None and found >= 0 else "a number that is not negative"
    least, most = _PERIODS[key]
    suits = found is not None and least <= found <= most and found == found.to_integral_value()
    return None if suits else f"a whole number from {least} to {most}"


def _date(key: str, text: str) -> str | None:
    counts = key in ("aws:epochtime", "kms:validto")
    found = number(text) if counts else instant(text)
    suits = found is not None and 0 <= found <= _LAST_INSTANT and (counts or number(text) is None)
    return None if suits else "a number of seconds since 1970" if counts else "a date such as 2026-01-31T00:00:00Z"


_TYPED: Mapping[ValueType, Callable[[str, str], str | None]] = {
    ValueType.BOOL: lambda key, text: None if truth(text) is not None else "true or false",
    ValueType.NUMERIC: _number,
    ValueType.DATE: _date,
    ValueType.IP: lambda key, text: None if "/" not in text and block(text) is not None else "an address",
}


def documented(key: str) -> str:
    """The documented spelling of a lower-case key, where there is one."""
    known = reference.condition_key(key)
    return known.name if known is not None and known.prefix is None else key
