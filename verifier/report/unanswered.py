"""What a command writes that came to no answer: the errors of its input, a fault of the verifier, or that there was
nothing to check.

In: diagnostics, the exit code. Out: a `Document`, JSON, `Notices`. Guarantee: no member of the JSON of an answer is
there with an error, so that it is not taken for one without findings; with `errors`, every format fails (S1).
"""

from __future__ import annotations

from collections.abc import Sequence

from verifier.model.digest import short_digest
from verifier.model.results.verdict import Status
from verifier.report.document import Document, Item, ItemList
from verifier.report.exit_codes import ExitCode
from verifier.report.naming import Places
from verifier.report.notices.notices import Notice, NoticeLevel, NoticeRule, Notices, NoticeSubject
from verifier.report.schemas import output_schema
from verifier.report.wire.values import SHAPES, Json, heading, wire
from verifier.syntax.diagnostic import Diagnostic, Severity
from verifier.syntax.source import NOWHERE
from verifier.syntax.text import counted


def _errors(diagnostics: Sequence[Diagnostic]) -> list[Diagnostic]:
    return [found for found in diagnostics if found.severity is Severity.ERROR]


def _summary(diagnostics: Sequence[Diagnostic]) -> str:
    errors = _errors(diagnostics)
    if errors:
        return f"{counted(len(errors), 'error')}; nothing was checked"
    return "; ".join(found.message for found in diagnostics)


def unanswered_document(diagnostics: Sequence[Diagnostic], code: ExitCode) -> Document:
    """Each diagnostic with its place and its remedy."""
    items = []
    for found in diagnostics:
        rule = f" [{found.rule}]" if found.rule else ""
        below = (ItemList((Item(found.hint),), 7),) if found.hint else ()
        items.append(
            Item(found.message, f"{found.severity.value}:", rule + Places().place(found.span or NOWHERE), below=below)
        )
    counts = _summary(diagnostics) if _errors(diagnostics) else "nothing to check"
    return Document("Nothing was checked", (ItemList(tuple(items), 0, 9),), (counts,), code)


def unanswered_json(kind: str, diagnostics: Sequence[Diagnostic], code: ExitCode) -> Json:
    """The `errors`, each with its place. Where there was nothing to check, with the empty lists of an answer."""
    errors = _errors(diagnostics)
    lists: Json = {}
    if not errors:
        members = output_schema(kind)["properties"]
        lists = {name: [] for name, member in members.items() if member.get("type") == "array"}
    warnings = [found for found in diagnostics if found not in errors]
    said = {"errors": wire(errors, SHAPES), "warnings": wire(warnings, SHAPES)}
    return {**heading(kind), **lists, "exit_code": int(code), **said}


def unanswered_notices(diagnostics: Sequence[Diagnostic], code: ExitCode) -> Notices:
    """A notice for each error; where there is none, what is said is the summary."""
    errors, summary = _errors(diagnostics), _summary(diagnostics)
    subject = NoticeSubject("", "the input", () if errors else (summary,))
    warnings = () if errors else tuple(diagnostics)
    return Notices((_RULE,), tuple(map(_notice, errors)), summary, code, (), warnings, (subject,), answered=not errors)


_RULE = NoticeRule("input-error", "input error", "the input can be read", "S3", 1.0)


def _notice(found: Diagnostic) -> Notice:
    message = found.message + (f" [{found.rule}]" if found.rule else "") + (f" ({found.hint})" if found.hint else "")
    span = found.span or NOWHERE
    fingerprint = short_digest((_RULE.id, found.message, span.file, str(span.line)))
    return Notice(
        _RULE.id, NoticeLevel.ERROR, _RULE.name, message, fingerprint, span, status="error", counts_as=Status.UNKNOWN
    )
