"""Proving in one process, with all that decides.

In: an estate, invariants, limits. Out: `Report`, a verdict for each invariant and target.
Guarantee: as of `verifier.verify.prove`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from verifier.model.choices import Engine, Progress
from verifier.model.estate import Estate
from verifier.model.invariant_file import AnyInvariant
from verifier.model.results.verdict import Report, Verdict
from verifier.problem.subjects import targets_of
from verifier.verify.deciding import Deciders
from verifier.verify.listed_grants import decide_listed
from verifier.verify.prove import decide_target, proof_options, report_of
from verifier.verify.reach.eventually import prove_eventually
from verifier.verify.string_claims import Strings
from verifier.verify.violations import violation

DECIDERS = Deciders(violation, decide_listed, prove_eventually, Strings)


def prove(
    estate: Estate,
    invariants: Iterable[AnyInvariant],
    *,
    engine: Engine | str = Engine.Z3,
    timeout: float | None = None,
    readings: Mapping[str, bool] | None = None,
    cross_check: bool = False,
    steps: int | None = None,
    progress: Progress | None = None,
) -> Report:
    """Proves or refutes each invariant on each of its targets.

    `engine` decides, by its name too. `timeout` is in seconds, for one invariant on one target; one that takes longer
    is Unknown. `readings` fixes readings, by label (`verifier readings` lists them); the others are tried both ways
    (S2). With `cross_check` each answer is held against a second engine, on the formula over strings. `steps` is how
    many steps callers may take where an invariant says `can eventually` (0 to `MOST_STEPS`; `None`: however many).
    Raises `InputError` where nothing would be checked (S3), a reading has an unknown label or the engine is not
    installed, `InternalDisagreement` where a counterexample does not replay, and its subclass `Contradiction` where two
    engines disagree.
    """
    invariants = tuple(invariants)
    options = proof_options(invariants, Engine(engine), timeout, readings, cross_check, DECIDERS, steps)
    by_target = targets_of(estate, invariants)
    total = sum(len(found) for _, found in by_target)
    verdicts: dict[tuple[int, str], Verdict] = {}
    for target, numbers in by_target:
        selected = [invariants[number] for number in numbers]
        for number, verdict in zip(numbers, decide_target(estate, target, selected, options), strict=True):
            verdicts[number, verdict.target] = verdict
            if progress is not None:
                progress(len(verdicts), total, verdict.invariant.name)
    return report_of(estate, verdicts, options)
