"""What a request says of its operation, its parameters, a new grant or its key that the operation cannot carry (R3,
F6–F8, G2, G3).

In: a prepared request, the request, its given context. Out: warnings. Guarantee: pure; see `plausible`.
[KMS Developer Guide: conditions-kms, kms:ValidTo; conditions-nitro-enclaves. IAM: reference_policies_condition-keys,
aws:SourceAccount]
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from verifier.evaluate.context import ENCRYPTION_CONTEXT
from verifier.evaluate.fill import called_by_service, given_pairs, may_create_key
from verifier.evaluate.findings import Aside
from verifier.evaluate.grants.constraints import grantable
from verifier.evaluate.operations import IAM, OTHERS_OF_IAM_AND_STS, Operation
from verifier.evaluate.prepared_request import PreparedRequest
from verifier.evaluate.statements.targets import TargetKind
from verifier.evaluate.statements.values import instant, number
from verifier.model import reference
from verifier.model.estate import Key
from verifier.model.grant import Grant
from verifier.model.policy import Principal, arn_account, principal_named
from verifier.model.reference import SYMMETRIC
from verifier.model.request import CallerKind, Request, Value, strings_of

_EXCLUSIVE = (
    ("kms:GranteePrincipal", "kms:GranteeServicePrincipal"),
    ("kms:RetiringPrincipal", "kms:RetiringServicePrincipal"),
)
"""Parameters of which a request has at most one, first for AWS principals and then for services. [API: CreateGrant]"""
_SERVICE = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+){2,}", re.ASCII | re.IGNORECASE)
"""How the name of a service looks. [API: CreateGrant, GranteeServicePrincipal, Pattern]"""


def new_grant_warnings(request: Request, given: Mapping[str, Value], of_service: bool) -> Iterator[str]:
    """Warnings about the keys that only CreateGrant has. `of_service`: a service makes the request."""
    for first, second in _EXCLUSIVE:
        if first.lower() in given and second.lower() in given:
            yield f"F6: a CreateGrant request has either {first} or {second}"
    yield from _names(given, of_service)
    if "kms:granteeserviceprincipal" in given:
        yield from _for_service(given)
    for operation in strings_of(given.get("kms:grantoperations")):
        if not grantable(f"kms:{operation}"):
            yield f"F6: {operation} is not an operation that a grant can allow (G1)"
    yield from _constraint(request, given)


def _names(given: Mapping[str, Value], of_service: bool) -> Iterator[str]:
    """What names no grantee or retiring principal; a service that makes the request may name one as it names itself.
    [API: CreateGrant, GranteePrincipal, RetiringPrincipal; KMS Developer Guide: ct-creategrant]"""
    for principal, service in _EXCLUSIVE:
        arn, name = given.get(principal.lower()), given.get(service.lower())
        is_service = isinstance(arn, str) and _SERVICE.fullmatch(arn) is not None
        if isinstance(arn, str) and not _is_principal(arn) and not (is_service and of_service):
            warning = f"F6: {principal} is the ARN of an account's root user, a user, a role or a session, not {arn}"
            yield Aside(warning) if is_service and "aws:viaawsservice" not in given else warning
        if isinstance(name, str) and not _SERVICE.fullmatch(name):
            yield f"F6: {service} is the name of a service, such as s3.amazonaws.com, not {name}"


def _is_principal(text: str) -> bool:
    found = principal_named(text)
    return isinstance(found, Principal) and found.partition is not None


def _for_service(given: Mapping[str, Value]) -> Iterator[str]:
    """What a grant to a service must have besides. [API: CreateGrant, GranteeServicePrincipal]"""
    if "kms:grantconstraintsourcearn" not in given:
        yield Aside("F6: kms:GranteeServicePrincipal comes with kms:GrantConstraintSourceArn")
    if not any(key.lower() in given for key in _EXCLUSIVE[1]):
        yield Aside("F6: kms:GranteeServicePrincipal comes with kms:RetiringPrincipal or kms:RetiringServicePrincipal")


def _constraint(request: Request, given: Mapping[str, Value]) -> Iterator[str]:
    """The pairs in the context of CreateGrant are those of the new grant's constraint, and `kms:GrantConstraintType` is
    its kind (F6)."""
    kind = given.get("kms:grantconstrainttype")
    if given_pairs(request) and kind is None:
        yield Aside("F6: pairs in CreateGrant are of the new grant's constraint, so kms:GrantConstraintType is present")
    if kind == "SourceArn" and "kms:grantconstraintsourcearn" not in given:
        yield Aside("F6: a constraint of the type SourceArn comes with kms:GrantConstraintSourceArn")


KEY_FACTS = frozenset(
    {
        "kms:keyspec",
        "kms:keyusage",
        "kms:keyorigin",
        "kms:multiregion",
        "kms:multiregionkeytype",
        "kms:customermasterkeyspec",
        "kms:customermasterkeyusage",
        "kms:resourcealiases",
    }
)
"""Facts of the key, which every operation on it carries (F8)."""
EVERYWHERE = frozenset({"kms:calleraccount", "kms:viaservice"})
"""Keys of KMS that are about the caller and the route. `kms:GrantIsForAWSResource` is judged by F5."""
_REQUEST_TAGS = ("aws:requesttag/", "aws:tagkeys")
"""Keys that only operations with a `Tags` parameter have (F6)."""
ENCRYPTION_CONTEXT_KEYS = "kms:encryptioncontextkeys"


def operation_warnings(
    prepared: PreparedRequest, request: Request, given: Mapping[str, Value], tested: frozenset[str]
) -> Iterator[str]:
    """Warnings about the operation's own keys and the key. `tested` are the condition keys (lower case) that some
    policy tests."""
    if prepared.retires and prepared.grants.listed is None:
        yield Aside(
            "G5: who may retire a grant depends on the grant; the key's grants are not given, so this is decided by "
            "the policies alone"
        )
    if prepared.action.lower() == "kms:creategrant":
        # A role's session may be a service's own (F5-via).
        of_service = prepared.caller.kind in (CallerKind.SERVICE, CallerKind.ROLE) or called_by_service(given)
        yield from new_grant_warnings(request, given, of_service)
    if prepared.retires and not any(thing.label.startswith("G") for thing in prepared.unmodelled.things):
        yield from _retired_grant(prepared.target.key, request, given)
    # Whether the operation fits the key is for `suited` to say.
    if reference.action(prepared.action) and prepared.target.kind is TargetKind.NONE and prepared.resource is not None:
        yield Aside(f"R3: {prepared.action} takes no key; `resource` is left aside")
    yield from _operation_keys(prepared, given)
    yield from _encryption_context(prepared, request, given, tested)
    yield from _aliases(prepared, given)
    if prepared.target.key is not None:
        yield from _tags(prepared.target.key, given)
    elif prepared.target.kind in (TargetKind.NONE, TargetKind.PRINCIPAL, TargetKind.ALIAS):
        yield from _tags_of_no_key(prepared, given)


def _tags_of_no_key(prepared: PreparedRequest, given: Mapping[str, Value]) -> Iterator[str]:
    """F8: an operation on no key has no tags of one, but perhaps those of the key that it makes (F8-create)."""
    makes = prepared.target.kind is TargetKind.NONE and may_create_key(prepared.action)
    for name, value in given.items():
        tag = name.removeprefix("aws:resourcetag/")
        set_by_request = given.get(f"aws:requesttag/{tag}")
        if tag == name or (makes and set_by_request == value):
            continue
        if makes and set_by_request is None:
            yield Aside(f"F8: in {prepared.action} {name} comes with aws:requesttag/{tag}")
        else:
            yield f"F8: {prepared.action} is on no key that has {name}"


def _retired_grant(key: Key | None, request: Request, given: Mapping[str, Value]) -> Iterator[str]:
    """F6: what the request says of a constraint is that of the grant which it is about, where the grants of the key are
    given."""
    if key is None or key.grants is None:
        return
    said, kind = given_pairs(request).items(), given.get("kms:grantconstrainttype")
    named = set(strings_of(given.get(ENCRYPTION_CONTEXT_KEYS)))
    constraints = {(grant.context_equals or grant.context_subset or (), _kinds(grant)) for grant in key.grants}
    for pairs, own in constraints or {((), (None,))}:
        if said <= set(pairs) and named <= {name for name, _ in pairs} and kind in own:
            return
    if said or named or kind is not None:
        yield (
            "F6: in RetireGrant the pairs and kms:GrantConstraintType are of a grant's constraint, and no grant of "
            "the key has such a one"
        )


def _kinds(grant: Grant) -> tuple[str | None, ...]:
    """What `kms:GrantConstraintType` may be in a request to retire a grant: absent, or the type of a constraint."""
    equals = None if grant.context_equals is None else "EncryptionContextEquals"
    subset = None if grant.context_subset is None else "EncryptionContextSubset"
    return None, equals, subset, None if grant.source_arn is None else "SourceArn"


def step_operation_warnings(operation: Operation, given: Mapping[str, Value]) -> Iterator[str]:
    """F6: a key of IAM, STS or KMS that an operation of a step has not (E1, E2)."""
    for key in given:
        foreign = key in OTHERS_OF_IAM_AND_STS and key not in operation.carries
        tags = key.startswith(_REQUEST_TAGS) and operation.rule == IAM and not key.startswith(tuple(operation.carries))
        if foreign or tags or key.startswith("kms:"):
            yield f"F6: {operation.name} has no {key}"


_FOR_ROLES = ("sts:rolesessionname", "sts:externalid", "iam:associatedresourcearn", "iam:passedtoservice")
_FOR_ROLES_AND_TOKENS = (*_FOR_ROLES, "sts:durationseconds", "sts:awsservicename")
"""Keys that, by IAM's page of them, only requests of other services have."""


