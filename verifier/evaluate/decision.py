"""The decision for one request under given symbols (D1–D9).

In: a prepared request, symbols. Out: whether it is allowed, and the gates that said so, as in AWS's own flow chart.
Guarantee: each gate is one function named for its rule; a request is allowed only if every gate is passed and one of
the ways to allow it is open.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from verifier.evaluate.callers import partition_of
from verifier.evaluate.controls import endpoint_gates, resource_gates, service_gates
from verifier.evaluate.denial import Limits, denial_gate, limits_of
from verifier.evaluate.findings import Gate, RuleFinding, concluding_gate, marked_if_not_needed
from verifier.evaluate.grants.constraints import GrantRequest
from verifier.evaluate.grants.permission import Grants, grants_gate, retiring_gate
from verifier.evaluate.matching import Matcher, Memo, applies, examined
from verifier.evaluate.prepared_request import PreparedRequest
from verifier.evaluate.statements.principals import NamedBy, Ways
from verifier.evaluate.statements.statement import RequestToMatch, StatementMatch
from verifier.evaluate.statements.targets import ALIAS_ACTIONS, TargetKind
from verifier.evaluate.symbols import Symbols, Truth, all_of, any_of, explore, outcomes
from verifier.frozen import Frozen
from verifier.model import reference
from verifier.model.policy import is_of_permission_set, is_service_linked
from verifier.model.readings import D4, U2
from verifier.model.request import CallerKind
from verifier.model.symbols import OUTSIDE_ALLOW, KeyFact, TrustFact

WITH_POLICY = (TargetKind.KEY, TargetKind.ROLE)
"""What has a policy of its own that decides on requests: a key policy, a trust policy."""

_CHANGES = """
cancelkeydeletion deleteimportedkeymaterial disablekey disablekeyrotation enablekey enablekeyrotation
importkeymaterial putkeypolicy replicatekey rotatekeyondemand schedulekeydeletion tagresource untagresource
updatekeydescription updateprimaryregion
"""
FIXED_BY_AWS = ALIAS_ACTIONS | {f"kms:{name}" for name in _CHANGES.split()}
"""What nobody can do to an AWS managed key, whatever its policy says (D8; KMS Developer Guide, concepts: AWS managed
keys)."""


class _Conclusion(Frozen):
    """Whether the request is allowed, and every gate in the order of reading."""

    allowed: Truth
    gates: list[Gate]


def decide_prepared(prepared: PreparedRequest, symbols: Symbols, memo: Memo) -> _Conclusion:
    """Decides one request (D1–D9). `memo` is filled, and used by later calls for the same request."""
    request = RequestToMatch(prepared.standing, prepared.action, prepared.target, prepared.context, symbols)
    matcher = Matcher(request, memo)
    refusing = [*_partition(prepared), *prepared.caller_gates, *_cross_account(prepared), *_managed_by_aws(prepared)]
    refusing.append(denial_gate(prepared, matcher))
    refusing += service_gates(prepared.service_controls, prepared.action, matcher)
    refusing += resource_gates(prepared.resource_controls)
    refusing += endpoint_gates(prepared.route, prepared.caller, prepared.action, matcher)
    refusing += prepared.unmodelled.refusals(symbols)
    allowing = _allowing(prepared, matcher)
    allowed = all_of([*(gate.finding.holds for gate in refusing), allowing[-1].finding.holds])
    return _Conclusion(allowed, [*refusing, *allowing])


TRIED = 64
"""So many assignments of what requests do not say are tried, and so many sets of tags of sessions; past that requests
may be allowed."""


def may_be_allowed(requests: Sequence[PreparedRequest]) -> bool:
    """False only if requests are not all allowed under any assignment of what is open."""

    def together(symbols: Symbols) -> Truth:
        return all_of([decide_prepared(prepared, symbols, Memo()).allowed for prepared in requests])

    return outcomes(explore(together, {}, TRIED)) != {False}


# --- what refuses -----------------------------------------------------------------------------------------------------


def _partition(prepared: PreparedRequest) -> list[Gate]:
    """R7: a caller of another partition cannot reach the key."""
    caller, target = partition_of(prepared.caller), prepared.target.partition
    if caller is None or target is None or caller == target:
        return []
    return [Gate(RuleFinding("R7", f"the caller is of partition {caller}, the resource of {target}", False))]


def _cross_account(prepared: PreparedRequest) -> list[Gate]:
    """R5, E1: some operations are refused to callers of other accounts; service principals are exempt (D6)."""
    if not prepared.target.owned or prepared.caller.kind is CallerKind.WEB:
        return []
    return [Gate(_relation(prepared))]


def _relation(prepared: PreparedRequest) -> RuleFinding:
    known, caller = reference.action(prepared.action), prepared.caller
    if caller.kind is CallerKind.SERVICE:
        return RuleFinding("D6", f"{caller.principal_arn} is a service principal, of no account", True)
    if prepared.same_account:
        text = f"the caller is of account {prepared.target.account}, as the resource is"
        return RuleFinding(_by_account(prepared, "D2"), text, True)
    if known is not None and not known.cross_account:
        return RuleFinding("R5", f"{prepared.action} cannot be called from another account", False)
    if prepared.target.kind is TargetKind.IAM:
        text = f"the caller is of account {caller.account}: nobody of it calls IAM of account {prepared.target.account}"
        return RuleFinding("E1", text, False)
    text = f"the caller is of account {caller.account}, the resource of {prepared.target.account}"
    return RuleFinding(_by_account(prepared, "D3"), text, True)


def _by_account(prepared: PreparedRequest, otherwise: str) -> str:
    """The rule by which the accounts of the caller and of the resource matter."""
    return prepared.operation.rule if prepared.operation is not None else otherwise


def _managed_by_aws(prepared: PreparedRequest) -> list[Gate]:
    """D8, R4, E1: nobody can change an AWS managed key, an alias that is AWS's own, or a role that a service keeps."""
    target, action = prepared.target, prepared.action.lower()
    of_center = is_of_permission_set(target.arn) and action != "iam:createrole"
    if target.kind is TargetKind.IAM and (of_center or is_service_linked(target.arn)) and action not in _OF_ANY_ROLE:
        return [Gate(RuleFinding("E1", "only its service modifies a service-linked role or a permission set's", False))]
    if not target.belongs_to_aws:
        return []
    if target.kind is TargetKind.ALIAS:
        return [Gate(RuleFinding("R4", "an alias that begins with alias/aws/ is AWS's own", False))]
    if action in FIXED_BY_AWS:
        return [Gate(RuleFinding("D8", f"nobody can call {prepared.action} on an AWS managed key", False))]
    return [Gate(RuleFinding("D8", f"{prepared.action} does not change the AWS managed key", True))]


