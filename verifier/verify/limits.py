"""A question within the limits of a run: the time of `--timeout`, and what a diagram may hold; an answer about each of
some keys.

In: a question; keys. Out: what it is answered, or the reason why it is not. Guarantee: no limit that is met is silent
(S1).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from verifier.ask.answers import OUT_OF_TIME
from verifier.deadline import TimeIsOver, after, until
from verifier.model.choices import Progress
from verifier.model.estate import Key
from verifier.model.results.access import KeyAccess, KeyFindings
from verifier.model.results.reach_report import KeyReach
from verifier.model.results.verdict import Reason
from verifier.problem.diagrams.diagram import TooLarge

OfKey = TypeVar("OfKey", KeyAccess, KeyFindings, KeyReach)
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


def each_key(keys: Sequence[Key], answer: Callable[[Key], OfKey], progress: Progress | None) -> tuple[OfKey, ...]:
    """The answers, in the order of the keys, each with the seconds that it took."""
    found = []
    for done, key in enumerate(keys, start=1):
        started = time.perf_counter()
        about_key = answer(key)
        found.append(replace(about_key, elapsed=time.perf_counter() - started))
        if progress is not None:
            progress(done, len(keys), key.name or key.arn)
    return tuple(found)
