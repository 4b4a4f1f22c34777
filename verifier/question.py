"""Reads what a command asks about: the estate and the invariants.

In: paths and names from the command line. Out: `LoadedQuestion`.
Guarantee: the errors of the invariants and of the estate are reported together, in one `InputError`; no invariants at
all is one (S3).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from msgspec import field

from verifier.frozen import Frozen
from verifier.garbage_collection import collection_paused
from verifier.inputs import load_estate
from verifier.inputs.policy_file import no_key
from verifier.inputs.supplied import NOTHING_SUPPLIED, Supplied
from verifier.inputs.text.files import STDIN
from verifier.language.builtins.catalogue import builtin
from verifier.model.estate import Estate
from verifier.model.invariant_file import AnyInvariant, InvariantFiles, asks_of_sessions, is_eventual
from verifier.model.steps.supposition import Supposition
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


def read_question(options: QuestionOptions) -> LoadedQuestion:
    """Reads everything. Raises `InputError`."""
    errors: list[Diagnostic] = []
    files = InvariantFiles()
    named: list[AnyInvariant] = []
    estate = Estate(keys=())
    with collected(errors):
        files = _files(options)
    for spec in options.builtins:
        with collected(errors):
            named.append(builtin(spec))
    supposed = list(files.suppositions)
    for sentence in options.suppose:
        with collected(errors):
            supposed.append(_supposition(sentence))
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
            estate = _cached(
                options, (options.key_arn, declared, options.supplied, steps, tags, options.allow_empty), load
            )
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
    return LoadedQuestion(replace(estate, suppositions=tuple(supposed)), invariants, files)


def _supposition(sentence: str) -> Supposition:
    from verifier.language.invariants.files import read_supposition  # the language takes a while to import

    return read_supposition(sentence, "--suppose")


def needs_of_invariants(invariants: Sequence[AnyInvariant]) -> tuple[bool, bool]:
    """True iff an invariant asks for what only steps turn on, and true iff one does for what trust policies say of
    sessions (`with tag …`, `aws:PrincipalTag/…`, `aws:FederatedProvider`, and so on)."""
    return any(map(is_eventual, invariants)), any(map(asks_of_sessions, invariants))


def _cached(options: QuestionOptions, besides: tuple[object, ...], load: Callable[[], Estate]) -> Estate:
    """The estate, by `load` or as it was read before: then `besides` is what it depends on beside the paths."""
    if options.cache is None or options.texts:
        return load()
    from verifier.runs.estates import cached_estate

    return cached_estate(options.paths, besides, options.cache, load)


def _files(options: QuestionOptions) -> InvariantFiles:
    """The files given; those beside the input when neither a file nor a built-in is given. None at all is an error
    (S3)."""
    if options.builtins and not options.invariants:
        return InvariantFiles()
    from verifier.invariant_files import beside, read_files  # built-ins need no parser of invariants

    if options.invariants:
        return read_files(options.invariants, options.texts)
    paths = [path for path in options.paths if path != STDIN]
    found = beside(paths)
    if not found and all(path.exists() for path in paths):  # of others the reader of inputs says more
        besides = f", and there is no *.inv file beside {' or '.join(map(str, paths))}" if paths else ""
        hint = "give --invariants FILE or --builtin no-external-access; in verifier.toml `invariants` or `builtins`"
        raise InputError.of(f"no invariants: none were given{besides}", hint=hint, rule="S3")
    return read_files(found, options.texts)
