"""Users and roles that an invariant names and that a complete inventory does not list (S3).

In: an estate, invariants. Out: an `InputError` for an invariant that is about such callers alone; a warning for each
one named beside others, or in the list of an `only …`.
Guarantee: a caller that the input leaves open (of an account that is not listed completely, or a role that AWS owns) is
never one of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from verifier.frozen import Frozen
from verifier.model import invariant as model
from verifier.model.estate import Account, Estate
from verifier.model.invariant_file import AnyInvariant
from verifier.model.policy import Text
from verifier.syntax.diagnostic import Diagnostic, InputError, Severity
from verifier.syntax.source import NOWHERE, Span
from verifier.syntax.text import brief, did_you_mean, first_few

_SESSION = "assumed-role/"
_KINDS = ("user/", "role/", _SESSION)
_OF_AWS = ("role/aws:", "assumed-role/aws:")
"""How roles that AWS owns are called, and their sessions: no inventory lists them."""
Accounts = frozenset[str] | None
"""Accounts by their digits; `None` for any."""


def check_callers(estate: Estate, invariants: Iterable[AnyInvariant]) -> None:
    """Raises `InputError` with an error for each name in an invariant whose callers are all users or roles that are not
    listed (S3)."""
    listing = _Listing(estate)
    errors = [
        absent.diagnostic(
            Severity.ERROR, f", so the invariant {brief(invariant.name)!r} checks nothing", invariant.span
        )
        for invariant in invariants
        if not listing.some(invariant.callers)
        for absent in listing.absent(invariant.callers)
    ]
    if errors:
        raise InputError(errors)


def absent_in_invariants(estate: Estate, invariants: Iterable[AnyInvariant]) -> tuple[Diagnostic, ...]:
    """A warning for each user or role that is not listed and that invariants name beside others."""
    found: list[Diagnostic] = []
    for invariant in invariants:
        named = (invariant.grantees, invariant.retiring) if isinstance(invariant, model.Invariant) else ()
        found += absent_callers(
            estate, (invariant.callers, *(callers for callers in named if callers is not None)), invariant.span
        )
    return tuple(dict.fromkeys(found))


def absent_callers(estate: Estate, sets: Iterable[model.CallerSet], place: Span = NOWHERE) -> tuple[Diagnostic, ...]:
    """A warning for each user or role that sets of callers name and that is not listed. `place` is where they are
    named, if they do not know themselves."""
    listing = _Listing(estate)
    found = (absent for callers in sets for absent in listing.absent(callers))
    return tuple(absent.diagnostic(Severity.WARNING, "", place) for absent in found)


class _Absent(Frozen):
    """A name that nobody has in the accounts that it is of. `near` is a hint that tells which listed name may be
    meant."""

    pattern: Text
    accounts: tuple[str, ...]
    near: str | None

    def diagnostic(self, severity: Severity, consequence: str, otherwise: Span) -> Diagnostic:
        """What is wrong, in one line; `otherwise` is its place where the name has none."""
        name = brief(self.pattern.value.split(":", 5)[5])
        message = f"there is no `{name}` in the inventory of {first_few(self.accounts)}, which is complete{consequence}"
        place = next((span for span in (self.pattern.span, otherwise) if span != NOWHERE), None)
        return Diagnostic(severity, message, place, hint=self.near, rule="S3")


@dataclass
class _Listing:
    """The users and roles of the accounts that are listed completely."""

    estate: Estate
    _names: dict[str, frozenset[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._complete = {account.id: account for account in self.estate.accounts if account.complete}

    def some(self, callers: model.CallerSet, accounts: Accounts = None) -> bool:
        """True iff a set has members, as far as the names in it tell. `accounts` are those that its members are of."""
        match callers:
            case model.PrincipalLike(pattern) | model.SessionLike(pattern):
                return not self._lacking(pattern, accounts)
            case model.IssuedBy(operand):
                return self.some(operand, accounts)
            case model.CallersOr(operands) if operands:
                return any(self.some(operand, accounts) for operand in operands)
            case model.CallersAnd(operands):
                scope = self._scope(callers, accounts)
                return all(self.some(operand, scope) for operand in operands)
        return True

    def absent(self, callers: model.CallerSet) -> tuple[_Absent, ...]:
        """The names of nobody in a set, each once: an `only …` leaves out its callers, and also the sessions that they
        issue."""
        return tuple(
            {(absent.pattern.value, absent.pattern.span): absent for absent in self._absent(callers, None)}.values()
        )

    def _absent(self, callers: model.CallerSet, accounts: Accounts) -> Iterator[_Absent]:
        match callers:
            case model.PrincipalLike(pattern) | model.SessionLike(pattern):
                lacking = self._lacking(pattern, accounts)
                if lacking:
                    yield _Absent(pattern, lacking, self._near(pattern, lacking))
            case model.IssuedBy(operand) | model.CallersNot(operand):
                yield from self._absent(operand, accounts)
            case model.CallersOr(operands) | model.CallersAnd(operands):
                scope = self._scope(callers, accounts) if isinstance(callers, model.CallersAnd) else accounts
                for operand in operands:
                    yield from self._absent(operand, scope)

    def _lacking(self, pattern: Text, accounts: Accounts) -> tuple[str, ...]:
        """The accounts that callers of a name are of, where all of them are listed completely and nobody in them has
        it; otherwise none."""
        fields = pattern.value.split(":", 5)
        kind = fields[5] if len(fields) == 6 else ""
        if not self._complete or not kind.startswith(_KINDS) or kind.startswith(_OF_AWS):
            return ()
        if accounts is None and fields[4].isdigit():
            accounts = frozenset({fields[4]})
        of = tuple(sorted(account for account in accounts or () if _matches(fields[4], account)))
        name = "/".join(fields[5].split("/")[:2]) if fields[5].startswith(_SESSION) else fields[5]
        known = all(account in self._complete for account in of)
        return of if known and not any(self._has(account, name) for account in of) else ()

    def _has(self, account: str, name: str) -> bool:
        names = self._named(account)
        return any(_matches(name, other) for other in names) if set("*?") & set(name) else name in names

    def _named(self, account: str) -> frozenset[str]:
        """The users and roles of an account, and whose sessions there are, as the last fields of their ARNs begin."""
        if account not in self._names:
            listed: Account = self._complete[account]
            found = [identity.arn.split(":", 5)[5] for identity in listed.identities]
            sessions = (_SESSION + name.rsplit("/", 1)[-1] for name in found if name.startswith("role/"))
            self._names[account] = frozenset((*found, *sessions))
        return self._names[account]

    def _near(self, pattern: Text, accounts: tuple[str, ...]) -> str | None:
        """Which listed name may be meant: the same one with its path, or a similar one."""
        name = pattern.value.split(":", 5)[5]
        kind, _, rest = name.partition("/")
        rest = rest.split("/")[0] if kind == "assumed-role" else rest
        known = sorted(other for account in accounts for other in self._named(account) if other.startswith(f"{kind}/"))
        last = rest.rsplit("/", 1)[-1].lower()
        same = [other for other in known if other.rsplit("/", 1)[-1].lower() == last]
        return f"did you mean `{same[0]}`?" if same else did_you_mean(f"{kind}/{rest}", known)

    def _scope(self, callers: model.CallersAnd, accounts: Accounts) -> Accounts:
        """The accounts of the members of an intersection."""
        for operand in callers.operands:
            own = self._accounts(operand)
            if own is not None:
                accounts = own if accounts is None else accounts & own
        return accounts

    def _accounts(self, callers: model.CallerSet) -> Accounts:
        organization = self.estate.organization
        match callers:
            case model.InAccount(account):
                return frozenset({account})
            case model.KeyAccount():
                return frozenset(key.account for key in self.estate.keys)
            case model.InOrganization(wanted) if organization is not None and organization.id == wanted:
                return organization.members
            case model.CallersOr(operands):
                found = [self._accounts(operand) for operand in operands]
                return None if None in found else frozenset[str]().union(*(own for own in found if own is not None))
            case model.CallersAnd():
                return self._scope(callers, None)
        return None


def _matches(pattern: str, text: str) -> bool:
    """True iff a text matches a pattern, as `ArnLike` matches one field (L6)."""
    if not set("*?") & set(pattern):
        return pattern == text
    expression = "".join({"*": ".*", "?": "."}.get(letter, re.escape(letter)) for letter in pattern)
    return re.fullmatch(expression, text, re.DOTALL) is not None
