"""S4: which accounts stand for all that the keys of a file may be of, and where none can."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from verifier.inputs import estate, load_estate
from verifier.inputs.own_region import OpenPlaceError
from verifier.inputs.supplied import Supplied
from verifier.syntax.diagnostic import InputError

OWN, PARTNER = "111122223333", "444455556666"
ANYBODY = {"Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*"}
OF_TWO = {**ANYBODY, "Condition": {"StringEquals": {"kms:CallerAccount": [OWN, PARTNER]}}}
PATTERN = {**ANYBODY, "Condition": {"StringLike": {"aws:PrincipalAccount": "1111*"}}}
OF_REGIONS = {**ANYBODY, "Condition": {"StringLike": {"aws:RequestedRegion": "us-*"}}}


def refused(folder: Path, *statements: dict[str, Any], account: str | None = None) -> InputError:
    path = folder / "policy.json"
    path.write_text(json.dumps({"Version": "2012-10-17", "Statement": statements}), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_estate([path], supplied=Supplied(account))
    return caught.value


def test_the_accounts_are_those_that_the_file_names_and_another(tmp_path: Path) -> None:
    error = refused(tmp_path, OF_TWO)
    assert isinstance(error, OpenPlaceError)
    assert [place.account for place in error.places] == ["000000000001", OWN, PARTNER]


def test_a_pattern_leaves_the_error_that_asks_for_the_account(tmp_path: Path) -> None:
    """No account stands for all others then; the error is that of a policy without the pattern."""
    plain, error = refused(tmp_path, OF_TWO), refused(tmp_path, OF_TWO, PATTERN)
    assert not isinstance(error, OpenPlaceError)
    assert [found.hint for found in error.diagnostics] == [found.hint for found in plain.diagnostics]


def test_an_account_that_is_given_is_not_put_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(estate, "accounts_that_may_own", None)
    error = refused(tmp_path, OF_REGIONS, account=OWN)
    assert [found.rule for found in error.diagnostics] == ["S4"]
