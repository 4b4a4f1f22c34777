"""`verifier suggest`: reads the estate and the invariants, looks for edits, writes them."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from verifier.cli.bodies.asked import Asked, Read, read
from verifier.cli.outputs import Sink, only_json, rendering, write
from verifier.cli.progress import shown
from verifier.cli.run import warn
from verifier.language.policies.reader import did_you_mean
from verifier.model.invariant import AnyInvariant
from verifier.model.results.suggestion import Suggestion, Suggestions
from verifier.report.suggestion.words import suggest_exit_code
from verifier.syntax.diagnostic import InputError
from verifier.syntax.text import brief, printable


@dataclass(frozen=True)
class SuggestOptions:
    """What the command line asked for. `timeout` is in seconds for each query."""

    asked: Asked
    chosen: tuple[str, ...] = ()
    readings: Mapping[str, bool] = field(default_factory=dict)
    timeout: float | None = None
    sinks: tuple[Sink, ...] = (Sink("text"),)
    write: Path | None = None
    choice: int = 1


def suggest_command(options: SuggestOptions) -> int:
    """Writes the suggestions to stdout and warnings to stderr; returns the exit code."""
    if options.write is not None and options.write.exists():
        raise InputError.of(f"{printable(str(options.write))} exists; --write makes a new file")
    asked = read(options.asked)
    suggestions = _suggest(options, asked)
    suggestions = replace(suggestions, inputs=asked.inputs_with(suggestions.inputs))
    if not only_json(options.sinks):
        warn(suggestions.warnings)
    if options.write is not None:
        _write(options.write, _only_suggestion(suggestions, options.choice))
    from verifier.report.pages.suggestions import suggestions_document
    from verifier.report.suggestion.json import suggestions_to_json

    write(options.sinks, rendering(lambda: suggestions_document(suggestions), lambda: suggestions_to_json(suggestions)))
    return suggest_exit_code(suggestions)


def _suggest(options: SuggestOptions, asked: Read) -> Suggestions:
    chosen = sorted({_number(asked.invariants, name) for name in options.chosen}) if options.chosen else None
    from verifier.verify.suggestion.suggest import suggest  # after the input has been accepted: importing a solver takes a while

    with shown() as progress:
        return suggest(asked.estate, asked.invariants, chosen=chosen, timeout=options.timeout, readings=options.readings, progress=progress)


def _number(invariants: Sequence[AnyInvariant], name: str) -> int:
    """The index of an invariant by its name, or by its number, which counts from 1."""
    found = [index for index, invariant in enumerate(invariants) if invariant.name == name]
    if not found and name.isascii() and name.isdigit() and 0 < int(name) <= len(invariants):
        return int(name) - 1
    if not found:
        hint = did_you_mean(name, [invariant.name for invariant in invariants])
        raise InputError.of(f"there is no invariant {printable(brief(name))!r} among {len(invariants)}", hint=hint and printable(hint))
    if len(found) > 1:
        raise InputError.of(f"{len(found)} invariants are called {printable(brief(name))!r}", hint="give its number")
    return found[0]


# --- the edited policy -------------------------------------------------------------------------------------------------------------


def _only_suggestion(suggestions: Suggestions, choice: int) -> Suggestion:
    """The suggestion to write: for one invariant on one key, since each is about the policy as it is."""
    found = [advice.suggestions for advice in suggestions.advice if advice.suggestions]
    if not found:
        raise InputError.of("there is no suggestion to write")
    if len(found) > 1:
        raise InputError.of(
            f"there are suggestions for {len(found)} invariants or keys, each about the policy as it is", hint="choose one with --invariant"
        )
    if choice > len(found[0]):
        raise InputError.of(f"there is no suggestion {choice}; there {'is' if len(found[0]) == 1 else 'are'} {len(found[0])}")
    return found[0][choice - 1]


def _write(path: Path, suggestion: Suggestion) -> None:
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(suggestion.policy)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError.of(f"cannot write {printable(str(path))}: {reason}") from None
    print(f"wrote {printable(str(path))}", file=sys.stderr)
