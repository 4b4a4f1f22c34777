"""HCL expressions, evaluated as far as a policy needs.

In: the parse tree of an expression (python-hcl2), and what its references stand for. Out: nodes with places in the `.tf` file.
Guarantee: an operation is Terraform's own, whatever the values that are not known turn out to be, or its value is `Unknown` with the
references in it; `Missing` is what fails. docs/terraform.md has the law of each operation. [Terraform language: Expressions]

Nothing can grow beyond bounds: every step is counted (`allows`), and a text that no attribute can hold is not made.
"""

from __future__ import annotations

import json
import operator
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from itertools import islice

from verifier.inputs.nodes import Items, Node, Scalar
from verifier.inputs.terraform.hcl_calls import OF_ONE, OF_SEVERAL, FailsError
from verifier.inputs.terraform.hcl_kinds import (
    Loose,
    Ordered,
    TextSet,
    Untyped,
    equal,
    inside,
    is_null,
    is_open,
    is_uniform,
    lacks,
    loosened,
    member,
    object_of,
    truth,
    unified,
)
from verifier.inputs.terraform.hcl_text import heredoc_parts, unescaped
from verifier.inputs.terraform.hcl_tree import Tree, kind_of, parse_expression, parts_of, references, word_of
from verifier.inputs.terraform.values import number_text
from verifier.inputs.unknown import Missing, Pieces, Resolved, Unknown, joined, names_in
from verifier.syntax.source import Source

LONGEST = 1 << 20
"""Characters of a text that an expression makes."""

