"""A request put together with all that the gates of the decision look at, and what one of a step that is not on a key
is about (E1–E5).

In: the estate, a request whose caller is known. Out: `PreparedRequest`; the target.
Guarantee: pure; raises `InputError` where the resource does not fit, and for a user or role that the inventory of its
account would list, and does not: it does not exist.
"""

from __future__ import annotations

import re
from dataclasses import replace

from verifier.evaluate.callers import partition_of, standing
from verifier.evaluate.controls import Route, resource_controls, route_of, service_controls
from verifier.evaluate.fill import complete, given_context
from verifier.evaluate.grants.index import candidates_for
from verifier.evaluate.operations import FEDERATE, IAM, SHARE, START_JOB, Operation, operation
from verifier.evaluate.prepared_request import PreparedRequest
from verifier.evaluate.statements.targets import Target, TargetKind, target_of
from verifier.evaluate.unmodelled import in_scope
from verifier.evaluate.who_may_call import caller_gates
from verifier.model.estate import Estate, Identity
from verifier.model.request import Request
from verifier.syntax.diagnostic import InputError

_OF_IAM = "role|user|group|policy|instance-profile|saml-provider"
_IAM_ARN = re.compile(rf"arn:(aws[a-z-]*):iam::([0-9]{{12}}|aws):({_OF_IAM})/[!-~]*[^/*?]", re.ASCII)
_ARN = re.compile(r"arn:(aws[a-z-]*):([a-z0-9-]+):([a-z0-9-]*):([0-9]{12}|):[!-~]+", re.ASCII)


def target_of_step(estate: Estate, request: Request, operation: Operation) -> Target:
    """The target of a request. Raises `InputError` for a resource that is not of the operation's type, or that does not
    exist."""
    if operation.rule in (SHARE, START_JOB):
        return _of_service(estate, request, operation)
    if operation.rule == FEDERATE or (operation.name == "sts:TagSession" and request.resource is None):
        return _federated(request, operation)
    found = _IAM_ARN.fullmatch(request.resource or "")
    if found is None or found[3] != operation.on:
        raise InputError.of(
            f"{operation.name} is on a {operation.on}: `resource` must be its ARN, with its path, not "
            f"{request.resource!r}",
            rule="R4",
        )
    kind = TargetKind.IAM if operation.rule == IAM else TargetKind.ROLE
    arn = found[0]
    made = operation.creates or (operation.name in _WITH_WHAT_IS_MADE and estate.identity(arn) is None)
    identity = _identity(estate, arn, found[2]) if operation.on in ("role", "user") and not made else None
    return Target(kind, arn, found[1], None, found[2], identity=identity)


_WITH_WHAT_IS_MADE = ("iam:TagRole", "iam:TagUser")
"""What the making of a role or user with tags needs besides. [IAM: id_tags_roles, id_tags_users]"""


def _federated(request: Request, operation: Operation) -> Target:
    """The session that `sts:GetFederationToken` asks for, one of the caller's account; what `sts:TagSession` is on then
    no page says (E2f). [IAM: id_credentials_temp_control-access_enable-create; STS API: GetFederationToken, Name]"""
    caller, arn = request.caller, request.resource or ""
    own = f"arn:{partition_of(caller)}:sts::{caller.account}:federated-user/"
    if operation.rule == FEDERATE and not (arn.startswith(own) and _SESSION_NAME.fullmatch(arn.removeprefix(own))):
        raise InputError.of(
            f"{operation.name} is on a federated user: `resource` must be {own}NAME, not {request.resource!r}",
            rule="R4",
        )
    return Target(TargetKind.OTHER_SERVICE, arn, partition_of(caller), None, caller.account)


_SESSION_NAME = re.compile(r"[\w+=,.@-]{2,32}", re.ASCII)


def _identity(estate: Estate, arn: str, account: str) -> Identity | None:
    """The user or role with this ARN; `None` where the inventory of its account is not complete, or absent."""
    found, inventory = estate.identity(arn), estate.account(account)
    if found is None and inventory is not None and inventory.complete:
        raise InputError.of(f"there is no {arn} in the inventory of account {account}", rule="R4")
    return found


def _of_service(estate: Estate, request: Request, operation: Operation) -> Target:
    """The resource of a share or of code that is started, changed or entered: one of the caller's account, or one that
    the request does not say."""
    caller = request.caller
    if request.resource is None:
        return Target(TargetKind.OTHER_SERVICE, "", partition_of(caller), None, caller.account)
    found = _ARN.fullmatch(request.resource)
    on_code = operation.on == "code"
    if found is None or (found[2] != operation.service and not on_code) or found[4] not in ("", caller.account):
        raise InputError.of(
            f"{operation.name}: `resource` must be the ARN of a resource of {operation.service} in the caller's "
            f"account, or null, not {request.resource!r}",
            rule="R4",
        )
    running = (one for one in estate.workloads if on_code and one.arn == found[0])
    tags = next((one.tags for one in running), None if found[4] else ())  # a document of AWS's own has none
    return Target(TargetKind.OTHER_SERVICE, found[0], found[1], found[3] or None, caller.account, tags=tags)


def prepare(estate: Estate, request: Request) -> PreparedRequest:
    """A request as the gates see it, its context completed."""
    region = given_context(request).get("aws:requestedregion")
    of_step = operation(request.action)
    if of_step is not None:
        target = target_of_step(estate, request, of_step)
    else:
        target = target_of(estate, request, region if isinstance(region, str) else None)
    caller = standing(estate, request.caller)
    context = complete(estate, caller, target, request)
    # KMS alone is behind endpoints of KMS (E1).
    route = route_of(estate, context.entries) if of_step is None else Route()
    prepared = PreparedRequest(
        standing=caller,
        action=request.action,
        resource=request.resource,
        target=target,
        context=context,
        unmodelled=in_scope(estate, request.caller, target, request.action, route.id),
        service_controls=service_controls(estate, caller),
        resource_controls=resource_controls(estate, caller, target, request.action),
        route=route,
        grants=candidates_for(target.key, request.caller),
        session_policies=request.session_policies,
    )
    return replace(prepared, caller_gates=tuple(caller_gates(estate, prepared)))
