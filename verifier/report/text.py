"""Report → text for a terminal: each invariant's mark, what a proof rests on, what breaks a refuted one, the counting line."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import dedent

from verifier.model.engine import Engine
from verifier.model.invariant import GrantInvariant, Invariant
from verifier.model.results.verdict import Agreement, Assumption, KeySummary, Report, Status, Verdict
from verifier.report.counterexample import LABEL, MARGIN, counterexample_lines
from verifier.report.exit_codes import report_exit_code
from verifier.report.grants import named_grant_lines
from verifier.report.naming import Places, key_name, target_name, unknown_lines
from verifier.report.style import Style, flow, pad, page, sentence
from verifier.report.supposed import supposed_lines
from verifier.syntax.text import printable

_MARKS = {Status.PROVED: "✔ proved", Status.REFUTED: "✘ refuted", Status.UNKNOWN: "? unknown"}
_NAME_COLUMNS = 76
_MOST_LABELS = 6


def render_text(report: Report, colour: bool) -> str:
    """The whole report, with a final newline. Pure: the same report gives the same text."""
    style = Style(colour)
    common = _common_assumptions(report.verdicts)
    lines = [line for key in report.keys for line in key_lines(key, style)]
    lines += [*_inventory_lines(report), ""]
    for verdict in report.verdicts:
        lines += [*_verdict_lines(report, verdict, common, style), ""]
    whose = "every verdict" if all(isinstance(v.invariant, Invariant) for v in report.verdicts) else "every verdict on requests"
    label = f"{whose} supposes"
    lines += supposed_lines(common, label, len(label) + 2)
    lines += [*([""] if common else []), *_remedy(report), *_ending(report, style)]
    return page(lines)


def verdict_text(report: Report, verdict: Verdict) -> str:
    """One verdict as the text report tells it, without colours, headline and final newline."""
    lines = _verdict_lines(report, verdict, (), Style(False))[1:]
    return dedent("\n".join(line.rstrip() for line in lines))


# --- before the verdicts -----------------------------------------------------------------------------------------------------


def key_lines(key: KeySummary, style: Style) -> list[str]:
    """A key: its name and ARN, what was given of it."""
    policy = f"policy {printable(key.policy_name)}, {counted(key.statements, 'statement')}" if key.policy_name is not None else None
    parts = [policy or "its policy is not known"]
    parts += [counted(key.grants, "grant")] if key.grants is not None else []
    parts += [f"SCPs {counted(key.service_levels, 'level')}"] if key.service_levels is not None else []
    parts += [f"RCPs {counted(key.resource_levels, 'level')}"] if key.resource_levels is not None else []
    parts += [f"state {printable(key.state)}"] if key.state and key.state != "Enabled" else []
    arn = [printable(key.arn)] if key_name(key) != key.arn else []
    return flow([*arn, " · ".join(parts)], f"{style.bold(key_name(key))}  ", between="   ", indent=2)


def ending_lines(before: list[str], parts: Sequence[str], data_version: str, code: int) -> list[str]:
    """The end of an answer: what is open and supposed, then the counting line."""
    data = [f"KMS data {printable(data_version)}"] if data_version else []
    return [*before, *([""] if before else []), *flow([*parts, *data, f"exit {code:d}"], "", between=" · ")]


def counted(number: int, noun: str) -> str:
    """`1 grant`, `2 grants`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _inventory_lines(report: Report) -> list[str]:
    whole = ", ".join(printable(account) for account in report.accounts if account not in report.partial_accounts)
    some = ", ".join(printable(account) for account in report.partial_accounts)
    parts = [f"inventory of {whole}"] if whole else []
    parts += [f"some users and roles of {some}"] if some else []
    parts = parts or ["no inventory of any account"]
    parts += [counted(report.endpoints, "VPC endpoint")] if report.endpoints is not None else []
    engine = [f"engine {report.engine.value}"] if report.engine is not Engine.Z3 else []
    return flow([*parts, f"KMS data {printable(report.data_version)}", *engine], "", between=" · ")


# --- one verdict -------------------------------------------------------------------------------------------------------------


def _verdict_lines(report: Report, verdict: Verdict, common: Sequence[Assumption], style: Style) -> list[str]:
    lines = [_headline(report, verdict, style), *_bound_lines(verdict)]
    if verdict.excuse is not None:
        lines += sentence(printable(verdict.excuse.text), f"{MARGIN}{verdict.excuse.kind.value}  ")
    places = Places()
    if verdict.rests_on:
        statements = [f"{statement.effect.value} {places.statement(statement)}" for statement in verdict.rests_on]
        lines += flow(statements, f"{MARGIN}rests on  ", between=", ")
    elif verdict.status is Status.PROVED and isinstance(verdict.invariant, GrantInvariant):
        lines.append(f"{MARGIN}rests on  {_listed(report, verdict)}")
    elif verdict.status is Status.PROVED and verdict.bound is None:
        lines.append(f"{MARGIN}rests on  no statement: nothing allows it")
    lines += counterexample_lines(verdict, style)
    lines += _story_lines(report, verdict, style)
    lines += named_grant_lines(verdict.grants, verdict.target, MARGIN, style)
    if verdict.reason:
        lines += unknown_lines(verdict.reason, MARGIN, places)
    supposed = supposed_lines(_own_assumptions(verdict, common), columns=LABEL, margin=MARGIN)
    return [*lines, *([""] if verdict.story is not None and supposed else []), *supposed]


