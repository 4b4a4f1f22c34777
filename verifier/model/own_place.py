"""What depends on the own account, or on the Region of a key, where nothing says which they are (S4).

In: what holds conditions and patterns (statements, invariants). Out: the texts by which requests of two accounts that nothing names, or of
two Regions, may be decided on differently; errors that ask for the account or the Region. Guarantee: where there are none, each request is
decided alike whatever the two are. The Region is in `aws:RequestedRegion` (F1), in `kms:ViaService` (F5) and in the ARN of
the key (L9), and nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from fnmatch import fnmatchcase
from itertools import chain

from verifier.model.estate import Estate
from verifier.model.invariant import AnyInvariant, Invariant, conditions_in
from verifier.model.policy import Condition, Statement, Text
from verifier.syntax.diagnostic import InputError
from verifier.syntax.source import NOWHERE, Span
from verifier.syntax.text import brief, first_few, printable

_VARIABLE, _RUN = re.compile(r"\$\{[^}]*\}"), re.compile(r"(?:(?<![^:])|(?=\*))[0-9?*$]+(?:(?![^:])|(?<=\*))")
_FREE = ("kms:encryptioncontext", "aws:principaltag/", "aws:requesttag/", "aws:resourcetag/")
"""Of these keys the values are any texts, no accounts."""


def check_account(nodes: Iterable[object], span: Span = NOWHERE) -> None:
    """Raises `InputError` where something, which is at `span` if it has no place of its own, tells accounts apart."""
    for text in _telling_accounts(tuple(nodes)):
        message = f"`{brief(text.value)}` depends on the own account, and which one it is is not given"
        place = text.span if text.span != NOWHERE else span
        raise InputError.of(printable(message), place, hint="give it with --account", rule="S4")


def _telling_accounts(node: object) -> Iterator[Text]:
    """The texts in it that may match one account and not another, though they name neither."""
    if isinstance(node, Text):
        yield from (node,) if _tells_account(node.value) else ()
    elif isinstance(node, Condition):
        key, numbers = node.key.value.lower(), not node.operator.base.startswith(("String", "Arn", "Null"))
        for value in node.values if not key.startswith(_FREE) else ():
            as_number = numbers and (key.endswith(("account", "aws:userid")) or "account}" in value.value.lower())
            yield from (value,) if as_number or _tells_account(value.value) else ()
    elif isinstance(node, tuple):
        for each in node:
            yield from _telling_accounts(each)
    elif is_dataclass(node):
        for each in fields(node):
            yield from _telling_accounts(getattr(node, each.name))


def _tells_account(pattern: str) -> bool:
    """Whether a wildcard stands for a part of the account: of that field of an ARN, or wherever it may be in another text."""
    text = _VARIABLE.sub("$", pattern)
    parts = text.split(":", 5)
    runs = _RUN.findall(parts[4] if len(parts) == 6 else text)
    return any(("*" in run or "?" in run) and run.strip("*") not in ("", "?" * 12) for run in runs)


# -- Regions --

_AREA = "(?:af|ap|ca|cn|eu|il|me|mx|sa|us-gov|us)-"
_NAME = re.compile(rf"{_AREA}(?:central|(?:north|south)(?:east|west)?|east|west)-[0-9]+(?![0-9])")
_NAMED = re.compile(rf"{_NAME.pattern}|(?<![a-z0-9]){_AREA}[a-z-]*[*?]|[*?][a-z-]*-[0-9]")
"""The name of a Region, or a pattern that may match those of some alone."""
_PARTITION = re.compile(r"\baws(?:-cn|-us-gov)?(?=:)")
_REGION, _SERVICE = "aws:requestedregion", "kms:viaservice"
_ANY_REGION = re.compile(r"(?:(?:[a-z0-9-]*|\*)\.)?\*(?:\.amazonaws\.com)?|[^.*?$]*(?:\.[^.*?$]*){0,2}")
"""Values of `kms:ViaService` that are matched alike in all Regions: where the Region is one wildcard, or the form is another (F5). What a
policy variable stands for may name a Region."""
_BEFORE, _AFTER = re.compile(r"(?:[a-z0-9-]*\.|\*\.?)?"), re.compile(r"(?:\.amazonaws\.com|\.?\*)?")
"""What stands before and after the name of a Region in a value that is of that Region alone."""


def check_region(estate: Estate, invariants: Iterable[AnyInvariant]) -> None:
    """Raises `InputError` where an invariant tells Regions apart, or accounts, and that of some key is not known."""
    for invariant in invariants if estate.open_region or estate.open_account else ():
        if estate.open_account:
            check_account((invariant,), invariant.span)
        when = conditions_in(invariant.when) if isinstance(invariant, Invariant) else ()
        told = (text for condition in when for text in _of_condition(condition, ""))
        ours = {key.arn.split(":")[1] for key in estate.keys}
        abroad = (text for text in _values(invariant) if any(name not in ours for name in _PARTITION.findall(text)))
        for text in chain(told, filter(_NAMED.search, _values(invariant)), abroad) if estate.open_region else ():
            raise depends(estate.open_region, text, invariant.span)


def _values(node: object) -> Iterator[str]:
    """The texts in a part of an invariant that are compared with something."""
    if isinstance(node, Text):
        yield node.value
    elif isinstance(node, tuple) or is_dataclass(node):
        for each in node if isinstance(node, tuple) else (getattr(node, part.name) for part in fields(node)):
            yield from _values(each)


def regions_in(texts: Iterable[str]) -> frozenset[str]:
    """The Regions that texts name."""
    return frozenset(region for text in texts for region in _NAME.findall(text))


def check_open_regions(estate: Estate, own: Mapping[str, str], named: Collection[str] = (), refers: str = "") -> None:
    """Raises `InputError` where something that decides tells Regions apart, of those that are not `named`. `own` are the files with keys in
    a Region that nothing tells, with the text that refers to it there, empty where nothing can; what does in other files is `refers`."""
    for policy in estate.deciding_policies() if own else ():
        here = own.get(policy.span.file.partition("#")[0], refers)
        for statement in policy.statements:
            for text in telling_regions(statement, here, named):
                raise depends(own, text, statement.span)
    for endpoint in estate.endpoints or () if own else ():
        if endpoint.region not in own.values():
            raise depends(own, endpoint.id, endpoint.span)


def depends(files: Iterable[str], text: str, span: Span) -> InputError:
    """The error that asks for the Region of the keys of some files, on which a text depends."""
    message = f"`{brief(text)}` depends on the Region of the key, and which one the key of {first_few(sorted(files))} is in is not given"
    return InputError.of(printable(message), span, hint="give it with --region, or the ARN of the key with --key-arn", rule="S4")


def telling_regions(statement: Statement, own: str, named: Collection[str] = ()) -> Iterator[str]:
    """The texts by which a statement may match a request on KMS in one Region and not in another, of those that are not `named`. `own` in a
    text refers to the Region of the key; empty if nothing does."""
    if any(may_be_of_kms(action.value) for action in statement.actions) or statement.not_action:
        for condition in statement.conditions:
            yield from _of_condition(condition, own, named)
        yield from (resource.value for resource in statement.resources or () if _tells_arn(resource.value, own, named))


def _of_condition(condition: Condition, own: str, named: Collection[str] = ()) -> Iterator[str]:
    key = condition.key.value.lower()
    for value in condition.values if condition.operator.base != "Null" else ():
        text = (value.value.replace(own, "*") if own else value.value).lower()
        if key in (_REGION, _SERVICE):
            text = text.replace(f"${{{_REGION}}}", "*")
            alike = text == "*" if key == _REGION else _ANY_REGION.fullmatch(text) is not None
        else:
            alike = _REGION not in text and _SERVICE not in text
        if not alike and not (key in (_REGION, _SERVICE) and _is_in_one(text, named)):
            yield value.value


def _is_in_one(text: str, regions: Iterable[str]) -> bool:
    """Whether a value of `aws:RequestedRegion` or `kms:ViaService` is of one of some Regions, and so of no other."""
    parts = (text.split(region) for region in regions)
    return any(len(part) == 2 and _BEFORE.fullmatch(part[0]) and _AFTER.fullmatch(part[1]) for part in parts)


def may_be_of_kms(pattern: str) -> bool:
    """Whether an action, or the service of an ARN, may be of KMS by its first part."""
    service = pattern.lower().partition(":")[0].replace("[", "[[]")
    return fnmatchcase("kms", service)


def _tells_arn(pattern: str, own: str, named: Collection[str]) -> bool:
    """Whether a `Resource` may cover the key, or an alias of it, in one Region and not in another."""
    fields = pattern.split(":", 5)
    if len(fields) < 6 and any(field.endswith("*") for field in fields[:-1][:3]):
        return True  # it may run on past the Region (L6)
    if len(fields) < 4 or not may_be_of_kms(fields[2]) or fields[3] in ("*", own, *named):
        return False
    return len(fields) < 6 or not fields[5].startswith("key/") or bool(set("*?$") & set(fields[5]))
