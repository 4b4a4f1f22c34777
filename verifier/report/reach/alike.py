"""Rows that differ in nothing but the action: told together, as one.

In: the rows of a key. Out: rows, some of them with the actions of several. Guarantee: rows are only told together where their stories read
the same, but for the action; the story of the first stands for them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from verifier.model.results.reach_report import ReachRow
from verifier.report.reach.names import Names
from verifier.report.reach.told import told_steps


def together(rows: Sequence[ReachRow], names: Names, target: str) -> list[ReachRow]:
    """The rows, in the order in which they, or the first of several, come."""
    found: dict[object, ReachRow] = {}
    for row in rows:
        outline = _outline(row, names, target)
        before = found.get(outline)
        if before is None:
            found[outline] = row
        else:
            found[outline] = replace(before, actions=(*before.actions, *row.actions))
    return list(found.values())


def _outline(row: ReachRow, names: Names, target: str) -> object:
    """What is alike in rows that are told together."""
    if row.story is None or row.story.access is None or not row.steps:
        return (row.callers, row.steps, row.actions, row.reason)
    action = row.story.access.request.action
    told = tuple(f"{one.text(names, target=target)} {one.by()}".replace(action, "…") for one in told_steps(row.story))
    return (row.callers, row.steps, row.story.readings, row.story.free, told)
