"""The decision for one request under given symbols (section 5).

In: the estate, a request, symbols. Out: whether it is allowed, and the gates that said so.
Guarantee: each gate is one function named for its rule; a request is allowed only if every gate is passed and one of the
ways to allow it is open.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from verifier.evaluate.callers import Standing, partition_of
from verifier.evaluate.context import Context
from verifier.evaluate.findings import Finding, Gate
from verifier.evaluate.principals import Way
from verifier.evaluate.statements import Judgement, Question, judge
from verifier.evaluate.symbols import Symbols, Truth, all_of, any_of, negation
from verifier.evaluate.targets import ALIAS_ACTIONS, Target, TargetKind
from verifier.evaluate.unmodelled import Outside
from verifier.model import reference
from verifier.model.policy import Effect, Policy, Statement
from verifier.model.readings import OUTSIDE_ALLOW, OUTSIDE_DENY, SESSION_ALLOW
from verifier.model.request import CallerKind

UNKNOWN_POLICY_ALLOW = "U3:policy:allow"
"""Whether a key policy that is not known allows the request (U3)."""
UNKNOWN_POLICY_DENY = "U3:policy:deny"
"""Whether a key policy that is not known denies the request (U3)."""

FIXED_BY_AWS = ALIAS_ACTIONS | {
    "kms:cancelkeydeletion",
    "kms:deleteimportedkeymaterial",
    "kms:disablekey",
    "kms:disablekeyrotation",
    "kms:enablekey",
    "kms:enablekeyrotation",
    "kms:importkeymaterial",
    "kms:putkeypolicy",
    "kms:replicatekey",
    "kms:rotatekeyondemand",
    "kms:schedulekeydeletion",
    "kms:tagresource",
    "kms:untagresource",
    "kms:updatekeydescription",
    "kms:updateprimaryregion",
}
"""What nobody can do to an AWS managed key, whatever its policy says (D8; KMS Developer Guide, concepts: AWS managed keys)."""


@dataclass(frozen=True)
class Case:
    """One request as the gates see it. `resource` is as the request has it."""

    standing: Standing
    action: str
    resource: str | None
    target: Target
    context: Context
    outside: Outside


@dataclass(frozen=True)
class Verdict:
    """Whether the request is allowed, and every gate in the order of reading."""

    allowed: Truth
    gates: list[Gate]


Sure = dict[tuple[str, int], Judgement]
"""The judgements of one request that turn on no symbol, by policy and statement: they need not be made again."""


def decide(case: Case, symbols: Symbols, sure: Sure) -> Verdict:
    """Decides one request (D1–D9). `sure` is filled, and used by later calls for the same request."""
    question = Question(case.standing, case.action, case.target, case.context, symbols)
    key_policies = case.target.key.policies if case.target.key else ()
    resource_based = _judgements(key_policies or (), question, sure)
    identity_based = _judgements(case.standing.policies, question, sure)
    gates = [*_partition(case), *_cross_account(case), *_managed_by_aws(case), _deny(case, resource_based, identity_based, symbols)]
    gates += case.outside.refusals(symbols)
    allowing = _allowing(case, resource_based, identity_based, symbols)
    allowed = all_of([*(gate.finding.holds for gate in gates), allowing[-1].finding.holds])
    return Verdict(allowed, [*gates, *allowing])


def _judgements(policies: Iterable[Policy], question: Question, sure: Sure) -> list[Judgement]:
    return [_judgement(policy, statement, question, sure) for policy in policies for statement in policy.statements]


def _judgement(policy: Policy, statement: Statement, question: Question, sure: Sure) -> Judgement:
    name = (policy.identity, statement.index)
    if name in sure:
        return sure[name]
    before = question.symbols.questions
    judgement = judge(policy, statement, question)
    if question.symbols.questions == before:
        sure[name] = judgement
    return judgement


# --- what refuses ------------------------------------------------------------------------------------------------------------


def _partition(case: Case) -> list[Gate]:
    """R7: a caller of another partition cannot reach the key."""
    caller, target = partition_of(case.standing.caller), case.target.partition
    if caller is None or target is None or caller == target:
        return []
    return [Gate(Finding("R7", f"the caller is of partition {caller}, the resource of {target}", False))]


def same_account(case: Case) -> bool:
    """Whether the caller is of the account that owns the resource."""
    return case.standing.caller.account == case.target.account


def _cross_account(case: Case) -> list[Gate]:
    """R5: some operations are refused to callers of other accounts; service principals are exempt (D6)."""
    if case.target.kind is TargetKind.NONE:
        return []
    return [Gate(_relation(case))]


def _relation(case: Case) -> Finding:
    known, caller = reference.action(case.action), case.standing.caller
    if caller.kind is CallerKind.SERVICE:
        return Finding("D6", f"{caller.principal_arn} is a service principal, of no account", True)
    if same_account(case):
        return Finding("D2", f"the caller is of account {case.target.account}, as the resource is", True)
    if known is not None and not known.cross_account:
        return Finding("R5", f"{case.action} cannot be called from another account", False)
    return Finding("D3", f"the caller is of account {caller.account}, the resource of {case.target.account}", True)


def _managed_by_aws(case: Case) -> list[Gate]:
    """D8, R4: nobody can change an AWS managed key, or an alias that is AWS's own."""
    if case.target.kind is TargetKind.ALIAS and case.target.arn.split(":", 5)[5].startswith("alias/aws/"):
        return [Gate(Finding("R4", "an alias that begins with alias/aws/ is AWS's own", False))]
    if case.target.key is None or case.target.key.manager != "AWS":
        return []
    if case.action.lower() in FIXED_BY_AWS:
        return [Gate(Finding("D8", f"nobody can call {case.action} on an AWS managed key", False))]
    return [Gate(Finding("D8", f"{case.action} does not change the AWS managed key", True))]


