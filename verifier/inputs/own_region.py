"""In which Region keys are, where the input does not say it (S4).

In: what reads the input with a Region in the place of the one that nothing tells. Out: the estate that it makes, or an
`InputError` where the Region must be asked for. Guarantee: a Region is never taken for the own one because a text names
it. Where the input names none, all are alike, and the first of the partition stands for it. Else the input is read once
for a Region that it does not name, which stands for all such, and once for each that it names: what is alike but for
the Region's own name is certain, a statement that is not is in doubt, as it is in each (S1), and anything else must be
asked for, or asked about in each (`OpenPlaceError`). So it is with the other partitions, where the input refers to its
own.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from verifier.inputs.region_versions import BY_REGION, DifferError, merged, partition_of_keys, swapped, texts_in
from verifier.inputs.snapshot.parts import Parts
from verifier.inputs.supplied import Supplied
from verifier.inputs.text.nodes import OwnRegion
from verifier.inputs.text.unknown import Pieces
from verifier.model.estate import Estate, Key
from verifier.model.own_place import ABROAD, BY_PARTITION, check_open_regions, regions_in
from verifier.syntax.diagnostic import Diagnostic, InputError
from verifier.syntax.text import first_few, printable


class OpenPlaceError(InputError):
    """The account or the Region must be known. `places` could be supplied, and stand for all that it may be."""

    def __init__(self, diagnostics: Sequence[Diagnostic], what: str, places: Iterable[Supplied]) -> None:
        super().__init__(tuple(diagnostics))
        self.what = what
        self.places = tuple(places)


EstateAndParts = tuple[Estate, Parts]
"""An estate, with the parts that it was read from."""
SidesReader = Callable[[Supplied], tuple[EstateAndParts, ...]]

_OF_AWS = """
us-east-1 us-east-2 us-west-1 us-west-2
eu-west-1 eu-west-2 eu-west-3 eu-central-1 eu-central-2 eu-north-1 eu-south-1 eu-south-2
ap-south-1 ap-south-2 ap-east-1 ap-east-2 ap-northeast-1 ap-northeast-2 ap-northeast-3
ap-southeast-1 ap-southeast-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-6 ap-southeast-7
ca-central-1 ca-west-1 sa-east-1 sa-west-1 mx-central-1 af-south-1 il-central-1
me-central-1 me-south-1 me-west-1
"""
REGIONS: Mapping[str, tuple[str, ...]] = {
    "aws": tuple(_OF_AWS.split()),
    "aws-cn": ("cn-north-1", "cn-northwest-1"),
    "aws-us-gov": ("us-gov-west-1", "us-gov-east-1"),
}
"""The Regions of each partition. [botocore: partitions]"""
STAND_IN_REGIONS = {partition: regions[0] for partition, regions in REGIONS.items()}
"""What stands for a Region that nothing tells, by partition."""
_OF_OTHERS = re.compile("[a-z]+-iso[a-z]*-|eusc-")
_UNKNOWN = re.compile(
    r"\barn:(aws-(?!cn:|us-gov:)[a-z-]+):|(?<![a-z0-9-])(aws-(?:eusc|iso(?:-[a-z])?))(?![a-z0-9])"
    r"|(?<![a-z0-9-])(amazonaws\.eu|c2s\.ic\.gov|sc2s\.sgov\.gov|cloud\.adc-e\.uk|csp\.hci\.ic\.gov)"
)
"""A partition that is not known, or its suffix. [botocore: partitions]"""


def region_partition(region: str) -> str:
    """The partition that a Region is in. Raises `InputError` where it is not known (R7)."""
    if _OF_OTHERS.match(region):
        message = f"the Region `{region}` is in none of the partitions {', '.join(REGIONS)}"
        raise InputError.of(printable(message), rule="R7")
    return "aws-cn" if region.startswith("cn-") else "aws-us-gov" if region.startswith("us-gov-") else "aws"


def stand_in(partition: str, hint: str | None = None) -> str:
    """What stands for a Region of a partition that the input names. Raises `InputError` for an unknown one (R7)."""
    if partition not in STAND_IN_REGIONS:
        message = f"the input names the partition `{partition}`, and known are {', '.join(STAND_IN_REGIONS)} alone"
        raise InputError.of(printable(message), hint=hint, rule="R7")
    return STAND_IN_REGIONS[partition]


def is_in(region: str, partition: str) -> bool:
    """True iff a Region is in a partition that is known."""
    return _OF_OTHERS.match(region) is None and region_partition(region) == partition


def check_partitions(texts: Iterable[str]) -> None:
    """Raises `InputError` where a text names a partition that is not known (R7)."""
    for found in filter(None, map(_UNKNOWN.search, texts)):
        stand_in(next(filter(None, found.groups())), "if it is deployed in one of these: --region")


def with_own_region(read: SidesReader, supplied: Supplied, *, asks: bool) -> tuple[EstateAndParts, ...]:
    """What `read` reads, wherever the keys are of which nothing tells the Region. Raises `InputError` as `read` does,
    and where the Region must be known; where it `asks`, also where a statement alone hangs on it."""
    sides = read(supplied)
    is_open = supplied.own_region is None and any(parts.has_planned for _, parts in sides)
    of_keys = partition_of_keys(sides) if is_open else "aws"
    if of_keys != "aws":
        return with_own_region(read, replace(supplied, own_region=stand_in(of_keys)), asks=asks)
    opened = {file: own for _, parts in sides for file, own in parts.own_regions.items()}
    partitions = named_partitions(key for side in sides for key in _certain_keys(*side))
    taken_for = {region_partition(own.region) for own in opened.values()}
    if opened and supplied.own_region is None and len(partitions) == 1 and taken_for != partitions:
        return with_own_region(read, replace(supplied, own_region=stand_in(min(partitions))), asks=asks)
    if opened and len(partitions) != 1:
        opened = _in_any_partition(opened, sides)
    if len(opened) == 1:
        opened = {file: _where_deployed(own, read, supplied) for file, own in opened.items()}
    try:
        _check_alike(read, supplied, sides, opened)
    except InputError as error:
        return (_of_one_file(read, supplied, sides, opened, error, asks=asks),)
    files: dict[str, list[str]] = {}
    for file, own in opened.items():
        files.setdefault(own.region, []).append(file)
    sentences = [
        _STANDS.format(files=", ".join(inside), partition=region_partition(region), region=region)
        for region, inside in files.items()
    ] + _partition_sentences(opened)
    return tuple((_saying(estate, sentences), parts) for estate, parts in sides)


def _in_any_partition(opened: Mapping[str, OwnRegion], sides: Sequence[EstateAndParts]) -> dict[str, OwnRegion]:
    """Files whose principals tell no partition: where the input has ARNs of other partitions than `aws`, each may be in
    any, unless it tells. Raises `InputError` for a partition that is not known (R7)."""
    texts = tuple(texts_in(tuple(estate for estate, _ in sides)))
    check_partitions(texts)
    if not any(map(ABROAD.search, texts)):
        return dict(opened)
    others = {
        own.region: tuple(one for one in REGIONS if one != region_partition(own.region)) for own in opened.values()
    }
    return {file: own if own.tells else replace(own, partitions=others[own.region]) for file, own in opened.items()}


def _where_deployed(own: OwnRegion, read: SidesReader, supplied: Supplied) -> OwnRegion:
    """A file without the partitions in which a key that it certainly makes would name a foreign principal."""

    def may_be(partition: str) -> bool:
        try:
            sides = read(replace(supplied, own_region=STAND_IN_REGIONS[partition]))
        except InputError:
            return True
        keys = (key for side in sides for key in _certain_keys(*side) if key.partition == partition)
        return not named_partitions(keys) - {partition}

    return replace(own, partitions=tuple(filter(may_be, own.partitions)))


def _check_alike(
    read: SidesReader, supplied: Supplied, sides: Sequence[EstateAndParts], opened: Mapping[str, OwnRegion]
) -> None:
    """Raises `InputError` where what is read may hang on a Region that nothing tells."""
    for file, own in opened.items():
        if own.named:
            raise _names(file, own)
    for estate, parts in sides:
        check_open_regions(estate, {file: own.refers for file, own in parts.own_regions.items()})
    for file, own in opened.items():
        if own.partitions and not _is_alike_in(own.partitions, read, supplied, sides, own.region):
            raise _partitions(file, own)


def _of_one_file(
    read: SidesReader,
    supplied: Supplied,
    sides: tuple[EstateAndParts, ...],
    opened: Mapping[str, OwnRegion],
    error: InputError,
    *,
    asks: bool,
) -> EstateAndParts:
    """What the one file says in each Region. Raises `InputError` where the Region must be known."""
    for own in opened.values():
        if own.more:
            raise _several(own, error) from None
    if len(opened) > 1:
        raise error
    ((file, own),) = opened.items()
    candidates = _candidates(read, supplied, own, sides)
    if candidates is None:
        raise error from None
    region, said = candidates
    if region != own.region:
        sides = read(replace(supplied, own_region=region))
    estate, parts = sides[0]
    found = None if asks else _in_each_region(read, supplied, estate, parts, region, said)
    for one, _ in sides:
        check_open_regions(one, {file: region}, said, region)
    if found is None:
        raise (error if parts.inspects_stand_ins else open_regions(error, supplied, region, said)) from None
    try:
        check_open_regions(found, {file: region}, said, region)
    except InputError:
        raise error from None  # that one may quote a text in which Regions are changed for each other
    return _saying(found, [_stand_in_sentence(file, region, found, said), *_partition_sentences(opened)]), parts


def regions_compared(texts: Iterable[Pieces], *own: str) -> frozenset[str]:
    """The Regions in texts that are compared, but for what stands for own ones where one text alone has it."""
    found = Counter(region for pieces in texts for region in regions_in(piece or "" for piece in pieces))
    return frozenset(region for region, number in found.items() if number > 1 or region not in own)


def _certain_keys(estate: Estate, parts: Parts) -> Iterator[Key]:
    """The keys that are there, or are certainly made."""
    doubtful = {part.name for part in parts.keys if part.planned and not part.certain}
    return (key for key in estate.keys if key.name is None or key.name not in doubtful)


def named_partitions(keys: Iterable[Key]) -> set[str]:
    """The partitions that `Principal` names in the policies of keys: KMS refuses a policy whose principals are not
    there [KMS: key-policy-overview]. Of `NotPrincipal` no page says so."""
    return {
        who.partition
        for key in keys
        for policy in key.policies or ()
        for one in policy.statements
        if one.only_if is None and not one.not_principal
        for who in one.principals or ()
        if who.partition is not None
    }


def _is_alike_in(
    partitions: Iterable[str], read: SidesReader, supplied: Supplied, sides: Sequence[EstateAndParts], region: str
) -> bool:
    """True iff all that sides say is the same in some other partitions."""
    try:
        for partition in partitions:
            there = read(replace(supplied, own_region=STAND_IN_REGIONS[partition]))
            for (estate, _), (other, _) in zip(sides, there, strict=True):
                found = merged([estate, _in_region(other, STAND_IN_REGIONS[partition], region)])
                if found.unmodelled != estate.unmodelled:
                    return False
        return not any(BY_PARTITION.search(text) for estate, _ in sides for text in texts_in(estate))
    except (InputError, DifferError):
        return False


def _partitions(file: str, own: OwnRegion) -> InputError:
    message = f"what {file} says depends on the partition that it is deployed in, and the Region is not given"
    return InputError.of(printable(message), own.span, hint="give it with --region", rule="S4")


_STANDS = (
    "the Region of the keys of {files} is not given: nothing tells those of {partition} apart, and {region} stands "
    "for them"
)


def _names(file: str, own: OwnRegion) -> InputError:
    message = f"{file} names {first_few(sorted(own.named))}, and in which Region it is deployed is not given"
    return InputError.of(printable(message), own.span, hint="give it with --region", rule="S4")


def _several(own: OwnRegion, error: InputError) -> InputError:
    """The error that asks for the Regions of several provider configurations."""
    message = (
        f"what the input says depends on its Regions, which are not given: those of {first_few(own.more)} may be "
        "several"
    )
    hint = (
        "give the value of what `region` refers to (--parameter NAME=VALUE, a .tfvars file), or of a provider that is "
        "handed in (--parameter provider.aws.ALIAS.region=…); if all are in one: --region"
    )
    return InputError.of(printable(message), error.diagnostics[0].span, hint=hint, rule="S4")


def _stand_in_sentence(file: str, region: str, estate: Estate, named: Collection[str]) -> str:
    in_doubt = any(thing.name.endswith(BY_REGION) for thing in estate.unmodelled)
    what = "what statements say in some is in doubt" if in_doubt else "all is alike in each"
    here = sorted(one for one in named if region_partition(one) == region_partition(region))
    names = first_few([*here, "its partition"] if len(here) != len(named) else here)
    said = f"the input names {names}, and {what}" if names else what
    return f"the Region of the keys of {file} is not given: {region} stands for any, {said}"


def _partition_sentences(opened: Mapping[str, OwnRegion]) -> list[str]:
    known = ", ".join(REGIONS)
    return [f"{file} is deployed in one of the partitions {known}" for file, own in opened.items() if own.partitions]


def _saying(estate: Estate, sentences: Sequence[str]) -> Estate:
    return replace(estate, concluded=(*estate.concluded, *sentences))


def open_regions(error: InputError, supplied: Supplied, region: str, said: Iterable[str]) -> OpenPlaceError:
    """The error as one about the Region, which may be one that stands for all that are not named, or one of those."""
    places = (replace(supplied, region=each, own=None, own_region=None) for each in (region, *sorted(said)))
    return OpenPlaceError(error.diagnostics, "Region", places)


def _candidates(
    read: SidesReader, supplied: Supplied, own: OwnRegion, sides: Sequence[EstateAndParts]
) -> tuple[str, frozenset[str]] | None:
    """A Region that the input does not name, which stands for all such, and those that it names; `None` where they
    cannot be told. `sides` are what it says in the one that stood for all."""
    regions = REGIONS[region_partition(own.region)]
    spare = next(region for region in regions if region != own.region)
    try:
        # What stands for the Region is no name: another in its place tells whether it is named as well.
        others = read(replace(supplied, own_region=spare))
    except InputError:
        return None
    here, there = (tuple(estate for estate, _ in each) for each in (sides, others))
    named = own.named | (regions_in(texts_in(here)) - {own.region}) | (regions_in(texts_in(there)) - {spare})
    if any(region_partition(region) not in (region_partition(own.region), *own.partitions) for region in named):
        return None
    if own.partitions and any(map(BY_PARTITION.search, texts_in(here))):
        return None
    named |= {
        next((one for one in REGIONS[each] if one not in named), STAND_IN_REGIONS[each]) for each in own.partitions
    }
    region = next((region for region in regions if region not in named), regions[0])
    return region, frozenset(named - {region})


def _in_each_region(
    read: SidesReader, supplied: Supplied, estate: Estate, parts: Parts, region: str, others: Iterable[str]
) -> Estate | None:
    """What the input says in a Region and in each of others; `None` where it says too different things."""
    versions = [estate]
    try:
        for each in sorted(others):
            there, its_parts = read(replace(supplied, own_region=each))[0]
            versions.append(_in_region(there, each, region))
            parts.unchecked |= {_in_region(arn, each, region) for arn in its_parts.unchecked}
        return merged(versions)
    except (InputError, DifferError):
        return None


def _in_region(node: Any, one: str, other: str) -> Any:
    """A part of an estate with two Regions, and their partitions, swapped. Places stay, and what things are called."""
    here, there = region_partition(one), region_partition(other)
    found = swapped(node, one, other)
    return found if here == there else swapped(found, f"arn:{here}:", f"arn:{there}:", {here: there, there: here})
