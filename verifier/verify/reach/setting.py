"""One key, and everything that chains towards it can be about.

In: an estate, a key, invariants. Out: whom each invariant is about, what each can bring about, and a teller of stories.
Guarantee: callers that are not told apart by any policy on the way are one.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property, lru_cache

from verifier.model.caller_sets import of_account
from verifier.model.catalogue import Entry, entries
from verifier.model.estate import Estate, Key
from verifier.model.invariant import CallerSet, Invariant
from verifier.model.named_accounts import an_account_of_its_own
from verifier.model.reach import OWN_KEY
from verifier.model.supposition import Supposition
from verifier.problem.domains import WEB_PREFIX
from verifier.problem.predicates import Predicate
from verifier.problem.targets import Target, TargetKind, key_target
from verifier.syntax.diagnostic import InputError
from verifier.verify.prove import How
from verifier.verify.reach.closure import Closure, Reached
from verifier.verify.reach.cubes import ANYONE
from verifier.verify.reach.documents import key_policy
from verifier.verify.reach.doubtful_permissions import DoubtfulPermissions
from verifier.verify.reach.doubts import Doubts
from verifier.verify.reach.facts import Facts, Way
from verifier.verify.reach.key_rules import KeyRules
from verifier.verify.reach.keyless_rules import KeylessRules
from verifier.verify.reach.narrowed import for_keys
from verifier.verify.reach.needs import Identities
from verifier.verify.reach.newly_made import imagined
from verifier.verify.reach.offers import KeyOffers
from verifier.verify.reach.own_policies import actions_named, asked_of_callers, bare
from verifier.verify.reach.replicas import replicas
from verifier.verify.reach.step_closure import StepClosure
from verifier.verify.reach.step_offers import StepOffers
from verifier.verify.reach.stories import Teller
from verifier.verify.reach.together import Found, nearest
from verifier.verify.reach.universe import Universe, holds_identities, listed, strangers


def is_federated(principal: str) -> bool:
    """Whether a principal is a federated-user session."""
    return ":federated-user/" in principal


class Setting:
    """The closures for one key, and its invariants. A federated session begins only where an invariant is about it: with whom it says that
    issued it, whose account is that of the key where it says so. Raises `TooLarge`, and `InputError` for an inventory that leaves out what
    could be joined or attached."""

    def __init__(self, estate: Estate, key: Key, goals: Sequence[Invariant], how: How) -> None:
        _check_lists(estate)
        self.key = key
        self.goals = tuple(goals)
        self._how = how
        self._shared = _shared(_Same(estate), tuple(sorted(how.held.items())))
        self.estate = self._shared.estate
        self._issued = tuple(of_account(goal.callers, key.account) for goal in goals)
        self._shared.expect(self._issued)
        self._rules = self._shared.rules(key, goals, self._issued)
        self._closures: dict[tuple[CallerSet, bool], Closure] = {}
        self._reached: dict[tuple[tuple[str, ...], CallerSet, bool], Reached] = {}

    def _closure(self, issued: CallerSet, doubtful: bool = False) -> Closure:
        """Of federated sessions it is about those in a set alone, and about the goals that say so; of other callers about every goal.
        Where `doubtful`, of what doubtful actions may bring about as well (W1)."""
        if (issued, doubtful) not in self._closures:
            numbers = tuple(number for number, own in enumerate(self._issued) if issued in (ANYONE, own))
            # What is made later does not hold on to this setting: nothing of it is left when it is not needed any more.
            key, shared, expected, goals = self.key, self._shared, self._issued, self.goals
            creating = cache(lambda: shared.creating(key.partition, issued))

            def offers(rules: KeyRules, numbers: tuple[int, ...]) -> KeyOffers:
                return KeyOffers(rules if issued == ANYONE else rules.of_issued(issued), numbers, creating)

            def further() -> Iterator[KeyOffers]:
                return (offers(shared.rules(other, (), expected), ()) for other in shared.further(key))

            def replicas_() -> Sequence[KeyOffers] | None:
                made = replicas(shared.narrow, key)
                return None if made is None else [offers(shared.rules(other, goals, expected), numbers) for other in made]

            own = self.universe.own
            by_steps = (shared.doubting(self._doubts_of(issued), own) if doubtful else shared.closure(key.partition, own, issued)).search
            other = self._closures.get((issued, not doubtful))
            offered = offers(self._rules, numbers) if other is None else other.key
            self._closures[issued, doubtful] = Closure(shared.identities, offered, by_steps, further, replicas_)
        return self._closures[issued, doubtful]

    def _issuers(self, start: str, goal: int) -> CallerSet:
        return self._issued[goal] if is_federated(start) else ANYONE

    @cached_property
    def universe(self) -> Universe:
        """The principals to begin with."""
        return self._shared.universe(self.key, self.goals)

    @property
    def meets_strangers(self) -> bool:
        """Whether chains may lead to roles that no inventory lists."""
        return any(":role/" in arn for arn in strangers(self.estate, self.universe.starts))

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

    def named(self, goal: int) -> frozenset[Entry]:
        """The actions of the catalogue that an Allow statement of somebody whom a goal is about names; all of them for a root user."""
        whom = {member for start in self.starters(goal) for member in self.universe.alike(start)}
        if any(one.endswith(":root") for one in whom):
            return frozenset(entries())
        return actions_named(policy for arn in whom if (one := self._shared.identities.by_arn.get(arn)) for policy in one.policies)

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

    def reached(self, starts: tuple[str, ...], goal: int, *, doubtful: bool = False) -> Reached:
        """What a principal can bring about, or several together of which none is federated; the goal among it if that is within reach.
        Where `doubtful`, what they may bring about."""
        assert self.universe.starts  # those whom no inventory lists are taken in
        issued = self._issuers(starts[0], goal)
        if (starts, issued, doubtful) not in self._reached:
            self._reached[starts, issued, doubtful] = self._closure(issued, doubtful).of(starts)
        return self._reached[starts, issued, doubtful]

    def at_once(self, start: str, goal: int) -> Reached:
        """What a principal can do without a step."""
        assert self.universe.starts
        return self._closure(self._issuers(start, goal)).at_once(start)

    def by_steps(self, start: str, goal: int, *, doubtful: bool = False) -> Reached:
        """What a principal can bring about by one step or more; where `doubtful`, what it may."""
        assert self.universe.starts
        return self._closure(self._issuers(start, goal), doubtful).of((start,), direct=False)

    def goal(self, reached: Reached, goal: int) -> Found | None:
        """A goal on the key, if it is within reach."""
        found = reached.goals.get((self.key.arn, goal))
        return None if found is None else (found, reached)

    def nearest(self, starts: Iterable[str], goal: int, by_steps: Container[str] = (), *, doubtful: bool = False) -> Iterator[Found]:
        """Those of some principals that can bring about a goal, the nearest first; of some `by_steps`, by one at least. Where `doubtful`,
        those that may."""

        def look(some: tuple[str, ...]) -> Found | None:
            by_steps_alone = self.reached(some, goal) if doubtful else None
            # Where they get there by steps together, not everything that they bring about was looked for.
            if by_steps_alone and self.goal(by_steps_alone, goal) is None and not self._in_doubt(by_steps_alone.facts):
                return None
            steps = some[0] in by_steps
            reached = self.by_steps(some[0], goal, doubtful=doubtful) if steps else self.reached(some, goal, doubtful=doubtful)
            return self.goal(reached, goal)

        def kind(start: str) -> object:
            # What root users, and callers of accounts without an inventory, bring about at once is not looked for with that of others.
            return start if start in by_steps or is_federated(start) else (start in self.listed, start.endswith(":root"))

        return nearest(tuple(starts), look, kind)

    def _in_doubt(self, facts: Facts) -> bool:
        """Whether somebody who is held may bring about something by a doubtful action."""
        doubts = self.doubts if facts.others else self.doubts.plain
        return any(map(doubts.of, facts.held))

    @property
    def doubts(self) -> Doubts:
        """What doubtful actions may bring about, whoever issued federated sessions."""
        return self._doubts_of(ANYONE)

    def _doubts_of(self, issued: CallerSet) -> Doubts:
        return self._shared.doubts(self.key.partition, self.universe, issued)

    def otherwise(self, start: str, goal: int, refused: frozenset[Way], *, direct: bool = True) -> Reached:
        """What it can bring about without some ways; by one step or more, where not `direct`."""
        return self._closure(self._issuers(start, goal)).of((start,), direct=direct, refused=refused)

    def teller(self, start: str, goal: int) -> Teller:
        """Tells stories about what a principal can bring about."""
        return Teller(self.estate, self._closure(self._issuers(start, goal)).rules, self._how)


class Shared:
    """What is found once for all keys of an estate, some of which have own keys of the caller's beside them."""

    def __init__(self, estate: Estate, held: Mapping[str, bool]) -> None:
        own = an_account_of_its_own(estate)
        self.estate = replace(estate, keys=(*estate.keys, *_own_keys(estate, own)), own_account=own)
        self._imagined = imagined(self.estate)
        self.narrow = for_keys(self._imagined.estate)
        self._bare = bare(self.narrow)
        self._held = held
        self.identities = Identities(self._imagined.estate)
        self._issued: tuple[CallerSet, ...] = ()
        self._steps: dict[str, StepOffers] = {}
        self._closures: dict[tuple[str, tuple[str, ...], CallerSet], StepClosure] = {}
        self._permitted: dict[tuple[str, CallerSet], dict[str, DoubtfulPermissions]] = {}
        self._doubts: dict[tuple[Universe, CallerSet], Doubts] = {}
        self._doubting: dict[Doubts, StepClosure] = {}
        self._asked: dict[tuple[str, str], list[Iterable[Predicate]]] = {}
        self._universes: dict[tuple[str, str], tuple[frozenset[Predicate], Universe]] = {}
        self._strangers: dict[str, None] = {}

    def expect(self, issued: Iterable[CallerSet]) -> None:
        """Sets of federated sessions that will be asked about: known beforehand, they are read with everything else."""
        if not self._steps:
            self._issued = tuple(dict.fromkeys((*self._issued, *issued)))

    def steps(self, partition: str) -> StepOffers:
        """Everything that is not a key."""
        if partition not in self._steps:
            self._steps[partition] = self._made_steps(partition, self._issued)
        return self._steps[partition]

    def _made_steps(self, partition: str, issued: Sequence[CallerSet]) -> StepOffers:
        steps = StepOffers(self._imagined.estate, partition, self._held, issued, self._imagined.made)
        steps.take_in(self._strangers)
        return steps

    def rules(self, key: Key, goals: Sequence[Invariant], issued: Sequence[CallerSet]) -> KeyRules:
        """The rules of one key."""
        return KeyRules(self.narrow, key, goals, self.steps(key.partition).powers, self._held, issued)

    def creating(self, partition: str, issued: CallerSet) -> KeylessRules:
        """The rules of creating keys."""
        return KeylessRules(self.narrow, partition, self.steps(partition).powers, self._held, issued)

    def closure(self, partition: str, own: tuple[str, ...], issued: CallerSet = ANYONE) -> StepClosure:
        """What principals bring about without keys, with their `own` identities outside; of federated sessions those in a set alone."""
        if (partition, own, issued) not in self._closures:
            if issued == ANYONE:
                found = StepClosure(self.identities, lambda: self.steps(partition), own)
            else:
                found = StepClosure(self.identities, lambda: self._of_issued(partition, issued), own, self.closure(partition, own))
            self._closures[partition, own, issued] = found
        return self._closures[partition, own, issued]

    def doubts(self, partition: str, universe: Universe, issued: CallerSet) -> Doubts:
        """What doubtful actions may bring about (W1), told apart by the principals of a universe; of federated sessions those in a set
        alone."""
        if any(other is not universe for other, _ in self._doubts):
            self._doubts.clear()  # one is asked about at a time
            self._doubting.clear()
        if (universe, issued) not in self._doubts:
            steps = self.steps(partition) if issued == ANYONE else self._of_issued(partition, issued)
            permissions = self._permissions(partition, issued)
            self._doubts[universe, issued] = Doubts(self.estate, self.identities, steps, permissions, universe.starts)
        return self._doubts[universe, issued]

    def _permissions(self, partition: str, issued: CallerSet = ANYONE) -> Mapping[str, DoubtfulPermissions]:
        """Who may do which doubtful actions, by account."""
        steps, found = self.steps(partition), self._permitted.setdefault((partition, issued), {})
        for group in steps.groups:
            target = group.permissions.targets[0]
            if target.kind is TargetKind.ACCOUNT and str(target.account) not in found:
                found[str(target.account)] = DoubtfulPermissions(self._imagined.estate, group.root, steps.powers, self._held, issued)
        return found

    def doubting(self, doubts: Doubts, own: tuple[str, ...]) -> StepClosure:
        """What principals may bring about without keys, by steps and doubtful actions."""
        if doubts not in self._doubting:
            self._doubting[doubts] = StepClosure(self.identities, lambda: doubts, own)
        return self._doubting[doubts]

    def _of_issued(self, partition: str, issued: CallerSet) -> StepOffers:
        steps = self.steps(partition)
        return (steps if issued in steps.issued else self._made_steps(partition, (issued,))).of_issued(issued)

    def further(self, key: Key) -> Iterator[Key]:
        """The other keys under which the ciphertexts of a key could come: of its Region, one of the caller's own among them."""
        for other in self.estate.keys:
            if other.arn != key.arn and (other.partition, other.region) == (key.partition, key.region) and other.policies:
                yield other

    def universe(self, key: Key, goals: Sequence[Invariant]) -> Universe:
        """The principals to begin with, for a key and its invariants; most often the same for all keys of a Region."""
        own = frozenset(asked_of_callers(self._bare, key_target(key), self.steps(key.partition).powers, goals))
        place, further = (key.partition, key.region), own.difference(*self._asked_of(key))
        if place not in self._universes or self._universes[place][0] != further:
            universe = self._made(key, own)
            if self._take_in(strangers(self.estate, universe.starts)):
                universe = self._made(key, own)
            universe.split(self.closure(key.partition, universe.own).touching)
            self._universes[place] = further, universe
        return self._universes[place][1]

    def _made(self, key: Key, own: Iterable[Predicate]) -> Universe:
        doubtful = (permissions.asked for permissions in self._permissions(key.partition).values())
        return Universe(self.estate, key.partition, (own, *self._asked_of(key), *self.steps(key.partition).asked(), *doubtful))

    def _take_in(self, principals: Iterable[str]) -> bool:
        """Takes in users and roles that no inventory lists. Returns whether any is new."""
        self._strangers |= dict.fromkeys(principals)
        new = [steps.take_in(self._strangers) for steps in self._steps.values()]
        if any(new):
            self._closures.clear()
            self._doubts.clear()
            self._doubting.clear()
        return any(new)

    def _asked_of(self, key: Key) -> list[Iterable[Predicate]]:
        """What others than the key itself ask about callers: whether they may create keys, and use others of its Region."""
        place = key.partition, key.region
        if place not in self._asked:
            targets = [Target(TargetKind.NONE, key.partition), key_target(key), *map(key_target, self.further(key))]
            self._asked[place] = [asked_of_callers(self._bare, target, self.steps(key.partition).powers) for target in targets]
        return self._asked[place]


