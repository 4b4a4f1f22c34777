"""Suggest: a refuted invariant → the smallest edits of the key policy that make it hold.

In: an estate, invariants, the numbers of those to be mended. Out: `Suggestions`.
Guarantee: with each suggestion the invariant is proved, every other invariant has the verdict that it had, or is proved
now, and somebody can still change the key policy, if anybody can. With fewer edits, of those that counterexamples lead
to, it does not hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from verifier.language.invariants.absent_callers import absent_in_invariants
from verifier.model.choices import Engine, Progress
from verifier.model.estate import Estate
from verifier.model.invariant import Invariant
from verifier.model.invariant_file import AnyInvariant, GrantInvariant
from verifier.model.reference import data_version
from verifier.model.results.explanation import Advice, Suggestions
from verifier.model.results.verdict import Reason, Status, Verdict
from verifier.problem.semantics.targets import Target
from verifier.problem.subjects import targets_of
from verifier.verify.assumptions import summary, where_it_is
from verifier.verify.deciding import ProofOptions
from verifier.verify.edits.policy_change import editable_policy
from verifier.verify.preparation import check_direct
from verifier.verify.prove import decide_target, proof_options
from verifier.verify.proving import DECIDERS
from verifier.verify.suggestion.search import EditSearch, beyond_any_edit
from verifier.verify.suggestion.suggested_edits import OWN_PLACE_NOT_GIVEN


def suggest(
    estate: Estate,
    invariants: Iterable[AnyInvariant],
    *,
    to_mend: Iterable[int] | None = None,
    timeout: float | None = None,
    readings: Mapping[str, bool] | None = None,
    progress: Progress | None = None,
) -> Suggestions:
    """The smallest edits of the key policies that make refuted invariants hold, each proved, with the access that they
    cost.

    `to_mend` are the indexes of the invariants to mend, on each key on which they are refuted; without it, all. The
    others must keep their verdicts. `timeout` is in seconds, for one invariant on one target, and for what an edit
    costs; `readings` fixes readings (label → value). Raises `InputError` as `prove` does.
    """
    invariants = tuple(invariants)
    check_direct(invariants)
    options = proof_options(invariants, Engine.Z3, timeout, readings, False, DECIDERS)
    wanted = set(range(len(invariants)) if to_mend is None else to_mend)
    found: list[tuple[int, Advice]] = []
    targets = targets_of(estate, invariants)
    for done, (target, numbers) in enumerate(targets, start=1):
        found_here = decide_target(estate, target, [invariants[n] for n in numbers], options)
        verdicts = dict(zip(numbers, found_here, strict=True))
        for number in (number for number in numbers if number in wanted):
            found.append((number, _advice(estate, target, invariants, verdicts, number, options)))
        if progress is not None:
            progress(done, len(targets), target.resource or target.kind.value)
    ordered = tuple(advice for _, advice in sorted(found, key=lambda item: item[0]))
    warnings = (*estate.warnings, *absent_in_invariants(estate, invariants))
    keys = tuple(summary(estate, key) for key in estate.keys)
    return Suggestions(ordered, keys, data_version(), warnings, estate.inputs, where_it_is(estate))


def _advice(
    estate: Estate,
    target: Target,
    invariants: Sequence[AnyInvariant],
    verdicts: Mapping[int, Verdict],
    number: int,
    options: ProofOptions,
) -> Advice:
    verdict, invariant = verdicts[number], invariants[number]
    plain = Advice(number + 1, invariant, verdict.target, verdict.status)
    if verdict.status is not Status.REFUTED:
        return replace(plain, reason=verdict.reason)
    hopeless = _hopeless(estate, target, invariant, verdict)
    if hopeless is not None:
        return replace(plain, reason=hopeless)
    assert target.key is not None and isinstance(invariant, Invariant)
    search = EditSearch(estate, target.key, invariants, verdicts, number, options)
    suggestions = search.run()
    left_out = OWN_PLACE_NOT_GIVEN if search.left_out else None
    reason = left_out or search.late if suggestions else search.reason
    return replace(plain, suggestions=suggestions, reason=reason, others=len(search.others))


def _hopeless(estate: Estate, target: Target, invariant: AnyInvariant, verdict: Verdict) -> Reason | None:
    """Why no edit of a key policy could mend an invariant."""
    if isinstance(invariant, GrantInvariant):
        remedy = "retire or revoke those that it names; no key policy takes them away"
        return Reason("G1", f"it is about the grants that there are: {remedy}")
    key = target.key
    if key is None:
        return Reason("D9", "no key policy decides operations without a key, or on an alias")
    if key.manager == "AWS":
        return Reason("D8", "nobody can change the policy of an AWS managed key")
    policy = editable_policy(key)
    if policy is None:
        return Reason("U3", "the key policy, or a part of it, is not known", key.span)
    found = verdict.counterexample
    if found is None:
        return Reason("S1", "the request that breaks it is not known")
    return beyond_any_edit(estate, key, policy, found, invariant)
