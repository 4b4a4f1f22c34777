"""Whether a step that makes a user, role, group or managed policy is well formed (W2).

In: a state, a move. Out: nothing, or an `InputError`.
Guarantee: see `forms_keys`.
"""

from __future__ import annotations

from verifier.evaluate.steps.forms_identities import account_of, check_document, owner_type
from verifier.evaluate.steps.move_requests import RequestContext, change_of, check_tags, require, the_requests
from verifier.model.estate import Account, Group, Identity, ManagedPolicy
from verifier.model.policy import PolicyKind, is_service_linked
from verifier.model.steps.chains import Created, IdentityTagged, Move, State


def create(state: State, move: Move) -> None:
    """[API: CreateRole, CreateUser, CreateGroup, CreatePolicy; names: IAM User Guide, reference_iam-quotas]"""
    change = change_of(move, Created)
    made, kind = change.made, change.made.arn.split(":", 5)[5].split("/", 1)[0]
    account = account_of(state, made.arn)
    require(account is not None and account.complete, move, f"who there is in the account of {made.arn} is not known")
    taken = account is not None and _name(made.arn) in {_name(arn) for arn in _of_kind(account, kind)}
    require(not taken, move, f"there is a {kind} of that name, whatever its path and case")
    tags = made.tags if isinstance(made, Identity) else ()
    wanted = [(f"iam:Create{kind.capitalize()}", made.arn)] + ([(f"iam:Tag{kind.capitalize()}", made.arn)] if tags else [])
    (context, *_) = the_requests(move, *wanted)
    if isinstance(made, Identity):
        _check_identity(state, move, made, context, kind)
    elif isinstance(made, Group):
        require(kind == "group" and not made.policies, move, "a new group has no policies")
    elif isinstance(made, ManagedPolicy):
        require(kind == "policy" and len(made.versions) == 1, move, "a new managed policy has one version")
    if kind != "group":
        check_tags(move, context, tags)


def tag(state: State, move: Move) -> None:
    """[API: TagRole, TagUser, UntagRole, UntagUser]"""
    change = change_of(move, IdentityTagged)
    type_ = owner_type(state, move, change.owner)
    require(type_ != "Group", move, "a group has no tags")
    require(bool(change.tags) != bool(change.removed), move, "it sets tags or takes some away")
    (context,) = the_requests(move, (f"iam:{'Tag' if change.tags else 'Untag'}{type_}", change.owner))
    if change.tags:
        check_tags(move, context, change.tags)
    else:
        require(context.names("aws:tagkeys") == set(change.removed), move, "aws:TagKeys must be the names of the tags taken away")


def _check_identity(state: State, move: Move, made: Identity, context: RequestContext, kind: str) -> None:
    require(kind in ("role", "user") and not made.policies and not made.groups, move, "a new user or role has no policies and groups")
    require(not is_service_linked(made.arn), move, "a service-linked role is made by its service")
    trusted = made.trust is not None and made.trust.kind is PolicyKind.TRUST and made.trust.identity == f"{made.arn}#trust"
    require(trusted if kind == "role" else made.trust is None, move, "a new role, and nothing else, has a trust policy")
    boundary = context.text("iam:permissionsboundary")
    own = made.boundary.identity.removesuffix("#boundary") if made.boundary is not None else None
    require(made.bounded == (boundary is not None) and boundary == own, move, "the boundary must be the one of iam:PermissionsBoundary")
    if made.boundary is not None:
        check_document(state, move, made.boundary, known=True)


def _of_kind(account: Account, kind: str) -> list[str]:
    members: dict[str, tuple[Identity | Group | ManagedPolicy, ...]] = {
        "role": account.roles,
        "user": account.users,
        "group": account.groups,
        "policy": account.managed,
    }
    return [member.arn for member in members.get(kind, ())]


def _name(arn: str) -> str:
    return arn.rsplit("/", 1)[1].lower()
