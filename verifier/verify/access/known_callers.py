"""Callers by name: those that the inventory lists, and those that a key's policy and grants name.

In: the estate, a key, the table of callers. Out: for sets of classes, who is in them by name, and whether there are
others.
Guarantee: a caller that is split off by name is in the class that it is said to be in; a class without a rest has no
other members.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from verifier.model.estate import Estate, Key
from verifier.model.policy import Principal, PrincipalType
from verifier.model.request import CallerKind
from verifier.model.results.region import Callers
from verifier.problem.classes.tables import Table, numbers_in
from verifier.verify.phrases.caller_sets import account_of
from verifier.verify.phrases.caller_text import CallerText

_FEW = 8
"""So many members of a class that has no more are named, whoever asks for it."""
_OWN_NAME = (PrincipalType.USER, PrincipalType.ROLE, PrincipalType.FEDERATED_USER, PrincipalType.SERVICE)


@dataclass(frozen=True)
class Split:
    """Some classes of callers: (class, principal) for each that is known by name, and the classes that have further
    members."""

    named: tuple[tuple[int, str], ...]
    rest: int


class KnownCallers:
    """Who is known by name, class by class."""

    def __init__(self, estate: Estate, key: Key, table: Table) -> None:
        self._table = table
        self._listed = {identity.arn for identity in estate.identities}
        self._text = CallerText(key.account)
        self._of_class: dict[int, list[str]] = {}
        for name in dict.fromkeys(_known(estate, key)):
            index = table.class_of(name)
            if index is not None:
                self._of_class.setdefault(index, []).append(name)

    def split(self, mask: int) -> Split:
        """Takes classes apart into callers by name and the rest."""
        named, rest = list[tuple[int, str]](), 0
        for index in numbers_in(mask & (1 << self._table.size) - 1):
            known = self._of_class.get(index, [])
            found = self._table.members(index, max(_FEW, len(known)) + 1)
            if len(found) <= max(_FEW, len(known)):
                known = [*known, *(member for member in found if member not in known)]
            else:
                rest |= 1 << index
            named += [(index, name) for name in known]
        return Split(tuple(named), rest)

    def callers(self, name: str) -> Callers:
        """One principal in words."""
        account = account_of(name)
        accounts = (account,) if account is not None else ()
        return Callers(self._text.short(name), (name,), accounts, (kind_of(name),), name in self._listed)


def kind_of(name: str) -> CallerKind:
    """The kind of a caller by its principal ARN, or a service's name (R2)."""
    if not name.startswith("arn:"):
        return CallerKind.SERVICE
    last = name.split(":", 5)[5].partition("/")[0]
    return {"root": CallerKind.ROOT, "user": CallerKind.USER, "federated-user": CallerKind.FEDERATED}.get(
        last, CallerKind.ROLE
    )


def _known(estate: Estate, key: Key) -> Iterator[str]:
    """The inventory with its root users, then whom the key's policies and grants name."""
    accounts = {key.account: None}
    for account in estate.accounts:
        accounts[account.id] = None
        yield from (identity.arn for identity in account.identities)
    for principal in _principals(key):
        if principal.partition not in (None, key.partition):
            continue  # R7
        if principal.type in _OWN_NAME:
            yield principal.value
        elif principal.account is not None:
            accounts[principal.account] = None
    yield from (f"arn:{key.partition}:iam::{account}:root" for account in accounts)


def _principals(key: Key) -> Iterator[Principal]:
    for policy in key.policies or ():
        for statement in policy.statements:
            yield from statement.principals or ()
    for grant in key.grants or ():
        yield from grant.principals
