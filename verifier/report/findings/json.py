"""Findings → JSON, as `verifier schema findings` describes it.

Guarantee: strings are those of the input, unchanged, and every character outside ASCII is written as an escape. Members may be added in
later versions; those here keep their names and meanings.
"""

from __future__ import annotations

from verifier.model.results.external_access import ExternalAccess, FindingsReport, KeyFindings
from verifier.report.findings.words import counted_findings, findings_exit_code
from verifier.report.json_answers import origins, supposed
from verifier.report.json_report import key_to_json
from verifier.report.json_values import Json, counterexample_to_json, heading, reason_to_json, region_to_json, statement_to_json


def findings_to_json(report: FindingsReport) -> Json:
    """The report as JSON values."""
    return {
        **heading("findings", report.data_version),
        "zone": {"kind": report.zone.value, "trusted": list(report.trusted)},
        "count_services": report.count_services,
        "summary": {
            "complete": all(key.complete for key in report.keys),
            "findings": sum(len(counted_findings(report, key)) for key in report.keys),
            "public": sum(finding.public for key in report.keys for finding in key.findings),
            "exit_code": int(findings_exit_code(report)),
        },
        **origins(report),
        "keys": [_key(key) for key in report.keys],
    }


def _key(key: KeyFindings) -> Json:
    return {
        "key": key_to_json(key.key),
        "complete": key.complete,
        "exact": key.exact,
        "reasons": [reason_to_json(reason) for reason in key.reasons],
        "findings": [_finding(finding) for finding in key.findings],
        "services": [_finding(finding) for finding in key.services],
        **supposed(key.assumptions, key.elapsed),
    }


def _finding(finding: ExternalAccess) -> Json:
    witness = finding.region.witness
    return {
        "public": finding.public,
        **region_to_json(finding.region),
        "exact": finding.region.exact,
        "ways": None if finding.ways is None else [[statement_to_json(statement) for statement in way] for way in finding.ways],
        "witness": counterexample_to_json(witness) if witness is not None else None,
    }
