"""`verifier findings`: reads the input, looks, writes the findings."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from verifier.cli.progress import Progress
from verifier.cli.run import colours, emit
from verifier.inputs.supplied import NOTHING, Supplied
from verifier.model.external_access import FindingsReport, Zone
from verifier.report.diagnostics import render_diagnostics
from verifier.report.findings_words import findings_exit_code


@dataclass(frozen=True)
class FindingsOptions:
    """What the command line asked for. `zone` is a value of `Zone`; `output` is `text`, `markdown` or `json`."""

    paths: tuple[Path, ...]
    keys: tuple[str, ...] = ()
    zone: str = "account"
    trusted: tuple[str, ...] = ()
    services: bool = False
    key_arn: str | None = None
    supplied: Supplied = NOTHING
    readings: Mapping[str, bool] = field(default_factory=dict)
    output: str = "text"
    verbose: bool = False


def findings_command(options: FindingsOptions) -> int:
    """Writes the findings to stdout and warnings to stderr; returns the exit code."""
    from verifier.inputs import load_estate

    estate = load_estate(options.paths, key_arn=options.key_arn, accounts=(), supplied=options.supplied)
    from verifier.verify.findings import findings

    progress = Progress() if sys.stderr is not None and sys.stderr.isatty() else None
    try:
        report = findings(
            estate,
            keys=options.keys,
            zone=Zone(options.zone),
            trusted=options.trusted,
            count_services=options.services,
            readings=options.readings,
            progress=progress,
        )
    finally:
        if progress:
            progress.clear()
    if report.warnings and options.output != "json":
        print(render_diagnostics(report.warnings, colour=colours(sys.stderr)), file=sys.stderr)
    emit(_rendered(report, options))
    return findings_exit_code(report)


def _rendered(report: FindingsReport, options: FindingsOptions) -> str:
    match options.output:
        case "json":
            from verifier.report.findings_json import render_findings_json

            return render_findings_json(report) + "\n"
        case "markdown":
            from verifier.report.findings_markdown import render_findings_markdown

            return render_findings_markdown(report, in_full=options.verbose)
        case _:
            from verifier.report.findings_text import render_findings

            return render_findings(report, colour=colours(sys.stdout), in_full=options.verbose)
