"""One request of a step: by whom, for what, under which conditions; found by the same question as a refutation.

In: an estate as it is after some steps, who makes the request, the action, conditions. Out: a replayed request, or why there is none.
Guarantee: a request is one that `evaluate` allows in that estate.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from verifier.model.estate import Estate
from verifier.model.invariant import (
    ALWAYS,
    AnyCaller,
    CallersAnd,
    CallerSet,
    ConditionAnd,
    ConditionExpression,
    Expectation,
    Holds,
    Invariant,
    PrincipalLike,
    ServiceLike,
    SessionLike,
)
from verifier.model.policy import Condition, Operator, Text
from verifier.model.request import Caller, CallerKind
from verifier.model.verdict import Counterexample, Reason, Status
from verifier.problem.targets import Target
from verifier.syntax.diagnostic import InputError
from verifier.verify.prove import How, decide_target


def test(operator: str, key: str, *values: str, any_value: bool = False) -> ConditionExpression:
    """A condition on a request."""
    how = Operator(operator, "ForAnyValue" if any_value else None, False)
    return Holds(Condition(how, Text(key), tuple(map(Text, values))))


def principal(arn: str) -> CallerSet:
    """The callers with a principal ARN, or a service."""
    return ServiceLike(Text(arn)) if not arn.startswith("arn:") else PrincipalLike(Text(arn))


def exactly(caller: Caller) -> CallerSet:
    """One caller, its session included."""
    if caller.kind is not CallerKind.ROLE:
        return principal(caller.principal_arn)
    return CallersAnd((principal(caller.principal_arn), SessionLike(Text(caller.arn))))


@dataclass(frozen=True)
class Asker:
    """Asks for requests under readings that are held, those of earlier steps among them (S2)."""

    how: How

    def request(
        self, estate: Estate, target: Target, whom: CallerSet, actions: Iterable[str], when: Iterable[ConditionExpression] = ()
    ) -> Counterexample | Reason:
        """A request for one of some actions that is allowed. Raises `InternalDisagreement`."""
        conditions = tuple(when)
        scope = Invariant(
            "a step",
            Expectation.REFUSED,
            whom,
            tuple(map(Text, actions)),
            None,
            ConditionAnd(conditions) if conditions else ALWAYS,
        )
        return self.of_scope(estate, target, scope)

    def of_scope(self, estate: Estate, target: Target, scope: Invariant) -> Counterexample | Reason:
        """A request in the scope of an invariant that is allowed."""
        try:
            verdict = next(decide_target(estate, target, [scope], self.how))
        except InputError as error:
            if error.diagnostics[0].rule == "S3":
                return Reason("S3", "no such request can be made")
            raise
        if verdict.status is Status.REFUTED and verdict.counterexample is not None:
            return verdict.counterexample
        return verdict.reason or Reason("E0", "it is refused")

    def holding(self, readings: Mapping[str, bool]) -> Asker:
        """The same under further readings."""
        return Asker(replace(self.how, held={**self.how.held, **readings}))


ANYBODY = AnyCaller()
"""Every caller."""
