"""Edits as they are shown: a sentence, the place, and the statement before and after as JSON.

In: a policy and edits, each about the policy that those before it left. Out: `EditShown`s. Guarantee: pure.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from verifier.model.edits import AddStatement, Edit, RemoveStatement, StatementEdit
from verifier.model.policy import Policy, Statement
from verifier.model.policy_text import statement_document
from verifier.model.results.explanation import EditShown
from verifier.syntax.source import NOWHERE


def shown(policy: Policy, edits: Iterable[Edit]) -> Iterator[EditShown]:
    """Each edit with its statement. Raises `EditError` for one that does not fit."""
    for edit in edits:
        text, after = edit.describe(policy), edit.apply(policy)
        match edit:
            case AddStatement():
                yield EditShown(text, None, _json(after.statements[-1]))
            case RemoveStatement(index):
                yield EditShown(text, _json(policy.statements[index]), None, policy.statements[index].span)
            case StatementEdit(index):
                yield EditShown(
                    text, _json(policy.statements[index]), _json(after.statements[index]), policy.statements[index].span
                )
            case _:
                yield EditShown(text, None, None, NOWHERE)
        policy = after


def _json(statement: Statement) -> str:
    return json.dumps(statement_document(statement), indent=2, ensure_ascii=False)
