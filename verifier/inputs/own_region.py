"""In which Region the keys of a file are, where nothing says it (S4).

In: the texts of a file, the estate that all files make. Out: what stands for the Region, or an `InputError` where it must be asked for.
Guarantee: a Region is never taken for the key's because a text names it. Where nothing in the input tells Regions apart, the first of the
partition stands for it: in each the verdicts are the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from verifier.model.estate import Estate
from verifier.model.own_region import depends, telling
from verifier.syntax.diagnostic import InputError
from verifier.syntax.text import first_few, printable

STAND_INS = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}
"""What stands for a Region that nothing tells, by partition."""
_NAME = re.compile(
    r"(?<![a-z0-9-])(?:af|ap|ca|cn|eu|il|me|mx|sa|us|us-gov)-(?:central|north|south|east|west|(?:north|south)(?:east|west))-[0-9]+(?![a-z0-9])"
)


def partition_of(region: str) -> str:
    """The partition that a Region is in."""
    return "aws-cn" if region.startswith("cn-") else "aws-us-gov" if region.startswith("us-gov-") else "aws"


def stand_in(file: str, partition: str, texts: Iterable[str]) -> str:
    """What stands for the Region where a plan or template is deployed, which may refer to it. Raises `InputError` where a text of it names
    one: that may be the same."""
    named = sorted({region for text in texts for region in _NAME.findall(text)})
    if named:
        message = f"{file} names {first_few(named)}, and in which Region it is deployed is not given"
        raise InputError.of(printable(message), hint="give it with --region", rule="S4")
    return STAND_INS[partition]


def check_open_regions(estate: Estate, own: Mapping[str, str]) -> None:
    """Raises `InputError` where something that decides tells Regions apart. `own` are the files with keys in a Region that nothing tells,
    with the text that refers to it there; empty where nothing can."""
    for policy in estate.deciding_policies() if own else ():
        here = own.get(policy.span.file.partition("#")[0], "")
        for statement in policy.statements:
            for text in telling(statement, here):
                raise depends(own, text, statement.span)
    for endpoint in estate.endpoints or () if own else ():
        if endpoint.region not in own.values():
            raise depends(own, endpoint.id, endpoint.span)
