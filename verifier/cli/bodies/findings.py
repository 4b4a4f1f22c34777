"""`verifier findings`: reads the input, looks, writes the findings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from verifier.cli.outputs import Sink, only_json, rendering, write
from verifier.cli.progress import shown
from verifier.cli.run import warn
from verifier.inputs.supplied import NOTHING, Supplied
from verifier.model.results.external_access import Zone
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
    from verifier.report.evidence import Evidence, meanings_of
    from verifier.report.findings.json import findings_to_json
    from verifier.report.findings.notices import notices_of_findings
    from verifier.report.pages.findings import findings_document

    document = partial(findings_document, report, in_full=options.verbose)
    write(
        options.sinks,
        rendering(document, partial(findings_to_json, report), lambda: notices_of_findings(report, Evidence(meanings_of(estate)))),
    )
    return findings_exit_code(report)
