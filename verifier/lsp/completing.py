"""What can be typed at a place: names that the program knows, and those that the document declares.

In: a document, which is half typed, and an offset. Out: what may stand there. Guarantee: the text is not parsed, only
looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum

from verifier.configuration.reading import configuration_schema
from verifier.frozen import Frozen
from verifier.language.builtins.catalogue import BUILTINS
from verifier.lsp.documents import DocumentKind, OpenDocument
from verifier.model.choices import FORMATS
from verifier.model.operators import OPERATORS
from verifier.model.readings import READINGS
from verifier.model.reference import actions, condition_keys
from verifier.syntax.invariants import keywords


class CompletionKind(Enum):
    """What sort of thing is offered."""

    WORD = "word"
    ACTION = "action"
    KEY = "condition key"
    OPERATOR = "operator"
    NAME = "declared name"
    BUILTIN = "built-in"
    SETTING = "setting"
    VALUE = "value"


class Completion(Frozen):
    """Something that may stand in the place of the characters from `start` to the offset."""

    text: str
    sort: CompletionKind
    about: str
    start: int


_TYPED = re.compile(r"[\w:*?./-]*\Z")
_DECLARED = re.compile(r"^\s*(account|key|organization|callers|actions)\s+([^\W\d][\w-]*)\s*=", re.MULTILINE)
_ELEMENT = re.compile(
    r"""["']?\b((?:Not)?(?:Action|Principal|Resource)|Effect|Condition|Sid|Statement|Version)["']?\s*:"""
)
_SETTING = re.compile(r"^\s*([\w-]+)\s*=", re.MULTILINE)
_HEADING = re.compile(r"^\s*\[+\s*([\w.-]+)", re.MULTILINE)
_NEAR = 20_000
"""How far back the element that the place is in is looked for."""


def completions(scene: OpenDocument, offset: int) -> list[Completion]:
    """What may stand at an offset, and begins as what is typed already."""
    text = scene.text
    typed = _TYPED.search(text, max(0, offset - 200), offset)
    begun = typed.group() if typed else ""
    before = text[max(0, offset - _NEAR) : offset - len(begun)]
    match scene.kind:
        case DocumentKind.INVARIANTS:
            found = _of_invariants(before, text, begun)
        case DocumentKind.POLICY | DocumentKind.TEMPLATE | DocumentKind.SNAPSHOT:
            found = _of_policies(before)
        case DocumentKind.CONFIGURATION:
            found = _of_configuration(before)
        case _:
            return []
    lowered = begun.lower()
    return [
        Completion(name, sort, about, offset - len(begun))
        for name, sort, about in found
        if name.lower().startswith(lowered)
    ]


Offered = Iterator[tuple[str, CompletionKind, str]]


def _of_invariants(before: str, text: str, begun: str) -> Offered:
    line = before[before.rfind("\n") + 1 :]
    if "#" in line:
        return
    if line.rstrip().endswith("builtin"):
        yield from _builtins()
        return
    for kind, name in _DECLARED.findall(text):
        yield name, CompletionKind.NAME, kind
    if ":" in begun or re.search(
        r"\b(?:can|eventually|always|allows?|calls?|except|when|unless|and|or|not|of|,)\s*\Z|[,=(]\s*\Z", before
    ):
        yield from _actions()
        yield from _condition_keys()
    for word in sorted(keywords()):
        yield word, CompletionKind.WORD, "word of the language"


def _of_policies(before: str) -> Offered:
    elements = list(_ELEMENT.finditer(before))
    match elements[-1].group(1) if elements else "":
        case "Action" | "NotAction":
            yield from _actions()
        case "Effect":
            yield from (("Allow", CompletionKind.VALUE, ""), ("Deny", CompletionKind.VALUE, ""))
        case "Condition":
            yield from ((name, CompletionKind.OPERATOR, "condition operator") for name in OPERATORS)
            yield from _condition_keys()
        case "Version":
            yield "2012-10-17", CompletionKind.VALUE, "with policy variables"


def _of_configuration(before: str) -> Offered:
    heading = [*_HEADING.finditer(before)]
    table = heading[-1].group(1).removeprefix("tool.verifier").removeprefix(".") if heading else ""
    section = before[heading[-1].end() :] if heading else before
    setting = [*_SETTING.finditer(section)]
    if setting and not _closed(section[setting[-1].end() :]):
        yield from _values(setting[-1].group(1), table)
    elif table == "readings":
        yield from ((one.label, CompletionKind.SETTING, one.question) for one in READINGS)
    elif table == "waivers":
        waiver = configuration_schema()["$defs"].get("waiver", {}).get("properties", {})
        yield from ((name, CompletionKind.SETTING, known.get("description", "")) for name, known in waiver.items())
    elif not table:
        known = configuration_schema()["properties"]
        yield from ((name, CompletionKind.SETTING, one.get("description", "")) for name, one in known.items())


def _closed(value: str) -> bool:
    """True iff the value that was begun has its end, and another line follows."""
    return "\n" in value and value.count("[") <= value.count("]")


def _values(setting: str, table: str) -> Offered:
    if setting == "builtins":
        yield from _builtins()
    elif setting == "outputs":
        yield from ((name, CompletionKind.VALUE, "format") for name in FORMATS)
    elif setting == "fail-on":
        yield from (
            (name, CompletionKind.VALUE, "") for name in configuration_schema()["properties"]["fail-on"]["enum"]
        )
    elif table == "readings":
        yield from (("yes", CompletionKind.VALUE, ""), ("no", CompletionKind.VALUE, ""))


def _builtins() -> Offered:
    return ((one.name, CompletionKind.BUILTIN, one.help.partition(". ")[0]) for one in BUILTINS)


def _actions() -> Offered:
    return ((one.name, CompletionKind.ACTION, "action of AWS KMS") for one in actions())


def _condition_keys() -> Offered:
    return (
        (one.prefix or one.name, CompletionKind.KEY, f"condition key, {one.type.value}") for one in condition_keys()
    )
