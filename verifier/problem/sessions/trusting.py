"""Which roles could have tagged sessions, and who could make sessions, by what their trust policies name alone: a quick
look before any question is asked (F3).

In: an estate. Out: the roles whose trust policy may let somebody pass session tags, and those to whose sessions tags
may come on from earlier ones; whom the trust policies may admit.
Guarantee: a role that is not among them has sessions with its own tags alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from verifier.frozen import Frozen
from verifier.model.estate import Estate, Identity
from verifier.model.policy import Policy, Principal, PrincipalType, Statement, arn_account
from verifier.problem.facts.shared import ObjectCache
from verifier.problem.semantics.callers import providers_admitted
from verifier.problem.semantics.statements import names_action
from verifier.problem.semantics.unmodelled import may_allow

_EVERYBODY = frozenset({PrincipalType.ANYONE, PrincipalType.ANY_AWS})


@dataclass
class Admitted:
    """Whose sessions a trust policy may let assume a role: roles by ARN, the listed roles of accounts, and whether
    others as well; which services, and whether users, and identities of providers."""

    roles: set[str] = field(default_factory=set)
    accounts: set[str] = field(default_factory=set)
    services: set[str] = field(default_factory=set)
    users: bool = False
    federated: bool = False
    others: bool = False
    everybody: bool = False


class Trusting(Frozen, dict=True):
    """ARNs of roles. `tagged` may be given session tags by some request; to sessions of `reached` tags may come on from
    earlier ones. `unknown` are those whose trust policy is not known; they are among no others."""

    tagged: frozenset[str]
    reached: frozenset[str]
    unknown: frozenset[str]
    admitted: Mapping[str, Admitted]
    """The others, with whom they admit."""

    def not_admitting(self, service: str = "") -> frozenset[str]:
        """Those of them that do not admit a service, or any. Lambda@Edge is Lambda's."""
        starts = (f"{service}.", f"edge{service}.") if service else ("",)
        found = self.admitted.items()
        own = {arn for arn, whom in found if whom.everybody or any(name.startswith(starts) for name in whom.services)}
        return frozenset(self.admitted) - own

    @cached_property
    def not_from_users(self) -> frozenset[str]:
        """Those of them that no user may come to assume, directly or by sessions of roles that are known."""
        return self._not_from(frozenset(arn for arn, whom in self.admitted.items() if whom.users or whom.everybody))

    @cached_property
    def not_from_services(self) -> frozenset[str]:
        """Likewise no service."""
        return self._not_from(frozenset(self.admitted) - self.not_admitting())

    @cached_property
    def not_from_providers(self) -> frozenset[str]:
        """Likewise no identity of a provider."""
        return self._not_from(frozenset(arn for arn, whom in self.admitted.items() if whom.federated or whom.everybody))

    def _not_from(self, sources: frozenset[str]) -> frozenset[str]:
        return frozenset(self.admitted) - sources - _reached(self.admitted, sources | self.unknown)

    @property
    def changing(self) -> frozenset[str]:
        """The roles whose sessions may have other tags than their own."""
        return self.tagged | self.reached | self.unknown


_known = ObjectCache[Trusting](16)


def trusting(estate: Estate) -> Trusting:
    """What trust policies name: found once for the accounts of an estate."""
    return _known.of((estate.accounts, estate.unmodelled), find=lambda: _trusting(estate))


def _trusting(estate: Estate) -> Trusting:
    unknown = frozenset(role.arn for role in estate.roles if role.trust is None)
    given = {role.arn: role.trust for role in estate.roles if role.trust is not None}
    somebody = any(thing.principal is None and may_allow(thing) and thing.key is None for thing in estate.unmodelled)
    tagged = frozenset(arn for arn, trust in given.items() if somebody or any(_allowing(trust, "sts:tagsession")))
    admitted = {arn: _admitted(estate, trust, somebody) for arn, trust in given.items()}
    return Trusting(tagged, _reached(admitted, tagged | unknown), unknown, admitted)


def may_tag(estate: Estate, user: Identity) -> bool:
    """False only if nothing lets a user pass session tags to the federated sessions that it issues."""
    things = (thing for thing in estate.unmodelled if thing.principal in (user.arn, None) and thing.key is None)
    return any(map(may_allow, things)) or any(any(_allowing(policy, "sts:tagsession")) for policy in user.policies)


def _reached(admitted: Mapping[str, Admitted], sources: frozenset[str]) -> frozenset[str]:
    """The roles that sessions of sources, or of unlisted roles, may assume, directly or one after another."""
    found: set[str] = {arn for arn, whom in admitted.items() if whom.others}
    while True:
        before, carrying = len(found), sources | found
        accounts = {arn_account(arn) for arn in carrying}
        for arn, whom in admitted.items():
            if (whom.everybody and carrying) or whom.roles & carrying or whom.accounts & accounts:
                found.add(arn)
        if len(found) == before:
            return frozenset(found)


def _allowing(trust: Policy, action: str) -> Iterator[Statement]:
    """The Allow statements that could be about an action (lower case)."""
    return (statement for statement in trust.allows if names_action(statement, action))


def _admitted(estate: Estate, trust: Policy, somebody: bool) -> Admitted:
    found, refused = Admitted(federated=providers_admitted(trust) != frozenset(), everybody=somebody), _refused(trust)
    for statement in _allowing(trust, "sts:assumerole") if "*" not in refused else ():
        if statement.principals is None or statement.not_principal or statement.only_if is not None:
            found.others = found.everybody = True
        for principal in statement.principals or ():
            _admit(estate, principal, found)
    found.services -= refused
    return found


def _refused(trust: Policy) -> set[str]:
    """The services, or `"*"` for everybody, that a Deny without a condition refuses by name."""
    plain = (one for one in trust.denies if not (one.only_if or one.conditions or one.empty_condition))
    whole = (one for one in plain if not (one.not_principal or one.resources))
    named = (principal for one in whole if names_action(one, "sts:assumerole") for principal in one.principals or ())
    return {principal.value for principal in named if principal.type in (PrincipalType.SERVICE, PrincipalType.ANYONE)}


def _admit(estate: Estate, principal: Principal, found: Admitted) -> None:
    if principal.type in _EVERYBODY:
        found.others = found.everybody = True
    elif principal.type is PrincipalType.SERVICE:
        found.services.add(principal.value)
    elif principal.type is PrincipalType.USER:
        found.users = True
    elif principal.type in (PrincipalType.ACCOUNT, PrincipalType.ROLE, PrincipalType.SESSION):
        inventory = estate.account(principal.account)
        named = () if inventory is None else _named(principal, inventory.roles)
        found.roles.update(role.arn for role in named)
        if principal.type is PrincipalType.ACCOUNT and inventory is not None:
            found.accounts.add(inventory.id)
            found.users |= bool(inventory.users)
            found.others |= not inventory.complete
        found.others |= inventory is None if principal.type is PrincipalType.ACCOUNT else not named


def _named(principal: Principal, roles: Iterable[Identity]) -> tuple[Identity, ...]:
    """The listed roles that a role's or session's ARN names."""
    if principal.type is PrincipalType.ROLE:
        return tuple(role for role in roles if role.arn == principal.value)
    if principal.type is PrincipalType.SESSION:
        name = principal.value.split("/")[1]
        return tuple(role for role in roles if role.arn.rsplit("/", 1)[1] == name)
    return ()
