"""Explanation → Markdown that fits a comment: the decision, what would change it, the gates folded away.

In: an `Explanation`. Out: Markdown (GitHub's, GitLab's). Guarantee: pure; no text of the input is read as markup; what finds
no room in a comment is counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from verifier.model.request import Outcome, Request
from verifier.model.results.explanation import EditShown, Explanation, Flip, NotFound, PolicyChange
from verifier.report.explanation.words import (
    CANNOT_BE_SENT,
    OUTCOMES,
    assignment_text,
    change_text,
    count_text,
    edit_lines,
    edits_text,
    outcome_text,
    symbols_text,
)
from verifier.report.markdown.room import Block, fitted
from verifier.report.markdown.texts import code, escaped
from verifier.report.supposed import supposed_end

_SIGNS = {Outcome.ALLOW: "✅ allowed", Outcome.DENY: "❌ refused", Outcome.DEPENDS: "❓ depends"}


def render_explanation_markdown(explanation: Explanation) -> str:
    """The whole explanation, with a final newline."""
    decision = explanation.decision
    on = f" on {escaped(symbols_text(decision.depends_on))}" if decision.depends_on else ""
    first = f"⛔ {CANNOT_BE_SENT}; by the policies: " if decision.impossible else ""
    blocks = [
        Block([f"### {first}{_SIGNS[decision.outcome]}{on}", ""]),
        *(Block([line]) for line in _request(explanation.request)),
        Block([""], counts=0),
    ]
    for outcome, chosen in explanation.cases:
        sentences = " and ".join(f"{escaped(assignment_text(symbol, value))} ({escaped(symbol)})" for symbol, value in chosen)
        blocks.append(Block([f"- **{OUTCOMES[outcome]}** if {sentences}"]))
    leads = dict.fromkeys(decision.impossible, "impossible")
    blocks += [Block([f"- **{leads.get(warning, 'note')}** {escaped(warning)}"]) for warning in decision.warnings]
    blocks += [Block(list(_flip(found))) for found in explanation.flips]
    blocks += [Block(list(lines)) for lines in _policy_changes(explanation.policy_changes)]
    steps = len(decision.trace)
    blocks.append(Block(["", *_gates(explanation)], ["", f"Gate by gate: {steps} steps, for which there is no room here."], 1))
    return fitted([], blocks, supposed_end(explanation.assumptions), "{} more remarks, for which there is no room here.")


def _request(request: Request) -> Iterator[str]:
    on = f" on {code(request.resource)}" if request.resource else ""
    yield f"{code(request.caller.arn)} calls {code(request.action)}{on}"
    for key, value in request.context:
        yield f"- with {code(key)} = {code(value if isinstance(value, str) else ', '.join(value))}"


def _flip(flip: Flip | NotFound) -> Iterator[str]:
    if isinstance(flip, NotFound):
        yield f"- **no request is {OUTCOMES[flip.wanted]}** near this one: {escaped(flip.text)} ({escaped(flip.rule)})"
        return
    yield f"- **to be {OUTCOMES[flip.wanted]}, the request needs {escaped(count_text(flip))}**; {escaped(outcome_text(flip.decision))}"
    for change in flip.changes:
        yield f"  - {escaped(change_text(change))}"
    for label, value in flip.readings:
        yield f"  - if {escaped(assignment_text(label, value))} ({escaped(label)})"


def _policy_changes(changes: Sequence[PolicyChange | NotFound]) -> Iterator[Sequence[str]]:
    """Lines that belong together: what has no edit, and each alternative."""
    found = [change for change in changes if isinstance(change, PolicyChange)]
    for change in changes:
        if isinstance(change, NotFound):
            yield [f"- **no edit of the key policy** makes it {OUTCOMES[change.wanted]}: {escaped(change.text)} ({escaped(change.rule)})"]
    for wanted in dict.fromkeys(change.wanted for change in found):
        alternatives = [change for change in found if change.wanted is wanted]
        yield [f"- **to make it {OUTCOMES[wanted]}, the key policy needs {edits_text(alternatives)}**"]
        for number, change in enumerate(alternatives, start=1):
            edits = [edit_markdown(edit, f"  {number}. " if at == 0 else "     ") for at, edit in enumerate(change.edits)]
            yield [line for lines in edits for line in lines]


def edit_markdown(edit: EditShown, lead: str) -> Iterator[str]:
    """One edit behind `lead` (the mark of a list's item), with the lines that change below it."""
    margin = " " * len(lead)
    yield f"{lead}{escaped(edit.text)}"
    yield f"{margin}```diff"
    yield from (f"{margin}{line}" for line in edit_lines(edit))
    yield f"{margin}```"


def _gates(explanation: Explanation) -> Iterator[str]:
    """The trace: what it says of every statement."""
    yield "<details><summary>Gate by gate</summary>"
    yield ""
    for step in explanation.decision.trace:
        yield f"{'  ' * step.depth}- {'✔' if step.holds else '✘'} {escaped(step.text)} ({escaped(step.rule)})"
    yield ""
    yield "</details>"
