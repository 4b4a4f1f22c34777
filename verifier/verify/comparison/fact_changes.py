"""What changed besides statements: facts of keys and identities, inventories, the organization, what is not modelled.

In: parts of both estates. Out: `Change`s that are whole sentences, `Located` where they are about various things.
Guarantee: none where the parts say the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from verifier.frozen import Frozen
from verifier.model.estate import Account, Estate, Identity, Key
from verifier.model.organization import Controls, Level
from verifier.model.policy import short_arn
from verifier.model.results.comparison import Change
from verifier.syntax.source import NOWHERE, Span
from verifier.verify.comparison.statement_changes import names_text


class Located(Frozen):
    """A change, and what it is about: a key ARN, an account, a user or role, an endpoint's ID; `None` for anything."""

    change: Change
    about: str | None


_KEY_FACTS = (
    ("spec", "spec"),
    ("usage", "usage"),
    ("origin", "origin"),
    ("multi_region", "kind (multi-Region or not)"),
    ("multi_region_type", "multi-Region type"),
    ("manager", "manager"),
)


def testable_facts(old: Key, new: Key) -> Iterator[Change]:
    """Changes of what a key is that policies may test."""
    for name, noun in _KEY_FACTS:
        if getattr(old, name) != getattr(new, name):
            now, then = _shown(getattr(new, name)), _shown(getattr(old, name))
            yield _sentence(f"the key's {noun} is {now}, and was {then}", old, new)
    yield from _pairs("the key's tag", old.tags, new.tags, old, new)
    yield from _aliases(old, new)


def key_fact_changes(old: Key, new: Key) -> Iterator[Change]:
    """Changes of what a key is."""
    yield from testable_facts(old, new)
    if (old.grants is None) != (new.grants is None):
        yield _one_sided("the key's grants", old.grants is None, "is supposed to have none", (old.span, new.span))
    if old.policies is not None and new.policies is not None:
        names = {policy.name for policy in old.policies} ^ {policy.name for policy in new.policies}
        for name in sorted(names - {"default"}):
            side = "NEW" if name in {policy.name for policy in new.policies} else "OLD"
            yield _sentence(f"the key has a policy {name} in {side} only", old, new)


def identity_facts(old: Identity, new: Identity) -> Iterator[Change]:
    """Changes of a user or role, but for its policies."""
    name = short_arn(new.arn)
    yield from _pairs(f"the tag of {name}", old.tags, new.tags, old, new)
    if old.bounded != new.bounded:
        boundary = "a permissions boundary now" if new.bounded else "no permissions boundary any more"
        yield _sentence(f"{name} has {boundary}", old, new)
    if old.unique_id != new.unique_id:
        yield _sentence(f"{name} has another unique ID: it was deleted and made again", old, new)


def facts_of_callers(old: Estate, new: Estate) -> Iterator[Change]:
    """Changes of users and roles that both sides list, but for their policies."""
    before = {identity.arn: identity for identity in old.identities}
    for identity in new.identities:
        if identity.arn in before:
            yield from identity_facts(before[identity.arn], identity)


def account_facts(old: Account | None, new: Account | None) -> Iterator[Located]:
    """Inventories that one side lacks, and identities that are new or gone."""
    if old is None or new is None:
        only = old or new
        assert only is not None
        side = "NEW" if old is None else "OLD"
        text = f"the inventory of {only.id} is given in {side} only, and what is not given is free"
        yield Located(Change(text), only.id)
        return
    if old.complete != new.complete:
        side = "NEW" if new.complete else "OLD"
        yield Located(Change(f"the inventory of {new.id} is complete in {side} only"), new.id)
    before = {identity.arn: identity for identity in old.identities}
    after = {identity.arn: identity for identity in new.identities}
    for own, others, what in ((after, before, "new"), (before, after, "gone")):
        for arn in (arn for arn in own if arn not in others):
            yield Located(Change(f"{short_arn(arn)} is {what}", places=(own[arn].span, own[arn].span)), arn)


