"""What requests of steps have beside those of KMS: actions, resources, identities of providers, session tags (E1–E5).

In: members of a request as a JSON object. Out: their values.
Guarantee: what is not understood is an `InputError` that names the member.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from verifier.evaluate.operations import PROVIDER, operation
from verifier.evaluate.who_may_call import BUILT_IN
from verifier.model.request import Caller, CallerKind
from verifier.syntax.diagnostic import InputError

SESSION_TAGS = "session_tags"
_PROVIDER = re.compile(r"arn:(?:aws|aws-cn|aws-us-gov):iam::[0-9]{12}:(?:oidc|saml)-provider/[!-~]+", re.ASCII)


def provider_named(text: str, action: str) -> Caller | None:
    """The identity of a provider that `principal` names: by the provider's ARN or, for an action that is made by such, by its name."""
    found = operation(action)
    by_name = text in BUILT_IN and found is not None and found.rule == PROVIDER
    return Caller(CallerKind.WEB, text) if by_name or _PROVIDER.fullmatch(text) else None


def action_of_step(text: str) -> str | None:
    """The action of a step in its real spelling; `None` for another one."""
    found = operation(text)
    return found.name if found is not None else None


def resource_of_step(action: str, resource: object) -> str | None:
    """The resource of such an action as it stands: an ARN, or `None` where the request does not say it. What it must be is for the decision
    to say."""
    if resource is None or resource == "*":
        return None
    if isinstance(resource, str):
        return resource
    raise InputError.of(f"`resource` of {action} must be an ARN, or null, not {resource!r}", rule="R4")


def with_session_tags(caller: Caller, data: object) -> Caller:
    """The caller with the tags of its session; `null` says none. Raises `InputError` for a caller that has none."""
    if data is None:
        return caller
    if caller.kind not in (CallerKind.ROLE, CallerKind.FEDERATED):
        raise InputError.of(f"`{SESSION_TAGS}` goes with a session only, not a {caller.kind.value}", rule="F3")
    if not isinstance(data, Mapping) or not all(isinstance(value, str) and name for name, value in data.items()):
        raise InputError.of(f"`{SESSION_TAGS}` must be an object: names of tags with their values", rule="F3")
    names = [str(name).lower() for name in data]
    if len(set(names)) != len(names):
        raise InputError.of(f"`{SESSION_TAGS}` has a tag twice: names of tags do not differ by case", rule="F3")
    return replace(caller, session_tags=tuple((str(name), str(value)) for name, value in data.items()))
