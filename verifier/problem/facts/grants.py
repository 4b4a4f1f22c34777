"""Facts about CreateGrant requests (F6): who the new grant is for, what it allows, how it is constrained.

In: a space. Out: expressions that hold of every request.
Guarantee: only what the API reference says of CreateGrant [API: CreateGrant, GrantConstraints].
"""

from __future__ import annotations

from collections.abc import Iterator

from verifier.model.reference import actions, suits
from verifier.problem.classes.predicates import OneOf, Predicate, exactly
from verifier.problem.expression import Expression, Present, Some, Test, both, either, implies, negation, same
from verifier.problem.facts.shared import has
from verifier.problem.semantics.targets import facts_of_text
from verifier.problem.space import PAIR_PREFIX, Space, acts

_GRANTEE, _SERVICE, _SOURCE = "kms:granteeprincipal", "kms:granteeserviceprincipal", "kms:grantconstraintsourcearn"
_RETIRING, _RETIRING_SERVICE = "kms:retiringprincipal", "kms:retiringserviceprincipal"
_TYPE, _NAMES, _OPERATIONS = "kms:grantconstrainttype", "kms:encryptioncontextkeys", "kms:grantoperations"
_CREATES = frozenset({"kms:CreateGrant"})


def grant_requests(space: Space) -> Iterator[Expression]:
    """Every fact about the condition keys of grants."""
    yield from _grantees(space)
    yield from _constraints(space)
    yield from _operations(space)


def _grantees(space: Space) -> Iterator[Expression]:
    """A grant is for a principal or for a service, never both; one for a service has a `SourceArn` constraint and a retiring principal."""
    if has(space, _GRANTEE, _SERVICE):
        for name in (_GRANTEE, _SERVICE, _SOURCE, _RETIRING, _RETIRING_SERVICE):
            space.attribute_view(name)
        yield implies(acts(_CREATES), either(Present(_GRANTEE), Present(_SERVICE)))
        yield negation(both(Present(_GRANTEE), Present(_SERVICE)))
        yield implies(Present(_SERVICE), both(Present(_SOURCE), either(Present(_RETIRING), Present(_RETIRING_SERVICE))))
    if has(space, _RETIRING) and has(space, _RETIRING_SERVICE):
        yield negation(both(Present(_RETIRING), Present(_RETIRING_SERVICE)))


def _constraints(space: Space) -> Iterator[Expression]:
    """In a CreateGrant request the pairs are those of its constraint on the encryption context, which is of one of two types."""
    pairs = [name for name in space.attributes if name.startswith(PAIR_PREFIX)]
    if has(space, _TYPE):
        space.set_view(_NAMES)
        yield implies(acts(_CREATES), same(Present(_TYPE), Present(_NAMES)))
        yield from (implies(both(acts(_CREATES), Present(pair)), Present(_TYPE)) for pair in pairs)


def _operations(space: Space) -> Iterator[Expression]:
    """The operations of a grant suit the key (R3)."""
    if not has(space, _OPERATIONS) or "facts" not in space.attributes:
        return
    names = [action.name for action in actions() if action.grant_operation]
    by_unsuited: dict[frozenset[str], list[str]] = {}
    for text in space.attributes["facts"].values or ():
        unsuited = frozenset(name for name in names if not suits(name, facts_of_text(text)))
        by_unsuited.setdefault(unsuited, []).append(text)
    for unsuited, texts in by_unsuited.items():
        if unsuited:
            asked = frozenset[Predicate](exactly(name.removeprefix("kms:")) for name in unsuited)
            yield implies(Test("facts", OneOf(frozenset(texts))), negation(Some(_OPERATIONS, asked, True)))
