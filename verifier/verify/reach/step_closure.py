"""What a principal can bring about without keys: writes in IAM, roles and users that it comes to hold.

In: the offers of everything that is no key. Out: facts with their derivations.
Guarantee: as of `closure`; none of these steps needs anything of a key, so what is found here holds for all keys of an estate.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from verifier.problem.domains import WEB_PREFIX
from verifier.verify.reach.cubes import Cube
from verifier.verify.reach.facts import Derivation, Fact, FactKind
from verifier.verify.reach.needs import Facts, Identities, Needs
from verifier.verify.reach.step_offers import Group, StepOffers

STEPPING = ("arn:", WEB_PREFIX)
"""How the names of those begin who take steps: a service principal takes none (E0)."""


class StepClosure:
    """The closure over everything that is not a key."""

    def __init__(self, identities: Identities, offers: StepOffers) -> None:
        self._offers = offers
        self._needs = Needs(identities, {})
        self._found: dict[str, Mapping[Fact, Derivation]] = {}

    def of(self, start: str) -> Mapping[Fact, Derivation]:
        """Everything that a principal can bring about, itself included."""
        if start not in self._found:
            self._found[start] = self._closed(start)
        return self._found[start]

    def forget(self) -> None:
        """There are more targets than before."""
        self._found.clear()

    def _closed(self, start: str) -> Mapping[Fact, Derivation]:
        facts = {Fact(FactKind.HOLDS, start): Derivation(None, start, (), 0)}
        given: dict[object, int] = {}
        rounds = 0
        while True:
            rounds += 1
            new: dict[Fact, Derivation] = {}
            for fact, derivation in self._round(facts, given, rounds):
                if fact not in facts:
                    new.setdefault(fact, derivation)
            if not new:
                return facts
            facts |= new

    def _round(self, facts: Facts, given: dict[object, int], rounds: int) -> Iterator[tuple[Fact, Derivation]]:
        """What comes about by one step more; `given` are the targets, as masks, on which something was made true already."""
        in_hand = self._in_hand(facts)
        for by in [fact.subject for fact in facts if fact.kind is FactKind.HOLDS]:
            for needs, bundles in self._offers.bundles(by).items() if by.startswith(STEPPING) else ():
                needed = self._needs.met(Cube(0, needs), "", None, by, facts)
                for bundle in bundles if needed is not None else ():
                    targets = bundle.targets & ~given.get(bundle.slot, 0)
                    if bundle.needs_policy:
                        targets &= in_hand.get(bundle.group, 0)
                    if targets:
                        given[bundle.slot] = given.get(bundle.slot, 0) | targets
                        for offer in bundle.offers(targets):
                            own = (Fact(FactKind.RESOURCE_POLICY, offer.target),) if bundle.needs_policy else ()
                            premises = (Fact(FactKind.HOLDS, by), *(needed or ()), *own)
                            yield offer.gives, Derivation(offer.step, by, premises, rounds, offer)

    def _in_hand(self, facts: Facts) -> dict[Group, int]:
        """The targets whose own policies are in hand, by their groups."""
        found: dict[Group, int] = {}
        for fact in facts:
            if fact.kind is FactKind.RESOURCE_POLICY:
                for group in self._offers.groups:
                    found[group] = found.get(group, 0) | group.bit(fact.subject)
        return found
