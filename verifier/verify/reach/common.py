"""What the closures for all keys of an estate have in common: steps that are not on keys, doubtful actions, principals
to begin with.

In: an estate, the readings that are held. Out: `Common`.
Guarantee: of an estate it is made once, and each part of it when it is first asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache, cached_property, partial
from itertools import chain
from typing import TypeVar

from verifier.model.estate import Estate, Key
from verifier.model.invariant import CallerSet, Invariant, conditions_in
from verifier.model.policy import Condition
from verifier.model.results.verdict import Reason
from verifier.model.steps.supposition import Supposition
from verifier.model.symbols import SymbolValues
from verifier.problem.classes.predicates import Predicate
from verifier.problem.facts.shared import ObjectCache
from verifier.problem.semantics.targets import Target, TargetKind, key_target
from verifier.verify.limits import within_limits
from verifier.verify.reach.alias_names import ALIAS_NAMES, REQUEST_ALIAS
from verifier.verify.reach.alias_rules import AliasRules, alias_target
from verifier.verify.reach.cubes import ANYONE
from verifier.verify.reach.distinctions import reads_tags
from verifier.verify.reach.key_rules import KeyRules
from verifier.verify.reach.narrowed import for_keys, keys_read, of_callers, says_of_keys
from verifier.verify.reach.needs import Identities
from verifier.verify.reach.not_in_input import leaves_keys_out, other_keys, own_accounts, own_keys, unread_keys
from verifier.verify.reach.offers.doubtful_permissions import DoubtfulPermissions
from verifier.verify.reach.offers.doubts import Doubts
from verifier.verify.reach.offers.names_to_make import patterns_of_targets
from verifier.verify.reach.offers.newly_made import imagined
from verifier.verify.reach.offers.offers import KeyOffers
from verifier.verify.reach.offers.step_offers import StepOffers
from verifier.verify.reach.offers.variable_values import keys_of_names, may_tell_names
from verifier.verify.reach.own_policies import bare, of_any_resource, tests_of_callers
from verifier.verify.reach.step_closure import StepClosure
from verifier.verify.reach.step_groups import TargetGroup, keyless_rules
from verifier.verify.reach.universe import Universe, unlisted_principals

_T = TypeVar("_T")


class Common:
    """What is found once for all keys of an estate, some of which have own keys of the caller's beside them. `tags`
    says that what is asked turns on tags of callers, whatever policies do; `telling` are the conditions by which the
    last requests are told from others, so far as they may tell names apart."""

    def __init__(self, estate: Estate, held: SymbolValues, tags: bool, telling: Sequence[Condition]) -> None:
        own = own_accounts(estate, telling)
        self.estate = replace(estate, keys=(*estate.keys, *own_keys(estate, own)), own_accounts=own)
        self._imagined = imagined(self.estate, telling)
        self.complete = self._imagined.complete
        self.narrow = for_keys(self._imagined.estate)
        self._bare = bare(self.narrow)
        self._held = held
        self._tags = tags
        self.identities = Identities(self._imagined.estate, self.estate, tags)
        self._issued: tuple[CallerSet, ...] = ()
        self._steps: dict[str, StepOffers] = {}
        self.closure = cache(self._closure)
        self._permitted: dict[tuple[str, CallerSet], dict[str, DoubtfulPermissions]] = {}
        self._doubts: dict[tuple[Universe, CallerSet], Doubts] = {}
        self.doubting = cache(self._doubting)
        self._tests: dict[tuple[str, str], list[Iterable[Predicate]]] = {}
        self._universes: dict[tuple[str, str], tuple[frozenset[Predicate], Universe]] = {}
        self._strangers: dict[str, None] = {}
        self._not_listed: dict[tuple[str, str], tuple[Key, ...]] = {}
        self._unread = tuple(unread_keys(self.estate))
        self.beside = cache(self._beside)
        self._creating = cache(self._rules_of_creating)

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
        steps = StepOffers(self._imagined, partition, self._held, issued, self._tags)
        steps.take_in(self._strangers)
        return steps

    def rules(self, key: Key, goals: Sequence[Invariant], issued: Sequence[CallerSet]) -> KeyRules:
        return KeyRules(self.narrow, key, goals, self.steps(key.partition).possible_changes, self._held, issued)

    def offers(
        self,
        rules: KeyRules,
        issued: CallerSet,
        expected: tuple[CallerSet, ...],
        numbers: tuple[int, ...] = (),
        *,
        made: bool = False,
    ) -> KeyOffers:
        """What is offered on a key: of federated sessions to those in the set `issued` alone, one of those that are
        `expected`. `numbers` are the `goals` of `KeyOffers`, `made` is as there."""
        aliases = cache(lambda: self._managing(rules, issued))
        of_issued = rules if issued == ANYONE else rules.of_issued(issued)
        beside = cache(lambda arn: self.beside(arn, issued, expected))
        creating = partial(self._creating, rules.key.partition, issued)
        return KeyOffers(of_issued, numbers, creating, aliases, beside, made=made)

    def _beside(self, arn: str, issued: CallerSet, expected: tuple[CallerSet, ...]) -> KeyOffers | None:
        """The same of a key about which nothing is asked, one for all settings; `None` if its policy is not known."""
        keys = chain(self.estate.keys, *self._not_listed.values(), self._unread)
        key = next((one for one in keys if one.arn == arn and one.policies), None)
        made = all(one.arn != arn for one in self.estate.keys)
        return None if key is None else self.offers(self.rules(key, (), expected), issued, expected, made=made)

    def _rules_of_creating(self, partition: str, issued: CallerSet) -> TargetGroup:
        """The rules of creating keys, in each Region."""
        return keyless_rules(self.narrow, partition, self.steps(partition).possible_changes, self._held, issued)

    def _managing(self, rules: KeyRules, issued: CallerSet) -> AliasRules:
        """The rules of the aliases that a key may have."""
        listed = tuple(one.arn for one in self.estate.identities)
        return AliasRules(self.narrow, listed, rules, self._held, issued, self.not_listed(rules.key))

    def _closure(self, partition: str, own: tuple[str, ...], issued: CallerSet) -> StepClosure:
        """What principals bring about without keys, with their `own` identities outside; of federated sessions some."""
        return StepClosure(self.identities, lambda: self._of_issued(partition, issued), own)

    def doubts(self, partition: str, universe: Universe, issued: CallerSet, condition_keys: frozenset[str]) -> Doubts:
        """What doubtful actions may bring about (W1), told apart by the principals of a universe; of federated sessions
        those in a set alone. `condition_keys` are those by which the last requests are told from others."""
        if any(other is not universe for other, _ in self._doubts):
            self._doubts.clear()  # one is asked about at a time
            self.doubting.cache_clear()
        if (universe, issued) not in self._doubts:
            steps, permissions = self._of_issued(partition, issued), self._permissions(partition, issued)
            self._doubts[universe, issued] = Doubts(
                self.estate, self.identities, steps, permissions, universe.starts, condition_keys
            )
        return self._doubts[universe, issued]

    def _permissions(self, partition: str, issued: CallerSet = ANYONE) -> Mapping[str, DoubtfulPermissions]:
        """Who may do which doubtful actions, by account."""
        steps, found = self.steps(partition), self._permitted.setdefault((partition, issued), {})
        for group in steps.groups:
            if group.kind is TargetKind.ACCOUNT and group.account not in found:
                found[group.account] = DoubtfulPermissions(
                    self._imagined.estate, group.root, steps.changes_in_doubt, self._held, issued
                )
        return found

    def _doubting(self, doubts: Doubts, own: tuple[str, ...]) -> StepClosure:
        """What principals may bring about without keys, by steps and doubtful actions."""
        return StepClosure(self.identities, lambda: doubts, own)

    def _of_issued(self, partition: str, issued: CallerSet) -> StepOffers:
        steps = self.steps(partition)
        if issued == ANYONE:
            return steps
        return (steps if issued in steps.issued else self._made_steps(partition, (issued,))).of_issued(issued)

    def further(self, key: Key) -> Iterator[Key]:
        """The other keys under which ciphertexts of a key could come: of its Region, also one of the caller's own."""
        place = key.partition, key.region
        near = (other for other in self.estate.keys if (other.partition, other.region) == place)
        return (other for other in near if other.arn != key.arn and other.policies)

    def not_listed(self, key: Key) -> tuple[Key, ...]:
        """Those that the input does not hold (W1)."""
        place = key.partition, key.region
        if place not in self._not_listed:
            self._not_listed[place] = tuple(other_keys(self.estate, *place))
        return self._not_listed[place]

    def unread(self, key: Key) -> tuple[Key, ...]:
        """Those of which the input does not hold the policy (U3)."""
        return tuple(one for one in self._unread if (one.partition, one.region) == (key.partition, key.region))

    def leaves_keys_out(self, key: Key) -> bool:
        """True iff policies tell apart more keys of the Region of a key than are looked at. Raises `TooLarge`."""
        return leaves_keys_out(self.estate, key.partition, key.region)

    def universe(self, key: Key, goals: Sequence[Invariant]) -> Universe:
        """The principals to begin with, for a key and its invariants; most often the same for all keys of a Region."""
        tests = tests_of_callers(self._bare, key_target(key), self.steps(key.partition).possible_changes, goals)
        own = frozenset((*tests, *self._tests_by_aliases(key, goals)))
        place, further = (key.partition, key.region), own.difference(*self._tests_by_others(key))
        if place not in self._universes or self._universes[place][0] != further:
            universe = self._made(key, own)
            if self._take_in(self._met(key, own, universe)):
                universe = self._made(key, own)
            universe.split(self.closure(key.partition, universe.own, ANYONE).touching)
            self._universes[place] = further, universe
        return self._universes[place][1]

    def _made(self, key: Key, own: Iterable[Predicate], further: Iterable[Predicate] = ()) -> Universe:
        doubtful = (permissions.caller_tests for permissions in self._permissions(key.partition).values())
        tests = (own, *self._tests_by_others(key), *self.steps(key.partition).caller_tests(), *doubtful, further)
        return Universe(self.estate, key.partition, tests, self._imagined.made)

    def _met(self, key: Key, own: Iterable[Predicate], universe: Universe) -> Iterator[str]:
        """The users and roles of a universe that no inventory lists; of those that are alike as callers, one for each
        way in which policies name them as what a step is on."""
        others = tuple(unlisted_principals(self.estate, universe.starts))
        yield from others
        patterns = patterns_of_targets(self.estate, others, self._imagined.filled)
        yield from unlisted_principals(self.estate, self._made(key, own, patterns).starts if patterns else ())

    def _take_in(self, principals: Iterable[str]) -> bool:
        """True iff some of these users and roles, which no inventory lists and which are taken in, are new."""
        self._strangers |= dict.fromkeys(principals)
        new = [steps.take_in(self._strangers) for steps in self._steps.values()]
        if any(new):
            self.closure.cache_clear()
            self._doubts.clear()
            self.doubting.cache_clear()
        return any(new)

    def _tests_by_aliases(self, key: Key, goals: Sequence[Invariant]) -> Iterator[Predicate]:
        """What is asked about callers who change aliases of a key, or of others of its Region, if these matter (R4)."""
        tested = (condition.key.value for goal in goals for condition in conditions_in(goal.when))
        if self._by_alias or any(one.lower().startswith((ALIAS_NAMES, REQUEST_ALIAS)) for one in tested):
            wide, possible_changes = of_any_resource(self._bare), self.steps(key.partition).possible_changes
            for other in {other.account: other for other in (key, *self.further(key))}.values():
                yield from tests_of_callers(wide, alias_target(other, "alias/example"), possible_changes)

    @cached_property
    def _by_alias(self) -> bool:
        """True iff a policy asks for the aliases of keys."""
        policies = (*self.estate.key_policies, *of_callers(self.narrow, says_of_keys))
        return any(name.startswith((ALIAS_NAMES, REQUEST_ALIAS)) for policy in policies for name in keys_read(policy))

    def _tests_by_others(self, key: Key) -> list[Iterable[Predicate]]:
        """What others than the key ask about callers: whether they may create keys, and use others of its Region."""
        place, possible_changes = (key.partition, key.region), self.steps(key.partition).possible_changes
        if place not in self._tests:
            targets = [Target(TargetKind.NONE, key.partition), *map(key_target, (key, *self.further(key)))]
            # what is asked on one of each, on any
            others, wide = {one.account: key_target(one) for one in self.not_listed(key)}, of_any_resource(self._bare)
            self._tests[place] = [
                *(tests_of_callers(self._bare, target, possible_changes) for target in targets),
                *(tests_of_callers(wide, target, possible_changes) for target in others.values()),
            ]
        return self._tests[place]


