"""Lists about an input whose keys may be in several accounts or Regions (S4): that which is the same in each.

In: the paths of the input, and what is asked of it. Out: the input as it is read in the first place, and its list.
Guarantee: where lists differ in anything but the own account and their examples, the error that asks for the place is
raised.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from os import PathLike
from typing import TypeVar

from verifier.inputs import load_estate
from verifier.inputs.own_region import OpenPlaceError
from verifier.inputs.region_versions import DifferError, swapped
from verifier.inputs.supplied import Supplied
from verifier.model.estate import Estate
from verifier.model.own_place import regions_in
from verifier.model.results.access import Access, ExternalAccess
from verifier.runs.each_place import places_of, sentence_of
from verifier.syntax.diagnostic import InputError

_T = TypeVar("_T")
_ACCOUNT = re.compile("[0-9]{12}")


def listed_answer(
    paths: Sequence[str | PathLike[str]],
    key_arn: str | None,
    supplied: Supplied,
    ask: Callable[[Estate], _T],
    said: Callable[[_T], object],
    names: Sequence[str],
) -> tuple[Estate, _T]:
    """The input and the answer; `said` is what must be the same of it in each place. An account or Region among the
    `names` in the question may be the own one. Raises `InputError`."""
    read = partial(load_estate, paths, key_arn=key_arn, steps=False, tags=False)
    try:
        estate = read(supplied=supplied)
    except OpenPlaceError as error:
        if any(map(_ACCOUNT.search, names)) or regions_in(names):
            raise
        return _in_each_place(read, error, ask, said)
    return estate, ask(estate)


def _in_each_place(
    read: Callable[..., Estate], error: OpenPlaceError, ask: Callable[[Estate], _T], said: Callable[[_T], object]
) -> tuple[Estate, _T]:
    own, *places = places_of(error)
    try:
        first, *others = [read(supplied=place) for place in (own, *places)]
        first = replace(first, concluded=(*first.concluded, sentence_of(first, (), error)))
    except InputError:
        raise error from None
    answer = ask(first)
    expected = said(answer)
    found = zip(places, map(ask, others), strict=True)
    if not all(_is_same(said(other), expected, place, own) for place, other in found):
        raise error
    return first, answer


def _is_same(found: object, expected: object, place: Supplied, first: Supplied) -> bool:
    """True iff a list is that of the first place, as it is or with the own accounts of the two exchanged."""
    if found == expected or place.account is None or first.account is None:
        return found == expected
    try:
        return bool(swapped(found, place.account, first.account) == expected)
    except DifferError:
        return False


def rows_of_key(key: str, rows: Iterable[Access | ExternalAccess]) -> object:
    """Rows without their requests, and without the ARN of the key that they are about."""
    return swapped(tuple(replace(row, region=replace(row.region, witness=None)) for row in rows), key, "the key")
