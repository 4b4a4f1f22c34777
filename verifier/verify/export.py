"""Questions as SMT-LIB 2.6, for other solvers.

In: an estate and invariants. Out: `Exported`, one for each invariant about requests and each of its targets.
Guarantee: no solver is involved; what cannot be written as a formula is reported with the reason, never left out in
silence.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from verifier import __version__
from verifier.encode.string_theory import Inexpressible, Script, script
from verifier.frozen import Frozen
from verifier.model.estate import Estate
from verifier.model.invariant import Invariant
from verifier.model.invariant_file import AnyInvariant
from verifier.model.reference import data_version
from verifier.model.symbols import SymbolValues
from verifier.problem.expression import conjunction, literal
from verifier.problem.rules import formulate
from verifier.problem.semantics.targets import Target
from verifier.problem.subjects import target_name, targets_of
from verifier.syntax.text import printable
from verifier.verify.preparation import held_readings, not_known, resolved_invariant


class Exported(Frozen):
    """The formula of one invariant on one target, or why there is none: either `text` or `reason` is `None`."""

    invariant: AnyInvariant
    target: str
    text: str | None = None
    reason: str | None = None


def export(estate: Estate, invariants: Sequence[AnyInvariant], readings: Mapping[str, bool]) -> Iterator[Exported]:
    """Every invariant on each of its targets, target by target. `readings` fixes readings (label → value).

    Raises `InputError` for an invariant that speaks of nothing (S3), or a reading with an unknown label.
    """
    held = held_readings(readings)
    for target, numbers in targets_of(estate, invariants):
        for number in numbers:
            yield _exported(estate, target, invariants[number], held)


def _exported(estate: Estate, target: Target, invariant: AnyInvariant, readings: SymbolValues) -> Exported:
    name = target_name(target)
    if not isinstance(invariant, Invariant):
        return Exported(invariant, name, reason="it is about the listed grants, which are looked at one by one")
    if invariant.eventually:
        steps = "it is about what steps lead to, which no formula about one request says"
        return Exported(invariant, name, reason=steps)
    reason = not_known(target)
    if reason is not None:
        return Exported(invariant, name, reason=reason.text)
    try:
        formula = formulate(estate, target, [resolved_invariant(estate, target, invariant)])
        fixed = [literal(label, value) for label, value in readings.items()]
        written = script(formula, conjunction((*fixed, formula.violations[0], formula.known_action)))
    except Inexpressible as error:
        return Exported(invariant, name, reason=str(error))
    return Exported(invariant, name, "\n".join([*_remarks(estate, invariant, name, readings, written), written.text]))


def _remarks(
    estate: Estate, invariant: Invariant, target: str, readings: SymbolValues, written: Script
) -> Iterator[str]:
    """What the formula is, as comments; a name from the input cannot end one early."""
    yield f"; kms-verifier {__version__}, {data_version()}"
    yield f"; invariant: {_one_line(invariant.name)}"
    yield f"; about: {_one_line(target)}"
    yield from (f"; supposed: {_one_line(sentence)} [S4]" for sentence in estate.concluded)
    for label, value in readings.items():
        yield f"; the reading {label} is held at {'yes' if value else 'no'}"
    known = "for an action that the reference data knows"
    yield f"; unsat: no request {known} breaks the invariant. sat: some request does."
    for name in written.open:
        yield f"; open, so that sat may rest on it: {_one_line(name)}"
    yield "(set-info :smt-lib-version 2.6)"


def _one_line(text: str) -> str:
    return printable(text).replace("\n", " ")
