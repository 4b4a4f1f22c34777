"""When the requests of a story are made (W4).

In: an estate, what a story has so far. Out: instants that are worth trying, as conditions on its next requests.
Guarantee: of the instants that no number or date of a policy tells apart, one is tried.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from verifier.evaluate.statements.values import instant
from verifier.model.estate import Estate
from verifier.model.invariant import ConditionExpression, conditions_in
from verifier.model.request import Request
from verifier.verify.reach.documents import policies_of
from verifier.verify.reach.stories.asking import test

ISSUED = "aws:tokenissuetime"
TIMES = ("aws:currenttime", "aws:epochtime", ISSUED)
MOST_INSTANTS = 64
"""So many instants are tried for one step."""
_DAY = 86_400


def tells_time(requests: Iterable[Request]) -> bool:
    """Whether a request says when it is made, or when its credentials were issued: some policy asks for it."""
    return any(name.lower() in TIMES for request in requests for name, _ in request.context)


def instants(estate: Estate, whom: frozenset[str], when: ConditionExpression, keys: Sequence[str] = TIMES) -> tuple[int, ...]:
    """Those that policies of an estate name, of users and roles those of some, with one between any two of them, one before and one after;
    none where they name none."""
    conditions = [one for policy in policies_of(estate, whom) for statement in policy.statements for one in statement.conditions]
    values = (text.value for one in (*conditions, *conditions_in(when)) if one.key.value.lower() in keys for text in one.values)
    named = sorted({int(found) for found in map(instant, values) if found is not None and 0 <= found < _LAST})
    if not named:
        return ()
    between = ((first + second) // 2 for first, second in zip(named, named[1:], strict=False))
    return tuple(sorted({max(named[0] - _DAY, 0), *named, *between, named[-1] + _DAY}))[:MOST_INSTANTS]


_LAST = int(datetime(9998, 1, 1, tzinfo=UTC).timestamp())


def at(moment: Decimal | int, key: str = "aws:CurrentTime") -> ConditionExpression:
    """That a request is made at an instant, or its credentials were issued then."""
    return test("DateEquals", key, datetime.fromtimestamp(int(moment), UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
