"""What is shown for the thing under the pointer.

In: a document and an offset. Out: Markdown, or the name of an invariant whose verdict is asked for. Guarantee: nothing
is proved here.
"""

from __future__ import annotations

from verifier.frozen import Frozen
from verifier.lsp import words
from verifier.lsp.documents import DocumentKind, OpenDocument, items_of
from verifier.syntax.invariants_tree import Declaration, InvariantNode

_OF_POLICIES = (words.action_hover, words.condition_key_hover)
_TELLERS = {
    DocumentKind.INVARIANTS: (*_OF_POLICIES, words.rule_hover, words.builtin_hover),
    DocumentKind.CONFIGURATION: (*_OF_POLICIES, words.rule_hover, words.builtin_hover, words.setting_hover),
    DocumentKind.OTHER: (),
}


class Hover(Frozen):
    """What is shown for the characters from `start` to `end`. `invariant` is the name of the one whose verdicts belong
    to it."""

    text: str
    start: int
    end: int
    invariant: str | None = None


def hover(scene: OpenDocument, offset: int) -> Hover | None:
    word = words.word_at(scene.text, offset)
    description = _described(scene, word.text) if word is not None else None
    if word is not None and description is not None:
        return Hover(description, word.start, word.end)
    for item in items_of(scene.path, scene.held, InvariantNode) if scene.kind is DocumentKind.INVARIANTS else ():
        if item.start <= offset <= item.end:
            return Hover(f"**invariant** {words.code_text(item.name.value)}", item.start, item.end, item.name.value)
    return None


def _described(scene: OpenDocument, word: str) -> str | None:
    """What is known of a word; of a declared name first what it is."""
    kind = scene.kind
    for item in items_of(scene.path, scene.held, Declaration) if kind is DocumentKind.INVARIANTS else ():
        if item.name.value == word:
            return f"{item.kind} {words.code_text(word)}"
    return next(
        (description for teller in _TELLERS.get(kind, _OF_POLICIES) if (description := teller(word)) is not None), None
    )
