"""What the words of a block over callers say, sorted by what they are about.

In: words for accounts, kinds, names and patterns of callers. Out: `Inside`, `Outside`.
Guarantee: a caller is in the block iff it is in all that `Inside` holds and in nothing that `Outside` does.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from verifier.model.policy import arn_account
from verifier.verify.phrases.forms import Word, WordSort
from verifier.verify.phrases.lists import listed, shown


def principal_account(name: str) -> str | None:
    """The account of a principal; `None` for a service."""
    return arn_account(name) if name.startswith("arn:") else None


def principal_kind(name: str) -> str:
    """The kind of a principal, as `callers.KINDS` names it."""
    if not name.startswith("arn:"):
        return "AWS service"
    last = name.split(":", 5)[5]
    return {"root": "root user", "federated-user": "federated-user session"}.get(last.split("/")[0], last.split("/")[0])


PRINCIPALS = frozenset({"role", "user", "root user", "federated-user session"})
"""The kinds of all callers that have an ARN."""
LINKED, SERVICE = "service-linked role", "AWS service"
KIND_ORDER = ("caller", "role", "user", "root user", "federated-user session", LINKED, SERVICE)
"""The kinds in the order that they are named in. Roles, users, root users, federated-user sessions and services are
every caller, and share none; service-linked roles are roles."""


def _kinds(text: str) -> frozenset[str]:
    return PRINCIPALS if text == "principal" else frozenset(text.split(" and "))


def _in_both(left: frozenset[str], right: frozenset[str]) -> frozenset[str]:
    """The kinds of the callers that are of one of the first kinds and of one of the second."""
    linked = {LINKED} if LINKED in left | right and {LINKED, "role"} & left and {LINKED, "role"} & right else set()
    return (left & right) | linked


def _named(word: Word) -> tuple[str, str, str]:
    """Kind, account and name of roles or users that are named without their path."""
    account, last = word.text.split(":", 5)[4:]
    kind, name = last.split("/")
    return kind, account, name


@dataclass
class Inside:
    """The words that the callers of a block are in, by what they are about. `kinds` is `None` where no word is about a
    kind; `last_names` are names of roles or users, whatever their path."""

    accounts: list[str] = field(default_factory=list)
    kinds: frozenset[str] | None = None
    patterns: list[Word] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    last_names: list[str] = field(default_factory=list)

    def add(self, word: Word) -> None:
        if word.sort is WordSort.NAMED:
            kind, account, name = _named(word)
            self.last_names.append(name)
            word = Word(WordSort.KIND_OF_ACCOUNT, f"{kind} of {account}", word.mask)
        both = word.sort is WordSort.KIND_OF_ACCOUNT
        kind, _, account = word.text.partition(" of ") if both else (word.text, "", word.text)
        if word.sort in (WordSort.KIND, WordSort.KIND_OF_ACCOUNT):
            self.kinds = _kinds(kind) if self.kinds is None else _in_both(self.kinds, _kinds(kind))
        if word.sort in (WordSort.ACCOUNT, WordSort.KIND_OF_ACCOUNT):
            if account not in self.accounts:
                self.accounts.append(account)
        elif word.sort is WordSort.IS:
            self.names.append(word.text)
        elif word.sort is not WordSort.KIND:
            self.patterns.append(word)

    @property
    def no_service(self) -> bool:
        """True iff what they are in shows that no AWS service is among them."""
        of_other_kinds = self.kinds is not None and SERVICE not in self.kinds
        return of_other_kinds or any(word.text.startswith("arn:") for word in self.patterns)


@dataclass
class Outside:
    """The words that the callers of a block are in none of."""

    accounts: list[str] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    of_accounts: list[str] = field(default_factory=list)
    patterns: list[Word] = field(default_factory=list)
    names: list[str] = field(default_factory=list)

    def add(self, word: Word) -> None:
        match word.sort:
            case WordSort.ACCOUNT:
                self.accounts.append(word.text)
            case WordSort.KIND:
                self.kinds += sorted(_kinds(word.text), key=KIND_ORDER.index)
            case WordSort.KIND_OF_ACCOUNT:
                kind, account = word.text.split(" of ")
                self.of_accounts += [f"{one}s of {account}" for one in sorted(_kinds(kind), key=KIND_ORDER.index)]
            case WordSort.IS:
                self.names.append(word.text)
            case WordSort.NAMED:
                kind, account, name = _named(word)
                self.of_accounts.append(f"{kind}s of {account} named {name}")
            case _:
                self.patterns.append(word)

    def limits(self) -> list[str]:
        """What is said of them behind `except`, but for the names and accounts."""
        said = listed([pattern(word) for word in self.patterns], "or")
        patterns = [f"those matching {said}"] if self.patterns else []
        return [*(f"{kind}s" for kind in self.kinds), *self.of_accounts, *patterns]


def pattern(word: Word) -> str:
    """The text of a pattern in a sentence; a name in any case is one as well."""
    return shown(word.text, word.note) + (
        " in any case" if word.sort in (WordSort.IS_IN_ANY_CASE, WordSort.MATCHES_IN_ANY_CASE) else ""
    )
