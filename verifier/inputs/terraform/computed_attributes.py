"""What follows from a resource's own attributes, before AWS has made it.

In: a resource that is to be created, and an attribute that is known after apply. Out: a node, or `None` where nothing
follows.
Guarantee: an ARN is made only of parts that decide it. What AWS or Terraform will generate (a key ID, the end of a
name) is a placeholder: the same in every run, of the form that it will have, and equal to nothing else in the plan.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from verifier.inputs.resources.names import digits, named
from verifier.inputs.resources.resource import Resource
from verifier.inputs.terraform.data_documents import data_document
from verifier.inputs.terraform.hcl_calls import OF_ONE, OF_SEVERAL
from verifier.inputs.terraform.hcl_kinds import FailsError, Untyped, hcl_number, is_null, text_value
from verifier.inputs.terraform.hcl_templates import rendered
from verifier.inputs.terraform.logins import check_supplied, provider_parameter
from verifier.inputs.terraform.plan import Plan
from verifier.inputs.terraform.plan_values import CALLER_ACCOUNT, DERIVED_TYPES, after_apply
from verifier.inputs.terraform.providers import Providers
from verifier.inputs.terraform.resolver import Resolver
from verifier.inputs.text.nodes import Members, Node, Scalar, null, text_at
from verifier.inputs.text.unknown import Embedded, UnknownNode, joined, names_in, of_pieces, said_by, text_pieces
from verifier.syntax.diagnostic import InputError
from verifier.syntax.source import Source
from verifier.syntax.text import first_few, printable

_SEVERAL = "--account tells that of one login, and there are several: give each provider its `allowed_account_ids`"

_BY_NAME = ("aws_kms_alias", "aws_iam_role", "aws_iam_user", "aws_iam_group")
_NAMED = (*_BY_NAME, "aws_iam_policy", "aws_iam_instance_profile")
"""Types of resources for whose name Terraform makes one up where none is given."""
_IDS = {"aws_s3_bucket": "bucket", **dict.fromkeys((*_BY_NAME, "aws_dynamodb_table", "aws_ecr_repository"), "name")}
"""The attribute that is the `id` of a resource as well, by its type. [terraform-provider-aws: Import, of each]"""
_FOUND_BY_NAME = ("aws_s3_bucket", "aws_sns_topic", "aws_sqs_queue")
"""Data sources of what their provider's account has by that name, or of buckets, whose ARN names no account.
[terraform-provider-aws: Data Source, of each]"""
_ARN = ("arn", "partition", "service", "region", "account", "resource")
"""The parts of an ARN, as attributes of `data.aws_arn`; the last one may have colons."""


def _can_be_supplied(data: Resource, name: str) -> bool:
    """True iff an attribute of a data source can be supplied: nothing in the input tells it."""
    written = data.configuration.attributes if data.configuration is not None else {}
    is_derived = data.type in DERIVED_TYPES and (data.type, name) != CALLER_ACCOUNT
    return not data.managed and not is_derived and name not in written


def parameters_of(plan: Plan, supplied: Mapping[str, str]) -> tuple[str, ...]:
    """The parameters that are attributes of data sources, or accounts or Regions of provider configurations."""
    data = {one.address: one for one in (*plan.deeds, *plan.uncounted)}
    providers = dict.fromkeys(one.provider for one in data.values())
    of_providers = {provider_parameter(provider, what) for provider in providers for what in ("account", "region")}

    def is_one(name: str) -> bool:
        address, _, attribute = name.rpartition(".")
        return name in of_providers or (address in data and _can_be_supplied(data[address], attribute))

    return tuple(filter(is_one, supplied))


def check_written_values(names: Iterable[str], supplied: Mapping[str, str]) -> None:
    """Raises `InputError` for a number that Terraform writes otherwise, and for an account or Region that is none."""
    for name in names:
        value = supplied[name]
        if "." in value and hcl_number(value) not in (None, value):
            raise InputError.of(printable(f"--parameter {name}: write the number as Terraform does"), hint="1, not 1.0")
        check_supplied(name, value)


class ComputedAttributes:
    """What follows from the attributes of resources; `providers` knows their accounts and Regions."""

    def __init__(self, providers: Providers) -> None:
        self.providers = providers

    def __call__(self, resolver: Resolver, resource: Resource, name: str) -> Node | None:
        """An attribute of a resource, or of a data source."""
        at = Node(resolver.place(resource), 0, 0)
        if not resource.managed and (resource.type != "aws_kms_alias" or name == "id"):
            return self._of_data(resolver, resource, name, at)
        match resource.type, name:
            case _, "id" if resource.type in _IDS:
                return resolver.value(resource, _IDS[resource.type])
            case _, "name" if resource.type in _NAMED:
                return _name(resolver, resource, at)
            case _, "tags_all":
                return _all_tags(resolver, resource, at)
        return named(resolver, resource, name)

    def unless_empty(self, resource: Resource, name: str, found: Node | None) -> Node | None:
        """A value; for an empty name the provider makes one up. [terraform-provider-aws: internal/create, Name]"""
        is_empty = isinstance(found, Scalar) and not found.text and resource.managed and name in ("name", "bucket")
        return UnknownNode(found, [after_apply(f"{resource.address}.{name}")]) if found and is_empty else found

    def _of_data(self, resolver: Resolver, data: Resource, name: str, at: Node) -> Node | None:
        match data.type, name:
            case "aws_iam_policy_document", "json" | "minified_json":
                return data_document(resolver, data)
            case "aws_caller_identity", "account_id" | "id":
                account = self.providers.account(data)
                return None if account is None else text_at(at, account)
            case "aws_caller_identity", "arn":
                return self._caller(data, at)
            case "aws_arn", _ if name != "arn":
                return _part_of_arn(resolver, data, name, at)
            case (("aws_region" | "aws_partition"), _):
                return self._login(data, name, at)
            case "template_file", "rendered":
                unknown = UnknownNode(at, [after_apply(f"{data.address}.{name}")])  # it is made of what is at hand
                return self._supplied(data, name, at) or _rendered(resolver, data, at) or unknown
            case _, "arn" if data.type in _FOUND_BY_NAME:
                return self._supplied(data, name, at) or _found_by_name(resolver, data)
        return self._supplied(data, name, at)

    def _caller(self, data: Resource, at: Node) -> Node | None:
        """Who applies the plan: the root user, a user or a session of its account. [API: STS GetCallerIdentity]"""
        account = self.providers.account(data)
        names = [after_apply(f"{data.address}.arn")]
        own = f"arn:{self.providers.own_partition(data)}"
        options = [UnknownNode(at, names, (f"{own}:{service}::{account}:", None)) for service in ("iam", "sts")]
        return None if account is None else UnknownNode(at, names, options=options)

    def _supplied(self, data: Resource, name: str, at: Node) -> Node | None:
        value = self.providers.supplied.parameters.get(f"{data.address}.{name}")
        if value is None or not _can_be_supplied(data, name):
            return None
        return Untyped(at.source, 0, 0, text_value(at, value).text, "string")

    def tell_account(self, resource: Resource, usual: str) -> str:
        """How to tell the account of a resource, which is not known."""
        plan, resolver = self.providers.plan, self.providers.resolver
        entry = plan.providers.get(resource.provider)
        is_given = self.providers.supplied.account is not None
        if plan.of_folder and entry is None:
            own = f"give --parameter {provider_parameter(resource.provider, 'account')}=…"
            handed = "if its provider is handed to this folder, check the folder that hands it"
            return f"{own if is_given else usual}; {handed}"
        if plan.of_folder and entry is not None and resolver is not None:
            roles = [one.attributes.get("role_arn") for one in entry.block.blocks.get("assume_role", ())]
            found = [resolver.expression(role, entry.module, None, "provider") for role in roles if role is not None]
            if names := names_in([node for node in found if node is not None]):
                depends = f"the role that its provider assumes depends on {first_few(names)}"
                return depends if is_given else f"{usual}; {depends}"
        more = "or add a data source aws_caller_identity to the configuration"
        return _SEVERAL if is_given else f"{usual}, {more}"

    def _login(self, data: Resource, name: str, at: Node) -> Node | None:
        """What a data source tells of its provider's login, if it does not ask for something else."""
        if data.configuration is None or {"region", "name", "endpoint"} & data.configuration.attributes.keys():
            return None
        if data.type == "aws_partition":
            partition = self.providers.own_partition(data)
            found = {"dns_suffix": "amazonaws.com.cn" if partition == "aws-cn" else "amazonaws.com"}
            found |= dict.fromkeys(("partition", "id"), partition)
            return text_at(at, found[name]) if name in found else None
        stated = self.providers.account_and_region(data)[1]
        region = self.providers.region(data) if stated is None and self.providers.plan.of_folder else stated
        return text_at(at, region) if region is not None and name in ("name", "region", "id") else None


