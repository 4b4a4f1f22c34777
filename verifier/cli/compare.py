"""`verifier compare`: reads both sides, compares, writes the comparison."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from verifier.cli import options as given
from verifier.cli.command import command
from verifier.cli.outputs import output_option, sinks, write
from verifier.model.choices import FailOn


@command(
    short_help="Compare what two versions allow.",
    epilog=(
        "Exit codes: 0 nothing that fails; 1 access was gained that --allow does not cover (see --fail-on); 2 usage or "
        "input error; 3 unknown; 4 internal error."
    ),
    writes="comparison",
)
def compare(
    *,
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="OLD NEW",
            help="Two policies, snapshots or folders; with --git one path or more, with --plan any number.",
            show_default=False,
        ),
    ] = [],
    git: Annotated[
        str | None,
        typer.Option(
            metavar="BASE[..HEAD]", help="Compare two revisions of PATH... in git; BASE alone: against the work tree."
        ),
    ] = None,
    plan: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Compare before and after a Terraform plan (terraform show -json); paths are snapshots beside it.",
        ),
    ] = None,
    allow: Annotated[
        list[Path],
        typer.Option(metavar="FILE", help="What may be gained: a file with `allow` sentences; may be repeated."),
    ] = [],
    fail_on: Annotated[FailOn, typer.Option(help="What ends in exit code 1.")] = FailOn.MORE,
    key_arn: given.KeyArnOption = None,
    supplied: given.SuppliedOptions,
    readings: given.Readings,
    timeout: given.Timeout = None,
    output: Annotated[list[str], output_option("comparison")] = ["text"],
    quiet: given.Quiet = False,
    verbose: Annotated[bool, given.verbose("Every case, both decisions in full, what is supposed.")] = False,
) -> int:
    """Compare what two versions allow, by meaning.

    Names, order and layout do not count: only whether a request is decided otherwise. Each difference comes with a
    request, replayed on both sides, and the change that it is due to. A key that is new is compared with one that AWS
    makes without a policy; of one that is gone everything was lost. Inputs without keys are equivalent. Single requests
    are compared: what callers can bring about by steps is asked with `verifier reach`.

    \b
    Two policies of one key, two snapshots:
        verifier compare old-policy.json new-policy.json
        verifier compare snapshots/monday snapshots/tuesday --fail-on any

    \b
    A pull request (BASE...HEAD compares HEAD with where it branched off):
        verifier compare --git origin/main...HEAD keys/payments/policy.json --output markdown

    \b
    What a Terraform plan would change:
        terraform show -json plan.out > plan.json
        verifier compare --plan plan.json
        verifier compare --plan plan.json live          in the account of which `live` is a snapshot

    \b
    A widening that is meant; anything beyond it fails:
        verifier compare old new --allow intended.inv
    where intended.inv says
        allow "the report job reads":
          role/reports in 111122223333 can kms:Decrypt
    """
    from verifier.cli.bodies.compare import SidesOptions, compared, remarks
    from verifier.report.evidence import file_texts
    from verifier.report.pages.comparison import comparison_forms
    from verifier.report.words.comparison import comparison_exit_code

    outputs = sinks(output, quiet=quiet)
    options = SidesOptions(tuple(paths), git, plan, key_arn, supplied)
    found = compared(options, readings, allow, timeout=timeout)
    texts = file_texts((*found.old.inputs, *found.new.inputs)) if any(sink.format == "html" for sink in outputs) else {}
    write(outputs, comparison_forms(found, fail_on, texts, in_full=verbose), remarks(found))
    return comparison_exit_code(found, fail_on)
