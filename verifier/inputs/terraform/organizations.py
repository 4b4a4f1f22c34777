"""The organization of a plan: accounts, organizational units, control policies and what they are attached to.

In: a resolver. Out: the members of `organization` in a snapshot, or what its policies may refuse where the organization is not in the plan.
Guarantee: the list of accounts is whole, or the organization is left out (F2). `FullAWSAccess` is taken to be attached everywhere, as
AWS attaches it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from verifier.inputs.controls import FULL_ACCESS, RESOURCE_CONTROL, SERVICE_CONTROL
from verifier.inputs.doubt import is_unknown_whole
from verifier.inputs.nodes import Items, Scalar, entries
from verifier.inputs.organization import ACCOUNT, ROOT, UNIT
from verifier.inputs.terraform.documents import policy_attribute
from verifier.inputs.terraform.json_text import Json
from verifier.inputs.terraform.plan import Resource, Verb
from verifier.inputs.terraform.reader import Reader
from verifier.inputs.terraform.resolver import member
from verifier.inputs.terraform.values import node_of
from verifier.inputs.unknown import names_in
from verifier.model.estate import Influence

_CONTROL = (SERVICE_CONTROL, RESOURCE_CONTROL)

_CHANGING = ("aws_organizations_policy", "aws_organizations_organizational_unit", "aws_organizations_account")
"""How the types of resources begin that decide which control policies are over an account."""


@dataclass
class Organizations(Reader):
    """The organization resources of one side of a plan."""

    supposed: bool = False

    def read(self) -> None:
        """Adds the organization, if the plan has it; else what its control policies may refuse, and that it changes one."""
        whole = self._organization()
        listed = list(self.resolver.of_type("aws_organizations_policy"))
        policies = [policy for policy in listed if self._type(policy) in _CONTROL]
        for policy in listed:
            if not self._type(policy):
                self._may_refuse(policy, "a policy of a type that is not known")
        held = {self.resolver.text(policy, "id") for policy in listed} | set(FULL_ACCESS.values())
        for resource in self.resolver.of_type("aws_organizations_policy_attachment"):
            if self.resolver.text(resource, "policy_id") not in held - {None}:
                self._may_refuse(resource, "an attachment of a policy that the plan does not hold")
        accounts = None if whole is None else self._accounts(whole)
        if whole is None or accounts is None:
            for policy in policies:
                self._may_refuse(policy, "a control policy, and the plan does not list the accounts of its organization")
            for resource in self.resolver.plan.deeds:
                if resource.managed and resource.type.startswith(_CHANGING) and resource.verb is not Verb.KEEPS:
                    self.parts.organization_changes.append((self.at(resource), resource.address))
            return
        place, parents = self.resolver.place(whole), self._parents()
        root = self.resolver.value(whole, "roots")
        roots = [found.text for entry in entries(root) if isinstance(found := member(entry, "id"), Scalar) and ROOT.fullmatch(found.text)]
        described = {"Id": whole.values.get("id"), "MasterAccountId": whole.values.get("master_account_id")}
        parts: dict[str, object] = {
            "describe_organization": {name: text for name, text in described.items() if isinstance(text, str)},
            "accounts": [{"Id": account} for account in accounts],
            "parents": {child: {"Parents": [{"Id": parent}]} for child, parent in parents.items()},
        }
        if roots:
            parts["roots"] = [{"Id": roots[0]} | self._enabled(whole)]
        if policies:
            if not whole.managed:
                self._may_refuse(whole, "an organization that the plan reads, which may have others")
            levels = [*roots, *(child for child in parents if UNIT.fullmatch(child)), *accounts]
            parts["policies"] = list(self._policies(policies, levels))
        self.parts.add_organization(self.remarks, self.at(whole), {name: node_of(place, found) for name, found in parts.items()})

    def _organization(self) -> Resource | None:
        found = [*self.resolver.of_type("aws_organizations_organization")]
        found += self.resolver.of_type("aws_organizations_organization", managed=False)
        usable = [r for r in found if all(isinstance(r.values.get(name), str) for name in ("id", "master_account_id"))]
        return usable[0] if usable else None

    def _accounts(self, whole: Resource) -> list[str] | None:
        """All accounts; `None` where some of them are not known yet, or are not listed."""
        listed = self.resolver.value(whole, "accounts")
        if not isinstance(listed, Items) or names_in([listed]):
            return None
        found = [own.text for entry in listed.items if isinstance(own := member(entry, "id"), Scalar) and ACCOUNT.fullmatch(own.text)]
        for resource in self.resolver.of_type("aws_organizations_account"):
            account = self.resolver.text(resource, "id")
            if account is None or not ACCOUNT.fullmatch(account):
                return None
            found.append(account)
        return list(dict.fromkeys(found)) or None

    def _enabled(self, whole: Resource) -> Json:
        """The types of policies that are enabled at the root, where they are known."""
        types = self.resolver.value(whole, "enabled_policy_types")
        if not isinstance(types, Items) or names_in([types]):
            return {}
        return {"PolicyTypes": [{"Type": entry.text} for entry in types.items if isinstance(entry, Scalar)]}

    def _parents(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for resource in self.resolver.of_type("aws_organizations_organizational_unit", "aws_organizations_account"):
            child, parent = self.resolver.text(resource, "id"), self.resolver.text(resource, "parent_id")
            if child and parent and (UNIT.fullmatch(child) or ACCOUNT.fullmatch(child)):
                found[child] = parent
        return found

    def _policies(self, policies: list[Resource], levels: list[str]) -> Iterator[object]:
        """Policies with their targets; first AWS's own, at every level."""
        self.supposed = True
        yield _with_targets({"Id": FULL_ACCESS[SERVICE_CONTROL], "Type": SERVICE_CONTROL}, levels)
        attached = self._attached()
        for policy in policies:
            identifier = self.resolver.text(policy, "id")
            if identifier is not None:
                summary = {"Id": identifier, "Name": self.resolver.text(policy, "name") or policy.address, "Type": self._type(policy)}
                content = policy_attribute(self.resolver, policy, "content")
                known = {} if content is None or is_unknown_whole(content) else {"Content": content}
                yield node_of(self.resolver.place(policy), _with_targets(summary, attached.get(identifier, []), known))

    def _attached(self) -> dict[str, list[str]]:
        """The targets of each policy. One that is not known may be any target, so what is attached may refuse anywhere."""
        found: dict[str, list[str]] = {}
        for resource in self.resolver.of_type("aws_organizations_policy_attachment"):
            policy, target = self.resolver.text(resource, "policy_id"), self.resolver.text(resource, "target_id")
            if target is None:
                self._may_refuse(resource, "an attachment to a target that is not known")
            elif policy is not None:
                found.setdefault(policy, []).append(target)
        return found

    def _type(self, policy: Resource) -> str:
        """The type of a policy; empty where it is not known."""
        found = self.resolver.value(policy, "type")
        return found.text if isinstance(found, Scalar) else SERVICE_CONTROL if found is None else ""

    def _may_refuse(self, resource: Resource, why: str) -> None:
        self.may(resource, "control policy ", "D7", Influence.MAY_REFUSE, f"is {why}")


def _with_targets(summary: Json, targets: Sequence[str], content: Json | None = None) -> Json:
    listed = {"Targets": [{"TargetId": target} for target in dict.fromkeys(targets)]}
    return {"policy": {"PolicySummary": summary, **(content or {})}, "targets": listed}
