"""What a request says of its operation or its key that the operation cannot carry (R3, F6, F7, F8).

In: a case, the request, its given context. Out: warnings. Guarantee: pure; see `plausible`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from verifier.evaluate.aside import Aside
from verifier.evaluate.case import Case
from verifier.evaluate.context import ENCRYPTION_CONTEXT
from verifier.evaluate.fill import given_pairs, may_carry_caller_account, on_key_store
from verifier.evaluate.operations import IAM, OTHERS_OF_IAM_AND_STS, Operation
from verifier.evaluate.plausible_grant import new_grant_warnings
from verifier.evaluate.targets import TargetKind
from verifier.model import reference
from verifier.model.estate import Key
from verifier.model.reference import KeyFacts
from verifier.model.request import Request, Value

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
REQUEST_TAGS = ("aws:requesttag/", "aws:tagkeys")
"""Keys that only operations with a `Tags` parameter have (F6)."""
ENCRYPTION_CONTEXT_KEYS = "kms:encryptioncontextkeys"


def operation_warnings(case: Case, request: Request, given: Mapping[str, Value]) -> Iterator[str]:
    """Warnings about the operation's own keys and the key."""
    if case.retires and case.grants.listed is None:
        told = "G5: who may retire a grant depends on the grant; the key's grants are not given, so this is decided by the policies alone"
        yield Aside(told)
    if case.action.lower() == "kms:creategrant":
        yield from new_grant_warnings(request, given)
    yield from _suits(case, given)
    yield from _operation_keys(case, given)
    yield from _encryption_context(case, request, given)
    yield from _aliases(case, given)
    if case.target.key is not None:
        yield from _tags(case.target.key, given)


def operation_elsewhere_warnings(operation: Operation, given: Mapping[str, Value]) -> Iterator[str]:
    """F6: a key of IAM, STS or KMS that an operation of a step has not (E1, E2)."""
    for key in given:
        foreign = key in OTHERS_OF_IAM_AND_STS and key not in operation.carries
        tags = key.startswith(REQUEST_TAGS) and operation.rule == IAM
        if foreign or tags or key.startswith("kms:"):
            yield f"F6: {operation.name} has no {key}"


def _suits(case: Case, given: Mapping[str, Value]) -> Iterator[str]:
    """R3: the operation must fit the resource, and the key's spec and usage."""
    key, action = case.target.key, reference.action(case.action)
    if action is not None and case.target.kind is TargetKind.NONE and case.resource is not None:
        yield Aside(f"R3: {case.action} takes no key; `resource` is left aside")
    if key is None:
        return
    told = _told(key, given)
    on = f"on a key of {', '.join(f'{name} {value}' for name, value in told.items())}"
    fitting = [facts for facts in reference.key_facts() if told.items() <= _as_told(facts).items()]
    suited = [facts for facts in fitting if reference.suits(case.action, facts)]
    if fitting and not suited:
        yield f"R3: {case.action} cannot be called {on}"
    for name, value in given.items():
        by_spec = reference.fitting_values(name)
        if by_spec and suited and not any(value in by_spec.get(facts.spec, (value,)) for facts in suited):
            yield f"R3: {case.action} takes no {name} {value} {on}"


def _told(key: Key, given: Mapping[str, Value]) -> dict[str, str]:
    """What the input and the request say of a key, whose ID tells whether it is a multi-Region key (L9, U3, F8)."""
    several = ":key/mrk-" in key.arn if key.multi_region is None else key.multi_region
    facts = {"spec": key.spec or given.get("kms:keyspec", given.get("kms:customermasterkeyspec"))}
    facts |= {"usage": key.usage or given.get("kms:keyusage", given.get("kms:customermasterkeyusage"))}
    facts |= {"origin": key.origin or given.get("kms:keyorigin")}
    facts |= {"Regions": key.multi_region_type or given.get("kms:multiregionkeytype") if several else "one"}
    return {name: str(value) for name, value in facts.items() if value is not None}


def _as_told(facts: KeyFacts) -> dict[str, str]:
    return {"spec": facts.spec, "usage": facts.usage, "origin": facts.origin, "Regions": facts.multi_region_type or "one"}


def _operation_keys(case: Case, given: Mapping[str, Value]) -> Iterator[str]:
    """F6: a key that the operation does not have."""
    action = reference.action(case.action)
    if action is None:
        return
    allowed = action.condition_keys | EVERYWHERE | {"kms:grantisforawsresource"}
    if action.name == "kms:UntagResource":
        allowed |= {REQUEST_TAGS[0]}  # the reading F6-untag
    if case.target.kind is TargetKind.KEY:
        allowed |= KEY_FACTS
    elif not on_key_store(action.name) and not may_carry_caller_account(action.name):
        allowed -= {"kms:calleraccount"}
    for key in given:
        own = key.startswith(("kms:", *REQUEST_TAGS)) and not key.startswith(ENCRYPTION_CONTEXT) and key != ENCRYPTION_CONTEXT_KEYS
        if own and key not in allowed and not any(key.startswith(prefix) for prefix in REQUEST_TAGS if prefix in allowed):
            yield f"F6: {action.name} has no {key}"


def _encryption_context(case: Case, request: Request, given: Mapping[str, Value]) -> Iterator[str]:
    """F6, F7: an encryption context needs an operation that takes one and a symmetric key, and its names are its pairs'."""
    pairs, names = given_pairs(request), given.get(ENCRYPTION_CONTEXT_KEYS)
    if not pairs and names is None:
        return
    action, key = reference.action(case.action), case.target.key
    if action is not None and not action.encryption_context:
        yield f"F6: {action.name} takes no encryption context"
    elif key is not None and key.spec not in (None, "SYMMETRIC_DEFAULT"):
        yield f"F6: a key of spec {key.spec} takes no encryption context"
    listed = set() if names is None else {names} if isinstance(names, str) else set(names)
    if names is not None and listed != set(pairs):
        told = "F7: kms:EncryptionContextKeys holds the names of the pairs kms:EncryptionContext:NAME, neither more nor fewer"
        yield told if pairs else Aside(told)


def _aliases(case: Case, given: Mapping[str, Value]) -> Iterator[str]:
    """F8: `kms:RequestAlias` is one of the key's aliases."""
    alias, key = given.get("kms:requestalias"), case.target.key
    if isinstance(alias, str) and key is not None and key.aliases is not None and alias not in key.aliases:
        yield f"F8: {alias} is not an alias of the key"


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
        yield "F8: the key has no aliases"
