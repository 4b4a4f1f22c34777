"""Policy documents of a plan, in attributes of resources.

In: an attribute that holds a policy. Out: a document as nodes, values that are not known among them.
Guarantee: a text is read as it stands; its places are in the `.tf` file where the expression there says the same, else in the text itself.
"""

from __future__ import annotations

import re
from array import array

from verifier.inputs.nodes import Members, Node, Scalar
from verifier.inputs.terraform.plan import Resource
from verifier.inputs.terraform.resolver import Resolver
from verifier.inputs.terraform.values import after_apply, is_any_unknown, unknown_part
from verifier.inputs.terraform.written import rebased
from verifier.inputs.unknown import Embedded, Unknown
from verifier.syntax.source import Source

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"?|[{}\[\],:]|[^\s"{}\[\],:]+|\s+')
_LONGEST = 1 << 18
"""Characters of a text that is laid out. AWS takes policies of 32 KiB."""
_DEEPEST = 20
"""Steps that a line is indented at most."""


def policy_attribute(resolver: Resolver, resource: Resource, name: str) -> Node | None:
    """The policy in an attribute: a text, a document that could be recovered, or `Unknown`; `None` where it has none. A text whose
    expression in a `.tf` file says the same has its places there."""
    found = resolver.value(resource, name)
    if isinstance(found, Scalar) and found.text.strip():
        found = resolver.located(found, resolver.expression_of(resource, name), resource, name)
    unknown = is_any_unknown(unknown_part(resource.unknown, name))
    if unknown and isinstance(found, Scalar) and found.text.strip() and not found.text.lstrip().startswith("{"):
        # An expression that refers to one thing, which is no policy, makes one of it.
        resolver.supposed.get(resource.address, {}).pop(name, None)
        return Unknown(found.source, found.start, found.end, [after_apply(f"{resource.address}.{name}")])
    return rebased(found, found) if isinstance(found, Members) else as_document(found, f"{resolver.plan.file}#{resource.address}.{name}")


def as_document(node: Node | None, place: str) -> Node | None:
    """A policy as a node whose places are in its own text, laid out on several lines."""
    if not isinstance(node, Scalar) or node.type != "string":
        return node
    return Embedded(node.source, 0, 0, laid_out(place, node.text)) if node.text.strip() else None


def laid_out(name: str, text: str) -> Source:
    """The text of a policy as a source. One that is on one line is shown on several; it is read as it stands. One that no policy can be is
    left as it is."""
    if "\n" in text.strip() or len(text) > _LONGEST:
        return Source(name, text)
    pieces: list[str] = []
    offsets = array("q")
    length = depth = 0
    for match in _TOKEN.finditer(text):
        token = match.group()
        if token.isspace():
            offsets.extend([length] * len(token))
            continue
        before, after = "", ""
        if token in "{[":
            depth += 1
            after = _line(depth)
        elif token in "}]":
            depth = max(depth - 1, 0)
            before = _line(depth)
        elif token in ",:":
            after = _line(depth) if token == "," else " "
        offsets.extend(range(length + len(before), length + len(before) + len(token)))
        pieces += [before, token, after]
        length += len(before) + len(token) + len(after)
    offsets.append(length)
    return Source(name, text, Source(name, "".join(pieces)), offsets)


def _line(depth: int) -> str:
    return "\n" + "  " * min(depth, _DEEPEST)
