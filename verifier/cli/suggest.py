"""`verifier suggest`: reads the estate and the invariants, looks for edits, writes them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from verifier.cli import options as given
from verifier.cli.command import command
from verifier.cli.outputs import output_option, sinks, write
from verifier.cli.run import progress_line, tell
from verifier.syntax.diagnostic import InputError

if TYPE_CHECKING:
    from verifier.model.estate import Estate
    from verifier.model.invariant_file import AnyInvariant
    from verifier.model.results.explanation import Suggestion, Suggestions

_ToMend = Annotated[
    list[str],
    typer.Option(
        metavar="NAME|NUMBER", help="Which invariant to mend; may be repeated. Without it: every refuted one."
    ),
]
_Outputs = Annotated[list[str], output_option("suggestions")]
_WriteTo = Annotated[
    Path | None,
    typer.Option(
        "--write",
        metavar="FILE",
        help=(
            "Write a suggestion to a new file: an edited copy of the file that holds the policy, or the policy as JSON."
        ),
    ),
]
_Choice = Annotated[int, typer.Option(metavar="N", min=1, help="Which suggestion to write.")]


@command(
    short_help="Suggest the smallest edits of a key policy.",
    epilog=(
        "Exit codes: 0 every refuted invariant has a suggestion, or none is refuted; 1 some has none; 2 usage or input "
        "error; 3 something unknown; 4 internal error."
    ),
    writes="suggestions",
)
def suggest(
    paths: given.Paths,
    *,
    invariants: given.InvariantFilesOption = [],
    builtin: given.Builtins = [],
    invariant: _ToMend = [],
    key_arn: given.KeyArnOption = None,
    supplied: given.SuppliedOptions,
    readings: given.Readings,
    timeout: given.Timeout = None,
    output: _Outputs = ["text"],
    quiet: given.Quiet = False,
    write_to: _WriteTo = None,
    choice: _Choice = 1,
    allow_empty: given.AllowEmpty = False,
) -> int:
    """Suggest the smallest edits of a key policy that make a refuted invariant hold.

    Each suggestion is proved: with it the invariant holds, and every other invariant has the verdict that it had. The
    access that it costs is told as `verifier compare` tells it. Up to three edits; where those do not suffice, it says
    so.

    \b
    verifier suggest examples/payments
    verifier suggest examples/payments --invariant "decrypting takes the tenant's own context"
    verifier suggest key-policy.json --builtin no-external-access --write tighter.json
    """
    from dataclasses import replace

    from verifier.invariant_files import files_of_question
    from verifier.question import QuestionOptions, read_question
    from verifier.syntax.text import printable

    if write_to is not None and write_to.exists():
        raise InputError.of(f"{printable(str(write_to))} exists; --write makes a new file")
    options = QuestionOptions(
        tuple(paths), tuple(invariants), tuple(builtin), key_arn, supplied, allow_empty=allow_empty
    )
    question = read_question(options, files_of_question)
    numbers = sorted({_number(question.invariants, name) for name in invariant}) if invariant else None
    from verifier.report.pages.suggestions import suggestions_forms
    from verifier.report.words.explanation import suggest_exit_code

    # after the input has been accepted: importing a solver takes a while
    from verifier.verify.suggestion.suggest import suggest as look

    with progress_line() as progress:
        found = look(
            question.estate, question.invariants, to_mend=numbers, timeout=timeout, readings=readings, progress=progress
        )
    found = replace(found, inputs=question.inputs_with(found.inputs))
    if write_to is not None:
        _write(write_to, *_only_suggestion(found, choice), question.estate, found.inputs)
    write(sinks(output, quiet=quiet), suggestions_forms(found), found.warnings)
    return suggest_exit_code(found)


def _number(invariants: Sequence[AnyInvariant], name: str) -> int:
    """The index of an invariant by its name, or by its number, which counts from 1."""
    from verifier.syntax.text import brief, did_you_mean, printable

    found = [index for index, invariant in enumerate(invariants) if invariant.name == name]
    if not found and name.isascii() and name.isdigit() and 0 < int(name) <= len(invariants):
        return int(name) - 1
    if not found:
        hint = did_you_mean(name, [invariant.name for invariant in invariants])
        raise InputError.of(
            f"there is no invariant {printable(brief(name))!r} among {len(invariants)}", hint=hint and printable(hint)
        )
    if len(found) > 1:
        raise InputError.of(f"{len(found)} invariants are called {printable(brief(name))!r}", hint="give its number")
    return found[0]


# --- the edited policy ------------------------------------------------------------------------------------------------


def _only_suggestion(suggestions: Suggestions, choice: int) -> tuple[str, Suggestion]:
    """The key and the suggestion to write: for one invariant on one key, since each is about the policy as it is."""
    found = [(advice.target, advice.suggestions) for advice in suggestions.advice if advice.suggestions]
    if not found:
        raise InputError.of("there is no suggestion to write")
    if len(found) > 1:
        message = f"there are suggestions for {len(found)} invariants or keys, each about the policy as it is"
        raise InputError.of(message, hint="choose one with --invariant")
    ((target, made),) = found
    if choice > len(made):
        raise InputError.of(f"there is no suggestion {choice}; there {'is' if len(made) == 1 else 'are'} {len(made)}")
    return target, made[choice - 1]


def _write(path: Path, target: str, suggestion: Suggestion, estate: Estate, inputs: Sequence[tuple[str, str]]) -> None:
    from verifier.syntax.text import printable

    text, what = _edited(path, target, suggestion, estate, inputs)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError.of(f"cannot write {printable(str(path))}: {reason}") from None
    tell(f"wrote {printable(str(path))}: {what}")


def _edited(
    path: Path, target: str, suggestion: Suggestion, estate: Estate, inputs: Sequence[tuple[str, str]]
) -> tuple[str, str]:
    """The text to write, and what it is."""
    from verifier.report.evidence import file_texts
    from verifier.verify.edits.in_text import NotLiteral, edited

    key = estate.key(target)
    policies = key.policies if key is not None else None
    alone = "the policy as JSON"
    if not policies or not policies[0].statements:
        return _as_json(suggestion, target, estate), alone
    file = policies[0].statements[0].span.file
    text = file_texts(inputs).get(file)
    if text is None or Path(file).suffix.lower() != path.suffix.lower():
        return _as_json(suggestion, target, estate), alone
    try:
        return edited(Path(file), text, policies[0], suggestion.edits), f"{file} with the edits"
    except NotLiteral as error:
        return _as_json(suggestion, target, estate), f"{alone}, since {file} cannot be edited: {error}"


def _as_json(suggestion: Suggestion, target: str, estate: Estate) -> str:
    """The policy as JSON. Raises `InputError` where it would hold what stands for something that is not known (S4)."""
    from verifier.verify.suggestion.suggested_edits import stand_ins_of

    key = estate.key(target)
    names = () if key is None else (*stand_ins_of(estate, key), *(text for _, text in estate.generated))
    held = next((name for name in names if name in suggestion.policy), None)
    if held is not None:
        message = f"the policy as JSON would hold {held}, which stands for what the input does not tell"
        raise InputError.of(
            message, hint="--account and --region tell the key's own; an edited copy needs neither", rule="S4"
        )
    return suggestion.policy