_OF_ANY_ROLE = frozenset({"iam:passrole", "iam:tagrole", "iam:untagrole"})
"""What callers may do also with a role that a service keeps. [IAM API: TagRole]"""


# --- what allows ------------------------------------------------------------------------------------------------------


def _allowing(prepared: PreparedRequest, matcher: Matcher) -> list[Gate]:
    """The gates that may allow; the last one sums up."""
    allows = matcher.allows(prepared.resource_policies)
    ways = _resource_policy_ways(prepared, allows, matcher.symbols)
    spared = prepared.same_account and not _chains_source(prepared) and ways[NamedBy.NAME] is True
    limits = limits_of(prepared, matcher, spared)
    identity = _identity(prepared, matcher)
    granted = _granted(prepared, identity.finding.holds, limits, matcher)
    unmodelled = prepared.unmodelled.allowances(matcher.symbols)
    rule, by_policy = _policies(prepared, ways, identity.finding.holds, limits, matcher.symbols)
    conclusion = concluding_gate(rule, by_policy, any_of([gate.finding.holds for gate in (*granted, *unmodelled)]))
    by_resource = prepared.target.kind in WITH_POLICY and not prepared.retires
    of_resource = [_resource_policy(prepared, allows, ways)] if by_resource else []
    own = [identity] if prepared.caller.account is not None else []

    def marked(gates: Iterable[Gate]) -> list[Gate]:
        return [marked_if_not_needed(gate, conclusion) for gate in gates]

    limiting = limits.gates if spared else marked(limits.gates)  # Spared, their sentences say that they do not limit.
    allowing = marked([*of_resource, *granted, *own])
    return [*allowing, *limiting, *marked(unmodelled), conclusion]


