"""A policy of the model → JSON again: what `verifier.language.policies.documents` reads, written back.

In: a `Policy` or a `Statement`. Out: the document as plain values, or its text.
Guarantee: reading what was written gives the same model, places and warnings aside. Elements come in the order in which
AWS's pages show them; one value stands alone, several in a list (L2); numbers and Booleans come as strings, which mean
the same.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import chain
from typing import Any

from verifier.model.policy import Condition, Policy, Principal, PrincipalType, Statement, Text

_Json = dict[str, Any]

_GROUPS = {
    PrincipalType.SERVICE: "Service",
    PrincipalType.FEDERATED: "Federated",
    PrincipalType.CANONICAL_USER: "CanonicalUser",
}
"""The member of the principal map that holds each type; those left out stand under `AWS`."""


def policy_text(policy: Policy) -> str:
    """The text of a document, indented by two, with a line end. Raises `ValueError` as `policy_document` does."""
    return json.dumps(policy_document(policy), indent=2, ensure_ascii=False) + "\n"


def policy_document(policy: Policy) -> _Json:
    """The document. A policy without variables is written as version 2008-10-17, which is what no version means (L1).

    Raises `ValueError` for what no document can say: see `statement_document`.
    """
    document: _Json = {"Version": "2012-10-17" if policy.variables else "2008-10-17"}
    if policy.id is not None:
        document["Id"] = policy.id.value
    return document | {"Statement": [statement_document(statement) for statement in policy.statements]}


def statement_document(statement: Statement) -> _Json:
    """One statement. Raises `ValueError` where `*` stands beside other principals, where one operator has the same key
    twice (L3, L4), and for a statement with parts that are not known."""
    if statement.only_if is not None:
        raise ValueError("the statement has parts that are not known")
    found: _Json = {"Sid": statement.sid.value} if statement.sid is not None else {}
    found["Effect"] = statement.effect.value
    if statement.principals is not None:
        found["NotPrincipal" if statement.not_principal else "Principal"] = _principals(statement.principals)
    found["NotAction" if statement.not_action else "Action"] = _values(statement.actions)
    if statement.resources is not None:
        found["NotResource" if statement.not_resource else "Resource"] = _values(statement.resources)
    if statement.conditions:
        found["Condition"] = _conditions(statement.conditions)
    elif statement.empty_condition:
        found["Condition"] = {}
    return found


def _values(texts: tuple[Text, ...]) -> str | list[str]:
    values = [text.value for text in texts]
    return values[0] if len(values) == 1 else values


def _principals(principals: tuple[Principal, ...]) -> str | _Json:
    if any(principal.type is PrincipalType.ANYONE for principal in principals):
        if len(principals) > 1:
            raise ValueError("the principal `*` stands alone")
        return "*"
    return {
        group: _values(tuple(Text(found.value) for found in listed)) for group, listed in _groups(principals).items()
    }


def in_groups(principals: Iterable[Principal]) -> tuple[Principal, ...]:
    """Principals in the order in which a document lists them: those of one type together."""
    return tuple(chain.from_iterable(_groups(principals).values()))


def _groups(principals: Iterable[Principal]) -> dict[str, list[Principal]]:
    groups: dict[str, list[Principal]] = {}
    for principal in principals:
        groups.setdefault(_GROUPS.get(principal.type, "AWS"), []).append(principal)
    return groups


def _conditions(conditions: tuple[Condition, ...]) -> _Json:
    found: _Json = {}
    seen: set[tuple[str, str]] = set()
    for condition in conditions:
        operator, key = str(condition.operator), condition.key.value
        if (operator, key.lower()) in seen:
            raise ValueError(f"`{operator}` has the key `{key}` twice")
        seen.add((operator, key.lower()))
        found.setdefault(operator, {})[key] = _values(condition.values)
    return found
