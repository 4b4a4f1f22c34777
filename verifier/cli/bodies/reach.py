"""`verifier reach`: reads the input, asks, writes the answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from verifier.cli.outputs import Sink, only_json, rendering, write
from verifier.cli.progress import shown
from verifier.cli.run import warn
from verifier.inputs.supplied import NOTHING, Supplied
from verifier.model.estate import Estate
from verifier.model.results.reach_report import ReachReport
from verifier.report.reach.words import reach_exit_code
from verifier.syntax.diagnostic import InputError
from verifier.syntax.text import brief

_CALLERS = ("arn:", "role/", "user/")


@dataclass(frozen=True)
class ReachOptions:
    """What the command line asked for. Without `to` the first of `words` is a caller; the others are paths."""

    words: tuple[str, ...]
    to: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    steps: int | None = None
    key_arn: str | None = None
    supplied: Supplied = NOTHING
    readings: Mapping[str, bool] = field(default_factory=dict)
    sinks: tuple[Sink, ...] = (Sink("text"),)
    verbose: bool = False
    suppose: tuple[str, ...] = ()


def reach_command(options: ReachOptions) -> int:
    """Writes the answer to stdout and warnings to stderr; returns the exit code."""
    caller, paths = _caller_and_paths(options)
    from verifier.inputs import load_estate

    estate = load_estate(paths, key_arn=options.key_arn, supplied=options.supplied)
    if options.suppose:
        from verifier.language.invariants.files import suppose

        estate = suppose(estate, *options.suppose, where="--suppose")
    with shown() as progress:
        report = _asked(estate, caller, options, progress)
    if not only_json(options.sinks):
        warn(report.warnings)
    from verifier.report.pages.reach import reach_document
    from verifier.report.reach.json import reach_to_json

    write(options.sinks, rendering(partial(reach_document, report, in_full=options.verbose), partial(reach_to_json, report)))
    return reach_exit_code(report)


def _caller_and_paths(options: ReachOptions) -> tuple[str | None, tuple[Path, ...]]:
    """Who is asked about, and the input. Raises `InputError`."""
    first, *others = options.words
    if options.to:
        if first.startswith(_CALLERS) and not Path(first).exists():
            raise InputError.of(f"a question is about a caller or about --to, not both: {brief(first)!r}", hint="leave out one of them")
        return None, tuple(map(Path, options.words))
    if not others:
        remedy = "verifier reach role/api examples/payments, or verifier reach --to kms:Decrypt examples/payments"
        problem = "no input: name a snapshot or a key policy" if first.startswith(_CALLERS) else "no caller to ask about"
        raise InputError.of(problem, hint=remedy)
    return first, tuple(map(Path, others))


def _asked(estate: Estate, caller: str | None, options: ReachOptions, progress: Callable[[int, int, str], None] | None) -> ReachReport:
    from verifier.verify.chosen import chosen_keys
    from verifier.verify.reach.reach import reach_from, reach_to

    if caller is None:
        return reach_to(estate, options.to, options.keys, options.steps, options.readings, progress)
    from verifier.verify.chosen_caller import chosen_caller

    who = chosen_caller(estate, caller, chosen_keys(estate, options.keys))
    return reach_from(estate, who, options.keys, options.steps, options.readings, progress)
