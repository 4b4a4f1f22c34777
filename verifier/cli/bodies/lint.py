"""`verifier lint`: reads the input, looks, writes what was found."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from verifier.cli.outputs import Sink, only_json, rendering, write
from verifier.cli.progress import shown
from verifier.cli.run import warn
from verifier.inputs.supplied import NOTHING, Supplied
from verifier.model.results.lint import Severity
from verifier.report.lint.words import lint_exit_code


@dataclass(frozen=True)
class LintOptions:
    """What the command line asked for. `fail_on` is `None` for never; `timeout` is in seconds."""

    paths: tuple[Path, ...]
    fail_on: Severity | None = Severity.WARNING
    key_arn: str | None = None
    timeout: float | None = None
    sinks: tuple[Sink, ...] = (Sink("text"),)
    verbose: bool = False
    supplied: Supplied = NOTHING


def lint_command(options: LintOptions) -> int:
    """Writes the findings to stdout and warnings to stderr; returns the exit code."""
    from verifier.inputs import load_estate

    estate = load_estate(options.paths, key_arn=options.key_arn, supplied=options.supplied, steps=False, tags=False)
    from verifier.verify.lint.linting import lint  # after the input has been accepted: importing a solver takes a while

    with shown() as progress:
        report = lint(estate, timeout=options.timeout, progress=progress)
    if not only_json(options.sinks):
        warn(report.warnings)
    from verifier.report.evidence import Evidence, meanings_of
    from verifier.report.lint.json import lint_to_json
    from verifier.report.lint.notices import notices_of_lint
    from verifier.report.pages.lint import lint_document

    document = partial(lint_document, report, options.fail_on, in_full=options.verbose)
    write(
        options.sinks,
        rendering(
            document,
            lambda: lint_to_json(report, options.fail_on),
            lambda: notices_of_lint(report, options.fail_on, Evidence(meanings_of(estate))),
        ),
    )
    return lint_exit_code(report, options.fail_on)
