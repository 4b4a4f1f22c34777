"""Formulas that no request meets → entries that `verifier recheck` accepts.

In: a formula, the readings that are held. Out: an entry, or why there is none and what a solution says.
Guarantee: none that anyone has to rely on: `verifier.recheck` checks every part.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from verifier.frozen import Frozen
from verifier.model.symbols import SymbolValues
from verifier.problem.classes.attributes import Attribute
from verifier.problem.classes.automaton import Domain
from verifier.problem.classes.kinds import is_native
from verifier.problem.classes.predicates import Predicate
from verifier.problem.classes.search import find_word
from verifier.problem.classes.tables import OverBudget, Table, numbers_in
from verifier.problem.diagrams.finite import Finite, Reduction
from verifier.problem.question import Formula
from verifier.recheck.check import described, named_statements
from verifier.recheck.formula import Clauses, Described
from verifier.solve.refutation import Solution, refute

_Json = dict[str, Any]
LEMMAS = 300
"""Rounds between solver and search for words before a proof goes without a certificate."""


class Satisfied(Frozen):
    """Values of the attributes meet a formula, as far as a certificate tells values apart."""

    question: Described
    attributes: Mapping[str, Attribute]
    finite: Finite
    classes: Mapping[str, Sequence[Sequence[int]]]
    made: Clauses
    solution: Solution
    learned: tuple[list[int], ...] = ()

    def _classes_of(self, name: str) -> dict[int, int]:
        """The classes of an attribute that the solution chooses, each with its variable."""
        known, numbers = self.made.variables, range(len(self.classes[name]))
        variables = {number: known.get(("of", name, "class", number), 0) for number in numbers}
        return {number: variable for number, variable in variables.items() if variable in self.solution.true}

    def further(self, *names: str) -> Satisfied | None:
        """The same with values that differ in the class of one of these attributes from those so far, if any do."""
        clause = [-variable for name in names if name in self.classes for variable in self._classes_of(name).values()]
        found = refute([*self.made.clauses, *self.learned, clause])
        if (
            not isinstance(found, Solution)
            or _lemma(self.finite, self.question, self.attributes, self.made, found) is not None
        ):
            return None
        return replace(self, solution=found, learned=(*self.learned, clause))

    def values(self, name: str, among: Iterable[str]) -> list[str]:
        """Those of some values of an attribute that are in a class of the solution."""
        if name not in self.classes:
            return list(among)
        tests = self.question.suited(self.attributes[name])
        classes = {frozenset(self.classes[name][number]) for number in self._classes_of(name)}
        return [
            value
            for value in among
            if frozenset(number for number, test in tests.items() if test.matches(value)) in classes
        ]


def certify(formula: Formula, readings: SymbolValues) -> _Json | str:
    """An entry for a formula that no request meets, or why there is none."""
    found = attempt(formula, readings)
    if isinstance(found, Satisfied):
        return "it rests on values of attributes that are compared with each other, which a certificate cannot say"
    return found


def attempt(formula: Formula, readings: SymbolValues) -> _Json | Satisfied | str:
    """The same, with the solution that there is."""
    question = described(formula, readings)
    attributes = formula.space.attributes
    tests = ((name, test) for name in _mentioned(question) for test in question.suited(attributes[name]).values())
    if not all(is_native(attributes[name], test) for name, test in tests):
        values = "values that are compared as what they are not (text as a number, say)"
        return f"it rests on {values}, which a certificate cannot say"
    predicates: dict[str, dict[Predicate, None]] = {
        name: dict.fromkeys(question.tests.get(name, ())) for name in _mentioned(question)
    }
    finite = Reduction({name: formula.space.attributes[name] for name in predicates}, predicates).finite
    classes = {name: _signatures(table, question.suited(attributes[name])) for name, table in finite.tables.items()}
    lemmas: list[_Json] = []
    for _ in range(LEMMAS):
        made = Clauses(question, attributes, classes, lemmas)
        found = refute(made.clauses)
        if not isinstance(found, Solution):
            body = {"classes": classes, "lemmas": lemmas, "clauses": made.clauses, "proof": found.steps}
            return {"verdict": "proved", **question.as_json(), "statements": named_statements(formula), **body}
        lemma = _lemma(finite, question, attributes, made, found)
        if lemma is None:
            return Satisfied(question, attributes, finite, classes, made, found)
        lemmas.append(lemma)
    return f"it takes more than {LEMMAS} facts about words"


def _mentioned(question: Described) -> list[str]:
    """The attributes that a formula speaks of."""
    return list(dict.fromkeys(node[1] for node in question.nodes if node[0] in ("test", "some", "present")))


def _signatures(table: Table, tests: Mapping[int, Predicate]) -> list[list[int]]:
    """The tests that the members of each class meet; classes that no test tells apart are one."""
    met: list[list[int]] = [[] for _ in range(table.size)]
    for number, test in tests.items():
        mask = table.mask(test)
        for index in numbers_in(mask):
            met[index].append(number)
    return [list(found) for found in dict.fromkeys(map(tuple, met))]


def _lemma(
    finite: Finite, question: Described, attributes: Mapping[str, Attribute], made: Clauses, solution: Solution
) -> _Json | None:
    """A fact about words that a solution contradicts; `None` if there is none."""
    for name, lazy in finite.lazy.items():
        present = made.variables.get(("of", name, "present")) in solution.true
        if lazy.attribute.domain is None or lazy.attribute.multivalued or not present:
            continue
        tests = question.suited(attributes[name])
        true = {number for number in tests if made.variables.get(("of", name, "test", number)) in solution.true}
        words = _Words(lazy.attribute.domain, tests, true)
        if words.lack(list(tests)):
            kept = words.smallest()
            meets, fails = [n for n in kept if n in true], [n for n in kept if n not in true]
            return {"attribute": name, "meets": meets, "fails": fails}
    return None


class _Words(Frozen):
    """The words that meet the tests which are `true`, and fail the others."""

    domain: Domain
    tests: Mapping[int, Predicate]
    true: set[int]

    def lack(self, numbers: Sequence[int]) -> bool:
        """True only if no word meets these tests; false also where the search would take too long."""
        meets = [self.tests[number] for number in numbers if number in self.true]
        fails = [self.tests[number] for number in numbers if number not in self.true]
        try:
            return find_word(self.domain, meets, fails) is None
        except OverBudget:
            return False

    def smallest(self) -> list[int]:
        """Tests of which none can be left out: there is no word for them, but without any one of them there is."""
        kept = list(self.tests)
        for number in self.tests:
            fewer = [other for other in kept if other != number]
            if self.lack(fewer):
                kept = fewer
        return kept
