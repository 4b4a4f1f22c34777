"""`verifier recheck`: its options and help. The work is in `bodies/recheck.py`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from verifier.cli import options as given
from verifier.cli.command import command
from verifier.cli.outputs import output_option, sinks, write
from verifier.cli.run import progress_line


@command(
    short_help="Check proofs again, without a solver.",
    epilog="Exit codes: 0 the certificate proves all that is asked; 1 a proof was rejected; 2 usage or input error; "
    "3 something that is asked has no proof; 4 internal error.",
    writes="recheck",
)
def recheck(
    certificate: Annotated[
        Path, typer.Argument(metavar="FILE", help="What `verifier prove --certificate` wrote.", show_default=False)
    ],
    paths: given.Paths,
    *,
    invariants: given.InvariantFilesOption = [],
    builtin: given.Builtins = [],
    key_arn: given.KeyArnOption = None,
    supplied: given.SuppliedOptions,
    suppose: given.Suppose = [],
    readings: given.Readings,
    output: Annotated[list[str], output_option("outcome of each proof")] = ["text"],
    quiet: given.Quiet = False,
) -> int:
    """Check the proofs of a certificate against the input, without a solver.

    The input must be the one that was proved: the same files, with the same contents. What must be proved is what
    `verifier prove` with the same options asks: the invariants beside the input, or those that are given, under every
    reading that no `--reading` settles. Each of them that the certificate does not cover is named. docs/certificates.md
    says what is checked and what is trusted.

    \b
    verifier prove examples/payments --certificate payments.cert
    verifier recheck payments.cert examples/payments
    verifier recheck proofs.cert snapshot.yaml --suppose "nobody calls sso:*"
    verifier recheck payments.cert examples/payments --output junit=recheck.xml
    """
    from verifier.cli.bodies.recheck import rechecked
    from verifier.question import QuestionOptions
    from verifier.report.recheck import recheck_exit_code, recheck_forms

    options = QuestionOptions(
        tuple(paths), tuple(invariants), tuple(builtin), key_arn, supplied, suppose=tuple(suppose)
    )
    with progress_line() as progress:
        found = rechecked(certificate, options, readings, progress)
    write(sinks(output, quiet=quiet), recheck_forms(found))
    return recheck_exit_code(found)
