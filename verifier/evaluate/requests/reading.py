"""Requests as JSON objects: reading them and answering them (`verifier evaluate`).

In: a JSON object with `principal`, `action`, `resource`, `context`, `session_policy`. Out: a `Request`; a decision as a
JSON object.
Guarantee: what is not understood is an `InputError` that names the member; nothing is left out.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import replace

from verifier.evaluate.callers import SESSIONS
from verifier.evaluate.context import ENCRYPTION_CONTEXT
from verifier.evaluate.operations import BUILT_IN, PROVIDER, operation
from verifier.evaluate.requests.session_policies import session_policies_from_json
from verifier.evaluate.statements.targets import ALIAS_ACTIONS, LIST_RETIRABLE, retiring_principal
from verifier.model import reference
from verifier.model.estate import Estate, Key
from verifier.model.own_place import depends, regions_in
from verifier.model.request import Caller, CallerKind, Request, Value
from verifier.model.symbol_texts import read_values
from verifier.model.symbols import FreeFact, NotResourceStatement, Reading, SymbolName
from verifier.syntax.diagnostic import InputError
from verifier.syntax.generated import check_values
from verifier.syntax.source import NOWHERE

_Context = tuple[tuple[str, Value], ...]
"""The condition keys of a request, with their values, in its order."""
_Understood = tuple[Caller, tuple[str, ...]]
"""A caller, and what had to be supposed to read it."""

_SESSION_TAGS, _TRANSITIVE = "session_tags", "transitive"
_PROVIDER = re.compile(r"arn:(?:aws|aws-cn|aws-us-gov):iam::[0-9]{12}:(?:oidc|saml)-provider/[!-~]+", re.ASCII)


def provider_named(text: str, action: str) -> Caller | None:
    """The identity of a provider that `principal` names: by the provider's ARN or, for an action that is made by such,
    by its name."""
    found = operation(action)
    by_name = text in BUILT_IN and found is not None and found.rule == PROVIDER
    return Caller(CallerKind.WEB, text) if by_name or _PROVIDER.fullmatch(text) else None


def action_of_step(text: str) -> str | None:
    """The action of a step in its real spelling; `None` for another one."""
    found = operation(text)
    return found.name if found is not None else None


def resource_of_step(action: str, resource: object) -> str | None:
    """The resource of such an action as it stands: an ARN, or `None` where the request does not say it. What it must be
    is for the decision to say."""
    if resource is None or resource == "*":
        return None
    if isinstance(resource, str):
        return resource
    raise InputError.of(f"`resource` of {action} must be an ARN, or null, not {resource!r}", rule="R4")


def with_session_tags(caller: Caller, data: object) -> Caller:
    """The caller with the tags of its session; `null` says none. Raises `InputError` for a caller that has none."""
    if data is None:
        return caller
    if caller.kind not in SESSIONS:
        raise InputError.of(f"`{_SESSION_TAGS}` goes with a session only, not a {caller.kind.value}", rule="F3")
    if not isinstance(data, Mapping) or not all(isinstance(value, str) and name for name, value in data.items()):
        raise InputError.of(f"`{_SESSION_TAGS}` must be an object: names of tags with their values", rule="F3")
    names = [str(name).lower() for name in data]
    if len(set(names)) != len(names):
        raise InputError.of(f"`{_SESSION_TAGS}` has a tag twice: names of tags do not differ by case", rule="F3")
    return replace(caller, session_tags=tuple((str(name), str(value)) for name, value in data.items()))


def with_transitive(caller: Caller, data: object) -> Caller:
    """The caller with the names of its session tags that pass on; `null` says none. Raises `InputError` for others."""
    names = [] if data is None else data
    own = [name for name, _ in caller.session_tags]
    if not isinstance(names, list) or any(name not in own for name in names):
        raise InputError.of(f"`{_TRANSITIVE}` must be a list of names of `{_SESSION_TAGS}`", rule="E2")
    return replace(caller, transitive=tuple(names))


_MEMBERS = frozenset(
    {"principal", "action", "resource", "context", "issuer", "readings", "session_policy", _SESSION_TAGS, _TRANSITIVE}
)

_ACTION = re.compile(r"kms:[a-z0-9]+", re.ASCII | re.IGNORECASE)
_ARN = re.compile(r"arn:(aws|aws-cn|aws-us-gov):(iam|sts)::([0-9]{12}):([!-)+->@-~]+)")
"""A caller's ARN: printable, and without wildcards, which no caller has (F9)."""
_NAME = re.compile(r"(aws:)?[\w+=,.@-]{1,64}", re.ASCII)
"""The name of a user, role or session; of roles that AWS owns it begins with `aws:`."""
_SERVICE = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+){2,}", re.ASCII)
"""The name of a service, which usually ends in `.amazonaws.com`. [IAM: reference_policies_elements_principal, AWS
service principals]"""
_CALLERS = "a user, role, assumed-role, federated-user or root ARN, an account, or a service such as s3.amazonaws.com"
_RESOURCE = re.compile(r"arn:(aws|aws-cn|aws-us-gov):kms:([a-z0-9-]+):([0-9]{12}):(key|alias)/(\S+)", re.ASCII)


