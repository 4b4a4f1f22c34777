"""The results of earlier runs that are about the work of this one.

In: the work, the folder of the cache. Out: known verdicts; new ones are kept. Guarantee: as in the package's first
lines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from verifier.model.results.verdict import Verdict
from verifier.problem.semantics.targets import Target
from verifier.problem.subjects import target_name
from verifier.runs.cache import Cache
from verifier.runs.digests import digests
from verifier.runs.many import TargetTask, Work
from verifier.runs.stored_verdicts import BearingPolicies, bearing_policies, recalled, shared_policies, stored


class Earlier:
    """The results of earlier runs that are about this work."""

    def __init__(self, work: Work, folder: Path) -> None:
        self._work = work
        self._cache = Cache(folder)
        self._digests = digests(work.estate, work.options)
        self._shared = shared_policies(work.estate)
        self._keys: dict[tuple[int, str], bytes] = {}
        self._numbers = {target_name(target): number for number, (target, _) in enumerate(work.targets)}

    def _places(self, target: Target) -> BearingPolicies:
        return bearing_policies(self._shared, target, self._digests.statements, self._work.estate)

    def recall(self, collect: Callable[[int, Verdict], None]) -> Iterator[TargetTask]:
        """Calls `collect` with what is known; yields what is not."""
        for target, numbers in self._work.targets:
            name, own = target_name(target), self._digests.target(target)
            for n in numbers:
                self._keys[n, name] = self._digests.question(own, self._work.invariants[n])
        known = self._cache.find(self._keys.values())
        for number, (target, numbers) in enumerate(self._work.targets):
            name, left = target_name(target), []
            places = self._places(target) if any(self._keys[n, name] in known for n in numbers) else None
            for n in numbers:
                data = known.get(self._keys[n, name])
                verdict = None
                if data is not None and places is not None:
                    verdict = recalled(data, self._work.invariants[n], name, places)
                if verdict is None:
                    left.append(n)
                else:
                    collect(n, verdict)
            if left:
                yield number, tuple(left)

    def keep(self, answers: Sequence[tuple[int, Verdict]]) -> None:
        by_target: dict[str, BearingPolicies] = {}
        results = []
        for number, verdict in answers:
            if verdict.target not in by_target:
                by_target[verdict.target] = self._places(self._work.targets[self._numbers[verdict.target]][0])
            data = stored(verdict, by_target[verdict.target])
            if data is not None:
                results.append((self._keys[number, verdict.target], data))
        self._cache.keep(results)

    def close(self) -> str | None:
        """Ends the use of the cache; says what went wrong with it."""
        self._cache.close()
        return self._cache.trouble
