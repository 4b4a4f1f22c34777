"""Comparison → text for a terminal: key by key what was gained and lost, with an example and the cause; a screen in the common case.

In: a `Comparison`, what makes it fail. Out: text. Guarantee: pure; nothing that was found is left out without saying so, and `--verbose`
(`in_full`) shows all of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from verifier.model.invariant import Expectation
from verifier.model.results.comparison import Change, Comparison, FailOn, RegionChange, Relation, TargetComparison, UsedAllowance
from verifier.model.results.region import LimitKind
from verifier.model.results.verdict import Counterexample, Reason
from verifier.report.comparison.words import comparison_exit_code, counts_text, headline_note, target_name, unknown_actions_text
from verifier.report.counterexample import LABEL, MARGIN, reason_lines
from verifier.report.naming import Places, rule_label, unknown_lines
from verifier.report.region_groups import Group, grouped
from verifier.report.region_words import INEXACT, SidePlaces, case_text, change_text, limit_text, request_text, row_text
from verifier.report.style import Style, flow, pad, page, sentence
from verifier.report.supposed import concluded, of_all, supposed_lines
from verifier.report.text import counted
from verifier.syntax.text import printable

_LABEL = 11
"""Columns of `gained`, `lost`, `note`."""
_INNER = 14
"""Columns of `for example`, `because`, after these."""
_MOST_GROUPS, _MOST_ROWS, _MOST_CHANGES, _MOST_NAMES = 4, 4, 3, 5


def render_comparison(comparison: Comparison, fail_on: FailOn = FailOn.MORE, *, colour: bool = False, in_full: bool = False) -> str:
    """The whole comparison, with a final newline."""
    writer = _Writer(Style(colour), in_full, SidePlaces(comparison.old.label, comparison.new.label))
    lines = []
    told = [target for target in comparison.targets if not _is_quiet(target) or in_full or len(comparison.targets) == 1]
    for target in told:
        lines += [*writer.target(target), ""]
    quiet = [target for target in comparison.targets if target not in told]
    if quiet:
        lines += [*writer.quiet(quiet), ""]
    lines += writer.ending(comparison, fail_on)
    return page(lines)


def _is_quiet(target: TargetComparison) -> bool:
    """Whether there is nothing to say but that it is equivalent."""
    return target.relation is Relation.EQUIVALENT and not (target.unknown_gained or target.unknown_lost)


class _Writer:
    """Lays out the parts of a comparison."""

    def __init__(self, style: Style, in_full: bool, places: SidePlaces) -> None:
        self.style = style
        self.in_full = in_full
        self.places = places

    # -- a target --

    def target(self, target: TargetComparison) -> list[str]:
        """A key: its relation, then each direction."""
        paint = {Relation.EQUIVALENT: self.style.good, Relation.LESS: self.style.good, Relation.UNKNOWN: self.style.doubt}
        relation = paint.get(target.relation, self.style.bad)(target.relation.value)
        note = headline_note(target)
        lines = [f"{self.style.bold(target_name(target))}: {relation}" + (f"   {note}" if note else "")]
        if _is_quiet(target):
            return lines + self._unimportant_changes(target)
        lines += ["", *self._reasons(target.reasons)]
        partly = target.relation is Relation.UNKNOWN
        lines += self._direction("gained", target.gained, quiet=partly or bool(target.intended))
        lines += self._direction("intended", target.intended, quiet=True)
        lines += self._direction("lost", target.lost, quiet=partly)
        for text in unknown_actions_text(target):
            lines += sentence(text, self._lead("note"), rule_label("U4"))
        lines += self._limits(target)
        if self.in_full:
            lines += self._all_changes(target)
        return lines

    def quiet(self, targets: Sequence[TargetComparison]) -> list[str]:
        """Keys of which there is nothing to say, in a line."""
        names = [target_name(target) for target in targets]
        shown = names[:_MOST_NAMES] + ([f"{len(names) - _MOST_NAMES} more"] if len(names) > _MOST_NAMES else [])
        return flow([self.style.good("equivalent")], f"{', '.join(shown)}: ")

    def _lead(self, label: str) -> str:
        return pad(f"  {label}", _LABEL)

    def _reasons(self, reasons: Sequence[Reason]) -> Iterator[str]:
        for position, reason in enumerate(reasons):
            yield from unknown_lines(reason, self._lead("" if position else "unknown"))

    def _unimportant_changes(self, target: TargetComparison) -> list[str]:
        if not target.changes:
            return []
        if self.in_full:
            return ["", *self._all_changes(target)]
        number = counted(len(target.changes), "change")
        return [self.style.dim(f"  {number} in content, and no request is decided otherwise")]

    def _all_changes(self, target: TargetComparison) -> list[str]:
        return self._changes("changed", target.changes, len(target.changes), "  ", _LABEL)

    def _limits(self, target: TargetComparison) -> list[str]:
        return [] if target.exact else sentence(INEXACT, self._lead("note"))

    # -- a direction --

    def _direction(self, label: str, changes: Sequence[RegionChange], *, quiet: bool) -> list[str]:
        if not changes:
            return [] if quiet else [f"{self._lead(label)}nothing"]
        groups = grouped(changes)
        shown = groups if self.in_full else groups[:_MOST_GROUPS]
        lines: list[str] = []
        for position, group in enumerate(shown):
            lines += [""] if position else []
            lines += self._group(self._lead("" if position else label), group)
        if len(groups) > len(shown):
            lines.append(f"{self._lead('')}and {len(groups) - len(shown)} more of this sort (--verbose tells them)")
        return lines

    def _group(self, lead: str, group: Group) -> list[str]:
        margin = " " * _LABEL
        lines = sentence(printable(group.actions.text), lead)
        rows = group.rows if self.in_full else group.rows[:_MOST_ROWS]
        for position, row in enumerate(rows):
            lines += sentence(row_text(row, in_full=self.in_full), f"{margin}{'   ' if position else 'by '}")
        if len(group.rows) > len(rows):
            more = counted(len(group.rows) - len(rows), "further group")
            lines.append(f"{margin}   and {more} of callers (--verbose tells them)")
        conditions = [limit_text(limit) for limit in group.common if limit.kind is not LimitKind.READING]
        if conditions:
            lines += sentence(" and ".join(conditions), f"{margin}when ")
        for limit in group.common:
            lines += sentence(limit_text(limit), margin) if limit.kind is LimitKind.READING else []
        lines += self._example(group)
        if self.in_full:
            lines += self._details(group)
        return lines

    def _example(self, group: Group) -> list[str]:
        lines: list[str] = []
        example = group.example
        if example is not None:
            lines += sentence(request_text(example), self._inner("for example"))
            if example.cannot and not group.because:
                lines += sentence(printable(example.cannot), self._inner("because"))
        return lines + self._changes("because", group.because, len(group.because) if self.in_full else _MOST_CHANGES, " " * _LABEL, _INNER)

    def _inner(self, label: str) -> str:
        return " " * _LABEL + pad(label, _INNER)

    def _changes(self, label: str, changes: Sequence[Change], most: int, margin: str, columns: int) -> list[str]:
        lines: list[str] = []
        width = columns - (len(margin) if columns == _LABEL else 0)
        for position, change in enumerate(changes[:most]):
            place = self.places.of(change)
            pieces = [*change_text(change).split(), *([f"  ({place})"] if place else [])]
            lines += flow(pieces, margin + pad("" if position else label, width))
        if len(changes) > most:
            lines.append(f"{margin}{pad('', width)}and {len(changes) - most} more changes (--verbose tells them)")
        return lines

    # -- in full --

    def _details(self, group: Group) -> Iterator[str]:
        """Every region with every alternative, and both decisions on its request."""
        for change in group.regions:
            yield ""
            yield from sentence(printable(change.region.callers.text), self._detail("region"))
            for position, case in enumerate(change.region.when):
                yield from sentence(case_text(case) or "always", self._detail("or when" if position else "when"))
            yield from self._decisions(change)

    def _decisions(self, change: RegionChange) -> Iterator[str]:
        witness = change.region.witness
        if witness is None:
            return
        yield from sentence(request_text(change, in_full=True), self._detail("request"))
        yield from reason_lines(witness, Expectation.REFUSED, self.style)
        if change.refused is not None:
            other = Counterexample(witness.request, change.refused, ())
            yield from sentence("on the other side:", self._detail("refused"))
            yield from reason_lines(other, Expectation.ALLOWED, self.style)
        elif change.cannot:
            yield from sentence(printable(change.cannot), self._detail("refused"))
        if witness.command:
            yield self._detail("to see it") + self.style.bold(printable(witness.command))

    def _detail(self, label: str) -> str:
        return MARGIN + pad(label, LABEL)

    # -- after the targets --

    def ending(self, comparison: Comparison, fail_on: FailOn) -> list[str]:
        """Allowances that were not needed, what is supposed, the counting line."""
        lines = [line for allowance in comparison.allowances if not allowance.used for line in self._unused(allowance)]
        lines += [""] if lines else []
        supposed = of_all(comparison.targets)
        told = supposed_lines(supposed if self.in_full else concluded(supposed), columns=_LABEL)
        lines += [*told, ""] if told else []
        sides = f"{printable(comparison.old.label)} → {printable(comparison.new.label)}"
        code = comparison_exit_code(comparison, fail_on)
        return lines + flow([counts_text(comparison), sides, f"exit {code:d}"], "", between=" " * 6, indent=0)

    def _unused(self, allowance: UsedAllowance) -> list[str]:
        place = Places().place(allowance.span)
        return sentence(f'allow "{printable(allowance.name)}" was not needed: nothing that it covers was gained', self._lead("note"), place)
