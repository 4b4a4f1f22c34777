"""The classes of callers by account and kind, also where no policy asks for either.

In: the table of callers, the predicates put to it, and accounts. Out: `CallerClasses`.
Guarantee: exact: `inside` are the classes all of whose members satisfy a predicate, `touching` those that have such a
member. Found by cutting the callers once more, by the policies' predicates and these together: each finer class lies in
one of the table's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from verifier.model.request import CallerKind
from verifier.problem.classes.predicates import Less, Predicate, like, like_arn
from verifier.problem.classes.tables import MORE_STATES, OverBudget, Table, WordTable, numbers_in
from verifier.problem.classes.words import Domain
from verifier.problem.semantics.caller_tests import account_pattern

PRINCIPAL = like("arn:*")
KINDS: dict[str, Predicate] = {
    "user": like_arn("arn:*:iam::*:user/*"),
    "role": like_arn("arn:*:iam::*:role/*"),
    "service-linked role": like_arn("arn:*:iam::*:role/aws-service-role/*"),
    "root user": like_arn("arn:*:iam::*:root"),
    "federated-user session": like_arn("arn:*:sts::*:federated-user/*"),
    "AWS service": Less(like("*"), (PRINCIPAL,)),
}
"""The kinds of callers, by how their ARNs look (R2)."""
KIND_OF = {
    "user": CallerKind.USER,
    "role": CallerKind.ROLE,
    "root user": CallerKind.ROOT,
    "federated-user session": CallerKind.FEDERATED,
    "AWS service": CallerKind.SERVICE,
}


@dataclass(frozen=True)
class Extent:
    """The classes that lie in a set of callers, and those that have members in it."""

    inside: int
    touching: int

    @property
    def exact(self) -> bool:
        """Whether the set is a union of classes."""
        return self.inside == self.touching


class CallerClasses:
    """Which classes of callers are of which account and kind."""

    def __init__(self, table: Table, domain: Domain, predicates: Sequence[Predicate], accounts: Iterable[str]) -> None:
        self.accounts = tuple(dict.fromkeys(accounts))
        self._table = table
        self._kinds = {**KINDS, "principal": PRINCIPAL}
        wanted = [*self._kinds.values(), *map(account_pattern, self.accounts)]
        try:
            self._fine: Table = WordTable(domain, [*predicates, *wanted], MORE_STATES)
            self._home = _homes(self._fine, table)
        except OverBudget:  # then only what the policies ask for is told apart
            self._fine, self._home = table, [1 << index for index in range(table.size)]
            # the services are what is no principal
            self._kinds = {name: kind for name, kind in self._kinds.items() if kind in predicates}
            self.accounts = tuple(account for account in self.accounts if account_pattern(account) in predicates)
        self._parts: dict[int, int] = {}
        for index, home in enumerate(self._home):
            self._parts[home] = self._parts.get(home, 0) | 1 << index
        self.kinds = {name: self.extent(kind) for name, kind in self._kinds.items()}
        self.by_account = {account: self.extent(account_pattern(account)) for account in self.accounts}

    def extent(self, *predicates: Predicate) -> Extent:
        """The classes of the callers that satisfy all of some predicates, of those that make kinds and accounts."""
        mask = -1
        for predicate in predicates:
            mask &= self._fine.mask(predicate)
        homes = {self._home[index] for index in numbers_in(mask)}
        return Extent(sum(home for home in homes if not self._parts[home] & ~mask), sum(homes))

    def of(self, kind: str, account: str) -> Extent:
        """The classes of the callers of a kind in an account."""
        return self.extent(self._kinds[kind], account_pattern(account))


def _homes(fine: WordTable, coarse: Table) -> list[int]:
    """For each finer class the class that it lies in, as a mask."""
    found = []
    for index in range(fine.size):
        home = coarse.class_of(fine.sample(index))
        assert home is not None, "a caller that the table of callers does not have"
        found.append(1 << home)
    return found
