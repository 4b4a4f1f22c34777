"""What tells where a login is: resources of its provider configuration, and the user.

In: resources, parameters. Out: by provider configuration and kind what they tell: its account (`caller`, `owned`),
`region` and `partition`; and what the user does (`supplied account`, `supplied region`).
Guarantee: what resources tell is what AWS said (`aws_caller_identity`, ARNs of resources that exist); what the user
tells of a data source counts only where AWS did not say it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeGuard

from verifier.inputs.own_region import STAND_IN_REGIONS
from verifier.inputs.resources.resource import Resource
from verifier.inputs.terraform.configuration import HclBlock, Module
from verifier.inputs.terraform.plan_values import CALLER_ACCOUNT
from verifier.model.caller_sets import ACCOUNT_IN_TEXT
from verifier.model.policy import is_account
from verifier.syntax.diagnostic import InputError
from verifier.syntax.text import printable

_ARN = re.compile(
    "arn:(?P<partition>aws|aws-cn|aws-us-gov):(?P<service>[a-z0-9-]+):(?P<region>[a-z0-9-]*):(?P<account>[0-9]{12}):.+",
    re.DOTALL,
)
_REGION = re.compile(r"[a-z]{2,4}(?:-[a-z]+)+-[0-9]+")
_OWN = {
    **{
        service: (f"aws_{service}_",)
        for service in ("kms", "iam", "lambda", "sqs", "sns", "dynamodb", "secretsmanager", "ssm", "ecs", "ecr")
    },
    "logs": ("aws_cloudwatch_log_",),
    "rds": ("aws_rds_", "aws_db_"),
    "ec2": ("aws_ec2_", "aws_instance", "aws_vpc", "aws_subnet", "aws_security_group", "aws_ebs_"),
}
"""Services whose resources tell by their ARNs where they are made, each with how the names of the types of these begin.
The `arn` of another type, such as `aws_cloudwatch_event_target`, is an argument."""
_NOT_SHARED = ("kms", "iam", "ecs", "ecr", "logs")
"""Of these the services with no resource that an account manages, or is shown, and another one owns: no policy and no
share lets it. [SQS, SNS, Lambda, Secrets Manager, DynamoDB: resource-based policies; RAM User Guide: shareable]"""


ROLES_ASSUMED = ("assume_role_with_web_identity", "assume_role")
"""The blocks of a provider configuration that name roles, in the order in which these are assumed."""
_DEFINED = re.compile(r"\b(?:var|local)\.[\w-]+")


def accounts_of_login(block: HclBlock, module: Module) -> set[str]:
    """The accounts in what a provider configuration says of its own, and in the variables and locals that this refers
    to. [terraform-provider-aws: allowed_account_ids, assume_role]"""
    inner = (one for name in ROLES_ASSUMED for one in (*block.blocks.get(name, ()), *block.dynamic.get(name, ())))
    said = [block.attributes.get("allowed_account_ids"), *(one.attributes.get("role_arn") for one in inner)]
    definitions: dict[str, object] = {f"local.{name}": written.said for name, written in module.files.locals.items()}
    for one in (module, module.files):
        definitions |= {f"var.{name}": found.said for name, found in one.variables.items()}
    text, used = " ".join(str(value.said) for value in said if value is not None), set[str]()
    while further := definitions.keys() & {*_DEFINED.findall(text)} - used:
        used |= further
        text = " ".join([text, *(str(definitions[name]) for name in sorted(further))])
    return {*ACCOUNT_IN_TEXT.findall(text)}


def arn_parts(value: object) -> re.Match[str] | None:
    """The `partition`, `service`, `region` and `account` of a text that is an ARN."""
    return _ARN.fullmatch(value) if isinstance(value, str) else None


def is_region(value: object) -> TypeGuard[str]:
    """True iff a value is a text of the form of a Region."""
    return isinstance(value, str) and _REGION.fullmatch(value) is not None


_DATA = {
    "aws_caller_identity": ("caller", ("account_id",), is_account),
    "aws_region": ("region", ("region", "name"), is_region),
    "aws_partition": ("partition", ("partition",), STAND_IN_REGIONS.__contains__),
}
"""Data sources that tell something of a login: what, in which of their attributes, and whether a text can be that."""
_OF_ANOTHER = {"region", "name", "endpoint"}
"""Arguments by which a data source tells of another Region. [terraform-provider-aws: aws_region]"""
_SUPPLIED = re.compile(r"provider\..+\.(?:account|region)|(?:.+\.)?data\.{}\.[^.]+\.{}".format(*CALLER_ACCOUNT))
"""The parameters that tell the account or the Region of a login."""


def provider_parameter(provider: str, what: str) -> str:
    """The parameter that tells the `account` or `region` of a provider configuration."""
    return f"provider.{provider}.{what}"


def check_supplied(name: str, value: str) -> None:
    """Raises `InputError` where a parameter tells the account or the Region of a login, and its value is none."""
    if not _SUPPLIED.fullmatch(name):
        return
    what, hint, is_one = "account", "twelve digits", is_account(value)
    if name.endswith(".region"):
        what, hint, is_one = "region", "as us-west-2", is_region(value)
    if not is_one:
        raise InputError.of(printable(f"--parameter {name}: `{value}` is no {what}"), hint=hint)


def evidence(
    resources: Iterable[Resource], existing: Iterable[Resource], parameters: Mapping[str, str]
) -> Mapping[tuple[str, str], set[str]]:
    """By provider configuration and kind, what its resources tell, and the user of it. The ARNs of those alone tell
    something that exist already: that of another one is an argument."""
    found: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for resource in existing:
        for kind, text in _told_by_arn(resource):
            found[resource.provider, kind].add(text)
    for resource in resources:
        for kind, text in _told_by_data(resource, parameters):
            found[resource.provider, kind].add(text)
        for what in ("account", "region"):
            if supplied := parameters.get(provider_parameter(resource.provider, what)):
                found[resource.provider, f"supplied {what}"].add(supplied)
    return found


def _told_by_data(resource: Resource, parameters: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """What a data source tells of the login of its provider configuration: of which kind, and the text."""
    asks = () if resource.configuration is None else _OF_ANOTHER.intersection(resource.configuration.attributes)
    if not resource.managed and resource.type in _DATA and not asks:
        kind, names, can_be = _DATA[resource.type]
        can_be_supplied = (resource.type, names[0]) == CALLER_ACCOUNT
        supplied = parameters.get(f"{resource.address}.{names[0]}") if can_be_supplied else None
        given: object = next((resource.values[name] for name in names if resource.values.get(name)), supplied)
        if isinstance(given, str) and can_be(given):
            yield kind, given


def _told_by_arn(resource: Resource) -> Iterator[tuple[str, str]]:
    """The same of a resource that exists, by its ARN."""
    values = resource.values
    is_own = resource.managed and resource.type.startswith("aws_")
    match = arn_parts(values.get("arn")) if is_own else None
    if match is not None and resource.type.startswith(_OWN.get(match["service"], ())):
        yield "partition", match["partition"]
        if match["service"] in _NOT_SHARED:
            yield "owned", match["account"]
        if match["region"] and not isinstance(values.get("region"), str):
            yield "region", match["region"]
