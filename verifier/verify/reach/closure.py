"""Everything that a caller can bring about, or several together: a least fixed point over facts.

In: the offers of all targets, a principal to begin with. Out: `Reached`: each fact with its derivation, and each goal
that comes within reach.
Guarantee: a chain of steps that ends in a goal makes its facts true in an order in which the closure finds them, so a
goal that is not reached cannot be brought about, in however many steps; and one that is reached in round *r* takes at
least *r* steps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from itertools import chain, islice, product

from verifier.deadline import look
from verifier.model.steps.descriptions import StepKind, is_own_key
from verifier.verify.reach.facts import ANY_WAY, NONE_MADE, Derivation, Fact, FactKind, Facts, Goal, Offer, Reached, Way
from verifier.verify.reach.needs import Identities, Needs
from verifier.verify.reach.offers.granted_by_services import GrantedByServices
from verifier.verify.reach.offers.offers import ANY_CLASS, KeyOffers, granted_operations
from verifier.verify.reach.offers.step_requests import on_same_key, onto_another_key
from verifier.verify.reach.step_closure import STEPPING, Frontier, StepSearch

_Made = tuple[Fact, Derivation]
_Halves = dict[str, tuple[dict[str, tuple[Fact, ...]], dict[str, tuple[Fact, ...]]]]
"""By key, who can import material and who can get the parameters, each with the facts that this takes."""


class Closure:
    """The closure for one key. `by_steps` gives what a principal brings about without keys; `further` are the other
    keys under which its ciphertexts could come, made when something can be re-encrypted at all. With `services`, what
    doubtful requests on keys may bring about counts as well, and what services grant (W1)."""

    def __init__(
        self,
        identities: Identities,
        key: KeyOffers,
        by_steps: Callable[[tuple[str, ...], frozenset[Way], Mapping[Fact, Derivation]], StepSearch],
        further: Callable[[], Iterable[KeyOffers]],
        replicas: Callable[[], Sequence[KeyOffers] | None],
        services: Callable[[Needs], GrantedByServices] | None,
    ) -> None:
        self.key = key
        self.keys = {key.arn: key}
        self.by_steps = by_steps
        self._further: Callable[[], Iterable[KeyOffers]] | None = further
        self.replicas = cache(replicas)
        self.identities = identities
        self.needs = Needs(identities, self.keys)
        self.services = services(self.needs) if services is not None else None

    @property
    def re_encrypts(self) -> bool:
        """True iff something may be re-encrypted: the other keys were taken in."""
        return self._further is None

    def look_further(self) -> None:
        """Takes in the other keys."""
        if self._further is not None:
            self.keys.update((offers.arn, offers) for offers in self._further() if offers.arn not in self.keys)
            self._further = None

    def of(
        self,
        starts: tuple[str, ...],
        *,
        direct: bool = True,
        refused: frozenset[Way] = ANY_WAY,
        given: Mapping[Fact, Derivation] = NONE_MADE,
        rounds: int | None = None,
    ) -> Reached:
        """Everything that some principals can bring about together until every goal is within reach, or by so many
        `rounds`; where not `direct`, that one does by one step at least. Without the ways that are `refused`: to look
        for others, as it proves nothing. Some facts are `given`: they were made true before."""
        while True:
            keys = len(self.keys)
            reached = _Run(self, starts, direct, refused, given).reached(rounds)
            if len(self.keys) == keys:
                return reached
            # Other keys count from the first round on, also where it comes out later that they are to be asked about.


class _Run:
    """One run of a closure, with the keys that are known to it."""

    def __init__(
        self,
        closure: Closure,
        starts: tuple[str, ...],
        direct: bool,
        refused: frozenset[Way],
        given: Mapping[Fact, Derivation],
    ) -> None:
        self._closure = closure
        self._keys, self._needs, self._services = closure.keys, closure.needs, closure.services
        self._direct, self._refused, self._given = direct, refused, given
        self._facts = closure.identities.at_first(starts, refused)
        self._facts.add(given)
        self._reached = Reached(starts, self._facts)
        self._rounds = 0
        self._stepping, self._asking, self._halves = Frontier(), Frontier(), _Halves()

    def reached(self, rounds: int | None) -> Reached:
        """What comes within reach by so many rounds, or by however many."""
        if self._direct or self._given:
            self._look_for_goals()
        if not self._left:
            return self._reached
        # What is brought about without keys does not turn on what is brought about with them.
        without_keys = self._closure.by_steps(self._reached.starts, self._refused, self._given)
        while self._rounds != rounds and self._left:
            self._rounds += 1
            new = dict(without_keys.new(self._rounds))
            for fact, derivation in self._round():
                new.setdefault(fact, derivation)
            if not new:
                break
            self._facts.add(new)
            self._look_for_goals()
        for offers in self._keys.values():
            for number in offers.goals:
                self._or_in_doubt(offers, number)
        return self._reached

    def _or_in_doubt(self, offers: KeyOffers, number: int) -> None:
        """What opens a key to anybody may be all there is to a goal, and sooner than by other steps (W1)."""
        key, facts, goals = offers.arn, self._facts, self._reached.goals
        under = self._under(offers, number) if offers.rules.decrypts(number) else {}
        for arn, path in {key: (), **under}.items():
            opened = Fact(FactKind.OPEN, arn)
            if opened in facts:
                by, premises = facts[opened].by, (*path, opened)
                own = Goal(number, key, by, None, premises, facts.rounds(premises))
                other = goals.get((key, number), own)
                goals[key, number] = replace(other, rounds=min(own.rounds, other.rounds))

    @property
    def _left(self) -> list[tuple[KeyOffers, int]]:
        """The goals that are not within reach yet, with the keys that they are about."""
        goals = ((offers, number) for offers in self._keys.values() for number in offers.goals)
        return [(offers, number) for offers, number in goals if (offers.arn, number) not in self._reached.goals]

    def _round(self) -> Iterator[_Made]:
        """What comes about by one step more on keys."""
        facts, refused = self._facts, self._refused
        wanted = {arn: self._wanted(offers).difference(facts) for arn, offers in self._keys.items()}
        leaving = self._leaving()
        fresh = self._stepping.advance(facts, len(self._keys))
        for by in fresh:
            look()
            for offers in tuple(self._keys.values()) if by.startswith(STEPPING) else ():
                offered = offers.steps(by, wanted.setdefault(offers.arn, self._wanted(offers)))
                granted = self._services.offered(offers, by, facts) if self._services else []
                available = self._available(offers, by, facts) if offered or granted else frozenset()
                for offer in chain(offered, granted):
                    premises = self._premises(offers, offer, by) if offer.cube.needs <= available else None
                    if premises is not None and (offer.gives, offer.step, by, premises) not in refused:
                        wanted[offers.arn] -= {offer.gives}
                        yield offer.gives, Derivation(offer.step, by, premises, self._rounds, offer)
            for fact, found in self._by_material(by, leaving) if by.startswith("arn:") else ():
                if fact not in facts and found.way(fact) not in refused:
                    yield fact, found
        for offers in tuple(self._keys.values()):
            ways = self._imported(offers, fresh)
            yield from islice(((fact, one) for fact, one in ways if one.way(fact) not in refused), 1)

    def _wanted(self, offers: KeyOffers) -> frozenset[Fact]:
        return offers.gives if self._services is not None else offers.gives - {Fact(FactKind.OPEN, offers.arn)}

    def _premises(self, offers: KeyOffers, offer: Offer, by: str) -> tuple[Fact, ...] | None:
        found = self._needs.met(offer.cube, offer.target, granted_operations(offer), by, self._facts)
        if found is None or not self._facts.keys() >= {*offer.after}:
            return None
        for target, action_, cube in offer.also:
            other = offers.beside(target) if (cube.needs or cube.values) and target not in self._keys else None
            if other is not None:
                self._keys[target] = other  # what it takes of another key may come about by steps
            more = self._needs.met(cube, target, action_, by, self._facts)
            if more is None:
                return None
            found += more
        return (Fact(FactKind.HOLDS, by), *dict.fromkeys((*offer.after, *found)))

    def _available(self, offers: KeyOffers, by: str, facts: Facts) -> frozenset[str]:
        return self._needs.available(offers.rules.possible_changes, offers.arn, by, facts)

    def _imported(self, offers: KeyOffers, fresh: Sequence[str]) -> Iterator[_Made]:
        """Material that a principal imports with the parameters that another one got: no page binds them to who asked
        for them [API: ImportKeyMaterial]. Who can do either half is looked for among those who are `fresh`."""
        known = Fact(FactKind.KNOWN, offers.arn)
        if known in self._facts or known not in offers.gives:
            return
        importing, getting = self._halves.setdefault(offers.arn, ({}, {}))
        for action, able in (("kms:ImportKeyMaterial", importing), ("kms:GetParametersForImport", getting)):
            found = ((by, self._first(offers, action, by)) for by in fresh if by.startswith("arn:"))
            able |= {by: needed for by, needed in found if needed is not None and by not in able}
        for (by, needed), (other, further) in product(importing.items(), getting.items()):
            if other != by:  # whoever can do both is offered it as one step of its own
                premises = (Fact(FactKind.HOLDS, by), Fact(FactKind.HOLDS, other), *dict.fromkeys((*needed, *further)))
                yield known, Derivation(StepKind.IMPORT_MATERIAL, by, premises, self._rounds)

    def _leaving(self) -> Iterable[KeyOffers]:
        """The keys from which re-encryption may lead to a goal."""
        goals = [offers for offers in self._keys.values() if any(map(offers.rules.decrypts, offers.goals))]
        onto = (fact.details[0] for fact in self._facts.of_kind(FactKind.ONTO))
        under = [self._keys[arn] for arn in onto if not is_own_key(arn)]
        return dict.fromkeys((*goals, *under))

    def _by_material(self, by: str, sources: Iterable[KeyOffers]) -> Iterator[_Made]:
        """Re-encryption: from one of some keys, onto another."""
        for source in sources:
            leaving = self._first(source, "kms:ReEncryptFrom", by)
            if leaving is None:
                continue
            self._closure.look_further()
            for onto in tuple(self._keys.values()):
                other = onto is not source and onto.region == source.region
                arriving = self._arriving(onto, by) if other else None
                if arriving is not None:
                    premises = (Fact(FactKind.HOLDS, by), *leaving, *arriving)
                    fact = Fact(FactKind.ONTO, source.arn, (onto.arn,))
                    yield fact, Derivation(StepKind.RE_ENCRYPT, by, premises, self._rounds)

    def _arriving(self, onto: KeyOffers, by: str) -> tuple[Fact, ...] | None:
        """Facts with which a principal can encrypt under another key. One of its own grants it that at first (W2)."""
        if not is_own_key(onto.arn):
            return self._first(onto, "kms:ReEncryptTo", by)
        granted = Fact(FactKind.MAY_GRANT, onto.arn, ("kms:ReEncryptTo", str(ANY_CLASS)))
        found = self._first(onto, "kms:ReEncryptTo", by, Facts({**self._facts, granted: Derivation(None, by, (), 0)}))
        return None if found is None else tuple(fact for fact in found if fact != granted)

    def _first(self, offers: KeyOffers, action: str, by: str, facts: Facts | None = None) -> tuple[Fact, ...] | None:
        """The facts, of all or of some, with which a principal can do something on a key: the first and fewest."""
        facts = self._facts if facts is None else facts
        doing = offers.doing(action, by)
        available = self._available(offers, by, facts) if doing else frozenset()
        name = action.split(" ")[0]
        met = (self._needs.met(cube, offers.arn, name, by, facts) for cube in doing if cube.needs <= available)
        found = (premises for premises in met if premises is not None)
        return min(found, key=lambda one: (facts.rounds(one), len(one)), default=None)

    # -- goals --

    def _look_for_goals(self) -> None:
        whom = self._asking.advance(self._facts, len(self._keys))
        for offers, number in self._left:
            goals = self._goals(offers, number, whom)
            goal = next((goal for goal in goals if goal.way not in self._refused), None)
            if goal is not None:
                self._reached.goals[offers.arn, number] = goal

    def _goals(self, offers: KeyOffers, number: int, whom: Sequence[str]) -> Iterator[Goal]:
        facts, direct = self._facts, self._direct
        for by in whom:
            look()
            held, accesses = Fact(FactKind.HOLDS, by), offers.accesses(number, by)
            available = self._available(offers, by, facts) if accesses else frozenset()
            for access in accesses:
                met = access.cube.needs <= available
                premises = self._needs.met(access.cube, offers.arn, access.action, by, facts) if met else None
                if premises is not None and (direct or any(facts[one].step is not None for one in (held, *premises))):
                    yield Goal(number, offers.arn, by, access, (held, *premises), self._rounds)
        if offers.rules.uses_material(number):
            yield from self._by_other_means(offers, number)

    def _by_other_means(self, offers: KeyOffers, number: int) -> Iterator[Goal]:
        """The key's material is known, or what it encrypted can be decrypted under another key (W2)."""
        known, replica = Fact(FactKind.KNOWN, offers.arn), Fact(FactKind.REPLICA, offers.arn)
        if known in self._facts:
            yield Goal(number, offers.arn, self._facts[known].by, None, (known,), self._rounds)
        if replica in self._facts:
            yield from self._on_replica(offers, number, replica)
        if offers.rules.decrypts(number):
            for arn, path in self._under(offers, number).items():
                yield from self._decrypted(offers, number, self._keys[arn], path)
        if offers.rules.about_contexts(number):
            for by, premises in self._again(offers, number):
                yield Goal(number, offers.arn, by, None, premises, self._rounds, Goal.AGAIN)

    def _under(self, offers: KeyOffers, number: int) -> Mapping[str, tuple[Fact, ...]]:
        """The other keys under which the ciphertexts that a goal is about can come."""
        if not offers.rules.about_contexts(number):
            return self._facts.under(offers.arn)
        takers = [by for by in self._facts.held if self._first(offers, onto_another_key(number), by) is not None]

        def leaving(onto: Fact) -> bool:
            return any(self._arriving(self._keys[onto.details[0]], by) is not None for by in takers)

        return self._facts.under(offers.arn, leaving)

    def _again(self, offers: KeyOffers, number: int) -> Iterator[tuple[str, tuple[Fact, ...]]]:
        """Who decrypts what came back under the key with another encryption context: at once, or by way of other keys
        (W2)."""
        facts = self._facts
        under = ((path, Fact(FactKind.ONTO, arn, (offers.arn,))) for arn, path in self._under(offers, number).items())
        back = [(*path, onto) for path, onto in under if onto in facts]
        for by in facts.held:
            leaving, arriving = (self._first(offers, name, by) for name in on_same_key(number))
            if leaving is not None and arriving is not None:
                back.append((Fact(FactKind.HOLDS, by), *leaving, *arriving))
        for by in facts.held if back else ():
            premises = self._first(offers, "kms:Decrypt", by)
            if premises is not None:
                yield by, (Fact(FactKind.HOLDS, by), *back[0], *premises)

    def _decrypted(self, offers: KeyOffers, number: int, other: KeyOffers, path: tuple[Fact, ...]) -> Iterator[Goal]:
        """What came under another key by re-encryption is decrypted there; or that is known, or has a replica."""
        facts, rounds = self._facts, self._rounds
        if is_own_key(other.arn):  # the caller's own account decrypts it (W2)
            yield Goal(number, offers.arn, facts[path[-1]].by, None, path, rounds)
        known, replica = Fact(FactKind.KNOWN, other.arn), Fact(FactKind.REPLICA, other.arn)
        if known in facts:
            yield Goal(number, offers.arn, facts[known].by, None, (*path, known), rounds)
        for by in facts.held:
            able = self._first(other, "kms:Decrypt", by)
            if able is not None:
                premises = (Fact(FactKind.HOLDS, by), *path, *able)
                yield Goal(number, offers.arn, by, None, premises, rounds, other.arn)
        if replica in facts:
            yield Goal(number, offers.arn, facts[replica].by, None, (*path, replica), rounds, other.arn)

    def _on_replica(self, offers: KeyOffers, number: int, replica: Fact) -> Iterator[Goal]:
        """The last request on a replica that a principal made, with whatever policy it wrote."""
        facts, replicas = self._facts, self._closure.replicas()
        if replicas is None:
            yield Goal(number, offers.arn, facts[replica].by, None, (replica,), self._rounds, Goal.REPLICA)
        for made in replicas or ():
            in_hand = Facts({**facts, Fact(FactKind.RESOURCE_POLICY, made.arn): facts[replica]})
            for by in facts.held:
                first = (Fact(FactKind.HOLDS, by), replica)
                for access in made.accesses(number, by):
                    premises = self._needs.met(access.cube, made.arn, access.action, by, in_hand)
                    if premises is not None:
                        own = (replica if fact.subject == made.arn else fact for fact in premises)
                        needed = tuple(dict.fromkeys((*first, *own)))
                        yield Goal(number, offers.arn, by, access, needed, self._rounds, Goal.REPLICA)
                # From the replica what it encrypted can be re-encrypted as well.
                for cube in made.doing("kms:ReEncryptFrom", by) if offers.rules.decrypts(number) else ():
                    if self._needs.met(cube, made.arn, "kms:ReEncryptFrom", by, in_hand) is not None:
                        yield Goal(number, offers.arn, by, None, first, self._rounds, Goal.REPLICA)
