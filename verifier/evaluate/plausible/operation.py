"""What a request says of its operation or its key that the operation cannot carry (R3, F6, F7, F8).

In: a case, the request, its given context. Out: warnings. Guarantee: pure; see `plausible`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from verifier.evaluate.aside import Aside
from verifier.evaluate.case import Case
from verifier.evaluate.context import ENCRYPTION_CONTEXT
from verifier.evaluate.fill import SYMMETRIC, given_pairs, may_carry_caller_account, on_key_store
from verifier.evaluate.operations import IAM, OTHERS_OF_IAM_AND_STS, Operation
from verifier.evaluate.plausible.grant import new_grant_warnings
from verifier.evaluate.statements.targets import TargetKind
from verifier.model import reference
from verifier.model.estate import Key
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


def operation_warnings(case: Case, request: Request, given: Mapping[str, Value], tested: frozenset[str]) -> Iterator[str]:
    """Warnings about the operation's own keys and the key. `tested` are the condition keys (lower case) that some policy tests."""
    if case.retires and case.grants.listed is None:
        told = "G5: who may retire a grant depends on the grant; the key's grants are not given, so this is decided by the policies alone"
        yield Aside(told)
    if case.action.lower() == "kms:creategrant":
        yield from new_grant_warnings(request, given)
    yield from _suits(case)
    yield from _operation_keys(case, given)
    yield from _encryption_context(case, request, given, tested)
    yield from _aliases(case, given)
    if case.target.key is not None:
        yield from _tags(case.target.key, given)
    elif case.target.kind in (TargetKind.NONE, TargetKind.PRINCIPAL, TargetKind.ALIAS):
        yield from (f"F8: {case.action} is on no key, so that {name} is absent" for name in given if name.startswith("aws:resourcetag/"))


def operation_elsewhere_warnings(operation: Operation, given: Mapping[str, Value]) -> Iterator[str]:
    """F6: a key of IAM, STS or KMS that an operation of a step has not (E1, E2)."""
    for key in given:
        foreign = key in OTHERS_OF_IAM_AND_STS and key not in operation.carries
        tags = key.startswith(REQUEST_TAGS) and operation.rule == IAM and not key.startswith(tuple(operation.carries))
        if foreign or tags or key.startswith("kms:"):
            yield f"F6: {operation.name} has no {key}"


def _suits(case: Case) -> Iterator[str]:
    """R3: the operation must fit the resource; whether it fits the key is for `plausible_facts` to say."""
    if reference.action(case.action) is not None and case.target.kind is TargetKind.NONE and case.resource is not None:
        yield Aside(f"R3: {case.action} takes no key; `resource` is left aside")


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


def _encryption_context(case: Case, request: Request, given: Mapping[str, Value], tested: frozenset[str]) -> Iterator[str]:
    """F6, F7: an encryption context needs an operation that takes one and a symmetric key, and its names are its pairs'."""
    pairs, names = given_pairs(request), given.get(ENCRYPTION_CONTEXT_KEYS)
    constrained = case.action.lower() == "kms:creategrant" and "kms:grantconstrainttype" in given
    if not pairs and names is None and not constrained:
        return
    action, key = reference.action(case.action), case.target.key
    spec = (key.spec if key is not None else None) or given.get("kms:keyspec", SYMMETRIC)
    if action is not None and not action.encryption_context:
        yield f"F6: {action.name} takes no encryption context"
    elif spec != SYMMETRIC:
        yield f"F6: a key of spec {spec} takes no encryption context"
    listed = set() if names is None else {names} if isinstance(names, str) else set(names)
    bare = {name for name in listed - set(pairs) if f"{ENCRYPTION_CONTEXT}{name.lower()}" in tested}
    if names is not None and (bare or set(pairs) - listed):
        told = "F7: kms:EncryptionContextKeys holds the names of the pairs kms:EncryptionContext:NAME, neither more nor fewer"
        yield told if pairs else Aside(told)


def _aliases(case: Case, given: Mapping[str, Value]) -> Iterator[str]:
    """F8: `kms:RequestAlias` is one of the key's aliases."""
    alias, key = given.get("kms:requestalias"), case.target.key
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
        yield "F8: the key has no aliases"
