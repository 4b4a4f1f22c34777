"""Forms over callers → text.

In: a form whose words are accounts, kinds, names and patterns of callers. Out: a noun phrase.
Guarantee: every word of the form is in the text, or counted in it (`12 roles of 111122223333`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from verifier.verify.phrases_forms import Block, Form, Sort, Word
from verifier.verify.phrases_lists import clauses, listed, shown

FEW = 4
"""How many names are listed before they are counted by account and kind."""


def account_of(name: str) -> str | None:
    """The account of a principal; `None` for a service."""
    return name.split(":")[4] if name.startswith("arn:") else None


def kind_of(name: str) -> str:
    """The kind of a principal, as `phrases_caller_classes` names it."""
    if not name.startswith("arn:"):
        return "AWS service"
    last = name.split(":", 5)[5]
    return {"root": "root user", "federated-user": "federated-user session"}.get(last.split("/")[0], last.split("/")[0])


@dataclass
class _Set:
    """A block by what its words are about."""

    accounts: list[str] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    patterns: list[Word] = field(default_factory=list)
    names: list[str] = field(default_factory=list)

    def add(self, word: Word) -> None:
        match word.sort:
            case Sort.ACCOUNT:
                self.accounts.append(word.text)
            case Sort.KIND:
                self.kinds.append(word.text)
            case Sort.KIND_OF_ACCOUNT:
                kind, account = word.text.rsplit(" of ", 1)
                self.kinds.append(kind)
                self.accounts.append(account)
            case Sort.IS:
                self.names.append(word.text)
            case _:
                self.patterns.append(word)


@dataclass(frozen=True)
class _Phrase:
    """`every KINDS WHERE except LIMITS and NAMES`; without kinds, only `where`."""

    kinds: tuple[str, ...]
    where: str
    limits: tuple[str, ...] = ()
    names: tuple[str, ...] = ()

    def joined(self, other: _Phrase) -> _Phrase | None:
        """One phrase for both, where they differ only in their kinds and in names that are of these kinds; otherwise `None`."""
        if not self.kinds or not other.kinds or (self.where, self.limits) != (other.where, other.limits):
            return None
        kinds = {*self.kinds, *other.kinds}
        if self.names != other.names and (kinds & _OVERLAPPING or not (self._own_names and other._own_names)):
            return None
        return _Phrase((*self.kinds, *other.kinds), self.where, self.limits, tuple(dict.fromkeys((*self.names, *other.names))))

    @property
    def _own_names(self) -> bool:
        return all(kind_of(name) in self.kinds for name in self.names)


_OVERLAPPING = frozenset({"caller", "service-linked role"})
"""The kinds that share callers with others."""


class CallerText:
    """Writes forms over callers. Principals of the `home` account are named without it."""

    def __init__(self, home: str | None) -> None:
        self._home = home

    def text(self, form: Form) -> str:
        """The callers of a form that is not empty."""
        names = self.names([block.all[0].text for block in form if _is_name(block)])
        phrases = [self._written(phrase) for phrase in _joined(self._phrase(block) for block in form if not _is_name(block))]
        parts = [*phrases, *([listed(names)] if names else [])]
        return "; and ".join(parts) if any(" except " in phrase for phrase in phrases) else clauses(parts)

    def _written(self, phrase: _Phrase) -> str:
        if not phrase.kinds:
            return phrase.where
        excluded = listed([*phrase.limits, *self.names(phrase.names)])
        kinds = listed(sorted(phrase.kinds, key=_KINDS.index))
        return f"every {kinds}{phrase.where}" + (f" except {excluded}" if excluded else "")

    # -- names --

    def short(self, name: str) -> str:
        """`role/reports`, `role/reports of 444455556666`, `root of 111122223333`, `s3.amazonaws.com`."""
        account = account_of(name)
        if account is None:
            return name
        last = name.split(":", 5)[5]
        return last if account == self._home and last != "root" else f"{last} of {account}"

    def names(self, names: Sequence[str]) -> list[str]:
        """The names, or where they are many, how many of each kind and account there are."""
        if len(names) <= FEW:
            return [self.short(name) for name in names]
        groups: dict[tuple[str, str | None], list[str]] = {}
        for name in names:
            groups.setdefault((kind_of(name), account_of(name)), []).append(name)
        return [self._group(kind, account, members) for (kind, account), members in groups.items()]

    def _group(self, kind: str, account: str | None, members: Sequence[str]) -> str:
        if len(members) == 1:
            return self.short(members[0])
        return f"{len(members):,} {kind}s" + (f" of {account}" if account is not None else "")

    # -- blocks --

    def _phrase(self, block: Block) -> _Phrase:
        inside, outside = _Set(), _Set()
        for word in block.all:
            inside.add(word)
        for word in block.none:
            outside.add(word)
        _say_kinds(inside, outside)
        kinds = tuple(_specific(inside.kinds))
        if inside.names:
            return _Phrase((), listed(self.names(inside.names)))
        if kinds == ("root user",) and inside.accounts and not (inside.patterns or block.none):
            return _Phrase((), f"root of {inside.accounts[0]}")
        where = f" of {listed(inside.accounts)}" if inside.accounts else ""
        limits = list(_excluded(outside))
        if outside.accounts and not inside.accounts and _no_service(inside):
            accounts = sorted(outside.accounts)
            where = f" of {'an account' if len(accounts) == 1 else 'accounts'} other than {listed(accounts)}"
        elif outside.accounts:
            limits.insert(0, f"those of {listed(sorted(outside.accounts))}")
        elif set(inside.kinds) == {"principal"} and not inside.accounts:
            limits.insert(0, "AWS services")
        matching = "".join(f" matching {_pattern(word)}" for word in inside.patterns)
        return _Phrase(kinds or ("caller",), where + matching, tuple(limits), tuple(outside.names))


def _joined(phrases: Iterable[_Phrase]) -> list[_Phrase]:
    """The phrases, with one for all that are about different kinds of the same callers."""
    found: list[_Phrase] = []
    for phrase in phrases:
        together = ((position, joined) for position, other in enumerate(found) if (joined := other.joined(phrase)) is not None)
        position, joined = next(together, (len(found), phrase))
        found[position : position + 1] = [joined]
    return found


def _excluded(outside: _Set) -> Iterator[str]:
    for kind in outside.kinds:
        yield "callers that are no AWS service" if kind == "principal" else f"{kind}s"
    if outside.patterns:
        yield f"those matching {listed([_pattern(word) for word in outside.patterns], 'or')}"


_PRINCIPALS = ("role", "user", "root user", "federated-user session")
_KINDS = ("caller", *_PRINCIPALS, "service-linked role", "AWS service", "principal")
"""The kinds in the order that they are named in. The first after `caller`, and the services, are every caller; no two share one."""


def _say_kinds(inside: _Set, outside: _Set) -> None:
    """Names the kinds that are left where these are no more than those that are excluded."""
    if any(kind != "principal" for kind in inside.kinds):
        return
    principals = bool(inside.kinds or inside.accounts)
    excluded = [kind for kind in outside.kinds if kind in _KINDS and kind not in ("principal", "service-linked role")]
    left = [kind for kind in (*_PRINCIPALS, *(() if principals else ("AWS service",))) if kind not in excluded]
    if len(left) <= len(excluded):
        inside.kinds = left
        outside.kinds = [kind for kind in outside.kinds if kind not in excluded]


def _is_name(block: Block) -> bool:
    return len(block.all) == 1 and not block.none and block.all[0].sort is Sort.IS


def _no_service(found: _Set) -> bool:
    """Whether what a set names shows that no AWS service is in it."""
    return bool(found.kinds) and "AWS service" not in found.kinds or any(word.text.startswith("arn:") for word in found.patterns)


def _specific(kinds: Iterable[str]) -> list[str]:
    """The kinds, without those that a more special one implies."""
    found = [kind for kind in dict.fromkeys(kinds) if kind != "principal"]
    return [kind for kind in found if not (kind == "role" and "service-linked role" in found)]


def _pattern(word: Word) -> str:
    return shown(word.text, word.note) + (" in any case" if word.sort is Sort.MATCHES_IN_ANY_CASE else "")
