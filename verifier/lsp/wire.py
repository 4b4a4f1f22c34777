"""What the other modules say, in the words of the protocol.

In: remarks, places, offers, answers; a text, and what counts the units of the protocol. Out: types of the protocol,
Markdown; offsets. Guarantee: pure; what a document says is not taken for Markdown. A place outside a text is the
nearest one in it. Lines end as `Source` ends them, by a line feed.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from lsprotocol import types
from lsprotocol.types import Position, Range
from pygls.uris import from_fs_path, to_fs_path

from verifier.lsp.completing import Completion, CompletionKind
from verifier.lsp.defining import DefinitionPlace
from verifier.lsp.proofs import KeyVerdict
from verifier.lsp.remarks import Remark, TextChange
from verifier.model.results.verdict import Status
from verifier.model.rules import rules
from verifier.report.notices.notices import NoticeLevel
from verifier.syntax.source import NOWHERE, Span

_SOURCE = "kms-verifier"
_LEVELS = {
    NoticeLevel.ERROR: types.DiagnosticSeverity.Error,
    NoticeLevel.WARNING: types.DiagnosticSeverity.Warning,
    NoticeLevel.NOTE: types.DiagnosticSeverity.Information,
}
_SORTS = {
    CompletionKind.WORD: types.CompletionItemKind.Keyword,
    CompletionKind.ACTION: types.CompletionItemKind.Function,
    CompletionKind.KEY: types.CompletionItemKind.Property,
    CompletionKind.OPERATOR: types.CompletionItemKind.Operator,
    CompletionKind.NAME: types.CompletionItemKind.Variable,
    CompletionKind.BUILTIN: types.CompletionItemKind.Method,
    CompletionKind.SETTING: types.CompletionItemKind.Property,
    CompletionKind.VALUE: types.CompletionItemKind.Value,
}
_MARKS = {Status.PROVED: "✔", Status.REFUTED: "✘", Status.UNKNOWN: "?"}


class TextPositions:
    """The places in one text; `units` counts those of the position encoding that was agreed upon."""

    def __init__(self, text: str, units: Callable[[str], int]) -> None:
        self._text, self._units = text, units
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def range(self, span: Span) -> Range:
        """The range of a span; the first character of the text for one that is nowhere in it."""
        if span.line < 1:
            return Range(Position(0, 0), Position(0, 1))
        return self.between(self._at(span.line, span.column), self._at(span.end_line, span.end_column))

    def between(self, start: int, end: int) -> Range:
        """The range of the characters from `start` to `end`, which is exclusive."""
        return Range(self._position(start), self._position(end))

    def offset(self, position: Position) -> int:
        line = min(max(position.line, 0), len(self._starts) - 1)
        start, units = self._starts[line], 0
        for column, character in enumerate(self._line(line)):
            if units >= position.character:
                return start + column
            units += self._units(character)
        return start + len(self._line(line))

    def _line(self, line: int) -> str:
        end = self._starts[line + 1] - 1 if line + 1 < len(self._starts) else len(self._text)
        return self._text[self._starts[line] : end].removesuffix("\r")

    def _at(self, line: int, column: int) -> int:
        number = min(line, len(self._starts)) - 1
        return min(self._starts[number] + max(column - 1, 0), len(self._text))

    def _position(self, offset: int) -> Position:
        line = bisect_right(self._starts, offset) - 1
        return Position(line, self._units(self._text[self._starts[line] : offset]))


def path_of(uri: str) -> Path | None:
    """The file of a document; `None` for one that is no file here."""
    path = to_fs_path(uri) if urlsplit(uri).scheme == "file" else None
    return Path(path) if path else None


def uri_of(path: Path) -> str:
    """What the editor calls a file."""
    return from_fs_path(str(path)) or ""


def diagnostic(places: TextPositions, remark: Remark) -> types.Diagnostic:
    """A remark, with the page of AWS that the rule rests on."""
    rule = rules().get(remark.label or "")
    url = next((source.url for source in rule.sources if source.url), None) if rule is not None else None
    beside = (
        (types.Location(uri_of(Path(span.file.partition("#")[0])), _rough(span)), said) for span, said in remark.related
    )
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


def location(
    place: DefinitionPlace, held: Mapping[Path, str], places: Callable[[str], TextPositions]
) -> types.Location:
    """A place in a file, whose text the editor may have."""
    text = held.get(place.path)
    if text is None or place.span == NOWHERE:
        return types.Location(uri_of(place.path), _rough(place.span))
    return types.Location(uri_of(place.path), places(text).range(place.span))


def _rough(span: Span) -> types.Range:
    """The range of a span whose text is not at hand: characters are taken for units."""
    first, last = max(span.line, 1) - 1, max(span.end_line, span.line, 1) - 1
    return types.Range(
        types.Position(first, max(span.column, 1) - 1), types.Position(last, max(span.end_column, 1) - 1)
    )


def before(first: types.Position, second: types.Position) -> bool:
    """True iff one place comes before another."""
    return (first.line, first.character) < (second.line, second.character)


def changed_document(uri: str, places: TextPositions, edit: TextChange) -> types.WorkspaceEdit:
    return types.WorkspaceEdit({uri: [types.TextEdit(places.between(edit.start, edit.end), edit.text)]})


def completion(places: TextPositions, offer: Completion, offset: int) -> types.CompletionItem:
    """An offer, which takes the place of what was typed of it."""
    edit = types.TextEdit(places.between(offer.start, offset), offer.text)
    return types.CompletionItem(offer.text, kind=_SORTS[offer.sort], detail=offer.about or None, text_edit=edit)


def verdicts(answers: tuple[KeyVerdict, ...] | str) -> str:
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
