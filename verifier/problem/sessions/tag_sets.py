"""Sets of requests that pass session tags, and what they say of the tags of the session (F3); what sessions are given,
as sets.

In: a question about requests for a session. Out: sets over the tags that a request passes; the same as expressions over
`aws:PrincipalTag/…` of the session.
Guarantee: exact; a set that speaks of nothing else but tags and readings is told as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from verifier.frozen import Frozen
from verifier.model.symbols import Reading
from verifier.problem.classes.kinds import fits
from verifier.problem.classes.predicates import OneOf, Predicate
from verifier.problem.classes.tables import Table
from verifier.problem.diagrams.diagram import EVERYTHING, NOTHING, DiagramNode, Diagrams
from verifier.problem.diagrams.joint import Joint
from verifier.problem.expression import FALSE, TRUE, Expression, Present, Test, conjunction, disjunction, literal
from verifier.problem.semantics.possible_changes import REQUEST_TAG
from verifier.problem.sessions.session_tags import PRINCIPAL_TAG
from verifier.problem.space import ACTION


class GivenTo(Frozen):
    """What sessions of a role are given: `passed` by one request, as a set over what the request says; what is
    `inherited` from the session that makes it, of a source identity also that it has none; what the session passes
    `onward` in turn. These are sets over each attribute of sessions, one after another."""

    passed: DiagramNode
    inherited: tuple[DiagramNode, ...]
    onward: tuple[DiagramNode, ...]


class Sessions(Frozen):
    """The sessions that a role can have, as a set over attributes of callers, and what they pass `onward`, by
    attribute."""

    whole: DiagramNode
    onward: Mapping[str, DiagramNode]


def rebuilt(
    old: Diagrams, node: DiagramNode, literal: Callable[[str, int], DiagramNode], into: Diagrams | None = None
) -> DiagramNode:
    """A set with other literals in the place of its own, in its own diagrams or in others."""
    new = into or old
    known: dict[DiagramNode, DiagramNode] = {NOTHING: NOTHING, EVERYTHING: EVERYTHING}

    def visit(node: DiagramNode) -> DiagramNode:
        if node not in known:
            variable = old.top(node)
            assert variable is not None
            choices = old.choices(node, variable)
            known[node] = new.any_of(
                new.both(literal(variable, mask), visit(child)) for mask, child in choices if child
            )
        return known[node]

    return visit(node)


class TagSets:
    """The requests for sessions that a question is about."""

    def __init__(self, joint: Joint) -> None:
        self._joint, self._diagrams, self._level = joint, joint.diagrams, joint.diagrams.level

    @property
    def compares(self) -> bool:
        """True iff some policy compares what requests say with each other."""
        return bool(self._joint.sides[0].question.space.relations)

    def _requests(self, action: str) -> list[DiagramNode]:
        """The requests for an action that are allowed and can be made: sets whose intersection they are."""
        joint, diagrams = self._joint, self._diagrams
        number = joint.finite.tables[ACTION].class_of(action.lower())
        if number is None:
            return [NOTHING]
        acts = diagrams.literal(ACTION, joint.finite.tables[ACTION].mask(OneOf(frozenset({action.lower()}))))
        whole = (diagrams.both(joint.sides[0].allowed, acts), *joint.sides[0].facts, *joint.definitions)
        return [diagrams.restrict(node, {ACTION: number}) for node in whole]

    def predicates(self, attribute: str) -> list[Predicate]:
        """The tests on the value of an attribute; none where it has no classes."""
        space = self._joint.sides[0].question.space
        tests = space.questions.get(attribute, {}) if attribute in self._joint.finite.tables else ()
        return [predicate for predicate in tests if fits(space.attributes[attribute], predicate)]

    def _masks(self, attribute: str) -> dict[Predicate, int]:
        return {predicate: self._table(attribute).mask(predicate) for predicate in self.predicates(attribute)}

    def _table(self, attribute: str) -> Table:
        return self._joint.finite.tables[attribute]

    def _absent(self, attribute: str) -> DiagramNode:
        """That a request or a session does not have an attribute."""
        if attribute not in self._level:
            return EVERYTHING
        return self._diagrams.literal(attribute, 1 << self._table(attribute).size)

    def _present(self, attribute: str) -> DiagramNode:
        return self._diagrams.complement(self._absent(attribute)) if attribute in self._level else EVERYTHING

    def expression(self, node: DiagramNode, otherwise: Mapping[str, Expression]) -> Expression:
        """True iff the tags of callers are in a set over those of requests; `otherwise`: what each is if not passed."""
        return as_expression(self._diagrams, node, lambda variable, mask: self._value(variable, mask, otherwise))

    def _value(self, variable: str, mask: int, otherwise: Mapping[str, Expression]) -> Expression:
        if isinstance(variable, Reading):
            return literal(variable, mask != 1)
        name = variable.removeprefix(REQUEST_TAG)
        among = self._among(variable, mask, PRINCIPAL_TAG + name)
        return among | (otherwise[name] if mask >> self._table(variable).size & 1 else FALSE)

    def _among(self, variable: str, mask: int, attribute: str) -> Expression:
        """True iff an attribute of callers has one of the values in a mask of another one's."""
        size, masks = self._table(variable).size, self._masks(variable)
        tests: dict[Expression, int] = {Test(attribute, predicate): own for predicate, own in masks.items()}
        return among_classes(mask & (1 << size) - 1, size, tests, Present(attribute))


def as_expression(diagrams: Diagrams, node: DiagramNode, value: Callable[[str, int], Expression]) -> Expression:
    """True iff a request is in a set; `value` says that a variable has one of the values of a mask."""
    known: dict[DiagramNode, Expression] = {NOTHING: FALSE, EVERYTHING: TRUE}

    def visit(node: DiagramNode) -> Expression:
        if node not in known:
            variable = diagrams.top(node)
            assert variable is not None
            known[node] = disjunction(
                value(variable, mask) & visit(child) for mask, child in diagrams.choices(node, variable) if child
            )
        return known[node]

    return visit(node)


def among_classes(mask: int, size: int, tests: Mapping[Expression, int], present: Expression) -> Expression:
    """True iff what is `present` has a value of some of `size` classes, by tests that each hold in some of them."""
    whole = (1 << size) - 1
    if mask == whole:
        return present
    for test, own in tests.items():
        if own == mask:
            return test
        if own == whole & ~mask:
            return present & ~test
    found = []
    for number in range(size):
        if mask >> number & 1:
            found.append(conjunction((present, *(test if own >> number & 1 else ~test for test, own in tests.items()))))
    return disjunction(found)
