"""What surrounds the keys of a plan: its organization with control policies, and what is not read.

In: the resources of one side of a plan. Out: the parts of a snapshot, what control policies may refuse that are not known, and what
resources could change that are not read. Guarantee: the list of accounts is whole, or the organization is left out (F2); `FullAWSAccess` is
taken to be attached everywhere, as AWS attaches it. What is not read is not passed over in silence (S1): stacks and products of
CloudFormation, whose templates hold resources of their own, what the Cloud Control API makes, what is of a type that is not known, and
provisioners; also what goes, for it may have taken something away.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from verifier.inputs.doubt import is_unknown_whole
from verifier.inputs.resource_types import Family, UnknownResource, code_of, unknown_family
from verifier.inputs.resources.names import KEYS, REPLICAS, UNREAD_KEYS
from verifier.inputs.resources.reader import Reader
from verifier.inputs.resources.resource import Resource, Verb
from verifier.inputs.snapshot.controls import FULL_ACCESS, RESOURCE_CONTROL, SERVICE_CONTROL
from verifier.inputs.snapshot.organization import ACCOUNT, ROOT, UNIT
from verifier.inputs.snapshot.workloads import Deed
from verifier.inputs.terraform.configuration import Block
from verifier.inputs.terraform.json_text import Json
from verifier.inputs.terraform.plan_values import node_of
from verifier.inputs.terraform.resolver import Resolver, member
from verifier.inputs.text.access import Record
from verifier.inputs.text.nodes import Items, Scalar, entries
from verifier.inputs.text.unknown import names_in
from verifier.model.estate import Workload
from verifier.model.unmodelled import Influence, Unmodelled
from verifier.syntax.text import first_few, printable

_CONTROL = (SERVICE_CONTROL, RESOURCE_CONTROL)
_WHOLE = "aws_organizations_organization"
_CHANGING = ("aws_organizations_policy", "aws_organizations_organizational_unit", "aws_organizations_account")
"""How the types of resources begin that decide which control policies are over an account."""
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
_CONTROLLED = "aws_cloudcontrolapi_resource"
_NOT_COUNTED = "is made as often as is not known"
_OF_COMMANDS = {"type", "command", "when", "on_failure", "quiet", "working_dir"}
"""What a provisioner may say that calls nothing of AWS: its `interpreter` and `environment` say what its command is."""
_INERT = re.compile(r"\s*(?:(?:echo|sleep|mkdir|touch|true|cd|zip|unzip)\b[^\n;|&`$<>()]*(?:;|&&|\n|$)\s*)+")
"""Commands that call nothing of AWS."""


@dataclass
class PlanReader(Reader):
    """A reader of resources that plans alone have."""

    side: Resolver


@dataclass
class Organizations(PlanReader):
    """The organization resources of one side of a plan."""

    supposed: bool = False

    def read(self) -> None:
        """Adds the organization, if the plan has it; else what its control policies may refuse, and that it changes one."""
        found = (*self.side.of_type(_WHOLE), *self.side.of_type(_WHOLE, managed=False))
        whole = next((r for r in found if all(isinstance(r.values.get(name), str) for name in ("id", "master_account_id"))), None)
        listed = list(self.side.of_type("aws_organizations_policy"))
        policies = [policy for policy in listed if self._type(policy) in _CONTROL]
        for policy in listed:
            if not self._type(policy):
                self._may_refuse(policy, "a policy of a type that is not known")
        held = {self.side.text(policy, "id") for policy in listed} | set(FULL_ACCESS.values())
        for resource in self.side.of_type("aws_organizations_policy_attachment"):
            if self.side.text(resource, "policy_id") not in held - {None}:
                self._may_refuse(resource, "an attachment of a policy that the plan does not hold")
        accounts = None if whole is None else self._accounts(whole)
        if whole is None or accounts is None:
            for policy in policies:
                self._may_refuse(policy, "a control policy, and the plan does not list the accounts of its organization")
            for resource in self.side.plan.deeds:
                if resource.managed and resource.type.startswith(_CHANGING) and resource.verb is not Verb.KEEPS:
                    self.parts.organization_changes.append((self.side.at(resource), resource.address))
            return
        children = self.side.of_type("aws_organizations_organizational_unit", "aws_organizations_account")
        pairs = [(self.side.text(child, "id") or "", self.side.text(child, "parent_id")) for child in children]
        parents = {child: parent for child, parent in pairs if parent and (UNIT.fullmatch(child) or ACCOUNT.fullmatch(child))}
        place = self.side.place(whole)
        root = self.side.value(whole, "roots")
        roots = [own.text for entry in entries(root) if isinstance(own := member(entry, "id"), Scalar) and ROOT.fullmatch(own.text)]
        described = {"Id": whole.values.get("id"), "MasterAccountId": whole.values.get("master_account_id")}
        parts: dict[str, object] = {
            "describe_organization": {name: text for name, text in described.items() if isinstance(text, str)},
            "accounts": [{"Id": account} for account in accounts],
            "parents": {child: {"Parents": [{"Id": parent}]} for child, parent in parents.items()},
        }
        if roots:
            enabled = self._enabled(whole)
            parts["roots"] = [{"Id": roots[0]} | ({} if enabled is None else {"PolicyTypes": [{"Type": type_} for type_ in enabled]})]
            # To disable a type detaches its policies from all that is below the root [API: DisablePolicyType].
            policies = [policy for policy in policies if enabled is None or self._type(policy) in enabled]
        if policies:
            if not whole.managed:
                self._may_refuse(whole, "an organization that the plan reads, which may have others")
            levels = [*roots, *(child for child in parents if UNIT.fullmatch(child)), *accounts]
            parts["policies"] = list(self._policies(policies, levels))
        nodes = {name: node_of(place, part) for name, part in parts.items()}
        self.parts.add_organization(Record(self.remarks, self.side.at(whole), nodes))

    def _accounts(self, whole: Resource) -> list[str] | None:
        """All accounts; `None` where some of them are not known yet, or are not listed."""
        listed = self.side.value(whole, "accounts")
        if not isinstance(listed, Items) or names_in([listed]):
            return None
        found = [own.text for entry in listed.items if isinstance(own := member(entry, "id"), Scalar) and ACCOUNT.fullmatch(own.text)]
        made = [self.side.text(resource, "id") or "" for resource in self.side.of_type("aws_organizations_account")]
        return list(dict.fromkeys([*found, *made])) or None if all(map(ACCOUNT.fullmatch, made)) else None

    def _enabled(self, whole: Resource) -> list[str] | None:
        """The types of policies that are enabled at the root; `None` where they are not known."""
        types = self.side.value(whole, "enabled_policy_types")
        if not isinstance(types, Items) or names_in([types]):
            return None
        return [entry.text for entry in types.items if isinstance(entry, Scalar)]

    def _policies(self, policies: list[Resource], levels: list[str]) -> Iterator[object]:
        """Policies with their targets; first AWS's own, at every level that the plan does not detach it from."""
        self.supposed, attached, full = True, self._attached(), FULL_ACCESS[SERVICE_CONTROL]
        detachments = (found for found in self.side.done("aws_organizations_policy_attachment") if found.verb is Verb.TAKES)
        gone = {found.values.get("target_id") for found in detachments if found.values.get("policy_id") == full} - {*attached.get(full, ())}
        yield _with_targets({"Id": full, "Type": SERVICE_CONTROL}, [level for level in levels if level not in gone])
        for policy in policies:
            identifier = self.side.text(policy, "id")
            if identifier is not None:
                summary = {"Id": identifier, "Name": self.side.text(policy, "name") or policy.address, "Type": self._type(policy)}
                content = self.side.policy(policy, "content")
                known = {} if content is None or is_unknown_whole(content) else {"Content": content}
                yield node_of(self.side.place(policy), _with_targets(summary, attached.get(identifier, []), known))

    def _attached(self) -> dict[str, list[str]]:
        """The targets of each policy. One that is not known may be any target, so what is attached may refuse anywhere."""
        found: dict[str, list[str]] = {}
        for resource in self.side.of_type("aws_organizations_policy_attachment"):
            policy, target = self.side.text(resource, "policy_id"), self.side.text(resource, "target_id")
            if target is None:
                self._may_refuse(resource, "an attachment to a target that is not known")
            elif policy is not None:
                found.setdefault(policy, []).append(target)
        return found

    def _type(self, policy: Resource) -> str:
        """The type of a policy; empty where it is not known."""
        found = self.side.value(policy, "type")
        return found.text if isinstance(found, Scalar) else SERVICE_CONTROL if found is None else ""

    def _may_refuse(self, resource: Resource, why: str) -> None:
        attachments = self.side.of_type("aws_organizations_policy_attachment") if resource.type == "aws_organizations_policy" else ()
        self.may(resource, "control policy ", "D7", Influence.MAY_REFUSE, f"is {why}", attachments)


