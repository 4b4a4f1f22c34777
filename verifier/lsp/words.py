"""The words of a text, what the program knows of them, and what is shown for the thing under the pointer.

In: a text and an offset; a word; a document. Out: the word with its place; Markdown, or the name of an invariant whose
verdict is asked for. Guarantee: what a document says goes into Markdown as code alone; nothing is proved here.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from verifier.configuration.reading import configuration_schema
from verifier.frozen import Frozen
from verifier.language.builtins.catalogue import BUILTINS
from verifier.lsp.documents import DocumentKind, OpenDocument, items_of
from verifier.model.readings import READINGS
from verifier.model.reference import Action, action, actions, condition_key, condition_keys, key_values, matching
from verifier.model.rules import rule_of, rules
from verifier.model.steps.catalogue import catalogue_entries
from verifier.syntax.invariants_tree import Declaration, InvariantNode
from verifier.syntax.text import brief, printable

MOST_NAMED = 12
_ATTESTATION = "kms:RecipientAttestation:"
_WORD = re.compile(r"[\w:*?./@$-]+")
_ACTION = re.compile(r"[a-z0-9-]+:[A-Za-z0-9*?]+", re.ASCII)


class _Found(NamedTuple):
    """A word and where it is."""

    text: str
    start: int
    end: int


def line_at(text: str, offset: int) -> tuple[int, str]:
    """Where the line of an offset begins, and the line."""
    start, end = text.rfind("\n", 0, offset) + 1, text.find("\n", offset)
    return start, text[start : end if end >= 0 else len(text)]


def word_at(text: str, offset: int) -> _Found | None:
    """The word that an offset is in, or just behind; `None` where there is none."""
    start, line = line_at(text, offset)
    if len(line) > 1 << 16:
        start = max(start, offset - 500)
        line = text[start : offset + 500]
    for match in _WORD.finditer(line):
        if match.start() <= offset - start <= match.end():
            return _Found(match.group(), start + match.start(), start + match.end())
    return None


def code_text(text: str) -> str:
    """A text of a document as code of Markdown."""
    return f"`{brief(printable(text)).replace('`', 'ˋ')}`"


def action_hover(word: str) -> str | None:
    if not _ACTION.fullmatch(word):
        return None
    if not word.lower().startswith("kms:"):
        found = list(catalogue_entries(word))
        lines = [f"- {code_text(entry.name)}: **{entry.head.value}**, {entry.reason}" for entry in found[:MOST_NAMED]]
        more = (
            [f"- … and {len(found) - MOST_NAMED} more (`verifier actions '{word}'`)"] if len(found) > MOST_NAMED else []
        )
        return "\n".join((f"{code_text(word)}: what it can bring about", "", *lines, *more)) if found else None
    known = action(word)
    if known is not None:
        return _action(known)
    names = sorted(matching(word))
    listed = ", ".join(map(code_text, names[:MOST_NAMED])) + (
        f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    )
    return f"{code_text(word)}: {len(names)} of the {len(actions())} actions of AWS KMS: {listed}" if names else None


def _action(known: Action) -> str:
    lines = [
        f"**{known.name}**: an action of AWS KMS",
        "",
        f"- on: {', '.join(sorted(known.resources)) or 'no key'}",
        f"- across accounts: {'yes' if known.cross_account else 'no'}",
        f"- in grants: {'yes' if known.grant_operation else 'no'}",
    ]
    if known.operations:
        lines.append(f"- API: {', '.join(map(code_text, known.operations))}")
    keys = sorted(
        {one.prefix or one.name for one in condition_keys() if (one.prefix or one.name).lower() in known.condition_keys}
    )
    plain = [name for name in keys if not name.startswith(_ATTESTATION)]
    if len(plain) < len(keys):
        plain.append(f"{_ATTESTATION}…")
    return "\n".join([*lines, f"- condition keys of its own: {', '.join(map(code_text, plain)) or 'none'}"])


def condition_key_hover(word: str) -> str | None:
    if ":" not in word:
        return None
    known = condition_key(word)
    if known is None:
        return None
    lines = [
        f"**{known.name}**: a condition key",
        "",
        f"- type: {known.type.value}{', several values' if known.multivalued else ''}",
    ]
    values = key_values(word)
    if values:
        lines.append(f"- values: {', '.join(map(code_text, values))}")
    prefix = (known.prefix or known.name).lower()
    carried = [one.name for one in actions() if prefix in one.condition_keys]
    if carried and len(carried) < len(actions()):
        more = " …" if len(carried) > MOST_NAMED else ""
        lines.append(f"- in requests of: {', '.join(map(code_text, carried[:MOST_NAMED]))}{more}")
    return "\n".join(lines)


def rule_hover(word: str) -> str | None:
    """A rule of the semantics, or an open question, by its label."""
    reading = next((one for one in READINGS if one.label == word), None)
    if reading is not None:
        return (
            f"**{reading.label}**: {reading.question}\n\n- yes: {reading.yes}\n- no: {reading.no}\n\n{reading.source}"
        )
    known = rules().get(rule_of(word)) if re.fullmatch(r"[A-Z][0-9]?\w?(?:[-:][\w-]+)?", word) else None
    if known is None:
        return None
    sources = [f"- [{source.text}]({source.url})" if source.url else f"- {source.text}" for source in known.sources]
    return "\n".join((f"**{known.label}**", "", known.text, "", *sources))


def builtin_hover(word: str) -> str | None:
    """A built-in invariant, by its name or with arguments."""
    known = next((one for one in BUILTINS if one.name == word.partition(":")[0]), None)
    return f"`{known.usage}`: {known.help}" if known is not None else None


def setting_hover(word: str) -> str | None:
    known = configuration_schema()["properties"].get(word)
    return f"**{word}**: {known['description']}" if known is not None and "description" in known else None


_OF_POLICIES = (action_hover, condition_key_hover)
_TELLERS = {
    DocumentKind.INVARIANTS: (*_OF_POLICIES, rule_hover, builtin_hover),
    DocumentKind.CONFIGURATION: (*_OF_POLICIES, rule_hover, builtin_hover, setting_hover),
    DocumentKind.OTHER: (),
}


class Hover(Frozen):
    """What is shown for the characters from `start` to `end`, and the verdicts of which `invariant` belong to it."""

    text: str
    start: int
    end: int
    invariant: str | None = None


def hover(scene: OpenDocument, offset: int) -> Hover | None:
    word = word_at(scene.text, offset)
    description = _described(scene, word.text) if word is not None else None
    if word is not None and description is not None:
        return Hover(description, word.start, word.end)
    for item in items_of(scene.path, scene.held, InvariantNode) if scene.kind is DocumentKind.INVARIANTS else ():
        if item.start <= offset <= item.end:
            return Hover(f"**invariant** {code_text(item.name.value)}", item.start, item.end, item.name.value)
    return None


def _described(scene: OpenDocument, word: str) -> str | None:
    """What is known of a word; of a declared name first what it is."""
    kind = scene.kind
    for item in items_of(scene.path, scene.held, Declaration) if kind is DocumentKind.INVARIANTS else ():
        if item.name.value == word:
            return f"{item.kind} {code_text(word)}"
    return next(
        (description for teller in _TELLERS.get(kind, _OF_POLICIES) if (description := teller(word)) is not None), None
    )
