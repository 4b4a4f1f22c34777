"""Ciphertexts of some encryption contexts, and the requests that take them to another key, or give them another context
(W2).

In: goals. Out: names of requests, and which requests these are. Guarantee: whoever can take a ciphertext that a goal is
about can make one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from verifier.model.invariant import AnyCaller, Invariant
from verifier.model.policy import Text
from verifier.problem.expression import TRUE, Expression
from verifier.problem.question import scope
from verifier.problem.space import Space
from verifier.verify.reach.distinctions import actions_of, keys_of

_FROM, _TO, _AGAIN = "kms:ReEncryptFrom", "kms:ReEncryptTo", "again"


def about_contexts(goal: Invariant) -> bool:
    """True iff a goal is about plain text of ciphertexts of some encryption contexts."""
    return "kms:Decrypt" in actions_of(goal) and any(map(_is_context, keys_of([goal])))


def onto_another_key(number: int) -> str:
    """A name for the request that takes ciphertexts of a goal to another key: an action, and what tells it from others
    of it."""
    return f"{_FROM} {number}"


def on_same_key(number: int) -> tuple[str, str]:
    """Names for the two requests that give ciphertexts of a goal another context under the same key."""
    return f"{_FROM} {number} {_AGAIN}", f"{_TO} {_AGAIN}"


def is_on_same_key(name: str) -> bool:
    """True iff a request of a name is one of these two."""
    return name.endswith(_AGAIN)


def all_names(goals: Sequence[Invariant]) -> list[str]:
    """The names for all goals that are about contexts."""
    numbers = [number for number, goal in enumerate(goals) if about_contexts(goal)]
    return list(dict.fromkeys(name for number in numbers for name in (onto_another_key(number), *on_same_key(number))))


def of_ciphertexts(space: Space, name: str, goals: Sequence[Invariant]) -> Expression:
    """What requests of a name say of the ciphertexts that a goal is about; nothing where it asks for more than their
    context."""
    action, *of_goal = name.split(" ")
    goal = next((goals[int(number)] for number in of_goal if number.isdigit()), None)
    if goal is None or not all(map(_is_context, keys_of([goal]))):
        return TRUE
    return scope(space, replace(goal, callers=AnyCaller(), actions=(Text(action),), not_actions=()))


def _is_context(key: str) -> bool:
    return key.startswith("kms:encryptioncontext")
