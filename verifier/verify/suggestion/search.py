"""The search for the edits of one key policy that make one invariant hold, led by counterexamples.

In: an estate, one of its keys, its invariants with their verdicts, the number of the one to be mended. Out: the
suggestions, the best first, or why there is none.
Guarantee: as `suggest` says. A policy is suggested only once it was proved about; with fewer edits, of those that
counterexamples lead to, the invariant does not hold.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from heapq import heappop, heappush
from itertools import chain, combinations, count

from verifier.ask.answers import OUT_OF_TIME
from verifier.evaluate import evaluate, values_read
from verifier.frozen import Frozen
from verifier.language.policies.documents import read_policy
from verifier.model.edits import Edit, EditError, RemoveStatement, StatementEdit, apply_all, with_key_policy
from verifier.model.estate import Estate, Key
from verifier.model.invariant import Expectation, Invariant, KeyAccount
from verifier.model.invariant_file import AnyInvariant
from verifier.model.policy import Policy, Text
from verifier.model.policy_text import policy_text
from verifier.model.request import Outcome
from verifier.model.results.comparison import Relation, TargetComparison
from verifier.model.results.explanation import Suggestion
from verifier.model.results.verdict import Counterexample, Reason, Status, Verdict
from verifier.problem.semantics.targets import Target, key_target
from verifier.syntax.diagnostic import InputError
from verifier.syntax.source import Source
from verifier.verify.comparison.compare import compare
from verifier.verify.deciding import ProofOptions, decide_requests
from verifier.verify.edits.candidate_edits import RequestWithValues
from verifier.verify.edits.policy_change import (
    MOST_EDITS,
    MOST_SHOWN,
    editable_policy,
    edits_shown,
    utmost,
    what_decides,
)
from verifier.verify.preparation import resolved_invariant
from verifier.verify.prove import decide_target
from verifier.verify.suggestion.suggested_edits import OWN_PLACE_NOT_GIVEN, Broken, groups, writes_stand_in

PROOFS = 120
"""Edited policies that are proved about before a search is given up."""
_PATIENCE = 60.0
"""Seconds after which no further edited policy is looked at."""
_COLLECTED = 5
"""Suggestions of equal size that are weighed against each other."""
_LARGEST = 32_768
"""Bytes of a key policy that AWS accepts."""
LOCKED_OUT = Reason(
    "S4", "with the edits that were found nobody of the key's account could change the key policy, which AWS refuses"
)
_NOBODY_CHANGES_IT = Invariant("lockout", Expectation.REFUSED, KeyAccount(), (Text("kms:PutKeyPolicy"),), None)


def beyond_any_edit(
    estate: Estate, key: Key, policy: Policy, found: Counterexample, invariant: Invariant
) -> Reason | None:
    """Why no key policy decides the request of a counterexample as the invariant wants, if none does."""
    wanted = _wanted(invariant)
    edited = with_key_policy(estate, key.arn, utmost(policy, found.request.caller, key.account, wanted))
    decision = evaluate(edited, found.request, dict((*found.readings, *found.free)))
    if decision.outcome is wanted:
        return None
    rule, text = what_decides(decision, wanted)
    return Reason(rule, f"{found.request.action} by {found.request.caller.arn}: {text}")


def _parts(group: tuple[Edit, ...]) -> Iterator[tuple[Edit, ...]]:
    """The group and every part of it, the smallest first: less may do."""
    return chain.from_iterable(combinations(group, size) for size in range(1, len(group) + 1))


def _wanted(invariant: Invariant) -> Outcome:
    return Outcome.DENY if invariant.expectation is Expectation.REFUSED else Outcome.ALLOW


@dataclass(order=True)
class _Node:
    """An edited policy still to be looked at: those with the fewest edits first, then in order of the candidates."""

    size: int
    position: int
    policy: Policy = field(compare=False)
    edits: tuple[Edit, ...] = field(compare=False)


@dataclass
class EditSearch:
    """Looks for edits of one key's policy that make one invariant hold, led by counterexamples."""

    estate: Estate
    key: Key
    invariants: Sequence[AnyInvariant]
    verdicts: Mapping[int, Verdict]
    number: int
    options: ProofOptions
    reason: Reason = Reason("bound", f"no change of up to {MOST_EDITS} edits that keeps the other invariants was found")
    others: tuple[int, ...] = ()
    left_out: bool = False
    """Whether edits were left out that would write what stands for an account or a Region."""
    late: Reason | None = None
    """Why edits were passed over that were not decided in time: they may be fewer, or cost less."""
    _positions: Iterator[int] = field(default_factory=count)
    _seen: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        policy = editable_policy(self.key)
        assert policy is not None
        self.policy = policy
        self.others = tuple(n for n in self.verdicts if n != self.number and isinstance(self.invariants[n], Invariant))

    def run(self) -> tuple[Suggestion, ...]:
        """The suggestions, the best first."""
        found = list(self._smallest())
        best = ranked(found, self._compared, _wanted(self._invariant))[:MOST_SHOWN]
        return tuple(map(self._as_suggestion, best))

    def _smallest(self) -> Iterator[Mended]:
        """Edited policies with which the invariant holds and no other is worse off, all with the fewest edits."""
        started, proofs, found, size = time.monotonic(), 0, 0, MOST_EDITS
        first = self.verdicts[self.number].counterexample
        assert first is not None
        heap = sorted(self._children(_Node(0, 0, self.policy, ()), first))
        while heap and found < _COLLECTED:
            node = heappop(heap)
            if node.size > size:
                return
            if proofs >= PROOFS or time.monotonic() - started > _PATIENCE:
                self.reason = Reason(
                    "budget",
                    f"the search was given up after {proofs} edited policies, each of up to {MOST_EDITS} edits",
                )
                return
            proofs += 1
            (verdict,) = self._verdicts(node.policy, [self.number])
            if verdict.status is Status.PROVED:
                improved = None if self._locks_out(node.policy) else self._kept(node.policy)
                if improved is not None:
                    found, size = found + 1, node.size
                    yield Mended(node.policy, node.edits, improved)
            elif verdict.counterexample is not None:
                self._follow(node, verdict.counterexample, heap)
            elif verdict.reason is not None:
                self._note_unknown(verdict.reason)

    def _note_unknown(self, reason: Reason) -> None:
        self.reason = replace(reason, text=f"with edits that were found it is unknown: {reason.text}")
        if reason.rule == OUT_OF_TIME.rule:
            self.late = self.reason

    def _follow(self, node: _Node, counterexample: Counterexample, heap: list[_Node]) -> None:
        """Puts what mends a further counterexample on the heap; or, where no key policy does, notes why."""
        beyond = beyond_any_edit(self.estate, self.key, self.policy, counterexample, self._invariant)
        if beyond is not None:
            self.reason = beyond
        elif node.size < MOST_EDITS:
            for child in self._children(node, counterexample):
                heappush(heap, child)

    def _children(self, node: _Node, counterexample: Counterexample) -> Iterator[_Node]:
        """The policy with one more group of edits, each of which mends what the counterexample breaks."""
        edited, target = self._edited(node.policy)
        subject = RequestWithValues(counterexample.request, values_read(edited, counterexample.request), self.key)
        invariant = resolved_invariant(edited, target, self._invariant)
        broken = Broken(invariant, subject, node.policy, counterexample.decision)
        for group in chain.from_iterable(map(_parts, groups(broken))):
            size = node.size + len(group)
            after = self._applied(node.policy, group) if size <= MOST_EDITS else None
            if after is not None and self._mends(after, counterexample):
                yield _Node(size, next(self._positions), after, (*node.edits, *group))

    def _applied(self, policy: Policy, group: tuple[Edit, ...]) -> Policy | None:
        """The edited policy, if it is a new one that AWS would take."""
        try:
            after = apply_all(policy, group)
            text = policy_text(after)
            if text in self._seen or len(text.encode()) > _LARGEST:
                return None
            read_policy(Source("", text), after.kind, identity=after.identity, name=after.name)
        except (EditError, InputError, ValueError):
            return None
        self._seen.add(text)
        if writes_stand_in(self.estate, self.key, policy_text(policy), text):
            self.reason, self.left_out = OWN_PLACE_NOT_GIVEN, True
            return None
        return after

    def _mends(self, policy: Policy, counterexample: Counterexample) -> bool:
        edited = with_key_policy(self.estate, self.key.arn, policy)
        held = {**self.options.held, **dict((*counterexample.readings, *counterexample.free))}
        return evaluate(edited, counterexample.request, held).outcome is _wanted(self._invariant)

    def _verdicts(self, policy: Policy, numbers: Sequence[int]) -> list[Verdict]:
        invariants = [self.invariants[number] for number in numbers]
        return list(decide_target(*self._edited(policy), invariants, self.options))

    def _kept(self, policy: Policy) -> tuple[str, ...] | None:
        """The other invariants that are proved now and were not; `None` where one has another verdict, no proof."""
        if not self.others:
            return ()
        improved = []
        for number, verdict in zip(self.others, self._verdicts(policy, self.others), strict=True):
            before = self.verdicts[number].status
            if verdict.reason is not None and verdict.reason.rule == OUT_OF_TIME.rule:
                self._note_unknown(verdict.reason)
                return None
            if verdict.status is not before and verdict.status is not Status.PROVED:
                name = self.invariants[number].name
                self.reason = Reason(
                    "bound", f"what was found changes the verdict on {name!r}, which is {before.value} as things are"
                )
                return None
            if verdict.status is not before:
                improved.append(self.invariants[number].name)
        return tuple(improved)

    def _locks_out(self, policy: Policy) -> bool:
        """True iff nobody could change the key policy any more, and somebody can as things are."""
        locked = locks_out(*self._edited(policy), self.options)
        if not locked or locks_out(self.estate, key_target(self.key), self.options):
            return False
        self.reason = LOCKED_OUT
        return True

    def _edited(self, policy: Policy) -> tuple[Estate, Target]:
        edited = with_key_policy(self.estate, self.key.arn, policy)
        return edited, key_target(next(key for key in edited.keys if key.arn == self.key.arn))

    @property
    def _invariant(self) -> Invariant:
        invariant = self.invariants[self.number]
        assert isinstance(invariant, Invariant)
        return invariant

    def _as_suggestion(self, mended: Mended) -> Suggestion:
        edits = tuple(edits_shown(self.policy, mended.edits))
        cost = self._compared(self.policy, mended.policy)
        return Suggestion(edits, policy_text(mended.policy), cost, mended.also_proved)

    def _compared(self, old: Policy, new: Policy) -> TargetComparison:
        """What the one policy allows and the other does not, with nothing else compared."""
        alone = replace(self.estate, keys=(self.key,))
        sides = [with_key_policy(alone, self.key.arn, policy) for policy in (old, new)]
        return compare(*sides, readings=self.options.held, timeout=self.options.timeout).targets[0]


