"""Everything that one caller can bring about: a least fixed point over facts.

In: the offers of all targets, a principal to begin with. Out: `Reached`: each fact with its derivation, and each goal that comes within
reach.
Guarantee: a chain of steps that ends in a goal makes its facts true in an order in which the closure finds them, so a goal that is not
reached cannot be brought about, in however many steps; and one that is reached in round *r* takes at least *r* steps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from verifier.model.estate import Estate, Identity
from verifier.model.reach import StepKind
from verifier.problem.domains import WEB_PREFIX
from verifier.problem.powers import (
    ATTACHED,
    BOUNDARY,
    GRANT,
    INLINE,
    RESOURCE_POLICY,
    SESSION_TAGS,
    VERSION,
    attached_policy,
    joined_group,
    managed_by,
)
from verifier.verify.reach.cubes import Cube
from verifier.verify.reach.facts import Derivation, Fact, FactKind, Offer
from verifier.verify.reach.key_rules import KeyRules
from verifier.verify.reach.offers import ANY, Access, KeyOffers, is_tag

Facts = Mapping[Fact, Derivation]


@dataclass(frozen=True)
class Goal:
    """One goal within reach: by whom, through which access, and after what. `onto` is the other key, or none, on which the last request
    is."""

    number: int
    key: str
    by: str
    access: Access | None
    premises: tuple[Fact, ...]
    rounds: int
    onto: str | None = None


@dataclass
class Reached:
    """What one principal can bring about."""

    start: str
    facts: dict[Fact, Derivation] = field(default_factory=dict)
    goals: dict[tuple[str, int], Goal] = field(default_factory=dict)


class Identities:
    """What the estate says of principals: their groups, managed policies and boundaries, by ARN."""

    def __init__(self, estate: Estate) -> None:
        found = [identity for account in estate.accounts for identity in (*account.users, *account.roles)]
        self.by_arn: dict[str, Identity] = {identity.arn: identity for identity in found}
        groups = [group for account in estate.accounts for group in account.groups]
        self._of_groups = {group.arn: frozenset(one.identity for one in group.policies if "#" not in one.identity) for group in groups}
        self._doubtful = sorted(
            {thing.principal for thing in estate.unmodelled if thing.only_of_steps and thing.principal and ":group/" in thing.principal}
        )

    def owners(self, principal: str) -> tuple[str, ...]:
        """Those whose inline and attached policies follow a principal: itself and its groups."""
        identity = self.by_arn.get(principal)
        return (principal, *(identity.groups if identity else ()))

    def doubtful_groups(self, principal: str) -> Iterator[str]:
        """The groups that a principal might join and that have policies whose documents are not in the input."""
        yield from (group for group in self._doubtful if _may_join(principal, group))

    def managed(self, principal: str) -> frozenset[str]:
        """The managed policies that are attached to a principal at first."""
        identity = self.by_arn.get(principal)
        return managed_by(identity) if identity else frozenset()

    def of_group(self, group: str) -> frozenset[str]:
        """The managed policies that are attached to a group at first."""
        return self._of_groups.get(group, frozenset())

    def boundary(self, principal: str) -> str | None:
        """The managed policy that is its boundary."""
        identity = self.by_arn.get(principal)
        return identity.boundary.identity.removesuffix("#boundary") if identity and identity.boundary else None


class Needs:
    """Whether what a cube needs is true, and by which facts."""

    def __init__(self, identities: Identities, keys: Mapping[str, KeyOffers]) -> None:
        self._identities = identities
        self._keys = keys

    def met(self, cube: Cube, target: str, action: str | None, by: str, facts: Facts) -> tuple[Fact, ...] | None:
        """Facts with which a cube on a target is open to a principal; `None` where some need is not met. `action` is the one requested, for
        grants."""
        found: list[Fact] = []
        for power in sorted(cube.powers):
            giving = self._power(power, target, action, by, facts)
            if giving is None:
                return None
            found += giving
        for fact in self._values(cube, target, facts):
            if fact is None:
                return None
            found.append(fact)
        return tuple(dict.fromkeys(found))

    def _power(self, power: str, target: str, action: str | None, by: str, facts: Facts) -> tuple[Fact, ...] | None:
        if power == GRANT:
            return self._granted(target, action, by, facts)
        return next((giving for giving in self._giving(power, target, by, facts) if all(fact in facts for fact in giving)), None)

    def _giving(self, power: str, target: str, by: str, facts: Facts) -> Iterator[tuple[Fact, ...]]:
        """The facts that together give a power to a principal, in each way."""
        if power == RESOURCE_POLICY:
            yield (Fact(FactKind.RESOURCE_POLICY, target),)
        elif power in (INLINE, ATTACHED):
            kind = FactKind.INLINE if power == INLINE else FactKind.ATTACHED
            yield from ((*joined, Fact(kind, owner)) for owner, joined in self._owners(by, facts))
            if power == ATTACHED:
                yield from ((Fact(FactKind.JOINED, group),) for group in self._identities.doubtful_groups(by))
        elif power == VERSION:
            yield from ((*attached, Fact(FactKind.VERSION, arn)) for arn, attached in self._managed(by, facts))
        elif power == BOUNDARY:
            boundary = self._identities.boundary(by)
            yield from () if boundary is None else ((Fact(FactKind.VERSION, boundary),),)
        elif power == SESSION_TAGS:
            yield (Fact(FactKind.SESSION_TAGS, by),)
        elif (policy := attached_policy(power)) is not None:
            yield from ((*joined, Fact(FactKind.ATTACH, owner, (policy,))) for owner, joined in self._owners(by, facts))
        elif (group := joined_group(power)) is not None:
            yield from ((Fact(FactKind.JOINED, group),),) if _may_join(by, group) else ()
        else:
            raise AssertionError(f"no such power: {power}")

    def _owners(self, by: str, facts: Facts) -> Iterator[tuple[str, tuple[Fact, ...]]]:
        """Those whose policies follow a principal, and what has to be true for it: the groups that it joins are among them."""
        at_first = self._identities.owners(by)
        yield from ((owner, ()) for owner in at_first)
        for fact in facts:
            if fact.kind is FactKind.JOINED and fact.subject not in at_first and _may_join(by, fact.subject):
                yield fact.subject, (fact,)

    def _managed(self, by: str, facts: Facts) -> Iterator[tuple[str, tuple[Fact, ...]]]:
        """The managed policies that are attached to a principal, and what has to be true for it: at first, by steps, by groups that it
        joins."""
        yield from ((arn, ()) for arn in sorted(self._identities.managed(by)))
        for owner, joined in self._owners(by, facts):
            yield from ((arn, joined) for arn in sorted(self._identities.of_group(owner)) if joined)
            yield from ((fact.details[0], (*joined, fact)) for fact in facts if fact.kind is FactKind.ATTACH and fact.subject == owner)

    def _granted(self, target: str, action: str | None, by: str, facts: Facts) -> tuple[Fact, ...] | None:
        """A grant of the operation that is requested; one that is to allow a child grant has the child's operation as well (G6)."""
        names = (action or "",) if "/" not in (action or "") else tuple((action or "").split("/"))
        grantees = self._keys[target].rules.classes_of_grantee(by)
        found = []
        for name in names:
            fact = next((f for f in facts if f.kind is FactKind.MAY_GRANT and f.subject == target and _names(f, name, grantees)), None)
            if fact is None:
                return None
            found.append(fact)
        return tuple(found)

    def _values(self, cube: Cube, target: str, facts: Facts) -> Iterator[Fact | None]:
        """For each value that the key does not have at first, a fact that it may have it; `None` for one that it cannot have."""
        offers = self._keys.get(target)
        aliases = offers.rules.aliases_at_first() if offers is not None else None
        for name, mask in cube.values:
            if is_tag(name) and offers is not None:
                at_first = offers.rules.first_class_of(name)
                if at_first is not None and not mask >> at_first & 1:
                    given = (f for f in facts if f.kind is FactKind.TAG and f.subject == target and f.details[0] == name)
                    yield next((fact for fact in given if mask >> int(fact.details[1]) & 1), None)
            elif aliases is not None and name in aliases and not mask & aliases[name]:
                fact = Fact(FactKind.ALIASES, target)
                yield fact if fact in facts else None


