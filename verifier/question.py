"""Reads what a command asks about: the estate and the invariants.

In: paths and names from the command line. Out: `LoadedQuestion`.
Guarantee: the errors of the invariants and of the estate are reported together, in one `InputError`; no invariants at
all is one (S3).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from msgspec import field

from verifier.frozen import Frozen
from verifier.garbage_collection import collection_paused
from verifier.inputs import load_estate
from verifier.inputs.policy_file import no_key
from verifier.inputs.supplied import NOTHING_SUPPLIED, Supplied
from verifier.language.builtins.catalogue import builtin
from verifier.model.estate import Estate
from verifier.model.invariant_file import AnyInvariant, InvariantFiles, asks_of_sessions, is_eventual
from verifier.problem.subjects import is_keyless
from verifier.syntax.diagnostic import Diagnostic, InputError, Severity, collected


class QuestionOptions(Frozen):
    """What the command line names: the input, files of invariants, built-in invariants, the key of a single policy, and
    what a plan or template does not say."""

    paths: tuple[Path, ...]
    invariants: tuple[Path, ...] = ()
    builtins: tuple[str, ...] = ()
    key_arn: str | None = None
    supplied: Supplied = NOTHING_SUPPLIED
    cache: Path | None = None
    """Where large inputs are remembered as they were read; `None` for nowhere."""
    suppose: tuple[str, ...] = ()
    """Sentences that are taken for granted (W3)."""
    allow_empty: bool = False
    """Whether an input without keys may be: of its invariants those are asked that are about operations without a
    key."""
    texts: Mapping[Path, str] = field(default_factory=dict)
    """Texts in the place of what files hold; then nothing is remembered as it was read."""


class LoadedQuestion(Frozen):
    """What `QuestionOptions` name, read: the input as an estate, all invariants, and the files that hold them."""

    estate: Estate
    invariants: tuple[AnyInvariant, ...]
    files: InvariantFiles

    def inputs_with(self, inputs: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
        """These files and those of the invariants, each once, with their SHA-256."""
        return tuple(dict.fromkeys((*inputs, *self.files.inputs)))


ReadFiles: TypeAlias = Callable[
    [Sequence[Path], Sequence[Path] | None, Sequence[str], Mapping[Path, str]], InvariantFiles
]
"""Reads files of invariants, and what is supposed: `verifier.invariant_files.files_of_question`."""
Remember: TypeAlias = Callable[[Sequence[Path], Sequence[object], Path | None, Callable[[], Estate]], Estate]
"""Gives the estate of some paths as it was read before, or reads it: `verifier.runs.estates`."""


def read_question(options: QuestionOptions, read_files: ReadFiles, remember: Remember | None = None) -> LoadedQuestion:
    """Reads everything, files of invariants by `read_files`, and a large input by `remember` if it is given. Raises
    `InputError`."""
    errors: list[Diagnostic] = []
    files = InvariantFiles()
    named: list[AnyInvariant] = []
    estate = Estate(keys=())
    with collected(errors):
        files = _files(options, read_files)
    for spec in options.builtins:
        with collected(errors):
            named.append(builtin(spec))
    declared = files.key_arns[0] if len(files.key_arns) == 1 else None
    steps, tags = needs_of_invariants((*files.invariants, *named))

    def load() -> Estate:
        return load_estate(
            options.paths,
            key_arn=options.key_arn,
            declared_key_arn=declared,
            supplied=options.supplied,
            steps=steps,
            tags=tags,
            empty=options.allow_empty,
            texts=options.texts,
        )

    try:
        with collection_paused(keep=True):
            besides = (options.key_arn, declared, options.supplied, steps, tags, options.allow_empty)
            if remember is None or options.texts:
                estate = load()
            else:
                estate = remember(options.paths, besides, options.cache, load)
    except InputError as error:
        if not errors:
            raise
        errors += error.diagnostics
    if errors:
        raise InputError(errors)
    invariants = (*files.invariants, *named)
    if options.allow_empty and not estate.keys:
        nothing = no_key([name for name, _ in estate.inputs])
        invariants = tuple(filter(is_keyless, invariants))
        if not invariants:
            raise InputError((nothing,))
        estate = replace(estate, warnings=(*estate.warnings, replace(nothing, severity=Severity.WARNING)))
    return LoadedQuestion(replace(estate, suppositions=files.suppositions), invariants, files)


def needs_of_invariants(invariants: Sequence[AnyInvariant]) -> tuple[bool, bool]:
    """True iff an invariant asks for what only steps turn on, and true iff one does for what trust policies say of
    sessions (`with tag …`, `aws:PrincipalTag/…`, `aws:FederatedProvider`, and so on)."""
    return any(map(is_eventual, invariants)), any(map(asks_of_sessions, invariants))


def _files(options: QuestionOptions, read_files: ReadFiles) -> InvariantFiles:
    """What files say, those beside the input where neither a file nor a built-in is given, and what is supposed."""
    beside = not options.builtins and not options.invariants
    if not (beside or options.invariants or options.suppose):
        return InvariantFiles()
    return read_files(options.invariants, options.paths if beside else None, options.suppose, options.texts)
