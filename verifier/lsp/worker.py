"""A process that computes for the server, one thing after the other, each within its time.

In: a function of a module and its arguments. Out: what it returns. Guarantee: what takes too long, or takes the process
down, raises `NotAnswered` and hurts nothing else: the process is ended, and the next question gets a new one. It ends
with the server, and does not touch the server's streams.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context, parent_process
from threading import Thread
from typing import TypeVar, TypeVarTuple

_Arguments = TypeVarTuple("_Arguments")
_Result = TypeVar("_Result")

_PATIENCE = 120.0
"""Seconds that a process may take to start."""


class NotAnswered(Exception):
    """There is no answer; the text says why."""


class Worker:
    """Runs functions in a process of its own, which begins with the first one."""

    def __init__(self) -> None:
        self._pool: ProcessPoolExecutor | None = None
        self._turn = asyncio.Lock()

    async def run(self, seconds: float, function: Callable[[*_Arguments], _Result], *arguments: *_Arguments) -> _Result:
        """What a function returns. Raises `NotAnswered`."""
        async with self._turn:
            await self._started(function)
            assert self._pool is not None
            try:
                return await asyncio.wait_for(asyncio.wrap_future(self._pool.submit(function, *arguments)), seconds)
            except TimeoutError:
                self.end()
                raise NotAnswered(f"not decided within {seconds:g} s") from None
            except BrokenProcessPool:
                self.end()
                raise NotAnswered("the process that computes it ended unexpectedly") from None
            except asyncio.CancelledError:
                self.end()
                raise
            except Exception as error:  # a fault of the program, or of the memory: the server goes on
                raise NotAnswered(f"an internal error: {type(error).__name__}: {error}") from error

    async def _started(self, function: Callable[..., object]) -> None:
        """Begins the process if there is none, and imports the module of a function: that is not of its time."""
        if self._pool is None:
            self._pool = ProcessPoolExecutor(1, get_context("spawn"), _prepared)
        try:
            await asyncio.wait_for(asyncio.wrap_future(self._pool.submit(_imported, function)), _PATIENCE)
        except (TimeoutError, BrokenProcessPool):
            self.end()
            raise NotAnswered("no process could be started to compute it") from None

    def end(self) -> None:
        """Ends the process, whatever it does."""
        pool, self._pool = self._pool, None
        if pool is not None:
            for process in list((pool._processes or {}).values()):
                process.kill()
            pool.shutdown(wait=False, cancel_futures=True)


def _imported(function: Callable[..., object]) -> None:
    """Does nothing: to hand the function over imports its module."""


def _prepared() -> None:
    """Begins the process: its standard streams are not the server's, and it does not outlive the server."""
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)
