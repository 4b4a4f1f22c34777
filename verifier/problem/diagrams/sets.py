"""Finite expressions → diagrams: the sets of requests that questions speak of.

In: a finite form and its expressions. Out: nodes of one `Diagrams`, and what each statement says as a node.
Guarantee: exact for the finite form; what that leaves open (symbols of comparisons and of lazy attributes) is a
variable here as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from verifier.problem.diagrams.diagram import EVERYTHING, NOTHING, DiagramNode, Diagrams
from verifier.problem.diagrams.finite import Finite, In
from verifier.problem.expression import And, Constant, Expression, Not, Or, Part, Symbol
from verifier.problem.space import OTHER_NAME

FIRST = ("principal", "action")
"""The variables that every description begins with."""


def mentioned(expressions: Iterable[Expression]) -> dict[str, None]:
    """The attributes and symbols of finite expressions, in the order in which they are met."""
    found: dict[str, None] = {}
    seen: set[int] = set()

    def visit(expression: Expression) -> None:
        if id(expression) in seen:
            return
        seen.add(id(expression))
        match expression:
            case And(operands) | Or(operands):
                for operand in operands:
                    visit(operand)
            case Not(operand) | Part(_, operand):
                visit(operand)
            case In(attribute, _):
                found[attribute] = None
            case Symbol(name):
                found[name] = None

    for expression in expressions:
        visit(expression)
    return found


def variables(finite: Finite, expressions: Sequence[Expression]) -> dict[str, int]:
    """The variables of some expressions, each with how many values it has: callers and actions, then attributes, then
    other symbols. A description does without what comes first, where it can (`Cover`): so the pairs that no grant lists
    come before the set of names."""
    used = mentioned(expressions)
    attributes = [name for name in (*FIRST, *finite.tables) if name in finite.tables and name not in finite.held]
    held = sorted(finite.held, key=lambda name: not name.endswith(OTHER_NAME))
    sets = [symbol for name in held for symbol in finite.held[name]]
    order = dict.fromkeys([*attributes, *sets, *used])
    return {name: finite.width(name) if name in finite.tables else 2 for name in order if name in used or name in FIRST}


@dataclass
class Sets:
    """Nodes of finite expressions. `parts` holds, by the number of a statement, the requests for which it says what it
    says (so far as expressions with it were built)."""

    diagrams: Diagrams
    parts: dict[int, DiagramNode] = field(default_factory=dict)
    _memo: dict[int, tuple[Expression, DiagramNode]] = field(default_factory=dict)

    def node(self, expression: Expression) -> DiagramNode:
        """The set of assignments that make an expression true."""
        known = self._memo.get(id(expression))
        if known is None:
            # The expression is kept, so that its id stays its own.
            known = self._memo[id(expression)] = (expression, self._node(expression))
        return known[1]

    def _node(self, expression: Expression) -> DiagramNode:
        match expression:
            case Constant(value):
                return EVERYTHING if value else NOTHING
            case In(attribute, mask):
                return self.diagrams.literal(attribute, mask)
            case Symbol(name):
                return self.diagrams.literal(name, 2)
            case Not(operand):
                return self.diagrams.complement(self.node(operand))
            case And(operands):
                return self.diagrams.all_of(self._small_first(operands))
            case Or(operands):
                return self.diagrams.any_of(self.node(operand) for operand in operands)
            case Part(owner, operand):
                node = self.node(operand)
                self.parts[owner] = self.diagrams.either(self.parts.get(owner, NOTHING), node)
                return node
        raise TypeError(f"not a finite expression: {expression!r}")

    def _small_first(self, operands: Sequence[Expression]) -> Iterator[DiagramNode]:
        """The operands of a conjunction, those that are least of all first: they make the others small."""
        levels = self.diagrams.levels
        return iter(sorted(map(self.node, operands), key=lambda node: levels(node).bit_count()))