def _bound_lines(verdict: Verdict) -> list[str]:
    """How far a proof about what callers can eventually do goes."""
    if verdict.bound is None or verdict.status is not Status.PROVED:
        return []
    from verifier.report.reach.story import bound_words

    return [f"{MARGIN}holds for {bound_words(verdict.bound)}"]


def _story_lines(report: Report, verdict: Verdict, style: Style) -> list[str]:
    if verdict.story is None:
        return []
    from verifier.report.reach.names import names_of
    from verifier.report.reach.story import story_lines

    return story_lines(verdict.story, names_of(report.keys, verdict.target), verdict.target, style)


def _listed(report: Report, verdict: Verdict) -> str:
    """What a proof about listed grants rests on."""
    key = report.key_of.get(verdict.target)
    number = (key.grants if key is not None else None) or 0
    return f"the {counted(number, 'grant')} listed" if number else "the list of grants, which is empty"


def _own_assumptions(verdict: Verdict, common: Sequence[Assumption]) -> list[Assumption]:
    """Those that are told neither at the end nor with the counterexample's readings."""
    told = {label for label, _ in readings_of(verdict)}
    return [assumption for assumption in verdict.assumptions if assumption not in common and assumption.rule not in told]


def _headline(report: Report, verdict: Verdict, style: Style) -> str:
    paint = {Status.PROVED: style.good, Status.REFUTED: style.bad, Status.UNKNOWN: style.doubt}[verdict.status]
    name = style.bold(printable(verdict.invariant.name))
    if any(other.target != verdict.target for other in report.verdicts):
        name += style.dim(f"  on {target_name(report, verdict.target)}")
    return (
        pad(paint(_MARKS[verdict.status]), len(MARGIN))
        + pad(name, _NAME_COLUMNS)
        + f"{'cached' if verdict.remembered else _elapsed(verdict.elapsed):>8}"
    )


def _elapsed(seconds: float) -> str:
    if seconds < 0.0005:
        return "<1 ms"
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def _common_assumptions(verdicts: Sequence[Verdict]) -> tuple[Assumption, ...]:
    """What every verdict on requests supposes, told once at the end. One verdict alone keeps its own."""
    found = [verdict.assumptions for verdict in verdicts if verdict.assumptions and isinstance(verdict.invariant, Invariant)]
    if len(found) < 2:
        return ()
    shared = set(found[0]).intersection(*found[1:])
    return tuple(dict.fromkeys(assumption for assumption in found[0] if assumption in shared))


# --- after the verdicts --------------------------------------------------------------------------------------------------------


def _remedy(report: Report) -> list[str]:
    """Where to go from a refuted invariant that a key policy could mend."""
    on_keys = {key.arn for key in report.keys}
    refuted = (verdict for verdict in report.verdicts if verdict.status is Status.REFUTED and verdict.excuse is None)
    if not any(isinstance(verdict.invariant, Invariant) and verdict.story is None and verdict.target in on_keys for verdict in refuted):
        return []
    return ["the smallest edits of a key policy that make a refuted invariant hold: verifier suggest", ""]


def _ending(report: Report, style: Style) -> list[str]:
    code = f"exit {report_exit_code(report):d}"
    parts = [_counts(report, style), *_cross_check(report), _readings(report), code]
    return flow(parts, "", between=" " * 6, indent=0)


def _cross_check(report: Report) -> list[str]:
    if report.second_engine is None:
        return []
    counts = {how: sum(verdict.agreement is how for verdict in report.verdicts) for how in Agreement}
    told = [f"{counts[Agreement.AGREED]} agreed"]
    told += [f"{counts[Agreement.UNANSWERED]} not answered"] if counts[Agreement.UNANSWERED] else []
    told += [f"{counts[Agreement.NOTHING_TO_CHECK]} with nothing to check"] if counts[Agreement.NOTHING_TO_CHECK] else []
    return [f"cross-check by {report.second_engine.value}: {', '.join(told)}"]


def _counts(report: Report, style: Style) -> str:
    statuses = [verdict.status for verdict in report.verdicts]
    invariants = len(dict.fromkeys(verdict.invariant for verdict in report.verdicts))
    subject = "1 invariant" if invariants == 1 else f"{invariants} invariants"
    if len(statuses) != invariants:
        subject += f", {len(statuses)} verdicts"
    paints = {Status.PROVED: style.good, Status.REFUTED: style.bad, Status.UNKNOWN: style.doubt}
    found = [paints[status](f"{statuses.count(status)} {status.value}") for status in Status if status in statuses]
    excused = sum(verdict.excuse is not None for verdict in report.verdicts)
    found += [f"of the refuted {excused} excused"] if excused else []
    return f"{subject}: {', '.join(found) or 'nothing was checked'}"


def _readings(report: Report) -> str:
    """Which open questions of AWS's documentation were tried both ways (S2), and which refutations need one of them."""
    tried = _labels(report.free_readings, "open question") or "none left open"
    needing = [verdict.invariant.name for verdict in report.verdicts if readings_of(verdict)]
    if not report.free_readings:
        return f"readings: {tried}"
    if not needing:
        return f"readings: both ways of {tried} were tried, no verdict depends on one"
    names = ", ".join(f'"{printable(name)}"' for name in dict.fromkeys(needing))
    return f"readings: both ways of {tried} were tried; {names} depends on one"


def readings_of(verdict: Verdict) -> tuple[tuple[str, bool], ...]:
    """The readings that a counterexample or a story needs."""
    found = verdict.story or verdict.counterexample
    return found.readings if found is not None else ()


def _labels(labels: Sequence[str], noun: str) -> str:
    if len(labels) <= _MOST_LABELS:
        return ", ".join(printable(label) for label in labels)
    return f"{len(labels)} {noun}s"
