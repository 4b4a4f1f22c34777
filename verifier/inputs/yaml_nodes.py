"""A YAML text as a tree of nodes.

In: a source whose text is one YAML document. Out: a `Node`, every scalar as it was written (no dates, no octal numbers, no `yes`).
Guarantee: nothing is constructed from tags, but for the short forms of CloudFormation's functions where they are asked for, which become
their long forms; aliases cannot multiply the document beyond a limit; no recursion.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

from verifier.inputs.nodes import MAXIMUM_DEPTH, Items, Members, Node, Scalar, ScalarType, diagnostic
from verifier.syntax.diagnostic import InputError, Severity
from verifier.syntax.source import Source

MAXIMUM_ALIASED_NODES = 100_000
"""How many nodes may come from aliases (`*name`), counted as if each alias were written out."""

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_CORE = "tag:yaml.org,2002:"
_PLAIN_TAGS = frozenset(_CORE + name for name in ("int", "float", "bool"))
_ACCEPTED_TAGS = _PLAIN_TAGS | {None, "!", *(_CORE + name for name in ("str", "map", "seq", "timestamp"))}

_FUNCTIONS = {
    "!Ref": "Ref",
    "!Condition": "Condition",
    **{f"!{name}": f"Fn::{name}" for name in ("And", "Base64", "Cidr", "Equals", "FindInMap", "GetAZs", "GetAtt", "If", "ImportValue")},
    **{f"!{name}": f"Fn::{name}" for name in ("Join", "Length", "Not", "Or", "Select", "Split", "Sub", "ToJsonString", "Transform")},
}
"""The functions of CloudFormation by their short forms."""


_RESOURCES = re.compile(r"""(?:^|[{,])[ \t]*["']?Resources["']?[ \t]*:""", re.MULTILINE)


def may_be_template(text: str) -> bool:
    """Whether a text may be a CloudFormation template: its tags are accepted then, which no other YAML may have."""
    return _RESOURCES.search(text) is not None and "::" in text


def read_yaml(source: Source, *, functions: bool = False) -> Node:
    """The value that a YAML text holds. Raises `InputError` where the text is not YAML, holds more than one document, a tag that
    is not one of YAML's own, a merge key, or too much nesting or repetition. With `functions`, `!Sub x` is read as `{"Fn::Sub": x}`."""
    builder = _Builder(source, functions)
    try:
        for event in yaml.parse(source.text, Loader=_Loader):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        position = getattr(error.problem_mark or error.context_mark, "index", 0)
        raise builder.error(position, f"not YAML: {error.problem or error.context}") from None
    except yaml.YAMLError as error:
        raise builder.error(getattr(error, "position", 0), "not YAML: " + " ".join(str(error).split())[:120]) from None
    if builder.root is None:
        raise builder.error(0, "the file is empty")
    return builder.root


class _Builder:
    """Builds the tree from the parser's events. `sizes` counts the nodes below each node, aliases written out."""

    def __init__(self, source: Source, functions: bool = False) -> None:
        self.source = source
        self.functions = functions
        self.calls: dict[int, Members] = {}
        self.root: Node | None = None
        self.open: list[Items | Members] = []
        self.keys: list[Scalar | None] = []
        self.anchors: dict[str, Node] = {}
        self.sizes: dict[int, int] = {}
        self.aliased = 0

    def take(self, event: Any) -> None:
        """Takes the next event. Raises `InputError`."""
        start = event.start_mark.index
        if isinstance(event, yaml.DocumentStartEvent) and self.root is not None:
            raise self.error(start, "a second YAML document, expected one")
        if isinstance(event, yaml.AliasEvent):
            self._alias(event)
        elif isinstance(event, yaml.ScalarEvent):
            self._add(self._called(event, self._scalar(event)), event.anchor)
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            self._open(event)
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            self._close(event)

    def error(self, position: int, message: str) -> InputError:
        """The error at one character."""
        start = min(position, len(self.source.text))
        end = min(start + 1, len(self.source.text))
        return InputError([diagnostic(Severity.ERROR, Node(self.source, start, end), message)])

    def _open(self, event: Any) -> None:
        self._check_tag(event)
        if len(self.open) >= MAXIMUM_DEPTH:
            raise self.error(event.start_mark.index, f"nested too deeply, more than {MAXIMUM_DEPTH} levels")
        start, end = event.start_mark.index, event.end_mark.index
        is_mapping = isinstance(event, yaml.MappingStartEvent)
        node: Items | Members = Members(self.source, start, end, []) if is_mapping else Items(self.source, start, end, [])
        self._add(self._called(event, node), event.anchor)
        self.open.append(node)
        self.keys.append(None)

    def _close(self, event: Any) -> None:
        node = self.open.pop()
        self.keys.pop()
        # A block mapping ends where the next token begins; its last child tells better where its text ends.
        children = [value for _, value in node.pairs] if isinstance(node, Members) else node.items
        flow = self.source.text[node.start : node.start + 1] in ("{", "[")
        node.end = event.end_mark.index if flow or not children else max(children[-1].end, node.start)
        self.sizes[id(node)] = 1 + sum(self.sizes.get(id(child), 1) for child in children)
        call = self.calls.get(id(node))
        if call is not None:
            call.end = node.end
            self.sizes[id(call)] = 1 + self.sizes[id(node)]

    def _scalar(self, event: Any) -> Scalar:
        self._check_tag(event)
        is_plain = event.style is None or event.style == ""
        start, end = event.start_mark.index, event.end_mark.index
        type_: ScalarType = "string"
        if (is_plain and event.tag is None) or event.tag in _PLAIN_TAGS:
            type_ = "null" if event.value in _NULLS else "plain"
        return Scalar(self.source, start, end, "" if type_ == "null" else event.value, type_)

    def _called(self, event: Any, node: Node) -> Node:
        """The node, or the function that its tag is the short form of."""
        name = _FUNCTIONS.get(event.tag) if self.functions else None
        if name is None:
            return node
        start, after = node.start, node.start + len(event.tag)
        while after < node.end and self.source.text[after].isspace():
            after += 1
        node.start = after
        key = Scalar(self.source, start, start + len(event.tag), name, "string")
        call = Members(self.source, start, node.end, [(key, node)])
        self.calls[id(node)] = call
        return call

    def _alias(self, event: Any) -> None:
        node = self.anchors.get(event.anchor)
        if node is None or node in self.open:
            raise self.error(event.start_mark.index, f"alias `*{event.anchor}` has no anchor that is complete before it")
        self.aliased += self.sizes.get(id(node), 1)
        if self.aliased > MAXIMUM_ALIASED_NODES:
            raise self.error(event.start_mark.index, f"aliases repeat more than {MAXIMUM_ALIASED_NODES} values")
        self._add(node, None)

    def _add(self, node: Node, anchor: str | None) -> None:
        if anchor is not None:
            self.anchors[anchor] = node
        if not self.open:
            self.root = node
            return
        inner = self.open[-1]
        if isinstance(inner, Items):
            inner.items.append(node)
            return
        key = self.keys[-1]
        if key is None:
            self.keys[-1] = self._key(node)
        else:
            inner.pairs.append((key, node))
            self.keys[-1] = None

    def _key(self, node: Node) -> Scalar:
        if not isinstance(node, Scalar) or node.type == "null":
            raise self.error(node.start, "expected a member name")
        if node.text == "<<" and node.type == "plain":
            raise self.error(node.start, "YAML merge keys (`<<`) are not read; write the members out")
        return node

    def _check_tag(self, event: Any) -> None:
        if event.tag not in _ACCEPTED_TAGS and not (self.functions and event.tag in _FUNCTIONS):
            tag = event.tag.replace(_CORE, "!!")
            raise self.error(event.start_mark.index, f"YAML tag `{tag}` is not accepted; expected plain values")
