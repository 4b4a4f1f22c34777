"""What was found while deciding: truths with the sentences that a trace shows.

In: nothing (plain data). Out: findings, and the steps of a trace made from them.
Guarantee: a trace step is made from the very finding that the decision used.
"""

from __future__ import annotations

from dataclasses import dataclass

from verifier.evaluate.symbols import Truth
from verifier.model.policy import StatementRef
from verifier.model.request import Step


@dataclass(frozen=True)
class Finding:
    """One thing that was examined: by which rule, in one sentence, and whether it held."""

    rule: str
    text: str
    holds: Truth


@dataclass(frozen=True)
class StatementFinding:
    """One statement: whether it matches, and its elements in the order action, resource, principal, conditions."""

    reference: StatementRef
    summary: Finding
    elements: tuple[Finding, ...]
    explain: bool
    """Whether the trace shows the elements: the statement matches, or fails only by a condition."""


@dataclass(frozen=True)
class Gate:
    """One gate of the decision with the statements that were read for it."""

    finding: Finding
    statements: tuple[StatementFinding, ...] = ()


def steps(gates: list[Gate]) -> tuple[Step, ...]:
    """The lines of a trace: gates, their statements, the elements of these."""
    lines: list[Step] = []
    for gate in gates:
        lines.append(_step(gate.finding, None, 0))
        for statement in gate.statements:
            lines.append(_step(statement.summary, statement.reference, 1))
            if statement.explain:
                lines += [_step(element, statement.reference, 2) for element in statement.elements]
    return tuple(lines)


def _step(finding: Finding, reference: StatementRef | None, depth: int) -> Step:
    return Step(finding.rule, finding.text, finding.holds is True, reference, depth)


class Aside(str):
    """A warning that says what a real request has besides, or what is not known of this one."""

    __slots__ = ()
