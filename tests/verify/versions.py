"""Pairs of versions for the laws of comparison: a generated estate, and the same with changes of a known sort.

In: tapes of choices. Out: estates whose policies went through text and the parser, and requests about them.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from tests.agreement.documents import identity_policy, key_policy
from tests.agreement.estate_json import estate_from_json, estate_to_json
from tests.agreement.estates import Setting
from tests.agreement.requests import a_request
from tests.agreement.scenarios import scenario
from tests.agreement.world import TAPE, Dice
from verifier.model.estate import Estate
from verifier.model.reference import actions
from verifier.model.request import Request

Json = dict[str, Any]
Edit = Callable[[Dice, Setting, Json], None]
"""Changes the JSON form of an estate in place."""


@dataclass(frozen=True, repr=False)
class Versions:
    """Two versions, and requests about them (on keys of the first)."""

    number: int
    old: Estate
    new: Estate
    requests: tuple[Request, ...]

    def __repr__(self) -> str:
        """Short: the number tells the rest."""
        return f"Versions({self.number})"


def tape(number: int) -> bytes:
    """The tape of a numbered scenario."""
    return number.to_bytes(TAPE, "big")


def versions(number: int, edit: Edit, requests: int = 0) -> Versions:
    """A generated estate and its edited version."""
    setting = scenario(tape(number)).setting
    dice = Dice(b"versions" + tape(number))
    case = estate_to_json(setting.estate, dict(setting.documents))
    edited = json.loads(json.dumps(case))
    _link(edited)
    edit(dice, setting, edited)
    asked = tuple(dict.fromkeys(a_request(dice, setting) for _ in range(requests)))
    return Versions(number, estate_from_json(json.loads(json.dumps(case))), estate_from_json(edited), asked)


def _link(case: Json) -> None:
    """A policy that is attached in several places becomes one object, so that it is edited in all of them."""
    known: dict[str, Json] = {}
    for policies in (*_attached(case), *_of_levels(case)):
        for identity, document in policies.items():
            policies[identity] = known.setdefault(identity, document)


# -- where policies are --


def key_documents(case: Json) -> list[Json]:
    """The key policies."""
    return [document for key in case["keys"].values() for document in (key.get("policies") or {}).values()]


def _attached(case: Json) -> list[Json]:
    identities = [identity for account in case.get("accounts", {}).values() for identity in account.values()]
    return [identity["policies"] for identity in identities]


def _of_levels(case: Json) -> list[Json]:
    controls = case.get("organization", {}).get("controls", {}).values()
    return [policies for found in controls for levels in found.values() for _, policies in levels]


def _documents(places: list[Json]) -> list[Json]:
    return list({id(document): document for policies in places for document in policies.values()}.values())


def identity_documents(case: Json) -> list[Json]:
    """The identity policies, each once."""
    return _documents(_attached(case))


def all_documents(case: Json) -> list[Json]:
    """Every policy but boundaries and endpoint policies, each once."""
    return [*key_documents(case), *identity_documents(case), *_documents(_of_levels(case))]


def statements(document: Json) -> list[Json]:
    """The statements of a policy, as a list that may be changed."""
    if isinstance(document["Statement"], dict):
        document["Statement"] = [document["Statement"]]
    found: list[Json] = document["Statement"]
    return found


# -- edits that may change the meaning --


def changed(dice: Dice, setting: Setting, case: Json) -> None:
    """One to three changes of any sort."""
    for _ in range(dice.count(1, 3)):
        dice.one((_add, _drop, _other_condition, _other_effect, _other_tags))(dice, setting, case)


def _some_document(dice: Dice, case: Json) -> Json | None:
    documents = key_documents(case) if dice.chance(60) else all_documents(case)
    return dice.one(documents) if documents else None


def _add(dice: Dice, setting: Setting, case: Json) -> None:
    key = dice.one(list(case["keys"]))
    policies = case["keys"][key].get("policies")
    if policies and dice.chance(70):
        statements(dice.one(list(policies.values()))).append(dice.one(statements(key_policy(dice, setting.theme, key))))
    elif identity_documents(case):
        statements(dice.one(identity_documents(case))).append(
            dice.one(statements(identity_policy(dice, setting.theme)))
        )


def _drop(dice: Dice, setting: Setting, case: Json) -> None:
    document = _some_document(dice, case)
    if document is not None and len(statements(document)) > 1:
        statements(document).pop(dice.count(0, len(statements(document)) - 1))


def _other_condition(dice: Dice, setting: Setting, case: Json) -> None:
    document = _some_document(dice, case)
    if document is None:
        return
    statement = dice.one(statements(document))
    if "Condition" in statement and dice.chance(60):
        del statement["Condition"]
    elif document in key_documents(case):
        other = dice.one(statements(key_policy(dice, setting.theme, next(iter(case["keys"])))))
        if "Condition" in other:
            statement["Condition"] = other["Condition"]


def _other_effect(dice: Dice, setting: Setting, case: Json) -> None:
    documents = key_documents(case)
    if documents:
        statement = dice.one(statements(dice.one(documents)))
        if "NotPrincipal" not in statement:
            statement["Effect"] = "Deny" if statement["Effect"] == "Allow" else "Allow"


def _other_tags(dice: Dice, setting: Setting, case: Json) -> None:
    identities = [identity for account in case.get("accounts", {}).values() for identity in account.values()]
    if identities:
        dice.one(identities)["tags"] = [["team", dice.one(("blue", "acme", "red"))]]


# -- edits that only widen, or only narrow --


def with_allow(dice: Dice, setting: Setting, case: Json) -> None:
    """One Allow more in a key policy."""
    _with(dice, setting, case, "Allow")


def with_deny(dice: Dice, setting: Setting, case: Json) -> None:
    """One Deny more in a key policy."""
    _with(dice, setting, case, "Deny")


def _with(dice: Dice, setting: Setting, case: Json, effect: str) -> None:
    for document in key_documents(case)[:1]:
        found = [
            statement
            for _ in range(8)
            for statement in statements(key_policy(dice, setting.theme, next(iter(case["keys"]))))
            if statement["Effect"] == effect and "NotResource" not in statement
        ]
        if found:
            statements(document).append(dice.one(found))


# -- edits that change nothing --


def rewritten(dice: Dice, setting: Setting, case: Json) -> None:
    """Other names, order, layout; lists split, wildcards expanded to the actions that the data knows."""
    for document in all_documents(case):
        found = [part for statement in statements(document) for part in _split(dice, statement)]
        document["Statement"] = _shuffled(dice, found)
        for number, statement in enumerate(document["Statement"]):
            if dice.chance(70):
                statement["Sid"] = f"Other{number}x{dice.count(0, 9999)}"
            for element in ("Action", "NotAction", "Resource"):
                if isinstance(statement.get(element), list):
                    statement[element] = _shuffled(dice, statement[element])


def _split(dice: Dice, statement: Json) -> Iterator[Json]:
    if "NotResource" in statement:  # its symbol is that of its place (L5)
        yield statement
    elif isinstance(statement.get("Action"), list) and len(statement["Action"]) > 1 and dice.chance(50):
        for action in statement["Action"]:
            yield {**copy.deepcopy(statement), "Action": action, "Sid": f"Part{dice.count(0, 99999)}"}
    else:
        yield statement


def expanded(dice: Dice, setting: Setting, case: Json) -> None:
    """Every wildcard of an Action in key policies is written out."""
    for document in key_documents(case):
        for statement in statements(document):
            listed = statement.get("Action")
            if listed is not None and "NotResource" not in statement:
                patterns = [listed] if isinstance(listed, str) else listed
                names = [name for pattern in patterns for name in _known(pattern)]
                if names:
                    statement["Action"] = list(dict.fromkeys(names))


def _known(pattern: str) -> list[str]:
    import fnmatch

    return [
        action.name
        for action in actions()
        if fnmatch.fnmatchcase(action.name.lower(), pattern.lower().replace("[", "[[]"))
    ]


def _shuffled(dice: Dice, items: list[Any]) -> list[Any]:
    left, found = list(items), []
    while left:
        found.append(left.pop(dice.count(0, len(left) - 1)))
    return found
