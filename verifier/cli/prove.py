"""`verifier prove`: its options and help. The work is in `bodies/prove.py`."""

from __future__ import annotations

from typing import Annotated

from verifier.cli import options as given
from verifier.cli.command import command
from verifier.cli.outputs import output_option, sinks
from verifier.model.choices import Engine


@command(short_help="Prove or refute invariants about keys.", epilog=given.EXIT_CODES, writes="report")
def prove(
    paths: given.Paths,
    *,
    invariants: given.InvariantFilesOption = [],
    builtin: given.Builtins = [],
    key_arn: given.KeyArnOption = None,
    supplied: given.SuppliedOptions,
    output: Annotated[list[str], output_option("report")] = ["text"],
    only: given.ListedStatuses,
    quiet: given.Quiet = False,
    engine: given.EngineOption = Engine.Z3,
    cross_check: given.CrossCheck = False,
    certificate: given.Certificate = None,
    timeout: given.Timeout = None,
    steps: given.Steps = None,
    suppose: given.Suppose = [],
    readings: given.Readings,
    cache: given.Caching = True,
    processes: given.Processes = None,
    cluster: given.ClusterOption = None,
    allow_empty: given.AllowEmpty = False,
) -> int:
    """Prove or refute invariants about the keys of an input.

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
    from verifier.cli.bodies.prove import ProveOptions, prove_command
    from verifier.question import QuestionOptions

    asking = tuple(paths), tuple(invariants), tuple(builtin), key_arn, supplied
    question = QuestionOptions(*asking, given.kept_in(cache), tuple(suppose), allow_empty)
    outputs, deciding = sinks(output, quiet=quiet), (engine, cross_check, processes, cluster)
    return prove_command(ProveOptions(question, outputs, timeout, readings, *deciding, certificate, steps, only))
