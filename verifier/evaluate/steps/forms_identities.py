"""Whether a step on users, roles, groups and managed policies is well formed: its requests ask for what it makes,
changes or takes away (W2).

In: a state, a move. Out: nothing, or an `InputError`.
Guarantee: see `forms_keys`.
"""

from __future__ import annotations

import re

from verifier.evaluate.sessions.passing import NAME_OF_SESSION, SET_SOURCE, SOURCE_IDENTITY
from verifier.evaluate.sessions.tag_conditions import TRANSITIVE
from verifier.evaluate.steps.move_requests import (
    RequestContext,
    change_of,
    check_tagging,
    check_tags,
    checked_requests,
    require,
)
from verifier.model.caller_sets import accounts_named
from verifier.model.estate import Account, Group, Identity, ManagedPolicy
from verifier.model.policy import Effect, Policy, PolicyKind, arn_account, arn_kind, is_service_linked
from verifier.model.request import CallerKind
from verifier.model.steps.chains import (
    Became,
    BoundaryPut,
    Created,
    GroupJoined,
    GroupLeft,
    IdentityTagged,
    Move,
    PolicyAdded,
    PolicyRemoved,
    State,
    TrustPut,
    VersionSet,
)
from verifier.model.steps.descriptions import MOST_VERSIONS, StepKind

ADMINISTRATOR = re.compile(r"arn:aws[a-z-]*:iam::aws:policy/AdministratorAccess")


def account_of(state: State, arn: str) -> Account | None:
    """The inventory of the account in an ARN of IAM."""
    return state.estate.account(arn_account(arn))


def owner_named(state: State, arn: str) -> Identity | Group | None:
    """The user, role or group with this ARN, if an inventory lists it."""
    return state.estate.identity(arn) or next((group for group in state.estate.groups if group.arn == arn), None)


def managed_named(state: State, arn: str) -> ManagedPolicy | None:
    """The managed policy with this ARN, if the input has it. AWS's own are listed by the accounts that use them."""
    return next((policy for policy in state.estate.managed if policy.arn == arn), None)


def owner_type(state: State, move: Move, arn: str) -> str:
    """`Role`, `User` or `Group`: what an owner of policies is. It must be listed: the policies of others are free
    (U1)."""
    require(arn.count(":") >= 5 and owner_named(state, arn) is not None, move, f"{arn} is in no inventory")
    return arn_kind(arn).capitalize()


def check_put_policy(state: State, move: Move) -> None:
    """[API: PutRolePolicy, PutUserPolicy, PutGroupPolicy]"""
    change = change_of(move, PolicyAdded)
    owner_type(state, move, change.owner)
    checked_requests(move)
    require(change.policy.kind is PolicyKind.IDENTITY, move, "the new policy must be an identity policy")
    inline = change.policy.identity.startswith(f"{change.owner}#")
    require(inline, move, "the new policy must be an inline policy of its owner")
    require(change.known, move, "the document of an inline policy is in the request")


def check_attach_policy(state: State, move: Move) -> None:
    """[API: AttachRolePolicy, AttachUserPolicy, AttachGroupPolicy]"""
    change = change_of(move, PolicyAdded)
    owner_type(state, move, change.owner)
    (context,) = checked_requests(move)
    arn = change.policy.identity
    require(context.text("iam:policyarn") == arn, move, "the attached policy must be the one of iam:PolicyARN")
    require(change.policy.kind is PolicyKind.IDENTITY, move, "the attached policy must be an identity policy")
    check_managed(state, move, change.owner, change.policy, change.known)


def check_managed(state: State, move: Move, owner: str, policy: Policy, known: bool) -> None:
    """The policy is a managed one that the owner can have, with the document that is known."""
    arn = policy.identity.removesuffix("#boundary")
    fields = arn.split(":")
    right = len(fields) == 6 and fields[4] in ("aws", arn_account(owner)) and fields[5].startswith("policy/")
    require(right, move, f"{arn} is no managed policy of the account or of AWS")
    check_document(state, move, policy, known)


