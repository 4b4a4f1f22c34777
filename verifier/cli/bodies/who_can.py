"""`verifier who-can`: reads the input, asks, writes the list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from verifier.cli.outputs import Sink, only_json, rendering, write
from verifier.cli.progress import shown
from verifier.cli.run import warn
from verifier.inputs.supplied import NOTHING, Supplied
from verifier.report.access_words import who_can_exit_code
from verifier.syntax.diagnostic import InputError


@dataclass(frozen=True)
class WhoCanOptions:
    """What the command line asked for."""

    paths: tuple[str, ...]
    actions: tuple[str, ...]
    keys: tuple[str, ...] = ()
    excluding: tuple[str, ...] = ()
    caller: str | None = None
    key_arn: str | None = None
    supplied: Supplied = NOTHING
    readings: Mapping[str, bool] = field(default_factory=dict)
    sinks: tuple[Sink, ...] = (Sink("text"),)
    verbose: bool = False


def who_can_command(options: WhoCanOptions) -> int:
    """Writes the list to stdout and warnings to stderr; returns the exit code."""
    _check(options)
    from verifier.inputs import load_estate

    estate = load_estate(options.paths, key_arn=options.key_arn, supplied=options.supplied, steps=False, tags=False)
    from verifier.verify.access.who_can import who_can

    with shown() as progress:
        answer = who_can(
            estate,
            options.actions,
            keys=options.keys,
            caller=options.caller,
            excluding=options.excluding,
            readings=options.readings,
            witnesses=options.verbose,
            progress=progress,
        )
    if not only_json(options.sinks):
        warn(answer.warnings)
    from verifier.report.pages.who_can import who_can_document
    from verifier.report.who_can.json import who_can_to_json

    write(options.sinks, rendering(lambda: who_can_document(answer, in_full=options.verbose), lambda: who_can_to_json(answer)))
    return who_can_exit_code(answer)


def _check(options: WhoCanOptions) -> None:
    if not options.paths:
        raise InputError.of("no input: name a snapshot or a key policy", hint="verifier who-can kms:Decrypt examples/payments")
    if not options.actions and options.caller is None:
        raise InputError.of(
            "no action to ask about", hint="for example kms:Decrypt, or kms:* for every one; it begins with `kms:`", rule="S3"
        )
