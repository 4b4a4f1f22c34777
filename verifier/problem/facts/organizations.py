"""Facts about accounts: their organization keys are a function of the account (F2), and names of users and roles are
unique in them, whatever their path and case (R2) [IAM: reference_iam-quotas, reference_identifiers].

In: a space, for names after everything that asks questions of it; an estate and a value. Out: expressions that hold of
every request; whether somebody of a name is.
Guarantee: a given organization has its members and no others; what is not given is free, but consistent. Where the
inventory lists `role/a/app`, complete or not, no other role of that name is in a request: no `role/b/app`, no
`role/App`, and a session of `app` is one of the listed role.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain, takewhile

from verifier.frozen import Frozen
from verifier.model.estate import Estate
from verifier.model.policy import arn_kind
from verifier.model.readings import F1_ORGANIZATION, F1_PATHS
from verifier.model.symbols import RelationTest
from verifier.problem.classes.predicates import OneOf, Predicate, Tokens, exactly, least_length, like
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
from verifier.problem.facts.shared import ObjectCache, has, predicates_of
from verifier.problem.semantics.targets import TargetKind
from verifier.problem.space import CALLER, Space
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

ISSUER = "issuer"
_ARNS = (CALLER, "kms:granteeprincipal", "kms:retiringprincipal")
"""The attributes whose values are ARNs of users and roles, among others."""
NAMES_OF_CALLERS = frozenset({*_ARNS, ISSUER})
"""Those whose values name users and roles."""
_KINDS = ("user", "role")
_Name = tuple[str, str, str]
"""An account, `user` or `role`, and a name without its path, in lower case."""


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


class _Listed(Frozen):
    """The users and roles of an estate: their ARNs, also by their names."""

    arns: frozenset[str]
    by_name: dict[_Name, frozenset[str]]
    owners: dict[str, tuple[_Name, ...]]
    """By a name alone, whose it is."""


_known = ObjectCache[_Listed](8)


def _listed(estate: Estate) -> _Listed:
    return _known.of((estate,), find=lambda: _listing(estate))


def _listing(estate: Estate) -> _Listed:
    found: dict[_Name, set[str]] = {}
    for identity in estate.identities:
        if (name := _name_of(identity.arn)) is not None:
            found.setdefault(name, set()).add(identity.arn)
    owners: dict[str, tuple[_Name, ...]] = {}
    for name in found:
        owners[name[2]] = (*owners.get(name[2], ()), name)
    return _Listed(frozenset(chain(*found.values())), {name: frozenset(own) for name, own in found.items()}, owners)


def _name_of(arn: str) -> _Name | None:
    """The name in the ARN of a user or role."""
    fields = arn.split(":", 5)
    kind, slash, rest = fields[5].partition("/") if len(fields) == 6 and fields[2] == "iam" else ("", "", "")
    return (fields[4], kind, rest.rsplit("/", 1)[-1].lower()) if slash and kind in _KINDS else None


def may_exist(estate: Estate, arn: str) -> bool:
    """True iff somebody may have an ARN: unless it is of a user or role of a listed name, and not listed itself."""
    listed = _listed(estate)
    return arn in listed.arns or _name_of(arn) not in listed.by_name


def may_have(estate: Estate, attribute: str, value: str, caller: object) -> bool:
    """True iff an attribute of a request of a caller may have a value, as far as it names users and roles. The user
    that issued a federated session is of the session's account."""
    if attribute == ISSUER:
        fields = str(caller).split(":")
        value = f"arn:{fields[1]}:iam::{fields[4]}:{value}" if len(fields) > 4 else value
    return attribute not in NAMES_OF_CALLERS or may_exist(estate, value)


def moved_callers(spaces: Sequence[Space]) -> list[Expression]:
    """R2: those whom one of some versions lists, and who cannot be in another: it lists their names otherwise."""
    listed = {arn for space in spaces for arn in _listed(space.estate).arns}
    found = frozenset(arn for arn in listed if not all(may_exist(space.estate, arn) for space in spaces))
    return [Test(CALLER, OneOf(found))] if found else []


