"""Whether what a step or an access needs is true, and by which facts.

In: the facts of a closure, cubes. Out: the facts that meet a need.
Guarantee: every fact that gives a change is tried; none is taken for another.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import cached_property
from itertools import chain

from verifier.model.estate import Estate, Group, Identity
from verifier.model.policy import arn_account, arn_kind
from verifier.model.symbols import InGroup, OlderVersion, PolicyAttached, PossibleChange
from verifier.problem.rules import RuledSpace
from verifier.problem.semantics import possible_changes as changes
from verifier.problem.semantics.targets import Target, TargetKind
from verifier.problem.sessions.passed_tags import passed_tags
from verifier.problem.sessions.session_tags import PRINCIPAL_TAG
from verifier.problem.sessions.trusting import trusting
from verifier.verify.reach.alias_rules import alias_facts
from verifier.verify.reach.cubes import Cube
from verifier.verify.reach.distinctions import tags_read
from verifier.verify.reach.facts import Derivation, Fact, FactKind, Facts, Way, is_federated, tagged_at_first
from verifier.verify.reach.offers.offers import ANY_CLASS, KeyOffers
from verifier.verify.reach.step_groups import OF_TARGETS

_OF_OTHERS = frozenset({changes.GRANT, changes.SHARED, *OF_TARGETS})
"""The changes that steps give by what they are on, not by whom they are about."""


class Identities:
    """What the estate says of principals: their groups, managed policies and boundaries, by ARN. `first` is the estate
    before what could be made is imagined in it; `tags` as of `Common`."""

    def __init__(self, estate: Estate, first: Estate | None = None, tags: bool = False) -> None:
        self._first = first or estate
        self._tags = tags
        found, groups = estate.identities, estate.groups
        owners: tuple[Identity | Group, ...] = (*found, *groups)
        self._denying = {one.arn: tuple(policy.identity for policy in one.policies if policy.denies) for one in owners}
        self.by_arn: dict[str, Identity] = {identity.arn: identity for identity in found}
        self.made = frozenset(self.by_arn) - frozenset(one.arn for one in self._first.identities)
        """The users and roles that are not there at first."""
        self._about: dict[str, frozenset[str]] = {}
        self._users = {account.id: tuple(user.arn for user in account.users) for account in estate.accounts}
        self._managed = {identity.arn: changes.managed_by(identity) for identity in found}
        self._of_groups = {
            group.arn: frozenset(one.identity for one in group.policies if "#" not in one.identity) for group in groups
        }
        doubtful = {thing.principal for thing in estate.unmodelled if thing.only_of_steps and thing.principal}
        self.doubtful_groups = sorted(arn for arn in doubtful if arn_kind(arn) == "group")
        """The groups that have policies whose documents are not in the input."""

    def at_first(self, starts: Collection[str], refused: frozenset[Way]) -> Facts:
        """What is true before any step, for some principals together: each holds itself; a session that is `taggable`
        has whatever session tags (F3), but for those that are `refused`."""
        changing = trusting(self._first).changing
        taggable = self.taggable if not changing.isdisjoint(starts) else changing
        tagged = (one for one in starts if one in taggable and tagged_at_first(one) not in refused)
        facts = (*(Fact(FactKind.HOLDS, one) for one in starts), *(Fact(FactKind.SESSION_TAGS, one) for one in tagged))
        return Facts({fact: Derivation(None, fact.subject, (), 0) for fact in facts})

    @cached_property
    def taggable(self) -> frozenset[str]:
        """The roles whose sessions may have other tags than their own that something asks for (F3)."""
        names = None if self._tags else tags_read(self._first)
        return trusting(self._first).changing if names is None else _with_other_tags(self._first, names)

    def owners(self, principal: str) -> tuple[str, ...]:
        """Those whose inline and attached policies follow a principal: itself and its groups."""
        identity = self.by_arn.get(principal)
        return (principal, *(identity.groups if identity else ()))

    def managed(self, principal: str) -> frozenset[str]:
        """The managed policies that are attached to a principal at first."""
        return self._managed.get(principal, frozenset())

    def about(self, principal: str) -> frozenset[str]:
        """What steps may be about that give a principal a change of its own, as long as it joins no group."""
        if principal not in self._about:
            self._about[principal] = frozenset(chain.from_iterable(map(self._about_one, self.whose(principal))))
        return self._about[principal]

    def _about_one(self, principal: str) -> Iterator[str]:
        boundary = self.boundary(principal)
        yield from (*self.owners(principal), *self.managed(principal), *([] if boundary is None else [boundary]))
        yield from [arn_account(principal)] if principal.startswith("arn:") else []

    def whose(self, principal: str) -> tuple[str, ...]:
        """Those with whose policies, boundary and tags a principal acts: of a federated session any user of its
        account, who may have issued it (U2)."""
        account = principal.split(":")[4:5]
        return self._users.get(account[0], ()) if is_federated(principal) else (principal,)

    def of_group(self, group: str) -> frozenset[str]:
        """The managed policies that are attached to a group at first."""
        return self._of_groups.get(group, frozenset())

    def denying(self, owner: str) -> tuple[str, ...]:
        """The policies of a user, role or group that deny something, by identity; those of a user's groups aside."""
        of_groups = {policy for group in self.owners(owner)[1:] for policy in self._denying.get(group, ())}
        return tuple(policy for policy in self._denying.get(owner, ()) if policy not in of_groups)

    def boundary(self, principal: str) -> str | None:
        """The managed policy that is its boundary."""
        identity = self.by_arn.get(principal)
        return identity.boundary.identity.removesuffix("#boundary") if identity and identity.boundary else None


