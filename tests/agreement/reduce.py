"""Makes a disagreement small: takes away parts of a case, as JSON, as long as the rooms still disagree.

In: a case of `regressions`. Out: a smaller one. hypothesis finds the cases; this reduces them faster than replaying its
choices would, since it knows what a statement, an identity or a condition is.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from tests.agreement.regressions import estate_from_json, request_of
from tests.agreement.runner import compared
from tests.agreement.sessions import limited
from tests.agreement.symbolic import Decider
from verifier.model.request import Outcome
from verifier.syntax.diagnostic import InputError

Path = tuple[str | int, ...]


NEEDED = frozenset(
    {"kind", "arn", "session", "issuer", "aws:userid", "aws:CurrentTime", "aws:RequestedRegion", "caller", "context"}
)
"""What every request of its kind has: without it the rooms may differ for another reason."""

Saying = tuple[str, Outcome, Outcome | None, Outcome | None]


def disagreement(case: dict[str, Any]) -> Saying | None:
    """What is wrong and what the rooms say of a case if they disagree; `None` if they do not, or the case cannot be
    read."""
    try:
        estate, request = estate_from_json(case), request_of(case)
        if request.session_policies is not None:
            wrong = limited(Decider(estate), estate, request, case.get("assignment")).faults
            return (wrong[0].what, wrong[0].decision.outcome, wrong[0].other, None) if wrong else None
        found = compared(Decider(estate), estate, request, case.get("assignment"))
    except (InputError, KeyError, ValueError, IndexError, AttributeError, TypeError):
        return None
    return None if found.agrees and found.sharp else ("", found.decision.outcome, found.symbolic, found.third)


def reduced(case: dict[str, Any]) -> dict[str, Any]:
    """A smaller case about which the rooms disagree alike; nothing more can be taken away from it."""
    wanted, changed = disagreement(case), True
    while changed and wanted is not None:
        changed = False
        for path in sorted(_paths(case, ()), key=len):
            smaller = None if path[-1] in NEEDED else _without(case, path)
            if smaller is not None and disagreement(smaller) == wanted:
                case, changed = smaller, True
    return case


def _paths(node: Any, path: Path) -> Iterator[Path]:
    """The places of everything inside a case."""
    children: list[tuple[str | int, Any]] = []
    if isinstance(node, dict):
        children = list(node.items())
    elif isinstance(node, list):
        children = [(number, node[number]) for number in reversed(range(len(node)))]
    for name, child in children:
        yield (*path, name)
        yield from _paths(child, (*path, name))


def _without(case: dict[str, Any], path: Path) -> dict[str, Any] | None:
    """The case without what stands at a path; `None` if nothing stands there (any more)."""
    smaller = copy.deepcopy(case)
    node: Any = smaller
    try:
        for name in path[:-1]:
            node = node[name]
        del node[path[-1]]
    except (KeyError, IndexError, TypeError):
        return None
    return smaller