@dataclass(frozen=True, eq=False)
class _Same:
    """An estate, which is equal to itself alone: to compare two takes long."""

    estate: Estate

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.estate is self.estate

    def __hash__(self) -> int:
        return id(self.estate)


_REMEMBERED = 8
"""Of so many estates what is shared by their keys is remembered: more than one where several suppositions are tried out."""


def supposing(estate: Estate, supposed: tuple[Supposition, ...]) -> Estate:
    """The estate with certain suppositions alone (W3); the same object for the same estate."""
    return _supposing(_Same(estate), supposed)


@lru_cache(_REMEMBERED)
def _supposing(same: _Same, supposed: tuple[Supposition, ...]) -> Estate:
    return replace(same.estate, suppositions=supposed)


@lru_cache(_REMEMBERED)
def _shared(same: _Same, held: tuple[tuple[str, bool], ...]) -> Shared:
    return Shared(same.estate, dict(held))


def _check_lists(estate: Estate) -> None:
    """Raises `InputError` for an inventory that leaves out groups or managed policies: one of them could be joined, or attached."""
    for account in estate.accounts:
        if account.unlisted:
            lists = " and no ".join(f"`{name}`" for name in account.unlisted)
            message = f"the inventory of {account.id} has no {lists}: what callers could join or attach is not known"
            raise InputError.of(message, hint="an empty list says that there are none", rule="E0")


def _own_keys(estate: Estate, account: str) -> Iterator[Key]:
    """In each Region, a key of an account that nobody else knows, where everyone may do everything: a caller can always have one (section
    7)."""
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
