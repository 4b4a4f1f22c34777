"""`python -m benchmarks NAME [--clock cpu] [--output json FILE]`: a measure of docs/performance.md, or all of them."""

from __future__ import annotations

import argparse
import json
import platform
from pathlib import Path

from benchmarks.clock import CLOCKS, choose
from benchmarks.measures import MEASURES, Row
from verifier.garbage_collection import collect_seldom

_TIMES = ("answered", "ms", "cpu ms", "proved ms", "refuted ms", "recheck ms", "ratio", "refuted %", "growth")
_COLUMNS = ("what", "engine", *_TIMES, "MiB", "KiB", "policies", "verdicts", "classes", "terms", "solver_calls")


def main() -> None:
    """Runs the measures named, prints a line for each figure, and writes all of them if asked to."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("measure", nargs="?", default="all", choices=(*MEASURES, "memory", "all"))
    parser.add_argument("--output", nargs=2, metavar=("json", "FILE"))
    parser.add_argument("--clock", default="wall", choices=CLOCKS)
    arguments = parser.parse_args()
    if arguments.output and arguments.output[0] != "json":
        parser.error("the only output format is json")
    choose(arguments.clock)
    collect_seldom()  # as the program does
    chosen = "start" if arguments.measure == "memory" else arguments.measure
    rows: list[Row] = []
    for name, measure in MEASURES.items():
        if chosen in (name, "all"):
            found = measure()
            rows += found
            for row in found:
                print(_line(row), flush=True)
    if arguments.output:
        machine = {"clock": arguments.clock, "machine": platform.platform(), "python": platform.python_version()}
        Path(arguments.output[1]).write_text(json.dumps({**machine, "rows": rows}, indent=2) + "\n", encoding="utf-8")


def _line(row: Row) -> str:
    parts = [f"{row['what']:<40}", f"{row['engine']:<13}"]
    for name in _COLUMNS[2:]:
        if name in row:
            value = f"{row[name]:.1f}" if isinstance(row[name], float) else str(row[name])
            parts.append(f"{name} {value}")
    return "  ".join(parts)


if __name__ == "__main__":
    main()
