"""A formula as plain data, and its clauses once the attributes have class tables: how a certificate is made, by whoever
makes or checks it.

In: expressions over tests; the classes of each attribute. Out: `Described`, of lists and texts as JSON has them;
clauses over variables.
Guarantee: nothing of the formula is left out, and the same formula is the same data from run to run. If some request's
values meet all roots, the clauses have a solution; so if they have none, no request does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from verifier.problem.classes.attributes import Attribute
from verifier.problem.classes.kinds import fits
from verifier.problem.classes.predicate_text import predicate_text
from verifier.problem.classes.predicates import Predicate
from verifier.problem.expression import And, Constant, Expression, Not, Or, Part, Present, Some, Symbol, Test

Json = Any
Classes = Mapping[str, Sequence[Sequence[int]]]
"""For each attribute with a table the tests that each class meets, by number."""


class Described:
    """Nodes refer to nodes before them. `roots` are those that hold together; `tests` are the predicates put to each
    attribute."""

    def __init__(self, roots: Iterable[Expression]) -> None:
        self.nodes: list[list[Json]] = []
        self.tests: dict[str, dict[Predicate, int]] = {}
        self._known: dict[str, int] = {}
        self._memo: dict[int, tuple[Expression, int]] = {}
        self.roots = [self._number(root) for root in roots]

    def as_json(self) -> dict[str, Json]:
        """What a certificate holds of it."""
        tests = {name: [predicate_text(test) for test in tests] for name, tests in self.tests.items()}
        return {"tests": tests, "nodes": self.nodes, "roots": self.roots}

    def _number(self, expression: Expression) -> int:
        if id(expression) not in self._memo:
            node = self._node(expression)
            number = self._known.setdefault(repr(node), len(self.nodes))
            if number == len(self.nodes):
                self.nodes.append(node)
            self._memo[id(expression)] = expression, number
        return self._memo[id(expression)][1]

    def _node(self, expression: Expression) -> list[Json]:
        match expression:
            case And(operands) | Or(operands):
                return ["and" if isinstance(expression, And) else "or", *map(self._number, operands)]
            case Not(operand):
                return ["not", self._number(operand)]
            case Part(owner, operand):
                return ["part", self._number(operand), owner]
            case Test(attribute, predicate):
                return ["test", attribute, self._test(attribute, predicate)]
            case Some(attribute, predicates, inside):
                tests = [self._test(attribute, p) for p in sorted(predicates, key=predicate_text)]
                return ["some", attribute, inside, *tests]
            case Present(name) | Symbol(name):
                return ["present" if isinstance(expression, Present) else "symbol", name]
            case Constant(value):
                return ["constant", value]
        raise TypeError(f"not a formula over tests: {expression!r}")

    def _test(self, attribute: str, predicate: Predicate) -> int:
        tests = self.tests.setdefault(attribute, {})
        return tests.setdefault(predicate, len(tests))

    def suited(self, attribute: Attribute) -> dict[int, Predicate]:
        """The tests that are about values of the attribute's kind. One that is not may be true or false of anything."""
        return {number: test for test, number in self.tests.get(attribute.name, {}).items() if fits(attribute, test)}


class Clauses:
    """A variable of a conjunction or disjunction implies it. The tests on an attribute without a table are bound only
    by lemmas."""

    def __init__(
        self, question: Described, attributes: Mapping[str, Attribute], classes: Classes, lemmas: Sequence[Json]
    ) -> None:
        self._question, self._attributes, self._classes = question, attributes, classes
        self.clauses: list[list[int]] = []
        self.variables: dict[object, int] = {}
        self._bound: set[object] = set()
        for root in question.roots:
            self.clauses.append([self._literal(root, True)])
        for lemma in lemmas:
            name = lemma["attribute"]
            clause = [-self._of(name, "present"), *(-self._of(name, "test", number) for number in lemma["meets"])]
            self.clauses.append(clause + [self._of(name, "test", number) for number in lemma["fails"]])

    def _variable(self, *key: object) -> int:
        return self.variables.setdefault(key, len(self.variables) + 1)

    def _is_any(self, name: int, literals: Sequence[int]) -> None:
        self.clauses += [[-name, *literals], *([name, -literal] for literal in literals)]

    def _literal(self, number: int, value: bool) -> int:
        """A literal that implies that a node has this value."""
        kind, *rest = self._question.nodes[number]
        if kind in ("not", "part"):
            return self._literal(rest[0], value != (kind == "not"))
        if kind in ("and", "or"):
            return self._joined(number, value, (kind == "or") == value, rest)
        if kind == "constant":
            self.clauses.append([self._variable("true")])
            return self._variable("true") if rest[0] == value else -self._variable("true")
        if kind == "symbol":
            name = self._variable(kind, rest[0])
        else:
            name = self._some(number) if kind == "some" else self._of(rest[0], kind, *rest[1:])
        return name if value else -name

    def _joined(self, number: int, value: bool, any_of_them: bool, operands: Sequence[int]) -> int:
        name = self._variable(number, value)
        if (number, value) not in self._bound:
            self._bound.add((number, value))
            literals = [self._literal(operand, value) for operand in operands]
            self.clauses += [[-name, *literals]] if any_of_them else [[-name, literal] for literal in literals]
        return name

    def _of(self, attribute: str, *key: object) -> int:
        """The variable that says that an attribute is present, or meets a test."""
        if attribute not in self._bound:
            self._bound.add(attribute)
            self._bind(self._attributes[attribute])
        return self._variable("of", attribute, *key)

    def _some(self, number: int) -> int:
        """The variable that says that a set holds some value inside, or outside, the union of tests."""
        _, attribute, inside, *tests = self._question.nodes[number]
        name = self._variable("some", number, self._of(attribute, "present"))
        if attribute in self._classes and self._question.suited(self._attributes[attribute]).keys() >= set(tests):
            fitting = [n for n, met in enumerate(self._classes[attribute]) if inside != set(tests).isdisjoint(met)]
            self._is_any(name, [self._of(attribute, "class", n) for n in fitting])
        return name

    def _bind(self, attribute: Attribute) -> None:
        """What holds of an attribute: it has one of its classes, or is absent; a set holds values of some classes."""
        present = self._of(attribute.name, "present")
        if not attribute.optional and not attribute.multivalued:
            self.clauses.append([present])
        meeting: dict[int, list[int]] = {number: [] for number in self._question.suited(attribute)}
        self.clauses += [[-self._of(attribute.name, "test", number), present] for number in meeting]
        if attribute.name not in self._classes:
            return
        classes = [self._of(attribute.name, "class", number) for number in range(len(self._classes[attribute.name]))]
        self._is_any(present, classes)
        if attribute.multivalued:
            return
        for literal, met in zip(classes, self._classes[attribute.name], strict=True):
            for number in met:
                meeting[number].append(literal)
        for number, inside in meeting.items():
            self._is_any(self._of(attribute.name, "test", number), inside)
        # one class at most: a chain of "one so far"
        for number, (before, literal) in enumerate(zip(classes, classes[1:], strict=False)):
            so_far, chain = self._of(attribute.name, "so far", number), self._of(attribute.name, "so far", number + 1)
            self.clauses += [[-before, so_far], [-so_far, -literal], [-so_far, chain]]
