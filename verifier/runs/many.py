"""`prove` for many keys: from the cache what is known, the rest wherever it is decided.

In: as `verifier.verify.prove`, and where to work. Out: the same `Report`.
Guarantee: as in the package's first lines.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from verifier.frozen import Frozen
from verifier.model.choices import Engine, Progress
from verifier.model.estate import Estate
from verifier.model.invariant_file import AnyInvariant
from verifier.model.results.verdict import Report, Verdict
from verifier.problem.subjects import target_name
from verifier.runs.work import TargetTask, Work, work_of
from verifier.verify.prove import proof_options, report_of

if TYPE_CHECKING:
    from verifier.runs.earlier import Earlier

FEW = 24
"""So many targets are decided here: starting processes takes longer."""
_Answers: TypeAlias = Iterator[list[tuple[int, Verdict]]]


class Where(Frozen):
    """Where to work. `processes` is how many at the most (`None`: one a core), `cluster` the address of a Dask
    scheduler, which then decides everything, `cache` the folder of the results of earlier runs; `None` for none."""

    processes: int | None = None
    cluster: str | None = None
    cache: Path | None = None


def prove_many(
    estate: Estate,
    invariants: Sequence[AnyInvariant],
    where: Where,
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
    options = proof_options(invariants, engine, timeout, readings, cross_check, steps)
    work = work_of(estate, invariants, options)
    collected = _Collected(sum(len(numbers) for _, numbers in work.targets), progress)
    earlier = _earlier(work, where.cache) if where.cache is not None and options.second is None else None
    open_tasks: Iterable[TargetTask] = ((number, numbers) for number, (_, numbers) in enumerate(work.targets))
    if earlier is not None:
        open_tasks = earlier.recall(collected.add)
    for answers in _decided(work, list(open_tasks), where):
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


def _earlier(work: Work, folder: Path) -> Earlier:
    """The results of earlier runs. (What is not used is not imported: that takes long.)"""
    from verifier.runs.earlier import Earlier

    return Earlier(work, folder)


def _decided(work: Work, tasks: Sequence[TargetTask], where: Where) -> _Answers:
    if not tasks:
        return
    if where.cluster is not None:
        from verifier.runs.cluster import on_cluster

        yield from on_cluster(work, tasks, where.cluster)
        return
    processes = where.processes or _cores()
    if processes > 1 and len(tasks) > FEW:
        from verifier.runs.processes import in_processes

        yield from in_processes(work, tasks, processes)
        return
    for task in tasks:
        yield work.decide(task)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
