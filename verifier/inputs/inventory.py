"""What is known of one account while it is read.

In: the nodes of its listings. Out: an `Inventory`, which fills up as documents are read.
Guarantee: what is attached and not in the input is remembered with the principal that it is attached to (U3).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from verifier.inputs.nodes import Node, Remarks
from verifier.model.estate import Group, Influence, Unmodelled
from verifier.model.policy import Policy
from verifier.syntax.text import first_few


@dataclass
class Inventory:
    """One account while it is read. `managed` holds the entries of `Policies` by ARN, `groups` those of `GroupDetailList` by name,
    `documents` the default versions, `read` the policies that were read so far, and `read_groups` the groups. `doubts` are what is not
    certain of a group, by its ARN: what it is, and why. Without `steps` nothing is read that only steps turn on (section 7); without
    `trusts` no trust policy."""

    remarks: Remarks
    account: str
    steps: bool = True
    trusts: bool = True
    managed: dict[str, Node] = field(default_factory=dict)
    groups: dict[str, Node] = field(default_factory=dict)
    documents: dict[str, Node | None] = field(default_factory=dict)
    read: dict[str, Policy | None] = field(default_factory=dict)
    read_groups: dict[str, Group] = field(default_factory=dict)
    doubts: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    unmodelled: list[Unmodelled] = field(default_factory=list)

    def missing(self, node: Node, thing: str, principal: str, names: Sequence[str] = ()) -> None:
        """Records what is attached to a principal but not in the input (U3). `names` say what it depends on."""
        why = f"known: it depends on {first_few(names)}" if names else "in the input"
        self.doubt(node, thing, principal, f"{thing} is attached to {principal}, its document is not {why}")

    def doubt(self, node: Node, thing: str, principal: str, description: str) -> None:
        """Records what a principal may have or not: it may allow or refuse (U3).

        What is not known of a group bears on no request by itself, for a group makes none: it does so through the members, for whom it is
        recorded too, and on those who join it (E0).
        """
        name, group = f"{thing} of {short(principal)}", ":group/" in principal
        unmodelled = Unmodelled(name, "U3", Influence.EITHER, description, principal=principal, span=node.span, of_statement=group)
        self.unmodelled.append(unmodelled)


def short(arn: str) -> str:
    """An ARN from its resource on, such as `role/app`."""
    return arn.split(":", 5)[-1]
