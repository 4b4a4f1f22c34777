"""Code that runs as a role, and instance profiles, of a plan or template (E5, E4).

Guarantee: what makes or changes code of which not all is known, and what is of a type that may make some, leaves open
what there is.
"""

from __future__ import annotations

from verifier.inputs.resource_types import code_of
from verifier.inputs.resources.code_types import CODE, CodeType
from verifier.inputs.resources.names import arn_of
from verifier.inputs.resources.reader import ResourceReader
from verifier.inputs.resources.resource import Resource, Verb
from verifier.inputs.snapshot.workloads import IN_PROFILE, Deed
from verifier.inputs.text.nodes import Node, Scalar, values_of
from verifier.model.estate import Workload
from verifier.model.steps.workloads import KINDS

_OWN_ARNS = ("arn", "id", "agent_runtime_arn", "code_interpreter_arn")
"""Attributes that may hold the ARN of code that is there already."""


class Code(ResourceReader):
    """The code of one side of a plan. It is read where steps are asked about."""

    def read(self) -> None:
        """Adds what is done to code, and what may make some."""
        for resource in self.side.done() if self.parts.steps else ():
            own = CODE.get(resource.type)
            if own is not None:
                self.parts.deeds.append(self._deed(resource, own))
            if resource.verb in (Verb.MAKES, Verb.CHANGES) and (own is None or own.kind in KINDS):
                # What the provider awscc makes, and stacks of a stack set, may be in any account.
                anywhere = resource.type.startswith("awscc_") or self.is_everywhere(resource)
                account = "" if anywhere else self.side.account(resource) or ""
                kinds = [kind for kind in code_of(resource.type) if own is None or kind != own.kind]
                self.parts.deeds += [Deed(resource.shown, account, Workload(kind, "", ())) for kind in kinds]

    def _deed(self, resource: Resource, own: CodeType) -> Deed:
        side, account, kind = self.side, self.side.account(resource) or "", own.kind
        own_arns = (text for name in _OWN_ARNS if (text := side.text(resource, name) or "").startswith("arn:"))
        made = arn_of(side, resource)
        arn = next(own_arns, made.text if isinstance(made, Scalar) else "")
        roles = [one for path in own.roles for one in self._roles(resource, path)]
        texts = tuple(dict.fromkeys(_named(own, one.text) for one in roles if isinstance(one, Scalar) and one.text))
        known = (
            bool(arn)
            and side.is_certain(resource)
            and all(isinstance(one, Scalar) for one in roles)
            and not any(values_of(side.value(resource, other)) for other in own.others)
            and (bool(texts) or "Serverless" not in resource.type)  # AWS SAM makes a role
            # A family without a revision stands for the newest of its task definitions.
            and (own.roles != ("task_definition",) or all(":task-definition/" in one for one in texts))
        )
        # a stack adds its own
        tags_known = "::" not in resource.type and arn not in self.parts.ignored_tags
        tags = side.tags(resource) if kind in KINDS and KINDS[kind].tags and tags_known else None
        pairs = None if tags is None else tuple((key.text, getattr(value, "text", "")) for key, value in tags.pairs)
        code = Workload(kind, arn, texts, pairs)
        # AWS chooses the ID
        more = bool(texts) and resource.created and any(one in own.arn for one in ("{id}", "{hex", "{digits"))
        verb = Verb.KEEPS if resource.verb is Verb.CHANGES and not resource.writes(*own.attributes) else resource.verb
        return Deed(resource.shown, account, code, verb, known, more, resource.writes("tags", "tags_all"))

    def _roles(self, resource: Resource, path: str) -> list[Node]:
        """What an attribute has: names or ARNs, known or not. Of a resource that it refers to the name is enough."""
        found = self.side.inner(resource, *path.split("."))
        referred = self.side.referred(resource, path)
        is_known = all(isinstance(one, Scalar) for one in found)
        if not is_known and referred is not None and referred.type.startswith("aws_iam_"):
            return values_of(self.side.value(referred, "name"))
        return found


def _named(own: CodeType, text: str) -> str:
    return IN_PROFILE + text if own.kind in ("instances", "launch_templates") and not text.startswith("arn:") else text
