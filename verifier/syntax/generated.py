"""Texts of which AWS or Terraform will generate a part: IDs, and ends of names (S4).

In: what a text may come to. Out: whether a text or a pattern that it is compared with may be met by it, and need not.
Guarantee: where it is not so, the placeholder in the text is compared as whatever is generated would be.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import cached_property, lru_cache
from itertools import product

from verifier.frozen import Frozen
from verifier.syntax.diagnostic import InputError
from verifier.syntax.source import NOWHERE, Span
from verifier.syntax.text import brief, printable

MARK = "902468"
"""What is in each text that stands for what AWS or Terraform will generate, but for the IDs of keys."""
OWN_ACCOUNT_MARK, OWN_REGION_MARK = "\1", "\2"
"""What stands in a name for the own account and Region, where nothing tells them."""
_STACK = "[a-z0-9-]+"
"""How the name of a stack begins."""
_GENERATED = rf"{MARK}[0-9]{{20}}(?![0-9a-z])"
"""How a name ends that Terraform generates, whatever it begins with."""
_OTHER_MARK = rf"(?!{_GENERATED}){MARK}"
_FORMS = {
    rf"(?:0{{8}}|{MARK}[0-9a-f]{{2}})-0000-4000-8000-[0-9a-f]{{12}}": "-".join(
        f"[0-9a-f]{{{length}}}" for length in (8, 4, 4, 4, 12)
    ),
    r"mrk-0{16}[0-9a-f]{16}": "mrk-[0-9a-f]{32}",
    rf"(?:mrk-)?unknown-{_OTHER_MARK}[0-9a-f]*": "[0-9a-fkmr-]+",
    rf"(?<=[a-z]-)0{_OTHER_MARK}[0-9a-f]*": "[0-9a-f]+",
    rf"(?<=ou-)0000-{_OTHER_MARK}[0-9a-f]*": "[0-9a-z]+-[0-9a-z]+",
    rf"(?<![a-z0-9-])stack(?=-[a-z0-9-]*{_OTHER_MARK})": _STACK,
    _GENERATED: "[0-9a-f]{26}",
    rf"{MARK}[0-9a-z]*": "[0-9a-z]+",
    OWN_ACCOUNT_MARK: "[0-9]{12}",
    OWN_REGION_MARK: "[0-9a-z-]+",
}
"""Of each placeholder the form that it has, and that of what will be generated, in any case. How the name of a stack
begins is not known either."""
PLACEHOLDER = re.compile("|".join(f"({form})" for form in _FORMS), re.IGNORECASE)
_PART = re.compile(r"(\[[^]]+\]|.)(?:\{([0-9]+)(,?)\})?(\+?)")
_RANGE = re.compile("(.)-(.)")
_GAP, _VARIABLE, _ANY = "\0", "\3", "\0" * 36
"""A character that no pattern names; another, in the place of a policy variable; and such a text, in that of a `*`."""
_RUNS = re.compile(f"[*{_VARIABLE}]+")
_MOST = 12
"""`?` in a pattern of which it is asked whether it matches whatever is generated."""
VARIABLE = re.compile(r"\$\{([^}]*)\}")
WILD = re.compile(r"\$\{[^}]*\}|[*?]")
_WRITTEN = re.compile(r"\$\{[^}]*\}|.", re.DOTALL)
PAIR_NAME = "name"
"""What the names of tags and of the pairs of encryption contexts are compared as."""
ALIAS, OTHER, NAMED = "alias", "other", "arn"
"""... and aliases, all that is no text of a person's choice, and what of that something which is made is called."""
_CONTEXT = "kms:encryptioncontext:"


def compared_as(key: str) -> str:
    """What the values of a condition key are compared as: what is not compared as the same is never compared."""
    key = key.lower()
    if key in ("aws:tagkeys", "kms:encryptioncontextkeys"):
        return PAIR_NAME
    if key in ("kms:requestalias", "kms:resourcealiases"):
        return ALIAS
    if key.startswith(_CONTEXT):
        return f"context {key.removeprefix(_CONTEXT)}"
    return f"tag {key.partition('tag/')[2]}" if "tag/" in key else OTHER


