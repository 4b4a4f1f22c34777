"""What is within reach → a document: key by key who gets there or what a caller can bring about, in how many steps, by
which chain.

In: a `ReachReport`. Out: a `Document`; all its `Forms`. Guarantee: what is shortened says so; `in_full` has every
request of a chain, with what allows it.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from verifier.model.results.reach_report import KeyReach, ReachReport, ReachRow
from verifier.report import document as doc
from verifier.report.forms import Forms
from verifier.report.naming import SETTLES, Names, key_heading, names_of, reason_item
from verifier.report.notices.answers import notices_of_reach
from verifier.report.pages.parts import data_counts
from verifier.report.reach import words
from verifier.report.reach.story import compact_items, steps_blocks
from verifier.report.tables import reach_table
from verifier.report.wire.answers import reach_to_json
from verifier.syntax.text import counted

_LABEL, _WIDE = 14, 18
"""Columns of how far something is: `in 2 steps`, `maybe in 2 steps`."""


def reach_document(report: ReachReport, *, in_full: bool = False) -> doc.Document:
    blocks = [block for key in report.keys for block in _key(report, key, in_full)]
    stories = [row.story for key in report.keys for row in key.rows if row.story is not None]
    needed = ", ".join(sorted({label for story in stories for label, _ in story.readings}))
    readings = (doc.Item(f"some chains need one reading of {needed}: {SETTLES}", "readings"),) if needed else ()
    supposed = doc.Supposed(doc.of_all(report.keys), columns=_LABEL)
    end = doc.block_group([supposed, doc.ItemList(readings, columns=_LABEL)])
    counts = (counted(sum(len(key.rows) for key in report.keys), "row"), *data_counts(report.data_version))
    title, code = words.question_words(report), words.reach_exit_code(report)
    return doc.Document(title, (*blocks, end), counts, code, in_full, number=len(report.keys))


def _key(report: ReachReport, key: KeyReach, in_full: bool) -> Iterator[doc.Block]:
    """One key: what is within reach, and whether that is all."""
    names = names_of((one.key for one in report.keys), key.key.arn)
    columns = _WIDE if any(row.reason for one in report.keys for row in one.rows) else _LABEL
    yield key_heading(key.key)
    together: list[doc.Block] = []
    for row in words.rows_shown(key, names, in_full=in_full):
        together.append(doc.ItemList((_row(report, key, row, names, columns, in_full),), columns=columns))
        if row.steps or in_full or row.reason is not None:
            yield doc.block_group(together)
            together = []
    yield doc.block_group(together)
    for label, text in words.beyond_words(key, names, in_full=in_full):
        yield doc.ItemList((doc.Item(text, label),), columns=columns)
    mark = doc.Role.GOOD if key.complete else doc.Role.DOUBT
    marked = not key.complete and not key.reasons
    open_ = [doc.Item("what is marked `maybe` has no chain that could be replayed")] if marked else []
    longer = words.longer_words(key)
    remarks = (*map(reason_item, key.reasons), *open_, *([doc.Item(longer)] if longer is not None else []))
    yield doc.block_group([doc.Para(words.conclusion(report, key), mark), doc.ItemList(remarks, margin=2)])


def _row(report: ReachReport, key: KeyReach, row: ReachRow, names: Names, columns: int, in_full: bool) -> doc.Item:
    below: list[doc.Block] = []
    if row.story is not None and (row.steps or in_full):
        if not in_full:
            below.append(compact_items(row.story, names, key.key.arn, columns))
        below.append(
            doc.Folded("every request, with what allows it", tuple(steps_blocks(row.story, names, key.key.arn)))
        )
    if row.reason is not None:
        below.append(doc.ItemList((reason_item(row.reason),), columns))
    role = doc.Role.DOUBT if row.reason is not None else doc.Role.BAD if row.steps else None
    label = doc.Said(words.distance(row), role) if role else words.distance(row)
    return doc.Item(words.of_row(report, row, names, in_full=in_full), label, below=tuple(below))


def reach_forms(report: ReachReport, *, in_full: bool) -> Forms:
    return Forms(
        partial(reach_document, report, in_full=in_full),
        partial(reach_to_json, report),
        partial(notices_of_reach, report),
        partial(reach_table, report),
    )
