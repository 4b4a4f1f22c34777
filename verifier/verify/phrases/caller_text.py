"""Forms over callers → text.

In: a form whose words are accounts, kinds, names and patterns of callers. Out: a noun phrase.
Guarantee: every word of the form is in the text, or counted in it (`12 roles of 111122223333`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from verifier.frozen import Frozen
from verifier.verify.phrases import caller_sets
from verifier.verify.phrases.forms import Form, WordConjunction
from verifier.verify.phrases.lists import clauses, listed

_FEW = 4
"""How many names are listed before they are counted by account and kind."""


class _Phrase(Frozen):
    """`every KINDS WHERE except LIMITS and NAMES`; without kinds, only `where`."""

    kinds: tuple[str, ...]
    where: str
    limits: tuple[str, ...] = ()
    names: tuple[str, ...] = ()

    def joined(self, other: _Phrase) -> _Phrase | None:
        """One phrase for both, where they differ only in kinds and in names of these kinds; otherwise `None`."""
        if not self.kinds or not other.kinds or (self.where, self.limits) != (other.where, other.limits):
            return None
        kinds = {*self.kinds, *other.kinds}
        if self.names != other.names and (kinds & _OVERLAPPING or not (self._own_names and other._own_names)):
            return None
        names = tuple(dict.fromkeys((*self.names, *other.names)))
        return _Phrase((*self.kinds, *other.kinds), self.where, self.limits, names)

    @property
    def _own_names(self) -> bool:
        return all(caller_sets.principal_kind(name) in self.kinds for name in self.names)


_OVERLAPPING = frozenset({"caller", caller_sets.LINKED})
"""The kinds that share callers with others."""


class CallerText:
    """Writes forms over callers. Principals of the `home` account are named without it."""

    def __init__(self, home: str | None) -> None:
        self._home = home

    def text(self, form: Form) -> str:
        """The callers of a form that is not empty."""
        names = self.names([block.all[0].text for block in form if block.is_value])
        phrases = [self._written(one) for one in _joined(self._phrase(block) for block in form if not block.is_value)]
        parts = [*phrases, *([listed(names)] if names else [])]
        return "; and ".join(parts) if any(" except " in phrase for phrase in phrases) else clauses(parts)

    def _written(self, phrase: _Phrase) -> str:
        if not phrase.kinds:
            return phrase.where
        excluded = listed([*phrase.limits, *self.names(phrase.names)])
        kinds = listed(sorted(phrase.kinds, key=caller_sets.KIND_ORDER.index))
        return f"every {kinds}{phrase.where}" + (f" except {excluded}" if excluded else "")

    # -- names --

    def short(self, name: str) -> str:
        """`role/reports`, `role/reports of 444455556666`, `root of 111122223333`, `s3.amazonaws.com`."""
        account = caller_sets.principal_account(name)
        if account is None:
            return name
        last = name.split(":", 5)[5]
        return last if account == self._home and last != "root" else f"{last} of {account}"

    def names(self, names: Sequence[str]) -> list[str]:
        """The names, or where they are many, how many of each kind and account there are."""
        if len(names) <= _FEW:
            return [self.short(name) for name in names]
        groups: dict[tuple[str, str | None], list[str]] = {}
        for name in names:
            groups.setdefault((caller_sets.principal_kind(name), caller_sets.principal_account(name)), []).append(name)
        return [self._group(kind, account, members) for (kind, account), members in groups.items()]

    def _group(self, kind: str, account: str | None, members: Sequence[str]) -> str:
        if len(members) == 1:
            return self.short(members[0])
        return f"{len(members):,} {kind}s" + (f" of {account}" if account is not None else "")

    # -- blocks --

    def _phrase(self, block: WordConjunction) -> _Phrase:
        inside, outside = caller_sets.Inside(), caller_sets.Outside()
        for word in block.all:
            inside.add(word)
        for word in block.none:
            outside.add(word)
        if inside.names:
            return _Phrase((), listed(self.names(inside.names)))
        _say_kinds(inside, outside)
        limited = inside.patterns or inside.last_names or block.none
        if inside.kinds == frozenset({"root user"}) and inside.accounts and not limited:
            return _Phrase((), f"root of {inside.accounts[0]}")
        where, limits = _where(inside, outside)
        named = "".join(f" named {name}" for name in inside.last_names)
        matching = named + "".join(f" matching {caller_sets.pattern(word)}" for word in inside.patterns)
        everyone = inside.kinds is None or inside.kinds == caller_sets.PRINCIPALS
        kinds = ("caller",) if everyone else tuple(inside.kinds or ())
        return _Phrase(kinds, where + matching, tuple(limits), tuple(outside.names))


def _where(inside: caller_sets.Inside, outside: caller_sets.Outside) -> tuple[str, list[str]]:
    """The accounts of a phrase, and what stands behind its `except`."""
    limits, accounts = outside.limits(), sorted(outside.accounts)
    if inside.accounts:
        return f" of {listed(inside.accounts)}", [*([f"those of {listed(accounts)}"] if accounts else []), *limits]
    if accounts and inside.no_service:
        return f" of {'an account' if len(accounts) == 1 else 'accounts'} other than {listed(accounts)}", limits
    services = ["AWS services"] if inside.kinds == caller_sets.PRINCIPALS else []
    return "", [*services, *([f"those of {listed(accounts)}"] if accounts else []), *limits]


def _joined(phrases: Iterable[_Phrase]) -> list[_Phrase]:
    """The phrases, with one for all that are about different kinds of the same callers."""
    found: list[_Phrase] = []
    for phrase in phrases:
        together = ((at, joined) for at, other in enumerate(found) if (joined := other.joined(phrase)) is not None)
        position, joined = next(together, (len(found), phrase))
        found[position : position + 1] = [joined]
    return found


def _say_kinds(inside: caller_sets.Inside, outside: caller_sets.Outside) -> None:
    """Names the kinds that are left where these are no more than those that are excluded."""
    if inside.kinds is not None and inside.kinds != caller_sets.PRINCIPALS:
        return
    with_an_account = inside.kinds is not None or inside.accounts
    every = caller_sets.PRINCIPALS if with_an_account else caller_sets.PRINCIPALS | {caller_sets.SERVICE}
    excluded = [kind for kind in outside.kinds if kind != caller_sets.LINKED]
    if len(every.difference(excluded)) <= len(every.intersection(excluded)):
        inside.kinds = frozenset(every.difference(excluded))
        outside.kinds = [kind for kind in outside.kinds if kind == caller_sets.LINKED]
