"""Whether a role that is passed to EC2 is in an instance profile, or comes to be in one (E4).

In: a state, a move that passes a role, its requests. Out: nothing, or an `InputError`.
Guarantee: see `forms_keys`. A profile holds one role at most [API: AddRoleToInstanceProfile]; where the profiles of an
account are not known, that one holds the role is supposed.
"""

from __future__ import annotations

from collections.abc import Sequence

from verifier.evaluate.steps.move_requests import RequestContext, require
from verifier.model.request import Request
from verifier.model.steps.chains import Move, State

_CREATE, _ADD, _REMOVE = (
    "iam:createinstanceprofile",
    "iam:addroletoinstanceprofile",
    "iam:removerolefrominstanceprofile",
)
IN_PROFILE = frozenset({_CREATE, _ADD, _REMOVE})
_BY_PROFILE = frozenset({"ec2:runinstances", "ec2:requestspotinstances", "ec2:associateiaminstanceprofile"})


def check_profile(
    state: State, move: Move, role: str, requests: Sequence[Request], starting: Sequence[Request]
) -> None:
    """Raises `InputError` unless what is started has the role by a profile: one that holds it, one that is made for it,
    or one that held another role, which is taken out."""
    account = next((account for account in state.estate.accounts if account.id == role.split(":")[4]), None)
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
        require(arn.split(":")[4] == role.split(":")[4], move, "a profile holds a role of its own account")
    for request in starting:
        profile = RequestContext(request).text("ec2:instanceprofile")
        require(profile is None or profile in named, move, "ec2:InstanceProfile must be a profile that holds the role")
