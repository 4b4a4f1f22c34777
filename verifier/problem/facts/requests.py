"""Facts about real requests (F1–F9): what holds of every request that could be sent.

In: a space, after everything that asks questions of it. Out: expressions to assert.
Guarantee: each fact is implied by its rule; a fact about attributes that nothing asks for is left out, since no request
differs by it. Facts never mention a policy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from verifier.model.estate import Endpoint
from verifier.model.readings import F4, F4_CONSOLE, F5, F5_ROLE, F5_VIA
from verifier.problem.classes.attributes import ACCOUNT_ID, UNIQUE_ID, spelt_out
from verifier.problem.classes.predicates import COLON, OneOf, Tokens, exactly, like, like_arn, like_tokens
from verifier.problem.expression import FALSE, TRUE, Expression, Present, Some, Symbol, Test, disjunction, implies, same
from verifier.problem.facts.operations import OF_OPERATIONS
from verifier.problem.facts.organizations import names_of_sessions, organizations, unique_names
from verifier.problem.facts.parameters import (
    GRANTEES,
    OF_GRANTEES,
    OF_GRANTS,
    OF_PARAMETERS,
    names_suffice,
    pairs,
    pairs_read,
    retired_grants,
    sources,
)
from verifier.problem.facts.shared import (
    ADDRESS,
    FOR_RESOURCE,
    PRIVATE_ADDRESS,
    THROUGH_ENDPOINT,
    VIA,
    has,
    is_member,
    made_by_service,
    predicates_of,
    signs_of_service,
    via_service,
)
from verifier.problem.semantics.controls import through
from verifier.problem.semantics.targets import TargetKind
from verifier.problem.sessions.session_tags import (
    INSTANCE,
    PRINCIPAL_TAG,
    bound_session_attributes,
    delivered_sessions,
    issued_before_use,
    mcp_servers,
    own_tags,
    possible_tags,
    sign_ins,
)
from verifier.problem.sessions.trusting import trusting
from verifier.problem.space import Space, acts

_IDENTIFIER = "aws:sourcevpce"
OF_SOURCES = ("aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths")
"""The keys that say for which resource a service calls, or assumed the role (F5)."""


def listed_endpoints(space: Space) -> Iterator[Expression]:
    """A listed endpoint leads to its Region, and stands in its VPC and account."""
    if has(space, _IDENTIFIER):
        for endpoint in space.estate.endpoints or ():
            came = through(space, endpoint.id)
            if space.target.of_step:
                yield ~came  # it is an endpoint of KMS
                continue
            yield from (implies(came, fact) for fact in _place(space, endpoint))


def _place(space: Space, endpoint: Endpoint) -> Iterator[Expression]:
    if space.target.region is None:
        yield Test("region", exactly(endpoint.region))
    elif endpoint.region != space.target.region:
        yield ~through(space, endpoint.id)
    if endpoint.vpc is not None:
        yield Test("aws:sourcevpc", exactly(endpoint.vpc))
    if endpoint.account is not None:
        yield Test("aws:vpceaccount", exactly(endpoint.account))
    # Only the owner of a VPC makes endpoints in it [PrivateLink Guide, Shared subnets], so the account is the
    # endpoint's. The Region may be another one than that of KMS [PrivateLink Guide, Cross-Region enabled AWS services].
    arn = f"arn:{space.target.partition}:ec2:*:{endpoint.account or '*'}:vpc/{endpoint.vpc or '*'}"
    yield Test("aws:sourcevpcarn", like(arn))


# -- F1, F2 --


def always_present(space: Space) -> Iterator[Expression]:
    """F1: `aws:ViaAWSService` and `aws:UserAgent` are always there."""
    yield from map(Present, filter(space.attributes.get, (VIA, "aws:useragent")))


def service_keys(space: Space) -> Iterator[Expression]:
    """F1: for a service principal the caller's organization and tags are absent; but IAM Roles Anywhere assumes a role
    with what the certificate says as principal tags [IAM Roles Anywhere User Guide, trust-model]."""
    for name in space.attributes:
        if name.startswith("aws:principaltag/") or name in ("aws:principalorgid", "aws:principalorgpaths"):
            untagged = ~space.is_principal
            if space.target.kind is TargetKind.ROLE and name.startswith("aws:principaltag/"):
                untagged = untagged & ~space.principal(exactly("rolesanywhere.amazonaws.com"))
            yield implies(untagged, ~Present(name))
        if name.endswith("#service"):
            yield implies(Present(name), space.has_service_value)
            yield from _not_of_somebody_named(space, name)
        if name.startswith("aws:principaltag/"):
            yield implies(space.is_root, ~Present(name))


def _not_of_somebody_named(space: Space, name: str) -> Iterator[Expression]:
    """R2, D6: a service principal calls for itself; whatever it carries about an ARN is not of an account, user or role
    that somebody names."""
    accounts = spelt_out(ACCOUNT_ID, predicates_of(space, name))
    if name.startswith(("aws:principalaccount", "kms:calleraccount")):
        yield ~Test(name, OneOf(frozenset(accounts)))
    elif name.startswith("aws:principalarn"):
        for account in accounts:
            yield ~Test(name, like_arn(f"arn:*:*::{account}:*"))
    elif name.startswith("aws:userid"):
        for own in spelt_out(UNIQUE_ID, predicates_of(space, name)):
            yield ~Test(name, like(f"{own}*"))


# -- F3 --


def credential_keys(space: Space) -> Iterator[Expression]:
    """F3: multi-factor and token keys go with temporary credentials."""
    present, age, token = "aws:multifactorauthpresent", "aws:multifactorauthage", "aws:tokenissuetime"
    if has(space, present, age):
        # Federated users may have it [IAM: the key's page], but GetFederationToken takes no MFA device.
        yield implies(~space.is_principal, ~Present(present))
        yield implies(space.is_federated, ~Test(present, exactly("true")))
        yield implies(space.is_user & via_service(space), Present(present))
    if has(space, age):
        yield implies(Present(age), Test(present, exactly("true")))
    if has(space, token):
        yield implies(space.is_role | space.is_federated, Present(token))
        yield implies(~space.is_principal, ~Present(token))
        if has(space, present):
            yield implies(space.is_user & Present(token), Present(present))
            yield implies(~via_service(space) & Present(present), Present(token))


def tags_of_inventory(space: Space) -> Iterator[Expression]:
    """F3: `aws:PrincipalTag/k` of users and roles of the inventory, and of their sessions."""
    names = [name.removeprefix(PRINCIPAL_TAG) for name in space.attributes if name.startswith(PRINCIPAL_TAG)]
    if names:
        yield from own_tags(space, space.estate.users, names)
        # few questions are about tags, and this asks one of its own
        from verifier.problem.sessions.federated_tags import federated_tags

        yield from federated_tags(space, names)
    further = bound_session_attributes(space)
    if names or further:
        from verifier.problem.sessions.passed_tags import role_tags  # so does this

        yield from role_tags(space, space.estate.roles, names, further)


def identity_ids(space: Space) -> Iterator[Expression]:
    """`aws:userid` begins with the identity's own unique ID; a role session, and only it, has a session name (R2)."""
    if has(space, "session"):
        yield same(Present("session"), space.is_role)
    if not has(space, "userid"):
        return
    yield same(Test("userid", like("AIDA*")), space.is_user)
    yield same(Test("userid", like("AROA*")), space.is_role)
    for identity in space.estate.identities:
        if identity.unique_id is not None:
            yield same(Test("userid", exactly(identity.unique_id)), space.one_of(frozenset({identity.arn})))


