"""The session policies of a request (`session_policy` of `verifier evaluate`; D4, U2).

In: the caller, and a policy document as a JSON object or as JSON text, or a list of these. Out: policies.
Guarantee: an error names the member that it is about, and the place in a document's text.
"""

from __future__ import annotations

import json
from dataclasses import replace

from verifier.evaluate.callers import SESSIONS
from verifier.language.policies.documents import read_policy
from verifier.model.policy import Policy, PolicyKind
from verifier.model.request import Caller
from verifier.syntax.diagnostic import InputError
from verifier.syntax.source import Source

_MEMBER = "session_policy"


def session_policies_from_json(caller: Caller, data: object) -> tuple[Policy, ...] | None:
    """Reads the session policies; `None` where the request says nothing of any (`null` says nothing).

    Raises `InputError` for a caller that has none, for an empty list, and for a document that cannot be read.
    """
    if data is None:
        return None
    if caller.kind not in SESSIONS:
        raise InputError.of(
            f"`{_MEMBER}` goes with a role session or a federated-user session only, not a {caller.kind.value}",
            rule="U2",
        )
    if not isinstance(data, list):
        return (_policy(data, _MEMBER),)
    if not data:
        raise InputError.of(f"`{_MEMBER}` is an empty list: leave it out where there is no session policy", rule="U2")
    return tuple(_policy(document, f"{_MEMBER}[{position}]") for position, document in enumerate(data))


def _policy(document: object, member: str) -> Policy:
    text = document if isinstance(document, str) else _text(document, member)
    try:
        return read_policy(Source(member, text), PolicyKind.SESSION, identity=f"#{member}", name=member)
    except InputError as error:
        diagnostics = [
            replace(diagnostic, message=f"`{member}`: {diagnostic.message}") for diagnostic in error.diagnostics
        ]
        raise InputError(diagnostics) from error


def _text(document: object, member: str) -> str:
    if not isinstance(document, dict):
        raise InputError.of(f"`{member}` must be a policy document: a JSON object, or its text", rule="L4")
    try:
        return json.dumps(document, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise InputError.of(f"`{member}` is not JSON: {error}", rule="L4") from error
