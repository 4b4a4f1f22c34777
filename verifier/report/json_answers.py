"""What the JSON answers about keys have in common: who can, findings, reach.

In: the answers of the model. Out: members of their documents. Guarantee: they are named and ordered alike in each.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from verifier.model.results.verdict import Assumption
from verifier.report.json_values import Json, diagnostic_to_json, inputs_to_json
from verifier.report.supposed import supposed_json
from verifier.syntax.diagnostic import Diagnostic


class Answer(Protocol):
    """An answer: what it was read from."""

    @property
    def accounts(self) -> tuple[str, ...]: ...
    @property
    def inputs(self) -> tuple[tuple[str, str], ...]: ...
    @property
    def free_readings(self) -> tuple[str, ...]: ...
    @property
    def warnings(self) -> tuple[Diagnostic, ...]: ...


def origins(answer: Answer) -> Json:
    """What an answer was read from, and what it leaves open."""
    return {
        "accounts": list(answer.accounts),
        "inputs": inputs_to_json(answer.inputs),
        "free_readings": list(answer.free_readings),
        "warnings": [diagnostic_to_json(warning) for warning in answer.warnings],
    }


def supposed(assumptions: Iterable[Assumption], elapsed: float) -> Json:
    """What is supposed of a key, and the time that it took, in milliseconds; `elapsed` is in seconds."""
    return {
        "assumptions": supposed_json(assumptions),
        "elapsed_ms": round(elapsed * 1000, 3),
    }
