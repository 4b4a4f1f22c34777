"""Requests that could be sent, or nearly: every operation and kind of caller, with one condition key after another
changed (F1–F9).

In: a seed. Out: estates and requests, and what each request has. Guarantee: every condition key of the data is given
and left out.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace

from tests.agreement.keys import BY_NAME, VALUES
from tests.agreement.realizable import Entries
from tests.agreement.world import ENDPOINTS, ORGANIZATION, PATHS, VPCS, World
from tests.agreement.world import NAMES as TAG_VALUES
from tests.evaluate.estates import (
    ALIAS,
    ALICE,
    HOME,
    KEY,
    PARTNER,
    REPORTS,
    allow,
    endpoint,
    estate,
    home,
    identity,
    own,
    untagged,
)
from verifier.evaluate.context import Either
from verifier.evaluate.preparation import prepare
from verifier.model import reference
from verifier.model.estate import Estate, Key
from verifier.model.organization import Organization
from verifier.model.reference import Action, KeyFacts, ValueType
from verifier.model.request import Caller, CallerKind, Request, Value

WORLD = World("aws", "us-west-2", (KEY,))
PAIR, _TAG = "kms:EncryptionContext:", "team"
NAMES = tuple(
    dict.fromkeys(key.name if key.prefix is None else key.prefix + _TAG for key in reference.condition_keys())
)
"""Every condition key of the data; one name of each template."""
_MEASURED = "kms:RecipientAttestation:"
_USED = tuple(
    n
    for n in NAMES
    if not n.startswith(_MEASURED) or n.endswith(("ImageSha384", "PCR0", "PCR8", "PCR12", "ServiceName"))
)
"""The measurements of an attestation are alike."""

_ALL = [own("kms:ListKeys", Effect="Deny", Condition={"Null": dict.fromkeys(NAMES, "false")})]
"""A policy that tests every key."""
_UNKNOWN = {"spec": None, "usage": None, "origin": None, "multi_region": None, "aliases": None, "tags": None}
_RSA = {"spec": "RSA_2048", "usage": "SIGN_VERIFY", "aliases": (), "tags": ()}
_HMAC = {"spec": "HMAC_256", "usage": "GENERATE_VERIFY_MAC", "multi_region": True, "multi_region_type": "PRIMARY"}
_STAFF = home(
    identity(ALICE, *_ALL, tags=(("team", "red"),), unique_id="AIDAALICE"),
    untagged(REPORTS, tags=(("team", "blue"),), unique_id="AROAREPORTS"),
)
_TAGS = own("sts:TagSession", Condition={"StringEquals": {"aws:RequestTag/team": TAG_VALUES[0]}})
_TAGGING = home(identity(ALICE, *_ALL, own("sts:GetFederationToken"), _TAGS, tags=(("team", "red"),)), *_STAFF.roles)
"""A user who can pass one value of a tag to federated sessions (F3)."""


def estates() -> tuple[Estate, ...]:
    """Keys of several kinds, with and without an organization, endpoints and facts."""
    member = Organization(ORGANIZATION, "999988887777", (("999988887777", None), (HOME, PATHS[0])), ())
    made = [
        estate(allow(), accounts=(_STAFF,), **facts)
        for facts in ({}, _UNKNOWN, _RSA, _HMAC, {"origin": "EXTERNAL", "aliases": None})
    ]
    door = endpoint(allow(), id=ENDPOINTS[0], vpc=VPCS[0], account=HOME)
    return (replace(made[0], organization=member, endpoints=(door,)), *made[1:], estate(allow(), accounts=(_TAGGING,)))


CALLERS = (
    Caller(CallerKind.USER, ALICE, HOME),
    Caller(CallerKind.ROLE, REPORTS, HOME, "nightly"),
    Caller(CallerKind.ROLE, f"arn:aws:iam::{PARTNER}:role/batch", PARTNER, "run"),
    Caller(CallerKind.USER, f"arn:aws:iam::{PARTNER}:user/Eve", PARTNER),
    Caller(CallerKind.ROOT, f"arn:aws:iam::{HOME}:root", HOME),
    Caller(CallerKind.FEDERATED, f"arn:aws:sts::{HOME}:federated-user/Sam", HOME, issuer=ALICE),
    Caller(CallerKind.SERVICE, "s3.amazonaws.com"),
)


OF_SERVICES = (
    "kms:GrantIsForAWSResource",
    "kms:ViaService",
    "aws:CalledVia",
    "aws:CalledViaFirst",
    "aws:CalledViaAWSMCP",
)
"""Keys that say that a service calls on the caller's behalf: many requests with them say that none does (F5)."""
OF_CALLERS = ("aws:PrincipalArn", "aws:PrincipalAccount", "kms:CallerAccount", "aws:PrincipalType", "aws:userid")
"""Keys whose values in a service principal's request are open (F1)."""


