"""Code that runs as a role, and instance profiles, of a plan or template (E5, E4).

In: their resources, and those that may make some. Out: `Deed`s, for `workloads` to put beside what a snapshot lists. Guarantee: what makes
or changes code of which not all is known, and what is of a type that may make some, leaves open what there is.
"""

from __future__ import annotations

from verifier.inputs.resource_types import code_of
from verifier.inputs.resources.names import ARNS, arn_of
from verifier.inputs.resources.reader import Reader
from verifier.inputs.resources.resource import Resource, Verb
from verifier.inputs.snapshot.workloads import IN_PROFILE, PROFILES, Deed
from verifier.inputs.text.nodes import Scalar, values_of
from verifier.model.estate import Workload
from verifier.model.steps.workloads import KINDS

_ROWS = {type_: (kind.name, *of) for kind in KINDS.values() for type_, _, *of in map(str.split, kind.made)}
_ROWS |= {"aws_iam_instance_profile": (PROFILES, "role"), "AWS::IAM::InstanceProfile": (PROFILES, "roles")}
"""What resources are, by their types, with the attributes of their role and of what may give them another."""


class Code(Reader):
    """The code of one side of a plan. It is read where steps are asked about."""

    def read(self) -> None:
        """Adds what is done to code, and what may make some."""
        for resource in self.side.done() if self.parts.steps else ():
            if resource.type in _ROWS:
                self.parts.deeds.append(self._deed(resource, *_ROWS[resource.type]))
            elif resource.verb in (Verb.MAKES, Verb.CHANGES):
                # What the provider awscc makes, and stacks of a stack set, may be in any account.
                anywhere = resource.type.startswith("awscc_") or "stackset" in resource.type.replace("_", "").lower()
                account, span = "" if anywhere else self.side.account(resource) or "", self.side.at(resource).span
                kinds = code_of(resource.type)
                self.parts.deeds += [Deed(resource.shown, account, Workload(kind, "", (), span=span)) for kind in kinds]

    def _deed(self, resource: Resource, kind: str, role: str, *others: str) -> Deed:
        side, account = self.side, self.side.account(resource) or ""
        arn = arn_of(side, resource)
        roles, referred = values_of(side.value(resource, role)), side.referred(resource, role)
        if referred is not None and referred.type.startswith("aws_iam_") and not all(isinstance(one, Scalar) for one in roles):
            roles = values_of(side.value(referred, "name"))
        texts = tuple(IN_PROFILE * (kind == "instances") + one.text for one in roles if isinstance(one, Scalar) and one.text)
        known = isinstance(arn, Scalar) and side.is_certain(resource) and all(isinstance(one, Scalar) for one in roles)
        known = known and not any(values_of(side.value(resource, other)) for other in others)
        known = known and (bool(texts) or "Serverless" not in resource.type)  # AWS SAM makes a role
        tags = side.tags(resource) if kind in KINDS and KINDS[kind].tags and "::" not in resource.type else None  # a stack adds its own
        pairs = None if tags is None else tuple((key.text, getattr(value, "text", "")) for key, value in tags.pairs)
        code = Workload(kind, getattr(arn, "text", ""), texts, pairs, side.at(resource).span)
        more = bool(texts) and resource.created and ARNS[resource.type].endswith("{id}")  # AWS chooses the ID
        verb = Verb.KEEPS if resource.verb is Verb.CHANGES and not resource.writes(role, *others) else resource.verb
        return Deed(resource.shown, account, code, verb, known, more, resource.writes("tags", "tags_all"))
