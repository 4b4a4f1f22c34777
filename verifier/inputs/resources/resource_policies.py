"""What the policies of buckets, functions, repositories and other resources let callers do, where that could lead to a key (W1).

In: the resources of one side of a plan, or a template. Out: an `Unmodelled` for each whose policy lets callers do what the catalogue calls
doubtful. Guarantee: whoever is told that nothing leads to a key is not told so against a policy that the input spells out. A policy that is
not known is supposed to let callers do no more than their own policies do.
[Amazon S3 User Guide: bucket-policies; Lambda Developer Guide: access-control-resource-based]
"""

from __future__ import annotations

from collections.abc import Iterator

from verifier.inputs.resource_types import READ
from verifier.inputs.resources.reader import Reader
from verifier.inputs.resources.resource import Resource, Verb
from verifier.inputs.text.document_text import document_source
from verifier.inputs.text.json_nodes import read_json
from verifier.inputs.text.nodes import Members, Node, Scalar, member, text_of, values_of
from verifier.model.steps.catalogue import entries
from verifier.model.unmodelled import Influence
from verifier.syntax.diagnostic import InputError

ATTRIBUTES = ("policy", "policy_document", "policy_text", "resource_policy", "repository_policy_text", "access_policies")
"""Attributes that hold the policy of a resource."""
STATEMENTS = ("aws_lambda_permission", "AWS::Lambda::Permission")
"""Types that are one statement of the policy of a function: an action and a principal."""
_OWN_PREFIXES = ("kms:", "iam:", "sts:")
"""Actions that no such policy is about, but those of keys, roles and users."""
_MOST_NAMED = 3


class ResourcePolicies(Reader):
    """The policies of resources that are neither keys nor identities. They are read where steps are asked about."""

    def read(self) -> None:
        """Adds what they let callers do."""
        for resource in self.side.done() if self.parts.steps else ():
            actions = dict.fromkeys(self._actions(resource)) if resource.type not in READ and resource.verb is not Verb.TAKES else {}
            if actions:
                more = f" and {len(actions) - _MOST_NAMED} more" if len(actions) > _MOST_NAMED else ""
                does = f"lets callers do {', '.join(list(actions)[:_MOST_NAMED])}{more} by a policy of its own"
                self.may(resource, "the policy of ", "W1", Influence.MAY_ALLOW, does, of_statement=True, actions=tuple(actions))

    def _actions(self, resource: Resource) -> Iterator[str]:
        if resource.type in STATEMENTS:
            principal = self.side.text(resource, "principal") or ""
            if not principal.endswith((".amazonaws.com", ".amazonaws.com.cn")):
                yield from _doubtful(values_of(self.side.value(resource, "action")))
            return
        for name in ATTRIBUTES:
            for statement in _statements(self.side.value(resource, name)):
                if text_of(statement, "Effect") == "Allow" and _lets_callers(statement):
                    left_out = member(statement, "NotAction") is not None
                    yield from ("what is not listed",) if left_out else _doubtful(values_of(member(statement, "Action")))


def _statements(policy: Node | None) -> list[Node]:
    """The statements of a policy, where it is known and is one."""
    if isinstance(policy, Scalar) and policy.text.lstrip().startswith("{"):
        try:
            policy = read_json(document_source(policy))
        except InputError:
            return []  # AWS refuses it
    return values_of(member(policy, "Statement"))


def _lets_callers(statement: Node) -> bool:
    """Whether a statement is for others than services."""
    principal = member(statement, "Principal")
    return not isinstance(principal, Members) or any(key.text != "Service" for key, _ in principal.pairs)


def _doubtful(actions: list[Node]) -> Iterator[str]:
    """The doubtful actions that patterns match."""
    for one in actions:
        found = entries(one.text) if isinstance(one, Scalar) else ()
        yield from (entry.name for entry in found if entry.doubtful and not entry.name.startswith(_OWN_PREFIXES))
