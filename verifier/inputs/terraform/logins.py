"""What tells of a login where it is: resources of its provider configuration, and the user.

In: resources, parameters. Out: by provider configuration and kind what they tell: its account (`caller`, `owned`),
`region` and `partition`; and what the user does (`supplied account`, `supplied region`).
Guarantee: resources tell what AWS said (`aws_caller_identity`, ARNs of resources that exist), and the user what these
do not.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeGuard

from verifier.inputs.resources.resource import Resource
from verifier.syntax.diagnostic import InputError
from verifier.syntax.text import printable

_ARN = re.compile(r"arn:(aws|aws-cn|aws-us-gov):([a-z0-9-]+):([a-z0-9-]*):([0-9]{12}):.+", re.DOTALL)
_OWN = frozenset(
    {"kms", "iam", "lambda", "sqs", "sns", "dynamodb", "secretsmanager", "logs", "ec2", "rds", "ssm", "ecs", "ecr"}
)
"""Services whose resources belong to the account that made them, so that their ARNs tell which it is."""
_FORMS = {
    "account": re.compile(r"[0-9]{12}"),
    "region": re.compile(r"[a-z]{2,4}(?:-[a-z]+)+-[0-9]+"),
    "partition": re.compile(r"aws|aws-cn|aws-us-gov"),
}
_DATA = {
    "aws_caller_identity": ("caller", ("account_id",), "account"),
    "aws_region": ("region", ("region", "name"), "region"),
    "aws_partition": ("partition", ("partition",), "partition"),
}
"""Data sources that tell something of a login: what, in which of their attributes, and its form."""
CALLER_ACCOUNT = ("aws_caller_identity", "account_id")
"""The attribute of these that the user may tell."""
_SUPPLIED = re.compile(
    rf"provider\..+\.(account|region)|(?:.+\.)?data\.{CALLER_ACCOUNT[0]}\.[^.]+\.{CALLER_ACCOUNT[1]}"
)


def supplied_of(provider: str, what: str) -> str:
    """The parameter that tells the `account` or `region` of a provider configuration."""
    return f"provider.{provider}.{what}"


def check_supplied(name: str, value: str) -> None:
    """Raises `InputError` for a parameter that tells the account or Region of a login, and is none."""
    if match := _SUPPLIED.fullmatch(name):
        what = match[1] or "account"
        if not _FORMS[what].fullmatch(value):
            hint = {"account": "twelve digits", "region": "as us-west-2"}[what]
            raise InputError.of(printable(f"--parameter {name}: `{value}` is no {what}"), hint=hint)


def evidence(resources: Iterable[Resource], parameters: Mapping[str, str]) -> Mapping[tuple[str, str], set[str]]:
    """What the resources of each provider configuration tell, and the user of it."""
    found: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for resource in resources:
        for kind, text in _tells(resource, parameters):
            found[resource.provider, kind].add(text)
        for what in ("account", "region"):
            if supplied := parameters.get(supplied_of(resource.provider, what)):
                found[resource.provider, f"supplied {what}"].add(supplied)
    return found


def _tells(resource: Resource, parameters: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    values = resource.values
    if not resource.managed:
        kind, names, form = _DATA.get(resource.type, ("", (), "account"))
        supplied = parameters.get(f"{resource.address}.{CALLER_ACCOUNT[1]}") if kind == "caller" else None
        given: object = next((values[name] for name in names if values.get(name)), supplied)
        if _is(given, form):
            yield kind, given
        return
    match = arn_parts(values.get("arn")) if resource.type.startswith("aws_") else None
    if match is not None and match[2] in _OWN:
        yield from (("partition", match[1]), ("owned", match[4]))
        if match[3] and not isinstance(values.get("region"), str):
            yield "region", match[3]


def arn_parts(value: object) -> re.Match[str] | None:
    """Partition, service, Region and account of a text that is an ARN."""
    return _ARN.fullmatch(value) if isinstance(value, str) else None


def is_account(value: object) -> TypeGuard[str]:
    """True iff a value is a text of the form of an account."""
    return _is(value, "account")


def is_region(value: object) -> TypeGuard[str]:
    """True iff a value is a text of the form of a Region."""
    return _is(value, "region")


def _is(value: object, form: str) -> TypeGuard[str]:
    return isinstance(value, str) and _FORMS[form].fullmatch(value) is not None
