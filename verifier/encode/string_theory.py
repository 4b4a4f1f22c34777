"""Problems before classes → SMT-LIB 2.6, with strings and regular expressions.

In: expressions over tests (`verifier.problem.question.Formula`). Out: the text of a script; no solver is involved.
Guarantee: the script is satisfiable iff the facts and the goal are, but for what stays a free symbol: a comparison
without regard to case, or with an ARN pattern, between two attributes; one with a key that is read off another
attribute (`aws:username`); one with wildcards in a variable's value (readings L7-wildcards…). Of these only the facts
of `verifier.problem.semantics.relations` are known, so unsatisfiable is a proof all the same.

A multi-valued attribute is one constant for each `Some` that is asked of it: the value that makes it true. Where a
`Some` is false, no such value of the others may satisfy it. That loses nothing: of a set of values that answers every
`Some` as the script says, the chosen ones alone answer them so, and the chosen ones of a model are such a set.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from verifier.encode.sorts import Inexpressible, ListedSort, Sort, TextSort, joined_terms, quoted, regular, sort_of
from verifier.frozen import Frozen
from verifier.model.symbols import SymbolName, Unsupported
from verifier.problem.classes.kinds import is_native
from verifier.problem.classes.predicates import like_tokens, literal_tokens
from verifier.problem.expression import And, Constant, Expression, Not, Or, Part, Present, Some, Symbol, Test
from verifier.problem.question import Formula
from verifier.problem.semantics.values import Variable
from verifier.problem.space import Space
from verifier.problem.views import ValueRelation, View


class Script(Frozen):
    """SMT-LIB text that ends in `(check-sat)`, and the comparisons between attributes that it leaves free, wholly or
    for some values."""

    text: str
    open: tuple[str, ...]


def script(formula: Formula, goal: Expression) -> Script:
    """The script that is satisfiable iff some real request meets the goal, but for what is `open` in it.

    Raises `Inexpressible` for a character beyond plane 2.
    """
    writer = _Writer(formula.space)
    asserted = [writer.write(expression) for expression in (*formula.facts, goal)]
    closing = [*writer.relations(), *writer.sets(), *writer.domains()]
    lines = ["(set-logic ALL)", *writer.lines, *(f"(assert {text})" for text in (*asserted, *closing)), "(check-sat)"]
    return Script("\n".join(lines) + "\n", tuple(writer.open))


@dataclass
class _Writer:
    """Writes each distinct expression once. `lines` are declarations and definitions, in order."""

    space: Space
    lines: list[str] = field(default_factory=list)
    _written: dict[int, tuple[Expression, str]] = field(default_factory=dict)
    _sorts: dict[str, Sort] = field(default_factory=dict)
    _tests: dict[Test, str] = field(default_factory=dict)
    _symbols: dict[SymbolName, str] = field(default_factory=dict)
    _some: dict[str, dict[Some, str]] = field(default_factory=dict)
    open: list[str] = field(default_factory=list)

    def write(self, expression: Expression) -> str:
        """The name, or the text, of an expression."""
        known = self._written.get(id(expression))
        if known is None:
            known = self._written[id(expression)] = (expression, self._write(expression))
        return known[1]

    def _write(self, expression: Expression) -> str:
        match expression:
            case Constant(value):
                return "true" if value else "false"
            case Symbol(name):
                return self._symbol(name)
            case Not(operand):
                return f"(not {self.write(operand)})"
            case Part(_, operand):
                return self.write(operand)
            case And(operands):
                return self._define(joined_terms("and", [self.write(operand) for operand in operands], "true"))
            case Or(operands):
                return self._define(joined_terms("or", [self.write(operand) for operand in operands], "false"))
            case Present(attribute):
                return self._present(attribute)
            case Test():
                return self._test(expression)
            case Some():
                return self._holds_some(expression)
        raise TypeError(f"not an expression before classes: {expression!r}")

    def _define(self, text: str) -> str:
        name = f"e{len(self.lines)}"
        self.lines.append(f"(define-fun {name} () Bool {text})")
        return name

    # -- symbols --

    def _symbol(self, name: SymbolName) -> str:
        if name not in self._symbols:
            # A quoted symbol holds neither bars nor backslashes; a number keeps apart those that lose some.
            plain = "".join(c for c in name if " " <= c <= "~" and c not in "|\\")
            written = f"|{plain}|" if plain == name else f"|{plain} #{len(self._symbols)}|"
            self._symbols[name] = written
            self.lines.append(f"(declare-const {written} Bool)")
        return self._symbols[name]

    # -- attributes --

    def _sort(self, name: str) -> Sort:
        """The sort of an attribute's values; a single-valued one is declared."""
        if name not in self._sorts:
            attribute = self.space.attributes[name]
            self._sorts[name] = sort_of(attribute)
            if not attribute.multivalued:
                self.lines += self._sorts[name].declarations(_plain(name))
                if attribute.optional:
                    self.lines.append(f"(declare-const |{_plain(name)} is present| Bool)")
        return self._sorts[name]

    def _present(self, name: str) -> str:
        attribute = self.space.attributes[name]
        self._sort(name)
        if attribute.multivalued:
            return self._holds_some(Some(name, frozenset(), False))
        return f"|{_plain(name)} is present|" if attribute.optional else "true"

    def _test(self, test: Test) -> str:
        if test not in self._tests:
            name = test.attribute
            sort = self._sort(name)
            if not is_native(self.space.attributes[name], test.predicate):
                self._tests[test] = self._symbol(Unsupported(f"{name}:{test.predicate}"))
            else:
                here = [] if not self.space.attributes[name].optional else [self._present(name)]
                self._tests[test] = self._define(
                    joined_terms("and", [*here, sort.test(_plain(name), test.predicate)], "true")
                )
        return self._tests[test]

    def domains(self) -> Iterator[str]:
        """Each attribute that is present has one of its values."""
        for name, sort in self._sorts.items():
            if not self.space.attributes[name].multivalued:
                yield f"(=> {self._present(name)} {sort.domain(_plain(name))})"

    # -- multi-valued attributes --

    def _holds_some(self, some: Some) -> str:
        found = self._some.setdefault(some.attribute, {})
        if some not in found:
            sort = self._sort(some.attribute)
            if not all(is_native(self.space.attributes[some.attribute], predicate) for predicate in some.predicates):
                return self._symbol(Unsupported(str(some)))
            element = _element(some.attribute, len(found))
            found[some] = f"|{element} is held|"
            self.lines += [*sort.declarations(element), f"(declare-const {found[some]} Bool)"]
        return found[some]

    def sets(self) -> Iterator[str]:
        """The values that make each `Some` true, and none that makes true one that is not."""
        for attribute, found in self._some.items():
            sort = self._sorts[attribute]
            for number, (own, held) in enumerate(found.items()):
                element = _element(attribute, number)
                yield f"(=> {held} (and {sort.domain(element)} {_satisfies(sort, element, own)}))"
                for other, other_held in found.items():
                    if other is not own:
                        yield f"(=> (and {held} {_satisfies(sort, element, other)}) {other_held})"

    # -- relations --

    def relations(self) -> Iterator[str]:
        """What relation symbols mean, as far as strings say it."""
        for name, relation in self.space.relations.items():
            if name in self._symbols:
                meaning = self._meaning(relation)
                if meaning is None or relation.like is not None:
                    self.open.append(name)
                if meaning is not None:
                    yield meaning

    def _meaning(self, relation: ValueRelation) -> str | None:
        terms = [self._term(view) for view in relation.views]
        if any(term is None for term in terms):
            return None
        values = [term for term in terms if term is not None]
        conditions = [self.write(view.present) for view in relation.views]
        if relation.pair is not None and not relation.fold:
            truth = f"(= {values[0]} {values[1]})"
        elif relation.like is not None:
            truth = _matches(values, relation)
            plain = [f'(not (str.contains {value} "{wild}"))' for value in values[1:] for wild in "*?"]
            conditions.append(f"(or (not {self._symbol(relation.wildcards)}) {joined_terms('and', plain, 'true')})")
        else:
            return None
        return f"(=> {joined_terms('and', conditions, 'true')} (= {self._symbol(relation.symbol)} {truth}))"

    def _term(self, view: View) -> str | None:
        """The string that a view reads, where it is a constant or an attribute as it stands."""
        if view.fixed is not None:
            return quoted(view.fixed)
        name = view.name.partition("#F8")[0]
        if view.bases != (name,) or not isinstance(self._sort(name), TextSort | ListedSort):
            return None
        return f"|{_plain(name)}|"


def _plain(name: str) -> str:
    if any(not " " <= c <= "~" or c in "|\\" for c in name):
        return "".join(c if " " <= c <= "~" and c not in "|\\%" else f"%{ord(c):x}%" for c in name)
    return name


def _element(attribute: str, number: int) -> str:
    return f"{_plain(attribute)} holds {number}"


def _satisfies(sort: Sort, element: str, some: Some) -> str:
    inside = joined_terms("or", [sort.test(element, p) for p in sorted(some.predicates, key=repr)], "false")
    return inside if some.inside else f"(not {inside})"


def _matches(values: list[str], relation: ValueRelation) -> str:
    """The subject matches the template, its variables being the other values."""
    sources = iter(values[1:])
    parts = []
    for piece in relation.like or ():
        if isinstance(piece, Variable):
            parts.append(f"(str.to_re {next(sources)})")
        else:
            parts.append(regular(like_tokens(piece.text) if piece.wild else literal_tokens(piece.text)))
    pattern = joined_terms("re.++", parts, '(str.to_re "")')
    return f"(str.in_re {values[0]} {pattern})"


__all__ = ["Inexpressible", "Script", "script"]
