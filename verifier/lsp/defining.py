"""Where the thing under the pointer is defined.

In: a document and an offset. Out: a file and a span. Guarantee: only files that a configuration names, or that lie
beside the document, are looked at.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from verifier.frozen import Frozen
from verifier.inputs.text.files import Files
from verifier.inputs.text.nodes import Members, member
from verifier.invariant_files import files_of_question
from verifier.lsp.documents import DocumentKind, OpenDocument, items_of, question_about, tree_of
from verifier.lsp.words import line_at, word_at
from verifier.question import read_question
from verifier.syntax.diagnostic import InputError
from verifier.syntax.invariants_tree import Declaration, InvariantNode
from verifier.syntax.source import NOWHERE, Source, Span

_TEXT = re.compile(r"""["']([^"'\n]+)["']""")
_SECTIONS = ("Parameters", "Resources", "Conditions", "Mappings", "Rules")


class DefinitionPlace(Frozen):
    """A place in a file; the beginning of it where the span is `NOWHERE`."""

    path: Path
    span: Span


def definition(scene: OpenDocument, offset: int) -> DefinitionPlace | None:
    match scene.kind:
        case DocumentKind.INVARIANTS:
            return _declaration(scene, offset)
        case DocumentKind.TEMPLATE:
            return _in_template(scene, offset)
        case DocumentKind.CONFIGURATION:
            return _of_configuration(scene, offset)
    return None


def key_place(scene: OpenDocument, offset: int) -> DefinitionPlace | None:
    """Where the key is described that a word of a file of invariants names. It reads the input, which may take long."""
    word = word_at(scene.text, offset)
    context = question_about(scene) if word is not None else None
    if word is None or context is None:
        return None
    try:
        estate = read_question(context.options, files_of_question).estate
    except InputError:
        return None
    declared = [one for one in items_of(scene.path, scene.held, Declaration) if one.name.value == word.text]
    names = {word.text, *(scene.text[one.name.end : one.end].lstrip(" =").strip() for one in declared)}
    key = next(
        (key for key in estate.keys if names & {key.arn, key.name, *(alias for alias in key.aliases or ())}), None
    )
    if key is None:
        return None
    span = next((policy.span for policy in key.policies or () if policy.span != NOWHERE), key.span)
    return DefinitionPlace(Path(span.file.partition("#")[0]), span) if span != NOWHERE else None


def _declaration(scene: OpenDocument, offset: int) -> DefinitionPlace | None:
    word = word_at(scene.text, offset)
    for item in items_of(scene.path, scene.held, Declaration):
        if word is not None and item.name.value == word.text and word.start != item.name.start:
            return DefinitionPlace(scene.path, Source(scene.file, scene.text).span(item.name.start, item.name.end))
    return None


def _in_template(scene: OpenDocument, offset: int) -> DefinitionPlace | None:
    """The parameter, resource, condition or mapping of a name."""
    tree, word = tree_of(scene.path, scene.text), word_at(scene.text, offset)
    if tree is None or word is None:
        return None
    name = word.text.strip("${}").partition(".")[0]
    for section in _SECTIONS:
        found = member(tree, section)
        for key, _ in found.pairs if isinstance(found, Members) else ():
            if key.text == name and not key.start <= offset <= key.end:
                return DefinitionPlace(scene.path, key.span)
    return None


def _of_configuration(scene: OpenDocument, offset: int) -> DefinitionPlace | None:
    """The file that a text names, or the invariant."""
    start, line = line_at(scene.text, offset)
    named = next((match[1] for match in _TEXT.finditer(line) if match.start() <= offset - start <= match.end()), None)
    if named is None or "\0" in named:
        return None
    file = Path(os.path.abspath(scene.path.parent / named))
    if file.is_file():
        return DefinitionPlace(file, NOWHERE)
    return next(_invariants(named, scene), None)


def _invariants(name: str, scene: OpenDocument) -> Iterator[DefinitionPlace]:
    context = question_about(scene)
    for file in context.options.invariants if context is not None else ():
        for item in items_of(file, scene.held, InvariantNode):
            if item.name.value == name:
                yield DefinitionPlace(file, Files(given=scene.held).source(file).span(item.name.start, item.name.end))