def _deny(case: Case, resource_based: list[Judgement], identity_based: list[Judgement], symbols: Symbols) -> Gate:
    """D1: an explicit Deny of any policy that applies. Whether a key policy's stops RetireGrant is open (G5)."""
    denies = [judgement for judgement in (*resource_based, *identity_based) if judgement.effect is Effect.DENY]
    by_key_policy = any_of([judgement.applies for judgement in resource_based if judgement.effect is Effect.DENY])
    if retires(case) and by_key_policy is not False:
        by_key_policy = all_of([by_key_policy, symbols.value("G5")])
    truths = [by_key_policy, *(judgement.applies for judgement in identity_based if judgement.effect is Effect.DENY)]
    if case.standing.outside:
        truths.append(symbols.value(OUTSIDE_DENY))
    if case.target.key is not None and case.target.key.policies is None:
        truths.append(symbols.value(UNKNOWN_POLICY_DENY))
    denied = any_of(truths)
    text = "an explicit Deny applies" if denied else "no explicit Deny applies"
    return Gate(Finding("D1", text, negation(denied)), tuple(judgement.finding for judgement in denies))


def retires(case: Case) -> bool:
    """Whether the operation is `RetireGrant`, for which key policies count otherwise (G5)."""
    return case.action.lower() == "kms:retiregrant" and case.target.kind is TargetKind.KEY


# --- what allows -------------------------------------------------------------------------------------------------------------


def _allowing(case: Case, resource_based: list[Judgement], identity_based: list[Judgement], symbols: Symbols) -> list[Gate]:
    """The gates that may allow; the last one sums up."""
    identity = _identity(case, identity_based, symbols)
    grants = case.outside.allowances(symbols)
    granted = any_of([gate.finding.holds for gate in grants])
    if case.target.kind is not TargetKind.KEY:
        base = all_of([identity.finding.holds, *_limits(case, symbols)])
        return [identity, *grants, _sum("D9", any_of([base, granted]))]
    if retires(case):
        base = all_of([same_account(case), identity.finding.holds, *_limits(case, symbols)])
        return [identity, *grants, _sum("G5", any_of([base, granted]))]
    ways = _key_policy_ways(case, resource_based, symbols)
    key_policy = _key_policy(case, resource_based, ways)
    if case.standing.caller.kind is CallerKind.SERVICE:
        base = any_of([ways[Way.ANYONE], ways[Way.NAME]])
        return [key_policy, *grants, _sum("D6", any_of([base, granted]))]
    if same_account(case):
        rule, base = "D2", _same_account(case, ways, identity.finding.holds, symbols)
    else:
        rule, base = "D3", all_of([any_of(list(ways.values())), identity.finding.holds, *_limits(case, symbols)])
    return [key_policy, identity, *grants, _sum(rule, any_of([base, granted]))]


_SUMS = {
    ("D2", True): "in the key's account: the key policy allows the caller, or delegates to the account and the caller's policies allow",
    ("D2", False): "in the key's account the key policy has to allow the caller, or to delegate to the account while the caller's policies "
    "allow; neither is so",
    ("D3", True): "from another account: the key policy and the caller's own policies both allow",
    ("D3", False): "from another account the key policy and the caller's own policies have to allow; they do not both",
    ("D6", True): "a service principal needs the key policy (or a grant) alone, and has it",
    ("D6", False): "a service principal needs the key policy (or a grant), and does not have it",
    ("D9", True): "the caller's own policies alone decide an operation without a key, and allow it",
    ("D9", False): "the caller's own policies alone decide an operation without a key, and do not allow it",
    ("G5", True): "a grant is retired by whom it names, or by what identity policies of the key's account allow: one of these is so",
    ("G5", False): "a grant is retired by whom it names, or by what identity policies of the key's account allow, never by a key policy; "
    "neither is so",
}
"""What the last gate says, by its rule and whether it is open."""


