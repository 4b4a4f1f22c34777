"""The process that computes: what takes too long, or takes it down, is not answered, and the next question is."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable
from pathlib import Path
from typing import NoReturn

import pytest

from verifier.lsp.documents import OpenDocument
from verifier.lsp.server import Server
from verifier.lsp.words import Hover
from verifier.lsp.worker import NotAnswered, Worker


async def failure(asked: Awaitable[object]) -> str:
    with pytest.raises(NotAnswered) as caught:
        await asked
    return str(caught.value)


def test_a_process_that_is_lost_is_replaced(capfd: pytest.CaptureFixture[str]) -> None:
    async def session() -> None:
        worker = Worker()
        try:
            first = await worker.run(60, os.getpid)
            assert "not decided within 0.1 s" in await failure(worker.run(0.1, time.sleep, 600))
            assert "ended unexpectedly" in await failure(worker.run(60, os.abort))
            assert "ZeroDivisionError" in await failure(worker.run(60, divmod, 1, 0))
            await worker.run(60, os.write, 1, b"noise")
            assert await worker.run(60, os.getpid) not in (first, os.getpid())
            assert await worker.run(60, os.getppid) == os.getpid()
        finally:
            worker.end()

    asyncio.run(session())
    assert "noise" not in capfd.readouterr().out


def test_a_verdict_that_does_not_come_is_unknown() -> None:
    class Never(Worker):
        async def run(self, seconds: float, function: object, *arguments: object) -> NoReturn:
            raise NotAnswered(f"not decided within {seconds:g} s")

    async def session() -> None:
        server = Server(20.0)
        server._proving = Never()
        scene = OpenDocument(Path("/w/a.inv"), "")
        assert await server._verdict(scene, Hover("", 0, 0, "a")) == "? **unknown**: not decided within 20 s"

    asyncio.run(session())


async def fault(*_: object) -> NoReturn:
    raise RuntimeError("odd")


def test_a_fault_does_not_look_like_an_answer_that_there_is_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    server, told = Server(20.0), list[str]()
    monkeypatch.setattr(server, "_scene", lambda _: OpenDocument(Path("/w/a.inv"), ""))
    monkeypatch.setattr(server, "_say", lambda text, *_: told.append(text))

    async def session() -> None:
        with pytest.raises(RuntimeError):
            await server._answer("file:///w/a.inv", fault)
        server._begin(("file:///w/a.inv", "read"), fault)
        await asyncio.gather(*server._busy.values())

    asyncio.run(session())
    assert told == ["internal error (read file:///w/a.inv): RuntimeError: odd"]
