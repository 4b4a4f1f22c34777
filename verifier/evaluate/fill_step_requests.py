"""The context of a request of a step that is not on a key, completed with what follows from its caller and its resource
(E1–E5).

In: the operation, the caller, the target, what the request gives. Out: entries of the context, and the keys that are
not modelled.
Guarantee: a key that such a request may lack is absent unless given; one that it must have, or that is not modelled, is
free (U3).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from verifier.evaluate.callers import Standing
from verifier.evaluate.context import RESOURCE_TAG, TAGS_OF_RESOURCE, Either, Entry, Free
from verifier.evaluate.operations import ASSUME, CHAINED, FEDERATE, IAM, OTHERS_OF_IAM_AND_STS, PROVIDER, Operation
from verifier.evaluate.statements.targets import Target, TargetKind
from verifier.model.estate import Identity
from verifier.model.readings import E2, E4, E4_IAM
from verifier.model.request import Caller, CallerKind, Value

_IAM_REGION = {"aws": "us-east-1", "aws-us-gov": "us-gov-west-1", "aws-cn": "cn-north-1"}
"""`aws:RequestedRegion` of requests to IAM, by partition. [IAM: reference_policies_condition-keys,
aws:RequestedRegion]"""

_ALWAYS = ("aws:currenttime", "aws:epochtime", "aws:useragent")
"""Keys of every request that do not follow from the caller and the resource (F1)."""

OF_SOURCES = ("aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths")
"""For which resource a service calls, or assumes a role (F5): which of them it says, is the service's choice."""

TAGS_OF_CODE = (RESOURCE_TAG, "ec2:resourcetag/", "ssm:resourcetag/")

_Entries = Iterator[tuple[str, Entry]]


def about_operation(operation: Operation, caller: Caller, target: Target, given: Mapping[str, Value]) -> _Entries:
    """What follows from the operation and what it is on; free where every request has a value and this one does not say
    it. Transitive tags of the caller override those of a role to assume, for its trust policy at least. [IAM:
    id_session-tags, Chaining roles]"""
    for key in (*_ALWAYS, *sorted(operation.always)):
        # a request that gives its time in one form has it in the other (F1)
        has_time = key in _ALWAYS[:2] and any(other in given for other in _ALWAYS[:2])
        if key not in given and not has_time:
            yield key, Free(present=True)
    yield "aws:requestedregion", _region(operation, target)
    if operation.rule == IAM and target.identity is None:
        of_all, of_iam = TAGS_OF_RESOURCE
        yield from (
            (of_iam + key.removeprefix(of_all), value) for key, value in given.items() if key.startswith(of_all)
        )
    for name, value in target.tags or ():
        yield from ((f"{prefix}{name.lower()}", value) for prefix in TAGS_OF_CODE)
    if target.identity is not None:
        yield from _about_identity(target.identity, operation)
        own = {name.lower(): value for name, value in target.identity.tags}
        overriding = caller.passed_on if operation.rule == ASSUME else ()
        either = {name.lower(): Either(E2, value, own.get(name.lower())) for name, value in overriding}
        yield from ((prefix + name, entry) for name, entry in either.items() for prefix in TAGS_OF_RESOURCE)
    elif "iam:permissionsboundary" in operation.carries - operation.always and not operation.creates:
        yield "iam:permissionsboundary", Free(present=False)


def _region(operation: Operation, target: Target) -> Entry:
    if operation.rule == IAM:
        return _IAM_REGION.get(target.partition or "", Free(present=True))
    return target.region or Free(present=True)


def _about_identity(identity: Identity, operation: Operation) -> _Entries:
    """The tags of a user or role, which a request to pass the role may lack, and its permissions boundary. [IAM:
    reference_policies_iam-condition-keys, id_roles_use_passrole]"""
    for name, value in identity.tags:
        for prefix, reading in zip(TAGS_OF_RESOURCE, (E4, E4_IAM), strict=True):
            passed = Either(reading, value, None)
            yield f"{prefix}{name.lower()}", passed if operation.name == "iam:PassRole" else value
    # Of a request that puts a boundary the key is the boundary that it puts.
    if "iam:permissionsboundary" not in operation.carries - operation.always or not identity.bounded:
        return
    boundary = identity.boundary
    yield "iam:permissionsboundary", Free(present=True) if boundary is None else boundary.identity.partition("#")[0]


def tags_are_free(operation: Operation | None, target: Target) -> bool:
    """True iff the tags of what the operation is on are not known: of a user or role that the inventory does not list,
    of a managed policy. A group has none. [IAM: reference_policies_iam-condition-keys, iam:ResourceTag]"""
    if operation is not None and operation.creates:
        return False
    if operation is None or target.kind not in (TargetKind.IAM, TargetKind.ROLE):
        return target.key is not None and target.key.tags is None
    return target.identity is None and operation.on != "group"


def not_modelled(operation: Operation, caller: Caller, target: Target, name: str) -> bool:
    """True iff what a request has for a condition key (lower case) that it does not give is not modelled, rather than
    absent."""
    prefix = name.split(":", 1)[0]
    if operation.rule == IAM:
        return prefix == "iam" and name not in OTHERS_OF_IAM_AND_STS and not name.startswith(TAGS_OF_RESOURCE)
    if operation.rule in (ASSUME, FEDERATE, PROVIDER):
        return _not_modelled_of_sts(caller, name, prefix)
    if operation.on == "code" and name.startswith(TAGS_OF_CODE):
        return target.tags is None
    own = prefix == operation.service or (operation.on == "code" and prefix not in ("aws", "iam", "kms", "sts"))
    return own or name == "aws:tagkeys" or name.startswith(("aws:requesttag/", "aws:resourcetag/"))


def _not_modelled_of_sts(caller: Caller, name: str, prefix: str) -> bool:
    if prefix == "sts":
        return name not in OTHERS_OF_IAM_AND_STS or (caller.kind is CallerKind.SERVICE and name == "sts:externalid")
    if caller.kind is CallerKind.SERVICE:
        # What a certificate says are principal tags, where IAM Roles Anywhere assumes a role. [IAM Roles Anywhere User
        # Guide, trust-model]
        anywhere = caller.principal_arn == "rolesanywhere.amazonaws.com"
        return name in OF_SOURCES or (anywhere and name.startswith("aws:principaltag/"))
    if caller.kind is CallerKind.WEB:
        # What the provider says of its identity is for whoever governs the provider to decide (E2w).
        return prefix not in ("aws", "iam", "kms")
    return caller.kind is CallerKind.ROLE and name in CHAINED


def about_session_tags(standing: Standing) -> _Entries:
    """`aws:PrincipalTag/…`: a session tag takes the place of the tag of the same name, in whatever case, that the role
    has, or the user who issued a federated session. [IAM: id_session-tags]"""
    if standing.identity is not None:
        yield from ((f"aws:principaltag/{key.lower()}", value) for key, value in standing.identity.tags)
    yield from ((f"aws:principaltag/{key.lower()}", value) for key, value in standing.caller.session_tags)
