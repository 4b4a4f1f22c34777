"""The names that a file of invariants declares.

In: declarations, in the order of the text. Out: what each name stands for.
Guarantee: a name is looked up only among those declared before its use; every failure is reported once, with a hint.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeVar

from verifier.model.invariant import CallerSet, InAccount, InOrganization, KeySelector
from verifier.model.policy import Text
from verifier.syntax.findings import Findings
from verifier.syntax.invariants import keywords
from verifier.syntax.invariants_tree import Declaration, WrittenWord
from verifier.syntax.text import brief, did_you_mean

ACCOUNT = re.compile(r"[0-9]{12}", re.ASCII)
ORGANIZATION = re.compile(r"o-[a-z0-9]+", re.ASCII)
_NAME = re.compile(r"[^\W\d][\w-]*")
_COMPARED = 200
"""With how many declared names a misspelt one is compared; the comparison is slow."""

_Meaning = TypeVar("_Meaning")


@dataclass
class DeclaredNames:
    """What has been declared so far. `kinds` and `places` know every name of the file, so that one used too early is
    told apart from one that is not there; a name whose declaration is wrong is known, and stands for nothing."""

    findings: Findings
    kinds: dict[str, str] = field(default_factory=dict)
    places: dict[str, int] = field(default_factory=dict)
    accounts: dict[str, InAccount] = field(default_factory=dict)
    organizations: dict[str, InOrganization] = field(default_factory=dict)
    callers: dict[str, CallerSet] = field(default_factory=dict)
    scopes: dict[str, CallerSet] = field(default_factory=dict)
    """Accounts, organizations and callers: what may follow `in` and `outside`."""
    keys: dict[str, KeySelector] = field(default_factory=dict)
    actions: dict[str, tuple[Text, ...]] = field(default_factory=dict)
    home: CallerSet | None = None
    """The callers among which `role/NAME` is looked for where the text does not say of which account; `None`: that is
    an error."""

    def announce(self, declarations: tuple[Declaration, ...]) -> None:
        """Notes where every name is declared; a second declaration, or a name that is none, is an error."""
        for declaration in declarations:
            name = declaration.name
            if not _NAME.fullmatch(name.value) or name.value in keywords():
                hint = "a name has letters, digits, `_` and `-`, and is no word of the language"
                self.error(name, f"`{brief(name.value)}` cannot be a name", hint)
            elif name.value in self.kinds:
                line = self.findings.source.span(self.places[name.value], self.places[name.value]).line
                self.error(name, f"`{name.value}` is declared already, on line {line}")
            else:
                self.kinds[name.value] = declaration.kind
                self.places[name.value] = name.start

    def error(self, word: WrittenWord, message: str, hint: str | None = None, rule: str | None = None) -> None:
        self.findings.error(word.start, word.end, message, hint=hint, rule=rule)

    def text(self, word: WrittenWord) -> Text:
        """A word as a text with its place."""
        return Text(word.value, self.findings.source.span(word.start, word.end))

    def look_up(
        self, word: WrittenWord, table: Mapping[str, _Meaning], expected: str, words: Sequence[str] = ()
    ) -> _Meaning | None:
        """What a declared name stands for; `None`, with an error recorded, if it is not in `table`.

        `expected` says what may stand here, such as `an account (twelve digits)`; `words` are those of the language
        among that.
        """
        if word.value in table:
            return table[word.value]
        self._explain_missing(word, table, expected, words)
        return None

    def _explain_missing(
        self, word: WrittenWord, table: Mapping[str, _Meaning], expected: str, words: Sequence[str]
    ) -> None:
        name = brief(word.value, 60)
        place = self.places.get(word.value)
        if word.value in keywords():
            self.error(word, f"expected {expected}, found the word `{name}`")
        elif place is None:
            close = did_you_mean(word.value, (*words, *islice(table, _COMPARED)))
            self.error(word, f"`{name}` is not declared; expected {expected}", close)
        elif place > word.start:
            line = self.findings.source.span(place, place).line
            self.error(word, f"`{name}` is used before its declaration on line {line}", "move the declaration up")
        elif self._is_of_other_kind(word.value, table):
            self.error(word, f"`{name}` was declared with `{self.kinds[word.value]}`; expected {expected}")

    def _is_of_other_kind(self, name: str, table: Mapping[str, _Meaning]) -> bool:
        """True iff the name stands for something else; if for nothing, its declaration has been reported as wrong."""
        tables: tuple[Mapping[str, object], ...] = (self.scopes, self.keys, self.actions)
        return any(name in other for other in tables if other is not table)