def _operation_keys(prepared: PreparedRequest, given: Mapping[str, Value]) -> Iterator[str]:
    """F6: a key that the operation does not have."""
    action = reference.action(prepared.action)
    if action is None:
        return
    allowed = action.condition_keys | EVERYWHERE | {"kms:grantisforawsresource", ENCRYPTION_CONTEXT_KEYS}
    if action.name == "kms:UntagResource":
        allowed |= {_REQUEST_TAGS[0]}  # the reading F6-untag
    elif action.name == "kms:ReplicateKey":
        allowed |= {*_REQUEST_TAGS}  # the readings F6-replicate and F6-replicate-keys
    if prepared.target.kind is TargetKind.KEY:
        allowed |= KEY_FACTS
    elif prepared.target.kind is TargetKind.PRINCIPAL:
        allowed -= {"kms:calleraccount"}
    templates = (ENCRYPTION_CONTEXT, *(prefix for prefix in _REQUEST_TAGS if prefix in allowed))
    for key in given:
        own = key.startswith(("kms:", *_REQUEST_TAGS)) or key in _FOR_ROLES_AND_TOKENS
        if own and key not in allowed and not key.startswith(templates):
            yield f"F6: {action.name} has no {key}"


def _encryption_context(
    prepared: PreparedRequest, request: Request, given: Mapping[str, Value], tested: frozenset[str]
) -> Iterator[str]:
    """F6, F7: an encryption context needs an operation that takes one and a symmetric key, and its names are its
    pairs'."""
    pairs, names = given_pairs(request), given.get(ENCRYPTION_CONTEXT_KEYS)
    if not pairs and names is None:
        return
    action, key = reference.action(prepared.action), prepared.target.key
    spec = (key.spec if key is not None else None) or given.get("kms:keyspec", SYMMETRIC)
    if action is not None and not action.encryption_context:
        yield f"F6: {action.name} takes no encryption context"
    elif spec != SYMMETRIC and prepared.action.lower() not in ("kms:creategrant", "kms:retiregrant"):
        yield f"F6: a key of spec {spec} takes no encryption context"
    listed = set(strings_of(names))
    bare = {name for name in listed - set(pairs) if f"{ENCRYPTION_CONTEXT}{name.lower()}" in tested}
    if names is not None and (bare or set(pairs) - listed):
        warning = (
            "F7: kms:EncryptionContextKeys holds the names of the pairs kms:EncryptionContext:NAME, neither more "
            "nor fewer"
        )
        yield warning if pairs else Aside(warning)


