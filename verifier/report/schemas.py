"""The JSON Schemas of what commands write, by name.

In: `data/NAME.schema.json`. Out: schemas (2020-12) as JSON values. Guarantee: what several share is defined in one
file, and copied into the others, so that each stands alone.
"""

from __future__ import annotations

import json
from pathlib import Path

from verifier.report.wire.values import Json, heading


def output_schema(name: str) -> Json:
    """The schema of a command's JSON output. Raises `FileNotFoundError` for a name that has none."""
    schema = _answer_schema(name)
    if name in ("collection", "decision"):
        return schema
    error = {"type": "object", "required": ["severity", "message", "place", "hint", "rule"]}
    properties = {
        "exit_code": {"enum": [0, 1, 2, 3, 4]},
        "errors": {"type": "array", "items": error, "description": _ERRORS},
    }
    required = schema.pop("required")
    unanswered = {"required": [*heading(name), "exit_code", "errors"], "properties": {"exit_code": {"enum": [0, 2, 4]}}}
    return {**schema, "properties": schema["properties"] | properties, "anyOf": [{"required": required}, unanswered]}


_ERRORS = (
    "Why there is no answer, where the exit code is 2 or 4; empty where it is 0, for an input without keys "
    "(--allow-empty). Only documents without an answer have it."
)


def _answer_schema(name: str) -> Json:
    match name:
        case "report" | "collection" | "decision" | "recheck":
            return _stored(name)
        case "check":
            return _with(name, {part: output_schema(part) for part in ("comparison", "report")})
        case "who-can" | "reach":
            return _with(name, _shared())
        case "findings":
            return _with(name, _shared() | _defined("who-can", "row", "key_access"))
        case "suggestions":
            edit = _defined("explanation")["edit"]
            return _with(name, _shared("key") | _defined("comparison", "target", "side") | {"edit": edit})
    return _with(name, _shared("key"))


def _stored(name: str) -> Json:
    schema: Json = json.loads((Path(__file__).parent / "data" / f"{name}.schema.json").read_text(encoding="utf-8"))
    return schema


def _defined(name: str, *without: str) -> Json:
    return {key: value for key, value in _stored(name)["$defs"].items() if key not in without}


def _shared(*without: str) -> Json:
    """What reports define and others use."""
    return _defined("report", "verdict", *without)


def _with(name: str, definitions: Json) -> Json:
    schema = _stored(name)
    return {**schema, "$defs": {**definitions, **schema.get("$defs", {})}}
