"""`verifier prove`: its options and help. The work is in `bodies/prove.py`."""

from __future__ import annotations

from typing import Annotated

from verifier.cli.options import (
    EXIT_CODES,
    AccountOption,
    Builtins,
    Caching,
    Certificate,
    ClusterOption,
    CrossCheck,
    EngineOption,
    InvariantFilesOption,
    KeyArn,
    ParameterOption,
    Paths,
    Processes,
    RegionOption,
    Settled,
    Steps,
    Suppose,
    Timeout,
    command_app,
    kept_in,
    settled_readings,
    supplied,
)
from verifier.cli.outputs import output_option, sinks
from verifier.cli.run import run
from verifier.model.engine import Engine
from verifier.report.formats import FORMATS

app = command_app()


HELP = """Prove or refute invariants about the keys of an input.

\b
A folder that holds a snapshot and its invariants:
    verifier prove examples/payments

\b
One key policy, and a question from the shelf:
    verifier prove key-policy.json --builtin no-external-access \\
        --key-arn arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab

\b
What a Terraform plan would make true:
    terraform show -json plan.out > plan.json
    verifier prove plan.json --builtin no-external-access

\b
In a pipeline (docs/outputs.md):
    verifier prove snapshot.yaml --invariants payments.inv --output json > report.json
    verifier prove snapshot.yaml --output text --output sarif=report.sarif --output html=report.html

\b
A file of invariants:
    account prod = 111122223333
    invariant "no external account can decrypt":
      no caller outside prod can kms:Decrypt, kms:ReEncryptFrom
    invariant "no grant for outsiders":
      no caller can create a grant to a grantee outside prod
    invariant "nobody else comes to decrypt, by whatever steps":
      only role/api in prod can eventually kms:Decrypt
"""


@app.command(short_help="Prove or refute invariants about keys.", help=HELP, epilog=EXIT_CODES)
def prove(
    paths: Paths,
    invariants: InvariantFilesOption = [],  # noqa: B006  (typer copies it; a list is how an option is repeated)
    builtin: Builtins = [],  # noqa: B006
    key_arn: KeyArn = None,
    account: AccountOption = None,
    region: RegionOption = None,
    parameter: ParameterOption = [],  # noqa: B006
    output: Annotated[list[str], output_option("report", FORMATS)] = ["text"],  # noqa: B006
    engine: EngineOption = Engine.Z3,
    cross_check: CrossCheck = False,
    certificate: Certificate = None,
    timeout: Timeout = None,
    steps: Steps = None,
    suppose: Suppose = [],  # noqa: B006
    reading: Settled = [],  # noqa: B006
    cache: Caching = True,
    processes: Processes = None,
    cluster: ClusterOption = None,
) -> None:
    """Prove or refute invariants about the keys of an input."""

    def body() -> int:
        from verifier.cli.bodies.asked import Asked
        from verifier.cli.bodies.prove import ProveOptions, prove_command

        settled = settled_readings(reading)
        options = ProveOptions(
            Asked(
                tuple(paths),
                tuple(invariants),
                tuple(builtin),
                key_arn,
                supplied(account, region, parameter),
                kept_in(cache),
                tuple(suppose),
            ),
            sinks(output, FORMATS),
            timeout,
            settled,
            engine,
            cross_check,
            processes,
            cluster,
            certificate,
            steps,
        )
        return prove_command(options)

    run(body)
