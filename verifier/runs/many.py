"""`prove` for many keys: work cut into tasks; from the cache what is known, the rest wherever it is decided.

In: as `verifier.verify.prove`, and where to work. Out: the same `Report`; `Work` as bytes, chunks of tasks, and the
verdicts of each. Guarantee: as in the package's first lines; verdicts depend on nothing but the work and the tasks, so
that these can be decided anywhere, and again; never by another version of the verifier.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

from verifier.frozen import Frozen
from verifier.model.choices import Engine, Progress
from verifier.model.estate import Estate
from verifier.model.invariant_file import AnyInvariant
from verifier.model.results.verdict import Report, Verdict
from verifier.problem.semantics.targets import Target
from verifier.problem.subjects import target_name, targets_of
from verifier.runs.version import rules_version
from verifier.verify.deciding import Deciders, ProofOptions
from verifier.verify.prove import decide_target, proof_options, report_of

if TYPE_CHECKING:
    from verifier.runs.earlier import Earlier

Answers: TypeAlias = Iterator[list[tuple[int, Verdict]]]


def here(work: Work, tasks: Sequence[TargetTask]) -> Answers:
    """The verdicts of all tasks, one after the other."""
    return map(work.decide, tasks)


class Where(Frozen):
    """Where to work: what decides the tasks (`here`, `processes`, `cluster`), and what opens the results of earlier
    runs (`earlier`), if these count."""

    decide: Callable[[Work, Sequence[TargetTask]], Answers] = here
    earlier: Callable[[Work], Earlier] | None = None


def prove_many(
    estate: Estate,
    invariants: Sequence[AnyInvariant],
    where: Where,
    deciders: Deciders,
    *,
    engine: Engine = Engine.Z3,
    timeout: float | None = None,
    readings: Mapping[str, bool] | None = None,
    cross_check: bool = False,
    steps: int | None = None,
    progress: Progress | None = None,
) -> tuple[Report, str | None]:
    """The report, and what is to be said of the cache if it could not be used. Arguments and errors as for
    `verifier.verify.prove`; also `InputError` where the cluster cannot be used, and `LostProcesses`."""
    options = proof_options(invariants, engine, timeout, readings, cross_check, deciders, steps)
    work = work_of(estate, invariants, options)
    collected = _Collected(sum(len(numbers) for _, numbers in work.targets), progress)
    earlier = where.earlier(work) if where.earlier is not None and options.second is None else None
    open_tasks: Iterable[TargetTask] = ((number, numbers) for number, (_, numbers) in enumerate(work.targets))
    if earlier is not None:
        open_tasks = earlier.recall(collected.add)
    tasks = list(open_tasks)
    for answers in where.decide(work, tasks) if tasks else ():
        for number, verdict in answers:
            collected.add(number, verdict)
        if earlier is not None:
            earlier.keep(answers)
    trouble = earlier.close() if earlier is not None else None
    place = {target_name(target): number for number, (target, _) in enumerate(work.targets)}
    in_order = dict(sorted(collected.verdicts.items(), key=lambda item: (item[0][0], place[item[0][1]])))
    return report_of(estate, in_order, options), trouble


@dataclass
class _Collected:
    total: int
    progress: Progress | None

    def __post_init__(self) -> None:
        self.verdicts: dict[tuple[int, str], Verdict] = {}

    def add(self, number: int, verdict: Verdict) -> None:
        """Takes a verdict; the same one again counts once."""
        self.verdicts[number, verdict.target] = verdict
        if self.progress is not None:
            self.progress(len(self.verdicts), self.total, verdict.invariant.name)


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


class OtherVersion(Exception):
    """Another process has another version of the verifier, whose verdicts must not be mixed with this one's."""


def payload(work: Work) -> bytes:
    """The work as bytes, for a process of the same version that the user started or named, never for a file."""
    return pickle.dumps((rules_version(), work), protocol=pickle.HIGHEST_PROTOCOL)


@lru_cache(maxsize=1)
def received(data: bytes) -> Work:
    """The work in another process. Raises `OtherVersion`."""
    version, work = pickle.loads(data)
    if version != rules_version():
        raise OtherVersion("this worker runs another version of the verifier, or of its dependencies")
    assert isinstance(work, Work)
    return work


def decide_chunk(data: bytes, tasks: Sequence[TargetTask]) -> list[tuple[int, Verdict]]:
    """The verdicts of some tasks, in another process."""
    work = received(data)
    return [answer for task in tasks for answer in work.decide(task)]


def chunks(tasks: Sequence[TargetTask], size: int) -> list[tuple[TargetTask, ...]]:
    """The tasks, so many together that sending them costs little beside deciding them."""
    return [tuple(tasks[at : at + size]) for at in range(0, len(tasks), size)]
