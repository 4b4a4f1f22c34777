"""Dynamic references in texts with parts that are not known: what may be one is not known either."""

from __future__ import annotations

import pytest

from verifier.inputs.cloudformation.written import with_references
from verifier.inputs.text.nodes import Node
from verifier.inputs.text.unknown import Pieces, UnknownNode
from verifier.syntax.source import Source


@pytest.mark.parametrize(
    ("pieces", "known"),
    [
        (("a", None, "b"), ("a", None, "b")),
        (("a{{resolve:ssm:/x}}b", None), ("a", None, "b", None)),
        (("a{{resolve:ssm:/x", None, "}}b"), ("a", None)),
        (("a{{", None, "b"), ("a", None, "b")),
        (("a{{reso", None, ":x}}b"), ("a", None, "b")),
        (("a", None, "x}}b"), ("a", None, "b")),
        (("a", None, "x}", None), ("a", None)),
        ((None, "{{resolve:ssm:/x}}", None), (None,)),
        (("{{resolve:a:b}}-{{resolve:c:d}}", None), (None, "-", None)),
        (("${aws:username}-", None, "-{b}"), ("${aws:username}-", None, "-{b}")),
    ],
)
def test_what_may_be_a_reference_is_not_known(pieces: Pieces, known: Pieces) -> None:
    found = with_references(UnknownNode(Node(Source("t", ""), 0, 0), ["P"], pieces))
    assert isinstance(found, UnknownNode) and found.pieces == known and "P" in found.names
