"""The inventory of one account.

In: the output of `get-account-authorization-details`, one page or several; listings of identity providers. Out: an `Account`, and what it
refers to without holding it.
Guarantee: everything attached to a user, role or group is read, or is an `Unmodelled` that names it (U1, U3).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from verifier.inputs.access import check_complete, is_null, items, member_text, members
from verifier.inputs.doubt import is_unknown_whole
from verifier.inputs.drafts import NAMES
from verifier.inputs.elsewhere import Elsewhere, as_changed, as_told, besides, policy_as_told, unlisted, without_gone
from verifier.inputs.identity_providers import read_providers
from verifier.inputs.inventory import Inventory, short
from verifier.inputs.keys import read_tags
from verifier.inputs.managed_policies import attached_policy, has_document, managed_policies, policy_in_force
from verifier.inputs.nodes import Items, Members, Node, Remarks, text_of
from verifier.inputs.policies import read_document
from verifier.inputs.unknown import names_in
from verifier.model.estate import Account, Group, Identity, Influence, Unmodelled
from verifier.model.policy import Policy, PolicyKind
from verifier.syntax.text import first_few

LISTS = ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")
"""The lists in the output of `get-account-authorization-details`."""

_ARN = re.compile(r"arn:(?:aws|aws-cn|aws-us-gov):iam::([0-9]{12}):(user|role|group)/[\x21-\x7e]+")


def read_account(
    remarks: Remarks,
    account: str,
    given: Sequence[Node],
    made: Sequence[Node] = (),
    elsewhere: Sequence[Elsewhere] = (),
    providers: Mapping[str, Sequence[Node]] | None = None,
    *,
    complete: bool = True,
    steps: bool = True,
    trusts: bool = True,
) -> tuple[Account, tuple[Unmodelled, ...]]:
    """An account from its authorization details; a list of them is read as pages of one listing.

    What plans and templates make, in `made`, takes the place of what is `given` with the same name, which no two users, roles or groups
    of an account have; what that has besides is not known to stay or go. What they do to others is `elsewhere`.
    `complete` is false where the account has other users and roles, which are not listed (U1). `providers` are listings as
    `identity_providers.read_providers` takes them. Without `steps` managed policies that nobody has are not read, without `trusts` trust
    policies.
    """
    inventory = Inventory(remarks, account, steps, trusts)
    lists: dict[str, list[Node]] = {name: [] for name in LISTS}
    for details in made:
        for name, entries in as_changed(_merged(remarks, details), elsewhere, made=True).items():
            lists[name] += entries
    own = {name: {_unique(entry, name): entry for entry in entries} for name, entries in lists.items()}
    known: dict[str, Node] = {}
    for details in given:
        merged = without_gone(_merged(remarks, details), elsewhere)
        known |= {_own_name(entry, "Policies"): entry for entry in merged["Policies"]}
        for name, entries in as_changed(merged, elsewhere).items():
            complete = complete and len(entries) == len(merged[name])  # one that is not listed any more is still there
            for entry in entries:
                same = own[name].get(_unique(entry, name))
                if same is None:
                    lists[name].append(entry)
                    _perhaps_changed(inventory, entry, name, elsewhere)
                elif name != "Policies" and (arn := text_of(same, "Arn")) is not None:
                    _besides(inventory, entry, same, arn)
                    lists[name] = [as_told(made, entry, elsewhere) if made is same else made for made in lists[name]]
    others = _not_listed(lists, elsewhere) if complete else {}
    complete = complete and all(kind == "group" for kind, _ in others)
    inventory.unmodelled += [
        unlisted(f"join group {name}", "the input does not list it", account, place.span)
        for (kind, name), place in others.items()
        if kind == "group"
    ]
    attached = {arn: entry for change in elsewhere for entry in change.policies if (arn := text_of(entry, "Arn")) not in own["Policies"]}
    lists["Policies"] = [*(entry for entry in lists["Policies"] if text_of(entry, "Arn") not in attached), *attached.values()]
    lists["Policies"] = [policy_as_told(entry, known.get(_own_name(entry, "Policies")), elsewhere) for entry in lists["Policies"]]
    _index(inventory, lists)
    inventory.read_groups |= {name: group for name, node in inventory.groups.items() if (group := _group(inventory, node)) is not None}
    users, roles = ([_identity(inventory, node, kind) for node in lists[f"{NAMES[kind]}DetailList"]] for kind in ("user", "role"))
    _check_distinct(remarks, [*users, *roles], [*lists["UserDetailList"], *lists["RoleDetailList"]])
    read = Account(
        account,
        users=tuple(user for user in users if user),
        roles=tuple(role for role in roles if role),
        complete=complete,
        groups=tuple(inventory.read_groups.values()),
        managed=managed_policies(inventory) if steps else (),
        unlisted=_unlisted(given) if complete else (),
        providers=read_providers(remarks, account, providers or {}),
    )
    return read, tuple(inventory.unmodelled)


def _not_listed(lists: Mapping[str, list[Node]], elsewhere: Sequence[Elsewhere]) -> dict[tuple[str, str], Node]:
    """Those that plans or templates attach something to, and that no list has: each with a place where that is done."""
    listed = {(kind, _own_name(entry, "")) for kind, title in NAMES.items() for entry in lists[f"{title}DetailList"]}
    changed = [(change, name, draft) for change in elsewhere for name, draft in change.drafts.items() if draft.says_something]
    drafts = [(name, draft.place) for change, name, draft in changed if not change.may_be(name) and name not in change.gone]
    return {name: place for name, place in drafts if name not in listed}


def _besides(inventory: Inventory, entry: Node, made: Node, arn: str) -> None:
    """Records what a snapshot has attached to an identity, and the plan or template that makes it has not: it may stay, or go."""
    kind = arn.split(":", 5)[-1].split("/", 1)[0]
    for what in besides(entry, made, NAMES.get(kind, "")):
        description = f"{what} of {arn} is in the snapshot, and not in the plan or template that makes it: whether it stays is not known"
        if kind == "group":
            inventory.doubts.setdefault(arn, []).append((what, description))
        else:
            inventory.doubt(entry, what, arn, description)


def _perhaps_changed(inventory: Inventory, entry: Node, listed: str, elsewhere: Sequence[Elsewhere]) -> None:
    """Records that a group of a snapshot may be one that a plan or template changes, or makes anew, in a way that is not known: it stays
    listed, for it can be joined. So do users, groups and roles that a plan deletes of which the account is not known."""
    arn, kind = text_of(entry, "Arn"), next((kind for kind, title in NAMES.items() if listed.startswith(title)), "")
    name = (kind, _own_name(entry, listed))
    if kind == "group" and arn is not None and any(change.leaves_out(name, False) for change in elsewhere):
        description = f"{arn} may be a group that a plan or template makes or changes, in a way that is not known"
        inventory.doubts.setdefault(arn, []).append(("policies", description))
    if arn is not None and any(change.untold and name in change.gone for change in elsewhere):
        description = f"{arn} may be the {kind} that a plan deletes in an account that it does not tell (see --account)"
        if kind == "group":
            inventory.doubts.setdefault(arn, []).append(("policies", description))
        else:
            inventory.doubt(entry, "policies", arn, description)


def _unlisted(given: Sequence[Node]) -> tuple[str, ...]:
    """The lists of groups and managed policies that no page has."""
    pages = [page for details in given for page in (details.items if isinstance(details, Items) else [details])]
    lists = {key.text for page in pages if isinstance(page, Members) for key, _ in page.pairs}
    return tuple(name for name in ("GroupDetailList", "Policies") if name not in lists)


def _merged(remarks: Remarks, details: Node) -> dict[str, list[Node]]:
    """The entries of each list over all pages. Users and roles must be listed: a list left out is not an empty one."""
    what = "the output of get-account-authorization-details"
    pages = details.items if isinstance(details, Items) else [details]
    lists: dict[str, list[Node]] = {name: [] for name in LISTS}
    seen = set()
    for page in pages:
        found = members(remarks, page, what)
        for name in LISTS:
            if name in found:
                seen.add(name)
                lists[name] += items(remarks, found[name], f"`{name}`")
    check_complete(remarks, pages, what)
    for name in ("UserDetailList", "RoleDetailList"):
        if name not in seen:
            remarks.error(details, f"{what} has no `{name}`", hint="an empty list says that there are none", rule="U1")
    return lists


def _own_name(entry: Node, listed: str) -> str:
    """What no two entries of a list have in common: the ARN of a managed policy, the name of a user, role or group."""
    arn = text_of(entry, "Arn") or ""
    return arn if listed == "Policies" else arn.rsplit("/", 1)[-1]


def _unique(entry: Node, listed: str) -> str:
    """The same, as it is compared: names of users, roles and groups do not differ by case alone (R2)."""
    name = _own_name(entry, listed)
    return name if listed == "Policies" else name.lower()


def _index(inventory: Inventory, lists: Mapping[str, list[Node]]) -> None:
    remarks = inventory.remarks
    for node in lists["Policies"]:
        arn = member_text(remarks, members(remarks, node, "a managed policy"), "Arn")
        if arn is None:
            remarks.error(node, "the managed policy has no `Arn`")
        elif arn in inventory.managed:
            remarks.error(node, f"duplicate managed policy {arn}")
        else:
            inventory.managed[arn] = node
    for node in lists["GroupDetailList"]:
        found = members(remarks, node, "a group")
        name = member_text(remarks, found, "GroupName")
        if name is None or name in inventory.groups:
            remarks.error(node, "the group has no `GroupName`" if name is None else f"duplicate group `{name}`")
        else:
            inventory.groups[name] = node


def _group(inventory: Inventory, node: Node) -> Group | None:
    """A group, with the documents of everything attached to it; `None` after recording why its ARN is not usable."""
    found = members(inventory.remarks, node, "a group")
    arn = _arn(inventory, node, found, "group")
    return None if arn is None else Group(arn, tuple(_of_group(inventory, node, found, arn, arn)), node.span)


def _identity(inventory: Inventory, node: Node, kind: str) -> Identity | None:
    """A user or role, with the documents of everything attached to it; `None` after recording why its ARN is not usable."""
    remarks = inventory.remarks
    found = members(remarks, node, f"a {kind}")
    arn = _arn(inventory, node, found, kind)
    if arn is None:
        return None
    policies = _attached(inventory, found, arn, arn, f"{NAMES[kind]}PolicyList")
    groups = _groups(inventory, found, arn) if kind == "user" else {}
    for group, listed in groups.items():
        policies += _of_group(inventory, node, listed, group, arn)
    bounded, boundary = _boundary(inventory, found, arn)
    return Identity(
        arn=arn,
        policies=tuple({policy.identity: policy for policy in policies}.values()),
        tags=read_tags(remarks, found["Tags"], "Key", "Value") if "Tags" in found else (),
        unique_id=member_text(remarks, found, f"{NAMES[kind]}Id"),
        bounded=bounded,
        boundary=boundary,
        span=node.span,
        trust=_trust(inventory, node, found, arn) if kind == "role" else None,
        groups=tuple(groups),
    )


def _arn(inventory: Inventory, node: Node, found: Mapping[str, Node], kind: str) -> str | None:
    arn = member_text(inventory.remarks, found, "Arn")
    if arn is None:
        inventory.remarks.error(node, f"the {kind} has no `Arn`")
        return None
    match = _ARN.fullmatch(arn)
    if match is None or match.group(2) != kind:
        inventory.remarks.error(found["Arn"], f"`{arn}` is not the ARN of a {kind}")
        return None
    if match.group(1) != inventory.account:
        inventory.remarks.error(found["Arn"], f"{arn} is of another account than {inventory.account}, under which it is listed")
        return None
    return arn


def _attached(inventory: Inventory, found: Mapping[str, Node], owner: str, principal: str, inline: str) -> list[Policy]:
    """The inline and managed policies of a user, role or group. `owner` is whose they are, `principal` who is governed by them."""
    remarks = inventory.remarks
    given = items(remarks, found[inline], f"`{inline}`") if inline in found else []
    policies = [_inline(inventory, node, owner, principal) for node in given]
    name = "AttachedManagedPolicies"
    for node in items(remarks, found[name], f"`{name}`") if name in found else []:
        arn = member_text(remarks, members(remarks, node, "an attached policy"), "PolicyArn")
        if arn is None:
            remarks.error(node, "the attached policy has no `PolicyArn`")
        else:
            policies.append(attached_policy(inventory, node, arn, principal))
    return [policy for policy in policies if policy is not None]


def _of_group(inventory: Inventory, node: Node, found: Mapping[str, Node], group: str, principal: str) -> list[Policy]:
    """The policies of a group that govern a principal, a member or the group itself, for whom what is not certain of them is recorded."""
    for thing, description in inventory.doubts.get(group, ()):
        inventory.doubt(node, thing if principal == group else f"{thing} of {short(group)}", principal, description)
    return _attached(inventory, found, group, principal, "GroupPolicyList")


def _inline(inventory: Inventory, node: Node, owner: str, principal: str) -> Policy | None:
    found = members(inventory.remarks, node, "an inline policy")
    name = member_text(inventory.remarks, found, "PolicyName")
    if name is None:
        inventory.remarks.error(node, "the inline policy has no `PolicyName`")
        return None
    identity = f"{owner}#{name}"
    if "PolicyDocument" not in found or is_unknown_whole(found["PolicyDocument"]):
        inventory.missing(node, f"inline policy {identity}", principal, names_in([node]))
        return None
    if identity not in inventory.read:
        document = found["PolicyDocument"]
        inventory.read[identity] = read_document(inventory.remarks, document, PolicyKind.IDENTITY, identity=identity, name=name)
    return inventory.read[identity]


def _groups(inventory: Inventory, found: Mapping[str, Node], user: str) -> dict[str, dict[str, Node]]:
    """The groups of a user by their ARNs. One that is not listed is an unmodelled thing of the user."""
    groups: dict[str, dict[str, Node]] = {}
    for node in items(inventory.remarks, found["GroupList"], "`GroupList`") if "GroupList" in found else []:
        name = getattr(node, "text", None)
        if name not in inventory.groups:
            inventory.missing(node, f"group {name}", user)
        elif name in inventory.read_groups:
            groups[inventory.read_groups[name].arn] = members(inventory.remarks, inventory.groups[name], "a group")
    return groups


def _trust(inventory: Inventory, node: Node, found: Mapping[str, Node], role: str) -> Policy | None:
    """The trust policy of a role; `None` where the input does not say it (E2). What it depends on is remembered for those who ask."""
    document = found.get("AssumeRolePolicyDocument")
    if document is None or is_null(document) or not inventory.trusts:
        return None
    if not is_unknown_whole(document):
        return read_document(inventory.remarks, document, PolicyKind.TRUST, identity=f"{role}#trust", name="trust")
    names = first_few(names_in([document]))
    description = f"the trust policy of {role} is not known: it depends on {names}"
    thing = Unmodelled(
        f"trust policy of {short(role)}", "E2", Influence.MAY_ALLOW, description, principal=role, span=node.span, of_statement=True
    )
    inventory.unmodelled.append(thing)
    return None


def _boundary(inventory: Inventory, found: Mapping[str, Node], principal: str) -> tuple[bool, Policy | None]:
    """Whether a permissions boundary is attached, and its document; without it in the input it may refuse anything (D4, U3)."""
    node = found.get("PermissionsBoundary")
    if node is None or is_null(node):
        return False, None
    given = members(inventory.remarks, node, "`PermissionsBoundary`")
    arn = None if names_in([node]) else member_text(inventory.remarks, given, "PermissionsBoundaryArn")
    if names_in([node]):
        arn = f"which depends on {first_few(names_in([node]))},"
    elif arn is None:
        inventory.remarks.error(node, "`PermissionsBoundary` has no `PermissionsBoundaryArn`")
        return True, None
    if has_document(inventory, arn):
        return True, policy_in_force(inventory, arn, PolicyKind.BOUNDARY)
    name = f"permissions boundary of {short(principal)}"
    description = f"permissions boundary {arn} of {principal}: its document is not in the input"
    inventory.unmodelled.append(Unmodelled(name, "D4", Influence.MAY_REFUSE, description, principal=principal, span=node.span))
    return True, None


def _check_distinct(remarks: Remarks, identities: list[Identity | None], nodes: list[Node]) -> None:
    seen: set[str] = set()
    names: dict[tuple[str, str], str] = {}
    for identity, node in zip(identities, nodes, strict=True):
        if identity is not None and identity.arn in seen:
            remarks.error(node, f"duplicate user or role {identity.arn}")
        elif identity is not None and (other := names.get(_name(identity.arn))) is not None:
            message = f"{identity.arn} and {other} have one name, and names are unique in an account, whatever the path and case"
            remarks.warning(node, message, rule="R2")
        if identity is not None:
            seen.add(identity.arn)
            names.setdefault(_name(identity.arn), identity.arn)


def _name(arn: str) -> tuple[str, str]:
    """A user or role without its path (R2) [IAM: reference_iam-quotas]."""
    kind, _, name = arn.split(":", 5)[5].partition("/")
    return kind, name.rsplit("/", 1)[-1].lower()
