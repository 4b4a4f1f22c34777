"""Sets of sets in words: what a multi-valued key holds (`has the value tenant`, `has no value but tenant and env`).

In: the words for single values, and a `Held`. Out: text. Guarantee: the text says exactly that, of the values that the
key can have.
"""

from __future__ import annotations

from collections.abc import Sequence

from verifier.frozen import Frozen
from verifier.verify.phrases.forms import Form, WordConjunction, form_cost
from verifier.verify.phrases.lists import clauses, listed
from verifier.verify.phrases.values import ValueWords, form_text, word_text


class Held(Frozen):
    """What a multi-valued key must hold: some value in each of `somes`, no value in `none`. `possible` are the classes
    that it can have values in; `optional` says whether it can be absent."""

    somes: Sequence[int]
    none: int
    possible: int
    optional: bool = True

    def text(self, values: ValueWords) -> str | None:
        """The words that go behind the name of the key; `None` where they would say nothing."""
        none = self.none & self.possible
        if none == self.possible:
            return "is absent"
        limits = [self._has_no(values, none)] if none else []
        if not limits and not self.somes:
            return None
        if not self.somes:
            return limits[0] if not self.optional or not limits[0].startswith(_ONLY) else f"is absent, or {limits[0]}"
        left = self.possible & ~none
        masks = [mask & left for mask in self.somes if left & ~mask]
        present = [_has(values.form(mask, mask | (~left & values.full))) for mask in masks]
        if not present and self.optional:
            present = ["is present"]
        return clauses([*present, *limits]) or None

    def _has_no(self, values: ValueWords, none: int) -> str:
        """No value in some classes, or no value outside the others, whichever is shorter; what is not possible may be
        in either."""
        left = self.possible & ~none
        excluded = values.form(none, values.full & ~left)
        allowed = values.form(left, values.full & ~none)
        if _is_complement(excluded):
            allowed, only = _complement(excluded), True
        elif _is_complement(allowed):
            excluded, only = _complement(allowed), False
        else:
            only = form_cost(allowed) <= form_cost(excluded)
        if only:
            return _ONLY + (_nouns(allowed) if _is_plain(allowed) else f"one that {form_text(allowed)}")
        return f"has no value {_nouns(excluded, 'or') if _is_plain(excluded) else f'that {form_text(excluded)}'}"


_ONLY = "has no value but "


def _is_complement(form: Form) -> bool:
    """True iff a form is said by what it is not."""
    return len(form) == 1 and not form[0].all


def _complement(form: Form) -> Form:
    return tuple(WordConjunction((word,)) for word in form[0].none)


def _has(form: Form) -> str:
    if _is_plain(form) and len(form) == 1:
        return f"has the value {_nouns(form)}"
    return f"has a value that {form_text(form)}"


def _is_plain(form: Form) -> bool:
    return all(block.is_value for block in form)


def _nouns(form: Form, last: str = "and") -> str:
    return listed([word_text(block.all[0]) for block in form], last)
