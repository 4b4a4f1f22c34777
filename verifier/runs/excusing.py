"""A report in the light of waivers and a baseline: refuted verdicts that are excused, and what is to be said of both.

In: a report, waivers, a baseline, the day. Out: the report with excuses, and remarks.
Guarantee: a verdict is excused only where all that breaks its invariant is covered, by meaning (`verify.excuses`), by
waivers that have not expired and the baseline; one that is unknown never. Of one that is not excused the counterexample
is beyond what is covered, where one was found.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from verifier.model.estate import Estate, Key
from verifier.model.invariant import Invariant
from verifier.model.invariant_file import GrantInvariant, is_eventual
from verifier.model.results.verdict import (
    BaselineEntry,
    Counterexample,
    Excuse,
    ExcuseKind,
    Report,
    Status,
    Verdict,
    Waiver,
)
from verifier.model.symbols import SymbolValues
from verifier.runs.baseline import Baseline, entry_of
from verifier.syntax.diagnostic import Diagnostic, InputError, Severity
from verifier.verify.assumptions import reading_assumptions
from verifier.verify.excuses import Beyond, beyond, grants_beyond
from verifier.verify.named import keys_named


@dataclass
class Excuser:
    """Applies waivers and a baseline to verdicts; `stale` collects what does not apply any more, `remarks` the rest."""

    estate: Estate
    waivers: tuple[Waiver, ...]
    baseline: Baseline | None
    today: date
    held: SymbolValues = field(default_factory=dict)
    timeout: float | None = None
    stale: list[Diagnostic] = field(default_factory=list)
    remarks: list[Diagnostic] = field(default_factory=list)
    _used: set[Waiver] = field(default_factory=set)
    _seen: set[BaselineEntry] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._keys = {key.arn: key for key in self.estate.keys}

    def excused(self, report: Report) -> Report:
        """The report with its excuses. Raises `InputError` for a waiver of an invariant or a key that is not there."""
        targets = {waiver: self._target(waiver, report) for waiver in self.waivers}
        applying = {waiver: arn for waiver, arn in targets.items() if not waiver.expired(self.today)}
        verdicts = tuple(self._verdict(verdict, applying) for verdict in report.verdicts)
        self.stale += self._stale_waivers(targets)
        self.stale += self._stale_entries()
        return replace(report, verdicts=verdicts, warnings=(*report.warnings, *self.stale, *self.remarks))

    def _target(self, waiver: Waiver, report: Report) -> str:
        """The ARN of the key of a waiver."""
        (first, *others) = _keys_named(self.estate, waiver)
        if others:
            raise InputError.of(
                f"the input holds several keys named {waiver.key!r}", waiver.span, hint="give the ARN of the key"
            )
        about = [verdict.invariant for verdict in report.verdicts if verdict.invariant.name == waiver.invariant]
        if not about:
            known = ", ".join(dict.fromkeys(repr(verdict.invariant.name) for verdict in report.verdicts[:8]))
            raise InputError.of(
                f"no invariant is named {waiver.invariant!r}", waiver.span, hint=f"the invariants: {known}"
            )
        if isinstance(about[0], GrantInvariant):
            hint = "say in the invariant whom a grant may name (`except …`), or use a baseline"
            raise InputError.of(
                f"{waiver.invariant!r} is about listed grants: there are no requests to waive", waiver.span, hint=hint
            )
        if is_eventual(about[0]):
            hint = "say in the invariant who may (`except …`, `only …`): a waiver covers requests, not chains of steps"
            raise InputError.of(
                f"{waiver.invariant!r} says `can eventually`: there is no waiver of it", waiver.span, hint=hint
            )
        return first.arn

    # -- one verdict --

    def _verdict(self, verdict: Verdict, applying: Mapping[Waiver, str]) -> Verdict:
        if is_eventual(verdict.invariant):
            if verdict.status is Status.REFUTED and self.baseline is not None:
                text = f"{verdict.invariant.name!r} says `can eventually`: no baseline excuses it"
                self.remarks.append(Diagnostic(Severity.WARNING, text, verdict.invariant.span, rule="E0"))
            return verdict
        key = self._keys.get(verdict.target)
        entry = entry_of(verdict)
        in_baseline = self.baseline is not None and entry in self.baseline.entries
        if in_baseline:
            self._seen.add(entry)
        if verdict.status is Status.PROVED and in_baseline:
            self._note(f"{verdict.invariant.name!r} is proved now on {verdict.target}: the baseline can shrink")
        if verdict.status is not Status.REFUTED or key is None:
            return verdict
        own = verdict.invariant.name, verdict.target
        waivers = [waiver for waiver, arn in applying.items() if (waiver.invariant, arn) == own]
        earlier = self.baseline.earlier(verdict.invariant, key) if self.baseline is not None else None
        if not waivers and earlier is None:
            return verdict
        found = self._beyond(key, verdict, waivers, earlier)
        self._used.update(waiver for waiver, used in zip(waivers, found.used, strict=False) if used)
        if found.better:
            self._note(
                f"less breaks {verdict.invariant.name!r} on {verdict.target} than in the baseline: it can shrink"
            )
        return self._excused(verdict, found, waivers, earlier is not None)

    def _beyond(
        self, key: Key, verdict: Verdict, waivers: Sequence[Waiver], earlier: tuple[Estate, Key] | None
    ) -> Beyond:
        if isinstance(verdict.invariant, Invariant):
            waived = [waiver.allowance for waiver in waivers]
            return beyond(self.estate, key, verdict.invariant, waived, earlier, self.held, self.timeout)
        assert earlier is not None, "waivers are about requests"
        return grants_beyond(self.estate, key, verdict.invariant, earlier, self.held)

    def _excused(self, verdict: Verdict, found: Beyond, waivers: Sequence[Waiver], in_baseline: bool) -> Verdict:
        if found.nothing:
            return replace(verdict, excuse=_excuse([waiver for waiver in waivers if waiver in self._used], in_baseline))
        for reason in found.reasons:
            excused = f"whether {verdict.invariant.name!r} on {verdict.target} is excused is not known"
            text = f"{excused}, so it is not: {reason.text}"
            self.remarks.append(Diagnostic(Severity.WARNING, text, rule=reason.rule))
        if found.counterexample is not None:
            return _shown(verdict, found.counterexample)
        return replace(verdict, grants=found.grants or verdict.grants)

    # -- what is to be said --

    def _note(self, text: str) -> None:
        self.stale.append(Diagnostic(Severity.WARNING, text, hint="verifier check --write-baseline FILE"))

    def _stale_waivers(self, targets: Mapping[Waiver, str]) -> Iterator[Diagnostic]:
        for waiver in targets:
            about = f"the waiver of {waiver.invariant!r} on {waiver.key} (owner {waiver.owner})"
            if waiver.expired(self.today):
                text, hint = f"{about} expired on {waiver.expires} and does not apply", "renew or remove it"
            elif waiver not in self._used:
                text, hint = f"{about} is not needed: nothing that it covers breaks the invariant", "remove it"
            else:
                continue
            yield Diagnostic(Severity.WARNING, text, waiver.span, hint=hint)

    def _stale_entries(self) -> Iterator[Diagnostic]:
        for entry in self.baseline.entries if self.baseline is not None else ():
            if entry not in self._seen:
                changed = "which is not asked any more, or reads otherwise now"
                text = f"the baseline has {entry.invariant!r} on {entry.key}, {changed}"
                yield Diagnostic(Severity.WARNING, text, hint="verifier check --write-baseline FILE")


def _keys_named(estate: Estate, waiver: Waiver) -> tuple[Key, ...]:
    try:
        return keys_named(estate, (waiver.key,))
    except InputError as error:
        found = error.diagnostics[0]
        raise InputError.of(
            f"the waiver is of no key of the input: {found.message}", waiver.span, hint=found.hint
        ) from None


def _shown(verdict: Verdict, found: Counterexample) -> Verdict:
    """The verdict with another counterexample, and with the readings that this one needs."""
    needed = verdict.counterexample.readings if verdict.counterexample is not None else ()
    supposed = [assumption for assumption in verdict.assumptions if assumption not in reading_assumptions(needed)]
    return replace(verdict, counterexample=found, assumptions=(*supposed, *reading_assumptions(found.readings)))


def _excuse(waivers: Sequence[Waiver], in_baseline: bool) -> Excuse:
    parts = [f"{waiver.reason} (until {waiver.expires}, owner {waiver.owner})" for waiver in waivers]
    if in_baseline:
        parts.append("what breaks it broke it in the baseline already")
    kind = (ExcuseKind.BOTH if waivers else ExcuseKind.BASELINE) if in_baseline else ExcuseKind.WAIVER
    return Excuse(kind, "; ".join(parts))