class GivenRequest(Request):
    """A request as a person gave it: with the readings to decide under, and what had to be supposed to read it."""

    readings: tuple[tuple[SymbolName, bool], ...] = ()
    remarks: tuple[str, ...] = ()


def request_from_json(estate: Estate, data: Mapping[str, object]) -> GivenRequest:
    """Reads one request.

    Raises `InputError` for a missing, unknown or ill-typed member, a principal that is none of R2 and no identity of a
    provider (E2w), an action that is neither of KMS nor of a step (E1–E5), a key that is not in the estate, and a
    Region where nothing tells the key's (S4).
    """
    if not isinstance(data, Mapping):
        raise InputError.of("a request must be a JSON object")
    unknown = sorted(str(member) for member in data if member not in _MEMBERS)
    if unknown:
        raise InputError.of(f"unknown member `{unknown[0]}`: expected {', '.join(sorted(_MEMBERS))}")
    context = _context(data.get("context"))
    action = _action(_text(data, "action"))
    caller, remarks = _caller(estate, data, action, context)
    resource, context = _resource(estate, data.get("resource"), action, caller, context)
    _check_places(estate, resource, context, _text(data, "principal"))
    session_policies = session_policies_from_json(caller, data.get("session_policy"))
    readings = _readings(estate, data.get("readings"))
    return GivenRequest(caller, action, resource, context, session_policies, readings, remarks)


def _check_places(estate: Estate, resource: str | None, context: _Context, principal: str) -> None:
    """Raises `InputError` where one names another Region than that which stands for the key's, or what may be
    chosen."""
    check_values(estate.generated, (*context, ("", principal)))
    shown = (resource or "").split(":")
    if estate.open_region and len(shown) > 5 and regions_in((principal,)) - {shown[3]}:
        raise depends(estate.open_region, principal, NOWHERE)
    for name, value in context if estate.open_region and len(shown) > 5 else ():
        if name.lower() in ("kms:viaservice", "aws:requestedregion") and shown[3] not in value:
            raise depends(estate.open_region, str(value), NOWHERE)


def _text(data: Mapping[str, object], member: str) -> str:
    value = data.get(member)
    if not isinstance(value, str) or not value:
        problem = "is missing" if member not in data else "must be a string that is not empty"
        raise InputError.of(f"`{member}` {problem}")
    return value


# --- the caller -------------------------------------------------------------------------------------------------------


def _caller(estate: Estate, data: Mapping[str, object], action: str, context: _Context) -> _Understood:
    caller, remarks = _principal(estate, _text(data, "principal"), action, context)
    caller, issuer = with_session_tags(caller, data.get(_SESSION_TAGS)), data.get("issuer")
    caller = with_transitive(caller, data.get(_TRANSITIVE))
    if issuer is None:
        return caller, remarks
    if caller.kind is not CallerKind.FEDERATED:
        raise InputError.of("`issuer` goes with a federated-user session only", rule="R2")
    return replace(caller, issuer=_issuer(caller, issuer)), remarks


