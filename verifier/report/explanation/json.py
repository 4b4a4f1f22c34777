"""Explanation → JSON, as `verifier schema explanation` describes it.

Guarantee: strings are those of the input, unchanged, and every character outside ASCII is written as an escape. Members may be added in
later versions; those here keep their names and meanings.
"""

from __future__ import annotations

import json

from verifier.model.reference import data_version
from verifier.model.request import Value
from verifier.model.results.explanation import Change, EditShown, Explanation, Flip, NotFound, PolicyChange
from verifier.report.json_values import Json, decision_to_json, heading, place_to_json, request_to_json
from verifier.report.supposed import supposed_json


def explanation_to_json(explanation: Explanation) -> Json:
    """The explanation as JSON values."""
    return {
        **heading("explanation", data_version()),
        "request": request_to_json(explanation.request),
        "decision": decision_to_json(explanation.decision),
        "cases": [{"decision": outcome.value, "assignment": dict(chosen)} for outcome, chosen in explanation.cases],
        "request_changes": [_flip(flip) for flip in explanation.flips if isinstance(flip, Flip)],
        "policy_changes": [_policy_change(change) for change in explanation.policy_changes if isinstance(change, PolicyChange)],
        "no_request_change": [_not_found(found) for found in explanation.flips if isinstance(found, NotFound)],
        "no_policy_change": [_not_found(found) for found in explanation.policy_changes if isinstance(found, NotFound)],
        "assumptions": supposed_json(explanation.assumptions),
    }


def _flip(flip: Flip) -> Json:
    return {
        "wanted": flip.wanted.value,
        "count": flip.count,
        "same_call": flip.same_call,
        "changes": [_change(change) for change in flip.changes],
        "request": request_to_json(flip.request),
        "decision": decision_to_json(flip.decision),
        "readings": dict(flip.readings),
        "command": flip.command,
    }


def _change(change: Change) -> Json:
    return {"subject": change.subject, "before": _value(change.before), "after": _value(change.after), "kind": change.kind.value}


def _value(value: Value | None) -> str | list[str] | None:
    return list(value) if isinstance(value, tuple) else value


def _policy_change(change: PolicyChange) -> Json:
    return {
        "wanted": change.wanted.value,
        "edits": [edit_to_json(edit) for edit in change.edits],
        "decision": decision_to_json(change.decision),
    }


def edit_to_json(edit: EditShown) -> Json:
    """One edit, with the statement before and after it."""
    before, after = (json.loads(text) if text is not None else None for text in (edit.before, edit.after))
    return {"text": edit.text, "before": before, "after": after, "place": place_to_json(edit.span)}


def _not_found(found: NotFound) -> Json:
    return {"wanted": found.wanted.value, "rule": found.rule, "text": found.text}