def issued_sessions(space: Space) -> Iterator[Expression]:
    """R2: a federated session, and only it, has an issuer: in an account of which all users with a policy are listed
    one of these, for nothing else lets a user call `sts:GetFederationToken`, or the root user."""
    if not has(space, "issuer"):
        return
    yield same(Present("issuer"), space.is_federated)
    for account in space.estate.accounts if not space.possible_changes else ():
        if account.complete:
            listed = frozenset({"root", *(user.arn.split(":", 5)[5] for user in account.users)})
            yield implies(space.is_federated & space.in_account(account.id), space.issuer(OneOf(listed)))


# -- F4 --

_ENDPOINT_KEYS = (_IDENTIFIER, "aws:sourcevpc", "aws:sourcevpcarn", "aws:vpceaccount", "aws:vpcsourceip")
_ENDPOINT_ORGANIZATION = ("aws:vpceorgid", "aws:vpceorgpaths")
_WITHOUT_IDENTIFIER = ("aws:sourcevpc", "aws:sourcevpcarn")
"""What a request of the console may have without `aws:SourceVpce`, for somebody who came to it through a VPC."""
_OF_SOME_SERVICES = ("aws:sourcevpcarn", "aws:vpceaccount")
"""KMS and IAM have these; AWS STS does not. [IAM: reference_policies_condition-keys, aws:SourceVpcArn,
aws:VpceAccount]"""


