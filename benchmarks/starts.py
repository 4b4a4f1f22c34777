"""How long the program takes to start, beside processes that do nothing. In: rounds. Out: rows, as those of
`benchmarks.whole_runs`.

Guarantee: the commands take turns, after a round that does not count; nothing is remembered from one to the next.
"""

from __future__ import annotations

import json
import random
import tempfile
from pathlib import Path

from benchmarks.families import KEY
from benchmarks.snapshots import key_policy
from benchmarks.whole_runs import Row, middle, run_python

_TYPER = "import typer; app = typer.Typer(); app.command()(lambda: None); app(args=[], standalone_mode=False)"
_VERIFIER = ("-m", "verifier")


def start(rounds: int = 9) -> list[Row]:
    """`verifier --version` beside an empty Typer application; `verifier prove` of one key policy beside a Python that
    imports Z3; the demonstration."""
    with tempfile.TemporaryDirectory() as folder:
        policy = Path(folder, "key-policy.json")
        policy.write_text(json.dumps(key_policy(0, random.Random(1))), encoding="utf-8")
        asked = ("--builtin", "no-external-access", "--key-arn", KEY, "--no-cache")
        commands = {
            "empty Typer application": ["-c", _TYPER],
            "verifier --version": [*_VERIFIER, "--version"],
            "import z3": ["-c", "import z3"],
            "verifier prove, one key policy": [*_VERIFIER, "prove", str(policy), *asked],
            "verifier prove examples/payments": [*_VERIFIER, "prove", "examples/payments", "--no-cache"],
        }
        found: dict[str, list[Row]] = {what: [] for what in commands}
        for _ in range(rounds + 1):
            for what, command in commands.items():
                found[what].append(run_python(command))
    return [{"what": what, **middle(runs[1:])} for what, runs in found.items()]
