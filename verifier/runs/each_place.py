"""Proofs and comparisons of keys of which nothing tells the account or the Region (S4): what holds wherever they are.

In: what is asked, read once for each place that the keys may be in, and the answers. Out: one answer. Guarantee: it is
known only where it is the same in every place; an invariant that tells apart what one place stands for is an error.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from verifier.inputs.own_region import OpenPlaceError
from verifier.inputs.region_versions import texts_in
from verifier.inputs.supplied import Supplied
from verifier.model.estate import Estate
from verifier.model.invariant_file import AnyInvariant
from verifier.model.own_place import check_region, regions_in
from verifier.model.results.comparison import Comparison, TargetComparison
from verifier.model.results.verdict import Reason, Report, Status, Verdict
from verifier.syntax.text import first_few

MOST_PLACES = 8
_ACCOUNT = re.compile(r"[0-9]{12}")


def places_of(error: OpenPlaceError) -> tuple[Supplied, ...]:
    """The places to look at. Raises the error where they are too many."""
    if len(error.places) > MOST_PLACES:
        raise error
    return error.places


def sentence_of(estate: Estate, invariants: Sequence[AnyInvariant], error: OpenPlaceError) -> str:
    """What is said of each place, of which the first has this estate. Raises `InputError` where something that is asked
    or supposed tells places apart."""
    by_account = error.what == "account"
    opened = replace(estate, open_account=True) if by_account else replace(estate, open_region=("the input",))
    check_region(opened, invariants)
    texts = [*texts_in(tuple(invariants))]
    names_places = any(map(_ACCOUNT.search, texts)) if by_account else regions_in(texts)
    if names_places or estate.suppositions:
        raise error
    other, *named = _names(error)
    found = f", and so was each that it names ({first_few(named)})" if named else ""
    return (
        f"the {error.what} of the keys is not given: {other} was looked at for any that the input does not name{found}"
    )


def in_each(reports: Sequence[Report], error: OpenPlaceError) -> Report:
    """The report on all places. Raises `InputError` where they do not have the same keys."""
    if len({tuple(map(_about(report), report.verdicts)) for report in reports}) != 1:
        raise error
    together = zip(*(report.verdicts for report in reports), strict=True)
    return replace(reports[0], verdicts=tuple(_in_each(verdicts, error) for verdicts in together))


def _about(report: Report) -> Callable[[Verdict], tuple[str, str | None]]:
    names = {key.arn: key.name for key in report.keys}
    return lambda verdict: (verdict.invariant.name, names.get(verdict.target, verdict.target))


def _in_each(verdicts: Sequence[Verdict], error: OpenPlaceError) -> Verdict:
    first = verdicts[0]
    if all(verdict.status is Status.PROVED for verdict in verdicts):
        bounds = (one.bound for one in verdicts if one.bound is not None)
        least = min(bounds, key=lambda bound: (bound.complete, bound.steps), default=None)
        assumptions = dict.fromkeys(one for verdict in verdicts for one in verdict.assumptions)
        return replace(first, bound=least, assumptions=tuple(assumptions))
    if all(verdict.status is first.status for verdict in verdicts):
        return first
    reason = _depends_on_place(verdicts, error)
    unknown = Verdict(
        first.invariant, first.target, Status.UNKNOWN, (), first.assumptions, reason=reason, agreement=first.agreement
    )
    return replace(unknown, elapsed=sum(verdict.elapsed for verdict in verdicts), bound=first.bound)


def _depends_on_place(verdicts: Sequence[Verdict], error: OpenPlaceError) -> Reason:
    """Why these verdicts are not one; where none is refuted, also why the first that is unknown is so."""
    reason = depends_on_place([verdict.status.value for verdict in verdicts], error)
    refuted = any(verdict.status is Status.REFUTED for verdict in verdicts)
    lacking = ((one.reason, name) for one, name in zip(verdicts, _names(error), strict=True) if one.reason is not None)
    first, name = next(lacking, (None, ""))
    if first is None or refuted:
        return reason
    return replace(reason, text=f"{reason.text}; in {name}: {first.text}", span=first.span)


def depends_on_place(answers: Sequence[str], error: OpenPlaceError) -> Reason:
    """Why it is not known what has these answers in the places."""
    found = ", ".join(f"{answer} in {name}" for answer, name in zip(answers, _names(error), strict=True))
    return Reason(
        "S4", f"it depends on the {error.what} of the key, which is not given (--{error.what.lower()}): {found}"
    )


def _names(error: OpenPlaceError) -> list[str]:
    return [(place.account if error.what == "account" else place.region) or "" for place in error.places]


def compared_in_each(found: Sequence[Comparison], error: OpenPlaceError) -> Comparison:
    """The comparison in all places. Raises `InputError` where they do not have the same keys."""
    if (
        len({tuple((target.target.rpartition(":")[2], target.presence) for target in one.targets) for one in found})
        != 1
    ):
        raise error
    together = zip(*(one.targets for one in found), strict=True)
    return replace(found[0], targets=tuple(_target_in_each(targets, error) for targets in together))


def _target_in_each(targets: Sequence[TargetComparison], error: OpenPlaceError) -> TargetComparison:
    first = targets[0]
    assumptions = tuple(dict.fromkeys(one for target in targets for one in target.assumptions))
    if (
        len({(one.relation, bool(one.gained), bool(one.lost), one.unknown_gained, one.unknown_lost) for one in targets})
        == 1
    ):
        return replace(first, assumptions=assumptions)
    reason = depends_on_place([target.relation.value for target in targets], error)
    elapsed = sum(target.elapsed for target in targets)
    return TargetComparison(
        first.target, first.name, first.presence, reasons=(reason,), assumptions=assumptions, elapsed=elapsed
    )
