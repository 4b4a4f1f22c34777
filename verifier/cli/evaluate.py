"""`verifier evaluate`: its options and help. The work is in `bodies/evaluate.py`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from verifier.cli import options as given
from verifier.cli.command import command


@command(
    short_help="Decide concrete requests.",
    epilog=(
        "Exit codes: 0 every line was answered; 2 usage or input error, or some line held no request; 4 internal error."
    ),
)
def evaluate(
    paths: given.Paths,
    requests: Annotated[
        Path,
        typer.Option(
            metavar="FILE", help="JSON Lines, a request a line; `-` reads standard input.", show_default=False
        ),
    ],
    *,
    trace: Annotated[bool, typer.Option("--trace", help="Tell which statement did what, and by which rule.")] = False,
    key_arn: given.KeyArnOption = None,
    supplied: given.SuppliedOptions,
) -> int:
    """Decide concrete requests, one JSON object a line.

    A request a line in, an answer a line out, in the same order.

    \b
    A request (context values are strings or lists of strings; `resource` is a key or alias ARN, or null):
        {"principal": "arn:aws:sts::111122223333:assumed-role/reports/nightly", "action": "kms:Decrypt",
         "resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
         "context": {"kms:EncryptionContext:tenant": "acme"}}

    \b
    A role session or federated session may have session policies: `session_policy` is a policy document, or a
    list of them:
        {"principal": ..., "action": "kms:Decrypt", "resource": ..., "context": {},
         "session_policy": {"Version": "2012-10-17",
                            "Statement": [{"Effect": "Allow", "Action": "kms:*", "Resource": "*"}]}}

    \b
    The requests of steps (docs/reach.md) are decided too. `session_tags` are those of a role session, of which
    `transitive` names those that pass on; an identity of a provider is its ARN:
        {"principal": ..., "action": "sts:AssumeRole", "resource": "arn:aws:iam::111122223333:role/reports",
         "context": {"sts:RoleSessionName": "nightly"}, "session_tags": {"team": "blue"}}

    \b
    An answer: {"decision": "allow" | "deny" | "depends" | "impossible", ...} (`verifier schema decision`), or for a
    line that is no request {"error": ..., "line": N}; the lines after it are answered all the same. `impossible`: the
    policies do not refuse the request, but it cannot be sent, or KMS always refuses it; `impossible` beside it says
    why, `policies` what the policies decide.

    \b
    verifier evaluate examples/payments --requests examples/payments/requests.jsonl
    echo '{"principal": ...}' | verifier evaluate examples/payments --requests - --trace
    """
    from verifier.cli.bodies.evaluate import evaluate_command

    return evaluate_command(tuple(paths), requests, key_arn=key_arn, trace=trace, supplied=supplied)
