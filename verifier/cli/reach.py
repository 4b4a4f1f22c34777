"""`verifier reach`: reads the input, asks, writes the answer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from verifier.cli import completion
from verifier.cli import options as given
from verifier.cli.command import command
from verifier.cli.outputs import output_option, sinks, write
from verifier.cli.run import progress_line
from verifier.model.choices import MOST_STEPS
from verifier.syntax.diagnostic import InputError

_CALLERS = ("arn:", "role/", "user/")

_Words = Annotated[
    list[str],
    typer.Argument(
        metavar="CALLER PATH...",
        help="Who is asked about (an ARN, or role/NAME or user/NAME of the key's account; nobody where there is "
        "--to), then snapshots or key policies.",
        show_default=False,
    ),
]
_To = Annotated[
    list[str],
    typer.Option(
        "--to",
        metavar="ACTION",
        autocompletion=completion.complete_actions,
        help="Asks who can come to do this (`kms:Decrypt`, `kms:*`); may be repeated.",
    ),
]
_Steps = Annotated[
    int | None,
    typer.Option(
        metavar="N", min=0, max=MOST_STEPS, help="Looks at chains of up to N steps; without it, of every length."
    ),
]
_Outputs = Annotated[list[str], output_option("answer")]
_Verbose = Annotated[
    bool, given.verbose("Every caller; of each request why it is allowed, and the command that sends it.")
]


@command(
    short_help="Show what callers can bring about in steps.",
    epilog=(
        "Exit codes: 0 the answer is complete (nobody gets there is one too); 2 usage or input error; 3 it is not; 4 "
        "internal error."
    ),
    writes="reach",
    may_be_empty=True,
)
def reach(
    words: _Words,
    *,
    to: _To = [],
    key: given.KeysOption = [],
    steps: _Steps = None,
    suppose: given.Suppose = [],
    key_arn: given.KeyArnOption = None,
    supplied: given.SuppliedOptions,
    readings: given.Readings,
    timeout: given.Timeout = None,
    output: _Outputs = ["text"],
    quiet: given.Quiet = False,
    verbose: _Verbose = False,
) -> int:
    """Show what a caller can bring about, step by step, or who can come to do something.

    Who may not decrypt, but may create a grant, write a policy, change a tag or assume a role, can decrypt one step
    later. Each answer has the shortest chain that was found: requests, each replayed on the state that those before it
    made. What is not listed was proved to be out of reach; how long the chains are for which that holds is always said
    (docs/reach.md).

    \b
    What one caller can bring about, on one key, on every key:
        verifier reach user/oncall --key tickets examples/escalation
        verifier reach arn:aws:iam::444455556666:role/analyst examples/cross-account

    \b
    Who can come to decrypt with a key:
        verifier reach --to kms:Decrypt --key tickets examples/escalation

    \b
    Who can take over its policy in one step:
        verifier reach --to kms:PutKeyPolicy --key tickets --steps 1 examples/escalation

    \b
    For a machine, or a page:
        verifier reach --to kms:Decrypt snapshot.yaml --output json
        verifier reach --to kms:Decrypt snapshot.yaml --output text --output markdown=reach.md
    """
    caller, paths = _caller_and_paths(words, to)
    from verifier.inputs import load_estate

    estate = load_estate(paths, key_arn=key_arn, supplied=supplied)
    if suppose:
        from verifier.language.invariants.files import suppose as supposing

        estate = supposing(estate, *suppose, where="--suppose")
    from verifier.report.pages.reach import reach_forms
    from verifier.report.reach.words import reach_exit_code
    from verifier.verify.named import caller_named, keys_named
    from verifier.verify.reach.reach import reach_from, reach_to

    with progress_line() as progress:
        if caller is None:
            report = reach_to(estate, tuple(to), tuple(key), steps, readings, timeout, progress)
        else:
            start = caller_named(estate, caller, keys_named(estate, key))
            report = reach_from(estate, start, tuple(key), steps, readings, timeout, progress)
    write(sinks(output, quiet=quiet), reach_forms(report, in_full=verbose), report.warnings)
    return reach_exit_code(report)


def _caller_and_paths(words: Sequence[str], to: Sequence[str]) -> tuple[str | None, tuple[Path, ...]]:
    """Who is asked about, and the input. Raises `InputError`."""
    from verifier.syntax.text import brief

    first, *others = words
    if to:
        if first.startswith(_CALLERS) and not Path(first).exists():
            raise InputError.of(
                f"a question is about a caller or about --to, not both: {brief(first)!r}", hint="leave out one of them"
            )
        return None, tuple(map(Path, words))
    if not others:
        remedy = "verifier reach role/api examples/payments, or verifier reach --to kms:Decrypt examples/payments"
        problem = (
            "no input: name a snapshot or a key policy" if first.startswith(_CALLERS) else "no caller to ask about"
        )
        raise InputError.of(problem, hint=remedy)
    return first, tuple(map(Path, others))
