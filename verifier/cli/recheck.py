"""`verifier recheck`: its options and help. The work is in `bodies/recheck.py`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from verifier.cli.options import (
    AccountOption,
    Builtins,
    InvariantFilesOption,
    KeyArn,
    ParameterOption,
    Paths,
    RegionOption,
    Settled,
    Suppose,
    command_app,
    settled_readings,
    supplied,
)
from verifier.cli.run import run

app = command_app()


@app.command(
    short_help="Check proofs again, without a solver.",
    epilog="Exit codes: 0 the certificate proves all that is asked; 1 a proof was rejected; 2 usage or input error; "
    "3 something that is asked has no proof; 4 internal error.",
)
def recheck(
    certificate: Annotated[Path, typer.Argument(metavar="FILE", help="What `verifier prove --certificate` wrote.", show_default=False)],
    paths: Paths,
    invariants: InvariantFilesOption = [],  # noqa: B006  (typer copies it; a list is how an option is repeated)
    builtin: Builtins = [],  # noqa: B006
    key_arn: KeyArn = None,
    account: AccountOption = None,
    region: RegionOption = None,
    parameter: ParameterOption = [],  # noqa: B006
    suppose: Suppose = [],  # noqa: B006
    reading: Settled = [],  # noqa: B006
) -> None:
    """Check the proofs of a certificate against the input, without a solver.

    The input must be the one that was proved: the same files, with the same contents. What must be proved is what `verifier prove` with
    the same options asks: the invariants beside the input, or those that are given, under every reading that no `--reading` settles. Each
    of them that the certificate does not cover is named. docs/certificates.md says what is checked and what is trusted.

    \b
    verifier prove examples/payments --certificate payments.cert
    verifier recheck payments.cert examples/payments
    verifier recheck proofs.cert snapshot.yaml --suppose "nobody calls sso:*"
    """

    def body() -> int:
        from verifier.cli.bodies.asked import Asked
        from verifier.cli.bodies.recheck import recheck_command

        own = supplied(account, region, parameter)
        asked = Asked(tuple(paths), tuple(invariants), tuple(builtin), key_arn, own, suppose=tuple(suppose))
        return recheck_command(certificate, asked, settled_readings(reading))

    run(body)
