"""The machine that a run is made on. In: nothing. Out: `Machine`. Guarantee: reads a few files of the system, and
connects to nothing."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import verifier
from verifier.bench.records import Machine
from verifier.model.choices import Engine
from verifier.model.reference import data_version

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
