"""Sets of sets in words: what a multi-valued key holds (`has the value tenant`, `has no value but tenant and env`).

In: the words for single values, masks of which some value must be in each, and a mask that no value may be in. Out: text.
Guarantee: the text says exactly that.
"""

from __future__ import annotations

from collections.abc import Sequence

from verifier.verify.phrases_forms import Form, Sort
from verifier.verify.phrases_lists import clauses, listed, shown
from verifier.verify.phrases_values import Values, form_text


def set_text(values: Values, somes: Sequence[int], none: int) -> str:
    """Some value in each of `somes`, and no value in `none`."""
    full = values.full
    if none == full:
        return "is absent"
    only = _is_only(values, none)
    if not somes:
        return f"is absent, or {only}" if only else _has_no(values, none)
    asked = [mask & ~none for mask in somes if mask & ~none != full & ~none]
    present = [_has(values.form(mask)) for mask in asked] or ["is present"]
    return clauses([*present, *([only or _has_no(values, none)] if none else [])])


def _is_only(values: Values, none: int) -> str | None:
    """`has no value but …`, where the rest is shorter to say than what is excluded."""
    rest = values.form(values.full & ~none)
    if _length(rest) > _length(values.form(none)):
        return None
    return f"has no value but {_nouns(rest)}" if _is_plain(rest) else f"has no value but one that {form_text(rest)}"


def _has_no(values: Values, none: int) -> str:
    form = values.form(none)
    return f"has no value {_nouns(form, 'or')}" if _is_plain(form) else f"has no value that {form_text(form)}"


def _has(form: Form) -> str:
    if _is_plain(form) and len(form) == 1:
        return f"has the value {_nouns(form)}"
    return f"has a value that {form_text(form)}"


def _is_plain(form: Form) -> bool:
    return all(len(block.all) == 1 and not block.none and block.all[0].sort is Sort.IS for block in form)


def _nouns(form: Form, last: str = "and") -> str:
    return listed([shown(block.all[0].text) for block in form], last)


def _length(form: Form) -> float:
    return sum(block.cost for block in form)
