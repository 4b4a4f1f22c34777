"""`verifier schema`: prints a published JSON Schema."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from verifier.cli.command import command
from verifier.cli.run import emit


class Schema(StrEnum):
    """The published JSON Schemas."""

    SNAPSHOT = "snapshot"
    REPORT = "report"
    COMPARISON = "comparison"
    CHECK = "check"
    LINT = "lint"
    WHO_CAN = "who-can"
    FINDINGS = "findings"
    REACH = "reach"
    EXPLANATION = "explanation"
    SUGGESTIONS = "suggestions"
    COLLECTION = "collection"
    CONFIGURATION = "configuration"
    DECISION = "decision"
    RECHECK = "recheck"


@command(short_help="Print a JSON Schema.")
def schema(name: Annotated[Schema, typer.Argument(metavar="NAME", help="Which one.", show_default=False)]) -> int:
    """Print the JSON Schema of a snapshot, of verifier.toml (configuration), or of what a command writes.

    \b
    verifier schema snapshot > snapshot.schema.json
    verifier schema configuration > verifier.schema.json
    """
    import json

    import verifier as api

    emit(json.dumps(api.schema(name.value), indent=2) + "\n")
    return 0
