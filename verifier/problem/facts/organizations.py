"""Facts about organizations (F2): the organization keys are a function of the account.

In: a space. Out: expressions that hold of every request.
Guarantee: a given organization has its members and no others; what is not given is free, but consistent.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import takewhile

from verifier.model.readings import F1_ORGANIZATION, F1_PATHS
from verifier.model.symbols import RelationTest
from verifier.problem.classes.predicates import OneOf, Predicate, Tokens, exactly, like
from verifier.problem.expression import (
    FALSE,
    TRUE,
    Expression,
    Present,
    Some,
    Symbol,
    Test,
    conjunction,
    disjunction,
    implies,
    same,
)
from verifier.problem.facts.shared import has, predicates_of
from verifier.problem.semantics.targets import TargetKind
from verifier.problem.space import Space
from verifier.problem.views import ValueRelation

_ORGANIZATION_ID = re.compile(r"o-[a-z0-9]{4,}\Z")
_CALLERS, _RESOURCES, _SOURCE = "aws:principalorgid", "aws:resourceorgid", "aws:sourceaccount"
ORGANIZATIONS = (
    (_CALLERS, "aws:principalorgpaths", "principal"),
    (_RESOURCES, "aws:resourceorgpaths", "resource"),
    ("aws:sourceorgid", "aws:sourceorgpaths", _SOURCE),
    ("aws:vpceorgid", "aws:vpceorgpaths", "aws:vpceaccount"),
)
"""The keys for the ID and the paths of an organization, and whose account they are about: the caller's, the resource's,
or that which another key names (F2)."""

_OPEN = (TargetKind.NONE, TargetKind.ACCOUNT, TargetKind.WORKLOAD, TargetKind.FEDERATED)
"""The targets whose requests may carry nothing about the account of the resource (F1)."""

SAME_ORGANIZATION = RelationTest("same organization")
"""The one comparison of two attributes that a fact demands."""


def organizations(space: Space) -> Iterator[Expression]:
    """F2: organization keys are a function of the account; a given organization has its members and no others."""
    for identifier, paths, owner in ORGANIZATIONS:
        if not has(space, identifier):
            continue
        # Whether requests carry the two keys, if the account is in an organization, is open without a resource (F1).
        carried: dict[str, Expression] = {identifier: Symbol(F1_ORGANIZATION), paths: Symbol(F1_PATHS)}
        if owner != "resource" or space.target.kind not in _OPEN:
            carried = {identifier: TRUE, paths: TRUE}
        yield implies(Present(identifier), carried[identifier])
        if has(space, paths):
            yield implies(Present(paths), carried[paths])
            if owner != _SOURCE:  # of which a service may say a part alone
                yield implies(conjunction(carried.values()), same(Present(identifier), Present(paths)))
            yield from _paths_begin_with_the_id(space, identifier, paths)
        if owner == "principal":
            yield from _own_account(space, identifier, paths)
        if space.estate.organization is not None:
            for name, fact in _given_organization(space, identifier, paths, owner):
                yield implies(Present(owner) & Present(name) if owner == _SOURCE else carried[name], fact)
    yield from _same_organization(space)


def _accounts_of(space: Space, owner: str, accounts: frozenset[str]) -> Expression:
    if owner == "resource" and space.target.account is not None:
        return TRUE if space.target.account in accounts else FALSE
    if owner in ("principal", "resource"):
        return disjunction(space.in_account(account) for account in sorted(accounts))
    return Test(owner, OneOf(accounts))


def _own_account(space: Space, identifier: str, paths: str) -> Iterator[Expression]:
    """W2: accounts of the caller's own are in none of the organizations that policies name, nor in the key's."""
    own = disjunction(map(space.in_account, space.estate.own_accounts))
    yield from (implies(own, ~Test(identifier, exactly(one))) for one in _mentioned(space, identifier, paths))
    for relation in space.relations.values():
        if {view.name for view in relation.views} == {"aws:principalorgid", "aws:resourceorgid"}:
            yield implies(own, ~Symbol(relation.symbol))


def _mentioned(space: Space, identifier: str, paths: str) -> Iterator[str]:
    """The organizations that a test on either key mentions."""
    tested = [p for p in (*predicates_of(space, identifier), *predicates_of(space, paths)) if isinstance(p, Tokens)]
    return filter(_ORGANIZATION_ID.match, dict.fromkeys(_fixed_start(predicate).split("/")[0] for predicate in tested))


def _paths_begin_with_the_id(space: Space, identifier: str, paths: str) -> Iterator[Expression]:
    """An organization path begins with the organization's ID: for every ID that a test on either mentions."""
    for organization in _mentioned(space, identifier, paths):
        own = frozenset[Predicate]({like(f"{organization}/*")})
        member = Test(identifier, exactly(organization))
        yield implies(Present(identifier) & Present(paths), same(member, Some(paths, own, True)))
        yield implies(Some(paths, own, True), ~Some(paths, own, False))


def _fixed_start(pattern: Tokens) -> str:
    singles = takewhile(lambda token: not token[0] and token[1].only is not None, pattern.tokens)
    return "".join(characters.only or "" for _, characters in singles)


def _given_organization(space: Space, identifier: str, paths: str, owner: str) -> Iterator[tuple[str, Expression]]:
    organization = space.estate.organization
    assert organization is not None
    inside = _accounts_of(space, owner, organization.members)
    yield identifier, same(inside, Test(identifier, exactly(organization.id)))
    if has(space, paths):
        own = frozenset[Predicate]({like(f"{organization.id}/*")})
        yield paths, same(inside, Some(paths, own, True))
        yield paths, implies(inside, ~Some(paths, own, False))
        by_path: dict[str, set[str]] = {}
        for account, path in organization.accounts:
            if path is not None:
                by_path.setdefault(path, set()).add(account)
        for path, accounts in by_path.items():
            only = Present(paths) & ~Some(paths, frozenset({exactly(path)}), False)
            yield paths, implies(_accounts_of(space, owner, frozenset(accounts)), only)


def same_organization(space: Space) -> None:
    """Has the caller's organization compared with the resource's, where both are in question."""
    if space.target.account is not None and has(space, _CALLERS) and has(space, _RESOURCES):
        views = left, right = space.attribute_view(_CALLERS), space.attribute_view(_RESOURCES)
        comparison = ValueRelation(
            SAME_ORGANIZATION, views, lambda values, _: left.value(values) == right.value(values), views
        )
        space.relations.setdefault(SAME_ORGANIZATION, comparison)


def _same_organization(space: Space) -> Iterator[Expression]:
    """Callers of the key's account are in the key's organization."""
    account = space.target.account
    if account is not None and SAME_ORGANIZATION in space.relations:
        own = space.in_account(account) & (Symbol(F1_ORGANIZATION) if space.target.kind in _OPEN else TRUE)
        yield implies(own, same(Present(_CALLERS), Present(_RESOURCES)))
        yield implies(own & Present(_CALLERS), Symbol(SAME_ORGANIZATION))
