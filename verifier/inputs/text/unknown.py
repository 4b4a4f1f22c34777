"""Values that an input does not tell: known after apply, a parameter without a value.

Guarantee: an `UnknownNode` is no scalar, list or object, so whoever does not expect one refuses it; its `names` say
what is missing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from copy import copy
from itertools import chain

from verifier.inputs.text.nodes import Items, Members, Node, Scalar, member, nodes_in
from verifier.syntax.generated import MARK
from verifier.syntax.source import Source

Pieces = tuple[str | None, ...]
"""A text with `None` for each part that is not known."""
_OWN_ACCOUNT = "the own account, which is not given (--account)"
_OWN_REGION = "the own Region, which is not given (--region)"
GENERATED = "what AWS or Terraform will generate"
_GENERATED = f"(?<![A-Za-z0-9-])[A-Za-z0-9-]*(?:{MARK}|0{{16}}|-0000-4000-8000-)[A-Za-z0-9-]*"


class UnknownNode(Node):
    """A value that is not known, or a text with parts that are not.

    `pieces` is `(None,)` where nothing is known, not even that it is a text. `names` say what it depends on, each as a
    noun phrase that needs no explanation (`aws_iam_role.app.arn`, parameter `Partner`). Where it is one of a few
    values, or none, `options` are these; else `None`. Where it is a text that is put together, `parts` are what of.
    `said` are expressions that tell it from others, where it stands elsewhere than these.
    """

    __slots__ = ("names", "options", "parts", "pieces", "said")

    def __init__(
        self, at: Node, names: Sequence[str], pieces: Pieces = (None,), options: Sequence[Node] | None = None
    ) -> None:
        super().__init__(at.source, at.start, at.end)
        self.names = tuple(dict.fromkeys(names))
        self.pieces = pieces
        self.options = None if options is None else tuple(options)
        self.parts: tuple[Node, ...] = ()
        self.said: tuple[str, ...] = ()

    @property
    def is_text(self) -> bool:
        """True iff it is certainly a text, some part of which is known."""
        return any(self.pieces)


class Missing(UnknownNode):
    """What an expression is that fails: it refers to something that there is not."""

    __slots__ = ()


class OpenReference(UnknownNode):
    """What a reference is to, which nothing tells: of a variable without a value, of an attribute after apply; and what
    functions make of such values that make no other characters."""

    __slots__ = ()


class EncodedJson(UnknownNode):
    """The JSON text of a value that is not known, or in which something is not."""

    __slots__ = ("value",)

    def __init__(self, at: Node, value: Node) -> None:
        super().__init__(at, names_in([value]))
        self.value = value


class JoinedTexts(UnknownNode):
    """The texts of a list that is not known, with `","` between each and the next."""

    __slots__ = ()


class LazyObject(UnknownNode):
    """An object whose members are evaluated when they are asked for: `get` gives the one of a name, or `None`."""

    __slots__ = ("get",)

    def __init__(self, at: Node, names: Sequence[str], get: Callable[[str], Node | None]) -> None:
        super().__init__(at, names)
        self.get = get


class ResolvedObject(Members):
    """An object whose text in the source is not what it says: values in it stand for references and functions."""


def resolved(place: Node, pairs: Iterable[tuple[Scalar, Node]]) -> ResolvedObject:
    """An object in the place of another node."""
    return ResolvedObject(place.source, place.start, place.end, list(pairs))


def replaced(node: Members, name: str, value: Node | None) -> Members:
    """An object with another value for a member that it has, or without it."""
    kept = [(key, own if key.text != name else value) for key, own in node.pairs]
    return resolved(node, [(key, own) for key, own in kept if own is not None])


def moved(place: Node, node: Node) -> Node:
    """A value at the place where it is used; one that has parts stays where it is."""
    if isinstance(node, Members) or (isinstance(node, Items) and node.items):
        return node
    found = copy(node)
    found.source, found.start, found.end = place.source, place.start, place.end
    return found


class Embedded(Scalar):
    """A text with a source of its own, to which its places belong."""

    __slots__ = ("document",)

    def __init__(self, source: Source, start: int, end: int, document: Source) -> None:
        super().__init__(source, start, end, document.text, "string")
        self.document = document


def unknowns(node: Node) -> Iterator[UnknownNode]:
    return (inner for inner in nodes_in(node) if isinstance(inner, UnknownNode))


def with_leaves(node: Node, change: Callable[[Node], Node]) -> Node:
    """A tree of the same form, in which what has no parts is as `change` makes it."""
    found = copy(node)
    if isinstance(found, Items):
        found.items = [with_leaves(item, change) for item in found.items]
    elif isinstance(found, Members):
        found.pairs = [(key, with_leaves(value, change)) for key, value in found.pairs]
    else:
        return change(node)
    return found


def said_by(node: Node, expression: str) -> Node:
    """A value of which what is not known is told from others by an expression, too."""

    def change(leaf: Node) -> Node:
        if not isinstance(leaf, UnknownNode):
            return leaf
        found = copy(leaf)
        found.said = (*leaf.said, expression)
        found.parts = tuple(said_by(part, expression) for part in leaf.parts)
        if isinstance(found, EncodedJson):
            found.value = said_by(found.value, expression)
        return found

    return with_leaves(node, change) if any(unknowns(node)) else node


def named_by(node: Node, name: str) -> Node:
    """A value of which what is not known depends on what a name stands for, too."""

    def change(leaf: Node) -> Node:
        if isinstance(leaf, UnknownNode):
            leaf = copy(leaf)
            leaf.names = tuple(dict.fromkeys((*leaf.names, name)))
        return leaf

    return with_leaves(node, change) if any(unknowns(node)) else node


def joined(parts: Iterable[Pieces]) -> Pieces:
    """Texts one after the other, as one text; neighbouring known parts are put together, and empty ones left out."""
    pieces: list[str | None] = []
    for piece in (piece for part in parts for piece in part if piece != ""):
        if piece is not None and pieces and pieces[-1] is not None:
            pieces[-1] += piece
        elif piece is not None or not pieces or pieces[-1] is not None:
            pieces.append(piece)
    return tuple(pieces)


def names_in(nodes: Sequence[Node]) -> tuple[str, ...]:
    """What the unknown values in some trees depend on, each once."""
    return tuple(dict.fromkeys(name for node in nodes for unknown in unknowns(node) for name in unknown.names))


def content(node: object) -> object:
    """What a tree says, and how what is not known of it is written: the same wherever it stands, and however it is laid
    out; so of trees in lists and dictionaries. Of what is no tree: that."""
    if isinstance(node, UnknownNode):
        return [node.names, node.pieces, node.written.split(), content(node.options or ()), *map(str.split, node.said)]
    if isinstance(node, Members | dict):
        pairs = node.items() if isinstance(node, dict) else ((key.text, value) for key, value in node.pairs)
        return {name: content(value) for name, value in pairs}
    if isinstance(node, Items | list | tuple):
        return [content(item) for item in (node.items if isinstance(node, Items) else node)]
    return node.text if isinstance(node, Scalar) else None if isinstance(node, Node) else node


def stand_ins(own: str | None) -> re.Pattern[str]:
    """What stands for what AWS or Terraform will generate, and for the own account, if that is given (S4)."""
    # Zeros beside the account cannot be told from it.
    return re.compile(_GENERATED if own is None else f"{_GENERATED}|{own}0*")


def as_compared(nodes: Sequence[Node], own: str | None) -> list[Node]:
    """Values that are compared, as far as alike whatever they stand for. No text with a stand-in is empty."""
    is_for_empty = any(isinstance(node, Scalar) and not node.text for node in nodes)
    return list(nodes) if is_for_empty else [opened(node, own) for node in nodes]


def opened(node: Node, own: str | None, regions: Collection[str] = ()) -> Node:
    """A value in which a text is not known where it holds what stands for what AWS or Terraform will generate, for the
    own account, if that is given, or for own Regions: as far as it is the same whatever these are (S4)."""
    run = re.compile("|".join((stand_ins(own).pattern, *map(re.escape, regions))))

    def change(leaf: Node) -> Node:
        pieces = text_pieces(leaf)
        parts = [("",) if piece is None else run.split(piece) for piece in pieces]
        if all(len(part) == 1 for part in parts):
            return leaf
        gaps = [(None,) if piece is None else _with_gaps(part) for piece, part in zip(pieces, parts, strict=True)]
        is_own = own is not None and any(own in (piece or "") for piece in pieces)
        of_region = any(region in (piece or "") for piece in pieces for region in regions)
        name = _OWN_ACCOUNT if is_own else _OWN_REGION if of_region else GENERATED
        return UnknownNode(leaf, [*names_in([leaf]), name], joined(gaps))

    return with_leaves(node, change)


def _with_gaps(parts: Sequence[str]) -> Pieces:
    """Texts with a gap between each and the next."""
    return tuple(chain.from_iterable((None, part) for part in parts))[1:]


def of_pieces(place: Node, pieces: Pieces, names: Sequence[str]) -> Scalar | UnknownNode:
    """The text that the pieces are together, as far as it is known."""
    if None in pieces:
        return UnknownNode(place, names, pieces)
    return Scalar(place.source, place.start, place.end, "".join(piece or "" for piece in pieces), "string")


def text_pieces(node: Node | None) -> Pieces:
    """The pieces of a node that is a text."""
    return node.pieces if isinstance(node, UnknownNode) else (node.text if isinstance(node, Scalar) else None,)


def shown_name(name: Node) -> str:
    """A name as messages give it, of which parts need not be known."""
    return "".join("…" if piece is None else piece for piece in text_pieces(name))


def may_be_equal(first: Pieces, second: Pieces) -> bool:
    """False only if two texts are not the same: what is known of their beginnings, or of their ends, differs."""
    if None not in (*first, *second):
        return first == second
    begins, ends = ([pieces[at] or "" for pieces in (first, second)] for at in (0, -1))
    return (begins[0].startswith(begins[1]) or begins[1].startswith(begins[0])) and (
        ends[0].endswith(ends[1]) or ends[1].endswith(ends[0])
    )


def may_be(pieces: Pieces, text: str) -> bool:
    """True iff a text has all that is known, in its order; letters count without case."""
    pattern = "".join(".*" if piece is None else re.escape(piece) for piece in pieces)
    return re.fullmatch(pattern, text, re.IGNORECASE | re.DOTALL) is not None


def is_unknown_whole(node: Node) -> bool:
    """True iff nothing can be said of a document: it is unknown itself, or what language its statements are in is."""
    if isinstance(node, UnknownNode):
        return True
    return isinstance(member(node, "Version"), UnknownNode)