def _found_by_name(resolver: Resolver, data: Resource) -> Node | None:
    """The ARN of what has a name; a bucket may be an access point, by its ARN."""
    given = resolver.value(data, "bucket" if data.type == "aws_s3_bucket" else "name")
    is_name = isinstance(given, Scalar) and ":" not in given.text
    return named(resolver, data, "arn") if is_name else None


def _part_of_arn(resolver: Resolver, data: Resource, name: str, at: Node) -> Node | None:
    """What a data source tells of the ARN that it takes apart at its colons. What stands for an account, a Region or a
    generated name has none; what is not known may. [terraform-provider-aws: aws_arn]"""
    given = resolver.value(data, "arn")
    first, *rest = text_pieces(given)
    parts = (first or "").split(":", len(_ARN) - 1)
    is_whole = len(parts) == len(_ARN)
    if given is None or (isinstance(given, Scalar) and not (is_whole and parts[0] == "arn")):
        return None  # the provider fails
    if name not in _ARN:
        return given if name == "id" else None
    place = _ARN.index(name)
    if place + 1 < len(parts):
        return text_at(at, parts[place])
    return of_pieces(at, (parts[-1], *rest) if is_whole else (None,), names_in([given]))


def _rendered(resolver: Resolver, data: Resource, at: Node) -> Node | None:
    """What the provider makes of a template, to which all its variables are texts. [terraform-provider-template:
    template_file]"""
    written = None if data.configuration is None else data.configuration.written("template")
    template, given = resolver.value(data, "template"), resolver.value(data, "vars") or Members(at.source, 0, 0, [])
    if written is None or not isinstance(template, Scalar) or not isinstance(given, Members):
        return None
    texts = [(key, OF_ONE["tostring"](at, value)) for key, value in given.pairs]
    pairs = [(key, value) for key, value in texts if value is not None and not is_null(value)]
    own = resolver.evaluator(written, data.module, data, f"{data.address}.rendered")
    made = Source(f"{own.source.name}#{own.own}", template.text)
    source = template.document if isinstance(template, Embedded) else made
    try:
        variables = Members(at.source, 0, 0, pairs)
        found = rendered(own, written.tree, source, variables) if len(pairs) == len(texts) else None
        return None if found is None else said_by(found, own.own)
    except FailsError:
        return None


