"""Facts about operations and keys (R3, F6, F8): which operation carries which condition keys, and suits which key.

In: a space. Out: expressions that hold of every request.
Guarantee: an operation is ruled out only where the reference data says so; one that the data does not know may carry
anything (U4).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, lru_cache

from verifier.model.readings import F6, F6_REPLICATE, F6_REPLICATE_KEYS, F6_UNTAG, G3_ASYMMETRIC
from verifier.model.reference import SYMMETRIC, actions, fitting_values, suits
from verifier.problem.classes.predicates import Field, OneOf, exactly, like
from verifier.problem.expression import Expression, Present, Symbol, Test, disjunction, implies, same
from verifier.problem.facts.shared import has, is_member
from verifier.problem.semantics.keyless import LIST_RETIRABLE, RETIRING
from verifier.problem.semantics.targets import FACT_FIELDS, TargetKind, facts_of_text
from verifier.problem.space import Space, acts

_PARAMETERS = """
encryptionalgorithm signingalgorithm macalgorithm keyagreementalgorithm datakeypairspec messagetype grantoperations
primaryregion replicaregion policyname wrappingalgorithm wrappingkeyspec encapsulationalgorithm reencryptonsamekey
"""
_REQUIRED = frozenset(f"kms:{name}" for name in _PARAMETERS.split())
"""Operation keys of parameters that are required or have a default (F6)."""
REQUEST_TAGS, TAG_KEYS, UNTAG, REPLICATE = "aws:requesttag/", "aws:tagkeys", "kms:UntagResource", "kms:ReplicateKey"
_PERHAPS = {REQUEST_TAGS: {UNTAG: F6_UNTAG, REPLICATE: F6_REPLICATE}, TAG_KEYS: {REPLICATE: F6_REPLICATE_KEYS}}
"""Operations that carry a key by a reading alone."""
OF_OTHERS = frozenset(
    ("sts:externalid", "sts:rolesessionname", "sts:awsservicename", "sts:durationseconds")
    + ("iam:passedtoservice", "iam:associatedresourcearn")
)
"""Keys that only requests to assume or pass a role, or for a bearer token, have [IAM:
reference_policies_iam-condition-keys, Availability]."""
_PERIODS = frozenset({"kms:rotationperiodindays", "kms:schedulekeydeletionpendingwindowindays"})
_DEFAULTED = frozenset({"kms:bypasspolicylockoutsafetycheck", "kms:expirationmodel"}) | _PERIODS
"""Operation keys of parameters that have a default, of which the pages do not say alike whether it is shown (F6)."""


def operation_keys(space: Space) -> Iterator[Expression]:
    """F6: an operation key is present only in the operations that have it."""
    for name in space.attributes:
        if name in OF_OTHERS:
            yield implies(Present(name), ~acts(space.known_actions))
        carried = _carried_by(space, name)
        if carried is None:
            continue
        yield implies(Present(name), carried)
        known = carried & acts(space.known_actions)
        if name in _REQUIRED:
            yield implies(known, Present(name))
        elif name in _DEFAULTED:
            yield implies(known & Symbol(F6), Present(name))


def _carried_by(space: Space, name: str) -> Expression | None:
    wanted = next((prefix for prefix in ("kms:encryptioncontext:", REQUEST_TAGS) if name.startswith(prefix)), name)
    if name == "kms:encryptioncontextkeys":
        wanted = "kms:encryptioncontext:"
    without = lacking(wanted)
    if without is None:
        return None
    carried = ~acts(without & space.known_actions)  # an unknown action may carry it (U4)
    if wanted in _PERHAPS:
        readings = _PERHAPS[wanted].items()
        return carried | disjunction(acts({name}) & Symbol(reading) for name, reading in readings)
    if wanted == "kms:encryptioncontext:" and "facts" in space.attributes:
        constrains = acts({"kms:CreateGrant", "kms:RetireGrant"}) & Symbol(G3_ASYMMETRIC)
        return carried & (_has_spec(frozenset({SYMMETRIC})) | constrains)
    return carried


@lru_cache(4096)
def lacking(key: str) -> frozenset[str] | None:
    """The known actions that do not carry a condition key; `None` for a key that none carries."""
    carrying = [a.name for a in actions() if key in a.condition_keys]
    return frozenset(a.name for a in actions()).difference(carrying) if carrying else None


def fitting_algorithms(space: Space) -> Iterator[Expression]:
    """R3: the algorithm in a request is one that the key takes, and the type of the message one that the algorithm
    takes."""
    if space.target.kind is TargetKind.KEY:
        for name in space.attributes:
            by_values: dict[frozenset[str], set[str]] = {}
            for spec, values in fitting_values(name).items():
                by_values.setdefault(values, set()).add(spec)
            for values, specs in by_values.items():
                yield implies(Present(name) & _has_spec(frozenset(specs)), Test(name, OneOf(values)))
    if has(space, _SIGNING) and has(space, _MESSAGE):
        for algorithm, kind in _MESSAGE_TYPES:
            yield implies(Test(_SIGNING, exactly(algorithm)) & Present(_MESSAGE), Test(_MESSAGE, exactly(kind)))


def other_regions(space: Space) -> Iterator[Expression]:
    """F6: a replica is made in another Region than its primary key's. What takes the primary key's place is a replica,
    and the request names its Region. [API: ReplicateKey, ReplicaRegion; UpdatePrimaryRegion, Required permissions]"""
    if space.target.kind is not TargetKind.KEY:
        return
    own = exactly(str(space.target.region))
    if has(space, "kms:replicaregion"):
        yield ~Test("kms:replicaregion", own)
    if has(space, _PRIMARY):
        is_replica = Test("facts", Field(FACT_FIELDS["kms:multiregionkeytype"], OneOf(frozenset({"REPLICA"}))))
        yield implies(Present(_PRIMARY), same(Test(_PRIMARY, own), is_replica))


_PRIMARY, _SIGNING, _MESSAGE = "kms:primaryregion", "kms:signingalgorithm", "kms:messagetype"
_MESSAGE_TYPES = (("ED25519_SHA_512", "RAW"), ("ED25519_PH_SHA_512", "DIGEST"))
"""The algorithms that require a type of message [API: Sign, MessageType]."""


def _has_spec(specs: frozenset[str]) -> Expression:
    """True iff the key has one of some specs."""
    return Test("facts", Field(FACT_FIELDS["kms:keyspec"], OneOf(specs)))


def suitable_actions(space: Space) -> Iterator[Expression]:
    """R3: the operation can be sent to a key with these facts."""
    if space.target.kind is not TargetKind.KEY:
        if "facts" in space.attributes:
            created = acts({"kms:CreateKey"})
            # No page says what that of a replica, which changes may be about, has (R8).
            yield (implies if space.possible_changes else same)(Present("facts"), created)
        return
    for keys, names in unsuited(space.known_actions, space.attributes["facts"].values or ()):
        yield implies(keys, ~acts(names))


@lru_cache(64)
def unsuited(names: frozenset[str], values: tuple[str, ...]) -> tuple[tuple[Expression, frozenset[str]], ...]:
    """Keys by their facts, each with the actions among some that cannot be sent to them; those that all suit aside."""
    texts: dict[frozenset[str], set[str]] = {}
    for text in values:
        texts.setdefault(_unsuited(names, text), set()).add(text)
    return tuple((Test("facts", OneOf(frozenset(own))), unfit) for unfit, own in texts.items() if unfit)


@cache
def _unsuited(names: frozenset[str], text: str) -> frozenset[str]:
    """The actions that cannot be sent to a key with some facts: reference data alone, so remembered from one question
    to the next."""
    facts = facts_of_text(text)
    return frozenset(name for name in names if not suits(name, facts))


def existing_actions(space: Space) -> Iterator[Expression]:
    """R3: actions for another kind of resource are not requests on this target; one operation is about a retiring
    principal (D9)."""
    yield ~acts(frozenset(a.name for a in actions()) - space.known_actions)
    if has(space, RETIRING):
        yield same(Present(RETIRING), acts({LIST_RETIRABLE}))


# -- F8 --


def aliases(space: Space) -> Iterator[Expression]:
    """F8: `kms:RequestAlias` is one of the key's aliases, or absent."""
    name, of = "kms:requestalias", "kms:resourcealiases"
    if not has(space, name):
        return
    key = space.target.key
    if key is not None and key.manager != "AWS":
        yield ~Test(name, like("alias/aws/*"))  # R4: these name AWS's own keys
    if key is None:
        yield ~Present(name)
    elif key.aliases is not None:
        yield implies(Present(name), Test(name, OneOf(frozenset(key.aliases))))
    elif has(space, of):
        yield from is_member(space, name, of)


OF_OPERATIONS = (suitable_actions, existing_actions, operation_keys, fitting_algorithms, other_regions, aliases)
"""Every fact of this module."""
