"""Comparison → a document: key by key what was gained and lost, with an example and the cause.

In: a `Comparison`, what makes it fail, texts of files. Out: a `Document`; all its `Forms`. Guarantee: nothing that was
found is left out without saying so, and `in_full` shows all of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from verifier.model.choices import FailOn
from verifier.model.invariant import Expectation
from verifier.model.policy import StatementRef
from verifier.model.results.comparison import Change, Comparison, Presence, RegionChange, Relation, TargetComparison
from verifier.model.results.verdict import Counterexample
from verifier.report import document as doc
from verifier.report.counterexample import command_items, decision_reasons
from verifier.report.document import concluded, of_all
from verifier.report.forms import Forms
from verifier.report.naming import Places, reason_item, rule_label
from verifier.report.notices.comparison import notices_of_comparison
from verifier.report.pages.parts import footnote
from verifier.report.render.text import document_text
from verifier.report.tables import comparison_table
from verifier.report.wire.comparison import comparison_to_json
from verifier.report.words.comparison import (
    comparison_counts,
    comparison_exit_code,
    headline_note,
    target_text,
    unknown_actions_text,
)
from verifier.report.words.regions import INEXACT, SidePlaces, case_text, change_text, row_text, witness_text
from verifier.report.words.regions import RegionGroup as Regions
from verifier.report.words.regions import region_groups as regions_grouped
from verifier.syntax.source import Span
from verifier.syntax.text import counted

_MARGIN, _INNER = 11, 14
"""Columns before what is gained or lost; of `for example`, `because`, after these."""
_MOST_GROUPS, _MOST_ROWS, _MOST_CHANGES, _MOST_NAMES = 4, 4, 3, 5
_ROLES = {Relation.EQUIVALENT: doc.Role.GOOD, Relation.LESS: doc.Role.GOOD, Relation.UNKNOWN: doc.Role.DOUBT}


def comparison_document(
    comparison: Comparison,
    fail_on: FailOn = FailOn.MORE,
    texts: Mapping[str, str] | None = None,
    *,
    in_full: bool = False,
) -> doc.Document:
    """The whole comparison; `texts` are those of the files, by the names that spans call them."""
    writer = _Writer(SidePlaces(comparison.old.label, comparison.new.label), texts or {}, in_full)
    targets = comparison.targets
    notable = [
        target
        for target in targets
        if not _is_quiet(target) or in_full or target.presence is Presence.ADDED or len(targets) == 1
    ]
    quiet = [target_text(target) for target in targets if target not in notable]
    shown = quiet
    if len(quiet) > _MOST_NAMES and not in_full:
        shown = [*quiet[:_MOST_NAMES], f"{len(quiet) - _MOST_NAMES} more"]
    blocks: list[doc.Block] = [writer.target(target) for target in notable]
    if quiet:
        blocks.append(doc.Para((f"{', '.join(shown)}: ", doc.Said("equivalent", doc.Role.GOOD))))
    unused = [allowance for allowance in comparison.allowances if not allowance.used]
    what = "was not needed: nothing that it covers was gained"
    notes = [doc.Item(f'allow "{found.name}" {what}', "  note", Places().place(found.span)) for found in unused]
    supposed = of_all(comparison.targets)
    regions = (
        change.region for target in comparison.targets for change in (*target.gained, *target.intended, *target.lost)
    )
    blocks.append(footnote(regions))
    blocks += [
        doc.ItemList(tuple(notes), 0, _MARGIN),
        doc.Supposed(supposed if in_full else tuple(concluded(supposed)), columns=_MARGIN),
    ]
    counts = (comparison_counts(comparison), doc.Said(f"{comparison.old.label} → {comparison.new.label}", doc.Role.DIM))
    title, code = f"Access to KMS keys: {comparison.relation.value}", comparison_exit_code(comparison, fail_on)
    return doc.Document(
        title, tuple(blocks), counts, code, in_full, title_in_text=False, number=len(comparison.targets)
    )


def _is_quiet(target: TargetComparison) -> bool:
    """True iff there is nothing to say but that it is equivalent."""
    return target.relation is Relation.EQUIVALENT and not (target.unknown_gained or target.unknown_lost)


class _Writer:
    """Lays out the parts of a comparison."""

    def __init__(self, places: SidePlaces, texts: Mapping[str, str], in_full: bool) -> None:
        self.places, self.texts, self.in_full = places, texts, in_full

    # -- a target --

    def target(self, target: TargetComparison) -> doc.Block:
        """A key: its relation, then each direction."""
        role = _ROLES.get(target.relation, doc.Role.BAD)
        note = headline_note(target)
        name, relation = doc.Said(target_text(target), doc.Role.NAME), doc.Said(target.relation.value, role)
        words = (name, ": ", relation, f"   {note}" if note else "")
        mark = doc.Role.GOOD if target.relation is Relation.MORE and not target.gained else role
        rest = self.quietly(target) if _is_quiet(target) else self.directions(target)
        return doc.block_group([doc.Heading(words, mark=mark), *rest, self.excerpts(target.changes)])

    def quietly(self, target: TargetComparison) -> Iterator[doc.Block]:
        """What changed without deciding a request otherwise."""
        if target.changes and target.presence is not Presence.ADDED:
            number = f"  {counted(len(target.changes), 'change')} in content, and no request is decided otherwise"
            supposed = doc.ItemList(
                tuple(self.changes("  changed", [one for one in target.changes if one.supposing])), 0, _MARGIN
            )
            yield doc.Folded(
                "all changes", (doc.GAP, self.all_changes(target)), (doc.Para(doc.Said(number, doc.Role.DIM)), supposed)
            )

    def directions(self, target: TargetComparison) -> Iterator[doc.Block]:
        """What is gained and lost, and what is to be said of it."""
        partly = target.relation is Relation.UNKNOWN
        reasons = [
            reason_item(reason, "" if position else "  unknown") for position, reason in enumerate(target.reasons)
        ]
        yield doc.GAP
        yield doc.ItemList(tuple(reasons), 0, _MARGIN)
        yield from self.direction("gained", target.gained, quiet=partly or bool(target.intended))
        yield from self.direction("intended", target.intended, quiet=True)
        yield from self.direction("lost", target.lost, quiet=partly)
        notes = [doc.Item(text, "  note", rule_label("U4")) for text in unknown_actions_text(target)]
        if not target.exact:
            notes.append(doc.Item(INEXACT, "  note"))
        yield doc.ItemList(tuple(notes), 0, _MARGIN)
        if target.changes:
            yield doc.Folded("all changes", (self.all_changes(target),))

    def all_changes(self, target: TargetComparison) -> doc.ItemList:
        """Whatever differs."""
        return doc.ItemList(tuple(self.changes("  changed", target.changes)), 0, _MARGIN)

    # -- a direction --

    def direction(self, label: str, changes: Sequence[RegionChange], *, quiet: bool) -> Iterator[doc.ItemList]:
        """Groups of requests."""
        groups = regions_grouped(changes)
        shown = groups if self.in_full else groups[:_MOST_GROUPS]
        items = [
            self.group("" if position else f"  {label}", group, last=group is shown[-1])
            for position, group in enumerate(shown)
        ]
        if len(groups) > len(shown):
            items.append(doc.Item(f"and {len(groups) - len(shown)} more of this sort (--verbose tells them)"))
        if not changes and not quiet:
            items.append(doc.Item("nothing", f"  {label}"))
        yield doc.ItemList(tuple(items), 0, _MARGIN)

    def group(self, label: str, group: Regions, *, last: bool) -> doc.Item:
        """Who can do what under which conditions, with an example and the cause."""
        rows = group.rows if self.in_full else group.rows[:_MOST_ROWS]
        callers = [row_text(row, in_full=self.in_full) for row in rows]
        if len(group.rows) > len(rows):
            callers.append(
                f"and {counted(len(group.rows) - len(rows), 'further group')} of callers (--verbose tells them)"
            )
        readings = tuple(map(doc.Item, group.readings))
        below: list[doc.Block] = [
            doc.labelled("by", callers, _MARGIN, 3),
            doc.labelled("when", [group.conditions] if group.conditions else [], _MARGIN, 5),
        ]
        below += [doc.ItemList(readings, _MARGIN), doc.ItemList(tuple(self.example(group)), _MARGIN, _INNER)]
        details = tuple(block for change in group.regions for block in self.region(change))
        return doc.Item(
            doc.Said(group.actions.text, doc.Role.CODE),
            label,
            below=(*below, doc.Folded("every case", details), *([] if last else [doc.GAP])),
        )

    def example(self, group: Regions) -> Iterator[doc.Item]:
        """A request, and the changes that it is due to."""
        if group.example is not None:
            yield doc.Item(witness_text(group.example.region), "for example")
            if group.example.cannot and not group.because:
                yield doc.Item(group.example.cannot, "because")
        yield from self.changes("because", group.because if self.in_full else group.because[:_MOST_CHANGES])
        if not self.in_full and len(group.because) > _MOST_CHANGES:
            yield doc.Item(f"and {len(group.because) - _MOST_CHANGES} more changes (--verbose tells them)")

    def changes(self, label: str, changes: Sequence[Change]) -> Iterator[doc.Item]:
        for position, change in enumerate(changes):
            place = self.places.of(change)
            yield doc.Item(change_text(change), "" if position else label, f"  ({place})" if place else "")

    # -- in full --

    def region(self, change: RegionChange) -> Iterator[doc.Block]:
        """A region with every alternative, and both decisions on its request."""
        witness = change.region.witness
        cases = [case_text(case) or "always" for case in change.region.when]
        items = [doc.Item(change.region.callers.text, "region")]
        items += [doc.Item(case, "or when" if position else "when") for position, case in enumerate(cases)]
        if witness is not None:
            items.append(
                doc.Item(witness_text(change.region, in_full=True), "request", below=tuple(self.decisions(change)))
            )
        yield doc.GAP
        yield doc.ItemList(tuple(items), 12, 13)

    def decisions(self, change: RegionChange) -> Iterator[doc.ItemList]:
        """Why the request of a region is allowed on one side, and refused on the other."""
        witness = change.region.witness
        assert witness is not None
        yield from decision_reasons(witness, Expectation.REFUSED)
        if change.refused is not None:
            why = tuple(decision_reasons(Counterexample(witness.request, change.refused, ()), Expectation.ALLOWED))
            yield doc.ItemList((doc.Item("on the other side:", "refused", below=why),), 12, 13)
        elif change.cannot:
            yield doc.ItemList((doc.Item(change.cannot, "refused"),), 12, 13)
        yield doc.ItemList(tuple(command_items([witness.command] if witness.command else [])), 12, 13)

    def excerpts(self, changes: Sequence[Change]) -> doc.Excerpts:
        """The policies of both sides, with what changed."""
        old = tuple(_span(change.old, change.places[0]) for change in changes)
        new = tuple(_span(change.new, change.places[1]) for change in changes)
        return doc.Excerpts(self.texts, (("old", old), ("new", new)))


def _span(statement: StatementRef | None, place: Span) -> Span:
    return statement.span if statement is not None else place


def comparison_forms(found: Comparison, fail_on: FailOn, texts: Mapping[str, str], *, in_full: bool) -> Forms:
    """Those of `verifier compare`; `texts` are those of the files, by the names that spans call them."""
    return Forms(
        partial(comparison_document, found, fail_on, texts, in_full=in_full),
        partial(comparison_to_json, found, fail_on),
        partial(notices_of_comparison, found, fail_on),
        partial(comparison_table, found),
    )


def render_comparison(
    comparison: Comparison, fail_on: FailOn | None = None, *, colour: bool = False, in_full: bool = False
) -> str:
    """The comparison as text for a terminal; without `fail_on` it fails where something was gained."""
    return document_text(comparison_document(comparison, fail_on or FailOn.MORE, in_full=in_full), colour=colour)
