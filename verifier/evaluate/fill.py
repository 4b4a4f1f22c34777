"""The context of a request, completed with what follows from the caller and the key (F1–F5, F7, F8).

In: the estate, a request, its target. Out: the entries of the context.
Guarantee: what the request gives is never replaced; what does not follow is left absent, or free (U3), never invented.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial

from verifier.evaluate.callers import Standing
from verifier.evaluate.context import ENCRYPTION_CONTEXT, Context, Either, Entry, Free
from verifier.evaluate.controls import endpoint_named
from verifier.evaluate.fill_step_requests import about_operation, about_session_tags, not_modelled, tags_are_free
from verifier.evaluate.operations import operation
from verifier.evaluate.statements.targets import Target, TargetKind
from verifier.evaluate.statements.values import instant
from verifier.model import reference
from verifier.model.estate import Estate, Key
from verifier.model.organization import Organization
from verifier.model.readings import F1_KEYLESS, F1_ORGANIZATION, F1_PATHS, F1_RESOURCE, F8_CREATE, F8_RETIRE
from verifier.model.reference import SYMMETRIC
from verifier.model.request import CallerKind, Request, Value

PRINCIPAL_TYPE = {
    CallerKind.ROOT: "Account",
    CallerKind.USER: "User",
    CallerKind.ROLE: "AssumedRole",
    CallerKind.FEDERATED: "FederatedUser",
}
"""`aws:PrincipalType` (F1)."""

DEFAULTS = {"kms:keyorigin": "AWS_KMS", "kms:messagetype": "RAW", "kms:policyname": "default"}
"""Parameters whose default is the same for every key. [API: CreateKey, Sign, Verify, GetKeyPolicy, PutKeyPolicy]"""
DEFAULTS_OF_SYMMETRIC = {
    "kms:customermasterkeyspec": SYMMETRIC,
    "kms:customermasterkeyusage": "ENCRYPT_DECRYPT",
    "kms:encryptionalgorithm": SYMMETRIC,
    "kms:keyspec": SYMMETRIC,
    "kms:keyusage": "ENCRYPT_DECRYPT",
}
"""Those that are required for other keys. A key without a spec in CreateKey is symmetric. [API: CreateKey, Encrypt,
ReEncrypt]"""

_Entries = Iterator[tuple[str, Entry]]


def given_context(request: Request) -> dict[str, Value]:
    """What the request gives, by lower-case key; one value of a multi-valued key is a set of one, and the reverse."""
    found: dict[str, Value] = {}
    for key, value in request.context:
        known = reference.condition_key(key)
        if known is not None and known.multivalued and isinstance(value, str):
            value = (value,)
        elif known is not None and not known.multivalued and isinstance(value, tuple) and len(value) == 1:
            value = value[0]
        if value != ():
            found[key.lower()] = value
    return found


def given_pairs(request: Request) -> dict[str, str]:
    """The encryption context pairs that the request gives, by their exact names (F7)."""
    prefix = len(ENCRYPTION_CONTEXT)
    pairs = {key[prefix:]: value for key, value in request.context if key.lower().startswith(ENCRYPTION_CONTEXT)}
    return {name: value if isinstance(value, str) else value[0] for name, value in pairs.items() if value != ()}


def derived(
    estate: Estate, standing: Standing, target: Target, action: str, given: Mapping[str, Value]
) -> dict[str, Entry]:
    """What follows from the caller, the key and the other keys, whether or not the request gives it too."""
    found = dict(_defaults(target, action, given)) | dict(_about_request(standing, target, given))
    found |= dict(_about_endpoint(estate, given)) | dict(_about_caller(standing))
    found |= dict(_about_accounts(standing, target, action))
    if target.key is not None:
        found |= dict(_about_key(target.key, given))
    elif target.kind is TargetKind.NONE and may_create_key(action):
        found |= dict(_about_new_key(given))
    known = operation(action)
    if known is not None:
        found |= dict(about_operation(known, standing.caller, target, given))
    texts = {key: entry for key, entry in found.items() if isinstance(entry, str)}
    found |= dict(_about_organization(estate, standing, target, {**texts, **given}))
    return {key: entry for key, entry in found.items() if entry is not None and entry != ()}


def _defaults(target: Target, action: str, given: Mapping[str, Value]) -> _Entries:
    """F6: a parameter that the request leaves out has its default. [conditions-kms, "Conditions for an API operation
    request"]"""
    known, key = reference.action(action), target.key
    carried = known.condition_keys if known is not None else frozenset()
    usage = given.get("kms:keyusage", given.get("kms:customermasterkeyusage"))
    left_out = SYMMETRIC if key is None and usage in (None, "ENCRYPT_DECRYPT") else None
    specs = (key and key.spec, given.get("kms:keyspec"), given.get("kms:customermasterkeyspec"), left_out)
    symmetric = next((spec for spec in specs if spec is not None), None) == SYMMETRIC
    single = {"kms:multiregion": "false"} if "kms:multiregionkeytype" not in given else {}
    for name, value in {**DEFAULTS, **single, **(DEFAULTS_OF_SYMMETRIC if symmetric else {})}.items():
        if name in carried and name not in given:
            yield name, value


def complete(estate: Estate, standing: Standing, target: Target, request: Request) -> Context:
    """The whole context that the policies read."""
    given, pairs = given_context(request), given_pairs(request)
    entries = {**derived(estate, standing, target, request.action, given), **given}
    if target.key is not None and request.action.lower() == "kms:retiregrant":
        facts = [name for name, _ in _facts_of_key(target.key, given)]
        entries |= {name: Either(F8_RETIRE, entries.get(name), None) for name in facts}
    if pairs and "kms:encryptioncontextkeys" not in entries:
        entries["kms:encryptioncontextkeys"] = tuple(pairs)
    known = operation(request.action)
    not_said = partial(not_modelled, known, request.caller, target) if known is not None else None
    return Context(entries, pairs, tags_are_free(known, target), not_said)


def _about_request(standing: Standing, target: Target, given: Mapping[str, Value]) -> _Entries:
    """F1, F5: facts of every request to KMS."""
    service = standing.caller.kind is CallerKind.SERVICE
    yield "aws:securetransport", "true"
    yield "aws:requestedregion", target.region
    yield "aws:principalisawsservice", "true" if service else "false"
    forwarded = not service and called_by_service(given)
    yield "aws:viaawsservice", "true" if forwarded else "false"
    if "aws:calledviaawsmcp" in given:
        yield "aws:viaawsmcpservice", "true"
    chain = given.get("aws:calledvia")
    if isinstance(chain, tuple):
        yield "aws:calledviafirst", chain[0]
        yield "aws:calledvialast", chain[-1]
    moment = instant(_text(given, "aws:currenttime") or _text(given, "aws:epochtime") or "")
    if moment is not None:
        yield "aws:currenttime", _iso(moment)
        yield "aws:epochtime", format(moment, "f")
    for name, old in (("kms:keyspec", "kms:customermasterkeyspec"), ("kms:keyusage", "kms:customermasterkeyusage")):
        yield from ((key, given[other]) for key, other in ((old, name), (name, old)) if other in given)


def _about_endpoint(estate: Estate, given: Mapping[str, Value]) -> _Entries:
    """F4: a listed VPC endpoint stands in its VPC and belongs to its account, as far as the input says."""
    endpoint = endpoint_named(estate, given.get("aws:sourcevpce"))
    if endpoint is not None:
        yield "aws:sourcevpc", endpoint.vpc
        yield "aws:vpceaccount", endpoint.account


def called_by_service(given: Mapping[str, Value]) -> bool:
    """True iff the context shows that a service, or an AWS MCP service, calls with the caller's credentials (F5). [IAM:
    reference_policies_condition-keys]"""
    through = "kms:viaservice" in given or any(
        given.get(f"aws:calledvia{end}") for end in ("", "first", "last", "awsmcp")
    )
    said = ("aws:viaawsservice", "aws:viaawsmcpservice", "kms:grantisforawsresource")
    return through or any(_text(given, key).lower() == "true" for key in said)


def _text(given: Mapping[str, Value], key: str) -> str:
    value = given.get(key, "")
    return value if isinstance(value, str) else ""


def _iso(moment: Decimal) -> str | None:
    try:
        whole, _, fraction = format(moment, "f").partition(".")
        found = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=int(whole))).strftime("%Y-%m-%dT%H:%M:%S")
        return f"{found}.{fraction}Z" if fraction.strip("0") else f"{found}Z"
    except OverflowError:
        return None


