"""The other policies of an estate under the linter: identity policies, boundaries, SCPs, RCPs and endpoint policies.

In: an estate. Out: subjects, each statement that can be about AWS KMS with the questions about the estate's targets.
Guarantee: such a policy may be about keys that the input does not hold. What is impossible is asked about keys of which
nothing is known but an account and a Region, whatever resources the statement names, about aliases, and about
operations without a key; what rests on the account or Region is never said. Examples are about the keys of the input.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial

from verifier.model.estate import Estate, Key
from verifier.model.policy import Policy, PolicyKind, Statement, StatementRef, reference_to
from verifier.model.reference import actions
from verifier.problem.classes.predicates import like
from verifier.problem.expression import FALSE, TRUE, Expression, disjunction
from verifier.problem.semantics.controls import endpoint_policies, resource_policies, service_policies
from verifier.problem.semantics.targets import Target, TargetKind, consistent, key_target
from verifier.problem.semantics.unmodelled import holders
from verifier.problem.space import Space
from verifier.syntax.source import NOWHERE
from verifier.verify.lint.places import HeldRequests, InEstate, by_themselves, in_estate
from verifier.verify.lint.subjects import Decided, Seen, Subject

_OF_AWS = (":iam::aws:policy/", "p-FullAWSAccess", "p-RCPFullAWSAccess")
"""What the names of policies hold that are AWS's own, and that nobody can change."""


def other_policies(estate: Estate) -> list[Policy]:
    """The policies of the estate that are no key policies, and that their owners wrote, each once."""
    written = (policy for policy in estate.policies_beside_keys() if policy.span != NOWHERE)
    own = (policy for policy in written if not any(part in policy.identity for part in _OF_AWS))
    return list({(policy.identity, policy.kind): policy for policy in own}.values())


def subjects(estate: Estate, policies: Sequence[Policy], timeout: float | None) -> Iterator[Subject]:
    """Their statements that can be about AWS KMS."""
    attached = _attachments(estate)
    for policy in policies:
        written = [(policy, statement) for statement in policy.statements if _touches_kms(statement)]
        held = partial(_held, policy, attached.get((policy.identity, policy.kind), ()))
        places = [
            cache(partial(by_themselves, estate, target, written, partial(_may_be_held, policy, held), timeout))
            for target in _any_targets(estate, policy.kind)
        ]
        whole = [cache(partial(in_estate, estate, target, written, held, timeout)) for target in _own_targets(estate)]
        for number, (_, statement) in enumerate(written):
            by_itself = [partial(_seen, place, number) for place in places]
            beside = [partial(_decided, one, reference_to(policy, statement)) for one in whole]
            yield Subject(estate, policy, statement, by_itself, beside)


def _seen(place: Callable[[], Sequence[Seen]], number: int) -> Seen | None:
    """A statement on a target, if anything there is asked of its policy."""
    found = place()[number]
    return None if found.held is FALSE else found


def _decided(whole: Callable[[], InEstate], reference: StatementRef) -> Decided | None:
    """The same beside everything else of the estate."""
    found = whole().seen[reference]
    return None if found.held is FALSE else found


def _may_be_held(policy: Policy, held: HeldRequests, space: Space) -> Expression:
    """True iff a policy may be asked about the request: whether RCPs decide without a key is open (D9-rcp), and AWS's
    own examples name such operations, so nothing is to be said against it."""
    return TRUE if policy.kind is PolicyKind.RCP and space.target.kind is TargetKind.NONE else held(space)


def _attachments(estate: Estate) -> dict[tuple[str, PolicyKind], list[str]]:
    """The users and roles that each identity policy and boundary follows."""
    found: dict[tuple[str, PolicyKind], list[str]] = {}
    for identity in estate.identities:
        for policy in identity.documents:
            found.setdefault((policy.identity, policy.kind), []).append(identity.arn)
    return found


def _held(policy: Policy, arns: Sequence[str], space: Space) -> Expression:
    """True iff a policy is asked about the request."""
    if policy.kind in (PolicyKind.IDENTITY, PolicyKind.BOUNDARY):
        return holders(space, arns)
    ways = {PolicyKind.SCP: service_policies, PolicyKind.RCP: resource_policies, PolicyKind.ENDPOINT: endpoint_policies}
    return disjunction(held for found, held in ways[policy.kind](space) if found.identity == policy.identity)


def _touches_kms(statement: Statement) -> bool:
    """True iff some known action of AWS KMS is among those of the statement, or one may be that is not known."""
    patterns = [like(text.value.lower()) for text in statement.actions]
    if any(text.value.lower().startswith("kms:") for text in statement.actions):
        return True
    return any(any(p.matches(action.name.lower()) for p in patterns) != statement.not_action for action in actions())


# --- targets ----------------------------------------------------------------------------------------------------------


def _any_targets(estate: Estate, kind: PolicyKind) -> list[Target]:
    """Keys of which nothing is known, an alias, and no key. What an RCP or the policy of an endpoint is asked about
    turns on the account and the Region."""
    homes = list(dict.fromkeys((key.partition, key.region, key.account) for key in estate.keys))
    found: list[Target] = []
    for partition, region, account in homes if kind in (PolicyKind.RCP, PolicyKind.ENDPOINT) else homes[:1]:
        start = f"arn:{partition}:kms:{region}:{account}:"
        found += [key_target(Key(f"{start}key/{name}")) for name in ("example", "mrk-example")]
        found.append(Target(TargetKind.ALIAS, partition, account, region, f"{start}alias/example"))
    return [*found, Target(TargetKind.NONE, homes[0][0])]


def _own_targets(estate: Estate) -> list[Target]:
    """A key of each sort that the estate has, an alias in the account of each, and no key."""
    keys: dict[tuple[str | None, ...], Key] = {}
    for key in estate.keys:
        if key.policies is not None and consistent(key):
            facts = (key.account, key.region, key.spec, key.usage, key.origin, key.multi_region_type, key.manager)
            keys.setdefault(facts, key)
    aliases = {(key.account, key.region): _alias(key) for key in keys.values()}
    return [*map(key_target, keys.values()), *aliases.values(), Target(TargetKind.NONE, estate.keys[0].partition)]


def _alias(key: Key) -> Target:
    name = next((alias for alias in key.aliases or () if not alias.startswith("alias/aws/")), "alias/example")
    arn = f"arn:{key.partition}:kms:{key.region}:{key.account}:{name}"
    return Target(TargetKind.ALIAS, key.partition, key.account, key.region, arn)
