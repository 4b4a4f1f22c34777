"""Proofs about keys of which nothing tells the account or the Region (S4): what holds wherever they are.

In: what is asked, read once for each place that the keys may be in, and the reports. Out: one report. Guarantee: a verdict is proved or
refuted only where it is in every place; an invariant that tells apart what one place stands for is an error.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from verifier.inputs.own_region import OpenPlaceError, texts_in
from verifier.inputs.supplied import Supplied
from verifier.model.estate import Estate
from verifier.model.invariant import AnyInvariant
from verifier.model.own_place import check_region, regions_in
from verifier.model.results.verdict import Reason, Report, Status, Verdict
from verifier.syntax.text import first_few

MOST_PLACES = 8
_ACCOUNT = re.compile(r"[0-9]{12}")


def sentence_of(estate: Estate, invariants: Sequence[AnyInvariant], error: OpenPlaceError) -> str:
    """What is said of each place, of which the first has this estate. Raises `InputError` where something that is asked or supposed tells
    places apart."""
    by_account = _by_account(error.places)
    opened = replace(estate, open_account=True) if by_account else replace(estate, open_region=("the input",))
    check_region(opened, invariants)
    texts = [*texts_in(tuple(invariants))]
    names_places = any(map(_ACCOUNT.search, texts)) if by_account else regions_in(texts)
    if names_places or estate.suppositions or len(error.places) > MOST_PLACES:
        raise error
    other, *named = _names(error.places)
    found = f", and so was each that it names ({first_few(named)})" if named else ""
    kind = "account" if by_account else "Region"
    return f"the {kind} of the keys is not given: {other} was looked at for any that the input does not name{found}"


def in_each(reports: Sequence[Report], error: OpenPlaceError) -> Report:
    """The report on all places. Raises `InputError` where they do not have the same keys."""
    if len({tuple(map(_about(report), report.verdicts)) for report in reports}) != 1:
        raise error
    together = zip(*(report.verdicts for report in reports), strict=True)
    return replace(reports[0], verdicts=tuple(_in_each(verdicts, error.places) for verdicts in together))


def _about(report: Report) -> Callable[[Verdict], tuple[str, str | None]]:
    names = {key.arn: key.name for key in report.keys}
    return lambda verdict: (verdict.invariant.name, names.get(verdict.target, verdict.target))


def _in_each(verdicts: Sequence[Verdict], places: Sequence[Supplied]) -> Verdict:
    first = verdicts[0]
    if all(verdict.status is Status.PROVED for verdict in verdicts):
        return replace(first, assumptions=tuple(dict.fromkeys(one for verdict in verdicts for one in verdict.assumptions)))
    if all(verdict.status is first.status for verdict in verdicts):
        return first
    found = ", ".join(f"{verdict.status.value} in {name}" for verdict, name in zip(verdicts, _names(places), strict=True))
    what = "account" if _by_account(places) else "Region"
    reason = Reason("S4", f"it depends on the {what} of the key, which is not given (--{what.lower()}): {found}")
    unknown = Verdict(first.invariant, first.target, Status.UNKNOWN, (), first.assumptions, reason=reason, agreement=first.agreement)
    return replace(unknown, elapsed=sum(verdict.elapsed for verdict in verdicts), bound=first.bound)


def _by_account(places: Sequence[Supplied]) -> bool:
    return len({place.account for place in places}) > 1


def _names(places: Sequence[Supplied]) -> list[str]:
    return [(place.account if _by_account(places) else place.region) or "" for place in places]
