"""The other policies of an estate under the linter: identity policies, boundaries, SCPs, RCPs and endpoint policies.

In: an estate. Out: subjects, each statement that can be about AWS KMS with the questions about the estate's targets.
Guarantee: a target stands for the keys that are alike in everything but name, tags and aliases, for aliases, or for operations without a
key. What rests on a key's name, tags or aliases is never said of such a policy, since it may be about keys that the input does not hold.
"""

from __future__ import annotations

from collections.abc import Iterator

from verifier.model.estate import Estate, Key
from verifier.model.policy import Policy, PolicyKind, Statement
from verifier.model.reference import actions
from verifier.problem.controls import resource_policies, service_policies
from verifier.problem.decision import allowed
from verifier.problem.endpoints import endpoint_policies
from verifier.problem.examination import examine
from verifier.problem.expression import FALSE, Expression
from verifier.problem.meaning import Meaning, meaning
from verifier.problem.names import pair_names
from verifier.problem.permissions import own_policies
from verifier.problem.predicates import like
from verifier.problem.space import Space
from verifier.problem.targets import Target, TargetKind, consistent, key_target
from verifier.syntax.source import NOWHERE
from verifier.verify.lint_bench import Bench
from verifier.verify.lint_subjects import Seen, Subject

_OF_AWS = (":iam::aws:policy/", "p-FullAWSAccess", "p-RCPFullAWSAccess")
"""What the names of policies hold that are AWS's own, and that nobody can change."""


def other_policies(estate: Estate) -> list[Policy]:
    """The policies of the estate that are no key policies, and that their owners wrote, each once."""
    found = {(policy.identity, policy.kind): policy for policy in _every_policy(estate) if _is_own(policy)}
    return list(found.values())


def _every_policy(estate: Estate) -> Iterator[Policy]:
    for account in estate.accounts:
        for identity in (*account.users, *account.roles):
            yield from identity.policies
            yield from (identity.boundary,) if identity.boundary is not None else ()
    for controls in estate.organization.controls if estate.organization is not None else ():
        for level in (*(controls.service or ()), *(controls.resource or ())):
            yield from level.policies
    yield from (endpoint.policy for endpoint in estate.endpoints or () if endpoint.policy is not None)


def _is_own(policy: Policy) -> bool:
    return policy.span != NOWHERE and not any(part in policy.identity for part in _OF_AWS)


def _policies(space: Space) -> Iterator[tuple[Policy, Expression]]:
    """Each policy that can bear on a target, with the requests that it is asked about."""
    for policies in (own_policies, service_policies, resource_policies, endpoint_policies):
        yield from ((policy, held) for policy, held in policies(space) if held is not FALSE and _is_own(policy))


def subjects(estate: Estate, timeout: float | None) -> Iterator[Subject]:
    """Their statements that can be about AWS KMS."""
    found: dict[tuple[str, PolicyKind, int], tuple[Policy, Statement, list[Seen]]] = {}
    for target in _targets(estate):
        for policy, statement, seen in _on(estate, target, timeout):
            found.setdefault((policy.identity, policy.kind, statement.index), (policy, statement, []))[2].append(seen)
    for policy, statement, places in found.values():
        yield Subject(estate, policy, statement, tuple(places))


def _on(estate: Estate, target: Target, timeout: float | None) -> Iterator[tuple[Policy, Statement, Seen]]:
    """The statements in the questions about one target."""
    space = Space(estate, target, pair_names=pair_names(estate, target, ()))
    read: list[tuple[Policy, Statement, Expression, Meaning]] = []
    for policy, held in _policies(space):
        for statement in policy.statements:
            if _touches_kms(statement):
                read.append((policy, statement, held, meaning(space, policy, statement, held)))
    here = allowed(space)
    bench = Bench(examine(space, here, [part for *_, meant in read for part in meant.parts]), timeout=timeout)
    for policy, statement, held, meant in read:
        yield policy, statement, Seen(space, bench, policy, held, meant, here)


def _touches_kms(statement: Statement) -> bool:
    """Whether some action of AWS KMS that is known is among those of the statement, or one may be that is not known."""
    patterns = [like(text.value.lower()) for text in statement.actions or ()]
    if any(text.value.lower().startswith("kms:") for text in statement.actions or ()):
        return True
    return any(any(p.matches(action.name.lower()) for p in patterns) != statement.not_action for action in actions())


# --- targets ---------------------------------------------------------------------------------------------------------------------


def _targets(estate: Estate) -> list[Target]:
    """A key of each sort, an alias in the account of each, and no key."""
    keys: dict[tuple[str | None, ...], Key] = {}
    for key in estate.keys:
        if key.policies is not None and consistent(key):
            keys.setdefault(_sort(key), key)
    aliases = {(key.account, key.region): _alias(key) for key in keys.values()}
    partition = estate.keys[0].partition if estate.keys else "aws"
    return [*map(key_target, keys.values()), *aliases.values(), Target(TargetKind.NONE, partition)]


def _sort(key: Key) -> tuple[str | None, ...]:
    return (key.account, key.region, key.spec, key.usage, key.origin, key.multi_region_type, key.manager)


def _alias(key: Key) -> Target:
    name = next((alias for alias in key.aliases or () if not alias.startswith("alias/aws/")), "alias/example")
    arn = f"arn:{key.partition}:kms:{key.region}:{key.account}:{name}"
    return Target(TargetKind.ALIAS, key.partition, key.account, key.region, arn)
