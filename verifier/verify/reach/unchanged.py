"""Chains that change nothing but who is held: whether single requests, asked about one by one, lead to a goal.

In: a setting, the number of a goal, a principal to begin with. Out: whether it is out of reach for it. Guarantee: the
closure heeds no trust policy where it tells which sessions a role has (their names, tags, source identities), since
steps may change these. Where no step, and no doubtful action, changes anything, `problem` decides as things are: a way
that it refuses is none. So is a step on the key that would be the first change.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache

from verifier.frozen import Frozen
from verifier.model.invariant import AnyCaller, CallersOr, Expectation, Invariant
from verifier.model.policy import Text, arn_account
from verifier.model.reference import matching
from verifier.model.results.verdict import Status
from verifier.model.steps.catalogue import Head
from verifier.model.steps.descriptions import StepKind
from verifier.problem.semantics.grants import RETIRE
from verifier.problem.semantics.targets import key_target
from verifier.syntax.diagnostic import InputError
from verifier.verify.deciding import decide_requests
from verifier.verify.reach.facts import ANY_WAY, Derivation, Fact, FactKind, Facts, Way, is_federated
from verifier.verify.reach.own_policies import allowed_actions
from verifier.verify.reach.setting import Setting
from verifier.verify.reach.stories.asking import principal

_MOST_WAYS = 24


class Unchanged(Frozen):
    """Asks about single requests on the way to one goal."""

    setting: Setting
    number: int

    def out_of_reach(self, start: str) -> bool:
        """True iff a principal brings about nothing but sessions, by steps and doubtful actions alike (W1), of which
        none leads to the goal (E0)."""
        refused = ANY_WAY
        for _ in range(_MOST_WAYS):
            reached = self.setting.reached((start,), self.number, doubtful=True, refused=refused)
            goal = reached.goals.get((self.setting.key.arn, self.number))
            first = frozenset(self._first_changes(reached.facts))
            if goal is None and not first:
                return self._changes_nothing(reached.facts)
            direct = (
                goal is not None
                and goal.access is not None
                and goal.onto is None
                and not any(map(_changes, goal.premises))
            )
            own = frozenset([goal.way] if goal is not None and direct and self._never_asks(goal.by) else [])
            if not first | own:
                return False
            refused |= first | own
        return False

    def _first_changes(self, facts: Facts) -> Iterator[Way]:
        """The ways to change the key first that nobody can go as things are."""

        @cache
        def refused(by: str, action: str) -> bool:
            return self._refused(by, Invariant("a step", Expectation.REFUSED, AnyCaller(), (Text(action),), None))

        for fact, found in facts.items():
            action = self._on_key(fact, found)
            after = (one for one in found.premises if _changes(one) and not self._is_free(one.subject))
            if action is not None and not any(after) and refused(found.by, action):
                yield found.way(fact)

    def _on_key(self, fact: Fact, found: Derivation) -> str | None:
        """The action on the key without which a step is none; `None` for a step on something else."""
        if found.step is StepKind.RE_ENCRYPT:
            return "kms:ReEncryptFrom" if fact.subject == self.setting.key.arn else None
        return found.offer.action if found.offer is not None and found.offer.target == self.setting.key.arn else None

    def _changes_nothing(self, facts: Facts) -> bool:
        """True iff policies, identities and control policies stay as they are. The closure leaves out changes that
        matter to nothing for it, so those who are held must not name an action that makes one."""
        estate, held = self.setting.estate, set(facts.held)
        named = allowed_actions(policy for one in estate.identities if one.arn in held for policy in one.policies)
        others = [arn for arn in held - self.setting.listed if arn.startswith("arn:") and not is_federated(arn)]
        return (
            all(thing.principal not in held for thing in estate.unmodelled)
            and all(self._is_free(fact.subject) for fact in filter(_changes, facts))
            and all(map(self._is_free, others))
            and not (others and (estate.endpoints or estate.organization))
            and all(one.head is Head.HARMLESS or one.name.startswith(("sts:", "kms:")) for one in named)
        )

    def _is_free(self, subject: str) -> bool:
        """True iff a fact is about an account of which nothing is known, so that everything is supposed of it (U1)."""
        account = arn_account(subject)
        return account != self.setting.key.account and all(account != one.id for one in self.setting.estate.accounts)

    def _never_asks(self, by: str) -> bool:
        """True iff nobody for whom a principal stands can make the last request as things are, whatever the tags and
        aliases of the key, and the grants to retire, which the closure leaves open."""
        goal = self.setting.goals[self.number]
        return not any(RETIRE in matching(pattern.value) for pattern in goal.actions) and self._refused(by, goal)

    def _refused(self, by: str, goal: Invariant) -> bool:
        """True iff nobody for whom a principal stands can make a request as things are, whatever the tags and aliases
        of the key."""
        members = self.setting.universe.alike(by)
        if not all(one in self.setting.listed or one.endswith(":root") for one in members):
            return False
        free = replace(self.setting.key, tags=None, aliases=None)
        keys = tuple(free if key.arn == free.arn else key for key in self.setting.estate.keys)
        estate = replace(self.setting.estate, keys=keys)
        options, of_members = self.setting.options, replace(goal, callers=CallersOr(tuple(map(principal, members))))
        try:
            return next(decide_requests(estate, key_target(free), [of_members], options)).status is Status.PROVED
        except InputError as error:
            return error.diagnostics[0].rule == "S3"


def _changes(fact: Fact) -> bool:
    """True iff what is true then is a change of policies, keys or identities: all but who is held, with which tags."""
    return fact.kind not in (FactKind.HOLDS, FactKind.SESSION_TAGS)
