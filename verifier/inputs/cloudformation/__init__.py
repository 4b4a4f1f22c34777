"""CloudFormation templates → the parts of a snapshot.

In: a template, as JSON or YAML (what the CDK synthesizes is one), and where and with which parameters it is deployed.
Out: `Parts`: keys, the inventory of the account, endpoints, as AWS CLI output would tell them once the stack is there.
Guarantee: what the template leaves open is `Unknown` with a name; nothing is dropped. The inventory is not complete: an
account has users and roles that a template does not know (U1).

`template` reads the sections, each value as it is `written`, with `loops` written out; `functions` carries out the
intrinsic functions, those of `texts` among them. `side` is what the readers of `resources` ask, and knows what
resources are called; `surroundings` reads what others make, for `reading`. Here is what tells a template: the rest is
imported for templates alone.
"""

from __future__ import annotations

from verifier.inputs.text.nodes import Members, Node, member

__all__ = ["is_template"]


def is_template(node: Node) -> bool:
    """True iff a document is a template: it has resources with a type, or a loop over some."""
    resources = member(node, "Resources")
    pairs = resources.pairs if isinstance(resources, Members) else []
    return any(member(value, "Type") is not None or key.text.startswith("Fn::ForEach::") for key, value in pairs)
