"""What is proved for an editor: the findings of the linter, verdicts, edits that make a refuted invariant hold.

In: a document, the folders that are open, what an editor has of files. Out: `Remark`s, sentences, edits. Guarantee:
verdicts are those of `verifier prove`; what could not be asked is said, with the reason. This module runs in a process
of its own (`worker`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from verifier.checking import excused, today
from verifier.frozen import Frozen
from verifier.inputs.estate import supplied_of
from verifier.inputs.policies import DEFAULT, key_policy_document
from verifier.inputs.text.files import Files
from verifier.inputs.text.nodes import Node, Remarks
from verifier.invariant_files import files_of_question
from verifier.lsp.documents import (
    DocumentKind,
    EditorQuestion,
    OpenDocument,
    policy_kind,
    question_about,
    settings_for,
    supplied,
    tree_of,
)
from verifier.lsp.remarks import Remark, TextChange, edit_to
from verifier.model.estate import Estate
from verifier.model.invariant_file import is_eventual
from verifier.model.policy import PolicyKind
from verifier.model.policy_text import statement_document
from verifier.model.results.explanation import EditShown
from verifier.model.results.lint import Finding
from verifier.model.results.verdict import Report, Status
from verifier.question import LoadedQuestion, read_question
from verifier.report.meanings import policies_by_identity
from verifier.report.naming import shown_target
from verifier.report.notices.lint import notices_of_lint
from verifier.report.notices.notices import NoticeLevel
from verifier.report.notices.verdicts import notices_of
from verifier.report.words.verdicts import verdict_sentence
from verifier.runs import Where, prove_many
from verifier.runs.cache import cache_folder
from verifier.runs.earlier import Earlier
from verifier.runs.lint_places import estates, everywhere
from verifier.syntax.diagnostic import InputError
from verifier.syntax.source import NOWHERE
from verifier.syntax.text import printable
from verifier.verify.edits.in_text import NotLiteral, edited
from verifier.verify.lint.linting import lint
from verifier.verify.proving import DECIDERS
from verifier.verify.suggestion.suggest import suggest

_TIMEOUT = 5.0
"""Seconds for one query, where the configuration says nothing."""


class KeyVerdict(Frozen):
    """A verdict on one key, in words."""

    status: Status
    target: str
    sentence: str


class _Mended(Frozen):
    """The edit that makes an invariant hold, and the text that it is an edit of."""

    path: Path
    text: str
    edit: TextChange


def linted(scene: OpenDocument) -> tuple[Remark, ...]:
    """What the linter finds in a key policy or template that can be read, with the edits that were checked."""
    kind, tree = scene.kind, tree_of(scene.path, scene.text)
    if tree is None or not (kind is DocumentKind.TEMPLATE or (kind is DocumentKind.POLICY and _is_key_policy(tree))):
        return ()
    settings = settings_for(scene)
    try:
        given = supplied_of(supplied(settings), scene.path)
        places = estates([scene.path], settings.key_arn if kind is DocumentKind.POLICY else None, given, scene.held)
        report = everywhere(places, lambda estate: lint(estate, timeout=settings.timeout or _TIMEOUT))
    except InputError as error:
        lacking = [found for found in error.diagnostics if found.rule == "S4"]
        return tuple(
            Remark(NOWHERE, NoticeLevel.NOTE, f"not linted: {found.message}", "lint", "S4") for found in lacking
        )
    notices = notices_of_lint(report).notices
    edits = [*(_rewritten(scene, places[0], finding) for finding in report.findings), *([()] * len(report.undecided))]
    return tuple(
        Remark(notice.span, notice.level, notice.message, notice.rule, None, notice.related, edit)
        for notice, edit in zip(notices, edits, strict=True)
        if notice.span.file == scene.file
    )


def _is_key_policy(tree: Node) -> bool:
    document = key_policy_document(Remarks(), tree, DEFAULT)
    return document is not None and policy_kind(document) is PolicyKind.KEY


def _rewritten(scene: OpenDocument, estate: Estate, finding: Finding) -> tuple[TextChange, ...]:
    policy = policies_by_identity(estate).get(finding.policy)
    if finding.rewrite is None or finding.statement is None or policy is None:
        return ()
    before = json.dumps(statement_document(policy.statements[finding.statement.index]))
    change = EditShown(finding.rewrite.text, before, json.dumps(finding.rewrite.statement), finding.statement.span)
    try:
        text = edited(scene.path, scene.text, policy, [change])
    except NotLiteral:
        return ()
    under = ", ".join(f"{label}={'yes' if value else 'no'}" for label, value in finding.rewrite.readings)
    title = f"{finding.rewrite.text} ({finding.rewrite.claim.value}{f', under {under}' if under else ''})"
    return (edit_to(title, scene.text, text),)


# --- verdicts ---


def document_verdicts(scene: OpenDocument) -> dict[str, tuple[Remark, ...]]:
    """What is refuted or unknown about a document, by file: at the statement that shows it, and at the invariant."""
    context = question_about(scene)
    if context is None or not (context.options.invariants or context.options.builtins):
        return {}
    try:
        report = _report(context, read_question(context.options, files_of_question))
    except InputError as error:
        said = f"nothing is proved of this: {error.diagnostics[0].message}"
        return {
            printable(str(path)): (Remark(NOWHERE, NoticeLevel.NOTE, said, "prove"),)
            for path in context.options.invariants
        }
    found: dict[str, list[Remark]] = {}
    failing = [verdict for verdict in report.verdicts if verdict.status is not Status.PROVED]
    for verdict, notice in zip(failing, notices_of(report).notices, strict=True):
        can_be_mended = verdict.status is Status.REFUTED and not is_eventual(verdict.invariant)
        name = verdict.invariant.name if can_be_mended else None
        message = f"{notice.title}: {notice.message}{notice.excused}"
        for span in dict.fromkeys((notice.span, verdict.invariant.span)):
            related = notice.related if span == notice.span else ((notice.span, "what shows it"),)
            if span != NOWHERE:
                remark = Remark(span, notice.level, message, notice.rule, None, related, (), name)
                found.setdefault(span.file, []).append(remark)
    return {file: tuple(remarks) for file, remarks in found.items()}


def _report(context: EditorQuestion, question: LoadedQuestion, name: str | None = None) -> Report:
    """The verdicts, on the invariants of one name if it is given, with what excuses them; those of earlier runs are
    among them. Raises `InputError`."""
    settings, here = context.settings, Where(earlier=partial(Earlier, folder=cache_folder()))
    invariants = [one for one in question.invariants if name in (None, one.name)]
    limit = settings.timeout or _TIMEOUT
    report, _ = prove_many(
        question.estate, invariants, here, DECIDERS, timeout=limit, readings=settings.readings, steps=settings.steps
    )
    return excused(report, question.estate, settings, today())[0]


def answers(scene: OpenDocument, name: str) -> tuple[KeyVerdict, ...] | str:
    """The verdicts on one invariant of a file of invariants, by key; a sentence where nothing can be asked."""
    context = question_about(scene)
    if context is None or scene.path not in context.options.invariants:
        return "no verdict: nothing is checked against this file (verifier.toml, or policies in its folder)"
    try:
        return tuple(_answers(_report(context, read_question(context.options, files_of_question), name)))
    except InputError as error:
        return f"no verdict: {error.diagnostics[0].message}"


def _answers(report: Report) -> Iterator[KeyVerdict]:
    for verdict in report.verdicts:
        sentence = verdict_sentence(verdict, report.keys)
        excuse = f" ({verdict.excuse.kind.value}: {verdict.excuse.text})" if verdict.excuse is not None else ""
        yield KeyVerdict(verdict.status, shown_target(report, verdict.target), sentence + excuse)


# --- edits ---


def mended(scene: OpenDocument, name: str) -> _Mended | str:
    """The best of the edits that make an invariant hold (`verifier suggest`); or why there is none."""
    context = question_about(scene)
    if context is None:
        return "nothing is asked about this document any more"
    try:
        return _mended(scene, context, name)
    except InputError as error:
        return error.diagnostics[0].message
    except NotLiteral as error:
        return f"{error}: `verifier suggest` tells the edit"


def _mended(scene: OpenDocument, context: EditorQuestion, name: str) -> _Mended | str:
    question, settings = read_question(context.options, files_of_question), context.settings
    direct = [one for one in question.invariants if not is_eventual(one)]
    numbers = [number for number, one in enumerate(direct) if one.name == name][:1]
    found = suggest(
        question.estate, direct, to_mend=numbers, timeout=settings.timeout or _TIMEOUT, readings=settings.readings
    )
    advice = [one for one in found.advice if one.status is Status.REFUTED]
    if not advice:
        return f"{name!r} is not refuted any more"
    best = next((one for one in advice if one.suggestions), None)
    if best is None:
        reason = advice[0].reason
        return f"no edit of the key policy is suggested: {reason.text if reason is not None else 'none was found'}"
    key = question.estate.key(best.target)
    policy = next(iter(key.policies or ()), None) if key is not None else None
    if policy is None or not policy.statements:
        raise NotLiteral("the policy is not written out in a file")
    path = Path(policy.statements[0].span.file)
    text = Files(given=scene.held).source(path).text
    edits = best.suggestions[0].edits
    return _Mended(path, text, edit_to("; ".join(edit.text for edit in edits), text, edited(path, text, policy, edits)))
