"""Moves, written shortly: one function for each kind of step (W2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from verifier.language.policies.documents import read_policy
from verifier.model.estate import Group, Identity, Key, ManagedPolicy
from verifier.model.grant import Grant
from verifier.model.policy import Policy, PolicyKind, PrincipalType
from verifier.model.request import Caller, CallerKind, Request, Value
from verifier.model.steps.chains import (
    AliasMoved,
    Became,
    BoundaryPut,
    Created,
    GrantCreated,
    GroupJoined,
    GroupLeft,
    IdentityTagged,
    KeyPolicyPut,
    KeyReplicated,
    KeyShared,
    KeyTagged,
    MaterialImported,
    Move,
    PolicyAdded,
    PolicyRemoved,
    ReEncrypted,
    TrustPut,
    VersionSet,
)
from verifier.model.steps.descriptions import StepKind
from verifier.syntax.source import Source

Context = Mapping[str, Value]
_ALL = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}'
_EVERYTHING = read_policy(Source("policy.json", _ALL), PolicyKind.SESSION, identity="session", name="session")


def request(by: Caller, action: str, resource: str | None, context: Context | None = None) -> Request:
    """A request; of a federated session, under a session policy that takes nothing away."""
    policies = (_EVERYTHING,) if by.kind is CallerKind.FEDERATED else None
    return Request(by, action, resource, tuple((context or {}).items()), policies)


def put_key_policy(by: Caller, key: str, policy: Policy, context: Context | None = None) -> Move:
    """Another key policy."""
    return Move(StepKind.PUT_KEY_POLICY, (request(by, "kms:PutKeyPolicy", key, context),), KeyPolicyPut(key, policy))


def create_grant(by: Caller, key: str, grant: Grant, context: Context | None = None) -> Move:
    """A grant, asked for as it is."""
    return Move(
        StepKind.CREATE_GRANT,
        (request(by, "kms:CreateGrant", key, {**grant_context(grant), **(context or {})}),),
        GrantCreated(key, grant),
    )


def grant_context(grant: Grant) -> dict[str, Value]:
    """What the request that makes a grant says of it (F6)."""
    found: dict[str, Value] = {"kms:GrantOperations": tuple(name.split(":")[1] for name in grant.operations)}
    for principal, role in ((grant.grantee, "Grantee"), (grant.retiring, "Retiring")):
        if principal is not None:
            found[f"kms:{role}{'Service' if principal.type is PrincipalType.SERVICE else ''}Principal"] = (
                principal.value
            )
    for pairs, kind in (
        (grant.context_equals, "EncryptionContextEquals"),
        (grant.context_subset, "EncryptionContextSubset"),
    ):
        if pairs is not None:
            found["kms:GrantConstraintType"] = kind
            found |= {f"kms:EncryptionContext:{name}": value for name, value in pairs}
    if grant.source_arn is not None:
        found["kms:GrantConstraintSourceArn"] = grant.source_arn
    return found


def tag_context(tags: tuple[tuple[str, str], ...]) -> dict[str, Value]:
    """What a request that sets tags says of them."""
    names: dict[str, Value] = {"aws:TagKeys": tuple(name for name, _ in tags)} if tags else {}
    return names | {f"aws:RequestTag/{name}": value for name, value in tags}


def tag(by: Caller, key: str, *tags: tuple[str, str]) -> Move:
    """Tags of a key are set."""
    return Move(StepKind.TAG, (request(by, "kms:TagResource", key, tag_context(tags)),), KeyTagged(key, tags))


def untag(by: Caller, key: str, *names: str) -> Move:
    """Tags of a key are taken away."""
    return Move(
        StepKind.UNTAG, (request(by, "kms:UntagResource", key, {"aws:TagKeys": names}),), KeyTagged(key, (), names)
    )


def move_alias(kind: StepKind, by: Caller, alias: str, key: str | None, *keys: str) -> Move:
    """An alias is created, updated or deleted; `keys` are those that it takes permission on."""
    action = {StepKind.CREATE_ALIAS: "Create", StepKind.UPDATE_ALIAS: "Update", StepKind.DELETE_ALIAS: "Delete"}[kind]
    return Move(
        kind, tuple(request(by, f"kms:{action}Alias", resource) for resource in (alias, *keys)), AliasMoved(alias, key)
    )


def replicate(by: Caller, key: Key, region: str, policy: Policy, context: Context | None = None) -> Move:
    """A replica in another Region, under a key policy for it."""
    fields = key.arn.split(":")
    arn = ":".join([*fields[:3], region, *fields[4:]])
    replica = Key(
        arn,
        None,
        (replace(policy, identity=f"{arn}#default"),),
        key.spec,
        key.usage,
        key.origin,
        True,
        "REPLICA",
        aliases=(),
        tags=(),
    )
    asked = {"kms:ReplicaRegion": region, **(context or {})}
    made: Context = {"aws:RequestedRegion": region, "kms:MultiRegion": "true", "kms:MultiRegionKeyType": "REPLICA"}
    requests = (request(by, "kms:ReplicateKey", key.arn, asked), request(by, "kms:CreateKey", None, made))
    return Move(StepKind.REPLICATE, requests, KeyReplicated(key.arn, replica))


def re_encrypt(by: Caller, key: str, onto: str, before: Context | None = None, then: Context | None = None) -> Move:
    """What one key encrypted is encrypted under another; with the encryption contexts of the old and of the new
    ciphertext."""
    requests = (request(by, "kms:ReEncryptFrom", key, before), request(by, "kms:ReEncryptTo", onto, then))
    return Move(StepKind.RE_ENCRYPT, requests, ReEncrypted(key, onto))


def import_material(by: Caller, key: str, getting: Caller | None = None) -> Move:
    """Material of the caller's choice, with parameters that it got, or another one."""
    requests = (request(getting or by, "kms:GetParametersForImport", key), request(by, "kms:ImportKeyMaterial", key))
    return Move(StepKind.IMPORT_MATERIAL, requests, MaterialImported(key))


