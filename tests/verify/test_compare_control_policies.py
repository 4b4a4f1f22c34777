"""Comparisons where something about control policies is not in the input: what it may turn on has changed (S1, D7)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.inputs.samples import ACCOUNT
from tests.inputs.test_controls import EVERYWHERE, PARENTS, RCP, RESOURCE_DENY, SCP, full
from tests.inputs.test_organization import (
    INNER,
    PARTNER,
    ROOT,
    UNIT,
    control,
    organization,
    parent,
    read,
    targets,
)
from verifier.model.results.comparison import Relation
from verifier.verify.comparison.compare import compare

ALLOW, ALLOW_MORE = (
    json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]})
    for action in ("kms:Encrypt", "kms:*")
)
DOCUMENTS = {SCP: RESOURCE_DENY.replace('"Principal": "*", ', ""), RCP: RESOURCE_DENY}
LESS = {type_: document.replace("kms:*", "kms:Decrypt") for type_, document in DOCUMENTS.items()}


def relation(folder: Path, old: dict[str, Any], new: dict[str, Any]) -> Relation:
    return compare(*(read(folder, organization(**parts)) for parts in (old, new))).targets[0].relation


def policies(*given: Any, parents: Any = PARENTS) -> dict[str, Any]:
    return {"policies": [full(), *given], "parents": parents}


@pytest.mark.parametrize("type_", [SCP, RCP])
def test_d7_another_policy_without_its_document(tmp_path: Path, type_: str) -> None:
    first, second = (control(name, None, type_, targets=targets(ROOT)) for name in ("p-first", "p-second"))
    assert relation(tmp_path, policies(first), policies(first)) is Relation.EQUIVALENT
    assert relation(tmp_path, policies(first), policies(second)) is Relation.UNKNOWN
    assert relation(tmp_path, policies(first), policies(first, second)) is Relation.UNKNOWN


@pytest.mark.parametrize("type_", [SCP, RCP])
def test_d7_a_policy_that_may_be_attached_anywhere_changes(tmp_path: Path, type_: str) -> None:
    old, new = (policies(control("p-deny", found[type_], type_)) for found in (LESS, DOCUMENTS))
    assert relation(tmp_path, old, old) is Relation.EQUIVALENT
    assert relation(tmp_path, old, new) is Relation.UNKNOWN


@pytest.mark.parametrize("type_", [SCP, RCP])
def test_d7_a_policy_of_an_ou_changes_which_an_account_may_be_in(tmp_path: Path, type_: str) -> None:
    known = {name: PARENTS[name] for name in (UNIT, INNER)}
    old, more, elsewhere = (
        policies(control("p-deny", found[type_], type_, targets=targets(unit)), parents=known)
        for found, unit in ((LESS, UNIT), (DOCUMENTS, UNIT), (LESS, INNER))
    )
    assert relation(tmp_path, old, old) is Relation.EQUIVALENT
    assert {relation(tmp_path, old, new) for new in (more, elsewhere)} == {Relation.UNKNOWN}
    moved = old | {"parents": known | {INNER: parent(ROOT)}}
    assert relation(tmp_path, old, moved) is Relation.UNKNOWN


def test_d7_what_a_level_allows_beside_a_policy_without_its_document(tmp_path: Path) -> None:
    missing = control("p-missing", None, targets=targets(ACCOUNT))

    def level(document: str) -> dict[str, Any]:
        allowing = control("p-allow", document, targets=targets(ACCOUNT))
        everywhere = full(*(name for name in EVERYWHERE if name != ACCOUNT))
        return {"policies": [everywhere, missing, allowing], "parents": PARENTS}

    assert relation(tmp_path, level(ALLOW), level(ALLOW)) is Relation.EQUIVALENT
    assert relation(tmp_path, level(ALLOW), level(ALLOW_MORE)) is Relation.UNKNOWN


def test_d7_an_account_moves_between_ous_without_a_policy(tmp_path: Path) -> None:
    everywhere = full(*(name for name in EVERYWHERE if name not in (UNIT, INNER)))
    old, new = (
        {"policies": [everywhere], "parents": PARENTS | {INNER: parent(ROOT), ACCOUNT: parent(unit)}}
        for unit in (UNIT, INNER)
    )
    assert relation(tmp_path, old, new) is Relation.UNKNOWN


def test_d7_what_a_gap_does_not_turn_on(tmp_path: Path) -> None:
    """Policies of other accounts, in whatever order."""
    missing = control("p-missing", None, targets=targets(UNIT))
    others = [
        control(name, found, RCP, targets=targets(PARTNER)) for name, found in (("a", LESS[RCP]), ("b", LESS[RCP]))
    ]
    assert relation(tmp_path, policies(missing, *others), policies(*others[::-1], missing)) is Relation.EQUIVALENT
    other = control("b", RESOURCE_DENY, RCP, targets=targets(PARTNER))
    assert relation(tmp_path, policies(missing, *others), policies(missing, others[0], other)) is Relation.EQUIVALENT
