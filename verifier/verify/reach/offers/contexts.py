"""Ciphertexts of some encryption contexts, and the requests that give them another one under the same key (W2).

In: goals. Out: names of requests, and which requests these are. Guarantee: whoever can take a ciphertext that a goal is about can make one.
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

_FROM, _TO = "kms:ReEncryptFrom", "kms:ReEncryptTo"


def about_contexts(goal: Invariant) -> bool:
    """Whether a goal is about plain text of ciphertexts of some encryption contexts."""
    return "kms:Decrypt" in actions_of(goal) and any(map(_is_context, keys_of([goal])))


def on_same_key(number: int) -> tuple[str, str]:
    """Names for the two requests that give ciphertexts of a goal another context: an action, and what tells them from others of it."""
    return f"{_FROM} {number}", f"{_TO} again"


def all_on_same_key(goals: Sequence[Invariant]) -> list[str]:
    """The names for all goals that are about contexts."""
    numbers = [number for number, goal in enumerate(goals) if about_contexts(goal)]
    return list(dict.fromkeys(name for number in numbers for name in on_same_key(number)))


def of_ciphertexts(space: Space, name: str, goals: Sequence[Invariant]) -> Expression:
    """What requests of a name say of the ciphertexts that a goal is about; nothing where it asks for more than their context."""
    action, _, number = name.partition(" ")
    goal = goals[int(number)] if number.isdigit() else None
    if goal is None or not all(map(_is_context, keys_of([goal]))):
        return TRUE
    return scope(space, replace(goal, callers=AnyCaller(), actions=(Text(action),), not_actions=()))


def _is_context(key: str) -> bool:
    return key.startswith("kms:encryptioncontext")
