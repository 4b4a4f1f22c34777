"""Texts of which AWS or Terraform will choose a part: IDs, and ends of names (S4).

In: what a text may come to. Out: whether a text or a pattern that it is compared with may be met by it, and need not.
Guarantee: where it is not so, the placeholder in the text is compared as whatever is chosen would be.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from itertools import product

from verifier.syntax.diagnostic import InputError
from verifier.syntax.source import Span
from verifier.syntax.text import brief, printable

MARK = "902468"
"""What is in each text that stands for what AWS or Terraform will choose, but for the IDs of keys."""
OWN_ACCOUNT, OWN_REGION = "\1", "\2"
"""What stands in a name for the own account and Region, where nothing tells them."""
_STACK = "[a-z0-9-]+"
"""How the name of a stack begins."""
_FORMS = {
    rf"(?:0{{8}}|{MARK}[0-9a-f]{{2}})-0000-4000-8000-[0-9a-f]{{12}}": "-".join(
        f"[0-9a-f]{{{length}}}" for length in (8, 4, 4, 4, 12)
    ),
    r"mrk-0{16}[0-9a-f]{16}": "mrk-[0-9a-f]{32}",
    rf"(?:mrk-)?unknown-{MARK}[0-9a-f]*": "[0-9a-fkmr-]+",
    rf"(?<=[a-z]-)0{MARK}[0-9a-f]*": "[0-9a-f]+",
    rf"(?<=ou-)0000-{MARK}[0-9a-f]*": "[0-9a-z]+-[0-9a-z]+",
    rf"(?<![a-z0-9-])stack(?=-[a-z0-9-]*{MARK})": _STACK,
    rf"{MARK}[0-9]{{20}}(?![0-9a-z])": "[0-9a-f]{26}",
    rf"{MARK}[0-9a-z]*": "[0-9a-z]+",
    OWN_ACCOUNT: "[0-9]{12}",
    OWN_REGION: "[0-9a-z-]+",
}
"""Of each placeholder the form that it has, and that of what will be chosen, in any case. How the name of a stack
begins is not known either."""
PLACEHOLDER = re.compile("|".join(f"({form})" for form in _FORMS), re.IGNORECASE)
_PART = re.compile(r"(\[[^]]+\]|.)(?:\{([0-9]+)(,?)\})?(\+?)")
_RANGE = re.compile("(.)-(.)")
_GAP, _VARIABLE, _ANY = "\0", "\3", "\0" * 36
"""A character that no pattern names; another, in the place of a policy variable; and such a text, in that of a `*`."""
_MOST = 12
"""`?` in a pattern of which it is asked whether it matches whatever is chosen."""
VARIABLE = re.compile(r"\$\{([^}]*)\}")
WILD = re.compile(r"\$\{[^}]*\}|[*?]")
_WRITTEN = re.compile(r"\$\{[^}]*\}|.", re.DOTALL)
NAMES = "name"
"""What the names of tags and of the pairs of encryption contexts are compared as."""
ALIAS, OTHER, NAMED = "alias", "other", "arn"
"""... and aliases, all that is no text of a person's choice, and what of that something which is made is called."""
_CONTEXT = "kms:encryptioncontext:"


def compared_as(key: str) -> str:
    """What the values of a condition key are compared as: what is not compared as the same is never compared."""
    key = key.lower()
    if key in ("aws:tagkeys", "kms:encryptioncontextkeys"):
        return NAMES
    if key in ("kms:requestalias", "kms:resourcealiases"):
        return ALIAS
    if key.startswith(_CONTEXT):
        return f"context {key.removeprefix(_CONTEXT)}"
    return f"tag {key.partition('tag/')[2]}" if "tag/" in key else OTHER


def name_in(key: str) -> str | None:
    """The name of the tag, or of the pair of an encryption context, that a condition key is about."""
    kind, _, name = compared_as(key).partition(" ")
    return name if kind in ("context", "tag") else None


@dataclass(frozen=True)
class _Part:
    """A character of a text or pattern, one of some or any, or any number of such. What is `chosen` is not known yet,
    perhaps not even how long it is: then it `varies`. What no pattern names is `shown` in its place."""

    shown: str
    characters: frozenset[str] | None
    repeats: bool = False
    chosen: bool = False
    varies: bool = False

    @property
    def is_run(self) -> bool:
        return self.repeats and self.characters is not None

    def meets(self, other: _Part) -> bool:
        """Whether a character may be both."""
        return self.characters is None or other.characters is None or bool(self.characters & other.characters)

    def is_decided_by(self, pattern: _Part) -> bool:
        """Whether a part of a pattern matches what is chosen here by what that is."""
        return self.chosen and (pattern.characters is not None or (self.varies and not pattern.repeats))


