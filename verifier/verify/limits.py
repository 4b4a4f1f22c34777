"""A question within the limits of a run: the time of `--timeout`, and what a diagram may hold.

In: a question. Out: what it is answered, or the reason why it is not. Guarantee: no limit that is met is silent (S1).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from verifier.ask.answers import OUT_OF_TIME
from verifier.deadline import TimeIsOver, after, until
from verifier.model.results.verdict import Reason
from verifier.problem.diagrams.diagram import TooLarge

_T = TypeVar("_T")


def within_limits(timeout: float | None, too_large: str, question: Callable[[], _T]) -> _T | Reason:
    """What a question is answered within `timeout` seconds; `too_large` says that a diagram outgrew its budget."""
    try:
        with until(after(timeout)):
            return question()
    except TooLarge as error:
        return Reason("budget", f"{too_large}: {error}")
    except TimeIsOver:
        return OUT_OF_TIME
