"""A story → parts of a document: step by step who calls what, what that changes, what lets it happen, the command; then
the last request.

In: a `Story`, the names. Out: lines, a sentence. Guarantee: pure; safe for a terminal; all of it is read from the
replay's traces.
"""

from __future__ import annotations

from collections.abc import Iterator

from verifier.model.invariant import Expectation
from verifier.model.results.verdict import Bound, Story
from verifier.report.counterexample import command_items, decision_reasons, request_items, supposition_items, whole_call
from verifier.report.document import GAP, LABEL, MARGIN, Block, Item, ItemList, Role, Said
from verifier.report.naming import Names, Places, readings_text
from verifier.report.reach.shown_steps import THEN, ShownStep, shown_steps, step_words
from verifier.syntax.text import brief, counted, printable
from verifier.witness.command import step_commands

_MOST_OF_A_STEP = 400
"""Characters of a step in a story that is one sentence."""


def bound_words(bound: Bound) -> str:
    """How far a proof goes."""
    if bound.complete:
        return "chains of every length"
    return f"chains of up to {counted(bound.steps, 'step')}" if bound.steps else "requests without a step before them"


def _headline(story: Story, names: Names) -> str:
    """`role/ops of 111122223333 gets there in 2 steps`."""
    how = f"in {counted(len(story.steps), 'step')}" if story.steps else "directly"
    return f"{names.caller(story.caller)} gets there {how}"


def story_sentence(story: Story, names: Names, target: str | None) -> str:
    """All of it in one line."""
    parts = [
        f"{_numbered(one)} {brief(one.text_and_reasons(names, target=target), _MOST_OF_A_STEP)}"
        for one in shown_steps(story)
    ]
    needed = readings_text(story.readings)
    return printable(
        f"{_headline(story, names)}: {'; '.join(parts)}" + (f"; only in the reading {needed}" if needed else "")
    )


def _numbered(step: ShownStep) -> str:
    return step.label if step.label == THEN else f"{step.label}."


def compact_items(story: Story, names: Names, target: str | None, margin: int) -> ItemList:
    """A step in a line or two, with the statements that allow it."""
    return ItemList(tuple(_compact(step, names, target, margin) for step in shown_steps(story)), margin, 6)


def _compact(step: ShownStep, names: Names, target: str | None, margin: int) -> Item:
    by = step.by()
    below = (ItemList((Item(Said(f"allowed by {by}", Role.DIM)),), margin + 6, hang=margin + 8),) if by else ()
    return Item(step.text(names, target=target), _numbered(step), below=below)


def story_blocks(story: Story, names: Names, target: str | None) -> Iterator[Block]:
    """All of it, with the numbers of the steps in the margin."""
    yield ItemList((Item(_headline(story, names)),), MARGIN)
    yield from steps_blocks(story, names, target)


def steps_blocks(story: Story, names: Names, target: str | None) -> Iterator[Block]:
    """The same without the headline."""
    for step in shown_steps(story):
        yield GAP
        yield from _blocks_of(step, names, target)
    needed = supposition_items(story.readings, story.free)
    if needed.items:
        yield GAP
        yield needed


def _blocks_of(step: ShownStep, names: Names, target: str | None) -> Iterator[Block]:
    label = f"{step.label:>10}"
    if not step.requests:
        does = f"{step.caller.arn} {step.own_words(Names())}"
        text = does if step.move is not None else "nothing more is needed: what the key protects is in its hands"
        yield ItemList((Item(text, label),), columns=MARGIN)
        return
    of_requests = tuple(filter(None, (found.command for found in step.requests)))
    commands = of_requests if step.move is None else step_commands(step.move)
    for number, found in enumerate(step.requests, start=1):
        last = number == len(step.requests)
        tags = ", ".join(f"{name} = {value}" for name, value in found.request.caller.session_tags)
        more = [f"with the session tags {tags}"] if tags else []
        which = [Item(step_words(step.move, names), "which")] if step.move is not None and last else []
        end = [*(whole_call(found) if step.move is None else ())]
        if last:
            end += command_items(commands, "to do it" if step.move is not None else "to see it")
        reasons = decision_reasons(found, Expectation.REFUSED, Places(exact=True, made=step.made))
        below = (ItemList(tuple(which), MARGIN, LABEL), *reasons, ItemList(tuple(end), MARGIN, LABEL))
        yield request_items(found.request, target, *more, label="and" if number > 1 else step.label, below=below)
