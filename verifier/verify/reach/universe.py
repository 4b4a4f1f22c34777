"""The principals to begin with: one for each class of callers that no policy on the way tells apart.

In: the questions about all targets of a closure. Out: principal ARNs, and names of services.
Guarantee: two callers of one class are in the same class of every target's own table, so that what one can bring about, the other can too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from verifier.model.estate import Estate
from verifier.model.invariant import AnyCaller, CallersAnd, CallerSet, CallersNot, CallersOr, IdentityOf
from verifier.problem.diagram import TooLarge
from verifier.problem.domains import role_callers
from verifier.problem.finite import Reduction
from verifier.problem.predicates import Predicate, like
from verifier.problem.tables import MORE_STATES
from verifier.verify.reach.cubes import CALLER


def universe(partition: str, asked: Iterable[Iterable[Predicate]]) -> tuple[str, ...]:
    """One principal of each class. `asked` are the predicates that each target puts to callers. Raises `TooLarge`."""
    predicates = {predicate: None for found in asked for predicate in found}
    reduction = Reduction({CALLER: role_callers(partition)}, {CALLER: predicates}, {CALLER: MORE_STATES})
    table = reduction.finite.tables.get(CALLER)
    if table is None:
        raise TooLarge("the policies tell apart too many callers")
    return tuple(table.pick(1 << number)[1] for number in range(table.size))


def holds_identities(callers: CallerSet, provider: str) -> bool:
    """Whether a set of callers holds the identities of a provider, which are outside every account and organization (E2w). They are named
    by the provider: its ARN, or its name."""
    match callers:
        case AnyCaller():
            return True
        case IdentityOf(pattern):
            return like(pattern.value).matches(provider)
        case CallersNot(operand):
            return not holds_identities(operand, provider)
        case CallersOr(operands):
            return any(holds_identities(operand, provider) for operand in operands)
        case CallersAnd(operands):
            return all(holds_identities(operand, provider) for operand in operands)
    return False


def strangers(estate: Estate, principals: Iterable[str]) -> Iterator[str]:
    """The users and roles among some principals that are in no inventory, though they may exist: how they can be come by is not known."""
    complete = {account.id for account in estate.accounts if account.complete}
    listed = {identity.arn for account in estate.accounts for identity in (*account.users, *account.roles)}
    for arn in principals:
        named = arn.startswith("arn:") and arn.split(":", 5)[5].startswith(("role/", "user/"))
        if named and arn not in listed and arn.split(":")[4] not in complete and ":role/aws:" not in arn:
            yield arn
