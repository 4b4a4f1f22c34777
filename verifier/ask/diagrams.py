"""One request out of a set, concrete and replayed.

In: a side of a `Joint`, a set of its requests with the facts projected on it. Out: a request with its decision.
Guarantee: the request is in the set, could be sent on that side, and was decided by `evaluate` as the set says.
"""

from __future__ import annotations

from collections.abc import Iterator

from verifier.ask.answers import GaveUp, InternalDisagreement, Unknown
from verifier.ask.candidates import Candidate, candidate
from verifier.ask.replay import counterexample, for_evaluate, impossible, may_limit_sending, needed, split
from verifier.evaluate import decider_with_remarks
from verifier.frozen import Frozen
from verifier.model.readings import OF_WILDCARDS, READINGS, TO_BE_SENT, WHICH_PAIR
from verifier.model.request import Outcome, Request
from verifier.model.results.verdict import Counterexample, Reason
from verifier.model.symbols import KeyFact, NotModelled, Reading, RelationTest, SymbolName, SymbolValues
from verifier.problem.classes.attributes import ORDINARY_SESSION
from verifier.problem.classes.tables import OverBudget
from verifier.problem.diagrams.diagram import EVERYTHING, NOTHING, DiagramNode
from verifier.problem.diagrams.elimination import Projection
from verifier.problem.diagrams.finite import Finite
from verifier.problem.diagrams.joint import Joint
from verifier.problem.facts.shared import ADDRESS, THROUGH_ENDPOINT, VIA
from verifier.problem.space import INTERNAL, OTHER_NAME
from verifier.solve.session import Assignment

_COMMON = ("kms:decrypt", "kms:creategrant", "kms:putkeypolicy", "kms:describekey")
PREFERRED = (*TO_BE_SENT, *OF_WILDCARDS, THROUGH_ENDPOINT, VIA, ADDRESS)
"""The variables that a plausible request is chosen by first: no reading that it needs to be sent, no VPC endpoint, no
service between."""


class Sample(Frozen):
    """A request of a set: `symbols` are the values of readings and free facts that it was found under."""

    counterexample: Counterexample
    symbols: SymbolValues

    @property
    def request(self) -> Request:
        return self.counterexample.request


def sample(
    joint: Joint, number: int, projection: Projection, node: DiagramNode, wanted: Outcome = Outcome.ALLOW
) -> Sample | Unknown:
    """A request of a set that is not empty and within the projected facts; Unknown iff none was found within the
    budget, or it rests on something that is not modelled. Raises `Impossible` for an assignment that no request is
    like, and `InternalDisagreement`."""
    tables = joint.finite.tables
    point, significant = _assignment(joint, projection, node)
    classes = {name: 1 << value for name, value in point.items() if name in tables}
    symbols = {
        name: bool(value) for name, value in point.items() if isinstance(name, SymbolName) and name in significant
    }
    try:
        return _replayed(
            joint, number, point, candidate(joint.sides[number].question, Assignment(classes, symbols)), wanted
        )
    except GaveUp as error:
        return Unknown(error.reason)


def _replayed(joint: Joint, number: int, point: dict[str, int], found: Candidate, wanted: Outcome) -> Sample:
    """The request as `evaluate` decides it, under as few symbols as that takes. Raises `GaveUp`."""
    question, request, symbols = joint.sides[number].question, found.request, found.assignment.symbols
    given = assignment = for_evaluate(question, found)
    facts: dict[SymbolName, bool] = dict.fromkeys(map(KeyFact, found.lacking), False)
    few = _decisive(joint, number, point, given, wanted)
    decider = decider_with_remarks(question.space.estate, request)
    bare = {name: value for name, value in few.items() if name not in facts}
    # it may turn on what the key does not have
    tried = ((values, decider.decide(values)) for values in ((bare, few) if facts else (few,)))
    enough = next((one for one in tried if one[1].outcome is wanted), None)
    if enough is not None:
        assignment, decision = enough
        readings, free, unmodelled = split(assignment)
    else:  # comparisons that were left open may have made a difference
        decision = decider.decide(given)
        if decision.outcome is not wanted and not any(isinstance(name, NotModelled) for name in symbols):
            raise InternalDisagreement.on(request)
        readings, free, unmodelled = needed(decider, given, wanted)
    if unmodelled or decision.outcome is not wanted:
        raise GaveUp(Reason("budget", "it rests on something that is not modelled"))
    readings = tuple(sorted({*readings, *_needed_to_be_sent(joint, number, point, request)}))
    not_sent = impossible(decision)
    if not_sent is not None:
        raise GaveUp(Reason("budget", not_sent.why))
    as_built = {name: value for name, value in given.items() if name == WHICH_PAIR}
    return Sample(counterexample(request, decision, readings, free), {**facts, **symbols, **as_built, **assignment})


