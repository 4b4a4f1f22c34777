"""Work that can be sent elsewhere: an estate with its invariants, cut into chunks of targets.

In: what `prove` takes. Out: chunks, numbers of targets, and the verdicts of each.
Guarantee: a chunk's verdicts depend on nothing but the payload and the number of the chunk, so that it can be decided
anywhere, and again.
"""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from verifier.model.estate import Estate
from verifier.model.invariant import AnyInvariant
from verifier.model.results.verdict import Verdict
from verifier.problem.semantics.targets import Target
from verifier.problem.subjects import targets_of
from verifier.runs.version import rules_version
from verifier.verify.deciding import ProofOptions
from verifier.verify.prove import decide_target


class OtherVersion(Exception):
    """Another process has another version of the verifier, whose verdicts must not be mixed with this one's."""


Task = tuple[int, tuple[int, ...]]
"""The number of a target, and the numbers of the invariants that are asked of it."""


@dataclass(frozen=True)
class Work:
    """What is decided: `targets` with the numbers of the invariants that speak of each."""

    estate: Estate
    invariants: tuple[AnyInvariant, ...]
    options: ProofOptions
    targets: tuple[tuple[Target, tuple[int, ...]], ...]

    def decide(self, task: Task) -> list[tuple[int, Verdict]]:
        """The verdicts on one target, each with the number of its invariant."""
        number, numbers = task
        target = self.targets[number][0]
        selected = [self.invariants[n] for n in numbers]
        return list(zip(numbers, decide_target(self.estate, target, selected, self.options), strict=True))


def work_of(estate: Estate, invariants: Sequence[AnyInvariant], options: ProofOptions) -> Work:
    """The work of a run. Raises `InputError` for an invariant that speaks of no key (S3)."""
    found = tuple((target, tuple(numbers)) for target, numbers in targets_of(estate, invariants))
    return Work(estate, tuple(invariants), options, found)


def payload(work: Work) -> bytes:
    """The work as bytes, for a process of the same version. (It goes to processes that the user started or named, never
    to a file.)"""
    return pickle.dumps((rules_version(), work), protocol=pickle.HIGHEST_PROTOCOL)


@lru_cache(maxsize=1)
def received(data: bytes) -> Work:
    """The work in another process. Raises `OtherVersion`."""
    version, work = pickle.loads(data)
    if version != rules_version():
        raise OtherVersion("this worker runs another version of the verifier, or of its dependencies")
    assert isinstance(work, Work)
    return work


def decide_chunk(data: bytes, tasks: Sequence[Task]) -> list[tuple[int, Verdict]]:
    """The verdicts of some tasks, in another process."""
    work = received(data)
    return [answer for task in tasks for answer in work.decide(task)]


def chunks(tasks: Sequence[Task], size: int) -> list[tuple[Task, ...]]:
    """The tasks, so many together that sending them costs little beside deciding them."""
    return [tuple(tasks[at : at + size]) for at in range(0, len(tasks), size)]