def _about_caller(standing: Standing) -> _Entries:
    """F1, F3, F5: facts of the caller."""
    caller = standing.caller
    if caller.kind is CallerKind.SERVICE:
        yield "aws:principalservicename", caller.principal_arn
        yield "aws:principalservicenameslist", (caller.principal_arn,)
    if caller.account is None:
        return  # A service, or an identity of a provider, which is not yet a principal of AWS (E2w).
    yield "aws:principalarn", caller.principal_arn
    yield "aws:principalaccount", caller.account
    yield "aws:principaltype", PRINCIPAL_TYPE[caller.kind]
    yield "aws:userid", _user_id(standing)
    if caller.kind is CallerKind.USER:
        yield "aws:username", caller.principal_arn.rsplit("/", 1)[-1]
    yield from about_session_tags(standing)


def _user_id(standing: Standing) -> str | None:
    caller = standing.caller
    unique = standing.identity.unique_id if standing.identity else None
    if caller.kind is CallerKind.ROOT:
        return caller.account
    name = caller.principal_arn.rsplit("/", 1)[-1]
    if caller.kind is CallerKind.FEDERATED:
        return f"{caller.account}:{name}"
    if name.startswith("aws:"):  # a role that AWS owns [KMS Guide: ct-ec2two]
        unique = f"{caller.account}:{name}"
    return f"{unique}:{caller.session}" if unique and caller.kind is CallerKind.ROLE else unique


