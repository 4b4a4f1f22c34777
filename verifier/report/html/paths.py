"""Stories as paths in the picture of who reaches a key: the caller, each step, the key.

In: stories, where the key's box is. Out: `Html` within an SVG, and a list that says the same. Guarantee: a path has a box for every step;
a story of more steps than find room is in the list alone, which has every story.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from verifier.model.results.verdict import Story
from verifier.report.html.nodes import Content, Html, element
from verifier.report.reach.changes import change_words
from verifier.report.reach.names import Names
from verifier.report.reach.told import THEN, Told, told_steps
from verifier.syntax.text import brief

BAND = 62
"""The height that a path takes."""
_BOX, _GAP, _CHARACTER = 44, 34, 7
_MOST_BOXES = 6


def drawn_paths(stories: Sequence[tuple[str, Story]], top: int, key: tuple[int, float], names: Names) -> Iterator[Content]:
    """The paths below one another from `top` on, each ending at the point `key`. Stories come with the names of what they refute."""
    for number, (name, story) in enumerate(stories):
        told = [one for one in told_steps(story) if one.requests]
        if len(told) + 1 <= _MOST_BOXES:
            yield from _path(name, story, told, top + BAND * number + BAND / 2, key, names)


def _path(name: str, story: Story, told: list[Told], y: float, key: tuple[int, float], names: Names) -> Iterator[Content]:
    width = (key[0] - 40 - _GAP * len(told)) / (len(told) + 1)
    texts = [(names.caller(story.caller), brief(name, 200))]
    texts += [_texts(one, names) for one in told]
    for place, (head, below) in enumerate(texts):
        x = place * (width + _GAP)
        if place:
            yield _arrow(x - _GAP, y, x, y)
        yield _box(x, y, width, head, below)
    yield _arrow((len(texts) - 1) * (width + _GAP) + width, y, *key)


def _texts(told: Told, names: Names) -> tuple[str, str]:
    """What is called, and what that changes; of the last request, who calls."""
    actions = ", ".join(found.request.action for found in told.requests)
    if told.move is None:
        return f"{THEN} {actions}", names.caller(told.caller)
    return f"{told.label}. {actions}", change_words(told.move.change, names)


def _arrow(x: float, y: float, to_x: float, to_y: float) -> Html:
    half = (x + to_x) / 2
    return element("path", d=f"M{x:g} {y:g}C{half:g} {y:g} {half:g} {to_y:g} {to_x:g} {to_y:g}", class_="story")


def _box(x: float, y: float, width: float, head: str, below: str) -> Html:
    room = int((width - 16) // _CHARACTER)
    frame = element("rect", x=f"{x + 1:g}", y=f"{y - _BOX / 2:g}", width=f"{width - 2:g}", height=str(_BOX), rx="5", class_="story")
    title = element("text", brief(head, room), x=f"{x + 9:g}", y=f"{y - 5:g}")
    small = element("text", brief(below, room + 2), x=f"{x + 9:g}", y=f"{y + 12:g}", class_="small")
    return element("g", element("title", f"{head}: {below}"), frame, title, small)


def listed_paths(stories: Iterable[tuple[str, Story]], names: Names) -> list[Html]:
    """Every story as a list."""
    return [_list(name, story, names) for name, story in stories]


def _list(name: str, story: Story, names: Names) -> Html:
    items = (_item(told, names) for told in told_steps(story))
    return element("div", element("p", f"{name}: {names.caller(story.caller)}"), element("ol", items))


def _item(told: Told, names: Names) -> Html:
    by = told.by()
    return element("li", told.text(names) + (f", allowed by {by}" if by else ""))
