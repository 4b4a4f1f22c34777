"""What a question is about, as people name it: keys by name, alias, ARN or ID; actions by name or pattern; one caller
by its ARN, or as `role/NAME` or `user/NAME` of an account.

In: the estate, texts. Out: keys; names of actions; the ARN of a user, role, root user, federated user or provider (a
session is its role).
Guarantee: what names nothing, or no one caller, is an `InputError` that says what there is (S3).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from verifier.evaluate import request_from_json
from verifier.model.estate import Estate, Key
from verifier.model.policy import Fault, Principal, PrincipalType, arn_account, arn_kind, principal_named
from verifier.model.reference import actions as known_actions
from verifier.model.reference import matching
from verifier.model.request import Request
from verifier.syntax.diagnostic import InputError
from verifier.syntax.generated import check_values
from verifier.syntax.text import brief, did_you_mean, first_few

_MOST_LISTED = 8


def keys_named(estate: Estate, names: Sequence[str]) -> tuple[Key, ...]:
    """The keys with these names, aliases, ARNs or key IDs, in order; every key if none is. Raises `InputError`."""
    if not estate.keys:
        raise InputError.of("the input holds no key, so there is nothing to ask about", rule="S3")
    for name in names:
        if not any(name in names_of_key(key) for key in estate.keys):
            raise InputError.of(f"the input holds no key named {brief(name)!r}", hint=_hint(estate, name), rule="S3")
    return tuple(key for key in estate.keys if not names or names_of_key(key) & set(names))


def arn_named(estate: Estate, resource: object) -> object:
    """The ARN of the key that a resource names; any other resource as it is."""
    arns = [key.arn for key in estate.keys if resource == key.name or resource in (key.aliases or ())]
    return arns[0] if len(arns) == 1 else resource


def names_of_key(key: Key) -> frozenset[str]:
    """All that a key is called."""
    start = f"arn:{key.partition}:kms:{key.region}:{key.account}:"
    aliases = [name for alias in key.aliases or () for name in (alias, start + alias)]
    own = [] if key.name is None else [key.name]
    return frozenset((key.arn, key.arn.rsplit("/", 1)[-1], *own, *aliases))


def _hint(estate: Estate, name: str) -> str:
    close = did_you_mean(name, sorted({known for key in estate.keys for known in names_of_key(key)}))
    listed = ", ".join(brief(key.name or key.arn) for key in estate.keys[:_MOST_LISTED])
    return close or f"its keys: {listed}" + (" and others" if len(estate.keys) > _MOST_LISTED else "")


def actions_named(patterns: Sequence[str]) -> tuple[str, ...]:
    """The known actions on a key that some patterns match, in the order of the reference data. Raises `InputError` for
    a pattern that matches none."""
    on_keys = [action.name for action in known_actions() if "key" in action.resources]
    matched: set[str] = set()
    for pattern in patterns:
        found = matching(pattern).intersection(on_keys)
        if not found:
            raise _no_action(pattern, on_keys)
        matched |= found
    return tuple(name for name in on_keys if name in matched)


def _no_action(pattern: str, on_keys: Sequence[str]) -> InputError:
    others = sorted(matching(pattern))
    if others:
        return InputError.of(f"{others[0]} is no action on a key, so no key policy or grant decides it", rule="D9")
    return InputError.of(f"KMS has no action {brief(pattern)!r}", hint=did_you_mean(pattern, on_keys), rule="S3")


_SHORT = re.compile(r"((?:user|role)/[\x21-\x7e]*?[\w+=,.@-]{1,64})(?:\s+(?:in|of)\s+([0-9]{12}))?", re.ASCII)
_PROVIDER = re.compile(r"arn:aws[a-z-]*:iam::[0-9]{12}:(?:oidc|saml)-provider/[\x21-\x7e]+", re.ASCII)
_HINT = "an ARN, or role/NAME or user/NAME, as in: verifier reach role/ops --key payments snapshot.yaml"


def caller_named(estate: Estate, text: str, keys: Sequence[Key]) -> str:
    """The principal that a text names; without an account it is of an account of the keys. Raises `InputError`, also
    for one that may be a user or role whose name is generated (S4)."""
    found = _caller(estate, text.strip(), keys)
    check_values(estate.generated, (("", found),))
    return found


def _caller(estate: Estate, text: str, keys: Sequence[Key]) -> str:
    short = _SHORT.fullmatch(text)
    if short is not None:
        accounts = (short[2],) if short[2] else tuple(dict.fromkeys(key.account for key in keys))
        return _of_accounts(estate, short[1], accounts, keys[0].partition if keys else "aws")
    if _PROVIDER.fullmatch(text):
        return _provider(estate, text)
    found = principal_named(text)
    if isinstance(found, Fault):
        raise InputError.of(f"{brief(text)!r} names no caller: {found.message}", hint=_HINT, rule="S3")
    return _of_arn(estate, found, keys[0].partition if keys else "aws")


def _of_arn(estate: Estate, found: Principal, partition: str) -> str:
    match found.type:
        case PrincipalType.ACCOUNT:
            return f"arn:{found.partition or partition}:iam::{found.account}:root"
        case PrincipalType.FEDERATED_USER:
            return found.value
        case PrincipalType.SESSION:
            return _role_of(estate, found)
        case PrincipalType.USER | PrincipalType.ROLE:
            if found.account in _complete(estate) and found.value not in _known(estate, (found.account,)):
                raise _nobody(estate, found.value, (found.account,))
            return found.value
    raise InputError.of(f"{brief(found.value)!r} is not the ARN of a caller", hint=_HINT, rule="S3")


def _provider(estate: Estate, arn: str) -> str:
    """A provider, if its account may have it (E2w)."""
    listed = next((account.providers for account in estate.accounts if account.id == arn_account(arn)), None)
    if listed is not None and arn not in listed:
        known = did_you_mean(arn, listed) or (f"it has {first_few(listed)}" if listed else None)
        message = f"there is no {brief(arn)} among the identity providers of {arn_account(arn)}"
        raise InputError.of(message, hint=known, rule="S3")
    return arn


def _role_of(estate: Estate, session: Principal) -> str:
    """The role of a session, whose ARN does not tell its path."""
    name = session.value.split("/")[1]
    assert session.account is not None
    roles = [arn for arn in _known(estate, (session.account,)) if arn_kind(arn) == "role" and arn.endswith(f"/{name}")]
    if len(roles) == 1:
        return roles[0]
    problem = "no role" if not roles else "several roles"
    raise InputError.of(
        f"the inventory of {session.account} has {problem} of the name {brief(name)!r}", hint="name the role by its ARN"
    )


def _of_accounts(estate: Estate, name: str, accounts: Sequence[str], partition: str) -> str:
    found = [arn for arn in _known(estate, accounts) if _is_called(arn, name)]
    if len(found) == 1:
        return found[0]
    if found:
        raise InputError.of(
            f"several callers are called {brief(name)!r}", hint=f"name one by its ARN: {first_few(found)}", rule="S3"
        )
    open_accounts = [account for account in accounts if account not in _complete(estate)]
    if len(accounts) == 1 and open_accounts:
        return f"arn:{partition}:iam::{accounts[0]}:{name}"
    raise _nobody(estate, name, accounts)


def _is_called(arn: str, name: str) -> bool:
    resource = arn.split(":", 5)[5]
    kind, _, rest = name.partition("/")
    return resource == name or ("/" not in rest and resource.startswith(f"{kind}/") and resource.endswith(f"/{rest}"))


def _known(estate: Estate, accounts: Sequence[str | None]) -> tuple[str, ...]:
    found = (account for account in estate.accounts if account.id in accounts)
    return tuple(identity.arn for account in found for identity in account.identities)


def _complete(estate: Estate) -> frozenset[str]:
    return frozenset(account.id for account in estate.accounts if account.complete)


def _nobody(estate: Estate, name: str, accounts: Sequence[str | None]) -> InputError:
    known = [arn if name.startswith("arn:") else arn.split(":", 5)[5] for arn in _known(estate, accounts)]
    whose = " and ".join(account for account in accounts if account)
    hint = did_you_mean(name, known) or (f"it has {first_few(known)}" if known else None)
    return InputError.of(f"there is no {brief(name)} in the inventory of {whose}", hint=hint, rule="S3")


def request_named(estate: Estate, request: Request | Mapping[str, Any]) -> Request:
    """A request, or the JSON object of one whose `resource` may name a key. Raises `InputError`."""
    if isinstance(request, Request):
        return request
    return request_from_json(estate, {**request, "resource": arn_named(estate, request.get("resource"))})
