"""Facts about sessions: the tags of callers, whose own they are, and which callers may have others; where a session's
credentials came from; AWS MCP servers (F3, F5, F6).

In: a space, users and roles of the inventory. Out: tests and facts about `aws:PrincipalTag/…` where its question has
them, and about `aws:RequestTag/…` of requests for a session; expressions that hold of every request.
Guarantee: whoever may carry a tag that is not its own is among the `carriers`, or has the change that gives it one. A
tag that the input gives of a user or role is one, whatever these rules say of their keys and values. A key is ruled out
only where its page says when it is there. [IAM: id_session-tags, Session tagging operations; id_tags, Naming tags;
reference_iam-quotas, IAM and STS character limits; reference_policies_condition-keys, *Properties of a role session*,
aws:ViaAWSMCPService; reference_policies_iam-condition-keys, *Cross-service … federation context keys*]
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from verifier.frozen import Frozen
from verifier.model.estate import Identity
from verifier.model.symbols import RequestFact
from verifier.problem.classes.attributes import BUILT_IN_PROVIDERS
from verifier.problem.classes.domains import of_tags
from verifier.problem.classes.intervals import as_bounds
from verifier.problem.classes.predicates import Compares, OneOf, Predicate, exactly, like
from verifier.problem.expression import (
    FALSE,
    Expression,
    Present,
    Test,
    at_most,
    conjunction,
    disjunction,
    implies,
    same,
)
from verifier.problem.facts.shared import has, predicates_of, via_service
from verifier.problem.semantics.callers import providers_admitted
from verifier.problem.semantics.possible_changes import REQUEST_TAG, SESSION_TAGS, possible
from verifier.problem.semantics.unmodelled import holders
from verifier.problem.sessions.trusting import trusting
from verifier.problem.space import Space

PRINCIPAL_TAG = "aws:principaltag/"
SESSION_NAME, SOURCE_IDENTITY = "session", "aws:sourceidentity"
"""Attributes of a role's session that the request sets by which the role was assumed."""

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


def bound_session_attributes(space: Space) -> tuple[str, ...]:
    """What else a question asks of sessions that the requests to assume roles set: their names wherever these are
    bound, so that no witness is a session of a name that nobody may give it. Where a caller may have changed a trust
    policy, that says nothing."""
    if space.inner or space.possible_changes or space.target.of_step:
        return ()
    binds = {SESSION_NAME: space.estate.binds_session_names, SOURCE_IDENTITY: SOURCE_IDENTITY in space.attributes}
    return tuple(name for name, bound in binds.items() if bound)


def carriers(space: Space) -> Expression:
    """True iff the caller is a role session that may carry transitive tags: nobody for a request by itself."""
    if not space.possible_changes and not space.inner:
        return FALSE
    changing = trusting(space.estate).changing
    roles = space.estate.roles
    listed = frozenset(role.arn for role in roles)
    tagged = frozenset(role.arn for role in roles if not role.exact_tags and role.arn in changing)
    others = [~space.in_account(account.id) for account in space.estate.accounts if account.complete]
    unlisted = space.is_role & ~space.one_of(listed) & conjunction(others)
    return unlisted | space.one_of(tagged) | (space.is_role & possible(space, SESSION_TAGS))


def own_tags(space: Space, identities: Sequence[Identity], names: Sequence[str]) -> Iterator[Expression]:
    """The tags are those of the user or role."""
    for name in names:
        holders: dict[str | None, list[str]] = {}
        for identity in identities:
            holders.setdefault(own_tag(identity, name), []).append(identity.arn)
        for value, arns in holders.items():
            yield implies(holder(space, arns), has_tag(name, value))


def reserved(name: str) -> bool:
    """True iff a tag is AWS's own by its name: nobody passes it to a session [IAM: id_tags, Naming tags]."""
    return name.lower().startswith("aws:")


def own_tag(identity: Identity, name: str) -> str | None:
    """The value of a tag (its name in lower case) of a user or role."""
    return next((value for key, value in identity.tags if key.lower() == name), None)


def has_tag(name: str, value: str | None) -> Expression:
    """True iff the caller's tag has this value; `None`: it has none."""
    attribute = PRINCIPAL_TAG + name
    return ~Present(attribute) if value is None else Test(attribute, exactly(value))


def is_transitive(tag: str) -> RequestFact:
    """The fact that the tag of this name, in lower case, that the caller who asks for a session has is transitive."""
    return RequestFact("transitive", tag)


def holder(space: Space, arns: Sequence[str]) -> Expression:
    """True iff the caller has the tags of these users and roles: nobody has other ones than it was given."""
    return space.one_of(frozenset(arns)) & ~possible(space, SESSION_TAGS)


# -- what sessions are given, as sets --

_REQUESTS = {SESSION_NAME: "sts:rolesessionname", SOURCE_IDENTITY: "sts:sourceidentity"}


class Carried(Frozen):
    """What a session carries: the attribute of its own requests, and that of the request that gives it."""

    session: str

    @property
    def tag(self) -> str | None:
        """The name of the session tag that it is."""
        return self.session.removeprefix(PRINCIPAL_TAG) if self.session.startswith(PRINCIPAL_TAG) else None

    @property
    def request(self) -> str:
        """The attribute of requests to assume a role."""
        return _REQUESTS.get(self.session) or REQUEST_TAG + self.session.removeprefix(PRINCIPAL_TAG)


def see(space: Space, attribute: str) -> None:
    """Brings an attribute into being."""
    if attribute == SESSION_NAME:
        space.attribute_view(attribute)
    else:
        space.view(attribute)


def share_tests(space: Space, part: Carried, predicates: Mapping[Predicate, None]) -> None:
    """Asks the same of what sessions carry as of what requests give to them."""
    for attribute in (part.session, part.request):
        see(space, attribute)
        space.questions.setdefault(attribute, {}).update(predicates)


# -- which tags there are at all --

MOST_SESSION_TAGS = 50
LONGEST_KEY = 128


def passable_tags(space: Space) -> Iterator[Expression]:
    """F3: what a request for a session cannot pass."""
    request_tags = [name for name in space.attributes if name.startswith(REQUEST_TAG)]
    yield at_most([Present(name) for name in request_tags], MOST_SESSION_TAGS)
    for name in request_tags:
        key = name.removeprefix(REQUEST_TAG)
        if reserved(key) or not _is_key(key):
            yield ~Present(name)


def possible_tags(space: Space) -> Iterator[Expression]:
    """F6: nobody has a tag whose key is none, or a value that is none, but who is said to have it."""
    for name in (name for name in space.attributes if name.startswith(PRINCIPAL_TAG)):
        key = name.removeprefix(PRINCIPAL_TAG)
        for value in sorted(value for value in space.estate.tag_values.get(key, ()) if not of_tags(value)):
            having = {identity.arn for identity in space.estate.identities if own_tag(identity, key) == value}
            yield implies(has_tag(key, value), holders(space, sorted(having)))
        if not _is_key(key):
            having = {identity.arn for identity in space.estate.identities if own_tag(identity, key) is not None}
            yield implies(Present(name), holders(space, sorted(having)))


def _is_key(text: str) -> bool:
    return 0 < len(text) <= LONGEST_KEY and of_tags(text)


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