def check_document(state: State, move: Move, policy: Policy, known: bool) -> None:
    """The document is the one in force; not known where the input does not hold it, `AdministratorAccess` aside."""
    arn = policy.identity.removesuffix("#boundary")
    held = managed_named(state, arn)
    in_force = held.in_force if held is not None else None
    if in_force is not None:
        require(known and policy.statements == in_force.statements, move, f"{arn} has another document")
    elif ADMINISTRATOR.fullmatch(arn):
        require(known and allows_everything(policy), move, "AdministratorAccess allows * on *")
    else:
        require(not known and not policy.statements, move, f"the document of {arn} is not known")


def allows_everything(policy: Policy) -> bool:
    """True iff a document is one statement, `Allow * on *`. [AWS Managed Policy Reference Guide,
    AdministratorAccess]"""
    if len(policy.statements) != 1:
        return False
    (only,) = policy.statements
    listed = [[text.value for text in texts or ()] for texts in (only.actions, only.resources)]
    plain = not (only.not_action or only.not_resource or only.conditions or only.only_if)
    return only.effect is Effect.ALLOW and plain and listed == [["*"], ["*"]]


def check_set_version(state: State, move: Move) -> None:
    """[API: CreatePolicyVersion (as the default; LimitExceeded), DeletePolicyVersion, SetDefaultPolicyVersion]"""
    change = change_of(move, VersionSet)
    require(change.policy.identity == change.arn, move, "the document must be that of the managed policy")
    require(change.policy.kind is PolicyKind.IDENTITY, move, "the document must be an identity policy")
    held = managed_named(state, change.arn)
    if move.kind is StepKind.NEW_VERSION:
        full = held is not None and len(held.versions) >= MOST_VERSIONS
        checked_requests(move, *([("iam:DeletePolicyVersion", change.arn)] if full else []))
        return
    checked_requests(move)
    versions = [policy.statements for _, policy in held.versions] if held is not None else []
    require(change.policy.statements in versions, move, f"{change.arn} has no such version")


def check_put_trust(state: State, move: Move) -> None:
    """[API: UpdateAssumeRolePolicy]"""
    change = change_of(move, TrustPut)
    require(owner_type(state, move, change.role) == "Role", move, "only roles have trust policies")
    checked_requests(move)
    require(change.policy.kind is PolicyKind.TRUST, move, "the new policy must be a trust policy")
    require(change.policy.identity == f"{change.role}#trust", move, "the new policy must be that of the role")


def check_join_group(state: State, move: Move) -> None:
    """[API: AddUserToGroup]"""
    change = change_of(move, GroupJoined)
    require(owner_type(state, move, change.group) == "Group", move, f"{change.group} is no group")
    require(owner_type(state, move, change.user) == "User", move, f"{change.user} is no user")
    require(arn_account(change.user) == arn_account(change.group), move, "a group has users of its own account")
    checked_requests(move)


def check_become_user(state: State, move: Move) -> None:
    """[API: CreateAccessKey, CreateLoginProfile, UpdateLoginProfile]"""
    user = change_of(move, Became).caller
    require(user.kind is CallerKind.USER and user.account == arn_account(user.principal_arn), move, "it gives a user")
    checked_requests(move)


MAKES_PROVIDER = "iam:CreateSAMLProvider"


def check_govern_provider(state: State, move: Move) -> None:
    """[API: CreateSAMLProvider, UpdateSAMLProvider]"""
    caller = change_of(move, Became).caller
    arn = caller.principal_arn
    of_saml = caller.kind is CallerKind.WEB and ":saml-provider/" in arn
    require(of_saml, move, "it gives identities of a SAML provider")
    (context,) = checked_requests(move)
    require(not context.tags(), move, "the provider is one without tags")
    account = account_of(state, arn)
    listed = account.providers if account is not None else None
    makes = context.request.action == MAKES_PROVIDER
    require(not makes or listed is not None, move, f"which providers the account of {arn} has is not known")
    require(listed is None or (arn in listed) is not makes, move, f"there is {'already' if makes else 'no'} {arn}")