def values_of(name: str) -> tuple[Value, ...]:
    """A few values of a key, most of which some request has."""
    listed, tested = reference.key_values(name), BY_NAME.get(name.lower())
    known = reference.condition_key(name)
    assert known is not None
    if tested is not None:
        found = tested.values(WORLD)
    elif listed is not None:
        found = listed[:3]
    else:
        found = VALUES.get(name.lower()) or _OF_TYPE.get(known.type, ("example", "other"))
    found = (*found, *_ODD.get(name.lower(), ()), *(("odd/#",) if known.type is not ValueType.STRING else ()))
    return tuple((value,) for value in found) if known.multivalued else found


_OF_TYPE = {ValueType.BOOL: ("true", "false"), ValueType.NUMERIC: ("7", "90"), ValueType.IP: ("10.1.2.3",)}
_ODD: dict[str, tuple[str, ...]] = {
    "aws:epochtime": ("1767225600.5",),
    "kms:schedulekeydeletionpendingwindowindays": ("6", "31"),
    "kms:rotationperiodindays": ("89", "2561"),
    "kms:requestalias": ("alias/aws/s3", "payments"),
    "kms:viaservice": ("s3.us-east-1.amazonaws.com", "s3.amazonaws.com"),
    **dict.fromkeys(
        ("aws:sourcevpc", "aws:sourcevpce", "aws:vpceaccount", "aws:principalorgid", "aws:principalorgpaths"),
        ("example",),
    ),
    **dict.fromkeys(
        ("aws:sourceaccount", "aws:calledvia", "kms:resourcealiases", "kms:grantoperations", "kms:replicaregion"),
        ("Odd",),
    ),
    **dict.fromkeys(("kms:granteeprincipal", "kms:retiringprincipal", "kms:granteeserviceprincipal"), ("Odd",)),
    "kms:grantconstrainttype": ("Odd",),
}
"""Values that no request has, or few."""


def base(key_facts: dict[str, str], caller: Caller, action: Action) -> dict[str, Value]:
    """The context of a request that could be sent."""
    found: dict[str, Value] = {"aws:UserAgent": "aws-cli/2.15", "aws:CurrentTime": "2026-01-01T00:00:00Z"}
    if caller.kind is not CallerKind.SERVICE:
        found["aws:SourceIp"] = "203.0.113.10"
    if caller.kind in (CallerKind.ROLE, CallerKind.FEDERATED):
        found["aws:TokenIssueTime"] = "2025-12-31T00:00:00Z"
    if not action.resources:
        found["aws:RequestedRegion"] = "us-west-2"
    found |= {name: value for name, value in _REQUIRED.items() if name.lower() in action.condition_keys}
    for name in found:
        fitting = reference.fitting_values(name).get(key_facts.get("spec", ""))
        if fitting:
            found[name] = sorted(fitting)[0]
    if action.name in ("kms:TagResource", "kms:UntagResource"):
        found["aws:TagKeys"] = (_TAG,)
    if action.name == "kms:TagResource":
        found[f"aws:RequestTag/{_TAG}"] = "red"
    return found