def _principal(estate: Estate, text: str, action: str, context: _Context) -> _Understood:
    provider, found = provider_named(text, action), _ARN.fullmatch(text)
    if provider is not None:
        return provider, ()
    return _bare(estate, text) if found is None else _from_arn(estate, text, found, context)


def _bare(estate: Estate, text: str) -> _Understood:
    if re.fullmatch(r"[0-9]{12}", text, re.ASCII):
        partition = next((key.partition for key in estate.keys), "aws")
        return Caller(CallerKind.ROOT, f"arn:{partition}:iam::{text}:root", text), ()
    if _SERVICE.fullmatch(text):
        return Caller(CallerKind.SERVICE, text), ()
    raise InputError.of(f"`principal` is not a caller: {text!r}", hint=_CALLERS, rule="R2")


def _from_arn(estate: Estate, text: str, found: re.Match[str], context: _Context) -> _Understood:
    partition, service, account, name = found.groups()
    kind, _, rest = name.partition("/")
    if service == "iam" and name == "root":
        return Caller(CallerKind.ROOT, text, account), ()
    if service == "iam" and kind == "user" and _named(rest):
        return Caller(CallerKind.USER, text, account), ()
    if service == "iam" and kind == "role" and _named(rest):
        remark = f"R2: a role calls through a session: {text} is taken as its session named `session`"
        return Caller(CallerKind.ROLE, text, account, "session"), (remark,)
    if service == "sts" and kind == "federated-user" and _named(rest):
        return Caller(CallerKind.FEDERATED, text, account), ()
    role, _, session = rest.partition("/")
    if service == "sts" and kind == "assumed-role" and _named(role) and "/" not in session and _named(session):
        return Caller(CallerKind.ROLE, _role_arn(estate, partition, account, role, context), account, session), ()
    raise InputError.of(f"`principal` is not the ARN of a caller: {text!r}", hint=_CALLERS, rule="R2")


def _named(path: str) -> bool:
    """True iff a path ends in a name that IAM takes. [IAM: reference_iam-quotas, IAM name requirements]"""
    return not path.startswith("/") and _NAME.fullmatch(path.rsplit("/", 1)[-1]) is not None


def _role_arn(estate: Estate, partition: str, account: str, role: str, context: _Context) -> str:
    """The role's ARN with its path: from the inventory, else from `aws:PrincipalArn`, else without a path (F1)."""
    inventory = estate.account(account)
    prefix, suffix = f"arn:{partition}:iam::{account}:role/", f"/{role}"
    given = next((value for key, value in context if key.lower() == "aws:principalarn"), None)
    candidates = [identity.arn for identity in inventory.roles] if inventory else []
    if isinstance(given, str):
        candidates.append(given)
    return next((arn for arn in candidates if arn.startswith(prefix) and arn.endswith(suffix)), prefix + role)


def _issuer(caller: Caller, issuer: object) -> str:
    found = _ARN.fullmatch(issuer) if isinstance(issuer, str) else None
    if found is not None:
        partition, service, account, name = found.groups()
        own = (partition, service, account) == (caller.principal_arn.split(":")[1], "iam", caller.account)
        if own and (name == "root" or (name.startswith("user/") and _named(name[5:]))):
            return found[0]
    raise InputError.of(
        f"`issuer` must be the ARN of a user, or of the root user, of account {caller.account}", rule="R2"
    )


# --- action, resource, context, readings ------------------------------------------------------------------------------


def _action(text: str) -> str:
    of_step = action_of_step(text)
    if of_step is not None:
        return of_step
    if not _ACTION.fullmatch(text):
        raise InputError.of(
            f"`action` is not a KMS action, nor one of a step: {text!r}", hint="such as kms:Decrypt", rule="R3"
        )
    known = reference.action(text)
    return known.name if known else text