def _sum(rule: str, holds: Truth) -> Gate:
    return Gate(Finding(rule, _SUMS[rule, holds is not False], holds))


def _same_account(case: Case, ways: dict[Way, Truth], identity: Truth, symbols: Symbols) -> Truth:
    """D2 and D4: direct access, limited as its way demands; or delegation and the caller's own policies."""
    limits = all_of(_limits(case, symbols))
    delegated = all_of([any_of([ways[Way.ACCOUNT], ways[Way.ANYONE]]), identity, limits])
    by_issuer = all_of([ways[Way.ISSUER], _boundary(case), symbols.choose("U2", lambda: True, lambda: _session_policy(case, symbols))])
    anyone = all_of([ways[Way.ANYONE], symbols.choose("D4", lambda: limits, lambda: True)])
    return any_of([ways[Way.NAME], all_of([ways[Way.ROLE], limits]), by_issuer, anyone, delegated])


def _limits(case: Case, symbols: Symbols) -> list[Truth]:
    """B and S: what the boundary and the session policy leave of the identity policies."""
    return [_boundary(case), _session_policy(case, symbols)]


def _boundary(case: Case) -> Truth:
    """B: a boundary's document is not modelled; where one is attached, it is an `Unmodelled` that may refuse."""
    return True


def _session_policy(case: Case, symbols: Symbols) -> Truth:
    """S (U2): a role session has no session policy; a federated session can use nothing of its user's without one, and what one
    allows is for the assignment to say."""
    return case.standing.caller.kind is not CallerKind.FEDERATED or symbols.given(SESSION_ALLOW)


def _identity(case: Case, judgements: list[Judgement], symbols: Symbols) -> Gate:
    """I: the caller's identity policies (U1, D5)."""
    standing = case.standing
    if standing.caller.kind is CallerKind.SERVICE:
        return Gate(Finding("D6", "a service principal has no identity policies", False))
    if standing.root_powers:
        return Gate(Finding("D5", "the root user needs no identity policy", True))
    unknown = case.outside.identity_allows(symbols)
    if standing.outside:
        allowed = any_of([symbols.value(OUTSIDE_ALLOW), *(finding.holds for finding in unknown)])
        free = f"there is no inventory of account {standing.caller.account}: its identity policies are free"
        return Gate(Finding("U1", free if allowed else f"{free}, and supposed not to allow {case.action}", allowed))
    allows = [judgement for judgement in judgements if judgement.effect is Effect.ALLOW]
    holds = any_of([*(judgement.applies for judgement in allows), *(finding.holds for finding in unknown)])
    listed = "the caller's identity policies" if standing.identity else "the inventory does not list the caller: its (no) policies"
    text = f"{listed} {'allow' if holds else 'do not allow'} {case.action}"
    return Gate(Finding("P7" if standing.identity else "U1", text, holds), tuple(judgement.finding for judgement in allows))


def _key_policy_ways(case: Case, judgements: list[Judgement], symbols: Symbols) -> dict[Way, Truth]:
    """For each way of naming the caller, whether an Allow of the key policy applies in that way."""
    if case.target.key is not None and case.target.key.policies is None:
        return {way: symbols.value(UNKNOWN_POLICY_ALLOW) if way is Way.NAME else False for way in Way}
    allows = [judgement for judgement in judgements if judgement.effect is Effect.ALLOW]
    return {way: any_of([judgement.ways.get(way, False) for judgement in allows]) for way in Way}


def _key_policy(case: Case, judgements: list[Judgement], ways: dict[Way, Truth]) -> Gate:
    """K: what the key policy gives."""
    found = tuple(judgement.finding for judgement in judgements if judgement.effect is Effect.ALLOW)
    if case.target.key is not None and case.target.key.policies is None:
        return Gate(Finding("U3", "the key policy is not known", ways[Way.NAME]))
    direct = any_of([ways[way] for way in Way if way is not Way.ACCOUNT])
    if direct is not False:
        return Gate(Finding("D4", "the key policy allows the caller directly", direct), found)
    if ways[Way.ACCOUNT] is not False:
        return Gate(Finding("P2", "the key policy delegates to the caller's account", ways[Way.ACCOUNT]), found)
    return Gate(Finding("D2", "the key policy does not allow the caller", False), found)