def unique_names(space: Space) -> Iterator[Expression]:
    """R2: what policies and invariants ask of ARNs is true of no user or role that has the name of a listed one."""
    listed = _listed(space.estate)
    for attribute in filter(space.attributes.get, _ARNS):
        yield from _of_arns(space, listed, attribute)
    if has(space, ISSUER):
        yield from _of_issuers(space, listed)


def names_of_sessions(space: Space) -> Iterator[Expression]:
    """R2: the name of a federated session has at most 32 characters [API: GetFederationToken, Name]."""
    start = f"arn:{space.target.partition}:sts::"
    if any(_may_be_too_long(predicate, start) for predicate in predicates_of(space, CALLER)):
        yield ~space.principal(like(f"{start}*:federated-user/{'?' * (_MOST + 1)}*"))


_MOST = 32


@lru_cache(1 << 14)
def _may_be_too_long(predicate: Predicate, start: str) -> bool:
    """True iff a predicate is of federated sessions with too long a name, or of long texts that may begin as theirs: a
    guess at whether these alone meet it, for the fact is costly."""
    if isinstance(predicate, OneOf):
        return any(arn_kind(arn) == "federated-user" and len(arn.rsplit("/", 1)[1]) > _MOST for arn in predicate.values)
    if not isinstance(predicate, Tokens) or least_length(predicate) <= _MOST:
        return False
    if predicate.literal is not None:
        return _may_be_too_long(OneOf(frozenset({predicate.literal})), start)
    return any(Tokens(predicate.tokens[:end]).matches(start) for end in range(len(start) + 1))


def _of_arns(space: Space, listed: _Listed, attribute: str) -> Iterator[Expression]:
    nobody: set[str] = set()
    for predicate in predicates_of(space, attribute):
        spelled = _spelled(predicate)
        if spelled is not None:
            nobody |= {arn for arn in spelled - listed.arns if _name_of(arn) in listed.by_name}
        elif isinstance(predicate, Tokens):
            start = _start(predicate)
            for owner in listed.owners.get(_last(predicate) or "", ()):
                own = f"arn:{space.target.partition}:iam::{owner[0]}:{owner[1]}/"
                if start in (None, own):
                    members = Test(attribute, predicate)
                    within = members if start is not None else members & Test(attribute, like(own + "*"))
                    yield implies(within, Test(attribute, OneOf(listed.by_name[owner])))
    if nobody:
        yield ~Test(attribute, OneOf(frozenset(nobody)))


def _of_issuers(space: Space, listed: _Listed) -> Iterator[Expression]:
    """Of the users that issue federated sessions a request has the last field of the ARN; the account is the session's
    own."""
    for predicate in predicates_of(space, ISSUER):
        last = _last(predicate) if isinstance(predicate, Tokens) else None
        for account, kind, name in listed.owners.get(last or "", ()):
            if kind == "user":
                own = frozenset(arn.split(":", 5)[5] for arn in listed.by_name[account, kind, name])
                sessions = space.is_federated & space.in_account(account) & Test(ISSUER, predicate)
                yield implies(sessions, Test(ISSUER, OneOf(own)))


def _spelled(predicate: Predicate) -> frozenset[str] | None:
    """The values of a predicate that spells them out."""
    if isinstance(predicate, OneOf):
        return predicate.values
    literal = predicate.literal if isinstance(predicate, Tokens) else None
    return None if literal is None else frozenset({literal})


@lru_cache(1 << 14)
def _last(predicate: Tokens) -> str | None:
    """What every match of a pattern has after its last slash, in lower case; `None` where that is not one text."""
    found: list[str] = []
    for repeated, characters in reversed(predicate.tokens):
        letters = {letter.lower() for letter in characters.listed}
        if repeated or characters.negated or len(letters) != 1:
            return None
        (letter,) = letters
        if letter == "/":
            return "".join(reversed(found))
        found.append(letter)
    return None


@lru_cache(1 << 14)
def _start(predicate: Tokens) -> str | None:
    """How every match of a pattern of ARNs begins, the account and the kind included; `None` where the pattern leaves
    one open."""
    found = ""
    for repeated, characters in predicate.tokens:
        if repeated or characters.only is None:
            return None
        found += characters.only
        if characters.only == "/":
            return found
    return None
