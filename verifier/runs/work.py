"""Work that can be cut into tasks: an estate with its invariants, by targets.

In: what `prove` takes. Out: `Work`, and the verdicts of each task. Guarantee: these depend on nothing but the work and
the task.
"""

from __future__ import annotations

from collections.abc import Sequence

from verifier.frozen import Frozen
from verifier.model.estate import Estate
from verifier.model.invariant_file import AnyInvariant
from verifier.model.results.verdict import Verdict
from verifier.problem.semantics.targets import Target
from verifier.problem.subjects import targets_of
from verifier.verify.deciding import ProofOptions
from verifier.verify.prove import decide_target

TargetTask = tuple[int, tuple[int, ...]]
"""The number of a target, and the numbers of the invariants that are asked of it."""


class Work(Frozen):
    """What is decided: `targets` with the numbers of the invariants that speak of each."""

    estate: Estate
    invariants: tuple[AnyInvariant, ...]
    options: ProofOptions
    targets: tuple[tuple[Target, tuple[int, ...]], ...]

    def decide(self, task: TargetTask) -> list[tuple[int, Verdict]]:
        """The verdicts on one target, each with the number of its invariant."""
        number, numbers = task
        target = self.targets[number][0]
        selected = [self.invariants[n] for n in numbers]
        return list(zip(numbers, decide_target(self.estate, target, selected, self.options), strict=True))


def work_of(estate: Estate, invariants: Sequence[AnyInvariant], options: ProofOptions) -> Work:
    """The work of a run. Raises `InputError` for an invariant that speaks of no key (S3)."""
    found = tuple((target, tuple(numbers)) for target, numbers in targets_of(estate, invariants))
    return Work(estate, tuple(invariants), options, found)
