"""The principals to begin with: one for each class of callers that no policy on the way tells apart.

In: the questions about all targets of a closure. Out: principal ARNs, and names of services.
Guarantee: two callers of one class are in the same class of every target's own table, so that what one can bring about, the other can too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from verifier.model.estate import Estate
from verifier.model.invariant import AnyCaller, CallersAnd, CallerSet, CallersNot, CallersOr, IdentityOf
from verifier.problem.decision import allowed
from verifier.problem.diagram import TooLarge
from verifier.problem.domains import role_callers
from verifier.problem.facts import all_facts
from verifier.problem.finite import Reduction, questions
from verifier.problem.names import pair_names
from verifier.problem.powers import managed_by
from verifier.problem.predicates import OneOf, Predicate, like
from verifier.problem.relations import relation_facts, share_tests
from verifier.problem.space import Space
from verifier.problem.tables import MORE_STATES
from verifier.problem.targets import Target
from verifier.verify.reach.cubes import CALLER


class Universe:
    """The callers of one partition, by class. `asked` are the predicates that each target puts to callers. Raises `TooLarge`."""

    def __init__(self, estate: Estate, partition: str, asked: Iterable[Iterable[Predicate]]) -> None:
        predicates = {predicate: None for found in asked for predicate in found} | dict.fromkeys(_attached_alike(estate))
        reduction = Reduction({CALLER: role_callers(partition)}, {CALLER: predicates}, {CALLER: MORE_STATES})
        table = reduction.finite.tables.get(CALLER)
        if table is None:
            raise TooLarge("the policies tell apart too many callers")
        classes: dict[int, list[str]] = {}
        for arn in listed(estate):
            number = table.class_of(arn)
            if number is not None:
                classes.setdefault(number, []).append(arn)
        found = {number: classes.get(number) or [table.pick(1 << number)[1]] for number in range(table.size)}
        self._classes = {members[0]: tuple(members) for members in found.values()}

    @property
    def starts(self) -> tuple[str, ...]:
        """One principal of each class: one that is listed, if there is any."""
        return tuple(self._classes)

    def alike(self, start: str) -> tuple[str, ...]:
        """The listed principals of the class of one in `starts`; itself, if none is listed."""
        return self._classes.get(start, (start,))


def listed(estate: Estate) -> Iterator[str]:
    """The users and roles of the inventories."""
    return (identity.arn for account in estate.accounts for identity in (*account.users, *account.roles))


def _attached_alike(estate: Estate) -> Iterator[Predicate]:
    """What steps can change of a principal by changing what is attached to it: the same managed policies, groups and boundary."""
    alike: dict[object, set[str]] = {}
    for account in estate.accounts:
        for identity in (*account.users, *account.roles):
            boundary = identity.boundary.identity if identity.boundary is not None else None
            attached = managed_by(identity), identity.groups, identity.bounded, boundary
            if any(attached):
                alike.setdefault(attached, set()).add(identity.arn)
    return (OneOf(frozenset(arns)) for arns in alike.values())


def asked_of_callers(estate: Estate, target: Target, powers: frozenset[str]) -> Iterable[Predicate]:
    """What the decision on a target asks about callers."""
    space = Space(estate, target, pair_names=pair_names(estate, target, ()), powers=powers)
    questions([allowed(space)], space.questions)
    share_tests(space)
    questions([*all_facts(space), *relation_facts(space)], space.questions)
    return space.questions.get(CALLER, {})


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
    known = frozenset(listed(estate))
    for arn in principals:
        named = arn.startswith("arn:") and arn.split(":", 5)[5].startswith(("role/", "user/"))
        if named and arn not in known and arn.split(":")[4] not in complete and ":role/aws:" not in arn:
            yield arn
