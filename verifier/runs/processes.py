"""Chunks decided by processes of this machine.

In: work and its tasks. Out: the verdicts of each chunk, as they come.
Guarantee: every chunk is yielded once; one whose process died is decided again, and a second death is an error, never a
missing verdict.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, suppress
from multiprocessing.queues import Queue

from verifier.garbage_collection import collect_seldom
from verifier.model.results.verdict import Verdict
from verifier.runs.many import OtherVersion, TargetTask, Work, chunks, decide_chunk, payload, received

_CHUNK = 8
"""Targets that are sent together."""
_AHEAD = 4
"""Chunks per process that wait their turn: the others are not sent yet, so that memory stays bounded."""

_Answers = list[tuple[int, Verdict]]
Chunks = list[tuple[TargetTask, ...]]
Decide = Callable[[tuple[TargetTask, ...]], _Answers]


class LostProcesses(Exception):
    """Processes keep dying: the machine may be out of memory."""


def in_processes(
    work: Work, tasks: Sequence[TargetTask], processes: int, *, decide: Decide | None = None
) -> Iterator[_Answers]:
    """The verdicts of all tasks, chunk by chunk. Raises what deciding raises, and `LostProcesses`. `decide` stands for
    what a process does with the tasks of a chunk (for tests)."""
    waiting = chunks(tasks, _CHUNK)
    data = payload(work)
    for again in (True, False):
        waiting = yield from _pool(data, waiting, processes, decide or decide_tasks)
        if not waiting:
            return
        if not again:
            raise LostProcesses(
                f"{len(waiting)} chunks of work were lost twice with the processes that they were given to"
            )


def _pool(data: bytes, waiting: Chunks, processes: int, decide: Decide) -> Generator[_Answers, None, Chunks]:
    """Decides chunks until all are done or a process dies; returns those that are left."""
    left = dict(enumerate(waiting))
    todo = iter(list(left.items()))
    running: dict[Future[_Answers], int] = {}
    context = multiprocessing.get_context("spawn")
    count = min(processes, len(left))
    # Not as an argument of the process: Python writes these before it looks whether there is still anybody to read
    # them.
    handed_out = context.Queue()
    handed_out.cancel_join_thread()
    for _ in range(count):
        handed_out.put(data)
    with (
        ProcessPoolExecutor(count, mp_context=context, initializer=_start, initargs=(handed_out,)) as pool,
        ExitStack() as interrupted,
    ):
        interrupted.callback(pool.shutdown, wait=False, cancel_futures=True)
        try:
            while True:
                for number, chunk in todo:
                    running[pool.submit(decide, chunk)] = number
                    if len(running) >= processes * _AHEAD:
                        break
                if not running:
                    break
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    answers = future.result()
                    del left[running.pop(future)]
                    yield answers
        except BrokenProcessPool:
            pass
        interrupted.pop_all()
    return list(left.values())


_payload: list[bytes] = []


def _start(handed_out: Queue[bytes]) -> None:
    """Takes the payload, which every chunk of this process needs."""
    _payload[:] = [handed_out.get()]
    with suppress(OtherVersion):  # which the first chunk tells
        received(_payload[0])
    collect_seldom()


def decide_tasks(tasks: tuple[TargetTask, ...]) -> _Answers:
    """The verdicts of a chunk, in a process that has the payload."""
    return decide_chunk(_payload[0], tasks)
