"""A story → parts of a document: step by step who calls what, what that changes, what lets it happen, the command; then the last request.

In: a `Story`, the names. Out: lines, a sentence. Guarantee: pure; safe for a terminal; all of it is read from the replay's traces.
"""

from __future__ import annotations

from collections.abc import Iterator

from verifier.model.invariant import Expectation
from verifier.model.results.verdict import Bound, Story
from verifier.report.counterexample import command_items, reason_items, request_items, supposition_items, whole_call
from verifier.report.document import GAP, LABEL, MARGIN, Block, Item, Items, Role, Said
from verifier.report.naming import Places
from verifier.report.reach.changes import change_words
from verifier.report.reach.names import Names
from verifier.report.reach.told import THEN, Told, steps_words, told_steps
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


def compact_items(story: Story, names: Names, target: str | None, margin: int) -> Items:
    """A step in a line or two, with the statements that allow it."""
    return Items(tuple(_compact(told, names, target, margin) for told in told_steps(story)), margin, 6)


def _compact(told: Told, names: Names, target: str | None, margin: int) -> Item:
    by = [Items((Item(Said(f"allowed by {told.by()}", Role.DIM)),), margin + 6, hang=margin + 8)] if told.by() else []
    return Item(told.text(names, target=target), _numbered(told), below=tuple(by))


def story_blocks(story: Story, names: Names, target: str | None) -> Iterator[Block]:
    """All of it, with the numbers of the steps in the margin."""
    yield Items((Item(headline(story, names)),), MARGIN)
    yield from steps_blocks(story, names, target)


def steps_blocks(story: Story, names: Names, target: str | None) -> Iterator[Block]:
    """The same without the headline."""
    for told in told_steps(story):
        yield GAP
        yield from _told_blocks(told, names, target)
    needed = supposition_items(story.readings, story.free)
    if needed.items:
        yield GAP
        yield needed


def _told_blocks(told: Told, names: Names, target: str | None) -> Iterator[Block]:
    label = f"{told.label:>10}"
    if not told.requests:
        does = f"{told.caller.arn} {told.own_words(Names())}"
        text = does if told.move is not None else "nothing more is needed: what the key protects is in its hands"
        yield Items((Item(text, label),), columns=MARGIN)
        return
    commands = step_commands(told.move) if told.move is not None else tuple(filter(None, (found.command for found in told.requests)))
    for number, found in enumerate(told.requests, start=1):
        last = number == len(told.requests)
        tags = ", ".join(f"{name} = {value}" for name, value in found.request.caller.session_tags)
        more = [f"with the session tags {tags}"] if tags else []
        which = [Item(change_words(told.move.change, names), "which")] if told.move is not None and last else []
        end = [*(whole_call(found) if told.move is None else ())]
        end += command_items(commands, "to do it" if told.move is not None else "to see it") if last else ()
        reasons = reason_items(found, Expectation.REFUSED, Places(exact=True, made=told.made))
        below = (Items(tuple(which), MARGIN, LABEL), *reasons, Items(tuple(end), MARGIN, LABEL))
        yield request_items(found.request, target, *more, label="and" if number > 1 else told.label, below=below)
