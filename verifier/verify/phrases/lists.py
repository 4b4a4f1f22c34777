"""Lists in sentences. In: texts. Out: text. Guarantee: every text is in it, as it is."""

from __future__ import annotations

from collections.abc import Sequence


def listed(texts: Sequence[str], last: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`."""
    if len(texts) < 2:
        return "".join(texts)
    return f"{', '.join(texts[:-1])} {last} {texts[-1]}"


def clauses(texts: Sequence[str], last: str = "and") -> str:
    """The same for longer parts, or parts with lists in them: `a, and b`."""
    if len(texts) < 2:
        return "".join(texts)
    return f"{', '.join(texts[:-1])}, {last} {texts[-1]}"


_OWN_WORDS = frozenset(
    {"absent", "and", "any", "between", "but", "case", "has", "in", "is", "matches", "none", "not", "of", "one", "or", "present", "that"}
)
"""Words of the sentences themselves."""


def shown(value: str, note: str = "", *, quoted: bool = False) -> str:
    """A value in a sentence: as it is, in quotes where a reader would not see where it begins and ends, or if it is to be
    `quoted`. `note` goes behind it."""
    if quoted or not value or value in _OWN_WORDS or any(character in ' ,;"()' for character in value):
        value = '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f"{value} ({note})" if note else value
