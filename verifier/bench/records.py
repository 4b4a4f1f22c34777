"""What a benchmark records: plain data, which `msgspec` writes and reads as JSON."""

from __future__ import annotations

from enum import StrEnum

from msgspec import field

from verifier.frozen import Frozen

FORMAT = "kms-verifier/bench"
FORMAT_VERSION = 1


Clock = StrEnum("Clock", "WALL CPU")
"""What times are times of: the clock on the wall, or what the engine's process has of the processor, which other
work on the machine changes little."""


class EngineAnswer(StrEnum):
    """What an engine says of a query: that a request breaks the invariant, that none does, or why there is no
    answer."""

    SAT = "sat"
    UNSAT = "unsat"
    UNKNOWN = "unknown"
    TIMEOUT = "timeout"
    ERROR = "error"

    @property
    def answered(self) -> bool:
        """True iff it is an answer."""
        return self in (EngineAnswer.SAT, EngineAnswer.UNSAT)


class AnswerCounts(Frozen):
    """Counts of one answer, stable from run to run; 0 where an engine has none."""

    classes: int = 0
    terms: int = 0
    clauses: int = 0
    conflicts: int = 0
    solver_calls: int = 0


class EngineRun(Frozen):
    """One engine on one query: `times` are in milliseconds, one a round; none without an answer."""

    engine: str
    query: str
    family: str
    size: int
    answer: EngineAnswer
    times: tuple[float, ...] = ()
    counts: AnswerCounts = AnswerCounts()
    note: str = ""

    @property
    def median(self) -> float:
        """The median time, in milliseconds."""
        ordered = sorted(self.times)
        middle = len(ordered) // 2
        return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


class Machine(Frozen):
    """Where a run was made. `load` is the load average of a minute before it."""

    system: str
    processor: str
    cores: int
    memory_mib: int
    python: str
    versions: tuple[tuple[str, str], ...]
    load: float


class Run(Frozen):
    """A whole run. `limit` is in seconds for one answer; `peak_mib` the peak memory of each engine's process, in
    MiB."""

    sets: tuple[str, ...]
    engines: tuple[str, ...]
    rounds: int
    limit: float
    started: str
    machine: Machine
    results: tuple[EngineRun, ...]
    peak_mib: tuple[tuple[str, float], ...] = ()
    skipped: tuple[str, ...] = ()
    """What was to be asked and could not be, each with its reason."""
    clock: Clock = Clock.WALL
    format: str = FORMAT
    format_version: int = field(default=FORMAT_VERSION)