@dataclass(frozen=True)
class NotChosen:
    """A `text` with placeholders that is compared as `kind`."""

    kind: str
    text: str
    form: re.Pattern[str]
    """What it may come to."""
    parts: tuple[_Part, ...]
    """The same, character by character."""
    start: str
    """What it certainly begins with, in small letters."""

    @classmethod
    def of(cls, kind: str, text: str) -> NotChosen:
        forms: list[str] = []
        parts: list[_Part] = []
        position = 0
        for found in PLACEHOLDER.finditer(text):
            literal, form = text[position : found.start()], [*_FORMS.values()][(found.lastindex or 1) - 1]
            forms += [_form(literal), form]
            parts += [*_written(literal), *_chosen(form, supposed=kind == NAMED and form == _STACK)]
            position = found.end()
        whole = re.compile("".join([*forms, _form(text[position:])]), re.IGNORECASE)
        start = WILD.split(PLACEHOLDER.split(text, maxsplit=1)[0], maxsplit=1)[0].lower()
        return cls(kind, text, whole, (*parts, *_written(text[position:])), start)

    def may_be(self, text: str, shown: str = "") -> bool:
        """Whether what is chosen may make it this text, or what this pattern matches, and need not. So it is with a
        pattern that the text with its placeholders does not match like all others: that may be `shown` otherwise."""
        if not WILD.search(text):
            return self.form.fullmatch(text) is not None
        pattern = VARIABLE.sub("*", text)
        if not pattern.strip("*") or not self._may_start(pattern):
            return False
        as_shown = WILD.sub(_ANY, shown or self.text)
        if _matches(pattern, as_shown) != all(_matches(pattern, one) for one in self._texts()):
            return True
        return _may_decide(self.parts, (*_written(pattern),)) and not self._always(VARIABLE.sub(_VARIABLE, text))

    def _may_start(self, pattern: str) -> bool:
        """Whether what both certainly begin with goes together."""
        own, other = self.start, WILD.split(pattern, maxsplit=1)[0].lower()
        return own.startswith(other) or other.startswith(own)

    def _always(self, pattern: str) -> bool:
        """Whether a pattern matches whatever is chosen: where no `?` counts it, what matches more does so by a `*`."""
        questions = pattern.count("?")
        return questions < _MOST and all(
            _matches(pattern, text) for text in self._texts(questions + 2 if questions else 1)
        )

    def _texts(self, lengths: int = 1) -> Iterator[str]:
        """Texts of its form, of characters that no pattern names, of so many lengths of each part that varies."""
        varying = sum(part.is_run for part in self.parts)
        for found in product(range(lengths), repeat=varying):
            more = iter(found)
            yield "".join(part.shown * next(more) if part.is_run else part.shown for part in self.parts)


def _matches(pattern: str, text: str) -> bool:
    return fnmatchcase(text, pattern.replace("[", "[[]"))


def _form(literal: str) -> str:
    """What a part of a text matches in which nothing is chosen; that of a condition may be a pattern."""
    return ".*".join(map(re.escape, WILD.split(literal)))


def _written(text: str) -> Iterator[_Part]:
    """The parts of a text in which nothing is chosen, or of a pattern."""
    for one in _WRITTEN.findall(text):
        yield _Part(_ANY, None, one != "?") if WILD.fullmatch(one) else _Part(one, frozenset(one.lower()))


def _chosen(form: str, *, supposed: bool) -> Iterator[_Part]:
    """The parts of what is chosen. Of some it is `supposed` that no pattern asks for them."""
    varies = form.endswith(("+", ",}"))
    for characters, least, *more in _PART.findall(form):
        each = frozenset(_RANGE.sub(_all_between, characters.strip("[]")))
        one = _Part(_GAP if len(each) > 1 else characters, each)
        one = replace(one, chosen=len(each) > 1 and not supposed, varies=varies)
        yield from [one] * int(least or 1)
        yield from [replace(one, repeats=True)] if any(more) else []


def _all_between(ends: re.Match[str]) -> str:
    return "".join(map(chr, range(ord(ends[1]), ord(ends[2]) + 1)))


def _may_decide(own: Sequence[_Part], pattern: Sequence[_Part]) -> bool:
    """Whether a pattern may match by what is chosen: some text is of both forms, in which it decides if a part of the
    pattern matches."""
    found = pending = {(0, 0, False)}
    while pending:
        pending = {after for state in pending for after in _after(own, pattern, *state)} - found
        found = found | pending
    return (len(own), len(pattern), True) in found


def _after(
    own: Sequence[_Part], pattern: Sequence[_Part], at: int, by: int, decides: bool
) -> Iterator[tuple[int, int, bool]]:
    """How two forms go on after parts of them, each alone where it repeats no more, or both with one character."""
    one, other = own[at] if at < len(own) else None, pattern[by] if by < len(pattern) else None
    if one and one.repeats:
        yield at + 1, by, decides
    if other and other.repeats:
        yield at, by + 1, decides
    if one and other and one.meets(other):
        yield at + (not one.repeats), by + (not other.repeats), decides or one.is_decided_by(other)


def check_text(not_chosen: Iterable[tuple[str, str]], key: str, text: str, span: Span) -> None:
    """Raises `InputError` where one may be the text that a condition key has, or that stands in no condition."""
    kinds = {compared_as(key), *map(compared_as, VARIABLE.findall(text))}
    for kind, chosen in not_chosen:
        if (OTHER if kind == NAMED else kind) in kinds and NotChosen.of(kind, chosen).may_be(text):
            message = f"`{brief(text)}` may be what AWS or Terraform will choose, which it is compared with"
            hint = "where that is known, give what is there (a snapshot), or the text itself"
            raise InputError.of(printable(message), span, hint=hint, rule="S4")
