"""HCL as text and as parse trees: what the rest needs of python-hcl2.

In: the text of a `.tf` file, or of an expression. Out: trees; their blocks, attributes and references; characters as
they are meant.
Guarantee: a text that python-hcl2 cannot read is `None`, never an error. [HCL native syntax: Template expressions]
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import Any

import hcl2

from verifier.inputs.text.nodes import Scalar
from verifier.syntax.parsers import NotParsed

Tree = Any
"""A tree of Lark: `data`, `children`, `meta`. Its tokens are strings with `type`."""

_MISREAD = re.compile(r'(?:\$\$|%%)\{[^}]*?(?:"|[$%]\{)')
"""Python-hcl2 takes all from `$${` to the next brace for text, also where the text ends before."""
_HEREDOC = re.compile(r"<<-?([^\s\"]+)\r?\n")
_ESCAPE = re.compile(r'\\(?:([nrt"\\])|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))')
_OPENING = re.compile(r"\$\$\{|%%\{|\$\{|%\{")
_RETURN = re.compile(r"\r(?!\n)")
"""Terraform takes what stands behind it for text, also a `${`."""
_SIGN = re.compile(r"[$%]\s+[$%]\{~")
"""Terraform takes the character after a sign that opens nothing for text, a blank too, which the `~` then leaves."""
_QUOTED, _COMMENT = re.compile(r'"[^"\\{}]*"'), re.compile(r"#|//|/\*")
_SPACE_BEFORE, _SPACE_AFTER = re.compile(r"\A[^\S\n\x1c-\x1f]*\n?"), re.compile(r"[^\S\n\x1c-\x1f]*\n?\Z")
_INDENT = re.compile(r"[^\S\x1c-\x1f]*")
_DEEPEST = 30
"""Blocks inside each other."""
_CHAINS = ("get_attr_expr_term", "index_expr_term", "attr_splat_expr_term", "full_splat_expr_term")
"""The kinds of expressions that take something out of another one (`chain`)."""
_END = "END_OF_THE_FILE"
_SIMPLE = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}


def parse_body(text: str) -> Tree | None:
    """The body of a file."""
    markers = "|".join(map(re.escape, set(_HEREDOC.findall(text))))
    # A heredoc ends at a line with its marker and blanks; python-hcl2 wants no blanks after it, and reads on to another
    # one that has none.
    ends = re.compile(rf"^([^\S\n]*(?:{markers}))([^\S\r\n]+)(\r?\n|\Z)", re.MULTILINE)
    if _MISREAD.search(text) or ("|" in markers and ends.search(text)):
        return None
    text = ends.sub(r"\1\3\2", text) if markers else text
    try:
        found = _read(text).children[0]
    except NotParsed:  # what is not read is in doubt, and never passed over
        return None
    bodies = [found]
    for _ in range(_DEEPEST):
        bodies = [inner for body in bodies for _, _, inner, _ in blocks_in(body)]
    return None if bodies else found


def _read(text: str) -> Tree:
    return hcl2.parses_to_tree(text if text.endswith("\n") else text + "\n")


def stops_at(text: str) -> int:
    """Where python-hcl2 stops to read a text that it cannot read; 0 where that is not told."""
    try:
        _read(text)
    except NotParsed as error:
        return max(error.pos_in_stream or 0, 0)
    return 0


def parse_expression(text: str) -> Tree | None:
    body = parse_body(f"x = {text}\n")
    return None if body is None else next((expression for _, expression in attributes_in(body)), None)


def references(tree: Tree) -> list[str]:
    """The references in an expression, each as far as it is names."""
    found: dict[str, None] = {}
    bound: set[str] = set()
    pending = [tree]
    while pending:
        inner = pending.pop()
        if isinstance(inner, str) and inner.startswith("<<"):
            parts = heredoc_parts(str(inner)) or ()
            pending += [parse_expression(expression_in(text, sign)) for text, sign in parts if sign]
        if isinstance(inner, str) or inner is None:
            continue
        if tree_rule(inner) in _CHAINS:
            root, steps = chain(inner)
            names = [name for _, name in takewhile(lambda step: step[0] == ".", steps)]
            pending += [step for _, step in reversed(steps) if not isinstance(step, str)]
            if names and tree_rule(root) == "identifier":
                found[".".join([str(root.children[0]), *names])] = None
            else:
                pending.append(root)
        elif tree_rule(inner) != "object_elem_key" or word_of(tree_parts(inner)[0]) is None:
            pending += reversed(inner.children)
        if tree_rule(inner) == "for_intro":
            bound |= {str(part.children[0]) for part in tree_parts(inner) if tree_rule(part) == "identifier"}
    return [reference for reference in found if reference.split(".")[0] not in bound]


def chain(tree: Tree) -> tuple[Tree, list[tuple[str, Any]]]:
    """What a chain of names, keys, positions and splats begins with, and its steps: how each is written (`.`, `[` or
    `*`), and its name, its position or the tree of its key."""
    steps: list[tuple[str, Any]] = []
    tree = unwrapped(tree)
    while tree_rule(tree) in _CHAINS:
        head, *after = tree_parts(tree)
        if "splat" in tree_rule(tree):
            steps[:0] = [("*", ""), *map(_step, tree_parts(after[0]))]
        else:
            steps.insert(0, _step(after[0]))
        tree = unwrapped(head)
    return tree, steps


def _step(tree: Tree) -> tuple[str, Any]:
    if tree_rule(tree) == "get_attr":
        return ".", str(tree_parts(tree)[0].children[0])
    return "[", str(tree.children[-1]) if tree_rule(tree) == "short_index" else tree_parts(tree)[0]


def step_written(form: str, key: Scalar) -> str:
    """A step of a chain as it is written."""
    if form in ".*":
        return f".{key.text}" if form == "." else "[*]"
    return f"[{key.text if key.type == 'plain' else json.dumps(key.text)}]"


def literal_of(tree: Tree) -> str | None:
    """The text that an expression is; `None` for any other, and for one with something to interpolate."""
    tree = unwrapped(tree)
    parts = [part.children[0] for part in tree_parts(tree)] if tree_rule(tree) == "string" else [tree]
    if not all(isinstance(part, str) for part in parts):
        return None
    return "".join(unescaped(str(part), part.type) for part in parts)


def text_without_layout(tree: Tree, text: str) -> str:
    """What a tree of a text says, without comments and layout."""
    parts, start = [], tree.meta.start_pos
    for gap in sorted((one.meta for one in tree.find_data("new_line_or_comment")), key=lambda meta: meta.start_pos):
        parts.append(text[start : gap.start_pos])
        start = gap.end_pos
    return " ".join(" ".join([*parts, text[start : tree.meta.end_pos]]).split())


def traversal(tree: Tree) -> tuple[str, ...]:
    """An expression that is one reference, as a plan has it: `TYPE.NAME`, and `each.key`. `"${x}"` is `x`."""
    given = tree_parts(unwrapped(tree)) if tree_rule(unwrapped(tree)) == "string" else []
    if len(given) == 1 and tree_rule(given[0].children[0]):
        return traversal(tree_parts(given[0].children[0])[0])
    root, steps = chain(tree)
    found = str(root.children[0]) if steps and tree_rule(root) == "identifier" else ""
    for form, step in steps if found else ():
        key = step if isinstance(step, str) else _key(step)
        if form == "*" or key is None:
            by = () if form == "*" else traversal(step)
            return (found, *by) if by in (("each.key",), ("count.index",)) else ()
        found += f".{key}" if form == "." else f"[{key}]"
    return (found,) if found else ()


def _key(tree: Tree) -> str | None:
    """A key or position that is written as such."""
    text, tree = literal_of(tree), unwrapped(tree)
    return json.dumps(text) if text is not None else str(tree.children[0]) if tree_rule(tree) == "int_lit" else None


def unwrapped(tree: Tree) -> Tree:
    """An expression without what is around it alone."""
    while tree_rule(tree) == "expr_term" and len(tree_parts(tree)) == 1:
        (tree,) = tree_parts(tree)
    return tree


def path_parts(tree: Tree) -> tuple[str, list[Tree]]:
    """`path.module` or `path.root` at the beginning of a path in quotes, and its other parts; none without quotes."""
    tree = unwrapped(tree)
    given = tree_parts(tree) if tree_rule(tree) == "string" else []
    is_reference = bool(given) and tree_rule(given[0].children[0])
    base = traversal(tree_parts(given[0].children[0])[0]) if is_reference else ()
    return (base[0], given[1:]) if base in (("path.module",), ("path.root",)) else ("", given)


def path_below(base: str, text: str) -> tuple[str, bool] | None:
    """A path that begins with a folder (`path_parts`), and whether that is the module's; `None` for one that is not
    below it, and for one that means something else elsewhere."""
    is_below = text.startswith("/") if base else text[:1] not in ("", "/", "~")
    return (text.lstrip("/"), base == "path.module") if is_below and not {*"\\\0"} & {*text} else None


def tree_rule(tree: Tree) -> str:
    """The rule that a tree was made by; nothing for a token."""
    return "" if isinstance(tree, str) else str(tree.data)


def tree_parts(tree: Tree) -> list[Tree]:
    """The parts of a tree that mean something."""
    trees = (child for child in tree.children if child is not None and not isinstance(child, str))
    return [child for child in trees if tree_rule(child) != "new_line_or_comment"]


def word_of(tree: Tree) -> str | None:
    """The word that a member's name is, if it is written as one."""
    in_parentheses = any(str(child) == "(" for child in tree.children if isinstance(child, str))
    if tree_rule(tree) == "expr_term" and len(tree_parts(tree)) == 1 and not in_parentheses:
        return word_of(tree_parts(tree)[0])
    return str(tree.children[0]) if tree_rule(tree) in ("identifier", "keyword", "literal_value") else None


