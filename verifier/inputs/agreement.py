"""What two inputs tell of one thing that neither of them writes (docs/several-inputs.md, What nothing writes).

Guarantee: where it is only told, and the two are not certainly the same, it is not known, and names both places.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from copy import copy
from typing import TypeVar

from verifier.inputs.text.access import is_null
from verifier.inputs.text.document_text import document_source
from verifier.inputs.text.json_nodes import read_json
from verifier.inputs.text.nodes import Items, Members, Node, Scalar, listing, text_of, values_of
from verifier.inputs.text.unknown import UnknownNode, names_in, unknowns
from verifier.syntax.diagnostic import InputError

_T = TypeVar("_T", bound=Node)

_ROOT = re.compile(r"arn:[a-z-]+:iam::([0-9]{12}):root")


def reported(node: _T, by: str) -> _T:
    """The node as one that is only told."""
    found = copy(node)
    found.reported_by = by
    return found


def which(*reports: object) -> str:
    """What a thing depends on that inputs tell differently, each at its place."""
    return f"which of {' and '.join(map(str, reports))} tells it, for they differ"


def agreed(own: Node, known: Node | None, place: Node) -> Node:
    """What a plan has; not known where it only tells it and a snapshot, at a place, has it otherwise or not at all."""
    if not own.reported_by or isinstance(own, UnknownNode) or same_node(own, known):
        return own
    return UnknownNode(own, [which(own.reported_by, (known or place).span)])


def same_node(one: Node | None, other: Node | None) -> bool:
    """True iff both are nothing, or certainly mean the same."""
    if one is None or other is None or any(unknowns(one)) or any(unknowns(other)):
        return one is other or (_is_nothing(one) and _is_nothing(other))
    return canonical(one) == canonical(other)


def _is_nothing(node: Node | None) -> bool:
    return node is None or is_null(node) or (isinstance(node, Items) and not node.items)


def canonical(node: Node, name: str = "") -> object:
    """A value without what does not count in a policy: the order of listed values, lists of one, empty `Sid`s, and how
    an account is written as a principal, which KMS and IAM write back as its root user. A text that holds JSON is what
    it holds. No value in it is unknown."""
    if isinstance(node, Members):
        return {
            key.text: canonical(value, key.text)
            for key, value in node.pairs
            if key.text != "Sid" or text_of(node, "Sid")
        }
    if isinstance(node, Items):
        found = [canonical(item, name) for item in node.items]
        ordered = found if name == "Statement" else sorted(found, key=json.dumps)
        return ordered[0] if len(ordered) == 1 else ordered
    assert isinstance(node, Scalar)
    with suppress(InputError):
        source = document_source(node)
        if source.text.lstrip().startswith("{"):
            return canonical(read_json(source))
    return _ROOT.sub(r"\1", node.text) if name == "AWS" else node.text


def filled_as_written(raw: Items, found: Node | None) -> Node:
    """A list as it is evaluated, if that has all that is known of it."""
    items = values_of(found)
    texts = [item.text for item in items if isinstance(item, Scalar)]
    known = [item for item in raw.items if isinstance(item, Scalar)]
    if len(items) == len(raw.items) and all(item.text in texts for item in known):
        return found if isinstance(found, Items) else listing(raw, items)
    unknown = UnknownNode(raw, names_in(items) or names_in([raw]))
    return listing(raw, [unknown if isinstance(item, UnknownNode) else item for item in raw.items])