_CACHE_SIZE = 8
"""Of so many estates what their keys share is remembered: of several where suppositions are tried out."""
_supposed = ObjectCache[Estate](_CACHE_SIZE)
_name_keys = ObjectCache[frozenset[str]](_CACHE_SIZE)
_commons = ObjectCache[Common](_CACHE_SIZE)


def supposing(estate: Estate, supposed: tuple[Supposition, ...]) -> Estate:
    """The estate with certain suppositions alone (W3); the same object for the same estate."""
    return _supposed.of((estate,), supposed, find=lambda: replace(estate, suppositions=supposed))


def of_estate(estate: Estate, held: SymbolValues, goals: Iterable[Invariant]) -> Common:
    """What is found once for all keys of an estate; the same object for the same estate, and goals that turn on tags or
    do not, and that tell alike the names of what could be made."""
    goals = tuple(goals)
    conditions = tuple(dict.fromkeys(one for goal in goals for one in conditions_in(goal.when)))
    policies = chain(estate.key_policies, estate.trust_policies(), of_callers(estate))
    name_keys = _name_keys.of((estate,), find=lambda: keys_of_names(policies)) if conditions else frozenset()
    tags, telling = reads_tags(goals), may_tell_names(conditions, name_keys)
    names = tuple(sorted(held.items())), tags, telling
    return _commons.of((estate,), *names, find=lambda: Common(estate, dict(held), tags, telling))


def followed(timeout: float | None, question: Callable[[], _T]) -> _T | Reason:
    """What a question about steps is answered within the limits. One that meets them leaves what was found half made:
    it would lack what was being taken in, and so would every proof by it. So it is left behind."""
    found = within_limits(timeout, "the policies tell apart too much", question)
    if isinstance(found, Reason):
        _commons.clear()
    return found
