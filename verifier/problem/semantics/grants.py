"""Grants: what they allow to whom (G1–G6, L8, R7).

In: a space whose target is a key, and what the caller's own policies say. Out: G as an expression.
Guarantee: a grant allows its grantee its operations within its constraints, and never denies. The grants of a key with
few are named one by one in a proof; of a key with many, those with the same operations are named together, so that the
size of the question grows with the number of different grantees and constraints alone: many principals cost one test on
each attribute.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from msgspec import field

from verifier.frozen import Frozen
from verifier.model import readings
from verifier.model.grant import Grant, Pairs, reference_to_grant
from verifier.model.policy import Principal, PrincipalType, StatementRef
from verifier.model.reference import SYMMETRIC, action
from verifier.problem.classes.predicates import OneOf, Predicate, Tokens, exactly, literal_tokens
from verifier.problem.expression import FALSE, TRUE, Expression, Present, Some, Symbol, choose, conjunction, disjunction
from verifier.problem.semantics.callers import session_parts
from verifier.problem.semantics.permissions import Permissions
from verifier.problem.semantics.statements import NAMED_ONE_BY_ONE, owned, owner
from verifier.problem.semantics.values import Fixed, arn_predicate
from verifier.problem.space import PAIR_PREFIX, Space, acts, exact_pair, other_pair
from verifier.problem.views import SetView, View

NAMES = "kms:encryptioncontextkeys"
_TYPE = "kms:grantconstrainttype"


def context_meets(space: Space, grant: Grant) -> Expression:
    """True iff the encryption context of the request satisfies the constraint of a grant; one on a key that is known to
    take no encryption context does not bind by the reading G3-asymmetric (G3)."""
    if grant.context_equals is not None:
        met = equals(space, grant.context_equals)
    else:
        met = includes(space, grant.context_subset or ())
    key = space.target.key
    takes_none = key is not None and key.spec not in (None, SYMMETRIC)
    return met | Symbol(readings.G3_ASYMMETRIC) if takes_none else met


def context_as_strict(space: Space, grant: Grant) -> Expression:
    """True iff the constraint that CreateGrant asks for is as strict as that of the grant that allows it (G6)."""
    kind = space.attribute_view(_TYPE)
    if grant.context_equals is not None:
        other_type = kind.test(exactly("SourceArn")) & Symbol(readings.G6_TYPE)
        return (kind.test(exactly("EncryptionContextEquals")) | other_type) & equals(space, grant.context_equals)
    if not grant.context_subset:
        return TRUE
    return kind.present & includes(space, grant.context_subset)


def includes(space: Space, pairs: Pairs) -> Expression:
    """True iff the encryption context holds these pairs: names exactly, or in any case by the reading G3-names."""
    return conjunction(_holds_pair(space, name, value) for name, value in pairs)


def equals(space: Space, pairs: Pairs) -> Expression:
    """True iff the encryption context is exactly these pairs."""
    own = conjunction(_own_view(space, name).test(exactly(value)) for name, value in pairs)
    exact = own & _no_name_outside(space, frozenset(exactly(name) for name, _ in pairs))
    if not any(_other_views(space, name) for name, _ in pairs):
        return exact
    folded = frozenset[Predicate](Tokens(literal_tokens(name, fold=True)) for name, _ in pairs)
    in_any_case = includes(space, pairs) & _only_values(space, pairs) & _no_name_outside(space, folded)
    return choose(Symbol(readings.G3_NAMES), in_any_case, exact)


def _holds_pair(space: Space, name: str, value: str) -> Expression:
    predicate = exactly(value)
    others = disjunction(view.some(frozenset({predicate}), True) for view in _other_views(space, name))
    return space.ask(_own_view(space, name), predicate) | (Symbol(readings.G3_NAMES) & others)


def _only_values(space: Space, pairs: Pairs) -> Expression:
    """True iff no spelling of a listed name has a value that is not listed with it."""
    values: dict[str, set[Predicate]] = {}
    for name, value in pairs:
        values.setdefault(name.lower(), set()).add(exactly(value))
    views = {
        view.name: (view, name)
        for name, _ in pairs
        for view in (_as_set(_own_view(space, name)), *_other_views(space, name))
    }
    return conjunction(~view.some(frozenset(values[name.lower()]), False) for view, name in views.values())


def _no_name_outside(space: Space, names: frozenset[Predicate]) -> Expression:
    space.set_view(NAMES)
    return ~Some(NAMES, names, False) if names else ~Present(NAMES)


def _own_view(space: Space, name: str) -> View:
    return space.attribute_view(exact_pair(name) if letters(name) else PAIR_PREFIX + name)


def _other_views(space: Space, name: str) -> tuple[SetView, ...]:
    """The pairs whose name differs from this one in case alone: those that grants list, and all others."""
    listed = space.pair_names[PAIR_PREFIX + name.lower()]
    others = [_as_set(space.attribute_view(exact_pair(other))) for other in listed if other != name]
    if len(listed) < 2 ** letters(name):
        others.append(space.set_view(other_pair(PAIR_PREFIX + name)))
    return tuple(others)


def _as_set(view: View) -> SetView:
    """The set of the one value that there may be."""

    def some(predicates: frozenset[Predicate], inside: bool) -> Expression:
        found = disjunction(map(view.test, predicates))
        return found if inside else view.present & ~found

    return SetView(view.name, view.present, some)


def letters(name: str) -> int:
    """How many characters of a name have another case."""
    return sum(character.lower() != character.upper() for character in name)


class _Whom(NamedTuple):
    """`direct` need nothing but the grant, perhaps B ∧ S (G4), nor do `weak` ones, named by their role or issuer;
    `delegated` are callers of a named account, who need I ∧ B ∧ S, as its root has (G2, D5)."""

    direct: Expression
    weak: Expression
    delegated: Expression


_BY_ARN = (PrincipalType.USER, PrincipalType.FEDERATED_USER, PrincipalType.SERVICE)
"""The callers that are told by their ARN, or by their name, alone."""


class Grantees(Frozen):
    """Reads the principals of grants. A unique ID is nobody (L8)."""

    space: Space
    _roles: dict[tuple[str, str], Expression] = field(default_factory=dict)

    def named(self, principals: Iterable[Principal], hidden: bool = False, retiring: bool = False) -> _Whom:
        """The callers that any of the principals names, perhaps with the federated sessions that users issue; where
        some are `hidden`, perhaps any caller but a service (G2)."""
        space, by_type = self.space, defaultdict[PrincipalType, list[Principal]](list)
        for principal in principals:
            if principal.partition in (None, space.target.partition):  # R7
                by_type[principal.type].append(principal)
        own = space.one_of(frozenset(one.value for kind in _BY_ARN for one in by_type[kind]))
        roles = space.one_of(frozenset(one.value for one in by_type[PrincipalType.ROLE]))
        sessions = self._sessions(by_type[PrincipalType.SESSION])
        others = Symbol(readings.G2) & ~space.is_service if hidden else FALSE
        as_issuer = Symbol(readings.G5_FEDERATED if retiring else readings.G2_FEDERATED)
        issued = as_issuer & self._issued(by_type[PrincipalType.USER])
        accounts = {str(one.account) for one in by_type[PrincipalType.ACCOUNT]}
        return _Whom(own | sessions | others, roles | issued, disjunction(map(space.in_account, sorted(accounts))))

    def _sessions(self, principals: Iterable[Principal]) -> Expression:
        """True iff the caller is one of the role sessions that are named, those of one role together."""
        by_role: dict[tuple[str, str], set[str]] = {}
        for principal in principals:
            account, role, session = session_parts(principal)
            by_role.setdefault((account, role), set()).add(session)
        return disjunction(
            self._role(role) & self.space.session_among(frozenset(names)) for role, names in by_role.items()
        )

    def _issued(self, users: Iterable[Principal]) -> Expression:
        """True iff the caller is a federated session that one of the users issued."""
        by_account: dict[str, set[str]] = {}
        for user in users:
            *_, account, name = user.value.split(":", 5)
            by_account.setdefault(account, set()).add(name)
        space = self.space
        return space.is_federated & disjunction(
            space.in_account(account) & space.issuer(OneOf(frozenset(names))) for account, names in by_account.items()
        )

    def _role(self, role: tuple[str, str]) -> Expression:
        """True iff the caller is a session of the role of this account and name: that of instances has many grants."""
        if role not in self._roles:
            account, name = role
            self._roles[role] = self.space.role_named(literal_tokens(account), literal_tokens(name))
        return self._roles[role]


CREATE, RETIRE, DESCRIBE = "kms:CreateGrant", "kms:RetireGrant", "kms:DescribeKey"


def granted(space: Space, own: Permissions) -> Expression:
    """True iff G: a grant of the key allows the request, or it retires a grant and may (G5)."""
    assert space.decision_input.key is not None
    grants = space.decision_input.key.grants or ()
    grantees = Grantees(space)
    by_grant = [_by_batch(grantees, batch, own) for batch in _batches(space, grants)]
    return disjunction(by_grant) | _retired_by_policy(space, grants, own)


def _batches(space: Space, grants: Sequence[Grant]) -> list[tuple[Grant, ...]]:
    """The grants that one owner stands for: of a key with many, those of the same operations."""
    assert space.target.key is not None
    if len(space.target.key.grants or ()) <= NAMED_ONE_BY_ONE:
        return [(grant,) for grant in grants]
    return _alike(grants, lambda grant: frozenset(grant.operations))


def _alike(grants: Iterable[Grant], by: Callable[[Grant], object]) -> list[tuple[Grant, ...]]:
    """The grants by something that those of each tuple have alike."""
    groups: dict[object, list[Grant]] = {}
    for grant in grants:
        groups.setdefault(by(grant), []).append(grant)
    return [tuple(group) for group in groups.values()]


def _by_batch(grantees: Grantees, batch: tuple[Grant, ...], own: Permissions) -> Expression:
    space = grantees.space
    number = owner(space, _reference(space, batch), acts({*batch[0].operations, RETIRE}))
    parts = [*_uses(grantees, frozenset(batch[0].operations) - {RETIRE}, batch), *_retirements(grantees, batch)]
    # Whether a boundary or session policy limits what a grant allows is open; other callers of an account need the
    # account's leave (G2).
    needs = (*(~Symbol(one) | own.limits for one in (readings.G4, readings.G4_ROLE)), own.whole)
    ways = zip(*([way & when for way in who] for who, when in parts), strict=True)
    return disjunction(owned(number, disjunction(way)) & need for way, need in zip(ways, needs, strict=True))


def _reference(space: Space, batch: tuple[Grant, ...]) -> StatementRef:
    assert space.target.resource is not None
    first = reference_to_grant(space.target.resource, batch[0])
    if len(batch) == 1:
        return first
    return replace(first, policy_name=f"{first.policy_name} and {len(batch) - 1} more of the same operations")


# -- what --


def _uses(grantees: Grantees, operations: frozenset[str], batch: Sequence[Grant]) -> Iterator[tuple[_Whom, Expression]]:
    """The requests that grants of these operations allow (G1, G3, G6)."""
    space = grantees.space
    bound = frozenset(name for name in operations - {CREATE} if (known := action(name)) and known.encryption_context)
    plain = acts(operations - bound - {CREATE})
    groups = _alike(batch, lambda one: (one.context_equals, one.context_subset, one.source_arn, one.grantee_hidden))
    for alike in groups:
        who, grant = grantees.named((g.grantee for g in alike), alike[0].grantee_hidden), alike[0]
        if grant.context_equals is None and grant.context_subset is None:
            yield who, acts(operations - {CREATE}) & _source_allows(space, grant)
        else:
            yield who, plain & _source_allows(space, grant)
            yield who, acts(bound) & _source_allows(space, grant) & (context_meets(space, grant) if bound else FALSE)
        if CREATE in operations:
            yield who, acts({CREATE}) & _source_allows(space, grant) & _as_strict(space, grant)


def _source_allows(space: Space, grant: Grant) -> Expression:
    """True iff no `SourceArn` constraint refuses: it binds services; others, and DescribeKey, by readings (G3)."""
    if grant.source_arn is None:
        return TRUE
    ignored = acts({DESCRIBE}) & ~Symbol(readings.G3_DESCRIBE)
    pattern = arn_predicate((Fixed(grant.source_arn, True),))
    met = FALSE if pattern is None else space.ask_key("aws:SourceArn", pattern)
    return ignored | (space.is_service & met) | (~space.is_service & ~Symbol(readings.G3_SOURCE))


def _as_strict(space: Space, grant: Grant) -> Expression:
    """True iff a CreateGrant request asks for operations of the grant alone, under constraints as strict (G6)."""
    space.set_view("kms:grantoperations")
    names = frozenset[Predicate](exactly(name.removeprefix("kms:")) for name in grant.operations)
    no_other = ~Some("kms:grantoperations", names, False)
    return no_other & context_as_strict(space, grant) & _same_source(space, grant)


def _same_source(space: Space, grant: Grant) -> Expression:
    """True iff the new grant has the same SourceArn as the one that allows it, or, by the reading G6, one that the
    latter covers as a pattern."""
    if grant.source_arn is None:
        return TRUE
    own, pattern = space.attribute_view("kms:grantconstraintsourcearn"), arn_predicate((Fixed(grant.source_arn, True),))
    covered = FALSE if pattern is None else Symbol(readings.G6) & own.test(pattern)
    return own.test(exactly(grant.source_arn)) | covered


# -- G5 --


def _retirements(grantees: Grantees, batch: tuple[Grant, ...]) -> Iterator[tuple[_Whom, Expression]]:
    """The retiring principal may retire a grant, and so may its grantee if that is among its operations; no constraint
    binds them."""
    retiring = acts({RETIRE})
    yield grantees.named((grant.retiring for grant in batch if grant.retiring is not None), retiring=True), retiring
    if RETIRE in batch[0].operations:
        hidden = any(grant.grantee_hidden for grant in batch)
        yield grantees.named((grant.grantee for grant in batch), hidden), retiring


def _retired_by_policy(space: Space, grants: Sequence[Grant], own: Permissions) -> Expression:
    """True iff the request retires a grant, and its caller is of the key's account, or of an issuing one, which lets
    it: a root user, or whom its policies let (G5)."""
    assert space.target.account is not None
    issuing = {grant.issuing_account for grant in grants if grant.issuing_account is not None}
    whom = disjunction(space.in_account(account) for account in sorted({space.target.account, *issuing}))
    return acts({RETIRE}) & whom & own.whole
