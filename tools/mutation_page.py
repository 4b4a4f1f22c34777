"""The results of `make mutation` as a page of `docs/`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from tools.mutation_faults import REST, WHERE, load_exemptions, load_faults
from tools.mutation_runs import Result

_RUNS = re.compile(r"^## Runs\n.*?(?=^## )", re.MULTILINE | re.DOTALL)
_SURVIVES, NOT_TRIED = "**survives**", "–"
Cells = dict[str, str]
"""What became of a fault, by place."""


def page(results: Sequence[Result], before: str = "") -> str:
    """The results as a page of `docs/`, which keeps what the one `before` says of other faults."""
    faults = {fault.name: fault for fault in (*load_faults(), *(result.fault for result in results))}
    found = _cells(results, {name: cells for name, cells in rows_of(before).items() if name in faults})
    rows = {name: found[name] for name in faults if name in found}
    survivors = [
        f"- **{name[0]}**, {name[1]}, in {where}: {faults[name].survives.get(where, 'not explained')}"
        for name, cells in rows.items()
        for where, cell in cells.items()
        if cell == _SURVIVES
    ]
    runs = _RUNS.search(before)
    tried = sum(cell != NOT_TRIED for cells in rows.values() for cell in cells.values())
    return _PAGE.format(
        tried=tried,
        seen=tried - len(survivors),
        survived=len(survivors),
        survivors="\n".join(survivors) or "None.",
        rows=_table(cells for cells in rows.items() if REST not in cells[1]),
        rest=_table(cells for cells in rows.items() if REST in cells[1]),
        exempt="\n".join(f"- **{exemption.label}**: {exemption.reason}" for exemption in load_exemptions()),
        runs=runs[0] if runs else "",
    )


def _cells(results: Sequence[Result], before: Mapping[tuple[str, str], Cells]) -> dict[tuple[str, str], Cells]:
    found = dict(before)
    for result in results:
        where = (REST,) if REST in result.fault.edits else WHERE
        kept = found.get(result.fault.name) or dict.fromkeys(where, NOT_TRIED)
        found[result.fault.name] = {**kept, result.where: result.seen_by or _SURVIVES}
    return found


def rows_of(text: str) -> dict[tuple[str, str], Cells]:
    """What a page says of each fault."""
    rows = (line[2:-2].split(" | ") for line in text.splitlines() if line.startswith("| "))
    return {
        (label, title): dict(zip((REST,) if len(cells) == 1 else WHERE, cells, strict=True))
        for label, title, *cells in rows
        if title not in ("fault", "---")
    }


def _table(rows: Iterable[tuple[tuple[str, str], Cells]]) -> str:
    return "\n".join(f"| {' | '.join((*name, *cells.values()))} |" for name, cells in rows)


_PAGE = """# Faults put in on purpose

Written by `make mutation` (`tools/mutation.py`); the faults are in `tests/mutation/`. Each of the first table is a
plausible misreading of one rule, put into `evaluate`, into `problem`, and into both at once. The table names the first
tests that failed. In both at once the rooms agree on the fault: only expectations argued from AWS's pages, and the
third reading, which is written from them, can see it.

{tried} faults were tried: {seen} were seen, {survived} survived.

## Survivors, and what was done about each

{survivors}

## Rules without a fault

{exempt}

{runs}## All faults

| rule | fault | in `evaluate` | in `problem` | in both |
| --- | --- | --- | --- | --- |
{rows}

## Faults in the rest

Outside the two rooms there is one reading. Each of these leads to a wrong verdict, or to none where there is one; only
the tests that ought to see it are run. The table names the first that failed.

| part | fault | seen by |
| --- | --- | --- |
{rest}
"""