def share(by: Caller, key: str, context: Context | None = None) -> Move:
    """A resource share."""
    return Move(
        StepKind.SHARE,
        (request(by, "ram:CreateResourceShare", None, {"ram:ResourceArn": key, **(context or {})}),),
        KeyShared(key),
    )


def session(
    role: str, name: str = "session", tags: tuple[tuple[str, str], ...] = (), transitive: tuple[str, ...] = ()
) -> Caller:
    """A session of a role."""
    return Caller(CallerKind.ROLE, role, role.split(":")[4], name, session_tags=tags, transitive=transitive)


def federate(by: Caller, name: str, tags: tuple[tuple[str, str], ...] = (), context: Context | None = None) -> Move:
    """A federated session."""
    arn = f"arn:{by.arn.split(':')[1]}:sts::{by.account}:federated-user/{name}"
    given = {**tag_context(tags), **(context or {})}
    asked = (
        request(by, "sts:GetFederationToken", arn, given),
        *([request(by, "sts:TagSession", None, given)] if tags else []),
    )
    became = Caller(CallerKind.FEDERATED, arn, by.account, issuer=by.principal_arn, session_tags=tags)
    return Move(StepKind.FEDERATE, asked, Became(became))


def assume(
    by: Caller, role: str, tags: tuple[tuple[str, str], ...] = (), name: str = "session",
    context: Context | None = None,
    action: str = "sts:AssumeRole", transitive: tuple[str, ...] = (),
) -> Move:  # fmt: skip
    """A session of a role, with session tags, and those that its caller's session passes on."""
    inherited = tuple(tag for tag in by.session_tags if tag[0] in by.transitive)
    lasting: Context = {"sts:TransitiveTagKeys": transitive} if transitive else {}
    asked = {"sts:RoleSessionName": name, **tag_context(tags), **lasting, **(context or {})}
    actions = (action, "sts:TagSession") if tags or inherited else (action,)
    became = session(role, name, (*tags, *inherited), (*transitive, *(key for key, _ in inherited)))
    return Move(StepKind.ASSUME_ROLE, tuple(request(by, one, role, asked) for one in actions), Became(became))


def _type(arn: str) -> str:
    return arn.split(":", 5)[5].split("/")[0].capitalize()


def put_policy(by: Caller, owner: str, policy: Policy) -> Move:
    """An inline policy."""
    return Move(StepKind.PUT_POLICY, (request(by, f"iam:Put{_type(owner)}Policy", owner),), PolicyAdded(owner, policy))


def attach(by: Caller, owner: str, policy: Policy, known: bool = True) -> Move:
    """A managed policy."""
    asked = request(by, f"iam:Attach{_type(owner)}Policy", owner, {"iam:PolicyARN": policy.identity})
    return Move(StepKind.ATTACH_POLICY, (asked,), PolicyAdded(owner, policy, known))


def new_version(by: Caller, policy: Policy) -> Move:
    """Another document of a managed policy."""
    return Move(
        StepKind.NEW_VERSION,
        (request(by, "iam:CreatePolicyVersion", policy.identity),),
        VersionSet(policy.identity, policy),
    )


def set_version(by: Caller, policy: Policy) -> Move:
    """An old document of a managed policy."""
    return Move(
        StepKind.SET_VERSION,
        (request(by, "iam:SetDefaultPolicyVersion", policy.identity),),
        VersionSet(policy.identity, policy),
    )


def put_trust(by: Caller, role: str, policy: Policy) -> Move:
    """Another trust policy."""
    return Move(StepKind.PUT_TRUST, (request(by, "iam:UpdateAssumeRolePolicy", role),), TrustPut(role, policy))


