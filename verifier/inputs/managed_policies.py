"""The managed policies of one account: those that are attached, and every other that the input holds.

In: an `Inventory` and ARNs. Out: `Policy` for what is attached, `ManagedPolicy` for all that is listed.
Guarantee: a policy whose document is not in the input is an unmodelled thing of whom it is attached to, never an empty one (U3); each
document is read once.
"""

from __future__ import annotations

from collections.abc import Mapping

from verifier.inputs.access import Record, flag, items, member_text, members
from verifier.inputs.doubt import is_unknown_whole
from verifier.inputs.inventory import Inventory
from verifier.inputs.nodes import Node
from verifier.inputs.policies import read_document
from verifier.inputs.unknown import names_in
from verifier.model.estate import ManagedPolicy
from verifier.model.policy import Policy, PolicyKind


def attached_policy(inventory: Inventory, place: Node, arn: str, principal: str) -> Policy | None:
    """The default version of a managed policy; without its document in the input it is an unmodelled thing of the principal (U3)."""
    if not has_document(inventory, arn):
        names = names_in([inventory.managed[arn]]) if arn in inventory.managed else ()
        inventory.missing(place, f"policy {arn}", principal, names)
        return None
    return policy_in_force(inventory, arn, PolicyKind.IDENTITY)


def has_document(inventory: Inventory, arn: str) -> bool:
    """Whether the input holds the document of a managed policy that is in force."""
    return _document(inventory, arn) is not None


def policy_in_force(inventory: Inventory, arn: str, kind: PolicyKind) -> Policy | None:
    """A managed policy whose document is in the input. The same one may be a boundary too, under another identity."""
    identity = f"{arn}#boundary" if kind is PolicyKind.BOUNDARY else arn
    if identity not in inventory.read:
        document = _document(inventory, arn)
        assert document is not None
        inventory.read[identity] = read_document(inventory.remarks, document, kind, identity=identity, name=_name(arn))
    return inventory.read[identity]


def managed_policies(inventory: Inventory) -> tuple[ManagedPolicy, ...]:
    """Every managed policy that is listed, attached or not, with all versions whose documents are there (E0)."""
    return tuple(_managed_policy(inventory, arn, node) for arn, node in inventory.managed.items())


def _managed_policy(inventory: Inventory, arn: str, node: Node) -> ManagedPolicy:
    found = members(inventory.remarks, node, "a managed policy")
    has_document(inventory, arn)  # tells of versions that contradict each other, also where none is in force
    default = member_text(inventory.remarks, found, "DefaultVersionId")
    read: dict[str, Policy] = {}
    versions = _versions(inventory, found)
    for version_id, version, in_force in versions:
        policy = _version(inventory, arn, version, in_force=in_force)
        if version_id is not None and policy is not None:
            read[version_id] = policy
        if in_force:
            default = version_id or default
    return ManagedPolicy(arn, tuple(read.items()), default, node.span, complete=0 < len(versions) == len(read))


def _version(inventory: Inventory, arn: str, version: Mapping[str, Node], *, in_force: bool) -> Policy | None:
    """The document of a version; `None` where the input does not hold it."""
    if in_force:
        return policy_in_force(inventory, arn, PolicyKind.IDENTITY) if has_document(inventory, arn) else None
    document = version.get("Document")
    if document is None or is_unknown_whole(document):
        return None
    return read_document(inventory.remarks, document, PolicyKind.IDENTITY, identity=arn, name=_name(arn))


def _versions(inventory: Inventory, policy: Mapping[str, Node]) -> list[tuple[str | None, Record, bool]]:
    """Each version: its ID, its members, and whether it is the one in force."""
    remarks = inventory.remarks
    default = member_text(remarks, policy, "DefaultVersionId")
    found = []
    for node in items(remarks, policy["PolicyVersionList"], "`PolicyVersionList`") if "PolicyVersionList" in policy else []:
        version = members(remarks, node, "a policy version")
        is_default, version_id = flag(remarks, version, "IsDefaultVersion"), member_text(remarks, version, "VersionId")
        in_force = is_default or (is_default is None and version_id is not None and version_id == default)
        found.append((version_id, version, bool(in_force)))
    return found


def _document(inventory: Inventory, arn: str) -> Node | None:
    """The document of the version that is in force; `None` where the input does not hold it."""
    if arn not in inventory.documents:
        inventory.documents[arn] = _default_document(inventory, arn) if arn in inventory.managed else None
    return inventory.documents[arn]


def _default_document(inventory: Inventory, arn: str) -> Node | None:
    policy = members(inventory.remarks, inventory.managed[arn], "a managed policy")
    versions = _versions(inventory, policy)
    in_force = [version for _, version, is_default in versions if is_default]
    if len(in_force) > 1:
        inventory.remarks.error(inventory.managed[arn], f"{arn} has more than one default version")
    default = member_text(inventory.remarks, policy, "DefaultVersionId")
    for version_id, version, is_default in versions:
        if None not in (default, version_id) and is_default != (version_id == default):
            said = "the default one" if is_default else "not the default one"
            message = f"`IsDefaultVersion` says that {version_id} is {said}, and `DefaultVersionId` of {arn} is {default}"
            inventory.remarks.error(version["IsDefaultVersion"], message)
    document = in_force[0].get("Document") if in_force else None
    return None if document is None or is_unknown_whole(document) else document


def _name(arn: str) -> str:
    return arn.rsplit("/", 1)[-1]
