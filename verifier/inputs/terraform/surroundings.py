"""What a plan has that is not read.

In: the resources of one side of a plan. Out: what resources could change that are not read. Guarantee: nothing is passed over in silence
(S1): stacks and products of CloudFormation, whose templates hold resources of their own, what the Cloud Control API makes, what is of a
type that is not known, and provisioners; also what goes, for it may have taken something away.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from verifier.inputs.resource_types import Family, UnknownResource, code_of, unknown_family
from verifier.inputs.resources.names import KEYS, REPLICAS, UNREAD_KEYS
from verifier.inputs.resources.reader import Reader
from verifier.inputs.resources.resource import CONTROLLED, Resource, Verb
from verifier.inputs.snapshot.workloads import Deed
from verifier.inputs.terraform.configuration import Block
from verifier.inputs.terraform.resolver import Resolver
from verifier.model.estate import Workload
from verifier.model.unmodelled import Influence, Unmodelled
from verifier.syntax.text import first_few, printable

_STACK = re.compile(
    r"(?:aws|awscc)_(?:\w+_)?(?:cloudformation_stack\w*|provisioned_product)|AWS::\w+::(?:Stack(?:Set)?|\w*ProvisionedProduct)"
)
"""Types whose resources are made of a template."""
RUNS = re.compile(rf"{_STACK.pattern}|aws_lambda_invocation|aws_ssm_association|shell_\w+")
"""Types of what runs code of others when it is made or changed, which may be told of keys."""
_OF_SERVICE = "aws_iam_service_linked_role"
_MAKES_ROLES = re.compile(
    rf"{_OF_SERVICE}|(?:aws|awscc)_(?:\w+_)?(?:cloudformation_stack\w*|provisioned_product)"
    r"|awscc_iam_(?:role|user|service_linked_role)|aws_cloudcontrolapi_resource(?:AWS::(?:IAM|CloudFormation|ServiceCatalog)::\w+)?"
)
"""Types of resources that make roles, or may, which the plan does not have; with the `type_name` of what the Cloud Control API makes."""
_PERMISSION_SETS = re.compile(r"aws_ssoadmin_\w+|awscc_sso_\w+")
_NOT_COUNTED = "is made as often as is not known"
_OF_COMMANDS = {"type", "command", "when", "on_failure", "quiet", "working_dir"}
"""What a provisioner may say that calls nothing of AWS: its `interpreter` and `environment` say what its command is."""
_INERT = re.compile(r"\s*(?:(?:echo|sleep|mkdir|touch|true|cd|zip|unzip)\b[^\n;|&`$<>()]*(?:;|&&|\n|$)\s*)+")
"""Commands that call nothing of AWS."""


def _is_inert(provisioner: Block) -> bool:
    """Iff a provisioner calls nothing of AWS; a command that is not known may. `file` runs nothing."""
    type_ = provisioner.text("type")
    command = provisioner.text("command") or ""
    return type_ == "file" or type_ == "local-exec" and provisioner.attributes.keys() <= _OF_COMMANDS and bool(_INERT.fullmatch(command))


@dataclass
class Unread(Reader):
    """The resources of one side of a plan that are not read."""

    side: Resolver

    def read(self) -> None:
        """Records what each may do, or change."""
        for resource in self.side.plan.after.values():
            if resource.managed and _STACK.fullmatch(self.type_of(resource) or ""):
                message = f"{resource.address} has resources of its own, which are not read"
                self.remarks.unread(self.side.at(resource), message, hint="check its template in a run of its own")
                does = "has resources of its own, which may hold policies of users and roles"
                self.may(resource, "", "U3", Influence.EITHER, does, account=self.side.account(resource), of_identities=True)
            self._made_by_others(resource)
        for address in self.side.plan.invoked:
            span, why = self.side.plan.address(address).span(0, 0), "runs when the plan is applied (`action`)"
            self.parts.unknown.append(UnknownResource(Family.ANYTHING, address, None, span, why=why, said=self.side.plan.whole))
        for resource in self.side.plan.deeds:
            if resource.managed:
                self._changes(resource)
                self._roles(resource)
        for resource in self.side.plan.doubtful:
            if resource.managed and resource.type not in (*KEYS, *REPLICAS, *UNREAD_KEYS):
                self._unsure(resource)
        if self.side.plan.deferred:
            put_off = first_few(self.side.plan.deferred)
            description = printable(f"Terraform has put off what it does to {put_off} (`deferred_changes`), so it is not known")
            name = printable(f"deferred changes of {self.side.plan.file} ({self.side.plan.whole[:8]})")
            self.parts.unmodelled.append(Unmodelled(name, "U3", Influence.EITHER, description))

    def _unsure(self, resource: Resource) -> None:
        """Records what is left open by a resource of which it is not known how often it is made."""
        if resource.type == "aws_kms_alias":
            self.parts.loose_alias = self.unknown(resource, f"{resource.address}, which {_NOT_COUNTED}")
        elif resource.type == "aws_kms_grant":
            self.may(resource, "grant ", "G1", Influence.MAY_ALLOW, _NOT_COUNTED)
        else:
            self._changes(resource, read=False)
        self._roles(resource)
        self._made_by_others(resource, self.side.made_if(resource))
        if resource.type in ("aws_iam_role", "aws_iam_user", "aws_iam_group"):
            self.parts.leave_roles_out(None)
        account, span = self.side.account(resource) or "", self.side.at(resource).span
        kinds = code_of(resource.type) if self.parts.steps else ()
        self.parts.deeds += [Deed(resource.shown, account, Workload(kind, "", (), span=span)) for kind in kinds]

    def _changes(self, resource: Resource, *, read: bool = True) -> None:
        """What a resource may change that it is not known to hold."""
        type_, block = self.type_of(resource), resource.configuration or Block()
        # Terraform runs provisioners when it makes or deletes the resource.
        if resource.verb in (Verb.MAKES, Verb.TAKES) and not all(map(_is_inert, block.blocks.get("provisioner", ()))):
            self.may_change(resource, Family.ANYTHING, "runs a command (`provisioner`)")
        if type_ is None:
            self.may_change(resource, Family.ANYTHING, "has a `type_name` that is not known")
            return
        if _STACK.fullmatch(type_) and resource.verb in (Verb.CHANGES, Verb.TAKES):
            self.may_change(resource, Family.ANYTHING, "has resources of its own, which the plan changes")
        family = unknown_family(type_, read=read and resource.type != CONTROLLED)
        if family is not None and not read:
            self.may_change(resource, family, _NOT_COUNTED)
        elif family is not None:
            self.may_change(resource, family)
        if family is Family.KEYS and read:
            self.remarks.unread(self.side.at(resource), f"{resource.address} is of a type that is not read")

    def _roles(self, resource: Resource) -> None:
        """Roles that a resource makes, and that are not in the plan."""
        type_ = f"{resource.type}{resource.values.get('type_name') or ''}"
        if _MAKES_ROLES.fullmatch(type_) and resource.verb not in (Verb.KEEPS, Verb.TAKES):
            self.parts.leave_roles_out(None if "stack_set" in resource.type else self.side.account(resource))
        if _PERMISSION_SETS.fullmatch(resource.type) and resource.verb is not Verb.KEEPS:
            self.parts.leave_roles_out(None, permission_sets=resource.address)

    def _made_by_others(self, resource: Resource, *more: object) -> None:
        """What roles have that AWS makes for a resource."""
        if resource.managed and (_PERMISSION_SETS.fullmatch(resource.type) or resource.type == _OF_SERVICE):
            self.parts.made_by_others.append((resource.address, [self.whole(resource), *more], None))
