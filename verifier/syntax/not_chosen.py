"""Texts of which AWS or Terraform will choose a part: IDs, and ends of names (S4).

In: what a text may come to. Out: whether a text or a pattern that it is compared with may be met by it, and need not.
Guarantee: where it is not so, the placeholder in the text is compared as whatever is chosen would be.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from verifier.syntax.diagnostic import InputError
from verifier.syntax.source import Span
from verifier.syntax.text import brief, printable

MARK = "902468"
"""What is in each text that stands for what AWS or Terraform will choose, but for the IDs of keys."""
_FORMS = {
    rf"(?:0{{8}}|{MARK}[0-9a-f]{{2}})-0000-4000-8000-[0-9a-f]{{12}}": "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    r"mrk-0{16}[0-9a-f]{16}": "mrk-[0-9a-f]{32}",
    rf"(?:mrk-)?unknown-{MARK}[0-9a-f]*": "(?:mrk-)?[0-9a-f-]+",
    rf"(?<=[a-z]-)0{MARK}[0-9a-f]*": "[0-9a-f]+",
    rf"(?<=ou-)0000-{MARK}[0-9a-f]*": "[0-9a-z]+-[0-9a-z]+",
    rf"(?<![a-z0-9-])stack(?=-[a-z0-9-]*{MARK})": "[a-z0-9-]+",
    rf"{MARK}[0-9]{{20}}(?![0-9a-z])": "[0-9a-z]{16,}",
    rf"{MARK}[0-9a-z]*": "[0-9a-z]+",
}
"""Of each placeholder the form that it has, and that of what will be chosen, in any case. How the name of a stack
begins is not known either."""
PLACEHOLDER = re.compile("|".join(f"({form})" for form in _FORMS), re.IGNORECASE)
_GAP = "\0" * 36
"""Characters that no pattern names, in the place of a placeholder."""
VARIABLE = re.compile(r"\$\{([^}]*)\}")
WILD = re.compile(r"\$\{[^}]*\}|[*?]")
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
class NotChosen:
    """A `text` with placeholders that is compared as `kind`."""

    kind: str
    text: str
    form: re.Pattern[str]
    """What it may come to."""
    literals: tuple[str, ...]
    """What is around the placeholders."""

    @classmethod
    def of(cls, kind: str, text: str) -> NotChosen:
        literals, forms, position = [], [], 0
        for found in PLACEHOLDER.finditer(text):
            literals.append(text[position : found.start()])
            forms += [_form(literals[-1]), [*_FORMS.values()][(found.lastindex or 1) - 1]]
            position = found.end()
        literals.append(text[position:])
        return cls(kind, text, re.compile("".join([*forms, _form(literals[-1])]), re.IGNORECASE), tuple(literals))

    def may_be(self, text: str) -> bool:
        """Whether what is chosen may make it this text, or what this pattern matches, and need not."""
        if not WILD.search(text):
            return self.form.fullmatch(text) is not None
        pattern, shown = WILD.sub("*", text), _GAP.join(WILD.sub(_GAP, literal) for literal in self.literals)
        if self.kind == NAMED or ("?" not in text and fnmatchcase(shown, pattern.replace("[", "[[]"))):
            return False
        known = WILD.split(self.literals[0].lower())[0], WILD.split(self.literals[-1].lower())[-1]
        start, *_, end = pattern.lower().split("*")
        starts = start.startswith(known[0]) or known[0].startswith(start)
        return starts and (end.endswith(known[1]) or known[1].endswith(end))


def _form(literal: str) -> str:
    """What a part of a text matches in which nothing is chosen; that of a condition may be a pattern."""
    return ".*".join(map(re.escape, WILD.split(literal)))


def check_text(not_chosen: Iterable[tuple[str, str]], key: str, text: str, span: Span) -> None:
    """Raises `InputError` where one may be the text that a condition key has, or that stands in no condition."""
    kinds = {compared_as(key), *map(compared_as, VARIABLE.findall(text))}
    for kind, chosen in not_chosen:
        if (OTHER if kind == NAMED else kind) in kinds and NotChosen.of(kind, chosen).may_be(text):
            message = f"`{brief(text)}` may be what AWS or Terraform will choose, which it is compared with"
            hint = "where that is known, give what is there (a snapshot), or the text itself"
            raise InputError.of(printable(message), span, hint=hint, rule="S4")
