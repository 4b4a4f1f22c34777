"""The inventory of one account.

In: the output of `get-account-authorization-details`, one page or several; listings of identity providers. Out: an `Account`, and what it
refers to without holding it.
Guarantee: everything attached to a user, role or group is read, or is an `Unmodelled` that names it (U1, U3).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from verifier.inputs.access import check_complete, members
from verifier.inputs.drafts import NAMES
from verifier.inputs.elsewhere import Elsewhere, as_changed, as_told, unlisted, without_gone
from verifier.inputs.identity_providers import read_providers
from verifier.inputs.inventory import Inventory
from verifier.inputs.nodes import Members, Node, Remarks, text_of, values_of
from verifier.inputs.parts import Parts
from verifier.inputs.workloads import read_workloads, roles_of
from verifier.model.estate import Account, Unmodelled

LISTS = ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")
"""The lists in the output of `get-account-authorization-details`."""


def read_account(remarks: Remarks, parts: Parts, account: str, *, steps: bool, trusts: bool) -> tuple[Account, tuple[Unmodelled, ...]]:
    """An account from its authorization details; a list of them is read as pages of one listing.

    What plans and templates make takes the place of what is given with the same name, which no two users, roles or groups of an account
    have; what that has besides is not known to stay or go. Without `steps` managed policies that nobody has are not read, without `trusts`
    trust policies.
    """
    given = [parts.accounts[account]] if account in parts.accounts else []
    elsewhere = parts.all_elsewhere(account)
    complete = bool(given) and account not in parts.partial and not any(change.leaves_principals_out for change in elsewhere)
    inventory = Inventory(remarks, account, trusts)
    lists: dict[str, list[Node]] = {name: [] for name in LISTS}
    for details in parts.made.get(account, ()):
        for name, entries in as_changed(_merged(remarks, details), elsewhere, made=True).items():
            lists[name] += entries
    own = {name: {_unique(entry, name): entry for entry in entries} for name, entries in lists.items()}
    known: dict[tuple[str, str], Node] = {}
    others: dict[str, list[Node]] = {name: [] for name in LISTS}
    for details in given:
        merged = without_gone(_merged(remarks, details), elsewhere)
        for name, entry in ((name, entry) for name, entries in merged.items() for entry in entries):
            if _unique(entry, name) not in own[name]:
                _perhaps_changed(inventory, entry, name, elsewhere)
        for name, entries in as_changed(merged, elsewhere).items():
            complete = complete and len(entries) == len(merged[name])  # one that is not listed any more is still there
            known |= {(name, _unique(entry, name)): entry for entry in entries}
            others[name] += [entry for entry in entries if _unique(entry, name) not in own[name]]
    whole = given[0] if given and complete else None
    for name, entries in others.items():
        found = [as_told(remarks, entry, known.get((name, _unique(entry, name))), whole) for entry in lists[name]]
        complete = complete and None not in found
        lists[name] = [*filter(None, found), *entries]
    not_listed = _not_listed(lists, elsewhere) if complete else {}
    complete = complete and all(kind == "group" for kind, _ in not_listed)
    inventory.unmodelled += [
        unlisted(f"join group {name}", "the input does not list it", account, place.span)
        for (kind, name), place in not_listed.items()
        if kind == "group"
    ]
    attached = {
        arn: as_told(remarks, entry, known.get(("Policies", arn)), whole) or entry
        for change in elsewhere
        for entry in change.policies
        if (arn := text_of(entry, "Arn") or "") not in own["Policies"]
    }
    lists["Policies"] = [*(entry for entry in lists["Policies"] if text_of(entry, "Arn") not in attached), *attached.values()]
    inventory.add_managed(lists["Policies"])
    inventory.add_groups(lists["GroupDetailList"])
    deeds = [deed for deed in parts.deeds if deed.account in ("", account)]
    roles = roles_of(remarks, lists["RoleDetailList"], complete, deeds)
    running = read_workloads(remarks, account, parts.running.get(account, {}), roles, deeds) if steps else ((), (), ())
    read = Account(
        account,
        users=inventory.identities("user", lists["UserDetailList"]),
        roles=inventory.identities("role", lists["RoleDetailList"]),
        complete=complete,
        groups=tuple(inventory.read_groups.values()),
        managed=tuple(inventory.managed_policies()) if steps else (),
        unlisted=_unlisted(given) if complete else (),
        providers=read_providers(remarks, account, parts.all_providers(account)),
        profiles=roles.listed,
        workloads=running[0],
        all_workloads=running[1],
        opened=running[2],
    )
    return read, tuple(inventory.unmodelled)


def _not_listed(lists: Mapping[str, list[Node]], elsewhere: Sequence[Elsewhere]) -> dict[tuple[str, str], Node]:
    """Those that plans or templates attach something to, and that no list has: each with a place where that is done."""
    listed = {(kind, _own_name(entry, "")) for kind, title in NAMES.items() for entry in lists[f"{title}DetailList"]}
    changed = [(change, name, draft) for change in elsewhere for name, draft in change.drafts.items() if draft.says_something]
    drafts = [(name, draft.place) for change, name, draft in changed if not change.may_be(name) and name not in change.gone]
    return {name: place for name, place in drafts if name not in listed}


def _perhaps_changed(inventory: Inventory, entry: Node, listed: str, elsewhere: Sequence[Elsewhere]) -> None:
    """Records that one of a snapshot may be one that a plan or template changes, or makes anew, in a way that is not known: a group stays
    listed, for it can be joined. So do users, groups and roles that a plan deletes of which the account is not known."""
    arn, kind = text_of(entry, "Arn"), next((kind for kind, title in NAMES.items() if listed.startswith(title)), "")
    name = (kind, _own_name(entry, listed))
    found = next(filter(None, (change.leaves_out(name, False) for change in elsewhere)), None)
    if arn is not None and found is not None:
        description = f"{arn} may be a {kind} that {found}, in a way that is not known"
        inventory.perhaps(entry, "policies", arn, description)
    if arn is not None and any(change.untold and name in change.gone for change in elsewhere):
        description = f"{arn} may be the {kind} that a plan deletes in an account that it does not tell (see --account)"
        inventory.perhaps(entry, "policies", arn, description)


def _unlisted(given: Sequence[Node]) -> tuple[str, ...]:
    """The lists of groups and managed policies that no page has."""
    pages = [page for details in given for page in values_of(details)]
    lists = {key.text for page in pages if isinstance(page, Members) for key, _ in page.pairs}
    return tuple(name for name in ("GroupDetailList", "Policies") if name not in lists)


def _merged(remarks: Remarks, details: Node) -> dict[str, list[Node]]:
    """The entries of each list over all pages. Users and roles must be listed: a list left out is not an empty one."""
    what = "the output of get-account-authorization-details"
    nodes = values_of(details)
    pages = [members(remarks, page, what) for page in nodes]
    lists = {name: [entry for page in pages for entry in page.entries(name)] for name in LISTS}
    check_complete(remarks, nodes, what)
    for name in ("UserDetailList", "RoleDetailList"):
        if not any(name in page for page in pages):
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
