"""Which grants of a key concern a caller (G2, G5).

In: a key's grants, a caller. Out: the grants that name the caller as grantee or as retiring principal, and in which
way.
Guarantee: a listing is read once, whatever the number of requests; a look-up takes time in proportion to what it finds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache

from verifier.evaluate.statements.principals import OWN_TYPE
from verifier.frozen import Frozen
from verifier.model.estate import Key
from verifier.model.grant import Grant
from verifier.model.policy import Principal, PrincipalType
from verifier.model.request import Caller, CallerKind


class Naming(Enum):
    """How a grant names a caller. By `ACCOUNT` it names the root user of the account, and others of it as far as their
    own policies allow (G2); `HIDDEN` is a grantee that the listing does not name and the caller may be (G2 ◇); by
    `ISSUER` it names the user who issued the federated session that calls, and may be to that session as well (G2
    ◇)."""

    ITSELF = "by name"
    ROLE = "by its role"
    ISSUER = "perhaps, by the user who issued it"
    ACCOUNT = "by its account"
    HIDDEN = "perhaps, for the listing does not name the grantee"


class CallerGrant(Frozen):
    """A grant that concerns a caller."""

    grant: Grant
    naming: Naming


class Candidates(Frozen):
    """The grants of a key that concern one caller. `listed` is how many the key has, `None` where the input does not
    list them (G1). `issuing_accounts` are those of all grants of the key (G5)."""

    listed: int | None = None
    as_grantee: tuple[CallerGrant, ...] = ()
    as_retiring: tuple[CallerGrant, ...] = ()
    issuing_accounts: frozenset[str] = frozenset()


_Name = tuple[PrincipalType, str]


@dataclass
class _Index:
    """The grants of one key, by the names in them."""

    grantees: dict[_Name, list[Grant]] = field(default_factory=dict)
    retiring: dict[_Name, list[Grant]] = field(default_factory=dict)
    hidden: list[Grant] = field(default_factory=list)
    issuing_accounts: set[str] = field(default_factory=set)


class _Listing(Frozen, eq=False):
    """A tuple of grants that is told from others by identity: comparing thousands of grants costs more than reading."""

    grants: tuple[Grant, ...]

    def __hash__(self) -> int:
        return id(self.grants)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Listing) and self.grants is other.grants


@lru_cache(maxsize=64)
def _index(listing: _Listing) -> _Index:
    index = _Index()
    for grant in listing.grants:
        index.grantees.setdefault(_name(grant.grantee), []).append(grant)
        if grant.grantee_hidden:
            index.hidden.append(grant)
        if grant.retiring is not None:
            index.retiring.setdefault(_name(grant.retiring), []).append(grant)
        if grant.issuing_account is not None:
            index.issuing_accounts.add(grant.issuing_account)
    return index


def candidates_for(key: Key | None, caller: Caller) -> Candidates:
    """The grants of a key that concern a caller."""
    if key is None or key.grants is None:
        return Candidates()
    index = _index(_Listing(key.grants))
    hidden = index.hidden if caller.kind is not CallerKind.SERVICE else []
    return Candidates(
        len(key.grants),
        (*_named(index.grantees, caller), *(CallerGrant(grant, Naming.HIDDEN) for grant in hidden)),
        tuple(_named(index.retiring, caller)),
        frozenset(index.issuing_accounts),
    )


def _name(principal: Principal) -> _Name:
    return principal.type, (principal.account or "") if principal.type is PrincipalType.ACCOUNT else principal.value


def _named(grants: dict[_Name, list[Grant]], caller: Caller) -> Iterator[CallerGrant]:
    for name, naming in _names_of(caller):
        yield from (CallerGrant(grant, naming) for grant in grants.get(name, ()))


def _names_of(caller: Caller) -> Iterable[tuple[_Name, Naming]]:
    """The names that a grant may give a caller. A unique ID is that of a deleted identity, which nobody is (L8)."""
    own = OWN_TYPE.get(caller.kind)
    if own is not None:
        yield (own, caller.arn), Naming.ITSELF
    if caller.kind is CallerKind.ROLE:
        yield (PrincipalType.ROLE, caller.principal_arn), Naming.ROLE
    if caller.kind is CallerKind.FEDERATED and caller.issuer is not None:
        yield (PrincipalType.USER, caller.issuer), Naming.ISSUER
    if caller.account is not None:
        naming = Naming.ITSELF if caller.kind is CallerKind.ROOT else Naming.ACCOUNT
        yield (PrincipalType.ACCOUNT, caller.account), naming
