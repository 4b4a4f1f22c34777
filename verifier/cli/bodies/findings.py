"""`verifier findings`: reads the input, looks, writes the findings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from verifier.cli.outputs import Sink, only_json, write
from verifier.cli.progress import shown
from verifier.cli.run import warn
from verifier.inputs.supplied import NOTHING, Supplied
from verifier.model.estate import Estate
from verifier.model.results.external_access import FindingsReport, Zone
from verifier.report.findings.words import findings_exit_code


@dataclass(frozen=True)
class FindingsOptions:
    """What the command line asked for. `zone` is a value of `Zone`."""

    paths: tuple[Path, ...]
    keys: tuple[str, ...] = ()
    zone: str = "account"
    trusted: tuple[str, ...] = ()
    services: bool = False
    key_arn: str | None = None
    supplied: Supplied = NOTHING
    readings: Mapping[str, bool] = field(default_factory=dict)
    sinks: tuple[Sink, ...] = (Sink("text"),)
    verbose: bool = False


def findings_command(options: FindingsOptions) -> int:
    """Writes the findings to stdout and warnings to stderr; returns the exit code."""
    from verifier.inputs import load_estate

    estate = load_estate(options.paths, key_arn=options.key_arn, supplied=options.supplied, steps=False, tags=False)
    from verifier.verify.access.findings import findings

    with shown() as progress:
        report = findings(
            estate,
            keys=options.keys,
            zone=Zone(options.zone),
            trusted=options.trusted,
            count_services=options.services,
            readings=options.readings,
            progress=progress,
        )
    if not only_json(options.sinks):
        warn(report.warnings)
    write(options.sinks, lambda name, colour: _rendered(report, estate, options, name, colour))
    return findings_exit_code(report)


def _rendered(report: FindingsReport, estate: Estate, options: FindingsOptions, name: str, colour: bool) -> str:
    match name:
        case "json":
            from verifier.report.findings.json import findings_to_json
            from verifier.report.json_values import json_text

            return json_text(findings_to_json(report))
        case "markdown":
            from verifier.report.findings.markdown import render_findings_markdown

            return render_findings_markdown(report, in_full=options.verbose)
        case "sarif" | "github" | "junit":
            from verifier.report.evidence import Evidence, meanings_of
            from verifier.report.findings.notices import notices_of_findings
            from verifier.report.notices.formats import render_notices

            return render_notices(notices_of_findings(report, Evidence(meanings_of(estate))), name)
        case _:
            from verifier.report.findings.text import render_findings

            return render_findings(report, colour=colour, in_full=options.verbose)
