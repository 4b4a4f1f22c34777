"""What was found while deciding: truths with the sentences that a trace shows.

In: nothing (plain data). Out: findings, and the steps of a trace made from them.
Guarantee: a trace step is made from the very finding that the decision used.
"""

from __future__ import annotations

from dataclasses import replace

from verifier.evaluate.symbols import Truth, any_of
from verifier.frozen import Frozen
from verifier.model.policy import StatementRef
from verifier.model.request import Step


class RuleFinding(Frozen):
    """One thing that was examined: by which rule, in one sentence, and whether it held."""

    rule: str
    text: str
    holds: Truth


class StatementFinding(Frozen):
    """One statement: whether it matches, and its elements in the order action, resource, principal, conditions."""

    reference: StatementRef
    summary: RuleFinding
    elements: tuple[RuleFinding, ...]
    explain: bool
    """Whether the trace shows the elements: the statement matches, or fails only by a condition."""


class Gate(Frozen):
    """One gate of the decision with the statements that were read for it."""

    finding: RuleFinding
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


def _step(finding: RuleFinding, reference: StatementRef | None, depth: int) -> Step:
    return Step(finding.rule, finding.text, finding.holds is True, reference, depth)


class Aside(str):
    """A warning that says what a real request has besides, or what is not known of this one."""

    __slots__ = ()


_CONCLUSIONS = {
    "D2": (
        "in the key's account: the key policy allows the caller, or delegates to the account and the caller's "
        "policies allow",
        "in the key's account the key policy (or a grant) has to allow the caller, or the key policy to delegate to "
        "the account while the caller's policies allow; neither is so",
    ),
    "D3": (
        "from another account: the key policy and the caller's own policies both allow",
        "from another account the key policy and the caller's own policies have to allow, or a grant; they do not",
    ),
    "D6": (
        "a service principal needs the key policy (or a grant) alone, and has it",
        "a service principal needs the key policy (or a grant), and does not have it",
    ),
    "D9": (
        "the caller's own policies alone decide an operation without a key, and allow it",
        "the caller's own policies alone decide an operation without a key, and do not allow it",
    ),
    "E2": (
        "the trust policy admits the caller, and what else has to allow does",
        "the trust policy has to name the caller, or its account while the caller's policies allow; from another "
        "account, and where a session of a role sets a source identity, both have to allow; it is not so",
    ),
    "E2w": (
        "the trust policy admits the identity of the provider, and nothing else is needed",
        "the trust policy has to admit the identity of the provider, and does not",
    ),
    "G5": (
        "a grant is retired by whom it names, or by what identity policies of the key's or the issuing account allow: "
        "one of these is so",
        "a grant is retired by whom it names, or by what identity policies of the key's or the issuing account allow, "
        "never by a key policy; neither is so",
    ),
}
"""What the last gate says where it is open, and where it is shut, by its rule."""
_DECIDED_BY = {
    "E1": "an operation of IAM is decided by the policies of the caller and its account alone",
    "E2f": "a federated session is asked for by the policies of the caller and its account alone",
    "E3": "sharing a key is decided by the policies of the caller and its account",
    "E4": "starting or changing code that has a role is decided by the caller's policies and its account's",
}
"""The others: which policies they weigh."""
_BY_GRANT = "a grant allows the caller, in whatever account it is: it needs no policy besides"


def marked_if_not_needed(gate: Gate, conclusion: Gate) -> Gate:
    """The gate; where it allows nothing and the conclusion is to allow, its sentence says that it is not needed."""
    if conclusion.finding.holds is not True or gate.finding.holds is not False:
        return gate
    return replace(gate, finding=replace(gate.finding, text=f"{gate.finding.text} (not needed)"))


def concluding_gate(rule: str, by_policy: Truth, by_grant: Truth) -> Gate:
    """Policies or a grant have to allow. `rule` is the one that policies are weighed by."""
    holds = any_of([by_policy, by_grant])
    if by_policy is False and by_grant is not False and rule in ("D2", "D3"):
        return Gate(RuleFinding(rule, _BY_GRANT, holds))
    return Gate(RuleFinding(rule, _conclusion(rule, holds is not False), holds))


def _conclusion(rule: str, is_open: bool) -> str:
    if rule in _DECIDED_BY:
        return f"{_DECIDED_BY[rule]}, and they {'allow' if is_open else 'do not allow'} it"
    return _CONCLUSIONS[rule][not is_open]