def _granted(prepared: PreparedRequest, own: Truth, limits: Limits, matcher: Matcher) -> list[Gate]:
    """G: what the key's grants allow (G1–G6)."""
    if prepared.target.key is None:
        return []
    request = GrantRequest(prepared.action, prepared.caller, prepared.context, prepared.target.key.spec)
    grants = Grants(prepared.target.key, prepared.grants, request, own, limits, matcher.symbols, matcher.memo)
    gate = retiring_gate(grants) if prepared.retires else grants_gate(grants)
    return [gate] if gate is not None else []


def _policies(
    prepared: PreparedRequest, ways: Ways, identity: Truth, limits: Limits, symbols: Symbols
) -> tuple[str, Truth]:
    """The rule that says whether policies allow, and true iff they do."""
    own = all_of([identity, limits.hold])
    if prepared.target.kind not in WITH_POLICY:
        return _by_account(prepared, "D9"), own
    if prepared.retires:
        # identity policies let callers do so in the key's account, and in those that issued its grants
        delegated = prepared.same_account or prepared.caller.account in prepared.grants.issuing_accounts
        return "G5", all_of([delegated, own])
    if prepared.caller.account is None:
        return _by_account(prepared, "D6"), any_of([ways[NamedBy.ANYONE], ways[NamedBy.NAME]])
    if prepared.same_account and not _chains_source(prepared):
        return _by_account(prepared, "D2"), _same_account(prepared, ways, own, limits, symbols)
    return _by_account(prepared, "D3"), all_of([any_of(list(ways.values())), own])


def _chains_source(prepared: PreparedRequest) -> bool:
    """True iff a session of a role sets a source identity: then the trust policy and its own policies both allow, in
    one account too. [IAM: id_credentials_temp_control-access_monitor, Permissions required to set source identity]"""
    return prepared.action.lower() == "sts:setsourceidentity" and prepared.caller.kind is CallerKind.ROLE


def _same_account(prepared: PreparedRequest, ways: Ways, own: Truth, limits: Limits, symbols: Symbols) -> Truth:
    """True iff direct access, limited as its way demands, or delegation and the caller's policies allow (D2, D4)."""
    delegated = all_of([any_of([ways[NamedBy.ACCOUNT], ways[NamedBy.ANYONE]]), own])
    by_issuer = all_of([ways[NamedBy.ISSUER], limits.boundary, _session_through_issuer(prepared, limits, symbols)])
    anyone = all_of([ways[NamedBy.ANYONE], symbols.choose(D4, lambda: limits.hold, lambda: True)])
    return any_of([ways[NamedBy.NAME], all_of([ways[NamedBy.ROLE], limits.hold]), by_issuer, anyone, delegated])


def _session_through_issuer(prepared: PreparedRequest, limits: Limits, symbols: Symbols) -> Truth:
    """True iff S, for what a key policy gives the user that issued the session: whether one without session policies is
    limited is open (U2)."""
    if prepared.session_policies is not None:
        return limits.session
    return symbols.choose(U2, lambda: True, lambda: limits.session)