def _aliases(prepared: PreparedRequest, given: Mapping[str, Value]) -> Iterator[str]:
    """F8: `kms:RequestAlias` is one of the key's aliases."""
    alias, key = given.get("kms:requestalias"), prepared.target.key
    known = given.get("kms:resourcealiases") if key is None or key.aliases is None else key.aliases
    if isinstance(alias, str) and isinstance(known, tuple) and alias not in known:
        yield f"F8: {alias} is not an alias of the key"
    if isinstance(alias, str) and alias.startswith("alias/aws/") and key is not None and key.manager != "AWS":
        yield f"F8: {alias} is an alias of a key of AWS's own (R4)"


def _tags(key: Key, given: Mapping[str, Value]) -> Iterator[str]:
    """F8: tags and other facts that the key does not have."""
    if key.tags is not None:
        known = {f"aws:resourcetag/{name.lower()}" for name, _ in key.tags}
        for name in given:
            if name.startswith("aws:resourcetag/") and name not in known:
                yield f"F8: the key has no tag for {name}"
    if key.multi_region is False and "kms:multiregionkeytype" in given:
        yield "F8: a single-Region key has no kms:MultiRegionKeyType"
    if key.aliases == () and "kms:resourcealiases" in given:
        yield "F8: the key has no aliases, and so no kms:ResourceAliases"


