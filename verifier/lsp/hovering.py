"""What is shown for the thing under the pointer.

In: a document and an offset. Out: Markdown, or the name of an invariant whose verdict is asked for. Guarantee: nothing is proved here.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from verifier.inputs.text.files import Files
from verifier.lsp import words
from verifier.lsp.documents import Kind, kind_of
from verifier.syntax.diagnostic import InputError
from verifier.syntax.invariants import parse_invariants
from verifier.syntax.invariants_tree import Declaration, FileNode, InvariantNode


@dataclass(frozen=True)
class Hover:
    """What is shown for the characters from `start` to `end`. `invariant` is the name of the one whose verdicts belong to it."""

    text: str
    start: int
    end: int
    invariant: str | None = None


def hover(path: Path, text: str, offset: int) -> Hover | None:
    """What is shown at an offset."""
    kind = kind_of(path, text)
    if kind is Kind.OTHER:
        return None
    word = words.word_at(text, offset)
    tree = parsed(path, text) if kind is Kind.INVARIANTS else None
    told = _told(kind, word.text, tree) if word is not None else None
    if word is not None and told is not None:
        return Hover(told, word.start, word.end)
    return _invariant(tree, text, offset) if tree is not None else None


def parsed(path: Path, text: str) -> FileNode | None:
    """The tree of a file of invariants; `None` while it has none."""
    try:
        return parse_invariants(Files(given={path: text}).source(path))
    except (InputError, RecursionError):
        return None


def _told(kind: Kind, word: str, tree: FileNode | None) -> str | None:
    known = [words.told_of_action, words.told_of_condition_key]
    if kind is Kind.INVARIANTS:
        known += [words.told_of_rule, words.told_of_builtin]
        declared = next((item for item in tree.items if isinstance(item, Declaration) and item.name.value == word), None) if tree else None
        if declared is not None:
            return f"{declared.kind} {words.code(word)}"
    elif kind is Kind.CONFIGURATION:
        known += [words.told_of_rule, words.told_of_builtin, words.told_of_setting]
    return words.first_told(word, iter(known))


def _invariant(tree: FileNode, text: str, offset: int) -> Hover | None:
    found = next((item for item in tree.items if isinstance(item, InvariantNode) and item.start <= offset <= item.end), None)
    if found is None:
        return None
    return Hover(f"**invariant** {words.code(found.name.value)}", found.start, found.end, found.name.value)