def name_in(key: str) -> str | None:
    """The name of the tag, or of the pair of an encryption context, that a condition key is about."""
    kind, _, name = compared_as(key).partition(" ")
    return name if kind in ("context", "tag") else None


class _Part(Frozen):
    """A character of a text, one of some or any, or any number of such. What is `generated` is not known yet, perhaps
    not even how long it is: then it `varies`. What no pattern names is `shown` in its place."""

    shown: str
    characters: frozenset[str] | None
    repeats: bool = False
    generated: bool = False
    varies: bool = False

    @property
    def is_run(self) -> bool:
        """True iff it is any number of characters, and not of any characters."""
        return self.repeats and self.characters is not None


class GeneratedText(Frozen, dict=True):
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
    def of(cls, kind: str, text: str) -> GeneratedText:
        forms: list[str] = []
        parts: list[_Part] = []
        position = 0
        for found in PLACEHOLDER.finditer(text):
            literal, form = text[position : found.start()], [*_FORMS.values()][(found.lastindex or 1) - 1]
            forms += [_form(literal), form]
            parts += [*_written(literal), *_generated(form, supposed=kind == NAMED and form == _STACK)]
            position = found.end()
        whole = re.compile("".join([*forms, _form(text[position:])]), re.IGNORECASE)
        start = WILD.split(PLACEHOLDER.split(text, maxsplit=1)[0], maxsplit=1)[0].lower()
        return cls(kind, text, whole, (*parts, *_written(text[position:])), start)

    def may_be(self, text: str, shown: str = "") -> bool:
        """True iff what is generated may make it this text, or what this pattern matches, and need not. So it is with a
        pattern that the text with its placeholders does not match like all others: that may be `shown` otherwise."""
        if not WILD.search(text):
            return self.form.fullmatch(text) is not None
        pattern = VARIABLE.sub("*", text)
        if not pattern.strip("*") or not self._may_start(pattern):
            return False
        as_shown = WILD.sub(_ANY, shown or self.text)
        if _matches(pattern, as_shown) != _matches(pattern, self._unnamed):
            return True
        if not self._may_match(pattern):
            return False
        of_tags = VARIABLE.sub(lambda found: _VARIABLE if name_in(found[1]) else "*", text)
        return _pattern(of_tags.lower()).may_decide(self.parts) and not self._always(VARIABLE.sub(_VARIABLE, text))

    def _may_start(self, pattern: str) -> bool:
        """True iff the fixed beginning of one begins with that of the other."""
        own, other = self.start, WILD.split(pattern, maxsplit=1)[0].lower()
        return own.startswith(other) or other.startswith(own)

    def _may_match(self, pattern: str) -> bool:
        """False only if no text of its form matches a pattern: a quick look, where it is known how long that is."""
        return self._characters is None or fnmatchcase(
            self._unnamed.lower(), _with_gaps(pattern.lower(), self._characters)
        )

    @cached_property
    def _characters(self) -> frozenset[str] | None:
        """The characters that may be generated; `None` where it is not known of how many."""
        if not self.text.isascii() or any(part.repeats or part.characters is None for part in self.parts):
            return None
        return frozenset().union(*(part.characters or () for part in self.parts if part.shown == _GAP))

    @cached_property
    def _unnamed(self) -> str:
        """A text of its form, of characters that no pattern names where they are generated."""
        return next(self._texts())

    def _always(self, pattern: str) -> bool:
        """True iff a pattern matches whatever is generated. Where no `?` counts it, what matches more does by `*`."""
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


@lru_cache(1024)
def _with_gaps(pattern: str, characters: frozenset[str]) -> str:
    """The pattern, of which each character that is one of these matches a gap as well."""
    return "".join(f"[{_GAP}{one}]" if one in characters else one for one in pattern.replace("[", "[[]"))


def _form(literal: str) -> str:
    """What a part of a text matches in which nothing is generated; that of a condition may be a pattern."""
    return ".*".join(map(re.escape, WILD.split(literal)))


def _written(text: str) -> Iterator[_Part]:
    """The parts of a text in which nothing is generated, or of a pattern."""
    for one in _WRITTEN.findall(text):
        yield _Part(_ANY, None, one != "?") if WILD.fullmatch(one) else _Part(one, frozenset(one.lower()))


