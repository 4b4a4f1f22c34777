"""What a request says of the session that makes it, of how that session was made, or of the MCP server that forwards
it, that no request can say (F3, F5, F6).

In: the estate, a prepared request, the given context. Out: warnings.
Guarantee: pure; see `plausible`. A warning about how a session was made says that no caller whom the trust policies
name could have made it, whatever their conditions. [IAM: reference_policies_condition-keys, *Properties of a role
session*; reference_policies_iam-condition-keys; id_roles_use_switch-role-ec2; id_credentials_mfa_configure-api-require;
API: AssumeRole, SerialNumber]
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from unicodedata import category

from verifier.evaluate.callers import providers_of
from verifier.evaluate.findings import Aside
from verifier.evaluate.operations import BUILT_IN, CHAINED, DELIVERED, OF_SERVICES
from verifier.evaluate.prepared_request import PreparedRequest
from verifier.evaluate.sessions.assumers import Assumer, assumers, is_about
from verifier.evaluate.sessions.tag_conditions import MOST_SESSION_TAGS, PRINCIPAL_TAG
from verifier.evaluate.statements.values import truth
from verifier.model.estate import Estate, Identity
from verifier.model.policy import Effect, PrincipalType, Statement
from verifier.model.request import CallerKind, Value
from verifier.model.unmodelled import Influence

PRIVATE_ADDRESS = "aws:Ec2InstanceSourcePrivateIPv4"
"""The one key of an EC2 instance role that a session may lack: in a subnet of IPv6 alone."""
ROLE_SESSION = (
    *OF_SERVICES,
    "aws:ChatbotSourceArn",
    "aws:FederatedProvider",
    "aws:SourceIdentity",
    "identitystore:UserId",
)
"""Keys that are in the token of a role session, and of nothing else."""
VALUES = {
    "ec2:RoleDelivery": ("1.0", "2.0"),
    "glue:CredentialIssuingService": ("glue.amazonaws.com",),
    "glue:RoleAssumedBy": ("glue.amazonaws.com",),
}
"""The values that these have."""
NEVER_TOGETHER = (
    ("ec2:SourceInstanceArn", "ssm:SourceInstanceArn"),
    ("glue:RoleAssumedBy", "glue:CredentialIssuingService"),
)
LONGEST_TAG_KEY, LONGEST_TAG_VALUE = 128, 256
"""[IAM: reference_iam-quotas]"""
_PROVIDER = re.compile(r"arn:.*:iam::.*:(saml|oidc)-provider/.*")
"""The ARN of a provider."""
_NAME = re.compile(r"[\w=,.@+-]{2,64}", re.ASCII)
"""Of a session, or a source identity. [API: AssumeRole, RoleSessionName, SourceIdentity]"""
EVERY_PROVIDERS_CLAIMS = ("amr", "aud", "sub")
"""What is read of the claims of a provider that `CHAINED` does not name, in other calls than the first."""

_FACTOR, _AGE = "aws:MultiFactorAuthPresent", "aws:MultiFactorAuthAge"


def session_warnings(prepared: PreparedRequest, given: Mapping[str, Value]) -> Iterator[str]:
    """Warnings about the session's keys and those of AWS MCP servers."""
    kind = prepared.caller.kind
    for key in (key for key in ROLE_SESSION if key.lower() in given):
        if kind is not CallerKind.ROLE:
            yield f"F3: only the session of a role has {key}"
        if given[key.lower()] not in VALUES.get(key, (given[key.lower()],)):
            yield f"F3: {key} is {' or '.join(VALUES[key])}"
    for key in ("aws:SourceIdentity", "sts:SourceIdentity", "sts:RoleSessionName"):
        if not _NAME.fullmatch(str(given.get(key.lower(), "example"))):
            yield f"F6: {key} has 2 to 64 letters, digits and =,.@+_-, and so begins with no aws:"
    own, said = given.get("aws:sourceidentity"), given.get("sts:sourceidentity")
    if own is not None and said is not None and own != said:
        yield "E2: a session with a source identity sets no other one"
    yield from _assumed_root(kind, given)
    for one, other in NEVER_TOGETHER:
        if one.lower() in given and other.lower() in given:
            yield f"F3: a session has no {one} beside {other}"
    for key in ("aws:SignInSessionArn", "aws:ViaCustomerDomain"):
        if key.lower() in given and kind is CallerKind.SERVICE:
            yield f"F3: a service principal has no {key}"
        elif key.lower() in given and kind in (CallerKind.USER, CallerKind.ROOT) and "aws:tokenissuetime" not in given:
            yield Aside(f"F3: {key} comes with temporary credentials, which have aws:TokenIssueTime")
    yield from _tags(prepared, given)
    if len(prepared.caller.session_tags) > MOST_SESSION_TAGS:
        yield f"F6: no session has more than {MOST_SESSION_TAGS} session tags"
    provider, trusted = given.get("aws:federatedprovider"), providers_of(prepared.standing)
    if provider is not None and trusted is not None and not _may_be_named(str(provider), trusted):
        yield "F6: a session has the aws:FederatedProvider that it came from, and its role trusts no such provider"
    yield from _providers(kind, given)
    yield from _mcp(kind, given)


