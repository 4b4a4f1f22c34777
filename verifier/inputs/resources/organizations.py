"""The organization of a plan or template, with its control policies (D7, F2).

In: their resources. Out: the parts of an organization, as a snapshot has them; what control policies may refuse that
are not known; what changes an organization. Guarantee: the list of accounts is whole, or the organization is left out,
as always of a template, which has no such list; `FullAWSAccess` is taken to be attached everywhere, as AWS attaches it.
Where accounts come or go the list is not whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from verifier.inputs.resources.reader import ResourceReader
from verifier.inputs.resources.resource import Json, Resource, Verb
from verifier.inputs.snapshot.controls import FULL_ACCESS, RESOURCE_CONTROL, SERVICE_CONTROL
from verifier.inputs.snapshot.organization import ROOT, TWELVE_DIGITS, UNIT
from verifier.inputs.terraform.plan_values import node_of
from verifier.inputs.text.access import Record
from verifier.inputs.text.nodes import Items, Scalar, entries, text_of
from verifier.inputs.text.unknown import names_in
from verifier.model.unmodelled import Influence

_CONTROL = (SERVICE_CONTROL, RESOURCE_CONTROL)
_WHOLE, _ACCOUNTS = "aws_organizations_organization", "aws_organizations_account"
_ATTACHES = "aws_organizations_policy_attachment"
_MANAGEMENT = "master_account_id"
_POLICIES = ("aws_organizations_policy", "AWS::Organizations::Policy")
_CHANGING = re.compile(
    r"(?:aws|awscc)_organizations_(?:account|organization|organizational_unit|policy\w*)"
    r"|AWS::Organizations::(?:Account|Organization|OrganizationalUnit|Policy)"
)
"""The types of resources that decide which accounts an organization has, and which control policies are over them."""
_OF_ACCOUNTS = re.compile(r".*organizations(?:_|::)account", re.IGNORECASE)


@dataclass
class Organizations(ResourceReader):
    """The organization resources of a template, or of one side of a plan."""

    supposed: bool = False
    """Whether `FullAWSAccess` counts as attached everywhere."""

    def supposes(self) -> list[str]:
        return ["FullAWSAccess is attached to the root and to every OU and account"] if self.supposed else []

    def read(self) -> None:
        """Adds the organization, if the plan has it; else what its control policies may refuse, and its changes."""
        policies = self._control_policies()
        changes = [one for one in (*self.side.done(), *self.side.uncounted) if self._changes(one)]
        found = (*self.side.of_type(_WHOLE), *self.side.of_type(_WHOLE, managed=False))
        known = (one for one in found if all(isinstance(one.values.get(name), str) for name in ("id", _MANAGEMENT)))
        whole = next(known, None)
        accounts = None if whole is None else self._accounts(whole, changes)
        if whole is not None and accounts is not None:
            self._add(whole, accounts, policies)
            return
        for policy in policies:
            why = f"a control policy, and the {self.side.what} does not list the accounts of its organization"
            self._may_refuse(policy, why)
        self.parts.organization_changes += [(self.side.at(one), one.shown) for one in changes]

    def _control_policies(self) -> list[Resource]:
        """Those that are held; records what else may be attached."""
        listed = list(self.side.of_type(*_POLICIES))
        for policy in listed:
            if not self._type(policy):
                self._may_refuse(policy, "a policy of a type that is not known")
        held = {self.side.text(policy, "id") for policy in listed} | set(FULL_ACCESS.values())
        for resource in self.side.of_type(_ATTACHES):
            if self.side.text(resource, "policy_id") not in held - {None}:
                self._may_refuse(resource, f"an attachment of a policy that the {self.side.what} does not hold")
        return [policy for policy in listed if self._type(policy) in _CONTROL]

    def _add(self, whole: Resource, accounts: list[str], policies: list[Resource]) -> None:
        """Adds the organization, with its accounts and what of its control policies is in force."""
        parents = dict(self._parents())
        place = self.side.at(whole)
        ids = (text_of(entry, "id") or "" for entry in entries(self.side.value(whole, "roots")))
        roots = list(filter(ROOT.fullmatch, ids))
        names = {"Id": "id", "MasterAccountId": _MANAGEMENT, "FeatureSet": "feature_set"}
        described = {title: whole.values.get(name) for title, name in names.items()}
        parts: dict[str, object] = {
            "describe_organization": {name: text for name, text in described.items() if isinstance(text, str)},
            "accounts": [{"Id": account} for account in accounts],
            "parents": {child: {"Parents": [{"Id": parent}]} for child, parent in parents.items()},
        }
        if roots:
            enabled = self._enabled(whole)
            types = {} if enabled is None else {"PolicyTypes": [{"Type": type_} for type_ in enabled]}
            parts["roots"] = [{"Id": roots[0]} | types]
            # To disable a type detaches its policies from all that is below the root [API: DisablePolicyType].
            policies = [policy for policy in policies if enabled is None or self._type(policy) in enabled]
        if policies:
            if not whole.managed:
                self._may_refuse(whole, f"an organization that the {self.side.what} reads, which may have others")
            levels = [*roots, *filter(UNIT.fullmatch, parents), *accounts]
            parts["policies"] = list(self._policies(policies, levels))
        nodes = {name: node_of(place.source, part) for name, part in parts.items()}
        self.parts.add_organization(Record(self.remarks, place, nodes))

    def _parents(self) -> Iterator[tuple[str, str]]:
        """Organizational units and accounts, each with what it is in."""
        for resource in self.side.of_type("aws_organizations_organizational_unit", _ACCOUNTS):
            child, parent = self.side.text(resource, "id") or "", self.side.text(resource, "parent_id")
            if parent and (UNIT.fullmatch(child) or TWELVE_DIGITS.fullmatch(child)):
                yield child, parent

    def _changes(self, resource: Resource) -> bool:
        """True iff a resource changes an organization."""
        changed = resource.managed and resource.verb is not Verb.KEEPS
        return changed and _CHANGING.fullmatch(self.type_of(resource) or "") is not None

    def _accounts(self, whole: Resource, changes: Sequence[Resource]) -> list[str] | None:
        """All accounts; `None` where some of them are not known yet, are not listed, or go."""
        listed, own = self.side.value(whole, "accounts"), list(self.side.of_type(_ACCOUNTS))
        others = [one for one in changes if _OF_ACCOUNTS.fullmatch(self.type_of(one) or "") and one not in own]
        if others or not isinstance(listed, Items) or names_in([listed]):
            return None
        found = [text for entry in listed.items if TWELVE_DIGITS.fullmatch(text := text_of(entry, "id") or "")]
        made = [self.side.text(resource, "id") or "" for resource in own]
        return list(dict.fromkeys([*found, *made])) or None if all(map(TWELVE_DIGITS.fullmatch, made)) else None

    def _enabled(self, whole: Resource) -> list[str] | None:
        """The types of policies that are enabled at the root; `None` where they are not known."""
        types = self.side.value(whole, "enabled_policy_types")
        if not isinstance(types, Items) or names_in([types]):
            return None
        return [entry.text for entry in types.items if isinstance(entry, Scalar)]

    def _policies(self, policies: list[Resource], levels: list[str]) -> Iterator[object]:
        """Policies with their targets; first AWS's own, at every level that the plan does not detach it from."""
        self.supposed, attached, full = True, self._attached(), FULL_ACCESS[SERVICE_CONTROL]
        detachments = (found for found in self.side.done(_ATTACHES) if found.verb is Verb.TAKES)
        gone = {found.values.get("target_id") for found in detachments if found.values.get("policy_id") == full} - {
            *attached.get(full, ())
        }
        yield _with_targets({"Id": full, "Type": SERVICE_CONTROL}, [level for level in levels if level not in gone])
        for policy in policies:
            identifier = self.side.text(policy, "id")
            if identifier is not None:
                name = self.side.text(policy, "name") or policy.address
                summary = {"Id": identifier, "Name": name, "Type": self._type(policy)}
                content = self.side.policy(policy, "content")
                known = {} if content is None else {"Content": content}
                yield node_of(self.side.at(policy).source, _with_targets(summary, attached.get(identifier, []), known))

    def _attached(self) -> dict[str, list[str]]:
        """The targets of each policy. One that is not known may be any, so the policy may refuse anywhere."""
        found: dict[str, list[str]] = {}
        for resource in self.side.of_type(_ATTACHES):
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
        attachments = self.side.of_type(_ATTACHES) if resource.type in _POLICIES else ()
        self.may(resource, "control policy ", "D7", Influence.MAY_REFUSE, f"is {why}", attachments)


def _with_targets(summary: Json, targets: Sequence[str], content: Json | None = None) -> Json:
    listed = {"Targets": [{"TargetId": target} for target in dict.fromkeys(targets)]}
    return {"policy": {"PolicySummary": summary, **(content or {})}, "targets": listed}