def blocks_in(body: Tree) -> Iterator[tuple[str, list[str], Tree, Tree]]:
    """The blocks in a body: kind, labels, the body of the block, the block."""
    for child in tree_parts(body):
        if tree_rule(child) == "block":
            *heads, inner = tree_parts(child)
            kind, *words = map(_label, heads)
            yield kind, words, inner, child


def attributes_in(body: Tree) -> Iterator[tuple[str, Tree]]:
    """The attributes of a body: names and expressions."""
    for child in tree_parts(body):
        if tree_rule(child) == "attribute":
            name, expression = tree_parts(child)
            yield _label(name), expression


def _label(tree: Tree) -> str:
    if tree_rule(tree) == "string":
        return "".join(str(token) for part in tree_parts(tree) for token in part.children if isinstance(token, str))
    return str(tree.children[0])


def unescaped(text: str, kind: str) -> str:
    """A part of a quoted text. `$${` and `%%{` are a literal `${` and `%{`."""

    def character(match: re.Match[str]) -> str:
        simple, short, long = match.groups()
        return _SIMPLE[simple] if simple else chr(min(int(short or long, 16), 0x10FFFF))

    return _ESCAPE.sub(character, text[1:] if kind.startswith("ESCAPED") else text)


def heredoc_parts(token: str) -> list[tuple[str, str]] | None:
    """The parts of a heredoc, each with its sign: `$` of an expression, `%` of a directive, empty of a text; `None`
    where one has no certain end, for a line that Terraform may take for the end, and for directives and expressions of
    several lines in lines without their indentation (`<<-`)."""
    head, _, rest = token.partition("\n")
    *lines, end = rest.rstrip("\n").split("\n")
    if any(line.strip() == end.strip() for line in lines):
        return None
    if head.startswith("<<-"):
        indent = min((_indent(line) for line in lines if _indent(line) < len(line)), default=0)
        lines = [line[indent:] if _indent(line) < len(line) else line for line in lines]
    text = "".join(f"{line}\n" for line in lines)
    if (_RETURN.search(text) and _OPENING.search(text)) or _SIGN.search(text):
        return None
    parts: list[tuple[str, str]] = []
    position = 0
    while match := _OPENING.search(text, position):
        parts.append((text[position : match.start()], ""))
        position = match.end()
        if len(match[0]) == 3:
            parts.append((match[0][1:], ""))
            continue
        close = _close(text, position)
        if close is None or (head.startswith("<<-") and ("%" in match[0] or re.search(r"[~\n]", text[position:close]))):
            return None
        parts.append((text[position:close], match[0][0]))
        position = close + 1
    return list(_stripped([("", ""), *parts, (text[position:], ""), ("", "")]))