class Needs:
    """Whether what a cube needs is true, and by which facts."""

    def __init__(self, identities: Identities, keys: Mapping[str, KeyOffers]) -> None:
        self._identities = identities
        self._keys = keys

    def available(
        self, possible_changes: frozenset[PossibleChange], target: str, by: str, facts: Facts
    ) -> frozenset[PossibleChange]:
        """Those of some changes that a principal may have on a target: what needs another one is not open to it."""
        if not facts.others:
            return frozenset()  # each of them takes something that was done before
        if facts.of_kind(FactKind.JOINED) or not facts.changed.isdisjoint(self._identities.about(by)):
            return self._available(possible_changes, target, by, facts)
        if (possible_changes, target) not in facts.available:
            of_others = possible_changes & _OF_OTHERS
            facts.available[possible_changes, target] = self._available(of_others, target, by, facts)
        return facts.available[possible_changes, target]

    def _available(
        self, possible_changes: frozenset[PossibleChange], target: str, by: str, facts: Facts
    ) -> frozenset[PossibleChange]:
        granted = any(fact.subject == target for kind in _GRANTS for fact in facts.of_kind(kind))

        def may_have(change: PossibleChange) -> bool:
            return granted if change == changes.GRANT else self._given(change, target, None, by, facts) is not None

        return frozenset(filter(may_have, possible_changes))

    def met(self, cube: Cube, target: str, action: str | None, by: str, facts: Facts) -> tuple[Fact, ...] | None:
        """Facts with which a cube on a target is open to a principal; `None` where some need is not met. `action` is
        the one requested, for grants."""
        found: list[Fact] = []
        for change in sorted(cube.needs):
            giving = self._given(change, target, action, by, facts)
            if giving is None:
                return None
            found += giving
        for fact in self._values(cube, target, facts):
            if fact is None:
                return None
            found.append(fact)
        return tuple(dict.fromkeys(found))

    def _given(
        self, change: PossibleChange, target: str, action: str | None, by: str, facts: Facts
    ) -> tuple[Fact, ...] | None:
        """The facts that give a change to a principal, in the first way that is open; `None` where none is."""
        if change == changes.GRANT:
            return self._granted(target, action, by, facts)
        ways = self._giving(change, target, by, facts)
        return next((giving for giving in ways if all(fact in facts for fact in giving)), None)

    def _giving(self, change: PossibleChange, target: str, by: str, facts: Facts) -> Iterator[tuple[Fact, ...]]:
        """The facts that together give a change to a principal, in each way."""
        if change in _OF_OTHERS:
            yield from self._giving_one(change, target, by, facts)
        else:
            for one in self._identities.whose(by):
                there = () if one == by else self._there(one, facts)
                ways = self._giving_one(change, target, one, facts)
                yield from ((*there, *way) for way in ways if there is not None)

    def _there(self, principal: str, facts: Facts) -> tuple[Fact, ...] | None:
        """What has to be true for a principal to exist; `None` where nothing that makes it so is."""
        if principal not in self._identities.made:
            return ()
        made, held = Fact(FactKind.MADE, principal), Fact(FactKind.HOLDS, principal)
        return next(((fact,) for fact in (made, held) if fact in facts), None)

    def _giving_one(self, change: PossibleChange, target: str, by: str, facts: Facts) -> Iterator[tuple[Fact, ...]]:
        if change in OF_TARGETS:
            yield from ((Fact(kind, target),) for kind in OF_TARGETS[change])
        elif change == changes.SHARED:
            yield (Fact(FactKind.SHARED, target),)
        elif change in (changes.INLINE, changes.ATTACHED):
            kind = FactKind.INLINE if change == changes.INLINE else FactKind.ATTACHED
            yield from ((*joined, Fact(kind, owner)) for owner, joined in self._owners(by, facts))
            if change == changes.ATTACHED:
                groups = (group for group in self._identities.doubtful_groups if _may_join(by, group))
                yield from ((Fact(FactKind.JOINED, group),) for group in groups)
        elif change == changes.VERSION:
            yield from ((*attached, Fact(FactKind.VERSION, arn)) for arn, attached in self._managed(by, facts))
        elif change == changes.BOUNDARY:
            boundary = self._identities.boundary(by)
            if boundary is not None:
                yield from ((Fact(kind, boundary),) for kind in (FactKind.VERSION, FactKind.OLDER))
            yield (Fact(FactKind.UNBOUNDED, by),)
        elif change == changes.LOOSENED:
            yield (Fact(FactKind.LOOSENED, by),)
        elif change in (changes.INLINE_GONE, changes.DETACHED):
            gone = tuple(self._gone(by, facts, inline=change == changes.INLINE_GONE))
            if gone:
                yield gone
        elif change == changes.FRAME:
            yield (Fact(FactKind.FRAME, arn_account(by) if by.startswith("arn:") else ""),)
        elif change == changes.SESSION_TAGS:
            yield from ((Fact(kind, by),) for kind in (FactKind.SESSION_TAGS, FactKind.TAGGED))
        elif isinstance(change, PolicyAttached):
            attached = (change.about,)
            yield from ((*joined, Fact(FactKind.ATTACH, owner, attached)) for owner, joined in self._owners(by, facts))
        elif isinstance(change, OlderVersion):
            managed = (having for arn, having in self._managed(by, facts) if arn == change.about)
            yield from ((*having, Fact(FactKind.OLDER, change.about)) for having in managed)
        elif isinstance(change, InGroup):
            if _may_join(by, change.about):
                yield (Fact(FactKind.JOINED, change.about),)
        else:
            raise AssertionError(f"no such change: {change}")

    def _gone(self, by: str, facts: Facts, *, inline: bool) -> Iterator[Fact]:
        """All that can be taken away of what denies something to a principal: policies, by another version of them in
        force too, or memberships in groups where not all of the group's can go."""
        for owner in self._identities.owners(by):
            of_owner = [policy for policy in self._identities.denying(owner) if ("#" in policy) == inline]
            ways = ((Fact(FactKind.GONE, owner, (policy,)), Fact(FactKind.OLDER, policy)) for policy in of_owner)
            found = [next(fact for fact in one if fact in facts) for one in ways if not facts.keys().isdisjoint(one)]
            left = Fact(FactKind.LEFT, owner)
            yield from (left,) if owner != by and len(found) < len(of_owner) and left in facts else found

    def _owners(self, by: str, facts: Facts) -> Iterator[tuple[str, tuple[Fact, ...]]]:
        """Those whose policies follow a principal, and what has to be true for it: with groups that it joins."""
        at_first = self._identities.owners(by)
        yield from ((owner, ()) for owner in at_first)
        for fact in facts.of_kind(FactKind.JOINED):
            if fact.subject not in at_first and _may_join(by, fact.subject):
                yield fact.subject, (fact,)

    def _managed(self, by: str, facts: Facts) -> Iterator[tuple[str, tuple[Fact, ...]]]:
        """The managed policies that are attached to a principal, and what has to be true for it: at first, by steps, by
        groups that it joins."""
        yield from ((arn, ()) for arn in sorted(self._identities.managed(by)))
        for owner, joined in self._owners(by, facts):
            yield from ((arn, joined) for arn in sorted(self._identities.of_group(owner)) if joined)
            attached = (fact for fact in facts.of_kind(FactKind.ATTACH) if fact.subject == owner)
            yield from ((fact.details[0], (*joined, fact)) for fact in attached)

    def _granted(self, target: str, action: str | None, by: str, facts: Facts) -> tuple[Fact, ...] | None:
        """A grant of the operation that is requested; for a child grant one with the child's operation as well (G6)."""
        if target not in self._keys:  # a replica: who has its policy in hand may let anybody create any grant on it
            in_hand = Fact(FactKind.RESOURCE_POLICY, target)
            return (in_hand,) if in_hand in facts else None
        names = (action or "",) if "/" not in (action or "") else tuple((action or "").split("/"))
        grantees = self._keys[target].rules.classes_of_grantee(by)
        found = []
        for name in names:
            on_target = (fact for kind in _GRANTS for fact in facts.of_kind(kind) if fact.subject == target)
            fact = next((fact for fact in on_target if _names(fact, name, grantees, by)), None)
            if fact is None:
                return None
            found.append(fact)
        return tuple(found)

    def _values(self, cube: Cube, target: str, facts: Facts) -> Iterator[Fact | None]:
        """For each value that the key does not have at first, a fact by which it may; `None` where there is none."""
        offers = self._keys.get(target)
        aliases = offers.rules.aliases_at_first() if offers is not None else None
        for name, mask in cube.values:
            if name.startswith(changes.RESOURCE_TAG) and offers is not None:
                at_first = offers.rules.first_class_of(name)
                if at_first is not None and not mask >> at_first & 1:
                    given = (f for f in facts.of_kind(FactKind.TAG) if f.subject == target and f.details[0] == name)
                    yield next((fact for fact in given if mask >> int(fact.details[1]) & 1), None)
            elif offers is not None and aliases is not None and name in aliases and not mask & aliases[name]:
                fact = Fact(FactKind.ALIASES, target, (name, str(mask)))
                yield from (fact,) if fact in facts else alias_facts(offers.rules, name, mask, facts)


