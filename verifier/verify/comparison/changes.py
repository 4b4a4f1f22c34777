"""What differs between two versions of an input, for the question why access was gained or lost.

In: both estates, the key on each side. Out: `Located` changes, and those that bear on one request. Guarantee: a change
is one of content (`verify.meaning`); those that are said to bear on a request are about statements that matched it on
one side and not on the other, or else about statements that matched it on both, or else about facts of its caller or
key. Of the statements of one place each is in one pair at most; those that say the same are paired first and listed
nowhere.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from itertools import chain

from verifier.ask.replay import matched_statements
from verifier.model.estate import Estate, Identity, Key
from verifier.model.grant import Grant, reference_to_grant
from verifier.model.organization import Controls
from verifier.model.policy import Effect, Policy, StatementRef, arn_account, reference_to, short_arn
from verifier.model.request import Decision, Request
from verifier.model.results.comparison import Change
from verifier.verify.comparison.fact_changes import (
    Located,
    account_facts,
    estate_facts,
    identity_facts,
    key_fact_changes,
)
from verifier.verify.comparison.statement_changes import Placed, difference_text, likeness
from verifier.verify.meaning import in_policy, meaning

_ALIKE = 0.6
"""Likeness from which two statements count as versions of one."""
_MOST_COMPARED = 10_000
"""Pairs that are held against each other; with more, those without a `Sid` in common are listed as gone and new."""

Pair = tuple[Placed | None, Placed | None]


def key_changes(old: Key, new: Key | None) -> tuple[Located, ...]:
    """What changed of one key: its policies, its grants, its facts."""
    if new is None:
        return (Located(Change("the key is gone", places=(old.span, old.span)), old.arn),)
    of_policies = _statements(old.policies or (), new.policies or (), "")
    found = chain(of_policies, _grants(old, new), key_fact_changes(old, new))
    return tuple(Located(change, new.arn) for change in found)


def surrounding_changes(old: Estate, new: Estate) -> tuple[Located, ...]:
    """What changed of everything but the keys."""
    found = chain(_accounts(old, new), _controls(old, new), _endpoints(old, new), estate_facts(old, new))
    return tuple(dict.fromkeys(found))


# -- statements of one place --


def _statements(old: Iterable[Policy], new: Iterable[Policy], place: str) -> Iterator[Change]:
    """The changes among the statements attached at one place; `place` says where; it is empty for a key."""
    before, after = tuple(old), tuple(new)
    if frozenset(map(meaning, before)) == frozenset(map(meaning, after)):
        return
    for left, right in changed_pairs(_placed(before), _placed(after)):
        if left is not None and right is not None:
            text = difference_text(left, right)
        elif right is not None:
            text = _only_here("is new", "attached to", right[0], before, place)
        else:
            assert left is not None
            text = _only_here("was removed", "detached from", left[0], after, place)
        yield Change(text, left and reference_to(*left), right and reference_to(*right))


def _placed(policies: Sequence[Policy]) -> list[Placed]:
    return [(policy, statement) for policy in policies for statement in policy.statements]


def _only_here(text: str, verb: str, policy: Policy, others: Sequence[Policy], place: str) -> str:
    """A statement that is new, or gone, with its whole policy says so."""
    whole = place and all(other.identity != policy.identity for other in others)
    return f"{text}: its policy was {verb} {place}" if whole else text


def _grants(old: Key, new: Key) -> Iterator[Change]:
    if old.grants is None or new.grants is None:
        return
    before, after = {grant.id: grant for grant in old.grants}, {grant.id: grant for grant in new.grants}
    for name, grant in after.items():
        if name not in before:
            yield Change("is new", None, reference_to_grant(new.arn, grant))
        elif meaning(before[name]) != meaning(grant):
            sides = reference_to_grant(old.arn, before[name]), reference_to_grant(new.arn, grant)
            yield Change(_grant_difference(before[name], grant), *sides)
    for name, grant in before.items():
        if name not in after:
            yield Change("is gone", reference_to_grant(old.arn, grant), None)


def _grant_difference(old: Grant, new: Grant) -> str:
    """A grant cannot be changed, so this is one that two listings tell differently."""
    parts = [
        ("operations", set(old.operations) != set(new.operations)),
        ("grantee", meaning(old.grantee) != meaning(new.grantee) or old.grantee_hidden != new.grantee_hidden),
        ("retiring principal", meaning(old.retiring) != meaning(new.retiring)),
        (
            "constraints",
            (old.context_equals, old.context_subset, old.source_arn)
            != (new.context_equals, new.context_subset, new.source_arn),
        ),
    ]
    differing = [name for name, differs in parts if differs]
    return f"has other {' and '.join(differing)}" if differing else "is written in another way"


# -- places --


def _accounts(old: Estate, new: Estate) -> Iterator[Located]:
    before, after = {account.id: account for account in old.accounts}, {account.id: account for account in new.accounts}
    for account in dict.fromkeys((*before, *after)):
        yield from account_facts(before.get(account), after.get(account))
        if account in before and account in after:
            old_ones, new_ones = ({one.arn: one for one in side[account].identities} for side in (before, after))
            for arn in (arn for arn in new_ones if arn in old_ones):
                yield from (Located(change, arn) for change in _identity(old_ones[arn], new_ones[arn]))


def _identity(old: Identity, new: Identity) -> Iterator[Change]:
    name = short_arn(new.arn)
    yield from _statements(old.policies, new.policies, name)
    before, after = ([] if one.boundary is None else [one.boundary] for one in (old, new))
    yield from _statements(before, after, name)
    yield from identity_facts(old, new)


def _controls(old: Estate, new: Estate) -> Iterator[Located]:
    before, after = _controls_by_account(old), _controls_by_account(new)
    for account in dict.fromkeys((*before, *after)):
        first, second = before.get(account), after.get(account)
        for kind in ("service", "resource"):
            left, right = _levels(first, kind), _levels(second, kind)
            for level in dict.fromkeys((*left, *right)):
                for change in _statements(left.get(level, ()), right.get(level, ()), level):
                    yield Located(change, account)


def _controls_by_account(estate: Estate) -> dict[str, Controls]:
    return {controls.account: controls for controls in (estate.organization.controls if estate.organization else ())}


def _levels(controls: Controls | None, kind: str) -> dict[str, tuple[Policy, ...]]:
    levels = (controls.service if kind == "service" else controls.resource) if controls is not None else None
    return {level.name: level.policies for level in levels or ()}


def _endpoints(old: Estate, new: Estate) -> Iterator[Located]:
    before, after = ({found.id: found for found in side.endpoints or ()} for side in (old, new))
    for name in dict.fromkeys((*before, *after)):
        left, right = before.get(name), after.get(name)
        first, second = ([] if one is None or one.policy is None else [one.policy] for one in (left, right))
        for change in _statements(first, second, name):
            yield Located(change, name)
        if left is None or right is None:
            yield Located(Change(f"the endpoint {name} is {'new' if left is None else 'gone'}"), name)


# -- what bears on one request --


def bearing(
    changes: Iterable[Located], request: Request, allowed: Decision, refused: Decision | None, *, gained: bool
) -> tuple[Change, ...]:
    """The changes that a request is due to which one side allows, and the other refuses or (`None`) cannot have."""
    listed, turning = tuple(changes), list[Change]()
    if refused is not None:
        turning = [located.change for located in listed if _turned(located.change, allowed, refused, gained)]
    if not turning and refused is not None:
        # It matches on both sides, and gives less on one: `*` lets a caller in by itself, an account only with its own
        # policies (P1, P2).
        turning = [located.change for located in listed if _matches_on_both(located.change, allowed, refused, gained)]
    if not turning:
        facts = (located for located in listed if located.change.old is None and located.change.new is None)
        turning = [located.change for located in facts if _applies_to(located, request)]
    return tuple(dict.fromkeys(turning))


def _matches_on_both(change: Change, allowed: Decision, refused: Decision, gained: bool) -> bool:
    sides = zip((change.new, change.old) if gained else (change.old, change.new), (allowed, refused), strict=True)
    return all(one is not None and _name(one) in _matched(decision) for one, decision in sides)


def _turned(change: Change, allowed: Decision, refused: Decision, gained: bool) -> bool:
    """True iff it is about an Allow that matched on the side that allows alone, or a Deny on the other alone."""
    allowing, refusing = (change.new, change.old) if gained else (change.old, change.new)
    granted, denied = _matched(allowed), _matched(refused)
    now_allows = allowing is not None and allowing.effect is Effect.ALLOW and _name(allowing) in granted
    then_allowed = refusing is not None and refusing.effect is Effect.ALLOW and _name(refusing) in denied
    then_denied = refusing is not None and refusing.effect is Effect.DENY and _name(refusing) in denied
    now_denies = allowing is not None and allowing.effect is Effect.DENY and _name(allowing) in granted
    return (now_allows and not then_allowed) or (then_denied and not now_denies)


def _matched(decision: Decision) -> frozenset[tuple[str, int]]:
    return frozenset(map(_name, matched_statements(decision)))


def _name(reference: StatementRef) -> tuple[str, int]:
    return reference.policy, reference.index


def _applies_to(located: Located, request: Request) -> bool:
    caller = request.caller
    key_account = arn_account(request.resource) if request.resource is not None else None
    endpoints = (value for key, value in request.context if key.lower() == "aws:sourcevpce")
    mine = (None, request.resource, caller.principal_arn, caller.account, key_account, caller.issuer, *endpoints)
    return located.about in mine


def changed_pairs(old: Sequence[Placed], new: Sequence[Placed]) -> list[Pair]:
    """The statements that are not the same on both sides, in the order of NEW, then of OLD."""
    left, right = list(old), list(new)
    _take(left, right, lambda placed: (placed[0].identity, in_policy(*placed)))
    _take(left, right, lambda placed: in_policy(*placed))
    pairs: list[Pair] = []
    for name in (_sid_in_policy, _sid):
        pairs += _take(left, right, name)
    pairs += _most_alike(left, right)
    pairs += [(None, placed) for placed in right] + [(placed, None) for placed in left]
    order = {id(placed): number for number, placed in enumerate((*new, *old))}
    return sorted(pairs, key=lambda pair: order[id(pair[1] if pair[1] is not None else pair[0])])


def _sid_in_policy(placed: Placed) -> Hashable:
    return _sid(placed) and (placed[0].identity, _sid(placed))


def _sid(placed: Placed) -> Hashable:
    sid = placed[1].sid
    return (sid.value or None) if sid is not None else None


def _take(left: list[Placed], right: list[Placed], name: Callable[[Placed], Hashable]) -> list[Pair]:
    """Takes out the statements that have the same name on both sides, in order; `None` is no name."""
    waiting: dict[Hashable, list[Placed]] = {}
    for placed in left:
        waiting.setdefault(name(placed), []).append(placed)
    waiting.pop(None, None)
    pairs: list[Pair] = []
    for placed in list(right):
        found = waiting.get(name(placed))
        if found:
            other = found.pop(0)
            _remove(left, other)
            _remove(right, placed)
            pairs.append((other, placed))
    return pairs


def _remove(statements: list[Placed], placed: Placed) -> None:
    statements[:] = [other for other in statements if other is not placed]


def _most_alike(left: list[Placed], right: list[Placed]) -> Iterator[Pair]:
    """The likeliest pairs, the most alike first."""
    if len(left) * len(right) > _MOST_COMPARED:
        return
    scores = sorted(
        ((likeness(old, new), -a, -b, old, new) for a, old in enumerate(left) for b, new in enumerate(right)),
        key=lambda score: score[:3],
        reverse=True,
    )
    for score, _, _, old, new in scores:
        if score < _ALIKE:
            break
        if any(old is other for other in left) and any(new is other for other in right):
            _remove(left, old)
            _remove(right, new)
            yield old, new
