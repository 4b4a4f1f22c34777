"""What the linter looks at: a statement, with the questions about each target that it can bear on.

In: policies in spaces, with their solvers. Out: `Subject`s, which ask questions about the statement over all of its
targets.
Guarantee: something is impossible only if it is so on every target; a request that shows something is one on some
target, replayed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

from verifier.ask.answers import Proved, Refuted, Unknown
from verifier.ask.replay import matched_statements
from verifier.evaluate import evaluate
from verifier.frozen import Frozen
from verifier.model.estate import Estate, Key
from verifier.model.policy import Effect, Policy, PolicyKind, Statement, StatementRef, Text, reference_to
from verifier.model.request import Decision, Outcome, Request
from verifier.model.results.lint import Finding, LintRule, UndecidedQuestion
from verifier.model.symbols import Reading, SymbolValues
from verifier.problem.expression import Expression
from verifier.problem.space import Space
from verifier.problem.substitution import with_values
from verifier.syntax.source import NOWHERE, Span
from verifier.verify.lint.bench import FOUND_ONE, AnswerWithoutRequest, Bench, Confirm, Example
from verifier.verify.lint.meaning import Meaning, gives, statement_meaning

FindingOrUndecided = Finding | UndecidedQuestion


class Seen(Frozen, dict=True):
    """A statement in the questions about one target. `held` are the requests that its policy is asked about; `anywhere`
    says that its resources are left aside."""

    space: Space
    bench: Bench
    policy: Policy
    held: Expression
    meaning: Meaning
    anywhere: bool

    @cached_property
    def shown(self) -> Expression:
        """True iff it matches the request and a trace says so: an Allow of a key policy none that retires a grant, for
        which it gives nothing (G5)."""
        is_key_allow = self.policy.kind is PolicyKind.KEY and self.meaning.effect is Effect.ALLOW
        return gives(self.meaning) if is_key_allow else self.meaning.matches

    def as_if(self, statement: Statement) -> Meaning:
        """What another statement in its place would mean. One with tests that no statement of the target makes cannot
        be asked about."""
        own = on_any_resource(statement) if self.anywhere else statement
        return statement_meaning(self.space, self.policy, own, self.held)


class Decided(Seen):
    """A statement in the questions about one target beside the rest of the estate, which decides `allowed`."""

    allowed: Expression


def on_any_resource(statement: Statement) -> Statement:
    """The statement as if it were about every resource."""
    return replace(statement, resources=(Text("*"),), not_resource=False)


Build = Callable[[Seen], Sequence[Expression]]


class Subject(Frozen, dict=True):
    """A statement of a policy. `places` make the targets that it can bear on, by itself: what is impossible is asked
    there. `whole` make the estate's own targets, beside everything else of the estate: examples are from there. One of
    which nothing is asked on a target has `None` there. `key` is the key that a key policy governs, `None` for other
    policies."""

    estate: Estate
    policy: Policy
    statement: Statement
    places: Sequence[Callable[[], Seen | None]]
    whole: Sequence[Callable[[], Decided | None]]
    key: Key | None = None

    @property
    def seen(self) -> Iterator[Seen]:
        """The targets that it can bear on, each made when its turn comes."""
        return (seen for place in self.places if (seen := place()) is not None)

    @property
    def own(self) -> Seen:
        """The key that a key policy governs, as a target."""
        (seen,) = self.seen
        return seen

    @cached_property
    def reference(self) -> StatementRef:
        """How findings name it."""
        return reference_to(self.policy, self.statement)

    @cached_property
    def is_known(self) -> bool:
        """True iff all of it is known: it is none that may be there, nor the known part of one."""
        at = self.statement.span.file, self.statement.span.line, self.statement.span.column
        possible = (one.span for one in self.policy.statements if one.only_if is not None)
        return at not in [(span.file, span.line, span.column) for span in possible]

    @property
    def is_allow(self) -> bool:
        """True iff it is an Allow."""
        return self.statement.effect is Effect.ALLOW

    @cached_property
    def about_kms_alone(self) -> bool:
        """True iff nothing but requests to AWS KMS can match it: a key policy governs its key; of others, the actions
        say so."""
        if self.policy.kind is PolicyKind.KEY:
            return True
        listed = self.statement.actions
        lists = bool(listed) and not self.statement.not_action
        return lists and all(text.value.lower().startswith("kms:") for text in listed)

    @cached_property
    def life(self) -> AnswerWithoutRequest:
        """Refuted only if some request can match it, and proved only if none can: what is blamed for that are positions
        in `Meaning.parts`."""
        return self.ask(lambda seen: seen.meaning.parts)

    @property
    def lives(self) -> bool:
        """True iff some request is known to match it."""
        return isinstance(self.life, Refuted)

    def ask(self, build: Build) -> AnswerWithoutRequest:
        """Refuted only if some request, on some target, meets the expressions, or there is no target; proved only if
        none does."""
        owners: set[int] = set()
        blamed: set[int] = set()
        open_: Unknown | None = None
        answer: AnswerWithoutRequest = FOUND_ONE
        for seen in self.seen:
            answer = seen.bench.ask(*build(seen))
            if isinstance(answer, Refuted):
                return answer
            if isinstance(answer, Unknown):
                open_ = answer
            else:
                owners.update(answer.core)
                blamed.update(answer.blamed)
        if isinstance(answer, Refuted):
            return answer
        return open_ or Proved(tuple(sorted(owners)), tuple(sorted(blamed)))

    def impossible(self, build: Build) -> bool:
        """True iff it is proved that no request, on any target, meets the expressions."""
        return isinstance(self.ask(build), Proved)

    def example(self, build: Callable[[Decided], Sequence[Expression]], confirm: Confirm) -> Example:
        """A request, on some target of the estate, that meets the expressions and that `evaluate` confirms."""
        open_: Unknown | None = None
        for place in self.whole:
            seen = place()
            if seen is None:
                continue
            answer = seen.bench.example(build(seen), confirm)
            if isinstance(answer, Refuted):
                return answer
            open_ = answer if isinstance(answer, Unknown) else open_
        return open_ or Proved()

    def matched(self, outcome: Outcome | None = None, assigned: SymbolValues | None = None) -> Confirm:
        """Confirms that the statement matches a request, with this outcome if one is wanted, and under these symbols
        besides."""

        def confirm(request: Request, symbols: SymbolValues) -> Decision | None:
            decision = evaluate(self.estate, request, {**symbols, **(assigned or {})})
            wanted = outcome is None or decision.outcome is outcome
            return decision if wanted and self.matches_in(decision) else None

        return confirm

    def turning_on(self, label: Reading, value: bool) -> Example:
        """A request that the statement matches if a reading has this value, and does not match if it has the other."""

        def confirm(request: Request, symbols: SymbolValues) -> Decision | None:
            unless = self.matched(assigned={label: not value})(request, symbols)
            return self.matched(assigned={label: value})(request, symbols) if unless is None else None

        def build(seen: Seen) -> list[Expression]:
            otherwise = with_values(seen.meaning.matches, {label: not value})
            return [with_values(seen.shown, {label: value}), ~otherwise]

        return self.example(build, confirm)

    def matches_in(self, decision: Decision) -> bool:
        """True iff the trace of a decision says that the statement matched."""
        own = self.reference.policy, self.reference.index, self.reference.kind
        return any((one.policy, one.index, one.kind) == own for one in matched_statements(decision))

    # -- results --

    def finding(self, rule: LintRule, message: str, span: Span = NOWHERE, **more: Any) -> Finding:
        """A finding about the statement; without a span, where the statement stands."""
        where = self.statement.span if span == NOWHERE else span
        policy = self.policy
        key = self.key.arn if self.key is not None else None
        severity = more.pop("severity", rule.severity)
        return Finding(
            rule, severity, policy.identity, policy.name, policy.kind, message, where, self.reference, key, **more
        )

    def undecided(self, rule: LintRule, unknown: Unknown, span: Span = NOWHERE) -> UndecidedQuestion:
        """What was asked about the statement and not decided."""
        where = self.statement.span if span == NOWHERE else span
        return UndecidedQuestion(rule, self.reference, unknown.reason.text, unknown.reason.rule, where)
