"""Comparison → Markdown that fits a comment on a pull request: a heading and a short list a key, the rest folded away.

In: a `Comparison`, what makes it fail. Out: Markdown (GitHub's, GitLab's). Guarantee: pure; no text of the input is read as markup:
every character that Markdown, HTML or an automatic link acts upon is written as an entity; what finds no room is counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from verifier.model.results.comparison import Change, Comparison, FailOn, RegionChange, Relation, TargetComparison
from verifier.model.results.region import LimitKind
from verifier.report.comparison.words import comparison_exit_code, counts_text, headline_note, target_name, unknown_actions_text
from verifier.report.region_groups import Group, grouped
from verifier.report.region_words import INEXACT, SidePlaces, case_text, change_text, limit_text, request_text, row_text
from verifier.report.render.markdown_texts import code, escaped
from verifier.report.render.room import Part, fitted
from verifier.report.supposed import of_all, supposed_end
from verifier.report.text import counted
from verifier.syntax.text import brief

_MOST_GROUPS, _MOST_ROWS, _MOST_CHANGES, _MOST_OF_A_LABEL = 4, 4, 3, 200
_SIGNS = {
    Relation.EQUIVALENT: "✅",
    Relation.LESS: "✅",
    Relation.MORE: "❌",
    Relation.INCOMPARABLE: "❌",
    Relation.UNKNOWN: "❓",
}


def render_comparison_markdown(comparison: Comparison, fail_on: FailOn = FailOn.MORE) -> str:
    """The whole comparison, with a final newline."""
    places = SidePlaces(comparison.old.label, comparison.new.label)
    quiet = [t for t in comparison.targets if t.relation is Relation.EQUIVALENT and not (t.unknown_gained or t.unknown_lost)]
    blocks = [_block(target, places) for target in comparison.targets if target not in quiet]
    if quiet:
        blocks.append(_equivalent(quiet))
    for allowance in comparison.allowances:
        if not allowance.used:
            blocks.append(Part([f"Allowance {escaped(allowance.name)} was not needed: nothing that it covers was gained.", ""]))
    exit_code = comparison_exit_code(comparison, fail_on)
    sides = f"{escaped(brief(comparison.old.label, _MOST_OF_A_LABEL))} → {escaped(brief(comparison.new.label, _MOST_OF_A_LABEL))}"
    end = [*supposed_end(of_all(comparison.targets)), f"<sub>{escaped(counts_text(comparison))} · {sides} · exit code {exit_code:d}</sub>"]
    return fitted([f"## Access to KMS keys: {comparison.relation.value}", ""], blocks, end)


def _block(target: TargetComparison, places: SidePlaces) -> Part:
    """A target in full, and without every case."""
    told = list(_target(target, places))
    left = ["", "<sub>There is no room here for every case.</sub>"]
    return Part([*told, *_details(target, places), ""], [*told, *left, ""])


def _equivalent(targets: Sequence[TargetComparison]) -> Part:
    names = [escaped(target_name(target)) for target in targets]
    return Part([f"✅ equivalent: {', '.join(names)}", ""], [f"✅ {len(names):,} equivalent", ""])


# -- a target --


def _target(target: TargetComparison, places: SidePlaces) -> Iterator[str]:
    note = headline_note(target)
    yield f"### {_sign(target)} {escaped(target_name(target))}: {target.relation.value}" + (f" ({escaped(note)})" if note else "")
    yield ""
    for reason in target.reasons:
        yield f"- **unknown** {escaped(reason.text)} ({escaped(reason.rule)})"
    for label, changes in (("gained", target.gained), ("intended", target.intended), ("lost", target.lost)):
        yield from _direction(label, changes, places)
    for text in unknown_actions_text(target):
        yield f"- **note** {escaped(text)} (U4)"
    if not target.exact:
        yield f"- **note** {INEXACT}"


def _sign(target: TargetComparison) -> str:
    if target.relation is Relation.MORE and not target.gained:
        return "✅"
    return _SIGNS[target.relation]


def _direction(label: str, changes: Sequence[RegionChange], places: SidePlaces) -> Iterator[str]:
    groups = grouped(changes)
    for group in groups[:_MOST_GROUPS]:
        yield from _group(label, group, places)
    if len(groups) > _MOST_GROUPS:
        yield f"- **{label}** {len(groups) - _MOST_GROUPS} more, below"


def _group(label: str, group: Group, places: SidePlaces) -> Iterator[str]:
    rows = [escaped(row_text(row, in_full=False).replace("that --verbose tells", "told below")) for row in group.rows[:_MOST_ROWS]]
    more = len(group.rows) - len(rows)
    callers = "; ".join(rows) + (f"; and {counted(more, 'further group')} of callers" if more else "")
    yield f"- **{label}** {code(group.actions.text)} by {callers}"
    conditions = [escaped(limit_text(limit)) for limit in group.common if limit.kind is not LimitKind.READING]
    if conditions:
        yield f"  - when {' and '.join(conditions)}"
    for limit in group.common:
        if limit.kind is LimitKind.READING:
            yield f"  - {escaped(limit_text(limit))}"
    if group.example is not None:
        yield f"  - for example {escaped(request_text(group.example))}"
        if group.example.cannot and not group.because:
            yield f"  - because {escaped(group.example.cannot)}"
    for change in group.because[:_MOST_CHANGES]:
        yield f"  - because {_change(change, places)}"
    if len(group.because) > _MOST_CHANGES:
        yield f"  - and {len(group.because) - _MOST_CHANGES} more changes"


def _change(change: Change, places: SidePlaces) -> str:
    place = places.of(change)
    return escaped(change_text(change)) + (f" ({code(place)})" if place else "")


# -- folded away --


def _details(target: TargetComparison, places: SidePlaces) -> Iterator[str]:
    parts = [("gained", target.gained), ("intended", target.intended), ("lost", target.lost)]
    if not any(changes for _, changes in parts) and not target.changes:
        return
    yield ""
    yield "<details><summary>every case, and all changes</summary>"
    yield ""
    for label, changes in parts:
        for change in changes:
            yield from _region(label, change)
    for found in target.changes:
        yield f"- changed: {_change(found, places)}"
    yield ""
    yield "</details>"


def _region(label: str, change: RegionChange) -> Iterator[str]:
    region = change.region
    yield f"- {label}: {code(', '.join(region.actions.names) or region.actions.text)} by {escaped(region.callers.text)}"
    for case in region.when:
        if case:
            yield f"  - when {escaped(case_text(case))}"
    if region.witness is not None:
        yield f"  - {escaped(request_text(change))}"
        if region.witness.command:
            yield f"  - {code(region.witness.command)}"
