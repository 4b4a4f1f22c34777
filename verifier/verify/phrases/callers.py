"""Sets of callers in words: `role/reports`, `every role and user of 444455556666 except role/x`,
`12 roles of 111122223333`.

In: the table of callers, the predicates put to it, and estates. Out: `Callers`.
Guarantee: the words say exactly the mask: they are written from a form that is (`forms`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence

from verifier.frozen import Frozen
from verifier.model.estate import Estate
from verifier.model.request import CallerKind
from verifier.model.results.access import Callers
from verifier.problem.classes.attributes import ACCOUNT_ID, spelt_out
from verifier.problem.classes.predicates import Less, Predicate, like, like_arn
from verifier.problem.classes.tables import MORE_STATES, OverBudget, Table, WordTable, bits, numbers_in
from verifier.problem.classes.words import Domain
from verifier.problem.semantics.caller_tests import account_pattern
from verifier.problem.space import Space
from verifier.verify.phrases.caller_sets import principal_account
from verifier.verify.phrases.caller_text import CallerText
from verifier.verify.phrases.forms import Form, Vocabulary, Word, WordSort
from verifier.verify.phrases.patterns import predicate_words

MOST_PAIRS = 24
"""Accounts whose kinds of callers have a word of their own each."""
_PRINCIPAL = like("arn:*")
_KINDS: dict[str, Predicate] = {
    "user": like_arn("arn:*:iam::*:user/*"),
    "role": like_arn("arn:*:iam::*:role/*"),
    "service-linked role": like_arn("arn:*:iam::*:role/aws-service-role/*"),
    "root user": like_arn("arn:*:iam::*:root"),
    "federated-user session": like_arn("arn:*:sts::*:federated-user/*"),
    "AWS service": Less(like("*"), (_PRINCIPAL,)),
}
"""The kinds of callers, by how their ARNs look (R2)."""
_KIND_OF = {
    "user": CallerKind.USER,
    "role": CallerKind.ROLE,
    "root user": CallerKind.ROOT,
    "federated-user session": CallerKind.FEDERATED,
    "AWS service": CallerKind.SERVICE,
}


class CallerPhrases:
    """The words for callers."""

    def __init__(self, space: Space, table: Table, estates: Sequence[Estate] = ()) -> None:
        self._full = (1 << table.size) - 1
        predicates = list(space.questions.get("principal", {}))
        domain = space.attributes["principal"].domain
        assert domain is not None
        inventories = [account for estate in (space.estate, *estates) for account in estate.accounts]
        named = spelt_out(ACCOUNT_ID, predicates)
        accounts = [space.target.account or "", *(account.id for account in inventories), *named]
        self._classes = _CallerClasses(table, domain, predicates, filter(None, accounts))
        self._listed = {identity.arn for account in inventories for identity in account.identities}
        structural = {_PRINCIPAL, *_KINDS.values(), *map(account_pattern, self._classes.accounts)}
        names = predicate_words((p for p in predicates if p not in structural), table.mask, arns_only=True)
        self._partition = space.target.partition
        self._arns = {word.mask: word.text for word in names if word.sort is WordSort.IS and word.mask}
        self._arns |= dict(self._root_users())
        names += _by_last_name(names)
        pairs = list(self._pairs())
        own = [*self._accounts(), *self._kinds(), *(pair[0] for pair in pairs if len(pair) == 1), *names]
        self._vocabulary = Vocabulary(self._full, own, (pair for pair in pairs if len(pair) == 2))
        self._text = CallerText(space.target.account)

    # -- words --

    def _accounts(self) -> Iterator[Word]:
        for account, extent in self._classes.by_account.items():
            if extent.exact:
                yield Word(WordSort.ACCOUNT, account, extent.inside)

    def _kinds(self) -> Iterator[Word]:
        for kind, extent in self._classes.kinds.items():
            if extent.exact:
                yield Word(WordSort.KIND, kind, extent.inside)
        if (both := self._identities()) is not None:
            yield both

    def _identities(self) -> Word | None:
        """Those that identity policies are attached to: one word, since they are mostly meant together."""
        found = [self._classes.kinds.get(kind) for kind in ("role", "user")]
        masks = [extent.inside for extent in found if extent is not None and extent.exact]
        return Word(WordSort.KIND, "role and user", masks[0] | masks[1], 1.2) if len(masks) == 2 else None

    def _pairs(self) -> Iterator[tuple[Word, ...]]:
        """The kinds of callers of each account, by two words, or by one where they are no sets of classes."""
        kinds, accounts = self._classes.kinds, self._classes.by_account
        both = self._identities()
        for account in self._classes.accounts[:MOST_PAIRS]:
            if both is not None and accounts[account].exact:
                yield both, Word(WordSort.ACCOUNT, account, accounts[account].inside)
            for kind in (kind for kind in _KINDS if kind in kinds):
                extent = self._classes.of(kind, account)
                if kinds[kind].exact and accounts[account].exact:
                    of_kind = Word(WordSort.KIND, kind, kinds[kind].inside)
                    yield of_kind, Word(WordSort.ACCOUNT, account, accounts[account].inside)
                elif extent.exact:
                    yield (Word(WordSort.KIND_OF_ACCOUNT, f"{kind} of {account}", extent.inside),)

    def _root_users(self) -> Iterator[tuple[int, str]]:
        roots = self._classes.kinds.get("root user")
        for account in self._classes.accounts if roots is not None else ():
            extent = self._classes.of("root user", account)
            if extent.exact and extent.inside.bit_count() == 1:
                yield extent.inside, f"arn:{self._partition}:iam::{account}:root"

    # -- sets --

    def form(self, mask: int) -> Form:
        """A form that is exactly the mask."""
        return self._vocabulary.express(mask & self._full)

    def callers(self, mask: int) -> Callers:
        """The callers of a mask that is not empty."""
        mask &= self._full
        names, form = self._names(mask), self.form(mask)
        return Callers(
            text=self._text.text(form),
            names=names,
            accounts=self._accounts_of(mask, names),
            kinds=tuple(self._kinds_of(mask)),
            known=bool(names) and all(name in self._listed for name in names),
            named=() if names else _principals(word for block in form for word in block.all),
            excluded=() if names else _principals(word for block in form for word in block.none),
        )

    def apart(self, mask: int) -> tuple[int, ...]:
        """A mask in parts that are named more plainly one by one: callers of each account, services, all others."""
        found, services = list[int](), self._classes.kinds.get("AWS service")
        for extent in (*self._classes.by_account.values(), *([services] if services is not None else [])):
            if extent.exact and extent.inside & mask:
                found.append(extent.inside & mask)
                mask &= ~extent.inside
        return (*found, mask) if mask else tuple(found)

    def _names(self, mask: int) -> tuple[str, ...]:
        """The principals of the mask, where it is a list of them."""
        found = [self._arns.get(bit) for bit in bits(mask)]
        return () if None in found else tuple(sorted(name for name in found if name is not None))

    def _accounts_of(self, mask: int, names: Collection[str]) -> tuple[str, ...]:
        if names:
            return tuple(sorted({account for name in names if (account := principal_account(name)) is not None}))
        found = [account for account, extent in self._classes.by_account.items() if extent.touching & mask]
        principals = self._classes.kinds.get("principal")
        left = mask if principals is None else mask & principals.touching
        for account in found:
            left &= ~self._classes.by_account[account].inside
        return tuple(sorted(found)) if not left else ()

    def _kinds_of(self, mask: int) -> Iterator[CallerKind]:
        for kind, meant in _KIND_OF.items():
            extent = self._classes.kinds.get(kind)
            if extent is None or extent.touching & mask:
                yield meant


def _principals(found: Iterable[Word]) -> tuple[str, ...]:
    return tuple(sorted({word.text for word in found if word.sort is WordSort.IS}))


_ANY_PATH = re.compile(r"(arn:[^:*]+:iam::[0-9]{12}:(?:role|user)/)\*/([^*?/]+)")


def _by_last_name(found: Sequence[Word]) -> list[Word]:
    """The roles, or users, with a name and any path: a session names its role so."""
    plain = {word.text: word.mask for word in found if word.sort is WordSort.IS}
    named = ((word, _ANY_PATH.fullmatch(word.text)) for word in found if word.sort is WordSort.MATCHES)
    whole = ((word, match[1] + match[2]) for word, match in named if match is not None)
    return [Word(WordSort.NAMED, text, word.mask | plain[text]) for word, text in whole if text in plain]


class _Extent(Frozen):
    """The classes that lie in a set of callers, and those that have members in it."""

    inside: int
    touching: int

    @property
    def exact(self) -> bool:
        """True iff the set is a union of classes."""
        return self.inside == self.touching


class _CallerClasses:
    """Which classes of callers are of which account and kind, also where no policy asks for either. Exact: callers are
    cut once more, by the policies' predicates and these together, and each finer class lies in one of the table's."""

    def __init__(self, table: Table, domain: Domain, predicates: Sequence[Predicate], accounts: Iterable[str]) -> None:
        self.accounts = tuple(dict.fromkeys(accounts))
        self._table = table
        self._kinds = {**_KINDS, "principal": _PRINCIPAL}
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

    def extent(self, *predicates: Predicate) -> _Extent:
        """The classes of the callers that satisfy all of some predicates, of those that make kinds and accounts."""
        mask = -1
        for predicate in predicates:
            mask &= self._fine.mask(predicate)
        homes = {self._home[index] for index in numbers_in(mask)}
        return _Extent(sum(home for home in homes if not self._parts[home] & ~mask), sum(homes))

    def of(self, kind: str, account: str) -> _Extent:
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
