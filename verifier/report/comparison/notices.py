"""A comparison as rules and notices: what was gained, lost, and is not known.

In: a `Comparison`. Out: `Notices`. Guarantee: a fingerprint is made of the key, the direction, and who may do what under which conditions.
"""

from __future__ import annotations

from collections.abc import Iterator

from verifier.model.comparison import Comparison, FailOn, RegionChange, TargetComparison
from verifier.model.policy import StatementRef
from verifier.report.comparison.words import comparison_exit_code, counts_text, target_name
from verifier.report.notices import Level, Notice, Notices, Rule
from verifier.report.region_words import case_text, change_text, request_text
from verifier.runs.digests import digest
from verifier.syntax.source import NOWHERE, Span

_RULES = (
    Rule("access-gained", "access gained", "NEW allows nothing that OLD does not"),
    Rule("access-lost", "access lost", "NEW allows everything that OLD does"),
    Rule("not-comparable", "not known", "everything that bears on the comparison is known"),
)


def notices_of_comparison(comparison: Comparison, fail_on: FailOn = FailOn.MORE) -> Notices:
    """A notice for each region that was gained and is not intended, or lost, and for each reason."""
    level = {
        "access-gained": Level.NOTE if fail_on is FailOn.NEVER else Level.ERROR,
        "access-lost": Level.ERROR if fail_on is FailOn.ANY else Level.NOTE,
    }
    found = tuple(notice for target in comparison.targets for notice in _notices(target, level))
    inputs = tuple(dict.fromkeys((*comparison.old.inputs, *comparison.new.inputs)))
    code = comparison_exit_code(comparison, fail_on)
    return Notices(_RULES, found, counts_text(comparison), code, inputs, comparison.new.warnings)


def _notices(target: TargetComparison, level: dict[str, Level]) -> Iterator[Notice]:
    name = target_name(target)
    for rule, changes in (("access-gained", target.gained), ("access-lost", target.lost)):
        for change in changes:
            yield _notice(rule, level[rule], name, target, change)
    for reason in target.reasons:
        print_of = digest(("compare", "unknown", target.target, reason.rule, reason.text)).hex()[:32]
        yield Notice("not-comparable", Level.WARNING, f"unknown: {name}", f"{reason.text} [{reason.rule}]", print_of, reason.span)


def _notice(rule: str, level: Level, name: str, target: TargetComparison, change: RegionChange) -> Notice:
    region = change.region
    cases = "; or ".join(case_text(case) for case in region.when if case)
    said = f"{region.actions.text} by {region.callers.text}" + (f", when {cases}" if cases and not region.always else "")
    example = f"; for example {request_text(change)}" if region.witness is not None else ""
    fingerprint = digest(("compare", rule, target.target, said)).hex()[:32]
    spans = list(dict.fromkeys(_spans(change)))
    related = tuple((span, change_text(found)) for found in change.because for span in _of(found.new, found.old))
    first = spans[0] if spans else NOWHERE
    return Notice(rule, level, f"{rule.partition('-')[2]}: {name}", said + example, fingerprint, first, related, None, target.target, rule)


def _spans(change: RegionChange) -> Iterator[Span]:
    for found in change.because:
        yield from _of(found.new, found.old)
        yield from (place for place in reversed(found.places) if place != NOWHERE)


def _of(*statements: StatementRef | None) -> Iterator[Span]:
    return (statement.span for statement in statements if statement is not None and statement.span != NOWHERE)
