"""HCL expressions, evaluated as far as a policy needs.

In: the parse tree of an expression (python-hcl2), and what its references stand for. Out: nodes with places in the `.tf` file; `None` for
`null`. Guarantee: what is not evaluated (another function, arithmetic, a directive) is `Unknown` with the references in it; nothing is
taken to be what it only refers to. [Terraform language: Expressions, Functions]

Nothing can grow beyond bounds: every step is counted (`allows`), and a text that no attribute can hold is not made.

`jsonencode` of an object is that object: the text that it makes is only ever read back as a document.
"""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from verifier.inputs.nodes import Items, Members, Node, Scalar
from verifier.inputs.terraform.hcl_calls import CALLS
from verifier.inputs.terraform.hcl_text import heredoc_parts, unescaped
from verifier.inputs.terraform.hcl_tree import Tree, kind_of, parse_expression, parts_of, references, word_of
from verifier.inputs.unknown import Missing, Pieces, Resolved, Unknown, joined, names_in
from verifier.syntax.source import Source

LONGEST = 1 << 20
"""Characters of a text that an expression makes."""

_MOST_VALUES = 100_000
_AFTER_APPLY = "(known after apply)"
_ORDERS: dict[str, Callable[[int, int], bool]] = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
_WHOLE = re.compile(r"[0-9]{1,15}")


