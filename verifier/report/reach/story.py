"""A story → text: step by step who calls what, what that changes, what lets it happen and the command that does it; then the last request.

In: a `Story`, the names. Out: lines, a sentence. Guarantee: pure; safe for a terminal; all of it is read from the replay's traces.
"""

from __future__ import annotations

from collections.abc import Iterator

from verifier.model.invariant import Expectation
from verifier.model.request import Request
from verifier.model.results.verdict import Bound, Story
from verifier.report.counterexample import MARGIN, labelled, reason_lines, request_lines, supposition_lines, whole_call_lines
from verifier.report.naming import Places
from verifier.report.reach.changes import change_words
from verifier.report.reach.names import Names
from verifier.report.reach.told import THEN, Told, steps_words, told_steps
from verifier.report.style import Style, pad, sentence
from verifier.syntax.text import brief, printable
from verifier.witness.step_command import step_commands

_MOST_OF_A_STEP = 400
"""Characters of a step in a story that is told in one sentence."""


def bound_words(bound: Bound) -> str:
    """How far a proof goes."""
    if bound.complete:
        return "chains of every length"
    return f"chains of up to {steps_words(bound.steps)}" if bound.steps else "requests without a step before them"


def headline(story: Story, names: Names) -> str:
    """`role/ops of 111122223333 gets there in 2 steps`."""
    how = f"in {steps_words(len(story.steps))}" if story.steps else "directly"
    return f"{names.caller(story.caller)} gets there {how}"


def story_sentence(story: Story, names: Names, target: str | None) -> str:
    """All of it in one line."""
    parts = [f"{_numbered(one)} {brief(_told_with_reasons(one, names, target), _MOST_OF_A_STEP)}" for one in told_steps(story)]
    needed = ", ".join(f"{label}={'yes' if value else 'no'}" for label, value in story.readings)
    return printable(f"{headline(story, names)}: {'; '.join(parts)}" + (f"; only in the reading {needed}" if needed else ""))


def _numbered(told: Told) -> str:
    return told.label if told.label == THEN else f"{told.label}."


def _told_with_reasons(told: Told, names: Names, target: str | None) -> str:
    by = told.by()
    return told.text(names, target=target) + (f", allowed by {by}" if by else "")


def compact_lines(story: Story, names: Names, target: str | None, style: Style, margin: str) -> Iterator[str]:
    """A step in a line or two, with the statements that allow it."""
    for told in told_steps(story):
        yield from sentence(told.text(names, target=target), margin + pad(_numbered(told), 6))
        if told.by():
            yield from (style.dim(line) for line in sentence(told.by(), margin + "      allowed by ", indent=len(margin) + 8))


def story_lines(story: Story, names: Names, target: str | None, style: Style) -> list[str]:
    """All of it, with the numbers of the steps in the margin."""
    return [*sentence(headline(story, names), MARGIN), *steps_lines(story, names, target, style)]


def steps_lines(story: Story, names: Names, target: str | None, style: Style) -> list[str]:
    """The same without the headline."""
    lines: list[str] = []
    for told in told_steps(story):
        lines += ["", *_told_lines(told, names, target, style)]
    needed = supposition_lines(story.readings, story.free)
    return [*lines, *(["", *needed] if needed else [])]


def _told_lines(told: Told, names: Names, target: str | None, style: Style) -> list[str]:
    if not told.requests and told.move is not None:
        return sentence(f"{printable(told.caller.arn)} {told.own_words(Names())}", _lead(told.label))
    if not told.requests:
        return [_lead(told.label) + "nothing more is needed: what the key protects is in its hands"]
    lines: list[str] = []
    for number, found in enumerate(told.requests, start=1):
        lines += _request_lines(found.request, target, style, _lead("and" if number > 1 else told.label))
        if told.move is not None and number == len(told.requests):
            lines += sentence(change_words(told.move.change, names), labelled("which"))
        lines += reason_lines(found, Expectation.REFUSED, style, Places(exact=True, made=told.made))
        lines += whole_call_lines(found) if told.move is None else []
    return lines + _command_lines(told, style)


def _request_lines(request: Request, target: str | None, style: Style, lead: str) -> list[str]:
    tags = ", ".join(printable(f"{name} = {value}") for name, value in request.caller.session_tags)
    return request_lines(request, target, style, lead) + (sentence(tags, f"{MARGIN}  with the session tags ") if tags else [])


def _lead(label: str) -> str:
    return f"{label:>10}  "


def _command_lines(told: Told, style: Style) -> list[str]:
    commands = step_commands(told.move) if told.move is not None else tuple(filter(None, (found.command for found in told.requests)))
    label = "to do it" if told.move is not None else "to see it"
    return [labelled("" if number else label) + style.bold(printable(command)) for number, command in enumerate(commands)]
