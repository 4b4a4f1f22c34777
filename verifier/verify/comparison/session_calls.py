"""What policies of one side say about the calls that make sessions of a role.

In: an estate, a role, a condition key. Out: the statements, each by its meaning. Guarantee: where two sides that list
the same identities have the same statements about a role, the same callers may make its sessions, under the same
conditions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache, cached_property, lru_cache
from itertools import chain

from verifier.frozen import Frozen
from verifier.model.estate import Estate, Identity
from verifier.model.organization import Level
from verifier.model.policy import (
    Effect,
    Policy,
    PolicyKind,
    Principal,
    PrincipalType,
    Statement,
    Text,
    arn_account,
    arn_kind,
    short_arn,
)
from verifier.model.trust_keys import FOR_WHOM, MFA, is_claim, service_of_key
from verifier.problem.classes.predicates import like
from verifier.problem.semantics.statements import names_action
from verifier.problem.semantics.unmodelled import may_allow
from verifier.problem.sessions.trusting import Admitted, Trusting, trusting
from verifier.verify.comparison.session_facts import CallFacts, facts_read, is_about_some_sessions, trusted_providers
from verifier.verify.meaning import in_policy, meaning
from verifier.verify.reach.narrowed import keys_of_statement

_CALLS = (
    *("sts:assumerole", "sts:assumerolewithsaml", "sts:assumerolewithwebidentity"),
    *("sts:tagsession", "sts:setsourceidentity", "sts:setcontext"),
)
"""The calls, and what must be allowed beside them: what binds one of these binds the call that it goes with."""


class StatementPart(Frozen):
    """A part of a statement, about one call and at most one principal: its meaning, its text, its policy's kind."""

    meaning: Hashable
    statement: Statement
    kind: PolicyKind


StatementParts = tuple[StatementPart, ...]


