"""What the policies of buckets, functions, repositories and other resources let callers do, where that could lead to a
key (W1).

In: the resources of one side of a plan, or a template. Out: an `Unmodelled` for each whose policy lets callers do what
the catalogue calls doubtful. Guarantee: whoever is told that nothing leads to a key is not told so against a policy
that the input spells out, under whatever name, or may have. A policy of which nothing is known is supposed to let
callers do no more than their own policies do.
[Amazon S3 User Guide: bucket-policies, acl-overview; Lambda Developer Guide: access-control-resource-based]
"""

from __future__ import annotations

from collections.abc import Iterator

from verifier.inputs.resource_types import READ
from verifier.inputs.resources.reader import ResourceReader
from verifier.inputs.resources.resource import Resource, Verb
from verifier.inputs.text.document_text import document_source
from verifier.inputs.text.json_nodes import read_json
from verifier.inputs.text.nodes import Items, Members, Node, Scalar, member, nodes_in, text_at, values_of
from verifier.inputs.text.unknown import UnknownNode
from verifier.model.steps.catalogue import catalogue_entries
from verifier.model.unmodelled import Influence
from verifier.syntax.diagnostic import InputError
from verifier.syntax.text import first_few

STATEMENTS = ("aws_lambda_permission", "awscc_lambda_permission", "AWS::Lambda::Permission")
"""Types that are one statement of the policy of a function: an action and a principal."""
_LISTS = {
    "aws_s3_bucket": "acl",
    "aws_s3_bucket_acl": "acl",
    **dict.fromkeys(("awscc_s3_bucket", "AWS::S3::Bucket"), "access_control"),
}
"""Where the access control list of a bucket is named."""
_CONNECTOR = "AWS::Serverless::Connector"
_STARTS = ("states:StartExecution", "states:StartSyncExecution")
BY_CONNECTORS = ("events:PutRule", "events:PutTargets", "s3:PutObject", *_STARTS)
"""Doubtful actions of policies that AWS SAM makes of connectors for roles. [AWS SAM: connector reference]"""
_ANYBODY_WRITES = ("public-read-write", "PublicReadWrite")
_WRITES, _EVERYBODY = frozenset({"WRITE", "FULL_CONTROL"}), "/groups/global/"
_OWN_PREFIXES = ("kms:", "iam:", "sts:")
"""Actions that no such policy is about, but those of keys, roles and users."""
_NOT_LISTED, _NOT_KNOWN = "what is not listed", "what is not known"


class ResourcePolicies(ResourceReader):
    """The policies of resources that are neither keys nor identities. They are read where steps are asked about."""

    def read(self) -> None:
        """Adds what they let callers do."""
        for resource in (*self.side.done(), *self.side.uncounted) if self.parts.steps else ():
            is_put = resource.type not in READ and resource.verb is not Verb.TAKES
            actions = tuple(dict.fromkeys(self._actions(resource))) if is_put else ()
            if actions:
                said = "W1", Influence.MAY_ALLOW, f"lets callers do {first_few(actions)} by a policy of its own"
                self.may(resource, "the policy of ", *said, of_statement=True, actions=actions)

    def _actions(self, resource: Resource) -> Iterator[str]:
        if resource.type in STATEMENTS:
            principal = self.side.text(resource, "principal") or ""
            if not principal.endswith((".amazonaws.com", ".amazonaws.com.cn")):
                yield from _doubtful(self.side.value(resource, "action"))
        elif resource.type == _CONNECTOR or member(self.side.at(resource), "Connectors") is not None:
            yield from BY_CONNECTORS
        elif resource.type in _LISTS and self._anybody_writes(resource):
            yield "s3:PutObject"
        for statement in (inner for found in self.side.with_principals(resource) for inner in _statements(found)):
            if _lets_callers(statement):
                left_out = member(statement, "NotAction") is not None
                yield from (_NOT_LISTED,) if left_out else _doubtful(member(statement, "Action"))

    def _anybody_writes(self, resource: Resource) -> bool:
        """True iff the access control list of a bucket lets everybody write: by its name, or by a grant to a group."""
        granted = [*self.side.inner(resource, "grant"), *self.side.inner(resource, "access_control_policy", "grant")]
        texts = [{inner.text for inner in nodes_in(one) if isinstance(inner, Scalar)} for one in granted]
        named = self.side.text(resource, _LISTS[resource.type]) in _ANYBODY_WRITES
        return named or any(found & _WRITES and any(_EVERYBODY in text for text in found) for found in texts)


def _statements(node: Node) -> Iterator[Members]:
    """The statements about principals in a value, its options, and in texts of JSON. AWS refuses other texts."""
    if isinstance(node, Members) and member(node, "Effect") is not None and _principals(node):
        yield node
        return
    for inner in _inside(node):
        yield from _statements(inner)


def _inside(node: Node) -> list[Node]:
    if isinstance(node, Items):
        return node.items
    if isinstance(node, Members):
        return [value for _, value in node.pairs]
    text = (
        "".join(piece or "*" for piece in node.pieces) if isinstance(node, UnknownNode) else getattr(node, "text", "")
    )
    try:
        is_policy = text.lstrip().startswith("{") and "rincipal" in text
        found = [read_json(document_source(text_at(node, text)))] if is_policy else []
    except InputError:
        found = []
    return [*found, *(node.options or ())] if isinstance(node, UnknownNode) else found


def _principals(statement: Members) -> list[Node]:
    return [value for key, value in statement.pairs if key.text in ("Principal", "NotPrincipal")]


def _lets_callers(statement: Members) -> bool:
    """True iff a statement allows, or may, others than services. An unknown effect may stand as any text."""
    effect, principals = member(statement, "Effect"), _principals(statement)
    denies = isinstance(effect, Scalar) and effect.text == "Deny"
    services = all(
        isinstance(one, Members) and all(key.text == "Service" for key, _ in one.pairs) for one in principals
    )
    return not denies and not (services and member(statement, "NotPrincipal") is None)


def _doubtful(actions: Node | None) -> Iterator[str]:
    """The doubtful actions that patterns match, or may."""
    for one in values_of(actions):
        if isinstance(one, UnknownNode):
            yield from (name for option in one.options for name in _doubtful(option)) if one.options else (_NOT_KNOWN,)
        found = catalogue_entries(one.text) if isinstance(one, Scalar) else ()
        yield from (entry.name for entry in found if entry.doubtful and not entry.name.startswith(_OWN_PREFIXES))
