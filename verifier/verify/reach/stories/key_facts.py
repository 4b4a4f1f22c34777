"""What a key of which the input does not give the spec, usage or origin can still be, as conditions on further requests
of a story (F8).

In: the state, the steps so far. Out: a condition for each key of which something was ruled out. Guarantee: the requests
of a story that meet these can be on one key.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from verifier.evaluate.steps import facts_left
from verifier.evaluate.suited import fitting_facts
from verifier.model.estate import Estate, Key
from verifier.model.invariant import ConditionAnd, ConditionExpression
from verifier.model.reference import KeyFacts
from verifier.model.steps.chains import Move
from verifier.verify.reach.stories.asking import test

_KEYS = (("spec", "kms:KeySpec"), ("usage", "kms:KeyUsage"), ("origin", "kms:KeyOrigin"))
_ANY = "kms:DescribeKey"
"""What every key can be asked for."""


def facts_asked(
    estate: Estate, moves: Sequence[Move], last: tuple[str, Iterable[str]]
) -> dict[str, ConditionExpression]:
    """The conditions, by the ARNs of the keys. `last` is the key of the last request and its possible actions, if they
    matter."""
    left = facts_left(estate, moves)
    for key in (key for key in estate.keys if key.arn == last[0]):
        ends = [fitting_facts(key, action, {}) for action in last[1]]
        if ends and None not in ends:
            of_last = frozenset[KeyFacts]().union(*(facts for facts in ends if facts is not None))
            left[key.arn] = left.get(key.arn, of_last) & of_last
    tested = (
        frozenset[str]().union(*(policy.tested_keys for policy in estate.deciding_policies())) if left else frozenset()
    )
    found = {key.arn: tuple(_of_key(key, [*left[key.arn]], tested)) for key in estate.keys if key.arn in left}
    return {arn: ConditionAnd(conditions) for arn, conditions in found.items() if conditions}


def _of_key(key: Key, left: Sequence[KeyFacts], tested: frozenset[str]) -> Iterator[ConditionExpression]:
    """What no policy tests is left out: of that no request says anything."""
    every = fitting_facts(key, _ANY, {}) or frozenset()
    for name, condition_key in (pair for pair in _KEYS if pair[1].lower() in tested):
        values, known = ({str(getattr(facts, name)) for facts in some} for some in (left, every))
        if values < known:
            yield test("StringEquals", condition_key, *sorted(values))
