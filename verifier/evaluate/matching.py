"""Statements of policies held against one request, each no oftener than it must be.

In: policies, the request. Out: matches.
Guarantee: a match that turns on no symbol is made once for a request, whatever is tried afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import TypeVar

from msgspec import field

from verifier.evaluate.findings import RuleFinding, StatementFinding
from verifier.evaluate.statements.statement import RequestToMatch, StatementMatch, match_statement
from verifier.evaluate.symbols import Symbols, Truth, any_of
from verifier.frozen import Frozen
from verifier.model.policy import Policy, PolicyKind, Statement

_Name = TypeVar("_Name", bound=Hashable)
_Found = TypeVar("_Found")


class Memo(Frozen):
    """What was found in one request without asking for a symbol, and need not be found again: matches by kind of
    policy, policy and statement (the same document may be an identity policy and a boundary), the constraints of grants
    by the grant's ID."""

    statements: dict[tuple[PolicyKind, str, int], StatementMatch] = field(default_factory=dict)
    grants: dict[str, tuple[RuleFinding, ...]] = field(default_factory=dict)


class Matcher(Frozen):
    """Holds policies against one request under given symbols."""

    question: RequestToMatch
    memo: Memo

    @property
    def symbols(self) -> Symbols:
        return self.question.symbols

    def allows(self, policies: Iterable[Policy]) -> list[StatementMatch]:
        """The matches on the Allow statements of policies."""
        return [self._match(policy, one) for policy in policies for one in policy.allows]

    def denies(self, policies: Iterable[Policy]) -> list[StatementMatch]:
        """The matches on the Deny statements of policies."""
        return [self._match(policy, one) for policy in policies for one in policy.denies]

    def _match(self, policy: Policy, statement: Statement) -> StatementMatch:
        name = (policy.kind, policy.identity, statement.index)
        return memoized(
            self.memo.statements, name, self.symbols, lambda: match_statement(policy, statement, self.question)
        )


def memoized(known: dict[_Name, _Found], name: _Name, symbols: Symbols, find: Callable[[], _Found]) -> _Found:
    """What is known by this name, else what `find` finds; that is kept if it asks for no symbol."""
    if name in known:
        return known[name]
    before = symbols.questions
    found = find()
    if symbols.questions == before:
        known[name] = found
    return found


def applies(matches: Iterable[StatementMatch]) -> Truth:
    """True iff a statement of these matches applies."""
    return any_of([matched.applies for matched in matches])


def examined(matches: Iterable[StatementMatch]) -> tuple[StatementFinding, ...]:
    """What a trace shows of matches."""
    return tuple(matched.finding for matched in matches)
