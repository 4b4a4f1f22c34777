"""What is within reach → a document: key by key who gets there or what a caller can bring about, in how many steps, by
which chain.

In: a `ReachReport`. Out: a `Document`; all its `Forms`. Guarantee: what is shortened says so; `in_full` has every
request of a chain, with what allows it.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from verifier.model.results.reach_report import KeyReach, ReachReport, ReachRow
from verifier.report.document import Block, Document, Folded, Item, ItemList, Para, Role, Said, Supposed, block_group
from verifier.report.forms import Forms
from verifier.report.naming import SETTLES, key_heading, reason_item
from verifier.report.notices.answers import notices_of_reach
from verifier.report.pages.parts import data_counts
from verifier.report.reach.names import Names, names_of
from verifier.report.reach.story import compact_items, steps_blocks
from verifier.report.reach.words import (
    beyond_words,
    conclusion,
    distance,
    longer_words,
    of_row,
    question_words,
    reach_exit_code,
    rows_shown,
)
from verifier.report.supposed import of_all
from verifier.report.tables import reach_table
from verifier.report.wire.answers import reach_to_json
from verifier.syntax.text import counted

_LABEL, _WIDE = 14, 18
"""Columns of how far something is: `in 2 steps`, `maybe in 2 steps`."""


def reach_document(report: ReachReport, *, in_full: bool = False) -> Document:
    blocks = [block for key in report.keys for block in _key(report, key, in_full)]
    stories = [row.story for key in report.keys for row in key.rows if row.story is not None]
    needed = ", ".join(sorted({label for story in stories for label, _ in story.readings}))
    readings = (Item(f"some chains need one reading of {needed}: {SETTLES}", "readings"),) if needed else ()
    end = block_group([Supposed(of_all(report.keys), columns=_LABEL), ItemList(readings, columns=_LABEL)])
    counts = (counted(sum(len(key.rows) for key in report.keys), "row"), *data_counts(report.data_version))
    return Document(
        question_words(report), (*blocks, end), counts, reach_exit_code(report), in_full, number=len(report.keys)
    )


def _key(report: ReachReport, key: KeyReach, in_full: bool) -> Iterator[Block]:
    """One key: what is within reach, and whether that is all."""
    names = names_of((one.key for one in report.keys), key.key.arn)
    columns = _WIDE if any(row.reason for one in report.keys for row in one.rows) else _LABEL
    yield key_heading(key.key)
    together: list[Block] = []
    for row in rows_shown(key, names, in_full=in_full):
        together.append(ItemList((_row(report, key, row, names, columns, in_full),), columns=columns))
        if row.steps or in_full or row.reason is not None:
            yield block_group(together)
            together = []
    yield block_group(together)
    for label, text in beyond_words(key, names, in_full=in_full):
        yield ItemList((Item(text, label),), columns=columns)
    mark = Role.GOOD if key.complete else Role.DOUBT
    marked = not key.complete and not key.reasons
    open_ = [Item("what is marked `maybe` has no chain that could be replayed")] if marked else []
    longer = longer_words(key)
    remarks = (*map(reason_item, key.reasons), *open_, *([Item(longer)] if longer is not None else []))
    yield block_group([Para(conclusion(report, key), mark), ItemList(remarks, margin=2)])


def _row(report: ReachReport, key: KeyReach, row: ReachRow, names: Names, columns: int, in_full: bool) -> Item:
    below: list[Block] = []
    if row.story is not None and (row.steps or in_full):
        if not in_full:
            below.append(compact_items(row.story, names, key.key.arn, columns))
        below.append(Folded("every request, with what allows it", tuple(steps_blocks(row.story, names, key.key.arn))))
    if row.reason is not None:
        below.append(ItemList((reason_item(row.reason),), columns))
    role = Role.DOUBT if row.reason is not None else Role.BAD if row.steps else None
    label = Said(distance(row), role) if role else distance(row)
    return Item(of_row(report, row, names, in_full=in_full), label, below=tuple(below))


def reach_forms(report: ReachReport, *, in_full: bool) -> Forms:
    return Forms(
        partial(reach_document, report, in_full=in_full),
        partial(reach_to_json, report),
        partial(notices_of_reach, report),
        partial(reach_table, report),
    )
