"""One target examined: facts, tables and whatever expressions an examiner wants to ask about, over one partition.

In: a space with everything in it that will be asked about. Out: `Examination`, which reduces expressions to their
finite form.
Guarantee: as of `verifier.problem.question`; an expression with a test that was not among the `blocks` raises
`NotInVocabulary`, since the classes need not tell it apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import field

from verifier.frozen import Frozen
from verifier.problem.classes.attributes import NotInVocabulary
from verifier.problem.classes.predicates import Predicate
from verifier.problem.diagrams.finite import In, Reduction, questions
from verifier.problem.expression import TRUE, Constant, Expression, Test
from verifier.problem.question import Question, formula_over
from verifier.problem.space import Space


class Examination(Frozen):
    """A question without claims, and what turns further expressions into its finite form."""

    question: Question
    reduction: Reduction
    _known: dict[int, Expression] = field(default_factory=dict)

    def reduce(self, expression: Expression) -> Expression:
        """True iff the expression is: its finite form. Raises `NotInVocabulary`."""
        if id(expression) not in self._known:
            predicates_of: dict[str, dict[Predicate, None]] = {}
            questions([expression], predicates_of)
            for name, predicates in predicates_of.items():
                if not predicates.keys() <= self.question.space.questions.get(name, {}).keys():
                    raise NotInVocabulary(name)
            self._known[id(expression)] = expression
        return self.reduction.reduce(expression)

    def tests(self) -> Iterator[Expression]:
        """Every test on a single value, in finite form: whatever is reduced tells no other classes apart."""
        for name, predicates in self.question.space.questions.items():
            if name in self.question.finite.tables and name not in self.question.finite.held:
                found = (self.reduction.reduce(Test(name, predicate)) for predicate in predicates)
                yield from (test for test in found if isinstance(test, In))


def examine(space: Space, allowed: Expression, blocks: Sequence[Expression]) -> Examination:
    """What is asked about a target: `allowed` is its decision, `blocks` hold every test that will be asked."""
    formula = formula_over(space, allowed, blocks, ())
    reduction = Reduction(space.attributes, space.questions)
    finite, reduce = reduction.finite, reduction.reduce
    finite.facts = [fact for fact in map(reduce, formula.facts) if fact is not TRUE]
    hopes = tuple(hope for hope in map(reduce, formula.wishes) if not isinstance(hope, Constant))
    known = reduce(formula.known_action)
    return Examination(Question(space, formula, finite, reduce(allowed), (), known, hopes), reduction)