# -- parameters (F6) --

_MOST_TAGS = 50
"""Tags that one request can set. [API: TagResource]"""
ATTESTATION = "kms:recipientattestation:"
IMAGE = (f"{ATTESTATION}imagesha384", f"{ATTESTATION}pcr0")
"""The two names for the hash of an enclave's image."""
TAGGING = ("kms:tagresource", "kms:untagresource")


def parameter_warnings(prepared: PreparedRequest, given: Mapping[str, Value]) -> Iterator[str]:
    """Warnings about parameters that exclude each other."""
    if prepared.action.lower() == "kms:importkeymaterial" and "kms:validto" in given and not expires(given):
        yield "F6: key material that does not expire has no kms:ValidTo"
    if prepared.action.lower() == "kms:putkeypolicy" and given.get("kms:policyname") == "AWS_RAM":
        yield "F6: PutKeyPolicy sets the default key policy alone"
    yield from _validity(given)
    if prepared.target.key is not None and given.get("kms:replicaregion") == prepared.target.key.region:
        yield "F6: a replica is in another Region than its primary key"
    yield from _primary_region(prepared, given)
    yield from _attestation(given)
    tags = sum(key.startswith("aws:requesttag/") for key in given)
    if max(tags, len(given.get("aws:tagkeys", ()))) > _MOST_TAGS:
        yield f"F6: no request has more than {_MOST_TAGS} tags"


def _primary_region(prepared: PreparedRequest, given: Mapping[str, Value]) -> Iterator[str]:
    """F6: the request names the Region of the replica that becomes the primary key: on the primary key another Region,
    on that replica its own. [API: UpdatePrimaryRegion]"""
    key, wanted = prepared.target.key, given.get("kms:primaryregion")
    kind = key and (key.multi_region_type or given.get("kms:multiregionkeytype"))
    if key is None or wanted is None or kind not in ("PRIMARY", "REPLICA"):
        return
    if (kind == "REPLICA") != (wanted == key.region):
        yield "F6: kms:PrimaryRegion is the Region of the replica that becomes the primary key"


def _validity(given: Mapping[str, Value]) -> Iterator[str]:
    """F6: imported key material is valid until a time after the request, at most 365 days. [API: ImportKeyMaterial,
    ValidTo]"""
    end, now = given.get("kms:validto"), given.get("aws:currenttime", given.get("aws:epochtime"))
    seconds = number(end) if isinstance(end, str) else None
    moment = instant(now) if isinstance(now, str) else None
    if seconds is not None and moment is not None and not 0 < seconds - moment <= 365 * 86400:
        yield "F6: kms:ValidTo is later than the request, by 365 days at the most"


def source_warnings(given: Mapping[str, Value]) -> Iterator[str]:
    """F6: `aws:SourceArn` is of the account that `aws:SourceAccount` names, if it names one."""
    arn, account = given.get("aws:sourcearn"), given.get("aws:sourceaccount")
    if not isinstance(arn, str) or not isinstance(account, str) or arn.count(":") < 5:
        return
    if arn_account(arn) not in ("", account):
        yield f"F6: aws:SourceArn is of account {arn_account(arn)}, but aws:SourceAccount is {account}"


def required_parameters(prepared: PreparedRequest) -> Iterator[str]:
    """Keys (lower case) that every request with these other parameters has."""
    given, action = prepared.context.entries, prepared.action.lower()
    if action == "kms:importkeymaterial" and expires(given):
        yield "kms:validto"
    if action in TAGGING:
        yield "aws:tagkeys"
    for one, other in (IMAGE, IMAGE[::-1]):
        if one in given:
            yield other


def expires(given: Mapping[str, object]) -> bool:
    """True iff imported key material expires: it does, where the request does not say."""
    return given.get("kms:expirationmodel") != "KEY_MATERIAL_DOES_NOT_EXPIRE"


def _attestation(given: Mapping[str, Value]) -> Iterator[str]:
    measured = [key for key in given if key.startswith(ATTESTATION)]
    tpm = [key for key in measured if key.startswith(f"{ATTESTATION}nitrotpm")]
    if tpm and len(tpm) < len(measured):
        yield "F6: an attestation document is of a Nitro enclave or of a NitroTPM, not of both"
    hashes = {str(given[key]).lower().removeprefix("0x") for key in IMAGE if key in given}
    if len(hashes) > 1:
        yield "F6: kms:RecipientAttestation:ImageSha384 is PCR0 of the same attestation document"
