"""One key, and everything that chains towards it can be about.

In: an estate, a key, invariants. Out: whom each invariant is about, what each can bring about, and a teller of stories.
Guarantee: callers that are not told apart by any policy on the way are one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

from verifier.model.estate import Estate, Key
from verifier.model.invariant import CallerSet, Invariant
from verifier.model.reach import OWN_KEY
from verifier.problem.domains import WEB_PREFIX
from verifier.problem.predicates import Predicate
from verifier.problem.targets import Target, TargetKind, key_target
from verifier.syntax.diagnostic import InputError
from verifier.verify.prove import How
from verifier.verify.reach.closure import Closure, Reached
from verifier.verify.reach.cubes import ANYONE, CALLER
from verifier.verify.reach.documents import key_policy
from verifier.verify.reach.key_rules import KeyRules
from verifier.verify.reach.keyless_rules import KeylessRules
from verifier.verify.reach.narrowed import for_keys
from verifier.verify.reach.needs import Identities
from verifier.verify.reach.offers import KeyOffers
from verifier.verify.reach.step_closure import StepClosure
from verifier.verify.reach.step_offers import StepOffers
from verifier.verify.reach.stories import Teller
from verifier.verify.reach.universe import Universe, asked_of_callers, holds_identities, listed, strangers


class Setting:
    """The closure for one key. `goals` are its invariants; of federated sessions it is about those in `issued` alone, whose account is not
    that of the key where it says so, but named. Raises `TooLarge`, and `InputError` for an inventory that leaves out what could be joined
    or attached."""

    def __init__(self, estate: Estate, key: Key, goals: Sequence[Invariant], how: How, issued: CallerSet = ANYONE) -> None:
        _check_lists(estate)
        self.key = key
        self._issued = issued
        self._how = how
        self._shared = _shared(_Same(estate), tuple(sorted(how.held.items())), issued)
        self._steps = self._shared.steps(key.partition)
        self.goals = tuple(goals)
        self.estate = self._shared.estate
        self._narrow = self._shared.narrow
        self._rules = self._rules_of(key, goals)
        offers = KeyOffers(self._rules, tuple(range(len(goals))), lambda: self._creating)
        self._closure = Closure(self._shared.identities, offers, self._shared.closure(key.partition).of, self._further)
        self._reached: dict[str, Reached] = {}

    def _rules_of(self, key: Key, goals: Sequence[Invariant]) -> KeyRules:
        return KeyRules(self._narrow, key, goals, self._steps.powers, self._how.held, self._issued)

    @cached_property
    def _creating(self) -> KeylessRules:
        return KeylessRules(self._narrow, self.key.partition, self._steps.powers, self._how.held, self._issued)

    def _further(self) -> Iterator[KeyOffers]:
        for other in self._shared.further(self.key):
            yield KeyOffers(self._rules_of(other, ()), (), lambda: self._creating)

    @cached_property
    def universe(self) -> Universe:
        """The principals to begin with."""
        if self._steps.take_in(strangers(self.estate, self._universe().starts)):
            self._shared.closure(self.key.partition).forget()
        return self._universe()

    def _universe(self) -> Universe:
        own = self._rules.joint.sides[0].question.space.questions.get(CALLER, {})
        return Universe(self.estate, self.key.partition, (own, *self._shared.asked(self.key), *self._steps.questions()))

    def starters(self, goal: int) -> Iterator[str]:
        """The principals whom a goal is about."""
        mask = self._rules.starters(goal)
        whom = self.goals[goal].callers
        for principal in self.universe.starts:
            number = self._rules.class_of(principal)
            if (number is not None and mask >> number & 1) or (
                principal.startswith(WEB_PREFIX) and holds_identities(whom, principal.removeprefix(WEB_PREFIX))
            ):
                yield principal

    def check(self, goal: int) -> None:
        """S3: an invariant without a last request, or without anybody whom it is about, is an input error."""
        if not self._rules.can_be_asked(goal) or not any(self.starters(goal)):
            invariant = self.goals[goal]
            message = f"invariant {invariant.name!r} has no request in its scope on {self.key.arn}, so it checks nothing"
            raise InputError.of(message, invariant.span, rule="S3")

    @cached_property
    def listed(self) -> frozenset[str]:
        """The users and roles of the inventories."""
        return frozenset(listed(self.estate))

    def reached(self, start: str) -> Reached:
        """What a principal can bring about."""
        assert self.universe.starts  # those whom no inventory lists are taken in
        if start not in self._reached:
            self._reached[start] = self._closure.of(start)
        return self._reached[start]

    def by_steps(self, start: str) -> Reached:
        """What a principal can bring about by one step or more."""
        return self._closure.of(start, direct=False)

    @property
    def teller(self) -> Teller:
        """Tells stories about what is within reach."""
        return Teller(self.estate, self._closure.rules, self._how)


class Shared:
    """What is found once for all keys of an estate, some of which have own keys of the caller's beside them."""

    def __init__(self, estate: Estate, held: Mapping[str, bool], issued: CallerSet) -> None:
        self.estate = replace(estate, keys=(*estate.keys, *_own_keys(estate)))
        self.narrow = for_keys(self.estate)
        self._held = held
        self._issued = issued
        self.identities = Identities(self.estate)
        self._steps: dict[str, StepOffers] = {}
        self._closures: dict[str, StepClosure] = {}
        self._asked: dict[tuple[str, str], list[Iterable[Predicate]]] = {}

    def steps(self, partition: str) -> StepOffers:
        """Everything that is not a key."""
        if partition not in self._steps:
            self._steps[partition] = StepOffers(self.estate, partition, self._held, self._issued)
        return self._steps[partition]

    def closure(self, partition: str) -> StepClosure:
        """What principals bring about without keys."""
        if partition not in self._closures:
            self._closures[partition] = StepClosure(self.identities, self.steps(partition))
        return self._closures[partition]

    def further(self, key: Key) -> Iterator[Key]:
        """The other keys under which the ciphertexts of a key could come: of its Region, one of the caller's own among them."""
        for other in self.estate.keys:
            if other.arn != key.arn and (other.partition, other.region) == (key.partition, key.region) and other.policies:
                yield other

    def asked(self, key: Key) -> list[Iterable[Predicate]]:
        """What other questions than that of the key itself and those of steps ask about callers: whether they may create keys, and use
        others of its Region."""
        place = key.partition, key.region
        if place not in self._asked:
            targets = [Target(TargetKind.NONE, key.partition), *map(key_target, (key, *self.further(key)))]
            self._asked[place] = [asked_of_callers(self.narrow, target, self.steps(key.partition).powers) for target in targets]
        return self._asked[place]


