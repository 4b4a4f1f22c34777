"""The estate as far as it bears on some requests: statements that are about none of them are left out.

In: an estate. Out: a smaller one. Guarantee: every such request is decided alike in both.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace
from functools import lru_cache

from verifier.model.estate import Account, Estate, Identity
from verifier.model.invariant import Invariant, conditions_in
from verifier.model.policy import Effect, Policy, PrincipalType, Statement, Text
from verifier.model.steps.actions import step_actions
from verifier.problem.classes.predicates import like
from verifier.problem.sessions.trusting import names_action, trusting
from verifier.problem.space import FEDERATING
from verifier.problem.steps.doubtful import is_doubtful

Says = Callable[[Statement], bool]


def for_steps(estate: Estate) -> Estate:
    """For requests about what is no key."""
    return replace(_narrowed(estate, _of_steps, estate.trust_policies()), keys=())


def for_doubts(estate: Estate, further: Collection[str] = ()) -> Estate:
    """For requests in doubt (W1), and `further` actions."""

    def says(statement: Statement) -> bool:
        patterns = (text.value.lower() for text in statement.actions) if further else ()
        return _of_doubts(statement) or any(like(pattern).matches(name.lower()) for pattern in patterns for name in further)

    return replace(_narrowed(estate, says, estate.trust_policies()), keys=())


def for_keys(estate: Estate) -> Estate:
    """For requests about keys, or none."""
    return _narrowed(estate, _of_keys, estate.key_policies)


def _narrowed(estate: Estate, says: Says, others: Iterable[Policy]) -> Estate:
    """The estate without the statements of identity policies, the policies and the identities that say nothing. `others` are policies that
    may test something too."""
    keep = any(map(_asks_who, (*others, *of_callers(estate, lambda policy: any(map(says, policy.statements))))))
    named = {thing.principal for thing in estate.unmodelled if thing.principal is not None}
    reached = trusting(estate).reached
    return replace(estate, accounts=tuple(_account(account, says, named, reached, keep=keep) for account in estate.accounts))


def _asks_who(policy: Policy) -> bool:
    """Whether a policy asks for what an inventory says of a caller, in a condition key or a policy variable (L7)."""
    values = (text.value for statement in policy.statements for text in texts(statement))
    variables = (part.lower().lstrip() for value in values for part in value.split("${")[1:])
    return any(key.startswith(_WHO) for key in (*policy.tested_keys, *variables))


def asks_for_tags(policy: Policy) -> bool:
    """Whether a policy asks for tags of callers or resources, in a condition key or a policy variable (L7)."""
    variables = (text.value.lower() for statement in policy.statements for text in texts(statement) if "${" in text.value)
    return any("principaltag/" in key or "resourcetag/" in key for key in (*policy.tested_keys, *variables))


def keys_of(goals: Iterable[Invariant]) -> frozenset[str]:
    """The condition keys, and the policy variables, by which the last requests of invariants are told from others, in lower case."""
    conditions = [one for goal in goals for one in conditions_in(goal.when)]
    variables = (part.lower().lstrip() for one in conditions for text in one.values for part in text.value.split("${")[1:])
    return frozenset((*(one.key.value.lower() for one in conditions), *variables))


def reads_tags(goals: Iterable[Invariant]) -> bool:
    """Whether the last request of an invariant is told from others by tags of its caller."""
    return any("principaltag/" in key for key in keys_of(goals))


def tells_sessions_apart(estate: Estate, asked: Iterable[str]) -> bool:
    """Whether something may give a federated session what whoever issued it does not have: it is named, or has other values of condition
    keys, also of those that are `asked` about, or a Deny names its user (P3). Otherwise it has the permissions of its issuer at most
    [IAM: id_credentials_temp_control-access_getfederationtoken]."""
    of_keys = estate.key_policies
    grantees = (grant.grantee.type for key in estate.keys for grant in key.grants or ())
    policies = (*of_keys, *of_callers(estate, lambda _: True))
    told = any(key.startswith(_OF_SESSIONS) for key in asked) or PrincipalType.FEDERATED_USER in grantees
    return told or bool(estate.unmodelled) or any(map(_tells_sessions_apart, policies))


def _tells_sessions_apart(policy: Policy) -> bool:
    values = (text.value.lower() for statement in policy.statements for text in texts(statement) if "${" in text.value)
    tested = any(key.startswith(_OF_SESSIONS) for key in policy.tested_keys)
    return tested or any(f"${{{key}" in value for key in _OF_SESSIONS for value in values) or any(map(_names_sessions, policy.statements))


def _names_sessions(statement: Statement) -> bool:
    types = {principal.type for principal in statement.principals or ()}
    denied = statement.effect is Effect.DENY and PrincipalType.USER in types
    return statement.doubt is not None or statement.not_principal or denied or PrincipalType.FEDERATED_USER in types


def tells_names_apart(estate: Estate, asked: Iterable[str]) -> bool:
    """Whether something, or a condition key that is `asked` about, may tell a user or group from itself under another name or path. What
    names it as a principal, and what is attached to it, follows it [IAM: id_users_manage, Renaming an IAM user;
    id_groups_manage_rename]; of grants no page says so."""
    grants = [grant for key in estate.keys for grant in key.grants or ()]
    named = any(one is not None and one.type is PrincipalType.USER for grant in grants for one in (grant.grantee, grant.retiring))
    policies = (*estate.key_policies, *estate.trust_policies(), *of_callers(estate, lambda _: True))
    told = named or any(key.startswith(_OF_NAMES) for key in asked)
    return told or bool(estate.unmodelled) or any(map(_tells_names_apart, policies))


def _tells_names_apart(policy: Policy) -> bool:
    values = (text.value.lower() for statement in policy.statements for text in texts(statement) if "${" in text.value)
    resources = (text.value for statement in policy.statements for text in statement.resources or ())
    by_key = any(key.startswith(_OF_NAMES) for key in policy.tested_keys) or any(f"${{{key}" in one for key in _OF_NAMES for one in values)
    return by_key or any(statement.doubt is not None for statement in policy.statements) or any(map(_tells_of_iam, resources))


_OF_NAMES = ("aws:principalarn", "aws:username", "kms:granteeprincipal", "kms:retiringprincipal")
"""How the condition keys begin whose values have the name of a user."""


def _tells_of_iam(resource: str) -> bool:
    """Whether a `Resource` pattern may cover some users or groups, and not all."""
    fields = [*resource.split(":", 5), *"*" * 5][:6]
    if fields[5] in ("*", "user/*", "group/*") or not like(fields[2]).matches("iam"):
        return False
    start = fields[5].split("*")[0].split("?")[0].split("$")[0]
    return any(kind.startswith(start) or start.startswith(kind) for kind in ("user/", "group/"))


_OF_SESSIONS = (
    *("aws:principalarn", "aws:principaltype", "aws:principaltag/", "aws:username", "aws:userid", "aws:multifactorauth"),
    *("aws:tokenissuetime", "aws:federatedprovider", "aws:sourceidentity", "kms:granteeprincipal"),
)
"""How the condition keys begin whose values in a request of a federated session are not those of its issuer's (F3)."""
_WHO = ("aws:principaltag/", "aws:userid")


