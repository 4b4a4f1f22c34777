"""What the program says of a snapshot of a path.

In: a `Path` and one of its snapshots. Out: the verdict, its story replayed through `evaluate`; or one line that tells
it.
"""

from __future__ import annotations

import json
from pathlib import Path as File
from typing import Any

from tests.reach.paths.form import Path
from tests.reach.telling import replayed
from verifier.inputs import load_estate
from verifier.language.invariants.files import read_invariants
from verifier.model.results.verdict import Verdict
from verifier.model.steps.chains import State
from verifier.syntax.source import Source
from verifier.verify.proving import prove


def asked(path: Path, snapshot: dict[str, Any], folder: File) -> Verdict:
    """The verdict on whether the attacker can eventually decrypt. Asserts that a refutation has a story, and that it
    replays."""
    file = folder / f"{path.name}.json"
    file.write_text(json.dumps(snapshot), encoding="utf-8")
    estate = load_estate([file])
    (verdict,) = prove(estate, read_invariants(Source("invariants", path.invariant)).invariants).verdicts
    if verdict.story is not None:
        replayed(State(estate, (verdict.story.caller,)), verdict.story)
    return verdict


def told(verdict: Verdict) -> str:
    """`found` with the steps, `unknown` with the reason, or `proved`."""
    if verdict.story is not None:
        return f"found: {', '.join(step.move.kind.value for step in verdict.story.steps)}"
    if verdict.reason is not None:
        return f"unknown: {verdict.reason.rule} {verdict.reason.text}"
    return "proved"
