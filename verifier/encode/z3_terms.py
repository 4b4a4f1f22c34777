"""Finite problems → Z3 terms.

In: expressions over `In`, `Symbol`, `Part`. Out: Z3 Booleans, and what is needed to read a model back.
Guarantee: pure Boolean terms, no theory; a statement's meaning is asserted under an assumption of its own, so that an
unsatisfiable core names the statements that a proof rests on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import z3
import z3.z3

from verifier.encode.groups import Groups
from verifier.problem.expression import And, Constant, Expression, Not, Or, Part, Symbol
from verifier.problem.finite import In

# Z3's Python layer checks the sort of every argument of every term in this mode, which takes most of the time of building one.
z3.z3.Z3_DEBUG = False


@dataclass
class Encoder:
    """Builds terms, each distinct expression once. `definitions` are to be asserted before the terms that mention them are."""

    groups: dict[str, Groups]
    definitions: list[z3.BoolRef] = field(default_factory=list)
    bits: dict[str, list[z3.BoolRef]] = field(default_factory=dict)
    symbols: dict[str, z3.BoolRef] = field(default_factory=dict)
    assumptions: dict[int, z3.BoolRef] = field(default_factory=dict)
    terms: int = 0
    _memo: dict[int, tuple[Expression, z3.BoolRef]] = field(default_factory=dict)
    _tests: dict[tuple[str, int], z3.BoolRef] = field(default_factory=dict)
    context: z3.Context = field(default_factory=z3.Context)

    def term(self, expression: Expression) -> z3.BoolRef:
        """The term for an expression."""
        known = self._memo.get(id(expression))
        if known is None:
            known = self._memo[id(expression)] = (expression, self._term(expression))
            self.terms += 1
        return known[1]

    def _term(self, expression: Expression) -> z3.BoolRef:
        match expression:
            case In(attribute, mask):
                return self._test(attribute, mask)
            case And(operands):
                return self._joined(z3.Z3_mk_and, [self.term(operand) for operand in operands])
            case Or(operands):
                return self._joined(z3.Z3_mk_or, [self.term(operand) for operand in operands])
            case Not(operand):
                return z3.Not(self.term(operand))
            case Symbol(name):
                return self.symbol(name)
            case Part(owner, operand):
                return self._part(owner, operand)
            case Constant(value):
                return z3.BoolVal(value, self.context)
        raise TypeError(f"not a finite expression: {expression!r}")

    def _joined(self, make: Callable[..., object], terms: list[z3.BoolRef]) -> z3.BoolRef:
        """`z3.And` or `z3.Or` without their coercions, which take most of the time; the wrapper counts the reference."""
        operands = (z3.Ast * len(terms))(*(term.ast for term in terms))
        return z3.BoolRef(make(self.context.ref(), len(terms), operands), self.context)

    def symbol(self, name: str) -> z3.BoolRef:
        """The variable of a symbol."""
        if name not in self.symbols:
            self.symbols[name] = z3.Bool(name, self.context)
        return self.symbols[name]

    def _part(self, owner: int, operand: Expression) -> z3.BoolRef:
        meaning = self.term(operand)  # first, so that no part inside it gets the same name
        said = z3.Bool(f"said:{len(self.definitions)}", self.context)
        if owner not in self.assumptions:
            self.assumptions[owner] = z3.Bool(f"statement:{owner}", self.context)
        self.definitions.append(z3.Implies(self.assumptions[owner], said == meaning))
        return said

    def _test(self, attribute: str, mask: int) -> z3.BoolRef:
        key = attribute, mask
        if key not in self._tests:
            groups = self.groups[attribute]
            chosen, inverted = groups.fewer(mask)
            bits = self._bits(attribute)
            if len(groups.masks) == 2:
                self._tests[key] = bits[0] if (chosen == [0]) != inverted else z3.Not(bits[0])
            else:
                some = self._any([bits[number] for number in chosen])
                self._tests[key] = z3.Not(some) if inverted else some
        return self._tests[key]

    def _bits(self, attribute: str) -> list[z3.BoolRef]:
        """A variable for each group, exactly one of which is true; for two groups a single variable."""
        if attribute not in self.bits:
            count = len(self.groups[attribute].masks)
            bits = [z3.Bool(f"{attribute}={number}", self.context) for number in range(1 if count == 2 else count)]
            if count > 2:
                self.definitions += [z3.Or(bits), z3.AtMost(*bits, 1)]
            self.bits[attribute] = bits
        return self.bits[attribute]

    def _any(self, bits: list[z3.BoolRef]) -> z3.BoolRef:
        return bits[0] if len(bits) == 1 else self._joined(z3.Z3_mk_or, bits)
