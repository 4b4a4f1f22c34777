"""The inventory of one account.

In: the output of `get-account-authorization-details`, one page or several; listings of identity providers. Out: an
`Account`, and what it refers to without holding it.
Guarantee: everything attached to a user, role or group is read, or is an `Unmodelled` that names it (U1, U3).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from verifier.inputs.drafts import TAGS, TITLES, Details, Draft, Managed, Name
from verifier.inputs.identity_changes import (
    IdentityChanges,
    as_changed,
    as_reported,
    either_policy,
    policy_as_reported,
    unlisted_step,
    without_gone,
)
from verifier.inputs.remade import Remade
from verifier.inputs.snapshot.identity_providers import read_identity_providers
from verifier.inputs.snapshot.inventory import Inventory
from verifier.inputs.snapshot.parts import Parts
from verifier.inputs.snapshot.workloads import read_workloads, roles_of
from verifier.inputs.text.access import Record, check_complete, members
from verifier.inputs.text.nodes import Node, Remarks, text_of, values_of
from verifier.model.estate import Account
from verifier.model.policy import arn_account
from verifier.model.unmodelled import Unmodelled


def read_account(
    remarks: Remarks, parts: Parts, account: str, *, steps: bool, trusts: bool
) -> tuple[Account, list[Unmodelled], Details]:
    """An account, what is not known of it, and all that is told of it, of those too whom it does not list. A list of
    authorization details is read as pages of one listing.

    What plans and templates make takes the place of what is given with the same name, which no two users, roles or
    groups of an account have; what that has besides is not known to stay or go. Without `steps` managed policies that
    nobody has are not read, without `trusts` trust policies.
    """
    given, changes = parts.accounts.get(account), parts.changes_of_identities(account)
    inventory = Inventory(remarks, account, trusts)
    listing = None if given is None else given["authorization_details"]
    listed = without_gone(Details() if listing is None else _listed(remarks, listing), changes)
    added = parts.made.get(account, ())
    made = [as_changed(details, changes, made=True) for details in added]
    own = [draft for details in made for draft in details.drafts]
    _record_made(parts, listed, own, changes)
    _record_perhaps_changed(inventory, listed, {draft.id for draft in own}, changes)
    drafts, complete = _drafts(remarks, given, listed, own, changes)
    not_listed = _not_listed(drafts, changes) if complete else []
    complete = complete and all(draft.kind == "group" for draft in not_listed)
    for draft in (draft for draft in not_listed if draft.kind == "group"):
        step = unlisted_step(f"join group {draft.name}", "the input does not list it", account, draft.place.span)
        inventory.unmodelled.append(step)
    policies = _policies(listed, made, changes)
    inventory.add_managed(policies)
    inventory.add_groups(drafts)
    deeds = [deed for deed in parts.deeds if deed.account in ("", account)]
    roles = roles_of(drafts, complete, deeds)
    running = read_workloads(remarks, account, given or {}, roles, deeds) if steps else ((), (), ())
    made_providers = [*parts.made_providers[account], *parts.made_providers[""]]
    providers, said_of_providers = read_identity_providers(remarks, account, given or {}, made_providers)
    read = Account(
        account,
        users=inventory.identities("user", drafts),
        roles=inventory.identities("role", drafts),
        complete=complete,
        groups=tuple(inventory.read_groups.values()),
        managed=tuple(inventory.managed_policies()) if steps else (),
        unlisted=listed.unlisted if complete else (),
        providers=providers,
        provider_contents=said_of_providers,
        profiles=roles.listed,
        workloads=running[0],
        all_workloads=running[1],
        opened=running[2],
    )
    listed_or_added = [*listed.drafts, *(draft for details in added for draft in details.drafts)]
    return read, inventory.unmodelled, Details(listed_or_added, policies)


def _record_made(parts: Parts, listed: Details, made: Sequence[Draft], changes: Sequence[IdentityChanges]) -> None:
    """Records those made in place of deleted ones, other paths, and the tags that the snapshot lists of them."""
    gone = {name for change in changes for name in change.gone}
    again = [draft for draft in made if draft.id in gone]
    parts.remade += [Remade(draft.arn, str(draft.place.span), draft.place.span) for draft in again]
    parts.remade += [*_of_other_paths(listed, changes, {one.arn for one in parts.remade})]
    before = {draft.id: draft.has.get(TAGS) for draft in listed.drafts}
    for draft in made:
        pairs = [(text_of(tag, "Key"), text_of(tag, "Value")) for tag in values_of(before.get(draft.id))]
        parts.listed_tags[draft.arn] = tuple((name, value or "") for name, value in pairs if name)


def _of_other_paths(listed: Details, changes: Sequence[IdentityChanges], known: Collection[str]) -> Iterator[Remade]:
    """The users of a snapshot that get another path, but for those `known` to be given another ARN."""
    for draft in listed.drafts:
        own = draft.arn.split(":", 5)[-1]
        now = next((end for one in changes if (end := one.users.get(draft.id, own)) != own), own)
        if now != own and draft.arn not in known:
            yield Remade(draft.arn, draft.arn, draft.place.span, True, now and draft.arn.removesuffix(own) + now)


def _drafts(
    remarks: Remarks, given: Record | None, listed: Details, made: Sequence[Draft], changes: Sequence[IdentityChanges]
) -> tuple[list[Draft], bool]:
    """The users, roles and groups as they will be; whether these are certainly all."""
    after = as_changed(listed, changes)
    left_out = {kind for change in changes for kind, _ in change.left_out}
    leaves_out = any(change.permission_sets for change in changes) or bool(left_out - {"group"})
    complete = given is not None and given.flag("complete") is not False and not leaves_out
    complete = complete and len(after.drafts) == len(listed.drafts)  # one that is not listed any more is still there
    known = {draft.id: draft for draft in after.drafts}
    whole = given["authorization_details"] if given is not None and complete else None
    reported = [as_reported(remarks, draft, known.get(draft.id), whole) for draft in made]
    others = known.keys() - {draft.id for draft in made}
    drafts = [*filter(None, reported), *(draft for draft in after.drafts if draft.id in others)]
    return drafts, complete and None not in reported


def _policies(listed: Details, made: Sequence[Details], changes: Sequence[IdentityChanges]) -> list[Managed]:
    """The managed policies: those that plans and templates have take the place of those that are listed. A listed one
    of another ARN that may have the name of one of these may go or change."""
    known = {policy.arn: policy for policy in listed.policies}
    lists = [*(details.policies for details in made), *(change.policies for change in changes)]
    own = [policy for policies in lists for policy in policies]
    planned: dict[str, Managed] = {}
    for policy in sorted(own, key=lambda one: bool(one.document and one.document.reported_by)):
        planned[policy.arn] = either_policy(planned.get(policy.arn, policy), policy)
    ids = {(arn_account(policy.arn), policy.id) for policy in own}
    kept = [policy for policy in listed.policies if policy.arn not in planned]
    kept = [policy.without_document() if _is_perhaps_made(policy, ids, changes) else policy for policy in kept]
    return [*(policy_as_reported(policy, known.get(arn)) for arn, policy in planned.items()), *kept]


def _is_perhaps_made(policy: Managed, made: Collection[tuple[str, Name]], changes: Sequence[IdentityChanges]) -> bool:
    """True iff a listed policy, which is not AWS's own, has the account and name of one that is `made`, or may have."""
    account = arn_account(policy.arn)
    return (account, policy.id) in made or (account != "aws" and any(one.is_perhaps(policy.id) for one in changes))