def _stripped(parts: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Parts but the first and last, without the white space that a `~` takes: in the line, and its end."""
    for (before, opened), (text, sign), (after, closed) in zip(parts, parts[1:], parts[2:], strict=False):
        if sign:
            yield text.removeprefix("~").removesuffix("~"), sign
            continue
        text = _SPACE_BEFORE.sub("", text) if opened and before.endswith("~") else text
        yield _SPACE_AFTER.sub("", text) if closed and after.startswith("~") else text, ""


def template_parts(text: str) -> list[tuple[str, str]] | None:
    """The parts of a template in a file, as `heredoc_parts`."""
    parts = heredoc_parts(f"<<{_END}\n{text}\n{_END}")
    return None if parts is None else [*parts[:-1], (parts[-1][0][:-1], "")]  # a heredoc ends in a line of its own


def expression_in(text: str, sign: str) -> str:
    """The expression in a part of a template, of `%{ for … }` one over the same; empty where there is none."""
    word, rest = [*text.split(maxsplit=1), "", ""][:2]
    return text if sign == "$" else {"if": rest, "for": f"[for {rest} : null]"}.get(word, "")


def _indent(line: str) -> int:
    """The white space before a line. [Go: unicode.IsSpace]"""
    found = _INDENT.match(line)
    return found.end() if found else 0


def _close(text: str, position: int) -> int | None:
    """Where an open brace closes, braces in texts counted; `None` where a comment may hold it."""
    depth = 1
    for at in range(position, len(text)):
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        if depth == 0:
            return None if _may_comment(text[position:at]) else at
    return None


def _may_comment(expression: str) -> bool:
    """False only if an expression certainly has no comment, be it in what a text is put together of."""
    rest = _QUOTED.sub("", expression)
    return bool(_COMMENT.search(expression if '"' in rest else rest))
