"""What a request says of its caller that no such caller can have (F1, F2, F3, F5, U4).

In: the estate, a prepared request, the given context. Out: warnings. Guarantee: pure; see `plausible`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from verifier.evaluate.fill import belongs, called_by_service
from verifier.evaluate.fill_step_requests import OF_SOURCES
from verifier.evaluate.findings import Aside
from verifier.evaluate.prepared_request import PreparedRequest
from verifier.evaluate.statements.values import instant, truth
from verifier.model import reference
from verifier.model.estate import Estate
from verifier.model.organization import Organization
from verifier.model.request import CallerKind, Value

SERVICE_ONLY = ("aws:principalservicename", "aws:principalservicenameslist", *OF_SOURCES)
"""Keys that only a service principal's request has; those about the source a role's session, too (F5-role)."""
_NOT_OF_SERVICES = ("aws:username", "aws:multifactorauthpresent", "aws:multifactorauthage", "aws:tokenissuetime")
"""Keys about callers with credentials (F3)."""

_OF_CREDENTIALS = ("aws:userid", "aws:multifactorauthpresent", "aws:multifactorauthage", "aws:tokenissuetime")
"""Keys of requests that are signed (F1, F3)."""

_SESSION = re.compile(r"[^/]*/.{2,32}")
"""The ARN of a federated session. [API: GetFederationToken, Name]"""


def caller_warnings(estate: Estate, prepared: PreparedRequest, given: Mapping[str, Value]) -> Iterator[str]:
    """Warnings about the caller's own keys."""
    if reference.action(prepared.action) is None and prepared.operation is None:
        warning = (
            f"U4: {prepared.action} is not in the reference data ({reference.data_version()}); it is decided by the "
            "patterns alone"
        )
        yield Aside(warning)
    yield from _namesake(estate, prepared)
    yield from _issuer(estate, prepared)
    yield from _identity_of_a_provider(prepared, given)
    yield from _service(prepared, given)
    yield from _organization(estate, prepared, given)
    yield from _credentials(prepared, given)
    yield from _time(given)


def _namesake(estate: Estate, prepared: PreparedRequest) -> Iterator[str]:
    """R2: a user or role that has the name of a listed one, under another path or in other case, is none [IAM:
    reference_iam-quotas]."""
    caller = prepared.caller
    arn = caller.issuer if caller.kind is CallerKind.FEDERATED else caller.principal_arn
    account = estate.account(caller.account)
    listed = [identity.arn for identity in account.identities] if account is not None and arn is not None else []
    if arn is None or arn in listed:
        return
    name = arn.rsplit("/", 1)[-1].lower()
    for other in listed:
        if other.lower().endswith(f"/{name}") and _without_path(other) == _without_path(arn):
            yield f"R2: {arn} cannot be: names are unique in an account, and the inventory has {other}"


def _issuer(estate: Estate, prepared: PreparedRequest) -> Iterator[str]:
    """R2: a federated session has a name of 2 to 32 characters, and is issued by the root user, or by a user with a
    policy that lets it: a complete inventory lists all that have any. [API: GetFederationToken]"""
    caller = prepared.caller
    account = estate.account(caller.account)
    if caller.kind is CallerKind.FEDERATED and not _SESSION.fullmatch(caller.principal_arn):
        yield "R2: the name of a federated session has 2 to 32 characters"
    by_user = caller.kind is CallerKind.FEDERATED and not prepared.standing.acts_as_root
    if by_user and prepared.standing.identity is None and account is not None and account.complete:
        yield f"R2: {caller.issuer} issues no session: the inventory does not list it, so that no policy lets it"


def _without_path(arn: str) -> tuple[str, str]:
    """What a user or role is, and its name, which no two of an account have in common."""
    kind, _, name = arn.split(":", 5)[-1].partition("/")
    return kind, name.split("/")[-1].lower()


def _identity_of_a_provider(prepared: PreparedRequest, given: Mapping[str, Value]) -> Iterator[str]:
    """E2w: it signs no request, and has no credentials of AWS. [IAM: reference_policies_condition-keys,
    aws:PrincipalArn, *Availability*]"""
    if prepared.caller.kind is CallerKind.WEB:
        for key in given:
            of_principal = key.startswith("aws:principal") and key not in ("aws:principalisawsservice", *SERVICE_ONLY)
            if of_principal or key in _OF_CREDENTIALS:
                yield f"E2w: an identity of a provider is no principal of AWS: its request has no {key}"


