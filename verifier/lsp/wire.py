"""What the other modules say, in the words of the protocol.

In: remarks, places, offers, answers. Out: types of the protocol, Markdown. Guarantee: pure; what a document says is not
taken for Markdown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from lsprotocol import types
from pygls.uris import from_fs_path, to_fs_path

from verifier.lsp.completing import Offer, Sort
from verifier.lsp.defining import Place
from verifier.lsp.places import Places
from verifier.lsp.proofs import Answer
from verifier.lsp.remarks import Edit, Remark
from verifier.model.results.verdict import Status
from verifier.model.rules import rules
from verifier.report.notices.notices import Level
from verifier.syntax.source import NOWHERE, Span

_SOURCE = "kms-verifier"
_LEVELS = {
    Level.ERROR: types.DiagnosticSeverity.Error,
    Level.WARNING: types.DiagnosticSeverity.Warning,
    Level.NOTE: types.DiagnosticSeverity.Information,
}
_SORTS = {
    Sort.WORD: types.CompletionItemKind.Keyword,
    Sort.ACTION: types.CompletionItemKind.Function,
    Sort.KEY: types.CompletionItemKind.Property,
    Sort.OPERATOR: types.CompletionItemKind.Operator,
    Sort.NAME: types.CompletionItemKind.Variable,
    Sort.BUILTIN: types.CompletionItemKind.Method,
    Sort.SETTING: types.CompletionItemKind.Property,
    Sort.VALUE: types.CompletionItemKind.Value,
}
_MARKS = {Status.PROVED: "✔", Status.REFUTED: "✘", Status.UNKNOWN: "?"}


def path_of(uri: str) -> Path | None:
    """The file of a document; `None` for one that is no file here."""
    path = to_fs_path(uri) if urlsplit(uri).scheme == "file" else None
    return Path(path) if path else None


def uri_of(path: Path) -> str:
    """What the editor calls a file."""
    return from_fs_path(str(path)) or ""


def diagnostic(places: Places, remark: Remark) -> types.Diagnostic:
    """A remark, with the page of AWS that the rule rests on."""
    rule = rules().get(remark.label or "")
    url = next((source.url for source in rule.sources if source.url), None) if rule is not None else None
    beside = ((types.Location(uri_of(_file(span)), _rough(span)), said) for span, said in remark.related)
    related = [types.DiagnosticRelatedInformation(where, said) for where, said in beside]
    return types.Diagnostic(
        places.range(remark.span),
        remark.message,
        _LEVELS[remark.level],
        remark.code,
        types.CodeDescription(url) if url else None,
        _SOURCE,
        related_information=related or None,
    )


def location(place: Place, held: Mapping[Path, str], places: Callable[[str], Places]) -> types.Location:
    """A place in a file, whose text the editor may have."""
    text = held.get(place.path)
    if text is None or place.span == NOWHERE:
        return types.Location(uri_of(place.path), _rough(place.span))
    return types.Location(uri_of(place.path), places(text).range(place.span))


def _file(span: Span) -> Path:
    return Path(span.file.partition("#")[0])


def _rough(span: Span) -> types.Range:
    """The range of a span whose text is not at hand: characters are taken for units."""
    first, last = max(span.line, 1) - 1, max(span.end_line, span.line, 1) - 1
    return types.Range(
        types.Position(first, max(span.column, 1) - 1), types.Position(last, max(span.end_column, 1) - 1)
    )


def before(first: types.Position, second: types.Position) -> bool:
    """Whether one place comes before another."""
    return (first.line, first.character) < (second.line, second.character)


def changed(uri: str, places: Places, edit: Edit) -> types.WorkspaceEdit:
    """An edit of one document."""
    return types.WorkspaceEdit({uri: [types.TextEdit(places.between(edit.start, edit.end), edit.text)]})


def completion(places: Places, offer: Offer, offset: int) -> types.CompletionItem:
    """An offer, which takes the place of what was typed of it."""
    edit = types.TextEdit(places.between(offer.start, offset), offer.text)
    return types.CompletionItem(offer.text, kind=_SORTS[offer.sort], detail=offer.about or None, text_edit=edit)


def verdicts(answers: tuple[Answer, ...] | str) -> str:
    """Verdicts as Markdown, a line each; or the sentence that says why there are none."""
    if isinstance(answers, str):
        return _escaped(answers)
    return "\n".join(
        f"- {_MARKS[one.status]} **{one.status.value}** ({_escaped(one.target)}): {_escaped(one.sentence)}"
        for one in answers
    )


def unknown(reason: str) -> str:
    """That there is no verdict, and why."""
    return f"{_MARKS[Status.UNKNOWN]} **{Status.UNKNOWN.value}**: {_escaped(reason)}"


def _escaped(text: str) -> str:
    """A text of a report, with nothing that Markdown would act upon."""
    return "".join(f"\\{character}" if character in "\\`*_{}[]<>#|!~" else character for character in text)