def network_keys(space: Space) -> Iterator[Expression]:
    """F4: endpoint keys come together, but for those of the console's requests, and exclude `aws:SourceIp`; a service
    that calls with the caller's credentials has none."""
    if not has(space, _IDENTIFIER):
        return
    yield from _same_vpc(space)
    endpoint, named = Symbol(THROUGH_ENDPOINT), Present(_IDENTIFIER)
    for name in filter(space.attributes.get, (*_ENDPOINT_KEYS, *_ENDPOINT_ORGANIZATION)):
        yield implies(Present(name), endpoint if name in _WITHOUT_IDENTIFIER else named)
        yield implies(endpoint if name == "aws:sourcevpc" else named & _certain(space, name), Present(name))
    yield implies(named, endpoint)
    yield implies(endpoint & _not_of_console(space), named)
    yield implies(made_by_service(space), ~endpoint)
    if has(space, ADDRESS):
        yield from _addresses(space)


def _certain(space: Space, name: str) -> Expression:
    """True iff the request, if it has `aws:SourceVpce`, is certain to have another endpoint key."""
    if name in _ENDPOINT_ORGANIZATION:
        return FALSE
    if name == "aws:vpcsourceip":
        # endpoints that the input lists are of KMS, and the console's requests do not come through one
        listed = disjunction(through(space, endpoint.id) for endpoint in space.estate.endpoints or ())
        return _not_of_console(space) | listed
    if name in _OF_SOME_SERVICES and space.target.of_step:
        return acts(name for name in space.known_actions if name.startswith("iam:") and name != "iam:PassRole")
    return TRUE


def _not_of_console(space: Space) -> Expression:
    """True iff the console does not make the request, or its requests have the keys that others have."""
    return space.is_service | ~Symbol(F4_CONSOLE)


def _addresses(space: Space) -> Iterator[Expression]:
    """F4: a caller's own request has `aws:SourceIp`, a public address, unless it comes through an endpoint."""
    source, endpoint = Present(ADDRESS), Symbol(THROUGH_ENDPOINT)
    yield implies(endpoint, ~source)
    may_be_lent, with_credentials = _of_a_service(space), made_by_service(space)
    yield implies(~endpoint & ~with_credentials & ~space.is_service & (~may_be_lent | Symbol(F4)), source)
    yield implies(with_credentials & source, Symbol(F4))
    yield implies(PRIVATE_ADDRESS, with_credentials | space.is_service | (may_be_lent & Symbol(F4)))


def _of_a_service(space: Space) -> Expression:
    """True iff a service may use the caller, a session, for somebody or for itself. [IAM: aws:PrincipalIsAWSService]"""
    own = frozenset() if space.possible_changes else trusting(space.estate).not_from_services
    return space.is_role & ~space.one_of(own)


def _same_vpc(space: Space) -> Iterator[Expression]:
    """`aws:SourceVpcArn` ends in the ID that is `aws:SourceVpc`."""
    whole, own = "aws:sourcevpcarn", "aws:sourcevpc"
    predicates = dict.fromkeys(p for p in predicates_of(space, own) if isinstance(p, Tokens))
    for predicate in predicates_of(space, whole):
        literal = predicate.literal if isinstance(predicate, Tokens) else None
        if literal is not None:
            predicates[exactly(literal.rpartition("/")[2])] = None
    start = like_tokens(f"arn:{space.target.partition}:ec2:*:*:vpc/", excluded=COLON)
    for predicate in predicates:
        yield same(Test(own, predicate), Test(whole, Tokens((*start, *predicate.tokens))))


# -- F5 --