def _service(prepared: PreparedRequest, given: Mapping[str, Value]) -> Iterator[str]:
    if prepared.caller.kind is not CallerKind.SERVICE:
        keys = SERVICE_ONLY[:2] if prepared.caller.kind is CallerKind.ROLE else SERVICE_ONLY
        yield from (f"F5: only a service principal's request has {key}" for key in keys if key in given)
        return
    service = prepared.caller.principal_arn
    if service not in given.get("aws:principalservicenameslist", (service,)):
        yield "F5: aws:PrincipalServiceNamesList holds the name of the service that calls"
    for key in given:
        tag = key.startswith("aws:principaltag/") and service != "rolesanywhere.amazonaws.com"
        if key in ("aws:principalorgid", "aws:principalorgpaths") or tag:
            yield f"F1: a service principal's request has no {key}"
        if key in _NOT_OF_SERVICES:
            yield f"F3: a service principal has no {key}"
        if key == "aws:viaawsservice" and truth(str(given[key])):
            yield f"F5: a service principal calls for itself, so {key} is not true"


def _organization(estate: Estate, prepared: PreparedRequest, given: Mapping[str, Value]) -> Iterator[str]:
    """F2: no account outside the given organization has its ID; an organization's paths come with its ID."""
    owners = (
        ("aws:principal", prepared.caller.account),
        ("aws:resource", prepared.target.account or ""),
        ("aws:source", given.get("aws:sourceaccount")),
        ("aws:vpce", given.get("aws:vpceaccount")),
    )
    organization = estate.organization
    for prefix, account in owners:
        if organization is not None and isinstance(account, str) and not belongs(organization, account):
            outside = f"{organization.id}, but account {account} is not in that organization"
            if given.get(f"{prefix}orgid") == organization.id:
                yield f"F2: {prefix}orgid is {outside}"
            if any(path.startswith(f"{organization.id}/") for path in given.get(f"{prefix}orgpaths", ())):
                yield f"F2: {prefix}orgpaths is of {outside}"
        if prefix == "aws:source":
            yield from _organization_of_source(organization, account, given)
        elif prefix == "aws:resource" and not prepared.target.owned:
            continue  # of a request without a resource each is an open question (F1)
        elif f"{prefix}orgpaths" in given and f"{prefix}orgid" not in prepared.context.entries:
            yield Aside(f"F2: {prefix}orgpaths comes with {prefix}orgid")


def _organization_of_source(
    organization: Organization | None, account: Value | None, given: Mapping[str, Value]
) -> Iterator[str]:
    """What a service says of the organization of a member for which it acts: that may be nothing, or a part of it."""
    if organization is None or not isinstance(account, str) or not belongs(organization, account):
        return
    if given.get("aws:sourceorgid", organization.id) != organization.id:
        yield f"F2: aws:SourceOrgID is not {organization.id}, of which account {account} is a member"
    own, paths = dict(organization.accounts).get(account), given.get("aws:sourceorgpaths", ())
    if any(path != own if own else not path.startswith(f"{organization.id}/") for path in paths):
        yield f"F2: aws:SourceOrgPaths are not those of account {account}"


def _credentials(prepared: PreparedRequest, given: Mapping[str, Value]) -> Iterator[str]:
    caller = prepared.caller
    if caller.kind not in (CallerKind.USER, CallerKind.SERVICE) and "aws:username" in given:
        yield f"F3: only an IAM user has aws:username, not a {caller.kind.value}"
    factor = given.get("aws:multifactorauthpresent")
    temporary = "aws:tokenissuetime" in given or called_by_service(given)
    long_term = caller.kind in (CallerKind.USER, CallerKind.ROOT)
    if factor is not None and long_term and not temporary:
        yield Aside("F3: aws:MultiFactorAuthPresent comes with temporary credentials, which have aws:TokenIssueTime")
    with_factor = "aws:multifactorauthage" in given or (isinstance(factor, str) and truth(factor))
    if caller.kind is CallerKind.FEDERATED and with_factor:
        yield "F3: a federated-user session is not authenticated with MFA: GetFederationToken takes no MFA device"
    if "aws:multifactorauthage" in given and not (isinstance(factor, str) and truth(factor)):
        warning = "F3: aws:MultiFactorAuthAge comes with aws:MultiFactorAuthPresent = true"
        yield Aside(warning) if factor is None else warning


def _time(given: Mapping[str, Value]) -> Iterator[str]:
    now, epoch = given.get("aws:currenttime"), given.get("aws:epochtime")
    if isinstance(now, str) and isinstance(epoch, str):
        first, second = instant(now), instant(epoch)
        if first is None or second is None or first != second:
            yield "F1: aws:CurrentTime and aws:EpochTime are the same instant"
