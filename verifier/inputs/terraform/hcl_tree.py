"""Parse trees of HCL: what the rest needs of python-hcl2.

In: the text of a `.tf` file, or of an expression. Out: trees; their blocks, attributes and references.
Guarantee: a text that python-hcl2 cannot read is `None`, never an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from verifier.inputs.terraform.hcl_text import heredoc_parts

Tree = Any
"""A tree of Lark: `data`, `children`, `meta`. Its tokens are strings with `type`."""

_MISREAD = re.compile(r'(?:\$\$|%%)\{[^}]*?(?:"|[$%]\{)')
"""Python-hcl2 takes all from `$${` to the next brace for text, also where the text ends before."""


def parse(text: str) -> Tree | None:
    """The body of a file."""
    import hcl2  # slow to import, and needed only where there are `.tf` files

    if _MISREAD.search(text):
        return None
    try:
        return hcl2.parses_to_tree(text if text.endswith("\n") else text + "\n").children[0]
    except Exception:  # its parser raises errors of several libraries, and a file that it cannot read is no fault of the input
        return None


def parse_expression(text: str) -> Tree | None:
    """An expression by itself."""
    body = parse(f"x = {text}\n")
    return None if body is None else next((expression for _, expression in attributes_in(body)), None)


def references(tree: Tree) -> list[str]:
    """The references in an expression, each as far as it is names."""
    found: dict[str, None] = {}
    bound: set[str] = set()
    pending = [tree]
    while pending:
        inner = pending.pop()
        if isinstance(inner, str) and inner.startswith("<<"):
            pending += [parse_expression(text) for text, is_expression in heredoc_parts(str(inner)) or () if is_expression]
        if isinstance(inner, str) or inner is None:
            continue
        chain = _chain(inner)
        if chain is not None and "." in chain:
            found[chain] = None
        elif kind_of(inner) != "object_elem_key" or word_of(parts_of(inner)[0]) is None:
            pending += reversed(inner.children)
        if kind_of(inner) == "for_intro":
            bound |= {str(part.children[0]) for part in parts_of(inner) if kind_of(part) == "identifier"}
    return [chain for chain in found if chain.split(".")[0] not in bound]


def _chain(tree: Tree) -> str | None:
    if kind_of(tree) == "expr_term" and len(parts_of(tree)) == 1:
        return _chain(parts_of(tree)[0])
    if kind_of(tree) == "identifier":
        return str(tree.children[0])
    if kind_of(tree) == "get_attr_expr_term":
        head, step = parts_of(tree)
        before = _chain(head)
        return None if before is None else f"{before}.{parts_of(step)[0].children[0]}"
    return None


def kind_of(tree: Tree) -> str:
    """The rule that a tree was made by; nothing for a token."""
    return "" if isinstance(tree, str) else str(tree.data)


def parts_of(tree: Tree) -> list[Tree]:
    """The parts of a tree that mean something."""
    return [
        child for child in tree.children if child is not None and not isinstance(child, str) and kind_of(child) != "new_line_or_comment"
    ]


def word_of(tree: Tree) -> str | None:
    """The word that a member's name is, if it is written as one."""
    if (
        kind_of(tree) == "expr_term"
        and len(parts_of(tree)) == 1
        and not any(str(child) == "(" for child in tree.children if isinstance(child, str))
    ):
        return word_of(parts_of(tree)[0])
    return str(tree.children[0]) if kind_of(tree) in ("identifier", "keyword", "literal_value") else None


def blocks_in(body: Tree) -> Iterator[tuple[str, list[str], Tree, Tree]]:
    """The blocks in a body: kind, labels, the body of the block, the block."""
    for child in parts_of(body):
        if kind_of(child) == "block":
            *heads, inner = parts_of(child)
            kind, *words = map(_label, heads)
            yield kind, words, inner, child


def attributes_in(body: Tree) -> Iterator[tuple[str, Tree]]:
    """The attributes of a body: names and expressions."""
    for child in parts_of(body):
        if kind_of(child) == "attribute":
            name, expression = parts_of(child)
            yield _label(name), expression


def _label(tree: Tree) -> str:
    if kind_of(tree) == "string":
        return "".join(str(token) for part in parts_of(tree) for token in part.children if isinstance(token, str))
    return str(tree.children[0])
