"""Values that sessions have by conditions of trust policies which no rule checks: if these differ, the values may.

In: two estates, and the condition keys that the policies of a target read. Out: reasons why the answer is unknown.
Guarantee: none only if these keys have the same values on both sides, in all sessions of roles that both list. Who may
assume a role is not asked here: the rules tell that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from itertools import chain

from verifier.frozen import Frozen
from verifier.model.estate import Estate
from verifier.model.policy import Policy, arn_account
from verifier.model.principal_names import short_arn
from verifier.model.results.verdict import Reason
from verifier.model.trust_keys import (
    KEYS_WITHOUT_RULE,
    MFA_AGE,
    PROVIDER_KEYS,
    is_claim,
    rule_of_unchecked_key,
    service_of_key,
)
from verifier.problem.semantics.callers import providers_admitted
from verifier.problem.sessions.trusting import Trusting, trusting
from verifier.verify.meaning import meaning

_NOBODY = frozenset[str]()
_Trusts = Mapping[str, tuple[object, ...]]


class SessionValues(Frozen, dict=True):
    """Both sides of a comparison."""

    old: Estate
    new: Estate

    @cached_property
    def _trusts(self) -> tuple[_Trusts, _Trusts]:
        """What trust policies mean, with the providers among those that they name which are there."""
        old, new = (
            {role.arn: (meaning(role.trust), _providers(side, role.trust)) for role in side.roles}
            for side in (self.old, self.new)
        )
        return old, new

    def may_differ(self, keys: Iterable[str]) -> Iterator[Reason]:
        """Why sessions may have other values of condition keys (lower case) on one side."""
        before, after = self._trusts
        if before == after:
            return
        for key in sorted(set(keys)):
            kept_from = _kept_from(key)
            if kept_from is None:
                continue
            first, second = (trusts.keys() - kept_from(trusting(side)) for trusts, side in self._sides())
            both = first & second
            bearing = first | second if both and any(map(self._admits_roles, both)) else both
            since = 1 if key.startswith(PROVIDER_KEYS) else 0
            changed = sorted(arn for arn in bearing if before.get(arn, ())[since:] != after.get(arn, ())[since:])
            if changed:
                spans = {role.arn: role.span for side in (self.old, self.new) for role in side.roles}
                text = f"policies test {key}, whose value conditions of trust policies decide"
                what = f"that of {short_arn(changed[0])}, or a provider in it, is not the same on both sides"
                yield Reason(rule_of_unchecked_key(key) or "F3", f"{text}, and {what}", spans[changed[0]])

    def _sides(self) -> Iterator[tuple[_Trusts, Estate]]:
        return zip(self._trusts, (self.old, self.new), strict=True)

    def _admits_roles(self, arn: str) -> bool:
        """True iff sessions of other roles may assume a role: what these have may come on to its own."""
        admitted = [trusting(side).admitted.get(arn) for side in (self.old, self.new)]
        return any(whom is None or whom.roles or whom.accounts or whom.others for whom in admitted)


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
    if key.startswith(MFA_AGE):
        return lambda found: found.not_from_users
    if key.startswith(KEYS_WITHOUT_RULE):
        return lambda _: _NOBODY
    service = service_of_key(key)
    return None if service is None else lambda found: found.not_admitting(service)
