"""Grants that services make by themselves, for roles that a plan or template hands to them.

In: the resources of these services. Out: what each may allow its role. Guarantee: where a service makes a grant on a
key for a role, that role is not proved to be refused what a grant can allow (G1). Grants for services themselves, and
for what they run with no role of the input, are supposed not to be there (U3).
"""

from __future__ import annotations

from collections.abc import Iterator

from verifier.inputs.resources.reader import ResourceReader
from verifier.inputs.resources.resource import CONTROLLED, Resource, Verb
from verifier.inputs.snapshot.key_metadata import is_key_arn
from verifier.inputs.text.access import is_null
from verifier.inputs.text.nodes import Scalar
from verifier.model.policy import arn_kind
from verifier.model.unmodelled import Influence

_FUNCTION, _CLUSTER = ("kms_key_arn", "role"), ("encryption_config.provider.key_arn", "role_arn")
_MAKERS = {
    "aws_lambda_function": _FUNCTION,
    "awscc_lambda_function": _FUNCTION,
    "AWS::Lambda::Function": _FUNCTION,
    "AWS::Serverless::Function": _FUNCTION,
    "aws_eks_cluster": _CLUSTER,
    "awscc_eks_cluster": _CLUSTER,
    "AWS::EKS::Cluster": _CLUSTER,
}
"""The attributes that name the key under which a service encrypts, and the role that decrypts. Whoever makes the
resource must be able to create a grant. [Lambda Developer Guide: configuration-envvars-encryption; EKS User Guide:
enable-kms]"""
_DOES = "may have a grant made for its role, which nothing here lists"


class ServiceGrants(ResourceReader):
    """What services may grant for the resources of a template, or of one side of a plan."""

    def read(self) -> None:
        """Records what each may allow."""
        for resource in (*self.side.done(*_MAKERS, CONTROLLED), *self.side.uncounted):
            if (type_ := self.type_of(resource)) in _MAKERS and resource.verb is not Verb.TAKES:
                self._granted(resource, *_MAKERS[type_])

    def _granted(self, resource: Resource, key_at: str, role_at: str) -> None:
        keys = [text if text is not None and is_key_arn(text) else None for text in self._named(resource, key_at)]
        roles = [text if text and arn_kind(text) == "role" else None for text in self._named(resource, role_at)]
        roles = roles or [None]  # AWS SAM makes a role for a function that is given none
        for key in keys:
            for role in roles:
                account = None if role else self.side.account(resource)
                who = {"principal": role, "account": account}
                self.may(resource, "grant for ", "G1", Influence.MAY_ALLOW, _DOES, (), key=key, **who)

    def _named(self, resource: Resource, path: str) -> Iterator[str | None]:
        """The ARNs that an attribute has; `None` for one that is not known."""
        if resource.type == CONTROLLED:  # what its text says is not looked at
            yield None
        if not self.side.is_configured(resource, path.split(".")[0]):
            return
        for node in self.side.inner(resource, *path.split(".")):
            if isinstance(node, Scalar):
                if node.text and not is_null(node):
                    yield node.text
                continue
            referred = self.side.referred(resource, path)
            yield None if referred is None else self.side.text(referred, "arn")
