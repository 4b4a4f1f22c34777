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

from verifier.model.step_kinds import StepKind, is_own_key
from verifier.verify.reach.facts import ANY_WAY, NONE_MADE, Derivation, Fact, FactKind, Facts, Fresh, Offer, Way
from verifier.verify.reach.goals import AGAIN, REPLICA, Goal, Reached
from verifier.verify.reach.key_rules import KeyRules
from verifier.verify.reach.needs import Identities, Needs
from verifier.verify.reach.offers.contexts import on_same_key, onto_another_key
from verifier.verify.reach.offers.granted_by_services import GrantedByServices
from verifier.verify.reach.offers.offers import ANY, KeyOffers, asked_for
from verifier.verify.reach.step_closure import STEPPING, Search

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
        by_steps: Callable[[tuple[str, ...], frozenset[Way], Mapping[Fact, Derivation]], Search],
        further: Callable[[], Iterable[KeyOffers]],
        replicas: Callable[[], Sequence[KeyOffers] | None],
        services: Callable[[Needs], GrantedByServices] | None = None,
    ) -> None:
        self.key = key
        self._keys = {key.arn: key}
        self._by_steps = by_steps
        self._further: Callable[[], Iterable[KeyOffers]] | None = further
        self._replicas = cache(replicas)
        self._identities = identities
        self._needs = Needs(identities, self._keys)
        self._services = services(self._needs) if services is not None else None

    @property
    def rules(self) -> dict[str, KeyRules]:
        """The rules of the keys that it came to be about."""
        return {arn: offers.rules for arn, offers in self._keys.items()}

    @property
    def re_encrypts(self) -> bool:
        """True iff something may be re-encrypted: the other keys were taken in."""
        return self._further is None

    def at_once(self, start: str) -> Reached:
        """What a principal can do without a step."""
        reached = Reached((start,), self._identities.at_first((start,)))
        self._look_for_goals(reached, 0, True, ANY_WAY, Fresh())
        return reached

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
            keys = len(self._keys)
            reached = self._on_keys(starts, direct, refused, given, rounds)
            if len(self._keys) == keys:
                return reached
            # Other keys count from the first round on, also where it comes out later that they are to be asked about.

    def _on_keys(
        self,
        starts: tuple[str, ...],
        direct: bool,
        refused: frozenset[Way],
        given: Mapping[Fact, Derivation],
        rounds: int | None,
    ) -> Reached:
        reached = Reached(starts, self._identities.at_first(starts, refused))
        reached.facts.add(given)
        stepping, asking, halves = Fresh(), Fresh(), _Halves()
        if direct or given:
            self._look_for_goals(reached, 0, direct, refused, asking)
        if self._all_reached(reached):
            return reached
        # What is brought about without keys does not turn on what is brought about with them.
        without_keys = self._by_steps(starts, refused, given)
        done = 0
        while done != rounds and not self._all_reached(reached):
            done += 1
            new = dict(without_keys.new(done))
            for fact, derivation in self._round(reached.facts, done, stepping, halves, refused):
                new.setdefault(fact, derivation)
            if not new:
                break
            reached.facts.add(new)
            self._look_for_goals(reached, done, direct, refused, asking)
        for arn, offers in self._keys.items():
            for number in offers.goals:
                self._or_in_doubt(reached, arn, number)
        return reached

    def _or_in_doubt(self, reached: Reached, key: str, number: int) -> None:
        """What opens a key to anybody may be all there is to a goal, and sooner than by other steps (W1)."""
        under = self._under(self._keys[key], number, reached.facts) if self._keys[key].rules.decrypts(number) else {}
        for arn, path in {key: (), **under}.items():
            opened = Fact(FactKind.OPEN, arn)
            if opened in reached.facts:
                by, premises = reached.facts[opened].by, (*path, opened)
                own = Goal(number, key, by, None, premises, reached.facts.rounds(premises))
                other = reached.goals.get((key, number), own)
                reached.goals[key, number] = replace(other, rounds=min(own.rounds, other.rounds))

    def _all_reached(self, reached: Reached) -> bool:
        return all((arn, number) in reached.goals for arn, offers in self._keys.items() for number in offers.goals)

    def _round(
        self, facts: Facts, rounds: int, stepping: Fresh, halves: _Halves, refused: frozenset[Way]
    ) -> Iterator[_Made]:
        """What comes about by one step more on keys."""
        wanted = {arn: self._wanted(offers).difference(facts) for arn, offers in self._keys.items()}
        leaving = self._leaving(facts)
        fresh = stepping.held(facts, len(self._keys))
        for by in fresh:
            for offers in tuple(self._keys.values()) if by.startswith(STEPPING) else ():
                offered = offers.steps(by, wanted.setdefault(offers.arn, self._wanted(offers)))
                granted = self._services.offered(offers, by, facts) if self._services else []
                available = self._available(offers, by, facts) if offered or granted else frozenset()
                for offer in chain(offered, granted):
                    premises = self._premises(offers, offer, by, facts) if offer.cube.needs <= available else None
                    if premises is not None and (offer.gives, offer.step, by, premises) not in refused:
                        wanted[offers.arn] -= {offer.gives}
                        yield offer.gives, Derivation(offer.step, by, premises, rounds, offer)
            for fact, found in self._by_material(by, facts, rounds, leaving) if by.startswith("arn:") else ():
                if fact not in facts and found.way(fact) not in refused:
                    yield fact, found
        for offers in tuple(self._keys.values()):
            ways = self._imported(offers, fresh, halves, facts, rounds)
            yield from islice(((fact, one) for fact, one in ways if one.way(fact) not in refused), 1)

    def _wanted(self, offers: KeyOffers) -> frozenset[Fact]:
        return offers.gives if self._services is not None else offers.gives - {Fact(FactKind.OPEN, offers.arn)}

    def _premises(self, offers: KeyOffers, offer: Offer, by: str, facts: Facts) -> tuple[Fact, ...] | None:
        found = self._needs.met(offer.cube, offer.target, asked_for(offer), by, facts)
        if found is None or not facts.keys() >= {*offer.after}:
            return None
        for target, action_, cube in offer.also:
            other = offers.beside(target) if (cube.needs or cube.values) and target not in self._keys else None
            if other is not None:
                self._keys[target] = other  # what it takes of another key may come about by steps
            more = self._needs.met(cube, target, action_, by, facts)
            if more is None:
                return None
            found += more
        return (Fact(FactKind.HOLDS, by), *dict.fromkeys((*offer.after, *found)))

    def _available(self, offers: KeyOffers, by: str, facts: Facts) -> frozenset[str]:
        return self._needs.available(offers.rules.possible_changes, offers.arn, by, facts)

    def _imported(
        self, offers: KeyOffers, fresh: Sequence[str], halves: _Halves, facts: Facts, rounds: int
    ) -> Iterator[_Made]:
        """Material that a principal imports with the parameters that another one got: no page binds them to who asked
        for them [API: ImportKeyMaterial]. Who can do either half is looked for among those who are `fresh`."""
        known = Fact(FactKind.KNOWN, offers.arn)
        if known in facts or known not in offers.gives:
            return
        importing, getting = halves.setdefault(offers.arn, ({}, {}))
        for action, able in (("kms:ImportKeyMaterial", importing), ("kms:GetParametersForImport", getting)):
            found = ((by, self._first(offers, action, by, facts)) for by in fresh if by.startswith("arn:"))
            able |= {by: needed for by, needed in found if needed is not None and by not in able}
        for (by, needed), (other, further) in product(importing.items(), getting.items()):
            if other != by:  # whoever can do both is offered it as one step of its own
                premises = (Fact(FactKind.HOLDS, by), Fact(FactKind.HOLDS, other), *dict.fromkeys((*needed, *further)))
                yield known, Derivation(StepKind.IMPORT_MATERIAL, by, premises, rounds)

    def _leaving(self, facts: Facts) -> Iterable[KeyOffers]:
        """The keys from which re-encryption may lead to a goal."""
        goals = [offers for offers in self._keys.values() if any(map(offers.rules.decrypts, offers.goals))]
        onto = (fact.details[0] for fact in facts.of_kind(FactKind.ONTO))
        under = [self._keys[arn] for arn in onto if not is_own_key(arn)]
        return dict.fromkeys((*goals, *under))

    def _by_material(self, by: str, facts: Facts, rounds: int, sources: Iterable[KeyOffers]) -> Iterator[_Made]:
        """Re-encryption: from one of some keys, onto another."""
        for source in sources:
            leaving = self._first(source, "kms:ReEncryptFrom", by, facts)
            if leaving is None:
                continue
            self._look_further()
            for onto in tuple(self._keys.values()):
                other = onto is not source and onto.region == source.region
                arriving = self._arriving(onto, by, facts) if other else None
                if arriving is not None:
                    premises = (Fact(FactKind.HOLDS, by), *leaving, *arriving)
                    fact = Fact(FactKind.ONTO, source.arn, (onto.arn,))
                    yield fact, Derivation(StepKind.RE_ENCRYPT, by, premises, rounds)

    def _arriving(self, onto: KeyOffers, by: str, facts: Facts) -> tuple[Fact, ...] | None:
        """Facts with which a principal can encrypt under another key. One of its own grants it that at first (W2)."""
        if not is_own_key(onto.arn):
            return self._first(onto, "kms:ReEncryptTo", by, facts)
        granted = Fact(FactKind.MAY_GRANT, onto.arn, ("kms:ReEncryptTo", str(ANY)))
        found = self._first(onto, "kms:ReEncryptTo", by, Facts({**facts, granted: Derivation(None, by, (), 0)}))
        return None if found is None else tuple(fact for fact in found if fact != granted)

    def _look_further(self) -> None:
        """Takes in the other keys."""
        if self._further is not None:
            self._keys.update((offers.arn, offers) for offers in self._further() if offers.arn not in self._keys)
            self._further = None

    def _first(self, offers: KeyOffers, action: str, by: str, facts: Facts) -> tuple[Fact, ...] | None:
        """The facts with which a principal can do something on a key: those that are there first, and the fewest of
        these."""
        doing = offers.doing(action, by)
        available = self._available(offers, by, facts) if doing else frozenset()
        name = action.split(" ")[0]
        met = (self._needs.met(cube, offers.arn, name, by, facts) for cube in doing if cube.needs <= available)
        found = (premises for premises in met if premises is not None)
        return min(found, key=lambda one: (facts.rounds(one), len(one)), default=None)

    # -- goals --

    def _look_for_goals(
        self, reached: Reached, rounds: int, direct: bool, refused: frozenset[Way], asking: Fresh
    ) -> None:
        whom = asking.held(reached.facts, len(self._keys))
        for arn, offers in self._keys.items():
            for number in offers.goals:
                if (arn, number) not in reached.goals:
                    goals = self._goals(offers, number, reached.facts, rounds, direct, whom)
                    goal = next((goal for goal in goals if goal.way not in refused), None)
                    if goal is not None:
                        reached.goals[arn, number] = goal

    def _goals(
        self, offers: KeyOffers, number: int, facts: Facts, rounds: int, direct: bool, whom: Sequence[str]
    ) -> Iterator[Goal]:
        for by in whom:
            held, accesses = Fact(FactKind.HOLDS, by), offers.accesses(number, by)
            available = self._available(offers, by, facts) if accesses else frozenset()
            for access in accesses:
                met = access.cube.needs <= available
                premises = self._needs.met(access.cube, offers.arn, access.action, by, facts) if met else None
                if premises is not None and (direct or any(facts[one].step is not None for one in (held, *premises))):
                    yield Goal(number, offers.arn, by, access, (held, *premises), rounds)
        yield from self._by_other_means(offers, number, facts, rounds) if offers.rules.uses_material(number) else ()

    def _by_other_means(self, offers: KeyOffers, number: int, facts: Facts, rounds: int) -> Iterator[Goal]:
        """The key's material is known, or what it encrypted can be decrypted under another key (W2)."""
        known = Fact(FactKind.KNOWN, offers.arn)
        if known in facts:
            yield Goal(number, offers.arn, facts[known].by, None, (known,), rounds)
        replica = Fact(FactKind.REPLICA, offers.arn)
        if replica in facts:
            yield from self._on_replica(offers, number, facts, replica, rounds)
        if offers.rules.decrypts(number):
            for arn, path in self._under(offers, number, facts).items():
                yield from self._decrypted(offers, number, facts, rounds, self._keys[arn], path)
        if offers.rules.about_contexts(number):
            for by, premises in self._again(offers, number, facts):
                yield Goal(number, offers.arn, by, None, (Fact(FactKind.HOLDS, by), *premises), rounds, AGAIN)

    def _under(self, offers: KeyOffers, number: int, facts: Facts) -> Mapping[str, tuple[Fact, ...]]:
        """The other keys under which the ciphertexts that a goal is about can come."""
        if not offers.rules.about_contexts(number):
            return facts.under(offers.arn)
        takers = [by for by in facts.held if self._first(offers, onto_another_key(number), by, facts) is not None]

        def leaving(onto: Fact) -> bool:
            return any(self._arriving(self._keys[onto.details[0]], by, facts) is not None for by in takers)

        return facts.under(offers.arn, leaving)

    def _again(self, offers: KeyOffers, number: int, facts: Facts) -> Iterator[tuple[str, tuple[Fact, ...]]]:
        """Who decrypts what came back under the key with another encryption context: at once, or by way of other keys
        (W2)."""
        under = (
            (path, Fact(FactKind.ONTO, arn, (offers.arn,))) for arn, path in self._under(offers, number, facts).items()
        )
        back = [(*path, onto) for path, onto in under if onto in facts]
        for by in facts.held:
            leaving, arriving = (self._first(offers, name, by, facts) for name in on_same_key(number))
            if leaving is not None and arriving is not None:
                back.append((Fact(FactKind.HOLDS, by), *leaving, *arriving))
        for by in facts.held if back else ():
            premises = self._first(offers, "kms:Decrypt", by, facts)
            if premises is not None:
                yield by, (*back[0], *premises)

    def _decrypted(
        self, offers: KeyOffers, number: int, facts: Facts, rounds: int, other: KeyOffers, path: tuple[Fact, ...]
    ) -> Iterator[Goal]:
        """What came under another key, by re-encryption, is decrypted there; or its material is known, or it has a
        replica."""
        if is_own_key(other.arn):  # the caller's own account decrypts it (W2)
            yield Goal(number, offers.arn, facts[path[-1]].by, None, path, rounds)
        known, replica = Fact(FactKind.KNOWN, other.arn), Fact(FactKind.REPLICA, other.arn)
        if known in facts:
            yield Goal(number, offers.arn, facts[known].by, None, (*path, known), rounds)
        for by in facts.held:
            able = self._first(other, "kms:Decrypt", by, facts)
            if able is not None:
                premises = (Fact(FactKind.HOLDS, by), *path, *able)
                yield Goal(number, offers.arn, by, None, premises, rounds, other.arn)
        if replica in facts:
            yield Goal(number, offers.arn, facts[replica].by, None, (*path, replica), rounds, other.arn)

    def _on_replica(self, offers: KeyOffers, number: int, facts: Facts, replica: Fact, rounds: int) -> Iterator[Goal]:
        """The last request on a replica that a principal made, with whatever policy it wrote."""
        replicas = self._replicas()
        if replicas is None:
            yield Goal(number, offers.arn, facts[replica].by, None, (replica,), rounds, REPLICA)
        for made in replicas or ():
            in_hand = Facts({**facts, Fact(FactKind.RESOURCE_POLICY, made.arn): facts[replica]})
            for by in facts.held:
                for access in made.accesses(number, by):
                    premises = self._needs.met(access.cube, made.arn, access.action, by, in_hand)
                    if premises is not None:
                        own = (replica if fact.subject == made.arn else fact for fact in premises)
                        premises = tuple(dict.fromkeys((Fact(FactKind.HOLDS, by), replica, *own)))
                        yield Goal(number, offers.arn, by, access, premises, rounds, REPLICA)
                # From the replica what it encrypted can be re-encrypted as well.
                for cube in made.doing("kms:ReEncryptFrom", by) if offers.rules.decrypts(number) else ():
                    if self._needs.met(cube, made.arn, "kms:ReEncryptFrom", by, in_hand) is not None:
                        yield Goal(number, offers.arn, by, None, (Fact(FactKind.HOLDS, by), replica), rounds, REPLICA)