def _tags(prepared: PreparedRequest, given: Mapping[str, Value]) -> Iterator[str]:
    """F6: tags that are too long or have characters that none has, or are AWS's own by their prefix; what the input
    gives of a user or role is a tag all the same. [IAM: reference_iam-quotas, IAM and STS character limits; id_tags,
    Naming tags]"""
    identity = prepared.standing.identity
    own = {name.lower(): value for name, value in identity.tags} if identity is not None else {}
    for key, value in given.items():
        name = key.removeprefix(PRINCIPAL_TAG)
        if key == name or own.get(name) == value:
            continue
        if not 0 < len(name) <= LONGEST_TAG_KEY:
            yield f"F6: the key of a tag has 1 to {LONGEST_TAG_KEY} characters, not {len(name)}"
        if len(value) > LONGEST_TAG_VALUE:
            yield f"F6: the value of a tag has at most {LONGEST_TAG_VALUE} characters, not {len(value)}"
        for text in (text for text in (name, str(value)) if not all(map(_of_tags, text))):
            yield f"F6: a tag is of letters, numbers, spaces and _.:/=+-@, unlike {text}"
        listed = identity is not None or prepared.standing.acts_as_root
        if listed and name.startswith("aws:"):
            yield f"F6: nobody gives a session the tag {name}: AWS keeps the prefix aws: to itself"


def _of_tags(character: str) -> bool:
    """True iff a character can be in the key or value of a tag. [IAM: id_tags, Naming tags]"""
    return character in "_.:/=+-@" or category(character)[0] in "LNZ"


def _assumed_root(kind: CallerKind, given: Mapping[str, Value]) -> Iterator[str]:
    """F3: credentials from `AssumeRoot` are temporary ones of a root user. [IAM: reference_policies_condition-keys,
    aws:AssumedRoot]"""
    if "aws:assumedroot" not in given:
        return
    if kind is not CallerKind.ROOT:
        yield "F3: only a root user's session from sts:AssumeRoot has aws:AssumedRoot"
    elif "aws:tokenissuetime" not in given:
        yield Aside("F3: aws:AssumedRoot comes with temporary credentials, which have aws:TokenIssueTime")


def _providers(kind: CallerKind, given: Mapping[str, Value]) -> Iterator[str]:
    """F6: what an identity provider says is read in the first call alone, but for a few claims."""
    for key in filter(is_of_provider, given) if kind is not CallerKind.WEB else ():
        provider, _, claim = key.partition(":")
        named = any(other.startswith(f"{provider}:") for other in CHAINED)
        if kind is not CallerKind.ROLE:
            yield f"F6: only the session of a role has {key}"
        elif key not in CHAINED if named else claim not in EVERY_PROVIDERS_CLAIMS:
            yield f"F6: {key} is in no request but the one that the provider's identity assumes a role with"


def is_of_provider(key: str) -> bool:
    """True iff a key is what an identity provider says of an identity, by its name: a host's, or `saml`."""
    provider = key.partition(":")[0]
    return "." in provider or provider == "saml"


def _may_be_named(value: str, trusted: frozenset[str]) -> bool:
    """True iff a session from one of the providers that a trust policy names may have this `aws:FederatedProvider`: not
    the name of another one, as trust policies write it. What else the value may be, no page says. [IAM:
    reference_policies_condition-keys, aws:FederatedProvider; reference_policies_elements_principal, *Web identity
    session principals*, *SAML session principals*]"""
    known = any(one == value or one.endswith(f":oidc-provider/{value}") for one in trusted)
    return known or (bool(trusted) and value not in BUILT_IN and not _PROVIDER.fullmatch(value))


def _mcp(kind: CallerKind, given: Mapping[str, Value]) -> Iterator[str]:
    if "aws:ismcpserviceaction" in given:
        yield "F5: aws:IsMcpServiceAction is in requests for an MCP service's own actions alone"
    claimed = given.get("aws:viaawsmcpservice")
    forwarded = isinstance(claimed, str) and truth(claimed)
    if claimed is not None and forwarded != ("aws:calledviaawsmcp" in given):
        warning = "F5: aws:ViaAWSMCPService = true comes with aws:CalledViaAWSMCP, and aws:CalledViaAWSMCP with it"
        yield Aside(warning) if forwarded else warning
    if kind is CallerKind.SERVICE and (forwarded or "aws:calledviaawsmcp" in given):
        yield "F5: an MCP service makes no request on behalf of a service principal"


