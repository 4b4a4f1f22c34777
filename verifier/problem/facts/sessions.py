"""Facts about where a session's credentials came from, and about AWS MCP servers (F3, F5, F6).

In: a space. Out: expressions that hold of every request. Guarantee: a key is ruled out only where its page says when it
is there. [IAM: reference_policies_condition-keys, *Properties of a role session*, aws:ViaAWSMCPService;
reference_policies_iam-condition-keys, *Cross-service … federation context keys*]
"""

from __future__ import annotations

from collections.abc import Iterator

from verifier.problem.classes.attributes import BUILT_IN_PROVIDERS
from verifier.problem.classes.intervals import as_bounds
from verifier.problem.classes.predicates import Compares, OneOf, exactly, like
from verifier.problem.expression import FALSE, Expression, Present, Test, disjunction, implies, same
from verifier.problem.facts.shared import has, predicates_of, via_service
from verifier.problem.semantics.callers import providers_admitted
from verifier.problem.sessions.trusting import trusting
from verifier.problem.space import Space

_ADDRESS = "aws:ec2instancesourceprivateipv4"
INSTANCE = ("ec2:roledelivery", "ec2:sourceinstancearn", "aws:ec2instancesourcevpc", _ADDRESS)
"""What a session delivered to an EC2 instance has, all of it in its own calls; in a subnet of IPv6 no address."""
_BUILD = ("codebuild:buildarn", "codebuild:projectarn")
_MANAGED, _GLUE, _GLUE_CODE = "ssm:sourceinstancearn", "glue:roleassumedby", "glue:credentialissuingservice"
DELIVERED = (*INSTANCE, *_BUILD, _MANAGED, _GLUE, _GLUE_CODE, "lambda:sourcefunctionarn")
"""What a session has from the service that made it for what runs there: the one of the key's name, or EC2."""
FEDERATED_PROVIDER, FACTOR = "aws:federatedprovider", "aws:multifactorauthpresent"
_OF_ROLES = (*DELIVERED, "identitystore:userid", "aws:chatbotsourcearn", FEDERATED_PROVIDER, "aws:sourceidentity")
"""Keys that only the session of a role has."""
SIGN_IN, _DELEGATED = "aws:signinsessionarn", "aws:viacustomerdomain"
_ASSUMED_ROOT, _TOKEN, _TIME = "aws:assumedroot", "aws:tokenissuetime", "time"
VIA_MCP, CALLED_VIA_MCP, _OWN_ACTION = "aws:viaawsmcpservice", "aws:calledviaawsmcp", "aws:ismcpserviceaction"
_CLAIMS = {
    "accounts.google.com": ("aud", "sub"),
    "graph.facebook.com": ("app_id", "id"),
    "www.amazon.com": ("app_id", "user_id"),
    "saml": ("namequalifier", "sub", "sub_type"),
}
"""What other services than STS read of a provider's claims; of a provider that is not named here `amr`, `aud` and
`sub`."""


def delivered_sessions(space: Space) -> Iterator[Expression]:
    """F3: what a session has from who made it; F6: the keys of the provider that vouched for it."""
    if not space.possible_changes:  # which may be of trust policies
        yield from _made_by(space)
        yield from _by_provider(space) if has(space, FEDERATED_PROVIDER) else ()
    for name in filter(space.attributes.get, _OF_ROLES):
        yield implies(Present(name), space.is_role)
    for together in (INSTANCE[:-1], _BUILD):
        first, *others = [name for name in together if has(space, name)] or [""]
        yield from (implies(~via_service(space), same(Present(first), Present(name))) for name in others)
    for name in filter(space.attributes.get, INSTANCE[:-1] if has(space, _ADDRESS) else ()):
        yield implies(Present(_ADDRESS), Present(name) | via_service(space))
    for one, other in ((INSTANCE[1], _MANAGED), (_GLUE, _GLUE_CODE)):
        if has(space, one) and has(space, other):
            yield ~(Present(one) & Present(other))
    for name in space.attributes:
        read_later = is_read_later(name)
        if read_later is not None:
            yield implies(Present(name), space.is_web | (space.is_role if read_later else FALSE))


