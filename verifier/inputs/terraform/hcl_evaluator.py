"""HCL expressions, evaluated as far as a policy needs.

In: the parse tree of an expression (python-hcl2), and what its references stand for. Out: nodes with places in the
`.tf` file.
Guarantee: an operation is Terraform's own, whatever the values that are not known turn out to be, or its value is
`UnknownNode` with the references in it; `Missing` is what fails. docs/terraform.md has the law of each operation.
[Terraform language: Expressions]

Nothing can grow beyond bounds: every step is counted (`allows`), and a text that no attribute can hold is not made.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import islice

from msgspec import field

from verifier.frozen import Frozen
from verifier.inputs.terraform import hcl_kinds as kinds
from verifier.inputs.terraform import hcl_tree as trees
from verifier.inputs.terraform.hcl_calls import INSPECTING, OF_ONE, OF_SEVERAL
from verifier.inputs.terraform.hcl_kinds import FailsError, Loose, Ordered, TextSet, Untyped
from verifier.inputs.terraform.hcl_templates import assembled, heredoc, is_without_quotes, makes_no_quotes, of_file
from verifier.inputs.terraform.hcl_tree import Tree
from verifier.inputs.terraform.plan_values import after_apply
from verifier.inputs.text.nodes import Items, Members, Node, Scalar, nodes_in, null, plain
from verifier.inputs.text.unknown import Missing, OpenReference, UnknownNode, moved, names_in, resolved, said_by
from verifier.syntax.source import Source

_MOST_VALUES = 100_000
_ORDERS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
_VALUES = ("var", "local", "module", "each", "count", "path", "terraform", "self")
"""What references begin with that are to no resource."""
_WHOLE = re.compile(r"[0-9]{1,15}")


class Evaluator(Frozen):
    """Evaluates the expressions of one file. `refer` gives what a reference (`aws_iam_role.app.arn`) stands for, `None`
    for `null`, and is told how deep inside other expressions it stands; `allows` counts steps, and is false where there
    were too many, or too deep ones; `bound` are the variables of `for` expressions; `own` names what the expression is
    of. `read` gives the text of a file, where files are at hand, by its path and by whether that is one of the module
    (`path.module`); `may_fail` says of a reference whether it may be to an instance that is not made; `compared` is
    given values that are compared with each other, and gives them back as far as they are known to be what they look
    like: no placeholder is in them (S4). `inspected` does so with a value of which a function reads parts of texts, or
    the order of names. `unquoted` is given the names of what is supposed to have no quotation mark and no backslash."""

    source: Source
    refer: Callable[[str, int], Node | None]
    own: str
    allows: Callable[[int, int], bool]
    bound: Mapping[str, Node] = field(default_factory=dict)
    depth: int = 0
    read: Callable[[str, bool], Source | None] | None = None
    may_fail: Callable[[str], bool] | None = None
    compared: Callable[..., list[Node]] = lambda *nodes: list(nodes)
    inspected: Callable[[Node], Node] = lambda node: node
    unquoted: Callable[[Sequence[str]], None] = lambda names: None

    def value(self, tree: Tree) -> Node:
        """The value of an expression; `Missing` where it fails."""
        try:
            return self.get(tree)
        except FailsError:
            return Missing(self.at(tree), self.unknown(tree).names)

    def get(self, tree: Tree) -> Node:
        """The value of a part of an expression. Raises `FailsError`."""
        if not self.allows(1, self.depth):
            return self.unknown(tree)
        inner = replace(self, depth=self.depth + 1)
        name = trees.tree_rule(tree)
        if name == "expr_term":
            parts = trees.tree_parts(tree)
            return inner.get(parts[0]) if len(parts) == 1 else self.unknown(tree)
        found = FORMS[name](inner, tree) if name in FORMS else None
        if name in _MAKES and isinstance(found, Items | Members):
            # Its parts may be the same thing many times over.
            size = sum(1 for _ in islice(nodes_in(found), _MOST_VALUES))
            found = found if self.allows(size, self.depth) else None
        if isinstance(found, UnknownNode) and not found.names:
            return UnknownNode(found, self.unknown(tree).names, found.pieces)
        return self.unknown(tree) if found is None else found

    def at(self, tree: Tree) -> Node:
        """The place of a part of an expression."""
        span = (0, 0) if getattr(tree.meta, "empty", True) else (tree.meta.start_pos, tree.meta.end_pos)
        return Node(self.source, *span)

    def unknown(self, tree: Tree, nodes: Sequence[Node] = ()) -> UnknownNode:
        """A value that is not known, and may not be there; it depends on these nodes, or on all references."""
        unknown = (after_apply(one) for one in trees.references(tree) if one not in ("path.module", "path.root"))
        names = [*names_in(nodes)] or [*unknown]
        return UnknownNode(self.at(tree), names or [f"{self.own} (an expression that is not evaluated)"])

    # -- texts --

    def joined(self, tree: Tree, written: Sequence[Tree]) -> Node | None:
        """Parts of a quoted text, put together."""
        parts: list[Node] = []
        for part in written:
            inner = part.children[0]
            if trees.tree_rule(inner) == "interpolation":
                expression = trees.tree_parts(inner)[0]
                parts.append(said_by(self.get(expression), self.at(expression).written))
            elif isinstance(inner, str):
                parts.append(kinds.text_value(self.at(tree), trees.unescaped(str(inner), getattr(inner, "type", ""))))
            else:
                return None  # a directive
        return parts[0] if len(parts) == 1 else assembled(self, tree, parts)

    def _literal(self, tree: Tree) -> Node | None:
        """A number, a truth or null."""
        written = str(tree.children[0])
        known = written if trees.tree_rule(tree) == "literal_value" else kinds.hcl_number(written)
        return None if known is None else null(self.at(tree)) if known == "null" else plain(self.at(tree), known)

    # -- collections --

    def _object(self, tree: Tree) -> Node | None:
        pairs: dict[str, tuple[Scalar, Node]] = {}
        for element in trees.tree_parts(tree):
            key_tree, value_tree = trees.tree_parts(element)
            (name,), value = trees.tree_parts(key_tree), self.get(value_tree)
            word = trees.word_of(name)  # which stands for itself
            key = self._key(name) if word is None else kinds.text_value(self.at(key_tree), word)
            if not isinstance(key, Scalar) or kinds.is_null(key):
                return None
            pairs[key.text] = key, value
        return resolved(self.at(tree), pairs.values())

    def _key(self, tree: Tree) -> Node:
        """The value of the name of a member, which is compared with those of others: also with one like it."""
        found = self.get(tree)
        return self.compared(found, found)[0]

    def _for_tuple(self, tree: Tree) -> Node | None:
        """`[for x in list : expression if condition]`."""
        made = self.looped(tree)
        return None if made is None else kinds.ordered(self.at(tree), [value for _, value in made[0]], loose=made[1])

    def _for_object(self, tree: Tree) -> Node | None:
        """`{ for x in list : key => value if condition }`; not known with `...`, or for a key that is not known."""
        made = self.looped(tree) if not any(str(child) == "..." for child in tree.children) else None
        if made is None or made[1]:
            return None
        pairs = [(key, value) for key, value in made[0] if isinstance(key, Scalar) and not kinds.is_null(key)]
        if len(pairs) == len(made[0]) and len({key.text for key, _ in pairs}) < len(pairs):
            raise FailsError
        return resolved(self.at(tree), pairs) if len(pairs) == len(made[0]) else None

    def looped(
        self, tree: Tree, body: Callable[[Evaluator], Node] | None = None
    ) -> tuple[list[tuple[Node, Node]], bool] | None:
        """The keys (of a list there are none) and values that a `for` makes of its collection, or a `body` in the place
        of its expression, and whether their order is not known."""
        intro, *results = trees.tree_parts(tree)
        condition = [part for part in results if trees.tree_rule(part) == "for_cond"]
        results = [part for part in results if trees.tree_rule(part) != "for_cond"]
        names = [str(part.children[0]) for part in trees.tree_parts(intro) if trees.tree_rule(part) == "identifier"]
        collection = self.get(trees.tree_parts(intro)[-1])
        pairs = kinds.known_entries(collection, with_keys=len(names) == 2)
        if pairs is None:
            if isinstance(collection, UnknownNode | Items | kinds.Untyped):
                return None
            raise FailsError
        found: list[tuple[Node, Node]] = []
        for key, item in pairs:
            inner = replace(self, bound={**self.bound, names[0]: key, names[-1]: item})
            holds = kinds.truth_value(inner.get(trees.tree_parts(condition[0])[0])) if condition else True
            if holds is None:
                return None
            if holds:
                found.append((inner._key(results[0]), body(inner) if body is not None else inner.get(results[-1])))
        return found, isinstance(collection, Loose)

    # -- references --

    def _reference(self, tree: Tree) -> Node | None:
        """A chain of names, keys and positions."""
        root, path = self._path(tree)
        name = str(root.children[0]) if trees.tree_rule(root) == "identifier" else None
        if path is None or (name is not None and name not in self.bound):
            return self._referred(tree, name, path) if path is not None and name is not None else None
        return self._along(tree, self.bound[name] if name is not None else self.get(root), path)

    def _along(self, tree: Tree, found: Node, path: Sequence[tuple[str, Scalar]]) -> Node:
        """What is at the end of a path in a value; after a splat, that of each entry of a list or tuple."""
        for number, (form, key) in enumerate(path, start=1):
            if form == "*" and isinstance(found, Ordered) and {after for after, _ in path[number:]} <= {"."}:
                items = [self._along(tree, item, path[number:]) for item in found.items]
                return kinds.ordered(self.at(tree), items)
            inner = kinds.value_at(found, key.text) if form != "*" else None
            if inner is None and form != "*" and kinds.lacks(found, key.text):
                raise FailsError
            found = inner if inner is not None else self.unknown(tree, [found])
        return found

    def _path(self, tree: Tree) -> tuple[Tree, list[tuple[str, Scalar]] | None]:
        """What a chain begins with, and its steps, with the values of their keys; `None` where one is not known."""
        root, steps = trees.chain(tree)
        at, path = self.at(tree), list[tuple[str, Scalar]]()
        for form, step in steps:
            given = kinds.text_value(at, step) if form == "." else plain(at, step) if isinstance(step, str) else None
            (key,) = self.compared(self.get(step)) if given is None else (given,)
            if not isinstance(key, Scalar) or kinds.is_null(key):
                return root, None
            path.append((form, key))
        return root, path

    def _referred(self, tree: Tree, name: str, path: Sequence[tuple[str, Scalar]]) -> Node | None:
        """What a reference stands for. With a splat (`resource[*].name`, `local.list.*.name`) that is of each instance
        of a resource with `count`, or of each entry of a list."""
        forms = [form for form, _ in path]
        parts = 3 if name == "data" else 1 if name in _VALUES else 2
        if any(isinstance(key, Untyped) for _, key in path) or forms.count(".") < parts - ("*" not in forms):
            return None
        if "*" in forms and name in _VALUES:
            at = forms.index("*")
            whole = self._referred(tree, name, path[:at])
            return None if whole is None else self._along(tree, whole, path[at:])
        if "*" in forms and "[" in forms:
            return None
        found = self.refer("".join([name, *(trees.step_written(*step) for step in path)]), self.depth)
        if isinstance(found, Missing):
            raise FailsError
        if "*" in forms:
            return None if found is None or kinds.is_open(found) else found
        if found is None:
            return null(self.at(tree))
        return moved(self.at(tree), found)

    # -- operators and functions --

    def _conditional(self, tree: Tree) -> Node | None:
        """One of two values, converted to the type that both have."""
        condition, *branches = trees.tree_parts(tree)
        given = self.get(condition)
        holds = kinds.truth_value(given)
        if holds is None:
            return self.unknown(tree, [given])
        taken, left = branches if holds else branches[::-1]
        found = self.get(taken)
        if isinstance(found, UnknownNode) or "null" in (trees.word_of(taken), trees.word_of(left)):
            return found
        other = self.value(left)
        if kinds.is_uniform([found, other]) and not kinds.is_null(found) and not kinds.is_null(other):
            return found
        if isinstance(found, TextSet) and isinstance(other, TextSet):
            return found
        if isinstance(found, Ordered) and isinstance(other, Ordered):
            return kinds.ordered(self.at(tree), kinds.unified(found.items, other.items))
        return kinds.loosened(found)

    def _binary(self, tree: Tree) -> Node | None:
        left_tree, term = trees.tree_parts(tree)[:2]
        between, right_tree = trees.tree_parts(term)
        sign = str(between.children[0]).split()[-1]
        left, right = self.compared(self.get(left_tree), self.get(right_tree))
        found: bool | None = None
        if sign in ("==", "!="):
            same = kinds.equal(left, right)
            found = None if same is None else same == (sign == "==")
        elif sign in ("&&", "||"):
            truths = [kinds.truth_value(left), kinds.truth_value(right)]
            found = None if None in truths else all(truths) if sign == "&&" else any(truths)
        elif sign in _ORDERS and isinstance(left, Scalar) and isinstance(right, Scalar):
            whole = _WHOLE.fullmatch(left.text) and _WHOLE.fullmatch(right.text)
            found = _ORDERS[sign](int(left.text), int(right.text)) if whole else None
        return self.unknown(tree, [left, right]) if found is None else plain(self.at(tree), str(found).lower())

    def _unary(self, tree: Tree) -> Node | None:
        """`!`."""
        found = kinds.truth_value(self.get(trees.tree_parts(tree)[0]))
        return None if found is None or str(tree.children[0]) != "!" else plain(self.at(tree), str(not found).lower())

    def _call(self, tree: Tree) -> Node | None:
        head, *rest = trees.tree_parts(tree)
        name, has_arguments = str(head.children[0]), bool(rest) and trees.tree_rule(rest[0]) == "arguments"
        arguments = trees.tree_parts(rest[0]) if has_arguments else []
        if name == "try":
            return self._try(tree, arguments)
        if name in ("file", "templatefile") and arguments:
            return of_file(self, tree, name, arguments)
        function = (OF_ONE.get(name) if len(arguments) == 1 else None) or OF_SEVERAL.get(name)
        if function is None or (rest and "..." in rest[0].children):
            return None
        given = list(map(self.get, arguments))
        if name in INSPECTING or (name == "length" and isinstance(given[0], Scalar)):
            given = list(map(self.inspected, given))
        if name in ("element", "lookup"):
            given[1:2] = self.compared(*given[1:2])
        found = function(self.at(tree), *given) or self.unknown(tree, given)
        if type(found) is UnknownNode and not found.parts and makes_no_quotes(name, given):
            return OpenReference(found, found.names)
        return found

    def _try(self, tree: Tree, arguments: Sequence[Tree]) -> Node | None:
        """The first argument that does not fail. Of references that is told; of others only that they do."""
        for number, argument in enumerate(arguments[:-1], start=1):
            found = self.value(argument)
            others = map(self.value, arguments[number:])  # one of which may take its place
            if isinstance(found, OpenReference) and not all(map(is_without_quotes, others)):
                return UnknownNode(found, found.names, found.pieces)
            if not isinstance(found, Missing):
                return found if self._is_certain(argument) else self.unknown(tree, [found])
        return self.get(arguments[-1]) if arguments else None

    def _is_certain(self, tree: Tree) -> bool:
        """True iff it is a reference that does not fail if its value is known: a set has no positions."""
        if self.may_fail is not None and any(map(self.may_fail, trees.references(tree))):
            return False
        root, path = self._path(tree)
        word = trees.word_of(root)
        of_one = word == "module" or (word not in self.bound and word not in _VALUES)
        instance = 2 if word == "data" else 1 if of_one else -1
        positions = [index for index, (_, key) in enumerate(path or ()) if key.text.isdecimal()]
        return word is not None and positions in ([], [instance])


FORMS: dict[str, Callable[[Evaluator, Tree], Node | None]] = {
    "string": lambda own, tree: own.joined(tree, trees.tree_parts(tree)),
    **dict.fromkeys(("heredoc_template", "heredoc_template_trim"), heredoc),
    **dict.fromkeys(("int_lit", "float_lit", "literal_value"), Evaluator._literal),
    "tuple": lambda own, tree: kinds.ordered(own.at(tree), [own.get(part) for part in trees.tree_parts(tree)]),
    "object": Evaluator._object,
    "for_tuple_expr": Evaluator._for_tuple,
    "for_object_expr": Evaluator._for_object,
    **dict.fromkeys(("identifier", "get_attr_expr_term", "index_expr_term"), Evaluator._reference),
    **dict.fromkeys(("attr_splat_expr_term", "full_splat_expr_term"), Evaluator._reference),
    "conditional": Evaluator._conditional,
    "binary_op": Evaluator._binary,
    "unary_op": Evaluator._unary,
    "function_call": Evaluator._call,
}
"""The forms of expressions that are evaluated, by the rules of python-hcl2."""
_MAKES = ("tuple", "object", "for_tuple_expr", "for_object_expr", "conditional", "function_call")
"""Those whose values may grow."""
