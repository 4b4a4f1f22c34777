"""What is remarked upon while a document is typed: its errors and warnings, as reading it tells them.

In: a document. Out: `Remark`s. Guarantee: nothing is proved here; what reading does not know because it is not given,
such as the account of a key, is a note and no error.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from os.path import commonprefix

from verifier.configuration.reading import read_configuration
from verifier.frozen import Frozen
from verifier.inputs import load_estate
from verifier.inputs.policies import DEFAULT, key_policy_document
from verifier.inputs.policy_file import placeholders
from verifier.inputs.text.document_text import document_source
from verifier.inputs.text.files import Files
from verifier.inputs.text.nodes import Remarks
from verifier.language.invariants.files import read_invariants
from verifier.language.policies.documents import read_policy
from verifier.lsp.documents import MOST_CHARACTERS, DocumentKind, OpenDocument, policy_kind, settings_for, supplied
from verifier.report.notices.notices import NoticeLevel
from verifier.syntax.diagnostic import Diagnostic, InputError, Severity
from verifier.syntax.source import NOWHERE, Span

_GIVEN = ("--account", "--region", "--key-arn", "--parameter")
"""Options that say what an input does not: the hint of an error names one where it is all that is lacking."""


class TextChange(Frozen):
    """A change of a text, in a sentence: the characters from `start` to `end` (exclusive) become `text`."""

    title: str
    start: int
    end: int
    text: str


def edit_to(title: str, old: str, new: str) -> TextChange:
    """The smallest edit that makes one text another."""
    same = len(commonprefix((old, new)))
    behind = len(commonprefix((old[same:][::-1], new[same:][::-1])))
    return TextChange(title, same, len(old) - behind, new[same : len(new) - behind])


class Remark(Frozen):
    """Something to be shown at a place. `code` is the ID of what found it, `label` the rule of the semantics that it
    rests on, `edits` what mends it; `invariant` is the name of the one that it says is refuted."""

    span: Span
    level: NoticeLevel
    message: str
    code: str | None = None
    label: str | None = None
    related: tuple[tuple[Span, str], ...] = ()
    edits: tuple[TextChange, ...] = ()
    invariant: str | None = None


def remarks_on(scene: OpenDocument) -> tuple[Remark, ...]:
    """The errors and warnings of one document."""
    if len(scene.text) > MOST_CHARACTERS:
        message = f"over {MOST_CHARACTERS >> 20} MiB: the verifier does not look at it while it is edited"
        return (Remark(NOWHERE, NoticeLevel.NOTE, message),)
    found: Iterable[Diagnostic]
    try:
        found = _read(scene)
    except InputError as error:
        found = error.diagnostics
    except RecursionError:
        return (Remark(NOWHERE, NoticeLevel.ERROR, "the document is nested too deeply"),)
    here = ("", scene.file)
    return tuple(_remark(one) for one in dict.fromkeys(found) if (one.span or NOWHERE).file.partition("#")[0] in here)


def _read(scene: OpenDocument) -> Sequence[Diagnostic]:
    """The warnings of a document. Raises `InputError`."""
    match scene.kind:
        case DocumentKind.INVARIANTS:
            read_invariants(Files(given=scene.held).source(scene.path))
        case DocumentKind.CONFIGURATION:
            read_configuration(scene.path, scene.held)
        case DocumentKind.POLICY:
            return _policy(scene)
        case DocumentKind.TEMPLATE:
            return load_estate(
                [scene.path], supplied=supplied(settings_for(scene)), empty=True, texts=scene.held
            ).warnings
        case DocumentKind.SNAPSHOT:
            return load_estate([scene.path], empty=True, texts=scene.held).warnings
    return ()


def _policy(scene: OpenDocument) -> Sequence[Diagnostic]:
    remarks = Remarks()
    node = Files(given=scene.held).node(scene.path)
    document = key_policy_document(remarks, node, DEFAULT)
    remarks.raise_errors()
    kind = policy_kind(document) if document is not None else None
    # what stands for a placeholder is not known while it is edited
    if document is None or kind is None or placeholders(document):
        return ()
    return read_policy(document_source(document), kind, identity="", name=DEFAULT).warnings


def _remark(found: Diagnostic) -> Remark:
    hint = found.hint or ""
    not_given = found.rule == "S4" or any(option in hint for option in _GIVEN)
    error = NoticeLevel.NOTE if not_given else NoticeLevel.ERROR
    level = NoticeLevel.WARNING if found.severity is Severity.WARNING else error
    return Remark(found.span or NOWHERE, level, f"{found.message}\n{hint}".rstrip(), found.rule, found.rule)
