"""Grants: what they allow to whom (G1–G6).

In: a space whose target is a key, and what the caller's own policies say. Out: G as an expression.
Guarantee: a grant allows its grantee its operations within its constraints, and never denies. The grants of a key with few are named
one by one in a proof; of a key with many, those with the same operations are named together, so that the size of the question grows
with the number of different grantees and constraints alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from verifier.model.grant import Grant, reference_to_grant
from verifier.model.policy import StatementRef
from verifier.model.reference import action
from verifier.problem.classes.predicates import Predicate, exactly
from verifier.problem.expression import FALSE, TRUE, Expression, Some, Symbol, both, disjunction, either, negation
from verifier.problem.owners import NAMED_ONE_BY_ONE, owned, owner
from verifier.problem.semantics.encryption_context import context_as_strict, context_meets
from verifier.problem.semantics.grantees import Grantees, Named
from verifier.problem.semantics.permissions import Permissions
from verifier.problem.semantics.values import Fixed, arn_predicate
from verifier.problem.space import Space, acts
from verifier.problem.views import View

CREATE, RETIRE, DESCRIBE = "kms:CreateGrant", "kms:RetireGrant", "kms:DescribeKey"


def granted(space: Space, own: Permissions) -> Expression:
    """G: a grant of the key allows the request, or the request retires a grant (G5)."""
    assert space.target.key is not None
    grants = space.target.key.grants or ()
    grantees = Grantees(space)
    by_grant = [_by_batch(grantees, batch, own) for batch in _batches(grants)]
    return either(*by_grant, _retired_by_policy(space, grants, own))


def _batches(grants: Sequence[Grant]) -> list[tuple[Grant, ...]]:
    """The grants that one owner stands for."""
    if len(grants) <= NAMED_ONE_BY_ONE:
        return [(grant,) for grant in grants]
    by_operations: dict[frozenset[str], list[Grant]] = {}
    for grant in grants:
        by_operations.setdefault(frozenset(grant.operations), []).append(grant)
    return [tuple(batch) for batch in by_operations.values()]


def _by_batch(grantees: Grantees, batch: tuple[Grant, ...], own: Permissions) -> Expression:
    space = grantees.space
    number = owner(space, _reference(space, batch), acts({*batch[0].operations, RETIRE}))
    operations = space.asked_of(frozenset(batch[0].operations) - {RETIRE})
    concerned = batch if space.concern is None else space.concern.with_grants(batch)
    parts = [*_uses(grantees, operations, concerned), *_retirements(grantees, batch)]
    if len(concerned) < len(batch):
        parts.append((grantees.nobody(batch), TRUE))
    # Whether a boundary or session policy limits what a grant allows is open; other callers of an account need the account's leave (G2).
    direct = owned(number, disjunction(both(who.direct, when) for who, when in parts))
    delegated = owned(number, disjunction(both(who.delegated, when) for who, when in parts))
    return either(both(direct, either(negation(Symbol("G4")), own.limits)), both(delegated, own.whole))


def _reference(space: Space, batch: tuple[Grant, ...]) -> StatementRef:
    assert space.target.resource is not None
    first = reference_to_grant(space.target.resource, batch[0])
    if len(batch) == 1:
        return first
    return replace(first, policy_name=f"{first.policy_name} and {len(batch) - 1} more of the same operations")


# -- what --


def _uses(grantees: Grantees, operations: frozenset[str], batch: Sequence[Grant]) -> Iterator[tuple[Named, Expression]]:
    """The requests that grants of these operations allow (G1, G3, G6)."""
    space = grantees.space
    bound = frozenset(name for name in operations - {CREATE} if _takes_context(name))
    plain = acts(operations - bound - {CREATE})
    for alike in _grouped(batch):
        who, grant = grantees.named((g.grantee for g in alike), alike[0].grantee_hidden), alike[0]
        if grant.context_equals is None and grant.context_subset is None:
            yield who, both(acts(operations - {CREATE}), _source_allows(space, grant))
        else:
            yield who, both(plain, _source_allows(space, grant))
            yield who, both(acts(bound), _source_allows(space, grant), context_meets(space, grant) if bound else FALSE)
        if CREATE in operations:
            yield who, both(acts({CREATE}), _source_allows(space, grant), _as_strict(space, grant))


def _takes_context(name: str) -> bool:
    known = action(name)
    return known is not None and known.encryption_context


def _grouped(batch: Sequence[Grant]) -> list[list[Grant]]:
    """Grants of the same operations by their constraints."""
    groups: dict[object, list[Grant]] = {}
    for grant in batch:
        groups.setdefault((grant.context_equals, grant.context_subset, grant.source_arn, grant.grantee_hidden), []).append(grant)
    return list(groups.values())


def _source_allows(space: Space, grant: Grant) -> Expression:
    """A `SourceArn` constraint binds the requests of service principals; those of others by the reading G3-source (G3)."""
    if grant.source_arn is None:
        return TRUE
    ignored = both(acts({DESCRIBE}), negation(Symbol("G3-describe")))
    view = space.view("aws:SourceArn")
    assert isinstance(view, View)
    pattern = arn_predicate([Fixed(grant.source_arn, True)])
    met = FALSE if pattern is None else space.ask(view, pattern)
    return either(ignored, both(space.is_service, met), both(negation(space.is_service), negation(Symbol("G3-source"))))


def _as_strict(space: Space, grant: Grant) -> Expression:
    """A CreateGrant request asks for some of the grant's operations, under constraints at least as strict (G6)."""
    space.set_view("kms:grantoperations")
    names = frozenset[Predicate](exactly(name.removeprefix("kms:")) for name in grant.operations)
    return both(negation(Some("kms:grantoperations", names, False)), context_as_strict(space, grant), _same_source(space, grant))


def _same_source(space: Space, grant: Grant) -> Expression:
    """The new grant has the same SourceArn as the one that allows it, or, by the reading G6, one that the latter covers as a pattern."""
    if grant.source_arn is None:
        return TRUE
    own, pattern = space.attribute_view("kms:grantconstraintsourcearn"), arn_predicate([Fixed(grant.source_arn, True)])
    covered = FALSE if pattern is None else both(Symbol("G6"), own.test(pattern))
    return either(own.test(exactly(grant.source_arn)), covered)


# -- G5 --


def _retirements(grantees: Grantees, batch: tuple[Grant, ...]) -> Iterator[tuple[Named, Expression]]:
    """The retiring principal may retire a grant, and so may its grantee if that is among its operations; no constraint binds them."""
    if not grantees.space.asked_of(frozenset({RETIRE})):
        return
    retiring = acts({RETIRE})
    yield grantees.named(grant.retiring for grant in batch if grant.retiring is not None), retiring
    if RETIRE in batch[0].operations:
        hidden = any(grant.grantee_hidden for grant in batch)
        yield grantees.named((grant.grantee for grant in batch), hidden), retiring


def _retired_by_policy(space: Space, grants: Sequence[Grant], own: Permissions) -> Expression:
    """The root user of an issuing account may retire a grant, as may whom the key's account or an issuing one lets (G5)."""
    assert space.target.account is not None
    issuing = {grant.issuing_account for grant in grants if grant.issuing_account is not None}
    whom = disjunction(space.in_account(account) for account in sorted({space.target.account, *issuing}))
    return both(acts({RETIRE}), whom, own.whole)