def _made_by(space: Space) -> Iterator[Expression]:
    """F3: a session has such a key only if the trust policy of its role admits the service, MFA only if a user may be
    at its beginning, and what a provider says (F6) only if an identity of one may. [IAM: id_roles_use_switch-role-ec2,
    id_credentials_mfa_configure-api-require; AssumeRole]"""
    for name in filter(space.attributes.get, DELIVERED):
        service = name.partition(":")[0].replace("aws", "ec2")
        yield implies(Present(name), ~space.one_of(trusting(space.estate).not_admitting(service)))
    for name in filter(is_read_later, space.attributes):
        yield implies(Present(name), ~space.one_of(trusting(space.estate).not_from_providers))
    if has(space, FACTOR):
        yield implies(Test(FACTOR, exactly("true")), ~space.one_of(trusting(space.estate).not_from_users))


def _by_provider(space: Space) -> Iterator[Expression]:
    """F6: a session's provider is one that the trust policy of its role admits, where the value is the name of one as
    trust policies write it. What else the value may be, no page says. [IAM: reference_policies_condition-keys,
    aws:FederatedProvider; reference_policies_elements_principal, *Web identity session principals*, *SAML session
    principals*]"""
    roles: dict[frozenset[str], set[str]] = {}
    for role in space.estate.identities:
        admitted = providers_admitted(role.trust) if role.trust is not None else None
        if admitted is not None:
            roles.setdefault(admitted, set()).add(role.arn)
    for admitted, arns in roles.items():
        possible: Expression = FALSE
        if admitted:
            names = admitted | {arn.partition(":oidc-provider/")[2] for arn in admitted} - {""}
            arn_of = (Test(FEDERATED_PROVIDER, like(f"arn:*:iam::*:{kind}-provider/*")) for kind in ("saml", "oidc"))
            another = Test(FEDERATED_PROVIDER, OneOf(frozenset(BUILT_IN_PROVIDERS))) | disjunction(arn_of)
            possible = Test(FEDERATED_PROVIDER, OneOf(names)) | ~another
        yield implies(Present(FEDERATED_PROVIDER) & space.one_of(frozenset(arns)), possible)


def is_read_later(name: str) -> bool | None:
    """True iff a key of a provider is there after the first call; `None` for a key of no provider, whose name is a
    host's, or `saml`."""
    provider, _, claim = name.partition(":")
    known = "." in provider or provider == "saml"
    return claim in _CLAIMS.get(provider, ("amr", "aud", "sub")) if known else None


def sign_ins(space: Space) -> Iterator[Expression]:
    """F3: who signed in with OAuth, by temporary delegation, or as a root user by `AssumeRoot`, has temporary
    credentials; a service that calls for itself has not."""
    whose = {SIGN_IN: space.is_principal, _DELEGATED: space.is_principal, _ASSUMED_ROOT: space.is_root}
    for name, callers in whose.items():
        if has(space, name):
            yield implies(Present(name), callers & Present(_TOKEN))


def issued_before_use(space: Space) -> Iterator[Expression]:
    """F3: credentials are issued no later than they are used. [IAM: reference_policies_condition-keys,
    aws:TokenIssueTime]"""
    if _TOKEN in space.attributes and _TIME in space.attributes:
        predicates = (*predicates_of(space, _TOKEN), *predicates_of(space, _TIME))
        bounds = dict.fromkeys(compared.bound for predicate in predicates for compared in as_bounds(predicate) or ())
        for after in (Compares(sign, bound) for bound in bounds for sign in (">=", ">")):
            yield implies(Present(_TOKEN) & Test(_TOKEN, after), Test(_TIME, after))


def mcp_servers(space: Space) -> Iterator[Expression]:
    """F5: an AWS MCP service asks by a forward access session, and is named; the actions of its own are none of those
    here."""
    if has(space, _OWN_ACTION):
        yield ~Present(_OWN_ACTION)
    if has(space, VIA_MCP, CALLED_VIA_MCP):
        forwarded = Test(VIA_MCP, exactly("true"))
        yield implies(forwarded, space.is_principal & via_service(space))
        if has(space, CALLED_VIA_MCP):
            yield same(Present(CALLED_VIA_MCP), forwarded)
