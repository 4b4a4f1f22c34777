"""The three checks by the names of the hosted analyzer: options and help. The work is in `bodies/access_checks.py`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from verifier.cli import completion
from verifier.cli import options as given
from verifier.cli.command import command
from verifier.cli.outputs import output_option, sinks

_EXIT_CODES = "Exit codes: 0 pass; 1 fail; 2 usage or input error; 3 unknown; 4 internal error."
_Outputs = Annotated[list[str], output_option("answer")]


@command(short_help="Check that nothing new is allowed.", epilog=_EXIT_CODES, writes="check")
def check_no_new_access(
    old: Annotated[
        Path, typer.Argument(metavar="OLD", help="The policy, snapshot or folder as it is.", show_default=False)
    ],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="The same as it would be.", show_default=False)],
    *,
    key_arn: given.KeyArnOption = None,
    supplied: given.SuppliedOptions,
    readings: given.Readings,
    timeout: given.Timeout = None,
    output: _Outputs = ["text"],
) -> int:
    """Check that a new version allows nothing that the old one does not.

    It passes where `verifier compare OLD NEW` finds nothing that was gained; that command tells more, and takes
    `--allow`.

    \b
    verifier check-no-new-access old-policy.json new-policy.json
    """
    from verifier.cli.bodies.access_checks import no_new_access
    from verifier.cli.bodies.compare import SidesOptions

    options = SidesOptions((old, new), key_arn=key_arn, supplied=supplied)
    return no_new_access(options, readings, timeout, sinks(output))


@command(short_help="Check that some access is not granted.", epilog=_EXIT_CODES, writes="check", may_be_empty=True)
def check_access_not_granted(
    paths: given.Paths,
    *,
    action: Annotated[
        list[str],
        typer.Option(
            metavar="ACTION",
            autocompletion=completion.complete_actions,
            help="An action, or a pattern such as kms:ReEncrypt*; may be repeated. Without it: any.",
        ),
    ] = [],
    principal: Annotated[
        list[str],
        typer.Option(
            metavar="CALLERS",
            help='Whom it is about, as invariants say it: "role/reports in 111122223333". Without it: anyone.',
        ),
    ] = [],
    resource: Annotated[
        list[str],
        typer.Option(
            metavar="KEY", help="The ARN or alias of a key; may be repeated. Without it: every key of the input."
        ),
    ] = [],
    key_arn: given.KeyArnOption = None,
    supplied: given.SuppliedOptions,
    readings: given.Readings,
    timeout: given.Timeout = None,
    output: _Outputs = ["text"],
) -> int:
    """Check that nobody, or nobody of some callers, is granted some access.

    It passes where it is proved that none of the actions is allowed to any of the callers on any of the keys, in any
    request.

    \b
    verifier check-access-not-granted key-policy.json --action kms:Decrypt --action "kms:ReEncrypt*"
    verifier check-access-not-granted snapshot --action "kms:*" --resource alias/payments \\
        --principal "callers outside 111122223333"
    """
    from verifier.cli.bodies.access_checks import access_check, not_granted

    invariant = not_granted(action, principal, resource)
    return access_check("access-not-granted", invariant, paths, key_arn, supplied, readings, timeout, sinks(output))


@command(short_help="Check that no key is open to everybody.", epilog=_EXIT_CODES, writes="check", may_be_empty=True)
def check_no_public_access(
    paths: given.Paths,
    *,
    key_arn: given.KeyArnOption = None,
    supplied: given.SuppliedOptions,
    readings: given.Readings,
    timeout: given.Timeout = None,
    output: _Outputs = ["text"],
) -> int:
    """Check that no arbitrary account on the internet can use a key.

    It is the built-in invariant `no-public-access` on every key of the input: no caller can use the key whose account
    nothing in the input names, in no organization that it names.

    \b
    verifier check-no-public-access key-policy.json
    """
    from verifier.cli.bodies.access_checks import access_check
    from verifier.language.builtins.catalogue import builtin

    invariant = builtin("no-public-access")
    return access_check("no-public-access", invariant, paths, key_arn, supplied, readings, timeout, sinks(output))