class SessionCalls(Frozen, dict=True):
    """One side of a comparison."""

    estate: Estate

    @cached_property
    def trusting(self) -> Trusting:
        return trusting(self.estate)

    @cached_property
    def everything(self) -> Hashable:
        """All that bears on such calls, for any role: where it is the same on both sides, so is all that follows."""
        roles = self.estate.roles
        trusts = frozenset((one.arn, *trusted_providers(self.estate, one), self.trust(one.arn)) for one in roles)
        code = frozenset((one.arn, self.code(one.arn)) for one in roles)
        callers = frozenset(
            (one.arn, one.boundary is None, one.tags, one.unique_id, _with_resources(parts))
            for one, parts in self._callers
        )
        controls = frozenset((account, *map(_with_resources, both)) for account, both in self._controls.items())
        belonging = self.estate.organization and replace(self.estate.organization, controls=())
        unmodelled = frozenset(map(meaning, self.estate.unmodelled))
        return trusts, code, callers, controls, belonging, self.trusting.unknown, unmodelled

    def trust(self, role: str, key: str = "") -> frozenset[Hashable]:
        """What its trust policy says that may decide on the values of a key."""
        return meanings_of_parts(self.trust_parts(role, key))

    def trust_parts(self, role: str, key: str) -> StatementParts:
        """The same with the statements. Those about callers whose sessions cannot have the key are left out."""
        without = _callers_without(key)
        return tuple(
            one
            for one in self._trusts.get(role, ())
            if one.statement.not_principal or not {who.type for who in one.statement.principals or ()} & without
        )

    @cached_property
    def _trusts(self) -> dict[str, StatementParts]:
        given = ((role.arn, role.trust) for role in self.estate.roles)
        return {arn: tuple(_parts([trust])) for arn, trust in given if trust is not None}

    @cached_property
    def parts(self) -> StatementParts:
        """What is said of calls, whoever says it."""
        callers = (parts for _, parts in self._callers)
        return tuple(chain(*self._trusts.values(), *callers, *chain.from_iterable(self._controls.values())))

    @cached_property
    def keys_read(self) -> frozenset[str]:
        """The condition keys that are read there."""
        return frozenset(key for part in self.parts for key in keys_of_statement(part.statement))

    @cached_property
    def of_others(self) -> Callable[[str, bool], Mapping[str, StatementParts]]:
        """What other policies than its trust policy say about calls for a role, by whose policies they are. Only
        resource control policies bind services and identities of providers: with `True`, these alone."""
        return cache(self._of_others)

    def _of_others(self, role: str, strangers: bool) -> Mapping[str, StatementParts]:
        account = arn_account(role)
        found = {f"resource control policies over {account}": self._controls.get(account, ((), ()))[1]}
        for identity, parts in self._callers if not strangers else ():
            about = _covering(parts, role)
            if about and self._may_call(identity, role, about):
                found[f"policies of {short_arn(identity.arn)}"] = about
        for other, (parts, _) in self._controls.items() if not strangers else ():
            found[f"service control policies over {other}"] = parts
        covering = {owner: _covering(parts, role) for owner, parts in found.items()}
        return {owner: parts for owner, parts in covering.items() if parts}

    def parts_about(self, role: str, key: str, *, strangers: bool) -> StatementParts:
        """What is said of calls for a role that may decide on the values of a key, whoever says it."""
        return (*self.trust_parts(role, key), *chain.from_iterable(self.of_others(role, strangers).values()))

    def tells_callers_apart(self, role: str, key: str) -> bool:
        """False only if all sessions of a role may assume another alike, but for the key."""
        return any(is_about_some_sessions(one.statement, key) for one in self.parts_about(role, key, strangers=False))

    def facts(self, role: str, key: str, *, strangers: bool) -> CallFacts:
        """What decides on calls for a role and is no policy, as far as what is said of them reads it; and which users
        and roles that its trust policy names there are."""
        callers = () if strangers else tuple(self._possible_callers(role))
        said = (one.statement for one in self.parts_about(role, key, strangers=strangers))
        named = frozenset(one.arn for one in callers if one.arn in self._named(role))
        return {"who may call": named, **facts_read(self.estate, role, callers, said)}

    def _possible_callers(self, role: str) -> Iterator[Identity]:
        for identity, parts in self._callers:
            if self._may_call(identity, role, _covering(parts, role)):
                yield identity

    def _named(self, role: str) -> frozenset[str]:
        return frozenset(who.value for one in self._trusts.get(role, ()) for who in one.statement.principals or ())

    def coming_to(self, roles: frozenset[str]) -> frozenset[str] | None:
        """Some roles, and all whose sessions may become theirs, by one call after another; `None` where any may."""
        found, new = set[str](), set(roles)
        while new:
            found |= new
            admitted = [self.trusting.admitted.get(role) for role in new]
            if any(whom is None or whom.others or whom.everybody for whom in admitted):
                return None
            new = set(chain.from_iterable(self._roles_of(whom) for whom in admitted if whom is not None)) - found
        return frozenset(found)

    def _roles_of(self, whom: Admitted) -> Iterator[str]:
        yield from whom.roles
        for role, parts in self._callers:
            if arn_kind(role.arn) == "role" and arn_account(role.arn) in whom.accounts and self._may_allow(role, parts):
                yield role.arn

    @cached_property
    def _callers(self) -> tuple[tuple[Identity, StatementParts], ...]:
        """The users and roles whose policies say something about such calls, or may do so."""
        return tuple((one, tuple(_parts(one.documents))) for one in self.estate.identities)

    def _may_call(self, identity: Identity, role: str, parts: StatementParts) -> bool:
        """False only if nothing lets a user or role, of whose policies the parts are about a role, assume it."""
        whom = self.trusting.admitted.get(role)
        if whom is None or whom.everybody or identity.arn in whom.roles:
            return True
        return identity.arn in self._named(role) or self._may_allow(identity, parts)

    def _may_allow(self, identity: Identity, parts: StatementParts) -> bool:
        """False only if its own policies, or its boundary, let it make none of these calls."""
        things = (one for one in self.estate.unmodelled if one.principal in (identity.arn, None) and one.key is None)
        allowing = {one.kind for one in parts if one.statement.effect is Effect.ALLOW}
        within = identity.boundary is None or PolicyKind.BOUNDARY in allowing
        return (PolicyKind.IDENTITY in allowing and within) or any(map(may_allow, things))

    def surely_admits_a_user(self, role: str) -> bool:
        """True only if some user may assume a role, whatever else is so of the call."""
        trust = _about_assuming(self._trusts.get(role, ()))
        bound = self._controls.get(arn_account(role), ((), ()))[1]
        if _denies((*trust, *_about_assuming(_covering(bound, role)))):
            return False
        named = (who for one in trust if _is_unconditional(one.statement) for who in one.statement.principals or ())
        return any(self._surely_calls(who, role) for who in named)

    def _surely_calls(self, who: Principal, role: str) -> bool:
        """True only if a user whom a trust policy names so may make the call, by all other policies."""
        if who.type not in (PrincipalType.ACCOUNT, PrincipalType.USER) or who.account is None:
            return False
        bound = self._controls.get(who.account, ((), ()))[0]
        account = self.estate.account(who.account)
        if _about_assuming(_covering(bound, role)) or any(one.key is None for one in self.estate.unmodelled):
            return False
        if account is None or not account.complete:
            return True  # a user whom the inventory does not list is on both sides (U1)
        named = who.type is PrincipalType.USER
        users = {user.arn for user in account.users if not named or user.arn == who.value}
        enough = named and who.account == arn_account(role)
        return any(
            _surely_allows(one, _about_assuming(_covering(parts, role)), role, named=enough)
            for one, parts in self._callers
            if one.arn in users
        )

    @cached_property
    def _controls(self) -> dict[str, tuple[StatementParts, StatementParts]]:
        """By account: what SCPs and RCPs say that binds it; nothing binds the management account (D7)."""
        organization = self.estate.organization
        if organization is None:
            return {}
        return {
            one.account: (_of_levels(one.service or ()), _of_levels(one.resource or ()))
            for one in organization.controls
            if one.account != organization.management_account
        }

    def code(self, role: str) -> frozenset[str]:
        """The code that runs as a role."""
        return frozenset(one.arn for one in self.estate.workloads if role in one.roles)


