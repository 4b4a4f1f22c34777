"""Sets of requests that pass session tags, and what they say of the tags of the session (F3).

In: a question about requests for a session. Out: sets over the tags that a request passes; the same as expressions over
`aws:PrincipalTag/…` of the session.
Guarantee: exact; a set that speaks of nothing else but tags and readings is told as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from verifier.model.readings import is_reading
from verifier.problem.classes.kinds import suits
from verifier.problem.classes.predicates import OneOf, Predicate
from verifier.problem.diagrams.diagram import EVERYTHING, NOTHING, Diagrams, Node
from verifier.problem.diagrams.joint import Joint
from verifier.problem.expression import (
    FALSE,
    TRUE,
    Expression,
    Present,
    Test,
    both,
    disjunction,
    either,
    literal,
    negation,
)
from verifier.problem.semantics.powers import REQUEST_TAG
from verifier.problem.sessions.session_tags import PRINCIPAL_TAG
from verifier.problem.space import ACTION


class TagSets:
    """The requests for sessions that a question is about."""

    def __init__(self, joint: Joint) -> None:
        self._joint, self._diagrams = joint, joint.diagrams

    @property
    def compares(self) -> bool:
        """Whether some policy compares what requests say with each other."""
        return bool(self._joint.sides[0].question.space.relations)

    def _requests(self, action: str) -> list[Node]:
        """The requests for an action that are allowed and can be made: sets whose intersection they are."""
        joint, diagrams = self._joint, self._diagrams
        number = joint.finite.tables[ACTION].class_of(action.lower())
        if number is None:
            return [NOTHING]
        acts = diagrams.literal(ACTION, joint.finite.tables[ACTION].mask(OneOf(frozenset({action.lower()}))))
        whole = (diagrams.both(joint.sides[0].allowed, acts), *joint.sides[0].facts, *joint.definitions)
        return [diagrams.restrict(node, {ACTION: number}) for node in whole]

    def predicates(self, name: str) -> list[Predicate]:
        """The tests on the value of a tag in a request."""
        finite, attribute = self._joint.finite, REQUEST_TAG + name
        table = finite.tables.get(attribute)
        if table is None:
            return []
        space = self._joint.sides[0].question.space
        return [
            predicate
            for predicate in space.questions.get(attribute, {})
            if suits(space.attributes[attribute], predicate)
        ]

    def expression(self, node: Node, otherwise: Mapping[str, Expression]) -> Expression:
        """A set over the tags of requests, as one over those of callers; `otherwise` says of each what it is where it
        is not passed."""
        return as_expression(self._diagrams, node, lambda variable, mask: self._value(variable, mask, otherwise))

    def _value(self, variable: str, mask: int, otherwise: Mapping[str, Expression]) -> Expression:
        if is_reading(variable):
            return literal(variable, mask != 1)
        name = variable.removeprefix(REQUEST_TAG)
        table, attribute = self._joint.finite.tables[variable], PRINCIPAL_TAG + name
        tests: dict[Expression, int] = {
            Test(attribute, predicate): table.mask(predicate) for predicate in self.predicates(name)
        }
        among = among_classes(mask & (1 << table.size) - 1, table.size, tests, Present(attribute))
        return either(among, otherwise[name] if mask >> table.size & 1 else FALSE)


def as_expression(diagrams: Diagrams, node: Node, value: Callable[[str, int], Expression]) -> Expression:
    """A set as an expression; `value` says that a variable has one of the values of a mask."""
    known: dict[Node, Expression] = {NOTHING: FALSE, EVERYTHING: TRUE}

    def visit(node: Node) -> Expression:
        if node not in known:
            variable = diagrams.top(node)
            assert variable is not None
            known[node] = disjunction(
                both(value(variable, mask), visit(child)) for mask, child in diagrams.choices(node, variable) if child
            )
        return known[node]

    return visit(node)


def among_classes(mask: int, size: int, tests: Mapping[Expression, int], present: Expression) -> Expression:
    """Something that is `present` has a value of some of `size` classes, by tests that each hold in some of them."""
    whole = (1 << size) - 1
    if mask == whole:
        return present
    for test, own in tests.items():
        if own == mask:
            return test
        if own == whole & ~mask:
            return both(present, negation(test))
    found = []
    for number in range(size):
        if mask >> number & 1:
            found.append(both(present, *(test if own >> number & 1 else negation(test) for test, own in tests.items())))
    return disjunction(found)
