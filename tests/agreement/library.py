"""The documents of a case: read through text and the parser, and remembered as they were written.

In: documents as JSON. Out: `Policy`s; the texts by `Policy.identity`.
"""

from __future__ import annotations

import json
from typing import Any

from verifier.language.policies.documents import read_policy
from verifier.model.policy import Policy, PolicyKind
from verifier.syntax.source import Source


def policy_from(document: Any, kind: PolicyKind, identity: str) -> Policy:
    """The policy that a document says."""
    return policy_of_text(json.dumps(document, indent=1), kind, identity)


def policy_of_text(text: str, kind: PolicyKind, identity: str) -> Policy:
    """The policy that a text says."""
    return read_policy(Source(f"{kind.value}.json", text), kind, identity=identity, name=identity.rsplit("#", 1)[-1])


class Library:
    """Reads policies and remembers their texts."""

    def __init__(self) -> None:
        self.documents: dict[str, str] = {}

    def read(self, document: dict[str, Any], kind: PolicyKind, identity: str) -> Policy:
        """The policy that a document says, through text and the parser."""
        text = json.dumps(document, indent=1)
        self.documents[identity] = text
        return policy_of_text(text, kind, identity)
