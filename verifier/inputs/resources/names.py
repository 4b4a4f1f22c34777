"""What resources are called before AWS has made them: ARNs, and the IDs of keys.

Guarantee: an ARN is made only of parts that decide it. What AWS will generate is a placeholder: the same in every run,
of the form that it will have, and equal to nothing else in the plan or template.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from string import Formatter

from verifier.inputs.resources.code_types import CODE
from verifier.inputs.resources.resource import Resource, Side
from verifier.inputs.text.nodes import Node, Scalar, text_at
from verifier.inputs.text.unknown import OpenReference, Pieces, UnknownNode, joined, names_in, of_pieces, text_pieces
from verifier.syntax.generated import MARK

KEYS = ("aws_kms_key", "aws_kms_external_key", "AWS::KMS::Key")
REPLICAS = ("aws_kms_replica_key", "aws_kms_replica_external_key", "AWS::KMS::ReplicaKey")
UNREAD_KEYS = ("awscc_kms_key", "awscc_kms_replica_key")
"""Keys of the provider awscc, of which nothing is read but that they are there."""
_KINDS = {"Role": "role", "User": "user", "Group": "group", "ManagedPolicy": "policy"}
_ARNS = {f"aws_iam_{kind}": f"iam::{{account}}:{kind}{{path}}{{name}}" for kind in _KINDS.values()}
_ARNS |= {f"AWS::IAM::{name}": _ARNS[f"aws_iam_{kind}"] for name, kind in _KINDS.items()}
_ARNS |= dict.fromkeys((*KEYS, *REPLICAS, *UNREAD_KEYS), "kms:{region}:{account}:key/{key_id}")
_ARNS["aws_kms_alias"] = "kms:{region}:{account}:{name}"
_ARNS |= dict.fromkeys(
    ("aws_iam_openid_connect_provider", "AWS::IAM::OIDCProvider"), "iam::{account}:oidc-provider/{url}"
)
_ARNS |= dict.fromkeys(("aws_iam_saml_provider", "AWS::IAM::SAMLProvider"), "iam::{account}:saml-provider/{name}")
_ARNS |= dict.fromkeys(("aws_ecs_cluster", "AWS::ECS::Cluster"), "ecs:{region}:{account}:cluster/{name}")
_TABLE, _REPOSITORY = "dynamodb:{region}:{account}:table/", "ecr:{region}:{account}:repository/"
_ARNS |= {"aws_s3_bucket": "s3:::{bucket}", "AWS::S3::Bucket": "s3:::{bucket_name}"}
_ARNS |= {"aws_sns_topic": "sns:{region}:{account}:{name}", "AWS::SNS::Topic": "sns:{region}:{account}:{topic_name}"}
_ARNS |= {"aws_sqs_queue": "sqs:{region}:{account}:{name}", "AWS::SQS::Queue": "sqs:{region}:{account}:{queue_name}"}
_ARNS |= {"aws_dynamodb_table": f"{_TABLE}{{name}}", "AWS::DynamoDB::Table": f"{_TABLE}{{table_name}}"}
_ARNS |= {"aws_ecr_repository": f"{_REPOSITORY}{{name}}", "AWS::ECR::Repository": f"{_REPOSITORY}{{repository_name}}"}
_ARNS |= dict.fromkeys(("aws_kinesis_stream", "AWS::Kinesis::Stream"), "kinesis:{region}:{account}:stream/{name}")
_ARNS |= {type_: code.arn for type_, code in CODE.items()}
"""What ARNs are made of: attributes, account, Region, the ID of a key and what AWS chooses (`CodeType`)."""
BY_ARN = (
    *("aws_iam_policy", "aws_iam_openid_connect_provider", "aws_iam_saml_provider", "aws_ecs_cluster"),
    *("aws_sns_topic", "AWS::SNS::Topic"),
    *(
        "AWS::IAM::ManagedPolicy",
        "AWS::IAM::OIDCProvider",
        "AWS::IAM::SAMLProvider",
        "AWS::ECS::TaskDefinition",
        "AWS::ECS::Service",
    ),
    *("AWS::Batch::JobDefinition", "AWS::AppRunner::Service"),
)
"""Resources whose ARN is their ID."""
_MADE_UP = {
    "vpc-0": ("aws_vpc", "AWS::EC2::VPC"),
    "vpce-0": ("aws_vpc_endpoint", "AWS::EC2::VPCEndpoint"),
    "i-0": ("aws_instance", "AWS::EC2::Instance"),
    "lt-0": ("aws_launch_template", "AWS::EC2::LaunchTemplate"),
    "p-": ("aws_organizations_policy",),
    "ou-0000-": ("aws_organizations_organizational_unit",),
}
"""How IDs that AWS chooses begin."""
_UNKNOWN = "mrk-unknown-"
"""How the ID of a replica begins of which it is not known which its primary key is."""
OF_PRIMARY = "the primary key of a replica"


def named(side: Side, resource: Resource, name: str) -> Node | None:
    """The `arn` or `id` of a resource before AWS has made it; `None` for others, and where nothing follows."""
    if resource.type in _ARNS and (name == "arn" or (name == "id" and resource.type in BY_ARN)):
        return arn_of(side, resource)
    if resource.type in (*KEYS, *REPLICAS) and name in ("id", "key_id"):
        return key_id(side, resource)
    start = next((start for start, types in _MADE_UP.items() if resource.type in types), None) if name == "id" else None
    return text_at(side.at(resource), start + placeholder_digest(side, resource)[:16]) if start else None


def arn_of(side: Side, resource: Resource) -> Node | None:
    """The ARN, as `_ARNS` has it; `None` where a part of it is missing."""
    pieces: list[Pieces] = [(f"arn:{side.partition(resource)}:",)]
    parts: list[Node] = []
    for literal, name, length, _ in Formatter().parse(_ARNS[resource.type]):
        part = _part(side, resource, f"{name}") if not length else _of_aws(side, resource, f"{name}", int(length))
        if part is None:
            return None
        parts.append(part)
        pieces += [(literal,), text_pieces(part)]
    found = of_pieces(side.at(resource), joined(pieces), names_in(parts))
    return OpenReference(found, found.names, found.pieces) if isinstance(found, UnknownNode) else found


def _part(side: Side, resource: Resource, name: str) -> Node | None:
    at = side.at(resource)
    match name:
        case "account":
            account = side.account(resource)
            return text_at(at, account) if account else UnknownNode(at, [f"the account of {resource.shown}"])
        case "region":
            if side.account_and_region(resource)[1] is not None or "kms" in resource.type.lower():
                return text_at(at, side.region(resource))
            return UnknownNode(at, [f"the Region of {resource.shown}"])
        case "key_id":
            return key_id(side, resource)
    found = side.value(resource, name)
    if name == "path":
        return found or text_at(at, "/")
    if isinstance(found, Scalar) and not found.text:
        return UnknownNode(at, [f"the name of {resource.shown}, which is empty"])
    if name == "cluster":  # its name or ARN [ECS API: CreateService]
        found = found or text_at(at, "default")
        return text_at(at, found.text.rsplit("/", 1)[-1]) if isinstance(found, Scalar) else found
    # That of a provider of OpenID Connect ends in its URL without the scheme. [API: CreateOpenIDConnectProvider]
    return text_at(at, found.text.removeprefix("https://")) if name == "url" and isinstance(found, Scalar) else found


def _of_aws(side: Side, resource: Resource, form: str, length: int) -> Node:
    """The placeholder for what AWS chooses; of what is there already it is not known."""
    if not resource.created:
        return UnknownNode(side.at(resource), [f"what AWS has called {resource.shown}"])
    end = placeholder_digest(side, resource) if form == "hex" else digits(side, resource)
    return text_at(side.at(resource), end[:length])


def key_id(side: Side, resource: Resource) -> Node:
    """The placeholder for the ID of a key. A replica shares that of its primary key, where that is known."""
    at, end = side.at(resource), placeholder_digest(side, resource)
    own = end.removeprefix(MARK)
    if resource.type in REPLICAS:
        primary = side.text(resource, "primary_key_arn")
        return text_at(at, primary.rsplit("/", 1)[1] if primary and "/" in primary else f"{_UNKNOWN}{end[:16]}")
    given = side.value(resource, "multi_region") if side.is_configured(resource, "multi_region") else None
    if resource.type in UNREAD_KEYS or not (given is None or isinstance(given, Scalar)):
        return text_at(at, f"unknown-{end[:16]}")  # an ID of either form would say whether it is a multi-Region key
    is_single = given is None or given.text.lower() != "true"
    return text_at(at, f"00000000-0000-4000-8000-{own[:12]}" if is_single else f"mrk-{'0' * 16}{own[:16]}")


def id_is_open(arn: str, known: Collection[str]) -> bool:
    """True iff an ARN that is none of the `known` ones may be that of a key among them. A replica has the ID of its
    primary key: of some replica in the ARN's Region, or of the one that has this ID, it is not known which key that is.
    [KMS: multi-region-keys-overview]"""
    start, _, identifier = arn.rpartition("/")
    may_be = any(one.startswith(f"{start}/{_UNKNOWN}") for one in known) and identifier.startswith("mrk-")
    return arn not in known and (may_be or identifier.startswith(_UNKNOWN))


def placeholder_digest(side: Side, resource: Resource) -> str:
    """What sets the placeholders of a resource apart, in hexadecimal digits that begin with their mark."""
    return MARK + hashlib.sha256(f"{resource.address}{side.mark}".encode()).hexdigest()


def digits(side: Side, resource: Resource) -> str:
    """The same in decimal digits."""
    return f"{MARK}{int(placeholder_digest(side, resource), 16)}"
