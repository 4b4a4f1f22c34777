"""Who can → JSON, as `verifier schema who-can` describes it.

Guarantee: strings are those of the input, unchanged, and every character outside ASCII is written as an escape. Members may be added in
later versions; those here keep their names and meanings.
"""

from __future__ import annotations

from verifier.model.results.access import Access, KeyAccess, WhoCan
from verifier.report.access_words import who_can_exit_code
from verifier.report.json_answers import origins, supposed
from verifier.report.json_report import key_to_json
from verifier.report.json_values import Json, counterexample_to_json, heading, reason_to_json, region_to_json, statement_to_json


def who_can_to_json(answer: WhoCan) -> Json:
    """The answer as JSON values."""
    return {
        **heading("who-can", answer.data_version),
        "question": {
            "actions": list(answer.actions),
            "names": list(answer.names),
            "caller": answer.caller,
            "excluding": list(answer.excluding),
        },
        "summary": {
            "complete": answer.complete,
            "rows": sum(len(key.rows) for key in answer.keys),
            "exit_code": int(who_can_exit_code(answer)),
        },
        **origins(answer),
        "keys": [_key(key) for key in answer.keys],
    }


def _key(key: KeyAccess) -> Json:
    return {
        "key": key_to_json(key.key),
        "complete": key.complete,
        "exact": key.exact,
        "reasons": [reason_to_json(reason) for reason in key.reasons],
        "rows": [access_to_json(row) for row in key.rows],
        **supposed(key.assumptions, key.elapsed),
    }


def access_to_json(row: Access) -> Json:
    """One row."""
    witness = row.region.witness
    return {
        **region_to_json(row.region),
        "exact": row.region.exact,
        "ways": None if row.ways is None else [[statement_to_json(statement) for statement in way] for way in row.ways],
        "besides": list(row.besides),
        "alike": row.alike,
        "witness": counterexample_to_json(witness) if witness is not None else None,
    }
