"""Suggestions → a document: for each refuted invariant the edits, what they were proved to do, and the access that they
cost.

In: `Suggestions`. Out: a `Document`; all its `Forms`. Guarantee: an invariant without a suggestion says why.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from verifier.model.results.explanation import Advice, EditShown, Suggestion, Suggestions
from verifier.model.results.verdict import Status
from verifier.report import document as doc
from verifier.report.forms import Forms
from verifier.report.naming import key_name, reason_item
from verifier.report.notices.answers import notices_of_suggestions
from verifier.report.tables import suggestions_table
from verifier.report.wire.comparison import suggestions_to_json
from verifier.report.words.explanation import access_lines, edit_lines, kept_text, suggest_exit_code


def suggestions_document(suggestions: Suggestions) -> doc.Document:
    open_ = [advice for advice in suggestions.advice if advice.status is not Status.PROVED]
    blocks = [block for advice in open_ for block in _advice(suggestions, advice)]
    mended = sum(bool(advice.suggestions) for advice in suggestions.advice)
    refuted = sum(advice.status is Status.REFUTED for advice in suggestions.advice)
    proved = len(suggestions.advice) - len(open_)
    counts = f"{proved} proved as things are, {refuted} refuted, {mended} of them with a suggestion"
    blocks.append(doc.Supposed(suggestions.assumptions))
    title, code, number = "Edits of key policies", suggest_exit_code(suggestions), len(suggestions.advice)
    return doc.Document(title, tuple(blocks), (counts,), code, title_in_text=False, number=number)


def _advice(suggestions: Suggestions, advice: Advice) -> Iterator[doc.Block]:
    key = next((key_name(key) for key in suggestions.keys if key.arn == advice.target), advice.target)
    what = doc.Said(f"{advice.invariant.name}   (invariant {advice.number}, {key})", doc.Role.NAME)
    head = doc.Para((doc.Said(f"{advice.status.value:10}", doc.MARKS[advice.status]), what), doc.MARKS[advice.status])
    none = "no suggestion" if advice.status is Status.REFUTED else "because"
    label = "besides" if advice.suggestions else none
    yield doc.block_group(
        [head, doc.ItemList((reason_item(advice.reason, f"{label}:"),), margin=3) if advice.reason else None]
    )
    for number, suggestion in enumerate(advice.suggestions, start=1):
        yield _suggestion(advice, suggestion, number)


def _suggestion(advice: Advice, suggestion: Suggestion, number: int) -> doc.ItemList:
    costs = access_lines(suggestion.comparison) if suggestion.comparison is not None else ()
    items = [doc.Item(kept_text(advice, suggestion), "then")]
    last = None
    for label, text in costs:
        items.append(doc.Item(text, label if label != last else ""))
        last = label
    return edits_items(suggestion.edits, number, doc.ItemList(tuple(items), margin=3, columns=9))


def edits_items(edits: tuple[EditShown, ...], number: int, *below: doc.Block, margin: int = 0) -> doc.ItemList:
    """Edits that go together, each with the lines that it changes."""
    first, *others = ((edit.text, doc.Lines(tuple(edit_lines(edit)), "diff", margin + 6)) for edit in edits)
    more = [
        doc.ItemList((doc.Item(text, "and", below=(lines,)),), margin + 3, 4, hang=margin + 3) for text, lines in others
    ]
    return doc.ItemList(
        (doc.Item(first[0], f"{number}.", below=(first[1], *more, *below)),), margin, 3, hang=margin + 3
    )


def suggestions_forms(found: Suggestions) -> Forms:
    return Forms(
        partial(suggestions_document, found),
        partial(suggestions_to_json, found),
        partial(notices_of_suggestions, found),
        partial(suggestions_table, found),
    )
