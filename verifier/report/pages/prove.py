"""A report on invariants → a document: each verdict, what a proof rests on, what breaks a refuted one, who reaches each
key.

In: a `Report` and `Evidence`. Out: a `Document`. Guarantee: pure; every verdict is there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import dedent

from verifier.model.choices import Engine
from verifier.model.invariant import Invariant
from verifier.model.invariant_file import GrantInvariant
from verifier.model.results.verdict import Agreement, Assumption, Report, Status, Verdict
from verifier.model.symbols import SymbolName
from verifier.report import document as doc
from verifier.report.counterexample import counterexample_blocks, named_grant_items
from verifier.report.evidence import NO_EVIDENCE, Evidence
from verifier.report.naming import Places, key_heading, names_of, reason_item, shown_target, status_counts
from verifier.report.reach.story import bound_words, story_blocks
from verifier.report.render.text import block_lines
from verifier.report.style import Style
from verifier.report.words.verdicts import involved, report_exit_code
from verifier.syntax.text import counted, printable

_SIGNS = {Status.PROVED: "✔", Status.REFUTED: "✘", Status.UNKNOWN: "?"}
_MOST_LABELS = 6


def report_document(report: Report, evidence: Evidence = NO_EVIDENCE) -> doc.Document:
    common = _common_assumptions(report.verdicts)
    on_requests = all(isinstance(verdict.invariant, Invariant) for verdict in report.verdicts)
    whose = "every verdict" if on_requests else "every verdict on requests"
    label = f"{whose} supposes"
    texts = (f"{warning.span}: {warning.message}" if warning.span else warning.message for warning in report.warnings)
    warnings = tuple(map(doc.Item, texts))
    keys = (doc.block_group([*map(key_heading, report.keys), doc.Para(doc.Apart(tuple(_inventory(report)), " · "))]),)
    several = len({verdict.target for verdict in report.verdicts}) > 1
    blocks: list[doc.Block] = [
        doc.Overview(tuple((_sign(v), v.invariant.name, shown_target(report, v.target)) for v in report.listed)),
        doc.Folded(counted(len(report.keys), "key"), keys, keys),
        doc.Folded(counted(len(warnings), "warning"), (doc.ItemList(warnings),) if warnings else (), on_page=True),
        *_figures(report, evidence),
        *(
            _folded(report, verdict, common, evidence, number, several)
            for number, verdict in enumerate(report.listed, start=1)
        ),
        doc.Supposed(common, label, len(label) + 2),
        *_remedy(report),
    ]
    counts = (_counts(report), *_left_out(report), *_cross_check(report), doc.Said(_readings(report), doc.Role.DIM))
    code = report_exit_code(report)
    inputs = tuple(doc.Item(f"{file}  sha256 {digest}") for file, digest in report.inputs)
    blocks.append(
        doc.Folded(f"{counted(len(inputs), 'file')} read", (doc.ItemList(inputs),) if inputs else (), on_page=True)
    )
    return doc.Document(
        "Access to KMS keys", tuple(blocks), counts, code, title_in_text=False, number=len(report.verdicts)
    )


def verdict_text(report: Report, verdict: Verdict) -> str:
    """One verdict as the text report tells it, without colours, headline and final newline."""
    lines = block_lines(list(_verdict(report, verdict, ())), Style(False))
    return dedent("\n".join(line.rstrip() for line in lines))


# --- before the verdicts ----------------------------------------------------------------------------------------------


def _inventory(report: Report) -> Iterator[str]:
    whole = ", ".join(account for account in report.accounts if account not in report.partial_accounts)
    if whole:
        yield f"inventory of {whole}"
    if report.partial_accounts:
        yield f"some users and roles of {', '.join(report.partial_accounts)}"
    if not report.accounts and not report.partial_accounts:
        yield "no inventory of any account"
    if report.endpoints is not None:
        yield counted(report.endpoints, "VPC endpoint")
    yield f"KMS data {report.data_version}"
    if report.engine is not Engine.Z3:
        yield f"engine {report.engine.value}"


def _figures(report: Report, evidence: Evidence) -> Iterator[doc.Figure]:
    for access in evidence.who_can.keys if evidence.who_can is not None else ():
        about = [verdict for verdict in report.verdicts if verdict.target == access.key.arn]
        stories = tuple((verdict.invariant.name, verdict.story) for verdict in about if verdict.story is not None)
        if about:
            yield doc.Figure(access, stories, report.keys if stories else ())


# --- one verdict ------------------------------------------------------------------------------------------------------


def _folded(
    report: Report, verdict: Verdict, common: Sequence[Assumption], evidence: Evidence, number: int, several: bool
) -> doc.Folded:
    name = shown_target(report, verdict.target)
    parts = tuple(_verdict(report, verdict, common))
    on = f"  on {printable(name)}" if several else ""
    elapsed = "cached" if verdict.cached else _elapsed(verdict.elapsed)
    named = doc.Said(verdict.invariant.name, doc.Role.NAME)
    sign = doc.Said(f"{_SIGNS[verdict.status]} {verdict.status.value}".ljust(doc.MARGIN), doc.MARKS[verdict.status])
    line = doc.Apart(((sign, named, doc.Said(on, doc.Role.DIM)),))
    text = (doc.Para(doc.Said(verdict.invariant.text, doc.Role.DIM)),) if verdict.invariant.text else ()
    failing, proved = verdict.counts_as is not Status.PROVED, verdict.status is Status.PROVED
    title, blocks = (_sign(verdict), ": ", named, f" ({name})"), (*parts, _excerpts(verdict, evidence))
    return doc.Folded(title, blocks, (), line, elapsed, text, number, failing, quiet=proved)


def _verdict(report: Report, verdict: Verdict, common: Sequence[Assumption]) -> Iterator[doc.Block]:
    if verdict.bound is not None and verdict.status is Status.PROVED:
        yield doc.ItemList((doc.Item(f"holds for {bound_words(verdict.bound)}"),), doc.MARGIN)
    if verdict.excuse is not None:
        label = f"{verdict.excuse.kind.value} "
        yield doc.ItemList((doc.Item(verdict.excuse.text, label),), doc.MARGIN)
    places = Places()
    if verdict.status is Status.PROVED and (verdict.rests_on or verdict.bound is None):
        rests = tuple(f"{statement.effect.value} {places.statement(statement)}" for statement in verdict.rests_on)
        yield doc.ItemList(
            (doc.Item(doc.Apart(rests or (_without_statement(report, verdict),), ", "), "rests on"),), doc.MARGIN, 10
        )
    if verdict.counterexample is not None:
        yield from counterexample_blocks(verdict)
    if verdict.story is not None:
        yield from story_blocks(verdict.story, names_of(report.keys, verdict.target), verdict.target)
    if verdict.grants:
        yield from named_grant_items(verdict.grants, verdict.target, doc.MARGIN, doc.LABEL)
    if verdict.reason:
        yield doc.ItemList((reason_item(verdict.reason, places=places),), doc.MARGIN)
    labels = {label for label, _ in readings_of(verdict)}
    own = tuple(
        assumption for assumption in verdict.assumptions if assumption not in common and assumption.rule not in labels
    )
    if verdict.story is not None and own:
        yield doc.GAP
    yield doc.Supposed(own, columns=doc.LABEL, margin=doc.MARGIN)


def _without_statement(report: Report, verdict: Verdict) -> str:
    """What a proof rests on that rests on no statement."""
    if not isinstance(verdict.invariant, GrantInvariant):
        return "no statement: nothing allows it"
    key = report.key_of.get(verdict.target)
    number = (key.grants if key is not None else None) or 0
    return f"the {counted(number, 'grant')} listed" if number else "the list of grants, which is empty"


def _excerpts(verdict: Verdict, evidence: Evidence) -> doc.Excerpts:
    """The policy text that a verdict is due to."""
    if not evidence.texts and not evidence.policies:
        return doc.Excerpts({}, ())
    statements = involved(verdict)
    spans = [statement.span for statement in statements] + [named.grant.span for named in verdict.grants]
    if verdict.reason is not None:
        spans.append(verdict.reason.span)
    return doc.Excerpts(evidence.texts, (("used", tuple(spans)),), evidence.policies, statements)


def _sign(verdict: Verdict) -> doc.Words:
    if verdict.excuse is not None:
        return doc.Said(f"☑️ refuted, {verdict.excuse.kind.value}", doc.Role.DIM)
    sign = doc.Said(verdict.status.value, doc.MARKS[verdict.status])
    if verdict.status is not Status.PROVED or verdict.bound is None:
        return sign
    return sign, f" for {bound_words(verdict.bound)}"


def _elapsed(seconds: float) -> str:
    if seconds < 0.0005:
        return "<1 ms"
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def _common_assumptions(verdicts: Sequence[Verdict]) -> tuple[Assumption, ...]:
    """What every verdict on requests supposes, listed once at the end. One verdict alone keeps its own."""
    found = [
        verdict.assumptions for verdict in verdicts if verdict.assumptions and isinstance(verdict.invariant, Invariant)
    ]
    if len(found) < 2:
        return ()
    shared = set(found[0]).intersection(*found[1:])
    return tuple(dict.fromkeys(assumption for assumption in found[0] if assumption in shared))


# --- after the verdicts -----------------------------------------------------------------------------------------------


def _remedy(report: Report) -> Iterator[doc.Para]:
    """Where to go from a refuted invariant that a key policy could mend."""
    on_keys = {key.arn for key in report.keys}
    refuted = (verdict for verdict in report.verdicts if verdict.status is Status.REFUTED and verdict.excuse is None)
    by_policy = (verdict for verdict in refuted if isinstance(verdict.invariant, Invariant) and verdict.story is None)
    if any(verdict.target in on_keys for verdict in by_policy):
        yield doc.Para("the smallest edits of a key policy that make a refuted invariant hold: verifier suggest")


def _cross_check(report: Report) -> list[str]:
    if report.second_engine is None:
        return []
    counts = {how: sum(verdict.agreement is how for verdict in report.verdicts) for how in Agreement}
    counted = [f"{counts[Agreement.AGREED]} agreed"]
    if counts[Agreement.UNANSWERED]:
        counted.append(f"{counts[Agreement.UNANSWERED]} not answered")
    if counts[Agreement.NOTHING_TO_CHECK]:
        counted.append(f"{counts[Agreement.NOTHING_TO_CHECK]} with nothing to check")
    return [f"cross-check by {report.second_engine.value}: {', '.join(counted)}"]


def _left_out(report: Report) -> list[str]:
    left = [verdict.status for verdict in report.verdicts if verdict.status not in report.only]
    return [f"not listed (--only): {status_counts(left)}"] if left else []


def _counts(report: Report) -> doc.Words:
    statuses = [verdict.status for verdict in report.verdicts]
    invariants = len(dict.fromkeys(verdict.invariant for verdict in report.verdicts))
    subject = counted(invariants, "invariant") + (f", {len(statuses)} verdicts" if len(statuses) != invariants else "")
    found: list[doc.Words] = [doc.Said(f"{statuses.count(s)} {s.value}", doc.MARKS[s]) for s in Status if s in statuses]
    excused = sum(verdict.excuse is not None for verdict in report.verdicts)
    if excused:
        found.append(f"of the refuted {excused} excused")
    return f"{subject}: ", doc.Apart(tuple(found or ["nothing was checked"]), ", ")


def _readings(report: Report) -> str:
    """Which open questions of AWS's documentation were tried both ways (S2), and which refutations need one of them."""
    labels = report.free_readings
    tried = ", ".join(labels) if len(labels) <= _MOST_LABELS else f"{len(labels)} open questions"
    needing = dict.fromkeys(verdict.invariant.name for verdict in report.verdicts if readings_of(verdict))
    if not labels:
        return "readings: none left open"
    if not needing:
        return f"readings: both ways of {tried} were tried, no verdict depends on one"
    names = ", ".join(f'"{name}"' for name in needing)
    return f"readings: both ways of {tried} were tried; {names} depends on one"


def readings_of(verdict: Verdict) -> tuple[tuple[SymbolName, bool], ...]:
    """The readings that a counterexample or a story needs."""
    found = verdict.story or verdict.counterexample
    return found.readings if found is not None else ()
