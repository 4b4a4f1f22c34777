"""What tells accounts apart by a pattern or as a number, where nothing says which the own account is (S4).

In: what holds conditions and patterns (an estate, an invariant). Out: the texts by which two accounts that nothing names may be decided on
differently. Guarantee: where there are none, each request is decided alike whichever of them the own account is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass

from verifier.model.policy import Condition, Text
from verifier.syntax.diagnostic import InputError
from verifier.syntax.source import NOWHERE, Span
from verifier.syntax.text import brief, printable

_VARIABLE, _RUN = re.compile(r"\$\{[^}]*\}"), re.compile(r"(?:(?<![^:])|(?=\*))[0-9?*$]+(?:(?![^:])|(?<=\*))")
_FREE = ("kms:encryptioncontext", "aws:principaltag/", "aws:requesttag/", "aws:resourcetag/")
"""Of these keys the values are any texts, no accounts."""


def check_account(nodes: Iterable[object], span: Span = NOWHERE) -> None:
    """Raises `InputError` where something, which is at `span` if it has no place of its own, tells accounts apart."""
    for text in telling(tuple(nodes)):
        message = f"`{brief(text.value)}` depends on the own account, and which one it is is not given"
        place = text.span if text.span != NOWHERE else span
        raise InputError.of(printable(message), place, hint="give it with --account", rule="S4")


def telling(node: object) -> Iterator[Text]:
    """The texts in it that may match one account and not another, though they name neither."""
    if isinstance(node, Text):
        yield from (node,) if _tells(node.value) else ()
    elif isinstance(node, Condition):
        key, numbers = node.key.value.lower(), not node.operator.base.startswith(("String", "Arn", "Null"))
        for value in node.values if not key.startswith(_FREE) else ():
            as_number = numbers and (key.endswith(("account", "aws:userid")) or "account}" in value.value.lower())
            yield from (value,) if as_number or _tells(value.value) else ()
    elif isinstance(node, tuple):
        for each in node:
            yield from telling(each)
    elif is_dataclass(node):
        for each in fields(node):
            yield from telling(getattr(node, each.name))


def _tells(pattern: str) -> bool:
    """Whether a wildcard stands for a part of the account: of that field of an ARN, or wherever it may be in another text."""
    text = _VARIABLE.sub("$", pattern)
    parts = text.split(":", 5)
    runs = _RUN.findall(parts[4] if len(parts) == 6 else text)
    return any(("*" in run or "?" in run) and run.strip("*") not in ("", "?" * 12) for run in runs)