@dataclass(frozen=True)
class Evaluator:
    """Evaluates the expressions of one file. `refer` gives what a reference (`aws_iam_role.app.arn`) stands for, `None` for `null`, and is
    told how deep inside other expressions it stands; `allows` counts steps, and is false where there were too many, or too deep ones;
    `bound` are the variables of `for` expressions; `own` names what the expression is of."""

    source: Source
    refer: Callable[[str, int], Node | None]
    own: str
    allows: Callable[[int, int], bool]
    bound: Mapping[str, Node | None] = field(default_factory=dict)
    depth: int = 0
    shift: int | None = None
    """Where an expression inside a text stands: its parts have no places of their own."""

    def value(self, tree: Tree) -> Node | None:
        """The value of an expression."""
        if not self.allows(1, self.depth):
            return self._unknown(tree)
        inner = replace(self, depth=self.depth + 1)
        name = kind_of(tree)
        if name == "expr_term":
            parts = parts_of(tree)
            return inner.value(parts[0]) if len(parts) == 1 else self._unknown(tree)
        method = _FORMS.get(name)
        return method(inner, tree) if method is not None else self._unknown(tree)

    # -- places --

    def at(self, tree: Tree) -> tuple[int, int]:
        if self.shift is not None or getattr(tree.meta, "empty", True):
            return (self.shift or 0, self.shift or 0)
        return tree.meta.start_pos, tree.meta.end_pos

    def text(self, tree: Tree, text: str) -> Scalar:
        return Scalar(self.source, *self.at(tree), text, "string")

    def placed(self, tree: Tree, node: Node) -> Node:
        """A value from elsewhere, at the place where it is used."""
        return _placed(self.source, *self.at(tree), node)

    def _unknown(self, tree: Tree, names: Sequence[str] = ()) -> Unknown:
        found = (
            list(names) or [f"{text} {_AFTER_APPLY}" for text in references(tree)] or [f"{self.own} (an expression that is not evaluated)"]
        )
        return Unknown(self.source, *self.at(tree), found)

    # -- texts --

    def _string(self, tree: Tree) -> Node | None:
        parts: list[Node] = []
        for part in parts_of(tree):
            inner = part.children[0]
            if kind_of(inner) == "interpolation":
                parts.append(self._interpolated(inner))
            elif isinstance(inner, str):
                parts.append(self.text(tree, unescaped(str(inner), getattr(inner, "type", ""))))
            else:
                return self._unknown(tree)  # a directive
        if len(parts) == 1 and not isinstance(parts[0], Scalar):
            return parts[0]
        return self.concatenated(tree, parts)

    def _interpolated(self, tree: Tree) -> Node:
        (expression,) = parts_of(tree)
        found = self.value(expression)
        return found if found is not None else self._unknown(tree)

    def concatenated(self, tree: Tree, parts: Sequence[Node]) -> Node:
        pieces: list[Pieces] = []
        if any(isinstance(part, Missing) for part in parts):
            return Missing(self.source, *self.at(tree), names_in(parts))
        for part in parts:
            if isinstance(part, Scalar) and part.type != "null":
                pieces.append((part.text,) if part.text else ())
            else:
                pieces.append(part.pieces if isinstance(part, Unknown) else (None,))
        if sum(len(piece or "") for part in pieces for piece in part) > LONGEST:
            return self._unknown(tree)
        whole = joined(pieces)
        if all(piece is not None for piece in whole):
            return self.text(tree, "".join(piece or "" for piece in whole))
        names = names_in(parts) or [f"{self.own} (an expression that is not evaluated)"]
        return Unknown(self.source, *self.at(tree), names, whole)

    def _heredoc(self, tree: Tree) -> Node | None:
        """A text of several lines; a policy written so keeps the places of its lines only as a whole."""
        parts = heredoc_parts(str(tree.children[0]))
        if parts is None:
            return self._unknown(tree)
        found: list[Node] = []
        inside = replace(self, shift=self.at(tree)[0])
        for text, is_expression in parts:
            expression = parse_expression(text) if is_expression else None
            if not is_expression:
                found.append(self.text(tree, text))
            else:
                value = inside.value(expression) if expression is not None else None
                found.append(value if value is not None else self._unknown(tree))
        return self.concatenated(tree, found)

    def _number(self, tree: Tree) -> Node | None:
        return Scalar(self.source, *self.at(tree), str(tree.children[0]), "plain")

    def _literal(self, tree: Tree) -> Node | None:
        text = str(tree.children[0])
        return None if text == "null" else Scalar(self.source, *self.at(tree), text, "plain")

    # -- collections --

    def made(self, tree: Tree, node: Items | Members) -> Node:
        """A collection, if it is not too large: its parts may be the same thing many times over."""
        return node if self.allows(_size(node), self.depth) else self._unknown(tree)

    def _tuple(self, tree: Tree) -> Node | None:
        found = [self.value(part) for part in parts_of(tree)]
        start, end = self.at(tree)
        null = Scalar(self.source, start, start, "", "null")
        return self.made(tree, Items(self.source, start, end, [node if node is not None else null for node in found]))

    def _object(self, tree: Tree) -> Node | None:
        pairs: list[tuple[Scalar, Node]] = []
        for element in parts_of(tree):
            key_tree, value_tree = parts_of(element)
            key = self._key(key_tree)
            if key is None:
                return self._unknown(tree)
            value = self.value(value_tree)
            pairs.append((key, value if value is not None else Scalar(self.source, key.end, key.end, "", "null")))
        return self.made(tree, Resolved(self.source, *self.at(tree), pairs))

    def _key(self, tree: Tree) -> Scalar | None:
        """The name of a member: a word stands for itself."""
        (inner,) = parts_of(tree)
        word = word_of(inner)
        if word is not None:
            return self.text(tree, word)
        found = self.value(inner)
        return found if isinstance(found, Scalar) else None

    def _for_tuple(self, tree: Tree) -> Node | None:
        """`[for x in list : expression if condition]`."""
        intro, result, *condition = parts_of(tree)
        names = [str(part.children[0]) for part in parts_of(intro) if kind_of(part) == "identifier"]
        collection = self.value(parts_of(intro)[-1])
        if not isinstance(collection, Items) or not 1 <= len(names) <= 2:
            return self._unknown(tree, names_in([collection]) if collection is not None else ())
        found: list[Node] = []
        for index, item in enumerate(collection.items):
            place = Scalar(self.source, *self.at(tree), str(index), "plain")
            bound = {**self.bound, names[-1]: item, **({names[0]: place} if len(names) == 2 else {})}
            inside = replace(self, bound=bound)
            if condition:
                holds = inside.value(parts_of(condition[0])[0])
                if not isinstance(holds, Scalar) or holds.text not in ("true", "false"):
                    return self._unknown(tree)
                if holds.text == "false":
                    continue
            value = inside.value(result)
            found.append(value if value is not None else Scalar(self.source, place.start, place.start, "", "null"))
        return self.made(tree, Items(self.source, *self.at(tree), found))

    # -- references --

    def _reference(self, tree: Tree) -> Node | None:
        """A chain of names, keys and positions."""
        steps = self._steps(tree)
        if steps is None:
            return self._unknown(tree)
        head, rest = steps[0], steps[1:]
        if head in self.bound:
            found = self.bound[head]
            for step in rest:
                found = _member(found, step)
                if found is None:
                    return self._unknown(tree)
        else:
            found = self.refer("".join([head, *rest]), self.depth)
        return None if found is None else self.placed(tree, found)

    def is_reference(self, tree: Tree) -> bool:
        """Whether an expression is a reference and nothing else."""
        return self._steps(tree) is not None

    def _steps(self, tree: Tree) -> list[str] | None:
        """The steps of a reference as they are written: `aws_iam_role`, `.app`, `["a"]`, `.arn`; keys are evaluated."""
        name = kind_of(tree)
        if name == "expr_term":
            parts = parts_of(tree)
            return self._steps(parts[0]) if len(parts) == 1 else None
        if name == "identifier":
            return [str(tree.children[0])]
        if name not in ("get_attr_expr_term", "index_expr_term"):
            return None
        head, step = parts_of(tree)
        before = self._steps(head)
        if before is None:
            return None
        if kind_of(step) == "get_attr":
            return [*before, f".{parts_of(step)[0].children[0]}"]
        if kind_of(step) == "short_index":
            return [*before, f"[{step.children[-1]}]"]
        key = self.value(parts_of(step)[0])
        if not isinstance(key, Scalar):
            return None
        return [*before, f"[{key.text}]" if key.type == "plain" else f"[{json.dumps(key.text)}]"]

    def _splat(self, tree: Tree) -> Node | None:
        """`list[*].name` and `list.*.name`: of each entry of a list."""
        head, splat = parts_of(tree)
        steps = self._steps(head)
        if steps is None:
            return self._unknown(tree)
        rest = ["." + str(parts_of(step)[0].children[0]) for step in parts_of(splat) if kind_of(step) == "get_attr"]
        if len(rest) != len(parts_of(splat)):
            return self._unknown(tree)
        found = self.refer("".join(steps) + "[*]" + "".join(rest), self.depth)
        return None if found is None else self.placed(tree, found)

    # -- operators and functions --

    def _conditional(self, tree: Tree) -> Node | None:
        condition, yes, no = parts_of(tree)
        holds = self.value(condition)
        if not isinstance(holds, Scalar) or holds.text not in ("true", "false"):
            return self._unknown(tree)
        return self.value(yes if holds.text == "true" else no)

    def _binary(self, tree: Tree) -> Node | None:
        left_tree, term = parts_of(tree)[:2]
        between, right_tree = parts_of(term)
        left, right, sign = self.value(left_tree), self.value(right_tree), str(between.children[0])
        texts = [node.text if isinstance(node, Scalar) else None for node in (left, right)]
        if sign in ("==", "!=") and (left is None or right is None) and not names_in([n for n in (left, right) if n is not None]):
            return self._truth(tree, (left is right) == (sign == "=="))
        if sign in ("==", "!=") and None not in texts:
            return self._truth(tree, (texts[0] == texts[1]) == (sign == "=="))
        if sign in _ORDERS and all(
            isinstance(node, Scalar) and node.type == "plain" and _WHOLE.fullmatch(node.text) for node in (left, right)
        ):
            first, second = (int(text or 0) for text in texts)
            return self._truth(tree, _ORDERS[sign](first, second))
        if sign in ("&&", "||") and all(text in ("true", "false") for text in texts):
            truths = [text == "true" for text in texts]
            return self._truth(tree, all(truths) if sign == "&&" else any(truths))
        return self._unknown(tree)

    def _unary(self, tree: Tree) -> Node | None:
        sign = next((str(child) for child in tree.children if isinstance(child, str)), "")
        found = self.value(parts_of(tree)[0])
        if sign == "!" and isinstance(found, Scalar) and found.text in ("true", "false"):
            return self._truth(tree, found.text == "false")
        return self._unknown(tree)

    def _truth(self, tree: Tree, value: bool) -> Scalar:
        return Scalar(self.source, *self.at(tree), "true" if value else "false", "plain")

    def _call(self, tree: Tree) -> Node | None:
        name, *rest = parts_of(tree)
        given = parts_of(rest[0]) if rest and kind_of(rest[0]) == "arguments" else []
        spread = bool(rest) and any(str(child) == "..." for child in rest[0].children if isinstance(child, str))
        function = CALLS.get(str(name.children[0]))
        if function is None or spread:
            return self._unknown(tree)
        found = function(self, tree, [self.value(argument) for argument in given])
        if isinstance(found, Scalar) and found.type == "null":
            return None
        return found if found is not None else self._unknown(tree)