_REQUIRED: dict[str, Value] = {
    "kms:DataKeyPairSpec": "RSA_2048",
    "kms:EncapsulationAlgorithm": "ML_KEM",
    "kms:EncryptionAlgorithm": "SYMMETRIC_DEFAULT",
    "kms:GrantOperations": ("DescribeKey",),
    "kms:GranteePrincipal": ALICE,
    "kms:KeyAgreementAlgorithm": "ECDH",
    "kms:KeyOrigin": "AWS_KMS",
    "kms:KeySpec": "SYMMETRIC_DEFAULT",
    "kms:KeyUsage": "ENCRYPT_DECRYPT",
    "kms:MacAlgorithm": "HMAC_SHA_256",
    "kms:MessageType": "RAW",
    "kms:MultiRegion": "false",
    "kms:PolicyName": "default",
    "kms:PrimaryRegion": "us-east-1",
    "kms:ReEncryptOnSameKey": "true",
    "kms:ReplicaRegion": "us-east-1",
    "kms:SigningAlgorithm": "RSASSA_PSS_SHA_256",
    "kms:ValidTo": "1798761600",
    "kms:WrappingAlgorithm": "RSAES_OAEP_SHA_256",
    "kms:WrappingKeySpec": "RSA_2048",
}


def requests(count: int, seed: int, found: Estate) -> Iterator[Request]:
    """Requests on the one key, an alias and nothing; each key of the data is changed in turn."""
    chance = random.Random(seed)
    changed = [(name, value) for name in _USED for value in (*values_of(name), None)]
    firsts: list[tuple[tuple[str, Value | None], ...]] = [(change,) for change in changed]
    firsts += [((name, value), ("aws:ViaAWSService", "false")) for name in OF_SERVICES for value in values_of(name)] * 3
    chance.shuffle(firsts)
    facts = {"spec": found.keys[0].spec or "SYMMETRIC_DEFAULT"}
    for number in range(count):
        first = firsts[number % len(firsts)]
        action, caller = _action(chance, first[0][0], found.keys[0]), chance.choice(CALLERS)
        context = base(facts, caller, action)
        for name, value in [*first, *chance.choices(changed, k=chance.choice((0, 0, 0, 0, 0, 0, 1, 2)))]:
            if value is None or (caller.kind is CallerKind.SERVICE and name in OF_CALLERS):
                context.pop(name, None)
            else:
                context[name] = value
        yield Request(caller, action.name, _resource(action), tuple(context.items()))


def _action(chance: random.Random, name: str, key: Key) -> Action:
    """Any operation; more often one that suits the key, and one that has the condition key."""
    fitting = [one for one in reference.actions() if _suits(one.name, key)]
    carried = [one for one in fitting if any(name.lower().startswith(own) for own in one.condition_keys)]
    pools = [pool for pool in (carried, fitting, reference.actions()) if pool]
    return chance.choice(chance.choices(pools, weights=(60, 35, 5)[-len(pools) :])[0])


def _suits(action: str, key: Key) -> bool:
    if key.spec is None or key.usage is None or key.origin is None:
        return True
    return reference.suits(action, KeyFacts(key.spec, key.usage, key.origin, key.multi_region_type))


def _resource(action: Action) -> str | None:
    if not action.resources:
        return None
    return ALIAS if action.resources == {"alias"} else KEY


def entries_of(found: Estate, request: Request) -> Entries:
    """What the request has, as it is decided: what is open is left out; that a unique ID is not known is no absence. A
    key that is left out is absent where some policy tests it."""
    context = prepare(found, request).context
    given = {name.lower() for name, _ in request.context}
    named: dict[str, Value | None] = {}
    for name in NAMES:
        entry = context.entries.get(name.lower())
        if isinstance(entry, Either) and name.lower() in given:
            entry = entry.yes  # the request has it
        if isinstance(entry, str | tuple):
            named[name] = entry
        elif entry is None and name.lower() in found.tested_keys and name != "aws:userid" and not name.startswith(PAIR):
            named[name] = None
    named |= dict.fromkeys(name for name in NAMES if name.startswith(PAIR) and name.lower() in found.tested_keys)
    return named | {f"{PAIR}{name}": value for name, value in context.pairs.items()}
