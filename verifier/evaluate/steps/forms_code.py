"""Whether a step that hands a role to a service, or that changes or enters code, is well formed (E4, E5).

In: a state, a move. Out: nothing, or an `InputError`.
Guarantee: see `forms_keys`. An instance profile holds one role at most [API: AddRoleToInstanceProfile]; where the
profiles of an account are not known, that one holds the role is supposed (E4).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from verifier.evaluate.steps.forms_identities import session_role
from verifier.evaluate.steps.move_requests import RequestContext, change_of, fail, passing_request, require
from verifier.model.estate import Workload
from verifier.model.policy import arn_account, is_service_linked
from verifier.model.request import Request
from verifier.model.steps.actions import STACK_SETS, running_services, ways_to_run
from verifier.model.steps.chains import Became, Move, State
from verifier.model.steps.workloads import KINDS

_REGION = re.compile(r"[a-z]{2}-[a-z-]+-[0-9]", re.ASCII)
_CREATE, _ADD = "iam:createinstanceprofile", "iam:addroletoinstanceprofile"
_REMOVE = "iam:removerolefrominstanceprofile"
_IN_PROFILE = frozenset({_CREATE, _ADD, _REMOVE})
_BY_PROFILE = frozenset({"ec2:runinstances", "ec2:requestspotinstances", "ec2:associateiaminstanceprofile"})


def passed_to(move: Move) -> str:
    """The service that a role is passed to. Raises `InputError` for one that is not in the table, or not said."""
    service = passing_request(move).text("iam:passedtoservice")
    if service is None or not running(service):
        raise fail(move, f"iam:PassedToService must be one of {', '.join(running_services())}, not {service}")
    return service


def running(service: str) -> tuple[tuple[str, ...], ...]:
    """The sets of actions by which a service comes to run code as a role, by any form of the service's name: with the
    ending that it has in China, or with its Region. All of one set are needed: those that make something with the role,
    and those that start it."""
    is_of_aws = service.removesuffix(".cn").endswith(".amazonaws.com")
    return ways_to_run(f"{service_of(service)}.amazonaws.com") if is_of_aws else ()


def service_of(service: str) -> str:
    """The name of a service without the ending and the Region that a form of its principal may have."""
    name = service.removesuffix(".cn").removesuffix(".amazonaws.com")
    first, _, region = name.partition(".")
    return first if _REGION.fullmatch(region) else name


def check_pass_role(state: State, move: Move) -> None:
    """[IAM: id_roles_use_passrole; reference_policies_iam-condition-keys, iam:AssociatedResourceArn]"""
    passing, service = passing_request(move), passed_to(move)
    role = str(passing.request.resource)
    through = (STACK_SETS,) if service_of(service) == "cloudformation" and role != session_role(move) else ()
    require(bool(through) or role == session_role(move), move, "the role passed must be the one whose session it gives")
    linked = is_service_linked(role)
    require(not linked, move, "as a service-linked role runs what its service runs, nothing of the caller's")
    profiles = [request for request in move.requests if request.action.lower() in _IN_PROFILE]
    starting = [request for request in move.requests if request.action.lower() not in {*_IN_PROFILE, "iam:passrole"}]
    ways = through or running(service)
    actions = sorted(request.action.lower() for request in starting)
    is_way = actions in [sorted(map(str.lower, way)) for way in ways]
    alternatives = " or ".join(", ".join(sorted(way)) for way in ways)
    require(is_way, move, f"besides iam:PassRole it takes {alternatives}")
    _check_profile(state, move, role, profiles, starting)
    associated = passing.text("iam:associatedresourcearn")
    services = {request.action.split(":")[0] for request in starting}
    of_service = associated is None or (associated.count(":") > 4 and associated.split(":")[2] in services)
    require(of_service, move, f"iam:AssociatedResourceArn is of the service that is given the role, not {associated}")
    _check_started(move, starting)
    require(not change_of(move, Became).caller.session_tags, move, "services set no session tags")


def _check_started(move: Move, starting: Sequence[Request]) -> None:
    """Raises `InputError` unless the requests that make and start something are about one thing of each kind, in one
    Region."""
    about: dict[str, str] = {}
    for resource in (request.resource for request in starting if request.resource is not None):
        kind = re.split(r"[:/]", resource.split(":", 5)[5].lstrip("/"))[0]
        made = about.setdefault(kind, resource)
        require(made == resource, move, "what is started is what was made")
    regions = {RequestContext(request).text("aws:requestedregion") for request in starting} - {None}
    require(len(regions) < 2, move, "what is started is in the Region in which it was made")


def _check_profile(
    state: State, move: Move, role: str, requests: Sequence[Request], starting: Sequence[Request]
) -> None:
    """Raises `InputError` unless what is started has the role by a profile: one that holds it, one that is made for it,
    or one that held another role, which is taken out."""
    account = state.estate.account(arn_account(role))
    listed = account.profiles if account is not None else None
    instances = any(request.action.lower() in _BY_PROFILE for request in starting)
    if not instances or listed is None:
        require(not requests, move, "it takes no instance profile, or none of which something is known")
        return
    holding = {profile.arn: profile.role for profile in listed}
    actions = sorted(request.action.lower() for request in requests)
    named = {str(request.resource) for request in requests}
    if not requests:
        named = {arn for arn, held in holding.items() if held == role}
        require(bool(named), move, f"no instance profile holds {role}")
    else:
        require(len(named) == 1, move, "it is about one instance profile")
        (arn,) = named
        new = actions == [_ADD, _CREATE] and arn not in holding
        other = actions == [_ADD, _REMOVE] and holding.get(arn) is not None
        require(new or other, move, f"{role} does not come into {arn} by {', '.join(actions)}")
        require(arn_account(arn) == arn_account(role), move, "a profile holds a role of its own account")
    for request in starting:
        profile = RequestContext(request).text("ec2:instanceprofile")
        require(profile is None or profile in named, move, "ec2:InstanceProfile must be a profile that holds the role")


def code_changed(state: State, move: Move) -> Workload:
    """The code that a step changes or enters. Raises `InputError` where the input lists none that runs as the role, or
    that is given it."""
    role, named = session_role(move), {request.resource for request in move.requests}
    code = [one for one in state.estate.workloads if one.arn in named]
    found = [one for one in code if role in one.roles or role in named or KINDS[one.kind].through]
    require(bool(found), move, f"it is on code of which the input says that it runs as {role}")
    return found[0]


def check_change_code(state: State, move: Move) -> None:
    """[the services' own guides, as `KINDS` tells]"""
    code = code_changed(state, move)
    kind = KINDS[code.kind]
    require(not change_of(move, Became).caller.session_tags, move, "services set no session tags")
    on_it = {request.action for request in move.requests if request.resource == code.arn}
    way = next((way for way in (*kind.ways, *kind.placing) if {action for action, on in way if not on} == on_it), None)
    if way is None:
        raise fail(move, f"it is no way to change or enter {kind.name}")
    besides = {(request.action, request.resource) for request in move.requests if request.resource != code.arn}
    roles = (role for name, role in besides if name == "iam:PassRole")
    passed = next((("iam:PassRole", role) for role in roles if kind.through or role == session_role(move)), None)
    always = kind.through or way in kind.placing
    require(passed is not None or not always, move, f"{kind.name} take the role that they run as, or through")
    if passed is not None:
        gives = service_of(passed_to(move)) in kind.services and on_it & {handing[0][0] for handing in kind.handing}
        require(bool(gives), move, f"it gives {kind.name} no other role")
        require(kind.name != "instances" or not code.roles, move, "an instance has one profile at most")
        _check_profile(state, move, session_role(move), (), move.requests)
        besides.remove(passed)
    wanted = {action: on.rpartition("}")[2] for action, on in way if on}
    right = {action for action, resource in besides if str(resource).endswith(wanted.get(action, "?"))}
    exact = len(besides) == len(wanted) and right == set(wanted)
    require(exact, move, "it takes the permission on what the request names besides")