def _resource(
    estate: Estate, resource: object, action: str, caller: Caller, context: _Context
) -> tuple[str | None, _Context]:
    if action_of_step(action) is not None:
        return resource_of_step(action, resource), context
    if resource is None or resource == "*":
        known = reference.action(action)
        if known is not None and known.resources:
            raise InputError.of(
                f"`resource` is missing: {action} is about {' or '.join(sorted(known.resources))}", rule="R4"
            )
        return None, context
    if action.lower() == LIST_RETIRABLE:
        return retiring_principal(caller, resource), context
    found = _RESOURCE.fullmatch(resource) if isinstance(resource, str) else None
    if found is None or not isinstance(resource, str):
        raise InputError.of(
            f"`resource` must be a key ARN, an alias ARN, or null for an operation without a key, not {resource!r}",
            rule="R4",
        )
    if found[4] == "key" and all(key.arn != resource for key in estate.keys):
        raise InputError.of(f"the key {resource} is not in the input", rule="R4")
    if found[4] == "key" or action.lower() in ALIAS_ACTIONS:
        return resource, context
    return _through_alias(estate, resource, action, context)


def _through_alias(estate: Estate, alias: str, action: str, context: _Context) -> tuple[str, _Context]:
    """The key that an alias names, and `kms:RequestAlias` in the context (F8)."""
    known = reference.action(action)
    if known is not None and "kms:requestalias" not in known.condition_keys:
        raise InputError.of(f"{action} does not take an alias: `resource` must be a key ARN", rule="R4")
    key = next((key for key in estate.keys if _has_alias(key, alias)), None)
    if key is None:
        raise InputError.of(f"no key of the input has the alias {alias}", rule="R4")
    if any(name.lower() == "kms:requestalias" for name, _ in context):
        return key.arn, context
    return key.arn, (*context, ("kms:RequestAlias", alias.split(":", 5)[5]))


def _has_alias(key: Key, alias: str) -> bool:
    return any(f"arn:{key.partition}:kms:{key.region}:{key.account}:{name}" == alias for name in key.aliases or ())


def _context(data: object) -> _Context:
    if data is None:
        return ()
    if not isinstance(data, Mapping) or not all(isinstance(key, str) for key in data):
        raise InputError.of("`context` must be an object: condition keys with their values")
    seen: set[str] = set()
    for key in data:
        folded = key if key.lower().startswith(ENCRYPTION_CONTEXT) else key.lower()
        if not key:
            raise InputError.of("`context` has an empty key", rule="L3")
        if folded in seen:
            raise InputError.of(f"`context` has the key `{key}` twice: keys do not differ by case", rule="L3")
        seen.add(folded)
    return tuple((key, _value(key, value)) for key, value in data.items())


def _value(key: str, value: object) -> Value:
    if not isinstance(value, list):
        return _single(key, value)
    known = reference.condition_key(key)
    if known is not None and not known.multivalued and len(value) != 1:
        raise InputError.of(
            f"`context`: `{key}` must have one value", rule="F7" if key.lower().startswith(ENCRYPTION_CONTEXT) else "C2"
        )
    return tuple(_single(key, item) for item in value)


def _single(key: str, value: object) -> str:
    """A string; JSON numbers and booleans are accepted as in policies (L2)."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) or (isinstance(value, float) and math.isfinite(value)):
        return str(value)
    raise InputError.of(
        f"`context`: the value of `{key}` must be a string, a number, true, false, or a list of these", rule="L2"
    )


def _readings(estate: Estate, data: object) -> tuple[tuple[SymbolName, bool], ...]:
    if data is None:
        return ()
    if not isinstance(data, Mapping) or not all(isinstance(value, bool) for value in data.values()):
        raise InputError.of("`readings` must be an object: symbols with true or false", rule="S2")
    things = {name for thing in estate.unmodelled for name in (thing.allow_symbol, thing.refuse_symbol)}
    given = read_values(data)
    for symbol in given:
        if symbol not in things and not isinstance(symbol, Reading | FreeFact | NotResourceStatement):
            raise InputError.of(f"`readings`: unknown symbol `{symbol}`", rule="S2")
    return tuple(given.items())
