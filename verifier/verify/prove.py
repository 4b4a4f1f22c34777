"""Prove: an estate, a target and invariants → verdicts, and these → a report.

In: an estate, invariants, limits. Out: `Report`, a verdict for each invariant and target.
Guarantee: an invariant whose scope is empty is an input error (S3), never a pass.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from verifier.language.invariants.absent_callers import absent_in_invariants
from verifier.model.choices import MOST_STEPS, Engine
from verifier.model.estate import Estate
from verifier.model.invariant import Invariant
from verifier.model.invariant_file import AnyInvariant
from verifier.model.reference import data_version
from verifier.model.results.verdict import Agreement, Reason, Report, Status, Verdict
from verifier.model.steps.supposition import Supposition
from verifier.problem.semantics.targets import Target
from verifier.problem.subjects import open_keys
from verifier.solve.engines import require_solver, second_engine
from verifier.syntax.diagnostic import Diagnostic, InputError, Severity
from verifier.verify.assumptions import summary
from verifier.verify.deciding import Deciders, ProofOptions, decide_requests
from verifier.verify.preparation import free_readings, held_readings


def proof_options(
    invariants: Sequence[AnyInvariant],
    engine: Engine,
    timeout: float | None,
    readings: Mapping[str, bool] | None,
    cross_check: bool,
    deciders: Deciders,
    steps: int | None = None,
) -> ProofOptions:
    """How a run decides, from the arguments of `prove`. Raises `InputError` as `prove` does."""
    held = held_readings(readings)
    require_solver(engine)
    if not invariants:
        raise InputError.of("there are no invariants, so nothing was checked", rule="S3")
    if steps is not None and not 0 <= steps <= MOST_STEPS:
        raise InputError.of(f"steps are {steps}, expected a number from 0 to {MOST_STEPS}", rule="E0")
    return ProofOptions(engine, timeout, held, second_engine(engine) if cross_check else None, deciders, steps)


def report_of(estate: Estate, verdicts: Mapping[tuple[int, str], Verdict], options: ProofOptions) -> Report:
    """The report of all verdicts, each by the number of its invariant and its target."""
    ordered = tuple(verdict for _, verdict in sorted(verdicts.items(), key=lambda item: item[0][0]))
    return Report(
        ordered,
        tuple(summary(estate, key) for key in estate.keys),
        tuple(account.id for account in estate.accounts),
        data_version(),
        (
            *estate.warnings,
            *absent_in_invariants(estate, dict.fromkeys(verdict.invariant for verdict in ordered)),
            *_unused(estate.suppositions, ordered),
        ),
        estate.inputs,
        free_readings(options.held),
        None if estate.endpoints is None else len(estate.endpoints),
        options.engine,
        options.second,
        tuple(account.id for account in estate.accounts if not account.complete),
    )


def _unused(suppositions: Iterable[Supposition], verdicts: Sequence[Verdict]) -> Iterator[Diagnostic]:
    """A warning for each supposition that no proof needed (W3)."""
    needed = {assumption.text for verdict in verdicts for assumption in verdict.assumptions if assumption.rule == "W3"}
    for one in suppositions:
        if one.sentence not in needed:
            message = f"what is supposed was not needed for any proof: {one.sentence}"
            yield Diagnostic(Severity.WARNING, message, one.span, rule="W3")


# -- verdicts --


def decide_target(
    estate: Estate, target: Target, invariants: list[AnyInvariant], options: ProofOptions
) -> Iterator[Verdict]:
    """A verdict for each invariant, in their order. If one may not be about the target only a proof stands (S1)."""
    for verdict in _decided(estate, target, invariants, options):
        is_refuted = verdict.status is Status.REFUTED
        why = open_keys(estate, verdict.invariant).get(verdict.target) if is_refuted else None
        if why is not None:
            text = f"it does not hold on {verdict.target}, and it is not known whether it is about this key: {why}"
            reason = Reason("S1", text)
            verdict = replace(
                verdict, status=Status.UNKNOWN, reason=reason, counterexample=None, story=None, grants=(), rests_on=()
            )
        yield verdict


def _decided(
    estate: Estate, target: Target, invariants: list[AnyInvariant], options: ProofOptions
) -> Iterator[Verdict]:
    """A verdict for each invariant: those about listed grants need no question, those about steps are asked apart."""
    about_requests = [one for one in invariants if isinstance(one, Invariant) and not one.eventually]
    about_steps = [invariant for invariant in invariants if isinstance(invariant, Invariant) and invariant.eventually]
    answered = decide_requests(estate, target, about_requests, options)
    brought_about = _on_steps(estate, target, about_steps, options)
    for invariant in invariants:
        if isinstance(invariant, Invariant):
            yield next(brought_about if invariant.eventually else answered)
        else:
            assert target.key is not None
            found = options.deciders.listed(estate, target.key, invariant, options.held)
            yield replace(found, agreement=Agreement.NOTHING_TO_CHECK if options.second else None)


def _on_steps(estate: Estate, target: Target, invariants: list[Invariant], options: ProofOptions) -> Iterator[Verdict]:
    """A verdict for each invariant that says `can eventually` (E0)."""
    if invariants:
        unchecked = Agreement.NOTHING_TO_CHECK if options.second else None
        found = options.deciders.eventually(estate, target, invariants, options)
        yield from (replace(verdict, agreement=unchecked) for verdict in found)