_NO_LINKED_ROLE = ("sts:tagsession", "sts:setsourceidentity")
"""What no service-linked role may: its permissions are its service's to define. [IAM: using-service-linked-roles;
docs/decisions.md]"""


def _identity(prepared: PreparedRequest, matcher: Matcher) -> Gate:
    """I: the caller's identity policies (U1, D5)."""
    standing = prepared.standing
    if standing.caller.account is None:
        return Gate(RuleFinding("D6", f"a {standing.caller.kind.value} has no identity policies", False))
    if standing.acts_as_root:
        return Gate(RuleFinding("D5", "the root user needs no identity policy", True))
    unknown = prepared.unmodelled.identity_allows(matcher.symbols)
    if standing.outside and standing.caller.service_linked and prepared.action.lower() in _NO_LINKED_ROLE:
        return Gate(RuleFinding("U1", f"no policy of AWS for a service-linked role allows {prepared.action}", False))
    if standing.outside:
        allowed = any_of([matcher.symbols.value(OUTSIDE_ALLOW), *(finding.holds for finding in unknown)])
        free = f"no inventory of account {standing.caller.account} lists the caller: its identity policies are free"
        text = free if allowed else f"{free}, and supposed not to allow {prepared.action}"
        return Gate(RuleFinding("U1", text, allowed))
    allows = matcher.allows(standing.policies)
    holds = any_of([applies(allows), *(finding.holds for finding in unknown)])
    unlisted = "the inventory does not list the caller: its (no) policies"
    listed = "the caller's identity policies" if standing.identity else unlisted
    text = f"{listed} {'allow' if holds else 'do not allow'} {prepared.action}"
    return Gate(RuleFinding("P7" if standing.identity else "U1", text, holds), examined(allows))


def _resource_policy_ways(prepared: PreparedRequest, allows: list[StatementMatch], symbols: Symbols) -> Ways:
    """For each way of naming the caller, whether an Allow of the key policy, or trust policy, applies in that way."""
    if _by_its_service_alone(prepared):
        return dict.fromkeys(NamedBy, False)
    if prepared.resource_policy_unknown and not prepared.retires:
        target = prepared.target
        unknown = TrustFact(target.arn) if target.kind is TargetKind.ROLE else KeyFact("policy", "allow")
        return {way: symbols.value(unknown) if way is NamedBy.NAME else False for way in NamedBy}
    return {way: any_of([matched.ways.get(way, False) for matched in allows]) for way in NamedBy}


def _by_its_service_alone(prepared: PreparedRequest) -> bool:
    """True iff it is to assume a service-linked role, of which the trust policy is not given, by another than the
    service in its ARN: "only that service can assume the roles". [IAM: using-service-linked-roles]"""
    target = prepared.target
    linked = target.kind is TargetKind.ROLE and is_service_linked(target.arn) and prepared.resource_policy_unknown
    return linked and prepared.caller.principal_arn != target.arn.split("/")[2]


def _resource_policy(prepared: PreparedRequest, allows: list[StatementMatch], ways: Ways) -> Gate:
    """K: what the key policy gives; for a role to assume what its trust policy does (E2)."""
    found, policy = examined(allows), prepared.resource_policy
    if _by_its_service_alone(prepared):
        return Gate(RuleFinding("E2", "only its service can assume a service-linked role", False))
    if prepared.resource_policy_unknown:
        return Gate(RuleFinding("U3", f"the {policy} is not known", ways[NamedBy.NAME]))
    direct = any_of([ways[way] for way in NamedBy if way is not NamedBy.ACCOUNT])
    if direct is not False:
        return Gate(RuleFinding("D4", f"the {policy} allows the caller directly", direct), found)
    if ways[NamedBy.ACCOUNT] is not False:
        return Gate(RuleFinding("P2", f"the {policy} delegates to the caller's account", ways[NamedBy.ACCOUNT]), found)
    return Gate(RuleFinding(_by_account(prepared, "D2"), f"the {policy} does not allow the caller", False), found)
