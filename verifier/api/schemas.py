"""The JSON Schemas, by name.

In: a name. Out: a JSON Schema (2020-12).
"""

from __future__ import annotations

from typing import Any

from verifier.configuration.reading import configuration_schema
from verifier.inputs import snapshot_schema
from verifier.model.choices import SchemaName
from verifier.report.schemas import output_schema


def schema(name: SchemaName) -> dict[str, Any]:
    """The JSON Schema of an input (snapshot), of `verifier.toml` (configuration), or of what a command writes as JSON:
    `prove` a report, `check-…` a check, `evaluate` a decision for each line, `snapshot` a collection, others what they
    are named after."""
    match name:
        case "snapshot":
            return snapshot_schema()
        case "configuration":
            return configuration_schema()
    return output_schema(name)