def _all_tags(resolver: Resolver, resource: Resource, at: Node) -> Node | None:
    """The tags of a resource over those that its provider adds to each, if the configuration tells both.
    [terraform-provider-aws: default_tags Configuration Block]"""
    entry = resolver.plan.providers.get(resource.provider)
    blocks = {} if entry is None else entry.block.blocks
    added = blocks.get("default_tags", [])
    if entry is None or len(added) != 1 or "ignore_tags" in blocks:
        return None
    expression = added[0].attributes.get("tags")
    if expression is not None and not expression.is_constant and expression.written is None:
        return None
    default = expression and resolver.expression(expression, entry.module, None, "provider")
    found = OF_SEVERAL["merge"](at, default or null(at), resolver.value(resource, "tags") or null(at))
    return found if isinstance(found, Members) and not any(is_null(value) for _, value in found.pairs) else None


def _name(resolver: Resolver, resource: Resource, at: Node) -> Node | None:
    """The name. One that Terraform makes up is a prefix with a placeholder; the end of an alias nobody knows."""
    if resolver.is_configured(resource, "name"):
        return None
    is_alias = resource.type == "aws_kms_alias"
    prefix = resolver.value(resource, "name_prefix") if resolver.is_configured(resource, "name_prefix") else None
    if prefix is None or (isinstance(prefix, Scalar) and not prefix.text):
        prefix = text_at(at, "alias/" if is_alias else "terraform-")
    end = None if is_alias else digits(resolver, resource)[:26]
    names = [after_apply(f"{resource.address}.name")] if is_alias else names_in([prefix])
    return of_pieces(at, joined([text_pieces(prefix), (end,)]), names)
