"""Whether a step that makes a user, role, group or managed policy is well formed, or one that takes policies,
boundaries or memberships away, or puts another boundary (W2).

In: a state, a move. Out: nothing, or an `InputError`.
Guarantee: see `forms_keys`.
"""

from __future__ import annotations

from verifier.evaluate.steps.forms_identities import account_of, check_document, check_managed, owner_named, owner_type
from verifier.evaluate.steps.move_requests import (
    RequestContext,
    change_of,
    check_tagging,
    check_tags,
    checked_requests,
    require,
)
from verifier.model.estate import Group, Identity, ManagedPolicy
from verifier.model.policy import PolicyKind, is_service_linked
from verifier.model.steps.chains import BoundaryPut, Created, GroupLeft, IdentityTagged, Move, PolicyRemoved, State
from verifier.model.steps.descriptions import StepKind


def check_create(state: State, move: Move) -> None:
    """[API: CreateRole, CreateUser, CreateGroup, CreatePolicy; names: IAM User Guide, reference_iam-quotas]"""
    made = change_of(move, Created).made
    kind = _kind_and_name(made.arn)[0]
    account = account_of(state, made.arn)
    require(account is not None and account.complete, move, f"who there is in the account of {made.arn} is not known")
    members: tuple[Identity | Group | ManagedPolicy, ...] = ()
    if account is not None:
        members = (*account.identities, *account.groups, *account.managed)
    taken = any(_kind_and_name(one.arn) == _kind_and_name(made.arn) for one in members)
    require(not taken, move, f"there is a {kind} of that name, whatever its path and case")
    tags = made.tags if isinstance(made, Identity) else ()
    (context, *_) = checked_requests(move, *([(f"iam:Tag{kind.capitalize()}", made.arn)] if tags else []))
    if isinstance(made, Identity):
        _check_identity(state, move, made, context, kind)
    elif isinstance(made, Group):
        require(kind == "group" and not made.policies, move, "a new group has no policies")
    elif isinstance(made, ManagedPolicy):
        require(kind == "policy" and len(made.versions) == 1, move, "a new managed policy has one version")
    if kind != "group":
        check_tags(move, context, tags)


def check_tag(state: State, move: Move) -> None:
    """[API: TagRole, TagUser, UntagRole, UntagUser]"""
    change = change_of(move, IdentityTagged)
    require(owner_type(state, move, change.owner) != "Group", move, "a group has no tags")
    check_tagging(move, checked_requests(move)[0], change.tags, change.removed, sets=move.kind is StepKind.TAG_IDENTITY)


def _check_identity(state: State, move: Move, made: Identity, context: RequestContext, kind: str) -> None:
    bare = not made.policies and not made.groups
    require(kind in ("role", "user") and bare, move, "a new user or role has no policies and groups")
    require(not is_service_linked(made.arn), move, "a service-linked role is made by its service")
    own_trust = PolicyKind.TRUST, f"{made.arn}#trust"
    trusted = made.trust is not None and (made.trust.kind, made.trust.identity) == own_trust
    require(trusted if kind == "role" else made.trust is None, move, "a new role, and nothing else, has a trust policy")
    boundary = context.text("iam:permissionsboundary")
    own = made.boundary.identity.removesuffix("#boundary") if made.boundary is not None else None
    same = made.bounded == (boundary is not None) and boundary == own
    require(same, move, "the boundary must be the one of iam:PermissionsBoundary")
    if made.boundary is not None:
        check_document(state, move, made.boundary, known=True)


def _kind_and_name(arn: str) -> tuple[str, str]:
    kind, _, path = arn.split(":", 5)[5].partition("/")
    return kind, path.rpartition("/")[2].lower()


def check_remove_policy(state: State, move: Move) -> None:
    """[API: DeleteRolePolicy, DetachRolePolicy … of users and groups]"""
    change = change_of(move, PolicyRemoved)
    owner = owner_named(state, change.owner)
    held = owner is not None and any(policy.identity == change.identity for policy in owner.policies)
    require(held, move, f"{change.owner} has no policy {change.identity}")
    (context,) = checked_requests(move)
    own = change.identity.startswith(f"{change.owner}#")
    require(own or "#" not in change.identity, move, f"{change.identity} is an inline policy of another owner")
    named = context.text("iam:policyarn") == change.identity
    require(own or named, move, "the detached policy must be the one of iam:PolicyARN")


def check_put_boundary(state: State, move: Move) -> None:
    """[API: PutRolePermissionsBoundary, PutUserPermissionsBoundary, DeleteRolePermissionsBoundary,
    DeleteUserPermissionsBoundary]"""
    change = change_of(move, BoundaryPut)
    require(owner_type(state, move, change.owner) != "Group", move, "a group has no permissions boundary")
    deletes, owner = move.kind is StepKind.DELETE_BOUNDARY, owner_named(state, change.owner)
    require(deletes is (change.policy is None), move, "it puts a boundary, or takes it away")
    (context,) = checked_requests(move)
    if change.policy is None:
        require(isinstance(owner, Identity) and owner.bounded, move, f"{change.owner} has no permissions boundary")
        return
    arn = change.policy.identity.removesuffix("#boundary")
    named = context.text("iam:permissionsboundary") == arn
    require(named, move, "the boundary must be the one of iam:PermissionsBoundary")
    require(change.policy.kind is PolicyKind.BOUNDARY, move, "the new policy must be a permissions boundary")
    check_managed(state, move, change.owner, change.policy, change.known)


def check_leave_group(state: State, move: Move) -> None:
    """[API: RemoveUserFromGroup]"""
    change = change_of(move, GroupLeft)
    require(owner_type(state, move, change.group) == "Group", move, f"{change.group} is no group")
    user = owner_named(state, change.user)
    require(isinstance(user, Identity) and change.group in user.groups, move, f"{change.user} is not in {change.group}")
    checked_requests(move)
