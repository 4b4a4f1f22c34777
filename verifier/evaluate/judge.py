"""Statements of policies held against one request, each no oftener than it must be.

In: policies, the request. Out: judgements.
Guarantee: a judgement that turns on no symbol is made once for a request, whatever is tried afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from verifier.evaluate.findings import Finding, StatementFinding
from verifier.evaluate.statements.statement import Judgement, Question, judge
from verifier.evaluate.symbols import Symbols, Truth, any_of
from verifier.model.policy import Effect, Policy, PolicyKind, Statement

Name = TypeVar("Name", bound=Hashable)
Found = TypeVar("Found")


@dataclass(frozen=True)
class Memo:
    """What was found in one request without asking for a symbol, and need not be found again: judgements by kind of policy, policy and
    statement (the same document may be an identity policy and a boundary), the constraints of grants by the grant's ID."""

    statements: dict[tuple[PolicyKind, str, int], Judgement] = field(default_factory=dict)
    grants: dict[str, tuple[Finding, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Judge:
    """Holds policies against one request under given symbols."""

    question: Question
    memo: Memo

    @property
    def symbols(self) -> Symbols:
        """The symbols that it judges under."""
        return self.question.symbols

    def allows(self, policies: Iterable[Policy]) -> list[Judgement]:
        """The judgements on the Allow statements of policies."""
        return self._judgements(policies, Effect.ALLOW)

    def denies(self, policies: Iterable[Policy]) -> list[Judgement]:
        """The judgements on the Deny statements of policies."""
        return self._judgements(policies, Effect.DENY)

    def _judgements(self, policies: Iterable[Policy], effect: Effect) -> list[Judgement]:
        return [self._judgement(policy, statement) for policy in policies for statement in policy.statements if statement.effect is effect]

    def _judgement(self, policy: Policy, statement: Statement) -> Judgement:
        name = (policy.kind, policy.identity, statement.index)
        return remembered(self.memo.statements, name, self.symbols, lambda: judge(policy, statement, self.question))


def remembered(known: dict[Name, Found], name: Name, symbols: Symbols, find: Callable[[], Found]) -> Found:
    """What is known by this name, else what `find` finds; that is kept if it asks for no symbol."""
    if name in known:
        return known[name]
    before = symbols.questions
    found = find()
    if symbols.questions == before:
        known[name] = found
    return found


def applies(judgements: Iterable[Judgement]) -> Truth:
    """Whether one of the statements applies."""
    return any_of([judgement.applies for judgement in judgements])


def findings(judgements: Iterable[Judgement]) -> tuple[StatementFinding, ...]:
    """What a trace shows of judgements."""
    return tuple(judgement.finding for judgement in judgements)
