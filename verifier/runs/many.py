"""`prove` for many keys: from the cache what is known, the rest wherever it is decided.

In: as `verifier.verify.prove`, and where to work. Out: the same `Report`.
Guarantee: as in the package's first lines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from verifier.frozen import Frozen
from verifier.model.choices import Engine, Progress
from verifier.model.estate import Estate
from verifier.model.invariant_file import AnyInvariant
from verifier.model.results.verdict import Report, Verdict
from verifier.problem.subjects import target_name
from verifier.runs.work import TargetTask, Work, work_of
from verifier.verify.deciding import Deciders
from verifier.verify.prove import proof_options, report_of

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