def origin_warnings(estate: Estate, prepared: PreparedRequest, given: Mapping[str, Value]) -> Iterator[str]:
    """Warnings about a session of a listed role whose trust policy is given."""
    role = prepared.standing.identity
    if prepared.caller.kind is not CallerKind.ROLE or role is None or role.trust is None or _in_doubt(estate):
        return
    for key in (key for key in OF_SERVICES if key.lower() in given):
        if not any(key in _delivered(one) for one in _makers(estate, role)):
            yield f"F3: no session of {role.arn} has {key}: its trust policy admits no service that delivers one"
    shown = truth(str(given.get(_FACTOR.lower(), "false")))
    if (shown or _AGE.lower() in given) and not _comes_from(CallerKind.USER, estate, role):
        factor = f"{_FACTOR} = true" if shown else _AGE
        yield f"F3: no session of {role.arn} has {factor}: no user comes to assume it"
    for key in (key for key in given if is_of_provider(key)):
        if not _comes_from(CallerKind.WEB, estate, role):
            yield f"F6: no session of {role.arn} has {key}: no identity of a provider comes to assume it"


def may_be_of_service(estate: Estate, prepared: PreparedRequest) -> bool:
    """False only if the caller is no session of a role that a service may come to assume, and to use for somebody."""
    role = prepared.standing.identity
    if prepared.caller.kind is not CallerKind.ROLE or role is None or role.trust is None or _in_doubt(estate):
        return prepared.caller.kind is CallerKind.ROLE
    return _comes_from(CallerKind.SERVICE, estate, role)


def _in_doubt(estate: Estate) -> bool:
    """True iff something that is not modelled may let somebody assume any role."""
    return any(
        thing.principal is None and thing.key is None and thing.influence is not Influence.MAY_REFUSE
        for thing in estate.unmodelled
    )


def _makers(estate: Estate, role: Identity) -> tuple[Assumer, ...]:
    """Those whom the trust policy of a role may let call `sts:AssumeRole`."""
    assert role.trust is not None
    stated = tuple(statement for statement in role.trust.statements if is_about(statement, "sts:assumerole"))
    refused = {
        principal.value
        for statement in filter(_refuses, stated)
        for principal in statement.principals or ()
        if principal.type in (PrincipalType.SERVICE, PrincipalType.ANYONE)
    }
    found = assumers(estate, replace(role, trust=replace(role.trust, statements=stated)))
    named = (maker for maker in found if maker.stranger or maker.caller.principal_arn not in refused)
    return tuple(named) if "*" not in refused else ()


def _refuses(statement: Statement) -> bool:
    """True iff a statement is a Deny of those whom it names, whatever they ask."""
    limited = statement.conditions or statement.resources or statement.not_principal or statement.only_if is not None
    return statement.effect is Effect.DENY and not limited and not statement.empty_condition


def _delivered(one: Assumer) -> tuple[str, ...]:
    """The keys of a session that a caller makes, if it is a service."""
    if one.caller.kind is not CallerKind.SERVICE:
        return ()
    return OF_SERVICES if one.stranger else DELIVERED.get(one.caller.principal_arn.partition(".")[0], ())


def _comes_from(kind: CallerKind, estate: Estate, role: Identity) -> bool:
    """False only if no caller of a kind comes to act as a role, by sessions that assume roles one after another."""
    roles = {one.arn: one for one in (*estate.roles, role)}
    reached = found = {role.arn}
    while found:
        by_trust = {one.trust.meaning: one for arn in found if (one := roles[arn]).trust is not None}
        made_by = assumers if kind is CallerKind.WEB else _makers  # these assume roles by calls of their own
        makers = {maker for one in by_trust.values() for maker in made_by(estate, one)}
        if any(_may_be_from(kind, maker, roles) for maker in makers):
            return True
        found = {maker.caller.principal_arn for maker in makers} & roles.keys() - reached
        reached = reached | found
    return False


def _may_be_from(kind: CallerKind, maker: Assumer, roles: Mapping[str, Identity]) -> bool:
    """True iff a caller is of a kind, or a session of a role of which it is not known who comes to assume it."""
    caller = maker.caller
    if caller.kind is not CallerKind.ROLE:
        return caller.kind is kind
    if maker.stranger or caller.principal_arn not in roles:
        return True
    return roles[caller.principal_arn].trust is None
