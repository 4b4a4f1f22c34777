"""Files → estate.

In: paths of snapshots (JSON, YAML or a folder, made of verbatim AWS CLI output) and of single policies. Out: `Estate`.
Guarantee: all errors are reported together, each at its file, line and column; what the input holds and the verifier
does not model becomes an `Unmodelled`, never nothing (S1); every file read is listed with its SHA-256.

The forms of a snapshot are described in `data/snapshot.schema.json` (`snapshot_schema`), `parts` and `folder`.
"""

from __future__ import annotations

import importlib.resources
import json
from typing import Any

from verifier.inputs.estate import load_estate, load_plan_sides

__all__ = ["load_estate", "load_plan_sides", "snapshot_schema"]


def snapshot_schema() -> dict[str, Any]:
    """The JSON Schema of a snapshot document (2020-12). AWS output inside it is described only as far as it is used."""
    schema = json.loads(
        (importlib.resources.files("verifier.inputs") / "data" / "snapshot.schema.json").read_text(encoding="utf-8")
    )
    return dict(schema)
