"""`Fn::ForEach`: the loops of a template, written out.

In: an object that may have loops among its members, and how to find the value of a collection. Out: the object without
loops.
Guarantee: what a loop goes over is known, or the whole object is `UnknownNode` and says why; what CloudFormation
refuses is an error at its place; a template cannot grow beyond `_MOST`. [CloudFormation Template Reference:
Fn::ForEach]
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from verifier.inputs.cloudformation.written import as_read
from verifier.inputs.text.access import describe_node
from verifier.inputs.text.nodes import Items, Members, Node, Remarks, Scalar, listing, refusal, text_at
from verifier.inputs.text.unknown import UnknownNode, names_in, resolved
from verifier.syntax.text import first_few

LOOP = "Fn::ForEach::"
"""How the name of a member begins that is a loop; the rest is the name of the loop."""
_DEEPEST = 5
"""Loops inside each other, as CloudFormation has it."""
_MOST = 2_000_000
"""Values and characters that all loops of a template may make; CloudFormation takes 500 resources and 1 MB."""

_Pairs = list[tuple[Scalar, Node]]


def has_loops(node: Members) -> bool:
    """True iff some members of an object are loops."""
    return any(key.text.startswith(LOOP) for key, _ in node.pairs)


@dataclass
class Loops:
    """Writes the loops of one template out. `value` carries functions out; `allowed`: it has the transform."""

    remarks: Remarks
    value: Callable[[Node], Node | None]
    allowed: bool = True
    made: int = 0

    def written_out(self, node: Members, depth: int = 0) -> Members | UnknownNode:
        """The object with what its loops make in their places. Raises `InputError` past `_MOST`."""
        pairs: _Pairs = []
        for key, argument in node.pairs:
            found = self._loop(key, argument, depth) if key.text.startswith(LOOP) else [(key, argument)]
            if isinstance(found, UnknownNode):
                return found
            pairs += found
        return resolved(node, pairs)

    def _loop(self, key: Scalar, argument: Node, depth: int) -> _Pairs | UnknownNode:
        """What one loop makes. With an error recorded, nothing."""
        name = key.text.removeprefix(LOOP)
        parts = argument.items if isinstance(argument, Items) and len(argument.items) == 3 else [argument] * 3
        identifier, collection, fragment = parts
        if not isinstance(identifier, Scalar) or not identifier.text or not isinstance(fragment, Members):
            message = f"the loop `{name}` must have an identifier, a collection, and an object with what it makes"
            return self._wrong(key, message)
        if not self.allowed:
            message = "`Fn::ForEach` needs the transform AWS::LanguageExtensions, which the template does not name"
            return self._wrong(key, message, "Transform: AWS::LanguageExtensions")
        if depth >= _DEEPEST:
            return self._wrong(key, f"loops are inside each other more than {_DEEPEST} deep")
        for made, _ in fragment.pairs:
            if not made.text.startswith(LOOP) and not any(f"{mark}{{{identifier.text}}}" in made.text for mark in "$&"):
                return self._wrong(made, f"what the loop `{name}` makes must have `${{{identifier.text}}}` in its name")
        values = self._values(name, collection)
        if isinstance(values, UnknownNode):
            return values
        found: _Pairs = []
        for value in values:
            copied = self._copy(fragment, identifier.text, value)
            assert isinstance(copied, Members)
            written = self.written_out(copied, depth + 1)
            if isinstance(written, UnknownNode):
                return written
            found += written.pairs
        return found

    def _values(self, name: str, collection: Node) -> list[str] | UnknownNode:
        """What a loop goes over: texts that are known."""
        listed = self.value(as_read(self.remarks, collection))
        unknown = names_in([listed]) if listed is not None else ("AWS::NoValue",)
        if unknown:
            why = f"the collection of the loop `{name}`, which depends on {first_few(unknown)}"
            return UnknownNode(collection, [why])
        if not isinstance(listed, Items) or not all(isinstance(item, Scalar) for item in listed.items):
            self._wrong(
                collection,
                f"the loop `{name}` must go over a list of texts, found {describe_node(listed or collection)}",
            )
            return []
        return [item.text for item in listed.items if isinstance(item, Scalar)]

    def _wrong(self, place: Node, message: str, hint: str | None = None) -> _Pairs:
        self.remarks.error(place, message, hint=hint)
        return []

    def count(self, place: Node, size: int) -> None:
        """Counts what is made. Raises `InputError` past `_MOST`."""
        self.made += size
        if self.made > _MOST:
            message = "the loops of the template make more than CloudFormation takes"
            raise refusal(place, message, hint="a template has 500 resources at most")

    def _copy(self, node: Node, identifier: str, value: str) -> Node:
        """A fragment with one value in the place of the identifier: `${Name}`, `&{Name}` (letters and digits alone) and
        `{"Ref": "Name"}`, in names of members too. Its places are those of the original."""
        self.count(node, 1)
        if isinstance(node, Items):
            return listing(node, [self._copy(item, identifier, value) for item in node.items])
        if isinstance(node, Members):
            if [(key.text, getattr(argument, "text", None)) for key, argument in node.pairs] == [("Ref", identifier)]:
                return text_at(node, value)
            own = (identifier, value)
            return resolved(node, [(self._named(key, *own), self._copy(inner, *own)) for key, inner in node.pairs])
        return self._named(node, identifier, value) if isinstance(node, Scalar) else node

    def _named(self, node: Scalar, identifier: str, value: str) -> Scalar:
        text = node.text
        for whole, part in ((f"${{{identifier}}}", value), (f"&{{{identifier}}}", re.sub(r"[^A-Za-z0-9]", "", value))):
            if whole in text:
                self.count(node, len(text) + text.count(whole) * len(part))
                text = text.replace(whole, part)
        return node if text is node.text else text_at(node, text)
