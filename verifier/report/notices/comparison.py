"""A comparison as rules and notices: what was gained, lost, and is not known.

In: a `Comparison`. Out: `Notices`. Guarantee: a fingerprint is made of the key, the direction, and who may do what
under which conditions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from verifier.model.choices import FailOn
from verifier.model.digest import short_digest
from verifier.model.policy import StatementRef
from verifier.model.results.comparison import Change, Comparison, RegionChange, TargetComparison
from verifier.report.document import conclusions, of_all
from verifier.report.notices.notices import LEVELS, Notice, NoticeRule, Notices, NoticeSubject, unknown_notice
from verifier.report.words.comparison import comparison_counts, comparison_exit_code, target_text, unknown_actions_text
from verifier.report.words.regions import case_text, change_text, witness_text
from verifier.syntax.source import NOWHERE, Span

_RULES = (
    NoticeRule("access-gained", "access gained", "NEW allows nothing that OLD does not"),
    NoticeRule("access-lost", "access lost", "NEW allows everything that OLD does", security=2.0),
    NoticeRule("not-comparable", "not known", "everything that bears on the comparison is known", "S1", 5.0),
)


def notices_of_comparison(comparison: Comparison, fail_on: FailOn = FailOn.MORE) -> Notices:
    """A notice for each region that was gained and is not intended, or lost, and for what is not known."""
    failing = {FailOn.MORE: ("access-gained",), FailOn.ANY: ("access-gained", "access-lost"), FailOn.NEVER: ()}[fail_on]
    found = tuple(
        notice for target in comparison.targets for notice in (*_notices(target, failing), *_unknown(target, failing))
    )
    inputs = tuple(dict.fromkeys((*comparison.old.inputs, *comparison.new.inputs)))
    subjects = tuple(
        NoticeSubject(target.target, target_text(target), tuple(rule.id for rule in _RULES))
        for target in comparison.targets
    )
    code = comparison_exit_code(comparison, fail_on)
    concluded = conclusions(of_all(comparison.targets))
    return Notices(
        _RULES, found, comparison_counts(comparison), code, inputs, comparison.new.warnings, subjects, concluded
    )


def _notices(target: TargetComparison, failing: tuple[str, ...]) -> Iterator[Notice]:
    for rule, changes in (("access-gained", target.gained), ("access-lost", target.lost)):
        for change in changes:
            yield _notice(rule, rule in failing, target, change)


def _unknown(target: TargetComparison, failing: tuple[str, ...]) -> Iterator[Notice]:
    """What could not be compared, and actions that the reference data does not know (U4) where they count."""
    for reason in target.reasons:
        yield _doubt(target, reason.rule, reason.text, reason.span)
    counts = (target.unknown_gained and "access-gained" in failing) or (
        target.unknown_lost and "access-lost" in failing
    )
    for text in unknown_actions_text(target) if counts else ():
        yield _doubt(target, "U4", text, next(_spans(target.changes), NOWHERE))


def _doubt(target: TargetComparison, label: str, text: str, span: Span) -> Notice:
    fingerprint = short_digest(("compare", "unknown", target.target, label, text))
    title, message = f"unknown: {target_text(target)}", f"{text} [{label}]"
    return unknown_notice("not-comparable", title, message, fingerprint, span, target.target)


def _notice(rule: str, fails: bool, target: TargetComparison, change: RegionChange) -> Notice:
    region = change.region
    cases = "; or ".join(case_text(case) for case in region.when if case)
    said = f"{region.actions.text} by {region.callers.text}" + (
        f", when {cases}" if cases and not region.always else ""
    )
    example = f"; for example {witness_text(region)}" if region.witness is not None else ""
    fingerprint = short_digest(("compare", rule, target.target, said))
    related = tuple((span, change_text(found)) for found in change.because for span in _of(found.new, found.old))
    level, counts_as = LEVELS[fails]
    title, place = f"{rule.partition('-')[2]}: {target_text(target)}", next(_spans(change.because), NOWHERE)
    notice = Notice(rule, level, title, said + example, fingerprint, place, related, target=target.target)
    return replace(notice, status=rule, counts_as=counts_as, subject=target.target)


def _spans(changes: Iterable[Change]) -> Iterator[Span]:
    for found in changes:
        yield from _of(found.new, found.old)
        yield from (place for place in reversed(found.places) if place != NOWHERE)


def _of(*statements: StatementRef | None) -> Iterator[Span]:
    return (statement.span for statement in statements if statement is not None and statement.span != NOWHERE)
