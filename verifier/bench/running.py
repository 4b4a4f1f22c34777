"""Runs queries over engines: a process for each engine, taking turns.

In: queries, engines, rounds, a limit. Out: results, in the order of queries, then engines.
Guarantee: engines are asked in turn, round by round, after a round that does not count; an engine that does not answer
in time is stopped, and is not asked that query again; two answers that contradict each other are a
`QueryContradiction`.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

from verifier.bench.answering import TimedAnswer, serve_queries
from verifier.bench.queries import Query
from verifier.bench.records import AnswerCounts, Clock, EngineAnswer, EngineRun
from verifier.model.choices import Engine, Progress

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


@dataclass
class _Record:
    answer: EngineAnswer | None = None
    times: list[float] = field(default_factory=list)
    counts: AnswerCounts = AnswerCounts()
    note: str = ""

    @property
    def given_up(self) -> bool:
        """True iff the engine was asked and did not answer."""
        return self.answer is not None and not self.answer.answered


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
    records = {(query.name, engine): _Record() for query in queries for engine in engines}
    try:
        for number in range(rounds + 1):
            for done, query in enumerate(queries):
                if progress is not None:
                    progress(number * len(queries) + done, (rounds + 1) * len(queries), query.name)
                for worker in workers:
                    _one(worker, query, records[query.name, worker.engine], counts=number > 0)
                _agree(query, {engine: records[query.name, engine].answer for engine in engines})
    finally:
        for worker in workers:
            worker.end()
    results = [_result(query, engine, records[query.name, engine]) for query in queries for engine in engines]
    return results, {worker.engine.value: round(worker.peak, 1) for worker in workers}


def _one(worker: _Worker, query: Query, record: _Record, *, counts: bool) -> None:
    if record.given_up:
        return
    answer, elapsed, record.counts, record.note = worker.ask(query)
    record.answer = answer
    if not answer.answered:
        record.times.clear()
    elif counts:
        record.times.append(round(elapsed, 3))


def _agree(query: Query, said: dict[Engine, EngineAnswer | None]) -> None:
    answers = {engine.value: answer for engine, answer in said.items() if answer is not None and answer.answered}
    if len(set(answers.values())) > 1:
        texts = ", ".join(f"{engine} says {answer.value}" for engine, answer in answers.items())
        raise QueryContradiction(
            f"two engines contradict each other on the query {query.name}: {texts}; please report this"
        )


def _result(query: Query, engine: Engine, record: _Record) -> EngineRun:
    answer = record.answer or EngineAnswer.ERROR
    return EngineRun(
        engine.value, query.name, query.family, query.size, answer, tuple(record.times), record.counts, record.note
    )