def check_own_identity(state: State, move: Move) -> None:
    """What a caller has in an account that the input does not name (W2): no request of this estate gives it."""
    caller = change_of(move, Became).caller
    require(not move.requests, move, "it takes no request")
    of_aws = caller.kind not in (CallerKind.SERVICE, CallerKind.WEB)
    require(of_aws and not caller.session_tags, move, "it is a user or session of AWS")
    require(caller.account not in accounts_named(state.estate), move, f"the input names {caller.account}")


def check_assume_role(state: State, move: Move) -> None:
    """[STS API: AssumeRole, AssumeRoleWithWebIdentity, AssumeRoleWithSAML; IAM: id_session-tags,
    id_credentials_temp_control-access_monitor]"""
    role = session_role(move)
    context, session = RequestContext(move.requests[0]), change_of(move, Became).caller
    inherited = context.request.caller.passed_on
    require(set(inherited) <= set(session.session_tags), move, "the transitive tags of its caller pass on (E2)")
    tags = tuple(tag for tag in session.session_tags if tag not in inherited)
    again = {name.lower() for name, _ in tags} & {name.lower() for name, _ in inherited}
    require(not again, move, f"a call that passes a tag of its session's own again fails: {', '.join(again)} (E2)")
    lasting = {name for name, _ in inherited} | context.names(TRANSITIVE)
    named = context.names(TRANSITIVE) <= {name for name, _ in tags}
    require(named, move, f"{TRANSITIVE} names tags that the call passes")
    listed = ", ".join(sorted(lasting)) or "none"
    require(set(session.transitive) == lasting, move, f"the transitive tags are {listed} (E2)")
    # Whether tags that are inherited take sts:TagSession is F3: with it they pass on either way.
    further = [("sts:TagSession", role)] if session.session_tags else []
    further += [("sts:SetSourceIdentity", role)] if context.value(SET_SOURCE) is not None else []
    for each in checked_requests(move, *further):
        require(each.request.context == context.request.context, move, "its permissions are those of one call (E2)")
        check_tags(move, each, tags)
        _check_session(move, each)


def check_federate(state: State, move: Move) -> None:
    """[STS API: GetFederationToken; IAM: id_session-tags, Passing session tags using GetFederationToken]"""
    change = change_of(move, Became)
    session, context = change.caller, RequestContext(move.requests[0])
    issued = session.kind is CallerKind.FEDERATED and session.issuer == context.request.caller.arn
    require(issued, move, "it gives a federated session that its caller issues")
    tagging = [("sts:TagSession", None)] if session.session_tags else []
    for each in checked_requests(move, *tagging):
        require(each.request.context == context.request.context, move, "its permissions are those of one call (E2f)")
        check_tags(move, each, session.session_tags)


def _check_session(move: Move, context: RequestContext) -> None:
    session = change_of(move, Became).caller.session
    named = context.text("sts:rolesessionname") == session
    require(named, move, "the session's name must be that of sts:RoleSessionName")
    persists = context.value(SOURCE_IDENTITY) in (None, context.value(SET_SOURCE))
    problem = "the caller's source identity is that of the session that it assumes, and is said again (E2)"
    require(persists, move, problem)


def session_role(move: Move) -> str:
    """The role whose session a step gives."""
    caller = change_of(move, Became).caller
    fields = caller.principal_arn.split(":", 5)
    role = len(fields) == 6 and fields[5].startswith("role/") and caller.account == fields[4]
    is_session = caller.kind is CallerKind.ROLE and role and caller.issuer is None
    require(is_session, move, "it gives a session of a role")
    named = NAME_OF_SESSION.fullmatch(caller.session or "") is not None
    require(named, move, f"{caller.session!r} is no name of a session")
    return caller.principal_arn


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
