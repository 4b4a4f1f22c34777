"""What the resources of a template are called, before CloudFormation has made them.

In: a template and where it is deployed. Out: for a resource its ARN, ID or name as a node; `None` where CloudFormation alone knows.
Guarantee: an ARN is made only of parts that decide it. What AWS will choose (a key ID, the end of a name) is a placeholder: the same in
every run, of the form that it will have, and equal to nothing else in the template.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from verifier.inputs.cloudformation.functions import Functions
from verifier.inputs.cloudformation.template import Resource, Template
from verifier.inputs.nodes import Node, Scalar, text_at
from verifier.inputs.unknown import Pieces, Unknown, joined, names_in, of_pieces, text_pieces

KEYS = ("AWS::KMS::Key", "AWS::KMS::ReplicaKey")
IAM = {
    "AWS::IAM::Role": ("role", "RoleName"),
    "AWS::IAM::User": ("user", "UserName"),
    "AWS::IAM::Group": ("group", "GroupName"),
    "AWS::IAM::ManagedPolicy": ("policy", "ManagedPolicyName"),
}
PROVIDERS = {"AWS::IAM::OIDCProvider": ("oidc-provider", "Url"), "AWS::IAM::SAMLProvider": ("saml-provider", "Name")}
"""Identity providers, and the property that their ARN ends in."""
_ARNS = {"AWS::IAM::ManagedPolicy": "PolicyArn"}
_LONGEST_NAME = 64
_DEEPEST = 30
"""Names that are made of the names of other resources."""


@dataclass
class Names:
    """The names of resources. `made_up` are roles, users and groups whose names CloudFormation chooses."""

    template: Template
    partition: str
    account: str | None
    region: str
    functions: Functions | None = None
    made_up: dict[str, None] = field(default_factory=dict)
    _open: set[str] = field(default_factory=set)
    _known: dict[tuple[str, str | None], Node | None] = field(default_factory=dict)

    @property
    def pseudo(self) -> Mapping[str, str | None]:
        """The pseudo parameters that follow from where the template is deployed."""
        suffix = "amazonaws.com.cn" if self.partition == "aws-cn" else "amazonaws.com"
        known = {"AWS::AccountId": self.account, "AWS::Region": self.region, "AWS::Partition": self.partition}
        return {**known, "AWS::URLSuffix": suffix}

    def __call__(self, name: str, attribute: str | None) -> Node | None:
        """What `Ref` (no attribute) or `Fn::GetAtt` of a resource gives: a text, as far as it is known."""
        if name in self._open:
            return None  # a circle, which is told elsewhere
        if (name, attribute) not in self._known:
            if len(self._open) >= _DEEPEST and self.functions is not None:
                message = f"names of resources are made of each other more than {_DEEPEST} deep"
                self.functions.remarks.error(self.template.resources[name].place, message)
                return None
            self._open.add(name)
            try:
                found = self._called(self.template.resources[name], attribute)
            finally:
                self._open.discard(name)
            self._known[name, attribute] = found if isinstance(found, Scalar | Unknown) else None
        return self._known[name, attribute]

    def _called(self, resource: Resource, attribute: str | None) -> Node | None:
        if resource.type in KEYS:
            return self.key_arn(resource) if attribute == "Arn" else self.key_id(resource) if attribute in (None, "KeyId") else None
        if resource.type in IAM:
            if attribute == _ARNS.get(resource.type, "Arn") or (attribute is None and resource.type == "AWS::IAM::ManagedPolicy"):
                return self.iam_arn(resource)
            return self.iam_name(resource) if attribute is None else None
        if resource.type in PROVIDERS and attribute in (None, "Arn"):
            return self.provider_arn(resource)
        if resource.type == "AWS::KMS::Alias" and attribute is None:
            return self._of(resource, "AliasName")
        if resource.type == "AWS::EC2::VPCEndpoint" and attribute in (None, "Id"):
            return text_at(resource.place, "vpce-0" + self._digest(resource)[:16])
        if resource.type == "AWS::EC2::VPC" and attribute in (None, "VpcId"):
            return text_at(resource.place, "vpc-0" + self._digest(resource)[:16])
        return None

    def _of(self, resource: Resource, name: str) -> Node | None:
        return None if self.functions is None else self.functions.of(resource, name)

    def _digest(self, resource: Resource) -> str:
        return hashlib.sha256(f"{resource.name}{self.template.mark}".encode()).hexdigest()

    # -- keys --

    def key_id(self, resource: Resource) -> Scalar:
        """The ID of a key: a placeholder. A replica shares that of its primary key, if it is known which that is."""
        if resource.type == "AWS::KMS::ReplicaKey":
            primary = self._of(resource, "PrimaryKeyArn")
            known = primary.text.rsplit("/", 1)[-1] if isinstance(primary, Scalar) else f"mrk-unknown-{self._digest(resource)[:16]}"
            return text_at(resource.place, known)
        multi_region = self._of(resource, "MultiRegion")
        if isinstance(multi_region, Scalar) and multi_region.text.lower() == "true":
            return text_at(resource.place, f"mrk-{'0' * 16}{self._digest(resource)[:16]}")
        if isinstance(multi_region, Unknown):
            return text_at(resource.place, f"unknown-{self._digest(resource)[:16]}")
        return text_at(resource.place, f"00000000-0000-4000-8000-{self._digest(resource)[:12]}")

    def key_arn(self, resource: Resource) -> Node:
        """The ARN of a key."""
        return self._arn(resource, f"kms:{self.region}", (f":key/{self.key_id(resource).text}",))

    def _arn(self, resource: Resource, service: str, *rest: Pieces, of: Sequence[Node | None] = (), names: Sequence[str] = ()) -> Node:
        """An ARN that ends in `rest`, which is made of some values; it depends on what these do, and on `names`."""
        parts: list[Pieces] = [(f"arn:{self.partition}:{service}:",), (self.account,), *rest]
        known = names_in([node for node in of if node is not None])
        return of_pieces(resource.place, joined(parts), [*known, *names, *([] if self.account else ["`AWS::AccountId`"])])

    def arn(self, resource: Resource) -> Node | None:
        """The ARN of a key, an identity provider, a user, group, role or policy."""
        if resource.type in KEYS:
            return self.key_arn(resource)
        return self.provider_arn(resource) if resource.type in PROVIDERS else self.iam_arn(resource)

    # -- users, groups, roles, policies --

    def iam_name(self, resource: Resource) -> Node:
        """The name. One that CloudFormation makes up has the name of the stack, the logical ID and a random end."""
        given = self._of(resource, IAM[resource.type][1])
        if given is not None:
            return given
        self.made_up[resource.name] = None
        stack = self.template.supplied.parameters.get("AWS::StackName") or "stack"
        end = self._digest(resource)[:12].upper()
        return text_at(resource.place, f"{stack}-{resource.name}"[: _LONGEST_NAME - 13] + f"-{end}")

    def provider_arn(self, resource: Resource) -> Node:
        """The ARN of an identity provider: that of one of OpenID Connect ends in its URL without the scheme."""
        kind, attribute = PROVIDERS[resource.type]
        given = self._of(resource, attribute)
        end = text_pieces(given) if given is not None else (None,)
        if isinstance(given, Scalar) and attribute == "Url":
            end = (given.text.removeprefix("https://"),)
        names = [] if given is not None else [f"the name of `{resource.name}`"]
        return self._arn(resource, "iam:", (f":{kind}/",), end, of=[given], names=names)

    def iam_arn(self, resource: Resource) -> Node:
        """The ARN, with its path."""
        name, path = self.iam_name(resource), self._of(resource, "Path")
        middle = text_pieces(path) if path is not None else ("/",)
        return self._arn(resource, "iam:", (f":{IAM[resource.type][0]}",), middle, text_pieces(name), of=[name, path])
