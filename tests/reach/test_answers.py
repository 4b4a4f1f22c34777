"""A request of a step that was found, or that is refused, is looked for once, whichever story it is for. One that was
not decided, for the time that it may take was over, is looked for each time (S1)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.evaluate.estates import ALICE, aws
from tests.evaluate.reaching import admits
from tests.reach.telling import told
from tests.reach.test_transitive_tags import ASSUMES, chained
from verifier.ask.answers import OUT_OF_TIME
from verifier.model.results.verdict import Status, Verdict
from verifier.verify.deciding import decide_requests
from verifier.verify.reach.stories import asking

BEFORE = chained(ASSUMES, admits(aws(ALICE), ["sts:AssumeRole", "sts:TagSession"]))


def looked_for(patch: pytest.MonkeyPatch, *, decided: bool) -> Counter[Any]:
    """How often each request is looked for; where they are not `decided`, the answer is that the time is over."""
    found: Counter[Any] = Counter()

    def counted(*asked: Any) -> Iterator[Verdict]:
        found[repr(asked)] += 1
        for verdict in decide_requests(*asked):
            yield verdict if decided else replace(verdict, status=Status.UNKNOWN, reason=OUT_OF_TIME)

    patch.setattr(asking, "decide_requests", counted)
    assert told(BEFORE, steps=4)[0] == "unknown"
    return found


def test_no_request_is_looked_for_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    assert max(looked_for(monkeypatch, decided=True).values()) == 1


def test_s1_what_was_not_decided_is_looked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    assert max(looked_for(monkeypatch, decided=False).values()) > 1
