"""Steps: whether a move may be made in a state, what the state is afterwards, and whether moves one after another agree
(W2, E0–E5; docs/reach.md).

In: a state (an estate, and what is held), moves. Out: decisions; states; what moves contradict.
Guarantee: a move that changes anything that its requests do not ask for is an `InputError`; nothing is ever taken back
from what is held; `problem` has a reading of its own of the same rules, which this one is held against.
"""

from verifier.evaluate.steps.change import state_after
from verifier.evaluate.steps.consistency import against_time, broken_rule, facts_left
from verifier.evaluate.steps.permission import permitted

__all__ = ["against_time", "broken_rule", "facts_left", "permitted", "state_after"]