_MOST_VALUES = 100_000
_AFTER_APPLY = "(known after apply)"
_ORDERS: dict[str, Callable[[int, int], bool]] = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
_VALUES = ("var", "local", "module", "each", "count", "path", "terraform", "self")
"""What references begin with that are to no resource."""
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
    bound: Mapping[str, Node] = field(default_factory=dict)
    depth: int = 0

    def value(self, tree: Tree) -> Node:
        """The value of an expression; `Missing` where it fails."""
        try:
            return self.get(tree)
        except FailsError:
            return Missing(self.source, *self.at(tree), self.unknown(tree).names)

    def get(self, tree: Tree) -> Node:
        """The value of a part of an expression. Raises `FailsError`."""
        if not self.allows(1, self.depth):
            return self.unknown(tree)
        inner = replace(self, depth=self.depth + 1)
        name = kind_of(tree)
        if name == "expr_term":
            parts = parts_of(tree)
            return inner.get(parts[0]) if len(parts) == 1 else self.unknown(tree)
        method = FORMS.get(name)
        found = method(inner, tree) if method is not None else None
        return found if found is not None else self.unknown(tree)

    # -- places --

    def at(self, tree: Tree) -> tuple[int, int]:
        return (0, 0) if getattr(tree.meta, "empty", True) else (tree.meta.start_pos, tree.meta.end_pos)

    def text(self, tree: Tree, text: str) -> Scalar:
        return Scalar(self.source, *self.at(tree), unicodedata.normalize("NFC", text), "string")

    def plain(self, tree: Tree, text: str) -> Scalar:
        return Scalar(self.source, *self.at(tree), text, "plain")

    def null(self, tree: Tree) -> Scalar:
        return Scalar(self.source, *self.at(tree), "", "null")

    def ordered(self, tree: Tree, items: Sequence[Node], *, loose: bool = False) -> Node:
        return self.made(tree, (Loose if loose else Ordered)(self.source, *self.at(tree), list(items)))

    def made(self, tree: Tree, node: Node) -> Node:
        """A value, if it is not too large: its parts may be the same thing many times over."""
        size = sum(1 for _ in islice(inside(node), _MOST_VALUES))
        return node if self.allows(size, self.depth) else self.unknown(tree)

    def unknown(self, tree: Tree, nodes: Sequence[Node] = ()) -> Unknown:
        """A value that is not known, and may not be there; it depends on these nodes, or on all that the expression refers to."""
        names = list(names_in(nodes)) or [f"{text} {_AFTER_APPLY}" for text in references(tree)]
        return Unknown(self.source, *self.at(tree), names or [f"{self.own} (an expression that is not evaluated)"])

    # -- texts --

    def _string(self, tree: Tree) -> Node | None:
        parts: list[Node] = []
        for part in parts_of(tree):
            inner = part.children[0]
            if kind_of(inner) == "interpolation":
                parts.append(self.get(parts_of(inner)[0]))
                continue
            if not isinstance(inner, str):
                return None  # a directive
            parts.append(self.text(tree, unescaped(str(inner), getattr(inner, "type", ""))))
        if len(parts) == 1:
            return parts[0]
        return self.concatenated(tree, parts)

    def concatenated(self, tree: Tree, parts: Sequence[Node]) -> Node:
        """Values put together as a text."""
        if any(isinstance(part, Items) or object_of(part) is not None or is_null(part) for part in parts):
            raise FailsError
        pieces: list[Pieces] = []
        for part in parts:
            if isinstance(part, Scalar):
                pieces.append((part.text,) if part.text else ())
            else:
                pieces.append(part.pieces if isinstance(part, Unknown) else (None,))
        if sum(len(piece or "") for part in pieces for piece in part) > LONGEST:
            return self.unknown(tree)
        whole = joined(pieces)
        if all(piece is not None for piece in whole):
            return self.text(tree, "".join(piece or "" for piece in whole))
        return Unknown(self.source, *self.at(tree), self.unknown(tree, parts).names, whole)

    def _heredoc(self, tree: Tree) -> Node | None:
        """A text of several lines; a policy written so keeps the places of its lines only as a whole."""
        found: list[Node] = []
        parts = heredoc_parts(str(tree.children[0]))
        if parts is None:
            return None
        for text, is_expression in parts:
            expression = parse_expression(text) if is_expression else None
            if is_expression and expression is None:
                return None
            found.append(self.text(tree, text) if expression is None else self.get(expression))
        return self.concatenated(tree, found)

    def _number(self, tree: Tree) -> Node | None:
        text = number_text(str(tree.children[0]))
        return None if text is None else self.plain(tree, text)

    def _literal(self, tree: Tree) -> Node:
        text = str(tree.children[0])
        return self.null(tree) if text == "null" else self.plain(tree, text)

    # -- collections --

    def _tuple(self, tree: Tree) -> Node:
        return self.ordered(tree, [self.get(part) for part in parts_of(tree)])

    def _object(self, tree: Tree) -> Node | None:
        pairs: dict[str, tuple[Scalar, Node]] = {}
        for element in parts_of(tree):
            key_tree, value_tree = parts_of(element)
            (name,), value = parts_of(key_tree), self.get(value_tree)
            word = word_of(name)  # which stands for itself
            key = self.get(name) if word is None else self.text(key_tree, word)
            if not isinstance(key, Scalar) or is_null(key):
                return None
            pairs[key.text] = key, value
        return self.made(tree, Resolved(self.source, *self.at(tree), list(pairs.values())))

    def _for_tuple(self, tree: Tree) -> Node | None:
        """`[for x in list : expression if condition]`."""
        intro, result, *condition = parts_of(tree)
        names = [str(part.children[0]) for part in parts_of(intro) if kind_of(part) == "identifier"]
        collection = self.get(parts_of(intro)[-1])
        entries = self.entries(tree, collection, with_keys=len(names) == 2)
        if entries is None:
            if isinstance(collection, Unknown | Items):
                return None
            raise FailsError
        found: list[Node] = []
        for key, item in entries:
            inside = replace(self, bound={**self.bound, names[0]: key, names[-1]: item})
            holds = inside.get(parts_of(condition[0])[0]) if condition else None
            if holds is not None and truth(holds) is None:
                return None
            if holds is None or truth(holds):
                found.append(inside.get(result))
        return self.ordered(tree, found, loose=isinstance(collection, Loose))

    def entries(self, tree: Tree, node: Node, *, with_keys: bool) -> list[tuple[Node, Node]] | None:
        """Keys and values of a collection, in their order; `None` where they are not known, or it is none."""
        found = object_of(node)
        if found is not None:
            names = {key.text: (key, value) for key, value in found.pairs}
            return [names[name] for name in sorted(names)]
        if isinstance(node, TextSet):
            return [(item, item) for item in node.items]
        if not isinstance(node, Items) or (with_keys and not isinstance(node, Ordered)):
            return None
        return [(self.plain(tree, str(index)), item) for index, item in enumerate(node.items)]

    # -- references --

    def _reference(self, tree: Tree) -> Node | None:
        """A chain of names, keys and positions."""
        root, path = self._path(tree)
        keys = [key for _, key in path if isinstance(key, Scalar) and not is_null(key)]
        if len(keys) < len(path):
            return None
        name = str(root.children[0]) if kind_of(root) == "identifier" else None
        if name is not None and name not in self.bound:
            return self._referred(tree, name, [(form, key) for (form, _), key in zip(path, keys, strict=True)])
        found = self.bound[name] if name is not None else self.get(root)
        for key in keys:
            inner = member(found, key.text)
            if inner is None and lacks(found, key.text):
                raise FailsError
            found = inner if inner is not None else self.unknown(tree, [found])
        return found

    def _path(self, tree: Tree) -> tuple[Tree, list[tuple[str, Node]]]:
        """What a chain begins with, and its steps: how each is written (`.` or `[`), and its name, key or position."""
        name = kind_of(tree)
        if name == "expr_term" and len(parts_of(tree)) == 1:
            return self._path(parts_of(tree)[0])
        if name not in ("get_attr_expr_term", "index_expr_term"):
            return tree, []
        head, step = parts_of(tree)
        root, before = self._path(head)
        if kind_of(step) == "get_attr":
            return root, [*before, (".", self.text(step, str(parts_of(step)[0].children[0])))]
        if kind_of(step) == "short_index":
            return root, [*before, ("[", self.plain(step, str(step.children[-1])))]
        return root, [*before, ("[", self.get(parts_of(step)[0]))]

    def _referred(self, tree: Tree, name: str, path: Sequence[tuple[str, Scalar]]) -> Node | None:
        """What a reference stands for."""
        names = sum(form == "." for form, _ in path)
        if any(isinstance(key, Untyped) for _, key in path) or names < (3 if name == "data" else 1 if name in _VALUES else 2):
            return None  # a resource as a whole among them
        steps = [f".{key.text}" if form == "." else f"[{key.text if key.type == 'plain' else json.dumps(key.text)}]" for form, key in path]
        found = self.refer("".join([name, *steps]), self.depth)
        if isinstance(found, Missing):
            raise FailsError
        return self.null(tree) if found is None else self.placed(tree, found)

    def placed(self, tree: Tree, node: Node) -> Node:
        """A value that has no parts, at the place where it is used."""
        if node.source is self.source or not isinstance(node, Scalar | Unknown):
            return node
        found = copy(node)
        found.source, (found.start, found.end) = self.source, self.at(tree)
        return found

    def _splat(self, tree: Tree) -> Node | None:
        """`resource[*].name` and `resource.*.name`: of each instance of a resource with `count`."""
        head, splat = parts_of(tree)
        root, path = self._path(head)
        after = ["." + str(parts_of(step)[0].children[0]) for step in parts_of(splat) if kind_of(step) == "get_attr"]
        if kind_of(root) != "identifier" or str(root.children[0]) in self.bound or len(after) != len(parts_of(splat)):
            return None
        before = ["." + key.text for form, key in path if form == "." and isinstance(key, Scalar)]
        if len(before) < len(path):
            return None
        found = self.refer("".join([str(root.children[0]), *before, "[*]", *after]), self.depth)
        return None if found is None or is_open(found) else found

    # -- operators and functions --

    def _conditional(self, tree: Tree) -> Node | None:
        """One of two values, converted to the type that both have."""
        condition, *branches = parts_of(tree)
        holds = self.get(condition)
        if truth(holds) is None:
            return None
        taken, left = branches if truth(holds) else branches[::-1]
        found = self.get(taken)
        if isinstance(found, Unknown) or "null" in (word_of(taken), word_of(left)):
            return found
        other = self.value(left)
        if is_uniform([found, other]) and not is_null(found) and not is_null(other):
            return found
        if isinstance(found, Ordered) and isinstance(other, Ordered):
            return self.ordered(tree, unified(found.items, other.items))
        return self.made(tree, loosened(found))

    def _binary(self, tree: Tree) -> Node | None:
        left_tree, term = parts_of(tree)[:2]
        between, right_tree = parts_of(term)
        left, right, sign = self.get(left_tree), self.get(right_tree), str(between.children[0]).split()[-1]
        found: bool | None = None
        if sign in ("==", "!="):
            same = equal(left, right)
            found = None if same is None else same == (sign == "==")
        elif sign in ("&&", "||"):
            truths = [truth(left), truth(right)]
            found = None if None in truths else all(truths) if sign == "&&" else any(truths)
        elif sign in _ORDERS and isinstance(left, Scalar) and isinstance(right, Scalar):
            whole = _WHOLE.fullmatch(left.text) and _WHOLE.fullmatch(right.text)
            found = _ORDERS[sign](int(left.text), int(right.text)) if whole else None
        return None if found is None else self.plain(tree, str(found).lower())

    def _unary(self, tree: Tree) -> Node | None:
        """`!`."""
        found = truth(self.get(parts_of(tree)[0]))
        return None if found is None or str(tree.children[0]) != "!" else self.plain(tree, str(not found).lower())

    def _call(self, tree: Tree) -> Node | None:
        head, *rest = parts_of(tree)
        name, arguments = str(head.children[0]), parts_of(rest[0]) if rest and kind_of(rest[0]) == "arguments" else []
        if name == "try":
            return self._try(tree, arguments)
        if (name not in OF_SEVERAL and (name not in OF_ONE or len(arguments) != 1)) or (rest and "..." in rest[0].children):
            return None
        given = [self.get(argument) for argument in arguments]
        return OF_ONE[name](self, tree, given[0]) if name in OF_ONE else OF_SEVERAL[name](self, tree, *given)

    def _try(self, tree: Tree, arguments: Sequence[Tree]) -> Node | None:
        """The first argument that does not fail. Of references that is told; of others only that they do."""
        for argument in arguments[:-1]:
            found = self.value(argument)
            if not isinstance(found, Missing):
                return found if self._is_certain(argument) else self.unknown(tree, [found])
        return self.get(arguments[-1]) if arguments else None

    def _is_certain(self, tree: Tree) -> bool:
        """Whether an expression is a reference that does not fail if its value is known: what may be a set has no positions."""
        root, path = self._path(tree)
        word = word_of(root)
        instance = 2 if word == "data" else 1 if word not in self.bound and word not in _VALUES or word == "module" else -1
        positions = [index for index, (_, key) in enumerate(path) if isinstance(key, Scalar) and key.text.isdecimal()]
        return word is not None and positions in ([], [instance])


FORMS: dict[str, Callable[[Evaluator, Tree], Node | None]] = {
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
"""The forms of expressions that are evaluated, by the rules of python-hcl2."""
