"""What steps are called and take, a row each (W2)."""

from __future__ import annotations

import pytest

from tests.report.stories import CHANGES
from verifier.model.steps.catalogue import Head, entry
from verifier.model.steps.chains import Move, PolicyAdded, PolicyRemoved
from verifier.model.steps.descriptions import StepKind, way_taken

OWNER = "arn:aws:iam::111122223333:user/team/Alice"
MANAGED = "arn:aws:iam::111122223333:policy/base"


@pytest.mark.parametrize("kind", StepKind)
def test_w2_each_kind_is_described_by_requests_that_are_steps(kind: StepKind) -> None:
    row = way_taken(Move(kind, (), CHANGES[kind]))
    assert row.kind is kind and row.fits(CHANGES[kind])
    assert [action for action, _ in row.asks(CHANGES[kind]) if entry(action).head is not Head.STEP] == []


def test_what_is_changed_says_which_way_it_is() -> None:
    inline, attached = PolicyRemoved(OWNER, f"{OWNER}#bars"), PolicyRemoved(OWNER, MANAGED)
    asked = [way_taken(Move(StepKind.REMOVE_POLICY, (), change)).asks(change) for change in (inline, attached)]
    assert asked == [(("iam:DeleteUserPolicy", OWNER),), (("iam:DetachUserPolicy", OWNER),)]
    known = CHANGES[StepKind.ATTACH_POLICY]
    assert isinstance(known, PolicyAdded)
    unknown = PolicyAdded(known.owner, known.policy, known=False)
    said = [way_taken(Move(StepKind.ATTACH_POLICY, (), change)).sentence for change in (known, unknown)]
    assert [text.endswith("{document}") for text in said] == [True, False]
