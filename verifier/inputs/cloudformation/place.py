"""Where a template is deployed.

In: a template, and what the user supplies. Out: `Deployment`. Guarantee: an account is what the user says, or what was concluded of the
whole input (S4), a Region what the user says, or one that decides nothing; neither is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from verifier.inputs.cloudformation.template import Template
from verifier.inputs.nodes import Members, Node, Remarks, Scalar, nodes_in
from verifier.inputs.own_region import partition_of, stand_in

_ARN = re.compile(r"\barn:(aws|aws-cn|aws-us-gov):")
_SAYS_NOTHING = ("Description", "Metadata", "Parameters")
"""Sections that decide nothing: of parameters their values alone do."""


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
    """Where the template is deployed. Raises `InputError` where that must be asked for (S4)."""
    region = template.supplied.region
    if region is None:
        texts = list(_texts(node, template))
        partitions = {partition for text in texts for partition in _ARN.findall(text)}
        region = stand_in(node.source.name, min(partitions) if len(partitions) == 1 else "aws", texts)
        remarks.open_region(node.source.name, region, region)
    return Deployment(template.supplied.account or template.supplied.own, region, partition_of(region))


def _texts(root: Node, template: Template) -> Iterator[str]:
    """The texts of a template that can decide something: its conditions and mappings may depend on the Region as well."""
    parts = [value for key, value in root.pairs if key.text not in _SAYS_NOTHING] if isinstance(root, Members) else [root]
    parts += [members["Default"] for members in template.parameters.values() if "Default" in members]
    yield from template.supplied.parameters.values()
    yield from (inner.text for part in parts for inner in nodes_in(part) if isinstance(inner, Scalar))