def create(by: Caller, made: Identity | Group | ManagedPolicy) -> Move:
    """A user, role, group or managed policy that there was not."""
    context: Context = {}
    if isinstance(made, Identity) and made.boundary is not None:
        context = {"iam:PermissionsBoundary": made.boundary.identity.removesuffix("#boundary")}
    return Move(StepKind.CREATE, (request(by, f"iam:Create{_type(made.arn)}", made.arn, context),), Created(made))


def tag_identity(by: Caller, owner: str, *tags: tuple[str, str]) -> Move:
    """Tags of a user or role are set."""
    return Move(
        StepKind.TAG_IDENTITY,
        (request(by, f"iam:Tag{_type(owner)}", owner, tag_context(tags)),),
        IdentityTagged(owner, tags),
    )


def untag_identity(by: Caller, owner: str, *names: str) -> Move:
    """Tags of a user or role are taken away."""
    asked = request(by, f"iam:Untag{_type(owner)}", owner, {"aws:TagKeys": names})
    return Move(StepKind.UNTAG_IDENTITY, (asked,), IdentityTagged(owner, removed=names))


def remove_policy(by: Caller, owner: str, identity: str) -> Move:
    """A policy less: an inline one, or a managed one."""
    inline = identity.startswith(f"{owner}#")
    context: Context = {} if inline else {"iam:PolicyARN": identity}
    action = f"iam:{'Delete' if inline else 'Detach'}{_type(owner)}Policy"
    return Move(StepKind.REMOVE_POLICY, (request(by, action, owner, context),), PolicyRemoved(owner, identity))


def put_boundary(by: Caller, owner: str, policy: Policy, known: bool = True) -> Move:
    """Another permissions boundary."""
    arn = policy.identity.removesuffix("#boundary")
    asked = request(by, f"iam:Put{_type(owner)}PermissionsBoundary", owner, {"iam:PermissionsBoundary": arn})
    return Move(StepKind.PUT_BOUNDARY, (asked,), BoundaryPut(owner, policy, known))


def delete_boundary(by: Caller, owner: str) -> Move:
    """No permissions boundary."""
    return Move(
        StepKind.DELETE_BOUNDARY,
        (request(by, f"iam:Delete{_type(owner)}PermissionsBoundary", owner),),
        BoundaryPut(owner, None),
    )


def leave(by: Caller, user: str, group: str) -> Move:
    """A user out of a group."""
    return Move(StepKind.LEAVE_GROUP, (request(by, "iam:RemoveUserFromGroup", group),), GroupLeft(user, group))


def join(by: Caller, user: str, group: str) -> Move:
    """A user in a group."""
    return Move(StepKind.JOIN_GROUP, (request(by, "iam:AddUserToGroup", group),), GroupJoined(user, group))


def own_identity(caller: Caller) -> Move:
    """What the caller has in an account of its own."""
    return Move(StepKind.OWN_IDENTITY, (), Became(caller))


def become(by: Caller, user: str, action: str = "iam:CreateAccessKey") -> Move:
    """Credentials of a user."""
    return Move(
        StepKind.BECOME_USER, (request(by, action, user),), Became(Caller(CallerKind.USER, user, user.split(":")[4]))
    )


def govern(by: Caller, provider: str, action: str) -> Move:
    """Identities of a provider."""
    return Move(StepKind.PROVIDER, (request(by, action, provider),), Became(Caller(CallerKind.WEB, provider)))


TO_LAMBDA = ("lambda:CreateFunction", "lambda:InvokeFunction")
CONFIGURES = "lambda:UpdateFunctionConfiguration"


def pass_role(
    by: Caller, role: str, service: str = "lambda.amazonaws.com", actions: tuple[str, ...] = TO_LAMBDA
) -> Move:
    """A role in the hands of a service that runs the caller's code."""
    passing = request(by, "iam:PassRole", role, {"iam:PassedToService": service})
    return Move(
        StepKind.PASS_ROLE, (passing, *(request(by, action, None) for action in actions)), Became(session(role))
    )


def change_code(by: Caller, code: str, role: str, *actions: str, besides: Sequence[tuple[str, str]] = ()) -> Move:
    """Code that runs as a role is changed or entered, by these actions on it and others on what else the requests
    name."""
    requests = (
        *(request(by, action, code) for action in actions),
        *(request(by, action, resource) for action, resource in besides),
    )
    return Move(StepKind.CHANGE_CODE, requests, Became(session(role)))


def hand(by: Caller, code: str, role: str, action: str = CONFIGURES, service: str = "lambda.amazonaws.com") -> Move:
    """Code that there is comes to run as a role that is passed to it."""
    passing = request(by, "iam:PassRole", role, {"iam:PassedToService": service})
    return Move(StepKind.CHANGE_CODE, (request(by, action, code), passing), Became(session(role)))
