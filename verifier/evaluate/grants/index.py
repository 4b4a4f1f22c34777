"""Which grants of a key concern a caller (G2, G5).

In: a key's grants, a caller. Out: the grants that name the caller as grantee or as retiring principal, and in which
way.
Guarantee: a grant that is left out names somebody else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from verifier.evaluate.statements.principals import OWN_TYPE
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


@dataclass(frozen=True)
class Candidate:
    grant: Grant
    naming: Naming


@dataclass(frozen=True)
class Candidates:
    """The grants of a key that concern one caller. `listed` is how many the key has, `None` where the input does not
    list them (G1). `issuing_accounts` are those of all grants of the key (G5)."""

    listed: int | None = None
    as_grantee: tuple[Candidate, ...] = ()
    as_retiring: tuple[Candidate, ...] = ()
    issuing_accounts: frozenset[str] = frozenset()


Name = tuple[PrincipalType, str]


def candidates_for(key: Key | None, caller: Caller) -> Candidates:
    """The grants of a key that concern a caller."""
    if key is None or key.grants is None:
        return Candidates()
    names, grants = dict(_names_of(caller)), key.grants
    hidden = [grant for grant in grants if grant.grantee_hidden] if caller.kind is not CallerKind.SERVICE else []
    return Candidates(
        len(grants),
        (
            *_named(((grant.grantee, grant) for grant in grants), names),
            *(Candidate(grant, Naming.HIDDEN) for grant in hidden),
        ),
        tuple(_named(((grant.retiring, grant) for grant in grants if grant.retiring is not None), names)),
        frozenset(grant.issuing_account for grant in grants if grant.issuing_account is not None),
    )


def _name(principal: Principal) -> Name:
    return principal.type, (principal.account or "") if principal.type is PrincipalType.ACCOUNT else principal.value


def _named(grants: Iterable[tuple[Principal, Grant]], names: Mapping[Name, Naming]) -> Iterator[Candidate]:
    """Those of which the principal has one of some names."""
    for principal, grant in grants:
        naming = names.get(_name(principal))
        if naming is not None:
            yield Candidate(grant, naming)


def _names_of(caller: Caller) -> Iterable[tuple[Name, Naming]]:
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
