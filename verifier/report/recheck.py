"""What became of the proofs of a certificate, in every form.

In: a `Recheck`. Out: its `Forms`. Guarantee: pure; what was not accepted is in each of them.
"""

from __future__ import annotations

import hashlib
from functools import partial

from verifier.model.results.rechecked import Checked, ProofOutcome, Recheck
from verifier.model.results.verdict import Status
from verifier.report.document import Block, Document, Item, ItemList, Para, Role, Supposed, conclusions
from verifier.report.exit_codes import ExitCode
from verifier.report.forms import Forms
from verifier.report.notices.notices import Notice, NoticeLevel, NoticeRule, Notices, NoticeSubject
from verifier.report.style import flow, page_text
from verifier.report.wire.values import SHAPES, Json, Shapes, as_mapping, heading, inputs, json_shape, wire
from verifier.syntax.csv_text import CsvTable
from verifier.syntax.text import printable

_MARKS = {ProofOutcome.ACCEPTED: "✔", ProofOutcome.REJECTED: "✘", ProofOutcome.NO_PROOF: "?"}


def recheck_exit_code(found: Recheck) -> ExitCode:
    """1 where a proof, or the whole certificate, was rejected; 0 where all that was asked is proved; else 3."""
    if found.refused is not None or found.count(ProofOutcome.REJECTED):
        return ExitCode.REFUTED
    return ExitCode.PROVED if found.checked and not found.count(ProofOutcome.NO_PROOF) else ExitCode.UNKNOWN


def recheck_forms(found: Recheck) -> Forms:
    return Forms(
        partial(_document, found),
        partial(_json, found),
        partial(_notices, found),
        partial(_table, found),
        text=lambda _, width: _text(found, width),
    )


def _counts(found: Recheck) -> str:
    if found.refused is not None:
        return "the certificate is rejected"
    accepted, rejected, lacking = (found.count(outcome) for outcome in ProofOutcome)
    return f"{accepted} accepted, {rejected} rejected, {lacking} without proof"


def _readings(found: Recheck) -> list[str]:
    return [
        f"the certificate holds the reading {label} at {'yes' if value else 'no'}" for label, value in found.readings
    ]


def _others(found: Recheck) -> list[str]:
    return (
        [f"{found.others} of its proofs are about what was not asked, and were not looked at"] if found.others else []
    )


def _text(found: Recheck, width: int | None) -> str:
    supposed = [f"supposed: {sentence}" for sentence in conclusions(found.assumptions)]
    lines = [*_readings(found), *supposed, *map(_line, found.checked), *_others(found), _counts(found)]
    lines = lines if found.refused is None else [f"✘ rejected  {found.refused}"]
    # where there is no terminal, each is a line
    return page_text(
        part
        for line in map(printable, lines)
        for part in ([line] if width is None else flow(line.split(" "), "", indent=2, width=width))
    )


def _line(one: Checked) -> str:
    says = f"  ({one.says})" if one.outcome is ProofOutcome.ACCEPTED else f": {one.says}"
    return f"{_MARKS[one.outcome]} {one.outcome.value}  {one.invariant}  on {one.target}{says}"


def _document(found: Recheck) -> Document:
    marks = {ProofOutcome.ACCEPTED: Role.GOOD, ProofOutcome.REJECTED: Role.BAD, ProofOutcome.NO_PROOF: Role.DOUBT}
    items = tuple(Item(f"{one.name}: {one.says}", one.outcome.value, mark=marks[one.outcome]) for one in found.checked)
    refused = (Para(f"rejected: {found.refused}", Role.BAD),) if found.refused is not None else ()
    blocks: list[Block] = [
        *map(Para, _readings(found)),
        ItemList(items, columns=10),
        *map(Para, _others(found)),
        Supposed(found.assumptions),
    ]
    title, code = "The proofs of a certificate", recheck_exit_code(found)
    return Document(title, refused or tuple(blocks), (_counts(found),), code, number=len(found.checked))


def _json(found: Recheck) -> Json:
    shapes: Shapes = {
        **SHAPES,
        Checked: json_shape("invariant target outcome says"),
        Recheck: json_shape(
            "summary readings assumptions others refused inputs checked",
            summary=lambda found: (
                {"exit_code": int(recheck_exit_code(found))} | {o.name.lower(): found.count(o) for o in ProofOutcome}
            ),
            readings=as_mapping("readings"),
            inputs=inputs,
        ),
    }
    return {**heading("recheck", found.data_version), **wire(found, shapes)}


def _notices(found: Recheck) -> Notices:
    proof = NoticeRule("certificate", "certificate", "the certificate has a proof, and the proof holds", "S1")
    whole = Checked("the certificate", "the input", ProofOutcome.REJECTED, found.refused or "")
    checked = found.checked if found.refused is None else (whole,)
    subjects = tuple(NoticeSubject(one.name, one.name, (proof.id,)) for one in checked)
    notices = tuple(_notice(proof, one) for one in checked if one.outcome is not ProofOutcome.ACCEPTED)
    code, concluded = recheck_exit_code(found), conclusions(found.assumptions)
    return Notices((proof,), notices, _counts(found), code, found.inputs, subjects=subjects, concluded=concluded)


def _notice(proof: NoticeRule, one: Checked) -> Notice:
    rejected = one.outcome is ProofOutcome.REJECTED
    level, status = (NoticeLevel.ERROR, Status.REFUTED) if rejected else (NoticeLevel.WARNING, Status.UNKNOWN)
    title, message = f"{one.outcome.value}: {one.invariant}", f"{one.name}: {one.says}"
    fingerprint = hashlib.sha256(repr((one.outcome.value, one.invariant, one.target)).encode()).hexdigest()[:32]
    return Notice(proof.id, level, title, message, fingerprint, target=one.target, counts_as=status, subject=one.name)


def _table(found: Recheck) -> CsvTable:
    columns = ("status", "invariant", "target", "says")
    rows = [
        {"status": one.outcome.value, "invariant": one.invariant, "target": one.target, "says": one.says}
        for one in found.checked
    ]
    refused = [{"status": "rejected", "says": found.refused}] if found.refused is not None else []
    return CsvTable(
        columns, [*rows, *refused, *({"status": "supposed", "says": text} for text in conclusions(found.assumptions))]
    )
