"""Who can → a document: key by key who, under which conditions and through what, and whether that is all.

In: a `WhoCan`. Out: a `Document`; all its `Forms`. Guarantee: every row is there, and what is shortened says so;
`in_full` has all of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from verifier.model.results.access import Access, KeyAccess, WhoCan
from verifier.report import document as doc
from verifier.report.document import of_all
from verifier.report.forms import Forms
from verifier.report.naming import key_heading
from verifier.report.notices.answers import notices_of_who_can
from verifier.report.pages.parts import actions_said, data_counts, example_items, footnote, open_questions, reason_items
from verifier.report.tables import who_can_table
from verifier.report.wire.answers import who_can_to_json
from verifier.report.words import access as words
from verifier.syntax.text import counted

_MOST_PLACES = 12


def who_can_document(answer: WhoCan, *, in_full: bool = False) -> doc.Document:
    blocks = [block for key in answer.keys for block in _key(answer, key, in_full)]
    short = [row.region for key in answer.keys for row in key.rows if not words.only_federated(row.region)]
    readings = () if in_full else open_questions("rows", words.readings_needed(short))
    end = doc.block_group(
        [*readings, footnote(row.region for key in answer.keys for row in key.rows), doc.Supposed(of_all(answer.keys))]
    )
    rows = sum(len(key.rows) for key in answer.keys)
    counts = (counted(rows, "row"), *data_counts(answer.data_version))
    title, code = words.question_text(answer), words.who_can_exit_code(answer)
    return doc.Document(title, (*blocks, end), counts, code, in_full, number=len(answer.keys))


def _key(answer: WhoCan, key: KeyAccess, in_full: bool) -> Iterator[doc.Block]:
    groups = words.caller_groups(key.rows, in_full=in_full)
    yield key_heading(key.key)
    yield _table(answer, groups, in_full)
    yield doc.Listing("statements", tuple(words.way_places(groups)), _MOST_PLACES)
    mark = doc.Role.GOOD if key.complete else doc.Role.DOUBT
    yield doc.block_group(
        [doc.Para(words.completeness_text(answer, key), mark), reason_items(key.reasons, exact=key.exact)]
    )


def _table(answer: WhoCan, groups: Sequence[words.CallerGroup], in_full: bool) -> doc.TableBlock:
    """One action: who, when and through what beside one another; several: below the caller."""
    several = len(answer.names) > 1 or (answer.caller is not None and len(groups) == 1)
    rows = tuple(_row(group, row, several, in_full) for group in groups for row in group.first)
    if several:
        return doc.TableBlock(("who", "actions", "when", "through"), (36, 40, 34), rows, grouped=True)
    return doc.TableBlock(("who", "when", "through"), (34, 44, 36), rows)


def _row(group: words.CallerGroup, row: Access, several: bool, in_full: bool) -> doc.Row:
    region = row.region
    actions = [actions_said(region, in_full=in_full)] if several else []
    when = words.when_text(region, in_full=in_full)
    ways = words.ways_text(row, in_full=in_full, together=group.together)
    return doc.Row((words.callers_text(group), *actions, when, ways), tuple(_below(row)) if in_full else ())


def _below(row: Access) -> Iterator[doc.ItemList]:
    """Its cases, and a request."""
    yield doc.ItemList(tuple(doc.Item(case, "·") for case in words.cases_in_full(row.region)), margin=6, columns=2)
    yield doc.ItemList(tuple(example_items(row.region, in_full=True)), margin=6, columns=13)


def who_can_forms(answer: WhoCan, *, in_full: bool) -> Forms:
    return Forms(
        partial(who_can_document, answer, in_full=in_full),
        partial(who_can_to_json, answer),
        partial(notices_of_who_can, answer),
        partial(who_can_table, answer),
    )
