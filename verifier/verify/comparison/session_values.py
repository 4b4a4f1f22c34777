"""What sessions have by the conditions of trust policies, which no rule follows: it may differ where these do.

In: two estates, and the condition keys that the policies of a target read. Out: reasons. Guarantee: none only if no
such key has other values in the sessions of a role that both sides list: who gives it may come to assume the role on
one side alone (then the rules tell it), or every trust policy of the roles concerned means the same on both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property

from verifier.frozen import Frozen
from verifier.model.estate import Estate
from verifier.model.principal_names import short_arn
from verifier.model.results.verdict import Reason
from verifier.problem.sessions.trusting import Trusting, trusting
from verifier.verify.meaning import UNTOLD, meaning

_SERVICES = ("ec2", "codebuild", "glue", "lambda", "ssm")
_NOBODY = frozenset[str]()


class SessionValues(Frozen, dict=True):
    """Both sides of a comparison."""

    old: Estate
    new: Estate

    @cached_property
    def _trusts(self) -> tuple[Mapping[str, object], Mapping[str, object]]:
        old, new = ({role.arn: meaning(role.trust) for role in side.roles} for side in (self.old, self.new))
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
            changed = sorted(arn for arn in bearing if before.get(arn) != after.get(arn))
            if changed:
                spans = {role.arn: role.span for side in (self.old, self.new) for role in side.roles}
                text = f"policies test {key}, which sessions have as trust policies let them"
                what = f"that of {short_arn(changed[0])} is not the same on both sides"
                yield Reason("F6" if _is_of_provider(key) else "F3", f"{text}, and {what}", spans[changed[0]])

    def _sides(self) -> Iterator[tuple[Mapping[str, object], Estate]]:
        return zip(self._trusts, (self.old, self.new), strict=True)

    def _admits_roles(self, arn: str) -> bool:
        """True iff sessions of other roles may assume a role: what these have may come on to its own."""
        admitted = [trusting(side).admitted.get(arn) for side in (self.old, self.new)]
        return any(whom is None or whom.roles or whom.accounts or whom.others for whom in admitted)


def _kept_from(key: str) -> Callable[[Trusting], frozenset[str]] | None:
    """Which roles have no session with a key; `None` for a key that no condition of a trust policy decides on, or of
    which the rules follow what it does."""
    if _is_of_provider(key):
        return lambda found: found.not_from_providers
    if key.startswith("aws:multifactorauthage"):
        return lambda found: found.not_from_users
    if key.startswith(UNTOLD):
        return lambda _: _NOBODY
    service = "ec2" if key.startswith("aws:ec2instance") else key.partition(":")[0]
    return (lambda found: found.not_admitting(service)) if service in _SERVICES else None


def _is_of_provider(key: str) -> bool:
    """True iff a condition key, by its name, is what an identity provider says of an identity."""
    provider = key.partition(":")[0]
    return "." in provider or provider == "saml"
