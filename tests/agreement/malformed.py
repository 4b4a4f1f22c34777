"""Faulty documents: one fault in a sound policy, which the reader must refuse (L4).

In: the text of a sound document, a number. Out: a text with one fault.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

Statement = dict[str, Any]


def _set(**members: Any) -> Callable[[Statement], Statement]:
    return lambda statement: {**statement, **members}


def _without(name: str) -> Callable[[Statement], Statement]:
    return lambda statement: {key: value for key, value in statement.items() if key != name}


FAULTS: tuple[Callable[[Statement], Statement], ...] = (
    _without("Effect"),
    _set(Effect="allow"),
    _set(Action="kms:*", NotAction="kms:Decrypt"),
    _set(Resource="*", NotResource="*"),
    _set(Condition={"StringEquals": {}}),
    _set(Condition={"StringEqual": {"kms:KeySpec": "RSA_2048"}}),
    _set(Condition={"StringNotEquals": {"kms:KeySpec": []}}),
    _set(Condition={"StringEquals": {"kms:KeySpec": "RSA_2048", "KMS:keyspec": "RSA_2048"}}),
    _set(Condition={"NullIfExists": {"kms:KeySpec": "true"}}),
    _set(Condition={"ForAnyValue:Null": {"kms:KeySpec": "true"}}),
    _set(Condition={"StringEquals": {"kms:PolicyName": "${aws:TagKeys}"}}),
    _set(Principals="*"),
    _set(Principal={"AWS": "arn:aws:iam::111122223333:role/*"}),
    _set(Action=[]),
)
"""Each puts one fault into a statement."""


def with_fault(text: str, number: int) -> str:
    """The document with the fault of this number (any number will do) in its first statement."""
    document = json.loads(text)
    listed = document["Statement"]
    statements = listed if isinstance(listed, list) else [listed]
    document["Version"] = "2012-10-17"
    document["Statement"] = [FAULTS[number % len(FAULTS)](statements[0]), *statements[1:]]
    return json.dumps(document)
