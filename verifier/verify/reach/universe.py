"""The principals to begin with: one for each class of callers that nothing on the way tells apart.

In: an estate, what targets ask about callers. Out: principal ARNs, names of services, providers.
Guarantee: two callers of one class are alike to every target, so that what one can bring about, the other can too;
unless a step is taken on one of them, which is for the closure to see (`Universe.split`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from itertools import chain

from verifier.model.estate import Estate
from verifier.model.invariant import AnyCaller, CallersAnd, CallerSet, CallersNot, CallersOr, IdentityOf
from verifier.model.policy import arn_account, arn_kind, is_service_linked
from verifier.model.results.verdict import Reason
from verifier.model.steps.supposition import SuppositionKind
from verifier.model.trust_keys import BY_ORIGIN, is_claim
from verifier.problem.classes.attributes import WEB_PREFIX, role_callers
from verifier.problem.classes.predicates import Predicate, like, like_arn
from verifier.problem.classes.tables import MORE_STATES, Table
from verifier.problem.diagrams.diagram import TooLarge
from verifier.problem.diagrams.finite import Reduction
from verifier.problem.semantics.callers import providers_admitted
from verifier.problem.sessions.trusting import trusting
from verifier.problem.space import CALLER
from verifier.verify.reach.narrowed import keys_read
from verifier.verify.reach.own_policies import said_of
from verifier.verify.reach.together import each_of

_KINDS = ("arn:*:iam::*:user/*", "arn:*:iam::*:role/*")
_TOO_LONG = re.compile(r"arn:[^:]*:sts:[^:]*:[^:]*:federated-user/.{33}")
"""Whom no request for a federated session can name [API: GetFederationToken, Name]."""
NO_POLICIES = None
"""What is said of one without policies, groups and tags: the same as of one whom a complete inventory does not list."""


class Universe:
    """The callers of one partition, by class. `tests` are the predicates that each target puts to callers; `made` is
    what is there only once it was made. Raises `TooLarge`."""

    def __init__(
        self, estate: Estate, partition: str, tests: Iterable[Iterable[Predicate]], made: Iterable[str]
    ) -> None:
        patterns = (
            *_KINDS,
            *(f"arn:*:*::{account}:*" for account in (*estate.own_accounts, *(one.id for one in estate.accounts))),
        )
        predicates: dict[Predicate, None] = dict.fromkeys(chain(map(like_arn, patterns), *tests))
        reduction = Reduction({CALLER: role_callers(partition)}, {CALLER: predicates}, {CALLER: MORE_STATES})
        table = reduction.finite.tables.get(CALLER)
        if table is None:
            raise TooLarge("the policies tell apart too many callers")
        self._complete = {account.id for account in estate.accounts if account.complete}
        self._made = frozenset(WEB_PREFIX + one for one in made)
        classes: dict[int, dict[object, list[str]]] = {number: {} for number in range(table.size)}
        said, taggable, origins = said_of(estate), trusting(estate).changing, _origins(estate)
        for arn in listed_identities(estate):
            number = table.class_of(arn)
            if number is not None:
                # No two roles are alike whose sessions may have tags: which, their trust policies say (F3).
                by_trust = arn if arn in taggable else origins.get(arn)
                classes[number].setdefault((said[arn], by_trust), []).append(arn)
        self._alike = {members[0]: tuple(members) for found in classes.values() for members in found.values()}
        for number, found in classes.items():
            other = self._not_listed(table, number, found)
            if other is not None and not _TOO_LONG.match(other):
                self._alike[other] = (other,)
        own = [arn for arn in self._alike if arn.startswith("arn:") and arn_account(arn) in estate.own_accounts]
        order = sorted(own, key=lambda arn: (arn_kind(arn) != "user", arn_kind(arn) != "root", arn))
        self.own = tuple(arn for arn in order if not is_service_linked(arn))
        """What a caller has in accounts of its own (W2): users first, whose requests say most freely what policies ask
        for."""
        for arn in own:
            del self._alike[arn]

    def _not_listed(self, table: Table, number: int, found: dict[object, list[str]]) -> str | None:
        """A member of a class that no inventory lists, and that is not like one that is listed."""
        known = frozenset(arn for members in found.values() for arn in members)
        if not known:
            # A provider that is not there yet begins nothing: its identities are come by (E2w).
            known, limits = self._made, [0, len(self._made) + 1]
        elif (NO_POLICIES, None) in found and arn_account(next(iter(known))) in self._complete:
            return None
        else:
            limits = [1, 8, len(known) + 1]
        for limit in limits:
            members = table.members(number, limit) if limit else (table.pick(1 << number)[1],)
            other = next((arn for arn in members if arn not in known), None)
            if other is not None:
                return other
        return None

    @property
    def starts(self) -> tuple[str, ...]:
        """One principal of each class, for each way in which members are listed; one that is not, if there is any."""
        return tuple(self._alike)

    def alike(self, start: str) -> tuple[str, ...]:
        """The principals that one in `starts` stands for."""
        return self._alike.get(start, (start,))

    def split(self, touching: Callable[[tuple[str, ...], Mapping[str, tuple[str, ...]]], tuple[str, ...]]) -> None:
        """Takes apart those that stand for several, of which some are touched: a step that one can come to take is on
        one of them. `touching` says of which of some that may be, together."""
        several = tuple(start for start, members in self._alike.items() if len(members) > 1)
        split = frozenset(each_of(several, lambda some: touching(some, self._alike)))
        apart: dict[str, tuple[str, ...]] = {}
        for start, members in self._alike.items():
            if start in split:
                apart |= {member: (member,) for member in members}
            else:
                apart[start] = members
        self._alike = apart


def listed_identities(estate: Estate) -> Iterator[str]:
    """The users and roles of the inventories."""
    return (identity.arn for identity in estate.identities)


def holds_identities(callers: CallerSet, provider: str) -> bool:
    """True iff a set of callers holds the identities of a provider, which are outside every account and organization
    (E2w). They are named by the provider: its ARN, or its name."""
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


def why_not_followed(estate: Estate) -> Reason | None:
    """Why nothing can be proved out of reach: a group or managed policy that is not listed, and that callers could join
    or attach; a policy of a bucket or function that lets callers do what is not supposed away."""
    for thing in estate.unmodelled:
        if thing.only_of_steps and thing.label in ("E0", "W1"):
            left = [one for one in thing.actions if not _nobody_calls(estate, one)]
            if left or not thing.actions:
                remedy = f"; to settle it, suppose `nobody calls {', '.join(left)}`" if left else ""
                return Reason(thing.label, thing.description + remedy, thing.span)
    return None


def _nobody_calls(estate: Estate, action: str) -> bool:
    """True iff it is supposed that nobody at all makes requests for an action (W3)."""
    supposed = (one for one in estate.suppositions if one.kind is SuppositionKind.CALLS)
    return any(one.names(action) for one in supposed if isinstance(one.callers, AnyCaller | None))


def unlisted_principals(estate: Estate, principals: Iterable[str]) -> Iterator[str]:
    """The users and roles among some principals that are in no inventory, though they may exist."""
    complete = {account.id for account in estate.accounts if account.complete}
    known = frozenset(listed_identities(estate))
    for arn in principals:
        last = arn.split(":", 5)[5] if arn.startswith("arn:") else ""
        named = last.startswith(("role/", "user/")) and not last.startswith("role/aws:")
        if named and arn not in known and arn_account(arn) not in complete:
            yield arn


def _origins(estate: Estate) -> Mapping[str, Hashable]:
    """What sessions of each role may have by who can make them, if a policy asks for any of that (F3 to F6)."""
    policies = (*estate.deciding_policies(), *estate.trust_policies())
    keys = (key for policy in policies for key in keys_read(policy))
    if not any(key.startswith(BY_ORIGIN) or is_claim(key) for key in keys):
        return {}
    found = trusting(estate)
    services = map(found.not_admitting, ("ec2", "codebuild", "glue", "lambda", "ssm"))
    without = (found.not_from_users, found.not_from_providers, found.not_from_services, *services)
    return {
        role.arn: (role.trust and providers_admitted(role.trust), *(role.arn in one for one in without))
        for role in estate.roles
    }
