"""Whole runs of the program on generated estates: a plan, a large snapshot, a large report.

In: sizes. Out: rows: wall and CPU time in milliseconds, peak memory of the largest process in MiB, and what was found.
Guarantee: each run is a process of its own, with the interpreter's start and everything else inside; nothing is
remembered from an earlier run except where the row says so.
"""

from __future__ import annotations

import compileall
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from functools import cache
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.plans import generated_plan
from benchmarks.snapshots import ESTATE_INVARIANTS, generated_snapshot
from verifier import __file__ as _PACKAGE

Row = dict[str, Any]

_RUN = """
import json, resource, subprocess, sys, time
started = time.perf_counter()
done = subprocess.run([sys.executable, *json.loads(sys.argv[1])], stdout=subprocess.PIPE)
elapsed, used = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
assert done.returncode in (0, 1, 3), done.returncode
said = done.stdout.decode()
print(json.dumps({"ms": elapsed * 1000, "cpu ms": (used.ru_utime + used.ru_stime) * 1000, "MiB": used.ru_maxrss / 1024, "said": said}))
"""  # noqa: E501
_LOAD = """
import sys
from pathlib import Path
from verifier.inputs import load_estate
from verifier.runs.estates import cached_estate
paths = [Path(sys.argv[1])]
estate = cached_estate(paths, (), Path(sys.argv[2]), lambda: load_estate(paths))
print(sum(len(key.policies) for key in estate.keys) + sum(len(role.policies) for account in estate.accounts for role in account.roles))
"""  # noqa: E501


def plan(keys: int = 50, resources: int = 500, rounds: int = 5) -> list[Row]:
    """`verifier prove plan.json`: all keys of a plan, five invariants each."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "plan.json")
        path.write_text(json.dumps(generated_plan(keys, resources)), encoding="utf-8")
        runs = [_prove(path, "--output", "json") for _ in range(rounds)]
    verdicts = Counter(verdict["status"] for verdict in json.loads(runs[0]["said"])["verdicts"])
    what = f"plan of {resources} resources, {keys} keys x 5"
    return [{"what": what, **middle(runs), **shares(verdicts)}]


def load(keys: int = 1000, roles: int = 5000, rounds: int = 3) -> list[Row]:
    """Reading a snapshot: first, and again from what was remembered of it."""
    first, again = [], []
    with tempfile.TemporaryDirectory() as folder:
        generated_snapshot(Path(folder, "snapshot"), keys, roles)
        for number in range(rounds):
            arguments = ["-c", _LOAD, f"{folder}/snapshot", f"{folder}/cache-{number}"]
            first.append(run_python(arguments))
            again.append(run_python(arguments))
    policies = {int(run["said"]) for run in first + again}
    assert policies == {keys + roles}, policies
    what = f"snapshot of {keys} keys, {roles} roles"
    return [
        {"what": what, **middle(first), "policies": keys + roles},
        {"what": "the same, remembered", **middle(again)},
    ]


def html(keys: int = 200, roles: int = 50, rounds: int = 3) -> list[Row]:
    """`verifier prove --output html=FILE` beside `--output json=FILE`, for many keys."""
    found: dict[str, list[Row]] = {"json": [], "html": []}
    sizes = {}
    with tempfile.TemporaryDirectory() as folder:
        generated_snapshot(Path(folder, "snapshot"), keys, roles)
        for _ in range(rounds):
            for name, runs in found.items():
                file = Path(folder, name)
                runs.append(_prove(Path(folder, "snapshot"), "--output", f"{name}={file}"))
                sizes[name] = file.stat().st_size / 1024
    return [
        {"what": f"{name} report, {keys} keys x 5", **middle(runs), "KiB": sizes[name]} for name, runs in found.items()
    ]


def _prove(path: Path, *options: str) -> Row:
    invariants = path.parent / "estate.inv"
    invariants.write_text(ESTATE_INVARIANTS, encoding="utf-8")
    return run_python(["-m", "verifier", "prove", str(path), "--invariants", str(invariants), "--no-cache", *options])


def run_python(arguments: list[str], **variables: str) -> Row:
    """What one run of Python takes, and what it prints; with variables of the environment. The package is compiled, as
    pip leaves it."""
    _compile()
    command = [sys.executable, "-c", _RUN, json.dumps(arguments)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ, **variables})
    found: Row = json.loads(done.stdout)
    return found


@cache
def _compile() -> None:
    """Where Python may not write bytecode (`PYTHONDONTWRITEBYTECODE`), a checkout would be compiled anew in each
    process."""
    compileall.compile_dir(Path(_PACKAGE).parent, quiet=2)


def middle(runs: list[Row]) -> Row:
    """The medians of the times, and the most memory."""
    return {
        "engine": "process",
        "ms": median(run["ms"] for run in runs),
        "cpu ms": median(run["cpu ms"] for run in runs),
        "MiB": max(run["MiB"] for run in runs),
    }


def shares(verdicts: Counter[str]) -> Row:
    """How many verdicts are answers, and which part of them is refuted."""
    total = verdicts.total()
    return {"answered": f"{total - verdicts['unknown']}/{total}", "refuted %": 100 * verdicts["refuted"] / total}