_FORMS: dict[str, Callable[[Evaluator, Tree], Node | None]] = {
    "string": Evaluator._string,
    "heredoc_template": Evaluator._heredoc,
    "heredoc_template_trim": Evaluator._heredoc,
    "int_lit": Evaluator._number,
    "float_lit": Evaluator._number,
    "literal_value": Evaluator._literal,
    "tuple": Evaluator._tuple,
    "object": Evaluator._object,
    "for_tuple_expr": Evaluator._for_tuple,
    "identifier": Evaluator._reference,
    "get_attr_expr_term": Evaluator._reference,
    "index_expr_term": Evaluator._reference,
    "attr_splat_expr_term": Evaluator._splat,
    "full_splat_expr_term": Evaluator._splat,
    "conditional": Evaluator._conditional,
    "binary_op": Evaluator._binary,
    "unary_op": Evaluator._unary,
    "function_call": Evaluator._call,
}


def _size(node: Node) -> int:
    """How many values a tree has, counted up to `_MOST_VALUES`."""
    count, pending = 0, [node]
    while pending and count < _MOST_VALUES:
        inner = pending.pop()
        count += 1
        pending += inner.items if isinstance(inner, Items) else [value for _, value in inner.pairs] if isinstance(inner, Members) else ()
    return count


def _member(node: Node | None, step: str) -> Node | None:
    name = step[1:] if step.startswith(".") else step[1:-1].strip('"')
    if isinstance(node, Members):
        return next((value for key, value in node.pairs if key.text == name), None)
    if isinstance(node, Items) and name.isdecimal() and int(name) < len(node.items):
        return node.items[int(name)]
    return None


def _placed(source: Source, start: int, end: int, node: Node) -> Node:
    if node.source is source:
        return node
    if isinstance(node, Members):
        pairs = [(Scalar(source, start, end, key.text, "string"), _placed(source, start, end, value)) for key, value in node.pairs]
        return Resolved(source, start, end, pairs)
    if isinstance(node, Items):
        return Items(source, start, end, [_placed(source, start, end, item) for item in node.items])
    if isinstance(node, Unknown):
        return type(node)(source, start, end, node.names, node.pieces)
    assert isinstance(node, Scalar)
    return Scalar(source, start, end, node.text, node.type)