def _may_join(principal: str, group: str) -> bool:
    """Whether a principal is a user of the group's account."""
    return ":user/" in principal and principal.split(":")[4] == group.split(":")[4]


def _names(fact: Fact, operation: str, grantees: int | None) -> bool:
    """Whether a grant that may be created is of an operation, and can be for grantees of some classes."""
    name, mask = fact.details
    return name == operation and (grantees is None or int(mask) == ANY or bool(int(mask) & grantees))


class OtherOffers(Protocol):
    """The offers of something that is no key, to whoever calls it."""

    def steps(self, principal: str) -> Iterable[Offer]:
        """What a principal can bring about by it."""


class Closure:
    """The closure for one key. `others` give the offers of roles, users, groups and policies; `further` are the other keys under which its
    ciphertexts could come, made when something can be re-encrypted at all."""

    def __init__(
        self, identities: Identities, key: KeyOffers, others: Iterable[OtherOffers], further: Callable[[], Iterable[KeyOffers]]
    ) -> None:
        self._keys = {key.arn: key}
        self._others = tuple(others)
        self._further: Callable[[], Iterable[KeyOffers]] | None = further
        self._needs = Needs(identities, self._keys)
        self._steps: dict[str, tuple[Offer, ...]] = {}

    @property
    def rules(self) -> dict[str, KeyRules]:
        """The rules of the keys that it came to be about."""
        return {arn: offers.rules for arn, offers in self._keys.items()}

    def of(self, start: str, *, direct: bool = True) -> Reached:
        """Everything that a principal can bring about until every goal is within reach; where not `direct`, by one step at least."""
        reached = Reached(start)
        reached.facts[Fact(FactKind.HOLDS, start)] = Derivation(None, start, (), 0)
        rounds = 0
        if direct:
            self._look_for_goals(reached, rounds, direct)
        while not self._all_reached(reached):
            rounds += 1
            new = dict(self._round(reached.facts, rounds))
            if not new:
                break
            reached.facts |= new
            self._look_for_goals(reached, rounds, direct)
        return reached

    def _all_reached(self, reached: Reached) -> bool:
        return all((arn, number) in reached.goals for arn, offers in self._keys.items() for number in offers.goals)

    def _held(self, facts: Facts) -> list[str]:
        return [fact.subject for fact in facts if fact.kind is FactKind.HOLDS]

    def _round(self, facts: Facts, rounds: int) -> Iterator[tuple[Fact, Derivation]]:
        seen: set[Fact] = set()
        for by in self._held(facts):
            for offer in self._offered(by):
                if offer.gives in facts or offer.gives in seen:
                    continue
                premises = self._premises(offer, by, facts)
                if premises is not None:
                    seen.add(offer.gives)
                    yield offer.gives, Derivation(offer.step, by, premises, rounds, offer)
            for fact, derivation in self._by_material(by, facts, rounds):
                if fact not in facts and fact not in seen:
                    seen.add(fact)
                    yield fact, derivation

    def _premises(self, offer: Offer, by: str, facts: Facts) -> tuple[Fact, ...] | None:
        # A child grant needs a parent grant that has its operation.
        action = offer.action if offer.gives.kind is not FactKind.MAY_GRANT else f"{offer.action}/{offer.gives.details[0]}"
        found = self._needs.met(offer.cube, offer.target, action, by, facts)
        if found is None:
            return None
        for target, action_, cube in offer.also:
            more = self._needs.met(cube, target, action_, by, facts)
            if more is None:
                return None
            found += more
        return (Fact(FactKind.HOLDS, by), *dict.fromkeys(found))

    def _offered(self, by: str) -> tuple[Offer, ...]:
        if not by.startswith(("arn:", WEB_PREFIX)):
            return ()  # a service principal takes no step (E0)
        if by not in self._steps:
            found = [offer for offers in self._keys.values() for offer in offers.steps(by)]
            found += [offer for other in self._others for offer in other.steps(by)]
            self._steps[by] = tuple(found)
        return self._steps[by]

    def _by_material(self, by: str, facts: Facts, rounds: int) -> Iterator[tuple[Fact, Derivation]]:
        """Re-encryption: from one key, onto another."""
        if not by.startswith("arn:"):
            return
        for source in [offers for offers in self._keys.values() if any(map(offers.rules.decrypts, offers.goals))]:
            leaving = self._first(source, "kms:ReEncryptFrom", by, facts)
            if leaving is None:
                continue
            self._look_further()
            for onto in tuple(self._keys.values()):
                if onto is not source and onto.region == source.region:
                    arriving = self._first(onto, "kms:ReEncryptTo", by, facts)
                    if arriving is not None:
                        fact = Fact(FactKind.ONTO, source.arn, (onto.arn,))
                        yield fact, Derivation(StepKind.RE_ENCRYPT, by, (Fact(FactKind.HOLDS, by), *leaving, *arriving), rounds)

    def _look_further(self) -> None:
        """Takes in the other keys."""
        if self._further is not None:
            self._keys.update((offers.arn, offers) for offers in self._further() if offers.arn not in self._keys)
            self._further = None
            self._steps.clear()

    def _first(self, offers: KeyOffers, action: str, by: str, facts: Facts) -> tuple[Fact, ...] | None:
        """Facts with which a principal can do something on a key."""
        for cube in offers.doing(action, by):
            premises = self._needs.met(cube, offers.arn, action, by, facts)
            if premises is not None:
                return premises
        return None

    # -- goals --

    def _look_for_goals(self, reached: Reached, rounds: int, direct: bool) -> None:
        for arn, offers in self._keys.items():
            for number in offers.goals:
                if (arn, number) not in reached.goals:
                    goal = self._goal(offers, number, reached.facts, rounds, direct)
                    if goal is not None:
                        reached.goals[arn, number] = goal

    def _goal(self, offers: KeyOffers, number: int, facts: Facts, rounds: int, direct: bool) -> Goal | None:
        for by in self._held(facts):
            for access in offers.accesses(number, by):
                premises = self._needs.met(access.cube, offers.arn, access.action, by, facts)
                if premises is not None and (direct or premises or facts[Fact(FactKind.HOLDS, by)].step is not None):
                    return Goal(number, offers.arn, by, access, (Fact(FactKind.HOLDS, by), *premises), rounds)
        return self._by_other_means(offers, number, facts, rounds) if offers.rules.uses_material(number) else None

    def _by_other_means(self, offers: KeyOffers, number: int, facts: Facts, rounds: int) -> Goal | None:
        """The key's material is known, or what it encrypted can be decrypted under another key (section 7)."""
        known = Fact(FactKind.KNOWN, offers.arn)
        if known in facts:
            return Goal(number, offers.arn, facts[known].by, None, (known,), rounds)
        replica = Fact(FactKind.REPLICA, offers.arn)
        for by in self._held(facts):
            holds = Fact(FactKind.HOLDS, by)
            if replica in facts:
                in_hand = {**facts, Fact(FactKind.RESOURCE_POLICY, offers.arn): facts[replica]}
                for access in offers.accesses(number, by):
                    premises = self._needs.met(access.cube, offers.arn, access.action, by, in_hand)
                    if premises is not None:
                        own = tuple(replica if fact.kind is FactKind.RESOURCE_POLICY else fact for fact in premises)
                        return Goal(number, offers.arn, by, access, tuple(dict.fromkeys((holds, replica, *own))), rounds, "replica")
            onto = [fact for fact in facts if fact.kind is FactKind.ONTO and fact.subject == offers.arn]
            for fact in onto if offers.rules.decrypts(number) else ():
                other = self._keys[fact.details[0]]
                premises = self._first(other, "kms:Decrypt", by, facts)
                if premises is not None:
                    return Goal(number, offers.arn, by, None, (holds, fact, *premises), rounds, other.arn)
        return None
