"""Whether a step that takes policies, boundaries or memberships away, or puts another boundary, is well formed (W2).

In: a state, a move. Out: nothing, or an `InputError`.
Guarantee: see `forms_keys`.
"""

from __future__ import annotations

from verifier.evaluate.steps.forms_identities import check_managed, owner_named, owner_type
from verifier.evaluate.steps.move_requests import change_of, require, the_requests, wrong_change
from verifier.model.estate import Identity
from verifier.model.policy import PolicyKind
from verifier.model.steps.chains import BoundaryPut, GroupLeft, Move, PolicyRemoved, State


def remove_policy(state: State, move: Move) -> None:
    """[API: DeleteRolePolicy, DetachRolePolicy … of users and groups]"""
    change = change_of(move, PolicyRemoved)
    type_ = owner_type(state, move, change.owner)
    owner = owner_named(state, change.owner)
    held = owner is not None and any(policy.identity == change.identity for policy in owner.policies)
    require(held, move, f"{change.owner} has no policy {change.identity}")
    if "#" in change.identity:
        require(change.identity.startswith(f"{change.owner}#"), move, f"{change.identity} is an inline policy of another owner")
        the_requests(move, (f"iam:Delete{type_}Policy", change.owner))
        return
    (context,) = the_requests(move, (f"iam:Detach{type_}Policy", change.owner))
    require(context.text("iam:policyarn") == change.identity, move, "the detached policy must be the one of iam:PolicyARN")


def put_boundary(state: State, move: Move) -> None:
    """[API: PutRolePermissionsBoundary, PutUserPermissionsBoundary]"""
    change = change_of(move, BoundaryPut)
    if change.policy is None:
        raise wrong_change(move)
    (context,) = the_requests(move, (f"iam:Put{_of_identity(state, move, change.owner)}PermissionsBoundary", change.owner))
    arn = change.policy.identity.removesuffix("#boundary")
    require(context.text("iam:permissionsboundary") == arn, move, "the boundary must be the one of iam:PermissionsBoundary")
    require(change.policy.kind is PolicyKind.BOUNDARY, move, "the new policy must be a permissions boundary")
    check_managed(state, move, change.owner, change.policy, change.known)


def delete_boundary(state: State, move: Move) -> None:
    """[API: DeleteRolePermissionsBoundary, DeleteUserPermissionsBoundary]"""
    change = change_of(move, BoundaryPut)
    if change.policy is not None:
        raise wrong_change(move)
    the_requests(move, (f"iam:Delete{_of_identity(state, move, change.owner)}PermissionsBoundary", change.owner))
    owner = owner_named(state, change.owner)
    require(isinstance(owner, Identity) and owner.bounded, move, f"{change.owner} has no permissions boundary")


def _of_identity(state: State, move: Move, arn: str) -> str:
    """`Role` or `User`: a group has no boundary."""
    type_ = owner_type(state, move, arn)
    require(type_ != "Group", move, "a group has no permissions boundary")
    return type_


def leave_group(state: State, move: Move) -> None:
    """[API: RemoveUserFromGroup]"""
    change = change_of(move, GroupLeft)
    require(owner_type(state, move, change.group) == "Group", move, f"{change.group} is no group")
    user = owner_named(state, change.user)
    require(isinstance(user, Identity) and change.group in user.groups, move, f"{change.user} is not in {change.group}")
    the_requests(move, ("iam:RemoveUserFromGroup", change.group))
