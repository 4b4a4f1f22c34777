"""The operations beside those of KMS that steps take: of IAM, STS, RAM, and of services that start, change or enter
code (E1–E5).

In: an action. Out: what it is on, by which rule it is decided, which condition keys of its own a request for it
carries.
Guarantee: this is a reading of its own of AWS's pages; which operations start, change or enter code is not.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from msgspec import field

from verifier.frozen import Frozen
from verifier.model.steps.actions import STACK_SETS, in_ways_to_run
from verifier.model.steps.workloads import KINDS

IAM, ASSUME, FEDERATE, PROVIDER, SHARE, START_JOB = "E1", "E2", "E2f", "E2w", "E3", "E4"
"""The rules by which these operations are decided (docs/reach.md)."""

_TAG_KEYS = frozenset({"aws:requesttag/", "aws:tagkeys"})
"""The tags that a request asks for."""


class Operation(Frozen):
    """One permission. `name` has its real spelling. `on` is what its resource is (`role`, `instance-profile` …, `code`
    that runs); `None` where that is not modelled. `carries` are the condition keys of its own that a request may have
    (lower case, templates by their prefix), `always` those of them that every request has. What it `creates` has the
    tags and the boundary that are asked for."""

    name: str
    rule: str
    on: str | None = None
    carries: frozenset[str] = field(default_factory=frozenset)
    always: frozenset[str] = field(default_factory=frozenset)
    creates: bool = False

    @property
    def service(self) -> str:
        """The prefix of its name, such as `iam`."""
        return self.name.split(":", 1)[0]


def _iam(name: str, on: str, *carries: str, always: tuple[str, ...] = ()) -> Operation:
    """A permission of IAM. [Service Authorization Reference, *Actions defined by AWS IAM*]"""
    return Operation(f"iam:{name}", IAM, on, frozenset(carries), frozenset(always))


def _creates(name: str, on: str, *carries: str) -> Operation:
    """A permission of IAM to make something, with tags unless it is a group. Its keys are of what is made."""
    return Operation(
        f"iam:{name}", IAM, on, frozenset(carries) | (frozenset() if on == "group" else _TAG_KEYS), creates=True
    )


def _sts(name: str, rule: str, *carries: str, always: tuple[str, ...] = ()) -> Operation:
    """A permission of STS. [Service Authorization Reference, *Actions defined by AWS STS*]"""
    return Operation(f"sts:{name}", rule, "role", _TAG_KEYS | frozenset(carries), frozenset(always))


BUILT_IN = {
    *("accounts.google.com", "cognito-identity.amazonaws.com", "cognito-identity-us-gov.amazonaws.com"),
    *("cognito-identity.cn-north-1.amazonaws.com.cn", "graph.facebook.com", "www.amazon.com"),
}
"""The providers that a trust policy names without an ARN; Amazon Cognito has a name for each partition. [IAM:
reference_policies_elements_principal; AWS GovCloud (US): govcloud-cog; AWS in China: cognito]"""

_BOUNDARY, _POLICY, _TEMPLATE = "iam:permissionsboundary", "iam:policyarn", "iam:roletemplatearn"
_SERVICE = "iam:servicespecificcredentialservicename"
_SESSION = ("sts:rolesessionname", "sts:sourceidentity", "sts:transitivetagkeys")
_OF_PROVIDERS = """
accounts.google.com:aud accounts.google.com:sub cognito-identity.amazonaws.com:amr cognito-identity.amazonaws.com:aud
cognito-identity.amazonaws.com:sub graph.facebook.com:app_id graph.facebook.com:id saml:namequalifier saml:sub
saml:sub_type www.amazon.com:app_id www.amazon.com:user_id
"""
CHAINED = frozenset(_OF_PROVIDERS.split())
"""Keys of an identity provider that sessions made by it carry into `sts:AssumeRole`. [IAM:
reference_policies_iam-condition-keys, *Cross-service … federation context keys*]"""

DELIVERED = {
    "ec2": (
        "ec2:SourceInstanceArn",
        "ec2:RoleDelivery",
        "aws:Ec2InstanceSourceVpc",
        "aws:Ec2InstanceSourcePrivateIPv4",
    ),
    "codebuild": ("codebuild:BuildArn", "codebuild:ProjectArn"),
    "glue": ("glue:RoleAssumedBy", "glue:CredentialIssuingService"),
    "lambda": ("lambda:SourceFunctionArn",),
    "edgelambda": ("lambda:SourceFunctionArn",),
    "ssm": ("ssm:SourceInstanceArn",),
}
"""The keys of the sessions that a service delivers to what runs there, by how its name begins. [IAM:
reference_policies_condition-keys, *Properties of a role session*]"""
OF_SERVICES = tuple(dict.fromkeys(key for keys in DELIVERED.values() for key in keys))

_OPERATIONS = (
    _iam("PutRolePolicy", "role", _BOUNDARY, _TEMPLATE),
    _iam("PutUserPolicy", "user", _BOUNDARY),
    _iam("PutGroupPolicy", "group"),
    _iam("AttachRolePolicy", "role", _BOUNDARY, _POLICY, _TEMPLATE, always=(_POLICY,)),
    _iam("AttachUserPolicy", "user", _BOUNDARY, _POLICY, always=(_POLICY,)),
    _iam("AttachGroupPolicy", "group", _POLICY, always=(_POLICY,)),
    _creates("CreateRole", "role", _BOUNDARY, _TEMPLATE),
    _creates("CreateUser", "user", _BOUNDARY),
    _creates("CreateGroup", "group"),
    _creates("CreatePolicy", "policy"),
    _creates("CreateInstanceProfile", "instance-profile"),
    _creates("CreateSAMLProvider", "saml-provider"),
    _iam("UpdateSAMLProvider", "saml-provider"),
    *(_iam(f"{does}InstanceProfile", "instance-profile") for does in ("AddRoleTo", "RemoveRoleFrom")),
    *(_iam(f"Delete{owner}Policy", owner.lower(), _BOUNDARY) for owner in ("Role", "User")),
    *(_iam(f"Detach{owner}Policy", owner.lower(), _BOUNDARY, _POLICY, always=(_POLICY,)) for owner in ("Role", "User")),
    *(_iam(f"Delete{owner}PermissionsBoundary", owner.lower(), _BOUNDARY) for owner in ("Role", "User")),
    _iam("PutRolePermissionsBoundary", "role", _BOUNDARY, _TEMPLATE, always=(_BOUNDARY,)),
    _iam("PutUserPermissionsBoundary", "user", _BOUNDARY, always=(_BOUNDARY,)),
    *(_iam(f"Tag{owner}", owner.lower(), *_TAG_KEYS, always=("aws:tagkeys",)) for owner in ("Role", "User")),
    *(_iam(f"Untag{owner}", owner.lower(), "aws:tagkeys", always=("aws:tagkeys",)) for owner in ("Role", "User")),
    _iam("DeleteGroupPolicy", "group"),
    _iam("DetachGroupPolicy", "group", _POLICY, always=(_POLICY,)),
    _iam("RemoveUserFromGroup", "group"),
    *(_iam(f"{does}PolicyVersion", "policy") for does in ("Create", "Delete", "SetDefault")),
    _iam("UpdateAssumeRolePolicy", "role", _BOUNDARY),
    _iam("AddUserToGroup", "group"),
    *(_iam(does + what, "user") for does in ("Create", "Update") for what in ("AccessKey", "LoginProfile")),
    *(_iam(does + what, "user") for does in ("Update", "Upload") for what in ("SSHPublicKey", "SigningCertificate")),
    *(_iam(f"{does}ServiceSpecificCredential", "user", _SERVICE) for does in ("Reset", "Update")),
    _iam("CreateServiceSpecificCredential", "user", _SERVICE, "iam:servicespecificcredentialagedays"),
    # Some services do not support `iam:PassedToService`, so a request may lack it. [IAM:
    # reference_policies_iam-condition-keys]
    _iam("PassRole", "role", "iam:passedtoservice", "iam:associatedresourcearn"),
    _sts("AssumeRole", ASSUME, "sts:externalid", *_SESSION, always=("sts:rolesessionname",)),
    _sts("TagSession", ASSUME, "sts:externalid", *_SESSION),
    _sts("SetSourceIdentity", ASSUME, "sts:externalid", *_SESSION),
    Operation("sts:GetFederationToken", FEDERATE, "federated-user", _TAG_KEYS),
    _sts("AssumeRoleWithWebIdentity", PROVIDER, *_SESSION, always=("sts:rolesessionname",)),
    _sts("AssumeRoleWithSAML", PROVIDER, *_SESSION, always=("sts:rolesessionname",)),
    *(Operation(f"ram:{does}ResourceShare", SHARE) for does in ("Create", "Associate")),
)

ASSUMING = {"rolesanywhere": ("sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity")}
"""What a service does to assume a role, where that is not `sts:AssumeRole` alone. [IAM Roles Anywhere User Guide,
trust-model]"""

CALLED_BY_AGENT = {
    "ecs:ExecuteCommand": tuple(
        f"ssmmessages:{does}{which}Channel" for does in ("Create", "Open") for which in ("Control", "Data")
    )
}
"""What the agent in the code calls as the role that this runs as, so that a request enters it. [Amazon ECS Developer
Guide: task-iam-roles, *ECS Exec permissions*]"""

_OF_IAM_AND_STS = """
iam:associatedresourcearn iam:awsservicename iam:organizationspolicyid iam:passedtoservice iam:permissionsboundary
iam:policyarn iam:fido-certification iam:fido-fips-140-2-certification iam:fido-fips-140-3-certification
iam:registersecuritykey iam:servicespecificcredentialagedays iam:servicespecificcredentialservicename
iam:roletemplatearn sts:awsservicename sts:durationseconds sts:externalid sts:identitytokenaudience
sts:roleauthorizedbyidp sts:taskpolicyarn
"""
OTHERS_OF_IAM_AND_STS = frozenset({*_OF_IAM_AND_STS.split(), *_SESSION})
"""The documented keys of IAM and STS: one that an operation does not carry is absent. One that is not among them is not
known (U4)."""


@cache
def _by_name() -> Mapping[str, Operation]:
    on_code = (name for kind in KINDS.values() for way in (*kind.ways, *kind.placing) for name, _ in way)
    of_services = (*in_ways_to_run(), *STACK_SETS, *(name for names in CALLED_BY_AGENT.values() for name in names))
    found = {name.lower(): Operation(name, START_JOB) for name in of_services}
    found |= {name.lower(): Operation(name, START_JOB, "code") for name in on_code}
    return found | {operation.name.lower(): operation for operation in _OPERATIONS}


def operation(action: str) -> Operation | None:
    """The operation that an action names, whatever its case; `None` for one of KMS, and for one that no step takes."""
    return None if action.lower().startswith("kms:") else _by_name().get(action.lower())