def locks_out(estate: Estate, target: Target, options: ProofOptions) -> bool:
    """True iff it is proved that nobody of the key's account can change the key policy: AWS KMS takes no such policy
    but past its safety check [API: PutKeyPolicy, BypassPolicyLockoutSafetyCheck]."""
    (verdict,) = decide_requests(estate, target, [_NOBODY_CHANGES_IT], options)
    return verdict.status is Status.PROVED


# -- which come first --


class Mended(Frozen):
    """A policy with which an invariant holds, the edits that led to it, and the other invariants that hold besides."""

    policy: Policy
    edits: tuple[Edit, ...]
    also_proved: tuple[str, ...]


def ranked(
    found: Sequence[Mended], compared: Callable[[Policy, Policy], TargetComparison], wanted: Outcome
) -> list[Mended]:
    """Those that change the least access first, without those that cost strictly more than another in the same
    statements. Where requests must be refused (`wanted`), the more permissive of two policies is the better one, and
    where they must be allowed, the less permissive; of two that allow the same, the one without a new statement. Of
    others the order is kept."""
    better, worse = (Relation.MORE, Relation.LESS) if wanted is Outcome.DENY else (Relation.LESS, Relation.MORE)
    beaten = [0] * len(found)
    adds = [None in _places(mended.edits) for mended in found]
    idle: set[int] = set()
    for one, other in combinations(range(len(found)), 2):
        relation = compared(found[one].policy, found[other].policy).relation
        alike = relation is Relation.EQUIVALENT
        beaten[one] += relation is better or (alike and adds[one] > adds[other])
        beaten[other] += relation is worse or (alike and adds[other] > adds[one])
        if _places(found[one].edits) == _places(found[other].edits):
            idle |= {one} if relation is better else {other} if relation in (worse, Relation.EQUIVALENT) else set()
    return [found[index] for index in sorted(range(len(found)), key=lambda index: beaten[index]) if index not in idle]


def _places(edits: Sequence[Edit]) -> tuple[int | None, ...]:
    """The statements that edits are in; `None` for a new one."""
    return tuple(edit.index if isinstance(edit, StatementEdit | RemoveStatement) else None for edit in edits)