def _may_join(principal: str, group: str) -> bool:
    """True iff a principal is a user of the group's account."""
    return arn_kind(principal) == "user" and arn_account(principal) == arn_account(group)


_GRANTS = (FactKind.MAY_GRANT, FactKind.GRANT)


def _names(fact: Fact, operation: str, grantees: int | None, by: str) -> bool:
    """True iff a grant that may be created is of an operation, and can be for grantees of some classes; one that a
    service makes, for the role that holds it."""
    name, mask, *whom = fact.details
    return (
        name == operation
        and (grantees is None or int(mask) == ANY_CLASS or bool(int(mask) & grantees))
        and (not whom or whom[0] == by or (arn_kind(by) == "role" and whom[0] == arn_account(by)))
    )


def _with_other_tags(estate: Estate, names: Collection[str]) -> frozenset[str]:
    """The roles to whose sessions somebody may pass a tag of one of some names (in lower case), or to which one comes
    on from the session that assumes them: of no other role has a session other tags of these names than the role's own,
    whatever readings hold."""
    found = trusting(estate)
    known = found.changing - found.unknown
    if not names or not known:
        return found.unknown
    (partition, *_) = sorted({arn.split(":")[1] for arn in known})
    space = RuledSpace(estate, Target(TargetKind.NONE, partition))
    return found.unknown | passed_tags(space, found, [PRINCIPAL_TAG + name for name in sorted(names)]).tagged
