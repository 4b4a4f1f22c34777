"""What a request says of the way it came that no request can say (F4, F5).

In: a prepared request, the given context. Out: warnings. Guarantee: pure; see `plausible`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from verifier.evaluate.fill import called_by_service
from verifier.evaluate.findings import Aside
from verifier.evaluate.plausible.values import CALLED_VIA
from verifier.evaluate.prepared_request import PreparedRequest
from verifier.evaluate.statements.targets import TargetKind
from verifier.model.request import CallerKind, Value

ENDPOINT_KEYS = ("aws:SourceVpc", "aws:SourceVpcArn", "aws:VpceAccount", "aws:VpcSourceIp")
"""Keys that come with `aws:SourceVpce` (F4)."""
OF_THE_CONSOLE = ("aws:SourceVpc", "aws:SourceVpcArn")
"""Those that a request of the console may have without `aws:SourceVpce`, for somebody who came through a VPC."""
GRANT_OPERATIONS = frozenset({"kms:creategrant", "kms:listgrants", "kms:revokegrant"})
"""The operations that have `kms:GrantIsForAWSResource` (F5)."""


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
