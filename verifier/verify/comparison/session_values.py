"""Values that sessions have by conditions on the calls that make them, where no rule checks these: if the trust
policies or other policies about such calls differ, the values may.

In: two estates, and the condition keys that the policies of a target read. Out: reasons why the answer is unknown.
Guarantee: none only if these keys have the same values on both sides, in all sessions of roles that both list. Who may
assume a role is not asked here: the rules tell that.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from functools import cached_property
from itertools import chain

from verifier.frozen import Frozen
from verifier.model.estate import Estate
from verifier.model.policy import Policy, PolicyKind, PrincipalType, Statement, arn_account
from verifier.model.principal_names import short_arn
from verifier.model.reference import ValueType
from verifier.model.results.verdict import Reason
from verifier.model.trust_keys import (
    FOR_WHOM,
    KEYS_WITHOUT_RULE,
    MFA,
    MFA_PRESENT,
    PROVIDER_KEYS,
    WHEN_MADE,
    decides,
    is_claim,
    rule_of_unchecked_key,
    service_of_key,
)
from verifier.problem.semantics.callers import providers_admitted
from verifier.problem.semantics.statements import names_action
from verifier.problem.sessions.trusting import Trusting, trusting
from verifier.syntax.source import NOWHERE, Span
from verifier.verify.meaning import in_policy, meaning
from verifier.verify.reach.narrowed import in_variables, texts

_NOBODY = frozenset[str]()
_CONTEXT = "sts:setcontext"
_CALLS = ("sts:assumerole", "sts:assumerolewithsaml", "sts:assumerolewithwebidentity", _CONTEXT)
_Trusts = Mapping[str, tuple[object, ...]]
_Statements = Mapping[tuple[str, ...], tuple[tuple[Policy, Statement], ...]]
"""By the ARN of an identity, or by an account and a level of control policies over it."""


class SessionValues(Frozen, dict=True):
    """Both sides of a comparison."""

    old: Estate
    new: Estate

    @cached_property
    def _trusts(self) -> tuple[_Trusts, _Trusts]:
        """By role: the providers that its trust policy names and that are there, what the policy means, and the code
        that runs as the role."""
        old, new = (
            {
                role.arn: (_providers(side, role.trust), meaning(role.trust), _code(side, role.arn))
                for role in side.roles
            }
            for side in (self.old, self.new)
        )
        return old, new

    def may_differ(self, keys: Iterable[str]) -> Iterator[Reason]:
        """Why sessions may have other values of condition keys (lower case) on one side."""
        for key in sorted(set(keys)):
            if key not in self._reasons:
                self._reasons[key] = self._by_trust(key) or self._by_callers(key)
            yield from filter(None, [self._reasons[key]])

    @cached_property
    def _reasons(self) -> dict[str, Reason | None]:
        return {}

    def _by_trust(self, key: str) -> Reason | None:
        """Why trust policies may let sessions have other values of a condition key."""
        kept_from = _kept_from(key)
        if kept_from is None or self._trusts[0] == self._trusts[1]:
            return None
        first, second = (trusts.keys() - kept_from(trusting(side)) for trusts, side in self._sides())
        both = first & second
        bearing = first | second if both and any(map(self._admits_roles, both)) else both
        before, after = ({arn: _part(side, arn, said, key) for arn, said in one.items()} for one, side in self._sides())
        changed = sorted(arn for arn in bearing if before.get(arn) != after.get(arn))
        if not changed:
            return None
        spans = {role.arn: role.span for side in (self.old, self.new) for role in side.roles}
        what = f"the trust policy of {short_arn(changed[0])}, a provider in it, or the code that runs as the role"
        return _reason(key, what, spans[changed[0]])

    def _by_callers(self, key: str) -> Reason | None:
        """Why other policies about the calls that make sessions may do so."""
        if _kept_from(key) is None or key.startswith(PROVIDER_KEYS):
            return None
        before, after = ({owner: _about(found, key) for owner, found in one.items()} for one in self._making)
        owners = sorted(owner for owner in before.keys() | after.keys() if before.get(owner) != after.get(owner))
        for owner in owners:
            if any(_decisive(statement, key) for side in self._making for _, statement in side.get(owner, ())):
                return _reason(key, f"what policies that bind {short_arn(owner[0])} say about such calls")
        return None

    @cached_property
    def _making(self) -> tuple[_Statements, _Statements]:
        """The statements about calls that make sessions, those of trust policies aside."""
        return _of_owners(self.old), _of_owners(self.new)

    def _sides(self) -> Iterator[tuple[_Trusts, Estate]]:
        return zip(self._trusts, (self.old, self.new), strict=True)

    def _admits_roles(self, arn: str) -> bool:
        """True iff sessions of other roles may assume a role: what these have may come on to its own."""
        admitted = [trusting(side).admitted.get(arn) for side in (self.old, self.new)]
        return any(whom is None or whom.roles or whom.accounts or whom.others for whom in admitted)


def read_of_sessions(policy: Policy) -> Iterator[str]:
    """The condition keys that a policy reads in statements that may be about sessions (lower case)."""
    return chain.from_iterable(_keys_of(one) for one in policy.statements if not _about_services(one))


def _about_services(statement: Statement) -> bool:
    """True only if a statement is about no caller but service principals."""
    named = not statement.not_principal and statement.principals
    if named and all(principal.type is PrincipalType.SERVICE for principal in named):
        return True
    return any(
        one.key.value.lower() == "aws:principalisawsservice"
        and one.operator.row.type is ValueType.BOOL
        and one.operator.is_plain
        and {text.value.lower() for text in one.values} == {"true"}
        for one in statement.conditions
    )


def _of_owners(estate: Estate) -> _Statements:
    named: dict[tuple[str, ...], tuple[Policy, ...]] = {(one.arn,): one.documents for one in estate.identities}
    for controls in estate.organization.controls if estate.organization is not None else ():
        for level in (*(controls.service or ()), *(controls.resource or ())):
            named[controls.account, level.name] = (*named.get((controls.account, level.name), ()), *level.policies)
    return {
        owner: tuple(
            (policy, statement)
            for policy in policies
            for statement in policy.statements
            if any(names_action(statement, call) for call in _CALLS)
        )
        for owner, policies in named.items()
    }


def _about(found: tuple[tuple[Policy, Statement], ...], key: str) -> Hashable:
    """What statements mean that may decide on the values of a key; `None` for none. No policy but those of resources
    binds services and identities of providers."""
    by_strangers = is_claim(key) or service_of_key(key) is not None or key.startswith(FOR_WHOM)
    kept = ((policy, one) for policy, one in found if not by_strangers or policy.kind is PolicyKind.RCP)
    return frozenset(in_policy(policy, one) for policy, one in kept) or None


def _decisive(statement: Statement, key: str) -> bool:
    """False only if a statement lets a session have any value of a key, or none."""
    if key.startswith(KEYS_WITHOUT_RULE):
        return names_action(statement, _CONTEXT) or _reads(statement, key)
    return _reads(statement, key)


def _reads(statement: Statement, key: str) -> bool:
    return any(decides(one, key) for one in _keys_of(statement))


def _keys_of(statement: Statement) -> Iterator[str]:
    yield from (condition.key.value.lower() for condition in statement.conditions)
    yield from in_variables(texts(statement))


def _part(side: Estate, arn: str, said: tuple[object, ...], key: str) -> object:
    """What decides on the values of a key in what a trust policy says; `None` for nothing. Of whom it admits the rules
    follow whether they have MFA, and when they call."""
    if key.startswith(PROVIDER_KEYS):
        return said[0]
    if service_of_key(key) is not None:
        return said
    role = side.identity(arn)
    trust = role.trust if role is not None else None
    if trust is None or not key.startswith((MFA_PRESENT, *WHEN_MADE, *FOR_WHOM)):
        return said[:2]
    if any(_reads(statement, key) for statement in trust.statements):
        return said[:2]
    return frozenset(trusting(side).admitted[arn].services) if key.startswith(FOR_WHOM) else None


def _reason(key: str, what: str, span: Span = NOWHERE) -> Reason:
    rule = "F5" if key.startswith(FOR_WHOM) else rule_of_unchecked_key(key) or "F3"
    text = f"policies test {key}, whose value the call that makes a session decides"
    return Reason(rule, f"{text}, and {what} is not the same on both sides", span)


def _code(estate: Estate, role: str) -> frozenset[str]:
    return frozenset(one.arn for one in estate.workloads if role in one.roles)


def _providers(estate: Estate, trust: Policy | None) -> frozenset[str]:
    """The providers that a trust policy names, without those that the inventory of their account does not list; where
    it may admit any, those that are listed."""
    listed = {one.id: one.providers for one in estate.accounts if one.providers is not None}
    named = providers_admitted(trust) if trust is not None else None
    if named is None:
        return frozenset(chain.from_iterable(listed.values()))
    return frozenset(one for one in named if not one.startswith("arn:") or one in listed.get(arn_account(one), (one,)))


def _kept_from(key: str) -> Callable[[Trusting], frozenset[str]] | None:
    """Which roles have no session with a key; `None` for a key that no condition of a trust policy decides on, or of
    which the rules follow what it does."""
    if is_claim(key) or key.startswith(PROVIDER_KEYS):
        return lambda found: found.not_from_providers
    if key.startswith(MFA):
        return lambda found: found.not_from_users
    if key.startswith(FOR_WHOM):
        return lambda found: found.not_from_services
    if key.startswith((*KEYS_WITHOUT_RULE, *WHEN_MADE[:1])):
        return lambda _: _NOBODY
    service = service_of_key(key)
    return None if service is None else lambda found: found.not_admitting(service)
