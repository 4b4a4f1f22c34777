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


def shown(value: str) -> str:
    """A value in a sentence: as it is, in quotes where a reader would not see where it begins and ends."""
    return value if value and not any(character in ' ,;"()' for character in value) else '"' + value.replace('"', '\\"') + '"'
