"""One key, and everything that chains towards it can be about.

In: an estate, a key, invariants. Out: whom each invariant is about, what each can bring about, and a teller of stories.
Guarantee: callers that are not told apart by any policy on the way are one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property

from verifier.model.estate import Estate, Key
from verifier.model.invariant import CallerSet, Invariant
from verifier.model.reach import OWN_KEY
from verifier.problem.domains import WEB_PREFIX
from verifier.problem.targets import Target, TargetKind
from verifier.syntax.diagnostic import InputError
from verifier.verify.prove import How
from verifier.verify.reach.closure import Closure, Identities, Reached
from verifier.verify.reach.cubes import ANYONE, CALLER
from verifier.verify.reach.documents import key_policy
from verifier.verify.reach.key_rules import KeyRules
from verifier.verify.reach.offers import KeyOffers
from verifier.verify.reach.step_offers import StepOffers
from verifier.verify.reach.step_rules import StepRules
from verifier.verify.reach.stories import Teller
from verifier.verify.reach.universe import holds_identities, strangers, universe


class Setting:
    """The closure for one key. `goals` are its invariants; of federated sessions it is about those in `issued` alone, whose account is not
    that of the key where it says so, but named. Raises `TooLarge`."""

    def __init__(self, estate: Estate, key: Key, goals: Sequence[Invariant], how: How, issued: CallerSet = ANYONE) -> None:
        self.key = key
        self._how = how
        self._issued = issued
        self.goals = tuple(goals)
        self.estate = replace(estate, keys=(*estate.keys, *_own_keys(estate, key)))
        self._steps = StepOffers(self.estate, key.partition, how.held, issued)
        self._rules = self._rules_of(key, goals)
        offers = KeyOffers(self._rules, tuple(range(len(goals))), lambda: self._creating)
        self._closure = Closure(Identities(self.estate), offers, (self._steps,), self._further)
        self._reached: dict[str, Reached] = {}

    def _rules_of(self, key: Key, goals: Sequence[Invariant]) -> KeyRules:
        return KeyRules(self.estate, key, goals, self._steps.powers, self._how.held, self._issued)

    @cached_property
    def _creating(self) -> StepRules:
        """Who can create keys: what a replica takes besides (R8)."""
        target = Target(TargetKind.NONE, self.key.partition)
        return StepRules(self.estate, target, ("kms:CreateKey",), self._steps.powers, self._how.held, issued=self._issued)

    def _further(self) -> Iterator[KeyOffers]:
        """The other keys of the Region, and one that belongs to the caller."""
        for other in self.estate.keys:
            if other.arn != self.key.arn and other.region == self.key.region and other.partition == self.key.partition and other.policies:
                yield KeyOffers(self._rules_of(other, ()), (), lambda: self._creating)

    @cached_property
    def principals(self) -> tuple[str, ...]:
        """One principal of each class."""
        self._steps.take_in(strangers(self.estate, self._classes()))
        return self._classes()

    def _classes(self) -> tuple[str, ...]:
        own = self._rules.joint.sides[0].question.space.questions.get(CALLER, {})
        return universe(self.key.partition, (own, *self._steps.questions()))

    def starters(self, goal: int) -> Iterator[str]:
        """The principals whom a goal is about."""
        mask = self._rules.starters(goal)
        whom = self.goals[goal].callers
        for principal in self.principals:
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
        return frozenset(identity.arn for account in self.estate.accounts for identity in (*account.users, *account.roles))

    def reached(self, start: str) -> Reached:
        """What a principal can bring about."""
        assert self.principals  # so that those whom no inventory lists are taken in
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


def _own_keys(estate: Estate, key: Key) -> Iterator[Key]:
    """A key of an account that nobody else knows, where everyone may do everything: a caller can always have one (section 7)."""
    known = {account.id for account in estate.accounts} | {other.account for other in estate.keys}
    if estate.organization is not None:
        known |= {account for account, _ in estate.organization.accounts}
    account = next(str(number) for number in range(999999999999, 0, -1) if str(number) not in known)
    arn = f"arn:{key.partition}:kms:{key.region}:{account}:key/{OWN_KEY}"
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
