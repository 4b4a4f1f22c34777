"""By what policies and invariants tell requests apart: tags of callers, and what another session or another name would
change.

In: an estate, policies, invariants. Out: truths; names of tags, of actions and of condition keys.
Guarantee: what is said not to be told apart is decided alike.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain

from verifier.model.estate import Estate
from verifier.model.invariant import Invariant, conditions_in
from verifier.model.policy import Effect, Policy, PrincipalType, Statement, Text
from verifier.model.reference import matching
from verifier.problem.classes.predicates import Predicate, like
from verifier.problem.classes.tables import MORE_STATES, OverBudget, WordTable
from verifier.problem.classes.words import Domain
from verifier.problem.diagrams.diagram import TooLarge
from verifier.problem.semantics.values import running_on
from verifier.verify.reach.narrowed import in_variables, key_alone, keys_read, of_callers


def words_by_patterns(domain: Domain, patterns: Iterable[Predicate], what: str) -> WordTable:
    """The words of a domain, by the patterns that match them; `what` they are. Raises `TooLarge`."""
    try:
        return WordTable(domain, tuple(patterns), MORE_STATES)
    except OverBudget as error:
        raise TooLarge(f"the policies tell apart too many {what}") from error


def policy_asks_for_tags(policy: Policy) -> bool:
    """True iff a policy asks for tags of callers or resources, in a condition key or a policy variable (L7)."""
    return any("principaltag/" in key or "resourcetag/" in key for key in keys_read(policy))


def tags_read(estate: Estate) -> frozenset[str] | None:
    """The names of tags of callers or resources that policies ask for, in lower case; `None` where that may be any."""
    policies = [*estate.key_policies, *estate.trust_policies(), *of_callers(estate)]
    in_doubt = any(statement.only_if is not None for policy in policies for statement in policy.statements)
    if estate.unmodelled or in_doubt:
        return None
    keys = (key for policy in policies for key in keys_read(policy))
    read = (key.split("tag/", 1)[1] for key in keys if "principaltag/" in key or "resourcetag/" in key)
    return frozenset(map(key_alone, read))


def goal_actions(goal: Invariant) -> frozenset[str]:
    names = frozenset[str]().union(*(matching(pattern.value) for pattern in goal.actions))
    return names.difference(*(matching(pattern.value) for pattern in goal.not_actions))


def keys_of(goals: Iterable[Invariant]) -> frozenset[str]:
    """The condition keys, and the policy variables, by which invariants tell last requests apart, in lower case."""
    conditions = [one for goal in goals for one in conditions_in(goal.when)]
    variables = in_variables(text for one in conditions for text in one.values)
    return frozenset((*(one.key.value.lower() for one in conditions), *variables))


def reads_tags(goals: Iterable[Invariant]) -> bool:
    """True iff the last request of an invariant is told from others by tags of its caller."""
    return any("principaltag/" in key for key in keys_of(goals))


def tells_sessions_apart(estate: Estate, condition_keys: Iterable[str]) -> bool:
    """False only if nothing gives a federated session what whoever issued it does not have: it is not named, has no
    other values of condition keys, also of these `condition_keys`, and no Deny names its user (P3). Then it has the
    permissions of its issuer at most [IAM: id_credentials_temp_control-access_getfederationtoken]."""
    policies = (*estate.key_policies, *of_callers(estate))
    keys = (*condition_keys, *chain.from_iterable(map(keys_read, policies)))
    return (
        bool(estate.unmodelled)
        or any(key.startswith(_OF_SESSIONS) for key in keys)
        or any(one.type is PrincipalType.FEDERATED_USER for one in estate.grant_principals)
        or any(_names_sessions(statement) for policy in policies for statement in policy.statements)
    )


def _names_sessions(statement: Statement) -> bool:
    types = {principal.type for principal in statement.principals or ()}
    denied = statement.effect is Effect.DENY and PrincipalType.USER in types
    return statement.only_if is not None or statement.not_principal or denied or PrincipalType.FEDERATED_USER in types


def tells_names_apart(estate: Estate, condition_keys: Iterable[str]) -> bool:
    """False only if nothing, and none of some `condition_keys`, tells a user or group from itself under another name or
    path. What names it as a principal, and what is attached to it, follows it [IAM: id_users_manage, Renaming an IAM
    user; id_groups_manage_rename]; of grants no page says so."""
    policies = (*estate.key_policies, *estate.trust_policies(), *of_callers(estate))
    keys = (*condition_keys, *chain.from_iterable(map(keys_read, policies)))
    statements = [statement for policy in policies for statement in policy.statements]
    return (
        bool(estate.unmodelled)
        or any(key.startswith(_OF_NAMES) for key in keys)
        or any(one.type is PrincipalType.USER for one in estate.grant_principals)
        or any(one.only_if is not None or any(map(_tells_users_apart, one.resources or ())) for one in statements)
    )


_OF_NAMES = ("aws:principalarn", "aws:username", "kms:granteeprincipal", "kms:retiringprincipal")
"""How the condition keys begin whose values have the name of a user."""


def _tells_users_apart(resource: Text) -> bool:
    """False only if a `Resource` pattern covers all users and groups, or none."""
    ways = map(pattern_fields, (resource.value, *running_on(resource.value, 5)))
    apart = (fields for fields in ways if fields[5] not in ("*", "user/*", "group/*"))
    return any(like(fields[2]).matches("iam") and may_be_of(fields[5], ("user/", "group/")) for fields in apart)


def pattern_fields(pattern: str) -> list[str]:
    """The six fields of a pattern of ARNs; those that it lacks are filled up (L6)."""
    return [*pattern.split(":", 5), *"*" * 5][:6]


def may_be_of(last: str, kinds: Iterable[str]) -> bool:
    """False only if the last field of an ARN matches nothing that begins as one of some kinds does."""
    start = last.split("*")[0].split("?")[0].split("$")[0]
    return any(kind.startswith(start) or start.startswith(kind) for kind in kinds)


_OF_SESSIONS = (
    *("aws:principalarn", "aws:principaltype", "aws:principaltag/", "aws:username", "aws:userid"),
    *("aws:multifactorauth", "aws:tokenissuetime", "aws:federatedprovider", "aws:sourceidentity"),
    "kms:granteeprincipal",
)
"""How the condition keys begin whose values in a request of a federated session are not those of its issuer's (F3)."""