def service_calls(space: Space) -> Iterator[Expression]:
    """F5: what says that a service makes the request goes with a call on the caller's behalf, or of a role of its own
    (`F5-via`), `aws:CalledVia` with the first alone. No credentials of IAM are lent by a service principal; it may call
    through a service [IAM Identity Center: baseline-KMS-key-policy]."""
    for sign in signs_of_service(space):
        yield implies(sign, via_service(space) | space.is_service | (_of_a_service(space) & Symbol(F5_VIA)))
    if has(space, FOR_RESOURCE):
        own = acts({"kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"}) & ~via_service(space)
        yield implies(own & ~Test(FOR_RESOURCE, exactly("true")), same(Present(FOR_RESOURCE), Symbol(F5)))
    if has(space, "aws:calledvia"):
        yield implies(Present("aws:calledvia"), via_service(space) | space.is_service)
        for name in filter(space.attributes.get, ("aws:calledviafirst", "aws:calledvialast")):
            yield same(Present(name), Present("aws:calledvia"))
            yield from is_member(space, name, "aws:calledvia")
    listed = "aws:principalservicenameslist"
    if has(space, listed):
        yield same(Present(listed), space.is_service)
        for predicate in predicates_of(space, listed):
            yield implies(space.is_service & space.principal(predicate), Some(listed, frozenset({predicate}), True))
    for name in filter(space.attributes.get, OF_SOURCES):
        yield implies(Present(name), space.is_service | (_of_a_service(space) & Symbol(F5_ROLE)))
    if has(space, VIA):
        yield implies(space.is_service, ~via_service(space))


RELATED_KEYS: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (("aws:viaawsmcpservice", "aws:calledviaawsmcp"), ("aws:viaawsmcpservice", VIA)),
    (("aws:signinsessionarn", "aws:viacustomerdomain", "aws:assumedroot"), ("aws:tokenissuetime",)),
    (("aws:multifactorauthpresent", "aws:multifactorauthage"), ("aws:multifactorauthpresent", VIA)),
    ((ADDRESS,), (_IDENTIFIER,)),  # a request without an address shows the endpoint that it came through
    ((*_ENDPOINT_KEYS, *_ENDPOINT_ORGANIZATION), (*_ENDPOINT_KEYS, VIA)),
    (("aws:calledvia", "aws:calledviafirst", "aws:calledvialast"), ("aws:calledvia", VIA)),
    ((*INSTANCE[1:], "codebuild:buildarn", "kms:viaservice", FOR_RESOURCE), (VIA,)),
    (("aws:principalorgpaths",), ("aws:principalorgid",)),
    (("aws:resourceorgpaths",), ("aws:resourceorgid",)),
    (("aws:sourceorgid", "aws:sourceorgpaths"), ("aws:sourceorgid", "aws:sourceaccount")),
    (("aws:vpceorgpaths",), ("aws:vpceorgid",)),
    (("kms:validto",), ("kms:expirationmodel",)),
    (GRANTEES, (*GRANTEES, *OF_GRANTEES)),
    (("kms:granteeprincipal", "kms:retiringprincipal"), (VIA,)),
    (("kms:grantconstrainttype",), ("kms:encryptioncontextkeys", "kms:grantconstraintsourcearn")),
    (("sts:transitivetagkeys",), ("aws:tagkeys",)),
)
"""What facts relate: where a question mentions any of some keys, facts are about all of the others. A row comes before
those that ask for what it adds."""


Stated = tuple[Callable[[Space], Iterator[Expression]], ...]
OF_CALLS: Stated = (
    mcp_servers,
    sign_ins,
    delivered_sessions,
    credential_keys,
    issued_before_use,
    network_keys,
    listed_endpoints,
    service_calls,
)
"""How a request is made: facts of every request."""
OF_CALLERS: Stated = (tags_of_inventory, possible_tags, identity_ids, issued_sessions, unique_names, names_of_sessions)
"""Who makes it."""
FACTS: Stated = (
    *OF_CALLS,
    *OF_GRANTS,
    *OF_PARAMETERS,
    sources,
    names_suffice,
    organizations,
    *OF_CALLERS,
    *OF_OPERATIONS,
    pairs,
    pairs_read,
    retired_grants,
    service_keys,
    always_present,
)
"""Every fact of requests that are about no step."""
