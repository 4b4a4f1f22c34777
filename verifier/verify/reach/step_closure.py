"""What a principal can bring about without keys: writes in IAM, roles and users that it comes to hold.

In: the offers of everything that is no key. Out: facts with their derivations.
Guarantee: as of `closure`; none of these steps needs anything of a key, so what is found here holds for all keys of an
estate.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import chain

from verifier.deadline import look
from verifier.model.steps.descriptions import StepKind
from verifier.problem.classes.attributes import WEB_PREFIX
from verifier.problem.semantics.possible_changes import RESOURCE_POLICY
from verifier.verify.reach.cubes import Cube
from verifier.verify.reach.facts import ANY_WAY, NONE_MADE, Derivation, Fact, FactKind, Facts, Way, whatever_way
from verifier.verify.reach.needs import Identities, Needs
from verifier.verify.reach.offers.doubts import Doubts
from verifier.verify.reach.offers.step_offers import StepOffers
from verifier.verify.reach.step_groups import OF_TARGETS, Bundle, TargetGroup

Offers = StepOffers | Doubts
STEPPING = ("arn:", WEB_PREFIX)
"""How the names of those begin who take steps: a service principal takes none (E0)."""


class StepClosure:
    """The closure over everything that is not a key; `own` are identities in an account of the caller's own. The offers
    are made when somebody is looked at."""

    def __init__(self, identities: Identities, offers: Callable[[], Offers], own: Sequence[str]) -> None:
        self._own = own
        self._offers = cache(offers)
        self._identities = identities
        self._needs = Needs(identities, {})
        self._found: dict[tuple[str, ...], StepSearch] = {}

    def of(self, starts: tuple[str, ...]) -> Facts:
        """Everything that some principals can bring about together, themselves included."""
        search = self.search(starts)
        search.new(None)
        return search.facts

    def search(
        self, starts: tuple[str, ...], refused: frozenset[Way] = ANY_WAY, given: Mapping[Fact, Derivation] = NONE_MADE
    ) -> StepSearch:
        """The search for what some principals can bring about together, as far as it went; without the ways that are
        `refused`, which proves nothing; and where some facts are `given`."""
        if given or any(isinstance(fact, Fact) for fact, *_ in refused):
            return self._begun(starts, refused, given)
        if starts not in self._found:
            self._found[starts] = self._begun(starts, ANY_WAY, NONE_MADE)
        return self._found[starts]

    def touching(self, starts: tuple[str, ...], alike: Mapping[str, Collection[str]]) -> tuple[str, ...]:
        """Those principals about which, or about others like them, is something that they bring about: they differ."""
        about = {fact.subject for fact, found in self.of(starts).items() if found.rounds > 0}
        return tuple(start for start in starts if not about.isdisjoint(alike[start]))

    def _outside(self, starts: tuple[str, ...], refused: frozenset[Way]) -> Iterator[tuple[Fact, Derivation]]:
        """What callers have in accounts of their own, which the input does not name (W2)."""
        start = next(filter(lambda one: one.startswith(STEPPING), starts), "")
        for arn in self._own if start else ():
            fact, premises = Fact(FactKind.HOLDS, arn), (Fact(FactKind.HOLDS, start),)
            if (fact, StepKind.OWN_IDENTITY, start, premises) not in refused:
                yield fact, Derivation(StepKind.OWN_IDENTITY, start, premises, 1)

    def _begun(self, starts: tuple[str, ...], refused: frozenset[Way], given: Mapping[Fact, Derivation]) -> StepSearch:
        facts, own = self._identities.at_first(starts, refused), tuple(self._outside(starts, refused))
        facts.add(given)
        return StepSearch(self._offers, self._needs, facts, refused, frozenset(self._own), own)


@dataclass
class Frontier:
    """Whom to look at, round by round: what a principal can do turns on itself and on facts but who else is held."""

    _others: tuple[int, int] = (-1, -1)
    _seen: int = 0

    def advance(self, facts: Facts, keys: int = 0) -> Sequence[str]:
        """The principals that are held since the last call; all that are held where another fact, or a key, came."""
        held, others = facts.of_kind(FactKind.HOLDS), (facts.others, keys)
        first = self._seen if others == self._others else 0
        self._others, self._seen = others, len(held)
        return [fact.subject for fact in held[first:]]


@dataclass
class StepSearch:
    """The search for what some principals can bring about together, from `facts`, which grow with the rounds; `outside`
    is what comes about in the first one besides."""

    offers: Callable[[], Offers]
    """What is offered to whoever is held: made when somebody is looked at."""
    needs: Needs
    facts: Facts
    refused: frozenset[Way]
    own: frozenset[str]
    outside: Sequence[tuple[Fact, Derivation]]
    rounds: list[Mapping[Fact, Derivation]] = field(default_factory=list)
    """What came about by each round, the last of which is empty once nothing does any more."""
    given: dict[object, int] = field(default_factory=dict)
    """The targets, as masks, on which something was made true already."""
    frontier: Frontier = field(default_factory=Frontier)

    def new(self, rounds: int | None) -> Mapping[Fact, Derivation]:
        """What comes about by so many steps, and by no fewer; `None` for however many: then nothing does."""
        while (rounds is None or len(self.rounds) < rounds) and (not self.rounds or self.rounds[-1]):
            look()
            new: dict[Fact, Derivation] = {}
            number = len(self.rounds) + 1
            for fact, derivation in chain(self.outside if number == 1 else (), self._round(number)):
                if fact not in self.facts:
                    new.setdefault(fact, derivation)
            self.rounds.append(new)
            self.facts.add(new)
        return self.rounds[-1] if rounds is None or rounds > len(self.rounds) else self.rounds[rounds - 1]

    def _round(self, rounds: int) -> Iterator[tuple[Fact, Derivation]]:
        in_hand = self._in_hand()
        # Each change needs something that was done before; that a key is shared gives one on that key alone.
        plain = self.facts.others == len(self.facts.of_kind(FactKind.SHARED))
        offers = self.offers().plain if plain else self.offers()
        for by in self.frontier.advance(self.facts):
            look()
            for needs, bundles in offers.bundles(by).items() if by.startswith(STEPPING) else ():
                needed = self.needs.met(Cube(0, needs), "", None, by, self.facts)
                if needed is not None:
                    for bundle in bundles:
                        also = self._of_asker(bundle) if bundle.targets & ~self.given.get(bundle.slot, 0) else None
                        if also is not None:
                            yield from self._step(bundle, by, (*needed, *also), in_hand, rounds)

    def _of_asker(self, bundle: Bundle) -> tuple[Fact, ...] | None:
        asker, changes = bundle.asker or ("", ())
        return self.needs.met(Cube(0, frozenset(changes)), "", None, asker, self.facts)

    def _step(
        self,
        bundle: Bundle,
        by: str,
        needed: tuple[Fact, ...],
        in_hand: Mapping[tuple[str, TargetGroup], int],
        rounds: int,
    ) -> Iterator[tuple[Fact, Derivation]]:
        targets = bundle.targets & ~self.given.get(bundle.slot, 0)
        if by in self.own and bundle.step is StepKind.ASSUME_ROLE and RESOURCE_POLICY not in bundle.needs_of_target:
            targets &= bundle.group.trusting  # that others let in nobody from there is supposed (`in_doubt.looked_at`)
        for change in bundle.needs_of_target:
            targets &= in_hand.get((change, bundle.group), 0)
        if targets and all(fact in self.facts for fact in bundle.after):
            self.given[bundle.slot] = self.given.get(bundle.slot, 0) | targets
            for offer in bundle.offers(targets):
                own = bundle.giving(offer.target, self.facts)
                assert own is not None  # the target is in hand
                premises = tuple(dict.fromkeys((Fact(FactKind.HOLDS, by), *needed, *own, *bundle.after)))
                if not self.refused.isdisjoint(((offer.gives, offer.step, by, premises), whatever_way(offer.gives))):
                    self.given[bundle.slot] &= ~bundle.group.bit(offer.target)
                else:
                    yield offer.gives, Derivation(offer.step, by, premises, rounds, offer)

    def _in_hand(self) -> dict[tuple[str, TargetGroup], int]:
        """The targets on which a change is given, by their groups."""
        found: dict[tuple[str, TargetGroup], int] = {}
        for change, kinds in OF_TARGETS.items():
            for fact in chain.from_iterable(map(self.facts.of_kind, kinds)):
                for group in self.offers().groups:
                    found[change, group] = found.get((change, group), 0) | group.bit(fact.subject)
        return found
