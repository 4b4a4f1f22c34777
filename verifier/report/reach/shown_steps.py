"""A story as reports show it: its steps, then its last request, each with what lets it happen; and what a step changes,
in one plain line.

In: a `Story`; a `Move`, names. Out: `ShownStep`, one for each step and one for the end; a text that continues `which
…`: `creates a grant on payments to role/ops of …`. Guarantee: pure; statements are those that allowed the requests in
the replay; which of them an earlier step made is said. Every step has a line, safe for a terminal.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from verifier.frozen import Frozen
from verifier.model.grant import Grant
from verifier.model.policy import Condition, Effect, Policy, PolicyKind, Statement, StatementRef, Text
from verifier.model.request import Caller
from verifier.model.results.verdict import Counterexample, Story
from verifier.model.steps.descriptions import MEMBER, StepKind, present, way_taken
from verifier.report.counterexample import statement_traces
from verifier.report.naming import Names, Places, first, pairs_text, value_text
from verifier.syntax.source import NOWHERE, Span
from verifier.syntax.text import counted, printable

if TYPE_CHECKING:
    from verifier.model.steps.chains import Move, StepChange

THEN = "then"
"""The label of the last request."""
_MOST_CONTEXT = 3
_IN_THE_CHANGE = (
    *("kms:grantee", "kms:grantoperations", "kms:grantconstraint", "kms:retiring", "kms:replicaregion"),
    *("aws:requesttag/", "aws:tagkeys", "iam:policyarn", "sts:rolesessionname"),
)
"""Condition keys, or how they begin, of which what a step changes says enough."""


class ShownStep(Frozen):
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
        """`role/ops of 111122223333 calls kms:CreateGrant with …, which creates a grant …`; on the `target` unsaid."""
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

    def text_and_reasons(self, names: Names, *, target: str | None = None) -> str:
        """The same, and what allows it."""
        by = self.by()
        return self.text(names, target=target) + (f", allowed by {by}" if by else "")

    def own_words(self, names: Names) -> str:
        """A step without requests: what the caller has outside."""
        if self.move is None or self.move.kind is not StepKind.OWN_IDENTITY:
            return ""
        return _filled("uses an identity in an account of its own: {caller}", self.move.change, names)

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
        # What the input holds already is not new: a version that comes into force again.
        new = step.move.change.new_references if step.move.kind is not StepKind.SET_VERSION else ()
        made.update(dict.fromkeys(new, number))
    by = story.access.request.caller if story.access else story.caller
    yield ShownStep(THEN, by, (story.access,) if story.access else (), None, dict(made))


def _call(found: Counterexample, names: Names, target: str | None, *, brief: bool) -> str:
    request = found.request
    pairs = [(key, value) for key, value in request.context if not (brief and key.lower().startswith(_IN_THE_CHANGE))]
    on = f" on {names.of(request.resource)}" if request.resource not in (None, target) else ""
    context = ", ".join(f"{printable(key)} = {value_text(value)}" for key, value in pairs[:_MOST_CONTEXT])
    more = len(pairs) - _MOST_CONTEXT
    given = (f" with {context}" if context else "") + (f" and {more} more keys" if more > 0 else "")
    return f"{printable(request.action)}{on}{given}"


def step_words(move: Move, names: Names) -> str:
    """What is so after the step."""
    text = present(way_taken(move).sentence, partial(getattr, move.change))
    return _filled(text, move.change, names)


def _filled(text: str, change: StepChange, names: Names) -> str:
    """A sentence with the members of a change in it."""
    return MEMBER.sub(lambda found: _words(getattr(change, found[1]), names), text)


def _words(value: object, names: Names) -> str:
    """A member of a change; a tuple of texts is the names of tags."""
    match value:
        case Policy():
            return policy_words(value, names)
        case Grant():
            return _grant(value, names)
        case Caller():
            return names.caller(value)
        case tuple() if value and isinstance(value[0], str):
            return f"tag{'' if len(value) == 1 else 's'} {first(value)}"
        case tuple():
            return pairs_text(value)
    return names.of(str(value))


def _grant(grant: Grant, names: Names) -> str:
    text = f"to {names.principal(grant.grantee)} for {first(grant.operations)}"
    if grant.context_equals is not None:
        text += f" with the encryption context {pairs_text(grant.context_equals)} alone"
    if grant.context_subset is not None:
        text += f" with an encryption context that has {pairs_text(grant.context_subset)}"
    if grant.source_arn is not None:
        text += f" for {printable(grant.source_arn)}"
    return text + (f", to be retired by {names.principal(grant.retiring)}" if grant.retiring is not None else "")


_MOST_STATEMENTS = 3
_WITHOUT_RESOURCE = (PolicyKind.KEY, PolicyKind.TRUST)
"""Policies of the resource that they are attached to: what their `Resource` says goes without saying."""


def policy_words(policy: Policy, names: Names) -> str:
    """`Allow kms:* to everyone; Deny …`."""
    statements = [_statement_words(statement, policy.kind, names) for statement in policy.statements[:_MOST_STATEMENTS]]
    more = len(policy.statements) - len(statements)
    if more:
        statements.append(f"and {counted(more, 'more statement')}")
    return "; ".join(statements) or "no statement"


def _statement_words(statement: Statement, kind: PolicyKind, names: Names) -> str:
    """`Allow kms:Decrypt to role/ops of 111122223333 if kms:ViaService StringEquals s3.us-west-2.amazonaws.com`."""
    text = f"{statement.effect.value} {_elements(statement.actions, 'every action', statement.not_action)}"
    if kind not in _WITHOUT_RESOURCE and statement.resources is not None:
        text += f" on {_elements(statement.resources, 'everything', statement.not_resource)}"
    if statement.principals is not None:
        excepted = "everyone but " if statement.not_principal else ""
        text += f" to {excepted}{first([names.principal(principal) for principal in statement.principals])}"
    return text + (f" if {' and '.join(map(_condition, statement.conditions))}" if statement.conditions else "")


def _elements(values: Sequence[Text] | None, everything: str, negated: bool) -> str:
    texts = first([value.value for value in values or ()])
    return f"{everything} but {texts}" if negated else texts


def _condition(condition: Condition) -> str:
    return f"{printable(condition.key.value)} {condition.operator} {first([value.value for value in condition.values])}"