def estate_facts(old: Estate, new: Estate) -> Iterator[Located]:
    """Changes of the organization, of what levels there are, and of what is not modelled."""
    yield from _organization(old, new)
    if (old.endpoints is None) != (new.endpoints is None):
        supposed = "is supposed to have only such with the default policy"
        yield Located(_one_sided("VPC endpoints", old.endpoints is None, supposed), None)
    before, after = ({one.name: one for one in side.unmodelled if not one.only_of_steps} for side in (old, new))
    for name in dict.fromkeys((*before, *after)):
        if (name in before) != (name in after):
            thing = after.get(name) or before[name]
            side = "NEW" if name in after else "OLD"
            yield Located(Change(f"only in {side}: {thing.description}", places=(thing.span, thing.span)), None)


def memberships(old: Estate, new: Estate) -> Iterator[Located]:
    """Changes of which accounts are where in which organization."""
    first, second = old.organization, new.organization
    if first is None or second is None:
        if first is not second:
            yield Located(Change(f"an organization is given in {'NEW' if first is None else 'OLD'} only"), None)
        return
    if (first.id, first.management_account) != (second.id, second.management_account):
        yield Located(Change("the organization, or its management account, is another one"), None)
    before, after = dict(first.accounts), dict(second.accounts)
    for account in dict.fromkeys((*before, *after)):
        if account not in before:
            yield Located(Change(f"account {account} is in the organization now"), account)
        elif account not in after:
            yield Located(Change(f"account {account} is no longer in the organization"), account)
        elif before[account] != after[account]:
            yield Located(Change(f"account {account} is elsewhere in the organization"), account)


def _organization(old: Estate, new: Estate) -> Iterator[Located]:
    yield from memberships(old, new)
    first, second = old.organization, new.organization
    if first is None or second is None:
        return
    given = [{controls.account: controls for controls in organization.controls} for organization in (first, second)]
    for account in dict.fromkeys((*given[0], *given[1])):
        left, right = given[0].get(account), given[1].get(account)
        for noun, member in (("SCPs", "service"), ("RCPs", "resource")):
            before_levels, after_levels = _level_names(left, member), _level_names(right, member)
            if (before_levels is None) != (after_levels is None):
                over, otherwise = f"the {noun} over {account}", "is supposed to have none that deny"
                yield Located(_one_sided(over, before_levels is None, otherwise), account)
            elif before_levels != after_levels:
                yield Located(Change(f"other levels of {noun} are over {account}"), account)


def _level_names(controls: Controls | None, member: str) -> list[str] | None:
    levels: tuple[Level, ...] | None = getattr(controls, member) if controls is not None else None
    return None if levels is None else [level.name for level in levels]


# -- parts --


def _pairs(
    noun: str,
    old: Iterable[tuple[str, str]] | None,
    new: Iterable[tuple[str, str]] | None,
    before: Key | Identity,
    after: Key | Identity,
) -> Iterator[Change]:
    if (old is None) != (new is None):
        yield _one_sided(noun.replace("tag", "tags", 1), old is None, "may have any", (before.span, after.span))
        return
    first, second = dict(old or ()), dict(new or ())
    for name in dict.fromkeys((*first, *second)):
        if first.get(name) != second.get(name):
            now, then = _shown(second.get(name)), _shown(first.get(name))
            yield _sentence(f"{noun} {name} is {now}, and was {then}", before, after)


def _aliases(old: Key, new: Key) -> Iterator[Change]:
    if (old.aliases is None) != (new.aliases is None):
        yield _one_sided("the key's aliases", old.aliases is None, "may have any", (old.span, new.span))
        return
    before, after = old.aliases or (), new.aliases or ()
    added = [name for name in after if name not in before]
    gone = [name for name in before if name not in after]
    if added:
        yield _sentence(f"the key has the alias {names_text(added)} now", old, new)
    if gone:
        yield _sentence(f"the key no longer has the alias {names_text(gone)}", old, new)


def _shown(value: object) -> str:
    if value is None:
        return "not there"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _one_sided(what: str, in_new: bool, otherwise: str, places: tuple[Span, Span] = (NOWHERE, NOWHERE)) -> Change:
    given, other = ("NEW", "OLD") if in_new else ("OLD", "NEW")
    return Change(f"{what} are given in {given} only; {other} {otherwise}", places=places, supposing=True)


def _sentence(text: str, old: Key | Identity, new: Key | Identity) -> Change:
    return Change(text, places=(old.span, new.span))
