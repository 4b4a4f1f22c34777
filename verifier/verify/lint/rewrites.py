"""Rewrites that are checked: a change of a statement, and what is proved of it over all requests.

In: a subject, an edit, a claim. Out: a `Rewrite`, or nothing where the claim could not be proved.
Guarantee: the claim holds for every request on the subject's targets, of actions that the reference data does not know
as well, and under every reading but those that the rewrite names. Where other services can match the statement, nothing
is claimed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from verifier.ask.answers import Refuted
from verifier.model import edits
from verifier.model.policy import Condition, Operator, Principal, Statement, Text
from verifier.model.policy_text import statement_document
from verifier.model.results.lint import Rewrite, RewriteClaim
from verifier.model.symbols import SymbolValues
from verifier.problem.classes.attributes import NotInVocabulary
from verifier.problem.expression import Expression, literal
from verifier.syntax.source import NOWHERE
from verifier.verify.lint.meaning import Meaning, different, exceeds
from verifier.verify.lint.subjects import Seen, Subject


def proved_rewrite(
    subject: Subject, edit: edits.StatementEdit, claim: RewriteClaim, readings: SymbolValues | None = None
) -> Rewrite | None:
    """The rewrite that an edit makes, if the claim is proved of it under these readings."""
    if not subject.about_kms_alone:
        return None
    try:
        new, conditions = edit.change(subject.statement), subject.statement.conditions
        unplaced = tuple(replace(condition, span=NOWHERE) for condition in conditions)  # the finding tells the place
        text, document = edit.in_words(replace(subject.statement, conditions=unplaced)), statement_document(new)
    except (edits.EditError, ValueError):
        return None
    held = [literal(label, value) for label, value in (readings or {}).items()]
    try:
        if claim is RewriteClaim.EQUIVALENT:
            proved = subject.impossible(lambda seen: [different(seen.meaning, seen.as_if(new)), *held])
        else:
            proved = _tighter(subject, new, held)
    except NotInVocabulary:  # the questions about the policy as it is do not tell the requests apart that this would
        return None
    return Rewrite(claim, text, document, tuple((readings or {}).items())) if proved else None


def first_checked(subject: Subject, candidates: Iterable[tuple[edits.StatementEdit, RewriteClaim]]) -> Rewrite | None:
    """The first of several rewrites whose claim is proved."""
    found = (proved_rewrite(subject, edit, claim) for edit, claim in candidates)
    return next((rewrite for rewrite in found if rewrite is not None), None)


def _tighter(subject: Subject, new: Statement, held: list[Expression]) -> bool:
    """True only if nothing is allowed that was not before, and something was that is not any more."""

    def order(seen: Seen) -> tuple[Meaning, Meaning]:
        own, other = seen.meaning, seen.as_if(new)
        return (own, other) if subject.is_allow else (other, own)

    never_wider = subject.impossible(lambda seen: [exceeds(*reversed(order(seen))), *held])
    return never_wider and isinstance(subject.ask(lambda seen: [exceeds(*order(seen)), *held]), Refuted)


# --- edits that several rules offer -----------------------------------------------------------------------------------


def with_operator(subject: Subject, condition: Condition, **change: object) -> edits.StatementEdit:
    operator: Operator = replace(condition.operator, **change)  # type: ignore[arg-type]
    values = tuple(value.value for value in condition.values)
    return edits.ReplaceCondition(subject.statement.index, condition.operator, condition.key.value, operator, values)


def without_value(subject: Subject, condition: Condition, gone: Text) -> edits.StatementEdit:
    values = tuple(value.value for value in condition.values if value is not gone)
    return edits.ReplaceCondition(
        subject.statement.index, condition.operator, condition.key.value, condition.operator, values
    )


def without_principal(subject: Subject, gone: Principal) -> edits.StatementEdit:
    kept = tuple(found for found in subject.statement.principals or () if found is not gone)
    return edits.ReplacePrincipals(subject.statement.index, kept)


def without_actions(subject: Subject, gone: Iterable[Text]) -> edits.StatementEdit:
    return edits.ReplaceActions(subject.statement.index, _left(subject.statement.actions, gone))


def without_resources(subject: Subject, gone: Iterable[Text]) -> edits.StatementEdit:
    return edits.ReplaceResources(subject.statement.index, _left(subject.statement.resources, gone))


def _left(texts: tuple[Text, ...] | None, gone: Iterable[Text]) -> tuple[str, ...]:
    removed = set(map(id, gone))
    return tuple(text.value for text in texts or () if id(text) not in removed)
