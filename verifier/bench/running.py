"""Runs queries over engines: a process for each engine, taking turns.

In: queries, engines, rounds, a limit. Out: results, in the order of queries, then engines.
Guarantee: engines are asked in turn, round by round, after a round that does not count; an engine that does not answer
in time is stopped, and is not asked that query again; two answers that contradict each other are a
`QueryContradiction`.
"""

from __future__ import annotations

import multiprocessing
import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

import verifier
from verifier.bench.answering import TimedAnswer, serve_queries
from verifier.bench.queries import Query
from verifier.bench.records import AnswerCounts, Clock, EngineAnswer, EngineRun, Machine
from verifier.model.choices import Engine, Progress
from verifier.model.reference import data_version

GRACE = 3.0
"""Seconds that an engine's process has beside its limit, before it is stopped."""


class QueryContradiction(Exception):
    """Two engines answer one query differently: a fault of the verifier."""


@dataclass
class _Worker:
    """The process of one engine."""

    engine: Engine
    limit: float
    clock: Clock = Clock.WALL
    peak: float = 0.0
    _process: BaseProcess | None = None
    _connection: Connection | None = None

    def ask(self, query: Query) -> TimedAnswer:
        """What the engine says."""
        connection = self._started()
        connection.send(query)
        try:
            if connection.poll(self.limit * 2 + GRACE):
                said: TimedAnswer = connection.recv()
                return said
            note = "stopped"
        except EOFError:
            note = "the process died"
        self._stop()
        return (EngineAnswer.TIMEOUT if note == "stopped" else EngineAnswer.ERROR), 0.0, AnswerCounts(), note

    def _started(self) -> Connection:
        if self._connection is None:
            context = multiprocessing.get_context("spawn")
            self._connection, theirs = context.Pipe()
            self._process = context.Process(
                target=serve_queries, args=(theirs, self.engine, self.limit, self.clock), daemon=True
            )
            self._process.start()
            theirs.close()
        return self._connection

    def _stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.join()
        self._process = self._connection = None

    def end(self) -> None:
        """Ends the process, and notes its peak memory in MiB."""
        if self._connection is not None:
            try:
                self._connection.send(None)
                if self._connection.poll(GRACE):
                    self.peak = max(self.peak, self._connection.recv())
            except (EOFError, OSError):
                pass
        self._stop()


def run_queries(
    queries: Sequence[Query],
    engines: Sequence[Engine],
    rounds: int,
    limit: float,
    progress: Progress | None,
    clock: Clock,
) -> tuple[list[EngineRun], dict[str, float]]:
    """The results, and the peak memory of each engine's process in MiB. Raises `QueryContradiction`."""
    workers = [_Worker(engine, limit, clock) for engine in engines]
    found: dict[tuple[str, Engine], EngineRun] = {}
    try:
        for number in range(rounds + 1):
            for done, query in enumerate(queries):
                if progress is not None:
                    progress(number * len(queries) + done, (rounds + 1) * len(queries), query.name)
                for worker in workers:
                    which = query.name, worker.engine
                    found[which] = _one(worker, query, found.get(which), counts=number > 0)
                _agree(query, {engine: found[query.name, engine].answer for engine in engines})
    finally:
        for worker in workers:
            worker.end()
    results = [found[query.name, engine] for query in queries for engine in engines]
    return results, {worker.engine.value: round(worker.peak, 1) for worker in workers}


def _one(worker: _Worker, query: Query, before: EngineRun | None, *, counts: bool) -> EngineRun:
    """What came of a query so far; an engine that did not answer it is not asked again."""
    if before is not None and not before.answer.answered:
        return before
    answer, elapsed, counted, note = worker.ask(query)
    earlier = before.times if before is not None and answer.answered else ()
    times = (*earlier, round(elapsed, 3)) if answer.answered and counts else earlier
    about = worker.engine.value, query.name, query.family, query.size
    return EngineRun(*about, answer, times, counted, note)


def _agree(query: Query, said: dict[Engine, EngineAnswer]) -> None:
    answers = {engine.value: answer for engine, answer in said.items() if answer.answered}
    if len(set(answers.values())) > 1:
        texts = ", ".join(f"{engine} says {answer.value}" for engine, answer in answers.items())
        raise QueryContradiction(
            f"two engines contradict each other on the query {query.name}: {texts}; please report this"
        )


_PACKAGES = {
    Engine.Z3: "z3-solver",
    Engine.Z3_STRINGS: "z3-solver",
    Engine.SAT: "python-sat",
    Engine.CVC5_STRINGS: "cvc5",
}


def this_machine(engines: tuple[Engine, ...]) -> Machine:
    """What there is to say of the machine, and of the versions of what the engines use."""
    packages = dict.fromkeys(_PACKAGES[engine] for engine in engines)
    used = ((name, _version(name)) for name in packages)
    versions = [("verifier", verifier.__version__), ("data", data_version()), *used]
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    return Machine(
        platform.platform(), _processor(), cores, _memory(), platform.python_version(), tuple(versions), round(load, 2)
    )


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _processor() -> str:
    for line in _lines("/proc/cpuinfo"):
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _memory() -> int:
    for line in _lines("/proc/meminfo"):
        if line.startswith("MemTotal"):
            return int(line.split()[1]) // 1024
    return 0


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
