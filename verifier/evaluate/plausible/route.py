"""What a request says of the way it came that no request can say (F4, F5); keys that it lacks though it has another
that never comes without them, or that contradict one another (F2–F6, F8).

In: a prepared request, the given context, the keys that policies test. Out: warnings.
Guarantee: pure; see `plausible`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from verifier.evaluate.callers import SESSIONS
from verifier.evaluate.fill import called_by_service
from verifier.evaluate.findings import Aside
from verifier.evaluate.operations import DELIVERED
from verifier.evaluate.plausible.session import PRIVATE_ADDRESS
from verifier.evaluate.plausible.values import CALLED_VIA
from verifier.evaluate.prepared_request import PreparedRequest
from verifier.evaluate.sessions.tag_conditions import REQUEST_TAG, TAG_KEYS
from verifier.evaluate.statements.targets import TargetKind
from verifier.model.request import CallerKind, Value

ENDPOINT_KEYS = ("aws:SourceVpc", "aws:SourceVpcArn", "aws:VpceAccount", "aws:VpcSourceIp")
"""Keys that come with `aws:SourceVpce` (F4)."""
OF_THE_CONSOLE = ("aws:SourceVpc", "aws:SourceVpcArn")
"""Those that a request of the console may have without `aws:SourceVpce`, for somebody who came through a VPC."""
GRANT_OPERATIONS = frozenset({"kms:creategrant", "kms:listgrants", "kms:revokegrant"})
"""The operations that have `kms:GrantIsForAWSResource` (F5)."""

_ORGANIZATIONS = tuple(
    (f"aws:{owner}OrgID", f"aws:{owner}OrgPaths") for owner in ("Principal", "Resource", "Source", "Vpce")
)
_TYPE, _PAIRS = "kms:grantconstrainttype", "kms:encryptioncontextkeys"
_FACTOR, _TOKEN = "aws:multifactorauthpresent", "aws:tokenissuetime"
TESTED = "which a policy tests; this one is decided without"


def route_warnings(prepared: PreparedRequest, given: Mapping[str, Value]) -> Iterator[str]:
    """Warnings about the network and the services between the caller and KMS."""
    yield from _network(prepared, given)
    yield from _service(prepared, given)
    yield from _grant_resource(prepared, given)


def _network(prepared: PreparedRequest, given: Mapping[str, Value]) -> Iterator[str]:
    present = [
        key for key in ("aws:SourceVpce", *ENDPOINT_KEYS, "aws:VpceOrgID", "aws:VpceOrgPaths") if key.lower() in given
    ]
    if not present:
        return
    if called_by_service(given) and prepared.caller.kind is not CallerKind.SERVICE:
        yield f"F4: a request that a service makes with the caller's credentials has no {present[0]}"
    if "aws:sourceip" in given:
        yield "F4: a request through aws:SourceVpce has no aws:SourceIp"
    may_be_of_console = prepared.caller.kind is not CallerKind.SERVICE and prepared.route.endpoint is None
    if "aws:sourcevpce" not in given:
        of_endpoint = [key for key in present if not (may_be_of_console and key in OF_THE_CONSOLE)]
        if of_endpoint:
            yield Aside(f"F4: {of_endpoint[0]} comes with aws:SourceVpce")
        elif "aws:sourcevpc" not in given:
            yield Aside(f"F4: {present[0]} comes with aws:SourceVpc")
        return
    expected = {"aws:SourceVpc"} if may_be_of_console else {"aws:SourceVpc", "aws:VpcSourceIp"}
    if _says_whose(prepared.action.lower()):
        expected |= {"aws:SourceVpcArn", "aws:VpceAccount"}
    missing = [key for key in ENDPOINT_KEYS if key in expected and key.lower() not in prepared.context.entries]
    if missing:
        yield Aside(f"F4: aws:SourceVpce comes with {', '.join(missing)}")
    endpoint, region = prepared.route.endpoint, prepared.target.region
    if endpoint is not None and region is not None and endpoint.region != region:
        yield f"F4: VPC endpoint {endpoint.id} is of {endpoint.region}: no request to {region} comes through it"


def _says_whose(action: str) -> bool:
    """True iff requests of the service have the ARN of the VPC and the owner of the endpoint. [IAM:
    reference_policies_condition-keys, aws:SourceVpcArn, aws:VpceAccount]"""
    return action.startswith(("kms:", "iam:")) and action != "iam:passrole"


def _service(prepared: PreparedRequest, given: Mapping[str, Value]) -> Iterator[str]:
    via, kind = given.get("kms:viaservice"), prepared.caller.kind
    with_own_role = kind is CallerKind.ROLE and not any(map(given.get, CALLED_VIA))  # F5-via
    by_itself = kind is CallerKind.SERVICE or with_own_role
    says_no = str(given.get("aws:viaawsservice", "true")).lower() != "true"
    if says_no and called_by_service(given) and not by_itself:
        yield "F5: a request that a service makes on the caller's behalf has aws:ViaAWSService = true"
    region = prepared.target.region if prepared.target.kind in (TargetKind.KEY, TargetKind.ALIAS) else None
    where = "[a-z0-9-]+" if region is None else re.escape(region)
    if isinstance(via, str) and not re.fullmatch(rf"[a-z0-9.-]+\.{where}\.amazonaws\.com", via):
        yield f"F5: kms:ViaService is {via}, but has the form SERVICE.{region or 'REGION'}.amazonaws.com"
    if "aws:calledvia" not in given:
        for key in ("aws:calledviafirst", "aws:calledvialast"):
            if key in given:
                yield Aside(f"F5: {key} is an end of aws:CalledVia, which is absent")


def _grant_resource(prepared: PreparedRequest, given: Mapping[str, Value]) -> Iterator[str]:
    if "kms:grantisforawsresource" in given and prepared.action.lower() not in GRANT_OPERATIONS:
        yield "F5: kms:GrantIsForAWSResource exists for CreateGrant, ListGrants and RevokeGrant only"


def companion_warnings(prepared: PreparedRequest, given: Mapping[str, Value], tested: frozenset[str]) -> Iterator[str]:
    """Warnings about what is left out, of the keys (lower case) that some policy tests."""
    found = _Companions(prepared, given, tested)
    yield from found.contradictions()
    yield from map(Aside, (*found.of_session(), *found.of_organization(), *found.of_operation()))


class _Companions:
    """The entries of one request, and which keys are left out that policies test."""

    def __init__(self, prepared: PreparedRequest, given: Mapping[str, Value], tested: frozenset[str]) -> None:
        self._prepared, self._given, self._tested, self._has = prepared, given, tested, prepared.context.entries
        self._kind = prepared.caller.kind
        self._forwarded = self._kind is not CallerKind.SERVICE and called_by_service(given)

    def _lacks(self, key: str) -> bool:
        return key.lower() in self._tested and key.lower() not in self._has

    def contradictions(self) -> Iterator[str]:
        """F2: an organization's paths begin with its ID. F6: `aws:TagKeys` are the names of the tags."""
        for identifier, paths in _ORGANIZATIONS:
            own, listed = self._has.get(identifier.lower()), self._given.get(paths.lower(), ())
            if isinstance(own, str) and any(not path.startswith(f"{own}/") for path in listed):
                yield f"F2: {paths} begin with {identifier}"
        one, other = (self._organization_of(owner) for owner in ("principal", "resource"))
        if self._in_own_account() and one and other and one != other:
            yield "F2: the caller and the key are of one account, and so of one organization"
        names, tags = self._tags()
        if names and tags - names:
            yield "F6: aws:TagKeys holds the names of the tags aws:RequestTag/NAME"

    def _in_own_account(self) -> bool:
        """True iff the caller is of the account of the key or alias."""
        return self._prepared.target.owned and self._prepared.caller.account == self._prepared.target.account

    def _organization_of(self, owner: str) -> set[str]:
        """The IDs of organizations that the request names for the account of the caller, or of the key."""
        found = (self._given.get(f"aws:{owner}orgid"), *self._given.get(f"aws:{owner}orgpaths", ()))
        return {text.split("/")[0] for text in found if isinstance(text, str)}

    def _tags(self) -> tuple[set[str], set[str]]:
        """The names in `aws:TagKeys`, and those of the tags, in lower case."""
        tags = {key.removeprefix(REQUEST_TAG) for key in self._given if key.startswith(REQUEST_TAG)}
        return {str(name).lower() for name in self._given.get(TAG_KEYS, ())}, tags

    def of_session(self) -> Iterator[str]:
        """F3: temporary credentials, and what a session was delivered to."""
        if self._kind in SESSIONS and self._lacks(_TOKEN):
            yield f"F3: every session's request has aws:TokenIssueTime, {TESTED} it"
        temporary = self._forwarded or _TOKEN in self._has
        if self._kind is CallerKind.USER and temporary and self._lacks(_FACTOR):
            yield f"F3: a user's request with temporary credentials has aws:MultiFactorAuthPresent, {TESTED} it"
        for together in () if self._forwarded else (DELIVERED["ec2"], DELIVERED["codebuild"]):
            present = [key for key in together if key.lower() in self._has]
            wanted = [key for key in together if key != PRIVATE_ADDRESS] if present else []
            yield from (f"F3: {present[0]} comes with {key}" for key in wanted if self._lacks(key))

    def of_organization(self) -> Iterator[str]:
        """F2, F4: an organization's ID comes with its paths, but for those that may be absent by themselves; that of an
        endpoint's account with the endpoint."""
        open_ = {"aws:SourceOrgID"} if self._prepared.target.owned else {"aws:SourceOrgID", "aws:ResourceOrgID"}
        for identifier, paths in _ORGANIZATIONS:
            if identifier.lower() in self._has and self._lacks(paths) and identifier not in open_:
                yield f"F2: {identifier} comes with {paths}"
        for owner, of in (("Principal", "resource"), ("Resource", "principal")) if self._in_own_account() else ():
            if self._organization_of(of) and self._lacks(f"aws:{owner}OrgID"):
                yield f"F2: caller and key are of one account, so of one organization: aws:{owner}OrgID is there too"
        for key in ("aws:VpceOrgID", "aws:VpceOrgPaths"):
            if key.lower() in self._has and self._lacks("aws:sourcevpce"):
                yield f"F4: {key} comes with aws:SourceVpce"

    def of_operation(self) -> Iterator[str]:
        """F6: tags come with their names, and names with their tags; a grant's constraint on the encryption context has
        pairs."""
        names, tags = self._tags()
        action = self._prepared.action.lower()
        untag, replicate = action == "kms:untagresource", action == "kms:replicatekey"
        if tags and self._lacks(TAG_KEYS) and not replicate:
            yield "F6: aws:RequestTag/NAME comes with aws:TagKeys"
        bare = [name for name in sorted(names - tags) if self._lacks(REQUEST_TAG + name)]
        if bare and not untag and (tags or not replicate):
            yield f"F6: aws:TagKeys holds {bare[0]}, and so the request has aws:RequestTag/{bare[0]}"
        if self._given.get("kms:multiregion") == "true" and self._lacks("kms:multiregionkeytype"):
            yield "F8: a multi-Region key has kms:MultiRegionKeyType"
        if _PAIRS in self._has and self._lacks(_TYPE) and action == "kms:creategrant":
            yield "F6: the pairs of the constraint come with kms:GrantConstraintType"
