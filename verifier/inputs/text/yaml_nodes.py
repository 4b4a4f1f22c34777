"""A YAML text as a tree of nodes.

In: a source whose text is one YAML document. Out: a `Node`, every scalar as it was written (no dates, no octal numbers,
no `yes`).
Guarantee: nothing is constructed from tags, but for the short forms of CloudFormation's functions where they are asked
for, which become their long forms; there are limits to what aliases repeat, and to how deep values are inside each
other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml

from verifier.inputs.text.nodes import MAXIMUM_DEPTH, Items, Members, Node, Scalar, ScalarType, refusal
from verifier.syntax.diagnostic import InputError
from verifier.syntax.source import Source

MAXIMUM_ALIASED_NODES = 100_000
"""How many nodes may come from aliases (`*name`), counted as if each alias were written out."""

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_CORE = "tag:yaml.org,2002:"
_PLAIN_TAGS = frozenset(_CORE + name for name in ("int", "float", "bool"))
_ACCEPTED_TAGS = _PLAIN_TAGS | {None, "!", *(_CORE + name for name in ("str", "map", "seq", "timestamp"))}

_WITHOUT_PREFIX = {"!Ref": "Ref", "!Condition": "Condition"}
"""The functions of CloudFormation whose long forms do not begin with `Fn::`."""

_RESOURCES = re.compile(r"""(?:^|[{,])[ \t]*["']?Resources["']?[ \t]*:""", re.MULTILINE)


def may_be_template(text: str) -> bool:
    """True iff a text has `Resources` and `::`, as templates do, whose tags are accepted then."""
    return _RESOURCES.search(text) is not None and "::" in text


def read_yaml(source: Source, *, functions: bool = False) -> Node:
    """The value that a YAML text holds. Raises `InputError` where the text is not YAML, holds more than one document, a
    tag that is not one of YAML's own, a merge key, or too much nesting or repetition. With `functions`, `!Sub x` is
    read as `{"Fn::Sub": x}`."""
    reader = _Reader(source, functions)
    try:
        return reader.document()
    except yaml.MarkedYAMLError as error:
        position = getattr(error.problem_mark or error.context_mark, "index", 0)
        raise reader.error(position, f"not YAML: {error.problem or error.context}") from None
    except yaml.YAMLError as error:
        raise reader.error(getattr(error, "position", 0), "not YAML: " + " ".join(str(error).split())[:120]) from None


def read_loose_yaml(source: Source) -> list[Node]:
    """The values of all documents of a YAML text, whatever their tags; a merge key is a member. Raises `InputError`."""
    reader = _Reader(source, functions=False, is_loose=True)
    try:
        return reader.documents()
    except yaml.YAMLError as error:
        raise reader.error(0, f"not YAML: {error}") from None


class _Reader:
    """Reads one text, event by event. `sizes` counts the nodes below each node, aliases written out."""

    def __init__(self, source: Source, functions: bool, *, is_loose: bool = False) -> None:
        self.source = source
        self.functions = functions
        self.is_loose = is_loose
        self.events: Iterator[Any] = yaml.parse(source.text, Loader=_Loader)
        self.anchors: dict[str, Node] = {}
        self.sizes: dict[int, int] = {}
        self.aliased = 0

    def document(self) -> Node:
        root: Node | None = None
        for event in self.events:
            if root is not None and isinstance(event, yaml.DocumentStartEvent):
                raise self.error(getattr(event.start_mark, "index", 0), "a second YAML document, expected one")
            root = self._node(event, 0) if isinstance(event, yaml.NodeEvent) else root
        if root is None:
            raise self.error(0, "the file is empty")
        return root

    def documents(self) -> list[Node]:
        """The documents, one after the other."""
        return [self._node(event, 0) for event in self.events if isinstance(event, yaml.NodeEvent)]

    def error(self, position: int, message: str) -> InputError:
        start = min(position, len(self.source.text))
        return refusal(Node(self.source, start, min(start + 1, len(self.source.text))), message)

    def _node(self, event: Any, depth: int) -> Node:
        """The node that an event begins, or the function that its tag is the short form of."""
        begin: int = event.start_mark.index
        start = begin
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        function = self._function(event.tag or "")
        if not function and event.tag not in _ACCEPTED_TAGS and not self.is_loose:
            raise self.error(
                start, f"YAML tag `{event.tag.replace(_CORE, '!!')}` is not accepted; expected plain values"
            )
        if function:
            start += len(event.tag)
            while start < event.end_mark.index and self.source.text[start].isspace():
                start += 1
        self.anchors.pop(event.anchor, None)
        node = (
            self._scalar(event, start) if isinstance(event, yaml.ScalarEvent) else self._collection(event, start, depth)
        )
        if function:
            name = Scalar(self.source, begin, begin + len(event.tag), function, "string")
            size = 1 + self.sizes.get(id(node), 1)
            node = Members(self.source, begin, node.end, [(name, node)])
            self.sizes[id(node)] = size
        if event.anchor is not None:
            self.anchors[event.anchor] = node
        return node

    def _function(self, tag: str) -> str:
        """The function that a tag is the short form of, if any."""
        is_short = self.functions and tag.startswith("!") and tag != "!"
        return _WITHOUT_PREFIX.get(tag, f"Fn::{tag[1:]}") if is_short else ""

    def _scalar(self, event: Any, start: int) -> Scalar:
        type_: ScalarType = "string"
        if (not event.style and event.tag is None) or event.tag in _PLAIN_TAGS:
            type_ = "null" if event.value in _NULLS else "plain"
        return Scalar(self.source, start, event.end_mark.index, "" if type_ == "null" else event.value, type_)

    def _collection(self, event: Any, start: int, depth: int) -> Items | Members:
        if depth >= MAXIMUM_DEPTH:
            raise self.error(event.start_mark.index, f"nested too deeply, more than {MAXIMUM_DEPTH} levels")
        items: list[Node] = []
        pairs: list[tuple[Scalar, Node]] = []
        while not isinstance(inner := next(self.events), yaml.CollectionEndEvent):
            if isinstance(event, yaml.SequenceStartEvent):
                items.append(self._node(inner, depth + 1))
            else:
                key = self._key(self._node(inner, depth + 1))
                pairs.append((key, self._node(next(self.events), depth + 1)))
        children = items or [value for _, value in pairs]
        # A block mapping ends where the next token begins; its last child tells better where its text ends.
        flow = self.source.text[start : start + 1] in ("{", "[")
        end = getattr(inner.end_mark, "index", start) if flow or not children else max(children[-1].end, start)
        is_list = isinstance(event, yaml.SequenceStartEvent)
        node = Items(self.source, start, end, items) if is_list else Members(self.source, start, end, pairs)
        self.sizes[id(node)] = 1 + sum(self.sizes.get(id(child), 1) for child in children)
        return node

    def _key(self, node: Node) -> Scalar:
        if not isinstance(node, Scalar) or node.type == "null":
            raise self.error(node.start, "expected a member name")
        if node.text == "<<" and node.type == "plain" and not self.is_loose:
            raise self.error(node.start, "YAML merge keys (`<<`) are not read; write the members out")
        return node

    def _alias(self, event: Any) -> Node:
        node, position = self.anchors.get(event.anchor), event.start_mark.index
        if node is None:
            raise self.error(position, f"alias `*{event.anchor}` has no anchor that is complete before it")
        self.aliased += self.sizes.get(id(node), 1)
        if self.aliased > MAXIMUM_ALIASED_NODES:
            raise self.error(position, f"aliases repeat more than {MAXIMUM_ALIASED_NODES} values")
        return node