def _generated(form: str, *, supposed: bool) -> Iterator[_Part]:
    """The parts of what is generated. Of some it is `supposed` that no pattern asks for them."""
    varies = form.endswith(("+", ",}"))
    for characters, least, *more in _PART.findall(form):
        each = frozenset(_RANGE.sub(_all_between, characters.strip("[]")))
        one = _Part(_GAP if len(each) > 1 else characters, each)
        one = replace(one, generated=len(each) > 1 and not supposed, varies=varies)
        yield from [one] * int(least or 1)
        if any(more):
            yield replace(one, repeats=True)


def _all_between(ends: re.Match[str]) -> str:
    return "".join(map(chr, range(ord(ends[1]), ord(ends[2]) + 1)))


class _Pattern:
    """Where in a pattern each character stands, and each `?`, `*` and variable that may be any text: as bits, the
    lowest for the first. Where a text has come to in it is bits too: `free` if nothing that is generated decided so,
    and `decided`."""

    def __init__(self, pattern: str) -> None:
        parts = _RUNS.sub(lambda found: _VARIABLE if _VARIABLE in found[0] else "*", pattern)
        found: defaultdict[str, int] = defaultdict(int)
        for at, character in enumerate(parts):
            found[character] |= 1 << at
        self._variables, self._any = found.pop(_VARIABLE, 0), found.pop("?", 0)
        self._runs = self._variables | found.pop("*", 0)
        self._written, self._end = dict(found), 1 << len(parts)
        self._named: dict[frozenset[str] | None, int] = {None: sum(found.values())}

    def may_decide(self, parts: Iterable[_Part]) -> bool:
        """True iff some text of such parts matches, and what is generated decides that."""
        free, decided = self._past_runs(1), 0
        for part in parts:
            if not free | decided:
                return False
            free, decided = self._after_run(part, free, decided) if part.repeats else self._after(part, free, decided)
        return decided & self._end != 0

    def _after_run(self, part: _Part, free: int, decided: int) -> tuple[int, int]:
        while True:
            more = self._after(part, free, decided)
            if more[0] | free == free and more[1] | decided == decided:
                return free, decided
            free, decided = free | more[0], decided | more[1]

    def _after(self, part: _Part, free: int, decided: int) -> tuple[int, int]:
        single = self._naming(part.characters) | self._any
        by_generated = ~(0 if part.varies else self._any) if part.generated else 0
        by_generated &= single | self._variables
        then_free = self._read(free & ~by_generated, single)
        then_decided = self._read(decided, single) | self._read(free & by_generated, single)
        return then_free, then_decided

    def _read(self, places: int, single: int) -> int:
        """Where a text has come to after one more character, which `single` parts match."""
        return self._past_runs((places & self._runs) | (places & single) << 1)

    def _past_runs(self, places: int) -> int:
        return places | (places & self._runs) << 1

    def _naming(self, characters: frozenset[str] | None) -> int:
        """Where one of these stands, or any."""
        if characters not in self._named:
            self._named[characters] = sum(self._written.get(one, 0) for one in characters or ())
        return self._named[characters]


_pattern = lru_cache(1024)(_Pattern)


def check_values(
    generated: Iterable[tuple[str, str]], values: Iterable[tuple[str, str | tuple[str, ...]]], span: Span = NOWHERE
) -> None:
    """Raises `InputError` where one may be a text that a condition key has, or that stands in no condition. A text with
    a placeholder is what that stands for."""
    for key, value in values if generated else ():
        for text in (value,) if isinstance(value, str) else value:
            kinds = {compared_as(key), *map(compared_as, VARIABLE.findall(text))}
            for kind, one in generated if not PLACEHOLDER.search(text) else ():
                if (OTHER if kind == NAMED else kind) in kinds and GeneratedText.of(kind, one).may_be(text):
                    message = f"`{brief(text)}` may be what AWS or Terraform will generate, which it is compared with"
                    hint = "where that is known, give what is there (a snapshot), or the text itself"
                    raise InputError.of(printable(message), span, hint=hint, rule="S4")
