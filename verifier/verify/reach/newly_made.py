"""Users, roles, groups, managed policies and instance profiles that a caller could make: one of each for whatever names, paths and
boundaries policies tell apart.

In: an estate. Out: the same with these among its inventories, and their ARNs.
Guarantee: of all that could be made in an account whose inventory is complete, one is there that every pattern of the estate treats alike,
and that has the same permissions boundary (policy variables in patterns stand for any text). Where no inventory is complete, who there is
is free anyway (U1).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from verifier.model.estate import Account, Estate, Group, Identity, InstanceProfile, ManagedPolicy
from verifier.model.policy import Policy, PolicyKind, Statement
from verifier.problem.diagram import TooLarge
from verifier.problem.domains import NAME, PATH, some
from verifier.problem.predicates import Predicate, Tokens, like, literal_tokens
from verifier.problem.tables import MORE_STATES, OverBudget, WordTable
from verifier.problem.trusting import names_action
from verifier.problem.words import Domain
from verifier.verify.reach.documents import identity_policy
from verifier.verify.reach.scene import policies_of

MAKES = {"role": "iam:createrole", "user": "iam:createuser", "group": "iam:creategroup", "policy": "iam:createpolicy"} | {
    "instance-profile": "iam:createinstanceprofile"
}
"""What makes each kind, by how the last field of its ARN begins."""
OWN = "escalation"
BOUNDARY = "iam:permissionsboundary"
_LINKED = "role/aws-service-role/"


@dataclass(frozen=True)
class Imagined:
    """An estate with what could be made in it; `made` are the ARNs of that."""

    estate: Estate
    made: frozenset[str]


def imagined(estate: Estate) -> Imagined:
    """What could be made by whoever may call for it at all, by a quick look at the policies; users and roles by a root user as well. Raises
    `TooLarge`."""
    policies = list(policies_of(estate, ()))
    for account in estate.accounts:
        policies += [policy for identity in (*account.users, *account.roles) for policy in identity.policies]
        policies += [policy for identity in (*account.users, *account.roles) for policy in (identity.trust, identity.boundary) if policy]
    statements = [statement for policy in {id(policy): policy for policy in policies}.values() for statement in policy.statements]
    grantees = [grant.grantee.value for key in estate.keys for grant in key.grants or ()]
    partition = next((key.partition for key in estate.keys), "aws")
    made: set[str] = set()
    accounts = []
    for account in estate.accounts:
        accounts.append(_with(account, partition, statements, grantees, made) if account.complete else account)
    return Imagined(replace(estate, accounts=tuple(accounts)), frozenset(made))


def _with(account: Account, partition: str, statements: Sequence[Statement], grantees: Sequence[str], made: set[str]) -> Account:
    named = {kind for kind, action in MAKES.items() if any(names_action(statement, action) for statement in statements)}
    kinds = named | {"role", "user"}
    patterns = list(_patterns(_texts(statements, grantees), f"arn:{partition}:iam::{account.id}:"))
    boundaries = list(_boundaries(account, statements))

    def names(kind: str, present: Iterable[str], copies: int) -> Iterator[tuple[str, ...]]:
        if kind in kinds:
            yield from _names(f"arn:{partition}:iam::{account.id}:{kind}/", patterns, list(present), copies)

    roles: list[Identity] = []
    users: list[Identity] = []
    for kind, found, present in (("role", roles, account.roles), ("user", users, account.users)):
        for arns in names(kind, (identity.arn for identity in present), len(boundaries)):
            found += (_identity(arn, boundary) for arn, boundary in zip(arns, boundaries, strict=False))
    groups = [Group(arn) for (arn, *_) in names("group", (group.arn for group in account.groups), 1)]
    managed = [
        ManagedPolicy(arn, (("v1", identity_policy(arn, arn.rsplit("/", 1)[1])),), "v1")
        for (arn, *_) in names("policy", (policy.arn for policy in account.managed), 1)
    ]
    given = account.profiles
    profiles = (
        () if given is None else tuple(InstanceProfile(arn) for (arn, *_) in names("instance-profile", (one.arn for one in given), 1))
    )
    made |= {one.arn for one in (*roles, *users)} | {one.arn for one in groups}
    made |= {one.arn for one in managed} | {one.arn for one in profiles}
    return replace(
        account,
        roles=(*account.roles, *roles),
        users=(*account.users, *users),
        groups=(*account.groups, *groups),
        managed=(*account.managed, *managed),
        profiles=None if given is None else (*given, *profiles),
    )


_Boundary = tuple[bool, Policy | None]
"""Whether there is a permissions boundary, and its document, where that is known."""


def _identity(arn: str, boundary: _Boundary) -> Identity:
    """A user or role without policies; a role whose trust policy, until its maker writes it, lets nobody in."""
    trust = Policy(PolicyKind.TRUST, f"{arn}#trust", "trust", True, ()) if ":role/" in arn else None
    return Identity(arn, trust=trust, bounded=boundary[0], boundary=boundary[1])


def _boundaries(account: Account, statements: Iterable[Statement]) -> Iterator[_Boundary]:
    """None; each managed policy of the input that may meet some condition on the boundary; one that is not in the input, if such may."""
    asked = {
        text.value
        for statement in statements
        for condition in statement.conditions
        if condition.key.value.lower() == BOUNDARY and condition.operator.base != "Null"
        for text in condition.values
    }
    there = {found.boundary.identity: found.boundary for found in (*account.users, *account.roles) if found.boundary is not None}
    yield False, None
    known = set()
    for managed in account.managed:
        document = dict(managed.versions).get(managed.default or "")
        if document is not None and any(like(text.lower()).matches(managed.arn.lower()) for text in asked):
            known.add(managed.arn)
            name = f"{managed.arn}#boundary"
            yield True, there.get(name) or replace(document, kind=PolicyKind.BOUNDARY, identity=name)
    if asked - known:
        yield True, None


def _texts(statements: Iterable[Statement], grantees: Iterable[str]) -> Iterator[tuple[str, bool]]:
    """The texts of policies and grants that may name a user, role, group or policy, and whether their case is ignored."""
    yield from ((text, False) for text in grantees)
    for statement in statements:
        yield from ((text.value, False) for text in statement.resources or ())
        yield from ((principal.value, False) for principal in statement.principals or ())
        for condition in statement.conditions:
            named = "arn:*:iam::*:user/" if condition.key.value.lower() == "aws:username" else ""
            yield from ((named + text.value, "IgnoreCase" in condition.operator.base) for text in condition.values)


def _patterns(texts: Iterable[tuple[str, bool]], start: str) -> Iterator[Tokens]:
    """Those that may match an ARN that begins so, as patterns."""
    for text, fold in texts:
        for part in (text, *_roles_of_sessions(text)):
            pattern = _without_variables(part)
            literal, wildcard, _ = pattern.partition("*")
            length = len(start) if len(literal) > len(start) or not wildcard else len(literal)
            if like(literal[:length], fold=fold).matches(start[:length]):
                yield like(pattern, fold=fold)


def _roles_of_sessions(text: str) -> Iterator[str]:
    """Patterns of the roles whose sessions a text names: by their names, whatever the path (P3)."""
    beginning, session, rest = text.partition(":assumed-role/")
    if session:
        account, name = beginning.rpartition(":")[2], rest.partition("/")[0]
        yield from (f"arn:*:iam::{account}:role/{path}{name}" for path in ("", "*/"))


def _without_variables(text: str) -> str:
    """A text in which policy variables stand for anything."""
    first, *parts = text.split("${")
    return first + "".join("*" + part.partition("}")[2] for part in parts)


def _names(start: str, patterns: Sequence[Tokens], present: list[str], copies: int) -> Iterator[tuple[str, ...]]:
    """So many ARNs that nothing has yet, for each class of them that patterns tell apart."""
    taken = {arn.rsplit("/", 1)[1].lower() for arn in present}
    own = frozenset(map(like, present))
    wanted: dict[Predicate, None] = {like(f"*:{_LINKED}*"): None}
    wanted |= {pattern: None for pattern in patterns if pattern not in own}
    base = (Tokens((*literal_tokens(start), *some(NAME))), Tokens((*literal_tokens(start), *some(PATH), *literal_tokens("/"), *some(NAME))))
    domain = Domain("made", base, tuple(f"{start}{OWN}{ending}" for ending in ("", *(f"-{number}" for number in range(2, copies + 2)))))
    try:
        table = WordTable(domain, tuple(wanted), MORE_STATES)
    except OverBudget as error:
        raise TooLarge("the policies tell apart too many names") from error

    def free(number: int, limit: int) -> Sequence[str]:
        members = table.members(number, limit)
        return [arn for arn in members if arn.rsplit("/", 1)[1].lower() not in taken and f":{_LINKED}" not in arn]

    for number in range(table.size):
        table.pick(1 << number)
        chosen = tuple(free(number, copies + 8)[:copies] or free(number, copies + 8 + len(present))[:copies])
        taken |= {arn.rsplit("/", 1)[1].lower() for arn in chosen}
        if chosen:
            yield chosen
