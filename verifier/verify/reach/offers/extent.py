"""The most that doubtful actions may bring about all at once (W1).

In: an estate, principals. Out: facts, as offers. Guarantee: as of `doubts`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import chain

from verifier.frozen import Frozen
from verifier.model.estate import Estate
from verifier.model.operators import FOR_ALL, FOR_ANY
from verifier.model.organization import Controls
from verifier.model.policy import Effect, Statement, Text, arn_account, is_service_linked
from verifier.verify.reach.facts import Fact, FactKind, Offer
from verifier.verify.reach.narrowed import in_variables, keys_of_statement
from verifier.verify.reach.needs import Identities
from verifier.verify.reach.step_groups import Bundle

_OF_ORGANIZATIONS = ("aws:principalorg", "aws:resourceorg", "aws:vpceorg")
"""How the condition keys begin that say in which organization a caller, a key or an endpoint is."""


class Most(Frozen, eq=False, dict=True):
    """The most that something may bring about."""

    facts: tuple[Fact, ...]

    @cached_property
    def accounts(self) -> frozenset[str]:
        return frozenset(fact.account for fact in self.facts)


class Anything(Bundle, eq=False, kw_only=True):
    """Facts that a request in doubt may make true all at once, whatever the target."""

    most: Most

    @cached_property
    def slot(self) -> object:
        """One for the same facts."""
        return self.most

    def offers(self, targets: int) -> Iterator[Offer]:
        for fact in self.most.facts:
            request = self.step, self.action, self.group.root, self.cubes[0]
            yield Offer(*request, fact, doubt=self.doubt, accounts=self.most.accounts)


class Extent:
    """The most that can be brought about in accounts; `principals` are one for each class of callers, `condition_keys`
    those by which the last requests are told from others."""

    def __init__(
        self, estate: Estate, identities: Identities, principals: Sequence[str], condition_keys: Collection[str]
    ) -> None:
        self._estate = estate
        self._asks = any(key.startswith(_OF_ORGANIZATIONS) for key in condition_keys)
        self._identities = identities
        self._principals = principals
        self._made: dict[object, Most] = {}

    def anything(self, *accounts: str) -> Most:
        """Every identity of some accounts is held, with any permissions; a service-linked role only its service has."""
        held = (
            one
            for one in self._principals
            if one.startswith("arn:") and arn_account(one) in accounts and not is_service_linked(one)
        )
        return self.most(("any", accounts), chain.from_iterable(map(self._freely, held)))

    def keys_of(self, account: str | None) -> Most:
        """Anybody may use the keys of an account, or all."""
        keys = (key.arn for key in self._estate.keys if account in (None, key.account))
        return self.most(("keys", account), (Fact(FactKind.OPEN, key) for key in keys))

    def without_controls(self, account: str) -> Most:
        """What comes of an account that leaves its organization: no control policy holds over it, so that anybody may
        use its keys. Where a policy or a last request lets in or spares who is in none, anybody may use all keys."""
        facts: tuple[Fact, ...] = ()
        if self._is_member(account):
            if any(one.account == account for one in self._controls):
                facts = (*self.keys_of(account).facts, Fact(FactKind.FRAME, account))
            if self._asks or any(map(_opened_by_leaving, _statements(self._estate))):
                facts += self.keys_of(None).facts
        return self.most(("frame", account), facts)

    def governing(self, account: str) -> Most:
        """What can be brought about in an organization from an account: from its management account anything in all of
        them, from another one anything in itself, control policies aside. That no other account governs any is supposed
        (`in_doubt.looked_at`). One that is no member may become one, but for the caller's own (W2): what that opens,
        where a policy asks for it, is not followed."""
        organization = self._estate.organization
        if organization is None:
            return self.anything(account)
        if account != organization.management_account:
            known = (*self._estate.own_accounts, *(one for one, _ in organization.accounts))
            joins = account not in known and (self._asks or any(map(_asks_for_members, _statements(self._estate))))
            keys = (*self.keys_of(None if joins else account).facts, *self.without_controls(account).facts)
            whose = [account]
        else:
            own = (
                (one.id for one in self._estate.accounts),
                (key.account for key in self._estate.keys),
                (one for one, _ in organization.accounts),
            )
            whose, keys = list(dict.fromkeys((account, *chain(*own)))), self.keys_of(None).facts
        return self.most(("governed", account), (*self.anything(*whose).facts, *keys))

    def most(self, of: object, facts: Iterable[Fact]) -> Most:
        """The same for the same: what is compared by identity is made once."""
        if of not in self._made:
            self._made[of] = Most(tuple(facts))
        return self._made[of]

    def members(self, account: str) -> tuple[str, ...]:
        """The other accounts of the organization that an account manages: control policies bind their root users."""
        organization = self._estate.organization
        if organization is None or account != organization.management_account:
            return ()
        return tuple(one for one, _ in organization.accounts if one != account)

    def _freely(self, principal: str) -> Iterator[Fact]:
        """A principal is held, and what is attached to it says what the caller likes: so for those that can be made."""
        for kind in (FactKind.HOLDS, FactKind.INLINE, FactKind.UNBOUNDED, FactKind.SESSION_TAGS):
            yield Fact(kind, principal)
        yield from (Fact(FactKind.VERSION, policy) for policy in sorted(self._identities.managed(principal)))

    @property
    def _controls(self) -> tuple[Controls, ...]:
        return self._estate.organization.controls if self._estate.organization is not None else ()

    def _is_member(self, account: str) -> bool:
        """True iff an account may leave the organization of the input, by what is known."""
        organization = self._estate.organization
        members = () if organization is None else (one for one, _ in organization.accounts)
        known = {*members, *(one.account for one in self._controls)}
        return organization is not None and account != organization.management_account and account in known

    def has_endpoint(self, account: str) -> bool:
        """True iff an endpoint of the input may be of an account; one without an owner may be of any of the input."""
        estate = self._estate
        named = {one.id for one in estate.accounts} | {key.account for key in estate.keys} - {*estate.own_accounts}
        endpoints = estate.endpoints or ()
        return any(one.account == account or (one.account is None and account in named) for one in endpoints)


def _statements(estate: Estate) -> Iterator[Statement]:
    shared = (account.shared_policies() for account in estate.accounts)
    for policy in chain(estate.deciding_policies(), estate.trust_policies(), *shared):
        yield from policy.statements


def _asks_for_members(statement: Statement) -> bool:
    """True iff a statement asks in which organization somebody or something is."""
    return any(one.startswith(_OF_ORGANIZATIONS) for one in keys_of_statement(statement))


def _opened_by_leaving(statement: Statement) -> bool:
    """False only if nothing is gained where a caller, a key or an endpoint is in no organization: no Allow may come to
    hold, no Deny to be lifted."""
    allows = statement.effect is Effect.ALLOW
    if _opened_by_variables(statement.resources or (), statement.not_resource == allows):
        return True
    for one in statement.conditions:
        operator = one.operator
        if _opened_by_variables(one.values, operator.row.negated == allows):
            return True
        if one.key.value.lower().startswith(_OF_ORGANIZATIONS):
            holds = operator.row.negated or operator.if_exists or operator.set_operator == FOR_ALL
            if operator.row.type is None:
                holds = "true" in (value.value.lower() for value in one.values)
            if holds == allows or (operator.set_operator == FOR_ANY and holds):
                return True
    return False


def _opened_by_variables(found: Iterable[Text], opened: bool) -> bool:
    """False only if nothing is gained where policy variables for an organization have their defaults, or no values;
    `opened` iff something is where texts match nothing, as one does whose variable has neither (L7)."""
    own = [one for one in in_variables(found) if one.startswith(_OF_ORGANIZATIONS)]
    return bool(own) and (opened or any("," in one.split("}")[0] for one in own))
