"""What a request says of the session that makes it, or of the MCP server that forwards it, that no request can say (F3,
F5, F6).

In: a prepared request, the given context. Out: warnings. Guarantee: pure; see `plausible`.
[IAM: reference_policies_condition-keys, *Properties of a role session*; reference_policies_iam-condition-keys]
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from unicodedata import category

from verifier.evaluate.callers import providers_of
from verifier.evaluate.findings import Aside
from verifier.evaluate.operations import BUILT_IN, CHAINED, OF_SERVICES
from verifier.evaluate.prepared_request import PreparedRequest
from verifier.evaluate.sessions.tag_conditions import MOST_SESSION_TAGS, PRINCIPAL_TAG
from verifier.evaluate.statements.values import truth
from verifier.model.request import CallerKind, Value

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
