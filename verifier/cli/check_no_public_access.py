"""`verifier check-no-public-access`: its options and help. The work is in `bodies/access_checks.py`."""

from __future__ import annotations

from typing import Annotated

from verifier.cli import options as given
from verifier.cli.check_no_new_access import PASS_FAIL_EXIT_CODES
from verifier.cli.command import command
from verifier.cli.outputs import output_option, sinks


@command(
    short_help="Check that no key is open to everybody.", epilog=PASS_FAIL_EXIT_CODES, writes="check", may_be_empty=True
)
def check_no_public_access(
    paths: given.Paths,
    *,
    key_arn: given.KeyArnOption = None,
    supplied: given.SuppliedOptions,
    readings: given.Readings,
    timeout: given.Timeout = None,
    output: Annotated[list[str], output_option("answer")] = ["text"],
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
