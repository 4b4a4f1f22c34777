"""A story as reports show it: its steps, then its last request, each with what lets it happen.

In: a `Story`. Out: `ShownStep`, one for each step and one for the end. Guarantee: pure; statements are those that
allowed the requests in the replay; which of them an earlier step made is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from verifier.model.policy import Effect, StatementRef
from verifier.model.request import Caller
from verifier.model.results.verdict import Counterexample, Story
from verifier.model.step_kinds import StepKind
from verifier.model.steps.chains import (
    Became,
    GrantCreated,
    KeyPolicyPut,
    KeyReplicated,
    Move,
    PolicyAdded,
    TrustPut,
    VersionSet,
)
from verifier.report.counterexample import statement_traces
from verifier.report.naming import Places, value_text
from verifier.report.reach.changes import step_words
from verifier.report.reach.names import Names
from verifier.syntax.source import NOWHERE, Span
from verifier.syntax.text import printable

THEN = "then"
"""The label of the last request."""
_MOST_CONTEXT = 3
_OF_AWS = ("arn:aws:iam::aws:policy/", "arn:aws-cn:iam::aws:policy/", "arn:aws-us-gov:iam::aws:policy/")
_IN_THE_CHANGE = (
    *("kms:grantee", "kms:grantoperations", "kms:grantconstraint", "kms:retiring", "kms:replicaregion"),
    *("aws:requesttag/", "aws:tagkeys", "iam:policyarn", "sts:rolesessionname"),
)
"""Condition keys, or how they begin, of which what a step changes says enough."""


@dataclass(frozen=True)
class ShownStep:
    """A step (`label` its number), or the end (`then`). `made` are the policies and grants of earlier steps, by
    `StatementRef.policy`, with the numbers of these."""

    label: str
    caller: Caller
    requests: tuple[Counterexample, ...]
    move: Move | None
    made: Mapping[str, int]

    @property
    def through(self) -> tuple[StatementRef, ...]:
        """The Allows and grants that let the requests through."""
        found = (trace for request in self.requests for trace in statement_traces(request.decision.trace))
        matched = (trace.statement for trace in found if trace.matched)
        return tuple(dict.fromkeys(statement for statement in matched if statement.effect is Effect.ALLOW))

    @property
    def of_the_input(self) -> tuple[StatementRef, ...]:
        """Those that the input holds."""
        return tuple(statement for statement in self.through if statement.policy not in self.made)

    @property
    def place(self) -> Span:
        """The first of them that has a place."""
        return next((statement.span for statement in self.of_the_input if statement.span != NOWHERE), NOWHERE)

    def text(self, names: Names, *, target: str | None = None) -> str:
        """`role/ops of 111122223333 calls kms:CreateGrant with …, which creates a grant …`. A request on the target
        does not say so."""
        which = f", which {step_words(self.move, names)}" if self.move is not None else ""
        if not self.requests:
            own = f"{names.caller(self.caller)} {self.own_words(names)}"
            return own if self.move is not None else "nothing more is needed"
        by_caller: dict[Caller, list[str]] = {}
        for found in self.requests:
            by_caller.setdefault(found.request.caller, []).append(
                _call(found, names, target, brief=self.move is not None)
            )
        calls = (f"{names.caller(caller)} calls {', and '.join(own)}" for caller, own in by_caller.items())
        return ", and ".join(calls) + which

    def own_words(self, names: Names) -> str:
        """A step without requests: what the caller has outside."""
        change = self.move.change if self.move is not None else None
        if not isinstance(change, Became):
            return ""
        return f"uses an identity in an account of its own: {names.caller(change.caller)}"

    def by(self) -> str:
        """The statements with their places: `"Admin" (key-policy.json:12:5)`; nothing where there are none."""
        places = Places(exact=True, made=self.made)
        return ", ".join(places.statement(statement) for statement in self.through)


def shown_steps(story: Story) -> Iterator[ShownStep]:
    """The steps in order, then the end."""
    made: dict[str, int] = {}
    for number, step in enumerate(story.steps, start=1):
        caller = step.requests[0].request.caller if step.requests else story.caller
        yield ShownStep(str(number), caller, step.requests, step.move, dict(made))
        made.update(dict.fromkeys(_made(step.move), number))
    by, last = story.access.request.caller if story.access else story.caller, (story.access,) if story.access else ()
    yield ShownStep(THEN, by, last, None, dict(made))


def _made(move: Move) -> Iterator[str]:
    """The policies and grants that a step makes, as references to their statements call them: not what the input holds
    already, a managed policy that is attached or one of its versions."""
    match move.change:
        case KeyPolicyPut(policy=policy) | TrustPut(policy=policy):
            yield policy.identity
        case PolicyAdded(owner, policy):
            if policy.identity.startswith((f"{owner}#", *_OF_AWS)):
                yield policy.identity
        case VersionSet(arn):
            if move.kind is StepKind.NEW_VERSION:
                yield arn
        case GrantCreated(key, grant):
            yield f"{key}#grant:{grant.id}"
        case KeyReplicated(replica=replica):
            yield from (policy.identity for policy in replica.policies or ())


def _call(found: Counterexample, names: Names, target: str | None, *, brief: bool) -> str:
    request = found.request
    pairs = [(key, value) for key, value in request.context if not (brief and key.lower().startswith(_IN_THE_CHANGE))]
    on = f" on {names.of(request.resource)}" if request.resource not in (None, target) else ""
    context = ", ".join(f"{printable(key)} = {value_text(value)}" for key, value in pairs[:_MOST_CONTEXT])
    more = len(pairs) - _MOST_CONTEXT
    given = (f" with {context}" if context else "") + (f" and {more} more keys" if more > 0 else "")
    return f"{printable(request.action)}{on}{given}"


def steps_words(number: int) -> str:
    """`1 step`, `3 steps`."""
    return f"{number} step{'' if number == 1 else 's'}"
