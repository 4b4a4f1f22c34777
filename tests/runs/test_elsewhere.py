"""Processes and a cluster give what this process gives, also when one of them dies."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.runs.many_keys import INVARIANTS, snapshot, told
from verifier.configuration.reading import ConfigurationError
from verifier.configuration.settings import Configuration
from verifier.inputs.own_region import OpenPlaceError
from verifier.inputs.supplied import Supplied
from verifier.model.choices import Engine
from verifier.model.results.verdict import Verdict
from verifier.runs import Where, prove_many
from verifier.runs.cluster import on_cluster
from verifier.runs.many import OtherVersion, TargetTask, payload, received, work_of
from verifier.runs.processes import LostProcesses, decide_tasks, in_processes
from verifier.syntax.diagnostic import InputError
from verifier.verify.deciding import ProofOptions
from verifier.verify.proving import DECIDERS, prove

OPTIONS = ProofOptions(Engine.Z3, None, {}, None, DECIDERS)


def test_processes_give_the_same_report(tmp_path: Path) -> None:
    estate = snapshot(tmp_path, 28)
    seen: list[int] = []
    report, _ = prove_many(
        estate,
        INVARIANTS,
        Where(partial(in_processes, processes=2)),
        DECIDERS,
        progress=lambda done, total, _: seen.append(done),
    )
    assert told(report) == told(prove(estate, INVARIANTS))
    assert seen == list(range(1, len(report.verdicts) + 1))


def dies_once(tasks: tuple[TargetTask, ...]) -> list[tuple[int, Verdict]]:
    """The first process to come here dies."""
    marker = Path(os.environ["DIES_ONCE"])
    try:
        marker.touch(exist_ok=False)
    except FileExistsError:
        return decide_tasks(tasks)
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def dies(tasks: tuple[TargetTask, ...]) -> list[tuple[int, Verdict]]:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def test_what_a_dead_process_had_is_decided_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIES_ONCE", str(tmp_path / "dead"))
    work = work_of(snapshot(tmp_path, 20), INVARIANTS, OPTIONS)
    tasks = [(number, asked) for number, (_, asked) in enumerate(work.targets)]
    found = [
        (n, verdict.target) for answers in in_processes(work, tasks, 2, decide=dies_once) for n, verdict in answers
    ]
    assert (tmp_path / "dead").exists()
    assert len(found) == len(set(found)) == 2 * 20


def test_processes_that_keep_dying_are_an_error(tmp_path: Path) -> None:
    work = work_of(snapshot(tmp_path, 4), INVARIANTS, OPTIONS)
    with pytest.raises(LostProcesses):
        list(in_processes(work, [(0, (0, 1)), (1, (0, 1))], 2, decide=dies))


def refuses(tasks: tuple[TargetTask, ...]) -> list[tuple[int, Verdict]]:
    raise InputError.of("no request in its scope", rule="S3")


def test_what_is_wrong_with_the_input_is_told_by_another_process_too(tmp_path: Path) -> None:
    work = work_of(snapshot(tmp_path, 2), INVARIANTS, OPTIONS)
    with pytest.raises(InputError) as error:
        list(in_processes(work, [(0, (0, 1)), (1, (0, 1))], 2, decide=refuses))
    assert [(one.message, one.rule) for one in error.value.diagnostics] == [("no request in its scope", "S3")]


def test_every_input_error_is_the_same_in_another_process() -> None:
    faults = InputError.of("a fault").diagnostics
    for error in (
        InputError(faults),
        OpenPlaceError(faults, "account", [Supplied(account="111122223333")]),
        ConfigurationError([*faults], Configuration(Path("verifier.toml"), ())),
    ):
        again = pickle.loads(pickle.dumps(error))
        assert (type(again), str(again), vars(again)) == (type(error), str(error), vars(error))


def test_processes_that_die_before_they_have_begun_are_an_error(tmp_path: Path) -> None:
    """As where the machine has no memory left: what is too large for a pipe waits for nobody."""
    script = tmp_path / "run.py"
    script.write_text(_DIES_AT_ONCE, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, script, tmp_path], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=120
    )
    assert done.returncode == 0


ROOT = Path(__file__).resolve().parents[2]
_DIES_AT_ONCE = """
import sys
from pathlib import Path

if __name__ != "__main__":
    sys.exit(3)
from tests.runs.many_keys import INVARIANTS, snapshot
from tests.runs.test_elsewhere import OPTIONS
from verifier.runs.processes import LostProcesses, in_processes
from verifier.runs.many import payload
from verifier.runs.many import work_of

work = work_of(snapshot(Path(sys.argv[1]), 150), INVARIANTS, OPTIONS)
assert len(payload(work)) > 1 << 17
try:
    list(in_processes(work, [(number, asked) for number, (_, asked) in enumerate(work.targets)], 2))
except LostProcesses:
    sys.exit(0)
sys.exit(1)
"""


def test_another_version_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = payload(work_of(snapshot(tmp_path, 1), INVARIANTS, OPTIONS))
    assert received(data).invariants == INVARIANTS
    monkeypatch.setattr("verifier.runs.many.rules_version", lambda: "another")
    received.cache_clear()
    with pytest.raises(OtherVersion):
        received(data)
    received.cache_clear()


# -- a cluster --


@pytest.fixture(scope="module")
def cluster() -> Iterator[tuple[str, list[int]]]:
    """A scheduler and two worker processes on this machine: its address, and the processes' numbers."""
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1", scheduler_port=0
    ) as found:
        yield found.scheduler_address, [worker.pid for worker in found.workers.values()]


def test_a_cluster_gives_the_same_report_though_a_worker_is_killed(
    tmp_path: Path, cluster: tuple[str, list[int]]
) -> None:
    address, pids = cluster
    estate = snapshot(tmp_path, 40)
    counted: list[int] = []

    def progress(done: int, total: int, _: str) -> None:
        counted.append(done)
        if done == 9:
            os.kill(pids[0], signal.SIGKILL)

    report, _ = prove_many(estate, INVARIANTS, Where(partial(on_cluster, address=address)), DECIDERS, progress=progress)
    assert told(report) == told(prove(estate, INVARIANTS))
    assert len(report.verdicts) == 80 and counted[-1] == 80
    with pytest.raises(ProcessLookupError):
        os.kill(pids[0], 0)


def test_no_scheduler_is_an_input_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr("verifier.runs.cluster.CONNECT", 1)
    with pytest.raises(InputError, match="no Dask scheduler answers"):
        prove_many(snapshot(tmp_path, 1), INVARIANTS, Where(partial(on_cluster, address="tcp://127.0.0.1:1")), DECIDERS)


def test_a_scheduler_that_answers_too_late_is_an_input_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def client(*_: object, **__: object) -> None:
        raise TimeoutError

    monkeypatch.setattr(pytest.importorskip("distributed"), "Client", client)
    with pytest.raises(InputError, match="at tcp://127.0.0.1:1: it took too long"):
        prove_many(snapshot(tmp_path, 1), INVARIANTS, Where(partial(on_cluster, address="tcp://127.0.0.1:1")), DECIDERS)