def texts(statement: Statement) -> Iterator[Text]:
    """The texts that may hold policy variables."""
    yield from statement.resources or ()
    for condition in statement.conditions:
        yield from condition.values


def of_callers(estate: Estate, says: Callable[[Policy], bool]) -> Iterator[Policy]:
    """The policies that bear on callers, of a key's own aside: identity policies, of those the ones that say something, and all others."""
    for account in estate.accounts:
        for identity in account.identities:
            yield from filter(says, identity.policies)
            yield from () if identity.boundary is None else (identity.boundary,)
        yield from account.shared_policies()
    yield from estate.surrounding_policies()


def _account(account: Account, says: Says, named: set[str], reached: frozenset[str], *, keep: bool) -> Account:
    """In an inventory that is complete, one who is not listed is one without policies. The tags of sessions of roles that are `reached` by
    other sessions are free, for trust policies are left out (F3); those of others are their roles' own, without the power to set them.
    Which a user may pass on its policies say."""

    def narrowed(members: tuple[Identity, ...], says: Says) -> tuple[Identity, ...]:
        small = [
            replace(member, policies=of_policies(member, says), trust=None, settled=member.settled or member.arn not in reached)
            for member in members
        ]
        stay = keep or not account.complete
        return tuple(one for one in small if stay or one.policies or one.bounded or one.arn in named)

    def issuing(statement: Statement) -> bool:
        return says(statement) or any(names_action(statement, name.lower()) for name in FEDERATING)

    return replace(account, users=narrowed(account.users, issuing), roles=narrowed(account.roles, says))


def of_policies(identity: Identity, says: Says) -> tuple[Policy, ...]:
    """An identity's policies with those statements alone that say something, without those that have none."""
    found = [(policy, tuple(filter(says, policy.statements))) for policy in identity.policies]
    return tuple(policy if len(own) == len(policy.statements) else replace(policy, statements=own) for policy, own in found if own)


def of_any(statement: Statement) -> bool:
    """Whether a statement can be about anything that is asked."""
    return _of_keys(statement) or _of_steps(statement) or _of_doubts(statement)


_OF_STEPS = tuple(action.name.lower() for action in step_actions())


def says_of_steps(policy: Policy) -> bool:
    """Whether a policy has a statement that can be about a step on something other than a key."""
    return any(map(_of_steps, policy.statements))


def says_of_doubts(policy: Policy) -> bool:
    """Whether a policy has a statement that can be about a doubtful action."""
    return any(map(_of_doubts, policy.statements))


def says_of_keys(policy: Policy) -> bool:
    """Whether a policy has a statement that can be about KMS, known actions or not (U4)."""
    return any(map(_of_keys, policy.statements))


def _of_keys(statement: Statement) -> bool:
    return statement.not_action or any(map(_of_kms, statement.actions))


def _of_kms(pattern: Text) -> bool:
    start = pattern.value.lower().split("*")[0].split("?")[0][:4]
    return "kms:".startswith(start) if len(start) < 4 else start == "kms:"


def _of_doubts(statement: Statement) -> bool:
    return statement.not_action or any(is_doubtful(text.value) for text in statement.actions)


def _of_steps(statement: Statement) -> bool:
    return statement.not_action or any(_of_step(text.value.lower()) for text in statement.actions)


@lru_cache(1 << 12)
def _of_step(pattern: str) -> bool:
    """Whether a pattern of actions matches some step."""
    matches = like(pattern).matches
    return any(matches(name) for name in _OF_STEPS)