def _not_listed(drafts: Sequence[Draft], changes: Sequence[IdentityChanges]) -> list[Draft]:
    """Those that plans or templates attach something to, and that no list has: each with a place where that is done."""
    listed = {draft.id for draft in drafts}
    found: dict[Name, Draft] = {}
    for change in changes:
        for name, draft in change.drafts.items():
            if (draft.has or draft.only) and not change.may_be(name) and name not in change.gone | listed:
                found[name] = draft
    return list(found.values())


def _record_perhaps_changed(
    inventory: Inventory, listed: Details, made: Collection[Name], changes: Sequence[IdentityChanges]
) -> None:
    """Records which of a snapshot, but for those that are `made`, may be one that a plan or template changes, or makes
    anew, in a way that is not known: a group stays listed, for it can be joined. So do users, groups and roles that a
    plan deletes of which the account is not known."""
    for draft in (draft for draft in listed.drafts if draft.id not in made):
        found = next(filter(None, (change.leaves_out(draft.id, False) for change in changes)), None)
        if found is not None:
            inventory.perhaps(draft, f"{draft.arn} may be a {draft.kind} that {found}, in a way that is not known")
        if any(change.account_unknown and draft.id in change.gone for change in changes):
            deleted = f"the {draft.kind} that a plan deletes in an account that it does not tell (see --account)"
            inventory.perhaps(draft, f"{draft.arn} may be {deleted}")


def _listed(remarks: Remarks, listing: Node) -> Details:
    """Who is listed, over all pages. Users and roles must be: a list left out is not an empty one."""
    what, nodes = "the output of get-account-authorization-details", values_of(listing)
    pages = [members(remarks, page, what) for page in nodes]
    check_complete(remarks, nodes, what)
    lists = {name for page in pages for name in page}
    for name in ("UserDetailList", "RoleDetailList"):
        if name not in lists:
            remarks.error(listing, f"{what} has no `{name}`", hint="an empty list says that there are none", rule="U1")
    listed = ((kind, page.entries(f"{title}DetailList")) for kind, title in TITLES.items() for page in pages)
    drafts = [Draft.of(remarks, kind, entry) for kind, entries in listed for entry in entries]
    policies = [Managed.of(remarks, entry) for page in pages for entry in page.entries("Policies")]
    unlisted = tuple(name for name in ("GroupDetailList", "Policies") if name not in lists)
    return Details(drafts, [*filter(None, policies)], unlisted)
