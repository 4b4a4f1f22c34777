"""A report on invariants as rules and notices.

In: a `Report` and `Evidence`. Out: `Notices`. Guarantee: the ID of a rule is made of its invariant's name alone; the
fingerprint of a notice of that ID and the key, so that it stays while the input is laid out anew, and while statements
are changed without mending it.
"""

from __future__ import annotations

from verifier.model.digest import short_digest
from verifier.model.results.verdict import Report, Status, Story, Verdict
from verifier.report.document import conclusions, of_all
from verifier.report.evidence import NO_EVIDENCE, Evidence
from verifier.report.meanings import joint_meaning
from verifier.report.naming import Names, names_of, shown_target, statement_name
from verifier.report.notices.notices import Notice, NoticeLevel, NoticeRule, Notices, slugs
from verifier.report.reach.shown_steps import shown_steps
from verifier.report.words.verdicts import counts_sentence, involved, place_of, report_exit_code, verdict_sentence
from verifier.syntax.source import NOWHERE, Span

_LEVELS = {Status.REFUTED: NoticeLevel.ERROR, Status.UNKNOWN: NoticeLevel.WARNING}


def notices_of(report: Report, evidence: Evidence = NO_EVIDENCE) -> Notices:
    """A rule for each invariant, a notice for each verdict that is refuted or unknown."""
    ids = slugs(verdict.invariant.name for verdict in report.verdicts)
    invariants = (verdict.invariant for verdict in report.verdicts)
    rules = {one.name: NoticeRule(ids[one.name], one.name, one.text) for one in invariants}
    failing = [verdict for verdict in report.verdicts if verdict.status is not Status.PROVED]
    return Notices(
        tuple(rules.values()),
        tuple(_notice(report, verdict, ids[verdict.invariant.name], evidence) for verdict in failing),
        counts_sentence(report),
        report_exit_code(report),
        report.inputs,
        report.warnings,
        concluded=conclusions(of_all(report.verdicts)),
    )


def _notice(report: Report, verdict: Verdict, rule: str, evidence: Evidence) -> Notice:
    place, names = place_of(verdict), names_of(report.keys, verdict.target)
    flow = flow_of(verdict.story, names, verdict.target, place) if verdict.story is not None else ()
    return Notice(
        rule,
        NoticeLevel.NOTE if verdict.excuse is not None else _LEVELS[verdict.status],
        f"{verdict.status.value}: {verdict.invariant.name} ({shown_target(report, verdict.target)})",
        "; supposing that ".join((verdict_sentence(verdict, report.keys), *conclusions(verdict.assumptions))),
        short_digest(("verdict", rule, verdict.target)),
        place,
        _related(verdict, place),
        joint_meaning(evidence, involved(verdict)),
        verdict.target,
        verdict.status.value,
        verdict.excuse.text if verdict.excuse else None,
        verdict.excuse.kind.value if verdict.excuse else None,
        verdict.counts_as,
        verdict.target,
        flow,
    )


def flow_of(story: Story, names: Names, target: str, place: Span) -> tuple[tuple[Span, str], ...]:
    """The steps of a story, each with a sentence. One that only statements of earlier steps allow has no place in the
    input: that of the step before stands for it, or `place`."""
    found: list[tuple[Span, str]] = []
    for step in shown_steps(story):
        place = step.place if step.place != NOWHERE else place
        found.append((place, f"{step.label}: {step.text(names, target=target)}"))
    return tuple(found)


def _related(verdict: Verdict, place: Span) -> tuple[tuple[Span, str], ...]:
    found = [
        (statement.span, f"{statement.effect.value} {statement_name(statement)}") for statement in involved(verdict)
    ]
    found.append((verdict.invariant.span, "the invariant"))
    return tuple((span, text) for span, text in dict.fromkeys(found) if span not in (NOWHERE, place))