def _about_accounts(standing: Standing, target: Target, action: str) -> _Entries:
    """F1: the caller's account and the resource's. Of operations without a key those on key stores carry the first, and
    others may, but for `ListRetirableGrants`; whether those without a resource carry the second is open."""
    account = standing.caller.account
    known = reference.action(action)
    on_key_stores = known is not None and "CustomKeyStore" in known.name
    if target.kind is TargetKind.KEY or (account is not None and on_key_stores):
        yield "kms:calleraccount", account
    elif account is not None and target.kind in (TargetKind.ALIAS, TargetKind.NONE):
        yield "kms:calleraccount", Either(F1_KEYLESS, account, None)
    if target.owned:
        yield "aws:resourceaccount", target.account
    elif account is not None:
        yield "aws:resourceaccount", Either(F1_RESOURCE, target.account, None)


def may_create_key(action: str) -> bool:
    """True iff an operation on no key and no key store may make a key. One that the data does not know may (U4)."""
    known = reference.action(action)
    return known is None or known.name == "kms:CreateKey"


def _about_key(key: Key, given: Mapping[str, Value]) -> _Entries:
    """F8: what the key is, its aliases and tags."""
    yield from _facts_of_key(key, given)
    # A key that is called by an alias has that one at least.
    yield "kms:resourcealiases", Free(present="kms:requestalias" in given) if key.aliases is None else key.aliases
    for name, value in key.tags or ():
        yield f"aws:resourcetag/{name.lower()}", value


def _facts_of_key(key: Key, given: Mapping[str, Value]) -> _Entries:
    """F8: what the key is, free where the input does not give it (U3)."""
    multi_region = is_multi_region(key)
    for names, fact in (
        (("kms:keyspec", "kms:customermasterkeyspec"), key.spec),
        (("kms:keyusage", "kms:customermasterkeyusage"), key.usage),
        (("kms:keyorigin",), key.origin),
        (("kms:multiregion",), None if multi_region is None else str(multi_region).lower()),
    ):
        known = fact or next((given[name] for name in names if name in given), Free(present=True))
        yield from ((name, known) for name in names)
    kind = key.multi_region_type or Free(present=multi_region is True)
    yield "kms:multiregionkeytype", None if multi_region is False else kind


def _about_new_key(given: Mapping[str, Value]) -> _Entries:
    """F8: whether the tags that a new key is given are tags of the resource already is open (F8-create)."""
    for name, value in given.items():
        if name.startswith("aws:requesttag/"):
            yield f"aws:resourcetag/{name.removeprefix('aws:requesttag/')}", Either(F8_CREATE, value, None)


_UUID = re.compile(":key/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")


def is_multi_region(key: Key) -> bool | None:
    """True iff a key is a multi-Region key: where it is not given, its ID tells (L9); `None` where neither does, as of
    a key that is made yet. [multi-region-keys-overview]"""
    if key.multi_region is not None:
        return key.multi_region
    return True if ":key/mrk-" in key.arn else False if _UUID.search(key.arn) else None


def belongs(organization: Organization, account: str) -> bool:
    """True iff an account is a member of the organization, or its management account (F2)."""
    return account == organization.management_account or account in dict(organization.accounts)


def _about_organization(estate: Estate, standing: Standing, target: Target, given: Mapping[str, Value]) -> _Entries:
    """F2: organization keys follow from the account; whether each is there without a resource is open (F1)."""
    owners = (
        ("aws:principal", standing.caller.account),
        ("aws:resource", target.account),
        ("aws:vpce", _text(given, "aws:vpceaccount") or None),
    )
    organization = estate.organization
    for prefix, account in owners:
        if organization is not None and account is not None and belongs(organization, account):
            path = dict(organization.accounts).get(account)
            known: tuple[Entry, Entry] = organization.id, Free(present=True) if path is None else (path,)
            open_key = prefix == "aws:resource" and not target.owned
            for name, entry, reading in zip(("orgid", "orgpaths"), known, (F1_ORGANIZATION, F1_PATHS), strict=True):
                yield prefix + name, Either(reading, entry, None) if open_key else entry