def _is_inert(provisioner: Block) -> bool:
    """Iff a provisioner calls nothing of AWS; a command that is not known may. `file` runs nothing."""
    type_ = provisioner.text("type")
    command = provisioner.text("command") or ""
    return type_ == "file" or type_ == "local-exec" and provisioner.attributes.keys() <= _OF_COMMANDS and bool(_INERT.fullmatch(command))


def _with_targets(summary: Json, targets: Sequence[str], content: Json | None = None) -> Json:
    listed = {"Targets": [{"TargetId": target} for target in dict.fromkeys(targets)]}
    return {"policy": {"PolicySummary": summary, **(content or {})}, "targets": listed}


class Unread(PlanReader):
    """The resources of one side of a plan that are not read."""

    def read(self) -> None:
        """Records what each may do, or change."""
        for resource in self.side.plan.after.values():
            if resource.managed and _STACK.fullmatch(self._type(resource) or ""):
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
        type_, block = self._type(resource), resource.configuration or Block()
        # Terraform runs provisioners when it makes or deletes the resource.
        if resource.verb in (Verb.MAKES, Verb.TAKES) and not all(map(_is_inert, block.blocks.get("provisioner", ()))):
            self.may_change(resource, Family.ANYTHING, "runs a command (`provisioner`)")
        if type_ is None:
            self.may_change(resource, Family.ANYTHING, "has a `type_name` that is not known")
            return
        if _STACK.fullmatch(type_) and resource.verb in (Verb.CHANGES, Verb.TAKES):
            self.may_change(resource, Family.ANYTHING, "has resources of its own, which the plan changes")
        family = unknown_family(type_, read=read and resource.type != _CONTROLLED)
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

    def _type(self, resource: Resource) -> str | None:
        """The type; of what the Cloud Control API makes that of CloudFormation, `None` where it is not known."""
        return resource.type if resource.type != _CONTROLLED else self.side.text(resource, "type_name")