def meanings_of_parts(parts: Iterable[StatementPart]) -> frozenset[Hashable]:
    """What parts mean, whatever their order."""
    return frozenset(one.meaning for one in parts)


def _with_resources(parts: StatementParts) -> frozenset[Hashable]:
    return frozenset((one.meaning, meaning(one.statement.resources)) for one in parts)


def _callers_without(key: str) -> frozenset[PrincipalType]:
    """Callers whose calls make no session with a condition key, nor one from which it comes on to others."""
    if is_claim(key):
        return frozenset({PrincipalType.USER, PrincipalType.SERVICE})
    if key.startswith(FOR_WHOM) or service_of_key(key) is not None:
        return frozenset({PrincipalType.USER, PrincipalType.FEDERATED})
    return frozenset({PrincipalType.SERVICE, PrincipalType.FEDERATED} if key.startswith(MFA) else ())


def _parts(policies: Iterable[Policy]) -> Iterator[StatementPart]:
    for policy in policies:
        for statement in policy.statements:
            for call in _CALLS:
                about = _about(statement, call) if names_action(statement, call) else ()
                yield from (StatementPart(in_policy(policy, _kept_open(one)), one, policy.kind) for one in about)


def _about(statement: Statement, call: str) -> Iterator[Statement]:
    """The statement about one call, for each principal that it lists."""
    one = replace(statement, actions=(Text(call),), not_action=False)
    if one.principals is None or one.not_principal:
        yield one
    else:
        yield from (replace(one, principals=(principal,)) for principal in one.principals)


def _kept_open(statement: Statement) -> Statement:
    """The statement with the resources alone of which the text does not tell what they cover."""
    if statement.not_resource:
        return statement
    return replace(statement, resources=tuple(text for text in statement.resources or () if "${" in text.value))


def _covering(parts: StatementParts, role: str) -> StatementParts:
    """The parts that may be about a role."""
    return tuple(one for one in parts if one.statement.not_resource or _covers(one.statement.resources, role))


@lru_cache(1 << 16)
def _covers(resources: tuple[Text, ...] | None, role: str) -> bool:
    """False only if none of the resources is the role (L6, L7)."""
    listed = (_VARIABLE.sub("*", text.value) for text in resources or ())
    return resources is None or any(one.count(":") < 5 or like(one).matches(role) for one in listed)


_VARIABLE = re.compile(r"\$\{[^}]*\}?")


def _about_assuming(parts: StatementParts) -> StatementParts:
    """Those about the call by which users, roles and services assume a role."""
    return tuple(one for one in parts if one.statement.actions[0].value == _CALLS[0])


def _denies(parts: StatementParts) -> bool:
    return any(one.statement.effect is Effect.DENY for one in parts)


def _surely_allows(identity: Identity, parts: StatementParts, role: str, *, named: bool) -> bool:
    """True only if what its policies say about a call for a role lets it make the call, whatever else is so of it. They
    need not allow it where the trust policy of a role of its account has it `named`."""
    allowing = {
        one.kind
        for one in parts
        if _is_unconditional(one.statement)
        and any(text.value == "*" or text.value == role for text in one.statement.resources or ())
    }
    needed = (PolicyKind.IDENTITY, not named), (PolicyKind.BOUNDARY, identity.bounded)
    return all(kind in allowing for kind, is_needed in needed if is_needed) and not _denies(parts)


def _of_levels(levels: Iterable[Level]) -> StatementParts:
    return tuple(chain.from_iterable(_of_level(tuple(_parts(level.policies))) for level in levels))


def _of_level(parts: StatementParts) -> Iterator[StatementPart]:
    """Its Denies; and its Allows, where it does not allow everything: each level must allow (D7)."""
    yield from (one for one in parts if one.statement.effect is Effect.DENY)
    allows = tuple(one for one in parts if one.statement.effect is Effect.ALLOW)
    if not {one.statement.actions[0].value for one in allows if _is_open(one.statement)} >= set(_CALLS):
        yield from (replace(one, meaning=meanings_of_parts(allows)) for one in allows)


def _is_open(statement: Statement) -> bool:
    """True only if it is about every request for its call."""
    return _is_unconditional(statement) and "*" in (text.value for text in statement.resources or ())


def _is_unconditional(statement: Statement) -> bool:
    """True only if what it covers and whom it names decide alone whether it applies."""
    return not (
        statement.conditions
        or statement.empty_condition
        or statement.only_if
        or statement.not_resource
        or statement.not_principal
    )
