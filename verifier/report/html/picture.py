"""A picture of who reaches a key, and through what; and of how some get there in steps.

In: the rows of who can for a key; stories. Out: an SVG within a figure, with a table that says the same. Guarantee: a
line goes from callers to a statement or grant only where a way of theirs needs it; what finds no room is counted; the
table has every row.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from verifier.model.policy import PolicyKind, StatementRef
from verifier.model.results.access import Access, KeyAccess, statements_of, ways_or_all
from verifier.model.results.verdict import Story
from verifier.report.html.nodes import Content, Html, element
from verifier.report.naming import Names, key_name, statement_name
from verifier.report.reach.shown_steps import THEN, ShownStep, shown_steps, step_words
from verifier.report.words.access import when_text
from verifier.syntax.text import brief

_MOST_CALLERS, _MOST_STATEMENTS, _MOST_PATHS = 14, 18, 6
_ROW = 46
_LEFT, _MIDDLE, _RIGHT = (0, 380), (520, 860), (1000, 1200)


@dataclass
class _Reach:
    """Some callers: the actions of their rows, and the statements that they go through."""

    callers: str
    actions: list[str] = field(default_factory=list)
    through: dict[StatementRef, None] = field(default_factory=dict)
    conditioned: bool = False


Stories = Sequence[tuple[str, Story]]
"""What is refuted, and the story that shows it."""
NAMELESS = Names()


def picture(access: KeyAccess, stories: Stories = (), names: Names = NAMELESS) -> Html:
    reaches = _reaches(access.rows)
    statements = list(dict.fromkeys(statement for reach in reaches for statement in reach.through))
    name = key_name(access.key)
    said = "proved to be all who can" if access.complete else "not all of it is known"
    left = max(0, len(reaches) - _MOST_CALLERS), max(0, len(statements) - _MOST_STATEMENTS)
    more = f" {left[0]} more callers and {left[1]} more statements are in the table alone." if any(left) else ""
    paths = stories[:_MOST_PATHS]
    if len(stories) > len(paths):
        more += f" {len(stories) - len(paths)} more stories are in the table alone."
    below = " Below: how a caller gets there in steps." if paths else ""
    caption = element("figcaption", f"Who reaches {name}, and through what: {said}.{below}{more}")
    drawn = (
        _drawing(name, reaches[:_MOST_CALLERS], statements[:_MOST_STATEMENTS], paths, names)
        if reaches or paths
        else element("p", "Nobody can do anything with it." if access.complete else "What is allowed is not known.")
    )
    return element("figure", caption, drawn, _table(access, stories, names))


def _reaches(rows: Iterable[Access]) -> list[_Reach]:
    found: dict[str, _Reach] = {}
    for row in rows:
        reach = found.setdefault(row.region.callers.text, _Reach(row.region.callers.text))
        reach.actions.append(row.region.actions.text)
        reach.conditioned = reach.conditioned or not row.region.always
        reach.through.update(dict.fromkeys(statements_of(row)))
    return list(found.values())


def _drawing(name: str, reaches: list[_Reach], statements: list[StatementRef], paths: Stories, names: Names) -> Html:
    height = _ROW * max(len(reaches), len(statements), 1) + 10
    middle, below = height / 2, BAND * len(paths)
    at = {statement: _centre(number, len(statements), height) for number, statement in enumerate(statements)}
    lines: list[Content] = []
    for number, reach in enumerate(reaches):
        y = _centre(number, len(reaches), height)
        reached = [statement for statement in reach.through if statement in at]
        lines += [_curve(_LEFT[1], y, _MIDDLE[0], at[statement]) for statement in reached]
        if not reached:
            lines.append(_curve(_LEFT[1], y, _RIGHT[0], middle))
    lines += [_curve(_MIDDLE[1], y, _RIGHT[0], middle) for y in at.values()]
    boxes: list[Content] = []
    for n, reach in enumerate(reaches):
        actions = ", ".join(dict.fromkeys(reach.actions)) + (", under conditions" if reach.conditioned else "")
        boxes.append(_box(_LEFT, _centre(n, len(reaches), height), reach.callers, actions))
    boxes += [
        _box(_MIDDLE, y, statement_name(s), _policy(s), "deny" if s.effect.value == "Deny" else None)
        for s, y in at.items()
    ]
    boxes += drawn_paths(paths, height, (_RIGHT[0], middle + _BOX / 2 - 6), names)
    boxes.append(_box(_RIGHT, middle, name, "the key", "key"))
    size, label = f"0 0 1202 {height + below}", f"Who reaches {name}; the table below says the same"
    return element("svg", lines, boxes, viewBox=size, role="img", aria_label=label)


def _policy(statement: StatementRef) -> str:
    if statement.kind is None:
        return "a grant"
    return (
        statement.kind.value if statement.kind is PolicyKind.KEY else f"{statement.kind.value} {statement.policy_name}"
    )


def _centre(number: int, count: int, height: int) -> float:
    return height * (number + 0.5) / count


def _curve(x: float, y: float, to_x: float, to_y: float, kind: str | None = None) -> Html:
    half = (x + to_x) / 2
    return element("path", d=f"M{x:g} {y:g}C{half:g} {y:g} {half:g} {to_y:g} {to_x:g} {to_y:g}", class_=kind)


def _box(columns: tuple[int, int], y: float, text: str, below: str, kind: str | None = None) -> Html:
    x, end = columns
    room = (end - x - 16) // 7
    frame = element(
        "rect", x=str(x + 1), y=f"{y - _BOX / 2:g}", width=str(end - x), height=str(_BOX), rx="5", class_=kind
    )
    head = element("text", brief(text, room), x=str(x + 9), y=f"{y - 3:g}")
    small = element("text", brief(below, room + 4), x=str(x + 9), y=f"{y + 12:g}", class_="small")
    return element("g", element("title", f"{text}: {below}"), frame, head, small)


def _table(access: KeyAccess, stories: Stories, names: Names) -> Html:
    head = element("tr", (element("th", text, scope="col") for text in ("callers", "actions", "when", "through")))
    body = (element("tr", (element("td", text) for text in _cells(row))) for row in access.rows)
    table = element("table", element("thead", head), element("tbody", body))
    reasons = [element("p", f"unknown: {reason.text} [{reason.rule}]", class_="unknown") for reason in access.reasons]
    paths = [_list(name, story, names) for name, story in stories]
    inside = element("div", reasons, table, paths, class_="inside")
    return element("details", element("summary", "as a table"), inside)


def _cells(row: Access) -> tuple[str, str, str, str]:
    region = row.region
    ways = ways_or_all(row)[:6]
    through = "; or ".join(" and ".join(map(statement_name, way)) for way in ways if way)
    when = when_text(region, in_full=False)
    return region.callers.text, region.actions.text, when, through or "policies of their own account"


BAND = 62
"""The height that a path takes."""
_BOX, _GAP, _CHARACTER = 44, 34, 7
_MOST_BOXES = 6


def drawn_paths(
    stories: Sequence[tuple[str, Story]], top: int, key: tuple[int, float], names: Names
) -> Iterator[Content]:
    """The paths below one another from `top` on, each ending at `key`. Stories come with what they refute."""
    for number, (name, story) in enumerate(stories):
        steps = [one for one in shown_steps(story) if one.requests]
        if len(steps) + 1 <= _MOST_BOXES:
            yield from _path(name, story, steps, top + BAND * number + BAND / 2, key, names)


def _path(
    name: str, story: Story, steps: list[ShownStep], y: float, key: tuple[int, float], names: Names
) -> Iterator[Content]:
    width = (key[0] - 40 - _GAP * len(steps)) / (len(steps) + 1)
    texts = [(names.caller(story.caller), brief(name, 200))]
    texts += [_texts(one, names) for one in steps]
    for place, (head, below) in enumerate(texts):
        x = place * (width + _GAP)
        if place:
            yield _curve(x - _GAP, y, x, y, "story")
        yield _step_box(x, y, width, head, below)
    yield _curve((len(texts) - 1) * (width + _GAP) + width, y, *key, "story")


def _texts(step: ShownStep, names: Names) -> tuple[str, str]:
    """What is called, and what that changes; of the last request, who calls."""
    actions = ", ".join(found.request.action for found in step.requests)
    if step.move is None:
        return f"{THEN} {actions}", names.caller(step.caller)
    return f"{step.label}. {actions}", step_words(step.move, names)


def _step_box(x: float, y: float, width: float, head: str, below: str) -> Html:
    room = int((width - 16) // _CHARACTER)
    frame = element(
        "rect", x=f"{x + 1:g}", y=f"{y - _BOX / 2:g}", width=f"{width - 2:g}", height=str(_BOX), rx="5", class_="story"
    )
    title = element("text", brief(head, room), x=f"{x + 9:g}", y=f"{y - 5:g}")
    small = element("text", brief(below, room + 2), x=f"{x + 9:g}", y=f"{y + 12:g}", class_="small")
    return element("g", element("title", f"{head}: {below}"), frame, title, small)


def _list(name: str, story: Story, names: Names) -> Html:
    items = (element("li", step.text_and_reasons(names)) for step in shown_steps(story))
    return element("div", element("p", f"{name}: {names.caller(story.caller)}"), element("ol", items))
