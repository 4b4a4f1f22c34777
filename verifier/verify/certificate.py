"""Certificates: for each proof what `verifier recheck` needs to check it without a solver (docs/certificates.md).

In: a report and what it was made from. Out: the certificate as JSON values.
Guarantee: every entry was accepted by the checker before it is handed out, or `InternalDisagreement`; a proof that no entry can be made
for is listed with the reason.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from verifier import __version__
from verifier.ask.answers import InternalDisagreement
from verifier.model.estate import Estate
from verifier.model.invariant import AnyInvariant, Invariant
from verifier.model.reference import data_version
from verifier.model.results.verdict import Report, Status, Verdict
from verifier.problem.semantics.targets import Target
from verifier.problem.subjects import target_name, targets_of
from verifier.recheck.check import check_entry, formula_of
from verifier.recheck.eventually import check_eventual
from verifier.recheck.tables import Rejected
from verifier.verify.certifying import certify
from verifier.verify.closed_sets import eventual_entry

Json = dict[str, Any]

FORMAT = "kms-verifier/certificate"
FORMAT_VERSION = 3


def certificate(estate: Estate, invariants: Sequence[AnyInvariant], report: Report, readings: Mapping[str, bool]) -> Json:
    """The certificate of a report."""
    targets = {target_name(target): target for target, _ in targets_of(estate, invariants)}
    proofs, lacking = [], []
    for verdict in report.verdicts:
        about = {"invariant": verdict.invariant.name, "text": verdict.invariant.text, "target": verdict.target}
        found = _entry(estate, targets[verdict.target], verdict, readings)
        if isinstance(found, str):
            lacking.append({**about, "status": verdict.status.value, "reason": found})
        else:
            proofs.append({**about, **found})
    return {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "verifier": __version__,
        "data_version": data_version(),
        "inputs": [{"file": file, "sha256": digest} for file, digest in estate.inputs],
        "readings": dict(sorted(readings.items())),
        "proofs": proofs,
        "without_proof": lacking,
    }


def _entry(estate: Estate, target: Target, verdict: Verdict, readings: Mapping[str, bool]) -> Json | str:
    """The entry of one verdict, or why there is none."""
    if verdict.status is not Status.PROVED:
        return "it is not proved"
    if not isinstance(verdict.invariant, Invariant):
        return "it is about the listed grants, which were looked at one by one"
    found: Json | str
    if verdict.invariant.eventually:
        if verdict.bound is not None and not verdict.bound.complete:
            return "it holds for chains of so many steps alone, and a set that no step leaves is about all"
        found = eventual_entry(estate, target, verdict.invariant, readings)
        check = partial(check_eventual, estate=estate, target=target, invariant=verdict.invariant, readings=readings)
    else:
        formula = formula_of(estate, target, verdict.invariant)
        found = certify(formula, readings)
        check = partial(check_entry, formula=formula, readings=readings)
    if isinstance(found, str):
        return found
    try:
        check(found)
    except Rejected as error:
        if "too large" in str(error):  # the checker has limits of its own
            return str(error)
        raise InternalDisagreement(f"the proof of {verdict.invariant.name!r} does not recheck: {error}; please report this") from None
    return found
