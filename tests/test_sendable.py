"""`evaluate` warns of a request iff `problem` holds it to be impossible (R6): by what it says, or by what it leaves
out.

Each condition key of the data is given a few values and left out, by every kind of caller and in every kind of
operation.
"""

from __future__ import annotations

from itertools import groupby

import pytest

from tests.agreement.realizable import Entries, impossible
from tests.agreement.sendable import entries_of, estates, requests
from verifier.evaluate import evaluate
from verifier.model.estate import Estate
from verifier.model.request import Request, Value

REQUESTS = 900
"""For each estate."""
NOT_KNOWN = ("U4:", "G5:")
"""Warnings of what is not known: the request can be sent all the same."""


@pytest.mark.parametrize("number", range(len(estates())))
def test_r6_evaluate_warns_iff_problem_holds_a_request_to_be_impossible(number: int) -> None:
    differing, warned = differences(estates()[number], REQUESTS, seed=number)
    assert not differing, "\n".join(differing)
    assert REQUESTS / 4 < warned < REQUESTS * 3 / 4  # both sides are tried


def differences(found: Estate, count: int, seed: int) -> tuple[list[str], int]:
    """Requests of which the rooms say different things, and how many requests `evaluate` warned of."""
    differing, warned = [], 0
    asked = sorted(requests(count, seed, found), key=lambda request: request.resource or "")
    for _, group in groupby(asked, key=lambda request: request.resource):
        several = list(group)
        given = [entries_of(found, request) for request in several]
        # As a whole, and by what it says alone: of that it is an answer that it cannot be sent.
        whole = impossible(found, list(zip(several, given, strict=True)))
        said = [_said(*one) for one in zip(several, given, strict=True)]
        contradictory = impossible(found, list(zip(several, said, strict=True)))
        for request, as_whole, as_said in zip(several, whole, contradictory, strict=True):
            decision = evaluate(found, request)
            warnings = [warning for warning in decision.warnings if not warning.startswith(NOT_KNOWN)]
            warned += bool(warnings)
            if (bool(warnings), bool(decision.impossible)) != (as_whole, as_said):
                differing.append(_shown(request, as_whole, as_said, decision.warnings, decision.impossible))
    return differing, warned


def _said(request: Request, entries: Entries) -> dict[str, Value]:
    """What the request itself says. That no service makes it is only supposed where it does not say so."""
    via = "aws:ViaAWSService"
    is_told = any(key.lower() == via.lower() for key, _ in request.context)
    return {key: value for key, value in entries.items() if value is not None and (key != via or is_told)}


def _shown(request: Request, as_whole: bool, as_said: bool, warnings: tuple[str, ...], reasons: tuple[str, ...]) -> str:
    told = f"{request.caller.arn} {request.action} {dict(request.context)}"
    return (
        f"{told}\n  problem: impossible {as_whole}, by what it says {as_said}\n  evaluate: {warnings}, of these "
        f"{reasons}"
    )
