"""One target under several estates (two versions of a policy, say), over one partition of each attribute.

In: sides, each an estate with its target; invariants whose scopes are wanted. Out: `Joint`: for each side the sets of
requests that are allowed, and that can be made, as nodes of one `Diagrams`.
Guarantee: a reading, a free fact, or a comparison of the same values is one variable for all sides (S2); what the sides
suppose of requests (F1–F9) is kept apart, so that a request that cannot be made on one side can be counted as refused
there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import TypeVar

from verifier.deadline import look
from verifier.frozen import Frozen
from verifier.model.invariant import Invariant
from verifier.model.readings import WHICH_PAIR
from verifier.model.symbols import SymbolValues
from verifier.problem.classes.attributes import Attribute
from verifier.problem.classes.domains import with_tag_values
from verifier.problem.classes.predicates import OneOf
from verifier.problem.classes.tables import MORE_STATES
from verifier.problem.diagrams.counterparts import Counterparts
from verifier.problem.diagrams.diagram import EVERYTHING, DiagramNode, Diagrams, TooLarge
from verifier.problem.diagrams.elimination import Projection, project
from verifier.problem.diagrams.finite import Finite, Reduction, questions
from verifier.problem.diagrams.sets import FIRST, Sets, variables
from verifier.problem.expression import Expression, Symbol, Test
from verifier.problem.facts.organizations import moved_callers
from verifier.problem.question import Formula, Question, scope, wishes
from verifier.problem.semantics.possible_changes import REQUEST_TAG, RESOURCE_TAG
from verifier.problem.semantics.relation_facts import relation_facts
from verifier.problem.semantics.targets import consistent
from verifier.problem.sessions.session_tags import PRINCIPAL_TAG, SESSION_NAME, SOURCE_IDENTITY, Carried
from verifier.problem.space import Space, SpaceMaker, acts, facts_attribute, listed_names

_Name = TypeVar("_Name")
_Named = TypeVar("_Named")


class SideSets(Frozen):
    """One side as sets. `facts` hold of every request that can be made there, `allowed` are the requests that the
    decision allows, `parts` those for which each statement (by number) says what it says."""

    question: Question
    allowed: DiagramNode
    facts: tuple[DiagramNode, ...]
    parts: dict[int, DiagramNode]


@dataclass
class Joint:
    """The sides. `definitions` hold of every request on any side (comparisons between attributes are what they are);
    `known_action` are the requests for actions that the reference data knows (U4); `scopes` go with the invariants."""

    diagrams: Diagrams
    sides: tuple[SideSets, ...]
    definitions: list[DiagramNode]
    known_action: DiagramNode
    scopes: tuple[DiagramNode, ...]
    _sets: Sets

    @property
    def finite(self) -> Finite:
        """The class tables, which the sides share."""
        return self.sides[0].question.finite

    def possible(self, number: int) -> DiagramNode:
        """The requests that can be made on a side, so far as they can differ from those of the other sides."""
        own = self.sides[number].facts
        common = frozenset(own).intersection(*(side.facts for side in self.sides))
        return self.diagrams.all_of(fact for fact in own if fact not in common)

    def gained(self, number: int) -> DiagramNode:
        """The requests that side `number` allows and the other does not, or that cannot be made there; the facts of
        side `number` are still to be intersected (`care`). Which request of the other side is the same is for
        `Counterparts` to say."""
        assert len(self.sides) == 2
        return self.diagrams.minus(
            self.sides[number].allowed, self._counterparts(1 - number).allowed(self.sides[1 - number].allowed)
        )

    def counterparts_in(self, number: int, node: DiagramNode) -> DiagramNode:
        """The requests of the other side whose counterparts on side `number` are in a set, whatever that side leaves
        open of them."""
        return self._counterparts(number).allowed(node)

    def _counterparts(self, number: int) -> Counterparts:
        side = self.sides[number]
        common = frozenset(side.facts).intersection(*(other.facts for other in self.sides))
        relations = side.question.space.relations.values()
        return Counterparts(self.diagrams, self.finite, side.facts, self.definitions, common, relations)

    def care(self, number: int, node: DiagramNode, further: Iterable[str] = ()) -> Projection:
        """The facts of a side, on the variables that a set speaks of (callers and actions included) and some `further`
        ones."""
        keep = self.diagrams.support(node).union(FIRST, (name for name in further if name in self.diagrams.level))
        return project(self.diagrams, (*self.sides[number].facts, *self.definitions), keep)

    def node(self, expression: Expression) -> DiagramNode:
        """The set of a finite expression that mentions no other attributes and symbols than the sides do. Raises
        `KeyError` otherwise."""
        return self._sets.node(expression)

    def hold(self, symbols: SymbolValues) -> None:
        """Fixes readings, or free facts: only requests under these values are left."""
        for name, value in symbols.items():
            if name in self.diagrams.level:
                self.definitions.append(self.diagrams.literal(name, 2 if value else 1))

    def learn(self, impossible: Expression) -> None:
        """No request satisfies an expression, as concrete values showed."""
        self.definitions.append(self.diagrams.complement(self.node(impossible)))


def join(
    sides: Sequence[SpaceMaker],
    invariants: Sequence[Invariant] = (),
    further: Callable[[Space], Sequence[Expression]] = lambda _: (),
) -> Joint:
    """Puts the sides together. The scopes of the invariants are read on the last side; `further` expressions about
    requests there follow them. Raises `TooLarge`."""
    look()
    names = listed_names(*(side.target for side in sides))
    spaces = [side.space(names) for side in sides]
    _same_facts_attribute(spaces)
    decisions = [space.allowed() for space in spaces]
    known = acts(spaces[-1].known_actions)
    for space, decision in zip(spaces, decisions, strict=True):
        questions([decision, known, *space.owner_actions], space.questions)
    wanted = [*(scope(spaces[-1], invariant) for invariant in invariants), *further(spaces[-1])]
    questions([*wanted, *moved_callers(spaces)], spaces[-1].questions)
    _freeze(spaces)
    facts = [[*space.facts(), *_own_key(space)] for space in spaces]
    for space in spaces:
        questions(chain(*facts), space.questions)
    definitions = list(relation_facts(spaces[0], spaces[0].questions))  # its comparisons are those of all sides
    for space in spaces:
        questions(definitions, space.questions)
        _share_tests(space)
    formulas = [
        Formula(space, tuple(found), decision, known, (), (), tuple(wishes(space)))
        for space, found, decision in zip(spaces, facts, decisions, strict=True)
    ]
    return _as_sets(_reduction(spaces), formulas, definitions, wanted)


def _reduction(spaces: Sequence[Space]) -> Reduction:
    """The classes of all that was asked. Raises `TooLarge` where callers have none."""
    attributes, questions, most = spaces[0].attributes, spaces[0].questions, dict.fromkeys(FIRST, MORE_STATES)
    found = Reduction(attributes, questions, most)
    if "action" in found.finite.lazy:
        # The patterns of actions tell apart too many words: the actions that exist are few, and those alone are
        # described (U4).
        names = tuple(sorted(name.lower() for name in spaces[-1].known_actions))
        found = Reduction({**attributes, "action": Attribute("action", values=names, optional=False)}, questions, most)
    if "principal" in found.finite.lazy:
        raise TooLarge("the policies tell apart too many callers")
    return found


def _same_facts_attribute(spaces: Sequence[Space]) -> None:
    """One list of what a key can be, for all sides: each side says which of them its key is (`_own_key`)."""
    given = [space.attributes["facts"] for space in spaces if "facts" in space.attributes]
    if given:
        values = tuple(dict.fromkeys(value for attribute in given for value in attribute.values or ()))
        for space in spaces:
            space.attributes["facts"] = replace(given[0], values=values)


def _own_key(space: Space) -> list[Expression]:
    if space.target.key is None:
        return []
    values = facts_attribute(consistent(space.target.key)).values or ()
    return [Test("facts", OneOf(frozenset(values)))] if values != space.attributes["facts"].values else []


def _freeze(spaces: Sequence[Space]) -> None:
    """Every side has the vocabulary of all, and nothing is added to it."""
    before = 0
    while before < (before := sum(len(space.attributes) + len(space.relations) for space in spaces)):
        _share_vocabulary(spaces)
        for space in spaces:
            space.extend()
    for space in spaces:
        space.freeze()


def _share_vocabulary(spaces: Sequence[Space]) -> None:
    """Every side has the attributes of all, and asks what any asks."""
    for space in spaces:
        for other in spaces:
            if other is not space:
                _take(space.attributes, other.attributes)
                for name, attribute in space.attributes.items():
                    space.attributes[name] = with_tag_values(attribute, other.given_tags(name))
                _take(space.relations, other.relations)
                _take(space.partly_known, other.partly_known)
                _take(space.spellings, other.spellings)
                for name, predicates in other.questions.items():
                    space.questions.setdefault(name, {}).update(predicates)
                for name, tests in other.view_predicates.items():
                    _take(space.tests_on(name), tests)
                for (name, narrowed), _ in tuple(other.views.items()):
                    space.view(space.spellings[name], narrowed)  # a request shows what any side reads of it


def _take(mine: dict[_Name, _Named], theirs: Mapping[_Name, _Named]) -> None:
    for name, named in theirs.items():
        mine.setdefault(name, named)


def _as_sets(
    reduction: Reduction, formulas: Sequence[Formula], definitions: Sequence[Expression], wanted: Sequence[Expression]
) -> Joint:
    reduce, finite = reduction.reduce, reduction.finite
    facts = [list(map(reduce, formula.facts)) for formula in formulas]
    common_facts = list(map(reduce, definitions))
    decisions = [reduce(formula.allowed) for formula in formulas]
    scopes, known_action = list(map(reduce, wanted)), reduce(formulas[0].known_action)
    everything = [*decisions, known_action, *scopes, *common_facts, *chain(*facts), *_open_readings(formulas)]
    diagrams = Diagrams(variables(finite, everything))
    sides = []
    for formula, decision, own_facts in zip(formulas, decisions, facts, strict=True):
        sets = Sets(diagrams)
        question = Question(formula.space, formula, finite, decision, (), known_action, ())
        allowed = sets.node(decision)
        sides.append(SideSets(question, allowed, tuple(_limits(Sets(diagrams), own_facts)), sets.parts))
    common = Sets(diagrams)
    limits, known_node = list(_limits(common, common_facts)), common.node(known_action)
    return Joint(diagrams, tuple(sides), limits, known_node, tuple(map(common.node, scopes)), common)


def _open_readings(formulas: Sequence[Formula]) -> Iterator[Symbol]:
    """The readings that are variables whether or not an expression mentions them."""
    # What concrete values show of a comparison, they show for one reading of its wildcards.
    relations = chain.from_iterable(formula.space.relations.values() for formula in formulas)
    yield from map(Symbol, dict.fromkeys(relation.wildcards for relation in relations))
    if any(formula.space.pair_names for formula in formulas):
        yield Symbol(WHICH_PAIR)  # a request is written for one of its readings


def _limits(sets: Sets, facts: Iterable[Expression]) -> dict[DiagramNode, None]:
    """The sets of the facts that leave something out, each once."""
    return dict.fromkeys(node for node in map(sets.node, facts) if node != EVERYTHING)


def _share_tests_of(space: Space, pairs: Iterable[tuple[str, str]]) -> None:
    """What a request could make of an attribute is told apart as the attribute itself is: a class of one is a class of
    the other."""
    for name, other in pairs:
        if name in space.attributes and other in space.attributes:
            both_ask = {**space.questions.get(name, {}), **space.questions.get(other, {})}
            space.questions[name], space.questions[other] = dict(both_ask), dict(both_ask)


def _share_tests(space: Space) -> None:
    """The same for tags that the caller may have set, and for what sessions are given."""
    if space.possible_changes:
        tags = [name for name in space.attributes if name.startswith(RESOURCE_TAG)]
        _share_tests_of(space, [(name, REQUEST_TAG + name.removeprefix(RESOURCE_TAG)) for name in tags])
    if space.inner:
        of_sessions = (SESSION_NAME, SOURCE_IDENTITY)
        given = [name for name in space.attributes if name in of_sessions or name.startswith(PRINCIPAL_TAG)]
        _share_tests_of(space, [(name, Carried(name).request) for name in given])
