"""What a plan has that is not read.

In: the resources of one side of a plan. Out: what resources could change that are not read. Guarantee: nothing is
passed over in silence (S1): stacks and products of CloudFormation, whose templates hold resources of their own, what
the Cloud Control API makes, what is of a type that is not known, and provisioners; also what goes, for it may have
taken something away.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from verifier.inputs.resource_types import Family, UnknownResource, code_of
from verifier.inputs.resources.names import KEYS, REPLICAS, UNREAD_KEYS
from verifier.inputs.resources.resource import Resource, Verb
from verifier.inputs.resources.unread import Unread
from verifier.inputs.snapshot.workloads import Deed
from verifier.inputs.terraform.configuration import Block
from verifier.inputs.terraform.resolver import Resolver
from verifier.model.estate import Workload
from verifier.model.unmodelled import Influence, Unmodelled
from verifier.syntax.text import first_few, printable

_NOT_COUNTED = "is made as often as is not known"
_OF_COMMANDS = {"type", "command", "when", "on_failure", "quiet", "working_dir"}
"""What a provisioner may say that calls nothing of AWS: its `interpreter` and `environment` say what its command is."""
_INERT = re.compile(r"\s*(?:(?:echo|sleep|mkdir|touch|true|cd|zip|unzip)\b[^\n;|&`$<>()]*(?:;|&&|\n|$)\s*)+")
"""Commands that call nothing of AWS."""


def _is_inert(provisioner: Block) -> bool:
    """Iff a provisioner calls nothing of AWS; a command that is not known may. `file` runs nothing."""
    type_ = provisioner.text("type")
    command = provisioner.text("command") or ""
    inert = provisioner.attributes.keys() <= _OF_COMMANDS and bool(_INERT.fullmatch(command))
    return type_ == "file" or (type_ == "local-exec" and inert)


@dataclass
class PlanUnread(Unread):
    """The resources of one side of a plan that are not read."""

    side: Resolver

    def read(self) -> None:
        """Records what each may do, or change."""
        for resource in self.side.of_type():
            self._maker(resource)
            self.made_roles(resource)
        for address in self.side.plan.invoked:
            span, why = self.side.plan.address(address).span(0, 0), "runs when the plan is applied (`action`)"
            self.parts.unknown.append(
                UnknownResource(Family.ANYTHING, address, None, span, why=why, said=self.side.plan.whole)
            )
        for resource in self.side.done():
            self._changes(resource)
            self.roles(resource)
        for resource in self.side.doubtful:
            if resource.managed and resource.type not in (*KEYS, *REPLICAS, *UNREAD_KEYS):
                self._unsure(resource)
        if self.side.plan.deferred:
            put_off = first_few(self.side.plan.deferred)
            description = printable(
                f"Terraform has put off what it does to {put_off} (`deferred_changes`), so it is not known"
            )
            name = printable(f"deferred changes of {self.side.plan.file} ({self.side.plan.whole[:8]})")
            self.parts.unmodelled.append(Unmodelled(name, "U3", Influence.EITHER, description))

    def runs(self, resource: Resource) -> bool:
        return super().runs(resource) or self.is_maker(resource)

    def _maker(self, resource: Resource) -> None:
        if not self.is_maker(resource):
            return
        why, account = "has resources of its own, which are not read", self.side.account(resource)
        self.remarks.unread(
            self.side.at(resource), f"{resource.address} {why}", hint="check its template in a run of its own"
        )
        if self.is_everywhere(resource) and resource.verb is not Verb.KEEPS:
            self.may_change(resource, Family.IDENTITIES, why, account=account, everywhere=True)
        else:
            does = "has resources of its own, which may hold policies of users and roles"
            self.may(resource, "", "U3", Influence.EITHER, does, account=account, of_identities=True)

    def _unsure(self, resource: Resource) -> None:
        """Records what is left open by a resource of which it is not known how often it is made."""
        if resource.type == "aws_kms_alias":
            self.parts.loose_alias = self.unknown(resource, f"{resource.address}, which {_NOT_COUNTED}")
        elif resource.type == "aws_kms_grant":
            self.may(resource, "grant ", "G1", Influence.MAY_ALLOW, _NOT_COUNTED)
        else:
            self._changes(resource, read=False, why=_NOT_COUNTED)
        self._maker(resource)
        self.roles(resource)
        self.made_roles(resource, self.side.made_if(resource))
        if resource.type in ("aws_iam_role", "aws_iam_user", "aws_iam_group"):
            self.parts.leave_roles_out(None)
        account, span = self.side.account(resource) or "", self.side.at(resource).span
        kinds = code_of(resource.type) if self.parts.steps else ()
        self.parts.deeds += [Deed(resource.shown, account, Workload(kind, "", (), span=span)) for kind in kinds]

    def _changes(self, resource: Resource, **known: Any) -> None:
        """What a resource may change that it is not known to hold."""
        block = resource.configuration or Block()
        # Terraform runs provisioners when it makes or deletes the resource.
        if resource.verb in (Verb.MAKES, Verb.TAKES) and not all(map(_is_inert, block.blocks.get("provisioner", ()))):
            self.may_change(resource, Family.ANYTHING, "runs a command (`provisioner`)")
        if self.is_maker(resource) and resource.verb in (Verb.CHANGES, Verb.TAKES):
            self.may_change(resource, Family.ANYTHING, "has resources of its own, which the plan changes")
        self.changes(resource, **known)
