"""`verifier findings`: reads the input, looks, writes the findings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from verifier.cli import options as given
from verifier.cli.command import command
from verifier.cli.outputs import output_option, sinks, write
from verifier.cli.run import progress_line
from verifier.model.choices import Zone

if TYPE_CHECKING:
    from verifier.model.estate import Estate
    from verifier.model.results.access import FindingsReport

_Zone = Annotated[Zone, typer.Option(help="Whom the key trusts anyway: its own account, or its organization.")]
_Trusted = Annotated[
    list[str],
    typer.Option(metavar="ACCOUNT", help="An account, or organization (`o-…`), in the zone besides; may be repeated."),
]
_Services = Annotated[bool, typer.Option("--services", help="Let access of AWS service principals count as well.")]
_Outputs = Annotated[list[str], output_option("findings")]
_Verbose = Annotated[bool, given.verbose("Every action and every condition, and the command that shows it.")]


@command(
    short_help="Find access from outside a zone of trust.",
    epilog=(
        "Exit codes: 0 no finding; 1 findings; 2 usage or input error; 3 something is not known; 4 internal error."
    ),
    writes="findings",
    may_be_empty=True,
)
def findings(
    paths: given.Paths,
    *,
    key: given.KeysOption = [],
    zone: _Zone = Zone.ACCOUNT,
    trust: _Trusted = [],
    services: _Services = False,
    key_arn: given.KeyArnOption = None,
    supplied: given.SuppliedOptions,
    readings: given.Readings,
    timeout: given.Timeout = None,
    output: _Outputs = ["text"],
    quiet: given.Quiet = False,
    verbose: _Verbose = False,
) -> int:
    """Find the access from outside a zone of trust that keys allow.

    A minimal set of findings: who, which actions, under which conditions, through which statements and grants, each
    with a request, replayed. Together they are all external access and nothing else, Deny statements, conditions and
    control policies reasoned through; none of them is covered by the others. Identity policies outside the zone are
    taken to allow: they are others' to write. Roles that outsiders may assume, and other steps, are not followed here:
    `verifier reach --to`.

    \b
    verifier findings examples/payments
    verifier findings examples/payments --key logs --trust 444455556666
    verifier findings examples/organization --zone organization --services
    verifier findings snapshot.yaml --output markdown
    """
    from verifier.cli.bodies.listed import listed_answer, rows_of_key

    def ask(estate: Estate) -> FindingsReport:
        from verifier.verify.access.findings import external_access as find  # after the input has been accepted

        with progress_line() as progress:
            return find(
                estate,
                keys=tuple(key),
                zone=zone,
                trusted=tuple(trust),
                count_services=services,
                readings=readings,
                timeout=timeout,
                progress=progress,
            )

    def said(report: FindingsReport) -> object:
        rows = tuple(rows_of_key(each.key.arn, (*each.findings, *each.services)) for each in report.keys)
        return rows, tuple((len(each.findings), each.reasons, each.exact) for each in report.keys)

    estate, report = listed_answer(paths, key_arn, supplied, ask, said, names=trust)
    from verifier.report.evidence import Evidence
    from verifier.report.meanings import meanings_of
    from verifier.report.pages.findings import findings_forms
    from verifier.report.words.access import findings_exit_code

    write(
        sinks(output, quiet=quiet),
        findings_forms(report, lambda: Evidence(meanings_of(estate)), in_full=verbose),
        report.warnings,
    )
    return findings_exit_code(report)
