"""Users, roles, groups, managed policies, instance profiles and identity providers that a caller could make: one of
each for whatever names, paths and boundaries policies tell apart.

In: an estate, conditions on last requests. Out: the estate with these among its inventories, and their ARNs.
Guarantee: of all that could be made in an account whose inventory is complete, one is there that every pattern of the
estate treats alike, and that has the same permissions boundary, or may be made with another one. Policy variables in
patterns stand for any text, and for each of their values (`variable_values`). Where no inventory is complete, who there
is is free anyway (U1).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain

from verifier.frozen import Frozen
from verifier.model.estate import Account, Estate, Group, Identity, InstanceProfile, ManagedPolicy
from verifier.model.operators import WITHOUT_CASE
from verifier.model.policy import (
    Condition,
    Policy,
    PolicyKind,
    PrincipalType,
    Statement,
    arn_account,
    arn_kind,
    is_service_linked,
)
from verifier.problem.classes.attributes import NAME, POLICY_PATH, some
from verifier.problem.classes.predicates import Tokens, like, literal_tokens
from verifier.problem.classes.tables import WordTable
from verifier.problem.classes.words import Domain
from verifier.problem.semantics.statements import names_action
from verifier.verify.reach.distinctions import words_by_patterns
from verifier.verify.reach.documents import administrator, as_boundary, identity_policy, policies_of
from verifier.verify.reach.offers.meeting_patterns import begins
from verifier.verify.reach.offers.names_to_make import (
    OWN,
    Named,
    Patterns,
    in_conditions,
    policy_texts,
    without_variables,
)
from verifier.verify.reach.offers.variable_values import VariableValues

_MAKES = {
    "role": "iam:createrole",
    "user": "iam:createuser",
    "group": "iam:creategroup",
    "policy": "iam:createpolicy",
    "instance-profile": "iam:createinstanceprofile",
}
"""What makes each kind, by how the last field of its ARN begins."""
BY_PROVIDERS = ("sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML")
_BOUNDARY = "iam:permissionsboundary"


class Imagined(Frozen):
    """An estate with what could be made in it; `made` are the ARNs of that, `free` of what may be made with another
    boundary; `filled` are the texts with policy variables, with values in their place. It is `complete` iff what is
    named after what could be made, and so on, comes to an end."""

    estate: Estate
    made: frozenset[str]
    free: frozenset[str]
    filled: tuple[Tokens, ...] = ()
    complete: bool = True


def imagined(estate: Estate, conditions: Sequence[Condition] = ()) -> Imagined:
    """What could be made by whoever may call for it at all, by a quick look at the policies; users and roles by a root
    user as well. `conditions` are those by which the last requests are told from others. Raises `TooLarge`."""
    policies = list(policies_of(estate, ()))
    for identity in estate.identities:
        policies += [policy for policy in (*identity.policies, identity.trust, identity.boundary) if policy]
    own = ((policy.identity, identity) for identity in estate.identities for policy in identity.policies)
    inline = {policy: identity for policy, identity in own if policy.startswith(f"{identity.arn}#")}
    policies = list({id(policy): policy for policy in policies}.values())
    statements = [statement for policy in policies for statement in policy.statements]
    by_grants = [principal.value for principal in estate.grant_principals]
    texts = [*policy_texts(statements, by_grants), *in_conditions(conditions)]
    values = VariableValues(estate, policies, conditions, inline)
    further = _further(values)
    most = max(FEW_NAMES, GROWTH * len(further))
    first = found = _imagined(estate, statements, texts, further)
    seen: set[frozenset[str]] = set()
    while values.any_variables and found.made not in seen:
        if len(seen) == _ROUNDS:
            return replace(found, complete=False)
        seen.add(found.made)
        # The names of what is made are values of variables, too.
        made = [one for account in found.estate.accounts for one in account.identities if one.arn in found.made]
        further = _further(values, made, found.made)
        if sum(one.literal not in found.made for one in further) > most:
            return replace(found, complete=False)
        found = _imagined(estate, statements, texts, further, found.made - first.made)
    return found


_ROUNDS = 4
"""So many times the names of what could be made are put in the place of variables."""
GROWTH, FEW_NAMES = 4, 100
"""Where there come to be so many times more names than at first, and more than a few, there is no end of them."""


def _further(values: VariableValues, identities: Iterable[Identity] = (), arns: Iterable[str] = ()) -> Sequence[Tokens]:
    """The names that variables tell apart, those of what could be made among what they stand for."""
    for identity in identities:
        values.add_identity(identity)
    values.add_arns(arns)
    values.solve()
    return list(dict.fromkeys((*values.named(), *values.filled())))


def _imagined(
    estate: Estate,
    statements: Sequence[Statement],
    texts: Sequence[Named],
    further: Sequence[Tokens],
    later: frozenset[str] = frozenset(),
) -> Imagined:
    partition = next((key.partition for key in estate.keys), "aws")
    made: set[str] = set()
    free: set[str] = set()
    accounts = []
    named = trusted(estate)
    for account in estate.accounts:
        start = f"arn:{partition}:iam::{account.id}:"
        # Beside what is named after itself, in whatever account, there is another one of its class, and no more.
        own = {arn.removeprefix(start) for arn in later if arn.startswith(start)}
        patterns = Patterns(texts, [one for one in further if _last_field(one) not in own], start)
        whole = account.complete
        new, choosing = _new(account, partition, statements, patterns) if whole else (Account(account.id), set())
        new = replace(new, providers=tuple(_providers(account, partition, named, patterns)))
        made.update(_arns(new))
        free |= choosing
        accounts.append(_with(account, new))
    return Imagined(replace(estate, accounts=tuple(accounts)), frozenset(made), frozenset(free), tuple(further))


def _last_field(pattern: Tokens) -> str | None:
    """The last field of an ARN, where the pattern fixes all of that."""
    *first, last = pattern.fixed.split(":", 5)
    return last if len(first) == 5 and " " not in last else None


def targets_of_steps(estate: Estate, partition: str, made: frozenset[str]) -> Iterator[str]:
    """The ARNs of what steps are about, and of the providers that could be `made`: all but keys and code."""
    providers = (*trusted(estate), *made, *(one for account in estate.accounts for one in account.providers or ()))
    yield from (one for one in dict.fromkeys(providers) if ":saml-provider/" in one)
    for account in estate.accounts:
        yield from (identity.arn for identity in (*account.roles, *account.users))
        yield from (group.arn for group in account.groups)
        yield from (managed.arn for managed in account.managed if arn_account(managed.arn) == account.id)
        yield from (profile.arn for profile in account.profiles or ())
        yield f"arn:{partition}:iam::{account.id}:root"
    yield from (f"arn:{partition}:iam::{key.account}:root" for key in estate.keys)


def trusted(estate: Estate) -> tuple[str, ...]:
    """The providers that trust policies may admit, by ARN or name; `*` for any, as where one is not known (E2w)."""
    found = dict[str, None].fromkeys(("*",) if _some_not_known(estate) else ())
    for statement in chain.from_iterable(trust.allows for trust in estate.trust_policies()):
        if any(names_action(statement, action.lower()) for action in BY_PROVIDERS):
            vague = statement.principals is None or statement.not_principal or statement.only_if is not None
            for one in statement.principals or ():
                vague |= one.type in (PrincipalType.ANYONE, PrincipalType.ANY_AWS)
                if one.type is PrincipalType.FEDERATED:
                    found[one.value] = None
            if vague:
                found["*"] = None
    return tuple(found)


def _some_not_known(estate: Estate) -> bool:
    """True iff there is, or may be, a role whose trust policy is not known, and that is not service-linked."""
    roles = (role for role in estate.roles if role.trust is None and not is_service_linked(role.arn))
    return any(roles) or not all(account.complete for account in estate.accounts)


def _providers(account: Account, partition: str, named: Sequence[str], patterns: Patterns) -> Iterator[str]:
    """The providers that could be made in an account, and that a trust policy admits (E2w)."""
    start = f"arn:{partition}:iam::{account.id}:"
    given = account.providers or ()
    if account.providers is not None:
        yield from (one for one in named if one.startswith(start) and one not in given)
    for kind in ("saml-provider", "oidc-provider") if "*" in named else ():
        present = [one for one in (*given, *named) if one.startswith(f"{start}{kind}/")]
        yield from (arn for (arn, *_) in patterns.names(kind, present, 1))


_Listed = Identity | Group | ManagedPolicy | InstanceProfile


def _new(
    account: Account, partition: str, statements: Sequence[Statement], patterns: Patterns
) -> tuple[Account, set[str]]:
    """What could be made in an account of which all is listed, and what may have another boundary."""
    named = {kind for kind, action in _MAKES.items() if any(names_action(one, action) for one in statements)}
    kinds, free = named | {"role", "user"}, set[str]()
    boundaries = list(_boundaries(account, partition, statements, patterns.further, policies="policy" in named))

    def names(kind: str, listed: Sequence[_Listed] | None, copies: int = 1) -> Iterator[tuple[str, ...]]:
        if kind in kinds and listed is not None:
            yield from patterns.names(kind, [one.arn for one in listed], copies)

    def identities(kind: str, listed: Sequence[Identity]) -> Iterator[Identity]:
        for arns in names(kind, listed, len(boundaries)):
            if len(arns) == len(boundaries):
                yield from map(_identity, arns, boundaries)
            else:
                free.add(arns[0])
                yield _identity(arns[0], _demanded(arns[0], boundaries, statements))

    policies = ((arn, identity_policy(arn, arn.rsplit("/", 1)[1])) for (arn,) in names("policy", account.managed))
    new = Account(
        account.id,
        users=tuple(identities("user", account.users)),
        roles=tuple(identities("role", account.roles)),
        groups=tuple(Group(arn) for (arn,) in names("group", account.groups)),
        managed=tuple(ManagedPolicy(arn, (("v1", policy),), "v1") for arn, policy in policies),
        profiles=tuple(InstanceProfile(arn) for (arn,) in names("instance-profile", account.profiles)),
    )
    return new, free


def _with(account: Account, new: Account) -> Account:
    """An account with what could be made in it. Profiles and providers that are not listed stay so."""
    return replace(
        account,
        users=(*account.users, *new.users),
        roles=(*account.roles, *new.roles),
        groups=(*account.groups, *new.groups),
        managed=(*account.managed, *new.managed),
        profiles=None if account.profiles is None else (*account.profiles, *(new.profiles or ())),
        providers=None if account.providers is None else (*account.providers, *(new.providers or ())),
    )


def _arns(account: Account) -> Iterator[str]:
    listed: tuple[_Listed, ...] = (*account.identities, *account.groups, *account.managed, *(account.profiles or ()))
    yield from (one.arn for one in listed)
    yield from account.providers or ()


_Boundary = tuple[bool, Policy | None]
"""Whether there is a permissions boundary, and its document, where that is known."""


def _demanded(arn: str, boundaries: Sequence[_Boundary], statements: Iterable[Statement]) -> _Boundary:
    """The boundary of what alone has its name: the first of some that a statement about that name asks for, or none."""
    patterns = [
        like(text.value)
        for statement in statements
        if any(one.value == arn for one in statement.resources or ())
        for condition in statement.conditions
        if condition.key.value.lower() == _BOUNDARY and _names_one(condition)
        for text in condition.values
    ]
    named = (
        one
        for one in boundaries
        if one[1] is not None and any(pattern.matches(one[1].identity.partition("#")[0]) for pattern in patterns)
    )
    return next(named, boundaries[0])


def _identity(arn: str, boundary: _Boundary) -> Identity:
    """A user or role without policies; a role whose trust policy, until its maker writes it, lets nobody in."""
    trust = Policy(PolicyKind.TRUST, f"{arn}#trust", "trust", True, ()) if arn_kind(arn) == "role" else None
    return Identity(arn, trust=trust, bounded=boundary[0], boundary=boundary[1])


def _boundaries(
    account: Account, partition: str, statements: Iterable[Statement], further: Iterable[Tokens], *, policies: bool
) -> Iterator[_Boundary]:
    """None; of each class of managed policies that conditions tell apart those of the input and, if there may be others
    (of AWS, or where `policies` can be made), one that allows everything. Of those that no condition names none, unless
    one may ask for any boundary."""
    conditions = [one for statement in statements for one in statement.conditions if one.key.value.lower() == _BOUNDARY]
    yield False, None
    if not conditions:
        return
    start, everything = f"arn:{partition}:iam::", administrator(partition)
    of_aws, named = like(f"{start}aws:*"), _boundaries_named(conditions, further, start)
    table = _table_of_policies(account.id, start, everything, (of_aws, *named))
    only_named = all(_names_one(one) for one in conditions)
    there = {found.boundary.identity: found.boundary for found in account.identities if found.boundary is not None}
    known = {managed.arn: managed.in_force for managed in account.managed}
    for number in range(table.size):
        if only_named and not any(table.mask(pattern) >> number & 1 for pattern in named):
            continue
        listed = [arn for arn in known if table.class_of(arn) == number]
        others = [arn for arn in table.members(number, len(listed) + 1) if arn not in known]
        for arn in listed[:_MOST]:
            document = known[arn]
            yield True, there.get(f"{arn}#boundary") or (None if document is None else as_boundary(document))
        if (others and (policies or of_aws.matches(others[0]))) or len(listed) > _MOST:
            arn = everything if table.class_of(everything) == number else (*others, *listed)[0]
            yield True, as_boundary(identity_policy(arn, OWN))


def _boundaries_named(conditions: Sequence[Condition], further: Iterable[Tokens], start: str) -> Sequence[Tokens]:
    """What conditions on boundaries compare with; `further` are patterns that their variables may stand for."""
    compared = [(one, text.value) for one in conditions for text in one.values]
    patterns = [
        like(without_variables(text), fold=one.operator.row.sign in WITHOUT_CASE)
        for one, text in compared
        if one.operator.row.type is not None
    ]
    if any("${" in text for _, text in compared):
        patterns += [one for one in further if begins(one, start)]
    return list(dict.fromkeys(patterns))


def _table_of_policies(account: str, start: str, everything: str, patterns: Sequence[Tokens]) -> WordTable:
    """The ARNs that managed policies of AWS and of an account may have, by the patterns that match them."""
    ends = ((*some(NAME),), (*some(POLICY_PATH), *literal_tokens("/"), *some(NAME)))
    owners = [literal_tokens(f"{start}{owner}:policy/") for owner in ("aws", account)]
    base = tuple(Tokens((*owner, *end)) for owner in owners for end in ends)
    domain = Domain("boundary", base, (everything, f"{start}{account}:policy/{OWN}"))
    return words_by_patterns(domain, patterns, "boundaries")


_MOST = 8
"""So many managed policies of one class are told apart as boundaries: more count as one that allows everything."""


def _names_one(condition: Condition) -> bool:
    """True iff what a condition on a boundary lets through has one of those that it names, or none."""
    return condition.operator.row.type is not None and condition.operator.is_plain
