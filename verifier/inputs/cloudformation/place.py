"""Where a template is deployed.

In: a template, and what the user supplies. Out: `Deployment`. Guarantee: an account is what the user says, or what was concluded of the
whole input (S4); it is never guessed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from verifier.inputs.cloudformation.template import Template
from verifier.inputs.nodes import Items, Members, Node, Remarks, Scalar
from verifier.inputs.policy_file import DEFAULT_REGIONS, REGION


@dataclass(frozen=True)
class Deployment:
    """The account (`None` where nothing tells), Region and partition, and the pseudo parameters that follow from them."""

    account: str | None
    region: str
    partition: str

    @property
    def pseudo(self) -> Mapping[str, str | None]:
        """The pseudo parameters."""
        suffix = "amazonaws.com.cn" if self.partition == "aws-cn" else "amazonaws.com"
        return {
            "AWS::AccountId": self.account,
            "AWS::Region": self.region,
            "AWS::Partition": self.partition,
            "AWS::URLSuffix": suffix,
        }


def deployment(remarks: Remarks, node: Node, template: Template) -> Deployment:
    """Where the template is deployed. What is assumed is told as a warning."""
    region = _region(remarks, node, template)
    partition = "aws-cn" if region.startswith("cn-") else "aws-us-gov" if region.startswith("us-gov-") else "aws"
    return Deployment(template.supplied.account or template.supplied.own, region, partition)


def _region(remarks: Remarks, node: Node, template: Template) -> str:
    if template.supplied.region is not None:
        return template.supplied.region
    named = sorted({region for text in _policy_texts(template) for region in REGION.findall(text)})
    if len(named) > 1:
        message = f"the key policies name the Regions {', '.join(named)}, and which one the stack is in is not given"
        remarks.error(node, message, hint="give it with --region", rule="F5")
    region = named[0] if named else DEFAULT_REGIONS["aws"]
    reason = "the only one that a key policy names" if named else "for its key policies name none"
    remarks.concluded[f"{node.source.name} does not tell the Region, which is taken to be {region}, {reason} (--region)"] = None
    return region


def _policy_texts(template: Template) -> Iterator[str]:
    """The texts in the key policies of the template."""
    pending = [policy for r in template.of_type("AWS::KMS::Key", "AWS::KMS::ReplicaKey") if (policy := r.properties.get("KeyPolicy"))]
    while pending:
        node = pending.pop()
        if isinstance(node, Scalar):
            yield node.text
        elif isinstance(node, Items):
            pending += node.items
        elif isinstance(node, Members):
            pending += [value for _, value in node.pairs]
