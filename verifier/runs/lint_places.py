"""Lint of key policies of which nothing tells the account or the Region (S4): what is wrong wherever the key is.

In: paths. Out: the estate under each place that could make a difference, and their reports as one. Guarantee: a finding
was found under each account and Region that the texts name, and under one that they do not; policies that name none of
two decide alike for both, and where patterns tell such two apart the place is asked for. Where each place has others,
that is something undecided.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from itertools import product
from pathlib import Path

from verifier.inputs import load_estate
from verifier.inputs.own_region import REGIONS, OpenPlaceError, named_partitions, region_partition
from verifier.inputs.region_versions import texts_in
from verifier.inputs.supplied import Supplied
from verifier.inputs.text.files import SUFFIXES, Files
from verifier.model.caller_sets import ACCOUNT_IN_TEXT
from verifier.model.estate import Estate
from verifier.model.own_place import BY_PARTITION, check_account, depends, regions_in, telling_regions
from verifier.model.results.lint import Finding, LintReport, UndecidedQuestion
from verifier.runs.each_place import places_of
from verifier.syntax.diagnostic import InputError
from verifier.syntax.source import Span

_UUID = re.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_MOST_PLACES = 12
_SAID = (
    "the account or the Region of a key is not given: what is told is wrong whichever they are (--account, --region)"
)


def estates(
    paths: Sequence[Path], key_arn: str | None, given: Supplied, texts: Mapping[Path, str] | None = None
) -> tuple[Estate, ...]:
    """The estate; where it depends on where the keys are, the estate under each place. `texts` are those in the place
    of what files hold. Raises `InputError`."""
    load = partial(load_estate, paths, steps=False, tags=False, texts=texts or {}, asks=True)
    try:
        return (load(key_arn=key_arn, supplied=given),)
    except InputError as error:
        if key_arn is not None or not error.asks:
            raise
        if isinstance(error, OpenPlaceError) and all(path.is_dir() for path in paths):
            with suppress(InputError):
                return _saying(load(supplied=place) for place in places_of(error))
        places = list(_places(paths, given, Files(given=texts or {})))
        if len(places) > _MOST_PLACES:
            raise
        found = []
        for place in places:
            estate = load(supplied=place)
            partitions = named_partitions(estate.keys)
            if given.region is None and len(partitions) == 1 and region_partition(place.region or "") not in partitions:
                continue  # principals say that it is elsewhere
            found.append(estate)
            if given.account is None and place.account is not None:
                check_account((estate,), place.account)
                if not _accounts(texts_in(replace(estate, inputs=()))) <= {place.account for place in places}:
                    raise  # an escape or a function of a template makes one that the files do not show
            if given.region is None:
                _check_regions(estate, {place.region for place in places})
        if not found:
            raise
        return _saying(found)


def _saying(found: Iterable[Estate]) -> tuple[Estate, ...]:
    return tuple(replace(estate, concluded=(*estate.concluded, _SAID)) for estate in found)


def _accounts(texts: Iterable[str]) -> set[str]:
    return {found for text in texts for found in ACCOUNT_IN_TEXT.findall(_UUID.sub("", text))}


def _check_regions(estate: Estate, regions: Container[str | None]) -> None:
    """Raises `InputError` where something tells Regions apart otherwise than by names among some `regions`."""
    for policy in estate.deciding_policies():
        for statement in policy.statements:
            for text in telling_regions(statement, ""):
                named = regions_in([text])
                if {*"*?$"} & {*text} or not named or not all(region in regions for region in named):
                    raise depends([policy.span.file], text, statement.span)


def _places(paths: Sequence[Path], given: Supplied, read: Files) -> list[Supplied]:
    files = [file for path in paths for file in (sorted(path.rglob("*")) if path.is_dir() else [path])]
    text = "\n".join(read.source(file).text for file in files if file in paths or file.suffix.lower() in SUFFIXES)
    named = sorted(regions_in([text]))
    others = {
        *map(region_partition, named),
        *(name for name in REGIONS if f"arn:{name}:" in text or BY_PARTITION.search(text)),
    } - {"aws"}
    regions = [next((one for one in REGIONS[name] if one not in named), "") for name in ("aws", *sorted(others))]
    regions = [*filter(None, regions), *named]
    numbers = sorted(_accounts([text]))
    other = next(number for number in map("{:012}".format, range(len(numbers) + 1)) if number not in numbers)
    accounts = [other, *numbers]
    places = product([given.account] if given.account else accounts, [given.region] if given.region else regions)
    return [replace(given, account=account, region=region) for account, region in places]


def everywhere(found: Sequence[Estate], look: Callable[[Estate], LintReport]) -> LintReport:
    """The report on the estate, or on those of all places: what each of them has."""
    first, *others = map(look, found)
    if not others:
        return first
    findings_there = [{*map(_said, report.findings)} for report in others]
    open_there = [{*map(_about, report.undecided)} for report in (first, *others)]
    findings = tuple(finding for finding in first.findings if all(_said(finding) in there for there in findings_there))
    known = [
        {*map(_about, report.findings)} | there for report, there in zip((first, *others), open_there, strict=True)
    ]
    undecided = {_about(each): each for report in (first, *others) for each in report.undecided}
    still = tuple(
        each for about, each in undecided.items() if about[0] is None or all(about in there for there in known)
    )
    kept = {*map(_said, findings)}
    rest = [
        next((finding for finding in report.findings if _said(finding) not in kept), None)
        for report in (first, *others)
    ]
    if rest[0] is not None and all(rest):
        depends = "what it is depends on its account and Region: give --account and --region"
        reason = f"something is wrong wherever the key is, and {depends}"
        still += (UndecidedQuestion(None, rest[0].policy_name, reason, "S4", rest[0].span),)
    elapsed = first.elapsed + sum(report.elapsed for report in others)
    return replace(first, findings=findings, undecided=still, elapsed=elapsed)


def _said(finding: Finding) -> tuple[str, Span, str]:
    return finding.rule.id, finding.span, finding.message


def _about(found: Finding | UndecidedQuestion) -> tuple[str | None, Span]:
    return found.rule.id if found.rule is not None else None, found.span
