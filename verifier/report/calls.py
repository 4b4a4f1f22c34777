"""What else a whole API call needs than the permission of a request (R8), and how its session came by its tags (F3).

In: the decision of the request. Out: a sentence, `None` for a call that needs one permission, or that is refused
anyway.
Guarantee: read from the trace, where `evaluate` says it.
"""

from __future__ import annotations

from verifier.model.request import Decision, Outcome


def further_permissions_line(decision: Decision) -> str | None:
    """What the whole call needs besides."""
    if decision.outcome is not Outcome.ALLOW:
        return None
    return next((step.text for step in decision.trace if step.rule == "R8"), None)


def origin_of_tags(decision: Decision) -> str | None:
    """By which request the session of the caller was given its session tags; `None` where it has none."""
    return next((step.text for step in decision.trace if step.rule == "F3" and step.depth == 0), None)
