"""One key, and everything that chains towards it can be about.

In: an estate, a key, invariants. Out: whom each invariant is about, what each can bring about, and a teller of stories.
Guarantee: callers that are not told apart by any policy on the way are one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache, cached_property, partial

from verifier.model.caller_sets import of_account
from verifier.model.estate import Estate, Key
from verifier.model.invariant import CallerSet, CallersOr, Invariant, IssuedBy, PrincipalLike
from verifier.model.policy import StatementRef, Text, arn_kind, reference_to
from verifier.model.results.verdict import Reason
from verifier.model.steps.catalogue import Head, catalogue_entries
from verifier.problem.classes.attributes import WEB_PREFIX
from verifier.problem.semantics.statements import names_action
from verifier.syntax.diagnostic import InputError
from verifier.verify.deciding import ProofOptions
from verifier.verify.reach.closure import Closure
from verifier.verify.reach.common import of_estate
from verifier.verify.reach.cubes import ANYONE
from verifier.verify.reach.distinctions import keys_of
from verifier.verify.reach.facts import ANY_WAY, Facts, Reached, Way, is_federated
from verifier.verify.reach.few_steps import FewSteps
from verifier.verify.reach.not_in_input import replicas
from verifier.verify.reach.offers.doubts import Doubts
from verifier.verify.reach.offers.granted_by_services import GrantedByServices
from verifier.verify.reach.offers.offers import KeyOffers
from verifier.verify.reach.own_policies import allowed_actions
from verifier.verify.reach.stories.asking import FoundRequests
from verifier.verify.reach.stories.stories import Other, Teller
from verifier.verify.reach.together import FoundGoal, nearest
from verifier.verify.reach.universe import Universe, holds_identities, listed_identities, unlisted_principals


@cache
def _all_named() -> Counter[Head]:
    return Counter(entry.head for entry in catalogue_entries())


_KEYS_LEFT_OUT = Reason(
    "budget",
    "ciphertexts may be re-encrypted under a key that the input does not hold, and the policies tell such keys apart "
    "by a variable, or by more of their IDs than is looked at",
)


class Setting:
    """The closures for one key, and its invariants. A federated session begins only where an invariant is about it:
    with whom it says that issued it, whose account is that of the key where it says so. Raises `TooLarge`, and
    `InputError` for an inventory that leaves out what could be joined or attached."""

    def __init__(self, estate: Estate, key: Key, goals: Sequence[Invariant], options: ProofOptions) -> None:
        _check_lists(estate)
        self.key = key
        self.goals = tuple(goals)
        self.options = options
        self._common = of_estate(estate, options.held, goals)
        self.estate = self._common.estate
        self._issued = tuple(of_account(goal.callers, key.account) for goal in goals)
        self._common.expect(self._issued)
        self._rules = self._common.rules(key, goals, self._issued)
        self._closures: dict[tuple[CallerSet, bool], Closure] = {}
        self._starters: dict[int, tuple[str, ...]] = {}
        self._issuing: dict[tuple[tuple[str, ...], int], CallerSet] = {}
        self._reached: dict[tuple[tuple[str, ...], CallerSet, bool], Reached] = {}
        self._found_requests: FoundRequests = {}

    @property
    def undecided(self) -> Reason | None:
        """Why nothing can be proved: what could be made has no end (`newly_made`), or ciphertexts may leave the key for
        keys that are not looked at; `None` where all is looked at. Raises `TooLarge`."""
        if not self._common.complete:
            why = "policy variables name what could be made after what could be made, and so on without end"
            return Reason("budget", why)
        return _KEYS_LEFT_OUT if self.may_leave and self._common.leaves_keys_out(self.key) else None

    @property
    def may_leave(self) -> bool:
        """True iff ciphertexts may leave the key: other keys were looked at."""
        return any(closure.re_encrypts for closure in self._closures.values())

    @property
    def without_grants(self) -> tuple[str, ...]:
        """The other keys that were looked at and whose grants the input does not list."""
        others = self._common.further(self.key) if self.may_leave else ()
        return tuple(other.arn for other in others if other.grants is None)

    def _closure(self, issued: CallerSet, doubtful: bool = False) -> Closure:
        """Of federated sessions it is about those in a set alone, and about the goals that say so; of other callers
        about every goal. Where `doubtful`, of what doubtful actions may bring about as well (W1)."""
        if (issued, doubtful) not in self._closures:
            known = issued in (ANYONE, *self._issued)
            numbers = tuple(n for n, own in enumerate(self._issued) if not known or issued in (ANYONE, own))
            # What is made later does not hold on to this setting: nothing of it is left when it is not needed any more.
            key, common, goals = self.key, self._common, self.goals
            expected = self._issued if known else (issued,)
            offers = partial(common.offers, issued=issued, expected=expected)

            def further() -> Iterator[KeyOffers]:
                in_doubt = (*common.not_listed(key), *common.unread(key)) if doubtful else ()
                others = (*common.further(key), *in_doubt)
                yield from filter(None, (common.beside(other.arn, issued, expected) for other in others))

            def replicas_() -> Sequence[KeyOffers] | None:
                made = replicas(common.narrow, key)
                if made is None:
                    return None
                return [offers(common.rules(one, goals, expected), numbers=numbers) for one in made]

            own = self.universe.own
            by_steps = (
                common.doubting(self._doubts_of(issued), own)
                if doubtful
                else common.closure(key.partition, own, issued)
            ).search
            other = self._closures.get((issued, not doubtful))
            rules = self._rules if known else common.rules(key, goals, expected)
            offered = offers(rules, numbers=numbers) if other is None else other.key
            accounts = frozenset(account.id for account in self.estate.accounts)
            services = partial(GrantedByServices, self._doubts_of(issued), listed=accounts) if doubtful else None
            made = Closure(common.identities, offered, by_steps, further, replicas_, services)
            self._closures[issued, doubtful] = made
        return self._closures[issued, doubtful]

    def _issuers(self, starts: tuple[str, ...], goal: int, doubtful: bool = False) -> CallerSet:
        """Of which federated sessions the closure for some principals is."""
        own = self._issued[goal] if is_federated(starts[0]) else ANYONE
        if not doubtful or not self.doubts.sessions_apart:
            return own
        if (starts, goal) not in self._issuing:
            # Sessions of anybody bring about no less: where the goal is not reached by one, they are not told apart.
            apart = self._takes_a_session(self._found(starts, ANYONE, True), goal)
            self._issuing[starts, goal] = (
                self._all_issuers(starts, own, self.reached(starts, goal).facts) if apart else ANYONE
            )
        return self._issuing[starts, goal]

    def _takes_a_session(self, reached: Reached, goal: int) -> bool:
        """True iff a goal is within reach, and a federated session has a part in how it is."""
        found = reached.goals.get((self.key.arn, goal))
        premises = found.premises if found is not None else ()
        return any(is_federated(fact.subject) for fact in reached.facts.behind(premises))

    def _all_issuers(self, starts: tuple[str, ...], own: CallerSet, facts: Facts) -> CallerSet:
        """Those in a set, and those of all who may come to be held and to issue some. Where none is held by steps they
        may be anyone's."""
        found = set(filter(self.doubts.issues, facts.held))
        while True:
            issued = (IssuedBy(PrincipalLike(Text(arn))) for arn in sorted(found))
            whom = CallersOr((*issued, *([] if own == ANYONE else [own]))) if found else own
            held = () if whom == ANYONE else self._closure(whom, True).of(starts).facts.held
            more = set(filter(self.doubts.issues, held))
            if more <= found:
                return whom
            found |= more

    @cached_property
    def universe(self) -> Universe:
        """The principals to begin with."""
        return self._common.universe(self.key, self.goals)

    @property
    def meets_strangers(self) -> bool:
        """True iff chains may lead to roles that no inventory lists."""
        return any(arn_kind(arn) == "role" for arn in unlisted_principals(self.estate, self.universe.starts))

    def starters(self, goal: int) -> tuple[str, ...]:
        """The principals whom a goal is about."""
        if goal not in self._starters:
            self._starters[goal] = tuple(self._all_starters(goal))
        return self._starters[goal]

    def _all_starters(self, goal: int) -> Iterator[str]:
        mask = self._rules.starters(goal)
        whom = self.goals[goal].callers
        for principal in self.universe.starts:
            provider = principal.removeprefix(WEB_PREFIX)
            if mask & self._rules.bit(principal) or (provider != principal and holds_identities(whom, provider)):
                yield principal

    def named(self, goal: int) -> Counter[Head]:
        """The actions of the catalogue that an Allow statement of somebody whom a goal is about names, by their heads;
        all of them for a root user."""
        whom = dict.fromkeys(member for start in self.starters(goal) for member in self.universe.alike(start))
        if any(one.endswith(":root") for one in whom):
            return _all_named()
        by_arn = self._common.identities.by_arn
        policies = (policy for arn in whom if (one := by_arn.get(arn)) for policy in one.policies)
        return Counter(entry.head for entry in allowed_actions(policies))

    def naming(self, principal: str, action: str) -> tuple[StatementRef, ...]:
        """The Allow statements of a user's or role's own policies that are about an action."""
        identity = self._common.identities.by_arn.get(principal)
        policies = identity.policies if identity is not None else ()
        found = ((policy, one) for policy in policies for one in policy.allows)
        return tuple(reference_to(policy, one) for policy, one in found if names_action(one, action.lower()))

    def check(self, goal: int, *, proved: bool = False) -> None:
        """S3: an invariant without a last request, or without anybody whom it is about, is an input error. Unless it is
        `proved`, there may be a request once the key is a primary key, or a replica (W1)."""
        has_requests = self._rules.has_requests(goal) or (not proved and self._may_have_requests(goal))
        if not has_requests or not self.starters(goal):
            invariant = self.goals[goal]
            nothing = f"has no request in its scope on {self.key.arn}, so it checks nothing"
            message = f"invariant {invariant.name!r} {nothing}"
            raise InputError.of(message, invariant.span, rule="S3")

    def _may_have_requests(self, goal: int) -> bool:
        """True iff there is a last request of a goal where another key of the key's family is the primary key, or this
        one is (`kms:UpdatePrimaryRegion`)."""
        other = {"PRIMARY": "REPLICA", "REPLICA": "PRIMARY"}.get(self.key.multi_region_type or "")
        moved = replace(self.key, multi_region_type=other)
        return other is not None and self._common.rules(moved, self.goals, self._issued).has_requests(goal)

    @cached_property
    def listed(self) -> frozenset[str]:
        """The users and roles of the inventories."""
        return frozenset(listed_identities(self.estate))

    def reached(
        self,
        starts: tuple[str, ...],
        goal: int,
        *,
        direct: bool = True,
        doubtful: bool = False,
        refused: frozenset[Way] = ANY_WAY,
    ) -> Reached:
        """What a principal can bring about, or several together of which none is federated; the goal among it if that
        is within reach: by one step or more, where not `direct`. Where `doubtful`, what they may bring about. Without
        the ways that are `refused`: to look for others, as it proves nothing."""
        issued = self._issuers(starts, goal, doubtful)
        if direct and not refused:
            return self._found(starts, issued, doubtful)
        return self._closure(issued, doubtful).of(starts, direct=direct, refused=refused)

    def otherwise(self, start: str, goal: int, *, direct: bool = True, doubtful: bool = False) -> Other:
        """The same of one principal, for ways that are still to be refused."""
        return lambda refused: self.reached((start,), goal, direct=direct, doubtful=doubtful, refused=refused)

    def _found(self, starts: tuple[str, ...], issued: CallerSet, doubtful: bool) -> Reached:
        if (starts, issued, doubtful) not in self._reached:
            self._reached[starts, issued, doubtful] = self._closure(issued, doubtful).of(starts)
        return self._reached[starts, issued, doubtful]

    def few_steps(
        self, found: FoundGoal, *, direct: bool, doubtful: bool = False, refused: frozenset[Way] = ANY_WAY
    ) -> FewSteps:
        """The search for a shorter way of a principal to a goal than one that was found; where `doubtful`, of one that
        it may go."""
        goal, start = found[0], found[1].start
        closure = self._closure(self._issuers((start,), goal.number, doubtful), doubtful)
        return FewSteps(closure, start, (goal.key, goal.number), direct, refused)

    def at_once(self, start: str, goal: int) -> Reached:
        """What a principal can do without a step."""
        return self._closure(self._issuers((start,), goal)).of((start,), rounds=0)

    def goal(self, reached: Reached, goal: int) -> FoundGoal | None:
        """A goal on the key, if it is within reach."""
        found = reached.goals.get((self.key.arn, goal))
        return None if found is None else (found, reached)

    def nearest(
        self, starts: Iterable[str], goal: int, by_steps: Container[str] = (), *, doubtful: bool = False
    ) -> Iterator[FoundGoal]:
        """Those of some principals that can bring about a goal, the nearest first; of some `by_steps`, by one at least.
        Where `doubtful`, those that may."""

        def look(some: tuple[str, ...]) -> FoundGoal | None:
            by_steps_alone = self.reached(some, goal) if doubtful else None
            # Where they get there by steps together, not everything that they bring about was looked for.
            if by_steps_alone and self.goal(by_steps_alone, goal) is None:
                closure = self._closure(self._issuers(some, goal))
                if not closure.re_encrypts and not self._in_doubt(by_steps_alone.facts, closure.key):
                    return None
            return self.goal(self.reached(some, goal, direct=some[0] not in by_steps, doubtful=doubtful), goal)

        def kind(start: str) -> object:
            # What root users, and callers of accounts without an inventory, bring about at once is not looked for with
            # that of others.
            alone = start in by_steps or is_federated(start)
            return start if alone else (start in self.listed, start.endswith(":root"))

        return nearest(tuple(starts), look, kind)

    def _in_doubt(self, facts: Facts, key: KeyOffers) -> bool:
        """True iff somebody who is held may bring about something by a doubtful action, on the key or elsewhere."""
        doubts = self.doubts if facts.others else self.doubts.plain
        return key.may_be_in_doubt(facts.held, changed=bool(facts.others)) or any(map(doubts.of, facts.held))

    @property
    def doubts(self) -> Doubts:
        """What doubtful actions may bring about, whoever issued federated sessions."""
        return self._doubts_of(ANYONE)

    def _doubts_of(self, issued: CallerSet) -> Doubts:
        return self._common.doubts(self.key.partition, self.universe, issued, keys_of(self.goals))

    def teller(self, start: str, goal: int, *, doubtful: bool = False) -> Teller:
        """Tells stories about what a principal can bring about; where `doubtful`, with federated sessions."""
        closure = self._closure(self._issuers((start,), goal, doubtful), doubtful)
        return Teller(self.estate, self.goals, closure.keys, self.options, self._found_requests)


def _check_lists(estate: Estate) -> None:
    """Raises `InputError` for an inventory without groups or managed policies: one could be joined, or attached."""
    for account in estate.accounts:
        if account.unlisted:
            lists = " and no ".join(f"`{name}`" for name in account.unlisted)
            message = f"the inventory of {account.id} has no {lists}: what callers could join or attach is not known"
            raise InputError.of(message, hint="an empty list says that there are none", rule="E0")