def _decisive(
    joint: Joint, number: int, point: dict[str, int], assignment: dict[SymbolName, bool], wanted: Outcome
) -> dict[SymbolName, bool]:
    """As few symbols of an assignment as decide the request, by what the problem says of it."""
    diagrams, allowed = joint.diagrams, joint.sides[number].allowed
    others = {name: value for name, value in point.items() if name not in assignment}
    open_node = diagrams.restrict(allowed if wanted is Outcome.ALLOW else diagrams.complement(allowed), others)
    kept = {name: value for name, value in assignment.items() if name in diagrams.support(open_node)}
    for name in sorted(kept, key=lambda name: (not isinstance(name, Reading), name)):
        trial: dict[str, int] = {other: int(value) for other, value in kept.items() if other != name}
        if diagrams.restrict(open_node, trial) == EVERYTHING:
            del kept[name]
    return {**kept, **{name: value for name, value in assignment.items() if name not in diagrams.level}}


def _assignment(joint: Joint, projection: Projection, node: DiagramNode) -> tuple[dict[str, int], frozenset[str]]:
    """A value for every variable, the plausible ones first (F9), and the variables whose value matters."""
    chooser = _Chooser(joint.finite)
    found = joint.diagrams.walk(_preferred(joint, projection, node), chooser.choose)
    on_path = frozenset(found)
    for name, width in joint.diagrams.widths.items():
        if name in projection.kept and name not in found:
            found[name] = chooser.choose(name, (1 << width) - 1)
    found = projection.complete(found, chooser.choose)
    significant = on_path | {
        bucket.variable for bucket in projection.buckets if not isinstance(bucket.variable, RelationTest)
    }
    for name, width in joint.diagrams.widths.items():
        if name not in found:
            found[name] = chooser.choose(name, (1 << width) - 1)
    return found, significant


def _preferred(joint: Joint, projection: Projection, node: DiagramNode) -> DiagramNode:
    """The requests of a set that people expect most, so far as there are any."""
    diagrams, tables = joint.diagrams, joint.finite.tables
    node = diagrams.both(node, projection.care)
    assert node != NOTHING, "the set holds no request that can be made"
    wanted: list[tuple[str, int]] = [(reading, 1) for reading in READINGS] + [(THROUGH_ENDPOINT, 1)]
    wanted += [
        (held, 1) for name, symbols in joint.finite.held.items() if name.endswith(OTHER_NAME) for held in symbols
    ]
    via = tables[VIA].class_of("false") if VIA in tables else None
    if via is not None:
        wanted.append((VIA, 1 << via))
    for name, mask in wanted:
        if name in projection.kept:
            narrower = diagrams.both(node, diagrams.literal(name, mask))
            node = node if narrower == NOTHING else narrower
    return node


class _Chooser(Frozen):
    """Which of the possible values a variable gets: absent keys, common actions, ordinary names."""

    finite: Finite

    def choose(self, variable: str, possible: int) -> int:
        """The value, as the number of a class or a truth value."""
        table = self.finite.tables.get(variable)
        if table is None:
            return 0 if possible & 1 else 1
        if self.finite.optional[variable] and variable not in (*INTERNAL, ADDRESS) and possible >> table.size & 1:
            return table.size
        for wanted in {"action": _COMMON, "session": (ORDINARY_SESSION,), VIA: ("false",)}.get(variable, ()):
            index = table.class_of(wanted)
            if index is not None and possible >> index & 1:
                return index
        present = possible & (1 << table.size) - 1
        try:
            return table.pick(present)[0] if present else table.size
        except OverBudget:  # no value is known of any of them
            return (present & -present).bit_length() - 1


def _needed_to_be_sent(
    joint: Joint, number: int, point: dict[str, int], request: Request
) -> Iterator[tuple[SymbolName, bool]]:
    """The readings without whose value the request could not be sent."""
    side, diagrams = joint.sides[number], joint.diagrams
    for label in TO_BE_SENT:
        if label in point and may_limit_sending(side.question.space.estate, request, label, bool(point[label])):
            other = {**point, label: 1 - point[label]}
            if not all(diagrams.contains(fact, other) for fact in side.facts if label in diagrams.support(fact)):
                yield label, bool(point[label])
