"""Grants that count as one, told apart again where a caller leaves no choice.

In: a key, the reference of a batch of its grants (`problem.semantics.grants`: those of the same operations, where a key has many), a
caller by name.
Out: the reference of one grant. Guarantee: only where no other grant of the batch names the caller, so that it is the one that lets it in.
"""

from __future__ import annotations

from collections.abc import Iterator

from verifier.model.estate import Key
from verifier.model.grant import Grant, grant_id, reference_to_grant
from verifier.model.policy import Principal, PrincipalType, StatementRef
from verifier.problem.semantics.statements import NAMED_ONE_BY_ONE


class BatchedGrants:
    """The grants of a key by whom they name."""

    def __init__(self, key: Key) -> None:
        self._key = key
        self._batched = key.grants is not None and len(key.grants) > NAMED_ONE_BY_ONE
        self._by_id: dict[str, Grant] = {}
        self._naming: dict[str, list[Grant]] = {}
        for grant in key.grants or () if self._batched else ():
            self._by_id[grant.id] = grant
            for name in {*_names(grant)}:
                self._naming.setdefault(name, []).append(grant)

    def own(self, reference: StatementRef, caller: str) -> StatementRef:
        """The one grant of a batch that names a caller; the reference as it is, for no batch and where there are several."""
        first = self._by_id.get(grant_id(reference) or "")
        if first is None:
            return reference
        operations = frozenset(first.operations)
        naming = [grant for name in _called(caller) for grant in self._naming.get(name, ()) if frozenset(grant.operations) == operations]
        found = {grant.id: grant for grant in naming}
        if len(found) != 1 or any(grant.grantee_hidden for grant in self._by_id.values()):
            return reference
        return reference_to_grant(self._key.arn, next(iter(found.values())))


def _names(grant: Grant) -> Iterator[str]:
    return map(_name, grant.principals)


def _name(principal: Principal) -> str:
    """A principal as `_called` names callers: a session by its role's account and name."""
    if principal.type is PrincipalType.ACCOUNT:
        return principal.account or ""
    if principal.type is PrincipalType.SESSION:
        return f"{principal.account}/{principal.value.split(':', 5)[5].split('/')[1]}"
    return principal.value


def _called(caller: str) -> Iterator[str]:
    """All that a principal may be named by: itself, its account, the name of its role."""
    yield caller
    if caller.startswith("arn:"):
        account, last = caller.split(":", 5)[4:]
        yield account
        if last.startswith("role/"):
            yield f"{account}/{last.rsplit('/', 1)[1]}"