@dataclass(frozen=True, eq=False)
class _Same:
    """An estate, which is equal to itself alone: to compare two takes long."""

    estate: Estate

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.estate is self.estate

    def __hash__(self) -> int:
        return id(self.estate)


@lru_cache(2)
def _shared(same: _Same, held: tuple[tuple[str, bool], ...], issued: CallerSet) -> Shared:
    return Shared(same.estate, dict(held), issued)


def _check_lists(estate: Estate) -> None:
    """Raises `InputError` for an inventory that leaves out groups or managed policies: one of them could be joined, or attached."""
    for account in estate.accounts:
        if account.unlisted:
            lists = " and no ".join(f"`{name}`" for name in account.unlisted)
            message = f"the inventory of {account.id} has no {lists}: what callers could join or attach is not known"
            raise InputError.of(message, hint="an empty list says that there are none", rule="E0")


def _own_keys(estate: Estate) -> Iterator[Key]:
    """In each Region, a key of an account that nobody else knows, where everyone may do everything: a caller can always have one (section
    7)."""
    known = {account.id for account in estate.accounts} | {other.account for other in estate.keys}
    if estate.organization is not None:
        known |= {account for account, _ in estate.organization.accounts}
    account = next(str(number) for number in range(999999999999, 0, -1) if str(number) not in known)
    for partition, region in dict.fromkeys((key.partition, key.region) for key in estate.keys):
        arn = f"arn:{partition}:kms:{region}:{account}:key/{OWN_KEY}"
        yield Key(
            arn,
            name="a key of the caller's own",
            policies=(key_policy(arn, ()),),
            spec="SYMMETRIC_DEFAULT",
            usage="ENCRYPT_DECRYPT",
            origin="AWS_KMS",
            multi_region=False,
            aliases=(),
            tags=(),
            grants=(),
        )
